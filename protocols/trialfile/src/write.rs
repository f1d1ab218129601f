//! Writing a trial file, from the first sample to the user block.
//!
//! Invariants:
//! - Samples are written a chunk at a time when a group has collected [`layout::chunk_rows`]
//!   rows; when that happens depends on the rows alone.
//! - Of every dataset a checksum of what was handed over is kept, and the closed file is held
//!   against it ([`handed`]).
//! - After [`TrialWriter::finish_samples`] no sample can be added; findings and derived channels
//!   are computed from what can then be read.

mod chunk;
mod columns;
mod handed;

use std::io::Read;
use std::path::{Path, PathBuf};

use hdf5::plist::file_access::LibraryVersion::V110;
use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, Group};
use serde::Serialize;
use sm3::Digest as _;
use trial::document::Document;
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::{ClockPair, Event, Mark, Origin};
use trial::recording::{Accounting, Chunk, Gap, RunHead, SampleGroup};
use trial::rows::Row;
use trial::scenario::Derived;
use trial::time::TrialTime;

use crate::element::Element;
use crate::library::metadata_cache;
use crate::seal::{digest_of, io};
use crate::source::Source;
use crate::tables::{ClockRow, GapRow};
use crate::{Seal, Sealing, TrialFile, TrialFileError, descriptor, doing, failures, layout};
use columns::GroupColumns;
use handed::{AllHanded, Handed};

/// Writes a trial file.
#[derive(Debug)]
pub struct TrialWriter {
    path: PathBuf,
    file: File,
    channels: Group,
    plan: std::sync::Arc<Plan>,
    groups: Vec<SampleGroup>,
    /// By group; `None` for one without channels.
    columns: Vec<Option<GroupColumns>>,
    gaps: Table<GapRow>,
    clock: Table<ClockRow>,
    marks: Vec<(TrialTime, Mark)>,
    events: Vec<(TrialTime, Event)>,
    handed: AllHanded,
    open: StaysOpen,
}

/// Keeps a file open for as long as the process lives, unless it is whole: the library may crash when
/// it closes a file that it could not write.
#[derive(Debug)]
struct StaysOpen(Option<File>);

impl StaysOpen {
    /// Everything was written: the file may be closed.
    fn release(&mut self) {
        self.0 = None;
    }
}

impl Drop for StaysOpen {
    fn drop(&mut self) {
        std::mem::forget(self.0.take());
    }
}

/// A table that grows a chunk at a time.
#[derive(Debug)]
struct Table<R> {
    name: &'static str,
    dataset: Dataset,
    rows: Vec<R>,
    handed: Handed,
}

impl<R: Element> Table<R> {
    fn create(file: &File, name: &'static str) -> Result<Table<R>, TrialFileError> {
        let dataset = growing::<R>(file, name, layout::TABLE_CHUNK_ROWS)?;
        Ok(Table { name, dataset, rows: Vec::new(), handed: Handed::nothing::<R>() })
    }

    fn push(&mut self, row: R) -> Result<(), TrialFileError> {
        self.rows.push(row);
        if self.rows.len() == layout::TABLE_CHUNK_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), TrialFileError> {
        append(&self.dataset, layout::TABLE_CHUNK_ROWS, &mut self.handed, &self.rows)?;
        self.rows.clear();
        Ok(())
    }

    /// Writes what is left.
    fn finish(&mut self, all: &mut AllHanded) -> Result<(), TrialFileError> {
        self.flush()?;
        all.push((self.name.to_owned(), self.handed));
        Ok(())
    }
}

/// Creates a one-dimensional dataset that can grow, below `parent`.
fn growing<T: Element>(
    parent: &Group,
    name: &str,
    chunk: usize,
) -> Result<Dataset, TrialFileError> {
    let builder = parent
        .new_dataset::<T>()
        .chunk(chunk)
        .shape(0..)
        .with_dcpl(|plist| plist.obj_track_times(false));
    doing(|| format!("creating {name}"), builder.create(name))
}

