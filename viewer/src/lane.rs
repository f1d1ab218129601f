//! Lanes: which signals are shown, in which order, with which limits.

use trial::channel::ChannelIndex;
use trial::document::Title;
use trial::expression::Compare;
use trial::finding::{AppliedLimit, Finding};
use trial::plan::Plan;
use trial::recording::{GroupIndex, SampleGroup};
use trial::scenario::{LimitStatus, Operator, Scenario};
use trial::time::Span;
use trial::unit::Unit;

use crate::gaps;
use crate::replay::{Replay, Signal};

/// A limit of a criterion, where and when it applies.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneLimit {
    /// In the lane's unit.
    pub value: f64,
    /// How values are compared with it.
    pub compare: Compare,
    /// The phase over which it applies.
    pub span: Span,
    /// Position of its finding.
    pub finding: usize,
    /// Title of the criterion.
    pub title: Title,
    /// How far it can be relied upon.
    pub status: LimitStatus,
}

/// One signal over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Where its samples come from.
    pub signal: Signal,
    /// Channel id or name of the computed channel.
    pub id: String,
    /// Role in the scenario, if it has one.
    pub role: Option<String>,
    /// Titles.
    pub title: Title,
    /// Unit of its values.
    pub unit: Unit,
    /// Groups whose gaps make it unknown.
    pub groups: Vec<GroupIndex>,
    /// Limits that apply to it.
    pub limits: Vec<LaneLimit>,
}

impl Lane {
    /// Whether it is computed, and so no evidence by itself.
    pub fn is_derived(&self) -> bool {
        matches!(self.signal, Signal::Derived(_))
    }

    /// Whether a name in findings or expressions means this lane.
    pub fn is_named(&self, name: &str) -> bool {
        self.id == name || self.role.as_deref() == Some(name)
    }
}

/// All lanes of a recording: roles in the scenario's order, computed channels, then all other
/// channels in the plan's order.
pub fn lanes(replay: &Replay) -> Vec<Lane> {
    let plan = replay.recording.plan();
    let groups = replay.recording.groups();
    let mut lanes: Vec<Lane> = Vec::new();
    for role in &plan.scenario.roles {
        let Some(index) = plan.roles.get(&role.id) else { continue };
        let signal = Signal::Channel(*index);
        if lanes.iter().any(|lane| lane.signal == signal) {
            continue;
        }
        if let Some(mut lane) = channel_lane(plan, groups, *index) {
            lane.title = role.title.clone();
            lane.role = Some(role.id.clone());
            lanes.push(lane);
        }
    }
    for (position, derived) in replay.derived.iter().enumerate() {
        lanes.push(Lane {
            signal: Signal::Derived(position),
            id: derived.id.clone(),
            role: None,
            title: derived.title.clone(),
            unit: derived.unit,
            groups: vec![replay.derived_group(position)],
            limits: Vec::new(),
        });
    }
    for position in 0..plan.channels.len() {
        let index = ChannelIndex(position as u32);
        if !lanes.iter().any(|lane| lane.signal == Signal::Channel(index)) {
            lanes.extend(channel_lane(plan, groups, index));
        }
    }
    if let Some(findings) = &replay.findings {
        for (position, finding) in findings.findings.iter().enumerate() {
            add_limits(&mut lanes, &plan.scenario, position, finding);
        }
    }
    lanes
}

/// The lane that the evidence of a finding points at.
pub fn lane_of(lanes: &[Lane], name: &str) -> Option<usize> {
    lanes.iter().position(|lane| lane.is_named(name))
}

fn channel_lane(plan: &Plan, groups: &[SampleGroup], index: ChannelIndex) -> Option<Lane> {
    let channel = plan.channels.get(index.0 as usize)?;
    Some(Lane {
        signal: Signal::Channel(index),
        id: channel.id.0.clone(),
        role: None,
        title: channel.title.clone(),
        unit: channel.unit,
        groups: gaps::group_of(groups, index).into_iter().collect(),
        limits: Vec::new(),
    })
}

