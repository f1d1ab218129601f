//! What stood of every criterion at the cursor: the recording judged as if it ended there.
//!
//! It is judged on a thread of its own, over a second reader of the file, and always for the instant
//! that was asked for last: whoever moves the cursor over a long recording waits for no earlier one.
//! It is told only where the whole is judged as in the findings that the file holds: another version
//! of the software may judge otherwise, and the file is what was signed.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};

use trial::finding::{Finding, FindingKind, Findings, Verdict};
use trial::recording::Recording as _;
use trial::time::TrialTime;
use trialfile::TrialFile;

/// Judges as of the cursor; by default nobody does.
#[derive(Debug, Default)]
pub struct Standing {
    judge: Option<(Sender<TrialTime>, Receiver<Stood>)>,
    asked: Option<TrialTime>,
    told: Option<Stood>,
}

/// What stood at an instant.
type Stood = (TrialTime, Findings);

impl Standing {
    /// Begins to judge a file that holds these findings.
    pub fn begin(path: &Path, stored: &Findings) -> Standing {
        let (asking, asked) = mpsc::channel();
        let (telling, told) = mpsc::channel();
        let (path, stored) = (path.to_owned(), stored.clone());
        let work = move || {
            // Trouble with the file is told by what reads it for the lanes.
            let _ = judge(&path, &stored, &asked, &telling);
        };
        let thread = std::thread::Builder::new().name("standing".to_owned()).spawn(work);
        Standing { judge: thread.ok().map(|_| (asking, told)), ..Standing::default() }
    }

    /// Asks what stood at an instant, unless it was asked for last; whether an answer is awaited.
    pub fn ask(&mut self, at: TrialTime) -> bool {
        let Some((asking, told)) = &self.judge else { return false };
        if self.asked != Some(at) && asking.send(at).is_ok() {
            self.asked = Some(at);
        }
        self.told = told.try_iter().last().or(self.told.take());
        self.asked == Some(at) && self.told.as_ref().is_none_or(|(known, _)| *known != at)
    }

    /// Asks what stood at an instant and waits for it, for a picture.
    pub fn wait(&mut self, at: TrialTime) {
        while self.ask(at) {
            let Some((_, told)) = &self.judge else { return };
            match told.recv() {
                Ok(stood) => self.told = Some(stood),
                Err(_) => self.judge = None,
            }
        }
    }

    /// What stood of the criterion of a finding at an instant, if it is known by now.
    pub fn of(&self, finding: &Finding, at: TrialTime) -> Option<&Finding> {
        let (_, stood) = self.told.as_ref().filter(|(known, _)| *known == at)?;
        let same =
            |stood: &&Finding| (stood.kind, &stood.criterion) == (finding.kind, &finding.criterion);
        let number = |finding: &Finding| (finding.counted, finding.occurrence.unwrap_or(1));
        let mut all = stood.findings.iter().filter(same);
        let exact = all.clone().find(|stood| number(stood) == number(finding));
        exact.or_else(|| all.find(|stood| stood.verdict == Verdict::NotExercised))
    }
}

/// Answers for what is asked last, until nobody asks any more.
fn judge(
    path: &Path,
    stored: &Findings,
    asked: &Receiver<TrialTime>,
    telling: &Sender<Stood>,
) -> Option<()> {
    let file = TrialFile::open(path).ok()?;
    if verdicts(&verdict::evaluate(&file).ok()?) != verdicts(stored) {
        return None;
    }
    while let Ok(first) = asked.recv() {
        let at = asked.try_iter().last().unwrap_or(first);
        let stood = verdict::evaluate_until(&file, file.plan(), at).ok()?;
        telling.send((at, stood)).ok()?;
    }
    Some(())
}

fn verdicts(findings: &Findings) -> Vec<(FindingKind, &str, Verdict)> {
    let each = findings.findings.iter();
    each.map(|finding| (finding.kind, finding.criterion.as_str(), finding.verdict)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn what_stood_is_told_of_the_criterion_and_occurrence_and_of_no_other_instant() {
        let findings = synthetic::replay().findings.unwrap();
        let last = findings.findings[0].clone();
        let mut early = findings.clone();
        early.findings[0] = Finding {
            verdict: Verdict::NotExercised,
            span: None,
            occurrence: None,
            ..last.clone()
        };
        let (asking, asked) = mpsc::channel();
        let (telling, told) = mpsc::channel();
        let mut standing = Standing { judge: Some((asking, told)), ..Standing::default() };
        let [at, other] = [TrialTime(5), TrialTime(6)];
        assert!(standing.ask(at) && standing.ask(at));
        assert_eq!(asked.try_iter().collect::<Vec<_>>(), [at], "asked once");
        telling.send((at, early)).unwrap();
        assert!(!standing.ask(at));
        let second = Finding { occurrence: Some(2), ..last.clone() };
        for finding in [&last, &second] {
            assert_eq!(standing.of(finding, at).unwrap().verdict, Verdict::NotExercised);
            assert!(standing.of(finding, other).is_none());
        }
        let unknown = Finding { criterion: "other".to_owned(), ..last };
        assert!(standing.of(&unknown, at).is_none());
    }

    #[test]
    fn without_a_judge_nothing_is_awaited() {
        let mut standing = Standing::default();
        standing.wait(TrialTime(1));
        assert!(!standing.ask(TrialTime(1)));
    }
}
