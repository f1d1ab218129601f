//! Whether the station stood still: stopped by a signal, suspended, or without a processor.
//!
//! Invariants:
//! - While the station runs, every link's pulse is felt each [`PULSE`], also in a long exchange.
//! - A stall is told once, as an event of the link.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::MissedTickBehavior;
use trial::record::{Body, Event, EventKind, RecordSource};
use trial::time::{Span, TrialTime, duration_nanoseconds};

use crate::clock::Clock;
use crate::limits::{PULSE, REMEMBERED_STALLS, STALL};
use crate::queue::JournalQueue;

/// The pulse of one link; clones share it.
#[derive(Debug, Clone)]
pub struct Pulse {
    clock: Clock,
    queue: JournalQueue,
    source: RecordSource,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    last: TrialTime,
    stalls: VecDeque<Span>,
}

impl Pulse {
    /// A pulse that begins now; stalls are told as events from `source`.
    pub fn new(clock: Clock, queue: JournalQueue, source: RecordSource) -> Pulse {
        let state = State { last: clock.now(), stalls: VecDeque::new() };
        Pulse { clock, queue, source, state: Arc::new(Mutex::new(state)) }
    }

    /// Beats for ever.
    pub async fn beat(&self) {
        let mut ticks = tokio::time::interval(PULSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.feel();
        }
    }

    /// Feels the pulse: the stall that has just ended, if one has.
    pub fn feel(&self) -> Option<Span> {
        let now = self.clock.now();
        let stall = self.state.lock().unwrap_or_else(PoisonError::into_inner).feel(now)?;
        let text = format!("stood still for {:.3} s", stall.end.since(stall.start) as f64 / 1e9);
        tracing::warn!(source = self.source.0, text);
        let event = Event { kind: EventKind::Stalled, text };
        self.queue.push(now, self.source, Body::Event(event));
        Some(stall)
    }

    /// The last stall that ended after `instant`.
    pub fn stall_since(&self, instant: TrialTime) -> Option<Span> {
        self.feel();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stalls.iter().rev().find(|stall| stall.end > instant).copied()
    }

    /// Whether the station stood still at `instant`.
    pub fn was_still(&self, instant: TrialTime) -> bool {
        self.feel();
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stalls.iter().any(|stall| stall.start <= instant && instant <= stall.end)
    }
}

impl State {
    fn feel(&mut self, now: TrialTime) -> Option<Span> {
        let last = std::mem::replace(&mut self.last, now);
        if now.since(last) <= duration_nanoseconds(STALL) {
            return None;
        }
        if self.stalls.len() == REMEMBERED_STALLS {
            self.stalls.pop_front();
        }
        let stall = Span::new(last, now);
        self.stalls.push_back(stall);
        Some(stall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_beat_is_a_stall_and_a_late_one_is_not() {
        let at = |milliseconds: i64| TrialTime(milliseconds * 1_000_000);
        let mut state = State { last: at(0), stalls: VecDeque::new() };
        assert_eq!(state.feel(at(100)), None);
        assert_eq!(state.feel(at(100 + STALL.as_millis() as i64)), None);
        let after = 101 + 2 * STALL.as_millis() as i64;
        let before = 100 + STALL.as_millis() as i64;
        assert_eq!(state.feel(at(after)), Some(Span::new(at(before), at(after))));
        assert_eq!(state.feel(at(after)), None, "told once");
        assert_eq!(state.stalls.len(), 1);
    }
}
