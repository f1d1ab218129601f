//! The columns of a channel, read where their bytes lie: the way in which a whole trial is judged.
//!
//! Invariants:
//! - What is read is what the library reads, or nothing: a channel of which any column is not plain has
//!   no places here.
//! - Channels of one group lie at the same times: whoever reads them one after another over one span
//!   has their times read once ([`LastTimes`]).

use std::ops::Range;
use std::sync::Arc;

use trial::channel::{ChannelIndex, Quality, RawType};
use trial::recording::Chunk;
use trial::time::{Span, TrialTime};

use crate::element::ElementKind;
use crate::places::{Places, PlainDataset};
use crate::{TrialFile, TrialFileError};

/// The columns that a reader of samples needs.
#[derive(Debug)]
pub(crate) struct PlainChannel {
    time: PlainDataset,
    time_uncertainty: PlainDataset,
    value: PlainDataset,
    quality: PlainDataset,
}

/// Names and types of the columns.
const COLUMNS: [(&str, RawType); 4] = [
    ("time", RawType::I64),
    ("time_uncertainty", RawType::U32),
    ("value", RawType::F64),
    ("quality", RawType::U16),
];

impl PlainChannel {
    /// The columns of a channel; `None` if one of them is to be read through the library.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn of(
        file: &TrialFile,
        channel: ChannelIndex,
    ) -> Result<Option<PlainChannel>, TrialFileError> {
        let named =
            COLUMNS.map(|(name, kind)| (ElementKind::from(kind), file.column(channel, name)));
        let mut plain = file.plain(&named)?.into_iter();
        let mut next = || plain.next().flatten();
        let (time, time_uncertainty, value, quality) = (next(), next(), next(), next());
        let Some((((time, time_uncertainty), value), quality)) =
            time.zip(time_uncertainty).zip(value).zip(quality)
        else {
            return Ok(None);
        };
        let length = time.length();
        let same = [&time_uncertainty, &value, &quality].iter().all(|one| one.length() == length);
        Ok(same.then_some(PlainChannel { time, time_uncertainty, value, quality }))
    }

    /// Chunks of all columns together, whose places are kept.
    pub fn chunks(&self) -> usize {
        let columns = [&self.time, &self.time_uncertainty, &self.value, &self.quality];
        columns.iter().map(|column| column.chunks()).sum()
    }

    /// Samples whose times lie in `span`, found by halving.
    ///
    /// # Errors
    /// The file can't be read there.
    pub fn samples_in(&self, span: Span) -> std::io::Result<Range<usize>> {
        let first = self.position(|time| time < span.start.0)?;
        let end = self.position(|time| time <= span.end.0)?;
        Ok(first..end.max(first))
    }

    /// Number of leading times that are before a bound.
    fn position(&self, before: impl Fn(i64) -> bool) -> std::io::Result<usize> {
        let (mut low, mut high) = (0, self.time.length());
        while low < high {
            let middle = low + (high - low) / 2;
            let mut bytes = [0; 8];
            self.time.read_into(middle, &mut bytes)?;
            if before(i64::from_le_bytes(bytes)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The samples of a range. `None` if a code of quality is not known.
    ///
    /// # Errors
    /// The file can't be read there.
    pub fn chunk(
        &self,
        range: Range<usize>,
        bytes: &mut Vec<u8>,
        last: &mut LastTimes,
    ) -> std::io::Result<Option<Chunk>> {
        let (times, time_uncertainties_ns) = match last.take(self, &range) {
            Some(known) => known,
            None => {
                self.time.read(range.clone(), bytes)?;
                let times = numbers(bytes, |one| TrialTime(i64::from_le_bytes(one)));
                self.time_uncertainty.read(range.clone(), bytes)?;
                (times, numbers(bytes, u32::from_le_bytes))
            }
        };
        self.value.read(range.clone(), bytes)?;
        let values = numbers(bytes, f64::from_le_bytes);
        let qualities = if self.quality.is_unwritten_zero(range.clone()) {
            vec![Quality::Good; range.len()]
        } else {
            self.quality.read(range, bytes)?;
            let codes = numbers(bytes, u16::from_le_bytes);
            let Some(qualities) = codes.into_iter().map(Quality::from_code).collect() else {
                return Ok(None);
            };
            qualities
        };
        Ok(Some(Chunk { times, time_uncertainties_ns, values, qualities }))
    }
}

/// The times that were read last, and where.
#[derive(Debug, Default)]
pub(crate) struct LastTimes(Option<Known>);

#[derive(Debug)]
struct Known {
    /// Where the times and their uncertainties lie.
    places: [Arc<Places>; 2],
    range: Range<usize>,
    times: Vec<TrialTime>,
    time_uncertainties_ns: Vec<u32>,
}

impl LastTimes {
    /// Those of a channel over a range, if they are the ones.
    fn take(
        &mut self,
        channel: &PlainChannel,
        range: &Range<usize>,
    ) -> Option<(Vec<TrialTime>, Vec<u32>)> {
        let same = |known: &mut Known| {
            known.range == *range
                && channel.time.is_at(&known.places[0])
                && channel.time_uncertainty.is_at(&known.places[1])
        };
        let known = self.0.take_if(same)?;
        Some((known.times, known.time_uncertainties_ns))
    }

    /// Keeps those of a chunk that was read of a channel over a range.
    pub fn keep(&mut self, channel: &PlainChannel, range: Range<usize>, chunk: Chunk) {
        let places = [&channel.time, &channel.time_uncertainty].map(PlainDataset::shared_places);
        let Chunk { times, time_uncertainties_ns, .. } = chunk;
        self.0 = Some(Known { places, range, times, time_uncertainties_ns });
    }
}

/// Numbers out of their little-endian bytes.
fn numbers<const BYTES: usize, T>(bytes: &[u8], number: impl Fn([u8; BYTES]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|one| number(*one)).collect()
}
