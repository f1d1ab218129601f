//! Golden cases: bytes and documents in, samples, gaps and counts out, compared as text; and what
//! must hold of each of them, whatever its dialect: wherever reads are cut, whichever bit flips.
//! `UPDATE_EXPECT=1 cargo test -p wire --test golden` writes the expected texts anew, for review.
//! `GOLDEN_CASES=FOLDER` takes the cases of a folder of one's own instead.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

mod fold;
mod support;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use trial::plan::{LinkKind, Plan};
use trial::profile::{Dialect, FrameEnd};
use trial::record::{Body, Record};

use support::{KeptRow, Outcome, cases, derive, number, records_of};

/// Every folder of cases, in order.
fn folders() -> Vec<PathBuf> {
    let root = std::env::var_os("GOLDEN_CASES").map_or_else(cases, PathBuf::from);
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn name(case: &std::path::Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn every_case_gives_the_expected_text() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut differ = Vec::new();
    for case in folders() {
        let found = derive(&records_of(&case)).text;
        let file = case.join("expected.txt");
        if update {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        let mut lines = found.lines().zip(expected.lines().chain(std::iter::repeat("")));
        if found != expected {
            differ.push((
                name(&case),
                lines
                    .find(|(one, other)| one != other)
                    .map(|(one, other)| (one.to_owned(), other.to_owned())),
            ));
        }
    }
    assert!(differ.is_empty(), "found and expected: {differ:#?}");
}

/// The records with every read cut into pieces of at most `size` bytes.
fn cut(records: &[Record<'static>], size: usize) -> Vec<Record<'static>> {
    let mut bodies = Vec::new();
    for record in records {
        let Body::Received { bytes } = &record.body else {
            bodies.push((record.at, record.source, record.body.clone()));
            continue;
        };
        for piece in bytes.chunks(size) {
            let body = Body::Received { bytes: piece.to_vec().into() };
            bodies.push((record.at, record.source, body));
        }
    }
    number(bodies)
}

fn assert_same_but_for_times(name: &str, one: &Outcome, other: &Outcome) {
    assert_eq!(one.rows.len(), other.rows.len(), "{name}");
    for (one, other) in one.rows.iter().zip(&other.rows) {
        assert!(one.says_the_same(other), "{name}: {one:?} {other:?}");
    }
    assert_eq!(one.flaws, other.flaws, "{name}");
    let counts = |outcome: &Outcome| -> Vec<String> {
        let lines = outcome.text.lines();
        lines.filter(|line| line.contains("Account {")).map(str::to_owned).collect()
    };
    assert_eq!(counts(one), counts(other), "{name}");
}

#[test]
fn the_same_comes_out_wherever_reads_are_cut() {
    for case in folders() {
        let records = records_of(&case);
        let whole = derive(&records);
        for size in [1, 2, 3, 5, 7, 11, 16] {
            let outcome = derive(&cut(&records, size));
            assert_same_but_for_times(&format!("{} by {size}", name(&case)), &whole, &outcome);
        }
    }
}

/// Each read cut in two at each of its bytes, one at a time.
#[test]
fn the_same_comes_out_at_every_single_cut() {
    for case in folders() {
        let records = records_of(&case);
        let whole = derive(&records);
        for (index, record) in records.iter().enumerate() {
            let Body::Received { bytes } = &record.body else { continue };
            for at in 1..bytes.len() {
                let mut bodies = Vec::new();
                for (other, record) in records.iter().enumerate() {
                    if other == index {
                        for part in [&bytes[..at], &bytes[at..]] {
                            let body = Body::Received { bytes: part.to_vec().into() };
                            bodies.push((record.at, record.source, body));
                        }
                    } else {
                        bodies.push((record.at, record.source, record.body.clone()));
                    }
                }
                let outcome = derive(&number(bodies));
                let name = format!("{} record {index} byte {at}", name(&case));
                assert_same_but_for_times(&name, &whole, &outcome);
            }
        }
    }
}

/// The case whose link is only heard, with other bytes.
fn heard(case: &str, pieces: &[Vec<u8>]) -> Vec<Record<'static>> {
    let records = records_of(&cases().join(case));
    let (mut bodies, mut pieces) = (Vec::new(), Some(pieces));
    for record in records {
        match (&record.body, pieces) {
            (Body::Received { .. }, Some(taken)) => {
                for bytes in taken {
                    let body = Body::Received { bytes: bytes.clone().into() };
                    bodies.push((record.at, record.source, body));
                }
                pieces = None;
            }
            (Body::Received { .. } | Body::LinkState(_), _) => {}
            _ => bodies.push((record.at, record.source, record.body)),
        }
    }
    number(bodies)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Frames and parts of frames in any order, with noise between them.
    #[test]
    fn any_bytes_give_the_same_wherever_reads_are_cut(
        case in prop::sample::select(vec![
            "flowmeter", "nmea-0183", "and-ad4404", "imu-0x55", "toledo-like", "slip", "cobs",
            "declared-length", "hex-checksum",
        ]),
        pieces in prop::collection::vec((any::<u16>(), any::<u16>(), any::<u8>(), any::<bool>()), 1..40),
        size in 1usize..40,
    ) {
        let frames: Vec<Vec<u8>> = records_of(&cases().join(case))
            .into_iter()
            .filter_map(|record| match record.body {
                Body::Received { bytes } => Some(bytes.into_owned()),
                _ => None,
            })
            .collect();
        let mut stream = Vec::new();
        for (frame, cut, noise, whole) in pieces {
            let frame = &frames[usize::from(frame) % frames.len()];
            let end = if whole { frame.len() } else { usize::from(cut) % frame.len() };
            stream.extend_from_slice(&frame[..end]);
            if !whole {
                stream.push(noise);
            }
        }
        let at_once = derive(&heard(case, &[stream.clone()]));
        let cut: Vec<Vec<u8>> = stream.chunks(size).map(<[u8]>::to_vec).collect();
        assert_same_but_for_times(case, &at_once, &derive(&heard(case, &cut)));
    }
}

/// Cases so named are damaged already: beside the faults that are there a further one may cost
/// more than its own frame, or mend one.
const DAMAGED: &str = "-damaged";

/// What can be known of a flipped bit on a link.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Guard {
    /// A checksum over the whole frame: a flipped bit costs the frame, or nothing.
    Checksum,
    /// A checksum, but nothing marks where a frame begins: a flipped bit in an end joins two
    /// frames, and costs both.
    SharedEnd,
    /// Modbus TCP: the network below guards it, in headers alone a flipped bit can be seen.
    Header,
    /// Nothing: a flipped bit may be another value, or join or part two frames.
    Nothing,
}

fn guard(plan: &Plan, link: usize) -> Guard {
    if let LinkKind::Tcp { .. } = plan.links[link].kind {
        return Guard::Header;
    }
    let profile = &plan.devices.iter().find(|device| device.link == link).unwrap().profile;
    match profile.dialect {
        Dialect::Modbus | Dialect::Nmea0183 | Dialect::SyncSum => Guard::Checksum,
        // A scale's lines have no checksum.
        Dialect::AndWeighing => Guard::Nothing,
        Dialect::Frame => {
            let layout = profile.layout.as_ref().unwrap();
            let marked = !layout.start.is_empty();
            match (&layout.checksum, &layout.end) {
                (None, _) => Guard::Nothing,
                (Some(_), FrameEnd::Slip | FrameEnd::Cobs) => Guard::SharedEnd,
                (Some(_), FrameEnd::Delimiter(_)) if !marked => Guard::SharedEnd,
                (Some(_), _) => Guard::Checksum,
            }
        }
    }
}

/// With each single bit of each received byte flipped in turn.
#[test]
fn a_flipped_bit_costs_its_frame_and_never_makes_a_value() {
    for case in folders() {
        let name = name(&case);
        if name.ends_with(DAMAGED) {
            continue;
        }
        let records = records_of(&case);
        let whole = derive(&records);
        for index in 0..records.len() {
            let Body::Received { bytes } = &records[index].body else { continue };
            let link = records[index].source.link_index().unwrap();
            let guard = guard(whole.plan.as_ref().unwrap(), link);
            for bit in 0..8 * bytes.len() {
                let mut flipped = bytes.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let mut damaged = records.clone();
                damaged[index].body = Body::Received { bytes: flipped.into() };
                let outcome = derive(&damaged);
                let name = format!("{name} record {index} bit {bit}");
                match guard {
                    Guard::Checksum => assert_frames_lost(&name, &whole, &outcome, 1),
                    Guard::SharedEnd => assert_frames_lost(&name, &whole, &outcome, 2),
                    Guard::Header => match tcp_part(&records, index, bit / 8) {
                        TcpPart::Header => assert_frames_lost(&name, &whole, &outcome, 1),
                        TcpPart::Identity => {
                            assert_few_frames_differ(&name, &whole, &outcome, 1);
                        }
                        TcpPart::Data => {
                            assert_few_frames_differ(&name, &whole, &outcome, 1);
                            assert_eq!(whole.rows.len(), outcome.rows.len(), "{name}");
                        }
                    },
                    // The end of a frame lost or made joins or parts two.
                    Guard::Nothing => assert_few_frames_differ(&name, &whole, &outcome, 2),
                }
            }
        }
    }
}

/// A part of a Modbus TCP frame, by what a flipped bit in it can do.
#[derive(Debug, Clone, Copy, PartialEq)]
enum TcpPart {
    /// Protocol, length, function, number of bytes, exception code: the frame is none any more.
    Header,
    /// Transaction and unit: a late answer may become one to the pending request.
    Identity,
    /// Registers: nothing can be seen.
    Data,
}

fn tcp_part(records: &[Record<'_>], index: usize, byte: usize) -> TcpPart {
    let (mut stream, mut at) = (Vec::new(), 0);
    for (other, record) in records.iter().enumerate() {
        if let Body::Received { bytes } = &record.body
            && record.source == records[index].source
        {
            if other == index {
                at = stream.len() + byte;
            }
            stream.extend_from_slice(bytes);
        }
    }
    let mut start = 0;
    while let Some([_, _, _, _, high, low, _, function, ..]) = stream.get(start..) {
        let end = start + 6 + usize::from(u16::from_be_bytes([*high, *low]));
        if at < end {
            return match at - start {
                0 | 1 | 6 => TcpPart::Identity,
                9.. if function & 0x80 == 0 => TcpPart::Data,
                _ => TcpPart::Header,
            };
        }
        start = end;
    }
    TcpPart::Header
}

/// All rows are the same but those of so many frames, which are not there; a lost number that scales
/// others, or a lost base of a totaliser, may change what is made of the raw numbers behind it.
fn assert_frames_lost(name: &str, whole: &Outcome, damaged: &Outcome, frames: usize) {
    let mut left = damaged.rows.iter().peekable();
    let mut lost = Vec::new();
    for row in &whole.rows {
        if left.peek().is_some_and(|next| next.time == row.time && whole.says_the_same(row, next)) {
            left.next();
        } else {
            lost.push(row.time);
        }
    }
    assert!(left.next().is_none(), "{name}: a row that was not there before");
    lost.dedup();
    assert!(lost.len() <= frames, "{name}: rows at {lost:?} were lost");
}

/// The rows before and behind the few frames that the flipped bit touches are the same.
fn assert_few_frames_differ(name: &str, whole: &Outcome, damaged: &Outcome, frames: usize) {
    let same = |(one, other): &(&KeptRow, &KeptRow)| whole.says_the_same(one, other);
    let before = whole.rows.iter().zip(&damaged.rows).take_while(same).count();
    let left = (whole.rows.len() - before, damaged.rows.len() - before);
    let behind = whole.rows.iter().rev().zip(damaged.rows.iter().rev()).take_while(same).count();
    let behind = behind.min(left.0).min(left.1);
    let mut touched: Vec<_> =
        whole.rows[before..whole.rows.len() - behind].iter().map(|row| row.time).collect();
    touched.dedup();
    assert!(touched.len() <= frames, "{name}: rows at {touched:?} were lost");
}
