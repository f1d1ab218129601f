//! Headers of segments and blocks, of both format versions.

use crate::RunTag;
use crate::format::{ChainValue, FORMAT_VERSION, array_at, u16_at, u32_at, u64_at};

pub(crate) const SEGMENT_MAGIC: &[u8; 8] = b"PGSEGMNT";
pub(crate) const BLOCK_MAGIC: &[u8; 4] = b"PGBK";

/// Length of a header that this build writes, of a segment and of a block alike.
pub const HEADER_BYTES: usize = 80;
const HEADER_BYTES_1: usize = 64;
/// Bytes that tell what begins here, and how long its header is.
pub(crate) const PEEK_BYTES: usize = 10;

/// Version of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

impl Version {
    pub fn header_bytes(self) -> usize {
        match self {
            Version::One => HEADER_BYTES_1,
            Version::Two => HEADER_BYTES,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentHeader {
    pub segment: u32,
    pub tag: RunTag,
    /// In version 1 its first 28 bytes, with zeros behind them.
    pub chain_before: ChainValue,
    /// Bytes of the previous segment that count; version 1 does not say.
    pub previous_bytes: Option<u64>,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.segment.to_le_bytes());
        bytes[16..32].copy_from_slice(&self.tag.0);
        bytes[32..64].copy_from_slice(&self.chain_before.0);
        bytes[64..72].copy_from_slice(&self.previous_bytes.unwrap_or_default().to_le_bytes());
        checked(&mut bytes);
        bytes
    }

    /// Whether the chain had this value before the segment, as far as the header says.
    pub fn follows(&self, version: Version, chain: ChainValue) -> bool {
        match version {
            Version::One => self.chain_before.0[..28] == chain.0[..28],
            Version::Two => self.chain_before == chain,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockHeader {
    pub body_length: u32,
    pub record_count: u32,
    pub first_sequence: u64,
    pub chain_before: ChainValue,
    /// Segment and offset in it; version 1 does not say.
    pub place: Option<(u32, u32)>,
}

impl BlockHeader {
    pub fn encode(&self, tag: RunTag) -> [u8; HEADER_BYTES] {
        let (segment, offset) = self.place.unwrap_or_default();
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(BLOCK_MAGIC);
        bytes[4..8].copy_from_slice(&self.body_length.to_le_bytes());
        bytes[8..24].copy_from_slice(&tag.0);
        bytes[24..28].copy_from_slice(&segment.to_le_bytes());
        bytes[28..32].copy_from_slice(&self.record_count.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.first_sequence.to_le_bytes());
        bytes[40..72].copy_from_slice(&self.chain_before.0);
        bytes[72..76].copy_from_slice(&offset.to_le_bytes());
        checked(&mut bytes);
        bytes
    }

    /// A whole block header at the start of `bytes`, and its tag: in version 1 the first half of
    /// one, with zeros behind it. `None` if this is none.
    pub fn decode(bytes: &[u8], version: Version) -> Option<(BlockHeader, RunTag)> {
        let bytes = bytes.get(..version.header_bytes())?;
        if !bytes.starts_with(BLOCK_MAGIC) || !is_checked(bytes) {
            return None;
        }
        let found = match version {
            Version::One => {
                let mut tag = [0; 16];
                tag[..8].copy_from_slice(&bytes[8..16]);
                let header = BlockHeader {
                    body_length: u32_at(bytes, 4),
                    record_count: u32_at(bytes, 56),
                    first_sequence: u64_at(bytes, 16),
                    chain_before: ChainValue(array_at(bytes, 24)),
                    place: None,
                };
                (header, RunTag(tag))
            }
            Version::Two => {
                let header = BlockHeader {
                    body_length: u32_at(bytes, 4),
                    record_count: u32_at(bytes, 28),
                    first_sequence: u64_at(bytes, 32),
                    chain_before: ChainValue(array_at(bytes, 40)),
                    place: Some((u32_at(bytes, 24), u32_at(bytes, 72))),
                };
                (header, RunTag(array_at(bytes, 8)))
            }
        };
        Some(found)
    }
}

/// Whether a block's tag is that of the run, as far as its version says.
pub(crate) fn is_tag_of(found: RunTag, tag: RunTag, version: Version) -> bool {
    match version {
        Version::One => found.0[..8] == tag.0[..8],
        Version::Two => found == tag,
    }
}

/// What begins at a place in a journal, from its first [`PEEK_BYTES`].
pub(crate) enum Head {
    /// A segment of this version; `None` for one that this build does not know.
    Segment(Option<Version>),
    Block,
    Other,
}

pub(crate) fn head(peeked: &[u8]) -> Head {
    if peeked.starts_with(SEGMENT_MAGIC) && peeked.len() >= PEEK_BYTES {
        Head::Segment(match u16_at(peeked, 8) {
            1 => Some(Version::One),
            2 => Some(Version::Two),
            _ => None,
        })
    } else if peeked.starts_with(BLOCK_MAGIC) {
        Head::Block
    } else {
        Head::Other
    }
}

/// A whole segment header at the start of `bytes`; `None` if its checksum is wrong.
pub(crate) fn segment_header(bytes: &[u8], version: Version) -> Option<SegmentHeader> {
    let bytes = bytes.get(..version.header_bytes())?;
    if !bytes.starts_with(SEGMENT_MAGIC) || !is_checked(bytes) {
        return None;
    }
    let (chain_before, previous_bytes) = match version {
        Version::One => {
            let mut chain = [0; 32];
            chain[..28].copy_from_slice(&bytes[32..60]);
            (ChainValue(chain), None)
        }
        Version::Two => (ChainValue(array_at(bytes, 32)), Some(u64_at(bytes, 64))),
    };
    let (segment, tag) = (u32_at(bytes, 12), RunTag(array_at(bytes, 16)));
    Some(SegmentHeader { segment, tag, chain_before, previous_bytes })
}

/// Puts the checksum into the last four bytes of a header.
fn checked(header: &mut [u8; HEADER_BYTES]) {
    let end = HEADER_BYTES - 4;
    let checksum = crc32c::crc32c(&header[..end]);
    header[end..].copy_from_slice(&checksum.to_le_bytes());
}

fn is_checked(header: &[u8]) -> bool {
    let end = header.len().saturating_sub(4);
    header.len() > 4 && crc32c::crc32c(&header[..end]) == u32_at(header, end)
}
