//! The list of findings: a click goes to the evidence.

use egui::{Frame, Margin, Panel, Response, RichText, ScrollArea, Sense, Stroke, Ui, Vec2};
use trial::finding::{Finding, FindingKind, Verdict};
use words::{Language, message, text};

use crate::app::Viewer;
use crate::replay::Replay;
use crate::{labels, theme};

const WIDTH: f32 = 332.0;
const LABEL_WIDTH: f32 = 64.0;

/// Draws the list. Without findings there is none.
pub fn show(ui: &mut Ui, viewer: &mut Viewer) {
    if viewer.replay.findings.is_none() {
        return;
    }
    let language = viewer.view.language;
    let at = viewer.view.reading_time();
    let frame = Frame::new().fill(theme::PAGE).inner_margin(Margin { left: 8, ..Margin::ZERO });
    let (mut chosen, mut revealed) = (None, false);
    Panel::right("verdicts").frame(frame).default_size(WIDTH).resizable(true).show(ui, |ui| {
        ui.add_space(6.0);
        summary(ui, viewer, language);
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            let Replay { findings, standing, .. } = &viewer.replay;
            let findings = findings.iter().flat_map(|all| &all.findings);
            for (number, finding) in findings.enumerate() {
                let stood = at.and_then(|at| standing.of(finding, at));
                let selected = viewer.view.selected.filter(|chosen| chosen.finding == number);
                let evidence = selected.map(|selected| selected.evidence);
                let response = card(ui, number, finding, (evidence, stood), language);
                if response.clicked() {
                    chosen = Some(number);
                }
                if evidence.is_some() && viewer.view.reveal_finding {
                    response.scroll_to_me(Some(egui::Align::Center));
                    revealed = true;
                }
            }
        });
    });
    viewer.view.reveal_finding &= !revealed;
    if let Some(finding) = chosen {
        viewer.choose(finding);
    }
}

/// How many findings have which verdict.
fn summary(ui: &mut Ui, viewer: &Viewer, language: Language) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(text(language, "viewer-findings")).size(15.0).strong());
        let findings = || viewer.replay.findings.iter().flat_map(|all| &all.findings);
        for verdict in Verdict::ALL {
            let count = findings().filter(|finding| finding.verdict == verdict).count();
            if count == 0 {
                continue;
            }
            ui.add_space(4.0);
            let (rect, symbol) = ui.allocate_exact_size(Vec2::splat(15.0), Sense::hover());
            theme::symbol(ui.painter(), rect.center(), 6.5, verdict);
            symbol.on_hover_text(labels::verdict(verdict, language));
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label(RichText::new(count.to_string()).color(theme::verdict(verdict)));
        }
    });
}

/// Draws one finding; `evidence` is the chosen piece if it is selected, `stood` what stood at the
/// cursor.
fn card(
    ui: &mut Ui,
    number: usize,
    finding: &Finding,
    (evidence, stood): (Option<usize>, Option<&Finding>),
    language: Language,
) -> Response {
    let (fill, edge) = match evidence {
        Some(_) => (theme::CHOSEN, Stroke::new(1.5, theme::MEASURED)),
        None => (theme::PAPER, Stroke::new(1.0, theme::RULE)),
    };
    let frame = Frame::new()
        .fill(fill)
        .stroke(edge)
        .corner_radius(4)
        .inner_margin(Margin::symmetric(10, 7))
        .outer_margin(Margin { bottom: 2, ..Margin::ZERO });
    let shown = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = 15.0;
        heading(ui, finding, language);
        let title = RichText::new(finding.title.in_language(language)).size(14.0).strong();
        ui.label(title);
        numbers(ui, finding, language);
        if let Some(stood) = stood {
            at_cursor(ui, stood, language);
        }
        let reason = RichText::new(finding.reason.in_language(language)).size(12.0);
        ui.label(reason.color(theme::MUTED));
        source(ui, finding, language);
        if let Some(piece) = evidence.filter(|_| finding.evidence.len() > 1) {
            let count = finding.evidence.len();
            let evidence = message!("viewer-evidence", number = piece + 1, count = count);
            ui.label(RichText::new(evidence.in_language(language)).size(theme::SMALL));
        }
    });
    let response = ui.interact(shown.response.rect, ui.scope_id().with(number), Sense::click());
    if response.hovered() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    response
}

