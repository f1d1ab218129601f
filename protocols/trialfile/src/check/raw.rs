//! The library's own functions that the check needs, behind types that close what they open.
//!
//! `unsafe` is needed because these are functions in C. They are declared here, and not taken from
//! the bindings, because the bindings return the library's enumerations as Rust ones: a foreign
//! file decides what number comes back, and a number that has no name there would be undefined
//! behaviour. Here they are plain integers.
//!
//! What every call relies on: the callers hold the lock of the library ([`hdf5::sync::sync`]);
//! numbers of objects come from the library and stay open as long as their [`Id`] lives; texts end
//! with a zero byte; buffers are as long as the call is told.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_long, c_uint, c_ulong, c_void};
use std::ptr::null_mut;

/// A call of the library failed; says what it was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed(pub &'static str);

/// Where an object lies in its file: two links with the same lead to the same object.
pub(super) type Token = [u8; 16];

/// Kind of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LinkKind {
    Hard(Token),
    Soft,
    External,
    Other,
}

/// A link of a group; the name is `None` if it is no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub name: Option<String>,
    pub kind: LinkKind,
}

/// Kind of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectKind {
    Group,
    Dataset,
    Other,
}

/// What an object's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ObjectInfo {
    pub token: Token,
    pub attributes: u64,
}

/// How a dataset's bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StorageLayout {
    Whole,
    Chunked,
    Other,
}

/// Kind of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeKind {
    Number,
    Text,
    Row,
    Other,
}

#[repr(C)]
struct RawObjectInfo {
    file: c_ulong,
    token: Token,
    kind: c_int,
    references: c_uint,
    times: [libc::time_t; 4],
    attributes: u64,
}

#[repr(C)]
struct RawLinkInfo {
    kind: c_int,
    creation_known: bool,
    creation: i64,
    character_set: c_int,
    /// Of a hard link; aligned as the size that stands here for other links.
    target: RawTarget,
}

#[repr(C, align(8))]
struct RawTarget(Token);

const _: () = assert!(align_of::<usize>() <= 8 && size_of::<c_long>() == 8);

#[repr(C)]
struct RawGroupInfo {
    storage: c_int,
    links: u64,
    most_creation: i64,
    mounted: bool,
}

type LinkCallback =
    unsafe extern "C" fn(i64, *const c_char, *const RawLinkInfo, *mut c_void) -> c_int;

#[allow(non_snake_case)]
unsafe extern "C" {
    fn H5Oopen(at: i64, name: *const c_char, access: i64) -> i64;
    fn H5Oget_info3(object: i64, info: *mut RawObjectInfo, fields: c_uint) -> c_int;
    fn H5Iget_type(object: i64) -> c_int;
    fn H5Idec_ref(object: i64) -> c_int;
    fn H5Gget_info(group: i64, info: *mut RawGroupInfo) -> c_int;
    fn H5Literate2(
        group: i64,
        index: c_int,
        order: c_int,
        from: *mut u64,
        each: LinkCallback,
        data: *mut c_void,
    ) -> c_int;
    fn H5Dget_create_plist(dataset: i64) -> i64;
    fn H5Dget_type(dataset: i64) -> i64;
    fn H5Dget_space(dataset: i64) -> i64;
    fn H5Pget_external_count(creation: i64) -> c_int;
    fn H5Pget_layout(creation: i64) -> c_int;
    fn H5Pget_chunk(creation: i64, most: c_int, sides: *mut u64) -> c_int;
    fn H5Pget_nfilters(creation: i64) -> c_int;
    fn H5Pget_filter2(
        creation: i64,
        index: c_uint,
        flags: *mut c_uint,
        value_count: *mut usize,
        values: *mut c_uint,
        name_bytes: usize,
        name: *mut c_char,
        configuration: *mut c_uint,
    ) -> c_int;
    fn H5Zfilter_avail(filter: c_int) -> c_int;
    fn H5Tget_class(of: i64) -> c_int;
    fn H5Tget_size(of: i64) -> usize;
    fn H5Tget_nmembers(of: i64) -> c_int;
    fn H5Tget_member_type(of: i64, index: c_uint) -> i64;
    fn H5Sget_simple_extent_ndims(space: i64) -> c_int;
    fn H5Sget_simple_extent_dims(space: i64, sides: *mut u64, most: *mut u64) -> c_int;
    fn H5Aopen_by_idx(
        object: i64,
        name: *const c_char,
        index: c_int,
        order: c_int,
        at: u64,
        access: i64,
        link_access: i64,
    ) -> i64;
    fn H5Aget_storage_size(attribute: i64) -> u64;
    fn H5Aget_type(attribute: i64) -> i64;
    fn H5Aget_space(attribute: i64) -> i64;
    fn H5PLset_loading_state(kinds: c_uint) -> c_int;
}

