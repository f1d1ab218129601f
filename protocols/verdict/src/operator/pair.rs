//! PAIR: all conditions hold at the same time, without a break, for a time.
//!
//! The margin is a time: the longest stretch in which they were seen to hold, less the time that
//! is asked for; at best with all that was not observed taken as good. A rule with a guard band asks
//! of the least favourable value of every condition in that stretch that it keeps the band; it only
//! makes a pass stricter.

use trial::finding::{Cause, Evidence, Measured, Verdict};
use trial::scenario::DecisionRule;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use crate::compile::{difference_unit, second};
use crate::condition::{Test, Tests, Truth};
use crate::coverage::Coverage;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, decide, margin, with_unit};
use crate::scalar::{rule, uncertainty_sentence};
use crate::signal::Store;
use crate::uncertainty::conformance::Holds;

/// The longest stretch of a state.
#[derive(Debug, Clone, Default)]
struct Longest {
    current: Option<Span>,
    longest: Option<Span>,
}

impl Longest {
    fn add(&mut self, from: TrialTime, to: TrialTime, there: bool) {
        if !there {
            self.current = None;
            return;
        }
        let start = self.current.map_or(from, |current| current.start);
        let current = Span::new(start, to);
        self.current = Some(current);
        if current.end.since(current.start) > self.nanoseconds() {
            self.longest = Some(current);
        }
    }

    fn nanoseconds(&self) -> i64 {
        self.longest.map_or(0, |longest| longest.end.since(longest.start))
    }
}

/// The least favourable value of each condition in a stretch.
#[derive(Debug, Clone, Default)]
struct Worst {
    values: Vec<f64>,
    /// When one of them was last found: what is derived is looked at as of this instant.
    at: Option<TrialTime>,
}

impl Worst {
    /// Takes the values that hold from `from` on, all of them observed.
    fn note(&mut self, tests: &Tests, store: &Store, from: TrialTime) {
        for (place, test) in tests.tests.iter().enumerate() {
            let Some(held) = store.held(test.signal) else { continue };
            let margin = |value| test.compare.margin(value, test.limit);
            match self.values.get_mut(place) {
                Some(old) if margin(held.value) < margin(*old) => *old = held.value,
                Some(_) => continue,
                None => self.values.push(held.value),
            }
            self.at = Some(from);
        }
    }
}

/// How long conditions were seen to hold, and may have held.
#[derive(Debug, Clone)]
pub(crate) struct Lasting {
    tests: Tests,
    now: TrialTime,
    coverage: Coverage,
    seen: Longest,
    possible: Longest,
    /// Of each condition the least favourable value in the stretch that goes on, and in the longest.
    current_worst: Worst,
    worst: Worst,
}

impl Lasting {
    pub fn begin(tests: &Tests, start: TrialTime) -> Lasting {
        Lasting {
            tests: tests.clone(),
            now: start,
            coverage: Coverage::default(),
            seen: Longest::default(),
            possible: Longest::default(),
            current_worst: Worst::default(),
            worst: Worst::default(),
        }
    }

    pub fn advance(&mut self, store: &Store, to: TrialTime) {
        let Lasting { tests, now, coverage, seen, possible, current_worst, worst } = self;
        tests.walk(store, *now, to, |stretch| {
            coverage.add(stretch.from, stretch.to, stretch.missing);
            if seen.current.is_none() {
                *current_worst = Worst::default();
            }
            seen.add(stretch.from, stretch.to, stretch.truth == Truth::True);
            if seen.current.is_some() {
                current_worst.note(tests, store, stretch.from);
                if seen.longest == seen.current {
                    worst.clone_from(current_worst);
                }
            }
            possible.add(stretch.from, stretch.to, stretch.truth != Truth::False);
        });
        self.now = self.now.max(to);
    }

    /// A sample that refutes the conditions breaks the stretch even if the next comes at once.
    pub fn sample(&mut self, store: &Store, at: TrialTime) {
        match self.tests.truth(store, at) {
            Truth::True => {}
            Truth::False => {
                self.seen.current = None;
                self.possible.current = None;
            }
            Truth::Unknown => self.seen.current = None,
        }
    }

    /// Whether it held for a time of `duration_ns`, at worst and at best.
    pub fn holds(&self, duration_ns: i64, complete: bool) -> Holds {
        let possible = self.possible.nanoseconds() >= duration_ns;
        Holds { worst: self.seen.nanoseconds() >= duration_ns, best: possible || !complete }
    }

    /// Pass, fail or undecided, for a time of `duration_ns`.
    fn verdict(&self, duration_ns: i64, complete: bool) -> Verdict {
        let Holds { worst, best } = self.holds(duration_ns, complete);
        decide(worst, best)
    }

    /// The outcome with the margin in time.
    pub fn outcome(&self, closing: &Closing<'_>, duration_ns: i64) -> Outcome {
        let seconds = |ns: i64| ns as f64 / 1e9;
        let seen_ns = self.seen.nanoseconds();
        let high = match closing.complete {
            true => seconds(self.possible.nanoseconds().saturating_sub(duration_ns)),
            false => f64::INFINITY,
        };
        let low = seconds(seen_ns.saturating_sub(duration_ns));
        let (held, needed) =
            (with_unit(seconds(seen_ns), second()), with_unit(seconds(duration_ns), second()));
        let reason = bilingual(|_| message!("verdict-held", held = held, needed = needed));
        let mut outcome = Outcome::bare(self.verdict(duration_ns, closing.complete), reason);
        outcome.measured = Some(Measured { value: seconds(seen_ns), unit: second() });
        outcome.margin = Some(margin(low, high, second()));
        outcome.evidence = self.evidence(closing);
        self.gate(closing, &mut outcome);
        outcome
    }

