//! Rows of a group of channels, sorted into columns as they come: on their way into a trial file,
//! and on their way to be held against one.
//!
//! Invariants:
//! - Raw numbers are kept in their channel's own type, bit for bit.
//! - A column of qualities is empty as long as all in it are good.

mod raws;

use trial::channel::{RawType, Sample};
use trial::plan::Plan;
use trial::recording::SampleGroup;
use trial::time::TrialTime;

use crate::TrialFileError;
pub(crate) use raws::{RawColumn, with_raws};

/// Rows that are collected as they come before they are sorted into columns: many channels'
/// columns lie far apart in memory, and are visited once for so many rows.
pub(crate) const STAGED_ROWS: usize = 16;

/// Collected rows of one group.
#[derive(Debug)]
pub struct GroupRows {
    /// Nanoseconds.
    pub(crate) times: Vec<i64>,
    /// Half widths of their uncertainty, in nanoseconds.
    pub(crate) uncertainties: Vec<u32>,
    /// Numbers of the journal records that completed the frames.
    pub(crate) records: Vec<u64>,
    /// Samples of the last rows, row by row, that are in no column yet.
    staged: Vec<Sample>,
    pub(crate) columns: Vec<RowColumn>,
    /// Rows for which room is made.
    rows: usize,
}

/// Collected samples of one channel.
#[derive(Debug)]
pub(crate) struct RowColumn {
    pub values: Vec<f64>,
    pub raws: RawColumn,
    /// Codes; empty while all are good.
    pub qualities: Vec<u16>,
}

impl GroupRows {
    /// Room for so many rows of a group's channels.
    pub fn new(plan: &Plan, group: &SampleGroup, rows: usize) -> GroupRows {
        let raw_types = group.channels.iter().map(|&channel| plan.channel_at(channel).raw_type);
        GroupRows {
            times: Vec::new(),
            uncertainties: Vec::new(),
            records: Vec::new(),
            staged: Vec::new(),
            columns: raw_types.map(RowColumn::new).collect(),
            rows,
        }
    }

    /// Adds a row: one sample for each channel, in the order of the group.
    ///
    /// # Errors
    /// Another number of samples, or a raw number that is not of its channel's type.
    pub fn push(
        &mut self,
        time: TrialTime,
        time_uncertainty_ns: u32,
        record: u64,
        samples: &[Sample],
    ) -> Result<(), TrialFileError> {
        if samples.len() != self.columns.len() {
            return Err(malformed("a row", "it has not one sample a channel"));
        }
        self.times.push(time.0);
        self.uncertainties.push(time_uncertainty_ns);
        self.records.push(record);
        self.staged.extend_from_slice(samples);
        if self.times.len().is_multiple_of(STAGED_ROWS) { self.sort() } else { Ok(()) }
    }

    /// Takes all samples as they came into the columns.
    pub(crate) fn sort(&mut self) -> Result<(), TrialFileError> {
        let width = self.columns.len().max(1);
        let first_row = self.times.len() - self.staged.len() / width;
        for (position, column) in self.columns.iter_mut().enumerate() {
            if first_row == 0 {
                column.reserve(self.rows);
            }
            if !column.extend(first_row, Strided { all: &self.staged, width, position }) {
                return Err(malformed("a sample", "it is not of its channel's raw type"));
            }
        }
        self.staged.clear();
        Ok(())
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Number of the journal record that completed the frame of a row.
    pub fn record(&self, row: usize) -> Option<u64> {
        self.records.get(row).copied()
    }

    /// Forgets the rows, but keeps their room.
    pub fn clear(&mut self) {
        self.times.clear();
        self.uncertainties.clear();
        self.records.clear();
        self.staged.clear();
        for column in &mut self.columns {
            column.values.clear();
            column.raws.clear();
            column.qualities.clear();
        }
    }
}

impl RowColumn {
    fn new(raw_type: RawType) -> RowColumn {
        RowColumn { values: Vec::new(), raws: RawColumn::new(raw_type), qualities: Vec::new() }
    }

    fn reserve(&mut self, rows: usize) {
        self.values.reserve_exact(rows.saturating_sub(self.values.len()));
        self.raws.reserve(rows);
    }

    /// Adds the samples of the rows from `first_row` on; `false` if a raw number is of another
    /// type.
    fn extend(&mut self, first_row: usize, samples: Strided<'_>) -> bool {
        self.values.extend(samples.iter().map(|sample| sample.value));
        let good = samples.iter().fold(true, |good, sample| good & sample.quality.is_good());
        if !good || !self.qualities.is_empty() {
            self.qualities.resize(first_row, 0);
            self.qualities.extend(samples.iter().map(|sample| sample.quality.to_code()));
        }
        self.raws.extend(samples.iter().map(|sample| sample.raw))
    }
}

/// The samples of one channel among those of some rows.
#[derive(Debug, Clone, Copy)]
struct Strided<'a> {
    all: &'a [Sample],
    width: usize,
    position: usize,
}

impl<'a> Strided<'a> {
    /// In whole rows there is one in each.
    fn iter(self) -> impl ExactSizeIterator<Item = &'a Sample> + Clone {
        let Strided { all, width, position } = self;
        all.chunks_exact(width).map(move |row| &row[position])
    }
}

fn malformed(what: &str, why: &str) -> TrialFileError {
    TrialFileError::Malformed { what: what.to_owned(), why: why.to_owned() }
}
