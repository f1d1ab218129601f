//! Findings as a person reads them: the conclusion, then a block a criterion, preconditions apart.
//!
//! Values are shown to the last digit that their uncertainty has (two significant digits of U, and
//! the value to the same decimal place); without a known uncertainty with five significant digits.

use std::fmt::Write as _;

use trial::finding::{
    AppliedLimit, Evidence, Finding, FindingKind, Findings, Margin, Measured, Verdict,
};
use trial::scenario::{Class, DecisionRule, LimitSource, LimitStatus, Retest};
use trial::unit::Unit;
use verdict::uncertainty::rounding::{decimal_text, round_uncertainty};
use words::{Language, Message, message, text};

use super::site_time::{SiteTime, trial_span};
use super::table::{self, Row};

/// Significant digits of values without a known uncertainty.
const DIGITS: i32 = 5;
/// Most places of evidence that are shown of one finding.
const MAX_EVIDENCE: usize = 6;
/// Beyond this far from 0 or 1 a probability is shown as a bound.
const SURE: f64 = 0.0005;

/// The word for a verdict on an item.
pub(super) fn verdict_word(verdict: Verdict, language: Language) -> String {
    match verdict {
        Verdict::Pass => text(language, "verdict-pass"),
        Verdict::ConditionalPass => text(language, "verdict-conditional-pass"),
        Verdict::ConditionalFail => text(language, "verdict-conditional-fail"),
        Verdict::Fail => text(language, "verdict-fail"),
        Verdict::Inconclusive => text(language, "verdict-inconclusive"),
        Verdict::NotExercised => text(language, "verdict-not-exercised"),
        Verdict::NotApplicable => text(language, "verdict-not-applicable"),
        Verdict::NotTested => text(language, "verdict-not-tested"),
        Verdict::Error => text(language, "verdict-error"),
    }
}

/// The words for a decision rule.
pub(super) fn rule_word(rule: DecisionRule, language: Language) -> String {
    match rule {
        DecisionRule::SimpleAcceptance => text(language, "rule-simple-acceptance"),
        DecisionRule::GuardBand => text(language, "rule-guard-band"),
        DecisionRule::FourZones => text(language, "rule-four-zones"),
        DecisionRule::Commission => text(language, "rule-commission"),
    }
}

/// The words for how far a limit can be relied upon.
pub(super) fn status_word(status: LimitStatus, language: Language) -> String {
    match status {
        LimitStatus::Verified => text(language, "limit-verified"),
        LimitStatus::Declared => text(language, "limit-declared"),
        LimitStatus::Illustrative => text(language, "limit-illustrative"),
    }
}

/// Findings as a person reads them; `site` tells the wall time of what is pointed at.
pub(super) fn shown(findings: &Findings, site: Option<&SiteTime>, language: Language) -> String {
    let mut out = String::new();
    let conclusion = &findings.conclusion;
    let verdict = verdict_word(conclusion.verdict, language);
    let headline = conclusion.headline.in_language(language);
    // Writing into a text does not fail.
    let _ = writeln!(out, "{verdict}: {headline}");
    let (scenario, edition) =
        (words::printable(&findings.scenario), words::printable(&findings.edition));
    let by = message!("findings-by", scenario = scenario, edition = edition);
    let _ = writeln!(out, "  {}", by.in_language(language));
    for line in counts(findings, language) {
        let _ = writeln!(out, "{line}");
    }
    if let Some(retest) = conclusion.retest {
        let retest = match retest {
            Retest::None => text(language, "findings-no-retest"),
            Retest::DoubleSample => text(language, "findings-retest-double"),
        };
        let _ = writeln!(out, "  {retest}");
    }
    let parts = [
        (FindingKind::Criterion, text(language, "findings-criteria")),
        (FindingKind::Precondition, text(language, "findings-preconditions")),
    ];
    for (kind, title) in parts {
        let part: Vec<&Finding> =
            findings.findings.iter().filter(|finding| finding.kind == kind).collect();
        if !part.is_empty() {
            let _ = writeln!(out, "\n{title}");
            for finding in part {
                out.push('\n');
                block(&mut out, finding, site, language);
            }
        }
    }
    out.push('\n');
    out
}

/// How many criteria of each class are met, not met, undecided, not applicable. One that came
/// several times counts once, by the worst.
fn counts(findings: &Findings, language: Language) -> Vec<String> {
    let mut counts = [[0usize; 4]; 3];
    let counted: Vec<&Finding> = findings
        .findings
        .iter()
        .filter(|finding| finding.kind == FindingKind::Criterion && finding.counted)
        .collect();
    for same in counted.chunk_by(|one, other| one.criterion == other.criterion) {
        let Some(first) = same.first() else { continue };
        let worst = same.iter().map(|finding| standing(finding.verdict)).min().unwrap_or(2);
        counts[class_place(first.class)][[1, 2, 0, 3][worst]] += 1;
    }
    let mut rows = Vec::new();
    for (class, [met, failed, undecided, aside]) in ["A", "B", "C"].into_iter().zip(counts) {
        if met + failed + undecided + aside > 0 {
            let cells = [
                message!("findings-class", class = class),
                message!("findings-met", count = met),
                message!("findings-failed", count = failed),
                message!("findings-undecided", count = undecided),
                message!("findings-not-applicable", count = aside),
            ];
            let cells = cells.map(|cell| cell.in_language(language)).to_vec();
            rows.push(Row { cells, details: Vec::new() });
        }
    }
    table::lines(&rows, 2)
}

