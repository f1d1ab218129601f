//! Names in a trial file, layout version 1.
//!
//! ```text
//! user block, 4 KiB        digest and root, see seal.rs
//! /                        @file_format "proving-ground-trial"  @file_format_version 1  @default "trial"
//! /trial                   @NX_class NXentry  title  start_time  end_time  run  (run: JSON)
//! /trial/groups            JSON: device and channels of each group of channels sampled together
//! /trial/channels/<id>     @NX_class NXlog  @units @quantity @device @point @group @title_en @title_zh
//!     value                f64, in @units
//!     raw                  the decoded number in its own type
//!     quality              u16: class in the upper byte, code in the lower; 0 is good
//!     time                 i64, nanoseconds since the start of the trial; one dataset for all
//!                          channels of a group, by hard link; @start is the UTC of time 0
//!     time_uncertainty     u32, half width in nanoseconds; shared like time
//!     record               u64, number of the journal record that completed the frame; shared
//!     pyramid/<n>          bins of n samples: low, low_time, high, high_time, first_time,
//!                          last_time, count, flawed; the last, partial bin is there too
//! /trial/derived/<id>      @NX_class NXlog  @units @quantity  value, quality, time as above
//! /trial/gaps              table: group, cause, code, start, end
//! /trial/clock             table: time, wall, uncertainty, step (nanoseconds)
//! /trial/marks  /trial/events  /trial/accounting      JSON
//! /trial/documents/<n>     u8, exact bytes; @role @name @blake3 @sm3
//! /trial/journal           u8, the journal's segments behind one another
//! /trial/verdicts          JSON: the findings of the evaluation at the end of the trial
//! /trial/checkpoints       JSON: software, public key, and the signed heads of the journal;
//!                          in signed runs alone
//! ```

use trial::plan::Plan;
use trial::recording::SampleGroup;
use trial::time::duration_nanoseconds;

/// Version of the layout that this build writes.
pub const VERSION: u32 = 1;
/// Value of `@file_format`.
pub const FILE_FORMAT: &str = "proving-ground-trial";
/// Size of the user block, in bytes.
pub const USER_BLOCK_BYTES: u64 = 4096;
/// Fewest and most rows that are collected before they are written, which are the rows of a
/// chunk; both are multiples of a finest bin of the pyramids.
pub const CHUNK_ROWS: std::ops::RangeInclusive<usize> = 64..=4096;
/// Time that a chunk is to hold, in nanoseconds: what is collected in memory is little at every
/// rate, and the library is called seldom.
pub const CHUNK_NS: i64 = 5_000_000_000;
/// Rows of a chunk of a table, or of a stream of unknown rate.
pub const TABLE_CHUNK_ROWS: usize = 512;
/// Bins of a pyramid's level that are collected before they are written.
pub const CHUNK_BINS: usize = 32;
/// Fewest and most bytes of a chunk of the embedded journal.
pub const JOURNAL_CHUNK_BYTES: std::ops::RangeInclusive<usize> = 1 << 16..=1 << 20;

/// The trial's group.
pub const TRIAL: &str = "trial";
/// The channels' group.
pub const CHANNELS: &str = "trial/channels";
/// The derived channels' group.
pub const DERIVED: &str = "trial/derived";
/// The documents' group.
pub const DOCUMENTS: &str = "trial/documents";
/// The run as a whole, JSON.
pub const RUN: &str = "trial/run";
/// The groups of channels, JSON.
pub const GROUPS: &str = "trial/groups";
/// The gaps' table.
pub const GAPS: &str = "trial/gaps";
/// The clock pairs' table.
pub const CLOCK: &str = "trial/clock";
/// The marks, JSON.
pub const MARKS: &str = "trial/marks";
/// The events, JSON.
pub const EVENTS: &str = "trial/events";
/// The counts, JSON.
pub const ACCOUNTING: &str = "trial/accounting";
/// The journal's bytes.
pub const JOURNAL: &str = "trial/journal";
/// The signed heads of the journal, JSON.
pub const CHECKPOINTS: &str = "trial/checkpoints";
/// The findings, JSON.
pub const VERDICTS: &str = "trial/verdicts";

/// Rows of a chunk of a group's channels: a power of two that holds about [`CHUNK_NS`]. What is
/// polled back to back has the largest.
pub fn chunk_rows(plan: &Plan, group: &SampleGroup) -> usize {
    let device = &plan.devices[group.device];
    // The channels of one request have one period.
    let own = group.channels.first().and_then(|channel| plan.channel_at(*channel).every);
    let rows = match own.or(device.every).or(device.period) {
        None => return TABLE_CHUNK_ROWS,
        Some(period) if period.is_zero() => return *CHUNK_ROWS.end(),
        Some(period) => CHUNK_NS / duration_nanoseconds(period).max(1),
    };
    let rows = usize::try_from(rows).unwrap_or(*CHUNK_ROWS.end());
    rows.clamp(*CHUNK_ROWS.start(), *CHUNK_ROWS.end()).next_power_of_two()
}

/// Bytes of a chunk of an embedded journal of this length: the smallest power of two that holds it,
/// within [`JOURNAL_CHUNK_BYTES`].
pub fn journal_chunk_bytes(length: usize) -> usize {
    let (fewest, most) = (*JOURNAL_CHUNK_BYTES.start(), *JOURNAL_CHUNK_BYTES.end());
    length.min(most).next_power_of_two().max(fewest)
}
