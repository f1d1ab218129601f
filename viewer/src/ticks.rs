//! Round numbers for axes, and numbers and times as people read them. For display only: nothing
//! here goes back into data.

use trial::time::{Span, TrialTime};

/// Most ticks of one axis.
pub const MAX_TICKS: usize = 64;
/// Whole recordings up to this long have their axis in plain seconds.
pub const PLAIN_SECONDS: f64 = 300.0;

const SECOND_NS: i64 = 1_000_000_000;

/// A scale with round ends and round ticks.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Lower end.
    pub low: f64,
    /// Upper end; above `low`.
    pub high: f64,
    /// The ticks, ascending, ends included.
    pub ticks: Vec<f64>,
    /// Decimals with which all ticks are written.
    pub decimals: usize,
}

impl Scale {
    /// The smallest scale with about `count` round steps that holds `low` to `high`.
    pub fn around(low: f64, high: f64, count: usize) -> Scale {
        let (low, high) = if low.is_finite() && high.is_finite() && low <= high {
            (low, high)
        } else {
            (0.0, 1.0)
        };
        // A flat line gets room around it, so that its noise of rounding is not blown up.
        let least = (low.abs().max(high.abs()) * 1e-3).max(1e-9);
        let (low, high) = if high - low < least {
            let middle = low + (high - low) / 2.0;
            (middle - least, middle + least)
        } else {
            (low, high)
        };
        let step = round_step((high - low) / count.max(1) as f64);
        let first = (low / step + 1e-9).floor();
        let last = (high / step - 1e-9).ceil();
        let steps = ((last - first) as usize).clamp(1, MAX_TICKS);
        let ticks: Vec<f64> = (0..=steps).map(|i| (first + i as f64) * step).collect();
        Scale {
            low: first * step,
            high: last.max(first + 1.0) * step,
            ticks,
            decimals: decimals(step),
        }
    }

    /// Where `value` lies: 0 at the lower end, 1 at the upper end, beyond outside.
    pub fn share(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// A tick as text.
    pub fn label(&self, tick: f64) -> String {
        // Adding zero turns −0 into 0.
        format!("{:.*}", self.decimals, tick + 0.0)
    }
}

/// The smallest of 1, 2, 2.5 or 5 times a power of ten that is at least `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

fn decimals(step: f64) -> usize {
    (0..12).find(|&places| is_whole(step * 10f64.powi(places))).unwrap_or(12) as usize
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6 * value.abs().max(1.0)
}

/// Ticks of a time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeTicks {
    /// The ticks, ascending.
    pub ticks: Vec<TrialTime>,
    /// Decimals of a second with which all are written.
    pub decimals: usize,
}

/// Round times within `span`, at most about `count`.
pub fn time_ticks(span: Span, count: usize) -> TimeTicks {
    let count = count.clamp(1, MAX_TICKS);
    let length = span.end.since(span.start).max(1);
    let step = time_step(length / count as i64 + 1);
    let first = span.start.nanoseconds().div_euclid(step).saturating_mul(step);
    let ticks = (0..)
        .map(|i: i64| TrialTime(first).plus(step.saturating_mul(i)))
        .take(MAX_TICKS + 2)
        .take_while(|tick| *tick <= span.end)
        .filter(|tick| *tick >= span.start)
        .collect();
    let decimals = (0..9).find(|&places| step % 10i64.pow(9 - places) == 0).unwrap_or(9) as usize;
    TimeTicks { ticks, decimals }
}

/// The smallest round step of at least `rough` nanoseconds.
fn time_step(rough: i64) -> i64 {
    let mut power = 1;
    while power < SECOND_NS {
        for factor in [1, 2, 5] {
            if power * factor >= rough {
                return power * factor;
            }
        }
        power *= 10;
    }
    let seconds = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200,
        86_400,
    ];
    for step in seconds {
        if step * SECOND_NS >= rough {
            return step * SECOND_NS;
        }
    }
    let day = 86_400 * SECOND_NS;
    rough.div_euclid(day).saturating_add(1).saturating_mul(day)
}

/// A trial time as people read it: plain seconds in a short recording, else `h:mm:ss`.
pub fn trial_time(time: TrialTime, whole: Span, decimals: usize) -> String {
    let decimals = decimals.min(9);
    if whole.seconds() <= PLAIN_SECONDS {
        return format!("{:.decimals$}", time.seconds());
    }
    let sign = if time < TrialTime::ZERO { "-" } else { "" };
    let unit = 10u64.pow(9 - decimals as u32);
    // Rounded once, as a whole number of the last place, so that 59.96 never reads 60.0.
    let rounded = time.nanoseconds().unsigned_abs().saturating_add(unit / 2) / unit * unit;
    let second = SECOND_NS.unsigned_abs();
    let (seconds, rest) = (rounded / second, rounded % second);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let clock = format!("{sign}{hours}:{minutes:02}:{seconds:02}");
    match decimals {
        0 => clock,
        _ => format!("{clock}.{:0decimals$}", rest / unit),
    }
}

