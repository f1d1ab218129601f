//! The private half of a key: its file, and what it signs.
//!
//! Invariants:
//! - The secret is in memory only inside [`StationKey`] and while its file is read or written, and
//!   is overwritten when it is let go of. Nothing shows it.
//! - Its file is opened without following links, and is refused if anybody but its owner may read
//!   or write it.

use std::fmt;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::ed25519::signature::Signer as _;
use journal::{ChainValue, RunTag};
use rustix::rand::{GetRandomFlags, getrandom};
use trial::record::Head;
use trial::time::WallTime;
use zeroize::Zeroizing;

use super::{KeyError, KeyFolder, KeyRun, io, runs};
use crate::folder::plain_options;
use crate::signature::{NamedKey, PublicKey, SEAL_PURPOSE, from_hex, head_statement, to_hex};

/// First line of the file of a private key.
const FIRST_LINE: &str = "proving-ground-private-key v1";
/// Longest file of a private key that is read, in bytes.
const MAX_BYTES: usize = 512;
/// Permissions of the file: its owner may read and write, nobody else anything.
const MODE: u32 = 0o600;

/// A key of the station, private half included.
///
/// It can be neither copied nor shown.
pub struct StationKey {
    signing: SigningKey,
    name: String,
    created: WallTime,
    folder: PathBuf,
}

impl fmt::Debug for StationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StationKey")
            .field("name", &self.name)
            .field("public", &self.public().to_hex())
            .finish_non_exhaustive()
    }
}

impl StationKey {
    /// Makes a new secret out of the system's random numbers. It is in no file yet.
    pub(super) fn generate(
        folder: &Path,
        name: &str,
        created: WallTime,
    ) -> Result<StationKey, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        let count = getrandom(&mut seed[..], GetRandomFlags::empty());
        // Up to 256 bytes come whole or not at all (getrandom(2)).
        if count.map_err(|error| io("make", folder)(error.into()))? != seed.len() {
            return Err(io("make", folder)(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(StationKey {
            signing: SigningKey::from_bytes(&seed),
            name: name.to_owned(),
            created,
            folder: folder.to_owned(),
        })
    }

    /// Writes the private half under a name that must not exist, durably.
    pub(super) fn write(&self, path: &Path) -> Result<(), KeyError> {
        let secret = Zeroizing::new(to_hex(self.signing.as_bytes()));
        let mut text = Zeroizing::new(String::with_capacity(MAX_BYTES));
        for part in [FIRST_LINE, "\nname ", &self.name, "\ncreated "] {
            text.push_str(part);
        }
        text.push_str(&self.created.to_rfc3339());
        text.push_str("\nseed ");
        text.push_str(&secret);
        text.push('\n');
        let mut file = plain_options()
            .write(true)
            .create_new(true)
            .mode(MODE)
            .open(path)
            .map_err(io("create", path))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(io("write to", path))
    }

    /// Reads the private half.
    pub(super) fn read(folder: &Path, name: &str, path: &Path) -> Result<StationKey, KeyError> {
        let mut file = plain_options().read(true).open(path).map_err(|error| {
            match error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
                true => KeyError::Link(path.to_owned()),
                false => io("open", path)(error),
            }
        })?;
        ensure_private(&file, path)?;
        // Room for all of it from the start: a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new([0; MAX_BYTES + 1]);
        let mut length = 0;
        while let Some(rest) = bytes.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read(rest).map_err(io("read", path))? {
                0 => break,
                count => length += count,
            }
        }
        let malformed = || KeyError::Malformed(path.to_owned());
        let text = bytes.get(..length).filter(|_| length <= MAX_BYTES).ok_or_else(malformed)?;
        let text = std::str::from_utf8(text).map_err(|_| malformed())?;
        let (own_name, created, seed) = parse(text).ok_or_else(malformed)?;
        if own_name != name {
            return Err(malformed());
        }
        Ok(StationKey {
            signing: SigningKey::from_bytes(&seed),
            name: name.to_owned(),
            created,
            folder: folder.to_owned(),
        })
    }

