//! Where the segments of a run are, and all of them as one stream.
//!
//! Invariants:
//! - A segment lies in the folder of the run or, once the first disk has failed, in the folder of
//!   the same name on the spare disk, which the file [`SPARE_FILE`] names.
//! - Of a segment that is followed by another, only the bytes count that the follower's header
//!   names: what lies behind them was never acknowledged and stands in the follower again.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::header::{HEADER_BYTES, Head, PEEK_BYTES, head, segment_header};
use crate::{JournalError, MAX_SEGMENTS};

/// File in the folder of a run that names its folder on the spare disk.
pub const SPARE_FILE: &str = "spare";
/// Longest path in that file, in bytes.
const MAX_SPARE_BYTES: u64 = 4096;

/// Path of a segment in one folder.
pub fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("journal-{segment:05}.pgj"))
}

/// The folder of a run on its spare disk; `None` if it has none. It has the same name, and is
/// never reached through a link.
pub fn spare_folder(folder: &Path) -> Option<PathBuf> {
    let file = folder.join(SPARE_FILE);
    if !file.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(file).ok()?.take(MAX_SPARE_BYTES).read_to_string(&mut text).ok()?;
    let spare = PathBuf::from(text.trim_end_matches('\n'));
    let fits = spare.is_absolute() && spare.file_name() == folder.file_name();
    (fits && spare.symlink_metadata().ok()?.is_dir()).then_some(spare)
}

/// The segments of a run, in order, as far as they follow without a hole.
pub fn segments(folder: &Path) -> Vec<PathBuf> {
    let spare = spare_folder(folder);
    (0..MAX_SEGMENTS).map_while(|segment| find(folder, spare.as_deref(), segment)).collect()
}

fn find(folder: &Path, spare: Option<&Path>, segment: u32) -> Option<PathBuf> {
    let places = std::iter::once(folder).chain(spare);
    places.map(|place| segment_path(place, segment)).find(|path| path.is_file())
}

/// The segments of a run as one stream.
#[derive(Debug)]
pub struct SegmentChain {
    folder: PathBuf,
    spare: Option<PathBuf>,
    next: u32,
    /// Segments from this one on are not read.
    end: u32,
    current: Option<File>,
    /// Bytes of the current segment that are still to be read.
    left: u64,
}

impl SegmentChain {
    /// The segments that are there now.
    pub fn closed(folder: &Path) -> SegmentChain {
        let end = segments(folder).len() as u32;
        SegmentChain::until(folder, end)
    }

    /// The segments of a journal that still grows. The reader must ask only for blocks that are
    /// known to be written whole.
    pub fn following(folder: &Path) -> SegmentChain {
        SegmentChain::until(folder, MAX_SEGMENTS)
    }

    fn until(folder: &Path, end: u32) -> SegmentChain {
        let (folder, spare) = (folder.to_owned(), spare_folder(folder));
        SegmentChain { folder, spare, next: 0, end, current: None, left: 0 }
    }

    /// Opens the next segment; `false` if there is none.
    fn open_next(&mut self) -> std::io::Result<bool> {
        if self.next >= self.end {
            return Ok(false);
        }
        let Some(path) = find(&self.folder, self.spare.as_deref(), self.next) else {
            return Ok(false);
        };
        let follower = find(&self.folder, self.spare.as_deref(), self.next + 1);
        self.left = follower.and_then(|path| bytes_before(&path)).unwrap_or(u64::MAX);
        self.current = Some(File::open(path)?);
        self.next += 1;
        Ok(true)
    }
}

/// Bytes of the previous segment that count, as a segment's header says; `None` if it does not.
fn bytes_before(path: &Path) -> Option<u64> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    File::open(path).ok()?.take(HEADER_BYTES as u64).read_to_end(&mut bytes).ok()?;
    let Head::Segment(Some(version)) = head(bytes.get(..PEEK_BYTES)?) else { return None };
    segment_header(&bytes, version)?.previous_bytes
}

impl Read for SegmentChain {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(current) = &mut self.current {
                let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
                let count = current.read(&mut buffer[..most])?;
                self.left -= count as u64;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
            }
            // What is open stays open: a journal that grows may yet get more into it.
            if !self.open_next()? {
                return Ok(0);
            }
        }
    }
}

/// Whether the folder holds a journal at all.
pub(crate) fn ensure_some(folder: &Path) -> Result<(), JournalError> {
    if segments(folder).is_empty() {
        return Err(JournalError::Missing(folder.to_owned()));
    }
    Ok(())
}
