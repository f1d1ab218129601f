//! Records: everything that a run sends, receives, decides and is told.
//!
//! Invariants:
//! - The derivation of samples follows records alone; it reads no clock and plans nothing.
//! - The payload of the frequent kinds (`PollDue`, `Sent`, `Received`, `Outcome`) is fixed
//!   little-endian; all others carry one JSON object, so that a stranger can read them.
//! - Numbers of kinds and causes never change their meaning; new ones are added at the end.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::document::{Document, DocumentRole};
use crate::plan::RequestPlan;
use crate::time::{TrialTime, WallTime};

/// Longest payload of one record, in bytes: a document and its name.
pub const MAX_PAYLOAD_BYTES: usize = (1 << 20) + 4096;

/// Who a record comes from: 0 is the station itself, n the n-th link of the plan, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordSource(pub u16);

impl RecordSource {
    /// The station itself.
    pub const STATION: RecordSource = RecordSource(0);

    /// The source of the link at `index` of the plan.
    pub fn link(index: usize) -> RecordSource {
        RecordSource(u16::try_from(index + 1).unwrap_or(u16::MAX))
    }

    /// The position of the link in the plan; `None` for the station.
    pub fn link_index(self) -> Option<usize> {
        usize::from(self.0).checked_sub(1)
    }
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $name:ident = $number:literal;)*) => {
        /// Kind of a record, as stored.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Kind { $($(#[$meta])* $name = $number,)* }

        impl Kind {
            /// The kind of a stored number; `None` if this build does not know it.
            pub fn from_number(number: u16) -> Option<Kind> {
                match number { $($number => Some(Kind::$name),)* _ => None }
            }

            /// The kind's name, for listings.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => stringify!($name),)* }
            }
        }
    };
}

kinds! {
    /// Origin of the recording; the first record.
    Origin = 1;
    /// Exact bytes of a document.
    Document = 2;
    /// The requests by which the devices are polled.
    RequestPlan = 3;
    /// A poll was due.
    PollDue = 4;
    /// Bytes handed to the wire.
    Sent = 5;
    /// Bytes read from the wire.
    Received = 6;
    /// How a poll ended.
    Outcome = 7;
    /// A link came up or went down.
    LinkState = 8;
    /// A pair of wall time and trial time.
    Clock = 9;
    /// A mark, its retraction or its restatement.
    Mark = 10;
    /// Something that happened to the station.
    Event = 11;
    /// The end of the run.
    End = 12;
    /// A run was taken up again after a crash.
    Recovered = 13;
    /// Bytes came on a link that were not kept.
    Discarded = 14;
    /// A signed statement about everything before it.
    Head = 15;
}

/// How a recording came to be. What is not live is marked as such on every screen and page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginKind {
    /// Real instruments on real lines.
    Live,
    /// Some link is a pseudo-terminal or a loopback address, or a rig serves it.
    Simulated,
    /// Played back from another recording.
    Replayed,
    /// Brought in from another logger.
    Imported,
}

/// The first record of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Trial id of the plan.
    pub trial: String,
    /// Number of the run, from 1.
    pub run: u32,
    /// How the recording came to be.
    pub origin: OriginKind,
    /// Wall time at trial time 0.
    pub start: WallTime,
    /// Version of the software, with its commit.
    pub software: String,
    /// Journal root of the run before that ended: of the same key where the run is signed, else of
    /// the same output folder. In hexadecimal; empty for the first.
    pub previous_root: String,
    /// What else is known of the station at the start.
    #[serde(default)]
    pub station: Station,
}

/// The station at the start of a run. Journals of format version 1 have none of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// Public key with which the heads of the journal are signed, in hexadecimal; empty if they
    /// are not.
    pub key: String,
    /// Number of the run among those of the key, from 1; 0 without a key.
    pub key_run: u64,
    /// Who started the run: the name given, else the name of the account.
    pub started_by: String,
    /// Name of the machine.
    pub host: String,
    /// Which start of the machine it was, as its system names it; empty where it does not.
    pub boot: String,
    /// Boot clock at trial time 0, in nanoseconds: with the same boot a run that is taken up again
    /// goes on by this clock.
    pub boot_clock_ns: i64,
    /// Why the recording is not live, a sentence for each link that is to blame; empty if it is.
    pub not_live: Vec<String>,
}

