//! The columns of one group of channels, collected a chunk at a time.
//!
//! Few channels keep their datasets open; of many, each is opened when a chunk of it is written:
//! an open dataset takes some 20 kB. Which of the two it is depends on the plan alone.

use hdf5::{Dataset, Group};
use trial::channel::{Channel, RawType};
use trial::columns::SampleColumn;
use trial::plan::Plan;
use trial::recording::SampleGroup;
use trial::rows::{GroupRows, Row};
use trial::with_raws;

use super::handed::{AllHanded, Handed};
use super::{append, attribute, group, growing, malformed, number_attribute, resized, write_fixed};
use crate::element::ElementKind;
use crate::pyramid::{BIN_SAMPLES, Column, Pyramid};
use crate::tables::{BinRow, ClockRow, GapRow};
use crate::{TrialFileError, doing, layout};

/// Most channels whose datasets stay open.
const MAX_OPEN_CHANNELS: usize = 512;

#[derive(Debug)]
pub(super) struct GroupColumns {
    /// The rows of this chunk.
    rows: GroupRows,
    /// Rows of this chunk before which samples are missing, ascending, each once.
    gaps: Vec<usize>,
    columns: Vec<ChannelColumns>,
    time: Dataset,
    time_uncertainty: Dataset,
    record: Dataset,
    times_handed: Handed,
    uncertainties_handed: Handed,
    records_handed: Handed,
    /// Path of the group whose datasets of times these are.
    path: String,
    /// Rows of a chunk.
    chunk_rows: usize,
}

#[derive(Debug)]
struct ChannelColumns {
    /// Name of the channel's group.
    id: String,
    values: Handed,
    raws: Handed,
    qualities: Handed,
    pyramid: Pyramid,
    /// Bins of each level that are written.
    bins: [Handed; BIN_SAMPLES.len()],
    open: Option<ChannelDatasets>,
}

