//! Request planning, groups and bus budgets of plans that are written out here.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use std::fmt::Write as _;

use proptest::prelude::*;
use trial::document::{Document, DocumentRole, DocumentSet, Source};
use trial::plan::{Plan, RequestPlan};
use trial::profile::{DeviceProfile, Table};
use wire::plan::{bus_budgets, plan_requests, sample_groups, silent_interval};

const SCENARIO: &str = include_str!("../../../fixtures/golden/wire/scenario.toml");

/// A plan with one device for each of `devices`: lines of its own, and its profile.
fn plan(links: &str, devices: &[(&str, &str)]) -> Plan {
    let mut text = format!(
        "[trial]\nid = \"t\"\nscenario = \"s\"\ntitle = {{ en = \"\", zh = \"\" }}\n\
         [site]\nzone = \"UTC\"\n{links}\n"
    );
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let mut documents = vec![document(DocumentRole::Scenario, "s", SCENARIO)];
    for (index, (lines, profile)) in devices.iter().enumerate() {
        writeln!(text, "[[device]]\nid = \"d{index}\"\nprofile = \"p{index}\"\n{lines}").unwrap();
        documents.push(document(DocumentRole::Device, &format!("p{index}"), profile));
    }
    documents.insert(0, document(DocumentRole::Plan, "plan.toml", &text));
    Plan::resolve(&DocumentSet { documents }).unwrap_or_else(|error| panic!("{error}"))
}

fn profile(modbus: &str, points: &[(&str, u16, &str)]) -> String {
    let mut text = format!(
        "[device]\nid = \"p\"\ntitle = {{ en = \"\", zh = \"\" }}\ndialect = \"modbus\"\n\
         source = \"\"\n[modbus]\n{modbus}\n"
    );
    for (index, (table, address, kind)) in points.iter().enumerate() {
        writeln!(
            text,
            "[[point]]\nid = \"x{index}\"\ntitle = {{ en = \"\", zh = \"\" }}\n\
             quantity = \"number\"\nunit = \"1\"\ntable = \"{table}\"\naddress = {address}\n\
             type = \"{kind}\""
        )
        .unwrap();
    }
    text
}

fn serial(baud: u32, frame: &str) -> String {
    format!(
        "[[link]]\nid = \"bus\"\nkind = \"serial\"\nport = \"p\"\nbaud = {baud}\nframe = \"{frame}\""
    )
}

const POLLED: &str = "link = \"bus\"\nevery = \"1s\"\nunit = 1";

/// The requests as `table address×count: points`.
fn shown(requests: &RequestPlan) -> Vec<String> {
    let shown = requests.requests.iter().map(|request| {
        let (table, address, count) = request.ask.read().unwrap();
        format!("{table:?} {address}×{count}: {:?}", request.points)
    });
    shown.collect()
}

#[test]
fn near_registers_share_a_request() {
    let check = |modbus: &str, points: &[(&str, u16, &str)], expected: &[&str]| {
        let plan = plan(&serial(9600, "8N1"), &[(POLLED, &profile(modbus, points))]);
        assert_eq!(shown(&plan_requests(&plan)), expected, "{modbus} {points:?}");
    };
    let holding = "holding";
    let two = [(holding, 4, "f32"), (holding, 0, "f32")];
    check("max_gap = 2", &two, &["Holding 0×6: [1, 0]"]);
    check("max_gap = 1", &two, &["Holding 0×2: [1]", "Holding 4×2: [0]"]);
    check("max_gap = 9\nmax_registers = 5", &two, &["Holding 0×2: [1]", "Holding 4×2: [0]"]);
    // Two points on the same registers, one of them inside of the other.
    let nested = [(holding, 7, "u16"), (holding, 6, "u32"), (holding, 8, "u16")];
    check("", &nested, &["Holding 6×3: [1, 0, 2]"]);
    let tables = [("input", 0, "u16"), (holding, 65_535, "u16"), (holding, 65_534, "u16")];
    check("", &tables, &["Holding 65534×2: [2, 1]", "Input 0×1: [0]"]);
    // Several fields of one register are read once, also where nothing is joined.
    let fields =
        [(holding, 3, "u16\"\nbits = [0, 3]\n#\""), (holding, 3, "u16"), (holding, 4, "u16")];
    check("", &fields, &["Holding 3×2: [0, 1, 2]"]);
    check("join = false", &fields, &["Holding 3×1: [0, 1]", "Holding 4×1: [2]"]);
    // A hole is not read across, however small.
    let hole = "max_gap = 9\nholes = [{ table = \"holding\", from = 2, to = 2 }]";
    check(hole, &two, &["Holding 0×2: [1]", "Holding 4×2: [0]"]);
    let elsewhere = "max_gap = 2\nholes = [{ table = \"input\", from = 2, to = 3 }]";
    check(elsewhere, &two, &["Holding 0×6: [1, 0]"]);
    // 126 registers: the last point does not fit into one request, and is not cut.
    let many: Vec<_> = (0..63).map(|index| (holding, 2 * index, "f32")).collect();
    let first: Vec<usize> = (0..62).collect();
    check("", &many, &[&format!("Holding 0×124: {first:?}"), "Holding 124×2: [62]"]);
}

