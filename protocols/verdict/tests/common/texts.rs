//! Texts of scenarios that many tests share.

/// A phase between the marks `begin` and `finish`.
pub const PHASE: &str = r#"[[phase]]
id = "phase"
title = { en = "Phase", zh = "阶段" }
enter = { mark = "begin" }
exit = { mark = "finish" }
"#;

/// A pressure `r` in MPa with the numbers of the flow `q` in L/s.
pub const OTHER_PRESSURE: &str = r#"[[derived]]
id = "r"
title = { en = "Other pressure", zh = "另一压力" }
quantity = "pressure.gauge"
unit = "MPa"
expression = "q * 1e9 Pa * 1 s / 1 m3"
"#;

/// A mandatory criterion of class A over [`PHASE`], with a declared limit.
pub fn criterion(id: &str, operator: &str, rule: &str) -> String {
    format!(
        r#"[[criterion]]
id = "{id}"
title = {{ en = "Criterion", zh = "判据" }}
phase = "phase"
operator = {{ {operator} }}
class = "A"
mandatory = true
rule = "{rule}"
source = {{ standard = "none", clause = "none", edition = "1", status = "declared" }}
"#
    )
}
