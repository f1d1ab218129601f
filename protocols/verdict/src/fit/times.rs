//! Values within a window, and the uncertainty of events against a time limit.

use super::Look;
use super::instrument::Instrument;
use super::lack::{Lack, Misfit};
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
    /// instrument's refresh and response let; all rectangular (JCGM 100:2008, 4.3.7).
    fn time_limit(&self, events: [&TriggerSpec; 2], limit_s: f64, misfits: &mut Vec<Misfit>) {
        let mut brackets = Vec::new();
        let (mut late_s, mut slowest) = (0.0, None);
        for event in events {
            // Of signals that begin to hold together the slowest dates the event.
            let behind = event.signals().into_iter().flat_map(|signal| self.instruments(signal));
            let total = |one: &Instrument<'_>| parts(one).iter().sum::<f64>();
            let Some(one) = behind.max_by(|a, b| total(a).total_cmp(&total(b))) else { continue };
            let [sample, refresh, response] = parts(&one);
            brackets.extend([sample / 2.0, refresh / 2.0, response / 2.0]);
            if sample + refresh + response > late_s {
                late_s = sample + refresh + response;
                slowest = Some((one, sample >= refresh));
            }
        }
        let uncertainty_s = COVERAGE_FACTOR * bracket_uncertainty(&brackets);
        let Some((instrument, by_period)) = slowest else { return };
        if uncertainty_s <= WISHED_SHARE * limit_s {
            return;
        }
        let wanted_s = (late_s * WISHED_SHARE * limit_s / uncertainty_s).min(late_s);
        let sure_s = (limit_s - uncertainty_s).max(0.0);
        let lack = Lack::EventTime { limit_s, uncertainty_s, sure_s, late_s, wanted_s, by_period };
        let unfit = uncertainty_s > LARGEST_SHARE * limit_s;
        misfits.push(Misfit { unfit, ..Misfit::reserve(instrument.role, lack) });
    }
}

/// Seconds by which a value may be old: sampling, refresh, response.
fn parts(of: &Instrument<'_>) -> [f64; 3] {
    let response = of.timing.response.map(|response| response.as_secs_f64());
    [of.sample_s(), of.refresh_s(), response].map(Option::unwrap_or_default)
}

/// New values of an instrument within a time: not more than it is asked, nor than it makes.
fn few_values(
    of: &Instrument<'_>,
    time_s: f64,
    (least, wished): (f64, f64),
    misfits: &mut Vec<Misfit>,
) {
    let (sample, refresh) = (of.sample_s().unwrap_or(0.0), of.refresh_s().unwrap_or(0.0));
    let by_instrument = refresh > sample;
    let interval_s = if by_instrument { refresh } else { sample };
    if interval_s * wished <= time_s {
        return;
    }
    let wanted_s = time_s / wished;
    let lack = Lack::FewValues { time_s, interval_s, wanted_s, by_instrument };
    let unfit = interval_s * least > time_s;
    misfits.push(Misfit { unfit, ..Misfit::reserve(of.role, lack) });
}