#[derive(Debug)]
struct ChannelDatasets {
    value: Dataset,
    raw: Dataset,
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
        let mut path = String::new();
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
                    path = at.name();
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
            rows: GroupRows::new(plan, group, chunk_rows),
            gaps: Vec::new(),
            columns,
            time,
            time_uncertainty,
            record,
            times_handed: Handed::nothing::<i64>(),
            uncertainties_handed: Handed::nothing::<u32>(),
            records_handed: Handed::nothing::<u64>(),
            path,
            chunk_rows,
        })
    }

    pub fn push(&mut self, channels: &Group, row: &Row<'_>) -> Result<(), TrialFileError> {
        self.rows.push(row).map_err(|error| malformed("a row", &error.to_string()))?;
        if self.rows.len() == self.chunk_rows { self.flush(channels) } else { Ok(()) }
    }

    pub fn gap(&mut self) {
        let row = self.rows.len();
        if self.gaps.last() != Some(&row) {
            self.gaps.push(row);
        }
    }

    /// Writes what is left, with the partial bins of the pyramids.
    pub fn finish(&mut self, channels: &Group, all: &mut AllHanded) -> Result<(), TrialFileError> {
        self.flush(channels)?;
        let rows = self.times_handed.elements;
        for column in &mut self.columns {
            column.finish(channels, rows, all)?;
        }
        let path = &self.path;
        all.push((format!("{path}/time"), self.times_handed));
        all.push((format!("{path}/time_uncertainty"), self.uncertainties_handed));
        all.push((format!("{path}/record"), self.records_handed));
        Ok(())
    }

    fn flush(&mut self, channels: &Group) -> Result<(), TrialFileError> {
        self.rows.sort().map_err(|error| malformed("a row", &error.to_string()))?;
        let (rows, chunk) = (&self.rows, self.chunk_rows);
        append(&self.time, chunk, &mut self.times_handed, rows.times())?;
        let uncertainties = rows.uncertainties_ns();
        append(&self.time_uncertainty, chunk, &mut self.uncertainties_handed, uncertainties)?;
        append(&self.record, chunk, &mut self.records_handed, rows.records())?;
        for (column, own) in self.columns.iter_mut().zip(rows.columns()) {
            column.flush(channels, (rows.times(), own), &self.gaps, chunk)?;
        }
        self.rows.clear();
        self.gaps.clear();
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
        let value = growing::<f64>(&at, "value", chunk_rows)?;
        let (raw, raws) = create_raws(&at, channel.raw_type, chunk_rows)?;
        let datasets = ChannelDatasets { value, raw };
        // Chunks of good values are never written: the fill value, 0, is good.
        growing::<u16>(&at, "quality", chunk_rows)?;
        let columns = ChannelColumns {
            id: channel.id.0.clone(),
            values: Handed::nothing::<f64>(),
            raws,
            qualities: Handed::nothing::<u16>(),
            pyramid: Pyramid::new(),
            bins: [Handed::nothing::<BinRow>(); BIN_SAMPLES.len()],
            open: (plan.channels.len() <= MAX_OPEN_CHANNELS).then_some(datasets),
        };
        Ok((columns, at))
    }

    fn flush(
        &mut self,
        channels: &Group,
        (times, rows): (&[i64], &SampleColumn),
        gaps: &[usize],
        chunk: usize,
    ) -> Result<(), TrialFileError> {
        if times.is_empty() {
            return Ok(());
        }
        let (values, qualities) = (&rows.values, &rows.qualities);
        self.pyramid.add(Column { times, values, qualities, gaps });
        let opened;
        let datasets = match &self.open {
            Some(datasets) => datasets,
            None => {
                opened = ChannelDatasets::open(channels, &self.id)?;
                &opened
            }
        };
        let before = self.values.elements;
        append(&datasets.value, chunk, &mut self.values, &rows.values)?;
        let raws = &mut self.raws;
        with_raws!(&rows.raws, numbers => append(&datasets.raw, chunk, raws, numbers))?;
        if !rows.qualities.is_empty() {
            self.qualities.zeros_to(before);
            append(&self.quality(channels)?, chunk, &mut self.qualities, &rows.qualities)?;
        }
        self.flush_bins(channels, layout::CHUNK_BINS)
    }

    fn finish(
        &mut self,
        channels: &Group,
        rows: usize,
        all: &mut AllHanded,
    ) -> Result<(), TrialFileError> {
        self.pyramid.finish();
        self.flush_bins(channels, 1)?;
        // The quality's column is as long as the others, also where all was good.
        resized(&self.quality(channels)?, rows)?;
        self.qualities.zeros_to(rows);
        let path = format!("{}/{}", layout::CHANNELS, self.id);
        all.push((format!("{path}/value"), self.values));
        all.push((format!("{path}/raw"), self.raws));
        all.push((format!("{path}/quality"), self.qualities));
        for (bins, samples) in self.bins.iter().zip(BIN_SAMPLES) {
            if bins.elements > 0 {
                all.push((format!("{path}/pyramid/{samples}"), *bins));
            }
        }
        Ok(())
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
            let handed = &mut self.bins[level];
            if handed.elements > 0 {
                let dataset = doing(|| format!("opening {name}"), channels.dataset(&name))?;
                append(&dataset, layout::CHUNK_BINS, handed, ready)?;
            } else if ready.len() < layout::CHUNK_BINS {
                write_fixed::<BinRow>(channels, &name, ready)?;
                handed.add(ready);
            } else {
                let dataset = growing::<BinRow>(channels, &name, layout::CHUNK_BINS)?;
                append(&dataset, layout::CHUNK_BINS, handed, ready)?;
            }
            ready.clear();
        }
        Ok(())
    }
}

/// Creates the column of raw numbers in the device's own type.
fn create_raws(
    parent: &Group,
    raw_type: RawType,
    chunk_rows: usize,
) -> Result<(Dataset, Handed), TrialFileError> {
    with_element!(ElementKind::from(raw_type), Type => {
        Ok((growing::<Type>(parent, "raw", chunk_rows)?, Handed::nothing::<Type>()))
    })
}
