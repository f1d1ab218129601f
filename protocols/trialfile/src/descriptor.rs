//! Descriptors of files that the library opens in this process are not for child processes.
//!
//! The library opens files without close-on-exec. A child that is started meanwhile would have the
//! file, and its lock, until it closes it: the next opening here would find the file locked.
//! Therefore a file is opened and marked, and a reader process is started, each in one turn at the
//! library's lock.
//!
//! `unsafe` is needed for the library's function that tells the descriptor, and for borrowing it.
#![allow(unsafe_code)]

use std::ffi::c_void;
use std::os::fd::BorrowedFd;
use std::ptr::null_mut;

use crate::library::metadata_cache;

unsafe extern "C" {
    fn H5Fget_vfd_handle(file: i64, access: i64, handle: *mut *mut c_void) -> i32;
}

/// Opens a file with `open` and keeps it from child processes.
pub(crate) fn open_alone(
    open: impl FnOnce() -> hdf5::Result<hdf5::File>,
) -> hdf5::Result<hdf5::File> {
    hdf5::sync::sync(|| {
        let file = open()?;
        let mut handle = null_mut();
        // SAFETY: the file is open, and the call writes one pointer.
        let told = unsafe { H5Fget_vfd_handle(file.id(), 0, &raw mut handle) };
        if told < 0 || handle.is_null() {
            return Err("the file's descriptor is not known".into());
        }
        // SAFETY: the driver of plain files, which is the only one that is used here, keeps its
        // descriptor as an `int` where it points; it is open as long as the file, and borrowed for
        // one call.
        let descriptor = unsafe { BorrowedFd::borrow_raw(*handle.cast::<i32>()) };
        rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC)
            .map_err(|error| hdf5::Error::from(error.to_string()))?;
        Ok(file)
    })
}

/// Opens a closed file of this station for reading, without a lock: nobody writes it any more, and
/// the lock of whoever wrote it may yet be held by a child process that is just being started.
pub(crate) fn read_alone(path: &std::path::Path) -> hdf5::Result<hdf5::File> {
    open_alone(|| {
        let mut builder = hdf5::FileBuilder::new();
        builder.with_fapl(|plist| plist.file_locking(false).mdc_config(&metadata_cache()));
        builder.open(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_open_here_is_not_open_in_a_child() {
        let path = std::env::temp_dir().join(format!("alone-{}.h5", std::process::id()));
        let name = path.display().to_string();
        let listed = || {
            let list = std::process::Command::new("ls").args(["-l", "/proc/self/fd"]).output();
            String::from_utf8_lossy(&list.unwrap().stdout).contains(&name)
        };
        let file = open_alone(|| hdf5::File::create(&path)).unwrap();
        assert!(!listed());
        drop(file);
        // Without the mark it would be.
        let mut unlocked = hdf5::FileBuilder::new();
        unlocked.with_fapl(|plist| plist.file_locking(false));
        let file = hdf5::sync::sync(|| unlocked.open(&path)).unwrap();
        assert!(listed());
        drop(file);
        std::fs::remove_file(&path).unwrap();
    }
}
