//! ANY_OF: met if one of several operators is.
//!
//! The outcome is that of the best of them, in the order pass, conditional pass, undecided,
//! conditional fail, fail; an undecided one keeps the whole from failing.

use std::sync::Arc;

use trial::finding::Verdict;
use trial::record::Mark;
use trial::time::TrialTime;
use words::message;

use super::Fold;
use crate::compile::Spec;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual};
use crate::signal::View;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct AnyOf {
    folds: Vec<Fold>,
}

/// How good a verdict is among alternatives.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::ConditionalPass => 1,
        Verdict::Error => 2,
        Verdict::Inconclusive => 3,
        Verdict::NotTested => 4,
        Verdict::NotExercised => 5,
        Verdict::ConditionalFail => 6,
        Verdict::Fail => 7,
        Verdict::NotApplicable => 8,
    }
}

impl AnyOf {
    pub fn begin(specs: &[Arc<Spec>], view: View<'_>, start: TrialTime) -> AnyOf {
        AnyOf { folds: specs.iter().map(|spec| Fold::begin(spec, view, start)).collect() }
    }

    pub fn rebase(&mut self) {
        self.folds.iter_mut().for_each(Fold::rebase);
    }

    pub fn run(&mut self, view: View<'_>, to: TrialTime, inclusive: bool) {
        for fold in &mut self.folds {
            if inclusive { fold.through(view, to) } else { fold.before(view, to) }
        }
    }

    pub fn mark_before(&mut self, view: View<'_>, mark: &Mark) {
        self.folds.iter_mut().for_each(|fold| fold.mark_before(view, mark));
    }

    pub fn mark_after(&mut self, view: View<'_>, mark: &Mark) {
        self.folds.iter_mut().for_each(|fold| fold.mark_after(view, mark));
    }

    pub fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let outcomes =
            self.folds.iter().map(|fold| fold.outcome(&Closing { spec: &fold.spec, ..*closing }));
        let best = outcomes.enumerate().min_by_key(|(_, outcome)| rank(outcome.verdict));
        let Some((position, mut outcome)) = best else {
            return Outcome::bare(
                Verdict::Error,
                bilingual(|_| message!("verdict-no-alternative")),
            );
        };
        let (number, of) = (position + 1, self.folds.len());
        let numbered = bilingual(|_| message!("verdict-alternative", number = number, count = of));
        let reason = std::mem::replace(&mut outcome.reason, numbered);
        outcome.reason.add(reason);
        // Several numbers have no common one.
        outcome.part = None;
        outcome
    }
}
