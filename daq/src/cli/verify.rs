//! `daq verify`: the trial file against its digest, its seal and its own journal.

use std::path::{Path, PathBuf};

use evidence::signature::short_fingerprint;
use evidence::{
    Checks, EvidenceError, Standing, TrustedKeys, Verification, Vouched, WitnessCheck,
    WitnessFinding,
};
use serde::Serialize;
use trial::record::OriginKind;
use trialfile::TrialFileError;
use words::{Language, message, text};

use super::{Failure, Format, Outcome, print_json, render};
use crate::cli::out::{out, outln};

/// What a verification says to a program.
#[derive(Serialize)]
struct Report {
    file: String,
    trial: String,
    run: u32,
    origin: OriginKind,
    not_live: Vec<String>,
    /// `trusted`, `unconfirmed` or `altered`.
    standing: &'static str,
    whole: bool,
    sealed: bool,
    /// The key whose seal matches.
    key: Option<String>,
    key_fingerprint: Option<String>,
    key_trusted: bool,
    /// The key that the run was begun with, as its first record says; empty without one.
    run_key: String,
    key_run: u64,
    previous_root: String,
    records: u64,
    samples: u64,
    root: String,
    root_fingerprint: String,
    start_fingerprint: Option<String>,
    heads: Heads,
    amendments: Amendments,
    witness: Option<Witness>,
    first_bad: Option<FirstBad>,
    differences: Vec<String>,
}

#[derive(Serialize)]
struct Heads {
    good: u64,
    first: bool,
    last: bool,
}

#[derive(Serialize)]
struct Amendments {
    count: usize,
    trusted: usize,
    unknown: usize,
    unsigned: usize,
    first_bad: Option<u64>,
    fingerprint: String,
}

#[derive(Serialize)]
struct Witness {
    compared: u64,
    unusable: u64,
    /// `missing`, `other-chain` or `other-run`.
    finding: Option<&'static str>,
    record: Option<u64>,
}

#[derive(Serialize)]
struct FirstBad {
    record: Option<u64>,
    what: String,
}

pub(super) fn verify(
    file: &Path,
    trust: &[String],
    witness: Option<PathBuf>,
    format: Format,
    language: Language,
) -> Outcome {
    let checks = Checks { trust: trusted(trust, language)?, witness };
    let found = evidence::verify(file, &checks).map_err(|error| failure(&error, language))?;
    match format {
        Format::Json => {
            print_json(&report(file, &found))?;
        }
        Format::Text => {
            out!("{}", render::origin(&found.origin, language));
            lines(file, &found, language).iter().for_each(|line| outln!("{line}"));
        }
    }
    Ok(match found.standing() {
        Standing::Trusted => 0,
        Standing::Altered => 3,
        Standing::Unconfirmed => 4,
    })
}

/// The keys that the user names as trusted.
pub(super) fn trusted(given: &[String], language: Language) -> Result<TrustedKeys, Failure> {
    let mut trusted = TrustedKeys::default();
    for given in given {
        let added = trusted.add(given);
        // A code of its own: what was named is no key, which says nothing of the file.
        added.map_err(|error| Failure { code: 1, text: error.in_language(language) })?;
    }
    Ok(trusted)
}

fn failure(error: &EvidenceError, language: Language) -> Failure {
    let code = match error {
        EvidenceError::TrialFile(
            TrialFileError::NotATrialFile { .. } | TrialFileError::NewerVersion { .. },
        ) => 2,
        EvidenceError::TrialFile(TrialFileError::Io { .. }) => 1,
        // The file has its mark, but can't be read as what it says it is.
        EvidenceError::TrialFile(_) | EvidenceError::Amendments { .. } => 3,
        _ => 1,
    };
    Failure { code, text: error.in_language(language) }
}

