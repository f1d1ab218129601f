//! The operators on changes, sums, errors, cycles and steps against a naive evaluator that looks at
//! every tick: independent code, same findings.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{SECOND, Sample, bench};
use proptest::prelude::*;
use trial::finding::{Finding, Verdict};
use verdict::evaluate;

/// Stands for "anything": larger than all values and sums of the tests.
const HUGE: f64 = 1e12;
/// Ticks of a recording, a second each.
const TICKS: usize = 20;

/// At each tick a good sample, a bad one, or none.
type Signal = Vec<Option<Option<f64>>>;

fn samples(signal: &Signal) -> Vec<Sample> {
    let ticks = signal.iter().enumerate();
    ticks.filter_map(|(tick, sample)| Some((tick as i64 * SECOND, (*sample)?))).collect()
}

fn signal() -> impl Strategy<Value = Signal> {
    // Few different values, so that ties and values at the limit are frequent.
    let sample = prop_oneof![
        12 => (-2i32..=2).prop_map(|value| Some(Some(f64::from(value)))),
        2 => Just(None),
        1 => Just(Some(None)),
    ];
    proptest::collection::vec(sample, TICKS + 1..=TICKS + 1)
}

#[derive(Debug, Clone)]
struct Case {
    p: Signal,
    reference: Signal,
    gap: usize,
    start: usize,
    end: Option<usize>,
    limit: i32,
    coverage: f64,
}

fn case() -> impl Strategy<Value = Case> {
    (
        signal(),
        signal(),
        1usize..5,
        0usize..5,
        proptest::option::of(10usize..TICKS),
        -2i32..=2,
        prop_oneof![Just(0.0), Just(0.9)],
    )
        .prop_map(|(p, reference, gap, start, end, limit, coverage)| Case {
            p,
            reference,
            gap,
            start,
            end,
            limit,
            coverage,
        })
}

impl Case {
    fn ticks(&self) -> std::ops::Range<usize> {
        self.start..self.end.unwrap_or(TICKS)
    }

    /// The value that holds during [tick, tick + 1).
    fn at(&self, signal: &Signal, tick: usize) -> Option<f64> {
        let last = (0..=tick).rev().find(|at| signal[*at].is_some())?;
        signal[last]?.filter(|_| tick < last + self.gap)
    }

    fn p(&self, tick: usize) -> Option<f64> {
        self.at(&self.p, tick)
    }

    /// Whether `p` was observed throughout, and the phase has ended.
    fn whole(&self, ticks: std::ops::Range<usize>) -> bool {
        self.end.is_some() && ticks.into_iter().all(|tick| self.p(tick).is_some())
    }

    fn share(&self, ticks: std::ops::Range<usize>, there: impl Fn(usize) -> bool) -> f64 {
        let observed = ticks.clone().filter(|tick| there(*tick)).count();
        observed as f64 / ticks.len() as f64
    }

    /// The finding of an operator over the phase.
    fn judge(&self, operator: &str, mark: Option<usize>) -> Finding {
        let text = format!(
            r#"[quality]
min_coverage = {:?}
max_gap = "{} s"
[[phase]]
id = "phase"
title = {{ en = "Phase", zh = "阶段" }}
enter = {{ mark = "begin" }}
exit = {{ mark = "end" }}
[[criterion]]
id = "criterion"
title = {{ en = "Criterion", zh = "判据" }}
phase = "phase"
operator = {{ {operator} }}
class = "A"
mandatory = true
rule = "simple_acceptance"
source = {{ standard = "none", clause = "none", edition = "1", status = "declared" }}
"#,
            self.coverage, self.gap
        );
        let tick = |at: usize| at as i64 * SECOND;
        let mut marks = vec![(tick(self.start), "begin")];
        marks.extend(mark.map(|at| (tick(at), "go")));
        marks.extend(self.end.map(|end| (tick(end), "end")));
        let columns = [
            ("p", samples(&self.p)),
            ("ref", samples(&self.reference)),
            ("q", samples(&self.p)),
            ("n", samples(&self.p)),
        ];
        let memory = bench(&text, "", &columns, &marks, tick(TICKS));
        evaluate(&memory).unwrap().findings.remove(0)
    }

    /// Checks the margin and the verdict, gated by the share that was observed.
    fn agrees(
        &self,
        finding: &Finding,
        (low, high): (f64, f64),
        share: f64,
    ) -> Result<(), TestCaseError> {
        let bounded = |value: f64| if value.abs() > 1e6 { HUGE.copysign(value) } else { value };
        let (low, high) = (bounded(low), bounded(high));
        let verdict = match (low >= 0.0, high >= 0.0) {
            (true, _) if share >= self.coverage => Verdict::Pass,
            (false, false) => Verdict::Fail,
            _ => Verdict::Inconclusive,
        };
        let margin = finding.margin.expect("a margin");
        let sign = if verdict == Verdict::Fail { -HUGE } else { HUGE };
        let found = (margin.low.unwrap_or(-HUGE), margin.high.unwrap_or(sign));
        let close = (found.0 - low).abs() < 1e-6 && (found.1 - high).abs() < 1e-6;
        prop_assert!(close, "{low} {high} {finding:?}");
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
        Ok(())
    }

