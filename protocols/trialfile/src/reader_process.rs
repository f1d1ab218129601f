//! The reader process: whatever of a foreign trial file reaches the HDF5 library, reaches it there.
//!
//! A trial file that this station did not just write itself is opened by a process of the same
//! program that has given up files, network, memory and time ([`confine`]), checks the whole file
//! before it reads from it ([`crate::check`]), and answers a few typed requests ([`message`]). A
//! fault of the library ends that process and becomes an error here.
//!
//! Invariants:
//! - There is no way back to reading in this process: without a reader process there is an error.
//! - Every request has a deadline, every message a longest length; all of them stand here.

mod client;
mod confine;
mod framing;
mod message;
mod serve;

use std::ffi::OsStr;
use std::io::Error;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use words::{Message, message};

pub(crate) use client::Client;
pub use message::{Confinement, Enforcement};

/// Time in which a file has to be open, checked and its tables read.
pub const OPENING_DEADLINE: Duration = Duration::from_secs(4);
/// Time in which a request has to be answered once the file is open.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(4);
/// Most bytes of elements in an answer.
pub const MAX_ELEMENT_BYTES: usize = 8 << 20;
/// Longest answer, in bytes.
pub const MAX_ANSWER_BYTES: usize = MAX_ELEMENT_BYTES + 1;
/// Longest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 4096;
/// Address space of the reader process, in bytes. What it needs for a file of any length is some
/// 100 MB; the program's own code, and room for the library's caches, are in it.
pub const MAX_MEMORY_BYTES: u64 = 1536 << 20;
/// Processor time of one request, in seconds, after which the kernel ends the process.
pub const MAX_CPU_SECONDS: u64 = 10;
/// Most descriptors: line, file, no output, the line's second, the file as the library opens it,
/// and the rules of landlock while they are made.
pub const MAX_DESCRIPTORS: u64 = 8;

/// First argument of a program that is to be a reader process.
const ARGUMENT: &str = "read-foreign-trial-file";

/// Set when this program can be its own reader process.
static ANSWERS: AtomicBool = AtomicBool::new(false);
/// The program that tests named.
static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Is the reader process if this process was started as one, and then never returns. A program
/// that opens trial files calls it before anything else in its `main`.
pub fn run_if_asked() {
    if std::env::args_os().nth(1).as_deref() == Some(OsStr::new(ARGUMENT)) {
        std::process::exit(serve::serve());
    }
    ANSWERS.store(true, Ordering::Relaxed);
}

/// Names another program, one that calls [`run_if_asked`], as reader process: for tests, whose
/// `main` is not theirs. The first call counts.
pub fn set_program(path: &Path) {
    PROGRAM.get_or_init(|| path.to_owned());
}

fn program() -> Result<PathBuf, Error> {
    if let Some(program) = PROGRAM.get() {
        return Ok(program.clone());
    }
    if ANSWERS.load(Ordering::Relaxed) {
        // The running program itself, also where its file was replaced or removed.
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    Err(Error::other("this program can't be a reader process: its main doesn't ask for it"))
}

/// What a reader process did in place of answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReaderFault {
    /// It ended.
    Died {
        /// The signal that ended it, if one did.
        signal: Option<i32>,
    },
    /// It did not answer before the deadline.
    TooSlow,
    /// It answered what was not asked.
    Nonsense,
}

impl ReaderFault {
    /// What happened, as a clause.
    pub fn why(&self) -> Message {
        match self {
            ReaderFault::Died { signal: Some(signal) } => {
                message!("reader-killed", signal = signal)
            }
            ReaderFault::Died { signal: None } => message!("reader-ended"),
            ReaderFault::TooSlow => {
                message!("reader-too-slow", seconds = REQUEST_DEADLINE.as_secs())
            }
            ReaderFault::Nonsense => message!("reader-nonsense"),
        }
    }
}
