//! What was handed to the library, and whether it is in the closed file.
//!
//! The library may lose what it could not write, and its last errors come when nobody is told: a
//! file's datasets are therefore read back, all of them, before it has its name. What is held
//! against them is a CRC-32C of the bytes that were handed over. That finds what the library lost;
//! what the disk makes of it later is found by the digest, and intent by the seal.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use crate::element::{Element, ElementKind};
use crate::places::{Places, PlainDataset};
use crate::seal::io;
use crate::tables::{BinRow, ClockRow, GapRow};
use crate::{TrialFileError, descriptor, doing, library};

/// Bytes that are read back at once.
const STEP_BYTES: usize = 1 << 20;
const ZEROS: [u8; 4096] = [0; 4096];

/// What was handed over for one dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Handed {
    pub kind: ElementKind,
    /// Number of elements.
    pub elements: usize,
    checksum: u32,
}

impl Handed {
    /// Nothing yet.
    pub fn nothing<T: Element>() -> Handed {
        Handed { kind: T::KIND, elements: 0, checksum: 0 }
    }

    /// These elements follow.
    pub fn add<T: Element>(&mut self, elements: &[T]) {
        debug_assert_eq!(self.kind, T::KIND);
        self.elements += elements.len();
        self.checksum = crc32c::crc32c_append(self.checksum, &T::bytes_of(elements));
    }

    /// Elements follow up to this number that are not written, because they are 0.
    pub fn zeros_to(&mut self, elements: usize) {
        let mut left = elements.saturating_sub(self.elements) * self.kind.bytes();
        self.elements = self.elements.max(elements);
        while left > 0 {
            let count = left.min(ZEROS.len());
            let zeros = ZEROS.get(..count).unwrap_or_default();
            self.checksum = crc32c::crc32c_append(self.checksum, zeros);
            left -= count;
        }
    }
}

/// All that was handed over: each dataset by its path.
pub(super) type AllHanded = Vec<(String, Handed)>;

/// Whether a closed file has all that was handed over.
///
/// # Errors
/// It can't be opened or read, or a dataset is not what was handed over.
pub(super) fn check(path: &Path, all: &AllHanded) -> Result<(), TrialFileError> {
    let opened = descriptor::read_alone(path);
    let file = doing(|| format!("opening {}", path.display()), opened)?;
    let bytes = File::open(path).map_err(io("open", path))?;
    let bytes = Arc::new(bytes);
    let mut buffer = Vec::new();
    for (name, handed) in all {
        let found = with_element!(handed.kind, Type => {
            found::<Type>(&file, &bytes, name, &mut buffer)
        })?;
        if found != *handed {
            let why = "it is not what was written; check the disk, and run `daq recover`";
            return Err(TrialFileError::Malformed { what: name.clone(), why: why.to_owned() });
        }
    }
    Ok(())
}

fn found<T: Element>(
    file: &hdf5::File,
    bytes: &Arc<File>,
    name: &str,
    buffer: &mut Vec<u8>,
) -> Result<Handed, TrialFileError> {
    let dataset = library::open_dataset(file, name)?;
    let mut found = Handed::nothing::<T>();
    let length = library::size(&dataset, name)?;
    let plain = Places::of::<T>(&dataset, name)?
        .map(|places| PlainDataset::new(Arc::clone(bytes), places, T::BYTES));
    let step = STEP_BYTES / T::BYTES;
    for start in (0..length).step_by(step) {
        let range = start..length.min(start + step);
        match &plain {
            Some(plain) if plain.is_unwritten_zero(range.clone()) => found.zeros_to(range.end),
            Some(plain) => {
                let read = plain.read(range.clone(), buffer);
                read.map_err(io("read back", Path::new(name)))?;
                found.checksum = crc32c::crc32c_append(found.checksum, buffer);
                found.elements = range.end;
            }
            None => found.add(&library::read::<T>(&dataset, name, range)?),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::USER_BLOCK_BYTES;

    #[test]
    fn a_file_that_lost_what_was_written_is_found_out() {
        let path = std::env::temp_dir().join(format!("handed-{}.h5", std::process::id()));
        let numbers: Vec<u32> = (0..5000).map(|number| number * 7 + 1).collect();
        let mut grown = Handed::nothing::<u32>();
        let mut fixed = Handed::nothing::<u32>();
        let mut sparse = Handed::nothing::<u16>();
        {
            let file = hdf5::FileBuilder::new()
                .with_fcpl(|plist| plist.userblock(USER_BLOCK_BYTES))
                .create(&path)
                .unwrap();
            let dataset = file.new_dataset::<u32>().chunk(1024).shape(0..).create("grown");
            let dataset = dataset.unwrap();
            for part in numbers.chunks(1024) {
                super::super::append(&dataset, 1024, &mut grown, part).unwrap();
            }
            file.new_dataset_builder().with_data(&numbers).create("fixed").unwrap();
            fixed.add(&numbers);
            file.new_dataset::<u16>().chunk(512).shape(3000).create("sparse").unwrap();
            sparse.zeros_to(3000);
        }
        let all: AllHanded = [("grown", grown), ("fixed", fixed), ("sparse", sparse)]
            .map(|(name, handed)| (name.to_owned(), handed))
            .into();
        check(&path, &all).unwrap();
        let whole = std::fs::read(&path).unwrap();
        // Some number of each dataset that was written, and a chunk that never came to the disk.
        let place = |number: u32, nth: usize| {
            let bytes = number.to_le_bytes();
            let mut found = whole.windows(4).enumerate().filter(|(_, four)| *four == bytes);
            found.nth(nth).unwrap().0
        };
        for nth in 0..2 {
            let at = place(numbers[4321], nth);
            let mut changed = whole.clone();
            changed[at] ^= 1;
            std::fs::write(&path, &changed).unwrap();
            assert!(matches!(check(&path, &all), Err(TrialFileError::Malformed { .. })));
            changed[at - 400..at + 400].fill(0);
            std::fs::write(&path, &changed).unwrap();
            assert!(matches!(check(&path, &all), Err(TrialFileError::Malformed { .. })));
        }
        std::fs::write(&path, &whole).unwrap();
        check(&path, &all).unwrap();
        // Too few, too many, and a number that was thought to be 0.
        for elements in [4999, 5001] {
            let mut other = all.clone();
            other[0].1.elements = elements;
            assert!(check(&path, &other).is_err());
        }
        let mut other = all.clone();
        other[2].1 = Handed::nothing::<u16>();
        other[2].1.add(&[1]);
        other[2].1.zeros_to(3000);
        assert!(check(&path, &other).is_err());
        std::fs::remove_file(&path).unwrap();
    }
}
