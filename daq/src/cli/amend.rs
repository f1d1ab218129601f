//! `daq amend`: what is said about a trial after its file was closed.

mod seen;
mod show;

use std::path::{Path, PathBuf};

use clap::{ArgAction, Args, Subcommand};
use evidence::{AmendmentEntry, Amendments, EvidenceError, NewAmendment, StationKey};
use serde::Serialize;
use trial::amendment::{Amendment, LateReading, SignOffRole};
use trial::time::{TrialTime, WallTime, duration_nanoseconds, parse_duration};
use trialfile::{Seal, TrialFileError};
use words::{Language, message, text};

use super::{Failure, Format, Outcome, control, evaluate, files, key, print_json};
use crate::clock::Clock;
use crate::station;

/// Who amends, why, and with which key of the station.
#[derive(Debug, Args)]
pub(super) struct Author {
    #[arg(long)]
    pub(super) by: String,
    #[arg(long = "why", id = "amend-why", value_name = "WHY")]
    pub(super) why: String,
    #[arg(long)]
    pub(super) keys: Option<PathBuf>,
    #[arg(long)]
    pub(super) key: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, Subcommand)]
pub(super) enum What {
    SignOff {
        #[arg(long, value_parser = role)]
        role: SignOffRole,
        #[arg(long)]
        statement: String,
        #[command(flatten)]
        author: Author,
    },
    Note {
        #[arg(long = "text", id = "note", value_name = "TEXT")]
        note: String,
        #[command(flatten)]
        author: Author,
    },
    Deviation {
        #[arg(long)]
        from: String,
        #[arg(long)]
        instead: String,
        #[arg(long)]
        consent: Option<String>,
        #[command(flatten)]
        author: Author,
    },
    Reading {
        #[arg(long = "of", id = "reading-of", value_name = "ROLE")]
        of: String,
        #[arg(long, allow_hyphen_values = true)]
        value: String,
        #[arg(long)]
        unit: String,
        #[arg(long)]
        resolution: Option<String>,
        #[arg(long)]
        instrument: String,
        #[arg(long, value_parser = instant)]
        observed_at: WallTime,
        #[command(flatten)]
        author: Author,
    },
    Witness {
        #[arg(long, required_unless_present = "criterion")]
        statement: Option<String>,
        #[arg(long, value_name = "ID", requires = "holds")]
        criterion: Option<String>,
        #[arg(long, value_name = "yes|no", value_parser = yes_or_no, requires = "criterion")]
        holds: Option<bool>,
        #[arg(long, value_name = "FILE")]
        attach: Vec<PathBuf>,
        #[command(flatten)]
        author: Author,
    },
    PostCheck {
        #[arg(long)]
        channel: String,
        // A bool is a flag without a value unless told otherwise.
        #[arg(long, value_name = "yes|no", value_parser = yes_or_no,
            action = ArgAction::Set)]
        passed: bool,
        #[arg(long, id = "check-statement", value_name = "STATEMENT")]
        statement: String,
        #[command(flatten)]
        author: Author,
    },
    Rebound {
        #[arg(long)]
        channel: String,
        #[arg(long, value_name = "TIME", value_parser = trial_time)]
        at: TrialTime,
        #[arg(long)]
        sensor: String,
        #[command(flatten)]
        author: Author,
    },
    Mark {
        #[arg(long)]
        number: u32,
        #[arg(long = "text", id = "mark-text", value_name = "TEXT")]
        #[arg(required_unless_present = "retract")]
        mark_text: Option<String>,
        #[arg(long, conflicts_with = "mark-text")]
        retract: bool,
        #[command(flatten)]
        author: Author,
    },
    ReEvaluation {
        #[arg(long, value_name = "ID|FILE")]
        scenario: Option<String>,
        #[command(flatten)]
        author: Author,
    },
    List {
        #[arg(long)]
        trust: Vec<String>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

fn role(text: &str) -> Result<SignOffRole, String> {
    match text {
        "operator" => Ok(SignOffRole::Operator),
        "reviewer" => Ok(SignOffRole::Reviewer),
        "approver" => Ok(SignOffRole::Approver),
        "witness" => Ok(SignOffRole::Witness),
        _ => Err("operator | reviewer | approver | witness".to_owned()),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes | no".to_owned()),
    }
}

/// A time of the trial, from its start on.
pub(super) fn trial_time(text: &str) -> Result<TrialTime, String> {
    let time = parse_duration(text).map(|time| TrialTime(duration_nanoseconds(time)));
    time.ok_or_else(|| "12.5s | 3min".to_owned())
}

fn instant(text: &str) -> Result<WallTime, String> {
    WallTime::from_rfc3339(text).ok_or_else(|| "2026-06-15T14:05:00+08:00".to_owned())
}

pub(super) fn amend(file: &Path, what: What, language: Language) -> Outcome {
    match what {
        What::List { trust, format } => show::list(file, &trust, format, language),
        What::SignOff { role, statement, author } => {
            add(file, Amendment::SignOff { role, statement }, author, language)
        }
        What::Note { note, author } => add(file, Amendment::Note { text: note }, author, language),
        What::Deviation { from, instead, consent, author } => {
            let consent = consent.unwrap_or_default();
            add(file, Amendment::Deviation { from, instead, consent }, author, language)
        }
        What::Reading { of, value, unit, resolution, instrument, observed_at, author } => {
            let reading = LateReading {
                of,
                value,
                unit,
                resolution: resolution.unwrap_or_default(),
                instrument,
                observed_at,
                entered_at: Clock::wall_now(),
            };
            add(file, Amendment::Reading(reading), author, language)
        }
        What::Witness { statement, criterion, holds, attach, author } => {
            let given = seen::Given { statement, criterion, holds, attach };
            add(file, seen::witness(file, given, language)?, author, language)
        }
        What::PostCheck { channel, passed, statement, author } => {
            seen::ensure_channel(file, &channel, language)?;
            add(file, Amendment::PostCheck { channel, passed, statement }, author, language)
        }
        What::Rebound { channel, at, sensor, author } => {
            seen::ensure_channel(file, &channel, language)?;
            add(file, Amendment::Rebound { channel, at, sensor }, author, language)
        }
        What::Mark { number, mark_text, retract, author } => {
            let (text, at) = (mark_text, None);
            let correction =
                Amendment::MarkCorrection { mark: number, text, at, retracts: retract };
            add(file, correction, author, language)
        }
        What::ReEvaluation { scenario, author } => {
            // What is altered is not judged again: this looks at the seal before it reads.
            checked_seal(file, language)?;
            let trial = files::open(file, language)?;
            let by = evaluate::By { scenario: scenario.as_deref(), ..evaluate::By::default() };
            let judged = evaluate::judge(&trial, file, &by, language)?;
            add(file, judged.amendment()?, author, language)
        }
    }
}

/// The seal of a file that is whole: nothing is attached to an altered one.
pub(super) fn checked_seal(file: &Path, language: Language) -> Result<Seal, Failure> {
    let failed = |error: TrialFileError| Failure {
        code: if matches!(error, TrialFileError::Io { .. }) { 1 } else { 2 },
        text: error.in_language(language),
    };
    let seal = Seal::read(file).map_err(failed)?;
    let whole = seal.matches(file, &mut |_| {}).map_err(failed)?
        && evidence::signature::verify_seal(&seal).is_ok();
    if whole {
        return Ok(seal);
    }
    let file = words::printable(&file.display().to_string());
    let text = message!("amend-altered", file = file).in_language(language);
    Err(Failure { code: 3, text })
}

/// What was added, for a program.
#[derive(Serialize)]
struct Added<'a> {
    file: String,
    root: String,
    fingerprint: String,
    signed_by: Option<String>,
    amendment: &'a AmendmentEntry,
}

