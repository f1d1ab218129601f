//! The fold of a link that is only heard: the stream of one device, or a listened bus.
//!
//! Invariants:
//! - every received byte is, once the run has ended, in a whole frame or skipped;
//! - consecutive skipped bytes are one gap on each group of the link;
//! - silence longer than [`SILENT_PERIODS`] declared periods is a gap of its group.

use trial::plan::{Device, LinkKind, Plan, RequestPlan, SILENT_PERIODS};
use trial::profile::{Dialect, Place};
use trial::record::{Cause, Record};
use trial::recording::{Gap, GapCause, GroupIndex, SampleGroup};
use trial::time::{Span, TrialTime, duration_nanoseconds};

use super::listened::Bus;
use super::sample::{BinaryPoint, Conversion};
use super::timeline::Timeline;
use super::{Output, Row, Sample, Samples};
use crate::dialect::Scan;
use crate::dialect::frame::{Decoded, Frames};
use crate::dialect::nmea::{Field, Nmea};
use crate::dialect::sync_sum::SyncSum;
use crate::dialect::weighing::Weighing;

/// State of one link that is only heard.
#[derive(Debug)]
pub(super) struct StreamLink {
    speaker: Speaker,
    buffer: Vec<u8>,
    /// Position in the stream of the first buffered byte.
    position: u64,
    timeline: Timeline,
    groups: Groups,
    /// Time of the bytes that were skipped since the last frame.
    skipped: Option<Span>,
    /// When the line went down; `None` while it is up.
    down_since: Option<TrialTime>,
    /// Half width of the uncertainty of a byte's time.
    byte_uncertainty_ns: i64,
    samples: Vec<Sample>,
}

/// Who speaks on the link. One variant for each dialect, and one for a listened bus.
#[derive(Debug)]
enum Speaker {
    Nmea(Nmea),
    Weighing(Weighing),
    SyncSum(SyncSum),
    Frames(Box<Frames>),
    Bus(Bus),
}

/// The groups of a link, and when each last had a row.
#[derive(Debug, Default)]
pub(super) struct Groups(Vec<GroupState>);

#[derive(Debug)]
struct GroupState {
    group: GroupIndex,
    /// Silence that is a gap; `None` where no period is declared.
    silent_after_ns: Option<i64>,
    last: TrialTime,
}

/// A whole frame: when it was on the wire, and which record brought its last byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct FrameTime {
    pub(super) began: TrialTime,
    pub(super) ended: TrialTime,
    pub(super) record: u64,
}

impl StreamLink {
    pub(super) fn new(
        plan: &Plan,
        link: usize,
        requests: &RequestPlan,
        groups: &[SampleGroup],
    ) -> StreamLink {
        let line = &plan.links[link];
        let character_ns = duration_nanoseconds(line.character_time());
        let byte_uncertainty_ns = duration_nanoseconds(line.latency).saturating_add(character_ns);
        // Groups of requests come first and belong to polled links.
        let here: Vec<(GroupIndex, &SampleGroup)> = groups
            .iter()
            .enumerate()
            .skip(requests.requests.len())
            .filter(|(_, group)| plan.devices[group.device].link == link)
            .map(|(index, group)| (GroupIndex(index as u32), group))
            .collect();
        let states = here.iter().map(|(group, members)| GroupState {
            group: *group,
            silent_after_ns: silent_after(&plan.devices[members.device]),
            last: TrialTime::ZERO,
        });
        StreamLink {
            groups: Groups(states.collect()),
            speaker: speaker(plan, link, byte_uncertainty_ns, &here),
            buffer: Vec::new(),
            position: 0,
            timeline: Timeline::new(character_ns),
            skipped: None,
            down_since: None,
            byte_uncertainty_ns,
            samples: Vec::new(),
        }
    }

    pub(super) fn received(&mut self, record: &Record<'_>, bytes: &[u8], output: &mut Output<'_>) {
        output.link.received += bytes.len() as u64;
        if bytes.is_empty() {
            return;
        }
        self.timeline.push(bytes.len(), record.at, record.sequence);
        self.buffer.extend_from_slice(bytes);
        self.scan(false, output);
    }

    /// The line went down: what is buffered can't be completed any more.
    pub(super) fn link_down(&mut self, at: TrialTime, output: &mut Output<'_>) {
        self.break_off(output);
        if self.down_since.is_none() {
            self.groups.finish(at, output);
            self.down_since = Some(at);
        }
    }

