//! The fold of a link whose one instrument answers queries.
//!
//! Invariants:
//! - an accepted frame is held until the outcome of its poll; only "answered" makes it a row;
//! - every poll that was due ends as answered or missed, and only once. An instrument that answers
//!   that it can't carry a query out has answered: its values say so.

use trial::plan::{Ask, Plan, Request, RequestPlan};
use trial::profile::DeviceProfile;
use trial::record::{Body, Cause, Event, EventKind, PollDue, Record};
use trial::recording::{Gap, GapCause, GroupIndex, SampleGroup};
use trial::time::{Span, TrialTime, duration_nanoseconds};

use super::polled::{MAX_OPEN_POLLS, within_exchange};
use super::totaliser::SampleTime;
use super::{DeriveError, Output, Row, Sample, Samples};
use crate::dialect::frame::{Answers, MessagePoint};
use crate::query::{QueryReceiver, Reply};

/// State of one link with an instrument that is asked.
#[derive(Debug)]
pub(super) struct AskedLink {
    receiver: QueryReceiver,
    answers: Answers,
    character_ns: i64,
    latency_ns: i64,
    /// By number of the request; `None` for those of other links.
    requests: Vec<Option<QueryDecoder>>,
    open: Vec<PollDue>,
    exchange: Option<SentQuery>,
    /// The frame that was accepted last; kept to reuse its memory.
    answer: Vec<u8>,
    samples: Vec<Sample>,
}

/// How the answer to a query is decoded.
#[derive(Debug)]
struct QueryDecoder {
    device: usize,
    message: usize,
    points: Vec<MessagePoint>,
    /// Time of the last row: whatever a journal says, none is before it.
    last_row: TrialTime,
}

/// The query that was sent last.
#[derive(Debug)]
struct SentQuery {
    poll: u64,
    at: TrialTime,
    bytes: usize,
    /// When the answer's last byte came, and with which record.
    accepted: Option<(TrialTime, u64)>,
}

