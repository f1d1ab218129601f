//! The bar at the bottom: where the cursor is, and what the mouse and the keys do.

use egui::{Align, Frame, Layout, Margin, Panel, RichText};
use words::text;

use crate::app::Viewer;
use crate::{theme, ticks};

/// Decimals of a second with which the cursor's time is told.
const CURSOR_DECIMALS: usize = 3;

/// Draws the bar.
pub fn show(ui: &mut egui::Ui, viewer: &mut Viewer) {
    let language = viewer.view.language;
    let frame = Frame::new().fill(theme::PAPER).inner_margin(Margin::symmetric(12, 4));
    Panel::bottom("foot").frame(frame).show(ui, |ui| {
        ui.horizontal(|ui| {
            match viewer.view.reading_time() {
                Some(time) => {
                    let name = RichText::new(text(language, "viewer-cursor"));
                    ui.label(name.color(theme::CURSOR));
                    let whole = viewer.view.whole();
                    let unit = if whole.seconds() <= ticks::PLAIN_SECONDS { " s" } else { "" };
                    let trial = ticks::trial_time(time, whole, CURSOR_DECIMALS) + unit;
                    ui.label(RichText::new(trial).font(theme::digits(theme::TEXT)));
                    let wall = format!(
                        "{} {} {}",
                        viewer.clock.date(time),
                        viewer.clock.time_of_day(time, CURSOR_DECIMALS),
                        viewer.clock.offset(time)
                    );
                    let wall = RichText::new(wall).font(theme::digits(theme::TEXT));
                    ui.label(wall.color(theme::MUTED));
                }
                None => {
                    let none = RichText::new(text(language, "viewer-cursor-none"));
                    ui.label(none.color(theme::MUTED));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let keys = RichText::new(text(language, "viewer-keys")).size(theme::SMALL);
                ui.add(egui::Label::new(keys.color(theme::MUTED)).truncate());
            });
        });
    });
}
