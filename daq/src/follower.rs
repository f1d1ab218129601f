//! Reads the journal behind the sequencer, for whoever derives something while the run goes on.
//!
//! Invariants:
//! - It asks only for blocks that are written whole.
//! - When the journal has moved to the spare disk, what had been written and not synced on the
//!   first one stands there again. The follower then reads from the start, and passes over what
//!   it has told already.

use std::path::{Path, PathBuf};

use evidence::EvidenceError;
use journal::{Block, Reader, SegmentChain};

use crate::sequencer::Progress;

/// A reader of a journal that still grows.
#[derive(Debug)]
pub struct Follower {
    folder: PathBuf,
    reader: Reader<SegmentChain>,
    /// Number of the next record to tell.
    next_sequence: u64,
    /// How often the journal had moved when the reader began.
    moves: u64,
}

impl Follower {
    /// Follows the journal in the folder of a run from its first record on.
    pub fn new(folder: &Path) -> Follower {
        let reader = Reader::new(SegmentChain::following(folder));
        Follower { folder: folder.to_owned(), reader, next_sequence: 0, moves: 0 }
    }

    /// Number of the next record to tell.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Tells every block that is written and was not told; returns whether there was any.
    ///
    /// # Errors
    /// What was written does not read back, or `each` fails.
    pub fn follow(
        &mut self,
        progress: &Progress,
        each: &mut dyn FnMut(&Block<'_>) -> Result<(), EvidenceError>,
    ) -> Result<bool, EvidenceError> {
        let (before, written) = (self.next_sequence, progress.written());
        while self.next_sequence < written {
            // While it moves, its new segment may be there without what is to stand in it.
            let Some(moves) = progress.moves() else { break };
            if moves != self.moves {
                self.reader = Reader::new(SegmentChain::following(&self.folder));
                self.moves = moves;
            }
            match self.reader.next_block()? {
                Some(block) if block.first_sequence < self.next_sequence => {}
                Some(block) => {
                    each(&block)?;
                    self.next_sequence = block.first_sequence + u64::from(block.record_count);
                }
                // It moved under the reader.
                None if progress.moves() != Some(moves) => {}
                // What was written must read back; if it does not, the file system lies.
                None => return Err(EvidenceError::JournalDiffers(self.folder.clone())),
            }
        }
        Ok(self.next_sequence > before)
    }
}
