//! `daq devices`: the shipped device profiles, and the map of one as an engineer compares it with
//! the manual.

use serde::Serialize;
use trial::catalogue::{Shipped, devices as shipped_devices};
use trial::document::{Source, Title};
use trial::profile::{DeviceProfile, Dialect, Point};
use words::{Language, message, text};

use super::super::{Failure, Format, Outcome, print_json};
use super::map::{JsonPoint, where_found};
use super::table::{self, Row};
use super::{both, find, frame, map};
use crate::cli::out::outln;

/// An entry of the list, for a program.
#[derive(Serialize)]
struct Entry {
    id: String,
    title: Title,
    dialect: Dialect,
    points: usize,
}

/// A profile, for a program: what the software reads in it, and the document as it is.
#[derive(Serialize)]
struct Described<'a> {
    id: &'a str,
    title: &'a Title,
    dialect: Dialect,
    source: &'a str,
    /// Whether the device is asked; else it speaks by itself.
    asked: bool,
    timeout_ns: u128,
    turnaround_ns: u128,
    retries: u32,
    points: Vec<JsonPoint>,
    toml: String,
}

pub(super) fn list(format: Format, language: Language) -> Outcome {
    let profiles: Vec<DeviceProfile> =
        shipped_devices().iter().map(resolve).collect::<Result<_, _>>()?;
    if format == Format::Json {
        let entry = |profile: DeviceProfile| Entry {
            points: profile.points.len(),
            id: profile.id,
            title: profile.title,
            dialect: profile.dialect,
        };
        return print_json(&profiles.into_iter().map(entry).collect::<Vec<_>>());
    }
    let mut rows = vec![row([
        text(language, "device-column-id"),
        text(language, "device-column-title"),
        text(language, "device-column-dialect"),
        text(language, "device-column-points"),
    ])];
    rows.extend(profiles.iter().map(|profile| {
        row([
            profile.id.clone(),
            profile.title.in_language(language),
            dialect_name(profile.dialect).to_owned(),
            profile.points.len().to_string(),
        ])
    }));
    print(&table::lines(&rows, 0));
    Ok(0)
}

pub(super) fn show(id: &str, format: Format, language: Language) -> Outcome {
    let shipped = find(shipped_devices(), id, "daq devices", language)?;
    let profile = resolve(shipped)?;
    if format == Format::Json {
        return print_json(&Described {
            id: &profile.id,
            title: &profile.title,
            dialect: profile.dialect,
            source: &profile.source,
            asked: profile.is_asked(),
            timeout_ns: profile.polling.timeout.as_nanos(),
            turnaround_ns: profile.polling.turnaround.as_nanos(),
            retries: profile.polling.retries,
            points: profile.points.iter().map(|point| map::json_point(&profile, point)).collect(),
            toml: String::from_utf8_lossy(shipped.bytes).into_owned(),
        });
    }
    outln!("{}  {}\n", profile.id, both(&profile.title, language));
    print(&about(&profile, language));
    outln!();
    let mut rows = vec![row([
        text(language, "device-column-point"),
        text(language, "device-column-where"),
        text(language, "device-column-type"),
        text(language, "device-column-order"),
        text(language, "device-column-unit"),
        text(language, "device-column-scale"),
        text(language, "device-column-valid"),
        text(language, "device-column-title"),
    ])];
    rows.extend(profile.points.iter().map(|point| point_row(&profile, point, language)));
    // A column of the head alone says nothing.
    for column in 0..rows.iter().map(|row| row.cells.len()).min().unwrap_or_default() {
        if rows.iter().skip(1).all(|row| row.cells.get(column).is_none_or(String::is_empty))
            && let Some(head) = rows.first_mut().and_then(|head| head.cells.get_mut(column))
        {
            head.clear();
        }
    }
    print(&table::lines(&rows, 2));
    Ok(0)
}

fn row<const N: usize>(cells: [String; N]) -> Row {
    Row { cells: cells.into(), details: Vec::new() }
}

fn print(lines: &[String]) {
    for line in lines {
        outln!("{line}");
    }
}

fn resolve(shipped: &Shipped) -> Result<DeviceProfile, Failure> {
    let source = Source::new(shipped.id, shipped.bytes).map_err(Failure::trouble)?;
    DeviceProfile::resolve(source).map_err(Failure::trouble)
}

fn dialect_name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Modbus => "modbus",
        Dialect::Nmea0183 => "nmea-0183",
        Dialect::AndWeighing => "and-weighing",
        Dialect::SyncSum => "sync-sum",
        Dialect::Frame => "frame",
    }
}

/// Where the map was read, and how the device speaks or is asked.
fn about(profile: &DeviceProfile, language: Language) -> Vec<String> {
    let source = words::printable(&profile.source);
    let dialect = dialect_name(profile.dialect);
    let mut lines = vec![
        message!("device-source", source = source).in_language(language),
        message!("device-dialect", dialect = dialect).in_language(language),
    ];
    if profile.is_asked() {
        let polling = &profile.polling;
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1e3;
        let asked = message!(
            "device-asked",
            timeout = milliseconds(polling.timeout),
            retries = polling.retries,
            turnaround = milliseconds(polling.turnaround),
            pause = milliseconds(polling.connect_pause),
        );
        lines.push(asked.in_language(language));
    } else {
        lines.push(text(language, "device-speaks"));
    }
    if let Some(modbus) = &profile.modbus {
        lines.push(text(language, "device-addresses"));
        let request = if modbus.join {
            message!(
                "device-joined",
                registers = modbus.max_registers,
                bits = modbus.max_bits,
                gap = modbus.max_gap,
            )
        } else {
            message!("device-apart")
        };
        lines.push(request.in_language(language));
        for (table, from, to) in &modbus.holes {
            let table = map::table_name(*table);
            let hole = message!("device-hole", table = table, from = from, to = to);
            lines.push(hole.in_language(language));
        }
    }
    if let Some(frame) = profile.frame {
        let sync = format!("{:#04x}", frame.sync);
        let line = message!("device-sync-frame", sync = sync, length = frame.length);
        lines.push(line.in_language(language));
    }
    if let Some(layout) = &profile.layout {
        lines.extend(frame::layout_lines(layout, language));
    }
    lines
}

fn point_row(profile: &DeviceProfile, point: &Point, language: Language) -> Row {
    let found = where_found(profile, point, language);
    let valid = point.valid.map_or(String::new(), |(low, high)| format!("{low} … {high}"));
    let scale = match (point.scale, point.offset) {
        (1.0, 0.0) => String::new(),
        (scale, 0.0) => format!("× {scale}"),
        (scale, offset) if offset < 0.0 => format!("× {scale} − {}", -offset),
        (scale, offset) => format!("× {scale} + {offset}"),
    };
    let (kind, order) = map::type_of(point);
    Row {
        cells: vec![
            point.id.clone(),
            found,
            kind,
            order,
            point.unit.shown(),
            scale,
            valid,
            point.title.in_language(language),
        ],
        details: map::details(profile, point, language),
    }
}
