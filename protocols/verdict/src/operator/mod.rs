//! The operators: each a fold over the time of one occurrence of a phase.
//!
//! A fold sees time pass with the samples that are held, then the samples of an instant, in turn;
//! where it can, it takes many samples of one signal at once, to the same end. It can be cloned at
//! any instant, so that a phase's end can be dated before it is certain.

mod accumulate;
mod any_of;
mod area;
mod bound;
mod cycles;
mod delay;
mod drift;
mod drop;
mod error;
mod event;
mod excursion;
mod formula;
mod hold;
mod level;
mod motion;
mod pair;
mod ripple;
mod timeto;
pub(crate) mod window;

use std::ops::Range;
use std::sync::Arc;

use trial::record::Mark;
use trial::time::TrialTime;

use crate::compile::{OperatorSpec, Spec};
use crate::outcome::{Closing, Outcome};
use crate::signal::{Column, Store, View};

pub use level::MAX_PERCENTILE_SAMPLES;
pub use window::MAX_WINDOW_ENTRIES;

/// What every operator does with time and samples.
trait Judge {
    /// Time passes up to `to`, exclusive, with the samples that are held.
    fn advance(&mut self, store: &Store, to: TrialTime);
    /// Signals of this criterion have new samples at `at`.
    fn sample(&mut self, store: &Store, at: TrialTime);
    /// Takes samples of the only signal at once, from the first of `range` on; gives how many it
    /// took. The outcome is as if they had come one by one.
    fn samples(&mut self, _store: &Store, _column: &Column, _range: Range<usize>) -> usize {
        0
    }
    /// A mark stands here; the samples of the same instant come after it.
    fn mark_before(&mut self, _mark: &Mark) {}
    /// A mark stands here; the samples of the same instant came before it.
    fn mark_after(&mut self, _store: &Store, _mark: &Mark) {}
    /// The instant on which the result rests so far, where it rests on one.
    fn moment(&self) -> Option<TrialTime> {
        None
    }
    /// Another instant on which it may come to rest.
    fn candidate(&self) -> Option<TrialTime> {
        None
    }
    /// The phase is over, or the recording is.
    fn outcome(&self, closing: &Closing<'_>) -> Outcome;
}

/// One criterion over one occurrence of its phase.
#[derive(Debug, Clone)]
pub(crate) struct Fold {
    spec: Arc<Spec>,
    store: Store,
    kind: Kind,
    /// At the instant on which the result rests.
    inputs: Inputs,
    /// At the one on which it may come to rest.
    candidate: Inputs,
}

/// Roles that the criterion's signals need, and their values at an instant.
#[derive(Debug, Clone, Default)]
struct Inputs {
    at: Option<TrialTime>,
    values: Vec<(usize, f64)>,
}

impl Inputs {
    fn of(roles: &[usize], view: View<'_>, at: TrialTime) -> Inputs {
        let value = |role: &usize| Some((*role, view.held_at(*role, at)?.value));
        Inputs { at: Some(at), values: roles.iter().filter_map(value).collect() }
    }
}

#[derive(Debug, Clone)]
enum Kind {
    Bound(Box<bound::Bound>),
    Hold(Box<hold::Hold>),
    Pair(Box<pair::Pair>),
    TimeTo(Box<timeto::TimeTo>),
    Drop(Box<drop::Drop>),
    Excursion(Box<excursion::Excursion>),
    Ripple(Box<ripple::Ripple>),
    Accumulate(Box<accumulate::Accumulate>),
    Error(Box<error::Error>),
    Cycles(Box<cycles::Cycles>),
    Drift(Box<drift::Drift>),
    Motion(Box<motion::Motion>),
    Formula(Box<formula::Formula>),
    AnyOf(any_of::AnyOf),
}

impl Kind {
    /// `store` holds the samples of the instant `start`.
    fn begin(spec: &Spec, store: &Store, view: View<'_>, start: TrialTime) -> Kind {
        let gap_ns = spec.gate.max_gap_ns;
        match &spec.operator {
            OperatorSpec::Bound { signal, level, ends, raw } => Kind::Bound(Box::new(
                bound::Bound::begin((*signal, *raw), level, *ends, gap_ns, store, start),
            )),
            OperatorSpec::Hold { signal, low, high, tests, duration_ns } => {
                let band = (*low, *high);
                Kind::Hold(Box::new(hold::Hold::begin(*signal, band, tests, *duration_ns, start)))
            }
            OperatorSpec::Pair { tests, duration_ns } => {
                Kind::Pair(Box::new(pair::Pair::begin(tests, *duration_ns, start)))
            }
            OperatorSpec::TimeTo { from, to, within_ns } => {
                Kind::TimeTo(Box::new(timeto::TimeTo::begin(from, to, *within_ns, store, start)))
            }
            OperatorSpec::Drop(change) => {
                Kind::Drop(Box::new(drop::Drop::begin(change, gap_ns, store, start)))
            }
            OperatorSpec::Excursion(change) => {
                let fold = excursion::Excursion::begin(change, gap_ns, store, start);
                Kind::Excursion(Box::new(fold))
            }
            OperatorSpec::Ripple { signal, window_ns, nominal, limit } => {
                let limit = (*nominal, *limit);
                let fold = ripple::Ripple::begin(*signal, *window_ns, limit, gap_ns, start);
                Kind::Ripple(Box::new(fold))
            }
            OperatorSpec::Accumulate { signal, how, interpolation, ends } => {
                let how = (*how, *interpolation);
                let fold = accumulate::Accumulate::begin(*signal, how, *ends, gap_ns, start);
                Kind::Accumulate(Box::new(fold))
            }
            OperatorSpec::Error(error) => {
                Kind::Error(Box::new(error::Error::begin(error, gap_ns, store, start)))
            }
            OperatorSpec::Cycles(cycles) => {
                Kind::Cycles(Box::new(cycles::Cycles::begin(cycles, start)))
            }
            OperatorSpec::Drift { signal, over_ns, limit } => {
                let fold = drift::Drift::begin(*signal, *over_ns, *limit, gap_ns, store, start);
                Kind::Drift(Box::new(fold))
            }
            OperatorSpec::Motion(way) => {
                Kind::Motion(Box::new(motion::Motion::begin(way, gap_ns, store, start)))
            }
            OperatorSpec::Formula { node, unit, interpolation } => {
                let fold = formula::Formula::begin(node, *unit, *interpolation, store, start);
                Kind::Formula(Box::new(fold))
            }
            OperatorSpec::AnyOf(specs) => Kind::AnyOf(any_of::AnyOf::begin(specs, view, start)),
        }
    }
}

impl Fold {
    /// The phase begins at `start`.
    pub fn begin(spec: &Arc<Spec>, view: View<'_>, start: TrialTime) -> Fold {
        let store = Store::begin(&spec.signals, view, start);
        let kind = Kind::begin(spec, &store, view, start);
        let (inputs, candidate) = (Inputs::default(), Inputs::default());
        let mut fold = Fold { spec: Arc::clone(spec), store, kind, inputs, candidate };
        if let Some(judge) = fold.kind.judge() {
            judge.sample(&fold.store, start);
        }
        fold
    }

