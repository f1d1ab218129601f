//! A link whose devices are polled.
//!
//! Invariants:
//! - Every poll that was due ends in exactly one `Outcome` record.
//! - `wire` decides the outcome from the tapped bytes; the client library drives the exchange.
//! - After a missed answer nothing of it can become a value: a TCP connection is dropped; on a
//!   serial line the bytes are drained until it is quiet, and the device is then found again by a
//!   probe whose answer has another length than that of any request of the device. Devices
//!   answer in order, so whatever was late has come before the probe's answer.
//! - A device that does not answer costs the others on its bus a bounded share of the time.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_modbus::client::{Context, Reader as _, rtu, tcp};
use tokio_modbus::slave::{Slave, SlaveContext as _};
use trial::plan::{Ask, Device, Request};
use trial::profile::Table;
use trial::record::{Body, Cause, Event, EventKind, PollDue};
use trial::time::{TrialTime, duration_nanoseconds};
use wire::modbus::{Framing, framing_of};

use super::schedule::{Next, Schedule};
use super::tap::Tap;
use super::timer::Timer;
use super::{Backoff, ConnectError, Line, LinkContext, connect};
use crate::limits::{
    PATIENCE_POLLS, QUIET_INTERVAL, QUIET_LONGEST, SILENT_DEVICE_LONGEST, SILENT_DEVICE_SHARE,
};

/// Bytes of a read request and of an answer without its registers, RTU.
const REQUEST_BYTES: u32 = 8;
const ANSWER_FRAME_BYTES: u32 = 5;

/// Polls the devices of one link.
pub struct Poller {
    context: LinkContext,
    framing: Framing,
    connection: Option<Connection>,
    connecting: Option<JoinHandle<Result<Line, ConnectError>>>,
    /// When the connection was last dropped or lost.
    down_since: TrialTime,
    backoff: Backoff,
    devices: Vec<DeviceState>,
    /// More than one device is on the line.
    shared: bool,
    next_poll: u64,
    free_at: TrialTime,
}

struct Connection {
    tap: Tap<Line>,
    client: Context,
}

/// What is known of a device's silence.
#[derive(Debug, Clone, Copy, Default)]
struct DeviceState {
    misses: u32,
    ask_again_at: TrialTime,
    /// A late answer may still come; a probe must be answered first.
    suspect: bool,
}

/// What an exchange asks for.
#[derive(Debug, Clone, Copy)]
struct Question {
    device: usize,
    table: Table,
    address: u16,
    count: u16,
}

/// The line is gone.
struct LineLost(String);

impl Poller {
    /// A poller on an open line.
    pub fn new(context: LinkContext, line: Line) -> Poller {
        let framing = framing_of(context.link());
        let on_line = |device: &&Device| device.link == context.index;
        let shared = context.plan.devices.iter().filter(on_line).count() > 1;
        let mut poller = Poller {
            devices: vec![DeviceState::default(); context.plan.devices.len()],
            shared,
            framing,
            connection: None,
            connecting: None,
            down_since: TrialTime::ZERO,
            backoff: Backoff::new(),
            next_poll: 0,
            free_at: TrialTime::ZERO,
            context,
        };
        poller.attach(line);
        poller
    }

    /// Polls until the run ends.
    pub async fn run(mut self) {
        let timer = match Timer::new(self.context.clock) {
            Ok(timer) => timer,
            Err(error) => return self.context.push_state(false, error.to_string()),
        };
        let requests = self.context.requests.clone();
        let mine = requests.requests.iter().enumerate().filter(|(_, request)| {
            self.context.plan.devices[request.device].link == self.context.index
        });
        let start = self.context.clock.now();
        let entries = mine.map(|(number, request)| (number as u32, request.every_ns));
        let mut schedule = Schedule::new(entries, requests.requests.len(), start);
        let mut stop = self.context.stop.clone();
        while !self.context.is_stopping() {
            self.context.wait_for_room().await;
            match schedule.next(self.context.clock.now()) {
                Next::Wait(until) => {
                    tokio::select! {
                        waited = timer.wait_until(until) => if let Err(error) = waited {
                            return self.context.push_state(false, error.to_string());
                        },
                        _ = stop.wait_for(|stopping| *stopping) => return,
                    }
                }
                Next::Missed { request, due } => {
                    let was_down = self.connection.is_none() && due >= self.down_since;
                    let cause = if was_down { Cause::LinkDown } else { Cause::Overrun };
                    let poll = self.poll_due(request, due);
                    self.context.push(Body::Outcome { poll, cause });
                }
                // An exchange that has begun is ended, which its timeout bounds.
                Next::Send { request, due } => {
                    self.send(&requests.requests[request as usize], request, due, &timer).await;
                    // A link that is polled back to back must leave the others their turn.
                    tokio::task::consume_budget().await;
                }
            }
        }
    }