/// A poll was due: the scheduled instant, which is not the instant of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PollDue {
    /// Number of the poll on its link, from 0.
    pub poll: u64,
    /// Request in the request plan.
    pub request: u32,
    /// When it should have been handed over.
    pub due: TrialTime,
}

/// How a poll ended.
///
/// A probe has `Sent` and `Outcome` records but no `PollDue`: it asks for nothing that is kept,
/// so it is neither counted nor a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The answer was accepted.
    Answered,
    /// The device refused with this exception code.
    Refused(u8),
    /// No whole answer in time.
    Timeout,
    /// The schedule had no room; the request was never handed over.
    Overrun,
    /// The link was down.
    LinkDown,
    /// The device does not answer and is asked less often; this poll was left out.
    BackedOff,
    /// An answer came, but of another unit.
    WrongUnit,
    /// An answer came, but with another transaction identifier.
    WrongTransaction,
    /// An answer came, but of another function.
    WrongFunction,
    /// An answer came, but with another number of registers.
    WrongCount,
    /// Bytes came, but no frame with a right checksum.
    Corrupt,
    /// The run ended before the answer.
    RunEnded,
    /// A request without values, sent to find a device that fell silent; it was answered.
    ProbeAnswered,
    /// The station stood still meanwhile: it was stopped, suspended or got no processor.
    Stalled,
    /// Another master's request was on the line between the request and its answer, so that the
    /// answer can't be told from the other master's.
    ForeignTraffic,
    /// The link brought more bytes than a link may, and the answer was not among those kept.
    Flooded,
    /// The journal was full: the link was held back, and nothing was asked.
    HeldBack,
}

impl Cause {
    /// Number and code, as stored.
    pub fn to_numbers(self) -> (u8, u8) {
        match self {
            Cause::Answered => (0, 0),
            Cause::Refused(code) => (1, code),
            Cause::Timeout => (2, 0),
            Cause::Overrun => (3, 0),
            Cause::LinkDown => (4, 0),
            Cause::BackedOff => (5, 0),
            Cause::WrongUnit => (6, 0),
            Cause::WrongTransaction => (7, 0),
            Cause::WrongFunction => (8, 0),
            Cause::WrongCount => (9, 0),
            Cause::Corrupt => (10, 0),
            Cause::RunEnded => (11, 0),
            Cause::ProbeAnswered => (12, 0),
            Cause::Stalled => (13, 0),
            Cause::ForeignTraffic => (14, 0),
            Cause::Flooded => (15, 0),
            Cause::HeldBack => (16, 0),
        }
    }

    /// Reads what [`Cause::to_numbers`] gave; `None` for anything else.
    pub fn from_numbers(number: u8, code: u8) -> Option<Cause> {
        let cause = match number {
            0 => Cause::Answered,
            1 => Cause::Refused(code),
            2 => Cause::Timeout,
            3 => Cause::Overrun,
            4 => Cause::LinkDown,
            5 => Cause::BackedOff,
            6 => Cause::WrongUnit,
            7 => Cause::WrongTransaction,
            8 => Cause::WrongFunction,
            9 => Cause::WrongCount,
            10 => Cause::Corrupt,
            11 => Cause::RunEnded,
            12 => Cause::ProbeAnswered,
            13 => Cause::Stalled,
            14 => Cause::ForeignTraffic,
            15 => Cause::Flooded,
            16 => Cause::HeldBack,
            _ => return None,
        };
        (cause.to_numbers() == (number, code)).then_some(cause)
    }

    /// The stable English name, as JSON and the trial file carry it.
    pub fn name(self) -> &'static str {
        match self {
            Cause::Answered => "answered",
            Cause::Refused(_) => "refused",
            Cause::Timeout => "timeout",
            Cause::Overrun => "overrun",
            Cause::LinkDown => "link-down",
            Cause::BackedOff => "backed-off",
            Cause::WrongUnit => "wrong-unit",
            Cause::WrongTransaction => "wrong-transaction",
            Cause::WrongFunction => "wrong-function",
            Cause::WrongCount => "wrong-count",
            Cause::Corrupt => "corrupt",
            Cause::RunEnded => "run-ended",
            Cause::ProbeAnswered => "probe-answered",
            Cause::Stalled => "stalled",
            Cause::ForeignTraffic => "foreign-traffic",
            Cause::Flooded => "flooded",
            Cause::HeldBack => "held-back",
        }
    }
}

