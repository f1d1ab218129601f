//! A scenario and a plan made ready: names become positions, expressions over parameters become
//! numbers, and what can't be judged is said at once.

use std::sync::Arc;

use trial::document::Title;
use trial::expression::{Compare, Condition, Expression};
use trial::finding::{AppliedLimit, Verdict};
use trial::plan::Plan;
use trial::scenario::{Criterion, Operator, Phase, QualityGate, Scenario, Statistic, Trigger};
use trial::unit::{Quantity, Unit};
use words::message;

use crate::condition::{Test, Tests};
use crate::derived::DerivedBank;
use crate::outcome::bilingual;

/// What readers need to know of a signal.
#[derive(Debug, Clone)]
pub(crate) struct SignalInfo {
    pub title: Title,
    pub unit: Unit,
    /// The plan's channel, or the derived channel's own name; empty if a role is not bound.
    pub channel: String,
    /// Roles that the plan does not bind, and that this signal needs.
    pub unbound: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum TriggerSpec {
    Mark(String),
    When { tests: Tests, stable_ns: i64 },
}

impl TriggerSpec {
    pub fn signals(&self) -> Vec<usize> {
        match self {
            TriggerSpec::Mark(_) => Vec::new(),
            TriggerSpec::When { tests, .. } => tests.signals().collect(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum OperatorSpec {
    Bound { signal: usize, statistic: Statistic, compare: Compare, limit: f64 },
    Hold { signal: usize, low: Option<f64>, high: Option<f64>, tests: Tests, duration_ns: i64 },
    Pair { tests: Tests, duration_ns: i64 },
    TimeTo { from: TriggerSpec, to: TriggerSpec, within_ns: i64 },
    Ripple { signal: usize, window_ns: i64, nominal: f64, limit: f64 },
}

/// A criterion that can be judged.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub gate: QualityGate,
    /// Signals that it looks at, each once.
    pub signals: Vec<usize>,
    pub operator: OperatorSpec,
    pub limits: Vec<AppliedLimit>,
}

/// A criterion, or why it can't be judged.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    Judged(Arc<Spec>),
    Unjudged(Verdict, Title),
}

#[derive(Debug, Clone)]
pub(crate) struct PhaseSpec {
    pub enter: TriggerSpec,
    pub exit: TriggerSpec,
    /// Position and form of the criteria that are judged over it.
    pub criteria: Vec<(usize, Arc<Spec>)>,
}

/// A scenario bound to a plan.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub scenario: Arc<Scenario>,
    pub signals: Vec<SignalInfo>,
    pub bank: DerivedBank,
    /// In the scenario's order; `None` where the phase can't be found at all.
    pub phases: Vec<Option<PhaseSpec>>,
    pub criteria: Vec<Prepared>,
    /// Channel that stands for the trial as a whole where no other fits.
    pub any_channel: Option<String>,
}

impl Compiled {
    pub fn new(plan: &Plan) -> Compiled {
        let scenario = Arc::clone(&plan.scenario);
        let signals = signals(plan);
        let any_channel =
            signals.iter().map(|signal| &signal.channel).find(|id| !id.is_empty()).cloned();
        let names = Names { plan, scenario: &scenario };
        let triggers: Vec<_> =
            scenario.phases.iter().map(|phase| names.phase(phase, &signals)).collect();
        let mut phases: Vec<Option<PhaseSpec>> = triggers
            .iter()
            .map(|trigger| {
                let (enter, exit) = trigger.as_ref().ok()?.clone();
                Some(PhaseSpec { enter, exit, criteria: Vec::new() })
            })
            .collect();
        let mut criteria = Vec::with_capacity(scenario.criteria.len());
        for (position, criterion) in scenario.criteria.iter().enumerate() {
            let at = scenario.phases.iter().position(|phase| phase.id == criterion.phase);
            let blocked = at.and_then(|at| triggers[at].as_ref().err()).cloned();
            let prepared = match blocked {
                Some((verdict, reason)) => Prepared::Unjudged(verdict, reason),
                None => names.criterion(criterion, &signals),
            };
            if let (Prepared::Judged(spec), Some(Some(phase))) =
                (&prepared, at.and_then(|at| phases.get_mut(at)))
            {
                phase.criteria.push((position, Arc::clone(spec)));
            }
            criteria.push(prepared);
        }
        let bank = DerivedBank::new(plan);
        Compiled { scenario, signals, bank, phases, criteria, any_channel }
    }
}

fn signals(plan: &Plan) -> Vec<SignalInfo> {
    let scenario = &plan.scenario;
    let mut signals: Vec<SignalInfo> = Vec::new();
    for role in &scenario.roles {
        let bound = plan.roles.get(&role.id).and_then(|at| plan.channels.get(at.0 as usize));
        signals.push(SignalInfo {
            title: role.title.clone(),
            unit: role.unit,
            channel: bound.map(|channel| channel.id.0.clone()).unwrap_or_default(),
            unbound: if bound.is_none() { vec![role.id.clone()] } else { Vec::new() },
        });
    }
    for derived in &scenario.derived {
        let mut unbound: Vec<String> = Vec::new();
        derived.expression.names(&mut |name| {
            if let Some(input) = signal_position(scenario, name) {
                unbound.extend(signals[input].unbound.iter().cloned());
            }
        });
        unbound.sort();
        unbound.dedup();
        signals.push(SignalInfo {
            title: derived.title.clone(),
            unit: derived.unit,
            channel: derived.id.clone(),
            unbound,
        });
    }
    signals
}

/// Position of a role or derived channel among all signals.
pub(crate) fn signal_position(scenario: &Scenario, name: &str) -> Option<usize> {
    let role = scenario.roles.iter().position(|role| role.id == name);
    role.or_else(|| {
        let derived = scenario.derived.iter().position(|derived| derived.id == name)?;
        Some(scenario.roles.len() + derived)
    })
}

/// Whole nanoseconds of a time in seconds; `None` unless it is 0 to about 290 years.
fn nanoseconds(seconds: f64) -> Option<i64> {
    let nanoseconds = (seconds * 1e9).round();
    (0.0..9.2e18).contains(&nanoseconds).then_some(nanoseconds as i64)
}

type Blocked = (Verdict, Title);

fn blocked_by_number(text: &'static str) -> Blocked {
    (Verdict::Error, bilingual(|_| message!("verdict-limit-not-finite", what = text)))
}

struct Names<'a> {
    plan: &'a Plan,
    scenario: &'a Scenario,
}

impl Names<'_> {
    fn number(&self, expression: &Expression, what: &'static str) -> Result<f64, Blocked> {
        let mut missing = None;
        expression.names(&mut |name| {
            if !self.plan.parameters.contains_key(name) {
                missing = missing.or(Some(name));
            }
        });
        if let Some(name) = missing {
            let reason = bilingual(|_| message!("verdict-parameter-missing", name = name));
            return Err((Verdict::Error, reason));
        }
        let value =
            expression.evaluate(&|name| self.plan.parameters.get(name).map(|value| value.si));
        if value.is_finite() { Ok(value) } else { Err(blocked_by_number(what)) }
    }

