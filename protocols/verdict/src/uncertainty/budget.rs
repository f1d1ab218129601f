//! Uncertainty budgets after JCGM 100:2008 (GUM).
//!
//! Invariants:
//! - A contribution that is common to all samples stays apart from one that is independent from
//!   sample to sample: a mean makes the latter alone smaller.
//! - Contributions of one group and label are one error seen more than once; they add up linearly
//!   with their signs. All others are independent and add up in squares.
//! - Every value of a budget is in the unit of the measurand; a sensitivity carries the change of
//!   units.

use std::collections::BTreeMap;

use trial::plan::{Calibration, ComponentKind};

use super::effective::SampleStatistics;
use super::normal::{phi, student_t_quantile};

/// Effective degrees of freedom from which on the coverage factor is [`DECLARED_FACTOR`].
pub const DECLARED_FROM: f64 = 50.0;
/// The coverage factor of many degrees of freedom.
const DECLARED_FACTOR: f64 = 2.0;

/// Where a contribution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The uncertainty that a certificate states.
    Certificate,
    /// A component that the plan declares.
    Declared(ComponentKind),
    /// The scatter of the samples (Type A evaluation).
    Scatter,
    /// What the evaluation adds, such as the uncertainty of an instant.
    Other,
}

/// One line of a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// Where it comes from.
    pub origin: Origin,
    /// Name: the number of the certificate, the id of the component.
    pub label: String,
    /// Whose error it is: the calibration's id for a common one, the channel's for one of a
    /// sample. Those of one group, origin and label are fully correlated; without a group it is
    /// independent of all others.
    pub group: Option<String>,
    /// Whether it is independent from sample to sample.
    pub per_sample: bool,
    /// Standard uncertainty u_i, not negative, in the unit of its own input.
    pub standard: f64,
    /// Sensitivity c_i: change of the measurand with that input.
    pub sensitivity: f64,
    /// Degrees of freedom ν_i; infinite for most of Type B.
    pub degrees_of_freedom: f64,
}

impl Contribution {
    /// A common one of known standard uncertainty, of no group and infinite degrees of freedom.
    pub fn standard(label: &str, standard: f64) -> Contribution {
        Contribution {
            origin: Origin::Other,
            label: label.to_owned(),
            group: None,
            per_sample: false,
            standard,
            sensitivity: 1.0,
            degrees_of_freedom: f64::INFINITY,
        }
    }

    /// U/k, as of a certificate (JCGM 100:2008, 4.3.3).
    pub fn normal(label: &str, expanded: f64, coverage_factor: f64) -> Contribution {
        Contribution::standard(label, expanded / coverage_factor)
    }

    /// a/√3 (JCGM 100:2008, 4.3.7).
    pub fn rectangular(label: &str, half_width: f64) -> Contribution {
        Contribution::standard(label, half_width / 3f64.sqrt())
    }

    /// a/√6 (JCGM 100:2008, 4.3.9).
    pub fn triangular(label: &str, half_width: f64) -> Contribution {
        Contribution::standard(label, half_width / 6f64.sqrt())
    }

    /// a/√2: rather near its limits, as of something that cycles between them.
    pub fn u_shaped(label: &str, half_width: f64) -> Contribution {
        Contribution::standard(label, half_width / 2f64.sqrt())
    }

    /// d/(2√3) of a number shown in steps of d; independent from sample to sample.
    pub fn resolution(label: &str, step: f64) -> Contribution {
        Contribution { per_sample: true, ..Contribution::rectangular(label, step / 2.0) }
    }

    /// s/√n_eff of the mean of samples that are worth `effective_count` independent ones, with
    /// n_eff − 1 degrees of freedom. It belongs to that mean, not to a sample.
    ///
    /// `None` below two independent samples, which say nothing of their scatter, and of a
    /// deviation that is not a number.
    pub fn scatter(label: &str, deviation: f64, effective_count: f64) -> Option<Contribution> {
        let known = effective_count >= 2.0 && deviation >= 0.0;
        known.then(|| Contribution {
            origin: Origin::Scatter,
            degrees_of_freedom: effective_count - 1.0,
            ..Contribution::standard(label, deviation / effective_count.sqrt())
        })
    }

