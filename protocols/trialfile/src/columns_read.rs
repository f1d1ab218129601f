//! The columns of a channel, looked up once and read a stretch at a time.

use std::sync::Arc;

use trial::channel::{ChannelIndex, Quality, Raw, RawType};
use trial::recording::{MAX_CHUNK_SAMPLES, Recording as _};
use trial::time::TrialTime;

use crate::element::Element;
use crate::source::Source;
use crate::{TrialFile, TrialFileError, read};

/// The columns of one channel.
#[derive(Debug)]
pub struct ChannelColumns {
    source: Arc<Source>,
    value: Column,
    raw: Column,
    raw_type: RawType,
    quality: Column,
    time: Column,
    time_uncertainty: Column,
    record: Column,
}

/// One column: where it is, and how many samples it has.
#[derive(Debug)]
struct Column {
    name: String,
    length: usize,
}

/// What a channel has of its own, of a stretch of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnColumns {
    /// Values in the channel's unit.
    pub values: Vec<f64>,
    /// The numbers as the device gave them.
    pub raws: Vec<Raw>,
    /// Quality of each.
    pub qualities: Vec<Quality>,
}

/// What channels that are sampled together share, of a stretch of samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedColumns {
    /// Times.
    pub times: Vec<TrialTime>,
    /// Half widths of their uncertainty, in nanoseconds.
    pub time_uncertainties_ns: Vec<u32>,
    /// Numbers of the journal records that completed their frames.
    pub records: Vec<u64>,
}

impl TrialFile {
    /// Opens the columns of a channel.
    ///
    /// # Errors
    /// One is missing.
    pub fn columns(&self, channel: ChannelIndex) -> Result<ChannelColumns, TrialFileError> {
        let source = Arc::clone(self.source());
        let column = |column| {
            let name = self.column(channel, column);
            let length = source.size(&name)?;
            Ok::<Column, TrialFileError>(Column { name, length })
        };
        Ok(ChannelColumns {
            value: column("value")?,
            raw: column("raw")?,
            raw_type: self.plan().channel_at(channel).raw_type,
            quality: column("quality")?,
            time: column("time")?,
            time_uncertainty: column("time_uncertainty")?,
            record: column("record")?,
            source,
        })
    }
}

impl ChannelColumns {
    /// Fewest and most samples that a column has; they are the same in a whole file.
    pub fn lengths(&self) -> (usize, usize) {
        let all = [
            &self.value,
            &self.raw,
            &self.quality,
            &self.time,
            &self.time_uncertainty,
            &self.record,
        ];
        let sizes = all.map(|column| column.length);
        (sizes.into_iter().min().unwrap_or(0), sizes.into_iter().max().unwrap_or(0))
    }

    /// Whether the shared columns of another channel are the very same objects.
    ///
    /// # Errors
    /// The library does not tell.
    pub fn shares_with(&self, other: &ChannelColumns) -> Result<bool, TrialFileError> {
        let pairs = [
            (&self.time, &other.time),
            (&self.time_uncertainty, &other.time_uncertainty),
            (&self.record, &other.record),
        ];
        for (mine, its) in pairs {
            if !self.source.same(&mine.name, &its.name)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the channel has of its own, `count` samples from `start` on or as many as there are,
    /// at most [`MAX_CHUNK_SAMPLES`].
    ///
    /// # Errors
    /// They can't be read.
    pub fn own(&self, start: usize, count: usize) -> Result<OwnColumns, TrialFileError> {
        let codes: Vec<u16> = self.stretch(&self.quality, start, count)?;
        let raws = match self.raw_type {
            RawType::U8 => self.raws(start, count, Raw::U8),
            RawType::I8 => self.raws(start, count, Raw::I8),
            RawType::U64 => self.raws(start, count, Raw::U64),
            RawType::I64 => self.raws(start, count, Raw::I64),
            RawType::U16 => self.raws(start, count, Raw::U16),
            RawType::I16 => self.raws(start, count, Raw::I16),
            RawType::U32 => self.raws(start, count, Raw::U32),
            RawType::I32 => self.raws(start, count, Raw::I32),
            RawType::F32 => self.raws(start, count, Raw::F32),
            RawType::F64 => self.raws(start, count, Raw::F64),
        }?;
        Ok(OwnColumns {
            values: self.stretch(&self.value, start, count)?,
            raws,
            qualities: read::decode_qualities(codes)?,
        })
    }

    /// What the channel shares with those that are sampled with it; as [`ChannelColumns::own`].
    ///
    /// # Errors
    /// They can't be read.
    pub fn shared(&self, start: usize, count: usize) -> Result<SharedColumns, TrialFileError> {
        let times: Vec<i64> = self.stretch(&self.time, start, count)?;
        Ok(SharedColumns {
            times: times.into_iter().map(TrialTime).collect(),
            time_uncertainties_ns: self.stretch(&self.time_uncertainty, start, count)?,
            records: self.stretch(&self.record, start, count)?,
        })
    }

    fn raws<T: Element>(
        &self,
        start: usize,
        count: usize,
        make: fn(T) -> Raw,
    ) -> Result<Vec<Raw>, TrialFileError> {
        Ok(self.stretch(&self.raw, start, count)?.into_iter().map(make).collect())
    }

    fn stretch<T: Element>(
        &self,
        column: &Column,
        start: usize,
        count: usize,
    ) -> Result<Vec<T>, TrialFileError> {
        let start = start.min(column.length);
        let end = column.length.min(start + count.min(MAX_CHUNK_SAMPLES));
        self.source.read(&column.name, start..end)
    }
}
