//! The evaluator: a fold over observations in order of time.
//!
//! Invariant: the observations of one instant are taken together, so that no value that never was
//! (one signal new, the other not yet) is judged.

use std::sync::Arc;

use trial::document::Title;
use trial::finding::{Finding, Findings, PhaseFound, Verdict};
use trial::plan::Plan;
use trial::record::Mark;
use trial::time::{Span, TrialTime};
use words::message;

use crate::compile::{Compiled, Prepared};
use crate::conclusion::conclude;
use crate::outcome::{AddSentence, Outcome, bilingual};
use crate::phase::PhaseFold;
use crate::signal::{Held, Observation, Store};

/// Most occurrences of one phase that are judged; beyond them its criteria end as errors.
pub const MAX_OCCURRENCES: usize = 1024;

/// Judges a trial while its observations come in. Memory is bounded by the scenario, not by the
/// length of the trial.
#[derive(Debug, Clone)]
pub struct Evaluator {
    compiled: Arc<Compiled>,
    marks: Arc<[Mark]>,
    next_mark: usize,
    store: Store,
    /// Observations of the instant `now`, not yet judged.
    gathered: Vec<Observation>,
    now: TrialTime,
    changed: Vec<bool>,
    phases: Vec<PhaseFold>,
}

impl Evaluator {
    /// Makes an evaluator for the plan's scenario and the marks that stand.
    pub fn new(plan: &Plan, marks: &[Mark]) -> Evaluator {
        let compiled = Arc::new(Compiled::new(plan));
        let mut marks = marks.to_vec();
        marks.sort_by_key(|mark| (mark.at, mark.number));
        let signals = compiled.signals.len();
        let phases = 0..compiled.scenario.phases.len();
        let phases =
            phases.filter_map(|phase| PhaseFold::new(&compiled, phase, MAX_OCCURRENCES)).collect();
        Evaluator {
            store: Store::new(signals),
            changed: vec![false; signals],
            gathered: Vec::new(),
            now: TrialTime::MIN,
            next_mark: 0,
            marks: marks.into(),
            phases,
            compiled,
        }
    }

    /// Takes the next observation. Times never descend: an earlier one is taken as of the latest
    /// instant. A signal that is not a role of the scenario is left out.
    pub fn feed(&mut self, observation: &Observation) {
        if observation.signal.0 as usize >= self.compiled.scenario.roles.len() {
            return;
        }
        let again = self.gathered.iter().any(|other| other.signal == observation.signal);
        if again || observation.time > self.now {
            self.judge_instant();
        }
        self.now = self.now.max(observation.time);
        self.gathered.push(Observation { time: self.now, ..*observation });
    }

    /// The findings, with the trial ending at `end` (or at the last observation, if that is
    /// later). For the findings so far, finish a clone.
    pub fn finish(mut self, end: TrialTime) -> Findings {
        self.judge_instant();
        let end = end.max(self.now);
        while let Some(mark) = self.take_mark(|at| at <= end) {
            self.judge_mark(&mark);
        }
        for phase in &mut self.phases {
            phase.finish(&self.store, end);
        }
        self.findings()
    }

    fn take_mark(&mut self, due: impl Fn(TrialTime) -> bool) -> Option<Mark> {
        let mark = self.marks.get(self.next_mark).filter(|mark| due(mark.at))?.clone();
        self.next_mark += 1;
        Some(mark)
    }

    fn judge_mark(&mut self, mark: &Mark) {
        for phase in &mut self.phases {
            phase.advance(&self.store, mark.at, None);
            phase.mark_before(&self.store, mark);
            phase.mark_after(&self.store, mark);
        }
    }

    fn judge_instant(&mut self) {
        if self.gathered.is_empty() {
            return;
        }
        let at = self.now;
        while let Some(mark) = self.take_mark(|mark| mark < at) {
            self.judge_mark(&mark);
        }
        for observation in &self.gathered {
            self.changed[observation.signal.0 as usize] = true;
        }
        self.compiled.bank.spread(&mut self.changed);
        let mut marks = Vec::new();
        while let Some(mark) = self.take_mark(|mark| mark == at) {
            marks.push(mark);
        }
        for phase in &mut self.phases {
            phase.advance(&self.store, at, Some(&self.changed));
            marks.iter().for_each(|mark| phase.mark_before(&self.store, mark));
        }
        for observation in self.gathered.drain(..) {
            self.store.set(observation.signal.0 as usize, Held::of(&observation));
        }
        self.compiled.bank.update(&mut self.store, &self.changed, at);
        for phase in &mut self.phases {
            phase.sample(&self.store, at, &self.changed);
            marks.iter().for_each(|mark| phase.mark_after(&self.store, mark));
        }
        self.changed.fill(false);
    }

