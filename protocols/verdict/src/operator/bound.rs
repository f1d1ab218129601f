//! BOUND: a level of a signal over the phase against limits.
//!
//! TRIP is the same with the level at an event. An extreme takes the common part of the uncertainty
//! alone, for its sample is not known beforehand; a mean the scatter of its samples, too. Of an
//! extreme no probability of conformance is told: it is no single measurand.

use std::ops::Range;

use trial::document::Title;
use trial::finding::{Measured, Verdict};
use trial::record::Mark;
use trial::time::TrialTime;
use words::message;

use super::Judge;
use super::level::{Level, Leveled, Number};
use crate::compile::{Ends, LevelSpec};
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::{Column, Store};
use crate::uncertainty::Budget;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    signal: usize,
    spec: LevelSpec,
    ends: Ends,
    level: Level,
    /// The same level of the signal without its filter.
    raw: Option<(usize, Level)>,
}

impl Bound {
    pub fn begin(
        (signal, raw): (usize, Option<usize>),
        spec: &LevelSpec,
        ends: Ends,
        gap_ns: i64,
        store: &Store,
        start: TrialTime,
    ) -> Bound {
        let level = |signal| Level::begin(signal, spec, gap_ns, store, start);
        Bound {
            signal,
            spec: spec.clone(),
            ends,
            level: level(signal),
            raw: raw.map(|raw| (raw, level(raw))),
        }
    }

    fn reason(&self, closing: &Closing<'_>, number: &Number) -> Title {
        let info = closing.info(self.signal);
        let limit = self.ends.shown(info.unit);
        let value = number
            .seen
            .map_or_else(|| "–".to_owned(), |value| with_unit(info.unit.from_si(value), info.unit));
        bilingual(|language| {
            let signal = info.title.in_language(language);
            let of = level_words(&self.spec, language);
            message!("verdict-bound", level = of, signal = signal, value = value, limit = limit)
        })
    }

    fn budget(&self, closing: &Closing<'_>, number: &Number) -> Option<Budget> {
        let budget = closing.budget(self.signal, number.seen?)?;
        match self.spec {
            LevelSpec::Min | LevelSpec::Max | LevelSpec::P05 | LevelSpec::P95 => {
                Some(budget.common())
            }
            LevelSpec::Mean | LevelSpec::MeanFirst(_) | LevelSpec::MeanLast(_) => {
                let statistics = self.level.statistics(closing.span.end)?;
                budget.of_mean("samples", &statistics)
            }
            _ => Some(budget),
        }
    }
}

/// The words for a level.
pub(super) fn level_words(level: &LevelSpec, language: words::Language) -> String {
    let seconds = |ns: i64| crate::outcome::number(ns as f64 / 1e9);
    match level {
        LevelSpec::Min => message!("level-min"),
        LevelSpec::Max => message!("level-max"),
        LevelSpec::Mean => message!("level-mean"),
        LevelSpec::P05 => message!("level-p05"),
        LevelSpec::P95 => message!("level-p95"),
        LevelSpec::Initial => message!("level-initial"),
        LevelSpec::Final => message!("level-final"),
        LevelSpec::MeanFirst(ns) => message!("level-mean-first", seconds = seconds(*ns)),
        LevelSpec::MeanLast(ns) => message!("level-mean-last", seconds = seconds(*ns)),
        LevelSpec::After(ns) => message!("level-after", seconds = seconds(*ns)),
        LevelSpec::At(_) => message!("level-at"),
    }
    .in_language(language)
}

impl Judge for Bound {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        self.level.advance(store, to);
        if let Some((_, raw)) = &mut self.raw {
            raw.advance(store, to);
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.level.sample(store, at);
        if let Some((_, raw)) = &mut self.raw {
            raw.sample(store, at);
        }
    }

    fn samples(&mut self, store: &Store, column: &Column, range: Range<usize>) -> usize {
        if self.raw.is_some() { 0 } else { self.level.samples(store, column, range) }
    }

    fn mark_after(&mut self, store: &Store, mark: &Mark) {
        self.level.mark_after(store, mark);
    }

    fn moment(&self) -> Option<TrialTime> {
        self.level.moment()
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let number = match self.level.leveled(closing.span.end, closing.complete) {
            Leveled::TooMany(limit) => return Outcome::too_many(limit),
            Leveled::NoEvent => {
                let reason = bilingual(|_| message!("verdict-event-never-came"));
                return Outcome::bare(Verdict::NotExercised, reason);
            }
            Leveled::Number(number) => number,
        };
        let info = closing.info(self.signal);
        let single =
            !matches!(self.spec, LevelSpec::Min | LevelSpec::Max | LevelSpec::P05 | LevelSpec::P95);
        let scalar = Scalar {
            low: number.low,
            high: number.high,
            seen: number.seen,
            scale: Scale::of(info.unit),
            budget: self.budget(closing, &number),
            single,
            evidence: vec![closing.evidence(self.signal, number.span, number.seen)],
            reason: self.reason(closing, &number),
        };
        let mut outcome = closing.judge(scalar, &self.ends);
        if let Some((signal, raw)) = &self.raw
            && let Leveled::Number(Number { seen: Some(seen), .. }) =
                raw.leveled(closing.span.end, closing.complete)
        {
            let unit = closing.info(*signal).unit;
            let value = unit.from_si(seen);
            outcome.raw = Some(Measured { value, unit });
            if number.seen != Some(seen) {
                let shown = with_unit(value, unit);
                outcome.reason.add(bilingual(|_| message!("verdict-raw", value = shown)));
            }
        }
        if self.level.is_of_phase() {
            closing.gate(&self.level.coverage, &mut outcome);
        } else {
            closing.gate_instant(number.missing, number.span, &mut outcome);
        }
        outcome
    }
}
