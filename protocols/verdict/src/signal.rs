//! Signals as the evaluator sees them: columns of samples, a block at a time, and the last sample
//! of each.
//!
//! Invariants:
//! - A sample counts as observed from its own time until the next one, and while its oldest input
//!   is younger than the gap that is allowed.
//! - All samples of one instant are in one block; blocks come in order of time.

use std::sync::Arc;

use trial::channel::{ChannelIndex, Quality};
use trial::plan::Plan;
use trial::recording::Chunk;
use trial::time::TrialTime;
use trial::unit::Unit;

use crate::coverage::{Missing, Taken};

/// Position of a role in [`trial::scenario::Scenario::roles`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignalIndex(pub u32);

/// One sample of a role.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The role.
    pub signal: SignalIndex,
    /// When.
    pub time: TrialTime,
    /// Half width of the time's uncertainty, in nanoseconds.
    pub time_uncertainty_ns: u32,
    /// Value in the coherent SI unit.
    pub value_si: f64,
    /// Whether the value may be judged; if not, the signal is unobserved from here on.
    pub good: bool,
}

/// A role and the channel that the plan binds to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundSignal {
    /// The role.
    pub signal: SignalIndex,
    /// The channel.
    pub channel: ChannelIndex,
    /// Unit of the channel's values.
    pub unit: Unit,
}

impl BoundSignal {
    /// A sample of the channel as an observation of the role. `None` for a stale value: a repeat
    /// is no new sample and says nothing against the one before.
    pub fn observation(
        &self,
        time: TrialTime,
        time_uncertainty_ns: u32,
        value: f64,
        quality: Quality,
    ) -> Option<Observation> {
        (quality != Quality::Stale).then(|| Observation {
            signal: self.signal,
            time,
            time_uncertainty_ns,
            value_si: self.unit.to_si(value),
            good: quality.is_good(),
        })
    }
}

/// The roles that the plan binds, in the scenario's order.
pub fn bound_signals(plan: &Plan) -> Vec<BoundSignal> {
    let roles = plan.scenario.roles.iter().enumerate();
    roles
        .filter_map(|(index, role)| {
            let channel = *plan.roles.get(&role.id)?;
            let unit = plan.channels.get(channel.0 as usize)?.unit;
            Some(BoundSignal { signal: SignalIndex(index as u32), channel, unit })
        })
        .collect()
}

/// The last sample of a signal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// When it was taken; for a derived channel, when its newest input was.
    pub time: TrialTime,
    /// When its oldest input was taken.
    pub oldest: TrialTime,
    /// Half width of the time's uncertainty, in nanoseconds.
    pub time_uncertainty_ns: u32,
    /// Value in the coherent SI unit.
    pub value: f64,
    /// Whether it may be judged.
    pub good: bool,
}

impl Held {
    /// The sample of a role.
    pub fn of(observation: &Observation) -> Held {
        Held {
            time: observation.time,
            oldest: observation.time,
            time_uncertainty_ns: observation.time_uncertainty_ns,
            value: observation.value_si,
            good: observation.good,
        }
    }

    /// Whether it says something of the signal.
    pub fn is_observed(&self) -> bool {
        self.good && self.value.is_finite()
    }
}

/// Samples of one signal in order of time. All columns have the same length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub times: Vec<TrialTime>,
    /// When the oldest input of each was taken; empty for a role, whose samples have no inputs.
    pub oldest: Vec<TrialTime>,
    pub time_uncertainties_ns: Vec<u32>,
    pub values: Vec<f64>,
    pub good: Vec<bool>,
}

impl Column {
    pub fn len(&self) -> usize {
        self.times.len()
    }

    pub fn clear(&mut self) {
        self.times.clear();
        self.oldest.clear();
        self.time_uncertainties_ns.clear();
        self.values.clear();
        self.good.clear();
    }

    /// The samples of a role up to an instant, itself included, and those behind it.
    pub fn split_at(&self, at: TrialTime) -> (Column, Column) {
        let count = self.count_until(at);
        let part = |range: std::ops::Range<usize>| Column {
            times: self.times[range.clone()].to_vec(),
            oldest: Vec::new(),
            time_uncertainties_ns: self.time_uncertainties_ns[range.clone()].to_vec(),
            values: self.values[range.clone()].to_vec(),
            good: self.good[range].to_vec(),
        };
        (part(0..count), part(count..self.len()))
    }

    /// Adds a sample of a role.
    pub fn push(&mut self, held: &Held) {
        self.times.push(held.time);
        self.time_uncertainties_ns.push(held.time_uncertainty_ns);
        self.values.push(held.value);
        self.good.push(held.good);
    }

