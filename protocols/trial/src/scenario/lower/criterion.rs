//! Criteria, preconditions and the roll-up.

use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use words::{Message, message};

use super::{Lowering, NameKind, Over, ensure_new_name};
use crate::document::{DocumentError, Title};
use crate::expression::Comparison;
use crate::scenario::raw::{RawCriterion, RawFilter, RawOperator, RawPrecondition, RawRollUp};
use crate::scenario::{
    Aggregate, Class, Criterion, DecisionRule, Filter, LimitSource, LimitStatus,
    MAX_FILTER_SAMPLES, MAX_SCENARIO_ITEMS, Operator, Phase, Precondition, QualityGate, Repeats,
    Retest, RollUp,
};
use crate::time::is_date;

/// What stands for a name of `for_each`.
const EACH: &str = "each";
/// Most occurrences that a criterion may ask for.
const MAX_REPEATS: u32 = 1000;

impl Lowering<'_> {
    pub(super) fn criteria(
        &self,
        raw: &[Spanned<RawCriterion>],
        phases: &[Phase],
        default_gate: QualityGate,
    ) -> Result<Vec<Criterion>, DocumentError> {
        let mut criteria: Vec<Criterion> = Vec::new();
        for spanned in raw {
            let criterion = spanned.get_ref();
            let gate = match &criterion.quality {
                Some(gate) => self.gate(gate)?,
                None => default_gate,
            };
            let names: Vec<Option<&str>> = match &criterion.for_each {
                None => vec![None],
                Some(names) => names.iter().map(|name| Some(name.as_str())).collect(),
            };
            for name in names {
                let lowered = self
                    .criterion(criterion, name, phases, gate)
                    .map_err(|message| self.source.refuse(spanned.span(), message))?;
                let known = criteria.iter().map(|criterion| criterion.id.as_str());
                ensure_new_name(&self.source, spanned.span(), &lowered.id, known)?;
                criteria.push(lowered);
            }
            if criteria.len() > MAX_SCENARIO_ITEMS {
                let message = message!("scenario-item-count", limit = MAX_SCENARIO_ITEMS);
                return Err(self.source.refuse(spanned.span(), message));
            }
        }
        Ok(criteria)
    }

    /// One criterion, with `name` in the place of `each`.
    fn criterion(
        &self,
        raw: &RawCriterion,
        name: Option<&str>,
        phases: &[Phase],
        quality: QualityGate,
    ) -> Result<Criterion, Message> {
        ensure_phase(&raw.id, &raw.phase, phases)?;
        ensure_source(&raw.source)?;
        let (id, title) = match name {
            None => (raw.id.clone(), raw.title.clone()),
            Some(name) => (format!("{}.{name}", raw.id), self.title_of_each(&raw.title, name)?),
        };
        let guard_factor = raw.guard_factor.unwrap_or(1.0);
        if !(guard_factor >= 0.0 && guard_factor.is_finite()) {
            return Err(message!("scenario-guard-factor"));
        }
        let operator = self.read_operator(&raw.operator, name)?;
        let rounding = match &raw.rounding {
            None => None,
            Some(text) => {
                let wanted = self.dimension_of_result(&operator)?;
                Some(self.expression(text, wanted, Over::Parameters)?)
            }
        };
        Ok(Criterion {
            id,
            title,
            phase: raw.phase.clone(),
            applies_when: self.comparisons(&raw.applies_when)?,
            operator,
            repeats: repeats(raw)?,
            filter: filter(raw)?,
            class: raw.class,
            mandatory: raw.mandatory,
            source: raw.source.clone(),
            quality,
            rule: raw.rule,
            guard_factor,
            rounding,
        })
    }

    pub(super) fn preconditions(
        &self,
        raw: &[Spanned<RawPrecondition>],
        phases: &[Phase],
        default_gate: QualityGate,
        criteria: &[Criterion],
    ) -> Result<Vec<Precondition>, DocumentError> {
        let mut preconditions: Vec<Precondition> = Vec::new();
        for spanned in raw {
            let precondition = spanned.get_ref();
            let at: Range<usize> = spanned.span();
            let known = preconditions.iter().map(|known| known.criterion.id.as_str());
            let known = known.chain(criteria.iter().map(|criterion| criterion.id.as_str()));
            ensure_new_name(&self.source, at.clone(), &precondition.id, known)?;
            let quality = match &precondition.quality {
                Some(gate) => self.gate(gate)?,
                None => default_gate,
            };
            let lowered = self
                .precondition(precondition, phases, quality, criteria)
                .map_err(|message| self.source.refuse(at, message))?;
            preconditions.push(lowered);
        }
        Ok(preconditions)
    }

    fn precondition(
        &self,
        raw: &RawPrecondition,
        phases: &[Phase],
        quality: QualityGate,
        criteria: &[Criterion],
    ) -> Result<Precondition, Message> {
        ensure_phase(&raw.id, &raw.phase, phases)?;
        ensure_source(&raw.source)?;
        let guards = match &raw.guards {
            None => (0..criteria.len()).collect(),
            Some(ids) => guarded(ids, criteria)?,
        };
        let criterion = Criterion {
            id: raw.id.clone(),
            title: raw.title.clone(),
            phase: raw.phase.clone(),
            applies_when: self.comparisons(&raw.applies_when)?,
            operator: self.read_operator(&raw.operator, None)?,
            repeats: None,
            filter: None,
            class: Class::A,
            mandatory: false,
            source: raw.source.clone(),
            quality,
            rule: DecisionRule::SimpleAcceptance,
            guard_factor: 1.0,
            rounding: None,
        };
        Ok(Precondition { criterion, guards })
    }

    pub(super) fn roll_up(&self, raw: &Spanned<RawRollUp>) -> RollUp {
        let RawRollUp { a, b, c, retest } = raw.get_ref();
        RollUp { allowed: [*a, *b, *c], retest: retest.unwrap_or(Retest::None) }
    }

    fn comparisons(&self, raw: &[String]) -> Result<Vec<Comparison>, Message> {
        raw.iter()
            .map(|text| {
                let comparison = Comparison::parse(text)?;
                let left = self.measure(&comparison.left, Over::Parameters)?;
                self.check(&comparison.right, left, Over::Parameters)?;
                Ok(comparison)
            })
            .collect()
    }

    fn title_of_each(&self, title: &Title, name: &str) -> Result<Title, Message> {
        let known = self.names.get(name).is_some_and(|(kind, _)| *kind != NameKind::Parameter);
        if !known {
            return Err(message!("scenario-unknown-signal", name = words::printable(name)));
        }
        Ok(Title { en: format!("{}: {name}", title.en), zh: format!("{}:{name}", title.zh) })
    }

    fn read_operator(&self, raw: &toml::Table, name: Option<&str>) -> Result<Operator, Message> {
        let mut table = raw.clone();
        if let Some(name) = name {
            table.iter_mut().for_each(|(_, value)| put_name(value, name));
        }
        let raw = RawOperator::deserialize(table).map_err(|error| {
            message!("document-wrong-form", detail = words::printable(error.message()))
        })?;
        self.operator(&raw)
    }
}

