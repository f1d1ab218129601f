//! PAIR: all conditions hold at the same time, without a break, for a time.
//!
//! The margin is a time: the longest stretch in which they were seen to hold, less the time that
//! is asked for; at best with all that was not observed taken as good.

use trial::finding::{Evidence, Measured, Verdict};
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use crate::compile::second;
use crate::condition::{Tests, Truth};
use crate::coverage::Coverage;
use crate::outcome::{Closing, Outcome, bilingual, decide, margin, with_unit};
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

/// How long conditions were seen to hold, and may have held.
#[derive(Debug, Clone)]
pub(crate) struct Lasting {
    tests: Tests,
    now: TrialTime,
    coverage: Coverage,
    seen: Longest,
    possible: Longest,
}

impl Lasting {
    pub fn begin(tests: &Tests, start: TrialTime) -> Lasting {
        Lasting {
            tests: tests.clone(),
            now: start,
            coverage: Coverage::default(),
            seen: Longest::default(),
            possible: Longest::default(),
        }
    }

    pub fn advance(&mut self, store: &Store, to: TrialTime) {
        let Lasting { tests, now, coverage, seen, possible } = self;
        tests.walk(store, *now, to, |stretch| {
            coverage.add(stretch.from, stretch.to, stretch.missing);
            seen.add(stretch.from, stretch.to, stretch.truth == Truth::True);
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

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    lasting: Lasting,
    duration_ns: i64,
}

impl Pair {
    pub fn begin(tests: &Tests, duration_ns: i64, start: TrialTime) -> Pair {
        Pair { lasting: Lasting::begin(tests, start), duration_ns }
    }
}

impl Judge for Pair {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        self.lasting.advance(store, to);
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.lasting.sample(store, at);
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        self.lasting.outcome(closing, self.duration_ns)
    }
}
