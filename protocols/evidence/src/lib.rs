//! The layers below put together: build, recover and verify a trial, and the ledger of runs.
//!
//! Invariants:
//! - There is one path from records to a trial file ([`Builder`]): the live daemon, recovery and
//!   a rebuild all feed it; a verification folds the same records with the same code.
//! - Build is a function of the closed journal and of this software: the same journal gives the
//!   same bytes.
//! - Nothing existing is overwritten: a trial file appears under its name by a rename that
//!   refuses to replace, after it and its folder were synced.

mod amendment;
mod builder;
mod folder;
mod heads;
mod import;
mod key;
mod ledger;
mod recalibrated;
mod recover;
mod relay;
mod sealing;
pub mod signature;
mod signed_line;
mod take_up;
mod verify;
mod witness;

use std::path::{Path, PathBuf};

use words::{Language, message};

pub use amendment::{
    AmendmentEntry, Amendments, AmendmentsReport, MAX_AMENDMENT_BYTES, MAX_AMENDMENTS,
    NewAmendment, Vouched, amendments_file, check_amendments, check_amendments_bytes,
};
pub use builder::{Builder, Built};
pub use folder::{RunFolder, RunLock, run_folders, sync_folder};
pub use heads::{append_head, key_of};
pub use import::{Fault, FileDigests, ImportError, ImportOrder, Imported, import};
pub use key::{
    DEFAULT_KEY_NAME, KeyError, KeyFolder, KeyRun, ListedKey, Rotation, StationKey,
    forbid_core_dumps,
};
pub use ledger::{
    Ledger, LedgerEntry, LedgerEvent, LedgerReport, check_ledger, check_ledger_bytes,
};
pub use recalibrated::{Recalibrated, RecalibrationError};
pub use recover::{KeyFor, Recovery, close_run, give_up, recover};
pub use sealing::{SealRefusal, seal};
pub use signature::{NamedKey, PublicKey, SignatureError, TrustError, TrustedKeys};
pub use take_up::{TakenUp, take_up};
pub use verify::{
    Checks, Difference, HeadFault, HeadsFound, Part, Standing, Verification, WitnessCheck, verify,
};
pub use witness::{
    MAX_WITNESSED_HEADS, Witness, WitnessFinding, WitnessedHead, WitnessedHeads, check_witnessed,
    parse_witnessed, witnessed_heads,
};

/// Name, version and commit of this software, as recordings carry it.
pub const SOFTWARE: &str =
    concat!("proving-ground ", env!("CARGO_PKG_VERSION"), " ", env!("PROVING_GROUND_COMMIT"));

/// Most runs of one plan in one output folder.
pub const MAX_RUNS: u32 = 9_999;
/// Most entries of a ledger that are read.
pub const MAX_LEDGER_ENTRIES: usize = 1_000_000;

/// Trouble with building, recovering or verifying.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The journal.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    /// The trial file.
    #[error(transparent)]
    TrialFile(#[from] trialfile::TrialFileError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The derivation of samples.
    #[error(transparent)]
    Derive(#[from] wire::derive::DeriveError),
    /// A record.
    #[error(transparent)]
    Record(#[from] trial::record::RecordError),
    /// The evaluation could not read the recording.
    #[error(transparent)]
    Recording(#[from] trial::recording::RecordingError),
    /// The journal lacks what every run begins with.
    #[error(
        "the journal in {0} does not begin with the documents of a run; nothing was removed, restore it from a copy"
    )]
    NothingToBuild(PathBuf),
    /// A run that can't go on.
    #[error("the run in {0} has not begun, or has ended; finish it with `daq recover`")]
    NothingToResume(PathBuf),
    /// The finished file is not what its journal gives.
    #[error(
        "{0}: read back, the finished file is not what its journal gives: something did not keep what was written; the run's folder is kept, run `daq recover` on a disk that is sound"
    )]
    FinishedFileDiffers(PathBuf),
    /// The journal does not read back as it was written.
    #[error(
        "the journal in {0} does not read back as it was written; the run's folder is kept, run `daq recover`"
    )]
    JournalDiffers(PathBuf),
    /// Another process owns the run.
    #[error("{path} is in use by process {holder}; end that one first")]
    Locked {
        /// Folder of the run.
        path: PathBuf,
        /// Process that holds it, as it wrote itself down.
        holder: String,
    },
    /// A file or folder of a run is a symbolic link, which is never followed.
    #[error("{0} is a symbolic link; the files of runs are never followed elsewhere, remove it")]
    Link(PathBuf),
    /// A name is taken.
    #[error("{0} exists already and is not overwritten")]
    Exists(PathBuf),
    /// The ledger is damaged.
    #[error("the ledger {path} does not check at entry {entry}; restore it or move it away")]
    Ledger {
        /// The ledger.
        path: PathBuf,
        /// First bad entry, from 1.
        entry: usize,
    },
    /// The amendments of a trial are damaged.
    #[error("the amendments {path} do not check at number {number}; restore them from a copy")]
    Amendments {
        /// The amendments.
        path: PathBuf,
        /// First bad one, from 1.
        number: u64,
    },
    /// An amendment is too long or not in its form.
    #[error("the amendment is too long, is not in its form, or is one too many")]
    AmendmentForm,
    /// Too many runs.
    #[error("there are {MAX_RUNS} runs of this plan already; choose another output folder")]
    TooManyRuns,
    /// The system refused.
    #[error(
        "{doing} {path}: {source}; check that the disk has room and that the folder may be written"
    )]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl EvidenceError {
    /// The text in `language`; what only a damaged journal or disk brings about is told in
    /// English, with the details that its reader needs.
    pub fn in_language(&self, language: Language) -> String {
        let shown = |path: &Path| words::printable(&path.display().to_string());
        let message = match self {
            EvidenceError::TrialFile(error) => return error.in_language(language),
            EvidenceError::Key(error) => return error.in_language(language),
            EvidenceError::Locked { path, holder } => {
                message!("evidence-locked", path = shown(path), holder = holder)
            }
            EvidenceError::Link(path) => message!("evidence-link", path = shown(path)),
            EvidenceError::Exists(path) => message!("evidence-exists", path = shown(path)),
            EvidenceError::NothingToBuild(path) => {
                message!("evidence-nothing", path = shown(path))
            }
            EvidenceError::NothingToResume(path) => {
                message!("evidence-no-resume", path = shown(path))
            }
            EvidenceError::Ledger { path, entry } => {
                message!("evidence-ledger", path = shown(path), entry = entry)
            }
            EvidenceError::Amendments { path, number } => {
                message!("evidence-amendments", path = shown(path), number = number)
            }
            EvidenceError::AmendmentForm => message!("evidence-amendment-form"),
            EvidenceError::TooManyRuns => message!("evidence-too-many-runs", limit = MAX_RUNS),
            other => return other.to_string(),
        };
        message.in_language(language)
    }
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> EvidenceError {
    let path = path.to_owned();
    move |source| EvidenceError::Io { doing, path, source }
}
