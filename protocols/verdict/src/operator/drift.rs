//! DRIFT: how far a signal drifts over the phase: the slope of the line of least squares times the
//! length of the phase, or the mean of a time at its end less that of as long a time at its
//! beginning.
//!
//! The calibration's common part falls out: only what is per sample, and the scatter of the samples,
//! is uncertain.

use trial::finding::Verdict;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::level::{Level, Leveled};
use crate::compile::{Ends, LevelSpec, difference_unit};
use crate::coverage::Coverage;
use crate::outcome::{Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::SampleStatistics;
use crate::uncertainty::{Budget, Contribution};

/// Sums of a straight line of least squares, about the first sample.
#[derive(Debug, Clone, Default)]
struct Line {
    first: Option<(TrialTime, f64)>,
    count: f64,
    /// Means of time and value, and sums of their squares and products about the means.
    time: f64,
    value: f64,
    times: f64,
    products: f64,
    values: f64,
}

impl Line {
    fn push(&mut self, at: TrialTime, value: f64) {
        let (start, zero) = *self.first.get_or_insert((at, value));
        let (time, value) = (at.since(start) as f64 / 1e9, value - zero);
        self.count += 1.0;
        let (time_step, value_step) = (time - self.time, value - self.value);
        self.time += time_step / self.count;
        self.value += value_step / self.count;
        self.times += time_step * (time - self.time);
        self.products += time_step * (value - self.value);
        self.values += value_step * (value - self.value);
    }

    /// Slope per second.
    fn slope(&self) -> Option<f64> {
        (self.times > 0.0).then(|| self.products / self.times)
    }

    /// Standard deviation of the slope, with samples that are worth `effective` independent ones.
    fn deviation(&self, effective: f64) -> Option<f64> {
        let slope = self.slope()?;
        let rest = self.values - slope * self.products;
        let freedom = self.count - 2.0;
        let scatter = (freedom > 0.0).then(|| (rest.max(0.0) / freedom).sqrt())?;
        Some(scatter / self.times.sqrt() * (self.count / effective.max(1.0)).sqrt())
    }
}

#[derive(Debug, Clone)]
enum Kind {
    Slope(Line, Box<SampleStatistics>),
    Difference(Box<(Level, Level)>),
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Drift {
    signal: usize,
    limit: f64,
    gap_ns: i64,
    now: TrialTime,
    coverage: Coverage,
    kind: Kind,
}

impl Drift {
    pub fn begin(
        signal: usize,
        over_ns: Option<i64>,
        limit: f64,
        gap_ns: i64,
        store: &Store,
        start: TrialTime,
    ) -> Drift {
        let kind = match over_ns {
            None => Kind::Slope(Line::default(), Box::new(SampleStatistics::new())),
            Some(ns) => {
                let level = |spec| Level::begin(signal, &spec, gap_ns, store, start);
                let first = level(LevelSpec::MeanFirst(ns));
                Kind::Difference(Box::new((first, level(LevelSpec::MeanLast(ns)))))
            }
        };
        Drift { signal, limit, gap_ns, now: start, coverage: Coverage::default(), kind }
    }
}

impl Judge for Drift {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        if let Kind::Difference(levels) = &mut self.kind {
            levels.0.advance(store, to);
            levels.1.advance(store, to);
        }
        while self.now < to {
            let observed = store.observed(self.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            let missing = observed.is_none().then(|| store.missing(self.signal));
            self.coverage.add(self.now, until, missing);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        let observed = store.observed(self.signal, at, self.gap_ns);
        match &mut self.kind {
            Kind::Difference(levels) => {
                levels.0.sample(store, at);
                levels.1.sample(store, at);
            }
            Kind::Slope(line, statistics) => match observed {
                Some((value, _)) => {
                    line.push(at, value);
                    statistics.push(value);
                }
                None => self.coverage.note_missing(at, self.signal, store),
            },
        }
    }

    fn moment(&self) -> Option<TrialTime> {
        Some(self.now)
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let seconds = closing.span.seconds();
        let (low, high, seen, scatter) = match &self.kind {
            Kind::Slope(line, statistics) => {
                let seen = line.slope().map(|slope| slope * seconds);
                let whole = closing.complete && !self.coverage.is_broken();
                let known = seen.filter(|_| whole);
                let deviation = line.deviation(statistics.effective_count());
                let scatter = deviation.map(|deviation| deviation * seconds);
                let (minus, plus) = (f64::NEG_INFINITY, f64::INFINITY);
                (known.unwrap_or(minus), known.unwrap_or(plus), seen, scatter)
            }
            Kind::Difference(levels) => {
                let leveled = |level: &Level| level.leveled(closing.span.end, closing.complete);
                let (Leveled::Number(first), Leveled::Number(last)) =
                    (leveled(&levels.0), leveled(&levels.1))
                else {
                    return Outcome::bare(
                        Verdict::Error,
                        bilingual(|_| {
                            message!("verdict-too-many", limit = super::MAX_WINDOW_ENTRIES)
                        }),
                    );
                };
                let seen = first.seen.zip(last.seen).map(|(first, last)| last - first);
                let scatter = [&levels.0, &levels.1].iter().try_fold(0.0, |sum, level| {
                    let statistics = level.statistics(closing.span.end)?;
                    let deviation = statistics.standard_deviation()?;
                    Some(sum + deviation * deviation / statistics.effective_count())
                });
                (last.low - first.high, last.high - first.low, seen, scatter.map(f64::sqrt))
            }
        };
        let info = closing.info(self.signal);
        let unit = difference_unit(info.unit);
        let value = seen.map_or_else(|| "–".to_owned(), |seen| with_unit(seen / unit.factor, unit));
        let limit = with_unit(self.limit / unit.factor, unit);
        let reason = bilingual(|language| {
            let signal = info.title.in_language(language);
            message!("verdict-drift", signal = signal, value = value, limit = limit)
        });
        let known = closing.budget(self.signal, 0.0).is_some();
        let scatter = scatter.filter(|_| known);
        let ends = Ends { low: Some((-self.limit, false)), high: Some((self.limit, false)) };
        let scalar = Scalar {
            low,
            high,
            seen,
            scale: Scale::of(unit),
            budget: scatter
                .map(|scatter| Budget::default().with(Contribution::standard("samples", scatter))),
            single: true,
            evidence: vec![closing.evidence(
                self.signal,
                Span::new(closing.span.start, closing.span.end),
                None,
            )],
            reason,
        };
        let mut outcome = closing.judge(scalar, &ends);
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}
