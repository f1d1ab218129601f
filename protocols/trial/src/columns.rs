//! Samples of channels sorted into columns: on their way into a trial file, and on their way to be
//! held against one.
//!
//! Invariants:
//! - Raw numbers are kept in their channel's own type, bit for bit.
//! - A column of qualities is empty as long as all in it are good.

mod raws;

use crate::channel::{RawType, Sample};
pub use raws::{RawColumn, RawNumber};

/// Samples of one channel, in the order of their rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleColumn {
    /// Values in the channel's unit; NaN where there is none.
    pub values: Vec<f64>,
    /// The numbers as the device gave them.
    pub raws: RawColumn,
    /// Codes of the qualities, 0 for good; empty while all are good.
    pub qualities: Vec<u16>,
}

impl SampleColumn {
    /// An empty column of raw numbers of this type.
    pub fn new(raw_type: RawType) -> SampleColumn {
        SampleColumn { values: Vec::new(), raws: RawColumn::new(raw_type), qualities: Vec::new() }
    }

    /// Makes room for so many rows in all.
    pub fn reserve(&mut self, rows: usize) {
        self.values.reserve_exact(rows.saturating_sub(self.values.len()));
        self.raws.reserve(rows);
    }

    /// Forgets the samples and gives their room back.
    pub fn release(&mut self) {
        self.values = Vec::new();
        self.raws.release();
        self.qualities = Vec::new();
    }

    /// Adds samples; `false` if a raw number is of another type, and then the column is of no use.
    pub fn extend(&mut self, samples: impl ExactSizeIterator<Item = Sample> + Clone) -> bool {
        let first_row = self.values.len();
        self.values.extend(samples.clone().map(|sample| sample.value));
        let good = samples.clone().fold(true, |good, sample| good & sample.quality.is_good());
        if !good || !self.qualities.is_empty() {
            self.qualities.resize(first_row, 0);
            self.qualities.extend(samples.clone().map(|sample| sample.quality.to_code()));
        }
        self.raws.extend(samples.map(|sample| sample.raw))
    }

    /// Adds good samples, whose values follow from their raw numbers; `false` if these are not of
    /// the column's type.
    pub fn extend_good<N: RawNumber>(
        &mut self,
        numbers: impl ExactSizeIterator<Item = N>,
        value: impl Fn(f64) -> f64,
    ) -> bool {
        let Some(raws) = N::column_of(&mut self.raws) else { return false };
        let first_row = raws.len();
        raws.extend(numbers);
        let new = raws.get(first_row..).unwrap_or_default();
        self.values.extend(new.iter().map(|number| value(number.to_f64())));
        if !self.qualities.is_empty() {
            self.qualities.resize(self.values.len(), 0);
        }
        true
    }

    /// Forgets all but the first rows.
    pub fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows);
        self.raws.truncate(rows);
        self.qualities.truncate(rows);
    }
}
