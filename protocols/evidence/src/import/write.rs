//! Writing the journal of an import, and the trial file out of it.

use std::borrow::Cow;

use journal::{ChainValue, JournalError, RunTag, Writer};
use rustix::rand::{GetRandomFlags, getrandom};
use trial::record::{
    Body, ClockPair, DEFAULT_MARK_UNCERTAINTY_NS, End, EndKind, Event, EventKind, Mark, Origin,
    OriginKind, RecordSource,
};
use trial::time::TrialTime;
use words::message;

use super::rows::{Line, Rows};
use super::{Checked, Fault, ImportError, ImportOrder};
use crate::builder::{Builder, Built};
use crate::heads::append_head;
use crate::{EvidenceError, Ledger, LedgerEvent, RunFolder, close_run};

/// Bytes of records after which a block is written.
const BLOCK_BYTES: usize = 1 << 20;
/// Longest name of a file in a reason, in bytes.
const MAX_NAME_BYTES: usize = 200;

/// Writes the run: its ledger entry, its journal, its trial file.
pub(super) fn write(
    order: ImportOrder<'_>,
    checked: &Checked,
    folder: &RunFolder,
    run: u32,
) -> Result<Built, ImportError> {
    let origin = begin(order, checked, folder, run)?;
    let tag = RunTag::new(&origin.trial, run, origin.start.0, &nonce(folder)?);
    let by = origin.station.started_by.clone();
    let mut writer = Writer::create(&folder.path(), tag)?;
    let requests = wire::plan::plan_requests(&checked.plan);
    let documents = checked.documents.documents.iter().cloned().map(Body::Document);
    let first = std::iter::once(Body::Origin(origin)).chain(documents);
    for body in first.chain([Body::RequestPlan(requests)]) {
        writer.append(0, TrialTime::ZERO, RecordSource::STATION, &body);
        writer.commit()?;
    }
    if let Some(key) = order.key {
        append_head(&mut writer, key, 0, TrialTime::ZERO)?;
    }
    let mut journal = Journalled::new(writer, checked, by);
    journal.say(Body::Event(Event { kind: EventKind::Note, text: told(order, checked) }));
    journal.clock(checked);
    lines(order, checked, &mut journal)?;
    let root = journal.end(order, checked, folder)?;
    let mut builder = Builder::new(folder)?;
    let read = builder.feed_journal(&folder.path())?;
    if read != root {
        return Err(EvidenceError::JournalDiffers(folder.path()).into());
    }
    let built = builder.finish(folder, root, order.key)?;
    close_run(folder, order.now, order.key)?;
    Ok(built)
}

/// Counts the run, enters it into the ledger, and says where it comes from.
fn begin(
    order: ImportOrder<'_>,
    checked: &Checked,
    folder: &RunFolder,
    run: u32,
) -> Result<Origin, ImportError> {
    let key = order.key;
    // Counted before anything is recorded: no other run of the key has this number.
    let key_run = key.map(|key| key.begin_run()).transpose()?;
    let plan = checked.documents.plan().map(|plan| journal::digest_hex(&plan.bytes));
    let mut ledger = Ledger::open(folder.root())?;
    let last_root = ledger.last_root();
    let event = LedgerEvent::Begin { plan: plan.unwrap_or_default() };
    ledger.append(&checked.plan.id, run, order.now, event, key)?;
    let mut station = order.station.clone();
    station.key = key.map(|key| key.public().to_hex()).unwrap_or_default();
    station.key_run = key_run.as_ref().map_or(0, |run| run.number);
    let name = name_of(order);
    let name = &name[..name.floor_char_boundary(MAX_NAME_BYTES)];
    let digest = &checked.digests.blake3;
    station.not_live = vec![format!("imported from \"{name}\", BLAKE3 {digest}")];
    Ok(Origin {
        trial: checked.plan.id.clone(),
        run,
        origin: OriginKind::Imported,
        start: checked.survey.first,
        software: crate::SOFTWARE.to_owned(),
        previous_root: key_run.map_or(last_root, |run| run.previous_root),
        station,
    })
}

fn name_of(order: ImportOrder<'_>) -> String {
    let name = order.data.file_name().unwrap_or_default().to_string_lossy();
    words::printable(&name)
}

/// What the file was, in the words of the record.
fn told(order: ImportOrder<'_>, checked: &Checked) -> String {
    let (file, survey) = (&checked.digests, &checked.survey);
    format!(
        "imported \"{}\": {} bytes, BLAKE3 {}, SM3 {}; {} rows, {} damaged lines",
        name_of(order),
        file.bytes,
        file.blake3,
        file.sm3,
        survey.rows,
        survey.damaged,
    )
}

/// A number that nobody can know before.
fn nonce(folder: &RunFolder) -> Result<[u8; 16], EvidenceError> {
    let mut nonce = [0; 16];
    // Up to 256 bytes come whole or not at all (getrandom(2)).
    getrandom(&mut nonce[..], GetRandomFlags::empty())
        .map_err(|error| crate::io("take a random number for", &folder.path())(error.into()))?;
    Ok(nonce)
}

