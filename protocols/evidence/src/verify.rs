//! Verification: the trial file against its own journal.
//!
//! The samples are derived anew from the embedded journal, with the code that the daemon runs,
//! and compared with the stored channels bit for bit.

use std::path::Path;
use std::sync::Arc;

use journal::Damaged;
use trial::channel::{ChannelIndex, Sample};
use trial::document::Document;
use trial::plan::Plan;
use trial::record::{Body, ClockPair, End, Event, JournalDamage, LinkState, Mark, Origin, Record};
use trial::recording::{Chunk, Gap, Recording, SampleGroup};
use trial::time::{Span, TrialTime};
use trialfile::TrialFile;
use wire::derive::{Derive, Row, Sink};

use crate::EvidenceError;
use crate::builder::{fold, link_event};

/// Rows that are collected before they are compared.
const COMPARED_ROWS: usize = 4096;
/// Differences that are told; a file with more is no better told.
const MAX_DIFFERENCES: usize = 20;

/// Something in a file that does not agree with its journal or its digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The digest of the file.
    #[error("the file's digest is not the one in its user block")]
    Digest,
    /// The embedded journal.
    #[error("the embedded journal does not check behind record {good_records}: {what}")]
    Journal {
        /// Records that do check.
        good_records: u64,
        /// What does not.
        what: String,
    },
    /// The root of the journal.
    #[error("the root of the embedded journal is not the one in the user block")]
    Root,
    /// A channel.
    #[error("channel {channel}, sample {sample}: {column} is not what the journal gives")]
    Channel {
        /// Which channel.
        channel: String,
        /// First differing sample of the compared stretch.
        sample: usize,
        /// Which column.
        column: &'static str,
    },
    /// Another part of the file.
    #[error("{0} is not what the journal gives")]
    Part(&'static str),
}

/// Result of a verification.
#[derive(Debug, Clone)]
pub struct Verification {
    /// What differs; empty if the file is whole.
    pub differences: Vec<Difference>,
    /// Number of journal records.
    pub records: u64,
    /// Number of samples compared.
    pub samples: u64,
    /// Journal root, hexadecimal.
    pub root: String,
    /// How the recording came to be, as the file says it; it is among what is compared.
    pub origin: Origin,
}

impl Verification {
    /// Whether nothing differs.
    pub fn is_whole(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Verifies a trial file.
///
/// # Errors
/// Not a trial file, or it can't be read. What was altered is no error but a difference.
pub fn verify(path: &Path) -> Result<Verification, EvidenceError> {
    let file = TrialFile::open(path)?;
    let seal = file.seal()?;
    let mut compare = Compare::new(&file);
    if !seal.matches(path, &mut |_| {})? {
        compare.differ(Difference::Digest);
    }
    let mut derive = Derive::new();
    let mut documents = Vec::new();
    let mut end = None;
    let mut last = TrialTime::ZERO;
    let mut records = 0;
    let (mut damaged, mut named) = (Vec::new(), Vec::new());
    let mut each = |record: &Record<'_>| {
        records = record.sequence + 1;
        last = last.max(record.at);
        match &record.body {
            Body::Document(document) => documents.push(document.clone()),
            Body::End(found) => end = Some(found.clone()),
            Body::Recovered(recovered) => named.extend_from_slice(&recovered.damage),
            _ => {}
        }
    };
    let mut damage = |found: Damaged| damaged.push(found);
    let folded = fold(file.journal()?, &mut derive, &mut compare, &mut each, &mut damage);
    for found in damaged.into_iter().filter(|found| !is_explained(found, &named)) {
        let good_records = found.place.first_missing;
        compare.differ(Difference::Journal { good_records, what: found.what.to_string() });
    }
    match folded {
        Ok((root, ending)) => {
            if let journal::Ending::Torn { damage } = ending {
                let what = damage.to_string();
                compare.differ(Difference::Journal { good_records: records, what });
            }
            if root.0 != seal.journal_root {
                compare.differ(Difference::Root);
            }
        }
        Err(EvidenceError::TrialFile(error)) => return Err(error.into()),
        Err(error) => {
            let what = error.to_string();
            compare.differ(Difference::Journal { good_records: records, what });
        }
    }
    compare.finish(&derive, &documents, end.as_ref(), last)?;
    let root = journal::ChainValue(seal.journal_root).to_hex();
    Ok(Verification {
        differences: compare.differences,
        records,
        samples: compare.samples,
        root,
        origin: file.head().origin.clone(),
    })
}

/// Whether recovery found this damage, too, and said so in the journal. A block that is whole but
/// does not follow the one before it is no damage that a disk does: it was put there.
fn is_explained(found: &Damaged, named: &[JournalDamage]) -> bool {
    let place = &found.place;
    named.contains(place) && (found.chain_holds || place.next > place.first_missing)
}

/// A sink that compares what is derived with what is stored.
struct Compare<'a> {
    file: &'a TrialFile,
    groups: Vec<GroupRows>,
    gaps: Vec<Gap>,
    marks: Vec<(TrialTime, Mark)>,
    events: Vec<(TrialTime, Event)>,
    clock: Vec<(TrialTime, ClockPair)>,
    origin: Option<Origin>,
    differences: Vec<Difference>,
    failure: Option<EvidenceError>,
    samples: u64,
}

/// Derived rows of a group that wait to be compared.
#[derive(Default)]
struct GroupRows {
    channels: Vec<ChannelIndex>,
    start: usize,
    times: Vec<TrialTime>,
    uncertainties: Vec<u32>,
    records: Vec<u64>,
    samples: Vec<Sample>,
}

