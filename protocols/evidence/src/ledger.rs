//! The ledger of runs: an entry before the first byte of every run, another at its end.
//!
//! One line of JSON an entry. Each carries the BLAKE3 digest of the line before it, so that an
//! entry can't be taken out or changed unseen; the first carries zeros. Entries are synced
//! before the run goes on. No run can vanish: what began and has no end is told as unfinished.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use trial::record::EndKind;
use trial::time::WallTime;

use crate::folder::{ensure_no_link, plain_options};
use crate::{EvidenceError, MAX_LEDGER_ENTRIES, io, sync_folder};

/// Name of the ledger in an output folder.
const FILE_NAME: &str = "runs.ledger";
/// Largest ledger that is read, in bytes.
const MAX_LEDGER_BYTES: u64 = 1 << 30;

/// What a ledger entry tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LedgerEvent {
    /// A run begins.
    Begin {
        /// Digest of the plan's bytes.
        plan: String,
    },
    /// A run ended, and its trial file is whole.
    End {
        /// How.
        kind: EndKind,
        /// Why.
        reason: String,
        /// Root of its journal; empty if it never came to a sample and left no trial file.
        root: String,
    },
}

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerEntry {
    /// Number of the entry, from 1.
    pub entry: u64,
    /// Trial.
    pub trial: String,
    /// Run of the trial.
    pub run: u32,
    /// When it was written.
    pub at: WallTime,
    /// What it tells.
    pub event: LedgerEvent,
    /// Digest of the line before.
    pub before: String,
}

/// The ledger of an output folder.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: File,
    entries: Vec<LedgerEntry>,
    last_line_digest: String,
}

impl Ledger {
    /// Opens the ledger of an output folder, creating it if need be, and checks its chain. The
    /// ledger stays locked until it is dropped.
    ///
    /// # Errors
    /// It can't be read, or its chain is broken.
    pub fn open(root: &Path) -> Result<Ledger, EvidenceError> {
        let path = root.join(FILE_NAME);
        ensure_no_link(&path)?;
        let fresh = !path.exists();
        let mut file = plain_options()
            .read(true)
            .append(true)
            .create(true)
            .open(&path)
            .map_err(io("open", &path))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)
            .map_err(|error| io("lock", &path)(error.into()))?;
        if fresh {
            sync_folder(root)?;
        }
        let mut text = String::new();
        (&mut file).take(MAX_LEDGER_BYTES).read_to_string(&mut text).map_err(io("read", &path))?;
        // A line without its end was being written when the power went; nobody was told of it.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        if whole < text.len() {
            text.truncate(whole);
            file.set_len(whole as u64).map_err(io("cut", &path))?;
        }
        let (entries, last_line_digest) =
            check(&text).map_err(|entry| EvidenceError::Ledger { path: path.clone(), entry })?;
        Ok(Ledger { path, file, entries, last_line_digest })
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> &[LedgerEntry] {
        &self.entries
    }

    /// Root of the last run that ended; empty if there is none.
    pub fn last_root(&self) -> String {
        let roots = self.entries.iter().rev().filter_map(|entry| match &entry.event {
            LedgerEvent::End { root, .. } if !root.is_empty() => Some(root.clone()),
            LedgerEvent::End { .. } | LedgerEvent::Begin { .. } => None,
        });
        roots.take(1).next().unwrap_or_default()
    }

    /// Whether a run has its beginning in the ledger.
    pub fn has_begun(&self, trial: &str, run: u32) -> bool {
        self.entries.iter().any(|entry| {
            entry.trial == trial
                && entry.run == run
                && matches!(entry.event, LedgerEvent::Begin { .. })
        })
    }

    /// Whether a run has its end in the ledger.
    pub fn has_ended(&self, trial: &str, run: u32) -> bool {
        self.entries.iter().any(|entry| {
            entry.trial == trial
                && entry.run == run
                && matches!(entry.event, LedgerEvent::End { .. })
        })
    }

    /// Adds an entry, durably.
    ///
    /// # Errors
    /// The ledger can't be written.
    pub fn append(
        &mut self,
        trial: &str,
        run: u32,
        at: WallTime,
        event: LedgerEvent,
    ) -> Result<(), EvidenceError> {
        let entry = LedgerEntry {
            entry: self.entries.len() as u64 + 1,
            trial: trial.to_owned(),
            run,
            at,
            event,
            before: self.last_line_digest.clone(),
        };
        let failed = |error: serde_json::Error| io("write to", &self.path)(error.into());
        let mut line = serde_json::to_string(&entry).map_err(failed)?;
        let digest = blake3::hash(line.as_bytes()).to_hex().to_string();
        line.push('\n');
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        written.map_err(io("write to", &self.path))?;
        self.last_line_digest = digest;
        self.entries.push(entry);
        Ok(())
    }
}

/// The entries of a ledger and the digest of its last line, or the number of the first bad one.
fn check(text: &str) -> Result<(Vec<LedgerEntry>, String), usize> {
    let mut before = "0".repeat(64);
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let entry: LedgerEntry = serde_json::from_str(line).map_err(|_| number)?;
        if entry.before != before || entry.entry != number as u64 || number > MAX_LEDGER_ENTRIES {
            return Err(number);
        }
        before = blake3::hash(line.as_bytes()).to_hex().to_string();
        entries.push(entry);
    }
    Ok((entries, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_cannot_be_changed_or_taken_out() {
        let root = std::env::temp_dir().join(format!("ledger-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let mut ledger = Ledger::open(&root).unwrap();
        for run in 1..=3 {
            let event = LedgerEvent::Begin { plan: "ab".to_owned() };
            ledger.append("T-1", run, WallTime(run.into()), event).unwrap();
        }
        drop(ledger);
        let path = root.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(Ledger::open(&root).unwrap().entries().len(), 3);

        let changed = text.replacen("\"run\":2", "\"run\":7", 1);
        assert_eq!(check(&changed).unwrap_err(), 3);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(check(&[lines[0], lines[2]].join("\n")).unwrap_err(), 2);
        std::fs::remove_dir_all(&root).unwrap();
    }
}
