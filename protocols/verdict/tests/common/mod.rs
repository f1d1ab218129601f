//! Plans over three signals, and recordings in memory.
//!
//! Roles: `p` (gauge pressure, MPa), `q` (flow, L/s), `t` (temperature, °C); derived: `pq`
//! (power, kW). Their channels are `ch_p`, `ch_q`, `ch_t`. For more signals see [`bench`].

// Every test file has its own copy, and uses a part of it.
#![allow(unused)]

mod bench;
mod memory;
mod texts;
mod wiring;

use trial::plan::Plan;

pub use bench::{SIGNALS, bench};
pub use memory::{Memory, SECOND, Sample};
pub use texts::{OTHER_PRESSURE, PHASE, criterion};
pub use wiring::{Wiring, wire};

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

/// A plan whose scenario has the phases and criteria of `rest`, which begins with `[quality]`, and
/// which binds the roles named in `bind`.
pub fn plan_binding(rest: &str, bind: &[&str]) -> Plan {
    let (quality, rest) = rest.split_once("\n[[").expect("[quality], then items");
    let scenario = format!("{ROLES}\n{quality}\n[[{rest}");
    wire(&scenario, &Wiring { bound: Some(bind), ..Wiring::default() })
}

/// A plan that binds all roles.
pub fn plan(rest: &str) -> Plan {
    plan_binding(rest, &["p", "q", "t"])
}
