//! The audit trail of one run: who did what, when and why, told from its journal.
//!
//! Invariants:
//! - Entries are in the order of the journal, which is that of their numbers. Nothing is left out
//!   but what is counted: polls, bytes, pairs of clocks, heads.
//! - A corrected mark stays, and is told as struck by the one that corrects it.

use std::collections::HashMap;
use std::io::Read;

use journal::{Damaged, Ending, JournalError, Reader};
use serde::Serialize;
use trial::document::{Document, DocumentSet};
use trial::plan::Plan;
use trial::record::{
    Body, DiscardCause, Discarded, End, EndKind, Event, EventKind, JournalDamage, Kind, LinkState,
    Mark, Origin, OriginKind, Record, Recovered, Resumed,
};
use trial::time::{TrialTime, WallTime};
use words::{Language, Message, message};

use crate::cli::render::{end_word, origin_word};

/// Most entries that are told; the rest is counted.
pub const MAX_ENTRIES: usize = 200_000;
/// Kinds of records that are frequent and no act of anybody.
const LEFT_OUT: [Kind; 6] =
    [Kind::PollDue, Kind::Sent, Kind::Received, Kind::Outcome, Kind::RequestPlan, Kind::Head];

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The run began.
    Start,
    /// A link came up.
    LinkUp,
    /// A link went down.
    LinkDown,
    /// A mark was set.
    Mark,
    /// A mark was restated.
    Correction,
    /// A mark was taken back.
    Retraction,
    /// Something happened to the station.
    Event(EventKind),
    /// Bytes were not kept.
    Discarded,
    /// A journal whose daemon had died was taken up.
    Recovered,
    /// A place of the journal is damaged.
    Damage,
    /// The run went on after its daemon had died.
    Resumed,
    /// The run ended.
    End(EndKind),
}

