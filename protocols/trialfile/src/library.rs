//! The few ways in which a trial file is read through the HDF5 library.
//!
//! Invariants:
//! - Every request is about named objects and has a bounded answer.
//! - The same functions serve the file that this station writes and, inside the reader process,
//!   the file of others; there the file has been checked before ([`crate::check`]).

use std::collections::HashMap;
use std::ops::Range;

use hdf5::plist::file_access::MetadataCacheConfig;
use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File};

use crate::element::Element;
use crate::places::Places;
use crate::{TrialFileError, doing};

/// Most datasets that stay open between requests: an open one takes some 20 kB.
const MAX_OPEN_DATASETS: usize = 128;

/// Bytes of metadata that the library keeps, once it has seen that it needs them.
const METADATA_CACHE_BYTES: usize = 8 << 20;

/// How the library keeps metadata of a file.
pub(crate) fn metadata_cache() -> MetadataCacheConfig {
    MetadataCacheConfig { max_size: METADATA_CACHE_BYTES, ..MetadataCacheConfig::default() }
}

/// A file with the datasets of it that were asked for last.
#[derive(Debug)]
pub(crate) struct Library {
    file: File,
    open: HashMap<String, Dataset>,
}

impl Library {
    pub fn new(file: File) -> Library {
        Library { file, open: HashMap::new() }
    }

    fn dataset(&mut self, name: &str) -> Result<Dataset, TrialFileError> {
        if let Some(dataset) = self.open.get(name) {
            return Ok(dataset.clone());
        }
        let dataset = open_dataset(&self.file, name)?;
        if self.open.len() >= MAX_OPEN_DATASETS {
            self.open.clear();
        }
        self.open.insert(name.to_owned(), dataset.clone());
        Ok(dataset)
    }

    /// Length of a one-dimensional dataset.
    pub fn size(&mut self, name: &str) -> Result<usize, TrialFileError> {
        size(&self.dataset(name)?, name)
    }

    /// Elements of a one-dimensional dataset.
    pub fn read<T: Element>(
        &mut self,
        name: &str,
        range: Range<usize>,
    ) -> Result<Vec<T>, TrialFileError> {
        read(&self.dataset(name)?, name, range)
    }

    /// The first element of ascending times that is not before a bound; with `after`, the first
    /// that is behind it. Found by halving.
    pub fn position(
        &mut self,
        name: &str,
        bound: i64,
        after: bool,
    ) -> Result<usize, TrialFileError> {
        position(&self.dataset(name)?, name, bound, after)
    }

    pub fn text(&mut self, object: &str, attribute: &str) -> Result<String, TrialFileError> {
        text(&self.file, object, attribute)
    }

    pub fn members(&mut self, group: &str) -> Result<Vec<String>, TrialFileError> {
        members(&self.file, group)
    }

    pub fn exists(&mut self, path: &str) -> bool {
        exists(&self.file, path)
    }

    /// Whether two names lead to one dataset.
    pub fn same(&mut self, first: &str, second: &str) -> Result<bool, TrialFileError> {
        same(&self.file, first, second)
    }

    /// Where the chunks of a dataset lie; `None` if it has to be read through the library.
    pub fn places<T: Element>(&mut self, name: &str) -> Result<Option<Places>, TrialFileError> {
        Places::of::<T>(&self.dataset(name)?, name)
    }

    /// Whether a dataset has an attribute of this name.
    pub fn has_attribute(&mut self, object: &str, name: &str) -> Result<bool, TrialFileError> {
        has_attribute(&self.file, object, name)
    }
}

/// Whether two names lead to one dataset, by hard links.
pub(crate) fn same(file: &File, first: &str, second: &str) -> Result<bool, TrialFileError> {
    let place = |name: &str| {
        let info = open_dataset(file, name)?.loc_info();
        doing(|| format!("looking at {name}"), info).map(|info| (info.fileno, info.token))
    };
    Ok(place(first)? == place(second)?)
}

/// Whether a dataset has an attribute of this name.
pub(crate) fn has_attribute(file: &File, object: &str, name: &str) -> Result<bool, TrialFileError> {
    let names = open_dataset(file, object)?.attr_names();
    let names = doing(|| format!("listing the attributes of {object}"), names)?;
    Ok(names.iter().any(|found| found == name))
}

pub(crate) fn open_dataset(file: &File, name: &str) -> Result<Dataset, TrialFileError> {
    doing(|| format!("opening {name}"), file.dataset(name))
}

pub(crate) fn size(dataset: &Dataset, name: &str) -> Result<usize, TrialFileError> {
    if dataset.ndim() == 1 {
        Ok(dataset.size())
    } else {
        let why = format!("it has {} dimensions in place of one", dataset.ndim());
        Err(TrialFileError::Malformed { what: name.to_owned(), why })
    }
}

pub(crate) fn read<T: Element>(
    dataset: &Dataset,
    name: &str,
    range: Range<usize>,
) -> Result<Vec<T>, TrialFileError> {
    let length = size(dataset, name)?;
    if range.start > range.end || range.end > length {
        let why = format!("it has {length} elements, and {range:?} were asked for");
        return Err(TrialFileError::Malformed { what: name.to_owned(), why });
    }
    if range.is_empty() {
        return Ok(Vec::new());
    }
    let values = dataset.read_slice_1d::<T, _>(range);
    Ok(doing(|| format!("reading {name}"), values)?.into_raw_vec_and_offset().0)
}

pub(crate) fn position(
    dataset: &Dataset,
    name: &str,
    bound: i64,
    after: bool,
) -> Result<usize, TrialFileError> {
    let (mut low, mut high) = (0, size(dataset, name)?);
    while low < high {
        let middle = low + (high - low) / 2;
        let time = read::<i64>(dataset, name, middle..middle + 1)?;
        let before = |time: &i64| if after { *time <= bound } else { *time < bound };
        if time.first().is_some_and(before) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

pub(crate) fn text(file: &File, object: &str, attribute: &str) -> Result<String, TrialFileError> {
    let text: hdf5::Result<VarLenUnicode> =
        open_dataset(file, object)?.attr(attribute).and_then(|attribute| attribute.read_scalar());
    let text = doing(|| format!("reading {object}@{attribute}"), text)?;
    // The library hands on whatever bytes stand in the file, and its text type believes them.
    let checked = std::str::from_utf8(text.as_bytes());
    checked.map(str::to_owned).map_err(|error| TrialFileError::Malformed {
        what: format!("{object}@{attribute}"),
        why: error.to_string(),
    })
}

pub(crate) fn members(file: &File, group: &str) -> Result<Vec<String>, TrialFileError> {
    let names = file.group(group).and_then(|group| group.member_names());
    let mut names = doing(|| format!("listing {group}"), names)?;
    names.sort_unstable();
    Ok(names)
}

/// Whether every part of a path is there.
pub(crate) fn exists(file: &File, path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.into_iter().all(|end| path.get(..end).is_some_and(|part| file.link_exists(part)))
}
