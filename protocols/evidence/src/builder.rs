//! The one path from records to a trial file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{Block, ChainValue, Ending, Reader, SegmentChain, records};
use trial::document::Document;
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::{Body, ClockPair, End, Event, EventKind, LinkState, Mark, Origin, Record};
use trial::recording::{Chunk, Gap, Recording as _, RunHead, SampleGroup};
use trial::time::{Span, TrialTime};
use trialfile::{
    FinishedSamples, Seal, SealState, Sealing, TrialFile, TrialFileError, TrialWriter,
};
use wire::derive::{Derive, Row, Sink};

use crate::heads::{Checkpoints, run_tag};
use crate::relay::relay;
use crate::{EvidenceError, RunFolder, StationKey};

/// A trial file that was finished.
#[derive(Debug, Clone)]
pub struct Built {
    /// Its path.
    pub path: PathBuf,
    /// Its first record.
    pub origin: Origin,
    /// The findings in it.
    pub findings: Findings,
    /// Its user block.
    pub seal: Seal,
}

impl Built {
    /// Whether the file carries a station seal.
    pub fn is_sealed(&self) -> bool {
        self.seal.state != SealState::Unsealed
    }

    /// Whether the run was begun with a key and the file could not be sealed with it.
    pub fn lacks_its_seal(&self) -> bool {
        !self.is_sealed() && !self.origin.station.key.is_empty()
    }
}

/// Folds the records of a run, in order, into a trial file.
///
/// When the file can't be written, what is derived still goes to the observer, and the first
/// error is kept for [`Builder::failure`] and [`Builder::finish`].
pub struct Builder {
    path: PathBuf,
    fold: Fold,
    output: Output,
}

/// What the records come to beside what is written at once.
#[derive(Default)]
struct Fold {
    derive: Derive,
    documents: Vec<Document>,
    origin: Option<Origin>,
    end: Option<End>,
    heads: Checkpoints,
    last: TrialTime,
    next_sequence: u64,
}

impl Fold {
    fn record(&mut self, record: &Record<'_>, sink: &mut impl Sink) -> Result<(), EvidenceError> {
        match &record.body {
            Body::Document(document) => self.documents.push(document.clone()),
            Body::Origin(origin) => self.origin = Some(origin.clone()),
            Body::End(end) => self.end = Some(end.clone()),
            Body::Head(head) => self.heads.push(record.sequence, head),
            _ => {}
        }
        self.last = self.last.max(record.at);
        self.next_sequence = record.sequence + 1;
        self.derive.feed(record, sink)?;
        Ok(())
    }

    fn block(&mut self, block: &Block<'_>, sink: &mut impl Sink) -> Result<(), EvidenceError> {
        if let Some(next) = missing_until(block) {
            self.derive.hole(next)?;
        }
        for record in records(block.body) {
            self.record(&record.decode()?, sink)?;
        }
        Ok(())
    }

    fn journal(
        &mut self,
        mut reader: Reader<SegmentChain>,
        sink: &mut impl Sink,
    ) -> Result<ChainValue, EvidenceError> {
        while let Some(block) = reader.next_block()? {
            self.block(&block, sink)?;
        }
        Ok(reader.root())
    }
}

/// Where derived things go. The sink's methods have no result, so the first error is kept.
struct Output {
    path: PathBuf,
    plan: Option<Arc<Plan>>,
    writer: Option<TrialWriter>,
    failure: Option<TrialFileError>,
}

impl Output {
    fn write(&mut self, step: impl FnOnce(&mut TrialWriter) -> Result<(), TrialFileError>) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = step(writer)
        {
            // A file with a hole in it is of no use, and is never closed: the library may crash
            // when it closes a file that it could not write.
            std::mem::forget(self.writer.take());
            self.failure = Some(error);
        }
    }
}

