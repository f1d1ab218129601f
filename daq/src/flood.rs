//! What a link may bring: the bound on what a flood puts into memory, journal and disk.
//!
//! Invariants:
//! - A link's bytes are journalled and looked at, or discarded unseen and counted; never one
//!   without the other.
//! - Kept bytes ≤ [`FLOOD_BURST_BYTES`] + rate × time + [`FLOOD_ANSWER_BYTES`] × questions, however
//!   much comes and however often the link is opened again.
//! - While a link floods, all that it brings is discarded, so that no scraps of it are kept; it
//!   floods until it has kept its bound for [`FLOOD_WINDOW`].

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use trial::plan::{Link, LinkKind};
use trial::record::{Body, DiscardCause, Discarded, RecordSource};
use trial::time::{TrialTime, duration_nanoseconds};

use crate::limits::{
    FLOOD_ANSWER_BYTES, FLOOD_BAUD_FACTOR, FLOOD_BURST_BYTES, FLOOD_TCP_BYTES_PER_SECOND,
    FLOOD_TELL_PERIOD, FLOOD_WINDOW,
};
use crate::queue::JournalQueue;

/// Bits that a character takes on a serial line at least, with start and stop.
const CHARACTER_BITS: u64 = 10;
const NANOSECONDS: i128 = 1_000_000_000;

/// How much a link may still bring, and what it brought too much. Pure: it is told the time.
#[derive(Debug)]
pub struct Budget {
    bytes_per_second: u64,
    /// Bytes that may be kept at `at`, times a thousand million.
    credit: i128,
    at: TrialTime,
    flood: Option<Flood>,
}

/// A flood that goes on.
#[derive(Debug, Clone, Copy)]
struct Flood {
    /// Bytes that have not been told yet, and when the first of them came.
    untold: u64,
    since: TrialTime,
    /// The stretch that decides whether it is over: its beginning, what it brought and might have.
    window: TrialTime,
    brought: u64,
    allowed: u64,
}

/// What becomes of the bytes of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Admitted {
    /// How many of them, from the first, are kept.
    pub kept: usize,
    /// What was discarded before them and is to be told first.
    pub told: Option<(u64, TrialTime)>,
}

impl Budget {
    /// A budget of this many bytes a second, counted from trial time 0.
    pub fn new(bytes_per_second: u64) -> Budget {
        let credit = i128::from(FLOOD_BURST_BYTES) * NANOSECONDS;
        Budget { bytes_per_second, credit, at: TrialTime::ZERO, flood: None }
    }

    /// The budget of a link.
    pub fn of(link: &Link) -> Budget {
        Budget::new(match &link.kind {
            LinkKind::Serial { baud, .. } => FLOOD_BAUD_FACTOR * u64::from(*baud) / CHARACTER_BITS,
            LinkKind::Tcp { .. }
            | LinkKind::RtuOverTcp { .. }
            | LinkKind::BytesOverTcp { .. }
            | LinkKind::Imported => FLOOD_TCP_BYTES_PER_SECOND,
        })
    }

    /// A question was sent: its answer may come beside what the link may bring anyway.
    pub fn asked(&mut self) {
        self.credit = (self.credit + i128::from(FLOOD_ANSWER_BYTES) * NANOSECONDS).min(full());
        if let Some(flood) = &mut self.flood {
            flood.allowed += FLOOD_ANSWER_BYTES;
        }
    }

    /// Decides on `bytes` that were read at `at`.
    pub fn admit(&mut self, at: TrialTime, bytes: usize) -> Admitted {
        self.earn(at);
        let told = self.tell(at, false);
        let count = bytes as u64;
        if let Some(flood) = &mut self.flood {
            flood.untold += count;
            flood.brought += count;
            return Admitted { kept: 0, told };
        }
        let kept = u64::try_from(self.credit / NANOSECONDS).unwrap_or(0).min(count);
        self.credit -= i128::from(kept) * NANOSECONDS;
        if kept < count {
            let allowed = self.allowed_in_window();
            let (untold, brought) = (count - kept, count);
            self.flood = Some(Flood { untold, since: at, window: at, brought, allowed });
        }
        Admitted { kept: kept as usize, told }
    }

