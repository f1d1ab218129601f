//! What makes a corrected value uncertain: the certificate, and components that a plan declares.
//!
//! Invariants of the resolved form:
//! - every number is finite and not negative, a coverage factor and degrees of freedom at least 1;
//! - a maker's specification, which is that of uncorrected values, never stands together with the
//!   uncertainty of a certificate or with a residual: the same errors would count twice;
//! - a component is either common to all samples (the default) or independent from one to the next.

use std::ops::Range;

use serde::Deserialize;
use words::{Message, message};

use super::{Calibration, RawCalibration};
use crate::channel::is_identifier;
use crate::document::{DocumentError, Source};

/// Most components of a calibration.
pub const MAX_COMPONENTS: usize = 32;

/// Uncertainty as a certificate states it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationUncertainty {
    /// Expanded uncertainty U, in the unit of the corrected value.
    pub expanded: f64,
    /// Coverage factor k.
    pub coverage_factor: f64,
    /// Degrees of freedom, where the certificate states them; else they count as infinite.
    pub degrees_of_freedom: Option<f64>,
}

/// Where a component comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ComponentKind {
    /// Accuracy that the maker states for an instrument whose values are not corrected.
    Specification,
    /// What the correction by the certificate leaves.
    Residual,
    /// Change since the calibration. A specification may have a drift beside it: makers state
    /// accuracy and long-term stability apart.
    Drift,
    /// Temperature away from that of the calibration. Its half width is the coefficient times the
    /// span: 0.02 % of full scale per kelvin over 20 K are 0.4 % of full scale.
    Temperature,
    /// Mounting: position, wetted line, torque.
    Mounting,
    /// The chain between sensor and number: loop, converter, gateway.
    Acquisition,
    /// Resolution d of the number: a rectangular half width of d/2.
    Resolution,
    /// Scatter of the instrument itself.
    Repeatability,
    /// Anything else.
    Other,
}

/// Distribution of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Normal, as a certificate gives it.
    Normal,
    /// Anywhere between the limits (JCGM 100:2008, 4.3.7).
    Rectangular,
    /// Rather in the middle of the limits (JCGM 100:2008, 4.3.9).
    Triangular,
    /// Rather near the limits, as of a cycling temperature.
    UShaped,
}

impl Distribution {
    /// By what a half width is divided to give the standard uncertainty; `None` for a normal
    /// distribution, which has no limits.
    pub fn divisor(self) -> Option<f64> {
        match self {
            Distribution::Normal => None,
            Distribution::Rectangular => Some(3f64.sqrt()),
            Distribution::Triangular => Some(6f64.sqrt()),
            Distribution::UShaped => Some(2f64.sqrt()),
        }
    }
}

/// How large a component is, as the plan says it; see [`Scale`] for the unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Amount {
    /// Half the width between the limits of a distribution that has some.
    HalfWidth(f64),
    /// Expanded uncertainty of a normal distribution.
    Expanded {
        /// Expanded uncertainty U.
        expanded: f64,
        /// Coverage factor k, at least 1.
        coverage_factor: f64,
    },
    /// Standard uncertainty.
    Standard(f64),
}

/// Of what an [`Amount`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// In the unit of the corrected value.
    Absolute,
    /// In percent of the absolute corrected value.
    OfReading,
    /// In percent of the width of the channel's declared range.
    OfFullScale,
}

/// A component as the plan declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibrationComponent {
    /// Name, unique within the calibration.
    pub id: String,
    /// Where it comes from.
    pub kind: ComponentKind,
    /// Its distribution; one with limits where the amount is a half width.
    pub distribution: Distribution,
    /// How large it is.
    pub amount: Amount,
    /// Of what the amount is.
    pub scale: Scale,
    /// Whether it is independent from sample to sample, so that a mean makes it smaller.
    pub per_sample: bool,
    /// Degrees of freedom; infinite where none are declared.
    pub degrees_of_freedom: Option<f64>,
}

/// A component at one value: what a budget adds up.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Name of the component.
    pub id: String,
    /// Where it comes from.
    pub kind: ComponentKind,
    /// Standard uncertainty, in the unit of the corrected value.
    pub standard: f64,
    /// Whether it is independent from sample to sample.
    pub per_sample: bool,
    /// Degrees of freedom, at least 1; infinite where none are declared.
    pub degrees_of_freedom: f64,
}

