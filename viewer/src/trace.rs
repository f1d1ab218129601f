//! What is drawn of a signal: runs of points parted at gaps, at most four a pixel column.
//!
//! Invariants:
//! - every extreme of the data is among the points, at its own time;
//! - no run crosses a gap or a value that is not good;
//! - a column of pixels holds at most [`POINTS_PER_COLUMN`] points: first, lowest, highest, last.

use trial::channel::Quality;
use trial::recording::{Bin, GroupIndex, RecordingError};
use trial::time::{Span, TrialTime};

use crate::replay::{Replay, Signal};

/// Most points of one pixel column.
pub const POINTS_PER_COLUMN: usize = 4;
/// Most pixel columns of a plot; wider ones are drawn with this many.
pub const MAX_COLUMNS: usize = 8_192;
/// A span with fewer samples than this is read with a stretch before and after it, so that the
/// line reaches the edges.
const SPARSE_SAMPLES: u64 = 64;
/// Least stretch that is read before and after a sparse span, in nanoseconds: 2 s.
const SPARSE_STRETCH_NS: i64 = 2_000_000_000;

/// A value that is not good, or a bin that holds one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Flaw {
    /// When.
    pub span: Span,
    /// The value, where there is a finite one.
    pub value: Option<f64>,
    /// What is wrong with it; `None` for a bin, whose samples are not told apart.
    pub quality: Option<Quality>,
}

/// What is drawn of a signal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// Good values that may be joined by a line.
    pub runs: Vec<Vec<(TrialTime, f64)>>,
    /// Values that are not good.
    pub flaws: Vec<Flaw>,
    /// Gaps; those nearer than a pixel, and those without a sample between them, as one.
    pub gaps: Vec<Span>,
    /// Smallest and largest good value within the span.
    pub extent: Option<(f64, f64)>,
    /// Samples within the span.
    pub samples: u64,
    /// Whether samples were left out.
    pub reduced: bool,
}

impl Trace {
    /// Reads what is drawn of `signal`, whose inputs lie in `groups`, within `span` over
    /// `columns` pixels.
    ///
    /// # Errors
    /// The source can't be read.
    pub fn read(
        replay: &Replay,
        signal: Signal,
        groups: &[GroupIndex],
        span: Span,
        columns: usize,
    ) -> Result<Trace, RecordingError> {
        let columns = columns.clamp(1, MAX_COLUMNS);
        let length = span.end.since(span.start).max(1);
        let column_ns = (length / columns as i64).max(1);
        let bins = replay.overview(signal, span, columns)?;
        let samples = bins.iter().map(|bin| bin.count).sum();
        let raw = samples <= (columns * POINTS_PER_COLUMN) as u64;
        let mut collected = Collected::default();
        if raw {
            let stretch = match samples {
                0..SPARSE_SAMPLES => length.max(SPARSE_STRETCH_NS),
                _ => column_ns.saturating_mul(2),
            };
            let wide = Span { start: span.start.plus(-stretch), end: span.end.plus(stretch) };
            replay.read(signal, wide, &mut |at, value, quality| {
                collected.sample(at, value, quality);
            })?;
        } else {
            bins.iter().for_each(|bin| collected.bin(bin));
        }
        let Collected { points, mut flaws } = collected;
        let runs: Vec<Vec<(TrialTime, f64)>> = points
            .chunk_by(|(one, _), (next, _)| {
                let after = flaws.partition_point(|flaw| flaw.span.start <= *one);
                let flawed = raw && flaws.get(after).is_some_and(|flaw| flaw.span.start < *next);
                !flawed && !replay.gaps.parts(groups, *one, *next)
            })
            .map(|run| thin(run, span, columns))
            .collect();
        let mut times: Vec<TrialTime> = points.iter().map(|(at, _)| *at).collect();
        times.extend(flaws.iter().map(|flaw| flaw.span.start));
        times.sort_unstable();
        flaws.retain(|flaw| flaw.span.overlaps(span));
        let within = |points: &[(TrialTime, f64)]| {
            points.iter().filter(|(at, _)| span.contains(*at)).count()
        };
        let drawn: usize = runs.iter().map(|run| within(run)).sum();
        Ok(Trace {
            extent: extent(&points, span),
            reduced: !raw || drawn < within(&points),
            runs,
            flaws,
            gaps: without_sample_between(replay.gaps.merged(groups, span, column_ns), &times),
            samples,
        })
    }

    /// Points that are drawn.
    pub fn point_count(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }
}

/// Good values and flaws, in order of time.
#[derive(Default)]
struct Collected {
    points: Vec<(TrialTime, f64)>,
    flaws: Vec<Flaw>,
}

impl Collected {
    fn sample(&mut self, at: TrialTime, value: f64, quality: Quality) {
        if quality.is_good() && value.is_finite() {
            self.points.push((at, value));
            return;
        }
        self.flaws.push(Flaw {
            span: Span { start: at, end: at },
            value: value.is_finite().then_some(value),
            quality: Some(quality),
        });
    }

    fn bin(&mut self, bin: &Bin) {
        let mut extremes: Vec<(TrialTime, f64)> =
            [bin.low, bin.high].into_iter().flatten().map(|(value, at)| (at, value)).collect();
        extremes.sort_by_key(|(at, _)| *at);
        extremes.dedup();
        self.points.append(&mut extremes);
        if bin.flawed {
            self.flaws.push(Flaw { span: bin.span, value: None, quality: None });
        }
    }
}

