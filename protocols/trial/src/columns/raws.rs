//! A column of raw numbers in the device's own type.

use crate::channel::{Raw, RawType};

/// Raw numbers of one channel.
#[derive(Debug, Clone, PartialEq)]
pub enum RawColumn {
    /// Unsigned 8-bit integers.
    U8(Vec<u8>),
    /// Signed 8-bit integers.
    I8(Vec<i8>),
    /// Unsigned 16-bit integers.
    U16(Vec<u16>),
    /// Signed 16-bit integers.
    I16(Vec<i16>),
    /// Unsigned 32-bit integers.
    U32(Vec<u32>),
    /// Signed 32-bit integers.
    I32(Vec<i32>),
    /// Unsigned 64-bit integers.
    U64(Vec<u64>),
    /// Signed 64-bit integers.
    I64(Vec<i64>),
    /// IEEE 754 binary32.
    F32(Vec<f32>),
    /// IEEE 754 binary64.
    F64(Vec<f64>),
}

/// Does the same with whatever type of numbers a [`RawColumn`] holds.
#[macro_export]
macro_rules! with_raws {
    ($column:expr, $numbers:ident => $body:expr) => {
        match $column {
            $crate::columns::RawColumn::U8($numbers) => $body,
            $crate::columns::RawColumn::I8($numbers) => $body,
            $crate::columns::RawColumn::U16($numbers) => $body,
            $crate::columns::RawColumn::I16($numbers) => $body,
            $crate::columns::RawColumn::U32($numbers) => $body,
            $crate::columns::RawColumn::I32($numbers) => $body,
            $crate::columns::RawColumn::U64($numbers) => $body,
            $crate::columns::RawColumn::I64($numbers) => $body,
            $crate::columns::RawColumn::F32($numbers) => $body,
            $crate::columns::RawColumn::F64($numbers) => $body,
        }
    };
}

/// A type of raw numbers.
pub trait RawNumber: Copy {
    /// Which one.
    const TYPE: RawType;

    /// The number with its type.
    fn raw(self) -> Raw;

    /// The number as f64; see [`Raw::to_f64`].
    fn to_f64(self) -> f64;

    /// The number of which these are the bits, widened with zeros.
    fn from_bits(bits: u64) -> Self;

    /// The numbers of a column of this type; `None` for one of another.
    fn column_of(column: &mut RawColumn) -> Option<&mut Vec<Self>>;
}

macro_rules! raw_numbers {
    ($($type:ident $kind:ident $bits:ident => $number:expr;)*) => {
        $(
            impl RawNumber for $type {
                const TYPE: RawType = RawType::$kind;

                fn raw(self) -> Raw {
                    Raw::$type(self)
                }

                #[inline]
                fn to_f64(self) -> f64 {
                    Raw::$type(self).to_f64()
                }

                #[inline]
                fn from_bits($bits: u64) -> $type {
                    $number
                }

                fn column_of(column: &mut RawColumn) -> Option<&mut Vec<$type>> {
                    match column {
                        RawColumn::$kind(numbers) => Some(numbers),
                        _ => None,
                    }
                }
            }
        )*

        impl RawColumn {
            /// An empty column of this type.
            pub fn new(raw_type: RawType) -> RawColumn {
                match raw_type {
                    $(RawType::$kind => RawColumn::$kind(Vec::new()),)*
                }
            }
        }
    };
}

raw_numbers! {
    u8 U8 bits => bits as u8;
    i8 I8 bits => bits as i8;
    u16 U16 bits => bits as u16;
    i16 I16 bits => bits as i16;
    u32 U32 bits => bits as u32;
    i32 I32 bits => bits as i32;
    u64 U64 bits => bits;
    i64 I64 bits => bits as i64;
    f32 F32 bits => f32::from_bits(bits as u32);
    f64 F64 bits => f64::from_bits(bits);
}

impl RawColumn {
    /// Makes room for so many rows in all.
    pub(super) fn reserve(&mut self, rows: usize) {
        crate::with_raws!(self, numbers => {
            numbers.reserve_exact(rows.saturating_sub(numbers.len()));
        });
    }

    /// Adds numbers; `false` if one is of another type.
    pub(super) fn extend(&mut self, raws: impl ExactSizeIterator<Item = Raw> + Clone) -> bool {
        fn add<N: RawNumber>(
            numbers: &mut Vec<N>,
            raws: impl ExactSizeIterator<Item = Raw> + Clone,
        ) -> bool {
            numbers.extend(raws.clone().map(|raw| N::from_bits(raw.bits())));
            raws.fold(true, |same, raw| same & (raw.raw_type() == N::TYPE))
        }
        crate::with_raws!(self, numbers => add(numbers, raws))
    }

    /// The numbers, in order.
    pub fn to_vec(&self) -> Vec<Raw> {
        crate::with_raws!(self, numbers => numbers.iter().map(|number| number.raw()).collect())
    }

    /// Forgets the numbers and gives their room back.
    pub(super) fn release(&mut self) {
        crate::with_raws!(self, numbers => *numbers = Vec::new());
    }

    /// Forgets all but the first numbers.
    pub(super) fn truncate(&mut self, rows: usize) {
        crate::with_raws!(self, numbers => numbers.truncate(rows));
    }
}
