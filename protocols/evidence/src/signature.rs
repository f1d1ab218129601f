//! Statements that a station signs, and who is believed.
//!
//! Invariants:
//! - Every statement begins with the name and version of its purpose and a zero byte, so that a
//!   signature for one purpose is none for another.
//! - A signature is checked strictly: keys and points of small order, and numbers that are not
//!   reduced, are refused (`verify_strict` of ed25519-dalek; RFC 8032, section 5.1.7).
//! - Whose key it is, is never learned from the file that is checked, nor from its neighbours.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use journal::{ChainValue, RunTag};
use trial::channel::is_identifier;
use trial::record::Head;
use trial::time::WallTime;
use words::{Language, message};

/// Begins the statement about a head of the journal.
pub const HEAD_PURPOSE: &[u8] = b"proving-ground head v1\0";
/// Begins the statement about a whole trial file.
pub const SEAL_PURPOSE: &[u8] = b"proving-ground seal v1\0";
/// Begins the statement about an entry of the ledger.
pub const LEDGER_PURPOSE: &[u8] = b"proving-ground ledger v1\0";
/// Begins the statement about an amendment.
pub const AMENDMENT_PURPOSE: &[u8] = b"proving-ground amendment v1\0";
/// Begins the statement by which a key names its successor.
pub const ROTATION_PURPOSE: &[u8] = b"proving-ground rotation v1\0";

/// First words of the file of a public key.
const PUBLIC_FILE_BEGINS: &str = "proving-ground-key v1";
/// Longest file of a public key that is read, in bytes.
const MAX_PUBLIC_FILE_BYTES: u64 = 512;
/// Most public keys that are read from one folder.
const MAX_TRUSTED_KEYS: usize = 4096;

/// The public half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

/// Why a statement is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignatureError {
    /// The key is no point of the curve, or one of small order.
    #[error("the public key is none")]
    BadKey,
    /// The signature is not 128 hexadecimal digits.
    #[error("the signature is not of its form")]
    BadForm,
    /// The signature is not the key's over this statement.
    #[error("the signature does not match")]
    Mismatch,
    /// The head names another chain value than the one at its place.
    #[error("the signed chain value is another than the one found")]
    OtherChain,
}

impl SignatureError {
    /// The text in `language`.
    pub fn in_language(self, language: Language) -> String {
        let message = match self {
            SignatureError::BadKey => message!("signature-bad-key"),
            SignatureError::BadForm => message!("signature-bad-form"),
            SignatureError::Mismatch => message!("signature-mismatch"),
            SignatureError::OtherChain => message!("signature-other-chain"),
        };
        message.in_language(language)
    }
}

/// Lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads lower-case hexadecimal of exactly `N` bytes.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(*pair.first()?)? << 4 | nibble(*pair.last()?)?;
    }
    Some(bytes)
}

impl PublicKey {
    /// The key of these 32 bytes; `None` if they are no public key, or one with which anything
    /// could be signed.
    pub fn from_bytes(bytes: [u8; 32]) -> Option<PublicKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()?;
        (!key.is_weak()).then_some(PublicKey(bytes))
    }

    /// The public half of a secret.
    pub(crate) fn of(key: &ed25519_dalek::VerifyingKey) -> PublicKey {
        PublicKey(key.to_bytes())
    }

    /// Reads 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<PublicKey> {
        PublicKey::from_bytes(from_hex(text)?)
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(self) -> String {
        to_hex(&self.0)
    }

    /// The 32 bytes.
    pub fn bytes(self) -> [u8; 32] {
        self.0
    }

    /// What people compare: the first 16 hexadecimal digits of the BLAKE3 digest of the key, in
    /// groups of four. Enough to tell keys that nobody made to look alike; a key is trusted by all
    /// of it.
    pub fn fingerprint(self) -> String {
        short_fingerprint(blake3::hash(&self.0).as_bytes())
    }

    /// Whether `signature` is this key's over `statement`.
    ///
    /// # Errors
    /// It is not.
    pub fn verify(self, statement: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&self.0).map_err(|_| SignatureError::BadKey)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        key.verify_strict(statement, &signature).map_err(|_| SignatureError::Mismatch)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// The first 16 hexadecimal digits of a digest, in groups of four: for paper and for reading out.
