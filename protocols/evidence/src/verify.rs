//! Verification: the trial file against its digest, its seal and its own journal.
//!
//! The samples are derived anew from the embedded journal, with the code that the daemon runs,
//! and compared with the stored channels bit for bit.
//!
//! Invariants:
//! - What was altered is no error but a difference, and every difference names its record or part.
//! - Whose key signed is told; whether it is trusted is decided by whoever verifies. No key in the
//!   file or beside it is trusted for being there.
//! - Nothing is written.

mod columns;
mod compare;
mod difference;
mod heads;
mod scan;

use std::path::{Path, PathBuf};

use journal::{ChainValue, Damaged, Ending, RunTag, records};
use trial::document::Document;
use trial::record::{Body, End, JournalDamage, Origin, Record};
use trial::recording::Recording as _;
use trial::time::TrialTime;
use trialfile::{Seal, SealState, TrialFile, TrialFileError};
use wire::derive::Derive;

use crate::amendment::{AmendmentsReport, check_amendments};
use crate::signature::{PublicKey, TrustedKeys, verify_seal};
use crate::witness::{WitnessFinding, check_witnessed, witnessed_heads};
use crate::{EvidenceError, key_of};
use columns::ColumnsFound;
use compare::Compare;
use heads::{HeadCheck, Place};
use scan::{Scanned, ScannedAll};

pub use difference::{Difference, HeadFault, Part};
pub use heads::HeadsFound;

/// Damaged places that are looked into; recovery leaves none with more.
const MAX_DAMAGED_PLACES: usize = 10_000;

/// With what a file is verified beside itself.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    /// The keys that whoever verifies trusts.
    pub trust: TrustedKeys,
    /// Folder of a witness.
    pub witness: Option<PathBuf>,
}

/// What a witness's folder says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessCheck {
    /// Heads by the run's key, or by a trusted one, that were compared.
    pub compared: u64,
    /// Lines that are no such heads.
    pub unusable: u64,
    /// The first contradiction.
    pub finding: Option<WitnessFinding>,
}

/// What a verification comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Whole, sealed by a trusted key, and so are its amendments.
    Trusted,
    /// Whole, but nobody who is trusted vouches for all of it.
    Unconfirmed,
    /// Altered or damaged.
    Altered,
}

/// Result of a verification.
#[derive(Debug, Clone)]
pub struct Verification {
    /// What differs; empty if the file is whole.
    pub differences: Vec<Difference>,
    /// Number of journal records.
    pub records: u64,
    /// Number of samples compared.
    pub samples: u64,
    /// Journal root, hexadecimal.
    pub root: String,
    /// Tag of the run; `None` if there is not even a journal's beginning.
    pub tag: Option<RunTag>,
    /// How the recording came to be, as the file says it; it is among what is compared.
    pub origin: Origin,
    /// The key whose seal matches, if there is one.
    pub sealed_by: Option<PublicKey>,
    /// Whether that key is trusted.
    pub key_is_trusted: bool,
    /// The signed heads of the journal.
    pub heads: HeadsFound,
    /// What was said after the file was closed.
    pub amendments: AmendmentsReport,
    /// What the witness says, if one was named.
    pub witness: Option<WitnessCheck>,
}

impl Verification {
    /// Whether nothing differs.
    pub fn is_whole(&self) -> bool {
        self.differences.is_empty()
    }

    /// What it comes to. A witness that was named and knows nothing of the run confirms nothing.
    pub fn standing(&self) -> Standing {
        let witnessed = self.witness.is_none_or(|witness| witness.compared > 0);
        match self.is_whole() {
            false => Standing::Altered,
            true if self.key_is_trusted && self.amendments.is_trusted() && witnessed => {
                Standing::Trusted
            }
            true => Standing::Unconfirmed,
        }
    }

    /// The difference that comes first in the journal; where none has a record, the first part.
    pub fn first_difference(&self) -> Option<&Difference> {
        let with_record = self.differences.iter().filter(|one| one.record().is_some());
        with_record.min_by_key(|one| one.record()).or_else(|| {
            // The digest only says that something differs: any other part says more.
            let parts = self.differences.iter();
            parts.clone().find(|one| **one != Difference::Digest).or_else(|| parts.clone().next())
        })
    }
}

/// What was read of the journal beside its samples.
#[derive(Default)]
struct Read {
    documents: Vec<Document>,
    end: Option<End>,
    last: TrialTime,
    records: u64,
    heads: HeadCheck,
    tag: Option<RunTag>,
    /// Damaged places, and those that the journal itself names.
    damaged: Vec<Damaged>,
    named: Vec<JournalDamage>,
}

