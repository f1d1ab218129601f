//! A link whose devices are polled.
//!
//! Invariants:
//! - Every poll that was due ends in exactly one `Outcome` record.
//! - `wire` decides the outcome from the tapped bytes; the client library drives the exchange.
//! - After a missed answer nothing of it can become a value: a TCP connection is dropped; on a
//!   serial line the bytes are drained until it is quiet, and the device is then found again by a
//!   probe whose answer has another length than that of any request of the device. Devices
//!   answer in order, so whatever was late has come before the probe's answer. A retry is no
//!   exception.
//! - Between polls the line is listened to: an unplugged adapter, a closed connection and another
//!   master are noticed at once.
//! - A device that does not answer costs the others on its bus a bounded share of the time.

mod exchange;
mod foreign;

use tokio_modbus::client::{Context, rtu, tcp};
use tokio_modbus::slave::Slave;
use trial::plan::{Ask, Device, LinkKind, Request};
use trial::profile::Polling;
use trial::record::{Body, Cause, PollDue};
use trial::time::{Span, TrialTime, duration_nanoseconds};
use wire::modbus::{Framing, framing_of};

use super::pulse::Pulse;
use super::reconnect::Connector;
use super::schedule::{Next, Schedule};
use super::silence::Silence;
use super::tap::Tap;
use super::timer::Timer;
use super::{Line, LinkContext};
use crate::limits::{BACKED_OFF_PERIOD, SILENT_LINK_EXCHANGES};
use exchange::Question;
use foreign::ForeignMaster;

/// Polls the devices of one link.
pub struct Poller {
    context: LinkContext,
    pulse: Pulse,
    timer: Timer,
    framing: Framing,
    connection: Option<Connection>,
    connector: Connector,
    /// When the line was opened last, and when it was last dropped or lost.
    up_since: TrialTime,
    down_since: TrialTime,
    devices: Vec<Silence>,
    /// Devices on the line.
    sharing: u32,
    foreign: ForeignMaster,
    /// Exchanges in a row of which nothing was heard.
    unheard: u32,
    next_poll: u64,
    free_at: TrialTime,
    /// When the journal was full last.
    held_back: Span,
}

struct Connection {
    tap: Tap<Line>,
    client: Context,
}

/// The line is gone.
struct LineLost(String);

impl From<std::io::Error> for LineLost {
    fn from(error: std::io::Error) -> LineLost {
        LineLost(error.to_string())
    }
}

/// How long the poller goes on after a step.
enum Step {
    Go,
    End,
}

impl Poller {
    /// A poller on an open line.
    pub fn new(context: LinkContext, pulse: Pulse, timer: Timer, line: Line) -> Poller {
        let on_line = |device: &&Device| device.link == context.index;
        let sharing = context.plan.devices.iter().filter(on_line).count();
        let mut poller = Poller {
            pulse,
            timer,
            framing: framing_of(context.link()),
            connection: None,
            connector: context.connector(),
            up_since: TrialTime::ZERO,
            down_since: TrialTime::ZERO,
            devices: vec![Silence::default(); context.plan.devices.len()],
            sharing: u32::try_from(sharing).unwrap_or(u32::MAX),
            foreign: ForeignMaster::default(),
            unheard: 0,
            next_poll: 0,
            free_at: TrialTime::ZERO,
            held_back: Span::new(TrialTime::MIN, TrialTime::MIN),
            context,
        };
        poller.attach(line);
        poller
    }

    /// Polls until the run ends.
    pub async fn run(mut self) {
        let requests = self.context.requests.clone();
        let mut schedule = self.context.schedule();
        while !self.context.is_stopping() {
            if let Some(since) = self.context.wait_for_room().await {
                self.was_held_back(since, &schedule);
            }
            self.pulse.feel();
            match schedule.next(self.context.clock.now()) {
                Next::Wait(until) => {
                    if let Step::End = self.idle(until).await {
                        return;
                    }
                }
                Next::Missed { request, due } => {
                    let cause = self.why_never_sent(due);
                    let poll = self.poll_due(request, due);
                    self.context.push(Body::Outcome { poll, cause });
                }
                // An exchange that has begun is ended, which its timeout bounds.
                Next::Send { request, due } => {
                    let asked = &requests.requests[request as usize];
                    if self.send(asked, request, due).await == Cause::BackedOff {
                        let now = self.context.clock.now();
                        let pause = duration_nanoseconds(BACKED_OFF_PERIOD);
                        schedule.put_off(request, now.plus(pause));
                    }
                    // A link that is polled back to back must leave the others their turn.
                    tokio::task::consume_budget().await;
                }
            }
        }
    }

