//! `always[a, b]` over signals on straight lines.
//!
//! The infimum over the window is the least of the signal where the window begins, of the signal
//! where it ends, and of the ends of the pieces in between: two lines that move with the window and
//! a step function. Pieces are cut wherever one of the three changes, and where they cross.

use std::collections::VecDeque;

use trial::time::TrialTime;

use super::piece::{Line, Piece, both};

/// Values at instants, each smaller than all that follow.
type Queue = VecDeque<(TrialTime, f64)>;

/// The window.
#[derive(Debug, Clone)]
pub(super) struct Straight {
    from_ns: i64,
    to_ns: i64,
    now: TrialTime,
    /// Pieces that the window has not left yet.
    pieces: VecDeque<Piece>,
    /// Ends of pieces inside the window.
    lows: Queue,
    highs: Queue,
    worst_false: TrialTime,
    best_false: TrialTime,
}

fn push(queue: &mut Queue, at: TrialTime, value: f64) {
    while queue.back().is_some_and(|(_, back)| *back >= value) {
        queue.pop_back();
    }
    queue.push_back((at, value));
}

impl Straight {
    /// A window over [t + from, t + to], from the instant `start` on.
    pub fn new((from_ns, to_ns): (i64, i64), start: TrialTime) -> Straight {
        Straight {
            from_ns,
            to_ns,
            now: start,
            pieces: VecDeque::new(),
            lows: Queue::new(),
            highs: Queue::new(),
            worst_false: TrialTime::MIN,
            best_false: TrialTime::MIN,
        }
    }

    /// Number of pieces that are kept.
    pub fn kept(&self) -> usize {
        self.pieces.len().max(self.lows.len()).max(self.highs.len())
    }

    /// Takes the next piece of the input: it lies under the window's end from its beginning to its
    /// end.
    pub fn push(&mut self, piece: &Piece, out: &mut Vec<Piece>) {
        if piece.to <= self.now.plus(self.from_ns) {
            return;
        }
        self.pieces.push_back(*piece);
        if !piece.worst {
            self.worst_false = piece.to;
        }
        if !piece.best {
            self.best_false = piece.to;
        }
        push(&mut self.lows, piece.from, piece.low.first);
        push(&mut self.highs, piece.from, piece.high.first);
        self.give(piece, out);
        // The limit at the end of the piece lies in the window as long as any of the piece does.
        push(&mut self.lows, piece.to, piece.low.last);
        push(&mut self.highs, piece.to, piece.high.last);
    }

    /// Gives pieces while the window's end moves over `last`, the newest piece.
    fn give(&mut self, last: &Piece, out: &mut Vec<Piece>) {
        let to = last.to.plus(-self.to_ns);
        self.now = self.now.max(last.from.plus(-self.to_ns).min(to));
        while self.now < to {
            let oldest = self.now.plus(self.from_ns);
            while self.pieces.front().is_some_and(|front| front.to <= oldest) {
                self.pieces.pop_front();
            }
            for queue in [&mut self.lows, &mut self.highs] {
                while queue.front().is_some_and(|(at, _)| *at <= oldest) {
                    queue.pop_front();
                }
            }
            let Some(first) = self.pieces.front().copied().filter(|first| first.from <= oldest)
            else {
                // The window begins before the first piece of the input.
                let begins = self.pieces.front().map_or(to, |front| front.from);
                self.now = begins.plus(-self.from_ns).min(to).max(self.now.plus(1));
                continue;
            };
            let (worst, best) = (self.worst_false <= oldest, self.best_false <= oldest);
            let mut until = to.min(first.to.plus(-self.from_ns));
            for at in [self.lows.front(), self.highs.front()].into_iter().flatten() {
                until = until.min(at.0.plus(-self.from_ns));
            }
            for (holds, end) in [(worst, self.worst_false), (best, self.best_false)] {
                if !holds {
                    until = until.min(end.plus(-self.from_ns));
                }
            }
            self.part(&first, last, until, (worst, best), out);
            self.now = until;
        }
    }

    /// One part in which nothing changes but the two lines.
    fn part(
        &self,
        first: &Piece,
        last: &Piece,
        until: TrialTime,
        (worst, best): (bool, bool),
        out: &mut Vec<Piece>,
    ) {
        let moved = |piece: &Piece, ahead_ns: i64| {
            let part = piece.part(self.now.plus(ahead_ns), until.plus(ahead_ns));
            Piece { from: self.now, to: until, worst, best, ..part }
        };
        let between =
            |queue: &Queue| Line::flat(queue.front().map_or(f64::INFINITY, |(_, value)| *value));
        let inside = Piece {
            from: self.now,
            to: until,
            low: between(&self.lows),
            high: between(&self.highs),
            worst,
            best,
        };
        let mut edges = Vec::new();
        both(&moved(first, self.from_ns), &moved(last, self.to_ns), &mut edges);
        for edge in &edges {
            both(edge, &Piece { from: edge.from, to: edge.to, ..inside }, out);
        }
    }
}
