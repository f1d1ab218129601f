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
    places: Arc<Places>,
    element_bytes: usize,
}

impl PlainDataset {
    /// The dataset of these places, which are sound.
    pub fn new(file: Arc<File>, places: Places, element_bytes: usize) -> PlainDataset {
        PlainDataset { file, places: Arc::new(places), element_bytes }
    }

    /// Number of elements.
    pub fn length(&self) -> usize {
        self.places.length
    }

    /// Number of its chunks.
    pub fn chunks(&self) -> usize {
        self.places.offsets.len()
    }

    /// Its places, to be compared with those of others.
    pub fn shared_places(&self) -> Arc<Places> {
        Arc::clone(&self.places)
    }

    /// Whether it lies in these places, so that it has the same elements.
    pub fn is_at(&self, places: &Arc<Places>) -> bool {
        // Equal places of one channel are found without a look at every chunk.
        Arc::ptr_eq(&self.places, places) || self.places == *places
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

    /// Reads so many elements of 8 bytes from `start` on as `numbers` has room for.
    ///
    /// # Errors
    /// As [`PlainDataset::read`].
    pub fn read_numbers(&self, start: usize, numbers: &mut [f64]) -> std::io::Result<()> {
        // Bytes have places only where the processor has their order.
        self.read_into(start, bytemuck::cast_slice_mut(numbers))
    }

    /// Reads the bytes of so many elements from `start` on as `bytes` has room for.
    ///
    /// # Errors
    /// As [`PlainDataset::read`].
    pub fn read_into(&self, mut start: usize, bytes: &mut [u8]) -> std::io::Result<()> {
        let Places { length, chunk, fill, offsets } = &*self.places;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor;
    use std::path::PathBuf;

    const CHUNK: usize = 64;
    const LENGTH: usize = 1000;

    /// A file that is removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let name = format!("places-{name}-{}.h5", std::process::id());
            Scratch(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    /// Closes a file with a dataset `d` of 1000 numbers, of which the chunks 3 and 15 were written.
    fn make(path: &std::path::Path, build: impl Fn(hdf5::DatasetBuilderEmptyShape) -> Dataset) {
        let file =
            hdf5::FileBuilder::new().with_fcpl(|plist| plist.userblock(4096)).create(path).unwrap();
        let dataset = build(file.new_dataset::<u16>().shape(LENGTH));
        for start in [3 * CHUNK, 15 * CHUNK] {
            let numbers: Vec<u16> = (start..LENGTH.min(start + CHUNK)).map(|n| n as u16).collect();
            dataset.write_slice(&numbers, start..start + numbers.len()).unwrap();
        }
    }

    fn places<T: Element>(path: &std::path::Path) -> (Dataset, Option<PlainDataset>) {
        // Another test may be starting a child, which has the writer's lock until it is there.
        let dataset = descriptor::read_alone(path).unwrap().dataset("d").unwrap();
        let found = Places::of::<T>(&dataset, "d").unwrap();
        let file = Arc::new(File::open(path).unwrap());
        let plain = found.map(|places| {
            assert!(places.is_sound(T::BYTES, LENGTH));
            assert!(!places.is_sound(T::BYTES + 1, LENGTH) && !places.is_sound(T::BYTES, 999));
            PlainDataset::new(file, places, T::BYTES)
        });
        (dataset, plain)
    }

    #[test]
    fn bytes_where_they_lie_are_what_the_library_reads() {
        for fill in [0_u16, 0x0102] {
            let scratch = Scratch::new(&format!("plain-{fill}"));
            make(&scratch.0, |builder| builder.chunk(CHUNK).fill_value(fill).create("d").unwrap());
            let (dataset, plain) = places::<u16>(&scratch.0);
            let plain = plain.unwrap();
            assert_eq!(plain.length(), LENGTH);
            let mut bytes = vec![7; 3];
            for range in [0..LENGTH, 0..0, 190..270, 959..1000, 63..65, 999..1000] {
                plain.read(range.clone(), &mut bytes).unwrap();
                let read = library::read::<u16>(&dataset, "d", range.clone()).unwrap();
                assert_eq!(bytes, *u16::bytes_of(&read), "{range:?} of {fill}");
            }
            assert!(plain.read(990..1001, &mut bytes).is_err());
            assert_eq!(plain.is_unwritten_zero(0..192), fill == 0);
            assert!(!plain.is_unwritten_zero(0..193));
            assert!(!plain.is_unwritten_zero(999..1000));
        }
    }

    #[test]
    fn what_is_not_plain_is_read_through_the_library() {
        type Build = fn(hdf5::DatasetBuilderEmptyShape) -> Dataset;
        let others: [(&str, Build); 3] = [
            ("whole", |builder| builder.create("d").unwrap()),
            ("shuffled", |builder| builder.chunk(CHUNK).shuffle().create("d").unwrap()),
            ("summed", |builder| builder.chunk(CHUNK).fletcher32().create("d").unwrap()),
        ];
        for (name, build) in others {
            let scratch = Scratch::new(name);
            make(&scratch.0, build);
            assert!(places::<u16>(&scratch.0).1.is_none(), "{name}");
        }
        let scratch = Scratch::new("type");
        make(&scratch.0, |builder| builder.chunk(CHUNK).create("d").unwrap());
        assert!(places::<i16>(&scratch.0).1.is_none());
        assert!(places::<u32>(&scratch.0).1.is_none());
        assert!(places::<u16>(&scratch.0).1.is_some());
    }

    #[test]
    fn a_file_that_was_cut_is_an_error() {
        let scratch = Scratch::new("cut");
        make(&scratch.0, |builder| builder.chunk(CHUNK).create("d").unwrap());
        let (_, plain) = places::<u16>(&scratch.0);
        let plain = plain.unwrap();
        std::fs::OpenOptions::new().write(true).open(&scratch.0).unwrap().set_len(4096).unwrap();
        let mut bytes = Vec::new();
        assert!(plain.read(0..64, &mut bytes).is_ok(), "nothing was written there");
        assert!(plain.read(192..256, &mut bytes).is_err());
    }
}
