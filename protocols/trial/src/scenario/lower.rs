//! From the raw scenario to the resolved one, by named checks.

mod criterion;
mod operator;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use words::{Message, message};

use super::raw::{
    RawDerived, RawEvent, RawParameter, RawPhase, RawQuality, RawRole, RawRoleKind, RawScenario,
    RawTrigger,
};
use super::{
    Derived, MAX_SCENARIO_ITEMS, NamedEvent, Parameter, Phase, QualityGate, Role, Scenario, Trigger,
};
use crate::channel::is_identifier;
use crate::document::{DocumentError, Source};
use crate::expression::{Condition, Expression, Measure};
use crate::profile::resolve_unit;
use crate::time::{duration_nanoseconds, parse_duration};
use crate::unit::Dimension;

/// Most conditions that are to hold together.
const MAX_CONDITIONS: usize = 8;

pub(super) fn lower(source: Source<'_>) -> Result<Scenario, DocumentError> {
    let raw: RawScenario = source.parse()?;
    reject_bad_head(&source, &raw)?;
    let mut lowering = Lowering { source, names: BTreeMap::new(), events: Vec::new() };
    let roles = lowering.roles(&raw.role)?;
    let parameters = lowering.parameters(&raw.parameter)?;
    let derived = lowering.derived(&raw.derived)?;
    lowering.define_events(&raw.event)?;
    let phases = lowering.phases(&raw.phase)?;
    let gate = lowering.gate(&raw.quality)?;
    let criteria = lowering.criteria(&raw.criterion, &phases, gate)?;
    let preconditions = lowering.preconditions(&raw.precondition, &phases, gate, &criteria)?;
    let roll_up = raw.roll_up.as_ref().map(|raw| lowering.roll_up(raw));
    Ok(Scenario {
        id: raw.scenario.id.into_inner(),
        family: raw.scenario.family,
        cluster: raw.scenario.cluster,
        edition: raw.scenario.edition,
        title: raw.scenario.title,
        standard: raw.scenario.standard,
        quality: gate,
        roles,
        parameters,
        derived,
        events: lowering.events,
        phases,
        criteria,
        preconditions,
        roll_up,
    })
}

fn reject_bad_head(source: &Source<'_>, raw: &RawScenario) -> Result<(), DocumentError> {
    if !is_identifier(raw.scenario.id.get_ref()) {
        let id = words::printable(raw.scenario.id.get_ref());
        return Err(
            source.refuse(raw.scenario.id.span(), message!("document-bad-identifier", id = id))
        );
    }
    let counts = [
        raw.role.len(),
        raw.parameter.len(),
        raw.derived.len(),
        raw.event.len(),
        raw.phase.len(),
        raw.precondition.len(),
        raw.criterion.len(),
    ];
    if raw.criterion.is_empty() || counts.iter().any(|count| *count > MAX_SCENARIO_ITEMS) {
        let message = message!("scenario-item-count", limit = MAX_SCENARIO_ITEMS);
        return Err(source.refuse_whole(message));
    }
    Ok(())
}

/// What a name in an expression stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    Signal,
    Reading,
    Parameter,
}

/// Which names an expression may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// Numbers that the plan gives, and readings.
    Parameters,
    /// These, and signals.
    Signals,
}

struct Lowering<'a> {
    source: Source<'a>,
    names: BTreeMap<String, (NameKind, Measure)>,
    events: Vec<NamedEvent>,
}

/// Refuses what is not found among known names.
fn ensure_new_name<'a>(
    source: &Source<'_>,
    at: Range<usize>,
    id: &str,
    mut known: impl Iterator<Item = &'a str>,
) -> Result<(), DocumentError> {
    if !is_identifier(id) {
        let message = message!("document-bad-identifier", id = words::printable(id));
        return Err(source.refuse(at, message));
    }
    if known.any(|other| other == id) {
        return Err(source.refuse(at, message!("document-twice", id = id)));
    }
    Ok(())
}

