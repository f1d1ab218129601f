//! Plans over three signals, and recordings in memory.
//!
//! Roles: `p` (gauge pressure, MPa), `q` (flow, L/s), `t` (temperature, °C); derived: `pq`
//! (power, kW). Their channels are `ch_p`, `ch_q`, `ch_t`. For more signals see [`bench`].

// Every test file has its own copy, and uses a part of it.
#![allow(unused)]

mod bench;
mod memory;

use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;

pub use bench::{SIGNALS, bench};
pub use memory::{Memory, SECOND, Sample};

const ROLES: &str = r#"
[scenario]
id = "test.signals"
family = "urban-fire"
cluster = "fire-rescue"
edition = "1"
title = { en = "Test", zh = "测试" }
[[role]]
id = "p"
title = { en = "Pressure", zh = "压力" }
quantity = "pressure.gauge"
unit = "MPa"
[[role]]
id = "q"
title = { en = "Flow", zh = "流量" }
quantity = "volume-flow"
unit = "L/s"
[[role]]
id = "t"
title = { en = "Temperature", zh = "温度" }
quantity = "temperature"
unit = "degC"
[[derived]]
id = "pq"
title = { en = "Power", zh = "功率" }
quantity = "power"
unit = "kW"
expression = "p * q"
"#;

const PROFILE: &str = r#"
[device]
id = "test-device"
title = { en = "Device", zh = "设备" }
dialect = "modbus"
source = "none"
[modbus]
word_order = "ABCD"
[[point]]
id = "p"
title = { en = "p", zh = "p" }
quantity = "pressure.gauge"
unit = "MPa"
table = "holding"
address = 0
type = "f32"
[[point]]
id = "q"
title = { en = "q", zh = "q" }
quantity = "volume-flow"
unit = "L/s"
table = "holding"
address = 2
type = "f32"
[[point]]
id = "t"
title = { en = "t", zh = "t" }
quantity = "temperature"
unit = "degC"
table = "holding"
address = 4
type = "f32"
"#;

/// A plan whose scenario has the phases and criteria of `rest`, which begins with `[quality]`, and
/// which binds the roles named in `bind`.
pub fn plan_binding(rest: &str, bind: &[&str]) -> Plan {
    let (quality, rest) = rest.split_once("\n[[").expect("[quality], then items");
    let scenario = format!("{ROLES}\n{quality}\n[[{rest}");
    let mut plan = r#"
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
"#
    .to_owned();
    for name in ["p", "q", "t"] {
        plan += &format!("[[channel]]\nid = \"ch_{name}\"\npoint = \"device.{name}\"\n");
    }
    plan += "[roles]\n";
    for name in bind {
        plan += &format!("{name} = \"ch_{name}\"\n");
    }
    let documents = DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", plan.as_bytes()),
            document(DocumentRole::Scenario, "test.signals", scenario.as_bytes()),
            document(DocumentRole::Device, "test-device", PROFILE.as_bytes()),
        ],
    };
    Plan::resolve(&documents).unwrap_or_else(|error| panic!("{error}"))
}

fn document(role: DocumentRole, name: &str, bytes: &[u8]) -> Document {
    Document { role, name: name.to_owned(), bytes: bytes.to_vec() }
}

/// A plan that binds all roles.
pub fn plan(rest: &str) -> Plan {
    plan_binding(rest, &["p", "q", "t"])
}
