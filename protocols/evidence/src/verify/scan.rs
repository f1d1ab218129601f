//! The reading of the embedded journal, in a thread of its own: while blocks are read and checked,
//! the ones before them are derived from.
//!
//! Invariant: at most [`MAX_WAITING`] blocks wait.

use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use journal::{ChainValue, Damaged, Ending, JournalError, Reader, RunTag};

use super::heads::Place;
use crate::builder::missing_until;

/// Blocks that wait to be derived from.
const MAX_WAITING: usize = 4;

/// A block that checks.
pub(super) struct Scanned {
    /// Bytes of its records.
    pub body: Vec<u8>,
    pub place: Place,
    pub damage: Option<Damaged>,
    /// Number of the record behind those that are missing before it.
    pub missing_until: Option<u64>,
}

/// What the journal came to.
pub(super) struct ScannedAll {
    pub tag: Option<RunTag>,
    pub root: ChainValue,
    pub ending: Ending,
}

/// The two ends of the blocks' way.
pub(super) fn pair() -> (SyncSender<Scanned>, Receiver<Scanned>) {
    sync_channel(MAX_WAITING)
}

/// Reads a whole journal and hands its blocks over, as long as they are taken.
///
/// # Errors
/// The journal can't be read.
pub(super) fn scan(
    journal: impl Read,
    to: &SyncSender<Scanned>,
) -> Result<ScannedAll, JournalError> {
    let mut reader = Reader::new(journal);
    loop {
        let tag = reader.tag();
        let Some(block) = reader.next_block()? else { break };
        let place = Place { tag, chain: block.chain_before, alone: block.record_count == 1 };
        let (damage, missing_until) = (block.damage, missing_until(&block));
        let scanned = Scanned { body: block.body.to_vec(), place, damage, missing_until };
        if to.send(scanned).is_err() {
            // Whoever derives has failed, and tells why.
            break;
        }
    }
    let ending = reader.ending().unwrap_or(Ending::Clean);
    Ok(ScannedAll { tag: reader.tag(), root: reader.root(), ending })
}
