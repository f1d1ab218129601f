//! Frames whose length is fixed or declared, found again by their start.

use trial::profile::FrameEnd;

use super::{Found, Scanner, differing_bits};

/// Bytes of a checksum that is strong enough for a frame to count wherever it stands.
const STRONG_CHECKSUM_BYTES: usize = 2;

/// What stands where a frame may begin.
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
    /// Looks for a frame whose length is known before its end.
    pub(super) fn scan_measured(&self, bytes: &[u8], last: bool) -> Found {
        if self.in_step {
            return match self.measure(bytes) {
                Measured::NeedMore => self.wait(),
                Measured::Right(length) => Found::frame(length),
                Measured::Wrong(length) if !self.lone => match self.measure(&bytes[length..]) {
                    Measured::Right(_) => {
                        Found::skip(self.taken_in(bytes, length).unwrap_or(length), true)
                    }
                    Measured::NeedMore if !last => self.wait(),
                    _ => self.next_start(bytes),
                },
                Measured::Wrong(_) | Measured::Nothing => self.next_start(bytes),
            };
        }
        match (self.start_stands(bytes), self.measure(bytes)) {
            (None, _) => self.wait(),
            (Some(false), _) => self.next_start(bytes),
            (_, Measured::NeedMore) => self.wait(),
            (_, Measured::Wrong(_) | Measured::Nothing) => self.next_start(bytes),
            (_, Measured::Right(length)) => {
                if self.is_strong() || self.is_followed(bytes, length, last) {
                    return Found::frame(length);
                }
                let told = bytes.len() >= self.told_by(length);
                if told || last || self.lone { self.next_start(bytes) } else { self.wait() }
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
