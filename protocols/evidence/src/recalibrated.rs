//! A trial as other calibrations show it: the stored raw numbers of the channels concerned become
//! values anew, all else is as it was recorded.

use std::collections::BTreeMap;

use trial::channel::ChannelIndex;
use trial::plan::{Calibration, Plan};
use trial::record::{ClockPair, Event, Mark};
use trial::recording::{
    Accounting, Bin, Chunk, Gap, MAX_CHUNK_SAMPLES, Recording, RecordingError, RunHead, SampleGroup,
};
use trial::time::{Span, TrialTime};
use trialfile::{StoredSamples, TrialFile};
use wire::Recalibration;
use words::{Language, Message, message};

/// Why calibrations can't take the place of a trial's own.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.message().in_language(Language::English))]
pub enum RecalibrationError {
    /// The plan has no calibration of this id.
    Unknown {
        /// What was given.
        id: String,
        /// Those of the plan.
        known: String,
    },
    /// It gives another quantity or unit than the plan's own.
    OtherUnit(String),
    /// Values of this channel are made of more than its raw number.
    NotAlone(String),
}

impl RecalibrationError {
    /// The reason in words.
    pub fn message(&self) -> Message {
        match self {
            RecalibrationError::Unknown { id, known } => {
                let known = words::printable(known);
                message!("recalibrate-unknown", id = words::printable(id), known = known)
            }
            RecalibrationError::OtherUnit(id) => {
                message!("recalibrate-other-unit", id = words::printable(id))
            }
            RecalibrationError::NotAlone(channel) => {
                message!("recalibrate-not-alone", channel = words::printable(channel))
            }
        }
    }
}

/// A trial file with other calibrations.
#[derive(Debug)]
pub struct Recalibrated<'a> {
    trial: &'a TrialFile,
    plan: Plan,
    changed: BTreeMap<ChannelIndex, Recalibration>,
}

impl<'a> Recalibrated<'a> {
    /// The trial with these calibrations in the place of its own of the same id.
    ///
    /// # Errors
    /// One has no place in the plan, or its channel's values are made of more than raw numbers.
    pub fn new(
        trial: &'a TrialFile,
        calibrations: &[Calibration],
    ) -> Result<Recalibrated<'a>, RecalibrationError> {
        let mut plan = trial.plan().clone();
        let mut replaced = Vec::with_capacity(calibrations.len());
        for calibration in calibrations {
            let position = plan.calibrations.iter().position(|own| own.id == calibration.id);
            let own = position.and_then(|at| plan.calibrations.get_mut(at).map(|own| (at, own)));
            let Some((at, own)) = own else {
                let known: Vec<&str> =
                    plan.calibrations.iter().map(|own| own.id.as_str()).collect();
                let (id, known) = (calibration.id.clone(), known.join(" "));
                return Err(RecalibrationError::Unknown { id, known });
            };
            if own.gives != calibration.gives {
                return Err(RecalibrationError::OtherUnit(calibration.id.clone()));
            }
            *own = calibration.clone();
            replaced.push(at);
        }
        let mut changed = BTreeMap::new();
        for (index, channel) in plan.channels.iter().enumerate() {
            if channel.calibration.is_some_and(|own| replaced.contains(&own)) {
                let anew = Recalibration::of(&plan, channel)
                    .ok_or_else(|| RecalibrationError::NotAlone(channel.id.0.clone()))?;
                changed.insert(ChannelIndex(index as u32), anew);
            }
        }
        Ok(Recalibrated { trial, plan, changed })
    }

    /// The channels whose values are others.
    pub fn channels(&self) -> impl Iterator<Item = ChannelIndex> {
        self.changed.keys().copied()
    }

    fn anew(
        &self,
        channel: ChannelIndex,
        recalibration: &Recalibration,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError> {
        let range = self.trial.samples_in(channel, span).map_err(reading)?;
        let mut start = range.start;
        while start < range.end {
            let count = (range.end - start).min(MAX_CHUNK_SAMPLES);
            let stored = self.trial.samples(channel, start, count).map_err(reading)?;
            let StoredSamples { mut chunk, raws, .. } = stored;
            let columns = chunk.values.iter_mut().zip(&mut chunk.qualities);
            for ((value, quality), raw) in columns.zip(&raws) {
                let sample = recalibration.sample(*raw, *value, *quality);
                (*value, *quality) = (sample.value, sample.quality);
            }
            sink(&chunk);
            start += count;
        }
        Ok(())
    }
}

fn reading(error: trialfile::TrialFileError) -> RecordingError {
    RecordingError(error.to_string())
}

impl Recording for Recalibrated<'_> {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn head(&self) -> &RunHead {
        self.trial.head()
    }

    fn read(
        &self,
        channel: ChannelIndex,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError> {
        match self.changed.get(&channel) {
            Some(recalibration) => self.anew(channel, recalibration, span, sink),
            None => self.trial.read(channel, span, sink),
        }
    }

    fn next_time(
        &self,
        channel: ChannelIndex,
        from: TrialTime,
    ) -> Result<Option<TrialTime>, RecordingError> {
        self.trial.next_time(channel, from)
    }

    fn overview(
        &self,
        channel: ChannelIndex,
        span: Span,
        bins: usize,
    ) -> Result<Vec<Bin>, RecordingError> {
        if !self.changed.contains_key(&channel) {
            return self.trial.overview(channel, span, bins);
        }
        let count = self.trial.samples_in(channel, span).map_err(reading)?.len();
        let each = count.div_ceil(bins.max(1)).max(1) as u64;
        let mut reduced: Vec<Bin> = Vec::new();
        self.read(channel, span, &mut |chunk| {
            let values = chunk.values.iter().zip(&chunk.qualities);
            for (at, (value, quality)) in chunk.times.iter().zip(values) {
                if reduced.last().is_none_or(|bin| bin.count >= each) {
                    let span = Span { start: *at, end: *at };
                    reduced.push(Bin { span, low: None, high: None, count: 0, flawed: false });
                }
                let Some(bin) = reduced.last_mut() else { continue };
                (bin.span.end, bin.count) = (*at, bin.count + 1);
                if !quality.is_good() {
                    bin.flawed = true;
                    continue;
                }
                if bin.low.is_none_or(|(low, _)| *value < low) {
                    bin.low = Some((*value, *at));
                }
                if bin.high.is_none_or(|(high, _)| *value > high) {
                    bin.high = Some((*value, *at));
                }
            }
        })?;
        Ok(reduced)
    }

    fn groups(&self) -> &[SampleGroup] {
        self.trial.groups()
    }

    fn gaps(&self) -> &[Gap] {
        self.trial.gaps()
    }

    fn marks(&self) -> &[(TrialTime, Mark)] {
        self.trial.marks()
    }

    fn events(&self) -> &[(TrialTime, Event)] {
        self.trial.events()
    }

    fn clock(&self) -> &[(TrialTime, ClockPair)] {
        self.trial.clock()
    }

    fn accounting(&self) -> &Accounting {
        self.trial.accounting()
    }
}
