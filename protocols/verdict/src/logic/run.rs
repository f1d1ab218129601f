//! A formula while its signals come in: each node turns the pieces of its inputs into its own.

use std::collections::VecDeque;

use trial::time::TrialTime;

use super::atom::Atom;
use super::piece::{Line, Piece, both};
use super::reach::Reach;
use super::sliding::Sliding;
use super::straight::Straight;
use super::until::Until;
use super::{MAX_KEPT_PIECES, Node, Window};
use crate::coverage::Coverage;
use crate::signal::{Store, View};

/// What a formula says at one instant.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub low: f64,
    pub high: f64,
    pub worst: bool,
    pub best: bool,
    /// Whether the first part of some implication was never seen to hold.
    pub idle: bool,
    /// Of the signal with the longest stretch that was not observed.
    pub coverage: Coverage,
}

/// Up to where a node is asked for.
#[derive(Debug, Clone, Copy)]
struct Need {
    /// From the end of the phase, else from its beginning.
    from_end: bool,
    ahead_ns: i64,
}

impl Need {
    fn further(self, window: Window) -> Need {
        match window {
            None => Need { from_end: true, ahead_ns: 0 },
            Some((_, to)) => Need { ahead_ns: self.ahead_ns.saturating_add(to), ..self },
        }
    }

    fn instant(self, start: TrialTime, end: TrialTime) -> TrialTime {
        (if self.from_end { end } else { start }).plus(self.ahead_ns)
    }
}

/// How the phase ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub start: TrialTime,
    pub end: TrialTime,
    /// Whether the phase's exit was seen; otherwise it has more to come.
    pub complete: bool,
}

#[derive(Debug, Clone)]
enum Run {
    Atom {
        atom: Atom,
        need: Need,
    },
    Not(Box<Run>),
    And {
        left: Box<Run>,
        right: Box<Run>,
        lefts: VecDeque<Piece>,
        rights: VecDeque<Piece>,
    },
    Implies {
        left: Box<Run>,
        /// Negated.
        right: Box<Run>,
        lefts: VecDeque<Piece>,
        rights: VecDeque<Piece>,
        /// What lies behind is not asked for; `None` reaches to the end of the phase.
        until: Option<TrialTime>,
        /// Whether the first part was seen to hold.
        exercised: bool,
    },
    /// `always` at one instant.
    Point {
        at: TrialTime,
        window: Window,
        inner: Box<Run>,
        so_far: Piece,
        given: bool,
    },
    /// `always` with an interval, at every instant of its domain.
    Sliding {
        inner: Box<Run>,
        sliding: Box<Sliding>,
    },
    /// The same on straight lines.
    Straight {
        inner: Box<Run>,
        straight: Box<Straight>,
    },
    /// `always` to the end of the phase, at every instant of its domain.
    Suffix {
        from: TrialTime,
        inner: Box<Run>,
        pieces: Vec<Piece>,
        need: Need,
    },
    Until {
        left: Box<Run>,
        right: Box<Run>,
        until: Box<Until>,
        need: Need,
    },
    /// On straight lines.
    Reach {
        left: Box<Run>,
        right: Box<Run>,
        reach: Box<Reach>,
        need: Need,
    },
}

/// The samples of a block, as far as they are taken.
struct Feed<'a> {
    view: View<'a>,
    store: &'a Store,
    to: TrialTime,
    inclusive: bool,
}

