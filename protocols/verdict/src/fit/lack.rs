//! What an instrument lacks, in numbers.

use serde::Serialize;
use trial::document::Title;
use trial::scenario::Role;
use trial::unit::Unit;

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
        /// What would do for each that is slow: period, refresh, response.
        wanted_s: f64,
        /// Which of them are slow.
        slow: Slow,
    },
    /// A mark that a person sets is not dated well enough for a time limit.
    MarkTime {
        /// The limit.
        limit_s: f64,
        /// Expanded uncertainty (k = 2) of the time between the events.
        uncertainty_s: f64,
        /// A time up to this is within the limit, whatever the uncertainty.
        sure_s: f64,
        /// Half width of the time in which the mark lies.
        mark_s: f64,
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

/// What dates events badly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slow {
    /// The time between two samples.
    Period,
    /// Refresh or response of the instrument.
    Instrument,
    /// Both.
    Both,
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
}
