//! Copies signed heads to a witness's folder, in a thread of its own.
//!
//! Invariants:
//! - A head is copied only after it is durable at home.
//! - Trouble with the folder never holds the run up: it is told as an event and in the log, and
//!   what was not copied is tried again with the next head.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam::channel::{Receiver, RecvTimeoutError, Sender, bounded};
use evidence::{EvidenceError, WitnessedHead};
use trial::record::{Body, Event, EventKind, RecordSource};

use crate::clock::Clock;
use crate::limits::{WITNESS_GRACE, WITNESS_QUEUE, WITNESS_TICK};
use crate::queue::JournalQueue;
use crate::sequencer::Progress;

/// The way to the witness, before its thread runs.
#[derive(Debug)]
pub struct WitnessQueue {
    sender: Sender<WitnessedHead>,
    receiver: Receiver<WitnessedHead>,
}

impl Default for WitnessQueue {
    fn default() -> WitnessQueue {
        let (sender, receiver) = bounded(WITNESS_QUEUE);
        WitnessQueue { sender, receiver }
    }
}

impl WitnessQueue {
    /// Where heads go in.
    pub fn sender(&self) -> Sender<WitnessedHead> {
        self.sender.clone()
    }

    /// Starts copying into `folder`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        self,
        folder: PathBuf,
        progress: Arc<Progress>,
        clock: Clock,
        journal: JournalQueue,
    ) -> std::io::Result<WitnessThread> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut copier = Copier {
            folder,
            progress,
            clock,
            journal,
            stop: Arc::clone(&stop),
            waiting: VecDeque::new(),
            told: None,
        };
        let heads = self.receiver;
        let work = move || copier.run(&heads);
        let thread = std::thread::Builder::new().name("witness".to_owned()).spawn(work)?;
        Ok(WitnessThread { thread, stop })
    }
}

/// The witness's thread.
#[derive(Debug)]
pub struct WitnessThread {
    thread: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl WitnessThread {
    /// Lets it copy what waits, for a while. A folder that answers nobody is left to itself.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Release);
        let until = Instant::now() + WITNESS_GRACE;
        while !self.thread.is_finished() {
            if Instant::now() >= until {
                tracing::warn!("the witness's folder does not answer; its last heads are missing");
                return;
            }
            std::thread::sleep(WITNESS_TICK);
        }
    }
}

struct Copier {
    folder: PathBuf,
    progress: Arc<Progress>,
    clock: Clock,
    journal: JournalQueue,
    stop: Arc<AtomicBool>,
    /// Heads that are not copied yet, oldest first.
    waiting: VecDeque<WitnessedHead>,
    /// What was told last; the same trouble is told once.
    told: Option<String>,
}

impl Copier {
    fn run(&mut self, heads: &Receiver<WitnessedHead>) {
        loop {
            let stopping = self.stop.load(Ordering::Acquire);
            match heads.recv_timeout(WITNESS_TICK) {
                Ok(head) => {
                    self.wait(head);
                    self.copy();
                }
                Err(RecvTimeoutError::Timeout) if stopping => return,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Takes a head once it is durable; one that never becomes so is none.
    fn wait(&mut self, head: WitnessedHead) {
        while self.progress.acknowledged() <= head.sequence {
            if self.progress.failure().is_some() {
                return;
            }
            std::thread::sleep(WITNESS_TICK);
        }
        if self.waiting.len() >= WITNESS_QUEUE {
            // The later head covers what the earlier one did.
            self.waiting.pop_front();
        }
        self.waiting.push_back(head);
    }

    fn copy(&mut self) {
        match self.copy_waiting() {
            Ok(()) => self.told = None,
            Err(error) => self.tell(&error),
        }
    }

    fn copy_waiting(&mut self) -> Result<(), EvidenceError> {
        let Some(first) = self.waiting.front() else { return Ok(()) };
        // Opened anew each time: the folder may have come back as another one.
        let mut witness = evidence::Witness::open(&self.folder, &first.trial, first.run)?;
        while let Some(head) = self.waiting.front() {
            witness.append(head)?;
            self.waiting.pop_front();
        }
        Ok(())
    }

    fn tell(&mut self, error: &EvidenceError) {
        let text = format!("a signed head is not copied to the witness: {error}");
        tracing::warn!("{text}");
        if self.told.as_ref() != Some(&text) {
            let event = Event { kind: EventKind::WitnessFailed, text: text.clone() };
            self.journal.push(self.clock.now(), RecordSource::STATION, Body::Event(event));
            self.told = Some(text);
        }
    }
}
