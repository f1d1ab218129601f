//! A scenario and a plan made ready: names become positions, expressions over parameters become
//! numbers, and what can't be judged is said at once.

pub(crate) mod limits;
pub(crate) mod names;
mod operator;
mod people;

use std::sync::Arc;

use trial::document::Title;
use trial::finding::{AppliedLimit, Verdict};
use trial::plan::Plan;
use trial::record::Mark;
use trial::scenario::{Criterion, DecisionRule, QualityGate, Scenario};
use trial::time::TrialTime;
use trial::unit::{Quantity, Unit};

use self::names::Names;
use crate::condition::Tests;
use crate::derived::DerivedBank;
use crate::doubts::Doubts;
use crate::outcome::Outcome;
use crate::said::Said;

pub(crate) use self::operator::{
    CyclesSpec, DropSpec, Ends, ErrorSpec, ExcursionSpec, LevelSpec, MotionSpec, OperatorSpec,
};

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

/// What happens at an instant.
#[derive(Debug, Clone)]
pub(crate) enum TriggerSpec {
    Mark(String),
    When { tests: Tests, stable_ns: i64 },
}

impl TriggerSpec {
    pub fn signals(&self) -> Vec<usize> {
        match self {
            TriggerSpec::When { tests, .. } => tests.signals().collect(),
            TriggerSpec::Mark(_) => Vec::new(),
        }
    }
}

/// What begins or ends a phase.
#[derive(Debug, Clone)]
pub(crate) enum PhaseTrigger {
    Event(TriggerSpec),
    At(TrialTime),
    /// After the phase was entered, in nanoseconds.
    After(i64),
}

impl PhaseTrigger {
    pub fn signals(&self) -> Vec<usize> {
        match self {
            PhaseTrigger::Event(event) => event.signals(),
            PhaseTrigger::At(_) | PhaseTrigger::After(_) => Vec::new(),
        }
    }
}

/// How a result near its limit is decided.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    pub rule: DecisionRule,
    /// Width of the guard band as a multiple of U.
    pub factor: f64,
}

/// A criterion that can be judged.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub gate: QualityGate,
    /// Signals that it looks at, each once.
    pub signals: Arc<[usize]>,
    /// Roles that these need, each once.
    pub roles: Arc<[usize]>,
    pub operator: OperatorSpec,
    pub limits: Vec<AppliedLimit>,
    pub decision: Decision,
    /// Interval to which a result is rounded, in the coherent SI unit.
    pub rounding: Option<f64>,
}

/// A criterion, or why it can't be judged by its signals.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    Judged(Arc<Spec>),
    /// What is known without looking at signals.
    Settled(Box<Outcome>, Vec<AppliedLimit>),
}

impl Prepared {
    fn bare(verdict: Verdict, reason: Title) -> Prepared {
        Prepared::Settled(Box::new(Outcome::bare(verdict, reason)), Vec::new())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct PhaseSpec {
    pub enter: PhaseTrigger,
    pub exit: PhaseTrigger,
    pub settle_ns: i64,
    /// Position and form of the criteria that are judged over it.
    pub criteria: Vec<(usize, Arc<Spec>)>,
}

/// A scenario bound to a plan.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub plan: Plan,
    pub scenario: Arc<Scenario>,
    pub signals: Vec<SignalInfo>,
    pub bank: DerivedBank,
    /// In the scenario's order; `None` where the phase can't be found at all.
    pub phases: Vec<Option<PhaseSpec>>,
    /// Criteria, then preconditions: the order of [`Scenario::judged`].
    pub criteria: Vec<Prepared>,
    /// Channel that stands for the trial as a whole where no other fits.
    pub any_channel: Option<String>,
    pub said: Said,
    pub doubts: Doubts,
}

impl Compiled {
    pub fn new(plan: &Plan, marks: &[Mark], mut said: Said, doubts: Doubts) -> Compiled {
        said.take_marks(marks);
        let scenario = Arc::clone(&plan.scenario);
        let mut names = Names {
            plan,
            scenario: &scenario,
            said: &said,
            signals: named_signals(plan),
            bank: DerivedBank::new(plan),
        };
        names.hide_new_signals();
        let any_channel =
            names.signals.iter().map(|signal| &signal.channel).find(|id| !id.is_empty()).cloned();
        let triggers: Vec<_> = scenario.phases.iter().map(|phase| names.phase(phase)).collect();
        let mut phases: Vec<Option<PhaseSpec>> = triggers
            .iter()
            .map(|trigger| {
                let (enter, exit, settle_ns) = trigger.as_ref().ok()?.clone();
                Some(PhaseSpec { enter, exit, settle_ns, criteria: Vec::new() })
            })
            .collect();
        let judged: Vec<&Criterion> = scenario.judged().collect();
        let mut criteria = Vec::with_capacity(judged.len());
        for (position, criterion) in judged.into_iter().enumerate() {
            let at = scenario.phases.iter().position(|phase| phase.id == criterion.phase);
            let blocked = at.and_then(|at| triggers[at].as_ref().err()).cloned();
            let prepared = names.criterion(criterion, blocked);
            if let (Prepared::Judged(spec), Some(Some(phase))) =
                (&prepared, at.and_then(|at| phases.get_mut(at)))
            {
                phase.criteria.push((position, Arc::clone(spec)));
            }
            criteria.push(prepared);
        }
        let Names { signals, bank, .. } = names;
        Compiled {
            plan: plan.clone(),
            scenario: Arc::clone(&scenario),
            signals,
            bank,
            phases,
            criteria,
            any_channel,
            said,
            doubts,
        }
    }
}

/// Roles and derived channels, in their order.
fn named_signals(plan: &Plan) -> Vec<SignalInfo> {
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
            if let Some(input) = crate::derived::signal_position(scenario, name) {
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
