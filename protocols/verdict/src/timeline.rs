//! The timeline of an evaluation: what stood of every criterion at every instant of a recording, as
//! changes with their dates.
//!
//! What stands at an instant is what [`crate::evaluate_until`] says of it: the same fold, finished
//! there. It is asked at the ends of [`STEPS`] equal steps; where a step has changed anything it is
//! halved until the change is dated to the nanosecond. Hence a change is always a real one, and one
//! that was undone within a step may be missed.

use std::collections::BTreeMap;

use trial::amendment::Amendment;
use trial::finding::{Cause, Finding, FindingKind, Findings, Verdict};
use trial::plan::Plan;
use trial::recording::{Recording, RecordingError};
use trial::time::{Span, TrialTime};

use crate::evaluator::Evaluator;
use crate::merge::{Judging, merge};
use crate::signal::{Column, bound_signals};

/// Steps into which the time of a recording is divided.
pub const STEPS: i64 = 1024;
/// Most changes that a timeline tells; what would come behind them is left out, and it says so.
pub const MAX_CHANGES: usize = 65_536;

/// What stands of a criterion, from an instant on.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The first instant at which it stood: what was observed up to here, itself included, says it.
    pub at: TrialTime,
    /// The finding as it stood then.
    pub finding: Finding,
}

/// Changes in order of time; those of one instant in the scenario's order. The first instant tells
/// what stood of every criterion at the beginning.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Timeline {
    /// The changes.
    pub changes: Vec<Change>,
    /// Whether there were more than [`MAX_CHANGES`].
    pub cut_short: bool,
}

/// A criterion (not a precondition), or one occurrence of its phase, and whether it is counted.
type Key<'a> = (bool, &'a str, u32, bool);

fn is_criterion(finding: &Finding) -> bool {
    finding.kind == FindingKind::Criterion
}

fn key(finding: &Finding) -> Key<'_> {
    // The only occurrence is the first of several as soon as another one comes.
    let only = u32::from(finding.span.is_some() && finding.counted);
    let occurrence = finding.occurrence.unwrap_or(only);
    (is_criterion(finding), &finding.criterion, occurrence, finding.counted)
}

fn states(findings: &Findings) -> BTreeMap<Key<'_>, (Verdict, Option<Cause>)> {
    let state = |finding: &Finding| (finding.verdict, finding.cause);
    findings.findings.iter().map(|finding| (key(finding), state(finding))).collect()
}

/// The timeline of a recording, judged with what has been said of it since.
///
/// # Errors
/// As [`crate::evaluate_with`].
pub fn timeline(
    recording: &dyn Recording,
    plan: &Plan,
    amendments: &[Amendment],
) -> Result<Timeline, RecordingError> {
    let whole = recording.head().span;
    let judging = Judging::of(recording, plan, amendments, whole.end);
    let mut asked = Asked { judging: &judging, timeline: Timeline::default() };
    let mut evaluator = judging.evaluator();
    let bound = bound_signals(plan);
    let beginning = Span::new(whole.start, whole.start);
    merge(recording, plan, &bound, beginning, &mut |columns, _| evaluator.feed_block(columns))?;
    let mut known = (whole.start, asked.findings(&evaluator, whole.start));
    let stood = known.1.findings.iter();
    asked
        .timeline
        .changes
        .extend(stood.map(|finding| Change { at: whole.start, finding: finding.clone() }));
    let step_ns = (whole.end.since(whole.start) / STEPS).max(1);
    while known.0 < whole.end {
        let span = Span::new(known.0.plus(1), known.0.plus(step_ns).min(whole.end));
        merge(recording, plan, &bound, span, &mut |columns, end| {
            let samples = columns.clone();
            let before = evaluator.clone();
            evaluator.feed_block(columns);
            let now = asked.findings(&evaluator, end);
            asked.between(&before, &samples, (known.0, &known.1), (end, &now));
            known = (end, now);
        })?;
    }
    Ok(asked.timeline)
}

struct Asked<'a> {
    judging: &'a Judging<'a>,
    timeline: Timeline,
}

impl Asked<'_> {
    /// What stands at an instant, of what was fed by then.
    fn findings(&self, evaluator: &Evaluator, at: TrialTime) -> Findings {
        let mut evaluator = evaluator.clone();
        self.judging.knows(&mut evaluator, at);
        evaluator.finish(at)
    }

    /// Dates the changes in (from, to], by halves: `evaluator` has seen what came up to `from`,
    /// and `samples` are those of the step.
    fn between(
        &mut self,
        evaluator: &Evaluator,
        samples: &[Column],
        (from, before): (TrialTime, &Findings),
        (to, after): (TrialTime, &Findings),
    ) {
        let (old, new) = (states(before), states(after));
        if old == new || self.timeline.cut_short {
            return;
        }
        let half_ns = to.since(from) / 2;
        if half_ns == 0 {
            let changed = after
                .findings
                .iter()
                .filter(|finding| old.get(&key(finding)) != new.get(&key(finding)));
            for finding in changed {
                if self.timeline.changes.len() == MAX_CHANGES {
                    self.timeline.cut_short = true;
                    return;
                }
                self.timeline.changes.push(Change { at: to, finding: finding.clone() });
            }
            return;
        }
        let middle = from.plus(half_ns);
        let (mut first, second): (Vec<Column>, Vec<Column>) =
            samples.iter().map(|column| column.split_at(middle)).unzip();
        let mut halfway = evaluator.clone();
        let fed = first.clone();
        halfway.feed_block(&mut first);
        let there = self.findings(&halfway, middle);
        self.between(evaluator, &fed, (from, before), (middle, &there));
        self.between(&halfway, &second, (middle, &there), (to, after));
    }
}
