//! What a criterion asks: the operators, and the levels and limits that they are made of.

use super::formula::Formula;
use super::{Trigger, WitnessRole};
use crate::document::Title;
use crate::expression::{Condition, Expression};

/// Most alternatives of an `any_of`.
pub const MAX_ALTERNATIVES: usize = 8;

/// One number that stands for a signal over a phase.
#[derive(Debug, Clone, PartialEq)]
pub enum Level {
    /// `min`: smallest value.
    Min,
    /// `max`: largest value.
    Max,
    /// `mean`: mean over time.
    Mean,
    /// `p05`: 5th percentile of the samples.
    P05,
    /// `p95`: 95th percentile of the samples.
    P95,
    /// `initial`: the value that holds when the phase begins.
    Initial,
    /// `final`: the value that holds when the phase ends.
    Final,
    /// `mean first 10 s`: mean over a time from the beginning on.
    MeanFirst(Expression),
    /// `mean last 10 s`: mean over a time up to the end.
    MeanLast(Expression),
    /// `after 60 s`: the value that holds that long after the beginning.
    After(Expression),
    /// `at alarm_on`: the value that holds at the first such event of the phase.
    At(Trigger),
}

/// One or two closed or open ends that a number must keep.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Lower end.
    pub low: Option<LimitEnd>,
    /// Upper end.
    pub high: Option<LimitEnd>,
}

/// An end of [`Limits`].
#[derive(Debug, Clone, PartialEq)]
pub struct LimitEnd {
    /// Over parameters.
    pub value: Expression,
    /// Whether the end itself is out (`>`, `<`).
    pub strict: bool,
}

/// How two allowances are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// The larger of the two.
    Max,
    /// Their sum.
    Sum,
}

/// Which way a change counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Earlier less later.
    Fall,
    /// Later less earlier.
    Rise,
    /// The size of the difference.
    Either,
}

/// An allowance made of an absolute part and one relative to another value; at least one is given.
#[derive(Debug, Clone, PartialEq)]
pub struct Allowance {
    /// In the signal's dimension.
    pub absolute: Option<Expression>,
    /// A plain number: `5 %` is 0.05.
    pub relative: Option<Expression>,
    /// How they are put together where both are given.
    pub combine: Combine,
}

/// What is counted up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Accumulation {
    /// Integral of the signal over the phase's time.
    Integral,
    /// Last less first value of a totaliser; a reset in between leaves it undecided.
    Difference,
}

/// How a drift is measured.
#[derive(Debug, Clone, PartialEq)]
pub enum DriftMeasure {
    /// Slope of the straight line of least squares, times the length of the phase.
    Slope,
    /// Mean of a time at the end less mean of as long a time at the beginning.
    Difference(Expression),
}

/// What is measured of a way over ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Motion {
    /// Straight distance from start to finish, divided by the time (m/s).
    Speed,
    /// Straight distance from start to finish (m).
    Distance,
    /// Length of the way (m).
    Track,
    /// Largest distance from the straight line through start and finish (m).
    Lateral,
    /// The same, divided by the distance (a plain number).
    LateralShare,
}

