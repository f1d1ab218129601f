//! The uncertainty of signals: from the calibrations of the plan, through derived channels.
//!
//! Sensitivities of an expression are its derivatives at the instant on which the result rests
//! (JCGM 100:2008, 5.1.3). Filters and extremes over a window have the uncertainty of their input; of
//! integrals, rates, frequencies and ways nothing is told.

use trial::channel::ChannelIndex;

use crate::compile::Compiled;
use crate::uncertainty::Budget;

/// Deepest nesting of derived channels that is followed.
const MAX_DEPTH: usize = 64;

/// The budget of a signal in the coherent SI unit, at a value; `inputs` are the values of roles at
/// that instant. `None` where a part of it is not known.
pub(crate) fn of_signal(
    compiled: &Compiled,
    signal: usize,
    value_si: f64,
    inputs: &[(usize, f64)],
) -> Option<Budget> {
    let walk = Walk { compiled, inputs };
    walk.budget(signal, Some(value_si), 0)
}

struct Walk<'a> {
    compiled: &'a Compiled,
    inputs: &'a [(usize, f64)],
}

impl Walk<'_> {
    fn budget(&self, signal: usize, value: Option<f64>, depth: usize) -> Option<Budget> {
        if depth > MAX_DEPTH {
            return None;
        }
        if signal < self.compiled.scenario.roles.len() {
            return self.of_role(signal, value.or_else(|| self.input(signal))?);
        }
        if let Some(source) = self.compiled.bank.source_of(signal) {
            return self.budget(source, None, depth + 1);
        }
        let (expression, names) = self.compiled.bank.expression_of(signal)?;
        let mut parts = Vec::with_capacity(names.len());
        for input in names {
            let name = crate::derived::input_name(*input);
            let of = |name: &str| self.value(crate::derived::input_signal(name)?, depth + 1);
            let (_, sensitivity) = expression.slope(&of, &name);
            if !sensitivity.is_finite() {
                return None;
            }
            if sensitivity != 0.0 {
                parts.push((self.budget(*input, None, depth + 1)?, sensitivity));
            }
        }
        let parts: Vec<(&Budget, f64)> =
            parts.iter().map(|(budget, sensitivity)| (budget, *sensitivity)).collect();
        (!parts.is_empty()).then(|| Budget::combined(&parts))
    }

    fn of_role(&self, role: usize, value_si: f64) -> Option<Budget> {
        let plan = &self.compiled.plan;
        let id = &self.compiled.scenario.roles.get(role)?.id;
        let ChannelIndex(at) = *plan.roles.get(id)?;
        let channel = plan.channels.get(at as usize)?;
        let calibration = plan.calibrations.get(channel.calibration?)?;
        let value = channel.unit.from_si(value_si);
        let budget = Budget::of_channel(&channel.id.0, calibration, channel.range, value)?;
        Some(budget.scaled(channel.unit.factor))
    }

    fn input(&self, role: usize) -> Option<f64> {
        self.inputs.iter().find(|(known, _)| *known == role).map(|(_, value)| *value)
    }

    /// The value of a signal at the instant, as the roles make it.
    fn value(&self, signal: usize, depth: usize) -> Option<f64> {
        if depth > MAX_DEPTH {
            return None;
        }
        if signal < self.compiled.scenario.roles.len() {
            return self.input(signal);
        }
        if let Some(source) = self.compiled.bank.source_of(signal) {
            return self.value(source, depth + 1);
        }
        let (expression, _) = self.compiled.bank.expression_of(signal)?;
        let of = |name: &str| self.value(crate::derived::input_signal(name)?, depth + 1);
        Some(expression.evaluate(&of))
    }
}

/// The budget of the difference of two samples of one signal: what is common to both falls out where
/// it is the same at both, what is per sample counts twice.
pub(crate) fn difference(earlier: &Budget, later: &Budget) -> Budget {
    let mut earlier = earlier.clone();
    for one in earlier.contributions.iter_mut().filter(|one| one.per_sample) {
        // Two samples have errors of their own: they are no group.
        one.group = None;
    }
    let mut later = later.clone();
    for one in later.contributions.iter_mut().filter(|one| one.per_sample) {
        one.group = None;
    }
    Budget::combined(&[(&earlier, -1.0), (&later, 1.0)])
}
