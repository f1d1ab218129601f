//! The operators about changes, sums, errors and cycles against a naive evaluator that looks at
//! every tick, and bound, hold and pair against the formulas that say the same.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Memory, OTHER_PRESSURE, PHASE, SECOND, Sample, criterion, plan};
use proptest::prelude::*;
use trial::finding::{Finding, Verdict};
use verdict::evaluate;

const TICKS: usize = 20;
const INF: f64 = f64::INFINITY;

/// At each tick a good sample, a bad one, or none.
type Ticks = Vec<Option<Option<i32>>>;

fn ticks() -> impl Strategy<Value = Ticks> {
    let sample = prop_oneof![
        8 => (-2i32..=2).prop_map(|value| Some(Some(value))),
        1 => Just(None),
        1 => Just(Some(None)),
    ];
    // Signals that are whole, too: with gaps little is ever decided.
    prop_oneof![
        proptest::collection::vec(sample, TICKS + 1),
        proptest::collection::vec((-2i32..=2).prop_map(|value| Some(Some(value))), TICKS + 1),
    ]
}

/// A run over `p` (MPa), `q` (L/s) and `r`, a pressure with the numbers of `q`.
#[derive(Debug, Clone)]
struct Case {
    p: Ticks,
    q: Ticks,
    gap: usize,
    start: usize,
    end: Option<usize>,
    coverage: f64,
    /// Of the operator.
    limit: i32,
    length: usize,
    choice: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let end = proptest::option::weighted(0.8, 10usize..TICKS);
    let numbers = (-1i32..=3, 1usize..6, 0usize..64);
    (ticks(), ticks(), 1usize..4, 0usize..6, end, prop_oneof![Just(0.0), Just(0.9)], numbers)
        .prop_map(|(p, q, gap, start, end, coverage, (limit, length, choice))| Case {
            p,
            q,
            gap,
            start,
            end,
            coverage,
            limit,
            length,
            choice,
        })
}

/// An interval of a number.
type Range = (f64, f64);

const UNKNOWN: Range = (-INF, INF);

impl Case {
    fn judge(&self, operator: &str, marks: &[(usize, &str)]) -> Finding {
        let criterion = criterion("criterion", operator, "simple_acceptance");
        let (coverage, gap) = (self.coverage, self.gap);
        let text = format!(
            r#"[quality]
min_coverage = {coverage:?}
max_gap = "{gap} s"
{OTHER_PRESSURE}{PHASE}{criterion}"#
        );
        let samples = |ticks: &Ticks| -> Vec<Sample> {
            let ticks = ticks.iter().enumerate();
            ticks
                .filter_map(|(at, sample)| Some((at as i64 * SECOND, (*sample)?.map(f64::from))))
                .collect()
        };
        let mut all = vec![(self.start as i64 * SECOND, "begin")];
        all.extend(marks.iter().map(|(at, text)| (*at as i64 * SECOND, *text)));
        all.extend(self.end.map(|end| (end as i64 * SECOND, "finish")));
        let samples = [samples(&self.p), samples(&self.q), Vec::new()];
        let memory = Memory::new(plan(&text), samples, &all, TICKS as i64 * SECOND);
        evaluate(&memory).unwrap().findings.remove(0)
    }

    /// The value that holds during [tick, tick + 1).
    fn at(&self, signal: &Ticks, tick: usize) -> Option<f64> {
        let last = (0..=tick).rev().find(|at| signal[*at].is_some())?;
        signal[last]?.filter(|_| tick < last + self.gap).map(f64::from)
    }

    /// Ticks of which the phase is made as far as it was recorded.
    fn phase(&self) -> std::ops::Range<usize> {
        self.start..self.end.unwrap_or(TICKS)
    }

    /// The same, and the end of the recording where the phase is open: its sample counts.
    fn looked_at(&self, sampled: &[&Ticks]) -> Vec<usize> {
        let last = self.end.is_none() && sampled.iter().any(|signal| signal[TICKS].is_some());
        self.phase().chain(last.then_some(TICKS)).collect()
    }

