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
//!     spare                        names the run's folder on a second disk, if it has one
//! SPARE/<trial>-r<nn>.run/         what of the journal was written after the first disk failed
//! ```

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use rustix::fs::{FlockOperation, OFlags, RenameFlags};
use trial::time::WallTime;

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

/// Options to open a file that follow no symbolic link out of the folder.
pub(crate) fn plain_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    options
}

/// Refuses a path that is a symbolic link.
///
/// # Errors
/// It is one.
pub(crate) fn ensure_no_link(path: &Path) -> Result<(), EvidenceError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(EvidenceError::Link(path.to_owned())),
        // What is missing or can't be looked at is met by whoever opens it.
        _ => Ok(()),
    }
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
        create_root(root)?;
        for run in 1..=MAX_RUNS {
            let folder = RunFolder { root: root.to_owned(), name: format!("{trial}-r{run:02}") };
            // A link that leads nowhere takes the name, too.
            if folder.trial_file().symlink_metadata().is_ok() {
                continue;
            }
            let path = folder.path();
            // The control socket is in it: nobody else may enter, whatever the user's mask is.
            match std::fs::DirBuilder::new().mode(0o700).create(&path) {
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

    /// Creates the folder of the next run of a trial below `root` and takes ownership of it. Of
    /// several who begin the same trial at once, one does.
    ///
    /// # Errors
    /// Somebody runs the trial already, or as [`RunFolder::create_next`].
    pub fn begin_next(
        root: &Path,
        trial: &str,
    ) -> Result<(RunFolder, u32, RunLock), EvidenceError> {
        create_root(root)?;
        // Held until this returns: whoever comes next sees the lock of the run.
        let gate = File::open(root).map_err(io("open", root))?;
        rustix::fs::flock(&gate, FlockOperation::LockExclusive)
            .map_err(|error| io("lock", root)(error.into()))?;
        RunFolder::ensure_idle(root, trial)?;
        let (folder, run) = RunFolder::create_next(root, trial)?;
        let lock = folder.lock()?;
        Ok((folder, run, lock))
    }

    /// Makes sure that nobody runs a trial below `root`. Creates and changes nothing.
    ///
    /// # Errors
    /// Somebody does; the error names the process and since when.
    pub fn ensure_idle(root: &Path, trial: &str) -> Result<(), EvidenceError> {
        // A folder that can't be listed has no runs yet, or is refused when one is created.
        for folder in run_folders(root).unwrap_or_default() {
            if folder.trial_and_run().is_some_and(|(other, _)| other == trial)
                && let Ok(file) = plain_options().read(true).open(folder.path().join("lock"))
            {
                folder.take(&file)?;
            }
        }
        Ok(())
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

    /// Bytes of the run's journal; what can't be looked at does not count.
    pub fn journal_bytes(&self) -> u64 {
        let segments = journal::segments(&self.path());
        segments.iter().filter_map(|path| path.metadata().ok()).map(|found| found.len()).sum()
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
        ensure_no_link(&path)?;
        let mut file = plain_options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io("create", &path))?;
        self.take(&file)?;
        file.set_len(0).map_err(io("write to", &path))?;
        file.rewind().map_err(io("write to", &path))?;
        writeln!(file, "{}", std::process::id()).map_err(io("write to", &path))?;
        Ok(RunLock { _file: file })
    }

    /// Takes the lock of an open lock file; the system lets go of it when the file is closed.
    fn take(&self, file: &File) -> Result<(), EvidenceError> {
        if rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            return Ok(());
        }
        // Who holds it, and since when, is for the message alone; what can't be read is left out.
        let mut holder = String::new();
        let _ = file.take(32).read_to_string(&mut holder);
        let mut holder = words::printable(holder.trim());
        let taken = file.metadata().and_then(|metadata| metadata.modified());
        if let Some(since) = taken.ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()) {
            let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
            let since = WallTime(seconds.saturating_mul(1_000_000_000)).to_rfc3339();
            holder += &format!(" ({})", since.replace(".000000000", ""));
        }
        Err(EvidenceError::Locked { path: self.path(), holder })
    }

    /// Makes sure that the folder is one, and that nothing in it leads elsewhere: recovery cuts and
    /// removes files.
    ///
    /// # Errors
    /// It is a symbolic link or holds one, or it can't be read.
    pub(crate) fn ensure_no_links(&self) -> Result<(), EvidenceError> {
        let path = self.path();
        ensure_no_link(&path)?;
        for path in [Some(path.clone()), journal::spare_folder(&path)].into_iter().flatten() {
            for entry in std::fs::read_dir(&path).map_err(io("read", &path))? {
                ensure_no_link(&entry.map_err(io("read", &path))?.path())?;
            }
        }
        Ok(())
    }

    /// Makes the run's folder below `root`, on a second disk, and notes where it is.
    ///
    /// # Errors
    /// `root` is not there, since a disk that is not mounted is not to be mistaken for an empty
    /// folder; a folder of that name is there already; or the system refused.
    pub fn prepare_spare(&self, root: &Path) -> Result<PathBuf, EvidenceError> {
        let root = root.canonicalize().map_err(io("find", root))?;
        let spare = root.join(format!("{}.run", self.name));
        std::fs::create_dir(&spare).map_err(io("create", &spare))?;
        sync_folder(&root)?;
        let note = self.path().join(journal::SPARE_FILE);
        let mut file = plain_options()
            .write(true)
            .create_new(true)
            .open(&note)
            .map_err(io("create", &note))?;
        let written = writeln!(file, "{}", spare.display()).and_then(|()| file.sync_all());
        written.map_err(io("write to", &note))?;
        sync_folder(&self.path())?;
        Ok(spare)
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
        if let Some(spare) = journal::spare_folder(&path) {
            remove_spare(&spare)?;
        }
        std::fs::remove_dir_all(&path).map_err(io("remove", &path))?;
        sync_folder(&self.root)
    }
}

/// Creates an output folder, with the ones above it, durably: a run whose folder the power took
/// away is lost, however well its journal was synced.
fn create_root(root: &Path) -> Result<(), EvidenceError> {
    let missing: Vec<&Path> = root
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .collect();
    std::fs::create_dir_all(root).map_err(io("create", root))?;
    for made in missing {
        let above = made.parent().filter(|path| !path.as_os_str().is_empty());
        sync_folder(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

/// Removes the folder of a finished run on its second disk: the segments, and nothing else that
/// may have got there.
fn remove_spare(spare: &Path) -> Result<(), EvidenceError> {
    for entry in std::fs::read_dir(spare).map_err(io("read", spare))? {
        let path = entry.map_err(io("read", spare))?.path();
        if path.extension().is_some_and(|extension| extension == "pgj") {
            std::fs::remove_file(&path).map_err(io("remove", &path))?;
        }
    }
    match std::fs::remove_dir(spare) {
        Err(error) if error.kind() != std::io::ErrorKind::DirectoryNotEmpty => {
            Err(io("remove", spare)(error))
        }
        _ => Ok(()),
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
        let entry = entry.map_err(io("read", root))?;
        // A link to a folder is none of ours.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            folders.extend(RunFolder::at(&entry.path()));
        }
    }
    folders.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(folders)
}
