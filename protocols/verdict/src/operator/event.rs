//! Events of criteria: a mark, or conditions that begin to hold together and last.
//!
//! An event by conditions is dated at the beginning of the state that lasted. It lies between the
//! last sample that shows the state not yet there and the one that shows it.

use trial::record::Mark;
use trial::time::TrialTime;

use crate::compile::TriggerSpec;
use crate::condition::{Run, Tests, Truth, Turn};
use crate::coverage::Taken;
use crate::signal::Store;

/// An event and the interval in which it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub at: TrialTime,
    pub earliest: TrialTime,
    pub latest: TrialTime,
}

impl Moment {
    /// An instant that is known exactly.
    pub fn certain(at: TrialTime) -> Moment {
        Moment { at, earliest: at, latest: at }
    }

    pub fn of_mark(mark: &Mark) -> Moment {
        let (at, uncertainty) = (mark.at, mark.uncertainty_ns);
        Moment { at, earliest: at.plus(uncertainty.saturating_neg()), latest: at.plus(uncertainty) }
    }
}

/// Follows the conditions of one event.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub tests: Tests,
    /// The state was seen.
    pub seen: Run,
    /// The state may have been there.
    pub possible: Run,
    /// Beginning of the first state that may have lasted.
    pub first_possible: Option<TrialTime>,
    /// The state was there from the beginning, and is no event.
    already: bool,
    /// When the newest sample was taken that shows the state not to be there.
    refuted: TrialTime,
}

impl Watch {
    pub fn begin(tests: &Tests, stable_ns: i64, start: TrialTime) -> Watch {
        Watch {
            tests: tests.clone(),
            seen: Run::new(stable_ns),
            possible: Run::new(stable_ns),
            first_possible: None,
            already: false,
            refuted: start,
        }
    }

    /// From `at` on only new beginnings count. The runs tell what held just before, or with the
    /// samples of this instant if those have been seen.
    pub fn restart(&mut self, at: TrialTime, just_began: bool) {
        self.already = self.seen.since().is_some() && !just_began;
        self.first_possible = None;
        if self.already {
            self.possible.turn(at, false);
        } else {
            self.possible.restart(at);
        }
        self.note();
    }

    pub fn turn(&mut self, at: TrialTime, truth: Truth) -> Turn {
        self.already &= truth == Truth::True;
        self.possible.turn(at, truth != Truth::False && !self.already);
        let turn = self.seen.turn(at, truth == Truth::True);
        self.note();
        turn
    }

    pub fn sample(&mut self, store: &Store, at: TrialTime) -> Turn {
        let turn = self.turn(at, self.tests.truth(store, at));
        if let Some(refuted) = self.tests.refuted_at(store, at) {
            self.refuted = self.refuted.max(refuted);
        }
        turn
    }

    pub fn pass(&mut self, to: TrialTime) {
        self.seen.pass(to);
        self.possible.pass(to);
        self.note();
    }

    fn note(&mut self) {
        if self.possible.lasted() {
            self.first_possible = self.first_possible.or(self.possible.since());
        }
    }

    /// The event that begins with the sample at `at`.
    pub fn moment(&self, store: &Store, at: TrialTime) -> Moment {
        let uncertainty = self.tests.time_uncertainty_ns(store);
        Moment { at, earliest: self.refuted.min(at), latest: at.plus(uncertainty) }
    }
}

/// An event of a criterion.
#[derive(Debug, Clone)]
pub(super) enum Event {
    Mark(String),
    When(Box<Watch>),
}

impl Event {
    pub fn begin(trigger: &TriggerSpec, start: TrialTime) -> Event {
        match trigger {
            TriggerSpec::Mark(text) => Event::Mark(text.clone()),
            TriggerSpec::When { tests, stable_ns } => {
                Event::When(Box::new(Watch::begin(tests, *stable_ns, start)))
            }
        }
    }
}

/// The first event of a phase, whatever it is, and the value of a signal at it.
#[derive(Debug, Clone)]
pub(super) struct FirstEvent {
    event: Event,
    now: TrialTime,
    /// The event, the value that held at it, and whether it has lasted.
    found: Option<(Moment, Option<Taken>, bool)>,
}

/// What became of a first event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Found {
    /// It came, with the value that held at it, if one is wanted.
    Came(Moment, Option<Taken>),
    /// It may have come earlier, where something was not observed, or may come still.
    Possible,
    /// It did not come.
    Never,
}

impl FirstEvent {
    /// The phase begins at `start`; a state that is already there is no event.
    pub fn begin(trigger: &TriggerSpec, store: &Store, start: TrialTime) -> FirstEvent {
        let mut event = Event::begin(trigger, start);
        if let Event::When(watch) = &mut event {
            watch.sample(store, start);
            watch.restart(start, false);
        }
        FirstEvent { event, now: start, found: None }
    }

    pub fn advance(&mut self, store: &Store, to: TrialTime) {
        let FirstEvent { event, now, found } = self;
        if let Event::When(watch) = event {
            let tests = watch.tests.clone();
            tests.walk(store, *now, to, |stretch| {
                let turn = watch.turn(stretch.from, stretch.truth);
                if turn == Turn::Ended && matches!(found, Some((_, _, false))) {
                    *found = None;
                }
                watch.pass(stretch.to);
                if let Some((_, _, lasted)) = found {
                    *lasted |= watch.seen.lasted();
                }
            });
        }
        self.now = self.now.max(to);
    }

    /// Samples have come; `value` is what holds now of the signal that is wanted.
    pub fn sample(&mut self, store: &Store, at: TrialTime, value: Option<Taken>) {
        let Event::When(watch) = &mut self.event else { return };
        let turn = watch.sample(store, at);
        match (turn, self.found) {
            (Turn::Began, None) => {
                self.found = Some((watch.moment(store, at), value, watch.seen.lasted()));
            }
            (Turn::Ended, Some((_, _, false))) => self.found = None,
            _ => {}
        }
    }

    pub fn mark_after(&mut self, mark: &Mark, value: Option<Taken>) {
        let is_meant = matches!(&self.event, Event::Mark(text) if *text == mark.text);
        if is_meant && self.found.is_none() {
            self.found = Some((Moment::of_mark(mark), value, true));
        }
    }

    /// When the event began that is there, be it certain or not yet.
    pub fn began(&self) -> Option<TrialTime> {
        self.found.map(|(moment, ..)| moment.at)
    }

    /// What became of it, with the phase over, or cut.
    pub fn found(&self, complete: bool) -> Found {
        let possible = match &self.event {
            Event::When(watch) => watch.first_possible,
            Event::Mark(_) => None,
        };
        match self.found {
            Some((moment, value, true)) if possible.is_none_or(|at| at >= moment.at) => {
                Found::Came(moment, value)
            }
            Some((_, _, true)) => Found::Possible,
            _ if possible.is_some() || !complete => Found::Possible,
            _ => Found::Never,
        }
    }
}