/// Appends `rows` to a dataset that has what was handed over, in chunks of so many rows.
fn append<T: Element>(
    dataset: &Dataset,
    chunk: usize,
    handed: &mut Handed,
    rows: &[T],
) -> Result<(), TrialFileError> {
    if rows.is_empty() {
        return Ok(());
    }
    let start = handed.elements;
    handed.add(rows);
    let end = handed.elements;
    let whole = rows.len() == chunk && start.is_multiple_of(chunk);
    let write = || match whole && cfg!(target_endian = "little") {
        true => chunk::write(dataset, start, &T::bytes_of(rows)),
        false => dataset.write_slice(rows, start..end),
    };
    let result = dataset.resize(end).and_then(|()| write());
    doing(|| format!("appending to {}", dataset.name()), result)
}

/// Makes a dataset longer; what was not written has the fill value, 0.
fn resized(dataset: &Dataset, rows: usize) -> Result<(), TrialFileError> {
    doing(|| format!("resizing {}", dataset.name()), dataset.resize(rows))
}

/// Writes a dataset of fixed length.
fn write_fixed<T: Element>(
    parent: &Group,
    name: &str,
    data: &[T],
) -> Result<Dataset, TrialFileError> {
    let builder =
        parent.new_dataset::<T>().shape(data.len()).with_dcpl(|plist| plist.obj_track_times(false));
    let dataset = doing(|| format!("creating {name}"), builder.create(name))?;
    if !data.is_empty() {
        doing(|| format!("writing {name}"), dataset.write(data))?;
    }
    Ok(dataset)
}

/// Writes a dataset of fixed length, and notes it among what was handed over.
fn fixed<T: Element>(
    parent: &Group,
    name: &str,
    data: &[T],
    all: &mut AllHanded,
) -> Result<Dataset, TrialFileError> {
    let dataset = write_fixed(parent, name, data)?;
    let mut handed = Handed::nothing::<T>();
    handed.add(data);
    all.push((dataset.name(), handed));
    Ok(dataset)
}

/// Writes a JSON text as UTF-8 bytes.
fn json(
    parent: &Group,
    name: &str,
    content: &impl Serialize,
    all: &mut AllHanded,
) -> Result<(), TrialFileError> {
    let text = serde_json::to_vec(content).map_err(|error| TrialFileError::Malformed {
        what: name.to_owned(),
        why: error.to_string(),
    })?;
    let dataset = fixed(parent, name, &text, all)?;
    attribute(&dataset, "content_type", "application/json")
}

/// Creates a group without times.
fn group(parent: &Group, name: &str) -> Result<Group, TrialFileError> {
    let builder = parent.create_group_builder().obj_track_times(false);
    doing(|| format!("creating {name}"), builder.create(name))
}

/// Sets a text attribute.
fn attribute(on: &hdf5::Location, name: &str, text: &str) -> Result<(), TrialFileError> {
    // HDF5 ends a text at its first zero byte; such a text is shown escaped.
    let text = text.replace('\0', "\\u{0}");
    let result =
        text.parse::<VarLenUnicode>().map_err(|error| hdf5::Error::from(error.to_string()));
    let result = result.and_then(|text| {
        on.new_attr::<VarLenUnicode>()
            .create(name)
            .and_then(|attribute| attribute.write_scalar(&text))
    });
    doing(|| format!("setting @{name}"), result)
}

/// Sets a number attribute.
fn number_attribute(on: &hdf5::Location, name: &str, number: u32) -> Result<(), TrialFileError> {
    let result =
        on.new_attr::<u32>().create(name).and_then(|attribute| attribute.write_scalar(&number));
    doing(|| format!("setting @{name}"), result)
}

