//! Reduced views of a channel: bins with both extremes and their own times.
//!
//! Invariants:
//! - No extreme is lost: the lowest and the highest good value of any stretch are in the bins
//!   that cover it, with the times at which they were sampled.
//! - The last, partial bin is there too.
//! - Values that are not good, and gaps, mark their bin as flawed; they never hide an extreme.
//!
//! Samples come a column at a time, so that the inner loop runs over one channel.

use crate::tables::BinRow;

/// Samples of a bin, by level. Each is a multiple of the one before, and the first divides the
/// rows of a chunk, so that only the last column of a recording can end inside a bin.
pub const BIN_SAMPLES: [u64; 4] = [64, 1024, 16_384, 262_144];

const FINEST: usize = BIN_SAMPLES[0] as usize;
const _: () = assert!(crate::layout::CHUNK_ROWS.start().is_multiple_of(FINEST));

const EMPTY: BinRow = BinRow {
    low: f64::NAN,
    low_time: 0,
    high: f64::NAN,
    high_time: 0,
    first_time: 0,
    last_time: 0,
    count: 0,
    flawed: 0,
};

/// Collects the bins of one channel, level by level.
#[derive(Debug)]
pub(crate) struct Pyramid {
    /// Bins that are not whole yet, of the levels above the finest.
    open: [BinRow; BIN_SAMPLES.len() - 1],
    /// Whole bins that wait to be written, by level.
    pub ready: [Vec<BinRow>; BIN_SAMPLES.len()],
}

/// One column of a channel: values with their times; qualities only if one is not good.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column<'a> {
    pub times: &'a [i64],
    pub values: &'a [f64],
    /// Codes, 0 for good; empty if all are good.
    pub qualities: &'a [u16],
    /// Rows before which samples are missing, ascending.
    pub gaps: &'a [usize],
}

impl Pyramid {
    pub fn new() -> Pyramid {
        Pyramid { open: [EMPTY; BIN_SAMPLES.len() - 1], ready: Default::default() }
    }

    /// Adds a column. All but the last of a recording have a whole number of finest bins.
    pub fn add(&mut self, column: Column<'_>) {
        let mut gaps = column.gaps.iter().map(|row| row / FINEST).peekable();
        let count = column.times.len().div_ceil(FINEST);
        for index in 0..count {
            let range = index * FINEST..column.times.len().min((index + 1) * FINEST);
            let qualities = column.qualities.get(range.clone()).unwrap_or(&[]);
            let mut bin = bin(&column.times[range.clone()], &column.values[range], qualities);
            // A gap behind the last sample belongs to the last bin.
            while gaps.next_if(|gap| *gap == index || index + 1 == count).is_some() {
                bin.flawed = 1;
            }
            self.ready[0].push(bin);
            self.raise(1, &bin);
        }
    }

    /// Takes a whole bin into the next coarser level.
    fn raise(&mut self, level: usize, bin: &BinRow) {
        let Some(open) = self.open.get_mut(level - 1) else { return };
        merge(open, bin);
        if u64::from(open.count) >= BIN_SAMPLES[level] {
            let whole = std::mem::replace(open, EMPTY);
            self.ready[level].push(whole);
            self.raise(level + 1, &whole);
        }
    }

    /// Closes all partial bins, at the end of the recording.
    pub fn finish(&mut self) {
        for level in 1..BIN_SAMPLES.len() {
            let partial = std::mem::replace(&mut self.open[level - 1], EMPTY);
            if partial.count > 0 {
                self.ready[level].push(partial);
                self.raise(level + 1, &partial);
            }
        }
    }
}

/// The bin of some samples; there is at least one.
fn bin(times: &[i64], values: &[f64], qualities: &[u16]) -> BinRow {
    let mut bin = EMPTY;
    for (index, (&time, &value)) in times.iter().zip(values).enumerate() {
        let good = qualities.get(index).is_none_or(|code| *code == 0);
        if !good || !value.is_finite() {
            bin.flawed = 1;
            continue;
        }
        if bin.low.is_nan() || value < bin.low {
            (bin.low, bin.low_time) = (value, time);
        }
        if bin.high.is_nan() || value > bin.high {
            (bin.high, bin.high_time) = (value, time);
        }
    }
    bin.first_time = times.first().copied().unwrap_or_default();
    bin.last_time = times.last().copied().unwrap_or_default();
    bin.count = times.len() as u32;
    bin
}

/// Takes a later bin into an earlier one.
fn merge(into: &mut BinRow, later: &BinRow) {
    if into.count == 0 {
        into.first_time = later.first_time;
    }
    into.last_time = later.last_time;
    into.flawed |= later.flawed;
    into.count += later.count;
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

    fn pyramid(times: &[i64], values: &[f64], qualities: &[u16], gaps: &[usize]) -> Pyramid {
        let mut pyramid = Pyramid::new();
        let chunk = 2 * *crate::layout::CHUNK_ROWS.start();
        for start in (0..times.len()).step_by(chunk) {
            let range = start..times.len().min(start + chunk);
            let gaps: Vec<usize> =
                gaps.iter().filter(|gap| range.contains(gap)).map(|gap| gap - start).collect();
            pyramid.add(Column {
                times: &times[range.clone()],
                values: &values[range.clone()],
                qualities: qualities.get(range).unwrap_or(&[]),
                gaps: &gaps,
            });
        }
        pyramid.finish();
        pyramid
    }

    #[test]
    fn no_spike_is_lost_and_the_partial_bin_is_there() {
        let total = 64 * 40 + 37;
        let times: Vec<i64> = (0..total).map(|i| i * 10).collect();
        for spike in [0, 63, 64, 1000, 1023, 1024, total - 1] {
            let mut values: Vec<f64> = (0..total).map(|i| (i % 7) as f64).collect();
            values[spike as usize] = 99.0;
            let pyramid = pyramid(&times, &values, &[], &[]);
            for level in &pyramid.ready {
                let highest = level.iter().max_by(|a, b| a.high.total_cmp(&b.high)).unwrap();
                assert_eq!((highest.high, highest.high_time), (99.0, spike * 10));
                assert_eq!(level.iter().map(|bin| i64::from(bin.count)).sum::<i64>(), total);
                assert_eq!(level.last().unwrap().last_time, (total - 1) * 10);
            }
        }
    }

    #[test]
    fn a_bad_value_flaws_its_bin_and_hides_nothing() {
        let values = [1.0, f64::NAN, 500.0, 7.0];
        let pyramid = pyramid(&[0, 1, 2, 3], &values, &[0, 0, 0x0200, 0], &[]);
        let bin = pyramid.ready[0][0];
        assert_eq!((bin.low, bin.high, bin.high_time, bin.flawed, bin.count), (1.0, 7.0, 3, 1, 4));
    }

    #[test]
    fn a_gap_flaws_the_bin_in_which_it_lies() {
        let times: Vec<i64> = (0..200).collect();
        let values = vec![1.0; 200];
        for (gap, flawed) in [(0, [1, 0, 0, 0]), (64, [0, 1, 0, 0]), (150, [0, 0, 1, 0])] {
            let pyramid = pyramid(&times, &values, &[], &[gap]);
            let found: Vec<u32> = pyramid.ready[0].iter().map(|bin| bin.flawed).collect();
            assert_eq!(found, flawed, "gap before row {gap}");
        }
        let mut at_end = Pyramid::new();
        at_end.add(Column { times: &times, values: &values, qualities: &[], gaps: &[200] });
        assert_eq!(at_end.ready[0].last().unwrap().flawed, 1);
    }
}
