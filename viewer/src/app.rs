//! The window: what every frame does, keys, and the cache of what was read for painting.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use egui::{Key, Modifiers};
use trial::recording::RecordingError;
use trial::time::{Span, TrialTime};
use words::Language;

use crate::clock::SiteClock;
use crate::lane::{self, Lane};
use crate::panels;
use crate::picture::Camera;
use crate::replay::{Reading, Replay};
use crate::trace::Trace;
use crate::view::{PAN_STEP, Selection, ViewState, ZOOM_STEP};

/// How often it is looked whether what stood at the cursor is known by now.
const STANDING_POLL: Duration = Duration::from_millis(50);

/// The window's application.
pub struct Viewer {
    /// What is replayed.
    pub replay: Replay,
    /// Its lanes, from top to bottom.
    pub lanes: Vec<Lane>,
    /// Trial time to wall time.
    pub clock: SiteClock,
    /// What is shown.
    pub view: ViewState,
    traces: Vec<Option<CachedTrace>>,
    readings: Vec<Option<(TrialTime, Result<Reading, RecordingError>)>>,
    camera: Option<Camera>,
}

/// What was read for a lane, and for which view.
struct CachedTrace {
    span: Span,
    columns: usize,
    trace: Arc<Result<Trace, RecordingError>>,
}

impl Viewer {
    /// Shows the whole of a recording.
    pub fn new(replay: Replay, language: Language) -> Viewer {
        let lanes = lane::lanes(&replay);
        let clock = SiteClock::new(replay.recording.as_ref());
        let view = ViewState::new(replay.recording.head().span, language);
        let traces = lanes.iter().map(|_| None).collect();
        let readings = lanes.iter().map(|_| None).collect();
        Viewer { replay, lanes, clock, view, traces, readings, camera: None }
    }

    /// Takes one picture of the window of `width` × `height` pixels and closes it. The picture
    /// comes through the returned channel.
    pub fn take_picture(&mut self, width: u32, height: u32) -> Receiver<Arc<egui::ColorImage>> {
        let (sender, receiver) = mpsc::channel();
        self.camera = Some(Camera::new(width, height, sender));
        receiver
    }

    /// What is drawn of a lane over `columns` pixels; read once for each view.
    pub fn trace(&mut self, lane: usize, columns: usize) -> Arc<Result<Trace, RecordingError>> {
        let span = self.view.span();
        let (Some(shown), Some(slot)) = (self.lanes.get(lane), self.traces.get_mut(lane)) else {
            return Arc::new(Ok(Trace::default()));
        };
        if let Some(cached) = slot.as_ref().filter(|c| c.span == span && c.columns == columns) {
            return Arc::clone(&cached.trace);
        }
        let read = Trace::read(&self.replay, shown.signal, &shown.groups, span, columns);
        let trace = Arc::new(read);
        *slot = Some(CachedTrace { span, columns, trace: Arc::clone(&trace) });
        trace
    }

    /// What was last drawn of a lane.
    pub fn drawn(&self, lane: usize) -> Option<Arc<Result<Trace, RecordingError>>> {
        self.traces.get(lane)?.as_ref().map(|cached| Arc::clone(&cached.trace))
    }

    /// What a lane says of `time`; read once for each time.
    pub fn reading(&mut self, lane: usize, time: TrialTime) -> Result<Reading, RecordingError> {
        let (Some(shown), Some(slot)) = (self.lanes.get(lane), self.readings.get_mut(lane)) else {
            return Ok(Reading::NoData(None));
        };
        match slot {
            Some((cached, reading)) if *cached == time => reading.clone(),
            _ => {
                let reading = self.replay.reading(shown.signal, &shown.groups, time);
                *slot = Some((time, reading.clone()));
                reading
            }
        }
    }

    /// Chooses a finding and shows its evidence; once more, the next piece of it.
    pub fn choose(&mut self, finding: usize) {
        let found = self.replay.findings.as_ref().and_then(|all| all.findings.get(finding));
        let Some(found) = found else { return };
        let evidence = match self.view.selected {
            Some(before) if before.finding == finding && !found.evidence.is_empty() => {
                (before.evidence + 1) % found.evidence.len()
            }
            _ => 0,
        };
        self.view.selected = Some(Selection { finding, evidence });
        let piece = found.evidence.get(evidence);
        if let Some(span) = piece.map(|piece| piece.span).or(found.span) {
            self.view.show_evidence(span);
        }
        let named = piece.and_then(|piece| lane::lane_of(&self.lanes, &piece.channel));
        let limited = || {
            let about = |lane: &Lane| lane.limits.iter().any(|limit| limit.finding == finding);
            self.lanes.iter().position(about)
        };
        self.view.lane = named.or_else(limited);
        self.view.reveal_lane = self.view.lane.is_some();
        self.view.reveal_finding = true;
    }

