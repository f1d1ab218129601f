//! Taking up a run whose daemon died: what of it is in its folder, ready to be closed or to go on.

use journal::{ChainValue, Damage, JournalError, Reader, Repaired, records};
use trial::document::Document;
use trial::plan::RequestPlan;
use trial::record::{Body, ClockPair, Kind, Origin};
use trial::time::TrialTime;

use crate::builder::missing_until;
use crate::{EvidenceError, RunFolder};

/// A run that began and did not end, with its journal cut behind the last good record.
#[derive(Debug)]
pub struct TakenUp {
    /// What the repair of its journal found.
    pub repaired: Repaired,
    /// Chain value behind the records that every run begins with.
    pub start_chain: ChainValue,
    /// Its first record.
    pub origin: Origin,
    /// Its documents, exact bytes.
    pub documents: Vec<Document>,
    /// The requests by which its devices are polled.
    pub requests: RequestPlan,
    /// Number of the last mark; 0 without one.
    pub last_mark: u32,
    /// The last observation of the wall clock, and when it was made.
    pub last_pair: (TrialTime, ClockPair),
}

/// Repairs the journal in a run's folder, which the caller has locked; `None` if the daemon stopped
/// before the run had begun.
///
/// # Errors
/// The folder holds a link, the journal is damaged where it begins, or the system refused.
pub(crate) fn repair(folder: &RunFolder) -> Result<Option<Repaired>, EvidenceError> {
    folder.ensure_no_links()?;
    match journal::repair(&folder.path()) {
        Ok(repaired) => Ok(Some(repaired).filter(|repaired| repaired.has_request_plan)),
        Err(JournalError::Missing(_)) => Ok(None),
        // Not even the first segment's header was whole.
        Err(JournalError::Damaged { offset: 0, what: Damage::CutShort }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Takes up a run that can go on: one that the caller has locked, and that has not ended.
///
/// # Errors
/// It had not begun, or has ended; recovery is what it needs. Else as [`crate::recover`].
pub fn take_up(folder: &RunFolder) -> Result<TakenUp, EvidenceError> {
    let nothing = || EvidenceError::NothingToResume(folder.path());
    if folder.trial_file().exists() {
        return Err(nothing());
    }
    let repaired = repair(folder)?.filter(|repaired| !repaired.has_end).ok_or_else(nothing)?;
    let mut reader = Reader::open(&folder.path())?;
    let (mut origin, mut requests, mut documents) = (None, None, Vec::new());
    let (mut last_mark, mut last_pair) = (0, None);
    let mut start_chain = None;
    while let Some(block) = reader.next_block()? {
        if requests.is_some() {
            start_chain.get_or_insert(block.chain_before);
        }
        // Without all of its documents a run can't be derived, and does not go on.
        if missing_until(&block).is_some() && requests.is_none() {
            return Err(nothing());
        }
        for raw in
            records(block.body).filter(|raw| TOLD.iter().any(|kind| *kind as u16 == raw.kind))
        {
            let record = raw.decode()?;
            match record.body {
                Body::Origin(found) => origin = Some(found),
                Body::Document(document) => documents.push(document),
                Body::RequestPlan(found) => requests = Some(found),
                Body::Mark(mark) => last_mark = last_mark.max(mark.number),
                Body::Clock(pair) => last_pair = Some((record.at, pair)),
                _ => {}
            }
        }
    }
    let (origin, requests) = (origin.ok_or_else(nothing)?, requests.ok_or_else(nothing)?);
    let start = ClockPair { wall: origin.start, uncertainty_ns: 0, step_ns: 0 };
    let last_pair = last_pair.unwrap_or((TrialTime::ZERO, start));
    let start_chain = start_chain.unwrap_or(repaired.root);
    Ok(TakenUp { repaired, start_chain, origin, documents, requests, last_mark, last_pair })
}

/// The kinds of records that tell something of it.
const TOLD: [Kind; 5] = [Kind::Origin, Kind::Document, Kind::RequestPlan, Kind::Mark, Kind::Clock];
