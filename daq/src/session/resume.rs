//! Going on with a run whose daemon died: the same run, with its hole recorded.
//!
//! Invariants:
//! - Documents and requests are those of the journal, byte for byte: a run does not change what it
//!   is judged by.
//! - A run that began on real equipment goes on on real equipment alone.
//! - Trial time goes on by the boot clock where the machine was not started anew, else by the wall
//!   clock, and then says by how much it may be wrong. It never goes back.

use std::path::Path;

use evidence::{RunFolder, RunLock, TakenUp, take_up};
use journal::Writer;
use trial::record::{Body, OriginKind, RecordSource, Recovered, Resumed};
use trial::time::TrialTime;
use words::{Message, message};

use super::SessionError;
use crate::clock::Clock;
use crate::limits::RESUMED_CLOCK_DOUBT_NS;
use crate::preflight::Prepared;
use crate::station;

/// An unfinished run that this process owns.
pub(super) struct Unfinished {
    pub folder: RunFolder,
    pub lock: RunLock,
    pub taken: TakenUp,
}

/// Where and how trial time goes on.
struct Onwards {
    clock: Clock,
    at: TrialTime,
    by_wall_clock: bool,
    uncertainty_ns: i64,
}

/// Finds the one unfinished run of the plan below `out` and takes it up.
///
/// # Errors
/// There is none or more than one, somebody runs it, or its documents are not the plan's.
pub(super) fn find(prepared: &Prepared, out: &Path) -> Result<Unfinished, SessionError> {
    let trial = &prepared.plan.id;
    let ours = |folder: &RunFolder| folder.trial_and_run().is_some_and(|(id, _)| id == trial);
    let mut folders: Vec<RunFolder> =
        evidence::run_folders(out).unwrap_or_default().into_iter().filter(ours).collect();
    let shown = words::printable(&out.display().to_string());
    let (Some(folder), true) = (folders.pop(), folders.is_empty()) else {
        return Err(SessionError::Refused(message!(
            "run-resume-one",
            trial = trial,
            folder = shown
        )));
    };
    let lock = folder.lock()?;
    let taken = take_up(&folder)?;
    if taken.documents != prepared.documents.documents || taken.requests != *prepared.requests {
        let run = words::printable(folder.name());
        return Err(SessionError::Refused(message!("run-resume-differs", run = run)));
    }
    Ok(Unfinished { folder, lock, taken })
}

/// Refuses to go on with a live run on what is not live.
///
/// # Errors
/// It is so; the sentence names the first link that is to blame.
pub(super) fn ensure_as_live(taken: &TakenUp, not_live: &[Message]) -> Result<(), SessionError> {
    match not_live.first() {
        Some(why) if taken.origin.origin == OriginKind::Live => {
            Err(SessionError::Refused(message!("run-resume-not-live", why = why.to_string())))
        }
        _ => Ok(()),
    }
}

/// Opens the journal again behind its last good record, and records the hole durably.
///
/// # Errors
/// The journal can't be written.
pub(super) fn go_on(
    unfinished: &Unfinished,
    by: Option<&str>,
) -> Result<(Writer, Clock, u16), SessionError> {
    let Unfinished { folder, taken, .. } = unfinished;
    let onwards = onwards(taken);
    let mut writer = Writer::resume(&folder.path(), &taken.repaired)?;
    let boot = taken.repaired.last_boot.saturating_add(1);
    let recovered = Recovered {
        cut_bytes: taken.repaired.cut_bytes,
        last_good: taken.repaired.last_good,
        damage: taken.repaired.damage.clone(),
        resumed: Some(Resumed {
            by: station::person(by, &station::own_account()),
            by_wall_clock: onwards.by_wall_clock,
            uncertainty_ns: onwards.uncertainty_ns,
            boot: station::boot(),
            software: evidence::SOFTWARE.to_owned(),
        }),
    };
    writer.append(boot, onwards.at, RecordSource::STATION, &Body::Recovered(recovered));
    writer.commit()?;
    writer.file().sync_all().map_err(super::system("sync the journal"))?;
    Ok((writer, onwards.clock, boot))
}

/// How trial time goes on.
fn onwards(taken: &TakenUp) -> Onwards {
    let last_good = taken.repaired.last_good;
    let station = &taken.origin.station;
    if !station.boot.is_empty() && station.boot == station::boot() {
        let clock = Clock::by_boot_clock(station.boot_clock_ns);
        let at = clock.now().max(last_good);
        return Onwards { clock, at, by_wall_clock: false, uncertainty_ns: 0 };
    }
    let (at, pair) = taken.last_pair;
    by_wall_clock(
        last_good,
        at.plus(Clock::wall_now().0.saturating_sub(pair.wall.0)),
        pair.uncertainty_ns,
    )
}

/// Trial time by the wall clock, which says that it is `shown`, but was only that good.
fn by_wall_clock(last_good: TrialTime, shown: TrialTime, pair_uncertainty_ns: i64) -> Onwards {
    // A wall clock that says less than what has passed is wrong by at least the difference.
    let behind = last_good.since(shown).max(0);
    let doubt = RESUMED_CLOCK_DOUBT_NS.saturating_add(pair_uncertainty_ns);
    let at = shown.max(last_good);
    let uncertainty_ns = behind.saturating_add(doubt);
    Onwards { clock: Clock::at(at), at, by_wall_clock: true, uncertainty_ns }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_time_never_goes_back_and_says_how_far_it_may_be_wrong() {
        const SECOND: i64 = 1_000_000_000;
        let last = TrialTime(100 * SECOND);
        let later = by_wall_clock(last, TrialTime(700 * SECOND), 5);
        assert_eq!(
            (later.at, later.uncertainty_ns),
            (TrialTime(700 * SECOND), RESUMED_CLOCK_DOUBT_NS + 5)
        );
        // The battery of the machine's clock is empty: it begins at 1970 again.
        let lost = by_wall_clock(last, TrialTime(-900 * SECOND), 5);
        assert_eq!(lost.at, last);
        assert_eq!(lost.uncertainty_ns, 1000 * SECOND + RESUMED_CLOCK_DOUBT_NS + 5);
        assert!(lost.clock.now() >= last);
    }
}
