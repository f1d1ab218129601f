//! From a journal to a trial file and back: the same bytes every time, every change noticed,
//! version 1 readable for ever.

#![allow(clippy::unwrap_used)] // A helper of a test fails the test by panicking.

#[path = "trial_file/sealed.rs"]
mod sealed;

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use evidence::{
    Builder, Checks, EvidenceError, Ledger, LedgerEvent, Recovery, RunFolder, recover, verify,
};
use journal::{RunTag, Writer};
use trial::channel::ChannelIndex;
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::record::{
    Body, Cause, ClockPair, End, EndKind, LinkState, Mark, Origin, OriginKind, PollDue,
    RecordSource,
};
use trial::recording::{GapCause, Recording as _};
use trial::time::{Span, TrialTime, WallTime};
use trialfile::{TrialFile, TrialFileError};

const PLAN: &str = r#"
[trial]
id = "T-1"
scenario = "scenario.toml"
title = { en = "A small trial", zh = "小试验" }
[site]
zone = "Asia/Shanghai"
[[link]]
id = "net"
kind = "tcp"
address = "127.0.0.1:502"
[[device]]
id = "panel"
link = "net"
profile = "panel.toml"
unit = 1
every = "10ms"
[roles]
pressure = "panel.pressure"
"#;

const PROFILE: &str = r#"
[device]
id = "panel"
title = { en = "Panel", zh = "面板" }
dialect = "modbus"
source = "this test"
[modbus]
timeout = "50ms"
[[point]]
id = "pressure"
title = { en = "Pressure", zh = "压力" }
quantity = "pressure.gauge"
unit = "kPa"
table = "holding"
address = 0
type = "u16"
scale = 0.1
[[point]]
id = "count"
title = { en = "Count", zh = "计数" }
quantity = "number"
unit = "1"
table = "holding"
address = 1
type = "u16"
"#;

const SCENARIO: &str = r#"
[scenario]
id = "small"
family = "urban-fire"
cluster = "fire-rescue"
edition = "1"
title = { en = "Small", zh = "小" }
[quality]
min_coverage = 0.5
max_gap = "100ms"
[[role]]
id = "pressure"
title = { en = "Pressure", zh = "压力" }
quantity = "pressure.gauge"
unit = "kPa"
[[derived]]
id = "double"
title = { en = "Double pressure", zh = "双倍压力" }
quantity = "pressure.gauge"
unit = "kPa"
expression = "2 * pressure"
[[phase]]
id = "all"
title = { en = "All", zh = "全程" }
enter = { mark = "go" }
exit = { mark = "stop" }
[[criterion]]
id = "C1"
title = { en = "Pressure is high enough", zh = "压力足够" }
phase = "all"
operator.bound = { signal = "pressure", statistic = "min", compare = ">=", limit = "10 kPa" }
class = "A"
mandatory = true
source = { standard = "none", clause = "1", edition = "1", status = "declared" }
rule = "simple_acceptance"
"#;

/// Names the release daemon as reader process: the `main` of a test can't be one.
fn use_reader() {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().find(|path| path.ends_with("deps")).and_then(Path::parent);
    let daemon = target.and_then(Path::parent).unwrap().join("release/daq");
    let missing = "is not there; run: cargo build --release -p daq";
    assert!(daemon.exists(), "{} {missing}", daemon.display());
    trialfile::reader_process::set_program(&daemon);
}

struct Root(PathBuf);

