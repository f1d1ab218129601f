//! Rounding by GB/T 8170-2008, on decimal digits.
//!
//! A number is rounded as it is written: the shortest decimal text that reads back as the same
//! f64 (so 2.675 is a tie, although the f64 lies a little below it). Ties go to the even multiple
//! of the interval (3.2), for intervals such as 0.5 or 0.2 of a unit too (3.4), and a number is
//! rounded once (3.3), from all its digits.

use std::fmt::Write;

/// Digits of an f64 that are taken for more than noise of the arithmetic when an uncertainty is
/// rounded up.
const SURE_DIGITS: usize = 12;
/// Most decimal places, or zeros before the point, with which a text is written.
const MAX_PLACES: i32 = 40;

/// How a result is compared with its limit (GB/T 8170-2008, 4.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Comparison {
    /// By all its digits (全数值比较法); where nothing else is declared.
    Full,
    /// Rounded to the interval first (修约值比较法).
    Rounded {
        /// Interval of rounding, in the unit of the limit.
        interval: f64,
    },
}

impl Comparison {
    /// The value that is compared with the limit; as it is for an interval that is none.
    pub fn value(self, value: f64) -> f64 {
        match self {
            Comparison::Full => value,
            Comparison::Rounded { interval } => round_to(value, interval).unwrap_or(value),
        }
    }
}

/// A decimal number `digits × 10^exponent`, with its sign apart; at most 17 digits.
#[derive(Clone, Copy)]
struct Decimal {
    negative: bool,
    digits: u128,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal of a number; `None` for one that is not finite.
    fn of(number: f64) -> Option<Decimal> {
        if !number.is_finite() {
            return None;
        }
        let text = format!("{:e}", number.abs());
        let (mantissa, exponent) = text.split_once('e')?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - fraction.len() as i32;
        Some(Decimal { negative: number.is_sign_negative(), digits, exponent })
    }

    /// The nearest f64.
    fn number(self) -> Option<f64> {
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}{}e{}", self.digits, self.exponent).parse().ok()
    }

    /// The nearest multiple of `step × 10^exponent`, ties to the even one; `None` where it is the
    /// number itself, which has no digits so small.
    fn to_multiple(self, step: u128, exponent: i32) -> Option<Decimal> {
        let places = self.exponent - exponent;
        let power = |places: i32| 10u128.checked_pow(places.unsigned_abs());
        let (dividend, divisor) = if places >= 0 {
            (power(places)?.checked_mul(self.digits)?, step)
        } else {
            // A divisor too large to write is more than twice the number, which rounds to 0.
            let divisor = power(places).and_then(|power| power.checked_mul(step));
            (self.digits, divisor.unwrap_or(u128::MAX))
        };
        let (multiple, rest) = (dividend / divisor, dividend % divisor);
        let up = match rest.cmp(&(divisor - rest)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => multiple % 2 == 1,
            std::cmp::Ordering::Greater => true,
        };
        let digits = (multiple + u128::from(up)).checked_mul(step)?;
        Some(Decimal { digits, exponent, ..self })
    }
}

/// `value` rounded to a multiple of `interval`, ties to the even multiple. `None` if the value is
/// not finite or the interval is not a positive number.
pub fn round_to(value: f64, interval: f64) -> Option<f64> {
    let number = Decimal::of(value)?;
    let step = Decimal::of(interval).filter(|_| interval > 0.0)?;
    match number.to_multiple(step.digits, step.exponent) {
        Some(rounded) => rounded.number(),
        None => Some(value),
    }
}

/// An uncertainty as it is stated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedUncertainty {
    /// The rounded uncertainty.
    pub value: f64,
    /// Decimal places of its last digit, and so of the result it belongs to; negative where that
    /// digit stands before the point (−2: hundreds).
    pub decimals: i32,
}

