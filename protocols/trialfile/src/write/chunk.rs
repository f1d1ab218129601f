//! Whole chunks, handed to the library as they are to lie in the file.
//!
//! The usual way of writing makes a type and two selections for every stretch, which takes longer
//! than the writing. A whole chunk without filters, of a type that needs no conversion, is but its
//! bytes.
//!
//! `unsafe` is needed because the library's function is one in C. It is declared here with plain
//! numbers.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};

use hdf5::Dataset;

/// H5P_DEFAULT of the reference manual: no properties of its own.
const DEFAULT_PROPERTIES: i64 = 0;
/// No filter is left out, since there is none.
const ALL_FILTERS: u32 = 0;

unsafe extern "C" {
    fn H5Dwrite_chunk(
        dataset: i64,
        properties: i64,
        filters: u32,
        offset: *const u64,
        bytes: usize,
        data: *const c_void,
    ) -> c_int;
}

/// Writes the chunk of a dataset of one dimension that begins with the element `start`.
///
/// # Errors
/// The library refused.
pub(super) fn write(dataset: &Dataset, start: usize, bytes: &[u8]) -> hdf5::Result<()> {
    let offset = start as u64;
    let done = hdf5::sync::sync(|| {
        // SAFETY: the lock of the library is held; the dataset is open as long as it is borrowed
        // and has one dimension, for which there is one offset; the data is as long as is told.
        unsafe {
            H5Dwrite_chunk(
                dataset.id(),
                DEFAULT_PROPERTIES,
                ALL_FILTERS,
                &raw const offset,
                bytes.len(),
                bytes.as_ptr().cast(),
            )
        }
    });
    if done < 0 { Err("the library could not write a chunk".into()) } else { Ok(()) }
}
