//! The fold of a link whose devices are polled.
//!
//! Invariants:
//! - an accepted frame is held until the outcome of its poll; only "answered" makes it a row, and
//!   only then is anything remembered of it;
//! - every poll that was due ends as answered, refused or missed, and only once.

use std::sync::Arc;

use trial::plan::{Plan, Request, RequestPlan};
use trial::record::{Body, Cause, Event, EventKind, PollDue, Record};
use trial::recording::{Gap, GapCause, GroupIndex, SampleGroup};
use trial::rows::Decode;
use trial::time::{Span, TrialTime, duration_nanoseconds};

use super::answer::{AnswerPoint, AnswerText};
use super::plain::PlainPoints;
use super::scaling::Scaling;
use super::totaliser::SampleTime;
use super::{DeriveError, Output, Row, Sample, Samples};
use crate::modbus::{Asked, Exchange, Framing, Received, Receiver, framing_of, read_function};
use crate::plan::entries_of;

/// Most polls of one link that wait for their outcome.
pub const MAX_OPEN_POLLS: usize = 65_536;

/// State of one polled link.
#[derive(Debug)]
pub(super) struct PolledLink {
    framing: Framing,
    receiver: Receiver,
    character_ns: i64,
    latency_ns: i64,
    /// By number of the request; `None` for those of other links.
    requests: Vec<Option<RequestDecoder>>,
    open: Vec<PollDue>,
    exchange: Option<SentRequest>,
    scaling: Scaling,
    /// Data bytes of the frame that was accepted last; kept to reuse its memory.
    payload: Vec<u8>,
    samples: Vec<Sample>,
}

/// How the answer of a request is decoded.
#[derive(Debug)]
struct RequestDecoder {
    device: usize,
    asks: Asked,
    points: Vec<AnswerPoint>,
    /// Whether some of the points scale others.
    scales: bool,
    /// Present if all points are a matter of their bytes alone, as most are.
    plain: Option<Arc<dyn Decode>>,
    /// Data bytes that hold all plain points.
    plain_bytes: usize,
    texts: Vec<AnswerText>,
    unmapped_registers: u64,
    /// Time of the last row: whatever a journal says, none is before it.
    last_row: TrialTime,
}

/// The request that was sent last.
#[derive(Debug)]
struct SentRequest {
    poll: u64,
    at: TrialTime,
    bytes: usize,
    /// What the sent bytes ask for; `None` if they are no read request.
    asked: Option<Asked>,
    accepted: Option<Accepted>,
}

/// A frame that was accepted for the request.
#[derive(Debug, Clone, Copy)]
struct Accepted {
    at: TrialTime,
    bytes: usize,
    record: u64,
    /// Exception code; `None` for an answer.
    exception: Option<u8>,
}

impl PolledLink {
    pub(super) fn new(
        plan: &Plan,
        link: usize,
        requests: &RequestPlan,
        groups: &[SampleGroup],
    ) -> PolledLink {
        let line = &plan.links[link];
        let scaling = Scaling::new(plan, link, requests);
        let decoders = requests.requests.iter().zip(groups).map(|(request, group)| {
            let here = plan.devices.get(request.device).is_some_and(|device| device.link == link);
            here.then(|| RequestDecoder::new(plan, request, group, &scaling)).flatten()
        });
        let decoders = decoders.collect();
        PolledLink {
            framing: framing_of(line),
            receiver: Receiver::new(framing_of(line)),
            character_ns: duration_nanoseconds(line.character_time()),
            latency_ns: duration_nanoseconds(line.latency),
            requests: decoders,
            open: Vec::new(),
            exchange: None,
            scaling,
            payload: Vec::new(),
            samples: Vec::new(),
        }
    }

    pub(super) fn feed(
        &mut self,
        record: &Record<'_>,
        body: &Body<'_>,
        output: &mut Output<'_>,
    ) -> Result<(), DeriveError> {
        match body {
            Body::PollDue(due) => return self.due(record.sequence, *due, output),
            Body::Sent { poll, bytes } => self.sent(*poll, record.at, bytes, output),
            Body::Received { bytes } => {
                output.link.received += bytes.len() as u64;
                self.receiver.received(bytes);
                self.take_received(record.at, record.sequence, output);
            }
            Body::Outcome { poll, cause } => self.outcome(*poll, *cause, record.at, output),
            _ => {}
        }
        Ok(())
    }

