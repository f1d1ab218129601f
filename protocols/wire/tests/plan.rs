//! Request planning, groups and bus budgets of plans that are written out here.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use std::fmt::Write as _;

use proptest::prelude::*;
use trial::document::{Document, DocumentRole, DocumentSet, Source};
use trial::plan::{Plan, RequestPlan};
use trial::profile::{DeviceProfile, Place};
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
    // 126 registers: the last point does not fit into one request, and is not cut.
    let many: Vec<_> = (0..63).map(|index| (holding, 2 * index, "f32")).collect();
    let first: Vec<usize> = (0..62).collect();
    check("", &many, &[&format!("Holding 0×124: {first:?}"), "Holding 124×2: [62]"]);
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

proptest! {
    #[test]
    fn every_point_is_read_once_and_whole(
        addresses in prop::collection::btree_map(0u16..300, any::<bool>(), 1..60),
        max_registers in 2u16..=125,
        max_gap in 0u16..20,
    ) {
        let points: Vec<_> = addresses
            .iter()
            .map(|(address, wide)| ("holding", *address, if *wide { "f32" } else { "u16" }))
            .collect();
        let modbus = format!("max_registers = {max_registers}\nmax_gap = {max_gap}");
        let plan = plan(&serial(9600, "8N1"), &[(POLLED, &profile(&modbus, &points))]);
        let requests = plan_requests(&plan).requests;
        let mut read: Vec<usize> = Vec::new();
        for request in &requests {
            let (_, first, count) = request.ask.read().unwrap();
            prop_assert!((1..=max_registers).contains(&count));
            let mut end = first;
            for point in &request.points {
                let Place::Register { address, encoding, .. } =
                    plan.devices[0].profile.points[*point].place
                else { panic!() };
                prop_assert!(address >= first && address.saturating_sub(end) <= max_gap);
                end = end.max(address + encoding.register_count());
                read.push(*point);
            }
            prop_assert_eq!(end, first + count);
        }
        read.sort_unstable();
        prop_assert_eq!(read, (0..points.len()).collect::<Vec<_>>());
    }
}
