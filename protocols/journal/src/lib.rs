//! The append-only record of a trial: the truth from which everything else is derived.
//!
//! Invariants:
//! - A journal is a row of segments, a segment a header and a row of blocks, a block a header
//!   and a row of records. Records are numbered from 0 without holes.
//! - Each block carries the chain value before it; the value after it is the BLAKE3 digest of
//!   the whole block, header and body. The value after the last block is the journal's root.
//! - A block is read whole or not at all: its header, its place and every record in it must check.
//!   Blocks behind a damaged place are read, and the place is told; what follows the last good
//!   block is a torn tail.
//! - Each block names its run, by a tag that nobody can know before, and its segment and offset.
//!   So no bytes from the wire can pass for a block, and none can be moved.
//! - Concatenated segments are a journal too; this is the form in which a trial file embeds it.
//!
//! The bytes are laid out in [`format`].

pub mod format;
mod header;
mod reader;
mod repair;
mod segments;
mod window;
mod writer;

use std::io;
use std::path::{Path, PathBuf};

pub use format::{ChainValue, RawRecord, RunTag, digest_hex};
pub use header::HEADER_BYTES;
pub use reader::{Block, Damaged, Ending, Reader, records};
pub use repair::{MAX_DAMAGED_PLACES, Repaired, repair};
pub use segments::{SPARE_FILE, SegmentChain, segment_path, segments, spare_folder};
pub use writer::{Commit, Writer};

/// Largest body of a block, in bytes: a few of the largest records.
pub const MAX_BLOCK_BODY_BYTES: usize = 8 << 20;
/// A segment that has reached this size is followed by a new one.
pub const SEGMENT_BYTES: u64 = 256 << 20;
/// Room that is taken ahead of what is written, in bytes.
pub const PREALLOCATED_BYTES: u64 = 16 << 20;
/// Most bytes of records that are kept for a spare disk while they wait for a sync: some seconds
/// of the fastest run.
pub const MAX_UNSYNCED_BYTES: usize = 64 << 20;
/// Most segments of one journal: 16 TiB.
pub const MAX_SEGMENTS: u32 = 65_536;

/// Trouble with a journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The system refused.
    #[error(
        "{action} {path}: {source}; check that the disk has room and that the folder may be written"
    )]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The bytes stop being a journal.
    #[error("the journal is damaged at byte {offset}: {what}")]
    Damaged {
        /// Offset from the first segment's first byte.
        offset: u64,
        /// What does not check.
        what: Damage,
    },
    /// There is nothing to read.
    #[error("{0} holds no journal; name the folder of a run, with its journal-….pgj files")]
    Missing(PathBuf),
    /// Damage everywhere.
    #[error(
        "the journal in {0} is damaged in more than {MAX_DAMAGED_PLACES} places; nothing was changed, copy the disk before anything else"
    )]
    TooDamaged(PathBuf),
    /// One record is larger than a block.
    #[error("a record of {0} bytes is larger than a block can hold")]
    RecordTooLarge(usize),
    /// The journal has reached its largest size.
    #[error("the journal has reached {MAX_SEGMENTS} segments; end the trial and start a new run")]
    Full,
}

/// What does not check in a damaged journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Damage {
    /// The bytes end inside a header or a body.
    #[error("the bytes end inside a block")]
    CutShort,
    /// Neither a segment nor a block begins here.
    #[error("no block begins here")]
    NoMagic,
    /// A header's own checksum is wrong.
    #[error("the checksum of a header is wrong")]
    HeaderChecksum,
    /// Written by a format that this build does not know.
    #[error("the format version is not known to this build")]
    Version,
    /// A header says more than may be.
    #[error("a header declares more than a block may hold")]
    TooLarge,
    /// The block does not follow the one before it.
    #[error("the chain is broken")]
    Chain,
    /// A record's checksum or place is wrong.
    #[error("a record does not check")]
    Record,
}

fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Io { action, path, source }
}
