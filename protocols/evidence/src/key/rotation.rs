//! The statement by which a key names its successor: one signed line of JSON in
//! `<name>.rotations`.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use trial::time::WallTime;

use super::{KeyError, StationKey, io, sync_parent};
use crate::folder::plain_options;
use crate::signature::{PublicKey, ROTATION_PURPOSE};
use crate::signed_line;

/// Longest statement that is read, in bytes.
const MAX_BYTES: u64 = 4096;

/// A key's statement about its successor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Public key that is retired, and that signs.
    pub key: String,
    /// Public key that follows.
    pub successor: String,
    /// Name of the key that follows.
    pub name: String,
    /// When.
    pub at: WallTime,
    /// Signature over the line with this one empty.
    signature: String,
}

impl Rotation {
    /// Reads a line and checks its signature; `None` if it is not of its form or does not match.
    pub fn from_line(line: &str) -> Option<Rotation> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let rotation: Rotation = serde_json::from_str(line).ok()?;
        signed_line::verify(ROTATION_PURPOSE, line, &rotation.key).ok()?;
        PublicKey::from_hex(&rotation.successor)?;
        Some(rotation)
    }
}

/// Reads the statement of a key; `None` if it has made none.
pub(super) fn read(path: &Path) -> Result<Option<Rotation>, KeyError> {
    let file = match plain_options().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io("open", path)(error)),
    };
    let mut text = String::new();
    let malformed = || KeyError::Malformed(path.to_owned());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(io("read", path))?;
    Rotation::from_line(&text).ok_or_else(malformed).map(Some)
}

/// Writes the statement of `old` about `new`, durably.
pub(super) fn write(
    path: &Path,
    old: &StationKey,
    new: &StationKey,
    at: WallTime,
) -> Result<Rotation, KeyError> {
    let mut rotation = Rotation {
        key: old.public().to_hex(),
        successor: new.public().to_hex(),
        name: new.name().to_owned(),
        at,
        signature: String::new(),
    };
    let failed = |error: serde_json::Error| io("write", path)(error.into());
    let unsigned = serde_json::to_string(&rotation).map_err(failed)?;
    let signed = signed_line::sign(ROTATION_PURPOSE, &unsigned, old);
    let line = signed.ok_or_else(|| KeyError::Malformed(path.to_owned()))?;
    rotation = serde_json::from_str(&line).map_err(failed)?;
    let mut file = plain_options()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .open(path)
        .map_err(io("create", path))?;
    let written = file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_all());
    written.map_err(io("write to", path))?;
    sync_parent(path)?;
    Ok(rotation)
}
