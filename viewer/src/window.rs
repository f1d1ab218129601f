//! Opening a trial file and the window; errors in the user's words.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use trial::time::TrialTime;
use trialfile::{SealState, TrialFile, TrialFileError};
use words::{Language, Message, message};

use crate::app::Viewer;
use crate::picture;
use crate::replay::{DerivedTrace, Replay, SealShown};
use crate::standing::Standing;
use crate::theme;

/// Size of the window when it is opened, in points.
const WINDOW_SIZE: [f32; 2] = [1280.0, 800.0];
/// Least size of the window, in points.
const LEAST_WINDOW_SIZE: [f32; 2] = [720.0, 420.0];
/// Longest wait for a picture after the window was closed.
const PICTURE_WAIT: Duration = Duration::from_secs(5);

/// Trouble that ends the program.
#[derive(Debug, thiserror::Error)]
pub enum ViewerError {
    /// The file can't be read, is no trial file, or is damaged.
    #[error(transparent)]
    File(#[from] TrialFileError),
    /// What was given can't be used: another file or another argument would do.
    #[error("{0}")]
    BadInput(Message),
    /// The machine could not do it.
    #[error("{0}")]
    Trouble(Message),
}

impl ViewerError {
    /// What to tell the user.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            ViewerError::File(error) => error.in_language(language),
            ViewerError::BadInput(message) | ViewerError::Trouble(message) => {
                message.in_language(language)
            }
        }
    }

    /// 2 for bad input, 1 for trouble.
    pub fn exit_code(&self) -> u8 {
        match self {
            ViewerError::File(_) | ViewerError::BadInput(_) => 2,
            ViewerError::Trouble(_) => 1,
        }
    }
}

/// A picture to take in place of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Where it is written, as PNG.
    pub path: PathBuf,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What the window shows first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// Language.
    pub language: Language,
    /// Where the cursor stands.
    pub cursor: Option<TrialTime>,
    /// The criterion whose finding is chosen.
    pub finding: Option<String>,
}

/// Reads a trial file.
///
/// # Errors
/// It can't be read, is no trial file, or is damaged.
pub fn open(path: &Path) -> Result<Replay, ViewerError> {
    let file = TrialFile::open(path)?;
    let seal = match file.seal()?.state {
        SealState::Unsealed => SealShown::Unsealed,
        SealState::Sealed { .. } => SealShown::Unchecked,
    };
    let findings = file.findings()?;
    let mut derived = Vec::new();
    for computed in &file.shared_plan().scenario.derived {
        let Some(samples) = file.derived(&computed.id)? else { continue };
        derived.push(DerivedTrace {
            id: computed.id.clone(),
            title: computed.title.clone(),
            unit: computed.unit,
            times: samples.times,
            values: samples.values,
            qualities: samples.qualities,
        });
    }
    let standing = findings.as_ref().map(|stored| Standing::begin(path, stored));
    let mut replay = Replay::new(Box::new(file), findings, derived, seal);
    replay.standing = standing.unwrap_or_default();
    Ok(replay)
}

