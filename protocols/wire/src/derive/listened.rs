//! The fold of a bus that another master polls: pairs of requests and answers become rows of the
//! points that they cover, writes become events.

use std::ops::Range;

use trial::channel::Quality;
use trial::plan::Plan;
use trial::profile::{Place, Table};
use trial::record::{Event, EventKind};
use trial::recording::{GroupIndex, SampleGroup};
use trial::time::TrialTime;

use super::polled::midpoint;
use super::sample::{BinaryPoint, Conversion};
use super::stream::{FrameTime, Groups};
use super::{Output, Row};
use crate::dialect::Scan;
use crate::dialect::listen::{Answer, Heard, Listen, Request};

/// A listened bus.
#[derive(Debug)]
pub(super) struct Bus {
    listen: Listen,
    points: Vec<ListenedPoint>,
    /// When the last request had been sent.
    request_ended: TrialTime,
    byte_uncertainty_ns: i64,
    mapped: Vec<bool>,
}

#[derive(Debug)]
struct ListenedPoint {
    unit: u8,
    table: Table,
    address: u16,
    group: GroupIndex,
    /// Its offset is 0: the bytes are cut before decoding.
    point: BinaryPoint,
}

impl Bus {
    pub(super) fn new(
        plan: &Plan,
        byte_uncertainty_ns: i64,
        groups: &[(GroupIndex, &SampleGroup)],
    ) -> Bus {
        let points = groups.iter().filter_map(|(group, members)| {
            let channel = plan.channel_at(*members.channels.first()?);
            let Place::Register { table, address, encoding } = plan.point_of(channel).place else {
                return None;
            };
            let conversion = Conversion::new(plan, channel);
            let point = BinaryPoint { offset: 0, encoding, conversion };
            let unit = plan.devices[members.device].unit;
            Some(ListenedPoint { unit, table, address, group: *group, point })
        });
        Bus {
            listen: Listen::default(),
            points: points.collect(),
            request_ended: TrialTime::ZERO,
            byte_uncertainty_ns,
            mapped: Vec::new(),
        }
    }

    pub(super) fn scan(&self, bytes: &[u8]) -> Scan {
        self.listen.scan(bytes)
    }

    pub(super) fn skipped(&mut self, bytes: usize, at: TrialTime, output: &mut Output<'_>) {
        let request = self.listen.skipped(bytes);
        unanswered(request, at, output);
    }

    pub(super) fn reset(&mut self, at: TrialTime, output: &mut Output<'_>) {
        let request = self.listen.reset();
        unanswered(request, at, output);
    }

    pub(super) fn frame(
        &mut self,
        frame: &[u8],
        time: FrameTime,
        groups: &mut Groups,
        output: &mut Output<'_>,
    ) {
        match self.listen.accept(frame) {
            Heard::Orphan => output.link.frames.orphans += 1,
            Heard::Request(before) => {
                unanswered(before, time.began, output);
                self.request_ended = time.ended;
            }
            Heard::Broadcast { request, unanswered: before } => {
                unanswered(before, time.began, output);
                output.link.frames.unanswered += 1;
                foreign_write(&request, "to all units, which nobody answers", time.ended, output);
            }
            Heard::Pair(request, answer) => {
                output.link.frames.pairs += 1;
                if request.writes() {
                    output.link.frames.writes += 1;
                    let how = match &answer {
                        Answer::Done(_) => "confirmed".to_owned(),
                        Answer::Exception(code) => format!("refused with exception {code}"),
                    };
                    foreign_write(&request, &how, time.ended, output);
                }
                if let Some((table, address, count)) = request.read {
                    let asked = Asked { unit: request.unit, table, address, count };
                    self.rows(&asked, &answer, frame, time, groups, output);
                }
            }
        }
    }

    fn rows(
        &mut self,
        asked: &Asked,
        answer: &Answer,
        frame: &[u8],
        time: FrameTime,
        groups: &mut Groups,
        output: &mut Output<'_>,
    ) {
        let (at, time_uncertainty_ns) =
            midpoint(self.request_ended, time.began, self.byte_uncertainty_ns);
        self.mapped.clear();
        self.mapped.resize(usize::from(asked.count), false);
        for known in &self.points {
            let Some(registers) = asked.covers(known) else { continue };
            let sample = match answer {
                Answer::Exception(code) => {
                    known.point.conversion.nothing(Quality::DeviceError(*code))
                }
                Answer::Done(payload) => {
                    let payload = frame.get(payload.clone()).unwrap_or_default();
                    let bytes = payload.get(2 * registers.start..).unwrap_or_default();
                    let Some(sample) = known.point.sample(bytes) else { continue };
                    self.mapped[registers].fill(true);
                    sample
                }
            };
            let (group, samples) = (known.group, [sample]);
            let record = time.record;
            let row = Row { group, time: at, time_uncertainty_ns, record, samples: &samples };
            groups.row(&row, output);
        }
        if let Answer::Done(_) = answer {
            let unmapped = self.mapped.iter().filter(|mapped| !**mapped).count();
            output.link.frames.unmapped_registers += unmapped as u64;
        }
    }
}

/// Registers that the other master asked for.
struct Asked {
    unit: u8,
    table: Table,
    address: u16,
    count: u16,
}

impl Asked {
    /// The registers of a point, counted from the first that was asked for; `None` if not all of
    /// them were.
    fn covers(&self, known: &ListenedPoint) -> Option<Range<usize>> {
        let start = known.address.checked_sub(self.address)?;
        let end = start.checked_add(known.point.encoding.register_count())?;
        let same = (known.unit, known.table) == (self.unit, self.table);
        (same && end <= self.count).then(|| usize::from(start)..usize::from(end))
    }
}

fn unanswered(request: Option<Request>, at: TrialTime, output: &mut Output<'_>) {
    let Some(request) = request else { return };
    output.link.frames.unanswered += 1;
    if request.writes() {
        foreign_write(&request, "not answered", at, output);
    }
}

fn foreign_write(request: &Request, how: &str, at: TrialTime, output: &mut Output<'_>) {
    let text = format!(
        "another master wrote: unit {}, function 0x{:02X}, {}; {how}",
        request.unit,
        request.function,
        request.written(),
    );
    output.sink.event(at, &Event { kind: EventKind::ForeignWrite, text });
}
