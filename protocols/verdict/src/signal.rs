//! Signals as the evaluator holds them: the last sample of each role and derived channel.
//!
//! Invariant: a sample counts as observed from its own time until the next one, and while its
//! oldest input is younger than the gap that is allowed.

use trial::channel::{ChannelIndex, Quality};
use trial::plan::Plan;
use trial::time::TrialTime;
use trial::unit::Unit;

/// Position of a role in [`trial::scenario::Scenario::roles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalIndex(pub u32);

/// One sample of a role.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The role.
    pub signal: SignalIndex,
    /// When.
    pub time: TrialTime,
    /// Half width of the time's uncertainty, in nanoseconds.
    pub time_uncertainty_ns: u32,
    /// Value in the coherent SI unit.
    pub value_si: f64,
    /// Whether the value may be judged; if not, the signal is unobserved from here on.
    pub good: bool,
}

/// A role and the channel that the plan binds to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundSignal {
    /// The role.
    pub signal: SignalIndex,
    /// The channel.
    pub channel: ChannelIndex,
    /// Unit of the channel's values.
    pub unit: Unit,
}

impl BoundSignal {
    /// A sample of the channel as an observation of the role. `None` for a stale value: a repeat
    /// is no new sample and says nothing against the one before.
    pub fn observation(
        &self,
        time: TrialTime,
        time_uncertainty_ns: u32,
        value: f64,
        quality: Quality,
    ) -> Option<Observation> {
        (quality != Quality::Stale).then(|| Observation {
            signal: self.signal,
            time,
            time_uncertainty_ns,
            value_si: self.unit.to_si(value),
            good: quality.is_good(),
        })
    }
}

/// The roles that the plan binds, in the scenario's order.
pub fn bound_signals(plan: &Plan) -> Vec<BoundSignal> {
    let roles = plan.scenario.roles.iter().enumerate();
    roles
        .filter_map(|(index, role)| {
            let channel = *plan.roles.get(&role.id)?;
            let unit = plan.channels.get(channel.0 as usize)?.unit;
            Some(BoundSignal { signal: SignalIndex(index as u32), channel, unit })
        })
        .collect()
}

/// The last sample of a signal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// When it was taken; for a derived channel, when its newest input was.
    pub time: TrialTime,
    /// When its oldest input was taken.
    pub oldest: TrialTime,
    /// Half width of the time's uncertainty, in nanoseconds.
    pub time_uncertainty_ns: u32,
    /// Value in the coherent SI unit.
    pub value: f64,
    /// Whether it may be judged.
    pub good: bool,
}

impl Held {
    /// The sample of a role.
    pub fn of(observation: &Observation) -> Held {
        Held {
            time: observation.time,
            oldest: observation.time,
            time_uncertainty_ns: observation.time_uncertainty_ns,
            value: observation.value_si,
            good: observation.good,
        }
    }
}

/// The last samples of all signals: roles first, then derived channels.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    held: Vec<Option<Held>>,
}

impl Store {
    pub fn new(signals: usize) -> Store {
        Store { held: vec![None; signals] }
    }

    pub fn set(&mut self, signal: usize, held: Held) {
        self.held[signal] = Some(held);
    }

    pub fn held(&self, signal: usize) -> Option<&Held> {
        self.held[signal].as_ref()
    }

    /// The value at `at` and the time from which on it is no longer observed; `None` if it is
    /// not observed at `at`. `at` is not before the last sample.
    pub fn observed(&self, signal: usize, at: TrialTime, gap_ns: i64) -> Option<(f64, TrialTime)> {
        let held = self.held(signal).filter(|held| held.good && held.value.is_finite())?;
        let until = held.oldest.plus(gap_ns);
        (at < until).then_some((held.value, until))
    }
}
