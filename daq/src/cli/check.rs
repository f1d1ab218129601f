//! `daq check`: the documents, the requests, and what they take of every bus.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use words::{Language, message, text};

use super::{Failure, Format, Outcome, print_json};
use crate::preflight::{Prepared, prepare};

/// A request as a program reads it.
#[derive(Serialize)]
struct RequestRow {
    link: String,
    device: String,
    table: trial::profile::Table,
    address: u16,
    count: u16,
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
}

pub(super) fn check(plan: &Path, format: Format, language: Language) -> Outcome {
    let prepared =
        prepare(plan).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    let report = report(&prepared);
    match format {
        Format::Json => print_json(&report),
        Format::Text => {
            print!("{}", render(&report, language));
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
            requests.push(RequestRow {
                link: link.clone(),
                device: plan.devices[request.device].id.clone(),
                table: request.table,
                address: request.address,
                count: request.count,
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
    Report { trial: plan.id.clone(), scenario, channels: plan.channels.len(), requests, buses }
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
        let table = match row.table {
            trial::profile::Table::Holding => "0x03",
            trial::profile::Table::Input => "0x04",
        };
        let every = match row.every_ns {
            0 => text(language, "check-back-to-back"),
            every => format!("{} ms", every as f64 / 1e6),
        };
        let registers = format!("{:#06x} × {}", row.address, row.count);
        let _ = writeln!(
            out,
            "  {:<12} {:<14} {table} {registers:<14} {every:<14} {:.2} ms",
            row.link,
            row.device,
            row.wire_time_ns as f64 / 1e6,
        );
    }
    let _ = writeln!(out, "\n{}", text(language, "check-buses"));
    for row in &report.buses {
        let share = format!("{:.1} %", row.busy_share * 100.0);
        let _ = writeln!(out, "  {:<12} {share:<10} {:.1}/s", row.link, row.polls_per_second);
    }
    out
}
