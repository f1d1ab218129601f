//! One lane: name, value at the cursor, scale, signal, limits, gaps.

use egui::{Align2, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2};
use trial::recording::RecordingError;
use trial::time::Span;
use words::{Language, message, text};

use crate::app::Viewer;
use crate::lane::{Lane, LaneLimit};
use crate::replay::Reading;
use crate::theme;
use crate::ticks::{self, Scale};
use crate::trace::Trace;
use crate::view::TimeAxis;

/// Width of the scale's labels, in points.
pub const SCALE_WIDTH: f32 = 58.0;
/// Least distance of two samples, in points, at which each is drawn as a dot.
const DOT_DISTANCE: f32 = 7.0;
/// Distance of the lines of a hatching, in points.
const HATCH_DISTANCE: f32 = 7.0;
/// Room above and below the scale, in points.
const PADDING: f32 = 7.0;

/// Where a lane lies.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The whole lane.
    pub rect: Rect,
    /// Width of the part left of the plot, with the scale.
    pub gutter: f32,
    /// The shared time axis.
    pub axis: TimeAxis,
}

impl Place {
    fn plot(&self) -> Rect {
        Rect::from_x_y_ranges(self.axis.left..=self.axis.right, self.rect.y_range())
    }

    fn y(&self, scale: &Scale, value: f64) -> f32 {
        let (top, bottom) = (self.rect.top() + PADDING, self.rect.bottom() - PADDING);
        let share = scale.share(value).clamp(-10.0, 11.0);
        bottom - share as f32 * (bottom - top)
    }
}

/// Draws the lane at `number`.
pub fn paint(painter: &Painter, place: Place, viewer: &mut Viewer, number: usize) {
    let columns = (place.axis.right - place.axis.left).max(1.0) as usize;
    let trace = viewer.trace(number, columns);
    let reading = viewer.view.reading_time().map(|time| viewer.reading(number, time));
    let Some(lane) = viewer.lanes.get(number) else { return };
    let language = viewer.view.language;
    let chosen = viewer.view.lane == Some(number);
    gutter(painter, place, lane, chosen, language);
    value(painter, place, lane, reading.as_ref(), language);
    let plot = place.plot();
    painter.rect_filled(plot, 0.0, theme::PAPER);
    let inside = painter.with_clip_rect(plot.intersect(painter.clip_rect()));
    match trace.as_ref() {
        Ok(trace) => {
            let scale = scale_of(trace, lane, place);
            phases(&inside, place, viewer);
            scale_lines(painter, place, &scale, trace.extent.is_some() || !lane.limits.is_empty());
            gaps(&inside, place, trace);
            evidence(&inside, place, viewer, number);
            limits(&inside, place, &scale, lane, viewer);
            signal(&inside, place, &scale, trace, colour(lane));
            flaws(&inside, place, &scale, trace);
            sample(&inside, place, &scale, reading.as_ref());
            if trace.reduced {
                let note = message!("viewer-reduced", samples = trace.samples);
                let at = plot.right_top() + egui::vec2(-5.0, 3.0);
                let note = note.in_language(language);
                inside.text(at, Align2::RIGHT_TOP, note, theme::font(10.0), theme::MUTED);
            }
        }
        Err(error) => {
            let why = words::printable(&error.to_string());
            let told = message!("viewer-unreadable", why = why).in_language(language);
            let font = theme::font(12.0);
            inside.text(plot.center(), Align2::CENTER_CENTER, told, font, theme::LIMIT);
        }
    }
    painter.rect_stroke(plot, 0.0, Stroke::new(1.0, theme::RULE), StrokeKind::Inside);
}

fn colour(lane: &Lane) -> egui::Color32 {
    if lane.is_derived() { theme::COMPUTED } else { theme::MEASURED }
}

fn gutter(painter: &Painter, place: Place, lane: &Lane, chosen: bool, language: Language) {
    let right = place.rect.left() + place.gutter - SCALE_WIDTH;
    let rect = Rect::from_x_y_ranges(place.rect.left()..=right, place.rect.y_range());
    painter.rect_filled(rect, 0.0, if chosen { theme::CHOSEN } else { theme::PAPER });
    let bar = Rect::from_min_size(rect.min, egui::vec2(4.0, rect.height()));
    painter.rect_filled(bar, 0.0, colour(lane));
    let width = rect.width() - 18.0;
    let line = |y: f32, text: &str, size, colour| {
        let at = pos2(rect.left() + 12.0, rect.top() + y);
        theme::text_within(painter, at, Align2::LEFT_TOP, text, theme::font(size), colour, width);
    };
    line(6.0, &lane.title.in_language(language), 13.5, theme::INK);
    let mut name = words::printable(&lane.id);
    if lane.is_derived() {
        name = format!("{name} · {}", text(language, "viewer-computed"));
    }
    line(24.0, &name, theme::SMALL, theme::MUTED);
}

