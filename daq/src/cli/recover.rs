//! `daq recover`: finishes the runs whose daemon died.

use std::path::Path;

use evidence::RunFolder;
use serde::Serialize;
use words::{Language, message};

use super::{Failure, Format, Outcome, print_json};
use crate::clock::Clock;

/// What happened to one run, for a program.
#[derive(Serialize)]
struct Row {
    run: String,
    file: Option<String>,
    records: Option<u64>,
    cut_bytes: Option<u64>,
    error: Option<String>,
}

pub(super) fn recover(folder: &Path, format: Format, language: Language) -> Outcome {
    let folders = match RunFolder::at(folder).filter(|_| folder.is_dir()) {
        Some(one) => vec![one],
        None => {
            evidence::run_folders(folder).map_err(|error| Failure::bad_input(error.to_string()))?
        }
    };
    let rows: Vec<Row> = folders.iter().map(recover_one).collect();
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

fn recover_one(folder: &RunFolder) -> Row {
    let run = folder.name().to_owned();
    match evidence::recover(folder, Clock::wall_now()) {
        Ok(recovery) => Row {
            run,
            file: Some(recovery.built.path.display().to_string()),
            records: Some(recovery.records),
            cut_bytes: Some(recovery.cut_bytes),
            error: None,
        },
        Err(error) => {
            Row { run, file: None, records: None, cut_bytes: None, error: Some(error.to_string()) }
        }
    }
}

fn print(row: &Row, language: Language) {
    let run = words::printable(&row.run);
    match (&row.file, &row.error) {
        (Some(file), _) => {
            let message = message!(
                "recover-done",
                run = run,
                file = words::printable(file),
                records = row.records.unwrap_or_default(),
                cut = row.cut_bytes.unwrap_or_default(),
            );
            println!("{}", message.in_language(language));
        }
        (None, error) => {
            let why = error.clone().unwrap_or_default();
            eprintln!("{}", message!("recover-failed", run = run, why = why).in_language(language));
        }
    }
}