    /// What is to be told of the discarded bytes at `at`: with `now` all that has not been told,
    /// otherwise only if it is time. Finds out, too, whether the flood is over.
    pub fn tell(&mut self, at: TrialTime, now: bool) -> Option<(u64, TrialTime)> {
        let allowed = self.allowed_in_window();
        let flood = self.flood.as_mut()?;
        let over = at.since(flood.window) >= duration_nanoseconds(FLOOD_WINDOW);
        let calm = over && flood.brought <= flood.allowed;
        let due = at.since(flood.since) >= duration_nanoseconds(FLOOD_TELL_PERIOD);
        let told =
            (flood.untold > 0 && (now || calm || due)).then_some((flood.untold, flood.since));
        if over {
            (flood.window, flood.brought, flood.allowed) = (at, 0, allowed);
        }
        if told.is_some() {
            (flood.untold, flood.since) = (0, at);
        }
        if calm {
            self.flood = None;
            let least = i128::from(allowed) * NANOSECONDS;
            self.credit = self.credit.max(least).min(full());
        }
        told
    }

    /// Whether the link floods.
    pub fn is_flooded(&self) -> bool {
        self.flood.is_some()
    }

    fn allowed_in_window(&self) -> u64 {
        let nanoseconds = u128::from(self.bytes_per_second) * FLOOD_WINDOW.as_nanos();
        u64::try_from(nanoseconds / NANOSECONDS as u128).unwrap_or(u64::MAX)
    }

    fn earn(&mut self, at: TrialTime) {
        let passed = i128::from(at.since(self.at).max(0));
        self.at = self.at.max(at);
        self.credit = (self.credit + i128::from(self.bytes_per_second) * passed).min(full());
    }
}

fn full() -> i128 {
    i128::from(FLOOD_BURST_BYTES) * NANOSECONDS
}

/// The way of a link's bytes into the journal. Clones share one budget, so that opening the link
/// again gives no new one.
#[derive(Debug, Clone)]
pub struct Intake {
    shared: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    budget: Budget,
    link: String,
    queue: JournalQueue,
    source: RecordSource,
    latest: TrialTime,
}

/// What became of the bytes of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many of them, from the first, are journalled; the rest must not be looked at.
    pub kept: usize,
    /// A hole was recorded before them: nothing before it joins what comes after it, and a
    /// question that waits is given up.
    pub hole: bool,
}

impl Intake {
    /// The intake of a link.
    pub fn new(link: &Link, source: RecordSource, queue: JournalQueue) -> Intake {
        let (budget, link) = (Budget::of(link), link.id.clone());
        let inner = Inner { budget, link, queue, source, latest: TrialTime::ZERO };
        Intake { shared: Arc::new(Mutex::new(inner)) }
    }

    /// Journals what may be kept of the bytes of one read.
    pub fn take(&self, at: TrialTime, bytes: &[u8]) -> Taken {
        let mut inner = self.lock();
        inner.latest = at;
        let flooded = inner.budget.is_flooded();
        let Admitted { kept, told } = inner.budget.admit(at, bytes.len());
        inner.record(at, told);
        if let Some(kept) = bytes.get(..kept).filter(|kept| !kept.is_empty()) {
            let body = Body::Received { bytes: Cow::Owned(kept.to_vec()) };
            inner.queue.push(at, inner.source, body);
        }
        if !flooded && inner.budget.is_flooded() {
            tracing::warn!(link = inner.link, "floods; what is too much is not kept");
        }
        Taken { kept, hole: told.is_some() }
    }

    /// A question is about to be sent. Returns whether a hole was recorded before it.
    pub fn asking(&self, at: TrialTime) -> bool {
        let mut inner = self.lock();
        inner.latest = at;
        let told = inner.budget.tell(at, true);
        inner.record(at, told);
        inner.budget.asked();
        told.is_some()
    }

