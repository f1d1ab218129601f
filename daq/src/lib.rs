//! The acquisition daemon.
