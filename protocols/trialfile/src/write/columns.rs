//! The columns of one group of channels, collected a chunk at a time.

use hdf5::{Dataset, File, Group};
use trial::channel::{Channel, Raw, RawType, Sample};
use trial::plan::Plan;
use trial::recording::SampleGroup;

use super::{append, attribute, group, growing, malformed, number_attribute};
use crate::pyramid::{BIN_SAMPLES, Pyramid};
use crate::tables::BinRow;
use crate::{TrialFileError, doing, layout};

#[derive(Debug)]
pub(super) struct GroupColumns {
    times: Vec<i64>,
    uncertainties: Vec<u32>,
    records: Vec<u64>,
    columns: Vec<ChannelColumns>,
    time: Dataset,
    time_uncertainty: Dataset,
    record: Dataset,
    written: usize,
}

#[derive(Debug)]
struct ChannelColumns {
    path: String,
    values: Vec<f64>,
    raws: RawColumn,
    qualities: Vec<u16>,
    pyramid: Pyramid,
    value: Dataset,
    raw: Dataset,
    quality: Dataset,
    levels: [Option<Level>; BIN_SAMPLES.len()],
}

#[derive(Debug)]
struct Level {
    dataset: Dataset,
    written: usize,
}

/// Raw numbers in the device's own type.
#[derive(Debug)]
enum RawColumn {
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl RawColumn {
    fn new(raw_type: RawType) -> RawColumn {
        match raw_type {
            RawType::U16 => RawColumn::U16(Vec::new()),
            RawType::I16 => RawColumn::I16(Vec::new()),
            RawType::U32 => RawColumn::U32(Vec::new()),
            RawType::I32 => RawColumn::I32(Vec::new()),
            RawType::F32 => RawColumn::F32(Vec::new()),
            RawType::F64 => RawColumn::F64(Vec::new()),
        }
    }

    fn create(&self, parent: &Group) -> Result<Dataset, TrialFileError> {
        match self {
            RawColumn::U16(_) => growing::<u16>(parent, "raw", layout::CHUNK_ROWS),
            RawColumn::I16(_) => growing::<i16>(parent, "raw", layout::CHUNK_ROWS),
            RawColumn::U32(_) => growing::<u32>(parent, "raw", layout::CHUNK_ROWS),
            RawColumn::I32(_) => growing::<i32>(parent, "raw", layout::CHUNK_ROWS),
            RawColumn::F32(_) => growing::<f32>(parent, "raw", layout::CHUNK_ROWS),
            RawColumn::F64(_) => growing::<f64>(parent, "raw", layout::CHUNK_ROWS),
        }
    }

    /// Adds a number; `false` if it is of another type.
    fn push(&mut self, raw: Raw) -> bool {
        match (self, raw) {
            (RawColumn::U16(column), Raw::U16(raw)) => column.push(raw),
            (RawColumn::I16(column), Raw::I16(raw)) => column.push(raw),
            (RawColumn::U32(column), Raw::U32(raw)) => column.push(raw),
            (RawColumn::I32(column), Raw::I32(raw)) => column.push(raw),
            (RawColumn::F32(column), Raw::F32(raw)) => column.push(raw),
            (RawColumn::F64(column), Raw::F64(raw)) => column.push(raw),
            _ => return false,
        }
        true
    }

    fn flush(&mut self, dataset: &Dataset, mut written: usize) -> Result<(), TrialFileError> {
        fn take<T: hdf5::H5Type>(
            dataset: &Dataset,
            written: &mut usize,
            column: &mut Vec<T>,
        ) -> Result<(), TrialFileError> {
            append(dataset, written, column)?;
            column.clear();
            Ok(())
        }
        let written = &mut written;
        match self {
            RawColumn::U16(column) => take(dataset, written, column),
            RawColumn::I16(column) => take(dataset, written, column),
            RawColumn::U32(column) => take(dataset, written, column),
            RawColumn::I32(column) => take(dataset, written, column),
            RawColumn::F32(column) => take(dataset, written, column),
            RawColumn::F64(column) => take(dataset, written, column),
        }
    }
}

impl GroupColumns {
    pub fn create(
        channels: &Group,
        plan: &Plan,
        index: usize,
        group: &SampleGroup,
        start: &str,
    ) -> Result<GroupColumns, TrialFileError> {
        let mut columns = Vec::with_capacity(group.channels.len());
        let mut shared: Option<(Dataset, Dataset, Dataset)> = None;
        for &channel in &group.channels {
            let channel = plan.channel_at(channel);
            let (column, at) = ChannelColumns::create(channels, plan, channel, index)?;
            match &shared {
                None => {
                    let time = growing::<i64>(&at, "time", layout::CHUNK_ROWS)?;
                    attribute(&time, "units", "ns")?;
                    attribute(&time, "start", start)?;
                    let uncertainty = growing::<u32>(&at, "time_uncertainty", layout::CHUNK_ROWS)?;
                    attribute(&uncertainty, "units", "ns")?;
                    let record = growing::<u64>(&at, "record", layout::CHUNK_ROWS)?;
                    shared = Some((time, uncertainty, record));
                }
                Some((time, uncertainty, record)) => {
                    for dataset in [time, uncertainty, record] {
                        let source = dataset.name();
                        let name = source.rsplit('/').next().unwrap_or_default().to_owned();
                        let link = format!("{}/{name}", at.name());
                        doing(|| format!("linking {link}"), channels.link_hard(&source, &link))?;
                    }
                }
            }
            columns.push(column);
        }
        let (time, time_uncertainty, record) =
            shared.ok_or_else(|| malformed("a group", "it has no channel"))?;
        Ok(GroupColumns {
            times: Vec::new(),
            uncertainties: Vec::new(),
            records: Vec::new(),
            columns,
            time,
            time_uncertainty,
            record,
            written: 0,
        })
    }

