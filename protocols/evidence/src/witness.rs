//! Signed heads copied to a second party while a trial runs.
//!
//! One file a run, `<trial>-r<nn>.heads`, one line of JSON a head, synced each. Whoever holds the
//! folder can tell afterwards that the recording's end was cut off, or that the recording was made
//! anew: a head that was copied has to be in it.
//!
//! Invariants:
//! - Files are only appended to, and never followed through a link.
//! - A head is believed because of its signature, not because of the folder it was found in.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use journal::{ChainValue, RunTag};
use serde::{Deserialize, Serialize};
use trial::channel::is_identifier;
use trial::record::Head;
use trial::time::WallTime;

use crate::folder::plain_options;
use crate::signature::{PublicKey, SignatureError, from_hex, to_hex, verify_head};
use crate::{EvidenceError, MAX_RUNS, io, sync_folder};

/// Most heads of one run that are read: one a minute for a year is half of it.
pub const MAX_WITNESSED_HEADS: usize = 1 << 20;
/// Largest file of heads that is read, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 29;

/// A head as the witness keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessedHead {
    /// Trial.
    pub trial: String,
    /// Run of the trial.
    pub run: u32,
    /// Run tag of the journal, in hexadecimal.
    pub tag: String,
    /// Number of the record that carries the head.
    pub sequence: u64,
    /// Chain value before its block, in hexadecimal.
    pub chain: String,
    /// Public key, in hexadecimal.
    pub key: String,
    /// Signature of the head, in hexadecimal.
    pub signature: String,
    /// When it was copied.
    pub at: WallTime,
}

impl WitnessedHead {
    /// A head of a run's journal, to be copied.
    pub fn new(
        (trial, run): (&str, u32),
        tag: RunTag,
        sequence: u64,
        head: &Head,
        at: WallTime,
    ) -> WitnessedHead {
        WitnessedHead {
            trial: trial.to_owned(),
            run,
            tag: to_hex(&tag.0),
            sequence,
            chain: head.chain.clone(),
            key: head.key.clone(),
            signature: head.signature.clone(),
            at,
        }
    }

    /// Whether the signature is its key's over this place, this run and this chain value.
    ///
    /// # Errors
    /// It is not.
    pub fn verify(&self) -> Result<PublicKey, SignatureError> {
        let tag = from_hex(&self.tag).map(RunTag).ok_or(SignatureError::BadForm)?;
        let chain = from_hex(&self.chain).map(ChainValue).ok_or(SignatureError::BadForm)?;
        let (key, signature) = (self.key.clone(), self.signature.clone());
        let head = Head { chain: self.chain.clone(), key, signature };
        verify_head(&head, tag, self.sequence, chain)
    }
}

/// Where the heads of one run are copied to.
#[derive(Debug)]
pub struct Witness {
    path: PathBuf,
    file: File,
}

/// Path of the heads of a run; `None` for a trial that no plan can have.
fn heads_file(folder: &Path, trial: &str, run: u32) -> Option<PathBuf> {
    let fits = is_identifier(trial) && (1..=MAX_RUNS).contains(&run);
    fits.then(|| folder.join(format!("{trial}-r{run:02}.heads")))
}

fn no_run(folder: &Path) -> EvidenceError {
    io("find a run in", folder)(std::io::ErrorKind::InvalidInput.into())
}

impl Witness {
    /// Opens the heads of a run in the witness's folder, which must exist: a disk that is not
    /// mounted is not to be mistaken for an empty folder.
    ///
    /// # Errors
    /// The folder is not there, or the file is a link or can't be written.
    pub fn open(folder: &Path, trial: &str, run: u32) -> Result<Witness, EvidenceError> {
        let path = heads_file(folder, trial, run).ok_or_else(|| no_run(folder))?;
        let mut options = plain_options();
        // Reading lets the torn end of an earlier copy be told from a whole line.
        options.read(true).append(true).create(true);
        let mut file = options.open(&path).map_err(io("open", &path))?;
        let mut text = Vec::new();
        (&mut file).take(MAX_FILE_BYTES).read_to_end(&mut text).map_err(io("read", &path))?;
        if text.last().is_some_and(|&byte| byte != b'\n') {
            // What was torn stays as it is, on a line of its own.
            file.write_all(b"\n").map_err(io("write to", &path))?;
        }
        sync_folder(folder)?;
        Ok(Witness { path, file })
    }

