//! What is known of a polled device's silence, and how long it is left alone for it. Pure: it is
//! told the time.
//!
//! Invariants:
//! - On a shared line a silent device costs, in the long run, at most one part in
//!   [`SILENT_DEVICE_SHARE`] of the time.
//! - A device that answers, if only by an exception, is asked as the plan says.
//! - What is late of a device that missed an answer has come before it is asked for a value again.

use std::time::Duration;

use trial::time::{TrialTime, duration_nanoseconds};

use crate::limits::{
    FULL_PROBE_EVERY, PATIENCE_POLLS, PROBE_SHORTEST, PROBE_TIMES, SILENT_DEVICE_LONGEST,
    SILENT_DEVICE_SHARE,
};

/// The silence of one device.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence {
    misses: u32,
    ask_again_at: TrialTime,
    suspect: bool,
    longest_answer: Option<Duration>,
}

impl Silence {
    /// It answered, after this time.
    pub fn answered(&mut self, took: Duration) {
        let longest_answer = self.longest_answer.max(Some(took));
        *self = Silence { longest_answer, ..Silence::default() };
    }

    /// It answered a probe: whatever was late has come.
    pub fn probed(&mut self) {
        self.suspect = false;
    }

    /// An answer that was asked for may still come; a probe must be answered first.
    pub fn suspect(&mut self) {
        self.suspect = true;
    }

    /// Whether a probe must be answered before it is asked for a value.
    pub fn is_suspect(&self) -> bool {
        self.suspect
    }

    /// Whether it is asked less often.
    pub fn is_silent(&self) -> bool {
        self.misses >= PATIENCE_POLLS
    }

    /// Whether it is to be asked at `now`.
    pub fn is_due(&self, now: TrialTime) -> bool {
        now >= self.ask_again_at
    }

    /// A poll that began at `began` went without an answer; `heard` says whether any bytes came.
    ///
    /// A device that used to answer is asked [`PATIENCE_POLLS`] times before it is left alone, as
    /// is one of which something is heard: single answers get lost. One that never said anything
    /// is left alone from the first time, for longer each time.
    pub fn missed(&mut self, began: TrialTime, now: TrialTime, heard: bool) {
        self.suspect = true;
        self.misses = self.misses.saturating_add(1);
        let unknown = self.longest_answer.is_none() && !heard;
        let parts = match self.misses {
            misses if misses >= PATIENCE_POLLS => SILENT_DEVICE_SHARE - 1,
            misses if unknown => 3 * misses,
            _ => 0,
        };
        let pause = now.since(began).saturating_mul(i64::from(parts));
        self.ask_again_at = now.plus(pause.min(duration_nanoseconds(SILENT_DEVICE_LONGEST)));
    }

    /// How long a probe waits: a few times as long as the device ever took, so that a dead one
    /// costs little, and now and then as long as the plan says.
    pub fn probe_limit(&self, timeout: Duration) -> Duration {
        match self.longest_answer {
            Some(longest) if !self.misses.is_multiple_of(FULL_PROBE_EVERY) => {
                (longest * PROBE_TIMES).max(PROBE_SHORTEST).min(timeout)
            }
            _ => timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    /// The share of the time that a device costs whose every question takes `cost_ns`, when it is
    /// asked whenever it may be, over `seconds`.
    fn share(mut silence: Silence, cost_ns: i64, seconds: i64) -> f64 {
        let (mut now, mut spent) = (TrialTime(0), 0);
        while now < TrialTime(seconds * SECOND) {
            if silence.is_due(now) {
                let began = now;
                now = now.plus(cost_ns);
                spent += cost_ns;
                silence.missed(began, now, false);
            } else {
                now = now.plus(SECOND / 100);
            }
        }
        spent as f64 / now.0 as f64
    }

    #[test]
    fn a_silent_device_costs_its_share_at_most() {
        let limit = 1.1 / f64::from(SILENT_DEVICE_SHARE);
        for cost_ms in [50, 300, 1_000] {
            let dead = share(Silence::default(), cost_ms * 1_000_000, 600);
            assert!(dead <= limit, "{cost_ms} ms: {dead}");
        }
        let early = share(Silence::default(), SECOND / 2, 30);
        assert!(early < 0.1, "already in the first half minute: {early}");
    }

    #[test]
    fn one_lost_answer_costs_no_pause() {
        let mut silence = Silence::default();
        silence.answered(Duration::from_millis(20));
        silence.missed(TrialTime(0), TrialTime(SECOND), false);
        assert!(silence.is_due(TrialTime(SECOND)) && silence.is_suspect());
        assert_eq!(silence.probe_limit(Duration::from_secs(1)), Duration::from_millis(80));
        silence.probed();
        silence.answered(Duration::from_millis(5));
        assert!(!silence.is_suspect());
        for _ in 0..PATIENCE_POLLS {
            silence.missed(TrialTime(0), TrialTime(SECOND), true);
        }
        assert!(silence.is_silent() && !silence.is_due(TrialTime(2 * SECOND)));
    }

    #[test]
    fn a_probe_waits_in_full_now_and_then() {
        let mut silence = Silence::default();
        let timeout = Duration::from_secs(1);
        assert_eq!(silence.probe_limit(timeout), timeout, "nothing is known of it");
        silence.answered(Duration::from_millis(1));
        let full = (0..100)
            .filter(|_| {
                silence.missed(TrialTime(0), TrialTime(1), false);
                silence.probe_limit(timeout) == timeout
            })
            .count();
        assert_eq!(full, 100 / FULL_PROBE_EVERY as usize);
    }
}
