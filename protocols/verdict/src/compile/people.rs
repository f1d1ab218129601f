//! Criteria that people decide: readings and statements.

use trial::finding::{Evidence, Verdict};
use trial::scenario::{Criterion, Limits, Operator};
use trial::time::Span;
use words::message;

use super::Prepared;
use super::names::{Blocked, Names};
use crate::outcome::{Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};

impl Names<'_> {
    /// What people's words make of a criterion; `None` if it is one of signals.
    pub fn by_people(&self, criterion: &Criterion) -> Option<Prepared> {
        match &criterion.operator {
            Operator::Witness { .. } => {
                Some(Prepared::Settled(Box::new(self.witness(criterion)), Vec::new()))
            }
            Operator::Bound { signal, limits, .. } => {
                let role = self.scenario.roles.iter().find(|role| role.id == *signal)?;
                role.reading.then(|| {
                    self.reading(criterion, limits, signal)
                        .unwrap_or_else(|(verdict, reason)| Prepared::bare(verdict, reason))
                })
            }
            _ => None,
        }
    }

    fn witness(&self, criterion: &Criterion) -> Outcome {
        let Operator::Witness { statement: wanted, .. } = &criterion.operator else {
            return Outcome::bare(Verdict::Error, bilingual(|_| message!("verdict-no-statement")));
        };
        let Some(said) = self.said.statements.get(&criterion.id) else {
            return Outcome::bare(
                Verdict::NotTested,
                bilingual(|_| message!("verdict-no-statement")),
            );
        };
        let verdict = if said.holds { Verdict::Pass } else { Verdict::Fail };
        let words = words::printable(&said.words);
        let reason = bilingual(|language| {
            let wanted = wanted.in_language(language);
            if said.holds {
                message!(
                    "verdict-stated-true",
                    statement = wanted,
                    words = words,
                    attachments = said.attachments
                )
            } else {
                message!(
                    "verdict-stated-false",
                    statement = wanted,
                    words = words,
                    attachments = said.attachments
                )
            }
        });
        let mut outcome = Outcome::bare(verdict, reason);
        outcome.evidence.extend(said.at.map(|at| Evidence {
            channel: String::new(),
            span: Span::new(at, at),
            value: None,
        }));
        outcome
    }

    /// A reading is one number: every level of it is the same.
    fn reading(
        &self,
        criterion: &Criterion,
        limits: &Limits,
        name: &str,
    ) -> Result<Prepared, Blocked> {
        let role = self.scenario.roles.iter().find(|role| role.id == name);
        let Some(role) = role else { return Err(super::names::blocked_by_number("signal")) };
        let Some(reading) = self.said.readings.get(name) else {
            return Err(self.no_reading(&role.title));
        };
        let ends = self.ends(limits)?;
        let unit = role.unit;
        let value = with_unit(unit.from_si(reading.si), unit);
        let instrument = words::printable(&reading.instrument);
        let shown = ends.shown(unit);
        let reason = bilingual(|language| {
            message!(
                "verdict-reading",
                role = role.title.in_language(language),
                value = value,
                instrument = instrument,
                limit = shown
            )
        });
        let scalar = Scalar {
            low: reading.si,
            high: reading.si,
            seen: Some(reading.si),
            scale: Scale::of(unit),
            budget: crate::scalar::reading_budget(reading.resolution_si),
            single: true,
            evidence: Vec::new(),
            reason,
        };
        let rounding = match &criterion.rounding {
            None => None,
            Some(interval) => Some(self.number(interval, "rounding")?),
        };
        let outcome = scalar.judge(&ends, self.decision(criterion), rounding);
        Ok(Prepared::Settled(Box::new(outcome), ends.applied(unit)))
    }
}
