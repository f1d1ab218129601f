//! One phase of the scenario: finds its occurrences and lets their criteria run.
//!
//! Events: a mark, or conditions that begin to hold together and last. With s the beginning of an
//! entering event after the last occurrence, and e that of the first leaving event after s, the
//! phase is [s, e). Since a beginning is only known once the state has lasted, criteria run from
//! the candidate on and are dropped if it does not last; at a candidate end they are copied, and
//! the copies are judged once the end is certain.

use std::sync::Arc;

use trial::record::Mark;
use trial::time::{Span, TrialTime};

use crate::compile::{Compiled, PhaseSpec, TriggerSpec};
use crate::condition::{Run, Stretch, Tests, Truth, Turn};
use crate::operator::Fold;
use crate::outcome::{Closing, Outcome};
use crate::signal::Store;

/// Follows the conditions of a trigger; a mark needs no following.
#[derive(Debug, Clone)]
enum Watch {
    Mark(String),
    When { tests: Tests, run: Run },
}

impl Watch {
    fn new(trigger: &TriggerSpec) -> Watch {
        match trigger {
            TriggerSpec::Mark(text) => Watch::Mark(text.clone()),
            TriggerSpec::When { tests, stable_ns } => {
                Watch::When { tests: tests.clone(), run: Run::new(*stable_ns) }
            }
        }
    }

    /// Lets time pass. Returns whether the state lasted, and whether it is over.
    fn advance(&mut self, store: &Store, from: TrialTime, to: TrialTime) -> (bool, bool) {
        let Watch::When { tests, run } = self else { return (false, false) };
        let (mut lasted, mut over) = (false, false);
        tests.walk(store, from, to, |stretch: Stretch| {
            over |= run.turn(stretch.from, stretch.truth == Truth::True) == Turn::Ended;
            run.pass(stretch.to);
            lasted |= run.lasted();
        });
        (lasted, over)
    }

    fn sample(&mut self, store: &Store, at: TrialTime) -> Turn {
        match self {
            Watch::Mark(_) => Turn::Same,
            Watch::When { tests, run } => run.turn(at, tests.truth(store, at) == Truth::True),
        }
    }

    fn lasted(&self) -> bool {
        matches!(self, Watch::When { run, .. } if run.lasted())
    }

    fn is_mark(&self, mark: &Mark) -> bool {
        matches!(self, Watch::Mark(text) if *text == mark.text)
    }
}

/// A possible end of an occurrence, with the criteria as they were then.
#[derive(Debug, Clone)]
struct Leaving {
    at: TrialTime,
    certain: bool,
    folds: Vec<Fold>,
}

#[derive(Debug, Clone)]
struct Occurrence {
    start: TrialTime,
    certain: bool,
    folds: Vec<Fold>,
    leaving: Option<Leaving>,
}

/// An occurrence that has been judged.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub span: Span,
    pub complete: bool,
    /// In the order of the phase's criteria.
    pub outcomes: Vec<Outcome>,
}

/// The fold over one phase.
#[derive(Debug, Clone)]
pub(crate) struct PhaseFold {
    compiled: Arc<Compiled>,
    phase: usize,
    enter: Watch,
    exit: Watch,
    watched: Vec<usize>,
    now: TrialTime,
    current: Option<Occurrence>,
    /// Begun after a possible end of the current one.
    next: Option<Occurrence>,
    last_end: Option<TrialTime>,
    most: usize,
    pub judged: Vec<Judged>,
    /// Whether there were more occurrences than are kept.
    pub overflow: bool,
}

impl PhaseFold {
    /// `None` if the phase can't be found with this plan.
    pub fn new(compiled: &Arc<Compiled>, phase: usize, most: usize) -> Option<PhaseFold> {
        let spec = compiled.phases.get(phase)?.as_ref()?;
        let mut watched = spec.enter.signals();
        watched.extend(spec.exit.signals());
        Some(PhaseFold {
            compiled: Arc::clone(compiled),
            phase,
            enter: Watch::new(&spec.enter),
            exit: Watch::new(&spec.exit),
            watched,
            now: TrialTime::MIN,
            current: None,
            next: None,
            last_end: None,
            most,
            judged: Vec::new(),
            overflow: false,
        })
    }

    /// Position of the phase in the scenario.
    pub fn phase(&self) -> usize {
        self.phase
    }