    /// A new block has come.
    pub fn rebase(&mut self) {
        self.store.rebase();
        if let Kind::AnyOf(any) = &mut self.kind {
            any.rebase();
        }
    }

    /// Takes the samples before an instant, and lets time pass up to it.
    pub fn before(&mut self, view: View<'_>, at: TrialTime) {
        self.run(view, at, false);
    }

    /// Takes the samples up to an instant, itself included.
    pub fn through(&mut self, view: View<'_>, at: TrialTime) {
        self.run(view, at, true);
    }

    fn run(&mut self, view: View<'_>, to: TrialTime, inclusive: bool) {
        match &mut self.kind {
            Kind::AnyOf(any) => {
                any.run(view, to, inclusive);
                return;
            }
            Kind::Formula(formula) => {
                formula.run(view, &self.store, to, inclusive);
                self.store.take_until(view, to, inclusive);
                return;
            }
            _ => {}
        }
        let Fold { store, kind, .. } = self;
        let Some(judge) = kind.judge() else { return };
        if let Some((column, range)) = store.single(view, to, inclusive)
            && !range.is_empty()
        {
            let start = range.start;
            let taken = judge.samples(store, column, range);
            store.take_single(column, start + taken);
        }
        while let Some(at) = store.next(view).filter(|at| *at < to || (inclusive && *at == to)) {
            judge.advance(store, at);
            store.take(view, at);
            judge.sample(store, at);
        }
        judge.advance(store, to);
        self.note_inputs(view);
    }

