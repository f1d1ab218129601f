//! The parts of the window, one file each.

mod foot;
mod header;
mod lane;
mod lanes;
mod timeline;
mod verdicts;

#[cfg(test)]
mod hand;
#[cfg(test)]
mod hostile;

use crate::app::Viewer;

/// Draws the whole window.
pub fn show(ui: &mut egui::Ui, viewer: &mut Viewer) {
    header::show(ui, viewer);
    foot::show(ui, viewer);
    verdicts::show(ui, viewer);
    lanes::show(ui, viewer);
}