    fn due(
        &mut self,
        sequence: u64,
        due: PollDue,
        output: &mut Output<'_>,
    ) -> Result<(), DeriveError> {
        let decoder = self.requests.get(due.request as usize).and_then(Option::as_ref);
        let device = decoder.ok_or(DeriveError::UnknownSource(sequence))?.device;
        if self.open.len() >= MAX_OPEN_POLLS {
            return Err(DeriveError::TooManyOpenPolls(sequence));
        }
        output.devices[device].requested += 1;
        self.open.push(due);
        Ok(())
    }

    fn sent(&mut self, poll: u64, at: TrialTime, bytes: &[u8], output: &mut Output<'_>) {
        self.close_exchange(output);
        output.link.sent += bytes.len() as u64;
        self.receiver.sent(bytes);
        let asked = Exchange::from_sent(self.framing, bytes).map(|exchange| exchange.asked());
        self.exchange = Some(SentRequest { poll, at, bytes: bytes.len(), asked, accepted: None });
    }

    fn take_received(&mut self, at: TrialTime, record: u64, output: &mut Output<'_>) {
        let account = &mut *output.link;
        while let Some(found) = self.receiver.next() {
            let (bytes, exception) = match found {
                Received::Answer { frame, payload } => {
                    self.payload.clear();
                    self.payload.extend_from_slice(frame.get(payload).unwrap_or_default());
                    (frame.len(), None)
                }
                Received::Exception { frame, code } => (frame.len(), Some(code)),
                Received::Skipped { bytes, cause } => {
                    match cause {
                        Cause::WrongUnit
                        | Cause::WrongTransaction
                        | Cause::WrongFunction
                        | Cause::WrongCount => {
                            account.framed += bytes as u64;
                            account.frames.orphans += 1;
                        }
                        Cause::ForeignTraffic => account.framed += bytes as u64,
                        _ => account.skipped += bytes as u64,
                    }
                    continue;
                }
            };
            account.framed += bytes as u64;
            account.frames.pairs += 1;
            if let Some(exchange) = &mut self.exchange {
                exchange.accepted = Some(Accepted { at, bytes, record, exception });
            }
        }
    }

    fn outcome(&mut self, poll: u64, cause: Cause, at: TrialTime, output: &mut Output<'_>) {
        let exchange = self.exchange.take_if(|exchange| exchange.poll == poll);
        if let Some(exchange) = &exchange {
            output.link.skipped += self.receiver.clear() as u64;
            output.link.frames.unanswered += u64::from(exchange.accepted.is_none());
        }
        let Some(position) = self.open.iter().position(|due| due.poll == poll) else {
            // A probe: it asked for nothing that is kept.
            return;
        };
        let due = self.open.remove(position);
        if self.answered(due, cause, exchange.as_ref(), at, output) {
            return;
        }
        let Some(Some(decoder)) = self.requests.get(due.request as usize) else { return };
        output.devices[decoder.device].missed += 1;
        let span = Span::new(due.due, at);
        let told = matches!(cause, Cause::Answered | Cause::Refused(_));
        if told {
            let text = format!(
                "poll {poll} was recorded as {}, but its recorded bytes say otherwise",
                cause.name()
            );
            output.sink.event(at, &Event { kind: EventKind::Disagreement, text });
        }
        let cause = if told { Cause::Corrupt } else { cause };
        let group = GroupIndex(due.request);
        output.sink.gap(Gap { group, span, cause: GapCause::Poll(cause) });
    }

