//! How samples are cut into blocks changes no bit of the findings: one by one, in the blocks of a
//! recording, and broken off at any instant.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{Memory, OTHER_PRESSURE, PHASE, SECOND, Sample, criterion, plan};
use proptest::prelude::*;
use trial::channel::{ChannelIndex, Quality};
use trial::finding::{Cause, Finding, Findings, Verdict};
use trial::record::Mark;
use trial::recording::{Recording, standing_marks};
use trial::time::{Span, TrialTime};
use verdict::{
    Evaluator, Live, Observation, Timeline, bound_signals, evaluate, evaluate_until, evaluate_with,
    timeline,
};

/// Samples come every fifth of a second; values are tenths.
const TICK: i64 = SECOND / 5;
const TICKS: i64 = 60;

/// The operators of a run over `p`, `q` and `t`.
const OPERATORS: [&str; 14] = [
    r#"bound = { signal = "p", statistic = "min", compare = ">=", limit = "0 MPa" }"#,
    r#"bound = { signal = "p", statistic = "p95", compare = "<=", limit = "0.2 MPa" }"#,
    r#"bound = { signal = "pq", statistic = "max", compare = "<=", limit = "0.2 kW" }"#,
    r#"hold = { signal = "p", low = "-0.1 MPa", for = "2 s" }"#,
    r#"pair = { conditions = ["p >= 0 MPa", "q >= 0 L/s"], for = "1 s" }"#,
    r#"timeto = { from = { mark = "step" }, to = { when = ["p >= 0.1 MPa"], for = "0.4 s" }, within = "2 s" }"#,
    r#"drop = { signal = "p", to = "after 3 s", limit = "0.1 MPa" }"#,
    r#"drop = { signal = "p", from = "max", to = "min", limit = "0.1 MPa" }"#,
    r#"trip = { signal = "p", when = { when = ["q >= 0.2 L/s"], for = "0.4 s" }, compare = "<=", limit = "0 MPa" }"#,
    r#"ripple = { signal = "p", window = "1 s", nominal = "1 MPa", limit = "20 %" }"#,
    r#"errref = { item = "p", reference = "r", limit = "0.1 MPa" }"#,
    r#"cycles = { rest = ["p <= 0 MPa"], reach = ["p >= 0.2 MPa", "q >= 0 L/s"], count = "2" }"#,
    r#"any_of = [{ hold = { signal = "p", low = "0 MPa", for = "2 s" } }, { hold = { signal = "q", low = "0 L/s", for = "3 s" } }]"#,
    r#"formula = "always(p >= 0 MPa -> eventually[0 s, 1 s](q >= 0 L/s))""#,
];

fn scenario() -> String {
    let head = "[quality]\nmin_coverage = 0.9\nmax_gap = \"0.5 s\"\n";
    let numbered = OPERATORS.iter().enumerate();
    let criteria: String = numbered
        .map(|(at, operator)| criterion(&format!("criterion-{at}"), operator, "simple_acceptance"))
        .collect();
    format!("{head}{OTHER_PRESSURE}{PHASE}{criteria}")
}

/// Good samples, bad ones and none.
fn signal() -> impl Strategy<Value = Vec<Sample>> {
    let sample = prop_oneof![
        12 => (-3i32..=3).prop_map(|value| Some(Some(f64::from(value) / 10.0))),
        2 => Just(None),
        1 => Just(Some(None)),
    ];
    proptest::collection::vec(sample, TICKS as usize).prop_map(|samples| {
        let samples = samples.into_iter().enumerate();
        samples.filter_map(|(at, sample)| Some((at as i64 * TICK, sample?))).collect()
    })
}

