//! Derived channels: expressions over roles and parameters, sample by sample.
//!
//! A derived sample arises at every instant at which one of its inputs has a new sample; the
//! others hold their last one. It is good if all inputs are, and as old as its oldest input.

use std::collections::BTreeMap;

use trial::channel::Quality;
use trial::expression::Expression;
use trial::plan::{ParameterValue, Plan};
use trial::recording::{Chunk, MAX_CHUNK_SAMPLES, Recording, RecordingError};
use trial::time::{Span, TrialTime};

use crate::compile::signal_position;
use crate::merge::merge;
use crate::signal::{Held, Observation, Store, bound_signals};
use trial::unit::Unit;

#[derive(Debug, Clone)]
struct Formula {
    /// Position of the derived channel among all signals.
    output: usize,
    /// With the parameters' values in their places.
    expression: Expression,
    inputs: Vec<(String, usize)>,
}

/// All derived channels of a scenario.
#[derive(Debug, Clone)]
pub(crate) struct DerivedBank {
    formulas: Vec<Formula>,
}

impl DerivedBank {
    pub fn new(plan: &Plan) -> DerivedBank {
        let scenario = &plan.scenario;
        let derived = scenario.derived.iter().enumerate();
        let formulas = derived.map(|(index, derived)| {
            let mut inputs: Vec<(String, usize)> = Vec::new();
            derived.expression.names(&mut |name| {
                if let Some(position) = signal_position(scenario, name)
                    && !inputs.iter().any(|(known, _)| known == name)
                {
                    inputs.push((name.to_owned(), position));
                }
            });
            Formula {
                output: scenario.roles.len() + index,
                expression: with_values(&derived.expression, &plan.parameters),
                inputs,
            }
        });
        DerivedBank { formulas: formulas.collect() }
    }

    /// Marks the derived channels that change with the signals already marked.
    pub fn spread(&self, changed: &mut [bool]) {
        for formula in &self.formulas {
            changed[formula.output] |= formula.inputs.iter().any(|(_, input)| changed[*input]);
        }
    }

    /// Computes the derived channels that are marked, at the instant `at`.
    pub fn update(&self, store: &mut Store, changed: &[bool], at: TrialTime) {
        for formula in self.formulas.iter().filter(|formula| changed[formula.output]) {
            if let Some(held) = formula.compute(store, at) {
                store.set(formula.output, held);
            }
        }
    }
}

impl Formula {
    /// `None` until every input has had a sample.
    fn compute(&self, store: &Store, at: TrialTime) -> Option<Held> {
        let mut held =
            Held { time: at, oldest: at, time_uncertainty_ns: 0, value: f64::NAN, good: true };
        for (_, input) in &self.inputs {
            let input = store.held(*input)?;
            held.oldest = held.oldest.min(input.oldest);
            held.time_uncertainty_ns = held.time_uncertainty_ns.max(input.time_uncertainty_ns);
            held.good &= input.good;
        }
        if held.good {
            held.value = self.expression.evaluate(&|name| {
                let (_, input) = self.inputs.iter().find(|(known, _)| known == name)?;
                store.held(*input).map(|held| held.value)
            });
        }
        Some(held)
    }
}

/// The expression with the values of parameters in their places: the same operations on the same
/// numbers, without the look-up.
fn with_values(expression: &Expression, values: &BTreeMap<String, ParameterValue>) -> Expression {
    let inner = |expression: &Expression| Box::new(with_values(expression, values));
    match expression {
        Expression::Name(name) => match values.get(name) {
            Some(value) => Expression::Number(value.si, trial::unit::Dimension::NONE),
            None => expression.clone(),
        },
        Expression::Number(..) => expression.clone(),
        Expression::Negate(operand) => Expression::Negate(inner(operand)),
        Expression::Power(base, exponent) => Expression::Power(inner(base), *exponent),
        Expression::Binary(operation, left, right) => {
            Expression::Binary(*operation, inner(left), inner(right))
        }
        Expression::Call(function, arguments) => {
            let arguments = arguments.iter().map(|argument| with_values(argument, values));
            Expression::Call(*function, arguments.collect())
        }
    }
}

