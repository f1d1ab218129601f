//! The columns of a channel, read where their bytes lie: the way in which a whole trial is judged.
//!
//! Invariants:
//! - What is read is what the library reads, or nothing: a channel of which any column is not plain has
//!   no places here.
//! - Channels of one group lie at the same times: whoever reads them one after another over one span
//!   has their times read once ([`LastRead`]).

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
    pub fn samples_in(&self, span: Span, last: &mut LastRead) -> std::io::Result<Range<usize>> {
        if let Some((_, found)) = last.found.iter().find(|(known, _)| *known == span)
            && last.is_of(self)
        {
            return Ok(found.clone());
        }
        let first = self.position(|time| time < span.start.0)?;
        let end = self.position(|time| time <= span.end.0)?;
        last.become_of(self);
        last.found = Some((span, first..end.max(first)));
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
        last: &mut LastRead,
    ) -> std::io::Result<Option<Chunk>> {
        let mut chunk = std::mem::take(&mut last.chunk);
        if !(last.is_of(self) && last.range.as_ref() == Some(&range)) {
            let bytes = &mut last.bytes;
            self.time.read(range.clone(), bytes)?;
            numbers(bytes, |one| TrialTime(i64::from_le_bytes(one)), &mut chunk.times);
            self.time_uncertainty.read(range.clone(), bytes)?;
            numbers(bytes, u32::from_le_bytes, &mut chunk.time_uncertainties_ns);
        }
        chunk.values.resize(range.len(), 0.0);
        self.value.read_numbers(range.start, &mut chunk.values)?;
        if self.quality.is_unwritten_zero(range.clone()) {
            chunk.qualities.clear();
            chunk.qualities.resize(range.len(), Quality::Good);
        } else {
            self.quality.read(range, &mut last.bytes)?;
            let codes = last.bytes.as_chunks().0.iter().map(|code| u16::from_le_bytes(*code));
            let Some(qualities) = codes.map(Quality::from_code).collect() else {
                return Ok(None);
            };
            chunk.qualities = qualities;
        }
        Ok(Some(chunk))
    }
}

/// What was read last: its times, if another channel lies at the same ones, and room for the rest.
#[derive(Debug, Default)]
pub(crate) struct LastRead {
    /// Where the times and their uncertainties lie.
    places: Option<[Arc<Places>; 2]>,
    /// What was looked for in these times, and where it was found.
    found: Option<(Span, Range<usize>)>,
    /// The part that the chunk holds, if it holds any.
    range: Option<Range<usize>>,
    chunk: Chunk,
    bytes: Vec<u8>,
}

impl LastRead {
    /// Whether it is of times at which a channel lies, too.
    fn is_of(&self, channel: &PlainChannel) -> bool {
        self.places.as_ref().is_some_and(|[time, uncertainty]| {
            channel.time.is_at(time) && channel.time_uncertainty.is_at(uncertainty)
        })
    }

    fn become_of(&mut self, channel: &PlainChannel) {
        if !self.is_of(channel) {
            let places = [&channel.time, &channel.time_uncertainty];
            self.places = Some(places.map(PlainDataset::shared_places));
        }
        (self.found, self.range) = (None, None);
    }

    /// Keeps a chunk that was read over a range of the channel that was looked into last.
    pub fn keep(&mut self, range: Range<usize>, chunk: Chunk) {
        (self.range, self.chunk) = (Some(range), chunk);
    }
}

/// Numbers out of their little-endian bytes, in place of what was there.
fn numbers<const BYTES: usize, T>(
    bytes: &[u8],
    number: impl Fn([u8; BYTES]) -> T,
    numbers: &mut Vec<T>,
) {
    numbers.clear();
    numbers.extend(bytes.as_chunks().0.iter().map(|one| number(*one)));
}
