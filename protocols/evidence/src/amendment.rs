//! Amendments beside a sealed file: `<trial file>.amendments`, one line of JSON each.
//!
//! Invariants:
//! - The sealed file never changes, and lines are only added, synced, by one process at a time.
//! - The first line carries the BLAKE3 digest of "proving-ground amendments v1\0" and the journal's
//!   root, every other that of the whole line before it: so amendments belong to one recording and
//!   have one order.
//! - A line written with a key ends in its signature (see [`crate::signed_line`]); without a key
//!   it has neither key nor signature, and is told as unsigned.
//! - That the last lines were taken away can't be seen from the inside. Whoever needs to know
//!   notes number and fingerprint of the last one elsewhere.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};
use trial::amendment::{Amendment, MAX_TEXT_BYTES};
use trial::time::WallTime;

use crate::folder::{ensure_no_link, plain_options};
use crate::key::StationKey;
use crate::signature::{AMENDMENT_PURPOSE, PublicKey, TrustedKeys, from_hex, short_fingerprint};
use crate::{EvidenceError, SOFTWARE, io, signed_line, sync_folder};

/// Most amendments of one trial.
pub const MAX_AMENDMENTS: usize = 10_000;
/// Longest line, in bytes: a re-evaluation with its findings.
pub const MAX_AMENDMENT_BYTES: usize = 4 << 20;
/// Largest file of amendments, in bytes.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// What is digested before the root to begin the chain.
const CHAIN_BEGINS: &[u8] = b"proving-ground amendments v1\0";

/// An amendment in its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendmentEntry {
    /// Number, from 1.
    pub number: u64,
    /// Who says it.
    pub by: String,
    /// When it was written.
    pub at: WallTime,
    /// Why it was said.
    pub why: String,
    /// Version of the software that wrote it.
    pub software: String,
    /// What it says.
    pub what: Amendment,
    /// What the line before, or the recording, is known by: a BLAKE3 digest in hexadecimal.
    pub before: String,
    /// Public key that signed it, in hexadecimal; `None` if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Signature over the line with this one empty; there where the key is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// An amendment to be made.
#[derive(Debug, Clone)]
pub struct NewAmendment {
    /// Who says it.
    pub by: String,
    /// When.
    pub at: WallTime,
    /// Why.
    pub why: String,
    /// What it says.
    pub what: Amendment,
}

/// Who vouches for an amendment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vouched {
    /// A key that is trusted.
    Trusted(PublicKey),
    /// A key that is not known here.
    Unknown(PublicKey),
    /// Nobody: anyone who could write the file may have added it.
    Nobody,
}

/// What a check of amendments found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AmendmentsReport {
    /// The amendments before the first bad one, and who vouches for each.
    pub entries: Vec<(AmendmentEntry, Vouched)>,
    /// Number of the first bad line, from 1, if there is one.
    pub first_bad: Option<u64>,
    /// Whether a line at the end was cut while it was written; nobody was told of it.
    pub torn: bool,
    /// Digest of the last good line; that of the beginning where there is none.
    pub last_digest: String,
}

impl AmendmentsReport {
    /// Whether every line is whole and in its place, with a signature that matches or none.
    pub fn is_whole(&self) -> bool {
        self.first_bad.is_none()
    }

    /// Whether a trusted key vouches for every one; true where there is none.
    pub fn is_trusted(&self) -> bool {
        let trusted = |(_, vouched): &(_, Vouched)| matches!(vouched, Vouched::Trusted(_));
        self.is_whole() && self.entries.iter().all(trusted)
    }

    /// What to compare with the fingerprint that was told when the last one was added.
    pub fn last_fingerprint(&self) -> String {
        from_hex(&self.last_digest).map(|digest| short_fingerprint(&digest)).unwrap_or_default()
    }

    /// Takes the next line; `None` if it is bad.
    fn take(&mut self, line: &[u8], trust: &TrustedKeys) -> Option<()> {
        let text = std::str::from_utf8(line).ok()?;
        if line.len() > MAX_AMENDMENT_BYTES || self.entries.len() >= MAX_AMENDMENTS {
            return None;
        }
        let entry: AmendmentEntry = serde_json::from_str(text).ok()?;
        let in_place =
            entry.before == self.last_digest && entry.number == self.entries.len() as u64 + 1;
        if !in_place || !is_in_form(&entry) {
            return None;
        }
        let vouched = match (&entry.key, &entry.signature) {
            (None, None) => Vouched::Nobody,
            (Some(key), Some(_)) => {
                let key = signed_line::verify(AMENDMENT_PURPOSE, text, key).ok()?;
                if trust.contains(key) { Vouched::Trusted(key) } else { Vouched::Unknown(key) }
            }
            _ => return None,
        };
        self.last_digest = blake3::hash(line).to_hex().to_string();
        self.entries.push((entry, vouched));
        Some(())
    }
}

fn is_in_form(entry: &AmendmentEntry) -> bool {
    let short = [&entry.by, &entry.why, &entry.software];
    short.iter().all(|text| text.len() <= MAX_TEXT_BYTES) && entry.what.is_in_form()
}

