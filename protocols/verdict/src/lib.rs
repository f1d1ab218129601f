//! Judging recorded signals against a scenario.
