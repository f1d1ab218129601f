//! The journal against a plain list of records: whatever is cut or flipped, what is read is a
//! beginning of what was written.

#![allow(clippy::unwrap_used)] // A helper of a test fails the test by panicking.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

use journal::{Ending, Reader, RunTag, Writer, records, repair, segment_path};
use proptest::prelude::*;
use trial::record::{Body, Cause, PollDue, Record, RecordSource};
use trial::time::TrialTime;

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("journal-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tag() -> RunTag {
    RunTag::new("T-1", 1, 1_750_000_000_000_000_000)
}

fn sample_bodies() -> Vec<Vec<Body<'static>>> {
    vec![
        vec![Body::PollDue(PollDue { poll: 0, request: 2, due: TrialTime(10) })],
        vec![
            Body::Sent { poll: 0, bytes: Cow::Borrowed(&[1, 3, 0, 0, 0, 1]) },
            Body::Received { bytes: Cow::Borrowed(b"PGBK and PGSEGMNT from the wire") },
        ],
        vec![Body::Outcome { poll: 0, cause: Cause::Refused(2) }],
    ]
}

fn write(folder: &Folder, blocks: &[Vec<Body<'static>>]) -> Vec<Record<'static>> {
    let mut writer = Writer::create(&folder.0, tag()).unwrap();
    let mut written = Vec::new();
    for block in blocks {
        for body in block {
            let at = TrialTime(written.len() as i64 * 1000);
            let source = RecordSource::link(0);
            let sequence = writer.append(0, at, source, body);
            written.push(Record { sequence, boot: 0, at, source, body: body.clone() });
        }
        writer.commit().unwrap();
    }
    written
}

fn read_bytes(bytes: &[u8]) -> (Vec<(u64, u16, Vec<u8>)>, Ending) {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while let Some(block) = reader.next_block().unwrap() {
        found.extend(records(block.body).map(|r| (r.sequence, r.kind, r.payload.to_vec())));
    }
    (found, reader.ending().unwrap())
}

fn expected(written: &[Record<'_>]) -> Vec<(u64, u16, Vec<u8>)> {
    written
        .iter()
        .map(|record| {
            let mut payload = Vec::new();
            record.body.encode(&mut payload);
            (record.sequence, record.body.kind() as u16, payload)
        })
        .collect()
}

#[test]
fn what_is_cut_at_any_byte_leaves_a_beginning() {
    let folder = Folder::new("cut");
    let written = expected(&write(&folder, &sample_bodies()));
    let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
    for length in 0..bytes.len() {
        let (found, ending) = read_bytes(&bytes[..length]);
        assert!(written.starts_with(&found), "cut at {length}");
        assert!(found.len() < written.len(), "cut at {length}");
        let whole_blocks = ending == Ending::Clean;
        assert_eq!(
            whole_blocks,
            [0, 64, 64 + 64 + 52, 180 + 64 + 32 + 14 + 32 + 31].contains(&length),
            "{length}"
        );
    }
    assert_eq!(read_bytes(&bytes), (written, Ending::Clean));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let folder = Folder::new("flip");
    let written = expected(&write(&folder, &sample_bodies()));
    let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (found, ending) = read_bytes(&damaged);
        assert_ne!(ending, Ending::Clean, "bit {bit}");
        assert!(written.starts_with(&found), "bit {bit}");
    }
}

#[test]
fn a_repaired_journal_goes_on_in_a_new_segment() {
    let folder = Folder::new("repair");
    let written = expected(&write(&folder, &sample_bodies()));
    let path = segment_path(&folder.0, 0);
    let mut bytes = fs::read(&path).unwrap();
    let whole = bytes.len();
    bytes.extend_from_slice(b"PGBK torn");
    fs::write(&path, &bytes).unwrap();

    let repaired = repair(&folder.0).unwrap();
    assert_eq!((repaired.cut_bytes, repaired.next_sequence, repaired.segments), (9, 4, 1));
    assert_eq!(fs::metadata(&path).unwrap().len(), whole as u64);
    assert_eq!(fs::read(folder.0.join(format!("cut-00000-{whole}.bin"))).unwrap(), b"PGBK torn");

    let mut writer = Writer::resume(&folder.0, &repaired).unwrap();
    let body = Body::Outcome { poll: 1, cause: Cause::Timeout };
    writer.append(1, TrialTime(9_000), RecordSource::STATION, &body);
    writer.commit().unwrap();

    let mut reader = Reader::open(&folder.0).unwrap();
    let mut count = 0;
    while let Some(block) = reader.next_block().unwrap() {
        count += block.record_count;
    }
    assert_eq!((count as usize, reader.ending()), (written.len() + 1, Some(Ending::Clean)));
    assert_eq!(reader.root(), writer.root());
}

#[test]
fn nothing_existing_is_overwritten() {
    let folder = Folder::new("exists");
    write(&folder, &sample_bodies());
    assert!(Writer::create(&folder.0, tag()).is_err());
}

#[test]
fn blocks_of_another_run_do_not_pass() {
    let folder = Folder::new("foreign");
    write(&folder, &sample_bodies());
    let own = fs::read(segment_path(&folder.0, 0)).unwrap();
    let other_folder = Folder::new("foreign-other");
    let mut writer = Writer::create(&other_folder.0, RunTag::new("T-2", 1, 0)).unwrap();
    writer.append(0, TrialTime(0), RecordSource::STATION, &sample_bodies()[0][0]);
    writer.commit().unwrap();
    let other = fs::read(segment_path(&other_folder.0, 0)).unwrap();

    let spliced = [&own[..64], &other[64..]].concat();
    let (found, ending) = read_bytes(&spliced);
    assert!(found.is_empty());
    assert_ne!(ending, Ending::Clean);
}

/// Format version 1 as it was first written: these bytes must be readable for ever.
#[test]
fn frozen_version_1_reads() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frozen/version-1.pgj");
    let folder = Folder::new("frozen");
    let written = expected(&write(&folder, &sample_bodies()));
    let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &bytes).unwrap();
    }
    let frozen = fs::read(&path).unwrap();
    assert_eq!(read_bytes(&frozen), (written, Ending::Clean));
    assert_eq!(frozen, bytes, "the writer must still write version 1 as it is frozen");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_records_in_any_blocks_read_back(
        blocks in proptest::collection::vec(
            proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..5), 1..6),
    ) {
        let folder = Folder::new("any");
        let blocks: Vec<Vec<Body<'static>>> = blocks
            .into_iter()
            .map(|block| block.into_iter().map(|bytes| Body::Received { bytes: bytes.into() }).collect())
            .collect();
        let written = expected(&write(&folder, &blocks));
        let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
        prop_assert_eq!(read_bytes(&bytes), (written, Ending::Clean));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let _ = read_bytes(&bytes);
    }
}
