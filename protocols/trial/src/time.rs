//! Time of a trial: what orders records, and what people read.
//!
//! Invariants:
//! - [`TrialTime`] orders everything; it never steps back within a boot.
//! - [`WallTime`] is an observation with a quality, never an order.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Nanoseconds since the start of the trial, on the boot clock. Range ± 292 years.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TrialTime(pub i64);

impl TrialTime {
    /// The start of the trial.
    pub const ZERO: TrialTime = TrialTime(0);
    /// Before everything that can be recorded.
    pub const MIN: TrialTime = TrialTime(i64::MIN);
    /// After everything that can be recorded.
    pub const MAX: TrialTime = TrialTime(i64::MAX);

    /// Nanoseconds since the start.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// This time moved by `nanoseconds`, held at the ends of the range.
    #[must_use]
    pub fn plus(self, nanoseconds: i64) -> TrialTime {
        TrialTime(self.0.saturating_add(nanoseconds))
    }

    /// `self − earlier` in nanoseconds, held at the ends of the range.
    pub fn since(self, earlier: TrialTime) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for TrialTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.seconds())
    }
}

/// A duration in whole nanoseconds as `i64`, held at the end of the range.
pub fn duration_nanoseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Nanoseconds since 1970-01-01T00:00:00 UTC, as the machine's clock showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WallTime(pub i64);

impl WallTime {
    /// RFC 3339 in UTC with nanoseconds, as files and JSON carry it.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .map(|stamp| format!("{stamp:.9}"))
            .unwrap_or_else(|_| format!("{} ns", self.0))
    }

    /// Reads what [`WallTime::to_rfc3339`] wrote; `None` for anything else.
    pub fn from_rfc3339(text: &str) -> Option<WallTime> {
        let stamp: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(stamp.as_nanosecond()).ok().map(WallTime)
    }

    /// The time as people of `zone` (an IANA name) read it, with its offset.
    pub fn in_zone(self, zone: &str) -> String {
        let stamp = jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default();
        match stamp.in_tz(zone) {
            Ok(zoned) => zoned.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
            Err(_) => stamp.strftime("%Y-%m-%d %H:%M:%S +00:00").to_string(),
        }
    }

    /// This time moved by `nanoseconds`, held at the ends of the range.
    #[must_use]
    pub fn plus(self, nanoseconds: i64) -> WallTime {
        WallTime(self.0.saturating_add(nanoseconds))
    }
}

/// Whether `zone` is an IANA time zone that the program knows.
pub fn is_zone(zone: &str) -> bool {
    jiff::tz::TimeZone::get(zone).is_ok()
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
pub fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// A closed interval of trial time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First instant.
    pub start: TrialTime,
    /// Last instant; never before `start`.
    pub end: TrialTime,
}

impl Span {
    /// All time.
    pub const ALL: Span = Span { start: TrialTime::MIN, end: TrialTime::MAX };

    /// The interval between two instants, in whatever order they are given.
    pub fn new(one: TrialTime, other: TrialTime) -> Span {
        Span { start: one.min(other), end: one.max(other) }
    }

    /// Length in seconds.
    pub fn seconds(self) -> f64 {
        self.end.since(self.start) as f64 / 1e9
    }

    /// Whether `time` lies inside, ends included.
    pub fn contains(self, time: TrialTime) -> bool {
        self.start <= time && time <= self.end
    }

    /// Whether the two have an instant in common.
    pub fn overlaps(self, other: Span) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// Reads a duration such as `100ms`, `0.5 s`, `20 min`, `1.5h`.
///
/// Units: `us`, `ms`, `s`, `min`, `h`. Returns `None` for a missing or unknown unit, a negative
/// number, or more than ten years.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let split = text.find(|character: char| character.is_ascii_alphabetic())?;
    let number: f64 = text[..split].trim().parse().ok()?;
    let nanoseconds_per_unit = match &text[split..] {
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        "h" => 3_600e9,
        _ => return None,
    };
    let nanoseconds = (number * nanoseconds_per_unit).round();
    let ten_years = 10.0 * 366.0 * 86_400e9;
    (nanoseconds >= 0.0 && nanoseconds <= ten_years)
        .then(|| Duration::from_nanos(nanoseconds as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit_and_a_sign_that_makes_sense() {
        assert_eq!(parse_duration("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(parse_duration("0.5 s"), Some(Duration::from_millis(500)));
        assert_eq!(parse_duration("20 min"), Some(Duration::from_secs(1200)));
        for wrong in ["100", "", "s", "-1s", "nan s", "1 fortnight", "1e300 h"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn wall_time_is_written_in_utc_and_shown_in_the_zone_of_the_site() {
        let time = WallTime(1_750_000_000_123_456_789);
        assert_eq!(time.to_rfc3339(), "2025-06-15T15:06:40.123456789Z");
        assert_eq!(WallTime::from_rfc3339(&time.to_rfc3339()), Some(time));
        assert_eq!(time.in_zone("Asia/Shanghai"), "2025-06-15 23:06:40 +08:00");
    }
}
