//! Events of a time limit, dated by instruments that are late: the latency that a profile declares is
//! taken off, refresh and response make the time uncertain.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

mod common;

use common::{Memory, PHASE, SECOND, Sample, Wiring, criterion, wire};
use trial::finding::{Finding, Verdict};
use trial::plan::Plan;
use verdict::evaluate;

const TENTH: i64 = SECOND / 10;

/// Two pressures, a valve's and a tank's, every 0.1 s from 0 to 20 s: the valve's rises with the
/// sample at 5 s, the tank's with that at `full_s`. The tank is to be full within 10 s of the valve.
struct Case {
    valve: &'static str,
    tank: &'static str,
    full_s: Option<f64>,
    verdict: Verdict,
    /// Margin in seconds: least and largest.
    margin: (Option<f64>, f64),
    /// U of the time, in seconds.
    uncertainty: Option<f64>,
    says: Option<&'static str>,
}

fn plan(valve: &str, tank: &str) -> Plan {
    let role = |name: &str| {
        format!(
            "[[role]]\nid = \"{name}\"\ntitle = {{ en = \"x\", zh = \"名\" }}\n\
             quantity = \"pressure.gauge\"\nunit = \"MPa\"\n"
        )
    };
    let operator = "timeto = { from = { when = [\"valve >= 1 MPa\"] }, \
        to = { when = [\"tank >= 1 MPa\"] }, within = \"10 s\" }";
    let scenario = format!(
        "[scenario]\nid = \"s\"\nfamily = \"urban-fire\"\ncluster = \"fire-rescue\"\nedition = \"1\"\n\
         title = {{ en = \"x\", zh = \"名\" }}\n[quality]\nmin_coverage = 0.9\nmax_gap = \"1 s\"\n\
         {}{}{PHASE}{}",
        role("valve"),
        role("tank"),
        criterion("c", operator, "simple_acceptance")
    );
    let points = vec![("valve", valve.to_owned()), ("tank", tank.to_owned())];
    wire(&scenario, &Wiring { every: Some("100 ms"), points, ..Wiring::default() })
}

fn rising(at_s: f64) -> Vec<Sample> {
    let at = (at_s * 10.0).round() as i64;
    (0..=200).map(|tenth| (tenth * TENTH, Some(if tenth < at { 0.0 } else { 2.0 }))).collect()
}

fn near(is: f64, wanted: f64) -> bool {
    (is - wanted).abs() < 1e-6
}

fn check(case: &Case) {
    let samples = vec![rising(5.0), rising(case.full_s.unwrap_or(f64::from(u16::MAX)))];
    let marks = [(0, "begin"), (20 * SECOND, "finish")];
    let memory = Memory::new(plan(case.valve, case.tank), samples, &marks, 20 * SECOND);
    let findings = evaluate(&memory).expect("readable").findings;
    let [Finding { verdict, margin, uncertainty, reason, evidence, .. }] = findings.as_slice()
    else {
        panic!("{findings:#?}")
    };
    let margin = margin.unwrap();
    let low = match (margin.low, case.margin.0) {
        (Some(is), Some(wanted)) => near(is, wanted),
        (is, wanted) => is == wanted,
    };
    assert!(low && near(margin.high.unwrap(), case.margin.1), "{margin:?}: {reason:?}");
    assert_eq!(*verdict, case.verdict, "{reason:?}");
    match (uncertainty, case.uncertainty) {
        (Some(is), Some(wanted)) => assert!(near(is.expanded, wanted), "{is:?}"),
        (is, wanted) => assert_eq!(is.is_some(), wanted.is_some(), "{is:?}"),
    }
    let told = reason.en.contains("latencies");
    assert_eq!(told, case.says.is_some(), "{reason:?}");
    assert!(case.says.is_none_or(|part| reason.en.contains(part)), "{reason:?}");
    // Evidence is where the samples are.
    if let Some(full_s) = case.full_s {
        assert!(evidence.iter().all(|one| near(one.span.start.seconds(), 5.0)), "{evidence:?}");
        assert!(evidence.iter().all(|one| near(one.span.end.seconds(), full_s)), "{evidence:?}");
    }
}

const PLAIN: Case = Case {
    valve: "",
    tank: "",
    full_s: Some(15.2),
    verdict: Verdict::Fail,
    margin: (Some(-0.2), -0.2),
    // Two edges, each between two samples 0.1 s apart: 2 √(2 × 0.1²/12).
    uncertainty: Some(0.081_649_658),
    says: None,
};

#[test]
fn without_declared_delays_an_event_is_where_its_sample_is() {
    check(&PLAIN);
}

#[test]
fn a_latency_is_taken_off_the_event_that_it_delays() {
    // The tank shows at 15.2 s what was there at 14.7 s.
    let tank = "latency = \"500 ms\"";
    let says = Some("0 s of the first event, 0.5 s of the second");
    let margin = (Some(0.3), 0.3);
    check(&Case { tank, margin, verdict: Verdict::Pass, says, ..PLAIN });
    // The valve opened 0.5 s before it showed: the tank had longer.
    let says = Some("0.5 s of the first event, 0 s of the second");
    let margin = (Some(-0.7), -0.7);
    check(&Case { valve: tank, margin, says, ..PLAIN });
    // Equal delays leave the time as it is.
    let says = Some("0.5 s of the first event, 0.5 s of the second");
    check(&Case { valve: tank, tank, says, ..PLAIN });
}

#[test]
fn refresh_and_response_make_a_time_uncertain() {
    // 2 √((2 × 0.1² + 1² + 0.6²)/12).
    check(&Case {
        tank: "refresh = \"1 s\"\nresponse_time = \"600 ms\"",
        uncertainty: Some(0.678_232_998),
        ..PLAIN
    });
}

#[test]
fn what_was_not_reached_may_only_not_have_been_shown() {
    // At 20 s the tank had not been full at 19 s; by then 14 s had passed, 10 s were permitted.
    check(&Case {
        tank: "latency = \"1 s\"",
        full_s: None,
        margin: (None, -4.0),
        uncertainty: None,
        ..PLAIN
    });
}
