//! Bytes of the journal, format version 1. All numbers are little endian.
//!
//! ```text
//! segment header, 64 bytes            block header, 64 bytes
//!  0  magic "PGSEGMNT"                 0  magic "PGBK"
//!  8  format version, u16 = 1          4  length of the body, u32
//! 10  zero, u16                        8  run tag, first 8 bytes
//! 12  segment, from 0, u32            16  number of the first record, u64
//! 16  run tag, 16 bytes               24  chain value before, 32 bytes
//! 32  chain value before, first 28    56  number of records, u32
//! 60  CRC-32C of bytes 0..60, u32     60  CRC-32C of bytes 0..60, u32
//!
//! record, 32 bytes and its payload
//!  0  length of the payload, u32
//!  4  CRC-32C of bytes 8..32 and the payload, u32
//!  8  number of the record, u64
//! 16  trial time in nanoseconds, i64
//! 24  boot, u16
//! 26  source, u16
//! 28  kind, u16
//! 30  zero, u16
//! ```
//!
//! The chain value before the first block is the BLAKE3 digest of the run tag.

use trial::record::{Body, Record, RecordError, RecordSource};
use trial::time::TrialTime;

/// Version that this build writes.
pub const FORMAT_VERSION: u16 = 1;
/// Length of a segment header.
pub const SEGMENT_HEADER_BYTES: usize = 64;
/// Length of a block header.
pub const BLOCK_HEADER_BYTES: usize = 64;
/// Length of a record without its payload.
pub const RECORD_HEADER_BYTES: usize = 32;

const SEGMENT_MAGIC: &[u8; 8] = b"PGSEGMNT";
const BLOCK_MAGIC: &[u8; 4] = b"PGBK";

/// A value of the chain: a BLAKE3 digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainValue(pub [u8; 32]);

impl ChainValue {
    /// The value before the first block of a run.
    pub fn first(tag: RunTag) -> ChainValue {
        ChainValue(*blake3::hash(&tag.0).as_bytes())
    }

    /// The value after a block.
    pub(crate) fn after(header: &[u8], body: &[u8]) -> ChainValue {
        let mut hasher = blake3::Hasher::new();
        hasher.update(header);
        hasher.update(body);
        ChainValue(*hasher.finalize().as_bytes())
    }

    /// Lower-case hexadecimal.
    pub fn to_hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

/// Tag that tells the blocks of one run from those of every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunTag(pub [u8; 16]);

impl RunTag {
    /// The tag of a run: from its trial, its number and its start.
    pub fn new(trial: &str, run: u32, start_ns: i64) -> RunTag {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&run.to_le_bytes());
        hasher.update(&start_ns.to_le_bytes());
        hasher.update(trial.as_bytes());
        let mut tag = [0; 16];
        tag.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        RunTag(tag)
    }
}

pub(crate) struct SegmentHeader {
    pub segment: u32,
    pub tag: RunTag,
    pub chain_before: ChainValue,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.segment.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.tag.0);
        bytes[32..60].copy_from_slice(&self.chain_before.0[..28]);
        seal(&mut bytes);
        bytes
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockHeader {
    pub body_length: u32,
    pub first_sequence: u64,
    pub chain_before: ChainValue,
    pub record_count: u32,
}

impl BlockHeader {
    pub fn encode(&self, tag: RunTag) -> [u8; BLOCK_HEADER_BYTES] {
        let mut bytes = [0; BLOCK_HEADER_BYTES];
        bytes[..4].copy_from_slice(BLOCK_MAGIC);
        bytes[4..8].copy_from_slice(&self.body_length.to_le_bytes());
        bytes[8..16].copy_from_slice(&tag.0[..8]);
        bytes[16..24].copy_from_slice(&self.first_sequence.to_le_bytes());
        bytes[24..56].copy_from_slice(&self.chain_before.0);
        bytes[56..60].copy_from_slice(&self.record_count.to_le_bytes());
        seal(&mut bytes);
        bytes
    }

    /// `None` if this is not a whole block header of the run.
    pub fn decode(bytes: &[u8; BLOCK_HEADER_BYTES], tag: RunTag) -> Option<BlockHeader> {
        let fits = bytes.starts_with(BLOCK_MAGIC) && bytes[8..16] == tag.0[..8] && is_sealed(bytes);
        fits.then(|| BlockHeader {
            body_length: u32_at(bytes, 4),
            first_sequence: u64_at(bytes, 16),
            chain_before: ChainValue(array_at(bytes, 24)),
            record_count: u32_at(bytes, 56),
        })
    }
}

