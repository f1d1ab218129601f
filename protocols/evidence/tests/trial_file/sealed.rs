//! Signed runs: what a seal, the heads and a witness tell, and what nobody can do unseen.

use evidence::{
    Checks, Difference, HeadFault, KeyFolder, Recovery, SealRefusal, Standing, StationKey,
    TrustedKeys, Witness, WitnessFinding, WitnessedHead, append_head, seal,
};
use trialfile::Seal;

use super::*;

/// How a run of the tests is made.
struct Made<'a> {
    key: &'a StationKey,
    /// The key of its heads.
    head_key: &'a StationKey,
    first_head: bool,
    end: bool,
    last_head: bool,
    /// Added to what the device shows.
    shift: u16,
    nonce: u8,
}

impl<'a> Made<'a> {
    fn by(key: &'a StationKey) -> Made<'a> {
        Made {
            key,
            head_key: key,
            first_head: true,
            end: true,
            last_head: true,
            shift: 0,
            nonce: 0,
        }
    }

    /// Writes the journal; the heads go to a witness if there is one.
    fn write(&self, root: &Path, witness: Option<&Path>) -> RunFolder {
        let (folder, run) = RunFolder::create_next(root, "T-1").unwrap();
        let start = WallTime(1_750_000_000_000_000_000);
        let tag = RunTag::new("T-1", run, start.0, &[self.nonce]);
        let mut writer = Writer::create(&folder.path(), tag).unwrap();
        let mut witness = witness.map(|path| Witness::open(path, "T-1", run).unwrap());
        let mut head = |writer: &mut Writer, at: i64| {
            let (sequence, head) = append_head(writer, self.head_key, 0, TrialTime(at)).unwrap();
            let copy = WitnessedHead::new(("T-1", run), tag, sequence, &head, start);
            witness.iter_mut().for_each(|witness| witness.append(&copy).unwrap());
        };
        let put = |writer: &mut Writer, at: i64, body: Body<'_>| {
            let source = match &body {
                Body::PollDue(_)
                | Body::Sent { .. }
                | Body::Received { .. }
                | Body::Outcome { .. }
                | Body::LinkState(_) => RecordSource::link(0),
                _ => RecordSource::STATION,
            };
            writer.append(0, TrialTime(at), source, &body);
        };
        let station = trial::record::Station {
            key: self.key.public().to_hex(),
            key_run: 1,
            ..Default::default()
        };
        let origin = Origin {
            trial: "T-1".to_owned(),
            run,
            origin: OriginKind::Simulated,
            start,
            software: evidence::SOFTWARE.to_owned(),
            previous_root: String::new(),
            station,
        };
        put(&mut writer, 0, Body::Origin(origin));
        let documents = documents();
        let requests = wire::plan::plan_requests(&Plan::resolve(&documents).unwrap());
        for document in documents.documents {
            put(&mut writer, 0, Body::Document(document));
        }
        put(&mut writer, 0, Body::RequestPlan(requests));
        if self.first_head {
            head(&mut writer, 0);
        }
        put(&mut writer, 1, Body::LinkState(LinkState { up: true, why: "opened".to_owned() }));
        for poll in 0..60_u64 {
            let due = poll as i64 * 10_000_000;
            let transaction = (poll as u16).to_be_bytes();
            let request = [&transaction[..], &[0, 0, 0, 6, 1, 3, 0, 0, 0, 2]].concat();
            let value = (100 + poll as u16 + self.shift).to_be_bytes();
            let frame = [&transaction[..], &[0, 0, 0, 7, 1, 3, 4], &value, &value].concat();
            let poll_due = PollDue { poll, request: 0, due: TrialTime(due) };
            put(&mut writer, due, Body::PollDue(poll_due));
            put(&mut writer, due + 1_000, Body::Sent { poll, bytes: Cow::Owned(request) });
            put(&mut writer, due + 500_000, Body::Received { bytes: Cow::Owned(frame) });
            put(&mut writer, due + 600_000, Body::Outcome { poll, cause: Cause::Answered });
            if poll == 30 {
                head(&mut writer, due + 600_000);
            }
        }
        if self.end {
            put(&mut writer, 600_000_000, Body::End(End::new(EndKind::Ended, "")));
        }
        if self.end && self.last_head {
            head(&mut writer, 600_000_000);
        }
        writer.commit().unwrap();
        folder
    }

    fn build(&self, root: &Path) -> PathBuf {
        let folder = self.write(root, None);
        build_with(&folder, Some(self.key))
    }
}

