//! Recordings in memory.

use trial::channel::{ChannelIndex, Quality};
use trial::plan::Plan;
use trial::record::{ClockPair, Event, Mark, Origin, OriginKind};
use trial::recording::{
    Accounting, Bin, Chunk, Gap, Recording, RecordingError, RunHead, SampleGroup,
};
use trial::time::{Span, TrialTime, WallTime};

pub const SECOND: i64 = 1_000_000_000;

/// One sample: time in nanoseconds, and a value unless it is not good.
pub type Sample = (i64, Option<f64>);

/// A recording in memory.
pub struct Memory {
    plan: Plan,
    head: RunHead,
    /// In the order in which they were set.
    pub marks: Vec<(TrialTime, Mark)>,
    channels: Vec<Vec<Sample>>,
    groups: Vec<SampleGroup>,
    accounting: Accounting,
    /// Samples that a reader is handed at once: few, so that chunks are put together in every test.
    pub chunk_samples: usize,
}

impl Memory {
    /// `samples` of every channel in its unit, in order of time; `marks` with their times.
    pub fn new(
        plan: Plan,
        samples: impl Into<Vec<Vec<Sample>>>,
        marks: &[(i64, &str)],
        end: i64,
    ) -> Memory {
        let samples = samples.into();
        let origin = Origin {
            trial: plan.id.clone(),
            run: 1,
            origin: OriginKind::Simulated,
            start: WallTime(0),
            software: "test".to_owned(),
            previous_root: String::new(),
            station: trial::record::Station::default(),
        };
        let channels = (0..samples.len() as u32).map(ChannelIndex).collect();
        Memory {
            plan,
            head: RunHead { origin, end: None, span: Span::new(TrialTime::ZERO, TrialTime(end)) },
            marks: marks.iter().enumerate().map(mark).collect(),
            channels: samples,
            groups: vec![SampleGroup { device: 0, channels }],
            accounting: Accounting::default(),
            chunk_samples: 3,
        }
    }
}

fn mark((index, &(at, text)): (usize, &(i64, &str))) -> (TrialTime, Mark) {
    let mark = Mark {
        number: index as u32 + 1,
        text: text.to_owned(),
        at: TrialTime(at),
        uncertainty_ns: 300_000_000,
        by: "operator".to_owned(),
        corrects: None,
        retracts: false,
        why: String::new(),
    };
    (TrialTime(at), mark)
}

impl Recording for Memory {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn head(&self) -> &RunHead {
        &self.head
    }

    fn read(
        &self,
        channel: ChannelIndex,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError> {
        let samples = &self.channels[channel.0 as usize];
        let from = samples.partition_point(|(at, _)| TrialTime(*at) < span.start);
        let to = samples.partition_point(|(at, _)| TrialTime(*at) <= span.end);
        let samples = &samples[from..to.max(from)];
        for part in samples.chunks(self.chunk_samples) {
            sink(&Chunk {
                times: part.iter().map(|(at, _)| TrialTime(*at)).collect(),
                time_uncertainties_ns: vec![0; part.len()],
                values: part.iter().map(|(_, value)| value.unwrap_or(f64::NAN)).collect(),
                qualities: part
                    .iter()
                    .map(|(_, value)| value.map_or(Quality::Sentinel, |_| Quality::Good))
                    .collect(),
            });
        }
        Ok(())
    }

    fn next_time(
        &self,
        channel: ChannelIndex,
        from: TrialTime,
    ) -> Result<Option<TrialTime>, RecordingError> {
        let times = self.channels[channel.0 as usize].iter().map(|(at, _)| TrialTime(*at));
        Ok(times.into_iter().find(|at| *at >= from))
    }

    fn overview(
        &self,
        _channel: ChannelIndex,
        _span: Span,
        _bins: usize,
    ) -> Result<Vec<Bin>, RecordingError> {
        Err(RecordingError("a recording in memory has no overview".to_owned()))
    }

    fn groups(&self) -> &[SampleGroup] {
        &self.groups
    }

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn marks(&self) -> &[(TrialTime, Mark)] {
        &self.marks
    }

    fn events(&self) -> &[(TrialTime, Event)] {
        &[]
    }

    fn clock(&self) -> &[(TrialTime, ClockPair)] {
        &[]
    }

    fn accounting(&self) -> &Accounting {
        &self.accounting
    }
}
