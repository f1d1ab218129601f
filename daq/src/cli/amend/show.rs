//! Amendments as people and programs read them.

use std::path::Path;

use evidence::{AmendmentEntry, StationKey, TrustedKeys, Vouched, check_amendments};
use serde::Serialize;
use trial::amendment::{Amendment, Attachment, LateReading, SignOffRole};
use trial::time::WallTime;
use trialfile::{Seal, TrialFileError};
use words::{Language, message, text};

use super::Added;
use crate::cli::out::outln;
use crate::cli::{Failure, Format, Outcome, print_json};

/// Amendments as a program reads them.
#[derive(Serialize)]
struct Report<'a> {
    file: String,
    whole: bool,
    first_bad: Option<u64>,
    torn: bool,
    last: String,
    amendments: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    vouched: &'static str,
    #[serde(flatten)]
    entry: &'a AmendmentEntry,
}

pub(super) fn list(file: &Path, trust: &[String], format: Format, language: Language) -> Outcome {
    let seal = Seal::read(file).map_err(|error| Failure {
        code: if matches!(error, TrialFileError::Io { .. }) { 1 } else { 2 },
        text: error.in_language(language),
    })?;
    let mut trusted = TrustedKeys::default();
    for given in trust {
        trusted.add(given).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    }
    let found = check_amendments(file, &seal.journal_root, &trusted)
        .map_err(|error| Failure { code: 1, text: error.in_language(language) })?;
    let path = words::printable(&evidence::amendments_file(file).display().to_string());
    let code = if found.is_whole() { 0 } else { 3 };
    if format == Format::Json {
        let rows = found.entries.iter();
        let rows = rows.map(|(entry, vouched)| Row { vouched: vouched_name(*vouched), entry });
        print_json(&Report {
            file: path,
            whole: found.is_whole(),
            first_bad: found.first_bad,
            torn: found.torn,
            last: found.last_digest.clone(),
            amendments: rows.collect(),
        })?;
        return Ok(code);
    }
    if found.entries.is_empty() && found.is_whole() {
        outln!("{}", message!("amend-none", file = path).in_language(language));
    }
    for (entry, vouched) in &found.entries {
        print(entry, *vouched, language);
    }
    if let Some(number) = found.first_bad {
        let message = message!("amend-bad", file = path, number = number);
        outln!("{}", message.in_language(language));
    } else if !found.entries.is_empty() {
        let last = message!("amend-end-unseen", digits = found.last_fingerprint());
        outln!("{}", last.in_language(language));
    }
    Ok(code)
}

/// The stable English name of who vouches, as JSON carries it.
fn vouched_name(vouched: Vouched) -> &'static str {
    match vouched {
        Vouched::Trusted(_) => "trusted",
        Vouched::Unknown(_) => "unknown",
        Vouched::Nobody => "nobody",
    }
}

pub(super) fn added(added: &Added<'_>, key: Option<&StationKey>, language: Language) {
    let entry = added.amendment;
    let message = message!("amend-added", number = entry.number, file = added.file);
    outln!("{}", message.in_language(language));
    for line in lines(&entry.what, language) {
        outln!("  {line}");
    }
    outln!("  {}", message!("amend-root", root = added.root).in_language(language));
    let digits = &added.fingerprint;
    outln!("  {}", message!("amend-fingerprint", digits = digits).in_language(language));
    let signed = match key {
        Some(key) => {
            let digits = key.public().fingerprint();
            message!("amend-signed", name = key.name(), digits = digits).in_language(language)
        }
        None => text(language, "amend-unsigned"),
    };
    outln!("{signed}");
}

fn print(entry: &AmendmentEntry, vouched: Vouched, language: Language) {
    let by = words::printable(&entry.by);
    let message = message!(
        "amend-head",
        number = entry.number,
        kind = kind(&entry.what, language),
        by = by,
        at = time(entry.at)
    );
    outln!("{}", message.in_language(language));
    for line in lines(&entry.what, language) {
        outln!("   {line}");
    }
    let why = words::printable(&entry.why);
    outln!("   {}", message!("amend-reason", why = why).in_language(language));
    let vouched = match vouched {
        Vouched::Trusted(key) => message!("amend-trusted", digits = key.fingerprint()),
        Vouched::Unknown(key) => message!("amend-unknown", digits = key.fingerprint()),
        Vouched::Nobody => message!("amend-nobody"),
    };
    outln!("   {}", vouched.in_language(language));
}

/// To the second, in UTC: the zone of the site stands in the file, which is not read here.
fn time(at: WallTime) -> String {
    at.in_zone("UTC").replace(" +00:00", " UTC")
}

