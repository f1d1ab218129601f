//! Uncertainty and range of instruments against the limits that they are to decide.

use trial::scenario::DecisionRule;
use trial::unit::Unit;

use super::Look;
use super::instrument::{Instrument, least_uncertainty};
use super::lack::{Lack, Misfit};
use crate::compile::{Ends, OperatorSpec, Spec, TriggerSpec, difference_unit};
use crate::condition::Tests;
use crate::uncertainty::conformance::{Limits, managed_guard_band, test_uncertainty_ratio};

/// Test uncertainty ratio that is wished for (ANSI/NCSL Z540.3-2006).
const WISHED_RATIO: f64 = 4.0;
/// Test uncertainty ratio below which the uncertainty fills the whole tolerance.
const LEAST_RATIO: f64 = 1.0;
/// Share of a limit of one side that the uncertainty should not exceed.
const WISHED_SHARE: f64 = 0.1;

impl Look<'_> {
    /// What the calibration of an instrument lacks, whatever the limits.
    pub(super) fn calibration(&self, of: &Instrument<'_>, spec: &Spec, misfits: &mut Vec<Misfit>) {
        if let Some(known) = of.calibration {
            // Days of one form are in the order of their texts.
            let due = !known.due.is_empty() && known.due.as_str() < self.today;
            if due {
                let (calibration, due) = (known.id.clone(), known.due.clone());
                misfits.push(Misfit::unfit(of.role, Lack::CalibrationDue { calibration, due }));
            }
        }
        let rule = spec.decision.rule;
        let needed = matches!(rule, DecisionRule::GuardBand | DecisionRule::FourZones)
            && !matches!(spec.operator, OperatorSpec::TimeTo { .. } | OperatorSpec::Cycles(_));
        let unit = difference_unit(of.role.unit);
        match (least_uncertainty(self.plan, of.channel), of.role.max_uncertainty_si) {
            (Some(least), Some(wanted)) if least > wanted => {
                let lack = Lack::Uncertainty {
                    wanted: wanted / unit.factor,
                    uncertainty: least / unit.factor,
                    unit,
                };
                misfits.push(Misfit::unfit(of.role, lack));
            }
            (None, wanted) if needed || wanted.is_some() => {
                let lack = Lack::UncertaintyUnknown { channel: of.channel.id.0.clone(), needed };
                misfits.push(Misfit { unfit: needed, ..Misfit::reserve(of.role, lack) });
            }
            _ => {}
        }
    }

    pub(super) fn accuracy(&self, spec: &Spec, misfits: &mut Vec<Misfit>) {
        match &spec.operator {
            OperatorSpec::Bound { signal, ends, .. } => self.ends(*signal, *ends, misfits),
            OperatorSpec::Hold { signal, low, high, .. } => {
                let end = |end: Option<f64>| end.map(|limit| (limit, false));
                self.ends(*signal, Ends { low: end(*low), high: end(*high) }, misfits);
            }
            OperatorSpec::Pair { tests, .. } => {
                for test in tests.tests.iter() {
                    self.ends(test.signal, Ends::at_least(test.limit), misfits);
                }
            }
            OperatorSpec::Formula { node, .. } => {
                for (signal, limit, _) in node.comparisons() {
                    self.ends(signal, Ends::at_least(limit), misfits);
                }
            }
            OperatorSpec::TimeTo { from, to, .. } => {
                for event in [from, to] {
                    if let TriggerSpec::When { tests, .. } = event {
                        self.thresholds(tests, misfits);
                    }
                }
            }
            OperatorSpec::Error(error) => {
                // The item's own error is what is asked; the reference is the instrument.
                if let (Some(instrument), Some(most)) =
                    (self.direct(error.reference), error.allowance.absolute)
                {
                    let uncertainty = least_uncertainty(self.plan, instrument.channel);
                    ratio(&instrument, (-most, most), uncertainty, misfits);
                }
            }
            _ => {}
        }
    }

    /// The instrument of a signal that is one instrument's value, filtered or not.
    fn direct(&self, signal: usize) -> Option<Instrument<'_>> {
        let roles = self.compiled.scenario.roles.len();
        let named = roles + self.compiled.scenario.derived.len();
        let filtered = if signal >= named { self.compiled.bank.source_of(signal) } else { None };
        self.instrument(filtered.unwrap_or(signal)).filter(|_| filtered.unwrap_or(signal) < roles)
    }

    fn thresholds(&self, tests: &Tests, misfits: &mut Vec<Misfit>) {
        for test in tests.tests.iter() {
            if let Some(instrument) = self.direct(test.signal) {
                out_of_range(&instrument, test.limit, misfits);
            }
        }
    }

    fn ends(&self, signal: usize, ends: Ends, misfits: &mut Vec<Misfit>) {
        let Some(instrument) = self.direct(signal) else { return };
        for (limit, _) in ends.low.into_iter().chain(ends.high) {
            out_of_range(&instrument, limit, misfits);
        }
        match (ends.low, ends.high) {
            (Some((low, _)), Some((high, _))) => {
                ratio(&instrument, (low, high), instrument.uncertainty_si(high), misfits);
            }
            (Some((limit, _)), None) | (None, Some((limit, _))) => {
                share(&instrument, limit, misfits)
            }
            (None, None) => {}
        }
    }
}

