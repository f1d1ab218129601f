//! Functions over time: a sample of theirs for each sample of their input.
//!
//! Invariants:
//! - A value is good only if the input was observed without a break over the whole window that it
//!   is made of; a break begins the window anew, and an integral that was broken stays unknown.
//! - Sums over a window are differences of running sums, so that any cut into blocks gives the same
//!   bits.

use std::collections::VecDeque;

use trial::expression::Function;
use trial::scenario::{Filter, Interpolation};
use trial::time::TrialTime;

use crate::ground::{Position, distance};
use crate::operator::window::{Entry, Smallest};
use crate::signal::Held;

/// Most samples of one window; a window with more has no value.
const MAX_WINDOW_SAMPLES: usize = 1 << 20;
/// Most samples of a median; a window with more has no value.
const MAX_MEDIAN_SAMPLES: usize = 4096;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Function { function: Function, window_ns: i64 },
    Filter(Filter),
}

/// The signal between two samples, with the running sums at its beginning.
#[derive(Debug, Clone, Copy)]
struct Segment {
    from: TrialTime,
    to: TrialTime,
    first: f64,
    last: f64,
    /// Integral of the signal and of its square up to `from`, per nanosecond.
    area: f64,
    square: f64,
}

impl Segment {
    fn length(&self) -> f64 {
        self.to.since(self.from) as f64
    }

    fn value(&self, at: TrialTime) -> f64 {
        let share = at.since(self.from) as f64 / self.length();
        self.first + (self.last - self.first) * share
    }

    fn area_until(&self, at: TrialTime) -> f64 {
        let length = at.since(self.from) as f64;
        self.area + (self.first + self.value(at)) / 2.0 * length
    }

    fn square_until(&self, at: TrialTime) -> f64 {
        let (a, b, length) = (self.first, self.value(at), at.since(self.from) as f64);
        self.square + (a * a + a * b + b * b) / 3.0 * length
    }
}

/// The state of one function over time.
#[derive(Debug, Clone)]
pub(super) struct OverTime {
    kind: Kind,
    gap_ns: i64,
    linear: bool,
    last: Option<Held>,
    /// Since when there was no break.
    since: Option<TrialTime>,
    segments: VecDeque<Segment>,
    recent: VecDeque<(TrialTime, f64)>,
    smallest: Smallest,
    /// With the sign turned.
    largest: Smallest,
    crossing: Option<f64>,
    place: Option<Position>,
    /// Whether there was no break since the first good sample.
    whole: bool,
    /// Whether there was a good sample.
    begun: bool,
    area: f64,
    square: f64,
    way: f64,
}

impl OverTime {
    pub fn new(kind: Kind, gap_ns: i64, interpolation: Interpolation) -> OverTime {
        OverTime {
            kind,
            gap_ns,
            linear: interpolation == Interpolation::Linear,
            last: None,
            since: None,
            segments: VecDeque::new(),
            recent: VecDeque::new(),
            smallest: Smallest::default(),
            largest: Smallest::default(),
            crossing: None,
            place: None,
            whole: true,
            begun: false,
            area: 0.0,
            square: 0.0,
            way: 0.0,
        }
    }

    /// The next sample of the position.
    pub fn position(&mut self, latitude: &Held, longitude: &Held) -> Held {
        let mut held = *latitude;
        held.oldest = held.oldest.min(longitude.oldest);
        held.good = latitude.is_observed() && longitude.is_observed();
        if held.good {
            let place = Position { latitude: latitude.value, longitude: longitude.value };
            if let Some(before) = self.place {
                self.way += distance(before, place);
            }
            self.place = Some(place);
            held.value = self.way;
        }
        self.linear = true;
        self.sample(&held)
    }

    /// The next sample of the input; gives that of the function.
    pub fn sample(&mut self, held: &Held) -> Held {
        self.join(held);
        let at = held.time;
        let value = if held.is_observed() { self.value(at, held.value) } else { None };
        self.last = Some(*held);
        Held { value: value.unwrap_or(f64::NAN), good: value.is_some_and(f64::is_finite), ..*held }
    }

    /// Joins the sample to the one before, or begins anew after a break.
    fn join(&mut self, held: &Held) {
        let at = held.time;
        let joined = self.last.filter(|last| {
            last.is_observed() && at <= last.oldest.plus(self.gap_ns) && held.is_observed()
        });
        match joined {
            Some(last) if at > last.time => {
                let end = if self.linear { held.value } else { last.value };
                let segment = Segment {
                    from: last.time,
                    to: at,
                    first: last.value,
                    last: end,
                    area: self.area,
                    square: self.square,
                };
                self.area = segment.area_until(at);
                self.square = segment.square_until(at);
                self.keep(segment);
            }
            Some(_) => {}
            None => {
                self.whole &= !self.begun;
                self.segments.clear();
                self.recent.clear();
                self.smallest = Smallest::default();
                self.largest = Smallest::default();
                self.crossing = None;
                self.since = held.is_observed().then_some(at);
            }
        }
        if held.is_observed() {
            self.begun = true;
            self.recent.push_back((at, held.value));
        }
    }

