//! A column of raw numbers in the device's own type.

use trial::channel::{Raw, RawType};

/// Raw numbers of one channel.
#[derive(Debug)]
pub(crate) enum RawColumn {
    U8(Vec<u8>),
    I8(Vec<i8>),
    U64(Vec<u64>),
    I64(Vec<i64>),
    U16(Vec<u16>),
    I16(Vec<i16>),
    U32(Vec<u32>),
    I32(Vec<i32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Does the same with whatever type of numbers a raw column holds.
macro_rules! with_raws {
    ($column:expr, $numbers:ident => $body:expr) => {
        match $column {
            $crate::rows::RawColumn::U8($numbers) => $body,
            $crate::rows::RawColumn::I8($numbers) => $body,
            $crate::rows::RawColumn::U64($numbers) => $body,
            $crate::rows::RawColumn::I64($numbers) => $body,
            $crate::rows::RawColumn::U16($numbers) => $body,
            $crate::rows::RawColumn::I16($numbers) => $body,
            $crate::rows::RawColumn::U32($numbers) => $body,
            $crate::rows::RawColumn::I32($numbers) => $body,
            $crate::rows::RawColumn::F32($numbers) => $body,
            $crate::rows::RawColumn::F64($numbers) => $body,
        }
    };
}
pub(crate) use with_raws;

/// Adds numbers as long as they are of one type; `false` if one is of another.
macro_rules! extend_with {
    ($column:expr, $raws:expr, $kind:ident) => {
        $raws.all(|raw| match raw {
            Raw::$kind(number) => {
                $column.push(number);
                true
            }
            _ => false,
        })
    };
}

impl RawColumn {
    pub fn new(raw_type: RawType) -> RawColumn {
        match raw_type {
            RawType::U8 => RawColumn::U8(Vec::new()),
            RawType::I8 => RawColumn::I8(Vec::new()),
            RawType::U64 => RawColumn::U64(Vec::new()),
            RawType::I64 => RawColumn::I64(Vec::new()),
            RawType::U16 => RawColumn::U16(Vec::new()),
            RawType::I16 => RawColumn::I16(Vec::new()),
            RawType::U32 => RawColumn::U32(Vec::new()),
            RawType::I32 => RawColumn::I32(Vec::new()),
            RawType::F32 => RawColumn::F32(Vec::new()),
            RawType::F64 => RawColumn::F64(Vec::new()),
        }
    }

    /// Makes room for so many rows in all.
    pub fn reserve(&mut self, rows: usize) {
        with_raws!(self, numbers => numbers.reserve_exact(rows.saturating_sub(numbers.len())));
    }

    /// Adds numbers; `false` if one is of another type.
    pub fn extend(&mut self, mut raws: impl Iterator<Item = Raw>) -> bool {
        match self {
            RawColumn::U8(column) => extend_with!(column, raws, U8),
            RawColumn::I8(column) => extend_with!(column, raws, I8),
            RawColumn::U64(column) => extend_with!(column, raws, U64),
            RawColumn::I64(column) => extend_with!(column, raws, I64),
            RawColumn::U16(column) => extend_with!(column, raws, U16),
            RawColumn::I16(column) => extend_with!(column, raws, I16),
            RawColumn::U32(column) => extend_with!(column, raws, U32),
            RawColumn::I32(column) => extend_with!(column, raws, I32),
            RawColumn::F32(column) => extend_with!(column, raws, F32),
            RawColumn::F64(column) => extend_with!(column, raws, F64),
        }
    }

    pub fn clear(&mut self) {
        with_raws!(self, numbers => numbers.clear());
    }
}
