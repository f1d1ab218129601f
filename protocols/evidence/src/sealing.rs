//! Sealing a file that was built where its key was not at hand.
//!
//! Nothing but the user block is written: what is sealed is the file as it was closed, after it
//! was verified.

use std::path::Path;

use trialfile::{Seal, SealState};
use words::{Language, message};

use crate::recover::KeyFor;
use crate::verify::{Checks, verify};
use crate::{EvidenceError, PublicKey, key_of};

/// Why a file is not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealRefusal {
    /// It is sealed.
    #[error("it is sealed already")]
    Sealed,
    /// It is not as it was closed.
    #[error("it was altered; the first difference: {0}")]
    Altered(String),
    /// Its run was begun without a key.
    #[error("its run was begun without a key, so no seal can be added")]
    NoKey,
    /// The key is not at hand.
    #[error("the private key {} is not at hand", .0.fingerprint())]
    KeyMissing(PublicKey),
    /// It could not be read or written.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

impl SealRefusal {
    /// The text in `language`: why, and what to do.
    pub fn in_language(&self, language: Language) -> String {
        let message = match self {
            SealRefusal::Sealed => message!("seal-sealed-already"),
            SealRefusal::Altered(what) => message!("seal-altered", what = what),
            SealRefusal::NoKey => message!("seal-no-key"),
            SealRefusal::KeyMissing(key) => {
                message!("seal-key-missing", digits = key.fingerprint())
            }
            SealRefusal::Evidence(error) => return error.in_language(language),
        };
        message.in_language(language)
    }
}

/// Seals an unsealed file with the key with which its run was begun, and returns that key.
///
/// # Errors
/// It is sealed or altered, its run had no key, or the key is not at hand. The file is then as it
/// was.
pub fn seal(path: &Path, keys: &mut KeyFor<'_>) -> Result<PublicKey, SealRefusal> {
    let found = Seal::read(path).map_err(EvidenceError::from)?;
    if found.state != SealState::Unsealed {
        return Err(SealRefusal::Sealed);
    }
    let checked = verify(path, &Checks::default())?;
    if let Some(first) = checked.differences.first() {
        return Err(SealRefusal::Altered(first.to_string()));
    }
    let public = key_of(&checked.origin).ok_or(SealRefusal::NoKey)?;
    let key = keys(public).map_err(EvidenceError::from)?;
    let key = key.filter(|key| key.public() == public);
    let (Some(key), Some(tag)) = (key, checked.tag) else {
        return Err(SealRefusal::KeyMissing(public));
    };
    let sealed = found
        .add_signature(path, tag.0, &mut |statement| key.sign_seal(statement))
        .map_err(EvidenceError::from)?;
    // Between the check and the writing somebody may have sealed it.
    sealed.map(|_| public).ok_or(SealRefusal::Sealed)
}
