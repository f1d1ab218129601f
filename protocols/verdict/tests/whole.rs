//! Whole evaluations: roles without channels, other scenarios, the cursor, derived channels, the
//! conclusion, and the shipped scenarios.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::sync::Arc;

use common::{Memory, SECOND, Sample, plan, plan_binding};
use trial::document::Source;
use trial::finding::{Findings, Verdict};
use trial::record::Mark;
use trial::recording::{Recording, standing_marks};
use trial::scenario::Scenario;
use trial::time::{Span, TrialTime};
use verdict::{
    Evaluator, bound_signals, derived_samples, evaluate, evaluate_until, evaluate_with, exit_code,
    rebind,
};

/// A scenario with one criterion for each (id, mandatory, status, limit in MPa).
fn scenario(criteria: &[(&str, bool, &str, f64)]) -> String {
    let mut text = r#"[quality]
min_coverage = 0.9
max_gap = "2 s"
[[phase]]
id = "phase"
title = { en = "Phase", zh = "阶段" }
enter = { mark = "begin" }
exit = { mark = "finish" }
"#
    .to_owned();
    for (id, mandatory, status, limit) in criteria {
        text += &format!(
            r#"[[criterion]]
id = "{id}"
title = {{ en = "Title", zh = "标题" }}
phase = "phase"
operator = {{ bound = {{ signal = "p", statistic = "min", compare = ">=", limit = "{limit} MPa" }} }}
class = "A"
mandatory = {mandatory}
rule = "simple_acceptance"
source = {{ standard = "none", clause = "none", edition = "1", status = "{status}" }}
"#
        );
    }
    text
}

fn seconds(values: &[f64]) -> Vec<Sample> {
    let samples = values.iter().enumerate();
    samples.map(|(second, value)| (second as i64 * SECOND, Some(*value))).collect()
}

fn recording(text: &str, p: &[f64], marks: &[(i64, &str)]) -> Memory {
    let samples = [seconds(p), Vec::new(), Vec::new()];
    let marks: Vec<_> = marks.iter().map(|(at, text)| (at * SECOND, *text)).collect();
    Memory::new(plan(text), samples, &marks, p.len() as i64 * SECOND)
}

fn conclusion(criteria: &[(&str, bool, &str, f64)], marks: &[(i64, &str)]) -> Findings {
    evaluate(&recording(&scenario(criteria), &[2.0; 5], marks)).unwrap()
}

const WHOLE: [(i64, &str); 2] = [(0, "begin"), (4, "finish")];

#[test]
fn the_conclusion_needs_every_mandatory_pass() {
    let check = |criteria: &[(&str, bool, &str, f64)], marks: &[(i64, &str)], verdict, exit| {
        let findings = conclusion(criteria, marks);
        assert_eq!(findings.conclusion.verdict, verdict, "{findings:#?}");
        assert_eq!(exit_code(&findings), exit, "{findings:#?}");
        findings
    };
    let (good, bad, extra) =
        (("a", true, "declared", 1.0), ("b", true, "declared", 3.0), ("c", false, "declared", 3.0));
    let passed = check(&[good], &WHOLE, Verdict::Pass, 0);
    assert_eq!(passed.conclusion.headline.zh, "合格");
    check(&[good, bad], &WHOLE, Verdict::Fail, 3);
    // A criterion that is not mandatory does not decide the whole, but programs hear of it.
    check(&[good, extra], &WHOLE, Verdict::Pass, 3);
    check(&[good], &[(0, "begin")], Verdict::Inconclusive, 4);
    check(&[good], &[], Verdict::Inconclusive, 4);
    // A fail is told even if something else is undecided; nothing mandatory concludes nothing.
    check(&[("c", false, "declared", 1.0)], &WHOLE, Verdict::Inconclusive, 4);
    // The second occurrence fails what the first passed.
    let twice = [(0, "begin"), (1, "finish"), (2, "begin")];
    let findings = check(&[good], &twice, Verdict::Inconclusive, 4);
    assert_eq!(findings.findings.len(), 2);
    assert!(findings.findings[1].reason.en.starts_with("Occurrence 2 of 2."));
}

