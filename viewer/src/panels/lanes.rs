//! The middle of the window: phases, lanes and time axis over one another, and what the mouse
//! does there.

use egui::scroll_area::ScrollSource;
use egui::{Align, CentralPanel, CursorIcon, Frame, PointerButton, Rect, Response, ScrollArea};
use egui::{Sense, Stroke, Ui, UiBuilder, Vec2, pos2};
use trial::time::Span;
use words::{message, text};

use super::{lane, timeline};
use crate::app::Viewer;
use crate::view::{TimeAxis, ViewState};
use crate::{labels, theme, ticks};

/// Width of the names, values and scales left of the plots, in points.
const GUTTER: f32 = 216.0;
/// Width of the scroll bar with its margin, in points.
const SCROLL_BAR: f32 = 16.0;
/// Least and largest height of a lane, in points.
const LANE_HEIGHT: (f32, f32) = (66.0, 170.0);
/// Distance of two lanes, in points.
const LANE_DISTANCE: f32 = 3.0;
/// Points of wheel that zoom by the factor e.
const WHEEL_POINTS: f32 = 260.0;
/// Least width of a box that is zoomed to, in points.
const LEAST_BOX: f32 = 4.0;
/// Distance from the pointer within which gaps and marks are told, in points.
const NEAR: f32 = 4.0;

/// Draws the middle of the window.
pub fn show(ui: &mut Ui, viewer: &mut Viewer) {
    let frame = Frame::new().fill(theme::PAGE);
    CentralPanel::default().frame(frame).show(ui, |ui| middle(ui, viewer));
}

fn middle(ui: &mut Ui, viewer: &mut Viewer) {
    let area = ui.available_rect_before_wrap();
    let strip_height = timeline::strip_height(viewer);
    let left = area.left() + GUTTER;
    let right = (area.right() - SCROLL_BAR).max(left + 50.0);
    let plot = Rect::from_x_y_ranges(left..=right, area.y_range());
    let axis_of = |view: &ViewState| TimeAxis { span: view.span(), left, right };
    let response = ui
        .interact(plot, ui.scope_id().with("plot"), Sense::click_and_drag())
        .on_hover_cursor(CursorIcon::Crosshair);
    mouse(ui, &response, axis_of(&viewer.view), &mut viewer.view);
    let axis = axis_of(&viewer.view);
    let strip = Rect::from_min_size(area.min, Vec2::new(area.width(), strip_height));
    let foot =
        Rect::from_min_max(pos2(area.left(), area.bottom() - timeline::AXIS_HEIGHT), area.max);
    timeline::strip(ui.painter(), strip, GUTTER, axis, viewer);
    timeline::axis(ui.painter(), foot, GUTTER, axis, viewer);
    let between =
        Rect::from_min_max(pos2(area.left(), strip.bottom()), pos2(area.right(), foot.top()));
    let over_plot = response.contains_pointer();
    let places = lanes(ui, between, axis, over_plot, viewer);
    let lines = Rect::from_min_max(pos2(left, strip.bottom()), pos2(right, foot.top() + 5.0));
    cursors(ui, lines, axis, &viewer.view);
    tell(response, axis, strip, &places, viewer);
}

/// Draws the lanes that are in sight; returns where they are.
fn lanes(
    ui: &mut Ui,
    between: Rect,
    axis: TimeAxis,
    over_plot: bool,
    viewer: &mut Viewer,
) -> Vec<(usize, Rect)> {
    let count = viewer.lanes.len();
    let each = between.height() / count.max(1) as f32 - LANE_DISTANCE;
    let height = each.clamp(LANE_HEIGHT.0, LANE_HEIGHT.1);
    let mut places = Vec::new();
    let source = if over_plot {
        ScrollSource::SCROLL_BAR
    } else {
        ScrollSource::SCROLL_BAR | ScrollSource::MOUSE_WHEEL
    };
    ui.scope_builder(UiBuilder::new().max_rect(between), |ui| {
        ui.shrink_clip_rect(between);
        ScrollArea::vertical().auto_shrink([false, false]).scroll_source(source).show(ui, |ui| {
            let whole =
                Vec2::new(between.width() - SCROLL_BAR, (height + LANE_DISTANCE) * count as f32);
            let (_, rect) = ui.allocate_space(whole);
            for number in 0..count {
                let top = rect.top() + (height + LANE_DISTANCE) * number as f32;
                let place =
                    Rect::from_min_size(pos2(rect.left(), top), Vec2::new(rect.width(), height));
                if viewer.view.reveal_lane && viewer.view.lane == Some(number) {
                    ui.scroll_to_rect(place, Some(Align::Center));
                    viewer.view.reveal_lane = false;
                }
                if ui.is_rect_visible(place) {
                    let at = lane::Place { rect: place, gutter: GUTTER, axis };
                    lane::paint(ui.painter(), at, viewer, number);
                    places.push((number, place));
                }
            }
        });
    });
    places
}

fn mouse(ui: &Ui, response: &Response, axis: TimeAxis, view: &mut ViewState) {
    let pointer = response.hover_pos();
    view.hover = pointer.map(|at| axis.time(at.x)).filter(|time| view.whole().contains(*time));
    if let Some(at) = pointer {
        let (wheel, pinch) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        if wheel.y != 0.0 || pinch != 1.0 {
            let factor = f64::from((wheel.y / WHEEL_POINTS).exp() * pinch);
            view.zoom(axis.time(at.x), factor);
        }
        if wheel.x != 0.0 {
            view.pan(-axis.nanoseconds(wheel.x));
        }
    }
    if response.double_clicked() {
        view.show_all();
    } else if response.clicked() {
        view.cursor = response.interact_pointer_pos().map(|at| axis.time(at.x));
    }
    drag(ui, response, axis, view);
}

