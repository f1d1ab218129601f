//! The conclusion on the whole, and the exit code of programs that judge.

use trial::finding::{Conclusion, Finding, Findings, Verdict};
use trial::scenario::LimitStatus;
use words::message;

use crate::outcome::bilingual;

/// Rolls the findings up: every mandatory criterion must pass, a single fail fails the whole, and
/// anything undecided leaves it undecided. Without a single mandatory pass nothing is concluded.
pub(crate) fn conclude(findings: &[Finding]) -> Conclusion {
    let illustrative =
        findings.iter().any(|finding| finding.source.status == LimitStatus::Illustrative);
    let mandatory = || {
        let judged = findings.iter().filter(|finding| finding.mandatory);
        judged.map(|finding| finding.verdict).filter(|v| *v != Verdict::NotApplicable)
    };
    let failed = |verdict| matches!(verdict, Verdict::Fail | Verdict::ConditionalFail);
    let passed = |verdict| matches!(verdict, Verdict::Pass | Verdict::ConditionalPass);
    let verdict = if mandatory().any(failed) {
        Verdict::Fail
    } else if mandatory().next().is_none() || !mandatory().all(passed) {
        Verdict::Inconclusive
    } else if mandatory().all(|verdict| verdict == Verdict::Pass) {
        Verdict::Pass
    } else {
        Verdict::ConditionalPass
    };
    let headline = bilingual(|_| match (verdict, illustrative) {
        (Verdict::Pass, false) => message!("verdict-headline-pass"),
        (Verdict::ConditionalPass, false) => message!("verdict-headline-conditional"),
        (Verdict::Fail, false) => message!("verdict-headline-fail"),
        (_, false) => message!("verdict-headline-inconclusive"),
        (Verdict::Pass, true) => message!("verdict-headline-declared-pass"),
        (Verdict::ConditionalPass, true) => message!("verdict-headline-declared-conditional"),
        (Verdict::Fail, true) => message!("verdict-headline-declared-fail"),
        (_, true) => message!("verdict-headline-declared-inconclusive"),
    });
    Conclusion { verdict, illustrative, headline }
}

/// Exit code of a program that judged: 3 if anything failed, else 4 if anything is undecided
/// (inconclusive, not exercised, not tested, error), else 0.
pub fn exit_code(findings: &Findings) -> u8 {
    let verdicts = || {
        let single = findings.findings.iter().map(|finding| finding.verdict);
        single.chain([findings.conclusion.verdict])
    };
    let failed = |verdict| matches!(verdict, Verdict::Fail | Verdict::ConditionalFail);
    let undecided = |verdict| {
        matches!(
            verdict,
            Verdict::Inconclusive | Verdict::NotExercised | Verdict::NotTested | Verdict::Error
        )
    };
    if verdicts().any(failed) {
        3
    } else if verdicts().any(undecided) {
        4
    } else {
        0
    }
}
