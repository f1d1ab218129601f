//! FORMULA: a formula of the temporal logic, judged at the beginning of the phase.
//!
//! An implication whose first part was never seen to hold proves nothing: what would pass by it was
//! not exercised.

use std::sync::Arc;

use trial::finding::Verdict;
use trial::scenario::Interpolation;
use trial::time::TrialTime;
use trial::unit::Unit;
use words::message;

use crate::logic::{Judging, MAX_KEPT_PIECES, Node};
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, margin, number, passes};
use crate::scalar::decide;
use crate::signal::{Store, View};
use crate::uncertainty::conformance::Holds;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Formula {
    judging: Judging,
    node: Arc<Node>,
    unit: Unit,
}

impl Formula {
    pub fn begin(
        node: &Arc<Node>,
        unit: Unit,
        interpolation: Interpolation,
        store: &Store,
        start: TrialTime,
    ) -> Formula {
        let linear = interpolation == Interpolation::Linear;
        let judging = Judging::begin(node, store, start, linear);
        Formula { judging, node: Arc::clone(node), unit }
    }

    pub fn run(&mut self, view: View<'_>, store: &Store, to: TrialTime, inclusive: bool) {
        self.judging.run(view, store, to, inclusive);
    }

    pub fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let Some(answer) = self.judging.answer(closing.span.end, closing.complete) else {
            return Outcome::too_many(MAX_KEPT_PIECES);
        };
        let unit = self.unit;
        let (low, high) = (answer.low, answer.high);
        let holds = Holds { worst: answer.worst, best: answer.best };
        let uncertainty = self.uncertainty(closing);
        let expanded = uncertainty.map(|(expanded, _)| expanded);
        let (verdict, cause) = decide(closing.spec.decision, (low, high), holds, expanded);
        let end = |value: f64| {
            let infinite = !value.is_finite();
            if infinite { "∞".to_owned() } else { number(value / unit.factor) }
        };
        let sign = if low == f64::NEG_INFINITY { "-" } else { "" };
        let (least, most) = (format!("{sign}{}", end(low)), end(high));
        let most = format!("{most} {}", unit.shown()).trim_end().to_owned();
        let reason = bilingual(|_| message!("verdict-formula", low = least, high = most));
        let mut outcome = Outcome::bare(verdict, reason);
        outcome.cause = cause;
        outcome.margin = Some(margin(low / unit.factor, high / unit.factor, unit));
        let signals = closing.spec.signals.iter();
        outcome.evidence =
            signals.map(|signal| closing.evidence(*signal, closing.span, None)).collect();
        if let Some((expanded, k)) = uncertainty {
            outcome.tell_uncertainty(expanded / unit.factor, k, unit);
        }
        if answer.idle && passes(verdict) {
            outcome.verdict = Verdict::NotExercised;
            outcome.reason.add(bilingual(|_| message!("verdict-formula-idle")));
        }
        if verdict == Verdict::Inconclusive {
            outcome.reason.add(bilingual(|_| message!("verdict-formula-unobserved")));
            // A formula may look anywhere: no share of the phase says how much of it was seen.
            closing.gate(&answer.coverage, &mut outcome);
            outcome.coverage = None;
        }
        outcome
    }

    /// The largest expanded uncertainty of the signals compared, with its coverage factor: within it
    /// every margin lies, since least and greatest move no further than what they are made of.
    fn uncertainty(&self, closing: &Closing<'_>) -> Option<(f64, f64)> {
        let mut largest: Option<(f64, f64)> = None;
        for (signal, limit, scale) in self.node.comparisons() {
            let budget = closing.budget(signal, limit)?;
            let expanded = budget.common().expanded();
            let (of, k) = (expanded.expanded / scale, expanded.coverage_factor);
            if largest.is_none_or(|(largest, _)| of > largest) {
                largest = Some((of, k));
            }
        }
        largest
    }
}