fn report(file: &Path, found: &Verification) -> Report {
    let station = &found.origin.station;
    let vouched = |wanted: fn(&Vouched) -> bool| {
        found.amendments.entries.iter().filter(|(_, vouched)| wanted(vouched)).count()
    };
    Report {
        file: file.display().to_string(),
        trial: found.origin.trial.clone(),
        run: found.origin.run,
        origin: found.origin.origin,
        not_live: station.not_live.clone(),
        standing: match found.standing() {
            Standing::Trusted => "trusted",
            Standing::Unconfirmed => "unconfirmed",
            Standing::Altered => "altered",
        },
        whole: found.is_whole(),
        sealed: found.sealed_by.is_some(),
        key: found.sealed_by.map(evidence::PublicKey::to_hex),
        key_fingerprint: found.sealed_by.map(evidence::PublicKey::fingerprint),
        key_trusted: found.key_is_trusted,
        run_key: station.key.clone(),
        key_run: station.key_run,
        previous_root: found.origin.previous_root.clone(),
        records: found.records,
        samples: found.samples,
        root: found.root.clone(),
        root_fingerprint: root_fingerprint(found),
        start_fingerprint: found.heads.first_chain.map(|chain| short_fingerprint(&chain.0)),
        heads: Heads { good: found.heads.good, first: found.heads.first, last: found.heads.last },
        amendments: Amendments {
            count: found.amendments.entries.len(),
            trusted: vouched(|vouched| matches!(vouched, Vouched::Trusted(_))),
            unknown: vouched(|vouched| matches!(vouched, Vouched::Unknown(_))),
            unsigned: vouched(|vouched| matches!(vouched, Vouched::Nobody)),
            first_bad: found.amendments.first_bad,
            fingerprint: found.amendments.last_fingerprint(),
        },
        witness: found.witness.map(witness),
        first_bad: found.first_difference().map(|difference| FirstBad {
            record: difference.record(),
            what: difference.to_string(),
        }),
        differences: found.differences.iter().map(ToString::to_string).collect(),
    }
}

fn witness(check: WitnessCheck) -> Witness {
    let (finding, record) = match check.finding {
        None => (None, None),
        Some(WitnessFinding::Missing { sequence }) => (Some("missing"), Some(sequence)),
        Some(WitnessFinding::OtherChain { sequence }) => (Some("other-chain"), Some(sequence)),
        Some(WitnessFinding::OtherRun { sequence }) => (Some("other-run"), Some(sequence)),
    };
    Witness { compared: check.compared, unusable: check.unusable, finding, record }
}

/// Digits of the root's fingerprint, in groups of four.
fn root_fingerprint(found: &Verification) -> String {
    let digits: Vec<char> = found.root.chars().take(16).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// What a stranger has to know of the result: what it is, by whose key, and what was checked.
fn lines(file: &Path, found: &Verification, language: Language) -> Vec<String> {
    let file = words::printable(&file.display().to_string());
    let mut out = Vec::new();
    let mut say = |message: words::Message| out.push(message.in_language(language));
    match found.standing() {
        Standing::Altered => {
            say(message!("verify-altered", file = file));
            for difference in &found.differences {
                out.push(format!("  {}", difference.in_language(language)));
            }
            out.push(text(language, "verify-altered-means"));
            return out;
        }
        Standing::Trusted => say(message!("verify-trusted", file = file)),
        Standing::Unconfirmed => say(message!("verify-unconfirmed", file = file)),
    }
    say(message!("verify-derived", records = found.records, samples = found.samples));
    match found.sealed_by {
        Some(key) if found.key_is_trusted => {
            say(message!("verify-key-trusted", digits = key.fingerprint()));
        }
        Some(key) => say(message!("verify-key-unknown", digits = key.fingerprint())),
        None if found.origin.station.key.is_empty() => say(message!("verify-unsealed")),
        None => say(message!("verify-unsealed-signed")),
    }
    if !found.origin.station.key.is_empty() {
        say(message!("verify-heads", heads = found.heads.good, run = found.origin.station.key_run));
        if !found.heads.last {
            say(message!("verify-no-last-head"));
        }
    }
    amendment_lines(found, language, &mut out);
    if let Some(witness) = found.witness {
        let message = match witness.compared {
            0 => message!("verify-witness-none"),
            heads => message!("verify-witness", heads = heads),
        };
        out.push(message.in_language(language));
    }
    if let Some(chain) = found.heads.first_chain {
        let digits = short_fingerprint(&chain.0);
        out.push(message!("run-start-fingerprint", digits = digits).in_language(language));
    }
    let digits = root_fingerprint(found);
    out.push(message!("run-root-fingerprint", digits = digits).in_language(language));
    out.push(match found.standing() {
        Standing::Trusted => text(language, "verify-trusted-means"),
        _ => text(language, "verify-unconfirmed-means"),
    });
    out
}

fn amendment_lines(found: &Verification, language: Language, out: &mut Vec<String>) {
    let count = found.amendments.entries.len();
    if count == 0 {
        return;
    }
    let message = match found.amendments.is_trusted() {
        true => message!("verify-amendments", count = count),
        false => message!("verify-amendments-unknown", count = count),
    };
    out.push(message.in_language(language));
}
