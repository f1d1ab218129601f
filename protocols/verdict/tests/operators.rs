//! Runs the worked examples in `operators/*.md`.
//!
//! An example is three fenced blocks in a row. `toml`: phases and criteria over the roles p (MPa),
//! q (L/s), t (°C) and the derived channel pq (kW); `[quality]` is a coverage of 0.9 and gaps of
//! 2 s unless the block says otherwise. `samples`: a heading with `time` and columns, then a line
//! for each second that has something; `-` is no sample, `bad` a bad one; a column `mark` holds a
//! mark's text; the last line is `end` and the recording's end. `expect`: for each finding its
//! verdict, and then what is checked of `margin LOW .. HIGH UNIT` (`*` is unbounded), `measured
//! VALUE UNIT`, `raw VALUE UNIT`, `uncertainty U`, `probability P`, `cause KEY`, `coverage SHARE`,
//! `evidence CHANNEL FROM .. TO`.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Memory, SECOND, Sample, plan};
use trial::finding::Finding;
use verdict::evaluate;

const QUALITY: &str = "[quality]\nmin_coverage = 0.9\nmax_gap = \"2 s\"\n";
const PHASE: &str = r#"
[[phase]]
id = "phase"
title = { en = "Phase", zh = "阶段" }
enter = { mark = "begin" }
exit = { mark = "finish" }
"#;

fn check(document: &str) {
    let mut blocks: Vec<(&str, &str, usize)> = Vec::new();
    for (index, part) in document.split("\n```").enumerate() {
        if index % 2 == 1 {
            let (language, body) = part.split_once('\n').expect("a fence with a language");
            let line =
                document[..part.as_ptr() as usize - document.as_ptr() as usize].lines().count();
            blocks.push((language, body, line));
        }
    }
    assert!(
        !blocks.is_empty() && blocks.len().is_multiple_of(3),
        "examples have three blocks each"
    );
    for example in blocks.chunks(3) {
        let [(toml, scenario, line), (samples, table, _), (expect, expected, _)] = example else {
            unreachable!("chunks of three");
        };
        assert_eq!([*toml, *samples, *expect], ["toml", "samples", "expect"], "line {line}");
        example_agrees(*line, scenario, table, expected);
    }
}

fn example_agrees(line: usize, scenario: &str, table: &str, expected: &str) {
    let quality = if scenario.starts_with("[quality]") { "" } else { QUALITY };
    let phase = if scenario.contains("[[phase]]") { "" } else { PHASE };
    let (own, criteria) = scenario.split_once("[[").expect("a phase or a criterion");
    let text = format!("{quality}{own}\n{phase}\n[[{}", complete(criteria));
    let findings = evaluate(&recording(&text, table)).expect("readable");
    let expected: Vec<_> = expected.lines().collect();
    assert_eq!(findings.findings.len(), expected.len(), "line {line}: {findings:#?}");
    for (finding, expected) in findings.findings.iter().zip(expected) {
        finding_agrees(line, finding, expected);
    }
}

/// Fills in what the examples leave out of every criterion.
fn complete(criteria: &str) -> String {
    let rest = r#"
class = "A"
mandatory = true
rule = "simple_acceptance"
source = { standard = "none", clause = "none", edition = "1", status = "declared" }
"#;
    let title = "title = { en = \"Title\", zh = \"标题\" }\n";
    let mut whole = String::new();
    for (index, part) in criteria.split("[[").enumerate() {
        let (head, body) = part.split_once("]]\n").expect("a heading");
        let phase = if body.contains("phase = ") { "" } else { "phase = \"phase\"\n" };
        let open = if index == 0 { "" } else { "[[" };
        match head {
            "criterion" => whole += &format!("{open}{head}]]\n{title}{phase}{body}{rest}"),
            _ => whole += &format!("{open}{head}]]\n{title}{body}"),
        }
    }
    whole
}