    fn duration(&self, expression: &Expression, what: &'static str) -> Result<i64, Blocked> {
        let seconds = self.number(expression, what)?;
        nanoseconds(seconds).filter(|ns| *ns > 0).ok_or_else(|| blocked_by_number(what))
    }

    fn signal(&self, name: &str) -> Result<usize, Blocked> {
        signal_position(self.scenario, name).ok_or_else(|| blocked_by_number("signal"))
    }

    fn tests(&self, conditions: &[Condition], gap_ns: i64) -> Result<Tests, Blocked> {
        let tests = conditions.iter().map(|condition| {
            Ok(Test {
                signal: self.signal(&condition.signal)?,
                compare: condition.compare,
                limit: self.number(&condition.limit, "limit")?,
            })
        });
        Ok(Tests { tests: tests.collect::<Result<_, Blocked>>()?, gap_ns })
    }

    fn trigger(&self, trigger: &Trigger, gap_ns: i64) -> Result<TriggerSpec, Blocked> {
        Ok(match trigger {
            Trigger::Mark(text) => TriggerSpec::Mark(text.clone()),
            Trigger::When { conditions, stable_ns } => {
                TriggerSpec::When { tests: self.tests(conditions, gap_ns)?, stable_ns: *stable_ns }
            }
        })
    }

    fn phase(
        &self,
        phase: &Phase,
        signals: &[SignalInfo],
    ) -> Result<(TriggerSpec, TriggerSpec), Blocked> {
        let gap_ns = self.scenario.quality.max_gap_ns;
        let enter = self.trigger(&phase.enter, gap_ns)?;
        let exit = self.trigger(&phase.exit, gap_ns)?;
        let mut used = enter.signals();
        used.extend(exit.signals());
        ensure_bound(&used, signals)?;
        Ok((enter, exit))
    }

    fn criterion(&self, criterion: &Criterion, signals: &[SignalInfo]) -> Prepared {
        match self.spec(criterion, signals) {
            Ok(spec) => Prepared::Judged(Arc::new(spec)),
            Err((verdict, reason)) => Prepared::Unjudged(verdict, reason),
        }
    }

    fn spec(&self, criterion: &Criterion, signals: &[SignalInfo]) -> Result<Spec, Blocked> {
        let operator = self.operator(criterion)?;
        let mut used = match &operator {
            OperatorSpec::Bound { signal, .. }
            | OperatorSpec::Hold { signal, .. }
            | OperatorSpec::Ripple { signal, .. } => vec![*signal],
            OperatorSpec::Pair { tests, .. } => tests.signals().collect(),
            OperatorSpec::TimeTo { from, to, .. } => {
                let mut used = to.signals();
                used.extend(from.signals());
                used
            }
        };
        let mut once = Vec::new();
        used.retain(|signal| !once.contains(signal) && (once.push(*signal), true).1);
        ensure_bound(&used, signals)?;
        let limits = applied_limits(&operator, signals);
        Ok(Spec { gate: criterion.quality, signals: used, operator, limits })
    }

