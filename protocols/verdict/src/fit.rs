//! Whether the instruments of a plan can decide what its scenario asks, before anything runs.
//!
//! What is judged here follows from plan, profiles and bus alone. An instrument that is found fit may
//! still fail in the trial; one that is found unfit leaves its criterion undecided, or decides it
//! wrongly.
//!
//! Invariants:
//! - What is not declared is not held against an instrument, unless the criterion can't be decided
//!   without it.
//! - Every lack comes with its numbers, and with what to change.

mod accuracy;
mod advice;
mod instrument;
mod lack;
mod rates;
mod times;

use trial::channel::ChannelIndex;
use trial::document::Title;
use trial::finding::Verdict;
use trial::plan::{Plan, SamplePeriod};
use trial::scenario::Criterion;

pub use lack::{Lack, Misfit, Slow};

use crate::compile::{Compiled, OperatorSpec, Prepared, Spec};
use crate::doubts::Doubts;
use crate::said::Said;
use instrument::Instrument;

pub(crate) use instrument::{least_uncertainty, refresh_ns};
pub(crate) use rates::RATE_TOLERANCE;

/// How far a plan can decide a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fitness {
    /// It can.
    Fit,
    /// It can, but not near the limit, or something that should be declared is not.
    Reserve,
    /// It can't.
    Unfit,
    /// People decide it, or enter what it needs.
    ByPeople,
    /// It does not apply to the item.
    NotApplicable,
}

/// What is found of one criterion or precondition.
#[derive(Debug, Clone, PartialEq)]
pub struct CriterionFit {
    /// Its id.
    pub criterion: String,
    /// Its title.
    pub title: Title,
    /// The whole of it.
    pub fitness: Fitness,
    /// What is lacking, the signals in the scenario's order.
    pub misfits: Vec<Misfit>,
}

/// Looks at every criterion and precondition, in the scenario's order.
///
/// `periods` are those of the plan's channels, in their order; a missing one is not known. `today` is
/// the day at the site, `YYYY-MM-DD`; empty compares no due dates.
pub fn fit(plan: &Plan, periods: &[SamplePeriod], today: &str) -> Vec<CriterionFit> {
    // With a channel for every role each criterion says what it would need.
    let mut bound = plan.clone();
    for role in plan.scenario.roles.iter().filter(|role| !role.reading) {
        bound.roles.entry(role.id.clone()).or_insert(ChannelIndex(0));
    }
    let compiled = Compiled::new(&bound, &[], Said::default(), Doubts::default());
    let look = Look { plan, compiled: &compiled, periods, today };
    let criteria = plan.scenario.judged().zip(&compiled.criteria);
    criteria.map(|(criterion, prepared)| look.criterion(criterion, prepared)).collect()
}

/// What all checks look at.
struct Look<'a> {
    /// As it was given.
    plan: &'a Plan,
    /// With a channel for every role.
    compiled: &'a Compiled,
    periods: &'a [SamplePeriod],
    today: &'a str,
}

impl Look<'_> {
    fn criterion(&self, criterion: &Criterion, prepared: &Prepared) -> CriterionFit {
        let (fitness, misfits) = match prepared {
            Prepared::Judged(spec) => self.of_spec(criterion, spec),
            Prepared::Settled(outcome, _) => match outcome.verdict {
                Verdict::NotApplicable => (Fitness::NotApplicable, Vec::new()),
                Verdict::Error => {
                    let lack = Lack::NotPrepared { why: outcome.reason.clone() };
                    (Fitness::Unfit, vec![Misfit::of_nothing(lack)])
                }
                _ => (Fitness::ByPeople, Vec::new()),
            },
        };
        CriterionFit {
            criterion: criterion.id.clone(),
            title: criterion.title.clone(),
            fitness,
            misfits,
        }
    }

    fn of_spec(&self, criterion: &Criterion, spec: &Spec) -> (Fitness, Vec<Misfit>) {
        let mut misfits = Vec::new();
        let mut needed = spec.roles.to_vec();
        needed.extend(self.roles_of_phase(criterion));
        needed.sort_unstable();
        needed.dedup();
        for role in needed {
            let role = &self.compiled.scenario.roles[role];
            if !role.reading && !self.plan.roles.contains_key(&role.id) {
                misfits.push(Misfit::unfit(role, Lack::Unbound));
            }
        }
        if misfits.is_empty() {
            for role in spec.roles.iter() {
                if let Some(instrument) = self.instrument(*role) {
                    self.rates(&instrument, spec, &mut misfits);
                    self.calibration(&instrument, spec, &mut misfits);
                }
            }
            self.of_operator(spec, &mut misfits);
        }
        let fitness = if misfits.iter().any(|misfit| misfit.unfit) {
            Fitness::Unfit
        } else if misfits.is_empty() {
            Fitness::Fit
        } else {
            Fitness::Reserve
        };
        (fitness, misfits)
    }

    /// What the operator asks of times and limits. Of alternatives one that can be decided is enough.
    fn of_operator(&self, spec: &Spec, misfits: &mut Vec<Misfit>) {
        let OperatorSpec::AnyOf(alternatives) = &spec.operator else {
            self.times(spec, misfits);
            self.accuracy(spec, misfits);
            return;
        };
        let mut one_is_fit = false;
        let mut found = Vec::new();
        for alternative in alternatives {
            let mut own = Vec::new();
            self.of_operator(alternative, &mut own);
            one_is_fit |= own.iter().all(|misfit| !misfit.unfit);
            found.extend(own);
        }
        for mut misfit in found {
            misfit.unfit &= !one_is_fit;
            if !misfits.contains(&misfit) {
                misfits.push(misfit);
            }
        }
    }

    /// Roles by which the phase of a criterion is found.
    fn roles_of_phase(&self, criterion: &Criterion) -> Vec<usize> {
        let phases = self.compiled.scenario.phases.iter().zip(&self.compiled.phases);
        let mut phases = phases.filter(|(phase, _)| phase.id == criterion.phase);
        let Some((_, Some(phase))) = phases.next() else { return Vec::new() };
        let signals = phase.enter.signals().into_iter().chain(phase.exit.signals());
        signals.flat_map(|signal| self.compiled.bank.roles_of(signal).to_vec()).collect()
    }

    /// The instrument of a role; `None` for one that is not bound.
    fn instrument(&self, role: usize) -> Option<Instrument<'_>> {
        Instrument::of(self.plan, self.periods, self.compiled.scenario.roles.get(role)?)
    }

    /// The instruments behind a signal.
    fn instruments(&self, signal: usize) -> Vec<Instrument<'_>> {
        let roles = self.compiled.bank.roles_of(signal).iter();
        roles.filter_map(|role| self.instrument(*role)).collect()
    }
}