    /// Copies a head, durably.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn append(&mut self, head: &WitnessedHead) -> Result<(), EvidenceError> {
        let failed = |error: serde_json::Error| io("write to", &self.path)(error.into());
        let mut line = serde_json::to_string(head).map_err(failed)?;
        line.push('\n');
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        written.map_err(io("write to", &self.path))
    }
}

/// The heads that a witness keeps of a run, in the order in which they were copied; none if it
/// keeps none. Lines that are no heads, or that do not carry a matching signature, are counted.
///
/// # Errors
/// The folder can't be read.
pub fn witnessed_heads(
    folder: &Path,
    trial: &str,
    run: u32,
) -> Result<WitnessedHeads, EvidenceError> {
    let path = heads_file(folder, trial, run).ok_or_else(|| no_run(folder))?;
    // A folder that is not there is trouble; one without the run's file says nothing of it.
    std::fs::read_dir(folder).map_err(io("read", folder))?;
    let file = match plain_options().read(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(WitnessedHeads::default());
        }
        Err(error) => return Err(io("open", &path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(io("read", &path))?;
    Ok(parse_witnessed(&bytes, trial, run))
}

/// What a witness keeps of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WitnessedHeads {
    /// The heads whose signatures match, in the order in which they were copied.
    pub heads: Vec<WitnessedHead>,
    /// Lines that are no heads of the run, or whose signature does not match.
    pub unusable: u64,
}

/// Reads the bytes of a file of heads.
pub fn parse_witnessed(bytes: &[u8], trial: &str, run: u32) -> WitnessedHeads {
    let mut found = WitnessedHeads::default();
    let lines = bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    for line in lines.take(MAX_WITNESSED_HEADS) {
        match serde_json::from_slice::<WitnessedHead>(line) {
            Ok(head) if head.trial == trial && head.run == run && head.verify().is_ok() => {
                found.heads.push(head);
            }
            _ => found.unusable += 1,
        }
    }
    found
}

/// What a witness's heads say about a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WitnessFinding {
    /// The recording has no head at this record: its end was cut off, or it is another recording.
    Missing {
        /// Number of the record.
        sequence: u64,
    },
    /// The recording has another chain value there: it was made anew.
    OtherChain {
        /// Number of the record.
        sequence: u64,
    },
    /// The journal is that of another run with the same name.
    OtherRun {
        /// Number of the record.
        sequence: u64,
    },
}

