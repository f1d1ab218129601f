//! HOLD: a signal stays inside a closed band without a break for a time.
//!
//! The margin is the robustness of "some window of that length lies inside the band": over all
//! windows, the best; within a window, the worst sample. A phase that is shorter than the window
//! has no such margin; then it is the missing time.

use trial::finding::{Measured, Verdict};
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::pair::Lasting;
use super::window::{BestWindow, Entry, MAX_WINDOW_ENTRIES};
use crate::compile::difference_unit;
use crate::condition::Tests;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, margin, with_unit};
use crate::scalar::decide;
use crate::signal::Store;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Hold {
    signal: usize,
    band: (Option<f64>, Option<f64>),
    gap_ns: i64,
    duration_ns: i64,
    now: TrialTime,
    /// Since when the value holds, or is not observed.
    since: TrialTime,
    observed: bool,
    /// Samples have come since time passed at last.
    fresh: bool,
    lasting: Lasting,
    /// What was not observed taken as bad.
    worst: BestWindow,
    /// What was not observed taken as good.
    best: BestWindow,
}

impl Hold {
    pub fn begin(
        signal: usize,
        band: (Option<f64>, Option<f64>),
        tests: &Tests,
        duration_ns: i64,
        start: TrialTime,
    ) -> Hold {
        Hold {
            signal,
            band,
            gap_ns: tests.gap_ns,
            duration_ns,
            now: start,
            since: start,
            observed: false,
            fresh: true,
            lasting: Lasting::begin(tests, start),
            worst: BestWindow::new(duration_ns, start),
            best: BestWindow::new(duration_ns, start),
        }
    }

    /// How far a value is inside the band; negative outside.
    fn inside(&self, value: f64) -> f64 {
        let (low, high) = self.band;
        let above = low.map_or(f64::INFINITY, |low| value - low);
        let below = high.map_or(f64::INFINITY, |high| high - value);
        if above < below { above } else { below }
    }
}

impl Judge for Hold {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        self.lasting.advance(store, to);
        while self.now < to {
            let observed = store.observed(self.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            // Time that passes in pieces is one stretch.
            let goes_on = !std::mem::take(&mut self.fresh) && self.observed == observed.is_some();
            let known = goes_on.then_some(self.now);
            self.observed = observed.is_some();
            self.since = if goes_on { self.since } else { self.now };
            let entry = |key, value| Entry { from: self.since, to: until, key, value };
            let (worst, best) = match observed {
                Some((value, _)) => {
                    let entry = entry(self.inside(value), value);
                    (entry, entry)
                }
                None => (entry(f64::NEG_INFINITY, f64::NAN), entry(f64::INFINITY, f64::NAN)),
            };
            self.worst.push(worst, known);
            self.best.push(best, known);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        self.fresh |= store.held(self.signal).is_some_and(|held| held.time == at);
        self.lasting.sample(store, at);
    }

    fn moment(&self) -> Option<TrialTime> {
        self.worst.best().map(|(_, worst)| worst.from)
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        if self.worst.overflow() || self.best.overflow() {
            return Outcome::too_many(MAX_WINDOW_ENTRIES);
        }
        let (Some((window, worst)), Some((_, best))) = (self.worst.best(), self.best.best()) else {
            return self.lasting.outcome(closing, self.duration_ns);
        };
        let info = closing.info(self.signal);
        let unit = difference_unit(info.unit);
        let high = if closing.complete { best.key } else { f64::INFINITY };
        let value = worst.value.is_finite().then_some(worst.value);
        let budget = value.and_then(|value| closing.budget(self.signal, value));
        let expanded = budget.map(|budget| budget.common().expanded());
        let known = expanded.map(|expanded| expanded.expanded);
        let mut outcome = self.lasting.outcome(closing, self.duration_ns);
        let holds = self.lasting.holds(self.duration_ns, closing.complete);
        let (verdict, cause) = decide(closing.spec.decision, (worst.key, high), holds, known);
        // A pass that rests on one stretch only stays what the gate made of it.
        if outcome.verdict != Verdict::Inconclusive || holds.worst {
            outcome.verdict = verdict;
            outcome.cause = cause;
        }
        outcome.margin = Some(margin(worst.key / unit.factor, high / unit.factor, unit));
        outcome.measured =
            value.map(|value| Measured { value: info.unit.from_si(value), unit: info.unit });
        if let Some(measured) = outcome.measured {
            let value = with_unit(measured.value, measured.unit);
            outcome.reason.add(bilingual(|language| {
                let signal = info.title.in_language(language);
                message!("verdict-hold-worst", signal = signal, value = value)
            }));
            // The worst sample may have been taken before the window that it reaches into.
            let from = worst.from.max(window.start);
            let span = Span::new(from, worst.to);
            outcome.evidence.push(closing.evidence(self.signal, span, Some(worst.value)));
        }
        if let Some(expanded) = expanded {
            let shown = expanded.expanded / unit.factor;
            outcome.tell_uncertainty(shown, expanded.coverage_factor, unit);
        }
        outcome
    }
}
