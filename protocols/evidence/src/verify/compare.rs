//! What is derived anew from the journal, against what is stored.

use std::sync::Arc;

use trial::channel::{ChannelIndex, Quality, Raw, Sample};
use trial::document::Document;
use trial::plan::Plan;
use trial::record::{ClockPair, End, Event, LinkState, Mark, Origin};
use trial::recording::{Accounting, Chunk, Gap, Recording, SampleGroup};
use trial::time::{Span, TrialTime};
use trialfile::{ChannelColumns, TrialFile};
use wire::derive::{Derive, Row, Sink};

use super::{Difference, Part};
use crate::EvidenceError;
use crate::builder::link_event;

/// Rows that are collected before they are compared.
const COMPARED_ROWS: usize = 4096;
/// Rows that are collected before they are sorted into columns: few enough to stay in the
/// processor's nearest memory.
const SORTED_ROWS: usize = 32;
/// Differences that are told; a file with more is no better told.
const MAX_DIFFERENCES: usize = 20;

/// A sink that compares what is derived with what is stored.
pub(super) struct Compare<'a> {
    file: &'a TrialFile,
    groups: Vec<GroupRows>,
    gaps: Vec<Gap>,
    marks: Vec<(TrialTime, Mark)>,
    events: Vec<(TrialTime, Event)>,
    clock: Vec<(TrialTime, ClockPair)>,
    origin: Option<Origin>,
    pub differences: Vec<Difference>,
    failure: Option<EvidenceError>,
    pub samples: u64,
}

/// Derived rows of a group that wait to be compared.
#[derive(Default)]
struct GroupRows {
    channels: Vec<ChannelIndex>,
    /// Of each channel, and whether it shares its times with the first one.
    columns: Vec<(ChannelColumns, bool)>,
    start: usize,
    times: Vec<TrialTime>,
    uncertainties: Vec<u32>,
    records: Vec<u64>,
    /// Rows that are not yet in `own`.
    samples: Vec<Sample>,
    /// By channel.
    own: Vec<OwnRows>,
}

/// Derived columns of one channel.
#[derive(Default, Clone)]
struct OwnRows {
    values: Vec<f64>,
    raws: Vec<Raw>,
    qualities: Vec<Quality>,
}

impl GroupRows {
    fn open(file: &TrialFile, group: &SampleGroup) -> Result<GroupRows, EvidenceError> {
        let mut columns: Vec<(ChannelColumns, bool)> = Vec::with_capacity(group.channels.len());
        for &channel in &group.channels {
            let opened = file.columns(channel)?;
            let shares = match columns.first() {
                Some((first, _)) => opened.shares_with(first)?,
                None => false,
            };
            columns.push((opened, shares));
        }
        let own = vec![OwnRows::default(); group.channels.len()];
        Ok(GroupRows { channels: group.channels.clone(), columns, own, ..GroupRows::default() })
    }

    fn push(&mut self, row: &Row<'_>) {
        self.times.push(row.time);
        self.uncertainties.push(row.time_uncertainty_ns);
        self.records.push(row.record);
        self.samples.extend_from_slice(row.samples);
        if self.times.len().is_multiple_of(SORTED_ROWS) {
            self.sort();
        }
    }

    /// Sorts the rows that were collected into columns.
    fn sort(&mut self) {
        let width = self.channels.len().max(1);
        for (position, own) in self.own.iter_mut().enumerate() {
            for sample in self.samples.iter().skip(position).step_by(width) {
                own.values.push(sample.value);
                own.raws.push(sample.raw);
                own.qualities.push(sample.quality);
            }
        }
        self.samples.clear();
    }