/// State of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkState {
    /// Whether bytes can flow.
    pub up: bool,
    /// Why it changed, in English.
    pub why: String,
}

/// One observation of the wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockPair {
    /// What the wall clock showed.
    pub wall: WallTime,
    /// Half the time that the observation took, in nanoseconds.
    pub uncertainty_ns: i64,
    /// How far the wall clock had moved against trial time since the pair before, in nanoseconds.
    pub step_ns: i64,
}

/// A mark that a person or a script set. Never deleted: it is retracted or restated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Number of the mark in the run, from 1.
    pub number: u32,
    /// What it says; a phase of the scenario is entered by its mark's text.
    pub text: String,
    /// When it is said to have happened; may lie before the record.
    pub at: TrialTime,
    /// Time uncertainty (half width), in nanoseconds; 0.3 s unless declared.
    pub uncertainty_ns: i64,
    /// Who set it: `operator`, `script` or a name.
    pub by: String,
    /// The mark that this one restates or, with `retracts`, takes back.
    pub corrects: Option<u32>,
    /// Whether the corrected mark is taken back without a new one.
    pub retracts: bool,
    /// Why it corrects another; empty if nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Time uncertainty of a mark that declares none: a person's reaction, 0.3 s.
pub const DEFAULT_MARK_UNCERTAINTY_NS: i64 = 300_000_000;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// The wall clock stepped.
    ClockStep,
    /// A queue was full and input was held back.
    QueueFull,
    /// `wire` and the client library disagreed about an answer.
    Disagreement,
    /// Another master wrote to a device.
    ForeignWrite,
    /// Another master asks on a bus that this station polls.
    ForeignMaster,
    /// The station stood still. Where it comes from a link, what the link brings until it is told
    /// to be up again came at an unknown time, and bytes may be missing behind it.
    Stalled,
    /// A link came up or went down.
    Link,
    /// A link brought more bytes than a link may; what was too much was not kept.
    Flood,
    /// Bytes that waited while the journal was full were not kept: their times are not known.
    HeldBack,
    /// The disk takes long to make the journal durable; nothing is acknowledged meanwhile.
    SyncSlow,
    /// A device gave a text, such as its serial number, for the first time or another than before.
    DeviceText,
    /// A number by which a device scales others, such as a decimal exponent, has changed.
    ScalingChanged,
    /// The count of a totaliser does not join the one before.
    CounterReset,
    /// A value stayed beyond a red limit of the plan.
    RedLimit,
    /// The journal goes on on the second disk, since the first one failed.
    JournalMoved,
    /// The trial file can't be written beside the journal; recovery builds it.
    FileFailed,
    /// The signed heads can't be copied to the witness's folder.
    WitnessFailed,
    /// Anything else, told by its text.
    Note,
}

impl EventKind {
    /// The stable English name, as JSON carries it.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::ClockStep => "clock-step",
            EventKind::QueueFull => "queue-full",
            EventKind::Disagreement => "disagreement",
            EventKind::ForeignWrite => "foreign-write",
            EventKind::ForeignMaster => "foreign-master",
            EventKind::Stalled => "stalled",
            EventKind::Link => "link",
            EventKind::Flood => "flood",
            EventKind::HeldBack => "held-back",
            EventKind::SyncSlow => "sync-slow",
            EventKind::RedLimit => "red-limit",
            EventKind::DeviceText => "device-text",
            EventKind::ScalingChanged => "scaling-changed",
            EventKind::CounterReset => "counter-reset",
            EventKind::JournalMoved => "journal-moved",
            EventKind::FileFailed => "file-failed",
            EventKind::WitnessFailed => "witness-failed",
            EventKind::Note => "note",
        }
    }
}

