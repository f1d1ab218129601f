//! The fold against a naive evaluator that looks at every tick: independent code, same findings.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Memory, PHASE, SECOND, Sample, criterion, plan};
use proptest::prelude::*;
use trial::finding::{Finding, Findings, Verdict};
use verdict::evaluate;

/// Stands for "anything": larger than all values and sums of the tests.
const HUGE: f64 = 1e12;

/// One signal: at each tick a good sample, a bad one, or none.
#[derive(Clone)]
struct Signal(Vec<Option<Option<f64>>>);

impl std::fmt::Debug for Signal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (tick, sample) in self.0.iter().enumerate() {
            match sample {
                Some(Some(value)) => write!(f, "{tick}:{value} ")?,
                Some(None) => write!(f, "{tick}:bad ")?,
                None => {}
            }
        }
        Ok(())
    }
}

impl Signal {
    fn samples(&self) -> Vec<Sample> {
        let ticks = self.0.iter().enumerate();
        ticks.filter_map(|(tick, sample)| Some((tick as i64 * SECOND, (*sample)?))).collect()
    }

    /// The value that holds during [tick, tick + 1).
    fn at(&self, tick: usize, gap: usize) -> Option<f64> {
        let last = (0..=tick.min(self.0.len() - 1)).rev().find(|at| self.0[*at].is_some())?;
        self.0[last]?.filter(|_| tick < last + gap)
    }
}

fn signal(ticks: usize) -> impl Strategy<Value = Signal> {
    // Few different values, so that ties and values at the limit are frequent.
    let sample = prop_oneof![
        6 => (-2i32..=2).prop_map(|value| Some(Some(f64::from(value)))),
        2 => Just(None),
        1 => Just(Some(None)),
    ];
    proptest::collection::vec(sample, ticks..=ticks).prop_map(Signal)
}

#[derive(Debug, Clone)]
struct Case {
    p: Signal,
    q: Signal,
    gap: usize,
    start: usize,
    end: Option<usize>,
    length: usize,
    limit: i32,
    coverage: f64,
}

impl Case {
    /// Ticks that are judged.
    fn ticks(&self) -> std::ops::Range<usize> {
        self.start..self.end.unwrap_or(TICKS)
    }

    fn judge(&self, operator: &str, marks: &[(i64, &str)]) -> Findings {
        let criterion = criterion("criterion", operator, "simple_acceptance");
        let (coverage, gap) = (self.coverage, self.gap);
        let text = format!(
            r#"[quality]
min_coverage = {coverage:?}
max_gap = "{gap} s"
{PHASE}{criterion}"#
        );
        let mut all = vec![(self.start as i64 * SECOND, "begin")];
        all.extend_from_slice(marks);
        all.extend(self.end.map(|end| (end as i64 * SECOND, "finish")));
        let samples = [self.p.samples(), self.q.samples(), Vec::new()];
        let memory = Memory::new(plan(&text), samples, &all, TICKS as i64 * SECOND);
        evaluate(&memory).unwrap()
    }

    fn share(&self) -> f64 {
        let ticks = self.ticks();
        let observed = ticks.clone().filter(|tick| self.p.at(*tick, self.gap).is_some()).count();
        observed as f64 / ticks.len() as f64
    }

    fn gated(&self, verdict: Verdict, share: f64) -> Verdict {
        if verdict == Verdict::Pass && share < self.coverage {
            Verdict::Inconclusive
        } else {
            verdict
        }
    }
}

const TICKS: usize = 24;

fn case() -> impl Strategy<Value = Case> {
    (
        signal(TICKS + 1),
        signal(TICKS + 1),
        1usize..5,
        0usize..8,
        proptest::option::of(12usize..TICKS),
        1usize..7,
        -2i32..=2,
        prop_oneof![Just(0.0), Just(0.9)],
    )
        .prop_map(|(p, q, gap, start, end, length, limit, coverage)| Case {
            p,
            q,
            gap,
            start,
            end,
            length,
            limit,
            coverage,
        })
}

/// Unbounded ends are ± HUGE.
fn bounds(finding: &Finding) -> (f64, f64) {
    let margin = finding.margin.expect("a margin");
    (margin.low.unwrap_or(-HUGE), margin.high.unwrap_or(HUGE))
}

fn bounded(value: f64) -> f64 {
    if value.abs() > 1e6 { HUGE.copysign(value) } else { value }
}

fn close(one: (f64, f64), other: (f64, f64)) -> bool {
    (one.0 - other.0).abs() < 1e-9 && (one.1 - other.1).abs() < 1e-9
}