/// Gaps that follow one another without a sample between them, as one.
fn without_sample_between(gaps: Vec<Span>, times: &[TrialTime]) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for gap in gaps {
        match joined.last_mut() {
            Some(last)
                if times.partition_point(|time| *time < last.end)
                    == times.partition_point(|time| *time <= gap.start) =>
            {
                last.end = last.end.max(gap.end);
            }
            _ => joined.push(gap),
        }
    }
    joined
}

/// Smallest and largest value within `span`.
fn extent(points: &[(TrialTime, f64)], span: Span) -> Option<(f64, f64)> {
    let inside = points.iter().filter(|(at, _)| span.contains(*at)).map(|(_, value)| *value);
    inside.fold(None, |extent: Option<(f64, f64)>, value| {
        Some(extent.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    })
}

/// First, lowest, highest and last point of each pixel column, in order of time.
fn thin(run: &[(TrialTime, f64)], span: Span, columns: usize) -> Vec<(TrialTime, f64)> {
    let length = span.end.since(span.start).max(1) as f64;
    let column = |at: TrialTime| {
        (at.since(span.start) as f64 / length * columns as f64).floor().clamp(-1.0, columns as f64)
    };
    let mut thinned = Vec::new();
    for group in run.chunk_by(|(one, _), (next, _)| column(*one) == column(*next)) {
        if group.len() <= POINTS_PER_COLUMN {
            thinned.extend_from_slice(group);
            continue;
        }
        let (mut low, mut high) = (0, 0);
        for (position, (_, value)) in group.iter().enumerate() {
            if *value < group[low].1 {
                low = position;
            }
            if *value > group[high].1 {
                high = position;
            }
        }
        let mut kept = [0, low, high, group.len() - 1];
        kept.sort_unstable();
        let mut last = None;
        for position in kept {
            if last != Some(position) {
                thinned.push(group[position]);
            }
            last = Some(position);
        }
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{self, SECOND_NS};
    use trial::channel::ChannelIndex;

    const PRESSURE: Signal = Signal::Channel(ChannelIndex(0));
    const GROUPS: &[GroupIndex] = &[GroupIndex(0)];

    fn span(start: f64, end: f64) -> Span {
        let time = |seconds: f64| TrialTime((seconds * SECOND_NS as f64) as i64);
        Span { start: time(start), end: time(end) }
    }

    fn trace(start: f64, end: f64, columns: usize) -> Trace {
        let replay = synthetic::replay();
        Trace::read(&replay, PRESSURE, GROUPS, span(start, end), columns).unwrap()
    }

    #[test]
    fn few_samples_are_drawn_as_they_are_and_reach_the_edges() {
        let trace = trace(5.02, 6.02, 100);
        assert_eq!((trace.samples, trace.reduced), (10, false));
        let run = &trace.runs[0];
        assert!(run[0].0 < span(5.02, 6.0).start);
        assert!(run[run.len() - 1].0 > span(5.0, 6.02).end);
        let between_samples = self::trace(5.02, 5.08, 100);
        assert_eq!(between_samples.samples, 0);
        assert_eq!(between_samples.extent, None);
        assert!(between_samples.point_count() > 2);
    }

    #[test]
    fn many_samples_are_reduced_and_keep_the_spike() {
        for columns in [3, 10, 50, 100] {
            let trace = trace(0.0, 60.0, columns);
            assert!(trace.reduced);
            let limit = (columns + 2) * POINTS_PER_COLUMN + 2 * trace.runs.len();
            assert!(trace.point_count() <= limit, "{columns}: {}", trace.point_count());
            assert_eq!(trace.extent.unwrap().1, synthetic::SPIKE, "{columns}");
        }
    }

    #[test]
    fn runs_are_parted_at_gaps_and_at_bad_values() {
        // Gaps at 20 to 25 s and 40 to 40.3 s; a value out of range at 50 s.
        for columns in [1000, 100] {
            let trace = trace(0.0, 60.0, columns);
            for run in &trace.runs {
                for pair in run.windows(2) {
                    let between = Span { start: pair[0].0, end: pair[1].0 };
                    assert!(!between.overlaps(span(20.5, 24.5)), "{columns}: {between:?}");
                    assert!(!between.overlaps(span(40.1, 40.2)), "{columns}: {between:?}");
                }
            }
            assert_eq!(trace.gaps.len(), 2, "{columns}");
        }
        let raw = trace(45.0, 55.0, 1000);
        assert_eq!(raw.runs.len(), 2);
        assert_eq!(raw.flaws.len(), 1);
        assert_eq!(raw.flaws[0].quality, Some(Quality::OutOfRange));
        assert!(raw.extent.unwrap().1 < 5.0, "a bad value does not stretch the scale");
    }

    #[test]
    fn gaps_are_joined_where_no_sample_lies_between() {
        let gap = |start, end| Span { start: TrialTime(start), end: TrialTime(end) };
        let gaps = vec![gap(10, 15), gap(20, 25), gap(30, 35)];
        let times = [TrialTime(5), TrialTime(27), TrialTime(40)];
        assert_eq!(without_sample_between(gaps, &times), [gap(10, 25), gap(30, 35)]);
    }

    #[test]
    fn thinning_keeps_first_extremes_and_last() {
        let run: Vec<_> = [3.0, 9.0, 4.0, 1.0, 5.0, 4.0]
            .into_iter()
            .enumerate()
            .map(|(i, value)| (TrialTime(i as i64), value))
            .collect();
        let all = Span { start: TrialTime(0), end: TrialTime(100) };
        let values: Vec<_> = thin(&run, all, 1).iter().map(|(_, value)| *value).collect();
        assert_eq!(values, [3.0, 9.0, 1.0, 4.0]);
    }
}
