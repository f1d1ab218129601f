//! Golden cases: bytes and documents in, samples, gaps and counts out, compared as text.
//! `UPDATE_EXPECT=1 cargo test -p wire --test golden` writes the expected texts anew, for review.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

mod fold;
mod support;

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use trial::record::{Body, Record};

use support::{Outcome, cases, derive, number, records_of};

/// Every folder of cases, in order.
fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(cases()).unwrap().map(|entry| entry.unwrap().path());
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
    for case in folders() {
        let found = derive(&records_of(&case)).text;
        let file = case.join("expected.txt");
        if update {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(found, expected, "{}", name(&case));
    }
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
        case in prop::sample::select(vec!["flowmeter", "nmea-0183", "and-ad4404", "imu-0x55"]),
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

/// With each single bit of each received byte flipped in turn: no row says anything else than
/// before, and the rows that are lost belong to one frame.
#[test]
fn a_flipped_bit_costs_its_frame_and_never_makes_a_value() {
    for case in folders() {
        let name = name(&case);
        // A scale's lines have no checksum, TCP leaves it to the layer below, and beside faults that
        // are there already a further one may cost more.
        if ["and-ad4404", "polled-tcp", "imu-0x55-damaged", "nmea-0183-damaged"]
            .contains(&name.as_str())
        {
            continue;
        }
        let records = records_of(&case);
        let whole = derive(&records);
        for index in 0..records.len() {
            let Body::Received { bytes } = &records[index].body else { continue };
            for bit in 0..8 * bytes.len() {
                let mut flipped = bytes.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let mut records = records.clone();
                records[index].body = Body::Received { bytes: flipped.into() };
                let outcome = derive(&records);
                assert_one_frame_lost(
                    &format!("{name} record {index} bit {bit}"),
                    &whole,
                    &outcome,
                );
            }
        }
    }
}

fn assert_one_frame_lost(name: &str, whole: &Outcome, damaged: &Outcome) {
    let mut left = damaged.rows.iter().peekable();
    let mut lost = Vec::new();
    for row in &whole.rows {
        if left.peek().is_some_and(|next| next.time == row.time && next.says_the_same(row)) {
            left.next();
        } else {
            lost.push(row.time);
        }
    }
    assert!(left.next().is_none(), "{name}: a row that was not there before");
    lost.dedup();
    assert!(lost.len() <= 1, "{name}: rows at {lost:?} were lost");
}