fn recording(scenario: &str, table: &str) -> Memory {
    let mut lines = table.lines();
    let heading: Vec<_> = lines.next().expect("a heading").split_whitespace().collect();
    let mut samples: [Vec<Sample>; 3] = Default::default();
    let mut marks: Vec<(i64, &str)> = Vec::new();
    let mut end = 0;
    for line in lines {
        let cells: Vec<_> = line.split_whitespace().collect();
        if cells[0] == "end" {
            end = at(cells[1]);
            continue;
        }
        for (name, cell) in heading.iter().zip(&cells).skip(1).filter(|(_, cell)| **cell != "-") {
            let value = match *cell {
                "bad" => None,
                number => number.parse().ok(),
            };
            match *name {
                "mark" => marks.push((at(cells[0]), cell)),
                name => {
                    let role = ["p", "q", "t"].iter().position(|role| *role == name);
                    samples[role.expect("a role")].push((at(cells[0]), value));
                }
            }
        }
    }
    Memory::new(plan(scenario), samples, &marks, end)
}

fn at(seconds: &str) -> i64 {
    (seconds.parse::<f64>().expect("a time") * SECOND as f64).round() as i64
}

fn finding_agrees(line: usize, finding: &Finding, expected: &str) {
    let mut words = expected.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("line {line}: {expected}"));
    let context = format!("line {line}: {finding:#?}");
    assert_eq!(finding.verdict.key(), next(), "{context}");
    let near = |found: Option<f64>, wanted: &str| match (found, wanted) {
        (None, "*") => true,
        (Some(found), wanted) => wanted.parse().is_ok_and(|w: f64| (found - w).abs() < 1e-6),
        _ => false,
    };
    let mut words = expected.split_whitespace().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_else(|| panic!("line {line}: {expected}"));
        match word {
            "margin" => {
                let margin = finding.margin.unwrap_or_else(|| panic!("{context}"));
                let (low, _, high) = (next(), next(), next());
                assert!(near(margin.low, low) && near(margin.high, high), "{context}");
                assert_eq!(margin.unit.symbol(), next(), "{context}");
            }
            "measured" => {
                let measured = finding.measured.unwrap_or_else(|| panic!("{context}"));
                assert!(near(Some(measured.value), next()), "{context}");
                assert_eq!(measured.unit.symbol(), next(), "{context}");
            }
            "uncertainty" => {
                let found = finding.uncertainty.map(|known| known.expanded);
                assert!(near(found, next()), "{context}");
            }
            "probability" => assert!(near(finding.conformance_probability, next()), "{context}"),
            "cause" => {
                let found = finding.cause.map_or("none", trial::finding::Cause::key);
                assert_eq!(found, next(), "{context}");
            }
            "raw" => {
                let raw = finding.raw.unwrap_or_else(|| panic!("{context}"));
                assert!(near(Some(raw.value), next()), "{context}");
                assert_eq!(raw.unit.symbol(), next(), "{context}");
            }
            "coverage" => assert!(near(finding.coverage, next()), "{context}"),
            "evidence" => {
                let evidence = finding.evidence.first().unwrap_or_else(|| panic!("{context}"));
                assert_eq!(evidence.channel, next(), "{context}");
                let (from, _, to) = (next(), next(), next());
                let span = (evidence.span.start.0, evidence.span.end.0);
                assert_eq!(span, (at(from), at(to)), "{context}");
            }
            other => panic!("line {line}: {other}"),
        }
    }
}

#[test]
fn bound() {
    check(include_str!("operators/bound.md"));
}

#[test]
fn hold() {
    check(include_str!("operators/hold.md"));
}

#[test]
fn pair() {
    check(include_str!("operators/pair.md"));
}

#[test]
fn timeto() {
    check(include_str!("operators/timeto.md"));
}

#[test]
fn ripple() {
    check(include_str!("operators/ripple.md"));
}

#[test]
fn traps() {
    check(include_str!("operators/traps.md"));
}
