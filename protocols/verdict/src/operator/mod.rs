//! The operators: each a fold over the time of one occurrence of a phase.
//!
//! A fold sees time pass with the samples that are held, then the samples of an instant, in turn.
//! It can be cloned at any instant, so that a phase's end can be dated before it is certain.

mod bound;
mod hold;
mod pair;
mod ripple;
mod timeto;
mod window;

use std::sync::Arc;

use trial::record::Mark;
use trial::time::TrialTime;

use crate::compile::{OperatorSpec, Spec};
use crate::outcome::{Closing, Outcome};
use crate::signal::Store;

pub use bound::MAX_PERCENTILE_SAMPLES;
pub use window::MAX_WINDOW_ENTRIES;

/// What every operator does with time and samples.
trait Judge {
    /// Time passes up to `to`, exclusive, with the samples that are held.
    fn advance(&mut self, store: &Store, to: TrialTime);
    /// Signals of this criterion have new samples at `at`.
    fn sample(&mut self, store: &Store, at: TrialTime);
    /// A mark stands here; the samples of the same instant come after it.
    fn mark_before(&mut self, _mark: &Mark) {}
    /// A mark stands here; the samples of the same instant came before it.
    fn mark_after(&mut self, _store: &Store, _mark: &Mark) {}
    /// The phase is over, or the recording is.
    fn outcome(&self, closing: &Closing<'_>) -> Outcome;
}

/// One criterion over one occurrence of its phase.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    spec: Arc<Spec>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Bound(bound::Bound),
    Hold(Box<hold::Hold>),
    Pair(pair::Pair),
    TimeTo(Box<timeto::TimeTo>),
    Ripple(ripple::Ripple),
}

impl Fold {
    /// The phase begins at `start`; `store` holds the samples of that instant.
    pub fn begin(spec: &Arc<Spec>, store: &Store, start: TrialTime) -> Fold {
        let gap_ns = spec.gate.max_gap_ns;
        let kind = match &spec.operator {
            OperatorSpec::Bound { signal, statistic, compare, limit } => {
                let limit = (*compare, *limit);
                Kind::Bound(bound::Bound::begin(*signal, *statistic, limit, gap_ns, start))
            }
            OperatorSpec::Hold { signal, low, high, tests, duration_ns } => {
                let band = (*low, *high);
                Kind::Hold(Box::new(hold::Hold::begin(*signal, band, tests, *duration_ns, start)))
            }
            OperatorSpec::Pair { tests, duration_ns } => {
                Kind::Pair(pair::Pair::begin(tests, *duration_ns, start))
            }
            OperatorSpec::TimeTo { from, to, within_ns } => {
                Kind::TimeTo(Box::new(timeto::TimeTo::begin(from, to, *within_ns, store, start)))
            }
            OperatorSpec::Ripple { signal, window_ns, nominal, limit } => {
                let limit = (*nominal, *limit);
                Kind::Ripple(ripple::Ripple::begin(*signal, *window_ns, limit, gap_ns, start))
            }
        };
        let mut fold = Fold { spec: Arc::clone(spec), kind };
        fold.sample(store, start);
        fold
    }

    /// Whether a signal of this criterion is among the marked ones.
    pub fn touches(&self, changed: &[bool]) -> bool {
        self.spec.signals.iter().any(|signal| changed[*signal])
    }

    pub fn advance(&mut self, store: &Store, to: TrialTime) {
        self.judge_mut().advance(store, to);
    }

    pub fn sample(&mut self, store: &Store, at: TrialTime) {
        self.judge_mut().sample(store, at);
    }

    pub fn mark_before(&mut self, mark: &Mark) {
        self.judge_mut().mark_before(mark);
    }

    pub fn mark_after(&mut self, store: &Store, mark: &Mark) {
        self.judge_mut().mark_after(store, mark);
    }

    pub fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        match &self.kind {
            Kind::Bound(fold) => fold.outcome(closing),
            Kind::Hold(fold) => fold.outcome(closing),
            Kind::Pair(fold) => fold.outcome(closing),
            Kind::TimeTo(fold) => fold.outcome(closing),
            Kind::Ripple(fold) => fold.outcome(closing),
        }
    }

    fn judge_mut(&mut self) -> &mut dyn Judge {
        match &mut self.kind {
            Kind::Bound(fold) => fold,
            Kind::Hold(fold) => fold.as_mut(),
            Kind::Pair(fold) => fold,
            Kind::TimeTo(fold) => fold.as_mut(),
            Kind::Ripple(fold) => fold,
        }
    }
}
