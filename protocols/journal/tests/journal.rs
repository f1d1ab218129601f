//! The journal against a plain list of records: whatever is cut, flipped or mixed, what is read
//! was written, in its order, and what is missing is told.

#![allow(clippy::unwrap_used)] // A helper of a test fails the test by panicking.

use std::borrow::Cow;
use std::fs;
use std::path::PathBuf;

use journal::{
    Damaged, Ending, HEADER_BYTES, MAX_UNSYNCED_BYTES, Reader, RunTag, SPARE_FILE, SegmentChain,
    Writer, records, repair, segment_path, segments,
};
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
    RunTag::new("T-1", 1, 1_750_000_000_000_000_000, b"a number for once")
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
    write_into(&mut writer, blocks)
}

fn write_into(writer: &mut Writer, blocks: &[Vec<Body<'static>>]) -> Vec<Record<'static>> {
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

type Found = Vec<(u64, u16, Vec<u8>)>;

fn read_all(source: impl std::io::Read) -> (Found, Vec<Damaged>, Ending) {
    let mut reader = Reader::new(source);
    let (mut found, mut damage) = (Vec::new(), Vec::new());
    while let Some(block) = reader.next_block().unwrap() {
        damage.extend(block.damage);
        found.extend(records(block.body).map(|r| (r.sequence, r.kind, r.payload.to_vec())));
    }
    (found, damage, reader.ending().unwrap())
}

/// What is read of a journal that has no damaged place with something good behind it.
fn read_bytes(bytes: &[u8]) -> (Found, Ending) {
    let (found, damage, ending) = read_all(bytes);
    assert_eq!(damage, []);
    (found, ending)
}

/// What is read is part of what was written, in its order, and every record that is missing
/// before the last one lies in a damaged place.
fn check_part(written: &Found, found: &Found, damage: &[Damaged]) {
    let mut missing: Vec<u64> = Vec::new();
    for damaged in damage {
        missing.extend(damaged.place.first_missing..damaged.place.next);
    }
    let last = found.last().map_or(0, |(sequence, ..)| sequence + 1);
    let expected: Found = written
        .iter()
        .filter(|(sequence, ..)| *sequence < last && !missing.contains(sequence))
        .cloned()
        .collect();
    assert_eq!(found, &expected, "missing: {missing:?}");
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
    // Behind the segment's header, the block of one record, and that of two.
    let first = HEADER_BYTES + HEADER_BYTES + 52;
    let ends = [0, HEADER_BYTES, first, first + HEADER_BYTES + 32 + 14 + 32 + 31];
    for length in 0..bytes.len() {
        let (found, ending) = read_bytes(&bytes[..length]);
        assert!(written.starts_with(&found), "cut at {length}");
        assert!(found.len() < written.len(), "cut at {length}");
        assert_eq!(ending == Ending::Clean, ends.contains(&length), "{length}");
    }
    assert_eq!(read_bytes(&bytes), (written, Ending::Clean));
}

#[test]
fn every_flipped_bit_is_noticed_and_costs_its_block_alone() {
    let folder = Folder::new("flip");
    let written = expected(&write(&folder, &sample_bodies()));
    let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
    let second = HEADER_BYTES + HEADER_BYTES + 52;
    let third = second + HEADER_BYTES + 32 + 14 + 32 + 31;
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let (found, damage, ending) = read_all(&damaged[..]);
        assert!(!damage.is_empty() || ending != Ending::Clean, "bit {bit}");
        check_part(&written, &found, &damage);
        let lost: &[u64] = match bit / 8 {
            at if at < HEADER_BYTES => &[],
            at if at < second => &[0],
            at if at < third => &[1, 2],
            _ => &[3],
        };
        let kept: Vec<u64> = (0..4).filter(|number| !lost.contains(number)).collect();
        let numbers: Vec<u64> = found.iter().map(|(sequence, ..)| *sequence).collect();
        assert_eq!(numbers, kept, "bit {bit}");
        let holds = damage.iter().all(|damaged| damaged.chain_holds);
        assert_eq!(holds, lost.is_empty() || lost == [3], "bit {bit}");
    }
}

#[test]
fn a_changed_record_with_a_right_checksum_breaks_the_chain() {
    let folder = Folder::new("changed");
    let written = expected(&write(&folder, &sample_bodies()));
    let mut bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
    let record = HEADER_BYTES + HEADER_BYTES;
    bytes[record + 32] ^= 1;
    let checksum = crc32c::crc32c(&bytes[record + 8..record + 52]).to_le_bytes();
    bytes[record + 4..record + 8].copy_from_slice(&checksum);
    let (found, damage, ending) = read_all(&bytes[..]);
    assert_eq!((found.len(), ending), (written.len(), Ending::Clean));
    let [damaged] = damage[..] else { panic!("{damage:?}") };
    assert!(!damaged.chain_holds);
    assert_eq!((damaged.place.first_missing, damaged.place.next), (1, 1));
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

/// One block a segment.
fn write_segments(folder: &Folder) -> Found {
    let mut writer = Writer::create(&folder.0, tag()).unwrap();
    writer.set_longest_segment(1);
    let written = expected(&write_into(&mut writer, &sample_bodies()));
    assert_eq!(segments(&folder.0).len(), 4);
    written
}

#[test]
fn a_journal_of_many_segments_survives_the_damage_of_any_byte() {
    let folder = Folder::new("segments");
    let written = write_segments(&folder);
    let mut stream = Vec::new();
    std::io::Read::read_to_end(&mut SegmentChain::closed(&folder.0), &mut stream).unwrap();
    assert_eq!(read_bytes(&stream), (written.clone(), Ending::Clean));
    for at in 0..stream.len() {
        let mut damaged = stream.clone();
        damaged[at] = !damaged[at];
        let (found, damage, ending) = read_all(&damaged[..]);
        assert!(!damage.is_empty() || ending != Ending::Clean, "byte {at}");
        check_part(&written, &found, &damage);
        assert!(found.len() + 2 >= written.len(), "byte {at} costs more than its block");
    }
    // Several blocks at once.
    for (from, to) in [(0, 200), (100, 420), (300, 600)] {
        let mut damaged = stream.clone();
        damaged[from..to.min(stream.len())].fill(0);
        let (found, damage, _) = read_all(&damaged[..]);
        check_part(&written, &found, &damage);
    }
}

#[test]
fn repair_keeps_what_lies_behind_a_damaged_place() {
    let folder = Folder::new("behind");
    let written = expected(&write(&folder, &sample_bodies()));
    let path = segment_path(&folder.0, 0);
    let mut bytes = fs::read(&path).unwrap();
    bytes[HEADER_BYTES + HEADER_BYTES + 40] ^= 4;
    bytes.extend_from_slice(b"torn");
    fs::write(&path, &bytes).unwrap();
    let repaired = repair(&folder.0).unwrap();
    assert_eq!((repaired.cut_bytes, repaired.next_sequence), (4, 4));
    let [place] = repaired.damage[..] else { panic!("{repaired:?}") };
    assert_eq!((place.segment, place.offset), (0, HEADER_BYTES as u64));
    assert_eq!((place.first_missing, place.next), (0, 1));

    let mut writer = Writer::resume(&folder.0, &repaired).unwrap();
    let body = Body::Outcome { poll: 1, cause: Cause::Timeout };
    writer.append(1, TrialTime(9_000), RecordSource::STATION, &body);
    writer.commit().unwrap();
    let (found, damage, ending) = read_all(SegmentChain::closed(&folder.0));
    assert_eq!(found[..3], written[1..]);
    assert_eq!((found.len(), ending), (4, Ending::Clean));
    assert_eq!(damage.iter().map(|damaged| damaged.place).collect::<Vec<_>>(), [place]);
}

/// The folder of a run on a second disk.
fn spare_of(folder: &Folder) -> Folder {
    let spare = Folder::new("spare-disk");
    let inner = spare.0.join(folder.0.file_name().unwrap());
    fs::create_dir_all(&inner).unwrap();
    fs::write(folder.0.join(SPARE_FILE), format!("{}\n", inner.display())).unwrap();
    spare
}

#[test]
fn on_the_spare_disk_a_run_goes_on_behind_what_is_synced() {
    let folder = Folder::new("moved");
    let spare = spare_of(&folder);
    let mut writer = Writer::create(&folder.0, tag()).unwrap();
    writer.set_spare(journal::spare_folder(&folder.0).unwrap());
    let bodies = sample_bodies();
    let mut written = write_into(&mut writer, &bodies);
    // The first block was synced; the others are lost with the disk, which even garbled them.
    let path = segment_path(&folder.0, 0);
    let mut first = fs::read(&path).unwrap();
    first[HEADER_BYTES + HEADER_BYTES + 52..].fill(0x55);
    fs::write(&path, &first).unwrap();
    let body = Body::Outcome { poll: 1, cause: Cause::Timeout };
    let at = TrialTime(9_000);
    writer.append(0, at, RecordSource::STATION, &body);
    writer.move_to_spare(1).unwrap();
    assert!(!writer.has_spare());
    writer.commit().unwrap();
    written.push(Record { sequence: 4, boot: 0, at, source: RecordSource::STATION, body });

    let (found, damage, ending) = read_all(SegmentChain::closed(&folder.0));
    assert_eq!((found, damage, ending), (expected(&written), vec![], Ending::Clean));
    let repaired = repair(&folder.0).unwrap();
    assert_eq!((repaired.cut_bytes, repaired.segments), (0, 2));
    assert!(spare.0.exists() && writer.move_to_spare(5).is_err(), "there is no third disk");
}

#[test]
fn a_spare_folder_is_never_reached_by_a_trick() {
    let folder = Folder::new("tricked");
    let elsewhere = Folder::new("elsewhere");
    let name = folder.0.file_name().unwrap();
    let inner = elsewhere.0.join(name);
    let path = folder.0.join(SPARE_FILE);
    for text in [elsewhere.0.display().to_string(), name.display().to_string(), String::new()] {
        fs::write(&path, text).unwrap();
        assert_eq!(journal::spare_folder(&folder.0), None);
    }
    fs::write(&path, inner.display().to_string()).unwrap();
    std::os::unix::fs::symlink(&elsewhere.0, &inner).unwrap();
    assert_eq!(journal::spare_folder(&folder.0), None, "a link");
    fs::remove_file(&inner).unwrap();
    fs::create_dir(&inner).unwrap();
    assert_eq!(journal::spare_folder(&folder.0), Some(inner));
}

#[test]
fn what_waits_for_a_sync_is_bounded() {
    let folder = Folder::new("bounded");
    let spare = spare_of(&folder);
    let mut writer = Writer::create(&folder.0, tag()).unwrap();
    writer.set_spare(spare.0.join(folder.0.file_name().unwrap()));
    let body = Body::Received { bytes: Cow::Owned(vec![7; 1 << 20]) };
    let mut blocks = 0;
    while !writer.is_unsynced_full() {
        writer.append(0, TrialTime(0), RecordSource::link(0), &body);
        writer.commit().unwrap();
        blocks += 1;
        assert!(blocks <= MAX_UNSYNCED_BYTES >> 20);
    }
    writer.synced(blocks as u64);
    assert!(!writer.is_unsynced_full());
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
    let mut writer = Writer::create(&other_folder.0, RunTag::new("T-2", 1, 0, b"another")).unwrap();
    writer.append(0, TrialTime(0), RecordSource::STATION, &sample_bodies()[0][0]);
    writer.commit().unwrap();
    let other = fs::read(segment_path(&other_folder.0, 0)).unwrap();

    let spliced = [&own[..HEADER_BYTES], &other[HEADER_BYTES..]].concat();
    let (found, ending) = read_bytes(&spliced);
    assert!(found.is_empty());
    assert_ne!(ending, Ending::Clean);
}

fn frozen(version: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/frozen/version-{version}.pgj"))
}

/// Format version 1 as it was first written: these bytes must be readable for ever.
#[test]
fn frozen_version_1_reads() {
    let folder = Folder::new("frozen-1");
    let written = expected(&write(&folder, &sample_bodies()));
    let bytes = fs::read(frozen(1)).unwrap();
    assert_eq!(read_bytes(&bytes), (written.clone(), Ending::Clean));
    // Behind a damaged place of it nothing can be told, but what is before stays.
    let mut damaged = bytes.clone();
    damaged[64 + 64 + 52 + 70] ^= 1;
    let (found, damage, ending) = read_all(&damaged[..]);
    assert_eq!((found, damage), (written[..1].to_vec(), vec![]));
    assert_ne!(ending, Ending::Clean);
}

/// A journal of version 1 that a crash left is closed by this build, in a segment of version 2.
#[test]
fn a_journal_of_version_1_goes_on() {
    let folder = Folder::new("goes-on");
    fs::copy(frozen(1), segment_path(&folder.0, 0)).unwrap();
    let repaired = repair(&folder.0).unwrap();
    let mut writer = Writer::resume(&folder.0, &repaired).unwrap();
    let body = Body::Outcome { poll: 1, cause: Cause::Timeout };
    writer.append(1, TrialTime(9_000), RecordSource::STATION, &body);
    writer.commit().unwrap();
    let (found, damage, ending) = read_all(SegmentChain::closed(&folder.0));
    assert_eq!((found.len(), damage, ending), (5, vec![], Ending::Clean));
}

/// Format version 2 as it was first written.
#[test]
fn frozen_version_2_reads() {
    let folder = Folder::new("frozen-2");
    let written = expected(&write(&folder, &sample_bodies()));
    let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(frozen(2), &bytes).unwrap();
    }
    let frozen = fs::read(frozen(2)).unwrap();
    assert_eq!(read_bytes(&frozen), (written, Ending::Clean));
    assert_eq!(frozen, bytes, "the writer must still write version 2 as it is frozen");
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
        let _ = read_all(&bytes[..]);
    }

    #[test]
    fn pages_that_are_dropped_or_exchanged_cost_their_blocks_alone(
        sizes in proptest::collection::vec(1_usize..400, 4..20),
        pages in proptest::collection::vec((any::<proptest::sample::Index>(), 0_u8..3), 1..6),
    ) {
        let folder = Folder::new("pages");
        let blocks: Vec<Vec<Body<'static>>> = sizes
            .iter()
            .map(|size| vec![Body::Received { bytes: vec![0x47; *size].into() }])
            .collect();
        let written = expected(&write(&folder, &blocks));
        let bytes = fs::read(segment_path(&folder.0, 0)).unwrap();
        let mut damaged = bytes.clone();
        const PAGE: usize = 64;
        let count = bytes.len() / PAGE;
        for (index, how) in pages {
            let at = index.index(count) * PAGE;
            let other = (index.index(count) + 1) % count * PAGE;
            match how {
                0 => damaged[at..at + PAGE].fill(0),
                1 => damaged[at..at + PAGE].copy_from_slice(&bytes[other..other + PAGE]),
                _ => damaged[at..at + PAGE].iter_mut().for_each(|byte| *byte = !*byte),
            }
        }
        let (found, damage, ending) = read_all(&damaged[..]);
        check_part(&written, &found, &damage);
        prop_assert!(damaged == bytes || !damage.is_empty() || ending != Ending::Clean);
    }
}
