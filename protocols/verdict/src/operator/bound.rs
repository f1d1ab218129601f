//! BOUND: a statistic of a signal over the phase against a limit.
//!
//! The smallest and the largest value count every value that holds within the phase, that at its
//! beginning too. The mean is weighted by time. Percentiles are of the samples, by nearest rank
//! (Hyndman & Fan 1996, definition 1); where a share of the time is unobserved, as many samples
//! are taken to be missing, and may lie on either side.

use std::sync::Arc;

use trial::document::Title;
use trial::expression::Compare;
use trial::finding::{Measured, Verdict};
use trial::scenario::Statistic;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use crate::compile::difference_unit;
use crate::coverage::Coverage;
use crate::outcome::{Closing, Outcome, bilingual, decide, margin, with_unit};
use crate::signal::Store;

/// Most samples of which a percentile is taken; beyond it the criterion ends as an error.
pub const MAX_PERCENTILE_SAMPLES: usize = 1 << 21;
/// Samples of one shared block.
const BLOCK_SAMPLES: usize = 4096;

/// Samples in blocks that clones share.
#[derive(Debug, Clone, Default)]
struct Samples {
    blocks: Vec<Arc<[f64]>>,
    last: Vec<f64>,
    overflow: bool,
}

impl Samples {
    fn push(&mut self, value: f64) {
        if self.len() >= MAX_PERCENTILE_SAMPLES {
            self.overflow = true;
            return;
        }
        self.last.push(value);
        if self.last.len() == BLOCK_SAMPLES {
            self.blocks.push(Arc::from(std::mem::take(&mut self.last)));
        }
    }

    fn len(&self) -> usize {
        self.blocks.len() * BLOCK_SAMPLES + self.last.len()
    }

    fn sorted(&self) -> Vec<f64> {
        let mut all: Vec<f64> =
            self.blocks.iter().flat_map(|block| block.iter().copied()).collect();
        all.extend(&self.last);
        all.sort_by(f64::total_cmp);
        all
    }
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    signal: usize,
    statistic: Statistic,
    limit: (Compare, f64),
    gap_ns: i64,
    now: TrialTime,
    coverage: Coverage,
    smallest: Option<(f64, TrialTime)>,
    largest: Option<(f64, TrialTime)>,
    integral: f64,
    samples: Samples,
}

impl Bound {
    pub fn begin(
        signal: usize,
        statistic: Statistic,
        limit: (Compare, f64),
        gap_ns: i64,
        start: TrialTime,
    ) -> Bound {
        Bound {
            signal,
            statistic,
            limit,
            gap_ns,
            now: start,
            coverage: Coverage::default(),
            smallest: None,
            largest: None,
            integral: 0.0,
            samples: Samples::default(),
        }
    }

    /// The interval in which the statistic lies, and the observed statistic itself.
    fn interval(&self, complete: bool) -> (f64, f64, Option<f64>) {
        let open = self.coverage.is_broken() || !complete;
        let (minus, plus) = (f64::NEG_INFINITY, f64::INFINITY);
        match self.statistic {
            Statistic::Min => {
                let seen = self.smallest.map(|(value, _)| value);
                let high = seen.unwrap_or(plus);
                (if open { minus } else { high }, high, seen)
            }
            Statistic::Max => {
                let seen = self.largest.map(|(value, _)| value);
                let low = seen.unwrap_or(minus);
                (low, if open { plus } else { low }, seen)
            }
            Statistic::Mean => {
                let observed_ns = self.coverage.observed_ns();
                let seen = (observed_ns > 0).then(|| self.integral / observed_ns as f64);
                match seen.filter(|_| !open) {
                    Some(mean) => (mean, mean, seen),
                    None => (minus, plus, seen),
                }
            }
            Statistic::P05 => self.percentile(5.0, complete),
            Statistic::P95 => self.percentile(95.0, complete),
        }
    }

