//! A recording as its readers see it: channels streamed by time, gaps, marks, events.

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelIndex, Quality};
use crate::plan::Plan;
use crate::record::{Cause, ClockPair, End, Event, Mark, Origin};
use crate::time::{Span, TrialTime};

/// Consecutive samples of one channel. All columns have the same length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chunk {
    /// Times, never descending.
    pub times: Vec<TrialTime>,
    /// Half widths of the times' uncertainty, in nanoseconds.
    pub time_uncertainties_ns: Vec<u32>,
    /// Values in the channel's unit; NaN where there is none.
    pub values: Vec<f64>,
    /// Quality of each value.
    pub qualities: Vec<Quality>,
}

/// Why a channel has no samples for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GapCause {
    /// A poll that brought no value.
    Poll(Cause),
    /// A stream or a listened bus was silent for longer than it should be.
    Silence,
    /// Bytes of a stream were no frame.
    Skipped,
    /// The daemon was not running.
    Stopped,
    /// The link brought more bytes than a link may, and what was too much was not kept.
    Flooded,
    /// Bytes waited while the journal was full and were not kept.
    HeldBack,
    /// The journal was damaged here, with good records behind the damage.
    JournalDamaged,
}

impl GapCause {
    /// Number and code, as stored: polls keep their own numbers.
    pub fn to_numbers(self) -> (u8, u8) {
        match self {
            GapCause::Poll(cause) => cause.to_numbers(),
            GapCause::Silence => (64, 0),
            GapCause::Skipped => (65, 0),
            GapCause::Stopped => (66, 0),
            GapCause::Flooded => (67, 0),
            GapCause::HeldBack => (68, 0),
            GapCause::JournalDamaged => (69, 0),
        }
    }

    /// Reads what [`GapCause::to_numbers`] gave; `None` for anything else.
    pub fn from_numbers(number: u8, code: u8) -> Option<GapCause> {
        match (number, code) {
            (64, 0) => Some(GapCause::Silence),
            (65, 0) => Some(GapCause::Skipped),
            (66, 0) => Some(GapCause::Stopped),
            (67, 0) => Some(GapCause::Flooded),
            (68, 0) => Some(GapCause::HeldBack),
            (69, 0) => Some(GapCause::JournalDamaged),
            _ => Cause::from_numbers(number, code).map(GapCause::Poll),
        }
    }

    /// The stable English name.
    pub fn name(self) -> &'static str {
        match self {
            GapCause::Poll(cause) => cause.name(),
            GapCause::Silence => "silence",
            GapCause::Skipped => "skipped",
            GapCause::Stopped => "stopped",
            GapCause::Flooded => "flooded",
            GapCause::HeldBack => "held-back",
            GapCause::JournalDamaged => "journal-damaged",
        }
    }
}

/// Position of a group in [`Recording::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupIndex(pub u32);

/// Channels that are always sampled together: those of one request, one sentence or one frame.
/// Every channel is in exactly one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleGroup {
    /// Position of the device in the plan.
    pub device: usize,
    /// The channels, in the order of a row's samples; none for a request that reads texts alone.
    pub channels: Vec<ChannelIndex>,
}

/// A stretch of time in which a group should have had samples and has none. A missed poll is
/// one gap, however many channels it would have filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Gap {
    /// The group.
    pub group: GroupIndex,
    /// From when to when; for a missed poll the instant that it was due, and when it was given up.
    pub span: Span,
    /// Why.
    pub cause: GapCause,
}

/// One bin of a reduced view: nothing that stands out is lost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Time of the first and of the last sample.
    pub span: Span,
    /// Smallest finite good value and its time; `None` if there is none.
    pub low: Option<(f64, TrialTime)>,
    /// Largest finite good value and its time.
    pub high: Option<(f64, TrialTime)>,
    /// Number of samples.
    pub count: u64,
    /// Whether a gap or a value that is not good lies inside.
    pub flawed: bool,
}

/// Counts that must add up: requested = answered + refused + missed for each device; bytes =
/// framed + skipped for each stream or listened link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accounting {
    /// By device, in the plan's order.
    pub devices: Vec<DeviceAccount>,
    /// By link, in the plan's order.
    pub links: Vec<LinkAccount>,
}

/// Polls of one device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceAccount {
    /// Polls that were due.
    pub requested: u64,
    /// Polls with an accepted answer.
    pub answered: u64,
    /// Polls that the device refused with an exception.
    pub refused: u64,
    /// Polls that brought nothing, for whatever cause.
    pub missed: u64,
}

