//! The fold of a bus that another master polls: pairs of requests and answers become rows of the
//! points that they cover, writes become events.

use std::ops::Range;

use trial::plan::{Plan, RequestPlan};
use trial::profile::{Point, Table};
use trial::record::{Event, EventKind};
use trial::recording::{GroupIndex, SampleGroup};
use trial::time::TrialTime;

use super::answer::{AnswerPoint, AnswerText};
use super::polled::midpoint;
use super::scaling::Scaling;
use super::stream::{FrameTime, Groups};
use super::{Output, Row, Samples};
use crate::dialect::Scan;
use crate::dialect::listen::{Answer, Heard, Listen, Request};
use crate::plan::entries_of;

/// A listened bus.
#[derive(Debug)]
pub(super) struct Bus {
    listen: Listen,
    points: Vec<Listened<(GroupIndex, AnswerPoint)>>,
    texts: Vec<Listened<AnswerText>>,
    scaling: Scaling,
    /// When the last request had been sent.
    request_ended: TrialTime,
    byte_uncertainty_ns: i64,
    mapped: Vec<bool>,
}

/// What stands in entries of a unit's table; its data bytes are cut before it is read.
#[derive(Debug)]
struct Listened<T> {
    unit: u8,
    table: Table,
    address: u16,
    entries: u16,
    holds: T,
}

impl<T> Listened<T> {
    /// `None` for a point that is in no table.
    fn new(unit: u8, point: &Point, holds: T) -> Option<Listened<T>> {
        let (table, address, entries) = entries_of(point)?;
        Some(Listened { unit, table, address, entries, holds })
    }
}

impl Bus {
    pub(super) fn new(
        plan: &Plan,
        link: usize,
        byte_uncertainty_ns: i64,
        groups: &[(GroupIndex, &SampleGroup)],
    ) -> Bus {
        let scaling = Scaling::new(plan, link, &RequestPlan::default());
        let points = groups.iter().filter_map(|(group, members)| {
            let channel = plan.channel_at(*members.channels.first()?);
            let point = plan.point_of(channel);
            let (_, address, _) = entries_of(point)?;
            let answer = AnswerPoint::new(plan, channel, address, &scaling)?;
            Listened::new(plan.devices[members.device].unit, point, (*group, answer))
        });
        let points = points.collect();
        let here = plan.devices.iter().filter(|device| device.link == link);
        let texts = here.flat_map(|device| {
            device.profile.points.iter().filter_map(|point| {
                let (_, address, _) = entries_of(point)?;
                let text = AnswerText::new(&device.id, point, address)?;
                Listened::new(device.unit, point, text)
            })
        });
        Bus {
            listen: Listen::default(),
            points,
            texts: texts.collect(),
            scaling,
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
        let at = midpoint(self.request_ended, time.began, self.byte_uncertainty_ns);
        let (found, scaling) = (time.ended, &mut self.scaling);
        let data = match answer {
            Answer::Exception(_) => &[],
            Answer::Done(payload) => frame.get(payload.clone()).unwrap_or_default(),
        };
        let (mut cut, scaled) = (Vec::new(), matches!(answer, Answer::Done(_)));
        for known in self.points.iter().filter(|known| scaled && known.holds.1.scales()) {
            if let Some(entries) = asked.covers(known) {
                cut_entries(asked.table, data, &entries, &mut cut);
                known.holds.1.learn(&cut, at, found, scaling, output);
            }
        }
        self.mapped.clear();
        self.mapped.resize(usize::from(asked.count), false);
        for known in &mut self.points {
            let Some(entries) = asked.covers(known) else { continue };
            let (group, point) = &mut known.holds;
            let sample = match answer {
                Answer::Exception(code) => point.refused(*code, at, scaling),
                Answer::Done(_) => {
                    cut_entries(asked.table, data, &entries, &mut cut);
                    let sample = point.sample(&cut, at, found, scaling, output);
                    let Some(sample) = sample else { continue };
                    self.mapped[entries].fill(true);
                    sample
                }
            };
            let row = Row {
                group: *group,
                time: at.time,
                time_uncertainty_ns: at.uncertainty_ns,
                record: time.record,
                samples: Samples::Decoded(&[sample]),
            };
            groups.row(&row, output);
        }
        if let Answer::Done(_) = answer {
            for known in &mut self.texts {
                let Some(entries) = asked.covers(known) else { continue };
                cut_entries(asked.table, data, &entries, &mut cut);
                known.holds.read(&cut, found, output);
                self.mapped[entries].fill(true);
            }
        }
        if let (Answer::Done(_), false) = (answer, asked.table.has_bits()) {
            let unmapped = self.mapped.iter().filter(|mapped| !**mapped).count();
            output.link.frames.unmapped_registers += unmapped as u64;
        }
    }
}

/// Entries that the other master asked for.
struct Asked {
    unit: u8,
    table: Table,
    address: u16,
    count: u16,
}

impl Asked {
    /// The entries of a point, counted from the first that was asked for; `None` if not all of
    /// them were.
    fn covers<T>(&self, known: &Listened<T>) -> Option<Range<usize>> {
        let start = known.address.checked_sub(self.address)?;
        let end = start.checked_add(known.entries)?;
        let same = (known.unit, known.table) == (self.unit, self.table);
        (same && end <= self.count).then(|| usize::from(start)..usize::from(end))
    }
}

/// The data bytes of some entries of an answer, as if they had been asked for alone; shorter if
/// the answer is.
fn cut_entries(table: Table, data: &[u8], entries: &Range<usize>, cut: &mut Vec<u8>) {
    cut.clear();
    if table.has_bits() {
        // A point in a table of bits is one bit.
        let byte = data.get(entries.start / 8);
        cut.extend(byte.map(|byte| byte >> (entries.start % 8)));
    } else {
        let end = data.len().min(2 * entries.end);
        cut.extend_from_slice(data.get(2 * entries.start..end).unwrap_or_default());
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