fn build(node: &Node, store: &Store, start: TrialTime, domain: Domain, linear: bool) -> Run {
    let Domain { from, point, need } = domain;
    match node {
        Node::Compare { signal, compare, limit, scale, gap_ns } => {
            let held = store.held(*signal).copied();
            let comparison = (*compare, *limit, *scale);
            Run::Atom { atom: Atom::new(*signal, comparison, *gap_ns, linear, start, held), need }
        }
        Node::Not(inner) => Run::Not(Box::new(build(inner, store, start, domain, linear))),
        Node::And(left, right) => Run::And {
            left: Box::new(build(left, store, start, domain, linear)),
            right: Box::new(build(right, store, start, domain, linear)),
            lefts: VecDeque::new(),
            rights: VecDeque::new(),
        },
        Node::Implies(left, right) => Run::Implies {
            left: Box::new(build(left, store, start, domain, linear)),
            right: Box::new(Run::Not(Box::new(build(right, store, start, domain, linear)))),
            lefts: VecDeque::new(),
            rights: VecDeque::new(),
            until: (!need.from_end).then(|| start.plus(need.ahead_ns)),
            exercised: false,
        },
        Node::Always(window, inner) => {
            let first = window.map_or(0, |(first, _)| first);
            let whole = window.is_some_and(|(first, last)| first == last);
            let below = Domain {
                from: from.plus(first),
                point: point && whole,
                need: need.further(*window),
            };
            let inner = Box::new(build(inner, store, start, below, linear));
            match window {
                _ if point => {
                    let (to, open) = (from.plus(1), Line::flat(f64::INFINITY));
                    let so_far = Piece { from, to, low: open, high: open, worst: true, best: true };
                    Run::Point { at: from, window: *window, inner, so_far, given: false }
                }
                Some(window) if linear => {
                    Run::Straight { inner, straight: Box::new(Straight::new(*window, from)) }
                }
                Some(window) => {
                    Run::Sliding { inner, sliding: Box::new(Sliding::new(*window, from)) }
                }
                None => Run::Suffix { from, inner, pieces: Vec::new(), need },
            }
        }
        Node::Reach(block_ns, left, right) => {
            // A block is worked out from the end of the next one.
            let window = block_ns.map(|ns| (0, 2 * ns));
            let below = Domain { from, point: false, need: need.further(window) };
            Run::Reach {
                left: Box::new(build(left, store, start, below, linear)),
                right: Box::new(build(right, store, start, below, linear)),
                reach: Box::new(Reach::new(*block_ns, from)),
                need,
            }
        }
        Node::Until(window, left, right) => {
            let first = window.map_or(0, |(first, _)| first);
            let below = need.further(*window);
            let lefts = Domain { from, point: false, need: below };
            let rights = Domain { from: from.plus(first), point: false, need: below };
            Run::Until {
                left: Box::new(build(left, store, start, lefts, linear)),
                right: Box::new(build(right, store, start, rights, linear)),
                until: Box::new(Until::new(*window, from, point)),
                need,
            }
        }
    }
}

/// Where a node is asked for.
#[derive(Clone, Copy)]
struct Domain {
    from: TrialTime,
    /// At `from` alone.
    point: bool,
    need: Need,
}

impl Run {
    /// Takes what has come, and gives the pieces that are known by it. An error says that too much
    /// would have to be kept.
    fn pull(&mut self, feed: &Feed<'_>, out: &mut Vec<Piece>) -> Result<(), TooMany> {
        match self {
            Run::Atom { atom, .. } => {
                let column = &feed.view.columns[atom.signal];
                let range = feed.store.range(feed.view, atom.signal, feed.to, feed.inclusive);
                atom.samples(column, range, out);
                atom.advance(feed.to, out);
                Ok(())
            }
            Run::Not(inner) => {
                let from = out.len();
                inner.pull(feed, out)?;
                out[from..].iter_mut().for_each(|piece| *piece = piece.negated());
                Ok(())
            }
            _ => {
                let (mut first, mut second) = (Vec::new(), Vec::new());
                self.pull_inputs(feed, &mut first, &mut second)?;
                self.work(first, second, out)
            }
        }
    }

    fn pull_inputs(
        &mut self,
        feed: &Feed<'_>,
        first: &mut Vec<Piece>,
        second: &mut Vec<Piece>,
    ) -> Result<(), TooMany> {
        match self {
            Run::Atom { .. } | Run::Not(_) => Ok(()),
            Run::Point { inner, .. }
            | Run::Sliding { inner, .. }
            | Run::Straight { inner, .. }
            | Run::Suffix { inner, .. } => inner.pull(feed, first),
            Run::And { left, right, .. }
            | Run::Implies { left, right, .. }
            | Run::Until { left, right, .. }
            | Run::Reach { left, right, .. } => {
                left.pull(feed, first)?;
                right.pull(feed, second)
            }
        }
    }

