//! Application scenarios: roles, parameters, phases and acceptance criteria.
//!
//! Invariants of the resolved form:
//! - every name in an expression is a role, parameter or derived channel of the scenario;
//! - every expression has the dimension that its place asks for;
//! - every criterion belongs to a phase, and its limit carries its source and status.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use words::{Message, message};

use crate::channel::is_identifier;
use crate::document::{DocumentError, Source, Title};
use crate::expression::{Compare, Condition, Expression};
use crate::profile::resolve_unit;
use crate::time::parse_duration;
use crate::unit::{Dimension, Quantity, Unit};

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
    pub standard: String,
    /// Clause.
    pub clause: String,
    /// Edition.
    pub edition: String,
    /// How far it can be relied upon.
    pub status: LimitStatus,
}

/// How a result near its limit is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionRule {
    /// The measured result is compared with the limit as it is (ILAC-G8:09/2019, 4.2.1).
    SimpleAcceptance,
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
    /// Lowest rate at which it must be sampled, in hertz.
    pub min_rate_hz: Option<f64>,
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
}

/// Statistic of a signal over a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// Smallest value.
    Min,
    /// Largest value.
    Max,
    /// Mean over time.
    Mean,
    /// 5th percentile of the samples.
    P05,
    /// 95th percentile of the samples.
    P95,
}

/// What a criterion asks. Closed: one variant an operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Operator {
    /// A statistic of a signal over the phase against a limit.
    Bound {
        /// Role or derived channel.
        signal: String,
        /// Which statistic.
        statistic: Statistic,
        /// How it is compared.
        compare: Compare,
        /// Limit.
        limit: Expression,
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
}