#[test]
fn an_illustrative_limit_never_states_conformity() {
    let illustrative = ("i", false, "illustrative", 1.0);
    for (limit, verdict) in [(1.0, Verdict::Pass), (3.0, Verdict::Fail)] {
        let findings = conclusion(&[("a", true, "declared", limit), illustrative], &WHOLE);
        assert_eq!(findings.conclusion.verdict, verdict);
        assert!(findings.conclusion.illustrative);
        let headline = &findings.conclusion.headline;
        assert!(headline.en.starts_with("Result against declared values"), "{}", headline.en);
        assert!(headline.zh.starts_with("按声明值给出的结果"), "{}", headline.zh);
        assert!(!headline.zh.contains("合格") && !headline.en.contains("conform"));
    }
}

#[test]
fn a_role_without_a_channel_is_not_tested() {
    let text = scenario(&[("a", true, "declared", 1.0)]);
    let samples = [Vec::new(), seconds(&[1.0, 1.0]), Vec::new()];
    let memory = Memory::new(plan_binding(&text, &["q"]), samples, &[(0, "begin")], SECOND);
    let findings = evaluate(&memory).unwrap();
    assert_eq!(findings.findings[0].verdict, Verdict::NotTested);
    assert!(findings.findings[0].reason.en.contains(": p."), "{:?}", findings.findings[0].reason);
    assert_eq!(exit_code(&findings), 4);
}

#[test]
fn the_cursor_sees_what_had_been_recorded() {
    let memory = recording(
        &scenario(&[("a", true, "declared", 1.0)]),
        &[2.0, 2.0, 2.0, 0.5, 2.0],
        &[(1, "begin"), (4, "finish")],
    );
    let at = |second: f64| {
        let until = TrialTime((second * SECOND as f64) as i64);
        evaluate_until(&memory, memory.plan(), until).unwrap().findings[0].verdict
    };
    assert_eq!(at(0.5), Verdict::NotExercised);
    assert_eq!(at(2.5), Verdict::Inconclusive);
    assert_eq!(at(3.0), Verdict::Fail);
    assert_eq!(at(9.0), Verdict::Fail);
}

#[test]
fn the_fold_can_be_asked_at_any_time() {
    let text = scenario(&[("a", true, "declared", 1.0)]);
    let memory = recording(&text, &[2.0, 1.5, 0.5], &[(0, "begin"), (3, "finish")]);
    let marks: Vec<Mark> = standing_marks(memory.marks());
    let bound = bound_signals(memory.plan());
    let mut evaluator = Evaluator::new(memory.plan(), &marks);
    let mut verdicts = Vec::new();
    let channel = &bound[0];
    memory
        .read(channel.channel, Span::ALL, &mut |chunk| {
            for (index, time) in chunk.times.iter().enumerate() {
                let (value, quality) = (chunk.values[index], chunk.qualities[index]);
                let observation = channel.observation(*time, 0, value, quality).unwrap();
                evaluator.feed(&observation);
                verdicts.push(evaluator.clone().finish(*time).findings[0].verdict);
            }
        })
        .unwrap();
    assert_eq!(verdicts, [Verdict::Inconclusive, Verdict::Inconclusive, Verdict::Fail]);
    assert_eq!(evaluator.finish(TrialTime(3 * SECOND)), evaluate(&memory).unwrap());
}

#[test]
fn another_scenario_is_bound_by_names() {
    let memory = recording(&scenario(&[("a", true, "declared", 1.0)]), &[2.0; 5], &WHOLE);
    let other = plan(&scenario(&[("b", true, "declared", 3.0)])).scenario;
    let findings = evaluate_with(&memory, &rebind(memory.plan(), other)).unwrap();
    assert_eq!(findings.findings[0].criterion, "b");
    assert_eq!(findings.findings[0].verdict, Verdict::Fail);
    // A scenario that knows none of the roles, and whose parameters have no value.
    let pump = shipped("fire.vehicle-pump");
    let findings = evaluate_with(&memory, &rebind(memory.plan(), pump)).unwrap();
    // By the defaults of its parameters the fuel is not weighed.
    let undecided = [Verdict::NotTested, Verdict::Error, Verdict::NotApplicable];
    assert!(findings.findings.iter().all(|finding| undecided.contains(&finding.verdict)));
    assert_eq!(findings.conclusion.verdict, Verdict::Inconclusive);
}

