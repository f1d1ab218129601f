//! `daq recover`: finishes the runs whose daemon died.

use std::path::Path;

use evidence::{Recovery, RunFolder};
use serde::Serialize;
use trial::record::OriginKind;
use words::{Language, message};

use super::{Failure, Format, Outcome, print_json, render};
use crate::clock::Clock;

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
    error: Option<String>,
}

pub(super) fn recover(folder: &Path, format: Format, language: Language) -> Outcome {
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
    let rows: Vec<Row> = folders.iter().map(|folder| recover_one(folder, language)).collect();
    let code = u8::from(rows.iter().any(|row| row.error.is_some()));
    match format {
        Format::Json => {
            print_json(&rows)?;
        }
        Format::Text if rows.is_empty() => {
            let folder = words::printable(&folder.display().to_string());
            println!("{}", message!("recover-nothing", folder = folder).in_language(language));
        }
        Format::Text => rows.iter().for_each(|row| print(row, language)),
    }
    Ok(code)
}

fn recover_one(folder: &RunFolder, language: Language) -> Row {
    let run = folder.name().to_owned();
    let mut row = Row { run, ..Row::default() };
    match evidence::recover(folder, Clock::wall_now()) {
        Ok(Recovery::Built { built, cut_bytes, records }) => {
            row.file = Some(built.path.display().to_string());
            row.origin = Some(built.origin.origin);
            row.not_live.clone_from(&built.origin.station.not_live);
            row.records = Some(records);
            row.cut_bytes = Some(cut_bytes);
        }
        Ok(Recovery::NothingRecorded) => row.records = Some(0),
        Err(error) => row.error = Some(error.in_language(language)),
    }
    row
}

fn print(row: &Row, language: Language) {
    let run = words::printable(&row.run);
    match (&row.file, &row.error) {
        (Some(file), _) => {
            if let Some(origin) = row.origin {
                print!("{}", render::not_live(origin, &row.not_live, language));
            }
            let message = message!(
                "recover-done",
                run = run,
                file = words::printable(file),
                records = row.records.unwrap_or_default(),
                cut = row.cut_bytes.unwrap_or_default(),
            );
            println!("{}", message.in_language(language));
        }
        (None, None) => {
            println!("{}", message!("recover-nothing-recorded", run = run).in_language(language));
        }
        (None, error) => {
            let why = error.clone().unwrap_or_default();
            eprintln!("{}", message!("recover-failed", run = run, why = why).in_language(language));
        }
    }
}
