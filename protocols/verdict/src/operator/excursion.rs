//! EXCUR: after a step a signal goes no further than a distance from where it was, and comes back
//! into a band about its new steady value to stay there, in time.
//!
//! The reference is the value that held at the step, or a declared one. The new steady value is the
//! mean of the last part of the phase. The recovery ends at the first instant from which the signal
//! lies inside the band for the time it must stay. The samples after the step are kept until the
//! phase is over, since the band is only known then.

use trial::finding::{Evidence, Verdict};
use trial::record::Mark;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::event::{FirstEvent, Found};
use crate::compile::{Ends, ExcursionSpec, percent, second};
use crate::coverage::{Coverage, Taken};
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::{Budget, Contribution};

/// Most samples after a step that are kept; beyond them the criterion ends as an error.
const MAX_SAMPLES: usize = 1 << 20;

/// A stretch with the value that holds over it.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: TrialTime,
    to: TrialTime,
    value: Option<f64>,
}

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Excursion {
    spec: ExcursionSpec,
    gap_ns: i64,
    start: TrialTime,
    now: TrialTime,
    event: FirstEvent,
    /// The value before the newest sample: what holds until a step shows.
    before: Option<Taken>,
    /// Samples have come since time passed at last.
    fresh: bool,
    coverage: Coverage,
    stretches: Vec<Stretch>,
    overflow: bool,
}

/// What came of one part of it.
struct Parts {
    deviation: Option<Outcome>,
    recovery: Outcome,
}

impl Excursion {
    pub fn begin(spec: &ExcursionSpec, gap_ns: i64, store: &Store, start: TrialTime) -> Excursion {
        Excursion {
            spec: spec.clone(),
            gap_ns,
            start,
            now: start,
            event: FirstEvent::begin(&spec.step, store, start),
            before: None,
            fresh: true,
            coverage: Coverage::default(),
            stretches: Vec::new(),
            overflow: false,
        }
    }

    /// The value that held before an instant; at the phase's beginning the one that holds there.
    fn value_before(&self, store: &Store, at: TrialTime) -> Option<Taken> {
        if at > self.start {
            return self.before;
        }
        Some(store.taken(self.spec.signal, at, self.gap_ns))
    }

    /// Time that passes in pieces is one stretch.
    fn keep(&mut self, stretch: Stretch) {
        let fresh = std::mem::take(&mut self.fresh);
        if let Some(last) = self.stretches.last_mut()
            && !fresh
            && last.to == stretch.from
            && last.value.is_some() == stretch.value.is_some()
        {
            last.to = stretch.to;
            return;
        }
        if self.stretches.len() >= MAX_SAMPLES {
            self.overflow = true;
            return;
        }
        self.stretches.push(stretch);
    }
}