/// Worst first: not met, undecided, met, not applicable.
fn standing(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Fail | Verdict::ConditionalFail => 0,
        Verdict::Pass | Verdict::ConditionalPass => 2,
        Verdict::NotApplicable => 3,
        _ => 1,
    }
}

fn class_place(class: Class) -> usize {
    match class {
        Class::A => 0,
        Class::B => 1,
        Class::C => 2,
    }
}

fn block(out: &mut String, finding: &Finding, site: Option<&SiteTime>, language: Language) {
    let symbol = match standing(finding.verdict) {
        0 => '✗',
        2 => '✓',
        3 => '–',
        _ => '?',
    };
    let verdict = verdict_word(finding.verdict, language);
    let title = finding.title.in_language(language);
    let mut facts = vec![finding.criterion.clone()];
    if let Some(number) = finding.occurrence {
        facts.push(message!("finding-occurrence", number = number).in_language(language));
    }
    if finding.kind == FindingKind::Criterion {
        let class = format!("{:?}", finding.class);
        facts.push(message!("findings-class", class = class).in_language(language));
        facts.push(match finding.mandatory {
            true => text(language, "finding-mandatory"),
            false => text(language, "finding-optional"),
        });
    }
    if !finding.counted {
        facts.push(text(language, "finding-not-counted"));
    }
    let _ = writeln!(out, "{symbol} {verdict}  {title}  ({})", facts.join(", "));
    let rows = rows(finding, site, language);
    for line in table::lines(&rows, 4) {
        let _ = writeln!(out, "{line}");
    }
}

/// Label and text of everything that is known of a finding.
fn rows(finding: &Finding, site: Option<&SiteTime>, language: Language) -> Vec<Row> {
    let mut rows: Vec<(String, String)> = Vec::new();
    if finding.verdict == Verdict::Inconclusive
        && let Some(cause) = finding.cause
    {
        rows.push((text(language, "finding-undecided"), cause.message().in_language(language)));
    }
    let decimals = finding_decimals(finding);
    if let Some(measured) = finding.measured {
        rows.push((text(language, "finding-measured"), value_text(measured, decimals)));
    }
    if let Some(raw) = finding.raw.filter(|raw| finding.measured != Some(*raw)) {
        rows.push((text(language, "finding-raw"), value_text(raw, decimals)));
    }
    if !finding.limit.is_empty() {
        let limits: Vec<String> = finding.limit.iter().map(limit_text).collect();
        rows.push((text(language, "finding-limit"), limits.join(", ")));
    }
    rows.push((text(language, "finding-source"), source_text(&finding.source, language)));
    rows.extend(margin_rows(finding, decimals, language));
    rows.push((text(language, "finding-rule"), rule_text(finding, language)));
    if let Some(span) = finding.span {
        rows.push((text(language, "finding-judged"), time_text(span, site)));
    }
    let more = finding.evidence.len().saturating_sub(MAX_EVIDENCE);
    let mut label = text(language, "finding-evidence");
    for evidence in finding.evidence.iter().take(MAX_EVIDENCE) {
        rows.push((std::mem::take(&mut label), evidence_text(evidence, site)));
    }
    if more > 0 {
        let more = message!("finding-more-evidence", count = more).in_language(language);
        rows.push((String::new(), more));
    }
    rows.push((text(language, "finding-reason"), finding.reason.in_language(language)));
    let row = |(label, text)| Row { cells: vec![label, text], details: Vec::new() };
    rows.into_iter().map(row).collect()
}

fn margin_rows(
    finding: &Finding,
    decimals: Option<i32>,
    language: Language,
) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    if let Some(margin) = &finding.margin {
        let mut told = margin_text(margin, decimals);
        if let Some(in_u) = finding.margin_in_u {
            let _ = write!(told, " = {}", ends(in_u.low, in_u.high, |value| format!("{value:.2}")));
            told += " U";
        }
        rows.push((text(language, "finding-margin"), told));
    }
    let unit = finding.margin.map(|margin| margin.unit);
    if let (Some(uncertainty), Some(unit)) = (finding.uncertainty, unit) {
        let value = round_uncertainty(uncertainty.expanded)
            .and_then(|stated| decimal_text(stated.value, stated.decimals))
            .unwrap_or_else(|| number(uncertainty.expanded));
        let (value, k) = (with_unit(value, unit), format!("{:.2}", uncertainty.k));
        let told = message!("finding-u", value = value, k = k).in_language(language);
        rows.push((text(language, "finding-uncertainty"), told));
    } else if finding.margin.is_some() {
        rows.push((text(language, "finding-uncertainty"), text(language, "finding-u-unknown")));
    }
    if let Some(probability) = finding.conformance_probability {
        rows.push((text(language, "finding-probability"), probability_text(probability)));
    }
    rows
}

