//! Above the lanes the phases and marks, below them the time axis.

use egui::{Align2, Painter, Rect, Shape, Stroke, StrokeKind, pos2};
use trial::finding::PhaseFound;
use trial::record::Mark;
use trial::recording::standing_marks;
use trial::time::Span;
use words::{message, text};

use crate::app::Viewer;
use crate::view::TimeAxis;
use crate::{theme, ticks};

/// Height of one row of phases or of the marks, in points.
pub const ROW_HEIGHT: f32 = 20.0;
/// Height of the axis, in points.
pub const AXIS_HEIGHT: f32 = 38.0;
/// Most rows of phases that lie above one another; further ones share the last.
const MAX_PHASE_ROWS: usize = 4;
/// Least distance of two ticks of the axis, in points.
const TICK_DISTANCE: f32 = 76.0;
/// Width that a mark's text has at least, in points.
const MARK_WIDTH: f32 = 26.0;

/// The row of each phase, so that those at the same time lie above one another; and the number
/// of rows. Longer phases come to lie above shorter ones that they hold.
pub fn phase_rows(phases: &[PhaseFound]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..phases.len()).collect();
    let length = |span: Span| span.end.since(span.start);
    order.sort_by_key(|&number| std::cmp::Reverse(phases.get(number).map(|p| length(p.span))));
    let mut rows = vec![0; phases.len()];
    let mut taken: Vec<Vec<Span>> = Vec::new();
    for number in order {
        let Some(phase) = phases.get(number) else { continue };
        let clashes = |row: &Vec<Span>| {
            row.iter().any(|other| other.start < phase.span.end && phase.span.start < other.end)
        };
        let free = taken.iter().position(|row| !clashes(row)).unwrap_or(taken.len());
        let row = free.min(MAX_PHASE_ROWS - 1);
        if row == taken.len() {
            taken.push(Vec::new());
        }
        if let (Some(taken), Some(slot)) = (taken.get_mut(row), rows.get_mut(number)) {
            taken.push(phase.span);
            *slot = row;
        }
    }
    (rows, taken.len())
}

/// Height of everything above the lanes.
pub fn strip_height(viewer: &Viewer) -> f32 {
    let phases = viewer.replay.findings.as_ref().map_or(0, |all| phase_rows(&all.phases).1);
    ROW_HEIGHT * (phases + 1) as f32 + 6.0
}

/// Draws phases and marks.
pub fn strip(painter: &Painter, rect: Rect, gutter: f32, axis: TimeAxis, viewer: &Viewer) {
    let language = viewer.view.language;
    painter.rect_filled(rect, 0.0, theme::PAGE);
    let label = |row: f32, label: String| {
        let at = pos2(rect.left() + gutter - 8.0, rect.top() + 3.0 + ROW_HEIGHT * (row + 0.5));
        painter.text(at, Align2::RIGHT_CENTER, label, theme::font(theme::SMALL), theme::MUTED);
    };
    let plot = Rect::from_x_y_ranges(axis.left..=axis.right, rect.y_range());
    let inside = painter.with_clip_rect(plot.intersect(painter.clip_rect()));
    let phases = viewer.replay.findings.as_ref().map_or(&[][..], |all| &all.phases);
    let (rows, count) = phase_rows(phases);
    if count > 0 {
        label(0.0, text(language, "viewer-phases"));
    }
    for (number, (phase, row)) in phases.iter().zip(rows).enumerate() {
        let top = rect.top() + 3.0 + ROW_HEIGHT * row as f32;
        let title = phase.title.in_language(language);
        let title = match phase.complete {
            true => title,
            false => message!("viewer-phase-incomplete", title = title).in_language(language),
        };
        band(&inside, plot, axis, phase.span, top, theme::phase(number), &title);
    }
    label(count as f32, text(language, "viewer-marks"));
    flags(&inside, rect.top() + 3.0 + ROW_HEIGHT * count as f32, axis, viewer);
}

fn band(
    painter: &Painter,
    plot: Rect,
    axis: TimeAxis,
    span: Span,
    top: f32,
    ground: egui::Color32,
    title: &str,
) {
    let (left, right) = (axis.x(span.start), axis.x(span.end));
    if right < plot.left() || left > plot.right() {
        return;
    }
    let (left, right) = (left.max(plot.left() - 2.0), right.min(plot.right() + 2.0));
    let rect =
        Rect::from_x_y_ranges(left..=right.max(left + 2.0), top + 1.0..=top + ROW_HEIGHT - 1.0);
    painter.rect(rect, 2.0, ground, Stroke::new(1.0, theme::RULE), StrokeKind::Inside);
    theme::text_within(
        painter,
        pos2(rect.left() + 6.0, rect.center().y),
        Align2::LEFT_CENTER,
        title,
        theme::font(12.0),
        theme::INK,
        rect.width() - 10.0,
    );
}