    /// The phase is over: gives the rest.
    fn finish(&mut self, ending: Ending, out: &mut Vec<Piece>) -> Result<(), TooMany> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        match self {
            Run::Atom { atom, need } => {
                atom.finish(ending.end, out);
                let until = need.instant(ending.start, ending.end);
                Piece::unknown(ending.end, until.plus(1)).give(out);
                return Ok(());
            }
            Run::Not(inner) => {
                let from = out.len();
                inner.finish(ending, out)?;
                out[from..].iter_mut().for_each(|piece| *piece = piece.negated());
                return Ok(());
            }
            Run::Point { inner, .. }
            | Run::Sliding { inner, .. }
            | Run::Straight { inner, .. }
            | Run::Suffix { inner, .. } => inner.finish(ending, &mut first)?,
            Run::And { left, right, .. }
            | Run::Implies { left, right, .. }
            | Run::Until { left, right, .. }
            | Run::Reach { left, right, .. } => {
                left.finish(ending, &mut first)?;
                right.finish(ending, &mut second)?;
            }
        }
        if let Run::Point { window: None, .. } = self {
            // The end itself is out of the phase.
            first.retain(|piece| piece.from < ending.end);
        }
        self.work(first, second, out)?;
        match self {
            Run::Point { at, window: None, so_far, given, .. } if !*given => {
                if !ending.complete || *at >= ending.end {
                    limit(so_far, &Piece::unknown(*at, at.plus(1)));
                }
                *given = true;
                out.push(*so_far);
                Ok(())
            }
            Run::Suffix { from, pieces, need, .. } => {
                suffix(*from, pieces, ending, out)?;
                behind(*need, *from, ending, out);
                Ok(())
            }
            Run::Until { until, need, .. } if until.is_open() => {
                let from = until.now();
                until.finish(ending, out)?;
                behind(*need, from, ending, out);
                Ok(())
            }
            Run::Reach { reach, need, .. } if reach.is_open() => {
                let from = reach.now();
                reach.finish(ending, out);
                behind(*need, from, ending, out);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether some implication in it was never put to the test.
    fn is_idle(&self) -> bool {
        match self {
            Run::Atom { .. } => false,
            Run::Implies { left, right, exercised, .. } => {
                !exercised || left.is_idle() || right.is_idle()
            }
            Run::Not(inner)
            | Run::Point { inner, .. }
            | Run::Sliding { inner, .. }
            | Run::Straight { inner, .. }
            | Run::Suffix { inner, .. } => inner.is_idle(),
            Run::And { left, right, .. }
            | Run::Until { left, right, .. }
            | Run::Reach { left, right, .. } => left.is_idle() || right.is_idle(),
        }
    }

    /// Of the signal with the longest stretch that was not observed.
    fn coverage(&self) -> &Coverage {
        match self {
            Run::Atom { atom, .. } => &atom.coverage,
            Run::Not(inner)
            | Run::Point { inner, .. }
            | Run::Sliding { inner, .. }
            | Run::Straight { inner, .. }
            | Run::Suffix { inner, .. } => inner.coverage(),
            Run::And { left, right, .. }
            | Run::Implies { left, right, .. }
            | Run::Until { left, right, .. }
            | Run::Reach { left, right, .. } => left.coverage().worse(right.coverage()),
        }
    }

    /// Turns pieces of the inputs into own ones.
    fn work(
        &mut self,
        first: Vec<Piece>,
        second: Vec<Piece>,
        out: &mut Vec<Piece>,
    ) -> Result<(), TooMany> {
        match self {
            Run::Atom { .. } | Run::Not(_) => Ok(()),
            Run::And { lefts, rights, .. } => {
                lefts.extend(first);
                rights.extend(second);
                join(lefts, rights, out);
                within(lefts.len().max(rights.len()))
            }
            Run::Implies { lefts, rights, until, exercised, .. } => {
                *exercised |= first
                    .iter()
                    .any(|piece| piece.worst && until.is_none_or(|until| piece.from <= until));
                lefts.extend(first);
                rights.extend(second);
                let from = out.len();
                join(lefts, rights, out);
                out[from..].iter_mut().for_each(|piece| *piece = piece.negated());
                within(lefts.len().max(rights.len()))
            }
            Run::Point { at, window, so_far, given, .. } => {
                if !*given {
                    *given = point(*at, *window, so_far, &first);
                    if *given {
                        out.push(*so_far);
                    }
                }
                Ok(())
            }
            Run::Sliding { sliding, .. } => {
                first.iter().for_each(|piece| sliding.push(piece, out));
                within(sliding.kept())
            }
            Run::Straight { straight, .. } => {
                first.iter().for_each(|piece| straight.push(piece, out));
                within(straight.kept())
            }
            Run::Suffix { pieces, .. } => {
                first.iter().for_each(|piece| piece.put(pieces));
                within(pieces.len())
            }
            Run::Until { until, .. } => {
                until.push(&first, &second, out);
                within(until.kept())
            }
            Run::Reach { reach, .. } => {
                reach.push(&first, &second, out);
                within(reach.kept())
            }
        }
    }
}

/// Too much would have to be kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooMany;

fn within(kept: usize) -> Result<(), TooMany> {
    if kept <= MAX_KEPT_PIECES { Ok(()) } else { Err(TooMany) }
}

/// Takes the pieces into an `always` at one instant; whether all of its interval has come.
fn point(at: TrialTime, window: Window, so_far: &mut Piece, pieces: &[Piece]) -> bool {
    for piece in pieces {
        let Some((from, to)) = window.map(|(from, to)| (at.plus(from), at.plus(to))) else {
            // Up to the end of the phase, where the pieces that are asked for end, too.
            if piece.to > at {
                limit(so_far, &piece.part(piece.from.max(at), piece.to));
            }
            continue;
        };
        if piece.to <= from {
            continue;
        }
        if piece.from <= to {
            // The interval is closed: of the last piece its value at the end counts.
            let (from, to) = (piece.from.max(from), piece.to.min(to));
            let inside = if from < to { piece.part(from, to) } else { instant(piece, from) };
            limit(so_far, &inside);
        }
        if piece.to > to {
            return true;
        }
    }
    false
}

/// A piece at one instant.
fn instant(piece: &Piece, at: TrialTime) -> Piece {
    let part = if at > piece.from { piece.part(at, piece.to) } else { *piece };
    let (low, high) = (Line::flat(part.low.first), Line::flat(part.high.first));
    Piece { low, high, ..part }
}

/// Limits what was so far by another piece.
pub(super) fn limit(so_far: &mut Piece, piece: &Piece) {
    let least = |so_far: Line, line: Line| {
        let least = if line.last < line.first { line.last } else { line.first };
        Line::flat(if least < so_far.first { least } else { so_far.first })
    };
    so_far.low = least(so_far.low, piece.low);
    so_far.high = least(so_far.high, piece.high);
    so_far.worst &= piece.worst;
    so_far.best &= piece.best;
}

/// Joins what there is of both sides.
fn join(lefts: &mut VecDeque<Piece>, rights: &mut VecDeque<Piece>, out: &mut Vec<Piece>) {
    while let (Some(left), Some(right)) = (lefts.front().copied(), rights.front().copied()) {
        let (from, to) = (left.from.max(right.from), left.to.min(right.to));
        if from < to {
            both(&left.part(from, to), &right.part(from, to), out);
        }
        if left.to <= to {
            lefts.pop_front();
        }
        if right.to <= to {
            rights.pop_front();
        }
    }
}

/// `always` to the end of the phase, from the end backwards.
fn suffix(
    from: TrialTime,
    pieces: &[Piece],
    ending: Ending,
    out: &mut Vec<Piece>,
) -> Result<(), TooMany> {
    let open = Line::flat(f64::INFINITY);
    let mut so_far = Piece {
        from: ending.end,
        to: ending.end.plus(1),
        low: open,
        high: open,
        worst: true,
        best: true,
    };
    if !ending.complete {
        so_far = Piece { worst: false, low: Line::flat(f64::NEG_INFINITY), ..so_far };
    }
    let mut backwards: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces.iter().rev() {
        let (start, end) = (piece.from.max(from), piece.to.min(ending.end));
        if start >= end {
            continue;
        }
        // From an instant on the infimum of a line is the lesser of it there and of what follows,
        // its own end among it.
        let piece = piece.part(start, end);
        let mut rest = so_far;
        limit(&mut rest, &ends_of(&piece));
        let rest = Piece { from: start, to: end, ..rest };
        let mut parts = Vec::new();
        both(&piece, &rest, &mut parts);
        backwards.extend(parts.iter().rev());
        limit(&mut so_far, &piece);
    }
    backwards.iter().rev().for_each(|piece| piece.give(out));
    Ok(())
}

/// Behind the phase an operator that reaches to its end has nothing to look at: it may be anything.
fn behind(need: Need, from: TrialTime, ending: Ending, out: &mut Vec<Piece>) {
    let until = need.instant(ending.start, ending.end).plus(1);
    Piece::unknown(ending.end.max(from), until).give(out);
}

/// What a piece is at its very end.
pub(super) fn ends_of(piece: &Piece) -> Piece {
    Piece { low: Line::flat(piece.low.last), high: Line::flat(piece.high.last), ..*piece }
}

/// Samples of a signal after which a block is cut: the pieces of so many stay near the processor.
const PART_SAMPLES: usize = 2048;

/// Instants at which a long block is cut.
fn parts(view: View<'_>, store: &Store, to: TrialTime, inclusive: bool) -> Vec<TrialTime> {
    let signals = store.signals().iter();
    let ranges = signals.map(|signal| (*signal, store.range(view, *signal, to, inclusive)));
    let Some((signal, range)) = ranges.max_by_key(|(_, range)| range.len()) else {
        return Vec::new();
    };
    let times = &view.columns[signal].times[range];
    let ends = times.chunks(PART_SAMPLES).filter_map(|part| part.last().copied());
    ends.filter(|end| *end < to).collect()
}

/// A formula that is judged at the beginning of a phase.
#[derive(Debug, Clone)]
pub(crate) struct Judging {
    run: Run,
    start: TrialTime,
    answer: Option<Answer>,
    overflow: bool,
}

impl Judging {
    /// The phase begins at `start`; `store` holds the samples of that instant.
    pub fn begin(node: &Node, store: &Store, start: TrialTime, linear: bool) -> Judging {
        let need = Need { from_end: false, ahead_ns: 0 };
        let domain = Domain { from: start, point: true, need };
        let run = build(node, store, start, domain, linear);
        Judging { run, start, answer: None, overflow: false }
    }

    /// Takes the samples of a block that are not taken yet and lie before `to`, or at it where
    /// `inclusive`.
    pub fn run(&mut self, view: View<'_>, store: &Store, to: TrialTime, inclusive: bool) {
        let mut store = store.clone();
        for part in parts(view, &store, to, inclusive) {
            if self.answer.is_some() || self.overflow {
                return;
            }
            let mut out = Vec::new();
            let feed = Feed { view, store: &store, to: part, inclusive: true };
            self.overflow = self.run.pull(&feed, &mut out).is_err();
            self.take(&out);
            store.take_until(view, part, true);
        }
        if self.answer.is_some() || self.overflow {
            return;
        }
        let mut out = Vec::new();
        let feed = Feed { view, store: &store, to, inclusive };
        self.overflow = self.run.pull(&feed, &mut out).is_err();
        self.take(&out);
    }

    fn take(&mut self, pieces: &[Piece]) {
        let found = pieces.iter().find(|piece| piece.to > self.start);
        if let (None, Some(piece)) = (&self.answer, found) {
            let piece = instant(piece, self.start);
            let (low, high) = (piece.low.first, piece.high.first);
            let Piece { worst, best, .. } = piece;
            let (idle, coverage) = (self.run.is_idle(), self.run.coverage().clone());
            self.answer = Some(Answer { low, high, worst, best, idle, coverage });
        }
    }

    /// The answer with the phase ending at `end`; `None` if too much would have had to be kept.
    pub fn answer(&self, end: TrialTime, complete: bool) -> Option<Answer> {
        if self.overflow {
            return None;
        }
        if let Some(answer) = &self.answer {
            return Some(answer.clone());
        }
        let mut rest = self.clone();
        let mut out = Vec::new();
        let ending = Ending { start: self.start, end, complete };
        rest.run.finish(ending, &mut out).ok()?;
        rest.take(&out);
        let (low, high) = (f64::NEG_INFINITY, f64::INFINITY);
        let coverage = rest.run.coverage().clone();
        let anything = Answer { low, high, worst: false, best: true, idle: false, coverage };
        Some(rest.answer.unwrap_or(anything))
    }
}
