//! CYCLES: so many cycles from a state of rest to another state and back, none of them failing.
//!
//! A cycle begins when the state of rest is left, and is whole when it is there again; it is correct
//! if the other state was reached meanwhile, and it took no longer than it may. A cycle during which
//! something was not observed may be correct or not; as long as there is one, or part of the phase is
//! unknown, a cycle may have failed, and nothing is passed.

use trial::time::{Span, TrialTime};
use trial::unit::Unit;
use words::message;

use super::Judge;
use crate::compile::{CyclesSpec, Ends};
use crate::condition::{Tests, Truth};
use crate::coverage::Coverage;
use crate::outcome::{Closing, Outcome, bilingual, number};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::Budget;

/// A cycle that goes on.
#[derive(Debug, Clone, Copy)]
struct Cycle {
    began: TrialTime,
    reached: bool,
    unsure: bool,
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Cycles {
    spec: CyclesSpec,
    /// The conditions of both states.
    both: Tests,
    now: TrialTime,
    coverage: Coverage,
    /// Whether the state of rest was there at last.
    rested: bool,
    current: Option<Cycle>,
    correct: u64,
    unsure: u64,
    failed: u64,
    /// The first cycle that failed.
    bad: Option<Span>,
    last: Option<Span>,
}

impl Cycles {
    pub fn begin(spec: &CyclesSpec, start: TrialTime) -> Cycles {
        let tests = spec.rest.tests.iter().chain(spec.reach.tests.iter()).copied();
        Cycles {
            both: Tests { tests: tests.collect(), gap_ns: spec.rest.gap_ns },
            spec: spec.clone(),
            now: start,
            coverage: Coverage::default(),
            rested: false,
            current: None,
            correct: 0,
            unsure: 0,
            failed: 0,
            bad: None,
            last: None,
        }
    }

    fn look(&mut self, store: &Store, at: TrialTime) {
        let rest = self.spec.rest.truth(store, at);
        let reach = self.spec.reach.truth(store, at);
        if let Some(cycle) = &mut self.current {
            cycle.reached |= reach == Truth::True;
            cycle.unsure |= rest == Truth::Unknown || reach == Truth::Unknown;
            if rest == Truth::True {
                let cycle = *cycle;
                self.current = None;
                self.close(cycle, at);
            }
        } else if self.rested && rest != Truth::True {
            let (reached, unsure) = (reach == Truth::True, rest == Truth::Unknown);
            self.current = Some(Cycle { began: at, reached, unsure });
        }
        self.rested = rest == Truth::True || (self.rested && rest == Truth::Unknown);
    }

    /// A cycle that is not over at the end, and has taken too long already.
    fn late(&self, end: TrialTime) -> Option<Span> {
        let cycle = self.current.filter(|cycle| !cycle.unsure)?;
        let within = self.spec.within_ns?;
        (end.since(cycle.began) > within).then(|| Span::new(cycle.began, end))
    }

    fn close(&mut self, cycle: Cycle, at: TrialTime) {
        let span = Span::new(cycle.began, at);
        let in_time = self.spec.within_ns.is_none_or(|within| at.since(cycle.began) <= within);
        self.last = Some(span);
        if cycle.unsure {
            self.unsure += 1;
        } else if cycle.reached && in_time {
            self.correct += 1;
        } else {
            self.failed += 1;
            self.bad = self.bad.or(Some(span));
        }
    }
}

impl Judge for Cycles {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        let mut changes: Vec<TrialTime> = Vec::new();
        let coverage = &mut self.coverage;
        self.both.walk(store, self.now, to, |stretch| {
            coverage.add(stretch.from, stretch.to, stretch.missing);
            changes.push(stretch.from);
        });
        changes.iter().for_each(|at| self.look(store, *at));
        self.now = self.now.max(to);
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.look(store, at);
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let (correct, possible) = (self.correct as f64, (self.correct + self.unsure) as f64);
        let late = self.late(closing.span.end);
        let failures = self.failed + u64::from(late.is_some());
        let open = self.coverage.is_broken() || !closing.complete;
        // A failing cycle fails the whole, however many correct ones there are.
        let (low, high) = match (failures > 0, open) {
            (true, _) => (f64::NEG_INFINITY, f64::NEG_INFINITY),
            (false, true) => (f64::NEG_INFINITY, f64::INFINITY),
            (false, false) if self.unsure > 0 => (f64::NEG_INFINITY, possible),
            (false, false) => (correct, correct),
        };
        let (count, needed, failed) =
            (number(correct), number(self.spec.count), number(failures as f64));
        let unsure = number(self.unsure as f64);
        let reason = bilingual(|_| {
            message!(
                "verdict-cycles",
                count = count,
                needed = needed,
                failed = failed,
                unsure = unsure
            )
        });
        let span = self.bad.or(late).or(self.last).unwrap_or(closing.span);
        let signals = closing.spec.signals.iter();
        let scalar = Scalar {
            low,
            high,
            seen: Some(correct),
            scale: Scale::of(Unit::ONE),
            // What is counted is exact.
            budget: Some(Budget::default()),
            single: false,
            evidence: signals.map(|signal| closing.evidence(*signal, span, None)).collect(),
            reason,
        };
        let mut outcome = closing.judge(scalar, &Ends::at_least(self.spec.count));
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}
