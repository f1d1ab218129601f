//! Lines of JSON that carry their own signature.
//!
//! A signed line ends in `"signature":"` and 128 lower-case hexadecimal digits, `"}`. What is
//! signed is the name of the purpose and the BLAKE3 digest of the line without those digits and
//! without the line's end. So whoever checks needs no JSON to find out what was signed, and no
//! byte of the line is outside of it.

use crate::key::StationKey;
use crate::signature::{PublicKey, SignatureError, from_hex, to_hex};

/// What an unsigned line ends in.
const UNSIGNED_END: &str = "\"signature\":\"\"}";
/// What a line ends in behind the digits of its signature.
const END: &str = "\"}";
/// Hexadecimal digits of a signature.
const DIGITS: usize = 128;

fn statement(purpose: &[u8], unsigned: &str) -> Vec<u8> {
    [purpose, blake3::hash(unsigned.as_bytes()).as_bytes()].concat()
}

/// Puts the signature into a line that has room for it; `None` if it has none.
pub(crate) fn sign(purpose: &[u8], unsigned: &str, key: &StationKey) -> Option<String> {
    let before = unsigned.strip_suffix(UNSIGNED_END)?;
    let signature = to_hex(&key.sign(&statement(purpose, unsigned)));
    Some(format!("{before}\"signature\":\"{signature}{END}"))
}

/// Checks the signature of a line by the key that the line names.
///
/// # Errors
/// The line does not end in a signature, or it is not the key's over the line.
pub(crate) fn verify(purpose: &[u8], line: &str, key: &str) -> Result<PublicKey, SignatureError> {
    let key = PublicKey::from_hex(key).ok_or(SignatureError::BadKey)?;
    let body = line.strip_suffix(END).ok_or(SignatureError::BadForm)?;
    let at = body.len().checked_sub(DIGITS).ok_or(SignatureError::BadForm)?;
    let (before, digits) = body.split_at_checked(at).ok_or(SignatureError::BadForm)?;
    let signature = from_hex(digits).ok_or(SignatureError::BadForm)?;
    let unsigned = format!("{before}{END}");
    if !unsigned.ends_with(UNSIGNED_END) {
        return Err(SignatureError::BadForm);
    }
    key.verify(&statement(purpose, &unsigned), &signature)?;
    Ok(key)
}
