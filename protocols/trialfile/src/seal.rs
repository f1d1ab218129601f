//! The user block: digest of the file, root of its journal, and the station's signature over both.
//!
//! ```text
//!   0  magic "PGTRIAL\0"
//!   8  layout version, u32
//!  12  state, u32: 0 unsealed, 1 sealed
//!  16  BLAKE3 of all bytes behind the user block
//!  48  journal root, 32 bytes
//!     sealed files alone:
//!  80  public key, 32 bytes
//! 112  Ed25519 signature of the statement, 64 bytes
//! 176  run tag of the journal, 16 bytes
//!      zero to the end of the block, from 80 or 192
//! ```
//!
//! The statement is "proving-ground seal v1\0", the layout version (u32), the digest, the root and
//! the run tag, behind one another. This crate neither signs nor checks signatures: it hands the
//! statement to whoever can.
//!
//! Without a signature the digest tells accidental damage, not intent: whoever can write the
//! file can write a new digest. An unsealed file is therefore never called trusted.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sm3::{Digest as _, Sm3};
use words::message;

use crate::TrialFileError;
use crate::layout::{USER_BLOCK_BYTES, VERSION};

const MAGIC: &[u8; 8] = b"PGTRIAL\0";
/// Begins the statement that is signed.
const PURPOSE: &[u8] = b"proving-ground seal v1\0";
/// Bytes of the block that a sealed file uses.
const SEALED_BYTES: usize = 192;

/// Whether a file is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealState {
    /// No signature.
    Unsealed,
    /// Signed; by whom, and whether the signature matches, has to be checked.
    Sealed {
        /// Ed25519 public key.
        key: [u8; 32],
        /// Signature of the statement.
        signature: [u8; 64],
        /// Run tag of the embedded journal.
        tag: [u8; 16],
    },
}

/// What the user block says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Layout version.
    pub version: u32,
    /// Whether the file is sealed.
    pub state: SealState,
    /// Digest of all bytes behind the user block.
    pub digest: [u8; 32],
    /// Root of the embedded journal.
    pub journal_root: [u8; 32],
}

/// Signs a statement: public key and signature, or `None` without a key.
pub type Sign<'a> = dyn FnMut(&[u8]) -> Option<([u8; 32], [u8; 64])> + 'a;

/// With what a finished file is closed.
pub struct Sealing<'a> {
    /// Root of the journal.
    pub journal_root: [u8; 32],
    /// Run tag of the journal.
    pub tag: [u8; 16],
    /// The signed heads of the journal for readers, JSON; empty where there are none.
    pub checkpoints: &'a str,
    /// Signs the seal's statement.
    pub sign: &'a mut Sign<'a>,
}

impl std::fmt::Debug for Sealing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealing").field("tag", &self.tag).finish_non_exhaustive()
    }
}