    /// The line is up again: each group has a gap as long as it was down.
    pub(super) fn link_up(&mut self, at: TrialTime, output: &mut Output<'_>) {
        let Some(since) = self.down_since.take() else { return };
        for state in &mut self.groups.0 {
            let span = Span::new(since, at);
            let cause = GapCause::Poll(Cause::LinkDown);
            output.sink.gap(Gap { group: state.group, span, cause });
            state.last = state.last.max(at);
        }
    }

    /// What is buffered ends here.
    fn break_off(&mut self, output: &mut Output<'_>) {
        self.scan(true, output);
        self.end_skipped(output);
        match &mut self.speaker {
            Speaker::Bus(bus) => bus.reset(self.timeline.latest(), output),
            Speaker::Frames(frames) => frames.reset(),
            Speaker::SyncSum(frames) => frames.reset(),
            _ => {}
        }
    }

    /// Bytes are missing here: what is buffered ends, and each group has a gap.
    pub(super) fn discarded(&mut self, span: Span, cause: GapCause, output: &mut Output<'_>) {
        self.break_off(output);
        for state in &mut self.groups.0 {
            output.sink.gap(Gap { group: state.group, span, cause });
            state.last = state.last.max(span.end);
        }
    }

    /// The journal has a hole here: the line's state before it says nothing of what comes behind.
    pub(super) fn interrupted(&mut self, span: Span, cause: GapCause, output: &mut Output<'_>) {
        self.link_up(span.start, output);
        self.discarded(span, cause, output);
    }

    pub(super) fn finish(&mut self, at: TrialTime, output: &mut Output<'_>) {
        self.break_off(output);
        self.link_up(at, output);
        self.groups.finish(at, output);
    }

    /// Takes frames off the buffer; with `last`, whatever remains is no frame.
    fn scan(&mut self, last: bool, output: &mut Output<'_>) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut start = 0;
        while let Some(rest) = buffer.get(start..).filter(|rest| !rest.is_empty()) {
            let taken = match self.speaker.scan(rest, last) {
                Scan::NeedMore if last => Scan::Skip(1),
                scan => scan,
            };
            start += match taken {
                Scan::NeedMore => break,
                Scan::Skip(bytes) => {
                    self.skip(bytes, output);
                    bytes
                }
                Scan::Frame(bytes) => {
                    self.frame(rest.get(..bytes).unwrap_or(rest), output);
                    bytes
                }
            };
            if let Speaker::SyncSum(frames) = &mut self.speaker {
                frames.took(taken);
            }
        }
        self.buffer = buffer;
        self.buffer.drain(..start.min(self.buffer.len()));
        self.timeline.forget_before(self.position);
    }

    fn skip(&mut self, bytes: usize, output: &mut Output<'_>) {
        let end = self.position + bytes as u64;
        let span =
            Span { start: self.timeline.began(self.position), end: self.timeline.ended(end - 1) };
        let start = self.skipped.map_or(span.start, |before| before.start);
        self.skipped = Some(Span { start, ..span });
        self.position = end;
        output.link.skipped += bytes as u64;
        if let Speaker::Bus(bus) = &mut self.speaker {
            bus.skipped(bytes, span.end, output);
        }
    }

    /// Skipped bytes up to here are one gap on each group.
    fn end_skipped(&mut self, output: &mut Output<'_>) {
        let Some(span) = self.skipped.take() else { return };
        for state in &self.groups.0 {
            output.sink.gap(Gap { group: state.group, span, cause: GapCause::Skipped });
        }
    }

    fn frame(&mut self, frame: &[u8], output: &mut Output<'_>) {
        let end = self.position + frame.len() as u64;
        let time = FrameTime {
            began: self.timeline.began(self.position),
            ended: self.timeline.ended(end - 1),
            record: self.timeline.record(end - 1),
        };
        self.samples.clear();
        let group = match &mut self.speaker {
            Speaker::Nmea(sentences) => sentences.decode(frame, &mut self.samples),
            Speaker::Weighing(lines) => lines.decode(frame, &mut self.samples),
            Speaker::SyncSum(frames) => frames.decode(frame, &mut self.samples),
            Speaker::Frames(frames) => match frames.decode(frame, &mut self.samples) {
                Decoded::Row(group) => Some(group),
                Decoded::WithoutSamples => None,
                Decoded::Damaged => return self.skip(frame.len(), output),
            },
            Speaker::Bus(_) => None,
        };
        self.end_skipped(output);
        self.position = end;
        output.link.framed += frame.len() as u64;
        if let Speaker::Bus(bus) = &mut self.speaker {
            bus.frame(frame, time, &mut self.groups, output);
            return;
        }
        output.link.frames.stream += 1;
        if let Some(group) = group {
            let row = Row {
                group,
                time: time.began,
                time_uncertainty_ns: u32::try_from(self.byte_uncertainty_ns).unwrap_or(u32::MAX),
                record: time.record,
                samples: Samples::Decoded(&self.samples),
            };
            self.groups.row(&row, output);
        }
    }
}

