//! Lowering of frame layouts: `[frame]` and `[[message]]`.

use serde::Deserialize;
use toml::Spanned;
use words::{Message, message};

use super::{NumberType, PollingKeys, RawProfile};
use crate::channel::{RawType, is_identifier};
use crate::document::{DocumentError, Source};
use crate::profile::{
    Checksum, ChecksumForm, ChecksumKind, ChecksumOrder, Dialect, Encoding, FrameEnd, FrameLayout,
    MAX_MESSAGES, MAX_STREAM_FRAME_BYTES, MessageLayout, NumberForm, Polling, SyncFrame, WordOrder,
};

/// Longest pattern of a message, in bytes.
const MAX_PATTERN_BYTES: usize = 512;
/// Longest start, end, literal or query, in bytes.
const MAX_LITERAL_BYTES: usize = 64;

/// Bytes as a text, or one by one.
#[derive(Deserialize, Clone)]
#[serde(untagged)]
pub(super) enum RawBytes {
    Text(String),
    Bytes(Vec<u8>),
}

impl RawBytes {
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            RawBytes::Text(text) => text.as_bytes().to_vec(),
            RawBytes::Bytes(bytes) => bytes.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFrame {
    sync: Option<u8>,
    length: Option<usize>,
    start: Option<RawBytes>,
    end: Option<RawBytes>,
    length_field: Option<RawLengthField>,
    escape: Option<RawEscape>,
    max_length: Option<usize>,
    separator: Option<String>,
    decimal: Option<String>,
    checksum: Option<RawChecksum>,
    turnaround: Option<Spanned<String>>,
    timeout: Option<Spanned<String>>,
    retries: Option<u32>,
    connect_pause: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawEscape {
    Slip,
    Cobs,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLengthField {
    offset_bytes: usize,
    #[serde(rename = "type")]
    number_type: NumberType,
    order: Option<WordOrder>,
    plus: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChecksum {
    kind: ChecksumKind,
    #[serde(default)]
    from: usize,
    #[serde(default)]
    uncovered: usize,
    mask: Option<u8>,
    order: Option<ChecksumOrder>,
    form: Option<ChecksumForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMessage {
    pub(super) id: String,
    literal: Option<RawLiteral>,
    pattern: Option<String>,
    query: Option<RawBytes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLiteral {
    offset_bytes: usize,
    is: RawBytes,
}

pub(super) fn lower_sync_frame(
    source: &Source<'_>,
    raw: &RawProfile,
) -> Result<Option<SyncFrame>, DocumentError> {
    match (&raw.frame, raw.device.dialect) {
        (None, Dialect::SyncSum) => Err(source.refuse_whole(message!("profile-needs-frame"))),
        (None, _) | (Some(_), Dialect::Frame) => Ok(None),
        (Some(frame), Dialect::SyncSum) => {
            let refuse = |message| source.refuse(frame.span(), message);
            let raw = frame.get_ref();
            let alone = raw.start.is_none()
                && raw.end.is_none()
                && raw.length_field.is_none()
                && raw.escape.is_none()
                && raw.max_length.is_none()
                && raw.separator.is_none()
                && raw.decimal.is_none()
                && raw.checksum.is_none()
                && raw.has_no_polling();
            let (Some(sync), Some(length), true) = (raw.sync, raw.length, alone) else {
                return Err(refuse(message!("profile-needs-frame")));
            };
            if !(4..=MAX_STREAM_FRAME_BYTES).contains(&length) {
                return Err(refuse(message!(
                    "profile-frame-length",
                    limit = MAX_STREAM_FRAME_BYTES
                )));
            }
            Ok(Some(SyncFrame { sync, length }))
        }
        (Some(frame), _) => Err(source.refuse(frame.span(), message!("profile-frame-misplaced"))),
    }
}

impl RawFrame {
    fn has_no_polling(&self) -> bool {
        self.turnaround.is_none()
            && self.timeout.is_none()
            && self.retries.is_none()
            && self.connect_pause.is_none()
    }

    fn end(&self) -> Result<FrameEnd, Message> {
        let ends = [
            self.end.as_ref().map(|end| FrameEnd::Delimiter(end.bytes())),
            self.length.map(FrameEnd::Length),
            self.length_field.as_ref().map(RawLengthField::lower).transpose()?,
            self.escape.as_ref().map(|escape| match escape {
                RawEscape::Slip => FrameEnd::Slip,
                RawEscape::Cobs => FrameEnd::Cobs,
            }),
        ];
        let mut given = ends.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(end), None) => Ok(end),
            _ => Err(message!("profile-frame-one-end")),
        }
    }

    fn lower(&self) -> Result<FrameLayout, Message> {
        if self.sync.is_some() {
            return Err(message!("profile-frame-sync"));
        }
        let end = self.end()?;
        let start = self.start.as_ref().map(RawBytes::bytes).unwrap_or_default();
        let longest = match &end {
            FrameEnd::Length(length) => *length,
            _ => self.max_length.unwrap_or(MAX_STREAM_FRAME_BYTES),
        };
        let checksum = self.checksum.as_ref().map(RawChecksum::lower);
        let guard = checksum.map_or(0, |sum| sum.length() + sum.uncovered);
        let end_bytes = match &end {
            FrameEnd::Delimiter(bytes) => bytes.len(),
            _ => 0,
        };
        let empty_end = matches!(&end, FrameEnd::Delimiter(bytes) if bytes.is_empty());
        let fixed_and_max = matches!(end, FrameEnd::Length(_)) && self.max_length.is_some();
        // A declared length without start bytes leaves nothing by which a frame is found again.
        let unguarded = matches!(end, FrameEnd::Declared { .. } | FrameEnd::Length(_))
            && (start.is_empty() || start.len() > MAX_LITERAL_BYTES);
        let escaped_start = matches!(end, FrameEnd::Slip | FrameEnd::Cobs) && !start.is_empty();
        if empty_end || fixed_and_max || unguarded || escaped_start {
            return Err(message!("profile-frame-ends"));
        }
        let shortest = start.len() + guard + end_bytes + 1;
        if longest < shortest || longest > MAX_STREAM_FRAME_BYTES {
            return Err(message!("profile-frame-length", limit = MAX_STREAM_FRAME_BYTES));
        }
        let separator = match self.separator.as_deref().map(str::as_bytes) {
            None => None,
            Some([byte]) => Some(*byte),
            Some(_) => return Err(message!("profile-separator")),
        };
        let decimal = decimal_mark(self.decimal.as_deref(), separator)?;
        let (max_length, messages) = (longest, Vec::new());
        Ok(FrameLayout { start, end, max_length, separator, decimal, checksum, messages })
    }
}

/// The decimal mark of numbers in a text: `.` unless `,` is declared, and never the separator.
fn decimal_mark(declared: Option<&str>, separator: Option<u8>) -> Result<u8, Message> {
    let mark = match declared {
        None | Some(".") => b'.',
        Some(",") => b',',
        Some(_) => return Err(message!("profile-decimal")),
    };
    let apart = declared.is_none() || separator != Some(mark);
    if apart { Ok(mark) } else { Err(message!("profile-decimal")) }
}

impl RawLengthField {
    fn lower(&self) -> Result<FrameEnd, Message> {
        let raw_type = match self.number_type {
            NumberType::U8 => RawType::U8,
            NumberType::U16 => RawType::U16,
            _ => return Err(message!("profile-length-field")),
        };
        let order = self.order.unwrap_or(WordOrder::ABCD);
        let encoding = Encoding { raw_type, order, form: NumberForm::Plain };
        let fits = self.offset_bytes + encoding.byte_length() < MAX_STREAM_FRAME_BYTES
            && self.plus.unsigned_abs() as usize <= MAX_STREAM_FRAME_BYTES
            && !order.is_of_64_bits();
        if !fits {
            return Err(message!("profile-length-field"));
        }
        Ok(FrameEnd::Declared { offset: self.offset_bytes, encoding, plus: self.plus })
    }
}

impl RawChecksum {
    fn lower(&self) -> Checksum {
        let order = self.order.unwrap_or(match self.kind {
            ChecksumKind::Crc16Modbus => ChecksumOrder::LowFirst,
            _ => ChecksumOrder::HighFirst,
        });
        Checksum {
            kind: self.kind,
            from: self.from,
            uncovered: self.uncovered,
            mask: self.mask.unwrap_or(0xff),
            order,
            form: self.form.unwrap_or(ChecksumForm::Binary),
        }
    }
}

pub(super) fn lower_layout(
    source: &Source<'_>,
    raw: &RawProfile,
) -> Result<Option<FrameLayout>, DocumentError> {
    if raw.device.dialect != Dialect::Frame {
        return match raw.message.first() {
            Some(message) => {
                Err(source.refuse(message.span(), message!("profile-message-misplaced")))
            }
            None => Ok(None),
        };
    }
    let Some(frame) = &raw.frame else {
        return Err(source.refuse_whole(message!("profile-frame-one-end")));
    };
    let refuse = |message| source.refuse(frame.span(), message);
    let mut layout = frame.get_ref().lower().map_err(refuse)?;
    if raw.message.is_empty() || raw.message.len() > MAX_MESSAGES {
        return Err(refuse(message!("profile-message-count", limit = MAX_MESSAGES)));
    }
    for spanned in &raw.message {
        let message = lower_message(spanned.get_ref(), raw.message.len(), &layout)
            .map_err(|message| source.refuse(spanned.span(), message))?;
        layout.messages.push(message);
    }
    let asked = layout.messages.iter().filter(|message| message.query.is_some()).count();
    if asked != 0 && asked != layout.messages.len() {
        return Err(refuse(message!("profile-query-mixed")));
    }
    if asked == 0 && !frame.get_ref().has_no_polling() {
        return Err(refuse(message!("profile-polling-misplaced")));
    }
    Ok(Some(layout))
}

fn lower_message(
    raw: &RawMessage,
    messages: usize,
    layout: &FrameLayout,
) -> Result<MessageLayout, Message> {
    let id = words::printable(&raw.id);
    if !is_identifier(&raw.id) {
        return Err(message!("document-bad-identifier", id = id));
    }
    if layout.messages.iter().any(|other| other.id == raw.id) {
        return Err(message!("document-twice", id = id));
    }
    let literal = raw.literal.as_ref().map(|literal| (literal.offset_bytes, literal.is.bytes()));
    let query = raw.query.as_ref().map(RawBytes::bytes);
    let too_long = |bytes: &[u8]| bytes.is_empty() || bytes.len() > MAX_LITERAL_BYTES;
    let bad_literal = literal
        .as_ref()
        .is_some_and(|(offset, bytes)| too_long(bytes) || offset + bytes.len() > layout.max_length);
    if bad_literal || query.as_deref().is_some_and(too_long) {
        return Err(message!("profile-message-bytes", message = id, limit = MAX_LITERAL_BYTES));
    }
    // Several messages must be told apart; queries tell them apart by what was asked.
    if messages > 1 && literal.is_none() && raw.pattern.is_none() && query.is_none() {
        return Err(message!("profile-message-unknown", message = id));
    }
    let message = MessageLayout {
        id: raw.id.clone(),
        literal,
        pattern: raw.pattern.clone(),
        fields: None,
        query,
    };
    let pattern_length = message.pattern.as_ref().map_or(0, String::len);
    if pattern_length > MAX_PATTERN_BYTES || message.matcher().is_err() {
        return Err(message!("profile-bad-pattern", message = id));
    }
    Ok(message)
}

pub(super) fn lower_polling(
    source: &Source<'_>,
    raw: &RawProfile,
) -> Result<Polling, DocumentError> {
    let frame = raw.frame.as_ref().map(Spanned::get_ref);
    super::lower_polling(
        source,
        PollingKeys {
            turnaround: frame.and_then(|frame| frame.turnaround.as_ref()),
            timeout: frame.and_then(|frame| frame.timeout.as_ref()),
            retries: frame.and_then(|frame| frame.retries),
            connect_pause: frame.and_then(|frame| frame.connect_pause.as_ref()),
        },
    )
}
