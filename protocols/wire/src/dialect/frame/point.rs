//! One point of a message: its number, and what the frame says beside it.
//!
//! Invariants:
//! - A blank is no value and never a zero; a text that is no decimal number is none either.
//! - The raw number is what was written: digits with their sign, before decimals, sign bit and
//!   unit are applied.

use trial::channel::{Quality, Raw};
use trial::plan::Plan;
use trial::profile::{Encoding, FlagCondition, FlagMeaning, Place, StatusBits};

use super::message::{Found, Message, Text};
use crate::derive::Sample;
use crate::derive::sample::{Conversion, times_power_of_ten};

/// Code of [`Quality::Flagged`]: the value was moving.
const UNSTABLE: u8 = 1;
/// Code of [`Quality::Flagged`]: the device shows another unit than those of the profile.
const OTHER_UNIT: u8 = 2;
/// Code of [`Quality::Flagged`]: the device says that the value is not valid.
const INVALID: u8 = 3;
/// Code of [`Quality::DeviceError`]: the device could not carry the query out.
const REFUSED: u8 = 1;

/// A point of one message.
#[derive(Debug, Clone)]
pub(crate) struct MessagePoint {
    number: Number,
    decimals: Option<(StatusBits, i8)>,
    negative: Option<StatusBits>,
    /// Where the unit is shown, and what a number in it is to be multiplied with.
    unit: Option<(Text, Vec<Factor>)>,
    flags: Vec<(Condition, FlagMeaning)>,
    /// Decimal mark of a number in a text.
    mark: u8,
    conversion: Conversion,
}

#[derive(Debug, Clone)]
enum Number {
    Text(Text),
    Binary(usize, Encoding),
}

/// A unit as it is shown, and its factor.
type Factor = (Vec<u8>, f64);

#[derive(Debug, Clone)]
enum Condition {
    Text(Text, Vec<u8>),
    Bits(StatusBits, u8),
}

/// What the flags and the unit of a frame come to; the worse stands above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Remark {
    Refused,
    NoValue,
    Invalid,
    OtherUnit,
    Unstable,
}

impl MessagePoint {
    /// The point that a channel of the plan records, and its message's position; `None` for a
    /// point of another dialect.
    pub(crate) fn new(
        plan: &Plan,
        channel: &trial::channel::Channel,
        messages: &[Message],
    ) -> Option<(usize, MessagePoint)> {
        let point = plan.point_of(channel);
        let (index, number) = match &point.place {
            Place::MessageText { message, text } => {
                (*message, Number::Text(Text::new(text, messages.get(*message)?)))
            }
            Place::MessageNumber { message, offset, encoding } => {
                (*message, Number::Binary(*offset, *encoding))
            }
            _ => return None,
        };
        let message = messages.get(index)?;
        let status = &point.status;
        let unit = status.unit.as_ref().map(|(place, factors)| {
            let factors = factors.iter().map(|(name, factor)| (name.trim().into(), *factor));
            (Text::new(place, message), factors.collect())
        });
        let flags = status.flags.iter().map(|flag| {
            let condition = match &flag.when {
                FlagCondition::Text(place, text) => {
                    Condition::Text(Text::new(place, message), text.trim().into())
                }
                FlagCondition::Bits(bits, equal) => Condition::Bits(*bits, *equal),
            };
            (condition, flag.means)
        });
        let point = MessagePoint {
            number,
            decimals: status.decimals,
            negative: status.negative,
            unit,
            flags: flags.collect(),
            mark: message.decimal_mark(),
            conversion: Conversion::new(plan, channel),
        };
        Some((index, point))
    }

    /// The sample in a frame; `None` if a number is not in it, which no fitting frame lacks.
    pub(crate) fn sample(&self, found: &Found<'_>) -> Option<Sample> {
        let (factor, known) = self.factor(found);
        let flags = self.flags.iter().filter(|(condition, _)| condition.holds(found));
        let remarks = flags.map(|(_, means)| Remark::from(*means));
        let remark = remarks.chain((!known).then_some(Remark::OtherUnit)).min();
        match remark {
            Some(Remark::Refused) => {
                return Some(self.conversion.nothing(Quality::DeviceError(REFUSED)));
            }
            Some(Remark::NoValue) => return Some(self.conversion.nothing(Quality::Sentinel)),
            _ => {}
        }
        let raw = match &self.number {
            Number::Text(place) => match found.text(place) {
                None | Some(b"") => return Some(self.conversion.nothing(Quality::Sentinel)),
                Some(text) => match decimal(text, self.mark) {
                    None => return Some(self.conversion.nothing(Quality::NotFinite)),
                    Some(number) => Raw::f64(number),
                },
            },
            Number::Binary(offset, encoding) => encoding.decode(found.content.get(*offset..)?)?,
        };
        let places = self
            .decimals
            .map(|(bits, minus)| Some(f64::from(minus) - f64::from(bits_of(found, bits)?)));
        let negative = self.negative.is_some_and(|bits| bits_of(found, bits) == Some(1));
        let sample = self.conversion.sample_scaled(raw, |number| {
            let number = match places {
                None => Some(number),
                Some(exponent) => exponent.and_then(|ten| times_power_of_ten(number, ten)),
            };
            let number = number.ok_or(Quality::Unscaled)?;
            Ok(if negative { -number } else { number } * factor)
        });
        let flagged = |code| Sample { quality: Quality::Flagged(code), ..sample };
        let has_value = matches!(sample.quality, Quality::Good | Quality::OutOfRange);
        Some(match remark.filter(|_| has_value) {
            Some(Remark::Invalid) => flagged(INVALID),
            Some(Remark::OtherUnit) => flagged(OTHER_UNIT),
            Some(Remark::Unstable) => flagged(UNSTABLE),
            _ => sample,
        })
    }

