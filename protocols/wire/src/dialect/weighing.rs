//! The standard format of A&D's weighing indicators: lines such as `ST,+0001.234  kg` and, from
//! the AD-4404, `ST,NT,+0012.34 kg`.
//!
//! The first header says stable (ST), unstable (US), overloaded (OL) or a count (QT); the second
//! gross (GS), net (NT) or tare (TR). The format has no checksum: a line that keeps to the form in
//! spite of a damaged digit can't be told from a right one, so the form is checked to the letter.

use trial::channel::{Quality, Raw};
use trial::recording::GroupIndex;

use super::Scan;
use super::nmea::decimal;
use crate::derive::Sample;
use crate::derive::sample::Conversion;

/// Longest line that is read.
const MAX_LINE_BYTES: usize = 64;
/// Code of [`Quality::Flagged`]: the load was moving.
const UNSTABLE: u8 = 1;
/// Code of [`Quality::Flagged`]: the indicator shows another unit than the profile says.
const OTHER_UNIT: u8 = 2;

/// The weight of one indicator.
#[derive(Debug)]
pub(crate) struct Weighing {
    /// Group of its points.
    pub(crate) group: GroupIndex,
    /// Its points: the symbol of the unit, and what becomes of the number.
    pub(crate) points: Vec<(&'static str, Conversion)>,
}

/// What a line says.
struct Line<'a> {
    stable: bool,
    /// `None` when it is overloaded or blank.
    number: Option<f64>,
    unit: &'a str,
}

impl Weighing {
    /// What stands at the start of `bytes`.
    pub(crate) fn scan(&self, bytes: &[u8]) -> Scan {
        match bytes.iter().take(MAX_LINE_BYTES).position(|byte| *byte == b'\n') {
            Some(index) if Line::read(&bytes[..=index]).is_some() => Scan::Frame(index + 1),
            None if bytes.len() < MAX_LINE_BYTES && may_begin_line(bytes) => Scan::NeedMore,
            _ => Scan::Skip(1),
        }
    }

    /// Decodes a line into `samples`.
    pub(crate) fn decode(&self, frame: &[u8], samples: &mut Vec<Sample>) -> Option<GroupIndex> {
        let line = Line::read(frame)?;
        for (unit, conversion) in &self.points {
            samples.push(match line.number {
                None => conversion.nothing(Quality::Sentinel),
                Some(number) => {
                    let sample = conversion.sample(Raw::f64(number));
                    let quality = match (line.unit == *unit, line.stable) {
                        (false, _) => Quality::Flagged(OTHER_UNIT),
                        (true, false) => Quality::Flagged(UNSTABLE),
                        (true, true) => sample.quality,
                    };
                    Sample { quality, ..sample }
                }
            });
        }
        Some(self.group)
    }
}

/// Whether a line may begin with these bytes.
fn may_begin_line(bytes: &[u8]) -> bool {
    let compared = bytes.len().min(3);
    [b"ST,", b"US,", b"OL,", b"QT,"].iter().any(|header| header[..compared] == bytes[..compared])
}

impl Line<'_> {
    fn read(line: &[u8]) -> Option<Line<'_>> {
        let line = std::str::from_utf8(line.strip_suffix(b"\r\n")?).ok()?;
        let (header, rest) = line.split_once(',')?;
        let stable = match header {
            "ST" | "QT" | "OL" => true,
            "US" => false,
            _ => return None,
        };
        let rest = match rest.split_once(',') {
            Some(("GS" | "NT" | "TR", rest)) => rest,
            Some(_) => return None,
            None => rest,
        };
        let end = rest.find(|character: char| character.is_ascii_alphabetic());
        let (number, unit) = rest.split_at(end.unwrap_or(rest.len()));
        let (number, unit) = (number.trim_matches(' '), unit.trim_end_matches(' '));
        if unit.len() > 3 || !unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        if number.is_empty() {
            return Some(Line { stable, number: None, unit });
        }
        if !number.starts_with(['+', '-']) {
            return None;
        }
        let value = decimal(number)?;
        Some(Line { stable, number: (header != "OL").then_some(value), unit })
    }
}