/// Puts a name wherever `each` stands as a word.
fn put_name(value: &mut toml::Value, name: &str) {
    match value {
        toml::Value::String(text) => {
            let mut replaced = String::with_capacity(text.len());
            let mut word = String::new();
            for symbol in text.chars().chain(['\0']) {
                if symbol.is_ascii_alphanumeric() || symbol == '_' {
                    word.push(symbol);
                    continue;
                }
                replaced.push_str(if word == EACH { name } else { &word });
                word.clear();
                if symbol != '\0' {
                    replaced.push(symbol);
                }
            }
            *text = replaced;
        }
        toml::Value::Array(values) => values.iter_mut().for_each(|value| put_name(value, name)),
        toml::Value::Table(table) => table.iter_mut().for_each(|(_, value)| put_name(value, name)),
        _ => {}
    }
}

fn ensure_phase(id: &str, phase: &str, phases: &[Phase]) -> Result<(), Message> {
    if phases.iter().any(|known| known.id == *phase) {
        return Ok(());
    }
    Err(message!("scenario-unknown-phase", id = id, phase = words::printable(phase)))
}

/// A verified limit says who verified it and when.
fn ensure_source(source: &LimitSource) -> Result<(), Message> {
    let named = !source.verified_by.is_empty() && is_date(&source.verified_on);
    if source.status == LimitStatus::Verified && !named {
        return Err(message!("scenario-verified-by-whom"));
    }
    Ok(())
}

/// Positions of criteria by their ids; those of a `for_each` by the id before the dot, too.
fn guarded(ids: &[String], criteria: &[Criterion]) -> Result<Vec<usize>, Message> {
    let mut guards = Vec::new();
    for id in ids {
        let before = guards.len();
        let is_meant = |known: &str| {
            known == id || known.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('.'))
        };
        let found = criteria.iter().enumerate().filter(|(_, known)| is_meant(&known.id));
        guards.extend(found.map(|(at, _)| at));
        if guards.len() == before {
            return Err(message!("scenario-unknown-criterion", id = words::printable(id)));
        }
    }
    Ok(guards)
}

fn repeats(raw: &RawCriterion) -> Result<Option<Repeats>, Message> {
    let Some(repeats) = &raw.repeats else { return Ok(None) };
    let need = repeats.need.unwrap_or(repeats.count);
    let aggregate = repeats.aggregate.unwrap_or(Aggregate::Each);
    let counts = (1..=MAX_REPEATS).contains(&repeats.count) && (1..=repeats.count).contains(&need);
    if !counts || (aggregate != Aggregate::Each && need != repeats.count) {
        return Err(message!("scenario-bad-repeats", id = raw.id, limit = MAX_REPEATS));
    }
    Ok(Some(Repeats { count: repeats.count, need, aggregate }))
}

fn filter(raw: &RawCriterion) -> Result<Option<Filter>, Message> {
    let (filter, samples) = match &raw.filter {
        None => return Ok(None),
        Some(RawFilter::MovingMean(samples)) => (Filter::MovingMean(*samples), *samples),
        Some(RawFilter::Median(samples)) => (Filter::Median(*samples), *samples),
    };
    if !(2..=MAX_FILTER_SAMPLES).contains(&samples) {
        return Err(message!("scenario-bad-filter", id = raw.id, limit = MAX_FILTER_SAMPLES));
    }
    Ok(Some(filter))
}
