//! The user block: digest of the file, root of its journal, and whether it is sealed.
//!
//! ```text
//!  0  magic "PGTRIAL\0"
//!  8  layout version, u32
//! 12  state, u32: 0 unsealed; other values are reserved for signed files
//! 16  BLAKE3 of all bytes behind the user block
//! 48  journal root, 32 bytes
//! 80  zero to the end of the block
//! ```
//!
//! Without a signature the digest tells accidental damage, not intent: whoever can write the
//! file can write a new digest. An unsealed file is therefore never called trusted.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use words::message;

use crate::TrialFileError;
use crate::layout::{USER_BLOCK_BYTES, VERSION};

const MAGIC: &[u8; 8] = b"PGTRIAL\0";
const USED_BYTES: usize = 80;

/// Whether a file is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealState {
    /// No signature.
    Unsealed,
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

fn io(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TrialFileError {
    let path = path.to_owned();
    move |source| TrialFileError::Io { doing, path, source }
}

impl Seal {
    /// Writes the user block of a finished file and makes the file durable.
    pub(crate) fn write(path: &Path, journal_root: [u8; 32]) -> Result<Seal, TrialFileError> {
        let mut file =
            OpenOptions::new().read(true).write(true).open(path).map_err(io("open", path))?;
        let digest = digest_behind_user_block(&mut file, path, &mut |_| {})?;
        let mut block = vec![0; USER_BLOCK_BYTES as usize];
        block[..8].copy_from_slice(MAGIC);
        block[8..12].copy_from_slice(&VERSION.to_le_bytes());
        block[16..48].copy_from_slice(&digest);
        block[48..80].copy_from_slice(&journal_root);
        file.seek(SeekFrom::Start(0)).map_err(io("write to", path))?;
        file.write_all(&block).map_err(io("write to", path))?;
        file.sync_all().map_err(io("sync", path))?;
        Ok(Seal { version: VERSION, state: SealState::Unsealed, digest, journal_root })
    }

    /// Reads the user block.
    ///
    /// # Errors
    /// The file can't be read, is no trial file, or has a newer layout.
    pub fn read(path: &Path) -> Result<Seal, TrialFileError> {
        let not = |why| TrialFileError::NotATrialFile { path: path.to_owned(), why };
        let mut file = File::open(path).map_err(io("open", path))?;
        if !file.metadata().map_err(io("look at", path))?.is_file() {
            return Err(not(message!("trial-file-not-plain")));
        }
        let mut block = [0; USED_BYTES];
        file.read_exact(&mut block).map_err(|_| not(message!("trial-file-too-short")))?;
        if !block.starts_with(MAGIC) {
            return Err(not(message!("trial-file-no-mark")));
        }
        let number = |at: usize| {
            u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
        };
        let digest = |at: usize| std::array::from_fn(|i| block[at + i]);
        match (number(8), number(12)) {
            (VERSION, 0) => Ok(Seal {
                version: VERSION,
                state: SealState::Unsealed,
                digest: digest(16),
                journal_root: digest(48),
            }),
            (VERSION, _) => Err(not(message!("trial-file-unknown-seal"))),
            (found, _) => Err(TrialFileError::NewerVersion { path: path.to_owned(), found }),
        }
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
        let unused_is_zero = block[USED_BYTES..].iter().all(|&byte| byte == 0);
        let digest = digest_behind_user_block(&mut file, path, progress)?;
        Ok(unused_is_zero && digest == self.digest)
    }
}

fn digest_behind_user_block(
    file: &mut File,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<[u8; 32], TrialFileError> {
    file.seek(SeekFrom::Start(USER_BLOCK_BYTES)).map_err(io("read", path))?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        let count = file.read(&mut buffer).map_err(io("read", path))?;
        if count == 0 {
            return Ok(*hasher.finalize().as_bytes());
        }
        hasher.update(&buffer[..count]);
        total += count as u64;
        progress(total);
    }
}
