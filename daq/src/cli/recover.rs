//! `daq recover`: finishes the runs whose daemon died.

use std::path::Path;

use evidence::{PublicKey, Recovery, RunFolder};
use serde::Serialize;
use trial::record::OriginKind;
use words::{Language, message};

use super::key::Signing;
use super::{Failure, Format, Outcome, print_json, render};
use crate::cli::out::{errln, outln};
use crate::clock::Clock;
use crate::limits::LEFTOVER_BYTES;

/// What happened to one run, for a program.
#[derive(Serialize, Default)]
struct Row {
    run: String,
    file: Option<String>,
    /// How the recording came to be; nothing where nothing was recorded.
    origin: Option<OriginKind>,
    not_live: Vec<String>,
    records: Option<u64>,
    cut_bytes: Option<u64>,
    sealed: bool,
    /// The key that the run was begun with and that was not at hand to seal the file.
    missing_key: Option<String>,
    error: Option<String>,
}

pub(super) fn recover(
    folder: &Path,
    signing: &Signing,
    format: Format,
    language: Language,
) -> Outcome {
    evidence::forbid_core_dumps().map_err(Failure::trouble)?;
    if !folder.is_dir() {
        let folder = words::printable(&folder.display().to_string());
        let message = message!("recover-no-folder", folder = folder);
        return Err(Failure::bad_input(message.in_language(language)));
    }
    let folders = match RunFolder::at(folder) {
        Some(one) => vec![one],
        None => {
            evidence::run_folders(folder).map_err(|error| Failure::bad_input(error.to_string()))?
        }
    };
    let rows: Vec<Row> =
        folders.iter().map(|folder| recover_one(folder, signing, language)).collect();
    let code = u8::from(rows.iter().any(|row| row.error.is_some()));
    match format {
        Format::Json => {
            print_json(&rows)?;
        }
        Format::Text if rows.is_empty() => {
            let folder = words::printable(&folder.display().to_string());
            outln!("{}", message!("recover-nothing", folder = folder).in_language(language));
        }
        Format::Text => rows.iter().for_each(|row| print(row, language)),
    }
    Ok(code)
}

/// Finishes what earlier runs left unfinished, before a new one begins; a large one is only told.
/// Whatever comes of it, the new run begins.
pub(super) fn recover_leftovers(out: &Path, signing: &Signing, language: Language) {
    let mut left = LEFTOVER_BYTES;
    for folder in evidence::run_folders(out).unwrap_or_default() {
        // Somebody runs it: none of ours.
        if folder.lock().is_err() {
            continue;
        }
        let bytes = folder.journal_bytes();
        if bytes > left {
            let (run, out) = (folder.name(), out.display().to_string());
            let (run, out) = (words::printable(run), words::printable(&out));
            let told = message!("run-leftover-large", run = run, folder = out);
            errln!("{}", told.in_language(language));
            continue;
        }
        left -= bytes;
        for line in lines(&recover_one(&folder, signing, language), language) {
            errln!("{line}");
        }
    }
}

fn recover_one(folder: &RunFolder, signing: &Signing, language: Language) -> Row {
    let run = folder.name().to_owned();
    let mut row = Row { run, ..Row::default() };
    match evidence::recover(folder, Clock::wall_now(), &mut |key| signing.key_for(key)) {
        Ok(Recovery::Built { built, cut_bytes, records }) => {
            row.file = Some(built.path.display().to_string());
            row.origin = Some(built.origin.origin);
            row.not_live.clone_from(&built.origin.station.not_live);
            row.records = Some(records);
            row.cut_bytes = Some(cut_bytes);
            row.sealed = built.is_sealed();
            let key = Some(built.origin.station.key.clone());
            row.missing_key = key.filter(|_| built.lacks_its_seal());
        }
        Ok(Recovery::NothingRecorded) => row.records = Some(0),
        Err(error) => row.error = Some(error.in_language(language)),
    }
    row
}

fn print(row: &Row, language: Language) {
    for line in lines(row, language) {
        if row.error.is_some() {
            errln!("{line}");
        } else {
            outln!("{line}");
        }
    }
}

/// What is said of a run that was recovered, or could not be.
fn lines(row: &Row, language: Language) -> Vec<String> {
    let run = words::printable(&row.run);
    match (&row.file, &row.error) {
        (Some(file), _) => {
            let mut lines: Vec<String> = Vec::new();
            if let Some(origin) = row.origin {
                let shown = render::not_live(origin, &row.not_live, language);
                lines.extend(shown.lines().map(str::to_owned));
            }
            let message = message!(
                "recover-done",
                run = run,
                file = words::printable(file),
                records = row.records.unwrap_or_default(),
                cut = row.cut_bytes.unwrap_or_default(),
            );
            lines.push(message.in_language(language));
            if let Some(key) = row.missing_key.as_deref().and_then(PublicKey::from_hex) {
                let (digits, file) = (key.fingerprint(), words::printable(file));
                let missing = message!("recover-unsealed", digits = digits, file = file);
                lines.push(missing.in_language(language));
            }
            lines
        }
        (None, None) => {
            vec![message!("recover-nothing-recorded", run = run).in_language(language)]
        }
        (None, Some(why)) => {
            vec![message!("recover-failed", run = run, why = why).in_language(language)]
        }
    }
}
