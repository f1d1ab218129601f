//! `always[a, b]` over held signals: the smallest of a sliding window, piece by piece.
//!
//! Invariant: a queue keeps what may still become the smallest, so that each piece is put and taken
//! once; the time is linear in the pieces.

use std::collections::VecDeque;

use trial::time::TrialTime;

use super::piece::{Line, Piece};

/// Values that hold up to an instant, each smaller than all that follow.
type Queue = VecDeque<(TrialTime, f64)>;

/// The window.
#[derive(Debug, Clone)]
pub(super) struct Sliding {
    from_ns: i64,
    to_ns: i64,
    /// Up to where own pieces were given.
    now: TrialTime,
    lows: Queue,
    highs: Queue,
    /// End of the last piece that does not hold with the worst, and with the best.
    worst_false: TrialTime,
    best_false: TrialTime,
}

fn push(queue: &mut Queue, to: TrialTime, value: f64) {
    while queue.back().is_some_and(|(_, back)| *back >= value) {
        queue.pop_back();
    }
    queue.push_back((to, value));
}

impl Sliding {
    /// A window over [t + from, t + to], from the instant `start` on.
    pub fn new((from_ns, to_ns): (i64, i64), start: TrialTime) -> Sliding {
        Sliding {
            from_ns,
            to_ns,
            now: start,
            lows: Queue::new(),
            highs: Queue::new(),
            worst_false: TrialTime::MIN,
            best_false: TrialTime::MIN,
        }
    }

    /// Number of values that are kept.
    pub fn kept(&self) -> usize {
        self.lows.len().max(self.highs.len())
    }

    /// Takes the next piece of the input: it enters when the window's end reaches its beginning.
    pub fn push(&mut self, piece: &Piece, out: &mut Vec<Piece>) {
        if piece.to <= self.now.plus(self.from_ns) {
            return;
        }
        self.give(piece.from.plus(-self.to_ns), out);
        push(&mut self.lows, piece.to, piece.low.first);
        push(&mut self.highs, piece.to, piece.high.first);
        if !piece.worst {
            self.worst_false = piece.to;
        }
        if !piece.best {
            self.best_false = piece.to;
        }
        self.give(piece.to.plus(-self.to_ns), out);
    }

    /// Gives pieces up to an instant, with what is in the window.
    fn give(&mut self, to: TrialTime, out: &mut Vec<Piece>) {
        while self.now < to {
            let oldest = self.now.plus(self.from_ns);
            while self.lows.front().is_some_and(|(until, _)| *until <= oldest) {
                self.lows.pop_front();
            }
            while self.highs.front().is_some_and(|(until, _)| *until <= oldest) {
                self.highs.pop_front();
            }
            let (Some(low), Some(high)) = (self.lows.front(), self.highs.front()) else {
                // Before the first piece of the input there is nothing to give.
                self.now = to;
                return;
            };
            let (worst, best) = (self.worst_false <= oldest, self.best_false <= oldest);
            let mut until = to.min(low.0.plus(-self.from_ns)).min(high.0.plus(-self.from_ns));
            for (holds, end) in [(worst, self.worst_false), (best, self.best_false)] {
                if !holds {
                    until = until.min(end.plus(-self.from_ns));
                }
            }
            let (low, high) = (Line::flat(low.1), Line::flat(high.1));
            Piece { from: self.now, to: until, low, high, worst, best }.give(out);
            self.now = until;
        }
    }
}
