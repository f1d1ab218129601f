//! Where data are missing, ordered so that a span can be looked up quickly.

use trial::recording::{Gap, GroupIndex};
use trial::time::{Span, TrialTime};

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
}
