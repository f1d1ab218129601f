//! Another master on a bus that is polled from here.
//!
//! Two masters on one bus break the rules of Modbus: an answer does not say whose request it
//! answers. What can be told is told:
//! - where another master's request was heard before ours, its answer is waited for;
//! - where it is heard between our request and the answer, or across our request, the poll is
//!   missed, whatever comes.
//!
//! What can't be told: an answer to a request that was not heard here.

use trial::record::{Body, Event, EventKind};
use trial::time::duration_nanoseconds;

use super::super::Line;
use super::super::tap::{Overheard, Tap};
use super::{Framing, LineLost, Poller};
use crate::limits::{FOREIGN_ANSWER, LISTEN_BEFORE_SENDING, QUIET_LONGEST};

/// What is known of another master.
#[derive(Debug, Default)]
pub(super) struct ForeignMaster {
    told: bool,
}

impl Poller {
    /// Waits until nobody else speaks. Returns whether the line may be used: not if another master
    /// keeps speaking, or may still get an answer that would be taken for ours.
    pub(super) async fn listen_before_sending(&mut self, device: usize) -> Result<bool, LineLost> {
        if self.framing == Framing::Tcp {
            return Ok(true);
        }
        let Some(connection) = &self.connection else { return Ok(true) };
        let tap = connection.tap.clone();
        tap.drain_ready().await?;
        if tap.overheard_at().is_none() && !tap.has_unread() {
            return Ok(true);
        }
        let limit = self.context.clock.now().plus(duration_nanoseconds(QUIET_LONGEST));
        loop {
            let quiet = LISTEN_BEFORE_SENDING + self.context.link().latency;
            let speaks = match tokio::time::timeout(quiet, tap.drain_once()).await {
                Ok(read) => read.map(|_| true)?,
                Err(_) => false,
            };
            let overheard = tap.overheard();
            if let Some(Overheard { unit, .. }) = overheard {
                self.meet_foreign_master(Some(unit));
            }
            if !speaks && !self.is_answer_awaited(&tap, overheard) {
                break;
            }
            if self.context.clock.now() >= limit && overheard.is_none() {
                // Noise without a request in it: what is asked now is judged by its bytes.
                break;
            }
            if self.context.clock.now() >= limit && speaks {
                return Ok(false);
            }
        }
        // A request that stayed without an answer may get a late one.
        if tap.overheard().is_some_and(|heard| !heard.answered && heard.unit == self.unit(device)) {
            self.devices[device].suspect();
        }
        tap.forget_overheard();
        Ok(true)
    }

    fn unit(&self, device: usize) -> u8 {
        self.context.plan.devices[device].unit
    }

    /// Whether another master's request may still be answered.
    fn is_answer_awaited(&self, tap: &Tap<Line>, overheard: Option<Overheard>) -> bool {
        let (Some(Overheard { unit, answered: false }), Some(at)) = (overheard, tap.overheard_at())
        else {
            return false;
        };
        let devices = self.context.plan.devices.iter();
        let mut ours = devices.filter(|device| device.link == self.context.index);
        let patience = ours.find(|device| device.unit == unit).map(|device| device.timeout);
        let patience = duration_nanoseconds(patience.unwrap_or(FOREIGN_ANSWER));
        self.context.clock.now() < at.plus(patience)
    }

    /// Tells, once, that another master is on the bus.
    pub(super) fn meet_foreign_master(&mut self, unit: Option<u8>) {
        if std::mem::replace(&mut self.foreign.told, true) {
            return;
        }
        let whom = unit.map_or_else(|| "a device".to_owned(), |unit| format!("unit {unit}"));
        let text = format!(
            "{}: another master asks {whom} on this bus; connect one master alone, or only listen \
             (listen = true)",
            self.context.link().id
        );
        tracing::warn!(text);
        self.context.push(Body::Event(Event { kind: EventKind::ForeignMaster, text }));
    }
}
