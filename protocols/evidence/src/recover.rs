//! Recovery: from the journal of a run whose daemon died to a finished trial file.
//!
//! Every step leaves a state from which recovery can begin again: the journal is repaired and
//! closed first, the partial file is thrown away and built anew, and the run's folder goes only
//! after the finished file has its name.

use trial::record::{Body, End, EndKind, Kind, RecordSource, Recovered};
use trial::time::WallTime;

use crate::builder::{Builder, Built};
use crate::{EvidenceError, Ledger, LedgerEvent, RunFolder};

/// What a recovery did.
#[derive(Debug)]
pub struct Recovery {
    /// The finished trial file.
    pub built: Built,
    /// Bytes cut from a torn tail; they are kept in the run's folder until it goes.
    pub cut_bytes: u64,
    /// Number of records in the recovered journal.
    pub records: u64,
}

/// Recovers one run.
///
/// # Errors
/// Another process owns the run, the journal holds nothing to build, or the system refused.
pub fn recover(folder: &RunFolder, now: WallTime) -> Result<Recovery, EvidenceError> {
    let _lock = folder.lock()?;
    if folder.trial_file().exists() {
        return finish_removal(folder, now);
    }
    let repaired = journal::repair(&folder.path())?;
    let closed = repaired.last_kind == Kind::End as u16 && repaired.next_sequence > 0;
    if !closed {
        close(folder, &repaired)?;
    }
    let mut builder = Builder::new(folder)?;
    let root = builder.feed_journal(&folder.path())?;
    let records = builder.next_sequence();
    let built = builder.finish(folder, root)?;
    write_end(folder, now)?;
    folder.remove()?;
    Ok(Recovery { built, cut_bytes: repaired.cut_bytes, records })
}

/// Appends that the daemon stopped without ending the run, and the end itself.
fn close(folder: &RunFolder, repaired: &journal::Repaired) -> Result<(), EvidenceError> {
    let mut writer = journal::Writer::resume(&folder.path(), repaired)?;
    let (at, boot) = (repaired.last_good, repaired.last_boot.saturating_add(1));
    let recovered = Recovered { cut_bytes: repaired.cut_bytes, last_good: at };
    writer.append(boot, at, RecordSource::STATION, &Body::Recovered(recovered));
    let end =
        End { kind: EndKind::Crashed, reason: "the daemon stopped without ending".to_owned() };
    writer.append(boot, at, RecordSource::STATION, &Body::End(end));
    writer.commit()?;
    let file = writer.file();
    file.sync_all().map_err(crate::io("sync", &folder.path()))
}

/// The file had its name already when the daemon died: what is left is the ledger and the folder.
fn finish_removal(folder: &RunFolder, now: WallTime) -> Result<Recovery, EvidenceError> {
    let file = trialfile::TrialFile::open(&folder.trial_file())?;
    let mut reader = journal::Reader::new(file.journal()?);
    while reader.next_block()?.is_some() {}
    let seal = file.seal()?;
    let findings = match file.findings()? {
        Some(findings) => findings,
        None => crate::builder::evaluate(&file)?,
    };
    write_end(folder, now)?;
    folder.remove()?;
    let built = Built { path: folder.trial_file(), findings, seal };
    Ok(Recovery { built, cut_bytes: 0, records: reader.next_sequence() })
}

/// Writes the end of a run into the ledger, unless it is there.
pub(crate) fn write_end(folder: &RunFolder, now: WallTime) -> Result<(), EvidenceError> {
    use trial::recording::Recording as _;
    let file = trialfile::TrialFile::open(&folder.trial_file())?;
    let head = file.head();
    let mut ledger = Ledger::open(folder.root())?;
    if ledger.has_ended(&head.origin.trial, head.origin.run) {
        return Ok(());
    }
    let unknown = End { kind: EndKind::Crashed, reason: String::new() };
    let end = head.end.clone().unwrap_or(unknown);
    let root = journal::ChainValue(file.seal()?.journal_root).to_hex();
    let event = LedgerEvent::End { kind: end.kind, reason: end.reason, root };
    ledger.append(&head.origin.trial, head.origin.run, now, event)
}

/// Ends a run in order: builds are done, the ledger and the folder remain.
///
/// # Errors
/// The ledger can't be written or the folder not removed; the finished file is not touched.
pub fn close_run(folder: &RunFolder, now: WallTime) -> Result<(), EvidenceError> {
    write_end(folder, now)?;
    folder.remove()
}
