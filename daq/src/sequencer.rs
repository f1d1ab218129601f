//! The journal's thread: the only one that numbers records. And the thread that syncs them.
//!
//! Invariants:
//! - Records are written in the order of their numbers, a block at a time, before anything is
//!   derived from them.
//! - A record is acknowledged only after an fdatasync that began after its block was written.
//! - The first error ends acknowledging; nothing is tried again on the same file. With a spare
//!   disk the journal goes on there, in a segment that has everything again that was not synced,
//!   and acknowledging goes on once that is durable. Without one the run ends.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam::channel::TryRecvError;
use journal::{ChainValue, JournalError, Writer};
use trial::record::{Body, Event, EventKind, RecordSource};
use trial::time::TrialTime;

use crate::clock::Clock;
use crate::heads::Signer;
use crate::limits::{BLOCK_TARGET_BYTES, SEQUENCER_TICK, SYNC_PERIOD};
use crate::queue::{Draft, JournalDrain};

/// How far the journal is; shared with everyone who wants to know.
#[derive(Debug, Default)]
pub struct Progress {
    written: AtomicU64,
    acknowledged: AtomicU64,
    bytes: AtomicU64,
    failed: AtomicBool,
    failure: Mutex<Option<String>>,
    to_sync: Mutex<Option<(Arc<File>, u64)>>,
    syncing_since: Mutex<Option<Instant>>,
    /// Held while a sync goes on and while the journal moves, so that neither meets the other.
    gate: Mutex<()>,
    /// Why the last sync failed, until the journal has moved.
    sync_failure: Mutex<Option<String>>,
    /// Two of each move: that it begins, and that it is done.
    move_steps: AtomicU64,
}

impl Progress {
    /// Number of records that are written and may be read by followers.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Number of records that are safe.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Acquire)
    }

    /// Bytes of records written.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How often the journal has moved to another disk; `None` while it moves.
    pub fn moves(&self) -> Option<u64> {
        let steps = self.move_steps.load(Ordering::Acquire);
        steps.is_multiple_of(2).then_some(steps / 2)
    }

    fn sync_failed(&self) -> Option<String> {
        self.sync_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the sync began that has not ended yet; `None` between two syncs.
    pub fn syncing_since(&self) -> Option<Instant> {
        *self.syncing_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn syncs(&self, since: Option<Instant>) {
        *self.syncing_since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    /// What went wrong, if something did.
    pub fn failure(&self) -> Option<String> {
        if !self.failed.load(Ordering::Acquire) {
            return None;
        }
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, what: String) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(what);
        self.failed.store(true, Ordering::Release);
    }
}

/// The two threads.
#[derive(Debug)]
pub struct Sequencer {
    writing: JoinHandle<Result<ChainValue, JournalError>>,
    syncing: JoinHandle<()>,
    progress: Arc<Progress>,
    stop: Arc<AtomicBool>,
    /// Ends the syncing, which the writing thread needs to its own end.
    written_all: Arc<AtomicBool>,
}

impl Sequencer {
    /// Starts writing what comes out of `drafts` behind what `writer` has already, all of it
    /// synced, in the daemon's start `boot` of the run; with signed heads among it if there is a
    /// signer.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        writer: Writer,
        boot: u16,
        clock: Clock,
        drafts: JournalDrain,
        signer: Option<Signer>,
    ) -> std::io::Result<Sequencer> {
        let progress = Arc::new(Progress::default());
        let [stop, written_all] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        progress.acknowledged.store(writer.next_sequence(), Ordering::Release);
        progress.written.store(writer.next_sequence(), Ordering::Release);
        let writing = {
            let progress = Arc::clone(&progress);
            let stop = Arc::clone(&stop);
            let last = clock.now();
            let mut writing = Writing { writer, boot, clock, signer, last, moved: None };
            std::thread::Builder::new()
                .name("journal".to_owned())
                .spawn(move || writing.run(&drafts, &progress, &stop))?
        };
        let syncing = {
            let progress = Arc::clone(&progress);
            let stop = Arc::clone(&written_all);
            std::thread::Builder::new()
                .name("journal-sync".to_owned())
                .spawn(move || sync_loop(&progress, &stop))?
        };
        Ok(Sequencer { writing, syncing, progress, stop, written_all })
    }

    /// How far the journal is.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Writes what still waits, syncs it, and returns the journal's root.
    ///
    /// # Errors
    /// The journal could not be written or synced.
    pub fn finish(self) -> Result<ChainValue, FinishError> {
        self.stop.store(true, Ordering::Release);
        let root = self.writing.join();
        self.written_all.store(true, Ordering::Release);
        let root = root.map_err(|_| FinishError::Thread)??;
        self.syncing.join().map_err(|_| FinishError::Thread)?;
        match self.progress.failure() {
            Some(failure) => Err(FinishError::Sync(failure)),
            None => Ok(root),
        }
    }
}

