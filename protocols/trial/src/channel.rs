//! Channels: what is recorded, in which unit, and how good each value is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::unit::{Quantity, Unit};

/// Longest identifier that a document may use.
pub const MAX_IDENTIFIER_LENGTH: usize = 64;

/// Whether `text` may name a trial, link, device, channel, phase or criterion: 1 to
/// [`MAX_IDENTIFIER_LENGTH`] ASCII letters, digits, `_`, `-`, `.`; the first a letter or digit,
/// and no `..`. Such a name can't leave its folder or break a path.
pub fn is_identifier(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= MAX_IDENTIFIER_LENGTH
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !text.contains("..")
}

/// Name of a channel, unique in a trial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelId(pub String);

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Position of a channel in [`crate::plan::Plan::channels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelIndex(pub u32);

/// The type in which a device gives a number, and in which the trial file keeps it raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawType {
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 16-bit integer.
    U16,
    /// Signed 16-bit integer.
    I16,
    /// Unsigned 32-bit integer.
    U32,
    /// Signed 32-bit integer.
    I32,
    /// Unsigned 64-bit integer.
    U64,
    /// Signed 64-bit integer.
    I64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64; also a decimal number in a text.
    F64,
}

/// A decoded number before scaling, in the device's own type. Bits are kept: a NaN keeps its
/// payload and −0 its sign. Equal are equal bits of equal type.
///
/// Type and bits stand side by side, so that a raw number travels in two registers: there may be
/// millions of them in a second.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Raw {
    raw_type: RawType,
    /// Widened with zeros.
    bits: u64,
}

/// A constructor for each type.
macro_rules! constructors {
    ($($(#[doc = $doc:literal])* $name:ident $kind:ident $number:ident => $bits:expr,)*) => {
        impl Raw {
            $(
                $(#[doc = $doc])*
                #[inline]
                pub fn $name($number: $name) -> Raw {
                    Raw { raw_type: RawType::$kind, bits: $bits }
                }
            )*
        }
    };
}

constructors! {
    /// Unsigned 8-bit integer.
    u8 U8 number => u64::from(number),
    /// Signed 8-bit integer.
    i8 I8 number => u64::from(number as u8),
    /// Unsigned 16-bit integer.
    u16 U16 number => u64::from(number),
    /// Signed 16-bit integer.
    i16 I16 number => u64::from(number as u16),
    /// Unsigned 32-bit integer.
    u32 U32 number => u64::from(number),
    /// Signed 32-bit integer.
    i32 I32 number => u64::from(number as u32),
    /// Unsigned 64-bit integer.
    u64 U64 number => number,
    /// Signed 64-bit integer.
    i64 I64 number => number as u64,
    /// IEEE 754 binary32.
    f32 F32 number => u64::from(number.to_bits()),
    /// IEEE 754 binary64.
    f64 F64 number => number.to_bits(),
}

/// Type and number, as `U16(7)`.
impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.bits;
        match self.raw_type {
            RawType::I8 => write!(f, "I8({})", bits as i8),
            RawType::I16 => write!(f, "I16({})", bits as i16),
            RawType::I32 => write!(f, "I32({})", bits as i32),
            RawType::I64 => write!(f, "I64({})", bits as i64),
            RawType::F32 => write!(f, "F32({:?})", f32::from_bits(bits as u32)),
            RawType::F64 => write!(f, "F64({:?})", f64::from_bits(bits)),
            unsigned => write!(f, "{unsigned:?}({bits})"),
        }
    }
}

impl Raw {
    /// The number as f64; exact but for 64-bit integers beyond 2^53, of which it is the nearest.
    #[inline]
    pub fn to_f64(self) -> f64 {
        let bits = self.bits;
        match self.raw_type {
            RawType::U8 => f64::from(bits as u8),
            RawType::I8 => f64::from(bits as i8),
            RawType::U64 => bits as f64,
            RawType::I64 => bits as i64 as f64,
            RawType::U16 => f64::from(bits as u16),
            RawType::I16 => f64::from(bits as i16),
            RawType::U32 => f64::from(bits as u32),
            RawType::I32 => f64::from(bits as i32),
            RawType::F32 => f64::from(f32::from_bits(bits as u32)),
            RawType::F64 => f64::from_bits(bits),
        }
    }

    /// The bits, widened with zeros.
    #[inline]
    pub fn bits(self) -> u64 {
        self.bits
    }

    /// The zero of a type; NaN for binary64, which numbers in texts have too.
    pub fn nothing(raw_type: RawType) -> Raw {
        match raw_type {
            RawType::F64 => Raw::f64(f64::NAN),
            _ => Raw { raw_type, bits: 0 },
        }
    }

    /// The bits `low` to `high` of an unsigned integer, moved to the lowest place; other types
    /// are given back as they are.
    pub fn with_bits_between(self, low: u8, high: u8) -> Raw {
        let width = u32::from(high.saturating_sub(low)) + 1;
        let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
        let field = self.bits.checked_shr(u32::from(low)).unwrap_or(0) & mask;
        match self.raw_type {
            RawType::U8 | RawType::U16 | RawType::U32 | RawType::U64 => {
                Raw { raw_type: self.raw_type, bits: field }
            }
            _ => self,
        }
    }

    /// The type.
    #[inline]
    pub fn raw_type(self) -> RawType {
        self.raw_type
    }
}

/// One decoded value of a channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// The number as the device gave it.
    pub raw: Raw,
    /// The number in the channel's unit; NaN where there is none.
    pub value: f64,
    /// How good it is.
    pub quality: Quality,
}

/// How good a value is. Only `Good` values are judged; everything else counts as unobserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quality {
    /// Nothing speaks against the value.
    Good,
    /// The device repeated its value within its refresh time.
    Stale,
    /// Outside the valid range of the point or the channel.
    OutOfRange,
    /// One of the profile's sentinels: broken wire, no fix, overload.
    Sentinel,
    /// The device answered with this error code; there is no value.
    DeviceError(u8),
    /// Not a finite number.
    NotFinite,
    /// The device itself marked the value as not stable or not valid (code of the dialect).
    Flagged(u8),
    /// The bits are no number of the declared form: a BCD digit over 9.
    Corrupt,
    /// A register that scales the value has not been read, or not lately enough.
    Unscaled,
    /// A totaliser began again: the device was reset. The counts before and after do not join.
    CounterReset,
}

impl Quality {
    /// Class in the upper, code in the lower byte; as the trial file stores it. 0 is good.
    pub fn to_code(self) -> u16 {
        match self {
            Quality::Good => 0x0000,
            Quality::Stale => 0x0100,
            Quality::OutOfRange => 0x0200,
            Quality::Sentinel => 0x0300,
            Quality::DeviceError(code) => 0x0400 | u16::from(code),
            Quality::NotFinite => 0x0500,
            Quality::Flagged(code) => 0x0600 | u16::from(code),
            Quality::Corrupt => 0x0700,
            Quality::Unscaled => 0x0800,
            Quality::CounterReset => 0x0900,
        }
    }

    /// Reads what [`Quality::to_code`] gave; `None` for any other code.
    pub fn from_code(code: u16) -> Option<Quality> {
        let [class, low] = code.to_be_bytes();
        match (class, low) {
            (0, 0) => Some(Quality::Good),
            (1, 0) => Some(Quality::Stale),
            (2, 0) => Some(Quality::OutOfRange),
            (3, 0) => Some(Quality::Sentinel),
            (4, code) => Some(Quality::DeviceError(code)),
            (5, 0) => Some(Quality::NotFinite),
            (6, code) => Some(Quality::Flagged(code)),
            (7, 0) => Some(Quality::Corrupt),
            (8, 0) => Some(Quality::Unscaled),
            (9, 0) => Some(Quality::CounterReset),
            _ => None,
        }
    }

    /// The stable English name of the class, as JSON carries it.
    pub fn name(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Stale => "stale",
            Quality::OutOfRange => "out-of-range",
            Quality::Sentinel => "sentinel",
            Quality::DeviceError(_) => "device-error",
            Quality::NotFinite => "not-finite",
            Quality::Flagged(_) => "flagged",
            Quality::Corrupt => "corrupt",
            Quality::Unscaled => "unscaled",
            Quality::CounterReset => "counter-reset",
        }
    }

    /// Whether the value may be judged.
    pub fn is_good(self) -> bool {
        self == Quality::Good
    }
}

/// One recorded quantity: a point of a device's profile as the plan binds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Unique name.
    pub id: ChannelId,
    /// Position of the device in the plan.
    pub device: usize,
    /// Position of the point in the device's profile.
    pub point: usize,
    /// What is measured.
    pub quantity: Quantity,
    /// Unit of the values.
    pub unit: Unit,
    /// Raw type.
    pub raw_type: RawType,
    /// Closed range outside which a value is `OutOfRange`, in `unit`: the narrower of point and
    /// plan, or the plan's alone where a calibration stands between them.
    pub range: Option<(f64, f64)>,
    /// Position of its calibration in the plan. The calibration takes a value in the unit of the
    /// point and gives one in `unit`.
    pub calibration: Option<usize>,
    /// Period of polling where the plan gives this channel one of its own; zero is back to back.
    pub every: Option<std::time::Duration>,
    /// Titles in Chinese and English, from the profile.
    pub title: crate::document::Title,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quality_code_reads_back() {
        for code in 0..=u16::MAX {
            if let Some(quality) = Quality::from_code(code) {
                assert_eq!(quality.to_code(), code);
            }
        }
    }

    #[test]
    fn identifiers_cannot_leave_their_folder() {
        for good in ["p_out", "ZJ-2026-0042", "meter.voltage_1", "a"] {
            assert!(is_identifier(good), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a..b", "-a", "a b", "泵", "a\0", &"a".repeat(65)]
        {
            assert!(!is_identifier(bad), "{bad:?}");
        }
    }
}