impl Groups {
    /// Hands a row on, after the silence before it.
    pub(super) fn row(&mut self, row: &Row<'_>, output: &mut Output<'_>) {
        if let Some(state) = self.0.iter_mut().find(|state| state.group == row.group) {
            state.heard(row.time, output);
        }
        output.sink.row(row);
    }

    fn finish(&mut self, at: TrialTime, output: &mut Output<'_>) {
        for state in &mut self.0 {
            state.heard(at, output);
        }
    }
}

impl GroupState {
    fn heard(&mut self, at: TrialTime, output: &mut Output<'_>) {
        if self.silent_after_ns.is_some_and(|limit| at.since(self.last) > limit) {
            let span = Span::new(self.last, at);
            output.sink.gap(Gap { group: self.group, span, cause: GapCause::Silence });
        }
        self.last = self.last.max(at);
    }
}

fn silent_after(device: &Device) -> Option<i64> {
    let period = duration_nanoseconds(device.period?);
    Some(period.saturating_mul(i64::from(SILENT_PERIODS)))
}

impl Speaker {
    fn scan(&mut self, bytes: &[u8], last: bool) -> Scan {
        match self {
            Speaker::Nmea(sentences) => sentences.scan(bytes),
            Speaker::Weighing(lines) => lines.scan(bytes),
            Speaker::SyncSum(frames) => frames.scan(bytes, last),
            Speaker::Frames(frames) => frames.scan(bytes, last),
            Speaker::Bus(bus) => bus.scan(bytes),
        }
    }
}

/// Sets up who speaks on a link, with the points of its groups.
fn speaker(
    plan: &Plan,
    link: usize,
    byte_uncertainty_ns: i64,
    groups: &[(GroupIndex, &SampleGroup)],
) -> Speaker {
    let points = groups.iter().flat_map(|(group, members)| {
        members.channels.iter().map(|index| {
            let channel = plan.channel_at(*index);
            (*group, plan.point_of(channel), Conversion::new(plan, channel))
        })
    });
    let profile = plan.devices.iter().find(|device| device.link == link);
    let profile = profile.map(|device| &device.profile);
    match (profile.map(|profile| profile.dialect), profile.and_then(|profile| profile.frame)) {
        (Some(Dialect::Nmea0183), _) => {
            let mut sentences = Nmea::default();
            for (group, point, conversion) in points {
                if let Place::NmeaField { sentence, field, form, valid_when } = &point.place {
                    let (number, form, valid_when) = (*field, *form, valid_when.clone());
                    let field = Field { number, form, valid_when, conversion };
                    sentences.add(sentence, group, field);
                }
            }
            Speaker::Nmea(sentences)
        }
        (Some(Dialect::AndWeighing), _) => Speaker::Weighing(Weighing {
            group: groups.first().map_or(GroupIndex(0), |(group, _)| *group),
            points: points.map(|(_, point, convert)| (point.unit.symbol(), convert)).collect(),
        }),
        (Some(Dialect::SyncSum), Some(layout)) => {
            let mut frames = SyncSum::new(layout);
            for (group, point, conversion) in points {
                if let Place::FrameField { frame, offset, encoding } = point.place {
                    let offset = usize::from(offset);
                    frames.add(frame, group, BinaryPoint { offset, encoding, conversion });
                }
            }
            Speaker::SyncSum(frames)
        }
        (Some(Dialect::Frame), _) => {
            let channels = groups
                .iter()
                .flat_map(|(group, members)| members.channels.iter().map(|index| (*group, *index)));
            let of_file = matches!(plan.links[link].kind, LinkKind::Imported);
            match profile.and_then(|profile| Frames::new(plan, of_file, profile, channels)) {
                Some(frames) => Speaker::Frames(Box::new(frames)),
                None => Speaker::Bus(Bus::new(plan, link, byte_uncertainty_ns, groups)),
            }
        }
        _ => Speaker::Bus(Bus::new(plan, link, byte_uncertainty_ns, groups)),
    }
}
