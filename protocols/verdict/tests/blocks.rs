//! However the input is cut into blocks, the same findings come out, bit for bit: one instant after
//! the other as live, window by window as from a file, and of the trial so far at any instant.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Memory, Sample, bench};
use proptest::prelude::*;
use trial::finding::Findings;
use trial::recording::{Recording as _, standing_marks};
use trial::time::{Span, TrialTime};
use verdict::{Evaluator, Observation, bound_signals, evaluate, evaluate_until};

/// Nanoseconds of a step of time; no round number, so that sums are rounded.
const STEP: i64 = 137_000_003;
/// Steps of a recording.
const STEPS: usize = 60;

/// One or more criteria of every operator that looks at signals.
const OPERATORS: [&str; 25] = [
    r#"bound = { signal = "p", statistic = "mean", compare = ">=", limit = "1 MPa" }"#,
    r#"bound = { signal = "pq", statistic = "mean", compare = ">=", limit = "1 kW" }"#,
    r#"bound = { signal = "pq", statistic = "min", compare = ">=", limit = "1 kW" }"#,
    r#"bound = { signal = "p", statistic = "p95", compare = ">=", limit = "1 MPa" }"#,
    r#"bound = { signal = "p", statistic = "mean first 2 s", compare = ">=", limit = "1 MPa" }"#,
    r#"bound = { signal = "p", statistic = "mean last 2 s", compare = ">=", limit = "1 MPa" }"#,
    r#"bound = { signal = "pq", statistic = "after 1 s", compare = ">=", limit = "1 kW" }"#,
    r#"bound = { signal = "mean_of_p", statistic = "mean", compare = ">=", limit = "1 MPa" }"#,
    r#"hold = { signal = "p", low = "1 MPa", high = "2 MPa", for = "1 s" }"#,
    r#"pair = { conditions = ["p >= 1 MPa", "q >= 1 L/s"], for = "1 s" }"#,
    r#"timeto = { from = { when = ["q >= 1 L/s"] }, to = { when = ["p >= 1 MPa"], for = "0.5 s" }, within = "3 s" }"#,
    r#"drop = { signal = "p", from = "mean first 1 s", to = "mean last 1 s", limit = "1 MPa" }"#,
    r#"drop = { signal = "p", from = "max", relative = "20 %" }"#,
    r#"excur = { signal = "p", step = { when = ["q >= 1 L/s"] }, below = "50 %", above = "50 %", band = "30 %", steady = "1 s", recovery = "3 s", stay = "0.5 s" }"#,
    r#"ripple = { signal = "p", window = "1 s", nominal = "1 MPa", limit = "50 %" }"#,
    r#"trip = { signal = "pq", when = { when = ["q >= 1 L/s"], for = "1 s" }, low = "0 kW", high = "2 kW" }"#,
    r#"accum = { signal = "q", how = "integral", compare = ">=", limit = "3 L" }"#,
    r#"accum = { signal = "n", how = "difference", compare = ">=", limit = "3 L" }"#,
    r#"errref = { item = "p", reference = "ref", limit = "1 MPa", relative = "10 %", combine = "sum" }"#,
    r#"errref = { item = "p", reference = "ref", limit = "1 MPa", at = "mean" }"#,
    r#"cycles = { rest = ["p <= 1 MPa"], reach = ["q >= 1 L/s"], count = "2", within = "3 s" }"#,
    r#"drift = { signal = "p", measure = "slope", limit = "0.5 MPa" }"#,
    r#"drift = { signal = "p", measure = "difference", over = "1 s", limit = "0.5 MPa" }"#,
    r#"formula = "always(p > 1 MPa -> eventually[0 s, 1 s](q >= 1 L/s))""#,
    r#"any_of = [ { hold = { signal = "p", low = "1 MPa", for = "1 s" } }, { accum = { signal = "q", how = "integral", compare = ">=", limit = "5 L" } } ]"#,
];

