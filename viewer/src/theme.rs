//! Colours, sizes and symbols of the window: dark ink on white lanes, one colour for what is
//! measured and one for what is computed, warm colours kept for what needs attention.

use egui::{
    Align2, Color32, CornerRadius, FontFamily, FontId, Painter, Pos2, Rect, Stroke, StrokeKind,
    TextStyle, Vec2, pos2,
};
use trial::finding::Verdict;
use trial::scenario::LimitStatus;

/// Behind the lanes.
pub const PAGE: Color32 = Color32::from_rgb(0xEC, 0xF0, 0xF3);
/// Lanes, cards and bars.
pub const PAPER: Color32 = Color32::from_rgb(0xFF, 0xFF, 0xFF);
/// Text.
pub const INK: Color32 = Color32::from_rgb(0x14, 0x21, 0x2D);
/// Less important text.
pub const MUTED: Color32 = Color32::from_rgb(0x56, 0x66, 0x75);
/// Borders.
pub const RULE: Color32 = Color32::from_rgb(0xC8, 0xD1, 0xD8);
/// Lines of the scales.
pub const GRID: Color32 = Color32::from_rgb(0xE6, 0xEB, 0xEF);
/// Measured signals.
pub const MEASURED: Color32 = Color32::from_rgb(0x15, 0x56, 0x9B);
/// Computed signals.
pub const COMPUTED: Color32 = Color32::from_rgb(0x0B, 0x74, 0x6C);
/// Limits.
pub const LIMIT: Color32 = Color32::from_rgb(0xB4, 0x2B, 0x1F);
/// Values that are not good.
pub const FLAW: Color32 = Color32::from_rgb(0xD9, 0x6B, 0x00);
/// Ground of a gap.
pub const GAP: Color32 = Color32::from_rgb(0xE3, 0xE6, 0xE9);
/// Hatching of a gap.
pub const HATCH: Color32 = Color32::from_rgb(0xA3, 0xAE, 0xB8);
/// The cursor.
pub const CURSOR: Color32 = Color32::from_rgb(0x8A, 0x1C, 0x6B);
/// What was chosen.
pub const CHOSEN: Color32 = Color32::from_rgb(0xE4, 0xEE, 0xF8);
/// The evidence of the chosen finding.
pub const EVIDENCE: Color32 = Color32::from_rgb(0xF2, 0xB7, 0x05);
/// What is not live.
pub const NOT_LIVE: Color32 = Color32::from_rgb(0xC2, 0x41, 0x0C);
/// What lacks a signature.
pub const UNSEALED: Color32 = Color32::from_rgb(0x7A, 0x55, 0x00);
/// Marks.
pub const MARK: Color32 = Color32::from_rgb(0x5B, 0x4B, 0xA8);

/// Text in bars and cards, in points.
pub const TEXT: f32 = 13.0;
/// Labels of scales and less important text, in points.
pub const SMALL: f32 = 11.0;
/// Titles, in points.
pub const TITLE: f32 = 17.0;