    /// c_i u_i, in the unit of the measurand.
    pub fn effect(&self) -> f64 {
        self.sensitivity * self.standard
    }
}

/// Expanded uncertainty of a value and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expanded {
    /// Combined standard uncertainty u_c.
    pub standard: f64,
    /// Effective degrees of freedom ν_eff.
    pub degrees_of_freedom: f64,
    /// Coverage factor k.
    pub coverage_factor: f64,
    /// U = k u_c.
    pub expanded: f64,
}

/// Contributions to the uncertainty of one value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Budget {
    /// In the order in which they were put in.
    pub contributions: Vec<Contribution>,
}

impl Budget {
    /// Of a channel's sample, in the channel's unit: what its calibration states and declares, at
    /// a corrected `value`, for the channel's `range` (low, high).
    ///
    /// `None` where nothing is stated, so that the uncertainty is unknown, or where a component is
    /// a share of a range or of a value that there is not.
    pub fn of_channel(
        channel: &str,
        calibration: &Calibration,
        range: Option<(f64, f64)>,
        value: f64,
    ) -> Option<Budget> {
        let mut contributions = Vec::new();
        if let Some(stated) = &calibration.uncertainty {
            contributions.push(Contribution {
                origin: Origin::Certificate,
                group: Some(calibration.id.clone()),
                degrees_of_freedom: stated.degrees_of_freedom.unwrap_or(f64::INFINITY),
                ..Contribution::normal(
                    &calibration.certificate,
                    stated.expanded,
                    stated.coverage_factor,
                )
            });
        }
        for component in calibration.components_at(value, range).ok()? {
            let of = if component.per_sample { channel } else { &calibration.id };
            contributions.push(Contribution {
                origin: Origin::Declared(component.kind),
                group: Some(of.to_owned()),
                per_sample: component.per_sample,
                degrees_of_freedom: component.degrees_of_freedom,
                ..Contribution::standard(&component.id, component.standard)
            });
        }
        let known = contributions.iter().all(|one| one.standard.is_finite());
        (known && !contributions.is_empty()).then_some(Budget { contributions })
    }

    /// With another contribution.
    #[must_use]
    pub fn with(mut self, contribution: Contribution) -> Budget {
        self.contributions.push(contribution);
        self
    }

    /// Of `factor` times the value, as for a change of units (without its offset).
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Budget {
        self.contributions.iter_mut().for_each(|one| one.sensitivity *= factor);
        self
    }

    /// Of a value computed from others, with its sensitivity to each (JCGM 100:2008, 5.1.3 and,
    /// for inputs of one calibration, 5.2.2 note 1).
    pub fn combined(inputs: &[(&Budget, f64)]) -> Budget {
        let scaled = inputs.iter().flat_map(|(budget, sensitivity)| {
            budget.contributions.iter().map(move |one| Contribution {
                sensitivity: one.sensitivity * sensitivity,
                ..one.clone()
            })
        });
        Budget { contributions: scaled.collect() }
    }

    /// What is common to all samples: it is what counts for an extreme or for holding a limit,
    /// whose single sample is not known beforehand.
    #[must_use]
    pub fn common(&self) -> Budget {
        let common = self.contributions.iter().filter(|one| !one.per_sample);
        Budget { contributions: common.cloned().collect() }
    }

    /// Of a mean of samples that are worth `effective_count` independent ones: what is per sample
    /// divided by √n_eff, what is common kept. The scatter itself is not added.
    ///
    /// Errors of samples average out only where they differ. A signal that stands still on one
    /// step of its resolution has the same error in every sample; so what the samples' `deviation`
    /// s does not show (s below √3 u_i, the half width of a rectangle) is kept undivided.
    #[must_use]
    pub fn averaged(&self, deviation: f64, effective_count: f64) -> Budget {
        let divisor = effective_count.max(1.0).sqrt();
        let average = |one: &Contribution| {
            let shown = deviation >= 3f64.sqrt() * one.effect().abs();
            let divided = one.per_sample && shown;
            let standard = if divided { one.standard / divisor } else { one.standard };
            Contribution { standard, ..one.clone() }
        };
        Budget { contributions: self.contributions.iter().map(average).collect() }
    }