/// A duration as people read it, with its unit.
pub fn duration(nanoseconds: i64) -> String {
    let seconds = nanoseconds as f64 / 1e9;
    match seconds {
        s if s < 1e-3 => format!("{:.0} µs", s * 1e6),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.2} s"),
        s if s < 7200.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.2} h", s / 3600.0),
    }
}

/// A value with about five significant digits and never an exponent that could be avoided.
pub fn value(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e9).contains(&magnitude) {
        return format!("{value:.4e}");
    }
    let places = match magnitude {
        m if m >= 10_000.0 => 0,
        m if m >= 1_000.0 => 1,
        m if m >= 100.0 => 2,
        m if m >= 10.0 => 3,
        m if m >= 0.1 || m == 0.0 => 4,
        _ => 6,
    };
    let text = format!("{:.places$}", value + 0.0);
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_have_round_ends_that_hold_the_data() {
        let check = |low: f64, high: f64, expected: &[&str]| {
            let scale = Scale::around(low, high, 4);
            let labels: Vec<_> = scale.ticks.iter().map(|tick| scale.label(*tick)).collect();
            assert_eq!(labels, expected, "{low} to {high}");
            assert!(low.is_nan() || scale.low <= low + 1e-9 && scale.high >= high - 1e-9);
        };
        check(0.0, 1.05, &["0.0", "0.5", "1.0", "1.5"]);
        check(-3.0, 7.0, &["-5.0", "-2.5", "0.0", "2.5", "5.0", "7.5"]);
        check(1.034, 1.0345, &["1.033", "1.034", "1.035", "1.036"]);
        check(0.0, 3000.0, &["0", "1000", "2000", "3000"]);
        check(f64::NAN, 2.0, &["0.00", "0.25", "0.50", "0.75", "1.00"]);
    }

    #[test]
    fn a_flat_line_and_extreme_values_get_a_scale() {
        for (low, high) in [(5.0, 5.0), (0.0, 0.0), (-1e300, 1e300), (1e-300, 2e-300)] {
            let scale = Scale::around(low, high, 4);
            assert!(scale.low < scale.high, "{low} {high}: {scale:?}");
            assert!(scale.ticks.len() <= MAX_TICKS + 1);
            assert!((0.0..=1.0).contains(&scale.share(low)), "{low} {high}: {scale:?}");
        }
    }

    #[test]
    fn time_ticks_are_round_and_bounded() {
        let check = |start: i64, end: i64, count, first: i64, number| {
            let span = Span { start: TrialTime(start), end: TrialTime(end) };
            let found = time_ticks(span, count).ticks;
            assert_eq!((found[0].0, found.len()), (first, number), "{start} {end}");
        };
        check(0, 60 * SECOND_NS, 10, 0, 7);
        check(-SECOND_NS, 61 * SECOND_NS, 10, 0, 7);
        check(100, 1_100, 10, 200, 5);
        check(0, 86_400 * SECOND_NS, 10, 0, 9);
        let whole = Span { start: TrialTime(i64::MIN / 2), end: TrialTime(i64::MAX / 2) };
        assert!(time_ticks(whole, 10).ticks.len() <= MAX_TICKS + 2);
    }

    #[test]
    fn times_are_rounded_once() {
        let long = Span { start: TrialTime(0), end: TrialTime(7200 * SECOND_NS) };
        assert_eq!(trial_time(TrialTime(3_659_960_000_000), long, 1), "1:01:00.0");
        assert_eq!(trial_time(TrialTime(3_659_960_000_000), long, 3), "1:00:59.960");
        assert_eq!(trial_time(TrialTime(-1_500_000_000), long, 0), "-0:00:02");
        let short = Span { start: TrialTime(0), end: TrialTime(SECOND_NS) };
        assert_eq!(trial_time(TrialTime(123_456_789), short, 3), "0.123");
    }

    #[test]
    fn values_keep_five_digits() {
        for (number, expected) in [
            (1.0341372, "1.0341"),
            (3000.04, "3000"),
            (0.0, "0"),
            (-0.00001, "-1.0000e-5"),
            (123456.7, "123457"),
            (20.05, "20.05"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(value(number), expected);
        }
    }
}