    fn findings(self) -> Findings {
        let scenario = &self.compiled.scenario;
        let criteria = 0..scenario.criteria.len();
        let findings: Vec<Finding> =
            criteria.flat_map(|criterion| self.findings_of(criterion)).collect();
        let mut phases: Vec<PhaseFound> = Vec::new();
        for fold in &self.phases {
            let phase = &scenario.phases[fold.phase()];
            phases.extend(fold.judged.iter().map(|judged| PhaseFound {
                phase: phase.id.clone(),
                title: phase.title.clone(),
                span: judged.span,
                complete: judged.complete,
            }));
        }
        phases.sort_by_key(|phase| (phase.span.start, phase.span.end));
        Findings {
            format_version: Findings::FORMAT_VERSION,
            scenario: scenario.id.clone(),
            edition: scenario.edition.clone(),
            conclusion: conclude(&findings),
            findings,
            phases,
        }
    }

    fn findings_of(&self, criterion: usize) -> Vec<Finding> {
        if let Prepared::Unjudged(verdict, reason) = &self.compiled.criteria[criterion] {
            let outcome = Outcome::bare(*verdict, reason.clone());
            return vec![self.finding(criterion, None, outcome)];
        }
        let phase = self.phases.iter().find_map(|fold| {
            let spec = self.compiled.phases[fold.phase()].as_ref()?;
            let at = spec.criteria.iter().position(|(position, _)| *position == criterion)?;
            Some((fold, at))
        });
        let Some((fold, at)) = phase else { return Vec::new() };
        let count = fold.judged.len();
        let mut findings: Vec<Finding> = Vec::with_capacity(count);
        for (index, judged) in fold.judged.iter().enumerate() {
            let Some(outcome) = judged.outcomes.get(at) else { continue };
            let mut outcome = outcome.clone();
            if count > 1 {
                let (number, of) = (index + 1, count);
                let numbered =
                    bilingual(|_| message!("verdict-occurrence", number = number, count = of));
                let reason = std::mem::replace(&mut outcome.reason, numbered);
                outcome.reason.add(reason);
            }
            findings.push(self.finding(criterion, Some(judged.span), outcome));
        }
        if fold.overflow {
            let reason =
                bilingual(|_| message!("verdict-too-many-occurrences", limit = MAX_OCCURRENCES));
            findings.push(self.finding(criterion, None, Outcome::bare(Verdict::Error, reason)));
        } else if findings.is_empty() {
            let reason = self.never_came(fold.phase());
            let outcome = Outcome::bare(Verdict::NotExercised, reason);
            findings.push(self.finding(criterion, None, outcome));
        }
        findings
    }

    fn never_came(&self, phase: usize) -> Title {
        let title = &self.compiled.scenario.phases[phase].title;
        bilingual(|language| {
            message!("verdict-phase-never-came", phase = title.in_language(language))
        })
    }

    fn finding(&self, criterion: usize, span: Option<Span>, outcome: Outcome) -> Finding {
        let limit = match &self.compiled.criteria[criterion] {
            Prepared::Judged(spec) => spec.limits.clone(),
            Prepared::Unjudged(..) => Vec::new(),
        };
        let criterion = &self.compiled.scenario.criteria[criterion];
        Finding {
            criterion: criterion.id.clone(),
            title: criterion.title.clone(),
            phase: criterion.phase.clone(),
            span,
            verdict: outcome.verdict,
            class: criterion.class,
            mandatory: criterion.mandatory,
            measured: outcome.measured,
            margin: outcome.margin,
            uncertainty: None,
            conformance_probability: None,
            coverage: outcome.coverage,
            evidence: outcome.evidence,
            rule: criterion.rule,
            limit,
            source: criterion.source.clone(),
            reason: outcome.reason,
        }
    }
}
