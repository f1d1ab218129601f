//! One phase of the scenario: finds its occurrences and lets their criteria run.
//!
//! Events: a mark, a time of the plan, or conditions that begin to hold together and last. With s
//! the beginning of an entering event after the last occurrence, and e that of the first leaving
//! event after s, the phase is [s, e). Since a beginning is only known once the state has lasted,
//! criteria run from the candidate on and are dropped if it does not last; at a candidate end they
//! are copied, and the copies are judged once the end is certain. Criteria look at a block when
//! something happens in it, not sample by sample.

use std::sync::Arc;

use trial::record::Mark;
use trial::time::{Span, TrialTime};

use crate::compile::{Compiled, PhaseSpec, PhaseTrigger, TriggerSpec};
use crate::condition::{Run, Stretch, Tests, Truth, Turn};
use crate::operator::Fold;
use crate::outcome::{Closing, Outcome};
use crate::signal::{Store, View};

/// Follows the conditions of a trigger; a mark needs no following.
#[derive(Debug, Clone)]
enum Watch {
    Mark(String),
    When { tests: Tests, run: Run },
    At(TrialTime),
    After(i64),
}

impl Watch {
    fn new(trigger: &PhaseTrigger) -> Watch {
        match trigger {
            PhaseTrigger::Event(TriggerSpec::Mark(text)) => Watch::Mark(text.clone()),
            PhaseTrigger::Event(TriggerSpec::When { tests, stable_ns }) => {
                Watch::When { tests: tests.clone(), run: Run::new(*stable_ns) }
            }
            PhaseTrigger::At(at) => Watch::At(*at),
            PhaseTrigger::After(ns) => Watch::After(*ns),
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
            Watch::When { tests, run } => run.turn(at, tests.truth(store, at) == Truth::True),
            _ => Turn::Same,
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
    folds: Option<Vec<Fold>>,
}

#[derive(Debug, Clone)]
struct Occurrence {
    start: TrialTime,
    certain: bool,
    /// When the declared settling time is over and criteria begin.
    settled: TrialTime,
    /// `None` until then.
    folds: Option<Vec<Fold>>,
    leaving: Option<Leaving>,
}

impl Occurrence {
    fn each_fold(&mut self) -> impl Iterator<Item = &mut Fold> {
        self.folds.iter_mut().flatten()
    }
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
    /// What the triggers look at.
    store: Store,
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
        watched.sort_unstable();
        watched.dedup();
        Some(PhaseFold {
            compiled: Arc::clone(compiled),
            phase,
            enter: Watch::new(&spec.enter),
            exit: Watch::new(&spec.exit),
            store: Store::empty(&watched.into()),
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

    /// Takes a block that ends at `until`, and the marks up to there.
    pub fn run(&mut self, view: View<'_>, marks: &[Mark], until: TrialTime) {
        self.store.rebase();
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            occurrence.each_fold().for_each(Fold::rebase);
            if let Some(leaving) = &mut occurrence.leaving {
                leaving.folds.iter_mut().flatten().for_each(Fold::rebase);
            }
        }
        let mut marks = marks.iter().peekable();
        loop {
            let sample = self.store.next(view);
            let mark = marks.peek().map(|mark| mark.at);
            let timer = self.timer().filter(|at| *at <= until);
            let Some(at) = [sample, mark, timer].into_iter().flatten().min() else { break };
            let mut here: Vec<&Mark> = Vec::new();
            while let Some(mark) = marks.next_if(|mark| mark.at == at) {
                here.push(mark);
            }
            self.instant(view, at, sample == Some(at), timer == Some(at), &here);
        }
        self.advance_watches(until);
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            occurrence.each_fold().for_each(|fold| fold.through(view, until));
        }
    }

    /// Everything that happens at an instant, in its order.
    fn instant(
        &mut self,
        view: View<'_>,
        at: TrialTime,
        sampled: bool,
        timed: bool,
        marks: &[&Mark],
    ) {
        self.advance_watches(at);
        if timed && self.leaves_at() == Some(at) {
            self.leave(view, at, true);
            self.settle();
        }
        marks.iter().for_each(|mark| self.mark_before(view, mark));
        if sampled {
            self.store.take(view, at);
            self.sample_exit(view, at);
            self.sample_enter(view, at);
        }
        marks.iter().for_each(|mark| self.mark_after(view, mark));
        if timed {
            self.begin_timed(view, at);
        }
    }

    /// The next instant at which the plan's times let something happen.
    fn timer(&self) -> Option<TrialTime> {
        let enters = match self.enter {
            Watch::At(at) if at > self.now && self.current.is_none() => Some(at),
            _ => None,
        };
        let occurrences = [&self.current, &self.next].into_iter().flatten();
        let settles = occurrences
            .filter(|occurrence| occurrence.folds.is_none())
            .map(|occurrence| occurrence.settled);
        let leaves = self.leaves_at();
        enters.into_iter().chain(settles).chain(leaves).filter(|at| *at > self.now).min()
    }

    /// When a time of the plan ends the current occurrence.
    fn leaves_at(&self) -> Option<TrialTime> {
        let current = self.current.as_ref().filter(|current| current.leaving.is_none())?;
        match self.exit {
            Watch::At(at) if at > current.start => Some(at),
            Watch::After(ns) => Some(current.start.plus(ns)),
            _ => None,
        }
    }

    fn begin_timed(&mut self, view: View<'_>, at: TrialTime) {
        if matches!(self.enter, Watch::At(enters) if enters == at) && self.may_enter(at) {
            let occurrence = self.begin(view, at, true);
            self.place(occurrence);
        }
        for which in 0..2 {
            let slot = if which == 0 { &self.current } else { &self.next };
            let settles = slot
                .as_ref()
                .is_some_and(|occurrence| occurrence.folds.is_none() && occurrence.settled == at);
            if settles {
                let folds = Some(self.begin_folds(view, at));
                let slot = if which == 0 { &mut self.current } else { &mut self.next };
                if let Some(occurrence) = slot {
                    occurrence.folds = folds;
                }
            }
        }
    }

    fn advance_watches(&mut self, to: TrialTime) {
        let (left, over) = self.exit.advance(&self.store, self.now, to);
        self.resolve_leaving(left, over);
        let (entered, over) = self.enter.advance(&self.store, self.now, to);
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
    fn mark_before(&mut self, view: View<'_>, mark: &Mark) {
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            occurrence.each_fold().for_each(|fold| fold.mark_before(view, mark));
        }
        if self.exit.is_mark(mark) {
            self.leave(view, mark.at, true);
            self.settle();
        }
    }

    /// The same mark after the samples of that instant: it may begin the phase.
    fn mark_after(&mut self, view: View<'_>, mark: &Mark) {
        for occurrence in [&mut self.current, &mut self.next].into_iter().flatten() {
            occurrence.each_fold().for_each(|fold| fold.mark_after(view, mark));
        }
        if self.enter.is_mark(mark) && self.may_enter(mark.at) {
            let mut occurrence = self.begin(view, mark.at, true);
            occurrence.each_fold().for_each(|fold| fold.mark_after(view, mark));
            self.place(occurrence);
        }
    }

    fn sample_exit(&mut self, view: View<'_>, at: TrialTime) {
        match self.exit.sample(&self.store, at) {
            Turn::Began => self.leave(view, at, self.exit.lasted()),
            Turn::Ended => self.resolve_leaving(false, true),
            Turn::Same => {}
        }
        self.settle();
    }

    fn sample_enter(&mut self, view: View<'_>, at: TrialTime) {
        match self.enter.sample(&self.store, at) {
            Turn::Began if self.may_enter(at) => {
                let occurrence = self.begin(view, at, self.enter.lasted());
                self.place(occurrence);
            }
            Turn::Ended => self.resolve_entering(false, true),
            _ => {}
        }
        self.settle();
    }

    /// The recording ends; `view` holds its last samples.
    pub fn finish(&mut self, view: View<'_>, end: TrialTime) {
        if let Some(mut current) = self.current.take()
            && current.certain
        {
            current.each_fold().for_each(|fold| fold.through(view, end));
            let settled = current.settled.min(end);
            self.judge(Span::new(current.start, end), settled, false, current.folds.as_deref());
        }
    }

    fn spec(&self) -> Option<&PhaseSpec> {
        self.compiled.phases[self.phase].as_ref()
    }

    fn begin(&self, view: View<'_>, start: TrialTime, certain: bool) -> Occurrence {
        let settle_ns = self.spec().map_or(0, |spec| spec.settle_ns);
        let folds = (settle_ns == 0).then(|| self.begin_folds(view, start));
        Occurrence { start, certain, settled: start.plus(settle_ns), folds, leaving: None }
    }

    fn begin_folds(&self, view: View<'_>, start: TrialTime) -> Vec<Fold> {
        let criteria = self.spec().into_iter().flat_map(|spec| &spec.criteria);
        criteria.map(|(_, spec)| Fold::begin(spec, view, start)).collect()
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
    fn leave(&mut self, view: View<'_>, at: TrialTime, certain: bool) {
        if let Some(current) = &mut self.current
            && current.leaving.is_none()
            && at > current.start
        {
            current.each_fold().for_each(|fold| fold.before(view, at));
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
            let span = Span::new(current.start, leaving.at);
            let settled = current.settled.min(leaving.at);
            self.judge(span, settled, true, leaving.folds.as_deref());
            self.last_end = Some(leaving.at);
            self.current = self.next.take();
        }
    }

    fn judge(&mut self, span: Span, settled: TrialTime, complete: bool, folds: Option<&[Fold]>) {
        if self.judged.len() >= self.most {
            self.overflow = true;
            return;
        }
        let criteria = self.spec().into_iter().flat_map(|spec| &spec.criteria);
        let closing = |spec| Closing {
            spec,
            compiled: &self.compiled,
            span: Span::new(settled, span.end),
            complete,
            inputs: &[],
        };
        let outcomes = match folds {
            Some(folds) => {
                criteria.zip(folds).map(|((_, spec), fold)| fold.outcome(&closing(spec))).collect()
            }
            None => criteria.map(|(_, spec)| closing(spec).never_settled()).collect(),
        };
        self.judged.push(Judged { span, complete, outcomes });
    }
}
