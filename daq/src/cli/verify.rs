//! `daq verify`: the trial file against its own journal.

use std::path::Path;

use evidence::EvidenceError;
use serde::Serialize;
use trial::record::OriginKind;
use trialfile::TrialFileError;
use words::{Language, message};

use super::{Failure, Format, Outcome, print_json, render};

/// What a verification says to a program.
#[derive(Serialize)]
struct Report {
    file: String,
    origin: OriginKind,
    not_live: Vec<String>,
    whole: bool,
    sealed: bool,
    records: u64,
    samples: u64,
    root: String,
    differences: Vec<String>,
}

pub(super) fn verify(file: &Path, format: Format, language: Language) -> Outcome {
    let found = evidence::verify(file).map_err(|error| Failure {
        code: match &error {
            EvidenceError::TrialFile(
                TrialFileError::NotATrialFile { .. } | TrialFileError::NewerVersion { .. },
            ) => 2,
            EvidenceError::TrialFile(TrialFileError::Io { .. }) => 1,
            // The file has its mark, but can't be read as what it says it is.
            EvidenceError::TrialFile(_) => 3,
            _ => 1,
        },
        text: error.in_language(language),
    })?;
    let report = Report {
        file: file.display().to_string(),
        origin: found.origin.origin,
        not_live: found.origin.station.not_live.clone(),
        whole: found.is_whole(),
        sealed: false,
        records: found.records,
        samples: found.samples,
        root: found.root.clone(),
        differences: found.differences.iter().map(ToString::to_string).collect(),
    };
    match format {
        Format::Json => {
            print_json(&report)?;
        }
        Format::Text => print(&report, language),
    }
    // No file of this version is sealed, so none is whole and trusted.
    Ok(if report.whole { 4 } else { 3 })
}

fn print(report: &Report, language: Language) {
    print!("{}", render::not_live(report.origin, &report.not_live, language));
    let file = words::printable(&report.file);
    let Report { records, samples, root, .. } = report;
    if report.whole {
        let message = message!(
            "verify-whole",
            file = file,
            records = records,
            samples = samples,
            root = root
        );
        println!("{}", message.in_language(language));
        return;
    }
    println!("{}", message!("verify-altered", file = file).in_language(language));
    for difference in &report.differences {
        println!("  {difference}");
    }
}
