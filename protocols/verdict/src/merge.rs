//! Reading a recording in order of time, over all bound channels, in bounded memory.
//!
//! The channels are read window by window; the window follows the density of the samples, so that
//! about [`TARGET_SAMPLES`] are held at a time.

use std::sync::Arc;

use trial::amendment::Amendment;
use trial::finding::Findings;
use trial::plan::{ParameterOrigin, ParameterValue, Plan};
use trial::record::Mark;
use trial::recording::{Recording, RecordingError, standing_marks};
use trial::scenario::Scenario;
use trial::time::{Span, TrialTime};

use crate::doubts::Doubts;
use crate::evaluator::Evaluator;
use crate::said::{Said, corrected_marks, states_something};
use crate::signal::{BoundSignal, Column, bound_signals};

/// Samples of all channels that a window should hold.
const TARGET_SAMPLES: usize = 1 << 20;
/// Shortest window, in nanoseconds.
const MIN_WINDOW_NS: i64 = 1_000_000;
/// First window, in nanoseconds.
const FIRST_WINDOW_NS: i64 = 1_000_000_000;
/// Longest window, in nanoseconds: a burst after a long silence still fits into memory.
const MAX_WINDOW_NS: i64 = 600_000_000_000;

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
    judge(recording, plan, &[], until)
}

/// Judges a recording with what has been said of it since: readings, statements, deviations, checks,
/// corrections of marks, in their order; as if it ended at `until`, if it goes on behind.
///
/// # Errors
/// As [`evaluate_with`].
pub fn evaluate_amended(
    recording: &dyn Recording,
    plan: &Plan,
    amendments: &[Amendment],
    until: TrialTime,
) -> Result<Findings, RecordingError> {
    judge(recording, plan, amendments, until)
}

fn judge(
    recording: &dyn Recording,
    plan: &Plan,
    amendments: &[Amendment],
    until: TrialTime,
) -> Result<Findings, RecordingError> {
    let whole = recording.head().span;
    let end = whole.end.min(until);
    let judging = Judging::of(recording, plan, amendments, end);
    let mut evaluator = judging.evaluator();
    let span = Span::new(whole.start, end);
    merge(recording, plan, &bound_signals(plan), span, &mut |columns, _| {
        evaluator.feed_block(columns);
    })?;
    Ok(evaluator.finish(end))
}

/// What a recording is judged by, beside its samples.
pub(crate) struct Judging<'a> {
    plan: &'a Plan,
    marks: Vec<Mark>,
    said: Said,
    doubts: Doubts,
}

impl<'a> Judging<'a> {
    /// What was known of it by `end`.
    pub fn of(
        recording: &dyn Recording,
        plan: &'a Plan,
        amendments: &[Amendment],
        end: TrialTime,
    ) -> Judging<'a> {
        let mut marks = corrected_marks(standing_marks(recording.marks()), amendments);
        marks.retain(|mark| mark.at <= end);
        let doubts = Doubts::at(plan, recording.head().origin.start);
        Judging { plan, marks, said: Said::of(plan, amendments), doubts }
    }

    /// An evaluator at the beginning.
    pub fn evaluator(&self) -> Evaluator {
        Evaluator::with(self.plan, &self.marks, self.said.clone(), self.doubts.clone())
    }

    /// Lets an evaluator know no more than what marks had said by `at`.
    pub fn knows(&self, evaluator: &mut Evaluator, at: TrialTime) {
        if self.marks.iter().any(|mark| mark.at > at && states_something(mark)) {
            let known: Vec<Mark> =
                self.marks.iter().filter(|mark| mark.at <= at).cloned().collect();
            evaluator.knows(Evaluator::with(
                self.plan,
                &known,
                self.said.clone(),
                self.doubts.clone(),
            ));
        }
    }
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

/// Calls `sink` with blocks of the samples of `bound` within `span`, a column for each role, in order
/// of time, and the instant up to which the block reaches; the columns are cleared afterwards.
pub(crate) fn merge(
    recording: &dyn Recording,
    plan: &Plan,
    bound: &[BoundSignal],
    span: Span,
    sink: &mut dyn FnMut(&mut Vec<Column>, TrialTime),
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
    let mut columns: Vec<Column> = Vec::new();
    while start <= end {
        let last = start.plus(window_ns - 1).min(end);
        columns.resize_with(plan.scenario.roles.len(), Column::default);
        columns.iter_mut().for_each(Column::clear);
        for signal in &channels {
            let column = &mut columns[signal.signal.0 as usize];
            recording.read(signal.channel, Span { start, end: last }, &mut |chunk| {
                column.extend(chunk, signal.unit);
            })?;
        }
        let samples: usize = columns.iter().map(Column::len).sum();
        // A silence may be longer than all that was measured: it is passed over at once.
        let last = if samples > 0 { last } else { silent_until(recording, &channels, last, end)? };
        sink(&mut columns, last);
        if samples > TARGET_SAMPLES {
            window_ns = (window_ns / 2).max(MIN_WINDOW_NS);
        } else if samples < TARGET_SAMPLES / 4 {
            window_ns = (window_ns * 2).min(MAX_WINDOW_NS);
        }
        if last == TrialTime::MAX {
            break;
        }
        start = last.plus(1);
    }
    Ok(())
}

/// The end of a silence that lasts at least until `last`: the instant before the next sample of any
/// channel, or `end`.
fn silent_until(
    recording: &dyn Recording,
    channels: &[BoundSignal],
    last: TrialTime,
    end: TrialTime,
) -> Result<TrialTime, RecordingError> {
    if last >= end {
        return Ok(last);
    }
    let mut until = end;
    for channel in channels {
        if let Some(next) = recording.next_time(channel.channel, last.plus(1))? {
            until = until.min(next.plus(-1));
        }
    }
    Ok(until)
}
