//! RIPPLE: the largest peak-to-peak value of the samples in any sliding window, relative to a
//! nominal value.
//!
//! A peak may hide wherever the signal was not observed, so that only an observed phase of at
//! least one window can pass; a violation that was seen stays a fail.

use trial::finding::{Measured, Verdict};
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::window::{Entry, MAX_WINDOW_ENTRIES, Smallest};
use crate::compile::percent;
use crate::coverage::Coverage;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, decide, margin, with_unit};
use crate::signal::Store;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Ripple {
    signal: usize,
    window_ns: i64,
    /// Nominal value and largest ratio.
    limit: (f64, f64),
    gap_ns: i64,
    now: TrialTime,
    coverage: Coverage,
    smallest: Smallest,
    /// With the sign turned.
    largest: Smallest,
    /// Peak to peak, and the two samples.
    widest: Option<(f64, Entry, Entry)>,
}

impl Ripple {
    pub fn begin(
        signal: usize,
        window_ns: i64,
        limit: (f64, f64),
        gap_ns: i64,
        start: TrialTime,
    ) -> Ripple {
        Ripple {
            signal,
            window_ns,
            limit,
            gap_ns,
            now: start,
            coverage: Coverage::default(),
            smallest: Smallest::default(),
            largest: Smallest::default(),
            widest: None,
        }
    }
}

impl Judge for Ripple {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        while self.now < to {
            let observed = store.observed(self.signal, self.now, self.gap_ns);
            let until = observed.map_or(to, |(_, until)| until.min(to));
            let missing = observed.is_none().then_some(self.signal);
            self.coverage.add(self.now, until, missing);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        let Some((value, _)) = store.observed(self.signal, at, self.gap_ns) else {
            self.coverage.note_missing(at, self.signal);
            return;
        };
        let entry = |key| Entry { from: at, to: at, key, value };
        let oldest = at.plus(-self.window_ns);
        self.smallest.push(entry(value), oldest, true);
        self.largest.push(entry(-value), oldest, true);
        if let (Some(low), Some(high)) = (self.smallest.first(), self.largest.first()) {
            let width = high.value - low.value;
            if self.widest.is_none_or(|(widest, ..)| width > widest) {
                self.widest = Some((width, *low, *high));
            }
        }
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        let (nominal, limit) = self.limit;
        if self.smallest.overflow() || self.largest.overflow() {
            return Outcome::bare(
                Verdict::Error,
                bilingual(|_| message!("verdict-too-many", limit = MAX_WINDOW_ENTRIES)),
            );
        }
        let seen = self.widest.map(|(width, ..)| width / nominal);
        let short = self.coverage.total_ns() < self.window_ns;
        let open = self.coverage.is_broken() || !closing.complete || short;
        let worst = if open { f64::INFINITY } else { seen.unwrap_or(f64::INFINITY) };
        let best = seen.unwrap_or(f64::NEG_INFINITY);
        let unit = percent();
        let shown = seen.map(|ratio| unit.from_si(ratio));
        let info = &closing.signals[self.signal];
        let mut reason = bilingual(|language| {
            message!(
                "verdict-ripple",
                signal = info.title.in_language(language),
                value = shown.map_or_else(|| "–".to_owned(), |value| with_unit(value, unit)),
                limit = with_unit(unit.from_si(limit), unit)
            )
        });
        if short && best <= limit {
            reason.add(bilingual(|_| message!("verdict-ripple-short")));
        }
        let evidence = match self.widest {
            Some((_, low, high)) => vec![
                closing.evidence(self.signal, Span::new(low.from, high.from), None),
                closing.evidence(self.signal, Span::new(low.from, low.from), Some(low.value)),
                closing.evidence(self.signal, Span::new(high.from, high.from), Some(high.value)),
            ],
            None => vec![closing.evidence(self.signal, closing.span, None)],
        };
        let mut outcome = Outcome {
            verdict: decide(worst <= limit, best <= limit),
            measured: shown.map(|value| Measured { value, unit }),
            margin: Some(margin((limit - worst) / unit.factor, (limit - best) / unit.factor, unit)),
            coverage: None,
            evidence,
            reason,
        };
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}