    pub fn push(
        &mut self,
        time: i64,
        uncertainty: u32,
        record: u64,
        samples: &[Sample],
    ) -> Result<(), TrialFileError> {
        if samples.len() != self.columns.len() {
            return Err(malformed("a row", "it has not one sample a channel"));
        }
        self.times.push(time);
        self.uncertainties.push(uncertainty);
        self.records.push(record);
        for (column, sample) in self.columns.iter_mut().zip(samples) {
            column.values.push(sample.value);
            column.qualities.push(sample.quality.to_code());
            column.pyramid.add(time, sample.value, sample.quality.is_good());
            if !column.raws.push(sample.raw) {
                return Err(malformed("a sample", "it is not of its channel's raw type"));
            }
        }
        if self.times.len() == layout::CHUNK_ROWS { self.flush() } else { Ok(()) }
    }

    pub fn gap(&mut self) {
        for column in &mut self.columns {
            column.pyramid.add_gap();
        }
    }

    /// Writes what is left, with the partial bins of the pyramids.
    pub fn finish(&mut self, file: &File) -> Result<(), TrialFileError> {
        self.flush()?;
        for column in &mut self.columns {
            column.pyramid.finish();
            column.flush_pyramid(file, 1)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), TrialFileError> {
        let from = self.written;
        let mut written = from;
        append(&self.time, &mut written, &self.times)?;
        append(&self.time_uncertainty, &mut from.clone(), &self.uncertainties)?;
        append(&self.record, &mut from.clone(), &self.records)?;
        for column in &mut self.columns {
            append(&column.value, &mut from.clone(), &column.values)?;
            append(&column.quality, &mut from.clone(), &column.qualities)?;
            column.raws.flush(&column.raw, from)?;
            column.values.clear();
            column.qualities.clear();
            column.flush_pyramid(&self.time, layout::CHUNK_BINS)?;
        }
        self.times.clear();
        self.uncertainties.clear();
        self.records.clear();
        self.written = written;
        Ok(())
    }
}

impl ChannelColumns {
    fn create(
        channels: &Group,
        plan: &Plan,
        channel: &Channel,
        index: usize,
    ) -> Result<(ChannelColumns, Group), TrialFileError> {
        let at = group(channels, &channel.id.0)?;
        attribute(&at, "NX_class", "NXlog")?;
        attribute(&at, "units", channel.unit.symbol())?;
        attribute(&at, "quantity", channel.quantity.name())?;
        attribute(&at, "device", &plan.devices[channel.device].id)?;
        attribute(&at, "point", &plan.point_of(channel).id)?;
        attribute(&at, "title_en", &channel.title.en)?;
        attribute(&at, "title_zh", &channel.title.zh)?;
        number_attribute(&at, "group", index as u32)?;
        let raws = RawColumn::new(channel.raw_type);
        let value = growing::<f64>(&at, "value", layout::CHUNK_ROWS)?;
        let raw = raws.create(&at)?;
        let quality = growing::<u16>(&at, "quality", layout::CHUNK_ROWS)?;
        let columns = ChannelColumns {
            path: at.name(),
            values: Vec::new(),
            raws,
            qualities: Vec::new(),
            pyramid: Pyramid::new(),
            value,
            raw,
            quality,
            levels: Default::default(),
        };
        Ok((columns, at))
    }

    /// Writes the bins of each level that has at least `enough` of them.
    fn flush_pyramid(
        &mut self,
        anywhere: &hdf5::Location,
        enough: usize,
    ) -> Result<(), TrialFileError> {
        for (index, ready) in self.pyramid.ready.iter_mut().enumerate() {
            if ready.len() < enough {
                continue;
            }
            let level = match &mut self.levels[index] {
                Some(level) => level,
                empty => {
                    let file = doing(|| "finding the file".to_owned(), anywhere.file())?;
                    let name = format!("{}/pyramid/{}", self.path, BIN_SAMPLES[index]);
                    if index == 0 {
                        group(&file, &format!("{}/pyramid", self.path))?;
                    }
                    let dataset = growing::<BinRow>(&file, &name, layout::CHUNK_BINS)?;
                    empty.insert(Level { dataset, written: 0 })
                }
            };
            append(&level.dataset, &mut level.written, ready)?;
            ready.clear();
        }
        Ok(())
    }
}
