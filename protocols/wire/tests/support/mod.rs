//! Cases of `fixtures/golden/wire`: a folder holds `plan.toml`, profiles of its own if it needs
//! them, `records.txt` and `expected.txt`. This reads them into records and writes down what the
//! derivation makes of these.
//!
//! A line of `records.txt`: time in milliseconds, link, and one of `due POLL request NUMBER`,
//! `sent POLL HEX`, `received HEX`, `text TEXT` (received, with `\r` and `\n`), `outcome POLL
//! CAUSE`, `up`, `down`; or time and `end`. A `#` begins a comment.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trial::document::{Document, DocumentRole, DocumentSet, Source};
use trial::plan::{Ask, Plan, referenced_documents};
use trial::record::{
    Body, Cause, End, EndKind, Event, LinkState, Origin, OriginKind, PollDue, Record, RecordSource,
};
use trial::recording::{Gap, SampleGroup};
use trial::time::{Span, TrialTime, WallTime};
use wire::derive::{Derive, Row, Sample, Sink};
use wire::plan::plan_requests;

/// Folder of all cases.
pub fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/wire")
}

/// Reads the records of a case.
pub fn records_of(case: &Path) -> Vec<Record<'static>> {
    let documents = documents_of(case);
    let plan = Plan::resolve(&documents).unwrap_or_else(|error| panic!("{case:?}: {error}"));
    let origin = Origin {
        trial: plan.id.clone(),
        run: 1,
        origin: OriginKind::Simulated,
        start: WallTime(0),
        software: "golden".to_owned(),
        previous_root: String::new(),
        station: trial::record::Station::default(),
    };
    let station = |body| (TrialTime::ZERO, RecordSource::STATION, body);
    let mut bodies = vec![station(Body::Origin(origin))];
    bodies.extend(documents.documents.into_iter().map(Body::Document).map(station));
    bodies.push(station(Body::RequestPlan(plan_requests(&plan))));
    let text = fs::read_to_string(case.join("records.txt")).unwrap();
    for line in text.lines() {
        let line = line.split(" #").next().unwrap().trim();
        if !line.is_empty() && !line.starts_with('#') {
            bodies.push(read_line(&plan, line).unwrap_or_else(|| panic!("{case:?}: {line}")));
        }
    }
    number(bodies)
}

