//! The recorder: reads the journal behind the sequencer and folds it into the trial file.
//!
//! It reads what was written, not what was sent to it: so it can lag without holding anything
//! up, and live capture is recovery with a journal that still grows.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use crossbeam::channel::{Sender, bounded};
use evidence::{Builder, Built, EvidenceError, RunFolder, StationKey};
use journal::ChainValue;

use crate::follower::Follower;
use crate::limits::{RECORDER_NICENESS, RECORDER_TICK};
use crate::sequencer::Progress;
use crate::status::Observer;

/// The recorder's thread.
#[derive(Debug)]
pub struct Recorder {
    thread: JoinHandle<Result<Built, EvidenceError>>,
    recorded: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    root: Sender<ChainValue>,
    failure: Arc<OnceLock<String>>,
    file_failure: Arc<OnceLock<String>>,
}

impl Recorder {
    /// Starts recording into the partial file of a run, which `key` seals.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        folder: &RunFolder,
        progress: Arc<Progress>,
        observer: Observer,
        key: Option<Arc<StationKey>>,
    ) -> std::io::Result<Recorder> {
        let recorded = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (root, closed) = bounded(1);
        let [failure, file_failure] = [(); 2].map(|()| Arc::<OnceLock<String>>::default());
        let folder = folder.clone();
        let thread = {
            let (recorded, stop) = (Arc::clone(&recorded), Arc::clone(&stop));
            let (told, broken) = (Arc::clone(&failure), Arc::clone(&file_failure));
            let work = move || {
                give_way(RECORDER_NICENESS);
                let builder = record(&folder, &progress, observer, &recorded, &stop, &broken);
                let builder = builder.inspect_err(|error| {
                    // Only this thread tells, and only once.
                    let _ = told.set(error.to_string());
                })?;
                match closed.recv() {
                    Ok(root) => builder.finish(&folder, root, key.as_deref()),
                    // Nobody asks for the file; the journal is kept for `daq recover`.
                    Err(_) => Err(EvidenceError::NothingToBuild(folder.path())),
                }
            };
            std::thread::Builder::new().name("recorder".to_owned()).spawn(work)?
        };
        Ok(Recorder { thread, recorded, stop, root, failure, file_failure })
    }

    /// Number of records that are in the trial file.
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Acquire)
    }

    /// Why the recorder has ended by itself, if it has.
    pub fn failure(&self) -> Option<String> {
        if !self.thread.is_finished() {
            return None;
        }
        Some(self.failure.get().cloned().unwrap_or_else(|| "its thread ended by itself".to_owned()))
    }

    /// Why the trial file can't be written beside the journal, if it can't: `daq recover` builds it
    /// from the journal, in a process of its own.
    pub fn file_failure(&self) -> Option<&String> {
        self.file_failure.get()
    }

    /// Records what is written so far and finishes the trial file of the closed journal, in the
    /// thread that holds the samples.
    ///
    /// # Errors
    /// The trial file could not be written; the journal is whole all the same.
    pub fn finish(self, root: ChainValue) -> Result<Built, EvidenceError> {
        self.stop.store(true, Ordering::Release);
        // If the thread has ended, its own error is told below.
        let _ = self.root.send(root);
        self.thread.join().unwrap_or_else(|_| {
            let source = std::io::Error::other("the recorder's thread ended by itself");
            Err(EvidenceError::Io { doing: "record into", path: "trial.partial".into(), source })
        })
    }
}

/// Lets every other thread of the daemon go first: what is derived can be late, what is acquired
/// can't. Where the system refuses, the thread that calls it only competes.
pub(crate) fn give_way(niceness: i32) {
    let _ = rustix::process::setpriority_process(None, niceness);
}

fn record(
    folder: &RunFolder,
    progress: &Progress,
    mut observer: Observer,
    recorded: &AtomicU64,
    stop: &AtomicBool,
    broken: &OnceLock<String>,
) -> Result<Builder, EvidenceError> {
    let mut builder = Builder::new(folder)?;
    let mut follower = Follower::new(&folder.path());
    loop {
        let stopping = stop.load(Ordering::Acquire);
        follower.follow(progress, &mut |block| {
            builder.feed_block(block, &mut observer)?;
            recorded.store(builder.next_sequence(), Ordering::Release);
            Ok(())
        })?;
        observer.publish();
        if let Some(error) = builder.failure().filter(|_| broken.get().is_none()) {
            // Only this thread tells, and only once.
            let _ = broken.set(error.to_string());
        }
        if stopping && follower.next_sequence() >= progress.written() {
            return Ok(builder);
        }
        std::thread::sleep(RECORDER_TICK);
    }
}
