//! Where the frames of a layout begin and end.
//!
//! Invariants:
//! - What is waited for is bounded by the longest frame of the layout, or two of them where the
//!   one behind a damaged frame tells how far the damage goes.
//! - A part of a damaged frame never counts as a frame where one changed bit would explain it: a
//!   flipped bit costs frames, it makes none.
//! - Without a checksum the first line after the opening, and whatever follows a line that was too
//!   long, counts only behind an end; the rest of a line is never taken for a line.
//! - Frames of a known length keep in step: behind a frame the next one is expected at once, and a
//!   damaged one is dropped whole if the one behind it is right. Out of step, a weak checksum (8
//!   bits accept one chance frame in 256) counts only with the next frame's start in place.

mod line;
mod measured;

use std::borrow::Cow;
use std::ops::Range;

use trial::profile::{Checksum, FrameEnd, FrameLayout};

use super::checksum;
use super::escape::{COBS_END, SLIP_END, cobs, slip};
use crate::dialect::Scan;

/// Finds the frames of one layout.
#[derive(Debug, Clone)]
pub(crate) struct Scanner {
    start: Vec<u8>,
    end: FrameEnd,
    max_length: usize,
    checksum: Option<Checksum>,
    /// Fewest bytes of a frame without escapes: one between start and what guards and ends it.
    shortest: usize,
    /// What comes next begins a frame, or a line.
    in_step: bool,
    /// Frames come one by one, as answers: none follows that could tell where one ends.
    lone: bool,
}

/// What was found, and whether what comes behind it begins a frame.
#[derive(Debug, Clone, Copy)]
struct Found {
    scan: Scan,
    in_step: bool,
}

impl Found {
    fn skip(bytes: usize, in_step: bool) -> Found {
        Found { scan: Scan::Skip(bytes), in_step }
    }

    fn frame(bytes: usize) -> Found {
        Found { scan: Scan::Frame(bytes), in_step: true }
    }
}

impl Scanner {
    /// A scanner for the frames that a device sends by itself; the stream is opened anywhere.
    pub(crate) fn new(layout: &FrameLayout) -> Scanner {
        let guard = layout.checksum.map_or(0, |sum| sum.length() + sum.uncovered);
        let end = match &layout.end {
            FrameEnd::Delimiter(end) => end.len(),
            _ => 0,
        };
        Scanner {
            start: layout.start.clone(),
            end: layout.end.clone(),
            max_length: layout.max_length,
            checksum: layout.checksum,
            shortest: layout.start.len() + guard + end + 1,
            in_step: false,
            lone: false,
        }
    }

    /// A scanner for answers, which come one by one.
    pub(crate) fn of_answers(layout: &FrameLayout) -> Scanner {
        Scanner { lone: true, ..Scanner::new(layout) }
    }

    /// A scanner for the lines of a file, which is read from its beginning; a line may be empty.
    pub(crate) fn of_file(layout: &FrameLayout) -> Scanner {
        let scanner = Scanner::new(layout);
        Scanner { in_step: true, shortest: scanner.shortest.saturating_sub(1), ..scanner }
    }

    /// Says whether what comes next begins a frame.
    pub(crate) fn set_in_step(&mut self, in_step: bool) {
        self.in_step = in_step;
    }

    /// Whether bytes end where a line ends, so that what follows begins one; true for frames
    /// without an end of their own.
    pub(crate) fn ends_line(&self, bytes: &[u8]) -> bool {
        self.terminator().is_none_or(|end| bytes.ends_with(end))
    }

    /// Whether frames have a length that is known before their end.
    pub(crate) fn is_measured(&self) -> bool {
        self.terminator().is_none()
    }

    /// What stands at the start of `bytes`; `last` says that no more will come, and then there is
    /// always something to skip or to take.
    pub(crate) fn scan(&mut self, bytes: &[u8], last: bool) -> Scan {
        if bytes.is_empty() {
            return Scan::NeedMore;
        }
        let found = match self.terminator() {
            None => self.scan_measured(bytes, last),
            Some(end) if self.searches() => self.scan_started(bytes, end),
            Some(end) => self.scan_line(bytes, end, last),
        };
        let found = match found.scan {
            Scan::NeedMore if last => self.next_start(bytes),
            _ => found,
        };
        self.in_step = found.in_step;
        found.scan
    }