#[test]
fn a_value_is_read_together_with_what_scales_it_where_that_costs_no_request() {
    let scaled = "u16\"\nexponent = { point = \"x0\" }\n#\"";
    let check = |modbus: &str, points: &[(&str, u16, &str)], expected: &[&str]| {
        let plan = plan(&serial(9600, "8N1"), &[(POLLED, &profile(modbus, points))]);
        assert_eq!(shown(&plan_requests(&plan)), expected, "{modbus} {points:?}");
    };
    let holding = "holding";
    // Two requests of three registers; what scales registers 4 and 5 is number 3.
    let points = [
        (holding, 3, "u16"),
        (holding, 1, "u16"),
        (holding, 2, "u16"),
        (holding, 4, scaled),
        (holding, 5, scaled),
    ];
    check("max_registers = 3", &points, &["Holding 3×3: [0, 3, 4]", "Holding 1×2: [1, 2]"]);
    // It would cost a request: it is not done, but what scales is asked first.
    let points = [(holding, 5, "u16"), (holding, 0, scaled), (holding, 1, scaled)];
    check("max_registers = 3", &points, &["Holding 5×1: [0]", "Holding 0×2: [1, 2]"]);
}

/// Periods of single points make requests of their own; each point belongs to one of them.
#[test]
fn points_of_several_periods_are_asked_for_separately() {
    let channel = |point: &str, every: &str| {
        format!("\n[[channel]]\nid = \"{point}-own\"\npoint = \"d0.{point}\"\nevery = \"{every}\"")
    };
    let links = serial(9600, "8N1") + &channel("x1", "100ms") + &channel("x3", "0s");
    let points: Vec<_> = (0..4).map(|index| ("holding", index, "u16")).collect();
    let plan = plan(&links, &[(POLLED, &profile("max_gap = 9", &points))]);
    let requests = plan_requests(&plan);
    assert_eq!(shown(&requests), ["Holding 0×3: [0, 2]", "Holding 1×1: [1]", "Holding 3×1: [3]"]);
    let periods: Vec<_> = requests.requests.iter().map(|request| request.every_ns).collect();
    assert_eq!(periods, [1_000_000_000, 100_000_000, 0]);
    let [budget] = &bus_budgets(&plan, &requests)[..] else { panic!() };
    let seconds: Vec<_> = budget.requests.iter().map(|cost| cost.wire_time.as_secs_f64()).collect();
    assert!(budget.closed_loop && budget.busy_share == 1.0);
    let left = 1.0 - seconds[0] - seconds[1] / 0.1;
    let expected = 1.0 + 10.0 + left / seconds[2];
    assert!((budget.polls_per_second - expected).abs() < 1e-9, "{budget:?} {expected}");
}

/// A request of 8 + 5 + n characters of 10 bits, two silences of 3.5 characters.
#[test]
fn bits_take_an_eighth_of_a_byte_on_the_wire() {
    let check = |table: &str, last: u16, characters: u32| {
        let kind = if table == "coils" { "" } else { "u16" };
        let points = [(table, 0, kind), (table, last, kind)];
        let text = profile("max_gap = 2000", &points).replace("type = \"\"", "");
        let plan = plan(&serial(9600, "8N1"), &[(POLLED, &text)]);
        let [budget] = &bus_budgets(&plan, &plan_requests(&plan))[..] else { panic!() };
        let expected = f64::from(characters + 7) * 10.0 / 9600.0;
        let [cost] = budget.requests[..] else { panic!() };
        assert!((cost.wire_time.as_secs_f64() - expected).abs() < 1e-6, "{cost:?} {expected}");
    };
    check("coils", 7, 14);
    check("coils", 8, 15);
    check("coils", 1999, 263);
    check("holding", 7, 29);
}