    /// Time passes up to `to`, for whatever looks at the signals in `changed`; without, for all.
    pub fn advance(&mut self, store: &Store, to: TrialTime, changed: Option<&[bool]>) {
        let touched = |signals: &[usize]| {
            changed.is_none_or(|changed| signals.iter().any(|signal| changed[*signal]))
        };
        if touched(&self.watched) {
            self.advance_watches(store, to);
        }
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            for fold in &mut occurrence.folds {
                if changed.is_none_or(|changed| fold.touches(changed)) {
                    fold.advance(store, to);
                }
            }
        }
    }

    fn advance_watches(&mut self, store: &Store, to: TrialTime) {
        let (left, over) = self.exit.advance(store, self.now, to);
        self.resolve_leaving(left, over);
        let (entered, over) = self.enter.advance(store, self.now, to);
        self.resolve_entering(entered, over);
        self.now = self.now.max(to);
        self.settle();
    }

    fn resolve_leaving(&mut self, lasted: bool, over: bool) {
        let Some(current) = &mut self.current else { return };
        if let Some(leaving) = &mut current.leaving {
            leaving.certain |= lasted;
            if over && !leaving.certain {
                current.leaving = None;
                self.next = None;
            }
        }
    }

    fn resolve_entering(&mut self, lasted: bool, over: bool) {
        // Only the newest occurrence can be waiting for certainty.
        for slot in [&mut self.current, &mut self.next] {
            if let Some(occurrence) = slot
                && !occurrence.certain
            {
                occurrence.certain = lasted;
                if over && !lasted {
                    *slot = None;
                }
            }
        }
    }

    /// A mark at an instant, before the samples of that instant: it may end the phase.
    pub fn mark_before(&mut self, store: &Store, mark: &Mark) {
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            for fold in &mut occurrence.folds {
                fold.advance(store, mark.at);
                fold.mark_before(mark);
            }
        }
        if self.exit.is_mark(mark) {
            self.leave(store, mark.at, true);
            self.settle();
        }
    }

    /// The same mark after the samples of that instant: it may begin the phase.
    pub fn mark_after(&mut self, store: &Store, mark: &Mark) {
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            occurrence.folds.iter_mut().for_each(|fold| fold.mark_after(store, mark));
        }
        if self.enter.is_mark(mark) && self.may_enter(mark.at) {
            let mut occurrence = self.begin(store, mark.at, true);
            occurrence.folds.iter_mut().for_each(|fold| fold.mark_after(store, mark));
            self.place(occurrence);
        }
    }

    /// The signals in `changed` have new samples at `at`.
    pub fn sample(&mut self, store: &Store, at: TrialTime, changed: &[bool]) {
        let touched = self.watched.iter().any(|signal| changed[*signal]);
        if touched {
            match self.exit.sample(store, at) {
                Turn::Began => self.leave(store, at, self.exit.lasted()),
                Turn::Ended => self.resolve_leaving(false, true),
                Turn::Same => {}
            }
            self.settle();
        }
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            for fold in &mut occurrence.folds {
                if fold.touches(changed) {
                    fold.sample(store, at);
                }
            }
        }
        if touched {
            match self.enter.sample(store, at) {
                Turn::Began if self.may_enter(at) => {
                    let occurrence = self.begin(store, at, self.enter.lasted());
                    self.place(occurrence);
                }
                Turn::Ended => self.resolve_entering(false, true),
                _ => {}
            }
            self.settle();
        }
    }

    /// The recording ends; `store` holds its last samples.
    pub fn finish(&mut self, store: &Store, end: TrialTime) {
        self.advance(store, end, None);
        if let Some(current) = self.current.take()
            && current.certain
        {
            self.judge(current.start, end, false, &current.folds);
        }
    }

    fn spec(&self) -> Option<&PhaseSpec> {
        self.compiled.phases[self.phase].as_ref()
    }

    fn begin(&self, store: &Store, start: TrialTime, certain: bool) -> Occurrence {
        let criteria = self.spec().into_iter().flat_map(|spec| &spec.criteria);
        let folds = criteria.map(|(_, spec)| Fold::begin(spec, store, start)).collect();
        Occurrence { start, certain, folds, leaving: None }
    }

    fn may_enter(&self, at: TrialTime) -> bool {
        match &self.current {
            None => self.last_end.is_none_or(|end| at > end),
            Some(current) => {
                let after = current.leaving.as_ref().is_some_and(|leaving| at > leaving.at);
                after && self.next.is_none()
            }
        }
    }

    fn place(&mut self, occurrence: Occurrence) {
        let slot = if self.current.is_none() { &mut self.current } else { &mut self.next };
        *slot = Some(occurrence);
    }

    /// The phase may end at `at`, before the samples of that instant are judged.
    fn leave(&mut self, store: &Store, at: TrialTime, certain: bool) {
        if let Some(current) = &mut self.current
            && current.leaving.is_none()
            && at > current.start
        {
            for fold in &mut current.folds {
                fold.advance(store, at);
            }
            current.leaving = Some(Leaving { at, certain, folds: current.folds.clone() });
        }
    }

    /// Judges the current occurrence once its beginning and end are certain.
    fn settle(&mut self) {
        let is_over = |occurrence: &Occurrence| {
            occurrence.certain && occurrence.leaving.as_ref().is_some_and(|end| end.certain)
        };
        if let Some(current) = self.current.take_if(|current| is_over(current))
            && let Some(leaving) = current.leaving
        {
            self.judge(current.start, leaving.at, true, &leaving.folds);
            self.last_end = Some(leaving.at);
            self.current = self.next.take();
        }
    }

    fn judge(&mut self, start: TrialTime, end: TrialTime, complete: bool, folds: &[Fold]) {
        if self.judged.len() >= self.most {
            self.overflow = true;
            return;
        }
        let span = Span::new(start, end);
        let criteria = self.spec().into_iter().flat_map(|spec| &spec.criteria);
        let outcomes = criteria.zip(folds).map(|((_, spec), fold)| {
            fold.outcome(&Closing {
                spec,
                signals: &self.compiled.signals,
                any_channel: self.compiled.any_channel.as_deref(),
                span,
                complete,
            })
        });
        let outcomes = outcomes.collect();
        self.judged.push(Judged { span, complete, outcomes });
    }
}
