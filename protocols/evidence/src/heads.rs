//! Signed heads in a journal: where they stand, and how they are appended.
//!
//! Invariants:
//! - A head stands alone in its block. It says which value the chain had before that block.
//! - The first one stands right behind the records that every run begins with, and covers them;
//!   the last one stands right behind the run's end.

use std::path::Path;

use journal::{JournalError, Reader, RunTag, Writer, records};
use serde::Serialize;
use trial::record::{Body, Head, Kind, Origin, RecordSource};
use trial::time::TrialTime;

use crate::EvidenceError;
use crate::key::StationKey;
use crate::signature::PublicKey;

/// Most heads that a trial file lists for its readers; the journal has them all. One a minute for
/// three months.
pub(crate) const MAX_LISTED_HEADS: usize = 131_072;

/// Commits what is collected, then appends a head in a block of its own. Returns its number and
/// itself; it is not durable yet.
///
/// # Errors
/// The journal can't be written; the writer must not be used after that.
pub fn append_head(
    writer: &mut Writer,
    key: &StationKey,
    boot: u16,
    at: TrialTime,
) -> Result<(u64, Head), JournalError> {
    writer.commit()?;
    let (tag, sequence, chain) = (writer.tag(), writer.next_sequence(), writer.root());
    let head = key.sign_head(tag, sequence, chain);
    writer.append(boot, at, RecordSource::STATION, &Body::Head(head.clone()));
    writer.commit()?;
    Ok((sequence, head))
}

/// What a closed journal says of its key and its heads.
#[derive(Debug, Clone, Default)]
pub(crate) struct JournalFacts {
    /// The first record.
    pub origin: Option<Origin>,
    /// Whether the end of the run is in it.
    pub ended: bool,
    /// Whether a head stands right behind the records that every run begins with.
    pub has_first_head: bool,
    /// Whether anything but these stands in it.
    pub has_more: bool,
    /// Whether the last record is a head.
    pub ends_in_head: bool,
}

impl JournalFacts {
    /// Reads them; records that do not decode are those of nobody's heads.
    ///
    /// # Errors
    /// The journal can't be read.
    pub fn read(folder: &Path) -> Result<JournalFacts, EvidenceError> {
        let mut facts = JournalFacts::default();
        let mut reader = Reader::open(folder)?;
        while let Some(block) = reader.next_block()? {
            for record in records(block.body) {
                if record.sequence == 0
                    && let Body::Origin(origin) = record.decode()?.body
                {
                    facts.origin = Some(origin);
                }
                facts.take(record.kind);
            }
        }
        Ok(facts)
    }

    fn take(&mut self, kind: u16) {
        let is = |one: Kind| kind == one as u16;
        self.ends_in_head = is(Kind::Head);
        self.ended |= is(Kind::End);
        if is(Kind::Head) {
            self.has_first_head |= !self.has_more;
        } else if !(is(Kind::Origin) || is(Kind::Document) || is(Kind::RequestPlan)) {
            self.has_more = true;
        }
    }

    /// The key with which the run was begun, if it was with one.
    pub fn key(&self) -> Option<PublicKey> {
        key_of(self.origin.as_ref()?)
    }
}

/// The key with which a run was begun; `None` for a run without one.
pub fn key_of(origin: &Origin) -> Option<PublicKey> {
    PublicKey::from_hex(&origin.station.key)
}

/// Tag of the run whose journal is in a folder.
///
/// # Errors
/// There is none.
pub(crate) fn run_tag(folder: &Path) -> Result<RunTag, EvidenceError> {
    let mut reader = Reader::open(folder)?;
    reader.next_block()?;
    reader.tag().ok_or_else(|| EvidenceError::NothingToBuild(folder.to_owned()))
}

/// The signed heads of a journal as `/trial/checkpoints` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Checkpoints {
    heads: Vec<Checkpoint>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Checkpoint {
    sequence: u64,
    #[serde(flatten)]
    head: Head,
}

#[derive(Serialize)]
struct Listed<'a> {
    software: &'a str,
    key: &'a str,
    heads: &'a [Checkpoint],
}

impl Checkpoints {
    /// Takes a head of the journal.
    pub fn push(&mut self, sequence: u64, head: &Head) {
        if self.heads.len() < MAX_LISTED_HEADS {
            self.heads.push(Checkpoint { sequence, head: head.clone() });
        }
    }

    /// The list as JSON; empty for a run without a key.
    ///
    /// # Errors
    /// It can't be written as JSON.
    pub fn to_json(&self, origin: &Origin) -> Result<String, EvidenceError> {
        if origin.station.key.is_empty() {
            return Ok(String::new());
        }
        let (software, key) = (origin.software.as_str(), origin.station.key.as_str());
        serde_json::to_string(&Listed { software, key, heads: &self.heads }).map_err(|error| {
            crate::io("write", Path::new(trialfile::layout::CHECKPOINTS))(error.into())
        })
    }
}
