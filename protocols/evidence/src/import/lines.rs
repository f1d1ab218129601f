//! The lines of a file, one by one, and the digests of the whole file.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use sm3::Digest as _;
use trial::document::MAX_DOCUMENT_BYTES;
use trial::plan::{BYTE_ORDER_MARK, MAX_ROW_BYTES};
use words::message;

use super::Fault;
use super::parquet::ParquetLines;

/// Bytes that are read from the file at once.
const READ_BYTES: usize = 1 << 20;
/// How UTF-16 begins.
const UTF_16_MARKS: [[u8; 2]; 2] = [[0xff, 0xfe], [0xfe, 0xff]];
/// How a Parquet file begins.
pub(super) const PARQUET_MARK: &[u8] = b"PAR1";

/// What a file is, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigests {
    /// Its length.
    pub bytes: u64,
    /// BLAKE3, in hexadecimal.
    pub blake3: String,
    /// SM3 (GB/T 32905-2016), in hexadecimal.
    pub sm3: String,
}

/// The lines behind the beginning of a file.
pub(super) enum Lines {
    Text(Box<TextLines>),
    Parquet(Box<ParquetLines>),
}

impl Lines {
    /// Takes the next line with its end into `line`; false behind the last one.
    pub(super) fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, Fault> {
        match self {
            Lines::Text(lines) => lines.next(line),
            Lines::Parquet(lines) => lines.next(line),
        }
    }

    /// The digests of the file, all of whose lines were taken.
    pub(super) fn finish(self) -> Result<FileDigests, Fault> {
        match self {
            Lines::Text(lines) => Ok(lines.reader.into_inner().digests()),
            Lines::Parquet(lines) => digests_of(&lines.path),
        }
    }
}

pub(super) struct TextLines {
    path: PathBuf,
    reader: BufReader<Digesting>,
    number: u64,
}

impl TextLines {
    fn next(&mut self, line: &mut Vec<u8>) -> Result<bool, Fault> {
        line.clear();
        self.number += 1;
        let mut capped = (&mut self.reader).take(MAX_ROW_BYTES as u64 + 1);
        capped.read_until(b'\n', line).map_err(|error| unreadable(&self.path, &error))?;
        if line.len() > MAX_ROW_BYTES {
            let message = message!("import-line-too-long", limit = MAX_ROW_BYTES);
            return Err(Fault::new(&self.path, Some(self.number), message));
        }
        Ok(!line.is_empty())
    }

    /// What stands before the first row: a mark of UTF-8, and so many lines.
    fn head(&mut self, lines: usize) -> Result<Vec<u8>, Fault> {
        let refuse = |message| Fault::new(&self.path, None, message);
        let begins = self.reader.fill_buf().map_err(|error| unreadable(&self.path, &error))?;
        if UTF_16_MARKS.iter().any(|mark| begins.starts_with(mark)) {
            return Err(refuse(message!("import-utf16")));
        }
        if begins.starts_with(PARQUET_MARK) {
            return Err(refuse(message!("import-not-csv")));
        }
        let mut head = Vec::new();
        if begins.starts_with(&BYTE_ORDER_MARK) {
            head.extend_from_slice(&BYTE_ORDER_MARK);
            self.reader.consume(BYTE_ORDER_MARK.len());
        }
        let mut line = Vec::new();
        for _ in 0..lines {
            self.next(&mut line)?;
            head.extend_from_slice(&line);
            if head.len() > MAX_DOCUMENT_BYTES {
                let message = message!("import-head-too-long", limit = MAX_DOCUMENT_BYTES);
                return Err(Fault::new(&self.path, None, message));
            }
        }
        Ok(head)
    }
}

/// Opens a text file behind its first `lines` lines, which are returned too.
pub(super) fn open(path: &Path, lines: usize) -> Result<(Lines, Vec<u8>), Fault> {
    let file = Digesting::open(path)?;
    let reader = BufReader::with_capacity(READ_BYTES, file);
    let mut text = TextLines { path: path.to_owned(), reader, number: 0 };
    let head = text.head(lines)?;
    Ok((Lines::Text(Box::new(text)), head))
}

/// The digests of a file that is read for them alone.
pub(super) fn digests_of(path: &Path) -> Result<FileDigests, Fault> {
    let mut file = Digesting::open(path)?;
    let mut buffer = vec![0; READ_BYTES];
    while file.read(&mut buffer).map_err(|error| unreadable(path, &error))? > 0 {}
    Ok(file.digests())
}

/// Opens a file, which is read more than once: nothing that gives its bytes a single time will do.
pub(super) fn open_file(path: &Path) -> Result<File, Fault> {
    let failed = |error: std::io::Error| unreadable(path, &error);
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(Fault::new(path, None, message!("import-no-file")));
    }
    File::open(path).map_err(failed)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(path, None, message!("import-unreadable", why = error))
}

/// A file of which every byte that is read goes into the digests.
struct Digesting {
    file: File,
    bytes: u64,
    blake3: blake3::Hasher,
    sm3: sm3::Sm3,
}

impl Digesting {
    fn open(path: &Path) -> Result<Digesting, Fault> {
        let file = open_file(path)?;
        Ok(Digesting { file, bytes: 0, blake3: blake3::Hasher::new(), sm3: sm3::Sm3::new() })
    }

    fn digests(self) -> FileDigests {
        let sm3: [u8; 32] = self.sm3.finalize().into();
        FileDigests {
            bytes: self.bytes,
            blake3: self.blake3.finalize().to_hex().to_string(),
            sm3: blake3::Hash::from_bytes(sm3).to_hex().to_string(),
        }
    }
}

impl Read for Digesting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        self.bytes += read as u64;
        self.blake3.update(bytes);
        self.sm3.update(bytes);
        Ok(read)
    }
}
