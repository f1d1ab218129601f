//! What each line of a file is, and when it was taken.

use std::ops::Range;
use std::path::Path;

use trial::plan::{FileFormat, Import, LineKind, RowClock, RowTimes, TimeFault};
use trial::time::WallTime;
use words::{Message, message};

use super::Fault;

/// Longest part of a line that a refusal shows, in bytes.
const MAX_SHOWN_BYTES: usize = 80;

/// What a line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A row, taken at this time.
    Row(WallTime),
    /// Blank, or a comment.
    Other,
    /// No row: it has another number of fields, or no end.
    Damaged,
}

/// Takes the lines behind the beginning of a file, in order.
pub(super) struct Rows<'a> {
    import: &'a Import,
    file: &'a Path,
    clock: RowClock<'a>,
    fields: Vec<Range<usize>>,
    /// Number of the last line; of a Parquet file, of the last row.
    number: u64,
    /// Rows and damaged lines.
    ticks: u64,
    rows: u64,
    first: Option<WallTime>,
    last: Option<WallTime>,
    first_damaged: Option<u64>,
    unfinished: bool,
}

/// What a whole file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) rows: u64,
    pub(super) damaged: u64,
    pub(super) first_damaged: Option<u64>,
    pub(super) unfinished: bool,
    /// Time of the first row.
    pub(super) first: WallTime,
    /// Time of the last row.
    pub(super) last: WallTime,
}

impl<'a> Rows<'a> {
    pub(super) fn new(import: &'a Import, file: &'a Path) -> Rows<'a> {
        let before = match import.format {
            FileFormat::Csv => import.header_lines as u64,
            FileFormat::Parquet => 0,
        };
        Rows {
            import,
            file,
            clock: RowClock::new(import),
            fields: Vec::new(),
            number: before,
            ticks: 0,
            rows: 0,
            first: None,
            last: None,
            first_damaged: None,
            unfinished: false,
        }
    }

    /// Takes the next line with its end.
    ///
    /// # Errors
    /// It is a row whose time can't be read, or lies before that of the row before.
    pub(super) fn take(&mut self, line: &[u8]) -> Result<Line, Fault> {
        self.number += 1;
        let Some(text) = line.strip_suffix(b"\n") else {
            self.unfinished = true;
            return Ok(self.damaged());
        };
        match self.import.kind(text, &mut self.fields) {
            LineKind::Other => Ok(Line::Other),
            LineKind::Damaged => Ok(self.damaged()),
            LineKind::Row => {
                let time = self.time(text)?;
                self.ticks += 1;
                self.rows += 1;
                self.first.get_or_insert(time);
                self.last = Some(time);
                Ok(Line::Row(time))
            }
        }
    }

    fn damaged(&mut self) -> Line {
        self.ticks += 1;
        self.first_damaged.get_or_insert(self.number);
        Line::Damaged
    }

    fn time(&self, text: &[u8]) -> Result<WallTime, Fault> {
        let refuse = |message: Message| Fault::new(self.file, Some(self.number), message);
        let time = self.clock.time(self.ticks, text, &self.fields, self.last);
        let time = time.map_err(|fault| {
            let shown = self.shown(text);
            refuse(match fault {
                TimeFault::NotOfFormat => message!("import-bad-time", text = shown),
                TimeFault::Skipped => message!("import-skipped-time", text = shown),
                TimeFault::OutOfRange => message!("import-time-range", text = shown),
            })
        })?;
        match self.last.filter(|last| time < *last) {
            Some(last) => {
                let (time, before) = (time.to_rfc3339(), last.to_rfc3339());
                Err(refuse(message!("import-backwards", time = time, before = before)))
            }
            None => Ok(time),
        }
    }

    /// The time of a row as it is written, safe to show.
    fn shown(&self, line: &[u8]) -> String {
        let RowTimes::Column { fields, .. } = &self.import.times else { return String::new() };
        let places = fields.iter().filter_map(|field| self.fields.get(*field));
        let texts = places.filter_map(|place| line.get(place.clone()));
        let texts: Vec<_> = texts.map(String::from_utf8_lossy).collect();
        let text = texts.join(" ");
        words::printable(&text[..text.floor_char_boundary(MAX_SHOWN_BYTES)])
    }

    /// What all lines came to.
    ///
    /// # Errors
    /// There was no row, or a mark lies outside of them.
    pub(super) fn finish(self) -> Result<Survey, Fault> {
        let refuse = |line, message| Fault::new(self.file, line, message);
        let (Some(first), Some(last)) = (self.first, self.last) else {
            let message = message!("import-no-rows", fields = self.import.fields);
            return Err(refuse(self.first_damaged, message));
        };
        let outside = |wall: WallTime| wall < first || wall > last;
        if let Some(mark) = self.import.marks.iter().find(|mark| outside(mark.wall(first))) {
            let text = words::printable(&mark.text);
            return Err(refuse(None, message!("import-mark-outside", text = text)));
        }
        Ok(Survey {
            rows: self.rows,
            damaged: self.ticks - self.rows,
            first_damaged: self.first_damaged,
            unfinished: self.unfinished,
            first,
            last,
        })
    }
}
