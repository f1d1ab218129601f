//! From a raw number to a sample: scale, offset and quality.

use trial::channel::{Channel, Quality, Raw, RawType};
use trial::plan::Plan;
use trial::profile::{Encoding, Sentinel};

use super::Sample;

/// How the raw numbers of one channel become samples.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    scale: f64,
    offset: f64,
    sentinels: Vec<Sentinel>,
    range: Option<(f64, f64)>,
    raw_type: RawType,
}

impl Conversion {
    /// The conversion of a channel of the plan.
    pub(crate) fn new(plan: &Plan, channel: &Channel) -> Conversion {
        let point = plan.point_of(channel);
        Conversion {
            scale: point.scale,
            offset: point.offset,
            sentinels: point.sentinels.clone(),
            range: channel.range,
            raw_type: channel.raw_type,
        }
    }

    /// The sample of a raw number.
    pub(crate) fn sample(&self, raw: Raw) -> Sample {
        let number = raw.to_f64();
        let value = number * self.scale + self.offset;
        let outside = self.range.is_some_and(|(low, high)| value < low || value > high);
        let quality = if self.sentinels.iter().any(|sentinel| sentinel.matches(raw, number)) {
            Quality::Sentinel
        } else if !value.is_finite() {
            Quality::NotFinite
        } else if outside {
            Quality::OutOfRange
        } else {
            Quality::Good
        };
        Sample { raw, value, quality }
    }

    /// The sample where the device gave no number: a raw zero, or NaN for numbers that come as
    /// text.
    pub(crate) fn nothing(&self, quality: Quality) -> Sample {
        let raw = Raw::nothing(self.raw_type);
        Sample { raw, value: f64::NAN, quality }
    }
}

/// A number in binary bytes, and its conversion.
#[derive(Debug, Clone)]
pub(crate) struct BinaryPoint {
    /// Offset of its first byte.
    pub(crate) offset: usize,
    /// Type and order.
    pub(crate) encoding: Encoding,
    /// What becomes of it.
    pub(crate) conversion: Conversion,
}

impl BinaryPoint {
    /// The sample in `bytes`; `None` if they are too short for it.
    pub(crate) fn sample(&self, bytes: &[u8]) -> Option<Sample> {
        let raw = self.encoding.decode(bytes.get(self.offset..)?)?;
        Some(self.conversion.sample(raw))
    }
}
