//! What an instrument lacks, in numbers and in words.

use serde::Serialize;
use trial::document::Title;
use trial::scenario::Role;
use trial::unit::Unit;
use words::{Language, Message, message};

use crate::outcome::{number, with_unit};

/// Something that keeps a criterion from being decided, or from being decided near its limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Misfit {
    /// The role; empty where it is not about one.
    pub role: String,
    /// Its title.
    #[serde(skip)]
    pub title: Title,
    /// Whether the criterion can't be decided with it.
    pub unfit: bool,
    /// What it is.
    #[serde(flatten)]
    pub lack: Lack,
}

/// Times are in seconds, rates in hertz, everything else in `unit`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "about", rename_all = "kebab-case", rename_all_fields = "snake_case")]
pub enum Lack {
    /// The plan binds no channel to the role.
    Unbound,
    /// The criterion has no finite limit or time.
    NotPrepared {
        /// Why.
        #[serde(skip)]
        why: Title,
    },
    /// Sampled more slowly than the role asks.
    Rate {
        /// As the role asks.
        wanted_hz: f64,
        /// As plan and bus give.
        given_hz: f64,
        /// The plan asks often enough, but the bus does not carry it.
        by_bus: bool,
    },
    /// The role asks for a rate, and the plan does not say which it gets.
    PeriodUnknown {
        /// As the role asks.
        wanted_hz: f64,
    },
    /// After every sample there would be a gap.
    Gap {
        /// Longest time for which a sample counts.
        max_gap_s: f64,
        /// Time between two samples.
        period_s: f64,
    },
    /// The instrument has new values less often than the role asks.
    Refresh {
        /// As the role asks.
        wanted_s: f64,
        /// As the profile says.
        refresh_s: f64,
    },
    /// Too few new values within the time that is judged.
    FewValues {
        /// That time.
        time_s: f64,
        /// Time between two new values.
        interval_s: f64,
        /// What would do.
        wanted_s: f64,
        /// The instrument is the slower one, not the poll.
        by_instrument: bool,
    },
    /// Events are not dated well enough for a time limit.
    EventTime {
        /// The limit.
        limit_s: f64,
        /// Expanded uncertainty (k = 2) of the time between the events.
        uncertainty_s: f64,
        /// A time up to this is within the limit, whatever the uncertainty.
        sure_s: f64,
        /// By how much an event may be dated late.
        late_s: f64,
        /// Time between two values that would do.
        wanted_s: f64,
        /// The sampling is the slower one, not the instrument.
        by_period: bool,
    },
    /// The uncertainty is not declared.
    UncertaintyUnknown {
        /// The channel whose calibration would say it.
        channel: String,
        /// The decision rule needs it.
        needed: bool,
    },
    /// The uncertainty is larger than the role allows.
    Uncertainty {
        /// As the role allows.
        wanted: f64,
        /// The least of the instrument.
        uncertainty: f64,
        /// Unit of both.
        unit: Unit,
    },
    /// Tolerance by uncertainty is small.
    Ratio {
        /// (T_U − T_L) / 2U.
        ratio: f64,
        /// U.
        uncertainty: f64,
        /// Managed guard band that holds false acceptance to 2 %.
        guard: f64,
        /// U that gives a ratio of 4.
        wanted: f64,
        /// Unit of all but the ratio.
        unit: Unit,
    },
    /// The uncertainty is a large part of a limit of one side.
    Share {
        /// The limit.
        limit: f64,
        /// U.
        uncertainty: f64,
        /// U that would do.
        wanted: f64,
        /// Unit of all.
        unit: Unit,
    },
    /// The channel's range does not contain a limit.
    Range {
        /// The limit.
        limit: f64,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Unit of all.
        unit: Unit,
    },
    /// The calibration is due.
    CalibrationDue {
        /// The calibration.
        calibration: String,
        /// Since when.
        due: String,
    },
}

