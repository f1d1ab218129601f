//! The rows of a Parquet file as lines of text.
//!
//! A row is one line of RFC 4180: the columns that the plan names, in its order, with the comma
//! between them. Numbers are written with the fewest digits that give the same binary64 again, the
//! point as decimal mark; times as RFC 3339, with the offset where the column is of UTC and without
//! one where it is of local time; no value is an empty field.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{LogicalType, TimeUnit, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::{SchemaDescriptor, Type};
use trial::fields::append_field;
use trial::plan::MAX_ROW_BYTES;
use words::{Message, message};

use super::Fault;
use super::lines::{Lines, open_file};

/// Between two fields.
const SEPARATOR: u8 = b',';
/// Numbers of this size and above, and below the other, are written with an exponent.
const PLAIN_BELOW: f64 = 1e17;
/// See [`PLAIN_BELOW`].
const PLAIN_FROM: f64 = 1e-5;

/// The rows of a file.
pub(super) struct ParquetLines {
    pub(super) path: PathBuf,
    rows: RowIter<'static>,
    kinds: Vec<ColumnKind>,
    number: u64,
}

/// How the values of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Plain,
    /// Times: nanoseconds of the unit, and whether they are of UTC.
    Time(i64, bool),
}

/// Opens a file; the columns of these names are read. The line with the names is returned too.
pub(super) fn open(path: &Path, names: &[String]) -> Result<(Lines, Vec<u8>), Fault> {
    let file = open_file(path)?;
    let opened = guarded(|| {
        let reader = SerializedFileReader::new(file)?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        Ok((reader, schema))
    });
    let not_parquet = |why: String| Fault::new(path, None, not_parquet(&why));
    let (reader, schema) = opened.map_err(not_parquet)?;
    let chosen = names.iter().map(|name| column(&schema, name));
    let chosen = chosen.collect::<Result<Vec<_>, _>>();
    let chosen = chosen.map_err(|message| Fault::new(path, None, message))?;
    let (fields, kinds): (Vec<Arc<Type>>, Vec<ColumnKind>) = chosen.into_iter().unzip();
    let rows = guarded(|| {
        let name = schema.root_schema().name();
        let projection = Type::group_type_builder(name).with_fields(fields).build()?;
        RowIter::from_file_into(Box::new(reader)).project(Some(projection))
    });
    let rows = rows.map_err(not_parquet)?;
    let mut head = Vec::new();
    append_line(&mut head, names.iter().map(String::as_str));
    let lines = ParquetLines { path: path.to_owned(), rows, kinds, number: 0 };
    Ok((Lines::Parquet(Box::new(lines)), head))
}

fn not_parquet(why: &str) -> Message {
    message!("import-not-parquet", why = words::printable(why))
}

/// Calls the library, which panics on some files that are not as they should be.
fn guarded<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("its data are not as its schema says".to_owned()),
    }
}

/// A column by its name, and how it is written.
fn column(schema: &SchemaDescriptor, name: &str) -> Result<(Arc<Type>, ColumnKind), Message> {
    let fields = schema.root_schema().get_fields();
    let shown = words::printable(name);
    let Some(field) = fields.iter().find(|field| field.name() == name) else {
        let known: Vec<String> =
            fields.iter().map(|field| format!("\"{}\"", field.name())).collect();
        let known = words::printable(&known.join(" "));
        return Err(message!("import-no-column", name = shown, known = known));
    };
    let bad = || message!("import-parquet-kind", name = shown);
    if !field.is_primitive() {
        return Err(bad());
    }
    let logical = field.get_basic_info().logical_type_ref();
    let kind = match (field.get_physical_type(), logical) {
        (PhysicalType::INT64, Some(LogicalType::Timestamp(time))) => {
            let unit = match time.unit {
                TimeUnit::MILLIS => 1_000_000,
                TimeUnit::MICROS => 1_000,
                TimeUnit::NANOS => 1,
            };
            ColumnKind::Time(unit, time.is_adjusted_to_u_t_c)
        }
        // The library gives these as whole milliseconds.
        (PhysicalType::INT96, _) => ColumnKind::Time(1_000_000, true),
        (_, Some(LogicalType::Time(_))) => return Err(bad()),
        _ => ColumnKind::Plain,
    };
    Ok((Arc::clone(field), kind))
}

