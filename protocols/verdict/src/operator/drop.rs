//! DROP: a signal changes by no more than an allowance from one level to another.
//!
//! The relative part of the allowance is of the earlier level. What the calibration adds to both
//! levels alike falls out of their difference.

use trial::finding::Verdict;
use trial::record::Mark;
use trial::scenario::Direction;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::bound::level_words;
use super::level::{Level, Leveled, Number};
use crate::budgets::difference;
use crate::compile::{DropSpec, Ends, difference_unit};
use crate::outcome::{Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Drop {
    spec: DropSpec,
    from: Level,
    to: Level,
}

impl Drop {
    pub fn begin(spec: &DropSpec, gap_ns: i64, store: &Store, start: TrialTime) -> Drop {
        let level = |level| Level::begin(spec.signal, level, gap_ns, store, start);
        Drop { from: level(&spec.from), to: level(&spec.to), spec: spec.clone() }
    }

    /// The change between values of the two levels, the way it counts.
    fn change(&self, from: f64, to: f64) -> f64 {
        match self.spec.direction {
            Direction::Fall => from - to,
            Direction::Rise => to - from,
            Direction::Either => (from - to).abs(),
        }
    }

    /// The interval of the change for the intervals of the levels.
    fn interval(&self, from: &Number, to: &Number) -> (f64, f64) {
        let (down, up) = (from.low - to.high, from.high - to.low);
        match self.spec.direction {
            Direction::Fall => (down, up),
            Direction::Rise => (-up, -down),
            Direction::Either => {
                let least = if down <= 0.0 && up >= 0.0 { 0.0 } else { down.abs().min(up.abs()) };
                (least, down.abs().max(up.abs()))
            }
        }
    }
}

impl Judge for Drop {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        self.from.advance(store, to);
        self.to.advance(store, to);
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.from.sample(store, at);
        self.to.sample(store, at);
    }

    fn mark_after(&mut self, store: &Store, mark: &Mark) {
        self.from.mark_after(store, mark);
        self.to.mark_after(store, mark);
    }

    fn moment(&self) -> Option<TrialTime> {
        self.to.moment()
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let signal = self.spec.signal;
        let leveled = |level: &Level| level.leveled(closing.span.end, closing.complete);
        let (from, to) = match (leveled(&self.from), leveled(&self.to)) {
            (Leveled::Number(from), Leveled::Number(to)) => (from, to),
            (Leveled::TooMany(limit), _) | (_, Leveled::TooMany(limit)) => {
                return Outcome::too_many(limit);
            }
            _ => {
                let reason = bilingual(|_| message!("verdict-event-never-came"));
                return Outcome::bare(Verdict::NotExercised, reason);
            }
        };
        let (low, high) = self.interval(&from, &to);
        let seen = from.seen.zip(to.seen).map(|(from, to)| self.change(from, to));
        let info = closing.info(signal);
        let unit = difference_unit(info.unit);
        // Without the earlier level there is nothing to which the relative part could be.
        let allowed = self.spec.allowance.of(from.seen.unwrap_or(0.0));
        let ends = Ends::at_most(allowed);
        let shown = |value: Option<f64>| {
            let in_unit = |value| with_unit(info.unit.from_si(value), info.unit);
            value.map_or_else(|| "–".to_owned(), in_unit)
        };
        let change =
            seen.map_or_else(|| "–".to_owned(), |seen| with_unit(seen / unit.factor, unit));
        let (before, after) = (shown(from.seen), shown(to.seen));
        let limit = with_unit(allowed / unit.factor, unit);
        let reason = bilingual(|language| {
            message!(
                "verdict-drop",
                signal = info.title.in_language(language),
                change = change,
                earlier = level_words(&self.spec.from, language),
                before = before,
                later = level_words(&self.spec.to, language),
                after = after,
                limit = limit
            )
        });
        let budget = from.seen.zip(to.seen).and_then(|(from, to)| {
            Some(difference(&closing.budget(signal, from)?, &closing.budget(signal, to)?))
        });
        let scalar = Scalar {
            low,
            high,
            seen,
            scale: Scale::of(unit),
            budget,
            single: true,
            evidence: vec![
                closing.evidence(signal, from.span, from.seen),
                closing.evidence(signal, to.span, to.seen),
            ],
            reason,
        };
        let mut outcome = closing.judge(scalar, &ends);
        let missing = if from.seen.is_none() { from.span } else { to.span };
        let span = Span::new(missing.start, missing.end);
        closing.gate_instant(from.missing.or(to.missing), span, &mut outcome);
        outcome
    }
}