/// Numbers records in their order.
pub fn number(bodies: Vec<(TrialTime, RecordSource, Body<'static>)>) -> Vec<Record<'static>> {
    let records = bodies.into_iter().enumerate();
    let record = |(sequence, (at, source, body))| Record {
        sequence: sequence as u64,
        boot: 0,
        at,
        source,
        body,
    };
    records.map(record).collect()
}

fn documents_of(case: &Path) -> DocumentSet {
    let bytes = fs::read(case.join("plan.toml")).unwrap();
    let references = referenced_documents(Source::new("plan.toml", &bytes).unwrap()).unwrap();
    let mut documents =
        vec![Document { role: DocumentRole::Plan, name: "plan.toml".to_owned(), bytes }];
    for (role, name) in references {
        let shipped = trial::catalogue::devices().iter().find(|shipped| shipped.id == name);
        let bytes = match shipped {
            Some(shipped) => shipped.bytes.to_vec(),
            None => fs::read(case.join(&name)).unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        documents.push(Document { role, name, bytes });
    }
    DocumentSet { documents }
}

fn read_line(plan: &Plan, line: &str) -> Option<(TrialTime, RecordSource, Body<'static>)> {
    let (time, rest) = line.split_once(char::is_whitespace)?;
    let milliseconds: f64 = time.parse().ok()?;
    let at = TrialTime((milliseconds * 1e6).round() as i64);
    if rest.trim() == "end" {
        let end = End::new(EndKind::Ended, "");
        return Some((at, RecordSource::STATION, Body::End(end)));
    }
    let (link, rest) = rest.trim().split_once(char::is_whitespace)?;
    let source = RecordSource::link(plan.links.iter().position(|known| known.id == link)?);
    let (word, rest) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
    let rest = rest.trim();
    let body = match word {
        "due" => {
            let (poll, request) = rest.split_once("request")?;
            let (poll, request) = (poll.trim().parse().ok()?, request.trim().parse().ok()?);
            Body::PollDue(PollDue { poll, request, due: at })
        }
        "sent" => {
            let (poll, bytes) = rest.split_once(char::is_whitespace)?;
            Body::Sent { poll: poll.parse().ok()?, bytes: Cow::Owned(hexadecimal(bytes)?) }
        }
        "received" => Body::Received { bytes: Cow::Owned(hexadecimal(rest)?) },
        "text" => {
            let text = rest.replace("\\r", "\r").replace("\\n", "\n");
            Body::Received { bytes: Cow::Owned(text.into_bytes()) }
        }
        "outcome" => {
            let (poll, cause) = rest.split_once(char::is_whitespace)?;
            Body::Outcome { poll: poll.parse().ok()?, cause: read_cause(cause.trim())? }
        }
        "up" | "down" => Body::LinkState(LinkState { up: word == "up", why: String::new() }),
        _ => return None,
    };
    Some((at, source, body))
}

fn read_cause(text: &str) -> Option<Cause> {
    let (name, code) = text.split_once(' ').unwrap_or((text, "0"));
    let code = code.parse().ok()?;
    let mut causes = (0..=u8::MAX).filter_map(|number| Cause::from_numbers(number, code));
    causes.find(|cause| cause.name() == name)
}

/// Reads hexadecimal digits with spaces between the bytes.
pub fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

/// A row that keeps its samples.
#[derive(Debug, Clone)]
pub struct KeptRow {
    /// Group.
    pub group: u32,
    /// Time.
    pub time: TrialTime,
    /// Samples.
    pub samples: Vec<Sample>,
}

impl KeptRow {
    /// Whether the samples are the same to the bit.
    pub fn says_the_same(&self, other: &KeptRow) -> bool {
        let bits = |row: &KeptRow| -> Vec<_> {
            row.samples.iter().map(|s| (s.raw.bits(), s.value.to_bits(), s.quality)).collect()
        };
        self.group == other.group && bits(self) == bits(other)
    }
}

/// What the derivation made of a case.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Everything, as text.
    pub text: String,
    /// The rows.
    pub rows: Vec<KeptRow>,
    /// The gaps and events without their times.
    pub flaws: Vec<String>,
    /// The plan.
    pub plan: Option<Arc<Plan>>,
    groups: Vec<SampleGroup>,
}

impl Outcome {
    /// Whether two rows are the same to the bit but for the values that rest on other answers too:
    /// those of numbers that registers of the device scale, and of totalisers. Of these the raw
    /// numbers are the same.
    pub fn says_the_same(&self, one: &KeptRow, other: &KeptRow) -> bool {
        let plan = self.plan.as_ref().unwrap();
        let channels = &self.groups[one.group as usize].channels;
        let remembers = channels.iter().map(|channel| {
            let point = plan.point_of(plan.channel_at(*channel));
            point.exponent.is_some() || !point.ratios.is_empty() || point.totaliser.is_some()
        });
        one.group == other.group
            && remembers.zip(one.samples.iter().zip(&other.samples)).all(|(remembers, (a, b))| {
                let same = a.value.to_bits() == b.value.to_bits() && a.quality == b.quality;
                a.raw == b.raw && (same || remembers)
            })
    }
}

/// Derives records and closes the run.
pub fn derive(records: &[Record<'_>]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut derive = Derive::new();
    for record in records {
        derive.feed(record, &mut outcome).unwrap();
    }
    derive.finish(&mut outcome);
    let plan = outcome.plan.clone().unwrap();
    let accounting = derive.accounting();
    for (device, count) in plan.devices.iter().zip(&accounting.devices) {
        assert_eq!(count.requested, count.answered + count.refused + count.missed);
        line(&mut outcome.text, format_args!("device {}: {count:?}", device.id));
    }
    for (link, count) in plan.links.iter().zip(&accounting.links) {
        assert_eq!(count.received, count.framed + count.skipped);
        line(&mut outcome.text, format_args!("link {}: {count:?}", link.id));
    }
    outcome
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").unwrap();
}

fn milliseconds(time: TrialTime) -> f64 {
    time.nanoseconds() as f64 / 1e6
}

fn span(span: Span) -> String {
    format!("{} … {} ms", milliseconds(span.start), milliseconds(span.end))
}

impl Sink for Outcome {
    fn begin(&mut self, _: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.plan = Some(Arc::clone(plan));
        self.groups = groups.to_vec();
        for (index, request) in plan_requests(plan).requests.iter().enumerate() {
            let device = &plan.devices[request.device].id;
            let asked = match request.ask {
                Ask::Read { table, address, count } => format!("{table:?} {address} × {count}"),
                Ask::Query { message } => {
                    let layout = plan.devices[request.device].profile.layout.as_ref().unwrap();
                    format!("query {}", layout.messages[message].id)
                }
            };
            line(&mut self.text, format_args!("request {index}: {device} {asked}"));
        }
    }

    fn row(&mut self, row: &Row<'_>) {
        let plan = self.plan.as_ref().unwrap();
        let group = &self.groups[row.group.0 as usize];
        assert_eq!(group.channels.len(), row.samples.len());
        let time = milliseconds(row.time);
        let uncertainty = f64::from(row.time_uncertainty_ns) / 1e6;
        let record = row.record;
        line(&mut self.text, format_args!("row at {time} ± {uncertainty} ms, record {record}"));
        for (channel, sample) in group.channels.iter().zip(row.samples.iter()) {
            let channel = plan.channel_at(*channel);
            let Sample { raw, value, quality } = sample;
            let (id, unit) = (&channel.id, channel.unit);
            line(&mut self.text, format_args!("    {id} = {value:?} {unit}, {raw:?}, {quality:?}"));
        }
        let (group, samples) = (row.group.0, row.samples.to_vec());
        let last = self.rows.iter().rev().find(|before| before.group == group);
        assert!(last.is_none_or(|before| before.time <= row.time), "time steps back");
        self.rows.push(KeptRow { group, time: row.time, samples });
    }

    fn gap(&mut self, gap: Gap) {
        let plan = self.plan.as_ref().unwrap();
        let group = &self.groups[gap.group.0 as usize];
        // A request that reads texts alone has no channel.
        let first = match group.channels.first() {
            Some(first) => &plan.channel_at(*first).id.0,
            None => &plan.devices[group.device].id,
        };
        let (count, cause) = (group.channels.len(), gap.cause.name());
        line(&mut self.text, format_args!("gap {} of {first} ({count}): {cause}", span(gap.span)));
        self.flaws.push(format!("{first}: {cause}"));
    }

    fn event(&mut self, at: TrialTime, event: &Event) {
        let at = milliseconds(at);
        line(&mut self.text, format_args!("event at {at} ms: {:?}, {}", event.kind, event.text));
        self.flaws.push(event.text.clone());
    }

    fn link(&mut self, at: TrialTime, link: usize, state: &LinkState) {
        let (id, at) = (&self.plan.as_ref().unwrap().links[link].id, milliseconds(at));
        line(&mut self.text, format_args!("link {id} at {at} ms: up {}", state.up));
    }
}
