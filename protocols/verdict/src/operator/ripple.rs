//! RIPPLE: the largest peak-to-peak value of the samples in any sliding window, relative to a
//! nominal value.
//!
//! A peak may hide wherever the signal was not observed, so that only an observed phase of at
//! least one window can pass; a violation that was seen stays a fail.

use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::window::{Entry, MAX_WINDOW_ENTRIES, Smallest};
use crate::budgets::difference;
use crate::compile::{Ends, percent};
use crate::coverage::Coverage;
use crate::outcome::{AddSentence, Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::Budget;

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
            let missing = observed.is_none().then(|| store.missing(self.signal));
            self.coverage.add(self.now, until, missing);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        let Some((value, _)) = store.observed(self.signal, at, self.gap_ns) else {
            self.coverage.note_missing(at, self.signal, store);
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
            return Outcome::too_many(MAX_WINDOW_ENTRIES);
        }
        let seen = self.widest.map(|(width, ..)| width / nominal);
        let short = self.coverage.total_ns() < self.window_ns;
        let open = self.coverage.is_broken() || !closing.complete || short;
        let high = if open { f64::INFINITY } else { seen.unwrap_or(f64::INFINITY) };
        let low = seen.unwrap_or(f64::NEG_INFINITY);
        let unit = percent();
        let info = closing.info(self.signal);
        let mut reason = bilingual(|language| {
            message!(
                "verdict-ripple",
                signal = info.title.in_language(language),
                value = seen
                    .map_or_else(|| "–".to_owned(), |ratio| with_unit(unit.from_si(ratio), unit)),
                limit = with_unit(unit.from_si(limit), unit)
            )
        });
        if short && low <= limit {
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
        let budget = self.budget(closing);
        let scale = Scale::of(unit);
        let scalar = Scalar { low, high, seen, scale, budget, single: false, evidence, reason };
        let mut outcome = closing.judge(scalar, &Ends::at_most(limit));
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}

impl Ripple {
    /// What is common to both samples falls out of their difference; what is per sample counts
    /// twice.
    fn budget(&self, closing: &Closing<'_>) -> Option<Budget> {
        let (_, low, high) = self.widest.as_ref()?;
        let (nominal, _) = self.limit;
        let (low, high) =
            (closing.budget(self.signal, low.value)?, closing.budget(self.signal, high.value)?);
        Some(difference(&low, &high).scaled(1.0 / nominal))
    }
}
