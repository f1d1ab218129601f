//! Whether instruments are found fit for criteria: slow meters, rare polls, coarse transmitters, full
//! buses; and what the evaluator then makes of a pass.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

mod common;

use common::{PHASE, Wiring, criterion, wire};
use trial::plan::{Plan, SamplePeriod};
use verdict::fit::{Fitness, fit};
use words::Language;

/// A plan of one pressure, polled every `every`, with lines of its role, point, channel, calibration
/// and criterion.
#[derive(Clone, Copy)]
struct Case {
    role: &'static str,
    point: &'static str,
    calibration: &'static str,
    every_ms: i64,
    /// As the bus lets; the same as `every_ms` where it is not said.
    effective_ms: Option<i64>,
    operator: &'static str,
    rule: &'static str,
    fitness: Fitness,
    /// Parts of the English sentences, in order; as many as there are sentences.
    says: &'static [&'static str],
}

const PLAIN: Case = Case {
    role: "",
    point: "",
    calibration: "",
    every_ms: 100,
    effective_ms: None,
    operator: "bound = { signal = \"p\", statistic = \"min\", compare = \">=\", limit = \"1 MPa\" }",
    rule: "simple_acceptance",
    fitness: Fitness::Fit,
    says: &[],
};

const DIP: &str = "excur = { signal = \"p\", step = { mark = \"step\" }, below = \"10 %\", \
    band = \"2 %\", steady = \"2 s\", recovery = \"0.3 s\", stay = \"1 s\" }";
const WITHIN: &str = "timeto = { from = { mark = \"start\" }, to = { when = [\"p >= 1 MPa\"] }, \
    within = \"45 s\" }";
const BAND: &str =
    "bound = { signal = \"p\", statistic = \"mean\", low = \"0.9 MPa\", high = \"1.1 MPa\" }";

fn documents(case: &Case) -> Plan {
    let Case { role, point, calibration, every_ms, operator, rule, .. } = case;
    let criterion = criterion("c", operator, rule);
    let scenario = format!(
        "[scenario]\nid = \"s\"\nfamily = \"urban-fire\"\ncluster = \"fire-rescue\"\nedition = \"1\"\n\
         title = {{ en = \"Pressure\", zh = \"压力\" }}\n[quality]\nmin_coverage = 0.9\nmax_gap = \"2 s\"\n\
         [[role]]\nid = \"p\"\ntitle = {{ en = \"Pressure\", zh = \"压力\" }}\n\
         quantity = \"pressure.gauge\"\nunit = \"MPa\"\n{role}\n{PHASE}{criterion}"
    );
    let points = vec![("p", format!("valid = [0.0, 1.6]\n{point}"))];
    let every = format!("{every_ms} ms");
    let more = (*calibration).to_owned();
    wire(&scenario, &Wiring { every: Some(&every), more, points, ..Wiring::default() })
}

fn check(case: &Case) {
    let plan = documents(case);
    let ms = 1_000_000;
    let effective_ns = Some(case.effective_ms.unwrap_or(case.every_ms) * ms);
    let period = SamplePeriod { declared_ns: Some(case.every_ms * ms), effective_ns };
    let found = fit(&plan, &[period], "2026-06-01");
    let [only] = found.as_slice() else { panic!("{found:#?}") };
    let says = |language| only.misfits.iter().map(move |one| one.in_language(language));
    let english: Vec<String> = says(Language::English).collect();
    assert_eq!(only.fitness, case.fitness, "{english:#?}");
    assert_eq!(english.len(), case.says.len(), "{english:#?}");
    for (sentence, part) in english.iter().zip(case.says) {
        assert!(sentence.contains(part), "{sentence}\nlacks\n{part}");
    }
    assert!(says(Language::Chinese).all(|sentence| sentence.contains('。')));
}

#[test]
fn a_fit_instrument_lacks_nothing() {
    check(&PLAIN);
    check(&Case { operator: WITHIN, ..PLAIN });
    check(&Case { operator: DIP, every_ms: 20, point: "refresh = \"20 ms\"", ..PLAIN });
}

#[test]
fn a_meter_that_is_new_once_a_second_cannot_see_a_dip_of_a_third() {
    check(&Case {
        operator: DIP,
        every_ms: 20,
        role: "max_refresh = \"20 ms\"",
        point: "refresh = \"1 s\"",
        fitness: Fitness::Unfit,
        says: &["a refresh of at most 20 ms", "every 1 s, what is judged lasts 300 ms"],
        ..PLAIN
    });
    // To ask it oftener alone would not help.
    check(&Case {
        operator: DIP,
        every_ms: 1000,
        point: "refresh = \"1 s\"",
        fitness: Fitness::Unfit,
        says: &[
            "Ask for it every 30 ms or oftener",
            "Use an instrument with a refresh of at most 30",
        ],
        ..PLAIN
    });
}

