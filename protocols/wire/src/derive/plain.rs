//! Answers whose numbers are a matter of their bytes alone, as most are: decoded when somebody
//! looks at them, one by one or a column at a time.
//!
//! Invariant: both ways give the same samples, bit for bit.

use std::slice::ChunksExact;

use trial::channel::{RawType, Sample};
use trial::columns::{RawNumber, SampleColumn};
use trial::profile::{Encoding, WordOrder};
use trial::rows::Decode;

use super::answer::Site;
use super::sample::Conversion;

/// Where the numbers of an answer are, and what becomes of them.
#[derive(Debug)]
pub(super) struct PlainPoints {
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

    /// Number of data bytes that hold all numbers.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Decode for PlainPoints {
    fn count(&self) -> usize {
        self.points.len()
    }

    fn sample(&self, position: usize, data: &[u8]) -> Option<Sample> {
        self.points.get(position)?.sample(data)
    }

    fn extend(
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use trial::profile::{NumberForm, Sentinel};

    const TYPES: [RawType; 10] = [
        RawType::U8,
        RawType::I8,
        RawType::U16,
        RawType::I16,
        RawType::U32,
        RawType::I32,
        RawType::U64,
        RawType::I64,
        RawType::F32,
        RawType::F64,
    ];
    const ORDERS: [WordOrder; 5] =
        [WordOrder::ABCD, WordOrder::CDAB, WordOrder::BADC, WordOrder::DCBA, WordOrder::GHEFCDAB];

    /// A point at some offset of answers of 12 bytes.
    fn points() -> impl Strategy<Value = (RawType, PlainPoint)> {
        let encoding = (0..TYPES.len(), 0..ORDERS.len(), 0_usize..4);
        let number = prop_oneof![Just(1.0), Just(-0.25), Just(f64::MAX), any::<f64>()];
        let range = prop::option::of((-1e5..0.0, 0.0..1e5));
        let sentinel = prop::option::of(prop_oneof![Just(0.0), Just(-1.0), Just(7.0)]);
        (encoding, 0_usize..5, number, -10.0..10.0, range, sentinel).prop_map(
            |((of, order, form), offset, scale, shift, range, sentinel)| {
                let (raw_type, order) = (TYPES[of], ORDERS[order]);
                let form = match form {
                    0 => NumberForm::Bits { low: 1, high: 6 },
                    _ => NumberForm::Plain,
                };
                let encoding = Encoding { raw_type, order, form };
                let sentinels = sentinel.map(Sentinel::Number).into_iter().collect();
                let conversion = Conversion::of(scale, shift, sentinels, range, raw_type);
                (raw_type, PlainPoint { site: Site::Registers { offset, encoding }, conversion })
            },
        )
    }

    /// Bytes with every pattern that means something to some type, among others.
    fn answers() -> impl Strategy<Value = Vec<u8>> {
        let four = prop_oneof![
            any::<[u8; 4]>(),
            Just([0; 4]),
            Just([0xFF; 4]),
            Just(f32::NAN.to_be_bytes()),
            Just(f32::INFINITY.to_be_bytes()),
            (-200_i32..200).prop_map(i32::to_be_bytes),
            (-1e3_f32..1e3).prop_map(f32::to_be_bytes),
        ];
        prop::collection::vec([four.clone(), four.clone(), four], 0..40)
            .prop_map(|answers| answers.into_iter().flatten().flatten().collect())
    }

    proptest! {
        #[test]
        fn a_column_is_what_its_samples_are(
            (raw_type, point) in points(),
            first in answers(),
            second in answers(),
        ) {
            let points = PlainPoints { points: vec![point], bytes: 12 };
            let mut column = SampleColumn::new(raw_type);
            let mut one_by_one = SampleColumn::new(raw_type);
            for answers in [&first, &second] {
                prop_assert!(points.extend(0, answers.chunks_exact(12), &mut column));
                let samples: Vec<Sample> = answers
                    .chunks_exact(12)
                    .filter_map(|data| points.points[0].sample(data))
                    .collect();
                prop_assert_eq!(samples.len(), answers.len() / 12);
                prop_assert!(one_by_one.extend(samples.iter().copied()));
            }
            let bits = |column: &SampleColumn| -> Vec<u64> {
                column.values.iter().map(|value| value.to_bits()).collect()
            };
            prop_assert_eq!(bits(&column), bits(&one_by_one));
            // Raw numbers are compared by their bits, those that are none, too.
            prop_assert_eq!(column.raws.to_vec(), one_by_one.raws.to_vec());
            // A column of codes may be there although all are good.
            let codes = |column: &SampleColumn| {
                let mut codes = column.qualities.clone();
                codes.resize(column.values.len(), 0);
                codes
            };
            prop_assert_eq!(codes(&column), codes(&one_by_one));
        }
    }
}
