//! Frames that an end ends: lines, and SLIP and COBS frames.
//!
//! Without start bytes, or without a checksum, a line begins behind the end of the one before; with
//! both a frame is looked for by its start, wherever that stands.

use super::super::escape::SLIP_END;
use super::{Found, Scanner, differing_bits};
use crate::dialect::Scan;
use trial::profile::FrameEnd;

impl Scanner {
    /// Looks for a line, which begins behind the end of the one before.
    pub(super) fn scan_line(&self, bytes: &[u8], terminator: &[u8], last: bool) -> Found {
        let slip = self.end == FrameEnd::Slip;
        if !self.in_step {
            match find(bytes, terminator, 0) {
                // This END may begin a frame.
                Some(end) if slip && end > 1 => return Found::skip(end - 1, false),
                Some(_) if slip => {}
                Some(end) => return Found::skip(end, true),
                // Part of the terminator may have come.
                None => {
                    return match bytes.len().checked_sub(terminator.len() - 1) {
                        Some(0) | None => self.wait(),
                        Some(known) => Found::skip(known, false),
                    };
                }
            }
        }
        let led = slip && bytes.first() == Some(&SLIP_END);
        if led && bytes.get(1) == Some(&SLIP_END) {
            return Found::skip(1, true);
        }
        let found = find(bytes, terminator, usize::from(led));
        let Some(end) = found.filter(|end| *end <= self.max_length) else {
            return match found {
                _ if bytes.len() < self.max_length => self.wait(),
                Some(end) if slip => Found::skip(end - 1, false),
                Some(end) => Found::skip(end, true),
                None => Found::skip(bytes.len() + 1 - terminator.len(), false),
            };
        };
        if self.is_right(&bytes[..end]) {
            return Found::frame(end);
        }
        // The END behind a damaged frame that has one before it may be that of the next.
        let shared = led && bytes.get(end).is_some_and(|next| *next != SLIP_END);
        if led && bytes.len() == end && !last {
            return self.wait();
        }
        match self.damaged_line(bytes, end, terminator, last) {
            Scan::NeedMore => self.wait(),
            Scan::Skip(skipped) if shared && skipped == end => Found::skip(end - 1, true),
            Scan::Skip(skipped) | Scan::Frame(skipped) => Found::skip(skipped, true),
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
            self.ended_but_for_a_bit(&bytes[..*seam], terminator)
                && self.is_right(&bytes[*seam..end])
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

    /// Looks for a frame with start, end and checksum, wherever it stands.
    pub(super) fn scan_started(&self, bytes: &[u8], terminator: &[u8]) -> Found {
        let width = self.start.len();
        let Some(stands) = self.start_stands(bytes) else { return self.wait() };
        if !stands {
            // Directly behind a frame its start may be damaged; what is in it then is no frame.
            match bytes.get(..width) {
                None if self.in_step => return self.wait(),
                Some(start) if self.in_step && differing_bits(start, &self.start) == 1 => {}
                _ => return self.next_start(bytes),
            }
        }
        let found = find(bytes, terminator, width).filter(|end| *end <= self.max_length);
        let Some(end) = found else {
            let waits = bytes.len() < self.max_length;
            return if waits { self.wait() } else { self.next_start(bytes) };
        };
        if !stands {
            let mended = [&self.start[..], &bytes[width..end]].concat();
            let damaged = self.is_right(&mended);
            return if damaged { Found::skip(end, true) } else { self.next_start(bytes) };
        }
        if self.is_right(&bytes[..end]) {
            return Found::frame(end);
        }
        // The end of the frame before another may be lost. That other counts if one changed bit
        // makes the one before right, or else does not make the whole of them right.
        let inner = (1..end).find(|index| {
            self.is_right(&bytes[*index..end])
                && (self.ended_but_for_a_bit(&bytes[..*index], terminator)
                    || !self.is_right_but_for_a_bit(&bytes[..end], *index..*index + width))
        });
        Found::skip(inner.unwrap_or(end), inner.is_none())
    }

    /// Whether bytes would end as a right frame with one bit of their end changed.
    fn ended_but_for_a_bit(&self, frame: &[u8], terminator: &[u8]) -> bool {
        let body = frame.len().saturating_sub(terminator.len());
        let (body, found) = frame.split_at(body);
        differing_bits(found, terminator) == 1 && self.is_right(&[body, terminator].concat())
    }
}

/// The end of the first `terminator` that begins at `from` or later.
fn find(bytes: &[u8], terminator: &[u8], from: usize) -> Option<usize> {
    let behind = bytes.get(from..)?;
    let index = behind.windows(terminator.len()).position(|window| window == terminator)?;
    Some(from + index + terminator.len())
}
