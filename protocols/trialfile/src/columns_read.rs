//! The stored columns of a group of channels, held against rows that were derived anew.

use std::sync::Arc;

use trial::channel::{ChannelIndex, RawType};
use trial::recording::{Recording as _, SampleGroup};
use trial::rows::GroupRows;
use trial::with_raws;

use crate::element::{Element, ElementKind, encode_all};
use crate::places::PlainDataset;
use crate::source::Source;
use crate::{TrialFile, TrialFileError};

/// Chunks of all columns together whose places are kept; the columns beyond are read through the
/// library. A foreign file may tell of many more chunks than it has bytes.
const MAX_KEPT_PLACES: usize = 1 << 22;

/// How many places of chunks may yet be kept for the columns of one file.
#[derive(Debug)]
pub struct PlacesLeft(usize);

impl Default for PlacesLeft {
    fn default() -> PlacesLeft {
        PlacesLeft(MAX_KEPT_PLACES)
    }
}

impl PlacesLeft {
    /// Whether so many may be kept, which then are.
    pub(crate) fn take(&mut self, count: usize) -> bool {
        let left = self.0.checked_sub(count);
        self.0 = left.unwrap_or(self.0);
        left.is_some()
    }
}

/// The stored columns of a group.
#[derive(Debug)]
pub struct StoredColumns {
    source: Arc<Source>,
    channels: Vec<StoredChannel>,
    /// Kept to reuse its memory.
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct StoredChannel {
    value: Column,
    raw: Column,
    quality: Column,
    /// What channels that are sampled together share.
    time: Column,
    time_uncertainty: Column,
    record: Column,
    /// Whether the shared columns are those of the group's first channel.
    shares: bool,
}

/// One column: where it is, and how many samples it has.
#[derive(Debug)]
struct Column {
    name: String,
    kind: ElementKind,
    length: usize,
    /// `None` if it is read through the library.
    plain: Option<PlainDataset>,
}

/// A row in which a channel's stored column is not as derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredDifference {
    /// The channel, by its position in the group.
    pub position: usize,
    /// The row, from the first of those that were compared.
    pub row: usize,
    /// Name of the column.
    pub column: &'static str,
}

