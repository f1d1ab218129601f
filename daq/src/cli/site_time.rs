//! Wall time of a trial time, as people at the site read it, and the units of what was measured.

use std::collections::BTreeMap;

use trial::recording::Recording;
use trial::time::{Span, TrialTime, WallTime};
use trial::unit::Unit;

/// The recorded relation of trial time and wall time, and the zone of the site.
#[derive(Debug, Clone)]
pub(super) struct SiteTime {
    zone: String,
    /// By trial time; the first is the start of the trial.
    pairs: Vec<(TrialTime, WallTime)>,
    /// Units of channels and derived channels.
    units: BTreeMap<String, Unit>,
}

impl SiteTime {
    pub fn new(recording: &dyn Recording) -> SiteTime {
        let start = (TrialTime::ZERO, recording.head().origin.start);
        let observed = recording.clock().iter().map(|(at, pair)| (*at, pair.wall));
        let mut pairs: Vec<_> = std::iter::once(start).chain(observed).collect();
        pairs.sort_by_key(|(at, _)| *at);
        let plan = recording.plan();
        let channels = plan.channels.iter().map(|one| (one.id.0.clone(), one.unit));
        let derived = plan.scenario.derived.iter().map(|one| (one.id.clone(), one.unit));
        let units = derived.chain(channels).collect();
        SiteTime { zone: plan.zone.clone(), pairs, units }
    }

    /// Unit of a channel or derived channel.
    pub fn unit(&self, channel: &str) -> Option<Unit> {
        self.units.get(channel).copied()
    }

    /// Carried on from the last pair not later than it.
    fn wall(&self, time: TrialTime) -> WallTime {
        let after = self.pairs.partition_point(|(at, _)| *at <= time);
        let pair = self.pairs.get(after.saturating_sub(1)).copied();
        let (at, wall) = pair.unwrap_or((TrialTime::ZERO, WallTime(0)));
        wall.plus(time.since(at))
    }

    /// Day, time of day with milliseconds, and offset from UTC.
    fn parts(&self, time: TrialTime) -> [String; 3] {
        let wall = self.wall(time);
        let text = wall.in_zone(&self.zone);
        let mut parts = text.split(' ').map(str::to_owned);
        let mut next = || parts.next().unwrap_or_default();
        let (day, clock, offset) = (next(), next(), next());
        let milliseconds = wall.0.rem_euclid(1_000_000_000) / 1_000_000;
        [day, format!("{clock}.{milliseconds:03}"), offset]
    }

    /// `2026-06-15 14:05:01.250 – 14:05:31.250 +08:00`, or one instant.
    pub fn span(&self, span: Span) -> String {
        let [day, start, offset] = self.parts(span.start);
        if span.start == span.end {
            return format!("{day} {start} {offset}");
        }
        let [last_day, end, last_offset] = self.parts(span.end);
        match (day == last_day, offset == last_offset) {
            (true, true) => format!("{day} {start} – {end} {offset}"),
            _ => format!("{day} {start} {offset} – {last_day} {end} {last_offset}"),
        }
    }
}

/// `65.250 s – 95.250 s`, time of the trial, or one instant.
pub(super) fn trial_span(span: Span) -> String {
    let at = |time: TrialTime| format!("{:.3} s", time.seconds());
    match span.start == span.end {
        true => at(span.start),
        false => format!("{} – {}", at(span.start), at(span.end)),
    }
}
