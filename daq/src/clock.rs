//! The clocks of a run. Everything is dated by the boot clock; the wall clock is observed.
//!
//! The boot clock is read from the kernel, the wall clock through the C library, where tools that
//! shift the wall clock of one process can act on it. Whatever it shows, it dates no sample.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};
use trial::time::{TrialTime, WallTime, duration_nanoseconds};

use crate::limits::{CLOCK_PAIR_PERIOD, CLOCK_STEP};

/// Dates the events of one run: nanoseconds of the boot clock since its start.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    boot_at_zero_ns: i64,
}

/// The wall clock and the boot clock read together.
#[derive(Debug, Clone, Copy)]
pub struct ClockReading {
    /// What the wall clock showed.
    pub wall: WallTime,
    /// Trial time halfway through the reading.
    pub at: TrialTime,
    /// Half the time that the reading took, in nanoseconds.
    pub uncertainty_ns: i64,
}

impl ClockReading {
    /// Wall time minus trial time: constant while the wall clock does not step or slew.
    pub fn offset_ns(&self) -> i64 {
        self.wall.0.wrapping_sub(self.at.0)
    }
}

fn boot_nanoseconds() -> i64 {
    let time = clock_gettime(ClockId::Boottime);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

impl Clock {
    /// Starts at zero, now.
    pub fn start() -> Clock {
        Clock { boot_at_zero_ns: boot_nanoseconds() }
    }

    /// Goes on with a run in the same start of the machine: `zero` is the boot clock at its zero.
    pub fn by_boot_clock(zero: i64) -> Clock {
        Clock { boot_at_zero_ns: zero }
    }

    /// Goes on with a run after the machine was started anew: `now` is its trial time now.
    pub fn at(now: TrialTime) -> Clock {
        Clock { boot_at_zero_ns: boot_nanoseconds() - now.0 }
    }

    /// Boot clock at the zero of this one, in nanoseconds.
    pub fn zero_since_boot_ns(&self) -> i64 {
        self.boot_at_zero_ns
    }

    /// Nanoseconds since the machine was started.
    pub fn since_boot_ns() -> i64 {
        boot_nanoseconds()
    }

    /// Trial time now. Goes on while the machine is suspended.
    pub fn now(&self) -> TrialTime {
        TrialTime(boot_nanoseconds() - self.boot_at_zero_ns)
    }

    /// Reads both clocks.
    pub fn read(&self) -> ClockReading {
        let before = self.now();
        let wall = Clock::wall_now();
        let after = self.now();
        let half = after.since(before) / 2;
        ClockReading { wall, at: before.plus(half), uncertainty_ns: half }
    }

    /// What the wall clock shows.
    pub fn wall_now() -> WallTime {
        WallTime(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => duration_nanoseconds(after),
            Err(before) => duration_nanoseconds(before.duration()).saturating_neg(),
        })
    }
}

/// What the wall clock did between two looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observed {
    /// How far it stepped, in nanoseconds; `None` if it did not.
    pub step_ns: Option<i64>,
    /// Whether a pair of wall and boot time is to be recorded.
    pub record: bool,
}

/// Compares the wall clock with the boot clock. Pure: it is given the readings.
///
/// A step is a movement of more than [`CLOCK_STEP`] between two looks that the readings' own
/// uncertainty does not explain; a clock that is slewed, be it by the 500 ppm that the kernel
/// allows, never moves that far between two looks, and is seen in the recorded pairs.
#[derive(Debug, Clone, Copy)]
pub struct WallWatch {
    recorded: ClockReading,
    seen: ClockReading,
}

impl WallWatch {
    /// Begins with a reading that is recorded.
    pub fn new(first: ClockReading) -> WallWatch {
        WallWatch { recorded: first, seen: first }
    }

    /// Takes the next reading.
    pub fn look(&mut self, reading: ClockReading) -> Observed {
        let moved = reading.offset_ns().wrapping_sub(self.seen.offset_ns());
        let doubt = reading.uncertainty_ns.saturating_add(self.seen.uncertainty_ns);
        let limit = duration_nanoseconds(CLOCK_STEP).saturating_add(doubt.max(0));
        let stepped = moved.unsigned_abs() > limit.unsigned_abs();
        let due = reading.at.since(self.recorded.at) >= duration_nanoseconds(CLOCK_PAIR_PERIOD);
        self.seen = reading;
        Observed { step_ns: stepped.then_some(moved), record: stepped || due }
    }

    /// How far the wall clock moved against the boot clock since the pair recorded before, which
    /// this one replaces; in nanoseconds.
    pub fn recorded(&mut self, reading: ClockReading) -> i64 {
        let moved = reading.offset_ns().wrapping_sub(self.recorded.offset_ns());
        self.recorded = reading;
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    const START: i64 = 1_800_000_000 * SECOND;

    /// A wall clock that does what it is told, looked at every 100 ms for 25 s. Returns the steps
    /// seen and the movements of the recorded pairs.
    fn watch(wall: impl Fn(i64) -> i64, uncertainty_ns: impl Fn(i64) -> i64) -> [Vec<i64>; 2] {
        let reading = |at: i64| ClockReading {
            wall: WallTime(wall(at)),
            at: TrialTime(at),
            uncertainty_ns: uncertainty_ns(at),
        };
        let mut watch = WallWatch::new(reading(0));
        let (mut steps, mut pairs) = (Vec::new(), Vec::new());
        for look in 1..=250 {
            let reading = reading(look * SECOND / 10);
            let observed = watch.look(reading);
            steps.extend(observed.step_ns);
            if observed.record {
                pairs.push(watch.recorded(reading));
            }
        }
        [steps, pairs]
    }

    #[test]
    fn steps_are_told_once_whatever_their_size_and_direction() {
        for step in [3_600, -3_600, 1, -1, 86_400 * 365, -(86_400 * 365 * 20)] {
            let at_five = |at| START + at + if at < 5 * SECOND { 0 } else { step * SECOND };
            let [steps, pairs] = watch(at_five, |_| 200);
            assert_eq!(steps, [step * SECOND], "{step} s");
            assert_eq!(pairs[0], step * SECOND, "{step} s: {pairs:?}");
            assert!(pairs[1..].iter().all(|moved| *moved == 0), "{step} s: {pairs:?}");
        }
        let there_and_back =
            |at| START + at + if (5 * SECOND..6 * SECOND).contains(&at) { 60 * SECOND } else { 0 };
        assert_eq!(watch(there_and_back, |_| 200)[0], [60 * SECOND, -60 * SECOND]);
    }

    #[test]
    fn a_slew_is_no_step_but_stands_in_the_pairs() {
        for part_per_million in [500, -500] {
            let slewed = |at: i64| START + at + at / 1_000_000 * part_per_million;
            let [steps, pairs] = watch(slewed, |_| 200);
            let each = 10 * SECOND / 1_000_000 * part_per_million;
            assert_eq!((steps, pairs), (vec![], vec![each, each]));
        }
    }

    #[test]
    fn a_reading_that_was_interrupted_makes_no_step() {
        // The process stood still between the readings of the two clocks.
        let interrupted = |at: i64| if at == 5 * SECOND { 15 * SECOND } else { 200 };
        let wall = |at| START + at + if at == 5 * SECOND { 14 * SECOND } else { 0 };
        assert!(watch(wall, interrupted)[0].is_empty());
    }
}