#[test]
fn a_request_of_texts_alone_has_a_group_without_channels() {
    let points = [("holding", 0, "string\"\nlength = 4\n#\""), ("input", 0, "u16")];
    let plan = plan(&serial(9600, "8N1"), &[(POLLED, &profile("", &points))]);
    let requests = plan_requests(&plan);
    assert_eq!(shown(&requests), ["Holding 0×4: [0]", "Input 0×1: [1]"]);
    let groups = sample_groups(&plan, &requests);
    let sizes: Vec<_> = groups.iter().map(|group| group.channels.len()).collect();
    assert_eq!(sizes, [0, 1]);
}

#[test]
fn a_value_wider_than_a_request_is_refused() {
    let text = profile("max_registers = 1", &[("input", 0, "f32")]);
    let error = DeviceProfile::resolve(Source::new("p", text.as_bytes()).unwrap()).unwrap_err();
    assert_eq!(error.message.key, "profile-wide-point");
}

#[test]
fn listened_devices_are_not_polled_and_every_channel_has_one_group() {
    let meter = profile("", &[("holding", 0, "u16"), ("holding", 1, "u16")]);
    let links = "[[link]]\nid = \"gw\"\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n".to_owned()
        + &serial(9600, "8N1")
        + "\n[[link]]\nid = \"nmea\"\nkind = \"serial\"\nport = \"q\"\nbaud = 4800";
    let shipped = |id| {
        let mut devices = trial::catalogue::devices().iter();
        std::str::from_utf8(devices.find(|shipped| shipped.id == id).unwrap().bytes).unwrap()
    };
    let plan = plan(
        &links,
        &[
            ("link = \"bus\"\nlisten = true\nunit = 1", &meter),
            ("link = \"gw\"\nevery = \"1s\"", &meter),
            ("link = \"nmea\"", shipped("nmea-0183")),
        ],
    );
    let requests = plan_requests(&plan);
    assert_eq!(shown(&requests), ["Holding 0×2: [0, 1]"]);
    assert_eq!(requests.requests[0].device, 1);
    let groups = sample_groups(&plan, &requests);
    let sizes: Vec<_> = groups.iter().map(|group| (group.device, group.channels.len())).collect();
    // One request, two listened points, five sentences.
    assert_eq!(sizes, [(1, 2), (0, 1), (0, 1), (2, 6), (2, 2), (2, 2), (2, 1), (2, 2)]);
    let mut channels: Vec<_> = groups.iter().flat_map(|group| &group.channels).collect();
    channels.sort();
    channels.dedup();
    assert_eq!(channels.len(), plan.channels.len());
}

/// The wire limits that field measurements of such buses gave: 10 registers, 11-bit characters.
#[test]
fn budgets_follow_the_wire() {
    let check = |baud: u32, turnaround: &str, polls_per_second: f64| {
        let modbus = format!("turnaround = \"{turnaround}\"");
        let points: Vec<_> = (0..10).map(|index| ("input", index, "u16")).collect();
        let text = profile(&modbus, &points);
        let link = serial(baud, "8E1");
        let closed = "link = \"bus\"\nevery = \"0s\"\nunit = 1";
        let closed = plan(&link, &[(closed, &text)]);
        let [budget] = &bus_budgets(&closed, &plan_requests(&closed))[..] else { panic!() };
        assert!(budget.closed_loop);
        assert_eq!(budget.busy_share, 1.0);
        let relative = budget.polls_per_second / polls_per_second - 1.0;
        assert!(relative.abs() < 0.01, "{baud} {turnaround}: {}", budget.polls_per_second);
        let scheduled = plan(&link, &[(POLLED, &text)]);
        let [budget] = &bus_budgets(&scheduled, &plan_requests(&scheduled))[..] else { panic!() };
        assert!(!budget.closed_loop);
        assert_eq!(budget.polls_per_second, 1.0);
        assert_eq!(budget.busy_share, budget.requests[0].wire_time.as_secs_f64());
        assert!((budget.busy_share * polls_per_second - 1.0).abs() < 0.01);
    };
    for (baud, limits) in
        [(9600, [21.8, 21.4, 16.2]), (19_200, [43.6, 38.6, 24.4]), (115_200, [150.0, 101.0, 40.0])]
    {
        for (turnaround, limit) in ["0s", "5ms", "20ms"].into_iter().zip(limits) {
            check(baud, turnaround, limit);
        }
    }
}

