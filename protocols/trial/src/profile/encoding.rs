//! Numbers in binary bytes: their type, the order of their bytes, and their form.
//!
//! Invariant: decoding keeps every bit that the device sent; what a form makes of them (decimal
//! digits, a field of bits) is told beside the raw number.

use serde::{Deserialize, Serialize};

use crate::channel::{Raw, RawType};

/// Order of the bytes of a number as they come on the wire; A is the most significant.
///
/// The four orders of 32-bit numbers may be given for 64-bit ones too, where they stand for the
/// same swaps: words reversed or not, bytes within words swapped or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WordOrder {
    /// Big endian throughout; the order that the Modbus specification suggests.
    ABCD,
    /// Words last to first, bytes in order.
    CDAB,
    /// Words in order, bytes swapped.
    BADC,
    /// Little endian throughout.
    DCBA,
    /// 64 bits, big endian throughout.
    ABCDEFGH,
    /// 64 bits, bytes swapped within words.
    BADCFEHG,
    /// 64 bits, words swapped within each half.
    CDABGHEF,
    /// 64 bits, each half little endian, the upper half first.
    DCBAHGFE,
    /// 64 bits, the lower half first, each big endian.
    EFGHABCD,
    /// 64 bits, the lower half first, bytes swapped within words.
    FEHGBADC,
    /// 64 bits, words last to first, bytes in order.
    GHEFCDAB,
    /// 64 bits, little endian throughout.
    HGFEDCBA,
}

impl WordOrder {
    /// Whether the order has a name of eight letters, which 64-bit numbers alone have.
    pub fn is_of_64_bits(self) -> bool {
        !matches!(self, WordOrder::ABCD | WordOrder::CDAB | WordOrder::BADC | WordOrder::DCBA)
    }

    /// For each byte of a 64-bit number as it comes, its place from the most significant one.
    fn places_of_64_bits(self) -> [usize; 8] {
        match self {
            WordOrder::ABCD | WordOrder::ABCDEFGH => [0, 1, 2, 3, 4, 5, 6, 7],
            WordOrder::BADC | WordOrder::BADCFEHG => [1, 0, 3, 2, 5, 4, 7, 6],
            WordOrder::CDABGHEF => [2, 3, 0, 1, 6, 7, 4, 5],
            WordOrder::DCBAHGFE => [3, 2, 1, 0, 7, 6, 5, 4],
            WordOrder::EFGHABCD => [4, 5, 6, 7, 0, 1, 2, 3],
            WordOrder::FEHGBADC => [5, 4, 7, 6, 1, 0, 3, 2],
            WordOrder::CDAB | WordOrder::GHEFCDAB => [6, 7, 4, 5, 2, 3, 0, 1],
            WordOrder::DCBA | WordOrder::HGFEDCBA => [7, 6, 5, 4, 3, 2, 1, 0],
        }
    }

    fn swaps_bytes(self) -> bool {
        self.places_of_64_bits()[0] % 2 == 1
    }
}

/// What the bits of a number mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberForm {
    /// A number of its type.
    Plain,
    /// Binary coded decimal: a digit in each four bits; unsigned types.
    Bcd,
    /// An unsigned number in the bits `low` to `high`, bit 0 the least significant; the raw number
    /// is that field.
    Bits {
        /// Lowest bit.
        low: u8,
        /// Highest bit.
        high: u8,
    },
}

/// A number in registers or in a frame: its type, its byte order and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoding {
    /// Type of the number.
    pub raw_type: RawType,
    /// Byte order. 16-bit numbers use `ABCD` or `CDAB` for AB, `BADC` or `DCBA` for BA.
    pub order: WordOrder,
    /// What the bits mean.
    pub form: NumberForm,
}

impl Encoding {
    /// Number of bytes that the number takes.
    pub fn byte_length(self) -> usize {
        match self.raw_type {
            RawType::U8 | RawType::I8 => 1,
            RawType::U16 | RawType::I16 => 2,
            RawType::U32 | RawType::I32 | RawType::F32 => 4,
            RawType::U64 | RawType::I64 | RawType::F64 => 8,
        }
    }

    /// Number of registers that the number takes.
    pub fn register_count(self) -> u16 {
        (self.byte_length().div_ceil(2)) as u16
    }

    /// The raw number in `bytes`, which begin with its first; `None` if they are too few. Of a
    /// field of bits it is the field.
    #[inline]
    pub fn decode(self, bytes: &[u8]) -> Option<Raw> {
        let raw = match self.raw_type {
            RawType::U8 => Raw::u8(*bytes.first()?),
            RawType::I8 => Raw::i8(*bytes.first()? as i8),
            RawType::U16 => Raw::u16(self.of_16_bits(bytes)?),
            RawType::I16 => Raw::i16(self.of_16_bits(bytes)? as i16),
            RawType::U32 => Raw::u32(self.of_32_bits(bytes)?),
            RawType::I32 => Raw::i32(self.of_32_bits(bytes)? as i32),
            RawType::F32 => Raw::f32(f32::from_bits(self.of_32_bits(bytes)?)),
            RawType::U64 => Raw::u64(self.of_64_bits(bytes)?),
            RawType::I64 => Raw::i64(self.of_64_bits(bytes)? as i64),
            RawType::F64 => Raw::f64(f64::from_bits(self.of_64_bits(bytes)?)),
        };
        Some(match self.form {
            NumberForm::Bits { low, high } => raw.with_bits_between(low, high),
            NumberForm::Plain | NumberForm::Bcd => raw,
        })
    }

