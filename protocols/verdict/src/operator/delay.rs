//! How late instruments show what they measure: a known delay, which is taken off, and what remains
//! unknown of it.
//!
//! Invariants:
//! - What no profile declares is no delay.

use trial::channel::ChannelIndex;
use trial::profile::PointTiming;
use trial::time::{TrialTime, duration_nanoseconds};

use super::event::{Event, Moment};
use crate::compile::Compiled;

/// Delay of an event, in nanoseconds, none negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Delay {
    /// By which the event is shown late at least.
    pub latency_ns: i64,
    /// Time between two new values of the instrument.
    pub refresh_ns: i64,
    /// By which it may be later still.
    pub response_ns: i64,
}

impl Delay {
    /// Of a mark there is none. Of conditions that begin to hold together any may be the last: the
    /// least latency is sure, the rest of the largest is not.
    pub fn of(event: &Event, compiled: &Compiled) -> Delay {
        let Event::When(watch) = event else { return Delay::default() };
        let roles = watch.tests.signals().flat_map(|signal| compiled.bank.roles_of(signal));
        let mut timings = roles.filter_map(|role| timing(compiled, *role)).map(Delay::of_timing);
        let Some(first) = timings.next() else { return Delay::default() };
        let (mut least, mut most) = (first, first);
        for one in timings {
            let Delay { latency_ns, refresh_ns, response_ns } = one;
            least.latency_ns = least.latency_ns.min(latency_ns);
            most.latency_ns = most.latency_ns.max(latency_ns);
            most.refresh_ns = most.refresh_ns.max(refresh_ns);
            most.response_ns = most.response_ns.max(response_ns);
        }
        Delay {
            latency_ns: least.latency_ns,
            refresh_ns: most.refresh_ns,
            response_ns: most.response_ns.saturating_add(most.latency_ns - least.latency_ns),
        }
    }

    fn of_timing(timing: PointTiming) -> Delay {
        let [latency_ns, refresh_ns, response_ns] =
            [timing.latency, timing.refresh, timing.response]
                .map(|time| time.map_or(0, duration_nanoseconds));
        Delay { latency_ns, refresh_ns, response_ns }
    }

    /// What remains unknown.
    pub fn unknown_ns(self) -> i64 {
        self.refresh_ns.saturating_add(self.response_ns)
    }

    /// The instant that is shown at `at`.
    pub fn before(self, at: TrialTime) -> TrialTime {
        at.plus(-self.latency_ns)
    }

    /// The event without its known delay.
    pub fn corrected(self, moment: Moment) -> Moment {
        Moment {
            at: self.before(moment.at),
            earliest: self.before(moment.earliest),
            latest: self.before(moment.latest),
        }
    }
}

/// The times of the point behind a role; `None` for one that is not bound.
fn timing(compiled: &Compiled, role: usize) -> Option<PointTiming> {
    let id = &compiled.scenario.roles.get(role)?.id;
    let ChannelIndex(at) = *compiled.plan.roles.get(id)?;
    let channel = compiled.plan.channels.get(at as usize)?;
    Some(compiled.plan.point_of(channel).timing)
}
