//! The normal distribution and Student's t: cumulative probabilities and quantiles.

/// Degrees of freedom from which on t is computed by its normal approximation, whose error is
/// then below 1e-9.
const NORMAL_FROM: f64 = 1e5;
/// Most terms of the continued fraction; below [`NORMAL_FROM`] it takes some hundred.
const MAX_TERMS: u32 = 2000;
/// Most halvings or doublings of the interval in which a quantile is sought: more than an f64 has
/// exponents.
const MAX_STEPS: u32 = 2200;
/// Stands for 0 where a continued fraction would divide by it.
const TINY: f64 = 1e-300;

/// Φ(x), the probability that a standard normal variable is at most `x`.
pub fn phi(x: f64) -> f64 {
    0.5 * libm::erfc(-x / 2f64.sqrt())
}

/// Probability that Student's t with that many degrees of freedom (more than 0) is at most `t`;
/// Φ for infinitely many. NaN if the degrees of freedom are not more than 0.
///
/// By the regularised incomplete beta function, Abramowitz and Stegun, 26.7.1 and 26.5.8; from
/// 100,000 degrees of freedom on by 26.7.8.
pub fn student_t(t: f64, degrees_of_freedom: f64) -> f64 {
    if t.is_nan() || degrees_of_freedom.is_nan() || degrees_of_freedom <= 0.0 {
        return f64::NAN;
    }
    if t > 0.0 { 1.0 - tail(t, degrees_of_freedom) } else { tail(-t, degrees_of_freedom) }
}

/// Probability that t is more than `t`, which is not negative.
fn tail(t: f64, freedom: f64) -> f64 {
    if t.is_infinite() {
        return 0.0;
    }
    if freedom == f64::INFINITY {
        return phi(-t);
    }
    if freedom >= NORMAL_FROM {
        let narrowed = 1.0 - 1.0 / (4.0 * freedom);
        return phi(-t * narrowed / (1.0 + t * t / (2.0 * freedom)).sqrt());
    }
    // As a ratio, so that no square overflows.
    let ratio = t / freedom.sqrt();
    let x = 1.0 / (1.0 + ratio * ratio);
    let rest = 1.0 / (1.0 + 1.0 / (ratio * ratio));
    0.5 * incomplete_beta(x, rest, 0.5 * freedom, 0.5)
}

/// I_x(a, b), with `rest` = 1 − x given apart, since that difference would lose its digits.
fn incomplete_beta(x: f64, rest: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || rest >= 1.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    let beta = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b);
    let front = libm::exp(beta + a * libm::log(x) + b * libm::log(rest));
    // The fraction converges fast on this side of the mean alone.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(rest, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for term in 1..=MAX_TERMS {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        value *= c * d;
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = c * d;
        value *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

/// The t below which Student's t lies with that probability (more than 0, less than 1); `None`
/// for another probability or degrees of freedom that are not more than 0.
pub fn student_t_quantile(probability: f64, degrees_of_freedom: f64) -> Option<f64> {
    let possible = probability > 0.0 && probability < 1.0 && degrees_of_freedom > 0.0;
    if !possible {
        return None;
    }
    if probability < 0.5 {
        return Some(-upper_quantile(probability, degrees_of_freedom));
    }
    Some(upper_quantile(1.0 - probability, degrees_of_freedom))
}

/// The t above which t lies with the probability `above`, at most ½; by bisection.
fn upper_quantile(above: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..MAX_STEPS {
        if tail(high, freedom) <= above || high == f64::INFINITY {
            break;
        }
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..MAX_STEPS {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if tail(middle, freedom) > above { low = middle } else { high = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn phi_is_the_tabulated_one() {
        for (x, probability) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-1.0, 0.158_655_253_931_457),
            (1.959_963_984_540_054, 0.975),
            (-6.0, 9.865_876_450_376_98e-10),
            (40.0, 1.0),
        ] {
            assert!((phi(x) - probability).abs() <= 1e-12 * probability, "{x}: {}", phi(x));
        }
    }

    /// JCGM 100:2008, table G.2, and Abramowitz and Stegun, table 26.10.
    #[test]
    fn quantiles_are_the_tabulated_ones() {
        let two_sided = |fraction: f64| 0.5 + fraction / 2.0;
        for (fraction, freedom, t, digits) in [
            (0.9545, 1.0, 13.97, 2),
            (0.9545, 2.0, 4.53, 2),
            (0.9545, 3.0, 3.31, 2),
            (0.9545, 4.0, 2.87, 2),
            (0.9545, 8.0, 2.37, 2),
            (0.9545, 10.0, 2.28, 2),
            (0.9545, 20.0, 2.13, 2),
            (0.9545, 50.0, 2.05, 2),
            (0.95, 1.0, 12.706, 3),
            (0.95, 5.0, 2.571, 3),
            (0.95, 30.0, 2.042, 3),
            (0.95, 120.0, 1.980, 3),
            (0.95, f64::INFINITY, 1.960, 3),
            (0.99, 2.0, 9.925, 3),
            (0.999, 4.0, 8.610, 3),
        ] {
            let found = student_t_quantile(two_sided(fraction), freedom).unwrap();
            let half_digit = 0.5 * 10f64.powi(-digits) + 1e-9;
            assert!((found - t).abs() <= half_digit, "{fraction} {freedom}: {found}");
        }
        for (probability, freedom) in [(0.0, 1.0), (1.0, 1.0), (0.5, 0.0), (f64::NAN, 1.0)] {
            assert_eq!(student_t_quantile(probability, freedom), None);
        }
    }

    /// Closed forms of one, two and four degrees of freedom.
    #[test]
    fn few_degrees_of_freedom_have_closed_forms() {
        for step in -60..=60 {
            let t = f64::from(step) * 0.25;
            let one = 0.5 + t.atan() / std::f64::consts::PI;
            let two = 0.5 + t / (2.0 * 2f64.sqrt() * (1.0 + t * t / 2.0).sqrt());
            let ratio = t / (4.0 + t * t).sqrt();
            let four = 0.5 + 0.75 * (ratio - ratio.powi(3) / 3.0);
            for (freedom, probability) in [(1.0, one), (2.0, two), (4.0, four)] {
                let found = student_t(t, freedom);
                assert!((found - probability).abs() < 1e-13, "{t} {freedom}: {found}");
            }
        }
    }

    #[test]
    fn many_degrees_of_freedom_come_to_the_normal_distribution_without_a_step() {
        for t in [-3.0, -0.5, 0.0, 1.0, 2.0, 5.0] {
            let (below, above) = (student_t(t, 99_999.9), student_t(t, 100_000.1));
            assert!((below - above).abs() < 1e-9, "{t}: {below} {above}");
            assert!((above - phi(t)).abs() < 1e-5);
        }
        assert_eq!(student_t(2.0, f64::INFINITY), phi(2.0));
        assert!(student_t(2.0, 0.0).is_nan());
    }

    proptest! {
        #[test]
        fn a_quantile_has_its_probability(p in 0.001f64..0.999, freedom in 0.5f64..1e6) {
            let t = student_t_quantile(p, freedom).unwrap();
            prop_assert!((student_t(t, freedom) - p).abs() < 1e-9);
        }
    }
}
