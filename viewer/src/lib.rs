//! Replay of trials.