/// An uncertainty to two significant digits, rounded up, so that it is never understated (JCGM
/// 100:2008, 7.2.6 permits that); 0 as it is. What stands behind the twelfth digit is noise of the
/// arithmetic and rounds nothing up. `None` if it is negative or not finite.
pub fn round_uncertainty(expanded: f64) -> Option<StatedUncertainty> {
    let number = Decimal::of(expanded).filter(|_| expanded >= 0.0)?;
    if number.digits == 0 {
        return Some(StatedUncertainty { value: 0.0, decimals: 0 });
    }
    let count = |digits: u128| digits.to_string().len();
    let noise = count(number.digits).saturating_sub(SURE_DIGITS) as i32;
    let sure = number.to_multiple(1, number.exponent + noise)?;
    let more = count(sure.digits).saturating_sub(2);
    let power = 10u128.checked_pow(u32::try_from(more).ok()?)?;
    // One digit gets a second, and 99.1 becomes 100, whose second digit stands before a zero.
    let (digits, exponent) = match (sure.digits.div_ceil(power), sure.exponent + more as i32) {
        (digits, exponent) if digits < 10 => (digits * 10, exponent - 1),
        (digits, exponent) if digits > 99 => (digits / 10, exponent + 1),
        two => two,
    };
    let value = Decimal { negative: false, digits, exponent }.number()?;
    value.is_finite().then_some(StatedUncertainty { value, decimals: -exponent })
}