/// Something that happened to the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What it is about.
    pub kind: EventKind,
    /// What happened, in English.
    pub text: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndKind {
    /// The operator ended it.
    Ended,
    /// The declared time was over.
    TimeOver,
    /// A signal ended it in order.
    Signal,
    /// A red limit of the plan ended it in order.
    RedLimit,
    /// It was given up, for the reason told.
    Aborted,
    /// The daemon had stopped without ending it; recovery wrote this record.
    Crashed,
    /// The disk or another part of the station failed.
    Failed,
}

/// The last record of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// How it ended.
    pub kind: EndKind,
    /// Why, in the words of whoever ended it.
    pub reason: String,
    /// Who ended it; empty if it was the station itself, or if nobody said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

impl End {
    /// An end that the station itself came to.
    pub fn new(kind: EndKind, reason: impl Into<String>) -> End {
        End { kind, reason: reason.into(), by: String::new() }
    }
}

/// Recovery took up a journal whose daemon had died: to close it, or to go on with the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// Bytes cut from the torn tail.
    pub cut_bytes: u64,
    /// Trial time of the last good record.
    pub last_good: TrialTime,
    /// Damaged places of the journal with good records behind them, in order. They stay as they
    /// are; a reader that finds another one knows that it came later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<JournalDamage>,
    /// How the run goes on; `None` if it was only closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,
}

/// A damaged place of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalDamage {
    /// Segment in which it begins.
    pub segment: u32,
    /// Offset of its first byte in that segment.
    pub offset: u64,
    /// Number of the first record that is missing.
    pub first_missing: u64,
    /// Number of the first record behind it.
    pub next: u64,
}

/// A run that goes on after its daemon had died.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resumed {
    /// Who took it up.
    pub by: String,
    /// Whether trial time was continued by the wall clock, since the machine had been started
    /// anew; else it was by the boot clock, which had never stopped.
    pub by_wall_clock: bool,
    /// Half width of the uncertainty of trial time from here on, in nanoseconds: 0 by the boot
    /// clock.
    pub uncertainty_ns: i64,
    /// Which start of the machine it is, as its system names it.
    pub boot: String,
    /// Version of the software, with its commit.
    pub software: String,
}

/// A signed head: the station's statement that the chain had this value before this record. It is
/// the only record of its block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Chain value before the block of this record, in hexadecimal.
    pub chain: String,
    /// Public key, in hexadecimal.
    pub key: String,
    /// Ed25519 signature of the statement, in hexadecimal.
    pub signature: String,
}

/// Bytes of a link that were read, or left unread, and not kept: they are in no other record, and
/// nothing is derived from them. They count neither as received nor as skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discarded {
    /// How many.
    pub bytes: u64,
    /// When the first of them may have come; the last had come when the record was made.
    pub since: TrialTime,
    /// Why they were not kept.
    pub why: DiscardCause,
}

/// Why bytes were not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DiscardCause {
    /// The link brought more bytes than a link may.
    Flood,
    /// They waited while the journal was full, so that their times are not known.
    HeldBack,
    /// They waited while the station stood still, so that their times are not known and others
    /// may be missing behind them.
    Stalled,
}

/// Content of a record. Borrows the bytes of the frequent kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body<'a> {
    /// See [`Kind::Origin`].
    Origin(Origin),
    /// See [`Kind::Document`].
    Document(Document),
    /// See [`Kind::RequestPlan`].
    RequestPlan(RequestPlan),
    /// See [`Kind::PollDue`].
    PollDue(PollDue),
    /// See [`Kind::Sent`].
    Sent {
        /// The poll for which they were sent.
        poll: u64,
        /// The bytes.
        bytes: Cow<'a, [u8]>,
    },
    /// See [`Kind::Received`].
    Received {
        /// The bytes of one read.
        bytes: Cow<'a, [u8]>,
    },
    /// See [`Kind::Outcome`].
    Outcome {
        /// The poll.
        poll: u64,
        /// How it ended.
        cause: Cause,
    },
    /// See [`Kind::LinkState`].
    LinkState(LinkState),
    /// See [`Kind::Clock`].
    Clock(ClockPair),
    /// See [`Kind::Mark`].
    Mark(Mark),
    /// See [`Kind::Event`].
    Event(Event),
    /// See [`Kind::End`].
    End(End),
    /// See [`Kind::Recovered`].
    Recovered(Recovered),
    /// See [`Kind::Discarded`].
    Discarded(Discarded),
    /// See [`Kind::Head`].
    Head(Head),
}

