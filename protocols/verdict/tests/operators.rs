//! Runs the worked examples in `operators/*.md`; `operators/README.md` says how they are written.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Memory, SECOND, SIGNALS, Sample, bench};
use trial::amendment::{Amendment, LateReading};
use trial::finding::Finding;
use trial::recording::Recording as _;
use trial::time::{TrialTime, WallTime};
use verdict::evaluate_amended;

const QUALITY: &str = "[quality]\nmin_coverage = 0.9\nmax_gap = \"2 s\"\n";
const PHASE: &str = r#"
[[phase]]
id = "phase"
title = { en = "Phase", zh = "阶段" }
enter = { mark = "begin" }
exit = { mark = "finish" }
"#;

/// One example.
#[derive(Default)]
struct Example<'a> {
    line: usize,
    scenario: &'a str,
    plan: &'a str,
    samples: &'a str,
    said: &'a str,
}

fn check(document: &str) {
    let mut example = Example::default();
    let mut count = 0;
    let mut failed = 0;
    for (index, part) in document.split("\n```").enumerate() {
        if index % 2 == 0 {
            continue;
        }
        let (language, body) = part.split_once('\n').expect("a fence with a language");
        let line = document[..part.as_ptr() as usize - document.as_ptr() as usize].lines().count();
        match language {
            "toml" => example = Example { line, scenario: body, ..Example::default() },
            "plan" => example.plan = body,
            "samples" => example.samples = body,
            "said" => example.said = body,
            "expect" => {
                // The others are tried, too, so that all that is wrong is told at once.
                let agrees = std::panic::catch_unwind(|| example_agrees(&example, body));
                failed += usize::from(agrees.is_err());
                count += 1;
            }
            other => panic!("line {line}: a block {other}"),
        }
    }
    assert_eq!(failed, 0, "examples that failed");
    assert!(count > 0 && count == document.matches("\n## ").count(), "an example a heading");
}

fn example_agrees(example: &Example<'_>, expected: &str) {
    let Example { line, scenario, plan, samples, said } = *example;
    let quality = if scenario.starts_with("[quality]") { "" } else { QUALITY };
    let phase = if scenario.contains("[[phase]]") { "" } else { PHASE };
    let (own, criteria) = scenario.split_once("[[").expect("a phase or a criterion");
    let text = format!("{quality}{own}\n{phase}\n[[{}", complete(criteria));
    let memory = recording(&text, plan, samples);
    let said: Vec<Amendment> = said.lines().map(amendment).collect();
    let findings =
        evaluate_amended(&memory, memory.plan(), &said, TrialTime::MAX).expect("readable");
    let expected: Vec<_> = expected.lines().collect();
    assert_eq!(findings.findings.len(), expected.len(), "line {line}: {findings:#?}");
    for (finding, expected) in findings.findings.iter().zip(expected) {
        finding_agrees(line, finding, expected);
    }
}

/// Fills in what the examples leave out of every item.
fn complete(items: &str) -> String {
    let defaults = [
        ("class", "\"A\""),
        ("mandatory", "true"),
        ("rule", "\"simple_acceptance\""),
        ("phase", "\"phase\""),
        (
            "source",
            "{ standard = \"none\", clause = \"none\", edition = \"1\", status = \"declared\" }",
        ),
    ];
    let mut whole = String::new();
    for (index, part) in items.split("[[").enumerate() {
        let (head, body) = part.split_once("]]\n").expect("a heading");
        let open = if index == 0 { "" } else { "[[" };
        whole += &format!("{open}{head}]]\ntitle = {{ en = \"Title\", zh = \"标题\" }}\n");
        for (key, value) in defaults {
            let wanted = match head {
                "criterion" => true,
                "precondition" => ["phase", "source"].contains(&key),
                _ => false,
            };
            if wanted && !body.lines().any(|line| line.starts_with(&format!("{key} = "))) {
                whole += &format!("{key} = {value}\n");
            }
        }
        whole += body;
    }
    whole
}

fn recording(scenario: &str, plan: &str, table: &str) -> Memory {
    let mut lines = table.lines();
    let heading: Vec<_> = lines.next().expect("a heading").split_whitespace().skip(1).collect();
    let names = SIGNALS.iter().filter(|(name, ..)| heading.contains(name));
    let mut columns: Vec<(&str, Vec<Sample>)> =
        names.map(|(name, ..)| (*name, Vec::new())).collect();
    let mut marks: Vec<(i64, String)> = Vec::new();
    let mut end = 0;
    for line in lines {
        let cells: Vec<_> = line.split_whitespace().collect();
        let time = at(cells[if cells[0] == "end" { 1 } else { 0 }]);
        end = time;
        for (name, cell) in heading.iter().zip(&cells[1..]) {
            let value = match *cell {
                "-" => continue,
                _ if cells[0] == "end" => continue,
                "bad" => None,
                number => number.parse().ok(),
            };
            match *name {
                "mark" => marks.push((time, cell.replace('_', " "))),
                name => {
                    let column = columns.iter_mut().find(|(known, _)| *known == name);
                    column.expect("a signal").1.push((time, value));
                }
            }
        }
    }
    let marks: Vec<_> = marks.iter().map(|(at, text)| (*at, text.as_str())).collect();
    bench(scenario, plan, &columns, &marks, end)
}

