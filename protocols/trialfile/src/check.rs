//! The check of a foreign file before anything is read from it.
//!
//! Invariants:
//! - Only links and headers of objects are looked at: nothing is allocated for what a dataset or
//!   an attribute declares, and no link but a hard one is followed.
//! - The walk has a bound: every object is looked at once, and there is a most number of them.
//! - What passes has the kinds of objects that the layout has, and no others; whether they are the
//!   right ones is seen when they are read.

mod raw;

use std::collections::HashSet;

use crate::refusal::{Refusal, Refused};
use crate::{MAX_DECLARED_FACTOR, TrialFileError};
use raw::{Id, LinkKind, ObjectKind, StorageLayout, TypeKind};

/// Most objects in a file: those of the most channels that a plan can have, and some.
pub const MAX_OBJECTS: usize = 1 << 18;
/// Most groups within one another; the layout has five.
pub const MAX_DEPTH: usize = 8;
/// Longest name of an object, in bytes.
pub const MAX_NAME_BYTES: usize = 255;
/// Most dimensions of a dataset.
pub const MAX_RANK: usize = 3;
/// Largest chunk, in bytes; the layout's largest is 1 MiB.
pub const MAX_CHUNK_BYTES: u64 = 16 << 20;
/// Most attributes of an object.
pub const MAX_ATTRIBUTES: u64 = 32;
/// Largest attribute, in bytes.
pub const MAX_ATTRIBUTE_BYTES: u64 = 64 << 10;
/// Most fields of a row; the layout's largest has eight.
const MAX_FIELDS: usize = 16;
/// Most filters of a dataset.
const MAX_FILTERS: usize = 4;
/// Deflate, shuffle and Fletcher's checksum: the standard filters that change no value.
const STANDARD_FILTERS: [i32; 3] = [1, 2, 3];

pub(crate) use raw::switch_plugins_off;

/// Checks a file of `length` bytes.
///
/// # Errors
/// It has something that the layout has not, or the library can't read its headers.
pub(crate) fn check(file: &hdf5::File, length: u64) -> Result<(), TrialFileError> {
    // One walk is one turn at the library, which serves one thread at a time.
    hdf5::sync::sync(|| Walk::new(length).run(file.id()))
}

struct Walk {
    /// Most bytes that a dataset may declare.
    most_declared: u64,
    groups: HashSet<raw::Token>,
    others: HashSet<raw::Token>,
    /// Links seen or declared so far.
    links: usize,
    /// Groups that have yet to be looked at: path, and how many are above.
    open: Vec<(String, usize)>,
}

/// A failure with its place; where it is a refusal of the walk, `Refused` says so.
fn refused(object: &str, refusal: Refusal, found: u64, limit: u64) -> TrialFileError {
    TrialFileError::Refused(Refused { object: object.to_owned(), refusal, found, limit })
}

/// Puts the place around an error of the library.
fn at<T>(object: &str, result: Result<T, raw::Failed>) -> Result<T, TrialFileError> {
    result.map_err(|raw::Failed(doing)| TrialFileError::Malformed {
        what: object.to_owned(),
        why: format!("the library failed when {doing}"),
    })
}

impl Walk {
    fn new(length: u64) -> Walk {
        Walk {
            most_declared: length.saturating_mul(MAX_DECLARED_FACTOR),
            groups: HashSet::new(),
            others: HashSet::new(),
            links: 0,
            open: Vec::new(),
        }
    }

    fn run(mut self, file: i64) -> Result<(), TrialFileError> {
        let root = "/".to_owned();
        let object = at(&root, Id::open(file, &root))?;
        let info = at(&root, object.info())?;
        self.object(object, &root, info, 0)?;
        while let Some((path, depth)) = self.open.pop() {
            let group = at(&path, Id::open(file, &path))?;
            self.group(&group, &path, depth)?;
        }
        Ok(())
    }

    fn group(&mut self, group: &Id, path: &str, depth: usize) -> Result<(), TrialFileError> {
        // The number that the group declares is believed in so far as it is too large.
        let declared = usize::try_from(at(path, group.link_count())?).unwrap_or(usize::MAX);
        let left = MAX_OBJECTS - self.links;
        let too_many = || refused(path, Refusal::TooManyObjects, 0, MAX_OBJECTS as u64);
        if declared > left {
            return Err(too_many());
        }
        let links = at(path, group.links(left + 1))?;
        if links.len() > left {
            return Err(too_many());
        }
        self.links += links.len();
        for link in links {
            let Some(name) = link.name.filter(|name| is_name(name)) else {
                return Err(refused(path, Refusal::Name, 0, MAX_NAME_BYTES as u64));
            };
            let inner = format!("{}/{name}", path.trim_end_matches('/'));
            match link.kind {
                LinkKind::Hard(token) if self.others.contains(&token) => continue,
                LinkKind::Hard(token) if self.groups.contains(&token) => {
                    return Err(refused(&inner, Refusal::GroupTwice, 0, 0));
                }
                LinkKind::Hard(_) => {}
                LinkKind::Soft => return Err(refused(&inner, Refusal::SoftLink, 0, 0)),
                LinkKind::External => return Err(refused(&inner, Refusal::ExternalLink, 0, 0)),
                LinkKind::Other => return Err(refused(&inner, Refusal::UnknownLink, 0, 0)),
            }
            let object = at(&inner, Id::open(group.number(), &name))?;
            let info = at(&inner, object.info())?;
            self.object(object, &inner, info, depth + 1)?;
        }
        Ok(())
    }

