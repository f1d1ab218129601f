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

use std::borrow::Cow;
use std::ops::Range;

use trial::profile::{Checksum, FrameEnd, FrameLayout};

use super::checksum;
use super::escape::{COBS_END, SLIP_END, cobs, slip};
use crate::dialect::Scan;

/// Bytes of a checksum that is strong enough for a frame to count wherever it stands.
const STRONG_CHECKSUM_BYTES: usize = 2;

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

/// What stands where a frame of known length may begin.
enum Measured {
    NeedMore,
    /// A frame of this length.
    Right(usize),
    /// No frame; it would have this length.
    Wrong(usize),
    /// No frame, of no length.
    Nothing,
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
        let scan = match self.terminator() {
            None => self.scan_measured(bytes, last),
            Some(_) if self.searches() => self.scan_started(bytes),
            Some(_) => self.scan_line(bytes, last),
        };
        match scan {
            Scan::NeedMore if last => self.next_start(bytes),
            scan => scan,
        }
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

    /// Whether bytes would end as a right frame with one bit of their end changed.
    fn ended_but_for_a_bit(&self, frame: &[u8]) -> bool {
        let Some(end) = self.terminator() else { return false };
        let Some((body, found)) = frame.split_at_checked(frame.len().saturating_sub(end.len()))
        else {
            return false;
        };
        differing_bits(found, end) == 1 && self.is_right(&[body, end].concat())
    }

    /// Skips to where the next frame may begin, behind the first byte.
    fn next_start(&mut self, bytes: &[u8]) -> Scan {
        self.in_step = false;
        let begins = |rest: &[u8]| {
            let compared = rest.len().min(self.start.len());
            !self.start.is_empty() && rest[..compared] == self.start[..compared]
        };
        let found = (1..bytes.len()).find(|index| begins(&bytes[*index..]));
        Scan::Skip(found.unwrap_or(bytes.len()))
    }

    /// The start bytes stand here; `None` if there are too few bytes to tell.
    fn start_stands(&self, bytes: &[u8]) -> Option<bool> {
        let compared = bytes.len().min(self.start.len());
        let same = bytes[..compared] == self.start[..compared];
        (compared == self.start.len() || !same).then_some(same)
    }
}

/// Lines: frames that an end ends, and that begin behind the end of the one before.
impl Scanner {
    fn scan_line(&mut self, bytes: &[u8], last: bool) -> Scan {
        let terminator = self.terminator().unwrap_or_default().to_vec();
        let slip = self.end == FrameEnd::Slip;
        if !self.in_step {
            match find(bytes, &terminator, 0) {
                // This END may begin a frame.
                Some(end) if slip && end > 1 => return Scan::Skip(end - 1),
                Some(_) if slip => self.in_step = true,
                Some(end) => {
                    self.in_step = true;
                    return Scan::Skip(end);
                }
                // Part of the terminator may have come.
                None => {
                    return match bytes.len().checked_sub(terminator.len() - 1) {
                        Some(0) | None => Scan::NeedMore,
                        Some(known) => Scan::Skip(known),
                    };
                }
            }
        }
        let led = slip && bytes[0] == SLIP_END;
        if led && bytes.get(1) == Some(&SLIP_END) {
            return Scan::Skip(1);
        }
        let found = find(bytes, &terminator, usize::from(led));
        match found.filter(|end| *end <= self.max_length) {
            None if bytes.len() < self.max_length => Scan::NeedMore,
            None => {
                self.in_step = false;
                match found {
                    Some(end) if slip => Scan::Skip(end - 1),
                    Some(end) => {
                        self.in_step = true;
                        Scan::Skip(end)
                    }
                    None => Scan::Skip(bytes.len() + 1 - terminator.len()),
                }
            }
            Some(end) if self.is_right(&bytes[..end]) => Scan::Frame(end),
            // The END behind a damaged frame that has one before it may be that of the next.
            Some(end) if led && bytes.len() == end && !last => Scan::NeedMore,
            Some(end) => {
                let shared = led && bytes.get(end).is_some_and(|next| *next != SLIP_END);
                match self.damaged_line(bytes, end, &terminator, last) {
                    Scan::Skip(bytes) if shared && bytes == end => Scan::Skip(end - 1),
                    scan => scan,
                }
            }
        }
    }