#[test]
fn silence_is_a_matter_of_serial_lines() {
    let check = |links: &str, nanoseconds: u128| {
        let text = profile("", &[("input", 0, "u16")]);
        let plan = plan(links, &[(POLLED, &text)]);
        assert_eq!(silent_interval(&plan.links[0]).as_nanos(), nanoseconds, "{links}");
        let [budget] = &bus_budgets(&plan, &plan_requests(&plan))[..] else { panic!() };
        assert_eq!(budget.busy_share == 0.0, nanoseconds == 0);
    };
    check(&serial(9600, "8E1"), 4_010_415);
    check(&serial(19_200, "8N1"), 1_822_915);
    check(&serial(38_400, "8N1"), 1_750_000);
    check("[[link]]\nid = \"bus\"\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"", 0);
    check("[[link]]\nid = \"bus\"\nkind = \"rtu-over-tcp\"\naddress = \"127.0.0.1:1\"", 0);
}

/// What the property below draws of a point: table, address, width and whether it has a period of
/// its own.
type Drawn = (usize, u16, u16, bool);

const TABLES: [(&str, Table); 4] = [
    ("holding", Table::Holding),
    ("input", Table::Input),
    ("coils", Table::Coils),
    ("discrete", Table::Discrete),
];

/// Joining as a profile declares it.
#[derive(Debug)]
struct Joining {
    cap: u16,
    max_gap: u16,
    join: bool,
    hole: (u16, u16),
}

impl Joining {
    /// Whether points may be one request: by their entries alone, one at a time.
    fn allows(&self, points: &[&Drawn]) -> bool {
        let first = points.iter().map(|point| point.1).min().unwrap();
        let end = points.iter().map(|point| point.1 + point.2).max().unwrap();
        let used = |entry: u16| points.iter().any(|p| (p.1..p.1 + p.2).contains(&entry));
        let in_hole = |entry: u16| (self.hole.0..=self.hole.1).contains(&entry);
        let mut unused = 0;
        for entry in first..end {
            unused = if used(entry) { 0 } else { unused + 1 };
            if unused > self.max_gap || in_hole(entry) {
                return false;
            }
            // Without joining, every entry but the first is in one point with the one before.
            let with_before = |p: &&&Drawn| p.1 < entry && entry < p.1 + p.2;
            if !self.join && entry > first && !points.iter().any(|p| with_before(&p)) {
                return false;
            }
        }
        points.len() == 1 || end - first <= self.cap
    }
}

fn entries(points: &[&Drawn]) -> std::ops::Range<u16> {
    let first = points.iter().map(|point| point.1).min().unwrap();
    first..points.iter().map(|point| point.1 + point.2).max().unwrap()
}

/// The fewest requests that read some points, by trying every way to divide them; `None` if there
/// is none that reads no entry twice.
fn fewest(joining: &Joining, points: &[&Drawn], parts: &mut Vec<Vec<usize>>) -> Option<usize> {
    let taken: usize = parts.iter().map(Vec::len).sum();
    if taken == points.len() {
        let parts: Vec<Vec<&Drawn>> =
            parts.iter().map(|part| part.iter().map(|index| points[*index]).collect()).collect();
        let allowed = parts.iter().all(|part| joining.allows(part));
        let mut ranges: Vec<_> = parts.iter().map(|part| entries(part)).collect();
        ranges.sort_by_key(|range| range.start);
        let apart = ranges.windows(2).all(|pair| pair[0].end <= pair[1].start);
        return (allowed && apart).then_some(parts.len());
    }
    let mut best: Option<usize> = None;
    for part in 0..=parts.len() {
        if part == parts.len() {
            parts.push(Vec::new());
        }
        parts[part].push(taken);
        let found = fewest(joining, points, parts);
        best = best.into_iter().chain(found).min();
        parts[part].pop();
        if parts[part].is_empty() {
            parts.pop();
        }
    }
    best
}

fn drawn_plan(drawn: &[Drawn], joining: &Joining) -> Plan {
    let Joining { cap, max_gap, join, hole } = joining;
    let mut channels = String::new();
    let kinds: Vec<String> = drawn
        .iter()
        .enumerate()
        .map(|(index, (table, _, width, own))| {
            if *own && (*table > 1 || [1, 2, 4].contains(width)) {
                write!(
                    channels,
                    "\n[[channel]]\nid = \"c{index}\"\npoint = \"d0.x{index}\"\nevery = \"10ms\""
                )
                .unwrap();
            }
            match (table, width) {
                (2.., _) => String::new(),
                (_, 1) => "u16".to_owned(),
                (_, 2) => "f32".to_owned(),
                (_, 4) => "f64".to_owned(),
                (_, width) => format!("string\"\nlength = {width}\n#\""),
            }
        })
        .collect();
    let points: Vec<_> = drawn
        .iter()
        .zip(&kinds)
        .map(|((table, address, ..), kind)| (TABLES[*table].0, *address, kind.as_str()))
        .collect();
    let holes: Vec<_> = TABLES
        .iter()
        .map(|(name, _)| format!("{{ table = \"{name}\", from = {}, to = {} }}", hole.0, hole.1))
        .collect();
    let modbus = format!(
        "max_registers = {cap}\nmax_bits = {cap}\nmax_gap = {max_gap}\njoin = {join}\nholes = [{}]",
        holes.join(", ")
    );
    let text = profile(&modbus, &points).replace("type = \"\"", "");
    plan(&(serial(9600, "8N1") + &channels), &[(POLLED, &text)])
}

proptest! {
    /// Every point once, no cap exceeded, no hole crossed, no entry twice at one period, no gap
    /// wider than declared; and no division of the points needs fewer requests.
    #[test]
    fn requests_keep_every_rule_and_are_as_few_as_there_can_be(
        drawn in prop::collection::vec(
            (0usize..4, 0u16..24, prop::sample::select(vec![1u16, 1, 2, 3, 4]), any::<bool>()),
            1..14,
        ),
        cap in 4u16..=12,
        max_gap in 0u16..5,
        join in prop::bool::weighted(0.8),
        hole in (0u16..24, 0u16..3),
    ) {
        let joining = Joining { cap, max_gap, join, hole: (hole.0, hole.0 + hole.1) };
        let mut drawn: Vec<Drawn> = drawn
            .into_iter()
            .map(|(table, address, width, own)| {
                let width = if table > 1 { 1 } else { width };
                // A text has no channel, and so no period of its own.
                (table, address, width, own && width != 3)
            })
            .collect();
        drawn.retain(|p| p.1 > joining.hole.1 || p.1 + p.2 <= joining.hole.0);
        prop_assume!(!drawn.is_empty());
        let plan = drawn_plan(&drawn, &joining);
        let requests = plan_requests(&plan).requests;
        let mut read: Vec<usize> = requests.iter().flat_map(|r| r.points.clone()).collect();
        read.sort_unstable();
        prop_assert_eq!(read, (0..drawn.len()).collect::<Vec<_>>());
        for (table, own) in (0..4).flat_map(|table| [(table, false), (table, true)]) {
            let of = |p: &&Drawn| p.0 == table && p.3 == own;
            let every_ns = if own { 10_000_000 } else { 1_000_000_000 };
            let mut ranges = Vec::new();
            for request in &requests {
                let (read, first, count) = request.ask.read().unwrap();
                let points: Vec<&Drawn> = request.points.iter().map(|p| &drawn[*p]).collect();
                if read != TABLES[table].1 || request.every_ns != every_ns {
                    continue;
                }
                prop_assert!(points.iter().all(of));
                prop_assert_eq!(entries(&points), first..first + count);
                prop_assert!(joining.allows(&points), "{:?} {:?}", joining, points);
                ranges.push(entries(&points));
            }
            let wanted: Vec<&Drawn> = drawn.iter().filter(of).collect();
            // More points than these take too many ways to divide.
            if wanted.is_empty() || wanted.len() > 7 {
                continue;
            }
            // There is no way at all where points that overlap run past the cap together.
            if let Some(fewest) = fewest(&joining, &wanted, &mut Vec::new()) {
                prop_assert_eq!(ranges.len(), fewest, "{:?} {:?}", joining, wanted);
                ranges.sort_by_key(|range| range.start);
                prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
            }
        }
    }
}
