//! Derived channels: expressions over roles and parameters, block by block.
//!
//! A derived sample arises at every instant at which one of its inputs has a new sample; the
//! others hold their last one. It is good if all inputs are, and as old as its oldest input. A
//! function over time becomes a hidden channel of its own.

mod over_time;
mod program;

use std::collections::BTreeMap;

use trial::channel::Quality;
use trial::expression::{Expression, Function};
use trial::plan::{ParameterValue, Plan};
use trial::recording::{Chunk, MAX_CHUNK_SAMPLES, Recording, RecordingError};
use trial::scenario::{Filter, Scenario};
use trial::time::{Span, TrialTime};
use trial::unit::{Dimension, Unit};

use self::over_time::{Kind, OverTime};
use self::program::Program;
use crate::merge::merge;
use crate::signal::{Column, Held, View, bound_signals};

/// Position of a role or derived channel among all signals.
pub(crate) fn signal_position(scenario: &Scenario, name: &str) -> Option<usize> {
    let role = scenario.roles.iter().position(|role| role.id == name);
    role.or_else(|| {
        let derived = scenario.derived.iter().position(|derived| derived.id == name)?;
        Some(scenario.roles.len() + derived)
    })
}

/// How one signal is computed from others.
#[derive(Debug, Clone)]
struct Step {
    /// Position among all signals.
    output: usize,
    /// Positions of its inputs among all signals, each once.
    inputs: Vec<usize>,
    kind: StepKind,
}

#[derive(Debug, Clone)]
enum StepKind {
    /// With the parameters' values in their places, and names of [`input_name`].
    Expression(Program, Expression),
    /// What is computed, and the longest gap between two samples that follow one another, in
    /// nanoseconds.
    OverTime(Kind, i64),
}

/// The name of a signal in a step's expression.
pub(crate) fn input_name(signal: usize) -> String {
    format!("#{signal}")
}

/// How all signals that are not roles are computed, in an order in which each needs only those
/// before it.
#[derive(Debug, Clone)]
pub(crate) struct DerivedBank {
    steps: Vec<Step>,
    /// Number of signals: roles, derived channels, hidden ones.
    signals: usize,
    /// For every signal the roles that it needs, ascending.
    roles: Vec<Vec<usize>>,
    gap_ns: i64,
    interpolation: trial::scenario::Interpolation,
}

/// What the functions over time of a bank remember.
#[derive(Debug, Clone)]
pub(crate) struct BankState {
    over_time: Vec<Option<OverTime>>,
}

impl DerivedBank {
    /// The derived channels of a plan's scenario.
    pub fn new(plan: &Plan) -> DerivedBank {
        let scenario = &plan.scenario;
        let named = scenario.roles.len() + scenario.derived.len();
        let mut bank = DerivedBank {
            steps: Vec::new(),
            signals: named,
            roles: (0..scenario.roles.len()).map(|role| vec![role]).collect(),
            gap_ns: scenario.quality.max_gap_ns,
            interpolation: scenario.quality.interpolation,
        };
        bank.roles.resize(named, Vec::new());
        for (index, derived) in scenario.derived.iter().enumerate() {
            let output = scenario.roles.len() + index;
            bank.add(plan, &derived.expression, Some(output));
        }
        bank
    }

    /// Number of signals.
    pub fn signals(&self) -> usize {
        self.signals
    }

    /// The roles that a signal needs, ascending.
    pub fn roles_of(&self, signal: usize) -> &[usize] {
        &self.roles[signal]
    }

    fn hidden(&mut self) -> usize {
        self.signals += 1;
        self.roles.push(Vec::new());
        self.signals - 1
    }

    fn push(&mut self, output: usize, inputs: Vec<usize>, kind: StepKind) {
        let mut roles: Vec<usize> =
            inputs.iter().flat_map(|input| self.roles[*input].iter().copied()).collect();
        roles.sort_unstable();
        roles.dedup();
        self.roles[output] = roles;
        self.steps.push(Step { output, inputs, kind });
    }

    /// Adds an expression and gives the signal that it is: `output`, a signal that it names, or a
    /// hidden one.
    pub fn add(&mut self, plan: &Plan, expression: &Expression, output: Option<usize>) -> usize {
        let ready = self.ready(plan, expression);
        if output.is_none()
            && let Expression::Name(name) = &ready
            && let Some(signal) = input_signal(name)
        {
            return signal;
        }
        let mut inputs: Vec<usize> = Vec::new();
        ready.names(&mut |name| {
            if let Some(signal) = input_signal(name)
                && !inputs.contains(&signal)
            {
                inputs.push(signal);
            }
        });
        let position = |name: &str| {
            let signal = input_signal(name)?;
            inputs.iter().position(|input| *input == signal)
        };
        let program = Program::new(&ready, &position);
        let output = output.unwrap_or_else(|| self.hidden());
        self.push(output, inputs, StepKind::Expression(program, ready));
        output
    }

