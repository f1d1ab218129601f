//! Signed heads of a running trial: when they are due, and where copies of them go.
//!
//! Invariants:
//! - A head is appended by the thread that numbers the records, in a block of its own.
//! - That thread never waits for a witness: a head that finds the way to it full is told as an event
//!   and stays in the journal alone.

use std::sync::Arc;
use std::time::Instant;

use crossbeam::channel::Sender;
use evidence::{StationKey, WitnessedHead, append_head};
use journal::{JournalError, Writer};
use trial::record::{Body, Event, EventKind, Head, RecordSource};
use trial::time::TrialTime;

use crate::clock::Clock;
use crate::limits::{HEAD_HOLD, HEAD_PERIOD, HEAD_RETRY};

/// The run whose heads are signed.
#[derive(Debug, Clone)]
pub struct SignedRun {
    /// Trial.
    pub trial: String,
    /// Run of the trial.
    pub run: u32,
    /// The key with which it was begun.
    pub key: Arc<StationKey>,
}

/// Signs the heads of one journal.
#[derive(Debug)]
pub struct Signer {
    run: SignedRun,
    copies: Option<Sender<WitnessedHead>>,
    due: Instant,
    /// Since when new records are held back for the head that is due.
    holding_since: Option<Instant>,
    /// Whether the last head did not find its way to the witness.
    held_up: bool,
}

impl Signer {
    /// A signer for a run; `copies` is where its heads go for a witness.
    pub fn new(run: SignedRun, copies: Option<Sender<WitnessedHead>>) -> Signer {
        Signer {
            run,
            copies,
            due: Instant::now() + HEAD_PERIOD,
            holding_since: None,
            held_up: false,
        }
    }

    /// Whether the next head is due.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.due
    }

    /// Whether new records may wait for the head that is due. After a while they may not, and the
    /// head is put off.
    pub fn may_hold(&mut self) -> bool {
        let since = *self.holding_since.get_or_insert_with(Instant::now);
        if since.elapsed() < HEAD_HOLD {
            return true;
        }
        self.holding_since = None;
        self.due = Instant::now() + HEAD_RETRY;
        false
    }

    /// Appends a head that covers everything before it; `ended` if the run's end is among that. It
    /// is written, and not yet durable. Returns the number of the record behind it.
    ///
    /// # Errors
    /// The journal can't be written; the writer must not be used after that.
    pub fn append(
        &mut self,
        writer: &mut Writer,
        boot: u16,
        at: TrialTime,
        ended: bool,
    ) -> Result<u64, JournalError> {
        let (sequence, head) = append_head(writer, &self.run.key, boot, at)?;
        self.due = Instant::now() + HEAD_PERIOD;
        self.holding_since = None;
        let held_up = !self.hand_over(writer, sequence, &head);
        if held_up && !self.held_up {
            let text = "the witness's folder does not answer; its heads wait".to_owned();
            tracing::warn!("{text}");
            // Behind its end nothing is added to a run.
            if !ended {
                let event = Event { kind: EventKind::WitnessFailed, text };
                writer.append(boot, at, RecordSource::STATION, &Body::Event(event));
            }
        }
        self.held_up = held_up;
        Ok(sequence + 1)
    }

    /// Hands a head to the witness's thread; false if that is held up.
    fn hand_over(&self, writer: &Writer, sequence: u64, head: &Head) -> bool {
        let Some(copies) = &self.copies else { return true };
        let run = (self.run.trial.as_str(), self.run.run);
        let copy = WitnessedHead::new(run, writer.tag(), sequence, head, Clock::wall_now());
        copies.try_send(copy).is_ok()
    }
}
