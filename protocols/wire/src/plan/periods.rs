//! How often each channel gets a sample, as far as plan and bus let.

use std::collections::BTreeMap;
use std::time::Duration;

use trial::channel::ChannelIndex;
use trial::plan::{LinkKind, Plan, RequestPlan, SamplePeriod};

use super::BusBudget;

/// Time after which a device on a serial line is taken to answer, where only the run will tell.
pub const ASSUMED_ANSWER_DELAY: Duration = Duration::from_millis(20);
/// Least share of a wire that is left to the devices polled back to back.
const LEAST_SHARE_LEFT: f64 = 0.01;

/// What polls of one link take.
#[derive(Default)]
struct Load {
    /// Share of the time that the polls with a period take; above 1 they come late.
    share: f64,
    /// Time in which each request that is polled back to back has its turn once.
    cycle: f64,
}

/// The period of every channel, in the order of the plan's channels. On serial lines every poll is
/// taken to wait [`ASSUMED_ANSWER_DELAY`] for its answer; what a network takes is not known.
pub fn sample_periods(
    plan: &Plan,
    requests: &RequestPlan,
    budgets: &[BusBudget],
) -> Vec<SamplePeriod> {
    let declared = |channel| SamplePeriod {
        declared_ns: plan.period_ns(channel),
        effective_ns: plan.period_ns(channel),
    };
    let mut periods: Vec<SamplePeriod> = plan.channels.iter().map(declared).collect();
    let loads: BTreeMap<usize, Load> =
        budgets.iter().map(|budget| (budget.link, load(plan, requests, budget))).collect();
    let channels = super::channels_by_point(plan);
    for request in &requests.requests {
        let Some(device) = plan.devices.get(request.device) else { continue };
        let Some(load) = loads.get(&device.link) else { continue };
        let effective_ns = match request.every_ns {
            0 if load.cycle > 0.0 => {
                Some((load.cycle / (1.0 - load.share).max(LEAST_SHARE_LEFT) * 1e9) as i64)
            }
            0 => None,
            every => Some((every as f64 * load.share.max(1.0)) as i64),
        };
        for point in &request.points {
            let channel = channels.get(request.device).and_then(|points| *points.get(*point)?);
            if let Some(ChannelIndex(at)) = channel
                && let Some(period) = periods.get_mut(at as usize)
            {
                period.effective_ns = effective_ns;
            }
        }
    }
    periods
}

fn load(plan: &Plan, requests: &RequestPlan, budget: &BusBudget) -> Load {
    let serial = plan
        .links
        .get(budget.link)
        .is_some_and(|link| matches!(link.kind, LinkKind::Serial { .. }));
    let mut load = Load::default();
    for cost in budget.requests.iter().filter(|_| serial) {
        let Some(request) = requests.requests.get(cost.request as usize) else { continue };
        let seconds = (cost.wire_time + ASSUMED_ANSWER_DELAY).as_secs_f64();
        match request.every_ns {
            0 => load.cycle += seconds,
            every => load.share += seconds * 1e9 / every as f64,
        }
    }
    load
}