    /// Of the mean of these samples, which are in the unit of the measurand: [`Budget::averaged`]
    /// with their scatter, labelled `label`. `None` where they are worth fewer than two
    /// independent ones.
    pub fn of_mean(&self, label: &str, samples: &SampleStatistics) -> Option<Budget> {
        let (deviation, effective) = (samples.standard_deviation()?, samples.effective_count());
        let scatter = Contribution::scatter(label, deviation, effective)?;
        Some(self.averaged(deviation, effective).with(scatter))
    }

    /// Independent terms (effect, degrees of freedom): groups added up, in the order in which
    /// each first stands.
    fn terms(&self) -> Vec<(f64, f64)> {
        let mut terms: Vec<(f64, f64)> = Vec::with_capacity(self.contributions.len());
        let mut places = BTreeMap::new();
        for one in &self.contributions {
            let Some(group) = &one.group else {
                terms.push((one.effect(), one.degrees_of_freedom));
                continue;
            };
            let stated = one.origin == Origin::Certificate;
            let key = (group, &one.label, stated, one.per_sample);
            let place = *places.entry(key).or_insert(terms.len());
            match terms.get_mut(place) {
                Some((effect, freedom)) => {
                    *effect += one.effect();
                    *freedom = freedom.min(one.degrees_of_freedom);
                }
                None => terms.push((one.effect(), one.degrees_of_freedom)),
            }
        }
        terms
    }

    /// Combined standard uncertainty u_c (JCGM 100:2008, 5.1.2 and 5.2.2 note 1).
    pub fn standard(&self) -> f64 {
        // A sum of nothing would be a negative zero.
        self.terms().iter().fold(0.0, |sum, (effect, _)| sum + effect * effect).sqrt()
    }

    /// Effective degrees of freedom by Welch and Satterthwaite, u_c⁴ / Σ (u_i⁴/ν_i) (JCGM
    /// 100:2008, G.4.1); infinite where all are, or where there is no uncertainty.
    pub fn degrees_of_freedom(&self) -> f64 {
        let combined = self.standard();
        if combined <= 0.0 {
            return f64::INFINITY;
        }
        let share = |(effect, freedom): &(f64, f64)| {
            let square = (effect / combined) * (effect / combined);
            square * square / freedom
        };
        1.0 / self.terms().iter().map(share).sum::<f64>()
    }

    /// U = k u_c.
    pub fn expanded(&self) -> Expanded {
        let (standard, degrees_of_freedom) = (self.standard(), self.degrees_of_freedom());
        let coverage_factor = coverage_factor(degrees_of_freedom);
        let expanded = coverage_factor * standard;
        Expanded { standard, degrees_of_freedom, coverage_factor, expanded }
    }
}