impl<'a> Compare<'a> {
    fn new(file: &'a TrialFile) -> Compare<'a> {
        Compare {
            file,
            groups: Vec::new(),
            gaps: Vec::new(),
            marks: Vec::new(),
            events: Vec::new(),
            clock: Vec::new(),
            origin: None,
            differences: Vec::new(),
            failure: None,
            samples: 0,
        }
    }

    fn differ(&mut self, difference: Difference) {
        if self.differences.len() < MAX_DIFFERENCES {
            self.differences.push(difference);
        }
    }

    fn compare_group(&mut self, index: usize) -> Result<(), EvidenceError> {
        let rows = std::mem::take(&mut self.groups[index]);
        let count = rows.times.len();
        let width = rows.channels.len();
        for (position, &channel) in rows.channels.iter().enumerate() {
            let mine = rows.samples.iter().skip(position).step_by(width.max(1));
            if let Some((sample, column)) = self.compare_channel(channel, &rows, mine)? {
                let channel = self.file.plan().channel_at(channel).id.0.clone();
                self.differ(Difference::Channel { channel, sample, column });
            }
            self.samples += count as u64;
        }
        let start = rows.start + count;
        self.groups[index] = GroupRows { channels: rows.channels, start, ..GroupRows::default() };
        Ok(())
    }

    fn compare_channel<'s>(
        &self,
        channel: ChannelIndex,
        rows: &GroupRows,
        mine: impl Iterator<Item = &'s Sample>,
    ) -> Result<Option<(usize, &'static str)>, EvidenceError> {
        let count = rows.times.len();
        let stored = self.file.samples(channel, rows.start, count)?;
        let Chunk { times, time_uncertainties_ns, values, qualities } = stored.chunk;
        let differs = |column| Ok(Some((rows.start, column)));
        if times != rows.times {
            return differs("time");
        }
        if time_uncertainties_ns != rows.uncertainties {
            return differs("time_uncertainty");
        }
        if stored.records != rows.records {
            return differs("record");
        }
        for (offset, sample) in mine.enumerate() {
            let at = rows.start + offset;
            if values.get(offset).map(|value| value.to_bits()) != Some(sample.value.to_bits()) {
                return Ok(Some((at, "value")));
            }
            if stored.raws.get(offset) != Some(&sample.raw) {
                return Ok(Some((at, "raw")));
            }
            if qualities.get(offset) != Some(&sample.quality) {
                return Ok(Some((at, "quality")));
            }
        }
        Ok(None)
    }

    fn finish(
        &mut self,
        derive: &Derive,
        documents: &[Document],
        end: Option<&End>,
        last: TrialTime,
    ) -> Result<(), EvidenceError> {
        for index in 0..self.groups.len() {
            self.compare_group(index)?;
            let GroupRows { channels, start, .. } = &self.groups[index];
            let (channels, start) = (channels.clone(), *start);
            for channel in channels {
                if self.file.sample_count(channel)? != start {
                    let channel = self.file.plan().channel_at(channel).id.0.clone();
                    self.differ(Difference::Channel { channel, sample: start, column: "length" });
                }
            }
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let head = self.file.head();
        let stored_documents = self.file.documents()?.documents;
        let parts = [
            ("the list of groups", derive.groups() != self.file.groups()),
            ("the list of gaps", self.gaps != self.file.gaps()),
            ("the list of marks", self.marks != self.file.marks()),
            ("the list of events", self.events != self.file.events()),
            ("the list of clock pairs", self.clock != self.file.clock()),
            ("the accounting", derive.accounting() != self.file.accounting()),
            ("the set of documents", documents != stored_documents),
            ("the origin", self.origin.as_ref() != Some(&head.origin)),
            ("the end", end != head.end.as_ref()),
            ("the length of the run", head.span != Span::new(TrialTime::ZERO, last)),
        ];
        for (part, differs) in parts {
            if differs {
                self.differ(Difference::Part(part));
            }
        }
        // Findings of another version of the software are not expected to be the same.
        let same_software = head.origin.software == crate::SOFTWARE;
        let stored = self.file.findings()?;
        if same_software && stored.as_ref() != Some(&crate::builder::evaluate(self.file)?) {
            self.differ(Difference::Part("the list of findings"));
        }
        Ok(())
    }
}

impl Sink for Compare<'_> {
    fn begin(&mut self, origin: &Origin, _plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.origin = Some(origin.clone());
        self.groups = groups
            .iter()
            .map(|group| GroupRows { channels: group.channels.clone(), ..GroupRows::default() })
            .collect();
    }

    fn row(&mut self, row: &Row<'_>) {
        let index = row.group.0 as usize;
        let Some(rows) = self.groups.get_mut(index) else { return };
        rows.times.push(row.time);
        rows.uncertainties.push(row.time_uncertainty_ns);
        rows.records.push(row.record);
        rows.samples.extend_from_slice(row.samples);
        if rows.times.len() == COMPARED_ROWS && self.failure.is_none() {
            self.failure = self.compare_group(index).err();
        }
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    fn link(&mut self, at: TrialTime, link: usize, state: &LinkState) {
        if let Some(event) = link_event(self.file.plan(), link, state) {
            self.event(at, &event);
        }
    }

    fn mark(&mut self, at: TrialTime, mark: &Mark) {
        self.marks.push((at, mark.clone()));
    }

    fn event(&mut self, at: TrialTime, event: &Event) {
        self.events.push((at, event.clone()));
    }

    fn clock(&mut self, at: TrialTime, pair: &ClockPair) {
        self.clock.push((at, *pair));
    }
}