fn out_of_range(of: &Instrument<'_>, limit_si: f64, misfits: &mut Vec<Misfit>) {
    let Some((low, high)) = of.channel.range else { return };
    let (unit, shown) = (of.role.unit, of.channel.unit);
    let limit = shown.from_si(limit_si);
    // A limit that is the range's end comes out of a conversion with a rounding error.
    let slack = 1e-9 * (high - low);
    if limit < low - slack || limit > high + slack {
        let of_unit = |value: f64| unit.from_si(shown.to_si(value));
        let lack = Lack::Range {
            limit: unit.from_si(limit_si),
            low: of_unit(low),
            high: of_unit(high),
            unit,
        };
        misfits.push(Misfit::unfit(of.role, lack));
    }
}

fn ratio(
    of: &Instrument<'_>,
    (low, high): (f64, f64),
    uncertainty_si: Option<f64>,
    misfits: &mut Vec<Misfit>,
) {
    let Some(expanded) = uncertainty_si else { return };
    let Some(ratio) = test_uncertainty_ratio(Limits::Between(low, high), expanded) else { return };
    if ratio >= WISHED_RATIO {
        return;
    }
    let unit = difference_unit(of.role.unit);
    let lack = Lack::Ratio {
        ratio,
        uncertainty: expanded / unit.factor,
        guard: managed_guard_band(expanded, ratio).unwrap_or(expanded) / unit.factor,
        wanted: expanded * ratio / WISHED_RATIO / unit.factor,
        unit,
    };
    misfits.push(Misfit { unfit: ratio < LEAST_RATIO, ..Misfit::reserve(of.role, lack) });
}

fn share(of: &Instrument<'_>, limit_si: f64, misfits: &mut Vec<Misfit>) {
    let Some(expanded) = of.uncertainty_si(limit_si) else { return };
    // A limit of 0, or a temperature on a scale, has no size to compare with.
    let has_size = limit_si != 0.0 && of.role.unit.offset == 0.0;
    if !has_size || expanded <= WISHED_SHARE * limit_si.abs() {
        return;
    }
    let unit: Unit = of.role.unit;
    let lack = Lack::Share {
        limit: unit.from_si(limit_si),
        uncertainty: expanded / unit.factor,
        wanted: WISHED_SHARE * limit_si.abs() / unit.factor,
        unit,
    };
    let unfit = expanded > limit_si.abs();
    misfits.push(Misfit { unfit, ..Misfit::reserve(of.role, lack) });
}
