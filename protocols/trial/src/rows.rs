//! The samples that channels of a group have at one time, and many of these sorted into columns.
//!
//! Invariant: what is in the columns is what [`Samples::to_vec`] gives of each row, bit for bit,
//! whether a row came decoded or was decoded a column at a time.

use std::slice::ChunksExact;
use std::sync::Arc;

use crate::channel::{RawType, Sample};
use crate::columns::SampleColumn;
use crate::plan::Plan;
use crate::recording::{GroupIndex, SampleGroup};
use crate::time::TrialTime;

/// Decoded rows that are collected as they come before they are sorted into columns: many channels'
/// columns lie far apart in memory, and are visited once for so many rows.
const STAGED_ROWS: usize = 16;
/// Rows that came as bytes and are decoded at once: few enough that their bytes stay near the
/// processor.
const DECODED_ROWS: usize = 64;

/// The samples of one group at one time.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The group.
    pub group: GroupIndex,
    /// When the device took its values, as near as the wire tells.
    pub time: TrialTime,
    /// Half width of the uncertainty of `time`, in nanoseconds.
    pub time_uncertainty_ns: u32,
    /// Sequence number of the record whose bytes completed the frame.
    pub record: u64,
    /// One sample for each channel of the group, in its order.
    pub samples: Samples<'a>,
}

/// The samples of a row.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// As they are.
    Decoded(&'a [Sample]),
    /// In the data bytes of an answer, which hold all of them.
    Plain {
        /// The data bytes.
        data: &'a [u8],
        /// What takes them out.
        decoder: &'a Arc<dyn Decode>,
    },
}

impl<'a> Samples<'a> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Samples::Decoded(samples) => samples.len(),
            Samples::Plain { decoder, .. } => decoder.count(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample of a channel, by its position in the group.
    pub fn get(&self, position: usize) -> Option<Sample> {
        match self {
            Samples::Decoded(samples) => samples.get(position).copied(),
            Samples::Plain { data, decoder } => decoder.sample(position, data),
        }
    }

    /// All of them, in the order of the group.
    pub fn iter(&self) -> impl Iterator<Item = Sample> + use<'a> {
        let samples = *self;
        (0..samples.len()).map_while(move |position| samples.get(position))
    }

    /// All of them, in the order of the group.
    pub fn to_vec(&self) -> Vec<Sample> {
        self.iter().collect()
    }
}

/// Takes samples out of the data bytes of answers that hold all of them.
///
/// Invariant: both ways give the same samples, bit for bit.
pub trait Decode: std::fmt::Debug + Send + Sync {
    /// Number of samples in an answer.
    fn count(&self) -> usize;

    /// The sample of a channel, by its position in the group; `None` if there is none.
    fn sample(&self, position: usize, data: &[u8]) -> Option<Sample>;

    /// Adds the samples of a channel in answers of one length to its column; `false` if the column
    /// is of another type.
    fn extend(
        &self,
        position: usize,
        answers: ChunksExact<'_, u8>,
        column: &mut SampleColumn,
    ) -> bool;
}

/// A row that is none of its group: another number of samples, or raw numbers of another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row does not have one sample of the right type for each channel of its group")]
pub struct ForeignRow;

/// Collected rows of one group. Times in nanoseconds since the start of the trial.
#[derive(Debug)]
pub struct GroupRows {
    times: Vec<i64>,
    uncertainties_ns: Vec<u32>,
    records: Vec<u64>,
    /// Rows that are in no column yet: decoded, row by row, or as bytes.
    staged: Vec<Sample>,
    answers: Vec<u8>,
    /// How the bytes are decoded, and how many there are in a row.
    plain: Option<(Arc<dyn Decode>, usize)>,
    columns: Vec<SampleColumn>,
    /// Rows for which room is made.
    room: usize,
}

impl GroupRows {
    /// No rows yet of a group of the plan, and room for so many.
    pub fn new(plan: &Plan, group: &SampleGroup, room: usize) -> GroupRows {
        let raw_types = group.channels.iter().map(|&channel| plan.channel_at(channel).raw_type);
        GroupRows::of_types(raw_types, room)
    }

