//! The tap: what the client library writes and reads goes through here to the journal.
//!
//! Invariants:
//! - Bytes read are journalled before they are looked at, each read as one record; what a flood
//!   brings too much is counted and never looked at.
//! - The client library is given only a whole frame that `wire` has accepted for the pending
//!   request; it never sees noise, late or foreign frames.
//! - What was accepted is remembered, so that the library's result can be compared with it.
//! - What comes while nothing is asked is kept for a while: another master's request may be in it.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;
use trial::record::{Body, Cause, RecordSource};
use trial::time::TrialTime;
use wire::modbus::{Framing, RTU_READ_REQUEST_BYTES, Received, Receiver, foreign_request};

use super::Line;
use crate::clock::Clock;
use crate::flood::Intake;
use crate::limits::{FLOOD_PAUSE, OVERHEARD_BYTES, READ_BYTES};
use crate::queue::JournalQueue;

/// A line with its tap. Clones share the line: one is given to the client library, one stays
/// with the poller.
#[derive(Debug)]
pub struct Tap<T> {
    shared: Arc<Mutex<Tapped<T>>>,
}

impl<T> Clone for Tap<T> {
    fn clone(&self) -> Tap<T> {
        Tap { shared: Arc::clone(&self.shared) }
    }
}

#[derive(Debug)]
struct Tapped<T> {
    line: T,
    clock: Clock,
    queue: JournalQueue,
    intake: Intake,
    source: RecordSource,
    /// Holds the next read back while the line floods.
    pause: Option<Pin<Box<Sleep>>>,
    receiver: Receiver,
    poll: u64,
    /// Request bytes written but not yet flushed.
    sending: Vec<u8>,
    first_write: Option<TrialTime>,
    /// The accepted frame, and how much of it the library has taken.
    released: Vec<u8>,
    taken: usize,
    payload: Option<(usize, usize)>,
    verdict: Option<Cause>,
    complaint: Option<Cause>,
    /// The unit that another master asked during the exchange.
    foreign_unit: Option<u8>,
    /// The request that was sent last.
    own: Vec<u8>,
    /// Whether any byte but the echo came since the exchange began.
    heard: bool,
    /// The last of the bytes that came while nothing was asked, and when.
    overheard: Vec<u8>,
    overheard_at: Option<TrialTime>,
    /// What came since the last accepted frame, with the end of what came before the request: the
    /// rest of another master's request may come after ours was sent.
    unclaimed: Vec<u8>,
}

/// Another master's request among the bytes that came while nothing was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overheard {
    /// The unit that it asks.
    pub unit: u8,
    /// Whether anything came behind it.
    pub answered: bool,
}

impl<T> Tap<T> {
    /// Taps a line.
    pub fn new(
        line: T,
        framing: Framing,
        clock: Clock,
        queue: JournalQueue,
        intake: Intake,
        source: RecordSource,
    ) -> Tap<T> {
        let tapped = Tapped {
            line,
            clock,
            queue,
            intake,
            source,
            pause: None,
            receiver: Receiver::new(framing),
            poll: 0,
            sending: Vec::new(),
            first_write: None,
            released: Vec::new(),
            taken: 0,
            payload: None,
            verdict: None,
            complaint: None,
            foreign_unit: None,
            own: Vec::new(),
            heard: false,
            overheard: Vec::new(),
            overheard_at: None,
            unclaimed: Vec::new(),
        };
        Tap { shared: Arc::new(Mutex::new(tapped)) }
    }

    fn lock(&self) -> MutexGuard<'_, Tapped<T>> {
        // A panic while the lock was held would leave the bytes in order all the same.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the exchange of a poll.
    pub fn begin(&self, poll: u64) {
        let mut tapped = self.lock();
        tapped.poll = poll;
        tapped.sending.clear();
        tapped.first_write = None;
        tapped.released.clear();
        tapped.taken = 0;
        tapped.payload = None;
        tapped.verdict = None;
        tapped.complaint = None;
        tapped.foreign_unit = None;
        tapped.heard = false;
        // One byte less than a request: what is whole was looked at before this was sent.
        let whole = tapped.unclaimed.len().saturating_sub(RTU_READ_REQUEST_BYTES - 1);
        tapped.unclaimed.drain(..whole);
        if tapped.intake.asking(tapped.clock.now()) {
            tapped.receiver.clear();
        }
    }

