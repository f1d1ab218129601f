//! `daq demo`: a whole trial against the simulated fire pump.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use rigs::pump::{Announcement, PumpRig, RigSettings};
use trial::record::{End, EndKind};
use words::{Language, message};

use super::{Failure, Format, Outcome, run};
use crate::control::{Asked, Command};
use crate::preflight::prepare;
use crate::session::{Session, Settings};

/// Output folder where none is given.
const DEFAULT_FOLDER: &str = "demo-out";

pub(super) fn demo(out: Option<PathBuf>, format: Format, language: Language) -> Outcome {
    let out = out.unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER));
    let mut rig = PumpRig::start(RigSettings::demonstration()).map_err(Failure::trouble)?;
    let plan = write_documents(&rig, &out.join("plan")).map_err(Failure::trouble)?;
    let prepared =
        prepare(&plan).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    let settings = Settings { out: out.clone(), length: None };
    if format == Format::Text {
        let about = message!("demo-about", plan = words::printable(&plan.display().to_string()));
        eprintln!("{}", about.in_language(language));
    }
    let session = run::start(prepared, settings, language)?;
    let signals = run::watch_signals(&session)?;
    let steps = rig.steps().ok_or_else(|| Failure::trouble("the rig announces nothing"))?;
    rig.begin();
    let mut each = |session: &Session| follow(session, &steps);
    let built = run::tend(session, &signals, format, language, &mut each)?;
    rig.stop();
    let code = run::conclude(&built, format, language)?;
    if format == Format::Text {
        let file = words::printable(&built.path.display().to_string());
        println!("{}", message!("demo-next", file = file).in_language(language));
    }
    Ok(code)
}

/// Writes the plan and the profiles of the rig; returns the plan's path.
fn write_documents(rig: &PumpRig, folder: &Path) -> std::io::Result<PathBuf> {
    let mut plan = None;
    for (name, text) in rig.plan_documents() {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text)?;
        plan.get_or_insert(path);
    }
    plan.ok_or_else(|| std::io::Error::other("the rig has no plan"))
}

/// Sets the marks that the rig announces, as an operator would; ends after the last.
fn follow(session: &Session, steps: &Receiver<Announcement>) -> Option<End> {
    loop {
        match steps.try_recv() {
            Ok(Announcement::Mark(text)) => {
                let command = Command::Mark {
                    text: text.to_owned(),
                    uncertainty_ns: None,
                    corrects: None,
                    retracts: false,
                };
                let (reply, _) = crossbeam::channel::bounded(1);
                // The queue holds more commands than the script ever has at once.
                let _ = session.commands().try_send(Asked { command, reply, by: "script" });
            }
            Ok(Announcement::Finished) => {
                return Some(End { kind: EndKind::Ended, reason: String::new() });
            }
            Err(_) => return None,
        }
    }
}
