//! From records to samples, gaps and counts: a pure fold over the journal.
//!
//! Invariants:
//! - The fold follows what was recorded: it plans nothing, reads no clock, and has no timer. The
//!   same records give the same calls of the sink, live and ever after.
//! - A value stands only where the outcome says "answered" and the recorded bytes say so too.
//! - requested = answered + refused + missed for every device, and received = framed + skipped for
//!   every link, as soon as the run has ended.
//! - The rows of one group never step back in time.

mod answer;
mod asked;
mod listened;
mod plain;
mod polled;
pub(crate) mod sample;
mod scaling;
mod stream;
mod timeline;
mod totaliser;

use std::sync::Arc;

use trial::document::{DocumentError, DocumentSet, MAX_DOCUMENTS};
use trial::plan::{Ask, Device, Plan, RequestPlan};
use trial::profile::{MAX_BITS_PER_REQUEST, MAX_REGISTERS_PER_REQUEST};
use trial::record::{
    Body, Cause, ClockPair, DiscardCause, Discarded, End, Event, EventKind, LinkState, Mark,
    Origin, Record, Recovered,
};
use trial::recording::{
    Accounting, DeviceAccount, Gap, GapCause, GroupIndex, LinkAccount, SampleGroup,
};
use trial::time::{Span, TrialTime};

use crate::plan::{entries_of, is_stream, message_of, sample_groups};
use asked::AskedLink;
use polled::PolledLink;
use stream::StreamLink;

pub use polled::MAX_OPEN_POLLS;

pub use trial::channel::Sample;
pub use trial::rows::{Row, Samples};

/// What takes the results of the fold.
pub trait Sink {
    /// The documents are complete: this is the plan, and these are the groups of the rows.
    fn begin(&mut self, _origin: &Origin, _plan: &Arc<Plan>, _groups: &[SampleGroup]) {}
    /// Samples.
    fn row(&mut self, row: &Row<'_>);
    /// Samples that should be there and are not.
    fn gap(&mut self, gap: Gap);
    /// A link, by its position in the plan, came up or went down.
    fn link(&mut self, _at: TrialTime, _link: usize, _state: &LinkState) {}
    /// A mark was set, restated or retracted.
    fn mark(&mut self, _at: TrialTime, _mark: &Mark) {}
    /// An event: recorded by the station, or found in the bytes.
    fn event(&mut self, _at: TrialTime, _event: &Event) {}
    /// A pair of wall time and trial time.
    fn clock(&mut self, _at: TrialTime, _pair: &ClockPair) {}
    /// Recovery took the run up again.
    fn recovered(&mut self, _at: TrialTime, _recovered: &Recovered) {}
    /// The run ended; nothing comes after this.
    fn end(&mut self, _at: TrialTime, _end: &End) {}
}

/// Records that no run of this software leaves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// Records are missing, or stand twice or in another order.
    #[error(
        "record {found} follows where record {expected} should; the journal has been cut or reordered, restore it from a copy"
    )]
    Sequence {
        /// The next sequence number.
        expected: u64,
        /// The one that came.
        found: u64,
    },
    /// The origin is not the first record, or stands twice.
    #[error(
        "record {0} is out of place: a journal begins with one origin, then documents, then one request plan; read it with the version that wrote it"
    )]
    OutOfPlace(u64),
    /// The documents don't make a plan.
    #[error(
        "the recorded documents are refused: {0}; read the journal with the version that wrote it"
    )]
    Documents(#[from] DocumentError),
    /// More documents than a trial has.
    #[error(
        "the journal holds more than {MAX_DOCUMENTS} documents; it was not written by this software"
    )]
    TooManyDocuments,
    /// The request plan does not fit the plan.
    #[error(
        "request {0} of the recorded request plan does not fit the recorded plan; the journal was not written by this software"
    )]
    RequestPlan(usize),
    /// A record of a link or request that the plan does not have or that is of another kind.
    #[error(
        "record {0} names a link or a request that the plan does not have; the journal was not written by this software"
    )]
    UnknownSource(u64),
    /// More polls wait for their outcome than the daemon lets.
    #[error(
        "record {0} is a poll while {MAX_OPEN_POLLS} others of its link have no outcome; the journal was not written by this software"
    )]
    TooManyOpenPolls(u64),
}

/// The fold. Feed it every record in sequence order.
#[derive(Debug, Default)]
pub struct Derive {
    origin: Option<Origin>,
    documents: DocumentSet,
    run: Option<Run>,
    accounting: Accounting,
    next_sequence: Option<u64>,
    latest: TrialTime,
    /// Whether records are missing before the next one.
    after_hole: bool,
    ended: bool,
}

