//! `daq seal`: seals a file that was built where its key was not at hand.

use std::path::{Path, PathBuf};

use evidence::{EvidenceError, SealRefusal};
use serde::Serialize;
use trialfile::TrialFileError;
use words::{Language, message};

use super::{Failure, Format, Outcome, key, print_json};
use crate::cli::out::outln;

/// What was sealed, for a program.
#[derive(Serialize)]
struct Report {
    file: String,
    key: String,
    key_fingerprint: String,
}

pub(super) fn seal(
    file: &Path,
    keys: Option<PathBuf>,
    format: Format,
    language: Language,
) -> Outcome {
    evidence::forbid_core_dumps().map_err(Failure::trouble)?;
    let folder = key::key_folder(keys);
    let shown = words::printable(&file.display().to_string());
    let sealed = evidence::seal(file, &mut |public| folder.load_for(public));
    let public = sealed.map_err(|refusal| {
        let why = refusal.in_language(language);
        let text = message!("seal-refused", file = shown, why = why).in_language(language);
        Failure { code: code(&refusal), text }
    })?;
    let fingerprint = public.fingerprint();
    match format {
        Format::Json => print_json(&Report {
            file: file.display().to_string(),
            key: public.to_hex(),
            key_fingerprint: fingerprint,
        }),
        Format::Text => {
            let done = message!("seal-done", file = shown, digits = fingerprint);
            outln!("{}", done.in_language(language));
            Ok(0)
        }
    }
}

fn code(refusal: &SealRefusal) -> u8 {
    match refusal {
        SealRefusal::Sealed | SealRefusal::NoKey | SealRefusal::KeyMissing(_) => 2,
        SealRefusal::Altered(_) => 3,
        SealRefusal::Evidence(EvidenceError::TrialFile(
            TrialFileError::NotATrialFile { .. } | TrialFileError::NewerVersion { .. },
        )) => 2,
        SealRefusal::Evidence(_) => 1,
    }
}
