//! Keys of a station: their folder, making, retiring, and counting their runs.
//!
//! ```text
//! KEYS/                      0700
//!     <name>.key             private half, 0600; gone once the key is retired
//!     <name>.pub             public half, one line, to be given away
//!     <name>.runs            how many runs it has begun, and the root of the last that ended
//!     <name>.rotations       its statement about the key that follows it
//! ```
//!
//! Invariants:
//! - Nothing existing is overwritten but the counter, which is replaced whole.
//! - A key that has named its successor begins no run any more; its public half stays, since files
//!   that it sealed are verified with it for ever.

mod rotation;
mod runs;
mod station;

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use trial::channel::is_identifier;
use trial::time::WallTime;
use words::{Language, message};

pub use rotation::Rotation;
pub use station::StationKey;

use crate::folder::plain_options;
use crate::signature::{NamedKey, PublicKey};

/// Name of a key where none is given.
pub const DEFAULT_KEY_NAME: &str = "station";
/// Most entries of a key folder that are looked at.
const MAX_FOLDER_ENTRIES: usize = 16_384;
/// Most keys of one name and its successors.
const MAX_ROTATIONS: u32 = 999;

/// A run of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRun {
    /// Its number among the runs of the key, from 1.
    pub number: u64,
    /// Journal root of the key's run that ended last, in hexadecimal; empty for the first.
    pub previous_root: String,
}

/// Trouble with keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system refused.
    #[error("can't {doing} {path}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No name for a key.
    #[error("{0:?} is no name for a key; take letters, digits, '-', '_' and '.'")]
    Name(String),
    /// The name is taken.
    #[error("a key of the name {name} is in {folder} already; choose another name")]
    Exists {
        /// The folder.
        folder: PathBuf,
        /// The name.
        name: String,
    },
    /// There is no such key.
    #[error("{folder} holds no private key {name}; make one with `daq key new`")]
    Unknown {
        /// The folder.
        folder: PathBuf,
        /// The name.
        name: String,
    },
    /// Nobody said which key.
    #[error("{folder} holds several keys ({names}); say which one")]
    Several {
        /// The folder.
        folder: PathBuf,
        /// Their names.
        names: String,
    },
    /// The key has a successor.
    #[error("the key {name} is retired; its successor is {by}")]
    Retired {
        /// Name of the key.
        name: String,
        /// Name of its successor.
        by: String,
    },
    /// Others may read or write the private half.
    #[error(
        "the private key {path} may be read or written by others (mode {mode:o}); whoever did can sign in your name: make a new one, or run chmod 600 if nobody had access"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Others may write into the folder.
    #[error("others may write into the key folder {0}; run chmod 700 on it")]
    ExposedFolder(PathBuf),
    /// A symbolic link.
    #[error("{0} is a symbolic link; keys are never followed elsewhere, name their own folder")]
    Link(PathBuf),
    /// Not of its form.
    #[error("{0} is damaged or not what its name says; restore it from a copy")]
    Malformed(PathBuf),
    /// The counter of runs is not there, damaged, or that of another key.
    #[error(
        "the counter of runs {0} is missing, damaged or of another key; restore it from a copy, or take a new key with `daq key rotate`"
    )]
    Counter(PathBuf),
}

impl KeyError {
    /// The text in `language`.
    pub fn in_language(&self, language: Language) -> String {
        let shown = |path: &Path| words::printable(&path.display().to_string());
        let message = match self {
            KeyError::Io { .. } => return self.to_string(),
            KeyError::Name(name) => message!("key-name", name = words::printable(name)),
            KeyError::Exists { folder, name } => {
                message!("key-exists", folder = shown(folder), name = name)
            }
            KeyError::Unknown { folder, name } => {
                message!("key-unknown", folder = shown(folder), name = name)
            }
            KeyError::Several { folder, names } => {
                message!("key-several", folder = shown(folder), names = names)
            }
            KeyError::Retired { name, by } => message!("key-retired", name = name, by = by),
            KeyError::Exposed { path, mode } => {
                message!("key-exposed", path = shown(path), mode = format!("{mode:03o}"))
            }
            KeyError::ExposedFolder(path) => message!("key-exposed-folder", path = shown(path)),
            KeyError::Link(path) => message!("key-link", path = shown(path)),
            KeyError::Malformed(path) => message!("key-malformed", path = shown(path)),
            KeyError::Counter(path) => message!("key-counter", path = shown(path)),
        };
        message.in_language(language)
    }
}

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { doing, path, source }
}

/// Makes the entries of the folder that `path` is in durable.
fn sync_parent(path: &Path) -> Result<(), KeyError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io("sync", folder))
}

/// Keeps the secrets of this process out of core dumps, and other processes of the same account
/// from reading its memory. To be called before a key is loaded.
///
/// # Errors
/// The system refused.
pub fn forbid_core_dumps() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, setrlimit};
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
}

