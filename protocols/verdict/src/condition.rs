//! Conditions over signals: three-valued truth, and how long a state lasts.

use std::sync::Arc;

use trial::expression::Compare;
use trial::time::TrialTime;

use crate::coverage::Missing;
use crate::signal::Store;

/// Truth where a signal may be unobserved (Kleene's strong logic).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

/// A comparison of a signal with a number, both in coherent SI units.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Test {
    pub signal: usize,
    pub compare: Compare,
    pub limit: f64,
}

/// Comparisons that are to hold together.
#[derive(Debug, Clone)]
pub(crate) struct Tests {
    pub tests: Arc<[Test]>,
    /// Longest time for which a sample counts as observed, in nanoseconds.
    pub gap_ns: i64,
}

/// A stretch of time in which nothing changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub from: TrialTime,
    /// Exclusive.
    pub to: TrialTime,
    pub truth: Truth,
    /// The first signal that is not observed, if there is one.
    pub missing: Option<Missing>,
}

impl Tests {
    /// The positions of the signals.
    pub fn signals(&self) -> impl Iterator<Item = usize> + '_ {
        self.tests.iter().map(|test| test.signal)
    }

    pub fn truth(&self, store: &Store, at: TrialTime) -> Truth {
        let mut truth = Truth::True;
        for test in self.tests.iter() {
            match store.observed(test.signal, at, self.gap_ns) {
                Some((value, _)) if test.compare.holds(value, test.limit) => {}
                Some(_) => return Truth::False,
                None => truth = Truth::Unknown,
            }
        }
        truth
    }

    /// When the newest sample was taken that shows the state to be false; `None` if none does.
    pub fn refuted_at(&self, store: &Store, at: TrialTime) -> Option<TrialTime> {
        let refuting = self.tests.iter().filter(|test| {
            let observed = store.observed(test.signal, at, self.gap_ns);
            observed.is_some_and(|(value, _)| !test.compare.holds(value, test.limit))
        });
        refuting
            .filter_map(|test| store.held(test.signal))
            .map(|held| held.oldest.plus(-i64::from(held.time_uncertainty_ns)))
            .max()
    }

    /// The largest time uncertainty of the samples that are held, in nanoseconds.
    pub fn time_uncertainty_ns(&self, store: &Store) -> i64 {
        let held = self.tests.iter().filter_map(|test| store.held(test.signal));
        held.map(|held| i64::from(held.time_uncertainty_ns)).max().unwrap_or(0)
    }

    /// Calls `each` with the stretches of `[from, to)`, while no new sample comes.
    pub fn walk(
        &self,
        store: &Store,
        from: TrialTime,
        to: TrialTime,
        mut each: impl FnMut(Stretch),
    ) {
        let mut at = from;
        while at < to {
            let mut until = to;
            let mut missing = None;
            for signal in self.signals() {
                match store.observed(signal, at, self.gap_ns) {
                    Some((_, end)) => until = until.min(end),
                    None => missing = missing.or(Some(store.missing(signal))),
                }
            }
            each(Stretch { from: at, to: until, truth: self.truth(store, at), missing });
            at = until;
        }
    }
}

/// What became of a state at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Began,
    Ended,
    Same,
}

/// A state that must last before it counts; it is dated at its beginning.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    stable_ns: i64,
    since: Option<TrialTime>,
    lasted: bool,
}

impl Run {
    pub fn new(stable_ns: i64) -> Run {
        Run { stable_ns, since: None, lasted: false }
    }

    /// From `at` on the state is there or not.
    pub fn turn(&mut self, at: TrialTime, there: bool) -> Turn {
        match (self.since, there) {
            (None, true) => {
                self.since = Some(at);
                self.lasted = self.stable_ns <= 0;
                Turn::Began
            }
            (Some(_), false) => {
                self.since = None;
                self.lasted = false;
                Turn::Ended
            }
            _ => Turn::Same,
        }
    }

    /// Dates a state that is there at `at`, whenever it began.
    pub fn restart(&mut self, at: TrialTime) {
        if self.since.is_some() {
            self.since = Some(at);
            self.lasted = self.stable_ns <= 0;
        }
    }

    /// Nothing changes before `to`.
    pub fn pass(&mut self, to: TrialTime) {
        if let Some(since) = self.since {
            self.lasted |= to.since(since) >= self.stable_ns;
        }
    }

    /// When the state that is there now began.
    pub fn since(&self) -> Option<TrialTime> {
        self.since
    }

    /// Whether it has lasted long enough.
    pub fn lasted(&self) -> bool {
        self.lasted
    }
}