    /// The bytes of a frame without its escapes, to which offsets refer; `None` for an escape that
    /// is none.
    pub(crate) fn content<'a>(&self, frame: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        match self.end {
            FrameEnd::Slip => slip(frame).map(Cow::Owned),
            FrameEnd::Cobs => cobs(frame).map(Cow::Owned),
            _ => Some(Cow::Borrowed(frame)),
        }
    }

    /// Where the text of a content stands: behind the start, and before the checksum with the
    /// bytes that it leaves uncovered, or the end.
    pub(crate) fn body(&self, content: &[u8]) -> Range<usize> {
        let guard = self.checksum.map_or(0, |sum| sum.length() + sum.uncovered);
        let end = content.len().saturating_sub(guard + self.end_bytes());
        self.start.len().min(end)..end
    }

    fn end_bytes(&self) -> usize {
        match &self.end {
            FrameEnd::Delimiter(end) => end.len(),
            _ => 0,
        }
    }

    /// The bytes that end a frame; `None` where its length tells.
    pub(crate) fn terminator(&self) -> Option<&[u8]> {
        match &self.end {
            FrameEnd::Delimiter(end) => Some(end),
            FrameEnd::Slip => Some(&[SLIP_END]),
            FrameEnd::Cobs => Some(&[COBS_END]),
            FrameEnd::Length(_) | FrameEnd::Declared { .. } => None,
        }
    }

    /// Whether a frame is looked for by its start, wherever that stands; a checksum then tells
    /// whether it is one.
    fn searches(&self) -> bool {
        !self.start.is_empty() && self.checksum.is_some()
    }

    /// Whether bytes that end as a frame are one: start, escapes, least length, checksum.
    fn is_right(&self, frame: &[u8]) -> bool {
        if frame.len() > self.max_length || !frame.starts_with(&self.start) {
            return false;
        }
        let Some(content) = self.content(frame).filter(|bytes| bytes.len() >= self.shortest) else {
            return false;
        };
        let Some(sum) = &self.checksum else { return true };
        let sum_end = content.len() - self.end_bytes();
        let written = sum_end - sum.length()..sum_end;
        let covered = content.get(sum.from..written.start - sum.uncovered);
        covered.is_some_and(|covered| checksum::is_right(sum, covered, &content[written]))
    }

    /// Whether bytes would be a frame with one bit of `changed` changed.
    fn is_right_but_for_a_bit(&self, frame: &[u8], changed: Range<usize>) -> bool {
        let mut frame = frame.to_vec();
        let bits = changed.flat_map(|index| (0..8).map(move |bit| (index, 1u8 << bit)));
        for (index, bit) in bits {
            let Some(byte) = frame.get_mut(index) else { return false };
            *byte ^= bit;
            if self.is_right(&frame) {
                return true;
            }
            frame[index] ^= bit;
        }
        false
    }

    /// Skips to where the next frame may begin, behind the first byte.
    fn next_start(&self, bytes: &[u8]) -> Found {
        let begins = |rest: &[u8]| {
            let compared = rest.len().min(self.start.len());
            !self.start.is_empty() && rest[..compared] == self.start[..compared]
        };
        let found = (1..bytes.len()).find(|index| begins(&bytes[*index..]));
        Found::skip(found.unwrap_or(bytes.len()), false)
    }

    /// More bytes are needed to tell.
    fn wait(&self) -> Found {
        Found { scan: Scan::NeedMore, in_step: self.in_step }
    }

    /// The start bytes stand here; `None` if there are too few bytes to tell.
    fn start_stands(&self, bytes: &[u8]) -> Option<bool> {
        let compared = bytes.len().min(self.start.len());
        let same = bytes[..compared] == self.start[..compared];
        (compared == self.start.len() || !same).then_some(same)
    }
}

fn differing_bits(one: &[u8], other: &[u8]) -> u32 {
    one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum()
}