    /// Records what was discarded, if it is time to; for a link that has fallen silent.
    pub fn look(&self, at: TrialTime) {
        let mut inner = self.lock();
        inner.latest = at;
        let told = inner.budget.tell(at, false);
        inner.record(at, told);
    }

    /// Whether the link floods: it is then read at a walking pace.
    pub fn is_flooded(&self) -> bool {
        self.lock().budget.is_flooded()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        // A panic while the lock was held would leave the counts in order all the same.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn record(&self, at: TrialTime, told: Option<(u64, TrialTime)>) {
        let Some((bytes, since)) = told else { return };
        tracing::warn!(link = self.link, bytes, "discarded, the link floods");
        let discarded = Discarded { bytes, since, why: DiscardCause::Flood };
        self.queue.push(at, self.source, Body::Discarded(discarded));
    }
}

/// The last user is gone: the link has ended, and what it discarded last is told.
impl Drop for Inner {
    fn drop(&mut self) {
        let told = self.budget.tell(self.latest, true);
        self.record(self.latest, told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// Feeds reads of `bytes` every `every_ns` for `time_ns`; returns kept, told and the budget.
    fn feed(budget: &mut Budget, from: i64, time_ns: i64, every_ns: i64, bytes: usize) -> [u64; 2] {
        let (mut kept, mut told, mut at) = (0, 0, from);
        while at < from + time_ns {
            let admitted = budget.admit(TrialTime(at), bytes);
            kept += admitted.kept as u64;
            told += admitted.told.map_or(0, |(bytes, _)| bytes);
            at += every_ns;
        }
        [kept, told]
    }

    #[test]
    fn a_line_within_its_bound_loses_nothing() {
        let mut budget = Budget::new(23_040);
        let [kept, told] = feed(&mut budget, 0, 600 * SECOND, SECOND / 100, 115);
        assert_eq!((kept, told, budget.is_flooded()), (600 * 100 * 115, 0, false));
    }

    #[test]
    fn what_a_stall_has_kept_waiting_is_no_flood() {
        let mut budget = Budget::new(1_920);
        assert_eq!(budget.admit(TrialTime(30 * SECOND), 68 << 10).kept, 68 << 10);
        assert!(!budget.is_flooded());
    }

    #[test]
    fn a_flood_is_counted_to_the_byte_and_the_bound_holds() {
        let (mut budget, seconds) = (Budget::new(1_920), 60);
        let every = SECOND / 25_000;
        let [kept, told] = feed(&mut budget, 0, seconds * SECOND, every, 4_096);
        let all = (seconds as u64) * 25_000 * 4_096;
        let untold = budget.tell(TrialTime(seconds * SECOND), true).map_or(0, |(bytes, _)| bytes);
        assert_eq!(kept + told + untold, all);
        assert!(kept <= FLOOD_BURST_BYTES + 1_920 * seconds as u64, "{kept}");
        assert!(told > 0 && budget.is_flooded());
    }

    #[test]
    fn after_a_flood_the_link_is_heard_again() {
        let mut budget = Budget::new(1_920);
        feed(&mut budget, 0, 5 * SECOND, SECOND / 1_000, 4_096);
        assert!(budget.is_flooded());
        let [kept, told] = feed(&mut budget, 5 * SECOND, 10 * SECOND, SECOND / 10, 90);
        assert!(!budget.is_flooded() && told > 0);
        // A tenth of the time may pass until it is believed to be over.
        assert!(kept >= 90 * 90, "{kept}");
    }

    #[test]
    fn answers_that_were_asked_for_are_no_flood() {
        let mut budget = Budget::new(FLOOD_TCP_BYTES_PER_SECOND);
        // 100,000 transactions a second with the longest answer.
        for poll in 0..1_000_000 {
            budget.asked();
            let admitted = budget.admit(TrialTime(poll * 10_000), 260);
            assert_eq!((admitted.kept, admitted.told), (260, None));
        }
    }
}
