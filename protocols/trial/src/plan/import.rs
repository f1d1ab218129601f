//! The plan of an import: which columns of another logger's file are which channels, and when its
//! rows were taken.
//!
//! Such a plan has `[import]` and `[[column]]` in place of links, devices and channels. It makes one
//! link of the kind [`LinkKind::Imported`], and one device whose frames are the lines of the file.
//!
//! Invariants of the resolved form:
//! - every column is a field of a row, named once, and its unit fits its quantity;
//! - a line is a row, something else (blank, a comment) or damaged, and [`Import::kind`] and the
//!   messages of the layout tell them apart in the same way.

mod time;

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use words::{Message, message};

use super::lower::RawChannel;
use super::{Device, Link, LinkKind};
use crate::channel::is_identifier;
use crate::document::{Document, DocumentError, Source, Title};
use crate::fields::{MAX_FIELDS, split, unquoted};
use crate::profile::{
    DeviceProfile, Dialect, Flag, FlagCondition, FlagMeaning, FrameEnd, FrameLayout,
    MAX_POINT_ENTRIES, MAX_POINTS, MessageLayout, Place, Point, PointStatus, PointTiming, Polling,
    TextPlace, resolve_unit,
};
use crate::time::{WallTime, duration_nanoseconds, parse_duration};
use crate::unit::Quantity;

pub use time::{MarkTime, RowClock, RowTimes, TimeFault, TimeFormat};

/// Longest line of an imported file with its end, in bytes.
pub const MAX_ROW_BYTES: usize = 1 << 16;
/// Most lines before the first row.
pub const MAX_HEADER_LINES: usize = 1_000;
/// Most marks of a plan of an import.
pub const MAX_IMPORT_MARKS: usize = 1_000;

/// Id of the one link.
const LINK: &str = "file";
/// Id of the one device.
const DEVICE: &str = "logger";
/// Most texts by which comments begin.
const MAX_COMMENTS: usize = 16;
/// Longest text that begins a comment or stands for a missing value, in bytes.
const MAX_WORD_BYTES: usize = 64;
/// What stands for a missing value where the plan does not say. An empty field always does.
const MISSING: [&str; 10] = ["NaN", "nan", "NAN", "NA", "N/A", "#N/A", "-", "--", "null", "NULL"];
/// Longest period.
const MAX_PERIOD: Duration = Duration::from_secs(86_400);

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Lines of text with separators.
    #[default]
    Csv,
    /// Apache Parquet; its rows are taken as lines of text.
    Parquet,
}

/// What must be known of a plan before the file's beginning can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportForm {
    /// What the file is.
    pub format: FileFormat,
    /// Lines before the first row.
    pub header_lines: usize,
    /// The columns that are named, those of the time first; each once.
    pub names: Vec<String>,
}

/// How the rows of a file are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// What the file is.
    pub format: FileFormat,
    /// Byte between two fields.
    pub separator: u8,
    /// Decimal mark, `.` or `,`.
    pub decimal: u8,
    /// Lines before the first row.
    pub header_lines: usize,
    /// What a comment begins with.
    pub comments: Vec<String>,
    /// Fields of a row.
    pub fields: usize,
    /// When the rows were taken.
    pub times: RowTimes,
    /// Marks to be set, in the order of the document.
    pub marks: Vec<ImportMark>,
}

/// A mark that the plan of an import sets.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportMark {
    /// When it is said to have happened.
    pub at: MarkTime,
    /// What it says.
    pub text: String,
    /// Half width of its time's uncertainty, in nanoseconds.
    pub uncertainty_ns: Option<i64>,
}

/// What a line of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// A row: it has as many fields as it should.
    Row,
    /// Blank, or a comment.
    Other,
    /// Neither.
    Damaged,
}