    /// A level of `p`: known, or anything, or open to one side.
    fn level(&self, name: &str, length: usize) -> (f64, f64) {
        let ticks = self.ticks();
        let known = |value: Option<f64>| value.map_or((-HUGE, HUGE), |value| (value, value));
        let mean = |from: usize| {
            let values: Option<Vec<f64>> = (from..from + length).map(|tick| self.p(tick)).collect();
            values.map(|values| values.iter().sum::<f64>() / length as f64)
        };
        let last = self.end.map_or(TICKS, |end| end - 1);
        let seen = (ticks.start..=last).filter_map(|tick| self.p(tick));
        let whole = self.whole(ticks.clone());
        match name {
            "initial" => known(self.p(ticks.start)),
            "final" => known(self.end.and_then(|end| self.p(end - 1))),
            "after" => {
                let at = ticks.start + length;
                let ends = self.end == Some(at);
                let at = if ends { at - 1 } else { at };
                known((at < ticks.end).then(|| self.p(at)).flatten())
            }
            "mean first" if ticks.start + length > ticks.end => known(None),
            "mean first" => known(mean(ticks.start)),
            "mean last" if self.end.is_none() || ticks.start + length > ticks.end => known(None),
            "mean last" => known(mean(ticks.end - length)),
            "max" => {
                let most = seen.fold(-HUGE, f64::max);
                (most, if whole { most } else { HUGE })
            }
            _ => {
                let least = seen.fold(HUGE, f64::min);
                (if whole { least } else { -HUGE }, least)
            }
        }
    }
}

fn level() -> impl Strategy<Value = (&'static str, usize)> {
    let names = prop_oneof![
        Just("initial"),
        Just("final"),
        Just("after"),
        Just("mean first"),
        Just("mean last"),
        Just("max"),
        Just("min"),
    ];
    (names, 1usize..14)
}