/// A key as its folder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// The public half.
    pub named: NamedKey,
    /// How many runs it has begun; `None` if its counter is missing or damaged.
    pub runs: Option<u64>,
    /// Its statement about its successor, if it is retired.
    pub rotation: Option<Rotation>,
    /// Whether the private half is there.
    pub private: bool,
}

/// A folder of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFolder {
    path: PathBuf,
}

/// The folder while nobody else changes it.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _folder: File,
}

impl KeyFolder {
    /// The folder at a path. Nothing is read or created yet.
    pub fn open(path: &Path) -> KeyFolder {
        KeyFolder { path: path.to_owned() }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, name: &str, extension: &str) -> PathBuf {
        self.path.join(format!("{name}.{extension}"))
    }

    /// Path of a public key.
    pub fn public_file(&self, name: &str) -> PathBuf {
        self.file(name, "pub")
    }

    /// Waits until nobody else changes the folder.
    fn lock(&self) -> Result<FolderLock, KeyError> {
        let folder = File::open(&self.path).map_err(io("open", &self.path))?;
        rustix::fs::flock(&folder, FlockOperation::LockExclusive)
            .map_err(|error| io("lock", &self.path)(error.into()))?;
        Ok(FolderLock { _folder: folder })
    }

    /// Refuses a folder into which others may write: they could put their key in place of one.
    fn ensure_own(&self) -> Result<(), KeyError> {
        let metadata = self.path.metadata().map_err(io("look at", &self.path))?;
        match metadata.mode() & 0o022 {
            0 => Ok(()),
            _ => Err(KeyError::ExposedFolder(self.path.clone())),
        }
    }

