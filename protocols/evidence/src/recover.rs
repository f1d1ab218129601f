//! Recovery: from the journal of a run whose daemon died to a finished trial file.
//!
//! Every step leaves a state from which recovery can begin again: the journal is repaired and
//! closed first, the partial file is thrown away and built anew, and the run's folder goes only
//! after the finished file has its name.

use trial::record::{Body, End, EndKind, RecordSource, Recovered};
use trial::time::WallTime;

use crate::builder::{Builder, Built};
use crate::heads::{JournalFacts, append_head, key_of};
use crate::{
    EvidenceError, KeyError, Ledger, LedgerEvent, PublicKey, RunFolder, StationKey, take_up,
};

/// Gives the private half of a key, if it is at hand.
pub type KeyFor<'a> = dyn FnMut(PublicKey) -> Result<Option<StationKey>, KeyError> + 'a;

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

/// Recovers one run. `keys` is asked for the key with which it was begun; without it the trial file
/// is built unsealed.
///
/// # Errors
/// Another process owns the run, the journal is damaged, or the system refused.
pub fn recover(
    folder: &RunFolder,
    now: WallTime,
    keys: &mut KeyFor<'_>,
) -> Result<Recovery, EvidenceError> {
    folder.ensure_no_links()?;
    let _lock = folder.lock()?;
    if folder.trial_file().exists() {
        return finish_removal(folder, now, keys);
    }
    let Some(repaired) = take_up::repair(folder)? else {
        return nothing_recorded(folder, now);
    };
    let facts = JournalFacts::read(&folder.path())?;
    let key = facts.key().map(keys).transpose()?.flatten();
    let needs_head = key.is_some() && !facts.ends_in_head;
    if !facts.ended || needs_head || !repaired.damage.is_empty() {
        close(folder, &repaired, &facts, key.as_ref())?;
    }
    let mut builder = Builder::new(folder)?;
    let root = builder.feed_journal(&folder.path())?;
    let records = builder.next_sequence();
    let built = Box::new(builder.finish(folder, root, key.as_ref())?);
    close_run(folder, now, key.as_ref())?;
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
    let reason = "the daemon stopped before anything was recorded";
    give_up(folder, now, EndKind::Crashed, reason, None)?;
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
    key: Option<&StationKey>,
) -> Result<(), EvidenceError> {
    if let Some((trial, run)) = folder.trial_and_run() {
        let mut ledger = Ledger::open(folder.root())?;
        if ledger.has_begun(trial, run) && !ledger.has_ended(trial, run) {
            let (reason, root) = (reason.to_owned(), String::new());
            ledger.append(trial, run, now, LedgerEvent::End { kind, reason, root }, key)?;
        }
    }
    folder.remove()
}

/// Appends what the journal lacks: that records are damaged, that the daemon stopped without ending
/// the run with the end itself, and the heads that cover the beginning and the end.
fn close(
    folder: &RunFolder,
    repaired: &journal::Repaired,
    facts: &JournalFacts,
    key: Option<&StationKey>,
) -> Result<(), EvidenceError> {
    let mut writer = journal::Writer::resume(&folder.path(), repaired)?;
    let found_something = !facts.ended || !repaired.damage.is_empty();
    let boot = repaired.last_boot.saturating_add(u16::from(found_something));
    if let Some(key) = key.filter(|_| !facts.has_first_head && !facts.has_more) {
        append_head(&mut writer, key, boot, repaired.last_good)?;
    }
    if found_something {
        append_findings(&mut writer, repaired, boot)?;
    }
    if let Some(key) = key {
        append_head(&mut writer, key, boot, repaired.last_good)?;
    }
    let file = writer.file();
    file.sync_all().map_err(crate::io("sync", &folder.path()))
}

/// Appends what was found, and the end if there is none.
fn append_findings(
    writer: &mut journal::Writer,
    repaired: &journal::Repaired,
    boot: u16,
) -> Result<(), EvidenceError> {
    let at = repaired.last_good;
    let recovered = Recovered {
        cut_bytes: repaired.cut_bytes,
        last_good: at,
        damage: repaired.damage.clone(),
        resumed: None,
    };
    writer.append(boot, at, RecordSource::STATION, &Body::Recovered(recovered));
    if !repaired.has_end {
        let end = End::new(EndKind::Crashed, "the daemon stopped without ending");
        writer.append(boot, at, RecordSource::STATION, &Body::End(end));
    }
    writer.commit()?;
    Ok(())
}

/// The file had its name already when the daemon died: what is left is the ledger and the folder.
fn finish_removal(
    folder: &RunFolder,
    now: WallTime,
    keys: &mut KeyFor<'_>,
) -> Result<Recovery, EvidenceError> {
    let file = trialfile::TrialFile::open_own(&folder.trial_file())?;
    let mut reader = journal::Reader::new(file.journal()?);
    while reader.next_block()?.is_some() {}
    let seal = file.seal()?;
    let findings = match file.findings()? {
        Some(findings) => findings,
        None => crate::builder::evaluate(&file)?,
    };
    let origin = trial::recording::Recording::head(&file).origin.clone();
    let key = key_of(&origin).map(keys).transpose()?.flatten();
    close_run(folder, now, key.as_ref())?;
    let built = Box::new(Built { path: folder.trial_file(), origin, findings, seal });
    Ok(Recovery::Built { built, cut_bytes: 0, records: reader.next_sequence() })
}

/// Notes the root of a run with its key and writes its end into the ledger, unless it is there.
fn write_end(
    folder: &RunFolder,
    now: WallTime,
    key: Option<&StationKey>,
) -> Result<(), EvidenceError> {
    use trial::recording::Recording as _;
    let file = trialfile::TrialFile::open_own(&folder.trial_file())?;
    let head = file.head();
    let mut ledger = Ledger::open(folder.root())?;
    if ledger.has_ended(&head.origin.trial, head.origin.run) {
        return Ok(());
    }
    let unknown = End::new(EndKind::Crashed, "");
    let end = head.end.clone().unwrap_or(unknown);
    let root = journal::ChainValue(file.seal()?.journal_root);
    let key = key.filter(|key| key.public().to_hex() == head.origin.station.key);
    // Before the ledger's entry, by which a second attempt knows that all is done.
    if let Some(key) = key {
        key.end_run(root)?;
    }
    let event = LedgerEvent::End { kind: end.kind, reason: end.reason, root: root.to_hex() };
    ledger.append(&head.origin.trial, head.origin.run, now, event, key)
}

/// Ends a run in order: builds are done, the ledger and the folder remain.
///
/// # Errors
/// The ledger or the key's counter can't be written, or the folder not removed; the finished file
/// is not touched.
pub fn close_run(
    folder: &RunFolder,
    now: WallTime,
    key: Option<&StationKey>,
) -> Result<(), EvidenceError> {
    write_end(folder, now, key)?;
    folder.remove()
}