/// By what the first amendment of a recording knows it.
fn beginning(root: &[u8; 32]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(CHAIN_BEGINS);
    hasher.update(root);
    hasher.finalize().to_hex().to_string()
}

/// Path of the amendments of a trial file.
pub fn amendments_file(trial_file: &Path) -> PathBuf {
    let mut name = OsString::from(trial_file);
    name.push(".amendments");
    PathBuf::from(name)
}

/// Checks the amendments of a trial file whose journal has this root. A trial that has none is
/// whole.
///
/// # Errors
/// They can't be read, or are a symbolic link.
pub fn check_amendments(
    trial_file: &Path,
    root: &[u8; 32],
    trust: &TrustedKeys,
) -> Result<AmendmentsReport, EvidenceError> {
    let path = amendments_file(trial_file);
    ensure_no_link(&path)?;
    let bytes = match plain_options().read(true).open(&path) {
        Ok(file) => read(&file, &path)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(io("open", &path)(error)),
    };
    Ok(check_amendments_bytes(&bytes, root, trust))
}

/// Checks the bytes of amendments to the recording whose journal has this root.
pub fn check_amendments_bytes(
    bytes: &[u8],
    root: &[u8; 32],
    trust: &TrustedKeys,
) -> AmendmentsReport {
    let mut report = AmendmentsReport { last_digest: beginning(root), ..Default::default() };
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else {
            report.torn = true;
            break;
        };
        if report.take(line, trust).is_none() {
            report.first_bad = Some(report.entries.len() as u64 + 1);
            break;
        }
    }
    report
}

/// Reads a file of amendments; one that is larger than may be is refused, not cut.
fn read(file: &File, path: &Path) -> Result<Vec<u8>, EvidenceError> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io("read", path))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(EvidenceError::Amendments { path: path.to_owned(), number: 1 });
    }
    Ok(bytes)
}

/// The amendments of one trial file, open to add to them. Nobody else can until this is dropped.
#[derive(Debug)]
pub struct Amendments {
    path: PathBuf,
    file: File,
    length: u64,
    number: u64,
    last_digest: String,
}

impl Amendments {
    /// Opens the amendments of a trial file whose journal has this root, creating the file if need
    /// be. A line that was cut while it was written is removed.
    ///
    /// # Errors
    /// A line that is there does not check, or the file can't be written.
    pub fn open(trial_file: &Path, root: &[u8; 32]) -> Result<Amendments, EvidenceError> {
        let path = amendments_file(trial_file);
        ensure_no_link(&path)?;
        let mut options = plain_options();
        let file = options.read(true).append(true).create(true).open(&path);
        let file = file.map_err(io("open", &path))?;
        rustix::fs::flock(&file, FlockOperation::LockExclusive)
            .map_err(|error| io("lock", &path)(error.into()))?;
        let bytes = read(&file, &path)?;
        let report = check_amendments_bytes(&bytes, root, &TrustedKeys::default());
        if let Some(number) = report.first_bad {
            return Err(EvidenceError::Amendments { path, number });
        }
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end as u64 + 1);
        if report.torn {
            // A line without its end was being written when the power went; nobody was told of it.
            file.set_len(whole).map_err(io("cut", &path))?;
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new(".")))?;
        let (number, last_digest) = (report.entries.len() as u64, report.last_digest);
        Ok(Amendments { path, file, length: whole, number, last_digest })
    }

    /// Adds an amendment, durably, signed if there is a key. Returns it and its short fingerprint,
    /// which is what to note elsewhere.
    ///
    /// # Errors
    /// It is longer than may be or not in its form, there are too many, or the file can't be
    /// written.
    pub fn append(
        &mut self,
        new: NewAmendment,
        key: Option<&StationKey>,
    ) -> Result<(AmendmentEntry, String), EvidenceError> {
        let mut entry = AmendmentEntry {
            number: self.number + 1,
            by: new.by,
            at: new.at,
            why: new.why,
            software: SOFTWARE.to_owned(),
            what: new.what,
            before: self.last_digest.clone(),
            key: key.map(|key| key.public().to_hex()),
            signature: key.map(|_| String::new()),
        };
        let failed = |error: serde_json::Error| io("write to", &self.path)(error.into());
        let mut line = serde_json::to_string(&entry).map_err(failed)?;
        if let Some(signed) = key.and_then(|key| signed_line::sign(AMENDMENT_PURPOSE, &line, key)) {
            line = signed;
            entry = serde_json::from_str(&line).map_err(failed)?;
        }
        let length = self.length + line.len() as u64 + 1;
        let room = length <= MAX_FILE_BYTES && self.number < MAX_AMENDMENTS as u64;
        if line.len() > MAX_AMENDMENT_BYTES || !room || !is_in_form(&entry) {
            return Err(EvidenceError::AmendmentForm);
        }
        let digest = blake3::hash(line.as_bytes());
        line.push('\n');
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        written.map_err(io("write to", &self.path))?;
        (self.length, self.number) = (length, entry.number);
        self.last_digest = digest.to_hex().to_string();
        Ok((entry, short_fingerprint(digest.as_bytes())))
    }
}

#[cfg(test)]
mod tests;
