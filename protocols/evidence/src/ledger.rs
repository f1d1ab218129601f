//! The ledger of runs: an entry before the first byte of every run, another at its end.
//!
//! One line of JSON an entry. Each carries the BLAKE3 digest of the line before it, so that an
//! entry can't be taken out or changed unseen; the first carries zeros. Entries are synced
//! before the run goes on. No run can vanish: what began and has no end is told as unfinished.
//!
//! An entry written with a key ends in its signature (see [`crate::signed_line`]); the digest that
//! the next one carries is that of the whole line, signature included. Entries without a key have
//! neither of the two fields.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use trial::record::EndKind;
use trial::time::WallTime;

use crate::folder::{ensure_no_link, plain_options};
use crate::key::StationKey;
use crate::signature::{LEDGER_PURPOSE, PublicKey, TrustedKeys};
use crate::{EvidenceError, MAX_LEDGER_ENTRIES, io, signed_line, sync_folder};

/// Name of the ledger in an output folder.
const FILE_NAME: &str = "runs.ledger";
/// Largest ledger that is read, in bytes.
const MAX_LEDGER_BYTES: u64 = 1 << 30;
/// Most tails of a ledger that are kept which were cut at the same place.
const MAX_KEPT_TAILS: u32 = 1_000;
/// Digits of a digest in hexadecimal.
const DIGEST_DIGITS: usize = 64;

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
    /// Public key that signed it, in hexadecimal; `None` if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Signature over the line with this one empty; there where the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
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
        let bytes = read_all(&mut file, &path)?;
        let (entries, last_line_digest, whole) = good_entries(&bytes);
        let tail = bytes.get(whole..).unwrap_or_default();
        if holds_an_entry(tail) {
            return Err(EvidenceError::Ledger { path, entry: entries.len() + 1 });
        }
        if !tail.is_empty() {
            // It was being written when the power went; nobody was told of it. Only a person can
            // say that it is worthless.
            keep_tail(root, whole, tail)?;
            file.set_len(whole as u64).map_err(io("cut", &path))?;
        }
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

    /// Adds an entry, durably, signed if there is a key.
    ///
    /// # Errors
    /// The ledger can't be written.
    pub fn append(
        &mut self,
        trial: &str,
        run: u32,
        at: WallTime,
        event: LedgerEvent,
        key: Option<&StationKey>,
    ) -> Result<(), EvidenceError> {
        let mut entry = LedgerEntry {
            entry: self.entries.len() as u64 + 1,
            trial: trial.to_owned(),
            run,
            at,
            event,
            before: self.last_line_digest.clone(),
            key: key.map(|key| key.public().to_hex()),
            signature: key.map(|_| String::new()),
        };
        let failed = |error: serde_json::Error| io("write to", &self.path)(error.into());
        let mut line = serde_json::to_string(&entry).map_err(failed)?;
        if let Some(signed) = key.and_then(|key| signed_line::sign(LEDGER_PURPOSE, &line, key)) {
            line = signed;
            entry = serde_json::from_str(&line).map_err(failed)?;
        }
        let digest = blake3::hash(line.as_bytes()).to_hex().to_string();
        line.push('\n');
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        written.map_err(io("write to", &self.path))?;
        self.last_line_digest = digest;
        self.entries.push(entry);
        Ok(())
    }
}

/// The bytes of a ledger.
fn read_all(file: &mut File, path: &Path) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = Vec::new();
    let read = file.take(MAX_LEDGER_BYTES + 1).read_to_end(&mut bytes);
    let read = read.map_err(io("read", path))? as u64;
    if read > MAX_LEDGER_BYTES {
        let why = format!("it has more than {MAX_LEDGER_BYTES} bytes, which no ledger has");
        return Err(io("read", path)(std::io::Error::other(why)));
    }
    Ok(bytes)
}

/// Keeps what is cut from the end of a ledger, durably, in a file beside it that was not there.
fn keep_tail(root: &Path, offset: usize, tail: &[u8]) -> Result<(), EvidenceError> {
    let mut nth = 1;
    loop {
        let kept = root.join(format!("{FILE_NAME}.cut-{offset}-{nth}.bin"));
        match plain_options().write(true).create_new(true).open(&kept) {
            Ok(mut file) => {
                let written = file.write_all(tail).and_then(|()| file.sync_all());
                written.map_err(io("write to", &kept))?;
                return sync_folder(root);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists && nth < MAX_KEPT_TAILS => {
                nth += 1;
            }
            Err(error) => return Err(io("create", &kept)(error)),
        }
    }
}

/// The entries at the beginning of a ledger that check, the digest of the last line of them, and
/// how many bytes they are.
fn good_entries(bytes: &[u8]) -> (Vec<LedgerEntry>, String, usize) {
    let (mut entries, mut before, mut length) = (Vec::new(), "0".repeat(DIGEST_DIGITS), 0);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let text = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        let entry = text.and_then(|line| parse_entry(line, entries.len(), &before));
        let (Some(text), Some(entry)) = (text, entry) else { break };
        before = blake3::hash(text.as_bytes()).to_hex().to_string();
        entries.push(entry);
        length += line.len();
    }
    (entries, before, length)
}

