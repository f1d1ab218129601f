//! Conformance of a measured value with a limit: its probability, and decision rules.
//!
//! Probabilities are those of JCGM 106:2012 for a Gaussian measurement and negligible prior
//! knowledge. Rules are those of ILAC-G8:09/2019. They read an interval of the margin, because
//! what was not observed may be anything.

use super::normal::{phi, student_t};

/// The limits of a value, in its unit; at least one is finite in what follows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limits {
    /// At most.
    Upper(f64),
    /// At least.
    Lower(f64),
    /// At least the first, at most the second.
    Between(f64, f64),
}

impl Limits {
    /// The lower and the upper limit; −∞ and ∞ where there is none.
    pub fn bounds(self) -> (f64, f64) {
        match self {
            Limits::Upper(upper) => (f64::NEG_INFINITY, upper),
            Limits::Lower(lower) => (lower, f64::INFINITY),
            Limits::Between(lower, upper) => (lower, upper),
        }
    }

    /// The acceptance limits (lower, upper) that a guard band of width `w` leaves: A_L = T_L + w,
    /// A_U = T_U − w (JCGM 106:2012, 8.3.2). Above the half of the tolerance they cross, and
    /// nothing is accepted.
    pub fn guarded(self, w: f64) -> (f64, f64) {
        let (lower, upper) = self.bounds();
        (lower + w, upper - w)
    }

    /// Width T_U − T_L; `None` for a limit of one side.
    pub fn tolerance(self) -> Option<f64> {
        match self {
            Limits::Between(lower, upper) => Some(upper - lower),
            _ => None,
        }
    }
}

/// Probability that the true value conforms: Φ((T_U − y)/u) − Φ((T_L − y)/u), JCGM 106:2012,
/// 7.3 and 7.4, with Student's t in place of Φ for finite degrees of freedom. The specific consumer's risk
/// of accepting is 1 less it, the specific producer's risk of rejecting is it.
///
/// `None` if the value or a limit is NaN, the standard uncertainty `u` is negative or not finite,
/// or the degrees of freedom are not more than 0.
pub fn conformance_probability(
    limits: Limits,
    value: f64,
    u: f64,
    degrees_of_freedom: f64,
) -> Option<f64> {
    let (lower, upper) = limits.bounds();
    let numbers = !(value.is_nan() || lower.is_nan() || upper.is_nan());
    if !(numbers && u >= 0.0 && u.is_finite() && degrees_of_freedom > 0.0) {
        return None;
    }
    if u == 0.0 {
        return Some(if lower <= value && value <= upper { 1.0 } else { 0.0 });
    }
    let (below, above) = ((lower - value) / u, (upper - value) / u);
    let probability = |t| student_t(t, degrees_of_freedom);
    // On the far side both are near 1 and their difference loses its digits; mirrored it doesn't.
    let inside = if below > 0.0 {
        probability(-below) - probability(-above)
    } else {
        probability(above) - probability(below)
    };
    Some(inside.clamp(0.0, 1.0))
}

/// Probability of false acceptance of a value on the acceptance limit, at worst, for a guard band
/// of `ratio` times U at k = 2: 1 − Φ(2r) (ILAC-G8:09/2019, table 1).
pub fn false_acceptance(ratio: f64) -> f64 {
    phi(-2.0 * ratio)
}

/// Test uncertainty ratio (T_U − T_L)/(2U) of ANSI/NCSL Z540.3-2006; 4 or more is wished for.
/// `None` for a limit of one side, which has none, and for an uncertainty that is not positive.
pub fn test_uncertainty_ratio(limits: Limits, expanded: f64) -> Option<f64> {
    let tolerance = limits.tolerance()?;
    (expanded > 0.0).then(|| tolerance / (2.0 * expanded))
}

/// Measurement capability index C_m = (T_U − T_L)/(4u), JCGM 106:2012, 7.6. `None` as for
/// [`test_uncertainty_ratio`], which it equals for k = 2.
pub fn capability_index(limits: Limits, u: f64) -> Option<f64> {
    let tolerance = limits.tolerance()?;
    (u > 0.0).then(|| tolerance / (4.0 * u))
}

/// Width of the managed guard band, U·(1.04 − e^(0.38 ln TUR − 0.54)), which holds false
/// acceptance to 2 % (ANSI/NCSL Z540.3-2006, method 6); 0 above a ratio of about 4.6. `None` for
/// a ratio that is not positive.
pub fn managed_guard_band(expanded: f64, ratio: f64) -> Option<f64> {
    let possible = ratio > 0.0 && expanded >= 0.0;
    possible.then(|| {
        let share = 1.04 - libm::exp(0.38 * libm::log(ratio) - 0.54);
        if share > 0.0 { expanded * share } else { 0.0 }
    })
}

