//! What stands of the scenario's criteria while the trial goes on, on values that may not be durable
//! yet.
//!
//! ```text
//! journal ─▶ the same fold as the recorder's ─▶ Judge ─▶ the evaluator of the recording ─▶ status
//! ```
//!
//! Invariants:
//! - It is told as of [`LIVE_LATENESS`] before the newest value: devices answer one after another.
//! - Trouble here stops the telling, never the run: the recording is judged at its end anyway.

mod thread;

use std::sync::Arc;

use serde::Serialize;
use trial::channel::ChannelIndex;
use trial::document::Title;
use trial::finding::{Cause, Finding, FindingKind, Margin, MarginInU, Verdict};
use trial::plan::Plan;
use trial::record::{Mark, Origin};
use trial::recording::{Gap, SampleGroup};
use trial::time::{TrialTime, duration_nanoseconds};
use verdict::Live;
use wire::derive::{Row, Sink};

pub use thread::LiveCriteria;

use crate::limits::LIVE_LATENESS;

/// What stands of a criterion.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// Id of the criterion.
    pub criterion: String,
    /// Its titles.
    pub title: Title,
    /// Criterion or precondition.
    pub kind: FindingKind,
    /// Number of the phase's occurrence, where it came more than once.
    pub occurrence: Option<u32>,
    /// The verdict so far.
    pub verdict: Verdict,
    /// What keeps it undecided.
    pub cause: Option<Cause>,
    /// The margin so far.
    pub margin: Option<Margin>,
    /// The same in units of the expanded uncertainty.
    pub margin_in_u: Option<MarginInU>,
    /// Probability of conformance so far, where there is a single measurand.
    pub conformance_probability: Option<f64>,
}

impl Standing {
    /// What a finding says, without its reasons.
    pub fn of(finding: &Finding) -> Standing {
        Standing {
            criterion: finding.criterion.clone(),
            title: finding.title.clone(),
            kind: finding.kind,
            occurrence: finding.occurrence,
            verdict: finding.verdict,
            cause: finding.cause,
            margin: finding.margin,
            margin_in_u: finding.margin_in_u,
            conformance_probability: finding.conformance_probability,
        }
    }
}

/// What stands of all criteria.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CriteriaStatus {
    /// Seconds of the trial as of which it stands; `None` before anything was judged.
    pub as_of: Option<f64>,
    /// Whether all that it rests on is safe on the disk.
    pub safe: bool,
    /// In the scenario's order.
    pub criteria: Vec<Standing>,
    /// Why nothing is told any more.
    pub trouble: Option<String>,
}

/// Feeds the judge of a live trial with what is derived.
#[derive(Debug, Default)]
struct Judge {
    /// Of each group the channels that a role is bound to, with their places in a row: of many
    /// channels few are judged.
    wanted: Vec<Vec<(usize, ChannelIndex)>>,
    /// Marks that were known before the journal was read anew.
    known: Vec<(TrialTime, Mark)>,
    live: Option<Live>,
    newest: Option<TrialTime>,
}

impl Judge {
    /// Judges what is old enough; `None` if nothing is.
    fn standing(&mut self) -> Option<(TrialTime, Vec<Standing>)> {
        let (live, newest) = (self.live.as_mut()?, self.newest?);
        live.judge(newest.plus(-duration_nanoseconds(LIVE_LATENESS)));
        let standing = live.findings().findings.iter().map(Standing::of).collect();
        Some((live.judged(), standing))
    }
}

impl Sink for Judge {
    fn begin(&mut self, origin: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        let bound = verdict::bound_signals(plan);
        let wanted = |group: &SampleGroup| {
            let places = group.channels.iter().copied().enumerate();
            places.filter(|(_, one)| bound.iter().any(|role| role.channel == *one)).collect()
        };
        self.wanted = groups.iter().map(wanted).collect();
        self.live = Some(Live::new(plan, origin.start, std::mem::take(&mut self.known)));
    }

    fn row(&mut self, row: &Row<'_>) {
        let Some((live, wanted)) = self.live.as_mut().zip(self.wanted.get(row.group.0 as usize))
        else {
            return;
        };
        self.newest = self.newest.max(Some(row.time));
        for (place, channel) in wanted {
            let Some(sample) = row.samples.get(*place) else { continue };
            let uncertainty_ns = row.time_uncertainty_ns;
            live.sample(*channel, row.time, uncertainty_ns, sample.value, sample.quality);
        }
    }

    fn gap(&mut self, _: Gap) {}

    fn mark(&mut self, at: TrialTime, mark: &Mark) {
        if let Some(live) = &mut self.live {
            live.mark(at, mark);
        }
    }
}