/// `H5P_DEFAULT`, `H5_INDEX_NAME`, `H5_ITER_NATIVE`, and the parts of an object's header.
const DEFAULT: i64 = 0;
const BY_NAME: c_int = 0;
const AS_STORED: c_int = 2;
const BASIC_AND_ATTRIBUTES: c_uint = 0x1 | 0x4;

/// Switches loading of plug-ins off, for this process and for good.
pub(crate) fn switch_plugins_off() {
    // SAFETY: the call takes a number. It can't fail with this one.
    hdf5::sync::sync(|| unsafe { H5PLset_loading_state(0) });
}

/// Whether this build of the library has a filter.
pub(super) fn has_filter(filter: i32) -> bool {
    // SAFETY: the call takes a number.
    unsafe { H5Zfilter_avail(filter) > 0 }
}

/// An object of the library that is open.
#[derive(Debug)]
pub(super) struct Id(i64);

impl Drop for Id {
    fn drop(&mut self) {
        // SAFETY: the number is open, and this is its only owner.
        unsafe { H5Idec_ref(self.0) };
    }
}

fn id(number: i64, doing: &'static str) -> Result<Id, Failed> {
    if number < 0 { Err(Failed(doing)) } else { Ok(Id(number)) }
}

fn count(number: c_int, doing: &'static str) -> Result<usize, Failed> {
    usize::try_from(number).map_err(|_| Failed(doing))
}

impl Id {
    pub fn number(&self) -> i64 {
        self.0
    }

    /// Opens the object of a name, which must have no link but hard ones on its way.
    pub fn open(at: i64, name: &str) -> Result<Id, Failed> {
        let name = CString::new(name).map_err(|_| Failed("taking a name"))?;
        // SAFETY: the name ends with a zero byte and lives through the call.
        id(unsafe { H5Oopen(at, name.as_ptr(), DEFAULT) }, "opening it")
    }

    pub fn info(&self) -> Result<ObjectInfo, Failed> {
        let mut info = RawObjectInfo {
            file: 0,
            token: [0; 16],
            kind: 0,
            references: 0,
            times: [0; 4],
            attributes: 0,
        };
        // SAFETY: the structure has the library's form, field by field.
        let result = unsafe { H5Oget_info3(self.0, &raw mut info, BASIC_AND_ATTRIBUTES) };
        count(result, "reading its header")?;
        Ok(ObjectInfo { token: info.token, attributes: info.attributes })
    }

    pub fn kind(&self) -> Result<ObjectKind, Failed> {
        // SAFETY: the call takes an open number.
        match count(unsafe { H5Iget_type(self.0) }, "telling its kind")? {
            2 => Ok(ObjectKind::Group),
            5 => Ok(ObjectKind::Dataset),
            _ => Ok(ObjectKind::Other),
        }
    }

    pub fn link_count(&self) -> Result<u64, Failed> {
        let mut info = RawGroupInfo { storage: 0, links: 0, most_creation: 0, mounted: false };
        // SAFETY: the structure has the library's form, field by field.
        count(unsafe { H5Gget_info(self.0, &raw mut info) }, "counting its members")?;
        Ok(info.links)
    }

    /// The links of a group, at most `most`.
    pub fn links(&self, most: usize) -> Result<Vec<Link>, Failed> {
        let mut found = Found { links: Vec::new(), most };
        let mut from = 0;
        let data = (&raw mut found).cast();
        // SAFETY: the callback has the form that the library calls, and `found` outlives the call.
        let result =
            unsafe { H5Literate2(self.0, BY_NAME, AS_STORED, &raw mut from, take_link, data) };
        count(result, "listing its members")?;
        Ok(found.links)
    }

    pub fn creation(&self) -> Result<Id, Failed> {
        // SAFETY: the call takes an open number, as all below do.
        id(unsafe { H5Dget_create_plist(self.0) }, "reading how it is stored")
    }

    pub fn dataset_type(&self) -> Result<Id, Failed> {
        id(unsafe { H5Dget_type(self.0) }, "reading its type")
    }

    pub fn dataset_space(&self) -> Result<Id, Failed> {
        id(unsafe { H5Dget_space(self.0) }, "reading its size")
    }

    pub fn external_files(&self) -> Result<usize, Failed> {
        count(unsafe { H5Pget_external_count(self.0) }, "reading its files")
    }

    pub fn layout(&self) -> Result<StorageLayout, Failed> {
        match count(unsafe { H5Pget_layout(self.0) }, "reading its layout")? {
            0 | 1 => Ok(StorageLayout::Whole),
            2 => Ok(StorageLayout::Chunked),
            _ => Ok(StorageLayout::Other),
        }
    }

