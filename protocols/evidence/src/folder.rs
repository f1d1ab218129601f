//! Folders and names of runs.
//!
//! ```text
//! OUT/runs.ledger                  every run, begun and ended
//! OUT/<trial>-r<nn>.h5             a finished run
//! OUT/<trial>-r<nn>.run/           a run that goes on, or was not finished
//!     lock                         held by the daemon; its process number for people
//!     journal-00000.pgj …          the journal
//!     control                      the socket of `daq mark|end|abort`
//!     trial.partial                the trial file as it grows
//! ```

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, RenameFlags};

use crate::{EvidenceError, MAX_RUNS, io};

/// The folder of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
    name: String,
}

/// Ownership of a run; released when dropped, or by the system when the process dies.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Makes the entries of a folder durable.
///
/// # Errors
/// The system refused.
pub fn sync_folder(path: &Path) -> Result<(), EvidenceError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(io("sync", path))
}

impl RunFolder {
    /// Creates the folder of the next run of a trial below `root`, which is created too.
    ///
    /// # Errors
    /// The folder can't be created, or there are too many runs.
    pub fn create_next(root: &Path, trial: &str) -> Result<(RunFolder, u32), EvidenceError> {
        std::fs::create_dir_all(root).map_err(io("create", root))?;
        for run in 1..=MAX_RUNS {
            let folder = RunFolder { root: root.to_owned(), name: format!("{trial}-r{run:02}") };
            if folder.trial_file().exists() {
                continue;
            }
            let path = folder.path();
            match std::fs::create_dir(&path) {
                Ok(()) => {
                    sync_folder(root)?;
                    return Ok((folder, run));
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io("create", &path)(error)),
            }
        }
        Err(EvidenceError::TooManyRuns)
    }

    /// The folder at a path that ends in `.run`; `None` for any other path.
    pub fn at(path: &Path) -> Option<RunFolder> {
        let name = path.file_name()?.to_str()?.strip_suffix(".run")?.to_owned();
        Some(RunFolder { root: path.parent()?.to_owned(), name })
    }

    /// Path of the folder.
    pub fn path(&self) -> PathBuf {
        self.root.join(format!("{}.run", self.name))
    }

    /// Name of the run: `<trial>-r<nn>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The output folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path of the finished trial file.
    pub fn trial_file(&self) -> PathBuf {
        self.root.join(format!("{}.h5", self.name))
    }

    /// Path of the growing trial file.
    pub fn partial_file(&self) -> PathBuf {
        self.path().join("trial.partial")
    }

    /// Path of the control socket.
    pub fn control_socket(&self) -> PathBuf {
        self.path().join("control")
    }

    /// Takes ownership of the run.
    ///
    /// # Errors
    /// Another process owns it.
    pub fn lock(&self) -> Result<RunLock, EvidenceError> {
        let path = self.path().join("lock");
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("create", &path))?;
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut holder = String::new();
            // Who holds it is for the message alone; an unreadable answer is shown as empty.
            let _ = (&file).take(32).read_to_string(&mut holder);
            let holder = words::printable(holder.trim());
            return Err(EvidenceError::Locked { path: self.path(), holder });
        }
        file.set_len(0).map_err(io("write to", &path))?;
        file.rewind().map_err(io("write to", &path))?;
        writeln!(file, "{}", std::process::id()).map_err(io("write to", &path))?;
        Ok(RunLock { _file: file })
    }

    /// Gives the finished file its name, without replacing anything, durably.
    pub(crate) fn publish(&self, finished: &Path) -> Result<(), EvidenceError> {
        let target = self.trial_file();
        rustix::fs::renameat_with(
            rustix::fs::CWD,
            finished,
            rustix::fs::CWD,
            &target,
            RenameFlags::NOREPLACE,
        )
        .map_err(|error| match error {
            rustix::io::Errno::EXIST => EvidenceError::Exists(target.clone()),
            error => io("create", &target)(error.into()),
        })?;
        sync_folder(&self.root)
    }

    /// Trial and number of the run, from its name; `None` for a name that no run has.
    pub fn trial_and_run(&self) -> Option<(&str, u32)> {
        let (trial, run) = self.name.rsplit_once("-r")?;
        Some((trial, run.parse().ok()?))
    }

    /// Removes the folder of a run that is finished or never came to a sample. What a repair cut
    /// from its journal is kept beside it, under the run's name.
    ///
    /// # Errors
    /// The system refused; the finished file is not touched.
    pub fn remove(&self) -> Result<(), EvidenceError> {
        let path = self.path();
        for entry in std::fs::read_dir(&path).map_err(io("read", &path))? {
            let from = entry.map_err(io("read", &path))?.path();
            let name = from.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with("cut-") {
                let kept = self.root.join(format!("{}.{name}", self.name));
                std::fs::rename(&from, &kept).map_err(io("keep", &from))?;
            }
        }
        std::fs::remove_dir_all(&path).map_err(io("remove", &path))?;
        sync_folder(&self.root)
    }
}

/// The folders of runs that are not finished, below `root`, in order of name.
///
/// # Errors
/// The folder can't be read.
pub fn run_folders(root: &Path) -> Result<Vec<RunFolder>, EvidenceError> {
    let entries = std::fs::read_dir(root).map_err(io("read", root))?;
    let mut folders = Vec::new();
    for entry in entries {
        let path = entry.map_err(io("read", root))?.path();
        if path.is_dir() {
            folders.extend(RunFolder::at(&path));
        }
    }
    folders.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(folders)
}
