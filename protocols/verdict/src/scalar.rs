//! A result that is one number, and its decision: interval, uncertainty, rule.
//!
//! Invariant: what was not observed widens the interval; the uncertainty never does. A rule reads
//! both, and neither can make a pass of the other's lack.

use trial::document::Title;
use trial::finding::{Cause, Evidence, MarginInU, Measured, Uncertainty, Verdict};
use trial::scenario::DecisionRule;
use trial::unit::Unit;
use words::message;

use crate::compile::{Decision, Ends, difference_unit};
use crate::outcome::{AddSentence, Outcome, bilingual, margin, number};
use crate::uncertainty::conformance::{self, Holds, Limits, Rule, Zone, conformance_probability};
use crate::uncertainty::rounding::{decimal_text, round_to, round_uncertainty};
use crate::uncertainty::{Budget, Contribution, Expanded};

/// In which units a number and a difference of two such numbers are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    pub unit: Unit,
    pub difference: Unit,
}

impl Scale {
    /// For numbers in `unit`.
    pub fn of(unit: Unit) -> Scale {
        Scale { unit, difference: difference_unit(unit) }
    }
}

/// One number, in the coherent SI unit.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    /// It lies between these, whatever was not observed.
    pub low: f64,
    pub high: f64,
    /// As it was observed.
    pub seen: Option<f64>,
    pub scale: Scale,
    /// `None` where the uncertainty is not known.
    pub budget: Option<Budget>,
    /// Whether it is a single measurand, of which a probability of conformance can be told.
    pub single: bool,
    pub evidence: Vec<Evidence>,
    pub reason: Title,
}

/// What an aggregate of several occurrences needs of each.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub low: f64,
    pub high: f64,
    pub seen: Option<f64>,
    pub scale: Scale,
    pub budget: Option<Budget>,
    pub ends: Ends,
    /// Whether enough was observed.
    pub covered: bool,
}

/// The budget of a number that a person read: the step of the scale alone is known.
pub(crate) fn reading_budget(resolution_si: f64) -> Option<Budget> {
    let known = resolution_si > 0.0;
    known.then(|| Budget::default().with(Contribution::resolution("resolution", resolution_si)))
}

/// The rule as the metrology core knows it.
pub(crate) fn rule(decision: Decision) -> Rule {
    let ratio = decision.factor;
    match decision.rule {
        DecisionRule::SimpleAcceptance | DecisionRule::Commission => Rule::SimpleAcceptance,
        DecisionRule::GuardBand => Rule::GuardBand { ratio },
        DecisionRule::FourZones => Rule::FourZones { ratio },
    }
}

/// What a rule decides of a margin interval.
pub(crate) fn decide(
    decision: Decision,
    (low, high): (f64, f64),
    holds: Holds,
    expanded: Option<f64>,
) -> (Verdict, Option<Cause>) {
    let interval = conformance::Margin { low, high };
    match conformance::decide(rule(decision), interval, holds, expanded) {
        Zone::Pass => (Verdict::Pass, None),
        Zone::ConditionalPass => (Verdict::ConditionalPass, None),
        Zone::ConditionalFail => (Verdict::ConditionalFail, None),
        Zone::Fail => (Verdict::Fail, None),
        Zone::Undecided(conformance::Cause::Straddles) => (Verdict::Inconclusive, None),
        Zone::Undecided(conformance::Cause::NoUncertainty) => {
            (Verdict::Inconclusive, Some(Cause::UncertaintyUnknown))
        }
    }
}