/// When recorded data suffice for a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QualityGate {
    /// Least observed share of the judged time, 0 to 1.
    pub min_coverage: f64,
    /// Longest time between two good samples over which a signal counts as observed, in
    /// nanoseconds.
    pub max_gap_ns: i64,
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
    /// What it asks.
    pub operator: Operator,
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
    /// When data suffice for finding phases, for derived channels, and for every criterion that
    /// says nothing else.
    pub quality: QualityGate,
    /// Signals.
    pub roles: Vec<Role>,
    /// Numbers that the plan gives.
    pub parameters: Vec<Parameter>,
    /// Computed channels, in an order in which each needs only those before it.
    pub derived: Vec<Derived>,
    /// Parts of the trial.
    pub phases: Vec<Phase>,
    /// Criteria, in the order of the document.
    pub criteria: Vec<Criterion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    scenario: RawHead,
    quality: RawQuality,
    #[serde(default)]
    role: Vec<Spanned<RawRole>>,
    #[serde(default)]
    parameter: Vec<Spanned<RawParameter>>,
    #[serde(default)]
    derived: Vec<Spanned<RawDerived>>,
    #[serde(default)]
    phase: Vec<Spanned<RawPhase>>,
    #[serde(default)]
    criterion: Vec<Spanned<RawCriterion>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    id: Spanned<String>,
    family: Family,
    cluster: Cluster,
    edition: String,
    title: Title,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct RawQuality {
    min_coverage: Spanned<f64>,
    max_gap: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRole {
    id: String,
    title: Title,
    quantity: Quantity,
    unit: Spanned<String>,
    min_rate_hz: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParameter {
    id: String,
    title: Title,
    quantity: Quantity,
    unit: Spanned<String>,
    default: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDerived {
    id: String,
    title: Title,
    quantity: Quantity,
    unit: Spanned<String>,
    expression: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPhase {
    id: String,
    title: Title,
    enter: Spanned<RawTrigger>,
    exit: Spanned<RawTrigger>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrigger {
    mark: Option<String>,
    when: Option<Vec<String>>,
    #[serde(rename = "for")]
    stable: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCriterion {
    id: String,
    title: Title,
    phase: String,
    operator: RawOperator,
    class: Class,
    mandatory: bool,
    source: LimitSource,
    quality: Option<RawQuality>,
    rule: DecisionRule,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum RawOperator {
    Bound {
        signal: String,
        statistic: Statistic,
        compare: Compare,
        limit: String,
    },
    Hold {
        signal: String,
        low: Option<String>,
        high: Option<String>,
        #[serde(rename = "for")]
        duration: String,
    },
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
    Ripple {
        signal: String,
        window: String,
        nominal: String,
        limit: String,
    },
}

impl Scenario {
    /// Reads and checks a scenario.
    ///
    /// # Errors
    /// The document is refused, with line, reason and right form.
    pub fn resolve(source: Source<'_>) -> Result<Scenario, DocumentError> {
        let raw: RawScenario = source.parse()?;
        if !is_identifier(raw.scenario.id.get_ref()) {
            let id = words::printable(raw.scenario.id.get_ref());
            let message = message!("document-bad-identifier", id = id);
            return Err(source.refuse(raw.scenario.id.span(), message));
        }
        let counts = [
            raw.role.len(),
            raw.parameter.len(),
            raw.derived.len(),
            raw.phase.len(),
            raw.criterion.len(),
        ];
        if raw.criterion.is_empty() || counts.iter().any(|count| *count > MAX_SCENARIO_ITEMS) {
            return Err(
                source.refuse_whole(message!("scenario-item-count", limit = MAX_SCENARIO_ITEMS))
            );
        }
        let mut lowering = Lowering { source, names: BTreeMap::new() };
        let roles = lowering.roles(&raw.role)?;
        let parameters = lowering.parameters(&raw.parameter)?;
        let derived = lowering.derived(&raw.derived)?;
        let phases = lowering.phases(&raw.phase)?;
        let default_gate = lowering.gate(&raw.quality)?;
        let criteria = lowering.criteria(&raw.criterion, &phases, default_gate)?;
        Ok(Scenario {
            id: raw.scenario.id.into_inner(),
            family: raw.scenario.family,
            cluster: raw.scenario.cluster,
            edition: raw.scenario.edition,
            title: raw.scenario.title,
            quality: default_gate,
            roles,
            parameters,
            derived,
            phases,
            criteria,
        })
    }
}

/// What a name in an expression stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NameKind {
    Signal,
    Parameter,
}

struct Lowering<'a> {
    source: Source<'a>,
    names: BTreeMap<String, (NameKind, Dimension)>,
}

impl Lowering<'_> {
    fn define(
        &mut self,
        at: Range<usize>,
        id: &str,
        kind: NameKind,
        dimension: Dimension,
    ) -> Result<(), DocumentError> {
        // A name in an expression has no dots or dashes, so that `a-b` is a difference.
        let plain = is_identifier(id) && !id.contains(['.', '-']);
        if !plain || id.starts_with(|first: char| first.is_ascii_digit()) {
            let message = message!("scenario-bad-name", id = words::printable(id));
            return Err(self.source.refuse(at, message));
        }
        if self.names.insert(id.to_owned(), (kind, dimension)).is_some() {
            return Err(self.source.refuse(at, message!("document-twice", id = id)));
        }
        Ok(())
    }

    fn roles(&mut self, raw: &[Spanned<RawRole>]) -> Result<Vec<Role>, DocumentError> {
        raw.iter()
            .map(|spanned| {
                let role = spanned.get_ref();
                let unit = resolve_unit(&self.source, &role.unit, role.quantity)?;
                self.define(spanned.span(), &role.id, NameKind::Signal, unit.dimension)?;
                if role.min_rate_hz.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
                    let message = message!("scenario-bad-rate", id = role.id);
                    return Err(self.source.refuse(spanned.span(), message));
                }
                Ok(Role {
                    id: role.id.clone(),
                    title: role.title.clone(),
                    quantity: role.quantity,
                    unit,
                    min_rate_hz: role.min_rate_hz,
                })
            })
            .collect()
    }

    fn parameters(
        &mut self,
        raw: &[Spanned<RawParameter>],
    ) -> Result<Vec<Parameter>, DocumentError> {
        raw.iter()
            .map(|spanned| {
                let parameter = spanned.get_ref();
                let unit = resolve_unit(&self.source, &parameter.unit, parameter.quantity)?;
                self.define(spanned.span(), &parameter.id, NameKind::Parameter, unit.dimension)?;
                let default_si = match &parameter.default {
                    None => None,
                    Some(text) => Some(
                        constant(text.get_ref(), unit.dimension)
                            .map_err(|message| self.source.refuse(text.span(), message))?,
                    ),
                };
                Ok(Parameter {
                    id: parameter.id.clone(),
                    title: parameter.title.clone(),
                    quantity: parameter.quantity,
                    unit,
                    default_si,
                })
            })
            .collect()
    }

    fn derived(&mut self, raw: &[Spanned<RawDerived>]) -> Result<Vec<Derived>, DocumentError> {
        raw.iter()
            .map(|spanned| {
                let derived = spanned.get_ref();
                let unit = resolve_unit(&self.source, &derived.unit, derived.quantity)?;
                let expression = self
                    .expression(derived.expression.get_ref(), unit.dimension, None)
                    .map_err(|message| self.source.refuse(derived.expression.span(), message))?;
                self.define(spanned.span(), &derived.id, NameKind::Signal, unit.dimension)?;
                Ok(Derived {
                    id: derived.id.clone(),
                    title: derived.title.clone(),
                    quantity: derived.quantity,
                    unit,
                    expression,
                })
            })
            .collect()
    }

    fn phases(&self, raw: &[Spanned<RawPhase>]) -> Result<Vec<Phase>, DocumentError> {
        let mut phases: Vec<Phase> = Vec::new();
        for spanned in raw {
            let phase = spanned.get_ref();
            if !is_identifier(&phase.id) {
                let message = message!("document-bad-identifier", id = words::printable(&phase.id));
                return Err(self.source.refuse(spanned.span(), message));
            }
            if phases.iter().any(|other| other.id == phase.id) {
                return Err(self
                    .source
                    .refuse(spanned.span(), message!("document-twice", id = phase.id)));
            }
            let trigger = |raw: &Spanned<RawTrigger>| {
                self.trigger(raw.get_ref())
                    .map_err(|message| self.source.refuse(raw.span(), message))
            };
            phases.push(Phase {
                id: phase.id.clone(),
                title: phase.title.clone(),
                enter: trigger(&phase.enter)?,
                exit: trigger(&phase.exit)?,
            });
        }
        Ok(phases)
    }

    fn criteria(
        &self,
        raw: &[Spanned<RawCriterion>],
        phases: &[Phase],
        default_gate: QualityGate,
    ) -> Result<Vec<Criterion>, DocumentError> {
        let mut criteria: Vec<Criterion> = Vec::new();
        for spanned in raw {
            let criterion = spanned.get_ref();
            let refuse = |message: Message| self.source.refuse(spanned.span(), message);
            if !is_identifier(&criterion.id) {
                let id = words::printable(&criterion.id);
                return Err(refuse(message!("document-bad-identifier", id = id)));
            }
            if criteria.iter().any(|other| other.id == criterion.id) {
                return Err(refuse(message!("document-twice", id = criterion.id)));
            }
            if !phases.iter().any(|phase| phase.id == criterion.phase) {
                let phase = words::printable(&criterion.phase);
                return Err(refuse(message!(
                    "scenario-unknown-phase",
                    id = criterion.id,
                    phase = phase
                )));
            }
            let quality = match &criterion.quality {
                Some(gate) => self.gate(gate)?,
                None => default_gate,
            };
            criteria.push(Criterion {
                id: criterion.id.clone(),
                title: criterion.title.clone(),
                phase: criterion.phase.clone(),
                operator: self.operator(&criterion.operator).map_err(refuse)?,
                class: criterion.class,
                mandatory: criterion.mandatory,
                source: criterion.source.clone(),
                quality,
                rule: criterion.rule,
            });
        }
        Ok(criteria)
    }

    fn gate(&self, raw: &RawQuality) -> Result<QualityGate, DocumentError> {
        let min_coverage = *raw.min_coverage.get_ref();
        if !(0.0..=1.0).contains(&min_coverage) {
            return Err(self
                .source
                .refuse(raw.min_coverage.span(), message!("scenario-bad-coverage")));
        }
        let max_gap = parse_duration(raw.max_gap.get_ref()).ok_or_else(|| {
            self.source
                .refuse(raw.max_gap.span(), message!("document-bad-duration", limit = "10 a"))
        })?;
        Ok(QualityGate { min_coverage, max_gap_ns: crate::time::duration_nanoseconds(max_gap) })
    }

    fn operator(&self, raw: &RawOperator) -> Result<Operator, Message> {
        let time = |text: &str| self.expression(text, Dimension::TIME, Some(NameKind::Parameter));
        Ok(match raw {
            RawOperator::Bound { signal, statistic, compare, limit } => Operator::Bound {
                signal: signal.clone(),
                statistic: *statistic,
                compare: *compare,
                limit: self.limit(signal, limit)?,
            },
            RawOperator::Hold { signal, low, high, duration } => {
                if low.is_none() && high.is_none() {
                    return Err(message!("scenario-hold-needs-end"));
                }
                let end = |text: &Option<String>| {
                    text.as_ref().map(|text| self.limit(signal, text)).transpose()
                };
                Operator::Hold {
                    signal: signal.clone(),
                    low: end(low)?,
                    high: end(high)?,
                    duration: time(duration)?,
                }
            }
            RawOperator::Pair { conditions, duration } => Operator::Pair {
                conditions: self.conditions(conditions)?,
                duration: time(duration)?,
            },
            RawOperator::TimeTo { from, to, within } => Operator::TimeTo {
                from: self.trigger(from)?,
                to: self.trigger(to)?,
                within: time(within)?,
            },
            RawOperator::Ripple { signal, window, nominal, limit } => Operator::Ripple {
                signal: signal.clone(),
                window: time(window)?,
                nominal: self.limit(signal, nominal)?,
                limit: self.expression(limit, Dimension::NONE, Some(NameKind::Parameter))?,
            },
        })
    }

    fn trigger(&self, raw: &RawTrigger) -> Result<Trigger, Message> {
        match (&raw.mark, &raw.when, &raw.stable) {
            (Some(mark), None, None) => Ok(Trigger::Mark(mark.clone())),
            (None, Some(when), stable) => {
                let stable = match stable {
                    None => std::time::Duration::ZERO,
                    Some(text) => parse_duration(text)
                        .ok_or_else(|| message!("document-bad-duration", limit = "10 a"))?,
                };
                Ok(Trigger::When {
                    conditions: self.conditions(when)?,
                    stable_ns: crate::time::duration_nanoseconds(stable),
                })
            }
            _ => Err(message!("scenario-bad-trigger")),
        }
    }

    fn conditions(&self, raw: &[String]) -> Result<Vec<Condition>, Message> {
        if raw.is_empty() || raw.len() > 8 {
            return Err(message!("scenario-condition-count"));
        }
        raw.iter()
            .map(|text| {
                let condition = Condition::parse(text)?;
                let wanted = self.signal(&condition.signal)?;
                self.check(&condition.limit, wanted, Some(NameKind::Parameter))?;
                Ok(condition)
            })
            .collect()
    }

    fn signal(&self, name: &str) -> Result<Dimension, Message> {
        match self.names.get(name) {
            Some((NameKind::Signal, dimension)) => Ok(*dimension),
            _ => Err(message!("scenario-unknown-signal", name = words::printable(name))),
        }
    }

    fn limit(&self, signal: &str, text: &str) -> Result<Expression, Message> {
        self.expression(text, self.signal(signal)?, Some(NameKind::Parameter))
    }

    fn expression(
        &self,
        text: &str,
        wanted: Dimension,
        only: Option<NameKind>,
    ) -> Result<Expression, Message> {
        let expression = Expression::parse(text)?;
        self.check(&expression, wanted, only)?;
        Ok(expression)
    }

    fn check(
        &self,
        expression: &Expression,
        wanted: Dimension,
        only: Option<NameKind>,
    ) -> Result<(), Message> {
        let of = |name: &str| {
            let (kind, dimension) = *self.names.get(name)?;
            only.is_none_or(|only| only == kind).then_some(dimension)
        };
        let found = expression.dimension(&of)?;
        if found != wanted {
            return Err(message!("expression-mismatch", left = found, right = wanted));
        }
        Ok(())
    }
}

/// The value of an expression without names, in coherent SI units.
pub(crate) fn constant(text: &str, wanted: Dimension) -> Result<f64, Message> {
    let expression = Expression::parse(text)?;
    let found = expression.dimension(&|_| None)?;
    if found != wanted {
        return Err(message!("expression-mismatch", left = found, right = wanted));
    }
    let value = expression.evaluate(&|_| None);
    if value.is_finite() { Ok(value) } else { Err(message!("expression-not-finite")) }
}
