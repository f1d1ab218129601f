//! What a plan has bound to a role: channel, point, period, calibration.

use trial::channel::{Channel, ChannelIndex};
use trial::plan::{Calibration, Plan, SamplePeriod};
use trial::profile::PointTiming;
use trial::scenario::Role;
use trial::time::duration_nanoseconds;

use crate::uncertainty::Budget;

/// The instrument of a role.
pub(super) struct Instrument<'a> {
    pub role: &'a Role,
    pub channel: &'a Channel,
    pub timing: PointTiming,
    pub period: SamplePeriod,
    pub calibration: Option<&'a Calibration>,
}

impl<'a> Instrument<'a> {
    /// `None` where the plan binds no channel to the role.
    pub fn of(plan: &'a Plan, periods: &[SamplePeriod], role: &'a Role) -> Option<Instrument<'a>> {
        let ChannelIndex(at) = *plan.roles.get(&role.id)?;
        let channel = plan.channels.get(at as usize)?;
        let calibration = channel.calibration.and_then(|at| plan.calibrations.get(at));
        let period = periods.get(at as usize).copied().unwrap_or_default();
        let timing = plan.point_of(channel).timing;
        Some(Instrument { role, channel, timing, period, calibration })
    }

    /// Seconds between two samples, as the bus lets.
    pub fn sample_s(&self) -> Option<f64> {
        self.period.effective_ns.map(|ns| ns as f64 / 1e9)
    }

    /// Seconds between two new values of the instrument.
    pub fn refresh_s(&self) -> Option<f64> {
        self.timing.refresh.map(|refresh| refresh.as_secs_f64())
    }

    /// Expanded uncertainty in the coherent SI unit at a value in it; `None` where it is not known.
    pub fn uncertainty_si(&self, value_si: f64) -> Option<f64> {
        let value = self.channel.unit.from_si(value_si);
        expanded(self.channel, self.calibration?, value)
    }
}

/// Nanoseconds between two new values of a channel's instrument, as its profile says.
pub(crate) fn refresh_ns(plan: &Plan, channel: &Channel) -> Option<i64> {
    plan.point_of(channel).timing.refresh.map(duration_nanoseconds)
}

/// The least expanded uncertainty, in the coherent SI unit, that a channel has anywhere in its range;
/// `None` where it is not known.
pub(crate) fn least_uncertainty(plan: &Plan, channel: &Channel) -> Option<f64> {
    let calibration = plan.calibrations.get(channel.calibration?)?;
    let (low, high) = channel.range.unwrap_or((0.0, 0.0));
    // A share of the reading is least at the least size.
    let least = if low > 0.0 {
        low
    } else if high < 0.0 {
        high
    } else {
        0.0
    };
    expanded(channel, calibration, least)
}

fn expanded(channel: &Channel, calibration: &Calibration, value: f64) -> Option<f64> {
    let budget = Budget::of_channel(&channel.id.0, calibration, channel.range, value)?;
    Some(budget.scaled(channel.unit.factor).expanded().expanded)
}
