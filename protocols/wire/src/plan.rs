//! From a plan to the requests that poll its devices, to the groups of channels that are sampled
//! together, and to the time that all of it takes on the wire.
//!
//! Invariants:
//! - every point of a polled device is read by exactly one request, and never in two pieces;
//! - no request reads more than the profile allows;
//! - every channel belongs to exactly one group; the groups of the requests come first, in their
//!   order.

mod periods;
mod queries;
mod requests;

use std::time::Duration;

use trial::channel::ChannelIndex;
use trial::plan::{Ask, Device, Link, LinkKind, Plan, Request, RequestPlan};
use trial::profile::{Place, Point, Table};
use trial::recording::SampleGroup;

pub use periods::{ASSUMED_ANSWER_DELAY, sample_periods};
pub(crate) use queries::message_of;

/// Characters of a read request on an RTU bus: unit, function, address, count, CRC.
const READ_REQUEST_CHARACTERS: u32 = 8;
/// Characters of a read answer on an RTU bus beside its data: unit, function, length, CRC.
const READ_ANSWER_FRAME_CHARACTERS: u32 = 5;

/// The requests by which the devices of a plan are polled, in order of device, table, address, or
/// message; of a device those first that hold what scales its other values.
///
/// Points of one table and one period of a device are joined while no more than the profile's
/// `max_gap` unused entries lie between them, none of its holes does, and the request stays within
/// `max_registers` or `max_bits`; so that there are as few requests as possible. With `join =
/// false` only points that overlap share one.
pub fn plan_requests(plan: &Plan) -> RequestPlan {
    let channels = channels_by_point(plan);
    let devices = channels.iter().enumerate();
    let requests = devices.flat_map(|(device, channels)| {
        let mut requests = requests::device_requests(plan, device, channels);
        requests.extend(queries::device_queries(plan, device, channels));
        requests
    });
    RequestPlan { requests: requests.collect() }
}

/// Table, first entry and number of entries of a point; `None` if it is in no table.
pub(crate) fn entries_of(point: &Point) -> Option<(Table, u16, u16)> {
    match point.place {
        Place::Register { table, address, encoding } => {
            Some((table, address, encoding.register_count()))
        }
        Place::Bit { table, address } => Some((table, address, 1)),
        Place::RegisterText { table, address, registers } => Some((table, address, registers)),
        _ => None,
    }
}

/// The groups of channels that are sampled together: first one for each request, with the
/// request's number, without channels if it reads texts alone; then, by device, one for each point of a listened Modbus device, and one for
/// each sentence, frame identifier or weighing line of a stream.
///
/// A request that names a device or point which the plan does not have loses that channel; the
/// derivation refuses such a request plan.
pub fn sample_groups(plan: &Plan, requests: &RequestPlan) -> Vec<SampleGroup> {
    let channels = channels_by_point(plan);
    let channel = |device: usize, point: usize| channels.get(device)?.get(point).copied()?;
    let mut groups: Vec<SampleGroup> = requests
        .requests
        .iter()
        .map(|request| SampleGroup {
            device: request.device,
            channels: request
                .points
                .iter()
                .filter_map(|point| channel(request.device, *point))
                .collect(),
        })
        .collect();
    for (device, description) in plan.devices.iter().enumerate() {
        let mut keys: Vec<(GroupKey<'_>, SampleGroup)> = Vec::new();
        for (point, place) in description.profile.points.iter().enumerate() {
            let Some(key) = group_key(description, point, &place.place) else { continue };
            let Some(index) = channel(device, point) else { continue };
            match keys.iter_mut().find(|(known, _)| *known == key) {
                Some((_, group)) => group.channels.push(index),
                None => keys.push((key, SampleGroup { device, channels: vec![index] })),
            }
        }
        groups.extend(keys.into_iter().map(|(_, group)| group));
    }
    groups
}

/// What the points of one group of a stream or a listened device have in common.
#[derive(PartialEq)]
enum GroupKey<'a> {
    Point(usize),
    Sentence(&'a str),
    Line,
    Frame(u8),
    Message(usize),
}

/// `None` for the points of polled devices, which belong to requests.
fn group_key<'a>(device: &Device, point: usize, place: &'a Place) -> Option<GroupKey<'a>> {
    match place {
        Place::Register { .. } => device.listen.then_some(GroupKey::Point(point)),
        Place::NmeaField { sentence, .. } => Some(GroupKey::Sentence(sentence)),
        Place::Weight => Some(GroupKey::Line),
        Place::FrameField { frame, .. } => Some(GroupKey::Frame(*frame)),
        Place::Bit { .. } => device.listen.then_some(GroupKey::Point(point)),
        Place::RegisterText { .. } => None,
        Place::MessageText { message, .. } | Place::MessageNumber { message, .. } => {
            is_stream(device).then_some(GroupKey::Message(*message))
        }
    }
}

