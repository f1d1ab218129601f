//! Requests and answers, and their bytes.
//!
//! Invariants:
//! - Whatever bytes come, taking them apart ends in a message or in `None`.
//! - A message has one form: bytes that are left over make it none.

use super::framing::{Fields, put_text};
use crate::element::ElementKind;
use crate::places::Places;
use crate::refusal::{Refusal, Refused};

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    /// Length of a dataset.
    Size { dataset: String },
    /// Elements of a dataset.
    Read { dataset: String, kind: ElementKind, start: usize, count: usize },
    /// The first of ascending times at or behind a bound.
    Position { dataset: String, bound: i64, after: bool },
    /// A text attribute.
    Text { object: String, attribute: String },
    /// Names in a group.
    Members { group: String },
    /// Whether there is such an object.
    Exists { path: String },
    /// Whether two names lead to one dataset.
    Same { first: String, second: String },
    /// Whether a dataset has an attribute of this name.
    HasAttribute { object: String, attribute: String },
    /// Where the chunks of datasets lie.
    Places { datasets: Vec<(ElementKind, String)> },
}

/// How far the kernel helped to lock the reader process in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confinement {
    /// Landlock: no file but this one, no network.
    pub landlock: Enforcement,
    /// Whether system calls that it does not need end it (seccomp).
    pub system_calls: bool,
}

/// How far landlock is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// The kernel has none.
    None,
    /// An older kernel: files are locked, some newer rights are unknown to it.
    Partial,
    /// All that was asked for.
    Full,
}

impl Enforcement {
    const ALL: [Enforcement; 3] = [Enforcement::None, Enforcement::Partial, Enforcement::Full];

    /// Name for programs.
    pub fn name(self) -> &'static str {
        match self {
            Enforcement::None => "none",
            Enforcement::Partial => "partial",
            Enforcement::Full => "full",
        }
    }
}

/// What the reader process says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The first message: the file is open and was checked.
    Ready(Confinement),
    /// A length, a position, or 1 for yes and 0 for no.
    Number(usize),
    /// Bytes of elements.
    Elements(Vec<u8>),
    /// A text.
    Text(String),
    /// Names.
    Names(Vec<String>),
    /// The file was refused.
    Refused(Refused),
    /// The library failed.
    Failed { doing: String, why: String },
    /// Content that is not what the layout promises.
    Malformed { what: String, why: String },
    /// Places of each dataset; `None` for one that has to be read through the library.
    Places(Vec<Option<Places>>),
}

impl Request {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Request::Size { dataset } => {
                bytes.push(1);
                put_text(&mut bytes, dataset);
            }
            Request::Read { dataset, kind, start, count } => {
                bytes.extend([2, kind.number()]);
                bytes.extend((*start as u64).to_le_bytes());
                bytes.extend((*count as u64).to_le_bytes());
                put_text(&mut bytes, dataset);
            }
            Request::Position { dataset, bound, after } => {
                bytes.extend([3, u8::from(*after)]);
                bytes.extend(bound.to_le_bytes());
                put_text(&mut bytes, dataset);
            }
            Request::Text { object, attribute } => {
                bytes.push(4);
                put_text(&mut bytes, object);
                put_text(&mut bytes, attribute);
            }
            Request::Members { group } => {
                bytes.push(5);
                put_text(&mut bytes, group);
            }
            Request::Exists { path } => {
                bytes.push(6);
                put_text(&mut bytes, path);
            }
            Request::Same { first, second } => {
                bytes.push(7);
                put_text(&mut bytes, first);
                put_text(&mut bytes, second);
            }
            Request::HasAttribute { object, attribute } => {
                bytes.push(8);
                put_text(&mut bytes, object);
                put_text(&mut bytes, attribute);
            }
            Request::Places { datasets } => {
                bytes.push(9);
                for (kind, dataset) in datasets {
                    bytes.push(kind.number());
                    put_text(&mut bytes, dataset);
                }
            }
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Request> {
        let mut fields = Fields(bytes);
        let request = match fields.byte()? {
            1 => Request::Size { dataset: fields.text()? },
            2 => {
                let kind = ElementKind::from_number(fields.byte()?)?;
                let (start, count) = (fields.size()?, fields.size()?);
                Request::Read { dataset: fields.text()?, kind, start, count }
            }
            3 => {
                let after = fields.flag()?;
                let bound = fields.i64()?;
                Request::Position { dataset: fields.text()?, bound, after }
            }
            4 => Request::Text { object: fields.text()?, attribute: fields.text()? },
            5 => Request::Members { group: fields.text()? },
            6 => Request::Exists { path: fields.text()? },
            7 => Request::Same { first: fields.text()?, second: fields.text()? },
            8 => Request::HasAttribute { object: fields.text()?, attribute: fields.text()? },
            9 => {
                let mut datasets = Vec::new();
                while !fields.0.is_empty() {
                    datasets.push((ElementKind::from_number(fields.byte()?)?, fields.text()?));
                }
                Request::Places { datasets }
            }
            _ => return None,
        };
        fields.rest().is_empty().then_some(request)
    }
}

