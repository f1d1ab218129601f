//! Bytes of the journal. All numbers are little endian.
//!
//! ```text
//! format version 2, which this build writes
//! segment header, 80 bytes            block header, 80 bytes
//!  0  magic "PGSEGMNT"                 0  magic "PGBK"
//!  8  format version, u16 = 2          4  length of the body, u32
//! 10  zero, u16                        8  run tag, 16 bytes
//! 12  segment, from 0, u32            24  segment, u32
//! 16  run tag, 16 bytes               28  number of records, u32
//! 32  chain value before, 32 bytes    32  number of the first record, u64
//! 64  bytes of the previous segment   40  chain value before, 32 bytes
//!     that count, u64                 72  offset of this header in its segment, u32
//! 72  zero, u32                       76  CRC-32C of bytes 0..76, u32
//! 76  CRC-32C of bytes 0..76, u32
//!
//! format version 1, which is still read
//! segment header, 64 bytes            block header, 64 bytes
//!  0  magic "PGSEGMNT"                 0  magic "PGBK"
//!  8  format version, u16 = 1          4  length of the body, u32
//! 10  zero, u16                        8  run tag, first 8 bytes
//! 12  segment, from 0, u32            16  number of the first record, u64
//! 16  run tag, 16 bytes               24  chain value before, 32 bytes
//! 32  chain value before, first 28    56  number of records, u32
//! 60  CRC-32C of bytes 0..60, u32     60  CRC-32C of bytes 0..60, u32
//!
//! record of both versions, 32 bytes and its payload
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
pub const FORMAT_VERSION: u16 = 2;
/// Length of a record without its payload.
pub const RECORD_HEADER_BYTES: usize = 32;

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

    /// Reads what [`ChainValue::to_hex`] gave; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<ChainValue> {
        let value = ChainValue(*blake3::Hash::from_hex(text).ok()?.as_bytes());
        (value.to_hex() == text).then_some(value)
    }
}

/// Tag that tells the blocks of one run from those of every other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunTag(pub [u8; 16]);

impl RunTag {
    /// The tag of a run: from its trial, its number, its start, and a number that nobody can know
    /// before. Because of it no bytes from the wire can look like a block of the run.
    pub fn new(trial: &str, run: u32, start_ns: i64, nonce: &[u8]) -> RunTag {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&run.to_le_bytes());
        hasher.update(&start_ns.to_le_bytes());
        hasher.update(trial.as_bytes());
        hasher.update(nonce);
        let mut tag = [0; 16];
        tag.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        RunTag(tag)
    }
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
    let (record, rest) = split_checked_record(body)?;
    let whole = body.get(..body.len() - rest.len())?;
    (crc32c::crc32c(whole.get(8..)?) == u32_at(whole, 4)).then_some((record, rest))
}

/// Splits the first record off a body whose records were checked before; `None` if there is none.
pub(crate) fn split_checked_record(body: &[u8]) -> Option<(RawRecord<'_>, &[u8])> {
    let header = body.first_chunk::<RECORD_HEADER_BYTES>()?;
    let end = RECORD_HEADER_BYTES.checked_add(u32_at(header, 0) as usize)?;
    let (whole, rest) = body.split_at_checked(end)?;
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
pub(crate) fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[offset..offset + N]);
    array
}

pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, offset))
}

pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}

/// BLAKE3 digest of some bytes, in lower-case hexadecimal.
pub fn digest_hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