/// All observations in order of time.
fn observations(memory: &Memory) -> Vec<Observation> {
    let mut all = Vec::new();
    for bound in bound_signals(memory.plan()) {
        memory
            .read(bound.channel, Span::ALL, &mut |chunk| {
                for (at, time) in chunk.times.iter().enumerate() {
                    let quality: Quality = chunk.qualities[at];
                    all.extend(bound.observation(*time, 0, chunk.values[at], quality));
                }
            })
            .unwrap();
    }
    all.sort_by_key(|observation| observation.time);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_cut_changes_a_bit(
        p in signal(),
        q in signal(),
        begin in 0..20i64,
        length in 5..40i64,
        step in 0..20i64,
        cut in 0..TICKS * 2,
    ) {
        let half = TICK / 2;
        let marks = [(begin * half, "begin"), ((begin + step) * half, "step"), ((begin + length) * half, "finish")];
        let mut marks = marks.to_vec();
        marks.sort_by_key(|(at, _)| *at);
        let memory = Memory::new(plan(&scenario()), [p, q, Vec::new()], &marks, TICKS * TICK);
        let whole = evaluate(&memory).unwrap();
        let mut evaluator = Evaluator::new(memory.plan(), &standing_marks(memory.marks()));
        for observation in observations(&memory) {
            evaluator.feed(&observation);
        }
        prop_assert!(evaluator.finish(TrialTime(TICKS * TICK)) == whole);
        // Broken off: what a live trial knows by then is what its recording says.
        let until = TrialTime(cut * half);
        let marks = standing_marks(memory.marks());
        let marks: Vec<_> = marks.into_iter().filter(|mark| mark.at <= until).collect();
        let mut evaluator = Evaluator::new(memory.plan(), &marks);
        let known = observations(&memory).into_iter().filter(|known| known.time <= until);
        known.for_each(|observation| evaluator.feed(&observation));
        let broken = evaluate_until(&memory, memory.plan(), until).unwrap();
        prop_assert!(evaluator.finish(until) == broken);
    }
}

/// What comes to a judge of a live trial.
enum Arrival {
    Sample(ChannelIndex, TrialTime, f64, Quality),
    Mark(Mark),
}

/// Lets a live judge take what comes in the order of its arrival, judges it a second late, and feeds
/// it from the beginning where a mark has changed the past.
fn followed(memory: &Memory, arrivals: &[(i64, Arrival)], end: TrialTime) -> Findings {
    let plan = Arc::new(memory.plan().clone());
    let start = memory.head().origin.start;
    let mut live = Live::new(&plan, start, Vec::new());
    let mut next = 0;
    while let Some((at, arrival)) = arrivals.get(next) {
        next += 1;
        match arrival {
            Arrival::Sample(channel, time, value, quality) => {
                live.sample(*channel, *time, 0, *value, *quality);
            }
            Arrival::Mark(mark) => live.mark(TrialTime(*at), mark),
        }
        if let Some(known) = live.outdated() {
            live = Live::new(&plan, start, known);
            next = 0;
        } else if next % 5 == 0 {
            live.judge(TrialTime(at - SECOND));
        }
    }
    live.judge(end);
    live.findings()
}

