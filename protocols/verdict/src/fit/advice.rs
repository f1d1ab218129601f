//! What an instrument lacks, and what to change, in words.
//!
//! Invariants:
//! - Who follows an advice as it is read gets what is wished for: what is asked for is rounded to the
//!   safe side.

use trial::unit::Unit;
use words::{Language, Message, message};

use super::lack::{Lack, Misfit, Slow};
use crate::outcome::{number, with_unit};

impl Misfit {
    /// What is wrong and what to change, as a person reads it.
    pub fn in_language(&self, language: Language) -> String {
        let signal = self.title.in_language(language);
        if let Lack::NotPrepared { why } = &self.lack {
            return why.in_language(language);
        }
        self.message(&signal).in_language(language)
    }

    fn message(&self, signal: &str) -> Message {
        match &self.lack {
            Lack::Unbound | Lack::NotPrepared { .. } => {
                message!("fit-unbound", signal = signal, role = self.role)
            }
            Lack::Rate { .. }
            | Lack::PeriodUnknown { .. }
            | Lack::Gap { .. }
            | Lack::Refresh { .. }
            | Lack::FewValues { .. }
            | Lack::EventTime { .. }
            | Lack::MarkTime { .. } => self.of_time(signal),
            Lack::UncertaintyUnknown { channel, needed: true } => {
                message!("fit-uncertainty-needed", signal = signal, channel = channel)
            }
            Lack::UncertaintyUnknown { channel, needed: false } => {
                message!("fit-uncertainty-unknown", signal = signal, channel = channel)
            }
            Lack::Uncertainty { wanted, uncertainty, unit } => {
                let (wanted, is) = (with_unit(*wanted, *unit), shown(*uncertainty, *unit));
                message!("fit-uncertainty", signal = signal, is = is, wanted = wanted)
            }
            Lack::Ratio { ratio, uncertainty, guard, wanted, unit } => message!(
                "fit-ratio",
                signal = signal,
                ratio = format!("{ratio:.1}"),
                is = shown(*uncertainty, *unit),
                guard = at_least(*guard, *unit),
                wanted = at_most(*wanted, *unit)
            ),
            Lack::Share { limit, uncertainty, wanted, unit } => message!(
                "fit-share",
                signal = signal,
                limit = with_unit(*limit, *unit),
                is = shown(*uncertainty, *unit),
                wanted = at_most(*wanted, *unit)
            ),
            Lack::Range { limit, low, high, unit } => message!(
                "fit-range",
                signal = signal,
                limit = with_unit(*limit, *unit),
                low = number(*low),
                high = with_unit(*high, *unit)
            ),
            Lack::CalibrationDue { calibration, due } => {
                message!("fit-calibration-due", calibration = calibration, due = due)
            }
        }
    }

    fn of_time(&self, signal: &str) -> Message {
        match &self.lack {
            Lack::Rate { wanted_hz, given_hz, by_bus } => {
                let (wanted, given) = (number(*wanted_hz), rate_below(*given_hz, *wanted_hz));
                let period = time_at_most(1.0 / wanted_hz);
                if *by_bus {
                    message!("fit-rate-bus", signal = signal, given = given, wanted = wanted)
                } else {
                    message!(
                        "fit-rate",
                        signal = signal,
                        given = given,
                        wanted = wanted,
                        period = period
                    )
                }
            }
            Lack::Gap { max_gap_s, period_s } => message!(
                "fit-gap",
                signal = signal,
                period = time(*period_s),
                gap = time(*max_gap_s)
            ),
            Lack::Refresh { wanted_s, refresh_s } => message!(
                "fit-refresh",
                signal = signal,
                refresh = time(*refresh_s),
                wanted = time(*wanted_s)
            ),
            Lack::PeriodUnknown { wanted_hz } => {
                message!("fit-period-unknown", signal = signal, wanted = number(*wanted_hz))
            }
            _ => self.of_events(signal),
        }
    }

