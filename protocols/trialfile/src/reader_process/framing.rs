//! Messages between client and reader process: four bytes of length, then so many bytes.
//!
//! Invariants:
//! - A length beyond the limit is an error before anything is allocated for it.
//! - How the bytes are split on their way makes no difference.

use std::io::{Error, ErrorKind, Read, Write};

/// Reads one message; `None` if the other side closed the line between two messages.
///
/// # Errors
/// The line broke within a message, a deadline passed, or a length is beyond `limit`.
pub(super) fn read_message(line: &mut impl Read, limit: usize) -> Result<Option<Vec<u8>>, Error> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match line.read(length.get_mut(filled..).unwrap_or_default()) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > limit {
        return Err(Error::new(ErrorKind::InvalidData, "a message is longer than the limit"));
    }
    let mut message = Vec::with_capacity(length);
    line.take(length as u64).read_to_end(&mut message)?;
    if message.len() < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(message))
}

/// Writes one message.
///
/// # Errors
/// The line broke, a deadline passed, or the message is beyond `limit`.
pub(super) fn write_message(
    line: &mut impl Write,
    message: &[u8],
    limit: usize,
) -> Result<(), Error> {
    let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= limit);
    let length = length
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "a message is beyond the limit"))?;
    line.write_all(&length.to_le_bytes())?;
    line.write_all(message)?;
    line.flush()
}

/// Takes a message apart. Every method is `None` when the bytes do not suffice.
#[derive(Debug)]
pub(super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub fn size(&mut self) -> Option<usize> {
        usize::try_from(self.u64()?).ok()
    }

    pub fn text(&mut self) -> Option<String> {
        let length = u32::from_le_bytes(self.array()?) as usize;
        std::str::from_utf8(self.bytes(length)?).ok().map(str::to_owned)
    }

    /// So many bytes.
    pub fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// What is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Adds a text with its length.
pub(super) fn put_text(message: &mut Vec<u8>, text: &str) {
    message.extend_from_slice(&(text.len() as u32).to_le_bytes());
    message.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A line that hands out its bytes in the given pieces.
    struct Split<'a> {
        bytes: &'a [u8],
        pieces: std::iter::Cycle<std::vec::IntoIter<usize>>,
    }

    impl Read for Split<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let piece = self.pieces.next().unwrap_or(1).max(1);
            let count = piece.min(out.len()).min(self.bytes.len());
            let (now, later) = self.bytes.split_at(count);
            out[..count].copy_from_slice(now);
            self.bytes = later;
            Ok(count)
        }
    }

    fn split<'a>(bytes: &'a [u8], pieces: &[usize]) -> Split<'a> {
        let pieces = if pieces.is_empty() { vec![1] } else { pieces.to_vec() };
        Split { bytes, pieces: pieces.into_iter().cycle() }
    }

    proptest! {
        #[test]
        fn messages_are_the_same_at_every_split(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8),
            pieces in prop::collection::vec(1_usize..40, 0..20),
        ) {
            let mut line = Vec::new();
            for message in &messages {
                write_message(&mut line, message, 300).unwrap();
            }
            let mut line = split(&line, &pieces);
            for message in &messages {
                let read = read_message(&mut line, 300).unwrap();
                prop_assert_eq!(read.as_ref(), Some(message));
            }
            prop_assert!(read_message(&mut line, 300).unwrap().is_none());
        }

        #[test]
        fn any_bytes_are_messages_or_an_error(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            pieces in prop::collection::vec(1_usize..9, 0..20),
        ) {
            let mut line = split(&bytes, &pieces);
            // As many rounds as there can be messages.
            for _ in 0..=bytes.len() {
                match read_message(&mut line, 64) {
                    Ok(Some(message)) => prop_assert!(message.len() <= 64),
                    Ok(None) => return Ok(()),
                    Err(_) => return Ok(()),
                }
            }
            prop_assert!(false, "the line had no end");
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_on_both_sides() {
        let mut line: &[u8] = &[255, 255, 255, 255, 1, 2, 3];
        assert_eq!(read_message(&mut line, 8).unwrap_err().kind(), ErrorKind::InvalidData);
        let refused = write_message(&mut Vec::new(), &[0; 9], 8).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
        for cut in 1..7 {
            let mut line: &[u8] = &[3, 0, 0, 0, 1, 2, 3][..cut];
            let error = read_message(&mut line, 8).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        }
    }
}
