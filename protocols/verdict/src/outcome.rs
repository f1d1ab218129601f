//! What an operator says of one occurrence of its phase, before it becomes a finding.

use trial::document::Title;
use trial::finding::{Cause, Evidence, Margin, MarginInU, Measured, Uncertainty, Verdict};
use trial::time::Span;
use trial::unit::Unit;
use words::{Language, Message, message};

use crate::compile::{Compiled, Ends, SignalInfo, Spec};
use crate::coverage::{Coverage, Missing};
use crate::scalar::{Part, Scalar};
use crate::uncertainty::Budget;

/// What is known when a phase has been judged.
#[derive(Clone, Copy)]
pub(crate) struct Closing<'a> {
    pub spec: &'a Spec,
    pub compiled: &'a Compiled,
    pub span: Span,
    /// Whether the phase's exit was seen.
    pub complete: bool,
    /// Values of roles at the instant on which the result rests.
    pub inputs: &'a [(usize, f64)],
}

/// The result of one criterion over one occurrence of its phase.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub verdict: Verdict,
    pub measured: Option<Measured>,
    pub margin: Option<Margin>,
    pub margin_in_u: Option<MarginInU>,
    pub uncertainty: Option<Uncertainty>,
    pub conformance_probability: Option<f64>,
    pub cause: Option<Cause>,
    pub raw: Option<Measured>,
    pub coverage: Option<f64>,
    pub evidence: Vec<Evidence>,
    pub reason: Title,
    /// The number, where the result is one.
    pub part: Option<Box<Part>>,
}

impl Outcome {
    /// A verdict of which nothing is known but its reason.
    pub fn bare(verdict: Verdict, reason: Title) -> Outcome {
        Outcome {
            verdict,
            measured: None,
            margin: None,
            margin_in_u: None,
            uncertainty: None,
            conformance_probability: None,
            cause: None,
            raw: None,
            coverage: None,
            evidence: Vec::new(),
            reason,
            part: None,
        }
    }

    /// An error because more would have to be kept than may be.
    pub fn too_many(limit: usize) -> Outcome {
        Outcome::bare(Verdict::Error, bilingual(|_| message!("verdict-too-many", limit = limit)))
    }

    /// Keeps the verdict from deciding anything, for a cause that comes first.
    pub fn undecide(&mut self, cause: Cause, sentence: Title) {
        self.verdict = Verdict::Inconclusive;
        self.cause = Some(cause);
        self.conformance_probability = None;
        let reason = std::mem::replace(&mut self.reason, sentence);
        self.reason.add(reason);
    }
}

/// Whether a verdict says that the criterion is met.
pub(crate) fn passes(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::ConditionalPass)
}

/// Whether a verdict says that the criterion is not met.
pub(crate) fn fails(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::ConditionalFail)
}

