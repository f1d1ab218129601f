//! The temporal logic against a brute-force reference: independent code that looks at every tick,
//! by the definitions alone. Truth and margins must be equal, whatever was not observed.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Memory, OTHER_PRESSURE, PHASE, SECOND, Sample, criterion, plan};
use proptest::prelude::*;
use trial::finding::{Finding, Verdict};
use verdict::evaluate;

/// Ticks of a phase; the recording goes on for as many.
const TICKS: usize = 8;
/// Parts of a tick in the reference for straight lines.
const PARTS: usize = 64;

#[derive(Debug, Clone)]
enum Formula {
    /// Signal, whether at least (else less than), limit.
    Compare(usize, bool, i32),
    Not(Box<Formula>),
    And(Box<Formula>, Box<Formula>),
    Or(Box<Formula>, Box<Formula>),
    Implies(Box<Formula>, Box<Formula>),
    Always(Option<(usize, usize)>, Box<Formula>),
    Eventually(Option<(usize, usize)>, Box<Formula>),
    Until(Option<(usize, usize)>, Box<Formula>, Box<Formula>),
}

const SIGNALS: [&str; 2] = ["p", "r"];

impl Formula {
    fn text(&self) -> String {
        let interval = |interval: &Option<(usize, usize)>| {
            interval.map_or(String::new(), |(from, to)| format!("[{from} s, {to} s]"))
        };
        match self {
            Formula::Compare(signal, true, limit) => format!("{} >= {limit} MPa", SIGNALS[*signal]),
            Formula::Compare(signal, false, limit) => format!("{} < {limit} MPa", SIGNALS[*signal]),
            Formula::Not(inner) => format!("not ({})", inner.text()),
            Formula::And(left, right) => format!("(({}) and ({}))", left.text(), right.text()),
            Formula::Or(left, right) => format!("(({}) or ({}))", left.text(), right.text()),
            Formula::Implies(left, right) => format!("(({}) -> ({}))", left.text(), right.text()),
            Formula::Always(at, inner) => format!("always{}({})", interval(at), inner.text()),
            Formula::Eventually(at, inner) => {
                format!("eventually{}({})", interval(at), inner.text())
            }
            Formula::Until(at, left, right) => {
                format!("until{}({}, {})", interval(at), left.text(), right.text())
            }
        }
    }
}

/// Margin interval, and whether it holds at worst and at best.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Value {
    low: f64,
    high: f64,
    worst: bool,
    best: bool,
}

const ANYTHING: Value =
    Value { low: f64::NEG_INFINITY, high: f64::INFINITY, worst: false, best: true };
const TRUE: Value = Value { low: f64::INFINITY, high: f64::INFINITY, worst: true, best: true };

impl Value {
    fn not(self) -> Value {
        Value { low: -self.high, high: -self.low, worst: !self.best, best: !self.worst }
    }

    fn and(self, other: Value) -> Value {
        Value {
            low: self.low.min(other.low),
            high: self.high.min(other.high),
            worst: self.worst && other.worst,
            best: self.best && other.best,
        }
    }

    fn or(self, other: Value) -> Value {
        self.not().and(other.not()).not()
    }
}

/// A signal at every step of the grid; `None` is unobserved.
type Grid = Vec<Option<f64>>;

struct Reference<'a> {
    signals: &'a [Grid],
    /// Steps of a tick.
    steps: usize,
    /// The phase's end, in steps, and whether it was seen.
    end: usize,
    complete: bool,
}

