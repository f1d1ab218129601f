//! The temporal logic beneath the operators: formulas over signals, judged at the beginning of a
//! phase.
//!
//! Semantics: a signal is a function of time, held or on straight lines between its samples, and
//! may be anything where it is not observed. A formula has at every instant an interval of margins,
//! and apart from it whether it holds with the worst and with the best that was not observed. Time
//! is real, intervals are closed: `always[a, b]` is the infimum over [t + a, t + b], `eventually` the
//! supremum, `until[a, b](f, g)` the supremum over t' in [t + a, t + b] of the lesser of g at t' and
//! the infimum of f over [t, t']. Without an interval they reach to the end of the
//! phase; behind it they may be anything. These are
//! the robust semantics of Fainekos and Pappas (Theoretical Computer Science 410, 2009) over
//! intervals (Deshmukh et al., Formal Methods in System Design 51, 2017).
//!
//! Invariant: a node gives its pieces in order, without holes, from the beginning of its domain on;
//! however the input is cut, the same pieces come out.

mod atom;
mod compile;
mod piece;
mod reach;
mod run;
mod sliding;
mod straight;
mod until;

use trial::expression::Compare;

pub(crate) use compile::compile_formula;
pub(crate) use run::Judging;

/// Most pieces that one node keeps; beyond them the criterion ends as an error.
pub const MAX_KEPT_PIECES: usize = 1 << 20;

/// A closed interval of time ahead, in nanoseconds; `None` reaches to the end of the phase.
pub(crate) type Window = Option<(i64, i64)>;

/// A formula with numbers in the place of expressions.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    /// A signal compared with a number, both in the coherent SI unit; the margin is divided by
    /// `scale`.
    Compare {
        signal: usize,
        compare: Compare,
        limit: f64,
        scale: f64,
        gap_ns: i64,
    },
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    /// Not the first, or the second.
    Implies(Box<Node>, Box<Node>),
    /// `eventually` is its dual.
    Always(Window, Box<Node>),
    /// On held signals.
    Until(Window, Box<Node>, Box<Node>),
    /// How far the first reaches the second, with a horizon not nearer than so many nanoseconds, or
    /// that of the phase; `until` on straight lines is made of it.
    Reach(Option<i64>, Box<Node>, Box<Node>),
}

impl Node {
    /// The signals that it looks at.
    pub fn signals(&self) -> Vec<usize> {
        match self {
            Node::Compare { signal, .. } => vec![*signal],
            Node::Not(inner) | Node::Always(_, inner) => inner.signals(),
            Node::And(left, right)
            | Node::Implies(left, right)
            | Node::Until(_, left, right)
            | Node::Reach(_, left, right) => {
                let mut signals = left.signals();
                signals.extend(right.signals());
                signals
            }
        }
    }

    /// The comparisons in it: signal, limit, and what its margin is divided by.
    pub fn comparisons(&self) -> Vec<(usize, f64, f64)> {
        match self {
            Node::Compare { signal, limit, scale, .. } => vec![(*signal, *limit, *scale)],
            Node::Not(inner) | Node::Always(_, inner) => inner.comparisons(),
            Node::And(left, right)
            | Node::Implies(left, right)
            | Node::Until(_, left, right)
            | Node::Reach(_, left, right) => {
                let mut comparisons = left.comparisons();
                comparisons.extend(right.comparisons());
                comparisons
            }
        }
    }

    fn negated(self) -> Node {
        match self {
            Node::Not(inner) => *inner,
            other => Node::Not(Box::new(other)),
        }
    }

    fn or(left: Node, right: Node) -> Node {
        let both = Node::And(Box::new(left.negated()), Box::new(right.negated()));
        Node::Not(Box::new(both))
    }

    /// `until` on straight lines.
    fn until_on_lines(window: Window, left: Node, right: Node) -> Node {
        let and = |left: Node, right: Node| Node::And(Box::new(left), Box::new(right));
        let Some((from, to)) = window else {
            return Node::Reach(None, Box::new(left), Box::new(right));
        };
        let within = match to - from {
            0 => and(left.clone(), right),
            length => {
                let reach =
                    Node::Reach(Some(length), Box::new(left.clone()), Box::new(right.clone()));
                and(Node::eventually(Some((0, length)), right), reach)
            }
        };
        if from == 0 {
            return within;
        }
        let later = Node::Always(Some((from, from)), Box::new(within));
        and(Node::Always(Some((0, from)), Box::new(left)), later)
    }

    fn eventually(window: Window, inner: Node) -> Node {
        Node::Not(Box::new(Node::Always(window, Box::new(inner.negated()))))
    }
}
