//! `daq mark|end|abort`: told to the daemon that runs a trial.

use std::path::PathBuf;
use std::time::Duration;

use trial::time::duration_nanoseconds;
use words::{Language, message, text};

use super::{Failure, Outcome, Running, output_folder};
use crate::cli::out::outln;
use crate::control::{Command, Reply, Told, send};
use crate::station;

/// A mark that another one stands for, or takes back, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Correction {
    #[arg(long, requires = "why")]
    corrects: Option<u32>,
    #[arg(long, requires = "corrects")]
    retract: bool,
    #[arg(long, requires = "corrects")]
    why: Option<String>,
}

pub(super) fn mark(
    running: &Running,
    text: String,
    uncertainty: Option<Duration>,
    correction: Correction,
    language: Language,
) -> Outcome {
    let Correction { corrects, retract, why } = correction;
    let why = why.unwrap_or_default();
    if corrects.is_some() && why.trim().is_empty() {
        return Err(Failure::bad_input(words::text(language, "control-correction-reason")));
    }
    let uncertainty_ns = uncertainty.map(duration_nanoseconds);
    let command = Command::Mark { text, uncertainty_ns, corrects, retracts: retract, why };
    let reply = tell(running, command, language)?;
    let number = reply.mark.unwrap_or_default();
    outln!("{}", message!("control-marked", number = number).in_language(language));
    Ok(0)
}

pub(super) fn end(running: &Running, language: Language) -> Outcome {
    tell(running, Command::End, language)?;
    outln!("{}", text(language, "control-ending"));
    Ok(0)
}

pub(super) fn abort(running: &Running, reason: String, language: Language) -> Outcome {
    if reason.trim().is_empty() {
        return Err(Failure::bad_input(text(language, "control-abort-reason")));
    }
    tell(running, Command::Abort { reason }, language)?;
    outln!("{}", text(language, "control-ending"));
    Ok(0)
}

fn tell(running: &Running, command: Command, language: Language) -> Result<Reply, Failure> {
    let by = name_given(running.by.clone(), language)?;
    let socket = find(running, language)?;
    let reply = send(&socket, &Told { command, by }).map_err(|error| {
        let (trial, why) = (words::printable(&running.trial), error.to_string());
        let message = message!("control-not-running", trial = trial, why = why);
        Failure::trouble(message.in_language(language))
    })?;
    if reply.taken {
        return Ok(reply);
    }
    let why = words::printable(&reply.why.unwrap_or_default());
    Err(Failure::bad_input(message!("control-refused", why = why).in_language(language)))
}

/// The name that a person gave of oneself, if it can be taken.
pub(super) fn name_given(
    by: Option<String>,
    language: Language,
) -> Result<Option<String>, Failure> {
    match by.as_deref().and_then(station::refuse_name) {
        Some(why) => Err(Failure::bad_input(why.in_language(language))),
        None => Ok(by),
    }
}

/// The socket of the newest run of a trial.
fn find(running: &Running, language: Language) -> Result<PathBuf, Failure> {
    let root = output_folder(running.out.clone());
    let mine = |name: &str| name.rsplit_once("-r").is_some_and(|(trial, _)| trial == running.trial);
    let folders = evidence::run_folders(&root).unwrap_or_default();
    let newest = folders.into_iter().rev().find(|folder| mine(folder.name()));
    newest.map(|folder| folder.control_socket()).ok_or_else(|| {
        let trial = words::printable(&running.trial);
        let folder = words::printable(&root.display().to_string());
        let message = message!("control-no-run", trial = trial, folder = folder);
        Failure::bad_input(message.in_language(language))
    })
}