    fn object(
        &mut self,
        object: Id,
        path: &str,
        info: raw::ObjectInfo,
        depth: usize,
    ) -> Result<(), TrialFileError> {
        match at(path, object.kind())? {
            ObjectKind::Group => {
                if !self.groups.insert(info.token) {
                    return Err(refused(path, Refusal::GroupTwice, 0, 0));
                }
                if depth > MAX_DEPTH {
                    return Err(refused(path, Refusal::TooDeep, 0, MAX_DEPTH as u64));
                }
                self.open.push((path.to_owned(), depth));
            }
            ObjectKind::Dataset => {
                self.others.insert(info.token);
                self.dataset(&object, path)?;
            }
            ObjectKind::Other => return Err(refused(path, Refusal::UnknownObject, 0, 0)),
        }
        attributes(&object, path, info.attributes)
    }

    fn dataset(&self, dataset: &Id, path: &str) -> Result<(), TrialFileError> {
        let creation = at(path, dataset.creation())?;
        if at(path, creation.external_files())? > 0 {
            return Err(refused(path, Refusal::ExternalStorage, 0, 0));
        }
        let layout = at(path, creation.layout())?;
        if layout == StorageLayout::Other {
            return Err(refused(path, Refusal::VirtualDataset, 0, 0));
        }
        filters(&creation, path)?;
        let of = at(path, dataset.dataset_type())?;
        let bytes = element_bytes(&of, path)?;
        let space = at(path, dataset.dataset_space())?;
        let rank = at(path, space.rank())?;
        if rank > MAX_RANK {
            return Err(refused(path, Refusal::Rank, rank as u64, MAX_RANK as u64));
        }
        let product =
            |sides: &[u64]| sides.iter().fold(bytes, |all, side| all.saturating_mul(*side));
        let declared = product(&at(path, space.sides::<MAX_RANK>())?);
        if declared > self.most_declared {
            return Err(refused(path, Refusal::DeclaredBytes, declared, self.most_declared));
        }
        if layout == StorageLayout::Chunked {
            let chunk = product(&at(path, creation.chunk_sides::<MAX_RANK>())?);
            if chunk > MAX_CHUNK_BYTES {
                return Err(refused(path, Refusal::ChunkBytes, chunk, MAX_CHUNK_BYTES));
            }
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.contains('/') && name != "."
}

fn filters(creation: &Id, path: &str) -> Result<(), TrialFileError> {
    for filter in at(path, creation.filters(MAX_FILTERS))? {
        // Of the standard ones, this build may lack some.
        if !STANDARD_FILTERS.contains(&filter) || !raw::has_filter(filter) {
            return Err(refused(path, Refusal::Filter, u64::try_from(filter).unwrap_or(0), 0));
        }
    }
    Ok(())
}

/// Bytes of an element that is a number or a row of numbers.
fn element_bytes(of: &Id, path: &str) -> Result<u64, TrialFileError> {
    let wrong = || refused(path, Refusal::ElementType, 0, 0);
    match at(path, of.type_kind())? {
        TypeKind::Number => {}
        TypeKind::Row => {
            let fields = at(path, of.field_count())?;
            if fields == 0 || fields > MAX_FIELDS {
                return Err(wrong());
            }
            for index in 0..fields {
                let field = at(path, of.field(index))?;
                if at(path, field.type_kind())? != TypeKind::Number || !is_plain(&field, path)? {
                    return Err(wrong());
                }
            }
            return at(path, of.type_bytes());
        }
        TypeKind::Text | TypeKind::Other => return Err(wrong()),
    }
    if is_plain(of, path)? { at(path, of.type_bytes()) } else { Err(wrong()) }
}

/// Whether a number has one of the sizes that the layout's numbers have.
fn is_plain(number: &Id, path: &str) -> Result<bool, TrialFileError> {
    Ok([1, 2, 4, 8].contains(&at(path, number.type_bytes())?))
}

fn attributes(object: &Id, path: &str, count: u64) -> Result<(), TrialFileError> {
    if count > MAX_ATTRIBUTES {
        return Err(refused(path, Refusal::TooManyAttributes, count, MAX_ATTRIBUTES));
    }
    for index in 0..count {
        let attribute = at(path, object.attribute(index))?;
        let bytes = at(path, attribute.attribute_bytes())?;
        if bytes > MAX_ATTRIBUTE_BYTES {
            return Err(refused(path, Refusal::AttributeBytes, bytes, MAX_ATTRIBUTE_BYTES));
        }
        let of = at(path, attribute.attribute_type())?;
        let one = at(path, at(path, attribute.attribute_space())?.rank())? == 0;
        let plain = match at(path, of.type_kind())? {
            TypeKind::Text => true,
            TypeKind::Number => is_plain(&of, path)?,
            TypeKind::Row | TypeKind::Other => false,
        };
        if !one || !plain {
            return Err(refused(path, Refusal::AttributeType, 0, 0));
        }
    }
    Ok(())
}
