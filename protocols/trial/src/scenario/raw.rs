//! The raw form of a scenario, as serde reads it.

use serde::Deserialize;
use toml::Spanned;

use super::{
    Accumulation, Aggregate, Class, Cluster, Combine, DecisionRule, Direction, Family,
    Interpolation, LimitSource, Motion, Retest, WitnessRole,
};
use crate::document::Title;
use crate::expression::Compare;
use crate::unit::Quantity;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScenario {
    pub scenario: RawHead,
    pub quality: RawQuality,
    #[serde(default)]
    pub role: Vec<Spanned<RawRole>>,
    #[serde(default)]
    pub parameter: Vec<Spanned<RawParameter>>,
    #[serde(default)]
    pub derived: Vec<Spanned<RawDerived>>,
    #[serde(default)]
    pub event: Vec<Spanned<RawEvent>>,
    #[serde(default)]
    pub phase: Vec<Spanned<RawPhase>>,
    #[serde(default)]
    pub precondition: Vec<Spanned<RawPrecondition>>,
    #[serde(default)]
    pub criterion: Vec<Spanned<RawCriterion>>,
    pub roll_up: Option<Spanned<RawRollUp>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHead {
    pub id: Spanned<String>,
    pub family: Family,
    pub cluster: Cluster,
    pub edition: String,
    pub title: Title,
    pub standard: Option<String>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuality {
    pub min_coverage: Spanned<f64>,
    pub max_gap: Spanned<String>,
    #[serde(default)]
    pub interpolation: Interpolation,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawRoleKind {
    Signal,
    Reading,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRole {
    pub id: String,
    pub title: Title,
    pub kind: Option<RawRoleKind>,
    pub quantity: Quantity,
    pub unit: Spanned<String>,
    pub min_rate_hz: Option<f64>,
    pub max_uncertainty: Option<Spanned<String>>,
    pub max_refresh: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParameter {
    pub id: String,
    pub title: Title,
    pub quantity: Quantity,
    pub unit: Spanned<String>,
    pub default: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDerived {
    pub id: String,
    pub title: Title,
    pub quantity: Quantity,
    pub unit: Spanned<String>,
    pub expression: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvent {
    pub id: String,
    pub title: Title,
    pub mark: Option<String>,
    pub when: Option<Vec<String>>,
    #[serde(rename = "for")]
    pub stable: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPhase {
    pub id: String,
    pub title: Title,
    pub enter: Spanned<RawTrigger>,
    pub exit: Spanned<RawTrigger>,
    pub settle: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrigger {
    pub mark: Option<String>,
    pub when: Option<Vec<String>>,
    #[serde(rename = "for")]
    pub stable: Option<String>,
    pub event: Option<String>,
    pub at: Option<String>,
    pub after: Option<String>,
}

/// The operator is kept as a table, so that `each` can be replaced before it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPrecondition {
    pub id: String,
    pub title: Title,
    pub phase: String,
    pub operator: toml::Table,
    #[serde(default)]
    pub applies_when: Vec<String>,
    /// Criteria that it guards; all where it is missing.
    pub guards: Option<Vec<String>>,
    pub source: LimitSource,
    pub quality: Option<RawQuality>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCriterion {
    pub id: String,
    pub title: Title,
    pub phase: String,
    pub operator: toml::Table,
    #[serde(default)]
    pub applies_when: Vec<String>,
    pub for_each: Option<Vec<String>>,
    pub repeats: Option<RawRepeats>,
    pub filter: Option<RawFilter>,
    pub class: Class,
    pub mandatory: bool,
    pub source: LimitSource,
    pub quality: Option<RawQuality>,
    pub rule: DecisionRule,
    pub guard_factor: Option<f64>,
    pub rounding: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRepeats {
    pub count: u32,
    pub need: Option<u32>,
    pub aggregate: Option<Aggregate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum RawFilter {
    MovingMean(u32),
    Median(u32),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRollUp {
    #[serde(rename = "A", default)]
    pub a: u32,
    #[serde(rename = "B", default)]
    pub b: u32,
    #[serde(rename = "C", default)]
    pub c: u32,
    pub retest: Option<Retest>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDrop {
    pub signal: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub over: Option<String>,
    pub direction: Option<Direction>,
    pub limit: Option<String>,
    pub relative: Option<String>,
    pub combine: Option<Combine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExcursion {
    pub signal: String,
    pub step: RawTrigger,
    pub reference: Option<String>,
    pub rated: Option<String>,
    pub above: Option<String>,
    pub below: Option<String>,
    pub band: String,
    pub steady: String,
    pub recovery: String,
    pub stay: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawErrorOfReference {
    pub item: String,
    pub reference: String,
    pub limit: Option<String>,
    pub relative: Option<String>,
    pub combine: Option<Combine>,
    pub at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHold {
    pub signal: String,
    pub low: Option<String>,
    pub high: Option<String>,
    #[serde(rename = "for")]
    pub duration: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDrift {
    pub signal: String,
    pub measure: RawDriftMeasure,
    pub over: Option<String>,
    pub limit: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawDriftMeasure {
    Slope,
    Difference,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMotion {
    pub latitude: String,
    pub longitude: String,
    pub measure: Motion,
    pub from: Option<RawTrigger>,
    pub to: Option<RawTrigger>,
    pub compare: Option<Compare>,
    pub limit: Option<String>,
    pub low: Option<String>,
    pub high: Option<String>,
}

/// `compare`, `limit`, `low` and `high` stand in each operator that has limits: a struct of them
/// that is flattened into it couldn't refuse unknown keys.

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum RawOperator {
    Bound {
        signal: String,
        statistic: String,
        compare: Option<Compare>,
        limit: Option<String>,
        low: Option<String>,
        high: Option<String>,
    },
    Hold(RawHold),
    Pair {
        conditions: Vec<String>,
        #[serde(rename = "for")]
        duration: String,
    },
    TimeTo {
        from: RawTrigger,
        to: RawTrigger,
        within: String,
    },
    Drop(RawDrop),
    Excur(Box<RawExcursion>),
    Ripple {
        signal: String,
        window: String,
        nominal: String,
        limit: String,
    },
    Trip {
        signal: String,
        when: RawTrigger,
        compare: Option<Compare>,
        limit: Option<String>,
        low: Option<String>,
        high: Option<String>,
    },
    Accum {
        signal: String,
        how: Accumulation,
        compare: Option<Compare>,
        limit: Option<String>,
        low: Option<String>,
        high: Option<String>,
    },
    ErrRef(RawErrorOfReference),
    Cycles {
        rest: Vec<String>,
        reach: Vec<String>,
        count: String,
        within: Option<String>,
    },
    Drift(RawDrift),
    Kine(Box<RawMotion>),
    Witness {
        statement: Title,
        by: WitnessRole,
    },
    Formula(String),
    #[serde(rename = "any_of")]
    AnyOf(Vec<RawOperator>),
}
