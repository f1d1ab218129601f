//! `until[a, b](f, g)` over held signals, by its definition at every instant where anything changes.
//!
//! The time is the number of pieces times the number in a window; formulas with it are about events,
//! not about every sample of a long signal.

use std::collections::VecDeque;

use trial::time::TrialTime;

use super::Window;
use super::piece::{Line, Piece};
use super::run::{Ending, TooMany};

/// The window.
#[derive(Debug, Clone)]
pub(super) struct Until {
    window: Window,
    now: TrialTime,
    /// Asked for at `now` alone.
    point: bool,
    lefts: VecDeque<Piece>,
    rights: VecDeque<Piece>,
}

/// The best so far, and the least of `f` up to here.
struct Best {
    low: f64,
    high: f64,
    worst: bool,
    best: bool,
}

impl Until {
    /// From the instant `start` on, or there alone.
    pub fn new(window: Window, start: TrialTime, point: bool) -> Until {
        Until { window, now: start, point, lefts: VecDeque::new(), rights: VecDeque::new() }
    }

    /// Number of pieces that are kept.
    pub fn kept(&self) -> usize {
        self.lefts.len().max(self.rights.len())
    }

    /// Whether it reaches to the end of the phase.
    pub fn is_open(&self) -> bool {
        self.window.is_none()
    }

    /// Up to where it has given pieces.
    pub fn now(&self) -> TrialTime {
        self.now
    }

    /// Takes pieces of both sides.
    pub fn push(&mut self, lefts: &[Piece], rights: &[Piece], out: &mut Vec<Piece>) {
        self.lefts.extend(lefts);
        self.rights.extend(rights);
        let Some((_, to_ns)) = self.window else { return };
        let known = |pieces: &VecDeque<Piece>| pieces.back().map_or(TrialTime::MIN, |last| last.to);
        let known = known(&self.lefts).min(known(&self.rights));
        self.give(known.plus(-to_ns), None, out);
    }

    /// The phase is over.
    pub fn finish(&mut self, ending: Ending, out: &mut Vec<Piece>) -> Result<(), TooMany> {
        if self.window.is_none() {
            self.give(ending.end, Some(ending), out);
        }
        Ok(())
    }

    fn give(&mut self, to: TrialTime, ending: Option<Ending>, out: &mut Vec<Piece>) {
        while self.now < to {
            let (from_ns, to_ns) = self.window.unwrap_or((0, i64::MAX / 4));
            let until = if self.point { to } else { self.next_change(from_ns, to_ns).min(to) };
            let found = self.at(from_ns, to_ns, ending);
            let (low, high) = (Line::flat(found.low), Line::flat(found.high));
            let Best { worst, best, .. } = found;
            Piece { from: self.now, to: until, low, high, worst, best }.give(out);
            self.now = if self.point { TrialTime::MAX } else { until };
            for (pieces, behind) in [(&mut self.lefts, 0), (&mut self.rights, from_ns)] {
                let oldest = self.now.plus(behind);
                while pieces.front().is_some_and(|front| front.to <= oldest) {
                    pieces.pop_front();
                }
            }
        }
    }

    /// The next instant at which a piece enters the window or leaves it.
    fn next_change(&self, from_ns: i64, to_ns: i64) -> TrialTime {
        let mut next = TrialTime::MAX;
        let mut consider = |at: TrialTime| {
            if at > self.now {
                next = next.min(at);
            }
        };
        let pieces = self.lefts.iter().chain(&self.rights);
        for piece in pieces {
            for edge in [piece.from, piece.to] {
                consider(edge);
                consider(edge.plus(-from_ns));
                consider(edge.plus(-to_ns));
            }
        }
        next
    }

    /// By the definition, at `now`.
    fn at(&self, from_ns: i64, to_ns: i64, ending: Option<Ending>) -> Best {
        let end = ending.map_or(TrialTime::MAX, |ending| ending.end);
        let (first, last) = (self.now.plus(from_ns), self.now.plus(to_ns));
        let (minus, plus) = (f64::NEG_INFINITY, f64::INFINITY);
        let mut found = Best { low: minus, high: minus, worst: false, best: false };
        let mut held = Best { low: plus, high: plus, worst: true, best: true };
        let lesser = |a: f64, b: f64| if a < b { a } else { b };
        let greater = |a: f64, b: f64| if a > b { a } else { b };
        let mut rights = self.rights.iter().peekable();
        for left in self.lefts.iter().filter(|left| left.to > self.now) {
            if left.from > last || left.from >= end {
                break;
            }
            held.low = lesser(held.low, left.low.first);
            held.high = lesser(held.high, left.high.first);
            held.worst &= left.worst;
            held.best &= left.best;
            while let Some(right) = rights.peek() {
                if right.from >= left.to || right.from > last || right.from >= end {
                    break;
                }
                if right.to > first && right.to > left.from && left.to > first {
                    found.low = greater(found.low, lesser(held.low, right.low.first));
                    found.high = greater(found.high, lesser(held.high, right.high.first));
                    found.worst |= held.worst && right.worst;
                    found.best |= held.best && right.best;
                }
                if right.to > left.to {
                    break;
                }
                rights.next();
            }
        }
        if ending.is_some_and(|ending| !ending.complete) {
            // The phase has more to come, in which the second may hold.
            found.high = greater(found.high, held.high);
            found.best |= held.best;
        }
        found
    }
}
