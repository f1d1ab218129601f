//! A comparison of a signal with a number, as pieces.

use trial::expression::Compare;
use trial::time::TrialTime;

use super::piece::{Line, Piece};
use crate::coverage::{Coverage, Missing};
use crate::signal::{Column, Held};

/// Follows one comparison.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    pub signal: usize,
    compare: Compare,
    limit: f64,
    scale: f64,
    gap_ns: i64,
    linear: bool,
    last: Option<Held>,
    /// Up to where its pieces were given.
    now: TrialTime,
    /// Of what was not observed; what was is not counted.
    pub coverage: Coverage,
}

impl Atom {
    pub fn new(
        signal: usize,
        comparison: (Compare, f64, f64),
        gap_ns: i64,
        linear: bool,
        start: TrialTime,
        held: Option<Held>,
    ) -> Atom {
        let (compare, limit, scale) = comparison;
        let coverage = Coverage::default();
        Atom { signal, compare, limit, scale, gap_ns, linear, last: held, now: start, coverage }
    }

    fn margin(&self, value: f64) -> f64 {
        self.compare.margin(value, self.limit) / self.scale
    }

    /// A value that holds over a stretch.
    fn held(&self, from: TrialTime, to: TrialTime, value: f64) -> Piece {
        let line = Line::flat(self.margin(value));
        let holds = self.compare.holds(value, self.limit);
        Piece { from, to, low: line, high: line, worst: holds, best: holds }
    }

    /// Pieces up to `to`, while no new sample comes.
    pub fn advance(&mut self, to: TrialTime, pieces: &mut Vec<Piece>) {
        if self.linear || to <= self.now {
            return;
        }
        self.hold(to, pieces);
    }

    fn hold(&mut self, to: TrialTime, pieces: &mut Vec<Piece>) {
        let observed = self.last.filter(Held::is_observed);
        let until = observed.map_or(self.now, |last| last.oldest.plus(self.gap_ns));
        let seen = until.min(to);
        if let Some(last) = observed
            && self.now < seen
        {
            self.held(self.now, seen, last.value).give(pieces);
            self.now = seen;
        }
        if self.now < to {
            let bad = observed.is_none() && self.last.is_some();
            self.miss(to, bad, pieces);
        }
    }

    fn miss(&mut self, to: TrialTime, bad: bool, pieces: &mut Vec<Piece>) {
        Piece::unknown(self.now, to).give(pieces);
        let missing = Missing { signal: self.signal, bad };
        self.coverage.add(self.now, to, Some(missing));
        self.now = to;
    }

    /// The samples at `range` of the signal's column.
    pub fn samples(
        &mut self,
        column: &Column,
        range: std::ops::Range<usize>,
        pieces: &mut Vec<Piece>,
    ) {
        for at in range {
            let held = column.held(at);
            if self.linear {
                self.join(&held, pieces);
            } else if held.time > self.now {
                self.hold(held.time, pieces);
            }
            self.last = Some(held);
        }
    }

    /// The straight line from the last sample to this one, cut where it crosses the limit.
    fn join(&mut self, held: &Held, pieces: &mut Vec<Piece>) {
        let (from, to) = (self.now, held.time);
        if to <= from {
            return;
        }
        let last = self.last.filter(|last| {
            last.is_observed() && held.is_observed() && to <= last.oldest.plus(self.gap_ns)
        });
        let Some(last) = last else {
            let bad = |held: &Held| !held.is_observed();
            self.miss(to, bad(held) || self.last.as_ref().is_some_and(bad), pieces);
            return;
        };
        let length = to.since(last.time) as f64;
        let value = |at: TrialTime| {
            let share = at.since(last.time) as f64 / length;
            if at == to { held.value } else { last.value + (held.value - last.value) * share }
        };
        let crossing = (self.limit - last.value) / (held.value - last.value);
        let at = last.time.plus((crossing * length).round() as i64);
        let cut = (crossing > 0.0 && crossing < 1.0 && at > from && at < to).then_some(at);
        let mut start = from;
        for end in cut.into_iter().chain([to]) {
            let line = Line { first: self.margin(value(start)), last: self.margin(value(end)) };
            // Inside a part the comparison does not change; its middle tells.
            let middle = (value(start) + value(end)) / 2.0;
            let holds = self.compare.holds(middle, self.limit);
            Piece { from: start, to: end, low: line, high: line, worst: holds, best: holds }
                .give(pieces);
            start = end;
        }
        self.now = to;
    }

    /// The phase ends: the last sample is held up to there, as long as it may be.
    pub fn finish(&mut self, end: TrialTime, pieces: &mut Vec<Piece>) {
        if end > self.now {
            self.hold(end, pieces);
        }
    }
}