    /// How far a line goes that is not right: with a checksum it can be told whether the end of one
    /// before is damaged, or one of its bytes has become an end.
    fn damaged_line(&self, bytes: &[u8], end: usize, terminator: &[u8], last: bool) -> Scan {
        if self.checksum.is_none() {
            return Scan::Skip(end);
        }
        let width = terminator.len();
        let parted = (width + 1..end).find(|seam| {
            self.is_right(&bytes[*seam..end]) && self.ended_but_for_a_bit(&bytes[..*seam])
        });
        if let Some(seam) = parted {
            return Scan::Skip(seam);
        }
        let second = find(bytes, terminator, end).filter(|second| *second <= self.max_length);
        match second {
            None if bytes.len() < self.max_length && !last => Scan::NeedMore,
            Some(second) if self.is_right_but_for_a_bit(&bytes[..second], end - width..end) => {
                Scan::Skip(second)
            }
            _ => Scan::Skip(end),
        }
    }

    /// Frames with start, end and checksum, wherever they stand.
    fn scan_started(&mut self, bytes: &[u8]) -> Scan {
        let FrameEnd::Delimiter(terminator) = self.end.clone() else { return Scan::NeedMore };
        let width = self.start.len();
        let stands = match self.start_stands(bytes) {
            None => return Scan::NeedMore,
            // Directly behind a frame its start may be damaged; what is in it then is no frame.
            Some(false) if self.in_step && bytes.len() < width => return Scan::NeedMore,
            Some(false) if self.in_step && differing_bits(&bytes[..width], &self.start) == 1 => {
                false
            }
            Some(false) => return self.next_start(bytes),
            Some(true) => true,
        };
        let end = find(bytes, &terminator, width).filter(|end| *end <= self.max_length);
        let Some(end) = end else {
            let waits = bytes.len() < self.max_length;
            return if waits { Scan::NeedMore } else { self.next_start(bytes) };
        };
        if !stands {
            let damaged = [&self.start[..], &bytes[width..end]].concat();
            return if self.is_right(&damaged) { Scan::Skip(end) } else { self.next_start(bytes) };
        }
        if self.is_right(&bytes[..end]) {
            self.in_step = true;
            return Scan::Frame(end);
        }
        // The end of the frame before another may be lost. That other counts if one changed bit
        // makes the one before right, or else does not make the whole of them right.
        let inner = (1..end).find(|index| {
            self.is_right(&bytes[*index..end])
                && (self.ended_but_for_a_bit(&bytes[..*index])
                    || !self.is_right_but_for_a_bit(&bytes[..end], *index..*index + width))
        });
        self.in_step = inner.is_none();
        Scan::Skip(inner.unwrap_or(end))
    }
}

/// Frames whose length is fixed or declared.
impl Scanner {
    fn scan_measured(&mut self, bytes: &[u8], last: bool) -> Scan {
        if self.in_step {
            return match self.measure(bytes) {
                Measured::NeedMore => Scan::NeedMore,
                Measured::Right(length) => Scan::Frame(length),
                Measured::Wrong(length) if !self.lone => match self.measure(&bytes[length..]) {
                    Measured::Right(_) => {
                        Scan::Skip(self.taken_in(bytes, length).unwrap_or(length))
                    }
                    Measured::NeedMore if !last => Scan::NeedMore,
                    _ => self.next_start(bytes),
                },
                Measured::Wrong(_) | Measured::Nothing => self.next_start(bytes),
            };
        }
        match self.start_stands(bytes) {
            None => return Scan::NeedMore,
            Some(false) => return self.next_start(bytes),
            Some(true) => {}
        }
        match self.measure(bytes) {
            Measured::NeedMore => Scan::NeedMore,
            Measured::Wrong(_) | Measured::Nothing => self.next_start(bytes),
            Measured::Right(length)
                if self.is_strong() || self.is_followed(bytes, length, last) =>
            {
                self.in_step = true;
                Scan::Frame(length)
            }
            Measured::Right(length) => {
                let told = bytes.len() >= self.told_by(length);
                if told || last || self.lone { self.next_start(bytes) } else { Scan::NeedMore }
            }
        }
    }

