//! Wall time of a trial time, in the zone of the site.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use trial::recording::Recording;
use trial::time::{TrialTime, WallTime};

/// The recorded relation of trial time and wall time.
#[derive(Debug, Clone)]
pub struct SiteClock {
    zone: TimeZone,
    /// By trial time; the first is the start of the trial.
    pairs: Vec<(TrialTime, WallTime)>,
}

impl SiteClock {
    /// Takes the start and all clock pairs of a recording. A zone that this build does not know
    /// is shown as UTC.
    pub fn new(recording: &dyn Recording) -> SiteClock {
        let start = (TrialTime::ZERO, recording.head().origin.start);
        let observed = recording.clock().iter().map(|(at, pair)| (*at, pair.wall));
        let mut pairs: Vec<_> = std::iter::once(start).chain(observed).collect();
        pairs.sort_by_key(|(at, _)| *at);
        SiteClock { zone: TimeZone::get(&recording.plan().zone).unwrap_or(TimeZone::UTC), pairs }
    }

    /// Wall time at `time`: carried on from the last pair not later than it.
    pub fn wall(&self, time: TrialTime) -> WallTime {
        let after = self.pairs.partition_point(|(at, _)| *at <= time);
        let (at, wall) = self
            .pairs
            .get(after.saturating_sub(1))
            .copied()
            .unwrap_or((TrialTime::ZERO, WallTime(0)));
        wall.plus(time.since(at))
    }

    /// `15:06:40.1`, with `decimals` of a second.
    pub fn time_of_day(&self, time: TrialTime, decimals: usize) -> String {
        match decimals {
            0 => self.format(time, "%H:%M:%S"),
            _ => self.format(time, &format!("%H:%M:%S.%{}f", decimals.min(9))),
        }
    }

    /// `2025-06-15`.
    pub fn date(&self, time: TrialTime) -> String {
        self.format(time, "%Y-%m-%d")
    }

    /// `UTC+08:00`.
    pub fn offset(&self, time: TrialTime) -> String {
        self.format(time, "UTC%:z")
    }

    fn format(&self, time: TrialTime, form: &str) -> String {
        let nanoseconds = i128::from(self.wall(time).0);
        let stamp = Timestamp::from_nanosecond(nanoseconds).unwrap_or_default();
        stamp.to_zoned_datetime(self.zone.clone()).strftime(form).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn wall_time_follows_the_last_pair_and_is_shown_in_the_zone_of_the_site() {
        let clock = SiteClock::new(&synthetic::trial());
        assert_eq!(clock.time_of_day(TrialTime(0), 0), "23:06:40");
        assert_eq!(clock.date(TrialTime(0)), "2025-06-15");
        assert_eq!(clock.offset(TrialTime(0)), "UTC+08:00");
        // The synthetic clock steps by +2 s at 10 s.
        assert_eq!(clock.time_of_day(TrialTime(9_500_000_000), 1), "23:06:49.5");
        assert_eq!(clock.time_of_day(TrialTime(10_500_000_000), 1), "23:06:52.5");
        assert_eq!(clock.time_of_day(TrialTime(-1_000_000_000), 0), "23:06:39");
    }
}