    fn observed(&self, signal: &Ticks, ticks: impl Iterator<Item = usize>) -> Option<Vec<f64>> {
        ticks.map(|tick| self.at(signal, tick)).collect()
    }

    fn share(&self, signals: &[&Ticks], from: usize) -> f64 {
        let ticks = from..self.phase().end;
        let seen = |tick: &usize| signals.iter().all(|signal| self.at(signal, *tick).is_some());
        ticks.clone().filter(seen).count() as f64 / ticks.len() as f64
    }

    fn gated(&self, verdict: Verdict, share: f64) -> Verdict {
        let short = verdict == Verdict::Pass && share < self.coverage;
        if short { Verdict::Inconclusive } else { verdict }
    }

    /// A level of `p` by its name.
    fn level(&self, name: &str) -> Range {
        let known = |value: Option<f64>| value.map_or(UNKNOWN, |value| (value, value));
        let (phase, complete) = (self.phase(), self.end.is_some());
        let whole = complete && self.observed(&self.p, phase.clone()).is_some();
        let seen = self.looked_at(&[&self.p]).into_iter().filter_map(|tick| self.at(&self.p, tick));
        let (first, number) = name
            .rsplit_once(' ')
            .map_or((name, 0), |(first, number)| (first, number.parse().unwrap()));
        match first {
            "initial" => known(self.at(&self.p, phase.start)),
            "final" => known(self.at(&self.p, phase.end - 1).filter(|_| complete)),
            "min" => {
                let least = seen.fold(INF, f64::min);
                (if whole { least } else { -INF }, least)
            }
            "max" => {
                let most = seen.fold(-INF, f64::max);
                (most, if whole { most } else { INF })
            }
            "after" => {
                let at = phase.start + number;
                let at = if at == phase.end && complete { at - 1 } else { at };
                known(if at < phase.end { self.at(&self.p, at) } else { None })
            }
            _ => {
                let from = phase.end.checked_sub(number).filter(|from| *from >= phase.start);
                let values = from.and_then(|from| self.observed(&self.p, from..phase.end));
                let mean = values.map(|values| values.iter().sum::<f64>() / number as f64);
                known(mean.filter(|_| complete))
            }
        }
    }
}

/// The text that a level is written with: times have a unit.
fn written(level: &str) -> String {
    let timed = level.ends_with(|last: char| last.is_ascii_digit());
    if timed { format!("{level} s") } else { level.to_owned() }
}

