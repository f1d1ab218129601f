//! The limits of an operator as findings carry them.

use trial::expression::Compare;
use trial::finding::AppliedLimit;
use trial::scenario::{Accumulation, Motion};
use trial::unit::Unit;

use super::names::Names;
use super::operator::{AllowanceSpec, Ends, OperatorSpec};
use super::{difference_unit, percent, second};
use crate::condition::{Test, Tests};

/// The unit of an integral over time: the one of the dimension in which people read it, else the
/// coherent SI unit.
pub(crate) fn integral_unit(unit: Unit) -> Unit {
    let shown = match unit.symbol() {
        "L/s" | "L/min" => "L",
        "m3/h" | "m3/s" | "gal/min" => "m3",
        "kg/h" => "kg",
        "m/s" | "km/h" | "kn" | "mm/s" => "m",
        "kW" | "kVA" => "kWh",
        "W" => "J",
        _ => return Unit::ONE,
    };
    Unit::parse(shown).unwrap_or(Unit::ONE)
}

/// The unit of what is measured of a way.
pub(crate) fn motion_unit(measure: Motion) -> Unit {
    let symbol = match measure {
        Motion::Speed => "m/s",
        Motion::Distance | Motion::Track | Motion::Lateral => "m",
        Motion::LateralShare => "%",
    };
    Unit::parse(symbol).unwrap_or(Unit::ONE)
}

impl Names<'_> {
    pub fn applied_limits(&self, operator: &OperatorSpec) -> Vec<AppliedLimit> {
        let unit = |signal: usize| self.signals[signal].unit;
        let time =
            |compare, ns: i64| AppliedLimit { compare, value: ns as f64 / 1e9, unit: second() };
        match operator {
            OperatorSpec::Bound { signal, ends, .. } => ends.applied(unit(*signal)),
            OperatorSpec::Hold { tests, duration_ns, .. }
            | OperatorSpec::Pair { tests, duration_ns } => {
                let mut limits = self.limits_of(tests);
                limits.push(time(Compare::AtLeast, *duration_ns));
                limits
            }
            OperatorSpec::TimeTo { within_ns, .. } => vec![time(Compare::AtMost, *within_ns)],
            OperatorSpec::Drop(spec) => allowance(&spec.allowance, unit(spec.signal)),
            OperatorSpec::Error(spec) => allowance(&spec.allowance, unit(spec.item)),
            OperatorSpec::Excursion(spec) => {
                let share = |limit: f64| Ends::at_most(limit).applied(percent());
                let mut limits: Vec<AppliedLimit> =
                    spec.above.into_iter().chain(spec.below).flat_map(share).collect();
                limits.push(time(Compare::AtMost, spec.recovery_ns));
                limits
            }
            OperatorSpec::Ripple { limit, .. } => Ends::at_most(*limit).applied(percent()),
            OperatorSpec::Accumulate { signal, how, ends, .. } => {
                let unit = match how {
                    Accumulation::Integral => integral_unit(unit(*signal)),
                    Accumulation::Difference => difference_unit(unit(*signal)),
                };
                ends.applied(unit)
            }
            OperatorSpec::Cycles(spec) => Ends::at_least(spec.count).applied(Unit::ONE),
            OperatorSpec::Drift { signal, limit, .. } => {
                Ends::at_most(*limit).applied(difference_unit(unit(*signal)))
            }
            OperatorSpec::Motion(spec) => spec.ends.applied(motion_unit(spec.measure)),
            OperatorSpec::Formula { .. } => Vec::new(),
            OperatorSpec::AnyOf(specs) => {
                specs.iter().flat_map(|spec| spec.limits.iter().cloned()).collect()
            }
        }
    }

    fn limits_of(&self, tests: &Tests) -> Vec<AppliedLimit> {
        let limit = |test: &Test| {
            let unit = self.signals[test.signal].unit;
            AppliedLimit { compare: test.compare, value: unit.from_si(test.limit), unit }
        };
        tests.tests.iter().map(limit).collect()
    }
}

fn allowance(spec: &AllowanceSpec, unit: Unit) -> Vec<AppliedLimit> {
    let unit = difference_unit(unit);
    let part = |limit: Option<f64>, unit: Unit| {
        limit.into_iter().flat_map(move |limit| Ends::at_most(limit).applied(unit))
    };
    part(spec.absolute, unit).chain(part(spec.relative, percent())).collect()
}
