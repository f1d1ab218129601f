//! Several occurrences of a criterion taken together: n of m, or an aggregate of their results.

use trial::finding::{Cause, Verdict};
use trial::scenario::{Aggregate, Repeats};
use trial::time::Span;
use words::message;

use crate::compile::Spec;
use crate::outcome::{AddSentence, Outcome, bilingual, fails, number, passes};
use crate::scalar::{Part, Scalar, Scale};
use crate::uncertainty::Budget;

/// The outcome of all occurrences; too few leave it undecided, unless what came has failed already.
pub(crate) fn together(repeats: Repeats, spec: &Spec, outcomes: &[(Span, Outcome)]) -> Outcome {
    let mut outcome = match repeats.aggregate {
        Aggregate::Each => each(repeats, outcomes),
        aggregate => {
            let parts: Option<Vec<&Part>> =
                outcomes.iter().map(|(_, outcome)| outcome.part.as_deref()).collect();
            match parts.filter(|parts| !parts.is_empty()) {
                Some(parts) => {
                    let mut outcome = aggregated(aggregate, spec, &parts);
                    gate(spec, outcomes, &mut outcome);
                    outcome
                }
                None => {
                    let reason = bilingual(|_| message!("verdict-nothing-to-aggregate"));
                    let mut outcome = Outcome::bare(Verdict::Inconclusive, reason);
                    let first = outcomes.iter().find_map(|(_, outcome)| outcome.cause);
                    outcome.cause = first.or(Some(Cause::TooFew));
                    outcome
                }
            }
        }
    };
    let (found, count) = (outcomes.len(), repeats.count as usize);
    if found < count {
        let sentence = bilingual(|_| message!("verdict-too-few", found = found, count = count));
        if outcome.verdict == Verdict::Fail {
            outcome.reason.add(sentence);
        } else {
            outcome.undecide(Cause::TooFew, sentence);
        }
    }
    for (_, part) in outcomes {
        outcome.evidence.extend(part.evidence.first().cloned());
    }
    outcome
}

/// So many must pass.
fn each(repeats: Repeats, outcomes: &[(Span, Outcome)]) -> Outcome {
    let of = |wanted: fn(Verdict) -> bool| {
        outcomes.iter().filter(|(_, outcome)| wanted(outcome.verdict)).count()
    };
    let (passed, failed) = (of(passes), of(fails));
    let (need, count) = (repeats.need as usize, (repeats.count as usize).max(outcomes.len()));
    let conditional = of(|verdict| verdict == Verdict::ConditionalPass) > 0;
    // More than were asked for must not make up for those that failed.
    let may_fail = (repeats.count - repeats.need) as usize;
    let verdict = if failed > may_fail {
        Verdict::Fail
    } else if passed >= need && outcomes.len() >= repeats.count as usize {
        if conditional { Verdict::ConditionalPass } else { Verdict::Pass }
    } else {
        Verdict::Inconclusive
    };
    let reason =
        bilingual(|_| message!("verdict-n-of-m", passed = passed, count = count, need = need));
    let mut outcome = Outcome::bare(verdict, reason);
    if verdict == Verdict::Inconclusive {
        let first = outcomes.iter().find_map(|(_, outcome)| outcome.cause);
        outcome.cause = first.or(Some(Cause::TooFew));
    }
    outcome
}

/// A pass may not rest on an occurrence of which too little was observed.
fn gate(spec: &Spec, outcomes: &[(Span, Outcome)], outcome: &mut Outcome) {
    let is_short = |one: &&(Span, Outcome)| one.1.part.as_ref().is_some_and(|part| !part.covered);
    let Some((_, short)) = outcomes.iter().find(is_short) else { return };
    if passes(outcome.verdict) {
        let share = number(short.coverage.unwrap_or(0.0) * 100.0);
        let least = number(spec.gate.min_coverage * 100.0);
        let sentence =
            bilingual(|_| message!("verdict-coverage-short", share = share, least = least));
        outcome.undecide(short.cause.unwrap_or(Cause::Gap), sentence);
    }
}

/// One number of all, decided like each.
fn aggregated(aggregate: Aggregate, spec: &Spec, parts: &[&Part]) -> Outcome {
    let combined = |of: &dyn Fn(&Part) -> f64| -> f64 {
        let values = parts.iter().map(|part| of(part));
        match aggregate {
            Aggregate::Min => values.fold(f64::INFINITY, f64::min),
            Aggregate::Max => values.fold(f64::NEG_INFINITY, f64::max),
            _ => values.sum::<f64>() / parts.len() as f64,
        }
    };
    let seen: Option<Vec<f64>> = parts.iter().map(|part| part.seen).collect();
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
    let lows = || parts.iter().map(|part| part.low);
    let highs = || parts.iter().map(|part| part.high);
    let spread = aggregate == Aggregate::Spread;
    let (low, high) = if spread {
        let sure = most(&mut lows()) - least(&mut highs());
        (if sure > 0.0 { sure } else { 0.0 }, most(&mut highs()) - least(&mut lows()))
    } else {
        (combined(&|part| part.low), combined(&|part| part.high))
    };
    let seen = seen.map(|seen| {
        if spread {
            most(&mut seen.iter().copied()) - least(&mut seen.iter().copied())
        } else {
            combined(&|part| part.seen.unwrap_or(f64::NAN))
        }
    });
    // The spread of temperatures is a difference of some kelvin.
    let scale = if spread { Scale::of(parts[0].scale.difference) } else { parts[0].scale };
    let shown = seen.map_or_else(
        || "–".to_owned(),
        |seen| crate::outcome::with_unit(scale.unit.from_si(seen), scale.unit),
    );
    let limit = parts[0].ends.shown(scale.unit);
    let count = parts.len();
    let reason = bilingual(|_| {
        let (value, limit) = (shown.clone(), limit.clone());
        match aggregate {
            Aggregate::Min => {
                message!("verdict-least-of", count = count, value = value, limit = limit)
            }
            Aggregate::Max => {
                message!("verdict-most-of", count = count, value = value, limit = limit)
            }
            Aggregate::Spread => {
                message!("verdict-spread-of", count = count, value = value, limit = limit)
            }
            _ => message!("verdict-mean-of", count = count, value = value, limit = limit),
        }
    });
    let scalar = Scalar {
        low,
        high,
        seen,
        scale,
        budget: budget(aggregate, parts),
        single: aggregate == Aggregate::Mean,
        evidence: Vec::new(),
        reason,
    };
    let mut outcome = scalar.judge(&parts[0].ends, spec.decision, spec.rounding);
    if outcome.verdict == Verdict::Inconclusive {
        outcome.cause = outcome.cause.or(Some(Cause::Gap));
    }
    outcome
}

/// An extreme is as uncertain as the most uncertain of its parts; a mean has what is common whole,
/// and what is per sample as often as there are parts.
fn budget(aggregate: Aggregate, parts: &[&Part]) -> Option<Budget> {
    let budgets: Option<Vec<&Budget>> = parts.iter().map(|part| part.budget.as_ref()).collect();
    let budgets = budgets?;
    match aggregate {
        Aggregate::Mean => {
            let share = 1.0 / budgets.len() as f64;
            let parts: Vec<(&Budget, f64)> =
                budgets.into_iter().map(|budget| (budget, share)).collect();
            Some(Budget::combined(&parts))
        }
        _ => budgets.into_iter().max_by(|a, b| a.standard().total_cmp(&b.standard())).cloned(),
    }
}