/// What begins at a place in a journal.
pub(crate) enum Head {
    Segment { version: u16, segment: u32, tag: RunTag, chain_before: [u8; 28] },
    Block,
    Other,
}

/// Both headers have the same length; the magic tells them apart.
pub(crate) fn head(bytes: &[u8; BLOCK_HEADER_BYTES]) -> Head {
    if bytes.starts_with(SEGMENT_MAGIC) {
        Head::Segment {
            version: u16_at(bytes, 8),
            segment: u32_at(bytes, 12),
            tag: RunTag(array_at(bytes, 16)),
            chain_before: array_at(bytes, 32),
        }
    } else if bytes.starts_with(BLOCK_MAGIC) {
        Head::Block
    } else {
        Head::Other
    }
}

fn seal(header: &mut [u8; BLOCK_HEADER_BYTES]) {
    let checksum = crc32c::crc32c(&header[..60]);
    header[60..].copy_from_slice(&checksum.to_le_bytes());
}

pub(crate) fn is_sealed(header: &[u8; BLOCK_HEADER_BYTES]) -> bool {
    crc32c::crc32c(&header[..60]) == u32_at(header, 60)
}

/// A record whose payload is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRecord<'a> {
    /// Position in the journal.
    pub sequence: u64,
    /// Which start of the daemon wrote it.
    pub boot: u16,
    /// When it happened.
    pub at: TrialTime,
    /// Who it comes from.
    pub source: RecordSource,
    /// Number of the kind.
    pub kind: u16,
    /// Payload.
    pub payload: &'a [u8],
}

impl<'a> RawRecord<'a> {
    /// Decodes the payload.
    ///
    /// # Errors
    /// An unknown kind, or a payload not of its kind's form.
    pub fn decode(&self) -> Result<Record<'a>, RecordError> {
        Ok(Record {
            sequence: self.sequence,
            boot: self.boot,
            at: self.at,
            source: self.source,
            body: Body::decode(self.kind, self.payload)?,
        })
    }
}

/// Appends a record to the body of a block; `write_payload` appends its payload. Returns the
/// number of bytes appended.
pub(crate) fn append_record(
    body: &mut Vec<u8>,
    record: &RawRecord<'_>,
    write_payload: impl FnOnce(&mut Vec<u8>),
) -> usize {
    let start = body.len();
    body.extend_from_slice(&[0; 8]);
    body.extend_from_slice(&record.sequence.to_le_bytes());
    body.extend_from_slice(&record.at.0.to_le_bytes());
    body.extend_from_slice(&record.boot.to_le_bytes());
    body.extend_from_slice(&record.source.0.to_le_bytes());
    body.extend_from_slice(&record.kind.to_le_bytes());
    body.extend_from_slice(&[0; 2]);
    body.extend_from_slice(record.payload);
    write_payload(body);
    let length = body.len() - start - RECORD_HEADER_BYTES;
    let checksum = crc32c::crc32c(&body[start + 8..]);
    body[start..start + 4].copy_from_slice(&(length as u32).to_le_bytes());
    body[start + 4..start + 8].copy_from_slice(&checksum.to_le_bytes());
    body.len() - start
}

/// Splits the first record off a body; `None` if it does not check.
pub(crate) fn split_record(body: &[u8]) -> Option<(RawRecord<'_>, &[u8])> {
    let header = body.first_chunk::<RECORD_HEADER_BYTES>()?;
    let end = RECORD_HEADER_BYTES.checked_add(u32_at(header, 0) as usize)?;
    let (whole, rest) = body.split_at_checked(end)?;
    if crc32c::crc32c(&whole[8..]) != u32_at(header, 4) {
        return None;
    }
    let record = RawRecord {
        sequence: u64_at(header, 8),
        at: TrialTime(u64_at(header, 16) as i64),
        boot: u16_at(header, 24),
        source: RecordSource(u16_at(header, 26)),
        kind: u16_at(header, 28),
        payload: &whole[RECORD_HEADER_BYTES..],
    };
    Some((record, rest))
}

/// The `N` bytes at `offset` of a header. Offsets are those of the table above, so they lie
/// within the header's fixed length.
fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[offset..offset + N]);
    array
}

fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, offset))
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}

/// BLAKE3 digest of some bytes, in lower-case hexadecimal.
pub fn digest_hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