    fn attach(&mut self, line: Line) {
        let context = &self.context;
        let source = context.source();
        let tap = Tap::new(line, self.framing, context.clock, context.queue.clone(), source);
        self.connection = Some(Connection { client: self.client(&tap), tap });
    }

    fn client(&self, tap: &Tap<Line>) -> Context {
        match self.framing {
            Framing::Rtu => rtu::attach_slave(tap.clone(), Slave(0)),
            Framing::Tcp => tcp::attach_slave(tap.clone(), Slave(0)),
        }
    }

    fn poll_due(&mut self, request: u32, due: TrialTime) -> u64 {
        let poll = self.next_poll;
        self.next_poll += 1;
        self.context.push(Body::PollDue(PollDue { poll, request, due }));
        poll
    }

    /// One poll from due to outcome.
    async fn send(&mut self, request: &Request, number: u32, due: TrialTime, timer: &Timer) {
        let poll = self.poll_due(number, due);
        let Ask::Read { table, address, count } = request.ask else {
            // Queries are asked by another task; a poller is given reads alone.
            return self.context.push(Body::Outcome { poll, cause: Cause::RunEnded });
        };
        let question = Question { device: request.device, table, address, count };
        let cause = match self.ask(poll, question, timer).await {
            Ok(cause) => cause,
            Err(LineLost(why)) => {
                self.lose(why);
                Cause::LinkDown
            }
        };
        self.context.push(Body::Outcome { poll, cause });
    }

    async fn ask(
        &mut self,
        poll: u64,
        question: Question,
        timer: &Timer,
    ) -> Result<Cause, LineLost> {
        self.reconnect(question.device).await;
        if self.connection.is_none() {
            return Ok(Cause::LinkDown);
        }
        let began = self.context.clock.now();
        if self.shared && began < self.devices[question.device].ask_again_at {
            return Ok(Cause::BackedOff);
        }
        if self.devices[question.device].suspect {
            let probe = self.probe_of(question);
            let number = self.next_poll;
            self.next_poll += 1;
            let cause = match self.exchange(number, probe, timer).await? {
                Cause::Answered | Cause::Refused(_) => Cause::ProbeAnswered,
                other => other,
            };
            self.context.push(Body::Outcome { poll: number, cause });
            if cause != Cause::ProbeAnswered {
                self.missed(question.device, began).await?;
                return Ok(Cause::Timeout);
            }
            self.devices[question.device].suspect = false;
        }
        let cause = self.exchange(poll, question, timer).await?;
        match cause {
            Cause::Answered | Cause::Refused(_) => {
                self.devices[question.device] = DeviceState::default();
            }
            _ => self.missed(question.device, began).await?,
        }
        Ok(cause)
    }

    /// A question whose answer can't be taken for that of any request of the device.
    fn probe_of(&self, question: Question) -> Question {
        let requests = &self.context.requests.requests;
        let reads = requests.iter().filter(|request| request.device == question.device);
        // Eight coils or inputs share a byte of the answer.
        let step = if question.table.has_bits() { 8 } else { 1 };
        let used = |entries: u16| {
            reads.clone().filter_map(|request| request.ask.read()).any(|(table, _, count)| {
                table == question.table && count.div_ceil(step) == entries.div_ceil(step)
            })
        };
        let mut lengths = (0..=question.count / step + 1).map(|number| number * step + 1);
        let count = lengths.find(|entries| !used(*entries));
        Question { count: count.unwrap_or(question.count), ..question }
    }

