//! A recording that is replayed: signals looked up by lane, whatever their source.
//!
//! Invariants:
//! - the value told for a time is that of the last sample not later than it, and never one from
//!   before a gap that lies between;
//! - nothing here changes a value.

use trial::channel::{ChannelIndex, Quality};
use trial::document::Title;
use trial::finding::Findings;
use trial::recording::{Bin, Chunk, Gap, GroupIndex, Recording, RecordingError};
use trial::time::{Span, TrialTime};
use trial::unit::Unit;

use crate::gaps::{self, GapIndex};
use crate::standing::Standing;

/// First stretch of time that is searched backwards for a sample, in nanoseconds: 1 s.
const FIRST_LOOK_BACK_NS: i64 = 1_000_000_000;
/// Factor by which the stretch grows when it holds no sample.
const LOOK_BACK_GROWTH: i64 = 8;
/// Most stretches: enough to reach back over the whole range of trial time.
const MAX_LOOK_BACKS: usize = 24;

/// Whether the file carries a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealShown {
    /// None.
    Unsealed,
    /// One that nobody has checked here.
    Unchecked,
}

/// A computed channel, held in memory. The columns have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedTrace {
    /// Name in the scenario.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// Unit of the values.
    pub unit: Unit,
    /// Times, never descending.
    pub times: Vec<TrialTime>,
    /// Values; NaN where there is none.
    pub values: Vec<f64>,
    /// Quality of each value.
    pub qualities: Vec<Quality>,
}

/// Where the samples of a lane come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// A recorded channel.
    Channel(ChannelIndex),
    /// Position of a computed channel in [`Replay::derived`].
    Derived(usize),
}

/// What a signal says of an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// The last sample not later than the instant.
    Sample {
        /// Value in the signal's unit; NaN where there is none.
        value: f64,
        /// How good it is.
        quality: Quality,
        /// When it was taken.
        at: TrialTime,
    },
    /// Nothing is known, because of the gap if one is to blame.
    NoData(Option<Gap>),
}

/// A recording with all that is shown of it.
pub struct Replay {
    /// The recording.
    pub recording: Box<dyn Recording>,
    /// The findings, if the file holds any.
    pub findings: Option<Findings>,
    /// Computed channels.
    pub derived: Vec<DerivedTrace>,
    /// Whether the file is sealed.
    pub seal: SealShown,
    /// All gaps, those of computed channels too, by group and time.
    pub gaps: GapIndex,
    /// What stood of the criteria at the cursor.
    pub standing: Standing,
}

impl Replay {
    /// Makes ready what was read.
    pub fn new(
        recording: Box<dyn Recording>,
        findings: Option<Findings>,
        derived: Vec<DerivedTrace>,
        seal: SealShown,
    ) -> Replay {
        let groups = recording.groups();
        let mut all = recording.gaps().to_vec();
        for (position, computed) in derived.iter().enumerate() {
            let group = GroupIndex((groups.len() + position) as u32);
            let inputs = gaps::input_groups(recording.plan(), groups, &computed.id);
            let own = gaps::derived_gaps(group, &computed.times, &inputs, recording.gaps());
            all.extend(own);
        }
        let gaps = GapIndex::new(groups.len() + derived.len(), &all);
        let standing = Standing::default();
        Replay { recording, findings, derived, seal, gaps, standing }
    }

    /// The group under which the gaps of a computed channel are found; those of recorded
    /// channels come before.
    pub fn derived_group(&self, position: usize) -> GroupIndex {
        GroupIndex((self.recording.groups().len() + position) as u32)
    }

    /// Calls `sink` with the samples of a signal within `span`, in order.
    ///
    /// # Errors
    /// The source can't be read.
    pub fn read(
        &self,
        signal: Signal,
        span: Span,
        sink: &mut dyn FnMut(TrialTime, f64, Quality),
    ) -> Result<(), RecordingError> {
        match signal {
            Signal::Channel(channel) => self.recording.read(channel, span, &mut |chunk: &Chunk| {
                for ((at, value), quality) in
                    chunk.times.iter().zip(&chunk.values).zip(&chunk.qualities)
                {
                    sink(*at, *value, *quality);
                }
            }),
            Signal::Derived(position) => {
                for (at, value, quality) in self.derived_within(position, span) {
                    sink(at, value, quality);
                }
                Ok(())
            }
        }
    }

    /// A signal within `span`, reduced to about `bins` bins.
    ///
    /// # Errors
    /// The source can't be read.
    pub fn overview(
        &self,
        signal: Signal,
        span: Span,
        bins: usize,
    ) -> Result<Vec<Bin>, RecordingError> {
        match signal {
            Signal::Channel(channel) => self.recording.overview(channel, span, bins),
            Signal::Derived(position) => {
                Ok(reduce(self.derived_within(position, span), bins.max(1)))
            }
        }
    }

    /// What a signal whose inputs lie in `groups` says of `time`.
    ///
    /// # Errors
    /// The source can't be read.
    pub fn reading(
        &self,
        signal: Signal,
        groups: &[GroupIndex],
        time: TrialTime,
    ) -> Result<Reading, RecordingError> {
        let whole = self.recording.head().span;
        if !whole.contains(time) {
            return Ok(Reading::NoData(None));
        }
        let mut look_back = FIRST_LOOK_BACK_NS;
        for _ in 0..MAX_LOOK_BACKS {
            let start = time.plus(-look_back).max(whole.start);
            let mut last = None;
            let span = Span { start, end: time };
            self.read(signal, span, &mut |at, value, quality| last = Some((at, value, quality)))?;
            if let Some((at, value, quality)) = last {
                return Ok(match self.gaps.hiding(groups, at, time) {
                    Some(gap) => Reading::NoData(Some(gap)),
                    None => Reading::Sample { value, quality, at },
                });
            }
            // A gap that began in the searched stretch hides whatever lies before it.
            if let Some(gap) = self.gaps.hiding(groups, start, time) {
                return Ok(Reading::NoData(Some(gap)));
            }
            if start == whole.start {
                break;
            }
            look_back = look_back.saturating_mul(LOOK_BACK_GROWTH);
        }
        Ok(Reading::NoData(None))
    }

