//! Pieces: what a formula is over a stretch of time.

use trial::time::TrialTime;

/// A line over a piece: its value at the beginning, and the limit of it at the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    pub first: f64,
    pub last: f64,
}

impl Line {
    pub fn flat(value: f64) -> Line {
        Line { first: value, last: value }
    }

    pub fn negated(self) -> Line {
        Line { first: -self.first, last: -self.last }
    }

    pub fn is_flat(self) -> bool {
        self.first == self.last
    }

    /// The value at a share of the way; infinite lines are flat.
    pub fn at(self, share: f64) -> f64 {
        if self.is_flat() { self.first } else { self.first + (self.last - self.first) * share }
    }
}

/// A formula over [from, to): its margin lies between `low` and `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Piece {
    pub from: TrialTime,
    /// Exclusive.
    pub to: TrialTime,
    pub low: Line,
    pub high: Line,
    /// Whether it holds with the worst that was not observed.
    pub worst: bool,
    /// Whether it holds with the best.
    pub best: bool,
}

impl Piece {
    /// Anything.
    pub fn unknown(from: TrialTime, to: TrialTime) -> Piece {
        let (low, high) = (Line::flat(f64::NEG_INFINITY), Line::flat(f64::INFINITY));
        Piece { from, to, low, high, worst: false, best: true }
    }

    pub fn negated(self) -> Piece {
        Piece {
            low: self.high.negated(),
            high: self.low.negated(),
            worst: !self.best,
            best: !self.worst,
            ..self
        }
    }

    fn share(&self, at: TrialTime) -> f64 {
        at.since(self.from) as f64 / self.to.since(self.from) as f64
    }

    /// The part over [from, to), which lies inside.
    pub fn part(&self, from: TrialTime, to: TrialTime) -> Piece {
        if from == self.from && to == self.to {
            return *self;
        }
        let (start, end) = (self.share(from), self.share(to));
        let cut = |line: Line| Line { first: line.at(start), last: line.at(end) };
        Piece { from, to, low: cut(self.low), high: cut(self.high), ..*self }
    }

    pub fn is_flat(&self) -> bool {
        self.low.is_flat() && self.high.is_flat()
    }

    /// Gives it behind others as it is: what is joined with it must not depend on how the input was
    /// cut.
    pub fn give(self, pieces: &mut Vec<Piece>) {
        if self.from < self.to {
            pieces.push(self);
        }
    }

    /// Keeps it behind others, as one with the last where nothing changes.
    pub fn put(self, pieces: &mut Vec<Piece>) {
        if self.from >= self.to {
            return;
        }
        if let Some(last) = pieces.last_mut()
            && last.is_flat()
            && self.is_flat()
            && last.low == self.low
            && last.high == self.high
            && (last.worst, last.best) == (self.worst, self.best)
        {
            last.to = self.to;
            return;
        }
        pieces.push(self);
    }
}

/// The lesser of two lines over the same stretch, cut where they cross: parts as shares of the
/// stretch, with their line.
pub(super) fn lesser(a: Line, b: Line) -> ([(f64, f64, Line); 2], usize) {
    let (begins, ends) = (a.first - b.first, a.last - b.last);
    let whole = |line| ([(0.0, 1.0, line), (1.0, 1.0, line)], 1);
    // An infinite difference, or one that is no number, comes of flat lines.
    if begins <= 0.0 && ends <= 0.0 || a.first == f64::NEG_INFINITY {
        return whole(a);
    }
    if begins >= 0.0 && ends >= 0.0 || b.first == f64::NEG_INFINITY {
        return whole(b);
    }
    let crossing = begins / (begins - ends);
    if !(crossing > 0.0 && crossing < 1.0) {
        return whole(if begins < 0.0 { a } else { b });
    }
    let (first, second) = if begins < 0.0 { (a, b) } else { (b, a) };
    let before = Line { first: first.first, last: first.at(crossing) };
    let after = Line { first: second.at(crossing), last: second.last };
    ([(0.0, crossing, before), (crossing, 1.0, after)], 2)
}

/// Both of two pieces over the same stretch, cut where their lines cross.
pub(super) fn both(a: &Piece, b: &Piece, pieces: &mut Vec<Piece>) {
    let (worst, best) = (a.worst && b.worst, a.best && b.best);
    let (from, to) = (a.from, a.to);
    if a.is_flat() && b.is_flat() {
        let lesser = |a: f64, b: f64| Line::flat(if a < b { a } else { b });
        let low = lesser(a.low.first, b.low.first);
        let high = lesser(a.high.first, b.high.first);
        Piece { from, to, low, high, worst, best }.give(pieces);
        return;
    }
    let (low, lows) = lesser(a.low, b.low);
    let (high, highs) = lesser(a.high, b.high);
    let length = to.since(from) as f64;
    let instant = |share: f64| from.plus((share * length).round() as i64);
    let mut cuts: Vec<TrialTime> = vec![from, to];
    cuts.extend(low[..lows].iter().chain(&high[..highs]).map(|(start, ..)| instant(*start)));
    cuts.sort_unstable();
    cuts.dedup();
    let value = |parts: &[(f64, f64, Line)], at: TrialTime, ends: bool| {
        let share = at.since(from) as f64 / length;
        let inside = |(start, end, _): &&(f64, f64, Line)| {
            if ends { share > *start && share <= *end } else { share >= *start && share < *end }
        };
        let nearest = if ends { parts.first() } else { parts.last() };
        parts.iter().find(inside).or(nearest).map_or(f64::NAN, |(start, end, line)| {
            let width = end - start;
            line.at(if width > 0.0 { ((share - start) / width).clamp(0.0, 1.0) } else { 0.0 })
        })
    };
    for pair in cuts.windows(2) {
        let line = |parts: &[(f64, f64, Line)]| Line {
            first: value(parts, pair[0], false),
            last: value(parts, pair[1], true),
        };
        let (low, high) = (line(&low[..lows]), line(&high[..highs]));
        Piece { from: pair[0], to: pair[1], low, high, worst, best }.give(pieces);
    }
}