/// What a line of a block `said` says.
fn amendment(line: &str) -> Amendment {
    let words: Vec<_> = line.split_whitespace().collect();
    let text = |at: usize| words[at].to_owned();
    match words[0] {
        "reading" => Amendment::Reading(LateReading {
            of: text(1),
            value: text(2),
            unit: text(3),
            resolution: words.get(4).map_or_else(String::new, |step| (*step).to_owned()),
            instrument: "test".to_owned(),
            observed_at: WallTime(0),
            entered_at: WallTime(0),
        }),
        "witness" => Amendment::Witness {
            statement: "seen".to_owned(),
            criterion: Some(text(1)),
            holds: Some(words[2] == "yes"),
            attachments: Vec::new(),
        },
        "deviation" => Amendment::Deviation {
            from: text(1),
            instead: "something else".to_owned(),
            consent: words.get(2).map_or_else(String::new, |who| (*who).to_owned()),
        },
        "check" => Amendment::PostCheck {
            channel: text(1),
            passed: words[2] == "passed",
            statement: "checked".to_owned(),
        },
        "rebound" => Amendment::Rebound {
            channel: text(1),
            at: TrialTime(at(words[2])),
            sensor: "another".to_owned(),
        },
        other => panic!("{other} says nothing"),
    }
}

fn at(seconds: &str) -> i64 {
    (seconds.parse::<f64>().expect("a time") * SECOND as f64).round() as i64
}

/// Whether a number is the one that is written; with four places or more it may be rounded there.
fn near(found: Option<f64>, wanted: &str) -> bool {
    let Some(found) = found else { return wanted == "*" };
    let places = wanted.split_once('.').map_or(0, |(_, places)| places.len());
    let step = if places >= 4 { 0.501 * 10f64.powi(-(places as i32)) } else { 1e-6 };
    wanted.parse().is_ok_and(|wanted: f64| (found - wanted).abs() < step)
}

fn finding_agrees(line: usize, finding: &Finding, expected: &str) {
    let context = format!("line {line}: {expected}\n{finding:#?}");
    let mut words = expected.split_whitespace();
    assert_eq!(Some(finding.verdict.key()), words.next(), "{context}");
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap_or_else(|| panic!("{context}"));
        match word {
            "margin" => {
                let margin = finding.margin.unwrap_or_else(|| panic!("{context}"));
                let (low, _, high) = (next(), next(), next());
                assert!(near(margin.low, low) && near(margin.high, high), "{context}");
                assert_eq!(margin.unit.symbol(), next(), "{context}");
            }
            "measured" | "raw" => {
                let of = if word == "raw" { finding.raw } else { finding.measured };
                let measured = of.unwrap_or_else(|| panic!("{context}"));
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
            "coverage" => assert!(near(finding.coverage, next()), "{context}"),
            "evidence" => {
                let evidence = finding.evidence.first().unwrap_or_else(|| panic!("{context}"));
                assert_eq!(evidence.channel, next(), "{context}");
                let (from, _, to) = (next(), next(), next());
                let span = (evidence.span.start.0, evidence.span.end.0);
                assert_eq!(span, (at(from), at(to)), "{context}");
            }
            "occurrence" => {
                assert_eq!(finding.occurrence.map(f64::from), next().parse().ok(), "{context}");
            }
            "uncounted" => assert!(!finding.counted, "{context}"),
            "says" => {
                let text = expected.split_once(" says ").map_or("", |(_, text)| text);
                assert!(finding.reason.en.contains(text), "{context}");
                return;
            }
            other => panic!("{context}: {other}"),
        }
    }
}

/// A test for each document.
macro_rules! documents {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let name = concat!(stringify!($name), ".md");
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/operators/");
                check(&std::fs::read_to_string(format!("{folder}{name}")).unwrap());
            }
        )*

        #[test]
        fn every_document_is_a_test() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/operators");
            for entry in std::fs::read_dir(folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let known = [$(stringify!($name)),*];
                let is_known = |name: &str| name == "README" || known.contains(&name);
                assert!(name.strip_suffix(".md").is_some_and(is_known), "{name}");
            }
        }
    };
}

documents! {
    bound hold pair timeto drop excur ripple trip accum errref cycles drift kine witness formula any_of
    levels repeats preconditions uncertainty phases derived doubts traps
}
