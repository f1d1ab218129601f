//! Appending to a journal. One owner; the syncing may happen in another thread through
//! [`Writer::file`].
//!
//! Invariants:
//! - A commit is one `write` of one whole block; nothing is written again to the same file.
//! - Room is taken ahead of what is written, so that a disk that fills up is met before a block
//!   is half written; the length of a segment's file is what was written.
//! - After an error the segment is done. With a spare folder the run may go on there, in a new
//!   segment that begins behind the last synced block and has everything since then again;
//!   without one the caller ends the run. Nothing is tried again on the same file.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FallocateFlags;
use trial::record::{Body, RecordSource};
use trial::time::TrialTime;

use crate::format::{RECORD_HEADER_BYTES, append_record};
use crate::header::{BlockHeader, HEADER_BYTES, SegmentHeader};
use crate::{
    ChainValue, JournalError, MAX_BLOCK_BODY_BYTES, MAX_SEGMENTS, MAX_UNSYNCED_BYTES,
    PREALLOCATED_BYTES, RawRecord, RunTag, SEGMENT_BYTES, io_error, segment_path,
};

/// A block that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// Number that the next block's first record will have.
    pub next_sequence: u64,
}

/// A block of the current segment that is not known to be synced.
#[derive(Debug)]
struct Unsynced {
    next_sequence: u64,
    /// Where it begins in its segment, and the chain value before it.
    offset: u64,
    chain_before: ChainValue,
    first_sequence: u64,
    body: Vec<u8>,
}

/// Appends records to the journal of a run.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    /// Where the run goes on if this folder's disk fails.
    spare: Option<PathBuf>,
    tag: RunTag,
    file: Arc<File>,
    segment: u32,
    segment_bytes: u64,
    /// Bytes of the segment for which there is room.
    allocated: u64,
    longest_segment: u64,
    chain: ChainValue,
    /// Block being collected: room for the header, then the body.
    block: Vec<u8>,
    first_sequence: u64,
    next_sequence: u64,
    /// Only kept while there is a spare folder.
    unsynced: VecDeque<Unsynced>,
    unsynced_bytes: usize,
}

impl Writer {
    /// Begins a journal in an existing folder.
    ///
    /// # Errors
    /// The segment exists already or can't be created.
    pub fn create(folder: &Path, tag: RunTag) -> Result<Writer, JournalError> {
        let header = SegmentHeader {
            segment: 0,
            tag,
            chain_before: ChainValue::first(tag),
            previous_bytes: Some(0),
        };
        Writer::begin(folder, header, 0)
    }

    /// Goes on behind the last good block of a repaired journal, in a new segment beside the
    /// last one.
    ///
    /// # Errors
    /// The segment can't be created.
    pub fn resume(folder: &Path, repaired: &crate::Repaired) -> Result<Writer, JournalError> {
        let paths = crate::segments(folder);
        let last = paths.last().ok_or_else(|| JournalError::Missing(folder.to_owned()))?;
        let length = last.metadata().map_err(io_error("look at", last))?.len();
        let header = SegmentHeader {
            segment: paths.len() as u32,
            tag: repaired.tag,
            chain_before: repaired.root,
            previous_bytes: Some(length),
        };
        Writer::begin(last.parent().unwrap_or(folder), header, repaired.next_sequence)
    }

    fn begin(folder: &Path, header: SegmentHeader, sequence: u64) -> Result<Writer, JournalError> {
        if header.segment >= MAX_SEGMENTS {
            return Err(JournalError::Full);
        }
        let file = new_segment(folder, &header)?;
        let mut writer = Writer {
            folder: folder.to_owned(),
            spare: None,
            tag: header.tag,
            file: Arc::new(file),
            segment: header.segment,
            segment_bytes: HEADER_BYTES as u64,
            allocated: 0,
            longest_segment: SEGMENT_BYTES,
            chain: header.chain_before,
            block: vec![0; HEADER_BYTES],
            first_sequence: sequence,
            next_sequence: sequence,
            unsynced: VecDeque::new(),
            unsynced_bytes: 0,
        };
        writer.allocate(0);
        Ok(writer)
    }

    /// Names the folder in which the run goes on if this one's disk fails. From here on what is
    /// not synced is kept in memory.
    pub fn set_spare(&mut self, folder: PathBuf) {
        self.spare = Some(folder);
    }

    /// Whether there is a folder left in which the run could go on.
    pub fn has_spare(&self) -> bool {
        self.spare.is_some()
    }

    /// Makes segments shorter than [`SEGMENT_BYTES`].
    pub fn set_longest_segment(&mut self, bytes: u64) {
        self.longest_segment = bytes.min(SEGMENT_BYTES);
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
            <= MAX_BLOCK_BODY_BYTES + HEADER_BYTES
    }