    /// The first difference between a channel and these rows: its offset and column.
    fn differs(&self, position: usize) -> Result<Option<(usize, &'static str)>, EvidenceError> {
        let Some((columns, shares)) = self.columns.get(position) else { return Ok(None) };
        let count = self.times.len();
        if !shares {
            let stored = columns.shared(self.start, count)?;
            let found = first_other(&stored.times, &self.times)
                .map(|at| (at, "time"))
                .or_else(|| {
                    let at = first_other(&stored.time_uncertainties_ns, &self.uncertainties)?;
                    Some((at, "time_uncertainty"))
                })
                .or_else(|| Some((first_other(&stored.records, &self.records)?, "record")));
            if found.is_some() {
                return Ok(found);
            }
        }
        let (stored, Some(mine)) = (columns.own(self.start, count)?, self.own.get(position)) else {
            return Ok(None);
        };
        let found = [
            (first_other_bits(&stored.values, &mine.values), "value"),
            (first_other(&stored.raws, &mine.raws), "raw"),
            (first_other(&stored.qualities, &mine.qualities), "quality"),
        ];
        let found = found.into_iter().filter_map(|(at, column)| Some((at?, column)));
        Ok(found.min_by_key(|(at, _)| *at))
    }

    fn clear(&mut self) {
        for own in &mut self.own {
            own.values.clear();
            own.raws.clear();
            own.qualities.clear();
        }
        self.start += self.times.len();
        self.times.clear();
        self.uncertainties.clear();
        self.records.clear();
        self.samples.clear();
    }
}

/// Offset of the first entry in which two columns differ.
fn first_other<T: PartialEq>(stored: &[T], derived: &[T]) -> Option<usize> {
    if stored == derived {
        return None;
    }
    let same = stored.iter().zip(derived).take_while(|(stored, derived)| stored == derived);
    Some(same.count())
}

/// The same of numbers, bit for bit: a value that is no number equals itself, and 0 is not -0.
fn first_other_bits(stored: &[f64], derived: &[f64]) -> Option<usize> {
    let pairs = stored.iter().zip(derived);
    let same = pairs.take_while(|(stored, derived)| stored.to_bits() == derived.to_bits()).count();
    (same < stored.len().max(derived.len())).then_some(same)
}

/// Whether no poll and no byte is unaccounted for.
fn adds_up(accounting: &Accounting) -> bool {
    let devices = accounting
        .devices
        .iter()
        .all(|device| device.requested == device.answered + device.refused + device.missed);
    let links = accounting.links.iter().all(|link| link.received == link.framed + link.skipped);
    devices && links
}

