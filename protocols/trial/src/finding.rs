//! Findings: what the evaluation says of each criterion, and of the whole.
//!
//! The JSON form is a contract: every key is always there, `null` where there is nothing.

use serde::{Deserialize, Serialize};
use words::{Message, message};

use crate::document::Title;
use crate::expression::Compare;
use crate::scenario::{Class, DecisionRule, LimitSource, Retest};
use crate::time::Span;

/// Verdict on a criterion, or on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The criterion is met.
    Pass,
    /// Met, but within the guard band.
    ConditionalPass,
    /// Not met, but within the guard band.
    ConditionalFail,
    /// The criterion is not met.
    Fail,
    /// The data do not decide.
    Inconclusive,
    /// The phase or trigger never came.
    NotExercised,
    /// The criterion does not apply to this item.
    NotApplicable,
    /// Not tested.
    NotTested,
    /// The evaluation itself failed.
    Error,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 9] = [
        Verdict::Pass,
        Verdict::ConditionalPass,
        Verdict::ConditionalFail,
        Verdict::Fail,
        Verdict::Inconclusive,
        Verdict::NotExercised,
        Verdict::NotApplicable,
        Verdict::NotTested,
        Verdict::Error,
    ];

    /// The stable English key, as in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::ConditionalPass => "conditional_pass",
            Verdict::ConditionalFail => "conditional_fail",
            Verdict::Fail => "fail",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NotExercised => "not_exercised",
            Verdict::NotApplicable => "not_applicable",
            Verdict::NotTested => "not_tested",
            Verdict::Error => "error",
        }
    }
}

/// What keeps a criterion undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A signal was silent for too long.
    Gap,
    /// A signal had values that may not be judged.
    BadQuality,
    /// The recording, or the phase, ended too early.
    TooShort,
    /// A precondition was not met, or is itself undecided.
    Precondition,
    /// The instrument can't decide the criterion: too slow, or too uncertain.
    InstrumentUnfit,
    /// The calibration of an instrument was due before the trial.
    CalibrationOutOfDate,
    /// A channel was bound to another sensor meanwhile.
    SensorRebound,
    /// An instrument failed its check after the trial.
    FailedPostCheck,
    /// The decision rule needs an uncertainty, and none is known.
    UncertaintyUnknown,
    /// Fewer occurrences than the criterion asks for.
    TooFew,
}

impl Cause {
    /// All causes.
    pub const ALL: [Cause; 10] = [
        Cause::Gap,
        Cause::BadQuality,
        Cause::TooShort,
        Cause::Precondition,
        Cause::InstrumentUnfit,
        Cause::CalibrationOutOfDate,
        Cause::SensorRebound,
        Cause::FailedPostCheck,
        Cause::UncertaintyUnknown,
        Cause::TooFew,
    ];

    /// The words for it: what keeps a finding undecided.
    pub fn message(self) -> Message {
        match self {
            Cause::Gap => message!("cause-gap"),
            Cause::BadQuality => message!("cause-bad-quality"),
            Cause::TooShort => message!("cause-too-short"),
            Cause::Precondition => message!("cause-precondition"),
            Cause::InstrumentUnfit => message!("cause-instrument-unfit"),
            Cause::CalibrationOutOfDate => message!("cause-calibration-out-of-date"),
            Cause::SensorRebound => message!("cause-sensor-rebound"),
            Cause::FailedPostCheck => message!("cause-failed-post-check"),
            Cause::UncertaintyUnknown => message!("cause-uncertainty-unknown"),
            Cause::TooFew => message!("cause-too-few"),
        }
    }

    /// The stable English key, as in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Cause::Gap => "gap",
            Cause::BadQuality => "bad-quality",
            Cause::TooShort => "too-short",
            Cause::Precondition => "precondition",
            Cause::InstrumentUnfit => "instrument-unfit",
            Cause::CalibrationOutOfDate => "calibration-out-of-date",
            Cause::SensorRebound => "sensor-rebound",
            Cause::FailedPostCheck => "failed-post-check",
            Cause::UncertaintyUnknown => "uncertainty-unknown",
            Cause::TooFew => "too-few",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A criterion.
    #[default]
    Criterion,
    /// A precondition of criteria.
    Precondition,
}

/// The margin as a multiple of the expanded uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginInU {
    /// Lower end; `None` is unbounded.
    pub low: Option<f64>,
    /// Upper end; `None` is unbounded.
    pub high: Option<f64>,
}

/// An interval in which the margin to the limit lies: unobserved samples may be anything.
/// Positive is on the right side. `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margin {
    /// Lower end, in `unit`.
    pub low: Option<f64>,
    /// Upper end, in `unit`.
    pub high: Option<f64>,
    /// Unit of both.
    pub unit: crate::unit::Unit,
}

