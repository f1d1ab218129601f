//! `daq check`: the documents, the requests, and what they take of every bus.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use trial::plan::{Ask, LinkKind, Plan, Request};
use trial::profile::Table;
use words::{Language, message, text};

mod fit;

use self::fit::FitRow;
use super::{Failure, Format, Outcome, print_json};
use crate::cli::out::out;
use crate::clock::Clock;
use crate::preflight::{Prepared, prepare};

/// A request as a program reads it.
#[derive(Serialize)]
struct RequestRow {
    link: String,
    device: String,
    /// Table, first entry and number of entries of a request that reads.
    table: Option<Table>,
    address: Option<u16>,
    count: Option<u16>,
    /// The message that is asked for where the device has queries.
    message: Option<String>,
    points: usize,
    every_ns: i64,
    wire_time_ns: u64,
}

/// A bus as a program reads it.
#[derive(Serialize)]
struct BusRow {
    link: String,
    busy_share: f64,
    closed_loop: bool,
    polls_per_second: f64,
}

#[derive(Serialize)]
struct Report {
    trial: String,
    scenario: String,
    channels: usize,
    requests: Vec<RequestRow>,
    buses: Vec<BusRow>,
    /// Whether the instruments can decide each criterion and precondition.
    fit: Vec<FitRow>,
    advice: Vec<Advice>,
}

/// What is allowed but unwise.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "about")]
enum Advice {
    /// A port whose name changes when the adapter is plugged in again.
    PortName { link: String, port: String },
    /// A calibration that is due.
    CalibrationDue { calibration: String, due: String },
}

impl Advice {
    fn of(plan: &Plan, today: &str) -> Vec<Advice> {
        let ports = plan.links.iter().filter_map(|link| match &link.kind {
            LinkKind::Serial { port, .. } if is_renumbered(port) => {
                Some(Advice::PortName { link: link.id.clone(), port: port.clone() })
            }
            _ => None,
        });
        // Days of one form are in the order of their texts.
        let due = plan.calibrations.iter().filter(|known| !known.due.is_empty());
        let due = due.filter(|known| known.due.as_str() < today).map(|known| {
            Advice::CalibrationDue { calibration: known.id.clone(), due: known.due.clone() }
        });
        ports.chain(due).collect()
    }

    fn in_language(&self, language: Language) -> String {
        let message = match self {
            Advice::PortName { link, port } => {
                message!("check-port-name", link = link, port = words::printable(port))
            }
            Advice::CalibrationDue { calibration, due } => {
                message!("check-calibration-due", calibration = calibration, due = due)
            }
        };
        message.in_language(language)
    }
}

/// Whether the system numbers the port in the order of plugging in.
fn is_renumbered(port: &str) -> bool {
    ["/dev/ttyUSB", "/dev/ttyACM"].iter().any(|prefix| port.starts_with(prefix))
}

pub(super) fn check(plan: &Path, format: Format, language: Language) -> Outcome {
    let prepared =
        prepare(plan).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    let report = report(&prepared);
    match format {
        Format::Json => print_json(&report),
        Format::Text => {
            out!("{}", render(&report, language));
            Ok(0)
        }
    }
}

fn report(prepared: &Prepared) -> Report {
    let plan = &prepared.plan;
    let mut requests = Vec::new();
    let mut buses = Vec::new();
    for budget in &prepared.budgets {
        let link = plan.links[budget.link].id.clone();
        for cost in &budget.requests {
            let request = &prepared.requests.requests[cost.request as usize];
            let read = request.ask.read();
            requests.push(RequestRow {
                link: link.clone(),
                device: plan.devices[request.device].id.clone(),
                table: read.map(|(table, ..)| table),
                address: read.map(|(_, address, _)| address),
                count: read.map(|(.., count)| count),
                message: message_of(plan, request),
                points: request.points.len(),
                every_ns: request.every_ns,
                wire_time_ns: u64::try_from(cost.wire_time.as_nanos()).unwrap_or(u64::MAX),
            });
        }
        buses.push(BusRow {
            link,
            busy_share: budget.busy_share,
            closed_loop: budget.closed_loop,
            polls_per_second: budget.polls_per_second,
        });
    }
    let scenario = format!("{} ({})", plan.scenario.id, plan.scenario.edition);
    // The day at the site.
    let now = Clock::wall_now().in_zone(&plan.zone);
    let today = now.get(..10).unwrap_or_default();
    let advice = Advice::of(plan, today);
    let fit = fit::rows(prepared, today);
    let (trial, channels) = (plan.id.clone(), plan.channels.len());
    Report { trial, scenario, channels, requests, buses, fit, advice }
}

/// Id of the message that a request asks for.
fn message_of(plan: &Plan, request: &Request) -> Option<String> {
    let Ask::Query { message } = request.ask else { return None };
    let layout = plan.devices.get(request.device)?.profile.layout.as_ref()?;
    layout.messages.get(message).map(|message| message.id.clone())
}

/// What a request asks, as a person reads it: the function and the entries, or the message.
fn asked(row: &RequestRow) -> String {
    let (Some(table), Some(address), Some(count)) = (row.table, row.address, row.count) else {
        return row.message.clone().unwrap_or_default();
    };
    let function = match table {
        Table::Coils => "0x01",
        Table::Discrete => "0x02",
        Table::Holding => "0x03",
        Table::Input => "0x04",
    };
    format!("{function} {address:#06x} × {count}")
}

fn render(report: &Report, language: Language) -> String {
    let mut out = String::new();
    // Writing into a text does not fail.
    let _ = writeln!(
        out,
        "{}",
        message!(
            "check-in-order",
            trial = report.trial,
            scenario = report.scenario,
            channels = report.channels
        )
        .in_language(language)
    );
    let _ = writeln!(out, "\n{}", text(language, "check-requests"));
    for row in &report.requests {
        let every = match row.every_ns {
            0 => text(language, "check-back-to-back"),
            every => format!("{} ms", every as f64 / 1e6),
        };
        let _ = writeln!(
            out,
            "  {:<12} {:<14} {:<19} {every:<14} {:.2} ms",
            row.link,
            row.device,
            asked(row),
            row.wire_time_ns as f64 / 1e6,
        );
    }
    let _ = writeln!(out, "\n{}", text(language, "check-buses"));
    for row in &report.buses {
        let share = format!("{:.1} %", row.busy_share * 100.0);
        let _ = writeln!(out, "  {:<12} {share:<10} {:.1}/s", row.link, row.polls_per_second);
    }
    fit::render(&report.fit, language, &mut out);
    for advice in &report.advice {
        let _ = writeln!(out, "\n{}", advice.in_language(language));
    }
    out
}