    /// Makes a key, and the folder if need be.
    ///
    /// # Errors
    /// The name is taken or none for a key, others may write into the folder, or it can't be
    /// written.
    pub fn create_key(&self, name: &str, created: WallTime) -> Result<StationKey, KeyError> {
        if !is_identifier(name) {
            return Err(KeyError::Name(name.to_owned()));
        }
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.path).map_err(io("create", &self.path))?;
        self.ensure_own()?;
        let _lock = self.lock()?;
        self.create_locked(name, created)
    }

    fn create_locked(&self, name: &str, created: WallTime) -> Result<StationKey, KeyError> {
        let parts = ["key", "pub", "runs", "rotations"];
        // A link that leads nowhere takes the name, too.
        if parts.iter().any(|part| self.file(name, part).symlink_metadata().is_ok()) {
            return Err(KeyError::Exists { folder: self.path.clone(), name: name.to_owned() });
        }
        let key = StationKey::generate(&self.path, name, created)?;
        runs::create(&self.file(name, "runs"), key.public())?;
        let public = self.public_file(name);
        let mut file = plain_options()
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&public)
            .map_err(io("create", &public))?;
        let line = key.named().to_line();
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(io("write to", &public))?;
        // The private half comes last: where it is, the key is whole.
        key.write(&self.file(name, "key"))?;
        sync_parent(&public)?;
        Ok(key)
    }

    /// Loads a key, retired or not.
    ///
    /// # Errors
    /// Its private half is not there, may be read by others, is a link, or is damaged.
    pub fn load(&self, name: &str) -> Result<StationKey, KeyError> {
        if !is_identifier(name) {
            return Err(KeyError::Name(name.to_owned()));
        }
        let path = self.file(name, "key");
        if path.symlink_metadata().is_err() {
            if let Some(rotation) = self.rotation(name)? {
                return Err(KeyError::Retired { name: name.to_owned(), by: rotation.name });
            }
            return Err(KeyError::Unknown { folder: self.path.clone(), name: name.to_owned() });
        }
        self.ensure_own()?;
        StationKey::read(&self.path, name, &path)
    }

    /// Loads the key whose public half this is, for a run that began under it; `None` if the
    /// folder does not hold its private half.
    ///
    /// # Errors
    /// As [`KeyFolder::list`] and [`KeyFolder::load`].
    pub fn load_for(&self, public: PublicKey) -> Result<Option<StationKey>, KeyError> {
        if !self.path.is_dir() {
            return Ok(None);
        }
        let listed = self.list()?;
        let found = listed.iter().find(|key| key.private && key.named.key == public);
        let Some(found) = found else { return Ok(None) };
        let key = self.load(&found.named.name)?;
        Ok((key.public() == public).then_some(key))
    }

    /// Loads the key that signs where none is named: the only one that is not retired; of several
    /// the one called `station` or its latest successor. `None` if there is none.
    ///
    /// # Errors
    /// There are several and none of them is that one, or as [`KeyFolder::list`] and
    /// [`KeyFolder::load`].
    pub fn default_key(&self) -> Result<Option<StationKey>, KeyError> {
        if !self.path.is_dir() {
            return Ok(None);
        }
        let listed = self.list()?;
        let active = listed.iter().filter(|key| key.private && key.rotation.is_none());
        let names: Vec<&str> = active.map(|key| key.named.name.as_str()).collect();
        let latest = self.latest(DEFAULT_KEY_NAME)?;
        let chosen = match names.as_slice() {
            [] => return Ok(None),
            [only] => only,
            several => several.iter().find(|name| **name == latest).ok_or_else(|| {
                KeyError::Several { folder: self.path.clone(), names: several.join(", ") }
            })?,
        };
        self.load(chosen).map(Some)
    }

    /// Name of the latest successor of a key; its own if it has none.
    ///
    /// # Errors
    /// A statement about a successor is damaged.
    pub fn latest(&self, name: &str) -> Result<String, KeyError> {
        let mut latest = name.to_owned();
        for _ in 0..MAX_ROTATIONS {
            match self.rotation(&latest)? {
                Some(rotation) if is_identifier(&rotation.name) => latest = rotation.name,
                _ => break,
            }
        }
        Ok(latest)
    }

    /// A key's statement about its successor; `None` if it has made none.
    ///
    /// # Errors
    /// It is damaged, or its signature does not match.
    pub fn rotation(&self, name: &str) -> Result<Option<Rotation>, KeyError> {
        rotation::read(&self.file(name, "rotations"))
    }

    /// All keys, in order of name.
    ///
    /// # Errors
    /// The folder can't be read, or a public key or a statement about a successor is damaged.
    pub fn list(&self) -> Result<Vec<ListedKey>, KeyError> {
        let mut keys = Vec::new();
        let entries = std::fs::read_dir(&self.path).map_err(io("read", &self.path))?;
        for entry in entries.take(MAX_FOLDER_ENTRIES) {
            let path = entry.map_err(io("read", &self.path))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(name) = name.strip_suffix(".pub").filter(|name| is_identifier(name)) else {
                continue;
            };
            let named = NamedKey::read(&path).map_err(io("read", &path))?;
            let named = named.filter(|named| named.name == name);
            let named = named.ok_or_else(|| KeyError::Malformed(path.clone()))?;
            keys.push(ListedKey {
                runs: runs::count(&self.file(name, "runs"), named.key).ok(),
                rotation: self.rotation(name)?,
                private: self.file(name, "key").symlink_metadata().is_ok(),
                named,
            });
        }
        keys.sort_by(|a, b| a.named.name.cmp(&b.named.name));
        Ok(keys)
    }

    /// Makes the successor of a key, which the old one names in a signed statement, and destroys
    /// the old one's private half unless it is to be kept.
    ///
    /// The new key is called as the old one with the next free number: `station`, `station-2`.
    /// Overwriting a file does not reach copies that a disk or its file system may have kept.
    ///
    /// # Errors
    /// The key is retired already or can't be loaded, or the folder can't be written.
    pub fn rotate(&self, name: &str, at: WallTime, keep: bool) -> Result<StationKey, KeyError> {
        let old = self.load(name)?;
        let _lock = self.lock()?;
        if let Some(rotation) = self.rotation(name)? {
            return Err(KeyError::Retired { name: name.to_owned(), by: rotation.name });
        }
        let new = self.create_locked(&self.next_name(name)?, at)?;
        rotation::write(&self.file(name, "rotations"), &old, &new, at)?;
        if !keep {
            destroy(&self.file(name, "key"))?;
        }
        Ok(new)
    }

    fn next_name(&self, name: &str) -> Result<String, KeyError> {
        let numbered = name.rsplit_once('-').filter(|(_, number)| {
            number.parse().is_ok_and(|number: u32| (2..=MAX_ROTATIONS).contains(&number))
        });
        let base = numbered.map_or(name, |(base, _)| base);
        let names = (2..=MAX_ROTATIONS).map(|number| format!("{base}-{number}"));
        let mut free = names.filter(|name| {
            is_identifier(name)
                && ["key", "pub", "runs", "rotations"]
                    .iter()
                    .all(|part| self.file(name, part).symlink_metadata().is_err())
        });
        let taken = || KeyError::Exists { folder: self.path.clone(), name: name.to_owned() };
        free.next().ok_or_else(taken)
    }
}

/// Overwrites and removes the file of a private key.
fn destroy(path: &Path) -> Result<(), KeyError> {
    let mut file = plain_options().write(true).open(path).map_err(io("open", path))?;
    let length = file.metadata().map_err(io("look at", path))?.len();
    let zeros = vec![0; usize::try_from(length).unwrap_or_default()];
    let written = file.write_all(&zeros).and_then(|()| file.sync_all());
    written.map_err(io("overwrite", path))?;
    std::fs::remove_file(path).map_err(io("remove", path))?;
    sync_parent(path)
}

#[cfg(test)]
mod tests;
