//! Reduced views of a channel: bins with both extremes and their own times.
//!
//! Invariants:
//! - No extreme is lost: the lowest and the highest good value of any stretch are in the bins
//!   that cover it, with the times at which they were sampled.
//! - The last, partial bin is there too.
//! - Values that are not good, and gaps, mark their bin as flawed; they never hide an extreme.

use crate::tables::BinRow;

/// Samples of a bin, by level.
pub const BIN_SAMPLES: [u64; 4] = [64, 1024, 16_384, 262_144];

#[derive(Debug, Clone, Copy)]
struct OpenBin {
    row: BinRow,
    count: u64,
}

const EMPTY: OpenBin = OpenBin {
    row: BinRow {
        low: f64::NAN,
        low_time: 0,
        high: f64::NAN,
        high_time: 0,
        first_time: 0,
        last_time: 0,
        count: 0,
        flawed: 0,
    },
    count: 0,
};

/// Collects the bins of one channel, level by level.
#[derive(Debug)]
pub(crate) struct Pyramid {
    open: [OpenBin; BIN_SAMPLES.len()],
    /// Whole bins that wait to be written, by level.
    pub ready: [Vec<BinRow>; BIN_SAMPLES.len()],
}

impl Pyramid {
    pub fn new() -> Pyramid {
        Pyramid { open: [EMPTY; BIN_SAMPLES.len()], ready: Default::default() }
    }

    /// Adds a sample. Only a good, finite value can be an extreme.
    pub fn add(&mut self, time: i64, value: f64, good: bool) {
        let open = &mut self.open[0];
        let row = &mut open.row;
        if open.count == 0 {
            row.first_time = time;
        }
        row.last_time = time;
        if good && value.is_finite() {
            if row.low.is_nan() || value < row.low {
                (row.low, row.low_time) = (value, time);
            }
            if row.high.is_nan() || value > row.high {
                (row.high, row.high_time) = (value, time);
            }
        } else {
            row.flawed = 1;
        }
        open.count += 1;
        if open.count == BIN_SAMPLES[0] {
            self.close(0);
        }
    }

    /// Notes that samples are missing here.
    pub fn add_gap(&mut self) {
        self.open[0].row.flawed = 1;
    }

    /// Closes all partial bins, at the end of the recording.
    pub fn finish(&mut self) {
        for level in 0..BIN_SAMPLES.len() {
            if self.open[level].count > 0 {
                self.close(level);
            }
        }
    }

    fn close(&mut self, level: usize) {
        let mut bin = std::mem::replace(&mut self.open[level], EMPTY);
        bin.row.count = bin.count as u32;
        self.ready[level].push(bin.row);
        let Some(next) = self.open.get_mut(level + 1) else { return };
        merge(&mut next.row, next.count == 0, &bin.row);
        next.count += bin.count;
        if next.count >= BIN_SAMPLES[level + 1] {
            self.close(level + 1);
        }
    }
}

/// Takes a later bin into an earlier one.
fn merge(into: &mut BinRow, is_empty: bool, later: &BinRow) {
    if is_empty {
        into.first_time = later.first_time;
    }
    into.last_time = later.last_time;
    into.flawed |= later.flawed;
    if into.low.is_nan() || later.low < into.low {
        (into.low, into.low_time) = (later.low, later.low_time);
    }
    if into.high.is_nan() || later.high > into.high {
        (into.high, into.high_time) = (later.high, later.high_time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spike_is_lost_and_the_partial_bin_is_there() {
        let total = 64 * 16 + 37;
        for spike in [0, 63, 64, 1000, total - 1] {
            let mut pyramid = Pyramid::new();
            for i in 0..total {
                let value = if i == spike { 99.0 } else { (i % 7) as f64 };
                pyramid.add(i as i64 * 10, value, true);
            }
            pyramid.finish();
            for level in &pyramid.ready {
                let highest = level.iter().max_by(|a, b| a.high.total_cmp(&b.high)).unwrap();
                assert_eq!((highest.high, highest.high_time), (99.0, spike as i64 * 10));
                assert_eq!(level.iter().map(|bin| u64::from(bin.count)).sum::<u64>(), total as u64);
                assert_eq!(level.last().unwrap().last_time, (total as i64 - 1) * 10);
            }
        }
    }

    #[test]
    fn a_bad_value_flaws_its_bin_and_hides_nothing() {
        let mut pyramid = Pyramid::new();
        for (time, value, good) in
            [(0, 1.0, true), (1, f64::NAN, true), (2, 500.0, false), (3, 7.0, true)]
        {
            pyramid.add(time, value, good);
        }
        pyramid.finish();
        let bin = pyramid.ready[0][0];
        assert_eq!((bin.low, bin.high, bin.high_time, bin.flawed, bin.count), (1.0, 7.0, 3, 1, 4));
    }
}
