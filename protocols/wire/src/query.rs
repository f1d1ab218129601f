//! Queries of poll-and-answer instruments: the receive side of a link to one of them.
//!
//! Such answers carry no number and often no checksum. From the bytes alone a late answer to one
//! query can't be told from the answer to the next one of the same kind; who asks must wait until
//! nothing can be late any more before it asks again, and drops here what came until then.
//!
//! Invariants:
//! - Bytes from before a query never answer it, nor does the query itself, which a two-wire line
//!   gives back.
//! - Every byte that goes in comes out once: in an answer, as skipped, or counted by
//!   [`QueryReceiver::clear`].
//! - After an answer nothing is pending, and what comes then is skipped.

use trial::profile::DeviceProfile;
use trial::record::Cause;

use crate::dialect::Scan;
use crate::dialect::frame::{Message, Scanner};

/// Receive buffer and pending query of one instrument.
///
/// Both the daemon, on live bytes, and the derivation, on recorded ones, drive one of these; hence
/// they come to the same answers.
#[derive(Debug, Clone)]
pub struct QueryReceiver {
    scanner: Scanner,
    messages: Vec<Message>,
    queries: Vec<Vec<u8>>,
    /// The message that is waited for.
    pending: Option<usize>,
    /// Nothing has been judged since the query was sent.
    fresh: bool,
    buffer: Vec<u8>,
    /// Bytes at the start of the buffer that have been given out.
    consumed: usize,
    /// Bytes after those that came before the pending query was sent.
    stale: usize,
    /// The last bytes that came since all was dropped, as many as end a line.
    tail: Vec<u8>,
}

/// What a [`QueryReceiver`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The answer to the pending query: a whole frame that fits the message.
    Answer(&'a [u8]),
    /// Bytes that are not for the pending query.
    Skipped {
        /// How many.
        bytes: usize,
        /// Why: `Corrupt` for bytes of no frame, `WrongFunction` for a whole frame that is not of
        /// the message asked for; `Timeout` for bytes that came before the query was sent or
        /// while none was pending, and for the query given back, which say nothing against the
        /// device.
        cause: Cause,
    },
}

impl QueryReceiver {
    /// A receiver with nothing pending; `None` if the profile lays out no frames.
    pub fn new(profile: &DeviceProfile) -> Option<QueryReceiver> {
        let layout = profile.layout.as_ref()?;
        let queries = layout.messages.iter().map(|message| message.query.clone());
        Some(QueryReceiver {
            scanner: Scanner::of_answers(layout),
            messages: Message::all(profile),
            queries: queries.map(Option::unwrap_or_default).collect(),
            pending: None,
            fresh: false,
            buffer: Vec::new(),
            consumed: 0,
            stale: 0,
            tail: Vec::new(),
        })
    }

    /// The query of a message was handed to the wire as `bytes`; one before it that still waits is
    /// given up. Other bytes than those of the query make nothing pending.
    ///
    /// What is still buffered came before and can't be the answer. If what came before ends within
    /// a line, the rest of that line is not the answer either.
    pub fn sent(&mut self, message: usize, bytes: &[u8]) {
        let same = self.queries.get(message).is_some_and(|query| query == bytes);
        self.pending = same.then_some(message);
        self.fresh = true;
        self.stale = self.buffer.len() - self.consumed;
        let line_begins = self.tail.is_empty() || self.scanner.ends_line(&self.tail);
        self.scanner.set_in_step(line_begins);
    }

    /// Bytes were read from the wire.
    pub fn received(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.consumed);
        self.consumed = 0;
        self.buffer.extend_from_slice(bytes);
        self.tail.extend_from_slice(bytes);
        let kept = self.scanner.terminator().map_or(0, <[u8]>::len);
        self.tail.drain(..self.tail.len().saturating_sub(kept));
    }

    /// The next thing in the buffer; `None` when more bytes are needed. Call it until it says so
    /// after every [`QueryReceiver::received`], so that the buffer stays within two frames.
    #[allow(clippy::should_implement_trait)] // An iterator can't lend its own buffer.
    pub fn next(&mut self) -> Option<Reply<'_>> {
        if self.stale > 0 {
            let stale = std::mem::take(&mut self.stale);
            return self.skip(stale, Cause::Timeout);
        }
        let waiting = self.buffer.get(self.consumed..).unwrap_or_default();
        if waiting.is_empty() {
            return None;
        }
        let Some(message) = self.pending else {
            return self.skip(waiting.len(), Cause::Timeout);
        };
        let query = self.queries.get(message).map_or(&[][..], Vec::as_slice);
        // A line that is given back is a line of its own; of other frames the query may be the
        // beginning, and then it goes before the answer.
        if self.fresh && self.scanner.is_measured() {
            if waiting.len() < query.len() && query.starts_with(waiting) {
                return None;
            }
            self.fresh = false;
            if waiting.starts_with(query) {
                return self.skip(query.len(), Cause::Timeout);
            }
        }
        match self.scanner.scan(waiting, false) {
            Scan::NeedMore => None,
            Scan::Skip(bytes) => self.skip(bytes, Cause::Corrupt),
            Scan::Frame(bytes) if waiting.get(..bytes) == Some(query) => {
                self.skip(bytes, Cause::Timeout)
            }
            Scan::Frame(bytes) => {
                let frame = waiting.get(..bytes).unwrap_or_default();
                let answers = self.scanner.content(frame).is_some_and(|content| {
                    let body = self.scanner.body(&content);
                    let asked = self.messages.get_mut(message);
                    asked.is_some_and(|asked| asked.find(&content, body).is_some())
                });
                if !answers {
                    return self.skip(bytes, Cause::WrongFunction);
                }
                self.pending = None;
                let start = self.consumed;
                self.consumed += bytes;
                self.buffer.get(start..start + bytes).map(Reply::Answer)
            }
        }
    }

    /// Drops the buffered bytes and gives the pending query up, as after a timeout or when the
    /// link went down; what comes next begins anew. Returns how many bytes were dropped.
    pub fn clear(&mut self) -> usize {
        let dropped = self.buffer.len() - self.consumed;
        self.buffer.clear();
        self.consumed = 0;
        self.stale = 0;
        self.tail.clear();
        self.pending = None;
        dropped
    }

    /// Whether a query waits for its answer.
    pub fn pending(&self) -> bool {
        self.pending.is_some()
    }

    fn skip(&mut self, bytes: usize, cause: Cause) -> Option<Reply<'_>> {
        self.consumed += bytes;
        Some(Reply::Skipped { bytes, cause })
    }
}
