//! The append-only record of a trial.
