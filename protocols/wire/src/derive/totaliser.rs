//! Counts of totalisers, continued over their wraps.
//!
//! Invariants:
//! - A backward step is a wrap only if the declared fastest growth allows it in the time between
//!   the two samples; any other is a reset of the device, and the counts do not join.
//! - Where a count may have wrapped unseen, it does not join either: nothing is guessed.

use trial::profile::Totaliser;
use trial::time::TrialTime;

/// When a sample was taken, as near as the wire tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleTime {
    pub(super) time: TrialTime,
    /// Half width of the uncertainty.
    pub(super) uncertainty_ns: u32,
}

/// The count of one totaliser.
#[derive(Debug, Clone)]
pub(super) struct Count {
    totaliser: Totaliser,
    last: Option<Last>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    raw: f64,
    wraps: f64,
    at: SampleTime,
}

/// What becomes of the next raw count.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Counted {
    /// The count goes on: the raw one with all wraps since the base.
    On(f64),
    /// It begins again from the raw one, for the reason told.
    Anew(f64, String),
}

impl Count {
    pub(super) fn new(totaliser: Totaliser) -> Count {
        Count { totaliser, last: None }
    }

    /// Takes the next finite raw count. The first one sets the base.
    pub(super) fn next(&mut self, raw: f64, at: SampleTime) -> Counted {
        let Totaliser { wraps_at, max_rate } = self.totaliser;
        let Some(last) = self.last.replace(Last { raw, wraps: 0.0, at }) else {
            return Counted::On(raw);
        };
        let seconds = seconds_between(last.at, at);
        let most = max_rate * seconds;
        if most >= wraps_at {
            let why = format!(
                "{seconds:.1} s lie between the counts {} and {raw}, which is long enough to wrap \
                 at {wraps_at} unseen with at most {max_rate} a second; they do not join",
                last.raw,
            );
            return Counted::Anew(raw, why);
        }
        let forward = raw - last.raw;
        let wraps = if forward >= 0.0 { last.wraps } else { last.wraps + 1.0 };
        if forward < 0.0 && forward + wraps_at > most {
            let why = format!(
                "the count went from {} to {raw} in {seconds:.1} s, which is no wrap at {wraps_at} \
                 with at most {max_rate} a second; the device was reset",
                last.raw,
            );
            return Counted::Anew(raw, why);
        }
        self.last = Some(Last { raw, wraps, at });
        Counted::On(raw + wraps * wraps_at)
    }
}

/// The longest time that may lie between two samples.
fn seconds_between(one: SampleTime, other: SampleTime) -> f64 {
    let between = other.time.since(one.time).max(0);
    let uncertain = i64::from(one.uncertainty_ns) + i64::from(other.uncertainty_ns);
    between.saturating_add(uncertain) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_TO_32: f64 = 4_294_967_296.0;

    /// Samples a second apart, exact in time unless told otherwise; a reset is shown as `None`.
    fn counts(
        wraps_at: f64,
        max_rate: f64,
        raws: &[f64],
        step_ns: i64,
        u: u32,
    ) -> Vec<Option<f64>> {
        let mut count = Count::new(Totaliser { wraps_at, max_rate });
        let times = (0..).map(|index| TrialTime(index * step_ns));
        let steps = raws.iter().zip(times).map(|(raw, time)| {
            match count.next(*raw, SampleTime { time, uncertainty_ns: u }) {
                Counted::On(count) => Some(count),
                Counted::Anew(from, _) => {
                    assert_eq!(from, *raw);
                    None
                }
            }
        });
        steps.collect()
    }

    #[test]
    fn fault_25_wraps_and_resets_near_the_seeds() {
        let second = 1_000_000_000;
        let check = |wraps_at, max_rate, raws: &[f64], expected: &[Option<f64>]| {
            assert_eq!(counts(wraps_at, max_rate, raws, second, 0), expected, "{raws:?}");
        };
        // All of 32 bits: 4294967293 to 5 is 8 more.
        check(
            TWO_TO_32,
            10.0,
            &[4_294_967_293.0, 5.0, 6.0],
            &[Some(4_294_967_293.0), Some(4_294_967_301.0), Some(4_294_967_302.0)],
        );
        // The same step, but faster than the counter grows: a reset, and on from there.
        check(
            TWO_TO_32,
            7.9,
            &[4_294_967_293.0, 5.0, 6.0],
            &[Some(4_294_967_293.0), None, Some(6.0)],
        );
        check(
            TWO_TO_32,
            8.0,
            &[4_294_967_293.0, 5.0],
            &[Some(4_294_967_293.0), Some(4_294_967_301.0)],
        );
        // The last and the first number of the range are one apart.
        check(65_536.0, 1.0, &[65_535.0, 0.0], &[Some(65_535.0), Some(65_536.0)]);
        check(65_536.0, 100.0, &[500.0, 3.0], &[Some(500.0), None]);
        // Four decimal digits, twice round.
        check(
            10_000.0,
            4_000.0,
            &[9_998.0, 2.0, 4_000.0, 8_000.0, 1_000.0],
            &[Some(9_998.0), Some(10_002.0), Some(14_000.0), Some(18_000.0), Some(21_000.0)],
        );
        // Standing still is no wrap; going on faster than declared is not judged here.
        check(65_536.0, 1.0, &[7.0, 7.0, 900.0], &[Some(7.0), Some(7.0), Some(900.0)]);
        // A reset forgets the wraps before it.
        check(
            100.0,
            10.0,
            &[95.0, 3.0, 50.0, 0.0, 5.0],
            &[Some(95.0), Some(103.0), Some(150.0), None, Some(5.0)],
        );
    }

    #[test]
    fn fault_25_a_gap_that_may_hide_a_wrap_does_not_join() {
        let check = |step_ns, u, raws: &[f64], expected: &[Option<f64>]| {
            assert_eq!(counts(10_000.0, 100.0, raws, step_ns, u), expected, "{step_ns} {raws:?}");
        };
        let joined = [Some(5.0), Some(6.0)];
        check(99_999_999_999, 0, &[5.0, 6.0], &joined);
        check(100_000_000_000, 0, &[5.0, 6.0], &[Some(5.0), None]);
        check(100_000_000_000, 0, &[5.0, 4.0], &[Some(5.0), None]);
        // The uncertainties of both times count.
        check(99_999_999_999, 1, &[5.0, 6.0], &[Some(5.0), None]);
        // A backward step needs the uncertainty to be a wrap.
        check(1_000_000_000, 0, &[9_950.0, 51.0], &[Some(9_950.0), None]);
        check(1_000_000_000, 5_000_000, &[9_950.0, 51.0], &[Some(9_950.0), Some(10_051.0)]);
    }
}
