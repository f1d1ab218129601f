//! `daq scenarios`: the catalogue by national family, and all that one scenario asks for.

use serde::Serialize;
use toml::{Table, Value};
use trial::catalogue::{Shipped, scenarios as shipped_scenarios};
use trial::document::Title;
use trial::scenario::{Cluster, Criterion, Family, LimitStatus, Retest, Role, Scenario};
use trial::unit::Unit;
use words::{Language, message, text};

use super::table::{self, Row};
use super::{Document, both, find, resolve_scenario};
use crate::cli::findings::{basis_word, number, source_text};
use crate::cli::out::outln;
use crate::cli::{Format, Outcome, print_json};

/// An entry of the list, for a program.
#[derive(Serialize)]
struct Entry {
    id: String,
    family: Family,
    cluster: Cluster,
    edition: String,
    title: Title,
}

/// The ten national families, in their official order.
const FAMILIES: [Family; 10] = [
    Family::EarthquakeAndGeology,
    Family::Flood,
    Family::UrbanFlood,
    Family::IceAndSnow,
    Family::ForestFire,
    Family::UrbanFire,
    Family::HazardousChemicals,
    Family::MineAndTunnel,
    Family::EmergencyMedical,
    Family::Household,
];

fn family_word(family: Family, language: Language) -> String {
    match family {
        Family::EarthquakeAndGeology => text(language, "family-earthquake-and-geology"),
        Family::Flood => text(language, "family-flood"),
        Family::UrbanFlood => text(language, "family-urban-flood"),
        Family::IceAndSnow => text(language, "family-ice-and-snow"),
        Family::ForestFire => text(language, "family-forest-fire"),
        Family::UrbanFire => text(language, "family-urban-fire"),
        Family::HazardousChemicals => text(language, "family-hazardous-chemicals"),
        Family::MineAndTunnel => text(language, "family-mine-and-tunnel"),
        Family::EmergencyMedical => text(language, "family-emergency-medical"),
        Family::Household => text(language, "family-household"),
    }
}

fn cluster_word(cluster: Cluster, language: Language) -> String {
    match cluster {
        Cluster::FireRescue => text(language, "cluster-fire-rescue"),
        Cluster::RescueTools => text(language, "cluster-rescue-tools"),
        Cluster::MedicalRelief => text(language, "cluster-medical-relief"),
        Cluster::EmergencySupport => text(language, "cluster-emergency-support"),
        Cluster::DigitalSecurity => text(language, "cluster-digital-security"),
    }
}

/// Lists the catalogue.
pub(super) fn list(format: Format, language: Language) -> Outcome {
    let all = shipped_scenarios().iter().map(resolve_scenario);
    let all: Vec<Scenario> = all.collect::<Result<_, _>>()?;
    if format == Format::Json {
        let entry = |scenario: Scenario| {
            let Scenario { id, family, cluster, edition, title, .. } = scenario;
            Entry { id, family, cluster, edition, title }
        };
        return print_json(&all.into_iter().map(entry).collect::<Vec<_>>());
    }
    for (number, family) in FAMILIES.into_iter().enumerate() {
        outln!("{}. {}", number + 1, family_word(family, language));
        let of_family = all.iter().filter(|scenario| scenario.family == family);
        let rows: Vec<Row> = of_family
            .map(|scenario| {
                let cluster = cluster_word(scenario.cluster, language);
                row([scenario.id.clone(), cluster, both(&scenario.title, language)])
            })
            .collect();
        if rows.is_empty() {
            outln!("   {}", text(language, "family-empty"));
        }
        print(&table::lines(&rows, 3));
    }
    Ok(0)
}

/// Shows one scenario.
pub(super) fn show(id: &str, format: Format, language: Language) -> Outcome {
    let shipped: &Shipped = find(shipped_scenarios(), id, "daq scenarios", language)?;
    let toml = String::from_utf8_lossy(shipped.bytes);
    if format == Format::Json {
        return print_json(&Document { id: shipped.id, toml: &toml });
    }
    let scenario = resolve_scenario(shipped)?;
    // The catalogue's documents were read a line above: they are TOML.
    let written = Written(toml.parse().unwrap_or_default());
    outln!("{}  {}", scenario.id, both(&scenario.title, language));
    head(&scenario, language);
    section(text(language, "scenario-roles"), roles(&scenario, language));
    section(text(language, "scenario-parameters"), parameters(&scenario, language));
    section(text(language, "scenario-derived"), derived(&scenario, &written, language));
    section(text(language, "scenario-phases"), phases(&scenario, &written, language));
    let preconditions = scenario.preconditions.iter().map(|one| &one.criterion);
    let rows = preconditions.map(|one| criterion(one, "precondition", &written, language));
    section(text(language, "scenario-preconditions"), rows.collect());
    let rows = scenario.criteria.iter().map(|one| criterion(one, "criterion", &written, language));
    section(text(language, "scenario-criteria"), rows.collect());
    if scenario.judged().any(|one| one.source.status == LimitStatus::Illustrative) {
        outln!("\n{}", text(language, "scenario-illustrative"));
    }
    Ok(0)
}

