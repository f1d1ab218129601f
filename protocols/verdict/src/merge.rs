//! Reading a recording in order of time, over all bound channels, in bounded memory.
//!
//! The channels are read window by window; the window follows the density of the samples, so that
//! about [`TARGET_SAMPLES`] are held at a time.

use std::sync::Arc;

use trial::finding::Findings;
use trial::plan::{ParameterOrigin, ParameterValue, Plan};
use trial::recording::{Recording, RecordingError, standing_marks};
use trial::scenario::Scenario;
use trial::time::{Span, TrialTime};

use crate::evaluator::Evaluator;
use crate::signal::{BoundSignal, Observation, bound_signals};

/// Samples of all channels that a window should hold.
const TARGET_SAMPLES: usize = 65_536;
/// Shortest window, in nanoseconds.
const MIN_WINDOW_NS: i64 = 1_000_000;
/// First window, in nanoseconds.
const FIRST_WINDOW_NS: i64 = 1_000_000_000;
/// Longest window, in nanoseconds: a burst after a long silence still fits into memory.
const MAX_WINDOW_NS: i64 = 120_000_000_000;

/// Judges a recording by the scenario of its own plan.
///
/// # Errors
/// The recording can't be read.
pub fn evaluate(recording: &dyn Recording) -> Result<Findings, RecordingError> {
    evaluate_with(recording, recording.plan())
}

/// Judges a recording by the scenario of another plan over the same channels; see [`rebind`].
///
/// # Errors
/// The recording can't be read, or lacks a channel that the plan binds.
pub fn evaluate_with(recording: &dyn Recording, plan: &Plan) -> Result<Findings, RecordingError> {
    evaluate_until(recording, plan, TrialTime::MAX)
}

/// Judges what had been recorded by `until`, as if the recording ended there.
///
/// # Errors
/// As [`evaluate_with`].
pub fn evaluate_until(
    recording: &dyn Recording,
    plan: &Plan,
    until: TrialTime,
) -> Result<Findings, RecordingError> {
    let whole = recording.head().span;
    let end = whole.end.min(until);
    let mut marks = standing_marks(recording.marks());
    marks.retain(|mark| mark.at <= end);
    let mut evaluator = Evaluator::new(plan, &marks);
    let span = Span::new(whole.start, end);
    merge(recording, plan, &bound_signals(plan), span, &mut |observation| {
        evaluator.feed(observation);
    })?;
    Ok(evaluator.finish(end))
}

/// The plan with another scenario: roles and parameters are bound by their names. A role that the
/// plan does not know, or whose quantity differs, stays unbound; a parameter without a value makes
/// the criteria that need it an error.
pub fn rebind(plan: &Plan, scenario: Arc<Scenario>) -> Plan {
    let mut bound = plan.clone();
    bound.roles.retain(|name, channel| {
        let quantity = plan.channels.get(channel.0 as usize).map(|channel| channel.quantity);
        scenario.roles.iter().any(|role| role.id == *name && Some(role.quantity) == quantity)
    });
    let given = |name: &str, dimension| {
        let known = plan.scenario.parameters.iter().find(|parameter| parameter.id == name)?;
        plan.parameters.get(name).filter(|value| {
            known.unit.dimension == dimension && value.origin != ParameterOrigin::Scenario
        })
    };
    bound.parameters = scenario
        .parameters
        .iter()
        .filter_map(|parameter| {
            let default = parameter
                .default_si
                .map(|si| ParameterValue { si, origin: ParameterOrigin::Scenario });
            let value = given(&parameter.id, parameter.unit.dimension).cloned().or(default)?;
            Some((parameter.id.clone(), value))
        })
        .collect();
    bound.scenario_reference.clone_from(&scenario.id);
    bound.scenario = scenario;
    bound
}

/// Calls `sink` with the observations of `bound` within `span`, in order of time, ties in order of
/// signals.
pub(crate) fn merge(
    recording: &dyn Recording,
    plan: &Plan,
    bound: &[BoundSignal],
    span: Span,
    sink: &mut dyn FnMut(&Observation),
) -> Result<(), RecordingError> {
    let mut channels = Vec::with_capacity(bound.len());
    for signal in bound {
        let id = &plan.channel_at(signal.channel).id;
        let (channel, recorded) = recording
            .plan()
            .channel(id)
            .ok_or_else(|| RecordingError(format!("it has no channel {id}")))?;
        channels.push(BoundSignal { channel, unit: recorded.unit, ..*signal });
    }
    let whole = recording.head().span;
    let end = span.end.min(whole.end);
    let mut start = span.start.max(whole.start);
    let mut window_ns = FIRST_WINDOW_NS;
    let mut samples: Vec<Observation> = Vec::new();
    while start <= end {
        let last = start.plus(window_ns - 1).min(end);
        for signal in &channels {
            recording.read(signal.channel, Span { start, end: last }, &mut |chunk| {
                let columns = chunk.times.iter().zip(&chunk.time_uncertainties_ns);
                let columns = columns.zip(chunk.values.iter().zip(&chunk.qualities));
                samples.extend(columns.filter_map(|((time, uncertainty), (value, quality))| {
                    signal.observation(*time, *uncertainty, *value, *quality)
                }));
            })?;
        }
        samples.sort_by_key(|observation| (observation.time, observation.signal));
        samples.iter().for_each(&mut *sink);
        if samples.len() > TARGET_SAMPLES {
            window_ns = (window_ns / 2).max(MIN_WINDOW_NS);
        } else if samples.len() < TARGET_SAMPLES / 4 {
            window_ns = (window_ns * 2).min(MAX_WINDOW_NS);
        }
        samples.clear();
        if last == TrialTime::MAX {
            break;
        }
        start = last.plus(1);
    }
    Ok(())
}