    /// No rows yet of channels whose raw numbers are of these types, in the order of the group.
    fn of_types(raw_types: impl Iterator<Item = RawType>, room: usize) -> GroupRows {
        GroupRows {
            times: Vec::new(),
            uncertainties_ns: Vec::new(),
            records: Vec::new(),
            staged: Vec::new(),
            answers: Vec::new(),
            plain: None,
            columns: raw_types.map(SampleColumn::new).collect(),
            room,
        }
    }

    /// Adds a row of this group.
    ///
    /// # Errors
    /// It is none.
    pub fn push(&mut self, row: &Row<'_>) -> Result<(), ForeignRow> {
        if row.samples.len() != self.columns.len() {
            return Err(ForeignRow);
        }
        match row.samples {
            Samples::Decoded(samples) => {
                if !self.answers.is_empty() {
                    self.sort()?;
                }
                self.staged.extend_from_slice(samples);
            }
            // Nothing can be told apart in no bytes.
            Samples::Plain { data: [], .. } => return Err(ForeignRow),
            Samples::Plain { data, decoder } => {
                let same = |(known, length): &(Arc<dyn Decode>, usize)| {
                    Arc::ptr_eq(known, decoder) && *length == data.len()
                };
                if !self.staged.is_empty() || !self.plain.as_ref().is_some_and(same) {
                    self.sort()?;
                    self.plain = Some((Arc::clone(decoder), data.len()));
                }
                self.answers.extend_from_slice(data);
            }
        }
        self.times.push(row.time.0);
        self.uncertainties_ns.push(row.time_uncertainty_ns);
        self.records.push(row.record);
        // Bytes are few, and wait until somebody wants the columns.
        let decoded = !self.staged.is_empty() && self.times.len().is_multiple_of(STAGED_ROWS);
        if decoded { self.sort() } else { Ok(()) }
    }