impl What {
    /// The stable English name.
    pub fn name(self) -> &'static str {
        match self {
            What::Start => "start",
            What::LinkUp => "link-up",
            What::LinkDown => "link-down",
            What::Mark => "mark",
            What::Correction => "correction",
            What::Retraction => "retraction",
            What::Event(kind) => kind.name(),
            What::Discarded => "discarded",
            What::Recovered => "recovered",
            What::Damage => "damage",
            What::Resumed => "resumed",
            What::End(kind) => match kind {
                EndKind::Ended => "ended",
                EndKind::TimeOver => "time-over",
                EndKind::Signal => "ended-by-signal",
                EndKind::RedLimit => "ended-by-red-limit",
                EndKind::Aborted => "aborted",
                EndKind::Crashed => "crashed",
                EndKind::Failed => "failed",
            },
        }
    }

    /// The word for it.
    pub fn message(self) -> Message {
        match self {
            What::Start => message!("audit-start"),
            What::LinkUp => message!("audit-link-up"),
            What::LinkDown => message!("audit-link-down"),
            What::Mark => message!("audit-mark"),
            What::Correction => message!("audit-correction"),
            What::Retraction => message!("audit-retraction"),
            What::Event(kind) => kind.message(),
            What::Discarded => message!("audit-discarded"),
            What::Recovered => message!("audit-recovered"),
            What::Damage => message!("audit-damage"),
            What::Resumed => message!("audit-resumed"),
            What::End(kind) => end_word(kind),
        }
    }

    /// What the station did about it; `None` where there was nothing to do.
    fn done(self) -> Option<Message> {
        Some(match self {
            What::LinkDown => message!("audit-done-link-down"),
            What::Discarded => message!("audit-done-discarded"),
            What::Recovered => message!("audit-done-recovered"),
            What::Damage => message!("audit-done-damage"),
            What::Event(kind) => match kind {
                EventKind::ClockStep => message!("audit-done-clock-step"),
                EventKind::Stalled => message!("audit-done-stalled"),
                EventKind::QueueFull => message!("audit-done-queue-full"),
                EventKind::Flood | EventKind::HeldBack => message!("audit-done-discarded"),
                EventKind::SyncSlow => message!("audit-done-sync-slow"),
                EventKind::JournalMoved => message!("audit-done-journal-moved"),
                EventKind::FileFailed => message!("audit-done-file-failed"),
                EventKind::WitnessFailed => message!("audit-done-witness-failed"),
                EventKind::Disagreement => message!("audit-done-disagreement"),
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Number of the record.
    pub record: u64,
    /// When it was recorded, by the pair of clocks before it.
    pub at: WallTime,
    /// The same by the run's clock.
    pub trial_time: TrialTime,
    /// What it is about.
    pub what: What,
    /// Who did it; empty if it was the station itself.
    pub who: String,
    /// What was done or happened: words of a person or of the station.
    pub text: String,
    /// Facts to tell beside it.
    pub facts: Vec<Message>,
    /// Why it was done; empty if nobody had to say.
    pub why: String,
    /// Number of the mark, for a mark.
    pub mark: Option<u32>,
    /// The mark that it corrects.
    pub corrects: Option<u32>,
    /// The mark by which it is struck.
    pub struck_by: Option<u32>,
}

/// An entry as a program reads it. Every text is English.
#[derive(Serialize)]
pub struct EntryRow<'a> {
    record: u64,
    utc: String,
    local: String,
    seconds: f64,
    what: &'static str,
    who: &'a str,
    text: &'a str,
    facts: Vec<String>,
    why: &'a str,
    mark: Option<u32>,
    corrects: Option<u32>,
    struck_by: Option<u32>,
    done: Option<String>,
}

impl Entry {
    /// What the station did about it, in words.
    pub fn done(&self) -> Option<Message> {
        self.what.done()
    }

    /// The entry as a program reads it.
    pub fn row(&self, zone: &str) -> EntryRow<'_> {
        EntryRow {
            record: self.record,
            utc: self.at.to_rfc3339(),
            local: self.at.in_zone(zone),
            seconds: self.trial_time.seconds(),
            what: self.what.name(),
            who: &self.who,
            text: &self.text,
            facts: self.facts.iter().map(ToString::to_string).collect(),
            why: &self.why,
            mark: self.mark,
            corrects: self.corrects,
            struck_by: self.struck_by,
            done: self.done().map(|done| done.to_string()),
        }
    }
}

/// The trail of a run.
#[derive(Debug)]
pub struct Trail {
    /// The first record.
    pub origin: Origin,
    /// Time zone of the site; `UTC` where the plan can't be read.
    pub zone: String,
    /// The entries, in the order of the journal.
    pub entries: Vec<Entry>,
    /// Entries beyond [`MAX_ENTRIES`].
    pub left_out: u64,
    /// Records of the journal.
    pub records: u64,
    /// Signed heads among them.
    pub heads: u64,
    /// Whether the last entry is the run's end.
    pub ended: bool,
    /// Why the journal can't be read to its end; `None` if it can.
    pub damage: Option<String>,
}

/// Reads a journal and tells its trail; `None` if it does not begin as a run does.
///
/// # Errors
/// The journal can't be read.
pub fn read<R: Read>(reader: &mut Reader<R>) -> Result<Option<Trail>, JournalError> {
    let mut fold = Fold::default();
    while let Some(block) = reader.next_block()? {
        fold.damaged.extend(block.damage);
        for raw in journal::records(block.body) {
            fold.heads += u64::from(raw.kind == Kind::Head as u16);
            if LEFT_OUT.iter().any(|kind| *kind as u16 == raw.kind) {
                continue;
            }
            match raw.decode() {
                Ok(record) => fold.take(&record),
                Err(error) => {
                    fold.damage.get_or_insert(format!("record {}: {error}", raw.sequence));
                }
            }
        }
    }
    if let Some(found) = fold.damaged.iter().find(|found| !fold.named.contains(&found.place)) {
        let what = format!("record {}: {}", found.place.first_missing, found.what);
        fold.damage.get_or_insert(what);
    }
    if let Some(Ending::Torn { damage }) = reader.ending() {
        fold.damage.get_or_insert(damage.to_string());
    }
    Ok(fold.finish(reader.next_sequence()))
}

/// What is known while the journal is read.
#[derive(Default)]
struct Fold {
    origin: Option<Origin>,
    documents: Vec<Document>,
    /// The last pair of clocks.
    clock: Option<(TrialTime, WallTime)>,
    entries: Vec<(Entry, Option<usize>)>,
    left_out: u64,
    heads: u64,
    ended: bool,
    damage: Option<String>,
    damaged: Vec<Damaged>,
    /// The damaged places of which recovery told.
    named: Vec<JournalDamage>,
}

impl Fold {
    fn take(&mut self, record: &Record<'_>) {
        match &record.body {
            Body::Origin(origin) if self.origin.is_none() => {
                self.clock = Some((TrialTime::ZERO, origin.start));
                self.start(record, origin);
                self.origin = Some(origin.clone());
            }
            Body::Document(document) => self.documents.push(document.clone()),
            Body::Clock(pair) => self.clock = Some((record.at, pair.wall)),
            Body::LinkState(state) => self.link(record, state),
            Body::Mark(mark) => self.mark(record, mark),
            Body::Event(Event { kind, text }) => self.add(record, What::Event(*kind), text),
            Body::Discarded(discarded) => self.discarded(record, discarded),
            Body::Recovered(recovered) => {
                self.named.extend_from_slice(&recovered.damage);
                self.recovered(record, recovered);
            }
            Body::End(end) => self.end(record, end),
            _ => {}
        }
    }

    /// Adds an entry, unless there are too many; the entry may then be told more.
    fn add(&mut self, record: &Record<'_>, what: What, text: &str) {
        self.add_with(record, what, text, |_| {});
    }

    fn add_with(
        &mut self,
        record: &Record<'_>,
        what: What,
        text: &str,
        more: impl FnOnce(&mut Entry),
    ) {
        if self.entries.len() >= MAX_ENTRIES {
            self.left_out += 1;
            return;
        }
        let (paired, wall) = self.clock.unwrap_or((TrialTime::ZERO, WallTime(0)));
        let mut entry = Entry {
            record: record.sequence,
            at: wall.plus(record.at.since(paired)),
            trial_time: record.at,
            what,
            who: String::new(),
            text: text.to_owned(),
            facts: Vec::new(),
            why: String::new(),
            mark: None,
            corrects: None,
            struck_by: None,
        };
        more(&mut entry);
        self.entries.push((entry, record.source.link_index()));
    }

    fn start(&mut self, record: &Record<'_>, origin: &Origin) {
        let station = &origin.station;
        self.add_with(record, What::Start, "", |entry| {
            entry.who.clone_from(&station.started_by);
            let word = origin_word(origin.origin, Language::English);
            entry.text = format!("{}, {word}", origin.software);
            if !station.host.is_empty() {
                entry.facts.push(message!("audit-host", host = words::printable(&station.host)));
            }
            if !station.key.is_empty() {
                let key = words::printable(&station.key);
                entry.facts.push(message!("audit-key", key = key, run = station.key_run));
            }
        });
    }

    fn link(&mut self, record: &Record<'_>, state: &LinkState) {
        let what = if state.up { What::LinkUp } else { What::LinkDown };
        self.add(record, what, &state.why);
    }

    fn mark(&mut self, record: &Record<'_>, mark: &Mark) {
        let what = match (mark.corrects, mark.retracts) {
            (None, _) => What::Mark,
            (Some(_), false) => What::Correction,
            (Some(_), true) => What::Retraction,
        };
        self.add_with(record, what, &mark.text, |entry| {
            entry.who.clone_from(&mark.by);
            entry.why.clone_from(&mark.why);
            (entry.mark, entry.corrects) = (Some(mark.number), mark.corrects);
            if let Some(number) = mark.corrects {
                entry.facts.push(message!("audit-corrects", mark = number));
            }
            if mark.at != record.at {
                let seconds = format!("{:.3}", mark.at.seconds());
                entry.facts.push(message!("audit-mark-at", seconds = seconds));
            }
        });
    }

    fn discarded(&mut self, record: &Record<'_>, discarded: &Discarded) {
        let kind = match discarded.why {
            DiscardCause::Flood => EventKind::Flood,
            DiscardCause::HeldBack => EventKind::HeldBack,
            DiscardCause::Stalled => EventKind::Stalled,
        };
        self.add_with(record, What::Discarded, kind.name(), |entry| {
            let since = format!("{:.3}", discarded.since.seconds());
            let bytes = discarded.bytes;
            entry.facts.push(message!("audit-discarded-bytes", bytes = bytes, since = since));
        });
    }

    fn recovered(&mut self, record: &Record<'_>, recovered: &Recovered) {
        let seconds = format!("{:.3}", recovered.last_good.seconds());
        let cut = message!("audit-cut", bytes = recovered.cut_bytes, seconds = seconds);
        self.add_with(record, What::Recovered, "", |entry| entry.facts.push(cut));
        for place in &recovered.damage {
            let fact = message!(
                "audit-damaged-place",
                first = place.first_missing,
                next = place.next,
                segment = place.segment,
                offset = place.offset,
            );
            self.add_with(record, What::Damage, "", |entry| entry.facts.push(fact));
        }
        if let Some(resumed) = &recovered.resumed {
            self.resumed(record, resumed);
        }
    }

    fn resumed(&mut self, record: &Record<'_>, resumed: &Resumed) {
        self.add_with(record, What::Resumed, &resumed.software, |entry| {
            entry.who.clone_from(&resumed.by);
            let seconds = format!("{:.3}", resumed.uncertainty_ns as f64 / 1e9);
            entry.facts.push(match resumed.by_wall_clock {
                true => message!("audit-resumed-by-wall-clock", seconds = seconds),
                false => message!("audit-resumed-by-boot-clock"),
            });
        });
    }

    fn end(&mut self, record: &Record<'_>, end: &End) {
        self.ended = true;
        self.add_with(record, What::End(end.kind), "", |entry| {
            entry.who.clone_from(&end.by);
            entry.why.clone_from(&end.reason);
        });
    }

    fn finish(self, records: u64) -> Option<Trail> {
        let origin = self.origin?;
        let plan = Plan::resolve(&DocumentSet { documents: self.documents }).ok();
        let name = |index: usize| match plan.as_ref().and_then(|plan| plan.links.get(index)) {
            Some(link) => link.id.clone(),
            None => format!("link {}", index + 1),
        };
        let named = |(mut entry, link): (Entry, Option<usize>)| {
            if let Some(link) = link {
                entry.text = format!("{}: {}", name(link), entry.text);
            }
            entry
        };
        let mut entries: Vec<Entry> = self.entries.into_iter().map(named).collect();
        strike(&mut entries);
        Some(Trail {
            origin,
            zone: plan.map_or("UTC".to_owned(), |plan| plan.zone),
            entries,
            left_out: self.left_out,
            records,
            heads: self.heads,
            ended: self.ended,
            damage: self.damage,
        })
    }
}

/// Tells of every corrected mark by which other one it is struck.
fn strike(entries: &mut [Entry]) {
    let struck: HashMap<u32, u32> =
        entries.iter().filter_map(|entry| Some((entry.corrects?, entry.mark?))).collect();
    for entry in entries {
        entry.struck_by = entry.mark.and_then(|mark| struck.get(&mark).copied());
    }
}

impl Trail {
    /// How the recording came to be.
    pub fn origin_kind(&self) -> OriginKind {
        self.origin.origin
    }
}