/// The coverage factor for 95.45 %: declared as 2 from [`DECLARED_FROM`] degrees of freedom on,
/// below that Student's t of the next lower whole number of them, at least 1 (JCGM 100:2008,
/// G.4.1 and G.6.4).
pub fn coverage_factor(degrees_of_freedom: f64) -> f64 {
    if degrees_of_freedom >= DECLARED_FROM {
        return DECLARED_FACTOR;
    }
    let whole = degrees_of_freedom.floor().max(1.0);
    student_t_quantile(phi(DECLARED_FACTOR), whole).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use trial::plan::{
        Amount, CalibrationComponent, CalibrationModel, CalibrationUncertainty, Distribution, Scale,
    };

    use super::*;

    fn close(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() <= within, "{found}, not {expected}");
    }

    /// A transmitter of 1.6 MPa, in MPa.
    fn worked() -> Budget {
        Budget::default()
            .with(Contribution::rectangular("specification", 0.0025 * 1.6))
            .with(Contribution::normal("certificate", 0.0016, 2.0))
            .with(Contribution::resolution("resolution", 0.001))
            .with(Contribution::scatter("scatter", 0.0036, 9.0).unwrap())
            .with(Contribution::rectangular("drift", 0.001 * 1.6))
    }

    #[test]
    fn the_worked_budget_adds_up() {
        let budget = worked();
        let parts = [0.002_309, 0.0008, 0.000_289, 0.0012, 0.000_924];
        for (one, standard) in budget.contributions.iter().zip(parts) {
            close(one.standard, standard, 5e-7);
        }
        let expanded = budget.expanded();
        close(expanded.standard, 0.002_889_6, 5e-8);
        close(expanded.expanded, 0.005_779_3, 5e-8);
        close(expanded.degrees_of_freedom, 8.0 * (0.002_889_6f64 / 0.0012).powi(4), 0.1);
        assert_eq!(expanded.coverage_factor, 2.0);
        // In Pa everything is a million times as much, and k stays.
        let scaled = budget.scaled(1e6).expanded();
        close(scaled.expanded, 5779.3, 0.05);
        close(scaled.degrees_of_freedom, expanded.degrees_of_freedom, 1e-9);
    }

    #[test]
    fn distributions_have_their_divisors() {
        for (one, standard) in [
            (Contribution::normal("", 1.0, 2.0), 0.5),
            (Contribution::rectangular("", 1.0), 0.577_350_27),
            (Contribution::triangular("", 1.0), 0.408_248_29),
            (Contribution::u_shaped("", 3.0), 2.121_320_34),
            (Contribution::resolution("", 1.0), 0.288_675_13),
        ] {
            close(one.standard, standard, 1e-8);
        }
        for (deviation, count) in [(1.0, 1.9), (f64::NAN, 9.0), (1.0, f64::NAN), (-1.0, 9.0)] {
            assert_eq!(Contribution::scatter("", deviation, count), None);
        }
    }

    #[test]
    fn few_degrees_of_freedom_widen_the_coverage() {
        for (freedom, factor) in [
            (f64::INFINITY, 2.0),
            (50.0, 2.0),
            (49.9, 2.05),
            (10.9, 2.28),
            (4.0, 2.87),
            (1.5, 13.97),
            (0.5, 13.97),
        ] {
            close(coverage_factor(freedom), factor, 0.0051);
        }
        // Four equal contributions of 5 degrees of freedom each have 20.
        let one = Contribution { degrees_of_freedom: 5.0, ..Contribution::standard("", 1.0) };
        let four = Budget { contributions: vec![one; 4] }.expanded();
        close(four.degrees_of_freedom, 20.0, 1e-12);
        close(four.expanded, 2.0 * 2.13, 0.01);
        assert_eq!(Budget::default().expanded().expanded, 0.0);
    }

    fn calibration(id: &str) -> Calibration {
        let component = |id: &str, kind, half_width, scale, per_sample| CalibrationComponent {
            id: id.to_owned(),
            kind,
            distribution: Distribution::Rectangular,
            amount: Amount::HalfWidth(half_width),
            scale,
            per_sample,
            degrees_of_freedom: None,
        };
        Calibration {
            id: id.to_owned(),
            certificate: "C-1".to_owned(),
            date: "2026-03-01".to_owned(),
            due: String::new(),
            model: CalibrationModel::Linear { gain: 1.0, offset: 0.0 },
            gives: None,
            uncertainty: Some(CalibrationUncertainty {
                expanded: 0.0016,
                coverage_factor: 2.0,
                degrees_of_freedom: Some(30.0),
            }),
            components: vec![
                component("drift", ComponentKind::Drift, 0.1, Scale::OfFullScale, false),
                component("digit", ComponentKind::Resolution, 0.0005, Scale::Absolute, true),
            ],
        }
    }

    const RANGE: Option<(f64, f64)> = Some((0.0, 1.6));

    fn of_channel(channel: &str, calibration_id: &str) -> Budget {
        Budget::of_channel(channel, &calibration(calibration_id), RANGE, 1.0).unwrap()
    }

    #[test]
    fn a_channel_has_what_its_calibration_says() {
        let budget = of_channel("p", "PT-1");
        let found: Vec<_> = budget
            .contributions
            .iter()
            .map(|one| (one.label.as_str(), one.group.as_deref(), one.per_sample))
            .collect();
        let calibration_group = Some("PT-1");
        assert_eq!(
            found,
            [
                ("C-1", calibration_group, false),
                ("drift", calibration_group, false),
                ("digit", Some("p"), true)
            ]
        );
        let squares: f64 = [0.0008, 0.000_923_760, 0.000_288_675f64].map(|u| u * u).iter().sum();
        close(budget.standard(), squares.sqrt(), 1e-9);
        let common = (0.0008f64 * 0.0008 + 0.000_923_760 * 0.000_923_760).sqrt();
        close(budget.common().standard(), common, 1e-9);
    }

    #[test]
    fn what_is_not_stated_is_not_known() {
        let unknown = Calibration { uncertainty: None, components: Vec::new(), ..calibration("a") };
        assert_eq!(Budget::of_channel("p", &unknown, RANGE, 1.0), None);
        assert_eq!(Budget::of_channel("p", &calibration("a"), None, 1.0), None);
        let mut of_reading = calibration("a");
        of_reading.components[0].scale = Scale::OfReading;
        assert_eq!(Budget::of_channel("p", &of_reading, None, f64::NAN), None);
    }

    #[test]
    fn errors_of_one_sensor_cancel_in_a_difference_and_add_in_a_sum() {
        let (p, other) = (of_channel("p", "PT-1"), of_channel("q", "PT-2"));
        let same_sensor = of_channel("q", "PT-1");
        let digits = 0.000_288_675 * 2f64.sqrt();
        let common = p.common().standard();
        for (budget, sensitivity, standard) in [
            (&p, -1.0, 0.0),
            (&p, 1.0, 2.0 * p.standard()),
            // Of two channels of one sensor the samples' own errors stay.
            (&same_sensor, -1.0, digits),
            (&same_sensor, 1.0, (4.0 * common * common + digits * digits).sqrt()),
            (&other, -1.0, p.standard() * 2f64.sqrt()),
            (&other, 1.0, p.standard() * 2f64.sqrt()),
        ] {
            let combined = Budget::combined(&[(&p, 1.0), (budget, sensitivity)]);
            close(combined.standard(), standard, 1e-9);
        }
    }

    #[test]
    fn a_mean_makes_smaller_what_is_per_sample_and_shows() {
        let budget = of_channel("p", "PT-1");
        let common = budget.common().standard();
        let digit = 0.000_288_675f64;
        for (deviation, count, part) in [
            (0.01, 25.0, digit / 5.0),
            (0.0005, 25.0, digit / 5.0),
            // All samples on one step: the error of the step is in each.
            (0.0, 25.0, digit),
            (0.0004, 25.0, digit),
            (0.01, 0.5, digit),
        ] {
            let found = budget.averaged(deviation, count).standard();
            close(found, (common * common + part * part).sqrt(), 1e-9);
        }
    }

    #[test]
    fn a_mean_of_samples_has_their_scatter() {
        let mut samples = SampleStatistics::new();
        for t in 0..64 {
            samples.push(if t % 2 == 0 { 1.001 } else { 0.999 });
        }
        let budget = of_channel("p", "PT-1").of_mean("scatter", &samples).unwrap();
        let last = budget.contributions.last().unwrap();
        close(last.standard, 0.001 * (64.0f64 / 63.0).sqrt() / 8.0, 1e-12);
        assert_eq!((last.origin, last.degrees_of_freedom), (Origin::Scatter, 63.0));
        assert_eq!(of_channel("p", "PT-1").of_mean("scatter", &SampleStatistics::new()), None);
    }
}
