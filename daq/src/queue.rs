//! The way from the links to the sequencer: bounded, and never silent when it is full.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam::channel::{Receiver, Sender, TrySendError, bounded};
use trial::record::{Body, RecordSource};
use trial::time::TrialTime;

use crate::limits::{QUEUE_RECORDS, QUEUE_RESERVE};

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

/// Sending end; cloned for every link.
#[derive(Debug, Clone)]
pub struct JournalQueue {
    sender: Sender<Draft>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    high_water: AtomicUsize,
    lost: AtomicBool,
}

impl JournalQueue {
    /// A queue and its receiving end.
    pub fn new() -> (JournalQueue, Receiver<Draft>) {
        let (sender, receiver) = bounded(QUEUE_RECORDS);
        (JournalQueue { sender, shared: Arc::default() }, receiver)
    }

    /// Whether a link may go on to read or send. The reserve holds what other links add
    /// between this question and the answer's use.
    pub fn has_room(&self) -> bool {
        let waiting = self.sender.len();
        self.shared.high_water.fetch_max(waiting, Ordering::Relaxed);
        waiting + QUEUE_RESERVE <= QUEUE_RECORDS
    }

    /// Hands a record over. A record that finds no place is lost data: the session is told
    /// through [`JournalQueue::has_lost`] and ends as failed.
    pub fn push(&self, at: TrialTime, source: RecordSource, body: Body<'static>) {
        match self.sender.try_send(Draft { at, source, body }) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use trial::record::{Event, EventKind};

    #[test]
    fn a_full_queue_says_so_before_anything_is_lost() {
        let (queue, receiver) = JournalQueue::new();
        let mut pushed = 0;
        while queue.has_room() {
            let event = Event { kind: EventKind::Note, text: String::new() };
            queue.push(TrialTime(pushed), RecordSource::STATION, Body::Event(event));
            pushed += 1;
        }
        assert!(!queue.has_lost());
        assert_eq!(receiver.len() + QUEUE_RESERVE, QUEUE_RECORDS + 1);
    }
}
