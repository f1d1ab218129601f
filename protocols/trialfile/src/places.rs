//! Where the elements of a plain dataset lie in the file.
//!
//! A column is read through the library a stretch at a time, and out of the reader process copied
//! twice more. Whoever reads whole columns asks once where their chunks are, and reads the bytes
//! there: plain bytes, which no library takes apart.
//!
//! Invariants:
//! - Only datasets of one dimension, in chunks, without filters and in the very type that is asked
//!   for have places; all others are read through the library.
//! - Places out of the reader process are believed no more than its elements are: what they give
//!   are numbers, and no count is beyond what the message carried.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use hdf5::Dataset;

use crate::check::MAX_CHUNK_BYTES;
use crate::element::{Element, encode_all};
use crate::{TrialFileError, doing, library};

/// Most chunks of a dataset whose places are told; a longer one is read through the library.
pub(crate) const MAX_PLACES: usize = 1 << 17;
/// The place of a chunk that was never written: its elements have the fill value.
pub(crate) const NOWHERE: u64 = u64::MAX;

/// The places of a dataset's chunks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    /// Elements of the dataset.
    pub length: usize,
    /// Elements of a chunk.
    pub chunk: usize,
    /// Bytes of an element where nothing was written.
    pub fill: Vec<u8>,
    /// Offset of each chunk in the file, or [`NOWHERE`].
    pub offsets: Vec<u64>,
}

impl Places {
    /// The places of a dataset; `None` if it is to be read through the library.
    ///
    /// # Errors
    /// The library can't read it.
    pub fn of<T: Element>(dataset: &Dataset, name: &str) -> Result<Option<Places>, TrialFileError> {
        let told = |what: &'static str| move || format!("{what} {name}");
        let same_type = || dataset.dtype().map(|found| found.is::<T>());
        let chunk = match dataset.chunk().as_deref() {
            Some([chunk]) if *chunk > 0 => *chunk,
            _ => return Ok(None),
        };
        let plain = cfg!(target_endian = "little") && dataset.ndim() == 1;
        let bytes = chunk.saturating_mul(T::BYTES) as u64;
        if !plain || bytes > MAX_CHUNK_BYTES || !dataset.filters().is_empty() {
            return Ok(None);
        }
        if !doing(told("looking at the type of"), same_type())? {
            return Ok(None);
        }
        let length = dataset.size();
        let count = length.div_ceil(chunk);
        if count > MAX_PLACES {
            return Ok(None);
        }
        let mut offsets = vec![NOWHERE; count];
        let mut whole = true;
        let visited = dataset.chunks_visit(|found| {
            let index = found.offset.first().map_or(usize::MAX, |at| *at as usize / chunk);
            // A chunk behind the end was left by a dataset that became shorter.
            if let Some(offset) = offsets.get_mut(index) {
                *offset = found.addr;
                whole &= found.size == bytes && found.filter_mask == 0;
            }
            0
        });
        doing(told("looking for the chunks of"), visited)?;
        let fill = match offsets.iter().position(|offset| *offset == NOWHERE) {
            Some(index) => library::read::<T>(dataset, name, index * chunk..index * chunk + 1)?,
            None => library::read::<T>(dataset, name, 0..0)?,
        };
        let mut places = Places { length, chunk, fill: vec![0; T::BYTES], offsets };
        if !fill.is_empty() {
            places.fill.clear();
            encode_all(&fill, &mut places.fill);
        }
        Ok(whole.then_some(places))
    }

    /// Whether places that came out of a reader process can be those of elements of so many bytes,
    /// in a dataset of at most `most` elements.
    pub fn is_sound(&self, element_bytes: usize, most: usize) -> bool {
        let chunk_bytes = self.chunk.saturating_mul(element_bytes) as u64;
        (1..=MAX_CHUNK_BYTES).contains(&chunk_bytes)
            && self.length <= most
            && self.fill.len() == element_bytes
            && self.offsets.len() == self.length.div_ceil(self.chunk)
    }
}

/// A dataset whose bytes are read where they lie.
#[derive(Debug)]
pub(crate) struct PlainDataset {
    file: Arc<File>,
    places: Places,
    element_bytes: usize,
}

impl PlainDataset {
    /// The dataset of these places, which are sound.
    pub fn new(file: Arc<File>, places: Places, element_bytes: usize) -> PlainDataset {
        PlainDataset { file, places, element_bytes }
    }

    /// Number of elements.
    pub fn length(&self) -> usize {
        self.places.length
    }

    /// Whether both lie in the same places, so that they are the same elements.
    pub fn is_same(&self, other: &PlainDataset) -> bool {
        self.places == other.places
    }

    /// Whether nothing was written of these elements, and they are 0 therefore.
    pub fn is_unwritten_zero(&self, range: Range<usize>) -> bool {
        let chunks = range.start / self.places.chunk..range.end.div_ceil(self.places.chunk);
        self.places.fill.iter().all(|byte| *byte == 0)
            && self
                .places
                .offsets
                .get(chunks)
                .is_some_and(|offsets| offsets.iter().all(|offset| *offset == NOWHERE))
    }

    /// Reads the bytes of elements, little-endian, in place of what `bytes` had.
    ///
    /// # Errors
    /// There are not so many elements, or the file can't be read there.
    pub fn read(&self, range: Range<usize>, bytes: &mut Vec<u8>) -> std::io::Result<()> {
        if range.start > range.end || range.end > self.places.length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.resize(range.len() * self.element_bytes, 0);
        self.read_into(range.start, bytes)
    }

    /// Reads the bytes of so many elements from `start` on as `bytes` has room for.
    ///
    /// # Errors
    /// As [`PlainDataset::read`].
    pub fn read_into(&self, mut start: usize, bytes: &mut [u8]) -> std::io::Result<()> {
        let Places { length, chunk, fill, offsets } = &self.places;
        let mut rest = bytes;
        while rest.len() >= self.element_bytes {
            if start >= *length {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let (index, within) = (start / chunk, start % chunk);
            let count = (chunk - within).min(length - start).min(rest.len() / self.element_bytes);
            let (part, behind) = rest.split_at_mut(count * self.element_bytes);
            match offsets.get(index) {
                Some(&offset) if offset != NOWHERE => {
                    let at = offset.saturating_add((within * self.element_bytes) as u64);
                    self.file.read_exact_at(part, at)?;
                }
                _ => part.chunks_exact_mut(fill.len()).for_each(|one| one.copy_from_slice(fill)),
            }
            rest = behind;
            start += count;
        }
        Ok(())
    }
}
