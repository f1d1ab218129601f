//! One exchange: a request and whatever comes back of it.

use std::time::Duration;

use tokio_modbus::ExceptionCode;
use tokio_modbus::client::Reader as _;
use tokio_modbus::slave::{Slave, SlaveContext as _};
use trial::profile::Table;
use trial::record::{Body, Cause, Event, EventKind};
use trial::time::duration_nanoseconds;

use super::super::tap::Tap;
use super::super::{Line, LinkContext};
use super::{LineLost, Poller};
use crate::limits::{QUIET_INTERVAL, QUIET_LONGEST};

/// Bytes of a read request and of an answer without its registers, RTU.
const REQUEST_BYTES: u32 = 8;
const ANSWER_FRAME_BYTES: u32 = 5;

/// What an exchange asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) device: usize,
    pub(super) table: Table,
    pub(super) address: u16,
    pub(super) count: u16,
}

impl Poller {
    /// A question whose answer can't be taken for that of any request of the device.
    pub(super) fn probe_of(&self, question: Question) -> Question {
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

    /// Sends a request when the line is free, and waits for its answer for `timeout` and the time
    /// that both take on the wire.
    pub(super) async fn exchange(
        &mut self,
        poll: u64,
        question: Question,
        timeout: Duration,
    ) -> Result<Cause, LineLost> {
        let ready_at = self.ready_at(question.device);
        if ready_at > self.context.clock.now() {
            self.timer.wait_until(ready_at).await?;
        }
        if !self.listen_before_sending(question.device).await? {
            return Ok(Cause::ForeignTraffic);
        }
        let Some(connection) = &mut self.connection else {
            return Ok(Cause::LinkDown);
        };
        let device = &self.context.plan.devices[question.device];
        let limit = timeout + self.context.wire_time(question.count);
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
        let (verdict, complaint) = (connection.tap.verdict(), connection.tap.complaint());
        let foreign_unit = connection.tap.foreign_unit();
        let agreed = match (&result, verdict) {
            (Ok(Ok(Ok(registers))), Some(Cause::Answered)) => connection.tap.agrees_with(registers),
            (Ok(Ok(Err(_))), Some(Cause::Refused(_))) => true,
            // It knows fewer exception codes than a device may send.
            (Ok(Err(tokio_modbus::Error::Transport(_))), Some(Cause::Refused(_))) => true,
            (Ok(Err(_)) | Err(_), None) => true,
            (Ok(_), _) | (_, Some(_)) => false,
        };
        let turnaround = device.profile.polling.turnaround;
        let silent = wire::plan::silent_interval(self.context.link());
        let now = self.context.clock.now();
        self.free_at = now.plus(duration_nanoseconds(silent.max(turnaround)));
        match (result, verdict) {
            (Ok(Err(tokio_modbus::Error::Transport(error))), None) => return Err(error.into()),
            _ if !agreed => self.disagree(poll),
            _ => {}
        }
        if complaint == Some(Cause::ForeignTraffic) {
            self.meet_foreign_master(foreign_unit);
            return Ok(Cause::ForeignTraffic);
        }
        if verdict.is_some() {
            self.unheard = 0;
        }
        Ok(verdict.or(complaint).unwrap_or(Cause::Timeout))
    }

    fn disagree(&self, poll: u64) {
        let text = format!("poll {poll}: the client library and the decoder saw different answers");
        self.context.push(Body::Event(Event { kind: EventKind::Disagreement, text }));
    }
}

impl LinkContext {
    /// Reads until the line is quiet, or for [`QUIET_LONGEST`].
    pub(super) async fn drain(&self, tap: &Tap<Line>) -> Result<(), LineLost> {
        let quiet = QUIET_INTERVAL + self.link().latency;
        let limit = self.clock.now().plus(duration_nanoseconds(QUIET_LONGEST));
        while self.clock.now() < limit {
            match tokio::time::timeout(quiet, tap.drain_once()).await {
                Ok(read) => read?,
                Err(_) => break,
            };
        }
        Ok(())
    }

    /// Time that a request for `count` registers and its answer take on the wire.
    fn wire_time(&self, count: u16) -> Duration {
        let characters = REQUEST_BYTES + ANSWER_FRAME_BYTES + 2 * u32::from(count);
        self.link().character_time() * characters
    }
}

/// Coils and inputs as registers of 0 or 1, so that one path takes both.
fn bits(
    result: Result<Result<Vec<bool>, ExceptionCode>, tokio_modbus::Error>,
) -> Result<Result<Vec<u16>, ExceptionCode>, tokio_modbus::Error> {
    result.map(|answer| answer.map(|bits| bits.into_iter().map(u16::from).collect()))
}
