//! Reading a journal: block by block, from segments or from one stream of them.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::format::{BLOCK_HEADER_BYTES, BlockHeader, Head, head, is_sealed, split_record};
use crate::{
    ChainValue, Damage, JournalError, MAX_BLOCK_BODY_BYTES, MAX_SEGMENTS, RawRecord, RunTag,
    io_error, segment_path, segments,
};

/// One good block.
#[derive(Debug)]
pub struct Block<'a> {
    /// The records' bytes; read them with [`records`].
    pub body: &'a [u8],
    /// Number of the first record.
    pub first_sequence: u64,
    /// Number of records.
    pub record_count: u32,
}

/// How the reading of a journal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// After a whole block, with nothing behind it.
    Clean,
    /// Bytes that are no good block follow the last good one.
    Torn {
        /// What does not check.
        damage: Damage,
    },
}

/// Reads blocks from any stream of segments.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    tag: Option<RunTag>,
    chain: ChainValue,
    next_sequence: u64,
    next_segment: u32,
    good_bytes: u64,
    body: Vec<u8>,
    header: [u8; BLOCK_HEADER_BYTES],
    ending: Option<Ending>,
}

impl Reader<SegmentChain> {
    /// Reads the journal in the folder of a run.
    ///
    /// # Errors
    /// There is none.
    pub fn open(folder: &Path) -> Result<Reader<SegmentChain>, JournalError> {
        if segments(folder).is_empty() {
            return Err(JournalError::Missing(folder.to_owned()));
        }
        Ok(Reader::new(SegmentChain::closed(folder)))
    }
}

impl<R: Read> Reader<R> {
    /// Reads a journal from a stream that begins with a segment header.
    pub fn new(source: R) -> Reader<R> {
        Reader {
            source,
            tag: None,
            chain: ChainValue([0; 32]),
            next_sequence: 0,
            next_segment: 0,
            good_bytes: 0,
            body: Vec::new(),
            header: [0; BLOCK_HEADER_BYTES],
            ending: None,
        }
    }

    /// The next good block; `None` at the end, which [`Reader::ending`] then tells.
    ///
    /// # Errors
    /// The source can't be read. Damage is no error but an ending.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, JournalError> {
        if self.ending.is_some() {
            return Ok(None);
        }
        match self.step()? {
            Ok((first_sequence, record_count)) => {
                Ok(Some(Block { body: &self.body, first_sequence, record_count }))
            }
            Err(ending) => {
                self.ending = Some(ending);
                Ok(None)
            }
        }
    }

    /// How the reading ended; `None` while there may be more.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// The chain value after the last good block.
    pub fn root(&self) -> ChainValue {
        self.chain
    }

    /// Number that the next record would have.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Offset behind the last good block or segment header.
    pub fn good_bytes(&self) -> u64 {
        self.good_bytes
    }

    /// Number of segment headers read.
    pub fn segment_count(&self) -> u32 {
        self.next_segment
    }

    /// Tag of the run; `None` before the first segment header.
    pub fn tag(&self) -> Option<RunTag> {
        self.tag
    }

    /// One block, or how it ends here.
    fn step(&mut self) -> Result<Result<(u64, u32), Ending>, JournalError> {
        loop {
            let torn = |damage| Ok(Err(Ending::Torn { damage }));
            match self.fill_header()? {
                0 => return Ok(Err(Ending::Clean)),
                BLOCK_HEADER_BYTES => {}
                _ => return torn(Damage::CutShort),
            }
            match head(&self.header) {
                Head::Other => return torn(Damage::NoMagic),
                _ if !is_sealed(&self.header) => return torn(Damage::HeaderChecksum),
                Head::Segment { version, segment, tag, chain_before } => {
                    if version != crate::format::FORMAT_VERSION {
                        return torn(Damage::Version);
                    }
                    let first = self.tag.is_none();
                    if first {
                        self.tag = Some(tag);
                        self.chain = ChainValue::first(tag);
                    }
                    let follows = self.tag == Some(tag)
                        && segment == self.next_segment
                        && chain_before == self.chain.0[..28];
                    if !follows {
                        return torn(Damage::Chain);
                    }
                    self.next_segment += 1;
                    self.good_bytes += BLOCK_HEADER_BYTES as u64;
                }
                Head::Block => return self.block(),
            }
        }
    }

    fn block(&mut self) -> Result<Result<(u64, u32), Ending>, JournalError> {
        let torn = |damage| Ok(Err(Ending::Torn { damage }));
        let Some(tag) = self.tag else { return torn(Damage::NoMagic) };
        let Some(header) = BlockHeader::decode(&self.header, tag) else {
            return torn(Damage::Chain);
        };
        if header.chain_before != self.chain || header.first_sequence != self.next_sequence {
            return torn(Damage::Chain);
        }
        let length = header.body_length as usize;
        if length > MAX_BLOCK_BODY_BYTES {
            return torn(Damage::TooLarge);
        }
        self.body.resize(length, 0);
        if fill(&mut self.source, &mut self.body)? < length {
            return torn(Damage::CutShort);
        }
        if !checks(&self.body, header.first_sequence, header.record_count) {
            return torn(Damage::Record);
        }
        self.chain = ChainValue::after(&self.header, &self.body);
        self.next_sequence += u64::from(header.record_count);
        self.good_bytes += (BLOCK_HEADER_BYTES + length) as u64;
        Ok(Ok((header.first_sequence, header.record_count)))
    }

    fn fill_header(&mut self) -> Result<usize, JournalError> {
        fill(&mut self.source, &mut self.header)
    }
}

/// Fills `buffer` as far as the source goes; returns how far.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<usize, JournalError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error("read", Path::new("journal"))(error)),
        }
    }
    Ok(filled)
}

fn checks(body: &[u8], first_sequence: u64, record_count: u32) -> bool {
    let mut rest = body;
    for expected in (first_sequence..).take(record_count as usize) {
        match split_record(rest) {
            Some((record, behind)) if record.sequence == expected => rest = behind,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// The records of a good block's body, in order.
pub fn records(body: &[u8]) -> impl Iterator<Item = RawRecord<'_>> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let (record, behind) = split_record(rest)?;
        rest = behind;
        Some(record)
    })
}

/// The segments of a run as one stream.
#[derive(Debug)]
pub struct SegmentChain {
    folder: PathBuf,
    next: u32,
    /// Segments from this one on are not read.
    end: u32,
    current: Option<BufReader<File>>,
}

impl SegmentChain {
    /// The segments that are in the folder now.
    pub fn closed(folder: &Path) -> SegmentChain {
        let end = segments(folder).len() as u32;
        SegmentChain { folder: folder.to_owned(), next: 0, end, current: None }
    }

    /// The segments of a journal that still grows. The reader must ask only for blocks that are
    /// known to be written whole.
    pub fn following(folder: &Path) -> SegmentChain {
        SegmentChain { folder: folder.to_owned(), next: 0, end: MAX_SEGMENTS, current: None }
    }
}

impl Read for SegmentChain {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            if let Some(current) = &mut self.current {
                let count = current.read(buffer)?;
                if count > 0 {
                    return Ok(count);
                }
            }
            if self.next >= self.end {
                return Ok(0);
            }
            match File::open(segment_path(&self.folder, self.next)) {
                Ok(file) => {
                    self.current = Some(BufReader::with_capacity(1 << 20, file));
                    self.next += 1;
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
                Err(error) => return Err(error),
            }
        }
    }
}