/// Tag of an answer that carries elements.
const ELEMENTS: u8 = 3;

impl Answer {
    /// The beginning of an answer with elements, to which their bytes are added.
    pub fn elements_begin() -> Vec<u8> {
        vec![ELEMENTS]
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Answer::Ready(Confinement { landlock, system_calls }) => {
                bytes.extend([1, *landlock as u8, u8::from(*system_calls)]);
            }
            Answer::Number(number) => {
                bytes.push(2);
                bytes.extend((*number as u64).to_le_bytes());
            }
            Answer::Elements(elements) => {
                bytes.push(ELEMENTS);
                bytes.extend(elements);
            }
            Answer::Text(text) => {
                bytes.push(4);
                put_text(&mut bytes, text);
            }
            Answer::Names(names) => {
                bytes.push(5);
                names.iter().for_each(|name| put_text(&mut bytes, name));
            }
            Answer::Refused(Refused { object, refusal, found, limit }) => {
                bytes.extend([6, refusal.number()]);
                bytes.extend(found.to_le_bytes());
                bytes.extend(limit.to_le_bytes());
                put_text(&mut bytes, object);
            }
            Answer::Failed { doing, why } => {
                bytes.push(7);
                put_text(&mut bytes, doing);
                put_text(&mut bytes, why);
            }
            Answer::Malformed { what, why } => {
                bytes.push(8);
                put_text(&mut bytes, what);
                put_text(&mut bytes, why);
            }
            Answer::Places(all) => {
                bytes.push(9);
                all.iter().for_each(|places| put_places(&mut bytes, places.as_ref()));
            }
        }
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Answer> {
        let mut fields = Fields(bytes);
        let answer = match fields.byte()? {
            1 => {
                let landlock = *Enforcement::ALL.get(usize::from(fields.byte()?))?;
                Answer::Ready(Confinement { landlock, system_calls: fields.flag()? })
            }
            2 => Answer::Number(fields.size()?),
            ELEMENTS => Answer::Elements(fields.rest().to_vec()),
            4 => Answer::Text(fields.text()?),
            5 => {
                let mut names = Vec::new();
                while !fields.0.is_empty() {
                    names.push(fields.text()?);
                }
                Answer::Names(names)
            }
            6 => {
                let refusal = Refusal::from_number(fields.byte()?)?;
                let (found, limit) = (fields.u64()?, fields.u64()?);
                Answer::Refused(Refused { object: fields.text()?, refusal, found, limit })
            }
            7 => Answer::Failed { doing: fields.text()?, why: fields.text()? },
            8 => Answer::Malformed { what: fields.text()?, why: fields.text()? },
            9 => {
                let mut all = Vec::new();
                while !fields.0.is_empty() {
                    all.push(take_places(&mut fields)?);
                }
                Answer::Places(all)
            }
            _ => return None,
        };
        fields.rest().is_empty().then_some(answer)
    }

    /// The elements' bytes of an answer that carries elements, without copying them.
    pub fn elements_of(bytes: &[u8]) -> Option<&[u8]> {
        bytes.split_first().filter(|(tag, _)| **tag == ELEMENTS).map(|(_, elements)| elements)
    }
}

fn put_places(bytes: &mut Vec<u8>, places: Option<&Places>) {
    bytes.push(u8::from(places.is_some()));
    let Some(Places { length, chunk, fill, offsets }) = places else { return };
    for size in [*length, *chunk, fill.len(), offsets.len()] {
        bytes.extend((size as u64).to_le_bytes());
    }
    bytes.extend(fill);
    offsets.iter().for_each(|offset| bytes.extend(offset.to_le_bytes()));
}