    fn derived_within(
        &self,
        position: usize,
        span: Span,
    ) -> impl ExactSizeIterator<Item = (TrialTime, f64, Quality)> {
        let range = self.derived.get(position).map_or(0..0, |derived| {
            let first = derived.times.partition_point(|time| *time < span.start);
            first..derived.times.partition_point(|time| *time <= span.end).max(first)
        });
        let derived = self.derived.get(position);
        let times = derived.and_then(|derived| derived.times.get(range.clone())).unwrap_or(&[]);
        let values = derived.and_then(|derived| derived.values.get(range.clone())).unwrap_or(&[]);
        let qualities = derived.and_then(|derived| derived.qualities.get(range)).unwrap_or(&[]);
        let samples = times.iter().zip(values).zip(qualities);
        samples.map(|((time, value), quality)| (*time, *value, *quality))
    }
}

/// Bins of equally many samples; the last one, partial, is there too.
fn reduce(
    samples: impl ExactSizeIterator<Item = (TrialTime, f64, Quality)>,
    bins: usize,
) -> Vec<Bin> {
    let each = samples.len().div_ceil(bins).max(1) as u64;
    let mut reduced: Vec<Bin> = Vec::new();
    for (at, value, quality) in samples {
        let full = reduced.last().is_none_or(|bin| bin.count >= each);
        if full {
            let span = Span { start: at, end: at };
            reduced.push(Bin { span, low: None, high: None, count: 0, flawed: false });
        }
        if let Some(bin) = reduced.last_mut() {
            bin.span.end = at;
            bin.count += 1;
            if !value.is_finite() || !quality.is_good() {
                bin.flawed = true;
                continue;
            }
            if bin.low.is_none_or(|(low, _)| value < low) {
                bin.low = Some((value, at));
            }
            if bin.high.is_none_or(|(high, _)| value > high) {
                bin.high = Some((value, at));
            }
        }
    }
    reduced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{self, SECOND_NS};

    fn at(seconds: f64) -> TrialTime {
        TrialTime((seconds * SECOND_NS as f64) as i64)
    }

    fn reading(replay: &Replay, seconds: f64) -> Reading {
        // Channel 0 is sampled every 100 ms and has gaps at 20 to 25 s and 40 to 40.3 s.
        let signal = Signal::Channel(ChannelIndex(0));
        replay.reading(signal, &[GroupIndex(0)], at(seconds)).unwrap()
    }

    #[test]
    fn the_last_sample_not_later_is_told() {
        let replay = synthetic::replay();
        for (asked, expected) in [(5.0, 5.0), (5.05, 5.0), (5.099, 5.0), (5.1, 5.1)] {
            let Reading::Sample { at: found, quality, .. } = reading(&replay, asked) else {
                panic!("no data at {asked}");
            };
            assert_eq!((found, quality), (at(expected), Quality::Good), "{asked}");
        }
    }

    #[test]
    fn no_value_reaches_into_a_gap_or_beyond_it() {
        let replay = synthetic::replay();
        for inside in [20.0, 22.5, 24.99, 40.0, 40.25] {
            let found = reading(&replay, inside);
            assert!(matches!(found, Reading::NoData(Some(_))), "{inside}: {found:?}");
        }
        assert!(matches!(reading(&replay, 25.0), Reading::Sample { .. }));
        for outside in [-1.0, 61.0] {
            assert_eq!(reading(&replay, outside), Reading::NoData(None), "{outside}");
        }
    }

    #[test]
    fn a_slow_signal_is_found_far_back() {
        let replay = synthetic::replay();
        // The last channel gives one sample, at 1 s.
        let last = ChannelIndex(replay.recording.plan().channels.len() as u32 - 1);
        let found = replay.reading(Signal::Channel(last), &[GroupIndex(1)], at(59.0)).unwrap();
        assert!(matches!(found, Reading::Sample { at: time, .. } if time == at(1.0)), "{found:?}");
        let before = replay.reading(Signal::Channel(last), &[GroupIndex(1)], at(0.5)).unwrap();
        assert_eq!(before, Reading::NoData(None));
    }

    #[test]
    fn reducing_keeps_every_extreme_and_the_partial_last_bin() {
        let mut values: Vec<f64> = (0..1003).map(|i| f64::from(i % 7)).collect();
        values[500] = 99.0;
        values[1002] = -99.0;
        values[3] = f64::NAN;
        let times: Vec<TrialTime> = (0..1003).map(TrialTime).collect();
        let good = vec![Quality::Good; values.len()];
        let samples = times.into_iter().zip(values).zip(good);
        let bins = reduce(samples.map(|((time, value), good)| (time, value, good)), 10);
        assert!(bins.len() <= 11);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 1003);
        assert!(bins.iter().any(|bin| bin.high == Some((99.0, TrialTime(500)))));
        assert!(bins.iter().any(|bin| bin.low == Some((-99.0, TrialTime(1002)))));
        assert_eq!(bins.iter().filter(|bin| bin.flawed).count(), 1);
        assert_eq!(bins.last().unwrap().span.end, TrialTime(1002));
    }
}