fn shipped(id: &str) -> Arc<Scenario> {
    let document = trial::catalogue::scenarios().iter().find(|shipped| shipped.id == id).unwrap();
    Arc::new(Scenario::resolve(Source::new(id, document.bytes).unwrap()).unwrap())
}

#[test]
fn derived_samples_come_with_every_input_while_the_others_are_observed() {
    let text = scenario(&[("a", true, "declared", 1.0)]);
    let p = vec![(0, Some(1.0)), (SECOND, Some(2.0)), (4 * SECOND, Some(3.0))];
    let q = vec![(0, Some(10.0)), (2 * SECOND, None), (5 * SECOND, Some(20.0))];
    let memory = Memory::new(plan(&text), [p, q, Vec::new()], &[], 6 * SECOND);
    let collect = |span| {
        let mut samples = Vec::new();
        derived_samples(&memory, memory.plan(), "pq", span, &mut |chunk| {
            let values = chunk.values.iter().map(|value| (value * 1e6).round() / 1e6);
            samples.extend(chunk.times.iter().map(|time| time.0 / SECOND).zip(values));
        })
        .unwrap();
        samples
    };
    // At 2 s the flow is bad, at 4 s still; at 5 s the pressure is 1 s old.
    assert_eq!(collect(Span::ALL), [(0, 10.0), (1, 20.0), (5, 60.0)]);
    let late = Span::new(TrialTime(5 * SECOND), TrialTime(6 * SECOND));
    assert_eq!(collect(late), [(5, 60.0)]);
    let unknown = derived_samples(&memory, memory.plan(), "nothing", Span::ALL, &mut |_| {});
    assert!(unknown.unwrap_err().to_string().contains("no derived channel nothing"));
}

#[test]
fn the_shipped_pump_scenarios_use_every_operator_and_label_every_limit() {
    let pump = shipped("fire.vehicle-pump");
    let operators: std::collections::BTreeSet<_> = pump
        .criteria
        .iter()
        .map(|criterion| format!("{:?}", std::mem::discriminant(&criterion.operator)))
        .collect();
    assert_eq!(operators.len(), 7);
    assert!(pump.criteria.len() >= 8);
    for scenario in [&pump, &shipped("fire.vehicle-pump-nfpa")] {
        let sources = scenario.criteria.iter().map(|criterion| &criterion.source);
        assert!(sources.clone().all(|source| !source.standard.is_empty()));
        // Nothing here has been compared with an edition in force.
        use trial::scenario::LimitStatus;
        assert!(sources.clone().all(|source| source.status != LimitStatus::Verified));
        let of = |prefix: &str| {
            let standards =
                sources.clone().map(|source| source.standard.in_language(words::Language::English));
            standards.into_iter().any(|standard| standard.starts_with(prefix))
        };
        let mixed = of("NFPA") && of("GB");
        assert!(!mixed, "{}", scenario.id);
    }
}

#[test]
fn net_pressure_counts_dynamic_pressure_and_gauge_heights() {
    let pump = shipped("fire.vehicle-pump");
    let mut names: std::collections::BTreeMap<String, f64> = pump
        .parameters
        .iter()
        .filter_map(|parameter| Some((parameter.id.clone(), parameter.default_si?)))
        .collect();
    let measured = [("outlet_pressure", 1.0e6), ("inlet_pressure", -5.0e4), ("flow", 0.06)];
    let measured = measured.into_iter().chain([("outlet_gauge_height", 2.0)]);
    names.extend(measured.map(|(name, value)| (name.to_owned(), value)));
    for derived in &pump.derived {
        let value = derived.expression.evaluate(&|name| names.get(name).copied());
        names.insert(derived.id.clone(), value);
    }
    // 60 L/s flow at 11.937 m/s in DN80 and at 4.889 m/s in DN125: 71.10 kPa less 11.93 kPa of
    // dynamic pressure; 2 m of water are 19.57 kPa.
    let expected = 1.0e6 + 5.0e4 + (71_100.0 - 11_930.0) + 19_574.0;
    assert!((names["net_pressure"] - expected).abs() < 20.0, "{}", names["net_pressure"]);
    assert_eq!(names["vacuum"], 5.0e4);
    assert!((names["hydraulic_power"] - 0.06 * expected).abs() < 2.0);
}