fn heading(ui: &mut Ui, finding: &Finding, language: Language) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(17.0), Sense::hover());
        theme::symbol(ui.painter(), rect.center(), 7.5, finding.verdict);
        let word = RichText::new(labels::verdict(finding.verdict, language)).size(14.0);
        ui.label(word.color(theme::verdict(finding.verdict)).strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let note = RichText::new(standing(finding, language)).size(theme::SMALL);
            ui.label(note.color(theme::MUTED));
        });
    });
}

/// What a finding is about and how it weighs: occurrence, class, whether it is needed.
fn standing(finding: &Finding, language: Language) -> String {
    let mut parts = Vec::new();
    if let Some(number) = finding.occurrence {
        parts.push(message!("finding-occurrence", number = number).in_language(language));
    }
    match finding.kind {
        FindingKind::Precondition => parts.push(text(language, "viewer-precondition")),
        FindingKind::Criterion => {
            let class = format!("{:?}", finding.class);
            parts.push(message!("viewer-class", class = class).in_language(language));
            parts.push(match finding.mandatory {
                true => text(language, "viewer-mandatory"),
                false => text(language, "viewer-optional"),
            });
        }
    }
    parts.join(" · ")
}

fn numbers(ui: &mut Ui, finding: &Finding, language: Language) {
    let row = |ui: &mut Ui, label: String, value: String| {
        ui.horizontal(|ui| {
            name(ui, label);
            ui.label(RichText::new(value).font(theme::digits(12.0)));
        });
    };
    row(ui, text(language, "viewer-measured"), labels::measured(finding.measured, language));
    ui.horizontal_top(|ui| {
        name(ui, text(language, "viewer-limit"));
        ui.horizontal_wrapped(|ui| {
            let status = finding.source.status;
            let word = labels::status(status, language);
            theme::outlined_badge(ui, &word, 10.0, theme::status(status));
            for limit in labels::limits(&finding.limit, language) {
                let limit = RichText::new(limit).font(theme::digits(12.0));
                ui.add(egui::Label::new(limit).extend());
            }
        });
    });
    row(ui, text(language, "viewer-margin"), labels::margin(finding.margin, language));
    if let Some(margin) = finding.margin_in_u {
        row(ui, text(language, "viewer-margin-in-u"), labels::margin_in_u(margin, language));
    }
    if let Some(cause) = finding.cause.filter(|_| finding.verdict == Verdict::Inconclusive) {
        ui.horizontal_top(|ui| {
            name(ui, text(language, "viewer-cause"));
            let cause = RichText::new(cause.message().in_language(language)).size(12.0).strong();
            ui.add(egui::Label::new(cause).wrap());
        });
    }
}

/// What stood at the cursor: the verdict by then, its cause and its margin.
fn at_cursor(ui: &mut Ui, stood: &Finding, language: Language) {
    ui.horizontal_top(|ui| {
        name(ui, text(language, "viewer-at-cursor"));
        ui.spacing_mut().item_spacing.x = 4.0;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(15.0), Sense::hover());
        theme::symbol(ui.painter(), rect.center(), 5.5, stood.verdict);
        let word = RichText::new(labels::verdict(stood.verdict, language)).size(12.0);
        ui.label(word.color(theme::verdict(stood.verdict)));
        let told = match (stood.cause, stood.margin_in_u) {
            (Some(cause), _) if stood.verdict == Verdict::Inconclusive => {
                cause.message().in_language(language)
            }
            (_, Some(margin)) => labels::margin_in_u(margin, language),
            _ if stood.margin.is_some() => labels::margin(stood.margin, language),
            _ => String::new(),
        };
        let told = RichText::new(told).size(12.0).color(theme::MUTED);
        ui.add(egui::Label::new(told).wrap());
    });
}

fn name(ui: &mut Ui, label: String) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(LABEL_WIDTH, 15.0), Sense::hover());
    theme::text_within(
        ui.painter(),
        rect.left_center(),
        egui::Align2::LEFT_CENTER,
        &label,
        theme::font(12.0),
        theme::MUTED,
        LABEL_WIDTH,
    );
}

fn source(ui: &mut Ui, finding: &Finding, language: Language) {
    let source = &finding.source;
    let parts = [&source.standard, &source.edition, &source.clause];
    let mut told: Vec<String> = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| part.in_language(language))
        .collect();
    if let Some(coverage) = finding.coverage {
        let percent = format!("{:.1}", coverage * 100.0);
        told.push(message!("viewer-coverage", percent = percent).in_language(language));
    }
    let note = RichText::new(told.join(" · ")).size(theme::SMALL);
    ui.label(note.color(theme::MUTED));
}
