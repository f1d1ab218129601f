//! The one path from records to a trial file.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use journal::{ChainValue, Ending, Reader, records};
use trial::document::Document;
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::{Body, ClockPair, End, Event, EventKind, LinkState, Mark, Origin, Record};
use trial::recording::{Chunk, Gap, Recording as _, RunHead, SampleGroup};
use trial::time::{Span, TrialTime};
use trialfile::{FinishedSamples, Seal, Sealing, TrialFile, TrialFileError, TrialWriter};
use wire::derive::{Derive, Row, Sink};

use crate::{EvidenceError, RunFolder};

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

/// Folds the records of a run, in order, into a trial file.
pub struct Builder {
    path: PathBuf,
    derive: Derive,
    documents: Vec<Document>,
    origin: Option<Origin>,
    end: Option<End>,
    last: TrialTime,
    next_sequence: u64,
    output: Output,
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
        if let (Some(writer), None) = (&mut self.writer, &self.failure) {
            self.failure = step(writer).err();
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
        self.write(|writer| {
            writer.row(row.group, row.time, row.time_uncertainty_ns, row.record, row.samples)
        });
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

/// A sink that looks at nothing.
pub(crate) struct Ignore;

impl Sink for Ignore {
    fn row(&mut self, _: &Row<'_>) {}
    fn gap(&mut self, _: Gap) {}
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
            derive: Derive::new(),
            documents: Vec::new(),
            origin: None,
            end: None,
            last: TrialTime::ZERO,
            next_sequence: 0,
        })
    }

    /// Takes the next record; `observer` sees everything that is derived from it.
    ///
    /// # Errors
    /// The record can't follow the ones before it, or the file can't be written.
    pub fn feed(
        &mut self,
        record: &Record<'_>,
        observer: &mut impl Sink,
    ) -> Result<(), EvidenceError> {
        match &record.body {
            Body::Document(document) => self.documents.push(document.clone()),
            Body::Origin(origin) => self.origin = Some(origin.clone()),
            Body::End(end) => self.end = Some(end.clone()),
            _ => {}
        }
        self.last = self.last.max(record.at);
        self.next_sequence = record.sequence + 1;
        self.derive.feed(record, &mut Both(&mut self.output, observer))?;
        match self.output.failure.take() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Number of records fed.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Feeds every record of a closed journal.
    ///
    /// # Errors
    /// As [`Builder::feed`]; a journal that can't be read.
    pub fn feed_journal(&mut self, folder: &Path) -> Result<ChainValue, EvidenceError> {
        let mut reader = Reader::open(folder)?;
        while let Some(block) = reader.next_block()? {
            for record in records(block.body) {
                self.feed(&record.decode()?, &mut Ignore)?;
            }
        }
        Ok(reader.root())
    }

    /// Evaluates, embeds the journal, makes the file durable and gives it its name.
    ///
    /// # Errors
    /// Nothing was begun, or the file can't be written; the run's folder is then as it was.
    pub fn finish(mut self, folder: &RunFolder, root: ChainValue) -> Result<Built, EvidenceError> {
        let nothing = || EvidenceError::NothingToBuild(folder.path());
        let writer = self.output.writer.take().ok_or_else(nothing)?;
        let head = RunHead {
            origin: self.origin.take().ok_or_else(nothing)?,
            end: self.end.take(),
            span: Span::new(TrialTime::ZERO, self.last),
        };
        let samples = writer.finish_samples(&head, self.derive.accounting(), &self.documents)?;
        let findings = verdict::evaluate(samples.recording())?;
        write_derived(&samples)?;
        let mut journal = journal::SegmentChain::closed(&folder.path());
        let sealing =
            Sealing { journal_root: root.0, tag: [0; 16], checkpoints: "", sign: &mut |_| None };
        let origin = samples.recording().head().origin.clone();
        let seal = samples.finish(Some(&findings), &mut journal, sealing)?;
        check_embedded(&self.path, root)?;
        folder.publish(&self.path)?;
        Ok(Built { path: folder.trial_file(), origin, findings, seal })
    }
}

fn write_derived(samples: &FinishedSamples) -> Result<(), EvidenceError> {
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

/// Reads the journal back out of the finished file: only then may the run's folder go.
fn check_embedded(path: &Path, root: ChainValue) -> Result<(), EvidenceError> {
    let file = TrialFile::open_own(path)?;
    let mut reader = Reader::new(file.journal()?);
    while reader.next_block()?.is_some() {}
    if reader.root() == root && reader.ending() == Some(Ending::Clean) {
        Ok(())
    } else {
        Err(EvidenceError::EmbeddedJournalDiffers(path.to_owned()))
    }
}

/// The findings of a trial file evaluated anew.
pub(crate) fn evaluate(file: &TrialFile) -> Result<Findings, EvidenceError> {
    Ok(verdict::evaluate(file)?)
}

/// Reads a whole journal stream, feeding a fold.
pub(crate) fn fold(
    journal: impl Read,
    derive: &mut Derive,
    sink: &mut impl Sink,
    each: &mut dyn FnMut(&Record<'_>),
) -> Result<(ChainValue, Ending), EvidenceError> {
    let mut reader = Reader::new(journal);
    while let Some(block) = reader.next_block()? {
        for record in records(block.body) {
            let record = record.decode()?;
            each(&record);
            derive.feed(&record, sink)?;
        }
    }
    Ok((reader.root(), reader.ending().unwrap_or(Ending::Clean)))
}
