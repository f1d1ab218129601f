//! Reading a trial file as a [`Recording`].

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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

use crate::columns_read::PlacesLeft;
use crate::element::{Element, ElementKind};
use crate::places::PlainDataset;
use crate::plain_channel::{LastRead, PlainChannel};
use crate::reader_process::{Client, Confinement};
use crate::seal::io;
use crate::source::{Source, lock};
use crate::tables::{BinRow, ClockRow, GapRow};
use crate::{
    MAX_TABLE_ROWS, MAX_TEXT_BYTES, Seal, TrialFileError, descriptor, doing, layout, overview, seal,
};

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
    source: Arc<Source>,
    /// The file itself, where it is closed and its bytes may be read; `None` while it is written.
    bytes: Option<Arc<File>>,
    plan: Arc<Plan>,
    groups: Vec<SampleGroup>,
    head: RunHead,
    gaps: Vec<Gap>,
    marks: Vec<(TrialTime, Mark)>,
    events: Vec<(TrialTime, Event)>,
    clock: Vec<(TrialTime, ClockPair)>,
    accounting: Accounting,
    /// By channel: its columns where they may be read where they lie, once that was asked.
    columns: Vec<OnceLock<Option<PlainChannel>>>,
    /// How many places of chunks may yet be kept for them.
    places_left: Mutex<PlacesLeft>,
    last_read: Mutex<LastRead>,
}

fn malformed(what: &str, why: impl std::fmt::Display) -> TrialFileError {
    TrialFileError::Malformed { what: what.to_owned(), why: why.to_string() }
}

/// The whole of a one-dimensional dataset, if it is no longer than `limit`.
fn whole<T: Element>(source: &Source, name: &str, limit: usize) -> Result<Vec<T>, TrialFileError> {
    let found = source.size(name)?;
    if found > limit {
        return Err(TrialFileError::TooLarge { what: name.to_owned(), found, limit });
    }
    source.read(name, 0..found)
}

fn json<T: DeserializeOwned>(source: &Source, name: &str) -> Result<T, TrialFileError> {
    let text: Vec<u8> = whole(source, name, MAX_TEXT_BYTES)?;
    serde_json::from_slice(&text).map_err(|error| malformed(name, error))
}

impl TrialFile {
    /// Opens a trial file, whoever made it: a process of its own checks and reads it
    /// ([`crate::reader_process`]).
    ///
    /// # Errors
    /// No trial file, a newer layout, content that is not what the layout promises, a file that was
    /// refused, or a reader process that can't be started, ended, or did not answer in time.
    pub fn open(path: &Path) -> Result<TrialFile, TrialFileError> {
        // The user block is looked at first, so that the library never sees another format.
        let (file, _) = seal::open_plain(path)?;
        let bytes = file.try_clone().map_err(io("open", path))?;
        let source = Source::foreign(Client::start(path, file)?);
        let file = TrialFile::open_source(path, source, bytes)?;
        if let Source::Foreign(client) = &*file.source {
            lock(client).opened();
        }
        Ok(file)
    }

    /// Opens a trial file that this station has just written, in this process.
    ///
    /// # Errors
    /// No trial file, a newer layout, or content that is not what the layout promises.
    pub fn open_own(path: &Path) -> Result<TrialFile, TrialFileError> {
        let (bytes, _) = seal::open_plain(path)?;
        let file = descriptor::read_alone(path);
        let file = doing(|| format!("opening {}", path.display()), file)?;
        TrialFile::open_source(path, Source::Own(file), bytes)
    }

    fn open_source(path: &Path, source: Source, bytes: File) -> Result<TrialFile, TrialFileError> {
        let documents = stored_documents(&source)?;
        let plan =
            Plan::resolve(&documents).map_err(|error| malformed(layout::DOCUMENTS, error))?;
        let groups = stored_groups(&source, &plan)?;
        let mut file = TrialFile::from_source(path.to_owned(), source, Arc::new(plan), groups)?;
        file.bytes = Some(Arc::new(bytes));
        Ok(file)
    }

