//! Judging recorded signals against a scenario: pure, one pass, no clock.
//!
//! Invariants:
//! - A recording and a live trial are judged by the same fold, [`Evaluator`].
//! - What was not observed may be anything: it never turns into a pass, and a violation that was
//!   seen stays a fail whatever else is missing. Results are intervals (robust satisfaction
//!   intervals, Deshmukh et al., Formal Methods in System Design 51, 2017), decided by a separate
//!   Boolean, since a margin of 0 cannot tell `≥` from `>`.
//! - Between samples the last good value holds, until the next sample, good or not, and no longer
//!   than the criterion's `max_gap`.
//! - A phase that is still open when the recording ends has more to come: what that could still
//!   break is not passed.

mod budgets;
mod compile;
mod conclusion;
mod condition;
mod coverage;
mod derived;
mod doubts;
mod evaluator;
pub mod fit;
mod ground;
mod live;
mod logic;
mod merge;
mod operator;
mod outcome;
mod phase;
mod repeats;
mod said;
mod scalar;
mod signal;
mod timeline;
pub mod uncertainty;

pub use conclusion::exit_code;
pub use derived::derived_samples;
pub use evaluator::{Evaluator, MAX_OCCURRENCES};
pub use live::{Live, MOST_WAITING};
pub use logic::MAX_KEPT_PIECES;
pub use merge::{evaluate, evaluate_amended, evaluate_until, evaluate_with, rebind};
pub use operator::{MAX_PERCENTILE_SAMPLES, MAX_WINDOW_ENTRIES};
pub use signal::{BoundSignal, Observation, SignalIndex, bound_signals};
pub use timeline::{Change, MAX_CHANGES, STEPS, Timeline, timeline};

/// JSON schema (draft 2020-12) of what `daq evaluate --format json` prints. Its `$defs/findings` is
/// the form of [`trial::finding::Findings`] in version
/// [`trial::finding::Findings::FORMAT_VERSION`].
pub const FINDINGS_SCHEMA: &str = include_str!("../schema/findings-2.json");