impl Read {
    fn take(&mut self, record: &Record<'_>, place: Place) {
        self.records = record.sequence + 1;
        self.last = self.last.max(record.at);
        match &record.body {
            Body::Document(document) => self.documents.push(document.clone()),
            Body::End(found) => self.end = Some(found.clone()),
            Body::Recovered(recovered) => self.named.extend_from_slice(&recovered.damage),
            _ => {}
        }
        self.heads.take(record, place);
    }
}

/// Verifies a trial file.
///
/// # Errors
/// Not a trial file, or it can't be read. What was altered is no error but a difference.
pub fn verify(path: &Path, checks: &Checks) -> Result<Verification, EvidenceError> {
    let seal = Seal::read(path)?;
    std::thread::scope(|scope| {
        // The digest has a thread of its own: hashing takes about as long as all the rest.
        let digest = scope.spawn(|| seal.matches(path, &mut |_| {}));
        let checked = verify_content(path, &seal, checks);
        let digest_matches = ended(digest, path)??;
        let mut verification = checked?;
        if !digest_matches {
            verification.differences.insert(0, Difference::Digest);
        }
        Ok(verification)
    })
}

/// Verifies all but the digest.
fn verify_content(
    path: &Path,
    seal: &Seal,
    checks: &Checks,
) -> Result<Verification, EvidenceError> {
    let file = TrialFile::open(path)?;
    let (comparing, batches) = columns::pair();
    let (mut compare, mut derive) = (Compare::new(&file, comparing), Derive::new());
    let mut read = Read::default();
    // The journal is read, and the columns are compared, in threads of their own.
    let (columns, folded) = std::thread::scope(|scope| {
        let columns = scope.spawn(|| columns::compare(&file, batches));
        let open = OpenColumns(&mut compare);
        let folded = fold(&file, &mut derive, open.0, &mut read);
        drop(open);
        (ended(columns, path), folded)
    });
    let columns = columns??;
    check_root(folded, seal, &read, &mut compare)?;
    compare.finish(&derive, &read.documents, read.end.as_ref(), read.last)?;
    let origin = file.head().origin.clone();
    let mut differences = Vec::new();
    if is_named_otherwise(path, &origin) {
        differences.push(Difference::Name);
    }
    let sealed_by = check_seal(seal, &origin, read.tag, &mut differences);
    let ColumnsFound { differences: of_columns, samples } = columns;
    differences.extend(of_columns);
    differences.append(&mut compare.differences);
    differences.extend(read.heads.differences());
    let stored = file.checkpoints()?.unwrap_or_default();
    if read.heads.listed(&origin).is_none_or(|listed| listed.as_bytes() != stored) {
        differences.push(Difference::Part(Part::Checkpoints));
    }
    let amendments = check_amendments(path, &seal.journal_root, &checks.trust)?;
    differences.extend(amendments.first_bad.map(|number| Difference::Amendment { number }));
    let witness = checks.witness.as_deref();
    let witness = witness.map(|folder| ask_witness(folder, &origin, &read, &checks.trust));
    let witness = witness.transpose()?;
    differences.extend(witness.and_then(|found| found.finding).map(Difference::Witness));
    Ok(Verification {
        differences,
        records: read.records,
        samples,
        root: ChainValue(seal.journal_root).to_hex(),
        tag: read.tag,
        origin,
        sealed_by,
        key_is_trusted: sealed_by.is_some_and(|key| checks.trust.contains(key)),
        heads: read.heads.found().clone(),
        amendments,
        witness,
    })
}

/// Columns that are being compared. They are closed whatever happens: the comparing thread would
/// else wait for ever where this one panics.
struct OpenColumns<'a, 'b>(&'a mut Compare<'b>);

impl Drop for OpenColumns<'_, '_> {
    fn drop(&mut self) {
        self.0.close_columns();
    }
}

/// What a thread came to.
fn ended<T>(
    thread: std::thread::ScopedJoinHandle<'_, T>,
    path: &Path,
) -> Result<T, TrialFileError> {
    thread.join().map_err(|_| {
        let source = std::io::Error::other("the thread ended by itself");
        TrialFileError::Io { doing: "verify", path: path.to_owned(), source }
    })
}