/// What is known once the request plan has come.
#[derive(Debug)]
struct Run {
    plan: Arc<Plan>,
    groups: Vec<SampleGroup>,
    links: Vec<LinkFold>,
}

#[derive(Debug)]
enum LinkFold {
    /// No device uses the link.
    Idle,
    Polled(Box<PolledLink>),
    Asked(Box<AskedLink>),
    Stream(Box<StreamLink>),
}

/// Where the fold of a link leaves its counts and results.
struct Output<'a> {
    devices: &'a mut [DeviceAccount],
    link: &'a mut LinkAccount,
    sink: &'a mut dyn Sink,
}

impl Derive {
    /// A fold that has seen nothing.
    pub fn new() -> Derive {
        Derive::default()
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// The records are not those of a run; see [`DeriveError`]. The fold is then of no more use.
    pub fn feed(&mut self, record: &Record<'_>, sink: &mut impl Sink) -> Result<(), DeriveError> {
        let sequence = record.sequence;
        let expected = self.next_sequence.unwrap_or(sequence);
        if sequence != expected {
            return Err(DeriveError::Sequence { expected, found: sequence });
        }
        let first = self.next_sequence.is_none();
        // The end is followed by a signed head, and by what a recovery found damaged.
        let after_end = matches!(record.body, Body::Head(_) | Body::Recovered(_));
        let ended = self.ended && !after_end;
        if ended || first != matches!(record.body, Body::Origin(_)) {
            return Err(DeriveError::OutOfPlace(sequence));
        }
        self.next_sequence = Some(sequence.saturating_add(1));
        if std::mem::take(&mut self.after_hole) {
            let span = Span::new(self.latest, record.at.max(self.latest));
            self.interrupt(span, GapCause::JournalDamaged, sink);
        }
        self.latest = self.latest.max(record.at);
        match &record.body {
            Body::Origin(origin) => self.origin = Some(origin.clone()),
            Body::Document(document) => {
                if self.run.is_some() {
                    return Err(DeriveError::OutOfPlace(sequence));
                }
                if self.documents.documents.len() == MAX_DOCUMENTS {
                    return Err(DeriveError::TooManyDocuments);
                }
                self.documents.documents.push(document.clone());
            }
            Body::RequestPlan(requests) => self.begin(sequence, requests, sink)?,
            Body::PollDue(_) | Body::Sent { .. } | Body::Received { .. } | Body::Outcome { .. } => {
                self.link_record(record, sink)?;
            }
            Body::LinkState(state) => self.link_state(record, state, sink)?,
            Body::Discarded(discarded) => self.discarded(record, discarded, sink)?,
            Body::Clock(pair) => sink.clock(record.at, pair),
            Body::Mark(mark) => sink.mark(record.at, mark),
            Body::Event(event) => sink.event(record.at, event),
            Body::Recovered(recovered) => self.recovered(record.at, recovered, sink),
            // Heads are the matter of whoever checks signatures.
            Body::Head(_) => {}
            Body::End(end) => {
                self.finish(sink);
                sink.end(record.at, end);
            }
        }
        Ok(())
    }

    /// Closes a recording that has no end record: what is open becomes missed or skipped. Done
    /// by the end record too; the second time does nothing.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let Some(run) = &mut self.run else { return };
        for (fold, link) in run.links.iter_mut().zip(&mut self.accounting.links) {
            let mut output = Output { devices: &mut self.accounting.devices, link, sink };
            match fold {
                LinkFold::Idle => {}
                LinkFold::Polled(polled) => {
                    polled.finish(self.latest, GapCause::Poll(Cause::RunEnded), &mut output);
                }
                LinkFold::Asked(asked) => {
                    asked.finish(self.latest, GapCause::Poll(Cause::RunEnded), &mut output);
                }
                LinkFold::Stream(stream) => stream.finish(self.latest, &mut output),
            }
        }
    }

    /// Records are missing from the journal: the next one has the number `next`. Polls without an
    /// outcome are missed, and every group has a gap until the next record.
    ///
    /// # Errors
    /// The hole is where every run has its documents, or it leads backwards: nothing can be
    /// derived from what is left.
    pub fn hole(&mut self, next: u64) -> Result<(), DeriveError> {
        let expected = self.next_sequence.unwrap_or_default();
        if self.run.is_none() {
            return Err(DeriveError::OutOfPlace(next));
        }
        if next < expected {
            return Err(DeriveError::Sequence { expected, found: next });
        }
        self.next_sequence = Some(next);
        self.after_hole = true;
        Ok(())
    }

