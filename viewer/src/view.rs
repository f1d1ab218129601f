//! What the window shows: span of time, cursor, language, selection. Pure arithmetic.
//!
//! Invariants:
//! - the shown span lies within the whole recording and its margin, and is never shorter than
//!   [`MIN_SPAN_NS`];
//! - zooming about a time leaves that time where it is, unless an end of the recording is met.

use trial::time::{Span, TrialTime};
use words::Language;

/// Shortest span that is shown, in nanoseconds: 0.1 ms.
pub const MIN_SPAN_NS: i64 = 100_000;
/// Share of the recording's length that may be shown before and after it.
pub const MARGIN_SHARE: f64 = 0.015;
/// Share of the shown span by which an arrow key pans.
pub const PAN_STEP: f64 = 0.125;
/// Factor by which `+` and `-` zoom.
pub const ZOOM_STEP: f64 = 1.5;
/// Share of an evidence's length that is shown on each side of it.
const SURROUNDINGS_SHARE: f64 = 0.5;
/// Least share of the recording that is shown on each side of an evidence.
const SURROUNDINGS_OF_WHOLE: f64 = 0.03;

/// The finding that was chosen, and which of its pieces of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    /// Position in the findings.
    pub finding: usize,
    /// Position in the finding's evidence.
    pub evidence: usize,
}

/// What the window shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewState {
    whole: Span,
    span: Span,
    /// Where the cursor was put.
    pub cursor: Option<TrialTime>,
    /// Where the pointer is; it is read in place of the cursor.
    pub hover: Option<TrialTime>,
    /// The stretch that is being spanned by the mouse, from where to where.
    pub boxed: Option<(TrialTime, TrialTime)>,
    /// Language of everything that is shown.
    pub language: Language,
    /// The finding that was chosen.
    pub selected: Option<Selection>,
    /// The lane that was chosen.
    pub lane: Option<usize>,
    /// Whether the chosen lane must still be scrolled into sight.
    pub reveal_lane: bool,
    /// Whether the chosen finding must still be scrolled into sight.
    pub reveal_finding: bool,
}

impl ViewState {
    /// Shows the whole of a recording.
    pub fn new(whole: Span, language: Language) -> ViewState {
        let shortest = whole.start.plus(MIN_SPAN_NS);
        let whole = Span { start: whole.start, end: whole.end.max(shortest) };
        let mut view = ViewState {
            whole,
            span: whole,
            cursor: None,
            hover: None,
            boxed: None,
            language,
            selected: None,
            lane: None,
            reveal_lane: false,
            reveal_finding: false,
        };
        view.show_all();
        view
    }

    /// The recording's own span.
    pub fn whole(&self) -> Span {
        self.whole
    }

    /// The shown span.
    pub fn span(&self) -> Span {
        self.span
    }

    /// The time whose values are told: the pointer's, else the cursor's.
    pub fn reading_time(&self) -> Option<TrialTime> {
        self.hover.or(self.cursor)
    }

    /// Shows the whole recording with its margins.
    pub fn show_all(&mut self) {
        self.span = self.outer();
    }

    /// Shows `span`, held within the recording's margins and above the shortest span.
    pub fn show(&mut self, span: Span) {
        let outer = self.outer();
        let longest = outer.end.since(outer.start);
        let length = span.end.since(span.start).clamp(MIN_SPAN_NS, longest);
        let middle = span.start.plus(span.end.since(span.start) / 2);
        let latest_start = outer.end.plus(-length);
        let start = middle.plus(-(length / 2)).clamp(outer.start, latest_start);
        self.span = Span { start, end: start.plus(length) };
    }

    /// Zooms by `factor` (above 1 shows less) about `time`, which stays where it is.
    pub fn zoom(&mut self, time: TrialTime, factor: f64) {
        if !(factor.is_finite() && factor > 0.0) {
            return;
        }
        let length = self.span.end.since(self.span.start);
        let outer = self.outer();
        let longest = outer.end.since(outer.start);
        let wanted = ((length as f64 / factor) as i64).clamp(MIN_SPAN_NS, longest);
        let share = time.since(self.span.start) as f64 / length as f64;
        let start = time.plus(-((wanted as f64 * share) as i64));
        self.show(Span { start, end: start.plus(wanted) });
    }

    /// Zooms about the cursor where it is in sight, else about the middle.
    pub fn zoom_at_cursor(&mut self, factor: f64) {
        let middle = self.span.start.plus(self.span.end.since(self.span.start) / 2);
        let about = self.cursor.filter(|time| self.span.contains(*time)).unwrap_or(middle);
        self.zoom(about, factor);
    }

    /// Moves the shown span by `nanoseconds`; positive shows later times.
    pub fn pan(&mut self, nanoseconds: i64) {
        let outer = self.outer();
        let longest = outer.end.since(outer.start);
        let nanoseconds = nanoseconds.clamp(-longest, longest);
        self.show(Span {
            start: self.span.start.plus(nanoseconds),
            end: self.span.end.plus(nanoseconds),
        });
    }

    /// Moves the shown span by a share of its length.
    pub fn pan_share(&mut self, share: f64) {
        let length = self.span.end.since(self.span.start);
        self.pan((length as f64 * share) as i64);
    }

