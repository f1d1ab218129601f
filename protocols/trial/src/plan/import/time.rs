//! When the rows of an imported file were taken.
//!
//! Invariant: numbers become nanoseconds by whole-number arithmetic, so that a time in a text is not
//! moved by rounding to binary fractions.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ZonedDateTime};
use serde::Deserialize;
use toml::Spanned;
use words::message;

use super::{ColumnName, Header, Import, MAX_PERIOD, RawImport};
use crate::document::{DocumentError, Source};
use crate::time::{WallTime, duration_nanoseconds, is_zone, parse_duration};

/// Most columns that together make a time: date, time, fraction, zone.
const MAX_TIME_COLUMNS: usize = 4;
/// Largest power of ten of a number of seconds: more is no time.
const MAX_EXPONENT: i32 = 30;

/// A time in which no part is zero, 2026-11-28T13:47:53Z: a format is tried with it.
const SAMPLE_SECONDS: i64 = 1_795_873_673;

/// How a time is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeFormat {
    /// RFC 3339 with its offset.
    Rfc3339,
    /// A number: nanoseconds of its unit, counted from the declared start.
    Since(i64),
    /// A number: nanoseconds of its unit, counted from 1970-01-01T00:00:00 UTC.
    Unix(i64),
    /// As strptime(3) reads it; without an offset in the text, in the declared zone.
    Pattern(String),
}

/// When rows were taken.
#[derive(Debug, Clone, PartialEq)]
pub enum RowTimes {
    /// One row a period, from the start; damaged rows count.
    Every {
        /// Period, in nanoseconds, more than 0.
        period_ns: i64,
        /// Wall time of the first row.
        start: WallTime,
    },
    /// Each row says it.
    Column {
        /// Fields that make the text, from 0; joined by a blank.
        fields: Vec<usize>,
        /// How it is written.
        format: TimeFormat,
        /// IANA zone of times without an offset.
        zone: String,
        /// Wall time of the number 0, for [`TimeFormat::Since`].
        start: Option<WallTime>,
    },
}

/// When a mark of an import is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkTime {
    /// At a wall time.
    Wall(WallTime),
    /// So many nanoseconds after the first row.
    SinceFirstRow(i64),
}

