//! Links: one task each, on one thread with a runtime of its own.
//!
//! Invariants:
//! - Every byte that a link reads or writes is handed to the journal, as it was, before anything
//!   is done with it.
//! - A link that fails, stalls or floods holds no other link up.
//! - A device that is listened to is never sent a byte.

mod connect;
mod listener;
mod poller;
mod pulse;
mod querier;
mod reconnect;
mod schedule;
mod silence;
mod tap;
mod timer;

use std::sync::Arc;

use tokio::sync::watch;
use trial::plan::{Link, Plan, RequestPlan};
use trial::profile::Dialect;
use trial::record::{Body, Event, EventKind, LinkState, RecordSource};
use trial::time::TrialTime;

use crate::clock::Clock;
use crate::flood::Intake;
use crate::queue::JournalQueue;

pub use connect::{ConnectError, Line, connect};
use pulse::Pulse;
use reconnect::Connector;
use schedule::Schedule;

/// What every link's task works with.
#[derive(Debug, Clone)]
pub struct LinkContext {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The requests.
    pub requests: Arc<RequestPlan>,
    /// Position of the link in the plan.
    pub index: usize,
    /// The run's clock.
    pub clock: Clock,
    /// The way to the journal.
    pub queue: JournalQueue,
    /// The way of the link's bytes to the journal.
    pub intake: Intake,
    /// Whether the run is live, and must stay so.
    pub live: bool,
    /// Turns true when the run ends.
    pub stop: watch::Receiver<bool>,
}

impl LinkContext {
    fn link(&self) -> &Link {
        &self.plan.links[self.index]
    }

    fn connector(&self) -> Connector {
        Connector::new(self.link().clone(), self.live)
    }

    fn source(&self) -> RecordSource {
        RecordSource::link(self.index)
    }

    fn push(&self, body: Body<'static>) {
        self.queue.push(self.clock.now(), self.source(), body);
    }

    fn push_state(&self, up: bool, why: impl Into<String>) {
        let why = why.into();
        tracing::info!(link = self.link().id, up, why);
        self.push(Body::LinkState(LinkState { up, why }));
    }

    /// The schedule of the link's requests, which begins now.
    fn schedule(&self) -> Schedule {
        let requests = &self.requests.requests;
        let mine = requests
            .iter()
            .enumerate()
            .filter(|(_, request)| self.plan.devices[request.device].link == self.index);
        let entries = mine.map(|(number, request)| (number as u32, request.every_ns));
        Schedule::new(entries, requests.len(), self.clock.now())
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the queue has room; a link reads and sends only then.
    /// Having had to wait is an event: meanwhile this link was not served. Returns since when.
    async fn wait_for_room(&self) -> Option<TrialTime> {
        if self.queue.has_room() {
            return None;
        }
        let began = self.clock.now();
        while !self.queue.has_room() && !self.is_stopping() {
            tokio::time::sleep(crate::limits::QUEUE_WAIT).await;
        }
        let held = self.clock.now().since(began) as f64 / 1e6;
        let text = format!("{}: held back for {held:.1} ms, the journal was full", self.link().id);
        tracing::warn!("{text}");
        self.push(Body::Event(Event { kind: EventKind::QueueFull, text }));
        Some(began)
    }
}

/// Runs a link until the run ends. `line` is its first, already open connection.
pub async fn run(context: LinkContext, line: Line) {
    let devices = || context.plan.devices.iter().filter(|device| device.link == context.index);
    let asked = devices().any(|device| device.profile.has_queries());
    let polled = devices().any(|d| d.profile.dialect == Dialect::Modbus && !d.listen);
    let pulse = Pulse::new(context.clock, context.queue.clone(), context.source());
    context.push_state(true, "opened");
    let beating = pulse.clone();
    let work = async move {
        if !polled && !asked {
            return listener::run(context, pulse, line).await;
        }
        match timer::Timer::new(context.clock) {
            Ok(timer) if asked => {
                if let Some(querier) = querier::Querier::new(context, pulse, timer, line) {
                    querier.run().await;
                }
            }
            Ok(timer) => poller::Poller::new(context, pulse, timer, line).run().await,
            Err(error) => context.push_state(false, error.to_string()),
        }
    };
    tokio::select! {
        () = work => {}
        () = beating.beat() => {}
    }
}