    /// Shows `evidence` with its surroundings and puts the cursor on its beginning.
    pub fn show_evidence(&mut self, evidence: Span) {
        let length = evidence.end.since(evidence.start) as f64;
        let whole = self.whole.end.since(self.whole.start) as f64;
        let around = (length * SURROUNDINGS_SHARE).max(whole * SURROUNDINGS_OF_WHOLE) as i64;
        self.show(Span { start: evidence.start.plus(-around), end: evidence.end.plus(around) });
        self.cursor = Some(evidence.start.max(self.whole.start).min(self.whole.end));
        self.hover = None;
    }

    /// The other language.
    pub fn toggle_language(&mut self) {
        self.language = match self.language {
            Language::English => Language::Chinese,
            Language::Chinese => Language::English,
        };
    }

    fn outer(&self) -> Span {
        let margin = (self.whole.end.since(self.whole.start) as f64 * MARGIN_SHARE) as i64;
        Span { start: self.whole.start.plus(-margin), end: self.whole.end.plus(margin) }
    }
}

/// The shared time axis: which time lies at which horizontal position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeAxis {
    /// What is shown.
    pub span: Span,
    /// Position of the span's start, in points.
    pub left: f32,
    /// Position of the span's end, in points; right of `left`.
    pub right: f32,
}

impl TimeAxis {
    /// The position of `time`, in points; may lie outside the axis.
    pub fn x(&self, time: TrialTime) -> f32 {
        let length = self.span.end.since(self.span.start).max(1) as f64;
        let share = time.since(self.span.start) as f64 / length;
        self.left + (share * f64::from(self.right - self.left)) as f32
    }

    /// The time at position `x`; may lie outside the span.
    pub fn time(&self, x: f32) -> TrialTime {
        let share = f64::from(x - self.left) / f64::from((self.right - self.left).max(1.0));
        let length = self.span.end.since(self.span.start) as f64;
        self.span.start.plus((share * length) as i64)
    }

    /// Nanoseconds that `points` cover.
    pub fn nanoseconds(&self, points: f32) -> i64 {
        self.time(self.left + points).since(self.span.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn span(start: i64, end: i64) -> Span {
        Span { start: TrialTime(start * SECOND), end: TrialTime(end * SECOND) }
    }

    fn view() -> ViewState {
        ViewState::new(span(0, 100), Language::English)
    }

    #[test]
    fn zooming_leaves_the_time_under_the_pointer_where_it_is() {
        for (about, factor) in [(50, 2.0), (40, 10.0), (60, 1.25), (41, 1000.0)] {
            let mut view = view();
            view.show(span(30, 70));
            let axis = |view: &ViewState| TimeAxis { span: view.span(), left: 100.0, right: 900.0 };
            let time = TrialTime(about * SECOND);
            let before = axis(&view).x(time);
            view.zoom(time, factor);
            let after = axis(&view).x(time);
            assert!((before - after).abs() < 0.5, "{about} {factor}: {before} {after}");
        }
    }

    #[test]
    fn no_zoom_leaves_the_recording_or_goes_below_the_shortest_span() {
        let mut view = view();
        let all = view.span();
        view.zoom(TrialTime(10 * SECOND), 1e-9);
        assert_eq!(view.span(), all);
        view.zoom(TrialTime(10 * SECOND), 1e12);
        assert_eq!(view.span().end.since(view.span().start), MIN_SPAN_NS);
        for nonsense in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            let before = view.span();
            view.zoom(TrialTime(0), nonsense);
            assert_eq!(view.span(), before);
        }
    }

    #[test]
    fn panning_stops_at_the_ends_and_keeps_the_length() {
        let mut view = view();
        view.show(span(40, 60));
        view.pan(5 * SECOND);
        assert_eq!(view.span(), span(45, 65));
        view.pan(i64::MAX);
        assert_eq!(view.span().seconds(), 20.0);
        assert!(view.span().end <= TrialTime(101_500_000_000));
        view.pan(i64::MIN);
        assert_eq!(view.span().seconds(), 20.0);
        assert!(view.span().start >= TrialTime(-1_500_000_000));
    }

    #[test]
    fn evidence_is_shown_with_its_surroundings_and_the_cursor_on_it() {
        let mut view = view();
        view.hover = Some(TrialTime(0));
        view.show_evidence(span(40, 50));
        assert_eq!(view.span(), span(35, 55));
        assert_eq!(view.reading_time(), Some(TrialTime(40 * SECOND)));
        view.show_evidence(span(70, 70));
        assert_eq!(view.span(), span(67, 73));
    }

    #[test]
    fn an_empty_recording_can_be_shown() {
        let mut view = ViewState::new(span(0, 0), Language::English);
        view.zoom(TrialTime(0), 3.0);
        view.pan_share(0.5);
        assert!(view.span().end > view.span().start);
    }

    #[test]
    fn positions_and_times_are_each_other_s_inverse() {
        let axis = TimeAxis { span: span(10, 20), left: 200.0, right: 1200.0 };
        assert_eq!(axis.x(TrialTime(15 * SECOND)), 700.0);
        assert_eq!(axis.time(700.0), TrialTime(15 * SECOND));
        assert_eq!(axis.nanoseconds(100.0), SECOND);
    }
}