    /// Chooses the finding `step` places on, around the ends.
    fn choose_by_step(&mut self, step: isize) {
        let count = self.replay.findings.as_ref().map_or(0, |all| all.findings.len());
        if count == 0 {
            return;
        }
        let next = match (self.view.selected, step) {
            (Some(selection), _) => {
                (selection.finding as isize + step).rem_euclid(count as isize) as usize
            }
            (None, ..0) => count - 1,
            (None, _) => 0,
        };
        self.choose(next);
    }

    /// Does what the pressed keys ask for.
    pub fn keys(&mut self, context: &egui::Context) {
        let plain = |key: Key| context.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if plain(Key::ArrowLeft) {
            self.view.pan_share(-PAN_STEP);
        }
        if plain(Key::ArrowRight) {
            self.view.pan_share(PAN_STEP);
        }
        if plain(Key::Plus) || plain(Key::Equals) {
            self.view.zoom_at_cursor(ZOOM_STEP);
        }
        if plain(Key::Minus) {
            self.view.zoom_at_cursor(1.0 / ZOOM_STEP);
        }
        if plain(Key::Home) {
            self.view.show_all();
        }
        if plain(Key::L) {
            self.view.toggle_language();
        }
        if plain(Key::N) {
            self.choose_by_step(1);
        }
        if plain(Key::P) {
            self.choose_by_step(-1);
        }
    }
}

impl eframe::App for Viewer {
    fn raw_input_hook(&mut self, _context: &egui::Context, input: &mut egui::RawInput) {
        // Where the pointer happens to be must not change a picture.
        if self.camera.is_some() {
            input.events.clear();
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let context = ui.ctx().clone();
        self.keys(&context);
        if let Some(at) = self.view.reading_time()
            && self.replay.standing.ask(at)
        {
            context.request_repaint_after(STANDING_POLL);
        }
        panels::show(ui, self);
        if let Some(camera) = &mut self.camera {
            camera.frame(&context);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn choosing_a_finding_goes_to_its_evidence_piece_by_piece() {
        let mut viewer = Viewer::new(synthetic::replay(), Language::English);
        let at = |seconds: i64| Some(TrialTime(seconds * synthetic::SECOND_NS));
        viewer.choose(0);
        assert_eq!((viewer.view.lane, viewer.view.cursor), (Some(0), at(30)));
        viewer.choose(0);
        assert_eq!((viewer.view.lane, viewer.view.cursor), (Some(1), at(31)));
        // No evidence: the phase and the lane of the limit.
        viewer.choose(1);
        assert_eq!((viewer.view.lane, viewer.view.cursor), (Some(2), at(10)));
        // Neither evidence nor phase: nothing moves.
        let before = viewer.view.span();
        viewer.choose(2);
        assert_eq!((viewer.view.lane, viewer.view.span()), (None, before));
        viewer.choose(3);
        assert_eq!(viewer.view.selected.unwrap().finding, 2);
    }

    #[test]
    fn stepping_through_findings_goes_around_the_ends() {
        let mut viewer = Viewer::new(synthetic::replay(), Language::English);
        let mut visited = Vec::new();
        for step in [-1, 1, 1, -1] {
            viewer.choose_by_step(step);
            visited.push(viewer.view.selected.unwrap().finding);
        }
        assert_eq!(visited, [2, 0, 1, 0]);
    }

    #[test]
    fn a_trace_is_read_anew_when_the_view_changes() {
        let mut viewer = Viewer::new(synthetic::replay(), Language::English);
        let first = viewer.trace(0, 100);
        assert!(Arc::ptr_eq(&first, &viewer.trace(0, 100)));
        viewer.view.zoom(TrialTime(0), 2.0);
        assert!(!Arc::ptr_eq(&first, &viewer.trace(0, 100)));
    }
}