pub fn short_fingerprint(digest: &[u8; 32]) -> String {
    let groups: Vec<String> = digest.chunks(2).take(4).map(to_hex).collect();
    groups.join(" ")
}

/// What is signed of a head.
pub fn head_statement(tag: RunTag, sequence: u64, chain: ChainValue) -> Vec<u8> {
    [HEAD_PURPOSE, &tag.0, &sequence.to_le_bytes(), &chain.0].concat()
}

/// Whether a head is the statement of its key about the chain value found before its block.
/// Whether that key is trusted is another question.
///
/// # Errors
/// It is not.
pub fn verify_head(
    head: &Head,
    tag: RunTag,
    sequence: u64,
    chain: ChainValue,
) -> Result<PublicKey, SignatureError> {
    let key = verify_hex(&head.key, &head.signature, &head_statement(tag, sequence, chain))
        .map_err(|why| match from_hex(&head.chain) {
            Some(signed) if signed != chain.0 => SignatureError::OtherChain,
            _ => why,
        })?;
    // The signature covers the value found; the one written beside it has to be the same.
    if head.chain == chain.to_hex() { Ok(key) } else { Err(SignatureError::OtherChain) }
}

/// Checks a signature of which key and bytes are written in hexadecimal.
pub(crate) fn verify_hex(
    key: &str,
    signature: &str,
    statement: &[u8],
) -> Result<PublicKey, SignatureError> {
    let key = PublicKey::from_hex(key).ok_or(SignatureError::BadKey)?;
    let signature = from_hex(signature).ok_or(SignatureError::BadForm)?;
    key.verify(statement, &signature)?;
    Ok(key)
}

/// Whether the signature in a seal is its key's over the seal's statement; `None` if the file is
/// unsealed. Whether the key is trusted, and whether the file has the digest that the statement
/// names, are other questions.
///
/// # Errors
/// The signature does not match.
pub fn verify_seal(seal: &trialfile::Seal) -> Result<Option<PublicKey>, SignatureError> {
    let trialfile::SealState::Sealed { key, signature, .. } = seal.state else { return Ok(None) };
    let Some(statement) = seal.statement() else { return Ok(None) };
    let key = PublicKey::from_bytes(key).ok_or(SignatureError::BadKey)?;
    key.verify(&statement, &signature)?;
    Ok(Some(key))
}

/// A public key as its file tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// The key.
    pub key: PublicKey,
    /// Name that its owner gave it.
    pub name: String,
    /// When it was made.
    pub created: WallTime,
}

impl NamedKey {
    /// The one line of its file.
    pub fn to_line(&self) -> String {
        let (key, created) = (self.key.to_hex(), self.created.to_rfc3339());
        format!("{PUBLIC_FILE_BEGINS} {key} {} {created}\n", self.name)
    }

    /// Reads what [`NamedKey::to_line`] wrote; `None` for anything else.
    pub fn from_line(text: &str) -> Option<NamedKey> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let mut words = line.strip_prefix(PUBLIC_FILE_BEGINS)?.strip_prefix(' ')?.split(' ');
        let key = PublicKey::from_hex(words.next()?)?;
        let name = words.next().filter(|name| is_identifier(name))?.to_owned();
        let created = WallTime::from_rfc3339(words.next()?)?;
        let named = NamedKey { key, name, created };
        // One key has one line: no other form of the same time.
        (named.to_line().trim_end() == line).then_some(named)
    }

    /// Reads the file of a public key.
    ///
    /// # Errors
    /// The system refused, or it is no such file.
    pub(crate) fn read(path: &Path) -> std::io::Result<Option<NamedKey>> {
        let mut text = Vec::new();
        File::open(path)?.take(MAX_PUBLIC_FILE_BYTES).read_to_end(&mut text)?;
        Ok(std::str::from_utf8(&text).ok().and_then(NamedKey::from_line))
    }
}