impl TrialWriter {
    /// Creates the file with its channels, under a name that must not exist.
    ///
    /// # Errors
    /// The file exists, or can't be created.
    pub fn create(
        path: &Path,
        origin: &Origin,
        plan: std::sync::Arc<Plan>,
        groups: &[SampleGroup],
    ) -> Result<TrialWriter, TrialFileError> {
        failures::watch();
        failures::ensure_none()?;
        let file = descriptor::open_alone(|| {
            hdf5::FileBuilder::new()
                // Whole chunks are written at once: a cache would only hold memory for each.
                .with_fapl(|plist| {
                    plist
                        .libver_bounds(V110, V110)
                        .chunk_cache(1, 0, 1.0)
                        .mdc_config(&metadata_cache())
                })
                .with_fcpl(|plist| plist.userblock(layout::USER_BLOCK_BYTES).obj_track_times(false))
                .create_excl(path)
        });
        let file = doing(|| format!("creating {}", path.display()), file)?;
        let open = StaysOpen(Some(file.clone()));
        attribute(&file, "file_format", layout::FILE_FORMAT)?;
        number_attribute(&file, "file_format_version", layout::VERSION)?;
        attribute(&file, "default", layout::TRIAL)?;
        let trial = group(&file, layout::TRIAL)?;
        attribute(&trial, "NX_class", "NXentry")?;
        attribute(&trial, "title", &plan.title.en)?;
        attribute(&trial, "title_zh", &plan.title.zh)?;
        attribute(&trial, "start_time", &origin.start.to_rfc3339())?;
        attribute(&trial, "origin", &format!("{:?}", origin.origin).to_lowercase())?;
        let channels = group(&file, layout::CHANNELS)?;
        let start = origin.start.to_rfc3339();
        let columns = groups
            .iter()
            .enumerate()
            .map(|(index, group)| {
                let some = !group.channels.is_empty();
                some.then(|| GroupColumns::create(&channels, &plan, index, group, &start))
                    .transpose()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut handed = AllHanded::new();
        json(&file, layout::GROUPS, &stored_groups(groups, &plan), &mut handed)?;
        Ok(TrialWriter {
            path: path.to_owned(),
            gaps: Table::create(&file, layout::GAPS)?,
            clock: Table::create(&file, layout::CLOCK)?,
            file,
            channels,
            plan,
            groups: groups.to_vec(),
            columns,
            marks: Vec::new(),
            events: Vec::new(),
            handed,
            open,
        })
    }

    /// Adds the samples of a group's channels at one instant.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn row(&mut self, row: &Row<'_>) -> Result<(), TrialFileError> {
        match self.columns.get_mut(row.group.0 as usize) {
            Some(Some(columns)) => columns.push(&self.channels, row),
            Some(None) => Err(malformed("a row", "its group has no channels")),
            None => Err(malformed("a row", "its group does not exist")),
        }
    }

    /// Adds a gap.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn gap(&mut self, gap: Gap) -> Result<(), TrialFileError> {
        if let Some(Some(columns)) = self.columns.get_mut(gap.group.0 as usize) {
            columns.gap();
        }
        let (cause, code) = gap.cause.to_numbers();
        self.gaps.push(GapRow {
            group: gap.group.0,
            cause: cause.into(),
            code: code.into(),
            start: gap.span.start.0,
            end: gap.span.end.0,
        })
    }

    /// Adds a mark.
    pub fn mark(&mut self, at: TrialTime, mark: &Mark) {
        self.marks.push((at, mark.clone()));
    }

    /// Adds an event.
    pub fn event(&mut self, at: TrialTime, event: &Event) {
        self.events.push((at, event.clone()));
    }

