//! Calibrations: from the value that an instrument shows to the one that its certificate says.
//!
//! Invariants of the resolved form:
//! - all numbers are finite; a polynomial has 1 to [`MAX_COEFFICIENTS`] of them, a table at least
//!   two points whose indicated values strictly ascend;
//! - applying one uses IEEE 754 additions, multiplications and divisions alone, so that the same
//!   number comes out everywhere.

mod uncertainty;

use serde::Deserialize;
use toml::Spanned;
use words::message;

use crate::channel::is_identifier;
use crate::document::{DocumentError, Source};
use crate::profile::resolve_unit;
use crate::time::is_date;
use crate::unit::{Quantity, Unit};

pub use uncertainty::{
    Amount, CalibrationComponent, CalibrationUncertainty, Component, ComponentKind, Distribution,
    MAX_COMPONENTS, NoFullScale, Scale,
};

/// Most coefficients of a polynomial.
pub const MAX_COEFFICIENTS: usize = 10;
/// Most points of a table.
pub const MAX_TABLE_POINTS: usize = 256;
/// Most calibrations of a plan.
pub const MAX_CALIBRATIONS: usize = 1024;

/// The calibration of one sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// Number of the sensor; unique in the plan.
    pub id: String,
    /// Number of the certificate.
    pub certificate: String,
    /// Day of the calibration, `YYYY-MM-DD`.
    pub date: String,
    /// Day on which it is due again, `YYYY-MM-DD`; empty if none is declared.
    pub due: String,
    /// How the value is corrected.
    pub model: CalibrationModel,
    /// Quantity and unit of the corrected value, where they are not those of the point: a
    /// transmitter of 4–20 mA gives a pressure.
    pub gives: Option<(Quantity, Unit)>,
    /// Uncertainty that the certificate states.
    pub uncertainty: Option<CalibrationUncertainty>,
    /// What else makes the corrected value uncertain; ids are unique within the calibration.
    pub components: Vec<CalibrationComponent>,
}

/// How an indicated value becomes the corrected one.
#[derive(Debug, Clone, PartialEq)]
pub enum CalibrationModel {
    /// `indicated × gain + offset`.
    Linear {
        /// Gain.
        gain: f64,
        /// Offset, in the unit of the corrected value.
        offset: f64,
    },
    /// `c0 + c1 × x + c2 × x² + …`, by Horner's rule from the highest coefficient.
    Polynomial(Vec<f64>),
    /// Straight lines between `(indicated, corrected)` points; no value outside of them.
    Table(Vec<(f64, f64)>),
}