impl Root {
    fn new(name: &str) -> Root {
        use_reader();
        let path = std::env::temp_dir().join(format!("evidence-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Root(path)
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn documents() -> DocumentSet {
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", PLAN),
            document(DocumentRole::Scenario, "scenario.toml", SCENARIO),
            document(DocumentRole::Device, "panel.toml", PROFILE),
        ],
    }
}

/// What the simulated device answers to poll `n`; every seventh poll gets no answer.
fn answer(poll: u64) -> Option<[u16; 2]> {
    (poll % 7 != 3).then_some([100 + (poll % 50) as u16, poll as u16])
}

/// Writes the journal of a run with `polls` polls of 10 ms; `end` closes it.
fn write_journal(root: &Path, polls: u64, end: bool) -> RunFolder {
    let (folder, run) = RunFolder::create_next(root, "T-1").unwrap();
    let start = WallTime(1_750_000_000_000_000_000);
    let mut writer =
        Writer::create(&folder.path(), RunTag::new("T-1", run, start.0, b"once")).unwrap();
    let station = RecordSource::STATION;
    let mut put = |at: i64, source, body: Body<'_>| {
        writer.append(0, TrialTime(at), source, &body);
        if (body.kind() as u16).is_multiple_of(3) {
            writer.commit().unwrap();
        }
    };
    let origin = Origin {
        trial: "T-1".to_owned(),
        run,
        origin: OriginKind::Simulated,
        start,
        software: "test".to_owned(),
        previous_root: String::new(),
        station: trial::record::Station::default(),
    };
    put(0, station, Body::Origin(origin));
    let documents = documents();
    let requests = wire::plan::plan_requests(&Plan::resolve(&documents).unwrap());
    for document in documents.documents {
        put(0, station, Body::Document(document));
    }
    put(0, station, Body::RequestPlan(requests));
    put(0, station, Body::Clock(ClockPair { wall: start, uncertainty_ns: 50, step_ns: 0 }));
    let link = RecordSource::link(0);
    put(1, link, Body::LinkState(LinkState { up: true, why: "opened".to_owned() }));
    put(2, station, Body::Mark(mark(1, 0, "go")));
    for poll in 0..polls {
        let due = poll as i64 * 10_000_000;
        put(due, link, Body::PollDue(PollDue { poll, request: 0, due: TrialTime(due) }));
        let transaction = (poll as u16).to_be_bytes();
        let request = [&transaction[..], &[0, 0, 0, 6, 1, 3, 0, 0, 0, 2]].concat();
        put(due + 1_000, link, Body::Sent { poll, bytes: Cow::Owned(request) });
        let cause = match answer(poll) {
            None => Cause::Timeout,
            Some([first, second]) => {
                let (first, second) = (first.to_be_bytes(), second.to_be_bytes());
                let frame = [&transaction[..], &[0, 0, 0, 7, 1, 3, 4], &first, &second].concat();
                // The answer comes in two reads, wherever they happen to split.
                let (head, tail) = frame.split_at(1 + (poll % 12) as usize);
                put(due + 500_000, link, Body::Received { bytes: Cow::Owned(head.to_vec()) });
                put(due + 501_000, link, Body::Received { bytes: Cow::Owned(tail.to_vec()) });
                Cause::Answered
            }
        };
        put(due + 600_000, link, Body::Outcome { poll, cause });
    }
    let last = polls as i64 * 10_000_000;
    put(last, station, Body::Mark(mark(2, last, "stop")));
    if end {
        let end = End::new(EndKind::Ended, "");
        put(last + 1, station, Body::End(end));
    }
    writer.commit().unwrap();
    folder
}

fn mark(number: u32, at: i64, text: &str) -> Mark {
    Mark {
        number,
        text: text.to_owned(),
        at: TrialTime(at),
        uncertainty_ns: 0,
        by: "test".to_owned(),
        corrects: None,
        retracts: false,
        why: String::new(),
    }
}

fn build(folder: &RunFolder) -> PathBuf {
    let mut builder = Builder::new(folder).unwrap();
    let root = builder.feed_journal(&folder.path()).unwrap();
    builder.finish(folder, root, None).unwrap().path
}

#[test]
fn the_same_journal_gives_the_same_bytes() {
    let (one, other) = (Root::new("same-1"), Root::new("same-2"));
    // More rows than a chunk has, so that flushes happen on the way.
    let files = [&one, &other].map(|root| build(&write_journal(&root.0, 2500, true)));
    let [a, b] = files.map(|file| fs::read(file).unwrap());
    assert!(a == b, "{} and {} bytes differ", a.len(), b.len());
}

/// The journal is read twice, to derive from it and to be embedded. What changed in between is found
/// before the file has its name, and the run's folder stays.
#[test]
fn a_journal_that_changes_while_the_file_is_built_is_found() {
    for changed in ["a byte", "its tail"] {
        let root = Root::new("changes");
        let folder = write_journal(&root.0, 300, true);
        let mut builder = Builder::new(&folder).unwrap();
        let tip = builder.feed_journal(&folder.path()).unwrap();
        let segment = journal::segment_path(&folder.path(), 0);
        let mut bytes = fs::read(&segment).unwrap();
        match changed {
            "a byte" => *bytes.last_mut().unwrap() ^= 1,
            _ => bytes.truncate(bytes.len() - 8),
        }
        fs::write(&segment, bytes).unwrap();
        let finished = builder.finish(&folder, tip, None);
        assert!(matches!(finished, Err(EvidenceError::FinishedFileDiffers(_))), "{finished:?}");
        assert!(folder.path().exists(), "{changed}");
        assert!(!folder.trial_file().exists(), "{changed}");
    }
}

#[test]
fn every_sample_is_what_the_device_answered() {
    let root = Root::new("samples");
    let file = build(&write_journal(&root.0, 2500, true));
    let file = TrialFile::open(&file).unwrap();
    let answers: Vec<[u16; 2]> = (0..2500).filter_map(answer).collect();
    for (channel, scale) in [(0, 0.1), (1, 1.0)] {
        let stored = file.samples(ChannelIndex(channel), 0, 5000).unwrap();
        let expected: Vec<f64> =
            answers.iter().map(|pair| f64::from(pair[channel as usize]) * scale).collect();
        assert_eq!(stored.chunk.values, expected);
    }
    assert_eq!(file.gaps().len(), 2500 - answers.len());
    assert!(file.gaps().iter().all(|gap| gap.cause == GapCause::Poll(Cause::Timeout)));
    let account = &file.accounting().devices[0];
    let missed = 2500 - answers.len() as u64;
    assert_eq!(
        (account.requested, account.answered, account.missed),
        (2500, answers.len() as u64, missed)
    );
    let mut read = Vec::new();
    let span = Span::new(TrialTime(10_000_000), TrialTime(50_000_000));
    file.read(ChannelIndex(1), span, &mut |chunk| read.extend_from_slice(&chunk.values)).unwrap();
    assert_eq!(read, [1.0, 2.0, 4.0]);
    let overview = file.overview(ChannelIndex(1), Span::ALL, 10).unwrap();
    assert!(overview.len() <= 4 * 10 + 64);
    assert_eq!(overview.iter().map(|bin| bin.count).sum::<u64>(), answers.len() as u64);
    let highest =
        overview.iter().filter_map(|bin| bin.high).map(|(value, _)| value).fold(0.0, f64::max);
    assert_eq!(highest, 2499.0);
    let double = file.derived("double").unwrap().unwrap();
    assert_eq!(double.times.len(), answers.len());
    assert_eq!(double.values[0].to_bits(), (2.0 * 10.0f64).to_bits());
}

#[test]
fn a_run_without_an_end_is_recovered_to_the_same_bytes_each_time() {
    let (one, other) = (Root::new("recover-1"), Root::new("recover-2"));
    let now = WallTime(1_750_000_100_000_000_000);
    let mut files = Vec::new();
    for root in [&one, &other] {
        let folder = write_journal(&root.0, 300, false);
        let journal = journal::segment_path(&folder.path(), 0);
        let mut bytes = fs::read(&journal).unwrap();
        bytes.extend_from_slice(b"PGBK a torn tail");
        fs::write(&journal, bytes).unwrap();
        // What an earlier attempt left must not matter.
        fs::write(folder.partial_file(), b"half a file").unwrap();
        let Recovery::Built { built, cut_bytes, .. } =
            recover(&folder, now, &mut |_| Ok(None)).unwrap()
        else {
            panic!("nothing was recovered");
        };
        assert_eq!(cut_bytes, 16);
        assert!(!folder.path().exists());
        let kept = fs::read_dir(&root.0).unwrap().filter_map(Result::ok);
        let kept: Vec<_> =
            kept.filter(|e| e.file_name().to_string_lossy().contains(".cut-")).collect();
        assert_eq!(fs::read(kept[0].path()).unwrap(), b"PGBK a torn tail");
        let file = TrialFile::open(&built.path).unwrap();
        assert_eq!(file.head().end.as_ref().unwrap().kind, EndKind::Crashed);
        assert!(verify(&built.path, &Checks::default()).unwrap().is_whole());
        files.push(fs::read(&built.path).unwrap());
    }
    assert!(files[0] == files[1]);
    assert_eq!(Ledger::open(&one.0).unwrap().entries().len(), 1);
}

/// A block of the journal is damaged on the disk: everything behind it is kept, the hole is told,
/// and what is told is what a verification finds.
#[test]
fn records_behind_a_damaged_block_are_kept_and_the_hole_is_a_gap() {
    for end in [true, false] {
        let root = Root::new(if end { "behind-end" } else { "behind-crash" });
        let folder = write_journal(&root.0, 300, end);
        let path = journal::segment_path(&folder.path(), 0);
        let whole = fs::read(&path).unwrap();
        let mut bytes = whole.clone();
        let blocks = || whole.windows(4).enumerate().filter(|(_, four)| four == b"PGBK");
        let (at, _) = blocks().nth(blocks().count() / 2).unwrap();
        bytes[at + 150] ^= 0x40;
        fs::write(&path, bytes).unwrap();
        let Recovery::Built { built, records, .. } =
            recover(&folder, WallTime(0), &mut |_| Ok(None)).unwrap()
        else {
            panic!("nothing was recovered");
        };
        let verification = verify(&built.path, &Checks::default()).unwrap();
        assert!(verification.is_whole(), "{:?}", verification.differences);
        assert_eq!(verification.records, records);
        let file = TrialFile::open(&built.path).unwrap();
        let damaged = file.gaps().iter().filter(|gap| gap.cause == GapCause::JournalDamaged);
        assert!(damaged.count() >= 1, "{:?}", file.gaps());
        let account = &file.accounting().devices[0];
        assert_eq!(account.requested, account.answered + account.refused + account.missed);
        let stored = file.samples(ChannelIndex(1), 0, 5000).unwrap();
        let answers: Vec<f64> =
            (0..300).filter_map(answer).map(|pair| f64::from(pair[1])).collect();
        let missing = answers.iter().filter(|value| !stored.chunk.values.contains(value)).count();
        assert!((1..5).contains(&missing), "{missing} answers are missing");
        assert_eq!(stored.chunk.values.last(), answers.last());
        assert_eq!(file.head().end.as_ref().unwrap().kind == EndKind::Ended, end);
    }
}

/// A recovery that is cut short and begun again says the same.
#[test]
fn damage_is_told_once() {
    let root = Root::new("told-once");
    let folder = write_journal(&root.0, 100, true);
    let path = journal::segment_path(&folder.path(), 0);
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[length / 2] ^= 1;
    fs::write(&path, bytes).unwrap();
    let found = journal::repair(&folder.path()).unwrap();
    assert_eq!(found.damage.len(), 1);
    let copy = Root::new("told-once-copy");
    fs::create_dir_all(copy.0.join("T-1-r01.run")).unwrap();
    fs::copy(&path, copy.0.join("T-1-r01.run/journal-00000.pgj")).unwrap();
    recover(&folder, WallTime(0), &mut |_| Ok(None)).unwrap();
    let mut embedded = Vec::new();
    let file = TrialFile::open(&folder.trial_file()).unwrap();
    std::io::Read::read_to_end(&mut file.journal().unwrap(), &mut embedded).unwrap();
    // As if the first recovery had died before the file was built.
    let folder = RunFolder::at(&copy.0.join("T-1-r01.run")).unwrap();
    fs::write(journal::segment_path(&folder.path(), 1), &embedded[length..]).unwrap();
    assert_eq!(journal::repair(&folder.path()).unwrap().damage, []);
    recover(&folder, WallTime(0), &mut |_| Ok(None)).unwrap();
    assert!(fs::read(folder.trial_file()).unwrap() == fs::read(file.path()).unwrap());
}

/// Cut anywhere before the request plan is whole, a journal holds no sample.
#[test]
fn a_run_that_only_began_ends_in_the_ledger() {
    let root = Root::new("began");
    let whole = write_journal(&root.0, 0, false);
    let bytes = fs::read(journal::segment_path(&whole.path(), 0)).unwrap();
    whole.remove().unwrap();
    let beginning = bytes.windows(4).rposition(|window| window == b"PGBK").unwrap();
    for (index, length) in [0, 1, 79, 80, 300, beginning / 2].into_iter().enumerate() {
        let (folder, run) = RunFolder::create_next(&root.0, "T-1").unwrap();
        let begin = LedgerEvent::Begin { plan: String::new() };
        Ledger::open(&root.0).unwrap().append("T-1", run, WallTime(0), begin, None).unwrap();
        if index > 0 {
            let segment = journal::segment_path(&folder.path(), 0);
            fs::write(segment, &bytes[..length]).unwrap();
        }
        let recovery = recover(&folder, WallTime(1), &mut |_| Ok(None)).unwrap();
        assert!(matches!(recovery, Recovery::NothingRecorded), "cut at {length}");
        assert!(!folder.path().exists());
        assert_eq!(Ledger::open(&root.0).unwrap().entries().len(), 2 * (index + 1));
        // The next run of the loop gets its own number.
        fs::write(folder.trial_file(), b"").unwrap();
    }
}

#[test]
fn a_kill_at_any_step_of_finishing_is_mended() {
    let root = Root::new("finishing");
    let now = WallTime(0);
    // The file has its name, but the folder and the ledger are as they were.
    let folder = write_journal(&root.0, 50, true);
    let file = build(&folder);
    let before = fs::read(&file).unwrap();
    recover(&folder, now, &mut |_| Ok(None)).unwrap();
    assert!(!folder.path().exists());
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(Ledger::open(&root.0).unwrap().has_ended("T-1", 1));
}

#[test]
fn an_existing_trial_file_is_not_overwritten() {
    let root = Root::new("exists");
    let folder = write_journal(&root.0, 10, true);
    fs::write(folder.trial_file(), b"something else").unwrap();
    let mut builder = Builder::new(&folder).unwrap();
    let journal_root = builder.feed_journal(&folder.path()).unwrap();
    assert!(matches!(builder.finish(&folder, journal_root, None), Err(EvidenceError::Exists(_))));
    assert_eq!(fs::read(folder.trial_file()).unwrap(), b"something else");
}

#[test]
fn two_owners_of_a_run_are_refused() {
    let root = Root::new("lock");
    let (folder, _) = RunFolder::create_next(&root.0, "T-1").unwrap();
    let lock = folder.lock().unwrap();
    let refused = folder.lock().unwrap_err().to_string();
    assert!(refused.contains(&std::process::id().to_string()), "{refused}");
    drop(lock);
    folder.lock().unwrap();
}

/// Changes are told whatever byte they hit; here one in each stretch of 1021 bytes.
#[test]
fn a_changed_byte_is_noticed() {
    let root = Root::new("changed");
    let file = build(&write_journal(&root.0, 100, true));
    let whole = fs::read(&file).unwrap();
    assert!(verify(&file, &Checks::default()).unwrap().is_whole());
    let changed = root.0.join("changed.h5");
    for offset in (0..whole.len()).step_by(1021) {
        let mut bytes = whole.clone();
        bytes[offset] ^= 0x20;
        fs::write(&changed, &bytes).unwrap();
        let noticed = match verify(&changed, &Checks::default()) {
            Ok(verification) => !verification.is_whole(),
            Err(_) => true,
        };
        assert!(noticed, "byte {offset}");
    }
}

#[test]
fn what_is_no_trial_file_is_refused() {
    let root = Root::new("foreign");
    let path = root.0.join("x.h5");
    for bytes in [&b""[..], b"text", &[0; 5000]] {
        fs::write(&path, bytes).unwrap();
        assert!(matches!(TrialFile::open(&path), Err(TrialFileError::NotATrialFile { .. })));
    }
    let newer = [&b"PGTRIAL\0\x09\0\0\0"[..], &[0; 5000]].concat();
    fs::write(&path, newer).unwrap();
    assert!(matches!(TrialFile::open(&path), Err(TrialFileError::NewerVersion { found: 9, .. })));
}

/// Layout version 1 as it was first written: this file must be readable for ever.
#[test]
fn frozen_version_1_reads() {
    use_reader();
    let frozen = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frozen/version-1.h5");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let root = Root::new("frozen");
        fs::copy(build(&write_journal(&root.0, 40, true)), &frozen).unwrap();
    }
    let verification = verify(&frozen, &Checks::default()).unwrap();
    assert!(verification.is_whole(), "{:?}", verification.differences);
    let file = TrialFile::open(&frozen).unwrap();
    let stored = file.samples(ChannelIndex(1), 0, 100).unwrap();
    let expected: Vec<f64> = (0..40).filter_map(answer).map(|pair| f64::from(pair[1])).collect();
    assert_eq!(stored.chunk.values, expected);
    assert_eq!(file.marks().len(), 2);
    assert_eq!(file.findings().unwrap().unwrap().findings.len(), 1);
}
