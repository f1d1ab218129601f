//! Tests with mouse and keys: the whole window is laid out, without a display.

use egui::{
    Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, Vec2, pos2,
};
use trial::time::TrialTime;
use words::Language;

use crate::app::Viewer;
use crate::synthetic::{self, SECOND_NS};
use crate::theme;
use crate::view::ViewState;

/// A point in the plot of the first lane.
const IN_PLOT: Pos2 = pos2(600.0, 200.0);

struct Hand {
    context: egui::Context,
    viewer: Viewer,
    time: f64,
    modifiers: Modifiers,
}

impl Hand {
    fn new() -> Hand {
        let context = egui::Context::default();
        theme::apply(&context, false);
        let viewer = Viewer::new(synthetic::replay(), Language::English);
        let mut hand = Hand { context, viewer, time: 0.0, modifiers: Modifiers::NONE };
        hand.frame(vec![Event::PointerMoved(IN_PLOT)]);
        hand.frame(vec![]);
        hand
    }

    fn frame(&mut self, mut events: Vec<Event>) {
        events.insert(0, Event::ModifiersChanged(self.modifiers));
        self.time += 0.02;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, Vec2::new(1280.0, 800.0))),
            time: Some(self.time),
            events,
            ..RawInput::default()
        };
        let context = self.context.clone();
        let output = context.run_ui(input, |ui| {
            self.viewer.keys(ui.ctx());
            super::show(ui, &mut self.viewer);
        });
        output.drop_without_applying_deltas();
    }

    fn settle(&mut self) {
        for _ in 0..60 {
            self.frame(vec![]);
        }
    }

    fn button(&mut self, at: Pos2, button: PointerButton, pressed: bool) {
        let modifiers = self.modifiers;
        self.frame(vec![
            Event::PointerMoved(at),
            Event::PointerButton { pos: at, button, pressed, modifiers },
        ]);
    }

    fn click(&mut self, at: Pos2) {
        self.button(at, PointerButton::Primary, true);
        self.button(at, PointerButton::Primary, false);
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.button(from, PointerButton::Primary, true);
        self.frame(vec![Event::PointerMoved(from + (to - from) * 0.5)]);
        self.frame(vec![Event::PointerMoved(to)]);
        self.button(to, PointerButton::Primary, false);
        self.frame(vec![]);
    }

    fn wheel(&mut self, at: Pos2, delta: Vec2) {
        self.frame(vec![
            Event::PointerMoved(at),
            Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta,
                phase: egui::TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
                modifiers: self.modifiers,
            },
        ]);
        self.settle();
    }

    fn key(&mut self, key: Key) {
        self.frame(vec![Event::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: self.modifiers,
        }]);
    }

    fn view(&self) -> &ViewState {
        &self.viewer.view
    }

    fn hovered(&self) -> TrialTime {
        self.view().hover.expect("the pointer is in the plot")
    }
}

#[test]
fn the_wheel_zooms_about_the_pointer() {
    let mut hand = Hand::new();
    let (before, about) = (hand.view().span(), hand.hovered());
    hand.wheel(IN_PLOT, Vec2::new(0.0, 200.0));
    let after = hand.view().span();
    assert!(after.seconds() < before.seconds() * 0.7, "{after:?}");
    assert!((hand.hovered().seconds() - about.seconds()).abs() < 0.05);
    hand.wheel(IN_PLOT, Vec2::new(0.0, -400.0));
    assert_eq!(hand.view().span(), before, "zooming out ends at the whole");
}

#[test]
fn dragging_pans_and_with_shift_zooms_to_a_box() {
    let mut hand = Hand::new();
    hand.wheel(IN_PLOT, Vec2::new(0.0, 200.0));
    let before = hand.view().span();
    hand.drag(IN_PLOT, IN_PLOT + Vec2::new(-60.0, 0.0));
    let panned = hand.view().span();
    assert!(panned.start > before.start);
    assert!((panned.seconds() - before.seconds()).abs() < 1e-6);
    let share = 60.0 / 716.0 * before.seconds();
    let moved = panned.start.since(before.start) as f64 / 1e9;
    assert!((0.5..1.2).contains(&(moved / share)), "{moved} {share}");

    hand.modifiers = Modifiers::SHIFT;
    hand.frame(vec![Event::PointerMoved(IN_PLOT)]);
    let from = hand.hovered();
    hand.drag(IN_PLOT, IN_PLOT + Vec2::new(100.0, 0.0));
    let boxed = hand.view().span();
    assert!((boxed.start.seconds() - from.seconds()).abs() < 0.2, "{boxed:?} {from}");
    assert!(boxed.seconds() < panned.seconds() / 4.0);
    assert_eq!(hand.view().boxed, None);
}

#[test]
fn a_click_places_the_cursor_and_a_double_click_shows_all() {
    let mut hand = Hand::new();
    let (all, at) = (hand.view().span(), hand.hovered());
    hand.click(IN_PLOT);
    assert_eq!(hand.view().cursor, Some(at));
    hand.time += 2.0;
    hand.wheel(IN_PLOT, Vec2::new(0.0, 300.0));
    assert_ne!(hand.view().span(), all);
    hand.click(IN_PLOT);
    hand.click(IN_PLOT);
    assert_eq!(hand.view().span(), all);
}

#[test]
fn a_click_on_a_finding_goes_to_its_evidence() {
    let mut hand = Hand::new();
    hand.click(pos2(1100.0, 160.0));
    assert_eq!(hand.view().selected.map(|selected| selected.finding), Some(0));
    assert_eq!(hand.view().cursor, Some(TrialTime(30 * SECOND_NS)));
    assert_eq!(hand.view().lane, Some(0));
}

#[test]
fn keys_do_what_they_say() {
    let mut hand = Hand::new();
    let all = hand.view().span();
    for key in [Key::Plus, Key::Equals] {
        let before = hand.view().span();
        hand.key(key);
        assert!(hand.view().span().seconds() < before.seconds(), "{key:?}");
    }
    let before = hand.view().span();
    hand.key(Key::ArrowRight);
    assert!(hand.view().span().start > before.start);
    hand.key(Key::ArrowLeft);
    assert_eq!(hand.view().span(), before);
    hand.key(Key::Minus);
    assert!(hand.view().span().seconds() > before.seconds());
    hand.key(Key::Home);
    assert_eq!(hand.view().span(), all);
    hand.key(Key::L);
    assert_eq!(hand.view().language, Language::Chinese);
    hand.key(Key::N);
    hand.key(Key::N);
    hand.key(Key::P);
    assert_eq!(hand.view().selected.map(|selected| selected.finding), Some(0));
}
