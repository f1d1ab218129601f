//! Where data are missing, ordered so that a span can be looked up quickly.
//!
//! A computed channel has gaps of its own: where it has no values because its inputs have none.

use trial::channel::ChannelIndex;
use trial::plan::Plan;
use trial::recording::{Gap, GroupIndex, SampleGroup};
use trial::time::{Span, TrialTime};

/// Usual intervals of a computed channel without a value after which a gap of an input counts as
/// its gap; for less, the inputs' last values hold.
const TOLERATED_INTERVALS: i64 = 3;

/// The gaps of all groups.
#[derive(Debug, Clone, Default)]
pub struct GapIndex {
    groups: Vec<GroupGaps>,
}

#[derive(Debug, Clone, Default)]
struct GroupGaps {
    /// By start.
    gaps: Vec<Gap>,
    /// For each gap the latest end of it and all before it; never descending.
    latest_ends: Vec<TrialTime>,
}

impl GapIndex {
    /// Orders the gaps of a recording with `groups` groups. Gaps of unknown groups are left out.
    pub fn new(groups: usize, gaps: &[Gap]) -> GapIndex {
        let mut index = GapIndex { groups: vec![GroupGaps::default(); groups] };
        for gap in gaps {
            if let Some(group) = index.groups.get_mut(gap.group.0 as usize) {
                group.gaps.push(*gap);
            }
        }
        for group in &mut index.groups {
            group.gaps.sort_by_key(|gap| (gap.span.start, gap.span.end));
            let mut latest = TrialTime::MIN;
            for gap in &group.gaps {
                latest = latest.max(gap.span.end);
                group.latest_ends.push(latest);
            }
        }
        index
    }

    /// The gaps of a group that have an instant in common with `span`, by start.
    pub fn overlapping(&self, group: GroupIndex, span: Span) -> impl Iterator<Item = &Gap> {
        let found = self.groups.get(group.0 as usize).map_or(&[][..], |group| {
            let upper = group.gaps.partition_point(|gap| gap.span.start <= span.end);
            let lower = group.latest_ends.partition_point(|end| *end < span.start).min(upper);
            group.gaps.get(lower..upper).unwrap_or(&[])
        });
        found.iter().filter(move |gap| gap.span.end >= span.start)
    }

    /// Whether a gap lies between two samples, so that no line may join them.
    pub fn parts(&self, groups: &[GroupIndex], one: TrialTime, next: TrialTime) -> bool {
        let between = Span::new(one, next);
        groups.iter().any(|group| {
            self.overlapping(*group, between)
                .any(|gap| gap.span.start < between.end && gap.span.end > between.start)
        })
    }

    /// The gap that hides the sample taken at `sample` from a reader at `time`: one that began
    /// by then and ended after the sample.
    pub fn hiding(&self, groups: &[GroupIndex], sample: TrialTime, time: TrialTime) -> Option<Gap> {
        let between = Span::new(sample, time);
        groups
            .iter()
            .flat_map(|group| self.overlapping(*group, between))
            .filter(|gap| gap.span.start <= time && gap.span.end > sample)
            .max_by_key(|gap| gap.span.end)
            .copied()
    }

    /// The gaps of `groups` within `span`, those closer together than `resolution_ns` as one.
    pub fn merged(&self, groups: &[GroupIndex], span: Span, resolution_ns: i64) -> Vec<Span> {
        let mut found: Vec<Span> = groups
            .iter()
            .flat_map(|group| self.overlapping(*group, span))
            .map(|gap| gap.span)
            .collect();
        found.sort_by_key(|gap| gap.start);
        let mut merged: Vec<Span> = Vec::new();
        for gap in found {
            match merged.last_mut() {
                Some(last) if gap.start <= last.end.plus(resolution_ns) => {
                    last.end = last.end.max(gap.end);
                }
                _ => merged.push(gap),
            }
        }
        merged
    }
}

/// The group of a channel.
pub fn group_of(groups: &[SampleGroup], index: ChannelIndex) -> Option<GroupIndex> {
    let position = groups.iter().position(|group| group.channels.contains(&index))?;
    Some(GroupIndex(position as u32))
}

/// The groups of all channels that go into the computed channel `derived`.
pub fn input_groups(plan: &Plan, groups: &[SampleGroup], derived: &str) -> Vec<GroupIndex> {
    let mut found = Vec::new();
    let mut wanted = vec![derived];
    // A computed channel uses only those before it, so that going backwards meets every name.
    for derived in plan.scenario.derived.iter().rev() {
        if wanted.contains(&derived.id.as_str()) {
            derived.expression.names(&mut |name| wanted.push(name));
        }
    }
    for name in wanted {
        let group = plan.roles.get(name).and_then(|index| group_of(groups, *index));
        found.extend(group.filter(|group| !found.contains(group)));
    }
    found
}

