//! Levels: one number of a signal over a phase, with the interval in which it lies where something
//! was not observed.
//!
//! The smallest and the largest value count every value that holds within the phase, that at its
//! beginning too. Means are weighted by time. Percentiles are of the samples, by nearest rank
//! (Hyndman & Fan 1996, definition 1); where a share of the time is unobserved, as many samples
//! are taken to be missing, and may lie on either side.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use trial::record::Mark;
use trial::time::{Span, TrialTime};

use super::area::Area;
use super::event::{FirstEvent, Found};
use super::window::MAX_WINDOW_ENTRIES;
use crate::compile::LevelSpec;
use crate::coverage::{Coverage, Missing, Taken};
use crate::signal::{Column, Store};
use crate::uncertainty::SampleStatistics;

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

/// The number, and where it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    /// It lies between these.
    pub low: f64,
    pub high: f64,
    /// As it was observed.
    pub seen: Option<f64>,
    /// Why it was not, where it is of one instant or of a stretch that must be whole.
    pub missing: Option<Missing>,
    /// Where to look.
    pub span: Span,
}

/// What a level is once the phase is over.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leveled {
    Number(Number),
    /// The event at which it would be taken did not come.
    NoEvent,
    /// More would have to be kept than may be.
    TooMany(usize),
}

/// What each kind of level remembers.
#[derive(Debug, Clone)]
enum Kind {
    Min(Option<(f64, TrialTime)>),
    Max(Option<(f64, TrialTime)>),
    Mean,
    Percentile(f64, Box<Samples>),
    /// The value at an instant, once it has come.
    At(TrialTime, Option<Taken>),
    Final,
    /// Up to an instant.
    MeanUntil(TrialTime),
    /// Stretches of the last so many nanoseconds, with their values; an unobserved one has none.
    MeanLast(i64, VecDeque<(TrialTime, TrialTime, Option<f64>)>),
    Event(Box<FirstEvent>),
}

/// Follows one level.
#[derive(Debug, Clone)]
pub(super) struct Level {
    signal: usize,
    gap_ns: i64,
    start: TrialTime,
    now: TrialTime,
    pub coverage: Coverage,
    area: Area,
    kind: Kind,
    statistics: Option<Box<SampleStatistics>>,
    /// The value that held until now.
    last: Option<Taken>,
    /// What was not observed last, and until when.
    unobserved: Option<(TrialTime, Missing)>,
    /// Samples have come since time passed at last.
    fresh: bool,
}

impl Level {
    /// The phase begins at `start`; its samples come afterwards.
    pub fn begin(
        signal: usize,
        spec: &LevelSpec,
        gap_ns: i64,
        store: &Store,
        start: TrialTime,
    ) -> Level {
        let kind = match spec {
            LevelSpec::Min => Kind::Min(None),
            LevelSpec::Max => Kind::Max(None),
            LevelSpec::Mean => Kind::Mean,
            LevelSpec::P05 => Kind::Percentile(5.0, Box::default()),
            LevelSpec::P95 => Kind::Percentile(95.0, Box::default()),
            LevelSpec::Initial => Kind::At(start, None),
            LevelSpec::Final => Kind::Final,
            LevelSpec::MeanFirst(ns) => Kind::MeanUntil(start.plus(*ns)),
            LevelSpec::MeanLast(ns) => Kind::MeanLast(*ns, VecDeque::new()),
            LevelSpec::After(ns) => Kind::At(start.plus(*ns), None),
            LevelSpec::At(trigger) => {
                Kind::Event(Box::new(FirstEvent::begin(trigger, store, start)))
            }
        };
        let mean = matches!(kind, Kind::Mean | Kind::MeanUntil(_));
        Level {
            signal,
            gap_ns,
            start,
            now: start,
            coverage: Coverage::default(),
            area: Area::default(),
            kind,
            statistics: mean.then(|| Box::new(SampleStatistics::new())),
            last: None,
            unobserved: None,
            fresh: true,
        }
    }