/// Reads the file again, and journals its lines.
fn lines(
    order: ImportOrder<'_>,
    checked: &Checked,
    journal: &mut Journalled<'_>,
) -> Result<(), ImportError> {
    let (mut lines, head, _) = super::open(order)?;
    let mut rows = Rows::new(&checked.import, order.data);
    let mut line = Vec::new();
    while lines.next(&mut line)? {
        let kind = rows.take(&line)?;
        journal.line(&line, kind)?;
    }
    let known = checked.documents.documents.iter();
    let same_head = known
        .filter(|one| one.role == trial::document::DocumentRole::Head)
        .map(|one| &one.bytes)
        .eq(Some(&head).filter(|head| !head.is_empty()));
    let same_rows = rows.finish()? == checked.survey;
    if same_head && same_rows && lines.finish()? == checked.digests {
        return Ok(());
    }
    Err(Fault::new(order.data, None, message!("import-changed")).into())
}

/// The journal as it grows.
struct Journalled<'a> {
    writer: Writer,
    /// Wall time at trial time 0, in nanoseconds.
    zero: i64,
    /// Time of the last row.
    last: TrialTime,
    /// The end of a damaged line, which is journalled with what comes behind it: the line was
    /// written between the two.
    held: bool,
    /// Marks to come, the earliest last.
    marks: Vec<(TrialTime, &'a trial::plan::ImportMark)>,
    set: u32,
    by: String,
}

impl<'a> Journalled<'a> {
    fn new(writer: Writer, checked: &'a Checked, by: String) -> Journalled<'a> {
        let first = checked.survey.first;
        let at = |mark: &trial::plan::ImportMark| TrialTime(mark.wall(first).0 - first.0);
        let mut marks: Vec<_> = checked.import.marks.iter().map(|mark| (at(mark), mark)).collect();
        marks.sort_by_key(|(at, _)| *at);
        marks.reverse();
        let (zero, last) = (first.0, TrialTime::ZERO);
        Journalled { writer, zero, last, held: false, marks, set: 0, by }
    }

    fn say(&mut self, body: Body<'_>) {
        self.writer.append(0, self.last, RecordSource::STATION, &body);
    }

    /// A pair of wall time and trial time: here the wall time of the rows is the trial's.
    fn clock(&mut self, checked: &Checked) {
        let wall = checked.survey.first.plus(self.last.0);
        self.say(Body::Clock(ClockPair { wall, uncertainty_ns: 0, step_ns: 0 }));
    }

    fn line(&mut self, line: &[u8], kind: Line) -> Result<(), JournalError> {
        match kind {
            Line::Row(time) => {
                let at = TrialTime(time.0.saturating_sub(self.zero));
                self.marks_until(at);
                self.last = at;
                self.let_go();
                self.received(line);
            }
            Line::Other => {
                self.let_go();
                self.received(line);
            }
            Line::Damaged => {
                self.let_go();
                let text = line.strip_suffix(b"\n").unwrap_or(line);
                self.held = text.len() < line.len();
                self.received(text);
            }
        }
        if self.writer.pending_bytes() >= BLOCK_BYTES {
            self.writer.commit()?;
        }
        Ok(())
    }

    /// Journals the end of a damaged line that was held back.
    fn let_go(&mut self) {
        if std::mem::take(&mut self.held) {
            self.received(b"\n");
        }
    }

    fn received(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let body = Body::Received { bytes: Cow::Borrowed(bytes) };
            self.writer.append(0, self.last, RecordSource::link(0), &body);
        }
    }

    fn marks_until(&mut self, until: TrialTime) {
        while let Some((at, mark)) = self.marks.pop_if(|(at, _)| *at <= until) {
            self.set += 1;
            self.last = at.max(self.last);
            self.say(Body::Mark(Mark {
                number: self.set,
                text: mark.text.clone(),
                at,
                uncertainty_ns: mark.uncertainty_ns.unwrap_or(DEFAULT_MARK_UNCERTAINTY_NS),
                by: self.by.clone(),
                corrects: None,
                retracts: false,
                why: String::new(),
            }));
        }
    }

    /// Closes the journal, durably, and returns its root.
    fn end(
        mut self,
        order: ImportOrder<'_>,
        checked: &Checked,
        folder: &RunFolder,
    ) -> Result<ChainValue, ImportError> {
        self.let_go();
        self.clock(checked);
        let by = self.by.clone();
        let reason = "the file was read to its end".to_owned();
        self.say(Body::End(End { kind: EndKind::Ended, reason, by }));
        self.writer.commit()?;
        if let Some(key) = order.key {
            append_head(&mut self.writer, key, 0, self.last)?;
        }
        let path = folder.path();
        self.writer.file().sync_all().map_err(crate::io("sync", &path))?;
        self.writer.release();
        Ok(self.writer.root())
    }
}