    /// Name in its folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its folder.
    pub fn folder(&self) -> KeyFolder {
        KeyFolder::open(&self.folder)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::of(&self.signing.verifying_key())
    }

    /// The public half as its file tells of it.
    pub fn named(&self) -> NamedKey {
        NamedKey { key: self.public(), name: self.name.clone(), created: self.created }
    }

    /// Counts a run that is about to start, durably: from here on no other run has its number.
    ///
    /// # Errors
    /// The key is retired, or its counter is missing, damaged or can't be written.
    pub fn begin_run(&self) -> Result<KeyRun, KeyError> {
        let folder = KeyFolder::open(&self.folder);
        let _lock = folder.lock()?;
        if let Some(rotation) = folder.rotation(&self.name)? {
            return Err(KeyError::Retired { name: self.name.clone(), by: rotation.name });
        }
        runs::begin(&folder.file(&self.name, "runs"), self.public())
    }

    /// Notes the journal's root of a run that ended, durably; the next run names it.
    ///
    /// # Errors
    /// The counter is missing, damaged or can't be written.
    pub fn end_run(&self, root: ChainValue) -> Result<(), KeyError> {
        let folder = KeyFolder::open(&self.folder);
        let _lock = folder.lock()?;
        runs::end(&folder.file(&self.name, "runs"), self.public(), root)
    }

    /// Signs a head of a journal: record `sequence` of the run says that the chain had the value
    /// `chain` before its block.
    pub fn sign_head(&self, tag: RunTag, sequence: u64, chain: ChainValue) -> Head {
        Head {
            chain: chain.to_hex(),
            key: self.public().to_hex(),
            signature: to_hex(&self.sign(&head_statement(tag, sequence, chain))),
        }
    }

    /// Signs the statement of a seal, as the trial file's writer asks for it; `None` for bytes
    /// that are no such statement.
    pub fn sign_seal(&self, statement: &[u8]) -> Option<([u8; 32], [u8; 64])> {
        let is_one = statement.starts_with(SEAL_PURPOSE);
        is_one.then(|| (self.public().bytes(), self.sign(statement)))
    }

    /// Signs a statement, which names its purpose.
    pub(crate) fn sign(&self, statement: &[u8]) -> [u8; 64] {
        self.signing.sign(statement).to_bytes()
    }
}

/// Refuses a file that others may read or write, or that is no file.
fn ensure_private(file: &File, path: &Path) -> Result<(), KeyError> {
    let metadata = file.metadata().map_err(io("look at", path))?;
    if !metadata.is_file() {
        return Err(KeyError::Malformed(path.to_owned()));
    }
    match metadata.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(KeyError::Exposed { path: path.to_owned(), mode: metadata.mode() & 0o777 }),
    }
}

type Parsed<'a> = (&'a str, WallTime, Zeroizing<[u8; 32]>);

fn parse(text: &str) -> Option<Parsed<'_>> {
    let mut lines = text.lines();
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let name = lines.next()?.strip_prefix("name ")?;
    let created = WallTime::from_rfc3339(lines.next()?.strip_prefix("created ")?)?;
    let seed = Zeroizing::new(from_hex(lines.next()?.strip_prefix("seed ")?)?);
    lines.next().is_none().then_some((name, created, seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_secret_is_not_shown() {
        let key = StationKey::generate(Path::new("/"), "station", WallTime(0)).unwrap();
        let secret = to_hex(key.signing.as_bytes());
        assert!(!format!("{key:?} {key:#?}").contains(&secret));
        let decimal: Vec<String> = key.signing.as_bytes().iter().map(u8::to_string).collect();
        assert!(!format!("{key:?}").contains(&decimal.join(", ")));
    }

    proptest! {
        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,80}", lines in 0_usize..4) {
            let begun = [FIRST_LINE, "name a", "created 2026-01-01T00:00:00Z", "seed "];
            let _ = parse(&format!("{}\n{text}", begun[..=lines].join("\n")));
        }
    }
}