fn head(scenario: &Scenario, language: Language) {
    let edition = words::printable(&scenario.edition);
    let standard = match &scenario.standard {
        Some(standard) => words::printable(standard),
        None => text(language, "scenario-no-standard"),
    };
    let roll_up = match scenario.roll_up {
        None => text(language, "scenario-all-mandatory"),
        Some(roll_up) => {
            let [a, b, c] = roll_up.allowed;
            let allowed = message!("scenario-allowed", a = a, b = b, c = c).in_language(language);
            match roll_up.retest {
                Retest::None => allowed,
                Retest::DoubleSample => allowed + " " + &text(language, "findings-retest-double"),
            }
        }
    };
    let rows = [
        [text(language, "scenario-family"), family_word(scenario.family, language)],
        [text(language, "scenario-cluster"), cluster_word(scenario.cluster, language)],
        [text(language, "scenario-edition"), edition],
        [text(language, "scenario-standard"), standard],
        [text(language, "scenario-conclusion"), roll_up],
    ];
    print(&table::lines(&rows.map(row), 2));
}

fn roles(scenario: &Scenario, language: Language) -> Vec<Row> {
    let least = |role: &Role| {
        let mut least = Vec::new();
        if role.reading {
            least.push(text(language, "scenario-reading"));
        }
        if let Some(rate) = role.min_rate_hz {
            least.push(message!("scenario-rate", rate = number(rate)).in_language(language));
        }
        if let Some(si) = role.max_uncertainty_si {
            let value = quantity(si / role.unit.factor, role.unit);
            least.push(message!("scenario-max-u", value = value).in_language(language));
        }
        if let Some(ns) = role.max_refresh_ns {
            let ms = number(ns as f64 / 1e6);
            least.push(message!("scenario-refresh", ms = ms).in_language(language));
        }
        least.join(", ")
    };
    let rows = scenario.roles.iter().map(|role| {
        let unit = role.unit.shown();
        row([role.id.clone(), unit, both(&role.title, language), least(role)])
    });
    rows.collect()
}

fn parameters(scenario: &Scenario, language: Language) -> Vec<Row> {
    let rows = scenario.parameters.iter().map(|parameter| {
        let default = match parameter.default_si {
            Some(si) => quantity(parameter.unit.from_si(si), parameter.unit),
            None => {
                let unit = parameter.unit.shown();
                message!("scenario-from-plan", unit = unit).in_language(language)
            }
        };
        row([parameter.id.clone(), default, both(&parameter.title, language)])
    });
    rows.collect()
}

fn derived(scenario: &Scenario, written: &Written, language: Language) -> Vec<Row> {
    let rows = scenario.derived.iter().map(|derived| {
        let title = both(&derived.title, language);
        let mut row = row([derived.id.clone(), derived.unit.shown(), title]);
        row.details.extend(written.line("derived", &derived.id, "expression"));
        row
    });
    rows.collect()
}

fn phases(scenario: &Scenario, written: &Written, language: Language) -> Vec<Row> {
    let rows = scenario.phases.iter().map(|phase| {
        let mut row = row([phase.id.clone(), both(&phase.title, language)]);
        for key in ["enter", "exit", "settle"] {
            let line = written.line("phase", &phase.id, key);
            row.details.extend(line.map(|line| format!("{key} = {line}")));
        }
        row
    });
    rows.collect()
}

/// A criterion with what it asks as the document writes it, and where its limit comes from.
fn criterion(criterion: &Criterion, kind: &str, written: &Written, language: Language) -> Row {
    let mut facts = Vec::new();
    if kind == "criterion" {
        let class = format!("{:?}", criterion.class);
        facts.push(message!("findings-class", class = class).in_language(language));
        facts.push(match criterion.mandatory {
            true => text(language, "finding-mandatory"),
            false => text(language, "finding-optional"),
        });
    }
    let mut row = row([criterion.id.clone(), both(&criterion.title, language), facts.join(", ")]);
    let phase = message!("scenario-phase", phase = criterion.phase);
    row.details.push(phase.in_language(language));
    for key in ["applies_when", "for_each", "operator", "repeats", "filter", "rounding"] {
        if let Some(line) = written.line(kind, &criterion.id, key) {
            row.details.push(format!("{key} = {line}"));
        }
    }
    let mut source = source_text(&criterion.source, language);
    if let Some(basis) = criterion.source.basis {
        source = format!("{source} ({})", basis_word(basis).in_language(language));
    }
    row.details.push(source);
    row
}

/// The document as it is written.
struct Written(Table);

impl Written {
    /// The value of a key of one of its tables, in one line. The criteria of a `for_each` share
    /// what stands under the id before the dot.
    fn line(&self, kind: &str, id: &str, key: &str) -> Option<String> {
        let tables = self.0.get(kind)?.as_array()?;
        let is = |table: &&Value, id: &str| table.get("id").and_then(Value::as_str) == Some(id);
        let base = id.split_once('.').map_or(id, |(base, _)| base);
        let own = tables.iter().find(|table| is(table, id));
        let table = own.or_else(|| tables.iter().find(|table| is(table, base)))?;
        let value = table.get(key)?;
        Some(words::printable(&match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }))
    }
}

fn quantity(value: f64, unit: Unit) -> String {
    format!("{} {}", number(value), unit.shown()).trim_end().to_owned()
}

fn row<const N: usize>(cells: [String; N]) -> Row {
    Row { cells: cells.into(), details: Vec::new() }
}

/// The title of a section and its rows; nothing where it has none.
fn section(title: String, rows: Vec<Row>) {
    if rows.is_empty() {
        return;
    }
    outln!("\n{title}");
    print(&table::lines(&rows, 2));
}

fn print(lines: &[String]) {
    for line in lines {
        outln!("{line}");
    }
}
