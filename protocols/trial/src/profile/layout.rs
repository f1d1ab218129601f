//! Frame layouts of the dialect `frame`: where a frame begins and ends, what guards it, and which
//! messages it carries.
//!
//! Invariants of the resolved form:
//! - a frame's length is bounded by [`FrameLayout::max_length`], at most
//!   [`MAX_STREAM_FRAME_BYTES`](super::MAX_STREAM_FRAME_BYTES) of a device, and
//!   [`MAX_ROW_BYTES`](crate::plan::MAX_ROW_BYTES) of an imported file;
//! - there is at least one message; either all of them answer a query or none does;
//! - patterns compile.

use serde::Deserialize;

use super::encoding::Encoding;

/// How the frames of a device lie in its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameLayout {
    /// Bytes with which every frame begins; empty if there are none.
    pub start: Vec<u8>,
    /// Where a frame ends.
    pub end: FrameEnd,
    /// Longest frame with start, checksum and end, as on the wire, in bytes.
    pub max_length: usize,
    /// Byte between the fields of a text.
    pub separator: Option<u8>,
    /// Decimal mark of the numbers in a text: `.` or `,`.
    pub decimal: u8,
    /// What guards a frame.
    pub checksum: Option<Checksum>,
    /// Messages, in the order of the document.
    pub messages: Vec<MessageLayout>,
}

/// Where a frame ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameEnd {
    /// Behind these bytes, at least one.
    Delimiter(Vec<u8>),
    /// After so many bytes, start and checksum included.
    Length(usize),
    /// Its whole length is a number in it plus a constant.
    Declared {
        /// Offset of the number from the frame's first byte.
        offset: usize,
        /// Type (`U8` or `U16`) and order of the number.
        encoding: Encoding,
        /// What is to be added to the number to make the whole length.
        plus: i32,
    },
    /// SLIP (RFC 1055): END (0xC0) before or behind each frame, escapes by 0xDB. Offsets count
    /// in the bytes without escapes and without END.
    Slip,
    /// Consistent overhead byte stuffing: a zero byte ends each frame. Offsets count in the
    /// decoded bytes. A disturbed code byte moves zeros about in the content, which exclusive or
    /// and sums don't see: only a CRC or Fletcher's checksum guards such frames.
    Cobs,
}

/// A checksum and where it stands: directly before the end delimiter, or at the end of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    /// How it is computed.
    pub kind: ChecksumKind,
    /// Offset of the first byte that it covers.
    pub from: usize,
    /// Bytes directly before it that it does not cover, like the `*` of NMEA.
    pub uncovered: usize,
    /// What is kept of every byte before it is summed, and of every byte of the sum. A frame with
    /// other bits set in the bytes that are covered is not right: nothing would guard them.
    pub mask: u8,
    /// Order of its bytes.
    pub order: ChecksumOrder,
    /// Binary or as hexadecimal digits.
    pub form: ChecksumForm,
}

/// How a checksum is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumKind {
    /// Exclusive or of all bytes.
    Xor,
    /// Low byte of the sum.
    #[serde(rename = "sum-8")]
    Sum8,
    /// Low 16 bits of the sum.
    #[serde(rename = "sum-16")]
    Sum16,
    /// Two's complement of the low byte of the sum: sum and checksum make zero.
    TwosComplement,
    /// Longitudinal redundancy check of Modbus ASCII (MODBUS over Serial Line V1.02, 6.2.1): two's
    /// complement of the low byte of the sum. Where it is written in hexadecimal digits, what it
    /// covers is such digits too, and the bytes that they stand for are summed.
    Lrc,
    /// CRC-8/SMBUS: polynomial 0x07, initial value 0.
    #[serde(rename = "crc-8")]
    Crc8,
    /// CRC-16/MODBUS.
    #[serde(rename = "crc-16-modbus")]
    Crc16Modbus,
    /// CRC-16 with the polynomial of CCITT 0x1021 and the initial value 0xFFFF
    /// (CRC-16/IBM-3740, often called CCITT-FALSE).
    #[serde(rename = "crc-16-ccitt")]
    Crc16Ccitt,
    /// CRC-16 with the polynomial of CCITT 0x1021 and the initial value 0 (CRC-16/XMODEM).
    #[serde(rename = "crc-16-xmodem")]
    Crc16Xmodem,
    /// CRC-16 with the polynomial of CCITT, reflected, initial value 0 (CRC-16/KERMIT).
    #[serde(rename = "crc-16-kermit")]
    Crc16Kermit,
    /// CRC-32 of ISO 3309 (CRC-32/ISO-HDLC).
    #[serde(rename = "crc-32")]
    Crc32,
    /// Fletcher's checksum of 16 bits (RFC 1146): two sums modulo 255, the second in the upper
    /// byte.
    #[serde(rename = "fletcher-16")]
    Fletcher16,
}

