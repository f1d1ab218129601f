//! A link with one instrument that answers queries, such as a balance.
//!
//! Invariants:
//! - Every poll that was due ends in exactly one `Outcome` record.
//! - `wire` decides what is an answer, from the bytes as they are journalled.
//! - Such answers carry no number, so that a late one can't be told from the next by its bytes.
//!   After a missed answer nothing is asked until the late answer has come, or until the line has
//!   been quiet for as long as an answer may take: one that comes later than twice the timeout
//!   behind its query would be taken for that of another. A retry is no exception.
//! - Between polls the line is listened to; what comes then answers nothing.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::Instant;
use trial::plan::{Ask, Device, LinkKind, Request};
use trial::profile::DeviceProfile;
use trial::record::{Body, Cause, PollDue};
use trial::time::{Span, TrialTime, duration_nanoseconds};
use wire::query::{QueryReceiver, Reply};

use super::pulse::Pulse;
use super::reconnect::Connector;
use super::schedule::{Next, Schedule};
use super::timer::Timer;
use super::{Line, LinkContext};
use crate::limits::{
    FLOOD_PAUSE, PATIENCE_POLLS, QUIET_INTERVAL, QUIET_LONGEST, READ_BYTES, SETTLE_TIMES,
    SILENT_LINK_EXCHANGES,
};

/// Polls the instrument of one link.
pub struct Querier {
    context: LinkContext,
    pulse: Pulse,
    timer: Timer,
    /// Position of the instrument in the plan.
    device: usize,
    receiver: QueryReceiver,
    line: Option<Line>,
    connector: Connector,
    /// When the line was opened last, and when it was last lost.
    up_since: TrialTime,
    down_since: TrialTime,
    /// When the turnaround behind the last answer is over.
    free_at: TrialTime,
    /// When the journal was full last.
    held_back: Span,
    /// The poll that is under way has sent its query.
    sent: bool,
    /// An answer may still be late.
    owed: bool,
    /// Polls in a row without an answer, and exchanges in a row of which nothing was heard.
    misses: u32,
    unheard: u32,
    next_poll: u64,
}

/// What a read brought.
#[derive(Debug, Clone, Copy, Default)]
struct Heard {
    answered: bool,
    complaint: Option<Cause>,
}

