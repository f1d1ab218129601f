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

/// Adds numbers; `false` if one was of another type.
macro_rules! extend_with {
    ($column:expr, $raws:expr, $kind:ident, $bits:ident => $number:expr) => {{
        let raws = $raws;
        $column.extend(raws.clone().map(|raw| {
            let $bits = raw.bits();
            $number
        }));
        raws.fold(true, |same, raw| same & (raw.raw_type() == RawType::$kind))
    }};
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
    pub fn extend(&mut self, raws: impl ExactSizeIterator<Item = Raw> + Clone) -> bool {
        match self {
            RawColumn::U8(column) => extend_with!(column, raws, U8, bits => bits as u8),
            RawColumn::I8(column) => extend_with!(column, raws, I8, bits => bits as i8),
            RawColumn::U64(column) => extend_with!(column, raws, U64, bits => bits),
            RawColumn::I64(column) => extend_with!(column, raws, I64, bits => bits as i64),
            RawColumn::U16(column) => extend_with!(column, raws, U16, bits => bits as u16),
            RawColumn::I16(column) => extend_with!(column, raws, I16, bits => bits as i16),
            RawColumn::U32(column) => extend_with!(column, raws, U32, bits => bits as u32),
            RawColumn::I32(column) => extend_with!(column, raws, I32, bits => bits as i32),
            RawColumn::F32(column) => extend_with!(column, raws, F32, bits => f32::from_bits(bits as u32)),
            RawColumn::F64(column) => extend_with!(column, raws, F64, bits => f64::from_bits(bits)),
        }
    }

    pub fn clear(&mut self) {
        with_raws!(self, numbers => numbers.clear());
    }
}