impl Sink for Output {
    fn begin(&mut self, origin: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.plan = Some(Arc::clone(plan));
        match TrialWriter::create(&self.path, origin, Arc::clone(plan), groups) {
            Ok(writer) => self.writer = Some(writer),
            Err(error) => self.failure = Some(error),
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        self.write(|writer| writer.row(row));
    }

    fn gap(&mut self, gap: Gap) {
        self.write(|writer| writer.gap(gap));
    }

    fn link(&mut self, at: TrialTime, link: usize, state: &LinkState) {
        if let Some(event) = self.plan.as_ref().and_then(|plan| link_event(plan, link, state)) {
            self.event(at, &event);
        }
    }

    fn mark(&mut self, at: TrialTime, mark: &Mark) {
        self.write(|writer| {
            writer.mark(at, mark);
            Ok(())
        });
    }

    fn event(&mut self, at: TrialTime, event: &Event) {
        self.write(|writer| {
            writer.event(at, event);
            Ok(())
        });
    }

    fn clock(&mut self, at: TrialTime, pair: &ClockPair) {
        self.write(|writer| writer.clock(at, pair));
    }
}

/// A change of a link, as the trial file lists it among the events.
pub(crate) fn link_event(plan: &Plan, link: usize, state: &LinkState) -> Option<Event> {
    let id = &plan.links.get(link)?.id;
    let direction = if state.up { "up" } else { "down" };
    Some(Event { kind: EventKind::Link, text: format!("{id} {direction}: {}", state.why) })
}

/// Two sinks fed as one.
struct Both<'a, A, B>(&'a mut A, &'a mut B);

impl<A: Sink, B: Sink> Sink for Both<'_, A, B> {
    fn begin(&mut self, origin: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.0.begin(origin, plan, groups);
        self.1.begin(origin, plan, groups);
    }

    fn row(&mut self, row: &Row<'_>) {
        self.0.row(row);
        self.1.row(row);
    }

    fn gap(&mut self, gap: Gap) {
        self.0.gap(gap);
        self.1.gap(gap);
    }

    fn link(&mut self, at: TrialTime, link: usize, state: &LinkState) {
        self.0.link(at, link, state);
        self.1.link(at, link, state);
    }

    fn mark(&mut self, at: TrialTime, mark: &Mark) {
        self.0.mark(at, mark);
        self.1.mark(at, mark);
    }

    fn event(&mut self, at: TrialTime, event: &Event) {
        self.0.event(at, event);
        self.1.event(at, event);
    }

    fn clock(&mut self, at: TrialTime, pair: &ClockPair) {
        self.0.clock(at, pair);
        self.1.clock(at, pair);
    }
}