/// What a failing call of the system was about.
pub(crate) fn io(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(std::io::Error) -> TrialFileError {
    let path = path.to_owned();
    move |source| TrialFileError::Io { doing, path, source }
}

/// What a seal's signature is over.
fn statement(version: u32, digest: &[u8; 32], root: &[u8; 32], tag: &[u8; 16]) -> Vec<u8> {
    [PURPOSE, &version.to_le_bytes(), digest, root, tag].concat()
}

/// The digest of a finished file.
pub(crate) fn digest_of(path: &Path) -> Result<[u8; 32], TrialFileError> {
    let mut file = File::open(path).map_err(io("open", path))?;
    digest_behind_user_block(&mut file, path, &mut |_| {})
}

impl Seal {
    /// What the user block of a finished file of this digest is to say.
    pub(crate) fn of(digest: [u8; 32], sealing: Sealing<'_>) -> Seal {
        let Sealing { journal_root, tag, sign, .. } = sealing;
        let state = match sign(&statement(VERSION, &digest, &journal_root, &tag)) {
            Some((key, signature)) => SealState::Sealed { key, signature, tag },
            None => SealState::Unsealed,
        };
        Seal { version: VERSION, state, digest, journal_root }
    }

    /// Writes the user block and makes the file durable.
    pub(crate) fn write(&self, path: &Path) -> Result<(), TrialFileError> {
        let mut file = OpenOptions::new().write(true).open(path).map_err(io("open", path))?;
        file.seek(SeekFrom::Start(0)).map_err(io("write to", path))?;
        file.write_all(&self.to_block()).map_err(io("write to", path))?;
        file.sync_all().map_err(io("sync", path))
    }

    /// Seals an unsealed file: writes its user block alone, durably. What is sealed is the digest
    /// that the block has; whoever calls has checked it. `None` if nothing was signed, because the
    /// file is sealed already or there is no key; then the file is as it was.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn add_signature(
        self,
        path: &Path,
        tag: [u8; 16],
        sign: &mut Sign<'_>,
    ) -> Result<Option<Seal>, TrialFileError> {
        let Seal { version, state, digest, journal_root } = self;
        if state != SealState::Unsealed {
            return Ok(None);
        }
        let statement = statement(version, &digest, &journal_root, &tag);
        let Some((key, signature)) = sign(&statement) else { return Ok(None) };
        let state = SealState::Sealed { key, signature, tag };
        let seal = Seal { version, state, digest, journal_root };
        seal.write(path)?;
        Ok(Some(seal))
    }

    fn to_block(self) -> Vec<u8> {
        let mut block = Vec::with_capacity(USER_BLOCK_BYTES as usize);
        let state = u32::from(self.state != SealState::Unsealed);
        block.extend_from_slice(MAGIC);
        block.extend_from_slice(&self.version.to_le_bytes());
        block.extend_from_slice(&state.to_le_bytes());
        block.extend_from_slice(&self.digest);
        block.extend_from_slice(&self.journal_root);
        if let SealState::Sealed { key, signature, tag } = self.state {
            block.extend_from_slice(&key);
            block.extend_from_slice(&signature);
            block.extend_from_slice(&tag);
        }
        block.resize(USER_BLOCK_BYTES as usize, 0);
        block
    }

    /// What the signature of a sealed file is over; `None` if it is unsealed.
    pub fn statement(&self) -> Option<Vec<u8>> {
        match &self.state {
            SealState::Unsealed => None,
            SealState::Sealed { tag, .. } => {
                Some(statement(self.version, &self.digest, &self.journal_root, tag))
            }
        }
    }

    /// Reads the user block.
    ///
    /// # Errors
    /// The file can't be read, is no trial file, or has a newer layout.
    pub fn read(path: &Path) -> Result<Seal, TrialFileError> {
        open_plain(path).map(|(_, seal)| seal)
    }

    fn read_from(mut file: &File, path: &Path) -> Result<Seal, TrialFileError> {
        let not = |why| TrialFileError::NotATrialFile { path: path.to_owned(), why };
        let mut block = [0; SEALED_BYTES];
        file.read_exact(&mut block).map_err(|_| not(message!("trial-file-too-short")))?;
        if !block.starts_with(MAGIC) {
            return Err(not(message!("trial-file-no-mark")));
        }
        let [version, state] = [8, 12].map(|at| u32::from_le_bytes(part(&block, at)));
        let state = match (version, state) {
            (VERSION, 0) => SealState::Unsealed,
            (VERSION, 1) => SealState::Sealed {
                key: part(&block, 80),
                signature: part(&block, 112),
                tag: part(&block, 176),
            },
            (VERSION, _) => return Err(not(message!("trial-file-unknown-seal"))),
            (found, _) => {
                return Err(TrialFileError::NewerVersion { path: path.to_owned(), found });
            }
        };
        let (digest, journal_root) = (part(&block, 16), part(&block, 48));
        Ok(Seal { version, state, digest, journal_root })
    }

    /// Whether the file's bytes still have the digest, and the unused bytes of the block are
    /// zero. `progress` is told how many bytes were hashed.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn matches(
        &self,
        path: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<bool, TrialFileError> {
        let mut file = File::open(path).map_err(io("open", path))?;
        let mut block = vec![0; USER_BLOCK_BYTES as usize];
        if file.read_exact(&mut block).is_err() {
            return Ok(false);
        }
        let digest = digest_behind_user_block(&mut file, path, progress)?;
        // The unused bytes of what is written are zero.
        Ok(block == self.to_block() && digest == self.digest)
    }

    /// SM3 digest (GB/T 32905-2016) of a whole file, user block included: what any other tool
    /// computes of it.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn sm3(path: &Path) -> Result<[u8; 32], TrialFileError> {
        let mut file = File::open(path).map_err(io("open", path))?;
        let mut hasher = Sm3::new();
        read_all(&mut file, path, &mut |bytes| hasher.update(bytes))?;
        Ok(hasher.finalize().into())
    }
}

/// Opens a plain file for reading and reads its user block; it has the mark of a trial file.
pub(crate) fn open_plain(path: &Path) -> Result<(File, Seal), TrialFileError> {
    // A pipe is opened without waiting for its other end, so that it can be refused; for a plain
    // file the flag means nothing.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path);
    let file = file.map_err(io("open", path))?;
    if !file.metadata().map_err(io("look at", path))?.is_file() {
        let why = message!("trial-file-not-plain");
        return Err(TrialFileError::NotATrialFile { path: path.to_owned(), why });
    }
    let seal = Seal::read_from(&file, path)?;
    Ok((file, seal))
}