/// The gaps of a computed channel with values at `times`: those of its `inputs`, as far as they
/// leave it without a value for longer than usual. They are said to be of `group`.
pub fn derived_gaps(
    group: GroupIndex,
    times: &[TrialTime],
    inputs: &[GroupIndex],
    gaps: &[Gap],
) -> Vec<Gap> {
    let tolerated = usual_interval_ns(times).saturating_mul(TOLERATED_INTERVALS);
    let mut sources: Vec<&Gap> = gaps.iter().filter(|gap| inputs.contains(&gap.group)).collect();
    sources.sort_by_key(|gap| gap.span.start);
    let time = |position: usize, beyond| times.get(position).copied().unwrap_or(beyond);
    let mut found: Vec<(usize, Gap)> = Vec::new();
    for source in sources {
        // The intervals between values that the gap touches; the first is before all values.
        let first = times.partition_point(|time| *time <= source.span.start);
        let last = times.partition_point(|time| *time < source.span.end).max(first);
        for interval in first..=last {
            let start = interval.checked_sub(1).map_or(TrialTime::MIN, |p| time(p, TrialTime::MIN));
            let end = time(interval, TrialTime::MAX);
            if end.since(start) <= tolerated {
                continue;
            }
            let (from, to) = (source.span.start.max(start), source.span.end.min(end));
            match found.last_mut() {
                Some((same, gap)) if *same == interval => gap.span.end = gap.span.end.max(to),
                _ => found.push((
                    interval,
                    Gap { group, span: Span { start: from, end: to }, cause: source.cause },
                )),
            }
        }
    }
    found.into_iter().map(|(_, gap)| gap).collect()
}

/// The median interval between values, in nanoseconds; 0 for fewer than two.
fn usual_interval_ns(times: &[TrialTime]) -> i64 {
    let mut intervals: Vec<i64> =
        times.iter().zip(times.iter().skip(1)).map(|(one, next)| next.since(*one)).collect();
    if intervals.is_empty() {
        return 0;
    }
    let middle = intervals.len() / 2;
    *intervals.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::record::Cause;
    use trial::recording::GapCause;

    const GROUP: GroupIndex = GroupIndex(0);

    fn index(spans: &[(i64, i64)]) -> GapIndex {
        let gaps: Vec<Gap> = spans
            .iter()
            .map(|&(start, end)| Gap {
                group: GROUP,
                span: Span { start: TrialTime(start), end: TrialTime(end) },
                cause: GapCause::Poll(Cause::Timeout),
            })
            .collect();
        GapIndex::new(1, &gaps)
    }

    fn span(start: i64, end: i64) -> Span {
        Span { start: TrialTime(start), end: TrialTime(end) }
    }

    #[test]
    fn overlapping_finds_what_a_full_scan_finds() {
        let spans = [(0, 5), (3, 100), (10, 12), (40, 41), (90, 95), (101, 101)];
        let index = index(&spans);
        for start in -2..105 {
            for end in start..105 {
                let found = index.overlapping(GROUP, span(start, end)).count();
                let expected = spans.iter().filter(|(s, e)| *s <= end && *e >= start).count();
                assert_eq!(found, expected, "{start} {end}");
            }
        }
    }

    #[test]
    fn a_sample_is_hidden_from_the_beginning_of_a_gap_on() {
        let index = index(&[(10, 20)]);
        let hidden =
            |sample, time| index.hiding(&[GROUP], TrialTime(sample), TrialTime(time)).is_some();
        assert!(!hidden(5, 9));
        assert!(hidden(5, 10));
        assert!(hidden(5, 15));
        assert!(hidden(5, 30), "beyond the gap the earlier sample says nothing");
        assert!(!hidden(20, 30));
    }

    #[test]
    fn lines_are_parted_by_gaps_alone() {
        let index = index(&[(10, 20)]);
        let parted = |one, next| index.parts(&[GROUP], TrialTime(one), TrialTime(next));
        assert!(parted(5, 25));
        assert!(parted(5, 15));
        assert!(!parted(20, 25));
        assert!(!parted(5, 10));
    }

    #[test]
    fn near_gaps_merge() {
        let index = index(&[(0, 2), (3, 4), (50, 60)]);
        assert_eq!(index.merged(&[GROUP], span(0, 100), 1), [span(0, 4), span(50, 60)]);
        assert_eq!(index.merged(&[GROUP], span(0, 100), 0).len(), 3);
    }

    #[test]
    fn a_computed_channel_has_the_gaps_of_all_its_inputs() {
        let replay = crate::synthetic::replay();
        let (plan, groups) = (replay.recording.plan(), replay.recording.groups());
        assert_eq!(input_groups(plan, groups, "net_pressure"), [GroupIndex(0)]);
    }

    #[test]
    fn a_computed_channel_is_unknown_only_where_it_has_no_values() {
        let gaps = |spans: &[(i64, i64)]| -> Vec<Gap> {
            let gap = |&(start, end): &(i64, i64)| Gap {
                group: GROUP,
                span: span(start, end),
                cause: GapCause::Silence,
            };
            spans.iter().map(gap).collect()
        };
        // A value every 10, none from 50 to 100.
        let times: Vec<_> = (0..=5).chain(10..20).map(|i| TrialTime(i * 10)).collect();
        let check = |sources: &[(i64, i64)], expected: &[(i64, i64)]| {
            let found = derived_gaps(GroupIndex(7), &times, &[GROUP], &gaps(sources));
            let found: Vec<_> =
                found.iter().map(|gap| (gap.span.start.0, gap.span.end.0)).collect();
            assert_eq!(found, expected, "{sources:?}");
        };
        // Bridged by the last value of the input that is missing.
        check(&[(12, 18), (21, 29)], &[]);
        // Bridged for a while, then unknown.
        check(&[(30, 97)], &[(50, 97)]);
        check(&[(30, 40), (51, 60), (61, 70), (80, 97)], &[(51, 97)]);
        // Before the first and after the last value.
        check(&[(-20, -5), (195, 300)], &[(-20, -5), (195, 300)]);
        let other = derived_gaps(GroupIndex(7), &times, &[GroupIndex(1)], &gaps(&[(50, 97)]));
        assert_eq!(other, []);
    }
}
