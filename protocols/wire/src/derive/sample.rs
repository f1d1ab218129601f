//! From a raw number to a sample: scale, offset, ranges, calibration and quality.
//!
//! Invariants:
//! - IEEE 754 basic operations alone, in one order: the raw number, what scales it, `× scale +
//!   offset`, the fault band, the valid range, the calibration, the channel's range.
//! - The raw bits are kept whatever becomes of the value. A value that is no number is always the
//!   same NaN: which payload an operation passes on is not the same on every machine.

use trial::channel::{Channel, Quality, Raw, RawType};
use trial::plan::{CalibrationModel, Plan};
use trial::profile::{Encoding, FaultBand, NumberForm, Place, Sentinel};

use super::Sample;

/// Powers of ten that binary64 holds exactly: the quotient or product with one of them is rounded
/// once.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// `number × 10^exponent`, dividing where the exponent is negative, so that 1234 × 10^-2 is the
/// binary64 of 12.34. `None` where the exponent is no whole number from -22 to 22.
pub(crate) fn times_power_of_ten(number: f64, exponent: f64) -> Option<f64> {
    let whole = exponent as i64;
    if whole as f64 != exponent {
        return None;
    }
    let power = POWERS_OF_TEN.get(usize::try_from(whole.unsigned_abs()).ok()?)?;
    Some(if whole < 0 { number / power } else { number * power })
}

/// How the raw numbers of one channel become samples.
#[derive(Debug, Clone)]
pub(crate) struct Conversion {
    scale: f64,
    offset: f64,
    sentinels: Vec<Sentinel>,
    range: Option<(f64, f64)>,
    raw_type: RawType,
    further: Option<Box<Further>>,
}

/// What few channels have; apart, so that the others cost nothing more.
#[derive(Debug, Clone)]
struct Further {
    /// The digits of a binary coded decimal.
    decimal: Option<Encoding>,
    fault: Option<FaultBand>,
    /// Valid range of the point, in its unit, where a calibration gives another.
    valid: Option<(f64, f64)>,
    calibration: Option<CalibrationModel>,
}

fn outside(range: Option<(f64, f64)>, value: f64) -> bool {
    range.is_some_and(|(low, high)| value < low || value > high)
}