    async fn exchange(
        &mut self,
        poll: u64,
        question: Question,
        timer: &Timer,
    ) -> Result<Cause, LineLost> {
        if self.free_at > self.context.clock.now() {
            let waited = timer.wait_until(self.free_at).await;
            waited.map_err(|error| LineLost(error.to_string()))?;
        }
        let Some(connection) = &mut self.connection else {
            return Ok(Cause::LinkDown);
        };
        let device = &self.context.plan.devices[question.device];
        let limit = device.timeout + self.context.wire_time(question.count);
        connection.tap.begin(poll);
        connection.client.set_slave(Slave(device.unit));
        let Question { table, address, count, .. } = question;
        let call = async {
            match table {
                Table::Holding => connection.client.read_holding_registers(address, count).await,
                Table::Input => connection.client.read_input_registers(address, count).await,
                Table::Coils => bits(connection.client.read_coils(address, count).await),
                Table::Discrete => {
                    bits(connection.client.read_discrete_inputs(address, count).await)
                }
            }
        };
        let result = tokio::time::timeout(limit, call).await;
        let verdict = connection.tap.verdict();
        let now = self.context.clock.now();
        let turnaround = device.profile.polling.turnaround;
        let silent = wire::plan::silent_interval(self.context.link());
        self.free_at = now.plus(duration_nanoseconds(silent + turnaround));
        let agreed = match (&result, verdict) {
            (Ok(Ok(Ok(registers))), Some(Cause::Answered)) => connection.tap.agrees_with(registers),
            (Ok(Ok(Err(_))), Some(Cause::Refused(_))) => true,
            (Ok(Ok(_)), _) | (_, Some(_)) => false,
            (Ok(Err(_)) | Err(_), None) => true,
        };
        if !agreed {
            let text =
                format!("poll {poll}: the client library and the decoder saw different answers");
            self.context.push(Body::Event(Event { kind: EventKind::Disagreement, text }));
        }
        match (result, verdict) {
            (_, Some(cause)) => Ok(cause),
            (Ok(Err(tokio_modbus::Error::Transport(error))), None) => {
                Err(LineLost(error.to_string()))
            }
            (_, None) => Ok(connection.tap.complaint().unwrap_or(Cause::Timeout)),
        }
    }

    /// After a missed answer: nothing of it may be taken for a later one.
    async fn missed(&mut self, device: usize, began: TrialTime) -> Result<(), LineLost> {
        if self.framing == Framing::Tcp {
            self.note_miss(device, began);
            self.context.push_state(false, "dropped after a missed answer");
            self.connection = None;
            self.down_since = self.context.clock.now();
            self.start_connecting(Duration::ZERO);
            return Ok(());
        }
        self.devices[device].suspect = true;
        let Some(connection) = &self.connection else { return Ok(()) };
        let tap = connection.tap.clone();
        let quiet = QUIET_INTERVAL + self.context.link().latency;
        let limit = self.context.clock.now().plus(duration_nanoseconds(QUIET_LONGEST));
        while self.context.clock.now() < limit {
            match tokio::time::timeout(quiet, tap.drain_once()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(LineLost(error.to_string())),
                Err(_) => break,
            }
        }
        let client = self.client(&tap);
        self.connection = Some(Connection { tap, client });
        self.note_miss(device, began);
        Ok(())
    }

    fn note_miss(&mut self, device: usize, began: TrialTime) {
        let now = self.context.clock.now();
        let state = &mut self.devices[device];
        state.misses = state.misses.saturating_add(1);
        if state.misses >= PATIENCE_POLLS {
            let pause = now.since(began).saturating_mul(i64::from(SILENT_DEVICE_SHARE - 1));
            state.ask_again_at = now.plus(pause.min(duration_nanoseconds(SILENT_DEVICE_LONGEST)));
        }
    }

    fn lose(&mut self, why: String) {
        self.context.push_state(false, why);
        self.connection = None;
        self.down_since = self.context.clock.now();
        let pause = self.backoff.pause();
        self.start_connecting(pause);
    }

    fn start_connecting(&mut self, pause: Duration) {
        let link = self.context.link().clone();
        self.connecting = Some(tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            connect(&link).await
        }));
    }

    /// Takes a line that has been opened again; waits for it no longer than an answer may take.
    async fn reconnect(&mut self, device: usize) {
        let Some(connecting) = &mut self.connecting else { return };
        let patience = self.context.plan.devices[device].timeout;
        let Ok(joined) = tokio::time::timeout(patience, connecting).await else { return };
        self.connecting = None;
        match joined {
            Ok(Ok(line)) => {
                self.context.push_state(true, "opened again");
                self.backoff = Backoff::new();
                self.attach(line);
            }
            Ok(Err(_)) | Err(_) => {
                let pause = self.backoff.pause();
                self.start_connecting(pause);
            }
        }
    }
}

impl LinkContext {
    /// Time that a request for `count` registers and its answer take on the wire.
    fn wire_time(&self, count: u16) -> Duration {
        let characters = REQUEST_BYTES + ANSWER_FRAME_BYTES + 2 * u32::from(count);
        self.link().character_time() * characters
    }
}

/// Coils and inputs as registers of 0 or 1, so that one path takes both.
fn bits(
    result: Result<Result<Vec<bool>, tokio_modbus::ExceptionCode>, tokio_modbus::Error>,
) -> Result<Result<Vec<u16>, tokio_modbus::ExceptionCode>, tokio_modbus::Error> {
    result.map(|answer| answer.map(|bits| bits.into_iter().map(u16::from).collect()))
}