    /// Adds a sample of a derived channel.
    pub fn push_derived(&mut self, held: &Held) {
        self.push(held);
        self.oldest.push(held.oldest);
    }

    /// Adds the samples of a channel's chunk; stale ones are left out.
    pub fn extend(&mut self, chunk: &Chunk, unit: Unit) {
        let stale = chunk.qualities.contains(&Quality::Stale);
        if !stale {
            self.times.extend_from_slice(&chunk.times);
            self.time_uncertainties_ns.extend_from_slice(&chunk.time_uncertainties_ns);
            self.values.extend(chunk.values.iter().map(|value| unit.to_si(*value)));
            if chunk.qualities.iter().fold(true, |all, quality| all & quality.is_good()) {
                self.good.resize(self.times.len(), true);
            } else {
                self.good.extend(chunk.qualities.iter().map(|quality| quality.is_good()));
            }
            return;
        }
        for (at, quality) in chunk.qualities.iter().enumerate() {
            if *quality != Quality::Stale {
                self.times.push(chunk.times[at]);
                self.time_uncertainties_ns.push(chunk.time_uncertainties_ns[at]);
                self.values.push(unit.to_si(chunk.values[at]));
                self.good.push(quality.is_good());
            }
        }
    }

    /// The sample at a position.
    pub fn held(&self, at: usize) -> Held {
        Held {
            time: self.times[at],
            oldest: self.oldest.get(at).copied().unwrap_or(self.times[at]),
            time_uncertainty_ns: self.time_uncertainties_ns[at],
            value: self.values[at],
            good: self.good[at],
        }
    }

    /// How many samples from the beginning of `range` on are good and follow `held`, and one
    /// another, without a gap.
    pub fn clean(&self, range: std::ops::Range<usize>, held: &Held, gap_ns: i64) -> usize {
        if !self.oldest.is_empty() {
            return 0;
        }
        let times = &self.times[range.clone()];
        let (values, good) = (&self.values[range.clone()], &self.good[range]);
        let mut before = held.oldest;
        let mut count = 0;
        // Block by block as long as there is nothing to find.
        for (times, (values, good)) in
            times.chunks_exact(BLOCK).zip(values.chunks_exact(BLOCK).zip(good.chunks_exact(BLOCK)))
        {
            if times[0].since(before) > gap_ns || !is_clean(times, values, good, gap_ns) {
                break;
            }
            before = times[BLOCK - 1];
            count += BLOCK;
        }
        let rest = values[count..].iter().zip(&good[count..]);
        for (time, (value, good)) in times[count..].iter().zip(rest) {
            if !good || !value.is_finite() || time.since(before) > gap_ns {
                break;
            }
            before = *time;
            count += 1;
        }
        count
    }

    /// Number of samples up to an instant, itself included.
    pub fn count_until(&self, at: TrialTime) -> usize {
        self.times.partition_point(|time| *time <= at)
    }
}

/// Samples that are looked at together.
const BLOCK: usize = 64;

/// Whether all samples are good numbers and follow one another without a gap. It never answers yes
/// wrongly; all are looked at without an early end, so that the processor takes several at once.
fn is_clean(times: &[TrialTime], values: &[f64], good: &[bool], gap_ns: i64) -> bool {
    let good = good.iter().fold(true, |all, good| all & good);
    let finite = values.iter().fold(true, |all, value| all & value.is_finite());
    // Negative as soon as a step is longer than the gap, or not to be told by a difference.
    let steps = times.iter().zip(&times[1..]);
    let left =
        steps.fold(0, |signs, (from, to)| signs | gap_ns.wrapping_sub(to.0.wrapping_sub(from.0)));
    good && finite && left >= 0
}

/// A block of all signals (roles, derived channels, hidden ones), and the last samples before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub columns: &'a [Column],
    pub carried: &'a [Option<Held>],
}

impl View<'_> {
    /// The last sample at or before an instant.
    pub fn held_at(&self, signal: usize, at: TrialTime) -> Option<Held> {
        let column = &self.columns[signal];
        match column.count_until(at) {
            0 => self.carried[signal],
            count => Some(column.held(count - 1)),
        }
    }
}

/// The last samples of some signals, and how far each has been taken from the block.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    signals: Arc<[usize]>,
    held: Vec<Option<Held>>,
    taken: Vec<usize>,
}