impl Judge for Excursion {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        self.event.advance(store, to);
        while self.now < to {
            let observed = store.observed(self.spec.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            let value = observed.map(|(value, _)| value);
            self.before = Some(value.ok_or_else(|| store.missing(self.spec.signal)));
            if self.event.began().is_some() {
                let missing = value.is_none().then(|| store.missing(self.spec.signal));
                self.coverage.add(self.now, until, missing);
                self.keep(Stretch { from: self.now, to: until, value });
            }
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        // The step may show in the sample of its own instant: what held before it is the reference.
        let value = self.value_before(store, at);
        let began = self.event.began();
        self.event.sample(store, at, value);
        if began.is_some() && self.event.began() != began {
            self.stretches.clear();
            self.coverage = Coverage::default();
        }
        let held = store.held(self.spec.signal).filter(|held| held.time == at);
        self.fresh |= held.is_some();
        if self.event.began().is_some() && held.is_some_and(|held| !held.is_observed()) {
            self.coverage.note_missing(at, self.spec.signal, store);
        }
    }

    fn mark_after(&mut self, store: &Store, mark: &Mark) {
        let value = self.value_before(store, mark.at);
        self.event.mark_after(mark, value);
    }

    fn moment(&self) -> Option<TrialTime> {
        self.event.began()
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        if self.overflow {
            return Outcome::too_many(MAX_SAMPLES);
        }
        let (step, before) = match self.event.found(closing.complete) {
            Found::Came(moment, before) => (moment, before),
            Found::Never => {
                let reason = bilingual(|_| message!("verdict-event-never-came"));
                return Outcome::bare(Verdict::NotExercised, reason);
            }
            Found::Possible => {
                let reason = bilingual(|_| message!("verdict-step-uncertain"));
                let mut outcome = Outcome::bare(Verdict::Inconclusive, reason);
                closing.gate(&self.coverage, &mut outcome);
                return outcome;
            }
        };
        let taken = before.and_then(Result::ok);
        let Some(reference) = self.spec.reference.or(taken) else {
            let reason = bilingual(|_| message!("verdict-no-reference"));
            let mut outcome = Outcome::bare(Verdict::Inconclusive, reason);
            let missing = before.and_then(Result::err);
            closing.gate_instant(missing, Span::new(step.at, step.at), &mut outcome);
            return outcome;
        };
        // A share is of a size: below zero, too, a deviation upwards is one upwards.
        let rated = self.spec.rated.unwrap_or(reference).abs();
        if rated == 0.0 {
            return Outcome::bare(
                Verdict::Error,
                bilingual(|_| message!("verdict-no-rated-value")),
            );
        }
        let edges = step.latest.since(step.earliest) as f64 / 2e9;
        let parts = Parts {
            deviation: self.deviation(closing, reference, rated),
            recovery: self.recovery(closing, step.at, rated, edges),
        };
        parts.put_together()
    }
}

impl Excursion {
    /// The largest deviation each way, as a share of the rated value; the one that is nearer to its
    /// limit, or furthest beyond it.
    fn deviation(&self, closing: &Closing<'_>, reference: f64, rated: f64) -> Option<Outcome> {
        let ways = [(self.spec.above, 1.0), (self.spec.below, -1.0)];
        let outcomes = ways.into_iter().filter_map(|(limit, sign)| {
            Some(self.one_way(closing, reference, rated, limit?, sign))
        });
        // A violation that was seen counts, whatever is undecided beside it.
        outcomes.min_by(|a, b| {
            let low = |outcome: &Outcome| {
                outcome.margin.and_then(|margin| margin.low).unwrap_or(f64::NEG_INFINITY)
            };
            let high = |outcome: &Outcome| {
                outcome.margin.and_then(|margin| margin.high).unwrap_or(f64::INFINITY)
            };
            let worse = rank(b.verdict).cmp(&rank(a.verdict));
            worse.then(low(a).total_cmp(&low(b))).then(high(a).total_cmp(&high(b)))
        })
    }

    fn one_way(
        &self,
        closing: &Closing<'_>,
        reference: f64,
        rated: f64,
        limit: f64,
        sign: f64,
    ) -> Outcome {
        let signal = self.spec.signal;
        let share = |value: f64| sign * (value - reference) / rated;
        let mut worst: Option<(f64, &Stretch)> = None;
        for stretch in &self.stretches {
            if let Some(value) = stretch.value
                && worst.is_none_or(|(found, _)| share(value) > found)
            {
                worst = Some((share(value), stretch));
            }
        }
        let seen = worst.map(|(found, _)| found);
        let open = self.coverage.is_broken() || !closing.complete || seen.is_none();
        let unit = percent();
        let info = closing.info(signal);
        let value = seen.map_or_else(|| "–".to_owned(), |seen| with_unit(unit.from_si(seen), unit));
        let permitted = with_unit(unit.from_si(limit), unit);
        let rises = sign > 0.0;
        let reason = bilingual(|language| {
            let signal = info.title.in_language(language);
            if rises {
                message!("verdict-excursion-up", signal = signal, value = value, limit = permitted)
            } else {
                message!(
                    "verdict-excursion-down",
                    signal = signal,
                    value = value,
                    limit = permitted
                )
            }
        });
        let evidence: Vec<Evidence> = worst
            .iter()
            .map(|(_, stretch)| {
                let span = Span::new(stretch.from, stretch.from);
                closing.evidence(signal, span, stretch.value)
            })
            .collect();
        let budget = worst.and_then(|(_, stretch)| closing.budget(signal, stretch.value?));
        let scalar = Scalar {
            low: seen.unwrap_or(f64::NEG_INFINITY),
            high: if open { f64::INFINITY } else { seen.unwrap_or(f64::INFINITY) },
            seen,
            scale: Scale::of(unit),
            budget: budget.map(|budget| budget.common().scaled(1.0 / rated)),
            single: false,
            evidence,
            reason,
        };
        let mut outcome = closing.judge(scalar, &Ends::at_most(limit));
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }

