//! Row 30 of the table of faults in the window: every text that is drawn, wherever it comes from.

use egui::{Context, RawInput, Rect, Shape, Vec2};
use words::Language;

use crate::app::Viewer;
use crate::{synthetic, theme};

const HOSTILE: &str = "e\u{1b}[2J\u{7}\0\n\r\u{202e}l\u{2066}\u{61c}<b>&amp;</b>{ $x }\u{9b}";
const SHOWN: &str =
    "e\\u{1b}[2J\\u{7}\\u{0}\\u{a}\\u{d}\\u{202e}l\\u{2066}\\u{61c}<b>&amp;</b>{ $x }\\u{9b}";

fn collect(shape: &Shape, into: &mut Vec<String>) {
    match shape {
        Shape::Text(text) => into.push(text.galley.text().to_owned()),
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, into)),
        _ => {}
    }
}

/// All texts of the window, laid out without a display.
fn drawn(language: Language, finding: Option<usize>) -> Vec<String> {
    let context = Context::default();
    theme::apply(&context, false);
    let mut viewer = Viewer::new(synthetic::replay_with(HOSTILE), language);
    let mut texts = Vec::new();
    for frame in 0..3 {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, Vec2::new(3200.0, 1600.0))),
            time: Some(f64::from(frame)),
            ..RawInput::default()
        };
        let output = context.run_ui(input, |ui| super::show(ui, &mut viewer));
        texts.clear();
        output.shapes.iter().for_each(|clipped| collect(&clipped.shape, &mut texts));
        output.drop_without_applying_deltas();
        if let (0, Some(finding)) = (frame, finding) {
            viewer.choose(finding);
        }
    }
    texts
}

#[test]
fn fault_30_hostile_texts_are_drawn_as_texts() {
    for language in Language::ALL {
        for finding in [None, Some(0)] {
            let texts = drawn(language, finding);
            assert!(texts.len() > 20, "{texts:?}");
            for text in &texts {
                assert!(text.lines().all(|line| words::printable(line) == line), "{text:?}");
            }
            let shown = texts.iter().filter(|text| text.contains(SHOWN)).count();
            assert!(shown >= 5, "{shown} of {texts:#?}");
        }
    }
}