    /// Takes all rows into the columns; before that rows may be missing there.
    ///
    /// # Errors
    /// A raw number is not of its channel's type.
    pub fn sort(&mut self) -> Result<(), ForeignRow> {
        let Some(first) = self.columns.first() else { return Ok(()) };
        if first.values.is_empty() {
            self.columns.iter_mut().for_each(|column| column.reserve(self.room));
        }
        let mut of_type = true;
        if let Some((decoder, length)) = &self.plain {
            for answers in self.answers.chunks(DECODED_ROWS * length) {
                for (position, column) in self.columns.iter_mut().enumerate() {
                    of_type &= decoder.extend(position, answers.chunks_exact(*length), column);
                }
            }
        }
        if !self.staged.is_empty() {
            let width = self.columns.len();
            for (position, column) in self.columns.iter_mut().enumerate() {
                let rows = self.staged.chunks_exact(width);
                // A row is as wide as there are columns; see `push`.
                of_type &= column.extend(rows.map(|row| row[position]));
            }
        }
        self.staged.clear();
        self.answers.clear();
        if of_type { Ok(()) } else { Err(ForeignRow) }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Times of the rows.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Half widths of their uncertainty, in nanoseconds.
    pub fn uncertainties_ns(&self) -> &[u32] {
        &self.uncertainties_ns
    }

    /// Numbers of the journal records that completed their frames.
    pub fn records(&self) -> &[u64] {
        &self.records
    }

    /// The columns of the channels, in the order of the group; whole behind [`GroupRows::sort`].
    pub fn columns(&self) -> &[SampleColumn] {
        &self.columns
    }

    /// Forgets the rows. The room of the columns is given back: those of thousands of channels
    /// would hold much, and rows that wait as bytes need none until they are sorted.
    pub fn clear(&mut self) {
        self.times.clear();
        self.uncertainties_ns.clear();
        self.records.clear();
        self.staged.clear();
        self.answers.clear();
        self.columns.iter_mut().for_each(SampleColumn::release);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::channel::{Quality, Raw};

    /// Two numbers of 16 bits, behind so many other bytes.
    #[derive(Debug)]
    struct Behind(usize);

    impl Decode for Behind {
        fn count(&self) -> usize {
            2
        }

        fn sample(&self, position: usize, data: &[u8]) -> Option<Sample> {
            let at = data.get(self.0 + 2 * position..)?.first_chunk()?;
            let number = u16::from_be_bytes(*at);
            let raw = Raw::u16(number);
            let quality = if number == 0xFFFF { Quality::OutOfRange } else { Quality::Good };
            Some(Sample { value: f64::from(number) / 10.0, raw, quality })
        }

        fn extend(
            &self,
            position: usize,
            answers: ChunksExact<'_, u8>,
            column: &mut SampleColumn,
        ) -> bool {
            let samples: Vec<Sample> =
                answers.filter_map(|data| self.sample(position, data)).collect();
            column.extend(samples.into_iter())
        }
    }

    fn no_rows(raw_type: RawType) -> GroupRows {
        GroupRows::of_types([raw_type; 2].into_iter(), 8)
    }

    fn row(number: usize, samples: Samples<'_>) -> Row<'_> {
        let time = TrialTime(number as i64);
        Row { group: GroupIndex(0), time, time_uncertainty_ns: 3, record: number as u64, samples }
    }

    /// Each step is one or more rows of the same kind: decoded, or as bytes of one of the lengths.
    fn steps() -> impl Strategy<Value = Vec<(usize, Vec<[u8; 4]>)>> {
        let numbers = prop_oneof![any::<[u8; 4]>(), Just([0xFF; 4])];
        prop::collection::vec((0_usize..4, prop::collection::vec(numbers, 1..100)), 0..8)
    }

    proptest! {
        /// Whatever comes behind whatever, and whenever it is sorted and cleared, the columns have
        /// what each row has.
        #[test]
        fn columns_have_what_the_rows_have(steps in steps(), sorted in any::<u8>()) {
            let decoders: Vec<Arc<dyn Decode>> =
                vec![Arc::new(Behind(0)), Arc::new(Behind(0)), Arc::new(Behind(1))];
            let mut rows = no_rows(RawType::U16);
            for round in 0..2 {
                let mut own: [Vec<Sample>; 2] = [Vec::new(), Vec::new()];
                for (index, (kind, numbers)) in steps.iter().enumerate() {
                    for four in numbers {
                        let decoder = decoders.get(*kind);
                        let behind = decoder.map_or(0, |_| kind / 2);
                        let data = [&[7; 1][..behind], &four[..]].concat();
                        let samples = [0, 1].map(|at| Behind(behind).sample(at, &data).unwrap());
                        let given = match decoder {
                            None => Samples::Decoded(&samples),
                            Some(decoder) => Samples::Plain { data: &data, decoder },
                        };
                        prop_assert_eq!(given.to_vec(), samples.to_vec());
                        rows.push(&row(own[0].len(), given)).unwrap();
                        own.iter_mut().zip(samples).for_each(|(own, sample)| own.push(sample));
                    }
                    if sorted >> index & 1 == 1 {
                        rows.sort().unwrap();
                    }
                }
                rows.sort().unwrap();
                prop_assert_eq!(rows.len(), own[0].len(), "round {}", round);
                for (column, own) in rows.columns().iter().zip(&own) {
                    let values: Vec<f64> = own.iter().map(|sample| sample.value).collect();
                    let raws: Vec<Raw> = own.iter().map(|sample| sample.raw).collect();
                    let mut codes = column.qualities.clone();
                    codes.resize(own.len(), 0);
                    let qualities: Vec<u16> = own.iter().map(|s| s.quality.to_code()).collect();
                    prop_assert_eq!(&column.values, &values);
                    prop_assert_eq!(column.raws.to_vec(), raws);
                    prop_assert_eq!(codes, qualities);
                }
                rows.clear();
                prop_assert!(rows.is_empty());
            }
        }
    }

    #[test]
    fn rows_of_another_group_are_refused() {
        let decoder: Arc<dyn Decode> = Arc::new(Behind(0));
        let mut rows = no_rows(RawType::U16);
        let sample = decoder.sample(0, &[0; 4]).unwrap();
        assert_eq!(rows.push(&row(0, Samples::Decoded(&[sample]))), Err(ForeignRow));
        let nothing = Samples::Plain { data: &[], decoder: &decoder };
        assert_eq!(rows.push(&row(0, nothing)), Err(ForeignRow));
        assert!(rows.is_empty());
        // The type of a raw number is seen when it comes into its column.
        let mut rows = no_rows(RawType::I16);
        rows.push(&row(0, Samples::Decoded(&[sample; 2]))).unwrap();
        assert_eq!(rows.sort(), Err(ForeignRow));
    }
}