    /// Makes a row of an answer or a refusal that is what the outcome says and the request asked
    /// for; `false` if there is none.
    fn answered(
        &mut self,
        due: PollDue,
        cause: Cause,
        exchange: Option<&SentRequest>,
        at: TrialTime,
        output: &mut Output<'_>,
    ) -> bool {
        let Some(exchange) = exchange else { return false };
        let Some(accepted) = exchange.accepted else { return false };
        let sample_time = self.sample_time(exchange, &accepted);
        let Some(Some(decoder)) = self.requests.get_mut(due.request as usize) else { return false };
        if exchange.asked != Some(decoder.asks) {
            return false;
        }
        self.samples.clear();
        let mut plain = None;
        match (cause, accepted.exception) {
            (Cause::Answered, None) => {
                let (data, scaling) = (&self.payload, &mut self.scaling);
                decoder.read(data, sample_time, at, scaling, &mut self.samples, output);
                plain = decoder.plain.as_ref().filter(|_| decoder.plain_bytes <= data.len());
            }
            (Cause::Refused(code), Some(found)) if code == found => {
                let scaling = &mut self.scaling;
                let points = decoder.points.iter();
                self.samples.extend(points.map(|point| point.refused(code, sample_time, scaling)));
            }
            _ => return false,
        }
        let samples = match plain {
            Some(decoder) => Samples::Plain { data: &self.payload, decoder },
            None => Samples::Decoded(&self.samples),
        };
        // What is not whole is refused by its number of samples.
        if samples.len() != decoder.points.len() {
            return false;
        }
        let account = &mut output.devices[decoder.device];
        if accepted.exception.is_some() {
            account.refused += 1;
        } else {
            account.answered += 1;
            output.link.frames.unmapped_registers += decoder.unmapped_registers;
        }
        // A request that reads texts alone has no channel to make a row of.
        if !samples.is_empty() {
            decoder.last_row = sample_time.time.max(decoder.last_row);
            output.sink.row(&Row {
                group: GroupIndex(due.request),
                time: decoder.last_row,
                time_uncertainty_ns: sample_time.uncertainty_ns,
                record: accepted.record,
                samples,
            });
        }
        true
    }

    /// The sample lies between the instant at which the request had left the wire and the one at
    /// which the answer began: the midpoint, and half the width with the link's latency.
    fn sample_time(&self, request: &SentRequest, answer: &Accepted) -> SampleTime {
        let on_wire = |bytes: usize| self.character_ns.saturating_mul(bytes as i64);
        let (sent, came) =
            ((request.at, on_wire(request.bytes)), (answer.at, on_wire(answer.bytes)));
        within_exchange(sent, came, self.latency_ns)
    }

    /// A request that is replaced or whose run ends stays unanswered.
    fn close_exchange(&mut self, output: &mut Output<'_>) {
        output.link.skipped += self.receiver.clear() as u64;
        if let Some(exchange) = self.exchange.take() {
            output.link.frames.unanswered += u64::from(exchange.accepted.is_none());
        }
    }

    pub(super) fn link_down(&mut self, output: &mut Output<'_>) {
        output.link.skipped += self.receiver.clear() as u64;
    }

    /// Nothing that was buffered goes on behind a hole, and the exchange that is pending is given
    /// up, as the tap gives it up.
    pub(super) fn discarded(&mut self, output: &mut Output<'_>) {
        output.link.skipped += self.receiver.clear() as u64;
    }

    /// No outcome comes any more: every poll that waits for one is missed, for this cause.
    pub(super) fn finish(&mut self, at: TrialTime, cause: GapCause, output: &mut Output<'_>) {
        self.close_exchange(output);
        for due in std::mem::take(&mut self.open) {
            if let Some(Some(decoder)) = self.requests.get(due.request as usize) {
                output.devices[decoder.device].missed += 1;
            }
            let (group, span) = (GroupIndex(due.request), Span::new(due.due, at));
            output.sink.gap(Gap { group, span, cause });
        }
    }
}

/// The time of what a request asked for: between the instant at which the request had left the wire
/// and the one at which the answer began. Both follow from when the request was handed over, when
/// the answer was read, and the time that each takes on the wire, in nanoseconds. Where they
/// contradict each other the bytes were faster than the line is declared to be, as through a
/// gateway; then only what was seen holds, from the handing over to the reading.
pub(super) fn within_exchange(
    (sent, request_ns): (TrialTime, i64),
    (came, answer_ns): (TrialTime, i64),
    added_ns: i64,
) -> SampleTime {
    let (left, began) = (sent.plus(request_ns), came.plus(-answer_ns));
    if began < left { midpoint(sent, came, added_ns) } else { midpoint(left, began, added_ns) }
}

