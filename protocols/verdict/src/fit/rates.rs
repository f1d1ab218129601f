//! Rate, gap and refresh of an instrument against what role and quality gate ask.

use super::Look;
use super::instrument::Instrument;
use super::lack::{Lack, Misfit};
use crate::compile::Spec;

/// Part of a rate that may be missing: periods are declared in whole units.
pub(crate) const RATE_TOLERANCE: f64 = 1e-3;

impl Look<'_> {
    pub(super) fn rates(&self, of: &Instrument<'_>, spec: &Spec, misfits: &mut Vec<Misfit>) {
        let wanted = of.role.min_rate_hz;
        match (wanted, of.sample_s()) {
            (Some(wanted_hz), Some(period)) if period * wanted_hz > 1.0 + RATE_TOLERANCE => {
                let asked_hz = of.period.declared_ns.map(|ns| 1e9 / ns as f64);
                let by_bus =
                    asked_hz.is_none_or(|asked| asked * (1.0 + RATE_TOLERANCE) >= wanted_hz);
                let lack = Lack::Rate { wanted_hz, given_hz: 1.0 / period, by_bus };
                misfits.push(Misfit::unfit(of.role, lack));
            }
            (Some(wanted_hz), None) => {
                misfits.push(Misfit::reserve(of.role, Lack::PeriodUnknown { wanted_hz }));
            }
            _ => {}
        }
        let max_gap_s = spec.gate.max_gap_ns as f64 / 1e9;
        if let Some(period_s) = of.sample_s().filter(|period| *period > max_gap_s) {
            misfits.push(Misfit::unfit(of.role, Lack::Gap { max_gap_s, period_s }));
        }
        let wanted = of.role.max_refresh_ns.map(|ns| ns as f64 / 1e9);
        if let (Some(wanted_s), Some(refresh_s)) = (wanted, of.refresh_s())
            && refresh_s > wanted_s
        {
            misfits.push(Misfit::unfit(of.role, Lack::Refresh { wanted_s, refresh_s }));
        }
    }
}
