//! TIMETO: from one event to the next other one within a time.
//!
//! An event by conditions is dated at the beginning of the state that lasted. It lies between the
//! last sample that shows the state not yet there and the one that shows it; with the time
//! uncertainty of samples and marks this makes an interval of the elapsed time. The decision is by
//! the measured time (simple acceptance), unless an event may hide where nothing was observed.
//!
//! A state that is already there when the first event comes is no second event.

use trial::finding::{Measured, Verdict};
use trial::record::Mark;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use crate::compile::{TriggerSpec, second};
use crate::condition::{Run, Tests, Truth, Turn};
use crate::coverage::Coverage;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, margin, with_unit};
use crate::signal::Store;

/// An event and the interval in which it lies.
#[derive(Debug, Clone, Copy)]
struct Moment {
    at: TrialTime,
    earliest: TrialTime,
    latest: TrialTime,
}

impl Moment {
    fn of_mark(mark: &Mark) -> Moment {
        let (at, uncertainty) = (mark.at, mark.uncertainty_ns);
        Moment { at, earliest: at.plus(uncertainty.saturating_neg()), latest: at.plus(uncertainty) }
    }
}

/// Follows the conditions of one event.
#[derive(Debug, Clone)]
struct Watch {
    tests: Tests,
    /// The state was seen.
    seen: Run,
    /// The state may have been there.
    possible: Run,
    /// Beginning of the first state that may have lasted.
    first_possible: Option<TrialTime>,
    /// The state was there from the beginning, and is no event.
    already: bool,
    /// When the newest sample was taken that shows the state not to be there.
    refuted: TrialTime,
}