/// Whether a whole entry is among these lines, in whatever place: then something before it was
/// changed, and no power cut is to blame.
fn holds_an_entry(bytes: &[u8]) -> bool {
    let mut lines = bytes.split_inclusive(|&byte| byte == b'\n');
    lines.any(|line| line.ends_with(b"\n") && serde_json::from_slice::<LedgerEntry>(line).is_ok())
}

/// The entry at `index`, from 0, if it is in its place of the chain.
fn parse_entry(line: &str, index: usize, before: &str) -> Option<LedgerEntry> {
    let entry: LedgerEntry = serde_json::from_str(line).ok()?;
    let in_place = entry.before == before && entry.entry == index as u64 + 1;
    let in_form = entry.key.is_some() == entry.signature.is_some();
    (in_place && in_form && index < MAX_LEDGER_ENTRIES).then_some(entry)
}

/// What a check of a ledger found.
///
/// What nobody can see from the inside is that the last entries were taken away, or that the whole
/// ledger is an old copy: compare its last line with one that was noted elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerReport {
    /// Entries before the first bad one.
    pub entries: u64,
    /// Number of the first bad entry, from 1, if there is one.
    pub first_bad: Option<u64>,
    /// Runs that began and have no end, up to there.
    pub unfinished: Vec<(String, u32)>,
    /// Entries that a trusted key signed.
    pub trusted: u64,
    /// Entries that nobody signed.
    pub unsigned: u64,
    /// The keys that signed and are not trusted, in the order of their first entry.
    pub unknown_keys: Vec<PublicKey>,
    /// Whether an entry at the end was cut while it was written; nobody was told of it.
    pub torn: bool,
    /// Digest of the last good line, to be noted elsewhere.
    pub last_digest: String,
}

impl LedgerReport {
    /// Whether every entry is whole and in its place, with a signature that matches or none.
    pub fn is_whole(&self) -> bool {
        self.first_bad.is_none()
    }

    /// Whether a trusted key signed every entry.
    pub fn is_trusted(&self) -> bool {
        self.is_whole() && self.entries > 0 && self.trusted == self.entries
    }
}

/// Checks a ledger.
///
/// # Errors
/// It can't be read or is a symbolic link.
pub fn check_ledger(path: &Path, trust: &TrustedKeys) -> Result<LedgerReport, EvidenceError> {
    ensure_no_link(path)?;
    let mut file = plain_options().read(true).open(path).map_err(io("open", path))?;
    Ok(check_ledger_bytes(&read_all(&mut file, path)?, trust))
}

/// Checks the bytes of a ledger.
pub fn check_ledger_bytes(bytes: &[u8], trust: &TrustedKeys) -> LedgerReport {
    let mut report = LedgerReport { last_digest: "0".repeat(DIGEST_DIGITS), ..Default::default() };
    for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
        let Some(line) = line.strip_suffix(b"\n") else {
            report.torn = true;
            break;
        };
        if report.take(line, index, trust).is_none() {
            report.first_bad = Some(index as u64 + 1);
            break;
        }
    }
    report
}

impl LedgerReport {
    /// Takes the next line; `None` if it is bad.
    fn take(&mut self, line: &[u8], index: usize, trust: &TrustedKeys) -> Option<()> {
        let line = std::str::from_utf8(line).ok()?;
        let entry = parse_entry(line, index, &self.last_digest)?;
        let run = (entry.trial, entry.run);
        match entry.event {
            LedgerEvent::Begin { .. } => self.unfinished.push(run),
            LedgerEvent::End { .. } => self.unfinished.retain(|other| *other != run),
        }
        match entry.key {
            None => self.unsigned += 1,
            Some(key) => {
                let key = signed_line::verify(LEDGER_PURPOSE, line, &key).ok()?;
                if trust.contains(key) {
                    self.trusted += 1;
                } else if !self.unknown_keys.contains(&key) {
                    self.unknown_keys.push(key);
                }
            }
        }
        self.last_digest = blake3::hash(line.as_bytes()).to_hex().to_string();
        self.entries += 1;
        Some(())
    }
}

#[cfg(test)]
mod tests;