/// Dragging pans; with Shift or the second button it spans a box that is then zoomed to.
fn drag(ui: &Ui, response: &Response, axis: TimeAxis, view: &mut ViewState) {
    let boxed = ui.input(|input| input.modifiers.shift)
        || response.drag_started_by(PointerButton::Secondary);
    if response.drag_started() && boxed {
        let origin = ui.input(|input| input.pointer.press_origin());
        view.boxed = origin.map(|at| (axis.time(at.x), axis.time(at.x)));
    }
    let Some((from, _)) = view.boxed else {
        if response.dragged_by(PointerButton::Primary) {
            view.pan(-axis.nanoseconds(response.drag_delta().x));
        }
        return;
    };
    if let Some(at) = response.interact_pointer_pos() {
        view.boxed = Some((from, axis.time(at.x)));
    }
    if response.drag_stopped()
        && let Some((from, to)) = view.boxed.take()
        && (axis.x(from) - axis.x(to)).abs() >= LEAST_BOX
    {
        view.show(Span::new(from, to));
    }
}

fn cursors(ui: &Ui, lines: Rect, axis: TimeAxis, view: &ViewState) {
    let painter = ui.painter_at(lines);
    if let Some((from, to)) = view.boxed {
        let span = Span::new(from, to);
        let rect = Rect::from_x_y_ranges(axis.x(span.start)..=axis.x(span.end), lines.y_range());
        painter.rect_filled(rect, 0.0, theme::CURSOR.gamma_multiply(0.12));
    }
    if let Some(time) = view.cursor {
        let stroke = Stroke::new(1.5, theme::CURSOR);
        painter.vline(axis.x(time), lines.y_range(), stroke);
    }
    if let Some(time) = view.hover {
        let stroke = Stroke::new(1.0, theme::CURSOR.gamma_multiply(0.5));
        painter.vline(axis.x(time), lines.y_range(), stroke);
    }
}

/// Tells, beside the pointer, what lies under it: gaps, marks, phases.
fn tell(
    response: Response,
    axis: TimeAxis,
    strip: Rect,
    places: &[(usize, Rect)],
    viewer: &Viewer,
) {
    let Some(at) = response.hover_pos().filter(|_| !response.dragged()) else { return };
    let near = Span::new(axis.time(at.x - NEAR), axis.time(at.x + NEAR));
    let lines = if strip.contains(at) {
        about_strip(near, viewer)
    } else {
        let under = places.iter().find(|(_, rect)| rect.contains(at));
        under.map_or_else(Vec::new, |(number, _)| about_lane(*number, near, viewer))
    };
    if !lines.is_empty() {
        response.on_hover_ui_at_pointer(|ui| {
            for line in &lines {
                ui.label(line);
            }
        });
    }
}

fn about_strip(near: Span, viewer: &Viewer) -> Vec<String> {
    let language = viewer.view.language;
    let findings = viewer.replay.findings.iter();
    let phases = findings
        .flat_map(|all| &all.phases)
        .filter(|phase| phase.span.overlaps(near))
        .map(|phase| phase.title.in_language(language));
    let marks = timeline::marks(viewer);
    let marks = marks.iter().filter(|mark| near.contains(mark.at)).map(|mark| {
        let told = message!(
            "viewer-mark-at",
            number = mark.number,
            by = words::printable(&mark.by),
            text = words::printable(&mark.text),
            uncertainty = ticks::duration(mark.uncertainty_ns),
        );
        told.in_language(language)
    });
    phases.chain(marks).collect()
}

fn about_lane(number: usize, near: Span, viewer: &Viewer) -> Vec<String> {
    let language = viewer.view.language;
    let Some(shown) = viewer.lanes.get(number) else { return Vec::new() };
    let mut found =
        shown.groups.iter().flat_map(|group| viewer.replay.gaps.overlapping(*group, near));
    let mut lines = Vec::new();
    if let Some(gap) = found.next() {
        let told = message!(
            "viewer-gap-at",
            cause = gap.cause.message().in_language(language),
            duration = ticks::duration(gap.span.end.since(gap.span.start)),
        );
        lines.push(told.in_language(language));
        let more = found.count();
        if more > 0 {
            lines.push(message!("viewer-gaps-more", count = more).in_language(language));
        }
    }
    let limits = shown.limits.iter().filter(|limit| limit.span.overlaps(near));
    lines.extend(limits.map(|limit| {
        format!(
            "{} {} {} · {}",
            limit.title.in_language(language),
            limit.compare.shown(),
            labels::with_unit(limit.value, shown.unit),
            labels::status(limit.status, language)
        )
    }));
    lines.extend(about_flaws(number, near, viewer));
    lines
}

/// What is wrong with the first value near the pointer that is not good.
fn about_flaws(number: usize, near: Span, viewer: &Viewer) -> Option<String> {
    let language = viewer.view.language;
    let trace = viewer.drawn(number)?;
    let flaw = trace.as_ref().as_ref().ok()?.flaws.iter().find(|flaw| flaw.span.overlaps(near))?;
    Some(match flaw.quality {
        None => text(language, "viewer-flaws-hidden"),
        Some(quality) => quality.message().in_language(language),
    })
}
