//! What throws doubt on the signals of a criterion: instruments that can't decide it, calibrations
//! that were due, sensors that were changed, checks that failed.

use trial::channel::ChannelIndex;
use trial::document::Title;
use trial::finding::Cause;
use trial::plan::Plan;
use trial::time::Span;
use words::message;

use crate::compile::Compiled;
use crate::outcome::bilingual;

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
        None
    }

    /// The day on which a calibration was due, if that was before the trial.
    fn overdue(&self, plan: &Plan, calibration: Option<usize>) -> Option<String> {
        let calibration = plan.calibrations.get(calibration?)?;
        let day = self.day.as_ref()?;
        // Days of one form are in the order of their texts.
        (!calibration.due.is_empty() && calibration.due < *day).then(|| calibration.due.clone())
    }
}