    /// Nothing before `span` joins what comes behind it, and every group has a gap there.
    fn interrupt(&mut self, span: Span, cause: GapCause, sink: &mut impl Sink) {
        let Some(run) = &mut self.run else { return };
        for (fold, link) in run.links.iter_mut().zip(&mut self.accounting.links) {
            let mut output = Output { devices: &mut self.accounting.devices, link, sink };
            match fold {
                LinkFold::Idle => {}
                LinkFold::Polled(polled) => polled.finish(span.start, cause, &mut output),
                LinkFold::Asked(asked) => asked.finish(span.start, cause, &mut output),
                LinkFold::Stream(stream) => stream.interrupted(span, cause, &mut output),
            }
        }
        // Streams have told theirs.
        for (index, group) in run.groups.iter().enumerate() {
            let device = &run.plan.devices[group.device];
            if !matches!(run.links.get(device.link), Some(LinkFold::Stream(_))) {
                sink.gap(Gap { group: GroupIndex(index as u32), span, cause });
            }
        }
    }

    /// The counts so far; they add up once the run has ended.
    pub fn accounting(&self) -> &Accounting {
        &self.accounting
    }

    /// The plan; `None` before the request plan has come.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.run.as_ref().map(|run| &run.plan)
    }

    /// The groups; empty before the request plan has come.
    pub fn groups(&self) -> &[SampleGroup] {
        self.run.as_ref().map_or(&[], |run| &run.groups)
    }

    fn begin(
        &mut self,
        sequence: u64,
        requests: &RequestPlan,
        sink: &mut impl Sink,
    ) -> Result<(), DeriveError> {
        let (None, Some(origin)) = (&self.run, &self.origin) else {
            return Err(DeriveError::OutOfPlace(sequence));
        };
        let plan = Arc::new(Plan::resolve(&self.documents)?);
        ensure_requests_fit(&plan, requests)?;
        let groups = sample_groups(&plan, requests);
        let links =
            (0..plan.links.len()).map(|link| link_fold(&plan, link, requests, &groups)).collect();
        self.accounting = Accounting {
            devices: vec![DeviceAccount::default(); plan.devices.len()],
            links: vec![LinkAccount::default(); plan.links.len()],
        };
        sink.begin(origin, &plan, &groups);
        // The documents are in the plan now.
        self.documents = DocumentSet::default();
        self.run = Some(Run { plan, groups, links });
        Ok(())
    }

    fn link_record(
        &mut self,
        record: &Record<'_>,
        sink: &mut impl Sink,
    ) -> Result<(), DeriveError> {
        let unknown = DeriveError::UnknownSource(record.sequence);
        let Some(run) = &mut self.run else {
            return Err(DeriveError::OutOfPlace(record.sequence));
        };
        let index = record.source.link_index().ok_or(unknown.clone())?;
        let (Some(fold), Some(link)) =
            (run.links.get_mut(index), self.accounting.links.get_mut(index))
        else {
            return Err(unknown);
        };
        let mut output = Output { devices: &mut self.accounting.devices, link, sink };
        match (fold, &record.body) {
            (LinkFold::Polled(polled), body) => polled.feed(record, body, &mut output),
            (LinkFold::Asked(asked), body) => asked.feed(record, body, &mut output),
            (LinkFold::Stream(stream), Body::Received { bytes }) => {
                stream.received(record, bytes, &mut output);
                Ok(())
            }
            _ => Err(unknown),
        }
    }

    fn link_state(
        &mut self,
        record: &Record<'_>,
        state: &LinkState,
        sink: &mut impl Sink,
    ) -> Result<(), DeriveError> {
        let unknown = DeriveError::UnknownSource(record.sequence);
        let index = record.source.link_index().ok_or(unknown.clone())?;
        if let Some(run) = &mut self.run {
            let (Some(fold), Some(link)) =
                (run.links.get_mut(index), self.accounting.links.get_mut(index))
            else {
                return Err(unknown);
            };
            let mut output = Output { devices: &mut self.accounting.devices, link, sink };
            match fold {
                LinkFold::Idle => {}
                LinkFold::Polled(_) | LinkFold::Asked(_) if state.up => {}
                LinkFold::Asked(asked) => asked.break_off(&mut output),
                LinkFold::Polled(polled) => polled.link_down(&mut output),
                LinkFold::Stream(stream) if state.up => stream.link_up(record.at, &mut output),
                LinkFold::Stream(stream) => stream.link_down(record.at, &mut output),
            }
        }
        sink.link(record.at, index, state);
        Ok(())
    }

    /// Bytes that were not kept leave a hole: nothing before it joins what comes after it. What
    /// is only heard has a gap there; a poll has its own outcome.
    fn discarded(
        &mut self,
        record: &Record<'_>,
        discarded: &Discarded,
        sink: &mut impl Sink,
    ) -> Result<(), DeriveError> {
        let unknown = DeriveError::UnknownSource(record.sequence);
        let Some(run) = &mut self.run else {
            return Err(DeriveError::OutOfPlace(record.sequence));
        };
        let index = record.source.link_index().ok_or(unknown.clone())?;
        let (Some(fold), Some(link), Some(line)) = (
            run.links.get_mut(index),
            self.accounting.links.get_mut(index),
            run.plan.links.get(index),
        ) else {
            return Err(unknown);
        };
        link.discarded = link.discarded.saturating_add(discarded.bytes);
        let mut output = Output { devices: &mut self.accounting.devices, link, sink };
        let span = Span::new(discarded.since, record.at);
        let (kind, cause, why) = match discarded.why {
            DiscardCause::Flood => {
                (EventKind::Flood, GapCause::Flooded, "came faster than a link may bring them")
            }
            DiscardCause::HeldBack => {
                (EventKind::HeldBack, GapCause::HeldBack, "had waited while the journal was full")
            }
            DiscardCause::Stalled => {
                let cause = GapCause::Poll(Cause::Stalled);
                (EventKind::Stalled, cause, "had waited while the station stood still")
            }
        };
        match fold {
            LinkFold::Idle => {}
            LinkFold::Polled(polled) => polled.discarded(&mut output),
            LinkFold::Asked(asked) => asked.break_off(&mut output),
            LinkFold::Stream(stream) => stream.discarded(span, cause, &mut output),
        }
        let text = format!("{}: {} bytes {why} and were not kept", line.id, discarded.bytes);
        sink.event(record.at, &Event { kind, text });
        Ok(())
    }

    fn recovered(&mut self, at: TrialTime, recovered: &Recovered, sink: &mut impl Sink) {
        sink.recovered(at, recovered);
        if self.ended {
            return;
        }
        let span = Span::new(recovered.last_good.min(at), at);
        if span.start < span.end || recovered.resumed.is_some() {
            self.interrupt(span, GapCause::Stopped, sink);
        }
    }
}