impl Closing<'_> {
    /// What readers need to know of a signal.
    pub fn info(&self, signal: usize) -> &SignalInfo {
        &self.compiled.signals[signal]
    }

    /// Evidence at a span of a signal; `value_si` is shown in the signal's unit.
    pub fn evidence(&self, signal: usize, span: Span, value_si: Option<f64>) -> Evidence {
        let mut info = self.info(signal);
        let mut at = signal;
        // A hidden signal leads to what it is made of.
        while info.channel.is_empty() {
            let Some(source) = self.compiled.bank.roles_of(at).first().filter(|role| **role != at)
            else {
                break;
            };
            at = *source;
            info = self.info(at);
        }
        let value = value_si.filter(|value| value.is_finite() && at == signal);
        let value = value.map(|si| info.unit.from_si(si));
        Evidence { channel: info.channel.clone(), span, value }
    }

    /// The uncertainty budget of a signal at a value, in the coherent SI unit; `None` where it is
    /// not known.
    pub fn budget(&self, signal: usize, value_si: f64) -> Option<Budget> {
        crate::budgets::of_signal(self.compiled, signal, value_si, self.inputs)
    }

    /// Decides a number by the criterion's rule and rounding.
    pub fn judge(&self, scalar: Scalar, ends: &Ends) -> Outcome {
        scalar.judge(ends, self.spec.decision, self.spec.rounding)
    }

    /// The phase was over before its settling time was.
    pub fn never_settled(&self) -> Outcome {
        let reason = bilingual(|_| message!("verdict-never-settled"));
        let mut outcome = Outcome::bare(Verdict::Inconclusive, reason);
        outcome.cause = Some(Cause::TooShort);
        outcome
    }

    /// Turns a pass into an undecided verdict where too little was observed, and says what keeps
    /// an undecided verdict from being one: the open phase, the gap, the share.
    pub fn gate(&self, coverage: &Coverage, outcome: &mut Outcome) {
        let share = coverage.share();
        outcome.coverage = Some(share);
        let least = self.spec.gate.min_coverage;
        if let Some(part) = &mut outcome.part {
            part.covered = share >= least;
        }
        if passes(outcome.verdict) && share < least {
            outcome.verdict = Verdict::Inconclusive;
            outcome.cause = Some(coverage.cause());
            outcome.conformance_probability = None;
            self.put_gap_first(coverage, outcome);
            let (share, least) = (number(share * 100.0), number(least * 100.0));
            outcome.reason.add(bilingual(|_| {
                message!("verdict-coverage-short", share = share, least = least)
            }));
        } else if outcome.verdict == Verdict::Inconclusive {
            if coverage.is_broken() {
                outcome.cause = outcome.cause.or(Some(coverage.cause()));
                self.put_gap_first(coverage, outcome);
                self.add_gap_reason(coverage, outcome);
            }
            if !self.complete {
                outcome.reason.add(bilingual(|_| message!("verdict-phase-open")));
            }
            outcome.cause = outcome.cause.or(Some(Cause::TooShort));
        }
    }

    /// The same for a number of one instant or of a stretch that was all observed or not at all.
    pub fn gate_instant(&self, missing: Option<Missing>, span: Span, outcome: &mut Outcome) {
        let decided = outcome.verdict != Verdict::Inconclusive;
        outcome.coverage = Some(if decided { 1.0 } else { 0.0 });
        if decided || outcome.cause.is_some() {
            return;
        }
        if !self.complete || span.end > self.span.end || span.start < self.span.start {
            outcome.cause = Some(Cause::TooShort);
            let open = !self.complete;
            outcome.reason.add(bilingual(|_| {
                if open { message!("verdict-phase-open") } else { message!("verdict-phase-short") }
            }));
            return;
        }
        outcome.cause = Some(missing.map_or(Cause::Gap, Missing::cause));
        let Some(missing) = missing else { return };
        let title = &self.info(missing.signal).title;
        let start = number(span.start.seconds());
        outcome.reason.add(bilingual(|language| {
            let signal = title.in_language(language);
            match missing.bad {
                true => message!("verdict-bad-value", signal = signal, start = start),
                false => message!("verdict-not-observed", signal = signal, start = start),
            }
        }));
    }

    fn put_gap_first(&self, coverage: &Coverage, outcome: &mut Outcome) {
        if let Some(gap) = coverage.longest_gap() {
            outcome.evidence.insert(0, self.evidence(gap.missing.signal, gap.span, None));
        }
    }

    fn add_gap_reason(&self, coverage: &Coverage, outcome: &mut Outcome) {
        if let Some(gap) = coverage.longest_gap() {
            let title = &self.info(gap.missing.signal).title;
            let (seconds, start) = (number(gap.span.seconds()), number(gap.span.start.seconds()));
            outcome.reason.add(bilingual(|language| {
                let signal = title.in_language(language);
                match gap.missing.bad {
                    true => {
                        message!("verdict-bad", signal = signal, seconds = seconds, start = start)
                    }
                    false => {
                        message!("verdict-gap", signal = signal, seconds = seconds, start = start)
                    }
                }
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