impl Querier {
    /// A querier on an open line; `None` where the link has no instrument that is asked.
    pub fn new(context: LinkContext, pulse: Pulse, timer: Timer, line: Line) -> Option<Querier> {
        let here = |device: &Device| device.link == context.index;
        let device = context.plan.devices.iter().position(here)?;
        let receiver = QueryReceiver::new(&context.plan.devices[device].profile)?;
        Some(Querier {
            connector: context.connector(),
            up_since: context.clock.now(),
            context,
            pulse,
            timer,
            device,
            receiver,
            line: Some(line),
            down_since: TrialTime::ZERO,
            free_at: TrialTime::ZERO,
            held_back: Span::new(TrialTime::MIN, TrialTime::MIN),
            sent: false,
            owed: false,
            misses: 0,
            unheard: 0,
            next_poll: 0,
        })
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
                    if let Err(error) = self.idle(until).await {
                        self.lose(&error);
                    }
                }
                Next::Missed { request, due } => {
                    let was_down = self.line.is_none() && due >= self.down_since;
                    let held = self.held_back.start <= due && due <= self.held_back.end;
                    let cause = match self.pulse.was_still(due) {
                        true => Cause::Stalled,
                        false if held => Cause::HeldBack,
                        false if was_down => Cause::LinkDown,
                        false => Cause::Overrun,
                    };
                    let poll = self.poll_due(request, due);
                    self.context.push(Body::Outcome { poll, cause });
                }
                Next::Send { request, due } => {
                    self.poll(&requests.requests[request as usize], request, due).await;
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

    fn plan(&self) -> &Device {
        &self.context.plan.devices[self.device]
    }

    fn profile(&self) -> &DeviceProfile {
        &self.plan().profile
    }

    /// Waits for the next poll, and takes meanwhile what the line brings.
    async fn idle(&mut self, until: TrialTime) -> io::Result<()> {
        let mut stop = self.context.stop.clone();
        let mut bytes = [0; READ_BYTES];
        tokio::select! {
            waited = self.timer.wait_until(until) => return waited,
            () = stopped(&mut stop) => return Ok(()),
            opened = self.connector.opened(), if self.line.is_none() => {
                self.attach(opened);
                return Ok(());
            }
            read = read_some(&mut self.line, &mut bytes) => {
                let count = read?;
                self.take(&bytes[..count]).await;
            }
        }
        Ok(())
    }

    fn attach(&mut self, line: Line) {
        self.context.push_state(true, "opened again");
        self.line = Some(line);
        self.up_since = self.context.clock.now();
        self.unheard = 0;
    }

    fn lose(&mut self, error: &io::Error) {
        self.context.push_state(false, error.to_string());
        self.line = None;
        // As the fold does when it meets the record.
        self.receiver.clear();
        self.down_since = self.context.clock.now();
        self.connector.lost();
    }

    fn poll_due(&mut self, request: u32, due: TrialTime) -> u64 {
        let poll = self.next_poll;
        self.next_poll += 1;
        self.context.push(Body::PollDue(PollDue { poll, request, due }));
        poll
    }

    /// One poll from due to outcome.
    async fn poll(&mut self, request: &Request, number: u32, due: TrialTime) {
        let poll = self.poll_due(number, due);
        let began = self.context.clock.now();
        let cause = match request.ask {
            Ask::Query { message } => self.ask(poll, message).await.unwrap_or_else(|error| {
                self.lose(&error);
                Cause::LinkDown
            }),
            // Reads are asked by another task; a querier is given queries alone.
            Ask::Read { .. } => Cause::RunEnded,
        };
        // Whatever went wrong while the station stood still says nothing of line and instrument.
        let stalled = cause != Cause::Answered && self.pulse.stall_since(began).is_some();
        let cause = if stalled { Cause::Stalled } else { cause };
        self.misses = if cause == Cause::Answered { 0 } else { self.misses.saturating_add(1) };
        if std::mem::take(&mut self.sent) {
            // As the fold does with the outcome of a query.
            self.receiver.clear();
        }
        self.context.push(Body::Outcome { poll, cause });
    }

    /// Asks, and again as often as the profile says.
    async fn ask(&mut self, poll: u64, message: usize) -> io::Result<Cause> {
        let layout = self.profile().layout.as_ref();
        let asked = layout.and_then(|layout| layout.messages.get(message)?.query.clone());
        let Some(query) = asked else { return Ok(Cause::RunEnded) };
        // One that does not answer any more is not asked again and again.
        let silent = self.misses >= PATIENCE_POLLS;
        let retries = if silent { 0 } else { self.profile().polling.retries };
        let mut cause = Cause::LinkDown;
        for _ in 0..=retries {
            if self.line.is_none() && !self.await_line().await {
                return Ok(Cause::LinkDown);
            }
            cause = self.exchange(poll, message, &query).await?;
            if matches!(cause, Cause::Answered | Cause::RunEnded) {
                break;
            }
        }
        Ok(cause)
    }

    /// Waits for a line that is being opened again, no longer than an answer may take.
    async fn await_line(&mut self) -> bool {
        let patience = self.plan().timeout;
        match tokio::time::timeout(patience, self.connector.opened()).await {
            Ok(line) => self.attach(line),
            Err(_) => return false,
        }
        true
    }

    /// One query and what comes of it; behind a missed answer the line has settled, or is owed one.
    async fn exchange(&mut self, poll: u64, message: usize, query: &[u8]) -> io::Result<Cause> {
        if self.owed && !self.settle().await? {
            return Ok(Cause::Timeout);
        }
        let pause = self.profile().polling.connect_pause;
        let ready_at = self.free_at.max(self.up_since.plus(duration_nanoseconds(pause)));
        let mut stop = self.context.stop.clone();
        tokio::select! {
            waited = self.timer.wait_until(ready_at) => waited?,
            () = stopped(&mut stop) => {}
        }
        self.drain_ready().await?;
        if self.context.is_stopping() {
            return Ok(Cause::RunEnded);
        }
        let wire_time = self.context.link().character_time() * query.len() as u32;
        let deadline = Instant::now() + self.plan().timeout + wire_time;
        if self.context.intake.asking(self.context.clock.now()) {
            self.receiver.clear();
        }
        self.send(poll, message, query, deadline).await?;
        let heard = self.listen(deadline).await?;
        let now = self.context.clock.now();
        let turnaround = self.profile().polling.turnaround;
        self.free_at = now.plus(duration_nanoseconds(turnaround));
        if heard.answered {
            (self.owed, self.unheard) = (false, 0);
            self.connector.proved();
            return Ok(Cause::Answered);
        }
        self.owed = true;
        let settled = self.settle().await?;
        self.unheard = if heard.complaint.is_some() { 0 } else { self.unheard.saturating_add(1) };
        let over_tcp = matches!(self.context.link().kind, LinkKind::BytesOverTcp { .. });
        if settled && over_tcp && self.unheard >= SILENT_LINK_EXCHANGES {
            return Err(io::Error::other("the instrument does not answer; opened anew"));
        }
        if self.context.is_stopping() {
            return Ok(Cause::RunEnded);
        }
        Ok(heard.complaint.unwrap_or(Cause::Timeout))
    }

    /// Writes a query and journals what was written of it.
    async fn send(
        &mut self,
        poll: u64,
        message: usize,
        query: &[u8],
        deadline: Instant,
    ) -> io::Result<()> {
        let Some(line) = &mut self.line else { return Err(io::ErrorKind::NotConnected.into()) };
        let at = self.context.clock.now();
        let mut written = 0;
        let writing = async {
            while written < query.len() {
                match line.write(&query[written..]).await? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    count => written += count,
                }
            }
            line.flush().await
        };
        let result = match tokio::time::timeout_at(deadline, writing).await {
            Ok(result) => result,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        };
        if written > 0 {
            let sent = &query[..written];
            self.receiver.sent(message, sent);
            self.sent = true;
            let bytes = sent.to_vec().into();
            let body = Body::Sent { poll, bytes };
            self.context.queue.push(at, self.context.source(), body);
        }
        result
    }