    /// Gives the exchange up: what comes from now on was not asked for.
    pub fn give_up(&self) {
        self.lock().receiver.clear();
    }

    /// How `wire` saw the exchange end: answered or refused; `None` if it accepted no frame.
    pub fn verdict(&self) -> Option<Cause> {
        self.lock().verdict
    }

    /// What was wrong with the frames that came instead of an answer.
    pub fn complaint(&self) -> Option<Cause> {
        self.lock().complaint
    }

    /// The unit that another master asked during the exchange, where its request was a read.
    pub fn foreign_unit(&self) -> Option<u8> {
        self.lock().foreign_unit
    }

    /// Whether any byte but an echo came since the exchange began.
    pub fn heard(&self) -> bool {
        let tapped = self.lock();
        tapped.heard || tapped.receiver.waiting() > 0
    }

    /// When bytes that nobody asked for came last; `None` once they have been looked at.
    pub fn overheard_at(&self) -> Option<TrialTime> {
        self.lock().overheard_at
    }

    /// The last request of another master among the bytes that nobody asked for.
    pub fn overheard(&self) -> Option<Overheard> {
        let tapped = self.lock();
        let (unit, end) = foreign_request(&tapped.overheard, &tapped.own)?;
        Some(Overheard { unit, answered: tapped.overheard.len() > end })
    }

    /// Forgets the bytes that nobody asked for.
    pub fn forget_overheard(&self) {
        let mut tapped = self.lock();
        tapped.overheard.clear();
        tapped.overheard_at = None;
    }

    /// Compares the registers that the client library returned with the accepted answer.
    pub fn agrees_with(&self, registers: &[u16]) -> bool {
        let tapped = self.lock();
        let accepted = tapped.payload.and_then(|(start, end)| tapped.released.get(start..end));
        accepted.is_some_and(|bytes| {
            bytes.len() == registers.len() * 2
                && bytes.chunks_exact(2).zip(registers).all(|(pair, r)| *pair == r.to_be_bytes())
        })
    }
}

impl<T: AsyncRead + Unpin> Tap<T> {
    /// Reads and journals whatever comes, without an exchange: for draining a line.
    ///
    /// # Errors
    /// The line failed or was closed.
    pub async fn drain_once(&self) -> io::Result<usize> {
        std::future::poll_fn(|context| self.lock().poll_line(context)).await
    }

    /// Reads and journals what has come already.
    ///
    /// # Errors
    /// The line failed or was closed.
    pub async fn drain_ready(&self) -> io::Result<()> {
        for _ in 0..MAX_READY_READS {
            let read = std::future::poll_fn(|context| {
                Poll::Ready(match self.lock().poll_line(context) {
                    Poll::Ready(read) => Some(read),
                    Poll::Pending => None,
                })
            });
            match read.await {
                Some(read) => read?,
                None => break,
            };
        }
        Ok(())
    }
}

impl Tap<Line> {
    /// Whether bytes wait to be read that the runtime may not know of yet.
    pub fn has_unread(&self) -> bool {
        self.lock().line.has_unread()
    }
}

/// Reads of one [`Tap::drain_ready`].
const MAX_READY_READS: usize = 16;