    fn keep(&mut self, segment: Segment) {
        let Kind::Function { function, window_ns } = self.kind else { return };
        let oldest = segment.to.plus(-window_ns);
        match function {
            Function::Lowest | Function::Highest | Function::PeakToPeak => {
                let low = if segment.last < segment.first { segment.last } else { segment.first };
                let high = if segment.last > segment.first { segment.last } else { segment.first };
                let entry = |key| Entry { from: segment.from, to: segment.to, key, value: key };
                self.smallest.push(entry(low), oldest, false);
                self.largest.push(entry(-high), oldest, false);
            }
            Function::Mean | Function::Rms | Function::Rate | Function::GroundSpeed => {
                self.segments.push_back(segment);
                while self.segments.front().is_some_and(|front| front.to <= oldest) {
                    self.segments.pop_front();
                }
                while self.segments.len() > MAX_WINDOW_SAMPLES {
                    self.segments.pop_front();
                }
            }
            _ => {}
        }
    }

    fn value(&mut self, at: TrialTime, value: f64) -> Option<f64> {
        match self.kind {
            Kind::Filter(Filter::MovingMean(count)) => {
                let recent = self.newest(count as usize)?;
                Some(recent.iter().fold(0.0, |sum, value| sum + value) / f64::from(count))
            }
            Kind::Filter(Filter::Median(count)) => median(self.newest(count as usize)?),
            Kind::Function { function, window_ns } => self.function(function, window_ns, at, value),
        }
    }

    fn function(
        &mut self,
        function: Function,
        window_ns: i64,
        at: TrialTime,
        value: f64,
    ) -> Option<f64> {
        let from = at.plus(-window_ns);
        let window = window_ns as f64;
        match function {
            Function::Integral => {
                self.recent.clear();
                self.whole.then_some(self.area / 1e9)
            }
            Function::GroundTrack => {
                self.recent.clear();
                self.whole.then_some(self.way)
            }
            Function::Frequency => self.frequency(),
            _ if self.since.is_none_or(|since| since > from) => None,
            Function::Mean => {
                self.recent.clear();
                Some((self.area - self.front(from)?.area_until(from)) / window)
            }
            Function::Rms => {
                self.recent.clear();
                let mean = (self.square - self.front(from)?.square_until(from)) / window;
                Some(if mean > 0.0 { mean.sqrt() } else { 0.0 })
            }
            Function::Rate | Function::GroundSpeed => {
                self.recent.clear();
                Some((value - self.front(from)?.value(from)) / (window / 1e9))
            }
            Function::Lowest => Some(self.lowest(value)),
            Function::Highest => Some(self.highest(value)),
            Function::PeakToPeak => Some(self.highest(value) - self.lowest(value)),
            Function::Median => {
                while self.recent.front().is_some_and(|(time, _)| *time <= from) {
                    self.recent.pop_front();
                }
                let few = self.recent.len() <= MAX_MEDIAN_SAMPLES;
                self.recent.truncate(MAX_MEDIAN_SAMPLES + 1);
                few.then(|| median(self.recent.iter().map(|(_, value)| *value).collect()))?
            }
            _ => None,
        }
    }

    /// The segment in which the window begins.
    fn front(&self, from: TrialTime) -> Option<&Segment> {
        self.segments.front().filter(|front| front.from <= from && from < front.to)
    }

    fn lowest(&mut self, value: f64) -> f64 {
        self.recent.clear();
        let before = self.smallest.first().map_or(value, |first| first.key);
        if before < value { before } else { value }
    }

    fn highest(&mut self, value: f64) -> f64 {
        self.recent.clear();
        let before = self.largest.first().map_or(value, |first| -first.key);
        if before > value { before } else { value }
    }

    /// The newest samples, if there are so many without a break.
    fn newest(&mut self, count: usize) -> Option<Vec<f64>> {
        while self.recent.len() > count {
            self.recent.pop_front();
        }
        (self.recent.len() == count).then(|| self.recent.iter().map(|(_, value)| *value).collect())
    }

    /// From two rising passages through zero, each dated on the straight line between its samples.
    fn frequency(&mut self) -> Option<f64> {
        while self.recent.len() > 2 {
            self.recent.pop_front();
        }
        let [(before, low), (after, high)] = [*self.recent.front()?, *self.recent.back()?];
        if !(low < 0.0 && high >= 0.0) {
            return None;
        }
        let passage = before.0 as f64 + after.since(before) as f64 * (-low / (high - low));
        let last = self.crossing.replace(passage)?;
        Some(1e9 / (passage - last))
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some((values[middle - 1] + upper) / 2.0)
}