/// What is decided of a number in an interval that may be at most `limit`.
fn at_most((low, high): Range, limit: f64) -> Verdict {
    if high <= limit {
        Verdict::Pass
    } else if low > limit {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

fn close(one: f64, other: f64) -> bool {
    one == other || (one - other).abs() < 1e-9
}

/// Whether the margins are those of a number in an interval that may be at most `limit`.
fn agrees(finding: &Finding, (low, high): Range, limit: f64) -> bool {
    let margin = finding.margin.expect("a margin");
    // An unbounded end of either sign is told as unbounded.
    let end = |found: Option<f64>, wanted: f64| match found {
        None => !wanted.is_finite(),
        Some(found) => close(found, wanted),
    };
    end(margin.low, limit - high) && end(margin.high, limit - low)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn drop_agrees(case in case(), share in proptest::option::of(1i32..4), sum in any::<bool>()) {
        let levels = [
            "initial".to_owned(),
            "final".to_owned(),
            "min".to_owned(),
            "max".to_owned(),
            format!("after {}", 3 * case.length),
            format!("mean last {}", case.length),
        ];
        let (from, to) = (&levels[case.choice % 6], &levels[case.choice / 6 % 6]);
        let direction = ["fall", "rise", "either"][case.choice % 3];
        // A relative part only of a level that is known or not known.
        let share = share.filter(|_| !matches!(case.choice % 6, 2 | 3));
        let relative = share.map_or(String::new(), |share| {
            let combine = if sum { "sum" } else { "max" };
            format!(r#", relative = "{} %", combine = "{combine}""#, 50 * share)
        });
        let operator = format!(
            r#"drop = {{ signal = "p", from = "{}", to = "{}", direction = "{direction}", limit = "{} MPa"{relative} }}"#,
            written(from), written(to), case.limit
        );
        let finding = case.judge(&operator, &[]);
        let (from, to) = (case.level(from), case.level(to));
        let (down, up) = (from.0 - to.1, from.1 - to.0);
        let change = match direction {
            "fall" => (down, up),
            "rise" => (-up, -down),
            _ if down <= 0.0 && up >= 0.0 => (0.0, up.max(-down)),
            _ => (down.abs().min(up.abs()), down.abs().max(up.abs())),
        };
        let limit = f64::from(case.limit);
        let known = if from.0 == from.1 { from.0.abs() } else { 0.0 };
        let allowed = share.map_or(limit, |share| {
            let relative = f64::from(share) / 2.0 * known;
            if sum { limit + relative } else { limit.max(relative) }
        });
        prop_assert!(agrees(&finding, change, allowed), "{finding:?} {change:?} {allowed}");
        prop_assert_eq!(finding.verdict, at_most(change, allowed), "{:?}", finding);
    }

    #[test]
    fn integral_agrees(case in case()) {
        let limit = f64::from(3 * case.limit);
        let operator = format!(
            r#"accum = {{ signal = "q", how = "integral", compare = "<=", limit = "{limit} L" }}"#
        );
        let finding = case.judge(&operator, &[]);
        let seen: f64 = case.phase().filter_map(|tick| case.at(&case.q, tick)).sum();
        let whole = case.end.is_some() && case.observed(&case.q, case.phase()).is_some();
        let mut values = case.looked_at(&[&case.q]).into_iter().filter_map(|tick| case.at(&case.q, tick));
        let negative = values.any(|value| value < 0.0);
        let sum = match (whole, negative) {
            (true, _) => (seen, seen),
            (false, true) => UNKNOWN,
            (false, false) => (seen, INF),
        };
        prop_assert!(agrees(&finding, sum, limit), "{finding:?} {sum:?}");
        let verdict = case.gated(at_most(sum, limit), case.share(&[&case.q], case.start));
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
    }

    #[test]
    fn difference_of_a_totaliser_agrees(mut case in case(), resets in any::<bool>()) {
        if !resets {
            let mut sum = 0;
            for value in case.p.iter_mut().flatten().flatten() {
                sum += value.abs();
                *value = sum;
            }
        }
        let limit = f64::from(6 * case.limit);
        let operator = format!(
            r#"accum = {{ signal = "p", how = "difference", compare = "<=", limit = "{limit} MPa" }}"#
        );
        let finding = case.judge(&operator, &[]);
        let looked = case.looked_at(&[&case.p]);
        let seen: Vec<f64> = looked.iter().filter_map(|tick| case.at(&case.p, *tick)).collect();
        let fell = seen.windows(2).any(|pair| pair[1] < pair[0]);
        let difference = match (seen.first(), seen.last()) {
            (Some(first), Some(last)) if !fell => last - first,
            _ => -INF,
        };
        let ends = [case.start, case.phase().end - 1];
        let ends_seen = ends.iter().all(|tick| case.at(&case.p, *tick).is_some());
        let known = ends_seen && case.end.is_some() && !fell;
        let range = (difference, if known { difference } else { INF });
        prop_assert!(agrees(&finding, range, limit), "{finding:?} {range:?}");
        let verdict = case.gated(at_most(range, limit), case.share(&[&case.p], case.start));
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
    }

    #[test]
    fn errors_at_every_instant_agree(case in case(), sum in any::<bool>()) {
        let combine = if sum { "sum" } else { "max" };
        let operator = format!(
            r#"errref = {{ item = "p", reference = "r", limit = "1 MPa", relative = "{} %", combine = "{combine}" }}"#,
            50 * case.length
        );
        let finding = case.judge(&operator, &[]);
        let allowed = |reference: f64| {
            let relative = 0.5 * case.length as f64 * reference.abs();
            if sum { 1.0 + relative } else { relative.max(1.0) }
        };
        let looked = case.looked_at(&[&case.p, &case.q]);
        let margins = looked.iter().filter_map(|tick| {
            let (item, reference) = (case.at(&case.p, *tick)?, case.at(&case.q, *tick)?);
            Some(allowed(reference) - (item - reference).abs())
        });
        let worst = margins.fold(INF, f64::min);
        let share = case.share(&[&case.p, &case.q], case.start);
        let whole = case.end.is_some() && share == 1.0;
        let verdict = match whole {
            _ if worst < 0.0 => Verdict::Fail,
            true => Verdict::Pass,
            false => Verdict::Inconclusive,
        };
        prop_assert_eq!(finding.verdict, case.gated(verdict, share), "{:?}", finding);
        let margin = finding.margin.unwrap();
        prop_assert_eq!(margin.low.is_some(), whole, "{:?}", finding);
        if worst.is_finite() {
            prop_assert!(close(margin.high.unwrap(), worst), "{finding:?} {worst}");
        }
    }

    #[test]
    fn cycles_agree(case in case(), timed in any::<bool>()) {
        let within = if timed { format!(r#", within = "{} s""#, case.length) } else { String::new() };
        let operator = format!(
            r#"cycles = {{ rest = ["p <= 0 MPa"], reach = ["p >= 1 MPa", "q >= -1 L/s"], count = "{}"{within} }}"#,
            case.limit.max(0)
        );
        let finding = case.judge(&operator, &[]);
        let looked = case.looked_at(&[&case.p, &case.q]);
        let rest = |tick: usize| case.at(&case.p, tick).map(|p| p <= 0.0);
        let reach = |tick: usize| match (case.at(&case.p, tick), case.at(&case.q, tick)) {
            (Some(p), _) if p < 1.0 => Some(false),
            (_, Some(q)) if q < -1.0 => Some(false),
            (Some(_), Some(_)) => Some(true),
            _ => None,
        };
        let (mut correct, mut unsure, mut failed) = (0, 0, 0);
        let slow = |from: usize, to: usize| timed && to - from > case.length;
        let mut from = None;
        for pair in looked.windows(2) {
            // Left where it was there, and while it is not known whether it still is.
            if rest(pair[0]) == Some(true) && rest(pair[1]) != Some(true) {
                from = Some(pair[1]);
            }
            let Some(began) = from.filter(|_| rest(pair[1]) == Some(true)) else { continue };
            from = None;
            let mut all = began..=pair[1];
            if all.clone().any(|tick| rest(tick).is_none() || reach(tick).is_none()) {
                unsure += 1;
            } else if all.any(|tick| reach(tick) == Some(true)) && !slow(began, pair[1]) {
                correct += 1;
            } else {
                failed += 1;
            }
        }
        if let Some(began) = from {
            let known = |tick: usize| rest(tick).is_some() && reach(tick).is_some();
            let sure = looked.iter().filter(|tick| **tick >= began).all(|tick| known(*tick));
            failed += i32::from(sure && slow(began, case.phase().end));
        }
        let both = case.phase().all(|tick| {
            case.at(&case.p, tick).is_some() && case.at(&case.q, tick).is_some()
        });
        let whole = both && unsure == 0 && case.end.is_some();
        let wanted = case.limit.max(0);
        let verdict = match whole {
            _ if failed > 0 => Verdict::Fail,
            true if correct >= wanted => Verdict::Pass,
            true => Verdict::Fail,
            false => Verdict::Inconclusive,
        };
        prop_assert_eq!(finding.verdict, verdict, "{:?}", finding);
        prop_assert_eq!(finding.measured.map(|measured| measured.value), Some(f64::from(correct)));
    }

    #[test]
    fn excursion_agrees(case in case(), step in 0usize..6, steady in 1usize..4, stay in 1usize..4) {
        let step = case.start + step;
        let operator = format!(
            r#"excur = {{ signal = "p", step = {{ mark = "step" }}, rated = "2 MPa", above = "{} %", band = "50 %", steady = "{steady} s", recovery = "{} s", stay = "{stay} s" }}"#,
            50 * case.limit, case.length
        );
        let finding = case.judge(&operator, &[(step, "step")]);
        let phase = case.phase();
        if step >= phase.end {
            return Ok(());
        }
        let before = if step > case.start { step - 1 } else { step };
        let Some(reference) = case.at(&case.p, before) else {
            prop_assert_eq!(finding.verdict, Verdict::Inconclusive, "{:?}", finding);
            return Ok(());
        };
        let after = step..phase.end;
        let share = case.share(&[&case.p], step);
        let (whole, complete) = (share == 1.0, case.end.is_some());
        let seen: Vec<f64> = after.clone().filter_map(|tick| case.at(&case.p, tick)).collect();
        let most = seen.iter().map(|value| (value - reference) / 2.0).fold(-INF, f64::max);
        let deviation = (most, if whole && complete { most } else { INF });
        let deviation = case.gated(at_most(deviation, 0.5 * f64::from(case.limit)), share);
        let last = phase.end.checked_sub(steady).filter(|from| *from >= step && complete);
        let steady = last.and_then(|from| case.observed(&case.p, from..phase.end));
        let steady = steady.map(|values| values.iter().sum::<f64>() / values.len() as f64);
        let inside = |tick: usize| {
            let value = case.at(&case.p, tick).zip(steady);
            value.is_some_and(|(value, steady)| (value - steady).abs() <= 1.0)
        };
        let back = after.clone().find(|from| {
            from + stay <= phase.end && (*from..from + stay).all(inside)
        });
        let waited = phase.end as f64 - stay as f64 - step as f64;
        let recovery = match (back.map(|back| (back - step) as f64), whole) {
            (Some(time), true) => (time, time),
            (Some(time), false) => (0.0, time),
            (None, true) if steady.is_some() => (waited.max(0.0), INF),
            (None, _) => (0.0, INF),
        };
        let recovery = case.gated(at_most(recovery, case.length as f64), share);
        let rank = |verdict| match verdict {
            Verdict::Pass => 0,
            Verdict::Inconclusive => 1,
            _ => 2,
        };
        let wanted = if rank(recovery) > rank(deviation) { recovery } else { deviation };
        prop_assert_eq!(finding.verdict, wanted, "{:?} {:?}", finding, steady);
    }

    /// Between two samples nothing changes, so that a window of so many ticks is one that ends half
    /// a tick before the next.
    #[test]
    fn formulas_say_what_operators_say(case in case(), end in 12usize..TICKS) {
        let case = Case { end: Some(end), ..case };
        let limit = case.limit - 1;
        let windows = case.phase().len() - case.length;
        let lasting = |what: &str| {
            let inner = format!("always[0 s, {}.5 s]({what})", case.length - 1);
            format!("eventually[0 s, {windows} s]({inner})")
        };
        let both = format!("p >= {limit} MPa and q >= 0 L/s");
        let band = format!("p >= {limit} MPa and p <= 2 MPa");
        for (operator, formula) in [
            (
                format!(r#"bound = {{ signal = "p", statistic = "min", compare = ">=", limit = "{limit} MPa" }}"#),
                format!("always(p >= {limit} MPa)"),
            ),
            (
                format!(r#"bound = {{ signal = "p", statistic = "max", compare = "<", limit = "{limit} MPa" }}"#),
                format!("always(p < {limit} MPa)"),
            ),
            (
                format!(r#"hold = {{ signal = "p", low = "{limit} MPa", high = "2 MPa", for = "{} s" }}"#, case.length),
                lasting(&band),
            ),
            (
                format!(r#"pair = {{ conditions = ["p >= {limit} MPa", "q >= 0 L/s"], for = "{} s" }}"#, case.length),
                lasting(&both),
            ),
        ] {
            let finding = case.judge(&operator, &[]);
            let same = case.judge(&format!(r#"formula = "{formula}""#), &[]);
            prop_assert_eq!(finding.verdict, same.verdict, "{} {:?} {:?}", formula, finding, same);
        }
    }
}
