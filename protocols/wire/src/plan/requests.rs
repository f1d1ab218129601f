//! Which entries of a Modbus device are read together.
//!
//! Invariants:
//! - every point is read by exactly one request, whole;
//! - no request reads more entries than the profile allows, or one that lies in a hole, or more
//!   unused ones in a row than `max_gap`;
//! - no entry is read by two requests of the same period, unless points that overlap one another
//!   are together wider than a request may be;
//! - within these rules there are as few requests as there can be; among equal numbers, those that
//!   read a point together with what scales it, then those that read the fewest entries.

use std::collections::{BTreeMap, BTreeSet};

use trial::channel::ChannelIndex;
use trial::plan::{Ask, Device, Plan, Request};
use trial::profile::{MAX_BITS_PER_REQUEST, MAX_REGISTERS_PER_REQUEST, Table};
use trial::time::duration_nanoseconds;

use super::entries_of;

/// What joining may do in one table of a device.
#[derive(Debug)]
struct Rules {
    /// Most entries of a request.
    cap: u32,
    /// Most unused entries in a row.
    max_gap: u32,
    /// Whether points that don't overlap are joined.
    join: bool,
    /// First and last entries that must not be read.
    holes: Vec<(u32, u32)>,
}

/// A point among those of one table and one period. Addresses in u32, so that the last entry plus
/// one is representable.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    start: u32,
    end: u32,
    point: usize,
    /// Points that scale it.
    scalers: Vec<usize>,
}

/// The requests of one device: those that hold what scales others first, then by table, address
/// and period.
pub(super) fn device_requests(
    plan: &Plan,
    index: usize,
    channels: &[Option<ChannelIndex>],
) -> Vec<Request> {
    let Some(device) = plan.devices.get(index) else { return Vec::new() };
    let Some(every) = device.every.filter(|_| !device.listen) else { return Vec::new() };
    let period = |point: usize| {
        let channel = channels.get(point).copied().flatten();
        let own = channel.and_then(|channel| plan.channel_at(channel).every);
        duration_nanoseconds(own.unwrap_or(every))
    };
    let mut by_table_and_period: BTreeMap<(Table, i64), Vec<Wanted>> = BTreeMap::new();
    let mut scale = BTreeSet::new();
    for (number, point) in device.profile.points.iter().enumerate() {
        let Some((table, address, width)) = entries_of(point) else { continue };
        let exponent = point.exponent.iter().map(|exponent| exponent.point);
        let scalers: Vec<usize> = exponent.chain(point.ratios.iter().copied()).collect();
        scale.extend(scalers.iter().copied());
        let start = u32::from(address);
        let end = start + u32::from(width);
        let wanted = Wanted { start, end, point: number, scalers };
        by_table_and_period.entry((table, period(number))).or_default().push(wanted);
    }
    let mut requests = Vec::new();
    for ((table, every_ns), wanted) in by_table_and_period {
        let parts = partition(&Rules::of(device, table), wanted);
        requests.extend(parts.iter().map(|part| request(index, table, every_ns, part)));
    }
    // What scales others is asked first, so that the first samples have it.
    requests.sort_by_key(|request| {
        let scales = request.points.iter().any(|point| scale.contains(point));
        (!scales, request.ask.read().map(|(table, address, _)| (table, address)))
    });
    requests
}

/// The request of some points, of which there is at least one.
fn request(device: usize, table: Table, every_ns: i64, part: &[Wanted]) -> Request {
    let start = part.iter().map(|wanted| wanted.start).min().unwrap_or(0);
    let end = part.iter().map(|wanted| wanted.end).max().unwrap_or(start);
    // A part is no wider than a request may be, and begins with an address.
    let ask = Ask::Read { table, address: start as u16, count: (end - start) as u16 };
    Request { device, ask, points: part.iter().map(|wanted| wanted.point).collect(), every_ns }
}

