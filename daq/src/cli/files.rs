//! `daq info`: what a trial file says.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use trial::record::{EventKind, OriginKind};
use trial::recording::{Accounting, GapCause, Recording as _};
use trialfile::{SealState, TrialFile, TrialFileError};
use words::{Language, message};

use super::{Failure, Format, Outcome, print_json, render};
use crate::cli::out::{out, outln};
use crate::status::Counts;

pub(super) fn open(file: &Path, language: Language) -> Result<TrialFile, Failure> {
    TrialFile::open(file).map_err(|error| Failure {
        code: if matches!(error, TrialFileError::Io { .. }) { 1 } else { 2 },
        text: error.in_language(language),
    })
}

/// A channel as a program reads it.
#[derive(Serialize)]
struct ChannelRow {
    id: String,
    quantity: &'static str,
    unit: &'static str,
    samples: usize,
}

/// A trial file as a program reads it.
#[derive(Serialize)]
struct Report<'a> {
    file: String,
    trial: &'a str,
    run: u32,
    origin: OriginKind,
    not_live: &'a [String],
    started_by: &'a str,
    host: &'a str,
    start: String,
    seconds: f64,
    software: &'a str,
    end: Option<&'a trial::record::End>,
    sealed: bool,
    /// The key that the run was begun with; empty without one.
    key: &'a str,
    key_run: u64,
    channels: Vec<ChannelRow>,
    gaps: usize,
    /// By device: its gaps by cause.
    gap_causes: BTreeMap<&'a str, Counts<GapCause>>,
    marks: usize,
    events: usize,
    /// Events by what they are about.
    event_kinds: Counts<EventKind>,
    accounting: &'a Accounting,
    /// How the process that read the file was locked in.
    reader: Option<Reader>,
}

/// A reader process as a program reads it.
#[derive(Serialize)]
struct Reader {
    landlock: &'static str,
    seccomp: bool,
}

pub(super) fn info(file: &Path, format: Format, language: Language) -> Outcome {
    let trial = open(file, language)?;
    let plan = trial.plan();
    let mut channels = Vec::with_capacity(plan.channels.len());
    for (index, channel) in plan.channels.iter().enumerate() {
        let index = trial::channel::ChannelIndex(index as u32);
        channels.push(ChannelRow {
            id: channel.id.0.clone(),
            quantity: channel.quantity.name(),
            unit: channel.unit.symbol(),
            samples: trial.sample_count(index).map_err(Failure::trouble)?,
        });
    }
    let head = trial.head();
    let seal = trial.seal().map_err(Failure::trouble)?;
    let report = Report {
        file: file.display().to_string(),
        trial: &head.origin.trial,
        run: head.origin.run,
        origin: head.origin.origin,
        not_live: &head.origin.station.not_live,
        started_by: &head.origin.station.started_by,
        host: &head.origin.station.host,
        start: head.origin.start.to_rfc3339(),
        seconds: head.span.seconds(),
        software: &head.origin.software,
        end: head.end.as_ref(),
        sealed: seal.state != SealState::Unsealed,
        key: &head.origin.station.key,
        key_run: head.origin.station.key_run,
        channels,
        gaps: trial.gaps().len(),
        gap_causes: gap_causes(&trial),
        marks: trial.marks().len(),
        events: trial.events().len(),
        event_kinds: event_kinds(&trial),
        accounting: trial.accounting(),
        reader: trial.confinement().map(|confinement| Reader {
            landlock: confinement.landlock.name(),
            seccomp: confinement.system_calls,
        }),
    };
    if format == Format::Json {
        return print_json(&report);
    }
    out!("{}", render::head(&trial, language));
    outln!("    {}", render::seal(seal.state, language));
    for row in &report.channels {
        outln!("  {:<28} {:>9}  {}", row.id, row.samples, row.unit);
    }
    out!("{}", render::accounting(&trial, language));
    for (device, gaps) in &report.gap_causes {
        if let Some(gaps) = render::counted(gaps, GapCause::message, language) {
            outln!(
                "{}",
                message!("info-causes", device = device, gaps = gaps).in_language(language)
            );
        }
    }
    if let Some(events) = render::counted(&report.event_kinds, EventKind::message, language) {
        outln!("{}", message!("info-events", events = events).in_language(language));
    }
    Ok(0)
}

fn gap_causes(trial: &TrialFile) -> BTreeMap<&str, Counts<GapCause>> {
    let devices = &trial.plan().devices;
    let mut causes: BTreeMap<&str, Counts<GapCause>> = BTreeMap::new();
    for gap in trial.gaps() {
        let group = trial.groups().get(gap.group.0 as usize);
        if let Some(device) = group.and_then(|group| devices.get(group.device)) {
            causes.entry(&device.id).or_default().add(gap.cause);
        }
    }
    causes
}

fn event_kinds(trial: &TrialFile) -> Counts<EventKind> {
    let mut kinds = Counts::default();
    for (_, event) in trial.events() {
        kinds.add(event.kind);
    }
    kinds
}