    fn percentile(&self, percent: f64, complete: bool) -> (f64, f64, Option<f64>) {
        let sorted = self.samples.sorted();
        let count = sorted.len() as f64;
        let rank = |rank: f64| {
            let position = rank.ceil().max(1.0) as usize - 1;
            sorted.get(position.min(sorted.len().saturating_sub(1))).copied()
        };
        let seen = rank(percent * count / 100.0);
        if !complete || self.coverage.observed_ns() == 0 || sorted.is_empty() {
            return (f64::NEG_INFINITY, f64::INFINITY, seen);
        }
        // In this order, so that whole numbers stay whole.
        let all = count * self.coverage.total_ns() as f64 / self.coverage.observed_ns() as f64;
        let wanted = percent * all / 100.0;
        let lowest = wanted - (all - count);
        let low = if lowest > 0.0 { rank(lowest) } else { None };
        let high = if wanted.ceil() <= count { rank(wanted) } else { None };
        (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY), seen)
    }

    fn reason(&self, closing: &Closing<'_>, shown: Option<f64>) -> Title {
        let info = &closing.signals[self.signal];
        let (compare, limit) = self.limit;
        let limit = with_unit(info.unit.from_si(limit), info.unit);
        let limit = format!("{} {limit}", compare.shown());
        let value = shown.map_or_else(|| "–".to_owned(), |value| with_unit(value, info.unit));
        bilingual(|language| {
            let signal = info.title.in_language(language);
            match self.statistic {
                Statistic::Min => {
                    message!("verdict-bound-min", signal = signal, value = value, limit = limit)
                }
                Statistic::Max => {
                    message!("verdict-bound-max", signal = signal, value = value, limit = limit)
                }
                Statistic::Mean => {
                    message!("verdict-bound-mean", signal = signal, value = value, limit = limit)
                }
                Statistic::P05 => {
                    message!("verdict-bound-p05", signal = signal, value = value, limit = limit)
                }
                Statistic::P95 => {
                    message!("verdict-bound-p95", signal = signal, value = value, limit = limit)
                }
            }
        })
    }
}

impl Judge for Bound {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        while self.now < to {
            let observed = store.observed(self.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            if let Some((value, _)) = observed {
                self.integral += value * until.since(self.now) as f64;
            }
            let missing = observed.is_none().then_some(self.signal);
            self.coverage.add(self.now, until, missing);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        let Some((value, _)) = store.observed(self.signal, at, self.gap_ns) else {
            self.coverage.note_missing(at, self.signal);
            return;
        };
        if self.smallest.is_none_or(|(smallest, _)| value < smallest) {
            self.smallest = Some((value, at));
        }
        if self.largest.is_none_or(|(largest, _)| value > largest) {
            self.largest = Some((value, at));
        }
        if matches!(self.statistic, Statistic::P05 | Statistic::P95) {
            self.samples.push(value);
        }
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let (compare, limit) = self.limit;
        if self.samples.overflow {
            return Outcome::bare(
                Verdict::Error,
                bilingual(|_| message!("verdict-too-many", limit = MAX_PERCENTILE_SAMPLES)),
            );
        }
        let (low, high, seen) = self.interval(closing.complete);
        let (worst, best) = match compare {
            Compare::AtLeast | Compare::MoreThan => (low, high),
            Compare::AtMost | Compare::LessThan => (high, low),
        };
        let info = &closing.signals[self.signal];
        let unit = difference_unit(info.unit);
        let end = |value: f64| compare.margin(value, limit) / unit.factor;
        let shown = seen.map(|value| info.unit.from_si(value));
        let worst_sample = match self.statistic {
            Statistic::Min => self.smallest,
            Statistic::Max => self.largest,
            _ => None,
        };
        let evidence = match worst_sample {
            Some((value, at)) => closing.evidence(self.signal, Span::new(at, at), Some(value)),
            None => closing.evidence(self.signal, closing.span, seen),
        };
        let mut outcome = Outcome {
            verdict: decide(compare.holds(worst, limit), compare.holds(best, limit)),
            measured: shown.map(|value| Measured { value, unit: info.unit }),
            margin: Some(margin(end(worst), end(best), unit)),
            coverage: None,
            evidence: vec![evidence],
            reason: self.reason(closing, shown),
        };
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_many_samples_share_them_and_the_cap_is_told() {
        let mut samples = Samples::default();
        for _ in 0..MAX_PERCENTILE_SAMPLES {
            samples.push(1.0);
        }
        assert!(!samples.overflow);
        assert!(samples.last.is_empty());
        samples.push(1.0);
        assert!(samples.overflow);
        assert_eq!(samples.len(), MAX_PERCENTILE_SAMPLES);
    }
}