/// Why a text is no time of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeFault {
    /// It is not written in the declared format.
    NotOfFormat,
    /// The clocks of the zone were put forward over it.
    Skipped,
    /// It lies outside of the years 1678 to 2261.
    OutOfRange,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTime {
    column: RawColumns,
    format: String,
    zone: Option<String>,
    uncertainty: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawColumns {
    One(ColumnName),
    Several(Vec<ColumnName>),
}

impl RawTime {
    pub(super) fn columns(&self) -> &[ColumnName] {
        match &self.column {
            RawColumns::One(name) => std::slice::from_ref(name),
            RawColumns::Several(names) => names,
        }
    }
}

/// When rows were taken, and what the silence between them means.
pub(super) struct Lowered {
    pub(super) rows: RowTimes,
    pub(super) period: Duration,
    pub(super) uncertainty: Duration,
}

pub(super) fn lower(
    source: &Source<'_>,
    spanned: &Spanned<RawImport>,
    zone: &str,
    header: &Header,
) -> Result<Lowered, DocumentError> {
    let raw = spanned.get_ref();
    let start = match &raw.start {
        None => None,
        Some(text) => Some(
            instant(text.get_ref(), zone)
                .ok_or_else(|| source.refuse(text.span(), message!("import-start")))?,
        ),
    };
    match (&raw.every, &raw.time, &raw.period) {
        (Some(every), None, None) => {
            let period = duration(source, every)?;
            let start = start
                .ok_or_else(|| source.refuse(every.span(), message!("import-start-missing")))?;
            let rows = RowTimes::Every { period_ns: duration_nanoseconds(period), start };
            Ok(Lowered { rows, period, uncertainty: Duration::ZERO })
        }
        (None, Some(time), Some(period)) => {
            let period = duration(source, period)?;
            let (rows, uncertainty) = lower_column(source, time, zone, header, start)?;
            Ok(Lowered { rows, period, uncertainty })
        }
        _ => Err(source.refuse(spanned.span(), message!("import-times"))),
    }
}

fn lower_column(
    source: &Source<'_>,
    spanned: &Spanned<RawTime>,
    site: &str,
    header: &Header,
    start: Option<WallTime>,
) -> Result<(RowTimes, Duration), DocumentError> {
    let raw = spanned.get_ref();
    let refuse = |message| source.refuse(spanned.span(), message);
    let zone = raw.zone.as_deref().unwrap_or(site);
    if !is_zone(zone) {
        return Err(refuse(message!("plan-unknown-zone", zone = words::printable(zone))));
    }
    let format = format_of(&raw.format).ok_or_else(|| refuse(message!("import-time-format")))?;
    match (&format, start) {
        (TimeFormat::Since(_), None) => return Err(refuse(message!("import-start-missing"))),
        (TimeFormat::Since(_), Some(_)) | (_, None) => {}
        (_, Some(_)) => return Err(refuse(message!("import-start-misplaced"))),
    }
    let columns = raw.columns();
    if columns.is_empty() || columns.len() > MAX_TIME_COLUMNS {
        return Err(refuse(message!("import-time-columns", limit = MAX_TIME_COLUMNS)));
    }
    let fields = columns.iter().map(|name| header.field(name));
    let fields = fields.collect::<Result<Vec<_>, _>>().map_err(refuse)?;
    let uncertainty = match &raw.uncertainty {
        None => Duration::ZERO,
        Some(text) => parse_duration(text)
            .filter(|width| *width <= Duration::from_secs(60))
            .ok_or_else(|| refuse(message!("document-bad-duration", limit = "60 s")))?,
    };
    Ok((RowTimes::Column { fields, format, zone: zone.to_owned(), start }, uncertainty))
}

fn format_of(text: &str) -> Option<TimeFormat> {
    Some(match text {
        "rfc3339" => TimeFormat::Rfc3339,
        "seconds" => TimeFormat::Since(1_000_000_000),
        "milliseconds" => TimeFormat::Since(1_000_000),
        "unix-seconds" => TimeFormat::Unix(1_000_000_000),
        "unix-milliseconds" => TimeFormat::Unix(1_000_000),
        pattern => {
            // What can be written of a time and read again as the same is a format of one.
            let zoned = ZonedDateTime::new(Timestamp::new(SAMPLE_SECONDS, 0).ok()?, TimeZone::UTC);
            let written = strtime::format(pattern, &zoned).ok()?;
            let read = BrokenDownTime::parse(pattern, &written).ok()?;
            (read.to_datetime().ok()? == zoned.datetime())
                .then(|| TimeFormat::Pattern(pattern.to_owned()))?
        }
    })
}

fn duration(source: &Source<'_>, text: &Spanned<String>) -> Result<Duration, DocumentError> {
    let known = parse_duration(text.get_ref());
    known.filter(|period| !period.is_zero() && *period <= MAX_PERIOD).ok_or_else(|| {
        let limit = format!("{} s", MAX_PERIOD.as_secs());
        source.refuse(text.span(), message!("document-bad-duration", limit = limit))
    })
}

/// An instant as a person writes it: RFC 3339, or a date and time of the zone.
pub(super) fn instant(text: &str, zone: &str) -> Option<WallTime> {
    if let Some(wall) = WallTime::from_rfc3339(text) {
        return Some(wall);
    }
    let zone = TimeZone::get(zone).ok()?;
    let civil: DateTime = text.parse().ok()?;
    in_zone(&zone, civil, None).ok()
}

/// The instant that a civil time of a zone is. Where the clocks were put back over it, it is the
/// first of the two that is not before `after`.
fn in_zone(
    zone: &TimeZone,
    civil: DateTime,
    after: Option<WallTime>,
) -> Result<WallTime, TimeFault> {
    let wall = |offset: jiff::tz::Offset| {
        let stamp = offset.to_timestamp(civil).map_err(|_| TimeFault::OutOfRange)?;
        of_stamp(stamp)
    };
    match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => wall(offset),
        AmbiguousOffset::Gap { .. } => Err(TimeFault::Skipped),
        AmbiguousOffset::Fold { before, after: later } => {
            let first = wall(before)?;
            if after.is_some_and(|after| first < after) { wall(later) } else { Ok(first) }
        }
    }
}

