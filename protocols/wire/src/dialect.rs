//! The dialects of streams and of listened buses, one file each.
//!
//! Invariants:
//! - A scanner decides from the bytes alone, and more bytes never change what it has decided on
//!   fewer: the same frames come out wherever reads split the stream.
//! - What a scanner waits for is bounded; the longest frame of any dialect is
//!   [`MAX_STREAM_FRAME_BYTES`](trial::profile::MAX_STREAM_FRAME_BYTES) or an RTU frame.
//! - Decoding takes whole frames whose checksum, where the dialect has one, is right.

pub(crate) mod frame;
pub(crate) mod listen;
pub(crate) mod nmea;
pub(crate) mod sync_sum;
pub(crate) mod weighing;

/// What stands at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    /// More bytes are needed to tell.
    NeedMore,
    /// So many bytes, at least 1, begin no frame.
    Skip(usize),
    /// A whole frame of so many bytes.
    Frame(usize),
}