    /// Where frames begin that a damaged length of the one before took in, up to `end`. They count
    /// if one changed bit of that length makes the one before right, or else no changed bit of their
    /// first start makes the whole right.
    fn taken_in(&self, bytes: &[u8], end: usize) -> Option<usize> {
        let FrameEnd::Declared { offset, encoding, .. } = &self.end else { return None };
        let first = (1..end).find(|first| match self.measure(&bytes[*first..]) {
            Measured::Right(length) => {
                let behind = bytes.get(first + length..).unwrap_or_default();
                self.is_strong() || behind.starts_with(&self.start)
            }
            _ => false,
        })?;
        let field = *offset..offset + encoding.byte_length();
        let start = first..first + self.start.len();
        let counts = self.is_right_but_for_a_bit(&bytes[..first], field)
            || !self.is_right_but_for_a_bit(&bytes[..end], start);
        counts.then_some(first)
    }

    fn is_strong(&self) -> bool {
        self.checksum.is_some_and(|sum| sum.kind.byte_length() >= STRONG_CHECKSUM_BYTES)
    }

    /// Bytes that tell whether a start stands where the next frame should begin, or the one after
    /// it.
    fn told_by(&self, length: usize) -> usize {
        let frames = if matches!(self.end, FrameEnd::Length(_)) { 2 } else { 1 };
        frames * length + self.start.len()
    }

    /// Whether the next frame, or of fixed lengths the one after it, begins where it should; or
    /// the stream ends with this one.
    fn is_followed(&self, bytes: &[u8], length: usize, last: bool) -> bool {
        let stands = |at: usize| bytes.get(at..).is_some_and(|rest| rest.starts_with(&self.start));
        stands(length)
            || (matches!(self.end, FrameEnd::Length(_)) && stands(2 * length))
            || (last && bytes.len() == length)
    }

    /// What stands at the start of `bytes`, whose start bytes need not be right to be measured.
    fn measure(&self, bytes: &[u8]) -> Measured {
        let length = match &self.end {
            FrameEnd::Length(length) => *length,
            FrameEnd::Declared { offset, encoding, plus } => {
                // Where no start stands, damaged or not, no length does.
                let start = bytes.get(..self.start.len());
                if start.is_some_and(|start| differing_bits(start, &self.start) > 1) {
                    return Measured::Nothing;
                }
                let field = bytes.get(*offset..offset + encoding.byte_length());
                let Some(number) = field.and_then(|field| encoding.decode(field)) else {
                    return Measured::NeedMore;
                };
                // At most 65,535, which every type here holds.
                let length = number.bits() as i64 + i64::from(*plus);
                match usize::try_from(length) {
                    Ok(length) if (self.shortest..=self.max_length).contains(&length) => length,
                    _ => return Measured::Nothing,
                }
            }
            _ => return Measured::Nothing,
        };
        match bytes.get(..length) {
            None => Measured::NeedMore,
            Some(frame) if self.is_right(frame) => Measured::Right(length),
            Some(_) => Measured::Wrong(length),
        }
    }
}

/// The end of the first `terminator` that begins at `from` or later.
fn find(bytes: &[u8], terminator: &[u8], from: usize) -> Option<usize> {
    let behind = bytes.get(from..)?;
    let index = behind.windows(terminator.len()).position(|window| window == terminator)?;
    Some(from + index + terminator.len())
}

fn differing_bits(one: &[u8], other: &[u8]) -> u32 {
    one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum()
}