/// Reads the whole journal, feeding the fold of its samples and the check of its heads.
fn fold(
    file: &TrialFile,
    derive: &mut Derive,
    compare: &mut Compare<'_>,
    read: &mut Read,
) -> Result<(ChainValue, Ending), EvidenceError> {
    let journal = file.journal()?;
    let (to, from) = scan::pair();
    let (scanned, derived) = std::thread::scope(|scope| {
        let scanned = scope.spawn(move || scan::scan(journal, &to));
        let derived = from.iter().try_for_each(|block| take_block(&block, derive, compare, read));
        // Who failed takes no more, so that the scan ends, too.
        drop(from);
        (ended(scanned, file.path()), derived)
    });
    derived?;
    let ScannedAll { tag, root, ending } = scanned??;
    read.tag = tag;
    Ok((root, ending))
}

fn take_block(
    block: &Scanned,
    derive: &mut Derive,
    compare: &mut Compare<'_>,
    read: &mut Read,
) -> Result<(), EvidenceError> {
    // One more than a journal can have explained: then nothing is.
    if read.damaged.len() <= MAX_DAMAGED_PLACES {
        read.damaged.extend(block.damage);
    }
    if let Some(next) = block.missing_until {
        derive.hole(next)?;
    }
    for record in records(&block.body) {
        let record = record.decode()?;
        read.take(&record, block.place);
        derive.feed(&record, compare)?;
    }
    Ok(())
}

/// Holds what the journal came to against the user block.
fn check_root(
    folded: Result<(ChainValue, Ending), EvidenceError>,
    seal: &Seal,
    read: &Read,
    compare: &mut Compare<'_>,
) -> Result<(), EvidenceError> {
    let too_many = read.damaged.len() > MAX_DAMAGED_PLACES;
    let unexplained = |found: &&Damaged| too_many || !is_explained(found, &read.named);
    for found in read.damaged.iter().filter(unexplained) {
        let good_records = found.place.first_missing;
        compare.differ(Difference::Journal { good_records, what: found.what.to_string() });
    }
    let good_records = read.records;
    match folded {
        Ok((root, ending)) => {
            if let Ending::Torn { damage } = ending {
                let what = damage.to_string();
                compare.differ(Difference::Journal { good_records, what });
            }
            if root.0 != seal.journal_root {
                compare.differ(Difference::Root);
            }
        }
        Err(EvidenceError::TrialFile(error)) => return Err(error.into()),
        Err(error) => {
            let what = error.to_string();
            compare.differ(Difference::Journal { good_records, what });
        }
    }
    Ok(())
}

/// Whether recovery found this damage, too, and said so in the journal. A block that is whole but
/// does not follow the one before it is no damage that a disk does: it was put there.
fn is_explained(found: &Damaged, named: &[JournalDamage]) -> bool {
    let place = &found.place;
    named.contains(place) && (found.chain_holds || place.next > place.first_missing)
}

/// Whether a file has a name such as a run's file is given, but that of another run: an old
/// recording in the place of a new one. Any other name is the business of whoever copied it.
fn is_named_otherwise(path: &Path, origin: &Origin) -> bool {
    let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((trial, digits)) = name.rsplit_once("-r") else { return false };
    let formed = digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let Some(run) = digits.parse::<u32>().ok().filter(|_| formed) else { return false };
    (trial, run) != (origin.trial.as_str(), origin.run)
}

/// The key whose seal matches; what does not match is told.
fn check_seal(
    seal: &Seal,
    origin: &Origin,
    journal_tag: Option<RunTag>,
    differences: &mut Vec<Difference>,
) -> Option<PublicKey> {
    if let SealState::Sealed { tag, .. } = seal.state
        && journal_tag != Some(RunTag(tag))
    {
        differences.push(Difference::SealTag);
    }
    match verify_seal(seal) {
        Ok(Some(key)) => {
            if key_of(origin) != Some(key) {
                differences.push(Difference::SealKey);
            }
            Some(key)
        }
        Ok(None) => None,
        Err(why) => {
            differences.push(Difference::SealSignature(why));
            None
        }
    }
}

/// Compares the journal's heads with what a witness keeps of the run. Heads of other keys are
/// nobody's word, unless such a key is trusted.
fn ask_witness(
    folder: &Path,
    origin: &Origin,
    read: &Read,
    trust: &TrustedKeys,
) -> Result<WitnessCheck, EvidenceError> {
    let mut kept = witnessed_heads(folder, &origin.trial, origin.run)?;
    let all = kept.heads.len();
    kept.heads.retain(|head| {
        head.key == origin.station.key
            || PublicKey::from_hex(&head.key).is_some_and(|key| trust.contains(key))
    });
    let finding = read.tag.and_then(|tag| check_witnessed(&kept.heads, tag, read.heads.places()));
    Ok(WitnessCheck {
        compared: kept.heads.len() as u64,
        unusable: kept.unusable + (all - kept.heads.len()) as u64,
        finding,
    })
}