/// The middle between two instants, of which the second is never before the first, and half the
/// width with what is to be added, in nanoseconds.
pub(super) fn midpoint(start: TrialTime, end: TrialTime, added_ns: i64) -> SampleTime {
    let width = end.since(start).max(0);
    let half_width = (width / 2 + width % 2).saturating_add(added_ns);
    let uncertainty_ns = u32::try_from(half_width).unwrap_or(u32::MAX);
    SampleTime { time: start.plus(width / 2), uncertainty_ns }
}

impl RequestDecoder {
    /// `None` for a request that reads no table.
    fn new(
        plan: &Plan,
        request: &Request,
        group: &SampleGroup,
        scaling: &Scaling,
    ) -> Option<RequestDecoder> {
        let (table, first, count) = request.ask.read()?;
        let device = plan.devices.get(request.device)?;
        let mut mapped = vec![false; usize::from(count)];
        let mut texts = Vec::new();
        for point in request.points.iter().filter_map(|point| device.profile.points.get(*point)) {
            let Some((_, address, width)) = entries_of(point) else { continue };
            let start = usize::from(address.saturating_sub(first));
            if let Some(entries) = mapped.get_mut(start..start + usize::from(width)) {
                entries.fill(true);
            }
            texts.extend(AnswerText::new(&device.id, point, first));
        }
        let channels = group.channels.iter().map(|index| plan.channel_at(*index));
        let points: Vec<AnswerPoint> = channels
            .filter_map(|channel| AnswerPoint::new(plan, channel, first, scaling))
            .collect();
        let plain: Option<Vec<_>> = points.iter().map(AnswerPoint::plain).collect();
        let plain = plain.map(|points| PlainPoints::new(points.into_iter()));
        let asks =
            Asked { unit: device.unit, function: read_function(table), address: first, count };
        let unused = mapped.iter().filter(|mapped| !**mapped).count();
        Some(RequestDecoder {
            device: request.device,
            asks,
            scales: points.iter().any(AnswerPoint::scales),
            plain_bytes: plain.as_ref().map_or(0, PlainPoints::bytes),
            plain: plain.map(|points| Arc::new(points) as Arc<dyn Decode>),
            points,
            texts,
            last_row: TrialTime(i64::MIN),
            // Coils and inputs are no registers.
            unmapped_registers: if table.has_bits() { 0 } else { unused as u64 },
        })
    }

    /// Reads the data bytes of an answer.
    fn read(
        &mut self,
        data: &[u8],
        at: SampleTime,
        found: TrialTime,
        scaling: &mut Scaling,
        samples: &mut Vec<Sample>,
        output: &mut Output<'_>,
    ) {
        if self.scales {
            for point in &self.points {
                point.learn(data, at, found, scaling, output);
            }
        }
        // Plain ones are decoded when somebody looks at them.
        if self.plain.is_none() {
            let points = self.points.iter_mut();
            let sample = |point: &mut AnswerPoint| point.sample(data, at, found, scaling, output);
            samples.extend(points.map_while(sample));
        }
        for text in &mut self.texts {
            text.read(data, found, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_lies_within_its_exchange_even_if_the_line_is_faster_than_declared() {
        // Handed over at 100, read at `came`; the request takes 40 on the wire, the answer 20.
        for (came, time, uncertainty_ns) in
            [(200, 160, 20 + 1), (160, 140, 1), (159, 129, 30 + 1), (101, 100, 2), (100, 100, 1)]
        {
            let found = within_exchange((TrialTime(100), 40), (TrialTime(came), 20), 1);
            assert_eq!((found.time.0, found.uncertainty_ns), (time, uncertainty_ns), "{came}");
            assert!((100..=came).contains(&found.time.0));
        }
    }
}
