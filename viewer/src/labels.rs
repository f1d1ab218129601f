//! The words for verdicts, limits and origins, in the language of the window.

use trial::finding::{AppliedLimit, Margin, MarginInU, Measured, Verdict};
use trial::record::OriginKind;
use trial::scenario::LimitStatus;
use words::{Language, text};

use crate::ticks;

/// A verdict.
pub fn verdict(verdict: Verdict, language: Language) -> String {
    match verdict {
        Verdict::Pass => text(language, "viewer-verdict-pass"),
        Verdict::ConditionalPass => text(language, "viewer-verdict-conditional-pass"),
        Verdict::ConditionalFail => text(language, "viewer-verdict-conditional-fail"),
        Verdict::Fail => text(language, "viewer-verdict-fail"),
        Verdict::Inconclusive => text(language, "viewer-verdict-inconclusive"),
        Verdict::NotExercised => text(language, "viewer-verdict-not-exercised"),
        Verdict::NotApplicable => text(language, "viewer-verdict-not-applicable"),
        Verdict::NotTested => text(language, "viewer-verdict-not-tested"),
        Verdict::Error => text(language, "viewer-verdict-error"),
    }
}

/// How far a limit can be relied upon.
pub fn status(status: LimitStatus, language: Language) -> String {
    match status {
        LimitStatus::Verified => text(language, "viewer-status-verified"),
        LimitStatus::Declared => text(language, "viewer-status-declared"),
        LimitStatus::Illustrative => text(language, "viewer-status-illustrative"),
    }
}

/// How a recording that is not live came to be; `None` for a live one.
pub fn origin(origin: OriginKind, language: Language) -> Option<String> {
    match origin {
        OriginKind::Live => None,
        OriginKind::Simulated => Some(text(language, "viewer-origin-simulated")),
        OriginKind::Replayed => Some(text(language, "viewer-origin-replayed")),
        OriginKind::Imported => Some(text(language, "viewer-origin-imported")),
    }
}

/// A number with its unit.
pub fn with_unit(number: f64, unit: trial::unit::Unit) -> String {
    let value = ticks::value(number);
    let unit = unit.shown();
    if unit.is_empty() { value } else { format!("{value} {unit}") }
}

/// What was measured.
pub fn measured(measured: Option<Measured>, language: Language) -> String {
    match measured {
        Some(measured) => with_unit(measured.value, measured.unit),
        None => text(language, "viewer-not-told"),
    }
}

/// The limits as they were applied, one text each.
pub fn limits(limits: &[AppliedLimit], language: Language) -> Vec<String> {
    if limits.is_empty() {
        return vec![text(language, "viewer-not-told")];
    }
    let told = |limit: &AppliedLimit| {
        format!("{} {}", limit.compare.shown(), with_unit(limit.value, limit.unit))
    };
    limits.iter().map(told).collect()
}

/// The margin with its sign; an interval where unobserved samples may be anything.
pub fn margin(margin: Option<Margin>, language: Language) -> String {
    let Some(margin) = margin else { return text(language, "viewer-not-told") };
    format!("{} {}", ends(margin.low, margin.high, ticks::value, language), margin.unit.shown())
}

/// The margin as a multiple of the expanded uncertainty.
pub fn margin_in_u(margin: MarginInU, language: Language) -> String {
    let hundredths = |value: f64| format!("{value:.2}");
    format!("{} U", ends(margin.low, margin.high, hundredths, language))
}

fn ends(
    low: Option<f64>,
    high: Option<f64>,
    shown: impl Fn(f64) -> String,
    language: Language,
) -> String {
    let end = |end: Option<f64>| match end {
        Some(value) if value > 0.0 => format!("+{}", shown(value)),
        Some(value) => shown(value),
        None => text(language, "viewer-unbounded"),
    };
    if low == high { end(low) } else { format!("{} … {}", end(low), end(high)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::unit::Unit;

    #[test]
    fn every_verdict_has_its_own_word_in_each_language() {
        for language in Language::ALL {
            let mut words: Vec<_> = Verdict::ALL.map(|each| verdict(each, language)).to_vec();
            assert!(words.iter().all(|word| !word.starts_with('[')), "{words:?}");
            words.sort();
            words.dedup();
            assert_eq!(words.len(), Verdict::ALL.len());
        }
        assert_eq!(verdict(Verdict::Inconclusive, Language::Chinese), "无法判定");
    }

    #[test]
    fn margins_tell_their_sign_and_what_is_unknown() {
        let unit = Unit::parse("MPa").unwrap();
        let check = |low, high, expected: &str| {
            assert_eq!(margin(Some(Margin { low, high, unit }), Language::English), expected);
        };
        check(Some(0.25), Some(0.25), "+0.25 MPa");
        check(Some(-0.5), Some(0.25), "-0.5 … +0.25 MPa");
        check(None, Some(0.1), "open … +0.1 MPa");
        assert_eq!(margin(None, Language::English), "–");
        let in_u = MarginInU { low: None, high: Some(1.256) };
        assert_eq!(margin_in_u(in_u, Language::English), "open … +1.26 U");
    }
}