fn build_with(folder: &RunFolder, key: Option<&StationKey>) -> PathBuf {
    let mut builder = Builder::new(folder).unwrap();
    let root = builder.feed_journal(&folder.path()).unwrap();
    builder.finish(folder, root, key).unwrap().path
}

fn keys(root: &Root) -> (StationKey, StationKey) {
    let folder = KeyFolder::open(&root.0.join("keys"));
    let make = |name| folder.create_key(name, WallTime(0)).unwrap();
    (make("station"), make("other"))
}

fn trusting(key: &StationKey) -> Checks {
    let mut trust = TrustedKeys::default();
    trust.insert(key.public());
    Checks { trust, witness: None }
}

#[test]
fn a_sealed_run_is_trusted_by_its_key_and_unconfirmed_without() {
    let root = Root::new("seal-trust");
    let (key, other) = keys(&root);
    let file = Made::by(&key).build(&root.0.join("a"));
    let found = verify(&file, &trusting(&key)).unwrap();
    assert_eq!((found.standing(), found.differences.len()), (Standing::Trusted, 0), "{found:?}");
    assert!(found.heads.first && found.heads.last && found.heads.good == 3, "{found:?}");
    assert_eq!(found.sealed_by, Some(key.public()));
    for checks in [Checks::default(), trusting(&other)] {
        assert_eq!(verify(&file, &checks).unwrap().standing(), Standing::Unconfirmed);
    }
    let again = Made::by(&key).build(&root.0.join("b"));
    assert!(fs::read(&file).unwrap() == fs::read(again).unwrap(), "the same key, the same bytes");
    let foreign = Made::by(&other).build(&root.0.join("c"));
    let found = verify(&foreign, &trusting(&key)).unwrap();
    assert_eq!((found.standing(), found.key_is_trusted), (Standing::Unconfirmed, false));
}

#[test]
fn a_seal_or_a_head_by_another_key_is_told() {
    let root = Root::new("seal-other");
    let (key, other) = keys(&root);
    let file = Made::by(&key).build(&root.0.join("a"));
    // Whoever has no key of the station can sign the same file with his own.
    let (public, signature) =
        other.sign_seal(&Seal::read(&file).unwrap().statement().unwrap()).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[80..112].copy_from_slice(&public);
    bytes[112..176].copy_from_slice(&signature);
    fs::write(&file, bytes).unwrap();
    for checks in [trusting(&key), trusting(&other)] {
        let found = verify(&file, &checks).unwrap();
        assert_eq!(found.differences, [Difference::SealKey]);
    }
    let mixed = Made { head_key: &other, ..Made::by(&key) }.build(&root.0.join("b"));
    let found = verify(&mixed, &trusting(&key)).unwrap();
    let first = Difference::Head { record: 5, why: HeadFault::OtherKey };
    assert_eq!(found.first_difference(), Some(&first), "{found:?}");
}

#[test]
fn the_plan_must_be_signed_before_the_first_sample() {
    let root = Root::new("seal-first");
    let (key, _) = keys(&root);
    let file = Made { first_head: false, ..Made::by(&key) }.build(&root.0);
    let found = verify(&file, &trusting(&key)).unwrap();
    assert_eq!(found.differences, [Difference::FirstHead { record: 5 }]);
    assert_eq!(found.standing(), Standing::Altered);
}

#[test]
fn no_byte_of_a_sealed_file_changes_unseen() {
    let root = Root::new("seal-bytes");
    let (key, _) = keys(&root);
    let file = Made::by(&key).build(&root.0);
    let good = fs::read(&file).unwrap();
    let block = 0..4096.min(good.len());
    for at in block.step_by(7).chain((4096..good.len()).step_by(good.len() / 97)) {
        let mut changed = good.clone();
        changed[at] ^= 0x20;
        fs::write(&file, &changed).unwrap();
        let trusted =
            verify(&file, &trusting(&key)).is_ok_and(|found| found.standing() != Standing::Altered);
        assert!(!trusted, "byte {at}");
    }
}

