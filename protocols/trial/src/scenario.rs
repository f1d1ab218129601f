//! Application scenarios: roles, parameters, phases and acceptance criteria.
//!
//! Invariants of the resolved form:
//! - every name in an expression is a role, parameter or derived channel of the scenario;
//! - every expression has the dimension that its place asks for;
//! - every criterion belongs to a phase, and its limit carries its source and status;
//! - a criterion `for_each` of several signals has become one criterion a signal.

mod formula;
mod lower;
mod operator;
mod raw;

use serde::{Deserialize, Serialize};

use crate::document::{DocumentError, Source, Title, Wording};
use crate::expression::{Comparison, Condition, Expression};
use crate::unit::{Quantity, Unit};

pub use formula::{Formula, Interval, MAX_FORMULA_BYTES};
pub(crate) use lower::constant;
pub use operator::{
    Accumulation, Allowance, Combine, Direction, DriftMeasure, Level, LimitEnd, Limits,
    MAX_ALTERNATIVES, Motion, Operator,
};

/// Most criteria, phases, roles, parameters or derived channels of one scenario.
pub const MAX_SCENARIO_ITEMS: usize = 256;

/// The ten national families of application scenarios (Action Plan 2023-2025 of five
/// ministries for the safety and emergency equipment industry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// 地震和地质灾害
    EarthquakeAndGeology,
    /// 洪水
    Flood,
    /// 城市内涝
    UrbanFlood,
    /// 冰雪
    IceAndSnow,
    /// 森林草原火灾
    ForestFire,
    /// 城市特殊场景火灾
    UrbanFire,
    /// 危化品安全事故
    HazardousChemicals,
    /// 矿山(隧道)安全事故
    MineAndTunnel,
    /// 紧急生命救护
    EmergencyMedical,
    /// 家庭应急
    Household,
}

/// The five product clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cluster {
    /// 消防救援装备
    FireRescue,
    /// 应急救援器具
    RescueTools,
    /// 医疗物资救护产品
    MedicalRelief,
    /// 应急保障产品
    EmergencySupport,
    /// 数字安防
    DigitalSecurity,
}

/// How far a limit can be relied upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitStatus {
    /// Compared with the edition in force by a named person.
    Verified,
    /// Declared by maker, customer or project.
    Declared,
    /// An example: to be replaced by the edition in force.
    Illustrative,
}

/// Where a limit comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSource {
    /// Standard or other document.
    pub standard: Wording,
    /// Clause.
    pub clause: Wording,
    /// Edition.
    pub edition: Wording,
    /// How far it can be relied upon.
    pub status: LimitStatus,
    /// Who compared it with the edition in force; there where the status is `verified`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verified_by: String,
    /// When, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub verified_on: String,
    /// How its author came by it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<LimitBasis>,
}

/// How the author of a scenario came by a limit that nobody has verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitBasis {
    /// Read in a public copy of the standard, or in a restatement of it.
    Restated,
    /// General knowledge; the text was not read.
    Unread,
    /// An example value.
    Example,
}

/// How a result near its limit is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionRule {
    /// The measured result is compared with the limit as it is (ILAC-G8:09/2019, 4.2.1).
    SimpleAcceptance,
    /// Accepted beyond a guard band of `guard_factor` × U, else rejected (ILAC-G8:09/2019, 4.2.2).
    GuardBand,
    /// Pass, conditional pass, conditional fail, fail, about a guard band of `guard_factor` × U
    /// (ILAC-G8:09/2019, 4.2.3).
    FourZones,
    /// As agreed in the commission of the plan; simple acceptance where nothing is agreed.
    Commission,
}

impl DecisionRule {
    /// The rule of a name as documents write it.
    pub fn parse(name: &str) -> Option<DecisionRule> {
        match name {
            "simple_acceptance" => Some(DecisionRule::SimpleAcceptance),
            "guard_band" => Some(DecisionRule::GuardBand),
            "four_zones" => Some(DecisionRule::FourZones),
            _ => None,
        }
    }
}

/// A signal that the scenario speaks about; the plan binds a channel to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    /// Name in expressions.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// What it measures.
    pub quantity: Quantity,
    /// Unit in which it is shown.
    pub unit: Unit,
    /// Whether a person reads it and enters it, instead of an instrument on a line.
    pub reading: bool,
    /// Lowest rate at which it must be sampled, in hertz.
    pub min_rate_hz: Option<f64>,
    /// Largest expanded uncertainty (k = 2) of the instrument, in the coherent SI unit.
    pub max_uncertainty_si: Option<f64>,
    /// Longest time after which the instrument must have a new value, in nanoseconds.
    pub max_refresh_ns: Option<i64>,
}

/// A number that the plan gives: rated values, geometry, hold times.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name in expressions.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// What it is.
    pub quantity: Quantity,
    /// Unit in which it is shown.
    pub unit: Unit,
    /// Value in coherent SI units where the plan gives none.
    pub default_si: Option<f64>,
}

/// A channel computed from roles and parameters, sample by sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// Name in expressions.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// What it is.
    pub quantity: Quantity,
    /// Unit in which it is shown and stored.
    pub unit: Unit,
    /// Over roles, parameters and derived channels that stand before it.
    pub expression: Expression,
}

/// An event that levels and triggers name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedEvent {
    /// Name.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// What it is.
    pub trigger: Trigger,
}

/// Something that happens at an instant.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// A mark with this text.
    Mark(String),
    /// All conditions begin to hold together and hold for `stable_ns`; dated at the beginning.
    When {
        /// All of them.
        conditions: Vec<Condition>,
        /// How long they must last, in nanoseconds.
        stable_ns: i64,
    },
    /// A time of the trial, over parameters (time from its start).
    At(Expression),
    /// A time after the phase was entered, over parameters; for leaving it.
    After(Expression),
}

