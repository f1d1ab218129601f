//! A timer without the runtime's steps of a millisecond: a timer descriptor of the kernel.
//!
//! `unsafe` is allowed here because tokio's only registration that is not deprecated asks its
//! caller to promise that the descriptor stays open and is not registered twice. The descriptor
//! is made here, owned by the registration, never given out, and closed with it.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::OwnedFd;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;
use trial::time::TrialTime;

use crate::clock::Clock;

/// Wakes at an instant of trial time.
#[derive(Debug)]
pub struct Timer {
    clock: Clock,
    descriptor: AsyncFd<OwnedFd>,
}

impl Timer {
    /// A timer on the run's clock.
    ///
    /// # Errors
    /// The system has no more descriptors.
    pub fn new(clock: Clock) -> io::Result<Timer> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let descriptor = timerfd_create(TimerfdClockId::Boottime, flags)?;
        // SAFETY: the registration owns the descriptor, nobody else has it.
        let descriptor = unsafe { AsyncFd::register(descriptor) }?;
        Ok(Timer { clock, descriptor })
    }

    /// Waits until `due`; returns at once if that has passed.
    ///
    /// # Errors
    /// The system refused the timer.
    pub async fn wait_until(&self, due: TrialTime) -> io::Result<()> {
        let wait_ns = due.since(self.clock.now());
        if wait_ns <= 0 {
            return Ok(());
        }
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec { tv_sec: wait_ns / 1_000_000_000, tv_nsec: wait_ns % 1_000_000_000 };
        let setting = Itimerspec { it_interval: zero, it_value: value };
        timerfd_settime(self.descriptor.get_ref(), TimerfdTimerFlags::empty(), &setting)?;
        loop {
            let mut ready = self.descriptor.readable().await?;
            let mut expirations = [0; 8];
            match rustix::io::read(self.descriptor.get_ref(), &mut expirations) {
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::AGAIN) => ready.clear_ready(),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