fn append_line<'a>(line: &mut Vec<u8>, texts: impl Iterator<Item = &'a str>) {
    for (index, text) in texts.enumerate() {
        if index > 0 {
            line.push(SEPARATOR);
        }
        append_field(line, text, SEPARATOR);
    }
    line.push(b'\n');
}

impl ParquetLines {
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, Fault> {
        line.clear();
        self.number += 1;
        let rows = &mut self.rows;
        let next = guarded(|| rows.next().transpose());
        let refuse = |message| Fault::new(&self.path, Some(self.number), message);
        let next = next.map_err(|why| refuse(not_parquet(&why)))?;
        let Some(row) = next else { return Ok(false) };
        let texts = texts(&row, &self.kinds)
            .ok_or_else(|| refuse(not_parquet("a value is of another type than its column")))?;
        append_line(line, texts.iter().map(String::as_str));
        if line.len() > MAX_ROW_BYTES {
            return Err(refuse(message!("import-line-too-long", limit = MAX_ROW_BYTES)));
        }
        Ok(true)
    }
}

/// The fields of a row; `None` for a value that is not of the kind of its column.
fn texts(row: &Row, kinds: &[ColumnKind]) -> Option<Vec<String>> {
    let fields = row.get_column_iter().map(|(_, field)| field);
    let texts = fields.zip(kinds).map(|(field, kind)| match kind {
        ColumnKind::Plain => text(field),
        ColumnKind::Time(unit, utc) => time(field, *unit, *utc),
    });
    texts.collect()
}

fn text(field: &Field) -> Option<String> {
    Some(match field {
        Field::Null => String::new(),
        Field::Bool(value) => u8::from(*value).to_string(),
        Field::Byte(value) => value.to_string(),
        Field::Short(value) => value.to_string(),
        Field::Int(value) => value.to_string(),
        Field::Long(value) => value.to_string(),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::Float16(value) => number(value.to_f64()),
        Field::Float(value) => number(f64::from(*value)),
        Field::Double(value) => number(*value),
        Field::Decimal(_) => field.to_string(),
        Field::Str(value) => value.replace(['\r', '\n'], " "),
        _ => return None,
    })
}

/// The shortest text that gives the same number again.
fn number(value: f64) -> String {
    let plain = value == 0.0 || (PLAIN_FROM..PLAIN_BELOW).contains(&value.abs());
    if plain || !value.is_finite() { value.to_string() } else { format!("{value:e}") }
}

fn time(field: &Field, unit: i64, utc: bool) -> Option<String> {
    let count = match field {
        Field::Null => return Some(String::new()),
        Field::Long(count) | Field::TimestampMillis(count) | Field::TimestampMicros(count) => {
            *count
        }
        _ => return None,
    };
    let stamp = jiff::Timestamp::from_nanosecond(i128::from(count) * i128::from(unit)).ok()?;
    if utc {
        return Some(stamp.to_string());
    }
    // The clock of the place, of which no more is known, as if it were that of UTC.
    Some(jiff::tz::Offset::UTC.to_datetime(stamp).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_written_so_that_they_are_read_as_the_same() {
        for (value, expected) in [
            (0.1, "0.1"),
            (f64::from(0.1f32), "0.10000000149011612"),
            (-0.0, "-0"),
            (1e300, "1e300"),
            (-2.5e-7, "-2.5e-7"),
            (123_456_789.25, "123456789.25"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), expected);
        }
        let second = 1_750_000_000_i64;
        for (unit, count) in
            [(1_000_000, second * 1_000 + 250), (1, second * 1_000_000_000 + 250_000_000)]
        {
            let written = time(&Field::Long(count), unit, true);
            assert_eq!(written.as_deref(), Some("2025-06-15T15:06:40.25Z"));
            let local = time(&Field::Long(count), unit, false);
            assert_eq!(local.as_deref(), Some("2025-06-15T15:06:40.25"));
        }
        assert_eq!(time(&Field::Null, 1, true).as_deref(), Some(""));
        assert_eq!(text(&Field::Str("a\nb".to_owned())).as_deref(), Some("a b"));
    }
}
