//! How much of the judged time was observed, and where the longest gap is.

use trial::finding::Cause;
use trial::time::{Span, TrialTime};

use crate::signal::Store;

/// A stretch of time in which a signal was not observed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unobserved {
    pub span: Span,
    pub signal: usize,
}

/// Observed and whole time so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Coverage {
    observed_ns: i64,
    total_ns: i64,
    longest: Option<Unobserved>,
    open: Option<Unobserved>,
    flawed: bool,
    /// A sample was there that may not be judged.
    bad: bool,
}

impl Coverage {
    /// Counts a stretch of time, in which a signal may be missing; stretches come in order.
    pub fn add(&mut self, from: TrialTime, to: TrialTime, missing: Option<usize>) {
        let length = to.since(from);
        self.total_ns = self.total_ns.saturating_add(length);
        let Some(signal) = missing else {
            self.observed_ns = self.observed_ns.saturating_add(length);
            self.open = None;
            return;
        };
        let gap = match self.open {
            Some(open) if open.span.end == from => {
                Unobserved { span: Span { end: to, ..open.span }, ..open }
            }
            _ => Unobserved { span: Span::new(from, to), signal },
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
        self.bad |= store.held(signal).is_some_and(|held| !held.is_observed());
        self.longest = self.longest.or(Some(Unobserved { span: Span::new(at, at), signal }));
    }

    /// Whether something was not observed.
    pub fn is_broken(&self) -> bool {
        self.flawed || self.observed_ns < self.total_ns
    }

    /// Why something was not observed: values that may not be judged, else silence.
    pub fn cause(&self) -> Cause {
        if self.bad { Cause::BadQuality } else { Cause::Gap }
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
