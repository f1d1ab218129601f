//! Plans over more signals, with calibrations and parameters, for the worked examples.

use super::{Memory, Sample, Wiring, wire};

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
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let samples = |name: &str| {
        let column = columns.iter().find(|(known, _)| *known == name);
        column.map(|(_, samples)| samples.clone()).unwrap_or_default()
    };
    let all: Vec<Vec<Sample>> = SIGNALS.iter().map(|(name, ..)| samples(name)).collect();
    let wiring = Wiring { bound: Some(&names), more: more.to_owned(), ..Wiring::default() };
    Memory::new(wire(&scenario_of(scenario), &wiring), all, marks, end)
}

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