fn kind(what: &Amendment, language: Language) -> String {
    match what {
        Amendment::ReEvaluation { .. } => text(language, "amend-kind-re-evaluation"),
        Amendment::SignOff { .. } => text(language, "amend-kind-sign-off"),
        Amendment::Reading(_) => text(language, "amend-kind-reading"),
        Amendment::Witness { .. } => text(language, "amend-kind-witness"),
        Amendment::PostCheck { .. } => text(language, "amend-kind-post-check"),
        Amendment::Rebound { .. } => text(language, "amend-kind-rebound"),
        Amendment::Deviation { .. } => text(language, "amend-kind-deviation"),
        Amendment::Note { .. } => text(language, "amend-kind-note"),
        Amendment::MarkCorrection { .. } => text(language, "amend-kind-mark"),
    }
}

fn role(role: SignOffRole, language: Language) -> String {
    match role {
        SignOffRole::Operator => text(language, "amend-role-operator"),
        SignOffRole::Reviewer => text(language, "amend-role-reviewer"),
        SignOffRole::Approver => text(language, "amend-role-approver"),
        SignOffRole::Witness => text(language, "amend-role-witness"),
    }
}

/// What an amendment says, a line each.
fn lines(what: &Amendment, language: Language) -> Vec<String> {
    let shown = |text: &str| words::printable(text);
    let messages = match what {
        Amendment::ReEvaluation { scenario, digest, .. } => {
            let digest = digest.get(..16).unwrap_or(digest);
            vec![message!("amend-judged", scenario = shown(scenario), digest = shown(digest))]
        }
        Amendment::SignOff { role: as_whom, statement } => {
            let role = role(*as_whom, language);
            vec![message!("amend-sign-off", role = role, statement = shown(statement))]
        }
        Amendment::Reading(reading) => reading_lines(reading),
        Amendment::Note { text: said } => vec![message!("amend-said", text = shown(said))],
        Amendment::Witness { statement, criterion, holds, attachments } => {
            witness_lines(statement, criterion.as_deref(), *holds, attachments)
        }
        Amendment::PostCheck { channel, passed, statement } => {
            let (channel, statement) = (shown(channel), shown(statement));
            vec![match passed {
                true => message!("amend-check-passed", channel = channel, statement = statement),
                false => message!("amend-check-failed", channel = channel, statement = statement),
            }]
        }
        Amendment::Rebound { channel, at, sensor } => {
            let (channel, sensor) = (shown(channel), shown(sensor));
            let at = format!("{:.3}", at.seconds());
            vec![message!("amend-rebound", channel = channel, at = at, sensor = sensor)]
        }
        Amendment::Deviation { from, instead, consent } => vec![
            message!("amend-deviation", from = shown(from), instead = shown(instead)),
            match consent.is_empty() {
                true => message!("amend-no-consent"),
                false => message!("amend-consent", consent = shown(consent)),
            },
        ],
        Amendment::MarkCorrection { mark, text: _, at: _, retracts: true } => {
            vec![message!("amend-mark-retracted", mark = mark)]
        }
        Amendment::MarkCorrection { mark, text: new, at: _, retracts: false } => {
            let new = shown(new.as_deref().unwrap_or_default());
            vec![message!("amend-mark-restated", mark = mark, text = new)]
        }
    };
    messages.iter().map(|message| message.in_language(language)).collect()
}

fn witness_lines(
    statement: &str,
    criterion: Option<&str>,
    holds: Option<bool>,
    attachments: &[Attachment],
) -> Vec<words::Message> {
    let mut lines = Vec::with_capacity(2 + attachments.len());
    if let Some(criterion) = criterion {
        let criterion = words::printable(criterion);
        lines.push(match holds {
            Some(true) => message!("amend-holds", criterion = criterion),
            Some(false) => message!("amend-does-not-hold", criterion = criterion),
            None => message!("amend-about", criterion = criterion),
        });
    }
    if !statement.is_empty() {
        lines.push(message!("amend-said", text = words::printable(statement)));
    }
    for Attachment { name, blake3 } in attachments {
        let (name, digest) = (words::printable(name), words::printable(blake3));
        lines.push(message!("amend-attached", name = name, digest = digest));
    }
    lines
}

fn reading_lines(reading: &LateReading) -> Vec<words::Message> {
    let shown = |text: &str| words::printable(text);
    let LateReading { of, value, unit, resolution, instrument, observed_at, entered_at } = reading;
    let (of, value, unit) = (shown(of), shown(value), shown(unit));
    let mut lines = vec![
        message!("amend-reading", of = of, value = value, unit = unit),
        message!("amend-reading-times", observed = time(*observed_at), entered = time(*entered_at)),
    ];
    let instrument = shown(instrument);
    lines.push(match resolution.is_empty() {
        true => message!("amend-instrument", instrument = instrument),
        false => {
            let step = shown(resolution);
            message!("amend-instrument-step", instrument = instrument, step = step, unit = unit)
        }
    });
    lines
}