/// `value` with that many decimal places, rounded once, ties to even; with −2 to hundreds. The
/// text has a point and no exponent. `None` if the value is not finite, or more than about
/// forty digits would be written.
pub fn decimal_text(value: f64, decimals: i32) -> Option<String> {
    if !(-MAX_PLACES..=MAX_PLACES).contains(&decimals) {
        return None;
    }
    let number = Decimal::of(value)?;
    let rounded = number.to_multiple(1, -decimals)?;
    let mut digits = rounded.digits.to_string();
    if decimals < 0 && rounded.digits > 0 {
        digits.extend((decimals..0).map(|_| '0'));
    }
    let mut text = String::new();
    if rounded.negative && rounded.digits > 0 {
        text.push('-');
    }
    let places = usize::try_from(decimals).unwrap_or(0);
    let padded = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    text.push_str(whole);
    if !fraction.is_empty() {
        write!(text, ".{fraction}").ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Examples of GB/T 8170-2008, clauses 3.2 to 3.4, and ties that binary numbers are not.
    #[test]
    fn numbers_round_as_they_are_written() {
        for (value, interval, rounded) in [
            (12.1498, 0.1, 12.1),
            (12.1498, 1.0, 12.0),
            (1268.0, 100.0, 1300.0),
            (10.5002, 1.0, 11.0),
            (1.050, 0.1, 1.0),
            (0.35, 0.1, 0.4),
            (2500.0, 1000.0, 2000.0),
            (3500.0, 1000.0, 4000.0),
            (-355.0, 10.0, -360.0),
            (-325.0, 10.0, -320.0),
            // Once, not by way of 15.455, 15.46, 15.5.
            (15.4546, 1.0, 15.0),
            (60.25, 0.5, 60.0),
            (60.38, 0.5, 60.5),
            (60.28, 0.5, 60.5),
            (-60.75, 0.5, -61.0),
            (830.0, 20.0, 840.0),
            (842.0, 20.0, 840.0),
            (-930.0, 20.0, -920.0),
            (2.5, 1.0, 2.0),
            (2.675, 0.01, 2.68),
            (1.005, 0.01, 1.0),
            (1.015, 0.01, 1.02),
            (0.145, 0.01, 0.14),
            (0.15, 0.1, 0.2),
            (0.25, 0.1, 0.2),
            (1.0, 0.3, 0.9),
            (7.0, 2.5, 7.5),
            (0.04, 0.1, 0.0),
            (1e300, 0.1, 1e300),
            (1e-300, 0.1, 0.0),
            (5e-324, 1e300, 0.0),
            (123_456_789_012_345_680.0, 0.01, 123_456_789_012_345_680.0),
        ] {
            assert_eq!(round_to(value, interval), Some(rounded), "{value} to {interval}");
        }
        for (value, interval) in
            [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (1.0, 0.0), (1.0, -1.0), (1.0, f64::NAN)]
        {
            assert_eq!(round_to(value, interval), None);
        }
    }

    /// GB/T 8170-2008, 4.3: a result of 97.46 against a limit of at least 97.5.
    #[test]
    fn the_comparison_decides_what_is_compared() {
        let rounded = Comparison::Rounded { interval: 0.1 };
        for (comparison, value, compared) in [
            (Comparison::Full, 97.46, 97.46),
            (rounded, 97.46, 97.5),
            (rounded, 97.45, 97.4),
            (Comparison::Rounded { interval: 0.0 }, 97.46, 97.46),
        ] {
            assert_eq!(comparison.value(value), compared, "{comparison:?} {value}");
        }
        assert!(rounded.value(f64::NAN).is_nan());
    }

    #[test]
    fn an_uncertainty_is_never_understated() {
        for (expanded, value, decimals, result) in [
            (0.005_779_3, 0.0058, 4, "1.0042"),
            (0.0101, 0.011, 3, "1.004"),
            (0.0991, 0.10, 2, "1.00"),
            (0.995, 1.0, 1, "1.0"),
            (99.1, 100.0, -1, "0"),
            (1234.0, 1300.0, -2, "0"),
            (2.0, 2.0, 1, "1.0"),
            (0.41, 0.41, 2, "1.00"),
            (0.1 + 0.2, 0.30, 2, "1.00"),
            (0.0, 0.0, 0, "1"),
        ] {
            let stated = round_uncertainty(expanded).unwrap();
            assert_eq!(stated, StatedUncertainty { value, decimals }, "{expanded}");
            assert_eq!(decimal_text(1.004_2, decimals).as_deref(), Some(result), "{expanded}");
        }
        for expanded in [-1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(round_uncertainty(expanded), None);
        }
    }

    #[test]
    fn texts_have_the_places_that_are_asked_for() {
        for (value, decimals, text) in [
            (1.0, 3, "1.000"),
            (0.0025, 3, "0.002"),
            (-0.0035, 3, "-0.004"),
            (-0.0004, 3, "0.000"),
            (1250.0, -2, "1200"),
            (49.0, -2, "0"),
            (1.5e6, -2, "1500000"),
            (1e20, 0, "100000000000000000000"),
            (2.675, 2, "2.68"),
        ] {
            assert_eq!(decimal_text(value, decimals).as_deref(), Some(text), "{value}");
        }
        for (value, decimals) in [(f64::NAN, 1), (1e300, 0), (1.0, 41), (1.0, i32::MIN)] {
            assert_eq!(decimal_text(value, decimals), None);
        }
    }

    proptest! {
        #[test]
        fn rounding_moves_by_half_an_interval_at_most_and_once(
            value in -1e6f64..1e6,
            step in 1u32..1000,
            places in 0i32..6,
        ) {
            let interval: f64 = format!("{step}e-{places}").parse().unwrap();
            let rounded = round_to(value, interval).unwrap();
            prop_assert!((rounded - value).abs() <= interval / 2.0 + 1e-9);
            prop_assert_eq!(round_to(rounded, interval), Some(rounded));
        }

        #[test]
        fn no_number_makes_it_panic(value: f64, interval: f64, decimals: i32) {
            let _ = (round_to(value, interval), decimal_text(value, decimals % 60));
            if let Some(stated) = round_uncertainty(value) {
                prop_assert!(stated.value >= value * (1.0 - 1e-11));
                prop_assert!(stated.value <= value * 1.1000001 || value < 1e-300);
            }
        }
    }
}
