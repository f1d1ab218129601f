//! The comparison of derived columns with stored ones, in a thread of its own: while it reads and
//! compares, the next rows are derived.
//!
//! Invariants:
//! - Rows of a group are compared in the order in which they were derived, each once.
//! - At most [`MAX_WAITING`] batches wait, each of no more rows than the file has in a chunk.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use trial::recording::{Recording as _, SampleGroup};
use trial::rows::GroupRows;
use trialfile::{PlacesLeft, StoredColumns, TrialFile};

use super::Difference;
use super::compare::MAX_DIFFERENCES;
use crate::EvidenceError;

/// Batches that wait to be compared.
const MAX_WAITING: usize = 2;

/// What is to be compared.
pub(super) enum Batch {
    /// The groups that there are; before all rows.
    Groups(Vec<SampleGroup>),
    /// Rows of a group.
    Rows { index: usize, rows: GroupRows },
}

/// The deriving side.
pub(super) struct Comparing {
    /// `None` once everything was handed over, or the other side has failed.
    to: Option<SyncSender<Batch>>,
    compared: Receiver<(usize, GroupRows)>,
    spare: Vec<(usize, GroupRows)>,
}

/// The comparing side.
pub(super) struct Batches {
    from: Receiver<Batch>,
    compared: Sender<(usize, GroupRows)>,
}

/// Both sides.
pub(super) fn pair() -> (Comparing, Batches) {
    let ((to, from), (back, compared)) = (sync_channel(MAX_WAITING), channel());
    (Comparing { to: Some(to), compared, spare: Vec::new() }, Batches { from, compared: back })
}

impl Comparing {
    /// Hands a batch over. If the other side has failed it is dropped, and the failure told there.
    pub fn compare(&mut self, batch: Batch) {
        if self.to.as_ref().is_some_and(|to| to.send(batch).is_err()) {
            self.to = None;
        }
    }

    /// Emptied rows of a group that were compared; `None` if none have come back.
    pub fn spare(&mut self, index: usize) -> Option<GroupRows> {
        self.spare.extend(self.compared.try_iter());
        let position = self.spare.iter().position(|(of, _)| *of == index)?;
        Some(self.spare.swap_remove(position).1)
    }

    /// Nothing more comes.
    pub fn close(&mut self) {
        self.to = None;
    }
}

/// What was found of the columns.
#[derive(Default)]
pub(super) struct ColumnsFound {
    pub differences: Vec<Difference>,
    /// Number of samples compared.
    pub samples: u64,
}

struct Group {
    stored: StoredColumns,
    /// Ids of its channels.
    channels: Vec<String>,
    /// Rows compared so far.
    start: usize,
}

/// Compares all batches, until no more come.
///
/// # Errors
/// A stored column is missing or can't be read.
pub(super) fn compare(file: &TrialFile, batches: Batches) -> Result<ColumnsFound, EvidenceError> {
    let mut found = ColumnsFound::default();
    let mut groups: Vec<Group> = Vec::new();
    while let Ok(batch) = batches.from.recv() {
        match batch {
            Batch::Groups(all) => {
                let mut left = PlacesLeft::default();
                let open = |one| Group::open(file, one, &mut left);
                groups = all.iter().map(open).collect::<Result<_, _>>()?;
            }
            Batch::Rows { index, mut rows } => {
                let Some(group) = groups.get_mut(index) else { continue };
                group.compare(&mut rows, &mut found)?;
                rows.clear();
                // Nobody waits for it once everything was handed over.
                let _ = batches.compared.send((index, rows));
            }
        }
    }
    groups.iter().for_each(|group| group.compare_lengths(&mut found));
    Ok(found)
}

impl ColumnsFound {
    fn differ(&mut self, difference: Difference) {
        if self.differences.len() < MAX_DIFFERENCES {
            self.differences.push(difference);
        }
    }
}

impl Group {
    fn open(
        file: &TrialFile,
        group: &SampleGroup,
        left: &mut PlacesLeft,
    ) -> Result<Group, EvidenceError> {
        let plan = file.plan();
        let channels = group.channels.iter().map(|&one| plan.channel_at(one).id.0.clone());
        let (stored, channels) = (StoredColumns::open(file, group, left)?, channels.collect());
        Ok(Group { stored, channels, start: 0 })
    }

    fn compare(
        &mut self,
        rows: &mut GroupRows,
        found: &mut ColumnsFound,
    ) -> Result<(), EvidenceError> {
        for difference in self.stored.differences(self.start, rows)? {
            let channel = self.channels.get(difference.position).cloned().unwrap_or_default();
            let (row, column) = (difference.row, difference.column);
            let (sample, record) = (self.start + row, rows.records().get(row).copied());
            found.differ(Difference::Channel { channel, sample, column, record });
        }
        self.start += rows.len();
        found.samples += (rows.len() * self.channels.len()) as u64;
        Ok(())
    }

    /// Compares the lengths of the columns, once all rows were.
    fn compare_lengths(&self, found: &mut ColumnsFound) {
        for (position, channel) in self.channels.iter().enumerate() {
            let Some((shortest, longest)) = self.stored.lengths(position) else { continue };
            if (shortest, longest) != (self.start, self.start) {
                let (channel, sample) = (channel.clone(), self.start.min(shortest));
                found.differ(Difference::Channel {
                    channel,
                    sample,
                    column: "length",
                    record: None,
                });
            }
        }
    }
}
