//! Fields of a line of text between separators, with quotes as RFC 4180 has them.
//!
//! Whoever reads a row of an imported file splits it here: the importer, which wants its time, and
//! the derivation of samples, so that both see the same fields.

use std::borrow::Cow;
use std::ops::Range;

/// Most fields of a line.
pub const MAX_FIELDS: usize = 4096;

/// The byte that quotes a field.
const QUOTE: u8 = b'"';

/// Finds the fields of a line without its end: where the text of each stands, without the blanks
/// and the quotes around it. A quote within a quoted field stands there twice.
///
/// Returns false for a line that can't be split: a quote is not closed, something stands behind a
/// closed one, or there are more than [`MAX_FIELDS`]. Whatever is in `fields` then means nothing.
pub fn split(line: &[u8], separator: u8, fields: &mut Vec<Range<usize>>) -> bool {
    fields.clear();
    let mut at = 0;
    loop {
        if fields.len() == MAX_FIELDS {
            return false;
        }
        let first = at + blanks(&line[at..], separator);
        let (field, end) = if line.get(first) == Some(&QUOTE) {
            let Some(closing) = closing_quote(line, first + 1) else { return false };
            let end = closing + 1 + blanks(&line[closing + 1..], separator);
            (first + 1..closing, end)
        } else {
            let rest = &line[first..];
            let length = rest.iter().position(|byte| *byte == separator).unwrap_or(rest.len());
            let text = rest[..length].trim_ascii_end();
            (first..first + text.len(), first + length)
        };
        fields.push(field);
        match line.get(end) {
            None => return true,
            Some(byte) if *byte == separator => at = end + 1,
            Some(_) => return false,
        }
    }
}

/// Number of blanks at the beginning; a separator is none, though it be a tabulator.
fn blanks(text: &[u8], separator: u8) -> usize {
    let blank = |byte: &u8| byte.is_ascii_whitespace() && *byte != separator;
    text.iter().position(|byte| !blank(byte)).unwrap_or(text.len())
}

/// Where the quote stands that closes a field which begins at `from`.
fn closing_quote(line: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += line.get(at..)?.iter().position(|byte| *byte == QUOTE)?;
        if line.get(at + 1) != Some(&QUOTE) {
            return Some(at);
        }
        at += 2;
    }
}

/// The text of a field with its doubled quotes made single.
pub fn unquoted(field: &str) -> Cow<'_, str> {
    if field.contains("\"\"") { Cow::Owned(field.replace("\"\"", "\"")) } else { field.into() }
}

/// Appends a text as a field of a line: in quotes where it needs them to be read as it is.
pub fn append_field(line: &mut Vec<u8>, text: &str, separator: u8) {
    let plain = text.trim_ascii() == text
        && !text.bytes().any(|byte| byte == separator || matches!(byte, QUOTE | b'\r' | b'\n'));
    if plain {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(QUOTE);
    for byte in text.bytes() {
        line.extend(std::iter::repeat_n(byte, 1 + usize::from(byte == QUOTE)));
    }
    line.push(QUOTE);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(line: &str, separator: u8) -> Option<Vec<String>> {
        let mut fields = Vec::new();
        split(line.as_bytes(), separator, &mut fields)
            .then(|| fields.iter().map(|field| line[field.clone()].to_owned()).collect())
    }

    #[test]
    fn lines_are_split_outside_of_quotes() {
        for (line, separator, expected) in [
            ("1,2,3", b',', Some(&["1", "2", "3"][..])),
            ("", b',', Some(&[""])),
            (",", b',', Some(&["", ""])),
            (" 1 ; 2,5 ;\r", b';', Some(&["1", "2,5", ""])),
            ("\"1,5\",\"2,5\"", b',', Some(&["1,5", "2,5"])),
            (" \"a\" , b c", b',', Some(&["a", "b c"])),
            ("\"a \"\"b\"\"\",1", b',', Some(&["a \"\"b\"\"", "1"])),
            ("\t1\t\t", b'\t', Some(&["", "1", "", ""])),
            ("a\"b,1", b',', Some(&["a\"b", "1"])),
            ("\"\",", b',', Some(&["", ""])),
            ("\"open,1", b',', None),
            ("\"a\"b,1", b',', None),
            ("\"", b',', None),
        ] {
            let expected = expected.map(|texts| texts.iter().map(|t| (*t).to_owned()).collect());
            assert_eq!(texts(line, separator), expected, "{line:?}");
        }
        assert!(split(&vec![b','; MAX_FIELDS - 1], b',', &mut Vec::new()));
        assert!(!split(&vec![b','; MAX_FIELDS], b',', &mut Vec::new()));
    }

    proptest! {
        #[test]
        fn what_is_written_as_fields_is_read_as_the_same(
            written in prop::collection::vec("[ -~\t\r\né泵]{0,12}", 1..8),
            separator in prop::sample::select(b",;\t|".to_vec()),
        ) {
            let mut line = Vec::new();
            for (index, text) in written.iter().enumerate() {
                if index > 0 {
                    line.push(separator);
                }
                append_field(&mut line, text, separator);
            }
            let line = String::from_utf8(line).unwrap();
            let read = texts(&line, separator).unwrap();
            let read: Vec<_> = read.iter().map(|text| unquoted(text).into_owned()).collect();
            prop_assert_eq!(read, written, "{:?}", line);
        }

        #[test]
        fn whatever_the_bytes_the_fields_lie_in_them_in_order(line: Vec<u8>, separator: u8) {
            let mut fields = Vec::new();
            if split(&line, separator, &mut fields) {
                prop_assert!(fields.iter().all(|field| field.start <= field.end));
                prop_assert!(fields.windows(2).all(|pair| pair[0].end < pair[1].start + 1));
                prop_assert!(fields.last().unwrap().end <= line.len());
            }
        }
    }
}
