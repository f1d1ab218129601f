//! NMEA 0183 sentences: `$`, talker and formatter, fields, `*`, checksum, line end.
//!
//! The checksum is the exclusive-or of all characters between `$` and `*` (NMEA 0183, 5.3); a
//! sentence without one is skipped. An empty field means that the device has no value; it never
//! becomes a zero.

use trial::channel::{Quality, Raw};
use trial::profile::NmeaForm;
use trial::recording::GroupIndex;

use super::Scan;
use crate::derive::Sample;
use crate::derive::sample::Conversion;

/// Longest sentence that is read. The standard allows 82 characters with `$` and line end; some
/// receivers write longer ones.
const MAX_SENTENCE_BYTES: usize = 120;
/// Code of [`Quality::Flagged`]: the sentence says that its value is not valid.
const NOT_VALID: u8 = 1;

/// By formatter, the field that says whether the whole sentence is valid, and what it holds when
/// it is not: the status of RMC and MWV, the fix quality of GGA, the mode of VTG.
const VOID_SENTENCES: [(&str, usize, &str); 4] =
    [("RMC", 2, "V"), ("MWV", 5, "V"), ("GGA", 6, "0"), ("VTG", 9, "N")];

/// The sentences of one device that have points.
#[derive(Debug, Default)]
pub(crate) struct Nmea {
    sentences: Vec<Sentence>,
}

#[derive(Debug)]
struct Sentence {
    formatter: String,
    group: GroupIndex,
    fields: Vec<Field>,
}

/// Where a point stands in its sentence.
#[derive(Debug)]
pub(crate) struct Field {
    /// Field, from 1.
    pub(crate) number: u8,
    /// How it is read.
    pub(crate) form: NmeaForm,
    /// Field and text that make it valid.
    pub(crate) valid_when: Option<(u8, String)>,
    /// What becomes of the number.
    pub(crate) conversion: Conversion,
}

impl Nmea {
    /// Adds a point; points of one sentence share a group.
    pub(crate) fn add(&mut self, formatter: &str, group: GroupIndex, field: Field) {
        match self.sentences.iter_mut().find(|sentence| sentence.formatter == formatter) {
            Some(sentence) => sentence.fields.push(field),
            None => {
                let (formatter, fields) = (formatter.to_owned(), vec![field]);
                self.sentences.push(Sentence { formatter, group, fields });
            }
        }
    }

    /// What stands at the start of `bytes`.
    pub(crate) fn scan(&self, bytes: &[u8]) -> Scan {
        let Some((first, rest)) = bytes.split_first() else { return Scan::NeedMore };
        if *first != b'$' {
            return Scan::Skip(1);
        }
        let bounded = rest.iter().take(MAX_SENTENCE_BYTES - 1);
        // A second `$` means that the end of this sentence was lost.
        match bounded.enumerate().find(|(_, byte)| matches!(byte, b'$' | b'\n')) {
            Some((index, b'\n')) => match checked_body(&bytes[..index + 2]) {
                Some(_) => Scan::Frame(index + 2),
                None => Scan::Skip(index + 2),
            },
            Some((index, _)) => Scan::Skip(index + 1),
            None if rest.len() < MAX_SENTENCE_BYTES - 1 => Scan::NeedMore,
            None => Scan::Skip(1),
        }
    }

    /// Decodes a sentence into `samples`; `None` if no point of the profile is in it.
    pub(crate) fn decode(&self, frame: &[u8], samples: &mut Vec<Sample>) -> Option<GroupIndex> {
        let body = checked_body(frame)?;
        let fields: Vec<&str> = body.split(',').collect();
        let formatter = fields.first()?.get(2..)?;
        let sentence = self.sentences.iter().find(|known| known.formatter == formatter)?;
        let text = |number: u8| fields.get(usize::from(number)).copied().unwrap_or_default();
        let void = VOID_SENTENCES.iter().any(|(known, field, text)| {
            *known == formatter && fields.get(*field).copied() == Some(*text)
        });
        for field in &sentence.fields {
            let unmet = field.valid_when.as_ref().is_some_and(|(number, is)| text(*number) != is);
            let (number, next) = (text(field.number), text(field.number.saturating_add(1)));
            samples.push(match (number, read(field.form, number, next)) {
                ("", _) => field.conversion.nothing(Quality::Sentinel),
                (_, None) => field.conversion.nothing(Quality::NotFinite),
                (_, Some(number)) => {
                    let sample = field.conversion.sample(Raw::f64(number));
                    let quality =
                        if void || unmet { Quality::Flagged(NOT_VALID) } else { sample.quality };
                    Sample { quality, ..sample }
                }
            });
        }
        Some(sentence.group)
    }
}

/// The text between `$` and `*` of a whole line; `None` if the line is no sentence with a right
/// checksum.
fn checked_body(line: &[u8]) -> Option<&str> {
    let line = line.strip_prefix(b"$")?.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (body, [b'*', high, low]) = line.split_last_chunk::<3>()? else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let checksum = digit(*high)? * 16 + digit(*low)?;
    let sum = body.iter().fold(0u8, |sum, byte| sum ^ byte);
    let address = body.split(|byte| *byte == b',').next()?;
    let well_formed = address.len() >= 3
        && address.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && body.iter().all(|byte| (0x20..0x7f).contains(byte));
    (well_formed && u32::from(sum) == checksum).then(|| std::str::from_utf8(body).ok())?
}

/// The number of a field; `None` if it is not of its form. `next` is the field after it.
fn read(form: NmeaForm, text: &str, next: &str) -> Option<f64> {
    match form {
        NmeaForm::Number => decimal(text),
        NmeaForm::Latitude => degrees(text, 90.0, hemisphere(next, "N", "S")?),
        NmeaForm::Longitude => degrees(text, 180.0, hemisphere(next, "E", "W")?),
        NmeaForm::TimeOfDay => {
            let (hours, rest) = text.split_at_checked(2)?;
            let (minutes, seconds) = rest.split_at_checked(2)?;
            // A leap second is 60.
            let within = |text: &str, limit: f64| unsigned(text).filter(|number| *number < limit);
            let minutes = within(hours, 24.0)? * 60.0 + within(minutes, 60.0)?;
            Some(minutes * 60.0 + within(seconds, 61.0)?)
        }
    }
}

fn hemisphere(text: &str, positive: &str, negative: &str) -> Option<f64> {
    match text {
        _ if text == positive => Some(1.0),
        _ if text == negative => Some(-1.0),
        _ => None,
    }
}

/// Degrees and minutes as `dddmm.mmm`.
fn degrees(text: &str, limit: f64, sign: f64) -> Option<f64> {
    let whole = text.find('.').unwrap_or(text.len());
    let (degrees, minutes) = text.split_at_checked(whole.checked_sub(2)?)?;
    let minutes = unsigned(minutes).filter(|minutes| *minutes < 60.0)?;
    let angle = unsigned(degrees)? + minutes / 60.0;
    (angle <= limit).then_some(sign * angle)
}

/// A decimal number with an optional sign; neither an exponent nor a word.
pub(super) fn decimal(text: &str) -> Option<f64> {
    match text.strip_prefix('-') {
        Some(rest) => unsigned(rest).map(|number| -number),
        None => unsigned(text.strip_prefix('+').unwrap_or(text)),
    }
}

fn unsigned(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { text.parse().ok() } else { None }
}
