//! What is derived anew from the journal, against what is stored; the columns in [`super::columns`].

use std::sync::Arc;

use trial::document::Document;
use trial::plan::Plan;
use trial::record::{ClockPair, End, Event, LinkState, Mark, Origin};
use trial::recording::{Accounting, Chunk, Gap, Recording, SampleGroup};
use trial::rows::GroupRows;
use trial::time::{Span, TrialTime};
use trialfile::{TrialFile, layout};
use wire::derive::{Derive, Row, Sink};

use super::columns::{Batch, Comparing};
use super::{Difference, Part};
use crate::EvidenceError;
use crate::builder::link_event;

/// Differences that are told; a file with more is no better told.
pub(super) const MAX_DIFFERENCES: usize = 20;

/// A sink that compares what is derived with what is stored.
pub(super) struct Compare<'a> {
    file: &'a TrialFile,
    /// Of each group.
    groups: Vec<Waiting>,
    columns: Comparing,
    gaps: Vec<Gap>,
    marks: Vec<(TrialTime, Mark)>,
    events: Vec<(TrialTime, Event)>,
    clock: Vec<(TrialTime, ClockPair)>,
    origin: Option<Origin>,
    pub differences: Vec<Difference>,
}

/// Derived rows of a group that wait to be handed over.
struct Waiting {
    plan: Arc<Plan>,
    group: SampleGroup,
    rows: GroupRows,
    /// Rows that are handed over at once.
    most: usize,
}

impl Waiting {
    fn new(plan: &Arc<Plan>, group: &SampleGroup) -> Waiting {
        let most = layout::chunk_rows(plan, group);
        let rows = GroupRows::new(plan, group, most);
        Waiting { plan: Arc::clone(plan), group: group.clone(), rows, most }
    }
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
    pub fn new(file: &'a TrialFile, columns: Comparing) -> Compare<'a> {
        Compare {
            file,
            groups: Vec::new(),
            columns,
            gaps: Vec::new(),
            marks: Vec::new(),
            events: Vec::new(),
            clock: Vec::new(),
            origin: None,
            differences: Vec::new(),
        }
    }

    pub fn differ(&mut self, difference: Difference) {
        if self.differences.len() < MAX_DIFFERENCES {
            self.differences.push(difference);
        }
    }

    /// Hands the rows of a group over to be compared.
    fn hand_over(&mut self, index: usize) {
        let Some(waiting) = self.groups.get_mut(index) else { return };
        let spare = self
            .columns
            .spare(index)
            .unwrap_or_else(|| GroupRows::new(&waiting.plan, &waiting.group, waiting.most));
        let rows = std::mem::replace(&mut waiting.rows, spare);
        self.columns.compare(Batch::Rows { index, rows });
    }

    /// Hands over what still waits; nothing is derived behind it.
    pub fn close_columns(&mut self) {
        for index in 0..self.groups.len() {
            self.hand_over(index);
        }
        self.columns.close();
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
    fn begin(&mut self, origin: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.origin = Some(origin.clone());
        let known = self.file.plan().channels.len();
        let all_known =
            |group: &SampleGroup| group.channels.iter().all(|one| (one.0 as usize) < known);
        if !groups.iter().all(all_known) {
            // Nothing that is derived has a place in the file.
            self.differ(Difference::Part(Part::Groups));
            return;
        }
        self.groups = groups.iter().map(|group| Waiting::new(plan, group)).collect();
        self.columns.compare(Batch::Groups(groups.to_vec()));
    }

    fn row(&mut self, row: &Row<'_>) {
        let index = row.group.0 as usize;
        let Some(Waiting { rows, most, .. }) = self.groups.get_mut(index) else { return };
        let pushed = rows.push(row);
        let full = rows.len() == *most;
        if pushed.is_err() {
            // The recorded plan has groups with other channels than those that are told.
            self.differ(Difference::Part(Part::Groups));
        }
        if full {
            self.hand_over(index);
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