fn value(
    painter: &Painter,
    place: Place,
    lane: &Lane,
    reading: Option<&Result<Reading, RecordingError>>,
    language: Language,
) {
    let unit = lane.unit.shown();
    let width = place.gutter - SCALE_WIDTH - 18.0;
    let line = |up: f32, told: &str, font, colour| {
        let at = place.rect.left_bottom() + egui::vec2(12.0, -up);
        theme::text_within(painter, at, Align2::LEFT_BOTTOM, told, font, colour, width);
    };
    // A value that needs words has them in a second line.
    let (first, second) = (15.0, 3.0);
    match reading {
        None => line(6.0, &unit, theme::font(12.0), theme::MUTED),
        Some(Ok(Reading::Sample { value, quality, .. })) if quality.is_good() => {
            let told = format!("{} {unit}", ticks::value(*value));
            line(6.0, &told, theme::digits(15.0), colour(lane));
        }
        Some(Ok(Reading::Sample { value, quality, .. })) => {
            let told = format!("{} {unit}", ticks::value(*value));
            line(first, &told, theme::digits(12.0), theme::FLAW);
            let why = quality.message().in_language(language);
            line(second, &why, theme::font(theme::SMALL), theme::FLAW);
        }
        Some(Ok(Reading::NoData(gap))) => {
            line(first, &text(language, "viewer-no-data"), theme::font(12.0), theme::INK);
            if let Some(gap) = gap {
                let why = gap.cause.message().in_language(language);
                line(second, &why, theme::font(theme::SMALL), theme::MUTED);
            }
        }
        Some(Err(error)) => {
            let told = words::printable(&error.to_string());
            line(6.0, &told, theme::font(theme::SMALL), theme::LIMIT);
        }
    }
}

/// The scale that holds what is seen of the signal and the limits that apply meanwhile.
fn scale_of(trace: &Trace, lane: &Lane, place: Place) -> Scale {
    let shown = |limit: &&LaneLimit| limit.span.overlaps(place.axis.span);
    let limits = lane.limits.iter().filter(shown).map(|limit| (limit.value, limit.value));
    let extent = trace.extent.into_iter().chain(limits);
    let (low, high) = extent
        .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
        .unwrap_or((0.0, 1.0));
    let steps = ((place.rect.height() - 2.0 * PADDING) / 17.0).clamp(1.0, 6.0);
    Scale::around(low, high, steps as usize)
}

fn scale_lines(painter: &Painter, place: Place, scale: &Scale, labelled: bool) {
    let plot = place.plot();
    for tick in &scale.ticks {
        let y = place.y(scale, *tick);
        painter.hline(plot.x_range(), y, Stroke::new(1.0, theme::GRID));
        if labelled {
            let at = pos2(plot.left() - 6.0, y);
            let label = scale.label(*tick);
            painter.text(at, Align2::RIGHT_CENTER, label, theme::digits(10.0), theme::MUTED);
        }
    }
}

fn phases(painter: &Painter, place: Place, viewer: &Viewer) {
    let phases = viewer.replay.findings.as_ref().map_or(&[][..], |all| &all.phases);
    for (number, phase) in phases.iter().enumerate() {
        let rect = stretch(place, phase.span, 0.0);
        painter.rect_filled(rect, 0.0, theme::phase(number).gamma_multiply(0.28));
    }
}

/// The part of the plot that a span covers, at least `least` points wide.
fn stretch(place: Place, span: Span, least: f32) -> Rect {
    let plot = place.plot();
    let left = place.axis.x(span.start).max(plot.left() - 10.0);
    let right = place.axis.x(span.end).min(plot.right() + 10.0).max(left + least);
    Rect::from_x_y_ranges(left..=right, plot.y_range())
}

fn gaps(painter: &Painter, place: Place, trace: &Trace) {
    for gap in &trace.gaps {
        let rect = stretch(place, *gap, 1.5);
        painter.rect_filled(rect, 0.0, theme::GAP);
        let clipped = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
        let mut x = rect.left() - rect.height();
        // Lines start at multiples of their distance, so that lanes are hatched alike.
        x -= x.rem_euclid(HATCH_DISTANCE);
        while x < rect.right() {
            let line = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
            clipped.line_segment(line, Stroke::new(1.0, theme::HATCH));
            x += HATCH_DISTANCE;
        }
    }
}