impl Import {
    /// What a line is, without its end; the fields of a row are left in `fields`.
    pub fn kind(&self, line: &[u8], fields: &mut Vec<Range<usize>>) -> LineKind {
        let blank = |byte: &u8| is_blank(*byte) && *byte != self.separator;
        let text = &line[line.iter().position(|byte| !blank(byte)).unwrap_or(line.len())..];
        let comment = |begins: &String| text.starts_with(begins.as_bytes());
        if text.is_empty() || self.comments.iter().any(comment) {
            return LineKind::Other;
        }
        let row = split(line, self.separator, fields) && fields.len() == self.fields;
        if row { LineKind::Row } else { LineKind::Damaged }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawImport {
    #[serde(default)]
    format: FileFormat,
    separator: Option<String>,
    decimal: Option<String>,
    header_lines: Option<usize>,
    names_in_line: Option<usize>,
    columns: Option<usize>,
    #[serde(default)]
    comment: Vec<String>,
    missing: Option<Vec<String>>,
    every: Option<Spanned<String>>,
    period: Option<Spanned<String>>,
    start: Option<Spanned<String>>,
    time: Option<Spanned<time::RawTime>>,
}

/// A column by the text in the header, or by its position from 1.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum ColumnName {
    Position(usize),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumn {
    name: ColumnName,
    id: String,
    title: Option<Title>,
    quantity: Quantity,
    unit: Spanned<String>,
    scale: Option<f64>,
    offset: Option<f64>,
    range: Option<[f64; 2]>,
    calibration: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMark {
    at: Spanned<String>,
    text: String,
    uncertainty: Option<String>,
}

/// The parts of a plan that an import has.
#[derive(Clone, Copy)]
pub(super) struct RawParts<'a> {
    pub(super) import: &'a Spanned<RawImport>,
    pub(super) columns: &'a [Spanned<RawColumn>],
    pub(super) marks: &'a [Spanned<RawMark>],
    /// Zone of the site.
    pub(super) zone: &'a str,
    /// The beginning of the file; `None` where there is no file.
    pub(super) head: Option<&'a Document>,
}

/// What the plan of an import comes to.
pub(super) struct Lowered {
    pub(super) import: Import,
    pub(super) link: Link,
    pub(super) device: Device,
    pub(super) channels: Vec<Spanned<RawChannel>>,
}

pub(super) fn form(raw: &RawImport, columns: &[Spanned<RawColumn>]) -> ImportForm {
    let times = raw.time.iter().flat_map(|time| time.get_ref().columns());
    let all = times.chain(columns.iter().map(|column| &column.get_ref().name));
    let mut names: Vec<String> = Vec::new();
    for name in all {
        if let ColumnName::Text(text) = name
            && !names.contains(text)
        {
            names.push(text.clone());
        }
    }
    ImportForm { format: raw.format, header_lines: raw.header_lines.unwrap_or(1), names }
}

pub(super) fn lower(source: &Source<'_>, parts: RawParts<'_>) -> Result<Lowered, DocumentError> {
    let raw = parts.import.get_ref();
    let refuse = |message| source.refuse(parts.import.span(), message);
    raw.ensure_csv_keys().map_err(refuse)?;
    let separator = raw.separator().map_err(refuse)?;
    let decimal = raw.decimal().map_err(refuse)?;
    let header = Header::read(raw, separator, parts.head).map_err(refuse)?;
    let comments = words_of(&raw.comment, MAX_COMMENTS).map_err(refuse)?;
    let missing = match &raw.missing {
        Some(missing) => words_of(missing, MAX_POINT_ENTRIES).map_err(refuse)?,
        None => MISSING.map(str::to_owned).to_vec(),
    };
    let times = time::lower(source, parts.import, parts.zone, &header)?;
    let import = Import {
        format: raw.format,
        separator,
        decimal,
        header_lines: raw.header_lines.unwrap_or(1),
        comments,
        fields: header.fields,
        times: times.rows,
        marks: lower_marks(source, parts)?,
    };
    let mut points = Vec::with_capacity(parts.columns.len());
    let mut channels = Vec::with_capacity(parts.columns.len());
    if parts.columns.is_empty() || parts.columns.len() > MAX_POINTS {
        return Err(refuse(message!("import-column-count", limit = MAX_POINTS)));
    }
    for column in parts.columns {
        let point = lower_column(source, column, &header, &missing)?;
        if points.iter().any(|other: &Point| other.id == point.id) {
            return Err(source.refuse(column.span(), message!("document-twice", id = point.id)));
        }
        let raw = column.get_ref();
        let channel = RawChannel {
            id: raw.id.clone(),
            point: format!("{DEVICE}.{}", raw.id),
            range: raw.range,
            calibration: raw.calibration.clone(),
            every: None,
        };
        channels.push(Spanned::new(column.span(), channel));
        points.push(point);
    }
    let device = device(&import, points, times.period);
    let link = Link { id: LINK.to_owned(), kind: LinkKind::Imported, latency: times.uncertainty };
    Ok(Lowered { import, link, device, channels })
}

impl RawImport {
    /// The lines of a Parquet file are made by the importer, in one form.
    fn ensure_csv_keys(&self) -> Result<(), Message> {
        let keys = [
            ("separator", self.separator.is_some()),
            ("decimal", self.decimal.is_some()),
            ("header_lines", self.header_lines.is_some()),
            ("names_in_line", self.names_in_line.is_some()),
            ("columns", self.columns.is_some()),
            ("comment", !self.comment.is_empty()),
        ];
        let misplaced = keys.into_iter().find(|(_, given)| *given);
        match misplaced.filter(|_| self.format == FileFormat::Parquet) {
            Some((key, _)) => Err(message!("import-key-of-csv", key = key)),
            None => Ok(()),
        }
    }

    fn separator(&self) -> Result<u8, Message> {
        match self.separator.as_deref().unwrap_or(",").as_bytes() {
            [byte @ (b',' | b';' | b'\t' | b'|' | b' ' | b':' | b'~' | b'^')] => Ok(*byte),
            _ => Err(message!("import-separator")),
        }
    }

    fn decimal(&self) -> Result<u8, Message> {
        match self.decimal.as_deref() {
            None | Some(".") => Ok(b'.'),
            Some(",") => Ok(b','),
            Some(_) => Err(message!("profile-decimal")),
        }
    }
}

/// Texts that are short, not blank at their ends and not too many.
fn words_of(texts: &[String], most: usize) -> Result<Vec<String>, Message> {
    let good = |text: &String| {
        text.len() <= MAX_WORD_BYTES
            && text.trim_ascii() == text
            && !text.bytes().any(|byte| byte.is_ascii_control())
    };
    if texts.len() > most || !texts.iter().all(good) {
        return Err(message!("import-words", most = most, limit = MAX_WORD_BYTES));
    }
    Ok(texts.iter().filter(|text| !text.is_empty()).cloned().collect())
}

/// What the beginning of the file tells.
struct Header {
    /// Texts of its fields; none if the file has no header.
    names: Vec<String>,
    /// Fields of a row.
    fields: usize,
}

impl Header {
    fn read(raw: &RawImport, separator: u8, head: Option<&Document>) -> Result<Header, Message> {
        let lines = raw.header_lines.unwrap_or(1);
        if lines > MAX_HEADER_LINES {
            return Err(message!("import-header-lines", limit = MAX_HEADER_LINES));
        }
        let count = |fields: usize| {
            let fits = (1..=MAX_FIELDS).contains(&fields);
            fits.then_some(fields).ok_or_else(|| message!("import-columns", limit = MAX_FIELDS))
        };
        if lines == 0 {
            let fields =
                raw.columns.ok_or_else(|| message!("import-columns", limit = MAX_FIELDS))?;
            return Ok(Header { names: Vec::new(), fields: count(fields)? });
        }
        let head = head.ok_or_else(|| message!("import-without-file"))?;
        let number = raw.names_in_line.unwrap_or(lines);
        let text = without_mark(&head.bytes);
        let line = number.checked_sub(1).filter(|_| number <= lines).and_then(|index| {
            let line = text.split_inclusive(|byte| *byte == b'\n').nth(index)?;
            let line = line.strip_suffix(b"\n")?;
            Some(line.strip_suffix(b"\r").unwrap_or(line))
        });
        let line = line.ok_or_else(|| message!("import-names-line", lines = lines))?;
        let (mut found, mut names) = (Vec::new(), Vec::new());
        let text = std::str::from_utf8(line).map_err(|_| message!("import-not-utf8"))?;
        if !split(line, separator, &mut found) {
            return Err(message!("import-names-broken", line = number));
        }
        names.extend(found.into_iter().map(|field| unquoted(&text[field]).into_owned()));
        let fields = count(raw.columns.unwrap_or(names.len()))?;
        Ok(Header { names, fields })
    }

    /// The field of a column, from 0.
    fn field(&self, name: &ColumnName) -> Result<usize, Message> {
        let text = match name {
            ColumnName::Position(position) => {
                let fits = (1..=self.fields).contains(position);
                let field = position.checked_sub(1).filter(|_| fits);
                return field.ok_or_else(|| {
                    message!("import-no-position", position = position, fields = self.fields)
                });
            }
            ColumnName::Text(text) => text,
        };
        let mut found = self.names.iter().enumerate().filter(|(_, known)| *known == text);
        let shown = words::printable(text);
        match (found.next(), found.next()) {
            (Some((field, _)), None) if field < self.fields => Ok(field),
            (Some(_), Some(_)) => Err(message!("import-column-twice", name = shown)),
            _ => {
                let known: Vec<String> =
                    self.names.iter().map(|known| format!("\"{known}\"")).collect();
                let known = words::printable(&known.join(" "));
                Err(message!("import-no-column", name = shown, known = known))
            }
        }
    }
}

/// Bytes without the mark of UTF-8 with which some programs begin a file.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(&BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The byte order mark in UTF-8.
pub const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

fn lower_column(
    source: &Source<'_>,
    spanned: &Spanned<RawColumn>,
    header: &Header,
    missing: &[String],
) -> Result<Point, DocumentError> {
    let raw = spanned.get_ref();
    let refuse = |message| source.refuse(spanned.span(), message);
    if !is_identifier(&raw.id) {
        let id = words::printable(&raw.id);
        return Err(refuse(message!("document-bad-identifier", id = id)));
    }
    let field = header.field(&raw.name).map_err(refuse)?;
    let unit = resolve_unit(source, &raw.unit, raw.quantity)?;
    let (scale, offset) = (raw.scale.unwrap_or(1.0), raw.offset.unwrap_or(0.0));
    if !(scale.is_finite() && offset.is_finite() && scale != 0.0) {
        return Err(refuse(message!("profile-bad-number", point = raw.id)));
    }
    let name = match &raw.name {
        ColumnName::Text(text) => text.clone(),
        ColumnName::Position(_) => raw.id.clone(),
    };
    let text = TextPlace::Field(u16::try_from(field + 1).unwrap_or(u16::MAX));
    let flags = missing.iter().map(|word| Flag {
        when: FlagCondition::Text(text.clone(), word.clone()),
        means: FlagMeaning::Missing,
    });
    let flags = flags.collect();
    Ok(Point {
        id: raw.id.clone(),
        title: raw.title.clone().unwrap_or_else(|| Title { en: name.clone(), zh: name }),
        quantity: raw.quantity,
        unit,
        place: Place::MessageText { message: ROW_MESSAGE, text },
        scale,
        offset,
        valid: None,
        fault: None,
        sentinels: Vec::new(),
        exponent: None,
        ratios: Vec::new(),
        totaliser: None,
        status: PointStatus { flags, ..PointStatus::default() },
        timing: PointTiming::default(),
    })
}

/// Position of the message that a row is; the one before it is every other line.
const ROW_MESSAGE: usize = 1;

fn device(import: &Import, points: Vec<Point>, period: Duration) -> Device {
    let blank = if import.separator == b'\t' { r"[ \r]*" } else { r"[ \t\r]*" };
    let comments = import.comments.iter().map(|text| format!("|{}.*", regex::escape(text)));
    let other = format!("{blank}(?:{})", comments.collect::<String>());
    let message = |id: &str, pattern, fields| MessageLayout {
        id: id.to_owned(),
        literal: None,
        pattern,
        fields,
        query: None,
    };
    let layout = FrameLayout {
        start: Vec::new(),
        end: FrameEnd::Delimiter(b"\n".to_vec()),
        max_length: MAX_ROW_BYTES,
        separator: Some(import.separator),
        decimal: import.decimal,
        checksum: None,
        messages: vec![
            message("other", Some(other), None),
            message("row", None, Some(import.fields)),
        ],
    };
    let profile = DeviceProfile {
        id: DEVICE.to_owned(),
        title: Title { en: "Imported file".to_owned(), zh: "导入的文件".to_owned() },
        dialect: Dialect::Frame,
        source: "the plan of the import".to_owned(),
        polling: Polling {
            turnaround: Duration::ZERO,
            timeout: Duration::ZERO,
            retries: 0,
            connect_pause: Duration::ZERO,
        },
        modbus: None,
        frame: None,
        layout: Some(layout),
        points,
    };
    Device {
        id: DEVICE.to_owned(),
        link: 0,
        profile: Arc::new(profile),
        profile_reference: DEVICE.to_owned(),
        unit: 0,
        every: None,
        listen: false,
        timeout: Duration::ZERO,
        period: Some(period),
    }
}

fn lower_marks(source: &Source<'_>, parts: RawParts<'_>) -> Result<Vec<ImportMark>, DocumentError> {
    if parts.marks.len() > MAX_IMPORT_MARKS {
        return Err(source.refuse_whole(message!("import-mark-count", limit = MAX_IMPORT_MARKS)));
    }
    let mark = |spanned: &Spanned<RawMark>| {
        let raw = spanned.get_ref();
        let refuse = |message| source.refuse(spanned.span(), message);
        let at = match parse_duration(raw.at.get_ref()) {
            Some(since) => Some(MarkTime::SinceFirstRow(duration_nanoseconds(since))),
            None => time::instant(raw.at.get_ref(), parts.zone).map(MarkTime::Wall),
        };
        let at = at.ok_or_else(|| refuse(message!("import-mark-time")))?;
        let uncertainty_ns = match &raw.uncertainty {
            None => None,
            Some(text) => {
                let known = parse_duration(text).filter(|width| *width <= MAX_PERIOD);
                let limit = format!("{} s", MAX_PERIOD.as_secs());
                let known = known
                    .ok_or_else(|| refuse(message!("document-bad-duration", limit = limit)))?;
                Some(duration_nanoseconds(known))
            }
        };
        Ok(ImportMark { at, text: raw.text.clone(), uncertainty_ns })
    };
    parts.marks.iter().map(mark).collect()
}

impl ImportMark {
    /// Its wall time in a file whose first row was taken at `first`.
    pub fn wall(&self, first: WallTime) -> WallTime {
        match self.at {
            MarkTime::Wall(wall) => wall,
            MarkTime::SinceFirstRow(nanoseconds) => first.plus(nanoseconds),
        }
    }
}
