//! Reading a trial file as a [`Recording`].

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, H5Type};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sm3::Digest as _;
use trial::channel::{ChannelIndex, Quality, Raw, RawType};
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::{ClockPair, End, Event, Mark, Origin};
use trial::recording::{
    Accounting, Bin, Chunk, Gap, GapCause, GroupIndex, MAX_CHUNK_SAMPLES, Recording,
    RecordingError, RunHead, SampleGroup,
};
use trial::time::{Span, TrialTime, WallTime};

use crate::tables::{ClockRow, GapRow};
use crate::{MAX_TABLE_ROWS, MAX_TEXT_BYTES, Seal, TrialFileError, doing, layout, overview};

/// Samples of a channel with all that is stored of them.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSamples {
    /// Times, values and qualities.
    pub chunk: Chunk,
    /// The numbers as the device gave them.
    pub raws: Vec<Raw>,
    /// Numbers of the journal records that completed their frames.
    pub records: Vec<u64>,
}

/// Samples of a computed channel. All columns have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct DerivedSamples {
    /// Times, never descending.
    pub times: Vec<TrialTime>,
    /// Values in the channel's unit; NaN where there is none.
    pub values: Vec<f64>,
    /// Quality of each value.
    pub qualities: Vec<Quality>,
}

/// The run as JSON carries it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredRun {
    origin: Origin,
    end: Option<End>,
    span: Span,
}

