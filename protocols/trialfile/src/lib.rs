//! The trial file: one HDF5 file that holds a whole trial. The only crate that touches HDF5.
//!
//! Invariants:
//! - Layout version 1 ([`layout`]); HDF5 format bounds V110, no filters, object times off, so
//!   that the same records give the same bytes and stock readers open the file.
//! - What is written depends on the calls alone, in their order: no clock, no random number, no
//!   dependence on how fast the calls come.
//! - The file carries a digest of itself in its user block ([`seal`]). Unsealed files say so.
//! - A reader checks declared sizes against limits before it allocates.
//! - What others made, or may have changed, is read by a process of its own ([`reader_process`]).

mod check;
mod columns_read;
mod descriptor;
#[macro_use]
mod element;
mod failures;
pub mod layout;
mod library;
mod overview;
mod places;
mod plain_channel;
pub mod pyramid;
mod read;
pub mod reader_process;
mod refusal;
pub mod seal;
mod source;
mod tables;
mod write;

use std::path::{Path, PathBuf};

use words::{Language, Message, message};

pub use columns_read::{PlacesLeft, StoredColumns, StoredDifference};
pub use read::{DerivedSamples, StoredSamples, TrialFile};
pub use reader_process::{Confinement, Enforcement, ReaderFault};
pub use refusal::{Refusal, Refused};
pub use seal::{Seal, SealState, Sealing, Sign};
pub use write::{FinishedSamples, TrialWriter};

/// Largest text (JSON or document) that is read from a trial file, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// Most rows of the tables of gaps and clock pairs that are read.
pub const MAX_TABLE_ROWS: usize = 16_000_000;

/// So many times its own length may a file declare in one dataset: the chunks of a column that
/// were never written, because all in them is 0, take no room.
pub const MAX_DECLARED_FACTOR: u64 = 4;

/// Trouble with a trial file.
#[derive(Debug, thiserror::Error)]
pub enum TrialFileError {
    /// The HDF5 library refused.
    #[error(
        "{doing} in the trial file: {source}; check that the disk has room and that the file is whole"
    )]
    Hdf5 {
        /// What was tried.
        doing: String,
        /// What the library said.
        source: hdf5::Error,
    },
    /// Something could not be written, after which the library is of no use in this process.
    #[error(
        "the trial file could not be written; check that the disk has room and is sound, then run `daq recover`"
    )]
    Unwritable,
    /// The system refused.
    #[error("{doing} {path}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a trial file.
    #[error("{path} is not a trial file: {why}")]
    NotATrialFile {
        /// Which file.
        path: PathBuf,
        /// What is missing.
        why: Message,
    },
    /// Written by a newer version.
    #[error(
        "{path} has layout version {found}; this build reads up to {}; use a newer one",
        layout::VERSION
    )]
    NewerVersion {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// A declared size is beyond what is read.
    #[error("{what} in the trial file declares {found} items, more than the {limit} that are read")]
    TooLarge {
        /// Which dataset.
        what: String,
        /// Declared.
        found: usize,
        /// Read at most.
        limit: usize,
    },
    /// The file contains what no trial file contains.
    #[error(
        "{} in the trial file was refused, and nothing was read from it: {}; take the file from its source anew, and don't trust this copy",
        .0.object,
        .0.why()
    )]
    Refused(Refused),
    /// The process that reads the file failed.
    #[error(
        "the process that reads {path} failed, and was ended: {}; the file is damaged or made to do harm, take it from its source anew",
        fault.why()
    )]
    Reader {
        /// Which file.
        path: PathBuf,
        /// What happened.
        fault: ReaderFault,
    },
    /// Content that is not what the layout promises.
    #[error("{what} in the trial file is not what layout version 1 promises: {why}")]
    Malformed {
        /// Which object.
        what: String,
        /// What is wrong.
        why: String,
    },
}

impl TrialFileError {
    /// The text in `language`; details of the library and of the system are theirs.
    pub fn in_language(&self, language: Language) -> String {
        let shown = |path: &Path| words::printable(&path.display().to_string());
        let message = match self {
            TrialFileError::Io { path, source, .. } => {
                let why = words::printable(&source.to_string());
                message!("trial-file-io", path = shown(path), why = why)
            }
            TrialFileError::NotATrialFile { path, why } => {
                let why = why.in_language(language);
                message!("trial-file-foreign", path = shown(path), why = why)
            }
            TrialFileError::NewerVersion { path, found } => {
                let known = layout::VERSION;
                message!("trial-file-newer", path = shown(path), found = found, known = known)
            }
            TrialFileError::Refused(refused) => {
                let object = words::printable(&refused.object);
                let why = refused.why().in_language(language);
                message!("trial-file-refused", object = object, why = why)
            }
            TrialFileError::Reader { path, fault } => {
                let why = fault.why().in_language(language);
                message!("trial-file-reader", path = shown(path), why = why)
            }
            other => {
                message!("trial-file-damaged", why = words::printable(&other.to_string()))
            }
        };
        message.in_language(language)
    }
}

/// Puts what was being done around an error of the library.
fn doing<T>(what: impl FnOnce() -> String, result: hdf5::Result<T>) -> Result<T, TrialFileError> {
    result.map_err(|source| TrialFileError::Hdf5 { doing: what(), source })
}

/// Version of the HDF5 library that this build contains.
pub fn library_version() -> String {
    let (major, minor, release) = hdf5::library_version();
    format!("{major}.{minor}.{release}")
}