/// A decision rule, agreed before the trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// The limit is the acceptance limit; U does not count (w = 0).
    SimpleAcceptance,
    /// Pass or fail, by a limit made stricter by w = ratio × U.
    GuardBand {
        /// w/U, not negative.
        ratio: f64,
    },
    /// Pass, conditional pass, conditional fail, fail; the limit with w = ratio × U on both sides.
    FourZones {
        /// w/U, not negative; usually 1.
        ratio: f64,
    },
}

impl Rule {
    /// Whether the rule reads an uncertainty.
    pub fn needs_uncertainty(self) -> bool {
        self != Rule::SimpleAcceptance
    }

    /// Width w of the guard band; `None` where U or the ratio is unknown, negative or not finite.
    pub fn guard_band(self, expanded: Option<f64>) -> Option<f64> {
        let ratio = match self {
            Rule::SimpleAcceptance => return Some(0.0),
            Rule::GuardBand { ratio } | Rule::FourZones { ratio } => ratio,
        };
        let w = expanded.filter(|u| *u >= 0.0)? * ratio;
        (ratio >= 0.0 && w.is_finite()).then_some(w)
    }
}

/// Interval of the margin: how far on the right side of the limit the result lies, with what was
/// not observed taken as worst and as best. Not negative is the right side; unbounded ends are
/// ±∞.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    /// Margin with the worst that was not observed.
    pub low: f64,
    /// Margin with the best that was not observed.
    pub high: f64,
}

/// Whether the criterion holds; apart from [`Margin`], since a margin of 0 cannot tell ≥ from >.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holds {
    /// With the worst that was not observed.
    pub worst: bool,
    /// With the best that was not observed.
    pub best: bool,
}

/// What a rule decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// On the right side of the acceptance limit.
    Pass,
    /// On the right side of the limit, by less than the guard band.
    ConditionalPass,
    /// On the wrong side of the limit, by no more than the guard band.
    ConditionalFail,
    /// On the wrong side.
    Fail,
    /// Not decided.
    Undecided(Cause),
}

/// Why a rule did not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What was not observed could turn it either way.
    Straddles,
    /// It would depend on an uncertainty that is not known.
    NoUncertainty,
}

/// Applies a rule.
///
/// A guard band is never read in favour of the item: w ≥ 0, and no result passes, conditionally or
/// not, unless the criterion holds with the worst that was not observed. A result that fails even
/// with the best stays a fail where the uncertainty is unknown, since no uncertainty makes it a
/// pass; by the four zones it may so be said harder than with an uncertainty, never softer.
pub fn decide(rule: Rule, margin: Margin, holds: Holds, expanded: Option<f64>) -> Zone {
    let side = match (holds.worst, holds.best) {
        (_, false) => Side::Wrong,
        (true, true) => Side::Right,
        (false, true) => Side::Unknown,
    };
    let Some(w) = rule.guard_band(expanded) else {
        return match side {
            Side::Wrong => Zone::Fail,
            Side::Right => Zone::Undecided(Cause::NoUncertainty),
            // With any uncertainty it would not pass either: what is missing is the data.
            Side::Unknown => Zone::Undecided(Cause::Straddles),
        };
    };
    match (rule, side) {
        (_, Side::Wrong) if !matches!(rule, Rule::FourZones { .. }) => Zone::Fail,
        (Rule::SimpleAcceptance, Side::Right) => Zone::Pass,
        (Rule::GuardBand { .. }, Side::Right) if margin.low >= w => Zone::Pass,
        (Rule::GuardBand { .. }, _) if margin.high < w => Zone::Fail,
        (Rule::FourZones { .. }, Side::Right) if margin.low >= w => Zone::Pass,
        (Rule::FourZones { .. }, Side::Right) => Zone::ConditionalPass,
        (Rule::FourZones { .. }, Side::Wrong) if margin.high < -w => Zone::Fail,
        (Rule::FourZones { .. }, Side::Wrong) => Zone::ConditionalFail,
        _ => Zone::Undecided(Cause::Straddles),
    }
}

/// On which side of the limit the interval lies as a whole.
#[derive(Clone, Copy)]
enum Side {
    Right,
    Wrong,
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INFINITE: f64 = f64::INFINITY;