/// A part of the trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Name.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// What begins it.
    pub enter: Trigger,
    /// What ends it; the end of the recording ends it too.
    pub exit: Trigger,
    /// Declared settling time, over parameters: it belongs to the phase but is not judged.
    pub settle: Option<Expression>,
}

/// How a criterion's occurrences are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aggregate {
    /// Each is judged; so many must pass.
    Each,
    /// The smallest of their results is judged.
    Min,
    /// The largest.
    Max,
    /// Their mean.
    Mean,
    /// The largest less the smallest.
    Spread,
}

/// A criterion that asks for several occurrences of its phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeats {
    /// How many there must be.
    pub count: u32,
    /// How many of them must pass, with [`Aggregate::Each`].
    pub need: u32,
    /// How they are taken together.
    pub aggregate: Aggregate,
}

/// A filter that belongs to a criterion; what the raw signal says is printed beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Mean of so many samples.
    MovingMean(u32),
    /// Median of so many samples.
    Median(u32),
}

/// Most samples of a filter.
pub const MAX_FILTER_SAMPLES: u32 = 1001;

/// Who states what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WitnessRole {
    /// The operator of the trial.
    Operator,
    /// A witness.
    Witness,
    /// A reviewer.
    Reviewer,
}

/// When recorded data suffice for a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityGate {
    /// Least observed share of the judged time, 0 to 1.
    pub min_coverage: f64,
    /// Longest time between two good samples over which a signal counts as observed, in
    /// nanoseconds.
    pub max_gap_ns: i64,
    /// What a signal is between two good samples.
    pub interpolation: Interpolation,
}

/// What a signal is between two good samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// The earlier sample holds.
    #[default]
    Hold,
    /// A straight line; formulas alone can be judged so.
    Linear,
}

/// An acceptance criterion.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Name.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// Phase over which it is judged.
    pub phase: String,
    /// Comparisons of parameters that must all hold, else it is not applicable.
    pub applies_when: Vec<Comparison>,
    /// What it asks.
    pub operator: Operator,
    /// Occurrences of the phase that it asks for.
    pub repeats: Option<Repeats>,
    /// Filter through which it sees its signals.
    pub filter: Option<Filter>,
    /// Class of a nonconformity: A, B or C.
    pub class: Class,
    /// Whether a pass of the whole needs it.
    pub mandatory: bool,
    /// Where its limit comes from.
    pub source: LimitSource,
    /// When data suffice.
    pub quality: QualityGate,
    /// How a result near the limit is decided.
    pub rule: DecisionRule,
    /// Width of the guard band as a multiple of the expanded uncertainty.
    pub guard_factor: f64,
    /// Interval to which a result is rounded before it is compared, over parameters (修约值比较,
    /// GB/T 8170-2008, 4.3.3); `None` compares as it is (全数值比较).
    pub rounding: Option<Expression>,
}

/// A condition of the surroundings or the equipment under which criteria may be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Precondition {
    /// What it asks, and over which phase.
    pub criterion: Criterion,
    /// Criteria that can't be judged without it, by position.
    pub guards: Vec<usize>,
}

/// How findings are rolled up to a conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollUp {
    /// Most criteria of the classes A, B and C that may fail.
    pub allowed: [u32; 3],
    /// What the scenario allows after a fail.
    pub retest: Retest,
}

/// What is allowed after a fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retest {
    /// Nothing.
    None,
    /// A sample of twice the size, if no criterion of class A failed (加倍抽样).
    DoubleSample,
}

/// Class of a nonconformity; A weighs most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Class {
    /// Critical.
    A,
    /// Major.
    B,
    /// Minor.
    C,
}

/// An application scenario, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Unique in the catalogue.
    pub id: String,
    /// National family.
    pub family: Family,
    /// Product cluster.
    pub cluster: Cluster,
    /// Edition of the scenario document.
    pub edition: String,
    /// Titles.
    pub title: Title,
    /// Standard with edition to which a pass conforms; none is named where it is missing.
    pub standard: Option<String>,
    /// When data suffice for finding phases, for derived channels, and for every criterion that
    /// says nothing else.
    pub quality: QualityGate,
    /// Signals.
    pub roles: Vec<Role>,
    /// Numbers that the plan gives.
    pub parameters: Vec<Parameter>,
    /// Computed channels, in an order in which each needs only those before it.
    pub derived: Vec<Derived>,
    /// Events that levels and triggers name.
    pub events: Vec<NamedEvent>,
    /// Parts of the trial.
    pub phases: Vec<Phase>,
    /// Criteria, in the order of the document.
    pub criteria: Vec<Criterion>,
    /// Preconditions, in the order of the document.
    pub preconditions: Vec<Precondition>,
    /// How findings are rolled up; `None` counts mandatory criteria alone.
    pub roll_up: Option<RollUp>,
}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// The document is refused, with line, reason and right form.
    pub fn resolve(source: Source<'_>) -> Result<Scenario, DocumentError> {
        lower::lower(source)
    }

    /// Everything that is judged: the criteria, then the preconditions.
    pub fn judged(&self) -> impl Iterator<Item = &Criterion> {
        let preconditions = self.preconditions.iter().map(|precondition| &precondition.criterion);
        self.criteria.iter().chain(preconditions)
    }

    /// The criterion or precondition of an id.
    pub fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.judged().find(|criterion| criterion.id == id)
    }
}