/// The marks that stand, in order of time.
pub fn marks(viewer: &Viewer) -> Vec<Mark> {
    standing_marks(viewer.replay.recording.marks())
}

fn flags(painter: &Painter, top: f32, axis: TimeAxis, viewer: &Viewer) {
    let marks = marks(viewer);
    for (number, mark) in marks.iter().enumerate() {
        let x = axis.x(mark.at);
        if x < axis.left - 400.0 || x > axis.right {
            continue;
        }
        let bottom = top + ROW_HEIGHT;
        painter.vline(x, top + 2.0..=bottom + 3.0, Stroke::new(1.0, theme::MARK));
        let pennant = vec![pos2(x, top + 2.0), pos2(x + 7.0, top + 5.5), pos2(x, top + 9.0)];
        painter.add(Shape::convex_polygon(pennant, theme::MARK, Stroke::NONE));
        let next = marks.get(number + 1).map_or(f32::INFINITY, |next| axis.x(next.at));
        let room = next - x - 12.0;
        if room < MARK_WIDTH {
            continue;
        }
        theme::text_within(
            painter,
            pos2(x + 9.0, top + ROW_HEIGHT / 2.0),
            Align2::LEFT_CENTER,
            &words::printable(&mark.text),
            theme::font(theme::SMALL),
            theme::MARK,
            room.min(240.0),
        );
    }
}

/// Draws the time axis: trial time above, wall time of the site below.
pub fn axis(painter: &Painter, rect: Rect, gutter: f32, axis: TimeAxis, viewer: &Viewer) {
    let language = viewer.view.language;
    let whole = viewer.view.whole();
    painter.rect_filled(rect, 0.0, theme::PAGE);
    let small = || theme::font(theme::SMALL);
    let (first, second) = (rect.top() + 11.0, rect.top() + 26.0);
    // Room is left for half of a label at the plot's edge.
    let names = rect.left() + gutter - TICK_DISTANCE / 2.0;
    let trial = match whole.seconds() <= ticks::PLAIN_SECONDS {
        true => text(language, "viewer-axis-seconds"),
        false => text(language, "viewer-axis-clock"),
    };
    painter.text(pos2(names, first), Align2::RIGHT_CENTER, trial, small(), theme::MUTED);
    let offset = viewer.clock.offset(axis.span.start);
    let wall = message!("viewer-axis-wall", offset = offset).in_language(language);
    painter.text(pos2(names, second), Align2::RIGHT_CENTER, wall, small(), theme::MUTED);
    let count = ((axis.right - axis.left) / TICK_DISTANCE).max(1.0) as usize;
    let found = ticks::time_ticks(axis.span, count);
    for tick in found.ticks {
        let x = axis.x(tick);
        painter.vline(x, rect.top()..=rect.top() + 4.0, Stroke::new(1.0, theme::MUTED));
        let trial = ticks::trial_time(tick, whole, found.decimals);
        let wall = viewer.clock.time_of_day(tick, found.decimals);
        for (y, label, colour) in [(first, trial, theme::INK), (second, wall, theme::MUTED)] {
            let galley = painter.layout_no_wrap(label, theme::digits(theme::SMALL), colour);
            // A label at the edge of the window is moved inwards rather than cut.
            let left = (x - galley.size().x / 2.0).min(rect.right() - galley.size().x - 2.0);
            painter.galley(pos2(left, y - galley.size().y / 2.0), galley, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::document::Title;
    use trial::time::TrialTime;

    #[test]
    fn phases_at_the_same_time_lie_in_different_rows() {
        let phase = |start, end| PhaseFound {
            phase: String::new(),
            title: Title::default(),
            span: Span { start: TrialTime(start), end: TrialTime(end) },
            complete: true,
        };
        let check = |spans: &[(i64, i64)], expected: &[usize], count| {
            let phases: Vec<_> = spans.iter().map(|&(start, end)| phase(start, end)).collect();
            assert_eq!(phase_rows(&phases), (expected.to_vec(), count), "{spans:?}");
        };
        check(&[], &[], 0);
        check(&[(0, 10), (10, 20)], &[0, 0], 1);
        check(&[(0, 5), (3, 90), (10, 20), (20, 30)], &[1, 0, 1, 1], 2);
        check(&[(0, 9); 6], &[0, 1, 2, 3, 3, 3], 4);
    }
}