    /// Sides of a chunk. More than `MOST` are an error: the rank was looked at before.
    pub fn chunk_sides<const MOST: usize>(&self) -> Result<Vec<u64>, Failed> {
        let mut sides = [0; MOST];
        // SAFETY: the buffer is as long as the call is told.
        let found = unsafe { H5Pget_chunk(self.0, MOST as c_int, sides.as_mut_ptr()) };
        let found = count(found, "reading its chunks")?;
        sides.get(..found).map(<[u64]>::to_vec).ok_or(Failed("reading its chunks"))
    }

    /// Numbers of the filters; more than `most` are an error.
    pub fn filters(&self, most: usize) -> Result<Vec<i32>, Failed> {
        let found = count(unsafe { H5Pget_nfilters(self.0) }, "reading its filters")?;
        if found > most {
            return Err(Failed("reading its filters: there are too many"));
        }
        (0..found)
            .map(|index| {
                let (mut flags, mut values, mut configuration) = (0, 0, 0);
                // SAFETY: no buffer is given for values or name, and their lengths are zero.
                let filter = unsafe {
                    H5Pget_filter2(
                        self.0,
                        index as c_uint,
                        &raw mut flags,
                        &raw mut values,
                        null_mut(),
                        0,
                        null_mut(),
                        &raw mut configuration,
                    )
                };
                count(filter, "reading a filter").map(|_| filter)
            })
            .collect()
    }

    pub fn type_kind(&self) -> Result<TypeKind, Failed> {
        match count(unsafe { H5Tget_class(self.0) }, "reading a type")? {
            0 | 1 => Ok(TypeKind::Number),
            3 => Ok(TypeKind::Text),
            6 => Ok(TypeKind::Row),
            _ => Ok(TypeKind::Other),
        }
    }

    pub fn type_bytes(&self) -> Result<u64, Failed> {
        match unsafe { H5Tget_size(self.0) } {
            0 => Err(Failed("reading a type's size")),
            bytes => Ok(bytes as u64),
        }
    }

    pub fn field_count(&self) -> Result<usize, Failed> {
        count(unsafe { H5Tget_nmembers(self.0) }, "counting a row's fields")
    }

    pub fn field(&self, index: usize) -> Result<Id, Failed> {
        id(unsafe { H5Tget_member_type(self.0, index as c_uint) }, "reading a row's field")
    }

    pub fn rank(&self) -> Result<usize, Failed> {
        count(unsafe { H5Sget_simple_extent_ndims(self.0) }, "reading its dimensions")
    }

    /// Sides of a space whose rank is at most `MOST`.
    pub fn sides<const MOST: usize>(&self) -> Result<Vec<u64>, Failed> {
        let rank = self.rank()?;
        let mut sides = [0; MOST];
        if rank > MOST {
            return Err(Failed("reading its dimensions"));
        }
        // SAFETY: the buffer has room for every dimension, as was just seen.
        let found = unsafe { H5Sget_simple_extent_dims(self.0, sides.as_mut_ptr(), null_mut()) };
        let found = count(found, "reading its dimensions")?;
        Ok(sides.get(..found).unwrap_or_default().to_vec())
    }

    pub fn attribute(&self, at: u64) -> Result<Id, Failed> {
        // SAFETY: the name ends with a zero byte.
        let attribute = unsafe {
            H5Aopen_by_idx(self.0, c".".as_ptr(), BY_NAME, AS_STORED, at, DEFAULT, DEFAULT)
        };
        id(attribute, "opening an attribute")
    }

    pub fn attribute_bytes(&self) -> Result<u64, Failed> {
        Ok(unsafe { H5Aget_storage_size(self.0) })
    }

    pub fn attribute_type(&self) -> Result<Id, Failed> {
        id(unsafe { H5Aget_type(self.0) }, "reading an attribute's type")
    }

    pub fn attribute_space(&self) -> Result<Id, Failed> {
        id(unsafe { H5Aget_space(self.0) }, "reading an attribute's size")
    }
}

struct Found {
    links: Vec<Link>,
    most: usize,
}

/// Takes a link; ends the walk through the group when there are as many as are wanted.
unsafe extern "C" fn take_link(
    _: i64,
    name: *const c_char,
    info: *const RawLinkInfo,
    data: *mut c_void,
) -> c_int {
    // SAFETY: the library hands over the pointer that `links` gave it, to nobody else, and a name
    // and a structure that live through this call.
    let (found, name, info) = unsafe { (&mut *data.cast::<Found>(), CStr::from_ptr(name), &*info) };
    let kind = match info.kind {
        0 => LinkKind::Hard(info.target.0),
        1 => LinkKind::Soft,
        64 => LinkKind::External,
        _ => LinkKind::Other,
    };
    found.links.push(Link { name: name.to_str().ok().map(str::to_owned), kind });
    c_int::from(found.links.len() >= found.most)
}