    /// The time from the step until the signal is back to stay.
    fn recovery(
        &self,
        closing: &Closing<'_>,
        step: TrialTime,
        rated: f64,
        edge_seconds: f64,
    ) -> Outcome {
        let signal = self.spec.signal;
        let end = closing.span.end;
        let steady = self.steady(end).filter(|_| closing.complete);
        let limit = self.spec.recovery_ns as f64 / 1e9;
        let back = steady.and_then(|steady| self.back(step, steady, rated));
        let seen = back.map(|(at, _)| at.since(step) as f64 / 1e9);
        // Where it never came back, it is known to be later than the phase is long less the stay.
        let waited = end.plus(-self.spec.stay_ns).since(step).max(0) as f64 / 1e9;
        let (low, high) = match (seen, self.coverage.is_broken()) {
            (Some(seen), false) => (seen, seen),
            (Some(seen), true) => (0.0, seen),
            (None, _) if steady.is_some() && !self.coverage.is_broken() => (waited, f64::INFINITY),
            (None, _) => (0.0, f64::INFINITY),
        };
        let shown = seen.map_or_else(|| "–".to_owned(), |seen| with_unit(seen, second()));
        let permitted = with_unit(limit, second());
        let reason = bilingual(|_| message!("verdict-recovery", time = shown, limit = permitted));
        let interval = back.map_or(0.0, |(_, interval_ns)| interval_ns as f64 / 1e9);
        let budget = Budget::default()
            .with(Contribution::rectangular("step", edge_seconds))
            .with(Contribution::rectangular("recovery", interval / 2.0));
        let scalar = Scalar {
            low,
            high,
            seen,
            scale: Scale::of(second()),
            budget: Some(budget),
            single: true,
            evidence: vec![closing.evidence(
                signal,
                Span::new(step, back.map_or(end, |(at, _)| at)),
                None,
            )],
            reason,
        };
        let mut outcome = closing.judge(scalar, &Ends::at_most(limit));
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }

    /// Mean of the last part of the phase, if all of it was observed after the step.
    fn steady(&self, end: TrialTime) -> Option<f64> {
        let from = end.plus(-self.spec.steady_ns);
        let (mut integral, mut length) = (0.0, 0i64);
        for stretch in &self.stretches {
            let (start, stop) = (stretch.from.max(from), stretch.to.min(end));
            if start < stop {
                integral += stretch.value? * stop.since(start) as f64;
                length += stop.since(start);
            }
        }
        (length == self.spec.steady_ns).then(|| integral / length as f64)
    }

    /// When the signal is back to stay, and the length of the stretch before: within it the signal
    /// came back.
    fn back(&self, step: TrialTime, steady: f64, rated: f64) -> Option<(TrialTime, i64)> {
        let band = self.spec.band * rated;
        let inside =
            |stretch: &Stretch| stretch.value.is_some_and(|value| (value - steady).abs() <= band);
        let mut since: Option<(TrialTime, i64)> = None;
        let mut length_before = 0;
        for stretch in &self.stretches {
            if !inside(stretch) {
                since = None;
            } else {
                let (from, _) = *since.get_or_insert((stretch.from.max(step), length_before));
                if stretch.to.since(from) >= self.spec.stay_ns {
                    return since;
                }
            }
            length_before = stretch.to.since(stretch.from);
        }
        None
    }
}

impl Parts {
    /// Both must be met: the worse verdict, the deviation's number, and the recovery's words.
    fn put_together(self) -> Outcome {
        let Parts { deviation, recovery } = self;
        let Some(mut outcome) = deviation else { return recovery };
        let worse = rank(recovery.verdict) > rank(outcome.verdict);
        let words = recovery.reason.clone();
        if worse {
            let first = std::mem::replace(&mut outcome, recovery);
            let own = std::mem::replace(&mut outcome.reason, first.reason);
            outcome.reason.add(own);
            outcome.evidence.extend(first.evidence);
            outcome.measured = outcome.measured.or(first.measured);
        } else {
            outcome.reason.add(words);
            outcome.evidence.extend(recovery.evidence);
        }
        outcome.part = None;
        outcome
    }
}

/// How bad a verdict is where all parts must be met.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::ConditionalPass => 1,
        Verdict::Inconclusive => 2,
        Verdict::ConditionalFail => 3,
        Verdict::Fail => 4,
        _ => 5,
    }
}