impl ChecksumKind {
    /// Number of bytes of the binary checksum.
    pub fn byte_length(self) -> usize {
        match self {
            ChecksumKind::Xor
            | ChecksumKind::Sum8
            | ChecksumKind::TwosComplement
            | ChecksumKind::Lrc
            | ChecksumKind::Crc8 => 1,
            ChecksumKind::Sum16
            | ChecksumKind::Crc16Modbus
            | ChecksumKind::Crc16Ccitt
            | ChecksumKind::Crc16Xmodem
            | ChecksumKind::Crc16Kermit
            | ChecksumKind::Fletcher16 => 2,
            ChecksumKind::Crc32 => 4,
        }
    }
}

impl Checksum {
    /// Number of bytes that it takes in the frame.
    pub fn length(&self) -> usize {
        match self.form {
            ChecksumForm::Binary => self.kind.byte_length(),
            ChecksumForm::Hex => 2 * self.kind.byte_length(),
        }
    }
}

/// Order of a checksum's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumOrder {
    /// Most significant byte first.
    HighFirst,
    /// Least significant byte first.
    LowFirst,
}

/// How a checksum is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChecksumForm {
    /// As bytes.
    Binary,
    /// As two hexadecimal digits for each byte, of either case.
    Hex,
}

/// One kind of frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageLayout {
    /// Unique in the profile.
    pub id: String,
    /// Bytes by which the message is known, and their offset; `None` if there is only one.
    pub literal: Option<(usize, Vec<u8>)>,
    /// A regular expression over the text behind the start and before the end, or the checksum with
    /// the bytes that it leaves uncovered: the whole of it must match. Its named groups are fields.
    pub pattern: Option<String>,
    /// How many fields its text has between separators, which quotes protect (RFC 4180); `None` for
    /// any number of them, and quotes are bytes like others.
    pub fields: Option<usize>,
    /// What the daemon sends to be answered with this message; `None` if the device sends it by
    /// itself.
    pub query: Option<Vec<u8>>,
}

impl MessageLayout {
    /// The pattern, to be matched against a whole text; `None` where there is none. The time of a
    /// match is linear in the text.
    ///
    /// # Errors
    /// The pattern is no regular expression; a resolved layout has none such.
    pub fn matcher(&self) -> Result<Option<regex::bytes::Regex>, regex::Error> {
        let whole = |pattern: &String| {
            let pattern = format!("^(?:{pattern})$");
            regex::bytes::RegexBuilder::new(&pattern).unicode(false).build()
        };
        self.pattern.as_ref().map(whole).transpose()
    }
}

/// Where a text stands in a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPlace {
    /// Field between separators, from 1. The first begins behind the frame's start bytes, the
    /// last ends before the end, or the checksum with the bytes that it leaves uncovered.
    Field(u16),
    /// A named group of the message's pattern.
    Group(String),
    /// So many bytes from an offset, counted from the frame's first byte.
    Span {
        /// Offset.
        start: usize,
        /// Number of bytes, at least 1.
        length: usize,
    },
}

/// Bits of one byte of a frame, bit 0 the least significant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusBits {
    /// Offset of the byte from the frame's first.
    pub offset: usize,
    /// Lowest bit.
    pub low: u8,
    /// Highest bit, at most 7.
    pub high: u8,
}

/// What a frame says about the number of a point, beside the number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PointStatus {
    /// Number of decimals: bits minus a constant; the digits are divided by ten to that power.
    pub decimals: Option<(StatusBits, i8)>,
    /// A bit that makes the number negative.
    pub negative: Option<StatusBits>,
    /// Where the unit is written, and what a number in each unit is to be multiplied with. A unit
    /// that is not here flags the value.
    pub unit: Option<(TextPlace, Vec<(String, f64)>)>,
    /// What makes the value unfit.
    pub flags: Vec<Flag>,
}

/// A condition of the frame that makes a value unfit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The condition.
    pub when: FlagCondition,
    /// What it means.
    pub means: FlagMeaning,
}

/// When a flag is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagCondition {
    /// A text, without blanks around it, is this.
    Text(TextPlace, String),
    /// Bits of a status byte are this.
    Bits(StatusBits, u8),
}

/// What a flag means for the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagMeaning {
    /// The value was moving: kept, and flagged with code 1.
    Unstable,
    /// The device says that its value is not valid: kept, and flagged with code 3.
    Invalid,
    /// Over its range: no value (sentinel).
    Overload,
    /// Under its range: no value (sentinel).
    Underload,
    /// The text says that there is no value (sentinel).
    Missing,
    /// The device could not carry the query out: no value, device error 1.
    Refused,
}