/// Trouble at the end of a journal.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// Writing failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Syncing failed.
    #[error(
        "the journal could not be made durable: {0}; what was acknowledged before is safe, run `daq recover`"
    )]
    Sync(String),
    /// A thread ended by itself.
    #[error("a thread of the journal ended by itself; run `daq recover`")]
    Thread,
}

/// What the writing thread owns.
struct Writing {
    writer: Writer,
    boot: u16,
    clock: Clock,
    signer: Option<Signer>,
    /// Time of the latest record.
    last: TrialTime,
    /// Why the journal has moved, until that is recorded.
    moved: Option<String>,
}

impl Writing {
    fn run(
        &mut self,
        drafts: &JournalDrain,
        progress: &Progress,
        stop: &AtomicBool,
    ) -> Result<ChainValue, JournalError> {
        loop {
            // Asked before the queue is emptied: what was pushed before the stop is written.
            let stopping = stop.load(Ordering::Acquire);
            if let Some(failure) = progress.sync_failed() {
                self.move_on(failure, progress)?;
                if progress.failed.load(Ordering::Acquire) {
                    // Nothing more goes into a file whose sync failed.
                    return Ok(self.writer.root());
                }
            }
            self.writer.synced(progress.acknowledged());
            if self.writer.is_unsynced_full() {
                // The queue fills meanwhile, and the links are held back.
                std::thread::sleep(SEQUENCER_TICK);
                continue;
            }
            if self.sign_if_due(progress)? {
                std::thread::sleep(SEQUENCER_TICK);
                continue;
            }
            if let Some(failure) = self.moved.take() {
                let text = format!("the journal goes on on the spare disk: {failure}");
                let event = Body::Event(Event { kind: EventKind::JournalMoved, text });
                self.writer.append(self.boot, self.clock.now(), RecordSource::STATION, &event);
            }
            let gathered = gather(&mut self.writer, self.boot, drafts, &mut self.last);
            if let Err(error) = write_block(&mut self.writer, progress) {
                self.move_on(error.to_string(), progress)?;
            }
            if progress.failed.load(Ordering::Acquire) {
                return Ok(self.writer.root());
            }
            match gathered {
                Gathered::Ended => {
                    self.wait_synced(progress)?;
                    self.sign(progress, true)?;
                    return self.close(progress);
                }
                Gathered::Everything if stopping => return self.close(progress),
                Gathered::Everything => std::thread::sleep(SEQUENCER_TICK),
                Gathered::Some => {}
            }
        }
    }

    /// Signs a head if it is due; true if new records are to wait for it.
    ///
    /// A journal that moves to the spare disk writes again what was not synced, and the chain is
    /// another one there. So where it may move, a head is signed only behind what is synced.
    fn sign_if_due(&mut self, progress: &Progress) -> Result<bool, JournalError> {
        let Some(signer) = self.signer.as_mut().filter(|signer| signer.is_due()) else {
            return Ok(false);
        };
        let synced = progress.acknowledged() >= progress.written();
        if self.writer.has_spare() && !synced {
            return Ok(signer.may_hold());
        }
        self.sign(progress, false)?;
        Ok(false)
    }

    /// Signs a head, behind which `ended` says that there is nothing more.
    fn sign(&mut self, progress: &Progress, ended: bool) -> Result<(), JournalError> {
        let Some(signer) = &mut self.signer else { return Ok(()) };
        if progress.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        match signer.append(&mut self.writer, self.boot, self.last, ended) {
            Ok(next) => tell_written(&self.writer, progress, next),
            Err(error) => self.move_on(error.to_string(), progress)?,
        }
        Ok(())
    }

    fn close(&mut self, progress: &Progress) -> Result<ChainValue, JournalError> {
        self.wait_synced(progress)?;
        self.writer.release();
        Ok(self.writer.root())
    }

    /// Waits until everything is synced: until then the journal may yet have to move.
    fn wait_synced(&mut self, progress: &Progress) -> Result<(), JournalError> {
        while progress.acknowledged() < progress.written() {
            if let Some(failure) = progress.sync_failed() {
                self.move_on(failure, progress)?;
            }
            if progress.failed.load(Ordering::Acquire) {
                break;
            }
            std::thread::sleep(SEQUENCER_TICK);
        }
        Ok(())
    }

