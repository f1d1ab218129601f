//! `viewer FILE`: replay of a trial file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use trial::time::{TrialTime, duration_nanoseconds, parse_duration};
use viewer::window::{self, Opening, Picture, ViewerError};
use words::{Language, message};

/// Shows a trial file: lanes over time, limits, gaps, verdicts and their evidence.
#[derive(Debug, Parser)]
#[command(name = "viewer", version)]
struct Arguments {
    /// The trial file (.h5).
    file: PathBuf,
    /// Language: zh or en; else that of the environment.
    #[arg(long, value_name = "zh|en")]
    lang: Option<String>,
    /// Chooses the finding on this criterion and shows its evidence.
    #[arg(long, value_name = "CRITERION")]
    finding: Option<String>,
    /// Puts the cursor at this time from the start of the trial, such as 12.5s.
    #[arg(long, value_name = "TIME")]
    cursor: Option<String>,
    /// Writes a picture of the window as PNG and exits.
    #[arg(long, value_name = "OUT.png")]
    screenshot: Option<PathBuf>,
    /// Size of the picture in pixels.
    #[arg(long, value_name = "WxH", default_value = "1280x800", requires = "screenshot")]
    size: String,
}

fn main() -> ExitCode {
    trialfile::reader_process::run_if_asked();
    let arguments = Arguments::parse();
    let asked = arguments.lang.as_deref().and_then(Language::from_code);
    let language = asked.unwrap_or_else(Language::from_environment);
    match run(&arguments, language) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let detail = error.in_language(language);
            eprintln!("{}", message!("viewer-error", detail = detail).in_language(language));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: &Arguments, language: Language) -> Result<(), ViewerError> {
    ensure_language(arguments)?;
    let opening = Opening {
        language,
        cursor: arguments.cursor.as_deref().map(cursor).transpose()?,
        finding: arguments.finding.clone(),
    };
    let picture = arguments.screenshot.clone().map(|path| -> Result<Picture, ViewerError> {
        let (width, height) = size(&arguments.size)?;
        Ok(Picture { path, width, height })
    });
    let picture = picture.transpose()?;
    let replay = window::open(&arguments.file)?;
    window::run(replay, &opening, picture.as_ref())
}

fn ensure_language(arguments: &Arguments) -> Result<(), ViewerError> {
    match &arguments.lang {
        Some(code) if !["zh", "en"].contains(&code.as_str()) => Err(ViewerError::BadInput(
            message!("viewer-bad-language", text = words::printable(code)),
        )),
        _ => Ok(()),
    }
}

fn cursor(text: &str) -> Result<TrialTime, ViewerError> {
    let duration = parse_duration(text).ok_or_else(|| {
        ViewerError::BadInput(message!("viewer-bad-time", text = words::printable(text)))
    })?;
    Ok(TrialTime(duration_nanoseconds(duration)))
}

fn size(text: &str) -> Result<(u32, u32), ViewerError> {
    let (low, high) = viewer::picture::SIZE_RANGE;
    let side = |side: &str| side.parse().ok().filter(|side| (low..=high).contains(side));
    let sides = text.split_once('x').and_then(|(w, h)| Some((side(w)?, side(h)?)));
    sides.ok_or_else(|| {
        let text = words::printable(text);
        ViewerError::BadInput(message!("viewer-bad-size", text = text, low = low, high = high))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_or_refused() {
        assert_eq!(size("1280x800").ok(), Some((1280, 800)));
        for wrong in ["", "1280", "1280x", "x800", "10x10", "99999x800", "1280x-800", "1280x800x2"]
        {
            assert_eq!(size(wrong).map_err(|error| error.exit_code()), Err(2), "{wrong}");
        }
    }

    #[test]
    fn arguments_are_well_formed() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
