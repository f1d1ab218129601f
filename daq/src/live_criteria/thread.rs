//! The thread that judges: it reads the journal behind the sequencer, as the recorder does, and begins
//! anew when a mark has changed the past.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use evidence::{EvidenceError, RunFolder};
use journal::records;
use trial::plan::Plan;
use wire::derive::Derive;

use super::{CriteriaStatus, Judge};
use crate::follower::Follower;
use crate::limits::{CRITERIA_NICENESS, LIVE_TICK};
use crate::recorder::give_way;
use crate::sequencer::Progress;

/// The criteria of a run that goes on.
#[derive(Debug)]
pub struct LiveCriteria {
    shared: Arc<Mutex<CriteriaStatus>>,
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl LiveCriteria {
    /// Judges by the plan's scenario; without criteria nothing is started.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        plan: &Plan,
        folder: &RunFolder,
        progress: Arc<Progress>,
    ) -> std::io::Result<LiveCriteria> {
        let stop = Arc::new(AtomicBool::new(false));
        let shared = Arc::new(Mutex::new(CriteriaStatus::default()));
        if plan.scenario.criteria.is_empty() {
            return Ok(LiveCriteria { shared, thread: None, stop });
        }
        let (folder, stopping, told) = (folder.clone(), Arc::clone(&stop), Arc::clone(&shared));
        let work = move || {
            give_way(CRITERIA_NICENESS);
            if let Err(error) = judge(&folder, &progress, &stopping, &told) {
                tracing::error!(%error, "live criteria");
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                told.trouble = Some(error.to_string());
            }
        };
        let thread = std::thread::Builder::new().name("criteria".to_owned()).spawn(work)?;
        Ok(LiveCriteria { shared, thread: Some(thread), stop })
    }

    /// What stands.
    pub fn status(&self) -> CriteriaStatus {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends judging.
    pub fn finish(self) {
        self.stop.store(true, Ordering::Release);
        // If it has panicked, its last status stands; the recording is judged without it.
        let _ = self.thread.map(JoinHandle::join);
    }
}

fn judge(
    folder: &RunFolder,
    progress: &Progress,
    stop: &AtomicBool,
    told: &Mutex<CriteriaStatus>,
) -> Result<(), EvidenceError> {
    let mut judge = Judge::default();
    let mut follower = Follower::new(&folder.path());
    let mut derive = Derive::new();
    while !stop.load(Ordering::Acquire) {
        let news = follower.follow(progress, &mut |block| {
            for record in records(block.body) {
                derive.feed(&record.decode()?, &mut judge)?;
            }
            Ok(())
        })?;
        if let Some(known) = judge.live.as_ref().and_then(verdict::Live::outdated) {
            judge = Judge { known, ..Judge::default() };
            (follower, derive) = (Follower::new(&folder.path()), Derive::new());
            continue;
        }
        let safe = progress.acknowledged() >= follower.next_sequence();
        let standing = if news { judge.standing() } else { None };
        {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            told.safe = safe;
            if let Some((as_of, criteria)) = standing {
                told.as_of = Some(as_of.seconds());
                told.criteria = criteria;
            }
        }
        std::thread::sleep(LIVE_TICK);
    }
    Ok(())
}
