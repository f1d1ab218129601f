//! Two evaluations of one trial, side by side.

use serde::Serialize;
use trial::finding::{Finding, FindingKind, Findings, Margin, Verdict};
use words::{Language, message, text};

use crate::cli::findings::{margin_text, verdict_word};
use crate::cli::table::{self, Row};

/// What became of the verdicts.
#[derive(Serialize)]
pub(super) struct Compared<'a> {
    /// The findings by the trial's own scenario and calibrations.
    before: &'a Findings,
    /// Whether the conclusion is another.
    conclusion_changed: bool,
    /// Every criterion of the one or the other.
    criteria: Vec<Pair<'a>>,
}

#[derive(Serialize)]
struct Pair<'a> {
    criterion: &'a str,
    kind: FindingKind,
    occurrence: Option<u32>,
    before: Option<Side>,
    after: Option<Side>,
    changed: bool,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
struct Side {
    verdict: Verdict,
    margin: Option<Margin>,
}

/// What makes two findings those on the same: the criterion, and which time of the phase.
fn key(finding: &Finding) -> (FindingKind, &str, Option<u32>) {
    (finding.kind, &finding.criterion, finding.occurrence)
}

impl<'a> Compared<'a> {
    pub fn of(before: &'a Findings, after: &'a Findings) -> Compared<'a> {
        let side = |finding: &Finding| Side { verdict: finding.verdict, margin: finding.margin };
        let pair = |finding: &'a Finding, before: Option<Side>, after: Option<Side>| Pair {
            criterion: &finding.criterion,
            kind: finding.kind,
            occurrence: finding.occurrence,
            before,
            after,
            changed: before.map(|side| side.verdict) != after.map(|side| side.verdict),
        };
        let mut criteria = Vec::with_capacity(after.findings.len());
        for finding in &after.findings {
            let old = before.findings.iter().find(|old| key(old) == key(finding));
            criteria.push(pair(finding, old.map(side), Some(side(finding))));
        }
        for old in &before.findings {
            if !after.findings.iter().any(|finding| key(finding) == key(old)) {
                criteria.push(pair(old, Some(side(old)), None));
            }
        }
        let conclusion_changed = before.conclusion.verdict != after.conclusion.verdict;
        Compared { before, conclusion_changed, criteria }
    }

    /// The comparison as a person reads it.
    pub fn lines(&self, language: Language) -> Vec<String> {
        let Findings { scenario, edition, .. } = self.before;
        let (scenario, edition) = (words::printable(scenario), words::printable(edition));
        let head = message!("evaluate-compared", scenario = scenario, edition = edition);
        let [criterion, old, new] = [
            text(language, "compared-criterion"),
            text(language, "compared-before"),
            text(language, "compared-after"),
        ];
        let none = String::new;
        let cells = vec![criterion, none(), old, none(), new, none(), none()];
        let mut rows = vec![Row { cells, details: Vec::new() }];
        let mut changed = 0;
        for pair in &self.criteria {
            changed += usize::from(pair.changed);
            let mark =
                if pair.changed { text(language, "compared-changed") } else { String::new() };
            let occurrence = pair.occurrence.map(|number| format!("#{number}"));
            let mut cells = vec![pair.criterion.to_owned(), occurrence.unwrap_or_default()];
            cells.extend(shown(pair.before, language));
            cells.extend(shown(pair.after, language));
            cells.push(mark);
            rows.push(Row { cells, details: Vec::new() });
        }
        let mut lines = vec![head.in_language(language)];
        lines.extend(table::lines(&rows, 2));
        let count = self.criteria.len();
        let sum = message!("compared-sum", changed = changed, count = count);
        lines.push(sum.in_language(language));
        lines
    }
}

fn shown(side: Option<Side>, language: Language) -> [String; 2] {
    match side {
        None => [text(language, "compared-missing"), String::new()],
        Some(side) => [
            verdict_word(side.verdict, language),
            side.margin.map(|margin| margin_text(&margin, None)).unwrap_or_default(),
        ],
    }
}
