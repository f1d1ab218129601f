//! Reading a journal: block by block, from segments or from one stream of them.
//!
//! Invariants:
//! - A block is told only if its header, its place, its run and every record in it check.
//! - A block that does not follow the one before it in the chain is told together with the
//!   damage before it, never silently.
//! - Behind a damaged place of format version 2 the reader goes on at the next block of the same
//!   run that stands where its own header says. Version 1 does not say, so there it ends.
//! - Where the first segment's header is damaged, the run is known by its first block or not at all.
//! - What follows the last good block is a torn tail.

use std::io::Read;
use std::path::Path;

use trial::record::JournalDamage;

use crate::format::{split_checked_record, split_record};
use crate::header::{
    BLOCK_MAGIC, BlockHeader, HEADER_BYTES, Head, PEEK_BYTES, SEGMENT_MAGIC, SegmentHeader,
    Version, head, is_tag_of, segment_header,
};
use crate::segments::{SegmentChain, ensure_some};
use crate::window::Window;
use crate::{ChainValue, Damage, JournalError, MAX_BLOCK_BODY_BYTES, RawRecord, RunTag};

/// Bytes that are looked through at once for the next good block.
const SEARCH_BYTES: usize = 64 << 10;

/// One good block.
#[derive(Debug)]
pub struct Block<'a> {
    /// The records' bytes; read them with [`records`].
    pub body: &'a [u8],
    /// Number of the first record.
    pub first_sequence: u64,
    /// Number of records.
    pub record_count: u32,
    /// The chain value before it, as its header carries it.
    pub chain_before: ChainValue,
    /// What is damaged between the block before and this one.
    pub damage: Option<Damaged>,
}

/// A damaged place with a good block behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged {
    /// Where it is, and which records are missing.
    pub place: JournalDamage,
    /// What did not check there first.
    pub what: Damage,
    /// Whether the block behind it follows the one before it all the same: then it lies in the
    /// header of a segment, and nothing is missing.
    pub chain_holds: bool,
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

/// A segment that is being read.
#[derive(Debug, Clone, Copy)]
struct Segment {
    number: u32,
    version: Version,
    /// Offset of its header in the stream.
    start: u64,
}

/// Where damage began, while what follows it is searched.
#[derive(Debug, Clone, Copy)]
struct Begun {
    segment: u32,
    offset: u64,
    position: u64,
    what: Damage,
}

/// Reads blocks from any stream of segments.
#[derive(Debug)]
pub struct Reader<R> {
    window: Window<R>,
    tag: Option<RunTag>,
    segment: Option<Segment>,
    segment_count: u32,
    chain: ChainValue,
    next_sequence: u64,
    /// Segment and offset in it behind the last good block or segment header.
    good: Option<(u32, u64)>,
    damage: Option<Begun>,
    ending: Option<Ending>,
}

impl Reader<SegmentChain> {
    /// Reads the journal in the folder of a run.
    ///
    /// # Errors
    /// There is none.
    pub fn open(folder: &Path) -> Result<Reader<SegmentChain>, JournalError> {
        ensure_some(folder)?;
        Ok(Reader::new(SegmentChain::closed(folder)))
    }
}

/// A block whose header and records check, or what else there is.
enum Step {
    Segment,
    Block(BlockHeader),
    Ended,
    Damaged(Damage),
}

impl<R: Read> Reader<R> {
    /// Reads a journal from a stream that begins with a segment header.
    pub fn new(source: R) -> Reader<R> {
        Reader {
            window: Window::new(source),
            tag: None,
            segment: None,
            segment_count: 0,
            chain: ChainValue([0; 32]),
            next_sequence: 0,
            good: None,
            damage: None,
            ending: None,
        }
    }

    /// The next good block; `None` at the end, which [`Reader::ending`] then tells.
    ///
    /// # Errors
    /// The source can't be read. Damage is no error: it is told with the block behind it, or as
    /// the ending.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, JournalError> {
        while self.ending.is_none() {
            match self.step()? {
                Step::Segment => {}
                Step::Block(header) => return Ok(Some(self.deliver(&header))),
                Step::Ended => {
                    let torn = |begun: Begun| Ending::Torn { damage: begun.what };
                    self.ending = Some(self.damage.map_or(Ending::Clean, torn));
                }
                Step::Damaged(what) => self.meet(what)?,
            }
        }
        Ok(None)
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

    /// Segment, and offset in it, behind the last good block or segment header; `None` before
    /// the first.
    pub fn good_place(&self) -> Option<(u32, u64)> {
        self.good
    }