    /// Bytes in the block being collected.
    pub fn pending_bytes(&self) -> usize {
        self.block.len() - HEADER_BYTES
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

    /// Forgets what is synced: everything before the record of this number.
    pub fn synced(&mut self, next_sequence: u64) {
        while self.unsynced.front().is_some_and(|block| block.next_sequence <= next_sequence) {
            if let Some(block) = self.unsynced.pop_front() {
                self.unsynced_bytes -= block.body.len();
            }
        }
    }

    /// Whether so much waits for a sync that nothing may be added: it would be too much memory.
    pub fn is_unsynced_full(&self) -> bool {
        self.unsynced_bytes >= MAX_UNSYNCED_BYTES
    }

    /// Writes the collected records as one block; `None` if there are none.
    ///
    /// # Errors
    /// The system refused, or the journal is full. Nothing may be committed after that but
    /// through [`Writer::move_to_spare`].
    pub fn commit(&mut self) -> Result<Option<Commit>, JournalError> {
        if self.pending_bytes() == 0 {
            return Ok(None);
        }
        if self.pending_bytes() > MAX_BLOCK_BODY_BYTES {
            return Err(JournalError::RecordTooLarge(self.pending_bytes()));
        }
        if self.spare.is_some() {
            let body = self.block[HEADER_BYTES..].to_vec();
            self.unsynced_bytes += body.len();
            self.unsynced.push_back(Unsynced {
                next_sequence: self.next_sequence,
                offset: self.segment_bytes,
                chain_before: self.chain,
                first_sequence: self.first_sequence,
                body,
            });
        }
        let written = self.write_block();
        // Written or kept: either way the next block begins behind it.
        self.first_sequence = self.next_sequence;
        self.block.truncate(HEADER_BYTES);
        written.map(|()| Some(Commit { next_sequence: self.next_sequence }))
    }

    /// Writes the collected block into the current segment, or into a new one if that is full.
    fn write_block(&mut self) -> Result<(), JournalError> {
        if self.segment_bytes >= self.longest_segment {
            self.next_segment()?;
            // Whatever was before it is synced.
            if let Some(mut last) = self.unsynced.pop_back() {
                (last.offset, last.chain_before) = (self.segment_bytes, self.chain);
                self.unsynced_bytes = last.body.len();
                self.unsynced.clear();
                self.unsynced.push_back(last);
            }
        }
        let header = BlockHeader {
            body_length: self.pending_bytes() as u32,
            record_count: (self.next_sequence - self.first_sequence) as u32,
            first_sequence: self.first_sequence,
            chain_before: self.chain,
            place: Some((self.segment, self.segment_bytes as u32)),
        };
        let header = header.encode(self.tag);
        self.block[..HEADER_BYTES].copy_from_slice(&header);
        self.allocate(self.block.len() as u64);
        let path = segment_path(&self.folder, self.segment);
        (&*self.file).write_all(&self.block).map_err(io_error("write to", &path))?;
        self.chain = ChainValue::after(&header, &self.block[HEADER_BYTES..]);
        self.segment_bytes += self.block.len() as u64;
        Ok(())
    }

    /// Takes room for as many more bytes and some. Where the file system can't, or has no more,
    /// the write itself tells.
    fn allocate(&mut self, more: u64) {
        let needed = self.segment_bytes + more;
        if needed <= self.allocated {
            return;
        }
        let wanted = needed.next_multiple_of(PREALLOCATED_BYTES);
        let length = wanted - self.allocated;
        let flags = FallocateFlags::KEEP_SIZE;
        let _ = rustix::fs::fallocate(&*self.file, flags, self.allocated, length);
        self.allocated = wanted;
    }

    /// Gives back the room that the current segment does not need. It is the last thing that is
    /// done to it; if the system refuses, the room comes back with the folder.
    pub fn release(&self) {
        let _ = self.file.set_len(self.segment_bytes);
    }

    fn next_segment(&mut self) -> Result<(), JournalError> {
        let path = segment_path(&self.folder, self.segment);
        self.release();
        self.file.sync_data().map_err(io_error("sync", &path))?;
        self.begin_segment(self.chain, self.segment_bytes)
    }

    fn begin_segment(
        &mut self,
        chain_before: ChainValue,
        previous_bytes: u64,
    ) -> Result<(), JournalError> {
        let segment = self.segment + 1;
        if segment >= MAX_SEGMENTS {
            return Err(JournalError::Full);
        }
        let previous_bytes = Some(previous_bytes);
        let header = SegmentHeader { segment, tag: self.tag, chain_before, previous_bytes };
        self.file = Arc::new(new_segment(&self.folder, &header)?);
        (self.segment, self.segment_bytes, self.allocated) = (segment, HEADER_BYTES as u64, 0);
        self.chain = chain_before;
        Ok(())
    }

    /// The disk failed: goes on in the spare folder, with everything that is not synced. Synced
    /// is all that lies before the record `synced`. What is written is durable on return.
    ///
    /// # Errors
    /// There is no spare folder, or it fails too; then the run is at its end.
    pub fn move_to_spare(&mut self, synced: u64) -> Result<(), JournalError> {
        self.synced(synced);
        let folder = self.spare.take().ok_or_else(|| JournalError::Missing(self.folder.clone()))?;
        let blocks = std::mem::take(&mut self.unsynced);
        self.unsynced_bytes = 0;
        let collected = std::mem::replace(&mut self.block, vec![0; HEADER_BYTES]);
        let (first, next) = (self.first_sequence, self.next_sequence);
        let (offset, chain) = match blocks.front() {
            Some(block) => (block.offset, block.chain_before),
            None => (self.segment_bytes, self.chain),
        };
        self.folder = folder;
        self.begin_segment(chain, offset)?;
        for block in blocks {
            self.block.truncate(HEADER_BYTES);
            self.block.extend_from_slice(&block.body);
            (self.first_sequence, self.next_sequence) = (block.first_sequence, block.next_sequence);
            self.write_block()?;
        }
        (self.block, self.first_sequence, self.next_sequence) = (collected, first, next);
        let path = segment_path(&self.folder, self.segment);
        self.file.sync_all().map_err(io_error("sync", &path))
    }
}

/// Creates a segment with its header and makes its directory entry durable.
fn new_segment(folder: &Path, header: &SegmentHeader) -> Result<File, JournalError> {
    let path = segment_path(folder, header.segment);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(io_error("create", &path))?;
    file.write_all(&header.encode()).map_err(io_error("write to", &path))?;
    file.sync_all().map_err(io_error("sync", &path))?;
    let directory = File::open(folder).map_err(io_error("open", folder))?;
    directory.sync_all().map_err(io_error("sync", folder))?;
    Ok(file)
}