proptest! {
    // Each case judges the recording a few thousand times.
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_live_trial_is_judged_as_its_recording(
        p in signal(),
        q in signal(),
        begin in 0..20i64,
        length in 5..40i64,
        late in proptest::collection::vec(0..SECOND, 8),
        corrected in any::<bool>(),
    ) {
        let half = TICK / 2;
        let mark = |number: u32, at: i64, text: &str, corrects| Mark {
            number,
            text: text.to_owned(),
            at: TrialTime(at),
            uncertainty_ns: 0,
            by: "operator".to_owned(),
            corrects,
            retracts: false,
            why: String::new(),
        };
        let mut set = vec![
            mark(1, begin * half, "begin", None),
            mark(2, (begin + 2) * half, "step", None),
            mark(3, (begin + length) * half, "finish", None),
        ];
        if corrected {
            set.push(mark(4, (begin + 1) * half, "begin", Some(1)));
        }
        let end = TrialTime(TICKS * TICK);
        let mut memory = Memory::new(plan(&scenario()), [p, q, Vec::new()], &[], end.0);
        memory.marks = set.iter().map(|mark| (mark.at, mark.clone())).collect();
        let mut late = late.into_iter().cycle();
        let mut arrivals: Vec<(i64, Arrival)> = Vec::new();
        for channel in [ChannelIndex(0), ChannelIndex(1)] {
            memory.read(channel, Span::ALL, &mut |chunk| {
                for (at, time) in chunk.times.iter().enumerate() {
                    let sample = Arrival::Sample(channel, *time, chunk.values[at], chunk.qualities[at]);
                    arrivals.push((time.0 + late.next().unwrap_or(0), sample));
                }
            }).unwrap();
        }
        // A person may set a mark long after what it is of.
        let marks = set.iter().map(|mark| {
            // A correction comes behind what it corrects.
            let after = if mark.corrects.is_some() { 4 * SECOND } else { 0 };
            (mark.at.0 + 3 * late.next().unwrap_or(0) + after, mark)
        });
        arrivals.extend(marks.map(|(at, mark)| (at, Arrival::Mark(mark.clone()))));
        arrivals.sort_by_key(|(at, arrival)| (*at, matches!(arrival, Arrival::Mark(_))));
        let whole = evaluate(&memory).unwrap();
        prop_assert!(followed(&memory, &arrivals, end) == whole);
    }

    #[test]
    fn a_timeline_says_what_stood_when(
        p in signal(),
        q in signal(),
        begin in 0..20i64,
        length in 5..40i64,
        again in 1..20i64,
        looks in proptest::collection::vec(0..TICKS * TICK, 4),
    ) {
        let half = TICK / 2;
        let marks = [
            (begin * half, "begin"),
            ((begin + 2) * half, "step"),
            ((begin + length) * half, "finish"),
            ((begin + length + again) * half, "begin"),
        ];
        let memory = Memory::new(plan(&scenario()), [p, q, Vec::new()], &marks, TICKS * TICK);
        let timeline = timeline(&memory, memory.plan(), &[]).unwrap();
        prop_assert!(!timeline.cut_short);
        let judged = |at: TrialTime| evaluate_until(&memory, memory.plan(), at).unwrap();
        let whole = evaluate_with(&memory, memory.plan()).unwrap();
        prop_assert_eq!(standing(&timeline, TrialTime(TICKS * TICK)), states(&whole));
        for at in looks.into_iter().map(TrialTime) {
            prop_assert_eq!(standing(&timeline, at), states(&judged(at)), "at {}", at.0);
        }
        for change in timeline.changes.iter().step_by(7) {
            let stood = judged(change.at);
            prop_assert!(stood.findings.contains(&change.finding), "{change:?}");
            let before = states(&judged(change.at.plus(-1)));
            let is_new = change.at == TrialTime(0) || !before.contains(&state(&change.finding));
            prop_assert!(is_new, "{change:?}");
        }
    }
}

/// What changes of a finding.
type State = (String, Option<u32>, Verdict, Option<Cause>);

fn state(finding: &Finding) -> State {
    let occurrence = finding.occurrence.or(finding.span.is_some().then_some(1));
    (finding.criterion.clone(), occurrence, finding.verdict, finding.cause)
}

fn states(findings: &Findings) -> Vec<State> {
    let mut states: Vec<State> = findings.findings.iter().map(state).collect();
    states.sort_unstable_by_key(|(criterion, occurrence, ..)| (criterion.clone(), *occurrence));
    states
}

/// What the changes up to an instant leave.
fn standing(timeline: &Timeline, at: TrialTime) -> Vec<State> {
    let mut standing: BTreeMap<(String, Option<u32>), State> = BTreeMap::new();
    for change in timeline.changes.iter().take_while(|change| change.at <= at) {
        let state = state(&change.finding);
        // What never came has come.
        standing.remove(&(state.0.clone(), None));
        standing.insert((state.0.clone(), state.1), state);
    }
    standing.into_values().collect()
}