/// A component is a share of full scale and the channel has no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("component `{component}` is a share of full scale: give the channel a range")]
pub struct NoFullScale {
    /// Name of the component.
    pub component: String,
}

impl CalibrationComponent {
    /// Standard uncertainty at a corrected value, for a channel of that range (low, high), in the
    /// unit of the corrected value. NaN for a NaN of which it is a share.
    ///
    /// # Errors
    /// A share of full scale without a range.
    pub fn standard_at(&self, value: f64, range: Option<(f64, f64)>) -> Result<f64, NoFullScale> {
        let amount = match self.amount {
            Amount::HalfWidth(half) => half / self.distribution.divisor().unwrap_or(1.0),
            Amount::Expanded { expanded, coverage_factor } => expanded / coverage_factor,
            Amount::Standard(standard) => standard,
        };
        Ok(match self.scale {
            Scale::Absolute => amount,
            Scale::OfReading => amount * value.abs() / 100.0,
            Scale::OfFullScale => {
                let missing = || NoFullScale { component: self.id.clone() };
                let (low, high) = range.ok_or_else(missing)?;
                amount * (high - low).abs() / 100.0
            }
        })
    }
}

impl Calibration {
    /// The declared components at a corrected value, for a channel of that range (low, high). The
    /// certificate's own uncertainty is not among them.
    ///
    /// # Errors
    /// A share of full scale without a range.
    pub fn components_at(
        &self,
        value: f64,
        range: Option<(f64, f64)>,
    ) -> Result<Vec<Component>, NoFullScale> {
        let resolve = |component: &CalibrationComponent| {
            Ok(Component {
                id: component.id.clone(),
                kind: component.kind,
                standard: component.standard_at(value, range)?,
                per_sample: component.per_sample,
                degrees_of_freedom: component.degrees_of_freedom.unwrap_or(f64::INFINITY),
            })
        };
        self.components.iter().map(resolve).collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawUncertainty {
    expanded: f64,
    coverage_factor: f64,
    degrees_of_freedom: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawComponent {
    id: String,
    kind: ComponentKind,
    distribution: Option<Distribution>,
    half_width: Option<f64>,
    expanded: Option<f64>,
    coverage_factor: Option<f64>,
    standard: Option<f64>,
    of: Option<RawScale>,
    #[serde(default)]
    per_sample: bool,
    degrees_of_freedom: Option<f64>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum RawScale {
    Reading,
    FullScale,
}

type Lowered = (Option<CalibrationUncertainty>, Vec<CalibrationComponent>);

/// The uncertainty of a calibration, which stands at `at`.
pub(super) fn lower(
    source: &Source<'_>,
    at: Range<usize>,
    raw: &RawCalibration,
) -> Result<Lowered, DocumentError> {
    let id = words::printable(&raw.id);
    let refuse = |message| source.refuse(at.clone(), message);
    let uncertainty = match &raw.uncertainty {
        None => None,
        Some(stated) => {
            let lowered = lower_certificate(stated);
            let wrong = || refuse(message!("plan-calibration-uncertainty", id = id));
            Some(lowered.ok_or_else(wrong)?)
        }
    };
    if raw.component.len() > MAX_COMPONENTS {
        return Err(refuse(message!("plan-component-count", id = id, limit = MAX_COMPONENTS)));
    }
    let mut components: Vec<CalibrationComponent> = Vec::with_capacity(raw.component.len());
    for spanned in &raw.component {
        let component = lower_component(spanned.get_ref(), &components);
        components.push(component.map_err(|message| source.refuse(spanned.span(), message))?);
    }
    let of_kind = |kind| components.iter().find(move |component| component.kind == kind);
    let corrected = uncertainty.is_some() || of_kind(ComponentKind::Residual).is_some();
    match of_kind(ComponentKind::Specification) {
        Some(one) if corrected => {
            Err(refuse(message!("plan-component-twofold", id = id, component = one.id)))
        }
        _ => Ok((uncertainty, components)),
    }
}

fn is_amount(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

fn is_at_least_one(number: f64) -> bool {
    number.is_finite() && number >= 1.0
}

fn lower_certificate(raw: &RawUncertainty) -> Option<CalibrationUncertainty> {
    let RawUncertainty { expanded, coverage_factor, degrees_of_freedom } = *raw;
    let fits = is_amount(expanded)
        && is_at_least_one(coverage_factor)
        && degrees_of_freedom.is_none_or(is_at_least_one);
    fits.then_some(CalibrationUncertainty { expanded, coverage_factor, degrees_of_freedom })
}

fn lower_component(
    raw: &RawComponent,
    others: &[CalibrationComponent],
) -> Result<CalibrationComponent, Message> {
    let id = words::printable(&raw.id);
    if !is_identifier(&raw.id) {
        return Err(message!("document-bad-identifier", id = id));
    }
    if others.iter().any(|other| other.id == raw.id) {
        return Err(message!("document-twice", id = id));
    }
    if !raw.degrees_of_freedom.is_none_or(is_at_least_one) {
        return Err(message!("plan-component-freedom", id = id));
    }
    let (amount, distribution) =
        lower_amount(raw).ok_or_else(|| message!("plan-component-amount", id = id))?;
    let scale = match raw.of {
        None => Scale::Absolute,
        Some(RawScale::Reading) => Scale::OfReading,
        Some(RawScale::FullScale) => Scale::OfFullScale,
    };
    Ok(CalibrationComponent {
        id: raw.id.clone(),
        kind: raw.kind,
        distribution,
        amount,
        scale,
        per_sample: raw.per_sample,
        degrees_of_freedom: raw.degrees_of_freedom,
    })
}

/// `None` where the keys are not those of one amount, or the distribution is not its own.
fn lower_amount(raw: &RawComponent) -> Option<(Amount, Distribution)> {
    let normal = raw.distribution.unwrap_or(Distribution::Normal);
    match (raw.half_width, raw.expanded, raw.coverage_factor, raw.standard) {
        (Some(half), None, None, None) if is_amount(half) => {
            let distribution = raw.distribution.filter(|shape| shape.divisor().is_some())?;
            Some((Amount::HalfWidth(half), distribution))
        }
        (None, Some(expanded), Some(coverage_factor), None)
            if is_amount(expanded)
                && is_at_least_one(coverage_factor)
                && normal == Distribution::Normal =>
        {
            Some((Amount::Expanded { expanded, coverage_factor }, normal))
        }
        (None, None, None, Some(standard)) if is_amount(standard) => {
            Some((Amount::Standard(standard), normal))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use toml::Spanned;

    use super::*;

    const HEAD: &str = "[[calibration]]\nid = \"PT-1\"\ncertificate = \"C\"\ndate = \"2026-03-01\"\n\
                        model = \"linear\"\ngain = 1.0\n";
    const CERTIFICATE: &str = "uncertainty = { expanded = 0.0016, coverage_factor = 2 }\n";

    #[derive(Deserialize)]
    struct Document {
        calibration: Vec<Spanned<RawCalibration>>,
    }

    fn lowered(more: &str) -> Result<Calibration, DocumentError> {
        let text = format!("{HEAD}{more}");
        let source = Source::new("plan.toml", text.as_bytes())?;
        let raw: Document = source.parse()?;
        super::super::lower(&source, &raw.calibration).map(|mut all| all.remove(0))
    }

    fn component(keys: &str) -> String {
        format!("[[calibration.component]]\nid = \"c\"\n{keys}\n")
    }

    #[test]
    fn a_component_is_a_standard_uncertainty_at_a_value() {
        let (root2, root3, root6) = (2f64.sqrt(), 3f64.sqrt(), 6f64.sqrt());
        let pressure = Some((0.0, 1.6));
        for (keys, value, range, standard) in [
            (
                "kind = \"drift\"\ndistribution = \"rectangular\"\nhalf_width = 0.3",
                9.0,
                None,
                0.3 / root3,
            ),
            (
                "kind = \"drift\"\ndistribution = \"triangular\"\nhalf_width = 0.3",
                9.0,
                None,
                0.3 / root6,
            ),
            (
                "kind = \"other\"\ndistribution = \"u-shaped\"\nhalf_width = 0.3",
                9.0,
                None,
                0.3 / root2,
            ),
            ("kind = \"residual\"\nexpanded = 0.3\ncoverage_factor = 2.5", 9.0, None, 0.12),
            ("kind = \"mounting\"\nstandard = 0.3", 9.0, None, 0.3),
            ("kind = \"acquisition\"\nstandard = 0.5\nof = \"reading\"", -3.0, None, 0.015),
            // 0.25 % of full scale of a transmitter of 1.6 MPa.
            (
                "kind = \"specification\"\ndistribution = \"rectangular\"\nhalf_width = 0.25\nof = \"full-scale\"",
                1.0,
                pressure,
                0.002_309_401,
            ),
            // 0.02 % of full scale per kelvin over 20 K.
            (
                "kind = \"temperature\"\ndistribution = \"rectangular\"\nhalf_width = 0.4\nof = \"full-scale\"",
                1.0,
                pressure,
                0.003_695_042,
            ),
        ] {
            let calibration = lowered(&component(keys)).unwrap();
            let found = calibration.components_at(value, range).unwrap();
            assert!((found[0].standard - standard).abs() < 1e-9, "{keys}: {found:?}");
            assert_eq!(found[0].degrees_of_freedom, f64::INFINITY);
            assert!(!found[0].per_sample);
        }
    }

    #[test]
    fn full_scale_needs_a_range() {
        let keys = "kind = \"drift\"\nstandard = 0.1\nof = \"full-scale\"";
        let calibration = lowered(&component(keys)).unwrap();
        assert_eq!(
            calibration.components_at(1.0, None),
            Err(NoFullScale { component: "c".to_owned() })
        );
    }

    #[test]
    fn what_is_not_said_rightly_is_refused() {
        let with_certificate = |keys: &str| format!("{CERTIFICATE}{}", component(keys));
        let specification = "kind = \"specification\"\nstandard = 0.1";
        let residual = "kind = \"residual\"\nstandard = 0.1";
        let twice = format!("{}{}", component(specification), component(specification));
        let second = component(residual).replace("\"c\"", "\"d\"");
        for (more, key) in [
            (CERTIFICATE.to_owned(), None),
            (with_certificate(residual), None),
            (component(specification), None),
            (component("kind = \"resolution\"\nstandard = 0\nper_sample = true"), None),
            (with_certificate(specification), Some("plan-component-twofold")),
            (format!("{}{second}", component(specification)), Some("plan-component-twofold")),
            (twice, Some("document-twice")),
            (component("kind = \"drift\""), Some("plan-component-amount")),
            (component("kind = \"drift\"\nstandard = -1"), Some("plan-component-amount")),
            (component("kind = \"drift\"\nstandard = nan"), Some("plan-component-amount")),
            (component("kind = \"drift\"\nhalf_width = 1"), Some("plan-component-amount")),
            (
                component("kind = \"drift\"\nhalf_width = 1\ndistribution = \"normal\""),
                Some("plan-component-amount"),
            ),
            (component("kind = \"drift\"\nexpanded = 1"), Some("plan-component-amount")),
            (
                component("kind = \"drift\"\nexpanded = 1\ncoverage_factor = 0.5"),
                Some("plan-component-amount"),
            ),
            (
                component("kind = \"drift\"\nstandard = 1\nhalf_width = 1"),
                Some("plan-component-amount"),
            ),
            (
                component("kind = \"drift\"\nstandard = 1\ndegrees_of_freedom = 0.5"),
                Some("plan-component-freedom"),
            ),
            (
                CERTIFICATE.replace('}', ", degrees_of_freedom = 0 }"),
                Some("plan-calibration-uncertainty"),
            ),
            (component("kind = \"guess\"\nstandard = 1"), Some("document-wrong-form")),
        ] {
            let refused = lowered(&more).err().map(|error| error.message.key);
            assert_eq!(refused, key, "{more}");
        }
    }

    #[test]
    fn the_certificate_keeps_its_degrees_of_freedom() {
        let stated = CERTIFICATE.replace('}', ", degrees_of_freedom = 12 }");
        for (text, degrees_of_freedom) in [(CERTIFICATE, None), (stated.as_str(), Some(12.0))] {
            let expected = CalibrationUncertainty {
                expanded: 0.0016,
                coverage_factor: 2.0,
                degrees_of_freedom,
            };
            assert_eq!(lowered(text).unwrap().uncertainty, Some(expected));
        }
    }
}