/// Bytes of one link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkAccount {
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
    /// Received bytes in whole frames.
    pub framed: u64,
    /// Received bytes in no frame.
    pub skipped: u64,
    /// Bytes that came and were not kept; they are not among those received. Files of before
    /// this was counted have none.
    #[serde(default)]
    pub discarded: u64,
    /// Whole frames, by what they are.
    pub frames: FrameAccount,
}

/// Frames of one link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameAccount {
    /// Requests and their answers, as pairs.
    pub pairs: u64,
    /// Requests without an answer.
    pub unanswered: u64,
    /// Answers without a request, and late ones.
    pub orphans: u64,
    /// Stream frames.
    pub stream: u64,
    /// Writes of another master among the pairs.
    pub writes: u64,
    /// Registers in accepted answers that no point of a profile reads.
    pub unmapped_registers: u64,
}

/// What is known of the run as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct RunHead {
    /// The first record.
    pub origin: Origin,
    /// The last record; `None` while the run goes on.
    pub end: Option<End>,
    /// From 0 to the last record.
    pub span: Span,
}

/// Trouble with reading a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the recording can't be read: {0}")]
pub struct RecordingError(pub String);

/// A recording that can be read.
pub trait Recording {
    /// The plan, with profiles and scenario.
    fn plan(&self) -> &Plan;

    /// The run as a whole.
    fn head(&self) -> &RunHead;

    /// Calls `sink` with the samples of a channel whose times lie in `span`, in order, in chunks
    /// of at most [`MAX_CHUNK_SAMPLES`].
    ///
    /// # Errors
    /// The source can't be read.
    fn read(
        &self,
        channel: ChannelIndex,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError>;

    /// When the first sample of a channel at `from` or behind it was taken, whatever its quality;
    /// `None` if there is none. It is found without reading what lies between.
    ///
    /// # Errors
    /// The source can't be read.
    fn next_time(
        &self,
        channel: ChannelIndex,
        from: TrialTime,
    ) -> Result<Option<TrialTime>, RecordingError>;

    /// The channel within `span`, reduced to about `bins` bins (never less than the data have to
    /// show, at most 4 × `bins` + 64); every extreme keeps its own time.
    ///
    /// # Errors
    /// The source can't be read.
    fn overview(
        &self,
        channel: ChannelIndex,
        span: Span,
        bins: usize,
    ) -> Result<Vec<Bin>, RecordingError>;

    /// The groups, in the order of the request plan and then of the streams.
    fn groups(&self) -> &[SampleGroup];

    /// All gaps, in the order in which they were found.
    fn gaps(&self) -> &[Gap];

    /// All marks as they were recorded, with the time of the record.
    fn marks(&self) -> &[(TrialTime, Mark)];

    /// All events.
    fn events(&self) -> &[(TrialTime, Event)];

    /// All clock pairs.
    fn clock(&self) -> &[(TrialTime, ClockPair)];

    /// The counts.
    fn accounting(&self) -> &Accounting;
}

/// Most samples of one [`Chunk`].
pub const MAX_CHUNK_SAMPLES: usize = 65_536;

/// The marks that stand: each corrected one replaced by its last restatement, retracted ones
/// left out; in order of the time at which they happened.
pub fn standing_marks(recorded: &[(TrialTime, Mark)]) -> Vec<Mark> {
    let mut standing: Vec<Mark> = Vec::new();
    for (_, mark) in recorded {
        if let Some(number) = mark.corrects {
            standing.retain(|other| other.number != number);
        }
        if !mark.retracts {
            standing.push(mark.clone());
        }
    }
    standing.sort_by_key(|mark| (mark.at, mark.number));
    standing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: u32, at: i64, corrects: Option<u32>, retracts: bool) -> (TrialTime, Mark) {
        let mark = Mark {
            number,
            text: format!("mark {number}"),
            at: TrialTime(at),
            uncertainty_ns: 0,
            by: "operator".to_owned(),
            corrects,
            retracts,
            why: String::new(),
        };
        (TrialTime(at), mark)
    }

    #[test]
    fn corrected_and_retracted_marks_do_not_stand() {
        let recorded = [
            mark(1, 10, None, false),
            mark(2, 20, None, false),
            mark(3, 5, Some(1), false),
            mark(4, 30, Some(2), true),
        ];
        let numbers: Vec<_> = standing_marks(&recorded).iter().map(|mark| mark.number).collect();
        assert_eq!(numbers, [3]);
    }

    #[test]
    fn gap_causes_read_back() {
        for number in 0..=u8::MAX {
            if let Some(cause) = GapCause::from_numbers(number, 0) {
                assert_eq!(cause.to_numbers(), (number, 0));
            }
        }
    }
}
