//! Plans that give every signal of a scenario a channel: a point of one device, of the same quantity
//! and unit, in the order of the roles. The channel of a role is `ch_` and its name.

use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::scenario::Scenario;

/// What a plan says beside the channels.
#[derive(Default)]
pub struct Wiring<'a> {
    /// Roles that are bound; all where there is nothing.
    pub bound: Option<&'a [&'a str]>,
    /// How often the device is asked, such as `1 s`; that where there is nothing.
    pub every: Option<&'a str>,
    /// Tables behind all others, such as `[parameters]`. A calibration whose id is that of a channel
    /// belongs to it.
    pub more: String,
    /// Further lines of the points of roles.
    pub points: Vec<(&'a str, String)>,
}

/// The plan of a scenario, given by its bytes.
pub fn wire(scenario: &str, wiring: &Wiring<'_>) -> Plan {
    let resolved = trial::document::Source::new("test.toml", scenario.as_bytes());
    let resolved = resolved.and_then(Scenario::resolve);
    let resolved = resolved.unwrap_or_else(|error| panic!("{error}\n{scenario}"));
    let mut profile = PROFILE.to_owned();
    let every = wiring.every.unwrap_or("1 s");
    let mut plan = format!("{PLAN}scenario = \"{}\"\n{LINK}every = \"{every}\"\n", resolved.id);
    let mut roles = "[roles]\n".to_owned();
    for (index, role) in resolved.roles.iter().filter(|role| !role.reading).enumerate() {
        let (id, quantity, unit) = (&role.id, role.quantity, role.unit);
        let lines = wiring.points.iter().find(|(role, _)| role == id);
        let lines = lines.map_or("", |(_, lines)| lines);
        profile += &format!(
            "[[point]]\nid = \"{id}\"\ntitle = {{ en = \"x\", zh = \"名\" }}\n\
             quantity = \"{quantity}\"\nunit = \"{unit}\"\n\
             table = \"holding\"\naddress = {}\ntype = \"f32\"\n{lines}\n",
            2 * index
        );
        plan += &format!("[[channel]]\nid = \"ch_{id}\"\npoint = \"device.{id}\"\n");
        if wiring.more.contains(&format!("id = \"ch_{id}\"")) {
            plan += &format!("calibration = \"ch_{id}\"\n");
        }
        if wiring.bound.is_none_or(|bound| bound.contains(&id.as_str())) {
            roles += &format!("{id} = \"ch_{id}\"\n");
        }
    }
    let plan = format!("{plan}{roles}{}", wiring.more);
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let documents = DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", &plan),
            document(DocumentRole::Scenario, &resolved.id, scenario),
            document(DocumentRole::Device, "test-device", &profile),
        ],
    };
    Plan::resolve(&documents).unwrap_or_else(|error| panic!("{error}\n{scenario}\n{plan}"))
}

const PLAN: &str = r#"[trial]
id = "TEST-1"
title = { en = "Test", zh = "测试" }
"#;

const LINK: &str = r#"[site]
zone = "Asia/Shanghai"
[[link]]
id = "net"
kind = "tcp"
address = "127.0.0.1:502"
[[device]]
id = "device"
link = "net"
profile = "test-device"
"#;

const PROFILE: &str = r#"[device]
id = "test-device"
title = { en = "Device", zh = "设备" }
dialect = "modbus"
source = "none"
[modbus]
word_order = "ABCD"
"#;