    /// What the number is to be multiplied with for the unit that the frame shows, and whether
    /// the profile knows it.
    fn factor(&self, found: &Found<'_>) -> (f64, bool) {
        let Some((place, factors)) = &self.unit else { return (1.0, true) };
        let shown = found.text(place);
        let factor = factors.iter().find(|(name, _)| shown == Some(name));
        factor.map_or((1.0, false), |(_, factor)| (*factor, true))
    }
}

impl Condition {
    fn holds(&self, found: &Found<'_>) -> bool {
        match self {
            Condition::Text(place, text) => found.text(place) == Some(text),
            Condition::Bits(bits, equal) => bits_of(found, *bits) == Some(*equal),
        }
    }
}

impl From<FlagMeaning> for Remark {
    fn from(means: FlagMeaning) -> Remark {
        match means {
            FlagMeaning::Refused => Remark::Refused,
            FlagMeaning::Overload | FlagMeaning::Underload | FlagMeaning::Missing => {
                Remark::NoValue
            }
            FlagMeaning::Invalid => Remark::Invalid,
            FlagMeaning::Unstable => Remark::Unstable,
        }
    }
}

fn bits_of(found: &Found<'_>, bits: StatusBits) -> Option<u8> {
    let width = bits.high.saturating_sub(bits.low).min(7) + 1;
    let mask = u8::MAX >> (8 - width);
    Some(found.content.get(bits.offset)?.checked_shr(u32::from(bits.low))? & mask)
}

/// Longest number in a text with another decimal mark than the point, in bytes.
const MAX_NUMBER_BYTES: usize = 64;

/// A decimal number: perhaps a sign, with blanks behind it or not, digits with at most one decimal
/// mark, perhaps a decimal exponent. Neither a word nor a sign alone.
fn decimal(text: &[u8], mark: u8) -> Option<f64> {
    if mark == b'.' {
        return with_point(text);
    }
    let mut copy = [0; MAX_NUMBER_BYTES];
    let copy = copy.get_mut(..text.len())?;
    for (to, from) in copy.iter_mut().zip(text) {
        *to = match *from {
            // It would group digits, and whoever takes it for the mark is wrong a thousandfold.
            b'.' => return None,
            byte if byte == mark => b'.',
            byte => byte,
        };
    }
    with_point(copy)
}

fn with_point(text: &[u8]) -> Option<f64> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest.trim_ascii_start()),
        (b'+', rest) => (false, rest.trim_ascii_start()),
        _ => (false, text),
    };
    // The parser takes signs and words as well; those are not among these bytes, but for the sign
    // of an exponent.
    let first = digits.first()?;
    let digital = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let exponent = |byte: &u8| matches!(byte, b'e' | b'E' | b'+' | b'-');
    if !digital(first) || !digits.iter().all(|byte| digital(byte) || exponent(byte)) {
        return None;
    }
    let number: f64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimal_or_none() {
        for (text, number) in [
            ("12.34", Some(12.34)),
            ("-  12.34", Some(-12.34)),
            ("+0001.0", Some(1.0)),
            ("1.5E-3", Some(0.0015)),
            ("5.", Some(5.0)),
            (".5", Some(0.5)),
            ("-", None),
            (".", None),
            ("--12", None),
            ("- -12", None),
            ("1-2", None),
            ("1.2.3", None),
            ("E5", None),
            ("1e", None),
            ("inf", None),
            ("nan", None),
            ("12 34", None),
            ("0x10", None),
            ("1\u{2}2", None),
        ] {
            assert_eq!(decimal(text.as_bytes(), b'.'), number, "{text}");
            if !text.contains(',') {
                let comma = text.replace('.', ",");
                assert_eq!(decimal(comma.as_bytes(), b','), number, "{comma}");
            }
        }
        assert_eq!(decimal(b"-0", b'.').map(f64::to_bits), Some((-0.0f64).to_bits()));
    }

    #[test]
    fn marks_that_group_digits_make_no_number() {
        for text in ["1.234,5", "1.5", "1,2,3", "1,234.5", &"1".repeat(65)] {
            assert_eq!(decimal(text.as_bytes(), b','), None, "{text}");
        }
        assert_eq!(decimal(b"1,5", b'.'), None);
    }
}