impl<T: AsyncRead + Unpin> Tapped<T> {
    /// One read of the line: journalled, then judged.
    fn poll_line(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let mut bytes = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut self.line).poll_read(context, &mut buffer) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {}
        }
        let read = buffer.filled();
        if read.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
        }
        let at = self.clock.now();
        let count = read.len();
        let taken = self.intake.take(at, read);
        if taken.hole {
            // As the fold does behind the record of a hole: nothing goes on behind it.
            self.receiver.clear();
            self.unclaimed.clear();
        }
        let read = read.get(..taken.kept).unwrap_or_default();
        if !self.receiver.pending() {
            self.overhear(read, at);
        }
        keep_last(&mut self.unclaimed, read);
        self.receiver.received(read);
        self.judge(at);
        if taken.hole || taken.kept < count {
            self.complaint = Some(Cause::Flooded);
            self.pause = Some(Box::pin(tokio::time::sleep(FLOOD_PAUSE)));
        }
        Poll::Ready(Ok(count))
    }

    fn overhear(&mut self, bytes: &[u8], at: TrialTime) {
        keep_last(&mut self.overheard, bytes);
        self.overheard_at = Some(at);
    }

    fn judge(&mut self, at: TrialTime) {
        while let Some(found) = self.receiver.next() {
            match found {
                Received::Answer { frame, payload } => {
                    self.released.clear();
                    self.released.extend_from_slice(frame);
                    self.payload = Some((payload.start, payload.end));
                    self.accept(Cause::Answered, at);
                }
                Received::Exception { frame, code } => {
                    self.released.clear();
                    self.released.extend_from_slice(frame);
                    self.accept(Cause::Refused(code), at);
                }
                // Bytes from before the request, and its echo, say nothing of the device.
                Received::Skipped { cause: Cause::Timeout, .. } => continue,
                // Once another master has asked, nothing that comes can be told to be ours.
                Received::Skipped { cause, .. } => {
                    if self.complaint != Some(Cause::ForeignTraffic) {
                        self.complaint = Some(cause);
                    }
                    if cause == Cause::ForeignTraffic {
                        let asked = foreign_request(&self.unclaimed, &self.own);
                        self.foreign_unit = asked.map(|(unit, _)| unit).or(self.foreign_unit);
                    }
                }
            }
            self.heard = true;
        }
    }

    /// A frame was accepted, which `released` holds. It is not to be trusted if another master's
    /// request ends before it, of which the first bytes came before ours was sent.
    fn accept(&mut self, verdict: Cause, at: TrialTime) {
        self.verdict = Some(verdict);
        let end = self.unclaimed.len().saturating_sub(self.receiver.waiting());
        let before = end.saturating_sub(self.released.len());
        if let Some((unit, _)) = foreign_request(&self.unclaimed[..before], &self.own) {
            self.complaint = Some(Cause::ForeignTraffic);
            self.foreign_unit = Some(unit);
        }
        let behind = self.unclaimed.split_off(end);
        if !behind.is_empty() {
            self.overhear(&behind, at);
        }
        self.unclaimed = behind;
    }
}

/// Appends, and keeps the last bytes.
fn keep_last(kept: &mut Vec<u8>, bytes: &[u8]) {
    kept.extend_from_slice(bytes);
    let surplus = kept.len().saturating_sub(OVERHEARD_BYTES);
    kept.drain(..surplus);
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Tap<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut tapped = self.lock();
        loop {
            if tapped.taken < tapped.released.len() {
                let count = buffer.remaining().min(tapped.released.len() - tapped.taken);
                let start = tapped.taken;
                buffer.put_slice(&tapped.released[start..start + count]);
                tapped.taken += count;
                return Poll::Ready(Ok(()));
            }
            match tapped.poll_line(context) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tap<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut tapped = self.lock();
        let at = tapped.clock.now();
        let written = match Pin::new(&mut tapped.line).poll_write(context, bytes) {
            Poll::Ready(Ok(written)) => written,
            other => return other,
        };
        tapped.first_write.get_or_insert(at);
        tapped.sending.extend_from_slice(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    /// The library flushes after each request: then it is whole, and journalled as it was sent.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut tapped = self.lock();
        match Pin::new(&mut tapped.line).poll_flush(context) {
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        if !tapped.sending.is_empty() {
            let bytes = std::mem::take(&mut tapped.sending);
            let at = tapped.first_write.unwrap_or_else(|| tapped.clock.now());
            tapped.receiver.sent(&bytes);
            tapped.own.clone_from(&bytes);
            let (poll, source) = (tapped.poll, tapped.source);
            tapped.queue.push(at, source, Body::Sent { poll, bytes: Cow::Owned(bytes) });
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut tapped = self.lock();
        Pin::new(&mut tapped.line).poll_shutdown(context)
    }
}