fn probability_text(probability: f64) -> String {
    if probability > 1.0 - SURE {
        "> 0.999".to_owned()
    } else if probability < SURE {
        "< 0.001".to_owned()
    } else {
        format!("{probability:.3}")
    }
}

fn rule_text(finding: &Finding, language: Language) -> String {
    let rule = rule_word(finding.rule, language);
    match finding.guard_factor {
        Some(factor) => {
            let message = message!("finding-guard", rule = rule, factor = number(factor));
            message.in_language(language)
        }
        None => rule,
    }
}

/// Standard, edition, clause, and how far that can be relied upon.
pub(super) fn source_text(source: &LimitSource, language: Language) -> String {
    let status = status_word(source.status, language);
    let mut parts: Vec<String> = [&source.standard, &source.edition, &source.clause]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| part.in_language(language))
        .collect();
    if !source.verified_by.is_empty() {
        let (by, on) =
            (words::printable(&source.verified_by), words::printable(&source.verified_on));
        parts.push(message!("source-verified-by", by = by, on = on).in_language(language));
    }
    let told = parts.join(" · ");
    format!("{told} [{status}]").trim_start().to_owned()
}

fn time_text(span: trial::time::Span, site: Option<&SiteTime>) -> String {
    match site {
        Some(site) => format!("{}  ({})", trial_span(span), site.span(span)),
        None => trial_span(span),
    }
}

fn evidence_text(evidence: &Evidence, site: Option<&SiteTime>) -> String {
    let channel = words::printable(&evidence.channel);
    let unit = site.and_then(|site| site.unit(&evidence.channel)).unwrap_or(Unit::ONE);
    let shown = |value| format!(" = {}", with_unit(number(value), unit));
    let value = evidence.value.map(shown).unwrap_or_default();
    format!("{channel}{value}  {}", time_text(evidence.span, site)).trim_start().to_owned()
}

fn limit_text(limit: &AppliedLimit) -> String {
    format!("{} {}", limit.compare.shown(), with_unit(number(limit.value), limit.unit))
}

/// Decimal places of the last digit of U, where the value is in the same unit.
pub(super) fn finding_decimals(finding: &Finding) -> Option<i32> {
    let unit = finding.margin?.unit;
    let same = finding.measured.is_none_or(|measured| measured.unit.factor == unit.factor);
    let stated = round_uncertainty(finding.uncertainty?.expanded)?;
    (same && stated.value > 0.0).then_some(stated.decimals)
}

fn value_text(measured: Measured, decimals: Option<i32>) -> String {
    with_unit(rounded(measured.value, decimals), measured.unit)
}

/// A margin in its unit; both ends where they differ.
pub(super) fn margin_text(margin: &Margin, decimals: Option<i32>) -> String {
    let told = ends(margin.low, margin.high, |value| rounded(value, decimals));
    with_unit(told, margin.unit)
}

fn ends(low: Option<f64>, high: Option<f64>, shown: impl Fn(f64) -> String) -> String {
    let end = |end: Option<f64>, unbounded: &str| {
        end.map_or(unbounded.to_owned(), |value| shown(value).replace('-', "−"))
    };
    let (low, high) = (end(low, "−∞"), end(high, "+∞"));
    if low == high { low } else { format!("{low} … {high}") }
}

fn with_unit(value: String, unit: Unit) -> String {
    let value = match value.strip_prefix('-') {
        Some(size) => format!("−{size}"),
        None => value,
    };
    format!("{value} {}", unit.shown()).trim_end().to_owned()
}

fn rounded(value: f64, decimals: Option<i32>) -> String {
    decimals.and_then(|decimals| decimal_text(value, decimals)).unwrap_or_else(|| number(value))
}

/// A number with [`DIGITS`] significant digits, without an exponent where that is readable.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&magnitude) {
        return format!("{value:.*e}", (DIGITS - 1) as usize);
    }
    let decimals = (DIGITS - 1 - magnitude).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A message of a scenario's or a limit's origin, where its author said how it was come by.
pub(super) fn basis_word(basis: trial::scenario::LimitBasis) -> Message {
    match basis {
        trial::scenario::LimitBasis::Restated => message!("basis-restated"),
        trial::scenario::LimitBasis::Unread => message!("basis-unread"),
        trial::scenario::LimitBasis::Example => message!("basis-example"),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_keep_five_digits_and_no_empty_ones() {
        for (value, shown) in [
            (0.0, "0"),
            (1.0, "1"),
            (0.0123456, "0.012346"),
            (1234.5678, "1234.6"),
            (123456.0, "123456"),
            (-2.5, "-2.5"),
            (1.0e-9, "1.0000e-9"),
        ] {
            assert_eq!(number(value), shown);
        }
    }
}