impl Rules {
    fn of(device: &Device, table: Table) -> Rules {
        let traits = device.profile.modbus.as_ref();
        let cap = match (traits, table.has_bits()) {
            (Some(traits), false) => traits.max_registers,
            (Some(traits), true) => traits.max_bits,
            (None, false) => MAX_REGISTERS_PER_REQUEST,
            (None, true) => MAX_BITS_PER_REQUEST,
        };
        let holes = traits.into_iter().flat_map(|traits| &traits.holes);
        Rules {
            cap: u32::from(cap),
            max_gap: traits.map_or(0, |traits| u32::from(traits.max_gap)),
            join: traits.is_none_or(|traits| traits.join),
            holes: holes
                .filter(|(of, ..)| *of == table)
                .map(|(_, from, to)| (u32::from(*from), u32::from(*to)))
                .collect(),
        }
    }

    /// Whether a part that ends before `end` may go on with a point that begins at `start`, behind
    /// it or within it.
    fn joins(&self, end: u32, start: u32) -> bool {
        if start < end {
            return true;
        }
        let free = self.holes.iter().all(|(from, to)| *to < end || *from >= start);
        self.join && start - end <= self.max_gap && free
    }
}

/// What a way of cutting costs; the first that differs decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Cost {
    /// Entries that are read twice.
    twice: u32,
    requests: u32,
    /// Points that are not read together with what scales them.
    parted: u32,
    /// Entries that are read.
    entries: u32,
}

impl Cost {
    fn plus(self, other: Cost) -> Cost {
        Cost {
            twice: self.twice + other.twice,
            requests: self.requests + other.requests,
            parted: self.parted + other.parted,
            entries: self.entries + other.entries,
        }
    }
}

/// Cuts points into parts, one for each request, by the cheapest way to the end of each point.
///
/// Requests that read no entry twice read disjoint stretches, so that the cheapest way is one of
/// those that cut the points in the order of their addresses.
fn partition(rules: &Rules, mut wanted: Vec<Wanted>) -> Vec<Vec<Wanted>> {
    wanted.sort_by_key(|wanted| (wanted.start, wanted.end, wanted.point));
    // For each number of points from the first on: the cost of the cheapest way to cut them, and
    // the first point of its last part.
    let mut ways: Vec<Option<(Cost, usize)>> = vec![None; wanted.len() + 1];
    ways[0] = Some((Cost::default(), 0));
    // How far the points before reach.
    let mut reach = 0;
    for (first, begins) in wanted.iter().enumerate() {
        let before = ways[first].map_or(Cost::default(), |(cost, _)| cost);
        let mut part = Part::new(begins.start);
        for (last, point) in wanted.iter().enumerate().skip(first) {
            if !part.takes(rules, point) {
                break;
            }
            let twice = reach.min(part.end).saturating_sub(part.start);
            let cost = before.plus(Cost { twice, ..part.cost() });
            let way = &mut ways[last + 1];
            // Among equals the one whose last part is the shortest: requests are filled in order.
            if way.is_none_or(|(known, _)| cost <= known) {
                *way = Some((cost, first));
            }
        }
        reach = reach.max(begins.end);
    }
    let mut parts = Vec::new();
    while let Some((_, first)) = ways.get(wanted.len()).copied().flatten()
        && !wanted.is_empty()
    {
        parts.push(wanted.split_off(first));
    }
    parts.reverse();
    parts
}

/// Points that may become one request.
struct Part {
    start: u32,
    end: u32,
    /// Its points.
    held: Vec<usize>,
    /// What scales points of it and is not in it, once for each.
    missed: Vec<usize>,
}

impl Part {
    fn new(start: u32) -> Part {
        Part { start, end: start, held: Vec::new(), missed: Vec::new() }
    }

    /// Takes the next point, in the order of addresses; `false` if the part is then no request any
    /// more. A single point always is one: the profile refuses those wider than a request.
    fn takes(&mut self, rules: &Rules, point: &Wanted) -> bool {
        let end = self.end.max(point.end);
        let first = self.held.is_empty();
        if !first && (end - self.start > rules.cap || !rules.joins(self.end, point.start)) {
            return false;
        }
        self.end = end;
        self.held.push(point.point);
        self.missed.retain(|scaler| *scaler != point.point);
        let missed = point.scalers.iter().filter(|scaler| !self.held.contains(scaler));
        self.missed.extend(missed);
        true
    }

    fn cost(&self) -> Cost {
        let (parted, entries) = (self.missed.len() as u32, self.end - self.start);
        Cost { twice: 0, requests: 1, parted, entries }
    }
}
