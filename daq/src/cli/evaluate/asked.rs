//! What a trial is to be judged with: amendments, calibrations, another scenario.

use std::path::Path;
use std::sync::Arc;

use evidence::{Recalibrated, TrustedKeys, Vouched, check_amendments};
use serde::Serialize;
use trial::amendment::Amendment;
use trial::catalogue;
use trial::document::{DocumentRole, Source};
use trial::plan::{Calibration, read_calibrations};
use trial::recording::Recording as _;
use trial::scenario::Scenario;
use trialfile::TrialFile;
use words::{Language, Message, message};

use super::By;
use crate::cli::Failure;
use crate::documents::read_capped;

/// The amendments that counted, and who vouches for them.
#[derive(Debug, Default, Serialize)]
pub(in crate::cli) struct UsedAmendments {
    used: usize,
    of: usize,
    trusted: usize,
    unknown: usize,
    unsigned: usize,
    #[serde(skip)]
    pub said: Vec<Amendment>,
}

impl UsedAmendments {
    pub fn message(&self) -> Message {
        if self.of == 0 {
            return message!("evaluate-no-amendments");
        }
        message!(
            "evaluate-amendments",
            used = self.used,
            of = self.of,
            trusted = self.trusted,
            unknown = self.unknown,
            unsigned = self.unsigned
        )
    }
}

/// Those beside a trial that are to count. A chain that is not whole counts nothing.
pub(super) fn amendments(
    trial: &TrialFile,
    file: &Path,
    by: &By<'_>,
    language: Language,
) -> Result<UsedAmendments, Failure> {
    let mut trust = TrustedKeys::default();
    for given in by.trust {
        trust.add(given).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    }
    if by.amendments == Some(0) {
        return Ok(UsedAmendments::default());
    }
    let seal = trial.seal().map_err(Failure::trouble)?;
    let found = check_amendments(file, &seal.journal_root, &trust)
        .map_err(|error| Failure { code: 1, text: error.in_language(language) })?;
    let of = found.entries.len();
    if let Some(number) = found.first_bad {
        let file = words::printable(&evidence::amendments_file(file).display().to_string());
        let message = message!("evaluate-amendments-broken", file = file, number = number);
        return Err(Failure { code: 3, text: message.in_language(language) });
    }
    let wanted = by.amendments.unwrap_or(of);
    if wanted > of {
        let message = message!("evaluate-too-few-amendments", wanted = wanted, of = of);
        return Err(Failure::bad_input(message.in_language(language)));
    }
    let mut used = UsedAmendments { used: wanted, of, ..UsedAmendments::default() };
    for (entry, vouched) in found.entries.into_iter().take(wanted) {
        match vouched {
            Vouched::Trusted(_) => used.trusted += 1,
            Vouched::Unknown(_) => used.unknown += 1,
            Vouched::Nobody => used.unsigned += 1,
        }
        used.said.push(entry.what);
    }
    Ok(used)
}

/// The exact bytes of a scenario.
pub(super) struct ScenarioDocument {
    pub bytes: Vec<u8>,
}

/// The scenario that the trial carries.
pub(super) fn own_scenario(trial: &TrialFile) -> Result<ScenarioDocument, Failure> {
    let documents = trial.documents().map_err(Failure::trouble)?.documents;
    let own = documents.into_iter().find(|one| one.role == DocumentRole::Scenario);
    Ok(ScenarioDocument { bytes: own.map(|one| one.bytes).unwrap_or_default() })
}

/// A scenario of the catalogue, else of a file.
pub(super) fn scenario(
    given: &str,
    language: Language,
) -> Result<(ScenarioDocument, Arc<Scenario>), Failure> {
    let shipped = catalogue::scenarios().iter().find(|shipped| shipped.id == given);
    let bytes = match shipped {
        Some(shipped) => shipped.bytes.to_vec(),
        None => read_capped(Path::new(given)).map_err(|error| {
            let file = words::printable(given);
            let message = message!("evaluate-scenario-unreadable", file = file, why = error);
            Failure::bad_input(message.in_language(language))
        })?,
    };
    let resolved = Source::new(given, &bytes).and_then(Scenario::resolve);
    let scenario = resolved.map_err(|error| Failure::bad_input(error.in_language(language)))?;
    Ok((ScenarioDocument { bytes }, Arc::new(scenario)))
}

/// The calibrations of a document, with its name.
pub(super) fn calibrations(
    path: Option<&Path>,
    language: Language,
) -> Result<Option<(String, Vec<Calibration>)>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let name = path.display().to_string();
    let bytes = read_capped(path).map_err(|error| {
        let file = words::printable(&name);
        let message = message!("evaluate-calibrations-unreadable", file = file, why = error);
        Failure::bad_input(message.in_language(language))
    })?;
    let read = Source::new(&name, &bytes).and_then(|source| read_calibrations(&source));
    let read = read.map_err(|error| Failure::bad_input(error.in_language(language)))?;
    Ok(Some((name, read)))
}

/// The trial as they show it.
pub(super) fn recalibrated<'a>(
    trial: &'a TrialFile,
    name: &str,
    calibrations: &[Calibration],
    language: Language,
) -> Result<Recalibrated<'a>, Failure> {
    Recalibrated::new(trial, calibrations).map_err(|error| {
        let name = words::printable(name);
        Failure::bad_input(format!("{name}: {}", error.message().in_language(language)))
    })
}

/// A channel whose values are others than those recorded.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct ReplacedCalibration {
    channel: String,
    calibration: String,
    certificate_before: String,
    certificate: String,
}

impl ReplacedCalibration {
    pub fn message(&self) -> Message {
        message!(
            "evaluate-recalibrated",
            channel = self.channel,
            calibration = words::printable(&self.calibration),
            before = words::printable(&self.certificate_before),
            certificate = words::printable(&self.certificate)
        )
    }
}

pub(super) fn replaced(trial: &TrialFile, anew: &Recalibrated<'_>) -> Vec<ReplacedCalibration> {
    let row = |index| {
        let channel = anew.plan().channel_at(index);
        let position = channel.calibration?;
        let (old, new) =
            (trial.plan().calibrations.get(position)?, anew.plan().calibrations.get(position)?);
        Some(ReplacedCalibration {
            channel: channel.id.0.clone(),
            calibration: new.id.clone(),
            certificate_before: old.certificate.clone(),
            certificate: new.certificate.clone(),
        })
    };
    anew.channels().filter_map(row).collect()
}
