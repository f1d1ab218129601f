//! The columns of a channel, opened once and read a stretch at a time.

use hdf5::{Dataset, H5Type};
use trial::channel::{ChannelIndex, Quality, Raw, RawType};
use trial::recording::{MAX_CHUNK_SAMPLES, Recording as _};
use trial::time::TrialTime;

use crate::{TrialFile, TrialFileError, doing, read};

/// The columns of one channel.
#[derive(Debug)]
pub struct ChannelColumns {
    value: Dataset,
    raw: Dataset,
    raw_type: RawType,
    quality: Dataset,
    time: Dataset,
    time_uncertainty: Dataset,
    record: Dataset,
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
        let column = |name| self.column(channel, name);
        Ok(ChannelColumns {
            value: column("value")?,
            raw: column("raw")?,
            raw_type: self.plan().channel_at(channel).raw_type,
            quality: column("quality")?,
            time: column("time")?,
            time_uncertainty: column("time_uncertainty")?,
            record: column("record")?,
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
        let sizes = all.map(|dataset| dataset.size());
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
            let place = |dataset: &Dataset| {
                doing(|| "looking at a column".to_owned(), dataset.loc_info())
                    .map(|info| (info.fileno, info.token))
            };
            if place(mine)? != place(its)? {
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
        let codes: Vec<u16> = stretch(&self.quality, start, count)?;
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
            values: stretch(&self.value, start, count)?,
            raws,
            qualities: read::decode_qualities(codes)?,
        })
    }

    /// What the channel shares with those that are sampled with it; as [`ChannelColumns::own`].
    ///
    /// # Errors
    /// They can't be read.
    pub fn shared(&self, start: usize, count: usize) -> Result<SharedColumns, TrialFileError> {
        let times: Vec<i64> = stretch(&self.time, start, count)?;
        Ok(SharedColumns {
            times: times.into_iter().map(TrialTime).collect(),
            time_uncertainties_ns: stretch(&self.time_uncertainty, start, count)?,
            records: stretch(&self.record, start, count)?,
        })
    }

    fn raws<T: H5Type>(
        &self,
        start: usize,
        count: usize,
        make: fn(T) -> Raw,
    ) -> Result<Vec<Raw>, TrialFileError> {
        Ok(stretch(&self.raw, start, count)?.into_iter().map(make).collect())
    }
}

fn stretch<T: H5Type>(
    dataset: &Dataset,
    start: usize,
    count: usize,
) -> Result<Vec<T>, TrialFileError> {
    let length = dataset.size();
    let start = start.min(length);
    let end = length.min(start + count.min(MAX_CHUNK_SAMPLES));
    let values = dataset.read_slice_1d::<T, _>(start..end);
    Ok(doing(|| format!("reading {}", dataset.name()), values)?.into_raw_vec_and_offset().0)
}