impl StoredRun {
    pub fn of(head: &RunHead) -> StoredRun {
        StoredRun { origin: head.origin.clone(), end: head.end.clone(), span: head.span }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredGroup {
    device: usize,
    channels: Vec<String>,
}

/// A trial file, open for reading.
#[derive(Debug)]
pub struct TrialFile {
    path: PathBuf,
    file: File,
    plan: Arc<Plan>,
    groups: Vec<SampleGroup>,
    head: RunHead,
    gaps: Vec<Gap>,
    marks: Vec<(TrialTime, Mark)>,
    events: Vec<(TrialTime, Event)>,
    clock: Vec<(TrialTime, ClockPair)>,
    accounting: Accounting,
}

fn malformed(what: &str, why: impl std::fmt::Display) -> TrialFileError {
    TrialFileError::Malformed { what: what.to_owned(), why: why.to_string() }
}

fn open_dataset(file: &File, name: &str) -> Result<Dataset, TrialFileError> {
    doing(|| format!("opening {name}"), file.dataset(name))
}

/// The whole of a one-dimensional dataset, if it is no longer than `limit`.
fn whole<T: H5Type>(file: &File, name: &str, limit: usize) -> Result<Vec<T>, TrialFileError> {
    let dataset = open_dataset(file, name)?;
    let found = dataset.size();
    if dataset.ndim() != 1 || found > limit {
        return Err(TrialFileError::TooLarge { what: name.to_owned(), found, limit });
    }
    doing(|| format!("reading {name}"), dataset.read_raw())
}

fn json<T: DeserializeOwned>(file: &File, name: &str) -> Result<T, TrialFileError> {
    let text: Vec<u8> = whole(file, name, MAX_TEXT_BYTES)?;
    serde_json::from_slice(&text).map_err(|error| malformed(name, error))
}

fn text_attribute(on: &hdf5::Location, name: &str) -> Result<String, TrialFileError> {
    let text: Result<VarLenUnicode, _> =
        on.attr(name).and_then(|attribute| attribute.read_scalar());
    Ok(doing(|| format!("reading @{name}"), text)?.as_str().to_owned())
}

impl TrialFile {
    /// Opens a trial file that this station wrote. The library's plugins are not needed.
    ///
    /// # Errors
    /// No trial file, a newer layout, or content that is not what the layout promises.
    pub fn open(path: &Path) -> Result<TrialFile, TrialFileError> {
        // The user block is looked at first, so that the library never sees a foreign file.
        Seal::read(path)?;
        let file = doing(|| format!("opening {}", path.display()), File::open(path))?;
        let documents = stored_documents(&file)?;
        let plan =
            Plan::resolve(&documents).map_err(|error| malformed(layout::DOCUMENTS, error))?;
        let groups = stored_groups(&file, &plan)?;
        TrialFile::from_open(path.to_owned(), file, Arc::new(plan), groups)
    }

    pub(crate) fn from_open(
        path: PathBuf,
        file: File,
        plan: Arc<Plan>,
        groups: Vec<SampleGroup>,
    ) -> Result<TrialFile, TrialFileError> {
        let run: StoredRun = json(&file, layout::RUN)?;
        let head = RunHead { origin: run.origin, end: run.end, span: run.span };
        Ok(TrialFile {
            gaps: stored_gaps(&file, groups.len())?,
            marks: json(&file, layout::MARKS)?,
            events: json(&file, layout::EVENTS)?,
            clock: stored_clock(&file)?,
            accounting: json(&file, layout::ACCOUNTING)?,
            path,
            file,
            plan,
            groups,
            head,
        })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The plan, shared.
    pub fn shared_plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    /// What the user block says.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn seal(&self) -> Result<Seal, TrialFileError> {
        Seal::read(&self.path)
    }

    /// The findings of the evaluation at the end of the trial; `None` if there was none.
    ///
    /// # Errors
    /// They can't be read.
    pub fn findings(&self) -> Result<Option<Findings>, TrialFileError> {
        if self.file.link_exists(layout::VERDICTS) {
            json(&self.file, layout::VERDICTS).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The signed heads of the journal as they are listed for readers, JSON; `None` in a file of a
    /// run without a key.
    ///
    /// # Errors
    /// They can't be read.
    pub fn checkpoints(&self) -> Result<Option<Vec<u8>>, TrialFileError> {
        if self.file.link_exists(layout::CHECKPOINTS) {
            whole(&self.file, layout::CHECKPOINTS, MAX_TEXT_BYTES).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Name of the first document whose digests, BLAKE3 and SM3, are not those of its bytes. The
    /// first files of layout version 1 carry no SM3.
    ///
    /// # Errors
    /// They can't be read.
    pub fn document_with_other_digest(&self) -> Result<Option<String>, TrialFileError> {
        for (index, document) in self.documents()?.documents.iter().enumerate() {
            let dataset = open_dataset(&self.file, &format!("{}/{index:03}", layout::DOCUMENTS))?;
            let sm3: [u8; 32] = sm3::Sm3::digest(&document.bytes).into();
            let blake3 = blake3::hash(&document.bytes).to_hex();
            let names = doing(|| "listing attributes".to_owned(), dataset.attr_names())?;
            let has_sm3 = names.iter().any(|name| name == "sm3");
            let sm3 = blake3::Hash::from_bytes(sm3).to_hex();
            let same = text_attribute(&dataset, "blake3")? == blake3.as_str()
                && (!has_sm3 || text_attribute(&dataset, "sm3")? == sm3.as_str());
            if !same {
                return Ok(Some(document.name.clone()));
            }
        }
        Ok(None)
    }

    /// The documents of the trial, exact bytes.
    ///
    /// # Errors
    /// They can't be read.
    pub fn documents(&self) -> Result<DocumentSet, TrialFileError> {
        stored_documents(&self.file)
    }

    /// The embedded journal as a stream.
    ///
    /// # Errors
    /// It can't be opened.
    pub fn journal(&self) -> Result<impl Read + use<>, TrialFileError> {
        let dataset = open_dataset(&self.file, layout::JOURNAL)?;
        let length = dataset.size();
        Ok(EmbeddedJournal { dataset, length, offset: 0, buffer: Vec::new(), at: 0 })
    }

    /// The samples of a computed channel; `None` if it was not computed, for want of an input.
    ///
    /// # Errors
    /// They can't be read.
    pub fn derived(&self, id: &str) -> Result<Option<DerivedSamples>, TrialFileError> {
        let group = format!("{}/{id}", layout::DERIVED);
        if !self.file.link_exists(layout::DERIVED) || !self.file.link_exists(&group) {
            return Ok(None);
        }
        let name = |column| format!("{group}/{column}");
        let times: Vec<i64> = whole(&self.file, &name("time"), MAX_DERIVED_SAMPLES)?;
        let values: Vec<f64> = whole(&self.file, &name("value"), MAX_DERIVED_SAMPLES)?;
        let codes: Vec<u16> = whole(&self.file, &name("quality"), MAX_DERIVED_SAMPLES)?;
        if times.len() != values.len() || times.len() != codes.len() {
            return Err(malformed(&group, "its columns have different lengths"));
        }
        let times = times.into_iter().map(TrialTime).collect();
        Ok(Some(DerivedSamples { times, values, qualities: decode_qualities(codes)? }))
    }

    /// All columns of a channel's samples from `start` on, `count` or as many as there are, at
    /// most [`MAX_CHUNK_SAMPLES`].
    ///
    /// # Errors
    /// They can't be read.
    pub fn samples(
        &self,
        channel: ChannelIndex,
        start: usize,
        count: usize,
    ) -> Result<StoredSamples, TrialFileError> {
        let length = self.column(channel, "raw")?.size();
        let start = start.min(length);
        let range = start..length.min(start + count.min(MAX_CHUNK_SAMPLES));
        let raws = match self.plan.channel_at(channel).raw_type {
            RawType::U8 => self.raws(channel, range.clone(), Raw::U8),
            RawType::I8 => self.raws(channel, range.clone(), Raw::I8),
            RawType::U64 => self.raws(channel, range.clone(), Raw::U64),
            RawType::I64 => self.raws(channel, range.clone(), Raw::I64),
            RawType::U16 => self.raws(channel, range.clone(), Raw::U16),
            RawType::I16 => self.raws(channel, range.clone(), Raw::I16),
            RawType::U32 => self.raws(channel, range.clone(), Raw::U32),
            RawType::I32 => self.raws(channel, range.clone(), Raw::I32),
            RawType::F32 => self.raws(channel, range.clone(), Raw::F32),
            RawType::F64 => self.raws(channel, range.clone(), Raw::F64),
        }?;
        let records = self.slice(channel, "record", range.clone())?;
        Ok(StoredSamples { chunk: self.chunk(channel, range)?, raws, records })
    }

    fn raws<T: H5Type>(
        &self,
        channel: ChannelIndex,
        range: std::ops::Range<usize>,
        make: fn(T) -> Raw,
    ) -> Result<Vec<Raw>, TrialFileError> {
        Ok(self.slice(channel, "raw", range)?.into_iter().map(make).collect())
    }

    pub(crate) fn column(
        &self,
        channel: ChannelIndex,
        column: &str,
    ) -> Result<Dataset, TrialFileError> {
        let id = &self.plan.channel_at(channel).id;
        open_dataset(&self.file, &format!("{}/{id}/{column}", layout::CHANNELS))
    }

    /// Samples `range` of one column, at most [`MAX_CHUNK_SAMPLES`].
    pub(crate) fn slice<T: H5Type>(
        &self,
        channel: ChannelIndex,
        column: &str,
        range: std::ops::Range<usize>,
    ) -> Result<Vec<T>, TrialFileError> {
        let dataset = self.column(channel, column)?;
        let values = dataset.read_slice_1d::<T, _>(range);
        Ok(doing(|| format!("reading {column}"), values)?.into_raw_vec_and_offset().0)
    }

    /// The bins `range` of a level of a channel's pyramid; all if `range` is `None`.
    pub(crate) fn level(
        &self,
        channel: ChannelIndex,
        bin_samples: u64,
    ) -> Result<Dataset, TrialFileError> {
        self.column(channel, &format!("pyramid/{bin_samples}"))
    }

    /// Number of samples of a channel.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn sample_count(&self, channel: ChannelIndex) -> Result<usize, TrialFileError> {
        Ok(self.column(channel, "time")?.size())
    }

    /// Samples whose times lie in `span`, found by halving.
    pub(crate) fn samples_in(
        &self,
        channel: ChannelIndex,
        span: Span,
    ) -> Result<std::ops::Range<usize>, TrialFileError> {
        let dataset = self.column(channel, "time")?;
        let first = lower_bound(&dataset, |time| time < span.start.0)?;
        let end = lower_bound(&dataset, |time| time <= span.end.0)?;
        Ok(first..end.max(first))
    }

    fn chunk(
        &self,
        channel: ChannelIndex,
        range: std::ops::Range<usize>,
    ) -> Result<Chunk, TrialFileError> {
        let qualities: Vec<u16> = self.slice(channel, "quality", range.clone())?;
        let qualities = decode_qualities(qualities)?;
        let times: Vec<i64> = self.slice(channel, "time", range.clone())?;
        Ok(Chunk {
            times: times.into_iter().map(TrialTime).collect(),
            time_uncertainties_ns: self.slice(channel, "time_uncertainty", range.clone())?,
            values: self.slice(channel, "value", range)?,
            qualities,
        })
    }
}

pub(crate) fn decode_qualities(codes: Vec<u16>) -> Result<Vec<Quality>, TrialFileError> {
    let decode = |code| Quality::from_code(code).ok_or_else(|| malformed("quality", code));
    codes.into_iter().map(decode).collect()
}

/// Most samples of a computed channel that are read at once.
const MAX_DERIVED_SAMPLES: usize = 1 << 28;

/// The first sample for which `before` does not hold.
fn lower_bound(dataset: &Dataset, before: impl Fn(i64) -> bool) -> Result<usize, TrialFileError> {
    let (mut low, mut high) = (0, dataset.size());
    while low < high {
        let middle = low + (high - low) / 2;
        let time = dataset.read_slice_1d::<i64, _>(middle..middle + 1);
        let time = doing(|| "reading time".to_owned(), time)?;
        if time.first().copied().is_some_and(&before) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn reading(error: TrialFileError) -> RecordingError {
    RecordingError(error.to_string())
}

impl Recording for TrialFile {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn head(&self) -> &RunHead {
        &self.head
    }

    fn read(
        &self,
        channel: ChannelIndex,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError> {
        let range = self.samples_in(channel, span).map_err(reading)?;
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + MAX_CHUNK_SAMPLES);
            sink(&self.chunk(channel, start..end).map_err(reading)?);
            start = end;
        }
        Ok(())
    }

    fn overview(
        &self,
        channel: ChannelIndex,
        span: Span,
        bins: usize,
    ) -> Result<Vec<Bin>, RecordingError> {
        overview::overview(self, channel, span, bins).map_err(reading)
    }

    fn groups(&self) -> &[SampleGroup] {
        &self.groups
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn marks(&self) -> &[(TrialTime, Mark)] {
        &self.marks
    }

    fn events(&self) -> &[(TrialTime, Event)] {
        &self.events
    }

    fn clock(&self) -> &[(TrialTime, ClockPair)] {
        &self.clock
    }

    fn accounting(&self) -> &Accounting {
        &self.accounting
    }
}

fn stored_documents(file: &File) -> Result<DocumentSet, TrialFileError> {
    let group = doing(|| "opening documents".to_owned(), file.group(layout::DOCUMENTS))?;
    let mut names = doing(|| "listing documents".to_owned(), group.member_names())?;
    names.sort_unstable();
    if names.len() > trial::document::MAX_DOCUMENTS {
        let limit = trial::document::MAX_DOCUMENTS;
        return Err(TrialFileError::TooLarge {
            what: "documents".to_owned(),
            found: names.len(),
            limit,
        });
    }
    let mut documents = Vec::with_capacity(names.len());
    for name in names {
        let path = format!("{}/{name}", layout::DOCUMENTS);
        let dataset = open_dataset(file, &path)?;
        let role = match text_attribute(&dataset, "role")?.as_str() {
            "plan" => DocumentRole::Plan,
            "scenario" => DocumentRole::Scenario,
            "device" => DocumentRole::Device,
            other => return Err(malformed(&path, format!("unknown role {other:?}"))),
        };
        documents.push(Document {
            role,
            name: text_attribute(&dataset, "name")?,
            bytes: whole(file, &path, trial::document::MAX_DOCUMENT_BYTES)?,
        });
    }
    Ok(DocumentSet { documents })
}

fn stored_groups(file: &File, plan: &Plan) -> Result<Vec<SampleGroup>, TrialFileError> {
    let stored: Vec<StoredGroup> = json(file, layout::GROUPS)?;
    let mut positions = std::collections::HashMap::new();
    for (index, channel) in plan.channels.iter().enumerate() {
        positions.insert(channel.id.0.as_str(), ChannelIndex(index as u32));
    }
    stored
        .into_iter()
        .map(|group| {
            let channels = group.channels.iter().map(|id| {
                let position = positions.get(id.as_str()).copied();
                position.ok_or_else(|| malformed(layout::GROUPS, "it names an unknown channel"))
            });
            Ok(SampleGroup { device: group.device, channels: channels.collect::<Result<_, _>>()? })
        })
        .collect()
}

fn stored_gaps(file: &File, groups: usize) -> Result<Vec<Gap>, TrialFileError> {
    let rows: Vec<GapRow> = whole(file, layout::GAPS, MAX_TABLE_ROWS)?;
    rows.into_iter()
        .map(|row| {
            let cause = u8::try_from(row.cause).ok().zip(u8::try_from(row.code).ok());
            let cause = cause.and_then(|(cause, code)| GapCause::from_numbers(cause, code));
            let cause = cause.ok_or_else(|| malformed(layout::GAPS, "unknown cause"))?;
            if row.group as usize >= groups {
                return Err(malformed(layout::GAPS, "unknown group"));
            }
            let span = Span::new(TrialTime(row.start), TrialTime(row.end));
            Ok(Gap { group: GroupIndex(row.group), span, cause })
        })
        .collect()
}

fn stored_clock(file: &File) -> Result<Vec<(TrialTime, ClockPair)>, TrialFileError> {
    let rows: Vec<ClockRow> = whole(file, layout::CLOCK, MAX_TABLE_ROWS)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let pair = ClockPair {
                wall: WallTime(row.wall),
                uncertainty_ns: row.uncertainty,
                step_ns: row.step,
            };
            (TrialTime(row.time), pair)
        })
        .collect())
}

/// Streams the journal's bytes out of the file, a chunk at a time.
struct EmbeddedJournal {
    dataset: Dataset,
    length: usize,
    offset: usize,
    buffer: Vec<u8>,
    at: usize,
}

impl Read for EmbeddedJournal {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.buffer.len() && self.offset < self.length {
            let end = self.length.min(self.offset + layout::JOURNAL_CHUNK_BYTES);
            let bytes = self.dataset.read_slice_1d::<u8, _>(self.offset..end);
            let bytes = bytes.map_err(|error| std::io::Error::other(error.to_string()))?;
            self.buffer = bytes.into_raw_vec_and_offset().0;
            (self.at, self.offset) = (0, end);
        }
        let count = out.len().min(self.buffer.len() - self.at);
        out[..count].copy_from_slice(&self.buffer[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