/// What a criterion asks. Closed: one variant an operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// A level of a signal against limits.
    Bound {
        /// Role or derived channel.
        signal: String,
        /// Which number of it.
        level: Level,
        /// What it must keep.
        limits: Limits,
    },
    /// A signal stays inside a closed band without a break for a time.
    Hold {
        /// Role or derived channel.
        signal: String,
        /// Lower end.
        low: Option<Expression>,
        /// Upper end.
        high: Option<Expression>,
        /// How long (time).
        duration: Expression,
    },
    /// All conditions hold at the same time, without a break, for a time.
    Pair {
        /// All of them.
        conditions: Vec<Condition>,
        /// How long (time).
        duration: Expression,
    },
    /// From one event to the next other one within a time.
    TimeTo {
        /// First event.
        from: Trigger,
        /// Second event, not before the first.
        to: Trigger,
        /// Longest time between (time).
        within: Expression,
    },
    /// A signal changes by no more than an allowance from one level to another.
    Drop {
        /// Role or derived channel.
        signal: String,
        /// Earlier level.
        from: Level,
        /// Later level.
        to: Level,
        /// Which way a change counts.
        direction: Direction,
        /// Largest change; its relative part is of the earlier level.
        allowance: Allowance,
    },
    /// After a step a signal stays within a distance and comes back into a band to stay there.
    Excursion {
        /// Role or derived channel.
        signal: String,
        /// The step.
        step: Trigger,
        /// From what the distance is measured; the value before the step where it is missing.
        reference: Option<Expression>,
        /// What 100 % is for `above`, `below` and `band`; the reference where it is missing.
        rated: Option<Expression>,
        /// Largest distance upwards (a plain number).
        above: Option<Expression>,
        /// Largest distance downwards (a plain number).
        below: Option<Expression>,
        /// Half the width of the band about the new steady value (a plain number).
        band: Expression,
        /// Time over which the new steady value is taken, up to the phase's end (time).
        steady: Expression,
        /// Longest time from the step until the signal is back to stay (time).
        recovery: Expression,
        /// How long it must stay (time).
        stay: Expression,
    },
    /// Peak to peak within a sliding window, relative to a nominal value.
    Ripple {
        /// Role or derived channel.
        signal: String,
        /// Length of the window (time).
        window: Expression,
        /// What 100 % is.
        nominal: Expression,
        /// Largest ratio (plain number; `5 %` is 0.05).
        limit: Expression,
    },
    /// The value of a signal when something trips.
    Trip {
        /// Role or derived channel.
        signal: String,
        /// What trips; the first time in the phase counts.
        when: Trigger,
        /// What the value must keep.
        limits: Limits,
    },
    /// What a signal adds up to over the phase.
    Accumulate {
        /// Role or derived channel.
        signal: String,
        /// How it is counted up.
        how: Accumulation,
        /// What the sum must keep, in the sum's dimension.
        limits: Limits,
    },
    /// The indication of the item under trial against a reference.
    ErrorOfReference {
        /// Role or derived channel of the item.
        item: String,
        /// Role or derived channel of the reference.
        reference: String,
        /// Largest error; its relative part is of the reference.
        allowance: Allowance,
        /// At which level; at every instant of the phase where it is missing.
        at: Option<Level>,
    },
    /// Cycles between two states, counted, none of them failing.
    Cycles {
        /// The state in which a cycle begins and ends.
        rest: Vec<Condition>,
        /// The state that each cycle must reach.
        reach: Vec<Condition>,
        /// Least number of cycles, an expression over parameters.
        count: Expression,
        /// Longest time of one cycle (time).
        within: Option<Expression>,
    },
    /// How far a signal drifts.
    Drift {
        /// Role or derived channel.
        signal: String,
        /// How it is measured.
        measure: DriftMeasure,
        /// Largest drift either way.
        limit: Expression,
    },
    /// A way over ground, from positions.
    Motion {
        /// Role of the latitude.
        latitude: String,
        /// Role of the longitude.
        longitude: String,
        /// What is measured.
        measure: Motion,
        /// Where the way begins; at the phase's beginning where it is missing.
        from: Option<Trigger>,
        /// Where it ends; at the phase's end where it is missing.
        to: Option<Trigger>,
        /// What it must keep.
        limits: Limits,
    },
    /// A person states what was seen, and signs it.
    Witness {
        /// What is to be stated, as a sentence that is true of an item in order.
        statement: Title,
        /// Who states it.
        by: WitnessRole,
    },
    /// A formula of the temporal logic, judged at the beginning of the phase.
    Formula(Formula),
    /// Met if any of these is.
    AnyOf(Vec<Operator>),
}

impl Operator {
    /// The name as documents write it.
    pub fn name(&self) -> &'static str {
        match self {
            Operator::Bound { .. } => "bound",
            Operator::Hold { .. } => "hold",
            Operator::Pair { .. } => "pair",
            Operator::TimeTo { .. } => "timeto",
            Operator::Drop { .. } => "drop",
            Operator::Excursion { .. } => "excur",
            Operator::Ripple { .. } => "ripple",
            Operator::Trip { .. } => "trip",
            Operator::Accumulate { .. } => "accum",
            Operator::ErrorOfReference { .. } => "errref",
            Operator::Cycles { .. } => "cycles",
            Operator::Drift { .. } => "drift",
            Operator::Motion { .. } => "kine",
            Operator::Witness { .. } => "witness",
            Operator::Formula(_) => "formula",
            Operator::AnyOf(_) => "any_of",
        }
    }

    /// The signals that it is about, in the order of its limits where it has several.
    pub fn signals(&self) -> Vec<&str> {
        match self {
            Operator::Bound { signal, .. }
            | Operator::Hold { signal, .. }
            | Operator::Drop { signal, .. }
            | Operator::Excursion { signal, .. }
            | Operator::Ripple { signal, .. }
            | Operator::Trip { signal, .. }
            | Operator::Accumulate { signal, .. }
            | Operator::Drift { signal, .. } => vec![signal],
            Operator::Pair { conditions, .. } => {
                conditions.iter().map(|condition| condition.signal.as_str()).collect()
            }
            Operator::ErrorOfReference { item, reference, .. } => vec![item, reference],
            Operator::Cycles { rest, reach, .. } => {
                rest.iter().chain(reach).map(|condition| condition.signal.as_str()).collect()
            }
            Operator::Motion { latitude, longitude, .. } => vec![latitude, longitude],
            Operator::TimeTo { .. } | Operator::Witness { .. } | Operator::Formula(_) => Vec::new(),
            Operator::AnyOf(operators) => operators.iter().flat_map(Operator::signals).collect(),
        }
    }
}
