//! Samples of stored raw numbers by another calibration.
//!
//! Invariant: with the calibration of the recording the stored samples come out, bit for bit: the
//! conversion is the one by which they were derived.

use trial::channel::{Channel, Quality, Raw, Sample};
use trial::plan::Plan;

use crate::derive::sample::Conversion;

/// How the stored raw numbers of one channel become samples.
#[derive(Debug, Clone)]
pub struct Recalibration(Conversion);

impl Recalibration {
    /// That of a channel of a plan with the calibrations to be used; `None` where more than the raw
    /// number makes the value: other registers that scale it, or the count of a totaliser.
    pub fn of(plan: &Plan, channel: &Channel) -> Option<Recalibration> {
        let point = plan.point_of(channel);
        let alone =
            point.exponent.is_none() && point.ratios.is_empty() && point.totaliser.is_none();
        alone.then(|| Recalibration(Conversion::new(plan, channel)))
    }

    /// The sample that a stored one becomes. What the device said of it stands; where it gave no
    /// number there is none.
    pub fn sample(&self, raw: Raw, stored: f64, quality: Quality) -> Sample {
        let found = self.0.sample(raw);
        match quality {
            Quality::Good | Quality::OutOfRange | Quality::NotFinite => found,
            _ if stored.is_nan() => Sample { raw, value: f64::NAN, quality },
            _ => Sample { quality, ..found },
        }
    }
}
