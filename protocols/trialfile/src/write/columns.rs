//! The columns of one group of channels, collected a chunk at a time.
//!
//! Few channels keep their datasets open; of many, each is opened when a chunk of it is written:
//! an open dataset takes some 20 kB. Which of the two it is depends on the plan alone.

use hdf5::{Dataset, Group};
use trial::channel::{Channel, Raw, RawType, Sample};
use trial::plan::Plan;
use trial::recording::SampleGroup;

use super::{append, attribute, fixed, group, growing, malformed, number_attribute, resized};
use crate::pyramid::{BIN_SAMPLES, Column, Pyramid};
use crate::tables::BinRow;
use crate::{TrialFileError, doing, layout};

/// Rows that are collected as they come before they are sorted into columns: many channels'
/// columns lie far apart in memory, and are visited once for so many rows.
const STAGED_ROWS: usize = 16;
const _: () = assert!(layout::CHUNK_ROWS.start().is_multiple_of(STAGED_ROWS));

/// Most channels whose datasets stay open.
const MAX_OPEN_CHANNELS: usize = 512;

#[derive(Debug)]
pub(super) struct GroupColumns {
    times: Vec<i64>,
    uncertainties: Vec<u32>,
    records: Vec<u64>,
    /// Rows of this chunk before which samples are missing, ascending, each once.
    gaps: Vec<usize>,
    /// Samples of the last rows, row by row.
    staged: Vec<Sample>,
    columns: Vec<ChannelColumns>,
    time: Dataset,
    time_uncertainty: Dataset,
    record: Dataset,
    written: usize,
    /// Rows of a chunk.
    chunk_rows: usize,
}

#[derive(Debug)]
struct ChannelColumns {
    /// Name of the channel's group.
    id: String,
    values: Vec<f64>,
    raws: RawColumn,
    /// Codes of this chunk; empty while all are good.
    qualities: Vec<u16>,
    pyramid: Pyramid,
    /// Bins of each level that are written.
    bins_written: [usize; BIN_SAMPLES.len()],
    open: Option<ChannelDatasets>,
}

#[derive(Debug)]
struct ChannelDatasets {
    value: Dataset,
    raw: Dataset,
}

/// Raw numbers in the device's own type.
#[derive(Debug)]
enum RawColumn {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Does the same with whatever type of numbers a raw column holds.
macro_rules! with_raws {
    ($column:expr, $numbers:ident => $body:expr) => {
        match $column {
            RawColumn::U8($numbers) => $body,
            RawColumn::I8($numbers) => $body,
            RawColumn::U64($numbers) => $body,
            RawColumn::I64($numbers) => $body,
            RawColumn::U16($numbers) => $body,
            RawColumn::I16($numbers) => $body,
            RawColumn::U32($numbers) => $body,
            RawColumn::I32($numbers) => $body,
            RawColumn::F32($numbers) => $body,
            RawColumn::F64($numbers) => $body,
        }
    };
}

impl RawColumn {
    fn new(raw_type: RawType) -> RawColumn {
        match raw_type {
            RawType::U8 => RawColumn::U8(Vec::new()),
            RawType::I8 => RawColumn::I8(Vec::new()),
            RawType::U64 => RawColumn::U64(Vec::new()),
            RawType::I64 => RawColumn::I64(Vec::new()),
            RawType::U16 => RawColumn::U16(Vec::new()),
            RawType::I16 => RawColumn::I16(Vec::new()),
            RawType::U32 => RawColumn::U32(Vec::new()),
            RawType::I32 => RawColumn::I32(Vec::new()),
            RawType::F32 => RawColumn::F32(Vec::new()),
            RawType::F64 => RawColumn::F64(Vec::new()),
        }
    }