    #[test]
    fn probabilities_are_those_of_the_worked_examples() {
        let (u, lower) = (0.002_889_6, Limits::Lower(1.0));
        for (limits, value, u, freedom, probability) in [
            // Φ(1.5) − Φ(−0.61), JCGM 106:2012, 7.4.
            (Limits::Between(12.5, 16.3), 13.6, 1.8, INFINITE, 0.6626),
            (lower, 1.012, u, INFINITE, 1.0),
            (lower, 1.004, u, INFINITE, 0.9169),
            (lower, 0.997, u, INFINITE, 0.1496),
            (lower, 0.990, u, INFINITE, 0.0003),
            (Limits::Upper(1.0), 0.996, u, INFINITE, 0.9169),
            // Many degrees of freedom are nearly infinitely many, also for a limit of one side.
            (lower, 1.004, u, 2e5, 0.9169),
            // t of one degree of freedom: ½ + atan(1)/π.
            (Limits::Upper(1.0), 0.0, 1.0, 1.0, 0.75),
            (Limits::Between(0.0, 2.0), 1.0, 0.0, INFINITE, 1.0),
            (Limits::Between(0.0, 2.0), 2.1, 0.0, INFINITE, 0.0),
        ] {
            let found = conformance_probability(limits, value, u, freedom).unwrap();
            assert!((found - probability).abs() < 5e-5, "{limits:?} {value}: {found}");
        }
        for (value, u, freedom) in [
            (f64::NAN, 1.0, INFINITE),
            (0.0, -1.0, INFINITE),
            (0.0, INFINITE, 1.0),
            (0.0, 1.0, 0.0),
        ] {
            assert_eq!(conformance_probability(lower, value, u, freedom), None);
        }
    }

    #[test]
    fn a_far_value_keeps_the_digits_of_its_probability() {
        let limits = Limits::Between(6.0, 7.0);
        let found = conformance_probability(limits, 0.0, 1.0, INFINITE).unwrap();
        let mirrored =
            conformance_probability(Limits::Between(-7.0, -6.0), 0.0, 1.0, INFINITE).unwrap();
        assert!((found / 9.853_077_8e-10 - 1.0).abs() < 1e-6, "{found}");
        assert_eq!(found, mirrored);
    }

    #[test]
    fn guard_bands_have_the_tabulated_risks_and_widths() {
        for (ratio, risk, digits) in
            [(0.0, 0.5, 4), (0.83, 0.0485, 4), (1.0, 0.0228, 4), (1.5, 0.00135, 5), (3.0, 1e-9, 10)]
        {
            let found = false_acceptance(ratio);
            assert!((found - risk).abs() <= 0.5 * 10f64.powi(-digits), "{ratio}: {found}");
        }
        for (ratio, share) in
            [(1.0, 0.457), (2.0, 0.282), (3.0, 0.155), (4.0, 0.053), (4.7, 0.0), (100.0, 0.0)]
        {
            let found = managed_guard_band(2.0, ratio).unwrap();
            assert!((found - 2.0 * share).abs() < 1e-3, "{ratio}: {found}");
        }
        assert!(managed_guard_band(1.0, 4.5).unwrap() > 0.0);
        assert_eq!(managed_guard_band(1.0, 0.0), None);
    }

    #[test]
    fn ratios_are_those_of_a_band_of_two_sides() {
        // The alarm of a breathing apparatus: 5.5 ± 0.5 MPa with U = 0.1 MPa.
        let alarm = Limits::Between(5.0, 6.0);
        assert_eq!(test_uncertainty_ratio(alarm, 0.1), Some(5.0));
        assert_eq!(capability_index(alarm, 0.05), Some(5.0));
        assert_eq!(test_uncertainty_ratio(alarm, 0.0), None);
        assert_eq!(test_uncertainty_ratio(Limits::Upper(6.0), 0.1), None);
        assert_eq!(alarm.guarded(0.25), (5.25, 5.75));
        assert_eq!(Limits::Upper(6.0).guarded(0.25), (f64::NEG_INFINITY, 5.75));
    }

    const STRADDLES: Zone = Zone::Undecided(Cause::Straddles);
    const NO_UNCERTAINTY: Zone = Zone::Undecided(Cause::NoUncertainty);

    fn check(
        rule: Rule,
        (low, high): (f64, f64),
        (worst, best): (bool, bool),
        u: Option<f64>,
        zone: Zone,
    ) {
        let found = decide(rule, Margin { low, high }, Holds { worst, best }, u);
        assert_eq!(found, zone, "{rule:?} [{low}, {high}] {worst} {best} {u:?}");
    }