    /// Offset in the stream behind what was taken from it.
    pub fn position(&self) -> u64 {
        self.window.position()
    }

    /// Number of segment headers read.
    pub fn segment_count(&self) -> u32 {
        self.segment_count
    }

    /// Tag of the run; `None` before the first header.
    pub fn tag(&self) -> Option<RunTag> {
        self.tag
    }

    /// What stands at the current position.
    fn step(&mut self) -> Result<Step, JournalError> {
        let peeked = self.window.peek(PEEK_BYTES)?;
        if peeked.is_empty() {
            return Ok(Step::Ended);
        }
        match head(peeked) {
            Head::Segment(Some(version)) => self.segment(version),
            Head::Segment(None) => Ok(Step::Damaged(Damage::Version)),
            Head::Block => self.block(),
            Head::Other if peeked.len() < PEEK_BYTES => Ok(Step::Damaged(Damage::CutShort)),
            Head::Other => Ok(Step::Damaged(Damage::NoMagic)),
        }
    }

    fn segment(&mut self, version: Version) -> Result<Step, JournalError> {
        let length = version.header_bytes();
        let start = self.window.position();
        let peeked = self.window.peek(length)?;
        if peeked.len() < length {
            return Ok(Step::Damaged(Damage::CutShort));
        }
        let Some(header) = segment_header(peeked, version) else {
            return Ok(Step::Damaged(Damage::HeaderChecksum));
        };
        if !self.takes_segment(&header, version) {
            return Ok(Step::Damaged(Damage::Chain));
        }
        self.window.take(length);
        self.know(header.tag);
        self.segment = Some(Segment { number: header.segment, version, start });
        self.segment_count += 1;
        if self.damage.is_none() {
            self.good = Some((header.segment, length as u64));
        }
        Ok(Step::Segment)
    }

    /// Whether a segment may begin here: the next one, or while a good place is searched any
    /// later one of the run.
    fn takes_segment(&self, header: &SegmentHeader, version: Version) -> bool {
        let next = self.segment.map_or(0, |segment| segment.number.saturating_add(1));
        match self.tag {
            // Farther on bytes from the wire could look like one, of any run.
            None if self.damage.is_some() => {
                let behind_the_first = self.window.position() == HEADER_BYTES as u64;
                let chain = ChainValue::first(header.tag);
                behind_the_first && header.segment == 1 && header.follows(version, chain)
            }
            None => header.segment == 0 && header.follows(version, ChainValue::first(header.tag)),
            Some(tag) if self.damage.is_some() => header.tag == tag && header.segment >= next,
            Some(tag) => {
                header.tag == tag && header.segment == next && header.follows(version, self.chain)
            }
        }
    }

    fn know(&mut self, tag: RunTag) {
        if self.tag.is_none() {
            self.tag = Some(tag);
            self.chain = ChainValue::first(tag);
        }
    }

    fn block(&mut self) -> Result<Step, JournalError> {
        let version = match (self.segment, self.damage) {
            (Some(segment), _) => segment.version,
            // The header of the first segment is the damaged place.
            (None, Some(_)) => Version::Two,
            (None, None) => return Ok(Step::Damaged(Damage::NoMagic)),
        };
        let length = version.header_bytes();
        let peeked = self.window.peek(length)?;
        if peeked.len() < length {
            return Ok(Step::Damaged(Damage::CutShort));
        }
        let Some((header, tag)) = BlockHeader::decode(peeked, version) else {
            return Ok(Step::Damaged(Damage::HeaderChecksum));
        };
        let known = match self.tag {
            Some(known) => is_tag_of(tag, known, version),
            None => is_first(&header, tag),
        };
        let place = self.placed(&header, version);
        let follows = match self.damage {
            None => {
                header.chain_before == self.chain && header.first_sequence == self.next_sequence
            }
            Some(_) => header.first_sequence >= self.next_sequence,
        };
        let (true, Some(place), true) = (known, place, follows) else {
            return Ok(Step::Damaged(Damage::Chain));
        };
        let body_length = header.body_length as usize;
        if body_length > MAX_BLOCK_BODY_BYTES {
            return Ok(Step::Damaged(Damage::TooLarge));
        }
        let whole = self.window.peek(length + body_length)?;
        let Some(body) = whole.get(length..).filter(|body| body.len() == body_length) else {
            return Ok(Step::Damaged(Damage::CutShort));
        };
        if !checks(body, header.first_sequence, header.record_count) {
            return Ok(Step::Damaged(Damage::Record));
        }
        self.know(tag);
        self.segment = Some(place);
        Ok(Step::Block(header))
    }

