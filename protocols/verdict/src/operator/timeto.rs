//! TIMETO: from one event to the next other one within a time.
//!
//! An event by conditions is dated at the beginning of the state that lasted. It lies between the
//! last sample that shows the state not yet there and the one that shows it; with the time
//! uncertainty of samples and marks this makes an interval of the elapsed time. The latency that a
//! profile declares is taken off; refresh and response time make the interval longer. The decision is
//! by the measured time (simple acceptance), unless an event may hide where nothing was observed.
//!
//! A state that is already there when the first event comes is no second event.

use trial::finding::Verdict;
use trial::record::Mark;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::delay::Delay;
use super::event::{Event, Moment};
use crate::compile::{Ends, TriggerSpec, second};
use crate::condition::Turn;
use crate::coverage::Coverage;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, margin, passes, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::{Budget, Contribution};

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

    /// How late the instruments show the first event, and the second.
    fn delays(&self, closing: &Closing<'_>) -> [Delay; 2] {
        [&self.first, &self.second].map(|event| Delay::of(event, closing.compiled))
    }

    fn reached(&self, closing: &Closing<'_>, from: Moment, to: Moment) -> Outcome {
        let within = self.within_ns;
        let evidence = self.evidence(closing, Span::new(from.at, to.at));
        let [before, after] = self.delays(closing);
        let (from, to) = (before.corrected(from), after.corrected(to));
        let budget = time_budget([(from, before), (to, after)]);
        let elapsed = to.at.since(from.at).max(0);
        let first_possible =
            |event: &Event, delay: Delay| Some(delay.before(Self::first_possible(event)?));
        let hidden_to = first_possible(&self.second, after).unwrap_or(to.at).min(to.at);
        let hidden_from = first_possible(&self.first, before).unwrap_or(from.at).min(from.at);
        let earliest = |moment: Moment, delay: Delay| moment.earliest.plus(-delay.unknown_ns());
        let shortest = earliest(to, after).min(hidden_to).since(from.latest).max(0);
        let longest = to.latest.since(earliest(from, before).min(hidden_from));
        let hidden = hidden_to < to.at || hidden_from < from.at;
        let seconds = |ns: i64| ns as f64 / 1e9;
        // The interval is of what was not observed; how exactly an event is dated is uncertainty.
        let fastest = if hidden { hidden_to.since(from.at).max(0) } else { elapsed };
        let slowest = if hidden { to.at.since(hidden_from).max(0) } else { elapsed };
        let (shown, limit) = (shown_time(elapsed), shown_time(within));
        let mut reason = bilingual(|_| message!("verdict-timeto", elapsed = shown, limit = limit));
        if within.saturating_sub(longest) < 0 && within.saturating_sub(shortest) >= 0 {
            let (least, most) = (shown_time(shortest), shown_time(longest));
            reason.add(bilingual(|_| message!("verdict-timeto-near", least = least, most = most)));
        }
        if before.latency_ns > 0 || after.latency_ns > 0 {
            let (first, second) = (shown_time(before.latency_ns), shown_time(after.latency_ns));
            reason.add(bilingual(|_| {
                message!("verdict-timeto-latency", first = first, second = second)
            }));
        }
        let scalar = Scalar {
            low: seconds(fastest),
            high: seconds(slowest),
            seen: Some(seconds(elapsed)),
            scale: Scale::of(second()),
            budget: Some(budget),
            single: true,
            evidence,
            reason,
        };
        let mut outcome = closing.judge(scalar, &Ends::at_most(seconds(within)));
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
        let evidence = self.evidence(closing, Span::new(from.at, end));
        let [before, after] = self.delays(closing);
        let from = before.corrected(from);
        // What came last is not shown yet.
        let end = after.before(end).max(from.at);
        let soonest = candidate.map_or(end, |at| after.before(at));
        let waited = soonest.since(from.at);
        let late = waited > self.within_ns;
        let high = self.within_ns.saturating_sub(soonest.since(from.latest).max(0));
        let (shown, limit) = (shown_time(end.since(from.at)), shown_time(self.within_ns));
        let reason =
            bilingual(|_| message!("verdict-timeto-not-reached", waited = shown, limit = limit));
        let verdict = if late { Verdict::Fail } else { Verdict::Inconclusive };
        let mut outcome = Outcome::bare(verdict, reason);
        outcome.margin = Some(margin(f64::NEG_INFINITY, high as f64 / 1e9, second()));
        outcome.evidence = evidence;
        self.gate(closing, &mut outcome);
        outcome
    }

    /// Where no time passed between the events there was nothing to observe.
    fn gate(&self, closing: &Closing<'_>, outcome: &mut Outcome) {
        if self.coverage.total_ns() == 0 && passes(outcome.verdict) {
            outcome.coverage = Some(1.0);
        } else {
            closing.gate(&self.coverage, outcome);
        }
    }

    fn evidence(&self, closing: &Closing<'_>, span: Span) -> Vec<trial::finding::Evidence> {
        let signals = &closing.spec.signals;
        if signals.is_empty() {
            let channel = closing.compiled.any_channel.clone();
            let at = |channel| trial::finding::Evidence { channel, span, value: None };
            return channel.map(at).into_iter().collect();
        }
        signals.iter().map(|signal| closing.evidence(*signal, span, None)).collect()
    }
}

fn shown_time(nanoseconds: i64) -> String {
    with_unit(nanoseconds as f64 / 1e9, second())
}

/// The budget of a time between two events: each lies anywhere in the stretch between the sample
/// that does not show it yet and the one that does (rectangular), widened by the uncertainty of the
/// samples' times; a mark by how well a person marks. Refresh and response of the instrument are
/// stretches of their own.
fn time_budget(events: [(Moment, Delay); 2]) -> Budget {
    let mut budget = Budget::default();
    for ((event, delay), label) in events.iter().zip(["first event", "second event"]) {
        let half = |ns: i64| ns as f64 / 2e9;
        let parts = [
            (label.to_owned(), event.latest.since(event.earliest)),
            (format!("{label}, refresh"), delay.refresh_ns),
            (format!("{label}, response"), delay.response_ns),
        ];
        for (part, (label, width_ns)) in parts.iter().enumerate() {
            if part == 0 || *width_ns > 0 {
                budget = budget.with(Contribution::rectangular(label, half(*width_ns)));
            }
        }
    }
    budget
}
