//! From where a trial file is read: through the library in this process, or out of the reader
//! process.
//!
//! Invariant: what stands above is the same for both; it can't tell from where its answers come.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::element::{Element, ElementKind};
use crate::places::Places;
use crate::reader_process::{Client, MAX_ELEMENT_BYTES};
use crate::tables::{BinRow, ClockRow, GapRow};
use crate::{TrialFileError, library};

/// Where answers come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The file that this station writes, or has just written.
    Own(hdf5::File),
    /// A reader process that has a file of others open.
    Foreign(Box<Mutex<Client>>),
}

impl Source {
    pub fn foreign(client: Client) -> Source {
        Source::Foreign(Box::new(Mutex::new(client)))
    }

    /// Length of a one-dimensional dataset.
    pub fn size(&self, name: &str) -> Result<usize, TrialFileError> {
        match self {
            Source::Own(file) => library::size(&library::open_dataset(file, name)?, name),
            Source::Foreign(client) => lock(client).size(name),
        }
    }

    /// Elements of a one-dimensional dataset; as many as there are in the range, or an error.
    pub fn read<T: Element>(
        &self,
        name: &str,
        range: Range<usize>,
    ) -> Result<Vec<T>, TrialFileError> {
        let client = match self {
            Source::Own(file) => {
                return library::read(&library::open_dataset(file, name)?, name, range);
            }
            Source::Foreign(client) => client,
        };
        // Room is made as the answers come, not for what a file declares.
        let mut elements = Vec::new();
        let most = MAX_ELEMENT_BYTES / T::BYTES;
        let mut start = range.start;
        while start < range.end {
            let count = most.min(range.end - start);
            lock(client).read(name, start, count, &mut elements)?;
            start += count;
        }
        Ok(elements)
    }

    /// Where the chunks of datasets lie, each with its type; `None` for one that has to be read.
    pub fn places(
        &self,
        datasets: &[(ElementKind, String)],
    ) -> Result<Vec<Option<Places>>, TrialFileError> {
        match self {
            Source::Own(file) => {
                let places = datasets.iter().map(|(kind, name)| {
                    let dataset = library::open_dataset(file, name)?;
                    with_element!(*kind, Type => Places::of::<Type>(&dataset, name))
                });
                places.collect()
            }
            Source::Foreign(client) => lock(client).places(datasets),
        }
    }

    /// The first of ascending times that is not before a bound; with `after`, the first behind it.
    pub fn position(&self, name: &str, bound: i64, after: bool) -> Result<usize, TrialFileError> {
        match self {
            Source::Own(file) => {
                library::position(&library::open_dataset(file, name)?, name, bound, after)
            }
            Source::Foreign(client) => lock(client).position(name, bound, after),
        }
    }

    /// A text attribute of a dataset.
    pub fn text(&self, object: &str, attribute: &str) -> Result<String, TrialFileError> {
        match self {
            Source::Own(file) => library::text(file, object, attribute),
            Source::Foreign(client) => lock(client).text(object, attribute),
        }
    }

    /// Names of a group's members, sorted.
    pub fn members(&self, group: &str) -> Result<Vec<String>, TrialFileError> {
        match self {
            Source::Own(file) => library::members(file, group),
            Source::Foreign(client) => lock(client).members(group),
        }
    }

    /// Whether two names lead to one dataset.
    pub fn same(&self, first: &str, second: &str) -> Result<bool, TrialFileError> {
        match self {
            Source::Own(file) => library::same(file, first, second),
            Source::Foreign(client) => lock(client).same(first, second),
        }
    }

    /// Whether a dataset has an attribute of this name.
    pub fn has_attribute(&self, object: &str, name: &str) -> Result<bool, TrialFileError> {
        match self {
            Source::Own(file) => library::has_attribute(file, object, name),
            Source::Foreign(client) => lock(client).has_attribute(object, name),
        }
    }

    /// Whether there is an object of this name.
    pub fn exists(&self, path: &str) -> Result<bool, TrialFileError> {
        match self {
            Source::Own(file) => Ok(library::exists(file, path)),
            Source::Foreign(client) => lock(client).exists(path),
        }
    }
}

/// A client that another thread left in the middle of a request answers no more, by itself.
pub(crate) fn lock(client: &Mutex<Client>) -> std::sync::MutexGuard<'_, Client> {
    client.lock().unwrap_or_else(PoisonError::into_inner)
}