/// Puts the limits of a finding on the lanes of their signals. A limit on a time or on a ratio
/// is on no lane.
fn add_limits(lanes: &mut [Lane], scenario: &Scenario, position: usize, finding: &Finding) {
    let Some(span) = finding.span else { return };
    for (number, limit) in finding.limit.iter().enumerate() {
        let Some(signal) = signal_of(scenario, finding, number) else { continue };
        let Some(lane) = lanes.iter_mut().find(|lane| lane.is_named(signal)) else { continue };
        let Some(value) = in_unit(limit, lane.unit) else { continue };
        lane.limits.push(LaneLimit {
            value,
            compare: limit.compare,
            span,
            finding: position,
            title: finding.title.clone(),
            status: finding.source.status,
        });
    }
}

/// The signal that the limit at `number` of a finding is about: as the criterion says, or, where
/// the findings are those of another scenario, the channel of the evidence. Limits on times,
/// ratios, changes, sums and errors are values of no signal.
fn signal_of<'a>(scenario: &'a Scenario, finding: &'a Finding, number: usize) -> Option<&'a str> {
    match scenario.criterion(&finding.criterion).map(|criterion| &criterion.operator) {
        Some(operator) => of_operator(operator, number),
        None => finding.evidence.first().map(|evidence| evidence.channel.as_str()),
    }
}

fn of_operator(operator: &Operator, number: usize) -> Option<&str> {
    let signals = operator.signals();
    match operator {
        Operator::Bound { .. } | Operator::Hold { .. } | Operator::Trip { .. } => {
            signals.first().copied()
        }
        Operator::Pair { .. } => signals.get(number).copied(),
        _ => None,
    }
}

fn in_unit(limit: &AppliedLimit, unit: Unit) -> Option<f64> {
    if limit.unit == unit {
        return Some(limit.value);
    }
    let same = limit.unit.dimension == unit.dimension;
    same.then(|| unit.from_si(limit.unit.to_si(limit.value))).filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;
    use trial::expression::Expression;
    use trial::scenario::{Accumulation, DriftMeasure, Level, Limits, Trigger};

    #[test]
    fn roles_come_first_then_computed_channels_then_the_rest() {
        let lanes = lanes(&synthetic::replay());
        let ids: Vec<_> = lanes.iter().map(|lane| lane.id.as_str()).collect();
        assert_eq!(ids, ["p_out", "p_in", "net_pressure", "pump.flow", "gauge.level"]);
        assert_eq!(lanes[0].role.as_deref(), Some("outlet_pressure"));
        assert_eq!(lanes[0].title.zh, "出口压力");
        assert!(lanes[2].is_derived());
    }

    #[test]
    fn limits_stand_on_the_lane_of_their_signal_in_its_unit() {
        let lanes = lanes(&synthetic::replay());
        let limits = |lane: usize| -> Vec<(f64, usize)> {
            lanes[lane].limits.iter().map(|limit| (limit.value, limit.finding)).collect()
        };
        // 1.1 MPa on the lane in bar; the time limit of the third finding is on no lane.
        assert_eq!(limits(0), [(11.0, 0)]);
        assert_eq!(limits(2), [(1.0, 1)]);
        assert_eq!(lanes.iter().map(|lane| lane.limits.len()).sum::<usize>(), 2);
    }

    #[test]
    fn limits_on_changes_and_sums_are_on_no_lane() {
        let expression = || Expression::parse("1 MPa").unwrap();
        let signal = || "p".to_owned();
        let (level, limits) = (Level::Max, Limits::default());
        let trip = Operator::Trip { signal: signal(), when: Trigger::Mark(signal()), limits };
        let bound = Operator::Bound { signal: signal(), level, limits: Limits::default() };
        let measure = DriftMeasure::Slope;
        let drift = Operator::Drift { signal: signal(), measure, limit: expression() };
        let (how, limits) = (Accumulation::Difference, Limits::default());
        let sum = Operator::Accumulate { signal: signal(), how, limits };
        for (operator, lane) in [(trip, Some("p")), (bound, Some("p")), (drift, None), (sum, None)]
        {
            assert_eq!(of_operator(&operator, 0), lane, "{operator:?}");
        }
    }

    #[test]
    fn evidence_names_a_channel_a_role_or_a_computed_channel() {
        let lanes = lanes(&synthetic::replay());
        for (name, expected) in [
            ("p_out", Some(0)),
            ("outlet_pressure", Some(0)),
            ("net_pressure", Some(2)),
            ("nothing", None),
        ] {
            assert_eq!(lane_of(&lanes, name), expected, "{name}");
        }
    }
}
