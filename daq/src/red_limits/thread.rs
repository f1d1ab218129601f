//! The thread that watches: it reads the journal behind the sequencer, as the recorder does, but
//! never waits for the trial file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam::channel::{Receiver, Sender, bounded, never};
use evidence::{EvidenceError, RunFolder};
use journal::records;
use trial::plan::Plan;
use wire::derive::Derive;

use super::{Crossing, Watch};
use crate::follower::Follower;
use crate::limits::{CROSSINGS, RECORDER_TICK};
use crate::sequencer::Progress;

/// The red limits of a run.
#[derive(Debug)]
pub struct RedLimits {
    crossings: Receiver<Crossing>,
    thread: Option<JoinHandle<Result<(), EvidenceError>>>,
    stop: Arc<AtomicBool>,
}

impl RedLimits {
    /// Watches the limits of the plan; without limits nothing is started.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        plan: &Plan,
        folder: &RunFolder,
        progress: Arc<Progress>,
    ) -> std::io::Result<RedLimits> {
        let stop = Arc::new(AtomicBool::new(false));
        if plan.red_limits.is_empty() {
            return Ok(RedLimits { crossings: never(), thread: None, stop });
        }
        let (told, crossings) = bounded(CROSSINGS);
        let (folder, stopping) = (folder.clone(), Arc::clone(&stop));
        let work = move || watch(&folder, &progress, &stopping, &told);
        let thread = std::thread::Builder::new().name("red-limits".to_owned()).spawn(work)?;
        Ok(RedLimits { crossings, thread: Some(thread), stop })
    }

    /// Where crossings come from.
    pub fn crossings(&self) -> &Receiver<Crossing> {
        &self.crossings
    }

    /// Whether the thread ended by itself, which it does only on trouble.
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Ends watching.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Release);
        // What it could not read the recorder could not either, and tells.
        let _ = self.thread.map(JoinHandle::join);
    }
}

fn watch(
    folder: &RunFolder,
    progress: &Progress,
    stop: &AtomicBool,
    told: &Sender<Crossing>,
) -> Result<(), EvidenceError> {
    let mut follower = Follower::new(&folder.path());
    let (mut derive, mut watch) = (Derive::new(), Watch::default());
    while !stop.load(Ordering::Acquire) {
        follower.follow(progress, &mut |block| {
            for record in records(block.body) {
                derive.feed(&record.decode()?, &mut watch)?;
            }
            Ok(())
        })?;
        for crossing in watch.take() {
            // The run's own loop takes them; if it is gone, the run is over.
            if told.send(crossing).is_err() {
                return Ok(());
            }
        }
        std::thread::sleep(RECORDER_TICK);
    }
    Ok(())
}