/// Calls `sink` with the samples of a derived channel within `span`, in its own unit and in chunks
/// of at most [`MAX_CHUNK_SAMPLES`]. There is a sample wherever an input has a new one and all
/// others were observed (good, and not older than the scenario's `max_gap`); one that is not a
/// finite number has that quality. A channel with an unbound role has no samples.
///
/// # Errors
/// The recording can't be read, or the scenario has no such derived channel.
pub fn derived_samples(
    recording: &dyn Recording,
    plan: &Plan,
    name: &str,
    span: Span,
    sink: &mut dyn FnMut(&Chunk),
) -> Result<(), RecordingError> {
    let scenario = &plan.scenario;
    let at = scenario.derived.iter().position(|derived| derived.id == name).ok_or_else(|| {
        RecordingError(format!("scenario {} has no derived channel {name}", scenario.id))
    })?;
    let output = scenario.roles.len() + at;
    let signals = scenario.roles.len() + scenario.derived.len();
    let gap_ns = scenario.quality.max_gap_ns;
    let mut sampler = Sampler {
        bank: DerivedBank::new(plan),
        store: Store::new(signals),
        changed: vec![false; signals],
        output,
        at: TrialTime::MIN,
        span,
        gap_ns,
        unit: scenario.derived[at].unit,
        chunk: Chunk::default(),
        sink,
    };
    let needed = sampler.bank.roles_of(output, scenario.roles.len());
    let mut bound = bound_signals(plan);
    bound.retain(|bound| needed.contains(&(bound.signal.0 as usize)));
    if bound.len() < needed.len() {
        return Ok(());
    }
    // The inputs may hold samples from before the span.
    let from = span.start.plus(gap_ns.saturating_neg());
    merge(recording, plan, &bound, Span { start: from, end: span.end }, &mut |observation| {
        sampler.feed(observation);
    })?;
    sampler.compute();
    sampler.hand_over();
    Ok(())
}

impl DerivedBank {
    /// The roles that a derived channel needs, directly or through others.
    fn roles_of(&self, output: usize, roles: usize) -> Vec<usize> {
        let mut needed = vec![output];
        for formula in self.formulas.iter().rev() {
            if needed.contains(&formula.output) {
                needed.extend(formula.inputs.iter().map(|(_, input)| *input));
            }
        }
        needed.retain(|signal| *signal < roles);
        needed.sort_unstable();
        needed.dedup();
        needed
    }
}

/// Gathers the observations of one instant, then computes.
struct Sampler<'a> {
    bank: DerivedBank,
    store: Store,
    changed: Vec<bool>,
    output: usize,
    at: TrialTime,
    span: Span,
    gap_ns: i64,
    unit: Unit,
    chunk: Chunk,
    sink: &'a mut dyn FnMut(&Chunk),
}

impl Sampler<'_> {
    fn feed(&mut self, observation: &Observation) {
        let signal = observation.signal.0 as usize;
        if observation.time > self.at || self.changed[signal] {
            self.compute();
        }
        self.at = observation.time;
        self.changed[signal] = true;
        self.store.set(signal, Held::of(observation));
    }

    fn compute(&mut self) {
        self.bank.spread(&mut self.changed);
        self.bank.update(&mut self.store, &self.changed, self.at);
        let computed = std::mem::take(&mut self.changed[self.output]);
        self.changed.fill(false);
        let held = self.store.held(self.output).filter(|held| {
            let observed = held.good && held.time < held.oldest.plus(self.gap_ns);
            computed && observed && self.span.contains(held.time)
        });
        let Some(held) = held else { return };
        let finite = held.value.is_finite();
        self.chunk.times.push(held.time);
        self.chunk.time_uncertainties_ns.push(held.time_uncertainty_ns);
        self.chunk.values.push(if finite { self.unit.from_si(held.value) } else { f64::NAN });
        self.chunk.qualities.push(if finite { Quality::Good } else { Quality::NotFinite });
        if self.chunk.times.len() >= MAX_CHUNK_SAMPLES {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if !self.chunk.times.is_empty() {
            (self.sink)(&self.chunk);
            self.chunk = Chunk::default();
        }
    }
}
