//! A stretch of a stream that can be looked at before it is taken.

use std::io::Read;
use std::path::Path;

use crate::{JournalError, io_error};

/// Bytes that are read at once.
const READ_BYTES: usize = 1 << 20;

/// Looks into a stream. It holds as much of it as was read and not yet taken.
#[derive(Debug)]
pub(crate) struct Window<R> {
    source: R,
    /// What was read stands in `start..end`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the stream of the first byte that was not taken.
    position: u64,
}

impl<R: Read> Window<R> {
    pub fn new(source: R) -> Window<R> {
        Window { source, buffer: Vec::new(), start: 0, end: 0, position: 0 }
    }

    /// Offset in the stream of the first byte that was not taken.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What is there of the next `count` bytes: fewer only at the end of the stream.
    pub fn peek(&mut self, count: usize) -> Result<&[u8], JournalError> {
        self.fill(count)?;
        let there = &self.buffer[self.start..self.end];
        Ok(&there[..there.len().min(count)])
    }

    /// Takes bytes that were looked at.
    pub fn take(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += count as u64;
    }

    /// Bytes that were looked at and taken last; valid until the next look.
    pub fn taken(&self, count: usize) -> &[u8] {
        &self.buffer[self.start.saturating_sub(count)..self.start]
    }

    fn fill(&mut self, count: usize) -> Result<(), JournalError> {
        if self.end - self.start >= count {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < count.max(READ_BYTES) {
            self.buffer.resize(count.max(READ_BYTES), 0);
        }
        while self.end < count {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(io_error("read", Path::new("journal"))(error)),
            }
        }
        Ok(())
    }
}