    /// Adds a filter over a signal and gives the hidden signal that it is.
    pub fn add_filter(&mut self, signal: usize, filter: Filter, gap_ns: i64) -> usize {
        let output = self.hidden();
        self.push(output, vec![signal], StepKind::OverTime(Kind::Filter(filter), gap_ns));
        output
    }

    /// The expression with numbers for parameters, and names of signals for signals and functions
    /// over time.
    fn ready(&mut self, plan: &Plan, expression: &Expression) -> Expression {
        match expression {
            Expression::Number(..) => expression.clone(),
            Expression::Name(name) => match signal_position(&plan.scenario, name) {
                Some(signal) => Expression::Name(input_name(signal)),
                None => value_of(&plan.parameters, name),
            },
            Expression::Negate(operand) => Expression::Negate(Box::new(self.ready(plan, operand))),
            Expression::Power(base, exponent) => {
                Expression::Power(Box::new(self.ready(plan, base)), *exponent)
            }
            Expression::Binary(operation, left, right) => {
                let left = Box::new(self.ready(plan, left));
                Expression::Binary(*operation, left, Box::new(self.ready(plan, right)))
            }
            Expression::Call(function, arguments) if function.is_over_time() => {
                Expression::Name(input_name(self.over_time(plan, *function, arguments)))
            }
            Expression::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| self.ready(plan, argument));
                let arguments = arguments.collect();
                Expression::Call(*function, arguments)
            }
        }
    }

    fn over_time(&mut self, plan: &Plan, function: Function, arguments: &[Expression]) -> usize {
        let (signals, window) = match arguments.split_last() {
            Some((window, signals)) if function.has_window() => (signals, Some(window)),
            _ => (arguments, None),
        };
        let seconds = window.map_or(0.0, |window| {
            window.evaluate(&|name| plan.parameters.get(name).map(|value| value.si))
        });
        // A window without a usable length has no value: nothing is observed over it.
        let usable = (seconds * 1e9).is_finite() && (window.is_none() || seconds > 0.0);
        let window_ns = if usable { (seconds * 1e9).round() as i64 } else { i64::MAX / 4 };
        let inputs: Vec<usize> =
            signals.iter().map(|signal| self.add(plan, signal, None)).collect();
        let output = self.hidden();
        let kind = Kind::Function { function, window_ns };
        self.push(output, inputs, StepKind::OverTime(kind, self.gap_ns));
        output
    }

    /// What is remembered before the first block.
    pub fn state(&self) -> BankState {
        let over_time = self.steps.iter().map(|step| match &step.kind {
            StepKind::Expression(..) => None,
            StepKind::OverTime(kind, gap_ns) => {
                Some(OverTime::new(*kind, *gap_ns, self.interpolation))
            }
        });
        BankState { over_time: over_time.collect() }
    }

    /// Computes the columns of all derived signals from those of the roles.
    pub fn run(&self, state: &mut BankState, columns: &mut [Column], carried: &[Option<Held>]) {
        for (step, over_time) in self.steps.iter().zip(&mut state.over_time) {
            let mut output = std::mem::take(&mut columns[step.output]);
            output.clear();
            let view = View { columns, carried };
            match (&step.kind, over_time) {
                (StepKind::Expression(program, _), _) => {
                    step.expression(program, view, &mut output)
                }
                (StepKind::OverTime(..), Some(function)) => {
                    step.over_time(function, view, &mut output)
                }
                (StepKind::OverTime(..), None) => {}
            }
            columns[step.output] = output;
        }
    }

    /// The expression of a signal over the signals named by [`input_name`]; `None` for a role and
    /// a function over time.
    pub fn expression_of(&self, signal: usize) -> Option<(&Expression, &[usize])> {
        let step = self.steps.iter().find(|step| step.output == signal)?;
        match &step.kind {
            StepKind::Expression(_, expression) => Some((expression, &step.inputs)),
            StepKind::OverTime(..) => None,
        }
    }

    /// The input of a function over time or filter.
    pub fn source_of(&self, signal: usize) -> Option<usize> {
        let step = self.steps.iter().find(|step| step.output == signal)?;
        match &step.kind {
            StepKind::Expression(..) => None,
            StepKind::OverTime(..) => step.inputs.first().copied(),
        }
    }
}

/// The signal of a name that [`input_name`] gave.
pub(crate) fn input_signal(name: &str) -> Option<usize> {
    name.strip_prefix('#')?.parse().ok()
}

fn value_of(parameters: &BTreeMap<String, ParameterValue>, name: &str) -> Expression {
    let value = parameters.get(name).map_or(f64::NAN, |value| value.si);
    Expression::Number(value, Dimension::NONE)
}

/// The inputs of a step as they are merged: how far each was taken, and its last sample.
struct Inputs<'a> {
    signals: &'a [usize],
    view: View<'a>,
    taken: Vec<usize>,
    held: Vec<Option<Held>>,
}

