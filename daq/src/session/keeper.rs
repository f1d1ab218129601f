//! What a running trial keeps an eye on: commands, clocks, the disk.

use std::path::Path;
use std::time::Instant;

use trial::plan::RedAction;
use trial::record::{
    Body, ClockPair, DEFAULT_MARK_UNCERTAINTY_NS, End, EndKind, Event, EventKind, Mark,
    RecordSource,
};
use trial::time::TrialTime;
use words::{Message, message};

use crate::clock::{Clock, ClockReading, WallWatch};
use crate::control::{Asked, Command, Reply};
use crate::disk::free_bytes;
use crate::limits::{DISK_CHECK, SYNC_SLOW};
use crate::queue::JournalQueue;
use crate::red_limits::Crossing;
use crate::sequencer::Progress;

/// Most bytes of a mark's text.
const MAX_MARK_BYTES: usize = 1_024;

#[derive(Debug)]
pub(super) struct Keeper {
    marks: u32,
    wall: WallWatch,
    disk_looked_at: Instant,
    /// The slow sync that was told last: when it had begun.
    slow_sync: Option<Instant>,
    /// Whether it was told that the trial file can't be written.
    file_failed: bool,
}

impl Keeper {
    /// Records the first pair of clocks; `last_mark` is the number of the mark set last.
    pub fn start(clock: &Clock, queue: &JournalQueue, last_mark: u32) -> Keeper {
        let reading = clock.read();
        let mut keeper = Keeper {
            marks: last_mark,
            wall: WallWatch::new(reading),
            disk_looked_at: Instant::now(),
            slow_sync: None,
            file_failed: false,
        };
        keeper.record(reading, queue);
        keeper
    }

    fn record(&mut self, reading: ClockReading, queue: &JournalQueue) {
        let pair = ClockPair {
            wall: reading.wall,
            uncertainty_ns: reading.uncertainty_ns,
            step_ns: self.wall.recorded(reading),
        };
        queue.push(reading.at, RecordSource::STATION, Body::Clock(pair));
    }

    /// Records a pair when it is time, and at once when the wall clock has stepped.
    pub fn check_clock(&mut self, clock: &Clock, queue: &JournalQueue) {
        let reading = clock.read();
        let observed = self.wall.look(reading);
        if let Some(step_ns) = observed.step_ns {
            let text = format!("the wall clock stepped by {:+.3} s", step_ns as f64 / 1e9);
            tell(EventKind::ClockStep, text, reading.at, queue);
        }
        if observed.record {
            self.record(reading, queue);
        }
    }

    /// Tells of a sync that takes too long, once.
    pub fn check_sync(&mut self, progress: &Progress, clock: &Clock, queue: &JournalQueue) {
        let Some(since) = progress.syncing_since().filter(|since| since.elapsed() >= SYNC_SLOW)
        else {
            return;
        };
        if self.slow_sync == Some(since) {
            return;
        }
        self.slow_sync = Some(since);
        let waiting = progress.written().saturating_sub(progress.acknowledged());
        let text = format!(
            "the disk has been syncing the journal for {:.1} s; {waiting} records are not yet safe",
            since.elapsed().as_secs_f64(),
        );
        tell(EventKind::SyncSlow, text, clock.now(), queue);
    }

    /// Tells, once, that the trial file can't be written beside the journal.
    pub fn file_failed(&mut self, failure: &str, clock: &Clock, queue: &JournalQueue) {
        if !std::mem::replace(&mut self.file_failed, true) {
            let text =
                format!("the trial file can't be written, `daq recover` builds it: {failure}");
            tell(EventKind::FileFailed, text, clock.now(), queue);
        }
    }

    /// Records the last pair.
    pub fn last_pair(&mut self, clock: &Clock, queue: &JournalQueue) {
        self.record(clock.read(), queue);
    }

    /// Says why the run must end now, while there is still room to finish it.
    pub fn check_disk(&mut self, root: &Path, needed: u64) -> Option<Message> {
        if self.disk_looked_at.elapsed() < DISK_CHECK {
            return None;
        }
        self.disk_looked_at = Instant::now();
        let free = free_bytes(root).ok()?;
        if free >= needed {
            return None;
        }
        Some(message!("run-disk-fills", free = free >> 20, needed = needed >> 20))
    }

    /// Marks the crossing of a red limit; returns the end if the plan asks for it.
    pub fn cross(
        &mut self,
        crossing: Crossing,
        clock: &Clock,
        queue: &JournalQueue,
    ) -> Option<End> {
        let Crossing { at, uncertainty_ns, value, action, text } = crossing;
        let now = clock.now();
        let told = Event { kind: EventKind::RedLimit, text: format!("{text}, it was {value}") };
        queue.push(now, RecordSource::STATION, Body::Event(told));
        self.marks += 1;
        let mark = Mark {
            number: self.marks,
            text: text.clone(),
            at,
            uncertainty_ns,
            by: "red-limit".to_owned(),
            corrects: None,
            retracts: false,
            why: String::new(),
        };
        queue.push(now, RecordSource::STATION, Body::Mark(mark));
        let end = End::new(EndKind::RedLimit, text);
        (action == RedAction::EndTrial).then_some(end)
    }

    /// Carries a command out; returns the end if it is one.
    pub fn take(&mut self, asked: Asked, clock: &Clock, queue: &JournalQueue) -> Option<End> {
        let Asked { command, reply, by } = asked;
        let mut answer = Reply { taken: true, mark: None, why: None };
        let mut end = None;
        match command {
            Command::End => end = Some(End { kind: EndKind::Ended, reason: String::new(), by }),
            Command::Abort { reason } if reason.trim().is_empty() => {
                answer = refused("an abort needs a reason");
            }
            Command::Abort { reason } => end = Some(End { kind: EndKind::Aborted, reason, by }),
            Command::Mark { corrects: Some(number), .. } if number == 0 || number > self.marks => {
                answer = refused("there is no mark of that number");
            }
            Command::Mark { text, why, .. } if text.len().max(why.len()) > MAX_MARK_BYTES => {
                answer = refused("the text of a mark and its reason have at most 1024 bytes");
            }
            Command::Mark { corrects: Some(_), why, .. } if why.trim().is_empty() => {
                answer = refused("a correction needs a reason");
            }
            Command::Mark { text, uncertainty_ns, corrects, retracts, why } => {
                self.marks += 1;
                let at = clock.now();
                let uncertainty_ns = uncertainty_ns.unwrap_or(DEFAULT_MARK_UNCERTAINTY_NS).max(0);
                let number = self.marks;
                let mark = Mark { number, text, at, uncertainty_ns, by, corrects, retracts, why };
                queue.push(at, RecordSource::STATION, Body::Mark(mark));
                answer.mark = Some(number);
            }
        }
        // Nobody may wait for the answer any more; the command is carried out all the same.
        let _ = reply.try_send(answer);
        end
    }
}

/// Tells of an event in the journal and in the log.
fn tell(kind: EventKind, text: String, at: TrialTime, queue: &JournalQueue) {
    queue.push(at, RecordSource::STATION, Body::Event(Event { kind, text: text.clone() }));
    tracing::warn!("{text}");
}

fn refused(why: &str) -> Reply {
    Reply { taken: false, mark: None, why: Some(why.to_owned()) }
}
