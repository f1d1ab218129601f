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
    /// Unsigned 16-bit integer.
    U16,
    /// Signed 16-bit integer.
    I16,
    /// Unsigned 32-bit integer.
    U32,
    /// Signed 32-bit integer.
    I32,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64; also a decimal number in a text.
    F64,
}

/// A decoded number before scaling, in the device's own type. Bits are kept: a NaN keeps its
/// payload and −0 its sign.
#[derive(Debug, Clone, Copy)]
pub enum Raw {
    /// Unsigned 16-bit integer.
    U16(u16),
    /// Signed 16-bit integer.
    I16(i16),
    /// Unsigned 32-bit integer.
    U32(u32),
    /// Signed 32-bit integer.
    I32(i32),
    /// IEEE 754 binary32.
    F32(f32),
    /// IEEE 754 binary64.
    F64(f64),
}

impl Raw {
    /// The number as f64; exact for every type.
    pub fn to_f64(self) -> f64 {
        match self {
            Raw::U16(raw) => f64::from(raw),
            Raw::I16(raw) => f64::from(raw),
            Raw::U32(raw) => f64::from(raw),
            Raw::I32(raw) => f64::from(raw),
            Raw::F32(raw) => f64::from(raw),
            Raw::F64(raw) => raw,
        }
    }

    /// The bits, widened with zeros.
    pub fn bits(self) -> u64 {
        match self {
            Raw::U16(raw) => u64::from(raw),
            Raw::I16(raw) => u64::from(raw as u16),
            Raw::U32(raw) => u64::from(raw),
            Raw::I32(raw) => u64::from(raw as u32),
            Raw::F32(raw) => u64::from(raw.to_bits()),
            Raw::F64(raw) => raw.to_bits(),
        }
    }

    /// The type.
    pub fn raw_type(self) -> RawType {
        match self {
            Raw::U16(_) => RawType::U16,
            Raw::I16(_) => RawType::I16,
            Raw::U32(_) => RawType::U32,
            Raw::I32(_) => RawType::I32,
            Raw::F32(_) => RawType::F32,
            Raw::F64(_) => RawType::F64,
        }
    }
}

/// Equal bits of equal type.
impl PartialEq for Raw {
    fn eq(&self, other: &Raw) -> bool {
        self.raw_type() == other.raw_type() && self.bits() == other.bits()
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
            _ => None,
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
    /// Closed range outside which a value is `OutOfRange`; the narrower of point and plan.
    pub range: Option<(f64, f64)>,
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