/// The inner `None` stands for a dataset without places.
#[allow(clippy::option_option, reason = "the outer one is a message that is none")]
fn take_places(fields: &mut Fields<'_>) -> Option<Option<Places>> {
    if !fields.flag()? {
        return Some(None);
    }
    let (length, chunk) = (fields.size()?, fields.size()?);
    let (fill_bytes, count) = (fields.size()?, fields.size()?);
    let fill = fields.bytes(fill_bytes)?.to_vec();
    let offsets = fields.bytes(count.checked_mul(8)?)?.chunks_exact(8);
    let offsets = offsets.filter_map(|one| Some(u64::from_le_bytes(*one.first_chunk()?)));
    Some(Some(Places { length, chunk, fill, offsets: offsets.collect() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn requests() -> Vec<Request> {
        let dataset = || "trial/channels/p/time".to_owned();
        vec![
            Request::Size { dataset: dataset() },
            Request::Read { dataset: dataset(), kind: ElementKind::Bin, start: 7, count: 1 << 40 },
            Request::Position { dataset: dataset(), bound: -9, after: true },
            Request::Text { object: dataset(), attribute: "单位".to_owned() },
            Request::Members { group: String::new() },
            Request::Exists { path: dataset() },
            Request::Same { first: dataset(), second: "other".to_owned() },
            Request::HasAttribute { object: dataset(), attribute: "sm3".to_owned() },
            Request::Places { datasets: vec![(ElementKind::I64, dataset())] },
        ]
    }

    fn answers() -> Vec<Answer> {
        let refused =
            Refused { object: "/a".to_owned(), refusal: Refusal::Filter, found: 32_015, limit: 0 };
        let confinement = Confinement { landlock: Enforcement::Partial, system_calls: true };
        let places = Places { length: 9, chunk: 8, fill: vec![0, 1], offsets: vec![u64::MAX, 7] };
        vec![
            Answer::Ready(confinement),
            Answer::Number(usize::MAX),
            Answer::Elements(vec![1, 2, 3]),
            Answer::Text("试验".to_owned()),
            Answer::Names(vec![String::new(), "000".to_owned()]),
            Answer::Refused(refused),
            Answer::Failed { doing: "a".to_owned(), why: "b".to_owned() },
            Answer::Malformed { what: "a".to_owned(), why: "b".to_owned() },
            Answer::Places(vec![None, Some(places)]),
        ]
    }

    #[test]
    fn messages_read_back_and_no_part_of_one_is_another() {
        for request in requests() {
            let bytes = request.to_bytes();
            assert_eq!(Request::from_bytes(&bytes), Some(request.clone()));
            for cut in 0..bytes.len() {
                let part = Request::from_bytes(&bytes[..cut]);
                // A list of no datasets is one, too.
                let none = Request::Places { datasets: Vec::new() };
                assert!(part.is_none() || part == Some(none), "{request:?} at {cut}");
            }
            assert_eq!(Request::from_bytes(&[&bytes[..], &[0]].concat()), None);
        }
        for answer in answers() {
            let bytes = answer.to_bytes();
            assert_eq!(Answer::from_bytes(&bytes), Some(answer.clone()));
            // Lists may end at several places.
            if !matches!(answer, Answer::Elements(_) | Answer::Names(_) | Answer::Places(_)) {
                for cut in 0..bytes.len() {
                    assert_eq!(Answer::from_bytes(&bytes[..cut]), None, "{answer:?} at {cut}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(request) = Request::from_bytes(&bytes) {
                prop_assert_eq!(request.to_bytes(), &bytes[..]);
            }
            if let Some(answer) = Answer::from_bytes(&bytes) {
                prop_assert_eq!(answer.to_bytes(), &bytes[..]);
            }
        }

        #[test]
        fn a_changed_byte_never_ends_in_a_panic(
            which in 0_usize..18, at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let all: Vec<Vec<u8>> = requests().iter().map(Request::to_bytes)
                .chain(answers().iter().map(Answer::to_bytes)).collect();
            let mut bytes = all[which].clone();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = (Request::from_bytes(&bytes), Answer::from_bytes(&bytes));
        }
    }
}