    /// A pass rests on the stretch that was found, which was observed throughout; what lies
    /// outside it can't take it back. Every other verdict is on the whole phase.
    pub fn gate(&self, closing: &Closing<'_>, outcome: &mut Outcome) {
        if outcome.verdict == Verdict::Pass {
            outcome.coverage = Some(1.0);
        } else {
            closing.gate(&self.coverage, outcome);
        }
    }

    fn evidence(&self, closing: &Closing<'_>) -> Vec<Evidence> {
        let span = self.seen.longest.unwrap_or(closing.span);
        let signals = closing.spec.signals.iter();
        signals.map(|signal| closing.evidence(*signal, span, None)).collect()
    }
}

/// One condition by itself, to tell which one broke the rest.
#[derive(Debug, Clone)]
struct Alone {
    tests: Tests,
    now: TrialTime,
    longest: Longest,
    /// The most favourable value that was observed.
    best: Option<f64>,
}

impl Alone {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        let Alone { tests, now, longest, .. } = self;
        tests.walk(store, *now, to, |stretch| {
            longest.add(stretch.from, stretch.to, stretch.truth == Truth::True);
        });
        self.now = self.now.max(to);
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        if self.tests.truth(store, at) != Truth::True {
            self.longest.current = None;
        }
        for test in self.tests.tests.iter() {
            let margin = |value| test.compare.margin(value, test.limit);
            if let Some((value, _)) = store.observed(test.signal, at, self.tests.gap_ns)
                && self.best.is_none_or(|best| margin(value) > margin(best))
            {
                self.best = Some(value);
            }
        }
    }

    /// How long it held at the longest, and how far it came.
    fn tell(&self, closing: &Closing<'_>, outcome: &mut Outcome) {
        for test in self.tests.tests.iter() {
            let info = closing.info(test.signal);
            let shown = |si: f64| with_unit(info.unit.from_si(si), info.unit);
            let limit = format!("{} {}", test.compare.shown(), shown(test.limit));
            let best = self.best.map_or_else(|| "–".to_owned(), shown);
            let held = with_unit(self.longest.nanoseconds() as f64 / 1e9, second());
            outcome.reason.add(bilingual(|language| {
                let signal = info.title.in_language(language);
                let (limit, held) = (limit.as_str(), held.as_str());
                message!(
                    "verdict-condition-alone",
                    signal = signal,
                    limit = limit,
                    held = held,
                    best = best.as_str()
                )
            }));
        }
    }
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    lasting: Lasting,
    alone: Vec<Alone>,
    duration_ns: i64,
}

impl Pair {
    pub fn begin(tests: &Tests, duration_ns: i64, start: TrialTime) -> Pair {
        let alone = tests.tests.iter().map(|test| Alone {
            tests: Tests { tests: [*test].into(), gap_ns: tests.gap_ns },
            now: start,
            longest: Longest::default(),
            best: None,
        });
        Pair { lasting: Lasting::begin(tests, start), alone: alone.collect(), duration_ns }
    }
}

impl Judge for Pair {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        self.lasting.advance(store, to);
        self.alone.iter_mut().for_each(|one| one.advance(store, to));
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.lasting.sample(store, at);
        self.alone.iter_mut().for_each(|one| one.sample(store, at));
    }

    fn moment(&self) -> Option<TrialTime> {
        self.lasting.worst.at
    }

    fn candidate(&self) -> Option<TrialTime> {
        self.lasting.current_worst.at
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let mut outcome = self.lasting.outcome(closing, self.duration_ns);
        if outcome.verdict == Verdict::Pass && rule(closing.spec.decision).needs_uncertainty() {
            self.guard(closing, &mut outcome);
        } else if outcome.verdict != Verdict::Pass {
            self.alone.iter().for_each(|one| one.tell(closing, &mut outcome));
        }
        outcome
    }
}

impl Pair {
    /// Lets a pass stand only where every condition keeps its guard band in the stretch found.
    fn guard(&self, closing: &Closing<'_>, outcome: &mut Outcome) {
        let rule = rule(closing.spec.decision);
        for (test, value) in self.lasting.tests.tests.iter().zip(&self.lasting.worst.values) {
            let budget = closing.budget(test.signal, *value);
            let expanded = budget.map(|budget| budget.common().expanded());
            let band = rule.guard_band(expanded.map(|expanded| expanded.expanded));
            let (Some(band), Some(expanded)) = (band, expanded) else {
                outcome.verdict = Verdict::Inconclusive;
                outcome.cause = Some(Cause::UncertaintyUnknown);
                outcome.reason.add(bilingual(|_| message!("verdict-uncertainty-unknown")));
                return;
            };
            if test.compare.margin(*value, test.limit) >= band {
                continue;
            }
            outcome.verdict = match closing.spec.decision.rule {
                DecisionRule::FourZones => Verdict::ConditionalPass,
                _ => Verdict::Fail,
            };
            tell_worst(closing, outcome, test, *value);
            let unit = difference_unit(closing.info(test.signal).unit);
            let shown = expanded.expanded / unit.factor;
            let k = expanded.coverage_factor;
            outcome.reason.add(uncertainty_sentence(shown, k, unit));
        }
    }
}

fn tell_worst(closing: &Closing<'_>, outcome: &mut Outcome, test: &Test, value: f64) {
    let info = closing.info(test.signal);
    let value = with_unit(info.unit.from_si(value), info.unit);
    outcome.reason.add(bilingual(|language| {
        let signal = info.title.in_language(language);
        message!("verdict-hold-worst", signal = signal, value = value)
    }));
}