    fn of_events(&self, signal: &str) -> Message {
        match &self.lack {
            Lack::FewValues { time_s, interval_s, wanted_s, by_instrument } => {
                let (window, interval) = (time(*time_s), time(*interval_s));
                let wanted = time_at_most(*wanted_s);
                if *by_instrument {
                    message!(
                        "fit-few-refreshes",
                        signal = signal,
                        window = window,
                        interval = interval,
                        wanted = wanted
                    )
                } else {
                    message!(
                        "fit-few-samples",
                        signal = signal,
                        window = window,
                        interval = interval,
                        wanted = wanted
                    )
                }
            }
            Lack::EventTime { limit_s, uncertainty_s, sure_s, late_s, wanted_s, slow } => {
                let dated = message!(
                    "fit-event-period",
                    signal = signal,
                    limit = time(*limit_s),
                    uncertainty = time(*uncertainty_s),
                    sure = time_at_most(*sure_s),
                    late = time(*late_s),
                    wanted = time_at_most(*wanted_s)
                );
                Message { key: slow.key(), ..dated }
            }
            Lack::MarkTime { limit_s, sure_s, mark_s, .. } => message!(
                "fit-event-mark",
                limit = time(*limit_s),
                mark = time(*mark_s),
                sure = time_at_most(*sure_s)
            ),
            _ => message!("fit-unbound", signal = signal, role = self.role),
        }
    }
}

impl Slow {
    /// The sentence that says what to change of it.
    fn key(self) -> &'static str {
        match self {
            Slow::Period => message!("fit-event-period").key,
            Slow::Instrument => message!("fit-event-instrument").key,
            Slow::Both => message!("fit-event-both").key,
        }
    }
}

/// Digits of a time or rate that people read.
const TIME_DIGITS: i32 = 3;
/// Digits of an uncertainty.
const UNCERTAINTY_DIGITS: i32 = 2;

/// A time as people read it.
fn time(seconds: f64) -> String {
    in_unit_of_time(seconds, f64::round)
}

/// A time that is asked for: what is read is not longer.
fn time_at_most(seconds: f64) -> String {
    in_unit_of_time(seconds, floor)
}

fn in_unit_of_time(seconds: f64, to_whole: fn(f64) -> f64) -> String {
    let (value, unit) = if seconds < 1.0 { (seconds * 1e3, "ms") } else { (seconds, "s") };
    format!("{} {unit}", significant(value, TIME_DIGITS, to_whole))
}

/// A rate that is too low, with as many digits as show it.
fn rate_below(given: f64, wanted: f64) -> String {
    let short = significant(given, UNCERTAINTY_DIGITS, f64::round);
    let shows = short.parse::<f64>().is_ok_and(|read| read < wanted);
    if shows { short } else { significant(given, 2 * TIME_DIGITS, floor) }
}

/// An uncertainty.
fn shown(value: f64, unit: Unit) -> String {
    of_unit(significant(value, UNCERTAINTY_DIGITS, f64::round), unit)
}

/// An uncertainty that is asked for: what is read is not larger.
fn at_most(value: f64, unit: Unit) -> String {
    of_unit(significant(value, UNCERTAINTY_DIGITS, floor), unit)
}

/// A distance to be kept: what is read is not smaller.
fn at_least(value: f64, unit: Unit) -> String {
    of_unit(significant(value, UNCERTAINTY_DIGITS, |value| -floor(-value)), unit)
}

fn of_unit(number: String, unit: Unit) -> String {
    let symbol = unit.shown();
    let space = if symbol.is_empty() { "" } else { " " };
    format!("{number}{space}{symbol}")
}

/// The whole number below, or the one that a rounding error keeps it from being.
fn floor(value: f64) -> f64 {
    const ROUNDING: f64 = 1e-6;
    (value + ROUNDING).floor()
}

/// A value that is not negative with its first `digits` digits, the last made by `to_whole`; all
/// digits before the decimal point stay.
fn significant(value: f64, digits: i32, to_whole: fn(f64) -> f64) -> String {
    const MOST_DECIMALS: i32 = 12;
    let before =
        if value > 0.0 { (libm::log10(value).floor() as i32).saturating_add(1) } else { 1 };
    let decimals = (digits - before).clamp(0, MOST_DECIMALS);
    let step = libm::pow(10.0, f64::from(decimals));
    let rounded = to_whole(value * step) / step;
    let places = decimals as usize;
    let text = format!("{rounded:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}
