//! What becomes of the HDF5 library once it could not write.
//!
//! A dataset that can't be closed, since its last bytes can't be written, leaves the library in a
//! state in which the next flush of any file crashes the process; and nobody is told, since closing
//! happens when a value is dropped. So whether the library ever failed while a file was being
//! written is noted here, and a process in which it did writes no more trial files: what can't be written is built anew by another
//! process (`daq recover`).
//!
//! `unsafe` is needed because these are functions in C. They are declared here with plain numbers.
//! The function that notes is called by the library while an error is on its way out; it touches
//! nothing but one flag.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::TrialFileError;

/// H5E_DEFAULT of the reference manual: the stack of errors of the library's own calls.
const DEFAULT_STACK: i64 = 0;

type Handler = unsafe extern "C" fn(stack: i64, data: *mut c_void) -> c_int;

unsafe extern "C" {
    /// Calls a function whenever a call of the library fails.
    fn H5Eset_auto2(stack: i64, handler: Option<Handler>, data: *mut c_void) -> c_int;
}

static FAILED: AtomicBool = AtomicBool::new(false);

unsafe extern "C" fn note(_: i64, _: *mut c_void) -> c_int {
    FAILED.store(true, Ordering::Release);
    0
}

/// From here on errors are noted. To be called before a file is written, and before each step that
/// finishes it: the bindings switch messages of errors off whenever another thread first uses the
/// library.
pub(crate) fn watch() {
    hdf5::sync::sync(|| {
        // SAFETY: the lock of the library is held; the handler lives as long as the program and
        // needs no data.
        let _ = unsafe { H5Eset_auto2(DEFAULT_STACK, Some(note), null_mut()) };
    });
}

/// From here on no errors are noted: what can't be read later was not lost in writing.
pub(crate) fn leave() {
    hdf5::sync::sync(|| {
        // SAFETY: as in [`watch`]; without a handler the library tells its callers alone.
        let _ = unsafe { H5Eset_auto2(DEFAULT_STACK, None, null_mut()) };
    });
}

/// Makes sure that the library never failed while a file was being written in this process.
///
/// # Errors
/// It did.
pub(crate) fn ensure_none() -> Result<(), TrialFileError> {
    match FAILED.load(Ordering::Acquire) {
        true => Err(TrialFileError::Unwritable),
        false => Ok(()),
    }
}