    /// Adds an observation of the wall clock.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn clock(&mut self, at: TrialTime, pair: &ClockPair) -> Result<(), TrialFileError> {
        self.clock.push(ClockRow {
            time: at.0,
            wall: pair.wall.0,
            uncertainty: pair.uncertainty_ns,
            step: pair.step_ns,
        })
    }

    /// Ends the samples: everything about the run but its findings is now in the file and can be
    /// read through the result.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn finish_samples(
        mut self,
        head: &RunHead,
        accounting: &Accounting,
        documents: &[Document],
    ) -> Result<FinishedSamples, TrialFileError> {
        failures::watch();
        let mut all = std::mem::take(&mut self.handed);
        // Each group's columns are dropped as soon as they are written.
        for mut columns in self.columns.drain(..).flatten() {
            columns.finish(&self.channels, &mut all)?;
        }
        self.gaps.finish(&mut all)?;
        self.clock.finish(&mut all)?;
        json(&self.file, layout::MARKS, &self.marks, &mut all)?;
        json(&self.file, layout::EVENTS, &self.events, &mut all)?;
        json(&self.file, layout::ACCOUNTING, accounting, &mut all)?;
        json(&self.file, layout::RUN, &crate::read::StoredRun::of(head), &mut all)?;
        let trial = doing(|| "opening /trial".to_owned(), self.file.group(layout::TRIAL))?;
        let end = head.origin.start.plus(head.span.end.0);
        attribute(&trial, "end_time", &end.to_rfc3339())?;
        write_documents(&self.file, documents, &mut all)?;
        // A flush behind a failure crashes.
        failures::ensure_none()?;
        doing(|| "flushing".to_owned(), self.file.flush())?;
        let source = Source::Own(self.file.clone());
        let reader = TrialFile::from_source(self.path, source, self.plan, self.groups)?;
        Ok(FinishedSamples { reader, file: self.file, handed: all, open: self.open })
    }
}

fn write_documents(
    file: &File,
    documents: &[Document],
    all: &mut AllHanded,
) -> Result<(), TrialFileError> {
    group(file, layout::DOCUMENTS)?;
    for (index, document) in documents.iter().enumerate() {
        let name = format!("{}/{index:03}", layout::DOCUMENTS);
        let dataset = fixed(file, &name, &document.bytes, all)?;
        attribute(&dataset, "role", document.role.name())?;
        attribute(&dataset, "name", &document.name)?;
        attribute(&dataset, "blake3", &blake3::hash(&document.bytes).to_hex())?;
        // Beside it the digest of GB/T 32905-2016, for those who have to use that one.
        let sm3: [u8; 32] = sm3::Sm3::digest(&document.bytes).into();
        attribute(&dataset, "sm3", &blake3::Hash::from_bytes(sm3).to_hex())?;
    }
    Ok(())
}

fn malformed(what: &str, why: &str) -> TrialFileError {
    TrialFileError::Malformed { what: what.to_owned(), why: why.to_owned() }
}

/// A group as JSON carries it.
#[derive(Serialize)]
struct StoredGroup<'a> {
    device: usize,
    channels: Vec<&'a str>,
}

fn stored_groups<'a>(groups: &[SampleGroup], plan: &'a Plan) -> Vec<StoredGroup<'a>> {
    groups
        .iter()
        .map(|group| StoredGroup {
            device: group.device,
            channels: group
                .channels
                .iter()
                .map(|&index| plan.channel_at(index).id.0.as_str())
                .collect(),
        })
        .collect()
}

/// A trial file whose samples are complete.
#[derive(Debug)]
pub struct FinishedSamples {
    reader: TrialFile,
    file: File,
    handed: AllHanded,
    open: StaysOpen,
}

impl FinishedSamples {
    /// The recording, for the evaluation.
    pub fn recording(&self) -> &TrialFile {
        &self.reader
    }

