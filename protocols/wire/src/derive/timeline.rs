//! When the bytes of a stream were on the wire, from the stamps of the reads that brought them.
//!
//! Invariant: the times of later bytes never lie before those of earlier ones.

use std::collections::VecDeque;

use trial::time::TrialTime;

/// One read.
#[derive(Debug, Clone, Copy)]
struct Read {
    /// Position in the stream behind its last byte.
    end: u64,
    at: TrialTime,
    /// Stamp of the read before: its bytes were not on the wire earlier than that.
    earliest: TrialTime,
    record: u64,
}

/// The reads whose bytes may still be asked for.
#[derive(Debug)]
pub(super) struct Timeline {
    reads: VecDeque<Read>,
    character_ns: i64,
    end: u64,
    latest: TrialTime,
}

impl Timeline {
    pub(super) fn new(character_ns: i64) -> Timeline {
        Timeline { reads: VecDeque::new(), character_ns, end: 0, latest: TrialTime::ZERO }
    }

    /// Bytes were read.
    pub(super) fn push(&mut self, bytes: usize, at: TrialTime, record: u64) {
        let at = at.max(self.latest);
        self.end += bytes as u64;
        self.reads.push_back(Read { end: self.end, at, earliest: self.latest, record });
        self.latest = at;
    }

    /// Stamp of the last read.
    pub(super) fn latest(&self) -> TrialTime {
        self.latest
    }

    /// When the byte at `position` began: counted back from the stamp of its read by the
    /// characters that came with it and after it, but not beyond the read before.
    pub(super) fn began(&self, position: u64) -> TrialTime {
        self.time(position, 0)
    }

    /// When the byte at `position` was over.
    pub(super) fn ended(&self, position: u64) -> TrialTime {
        self.time(position, 1)
    }

    /// Sequence number of the record that brought the byte at `position`.
    pub(super) fn record(&self, position: u64) -> u64 {
        self.read_of(position).map_or(0, |read| read.record)
    }

    /// Bytes before `position` will not be asked for any more.
    pub(super) fn forget_before(&mut self, position: u64) {
        while self.reads.front().is_some_and(|read| read.end <= position) {
            self.reads.pop_front();
        }
    }

    fn time(&self, position: u64, over: u64) -> TrialTime {
        let Some(read) = self.read_of(position) else { return self.latest };
        let characters = read.end.saturating_sub(position + over);
        let back = self.character_ns.saturating_mul(i64::try_from(characters).unwrap_or(i64::MAX));
        read.at.plus(-back).max(read.earliest)
    }

    fn read_of(&self, position: u64) -> Option<&Read> {
        let index = self.reads.partition_point(|read| read.end <= position);
        self.reads.get(index)
    }
}