    /// A disk failed: the journal goes on on the spare disk, or the run has failed.
    fn move_on(&mut self, failure: String, progress: &Progress) -> Result<(), JournalError> {
        // No sync goes on from here, and none of the old file begins.
        let _gate = progress.gate.lock().unwrap_or_else(PoisonError::into_inner);
        *progress.to_sync.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if !self.writer.has_spare() {
            progress.fail(failure);
            return Ok(());
        }
        tracing::error!(failure, "the disk of the journal failed; going on on the spare disk");
        progress.move_steps.fetch_add(1, Ordering::AcqRel);
        if let Err(error) = self.writer.move_to_spare(progress.acknowledged()) {
            // The move stays begun: nobody follows into a chain that is half written.
            progress.fail(format!("{failure}; and the spare disk failed: {error}"));
            return Err(error);
        }
        // In this order: who follows must know that it moved before there is more to read.
        progress.move_steps.fetch_add(1, Ordering::AcqRel);
        let next = self.writer.next_sequence();
        progress.written.store(next, Ordering::Release);
        progress.acknowledged.store(next, Ordering::Release);
        *progress.sync_failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.moved = Some(failure);
        Ok(())
    }
}

/// What one gathering took.
enum Gathered {
    /// A block's worth; more waits.
    Some,
    /// All that waited.
    Everything,
    /// The end of the run: what a straggling link adds behind it is not part of the run.
    Ended,
}

/// Takes what waits into a block; `last` is moved to the time of the latest record.
fn gather(writer: &mut Writer, boot: u16, drafts: &JournalDrain, last: &mut TrialTime) -> Gathered {
    while writer.pending_bytes() < BLOCK_TARGET_BYTES {
        match drafts.try_recv() {
            Ok(Draft { at, source, body }) => {
                writer.append(boot, at, source, &body);
                *last = at.max(*last);
                if matches!(body, Body::End(_)) {
                    return Gathered::Ended;
                }
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return Gathered::Everything,
        }
    }
    Gathered::Some
}

fn write_block(writer: &mut Writer, progress: &Progress) -> Result<(), JournalError> {
    let bytes = writer.pending_bytes() as u64;
    if let Some(commit) = writer.commit()? {
        progress.bytes.fetch_add(bytes, Ordering::Relaxed);
        tell_written(writer, progress, commit.next_sequence);
    }
    Ok(())
}

/// Hands over to the sync and to the followers what was committed: the records before `next`.
fn tell_written(writer: &Writer, progress: &Progress, next: u64) {
    let mut to_sync = progress.to_sync.lock().unwrap_or_else(PoisonError::into_inner);
    *to_sync = Some((writer.file(), next));
    drop(to_sync);
    progress.written.store(next, Ordering::Release);
}

fn sync_loop(progress: &Progress, stop: &AtomicBool) {
    loop {
        let stopping = stop.load(Ordering::Acquire);
        let began = Instant::now();
        let gate = progress.gate.lock().unwrap_or_else(PoisonError::into_inner);
        let next = progress.to_sync.lock().unwrap_or_else(PoisonError::into_inner).take();
        match next {
            // The writing thread has yet to take notice of the failure.
            Some(_) if progress.sync_failed().is_some() => {}
            Some((file, sequence)) => {
                progress.syncs(Some(began));
                let synced = rustix::fs::fdatasync(&*file);
                progress.syncs(None);
                match synced {
                    Ok(()) => progress.acknowledged.store(sequence, Ordering::Release),
                    Err(error) => {
                        let error = std::io::Error::from(error).to_string();
                        let failure = format!("the journal can't be synced: {error}");
                        *progress.sync_failure.lock().unwrap_or_else(PoisonError::into_inner) =
                            Some(failure);
                    }
                }
            }
            None if stopping && progress.acknowledged() >= progress.written() => return,
            None => {}
        }
        drop(gate);
        if progress.failed.load(Ordering::Acquire) {
            return;
        }
        std::thread::sleep(SYNC_PERIOD.saturating_sub(began.elapsed()));
    }
}

/// Appends the records that begin every run; they are durable before anything else happens.
///
/// # Errors
/// The journal can't be written or synced.
pub fn write_first(writer: &mut Writer, bodies: &[Body<'_>]) -> Result<(), JournalError> {
    for body in bodies {
        writer.append(0, TrialTime::ZERO, RecordSource::STATION, body);
        writer.commit()?;
    }
    sync_all(writer)
}

/// Makes what was committed durable, while nothing else does.
///
/// # Errors
/// The journal can't be synced.
pub fn sync_all(writer: &Writer) -> Result<(), JournalError> {
    let sync = |source| JournalError::Io { action: "sync", path: "journal".into(), source };
    writer.file().sync_all().map_err(sync)
}
