//! ACCUM: what a signal adds up to over the phase: its integral over time, or the difference of a
//! totaliser, whose wraps were undone when it was read.
//!
//! What passed while nothing was observed is not known: the sum is then open upwards for a signal
//! that is never negative, and to both sides otherwise. A totaliser that fell was reset: its
//! difference says nothing.

use trial::finding::Cause;
use trial::scenario::{Accumulation, Interpolation};
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::area::Area;
use crate::budgets::difference;
use crate::compile::limits::integral_unit;
use crate::compile::{Ends, difference_unit};
use crate::coverage::Coverage;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::Budget;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Accumulate {
    signal: usize,
    how: Accumulation,
    linear: bool,
    ends: Ends,
    gap_ns: i64,
    start: TrialTime,
    now: TrialTime,
    coverage: Coverage,
    area: Area,
    /// What straight lines between samples add to the values held.
    triangles: f64,
    /// The value at `now`, where it is observed.
    held: Option<f64>,
    first: Option<(TrialTime, f64)>,
    last: Option<(TrialTime, f64)>,
    fell: bool,
    negative: bool,
}

impl Accumulate {
    pub fn begin(
        signal: usize,
        (how, interpolation): (Accumulation, Interpolation),
        ends: Ends,
        gap_ns: i64,
        start: TrialTime,
    ) -> Accumulate {
        Accumulate {
            signal,
            how,
            linear: interpolation == Interpolation::Linear,
            ends,
            gap_ns,
            start,
            now: start,
            coverage: Coverage::default(),
            area: Area::default(),
            triangles: 0.0,
            held: None,
            first: None,
            last: None,
            fell: false,
            negative: false,
        }
    }

    /// In the coherent SI unit times nanoseconds.
    fn integral(&self) -> f64 {
        self.area.total() + self.triangles
    }

    fn budget(&self, closing: &Closing<'_>) -> Option<Budget> {
        match self.how {
            Accumulation::Difference => {
                let (first, last) = (self.first?.1, self.last?.1);
                let first = closing.budget(self.signal, first)?;
                Some(difference(&first, &closing.budget(self.signal, last)?))
            }
            Accumulation::Integral => {
                // What is common to all samples adds up with the time; what is per sample averages
                // out and is left.
                let seconds = self.coverage.observed_ns() as f64 / 1e9;
                let mean = self.integral() / self.coverage.observed_ns().max(1) as f64;
                Some(closing.budget(self.signal, mean)?.common().scaled(seconds))
            }
        }
    }
}

impl Judge for Accumulate {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        while self.now < to {
            let observed = store.observed(self.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            self.area.pass(self.now, until, observed.map(|(value, _)| value));
            let missing = observed.is_none().then(|| store.missing(self.signal));
            self.coverage.add(self.now, until, missing);
            self.held = observed.map(|(value, _)| value);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.area.cut();
        let Some((value, _)) = store.observed(self.signal, at, self.gap_ns) else {
            self.coverage.note_missing(at, self.signal, store);
            self.held = None;
            return;
        };
        if self.linear
            && let (Some(held), Some((last, _))) = (self.held, self.last)
        {
            // Between the two samples the earlier one was counted: the triangle above it is left.
            self.triangles += (value - held) / 2.0 * at.since(last.max(self.start)) as f64;
        }
        self.fell |= self.last.is_some_and(|(_, last)| value < last);
        self.negative |= value < 0.0;
        self.first = self.first.or(Some((at, value)));
        self.last = Some((at, value));
    }

    fn moment(&self) -> Option<TrialTime> {
        self.last.map(|(at, _)| at)
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let unit = closing.info(self.signal).unit;
        let (minus, plus) = (f64::NEG_INFINITY, f64::INFINITY);
        let open = self.coverage.is_broken() || !closing.complete;
        let (seen, low, high, unit) = match self.how {
            Accumulation::Integral => {
                let sum = self.integral() / 1e9;
                let low = if open && self.negative { minus } else { sum };
                (Some(sum), low, if open { plus } else { sum }, integral_unit(unit))
            }
            Accumulation::Difference => {
                let seen = self.first.zip(self.last).map(|((_, first), (_, last))| last - first);
                let least = seen.filter(|_| !self.fell).unwrap_or(minus);
                // A totaliser counts through a gap; only the ends of the phase can be missing.
                let ends =
                    self.first.is_some_and(|(at, _)| at == self.start) && self.held.is_some();
                let high = if ends && closing.complete && !self.fell { least } else { plus };
                (seen, least, high, difference_unit(unit))
            }
        };
        let info = closing.info(self.signal);
        let value = seen.map_or_else(|| "–".to_owned(), |seen| with_unit(unit.from_si(seen), unit));
        let limit = self.ends.shown(unit);
        let mut reason = bilingual(|language| {
            let signal = info.title.in_language(language);
            message!("verdict-accumulated", signal = signal, value = value, limit = limit)
        });
        let reset = self.fell && self.how == Accumulation::Difference;
        if reset {
            reason.add(bilingual(|_| message!("verdict-totaliser-fell")));
        }
        let scalar = Scalar {
            low,
            high,
            seen,
            scale: Scale::of(unit),
            budget: self.budget(closing),
            single: true,
            evidence: vec![closing.evidence(
                self.signal,
                Span::new(self.start, closing.span.end),
                None,
            )],
            reason,
        };
        let mut outcome = closing.judge(scalar, &self.ends);
        if reset && outcome.cause.is_none() {
            outcome.cause = Some(Cause::BadQuality);
        }
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}