impl Builder {
    /// Builds into the partial file of a run's folder, which is thrown away first if an earlier
    /// attempt left one.
    ///
    /// # Errors
    /// The old partial file can't be removed.
    pub fn new(folder: &RunFolder) -> Result<Builder, EvidenceError> {
        let path = folder.partial_file();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(crate::io("remove", &path)(error));
            }
            _ => {}
        }
        Ok(Builder {
            output: Output { path: path.clone(), plan: None, writer: None, failure: None },
            path,
            fold: Fold::default(),
        })
    }

    /// Takes the next record; `observer` sees everything that is derived from it.
    ///
    /// # Errors
    /// The record can't follow the ones before it.
    pub fn feed(
        &mut self,
        record: &Record<'_>,
        observer: &mut impl Sink,
    ) -> Result<(), EvidenceError> {
        self.fold.record(record, &mut Both(&mut self.output, observer))
    }

    /// Why the file can't be written; `None` while it can.
    pub fn failure(&self) -> Option<&TrialFileError> {
        self.output.failure.as_ref()
    }

    /// Takes the next block, after what is damaged before it; `observer` sees everything that is
    /// derived from it.
    ///
    /// # Errors
    /// As [`Builder::feed`]; records are missing without which nothing can be derived.
    pub fn feed_block(
        &mut self,
        block: &Block<'_>,
        observer: &mut impl Sink,
    ) -> Result<(), EvidenceError> {
        self.fold.block(block, &mut Both(&mut self.output, observer))
    }

    /// Number of records fed.
    pub fn next_sequence(&self) -> u64 {
        self.fold.next_sequence
    }

    /// Feeds every record of a closed journal. What is derived is written by this thread, while
    /// another one goes on deriving.
    ///
    /// # Errors
    /// As [`Builder::feed`]; a journal that can't be read.
    pub fn feed_journal(&mut self, folder: &Path) -> Result<ChainValue, EvidenceError> {
        let reader = Reader::open(folder)?;
        let (mut relay, batches) = relay();
        let (fold, output) = (&mut self.fold, &mut self.output);
        std::thread::scope(|scope| {
            // The relay ends with the thread, and so do the batches.
            let derived = scope.spawn(move || fold.journal(reader, &mut relay));
            // By value: where writing panics they go with it, and the other thread ends too.
            for batch in batches {
                batch.replay(output);
            }
            derived.join().unwrap_or_else(|_| {
                let source = std::io::Error::other("the deriving thread ended by itself");
                Err(EvidenceError::Io { doing: "derive from", path: folder.to_owned(), source })
            })
        })
    }

    /// Evaluates, embeds the journal, makes the file durable, seals it if `key` is the one with
    /// which the run was begun, and gives it its name.
    ///
    /// # Errors
    /// Nothing was begun, or the file can't be written; the run's folder is then as it was.
    pub fn finish(
        mut self,
        folder: &RunFolder,
        root: ChainValue,
        key: Option<&StationKey>,
    ) -> Result<Built, EvidenceError> {
        if let Some(error) = self.output.failure.take() {
            return Err(error.into());
        }
        let nothing = || EvidenceError::NothingToBuild(folder.path());
        let writer = self.output.writer.take().ok_or_else(nothing)?;
        let head = RunHead {
            origin: self.fold.origin.take().ok_or_else(nothing)?,
            end: self.fold.end.take(),
            span: Span::new(TrialTime::ZERO, self.fold.last),
        };
        let mut samples =
            writer.finish_samples(&head, self.fold.derive.accounting(), &self.fold.documents)?;
        let findings = verdict::evaluate(samples.recording())?;
        write_derived(&mut samples)?;
        let mut journal = SegmentChain::closed(&folder.path());
        let origin = samples.recording().head().origin.clone();
        let key = key.filter(|key| key.public().to_hex() == origin.station.key);
        let sealing = Sealing {
            journal_root: root.0,
            tag: run_tag(&folder.path())?.0,
            checkpoints: &self.fold.heads.to_json(&origin)?,
            sign: &mut |statement| key.and_then(|key| key.sign_seal(statement)),
        };
        let seal = samples.finish(Some(&findings), &mut journal, sealing)?;
        check_embedded(&self.path, root)?;
        folder.publish(&self.path)?;
        Ok(Built { path: folder.trial_file(), origin, findings, seal })
    }
}

fn write_derived(samples: &mut FinishedSamples) -> Result<(), EvidenceError> {
    let plan = samples.recording().shared_plan();
    for derived in &plan.scenario.derived {
        let mut all = Chunk::default();
        let span = samples.recording().head().span;
        verdict::derived_samples(samples.recording(), &plan, &derived.id, span, &mut |chunk| {
            all.times.extend_from_slice(&chunk.times);
            all.values.extend_from_slice(&chunk.values);
            all.qualities.extend_from_slice(&chunk.qualities);
        })?;
        samples.derived(derived, &all)?;
    }
    Ok(())
}

/// Opens the finished file: only what can be read may take the place of the run's folder, and only
/// with the journal in it of which the samples were derived. The journal was read a second time to
/// be embedded; every dataset was held against what was written when the file was closed.
fn check_embedded(path: &Path, root: ChainValue) -> Result<(), EvidenceError> {
    let file = TrialFile::open_own(path)?;
    let mut journal = Reader::new(file.journal()?);
    while journal.next_block()?.is_some() {}
    let same = journal.root() == root
        && journal.ending() == Some(Ending::Clean)
        && file.document_with_other_digest()?.is_none();
    if same { Ok(()) } else { Err(EvidenceError::FinishedFileDiffers(path.to_owned())) }
}

/// The findings of a trial file evaluated anew.
pub(crate) fn evaluate(file: &TrialFile) -> Result<Findings, EvidenceError> {
    Ok(verdict::evaluate(file)?)
}

/// Number of the record behind those that are missing before a block; `None` if none is.
pub(crate) fn missing_until(block: &Block<'_>) -> Option<u64> {
    let place = block.damage?.place;
    (place.next > place.first_missing).then_some(place.next)
}