impl Watch {
    fn begin(tests: &Tests, stable_ns: i64, start: TrialTime) -> Watch {
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
    fn restart(&mut self, at: TrialTime, just_began: bool) {
        self.already = self.seen.since().is_some() && !just_began;
        self.first_possible = None;
        if self.already {
            self.possible.turn(at, false);
        } else {
            self.possible.restart(at);
        }
        self.note();
    }

    fn turn(&mut self, at: TrialTime, truth: Truth) -> Turn {
        self.already &= truth == Truth::True;
        self.possible.turn(at, truth != Truth::False && !self.already);
        let turn = self.seen.turn(at, truth == Truth::True);
        self.note();
        turn
    }

    fn sample(&mut self, store: &Store, at: TrialTime) -> Turn {
        let turn = self.turn(at, self.tests.truth(store, at));
        if let Some(refuted) = self.tests.refuted_at(store, at) {
            self.refuted = self.refuted.max(refuted);
        }
        turn
    }

    fn pass(&mut self, to: TrialTime) {
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
    fn moment(&self, store: &Store, at: TrialTime) -> Moment {
        let uncertainty = self.tests.time_uncertainty_ns(store);
        Moment { at, earliest: self.refuted.min(at), latest: at.plus(uncertainty) }
    }
}

/// One of the two events.
#[derive(Debug, Clone)]
enum Event {
    Mark(String),
    When(Box<Watch>),
}

impl Event {
    fn begin(trigger: &TriggerSpec, start: TrialTime) -> Event {
        match trigger {
            TriggerSpec::Mark(text) => Event::Mark(text.clone()),
            TriggerSpec::When { tests, stable_ns } => {
                Event::When(Box::new(Watch::begin(tests, *stable_ns, start)))
            }
        }
    }
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct TimeTo {
    within_ns: i64,
    now: TrialTime,
    start: TrialTime,
    first: Event,
    second: Event,
    /// The first event, and whether it has lasted.
    from: Option<(Moment, bool)>,
    /// The second event, and whether it has lasted.
    to: Option<(Moment, bool)>,
    /// Of the time from the first event to the second.
    coverage: Coverage,
}

impl TimeTo {
    pub fn begin(
        from: &TriggerSpec,
        to: &TriggerSpec,
        within_ns: i64,
        store: &Store,
        start: TrialTime,
    ) -> TimeTo {
        let mut second = Event::begin(to, start);
        if let Event::When(watch) = &mut second {
            watch.sample(store, start);
            watch.restart(start, false);
        }
        TimeTo {
            within_ns,
            now: start,
            start,
            first: Event::begin(from, start),
            second,
            from: None,
            to: None,
            coverage: Coverage::default(),
        }
    }

    fn begin_waiting(&mut self, moment: Moment, lasted: bool) {
        self.from = Some((moment, lasted));
        self.to = None;
        self.coverage = Coverage::default();
    }

    fn sample_first(&mut self, store: &Store, at: TrialTime) {
        let Event::When(watch) = &mut self.first else { return };
        let turn = watch.sample(store, at);
        let lasted = watch.seen.lasted();
        let moment = watch.moment(store, at);
        match (turn, self.from) {
            (Turn::Began, None) => {
                self.begin_waiting(moment, lasted);
                self.restart_second(store, at);
            }
            (Turn::Ended, Some((_, false))) => {
                self.from = None;
                self.to = None;
            }
            _ => {}
        }
    }

    /// The second event is looked for from here on.
    fn restart_second(&mut self, store: &Store, at: TrialTime) {
        if let Event::When(watch) = &mut self.second {
            let just_began = watch.seen.since() == Some(at) && at > self.start;
            watch.restart(at, just_began);
            if just_began {
                self.to = Some((watch.moment(store, at), watch.seen.lasted()));
            }
        }
    }

    fn sample_second(&mut self, store: &Store, at: TrialTime) {
        let Event::When(watch) = &mut self.second else { return };
        let turn = watch.sample(store, at);
        let moment = watch.moment(store, at);
        match (turn, self.to) {
            (Turn::Began, None) if self.from.is_some() => {
                self.to = Some((moment, watch.seen.lasted()));
            }
            (Turn::Ended, Some((_, false))) => self.to = None,
            _ => {}
        }
    }

    /// Lets time pass for the first event; its state may end, and no other begins.
    fn advance_first(&mut self, store: &Store, to: TrialTime) {
        let Event::When(watch) = &mut self.first else { return };
        let mut from = self.from;
        let tests = watch.tests.clone();
        tests.walk(store, self.now, to, |stretch| {
            let turn = watch.turn(stretch.from, stretch.truth);
            if turn == Turn::Ended && matches!(from, Some((_, false))) {
                from = None;
            }
            watch.pass(stretch.to);
            if let Some((_, lasted)) = &mut from {
                *lasted |= watch.seen.lasted();
            }
        });
        if from.is_none() {
            self.to = None;
        }
        self.from = from;
    }

    fn advance_second(&mut self, store: &Store, to: TrialTime) {
        let waiting = self.from.is_some();
        let Event::When(watch) = &mut self.second else {
            if waiting && self.to.is_none() {
                self.coverage.add(self.now, to, None);
            }
            return;
        };
        let TimeTo { to: event, coverage, now, .. } = self;
        let tests = watch.tests.clone();
        tests.walk(store, *now, to, |stretch| {
            let turn = watch.turn(stretch.from, stretch.truth);
            if turn == Turn::Ended && matches!(event, Some((_, false))) {
                *event = None;
            }
            watch.pass(stretch.to);
            match event {
                Some((_, lasted)) => *lasted |= watch.seen.lasted(),
                None if waiting => coverage.add(stretch.from, stretch.to, stretch.missing),
                None => {}
            }
        });
    }
}

impl Judge for TimeTo {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        if to <= self.now {
            return;
        }
        self.advance_first(store, to);
        self.advance_second(store, to);
        self.now = to;
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.sample_second(store, at);
        self.sample_first(store, at);
    }

    fn mark_before(&mut self, mark: &Mark) {
        let second = matches!(&self.second, Event::Mark(text) if *text == mark.text);
        if second && self.from.is_some() && self.to.is_none() {
            self.to = Some((Moment::of_mark(mark), true));
        }
    }

    fn mark_after(&mut self, store: &Store, mark: &Mark) {
        let first = matches!(&self.first, Event::Mark(text) if *text == mark.text);
        if first && self.from.is_none() {
            self.begin_waiting(Moment::of_mark(mark), true);
            self.restart_second(store, mark.at);
        }
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let Some((from, true)) = self.from else {
            let reason = bilingual(|_| message!("verdict-timeto-no-start"));
            return Outcome::bare(Verdict::NotExercised, reason);
        };
        match self.to {
            Some((to, true)) => self.reached(closing, from, to),
            _ => self.not_reached(closing, from),
        }
    }
}

impl TimeTo {
    fn first_possible(event: &Event) -> Option<TrialTime> {
        match event {
            Event::Mark(_) => None,
            Event::When(watch) => watch.first_possible,
        }
    }

    fn reached(&self, closing: &Closing<'_>, from: Moment, to: Moment) -> Outcome {
        let within = self.within_ns;
        let elapsed = to.at.since(from.at);
        let hidden_to = Self::first_possible(&self.second).unwrap_or(to.at).min(to.at);
        let hidden_from = Self::first_possible(&self.first).unwrap_or(from.at).min(from.at);
        let shortest = to.earliest.min(hidden_to).since(from.latest).max(0);
        let longest = to.latest.since(from.earliest.min(hidden_from));
        let (low, high) = (within.saturating_sub(longest), within.saturating_sub(shortest));
        let in_time = elapsed <= within;
        let may_be_in_time = hidden_to.since(from.at) <= within;
        let may_be_late = to.at.since(hidden_from) > within;
        let verdict = match (in_time, may_be_in_time, may_be_late) {
            (true, _, false) => Verdict::Pass,
            (false, false, _) => Verdict::Fail,
            _ => Verdict::Inconclusive,
        };
        let (shown, limit) = (shown_time(elapsed), shown_time(within));
        let mut reason = bilingual(|_| message!("verdict-timeto", elapsed = shown, limit = limit));
        if verdict != Verdict::Inconclusive && low < 0 && high >= 0 {
            let (least, most) = (shown_time(shortest), shown_time(longest));
            reason.add(bilingual(|_| message!("verdict-timeto-near", least = least, most = most)));
        }
        let mut outcome = Outcome {
            verdict,
            measured: Some(Measured { value: elapsed as f64 / 1e9, unit: second() }),
            margin: Some(margin(low as f64 / 1e9, high as f64 / 1e9, second())),
            coverage: None,
            evidence: self.evidence(closing, Span::new(from.at, to.at)),
            reason,
        };
        self.gate(closing, &mut outcome);
        outcome
    }

    fn not_reached(&self, closing: &Closing<'_>, from: Moment) -> Outcome {
        // A state that had begun, but not lasted yet, may still become the event.
        let candidate = match &self.second {
            Event::Mark(_) => None,
            Event::When(watch) => watch.first_possible.or(watch.possible.since()),
        };
        let end = closing.span.end;
        let soonest = candidate.unwrap_or(end);
        let waited = soonest.since(from.at);
        let late = waited > self.within_ns;
        let high = self.within_ns.saturating_sub(soonest.since(from.latest).max(0));
        let (shown, limit) = (shown_time(end.since(from.at)), shown_time(self.within_ns));
        let mut outcome = Outcome {
            verdict: if late { Verdict::Fail } else { Verdict::Inconclusive },
            measured: None,
            margin: Some(margin(f64::NEG_INFINITY, high as f64 / 1e9, second())),
            coverage: None,
            evidence: self.evidence(closing, Span::new(from.at, end)),
            reason: bilingual(|_| {
                message!("verdict-timeto-not-reached", waited = shown, limit = limit)
            }),
        };
        self.gate(closing, &mut outcome);
        outcome
    }

    /// Where no time passed between the events there was nothing to observe.
    fn gate(&self, closing: &Closing<'_>, outcome: &mut Outcome) {
        if self.coverage.total_ns() == 0 && outcome.verdict == Verdict::Pass {
            outcome.coverage = Some(1.0);
        } else {
            closing.gate(&self.coverage, outcome);
        }
    }

    fn evidence(&self, closing: &Closing<'_>, span: Span) -> Vec<trial::finding::Evidence> {
        let signals = &closing.spec.signals;
        if signals.is_empty() {
            let channel = closing.any_channel.map(str::to_owned);
            let at = |channel| trial::finding::Evidence { channel, span, value: None };
            return channel.map(at).into_iter().collect();
        }
        signals.iter().map(|signal| closing.evidence(*signal, span, None)).collect()
    }
}

fn shown_time(nanoseconds: i64) -> String {
    with_unit(nanoseconds as f64 / 1e9, second())
}
