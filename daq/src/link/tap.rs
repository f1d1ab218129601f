//! The tap: what the client library writes and reads goes through here to the journal.
//!
//! Invariants:
//! - Bytes read are journalled before they are looked at, each read as one record.
//! - The client library is given only a whole frame that `wire` has accepted for the pending
//!   request; it never sees noise, late or foreign frames.
//! - What was accepted is remembered, so that the library's result can be compared with it.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use trial::record::{Body, Cause, RecordSource};
use trial::time::TrialTime;
use wire::modbus::{Framing, Received, Receiver};

use crate::clock::Clock;
use crate::limits::READ_BYTES;
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
    source: RecordSource,
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
}

impl<T> Tap<T> {
    /// Taps a line.
    pub fn new(
        line: T,
        framing: Framing,
        clock: Clock,
        queue: JournalQueue,
        source: RecordSource,
    ) -> Tap<T> {
        let tapped = Tapped {
            line,
            clock,
            queue,
            source,
            receiver: Receiver::new(framing),
            poll: 0,
            sending: Vec::new(),
            first_write: None,
            released: Vec::new(),
            taken: 0,
            payload: None,
            verdict: None,
            complaint: None,
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
    }

    /// How `wire` saw the exchange end: answered or refused; `None` if it accepted no frame.
    pub fn verdict(&self) -> Option<Cause> {
        self.lock().verdict
    }

    /// What was wrong with the frames that came instead of an answer.
    pub fn complaint(&self) -> Option<Cause> {
        self.lock().complaint
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
}

impl<T: AsyncRead + Unpin> Tapped<T> {
    /// One read of the line: journalled, then judged.
    fn poll_line(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
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
        self.queue.push(at, self.source, Body::Received { bytes: Cow::Owned(read.to_vec()) });
        self.receiver.received(read);
        self.judge();
        Poll::Ready(Ok(count))
    }

    fn judge(&mut self) {
        while let Some(found) = self.receiver.next() {
            match found {
                Received::Answer { frame, payload } => {
                    self.released.clear();
                    self.released.extend_from_slice(frame);
                    self.payload = Some((payload.start, payload.end));
                    self.verdict = Some(Cause::Answered);
                }
                Received::Exception { frame, code } => {
                    self.released.clear();
                    self.released.extend_from_slice(frame);
                    self.verdict = Some(Cause::Refused(code));
                }
                // Bytes from before the request say nothing against the device.
                Received::Skipped { cause: Cause::Timeout, .. } => {}
                Received::Skipped { cause, .. } => self.complaint = Some(cause),
            }
        }
    }
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