    /// Notes the values of roles at the instants on which the result rests, or may come to rest:
    /// they may lie before the block by then.
    fn note_inputs(&mut self, view: View<'_>) {
        let Some(judge) = self.kind.judge() else { return };
        let (moment, candidate) = (judge.moment(), judge.candidate());
        if let Some(at) = moment.filter(|_| moment != self.inputs.at) {
            self.inputs = match moment == self.candidate.at {
                true => self.candidate.clone(),
                false => Inputs::of(&self.spec.roles, view, at),
            };
        }
        if let Some(at) = candidate.filter(|_| candidate != self.candidate.at) {
            self.candidate = match candidate == self.inputs.at {
                true => self.inputs.clone(),
                false => Inputs::of(&self.spec.roles, view, at),
            };
        }
    }

    pub fn mark_before(&mut self, view: View<'_>, mark: &Mark) {
        self.before(view, mark.at);
        match &mut self.kind {
            Kind::AnyOf(any) => any.mark_before(view, mark),
            kind => {
                if let Some(judge) = kind.judge() {
                    judge.mark_before(mark);
                }
            }
        }
    }

    pub fn mark_after(&mut self, view: View<'_>, mark: &Mark) {
        self.through(view, mark.at);
        match &mut self.kind {
            Kind::AnyOf(any) => any.mark_after(view, mark),
            kind => {
                if let Some(judge) = kind.judge() {
                    judge.mark_after(&self.store, mark);
                }
            }
        }
        self.note_inputs(view);
    }

    pub fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let closing = Closing { inputs: &self.inputs.values, ..*closing };
        match &self.kind {
            Kind::Bound(fold) => fold.outcome(&closing),
            Kind::Hold(fold) => fold.outcome(&closing),
            Kind::Pair(fold) => fold.outcome(&closing),
            Kind::TimeTo(fold) => fold.outcome(&closing),
            Kind::Drop(fold) => fold.outcome(&closing),
            Kind::Excursion(fold) => fold.outcome(&closing),
            Kind::Ripple(fold) => fold.outcome(&closing),
            Kind::Accumulate(fold) => fold.outcome(&closing),
            Kind::Error(fold) => fold.outcome(&closing),
            Kind::Cycles(fold) => fold.outcome(&closing),
            Kind::Drift(fold) => fold.outcome(&closing),
            Kind::Motion(fold) => fold.outcome(&closing),
            Kind::Formula(fold) => fold.outcome(&closing),
            Kind::AnyOf(fold) => fold.outcome(&closing),
        }
    }
}

impl Kind {
    /// The operator that takes instants; formulas and alternatives take blocks.
    fn judge(&mut self) -> Option<&mut dyn Judge> {
        Some(match self {
            Kind::Bound(fold) => fold.as_mut(),
            Kind::Hold(fold) => fold.as_mut(),
            Kind::Pair(fold) => fold.as_mut(),
            Kind::TimeTo(fold) => fold.as_mut(),
            Kind::Drop(fold) => fold.as_mut(),
            Kind::Excursion(fold) => fold.as_mut(),
            Kind::Ripple(fold) => fold.as_mut(),
            Kind::Accumulate(fold) => fold.as_mut(),
            Kind::Error(fold) => fold.as_mut(),
            Kind::Cycles(fold) => fold.as_mut(),
            Kind::Drift(fold) => fold.as_mut(),
            Kind::Motion(fold) => fold.as_mut(),
            Kind::Formula(_) | Kind::AnyOf(_) => return None,
        })
    }
}
