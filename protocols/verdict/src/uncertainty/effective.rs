//! Mean and scatter of a signal, and how many independent samples its correlated ones are worth.
//!
//! The variance of a mean of n correlated values is s²·τ/n with the integrated autocorrelation
//! τ = 1 + 2 Σ ρ(k); n/τ is the effective sample size (for a first-order process
//! n(1 − ρ)/(1 + ρ)). It is estimated so:
//! - A straight line over the index is taken off first: a drift is no scatter, and would make
//!   every lag look correlated. Samples are taken as evenly spaced.
//! - ρ(k) is summed up to the first lag at which it is not positive (initial positive sequence,
//!   after Geyer, Statistical Science 7, 1992). What oscillates around 0 behind that is left out,
//!   which makes τ rather too large.
//! - Mean and line take the slowest part of the scatter off with them: each autocovariance comes
//!   out too small by twice the variance of the mean. That is put back, which divides the sum over
//!   w lags of both signs by 1 − 2w/n. Where nothing is left, the signal is too short to show its
//!   own correlation; its mean is then taken to be no better than one sample, or block.
//! - A signal of any length has lags of any length. So the same sums are kept of the signal, of
//!   its means of 2, 4, 8 … samples (blocking, Flyvbjerg and Petersen, J. Chem. Phys. 91, 1989),
//!   each with [`LAGS`] lags alone. A mean of blocks is the mean of the samples, so every level
//!   estimates the same variance. The first level whose sequence ends within its lags counts, but a
//!   higher one that gives more than its own scatter explains takes its place: a slow wander
//!   beneath a fast oscillation is seen there alone. A sequence that ends nowhere is continued as
//!   that of a first-order process.
//!
//! Invariants: memory grows with the logarithm of the count and is bounded by [`MAX_LEVELS`];
//! pushing in pieces and at once give the same bits; sums are of differences from the first value.

/// Lags that are kept of each level.
pub const LAGS: usize = 8;
/// Most levels; 2^48 samples take ninety years at 100 kHz.
pub const MAX_LEVELS: usize = 48;
/// Fewest blocks of a level above the first that are taken to say something.
const MIN_BLOCKS: f64 = 16.0;
/// Share of the scatter about the mean below which that about the line is rounding.
const NO_SCATTER: f64 = 1e-12;

/// Effective sample size of `count` samples of a first-order process whose autocorrelation at lag
/// 1 is `lag_one`: n(1 − ρ)/(1 + ρ), held between 1 and n.
pub fn first_order_effective_count(count: f64, lag_one: f64) -> f64 {
    let effective = count * (1.0 - lag_one) / (1.0 + lag_one);
    if effective.is_nan() { 1.0 } else { effective.min(count).max(1.0) }
}

/// Sums over a signal, one value at a time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SampleStatistics {
    /// First value, from which all are measured.
    first: f64,
    levels: Vec<Level>,
}

/// Sums over the signal (level 0), or over its means of 2^level values.
#[derive(Debug, Clone, PartialEq, Default)]
struct Level {
    count: u64,
    sum: f64,
    /// Σ t x, with t from 0.
    moment: f64,
    /// Σ x(t) x(t − k), with k from 0.
    products: [f64; LAGS + 1],
    /// The first values, oldest first.
    head: [f64; LAGS],
    /// The last values, newest first.
    tail: [f64; LAGS],
}

impl Level {
    /// Adds a value; the mean of it and the one before, where they make a pair.
    fn push(&mut self, value: f64) -> Option<f64> {
        let at = self.count as usize;
        if let Some(slot) = self.head.get_mut(at) {
            *slot = value;
        }
        // Values before the first are 0 and add nothing.
        self.products[0] += value * value;
        for (product, earlier) in self.products[1..].iter_mut().zip(self.tail) {
            *product += value * earlier;
        }
        let before = self.tail[0];
        self.tail.copy_within(..LAGS - 1, 1);
        self.tail[0] = value;
        self.sum += value;
        self.moment += self.count as f64 * value;
        self.count += 1;
        self.count.is_multiple_of(2).then_some(0.5 * (before + value))
    }