/// A proportional font.
pub fn font(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// A font with equally wide digits.
pub fn digits(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// Ground colours of phases, in turn.
pub fn phase(number: usize) -> Color32 {
    const GROUNDS: [Color32; 4] = [
        Color32::from_rgb(0xCF, 0xE0, 0xF1),
        Color32::from_rgb(0xCE, 0xE9, 0xDF),
        Color32::from_rgb(0xE2, 0xDC, 0xF0),
        Color32::from_rgb(0xF0, 0xE3, 0xCD),
    ];
    GROUNDS.get(number % GROUNDS.len()).copied().unwrap_or(GRID)
}

/// The colour of a verdict, dark enough for text on white.
pub fn verdict(verdict: Verdict) -> Color32 {
    match verdict {
        Verdict::Pass => Color32::from_rgb(0x12, 0x72, 0x41),
        Verdict::ConditionalPass => Color32::from_rgb(0x5A, 0x7A, 0x0B),
        Verdict::ConditionalFail => Color32::from_rgb(0xC0, 0x56, 0x0A),
        Verdict::Fail => Color32::from_rgb(0xB4, 0x1F, 0x1F),
        Verdict::Inconclusive => Color32::from_rgb(0x94, 0x63, 0x00),
        Verdict::NotExercised | Verdict::NotApplicable | Verdict::NotTested => MUTED,
        Verdict::Error => Color32::from_rgb(0x8A, 0x1C, 0x6B),
    }
}

/// The colour of a limit's status.
pub fn status(status: LimitStatus) -> Color32 {
    match status {
        LimitStatus::Verified => Color32::from_rgb(0x12, 0x72, 0x41),
        LimitStatus::Declared => MEASURED,
        LimitStatus::Illustrative => NOT_LIVE,
    }
}

/// Sets fonts, colours and spacing of the whole window. Without `motion` nothing is animated.
pub fn apply(context: &egui::Context, motion: bool) {
    context.set_theme(egui::Theme::Light);
    context.all_styles_mut(|style| {
        style.text_styles.insert(TextStyle::Body, font(TEXT));
        style.text_styles.insert(TextStyle::Button, font(TEXT));
        style.text_styles.insert(TextStyle::Small, font(SMALL));
        style.text_styles.insert(TextStyle::Heading, font(TITLE));
        style.text_styles.insert(TextStyle::Monospace, digits(TEXT));
        style.interaction.selectable_labels = false;
        style.spacing.item_spacing = Vec2::new(8.0, 4.0);
        style.spacing.scroll = egui::style::ScrollStyle::solid();
        style.spacing.scroll.fade.strength = 0.0;
        style.visuals.selection.bg_fill = CHOSEN;
        style.visuals.selection.stroke = Stroke::new(1.0, MEASURED);
        style.visuals.panel_fill = PAGE;
        style.visuals.override_text_color = Some(INK);
        if !motion {
            style.animation_time = 0.0;
            style.scroll_animation = egui::style::ScrollAnimation::none();
        }
    });
    context.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Draws the symbol of a verdict: its form alone tells it, without the colour.
pub fn symbol(painter: &Painter, centre: Pos2, radius: f32, shown: Verdict) {
    let colour = verdict(shown);
    let line = Stroke::new((radius * 0.28).max(1.4), PAPER);
    let at = |x: f32, y: f32| pos2(centre.x + x * radius, centre.y + y * radius);
    let letter = |letter: &str, colour| {
        painter.text(centre, Align2::CENTER_CENTER, letter, font(radius * 1.6), colour);
    };
    let tick = || {
        painter.line(vec![at(-0.45, 0.05), at(-0.1, 0.4), at(0.5, -0.35)], line);
    };
    let cross = || {
        painter.line_segment([at(-0.4, -0.4), at(0.4, 0.4)], line);
        painter.line_segment([at(-0.4, 0.4), at(0.4, -0.4)], line);
    };
    let square = Rect::from_center_size(centre, Vec2::splat(radius * 1.85));
    match shown {
        Verdict::Pass => {
            painter.circle_filled(centre, radius, colour);
            tick();
        }
        Verdict::ConditionalPass => {
            diamond(painter, centre, radius * 1.15, colour);
            tick();
        }
        Verdict::Fail => {
            painter.rect_filled(square, CornerRadius::same(2), colour);
            cross();
        }
        Verdict::ConditionalFail => {
            diamond(painter, centre, radius * 1.15, colour);
            cross();
        }
        Verdict::Inconclusive => {
            painter.circle_filled(centre, radius, colour);
            letter("?", PAPER);
        }
        Verdict::Error => {
            painter.rect_filled(square, CornerRadius::same(2), colour);
            letter("!", PAPER);
        }
        Verdict::NotExercised => {
            painter.circle_stroke(centre, radius * 0.9, Stroke::new(1.6, colour));
        }
        Verdict::NotApplicable => {
            painter.circle_stroke(centre, radius * 0.9, Stroke::new(1.6, colour));
            painter.line_segment([at(-0.5, 0.5), at(0.5, -0.5)], Stroke::new(1.6, colour));
        }
        Verdict::NotTested => {
            painter.rect_stroke(square, 2.0, Stroke::new(1.6, colour), StrokeKind::Inside);
        }
    }
}

fn diamond(painter: &Painter, centre: Pos2, radius: f32, colour: Color32) {
    let points = vec![
        pos2(centre.x, centre.y - radius),
        pos2(centre.x + radius, centre.y),
        pos2(centre.x, centre.y + radius),
        pos2(centre.x - radius, centre.y),
    ];
    painter.add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
}

/// Draws a line of text that ends with `…` where it would be wider than `width`.
pub fn text_within(
    painter: &Painter,
    at: Pos2,
    anchor: Align2,
    text: &str,
    font: FontId,
    colour: Color32,
    width: f32,
) -> Rect {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    let galley = painter.layout_job(job);
    let rect = anchor.anchor_size(at, galley.size());
    painter.galley(rect.min, galley, colour);
    rect
}

/// A word on a coloured ground.
pub fn badge(ui: &mut egui::Ui, text: &str, size: f32, colour: Color32) -> egui::Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font(size), PAPER);
    let padding = Vec2::new(size * 0.55, size * 0.22);
    let (rect, response) =
        ui.allocate_exact_size(galley.size() + padding * 2.0, egui::Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(3), colour);
    ui.painter().galley(rect.min + padding, galley, PAPER);
    response
}

/// A word in a coloured frame.
pub fn outlined_badge(ui: &mut egui::Ui, text: &str, size: f32, colour: Color32) -> egui::Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font(size), colour);
    let padding = Vec2::new(size * 0.45, size * 0.15);
    let (rect, response) =
        ui.allocate_exact_size(galley.size() + padding * 2.0, egui::Sense::hover());
    ui.painter().rect_stroke(rect, 3.0, Stroke::new(1.0, colour), StrokeKind::Inside);
    ui.painter().galley(rect.min + padding, galley, colour);
    response
}
