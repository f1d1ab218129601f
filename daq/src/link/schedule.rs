//! The absolute schedule of one link's requests. Pure: it is told the time.
//!
//! Invariants:
//! - A request is due at `phase + n × period`, whatever happened before: lateness does not add up.
//! - Phases are spread over the period, so that many devices are not asked at one instant.
//! - A period that has passed entirely is told as missed, not made up for.
//! - A request back to back that was put off leaves the others its turns until its time has come.

use trial::time::TrialTime;

/// One request of the link.
#[derive(Debug, Clone)]
struct Entry {
    /// Number of the request in the request plan.
    request: u32,
    /// 0 is back to back.
    period_ns: i64,
    /// Back to back: not before this.
    due: TrialTime,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Wait until this instant, then ask again.
    Wait(TrialTime),
    /// Send the request that was due then.
    Send {
        /// Number in the request plan.
        request: u32,
        /// When it was due.
        due: TrialTime,
    },
    /// The request that was due then had no time left; record it as missed.
    Missed {
        /// Number in the request plan.
        request: u32,
        /// When it was due.
        due: TrialTime,
    },
}

/// The schedule of one link.
#[derive(Debug, Clone)]
pub struct Schedule {
    entries: Vec<Entry>,
    turn: usize,
}

impl Schedule {
    /// Makes a schedule from `(request, period)` pairs, beginning at `start`. Request `n` of
    /// `total` in the whole plan gets the phase `n / total` of its period.
    pub fn new(
        requests: impl Iterator<Item = (u32, i64)>,
        total: usize,
        start: TrialTime,
    ) -> Schedule {
        let total = i64::try_from(total.max(1)).unwrap_or(i64::MAX);
        let entries = requests
            .map(|(request, period_ns)| {
                let phase =
                    (i128::from(period_ns) * i128::from(request) / i128::from(total)) as i64;
                Entry { request, period_ns, due: start.plus(phase) }
            })
            .collect();
        Schedule { entries, turn: 0 }
    }

    /// The requests that are sent back to back: no instant at which they are due tells that they
    /// were missed.
    pub fn back_to_back(&self) -> impl Iterator<Item = u32> {
        self.entries.iter().filter(|entry| entry.period_ns == 0).map(|entry| entry.request)
    }

    /// What to do at `now`. Requests back to back take turns where nothing scheduled is due.
    pub fn next(&mut self, now: TrialTime) -> Next {
        let scheduled = self.entries.iter_mut().filter(|entry| entry.period_ns > 0);
        let earliest = scheduled.min_by_key(|entry| entry.due);
        let mut wait = TrialTime::MAX;
        if let Some(entry) = earliest {
            let (request, due) = (entry.request, entry.due);
            if due <= now {
                entry.due = due.plus(entry.period_ns);
                return if now.since(due) > entry.period_ns {
                    Next::Missed { request, due }
                } else {
                    Next::Send { request, due }
                };
            }
            wait = due;
        }
        for _ in 0..self.entries.len() {
            self.turn = (self.turn + 1) % self.entries.len();
            let entry = &self.entries[self.turn];
            if entry.period_ns > 0 {
                continue;
            }
            if entry.due <= now {
                return Next::Send { request: entry.request, due: now };
            }
            wait = wait.min(entry.due);
        }
        Next::Wait(wait)
    }

    /// Puts a request back to back off until `until`; one with a period keeps its schedule.
    pub fn put_off(&mut self, request: u32, until: TrialTime) {
        let of_request = |entry: &&mut Entry| entry.request == request && entry.period_ns == 0;
        if let Some(entry) = self.entries.iter_mut().find(of_request) {
            entry.due = until;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_spread_and_lateness_does_not_add_up() {
        let mut schedule = Schedule::new([(0, 100), (1, 100)].into_iter(), 2, TrialTime(0));
        assert_eq!(schedule.next(TrialTime(0)), Next::Send { request: 0, due: TrialTime(0) });
        assert_eq!(schedule.next(TrialTime(7)), Next::Wait(TrialTime(50)));
        assert_eq!(schedule.next(TrialTime(90)), Next::Send { request: 1, due: TrialTime(50) });
        assert_eq!(schedule.next(TrialTime(91)), Next::Wait(TrialTime(100)));
    }

    #[test]
    fn a_period_that_has_passed_is_missed_once() {
        let mut schedule = Schedule::new([(0, 100)].into_iter(), 1, TrialTime(0));
        let mut steps = Vec::new();
        loop {
            match schedule.next(TrialTime(350)) {
                Next::Wait(until) => break assert_eq!(until, TrialTime(400)),
                step => steps.push(step),
            }
        }
        let expected = [
            Next::Missed { request: 0, due: TrialTime(0) },
            Next::Missed { request: 0, due: TrialTime(100) },
            Next::Missed { request: 0, due: TrialTime(200) },
            Next::Send { request: 0, due: TrialTime(300) },
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn requests_back_to_back_leave_the_scheduled_ones_their_time() {
        let mut schedule = Schedule::new([(0, 0), (1, 100)].into_iter(), 2, TrialTime(0));
        assert_eq!(schedule.next(TrialTime(10)), Next::Send { request: 0, due: TrialTime(10) });
        assert_eq!(schedule.next(TrialTime(60)), Next::Send { request: 1, due: TrialTime(50) });
    }

    #[test]
    fn what_is_put_off_comes_when_its_time_has_come() {
        let mut schedule = Schedule::new([(0, 0), (1, 0), (2, 100)].into_iter(), 3, TrialTime(0));
        let next = |schedule: &mut Schedule, now| schedule.next(TrialTime(now));
        let send = |request, due| Next::Send { request, due: TrialTime(due) };
        for request in [0, 2] {
            schedule.put_off(request, TrialTime(40));
        }
        assert_eq!(next(&mut schedule, 10), send(1, 10));
        assert_eq!(next(&mut schedule, 20), send(1, 20), "the other has all turns");
        schedule.put_off(1, TrialTime(50));
        assert_eq!(next(&mut schedule, 30), Next::Wait(TrialTime(40)));
        assert_eq!(next(&mut schedule, 40), send(0, 40));
        schedule.put_off(0, TrialTime(90));
        assert_eq!(next(&mut schedule, 45), Next::Wait(TrialTime(50)));
        assert_eq!(next(&mut schedule, 70), send(2, 66), "a period is not put off");
    }
}
