//! The smallest value in a sliding window of time, by a monotonic queue.

use std::collections::VecDeque;

use trial::time::{Span, TrialTime};

/// Most entries of one sliding window. A queue keeps only what may still become an extreme, so
/// that noise of any rate stays far below; beyond it the criterion ends as an error.
pub const MAX_WINDOW_ENTRIES: usize = 1 << 20;

/// A value that holds from `from` to `to`; a single sample has both at its own time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub from: TrialTime,
    pub to: TrialTime,
    /// What is compared.
    pub key: f64,
    /// What is shown.
    pub value: f64,
}

/// Entries of which each is smaller than all that follow it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Smallest {
    entries: VecDeque<Entry>,
    overflow: bool,
}

impl Smallest {
    /// Adds an entry behind all others and forgets those that end before `oldest`, or at it if
    /// `closed` is not set.
    pub fn push(&mut self, entry: Entry, oldest: TrialTime, closed: bool) {
        while self.entries.back().is_some_and(|back| back.key >= entry.key) {
            self.entries.pop_back();
        }
        if self.entries.len() >= MAX_WINDOW_ENTRIES {
            self.overflow = true;
            return;
        }
        self.entries.push_back(entry);
        let gone = |front: &Entry| front.to < oldest || (!closed && front.to == oldest);
        while self.entries.front().is_some_and(gone) {
            self.entries.pop_front();
        }
    }

    /// The smallest entry of the window.
    pub fn first(&self) -> Option<&Entry> {
        self.entries.front()
    }

    /// Whether entries had to be left out.
    pub fn overflow(&self) -> bool {
        self.overflow
    }
}

/// The best window so far: the one whose smallest value is largest.
#[derive(Debug, Clone)]
pub(crate) struct BestWindow {
    length_ns: i64,
    start: TrialTime,
    inside: Smallest,
    best: Option<(Span, Entry)>,
}

impl BestWindow {
    /// Windows of `length_ns` that begin at or after `start`.
    pub fn new(length_ns: i64, start: TrialTime) -> BestWindow {
        BestWindow { length_ns, start, inside: Smallest::default(), best: None }
    }

    /// Adds a value that holds over a stretch behind all others. Within a stretch a window only
    /// loses values as it slides, so that the last one, which ends with it, is the best. A stretch
    /// that was added up to `known` is added again as a whole.
    pub fn push(&mut self, entry: Entry, known: Option<TrialTime>) {
        let oldest = entry.to.plus(-self.length_ns);
        self.inside.push(entry, oldest, false);
        if oldest < self.start {
            return;
        }
        let Some(smallest) = self.inside.first() else { return };
        let beats = |(span, best): (Span, Entry)| {
            smallest.key > best.key || (known == Some(span.end) && smallest.key == best.key)
        };
        if self.best.is_none_or(beats) {
            self.best = Some((Span::new(oldest, entry.to), *smallest));
        }
    }

    /// The best window and its smallest value; `None` before a whole window has passed.
    pub fn best(&self) -> Option<&(Span, Entry)> {
        self.best.as_ref()
    }

    /// Whether values had to be left out.
    pub fn overflow(&self) -> bool {
        self.inside.overflow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: i64, key: f64) -> Entry {
        Entry { from: TrialTime(at), to: TrialTime(at), key, value: key }
    }

    #[test]
    fn a_full_queue_says_so() {
        let mut queue = Smallest::default();
        for at in 0..MAX_WINDOW_ENTRIES as i64 {
            queue.push(entry(at, at as f64), TrialTime::MIN, true);
        }
        assert!(!queue.overflow());
        queue.push(entry(i64::MAX, f64::MAX), TrialTime::MIN, true);
        assert!(queue.overflow());
        assert_eq!(queue.first().map(|first| first.key), Some(0.0));
    }
}
