//! Binary frames of fixed length: sync byte, identifier byte, payload, and as the last byte the
//! low byte of the sum of all before.
//!
//! An eight-bit sum accepts one chance frame in 256, and a payload may hold the sync byte. So the
//! scanner keeps in step: behind a frame the next one is expected at once, and a damaged one is
//! dropped whole if the one behind it is right. Out of step, a frame counts only with the sync byte
//! of the next one, or of the one after that, where it should be, or at the end of the stream.

use trial::profile::SyncFrame;
use trial::recording::GroupIndex;

use super::Scan;
use crate::derive::Sample;
use crate::derive::sample::BinaryPoint;

/// The frames of one device.
#[derive(Debug)]
pub(crate) struct SyncSum {
    layout: SyncFrame,
    in_step: bool,
    frames: Vec<(u8, GroupIndex, Vec<BinaryPoint>)>,
}

impl SyncSum {
    /// A scanner out of step, without points.
    pub(crate) fn new(layout: SyncFrame) -> SyncSum {
        SyncSum { layout, in_step: false, frames: Vec::new() }
    }

    /// Adds a point of the frame with `identifier`; points of one frame share a group.
    pub(crate) fn add(&mut self, identifier: u8, group: GroupIndex, point: BinaryPoint) {
        match self.frames.iter_mut().find(|(known, ..)| *known == identifier) {
            Some((_, _, points)) => points.push(point),
            None => self.frames.push((identifier, group, vec![point])),
        }
    }

    /// What stands at the start of `bytes`. The caller reports with [`SyncSum::took`] what it made
    /// of the answer; `last` says that no more bytes will come.
    pub(crate) fn scan(&self, bytes: &[u8], last: bool) -> Scan {
        let length = self.layout.length;
        if bytes.is_empty() {
            return Scan::NeedMore;
        }
        if !self.in_step {
            if bytes[0] != self.layout.sync {
                return Scan::Skip(1);
            }
            let Some(frame) = bytes.get(..length) else { return Scan::NeedMore };
            if !self.is_right(frame) {
                return Scan::Skip(1);
            }
            return match (bytes.get(length), bytes.get(2 * length)) {
                (Some(next), _) if *next == self.layout.sync => Scan::Frame(length),
                (None, _) if last => Scan::Frame(length),
                (_, Some(next)) if *next == self.layout.sync => Scan::Frame(length),
                (_, Some(_)) => Scan::Skip(1),
                (_, None) if last => Scan::Skip(1),
                (_, None) => Scan::NeedMore,
            };
        }
        let Some(frame) = bytes.get(..length) else { return Scan::NeedMore };
        if self.is_right(frame) {
            return Scan::Frame(length);
        }
        match bytes.get(length..2 * length) {
            None => Scan::NeedMore,
            Some(next) if self.is_right(next) => Scan::Skip(length),
            Some(_) => Scan::Skip(1),
        }
    }

    /// Remembers whether the scanner is in step: behind a frame, or behind one dropped whole.
    pub(crate) fn took(&mut self, scan: Scan) {
        self.in_step = match scan {
            Scan::Frame(_) => true,
            Scan::Skip(bytes) => self.in_step && bytes == self.layout.length,
            Scan::NeedMore => self.in_step,
        };
    }

    /// What comes next may begin anywhere in a frame.
    pub(crate) fn reset(&mut self) {
        self.in_step = false;
    }

    /// Decodes a frame into `samples`; `None` if no point of the profile is in it.
    pub(crate) fn decode(&self, frame: &[u8], samples: &mut Vec<Sample>) -> Option<GroupIndex> {
        let identifier = frame.get(1)?;
        let (_, group, points) = self.frames.iter().find(|(known, ..)| known == identifier)?;
        for point in points {
            samples.push(point.sample(frame)?);
        }
        Some(*group)
    }

    fn is_right(&self, frame: &[u8]) -> bool {
        match frame.split_last() {
            Some((sum, body)) => {
                body.first() == Some(&self.layout.sync)
                    && body.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == *sum
            }
            None => false,
        }
    }
}
