//! `daq audit`: who did what, when and why, of one run; or what became of every run of a folder.

mod runs;
mod trail;

use std::path::Path;

use evidence::RunFolder;
use journal::Reader;
use serde::Serialize;
use trial::record::OriginKind;
use words::{Language, message, text};

use super::{Failure, Format, Outcome, files, print_json, render};
use crate::cli::out::{out, outln};
use runs::{LEDGER, RunRow};
use trail::{Entry, EntryRow, Trail};

/// A trail as a program reads it.
#[derive(Serialize)]
struct Report<'a> {
    trial: &'a str,
    run: u32,
    origin: OriginKind,
    not_live: &'a [String],
    zone: &'a str,
    /// The key that the run was begun with; empty without one.
    key: &'a str,
    key_run: u64,
    records: u64,
    heads: u64,
    ended: bool,
    /// Why the journal can't be read to its end.
    damage: Option<&'a str>,
    left_out: u64,
    entries: Vec<EntryRow<'a>>,
}

pub(super) fn audit(path: &Path, format: Format, language: Language) -> Outcome {
    if path.is_dir() && path.extension().is_none_or(|ending| ending != "run") {
        return list(path, format, language);
    }
    if path.file_name().is_some_and(|name| name == LEDGER) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        return list(folder.unwrap_or(Path::new(".")), format, language);
    }
    let found = match RunFolder::at(path).filter(|_| path.is_dir()) {
        Some(_) => {
            let mut reader = Reader::open(path).map_err(Failure::trouble)?;
            trail::read(&mut reader)
        }
        None => {
            let file = files::open(path, language)?;
            let journal = file.journal().map_err(Failure::trouble)?;
            trail::read(&mut Reader::new(journal))
        }
    };
    let found = found.map_err(Failure::trouble)?.ok_or_else(|| {
        let path = words::printable(&path.display().to_string());
        Failure::bad_input(message!("audit-no-run", path = path).in_language(language))
    })?;
    show(&found, format, language)
}

fn show(trail: &Trail, format: Format, language: Language) -> Outcome {
    match format {
        Format::Json => {
            print_json(&Report {
                trial: &trail.origin.trial,
                run: trail.origin.run,
                origin: trail.origin_kind(),
                not_live: &trail.origin.station.not_live,
                zone: &trail.zone,
                key: &trail.origin.station.key,
                key_run: trail.origin.station.key_run,
                records: trail.records,
                heads: trail.heads,
                ended: trail.ended,
                damage: trail.damage.as_deref(),
                left_out: trail.left_out,
                entries: trail.entries.iter().map(|entry| entry.row(&trail.zone)).collect(),
            })?;
        }
        Format::Text => out!("{}", page(trail, language)),
    }
    Ok(0)
}

/// The trail as a person reads it.
fn page(trail: &Trail, language: Language) -> String {
    let mut lines = vec![
        message!(
            "audit-head",
            trial = words::printable(&trail.origin.trial),
            run = trail.origin.run,
            zone = trail.zone,
            records = trail.records,
            heads = trail.heads,
        )
        .in_language(language),
    ];
    let station = &trail.origin.station;
    lines.push(match evidence::key_of(&trail.origin) {
        Some(key) => {
            let digits = key.fingerprint();
            message!("audit-begun-with", digits = digits, run = station.key_run)
                .in_language(language)
        }
        None => text(language, "audit-no-key"),
    });
    for entry in &trail.entries {
        lines.extend(entry_lines(entry, &trail.zone, language));
    }
    if trail.left_out > 0 {
        lines.push(message!("audit-left-out", count = trail.left_out).in_language(language));
    }
    if !trail.ended {
        lines.push(text(language, "audit-no-end"));
    }
    if let Some(damage) = &trail.damage {
        let why = words::printable(damage);
        lines.push(message!("audit-unreadable", why = why).in_language(language));
    }
    lines.push(text(language, "audit-not-verified"));
    render::origin(&trail.origin, language) + &lines.join("\n") + "\n"
}

fn entry_lines(entry: &Entry, zone: &str, language: Language) -> Vec<String> {
    // Nanoseconds say nothing of what a person did.
    let utc = entry.at.to_rfc3339();
    let utc = utc.get(..23).unwrap_or(&utc);
    let what = entry.what.message().in_language(language);
    let number = entry.mark.map_or(String::new(), |number| format!(" {number}"));
    let mut line =
        format!("{:>7}  {utc}Z  {}  {what}{number}", entry.record, entry.at.in_zone(zone));
    if !entry.who.is_empty() {
        line += &format!("  [{}]", words::printable(&entry.who));
    }
    if !entry.text.is_empty() {
        line += &format!("  {}", words::printable(&entry.text));
    }
    let mut facts: Vec<String> =
        entry.facts.iter().map(|fact| fact.in_language(language)).collect();
    if !entry.why.is_empty() {
        let why = words::printable(&entry.why);
        facts.push(message!("audit-why", why = why).in_language(language));
    }
    if let Some(number) = entry.struck_by {
        facts.push(message!("audit-struck", mark = number).in_language(language));
    }
    facts.extend(entry.done().map(|done| done.in_language(language)));
    std::iter::once(line).chain(facts.into_iter().map(|fact| format!("         {fact}"))).collect()
}

/// Tells of every run of an output folder.
fn list(folder: &Path, format: Format, language: Language) -> Outcome {
    let rows = runs::list(folder).map_err(|error| Failure::trouble(error.in_language(language)))?;
    match format {
        Format::Json => {
            print_json(&rows)?;
        }
        Format::Text if rows.is_empty() => {
            let folder = words::printable(&folder.display().to_string());
            outln!("{}", message!("audit-no-runs", folder = folder).in_language(language));
        }
        Format::Text => rows.iter().for_each(|row| outln!("{}", run_line(row, language))),
    }
    Ok(0)
}

fn run_line(row: &RunRow, language: Language) -> String {
    let fate = match row.end {
        Some(end) => render::end_word(end),
        None => row.fate.message(),
    };
    let mut line = message!(
        "audit-run",
        trial = words::printable(&row.trial),
        run = row.run,
        begun = row.begun.as_deref().unwrap_or("–"),
        ended = row.ended.as_deref().unwrap_or("–"),
        fate = fate.in_language(language),
    )
    .in_language(language);
    if !row.reason.is_empty() {
        let why = words::printable(&row.reason);
        line += &format!("\n    {}", message!("audit-why", why = why).in_language(language));
    }
    if row.file_missing {
        line += &format!("\n    {}", text(language, "audit-file-missing"));
    }
    line
}