    pub fn advance(&mut self, store: &Store, to: TrialTime) {
        if let Kind::Event(event) = &mut self.kind {
            event.advance(store, to);
        }
        while self.now < to {
            let observed = store.observed(self.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            let value = observed.map(|(value, _)| value).ok_or_else(|| store.missing(self.signal));
            self.pass(until, value);
        }
    }

    /// A stretch in which nothing changes.
    fn pass(&mut self, to: TrialTime, taken: Taken) {
        let from = self.now;
        self.now = to;
        self.last = Some(taken);
        let value = taken.ok();
        self.unobserved = taken.err().map(|missing| (to, missing)).or(self.unobserved);
        let fresh = std::mem::take(&mut self.fresh);
        let mut counted = to;
        match &mut self.kind {
            Kind::At(at, found) => {
                if found.is_none() && *at < to {
                    *found = Some(taken);
                }
                return;
            }
            Kind::MeanUntil(until) => {
                counted = to.min(*until);
                if counted <= from {
                    return;
                }
            }
            Kind::MeanLast(ns, stretches) => {
                // Time that passes in pieces is one stretch.
                match stretches.back_mut() {
                    Some((_, end, held)) if !fresh && held.is_some() == value.is_some() => {
                        *end = to;
                    }
                    _ => stretches.push_back((from, to, value)),
                }
                let oldest = to.plus(-*ns);
                while stretches.front().is_some_and(|(_, end, _)| *end <= oldest) {
                    stretches.pop_front();
                }
                return;
            }
            Kind::Final | Kind::Event(_) => return,
            _ => {}
        }
        self.area.pass(from, counted, value);
        self.coverage.add(from, counted, taken.err());
    }

    pub fn sample(&mut self, store: &Store, at: TrialTime) {
        let taken = store.taken(self.signal, at, self.gap_ns);
        match &mut self.kind {
            Kind::Event(event) => {
                event.sample(store, at, Some(taken));
                return;
            }
            // What comes behind the time over which the mean is taken is no matter of it.
            Kind::MeanUntil(until) if at >= *until => return,
            _ => {}
        }
        // A sample of another signal, of an event or a reference, is none of this one.
        let own = store.held(self.signal).is_some_and(|held| held.time == at);
        if !own && at > self.start {
            return;
        }
        self.area.cut();
        self.fresh = true;
        let Ok(value) = taken else {
            // What is wanted of one instant only is not flawed by others.
            if !matches!(self.kind, Kind::At(..) | Kind::Final | Kind::MeanLast(..)) {
                self.coverage.note_missing(at, self.signal, store);
            }
            return;
        };
        match &mut self.kind {
            Kind::Min(smallest) if smallest.is_none_or(|(smallest, _)| value < smallest) => {
                *smallest = Some((value, at));
            }
            Kind::Max(largest) if largest.is_none_or(|(largest, _)| value > largest) => {
                *largest = Some((value, at));
            }
            Kind::Percentile(_, samples) => samples.push(value),
            _ => {}
        }
        if let Some(statistics) = &mut self.statistics {
            statistics.push(value);
        }
    }

    /// Takes samples that follow one another without a gap at once.
    pub fn samples(&mut self, store: &Store, column: &Column, range: Range<usize>) -> usize {
        if !matches!(self.kind, Kind::Min(_) | Kind::Max(_) | Kind::Mean) {
            return 0;
        }
        let Some(held) = store.held(self.signal).filter(|held| held.is_observed()) else {
            return 0;
        };
        let count = column.clean(range.clone(), held, self.gap_ns);
        if count == 0 {
            return 0;
        }
        let (times, values) = (
            &column.times[range.start..range.start + count],
            &column.values[range.start..range.start + count],
        );
        let from = self.now;
        if matches!(self.kind, Kind::Mean) {
            self.area.run(from, held.value, times, values);
        }
        self.now = times.last().copied().unwrap_or(from);
        self.coverage.add(from, self.now, None);
        match &mut self.kind {
            Kind::Min(smallest) => extreme(smallest, times, values, |new, old| new < old),
            Kind::Max(largest) => extreme(largest, times, values, |new, old| new > old),
            _ => {}
        }
        if let Some(statistics) = &mut self.statistics {
            values.iter().for_each(|value| statistics.push(*value));
        }
        count
    }

    pub fn mark_after(&mut self, store: &Store, mark: &Mark) {
        if let Kind::Event(event) = &mut self.kind {
            event.mark_after(mark, Some(store.taken(self.signal, mark.at, self.gap_ns)));
        }
    }

    /// The instant on which the number rests so far.
    pub fn moment(&self) -> Option<TrialTime> {
        match &self.kind {
            Kind::Min(found) | Kind::Max(found) => found.map(|(_, at)| at),
            Kind::At(at, taken) => taken.map(|_| *at),
            Kind::Event(event) => event.began(),
            Kind::MeanUntil(until) => Some(self.now.min(*until)),
            Kind::Mean | Kind::Percentile(..) | Kind::Final | Kind::MeanLast(..) => Some(self.now),
        }
    }

    /// What the scatter of the samples says, for a mean.
    pub fn statistics(&self, end: TrialTime) -> Option<SampleStatistics> {
        let Kind::MeanLast(ns, stretches) = &self.kind else {
            return self.statistics.as_deref().cloned();
        };
        let mut statistics = SampleStatistics::new();
        let oldest = end.plus(-*ns);
        let recent = stretches.iter().filter(|(_, to, _)| *to > oldest);
        recent.filter_map(|(.., value)| *value).for_each(|value| statistics.push(value));
        Some(statistics)
    }

    /// The number, with the phase ending at `end`.
    pub fn leveled(&self, end: TrialTime, complete: bool) -> Leveled {
        let whole = Span::new(self.start, end);
        let open = self.coverage.is_broken() || !complete;
        let (minus, plus) = (f64::NEG_INFINITY, f64::INFINITY);
        let number = |low, high, seen, span| {
            Leveled::Number(Number { low, high, seen, missing: None, span })
        };
        let known = |taken: Option<Taken>, span| {
            let (seen, missing) = (taken.and_then(Result::ok), taken.and_then(Result::err));
            let (low, high) = (seen.unwrap_or(minus), seen.unwrap_or(plus));
            Leveled::Number(Number { low, high, seen, missing, span })
        };
        match &self.kind {
            Kind::Min(found) => {
                let seen = found.map(|(value, _)| value);
                let high = seen.unwrap_or(plus);
                let span = found.map_or(whole, |(_, at)| Span::new(at, at));
                number(if open { minus } else { high }, high, seen, span)
            }
            Kind::Max(found) => {
                let seen = found.map(|(value, _)| value);
                let low = seen.unwrap_or(minus);
                let span = found.map_or(whole, |(_, at)| Span::new(at, at));
                number(low, if open { plus } else { low }, seen, span)
            }
            Kind::Mean => self.mean(whole, !open),
            Kind::MeanUntil(until) => {
                let span = Span::new(self.start, end.min(*until));
                self.mean(span, *until <= end && !self.coverage.is_broken())
            }
            Kind::Percentile(_, samples) if samples.overflow => {
                Leveled::TooMany(MAX_PERCENTILE_SAMPLES)
            }
            Kind::Percentile(percent, samples) => {
                let (low, high, seen) = self.percentile(*percent, &samples.sorted(), complete);
                number(low, high, seen, whole)
            }
            Kind::At(at, taken) => {
                // At the phase's end the value counts that holds when it ends.
                let ends = *at == end && complete;
                known(taken.or(self.last.filter(|_| ends)), Span::new(*at, *at))
            }
            Kind::Final => known(self.last.filter(|_| complete), Span::new(end, end)),
            Kind::MeanLast(_, stretches) if stretches.len() > MAX_WINDOW_ENTRIES => {
                Leveled::TooMany(MAX_WINDOW_ENTRIES)
            }
            Kind::MeanLast(ns, stretches) => {
                let from = end.plus(-*ns);
                let seen = mean_of(stretches, from, end).filter(|_| complete);
                let long = from >= self.start;
                let flaw = self.unobserved.filter(|(until, _)| *until > from);
                let taken = match (seen.filter(|_| long), flaw) {
                    (Some(mean), _) => Some(Ok(mean)),
                    (None, flaw) => flaw.map(|(_, missing)| Err(missing)),
                };
                known(taken, Span::new(from, end))
            }
            Kind::Event(event) => match event.found(complete) {
                Found::Never => Leveled::NoEvent,
                Found::Possible => known(None, whole),
                Found::Came(moment, value) => known(value, Span::new(moment.at, moment.at)),
            },
        }
    }

    fn mean(&self, span: Span, whole: bool) -> Leveled {
        let observed_ns = self.coverage.observed_ns();
        let seen = (observed_ns > 0).then(|| self.area.total() / observed_ns as f64);
        let (low, high) = match seen.filter(|_| whole) {
            Some(mean) => (mean, mean),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Leveled::Number(Number { low, high, seen, missing: None, span })
    }

    fn percentile(&self, percent: f64, sorted: &[f64], complete: bool) -> (f64, f64, Option<f64>) {
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

    /// Whether the level is a matter of the whole phase, so that its coverage counts.
    pub fn is_of_phase(&self) -> bool {
        matches!(self.kind, Kind::Min(_) | Kind::Max(_) | Kind::Mean | Kind::Percentile(..))
            || matches!(self.kind, Kind::MeanUntil(_))
    }
}

/// Values that are compared at once.
const LANES: usize = 8;

/// The first of the most extreme samples.
fn extreme(
    found: &mut Option<(f64, TrialTime)>,
    times: &[TrialTime],
    values: &[f64],
    beats: impl Fn(f64, f64) -> bool,
) {
    let Some(first) = values.first() else { return };
    // Several at once, none of which waits for another: the processor takes them together.
    let mut lanes = [*first; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, value) in lanes.iter_mut().zip(block) {
            *lane = if beats(*value, *lane) { *value } else { *lane };
        }
    }
    let all = lanes.iter().chain(rest);
    let best = all.fold(*first, |best, value| if beats(*value, best) { *value } else { best });
    if found.is_none_or(|(old, _)| beats(best, old))
        && let Some(at) = values.iter().position(|value| *value == best)
    {
        *found = Some((values[at], times[at]));
    }
}

/// The mean over [from, to), if all of it was observed.
fn mean_of(
    stretches: &VecDeque<(TrialTime, TrialTime, Option<f64>)>,
    from: TrialTime,
    to: TrialTime,
) -> Option<f64> {
    let (mut integral, mut length) = (0.0, 0i64);
    for (start, end, value) in stretches {
        let (start, end) = (start.max(&from), end.min(&to));
        if start < end {
            integral += (*value)? * end.since(*start) as f64;
            length += end.since(*start);
        }
    }
    (length > 0 && length == to.since(from)).then(|| integral / length as f64)
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