    pub(crate) fn from_source(
        path: PathBuf,
        source: Source,
        plan: Arc<Plan>,
        groups: Vec<SampleGroup>,
    ) -> Result<TrialFile, TrialFileError> {
        let run: StoredRun = json(&source, layout::RUN)?;
        let head = RunHead { origin: run.origin, end: run.end, span: run.span };
        Ok(TrialFile {
            gaps: stored_gaps(&source, groups.len())?,
            marks: json(&source, layout::MARKS)?,
            events: json(&source, layout::EVENTS)?,
            clock: stored_clock(&source)?,
            accounting: json(&source, layout::ACCOUNTING)?,
            columns: plan.channels.iter().map(|_| OnceLock::new()).collect(),
            places_left: Mutex::default(),
            last_read: Mutex::default(),
            path,
            source: Arc::new(source),
            bytes: None,
            plan,
            groups,
            head,
        })
    }

    /// How the process that reads this file is locked in; `None` for a file that is read in this
    /// process.
    pub fn confinement(&self) -> Option<Confinement> {
        match &*self.source {
            Source::Own(_) => None,
            Source::Foreign(client) => Some(lock(client).confinement()),
        }
    }

    /// Id of the process that reads this file; `None` if it is this one.
    pub fn reader_process(&self) -> Option<u32> {
        match &*self.source {
            Source::Own(_) => None,
            Source::Foreign(client) => Some(lock(client).process()),
        }
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
        if self.source.exists(layout::VERDICTS)? {
            json(&self.source, layout::VERDICTS).map(Some)
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
        if self.source.exists(layout::CHECKPOINTS)? {
            whole(&self.source, layout::CHECKPOINTS, MAX_TEXT_BYTES).map(Some)
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
            let name = format!("{}/{index:03}", layout::DOCUMENTS);
            let sm3: [u8; 32] = sm3::Sm3::digest(&document.bytes).into();
            let blake3 = blake3::hash(&document.bytes).to_hex();
            let has_sm3 = self.source.has_attribute(&name, "sm3")?;
            let sm3 = blake3::Hash::from_bytes(sm3).to_hex();
            let same = self.source.text(&name, "blake3")? == blake3.as_str()
                && (!has_sm3 || self.source.text(&name, "sm3")? == sm3.as_str());
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
        stored_documents(&self.source)
    }

    /// The embedded journal as a stream.
    ///
    /// # Errors
    /// It can't be opened.
    pub fn journal(&self) -> Result<impl Read + use<>, TrialFileError> {
        let source = Arc::clone(&self.source);
        let named = [(ElementKind::U8, layout::JOURNAL.to_owned())];
        let plain = self.plain(&named)?.pop().flatten();
        let length = match &plain {
            Some(plain) => plain.length(),
            None => source.size(layout::JOURNAL)?,
        };
        Ok(EmbeddedJournal { source, plain, length, offset: 0, buffer: Vec::new(), at: 0 })
    }

    /// Datasets that may be read where their bytes lie, each with its type; `None` for one that may
    /// not.
    pub(crate) fn plain(
        &self,
        datasets: &[(ElementKind, String)],
    ) -> Result<Vec<Option<PlainDataset>>, TrialFileError> {
        let Some(file) = &self.bytes else { return Ok(datasets.iter().map(|_| None).collect()) };
        let places = self.source.places(datasets)?;
        let plain = places.into_iter().zip(datasets).map(|(places, (kind, _))| {
            Some(PlainDataset::new(Arc::clone(file), places?, kind.bytes()))
        });
        Ok(plain.collect())
    }

    /// The samples of a computed channel; `None` if it was not computed, for want of an input.
    ///
    /// # Errors
    /// They can't be read.
    pub fn derived(&self, id: &str) -> Result<Option<DerivedSamples>, TrialFileError> {
        let group = format!("{}/{id}", layout::DERIVED);
        if !self.source.exists(&group)? {
            return Ok(None);
        }
        let name = |column| format!("{group}/{column}");
        let times: Vec<i64> = whole(&self.source, &name("time"), MAX_DERIVED_SAMPLES)?;
        let values: Vec<f64> = whole(&self.source, &name("value"), MAX_DERIVED_SAMPLES)?;
        let codes: Vec<u16> = whole(&self.source, &name("quality"), MAX_DERIVED_SAMPLES)?;
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
        let length = self.source.size(&self.column(channel, "raw"))?;
        let start = start.min(length);
        let range = start..length.min(start + count.min(MAX_CHUNK_SAMPLES));
        let raws = match self.plan.channel_at(channel).raw_type {
            RawType::U8 => self.raws(channel, range.clone(), Raw::u8),
            RawType::I8 => self.raws(channel, range.clone(), Raw::i8),
            RawType::U64 => self.raws(channel, range.clone(), Raw::u64),
            RawType::I64 => self.raws(channel, range.clone(), Raw::i64),
            RawType::U16 => self.raws(channel, range.clone(), Raw::u16),
            RawType::I16 => self.raws(channel, range.clone(), Raw::i16),
            RawType::U32 => self.raws(channel, range.clone(), Raw::u32),
            RawType::I32 => self.raws(channel, range.clone(), Raw::i32),
            RawType::F32 => self.raws(channel, range.clone(), Raw::f32),
            RawType::F64 => self.raws(channel, range.clone(), Raw::f64),
        }?;
        let records = self.slice(channel, "record", range.clone())?;
        Ok(StoredSamples { chunk: self.chunk(channel, range)?, raws, records })
    }

    fn raws<T: Element>(
        &self,
        channel: ChannelIndex,
        range: std::ops::Range<usize>,
        make: fn(T) -> Raw,
    ) -> Result<Vec<Raw>, TrialFileError> {
        Ok(self.slice(channel, "raw", range)?.into_iter().map(make).collect())
    }

    /// The columns of a channel where they may be read where they lie.
    fn plain_channel(
        &self,
        channel: ChannelIndex,
    ) -> Result<Option<&PlainChannel>, TrialFileError> {
        let Some(known) = self.columns.get(channel.0 as usize) else { return Ok(None) };
        if let Some(known) = known.get() {
            return Ok(known.as_ref());
        }
        let found = PlainChannel::of(self, channel)?.filter(|plain| {
            let mut left = self.places_left.lock().unwrap_or_else(PoisonError::into_inner);
            left.take(plain.chunks())
        });
        Ok(known.get_or_init(|| found).as_ref())
    }

    /// Reads the samples of a span where they lie.
    fn read_plain(
        &self,
        plain: &PlainChannel,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError> {
        let failed = |error: std::io::Error| RecordingError(error.to_string());
        let mut last =
            std::mem::take(&mut *self.last_read.lock().unwrap_or_else(PoisonError::into_inner));
        let all = plain.samples_in(span, &mut last).map_err(failed)?;
        let mut start = all.start;
        while start < all.end {
            let range = start..all.end.min(start + MAX_CHUNK_SAMPLES);
            let chunk = plain.chunk(range.clone(), &mut last).map_err(failed)?;
            let chunk = chunk.ok_or_else(|| reading(malformed("quality", "unknown code")))?;
            sink(&chunk);
            start = range.end;
            last.keep(range, chunk);
        }
        *self.last_read.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(())
    }

    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub(crate) fn column(&self, channel: ChannelIndex, column: &str) -> String {
        format!("{}/{}/{column}", layout::CHANNELS, self.plan.channel_at(channel).id)
    }

    /// Samples `range` of one column.
    pub(crate) fn slice<T: Element>(
        &self,
        channel: ChannelIndex,
        column: &str,
        range: std::ops::Range<usize>,
    ) -> Result<Vec<T>, TrialFileError> {
        self.source.read(&self.column(channel, column), range)
    }

    /// The bins of a level of a channel's pyramid, from `start` on and before `end`, or as many as
    /// there are.
    pub(crate) fn level(
        &self,
        channel: ChannelIndex,
        bin_samples: u64,
        start: usize,
        end: usize,
    ) -> Result<Vec<BinRow>, TrialFileError> {
        let name = self.column(channel, &format!("pyramid/{bin_samples}"));
        let end = end.min(self.source.size(&name)?);
        self.source.read(&name, start.min(end)..end)
    }

    /// Number of samples of a channel.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn sample_count(&self, channel: ChannelIndex) -> Result<usize, TrialFileError> {
        self.source.size(&self.column(channel, "time"))
    }

    /// Positions of the samples whose times lie in `span`, found by halving.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn samples_in(
        &self,
        channel: ChannelIndex,
        span: Span,
    ) -> Result<std::ops::Range<usize>, TrialFileError> {
        let times = self.column(channel, "time");
        let first = self.source.position(&times, span.start.0, false)?;
        let end = self.source.position(&times, span.end.0, true)?;
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

fn decode_qualities(codes: Vec<u16>) -> Result<Vec<Quality>, TrialFileError> {
    let decode = |code| Quality::from_code(code).ok_or_else(|| malformed("quality", code));
    codes.into_iter().map(decode).collect()
}

/// Most samples of a computed channel that are read at once.
const MAX_DERIVED_SAMPLES: usize = 1 << 28;

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
        if let Some(plain) = self.plain_channel(channel).map_err(reading)? {
            return self.read_plain(plain, span, sink);
        }
        let range = self.samples_in(channel, span).map_err(reading)?;
        let mut start = range.start;
        while start < range.end {
            let end = range.end.min(start + MAX_CHUNK_SAMPLES);
            sink(&self.chunk(channel, start..end).map_err(reading)?);
            start = end;
        }
        Ok(())
    }

    fn next_time(
        &self,
        channel: ChannelIndex,
        from: TrialTime,
    ) -> Result<Option<TrialTime>, RecordingError> {
        let rest = Span { start: from, end: TrialTime::MAX };
        let found = self.samples_in(channel, rest).map_err(reading)?;
        if found.is_empty() {
            return Ok(None);
        }
        let first = found.start..found.start + 1;
        let times: Vec<i64> = self.slice(channel, "time", first).map_err(reading)?;
        Ok(times.first().copied().map(TrialTime))
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

fn stored_documents(source: &Source) -> Result<DocumentSet, TrialFileError> {
    let names = source.members(layout::DOCUMENTS)?;
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
        let role = source.text(&path, "role")?;
        let role = DocumentRole::ALL
            .into_iter()
            .find(|known| known.name() == role)
            .ok_or_else(|| malformed(&path, format!("unknown role {role:?}")))?;
        documents.push(Document {
            role,
            name: source.text(&path, "name")?,
            bytes: whole(source, &path, trial::document::MAX_DOCUMENT_BYTES)?,
        });
    }
    Ok(DocumentSet { documents })
}

fn stored_groups(source: &Source, plan: &Plan) -> Result<Vec<SampleGroup>, TrialFileError> {
    let stored: Vec<StoredGroup> = json(source, layout::GROUPS)?;
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

fn stored_gaps(source: &Source, groups: usize) -> Result<Vec<Gap>, TrialFileError> {
    let rows: Vec<GapRow> = whole(source, layout::GAPS, MAX_TABLE_ROWS)?;
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

fn stored_clock(source: &Source) -> Result<Vec<(TrialTime, ClockPair)>, TrialFileError> {
    let rows: Vec<ClockRow> = whole(source, layout::CLOCK, MAX_TABLE_ROWS)?;
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
    source: Arc<Source>,
    plain: Option<PlainDataset>,
    length: usize,
    offset: usize,
    buffer: Vec<u8>,
    at: usize,
}

impl Read for EmbeddedJournal {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if let Some(plain) = &self.plain {
            let count = out.len().min(self.length - self.offset);
            plain.read_into(self.offset, &mut out[..count])?;
            self.offset += count;
            return Ok(count);
        }
        if self.at == self.buffer.len() && self.offset < self.length {
            let end = self.length.min(self.offset + *layout::JOURNAL_CHUNK_BYTES.end());
            let bytes = self.source.read::<u8>(layout::JOURNAL, self.offset..end);
            self.buffer = bytes.map_err(|error| std::io::Error::other(error.to_string()))?;
            (self.at, self.offset) = (0, end);
        }
        let count = out.len().min(self.buffer.len() - self.at);
        out[..count].copy_from_slice(&self.buffer[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
