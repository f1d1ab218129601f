//! The acquisition daemon: links, taps, polling, the journal's thread, the recorder, and the
//! command line around them.
//!
//! Flow: each link hands what it sends, receives and decides to the [`queue`]; the
//! [`sequencer`] alone numbers it, writes it and syncs it; the [`recorder`] reads the journal
//! behind the sequencer and folds it into the trial file. Nothing flows back: no follower can
//! hold the journal up.
//!
//! Linux only: boot-time clock, timer descriptors and locks are taken from its kernel.

#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(not(target_os = "linux"))]
compile_error!("the daemon runs on Linux only: build the crate `viewer` alone on other systems");

pub mod cli;
pub mod clock;
pub mod control;
pub mod disk;
pub mod documents;
pub mod flood;
pub mod follower;
pub mod heads;
pub mod holder;
pub mod limits;
pub mod link;
pub mod live_criteria;
pub mod origin;
pub mod preflight;
pub mod queue;
pub mod recorder;
pub mod red_limits;
pub mod sequencer;
pub mod session;
pub mod station;
pub mod status;
pub mod witness;