impl Store {
    /// Holds what there is of `signals` at an instant, itself included.
    pub fn begin(signals: &Arc<[usize]>, view: View<'_>, at: TrialTime) -> Store {
        Store {
            held: signals.iter().map(|signal| view.held_at(*signal, at)).collect(),
            taken: signals.iter().map(|signal| view.columns[*signal].count_until(at)).collect(),
            signals: Arc::clone(signals),
        }
    }

    /// Holds nothing yet.
    pub fn empty(signals: &Arc<[usize]>) -> Store {
        let count = signals.len();
        Store { signals: Arc::clone(signals), held: vec![None; count], taken: vec![0; count] }
    }

    /// A new block has come.
    pub fn rebase(&mut self) {
        self.taken.fill(0);
    }

    /// When the next sample of the block is.
    pub fn next(&self, view: View<'_>) -> Option<TrialTime> {
        let next = self.signals.iter().zip(&self.taken);
        next.filter_map(|(signal, taken)| view.columns[*signal].times.get(*taken).copied()).min()
    }

    /// Takes the samples of an instant, one of each signal that has one.
    pub fn take(&mut self, view: View<'_>, at: TrialTime) {
        for (position, signal) in self.signals.iter().enumerate() {
            let column = &view.columns[*signal];
            let taken = self.taken[position];
            if column.times.get(taken) == Some(&at) {
                self.held[position] = Some(column.held(taken));
                self.taken[position] = taken + 1;
            }
        }
    }

    /// The only signal's column, and its samples that are not taken yet and lie before `to`, or at
    /// it where `inclusive`; `None` where there are several signals.
    pub fn single<'a>(
        &self,
        view: View<'a>,
        to: TrialTime,
        inclusive: bool,
    ) -> Option<(&'a Column, std::ops::Range<usize>)> {
        let ([signal], [taken]) = (&*self.signals, &*self.taken) else { return None };
        let column = &view.columns[*signal];
        let rest = &column.times[*taken..];
        let count = rest.partition_point(|time| *time < to || (inclusive && *time == to));
        Some((column, *taken..*taken + count))
    }

    /// The samples of a signal that are not taken yet and lie before `to`, or at it where
    /// `inclusive`, as positions in its column.
    pub fn range(
        &self,
        view: View<'_>,
        signal: usize,
        to: TrialTime,
        inclusive: bool,
    ) -> std::ops::Range<usize> {
        let Some(position) = self.position(signal) else { return 0..0 };
        let taken = self.taken[position];
        let rest = &view.columns[signal].times[taken..];
        taken..taken + rest.partition_point(|time| *time < to || (inclusive && *time == to))
    }

    /// Takes all samples that lie before `to`, or at it where `inclusive`.
    pub fn take_until(&mut self, view: View<'_>, to: TrialTime, inclusive: bool) {
        for position in 0..self.signals.len() {
            let signal = self.signals[position];
            let range = self.range(view, signal, to, inclusive);
            if range.end > range.start {
                self.held[position] = Some(view.columns[signal].held(range.end - 1));
                self.taken[position] = range.end;
            }
        }
    }

    /// Takes samples of the only signal up to a position of the block.
    pub fn take_single(&mut self, column: &Column, end: usize) {
        if end > self.taken[0] {
            self.taken[0] = end;
            self.held[0] = Some(column.held(end - 1));
        }
    }

    /// The signals whose samples it keeps.
    pub fn signals(&self) -> &[usize] {
        &self.signals
    }

    fn position(&self, signal: usize) -> Option<usize> {
        self.signals.iter().position(|known| *known == signal)
    }

    pub fn held(&self, signal: usize) -> Option<&Held> {
        self.held[self.position(signal)?].as_ref()
    }

    /// Why a signal is not observed, if it is not.
    pub fn missing(&self, signal: usize) -> Missing {
        Missing { signal, bad: self.held(signal).is_some_and(|held| !held.is_observed()) }
    }

    /// The value at `at`, which is not before the last sample, or why there is none.
    pub fn taken(&self, signal: usize, at: TrialTime, gap_ns: i64) -> Taken {
        let observed = self.observed(signal, at, gap_ns);
        observed.map(|(value, _)| value).ok_or_else(|| self.missing(signal))
    }

    /// The value at `at` and the time from which on it is no longer observed; `None` if it is
    /// not observed at `at`. `at` is not before the last sample.
    pub fn observed(&self, signal: usize, at: TrialTime, gap_ns: i64) -> Option<(f64, TrialTime)> {
        let held = self.held(signal).filter(|held| held.is_observed())?;
        let until = held.oldest.plus(gap_ns);
        (at < until).then_some((held.value, until))
    }
}
