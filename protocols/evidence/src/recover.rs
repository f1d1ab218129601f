//! Recovery: from the journal of a run whose daemon died to a finished trial file.
//!
//! Every step leaves a state from which recovery can begin again: the journal is repaired and
//! closed first, the partial file is thrown away and built anew, and the run's folder goes only
//! after the finished file has its name.

use journal::{Damage, JournalError};
use trial::record::{Body, End, EndKind, Kind, RecordSource, Recovered};
use trial::time::WallTime;

use crate::builder::{Builder, Built};
use crate::{EvidenceError, Ledger, LedgerEvent, RunFolder};

/// What a recovery did.
#[derive(Debug)]
pub enum Recovery {
    /// The trial file is finished.
    Built {
        /// The finished trial file.
        built: Box<Built>,
        /// Bytes cut from a torn tail; they are kept beside the trial file.
        cut_bytes: u64,
        /// Number of records in the recovered journal.
        records: u64,
    },
    /// The daemon stopped before it had sent or received a byte. The run's end is in the ledger,
    /// and its folder is gone.
    NothingRecorded,
}

/// Longest torn tail of a run that was only beginning: one block with one document. Behind a
/// longer one there may be data, and its folder is kept.
const MAX_BEGINNING_BYTES: u64 = trial::record::MAX_PAYLOAD_BYTES as u64 + 4096;

/// Recovers one run.
///
/// # Errors
/// Another process owns the run, the journal is damaged, or the system refused.
pub fn recover(folder: &RunFolder, now: WallTime) -> Result<Recovery, EvidenceError> {
    folder.ensure_no_links()?;
    let _lock = folder.lock()?;
    if folder.trial_file().exists() {
        return finish_removal(folder, now);
    }
    let repaired = match journal::repair(&folder.path()) {
        Ok(repaired) => Some(repaired),
        Err(JournalError::Missing(_)) => None,
        // Not even the first segment's header was whole.
        Err(JournalError::Damaged { offset: 0, what: Damage::CutShort }) => None,
        Err(error) => return Err(error.into()),
    };
    let Some(repaired) = repaired.filter(|repaired| repaired.has_request_plan) else {
        return nothing_recorded(folder, now);
    };
    if repaired.last_kind != Kind::End as u16 {
        close(folder, &repaired)?;
    }
    let mut builder = Builder::new(folder)?;
    let root = builder.feed_journal(&folder.path())?;
    let records = builder.next_sequence();
    let built = Box::new(builder.finish(folder, root)?);
    write_end(folder, now)?;
    folder.remove()?;
    Ok(Recovery::Built { built, cut_bytes: repaired.cut_bytes, records })
}

/// The daemon stopped while the run was beginning.
fn nothing_recorded(folder: &RunFolder, now: WallTime) -> Result<Recovery, EvidenceError> {
    let path = folder.path();
    let mut bytes = 0;
    for entry in std::fs::read_dir(&path).map_err(crate::io("read", &path))? {
        let entry = entry.map_err(crate::io("read", &path))?;
        let is_cut = entry.file_name().to_string_lossy().starts_with("cut-");
        let metadata = entry.metadata().map_err(crate::io("look at", &path))?;
        bytes += if is_cut { metadata.len() } else { 0 };
    }
    if bytes > MAX_BEGINNING_BYTES {
        return Err(EvidenceError::NothingToBuild(path));
    }
    give_up(folder, now, EndKind::Crashed, "the daemon stopped before anything was recorded")?;
    Ok(Recovery::NothingRecorded)
}

/// Ends a run that never came to a sample: its end goes into the ledger if its beginning is
/// there, and its folder goes.
///
/// # Errors
/// The ledger can't be written or the folder not removed.
pub fn give_up(
    folder: &RunFolder,
    now: WallTime,
    kind: EndKind,
    reason: &str,
) -> Result<(), EvidenceError> {
    if let Some((trial, run)) = folder.trial_and_run() {
        let mut ledger = Ledger::open(folder.root())?;
        if ledger.has_begun(trial, run) && !ledger.has_ended(trial, run) {
            let (reason, root) = (reason.to_owned(), String::new());
            ledger.append(trial, run, now, LedgerEvent::End { kind, reason, root }, None)?;
        }
    }
    folder.remove()
}

/// Appends that the daemon stopped without ending the run, and the end itself.
fn close(folder: &RunFolder, repaired: &journal::Repaired) -> Result<(), EvidenceError> {
    let mut writer = journal::Writer::resume(&folder.path(), repaired)?;
    let (at, boot) = (repaired.last_good, repaired.last_boot.saturating_add(1));
    let recovered = Recovered {
        cut_bytes: repaired.cut_bytes,
        last_good: at,
        damage: Vec::new(),
        resumed: None,
    };
    writer.append(boot, at, RecordSource::STATION, &Body::Recovered(recovered));
    let end = End::new(EndKind::Crashed, "the daemon stopped without ending");
    writer.append(boot, at, RecordSource::STATION, &Body::End(end));
    writer.commit()?;
    let file = writer.file();
    file.sync_all().map_err(crate::io("sync", &folder.path()))
}

/// The file had its name already when the daemon died: what is left is the ledger and the folder.
fn finish_removal(folder: &RunFolder, now: WallTime) -> Result<Recovery, EvidenceError> {
    let file = trialfile::TrialFile::open_own(&folder.trial_file())?;
    let mut reader = journal::Reader::new(file.journal()?);
    while reader.next_block()?.is_some() {}
    let seal = file.seal()?;
    let findings = match file.findings()? {
        Some(findings) => findings,
        None => crate::builder::evaluate(&file)?,
    };
    write_end(folder, now)?;
    folder.remove()?;
    let origin = trial::recording::Recording::head(&file).origin.clone();
    let built = Box::new(Built { path: folder.trial_file(), origin, findings, seal });
    Ok(Recovery::Built { built, cut_bytes: 0, records: reader.next_sequence() })
}

/// Writes the end of a run into the ledger, unless it is there.
pub(crate) fn write_end(folder: &RunFolder, now: WallTime) -> Result<(), EvidenceError> {
    use trial::recording::Recording as _;
    let file = trialfile::TrialFile::open_own(&folder.trial_file())?;
    let head = file.head();
    let mut ledger = Ledger::open(folder.root())?;
    if ledger.has_ended(&head.origin.trial, head.origin.run) {
        return Ok(());
    }
    let unknown = End::new(EndKind::Crashed, "");
    let end = head.end.clone().unwrap_or(unknown);
    let root = journal::ChainValue(file.seal()?.journal_root).to_hex();
    let event = LedgerEvent::End { kind: end.kind, reason: end.reason, root };
    ledger.append(&head.origin.trial, head.origin.run, now, event, None)
}

/// Ends a run in order: builds are done, the ledger and the folder remain.
///
/// # Errors
/// The ledger can't be written or the folder not removed; the finished file is not touched.
pub fn close_run(folder: &RunFolder, now: WallTime) -> Result<(), EvidenceError> {
    write_end(folder, now)?;
    folder.remove()
}