impl Reference<'_> {
    fn at(&self, formula: &Formula, step: usize) -> Value {
        match formula {
            Formula::Compare(signal, at_least, limit) => {
                let value = self.signals[*signal].get(step).copied().flatten();
                let Some(value) = value.filter(|_| step < self.end) else { return ANYTHING };
                let limit = f64::from(*limit);
                let (margin, holds) = match at_least {
                    true => (value - limit, value >= limit),
                    false => (limit - value, value < limit),
                };
                Value { low: margin, high: margin, worst: holds, best: holds }
            }
            Formula::Not(inner) => self.at(inner, step).not(),
            Formula::And(left, right) => self.at(left, step).and(self.at(right, step)),
            Formula::Or(left, right) => self.at(left, step).or(self.at(right, step)),
            Formula::Implies(left, right) => self.at(left, step).not().or(self.at(right, step)),
            Formula::Always(None, _) | Formula::Until(None, ..) if step >= self.end => ANYTHING,
            Formula::Always(window, inner) => {
                let mut value = TRUE;
                for at in self.window(window, step) {
                    value = value.and(self.at(inner, at));
                }
                if window.is_none() && !self.complete { value.and(ANYTHING) } else { value }
            }
            Formula::Eventually(window, inner) => {
                let always = Formula::Always(*window, Box::new(Formula::Not(inner.clone())));
                self.at(&always, step).not()
            }
            Formula::Until(window, left, right) => self.until(window, left, right, step),
        }
    }

    fn window(&self, window: &Option<(usize, usize)>, step: usize) -> std::ops::Range<usize> {
        match window {
            Some((from, to)) => step + from * self.steps..step + to * self.steps + 1,
            None => step..self.end.max(step),
        }
    }

    fn until(
        &self,
        window: &Option<(usize, usize)>,
        left: &Formula,
        right: &Formula,
        step: usize,
    ) -> Value {
        let mut found = TRUE.not();
        let mut held = TRUE;
        let asked = self.window(window, step);
        for then in step..asked.end {
            held = held.and(self.at(left, then));
            if asked.contains(&then) {
                found = found.or(held.and(self.at(right, then)));
            }
        }
        if window.is_none() && !self.complete {
            let held = (step..self.end).fold(TRUE, |held, at| held.and(self.at(left, at)));
            found = found.or(held.and(ANYTHING));
        }
        found
    }
}

/// One signal: at each tick a good sample, a bad one, or none.
type Ticks = Vec<Option<Option<i32>>>;

fn ticks(gaps: bool) -> impl Strategy<Value = Ticks> {
    let none = if gaps { 2 } else { 0 };
    let sample = prop_oneof![
        6 => (-3i32..=3).prop_map(|value| Some(Some(value))),
        none => Just(None),
        none => Just(Some(None)),
    ];
    proptest::collection::vec(sample, 2 * TICKS)
}

fn formula(signals: usize) -> impl Strategy<Value = Formula> {
    let compare = (0..signals, any::<bool>(), -2i32..=2)
        .prop_map(|(signal, at_least, limit)| Formula::Compare(signal, at_least, limit));
    let interval = || {
        prop_oneof![
            1 => Just(None),
            3 => (0usize..3, 0usize..3).prop_map(|(from, more)| Some((from, from + more))),
        ]
    };
    compare.prop_recursive(3, 12, 2, move |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            1 => inner.clone().prop_map(|inner| Formula::Not(Box::new(inner))),
            2 => pair.clone().prop_map(|(l, r)| Formula::And(Box::new(l), Box::new(r))),
            2 => pair.clone().prop_map(|(l, r)| Formula::Or(Box::new(l), Box::new(r))),
            1 => pair.clone().prop_map(|(l, r)| Formula::Implies(Box::new(l), Box::new(r))),
            3 => (interval(), inner.clone()).prop_map(|(at, f)| Formula::Always(at, Box::new(f))),
            3 => (interval(), inner.clone())
                .prop_map(|(at, f)| Formula::Eventually(at, Box::new(f))),
            2 => (interval(), pair)
                .prop_map(|(at, (l, r))| Formula::Until(at, Box::new(l), Box::new(r))),
        ]
    })
}

/// The finding on a formula; the second signal is the first channel's twin, made of `q`.
fn judged(
    formula: &str,
    gap: usize,
    linear: bool,
    signals: &[Ticks; 2],
    complete: bool,
) -> Finding {
    let interpolation = if linear { "linear" } else { "hold" };
    let operator = format!("formula = \"{formula}\"");
    let criterion = criterion("criterion", &operator, "simple_acceptance");
    let text = format!(
        r#"[quality]
min_coverage = 0.0
max_gap = "{gap} s"
interpolation = "{interpolation}"
{OTHER_PRESSURE}{PHASE}{criterion}"#
    );
    let samples = |ticks: &Ticks| -> Vec<Sample> {
        let ticks = ticks.iter().enumerate();
        ticks
            .filter_map(|(tick, sample)| Some((tick as i64 * SECOND, (*sample)?.map(f64::from))))
            .collect()
    };
    let mut marks = vec![(0, "begin")];
    let mut end = 2 * TICKS as i64 * SECOND;
    let mut given = [samples(&signals[0]), samples(&signals[1]), Vec::new()];
    if complete {
        marks.push((TICKS as i64 * SECOND, "finish"));
    } else {
        end = TICKS as i64 * SECOND;
        given.iter_mut().for_each(|samples| samples.retain(|(at, _)| *at < end));
    }
    let recording = Memory::new(plan(&text), given, &marks, end);
    evaluate(&recording).unwrap().findings.remove(0)
}

