//! What stood of every criterion at the cursor.
//!
//! The timeline is worked out on a thread of its own, over a second reader of the file: a long
//! recording is seen at once, and what stood is told as soon as it is known. It is told only where
//! it ends in the very verdicts that the file holds: another version of the software may judge
//! otherwise, and the file is what was signed.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, TryRecvError};

use trial::finding::{Finding, FindingKind, Findings, Verdict};
use trial::recording::Recording as _;
use trial::time::TrialTime;
use trialfile::TrialFile;
use verdict::Timeline;

/// What is known of a recording's timeline.
#[derive(Debug, Default)]
pub enum Standing {
    /// It is being worked out.
    Awaited(Receiver<Timeline>),
    /// It is known.
    Known(Known),
    /// There is none.
    #[default]
    None,
}

/// A timeline, and what stood at the instant that was asked for last.
#[derive(Debug)]
pub struct Known {
    timeline: Timeline,
    at: Option<TrialTime>,
    stood: Vec<Finding>,
}

impl Standing {
    /// Begins to work out the timeline of a file that holds these findings.
    pub fn begin(path: &Path, stored: &Findings) -> Standing {
        let (sender, receiver) = mpsc::channel();
        let (path, stored) = (path.to_owned(), stored.clone());
        let work = move || {
            // Trouble with the file is told by what reads it for the lanes.
            if let Some(timeline) = of_file(&path, &stored) {
                let _ = sender.send(timeline);
            }
        };
        match std::thread::Builder::new().name("timeline".to_owned()).spawn(work) {
            Ok(_) => Standing::Awaited(receiver),
            Err(_) => Standing::None,
        }
    }

    /// A timeline that is there.
    pub fn known(timeline: Timeline) -> Standing {
        Standing::Known(Known { timeline, at: None, stood: Vec::new() })
    }

    /// Waits until it is known, for a picture.
    pub fn wait(&mut self) {
        if let Standing::Awaited(receiver) = self {
            *self = receiver.recv().map_or(Standing::None, Standing::known);
        }
    }

    /// Looks whether it is known by now; whether it is still awaited.
    pub fn poll(&mut self) -> bool {
        if let Standing::Awaited(receiver) = self {
            match receiver.try_recv() {
                Ok(timeline) => *self = Standing::known(timeline),
                Err(TryRecvError::Disconnected) => *self = Standing::None,
                Err(TryRecvError::Empty) => return true,
            }
        }
        false
    }

    /// What stood of the criterion of a finding at an instant.
    pub fn of(&mut self, finding: &Finding, at: TrialTime) -> Option<&Finding> {
        let Standing::Known(known) = self else { return None };
        if known.at != Some(at) {
            known.stood = known.timeline.standing(at).into_iter().cloned().collect();
            known.at = Some(at);
        }
        let same =
            |stood: &&Finding| (stood.kind, &stood.criterion) == (finding.kind, &finding.criterion);
        let number = |finding: &Finding| (finding.counted, finding.occurrence.unwrap_or(1));
        let exact = known.stood.iter().filter(same).find(|stood| number(stood) == number(finding));
        let never = |stood: &&Finding| stood.verdict == Verdict::NotExercised;
        exact.or_else(|| known.stood.iter().filter(same).find(never))
    }
}

fn of_file(path: &Path, stored: &Findings) -> Option<Timeline> {
    let file = TrialFile::open(path).ok()?;
    let timeline = verdict::timeline(&file, file.plan(), &[]).ok()?;
    let state = |finding: &Finding| -> (FindingKind, String, Verdict) {
        (finding.kind, finding.criterion.clone(), finding.verdict)
    };
    let ends: Vec<_> = timeline.standing(TrialTime::MAX).into_iter().map(state).collect();
    let known: Vec<_> = stored.findings.iter().map(state).collect();
    (!timeline.cut_short && ends == known).then_some(timeline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;
    use verdict::Change;

    #[test]
    fn what_stood_is_told_of_the_criterion_and_occurrence_that_is_asked_for() {
        let findings = synthetic::replay().findings.unwrap();
        let last = &findings.findings[0];
        let change = |second: i64, verdict: Verdict, came: bool| {
            let at = TrialTime(second * synthetic::SECOND_NS);
            let span = last.span.filter(|_| came);
            Change { at, finding: Finding { verdict, span, ..last.clone() } }
        };
        let changes = vec![
            change(0, Verdict::NotExercised, false),
            change(10, Verdict::Inconclusive, true),
            change(20, last.verdict, true),
        ];
        let mut standing = Standing::known(Timeline { changes, cut_short: false });
        let mut at = |second: i64| {
            let at = TrialTime(second * synthetic::SECOND_NS);
            standing.of(last, at).map(|stood| stood.verdict)
        };
        assert_eq!(at(5), Some(Verdict::NotExercised));
        assert_eq!(at(10), Some(Verdict::Inconclusive));
        assert_eq!(at(25), Some(last.verdict));
        let other = Finding { criterion: "other".to_owned(), ..last.clone() };
        assert!(standing.of(&other, TrialTime(0)).is_none());
        assert!(Standing::None.of(last, TrialTime(0)).is_none());
    }
}
