//! The way from the links to the sequencer: bounded, and never silent when it is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam::channel::{Receiver, Sender, TryRecvError, TrySendError, bounded};
use trial::record::{Body, RecordSource};
use trial::time::TrialTime;

use crate::limits::{QUEUE_BYTES, QUEUE_RECORDS, QUEUE_RESERVE};

/// A record that has no number yet.
#[derive(Debug)]
pub struct Draft {
    /// When it happened.
    pub at: TrialTime,
    /// Who it comes from.
    pub source: RecordSource,
    /// What it says.
    pub body: Body<'static>,
}

impl Draft {
    /// Bytes of the line that it holds. What else a draft holds is bounded by its own.
    fn bytes(&self) -> usize {
        match &self.body {
            Body::Received { bytes } | Body::Sent { bytes, .. } => bytes.len(),
            _ => 0,
        }
    }
}

/// Sending end; cloned for every link.
#[derive(Debug, Clone)]
pub struct JournalQueue {
    sender: Sender<Draft>,
    shared: Arc<Shared>,
}

/// Receiving end.
#[derive(Debug)]
pub struct JournalDrain {
    receiver: Receiver<Draft>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    bytes: AtomicUsize,
    high_water: AtomicUsize,
    lost: AtomicBool,
}

impl JournalQueue {
    /// A queue and its receiving end.
    pub fn new() -> (JournalQueue, JournalDrain) {
        let (sender, receiver) = bounded(QUEUE_RECORDS);
        let shared = Arc::<Shared>::default();
        (JournalQueue { sender, shared: Arc::clone(&shared) }, JournalDrain { receiver, shared })
    }

    /// Whether a link may go on to read or send. The reserve holds what other links add
    /// between this question and the answer's use.
    pub fn has_room(&self) -> bool {
        let waiting = self.sender.len();
        self.shared.high_water.fetch_max(waiting, Ordering::Relaxed);
        waiting + QUEUE_RESERVE <= QUEUE_RECORDS
            && self.shared.bytes.load(Ordering::Relaxed) <= QUEUE_BYTES
    }

    /// Hands a record over. A record that finds no place is lost data: the session is told
    /// through [`JournalQueue::has_lost`] and ends as failed.
    pub fn push(&self, at: TrialTime, source: RecordSource, body: Body<'static>) {
        let draft = Draft { at, source, body };
        self.shared.bytes.fetch_add(draft.bytes(), Ordering::Relaxed);
        match self.sender.try_send(draft) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.shared.lost.store(true, Ordering::Release);
            }
        }
    }

    /// Whether a record found no place.
    pub fn has_lost(&self) -> bool {
        self.shared.lost.load(Ordering::Acquire)
    }

    /// Most records that have waited at once.
    pub fn high_water(&self) -> usize {
        self.shared.high_water.load(Ordering::Relaxed)
    }
}

impl JournalDrain {
    /// The next record, if one waits.
    ///
    /// # Errors
    /// None waits, or none will come any more.
    pub fn try_recv(&self) -> Result<Draft, TryRecvError> {
        let draft = self.receiver.try_recv()?;
        self.shared.bytes.fetch_sub(draft.bytes(), Ordering::Relaxed);
        Ok(draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::record::{Event, EventKind};

    #[test]
    fn a_full_queue_says_so_before_anything_is_lost() {
        let (queue, drain) = JournalQueue::new();
        let mut pushed = 0;
        while queue.has_room() {
            let event = Event { kind: EventKind::Note, text: String::new() };
            queue.push(TrialTime(pushed), RecordSource::STATION, Body::Event(event));
            pushed += 1;
        }
        assert!(!queue.has_lost());
        assert_eq!(drain.receiver.len() + QUEUE_RESERVE, QUEUE_RECORDS + 1);
    }

    #[test]
    fn bytes_of_the_lines_are_bounded_too_and_room_comes_back() {
        let (queue, drain) = JournalQueue::new();
        let mut pushed = 0;
        while queue.has_room() {
            let bytes = vec![0; 4_096].into();
            queue.push(TrialTime::ZERO, RecordSource::link(0), Body::Received { bytes });
            pushed += 4_096;
        }
        assert!((QUEUE_BYTES..QUEUE_BYTES + 8_192).contains(&pushed), "{pushed}");
        drain.try_recv().unwrap();
        assert!(queue.has_room() && !queue.has_lost());
    }
}