/// A stored payload that is not what its kind promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by a newer build, or damaged.
    #[error("record kind {0} is not known to this build; read it with the version that wrote it")]
    UnknownKind(u16),
    /// The payload does not decode.
    #[error(
        "the payload of a {0} record does not decode; the journal was not written by this software"
    )]
    BadPayload(&'static str),
}

impl Body<'_> {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Body::Origin(_) => Kind::Origin,
            Body::Document(_) => Kind::Document,
            Body::RequestPlan(_) => Kind::RequestPlan,
            Body::PollDue(_) => Kind::PollDue,
            Body::Sent { .. } => Kind::Sent,
            Body::Received { .. } => Kind::Received,
            Body::Outcome { .. } => Kind::Outcome,
            Body::LinkState(_) => Kind::LinkState,
            Body::Clock(_) => Kind::Clock,
            Body::Mark(_) => Kind::Mark,
            Body::Event(_) => Kind::Event,
            Body::End(_) => Kind::End,
            Body::Recovered(_) => Kind::Recovered,
            Body::Discarded(_) => Kind::Discarded,
            Body::Head(_) => Kind::Head,
        }
    }

    /// Appends the payload's bytes to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Body::PollDue(due) => {
                out.extend_from_slice(&due.poll.to_le_bytes());
                out.extend_from_slice(&due.request.to_le_bytes());
                out.extend_from_slice(&due.due.0.to_le_bytes());
            }
            Body::Sent { poll, bytes } => {
                out.extend_from_slice(&poll.to_le_bytes());
                out.extend_from_slice(bytes);
            }
            Body::Received { bytes } => out.extend_from_slice(bytes),
            Body::Outcome { poll, cause } => {
                let (number, code) = cause.to_numbers();
                out.extend_from_slice(&poll.to_le_bytes());
                out.extend_from_slice(&[number, code]);
            }
            Body::Document(document) => {
                out.push(document.role as u8);
                let name = document.name.as_bytes();
                out.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
                out.extend_from_slice(&name[..name.len().min(usize::from(u16::MAX))]);
                out.extend_from_slice(&document.bytes);
            }
            Body::Origin(body) => encode_json(body, out),
            Body::RequestPlan(body) => encode_json(body, out),
            Body::LinkState(body) => encode_json(body, out),
            Body::Clock(body) => encode_json(body, out),
            Body::Mark(body) => encode_json(body, out),
            Body::Event(body) => encode_json(body, out),
            Body::End(body) => encode_json(body, out),
            Body::Recovered(body) => encode_json(body, out),
            Body::Discarded(body) => encode_json(body, out),
            Body::Head(body) => encode_json(body, out),
        }
    }
}