/// The one NaN for whatever is none.
fn without_payload(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

impl Conversion {
    /// The conversion of a channel of the plan.
    pub(crate) fn new(plan: &Plan, channel: &Channel) -> Conversion {
        let point = plan.point_of(channel);
        let decimal = match point.place {
            Place::Register { encoding, .. }
            | Place::FrameField { encoding, .. }
            | Place::MessageNumber { encoding, .. } => {
                (encoding.form == NumberForm::Bcd).then_some(encoding)
            }
            _ => None,
        };
        let calibration = channel.calibration.and_then(|index| plan.calibrations.get(index));
        let further = Further {
            decimal,
            fault: point.fault,
            valid: point.valid.filter(|_| calibration.is_some()),
            calibration: calibration.map(|calibration| calibration.model.clone()),
        };
        let needed = further.decimal.is_some() || further.fault.is_some() || calibration.is_some();
        Conversion {
            scale: point.scale,
            offset: point.offset,
            sentinels: point.sentinels.clone(),
            range: channel.range,
            raw_type: channel.raw_type,
            further: needed.then(|| Box::new(further)),
        }
    }

    /// One with nothing further to it.
    #[cfg(test)]
    pub(super) fn of(
        scale: f64,
        offset: f64,
        sentinels: Vec<Sentinel>,
        range: Option<(f64, f64)>,
        raw_type: RawType,
    ) -> Conversion {
        Conversion { scale, offset, sentinels, range, raw_type, further: None }
    }

    /// What a raw number says; `None` for a binary coded decimal with a digit over 9.
    pub(crate) fn number(&self, raw: Raw) -> Option<f64> {
        match self.further.as_ref().and_then(|further| further.decimal) {
            Some(encoding) => encoding.number(raw),
            None => Some(raw.to_f64()),
        }
    }

    /// The sample of a raw number that nothing else scales.
    #[inline]
    pub(crate) fn sample(&self, raw: Raw) -> Sample {
        let (value, quality) = self.value(raw);
        Sample { raw, value, quality }
    }

    #[inline(always)]
    fn value(&self, raw: Raw) -> (f64, Quality) {
        if self.further.is_some() {
            return self.further_value(raw);
        }
        let number = raw.to_f64();
        let (value, quality) = self.judge(self.linear(number));
        (value, if self.is_sentinel(raw, number) { Quality::Sentinel } else { quality })
    }

    /// The same for one of the few channels that have more to them.
    #[cold]
    fn further_value(&self, raw: Raw) -> (f64, Quality) {
        let Some(number) = self.number(raw) else { return (f64::NAN, Quality::Corrupt) };
        let (value, quality) = self.finish(number);
        (value, if self.is_sentinel(raw, number) { Quality::Sentinel } else { quality })
    }

    /// The sample of a raw number that `scale` scales, or to which it gives a quality for want of
    /// what is needed. It is asked only where the raw number is one and no sentinel.
    pub(crate) fn sample_scaled(
        &self,
        raw: Raw,
        scale: impl FnOnce(f64) -> Result<f64, Quality>,
    ) -> Sample {
        let Some(number) = self.number(raw) else { return without_value(raw, Quality::Corrupt) };
        if self.is_sentinel(raw, number) {
            return without_value(raw, Quality::Sentinel);
        }
        match scale(number) {
            Ok(scaled) => {
                let (value, quality) = self.finish(scaled);
                Sample { raw, value, quality }
            }
            Err(quality) => without_value(raw, quality),
        }
    }

    /// The sample where the device gave no number: a raw zero, or NaN for numbers that come as
    /// text.
    pub(crate) fn nothing(&self, quality: Quality) -> Sample {
        without_value(Raw::nothing(self.raw_type), quality)
    }

    /// Whether a value is but the number scaled and moved, and good if it is within the range.
    pub(super) fn is_linear(&self) -> bool {
        self.further.is_none() && self.sentinels.is_empty()
    }

    /// The value of a number, where that is all there is to it.
    #[inline]
    pub(super) fn linear(&self, number: f64) -> f64 {
        number * self.scale + self.offset
    }

    /// Whether all of these values are good, where the range is all there is to it.
    pub(super) fn are_good(&self, values: &[f64]) -> bool {
        let finite = values.iter().fold(true, |good, value| good & value.is_finite());
        let within = |(low, high): (f64, f64)| {
            values.iter().fold(true, |good, value| good & (*value >= low) & (*value <= high))
        };
        finite && self.range.is_none_or(within)
    }

    #[inline(always)]
    fn is_sentinel(&self, raw: Raw, number: f64) -> bool {
        self.sentinels.iter().any(|sentinel| sentinel.matches(raw, number))
    }

    /// The value of a number in the unit of the channel, and its quality.
    fn finish(&self, number: f64) -> (f64, Quality) {
        let value = self.linear(number);
        match &self.further {
            Some(further) => further.finish(value, self.range),
            None => self.judge(value),
        }
    }

    /// Whether a value is a number within the channel's range.
    #[inline(always)]
    fn judge(&self, value: f64) -> (f64, Quality) {
        if !value.is_finite() {
            (without_payload(value), Quality::NotFinite)
        } else if outside(self.range, value) {
            (value, Quality::OutOfRange)
        } else {
            (value, Quality::Good)
        }
    }
}

impl Further {
    /// `range` is that of the channel.
    fn finish(&self, value: f64, range: Option<(f64, f64)>) -> (f64, Quality) {
        let broken = |fault: FaultBand| value <= fault.at_most || value >= fault.at_least;
        let quality = if !value.is_finite() {
            Quality::NotFinite
        } else if self.fault.is_some_and(broken) {
            Quality::Sentinel
        } else if outside(self.valid, value) {
            Quality::OutOfRange
        } else {
            Quality::Good
        };
        let corrected = match &self.calibration {
            None => Some(value),
            Some(model) => model.apply(value),
        };
        let (value, found) = match corrected {
            None => (f64::NAN, Quality::OutOfRange),
            Some(value) if !value.is_finite() => (without_payload(value), Quality::NotFinite),
            Some(value) if outside(range, value) => (value, Quality::OutOfRange),
            Some(value) => (value, Quality::Good),
        };
        (value, if quality.is_good() { found } else { quality })
    }
}

fn without_value(raw: Raw, quality: Quality) -> Sample {
    Sample { raw, value: f64::NAN, quality }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_are_rounded_once() {
        let check = |number, exponent, expected| {
            assert_eq!(times_power_of_ten(number, exponent), expected, "{number} {exponent}");
        };
        check(1234.0, -2.0, Some(12.34));
        check(2.0, -1.0, Some(0.2));
        check(1234.0, 0.0, Some(1234.0));
        check(3.0, 22.0, Some(3e22));
        check(7.0, -22.0, Some(7e-22));
        check(1.0, 23.0, None);
        check(1.0, -23.0, None);
        check(1.0, 0.5, None);
        check(1.0, f64::NAN, None);
        check(1.0, f64::INFINITY, None);
        check(1.0, -1e300, None);
    }
}
