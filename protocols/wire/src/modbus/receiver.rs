//! The receive side of a polled link: a bounded buffer and the exchange that is pending.
//!
//! Invariants:
//! - Every byte that goes in comes out once: in an answer, in an exception, as skipped, or counted
//!   by [`Receiver::clear`].
//! - After an answer or an exception nothing is pending, and what comes then is skipped.

use std::ops::Range;

use trial::record::Cause;

use super::{Exchange, Framing, Judged};

/// Receive buffer and pending exchange of one polled link.
///
/// Both the tap of the daemon, on live bytes, and the derivation, on recorded ones, drive one of
/// these; hence they come to the same answers.
#[derive(Debug, Clone)]
pub struct Receiver {
    framing: Framing,
    pending: Option<Exchange>,
    buffer: Vec<u8>,
    /// Bytes at the start of the buffer that have been given out.
    consumed: usize,
    /// Bytes after those that came before the pending request was sent.
    stale: usize,
}

/// What a [`Receiver`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received<'a> {
    /// The answer to the pending request.
    Answer {
        /// The whole frame.
        frame: &'a [u8],
        /// Where the register bytes stand in `frame`.
        payload: Range<usize>,
    },
    /// The device refused the pending request.
    Exception {
        /// The whole frame.
        frame: &'a [u8],
        /// Exception code.
        code: u8,
    },
    /// Bytes that are not for the pending request.
    Skipped {
        /// How many.
        bytes: usize,
        /// Why, as in [`Judged::Skip`]; `Timeout` for bytes that came before the request was sent
        /// or while none was pending, and so say nothing against the device.
        cause: Cause,
    },
}

impl Receiver {
    /// A receiver with nothing pending.
    pub fn new(framing: Framing) -> Receiver {
        Receiver { framing, pending: None, buffer: Vec::new(), consumed: 0, stale: 0 }
    }

    /// A request was handed to the wire; a request before it that still waits is given up.
    ///
    /// Bytes that are still buffered came before the request and can't be its answer: they are
    /// never judged against it, and the next [`Receiver::next`] tells them as skipped.
    pub fn sent(&mut self, bytes: &[u8]) {
        self.pending = Exchange::from_sent(self.framing, bytes);
        self.stale = self.buffer.len() - self.consumed;
    }

    /// Bytes were read from the wire.
    pub fn received(&mut self, bytes: &[u8]) {
        if self.consumed > 0 {
            self.buffer.drain(..self.consumed);
            self.consumed = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next thing in the buffer; `None` when more bytes are needed. Call it until it says so
    /// after every [`Receiver::received`], so that the buffer stays within one frame.
    #[allow(clippy::should_implement_trait)] // An iterator can't lend its own buffer.
    pub fn next(&mut self) -> Option<Received<'_>> {
        if self.stale > 0 {
            let stale = std::mem::take(&mut self.stale);
            return self.skip(stale, Cause::Timeout);
        }
        let waiting = self.buffer.get(self.consumed..).unwrap_or_default();
        if waiting.is_empty() {
            return None;
        }
        let Some(exchange) = self.pending else {
            return self.skip(waiting.len(), Cause::Timeout);
        };
        // Bytes of no frame come one by one; they are told together.
        let mut corrupt = 0;
        loop {
            match exchange.judge(&waiting[corrupt..]) {
                Judged::Skip { length, cause: Cause::Corrupt } => corrupt += length,
                _ if corrupt > 0 => return self.skip(corrupt, Cause::Corrupt),
                Judged::NeedMore => return None,
                Judged::Skip { length, cause } => return self.skip(length, cause),
                Judged::Answer { length, payload } => {
                    let frame = self.take_frame(length);
                    return Some(Received::Answer { frame, payload });
                }
                Judged::Exception { length, code } => {
                    let frame = self.take_frame(length);
                    return Some(Received::Exception { frame, code });
                }
            }
        }
    }

    /// Drops the buffered bytes and gives the pending request up, as after a timeout or when the
    /// link went down. Returns how many bytes were dropped.
    pub fn clear(&mut self) -> usize {
        let dropped = self.buffer.len() - self.consumed;
        self.buffer.clear();
        self.consumed = 0;
        self.stale = 0;
        self.pending = None;
        dropped
    }

    /// Bytes that wait for more.
    pub fn waiting(&self) -> usize {
        self.buffer.len() - self.consumed
    }

    /// Whether a request waits for its answer.
    pub fn pending(&self) -> bool {
        self.pending.is_some()
    }

    fn skip(&mut self, bytes: usize, cause: Cause) -> Option<Received<'_>> {
        self.consumed += bytes;
        Some(Received::Skipped { bytes, cause })
    }

    fn take_frame(&mut self, length: usize) -> &[u8] {
        self.pending = None;
        let start = self.consumed;
        self.consumed += length;
        &self.buffer[start..start + length]
    }
}
