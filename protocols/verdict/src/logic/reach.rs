//! How far `f` reaches `g` on straight lines: the supremum over t' of the lesser of g at t' and the
//! infimum of f over [t, t'].
//!
//! `until[a, b](f, g)` at t is the lesser of `always[0, a](f)` at t and `until[0, b − a](f, g)` at
//! t + a; and this is the lesser of `eventually[0, b − a](g)` and of how far f reaches g with any
//! horizon not nearer than b − a: beyond it f has held all the time, so that the supremum of g alone
//! decides (Donzé, Ferrère, Maler, Efficient robust monitoring for STL, CAV 2013). So the horizon
//! may be what suits: time is cut into blocks as long as b − a, and each is worked out backwards from
//! the end of the next.
//!
//! On a stretch on which both are lines, from an instant on: the lesser of f there and of what lies
//! ahead, which is the greater of the lesser of both up to the stretch's end, and of what f lets
//! through to the next stretch.

use std::collections::VecDeque;

use trial::time::TrialTime;

use super::piece::{Line, Piece, both};
use super::run::{Ending, ends_of, limit};

/// Both inputs over the same stretch.
type Pair = (Piece, Piece);

/// The blocks.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// Length of a block; `None` is the rest of the phase.
    block_ns: Option<i64>,
    /// Up to where it has given pieces.
    now: TrialTime,
    lefts: VecDeque<Piece>,
    rights: VecDeque<Piece>,
    pairs: VecDeque<Pair>,
}

impl Reach {
    /// From the instant `start` on. A block is not empty.
    pub fn new(block_ns: Option<i64>, start: TrialTime) -> Reach {
        let (lefts, rights, pairs) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Reach { block_ns: block_ns.map(|ns| ns.max(1)), now: start, lefts, rights, pairs }
    }

    /// Number of pieces that are kept.
    pub fn kept(&self) -> usize {
        self.pairs.len().max(self.lefts.len()).max(self.rights.len())
    }

    /// Up to where it has given pieces.
    pub fn now(&self) -> TrialTime {
        self.now
    }

    /// Whether it reaches to the end of the phase.
    pub fn is_open(&self) -> bool {
        self.block_ns.is_none()
    }

    /// Takes pieces of both sides.
    pub fn push(&mut self, lefts: &[Piece], rights: &[Piece], out: &mut Vec<Piece>) {
        self.lefts.extend(lefts);
        self.rights.extend(rights);
        while let (Some(left), Some(right)) = (self.lefts.front(), self.rights.front()) {
            let (from, to) = (left.from.max(right.from), left.to.min(right.to));
            if from < to {
                self.pairs.push_back((left.part(from, to), right.part(from, to)));
            }
            let (left_over, right_over) = (left.to <= to, right.to <= to);
            if left_over {
                self.lefts.pop_front();
            }
            if right_over {
                self.rights.pop_front();
            }
        }
        let Some(block_ns) = self.block_ns else { return };
        let known = |pairs: &VecDeque<Pair>| pairs.back().map(|(last, _)| last.to);
        while known(&self.pairs).is_some_and(|known| known >= self.now.plus(2 * block_ns)) {
            let end = self.now.plus(block_ns);
            self.give(end, end.plus(block_ns), nothing(end), out);
            self.pairs.retain(|(left, _)| left.to > end);
            self.now = end;
        }
    }

    /// The phase is over.
    pub fn finish(&mut self, ending: Ending, out: &mut Vec<Piece>) {
        // While the phase has more to come, the second may still hold in it.
        let behind = match ending.complete {
            true => nothing(ending.end),
            false => Piece::unknown(ending.end, ending.end.plus(1)),
        };
        self.give(ending.end, ending.end, behind, out);
    }

    /// Gives the pieces up to `to`, with the horizon `until` and what lies there.
    fn give(&self, to: TrialTime, until: TrialTime, behind: Piece, out: &mut Vec<Piece>) {
        let mut next = behind;
        let mut backwards = Vec::new();
        for (left, right) in self.pairs.iter().rev() {
            let (from, end) = (left.from.max(self.now), left.to.min(until));
            if from >= end {
                continue;
            }
            let parts = reached(&left.part(from, end), &right.part(from, end), &next);
            if let Some(first) = parts.first() {
                next = *first;
            }
            backwards.extend(parts.into_iter().rev());
        }
        for piece in backwards.iter().rev().filter(|piece| piece.from < to) {
            piece.part(piece.from, piece.to.min(to)).give(out);
        }
    }
}

/// Behind the horizon nothing is reached.
fn nothing(at: TrialTime) -> Piece {
    let least = Line::flat(f64::NEG_INFINITY);
    Piece { from: at, to: at.plus(1), low: least, high: least, worst: false, best: false }
}

/// What a piece is at its very beginning.
fn beginning(piece: &Piece) -> Piece {
    Piece { low: Line::flat(piece.low.first), high: Line::flat(piece.high.first), ..*piece }
}

/// The greater of two pieces over the same stretch.
fn either(a: &Piece, b: &Piece) -> Vec<Piece> {
    let mut parts = Vec::new();
    both(&a.negated(), &b.negated(), &mut parts);
    parts.iter_mut().for_each(|piece| *piece = piece.negated());
    parts
}

/// The lesser of two pieces over the same stretch.
fn lesser_of(a: &Piece, b: &Piece) -> Vec<Piece> {
    let mut parts = Vec::new();
    both(a, b, &mut parts);
    parts
}

/// One stretch on which both are lines, with what is reached from its end on.
fn reached(left: &Piece, right: &Piece, next: &Piece) -> Vec<Piece> {
    // What the first lets through at the end of the stretch, where both have one value.
    let mut ahead = beginning(next);
    limit(&mut ahead, &ends_of(left));
    let mut backwards: Vec<Piece> = Vec::new();
    for here in lesser_of(left, right).iter().rev() {
        // From an instant on, the greatest of a line is the greater of it there and at its end.
        let mut behind = ahead.negated();
        limit(&mut behind, &ends_of(here).negated());
        let behind = Piece { from: here.from, to: here.to, ..behind.negated() };
        let reached = either(here, &behind);
        if let Some(first) = reached.first() {
            ahead = beginning(first);
        }
        backwards.extend(reached.iter().rev());
    }
    let mut parts = Vec::new();
    for ahead in backwards.iter().rev() {
        parts.extend(lesser_of(&left.part(ahead.from, ahead.to), ahead));
    }
    parts
}