/// The `N` bytes at an offset; the block holds them at every offset that is asked for.
fn part<const N: usize>(block: &[u8; SEALED_BYTES], at: usize) -> [u8; N] {
    std::array::from_fn(|index| block.get(at + index).copied().unwrap_or_default())
}

fn digest_behind_user_block(
    file: &mut File,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<[u8; 32], TrialFileError> {
    file.seek(SeekFrom::Start(USER_BLOCK_BYTES)).map_err(io("read", path))?;
    let mut hasher = blake3::Hasher::new();
    let mut total = 0;
    read_all(file, path, &mut |bytes| {
        hasher.update(bytes);
        total += bytes.len() as u64;
        progress(total);
    })?;
    Ok(*hasher.finalize().as_bytes())
}

fn read_all(
    file: &mut File,
    path: &Path,
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), TrialFileError> {
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(io("read", path))? {
            0 => return Ok(()),
            count => each(buffer.get(..count).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with room for a user block and something behind it.
    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("seal-{name}-{}", std::process::id()));
        let mut bytes = vec![0; USER_BLOCK_BYTES as usize];
        bytes.extend_from_slice(b"what is recorded");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A stand-in that shows which statement it was asked to sign.
    fn mark(statement: &[u8]) -> Option<([u8; 32], [u8; 64])> {
        let digest = *blake3::hash(statement).as_bytes();
        Some(([7; 32], std::array::from_fn(|at| digest[at % 32])))
    }

    fn put<'a>(path: &Path, sign: &'a mut Sign<'a>) -> Seal {
        let sealing = Sealing { journal_root: [1; 32], tag: [2; 16], checkpoints: "", sign };
        let seal = Seal::of(digest_of(path).unwrap(), sealing);
        seal.write(path).unwrap();
        seal
    }

    #[test]
    fn a_seal_reads_back_with_the_statement_that_was_signed() {
        let path = scratch("sealed");
        let written = put(&path, &mut mark);
        let read = Seal::read(&path).unwrap();
        assert_eq!(read, written);
        let statement = read.statement().unwrap();
        let digest = blake3::hash(b"what is recorded");
        let parts: [&[u8]; 5] =
            [b"proving-ground seal v1\0", &[1, 0, 0, 0], digest.as_bytes(), &[1; 32], &[2; 16]];
        assert_eq!(statement, parts.concat());
        let (key, signature) = mark(&statement).unwrap();
        assert_eq!(read.state, SealState::Sealed { key, signature, tag: [2; 16] });
        assert!(read.matches(&path, &mut |_| {}).unwrap());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_signature_that_is_added_later_gives_the_same_bytes() {
        let (now, later) = (scratch("now"), scratch("later"));
        let sealed = put(&now, &mut mark);
        let unsealed = put(&later, &mut |_| None);
        let before = std::fs::read(&later).unwrap();
        assert_eq!(unsealed.add_signature(&later, [2; 16], &mut |_| None).unwrap(), None);
        assert_eq!(std::fs::read(&later).unwrap(), before);
        let added = unsealed.add_signature(&later, [2; 16], &mut mark).unwrap();
        assert_eq!(added, Some(sealed));
        assert_eq!(std::fs::read(&later).unwrap(), std::fs::read(&now).unwrap());
        let again = sealed.add_signature(&later, [3; 16], &mut mark).unwrap();
        assert_eq!(again, None, "a sealed file keeps its seal");
        assert_eq!(std::fs::read(&later).unwrap(), std::fs::read(&now).unwrap());
        [now, later].iter().for_each(|path| std::fs::remove_file(path).unwrap());
    }

    #[test]
    fn no_byte_of_a_block_is_without_meaning() {
        for (name, sealed) in [("bytes-sealed", true), ("bytes-unsealed", false)] {
            let path = scratch(name);
            let mut sign = |statement: &[u8]| if sealed { mark(statement) } else { None };
            let written = put(&path, &mut sign);
            let good = std::fs::read(&path).unwrap();
            for at in (0..256).chain((256..good.len()).step_by(61)) {
                let mut changed = good.clone();
                changed[at] ^= 0x10;
                std::fs::write(&path, &changed).unwrap();
                let unnoticed = Seal::read(&path)
                    .is_ok_and(|seal| seal == written && seal.matches(&path, &mut |_| {}).unwrap());
                assert!(!unnoticed, "byte {at}");
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn sm3_is_that_of_the_standard() {
        // GB/T 32905-2016, appendix A.1.
        let path = std::env::temp_dir().join(format!("seal-sm3-{}", std::process::id()));
        std::fs::write(&path, "abc").unwrap();
        let digest = blake3::Hash::from_bytes(Seal::sm3(&path).unwrap()).to_hex();
        assert_eq!(
            digest.as_str(),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        std::fs::remove_file(&path).unwrap();
    }
}
