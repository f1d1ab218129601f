//! What a dataset's element can be, and its bytes between the reader process and its client.
//!
//! Invariants:
//! - The types of the layout and no others; every type has a number of its own for ever.
//! - Both ends are the same program on the same machine; the bytes are little-endian all the same.

use std::borrow::Cow;

use hdf5::H5Type;
use trial::channel::RawType;

use crate::tables::{BinRow, ClockRow, GapRow};

/// An element of a dataset.
pub(crate) trait Element: H5Type + Copy {
    /// Which one.
    const KIND: ElementKind;
    /// Bytes that one takes in a message.
    const BYTES: usize;

    /// Adds the bytes of one.
    fn encode(&self, bytes: &mut Vec<u8>);

    /// Reads one from exactly its bytes; what is missing counts as zero.
    fn decode(bytes: &[u8]) -> Self;

    /// The bytes of elements behind one another, where they are if they lie so in memory.
    fn bytes_of(elements: &[Self]) -> Cow<'_, [u8]> {
        let mut bytes = Vec::new();
        encode_all(elements, &mut bytes);
        Cow::Owned(bytes)
    }
}

macro_rules! kinds {
    ($($kind:ident $type:ty = $number:literal,)*) => {
        /// The type of a dataset's elements.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum ElementKind {
            $(
                #[doc = concat!("`", stringify!($type), "`")]
                $kind,
            )*
        }

        impl ElementKind {
            /// All of them.
            #[cfg(test)]
            pub const ALL: &[ElementKind] = &[$(ElementKind::$kind),*];

            pub fn number(self) -> u8 {
                match self {
                    $(ElementKind::$kind => $number,)*
                }
            }

            /// Bytes that an element takes.
            pub fn bytes(self) -> usize {
                match self {
                    $(ElementKind::$kind => <$type as Element>::BYTES,)*
                }
            }

            pub fn from_number(number: u8) -> Option<ElementKind> {
                match number {
                    $($number => Some(ElementKind::$kind),)*
                    _ => None,
                }
            }
        }

        /// Does the same with the type that belongs to a kind. The rows' types have to be in scope.
        macro_rules! with_element {
            ($of:expr, $name:ident => $body:expr) => {
                match $of {
                    $(crate::element::ElementKind::$kind => {
                        type $name = $type;
                        $body
                    })*
                }
            };
        }
    };
}

kinds! {
    U8 u8 = 1,
    I8 i8 = 2,
    U16 u16 = 3,
    I16 i16 = 4,
    U32 u32 = 5,
    I32 i32 = 6,
    U64 u64 = 7,
    I64 i64 = 8,
    F32 f32 = 9,
    F64 f64 = 10,
    Bin BinRow = 11,
    Gap GapRow = 12,
    Clock ClockRow = 13,
}

macro_rules! number {
    ($type:ty, $kind:ident) => {
        impl Element for $type {
            const KIND: ElementKind = ElementKind::$kind;
            const BYTES: usize = size_of::<$type>();

            fn encode(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn decode(bytes: &[u8]) -> $type {
                bytes.first_chunk().map_or(Default::default(), |one| <$type>::from_le_bytes(*one))
            }

            #[cfg(target_endian = "little")]
            fn bytes_of(elements: &[$type]) -> Cow<'_, [u8]> {
                Cow::Borrowed(bytemuck::cast_slice(elements))
            }
        }
    };
}

number!(u8, U8);
number!(i8, I8);
number!(u16, U16);
number!(i16, I16);
number!(u32, U32);
number!(i32, I32);
number!(u64, U64);
number!(i64, I64);
number!(f32, F32);
number!(f64, F64);

impl From<RawType> for ElementKind {
    fn from(raw_type: RawType) -> ElementKind {
        match raw_type {
            RawType::U8 => ElementKind::U8,
            RawType::I8 => ElementKind::I8,
            RawType::U16 => ElementKind::U16,
            RawType::I16 => ElementKind::I16,
            RawType::U32 => ElementKind::U32,
            RawType::I32 => ElementKind::I32,
            RawType::U64 => ElementKind::U64,
            RawType::I64 => ElementKind::I64,
            RawType::F32 => ElementKind::F32,
            RawType::F64 => ElementKind::F64,
        }
    }
}

/// A row of a table: its numbers behind one another.
macro_rules! row {
    ($row:ident, $kind:ident, $($field:ident: $type:ty),*) => {
        impl Element for $row {
            const KIND: ElementKind = ElementKind::$kind;
            const BYTES: usize = size_of::<$row>();

            fn encode(&self, bytes: &mut Vec<u8>) {
                $(self.$field.encode(bytes);)*
            }

            fn decode(bytes: &[u8]) -> $row {
                let mut rest = bytes;
                $(
                    let $field = <$type>::decode(rest);
                    rest = rest.get(size_of::<$type>()..).unwrap_or_default();
                )*
                let _ = rest;
                $row { $($field),* }
            }
        }

        // The fields leave no room between them.
        const _: () = assert!(size_of::<$row>() == 0 $(+ size_of::<$type>())*);
    };
}

row!(BinRow, Bin, low: f64, low_time: i64, high: f64, high_time: i64, first_time: i64,
    last_time: i64, count: u32, flawed: u32);
row!(GapRow, Gap, group: u32, cause: u16, code: u16, start: i64, end: i64);
row!(ClockRow, Clock, time: i64, wall: i64, uncertainty: i64, step: i64);

/// The bytes of elements, behind one another.
pub(crate) fn encode_all<T: Element>(elements: &[T], bytes: &mut Vec<u8>) {
    bytes.reserve(elements.len() * T::BYTES);
    for element in elements {
        element.encode(bytes);
    }
}

/// Reads elements from their bytes, and adds them.
pub(crate) fn decode_all<T: Element>(bytes: &[u8], elements: &mut Vec<T>) {
    elements.extend(bytes.chunks_exact(T::BYTES).map(T::decode));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_number_of_its_own() {
        for kind in ElementKind::ALL {
            assert_eq!(ElementKind::from_number(kind.number()), Some(*kind));
        }
        assert_eq!(ElementKind::from_number(0), None);
        assert_eq!(ElementKind::from_number(14), None);
    }

    fn there_and_back<T: Element + PartialEq + std::fmt::Debug>(elements: &[T]) {
        let (mut bytes, mut back) = (Vec::new(), Vec::new());
        encode_all(elements, &mut bytes);
        assert_eq!(bytes.len(), elements.len() * T::BYTES);
        assert_eq!(T::bytes_of(elements), bytes);
        decode_all(&bytes, &mut back);
        assert_eq!(elements, back);
    }

    #[test]
    fn elements_are_what_they_were_behind_the_line() {
        there_and_back(&[0_u8, 255]);
        there_and_back(&[i16::MIN, -1, 7]);
        there_and_back(&[u64::MAX, 1]);
        there_and_back(&[-0.5_f64, f64::MAX, f64::INFINITY]);
        let bits: Vec<u64> = [f64::NAN, -0.0].iter().map(|v: &f64| v.to_bits()).collect();
        there_and_back(&bits);
        there_and_back(&[BinRow {
            low: -1.5,
            low_time: 1,
            high: 2.5,
            high_time: 2,
            first_time: -3,
            last_time: 4,
            count: 5,
            flawed: 1,
        }]);
        there_and_back(&[GapRow { group: 1, cause: 2, code: 3, start: -4, end: 5 }]);
        there_and_back(&[ClockRow { time: 1, wall: -2, uncertainty: 3, step: -4 }]);
    }
}
