//! Red limits: they act while the trial runs, on values that may not be durable yet.
//!
//! ```text
//! journal ─▶ the same fold as the recorder's ─▶ Watch ─▶ Crossing ─▶ mark, event, end
//! ```
//!
//! Invariants:
//! - A crossing is told once, when the value has stayed beyond the limit for the declared time, and
//!   again only after a good value within the limit, and not within [`CROSSING_REST`].
//! - A value that is not good says nothing: it neither begins nor ends a crossing.
//! - A crossing is dated between the last good value within the limit and the first beyond it.

mod thread;

use std::sync::Arc;

use trial::channel::ChannelIndex;
use trial::plan::{Plan, RedAction, RedLimit};
use trial::record::Origin;
use trial::recording::{Gap, SampleGroup};
use trial::time::{TrialTime, duration_nanoseconds};
use wire::derive::{Row, Sink};

pub use thread::RedLimits;

use crate::limits::CROSSING_REST;

/// A value stayed beyond a red limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Crossing {
    /// When it went beyond: the middle between the two samples that bracket it.
    pub at: TrialTime,
    /// Half the distance of those samples with their own uncertainty, in nanoseconds.
    pub uncertainty_ns: i64,
    /// The value with which the declared time was over, in the channel's unit.
    pub value: f64,
    /// What is to be done.
    pub action: RedAction,
    /// What happened: `red: p_out above 2.2 MPa for 0.5 s`.
    pub text: String,
}

/// Watches what is derived for crossings.
#[derive(Debug, Default)]
pub struct Watch {
    limits: Vec<Watched>,
    crossings: Vec<Crossing>,
}

#[derive(Debug)]
struct Watched {
    limit: RedLimit,
    /// Channel and unit, as a crossing names them.
    name: String,
    unit: String,
    /// Group of the channel, and its place in the group's rows.
    place: Option<(u32, usize)>,
    /// Time and uncertainty of the last good value within the limit.
    within: Option<(TrialTime, i64)>,
    /// Time and uncertainty of the first good value beyond it since then.
    beyond: Option<(TrialTime, i64)>,
    /// Whether this excursion was told, and when the last one was.
    told: bool,
    last_told: Option<TrialTime>,
}

impl Watch {
    /// The crossings since the last call.
    pub fn take(&mut self) -> Vec<Crossing> {
        std::mem::take(&mut self.crossings)
    }
}

impl Watched {
    fn new(plan: &Plan, groups: &[SampleGroup], limit: &RedLimit) -> Watched {
        let channel = plan.channel_at(limit.channel);
        let place_of = |group: &SampleGroup| {
            group.channels.iter().position(|index: &ChannelIndex| *index == limit.channel)
        };
        let mut numbered = (0u32..).zip(groups);
        Watched {
            limit: limit.clone(),
            name: channel.id.to_string(),
            unit: channel.unit.to_string(),
            place: numbered.find_map(|(number, group)| Some((number, place_of(group)?))),
            within: None,
            beyond: None,
            told: false,
            last_told: None,
        }
    }

    fn see(&mut self, at: TrialTime, uncertainty_ns: i64, value: f64) -> Option<Crossing> {
        let above = self.limit.above.filter(|limit| value > *limit);
        let below = self.limit.below.filter(|limit| value < *limit);
        let (word, bound) = match (above, below) {
            (Some(bound), _) => ("above", bound),
            (None, Some(bound)) => ("below", bound),
            (None, None) => {
                self.within = Some((at, uncertainty_ns));
                self.beyond = None;
                self.told = false;
                return None;
            }
        };
        let (began, began_uncertainty_ns) = *self.beyond.get_or_insert((at, uncertainty_ns));
        let held = at.since(began) >= duration_nanoseconds(self.limit.hold);
        let resting =
            self.last_told.is_some_and(|told| at.since(told) < duration_nanoseconds(CROSSING_REST));
        if self.told || !held || resting {
            return None;
        }
        self.told = true;
        self.last_told = Some(at);
        // Without a value within the limit before, the crossing lies at or before the first.
        let (within, within_uncertainty_ns) = self.within.unwrap_or((began, began_uncertainty_ns));
        let half = began.since(within).max(0) / 2;
        let seconds = self.limit.hold.as_secs_f64();
        let (name, unit) = (&self.name, &self.unit);
        Some(Crossing {
            at: within.plus(half),
            uncertainty_ns: half.saturating_add(began_uncertainty_ns.max(within_uncertainty_ns)),
            value,
            action: self.limit.action,
            text: format!("red: {name} {word} {bound} {unit} for {seconds} s"),
        })
    }
}

