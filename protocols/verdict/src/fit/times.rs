//! Values within a window, and the uncertainty of events against a time limit.

use trial::record::DEFAULT_MARK_UNCERTAINTY_NS;

use super::Look;
use super::instrument::Instrument;
use super::lack::{Lack, Misfit, Slow};
use crate::compile::{OperatorSpec, Spec, TriggerSpec};
use crate::uncertainty::timing::bracket_uncertainty;

/// Values that a window must hold to be decided at all.
const LEAST_VALUES: f64 = 2.0;
/// Values that a window should hold, so that a peak between two of them is small.
const WISHED_VALUES: f64 = 10.0;
/// Coverage factor of the uncertainty of a time.
const COVERAGE_FACTOR: f64 = 2.0;
/// Share of a time limit that its uncertainty should not exceed.
const WISHED_SHARE: f64 = 0.01;
/// Share of a time limit from which on its uncertainty leaves no decision.
const LARGEST_SHARE: f64 = 0.25;

impl Look<'_> {
    pub(super) fn times(&self, spec: &Spec, misfits: &mut Vec<Misfit>) {
        let mut window = |signals: Vec<usize>, time_ns: i64, least: f64, wished: f64| {
            for signal in signals {
                for instrument in self.instruments(signal) {
                    few_values(&instrument, time_ns as f64 / 1e9, (least, wished), misfits);
                }
            }
        };
        match &spec.operator {
            OperatorSpec::Ripple { signal, window_ns, .. } => {
                window(vec![*signal], *window_ns, LEAST_VALUES, WISHED_VALUES);
            }
            OperatorSpec::Excursion(change) => {
                window(vec![change.signal], change.recovery_ns, LEAST_VALUES, WISHED_VALUES);
            }
            OperatorSpec::Cycles(cycles) => {
                if let Some(within_ns) = cycles.within_ns {
                    let signals = cycles.rest.signals().chain(cycles.reach.signals()).collect();
                    window(signals, within_ns, LEAST_VALUES, WISHED_VALUES);
                }
            }
            OperatorSpec::Hold { signal, duration_ns, .. } => {
                window(vec![*signal], *duration_ns, 1.0, LEAST_VALUES);
            }
            OperatorSpec::Pair { tests, duration_ns } => {
                window(tests.signals().collect(), *duration_ns, 1.0, LEAST_VALUES);
            }
            OperatorSpec::TimeTo { from, to, within_ns } => {
                self.time_limit([from, to], *within_ns as f64 / 1e9, misfits);
            }
            _ => {}
        }
    }

    /// Each event by conditions lies anywhere between two samples, and each value may be as old as the
    /// instrument's refresh and response let; a mark lies within a person's reaction. All are
    /// rectangular (JCGM 100:2008, 4.3.7) and independent. A known latency is taken off by the
    /// evaluator.
    fn time_limit(&self, events: [&TriggerSpec; 2], limit_s: f64, misfits: &mut Vec<Misfit>) {
        let mark_s = DEFAULT_MARK_UNCERTAINTY_NS as f64 / 1e9;
        let mut instruments: Vec<Instrument<'_>> = Vec::new();
        let mut marks = Vec::new();
        for event in events {
            // Of signals that begin to hold together the slowest dates the event.
            let behind = event.signals().into_iter().flat_map(|signal| self.instruments(signal));
            match event {
                TriggerSpec::Mark(_) => marks.push(2.0 * mark_s),
                TriggerSpec::When { .. } => {
                    instruments.extend(behind.max_by(|a, b| oldest_s(a).total_cmp(&oldest_s(b))));
                }
            }
        }
        let mut widths: Vec<f64> = instruments.iter().flat_map(parts).collect();
        let halves: Vec<f64> = widths.iter().chain(&marks).map(|width| width / 2.0).collect();
        let uncertainty_s = COVERAGE_FACTOR * bracket_uncertainty(&halves);
        if uncertainty_s <= WISHED_SHARE * limit_s {
            return;
        }
        let unfit = uncertainty_s > LARGEST_SHARE * limit_s;
        let sure_s = (limit_s - uncertainty_s).max(0.0);
        // U = k √(Σ w²/12) is to be the wished share of the limit.
        let wished = WISHED_SHARE * limit_s / COVERAGE_FACTOR;
        let squares = 12.0 * wished * wished;
        let of_marks: f64 = marks.iter().map(|width| width * width).sum();
        if of_marks >= squares {
            let lack = Lack::MarkTime { limit_s, uncertainty_s, sure_s, mark_s };
            misfits.push(Misfit { unfit, ..Misfit::of_nothing(lack) });
        }
        let left = if of_marks < squares { squares - of_marks } else { squares };
        let Some(wanted_s) = widest(&mut widths, left) else { return };
        for instrument in &instruments {
            let [sample, refresh, response] = parts(instrument);
            let slow = match (sample > wanted_s, refresh.max(response) > wanted_s) {
                (false, false) => continue,
                (true, false) => Slow::Period,
                (false, true) => Slow::Instrument,
                (true, true) => Slow::Both,
            };
            let late_s = oldest_s(instrument);
            let lack = Lack::EventTime { limit_s, uncertainty_s, sure_s, late_s, wanted_s, slow };
            let misfit = Misfit { unfit, ..Misfit::reserve(instrument.role, lack) };
            if !misfits.contains(&misfit) {
                misfits.push(misfit);
            }
        }
    }
}

/// Seconds by which a value may be old: sampling, refresh, response.
fn parts(of: &Instrument<'_>) -> [f64; 3] {
    let response = of.timing.response.map(|response| response.as_secs_f64());
    [of.sample_s(), of.refresh_s(), response].map(Option::unwrap_or_default)
}

/// Seconds by which a value may be old altogether.
fn oldest_s(of: &Instrument<'_>) -> f64 {
    parts(of).iter().sum()
}

/// The width to which the wider of `widths` must come down so that the squares of all add up to
/// `squares`; `None` where they already do with less.
fn widest(widths: &mut [f64], squares: f64) -> Option<f64> {
    widths.sort_by(f64::total_cmp);
    let mut left = squares;
    for (at, width) in widths.iter().enumerate() {
        let others = (widths.len() - at) as f64;
        let most = (left / others).sqrt();
        if most < *width {
            return Some(most);
        }
        left -= width * width;
    }
    None
}

/// New values of an instrument within a time: not more than it is asked, nor than it makes.
fn few_values(
    of: &Instrument<'_>,
    time_s: f64,
    (least, wished): (f64, f64),
    misfits: &mut Vec<Misfit>,
) {
    for (interval, by_instrument) in [(of.sample_s(), false), (of.refresh_s(), true)] {
        let Some(interval_s) = interval.filter(|interval| interval * wished > time_s) else {
            continue;
        };
        let wanted_s = time_s / wished;
        let lack = Lack::FewValues { time_s, interval_s, wanted_s, by_instrument };
        let unfit = interval_s * least > time_s;
        misfits.push(Misfit { unfit, ..Misfit::reserve(of.role, lack) });
    }
}