    fn operator(&self, criterion: &Criterion) -> Result<OperatorSpec, Blocked> {
        let gap_ns = criterion.quality.max_gap_ns;
        Ok(match &criterion.operator {
            Operator::Bound { signal, statistic, compare, limit } => OperatorSpec::Bound {
                signal: self.signal(signal)?,
                statistic: *statistic,
                compare: *compare,
                limit: self.number(limit, "limit")?,
            },
            Operator::Hold { signal, low, high, duration } => {
                let signal = self.signal(signal)?;
                let end = |end: &Option<Expression>, what| {
                    end.as_ref().map(|end| self.number(end, what)).transpose()
                };
                let (low, high) = (end(low, "low")?, end(high, "high")?);
                let test = |compare, limit| Test { signal, compare, limit };
                let lower = low.map(|limit| test(Compare::AtLeast, limit));
                let upper = high.map(|limit| test(Compare::AtMost, limit));
                let tests = Tests { tests: lower.into_iter().chain(upper).collect(), gap_ns };
                let duration_ns = self.duration(duration, "for")?;
                OperatorSpec::Hold { signal, low, high, tests, duration_ns }
            }
            Operator::Pair { conditions, duration } => OperatorSpec::Pair {
                tests: self.tests(conditions, gap_ns)?,
                duration_ns: self.duration(duration, "for")?,
            },
            Operator::TimeTo { from, to, within } => OperatorSpec::TimeTo {
                from: self.trigger(from, gap_ns)?,
                to: self.trigger(to, gap_ns)?,
                within_ns: self.duration(within, "within")?,
            },
            Operator::Ripple { signal, window, nominal, limit } => OperatorSpec::Ripple {
                signal: self.signal(signal)?,
                window_ns: self.duration(window, "window")?,
                nominal: Some(self.number(nominal, "nominal")?)
                    .filter(|nominal| *nominal > 0.0)
                    .ok_or_else(|| blocked_by_number("nominal"))?,
                limit: self.number(limit, "limit")?,
            },
        })
    }
}

fn ensure_bound(used: &[usize], signals: &[SignalInfo]) -> Result<(), Blocked> {
    let mut roles: Vec<&str> =
        used.iter().flat_map(|at| &signals[*at].unbound).map(String::as_str).collect();
    roles.sort_unstable();
    roles.dedup();
    if roles.is_empty() {
        return Ok(());
    }
    let roles = roles.join(", ");
    Err((Verdict::NotTested, bilingual(|_| message!("verdict-role-not-bound", roles = roles))))
}

fn applied_limits(operator: &OperatorSpec, signals: &[SignalInfo]) -> Vec<AppliedLimit> {
    let in_unit = |compare, value_si, unit: Unit| AppliedLimit {
        compare,
        value: unit.from_si(value_si),
        unit,
    };
    let tests = |tests: &Tests| -> Vec<AppliedLimit> {
        let limit = |test: &Test| in_unit(test.compare, test.limit, signals[test.signal].unit);
        tests.tests.iter().map(limit).collect()
    };
    let time = |compare, ns: i64| in_unit(compare, ns as f64 / 1e9, second());
    match operator {
        OperatorSpec::Bound { signal, compare, limit, .. } => {
            vec![in_unit(*compare, *limit, signals[*signal].unit)]
        }
        OperatorSpec::Hold { tests: all, duration_ns, .. }
        | OperatorSpec::Pair { tests: all, duration_ns } => {
            let mut limits = tests(all);
            limits.push(time(Compare::AtLeast, *duration_ns));
            limits
        }
        OperatorSpec::TimeTo { within_ns, .. } => vec![time(Compare::AtMost, *within_ns)],
        OperatorSpec::Ripple { limit, .. } => vec![in_unit(Compare::AtMost, *limit, percent())],
    }
}

/// The unit of times.
pub(crate) fn second() -> Unit {
    Unit::parse("s").unwrap_or(Unit::ONE)
}

/// The unit of relative values.
pub(crate) fn percent() -> Unit {
    Unit::parse("%").unwrap_or(Unit::ONE)
}

/// The unit of a difference of two values: kelvin for a temperature in degrees Celsius.
pub(crate) fn difference_unit(unit: Unit) -> Unit {
    let kelvin = (!Quantity::TemperatureDifference.accepts(unit) && unit.offset != 0.0)
        .then(|| Unit::parse("K"))
        .flatten();
    kelvin.unwrap_or(unit)
}