impl<'a> Inputs<'a> {
    fn new(signals: &'a [usize], view: View<'a>) -> Inputs<'a> {
        let held = signals.iter().map(|signal| view.carried[*signal]).collect();
        Inputs { signals, view, taken: vec![0; signals.len()], held }
    }

    /// Takes the samples of the next instant; a second sample of one signal is an instant anew.
    fn next(&mut self) -> Option<TrialTime> {
        let times = self.signals.iter().zip(&self.taken);
        let at = times
            .filter_map(|(signal, taken)| self.view.columns[*signal].times.get(*taken).copied())
            .min()?;
        for (position, signal) in self.signals.iter().enumerate() {
            let column = &self.view.columns[*signal];
            if column.times.get(self.taken[position]) == Some(&at) {
                self.held[position] = Some(column.held(self.taken[position]));
                self.taken[position] += 1;
            }
        }
        Some(at)
    }
}

impl Step {
    fn expression(&self, program: &Program, view: View<'_>, output: &mut Column) {
        let mut inputs = Inputs::new(&self.inputs, view);
        let mut values = vec![f64::NAN; self.inputs.len()];
        while let Some(at) = inputs.next() {
            let mut held =
                Held { time: at, oldest: at, time_uncertainty_ns: 0, value: f64::NAN, good: true };
            let mut all = true;
            for (value, input) in values.iter_mut().zip(&inputs.held) {
                let Some(input) = input else {
                    all = false;
                    break;
                };
                held.oldest = held.oldest.min(input.oldest);
                held.time_uncertainty_ns = held.time_uncertainty_ns.max(input.time_uncertainty_ns);
                held.good &= input.good;
                *value = input.value;
            }
            if !all {
                continue;
            }
            if held.good {
                held.value = program.evaluate(&values);
            }
            output.push_derived(&held);
        }
    }

    fn over_time(&self, function: &mut OverTime, view: View<'_>, output: &mut Column) {
        if self.inputs.len() == 2 {
            let mut inputs = Inputs::new(&self.inputs, view);
            while let Some(at) = inputs.next() {
                // A position is there where both have a sample of the same instant.
                if let [Some(latitude), Some(longitude)] = &*inputs.held
                    && latitude.time == at
                    && longitude.time == at
                {
                    output.push_derived(&function.position(latitude, longitude));
                }
            }
            return;
        }
        let Some(input) = self.inputs.first() else { return };
        let column = &view.columns[*input];
        for at in 0..column.len() {
            let input = column.held(at);
            let held = function.sample(&input);
            // Without a value for a good input there is no sample: a window that is not full yet
            // is a gap, and a frequency has one value a cycle.
            if held.good || !input.is_observed() {
                output.push_derived(&held);
            }
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
    let bank = DerivedBank::new(plan);
    let mut bound = bound_signals(plan);
    let needed = bank.roles_of(output);
    bound.retain(|bound| needed.contains(&(bound.signal.0 as usize)));
    if bound.len() < needed.len() {
        return Ok(());
    }
    let mut sampler = Sampler {
        span,
        gap_ns: scenario.quality.max_gap_ns,
        unit: scenario.derived[at].unit,
        chunk: Chunk::default(),
        sink,
    };
    // The inputs may hold samples from before the span, and functions over time remember all.
    let remembers = bank.steps.iter().any(|step| matches!(step.kind, StepKind::OverTime(..)));
    let from = if remembers { TrialTime::MIN } else { span.start.plus(-sampler.gap_ns) };
    let mut state = bank.state();
    let mut carried = vec![None; bank.signals()];
    merge(recording, plan, &bound, Span { start: from, end: span.end }, &mut |columns, _| {
        columns.resize_with(bank.signals(), Column::default);
        bank.run(&mut state, columns, &carried);
        sampler.take(&columns[output]);
        carry(columns, &mut carried);
    })?;
    sampler.hand_over();
    Ok(())
}

/// Notes the last sample of every column.
pub(crate) fn carry(columns: &[Column], carried: &mut [Option<Held>]) {
    for (column, carried) in columns.iter().zip(carried) {
        if let Some(last) = column.len().checked_sub(1) {
            *carried = Some(column.held(last));
        }
    }
}

/// Hands samples of a derived channel over, in its unit.
struct Sampler<'a> {
    span: Span,
    gap_ns: i64,
    unit: Unit,
    chunk: Chunk,
    sink: &'a mut dyn FnMut(&Chunk),
}

impl Sampler<'_> {
    fn take(&mut self, column: &Column) {
        for at in 0..column.len() {
            let held = column.held(at);
            let observed = held.good && held.time < held.oldest.plus(self.gap_ns);
            if !observed || !self.span.contains(held.time) {
                continue;
            }
            let finite = held.value.is_finite();
            self.chunk.times.push(held.time);
            self.chunk.time_uncertainties_ns.push(held.time_uncertainty_ns);
            self.chunk.values.push(if finite { self.unit.from_si(held.value) } else { f64::NAN });
            self.chunk.qualities.push(if finite { Quality::Good } else { Quality::NotFinite });
            if self.chunk.times.len() >= MAX_CHUNK_SAMPLES {
                self.hand_over();
            }
        }
    }

    fn hand_over(&mut self) {
        if !self.chunk.times.is_empty() {
            (self.sink)(&self.chunk);
            self.chunk = Chunk::default();
        }
    }
}
