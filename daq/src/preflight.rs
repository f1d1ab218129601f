//! What is checked before anything is opened or written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use trial::document::{DocumentError, DocumentSet, Source};
use trial::plan::{LinkKind, Plan, RequestPlan, import_form};
use wire::plan::BusBudget;
use words::{Language, Message, message};

use crate::documents::gather;
use crate::origin::NotLive;

/// A plan that may be run.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Everything that will be recorded before the first sample.
    pub documents: DocumentSet,
    /// The resolved plan.
    pub plan: Arc<Plan>,
    /// How its devices will be polled.
    pub requests: Arc<RequestPlan>,
    /// What that takes of each bus.
    pub budgets: Vec<BusBudget>,
}

/// Why a plan may not be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// A document is refused.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A bus can't carry the plan.
    #[error("{0}")]
    Overbooked(Message),
}

impl PrepareError {
    /// The text in `language`.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            PrepareError::Document(error) => error.in_language(language),
            PrepareError::Overbooked(message) => message.in_language(language),
        }
    }
}

/// Reads and checks a plan.
///
/// # Errors
/// A document is refused, or a bus can't carry the plan.
pub fn prepare(path: &Path) -> Result<Prepared, PrepareError> {
    let documents = gather(path)?;
    refuse_import(&documents)?;
    let prepared = resolve(documents)?;
    match prepared.budgets.iter().find(|budget| !budget.closed_loop && budget.busy_share > 1.0) {
        Some(budget) => Err(PrepareError::Overbooked(message!(
            "plan-overbooked",
            link = prepared.plan.links[budget.link].id,
            share = format!("{:.0}", budget.busy_share * 100.0),
            polls = format!("{:.1}", budget.polls_per_second),
            possible = format!("{:.1}", budget.polls_per_second / budget.busy_share),
        ))),
        None => Ok(prepared),
    }
}

/// Refuses the plan of an import: there is nothing to run.
fn refuse_import(documents: &DocumentSet) -> Result<(), DocumentError> {
    let Some(plan) = documents.plan() else { return Ok(()) };
    let source = Source::new(&plan.name, &plan.bytes)?;
    match import_form(source)? {
        Some(_) => Err(source.refuse_whole(message!("plan-of-import"))),
        None => Ok(()),
    }
}

/// Checks the documents, but not whether the buses can carry the plan.
///
/// # Errors
/// A document is refused.
pub fn resolve(documents: DocumentSet) -> Result<Prepared, DocumentError> {
    let plan = Plan::resolve(&documents)?;
    let requests = wire::plan::plan_requests(&plan);
    let budgets = wire::plan::bus_budgets(&plan, &requests);
    Ok(Prepared { documents, plan: Arc::new(plan), requests: Arc::new(requests), budgets })
}

impl Prepared {
    /// Why the plan is not of a live trial: a sentence for each link that is to blame. Whoever
    /// opens the links looks at the open lines as well.
    pub fn not_live(&self) -> Vec<Message> {
        let links = self.plan.links.iter();
        links.filter_map(|link| NotLive::of_link(link).map(|why| why.message(link))).collect()
    }

    /// Bytes that journal and trial file together will take in `time`, by the plan's rates. What
    /// is polled back to back is taken at the rate that its wire carries, or a thousand polls a second.
    pub fn estimated_bytes(&self, time: Duration) -> u64 {
        let mut per_second = 1_000.0;
        for budget in &self.budgets {
            let back_to_back = self.seconds_around(budget);
            for cost in &budget.requests {
                let Some(request) = self.requests.requests.get(cost.request as usize) else {
                    continue;
                };
                let seconds =
                    if request.every_ns > 0 { request.every_ns as f64 / 1e9 } else { back_to_back };
                let count = request.ask.read().map_or(0, |(_, _, count)| count);
                per_second += poll_bytes(count, request.points.len()) / seconds;
            }
        }
        for link in self.plan.links.iter().enumerate().filter(|(index, _)| self.is_stream(*index)) {
            if let LinkKind::Serial { baud, frame, .. } = link.1.kind {
                let bytes_per_second = f64::from(baud) / f64::from(frame.bits());
                per_second += bytes_per_second * STREAM_BYTES_PER_BYTE;
            }
        }
        (per_second * time.as_secs_f64()) as u64
    }

    /// Seconds in which each request of a link that is polled back to back has its turn once.
    fn seconds_around(&self, budget: &BusBudget) -> f64 {
        let requests = &self.requests.requests;
        let closed = budget.requests.iter().filter(|cost| {
            requests.get(cost.request as usize).is_some_and(|request| request.every_ns == 0)
        });
        closed.map(|cost| cost.wire_time.as_secs_f64().max(SHORTEST_POLL_SECONDS)).sum()
    }

    fn is_stream(&self, link: usize) -> bool {
        self.plan
            .devices
            .iter()
            .any(|device| device.link == link && (device.listen || !device.profile.is_asked()))
    }
}

/// Seconds that a poll takes at least where no wire tells: a device on a network, with its delay.
const SHORTEST_POLL_SECONDS: f64 = 0.001;
/// Bytes kept for each byte of a stream: twice in the journal, and its samples.
const STREAM_BYTES_PER_BYTE: f64 = 6.0;
/// Bytes of the records of a poll beside the registers: four headers, payloads, frames.
const POLL_RECORD_BYTES: f64 = 200.0;
/// Bytes of a sample in the trial file: value, raw, quality, its share of the pyramid.
const SAMPLE_BYTES: f64 = 16.0;
/// Bytes of a row: time, uncertainty and record.
const ROW_BYTES: f64 = 20.0;

/// Bytes that one poll leaves: its records twice (the journal is embedded), and its samples.
fn poll_bytes(registers: u16, points: usize) -> f64 {
    let records = POLL_RECORD_BYTES + 2.0 * f64::from(registers);
    2.0 * records + ROW_BYTES + points as f64 * SAMPLE_BYTES
}
