//! Appending to a journal. One owner; the syncing may happen in another thread through
//! [`Writer::file`].
//!
//! Invariants:
//! - A commit is one `write` of one whole block; nothing that was written is written again.
//! - After an error the writer is done: the caller ends the run, it does not retry.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trial::record::{Body, RecordSource};
use trial::time::TrialTime;

use crate::format::{
    BLOCK_HEADER_BYTES, BlockHeader, RECORD_HEADER_BYTES, SegmentHeader, append_record,
};
use crate::{
    ChainValue, JournalError, MAX_BLOCK_BODY_BYTES, MAX_SEGMENTS, RawRecord, RunTag, SEGMENT_BYTES,
    io_error, segment_path,
};

/// A block that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Number that the next block's first record will have.
    pub next_sequence: u64,
}

/// Appends records to the journal of a run.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    tag: RunTag,
    file: Arc<File>,
    segment: u32,
    segment_bytes: u64,
    chain: ChainValue,
    /// Block being collected: room for the header, then the body.
    block: Vec<u8>,
    first_sequence: u64,
    next_sequence: u64,
}

impl Writer {
    /// Begins a journal in an existing folder.
    ///
    /// # Errors
    /// The segment exists already or can't be created.
    pub fn create(folder: &Path, tag: RunTag) -> Result<Writer, JournalError> {
        let chain = ChainValue::first(tag);
        let file = new_segment(folder, 0, tag, chain)?;
        Ok(Writer::at(folder, tag, file, 0, BLOCK_HEADER_BYTES as u64, chain, 0))
    }

    /// Goes on behind the last good block of a repaired journal, in a new segment.
    ///
    /// # Errors
    /// The segment can't be created.
    pub fn resume(folder: &Path, repaired: &crate::Repaired) -> Result<Writer, JournalError> {
        let segment = repaired.segments;
        let (tag, chain) = (repaired.tag, repaired.root);
        let file = new_segment(folder, segment, tag, chain)?;
        let header = BLOCK_HEADER_BYTES as u64;
        Ok(Writer::at(folder, tag, file, segment, header, chain, repaired.next_sequence))
    }

    fn at(
        folder: &Path,
        tag: RunTag,
        file: File,
        segment: u32,
        segment_bytes: u64,
        chain: ChainValue,
        sequence: u64,
    ) -> Writer {
        Writer {
            folder: folder.to_owned(),
            tag,
            file: Arc::new(file),
            segment,
            segment_bytes,
            chain,
            block: vec![0; BLOCK_HEADER_BYTES],
            first_sequence: sequence,
            next_sequence: sequence,
        }
    }

    /// Adds a record to the block being collected, and returns its number. A block that has
    /// become too large for one more record of this size must be committed before; see
    /// [`Writer::has_room`].
    pub fn append(
        &mut self,
        boot: u16,
        at: TrialTime,
        source: RecordSource,
        body: &Body<'_>,
    ) -> u64 {
        let kind = body.kind() as u16;
        self.append_raw(boot, at, source, kind, |out| body.encode(out))
    }

    /// Adds a record whose payload `write_payload` appends.
    pub fn append_raw(
        &mut self,
        boot: u16,
        at: TrialTime,
        source: RecordSource,
        kind: u16,
        write_payload: impl FnOnce(&mut Vec<u8>),
    ) -> u64 {
        let sequence = self.next_sequence;
        let record = RawRecord { sequence, boot, at, source, kind, payload: &[] };
        append_record(&mut self.block, &record, write_payload);
        self.next_sequence += 1;
        sequence
    }

    /// Whether the block being collected can take one more record with this payload.
    pub fn has_room(&self, payload_bytes: usize) -> bool {
        self.block.len() + RECORD_HEADER_BYTES + payload_bytes
            <= MAX_BLOCK_BODY_BYTES + BLOCK_HEADER_BYTES
    }

    /// Bytes in the block being collected.
    pub fn pending_bytes(&self) -> usize {
        self.block.len() - BLOCK_HEADER_BYTES
    }

    /// Number of the next record.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// The chain value after the last committed block.
    pub fn root(&self) -> ChainValue {
        self.chain
    }

    /// Tag of the run.
    pub fn tag(&self) -> RunTag {
        self.tag
    }

    /// The file to sync: what was committed so far is in it and in earlier ones, which were
    /// synced when this one was begun.
    pub fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Writes the collected records as one block; `None` if there are none.
    ///
    /// # Errors
    /// The system refused, or the journal is full. The writer must not be used after that.
    pub fn commit(&mut self) -> Result<Option<Commit>, JournalError> {
        let body_length = self.pending_bytes();
        if body_length == 0 {
            return Ok(None);
        }
        if body_length > MAX_BLOCK_BODY_BYTES {
            return Err(JournalError::RecordTooLarge(body_length));
        }
        if self.segment_bytes >= SEGMENT_BYTES {
            self.next_segment()?;
        }
        let header = BlockHeader {
            body_length: body_length as u32,
            first_sequence: self.first_sequence,
            chain_before: self.chain,
            record_count: (self.next_sequence - self.first_sequence) as u32,
        };
        let header = header.encode(self.tag);
        self.block[..BLOCK_HEADER_BYTES].copy_from_slice(&header);
        let path = segment_path(&self.folder, self.segment);
        (&*self.file).write_all(&self.block).map_err(io_error("write to", &path))?;
        self.chain = ChainValue::after(&header, &self.block[BLOCK_HEADER_BYTES..]);
        self.segment_bytes += self.block.len() as u64;
        self.first_sequence = self.next_sequence;
        self.block.truncate(BLOCK_HEADER_BYTES);
        Ok(Some(Commit { next_sequence: self.next_sequence }))
    }

    fn next_segment(&mut self) -> Result<(), JournalError> {
        let path = segment_path(&self.folder, self.segment);
        self.file.sync_data().map_err(io_error("sync", &path))?;
        self.segment += 1;
        if self.segment >= MAX_SEGMENTS {
            return Err(JournalError::Full);
        }
        self.file = Arc::new(new_segment(&self.folder, self.segment, self.tag, self.chain)?);
        self.segment_bytes = BLOCK_HEADER_BYTES as u64;
        Ok(())
    }
}

/// Creates a segment with its header and makes its directory entry durable.
fn new_segment(
    folder: &Path,
    segment: u32,
    tag: RunTag,
    chain_before: ChainValue,
) -> Result<File, JournalError> {
    let path = segment_path(folder, segment);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(io_error("create", &path))?;
    let header = SegmentHeader { segment, tag, chain_before };
    file.write_all(&header.encode()).map_err(io_error("write to", &path))?;
    file.sync_all().map_err(io_error("sync", &path))?;
    let directory = File::open(folder).map_err(io_error("open", folder))?;
    directory.sync_all().map_err(io_error("sync", folder))?;
    Ok(file)
}
