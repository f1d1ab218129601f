//! Room on the disk.

use std::path::Path;

/// Bytes that may still be written below `path` by this process.
///
/// # Errors
/// The system does not tell.
pub fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let status = rustix::fs::statvfs(path)?;
    Ok(status.f_bavail.saturating_mul(status.f_frsize))
}