fn scenario(gap: f64, linear: bool) -> String {
    let how = if linear { "linear" } else { "hold" };
    let title = "title = { en = \"x\", zh = \"名\" }";
    let mut text = format!(
        "[quality]\nmin_coverage = 0.5\nmax_gap = \"{gap} s\"\ninterpolation = \"{how}\"\n\
         [[derived]]\nid = \"mean_of_p\"\n{title}\nquantity = \"pressure.gauge\"\nunit = \"MPa\"\n\
         expression = \"mean(p, 1 s)\"\n"
    );
    let phases = [
        ("marked", "{ mark = \"begin\" }", "{ mark = \"finish\" }"),
        ("found", "{ when = [\"q >= 1 L/s\"], for = \"0.3 s\" }", "{ when = [\"p < 1 MPa\"] }"),
    ];
    for (phase, enter, exit) in phases {
        text += &format!("[[phase]]\nid = \"{phase}\"\n{title}\nenter = {enter}\nexit = {exit}\n");
        for (index, operator) in OPERATORS.iter().enumerate() {
            text += &format!(
                "[[criterion]]\nid = \"{phase}-{index}\"\n{title}\nphase = \"{phase}\"\n\
                 operator = {{ {operator} }}\nclass = \"A\"\nmandatory = true\n\
                 rule = \"four_zones\"\nsource = {{ standard = \"none\", clause = \"none\", \
                 edition = \"1\", status = \"declared\" }}\n"
            );
        }
    }
    text
}

const CALIBRATIONS: &str = r#"
[[calibration]]
id = "ch_p"
certificate = "C-1"
date = "1969-06-01"
model = "linear"
gain = 1.0
uncertainty = { expanded = 0.01, coverage_factor = 2 }
[[calibration]]
id = "ch_q"
certificate = "C-2"
date = "1969-06-01"
model = "linear"
gain = 1.0
uncertainty = { expanded = 0.02, coverage_factor = 2 }
"#;

/// A signal: for each step nothing, a bad sample, or a value.
fn signal() -> impl Strategy<Value = Vec<Sample>> {
    let sample = prop_oneof![
        8 => (0.0f64..2.0).prop_map(|value| Some(Some(value))),
        3 => Just(None),
        1 => Just(Some(None)),
    ];
    proptest::collection::vec(sample, STEPS).prop_map(|samples| {
        let steps = samples.into_iter().enumerate();
        steps.filter_map(|(step, sample)| Some((step as i64 * STEP, sample?))).collect()
    })
}

/// All observations in order of time.
fn observations(memory: &Memory) -> Vec<Observation> {
    let mut all = Vec::new();
    for bound in bound_signals(memory.plan()) {
        let mut sink = |chunk: &trial::recording::Chunk| {
            for (at, time) in chunk.times.iter().enumerate() {
                let (value, quality) = (chunk.values[at], chunk.qualities[at]);
                all.extend(bound.observation(*time, 0, value, quality));
            }
        };
        memory.read(bound.channel, Span::ALL, &mut sink).unwrap();
    }
    all.sort_by_key(|observation| (observation.time, observation.signal));
    all
}

/// Finding by finding, so that the first that differs is told; the text has every bit.
fn same(one: &Findings, other: &Findings) -> Result<(), TestCaseError> {
    for (one, other) in one.findings.iter().zip(&other.findings) {
        prop_assert_eq!(format!("{one:#?}"), format!("{other:#?}"));
    }
    prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_gives_the_same_bits(
        p in signal(),
        q in signal(),
        reference in signal(),
        gap in prop_oneof![Just(0.3), Just(1.0)],
        linear in any::<bool>(),
        begin in 0i64..10,
        finish in 20i64..80,
        until in 0i64..STEPS as i64 * STEP,
    ) {
        let mut count = 0.0;
        let total = q.iter().map(|(at, value)| {
            count += value.unwrap_or(0.0);
            (*at, value.map(|_| count))
        });
        let columns = [("p", p), ("n", total.collect()), ("q", q), ("ref", reference)];
        let marks = [(begin * STEP + 5, "begin"), (finish * STEP, "finish")];
        let memory =
            bench(&scenario(gap, linear), CALIBRATIONS, &columns, &marks, STEPS as i64 * STEP);
        let marks = standing_marks(memory.marks());
        let mut evaluator = Evaluator::new(memory.plan(), &marks);
        let until = TrialTime(until);
        let mut early = None;
        for observation in observations(&memory) {
            if observation.time > until && early.is_none() {
                early = Some(evaluator.clone().finish(until));
            }
            evaluator.feed(&observation);
        }
        same(&evaluator.finish(memory.head().span.end), &evaluate(&memory).unwrap())?;
        if let Some(early) = early {
            same(&early, &evaluate_until(&memory, memory.plan(), until).unwrap())?;
        }
    }
}