    /// The segment in which a block that stands here lies; `None` if it belongs elsewhere.
    fn placed(&self, header: &BlockHeader, version: Version) -> Option<Segment> {
        let position = self.window.position();
        let Some((number, offset)) = header.place else { return self.segment };
        let start = position.checked_sub(u64::from(offset))?;
        let here = Segment { number, version, start };
        match (self.segment, self.damage) {
            (Some(segment), _) if segment.number == number => {
                (segment.start == start).then_some(segment)
            }
            // The header of its segment is damaged: it lies behind the last good block.
            (Some(segment), Some(begun)) => {
                (number > segment.number && start >= begun.position).then_some(here)
            }
            (None, Some(begun)) => (number == 0 && start == begun.position).then_some(here),
            (_, None) => None,
        }
    }

    /// Takes a block that checks.
    fn deliver(&mut self, header: &BlockHeader) -> Block<'_> {
        let version = self.segment.map_or(Version::Two, |segment| segment.version);
        let body_length = header.body_length as usize;
        let whole = version.header_bytes() + body_length;
        let first_missing = self.next_sequence;
        let chain_holds =
            self.chain == header.chain_before && first_missing == header.first_sequence;
        self.window.take(whole);
        let taken = self.window.taken(whole);
        let (header_bytes, body) = taken.split_at(version.header_bytes());
        self.chain = ChainValue::after(header_bytes, body);
        self.next_sequence = header.first_sequence + u64::from(header.record_count);
        if let Some(segment) = self.segment {
            self.good = Some((segment.number, self.window.position() - segment.start));
        }
        let damage = self.damage.take().map(|Begun { segment, offset, what, .. }| {
            let next = header.first_sequence;
            let place = JournalDamage { segment, offset, first_missing, next };
            Damaged { place, what, chain_holds }
        });
        Block {
            body,
            first_sequence: header.first_sequence,
            record_count: header.record_count,
            chain_before: header.chain_before,
            damage,
        }
    }

    /// Damage is met here: it begins, or the search for a good place goes on.
    fn meet(&mut self, what: Damage) -> Result<(), JournalError> {
        if self.damage.is_none() {
            let position = self.window.position();
            let (segment, offset) = match self.segment {
                Some(segment) => (segment.number, position - segment.start),
                None => (0, position),
            };
            self.damage = Some(Begun { segment, offset, position, what });
            if self.segment.is_some_and(|segment| segment.version == Version::One) {
                self.ending = Some(Ending::Torn { damage: what });
            }
            // What stands here is looked at once more: a whole block that only does not follow
            // is good behind the damage that it shows.
            return Ok(());
        }
        self.search()
    }

    /// Goes on to the next place where a header may begin, or to the end.
    fn search(&mut self) -> Result<(), JournalError> {
        self.window.take(1);
        loop {
            let there = self.window.peek(SEARCH_BYTES)?;
            let is_magic = |four: &[u8]| four == BLOCK_MAGIC || four == &SEGMENT_MAGIC[..4];
            let found = there.windows(4).position(is_magic);
            let (skip, done) = match found {
                Some(at) => (at, true),
                None if there.len() < SEARCH_BYTES => (there.len(), true),
                None => (there.len() - 3, false),
            };
            self.window.take(skip);
            if done {
                return Ok(());
            }
        }
    }
}

/// Whether a block can be the first of the run that its tag names. Where the header of the first
/// segment is damaged only this one is believed: a later block would have to be believed its tag,
/// and bytes from the wire could look like one.
fn is_first(header: &BlockHeader, tag: RunTag) -> bool {
    header.place == Some((0, HEADER_BYTES as u32))
        && header.first_sequence == 0
        && header.chain_before == ChainValue::first(tag)
}

fn checks(body: &[u8], first_sequence: u64, record_count: u32) -> bool {
    if first_sequence.checked_add(u64::from(record_count)).is_none() {
        return false;
    }
    let mut rest = body;
    for expected in (first_sequence..).take(record_count as usize) {
        match split_record(rest) {
            Some((record, behind)) if record.sequence == expected => rest = behind,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// The records of a good block's body, in order. Their checksums are not looked at again.
pub fn records(body: &[u8]) -> impl Iterator<Item = RawRecord<'_>> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let (record, behind) = split_checked_record(rest)?;
        rest = behind;
        Some(record)
    })
}

// What is peeked of a header is in it, and a whole one is in what is searched at once.
const _: () = assert!(HEADER_BYTES <= SEARCH_BYTES && PEEK_BYTES <= HEADER_BYTES);
