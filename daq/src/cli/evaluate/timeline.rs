//! What stood of every criterion when.

use serde::Serialize;
use trial::finding::Finding;
use trial::time::Span;
use verdict::Timeline;
use words::{Language, message, text};

use crate::cli::findings::{finding_decimals, margin_text, verdict_word};
use crate::cli::site_time::{SiteTime, trial_span};
use crate::cli::table::{self, Row};
use crate::live_criteria::Standing;

/// A change as a program reads it.
#[derive(Serialize)]
pub(super) struct Stood {
    /// Seconds of the trial from which on it stood.
    from: f64,
    #[serde(flatten)]
    standing: Standing,
}

/// The changes in order of time.
pub(super) fn stood(timeline: &Timeline) -> Vec<Stood> {
    let changes = timeline.changes.iter();
    changes
        .map(|change| Stood { from: change.at.seconds(), standing: Standing::of(&change.finding) })
        .collect()
}

/// The changes as a person reads them.
pub(super) fn shown(timeline: &Timeline, site: &SiteTime, language: Language) -> String {
    let head = [
        text(language, "timeline-from"),
        String::new(),
        text(language, "compared-criterion"),
        String::new(),
        text(language, "timeline-stood"),
        String::new(),
        text(language, "timeline-margin"),
    ];
    let mut rows = vec![Row { cells: head.into(), details: Vec::new() }];
    for change in &timeline.changes {
        let at = Span::new(change.at, change.at);
        let mut cells = vec![trial_span(at), site.span(at)];
        cells.extend(cells_of(&change.finding, language));
        rows.push(Row { cells, details: Vec::new() });
    }
    let mut shown = table::lines(&rows, 0);
    if timeline.cut_short {
        let limit = verdict::MAX_CHANGES;
        shown.push(message!("timeline-cut-short", limit = limit).in_language(language));
    }
    shown.push(String::new());
    shown.join("\n")
}

fn cells_of(finding: &Finding, language: Language) -> [String; 5] {
    let occurrence = finding.occurrence.map(|number| format!("#{number}"));
    let margin = finding.margin.filter(|margin| margin.low.is_some() || margin.high.is_some());
    [
        finding.criterion.clone(),
        occurrence.unwrap_or_default(),
        verdict_word(finding.verdict, language),
        finding.cause.map(|cause| cause.message().in_language(language)).unwrap_or_default(),
        margin.map(|margin| margin_text(&margin, finding_decimals(finding))).unwrap_or_default(),
    ]
}