/// Held values on the grid of ticks.
fn held(ticks: &Ticks, gap: usize) -> Grid {
    let at = |tick: usize| {
        let last = (0..=tick).rev().find(|at| ticks[*at].is_some())?;
        ticks[last]?.filter(|_| tick < last + gap).map(f64::from)
    };
    (0..ticks.len()).map(at).collect()
}

/// Values on straight lines; behind the last sample of the phase it holds.
fn straight(ticks: &Ticks, gap: usize) -> Grid {
    let value = |step: usize| {
        let tick = step / PARTS;
        let last = (0..=tick.min(TICKS - 1)).rev().find(|at| ticks[*at].is_some())?;
        let before = f64::from(ticks[last]??);
        let next = (last + 1..TICKS).find(|at| ticks[*at].is_some());
        let Some(next) = next else {
            return (step < (last + gap) * PARTS).then_some(before);
        };
        let after = f64::from(ticks[next]??);
        let share = (step - last * PARTS) as f64 / ((next - last) * PARTS) as f64;
        (next - last <= gap).then_some(before + (after - before) * share)
    };
    (0..TICKS * PARTS).map(value).collect()
}

fn bounds(finding: &Finding) -> (f64, f64) {
    let margin = finding.margin.expect("a formula has a margin");
    (margin.low.unwrap_or(f64::NEG_INFINITY), margin.high.unwrap_or(f64::INFINITY))
}

/// The verdict of the logic alone: an implication that was never put to the test holds.
fn logical(verdict: Verdict) -> Verdict {
    if verdict == Verdict::NotExercised { Verdict::Pass } else { verdict }
}

fn verdict_of(value: Value) -> Verdict {
    match (value.worst, value.best) {
        (true, _) => Verdict::Pass,
        (false, true) => Verdict::Inconclusive,
        (false, false) => Verdict::Fail,
    }
}

/// An infinite end of either sign is told as unbounded.
fn near(found: (f64, f64), wanted: Value, tolerance: f64) -> bool {
    let end = |found: f64, wanted: f64| {
        (!found.is_finite() && !wanted.is_finite()) || (found - wanted).abs() <= tolerance
    };
    end(found.0, wanted.low) && end(found.1, wanted.high)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn held_signals_agree(
        formula in formula(SIGNALS.len()),
        p in ticks(true),
        r in ticks(true),
        gap in 1usize..4,
        complete in any::<bool>(),
    ) {
        let signals = [p, r];
        let finding = judged(&formula.text(), gap, false, &signals, complete);
        let grids = [held(&signals[0], gap), held(&signals[1], gap)];
        let reference = Reference { signals: &grids, steps: 1, end: TICKS, complete };
        let wanted = reference.at(&formula, 0);
        let context = format!("{} {wanted:?} {finding:?}", formula.text());
        prop_assert_eq!(logical(finding.verdict), verdict_of(wanted), "{}", &context);
        prop_assert!(near(bounds(&finding), wanted, 1e-9), "{context}");
    }

    #[test]
    fn straight_lines_agree(
        formula in formula(1),
        p in ticks(true),
        gap in 1usize..4,
        complete in any::<bool>(),
    ) {
        let signals = [p.clone(), p];
        let finding = judged(&formula.text(), gap, true, &signals, complete);
        let grid = straight(&signals[0], gap);
        let grids = [grid.clone(), grid];
        let reference = Reference { signals: &grids, steps: PARTS, end: TICKS * PARTS, complete };
        let wanted = shallow(&reference, &formula);
        // The grid is as coarse as a part of the steepest line, once for each nesting.
        let tolerance = 3.0 * 6.0 / PARTS as f64;
        if let Some(wanted) = wanted {
            let context = format!("{} {wanted:?} {finding:?}", formula.text());
            prop_assert!(near(bounds(&finding), wanted, tolerance), "{context}");
            let sure = wanted.low.abs() > tolerance && wanted.high.abs() > tolerance;
            if sure {
                prop_assert_eq!(logical(finding.verdict), verdict_of(wanted), "{}", &context);
            }
        }
    }
}

/// The reference on a fine grid, where it does not take too long: two operators over time at most
/// beneath one another.
fn shallow(reference: &Reference<'_>, formula: &Formula) -> Option<Value> {
    fn depth(formula: &Formula) -> usize {
        match formula {
            Formula::Compare(..) => 0,
            Formula::Not(inner) => depth(inner),
            Formula::And(left, right)
            | Formula::Or(left, right)
            | Formula::Implies(left, right) => depth(left).max(depth(right)),
            Formula::Always(_, inner) | Formula::Eventually(_, inner) => 1 + depth(inner),
            Formula::Until(_, left, right) => 1 + depth(left).max(depth(right)),
        }
    }
    (depth(formula) <= 2).then(|| reference.at(formula, 0))
}
