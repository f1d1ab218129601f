//! Plans over all roles of a scenario.

use std::collections::BTreeMap;

use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::scenario::Scenario;

/// A plan of a scenario that binds a channel of the same quantity and unit to every role that is a
/// signal; channels stand in the order of the roles. Of the parameters those are given that the
/// scenario has.
pub fn plan_of_roles(
    scenario: &Scenario,
    bytes: &[u8],
    parameters: &BTreeMap<String, String>,
) -> Plan {
    let mut profile = r#"
[device]
id = "test-device"
title = { en = "Device", zh = "设备" }
dialect = "modbus"
source = "none"
[modbus]
word_order = "ABCD"
"#
    .to_owned();
    let mut plan = format!(
        r#"
[trial]
id = "TEST-1"
scenario = "{}"
title = {{ en = "Test", zh = "测试" }}
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
every = "10 ms"
"#,
        scenario.id
    );
    let mut roles = "[roles]\n".to_owned();
    for (index, role) in scenario.roles.iter().filter(|role| !role.reading).enumerate() {
        let (id, quantity, unit) = (&role.id, role.quantity, role.unit);
        profile += &format!(
            "[[point]]\nid = \"{id}\"\ntitle = {{ en = \"x\", zh = \"x\" }}\n\
             quantity = \"{quantity}\"\nunit = \"{unit}\"\n\
             table = \"holding\"\naddress = {}\ntype = \"f32\"\n",
            2 * index
        );
        plan += &format!("[[channel]]\nid = \"ch_{id}\"\npoint = \"device.{id}\"\n");
        roles += &format!("{id} = \"ch_{id}\"\n");
    }
    plan += &roles;
    plan += "[parameters]\n";
    for (name, value) in parameters {
        plan += &format!("{name} = {{ value = \"{value}\", from = \"customer\" }}\n");
    }
    let documents = DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", plan.as_bytes()),
            document(DocumentRole::Scenario, &scenario.id, bytes),
            document(DocumentRole::Device, "test-device", profile.as_bytes()),
        ],
    };
    Plan::resolve(&documents).unwrap_or_else(|error| panic!("{error}"))
}

fn document(role: DocumentRole, name: &str, bytes: &[u8]) -> Document {
    Document { role, name: name.to_owned(), bytes: bytes.to_vec() }
}
