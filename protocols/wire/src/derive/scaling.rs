//! Numbers of a link's devices that scale others: decimal exponents and ratios in registers.
//!
//! Invariant: a number scales a sample only if it was good and not read longer before than
//! [`LIFE_PERIODS`] of its period.

use trial::plan::{Plan, RequestPlan, SILENT_PERIODS};
use trial::record::{Event, EventKind};
use trial::time::{TrialTime, duration_nanoseconds};

use super::Sample;

/// Periods for which a number that scales others is taken to stand.
const LIFE_PERIODS: i64 = SILENT_PERIODS as i64;
/// The same where no period is declared, or the device is polled back to back: 10 s.
const LIFE_WITHOUT_PERIOD_NS: i64 = 10_000_000_000;

/// The numbers of one link.
#[derive(Debug, Default)]
pub(super) struct Scaling(Vec<Scaler>);

/// Position of a number in [`Scaling`].
#[derive(Debug, Clone, Copy)]
pub(super) struct ScalerIndex(usize);

#[derive(Debug)]
struct Scaler {
    device: usize,
    point: usize,
    life_ns: i64,
    /// The number as it was read last; `None` if that was not good.
    standing: Option<(f64, TrialTime)>,
    /// The last good number.
    before: Option<f64>,
}

impl Scaling {
    /// The numbers that scale points of the devices of a link.
    pub(super) fn new(plan: &Plan, link: usize, requests: &RequestPlan) -> Scaling {
        let mut scaling = Scaling::default();
        let here = plan.devices.iter().enumerate().filter(|(_, device)| device.link == link);
        for (device, description) in here {
            for scaled in &description.profile.points {
                let exponent = scaled.exponent.iter().map(|exponent| exponent.point);
                for point in exponent.chain(scaled.ratios.iter().copied()) {
                    if scaling.find(device, point).is_none() {
                        let life_ns = life_ns(plan, device, point, requests);
                        let (standing, before) = (None, None);
                        scaling.0.push(Scaler { device, point, life_ns, standing, before });
                    }
                }
            }
        }
        scaling
    }

    /// The number that a point is, if it scales others.
    pub(super) fn find(&self, device: usize, point: usize) -> Option<ScalerIndex> {
        let same = |scaler: &Scaler| (scaler.device, scaler.point) == (device, point);
        self.0.iter().position(same).map(ScalerIndex)
    }

    /// The number has been read, as `sample`; a change is an event. `name` is its channel.
    pub(super) fn learn(
        &mut self,
        index: ScalerIndex,
        number: Option<f64>,
        sample: &Sample,
        at: TrialTime,
        name: &str,
    ) -> Option<Event> {
        let scaler = self.0.get_mut(index.0)?;
        scaler.standing = number.filter(|_| sample.quality.is_good()).map(|number| (number, at));
        let (number, _) = scaler.standing?;
        let before = scaler.before.replace(number).filter(|before| *before != number)?;
        let text = format!("{name} went from {before} to {number}; it scales other channels");
        Some(Event { kind: EventKind::ScalingChanged, text })
    }

    /// The number for a sample of this time; `None` if there is none that stands.
    pub(super) fn number(&self, index: ScalerIndex, at: TrialTime) -> Option<f64> {
        let scaler = self.0.get(index.0)?;
        let (number, read) = scaler.standing?;
        (at.since(read) <= scaler.life_ns).then_some(number)
    }
}

fn life_ns(plan: &Plan, device: usize, point: usize, requests: &RequestPlan) -> i64 {
    let reads = requests
        .requests
        .iter()
        .find(|request| request.device == device && request.points.contains(&point));
    let declared = plan.devices.get(device).and_then(|device| device.period);
    let period_ns = match reads {
        Some(request) => request.every_ns,
        None => declared.map_or(0, duration_nanoseconds),
    };
    match period_ns {
        ..=0 => LIFE_WITHOUT_PERIOD_NS,
        period_ns => period_ns.saturating_mul(LIFE_PERIODS),
    }
}