impl<'a> Body<'a> {
    /// Decodes a payload.
    ///
    /// # Errors
    /// An unknown kind or a payload that is not of its kind's form.
    pub fn decode(kind: u16, payload: &'a [u8]) -> Result<Body<'a>, RecordError> {
        let kind = Kind::from_number(kind).ok_or(RecordError::UnknownKind(kind))?;
        let bad = RecordError::BadPayload(kind.name());
        let body = match kind {
            Kind::PollDue => Body::PollDue(decode_poll_due(payload).ok_or(bad)?),
            Kind::Sent => {
                let (poll, bytes) = split_u64(payload).ok_or(bad)?;
                Body::Sent { poll, bytes: Cow::Borrowed(bytes) }
            }
            Kind::Received => Body::Received { bytes: Cow::Borrowed(payload) },
            Kind::Outcome => {
                let (poll, rest) = split_u64(payload).ok_or(bad)?;
                let &[number, code] = rest else { return Err(bad) };
                Body::Outcome { poll, cause: Cause::from_numbers(number, code).ok_or(bad)? }
            }
            Kind::Document => Body::Document(decode_document(payload).ok_or(bad)?),
            Kind::Origin => Body::Origin(decode_json(payload).ok_or(bad)?),
            Kind::RequestPlan => Body::RequestPlan(decode_json(payload).ok_or(bad)?),
            Kind::LinkState => Body::LinkState(decode_json(payload).ok_or(bad)?),
            Kind::Clock => Body::Clock(decode_json(payload).ok_or(bad)?),
            Kind::Mark => Body::Mark(decode_json(payload).ok_or(bad)?),
            Kind::Event => Body::Event(decode_json(payload).ok_or(bad)?),
            Kind::End => Body::End(decode_json(payload).ok_or(bad)?),
            Kind::Recovered => Body::Recovered(decode_json(payload).ok_or(bad)?),
            Kind::Discarded => Body::Discarded(decode_json(payload).ok_or(bad)?),
            Kind::Head => Body::Head(decode_json(payload).ok_or(bad)?),
        };
        Ok(body)
    }
}

fn encode_json<T: Serialize>(body: &T, out: &mut Vec<u8>) {
    // Serialising these plain structures into memory has no way to fail.
    let written = serde_json::to_writer(out, body);
    debug_assert!(written.is_ok());
}

fn decode_json<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Option<T> {
    serde_json::from_slice(payload).ok()
}

fn split_u64(payload: &[u8]) -> Option<(u64, &[u8])> {
    let (head, rest) = payload.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*head), rest))
}

fn decode_poll_due(payload: &[u8]) -> Option<PollDue> {
    let (poll, rest) = split_u64(payload)?;
    let (request, rest) = rest.split_first_chunk::<4>()?;
    let due: [u8; 8] = rest.try_into().ok()?;
    Some(PollDue {
        poll,
        request: u32::from_le_bytes(*request),
        due: TrialTime(i64::from_le_bytes(due)),
    })
}

fn decode_document(payload: &[u8]) -> Option<Document> {
    let (&role, rest) = payload.split_first()?;
    let role = DocumentRole::ALL.into_iter().find(|known| *known as u8 == role)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (name, bytes) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let name = std::str::from_utf8(name).ok()?.to_owned();
    Some(Document { role, name, bytes: bytes.to_owned() })
}

/// One record, as the journal carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'a> {
    /// Position in the journal, from 0, without holes.
    pub sequence: u64,
    /// Which start of the daemon wrote it, from 0.
    pub boot: u16,
    /// When it happened.
    pub at: TrialTime,
    /// Who it comes from.
    pub source: RecordSource,
    /// What it says.
    pub body: Body<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reads_back(body: &Body<'_>) {
        let mut payload = Vec::new();
        body.encode(&mut payload);
        assert_eq!(&Body::decode(body.kind() as u16, &payload).unwrap(), body);
    }

    #[test]
    fn every_cause_reads_back() {
        for number in 0..=u8::MAX {
            for code in 0..=u8::MAX {
                if let Some(cause) = Cause::from_numbers(number, code) {
                    reads_back(&Body::Outcome { poll: 7, cause });
                }
            }
        }
    }

    proptest! {
        #[test]
        fn frequent_kinds_read_back(poll: u64, request: u32, due: i64, bytes: Vec<u8>) {
            reads_back(&Body::PollDue(PollDue { poll, request, due: TrialTime(due) }));
            reads_back(&Body::Sent { poll, bytes: Cow::Borrowed(&bytes) });
            reads_back(&Body::Received { bytes: Cow::Borrowed(&bytes) });
            for why in [DiscardCause::Flood, DiscardCause::HeldBack] {
                let since = TrialTime(due);
                reads_back(&Body::Discarded(Discarded { bytes: poll, since, why }));
            }
        }

        #[test]
        fn documents_read_back(name in "\\PC{0,40}", bytes: Vec<u8>) {
            reads_back(&Body::Document(Document { role: DocumentRole::Scenario, name, bytes }));
        }

        #[test]
        fn no_bytes_make_decoding_panic(kind in 0u16..20, payload: Vec<u8>) {
            let _ = Body::decode(kind, &payload);
        }
    }
}