#[test]
fn one_poll_a_second_leaves_a_reserve_of_a_time_limit() {
    // One edge between two samples 1 s apart, and a mark within ±0.3 s: U = 2 √((1² + 0.6²)/12) s. A
    // hundredth of the limit, 0.45 s, leaves √(12 × (0.45/2)² − 0.6²) = 0.4975 s for the period.
    let once_a_second = Case { operator: WITHIN, every_ms: 1000, ..PLAIN };
    check(&Case {
        fitness: Fitness::Reserve,
        says: &["uncertain by ±673 ms (k = 2), an event is dated up to 1 s late: of the limit of \
                 45 s a time up to 44.3 s is sure. Ask for it every 497 ms or oftener."],
        ..once_a_second
    });
    check(&Case { every_ms: 497, ..once_a_second });
    // A meter that is itself new once a second takes its share: √(0.2475/2) = 0.3517 s for each.
    check(&Case {
        point: "refresh = \"1 s\"",
        fitness: Fitness::Reserve,
        says: &["every 351 ms or oftener, and use an instrument with refresh and response of at"],
        ..once_a_second
    });
    check(&Case { every_ms: 351, point: "refresh = \"351 ms\"", ..once_a_second });
    check(&Case {
        operator: WITHIN,
        point: "refresh = \"1 s\"\nresponse_time = \"40 s\"",
        fitness: Fitness::Unfit,
        says: &["Use an instrument with refresh and response of at most 344 ms"],
        ..PLAIN
    });
}

#[test]
fn a_mark_by_hand_does_not_date_a_short_time() {
    // U = 2 × 0.3/√3 s of the mark alone, a third of 1 s.
    let stop = |within: &str| {
        format!(
            "timeto = {{ from = {{ mark = \"stop\" }}, to = {{ when = \
         [\"p <= 0.1 MPa\"] }}, within = \"{within}\" }}"
        )
    };
    let says = &["A mark set by hand lies within ±300 ms: of the limit of 5 s a time up to 4.65 s"];
    let operator = stop("5 s").leak();
    check(&Case { operator, every_ms: 10, fitness: Fitness::Reserve, says, ..PLAIN });
    let operator = stop("1 s").leak();
    let says = &["of the limit of 1 s a time up to 653 ms is sure"];
    check(&Case { operator, every_ms: 10, fitness: Fitness::Unfit, says, ..PLAIN });
}

#[test]
fn rates_and_gaps_are_compared_with_what_the_bus_gives() {
    let role = "min_rate_hz = 2.0";
    check(&Case { role, every_ms: 500, ..PLAIN });
    check(&Case {
        role,
        every_ms: 500,
        effective_ms: Some(563),
        fitness: Fitness::Unfit,
        says: &["about 1.8 samples a second of its bus"],
        ..PLAIN
    });
    check(&Case {
        role,
        every_ms: 3000,
        fitness: Fitness::Unfit,
        says: &["Ask for it every 500 ms", "after each there is a gap"],
        ..PLAIN
    });
    // Who follows the advice is fit: 1/60 s is not 17 ms.
    check(&Case {
        role: "min_rate_hz = 60.0",
        every_ms: 20,
        fitness: Fitness::Unfit,
        says: &["sampled 50 times a second, the criterion needs 60. Ask for it every 16.6 ms"],
        ..PLAIN
    });
    check(&Case {
        role: "min_rate_hz = 10.0",
        every_ms: 100,
        effective_ms: Some(101),
        fitness: Fitness::Unfit,
        says: &["about 9.9 samples a second"],
        ..PLAIN
    });
    check(&Case {
        role: "min_rate_hz = 0.1",
        every_ms: 20_000,
        fitness: Fitness::Unfit,
        says: &["sampled 0.05 times a second", "after each there is a gap"],
        ..PLAIN
    });
}

#[test]
fn an_unknown_uncertainty_counts_only_where_something_needs_it() {
    check(&Case {
        rule: "guard_band",
        fitness: Fitness::Unfit,
        says: &["The decision rule needs the uncertainty"],
        ..PLAIN
    });
    check(&Case {
        role: "max_uncertainty = \"0.01 MPa\"",
        fitness: Fitness::Reserve,
        says: &["Declare the calibration of channel ch_p"],
        ..PLAIN
    });
}

#[test]
fn a_range_holds_its_limit() {
    let operator =
        "bound = { signal = \"p\", statistic = \"max\", compare = \"<=\", limit = \"2 MPa\" }";
    let says = &["The range of \"Pressure\", 0 to 1.6 MPa, does not contain the limit of 2 MPa"];
    check(&Case { operator, fitness: Fitness::Unfit, says, ..PLAIN });
}

const COARSE: &str = "[[calibration]]\nid = \"ch_p\"\ncertificate = \"C-1\"\ndate = \"2026-01-01\"\n\
    due = \"2026-07-01\"\nmodel = \"linear\"\ngain = 1.0\n\
    uncertainty = { expanded = 0.05, coverage_factor = 2.0 }\n";
const USELESS: &str = "[[calibration]]\nid = \"ch_p\"\ncertificate = \"C-1\"\ndate = \"2026-01-01\"\n\
    due = \"2026-05-01\"\nmodel = \"linear\"\ngain = 1.0\n\
    uncertainty = { expanded = 0.15, coverage_factor = 2.0 }\n";

#[test]
fn a_coarse_transmitter_leaves_a_guard_band_or_nothing() {
    // (1.1 − 0.9) / (2 × 0.05) = 2, for which the managed guard band is 0.282 U.
    check(&Case {
        operator: BAND,
        calibration: COARSE,
        fitness: Fitness::Reserve,
        says: &["ratio of 2.0 (U = 0.05 MPa), 4 is wished for"],
        ..PLAIN
    });
    check(&Case {
        operator: BAND,
        calibration: USELESS,
        role: "max_uncertainty = \"0.1 MPa\"",
        fitness: Fitness::Unfit,
        says: &["was due on 2026-05-01", "0.15 MPa (k = 2) at best", "ratio of 0.7"],
        ..PLAIN
    });
}