impl Sink for Watch {
    fn begin(&mut self, _: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        let limits = plan.red_limits.iter();
        self.limits = limits.map(|limit| Watched::new(plan, groups, limit)).collect();
    }

    fn row(&mut self, row: &Row<'_>) {
        for watched in &mut self.limits {
            let Some((_, place)) = watched.place.filter(|(group, _)| *group == row.group.0) else {
                continue;
            };
            let Some(sample) = row.samples.get(place).filter(|sample| sample.quality.is_good())
            else {
                continue;
            };
            let uncertainty_ns = i64::from(row.time_uncertainty_ns);
            self.crossings.extend(watched.see(row.time, uncertainty_ns, sample.value));
        }
    }

    fn gap(&mut self, _: Gap) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MS: i64 = 1_000_000;

    fn watched(above: Option<f64>, below: Option<f64>, hold_ms: u64) -> Watched {
        let limit = RedLimit {
            channel: ChannelIndex(0),
            above,
            below,
            hold: Duration::from_millis(hold_ms),
            action: RedAction::Mark,
        };
        let (name, unit) = ("p".to_owned(), "MPa".to_owned());
        Watched {
            limit,
            name,
            unit,
            place: None,
            within: None,
            beyond: None,
            told: false,
            last_told: None,
        }
    }

    /// Instants in ms at which a crossing was told, and how it was dated.
    fn check(mut watched: Watched, values: &[(i64, f64)], expected: &[(i64, i64, i64)]) {
        let told: Vec<(i64, i64, i64)> = values
            .iter()
            .filter_map(|(at, value)| {
                let crossing = watched.see(TrialTime(at * MS), MS, *value)?;
                Some((*at, crossing.at.0 / MS, crossing.uncertainty_ns / MS))
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_crossing_is_told_once_and_dated_between_its_samples() {
        let values = [(0, 1.0), (100, 3.0), (200, 3.0), (300, 3.0), (400, 3.0)];
        check(watched(Some(2.0), None, 0), &values, &[(100, 50, 51)]);
        check(watched(Some(2.0), None, 200), &values, &[(300, 50, 51)]);
        check(watched(Some(3.0), None, 0), &values, &[]);
    }

    #[test]
    fn a_short_excursion_is_no_crossing_and_a_second_one_is_told_again() {
        let values = [(0, 3.0), (1000, 1.0), (2000, 3.0), (2100, 3.0), (3000, 1.0), (4000, 3.0)];
        check(watched(Some(2.0), None, 150), &values, &[]);
        check(watched(Some(2.0), None, 100), &values, &[(2100, 1500, 501)]);
        let all = [(0, 0, 1), (2000, 1500, 501), (4000, 3500, 501)];
        check(watched(Some(2.0), None, 0), &values, &all);
    }

    #[test]
    fn a_trembling_value_is_told_once_a_second() {
        let values: Vec<(i64, f64)> =
            (0..250).map(|step| (step * 10, if step % 2 == 0 { 1.0 } else { 3.0 })).collect();
        let all = [(10, 5, 6), (1010, 1005, 6), (2010, 2005, 6)];
        check(watched(Some(2.0), None, 0), &values, &all);
    }

    #[test]
    fn both_sides_may_be_red() {
        let values = [(0, 1.5), (100, 0.5), (200, 2.5)];
        let mut both = watched(Some(2.0), Some(1.0), 0);
        let texts: Vec<String> = values
            .iter()
            .filter_map(|(at, value)| both.see(TrialTime(*at), 0, *value).map(|c| c.text))
            .collect();
        // From below to above it was never within: one excursion.
        assert_eq!(texts, ["red: p below 1 MPa for 0 s"]);
    }
}