/// An amendment that was added.
pub(super) struct Appended {
    pub number: u64,
    pub file: String,
    pub fingerprint: String,
    pub signed_by: Option<String>,
    root: String,
    entry: AmendmentEntry,
}

fn add(file: &Path, what: Amendment, author: Author, language: Language) -> Outcome {
    let (appended, key) = append(file, what, &author, language)?;
    let Appended { file, fingerprint, signed_by, root, entry, .. } = appended;
    let added = Added { file, root, fingerprint, signed_by, amendment: &entry };
    match author.format {
        Format::Json => print_json(&added),
        Format::Text => {
            show::added(&added, key.as_ref(), language);
            Ok(0)
        }
    }
}

/// Adds an amendment, signed where the station has a key.
pub(super) fn append(
    file: &Path,
    what: Amendment,
    author: &Author,
    language: Language,
) -> Result<(Appended, Option<StationKey>), Failure> {
    let by = control::name_given(Some(author.by.clone()), language)?;
    if author.why.trim().is_empty() {
        return Err(Failure::bad_input(text(language, "amend-why-empty")));
    }
    let seal = checked_seal(file, language)?;
    let folder = key::key_folder(author.keys.clone());
    let key = key::signing_key(&folder, author.key.as_deref(), language)?;
    let failed = |error: EvidenceError| Failure {
        code: match &error {
            EvidenceError::Amendments { .. } => 3,
            EvidenceError::AmendmentForm | EvidenceError::Link(_) => 2,
            _ => 1,
        },
        text: error.in_language(language),
    };
    let by = station::person(by.as_deref(), &station::own_account());
    let new = NewAmendment { by, at: Clock::wall_now(), why: author.why.clone(), what };
    let mut amendments = Amendments::open(file, &seal.journal_root).map_err(failed)?;
    let (entry, fingerprint) = amendments.append(new, key.as_ref()).map_err(failed)?;
    let appended = Appended {
        number: entry.number,
        file: words::printable(&evidence::amendments_file(file).display().to_string()),
        fingerprint,
        signed_by: key.as_ref().map(|key| key.public().fingerprint()),
        root: evidence::signature::short_fingerprint(&seal.journal_root),
        entry,
    };
    Ok((appended, key))
}