fn decided(low: f64, high: f64) -> Verdict {
    if low >= 0.0 {
        Verdict::Pass
    } else if high < 0.0 {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

/// The statistic with everything unobserved, and the future of an open phase, set to `unknown`.
fn statistic(case: &Case, name: &str, unknown: f64) -> f64 {
    let at = |tick| case.p.at(tick, case.gap).unwrap_or(unknown);
    let mut values: Vec<f64> = case.ticks().map(at).collect();
    if case.end.is_none() {
        values.push(case.p.at(TICKS, case.gap).unwrap_or(unknown));
        values.push(unknown);
    }
    match name {
        "min" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => values.iter().sum::<f64>() / values.len() as f64,
    }
}

/// The nearest-rank percentile where every tick has a sample, unobserved ones at `unknown`.
fn percentile(case: &Case, percent: usize, unknown: f64) -> f64 {
    let at = |tick| case.p.at(tick, 1).unwrap_or(unknown);
    let mut values: Vec<f64> = case.ticks().map(at).collect();
    values.sort_by(f64::total_cmp);
    values[(percent * values.len()).div_ceil(100).max(1) - 1]
}

/// −1 false, 0 unknown, 1 true, of `p >= limit` and `q >= 0` where `both` is set.
fn truth(case: &Case, tick: usize, both: bool) -> i32 {
    let single = |value: Option<f64>, limit: f64| match value {
        None => 0,
        Some(value) if value >= limit => 1,
        Some(_) => -1,
    };
    let p = single(case.p.at(tick, case.gap), f64::from(case.limit));
    let q = if both { single(case.q.at(tick, case.gap), 0.0) } else { 1 };
    p.min(q)
}

/// Longest run of ticks of which `there` holds.
fn longest(ticks: std::ops::Range<usize>, there: impl Fn(usize) -> bool) -> usize {
    let mut best = 0;
    for first in ticks.clone() {
        best = best.max((first..ticks.end).take_while(|tick| there(*tick)).count());
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bound_agrees(case in case(), name in prop_oneof![Just("min"), Just("max"), Just("mean")]) {
        let operator = format!(
            r#"bound = {{ signal = "p", statistic = "{name}", compare = ">=", limit = "{} MPa" }}"#,
            case.limit
        );
        let found = case.judge(&operator, &[]);
        let limit = f64::from(case.limit);
        let low = bounded(statistic(&case, name, -HUGE) - limit);
        let high = bounded(statistic(&case, name, HUGE) - limit);
        let finding = &found.findings[0];
        prop_assert!(close(bounds(finding), (low, high)), "{finding:?} {low} {high}");
        let verdict = case.gated(decided(low, high), case.share());
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
    }

    #[test]
    fn percentiles_agree(
        mut case in case(),
        end in 12usize..TICKS,
        percent in prop_oneof![Just(5usize), Just(95)],
    ) {
        // A sample, good or bad, at every tick of a phase that ends.
        case.end = Some(end);
        case.gap = 1;
        for sample in &mut case.p.0 {
            *sample = Some(sample.flatten());
        }
        let operator = format!(
            r#"bound = {{ signal = "p", statistic = "p{percent:02}", compare = "<=", limit = "{} MPa" }}"#,
            case.limit
        );
        let found = case.judge(&operator, &[]);
        let limit = f64::from(case.limit);
        let low = bounded(limit - percentile(&case, percent, HUGE));
        let high = bounded(limit - percentile(&case, percent, -HUGE));
        let finding = &found.findings[0];
        let nothing = case.share() == 0.0;
        prop_assert!(nothing || close(bounds(finding), (low, high)), "{finding:?} {low} {high}");
        let verdict = case.gated(decided(low, high), case.share());
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
    }

    #[test]
    fn hold_agrees(case in case()) {
        let operator = format!(
            r#"hold = {{ signal = "p", low = "{} MPa", high = "2 MPa", for = "{} s" }}"#,
            case.limit, case.length
        );
        let found = case.judge(&operator, &[]);
        let finding = &found.findings[0];
        let robustness = |unknown: f64| {
            let inside = |tick: usize| {
                let value = case.p.at(tick, case.gap);
                value.map_or(unknown, |value| (value - f64::from(case.limit)).min(2.0 - value))
            };
            let ticks = case.ticks();
            (ticks.start..=ticks.end - case.length)
                .map(|first| (first..first + case.length).map(inside).fold(HUGE, f64::min))
                .fold(-HUGE, f64::max)
        };
        let (mut low, mut high) = (robustness(-HUGE), robustness(HUGE));
        if case.ticks().len() < case.length {
            // No window fits: the margin is the missing time.
            let missing = |least| {
                let band = |tick: usize| {
                    let above = truth(&case, tick, false);
                    let below = case.p.at(tick, case.gap).map_or(0, |p| if p <= 2.0 { 1 } else { -1 });
                    above.min(below) >= least
                };
                longest(case.ticks(), band) as f64 - case.length as f64
            };
            (low, high) = (missing(1), missing(0));
        }
        if case.end.is_none() {
            high = HUGE;
        }
        prop_assert!(close(bounds(finding), (low, high)), "{finding:?} {low} {high}");
        prop_assert_eq!(finding.verdict, decided(low, high), "{:?}", finding);
    }

    #[test]
    fn pair_agrees(case in case()) {
        let operator = format!(
            r#"pair = {{ conditions = ["p >= {} MPa", "q >= 0 L/s"], for = "{} s" }}"#,
            case.limit, case.length
        );
        let found = case.judge(&operator, &[]);
        let finding = &found.findings[0];
        let length = case.length as f64;
        let seen = longest(case.ticks(), |tick| truth(&case, tick, true) == 1) as f64;
        let possible = longest(case.ticks(), |tick| truth(&case, tick, true) >= 0) as f64;
        let high = if case.end.is_some() { possible - length } else { HUGE };
        prop_assert!(close(bounds(finding), (seen - length, high)), "{finding:?}");
        prop_assert_eq!(finding.verdict, decided(seen - length, high), "{:?}", finding);
    }

    #[test]
    fn ripple_agrees(case in case(), percent in 50u32..400) {
        let operator = format!(
            r#"ripple = {{ signal = "p", window = "{} s", nominal = "1 MPa", limit = "{percent} %" }}"#,
            case.length
        );
        let found = case.judge(&operator, &[]);
        let finding = &found.findings[0];
        let last = if case.end.is_some() { case.ticks().end - 1 } else { TICKS };
        let sampled = |tick: &usize| *tick == case.start || case.p.0[*tick].is_some();
        let samples: Vec<(usize, f64)> = (case.start..=last)
            .filter(sampled)
            .filter_map(|tick| Some((tick, case.p.at(tick, case.gap)?)))
            .collect();
        let mut widest = -HUGE;
        for (at, one) in &samples {
            for (_, other) in samples.iter().filter(|(tick, _)| at.abs_diff(*tick) <= case.length) {
                widest = widest.max((one - other).abs() * 100.0);
            }
        }
        let limit = f64::from(percent);
        let short = case.ticks().len() < case.length;
        let broken = case.end.is_none() || case.share() < 1.0 || short;
        let high = bounded(limit - widest);
        let low = if broken { -HUGE } else { high };
        prop_assert!(close(bounds(finding), (low, high)), "{finding:?} {low} {high}");
        let verdict = case.gated(decided(low, high), case.share());
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
    }

    #[test]
    fn timeto_agrees(case in case(), stable in 0usize..4, wait in 1usize..4) {
        let from = case.start + wait;
        let operator = format!(
            r#"timeto = {{ from = {{ mark = "go" }}, to = {{ when = ["p >= {} MPa"], for = "{stable} s" }}, within = "{} s" }}"#,
            case.limit, case.length
        );
        let found = case.judge(&operator, &[(from as i64 * SECOND, "go")]);
        let finding = &found.findings[0];
        let ticks = case.ticks();
        let value = |tick: usize| truth(&case, tick, false);
        // A state that is there when the first event comes counts only once it was left.
        let mut left = from;
        if value(from - 1) == 1 {
            while left < ticks.end && value(left) == 1 {
                left += 1;
            }
        }
        let lasts = |tick: usize, least: i32| {
            tick + stable <= ticks.end && (tick..tick + stable.max(1)).all(|tick| value(tick) >= least)
        };
        let inside = || left..ticks.end;
        let seen = inside().find(|tick| value(tick - 1) < 1 && lasts(*tick, 1));
        let possible = inside().find(|tick| lasts(*tick, 0));
        let elapsed = |tick: usize| tick - from;
        let expected = match seen {
            Some(at) if elapsed(at) <= case.length => Verdict::Pass,
            Some(_) if elapsed(possible.unwrap()) > case.length => Verdict::Fail,
            Some(_) => Verdict::Inconclusive,
            None => {
                // A state that the end of the phase cuts off may be the event.
                let cut = inside().find(|tick| (*tick..ticks.end).all(|tick| value(tick) >= 0));
                let soonest = possible.or(cut).unwrap_or(ticks.end);
                if elapsed(soonest) > case.length { Verdict::Fail } else { Verdict::Inconclusive }
            }
        };
        let until = seen.unwrap_or(ticks.end);
        let observed = (from..until).filter(|tick| value(*tick) != 0).count();
        let share = if until == from { 1.0 } else { observed as f64 / (until - from) as f64 };
        // The last sample of an open phase, at the end itself, begins a state of no length.
        if case.end.is_some() || case.p.0[TICKS].is_none() {
            prop_assert_eq!(finding.verdict, case.gated(expected, share), "{:?}", finding);
        }
        if let (Some(at), Some(measured)) = (seen, finding.measured) {
            prop_assert_eq!(measured.value, elapsed(at) as f64);
            let (go, length) = (from as f64, case.length as f64);
            let shortest = possible.unwrap_or(at).min(at) as f64 - go;
            let longest = at as f64 - go;
            prop_assert!(close(bounds(finding), (length - longest, length - shortest)), "{finding:?}");
            // The event lies between the sample that refutes it last and its own, rectangular; the
            // mark within 0.3 s.
            let refuted = (case.start..at)
                .rev()
                .find(|tick| case.p.0[*tick].is_some() && value(*tick) < 0)
                .unwrap_or(case.start);
            let half = (at - refuted) as f64 / 2.0;
            let wanted = 2.0 * ((half * half + 0.09) / 3.0).sqrt();
            let expanded = finding.uncertainty.map_or(f64::NAN, |known| known.expanded);
            prop_assert!((expanded - wanted).abs() < 1e-9, "{expanded} {wanted} {finding:?}");
        }
    }

    #[test]
    fn phases_by_conditions_agree(case in case(), enter in 0usize..4, exit in 0usize..4) {
        let text = format!(
            r#"[quality]
min_coverage = 0.0
max_gap = "{} s"
[[phase]]
id = "phase"
title = {{ en = "Phase", zh = "阶段" }}
enter = {{ when = ["p >= 1 MPa"], for = "{enter} s" }}
exit = {{ when = ["q < 0 L/s"], for = "{exit} s" }}
[[criterion]]
id = "criterion"
title = {{ en = "Criterion", zh = "判据" }}
phase = "phase"
operator = {{ bound = {{ signal = "p", statistic = "min", compare = ">=", limit = "0 MPa" }} }}
class = "A"
mandatory = true
rule = "simple_acceptance"
source = {{ standard = "none", clause = "none", edition = "1", status = "declared" }}
"#,
            case.gap
        );
        let samples = [case.p.samples(), case.q.samples(), Vec::new()];
        let memory = Memory::new(plan(&text), samples, &[], TICKS as i64 * SECOND);
        let found = evaluate(&memory).unwrap();
        let entering = |tick: usize| case.p.at(tick, case.gap).is_some_and(|p| p >= 1.0);
        let leaving = |tick: usize| case.q.at(tick, case.gap).is_some_and(|q| q < 0.0);
        let begins = |tick: usize, there: &dyn Fn(usize) -> bool, stable: usize| {
            there(tick)
                && (tick == 0 || !there(tick - 1))
                && tick + stable <= TICKS
                && (tick..tick + stable).all(there)
        };
        let mut expected = Vec::new();
        let mut after: Option<usize> = None;
        while let Some(start) = (0..=TICKS)
            .find(|tick| after.is_none_or(|end| *tick > end) && begins(*tick, &entering, enter))
        {
            let end = (start + 1..=TICKS).find(|tick| begins(*tick, &leaving, exit));
            expected.push((start, end.unwrap_or(TICKS), end.is_some()));
            match end {
                Some(end) => after = Some(end),
                None => break,
            }
        }
        let spans: Vec<_> = found
            .phases
            .iter()
            .map(|phase| {
                let tick = |time: trial::time::TrialTime| (time.0 / SECOND) as usize;
                (tick(phase.span.start), tick(phase.span.end), phase.complete)
            })
            .collect();
        prop_assert_eq!(&spans, &expected);
        for (finding, (start, end, complete)) in found.findings.iter().zip(expected) {
            let last = if complete { end } else { end + 1 };
            let least = (start..last)
                .map(|tick| case.p.at(tick, case.gap).unwrap_or(-HUGE))
                .fold(HUGE, f64::min);
            let least = if complete { least } else { -HUGE };
            prop_assert_eq!(bounds(finding).0, bounded(least), "{:?}", finding);
        }
    }
}
