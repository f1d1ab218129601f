//! What a running trial keeps an eye on: commands, clocks, the disk.

use std::path::Path;
use std::time::Instant;

use trial::plan::RedAction;
use trial::record::{
    Body, ClockPair, DEFAULT_MARK_UNCERTAINTY_NS, End, EndKind, Event, EventKind, Mark,
    RecordSource,
};
use trial::time::duration_nanoseconds;

use crate::clock::{Clock, ClockReading};
use crate::control::{Asked, Command, Reply};
use crate::disk::free_bytes;
use crate::limits::{CLOCK_PAIR_PERIOD, CLOCK_STEP, DISK_CHECK};
use crate::queue::JournalQueue;
use crate::red_limits::Crossing;

/// Most bytes of a mark's text.
const MAX_MARK_BYTES: usize = 1_024;

#[derive(Debug)]
pub(super) struct Keeper {
    marks: u32,
    /// The last pair that was recorded, and the last that was looked at.
    recorded: ClockReading,
    seen: ClockReading,
    disk_looked_at: Instant,
}

impl Keeper {
    /// Records the first pair of clocks.
    pub fn start(clock: &Clock, queue: &JournalQueue) -> Keeper {
        let reading = clock.read();
        let keeper =
            Keeper { marks: 0, recorded: reading, seen: reading, disk_looked_at: Instant::now() };
        keeper.record(&reading, queue);
        keeper
    }

    fn record(&self, reading: &ClockReading, queue: &JournalQueue) {
        let pair = ClockPair {
            wall: reading.wall,
            uncertainty_ns: reading.uncertainty_ns,
            step_ns: reading.offset_ns().wrapping_sub(self.recorded.offset_ns()),
        };
        queue.push(reading.at, RecordSource::STATION, Body::Clock(pair));
    }

    /// Records a pair when it is time, and at once when the wall clock has stepped.
    pub fn check_clock(&mut self, clock: &Clock, queue: &JournalQueue) {
        let reading = clock.read();
        let moved = reading.offset_ns().wrapping_sub(self.seen.offset_ns());
        let stepped = moved.unsigned_abs() > duration_nanoseconds(CLOCK_STEP).unsigned_abs();
        let due = reading.at.since(self.recorded.at) >= duration_nanoseconds(CLOCK_PAIR_PERIOD);
        self.seen = reading;
        if stepped {
            let text = format!("the wall clock stepped by {:.3} s", moved as f64 / 1e9);
            let event = Event { kind: EventKind::ClockStep, text };
            queue.push(reading.at, RecordSource::STATION, Body::Event(event));
        }
        if stepped || due {
            self.record(&reading, queue);
            self.recorded = reading;
        }
    }

    /// Records the last pair.
    pub fn last_pair(&self, clock: &Clock, queue: &JournalQueue) {
        self.record(&clock.read(), queue);
    }

    /// Ends the run while there is still room to finish it.
    pub fn check_disk(&mut self, root: &Path, needed: u64) -> Option<End> {
        if self.disk_looked_at.elapsed() < DISK_CHECK {
            return None;
        }
        self.disk_looked_at = Instant::now();
        let free = free_bytes(root).ok()?;
        let reason = format!("only {} MB are left on the disk", free >> 20);
        (free < needed).then_some(End { kind: EndKind::Failed, reason })
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
        };
        queue.push(now, RecordSource::STATION, Body::Mark(mark));
        let end = End { kind: EndKind::RedLimit, reason: text };
        (action == RedAction::EndTrial).then_some(end)
    }

    /// Carries a command out; returns the end if it is one.
    pub fn take(&mut self, asked: Asked, clock: &Clock, queue: &JournalQueue) -> Option<End> {
        let Asked { command, reply, by } = asked;
        let mut answer = Reply { taken: true, mark: None, why: None };
        let mut end = None;
        match command {
            Command::End => end = Some(End { kind: EndKind::Ended, reason: String::new() }),
            Command::Abort { reason } if reason.trim().is_empty() => {
                answer = refused("an abort needs a reason");
            }
            Command::Abort { reason } => end = Some(End { kind: EndKind::Aborted, reason }),
            Command::Mark { corrects: Some(number), .. } if number == 0 || number > self.marks => {
                answer = refused("there is no mark of that number");
            }
            Command::Mark { text, .. } if text.len() > MAX_MARK_BYTES => {
                answer = refused("the text of a mark has at most 1024 bytes");
            }
            Command::Mark { text, uncertainty_ns, corrects, retracts } => {
                self.marks += 1;
                let at = clock.now();
                let uncertainty_ns = uncertainty_ns.unwrap_or(DEFAULT_MARK_UNCERTAINTY_NS).max(0);
                let number = self.marks;
                let by = by.to_owned();
                let mark = Mark { number, text, at, uncertainty_ns, by, corrects, retracts };
                queue.push(at, RecordSource::STATION, Body::Mark(mark));
                answer.mark = Some(number);
            }
        }
        // Nobody may wait for the answer any more; the command is carried out all the same.
        let _ = reply.try_send(answer);
        end
    }
}

fn refused(why: &str) -> Reply {
    Reply { taken: false, mark: None, why: Some(why.to_owned()) }
}
