//! Repair after a crash: the journal is cut behind its last good block.
//!
//! What is cut was never acknowledged: a block is acknowledged only after a sync of all of it.
//! Damaged places with good blocks behind them stay as they are, and are told.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom};
use std::path::Path;

use trial::record::{Body, JournalDamage, Kind};
use trial::time::TrialTime;

use crate::header::HEADER_BYTES;
use crate::{ChainValue, Ending, JournalError, Reader, RunTag, io_error, records, segments};

/// Most damaged places of a journal that is repaired; one with more is left to a person.
pub const MAX_DAMAGED_PLACES: usize = 10_000;

/// What a repair found and left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// Tag of the run.
    pub tag: RunTag,
    /// Chain value after the last good block.
    pub root: ChainValue,
    /// Number of the next record.
    pub next_sequence: u64,
    /// Number of segments left.
    pub segments: u32,
    /// Bytes that were cut.
    pub cut_bytes: u64,
    /// Damaged places with good blocks behind them that no record of the journal names yet, in
    /// order.
    pub damage: Vec<JournalDamage>,
    /// Trial time of the last good record.
    pub last_good: TrialTime,
    /// Highest boot number of a good record.
    pub last_boot: u16,
    /// Whether the run has its end.
    pub has_end: bool,
    /// Whether the requests of the run are recorded: before that nothing was sent or received.
    pub has_request_plan: bool,
    /// How the reading had ended.
    pub ending: Ending,
}

/// Cuts the journal in the folder of a run behind its last good block, and makes that durable.
///
/// # Errors
/// No journal, not one good header, more damage than a journal can have by accident, or the
/// system refused.
pub fn repair(folder: &Path) -> Result<Repaired, JournalError> {
    drop_empty_tail(folder)?;
    let mut reader = Reader::open(folder)?;
    let (mut last_good, mut last_boot) = (TrialTime::ZERO, 0);
    let (mut has_request_plan, mut has_end) = (false, false);
    let (mut damage, mut named) = (Vec::new(), Vec::new());
    while let Some(block) = reader.next_block()? {
        damage.extend(block.damage.map(|damaged| damaged.place));
        if damage.len() > MAX_DAMAGED_PLACES {
            return Err(JournalError::TooDamaged(folder.to_owned()));
        }
        for record in records(block.body) {
            last_good = last_good.max(record.at);
            last_boot = last_boot.max(record.boot);
            has_request_plan |= record.kind == Kind::RequestPlan as u16;
            has_end |= record.kind == Kind::End as u16;
            if record.kind == Kind::Recovered as u16
                && let Ok(Body::Recovered(recovered)) = Body::decode(record.kind, record.payload)
            {
                named.extend(recovered.damage);
            }
        }
    }
    damage.retain(|place| !named.contains(place));
    let ending = reader.ending().unwrap_or(Ending::Clean);
    let (Some(tag), Some(good)) = (reader.tag(), reader.good_place()) else {
        let what = match ending {
            Ending::Torn { damage } => damage,
            Ending::Clean => crate::Damage::CutShort,
        };
        return Err(JournalError::Damaged { offset: 0, what });
    };
    let cut_bytes = cut(folder, good)?;
    Ok(Repaired {
        tag,
        root: reader.root(),
        next_sequence: reader.next_sequence(),
        segments: segments(folder).len() as u32,
        cut_bytes,
        damage,
        last_good,
        last_boot,
        has_end,
        has_request_plan,
        ending,
    })
}

/// Removes segments at the end that hold no block, such as one that was being begun when its writer
/// died. They say nothing, and what is read and written behind them would not fit together.
fn drop_empty_tail(folder: &Path) -> Result<(), JournalError> {
    let segments = segments(folder);
    let mut removed = false;
    // The first segment stays: its header says which trial it is.
    for path in segments.iter().skip(1).rev() {
        let length = path.metadata().map_err(io_error("look at", path))?.len();
        if length > HEADER_BYTES as u64 {
            break;
        }
        std::fs::remove_file(path).map_err(io_error("remove", path))?;
        removed = true;
    }
    if removed { sync_folders(folder) } else { Ok(()) }
}

/// Makes durable which segments there are.
fn sync_folders(folder: &Path) -> Result<(), JournalError> {
    for place in [Some(folder.to_owned()), crate::spare_folder(folder)].into_iter().flatten() {
        let directory = File::open(&place).map_err(io_error("open", &place))?;
        directory.sync_all().map_err(io_error("sync", &place))?;
    }
    Ok(())
}

/// Keeps what lies before `good`, a segment and an offset in it; returns how many bytes were cut.
/// What is cut is kept beside the journal as `cut-….bin`, since only a person can say that it is
/// worthless.
fn cut(folder: &Path, good: (u32, u64)) -> Result<u64, JournalError> {
    let mut cut_bytes = 0;
    for (segment, path) in segments(folder).into_iter().enumerate() {
        let length = path.metadata().map_err(io_error("look at", &path))?.len();
        let keep = match (segment as u32).cmp(&good.0) {
            std::cmp::Ordering::Less => length,
            std::cmp::Ordering::Equal => good.1.min(length),
            std::cmp::Ordering::Greater => 0,
        };
        if keep == length {
            continue;
        }
        cut_bytes += length - keep;
        keep_tail(folder, segment, &path, keep)?;
        if keep == 0 {
            std::fs::remove_file(&path).map_err(io_error("remove", &path))?;
        } else {
            let file =
                OpenOptions::new().write(true).open(&path).map_err(io_error("open", &path))?;
            file.set_len(keep).map_err(io_error("cut", &path))?;
            file.sync_all().map_err(io_error("sync", &path))?;
        }
    }
    if cut_bytes > 0 {
        sync_folders(folder)?;
    }
    Ok(cut_bytes)
}

/// Copies what follows `offset` of a segment into a file of its own, durably.
fn keep_tail(folder: &Path, segment: usize, path: &Path, offset: u64) -> Result<(), JournalError> {
    let kept = folder.join(format!("cut-{segment:05}-{offset}.bin"));
    let mut source = File::open(path).map_err(io_error("open", path))?;
    source.seek(SeekFrom::Start(offset)).map_err(io_error("read", path))?;
    let mut target = File::create(&kept).map_err(io_error("create", &kept))?;
    std::io::copy(&mut source, &mut target).map_err(io_error("write to", &kept))?;
    target.sync_all().map_err(io_error("sync", &kept))
}