    fn create(&self, parent: &Group, chunk_rows: usize) -> Result<Dataset, TrialFileError> {
        fn of<T: hdf5::H5Type>(
            _: &[T],
            parent: &Group,
            chunk_rows: usize,
        ) -> Result<Dataset, TrialFileError> {
            growing::<T>(parent, "raw", chunk_rows)
        }
        with_raws!(self, numbers => of(numbers, parent, chunk_rows))
    }

    fn reserve(&mut self, rows: usize) {
        with_raws!(self, numbers => numbers.reserve_exact(rows));
    }

    /// Adds a number; `false` if it is of another type.
    fn push(&mut self, raw: Raw) -> bool {
        match (self, raw) {
            (RawColumn::U8(column), Raw::U8(raw)) => column.push(raw),
            (RawColumn::I8(column), Raw::I8(raw)) => column.push(raw),
            (RawColumn::U64(column), Raw::U64(raw)) => column.push(raw),
            (RawColumn::I64(column), Raw::I64(raw)) => column.push(raw),
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
        with_raws!(self, numbers => {
            append(dataset, &mut written, numbers)?;
            numbers.clear();
        });
        Ok(())
    }
}

impl ChannelDatasets {
    fn open(channels: &Group, id: &str) -> Result<ChannelDatasets, TrialFileError> {
        let opened = channels.group(id).and_then(|group| {
            Ok(ChannelDatasets { value: group.dataset("value")?, raw: group.dataset("raw")? })
        });
        doing(|| format!("opening {id}"), opened)
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
        let chunk_rows = layout::chunk_rows(plan, group);
        let mut columns = Vec::with_capacity(group.channels.len());
        let mut shared: Option<(Dataset, Dataset, Dataset)> = None;
        for &channel in &group.channels {
            let channel = plan.channel_at(channel);
            let (column, at) = ChannelColumns::create(channels, plan, channel, index, chunk_rows)?;
            match &shared {
                None => {
                    let time = growing::<i64>(&at, "time", chunk_rows)?;
                    attribute(&time, "units", "ns")?;
                    attribute(&time, "start", start)?;
                    let uncertainty = growing::<u32>(&at, "time_uncertainty", chunk_rows)?;
                    attribute(&uncertainty, "units", "ns")?;
                    let record = growing::<u64>(&at, "record", chunk_rows)?;
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
            gaps: Vec::new(),
            staged: Vec::new(),
            columns,
            time,
            time_uncertainty,
            record,
            written: 0,
            chunk_rows,
        })
    }

    pub fn push(
        &mut self,
        channels: &Group,
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
        self.staged.extend_from_slice(samples);
        if self.times.len().is_multiple_of(STAGED_ROWS) {
            self.sort_staged()?;
        }
        if self.times.len() == self.chunk_rows { self.flush(channels) } else { Ok(()) }
    }

    /// Takes the staged samples into the columns.
    fn sort_staged(&mut self) -> Result<(), TrialFileError> {
        if self.staged.is_empty() {
            return Ok(());
        }
        let width = self.columns.len();
        let first_row = self.times.len() - self.staged.len() / width;
        for (position, column) in self.columns.iter_mut().enumerate() {
            if first_row == 0 {
                column.values.reserve_exact(self.chunk_rows);
                column.raws.reserve(self.chunk_rows);
            }
            let samples = self.staged.iter().skip(position).step_by(width);
            for (row, sample) in (first_row..).zip(samples) {
                column.push(row, sample)?;
            }
        }
        self.staged.clear();
        Ok(())
    }

    pub fn gap(&mut self) {
        let row = self.times.len();
        if self.gaps.last() != Some(&row) {
            self.gaps.push(row);
        }
    }

    /// Writes what is left, with the partial bins of the pyramids.
    pub fn finish(&mut self, channels: &Group) -> Result<(), TrialFileError> {
        self.flush(channels)?;
        for column in &mut self.columns {
            column.pyramid.finish();
            column.flush_bins(channels, 1)?;
            // The quality's column is as long as the others, also where all was good.
            resized(&column.quality(channels)?, self.written)?;
        }
        Ok(())
    }

    fn flush(&mut self, channels: &Group) -> Result<(), TrialFileError> {
        self.sort_staged()?;
        let from = self.written;
        let mut written = from;
        append(&self.time, &mut written, &self.times)?;
        append(&self.time_uncertainty, &mut from.clone(), &self.uncertainties)?;
        append(&self.record, &mut from.clone(), &self.records)?;
        for column in &mut self.columns {
            column.flush(channels, from, &self.times, &self.gaps)?;
        }
        self.times.clear();
        self.uncertainties.clear();
        self.records.clear();
        self.gaps.clear();
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
        chunk_rows: usize,
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
        let datasets = ChannelDatasets {
            value: growing::<f64>(&at, "value", chunk_rows)?,
            raw: raws.create(&at, chunk_rows)?,
        };
        // Chunks of good values are never written: the fill value, 0, is good.
        growing::<u16>(&at, "quality", chunk_rows)?;
        let columns = ChannelColumns {
            id: channel.id.0.clone(),
            values: Vec::new(),
            raws,
            qualities: Vec::new(),
            pyramid: Pyramid::new(),
            bins_written: [0; BIN_SAMPLES.len()],
            open: (plan.channels.len() <= MAX_OPEN_CHANNELS).then_some(datasets),
        };
        Ok((columns, at))
    }

    fn push(&mut self, row: usize, sample: &Sample) -> Result<(), TrialFileError> {
        self.values.push(sample.value);
        let code = sample.quality.to_code();
        if code != 0 || !self.qualities.is_empty() {
            self.qualities.resize(row, 0);
            self.qualities.push(code);
        }
        if self.raws.push(sample.raw) {
            Ok(())
        } else {
            Err(malformed("a sample", "it is not of its channel's raw type"))
        }
    }

    fn flush(
        &mut self,
        channels: &Group,
        from: usize,
        times: &[i64],
        gaps: &[usize],
    ) -> Result<(), TrialFileError> {
        if times.is_empty() {
            return Ok(());
        }
        let (values, qualities) = (&self.values, &self.qualities);
        self.pyramid.add(Column { times, values, qualities, gaps });
        let opened;
        let datasets = match &self.open {
            Some(datasets) => datasets,
            None => {
                opened = ChannelDatasets::open(channels, &self.id)?;
                &opened
            }
        };
        append(&datasets.value, &mut from.clone(), &self.values)?;
        self.raws.flush(&datasets.raw, from)?;
        if !self.qualities.is_empty() {
            append(&self.quality(channels)?, &mut from.clone(), &self.qualities)?;
        }
        self.values.clear();
        self.qualities.clear();
        self.flush_bins(channels, layout::CHUNK_BINS)
    }

    fn quality(&self, channels: &Group) -> Result<Dataset, TrialFileError> {
        let name = format!("{}/quality", self.id);
        doing(|| format!("opening {name}"), channels.dataset(&name))
    }

    /// Writes the bins of each level that has at least `enough` of them. A level that never
    /// filled a chunk is written once, without room to grow.
    fn flush_bins(&mut self, channels: &Group, enough: usize) -> Result<(), TrialFileError> {
        for (level, ready) in self.pyramid.ready.iter_mut().enumerate() {
            if ready.len() < enough {
                continue;
            }
            let name = format!("{}/pyramid/{}", self.id, BIN_SAMPLES[level]);
            let written = &mut self.bins_written[level];
            if *written > 0 {
                let dataset = doing(|| format!("opening {name}"), channels.dataset(&name))?;
                append(&dataset, written, ready)?;
            } else if ready.len() < layout::CHUNK_BINS {
                fixed::<BinRow>(channels, &name, ready)?;
            } else {
                append(&growing::<BinRow>(channels, &name, layout::CHUNK_BINS)?, written, ready)?;
            }
            ready.clear();
        }
        Ok(())
    }
}