#[test]
fn a_witness_tells_a_dropped_end_and_a_run_made_anew() {
    let root = Root::new("seal-witness");
    let (key, _) = keys(&root);
    let kept = root.0.join("witness");
    fs::create_dir(&kept).unwrap();
    let original = build_with(&Made::by(&key).write(&root.0.join("a"), Some(&kept)), Some(&key));
    let checks = Checks { witness: Some(kept), ..trusting(&key) };
    let found = verify(&original, &checks).unwrap();
    assert_eq!((found.standing(), found.witness.unwrap().compared), (Standing::Trusted, 3));

    let cut = Made { end: false, ..Made::by(&key) }.write(&root.0.join("b"), None);
    recover(&cut, WallTime(1), &mut |_| Ok(None)).unwrap();
    assert_eq!(
        verify(&cut.trial_file(), &trusting(&key)).unwrap().standing(),
        Standing::Unconfirmed
    );
    let found = verify(&cut.trial_file(), &checks).unwrap();
    let finding = found.witness.unwrap().finding;
    assert!(matches!(finding, Some(WitnessFinding::Missing { .. })), "{finding:?}");
    assert_eq!(found.standing(), Standing::Altered);

    let with_other_samples = Made { shift: 1, ..Made::by(&key) }.build(&root.0.join("c"));
    let found = verify(&with_other_samples, &checks).unwrap();
    let finding = found.witness.unwrap().finding;
    assert!(matches!(finding, Some(WitnessFinding::OtherChain { .. })), "{finding:?}");
    let made_anew = Made { nonce: 1, ..Made::by(&key) }.build(&root.0.join("d"));
    let finding = verify(&made_anew, &checks).unwrap().witness.unwrap().finding;
    assert!(matches!(finding, Some(WitnessFinding::OtherRun { .. })), "{finding:?}");
}

#[test]
fn recovery_seals_with_the_key_of_the_run_or_leaves_that_for_later() {
    let root = Root::new("seal-recover");
    let (key, other) = keys(&root);
    let folder = KeyFolder::open(&root.0.join("keys"));
    let killed = Made { end: false, ..Made::by(&key) };
    let with = killed.write(&root.0.join("a"), None);
    let Recovery::Built { built, .. } =
        recover(&with, WallTime(1), &mut |public| folder.load_for(public)).unwrap()
    else {
        panic!("it was recorded");
    };
    assert!(built.is_sealed() && !built.lacks_its_seal());
    let found = verify(&built.path, &trusting(&key)).unwrap();
    assert_eq!((found.standing(), found.heads.last), (Standing::Trusted, true), "{found:?}");

    let without = killed.write(&root.0.join("b"), None);
    recover(&without, WallTime(1), &mut |_| Ok(None)).unwrap();
    let file = without.trial_file();
    let found = verify(&file, &trusting(&key)).unwrap();
    assert_eq!((found.standing(), found.sealed_by), (Standing::Unconfirmed, None), "{found:?}");
    let before = fs::read(&file).unwrap();
    let mut foreign = |_| folder.load(other.name()).map(Some);
    assert!(matches!(seal(&file, &mut foreign), Err(SealRefusal::KeyMissing(_))));
    assert_eq!(fs::read(&file).unwrap(), before);
    let mut own = |public| folder.load_for(public);
    assert_eq!(seal(&file, &mut own).unwrap(), key.public());
    assert_eq!(fs::read(&file).unwrap()[4096..], before[4096..]);
    assert_eq!(verify(&file, &trusting(&key)).unwrap().standing(), Standing::Trusted);
    assert!(matches!(seal(&file, &mut own), Err(SealRefusal::Sealed)));

    let unsigned = build(&write_journal(&root.0.join("c"), 10, true));
    assert!(matches!(seal(&unsigned, &mut own), Err(SealRefusal::NoKey)));
    let mut bytes = before;
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert!(matches!(seal(&file, &mut own), Err(SealRefusal::Altered(_))));
}

#[test]
fn a_power_cut_between_the_end_and_its_head_is_mended_by_recovery() {
    let root = Root::new("seal-between");
    let (key, _) = keys(&root);
    let folder = KeyFolder::open(&root.0.join("keys"));
    let cut = Made { last_head: false, ..Made::by(&key) };
    let (with, without) = (cut.write(&root.0.join("a"), None), cut.write(&root.0.join("b"), None));
    recover(&with, WallTime(1), &mut |public| folder.load_for(public)).unwrap();
    let found = verify(&with.trial_file(), &trusting(&key)).unwrap();
    assert_eq!((found.standing(), found.heads.last), (Standing::Trusted, true), "{found:?}");
    recover(&without, WallTime(1), &mut |_| Ok(None)).unwrap();
    let found = verify(&without.trial_file(), &trusting(&key)).unwrap();
    assert_eq!((found.standing(), found.heads.last), (Standing::Unconfirmed, false), "{found:?}");
}
