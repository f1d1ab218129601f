//! `daq scenarios` and `daq devices`: the shipped catalogue.

mod devices;
mod frame;
mod map;
mod table;

use serde::Serialize;
use trial::catalogue::{Shipped, scenarios as shipped_scenarios};
use trial::document::{Source, Title};
use trial::scenario::{LimitStatus, Scenario};
use words::{Language, message, text};

use super::{Failure, Format, Outcome, print_json};

/// An entry of a list, for a program.
#[derive(Serialize)]
struct Row {
    id: String,
    title: Title,
}

pub(super) fn scenarios(id: Option<&str>, format: Format, language: Language) -> Outcome {
    let Some(id) = id else {
        let row =
            |shipped: &Shipped| resolve_scenario(shipped).map(|s| Row { id: s.id, title: s.title });
        return list(shipped_scenarios().iter().map(row), format, language);
    };
    let shipped = find(shipped_scenarios(), id, language)?;
    if format == Format::Json {
        return print_json(&Document {
            id: shipped.id,
            toml: &String::from_utf8_lossy(shipped.bytes),
        });
    }
    let scenario = resolve_scenario(shipped)?;
    println!("{}  {}\n", scenario.id, both(&scenario.title, language));
    for criterion in &scenario.criteria {
        let source = &criterion.source;
        let status = match source.status {
            LimitStatus::Verified => text(language, "limit-verified"),
            LimitStatus::Declared => text(language, "limit-declared"),
            LimitStatus::Illustrative => text(language, "limit-illustrative"),
        };
        println!("  {:<8} {}", criterion.id, both(&criterion.title, language));
        println!("           {} {} {} [{status}]", source.standard, source.clause, source.edition);
    }
    Ok(0)
}

pub(super) fn devices(id: Option<&str>, format: Format, language: Language) -> Outcome {
    match id {
        None => devices::list(format, language),
        Some(id) => devices::show(id, format, language),
    }
}

/// A shipped document as it is, for a program.
#[derive(Serialize)]
struct Document<'a> {
    id: &'a str,
    toml: &'a str,
}

fn list(
    rows: impl Iterator<Item = Result<Row, Failure>>,
    format: Format,
    language: Language,
) -> Outcome {
    let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    if format == Format::Json {
        return print_json(&rows);
    }
    let rows: Vec<table::Row> = rows
        .into_iter()
        .map(|row| table::Row { cells: vec![row.id, both(&row.title, language)], details: vec![] })
        .collect();
    for line in table::lines(&rows, 0) {
        println!("{line}");
    }
    Ok(0)
}

/// Both titles, the user's language first.
fn both(title: &Title, language: Language) -> String {
    match language {
        Language::English => format!("{} · {}", title.en, title.zh),
        Language::Chinese => format!("{} · {}", title.zh, title.en),
    }
}

fn find<'a>(shipped: &'a [Shipped], id: &str, language: Language) -> Result<&'a Shipped, Failure> {
    shipped.iter().find(|shipped| shipped.id == id).ok_or_else(|| {
        let known: Vec<&str> = shipped.iter().map(|shipped| shipped.id).collect();
        let id = words::printable(id);
        let message = message!("catalogue-unknown", id = id, known = known.join(" "));
        Failure::bad_input(message.in_language(language))
    })
}

fn resolve_scenario(shipped: &Shipped) -> Result<Scenario, Failure> {
    let source = Source::new(shipped.id, shipped.bytes).map_err(Failure::trouble)?;
    Scenario::resolve(source).map_err(Failure::trouble)
}
