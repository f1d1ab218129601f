//! Rows of the file's compound tables.
//!
//! `unsafe` is allowed here because deriving `H5Type` writes an unsafe impl: the trait promises
//! that the type descriptor matches the memory layout, which the derive takes from the
//! `#[repr(C)]` fields themselves. The structures hold plain numbers without padding.
#![allow(unsafe_code)]

/// A bin of a pyramid.
#[derive(hdf5::H5Type, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub(crate) struct BinRow {
    pub low: f64,
    pub low_time: i64,
    pub high: f64,
    pub high_time: i64,
    pub first_time: i64,
    pub last_time: i64,
    pub count: u32,
    pub flawed: u32,
}

/// A gap.
#[derive(hdf5::H5Type, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub(crate) struct GapRow {
    pub group: u32,
    pub cause: u16,
    pub code: u16,
    pub start: i64,
    pub end: i64,
}

/// An observation of the wall clock.
#[derive(hdf5::H5Type, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub(crate) struct ClockRow {
    pub time: i64,
    pub wall: i64,
    pub uncertainty: i64,
    pub step: i64,
}
