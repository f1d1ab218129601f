//! Reduced views out of the stored pyramids.

use trial::channel::{ChannelIndex, Quality};
use trial::recording::Bin;
use trial::time::{Span, TrialTime};

use crate::pyramid::BIN_SAMPLES;
use crate::tables::BinRow;
use crate::{TrialFile, TrialFileError};

/// Single samples are shown as long as they are at most this many times the wanted bins.
const SAMPLES_A_BIN: usize = 4;

pub(crate) fn overview(
    file: &TrialFile,
    channel: ChannelIndex,
    span: Span,
    bins: usize,
) -> Result<Vec<Bin>, TrialFileError> {
    let bins = bins.max(1);
    let inside = file.samples_in(channel, span)?;
    let count = file.sample_count(channel)?;
    // One sample on each side, so that a line goes on to the edge of the view.
    let range = inside.start.saturating_sub(1)..(inside.end + 1).min(count);
    if range.len() <= bins * SAMPLES_A_BIN + 2 {
        return single_samples(file, channel, range);
    }
    let level =
        BIN_SAMPLES.iter().rev().find(|&&samples| range.len() as u64 / samples >= bins as u64);
    let Some(&samples) = level else {
        // Even the finest level is too coarse: merge samples.
        return Ok(merged(many_samples(file, channel, range)?, bins));
    };
    let first = range.start / samples as usize;
    let end = range.end.div_ceil(samples as usize);
    let rows = file.level(channel, samples, first, end)?;
    Ok(merged(rows.iter().map(bin_of).collect(), bins))
}

fn bin_of(row: &BinRow) -> Bin {
    let extreme = |value: f64, time: i64| (!value.is_nan()).then_some((value, TrialTime(time)));
    Bin {
        span: Span::new(TrialTime(row.first_time), TrialTime(row.last_time)),
        low: extreme(row.low, row.low_time),
        high: extreme(row.high, row.high_time),
        count: u64::from(row.count),
        flawed: row.flawed != 0,
    }
}

fn single_samples(
    file: &TrialFile,
    channel: ChannelIndex,
    range: std::ops::Range<usize>,
) -> Result<Vec<Bin>, TrialFileError> {
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let times: Vec<i64> = file.slice(channel, "time", range.clone())?;
    let values: Vec<f64> = file.slice(channel, "value", range.clone())?;
    let qualities: Vec<u16> = file.slice(channel, "quality", range)?;
    let samples = times.into_iter().zip(values).zip(qualities);
    Ok(samples
        .map(|((time, value), quality)| {
            let time = TrialTime(time);
            let good = Quality::from_code(quality) == Some(Quality::Good) && value.is_finite();
            let extreme = good.then_some((value, time));
            Bin {
                span: Span::new(time, time),
                low: extreme,
                high: extreme,
                count: 1,
                flawed: !good,
            }
        })
        .collect())
}

/// Fewer than the finest level's bins times its samples, so bounded by `64 × bins`.
fn many_samples(
    file: &TrialFile,
    channel: ChannelIndex,
    range: std::ops::Range<usize>,
) -> Result<Vec<Bin>, TrialFileError> {
    let mut all = Vec::with_capacity(range.len());
    let mut start = range.start;
    while start < range.end {
        let end = range.end.min(start + trial::recording::MAX_CHUNK_SAMPLES);
        all.extend(single_samples(file, channel, start..end)?);
        start = end;
    }
    Ok(all)
}

/// Joins neighbours until there are at most `SAMPLES_A_BIN × bins`.
fn merged(fine: Vec<Bin>, bins: usize) -> Vec<Bin> {
    let together = fine.len().div_ceil(bins * SAMPLES_A_BIN).max(1);
    if together == 1 {
        return fine;
    }
    fine.chunks(together).map(join).collect()
}

fn join(bins: &[Bin]) -> Bin {
    let mut joined = bins[0];
    for bin in &bins[1..] {
        joined.span.end = bin.span.end;
        joined.count += bin.count;
        joined.flawed |= bin.flawed;
        joined.low = better(joined.low, bin.low, |new, old| new < old);
        joined.high = better(joined.high, bin.high, |new, old| new > old);
    }
    joined
}

fn better(
    old: Option<(f64, TrialTime)>,
    new: Option<(f64, TrialTime)>,
    wins: impl Fn(f64, f64) -> bool,
) -> Option<(f64, TrialTime)> {
    match (old, new) {
        (Some(old), Some(new)) => Some(if wins(new.0, old.0) { new } else { old }),
        (old, new) => old.or(new),
    }
}