    #[test]
    fn rules_divide_the_margin() {
        let simple = Rule::SimpleAcceptance;
        let guarded = Rule::GuardBand { ratio: 1.0 };
        let zones = Rule::FourZones { ratio: 1.0 };
        let (yes, no, open) = ((true, true), (false, false), (false, true));
        for (rule, margin, holds, u, zone) in [
            (simple, (0.0, 0.0), yes, None, Zone::Pass),
            // A margin of 0 under a strict limit.
            (simple, (0.0, 0.0), no, None, Zone::Fail),
            (simple, (-1.0, 1.0), open, Some(0.1), STRADDLES),
            (guarded, (0.5, 0.5), yes, Some(0.5), Zone::Pass),
            (guarded, (0.4, 0.4), yes, Some(0.5), Zone::Fail),
            (guarded, (0.4, 0.6), yes, Some(0.5), STRADDLES),
            (guarded, (-INFINITE, 0.4), open, Some(0.5), Zone::Fail),
            (guarded, (-INFINITE, INFINITE), open, Some(0.5), STRADDLES),
            (guarded, (-1.0, -1.0), no, None, Zone::Fail),
            (guarded, (1.0, 1.0), yes, None, NO_UNCERTAINTY),
            (guarded, (-1.0, 1.0), open, None, STRADDLES),
            (guarded, (0.0, 0.0), no, Some(0.0), Zone::Fail),
            (guarded, (0.0, 0.0), yes, Some(0.0), Zone::Pass),
            (zones, (0.5, 0.7), yes, Some(0.5), Zone::Pass),
            (zones, (0.4, 0.7), yes, Some(0.5), Zone::ConditionalPass),
            (zones, (0.0, 0.0), no, Some(0.5), Zone::ConditionalFail),
            (zones, (-0.5, -0.5), no, Some(0.5), Zone::ConditionalFail),
            (zones, (-INFINITE, -0.6), no, Some(0.5), Zone::Fail),
            (zones, (-INFINITE, 0.6), open, Some(0.5), STRADDLES),
            (zones, (1.0, 1.0), yes, None, NO_UNCERTAINTY),
            (zones, (1.0, 1.0), yes, Some(f64::NAN), NO_UNCERTAINTY),
            (zones, (-1.0, -1.0), no, None, Zone::Fail),
            // No ratio makes a limit milder.
            (Rule::GuardBand { ratio: -1.0 }, (1.0, 1.0), yes, Some(0.5), NO_UNCERTAINTY),
            (Rule::FourZones { ratio: INFINITE }, (1.0, 1.0), yes, Some(0.0), NO_UNCERTAINTY),
        ] {
            check(rule, margin, holds, u, zone);
        }
    }

    #[test]
    fn the_worked_budget_gives_its_four_verdicts() {
        for (value, zone) in [
            (1.012, Zone::Pass),
            (1.004, Zone::ConditionalPass),
            (0.997, Zone::ConditionalFail),
            (0.990, Zone::Fail),
        ] {
            let (margin, holds) = (value - 1.0, value >= 1.0);
            let rule = Rule::FourZones { ratio: 1.0 };
            check(rule, (margin, margin), (holds, holds), Some(0.005_779_3), zone);
        }
    }

    proptest! {
        /// Seeing less never makes a pass, nor a fail, of what was none.
        #[test]
        fn a_wider_interval_is_never_decided_otherwise(
            value in -2.0f64..2.0,
            (below, above) in (0.0f64..2.0, 0.0f64..2.0),
            ratio in 0.0f64..2.0,
            u in prop::option::of(0.0f64..1.0),
        ) {
            let apply = |rule, low: f64, high: f64| {
                let holds = Holds { worst: low >= 0.0, best: high >= 0.0 };
                decide(rule, Margin { low, high }, holds, u)
            };
            for rule in
                [Rule::SimpleAcceptance, Rule::GuardBand { ratio }, Rule::FourZones { ratio }]
            {
                let exact = apply(rule, value, value);
                let wide = apply(rule, value - below, value + above);
                let agrees = wide == exact
                    || matches!(wide, Zone::Undecided(_))
                    || (wide, exact) == (Zone::ConditionalPass, Zone::Pass)
                    || (wide, exact) == (Zone::ConditionalFail, Zone::Fail);
                prop_assert!(agrees, "{rule:?} {exact:?} {wide:?}");
            }
        }
    }
}