fn words((name, length): (&str, usize)) -> String {
    match name {
        "after" | "mean first" | "mean last" => format!("{name} {length} s"),
        _ => name.to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drop_agrees(
        case in case(),
        from in level(),
        to in level(),
        way in prop_oneof![Just("fall"), Just("rise"), Just("either")],
        limit in 0i32..4,
    ) {
        let operator = format!(
            r#"drop = {{ signal = "p", from = "{}", to = "{}", direction = "{way}", limit = "{limit} MPa" }}"#,
            words(from), words(to),
        );
        let finding = case.judge(&operator, None);
        let (before, after) = (case.level(from.0, from.1), case.level(to.0, to.1));
        let (down, up) = (before.0 - after.1, before.1 - after.0);
        let (least, most) = match way {
            "fall" => (down, up),
            "rise" => (-up, -down),
            _ if down <= 0.0 && up >= 0.0 => (0.0, down.abs().max(up.abs())),
            _ => (down.abs().min(up.abs()), down.abs().max(up.abs())),
        };
        let limit = f64::from(limit);
        case.agrees(&finding, (limit - most, limit - least), 1.0)?;
    }

    #[test]
    fn integrals_agree(case in case()) {
        let limit = f64::from(case.limit);
        let operator =
            format!(r#"accum = {{ signal = "q", how = "integral", compare = ">=", limit = "{limit} L" }}"#);
        let finding = case.judge(&operator, None);
        let sum: f64 = case.ticks().filter_map(|tick| case.p(tick)).sum();
        let last = if case.end.is_some() { case.ticks().end - 1 } else { TICKS };
        let negative = (case.start..=last).any(|tick| case.p(tick).is_some_and(|p| p < 0.0));
        let whole = case.whole(case.ticks());
        let low = if !whole && negative { -HUGE } else { sum };
        let high = if whole { sum } else { HUGE };
        let share = case.share(case.ticks(), |tick| case.p(tick).is_some());
        case.agrees(&finding, (low - limit, high - limit), share)?;
    }

    #[test]
    fn totalisers_agree(case in case()) {
        let limit = f64::from(case.limit);
        let operator =
            format!(r#"accum = {{ signal = "n", how = "difference", compare = ">=", limit = "{limit} L" }}"#);
        let finding = case.judge(&operator, None);
        let last = if case.end.is_some() { case.ticks().end - 1 } else { TICKS };
        let counts: Vec<f64> = case.p(case.start).into_iter()
            .chain((case.start + 1..=last).filter_map(|tick| case.p[tick].flatten()))
            .collect();
        let fell = counts.windows(2).any(|pair| pair[1] < pair[0]);
        let counted = counts.last().zip(counts.first()).map(|(last, first)| last - first);
        let low = counted.filter(|_| !fell).unwrap_or(-HUGE);
        let ends = case.p(case.start).is_some() && case.p(case.ticks().end - 1).is_some();
        let high = if ends && case.end.is_some() && !fell { low } else { HUGE };
        let share = case.share(case.ticks(), |tick| case.p(tick).is_some());
        case.agrees(&finding, (low - limit, high - limit), share)?;
    }

    #[test]
    fn errors_agree(case in case(), limit in 0i32..4, percent in 0u32..200, sum in any::<bool>()) {
        let combine = if sum { "sum" } else { "max" };
        let operator = format!(
            r#"errref = {{ item = "p", reference = "ref", limit = "{limit} MPa", relative = "{percent} %", combine = "{combine}" }}"#
        );
        let finding = case.judge(&operator, None);
        let both = |tick: usize| case.p(tick).zip(case.at(&case.reference, tick));
        let last = if case.end.is_some() { case.ticks().end - 1 } else { TICKS };
        let margins = (case.start..=last)
            .filter(|tick| {
                let new = case.p[*tick].is_some() || case.reference[*tick].is_some();
                *tick == case.start || new
            })
            .filter_map(both)
            .map(|(item, reference)| {
                let (absolute, relative) =
                    (f64::from(limit), f64::from(percent) / 100.0 * reference.abs());
                let allowed = if sum { absolute + relative } else { absolute.max(relative) };
                allowed - (item - reference).abs()
            });
        let least = margins.fold(HUGE, f64::min);
        // Without any instant there is no reference of which a part would be allowed.
        prop_assume!(least < HUGE);
        // Where the error is as large as is allowed, it is a matter of the last bit.
        prop_assume!(least.abs() > 1e-9 || percent == 0);
        let share = case.share(case.ticks(), |tick| both(tick).is_some());
        let whole = case.end.is_some() && share == 1.0;
        case.agrees(&finding, (if whole { least } else { -HUGE }, least), share)?;
    }

    #[test]
    fn cycles_agree(case in case(), count in 1usize..4, within in 1usize..6) {
        let operator = format!(
            r#"cycles = {{ rest = ["p <= -1 MPa"], reach = ["p >= 1 MPa"], count = "{count}", within = "{within} s" }}"#
        );
        let finding = case.judge(&operator, None);
        let ticks = case.ticks();
        // The last sample of an open phase, at the end itself, is seen as well.
        let last = if case.end.is_none() && case.p[TICKS].is_some() { TICKS + 1 } else { ticks.end };
        let rests: Vec<usize> =
            (ticks.start..last).filter(|tick| case.p(*tick).is_some_and(|p| p <= -1.0)).collect();
        let (mut correct, mut failed) = (0, 0);
        for pair in rests.windows(2).filter(|pair| pair[1] > pair[0] + 1) {
            let mut between = pair[0] + 1..pair[1];
            if between.clone().any(|tick| case.p(tick).is_none()) {
                continue;
            }
            let in_time = between.len() <= within;
            if in_time && between.any(|tick| case.p(tick).is_some_and(|p| p >= 1.0)) {
                correct += 1;
            } else {
                failed += 1;
            }
        }
        if let Some(rest) = rests.last() {
            let out = rest + 1..last;
            let seen = out.clone().all(|tick| case.p(tick).is_some());
            failed += usize::from(seen && !out.is_empty() && ticks.end.saturating_sub(out.start) > within);
        }
        let margin = match (failed > 0, case.whole(ticks.clone())) {
            (true, _) => (-HUGE, -HUGE),
            (false, false) => (-HUGE, HUGE),
            (false, true) => (correct as f64 - count as f64, correct as f64 - count as f64),
        };
        let share = case.share(ticks, |tick| case.p(tick).is_some());
        case.agrees(&finding, margin, share)?;
    }

    #[test]
    fn recoveries_agree(
        case in case(),
        wait in 1usize..4,
        steady in prop_oneof![Just(1usize), Just(2), Just(4)],
        stay in 1usize..4,
        limit in 1usize..8,
    ) {
        let go = case.start + wait;
        let operator = format!(
            r#"excur = {{ signal = "p", step = {{ mark = "go" }}, reference = "0 MPa", rated = "1 MPa", band = "100 %", steady = "{steady} s", recovery = "{limit} s", stay = "{stay} s" }}"#
        );
        let finding = case.judge(&operator, Some(go));
        let end = case.ticks().end;
        let after = go..end;
        let mean = (case.end.is_some() && end - steady >= go)
            .then(|| (end - steady..end).map(|tick| case.p(tick)).sum::<Option<f64>>())
            .flatten()
            .map(|sum| sum / steady as f64);
        let inside = |tick: usize| {
            case.p(tick).zip(mean).is_some_and(|(value, mean)| (value - mean).abs() <= 1.0)
        };
        let back = after.clone().find(|tick| tick + stay <= end && (*tick..tick + stay).all(inside));
        let whole = case.whole(after.clone());
        let (least, most) = match back.map(|tick| (tick - go) as f64) {
            Some(time) if whole => (time, time),
            Some(time) => (0.0, time),
            None if whole && mean.is_some() => (end.saturating_sub(stay + go) as f64, HUGE),
            None => (0.0, HUGE),
        };
        let share = case.share(after, |tick| case.p(tick).is_some());
        let limit = limit as f64;
        case.agrees(&finding, (limit - most, limit - least), share)?;
    }
}