/// The channel of each point, by device and point.
pub(crate) fn channels_by_point(plan: &Plan) -> Vec<Vec<Option<ChannelIndex>>> {
    let mut table: Vec<Vec<Option<ChannelIndex>>> =
        plan.devices.iter().map(|device| vec![None; device.profile.points.len()]).collect();
    for (index, channel) in plan.channels.iter().enumerate() {
        if let Some(slot) =
            table.get_mut(channel.device).and_then(|points| points.get_mut(channel.point))
        {
            *slot = u32::try_from(index).ok().map(ChannelIndex);
        }
    }
    table
}

/// How much of a link's time its polls take.
#[derive(Debug, Clone, PartialEq)]
pub struct BusBudget {
    /// Position of the link in the plan.
    pub link: usize,
    /// Share of the time in which the wire is busy or must be silent; 1.0 is full, and above 1.0
    /// the wire can't carry the plan. Devices polled back to back take what the others leave, so
    /// with one of them the share is at least 1.0 and [`BusBudget::closed_loop`] says why. TCP
    /// links have no wire time: 0.
    pub busy_share: f64,
    /// Whether a device of the link is polled back to back (`every = "0s"`).
    pub closed_loop: bool,
    /// Polls a second that the plan asks for, with those of the devices polled back to back in
    /// what is left of a serial wire; the devices' own delay is not known and not counted.
    pub polls_per_second: f64,
    /// What each request of the link takes, in the order of the request plan.
    pub requests: Vec<RequestCost>,
}

/// What one request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestCost {
    /// Number of the request in the request plan.
    pub request: u32,
    /// Time for which one poll keeps a serial wire: the characters of request and answer, the
    /// silence between them, and after the answer the longer of silence and turnaround. A poll
    /// that asks again takes more.
    pub wire_time: Duration,
}

/// The budget of every link that polls, in the order of the plan.
pub fn bus_budgets(plan: &Plan, requests: &RequestPlan) -> Vec<BusBudget> {
    let budgets = plan.links.iter().enumerate().map(|(index, link)| {
        let mut budget = BusBudget {
            link: index,
            busy_share: 0.0,
            closed_loop: false,
            polls_per_second: 0.0,
            requests: Vec::new(),
        };
        let mut closed_loop_cycle = Duration::ZERO;
        let mut closed_loop_requests = 0.0;
        for (number, request) in requests.requests.iter().enumerate() {
            let Some(device) = plan.devices.get(request.device) else { continue };
            if device.link != index {
                continue;
            }
            let wire_time = wire_time(link, device, request);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            budget.requests.push(RequestCost { request: number, wire_time });
            if request.every_ns > 0 {
                let every_seconds = request.every_ns as f64 / 1e9;
                budget.busy_share += wire_time.as_secs_f64() / every_seconds;
                budget.polls_per_second += 1.0 / every_seconds;
            } else {
                budget.closed_loop = true;
                closed_loop_cycle += wire_time;
                closed_loop_requests += 1.0;
            }
        }
        if budget.closed_loop && !closed_loop_cycle.is_zero() {
            let left = (1.0 - budget.busy_share).max(0.0);
            budget.polls_per_second +=
                left * closed_loop_requests / closed_loop_cycle.as_secs_f64();
            budget.busy_share = budget.busy_share.max(1.0);
        }
        budget
    });
    budgets.filter(|budget| !budget.requests.is_empty()).collect()
}

fn wire_time(link: &Link, device: &Device, request: &Request) -> Duration {
    if !matches!(link.kind, LinkKind::Serial { .. }) {
        return Duration::ZERO;
    }
    let characters = match request.ask {
        Ask::Read { table, count, .. } => {
            let data = if table.has_bits() { count.div_ceil(8) } else { 2 * count };
            READ_REQUEST_CHARACTERS + READ_ANSWER_FRAME_CHARACTERS + u32::from(data)
        }
        Ask::Query { message } => {
            let layout = device.profile.layout.as_ref();
            layout.map_or(0, |layout| queries::query_characters(layout, message))
        }
    };
    let silence = silent_interval(link);
    let turnaround = device.profile.polling.turnaround;
    link.character_time() * characters + silence + silence.max(turnaround)
}

/// The silence that ends a frame on a serial link; zero for the other links.
///
/// 3.5 characters up to 19,200 baud, and 1.75 ms above (MODBUS over Serial Line Specification and
/// Implementation Guide V1.02, 2.5.1.1).
pub fn silent_interval(link: &Link) -> Duration {
    match link.kind {
        LinkKind::Serial { baud, .. } if baud <= 19_200 => link.character_time() * 7 / 2,
        LinkKind::Serial { .. } => Duration::from_micros(1_750),
        _ => Duration::ZERO,
    }
}

/// Whether a device sends by itself.
pub(crate) fn is_stream(device: &Device) -> bool {
    !device.profile.is_asked()
}