/// Compares what a witness keeps with the heads of a recording's journal: number of the record and
/// chain value before its block, in any order. The first contradiction is told.
pub fn check_witnessed(
    witnessed: &[WitnessedHead],
    tag: RunTag,
    found: &[(u64, ChainValue)],
) -> Option<WitnessFinding> {
    let tag = to_hex(&tag.0);
    let mut found: Vec<(u64, ChainValue)> = found.to_vec();
    found.sort_unstable_by_key(|(sequence, _)| *sequence);
    witnessed
        .iter()
        .filter_map(|head| {
            let sequence = head.sequence;
            if head.tag != tag {
                return Some(WitnessFinding::OtherRun { sequence });
            }
            match found.binary_search_by_key(&sequence, |(sequence, _)| *sequence) {
                Err(_) => Some(WitnessFinding::Missing { sequence }),
                Ok(at) => {
                    let same = found.get(at).is_some_and(|(_, chain)| chain.to_hex() == head.chain);
                    (!same).then_some(WitnessFinding::OtherChain { sequence })
                }
            }
        })
        .min_by_key(|finding| match finding {
            WitnessFinding::Missing { sequence }
            | WitnessFinding::OtherChain { sequence }
            | WitnessFinding::OtherRun { sequence } => *sequence,
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::{KeyFolder, StationKey};

    const TAG: RunTag = RunTag([3; 16]);

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("witness-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }

        fn key(&self) -> StationKey {
            KeyFolder::open(&self.0.join("keys")).create_key("station", WallTime(0)).unwrap()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn chain(sequence: u64) -> ChainValue {
        ChainValue(*blake3::hash(&sequence.to_le_bytes()).as_bytes())
    }

    fn head(key: &StationKey, sequence: u64) -> WitnessedHead {
        let head = key.sign_head(TAG, sequence, chain(sequence));
        WitnessedHead::new(("T-1", 1), TAG, sequence, &head, WallTime(5))
    }

    #[test]
    fn a_witness_tells_of_a_dropped_end_and_of_a_recording_made_anew() {
        let scratch = Scratch::new("compare");
        let key = scratch.key();
        let mut witness = Witness::open(&scratch.0, "T-1", 1).unwrap();
        for sequence in [4, 60, 120] {
            witness.append(&head(&key, sequence)).unwrap();
        }
        let kept = witnessed_heads(&scratch.0, "T-1", 1).unwrap();
        assert_eq!((kept.heads.len(), kept.unusable), (3, 0));
        let whole = [4, 60, 120, 180].map(|sequence| (sequence, chain(sequence)));
        let check = |found: &[(u64, ChainValue)]| check_witnessed(&kept.heads, TAG, found);
        assert_eq!(check(&whole), None, "the recording may have more");
        assert_eq!(check(&whole[..2]), Some(WitnessFinding::Missing { sequence: 120 }));
        let mut rebuilt = whole;
        rebuilt[1].1 = chain(0);
        assert_eq!(check(&rebuilt), Some(WitnessFinding::OtherChain { sequence: 60 }));
        let other_run = check_witnessed(&kept.heads, RunTag([4; 16]), &whole);
        assert_eq!(other_run, Some(WitnessFinding::OtherRun { sequence: 4 }));

        assert_eq!(witnessed_heads(&scratch.0, "T-1", 2).unwrap(), WitnessedHeads::default());
        assert!(witnessed_heads(&scratch.0.join("none"), "T-1", 1).is_err());
        assert!(witnessed_heads(&scratch.0, "../T-1", 1).is_err());
        assert!(Witness::open(&scratch.0.join("none"), "T-1", 1).is_err());
    }

    #[test]
    fn a_changed_line_is_counted_and_not_believed() {
        let scratch = Scratch::new("changed");
        let line = serde_json::to_vec(&head(&scratch.key(), 4)).unwrap();
        assert_eq!(parse_witnessed(&line, "T-1", 1).heads.len(), 1);
        // When it was copied is the one thing that the station does not sign.
        let signed = line.windows(5).position(|part| part == b"\"at\":").unwrap();
        for at in 0..signed {
            let mut changed = line.clone();
            changed[at] ^= 1 << (at % 7);
            let read = parse_witnessed(&changed, "T-1", 1);
            assert!(read.heads.is_empty() && read.unusable > 0, "byte {at}");
        }
    }

    #[test]
    fn a_torn_line_stays_and_does_not_spoil_the_next() {
        let scratch = Scratch::new("torn");
        let key = scratch.key();
        let path = scratch.0.join("T-1-r01.heads");
        let torn = serde_json::to_string(&head(&key, 4)).unwrap();
        std::fs::write(&path, &torn[..40]).unwrap();
        Witness::open(&scratch.0, "T-1", 1).unwrap().append(&head(&key, 60)).unwrap();
        let kept = witnessed_heads(&scratch.0, "T-1", 1).unwrap();
        assert_eq!((kept.heads[0].sequence, kept.unusable), (60, 1));
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert!(Witness::open(&scratch.0, "T-1", 1).is_err(), "a link");
        assert!(!scratch.0.join("elsewhere").exists());
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>, text in "(\\PC{0,60}\n){0,4}") {
            parse_witnessed(&bytes, "T-1", 1);
            parse_witnessed(text.as_bytes(), "T-1", 1);
        }
    }
}
