//! The counter of a key's runs: how many began, and the journal's root of the one that ended last.
//!
//! It is replaced by a rename after it was synced, so that a power cut leaves the old count or the
//! new one. Whoever calls holds the lock of the folder.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use journal::ChainValue;
use serde::{Deserialize, Serialize};

use super::{KeyError, KeyRun, io, sync_parent};
use crate::folder::plain_options;
use crate::signature::{PublicKey, from_hex};

/// Longest counter that is read, in bytes.
const MAX_BYTES: u64 = 1024;

/// The counter as stored: one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counter {
    /// Public key whose runs are counted.
    key: String,
    /// How many runs began.
    runs: u64,
    /// Root of the run that ended last; empty if none has.
    last_root: String,
}

/// Begins to count.
pub(super) fn create(path: &Path, key: PublicKey) -> Result<(), KeyError> {
    write(path, &Counter { key: key.to_hex(), runs: 0, last_root: String::new() })
}

/// How many runs began.
pub(super) fn count(path: &Path, key: PublicKey) -> Result<u64, KeyError> {
    Ok(read(path, key)?.runs)
}

/// Counts a run.
pub(super) fn begin(path: &Path, key: PublicKey) -> Result<KeyRun, KeyError> {
    let mut counter = read(path, key)?;
    let damaged = || KeyError::Counter(path.to_owned());
    counter.runs = counter.runs.checked_add(1).ok_or_else(damaged)?;
    write(path, &counter)?;
    Ok(KeyRun { number: counter.runs, previous_root: counter.last_root })
}

/// Notes the root of a run that ended.
pub(super) fn end(path: &Path, key: PublicKey, root: ChainValue) -> Result<(), KeyError> {
    let mut counter = read(path, key)?;
    counter.last_root = root.to_hex();
    write(path, &counter)
}

fn read(path: &Path, key: PublicKey) -> Result<Counter, KeyError> {
    let damaged = || KeyError::Counter(path.to_owned());
    let file = match plain_options().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged()),
        Err(error) => return Err(io("open", path)(error)),
    };
    let mut text = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut text).map_err(io("read", path))?;
    parse(&text, key).ok_or_else(damaged)
}

fn parse(text: &[u8], key: PublicKey) -> Option<Counter> {
    let counter: Counter = serde_json::from_slice(text).ok()?;
    let root_is_one = counter.last_root.is_empty() || from_hex::<32>(&counter.last_root).is_some();
    (root_is_one && counter.key == key.to_hex()).then_some(counter)
}

fn write(path: &Path, counter: &Counter) -> Result<(), KeyError> {
    let fresh = path.with_extension("runs-new");
    let mut line = serde_json::to_vec(counter).map_err(|error| io("write", path)(error.into()))?;
    line.push(b'\n');
    // What an earlier attempt left is of no use to anybody.
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(io("replace", &fresh)(error));
        }
        _ => {}
    }
    let mut file = plain_options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)
        .map_err(io("create", &fresh))?;
    let written = file.write_all(&line).and_then(|()| file.sync_all());
    written.map_err(io("write to", &fresh))?;
    std::fs::rename(&fresh, path).map_err(io("replace", path))?;
    sync_parent(path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    #[test]
    fn a_counter_is_that_of_its_key_or_none() {
        let key = PublicKey::from_hex(KEY).unwrap();
        let good = format!("{{\"key\":\"{KEY}\",\"runs\":7,\"last_root\":\"\"}}");
        assert_eq!(parse(good.as_bytes(), key).unwrap().runs, 7);
        for (from, to) in
            [("d75a", "d75b"), ("7,", "-7,"), ("\"\"}", "\"ab\"}"), ("runs", "walks"), ("{", "[")]
        {
            assert_eq!(parse(good.replacen(from, to, 1).as_bytes(), key), None, "{to}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
            parse(&bytes, PublicKey::from_hex(KEY).unwrap());
        }
    }
}
