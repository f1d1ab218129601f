//! Plans over more signals, with calibrations and parameters, for the worked examples.

use super::{Memory, Sample, document};
use trial::document::{DocumentRole, DocumentSet};
use trial::plan::Plan;

/// Roles that are signals: name, quantity, unit. The channel of a role is `ch_` and its name.
pub const SIGNALS: [(&str, &str, &str); 9] = [
    ("p", "pressure.gauge", "MPa"),
    ("q", "volume-flow", "L/s"),
    ("t", "temperature", "degC"),
    ("ref", "pressure.gauge", "MPa"),
    ("n", "volume", "L"),
    ("x", "length", "mm"),
    ("u", "voltage", "V"),
    ("lat", "angle", "deg"),
    ("lon", "angle", "deg"),
];

/// A recording over the signals that `columns` names; `scenario` begins with `[quality]`, `more`
/// is added to the plan. A calibration is that of the channel of the same name.
pub fn bench(
    scenario: &str,
    more: &str,
    columns: &[(&str, Vec<Sample>)],
    marks: &[(i64, &str)],
    end: i64,
) -> Memory {
    let mut samples = Vec::new();
    let mut plan = PLAN.to_owned();
    let mut roles = "[roles]\n".to_owned();
    for (name, ..) in SIGNALS {
        let column = columns.iter().find(|(known, _)| *known == name);
        samples.push(column.map(|(_, samples)| samples.clone()).unwrap_or_default());
        plan += &format!("[[channel]]\nid = \"ch_{name}\"\npoint = \"device.{name}\"\n");
        if more.contains(&format!("id = \"ch_{name}\"")) {
            plan += &format!("calibration = \"ch_{name}\"\n");
        }
        if column.is_some() {
            roles += &format!("{name} = \"ch_{name}\"\n");
        }
    }
    let plan = format!("{plan}{roles}{more}");
    let scenario = scenario_of(scenario);
    let documents = DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", plan.as_bytes()),
            document(DocumentRole::Scenario, "test.signals", scenario.as_bytes()),
            document(DocumentRole::Device, "test-device", profile().as_bytes()),
        ],
    };
    let plan = Plan::resolve(&documents).unwrap_or_else(|error| panic!("{error}\n{scenario}"));
    Memory::new(plan, samples, marks, end)
}

const PLAN: &str = r#"
[trial]
id = "TEST-1"
scenario = "test.signals"
title = { en = "Test", zh = "测试" }
[site]
zone = "Asia/Shanghai"
[[link]]
id = "net"
kind = "tcp"
address = "127.0.0.1:502"
[[device]]
id = "device"
link = "net"
profile = "test-device"
every = "1 s"
"#;

/// The scenario with its head and roles before its `[quality]`.
fn scenario_of(rest: &str) -> String {
    let mut text = r#"
[scenario]
id = "test.signals"
family = "urban-fire"
cluster = "fire-rescue"
edition = "1"
title = { en = "Test", zh = "测试" }
"#
    .to_owned();
    let (quality, rest) = rest.split_once("\n[[").expect("[quality], then items");
    let title = "title = { en = \"x\", zh = \"名\" }";
    text += quality;
    for (name, quantity, unit) in SIGNALS {
        text += &format!("\n[[role]]\nid = \"{name}\"\n{title}\n");
        text += &format!("quantity = \"{quantity}\"\nunit = \"{unit}\"\n");
    }
    text += &format!(
        "[[role]]\nid = \"mass\"\n{title}\nkind = \"reading\"\nquantity = \"mass\"\nunit = \"kg\"\n\
         [[derived]]\nid = \"pq\"\n{title}\nquantity = \"power\"\nunit = \"kW\"\n\
         expression = \"p * q\"\n"
    );
    format!("{text}[[{rest}")
}

fn profile() -> String {
    let mut text = r#"
[device]
id = "test-device"
title = { en = "Device", zh = "设备" }
dialect = "modbus"
source = "none"
[modbus]
word_order = "ABCD"
"#
    .to_owned();
    for (index, (name, quantity, unit)) in SIGNALS.iter().enumerate() {
        text += &format!(
            "[[point]]\nid = \"{name}\"\ntitle = {{ en = \"x\", zh = \"名\" }}\n\
             quantity = \"{quantity}\"\nunit = \"{unit}\"\n\
             table = \"holding\"\naddress = {}\ntype = \"f32\"\n",
            2 * index
        );
    }
    text
}
