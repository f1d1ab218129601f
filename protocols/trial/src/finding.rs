//! Findings: what the evaluation says of each criterion, and of the whole.
//!
//! The JSON form is a contract: every key is always there, `null` where there is nothing.

use serde::{Deserialize, Serialize};

use crate::document::Title;
use crate::expression::Compare;
use crate::scenario::{Class, DecisionRule, LimitSource};
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
    /// Uncertainty of the result; `null` until a budget is known.
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
    pub const FORMAT_VERSION: u32 = 1;
}
