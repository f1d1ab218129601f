//! Answers whose numbers are a matter of their bytes alone, as most are: decoded when somebody
//! looks at them, one by one or a column at a time.
//!
//! Invariant: both ways give the same samples, bit for bit.

use std::slice::ChunksExact;
use std::sync::Arc;

use trial::channel::{RawType, Sample};
use trial::columns::{RawNumber, SampleColumn};
use trial::profile::{Encoding, WordOrder};

use super::answer::Site;
use super::sample::Conversion;

/// The samples of a row.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// As they are.
    Decoded(&'a [Sample]),
    /// In the data bytes of an answer, which hold all of them.
    Plain {
        /// The data bytes.
        data: &'a [u8],
        /// Where they are.
        points: &'a Arc<PlainPoints>,
    },
}

impl<'a> Samples<'a> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Samples::Decoded(samples) => samples.len(),
            Samples::Plain { points, .. } => points.points.len(),
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
            Samples::Plain { data, points } => points.points.get(position)?.sample(data),
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

/// Where the numbers of an answer are, and what becomes of them.
#[derive(Debug)]
pub struct PlainPoints {
    points: Vec<PlainPoint>,
    /// Data bytes that hold all of them.
    bytes: usize,
}

#[derive(Debug)]
struct PlainPoint {
    site: Site,
    conversion: Conversion,
}

impl PlainPoints {
    pub(super) fn new(points: impl Iterator<Item = (Site, Conversion)>) -> PlainPoints {
        let points = points.map(|(site, conversion)| PlainPoint { site, conversion });
        let points: Vec<PlainPoint> = points.collect();
        let bytes = points.iter().map(|point| point.site.end()).max().unwrap_or(0);
        PlainPoints { points, bytes }
    }

    /// Whether the data bytes hold all numbers.
    pub(super) fn are_in(&self, data: &[u8]) -> bool {
        self.bytes <= data.len()
    }

    /// Adds the samples of one point in answers of one length to its column; `false` if the column
    /// is of another type.
    pub(crate) fn extend(
        &self,
        position: usize,
        answers: ChunksExact<'_, u8>,
        column: &mut SampleColumn,
    ) -> bool {
        let Some(point) = self.points.get(position) else { return answers.len() == 0 };
        if answers.len() == 0 {
            return true;
        }
        let rows = column.values.len();
        if let Site::Registers { offset, encoding } = point.site
            && point.conversion.is_linear()
            && encoding.is_whole_number()
            && point.extend_linear(offset, encoding, answers.clone(), column)
        {
            return true;
        }
        // Something is not good: each sample is looked at.
        column.truncate(rows);
        let samples: Vec<Sample> = answers.map_while(|data| point.sample(data)).collect();
        column.extend(samples.iter().copied())
    }
}

impl PlainPoint {
    fn sample(&self, data: &[u8]) -> Option<Sample> {
        Some(self.conversion.sample(self.site.raw(data)?))
    }

    /// Adds samples of which all are good; `false` if one is not, or the column is of another type.
    fn extend_linear(
        &self,
        offset: usize,
        encoding: Encoding,
        answers: ChunksExact<'_, u8>,
        column: &mut SampleColumn,
    ) -> bool {
        // The order of the bytes is looked at once for all answers.
        match (encoding.byte_length(), encoding.order) {
            (2, _) => {
                let number = |bytes: &[u8]| encoding.of_16_bits(bytes).unwrap_or_default();
                let bits = answers.map(|data| number(data.get(offset..).unwrap_or_default()));
                match encoding.raw_type {
                    RawType::I16 => self.extend_numbers(bits.map(|bits| bits as i16), column),
                    _ => self.extend_numbers(bits, column),
                }
            }
            (4, WordOrder::CDAB) => {
                let bits = |bytes| u32::from_be_bytes(bytes).rotate_left(16);
                self.extend_32_bits(four_bytes(answers, offset).map(bits), encoding, column)
            }
            (4, WordOrder::BADC) => {
                let bits = |bytes| u32::from_le_bytes(bytes).rotate_left(16);
                self.extend_32_bits(four_bytes(answers, offset).map(bits), encoding, column)
            }
            (4, WordOrder::DCBA) => {
                let bits = four_bytes(answers, offset).map(u32::from_le_bytes);
                self.extend_32_bits(bits, encoding, column)
            }
            // The orders of 64 bits are refused for numbers of 32.
            (4, _) => {
                let bits = four_bytes(answers, offset).map(u32::from_be_bytes);
                self.extend_32_bits(bits, encoding, column)
            }
            _ => false,
        }
    }

    fn extend_32_bits(
        &self,
        bits: impl ExactSizeIterator<Item = u32>,
        encoding: Encoding,
        column: &mut SampleColumn,
    ) -> bool {
        match encoding.raw_type {
            RawType::F32 => self.extend_numbers(bits.map(f32::from_bits), column),
            RawType::I32 => self.extend_numbers(bits.map(|bits| bits as i32), column),
            _ => self.extend_numbers(bits, column),
        }
    }

    fn extend_numbers<N: RawNumber>(
        &self,
        numbers: impl ExactSizeIterator<Item = N>,
        column: &mut SampleColumn,
    ) -> bool {
        let rows = column.values.len();
        column.extend_good(numbers, |number| self.conversion.linear(number))
            && self.conversion.are_good(column.values.get(rows..).unwrap_or_default())
    }
}

/// The four bytes of each answer at an offset.
fn four_bytes(
    answers: ChunksExact<'_, u8>,
    offset: usize,
) -> impl ExactSizeIterator<Item = [u8; 4]> {
    answers.map(move |data| {
        let bytes = data.get(offset..).and_then(<[u8]>::first_chunk);
        bytes.copied().unwrap_or_default()
    })
}