fn evidence(painter: &Painter, place: Place, viewer: &Viewer, number: usize) {
    let (Some(selected), Some(findings)) = (viewer.view.selected, &viewer.replay.findings) else {
        return;
    };
    let Some(finding) = findings.findings.get(selected.finding) else { return };
    let Some(lane) = viewer.lanes.get(number) else { return };
    for piece in finding.evidence.iter().filter(|piece| lane.is_named(&piece.channel)) {
        let rect = stretch(place, piece.span, 3.0);
        painter.rect_filled(rect, 0.0, theme::EVIDENCE.gamma_multiply(0.22));
        painter.rect_stroke(rect, 0.0, Stroke::new(1.5, theme::EVIDENCE), StrokeKind::Inside);
    }
}

fn limits(painter: &Painter, place: Place, scale: &Scale, lane: &Lane, viewer: &Viewer) {
    let chosen = viewer.view.selected.map(|selected| selected.finding);
    let mut labels: Vec<Rect> = Vec::new();
    for limit in lane.limits.iter().filter(|limit| limit.span.overlaps(place.axis.span)) {
        let y = place.y(scale, limit.value);
        let part = stretch(place, limit.span, 2.0).intersect(place.plot());
        let width = if chosen == Some(limit.finding) { 2.2 } else { 1.4 };
        let ends = [pos2(part.left(), y), pos2(part.right(), y)];
        painter.extend(Shape::dashed_line(&ends, Stroke::new(width, theme::LIMIT), 6.0, 4.0));
        let label = format!("{} {}", limit.compare.shown(), ticks::value(limit.value));
        let galley = painter.layout_no_wrap(label, theme::digits(10.0), theme::LIMIT);
        let above = Rect::from_min_size(pos2(part.left() + 3.0, y - 13.0), galley.size());
        let below = above.translate(egui::vec2(0.0, 14.0));
        let fits = |rect: &Rect| {
            place.rect.y_range().contains(rect.top())
                && place.rect.y_range().contains(rect.bottom())
                && !labels.iter().any(|other| other.intersects(*rect))
        };
        // Where there is no room the line stands alone; the card of the finding tells the limit.
        if let Some(rect) = [above, below].into_iter().find(fits) {
            painter.rect_filled(rect.expand(1.0), 2.0, theme::PAPER.gamma_multiply(0.8));
            painter.galley(rect.min, galley, theme::LIMIT);
            labels.push(rect);
        }
    }
}

fn signal(painter: &Painter, place: Place, scale: &Scale, trace: &Trace, colour: egui::Color32) {
    let sparse = {
        let room = place.axis.right - place.axis.left;
        !trace.reduced && room / trace.samples.max(1) as f32 >= DOT_DISTANCE
    };
    for run in &trace.runs {
        let points: Vec<Pos2> =
            run.iter().map(|(at, value)| pos2(place.axis.x(*at), place.y(scale, *value))).collect();
        if sparse || points.len() == 1 {
            for point in &points {
                painter.circle_filled(*point, 2.2, colour);
            }
        }
        if points.len() > 1 {
            painter.add(Shape::line(points, Stroke::new(1.4, colour)));
        }
    }
}

fn flaws(painter: &Painter, place: Place, scale: &Scale, trace: &Trace) {
    let bottom = place.plot().bottom();
    for flaw in &trace.flaws {
        let rect = stretch(place, flaw.span, 2.0);
        let tick = Rect::from_x_y_ranges(rect.x_range(), bottom - 5.0..=bottom - 1.0);
        painter.rect_filled(tick, 0.0, theme::FLAW);
        if let Some(value) = flaw.value {
            // A value off the scale is drawn at its edge.
            let y = place.y(scale, value).clamp(place.rect.top() + 4.0, bottom - 4.0);
            let (x, r) = (place.axis.x(flaw.span.start), 3.5);
            let corners = vec![pos2(x, y - r), pos2(x + r, y), pos2(x, y + r), pos2(x - r, y)];
            painter.add(Shape::convex_polygon(
                corners,
                theme::PAPER,
                Stroke::new(1.5, theme::FLAW),
            ));
        }
    }
}

/// The sample whose value is told.
fn sample(
    painter: &Painter,
    place: Place,
    scale: &Scale,
    reading: Option<&Result<Reading, RecordingError>>,
) {
    let Some(Ok(Reading::Sample { value, at, .. })) = reading else { return };
    if value.is_finite() {
        let at = pos2(place.axis.x(*at), place.y(scale, *value));
        painter.circle(at, 3.2, theme::PAPER, Stroke::new(1.6, theme::CURSOR));
    }
}
