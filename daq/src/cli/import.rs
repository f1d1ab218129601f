//! `daq import`: a trial file out of the file of another logger.

use std::path::Path;

use evidence::{ImportOrder, Imported};
use serde::Serialize;
use words::{Language, message, text};

use super::key::Signing;
use super::recover::recover_leftovers;
use super::run::{Finished, show_built};
use super::{Failure, Format, Outcome, print_json};
use crate::cli::out::{errln, outln};
use crate::clock::Clock;
use crate::documents::gather;
use crate::station;

/// What is imported, and where to.
pub(super) struct Request<'a> {
    pub(super) data: &'a Path,
    pub(super) mapping: &'a Path,
    pub(super) out: &'a Path,
    pub(super) by: Option<&'a str>,
}

/// An import as a program reads it.
#[derive(Serialize)]
struct Report<'a> {
    data: String,
    bytes: u64,
    blake3: &'a str,
    sm3: &'a str,
    rows: u64,
    damaged_lines: u64,
    first_damaged_line: Option<u64>,
    unfinished_last_line: bool,
    seconds: f64,
    #[serde(flatten)]
    finished: Finished<'a>,
}

pub(super) fn import(
    request: &Request<'_>,
    signing: &Signing,
    format: Format,
    language: Language,
) -> Outcome {
    let documents = gather(request.mapping);
    let documents = documents.map_err(|error| Failure::bad_input(error.in_language(language)))?;
    let key = signing.key(language)?;
    recover_leftovers(request.out, signing, language);
    let station = station::describe(request.by, &[], &Clock::start());
    let order = ImportOrder {
        documents: &documents,
        data: request.data,
        out: request.out,
        key: key.as_ref(),
        station: &station,
        now: Clock::wall_now(),
    };
    let imported = evidence::import(order).map_err(|error| {
        let code = if error.is_refusal() { 2 } else { 1 };
        Failure { code, text: error.in_language(language) }
    })?;
    let data = words::printable(&request.data.display().to_string());
    match format {
        Format::Json => {
            print_json(&report(&imported, data))?;
        }
        Format::Text => {
            if key.is_none() {
                errln!("{}", text(language, "run-unsealed"));
            }
            show(&imported, &data, language);
        }
    }
    Ok(verdict::exit_code(&imported.built.findings))
}

fn report(imported: &Imported, data: String) -> Report<'_> {
    Report {
        data,
        bytes: imported.digests.bytes,
        blake3: &imported.digests.blake3,
        sm3: &imported.digests.sm3,
        rows: imported.rows,
        damaged_lines: imported.damaged,
        first_damaged_line: imported.first_damaged,
        unfinished_last_line: imported.unfinished,
        seconds: imported.length_ns as f64 / 1e9,
        finished: Finished::of(&imported.built),
    }
}

fn show(imported: &Imported, data: &str, language: Language) {
    let seconds = format!("{:.3}", imported.length_ns as f64 / 1e9);
    let counts = message!(
        "import-counts",
        file = data,
        rows = imported.rows,
        damaged = imported.damaged,
        seconds = seconds,
    );
    outln!("{}", counts.in_language(language));
    if let Some(line) = imported.first_damaged {
        outln!("  {}", message!("import-first-damaged", line = line).in_language(language));
    }
    if imported.unfinished {
        outln!("  {}", text(language, "import-unfinished"));
    }
    let file = &imported.digests;
    let digests =
        message!("import-digests", bytes = file.bytes, blake3 = file.blake3, sm3 = file.sm3);
    outln!("  {}", digests.in_language(language));
    show_built(&imported.built, language);
}