    /// The journal was full since then. What is sent back to back has no time at which it was due: it
    /// is missed once.
    fn was_held_back(&mut self, since: TrialTime, schedule: &Schedule) {
        self.held_back = Span::new(since, self.context.clock.now());
        for request in schedule.back_to_back() {
            let poll = self.poll_due(request, since);
            self.context.push(Body::Outcome { poll, cause: Cause::HeldBack });
        }
    }

    fn why_never_sent(&self, due: TrialTime) -> Cause {
        if self.pulse.was_still(due) {
            Cause::Stalled
        } else if self.held_back.start <= due && due <= self.held_back.end {
            Cause::HeldBack
        } else if self.connection.is_none() && due >= self.down_since {
            Cause::LinkDown
        } else {
            Cause::Overrun
        }
    }

    /// Waits for the next poll, and takes meanwhile what the line brings.
    async fn idle(&mut self, until: TrialTime) -> Step {
        let mut stop = self.context.stop.clone();
        let tap = self.connection.as_ref().map(|connection| connection.tap.clone());
        let heard = async {
            match &tap {
                Some(tap) => tap.drain_once().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            waited = self.timer.wait_until(until) => if let Err(error) = waited {
                self.context.push_state(false, error.to_string());
                return Step::End;
            },
            _ = stop.wait_for(|stopping| *stopping) => return Step::End,
            heard = heard => if let Err(error) = heard {
                self.lose(error.to_string());
            },
            line = self.connector.opened() => self.attach(line),
        }
        Step::Go
    }

    fn attach(&mut self, line: Line) {
        let context = &self.context;
        if self.up_since < self.down_since {
            context.push_state(true, "opened again");
        }
        let source = context.source();
        let (queue, intake) = (context.queue.clone(), context.intake.clone());
        let tap = Tap::new(line, self.framing, context.clock, queue, intake, source);
        self.connection = Some(Connection { client: self.client(&tap), tap });
        self.up_since = self.context.clock.now();
        self.unheard = 0;
    }

    fn client(&self, tap: &Tap<Line>) -> Context {
        match self.framing {
            Framing::Rtu => rtu::attach_slave(tap.clone(), Slave(0)),
            Framing::Tcp => tcp::attach_slave(tap.clone(), Slave(0)),
        }
    }

    fn polling(&self, device: usize) -> Polling {
        self.context.plan.devices[device].profile.polling
    }

    fn poll_due(&mut self, request: u32, due: TrialTime) -> u64 {
        let poll = self.take_number();
        self.context.push(Body::PollDue(PollDue { poll, request, due }));
        poll
    }

    fn take_number(&mut self) -> u64 {
        let poll = self.next_poll;
        self.next_poll += 1;
        poll
    }

    /// One poll from due to outcome, which it gives.
    async fn send(&mut self, request: &Request, number: u32, due: TrialTime) -> Cause {
        let poll = self.poll_due(number, due);
        let Ask::Read { table, address, count } = request.ask else {
            // Queries are asked by another task; a poller is given reads alone.
            let cause = Cause::RunEnded;
            self.context.push(Body::Outcome { poll, cause });
            return cause;
        };
        let question = Question { device: request.device, table, address, count };
        let began = self.context.clock.now();
        let cause = match self.ask(poll, question).await {
            Ok(cause) => cause,
            Err(LineLost(why)) => {
                self.lose(why);
                Cause::LinkDown
            }
        };
        // Whatever went wrong while the station stood still says nothing of line and device.
        let stalled = is_missed(cause) && self.pulse.stall_since(began).is_some();
        let cause = if stalled { Cause::Stalled } else { cause };
        self.context.push(Body::Outcome { poll, cause });
        cause
    }

    async fn ask(&mut self, poll: u64, question: Question) -> Result<Cause, LineLost> {
        self.await_line(question.device).await;
        if self.connection.is_none() {
            return Ok(Cause::LinkDown);
        }
        let began = self.context.clock.now();
        let silence = self.devices[question.device];
        if self.sharing > 1 && !silence.is_due(began) {
            return Ok(Cause::BackedOff);
        }
        // One that does not answer any more is not asked again and again.
        let retries = if silence.is_silent() { 0 } else { self.polling(question.device).retries };
        let mut heard = false;
        let mut cause = self.attempt(poll, question, &mut heard).await?;
        for _ in 0..retries {
            if !is_missed(cause) || self.context.is_stopping() {
                break;
            }
            self.await_line(question.device).await;
            if self.connection.is_none() {
                break;
            }
            cause = self.attempt(poll, question, &mut heard).await?;
        }
        let now = self.context.clock.now();
        if is_missed(cause) && self.pulse.stall_since(began).is_none() {
            self.devices[question.device].missed(began, now, heard);
        }
        Ok(cause)
    }

    /// Asks once; after a missed answer the line is as if nothing had been asked. Sets `heard` if
    /// anything came back.
    async fn attempt(
        &mut self,
        poll: u64,
        question: Question,
        heard: &mut bool,
    ) -> Result<Cause, LineLost> {
        let device = question.device;
        let timeout = self.context.plan.devices[device].timeout;
        if self.devices[device].is_suspect() {
            let limit = self.devices[device].probe_limit(timeout);
            let probe = self.probe_of(question);
            let number = self.take_number();
            let cause = match self.exchange(number, probe, limit).await? {
                Cause::Answered | Cause::Refused(_) => Cause::ProbeAnswered,
                other => other,
            };
            if cause != Cause::ProbeAnswered {
                *heard |= self.missed(device).await?;
                self.context.push(Body::Outcome { poll: number, cause });
                let named = matches!(cause, Cause::ForeignTraffic | Cause::Flooded);
                return Ok(if named { cause } else { Cause::Timeout });
            }
            self.context.push(Body::Outcome { poll: number, cause });
            self.devices[device].probed();
        }
        let began = self.context.clock.now();
        let cause = self.exchange(poll, question, timeout).await?;
        if is_missed(cause) {
            *heard |= self.missed(device).await?;
        } else {
            let took = self.context.clock.now().since(began).unsigned_abs();
            self.devices[device].answered(std::time::Duration::from_nanos(took));
            self.connector.proved();
        }
        Ok(cause)
    }

    /// After a missed answer: nothing of it may be taken for a later one. Returns whether anything
    /// was heard.
    async fn missed(&mut self, device: usize) -> Result<bool, LineLost> {
        let Some(connection) = &self.connection else { return Ok(false) };
        let tap = connection.tap.clone();
        let heard = tap.heard();
        if self.framing == Framing::Tcp {
            tap.give_up();
            self.context.push_state(false, "dropped after a missed answer");
            self.connection = None;
            self.down_since = self.context.clock.now();
            self.connector.dropped();
            return Ok(heard);
        }
        self.devices[device].suspect();
        // Where nothing came there is nothing to drain; what comes late is read before the next
        // request, and the probe tells it from its own answer.
        if heard {
            self.context.drain(&tap).await?;
        }
        tap.give_up();
        let client = self.client(&tap);
        self.connection = Some(Connection { tap, client });
        self.unheard = if heard { 0 } else { self.unheard.saturating_add(1) };
        let over_tcp = matches!(self.context.link().kind, LinkKind::RtuOverTcp { .. });
        if over_tcp && self.unheard >= SILENT_LINK_EXCHANGES.saturating_mul(self.sharing) {
            return Err(LineLost("no device answers; opened anew".to_owned()));
        }
        Ok(heard)
    }

    fn lose(&mut self, why: String) {
        self.context.push_state(false, why);
        self.connection = None;
        self.down_since = self.context.clock.now();
        self.connector.lost();
    }

    /// Waits for a line that is being opened again, no longer than an answer may take.
    async fn await_line(&mut self, device: usize) {
        if self.connection.is_some() {
            return;
        }
        let patience = self.context.plan.devices[device].timeout;
        if let Ok(line) = tokio::time::timeout(patience, self.connector.opened()).await {
            self.attach(line);
        }
    }

    /// When the device may be asked: after the silence that the last answer needs, and the pause
    /// that it needs after the line was opened.
    fn ready_at(&self, device: usize) -> TrialTime {
        let pause = self.polling(device).connect_pause;
        self.free_at.max(self.up_since.plus(duration_nanoseconds(pause)))
    }
}

/// Whether a poll that ends so has brought nothing.
fn is_missed(cause: Cause) -> bool {
    !matches!(cause, Cause::Answered | Cause::Refused(_))
}