impl AskedLink {
    /// The fold of a link to a device of this profile; `None` if the profile lays out no frames.
    pub(super) fn new(
        plan: &Plan,
        link: usize,
        profile: &DeviceProfile,
        requests: &RequestPlan,
        groups: &[SampleGroup],
    ) -> Option<AskedLink> {
        let line = plan.links.get(link)?;
        let answers = Answers::new(profile)?;
        let decoders = requests.requests.iter().zip(groups).map(|(request, group)| {
            let here = plan.devices.get(request.device).is_some_and(|device| device.link == link);
            here.then(|| QueryDecoder::new(plan, request, group, &answers)).flatten()
        });
        Some(AskedLink {
            receiver: QueryReceiver::new(profile)?,
            requests: decoders.collect(),
            answers,
            character_ns: duration_nanoseconds(line.character_time()),
            latency_ns: duration_nanoseconds(line.latency),
            open: Vec::new(),
            exchange: None,
            answer: Vec::new(),
            samples: Vec::new(),
        })
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

    fn decoder(&self, request: u32) -> Option<&QueryDecoder> {
        self.requests.get(request as usize)?.as_ref()
    }

    fn due(
        &mut self,
        sequence: u64,
        due: PollDue,
        output: &mut Output<'_>,
    ) -> Result<(), DeriveError> {
        let decoder = self.decoder(due.request).ok_or(DeriveError::UnknownSource(sequence))?;
        output.devices[decoder.device].requested += 1;
        if self.open.len() >= MAX_OPEN_POLLS {
            return Err(DeriveError::TooManyOpenPolls(sequence));
        }
        self.open.push(due);
        Ok(())
    }

    /// A poll may ask again: its later query replaces the one before.
    fn sent(&mut self, poll: u64, at: TrialTime, bytes: &[u8], output: &mut Output<'_>) {
        self.close_exchange(output);
        output.link.sent += bytes.len() as u64;
        let due = self.open.iter().find(|due| due.poll == poll);
        let message = due.and_then(|due| Some(self.decoder(due.request)?.message));
        // A query of no poll makes nothing pending: no profile has as many messages.
        self.receiver.sent(message.unwrap_or(usize::MAX), bytes);
        self.exchange = Some(SentQuery { poll, at, bytes: bytes.len(), accepted: None });
    }

    fn take_received(&mut self, at: TrialTime, record: u64, output: &mut Output<'_>) {
        let account = &mut *output.link;
        while let Some(found) = self.receiver.next() {
            match found {
                Reply::Answer(frame) => {
                    self.answer.clear();
                    self.answer.extend_from_slice(frame);
                    account.framed += frame.len() as u64;
                    account.frames.pairs += 1;
                    if let Some(exchange) = &mut self.exchange {
                        exchange.accepted = Some((at, record));
                    }
                }
                Reply::Skipped { bytes, cause: Cause::WrongFunction } => {
                    account.framed += bytes as u64;
                    account.frames.orphans += 1;
                }
                Reply::Skipped { bytes, .. } => account.skipped += bytes as u64,
            }
        }
    }

    fn outcome(&mut self, poll: u64, cause: Cause, at: TrialTime, output: &mut Output<'_>) {
        let exchange = self.exchange.take_if(|exchange| exchange.poll == poll);
        if let Some(exchange) = &exchange {
            output.link.skipped += self.receiver.clear() as u64;
            output.link.frames.unanswered += u64::from(exchange.accepted.is_none());
        }
        let Some(position) = self.open.iter().position(|due| due.poll == poll) else { return };
        let due = self.open.remove(position);
        let accepted = exchange.and_then(|query| {
            let (came, record) = query.accepted?;
            Some((self.sample_time(&query, came), record))
        });
        let Some(Some(decoder)) = self.requests.get_mut(due.request as usize) else { return };
        let group = GroupIndex(due.request);
        self.samples.clear();
        if let (Cause::Answered, Some((sample_time, record))) = (cause, accepted)
            && self.answers.decode(
                decoder.message,
                &self.answer,
                &decoder.points,
                &mut self.samples,
            )
        {
            output.devices[decoder.device].answered += 1;
            decoder.last_row = sample_time.time.max(decoder.last_row);
            output.sink.row(&Row {
                group,
                time: decoder.last_row,
                time_uncertainty_ns: sample_time.uncertainty_ns,
                record,
                samples: Samples::Decoded(&self.samples),
            });
            return;
        }
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
        output.sink.gap(Gap { group, span, cause: GapCause::Poll(cause) });
    }

    /// The sample lies between the instant at which the query had left the wire and the one at
    /// which the answer began.
    fn sample_time(&self, query: &SentQuery, came: TrialTime) -> SampleTime {
        let characters = |bytes: usize| self.character_ns.saturating_mul(bytes as i64);
        let sent = (query.at, characters(query.bytes));
        within_exchange(sent, (came, characters(self.answer.len())), self.latency_ns)
    }

    /// A query that is replaced or whose run ends stays unanswered.
    fn close_exchange(&mut self, output: &mut Output<'_>) {
        if let Some(exchange) = self.exchange.take() {
            output.link.frames.unanswered += u64::from(exchange.accepted.is_none());
        }
    }

    /// Nothing that was buffered goes on when the line comes back, or behind a hole.
    pub(super) fn break_off(&mut self, output: &mut Output<'_>) {
        output.link.skipped += self.receiver.clear() as u64;
    }

    /// No outcome comes any more: every poll that waits for one is missed, for this cause.
    pub(super) fn finish(&mut self, at: TrialTime, cause: GapCause, output: &mut Output<'_>) {
        self.break_off(output);
        self.close_exchange(output);
        for due in std::mem::take(&mut self.open) {
            if let Some(decoder) = self.decoder(due.request) {
                output.devices[decoder.device].missed += 1;
            }
            let (group, span) = (GroupIndex(due.request), Span::new(due.due, at));
            output.sink.gap(Gap { group, span, cause });
        }
    }
}

impl QueryDecoder {
    /// `None` for a request that asks for no message.
    fn new(
        plan: &Plan,
        request: &Request,
        group: &SampleGroup,
        answers: &Answers,
    ) -> Option<QueryDecoder> {
        let Ask::Query { message } = request.ask else { return None };
        let channels = group.channels.iter().map(|index| plan.channel_at(*index));
        let points = channels.filter_map(|channel| answers.point(plan, channel));
        let (device, points) = (request.device, points.collect());
        Some(QueryDecoder { device, message, points, last_row: TrialTime(i64::MIN) })
    }
}
