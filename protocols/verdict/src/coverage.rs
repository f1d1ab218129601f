//! How much of the judged time was observed, and where the longest gap is.

use trial::finding::Cause;
use trial::time::{Span, TrialTime};

use crate::signal::Store;

/// A signal that is not observed, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Missing {
    pub signal: usize,
    /// Its last sample may not be judged; otherwise there is none, or it is too old.
    pub bad: bool,
}

/// The value of a signal at an instant, or why there is none.
pub(crate) type Taken = Result<f64, Missing>;

impl Missing {
    /// What keeps a result undecided by it.
    pub fn cause(self) -> Cause {
        if self.bad { Cause::BadQuality } else { Cause::Gap }
    }
}

/// A stretch of time in which a signal was not observed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unobserved {
    pub span: Span,
    pub missing: Missing,
}

/// Observed and whole time so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coverage {
    observed_ns: i64,
    total_ns: i64,
    longest: Option<Unobserved>,
    open: Option<Unobserved>,
    flawed: bool,
}

impl Coverage {
    /// Counts a stretch of time, in which a signal may be missing; stretches come in order.
    pub fn add(&mut self, from: TrialTime, to: TrialTime, missing: Option<Missing>) {
        let length = to.since(from);
        if length <= 0 {
            // No time has passed: what is missing goes on.
            return;
        }
        self.total_ns = self.total_ns.saturating_add(length);
        let Some(missing) = missing else {
            self.observed_ns = self.observed_ns.saturating_add(length);
            self.open = None;
            return;
        };
        let gap = match self.open {
            Some(open) if open.span.end == from && open.missing == missing => {
                Unobserved { span: Span { end: to, ..open.span }, ..open }
            }
            _ => Unobserved { span: Span::new(from, to), missing },
        };
        self.open = Some(gap);
        let length = |gap: &Unobserved| gap.span.end.since(gap.span.start);
        if self.longest.is_none_or(|longest| length(&gap) > length(&longest)) {
            self.longest = Some(gap);
        }
    }

    /// Notes that a signal is not observed with the samples of an instant, even if the next ones
    /// come at once: its own is not good, or made of one that is too old.
    pub fn note_missing(&mut self, at: TrialTime, signal: usize, store: &Store) {
        self.flawed = true;
        let missing = store.missing(signal);
        self.longest = self.longest.or(Some(Unobserved { span: Span::new(at, at), missing }));
    }

    /// Whether something was not observed.
    pub fn is_broken(&self) -> bool {
        self.flawed || self.observed_ns < self.total_ns
    }

    /// Why the longest stretch was not observed.
    pub fn cause(&self) -> Cause {
        self.longest.map_or(Cause::Gap, |longest| longest.missing.cause())
    }

    /// The one of two with the longer stretch that was not observed.
    pub fn worse<'a>(&'a self, other: &'a Coverage) -> &'a Coverage {
        let longest =
            |coverage: &Coverage| coverage.longest.map(|gap| gap.span.end.since(gap.span.start));
        if longest(other) > longest(self) { other } else { self }
    }

    /// Observed share, 0 to 1; 0 where no time has passed.
    pub fn share(&self) -> f64 {
        if self.total_ns > 0 { self.observed_ns as f64 / self.total_ns as f64 } else { 0.0 }
    }

    /// Whole time, in nanoseconds.
    pub fn total_ns(&self) -> i64 {
        self.total_ns
    }

    /// Observed time, in nanoseconds.
    pub fn observed_ns(&self) -> i64 {
        self.observed_ns
    }

    /// The longest stretch that was not observed.
    pub fn longest_gap(&self) -> Option<Unobserved> {
        self.longest
    }
}
