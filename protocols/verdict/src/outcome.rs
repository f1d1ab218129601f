//! What an operator says of one occurrence of its phase, before it becomes a finding.

use trial::document::Title;
use trial::finding::{Evidence, Margin, Measured, Verdict};
use trial::time::Span;
use trial::unit::Unit;
use words::{Language, Message, message};

use crate::compile::{SignalInfo, Spec};
use crate::coverage::Coverage;

/// What is known when a phase has been judged.
#[derive(Clone, Copy)]
pub(crate) struct Closing<'a> {
    pub spec: &'a Spec,
    pub signals: &'a [SignalInfo],
    /// Channel that stands for the trial as a whole where no other fits.
    pub any_channel: Option<&'a str>,
    pub span: Span,
    /// Whether the phase's exit was seen.
    pub complete: bool,
}

/// The result of one criterion over one occurrence of its phase.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub verdict: Verdict,
    pub measured: Option<Measured>,
    pub margin: Option<Margin>,
    pub coverage: Option<f64>,
    pub evidence: Vec<Evidence>,
    pub reason: Title,
}

impl Outcome {
    /// A verdict of which nothing is known but its reason.
    pub fn bare(verdict: Verdict, reason: Title) -> Outcome {
        let evidence = Vec::new();
        Outcome { verdict, measured: None, margin: None, coverage: None, evidence, reason }
    }
}

impl Closing<'_> {
    /// Evidence at a span of a signal; `value_si` is shown in the signal's unit.
    pub fn evidence(&self, signal: usize, span: Span, value_si: Option<f64>) -> Evidence {
        let info = &self.signals[signal];
        let value = value_si.filter(|value| value.is_finite()).map(|si| info.unit.from_si(si));
        Evidence { channel: info.channel.clone(), span, value }
    }

    /// Turns a pass into an undecided verdict where too little was observed, and says what keeps
    /// an undecided verdict from being one: the open phase, the gap, the share.
    pub fn gate(&self, coverage: &Coverage, outcome: &mut Outcome) {
        let share = coverage.share();
        outcome.coverage = Some(share);
        let least = self.spec.gate.min_coverage;
        if outcome.verdict == Verdict::Pass && share < least {
            outcome.verdict = Verdict::Inconclusive;
            self.put_gap_first(coverage, outcome);
            let (share, least) = (number(share * 100.0), number(least * 100.0));
            outcome.reason.add(bilingual(|_| {
                message!("verdict-coverage-short", share = share, least = least)
            }));
        } else if outcome.verdict == Verdict::Inconclusive {
            if coverage.is_broken() {
                self.put_gap_first(coverage, outcome);
                self.add_gap_reason(coverage, outcome);
            }
            if !self.complete {
                outcome.reason.add(bilingual(|_| message!("verdict-phase-open")));
            }
        }
    }

    fn put_gap_first(&self, coverage: &Coverage, outcome: &mut Outcome) {
        if let Some(gap) = coverage.longest_gap() {
            outcome.evidence.insert(0, self.evidence(gap.signal, gap.span, None));
        }
    }

    fn add_gap_reason(&self, coverage: &Coverage, outcome: &mut Outcome) {
        if let Some(gap) = coverage.longest_gap() {
            let title = &self.signals[gap.signal].title;
            outcome.reason.add(bilingual(|language| {
                message!(
                    "verdict-gap",
                    signal = title.in_language(language),
                    seconds = number(gap.span.seconds()),
                    start = number(gap.span.start.seconds())
                )
            }));
        }
    }
}

/// Sentences that follow one another.
pub(crate) trait AddSentence {
    /// Adds a sentence; Chinese ones need no space between them.
    fn add(&mut self, sentence: Title);
}

impl AddSentence for Title {
    fn add(&mut self, sentence: Title) {
        if !self.en.is_empty() {
            self.en.push(' ');
        }
        self.en.push_str(&sentence.en);
        self.zh.push_str(&sentence.zh);
    }
}

/// A sentence in both languages.
pub(crate) fn bilingual(sentence: impl Fn(Language) -> Message) -> Title {
    let text = |language| sentence(language).in_language(language);
    Title { en: text(Language::English), zh: text(Language::Chinese) }
}

/// Pass where even the worst that could be is right, fail where even the best is wrong.
pub(crate) fn decide(worst_holds: bool, best_holds: bool) -> Verdict {
    match (worst_holds, best_holds) {
        (true, _) => Verdict::Pass,
        (false, false) => Verdict::Fail,
        (false, true) => Verdict::Inconclusive,
    }
}

/// A margin in `unit`; an infinite end is unbounded.
pub(crate) fn margin(low: f64, high: f64, unit: Unit) -> Margin {
    let end = |value: f64| value.is_finite().then_some(value);
    Margin { low: end(low), high: end(high), unit }
}

/// A number as people read it: five significant digits, no trailing zeros.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 10_000.0 => 0,
        _ if size >= 1_000.0 => 1,
        _ if size >= 100.0 => 2,
        _ if size >= 10.0 => 3,
        _ if size >= 1.0 => 4,
        _ => 5,
    };
    let text = format!("{value:.decimals$}");
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A value in `unit` with its symbol.
pub(crate) fn with_unit(value: f64, unit: Unit) -> String {
    let symbol = unit.shown();
    let space = if symbol.is_empty() { "" } else { " " };
    format!("{}{space}{symbol}", number(value))
}
