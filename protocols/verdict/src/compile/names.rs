//! Names of a scenario: signals, parameters and readings, and the numbers that expressions give.

use std::sync::Arc;

use trial::document::Title;
use trial::expression::{Comparison, Condition, Expression};
use trial::finding::Verdict;
use trial::plan::Plan;
use trial::scenario::{Aggregate, Criterion, DecisionRule, Phase, Scenario, Trigger};
use trial::time::TrialTime;
use words::message;

use super::{Decision, PhaseTrigger, Prepared, SignalInfo, Spec, TriggerSpec, difference_unit};
use crate::condition::{Test, Tests};
use crate::derived::{DerivedBank, signal_position};
use crate::outcome::bilingual;
use crate::said::Said;

/// Why something can't be judged, and with which verdict.
pub(crate) type Blocked = (Verdict, Title);

pub(crate) fn blocked_by_number(text: &'static str) -> Blocked {
    (Verdict::Error, bilingual(|_| message!("verdict-limit-not-finite", what = text)))
}

/// Whole nanoseconds of a time in seconds; `None` unless it is 0 to about 290 years.
fn nanoseconds(seconds: f64) -> Option<i64> {
    let nanoseconds = (seconds * 1e9).round();
    (0.0..9.2e18).contains(&nanoseconds).then_some(nanoseconds as i64)
}

pub(crate) struct Names<'a> {
    pub plan: &'a Plan,
    pub scenario: &'a Scenario,
    pub said: &'a Said,
    pub signals: Vec<SignalInfo>,
    pub bank: DerivedBank,
}