    /// Σ r(t) r(t − k) over the residuals r about the line of least squares, with k from 0; zeros
    /// beyond the count.
    fn residual_products(&self) -> [f64; LAGS + 1] {
        let n = self.count as f64;
        let middle = (n - 1.0) / 2.0;
        let spread = n * (n * n - 1.0) / 12.0;
        let b = if self.count > 1 { (self.moment - middle * self.sum) / spread } else { 0.0 };
        let a = self.sum / n - b * middle;
        let mut products = [0.0; LAGS + 1];
        // Sums over the last and over the first k values, which have no partner.
        let (mut last, mut last_moment, mut first, mut first_moment) = (0.0, 0.0, 0.0, 0.0);
        for (lag, product) in products.iter_mut().enumerate() {
            let k = lag as f64;
            if k >= n {
                break;
            }
            if lag > 0 {
                let (newest, oldest) = (self.tail[lag - 1], self.head[lag - 1]);
                last += newest;
                last_moment += (n - k) * newest;
                first += oldest;
                first_moment += (k - 1.0) * oldest;
            }
            let earlier = (a + b * k) * (self.sum - last) + b * (self.moment - last_moment);
            let later = (a - b * k) * (self.sum - first) + b * (self.moment - first_moment);
            let m = n - k;
            let line = m * a * (a + b * k)
                + b * (2.0 * a + b * k) * (m * (m - 1.0) / 2.0)
                + b * b * ((m - 1.0) * m * (2.0 * m - 1.0) / 6.0);
            *product = self.products[lag] - earlier - later + line;
        }
        products
    }

    /// Variance of the mean, at most that of one value, and whether the sequence ended; `None`
    /// without scatter.
    fn variance_of_mean(&self) -> Option<(f64, bool)> {
        let n = self.count as f64;
        let products = self.residual_products();
        if !(n > 2.0 && products[0] > 0.0) {
            return None;
        }
        let correlation = |lag: usize| products[lag] / products[0];
        let (mut tau, mut window) = (1.0, 1.0);
        let last = LAGS.min(self.count as usize - 1);
        let positive = (1..=last).take_while(|lag| correlation(*lag) > 0.0);
        let used = positive.map(|lag| tau += 2.0 * correlation(lag)).count();
        window += 2.0 * used as f64;
        let ended = used < last;
        if !ended {
            let more = 2.0 * correlation(1) / (1.0 - correlation(1));
            tau += correlation(last) * more;
            window += more;
        }
        // Mean and line took two degrees of freedom from every lag of the window.
        let kept = 1.0 - 2.0 * window / n;
        let of_one = products[0] / (n - 2.0);
        let variance = products[0] / n / n * tau / kept;
        let shown = kept > 0.0 && variance < of_one;
        Some((if shown { variance } else { of_one }, ended))
    }
}

impl SampleStatistics {
    /// Of no value yet.
    pub fn new() -> SampleStatistics {
        SampleStatistics::default()
    }