/// Opens the window on a recording; returns when it is closed, or the picture is written.
///
/// # Errors
/// No display, an unknown criterion, or the picture can't be taken or written.
pub fn run(
    replay: Replay,
    opening: &Opening,
    picture: Option<&Picture>,
) -> Result<(), ViewerError> {
    let mut viewer = prepare(replay, opening)?;
    if cfg!(target_os = "linux") && !has_display() {
        return Err(ViewerError::Trouble(message!("viewer-no-display")));
    }
    let plan = viewer.replay.recording.plan();
    let title = message!("viewer-title", trial = words::printable(&plan.id));
    let title = title.in_language(opening.language);
    let size = picture.map_or(WINDOW_SIZE, |p| [p.width as f32, p.height as f32]);
    let mut window = egui::ViewportBuilder::default().with_title(&title).with_inner_size(size);
    if picture.is_none() {
        window = window.with_min_inner_size(LEAST_WINDOW_SIZE);
    }
    if let (Some(_), Some(at)) = (picture, viewer.view.reading_time()) {
        viewer.replay.standing.wait(at);
    }
    let image = picture.map(|picture| viewer.take_picture(picture.width, picture.height));
    let motion = picture.is_none();
    let options = eframe::NativeOptions { viewport: window, ..Default::default() };
    eframe::run_native(
        "proving-ground-viewer",
        options,
        Box::new(move |context| {
            theme::apply(&context.egui_ctx, motion);
            Ok(Box::new(viewer))
        }),
    )
    .map_err(|error| {
        let why = words::printable(&error.to_string());
        ViewerError::Trouble(message!("viewer-no-window", why = why))
    })?;
    let (Some(picture), Some(image)) = (picture, image) else { return Ok(()) };
    let taken = image
        .recv_timeout(PICTURE_WAIT)
        .map_err(|_| ViewerError::Trouble(message!("viewer-no-picture")))?;
    write_picture(picture, &taken)
}

fn prepare(replay: Replay, opening: &Opening) -> Result<Viewer, ViewerError> {
    let mut viewer = Viewer::new(replay, opening.language);
    if let Some(wanted) = &opening.finding {
        let findings = viewer.replay.findings.iter().flat_map(|all| &all.findings);
        let known: Vec<_> = findings.map(|finding| finding.criterion.clone()).collect();
        let Some(found) = known.iter().position(|id| id == wanted) else {
            return Err(ViewerError::BadInput(message!(
                "viewer-unknown-criterion",
                id = words::printable(wanted),
                known = words::printable(&known.join(" ")),
            )));
        };
        viewer.choose(found);
    }
    if opening.cursor.is_some() {
        viewer.view.cursor = opening.cursor;
    }
    Ok(viewer)
}

fn write_picture(picture: &Picture, image: &Arc<egui::ColorImage>) -> Result<(), ViewerError> {
    let wanted = format!("{}x{}", picture.width, picture.height);
    let found = format!("{}x{}", image.size[0], image.size[1]);
    if wanted != found {
        let message = message!("viewer-wrong-picture-size", found = found, wanted = wanted);
        return Err(ViewerError::Trouble(message));
    }
    picture::write_png(&picture.path, image).map_err(|error| {
        ViewerError::Trouble(message!(
            "viewer-picture-not-written",
            path = words::printable(&picture.path.display().to_string()),
            why = words::printable(&error.to_string()),
        ))
    })
}

/// Whether a display server is named in the environment; without one the window library would
/// only fail with an error of its own.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic;

    #[test]
    fn the_first_view_is_as_asked_for() {
        let opening = Opening {
            language: Language::Chinese,
            cursor: Some(TrialTime(7)),
            finding: Some("net".to_owned()),
        };
        let viewer = prepare(synthetic::replay(), &opening).unwrap();
        assert_eq!(viewer.view.cursor, Some(TrialTime(7)));
        assert_eq!(viewer.view.selected.unwrap().finding, 1);
    }

    #[test]
    fn an_unknown_criterion_is_refused_with_the_known_ones() {
        let opening = Opening { finding: Some("x".to_owned()), ..Opening::default() };
        let Err(error) = prepare(synthetic::replay(), &opening) else { panic!("accepted") };
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("outlet net prime"), "{error}");
    }

    #[test]
    fn a_missing_and_a_foreign_file_are_refused_in_both_languages() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (path, english, chinese) in [
            (here.join("no-such-file.h5"), "can't be read", "无法读取"),
            (here.join("Cargo.toml"), "is not a trial file", "不是试验文件"),
            (here.to_owned(), "is not a trial file", "不是试验文件"),
        ] {
            let Err(error) = open(&path) else { panic!("{} accepted", path.display()) };
            assert_eq!(error.exit_code(), 2);
            for (language, expected) in [(Language::English, english), (Language::Chinese, chinese)]
            {
                let told = error.in_language(language);
                assert!(told.contains(expected), "{told}");
            }
        }
    }
}
