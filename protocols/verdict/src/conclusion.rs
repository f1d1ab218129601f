//! The conclusion on the whole, and the exit code of programs that judge.

use trial::document::Title;
use trial::finding::{Conclusion, Finding, FindingKind, Findings, Verdict};
use trial::scenario::{Class, LimitStatus, Retest, Scenario};
use words::message;

use crate::outcome::{AddSentence, bilingual, fails, passes};

/// Rolls the findings up. Without a roll-up every mandatory criterion must pass and a single fail
/// fails the whole. With one, so many criteria of each class may fail, but none that is mandatory.
/// Anything mandatory that is undecided leaves the whole undecided; without a single mandatory pass
/// nothing is concluded.
pub(crate) fn conclude(scenario: &Scenario, findings: &[Finding]) -> Conclusion {
    let counted: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Criterion && finding.counted)
        .collect();
    let illustrative =
        counted.iter().any(|finding| finding.source.status == LimitStatus::Illustrative);
    let failed = failed_by_class(&counted);
    let verdict = roll_up(scenario, &counted, failed);
    let retest = retest(scenario, verdict, failed);
    let standard = scenario.standard.clone().filter(|_| !illustrative).unwrap_or_default();
    let mut headline = headline(verdict, illustrative, &standard);
    let tolerated: u32 = failed.iter().sum();
    if passes(verdict) && tolerated > 0 {
        headline.add(bilingual(|_| message!("verdict-headline-tolerated", count = tolerated)));
    }
    if retest == Some(Retest::DoubleSample) {
        headline.add(bilingual(|_| message!("verdict-headline-retest")));
    }
    Conclusion { verdict, illustrative, headline, standard, failed, retest }
}

/// Criteria that are not met, by class; one that came several times counts once.
fn failed_by_class(counted: &[&Finding]) -> [u32; 3] {
    let mut failed = [0; 3];
    let mut before: Option<&str> = None;
    for finding in counted.iter().filter(|finding| fails(finding.verdict)) {
        if before != Some(finding.criterion.as_str()) {
            let class = match finding.class {
                Class::A => 0,
                Class::B => 1,
                Class::C => 2,
            };
            failed[class] += 1;
        }
        before = Some(&finding.criterion);
    }
    failed
}

fn roll_up(scenario: &Scenario, counted: &[&Finding], failed: [u32; 3]) -> Verdict {
    let mandatory = || {
        let judged = counted.iter().filter(|finding| finding.mandatory);
        judged.map(|finding| finding.verdict).filter(|v| *v != Verdict::NotApplicable)
    };
    let too_many = scenario.roll_up.is_some_and(|roll_up| {
        failed.iter().zip(roll_up.allowed).any(|(failed, allowed)| *failed > allowed)
    });
    if mandatory().any(fails) || too_many {
        Verdict::Fail
    } else if mandatory().next().is_none() || !mandatory().all(passes) {
        Verdict::Inconclusive
    } else if mandatory().all(|verdict| verdict == Verdict::Pass) {
        Verdict::Pass
    } else {
        Verdict::ConditionalPass
    }
}

/// What the scenario allows after a fail: a sample of twice the size only where no criterion of
/// class A failed.
fn retest(scenario: &Scenario, verdict: Verdict, failed: [u32; 3]) -> Option<Retest> {
    let roll_up = scenario.roll_up.filter(|_| verdict == Verdict::Fail)?;
    let again = roll_up.retest == Retest::DoubleSample && failed[0] == 0;
    Some(if again { Retest::DoubleSample } else { Retest::None })
}

fn headline(verdict: Verdict, illustrative: bool, standard: &str) -> Title {
    if !standard.is_empty() {
        let standard = words::printable(standard);
        return bilingual(|_| match verdict {
            Verdict::Pass => message!("verdict-headline-conforms", standard = standard),
            Verdict::ConditionalPass => {
                message!("verdict-headline-conforms-conditionally", standard = standard)
            }
            Verdict::Fail => message!("verdict-headline-does-not-conform", standard = standard),
            _ => message!("verdict-headline-undecided", standard = standard),
        });
    }
    bilingual(|_| match (verdict, illustrative) {
        (Verdict::Pass, false) => message!("verdict-headline-pass"),
        (Verdict::ConditionalPass, false) => message!("verdict-headline-conditional"),
        (Verdict::Fail, false) => message!("verdict-headline-fail"),
        (_, false) => message!("verdict-headline-inconclusive"),
        (Verdict::Pass, true) => message!("verdict-headline-declared-pass"),
        (Verdict::ConditionalPass, true) => message!("verdict-headline-declared-conditional"),
        (Verdict::Fail, true) => message!("verdict-headline-declared-fail"),
        (_, true) => message!("verdict-headline-declared-inconclusive"),
    })
}

/// Exit code of a program that judged: 3 if anything failed, else 4 if anything is undecided
/// (inconclusive, not exercised, not tested, error), else 0.
pub fn exit_code(findings: &Findings) -> u8 {
    let verdicts = || {
        let counted = findings.findings.iter().filter(|finding| finding.counted);
        counted.map(|finding| finding.verdict).chain([findings.conclusion.verdict])
    };
    let undecided = |verdict| {
        matches!(
            verdict,
            Verdict::Inconclusive | Verdict::NotExercised | Verdict::NotTested | Verdict::Error
        )
    };
    if verdicts().any(fails) {
        3
    } else if verdicts().any(undecided) {
        4
    } else {
        0
    }
}