fn of_stamp(stamp: Timestamp) -> Result<WallTime, TimeFault> {
    i64::try_from(stamp.as_nanosecond()).map(WallTime).map_err(|_| TimeFault::OutOfRange)
}

/// Reads the times of rows.
#[derive(Debug, Clone)]
pub struct RowClock<'a> {
    import: &'a Import,
    zone: TimeZone,
}

impl<'a> RowClock<'a> {
    /// The clock of a resolved plan.
    pub fn new(import: &'a Import) -> RowClock<'a> {
        let zone = match &import.times {
            RowTimes::Column { zone, .. } => TimeZone::get(zone).unwrap_or(TimeZone::UTC),
            RowTimes::Every { .. } => TimeZone::UTC,
        };
        RowClock { import, zone }
    }

    /// The wall time of a row: by its fields, or by its number among the rows, from 0. `after` is
    /// the time of the row before it.
    ///
    /// # Errors
    /// The fields hold no time.
    pub fn time(
        &self,
        number: u64,
        line: &[u8],
        fields: &[std::ops::Range<usize>],
        after: Option<WallTime>,
    ) -> Result<WallTime, TimeFault> {
        let (places, format, start) = match &self.import.times {
            RowTimes::Every { period_ns, start } => {
                let since = i128::from(number) * i128::from(*period_ns);
                return shifted(*start, since);
            }
            RowTimes::Column { fields, format, start, .. } => (fields, format, *start),
        };
        let mut text: Cow<'_, str> = Cow::Borrowed("");
        for (index, place) in places.iter().enumerate() {
            let field = fields.get(*place).and_then(|field| line.get(field.clone()));
            let field = field.and_then(|field| std::str::from_utf8(field).ok());
            let field = field.ok_or(TimeFault::NotOfFormat)?;
            if index == 0 {
                text = Cow::Borrowed(field);
            } else {
                text = Cow::Owned(format!("{text} {field}"));
            }
        }
        match format {
            TimeFormat::Rfc3339 => {
                of_stamp(text.parse::<Timestamp>().map_err(|_| TimeFault::NotOfFormat)?)
            }
            TimeFormat::Since(unit) => {
                shifted(start.unwrap_or(WallTime(0)), self.number(&text, *unit)?)
            }
            TimeFormat::Unix(unit) => shifted(WallTime(0), self.number(&text, *unit)?),
            TimeFormat::Pattern(pattern) => self.by_pattern(pattern, &text, after),
        }
    }

    fn number(&self, text: &str, unit: i64) -> Result<i128, TimeFault> {
        nanoseconds(text, self.import.decimal, unit).ok_or(TimeFault::NotOfFormat)
    }

    fn by_pattern(
        &self,
        pattern: &str,
        text: &str,
        after: Option<WallTime>,
    ) -> Result<WallTime, TimeFault> {
        // The fraction of a second is written with the decimal mark of the file.
        let text = match self.import.decimal {
            b',' if pattern.contains('f') => Cow::Owned(text.replace(',', ".")),
            _ => Cow::Borrowed(text),
        };
        let read = BrokenDownTime::parse(pattern, text.as_bytes());
        let read = read.map_err(|_| TimeFault::NotOfFormat)?;
        let civil = read.to_datetime().map_err(|_| TimeFault::NotOfFormat)?;
        match read.offset() {
            Some(offset) => {
                of_stamp(offset.to_timestamp(civil).map_err(|_| TimeFault::OutOfRange)?)
            }
            None => in_zone(&self.zone, civil, after),
        }
    }
}

fn shifted(start: WallTime, nanoseconds: i128) -> Result<WallTime, TimeFault> {
    let wall = i128::from(start.0) + nanoseconds;
    i64::try_from(wall).map(WallTime).map_err(|_| TimeFault::OutOfRange)
}

/// A decimal number of a unit of `unit` nanoseconds, as whole nanoseconds rounded to the nearest,
/// halves away from zero; `None` for what is no number or is too large for a time.
fn nanoseconds(text: &str, decimal: u8, unit: i64) -> Option<i128> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    // The number is `whole` × 10^(exponent − places).
    let (mut whole, mut places, mut marked, mut any) = (0i128, 0i32, false, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                any = true;
                // Beyond what a time can hold, further decimals change nothing.
                if marked && whole > i128::from(i64::MAX) {
                    continue;
                }
                whole = whole.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                places += i32::from(marked);
            }
            byte if *byte == decimal && !marked => marked = true,
            _ => return None,
        }
    }
    let power = exponent.checked_sub(places)?;
    if !any || power > MAX_EXPONENT {
        return None;
    }
    let scaled = whole.checked_mul(i128::from(unit))?;
    let size = if power >= 0 {
        scaled.checked_mul(10i128.checked_pow(power.unsigned_abs())?)?
    } else {
        match 10i128.checked_pow(power.unsigned_abs()) {
            Some(divisor) => (scaled + divisor / 2) / divisor,
            None => 0,
        }
    };
    Some(if negative { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_become_whole_nanoseconds() {
        const S: i64 = 1_000_000_000;
        for (text, decimal, unit, expected) in [
            ("0", b'.', S, Some(0)),
            ("1.5", b'.', S, Some(1_500_000_000)),
            ("1,5", b',', S, Some(1_500_000_000)),
            ("-0.1", b'.', S, Some(-100_000_000)),
            ("+12.", b'.', S, Some(12_000_000_000)),
            (".25", b'.', S, Some(250_000_000)),
            ("1e-05", b'.', S, Some(10_000)),
            ("1.2E3", b'.', 1_000_000, Some(1_200_000_000)),
            ("0.0000000005", b'.', S, Some(1)),
            ("0.00000000049", b'.', S, Some(0)),
            ("1750000000.123456789", b'.', S, Some(1_750_000_000_123_456_789)),
            (
                "0.1000000000000000055511151231257827021181583404541015625",
                b'.',
                S,
                Some(100_000_000),
            ),
            ("1e-300", b'.', S, Some(0)),
            ("1.5", b',', S, None),
            ("1,5", b'.', S, None),
            ("", b'.', S, None),
            (".", b'.', S, None),
            ("1.2.3", b'.', S, None),
            ("1e", b'.', S, None),
            ("nan", b'.', S, None),
            ("1e99", b'.', S, None),
            ("99999999999999999999999999999999999999999", b'.', S, None),
        ] {
            assert_eq!(nanoseconds(text, decimal, unit), expected, "{text}");
        }
    }

    #[test]
    fn formats_are_those_that_make_a_whole_time() {
        for good in ["%Y-%m-%d %H:%M:%S%.f", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S%.3f %z"] {
            assert!(format_of(good).is_some(), "{good}");
        }
        for bad in ["", "%H:%M:%S", "%Y-%m-%d %Q!", "time", "%"] {
            assert!(format_of(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn civil_times_follow_the_clocks_of_their_zone() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let check = |text: &str, after: Option<&str>, expected: Result<&str, TimeFault>| {
            let after = after.map(|text| WallTime::from_rfc3339(text).unwrap());
            let expected = expected.map(|text| WallTime::from_rfc3339(text).unwrap());
            assert_eq!(in_zone(&zone, text.parse().unwrap(), after), expected, "{text}");
        };
        check("2026-07-01T12:00:00", None, Ok("2026-07-01T10:00:00Z"));
        check("2026-03-29T02:30:00", None, Err(TimeFault::Skipped));
        check("2026-10-25T02:30:00", None, Ok("2026-10-25T00:30:00Z"));
        check("2026-10-25T02:30:00", Some("2026-10-25T00:29:59Z"), Ok("2026-10-25T00:30:00Z"));
        check("2026-10-25T02:00:00", Some("2026-10-25T00:59:59Z"), Ok("2026-10-25T01:00:00Z"));
    }

    proptest! {
        #[test]
        fn what_is_written_with_nine_decimals_is_read_as_it_is(ns in -9_000_000_000_000_000_000i64..9_000_000_000_000_000_000) {
            let sign = if ns < 0 { "-" } else { "" };
            let size = ns.unsigned_abs();
            let text = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
            prop_assert_eq!(nanoseconds(&text, b'.', 1_000_000_000), Some(i128::from(ns)));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[-+0-9.,eE]{0,24}", unit in 1i64..=1_000_000_000) {
            let _ = nanoseconds(&text, b'.', unit);
        }
    }
}