    /// Adds a value. One that is not finite is no observation and is passed over.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if self.levels.is_empty() {
            self.first = value;
        }
        let mut rest = value - self.first;
        for level in 0..MAX_LEVELS {
            if level == self.levels.len() {
                self.levels.push(Level::default());
            }
            let pair = self.levels.get_mut(level).and_then(|level| level.push(rest));
            match pair {
                Some(mean) => rest = mean,
                None => break,
            }
        }
    }

    /// Number of values.
    pub fn count(&self) -> u64 {
        self.levels.first().map_or(0, |level| level.count)
    }

    /// Their mean; `None` of no value.
    pub fn mean(&self) -> Option<f64> {
        let level = self.levels.first()?;
        Some(self.first + level.sum / level.count as f64)
    }

    /// Experimental standard deviation s about the mean (JCGM 100:2008, 4.2.2), a drift
    /// included; `None` of fewer than two values.
    pub fn standard_deviation(&self) -> Option<f64> {
        let level = self.levels.first().filter(|level| level.count > 1)?;
        Some((self.scatter(level) / (level.count as f64 - 1.0)).sqrt())
    }

    /// Sum of the squares about the mean.
    fn scatter(&self, level: &Level) -> f64 {
        let about = level.products[0] - level.sum * level.sum / level.count as f64;
        if about > 0.0 { about } else { 0.0 }
    }

    /// Slope of the line of least squares, per sample; `None` of fewer than two values.
    pub fn slope(&self) -> Option<f64> {
        let level = self.levels.first().filter(|level| level.count > 1)?;
        let n = level.count as f64;
        let about = level.moment - (n - 1.0) / 2.0 * level.sum;
        Some(about / (n * (n * n - 1.0) / 12.0))
    }

    /// Autocorrelation at lag 1 about that line; `None` of fewer than three values or of values
    /// without scatter about it.
    pub fn lag_one(&self) -> Option<f64> {
        let level = self.levels.first().filter(|level| level.count > 2)?;
        let products = level.residual_products();
        let scatters = products[0] > NO_SCATTER * self.scatter(level);
        scatters.then(|| products[1] / products[0])
    }

    /// How many independent values they are worth, from 1 to their count (0 of none); see the
    /// file's head for the estimator. Values without scatter about their line are worth their
    /// count. Of few values this says little: below some ten a correlation cannot be seen.
    pub fn effective_count(&self) -> f64 {
        let count = self.count() as f64;
        let Some(level) = self.levels.first().filter(|level| level.count > 2) else { return count };
        let scatter = level.residual_products()[0];
        if scatter <= NO_SCATTER * self.scatter(level) {
            return count;
        }
        let effective = self
            .variance_of_mean(scatter / count)
            .map_or(1.0, |mean| scatter / (count - 2.0) / mean);
        if effective.is_nan() { 1.0 } else { effective.min(count).max(1.0) }
    }

    /// Of samples of that variance.
    fn variance_of_mean(&self, of_samples: f64) -> Option<f64> {
        let (mut best, mut open) = (None, None);
        for (index, level) in self.levels.iter().enumerate() {
            let blocks = level.count as f64;
            if index > 0 && blocks < MIN_BLOCKS {
                break;
            }
            let Some((variance, ended)) = level.variance_of_mean() else { continue };
            if variance * blocks <= NO_SCATTER * of_samples {
                continue;
            }
            // A variance out of m blocks scatters by about √(2/m) of itself.
            let surely = variance * (1.0 - 2.0 * (2.0 / blocks).sqrt());
            match best {
                None if ended => best = Some(variance),
                None => open = Some(variance),
                Some(other) if surely > other => best = Some(variance),
                Some(_) => {}
            }
        }
        best.or(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of about normal distribution, the same on every machine.
    struct Noise(u64);

    impl Noise {
        fn uniform(&mut self) -> f64 {
            // SplitMix64.
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            (z ^ (z >> 31)) as f64 / u64::MAX as f64
        }

        fn normal(&mut self) -> f64 {
            (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
        }

        /// First-order process of variance 1.
        fn correlated(&mut self, count: usize, rho: f64) -> Vec<f64> {
            let mut value = self.normal();
            let step = (1.0 - rho * rho).sqrt();
            let mut next = || {
                value = rho * value + step * self.normal();
                value
            };
            (0..count).map(|_| next()).collect()
        }
    }

    fn of(values: &[f64]) -> SampleStatistics {
        let mut statistics = SampleStatistics::new();
        values.iter().for_each(|value| statistics.push(*value));
        statistics
    }

    #[test]
    fn the_first_order_formula_gives_15_of_600() {
        for (count, rho, worth) in [
            (600.0, 0.95, 15.384_615),
            (600.0, 0.0, 600.0),
            (600.0, -0.5, 600.0),
            (10.0, 0.95, 1.0),
            (10.0, 1.0, 1.0),
            (10.0, -1.0, 10.0),
            (10.0, f64::NAN, 1.0),
        ] {
            let found = first_order_effective_count(count, rho);
            assert!((found - worth).abs() < 1e-6, "{count} {rho}: {found}");
        }
    }

    #[test]
    fn the_estimate_is_about_the_true_size() {
        for (count, rho, low, high) in [
            (600, 0.0, 480.0, 600.0),
            (600, 0.5, 160.0, 215.0),
            (600, 0.95, 12.0, 20.0),
            (6000, 0.95, 125.0, 165.0),
            (20_000, 0.99, 75.0, 110.0),
        ] {
            let mut noise = Noise(1);
            let mut one = || of(&noise.correlated(count, rho)).effective_count();
            let mean = (0..40).map(|_| one()).sum::<f64>() / 40.0;
            assert!((low..=high).contains(&mean), "{count} {rho}: {mean}");
        }
    }

    #[test]
    fn the_lag_of_a_known_process_is_found() {
        let statistics = of(&Noise(7).correlated(20_000, 0.95));
        assert!((statistics.lag_one().unwrap() - 0.95).abs() < 0.01);
        assert!((statistics.standard_deviation().unwrap() - 1.0).abs() < 0.1);
    }

    #[test]
    fn a_wander_beneath_an_oscillation_is_seen() {
        let mut noise = Noise(3);
        let wander = noise.correlated(16_384, 0.995);
        let sign = |t: usize| if t.is_multiple_of(2) { 3.0 } else { -3.0 };
        let values: Vec<f64> = wander.iter().enumerate().map(|(t, w)| w + sign(t)).collect();
        // The wander has a variance of 1 and is worth about 41 samples; the oscillation alters
        // the mean by nothing, and s² is 10.
        let worth = of(&values).effective_count();
        assert!((200.0..900.0).contains(&worth), "{worth}");
        assert_eq!(of(&(0..4096).map(sign).collect::<Vec<_>>()).effective_count(), 4096.0);
    }

    /// One that is slower than the signal is long leaves the mean as uncertain as itself.
    #[test]
    fn a_wander_too_slow_to_end_is_not_averaged() {
        let mut noise = Noise(9);
        let wander = |t: usize| 0.2 * (t as f64 * 1.5 * std::f64::consts::TAU / 65_536.0).sin();
        let values: Vec<f64> = (0..65_536).map(|t| wander(t) + noise.normal()).collect();
        let statistics = of(&values);
        let uncertainty =
            statistics.standard_deviation().unwrap() / statistics.effective_count().sqrt();
        assert!((0.05..0.3).contains(&uncertainty), "{uncertainty}");
    }

    #[test]
    fn a_drift_is_no_correlation() {
        let mut noise = Noise(5);
        let ramp = |t: usize| 1e6 + 0.01 * t as f64;
        let noisy: Vec<f64> = (0..5000).map(|t| ramp(t) + noise.normal()).collect();
        let statistics = of(&noisy);
        assert!(statistics.effective_count() > 3500.0, "{}", statistics.effective_count());
        assert!((statistics.slope().unwrap() - 0.01).abs() < 1e-4);
        let pure: Vec<f64> = (0..500).map(ramp).collect();
        assert_eq!(of(&pure).effective_count(), 500.0);
    }

    #[test]
    fn few_or_equal_values_have_no_correlation() {
        for (values, worth, mean, deviation) in [
            (&[][..], 0.0, None, None),
            (&[4.0], 1.0, Some(4.0), None),
            (&[4.0, 6.0], 2.0, Some(5.0), Some(2f64.sqrt())),
            (&[4.0, f64::NAN, f64::INFINITY, 6.0], 2.0, Some(5.0), Some(2f64.sqrt())),
            (&[0.1; 100], 100.0, Some(0.1), Some(0.0)),
        ] {
            let statistics = of(values);
            let found =
                (statistics.effective_count(), statistics.mean(), statistics.standard_deviation());
            assert_eq!(found, (worth, mean, deviation), "{values:?}");
        }
    }

    #[test]
    fn memory_grows_with_the_logarithm_of_the_count() {
        let statistics = of(&vec![1.0; 100_000]);
        assert_eq!((statistics.count(), statistics.levels.len()), (100_000, 17));
    }

    /// Σ r(t) r(t − k) in two passes over all values.
    fn two_passes(values: &[f64], lag: usize) -> f64 {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let middle = (n - 1.0) / 2.0;
        let about = |(t, value): (usize, &f64)| (t as f64 - middle, value - mean);
        let (mut across, mut spread) = (0.0, 0.0);
        for (t, value) in values.iter().enumerate().map(about) {
            across += t * value;
            spread += t * t;
        }
        let residual = |(t, value)| {
            let (t, value) = about((t, value));
            value - across / spread * t
        };
        let residuals: Vec<f64> = values.iter().enumerate().map(residual).collect();
        residuals.iter().zip(residuals.iter().skip(lag)).map(|(a, b)| a * b).sum()
    }

    proptest! {
        #[test]
        fn one_pass_gives_what_two_give(
            seed: u64,
            count in 3usize..200,
            offset in -1e6f64..1e6,
            drift in -1.0f64..1.0,
        ) {
            let noise = Noise(seed).correlated(count, 0.7);
            let drifting = noise.iter().enumerate().map(|(t, x)| offset + drift * t as f64 + x);
            let values: Vec<f64> = drifting.collect();
            let statistics = of(&values);
            let products = statistics.levels[0].residual_products();
            for (lag, product) in products.into_iter().enumerate().take(count) {
                let expected = two_passes(&values, lag);
                let scale = two_passes(&values, 0).max(1e-3);
                prop_assert!((product - expected).abs() < 1e-6 * scale, "{lag}: {product} {expected}");
            }
            let worth = statistics.effective_count();
            prop_assert!((1.0..=count as f64).contains(&worth));
        }

        #[test]
        fn a_copy_goes_on_where_the_signal_stood(seed: u64, count in 0usize..300, cut in 0usize..300) {
            let values = Noise(seed).correlated(count, 0.5);
            let (before, behind) = values.split_at(cut.min(count));
            let mut copy = of(before).clone();
            behind.iter().for_each(|value| copy.push(*value));
            prop_assert_eq!(copy, of(&values));
        }

        #[test]
        fn no_values_make_it_panic(values in prop::collection::vec(any::<f64>(), 0..100)) {
            let statistics = of(&values);
            let worth = statistics.effective_count();
            prop_assert!((0.0..=values.len() as f64).contains(&worth));
        }
    }
}