    /// Writes a computed channel.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn derived(&mut self, derived: &Derived, samples: &Chunk) -> Result<(), TrialFileError> {
        let file = &self.file;
        let name = format!("{}/{}", layout::DERIVED, derived.id);
        let channel = group(file, &name)?;
        attribute(&channel, "NX_class", "NXlog")?;
        attribute(&channel, "units", derived.unit.symbol())?;
        attribute(&channel, "quantity", derived.quantity.name())?;
        attribute(&channel, "title_en", &derived.title.en)?;
        attribute(&channel, "title_zh", &derived.title.zh)?;
        let times: Vec<i64> = samples.times.iter().map(|time| time.0).collect();
        let qualities: Vec<u16> = samples.qualities.iter().map(|q| q.to_code()).collect();
        fixed(&channel, "value", &samples.values, &mut self.handed)?;
        fixed(&channel, "quality", &qualities, &mut self.handed)?;
        fixed(&channel, "time", &times, &mut self.handed)?;
        Ok(())
    }

    /// Writes the findings, the signed heads and the journal, closes the file, makes it durable,
    /// holds it against what was written, and writes its user block.
    ///
    /// # Errors
    /// The file can't be written or is not what was written, or the journal can't be read.
    pub fn finish(
        mut self,
        findings: Option<&Findings>,
        journal: &mut dyn Read,
        sealing: Sealing<'_>,
    ) -> Result<Seal, TrialFileError> {
        failures::watch();
        let file = &self.file;
        if let Some(findings) = findings {
            json(file, layout::VERDICTS, findings, &mut self.handed)?;
        }
        if !sealing.checkpoints.is_empty() {
            let text = sealing.checkpoints.as_bytes();
            let dataset = fixed(file, layout::CHECKPOINTS, text, &mut self.handed)?;
            attribute(&dataset, "content_type", "application/json")?;
        }
        self.handed.push((layout::JOURNAL.to_owned(), embed_journal(file, journal)?));
        failures::ensure_none()?;
        doing(|| "flushing".to_owned(), file.flush())?;
        failures::ensure_none()?;
        self.open.release();
        let path = self.reader.path().to_owned();
        // The reader's hold on the file goes first: the last one closes it.
        drop(self.reader);
        doing(|| "closing".to_owned(), self.file.close())?;
        failures::ensure_none()?;
        failures::leave();
        // The disk writes, the digest is computed and the file is read back, all at the same time.
        // Reading back is for this thread: it has the memory that writing took.
        let (written, digest, checked) = std::thread::scope(|scope| {
            let written = scope.spawn(|| make_durable(&path));
            let digest = scope.spawn(|| digest_of(&path));
            let checked = handed::check(&path, &self.handed);
            (written.join(), digest.join(), checked)
        });
        let ended = || io("finish", &path)(std::io::Error::other("a thread ended by itself"));
        written.map_err(|_| ended())??;
        checked?;
        let digest = digest.map_err(|_| ended())??;
        let seal = Seal::of(digest, sealing);
        seal.write(&path)?;
        Ok(seal)
    }
}

/// Has the system write what it keeps of a file.
fn make_durable(path: &Path) -> Result<(), TrialFileError> {
    let synced = std::fs::File::open(path).and_then(|file| file.sync_data());
    synced.map_err(io("sync", path))
}

/// The chunks of the journal depend on its length alone: a short one does not take a long one's
/// room.
fn embed_journal(file: &File, journal: &mut dyn Read) -> Result<Handed, TrialFileError> {
    let mut buffer = Vec::new();
    let mut read = |buffer: &mut Vec<u8>| {
        buffer.clear();
        let mut part = (&mut *journal).take(*layout::JOURNAL_CHUNK_BYTES.end() as u64);
        part.read_to_end(buffer).map_err(io("read the journal for", Path::new(layout::JOURNAL)))
    };
    read(&mut buffer)?;
    let chunk = layout::journal_chunk_bytes(buffer.len());
    let dataset = growing::<u8>(file, layout::JOURNAL, chunk)?;
    let mut handed = Handed::nothing::<u8>();
    while !buffer.is_empty() {
        append(&dataset, chunk, &mut handed, &buffer)?;
        read(&mut buffer)?;
    }
    Ok(handed)
}
