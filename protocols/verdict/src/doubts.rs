//! What throws doubt on the signals of a criterion: instruments that can't decide it, calibrations
//! that were due, sensors that were changed, checks that failed.

use trial::channel::{Channel, ChannelIndex};
use trial::document::Title;
use trial::finding::Cause;
use trial::plan::Plan;
use trial::scenario::Role;
use trial::time::{Span, WallTime};
use words::message;

use crate::compile::{Compiled, difference_unit, second};
use crate::fit::{RATE_TOLERANCE, least_uncertainty, refresh_ns};
use crate::outcome::{bilingual, number, with_unit};

/// A doubt.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    pub cause: Cause,
    pub sentence: Title,
}

/// What is known of the instruments, independent of the recorded values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doubts {
    /// Day of the trial at its site, `YYYY-MM-DD`; `None` where it is not known.
    pub day: Option<String>,
}

impl Doubts {
    /// Those of a trial by `plan` that began at `start`.
    pub fn at(plan: &Plan, start: WallTime) -> Doubts {
        Doubts { day: start.in_zone(&plan.zone).get(..10).map(str::to_owned) }
    }

    /// The first doubt on a role over a span.
    pub fn of(&self, compiled: &Compiled, role: usize, span: Span) -> Option<Doubt> {
        let plan = &compiled.plan;
        let role = compiled.scenario.roles.get(role)?;
        let ChannelIndex(at) = *plan.roles.get(&role.id)?;
        let channel = plan.channels.get(at as usize)?;
        let id = &channel.id.0;
        let title = &role.title;
        if let Some(due) = self.overdue(plan, channel.calibration) {
            let sentence = bilingual(|language| {
                let signal = title.in_language(language);
                message!("verdict-calibration-due", signal = signal, due = due)
            });
            return Some(Doubt { cause: Cause::CalibrationOutOfDate, sentence });
        }
        let rebound = |(known, at): &(String, trial::time::TrialTime)| {
            known == id && *at > span.start && *at <= span.end
        };
        if compiled.said.rebound.iter().any(rebound) {
            let sentence = bilingual(|language| {
                message!("verdict-sensor-rebound", signal = title.in_language(language))
            });
            return Some(Doubt { cause: Cause::SensorRebound, sentence });
        }
        if compiled.said.failed_checks.contains(id) {
            let sentence = bilingual(|language| {
                message!("verdict-failed-check", signal = title.in_language(language))
            });
            return Some(Doubt { cause: Cause::FailedPostCheck, sentence });
        }
        let sentence = unfit(plan, role, channel)?;
        Some(Doubt { cause: Cause::InstrumentUnfit, sentence })
    }

    /// The day on which a calibration was due, if that was before the trial.
    fn overdue(&self, plan: &Plan, calibration: Option<usize>) -> Option<String> {
        let calibration = plan.calibrations.get(calibration?)?;
        let day = self.day.as_ref()?;
        // Days of one form are in the order of their texts.
        (!calibration.due.is_empty() && calibration.due < *day).then(|| calibration.due.clone())
    }
}

/// Why the instrument of a role can't decide what the scenario asks of the role, as far as the plan
/// alone tells: too slow by its declared period, new values too rarely, or too coarse anywhere in its
/// range. What is not declared throws no doubt.
fn unfit(plan: &Plan, role: &Role, channel: &Channel) -> Option<Title> {
    let title = &role.title;
    if let (Some(wanted), Some(period_ns)) = (role.min_rate_hz, plan.period_ns(channel)) {
        let given = 1e9 / period_ns as f64;
        if given * (1.0 + RATE_TOLERANCE) < wanted {
            let (given, wanted) = (number(given), number(wanted));
            return Some(bilingual(|language| {
                let signal = title.in_language(language);
                message!("verdict-unfit-rate", signal = signal, given = given, wanted = wanted)
            }));
        }
    }
    if let (Some(wanted), Some(refresh)) = (role.max_refresh_ns, refresh_ns(plan, channel))
        && refresh > wanted
    {
        let [refresh, wanted] = [refresh, wanted].map(|ns| with_unit(ns as f64 / 1e9, second()));
        return Some(bilingual(|language| {
            let signal = title.in_language(language);
            message!("verdict-unfit-refresh", signal = signal, refresh = refresh, wanted = wanted)
        }));
    }
    let wanted = role.max_uncertainty_si?;
    let least = least_uncertainty(plan, channel).filter(|least| *least > wanted)?;
    let unit = difference_unit(role.unit);
    let [is, wanted] = [least, wanted].map(|si| with_unit(si / unit.factor, unit));
    Some(bilingual(|language| {
        let signal = title.in_language(language);
        message!("verdict-unfit-uncertainty", signal = signal, is = is, wanted = wanted)
    }))
}
