//! The integral of a signal that is held between its samples.
//!
//! Invariant: only samples and breaks of observation cut it into terms. That time is let pass in
//! pieces, at the end of a block or at a mark, changes no bit of the sum.

use trial::time::TrialTime;

/// The integral so far, in the signal's unit times nanoseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Area {
    sum: f64,
    /// What has not been added yet: the value that holds, since when, and until when so far.
    held: Option<(TrialTime, TrialTime, f64)>,
}

impl Area {
    /// Time passes with a value, or unobserved.
    pub fn pass(&mut self, from: TrialTime, to: TrialTime, value: Option<f64>) {
        match (&mut self.held, value) {
            (Some((_, end, _)), Some(_)) => *end = to,
            (_, value) => {
                self.cut();
                self.held = value.map(|value| (from, to, value));
            }
        }
    }

    /// A sample stands here.
    pub fn cut(&mut self) {
        self.sum = self.total();
        self.held = None;
    }

    /// The integral.
    pub fn total(&self) -> f64 {
        self.held.map_or(self.sum, |(from, to, value)| self.sum + value * to.since(from) as f64)
    }

    /// The value `held` passes from `from` to the first of samples that follow one another, and
    /// each of these to the next.
    pub fn run(&mut self, from: TrialTime, held: f64, times: &[TrialTime], values: &[f64]) {
        if times.is_empty() {
            return;
        }
        let mut from = self.held.take().map_or(from, |(from, ..)| from);
        let mut value = held;
        for (time, next) in times.iter().zip(values) {
            self.sum += value * time.since(from) as f64;
            (from, value) = (*time, *next);
        }
    }
}