    /// Whether the raw number is a whole number of registers as it comes.
    pub fn is_whole_number(self) -> bool {
        !matches!(self.form, NumberForm::Bits { .. })
    }

    /// The first two bytes in the order of the encoding; `None` if there are fewer.
    #[inline]
    pub fn of_16_bits(self, bytes: &[u8]) -> Option<u16> {
        let pair = *bytes.first_chunk::<2>()?;
        let little = self.order.swaps_bytes();
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    }

    /// The first four bytes in the order of the encoding; `None` if there are fewer.
    #[inline]
    fn of_32_bits(self, bytes: &[u8]) -> Option<u32> {
        let [a, b, c, d] = *bytes.first_chunk::<4>()?;
        Some(u32::from_be_bytes(match self.order {
            WordOrder::CDAB => [c, d, a, b],
            WordOrder::BADC => [b, a, d, c],
            WordOrder::DCBA => [d, c, b, a],
            // The orders of 64 bits are refused for numbers of 32.
            _ => [a, b, c, d],
        }))
    }

    fn of_64_bits(self, bytes: &[u8]) -> Option<u64> {
        let came = bytes.first_chunk::<8>()?;
        let mut ordered = [0; 8];
        for (byte, place) in came.iter().zip(self.order.places_of_64_bits()) {
            ordered[place] = *byte;
        }
        Some(u64::from_be_bytes(ordered))
    }

    /// What a raw number of this encoding says: the number itself, or the decimal digits of a
    /// BCD; `None` where a BCD digit is over 9.
    pub fn number(self, raw: Raw) -> Option<f64> {
        if self.form != NumberForm::Bcd {
            return Some(raw.to_f64());
        }
        let mut number: u64 = 0;
        // Most significant digit first.
        for digit in (0..16).rev().map(|place| (raw.bits() >> (4 * place)) & 0xf) {
            if digit > 9 {
                return None;
            }
            number = number * 10 + digit;
        }
        // 16 digits stay below 2^54; beyond 2^53 the nearest f64 is taken.
        Some(number as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(raw_type: RawType, order: WordOrder, form: NumberForm) -> Encoding {
        Encoding { raw_type, order, form }
    }

    /// 1.013 as binary32 in the four orders.
    #[test]
    fn word_orders_are_named_by_where_the_most_significant_byte_stands() {
        for (order, bytes) in [
            (WordOrder::ABCD, [0x3f, 0x81, 0xa9, 0xfc]),
            (WordOrder::CDAB, [0xa9, 0xfc, 0x3f, 0x81]),
            (WordOrder::BADC, [0x81, 0x3f, 0xfc, 0xa9]),
            (WordOrder::DCBA, [0xfc, 0xa9, 0x81, 0x3f]),
        ] {
            let encoding = encoding(RawType::F32, order, NumberForm::Plain);
            assert_eq!(encoding.decode(&bytes), Some(Raw::f32(1.013)), "{order:?}");
        }
    }

    /// The letters of an order's name, as bytes with A = 1, are 0x0102030405060708 in that order.
    #[test]
    fn orders_of_64_bits_keep_the_promise_of_their_names() {
        for (order, name) in [
            (WordOrder::ABCD, "ABCDEFGH"),
            (WordOrder::CDAB, "GHEFCDAB"),
            (WordOrder::BADC, "BADCFEHG"),
            (WordOrder::DCBA, "HGFEDCBA"),
            (WordOrder::ABCDEFGH, "ABCDEFGH"),
            (WordOrder::BADCFEHG, "BADCFEHG"),
            (WordOrder::CDABGHEF, "CDABGHEF"),
            (WordOrder::DCBAHGFE, "DCBAHGFE"),
            (WordOrder::EFGHABCD, "EFGHABCD"),
            (WordOrder::FEHGBADC, "FEHGBADC"),
            (WordOrder::GHEFCDAB, "GHEFCDAB"),
            (WordOrder::HGFEDCBA, "HGFEDCBA"),
        ] {
            let bytes: Vec<u8> = name.bytes().map(|letter| letter - b'A' + 1).collect();
            let encoding = encoding(RawType::U64, order, NumberForm::Plain);
            assert_eq!(encoding.decode(&bytes), Some(Raw::u64(0x0102_0304_0506_0708)), "{name}");
            if order.is_of_64_bits() {
                assert_eq!(format!("{order:?}"), name);
            }
        }
    }

    #[test]
    fn forms_say_what_the_bits_mean() {
        let bcd = encoding(RawType::U16, WordOrder::ABCD, NumberForm::Bcd);
        assert_eq!(bcd.number(bcd.decode(&[0x12, 0x34]).unwrap()), Some(1234.0));
        assert_eq!(bcd.number(bcd.decode(&[0x12, 0x3a]).unwrap()), None);
        let bits = encoding(RawType::U16, WordOrder::ABCD, NumberForm::Bits { low: 4, high: 11 });
        assert_eq!(bits.decode(&[0xab, 0xcd]), Some(Raw::u16(0xbc)));
    }
}
