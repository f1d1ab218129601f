//! From outcomes to findings: occurrences, what throws doubt on them, preconditions, conclusion.

use trial::document::Title;
use trial::finding::{Cause, Finding, FindingKind, Findings, PhaseFound, Verdict};
use trial::scenario::{Aggregate, Criterion, DecisionRule};
use trial::time::Span;
use words::message;

use super::{Evaluator, MAX_OCCURRENCES};
use crate::compile::{Prepared, Spec};
use crate::conclusion::conclude;
use crate::outcome::{AddSentence, Outcome, bilingual};
use crate::phase::PhaseFold;
use crate::repeats::together;

impl Evaluator {
    pub(super) fn findings(self) -> Findings {
        let scenario = &self.compiled.scenario;
        let judged = (0..self.compiled.criteria.len()).map(|position| self.findings_of(position));
        let mut judged: Vec<Vec<Finding>> = judged.collect();
        let preconditions = judged.split_off(scenario.criteria.len().min(judged.len()));
        self.apply_preconditions(&mut judged, &preconditions);
        let findings: Vec<Finding> = judged.into_iter().chain(preconditions).flatten().collect();
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
            conclusion: conclude(scenario, &findings),
            findings,
            phases,
        }
    }

    /// The phase in which a criterion is judged, and its place among that phase's criteria.
    fn place(&self, position: usize) -> Option<(&PhaseFold, usize)> {
        self.phases.iter().find_map(|fold| {
            let spec = self.compiled.phases[fold.phase()].as_ref()?;
            let at = spec.criteria.iter().position(|(known, _)| *known == position)?;
            Some((fold, at))
        })
    }

    fn criterion(&self, position: usize) -> &Criterion {
        let scenario = &self.compiled.scenario;
        match position.checked_sub(scenario.criteria.len()) {
            None => &scenario.criteria[position],
            Some(at) => &scenario.preconditions[at].criterion,
        }
    }

    fn findings_of(&self, position: usize) -> Vec<Finding> {
        let criterion = self.criterion(position);
        let spec = match &self.compiled.criteria[position] {
            Prepared::Settled(outcome, _) => {
                return vec![self.finding(position, None, (**outcome).clone())];
            }
            Prepared::Judged(spec) => spec,
        };
        let Some((fold, at)) = self.place(position) else { return Vec::new() };
        let mut outcomes: Vec<(Span, Outcome)> = Vec::with_capacity(fold.judged.len());
        for judged in &fold.judged {
            if let Some(outcome) = judged.outcomes.get(at) {
                let mut outcome = outcome.clone();
                self.doubt(spec, judged.span, &mut outcome);
                outcomes.push((judged.span, outcome));
            }
        }
        let whole = criterion.repeats.map(|repeats| {
            let mut whole = together(repeats, spec, &outcomes);
            // A number of all occurrences is as doubtful as any of them.
            if repeats.aggregate != Aggregate::Each {
                let doubtful = |(span, _): &(Span, Outcome)| self.doubt(spec, *span, &mut whole);
                outcomes.iter().any(doubtful);
            }
            whole
        });
        let mut findings = self.of_occurrences(position, outcomes);
        if let Some(outcome) = whole {
            findings.iter_mut().for_each(|finding| finding.counted = false);
            findings.push(self.of_all(position, fold, outcome));
        } else if fold.overflow {
            let reason =
                bilingual(|_| message!("verdict-too-many-occurrences", limit = MAX_OCCURRENCES));
            findings.push(self.finding(position, None, Outcome::bare(Verdict::Error, reason)));
        } else if findings.is_empty() {
            let outcome = Outcome::bare(Verdict::NotExercised, self.never_came(fold.phase()));
            findings.push(self.finding(position, None, outcome));
        }
        findings
    }

    fn of_occurrences(&self, position: usize, outcomes: Vec<(Span, Outcome)>) -> Vec<Finding> {
        let count = outcomes.len();
        let mut findings = Vec::with_capacity(count + 1);
        for (index, (span, mut outcome)) in outcomes.into_iter().enumerate() {
            let (number, of) = (index + 1, count);
            if count > 1 {
                let numbered =
                    bilingual(|_| message!("verdict-occurrence", number = number, count = of));
                let reason = std::mem::replace(&mut outcome.reason, numbered);
                outcome.reason.add(reason);
            }
            let mut finding = self.finding(position, Some(span), outcome);
            finding.occurrence = (count > 1).then(|| u32::try_from(number).unwrap_or(u32::MAX));
            findings.push(finding);
        }
        findings
    }

    /// The finding on several occurrences together.
    fn of_all(&self, position: usize, fold: &PhaseFold, outcome: Outcome) -> Finding {
        let first = fold.judged.first().map(|judged| judged.span.start);
        let last = fold.judged.last().map(|judged| judged.span.end);
        let span = first.zip(last).map(|(first, last)| Span::new(first, last));
        self.finding(position, span, outcome)
    }

    fn never_came(&self, phase: usize) -> Title {
        let title = &self.compiled.scenario.phases[phase].title;
        bilingual(|language| {
            message!("verdict-phase-never-came", phase = title.in_language(language))
        })
    }

    /// What is known of instruments may keep a result from deciding anything; tells whether it does.
    fn doubt(&self, spec: &Spec, span: Span, outcome: &mut Outcome) -> bool {
        let decided = !matches!(
            outcome.verdict,
            Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotTested | Verdict::Error
        );
        if !decided {
            return false;
        }
        let fails = outcome.verdict == Verdict::Fail;
        let mut doubtful = false;
        for role in spec.roles.iter() {
            if let Some(doubt) = self.compiled.doubts.of(&self.compiled, *role, span) {
                // An instrument that is too slow or too coarse has still seen what it has seen.
                if doubt.cause == Cause::InstrumentUnfit && fails {
                    continue;
                }
                outcome.undecide(doubt.cause, doubt.sentence);
                doubtful = true;
            }
        }
        doubtful
    }

    /// A criterion whose precondition is not met says nothing, unless the customer consented.
    fn apply_preconditions(&self, criteria: &mut [Vec<Finding>], preconditions: &[Vec<Finding>]) {
        let scenario = &self.compiled.scenario;
        for (precondition, found) in scenario.preconditions.iter().zip(preconditions) {
            let met = found
                .iter()
                .all(|finding| matches!(finding.verdict, Verdict::Pass | Verdict::NotApplicable));
            if met {
                continue;
            }
            let criterion = &precondition.criterion;
            let consented = self.compiled.said.consented.contains(&criterion.id);
            for guarded in &precondition.guards {
                let Some(findings) = criteria.get_mut(*guarded) else { continue };
                findings.iter_mut().for_each(|finding| deny(finding, &criterion.title, consented));
            }
        }
    }

    fn finding(&self, position: usize, span: Option<Span>, outcome: Outcome) -> Finding {
        let criterion = self.criterion(position);
        let precondition = position >= self.compiled.scenario.criteria.len();
        let (limit, decision) = match &self.compiled.criteria[position] {
            Prepared::Judged(spec) => (spec.limits.clone(), Some(spec.decision)),
            Prepared::Settled(_, limits) => (limits.clone(), None),
        };
        let rule = decision.map_or(criterion.rule, |decision| decision.rule);
        let banded = matches!(rule, DecisionRule::GuardBand | DecisionRule::FourZones);
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
            margin_in_u: outcome.margin_in_u,
            uncertainty: outcome.uncertainty,
            conformance_probability: outcome.conformance_probability,
            coverage: outcome.coverage,
            evidence: outcome.evidence,
            rule,
            limit,
            source: criterion.source.clone(),
            reason: outcome.reason,
            kind: if precondition { FindingKind::Precondition } else { FindingKind::Criterion },
            operator: criterion.operator.name().to_owned(),
            occurrence: None,
            counted: true,
            cause: outcome.cause.filter(|_| outcome.verdict == Verdict::Inconclusive),
            raw: outcome.raw,
            guard_factor: banded.then_some(criterion.guard_factor),
        }
    }
}

/// Makes a finding undecided for want of a precondition, or says that the customer consented.
fn deny(finding: &mut Finding, precondition: &Title, consented: bool) {
    let decided = matches!(
        finding.verdict,
        Verdict::Pass
            | Verdict::ConditionalPass
            | Verdict::ConditionalFail
            | Verdict::Fail
            | Verdict::Inconclusive
    );
    if !decided {
        return;
    }
    let sentence = bilingual(|language| {
        let precondition = precondition.in_language(language);
        if consented {
            message!("verdict-precondition-consented", precondition = precondition)
        } else {
            message!("verdict-precondition-unmet", precondition = precondition)
        }
    });
    if consented {
        finding.reason.add(sentence);
        return;
    }
    finding.verdict = Verdict::Inconclusive;
    finding.cause = Some(Cause::Precondition);
    finding.conformance_probability = None;
    let reason = std::mem::replace(&mut finding.reason, sentence);
    finding.reason.add(reason);
}