/// Expanded uncertainty of a result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uncertainty {
    /// Expanded uncertainty, in the unit of the margin.
    #[serde(rename = "U")]
    pub expanded: f64,
    /// Coverage factor.
    pub k: f64,
}

/// Where in the recording the reason of a verdict lies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Channel or derived channel.
    pub channel: String,
    /// When.
    pub span: Span,
    /// Value there, in the channel's unit, where one value is meant.
    pub value: Option<f64>,
}

/// A limit as it was applied, with its numbers worked out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedLimit {
    /// How values are compared.
    pub compare: Compare,
    /// The limit, in `unit`.
    pub value: f64,
    /// Unit.
    pub unit: crate::unit::Unit,
}

/// What was measured, where one number tells it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The number, in `unit`.
    pub value: f64,
    /// Unit.
    pub unit: crate::unit::Unit,
}

/// The finding on one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Id of the criterion.
    pub criterion: String,
    /// Titles of the criterion.
    pub title: Title,
    /// Id of the phase.
    pub phase: String,
    /// When the phase was; `null` if it never came.
    pub span: Option<Span>,
    /// The verdict.
    pub verdict: Verdict,
    /// Class of a nonconformity.
    pub class: Class,
    /// Whether a pass of the whole needs it.
    pub mandatory: bool,
    /// What was measured.
    pub measured: Option<Measured>,
    /// Margin to the limit.
    pub margin: Option<Margin>,
    /// The same in units of the expanded uncertainty, where one is known.
    #[serde(default)]
    pub margin_in_u: Option<MarginInU>,
    /// Uncertainty of the result; `null` where no budget is known.
    pub uncertainty: Option<Uncertainty>,
    /// Probability of conformance, where there is a single measurand with a known uncertainty.
    pub conformance_probability: Option<f64>,
    /// Observed share of the judged time, 0 to 1.
    pub coverage: Option<f64>,
    /// Where to look.
    pub evidence: Vec<Evidence>,
    /// How the result was decided.
    pub rule: DecisionRule,
    /// The limits as applied.
    pub limit: Vec<AppliedLimit>,
    /// Where they come from.
    pub source: LimitSource,
    /// Why, in both languages.
    pub reason: Title,
    /// What it is about.
    #[serde(default)]
    pub kind: FindingKind,
    /// Name of the operator; empty in findings of format version 1.
    #[serde(default)]
    pub operator: String,
    /// Number of the phase's occurrence, from 1, where it came more than once.
    #[serde(default)]
    pub occurrence: Option<u32>,
    /// Whether the conclusion counts it; occurrences of a criterion that is judged on several of
    /// them together are not.
    #[serde(default = "yes")]
    pub counted: bool,
    /// What keeps it undecided.
    #[serde(default)]
    pub cause: Option<Cause>,
    /// The same number without the criterion's filter.
    #[serde(default)]
    pub raw: Option<Measured>,
    /// Width of the guard band as a multiple of U, where the rule has one.
    #[serde(default)]
    pub guard_factor: Option<f64>,
}

fn yes() -> bool {
    true
}

/// The conclusion on the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    /// The overall verdict.
    pub verdict: Verdict,
    /// Whether some limit is illustrative, so that no conformity with a standard is stated.
    pub illustrative: bool,
    /// The headline, in both languages.
    pub headline: Title,
    /// Standard with edition that the headline names; empty if it names none.
    #[serde(default)]
    pub standard: String,
    /// Criteria of the classes A, B and C that are not met.
    #[serde(default)]
    pub failed: [u32; 3],
    /// What the scenario allows after a fail.
    #[serde(default)]
    pub retest: Option<Retest>,
}

/// A phase as it was found in the recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseFound {
    /// Id of the phase.
    pub phase: String,
    /// Titles.
    pub title: Title,
    /// When.
    pub span: Span,
    /// Whether its exit was seen; otherwise the recording ended in it.
    pub complete: bool,
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// Version of this JSON form.
    pub format_version: u32,
    /// Scenario that was applied.
    pub scenario: String,
    /// Its edition.
    pub edition: String,
    /// The conclusion.
    pub conclusion: Conclusion,
    /// One for each criterion and occurrence of its phase, in the scenario's order.
    pub findings: Vec<Finding>,
    /// The phases that were found, in order of time.
    pub phases: Vec<PhaseFound>,
}

impl Findings {
    /// Version of the JSON form that this build writes.
    pub const FORMAT_VERSION: u32 = 2;
}