impl Names<'_> {
    /// Hidden signals have the look of nothing; evidence leads to what they are made of.
    pub fn hide_new_signals(&mut self) {
        while self.signals.len() < self.bank.signals() {
            let signal = self.signals.len();
            let mut unbound: Vec<String> = Vec::new();
            for role in self.bank.roles_of(signal) {
                unbound.extend(self.signals[*role].unbound.iter().cloned());
            }
            let title = Title::default();
            let unit = trial::unit::Unit::ONE;
            self.signals.push(SignalInfo { title, unit, channel: String::new(), unbound });
        }
    }

    /// A hidden signal that looks like another one.
    pub fn hide_as(&mut self, hidden: usize, like: usize) {
        self.hide_new_signals();
        let SignalInfo { title, unit, channel, .. } = self.signals[like].clone();
        let info = &mut self.signals[hidden];
        (info.title, info.unit, info.channel) = (title, unit, channel);
    }

    fn value(&self, name: &str) -> Option<f64> {
        let parameter = self.plan.parameters.get(name).map(|value| value.si);
        parameter.or_else(|| self.said.readings.get(name).map(|reading| reading.si))
    }

    pub fn number(&self, expression: &Expression, what: &'static str) -> Result<f64, Blocked> {
        let mut missing: Option<&str> = None;
        expression.names(&mut |name| {
            if self.value(name).is_none() {
                missing = missing.or(Some(name));
            }
        });
        if let Some(name) = missing {
            if let Some(role) = self.scenario.roles.iter().find(|role| role.id == name) {
                return Err(self.no_reading(&role.title));
            }
            let reason = bilingual(|_| message!("verdict-parameter-missing", name = name));
            return Err((Verdict::Error, reason));
        }
        let value = expression.evaluate(&|name| self.value(name));
        if value.is_finite() { Ok(value) } else { Err(blocked_by_number(what)) }
    }

    /// Nobody has entered a reading.
    pub fn no_reading(&self, title: &Title) -> Blocked {
        let reason = bilingual(|language| {
            message!("verdict-no-reading", role = title.in_language(language))
        });
        (Verdict::NotTested, reason)
    }

    pub fn duration(&self, expression: &Expression, what: &'static str) -> Result<i64, Blocked> {
        let seconds = self.number(expression, what)?;
        nanoseconds(seconds).filter(|ns| *ns > 0).ok_or_else(|| blocked_by_number(what))
    }

    /// A time that may be zero.
    pub fn instant(&self, expression: &Expression, what: &'static str) -> Result<i64, Blocked> {
        let seconds = self.number(expression, what)?;
        nanoseconds(seconds).ok_or_else(|| blocked_by_number(what))
    }

    pub fn signal(&self, name: &str) -> Result<usize, Blocked> {
        signal_position(self.scenario, name).ok_or_else(|| blocked_by_number("signal"))
    }

    pub fn tests(&self, conditions: &[Condition], gap_ns: i64) -> Result<Tests, Blocked> {
        let tests = conditions.iter().map(|condition| {
            Ok(Test {
                signal: self.signal(&condition.signal)?,
                compare: condition.compare,
                limit: self.number(&condition.limit, "limit")?,
            })
        });
        Ok(Tests { tests: tests.collect::<Result<_, Blocked>>()?, gap_ns })
    }

    pub fn trigger(&self, trigger: &Trigger, gap_ns: i64) -> Result<TriggerSpec, Blocked> {
        Ok(match trigger {
            Trigger::Mark(text) => TriggerSpec::Mark(text.clone()),
            Trigger::When { conditions, stable_ns } => {
                TriggerSpec::When { tests: self.tests(conditions, gap_ns)?, stable_ns: *stable_ns }
            }
            // A criterion has no times of the plan; reading its document refuses them.
            Trigger::At(_) | Trigger::After(_) => return Err(blocked_by_number("at")),
        })
    }

    fn phase_trigger(&self, trigger: &Trigger) -> Result<PhaseTrigger, Blocked> {
        Ok(match trigger {
            Trigger::At(at) => PhaseTrigger::At(TrialTime(self.instant(at, "at")?)),
            Trigger::After(after) => PhaseTrigger::After(self.duration(after, "after")?),
            event => PhaseTrigger::Event(self.trigger(event, self.scenario.quality.max_gap_ns)?),
        })
    }

    pub fn phase(&self, phase: &Phase) -> Result<(PhaseTrigger, PhaseTrigger, i64), Blocked> {
        let enter = self.phase_trigger(&phase.enter)?;
        let exit = self.phase_trigger(&phase.exit)?;
        let mut used = enter.signals();
        used.extend(exit.signals());
        self.ensure_bound(&used)?;
        let settle_ns = match &phase.settle {
            None => 0,
            Some(settle) => self.instant(settle, "settle")?,
        };
        Ok((enter, exit, settle_ns))
    }

    /// A criterion, whose phase may be blocked.
    pub fn criterion(&mut self, criterion: &Criterion, blocked: Option<Blocked>) -> Prepared {
        match self.applies(criterion) {
            Ok(None) => {}
            Ok(Some(unmet)) => return Prepared::bare(Verdict::NotApplicable, unmet),
            Err((verdict, reason)) => return Prepared::bare(verdict, reason),
        }
        if let Some(prepared) = self.by_people(criterion) {
            return prepared;
        }
        match blocked.map_or_else(|| self.spec(criterion), Err) {
            Ok(spec) => Prepared::Judged(Arc::new(spec)),
            Err((verdict, reason)) => Prepared::bare(verdict, reason),
        }
    }

    /// Why the criterion does not apply, if it does not.
    fn applies(&self, criterion: &Criterion) -> Result<Option<Title>, Blocked> {
        for Comparison { left, compare, right } in &criterion.applies_when {
            let (left, right) =
                (self.number(left, "applies_when")?, self.number(right, "applies_when")?);
            if !compare.holds(left, right) {
                return Ok(Some(bilingual(|_| message!("verdict-does-not-apply"))));
            }
        }
        Ok(None)
    }

    fn spec(&mut self, criterion: &Criterion) -> Result<Spec, Blocked> {
        let operator = self.operator(criterion)?;
        let signals = operator.signals();
        self.ensure_bound(&signals)?;
        let rounding = match &criterion.rounding {
            None => None,
            Some(interval) => Some(
                Some(self.number(interval, "rounding")?)
                    .filter(|interval| *interval > 0.0)
                    .ok_or_else(|| blocked_by_number("rounding"))?,
            ),
        };
        let mut limits = self.applied_limits(&operator);
        if criterion.repeats.is_some_and(|repeats| repeats.aggregate == Aggregate::Spread) {
            for limit in &mut limits {
                let (unit, si) = (difference_unit(limit.unit), limit.unit.to_si(limit.value));
                (limit.unit, limit.value) = (unit, unit.from_si(si));
            }
        }
        Ok(Spec {
            gate: criterion.quality,
            roles: self.roles_of(&signals),
            signals: signals.into(),
            operator,
            limits,
            decision: self.decision(criterion),
            rounding,
        })
    }

    /// The roles that signals need, each once.
    pub fn roles_of(&self, signals: &[usize]) -> Arc<[usize]> {
        let mut roles: Vec<usize> =
            signals.iter().flat_map(|signal| self.bank.roles_of(*signal)).copied().collect();
        roles.sort_unstable();
        roles.dedup();
        roles.into()
    }

    /// The rule that is applied: the scenario's own, else the one that was agreed.
    pub fn decision(&self, criterion: &Criterion) -> Decision {
        let agreed = &self.plan.particulars.commission.decision_rule;
        let rule = match criterion.rule {
            DecisionRule::Commission => {
                DecisionRule::parse(agreed).unwrap_or(DecisionRule::SimpleAcceptance)
            }
            rule => rule,
        };
        Decision { rule, factor: criterion.guard_factor }
    }

    pub fn ensure_bound(&self, used: &[usize]) -> Result<(), Blocked> {
        let mut roles: Vec<&str> =
            used.iter().flat_map(|at| &self.signals[*at].unbound).map(String::as_str).collect();
        roles.sort_unstable();
        roles.dedup();
        if roles.is_empty() {
            return Ok(());
        }
        let roles = roles.join(", ");
        let reason = bilingual(|_| message!("verdict-role-not-bound", roles = roles));
        Err((Verdict::NotTested, reason))
    }
}