impl Scalar {
    /// Decides the number against its limits.
    pub fn judge(mut self, ends: &Ends, decision: Decision, rounding: Option<f64>) -> Outcome {
        if let Some(interval) = rounding {
            self.round(interval);
        }
        (self.low, self.high) = (ends.without_noise(self.low), ends.without_noise(self.high));
        let (low, high) = self.margins(ends);
        let best = ends.best(self.low, self.high);
        let holds =
            Holds { worst: ends.holds(self.low) && ends.holds(self.high), best: ends.holds(best) };
        let expanded = self.budget.as_ref().map(Budget::expanded);
        let known = expanded.map(|expanded| expanded.expanded);
        let (verdict, cause) = decide(decision, (low, high), holds, known);
        let unit = self.scale.difference;
        let shown = |end: f64| end / unit.factor;
        let mut outcome = Outcome::bare(verdict, self.reason.clone());
        outcome.cause = cause;
        outcome.measured = self
            .seen
            .filter(|seen| seen.is_finite())
            .map(|seen| Measured { value: self.scale.unit.from_si(seen), unit: self.scale.unit });
        outcome.margin = Some(margin(shown(low), shown(high), unit));
        outcome.evidence = std::mem::take(&mut self.evidence);
        if let Some(expanded) = expanded {
            outcome.tell_uncertainty(shown(expanded.expanded), expanded.coverage_factor, unit);
            outcome.conformance_probability = self.probability(ends, &expanded);
        }
        if cause == Some(Cause::UncertaintyUnknown) {
            outcome.reason.add(bilingual(|_| message!("verdict-uncertainty-unknown")));
        }
        outcome.part = Some(Box::new(Part {
            low: self.low,
            high: self.high,
            seen: self.seen,
            scale: self.scale,
            budget: self.budget,
            ends: *ends,
            covered: true,
        }));
        outcome
    }

    fn margins(&self, ends: &Ends) -> (f64, f64) {
        let (a, b) = (ends.margin(self.low), ends.margin(self.high));
        (if a < b { a } else { b }, ends.margin(ends.best(self.low, self.high)))
    }

    fn round(&mut self, interval: f64) {
        let (unit, step) = (self.scale.unit, interval / self.scale.unit.factor);
        let round = |value: f64| {
            round_to(unit.from_si(value), step).map_or(value, |rounded| unit.to_si(rounded))
        };
        self.low = round(self.low);
        self.high = round(self.high);
        self.seen = self.seen.map(round);
    }

    /// Where there is a single measurand and all of it was observed (JCGM 106:2012).
    fn probability(&self, ends: &Ends, expanded: &Expanded) -> Option<f64> {
        let value = self.seen.filter(|_| self.single && self.low == self.high)?;
        let limits = match (ends.low, ends.high) {
            (Some((low, _)), Some((high, _))) => Limits::Between(low, high),
            (Some((low, _)), None) => Limits::Lower(low),
            (None, Some((high, _))) => Limits::Upper(high),
            (None, None) => return None,
        };
        let (u, freedom) = (expanded.standard, expanded.degrees_of_freedom);
        conformance_probability(limits, value, u, freedom)
    }
}

/// `U = 0.0042 MPa (k = 2)`, with two significant digits of U (JCGM 100:2008, 7.2.6).
pub(crate) fn uncertainty_sentence(expanded: f64, k: f64, unit: Unit) -> Title {
    let stated = round_uncertainty(expanded)
        .and_then(|stated| decimal_text(stated.value, stated.decimals))
        .unwrap_or_else(|| number(expanded));
    let shown = format!("{stated} {}", unit.shown()).trim_end().to_owned();
    let k = number(k);
    bilingual(|_| message!("verdict-uncertainty", u = shown, k = k))
}

impl Outcome {
    /// Tells the expanded uncertainty, in the margin's unit, and the margin as a multiple of it.
    pub fn tell_uncertainty(&mut self, expanded: f64, k: f64, unit: Unit) {
        self.uncertainty = Some(Uncertainty { expanded, k });
        let times = |end: Option<f64>| end.map(|end| end / expanded).filter(|end| end.is_finite());
        if let Some(margin) = self.margin.filter(|_| expanded > 0.0) {
            self.margin_in_u = Some(MarginInU { low: times(margin.low), high: times(margin.high) });
        }
        // What is counted is exact: there is nothing to tell.
        if expanded > 0.0 {
            self.reason.add(uncertainty_sentence(expanded, k, unit));
        }
    }
}