/// Refuses a request plan whose numbers don't fit the plan, so that decoding can rely on them.
fn ensure_requests_fit(plan: &Plan, requests: &RequestPlan) -> Result<(), DeriveError> {
    for (number, request) in requests.requests.iter().enumerate() {
        let fits = plan.devices.get(request.device).is_some_and(|device| {
            let (read, first, count) = match request.ask {
                Ask::Read { table, address, count } => (table, address, count),
                Ask::Query { message } => return query_fits(device, message, &request.points),
            };
            let first = u32::from(first);
            let last = first + u32::from(count);
            let most =
                if read.has_bits() { MAX_BITS_PER_REQUEST } else { MAX_REGISTERS_PER_REQUEST };
            let points = request.points.iter().map(|point| {
                let point = device.profile.points.get(*point)?;
                entries_of(point)
            });
            !device.listen
                && !is_stream(device)
                && (1..=most).contains(&count)
                && !request.points.is_empty()
                && points.into_iter().all(|entries| {
                    entries.is_some_and(|(table, address, width)| {
                        let address = u32::from(address);
                        table == read && address >= first && address + u32::from(width) <= last
                    })
                })
        });
        if !fits {
            return Err(DeriveError::RequestPlan(number));
        }
    }
    Ok(())
}

/// Whether a query is one of the device's profile, and gives the points.
fn query_fits(device: &Device, message: usize, points: &[usize]) -> bool {
    let layout = device.profile.layout.as_ref();
    let asked = layout.and_then(|layout| layout.messages.get(message));
    asked.is_some_and(|asked| asked.query.is_some())
        && !points.is_empty()
        && points.iter().all(|point| {
            let point = device.profile.points.get(*point);
            point.and_then(message_of) == Some(message)
        })
}

fn link_fold(plan: &Plan, link: usize, requests: &RequestPlan, groups: &[SampleGroup]) -> LinkFold {
    match plan.devices.iter().find(|device| device.link == link) {
        None => LinkFold::Idle,
        Some(device) if device.listen || is_stream(device) => {
            LinkFold::Stream(Box::new(StreamLink::new(plan, link, requests, groups)))
        }
        Some(device) if device.profile.has_queries() => {
            let asked = AskedLink::new(plan, link, &device.profile, requests, groups);
            asked.map_or(LinkFold::Idle, |asked| LinkFold::Asked(Box::new(asked)))
        }
        Some(_) => LinkFold::Polled(Box::new(PolledLink::new(plan, link, requests, groups))),
    }
}
