//! `daq demo`: a whole trial against simulated equipment.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use clap::ValueEnum;
use evidence::{KeyFolder, StationKey};
use rigs::generator::{self, GeneratorRig};
use rigs::pump::{self, Announcement, PumpRig};
use trial::record::{End, EndKind};
use words::{Language, message};

use super::{Failure, Format, Outcome, key, run};
use crate::cli::out::{Apart, errln, outln};
use crate::clock::Clock;
use crate::control::{Asked, Command};
use crate::preflight::prepare;
use crate::session::{Session, Settings};

/// Output folder where none is given.
const DEFAULT_FOLDER: &str = "demo-out";
/// Name of the key that signs a demonstration.
const KEY_NAME: &str = "demo";

/// The equipment of a demonstration: a fire pump on a test tank, a generating set at a load bank.
/// The help tells of them in the user's language, and would show comments on the variants as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Equipment {
    Pump,
    Generator,
}

/// Equipment that is running, and waits for its script to be begun.
enum Rig {
    Pump(Box<PumpRig>),
    Generator(Box<GeneratorRig>),
}

impl Rig {
    fn start(equipment: Equipment) -> std::io::Result<Rig> {
        Ok(match equipment {
            Equipment::Pump => {
                let rig = PumpRig::start(pump::RigSettings::demonstration())?;
                Rig::Pump(Box::new(rig))
            }
            Equipment::Generator => {
                let rig = GeneratorRig::start(generator::RigSettings::demonstration())?;
                Rig::Generator(Box::new(rig))
            }
        })
    }

    fn documents(&self) -> Vec<(String, String)> {
        match self {
            Rig::Pump(rig) => rig.plan_documents(),
            Rig::Generator(rig) => rig.plan_documents(),
        }
    }

    fn steps(&mut self) -> Option<Receiver<Announcement>> {
        match self {
            Rig::Pump(rig) => rig.steps(),
            Rig::Generator(rig) => rig.steps(),
        }
    }

    fn begin(&self) {
        match self {
            Rig::Pump(rig) => rig.begin(),
            Rig::Generator(rig) => rig.begin(),
        }
    }
}

pub(super) fn demo(
    equipment: Equipment,
    out: Option<PathBuf>,
    keys: Option<PathBuf>,
    format: Format,
    language: Language,
) -> Outcome {
    let out = out.unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER));
    let mut rig = Rig::start(equipment).map_err(Failure::trouble)?;
    let plan = write_documents(rig.documents(), &out.join("plan")).map_err(Failure::trouble)?;
    let prepared =
        prepare(&plan).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    let key = demonstration_key(&keys.unwrap_or_else(|| out.join("keys")), language)?;
    let public = words::printable(&key.folder().public_file(key.name()).display().to_string());
    let key = Some(Arc::new(key));
    let settings = Settings {
        out: out.clone(),
        length: None,
        spare: None,
        resume: false,
        by: None,
        key,
        witness: None,
    };
    if format == Format::Text {
        let plan = words::printable(&plan.display().to_string());
        let about = match equipment {
            Equipment::Pump => message!("demo-about", plan = plan),
            Equipment::Generator => message!("demo-about-generator", plan = plan),
        };
        errln!("{}", about.in_language(language));
    }
    let apart = Apart::begin();
    let session = run::start(prepared, settings, language)?;
    let signals = run::watch_signals(&session)?;
    let steps = rig.steps().ok_or_else(|| Failure::trouble("the rig announces nothing"))?;
    rig.begin();
    let mut each = |session: &Session| follow(session, &steps);
    let built = run::tend(session, &signals, format, language, &mut each)?;
    drop(apart);
    drop(rig);
    let code = run::conclude(&built, format, language)?;
    if format == Format::Text {
        let file = words::printable(&built.path.display().to_string());
        outln!("{}", message!("demo-next", file = file, key = public).in_language(language));
    }
    Ok(code)
}

/// The key of the demonstration, made if it is not there yet.
fn demonstration_key(folder: &Path, language: Language) -> Result<StationKey, Failure> {
    evidence::forbid_core_dumps().map_err(Failure::trouble)?;
    let keys = KeyFolder::open(folder);
    let found = match keys.public_file(KEY_NAME).exists() {
        true => keys.load(KEY_NAME),
        false => keys.create_key(KEY_NAME, Clock::wall_now()),
    };
    found.map_err(|error| key::failure(&error, language))
}

/// Writes the plan and the profiles of a rig; returns the plan's path.
fn write_documents(documents: Vec<(String, String)>, folder: &Path) -> std::io::Result<PathBuf> {
    let mut plan = None;
    for (name, text) in documents {
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
                    why: String::new(),
                };
                let (reply, _) = crossbeam::channel::bounded(1);
                // The queue holds more commands than the script ever has at once.
                let _ =
                    session.commands().try_send(Asked { command, reply, by: "script".to_owned() });
            }
            Ok(Announcement::Finished) => {
                return Some(End::new(EndKind::Ended, ""));
            }
            Err(_) => return None,
        }
    }
}
