//! ERRREF: the indication of the item under trial against a reference.
//!
//! The error is compared with an allowance that is absolute, relative to the reference, the larger of
//! both, or their sum: at a level of both signals, or at every instant at which either is new.

use trial::finding::Verdict;
use trial::record::Mark;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::level::{Level, Leveled, Number};
use crate::compile::{Ends, ErrorSpec, difference_unit};
use crate::coverage::Coverage;
use crate::outcome::{Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::Budget;

/// An error at an instant: the item's value, the reference's, and how far the error is allowed.
#[derive(Debug, Clone, Copy)]
struct Instant {
    at: TrialTime,
    item: f64,
    reference: f64,
    allowed: f64,
}

impl Instant {
    fn margin(&self) -> f64 {
        self.allowed - (self.item - self.reference).abs()
    }
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Error {
    spec: ErrorSpec,
    gap_ns: i64,
    now: TrialTime,
    coverage: Coverage,
    worst: Option<Instant>,
    levels: Option<Box<(Level, Level)>>,
}

impl Error {
    pub fn begin(spec: &ErrorSpec, gap_ns: i64, store: &Store, start: TrialTime) -> Error {
        let levels = spec.at.as_ref().map(|level| {
            let level = |signal| Level::begin(signal, level, gap_ns, store, start);
            Box::new((level(spec.item), level(spec.reference)))
        });
        let coverage = Coverage::default();
        Error { spec: spec.clone(), gap_ns, now: start, coverage, worst: None, levels }
    }

    fn instant(&self, at: TrialTime, item: f64, reference: f64) -> Instant {
        Instant { at, item, reference, allowed: self.spec.allowance.of(reference) }
    }

    /// The budget of the difference of both: the item's indication is what is judged, so that only
    /// the reference is uncertain where the item has no calibration.
    fn budget(&self, closing: &Closing<'_>, item: f64, reference: f64) -> Option<Budget> {
        let reference = closing.budget(self.spec.reference, reference)?;
        match closing.budget(self.spec.item, item) {
            Some(item) => Some(Budget::combined(&[(&item, 1.0), (&reference, -1.0)])),
            None => Some(reference),
        }
    }

    fn told(
        &self,
        closing: &Closing<'_>,
        (low, high): (f64, f64),
        seen: Option<Instant>,
        span: Span,
    ) -> Outcome {
        let unit = closing.info(self.spec.item).unit;
        let difference = difference_unit(unit);
        let allowed = seen.map_or(0.0, |seen| seen.allowed);
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "–".to_owned(), |value| with_unit(unit.from_si(value), unit))
        };
        let error = seen.map(|seen| (seen.item - seen.reference).abs());
        let size = error.map_or_else(
            || "–".to_owned(),
            |error| with_unit(error / difference.factor, difference),
        );
        let item = shown(seen.map(|seen| seen.item));
        let reference = shown(seen.map(|seen| seen.reference));
        let limit = with_unit(allowed / difference.factor, difference);
        let reason = bilingual(|_| {
            message!(
                "verdict-error-of-reference",
                error = size,
                item = item,
                reference = reference,
                limit = limit
            )
        });
        let budget = seen.and_then(|seen| self.budget(closing, seen.item, seen.reference));
        let single = self.spec.at.is_some();
        let scalar = Scalar {
            low,
            high,
            seen: error,
            scale: Scale::of(difference),
            budget: budget.map(|budget| if single { budget } else { budget.common() }),
            single,
            evidence: vec![
                closing.evidence(self.spec.item, span, seen.map(|seen| seen.item)),
                closing.evidence(self.spec.reference, span, seen.map(|seen| seen.reference)),
            ],
            reason,
        };
        closing.judge(scalar, &Ends::at_most(allowed))
    }
}

impl Judge for Error {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        if let Some(levels) = &mut self.levels {
            levels.0.advance(store, to);
            levels.1.advance(store, to);
            return;
        }
        while self.now < to {
            let observed = |signal| store.observed(signal, self.now, self.gap_ns);
            let (item, reference) = (observed(self.spec.item), observed(self.spec.reference));
            let ends = [item, reference].into_iter().flatten().map(|(_, until)| until);
            let until = ends.min().unwrap_or(to).min(to);
            let missing = match (item, reference) {
                (None, _) => Some(store.missing(self.spec.item)),
                (_, None) => Some(store.missing(self.spec.reference)),
                _ => None,
            };
            self.coverage.add(self.now, until, missing);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        if let Some(levels) = &mut self.levels {
            levels.0.sample(store, at);
            levels.1.sample(store, at);
            return;
        }
        let observed = |signal| store.observed(signal, at, self.gap_ns).map(|(value, _)| value);
        match (observed(self.spec.item), observed(self.spec.reference)) {
            (Some(item), Some(reference)) => {
                let instant = self.instant(at, item, reference);
                if self.worst.is_none_or(|worst| instant.margin() < worst.margin()) {
                    self.worst = Some(instant);
                }
            }
            (None, _) => self.coverage.note_missing(at, self.spec.item, store),
            (_, None) => self.coverage.note_missing(at, self.spec.reference, store),
        }
    }

    fn mark_after(&mut self, store: &Store, mark: &Mark) {
        if let Some(levels) = &mut self.levels {
            levels.0.mark_after(store, mark);
            levels.1.mark_after(store, mark);
        }
    }

    fn moment(&self) -> Option<TrialTime> {
        match &self.levels {
            Some(levels) => levels.0.moment(),
            None => self.worst.map(|worst| worst.at),
        }
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let Some(levels) = &self.levels else {
            let open = self.coverage.is_broken() || !closing.complete || self.worst.is_none();
            let seen = self.worst.map(|worst| (worst.item - worst.reference).abs());
            let low = seen.unwrap_or(0.0);
            let high = if open { f64::INFINITY } else { low };
            let span = self.worst.map_or(closing.span, |worst| Span::new(worst.at, worst.at));
            let mut outcome = self.told(closing, (low, high), self.worst, span);
            closing.gate(&self.coverage, &mut outcome);
            return outcome;
        };
        let leveled = |level: &Level| level.leveled(closing.span.end, closing.complete);
        let (item, reference) = match (leveled(&levels.0), leveled(&levels.1)) {
            (Leveled::Number(item), Leveled::Number(reference)) => (item, reference),
            (Leveled::TooMany(limit), _) | (_, Leveled::TooMany(limit)) => {
                return Outcome::too_many(limit);
            }
            _ => {
                let reason = bilingual(|_| message!("verdict-event-never-came"));
                return Outcome::bare(Verdict::NotExercised, reason);
            }
        };
        let (low, high) = size_of_difference(&item, &reference);
        let seen = item.seen.zip(reference.seen);
        let seen = seen.map(|(item, reference)| self.instant(closing.span.start, item, reference));
        let mut outcome = self.told(closing, (low, high), seen, item.span);
        closing.gate_instant(item.missing.or(reference.missing), item.span, &mut outcome);
        outcome
    }
}

/// The interval of the size of a difference.
fn size_of_difference(item: &Number, reference: &Number) -> (f64, f64) {
    let (down, up) = (item.low - reference.high, item.high - reference.low);
    let least = if down <= 0.0 && up >= 0.0 { 0.0 } else { down.abs().min(up.abs()) };
    (least, down.abs().max(up.abs()))
}