/// The keys that whoever verifies trusts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedKeys {
    keys: Vec<PublicKey>,
}

/// What was given as a trusted key is none.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// Neither a key nor a file nor a folder of keys.
    #[error(
        "{0} is no public key; give 64 hexadecimal digits, a .pub file, or a folder of .pub files"
    )]
    NoKey(String),
    /// The folder holds none.
    #[error("{0} holds no .pub file with a public key")]
    EmptyFolder(String),
    /// It can't be read.
    #[error("{given}: {source}")]
    Io {
        /// What was given.
        given: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl TrustError {
    /// The text in `language`.
    pub fn in_language(&self, language: Language) -> String {
        let message = match self {
            TrustError::NoKey(given) => message!("trust-no-key", given = words::printable(given)),
            TrustError::EmptyFolder(given) => {
                message!("trust-empty-folder", given = words::printable(given))
            }
            TrustError::Io { given, source } => {
                message!("trust-unreadable", given = words::printable(given), why = source)
            }
        };
        message.in_language(language)
    }
}

impl TrustedKeys {
    /// Trusts one key.
    pub fn insert(&mut self, key: PublicKey) {
        if !self.contains(key) {
            self.keys.push(key);
        }
    }

    /// Trusts what a user names: 64 hexadecimal digits, a `.pub` file, or a folder of such files.
    /// Files of a folder that do not end in `.pub` are passed over.
    ///
    /// # Errors
    /// It names no key, or can't be read; then nothing of it is trusted.
    pub fn add(&mut self, given: &str) -> Result<(), TrustError> {
        let failed = |source| TrustError::Io { given: given.to_owned(), source };
        let path = Path::new(given);
        if path.is_dir() {
            let keys = read_folder(path).map_err(failed)?;
            if keys.is_empty() {
                return Err(TrustError::EmptyFolder(given.to_owned()));
            }
            keys.into_iter().for_each(|key| self.insert(key));
            return Ok(());
        }
        if let Some(key) = PublicKey::from_hex(&given.to_ascii_lowercase()) {
            self.insert(key);
            return Ok(());
        }
        match NamedKey::read(path) {
            Ok(Some(named)) => self.insert(named.key),
            Ok(None) => return Err(TrustError::NoKey(given.to_owned())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(TrustError::NoKey(given.to_owned()));
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(())
    }

    /// Whether a key is trusted.
    pub fn contains(&self, key: PublicKey) -> bool {
        self.keys.contains(&key)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn read_folder(folder: &Path) -> std::io::Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pub") && path.is_file() {
            keys.extend(NamedKey::read(&path)?.map(|named| named.key));
        }
        if keys.len() > MAX_TRUSTED_KEYS {
            return Err(std::io::Error::other("the folder holds more keys than are read"));
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signing_key() -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&[7; 32])
    }

    fn head(tag: RunTag, sequence: u64, chain: ChainValue) -> Head {
        use ed25519_dalek::ed25519::signature::Signer as _;
        let key = signing_key();
        let signature = key.sign(&head_statement(tag, sequence, chain));
        Head {
            chain: chain.to_hex(),
            key: to_hex(key.verifying_key().as_bytes()),
            signature: to_hex(&signature.to_bytes()),
        }
    }

    #[test]
    fn a_head_holds_for_its_run_its_place_and_its_chain_alone() {
        let (tag, chain) = (RunTag([1; 16]), ChainValue([2; 32]));
        let good = head(tag, 9, chain);
        assert!(verify_head(&good, tag, 9, chain).is_ok());
        let other_chain = ChainValue([3; 32]);
        assert_eq!(
            verify_head(&good, tag, 9, other_chain),
            Err(SignatureError::OtherChain),
            "another chain"
        );
        let mismatch = Err(SignatureError::Mismatch);
        assert_eq!(verify_head(&good, RunTag([4; 16]), 9, chain), mismatch);
        assert_eq!(verify_head(&good, tag, 10, chain), mismatch);
        let relabelled = Head { chain: other_chain.to_hex(), ..good.clone() };
        assert_eq!(verify_head(&relabelled, tag, 9, chain), Err(SignatureError::OtherChain));
        let cut = Head { signature: good.signature[2..].to_owned(), ..good.clone() };
        assert_eq!(verify_head(&cut, tag, 9, chain), Err(SignatureError::BadForm));
        let no_key = Head { key: "zz".to_owned(), ..good };
        assert_eq!(verify_head(&no_key, tag, 9, chain), Err(SignatureError::BadKey));
    }

    #[test]
    fn keys_of_small_order_are_refused() {
        // The neutral element, the point of order 2, and the encoding of y = 0 (order 4).
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut order_two = [0xff; 32];
        order_two[0] = 0xec;
        order_two[31] = 0x7f;
        for weak in [neutral, order_two, [0; 32]] {
            assert_eq!(PublicKey::from_bytes(weak), None);
        }
    }

    #[test]
    fn signatures_of_rfc_8032_verify_and_their_unreduced_twins_do_not() {
        // RFC 8032, section 7.1, test 2.
        let key = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        let key = PublicKey::from_hex(key).unwrap();
        let mut signature: [u8; 64] = from_hex(signature).unwrap();
        assert_eq!(key.verify(&[0x72], &signature), Ok(()));
        // The group order, added to the second half, gives the same point by another number.
        let order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
        let order: [u8; 32] = from_hex(order).unwrap();
        let mut carry = 0;
        for (byte, part) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(part) + carry;
            (*byte, carry) = (sum as u8, sum >> 8);
        }
        assert_eq!(key.verify(&[0x72], &signature), Err(SignatureError::Mismatch));
    }

    #[test]
    fn what_is_trusted_is_a_key_a_file_or_a_folder() {
        let folder = std::env::temp_dir().join(format!("trusted-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let key = PublicKey(signing_key().verifying_key().to_bytes());
        let named = NamedKey { key, name: "station".to_owned(), created: WallTime(1) };
        let file = folder.join("a.pub");
        std::fs::write(&file, named.to_line()).unwrap();
        std::fs::write(folder.join("notes.txt"), "x").unwrap();
        for given in
            [key.to_hex().to_uppercase().as_str(), file.to_str().unwrap(), folder.to_str().unwrap()]
        {
            let mut trusted = TrustedKeys::default();
            trusted.add(given).unwrap();
            assert!(trusted.contains(key), "{given}");
        }
        let mut trusted = TrustedKeys::default();
        let notes = folder.join("notes.txt");
        for given in ["", "00", notes.to_str().unwrap(), "no such file"] {
            assert!(matches!(trusted.add(given), Err(TrustError::NoKey(_))), "{given}");
        }
        std::fs::remove_file(&file).unwrap();
        let folder_alone = trusted.add(folder.to_str().unwrap());
        assert!(matches!(folder_alone, Err(TrustError::EmptyFolder(_))));
        assert!(trusted.is_empty());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    proptest! {
        #[test]
        fn public_key_lines_read_back_and_nothing_else_does(
            name in "[a-z][a-z0-9-]{0,20}",
            created in 0_i64..4_000_000_000_000_000_000,
            at in 0_usize..200,
            byte: u8,
        ) {
            let key = PublicKey(signing_key().verifying_key().to_bytes());
            let named = NamedKey { key, name, created: WallTime(created) };
            let line = named.to_line();
            prop_assert_eq!(NamedKey::from_line(&line), Some(named.clone()));
            let mut changed = line.into_bytes();
            let at = at % changed.len();
            changed[at] = byte;
            let changed = String::from_utf8_lossy(&changed).into_owned();
            if let Some(read) = NamedKey::from_line(&changed) {
                let line = read.to_line();
                prop_assert_eq!(line.trim_end(), changed.trim_end());
            }
        }

        #[test]
        fn no_text_makes_reading_panic(text in "\\PC{0,300}", prefix: bool) {
            let text = if prefix { format!("{PUBLIC_FILE_BEGINS} {text}") } else { text };
            let _ = NamedKey::from_line(&text);
            let _ = PublicKey::from_hex(&text);
            let _ = from_hex::<64>(&text);
        }
    }
}
