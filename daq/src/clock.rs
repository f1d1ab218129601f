//! The clocks of a run. Everything is dated by the boot clock; the wall clock is observed.

use rustix::time::{ClockId, clock_gettime};
use trial::time::{TrialTime, WallTime};

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

fn nanoseconds(clock: ClockId) -> i64 {
    let time = clock_gettime(clock);
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

impl Clock {
    /// Starts at zero, now.
    pub fn start() -> Clock {
        Clock { boot_at_zero_ns: nanoseconds(ClockId::Boottime) }
    }

    /// Trial time now. Goes on while the machine is suspended.
    pub fn now(&self) -> TrialTime {
        TrialTime(nanoseconds(ClockId::Boottime) - self.boot_at_zero_ns)
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
        WallTime(nanoseconds(ClockId::Realtime))
    }
}