    /// Takes what comes until it is the answer, or until the deadline or the end of the run.
    async fn listen(&mut self, deadline: Instant) -> io::Result<Heard> {
        let mut stop = self.context.stop.clone();
        let mut all = Heard::default();
        let mut bytes = [0; READ_BYTES];
        loop {
            let read = tokio::select! {
                read = read_some(&mut self.line, &mut bytes) => read?,
                () = tokio::time::sleep_until(deadline) => return Ok(all),
                () = stopped(&mut stop) => return Ok(all),
            };
            let heard = self.take(&bytes[..read]).await;
            all.answered |= heard.answered;
            all.complaint = heard.complaint.or(all.complaint);
            // A hole gives the query up.
            if all.answered || !self.receiver.pending() {
                return Ok(all);
            }
        }
    }

    /// Journals bytes, and says what they bring.
    async fn take(&mut self, bytes: &[u8]) -> Heard {
        let mut heard = Heard::default();
        let taken = self.context.intake.take(self.context.clock.now(), bytes);
        if taken.hole {
            self.receiver.clear();
        }
        self.receiver.received(bytes.get(..taken.kept).unwrap_or_default());
        while let Some(reply) = self.receiver.next() {
            match reply {
                Reply::Answer(_) => heard.answered = true,
                // Bytes from before the query, and the query given back, say nothing.
                Reply::Skipped { cause: Cause::Timeout, .. } => {}
                Reply::Skipped { cause, .. } => heard.complaint = Some(cause),
            }
        }
        if taken.hole || taken.kept < bytes.len() {
            heard.complaint = Some(Cause::Flooded);
            tokio::time::sleep(FLOOD_PAUSE).await;
        }
        heard
    }

    /// Waits until nothing can be late any more: the late answer has come and the line is quiet, or
    /// it has been quiet for as long as an answer may take. Says whether it has come to that.
    async fn settle(&mut self) -> io::Result<bool> {
        let (timeout, latency) = (self.plan().timeout, self.context.link().latency);
        let limit = Instant::now() + (timeout * SETTLE_TIMES).max(QUIET_LONGEST);
        let mut quiet = timeout.max(QUIET_INTERVAL) + latency;
        let mut stop = self.context.stop.clone();
        let mut bytes = [0; READ_BYTES];
        while Instant::now() < limit {
            let read = tokio::select! {
                read = read_some(&mut self.line, &mut bytes) => read?,
                () = tokio::time::sleep(quiet) => {
                    self.owed = false;
                    return Ok(true);
                }
                () = stopped(&mut stop) => return Ok(false),
            };
            if self.take(&bytes[..read]).await.answered {
                quiet = QUIET_INTERVAL + latency;
            }
        }
        Ok(false)
    }

    /// Takes what has come already; behind that the line must be quiet for a moment.
    async fn drain_ready(&mut self) -> io::Result<()> {
        let mut bytes = [0; READ_BYTES];
        let limit = Instant::now() + QUIET_LONGEST;
        let mut wait = Duration::ZERO;
        while Instant::now() < limit {
            let waits = self.line.as_ref().is_some_and(Line::has_unread);
            let patience = if waits { QUIET_INTERVAL } else { wait };
            let reading = read_some(&mut self.line, &mut bytes);
            match tokio::time::timeout(patience, reading).await {
                Ok(read) => {
                    let count = read?;
                    self.take(&bytes[..count]).await;
                    wait = QUIET_INTERVAL + self.context.link().latency;
                }
                Err(_) => break,
            }
        }
        Ok(())
    }
}

/// Waits until the run ends.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever would tell is gone only when the run has ended.
    let _ = stop.wait_for(|stopping| *stopping).await;
}

/// One read; waits for ever where there is no line.
async fn read_some(line: &mut Option<Line>, bytes: &mut [u8]) -> io::Result<usize> {
    let Some(line) = line else { return std::future::pending().await };
    match line.read(bytes).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}