impl Misfit {
    pub(super) fn unfit(role: &Role, lack: Lack) -> Misfit {
        Misfit { unfit: true, ..Misfit::reserve(role, lack) }
    }

    pub(super) fn reserve(role: &Role, lack: Lack) -> Misfit {
        Misfit { role: role.id.clone(), title: role.title.clone(), unfit: false, lack }
    }

    pub(super) fn of_nothing(lack: Lack) -> Misfit {
        Misfit { role: String::new(), title: Title::default(), unfit: true, lack }
    }

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
            | Lack::EventTime { .. } => self.of_time(signal),
            Lack::UncertaintyUnknown { channel, needed: true } => {
                message!("fit-uncertainty-needed", signal = signal, channel = channel)
            }
            Lack::UncertaintyUnknown { channel, needed: false } => {
                message!("fit-uncertainty-unknown", signal = signal, channel = channel)
            }
            Lack::Uncertainty { wanted, uncertainty, unit } => {
                let (wanted, is) = (shown(*wanted, *unit), shown(*uncertainty, *unit));
                message!("fit-uncertainty", signal = signal, is = is, wanted = wanted)
            }
            Lack::Ratio { ratio, uncertainty, guard, wanted, unit } => message!(
                "fit-ratio",
                signal = signal,
                ratio = format!("{ratio:.1}"),
                is = shown(*uncertainty, *unit),
                guard = shown(*guard, *unit),
                wanted = shown(*wanted, *unit)
            ),
            Lack::Share { limit, uncertainty, wanted, unit } => message!(
                "fit-share",
                signal = signal,
                limit = with_unit(*limit, *unit),
                is = shown(*uncertainty, *unit),
                wanted = shown(*wanted, *unit)
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
                let (wanted, given) = (number(*wanted_hz), format!("{given_hz:.1}"));
                let period = time(1.0 / wanted_hz);
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
            Lack::FewValues { time_s, interval_s, wanted_s, by_instrument } => {
                let (window, interval) = (time(*time_s), time(*interval_s));
                let wanted = time(*wanted_s);
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
            Lack::EventTime { limit_s, uncertainty_s, sure_s, late_s, wanted_s, by_period } => {
                let (limit, uncertainty) = (time(*limit_s), time(*uncertainty_s));
                let (sure, late, wanted) = (time(*sure_s), time(*late_s), time(*wanted_s));
                if *by_period {
                    message!(
                        "fit-event-period",
                        signal = signal,
                        limit = limit,
                        uncertainty = uncertainty,
                        sure = sure,
                        late = late,
                        wanted = wanted
                    )
                } else {
                    message!(
                        "fit-event-instrument",
                        signal = signal,
                        limit = limit,
                        uncertainty = uncertainty,
                        sure = sure,
                        late = late,
                        wanted = wanted
                    )
                }
            }
            Lack::PeriodUnknown { wanted_hz } => {
                message!("fit-period-unknown", signal = signal, wanted = number(*wanted_hz))
            }
            _ => message!("fit-unbound", signal = signal, role = self.role),
        }
    }
}

/// A time as people read it, two significant digits where it has a fraction.
fn time(seconds: f64) -> String {
    let (value, unit) = if seconds < 1.0 { (seconds * 1e3, "ms") } else { (seconds, "s") };
    let decimals = match value {
        _ if value >= 10.0 => 0,
        _ if value >= 1.0 => 1,
        _ => 2,
    };
    let rounded = format!("{value:.decimals$}");
    let text = if rounded.contains('.') {
        rounded.trim_end_matches('0').trim_end_matches('.')
    } else {
        rounded.as_str()
    };
    format!("{text} {unit}")
}

/// An uncertainty: two significant digits.
fn shown(value: f64, unit: Unit) -> String {
    let digits = if value > 0.0 { 1 - libm::log10(value).floor() as i32 } else { 0 };
    let step = libm::pow(10.0, f64::from(digits.clamp(-12, 12)));
    with_unit((value * step).round() / step, unit)
}