/// Names and types of a channel's columns, in the order of [`StoredChannel`].
fn columns_of(raw_type: RawType) -> [(&'static str, ElementKind); 6] {
    [
        ("value", ElementKind::F64),
        ("raw", raw_type.into()),
        ("quality", ElementKind::U16),
        ("time", ElementKind::I64),
        ("time_uncertainty", ElementKind::U32),
        ("record", ElementKind::U64),
    ]
}

impl StoredColumns {
    /// Opens the columns of a group's channels, which are among those of the file's plan.
    ///
    /// # Errors
    /// One is missing.
    pub fn open(
        file: &TrialFile,
        group: &SampleGroup,
        left: &mut PlacesLeft,
    ) -> Result<StoredColumns, TrialFileError> {
        let mut channels: Vec<StoredChannel> = Vec::with_capacity(group.channels.len());
        for &channel in &group.channels {
            let opened = StoredChannel::open(file, channel, channels.first(), left)?;
            channels.push(opened);
        }
        Ok(StoredColumns { source: Arc::clone(file.source()), channels, bytes: Vec::new() })
    }

    /// The first difference of each channel between these rows and the stored ones from `start` on.
    ///
    /// # Errors
    /// The columns can't be read, or the rows are none of this group.
    pub fn differences(
        &mut self,
        start: usize,
        rows: &mut GroupRows,
    ) -> Result<Vec<StoredDifference>, TrialFileError> {
        rows.sort().map_err(|error| TrialFileError::Malformed {
            what: "a row".to_owned(),
            why: error.to_string(),
        })?;
        let mut found = Vec::new();
        for (position, channel) in self.channels.iter().enumerate() {
            let mut reading = Reading { source: &self.source, start, bytes: &mut self.bytes };
            if let Some((row, column)) = channel.difference(&mut reading, rows, position)? {
                found.push(StoredDifference { position, row, column });
            }
        }
        Ok(found)
    }

    /// Fewest and most samples that a channel's columns have; they are the same in a whole file.
    pub fn lengths(&self, position: usize) -> Option<(usize, usize)> {
        let channel = self.channels.get(position)?;
        let lengths = channel.columns().map(|column| column.length);
        Some((lengths.into_iter().min()?, lengths.into_iter().max()?))
    }
}

impl StoredChannel {
    fn open(
        file: &TrialFile,
        channel: ChannelIndex,
        first: Option<&StoredChannel>,
        left: &mut PlacesLeft,
    ) -> Result<StoredChannel, TrialFileError> {
        let columns = columns_of(file.plan().channel_at(channel).raw_type)
            .map(|(column, kind)| (kind, file.column(channel, column)));
        let mut plain = match left.0 {
            0 => Vec::new(),
            _ => file.plain(&columns)?,
        }
        .into_iter();
        let mut open = |(kind, name): (ElementKind, String)| -> Result<Column, TrialFileError> {
            let plain = plain.next().flatten();
            let length = match &plain {
                Some(plain) => plain.length(),
                None => file.source().size(&name)?,
            };
            let plain = plain.filter(|plain| left.take(plain.chunks()));
            Ok(Column { name, kind, length, plain })
        };
        let [value, raw, quality, time, time_uncertainty, record] = columns;
        let mut opened = StoredChannel {
            value: open(value)?,
            raw: open(raw)?,
            quality: open(quality)?,
            time: open(time)?,
            time_uncertainty: open(time_uncertainty)?,
            record: open(record)?,
            shares: false,
        };
        if let Some(first) = first {
            opened.shares = opened.shares_with(first, file.source())?;
        }
        if opened.shares {
            // They are compared once, as those of the first channel.
            for shared in [&mut opened.time, &mut opened.time_uncertainty, &mut opened.record] {
                left.0 += shared.plain.take().map_or(0, |plain| plain.chunks());
            }
        }
        Ok(opened)
    }

    fn columns(&self) -> [&Column; 6] {
        let [time, time_uncertainty, record] = self.shared();
        [&self.value, &self.raw, &self.quality, time, time_uncertainty, record]
    }

    fn shared(&self) -> [&Column; 3] {
        [&self.time, &self.time_uncertainty, &self.record]
    }

    /// Whether the shared columns of another channel are the very same.
    fn shares_with(&self, other: &StoredChannel, source: &Source) -> Result<bool, TrialFileError> {
        for (mine, its) in self.shared().into_iter().zip(other.shared()) {
            let same = match (&mine.plain, &its.plain) {
                (Some(mine), Some(its)) => mine.is_at(&its.shared_places()),
                _ => source.same(&mine.name, &its.name)?,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The first row that differs, and in which column.
    fn difference(
        &self,
        reading: &mut Reading<'_>,
        rows: &GroupRows,
        position: usize,
    ) -> Result<Option<(usize, &'static str)>, TrialFileError> {
        let mut first = None;
        let mut take = |found: Option<usize>, column| {
            let earlier = |row: usize| first.is_none_or(|(earliest, _)| row < earliest);
            if let Some(row) = found.filter(|row| earlier(*row)) {
                first = Some((row, column));
            }
        };
        if !self.shares {
            take(reading.first_other(&self.time, rows.times())?, "time");
            take(
                reading.first_other(&self.time_uncertainty, rows.uncertainties_ns())?,
                "time_uncertainty",
            );
            take(reading.first_other(&self.record, rows.records())?, "record");
        }
        let Some(own) = rows.columns().get(position) else { return Ok(first) };
        take(reading.first_other(&self.value, &own.values)?, "value");
        let raw = with_raws!(&own.raws, numbers => reading.first_other(&self.raw, numbers))?;
        take(raw, "raw");
        let quality = match own.qualities.as_slice() {
            [] => reading.first_not_zero(&self.quality, rows.len())?,
            codes => reading.first_other(&self.quality, codes)?,
        };
        take(quality, "quality");
        Ok(first)
    }
}

/// How stored columns are read.
struct Reading<'a> {
    source: &'a Source,
    start: usize,
    bytes: &'a mut Vec<u8>,
}

impl Reading<'_> {
    /// Offset of the first number that differs, bit for bit: a value that is no number equals
    /// itself, and 0 is not -0.
    fn first_other<T: Element>(
        &mut self,
        column: &Column,
        derived: &[T],
    ) -> Result<Option<usize>, TrialFileError> {
        if column.kind != T::KIND {
            // The stored plan has another type for the channel than the recorded one.
            return Ok((!derived.is_empty()).then_some(0));
        }
        self.read::<T>(column, derived.len())?;
        let derived = T::bytes_of(derived);
        if self.bytes[..] == derived[..] {
            return Ok(None);
        }
        let same = self.bytes.iter().zip(&derived[..]).take_while(|(one, other)| one == other);
        Ok(Some(same.count() / T::BYTES))
    }

    /// The same where all derived numbers are 0.
    fn first_not_zero(
        &mut self,
        column: &Column,
        count: usize,
    ) -> Result<Option<usize>, TrialFileError> {
        let range = self.start..self.start + count;
        if column
            .plain
            .as_ref()
            .is_some_and(|plain| range.end <= plain.length() && plain.is_unwritten_zero(range))
        {
            return Ok(None);
        }
        self.read::<u16>(column, count)?;
        let bytes = &self.bytes[..];
        let other = bytes.iter().position(|byte| *byte != 0).map(|at| at / u16::BYTES);
        let short = bytes.len() / u16::BYTES;
        Ok(other.or((short < count).then_some(short)))
    }

    /// Reads `count` numbers, or as many as there are.
    fn read<T: Element>(&mut self, column: &Column, count: usize) -> Result<(), TrialFileError> {
        let start = self.start.min(column.length);
        let range = start..column.length.min(start + count);
        match &column.plain {
            Some(plain) => plain.read(range, self.bytes).map_err(|error| {
                TrialFileError::Malformed { what: column.name.clone(), why: error.to_string() }
            }),
            None => {
                let numbers: Vec<T> = self.source.read(&column.name, range)?;
                self.bytes.clear();
                encode_all(&numbers, self.bytes);
                Ok(())
            }
        }
    }
}
