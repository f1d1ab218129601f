//! `daq scenarios` and `daq devices`: the shipped catalogue.

use serde::Serialize;
use trial::catalogue::{Shipped, devices as shipped_devices, scenarios as shipped_scenarios};
use trial::document::{Source, Title};
use trial::profile::DeviceProfile;
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
    let Some(id) = id else {
        let row =
            |shipped: &Shipped| resolve_device(shipped).map(|d| Row { id: d.id, title: d.title });
        return list(shipped_devices().iter().map(row), format, language);
    };
    let shipped = find(shipped_devices(), id, language)?;
    if format == Format::Json {
        return print_json(&Document {
            id: shipped.id,
            toml: &String::from_utf8_lossy(shipped.bytes),
        });
    }
    let profile = resolve_device(shipped)?;
    println!("{}  {}\n{}\n", profile.id, both(&profile.title, language), profile.source);
    for point in &profile.points {
        let unit = point.unit.shown();
        println!("  {:<24} {unit:<8} {}", point.id, both(&point.title, language));
    }
    Ok(0)
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
    for row in rows {
        println!("{:<26} {}", row.id, both(&row.title, language));
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

fn resolve_device(shipped: &Shipped) -> Result<DeviceProfile, Failure> {
    let source = Source::new(shipped.id, shipped.bytes).map_err(Failure::trouble)?;
    DeviceProfile::resolve(source).map_err(Failure::trouble)
}