impl CalibrationModel {
    /// The corrected value; `None` outside of a table's points and for a NaN in a table.
    pub fn apply(&self, indicated: f64) -> Option<f64> {
        match self {
            CalibrationModel::Linear { gain, offset } => Some(indicated * gain + offset),
            CalibrationModel::Polynomial(coefficients) => {
                Some(coefficients.iter().rev().fold(0.0, |sum, c| sum * indicated + c))
            }
            CalibrationModel::Table(points) => {
                let above = points.partition_point(|(x, _)| *x <= indicated);
                let (x0, y0) = *points.get(above.checked_sub(1)?)?;
                if indicated == x0 {
                    return Some(y0);
                }
                let (x1, y1) = *points.get(above)?;
                // Beyond a NaN nothing is smaller: `above` is 0 and there is no value.
                Some(y0 + (y1 - y0) * ((indicated - x0) / (x1 - x0)))
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalibration {
    pub(super) id: String,
    certificate: String,
    date: String,
    #[serde(default)]
    due: String,
    model: RawModel,
    gain: Option<f64>,
    offset: Option<f64>,
    coefficients: Option<Vec<f64>>,
    points: Option<Vec<[f64; 2]>>,
    quantity: Option<Quantity>,
    unit: Option<Spanned<String>>,
    uncertainty: Option<uncertainty::RawUncertainty>,
    #[serde(default)]
    component: Vec<Spanned<uncertainty::RawComponent>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum RawModel {
    Linear,
    Polynomial,
    Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalibrations {
    calibration: Vec<Spanned<RawCalibration>>,
}

/// Reads a document of `[[calibration]]` tables alone, as a plan has them.
///
/// # Errors
/// The document is refused, with line, reason and right form.
pub fn read_calibrations(source: &Source<'_>) -> Result<Vec<Calibration>, DocumentError> {
    let raw: RawCalibrations = source.parse()?;
    lower(source, &raw.calibration)
}

pub(super) fn lower(
    source: &Source<'_>,
    raw: &[Spanned<RawCalibration>],
) -> Result<Vec<Calibration>, DocumentError> {
    if raw.len() > MAX_CALIBRATIONS {
        let message = message!("plan-calibration-count", limit = MAX_CALIBRATIONS);
        return Err(source.refuse_whole(message));
    }
    let mut calibrations: Vec<Calibration> = Vec::with_capacity(raw.len());
    for spanned in raw {
        let calibration = spanned.get_ref();
        let refuse = |message| source.refuse(spanned.span(), message);
        let id = words::printable(&calibration.id);
        if !is_identifier(&calibration.id) {
            return Err(refuse(message!("document-bad-identifier", id = id)));
        }
        if calibrations.iter().any(|other| other.id == calibration.id) {
            return Err(refuse(message!("document-twice", id = id)));
        }
        let dated =
            is_date(&calibration.date) && (calibration.due.is_empty() || is_date(&calibration.due));
        if !dated {
            return Err(refuse(message!("plan-calibration-date", id = id)));
        }
        let model = lower_model(calibration)
            .ok_or_else(|| refuse(message!("plan-calibration-model", id = id)))?;
        let gives = match (&calibration.quantity, &calibration.unit) {
            (None, None) => None,
            (Some(quantity), Some(unit)) => {
                Some((*quantity, resolve_unit(source, unit, *quantity)?))
            }
            _ => return Err(refuse(message!("plan-calibration-gives", id = id))),
        };
        let (uncertainty, components) = uncertainty::lower(source, spanned.span(), calibration)?;
        calibrations.push(Calibration {
            id: calibration.id.clone(),
            certificate: calibration.certificate.clone(),
            date: calibration.date.clone(),
            due: calibration.due.clone(),
            model,
            gives,
            uncertainty,
            components,
        });
    }
    Ok(calibrations)
}

/// `None` where the keys are not those of the model or its numbers don't make one.
fn lower_model(raw: &RawCalibration) -> Option<CalibrationModel> {
    let finite = |numbers: &[f64]| numbers.iter().all(|number| number.is_finite());
    let line = raw.gain.is_some() || raw.offset.is_some();
    match (raw.model, line, &raw.coefficients, &raw.points) {
        (RawModel::Linear, true, None, None) => {
            let (gain, offset) = (raw.gain.unwrap_or(1.0), raw.offset.unwrap_or(0.0));
            (finite(&[gain, offset]) && gain != 0.0)
                .then_some(CalibrationModel::Linear { gain, offset })
        }
        (RawModel::Polynomial, false, Some(coefficients), None) => {
            let fits = (1..=MAX_COEFFICIENTS).contains(&coefficients.len());
            (fits && finite(coefficients))
                .then(|| CalibrationModel::Polynomial(coefficients.clone()))
        }
        (RawModel::Table, false, None, Some(points)) => {
            let fits = (2..=MAX_TABLE_POINTS).contains(&points.len());
            let ascending = points.windows(2).all(|pair| pair[0][0] < pair[1][0]);
            (fits && ascending && finite(points.as_flattened()))
                .then(|| CalibrationModel::Table(points.iter().map(|[x, y]| (*x, *y)).collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_give_the_numbers_of_their_certificate() {
        let linear = CalibrationModel::Linear { gain: 0.5, offset: 1.0 };
        assert_eq!(linear.apply(4.0), Some(3.0));
        let polynomial = CalibrationModel::Polynomial(vec![1.0, 2.0, 3.0]);
        assert_eq!(polynomial.apply(2.0), Some(17.0));
        let table = CalibrationModel::Table(vec![(0.0, 1.0), (10.0, 3.0), (20.0, 13.0)]);
        for (indicated, corrected) in [
            (-0.1, None),
            (0.0, Some(1.0)),
            (5.0, Some(2.0)),
            (10.0, Some(3.0)),
            (15.0, Some(8.0)),
            (20.0, Some(13.0)),
            (20.1, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(table.apply(indicated), corrected, "{indicated}");
        }
    }
}