impl Lowering<'_> {
    fn define(
        &mut self,
        at: Range<usize>,
        id: &str,
        kind: NameKind,
        measure: Measure,
    ) -> Result<(), DocumentError> {
        // A name in an expression has no dots or dashes, so that `a-b` is a difference. `each`
        // stands for others.
        let plain = is_identifier(id) && !id.contains(['.', '-']) && id != "each";
        if !plain || id.starts_with(|first: char| first.is_ascii_digit()) {
            let message = message!("scenario-bad-name", id = words::printable(id));
            return Err(self.source.refuse(at, message));
        }
        if self.names.insert(id.to_owned(), (kind, measure)).is_some() {
            return Err(self.source.refuse(at, message!("document-twice", id = id)));
        }
        Ok(())
    }

    fn roles(&mut self, raw: &[Spanned<RawRole>]) -> Result<Vec<Role>, DocumentError> {
        let mut roles = Vec::with_capacity(raw.len());
        for spanned in raw {
            let role = spanned.get_ref();
            let unit = resolve_unit(&self.source, &role.unit, role.quantity)?;
            let reading = matches!(role.kind, Some(RawRoleKind::Reading));
            let kind = if reading { NameKind::Reading } else { NameKind::Signal };
            self.define(spanned.span(), &role.id, kind, Measure::of(role.quantity))?;
            if role.min_rate_hz.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
                let message = message!("scenario-bad-rate", id = role.id);
                return Err(self.source.refuse(spanned.span(), message));
            }
            let max_uncertainty_si = match &role.max_uncertainty {
                None => None,
                Some(text) => Some(
                    constant(text.get_ref(), unit.dimension)
                        .map_err(|message| self.source.refuse(text.span(), message))?,
                ),
            };
            let max_refresh_ns = match &role.max_refresh {
                None => None,
                Some(text) => Some(self.duration(text)?),
            };
            roles.push(Role {
                id: role.id.clone(),
                title: role.title.clone(),
                quantity: role.quantity,
                unit,
                reading,
                min_rate_hz: role.min_rate_hz,
                max_uncertainty_si,
                max_refresh_ns,
            });
        }
        Ok(roles)
    }

    fn parameters(
        &mut self,
        raw: &[Spanned<RawParameter>],
    ) -> Result<Vec<Parameter>, DocumentError> {
        raw.iter()
            .map(|spanned| {
                let parameter = spanned.get_ref();
                let unit = resolve_unit(&self.source, &parameter.unit, parameter.quantity)?;
                let measure = Measure::of(parameter.quantity);
                self.define(spanned.span(), &parameter.id, NameKind::Parameter, measure)?;
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
                let measure = Measure::of(derived.quantity);
                let text = derived.expression.get_ref();
                let expression = self
                    .expression(text, measure, Over::Signals)
                    .map_err(|message| self.source.refuse(derived.expression.span(), message))?;
                self.define(spanned.span(), &derived.id, NameKind::Signal, measure)?;
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

    fn define_events(&mut self, raw: &[Spanned<RawEvent>]) -> Result<(), DocumentError> {
        for spanned in raw {
            let event = spanned.get_ref();
            let known = self.events.iter().map(|event| event.id.as_str());
            ensure_new_name(&self.source, spanned.span(), &event.id, known)?;
            let trigger = RawTrigger {
                mark: event.mark.clone(),
                when: event.when.clone(),
                stable: event.stable.clone(),
                ..RawTrigger::default()
            };
            let trigger = self
                .event(&trigger)
                .map_err(|message| self.source.refuse(spanned.span(), message))?;
            let (id, title) = (event.id.clone(), event.title.clone());
            self.events.push(NamedEvent { id, title, trigger });
        }
        Ok(())
    }

    fn phases(&self, raw: &[Spanned<RawPhase>]) -> Result<Vec<Phase>, DocumentError> {
        let mut phases: Vec<Phase> = Vec::new();
        for spanned in raw {
            let phase = spanned.get_ref();
            let known = phases.iter().map(|phase| phase.id.as_str());
            ensure_new_name(&self.source, spanned.span(), &phase.id, known)?;
            let trigger = |raw: &Spanned<RawTrigger>, leaves| {
                self.trigger(raw.get_ref(), leaves)
                    .map_err(|message| self.source.refuse(raw.span(), message))
            };
            let settle = match &phase.settle {
                None => None,
                Some(text) => Some(
                    self.expression(text.get_ref(), Measure::TIME, Over::Parameters)
                        .map_err(|message| self.source.refuse(text.span(), message))?,
                ),
            };
            phases.push(Phase {
                id: phase.id.clone(),
                title: phase.title.clone(),
                enter: trigger(&phase.enter, false)?,
                exit: trigger(&phase.exit, true)?,
                settle,
            });
        }
        Ok(phases)
    }

    fn gate(&self, raw: &RawQuality) -> Result<QualityGate, DocumentError> {
        let min_coverage = *raw.min_coverage.get_ref();
        if !(0.0..=1.0).contains(&min_coverage) {
            let message = message!("scenario-bad-coverage");
            return Err(self.source.refuse(raw.min_coverage.span(), message));
        }
        let max_gap_ns = self.duration(&raw.max_gap)?;
        Ok(QualityGate { min_coverage, max_gap_ns, interpolation: raw.interpolation })
    }

    fn duration(&self, text: &Spanned<String>) -> Result<i64, DocumentError> {
        let duration = parse_duration(text.get_ref()).ok_or_else(|| {
            self.source.refuse(text.span(), message!("document-bad-duration", limit = "10 a"))
        })?;
        Ok(duration_nanoseconds(duration))
    }

    /// A trigger of a phase: an event, or a time of the plan.
    fn trigger(&self, raw: &RawTrigger, leaves: bool) -> Result<Trigger, Message> {
        let time = |text: &str| self.expression(text, Measure::TIME, Over::Parameters);
        match raw {
            RawTrigger { mark: None, when: None, stable: None, event: None, at, after } => {
                match (at, after) {
                    (Some(at), None) => Ok(Trigger::At(time(at)?)),
                    (None, Some(after)) if leaves => Ok(Trigger::After(time(after)?)),
                    _ => Err(message!("scenario-bad-trigger")),
                }
            }
            _ => self.event(raw),
        }
    }

    /// A trigger that is no time of the plan.
    fn event(&self, raw: &RawTrigger) -> Result<Trigger, Message> {
        let RawTrigger { mark, when, stable, event, at: None, after: None } = raw else {
            return Err(message!("scenario-bad-trigger"));
        };
        match (mark, when, stable, event) {
            (Some(mark), None, None, None) => Ok(Trigger::Mark(mark.clone())),
            (None, Some(when), stable, None) => {
                let stable = match stable {
                    None => std::time::Duration::ZERO,
                    Some(text) => parse_duration(text)
                        .ok_or_else(|| message!("document-bad-duration", limit = "10 a"))?,
                };
                Ok(Trigger::When {
                    conditions: self.conditions(when)?,
                    stable_ns: duration_nanoseconds(stable),
                })
            }
            (None, None, None, Some(id)) => self.named_event(id),
            _ => Err(message!("scenario-bad-trigger")),
        }
    }

    fn named_event(&self, id: &str) -> Result<Trigger, Message> {
        let found = self.events.iter().find(|event| event.id == id);
        found
            .map(|event| event.trigger.clone())
            .ok_or_else(|| message!("scenario-unknown-event", event = words::printable(id)))
    }

    fn conditions(&self, raw: &[String]) -> Result<Vec<Condition>, Message> {
        if raw.is_empty() || raw.len() > MAX_CONDITIONS {
            return Err(message!("scenario-condition-count"));
        }
        raw.iter()
            .map(|text| {
                let condition = Condition::parse(text)?;
                let wanted = self.signal(&condition.signal)?;
                self.check(&condition.limit, wanted, Over::Parameters)?;
                Ok(condition)
            })
            .collect()
    }

    fn signal(&self, name: &str) -> Result<Measure, Message> {
        match self.names.get(name) {
            Some((NameKind::Signal, measure)) => Ok(*measure),
            _ => Err(message!("scenario-unknown-signal", name = words::printable(name))),
        }
    }

    fn expression(&self, text: &str, wanted: Measure, over: Over) -> Result<Expression, Message> {
        let expression = Expression::parse(text)?;
        self.check(&expression, wanted, over)?;
        Ok(expression)
    }

    fn check(&self, expression: &Expression, wanted: Measure, over: Over) -> Result<(), Message> {
        wanted.ensure(self.measure(expression, over)?)
    }

    fn measure(&self, expression: &Expression, over: Over) -> Result<Measure, Message> {
        let of = |name: &str| {
            let (kind, measure) = *self.names.get(name)?;
            (over == Over::Signals || kind != NameKind::Signal).then_some(measure)
        };
        let found = expression.measure(&of)?;
        if over == Over::Parameters && expression.is_over_time() {
            return Err(message!("expression-over-time-misplaced"));
        }
        if let Some(function) = window_of_signals(expression, &|name| {
            self.names.get(name).is_some_and(|(kind, _)| *kind == NameKind::Signal)
        }) {
            return Err(message!("expression-window-varies", window = function));
        }
        Ok(found)
    }
}

/// The first window of a function over time that a signal would change, as its place in the
/// arguments; `None` if there is none.
fn window_of_signals(expression: &Expression, is_signal: &dyn Fn(&str) -> bool) -> Option<usize> {
    match expression {
        Expression::Number(..) | Expression::Name(_) => None,
        Expression::Negate(inner) | Expression::Power(inner, _) => {
            window_of_signals(inner, is_signal)
        }
        Expression::Binary(_, left, right) => {
            window_of_signals(left, is_signal).or_else(|| window_of_signals(right, is_signal))
        }
        Expression::Call(function, arguments) => {
            if function.has_window()
                && let Some(window) = arguments.last()
            {
                let mut varies = window.is_over_time();
                window.names(&mut |name| varies |= is_signal(name));
                if varies {
                    return Some(arguments.len());
                }
            }
            arguments.iter().find_map(|argument| window_of_signals(argument, is_signal))
        }
    }
}

/// The value of an expression without names, in coherent SI units.
pub(crate) fn constant(text: &str, wanted: Dimension) -> Result<f64, Message> {
    let expression = Expression::parse(text)?;
    Measure::any(wanted).ensure(expression.measure(&|_| None)?)?;
    let value = expression.evaluate(&|_| None);
    if value.is_finite() { Ok(value) } else { Err(message!("expression-not-finite")) }
}
