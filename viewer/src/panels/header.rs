//! The bar at the top: which trial this is, how it came to be, and what the conclusion is.

use egui::{Align, Frame, Layout, Margin, Panel, RichText, Sense, Vec2};
use words::{Language, message, text};

use crate::app::Viewer;
use crate::{labels, theme};

/// Draws the bar.
pub fn show(ui: &mut egui::Ui, viewer: &mut Viewer) {
    let frame = Frame::new().fill(theme::PAPER).inner_margin(Margin::symmetric(12, 7));
    Panel::top("header").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            identity(ui, viewer);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                languages(ui, viewer);
            });
        });
        conclusion(ui, viewer);
    });
}

fn identity(ui: &mut egui::Ui, viewer: &Viewer) {
    let language = viewer.view.language;
    let recording = &viewer.replay.recording;
    let (plan, head) = (recording.plan(), recording.head());
    if let Some(origin) = labels::origin(head.origin.origin, language) {
        theme::badge(ui, &origin, 18.0, theme::NOT_LIVE);
    }
    ui.label(RichText::new(words::printable(&plan.id)).size(theme::TITLE).strong());
    let run = message!("viewer-run", number = head.origin.run).in_language(language);
    ui.label(RichText::new(run).color(theme::MUTED));
    match viewer.replay.seal {
        crate::replay::SealShown::Unsealed => {
            theme::outlined_badge(ui, &text(language, "viewer-unsealed"), 12.0, theme::UNSEALED)
                .on_hover_text(text(language, "viewer-unsealed-hint"));
        }
        crate::replay::SealShown::Unchecked => {
            theme::outlined_badge(ui, &text(language, "viewer-unchecked"), 12.0, theme::UNSEALED)
                .on_hover_text(text(language, "viewer-unchecked-hint"));
        }
    }
    if head.end.is_none() {
        theme::outlined_badge(ui, &text(language, "viewer-incomplete"), 12.0, theme::FLAW);
    }
    // The rest of the line, but for the room of the language switch.
    let width = (ui.available_width() - 130.0).max(40.0);
    let title = RichText::new(plan.title.in_language(language)).size(15.0);
    let label = egui::Label::new(title).truncate();
    ui.allocate_ui_with_layout(
        Vec2::new(width, ui.available_height()),
        Layout::left_to_right(Align::Center),
        |ui| ui.add(label),
    );
}

fn languages(ui: &mut egui::Ui, viewer: &mut Viewer) {
    for (language, name) in [(Language::English, "English"), (Language::Chinese, "中文")] {
        let chosen = viewer.view.language == language;
        if ui.selectable_label(chosen, name).clicked() {
            viewer.view.language = language;
        }
    }
}

fn conclusion(ui: &mut egui::Ui, viewer: &Viewer) {
    let language = viewer.view.language;
    ui.horizontal(|ui| {
        let Some(findings) = &viewer.replay.findings else {
            ui.label(RichText::new(text(language, "viewer-no-findings")).color(theme::MUTED));
            return;
        };
        let conclusion = &findings.conclusion;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(20.0), Sense::hover());
        theme::symbol(ui.painter(), rect.center(), 8.5, conclusion.verdict);
        let headline = RichText::new(conclusion.headline.in_language(language))
            .size(15.0)
            .color(theme::verdict(conclusion.verdict));
        ui.add(egui::Label::new(headline).truncate());
    });
}