impl<'a> Compare<'a> {
    pub fn new(file: &'a TrialFile) -> Compare<'a> {
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

    pub fn differ(&mut self, difference: Difference) {
        if self.differences.len() < MAX_DIFFERENCES {
            self.differences.push(difference);
        }
    }

    fn compare_group(&mut self, index: usize) -> Result<(), EvidenceError> {
        let Some(rows) = self.groups.get_mut(index) else { return Ok(()) };
        rows.sort();
        let rows = &*rows;
        let (start, count) = (rows.start, rows.times.len());
        let mut found = Vec::new();
        for (position, &channel) in rows.channels.iter().enumerate() {
            if let Some((offset, column)) = rows.differs(position)? {
                let record = rows.records.get(offset).copied();
                let channel = self.file.plan().channel_at(channel).id.0.clone();
                let sample = start + offset;
                found.push(Difference::Channel { channel, sample, column, record });
            }
        }
        self.samples += (count * rows.channels.len()) as u64;
        found.into_iter().for_each(|difference| self.differ(difference));
        if let Some(rows) = self.groups.get_mut(index) {
            rows.clear();
        }
        Ok(())
    }

    /// Compares the lengths of a group's columns, once all rows were.
    fn compare_lengths(&mut self, index: usize) {
        let Some(rows) = self.groups.get(index) else { return };
        let (start, channels, columns) = (rows.start, &rows.channels, &rows.columns);
        let mut found = Vec::new();
        for (&channel, (columns, _)) in channels.iter().zip(columns) {
            let (shortest, longest) = columns.lengths();
            if (shortest, longest) != (start, start) {
                let channel = self.file.plan().channel_at(channel).id.0.clone();
                let sample = start.min(shortest);
                found.push(Difference::Channel { channel, sample, column: "length", record: None });
            }
        }
        found.into_iter().for_each(|difference| self.differ(difference));
    }

    /// Compares the computed channels.
    fn compare_derived(&mut self) -> Result<(), EvidenceError> {
        let plan = self.file.shared_plan();
        for derived in &plan.scenario.derived {
            let mut all = Chunk::default();
            let span = self.file.head().span;
            verdict::derived_samples(self.file, &plan, &derived.id, span, &mut |chunk| {
                all.times.extend_from_slice(&chunk.times);
                all.values.extend_from_slice(&chunk.values);
                all.qualities.extend_from_slice(&chunk.qualities);
            })?;
            let same = self.file.derived(&derived.id)?.is_some_and(|stored| {
                let bits = |values: &[f64]| -> Vec<u64> {
                    values.iter().map(|value| value.to_bits()).collect()
                };
                stored.times == all.times
                    && bits(&stored.values) == bits(&all.values)
                    && stored.qualities == all.qualities
            });
            if !same {
                self.differ(Difference::Derived { channel: derived.id.clone() });
            }
        }
        Ok(())
    }

    pub fn finish(
        &mut self,
        derive: &Derive,
        documents: &[Document],
        end: Option<&End>,
        last: TrialTime,
    ) -> Result<(), EvidenceError> {
        for index in 0..self.groups.len() {
            self.compare_group(index)?;
            self.compare_lengths(index);
        }
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let head = self.file.head();
        let stored_documents = self.file.documents()?.documents;
        let parts = [
            (Part::Groups, derive.groups() != self.file.groups()),
            (Part::Gaps, self.gaps != self.file.gaps()),
            (Part::Marks, self.marks != self.file.marks()),
            (Part::Events, self.events != self.file.events()),
            (Part::Clock, self.clock != self.file.clock()),
            (Part::Accounting, derive.accounting() != self.file.accounting()),
            (Part::AccountingSums, !adds_up(self.file.accounting())),
            (Part::Documents, documents != stored_documents),
            (Part::Origin, self.origin.as_ref() != Some(&head.origin)),
            (Part::End, end != head.end.as_ref()),
            (Part::Length, head.span != Span::new(TrialTime::ZERO, last)),
        ];
        for (part, differs) in parts {
            if differs {
                self.differ(Difference::Part(part));
            }
        }
        if let Some(name) = self.file.document_with_other_digest()? {
            self.differ(Difference::Document { name });
        }
        // Findings of another version of the software are not expected to be the same.
        let same_software = head.origin.software == crate::SOFTWARE;
        if same_software {
            self.compare_derived()?;
        }
        let stored = self.file.findings()?;
        if same_software && stored.as_ref() != Some(&crate::builder::evaluate(self.file)?) {
            self.differ(Difference::Part(Part::Findings));
        }
        Ok(())
    }
}

impl Sink for Compare<'_> {
    fn begin(&mut self, origin: &Origin, _plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.origin = Some(origin.clone());
        let known = self.file.plan().channels.len();
        let all_known =
            |group: &SampleGroup| group.channels.iter().all(|one| (one.0 as usize) < known);
        if !groups.iter().all(all_known) {
            // Nothing that is derived has a place in the file.
            self.differ(Difference::Part(Part::Groups));
            return;
        }
        let opened: Result<Vec<GroupRows>, EvidenceError> =
            groups.iter().map(|group| GroupRows::open(self.file, group)).collect();
        match opened {
            Ok(groups) => self.groups = groups,
            Err(error) => self.failure = Some(error),
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let index = row.group.0 as usize;
        let Some(rows) = self.groups.get_mut(index) else { return };
        rows.push(row);
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
