//! Frames of every end and checksum, written by encoders of this file: whatever comes between them
//! and wherever reads are cut, the same come out; and no flipped bit makes a value.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

#[path = "frame/layouts.rs"]
mod layouts;

use proptest::prelude::*;

use layouts::{Derived, End, Layout, Sum, derive};

const SUMS: [Sum; 12] = [
    Sum::Xor,
    Sum::Sum8,
    Sum::Sum16,
    Sum::TwosComplement,
    Sum::Lrc,
    Sum::Crc8,
    Sum::Crc16Modbus,
    Sum::Crc16Ccitt,
    Sum::Crc16Xmodem,
    Sum::Crc16Kermit,
    Sum::Crc32,
    Sum::Fletcher16,
];
const ENDS: [End; 6] =
    [End::Line, End::StartedLine, End::Fixed, End::Declared, End::Slip, End::Cobs];

/// Every layout, with a checksum or without.
fn layouts() -> impl Strategy<Value = Layout> {
    let sums = prop::option::weighted(0.9, prop::sample::select(SUMS.to_vec()));
    (prop::sample::select(ENDS.to_vec()), sums).prop_map(|(end, sum)| Layout { end, sum })
}

fn pieces(stream: &[u8], cuts: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut pieces) = (stream, Vec::new());
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let size = cuts.next().map_or(rest.len(), |cut| usize::from(*cut)).clamp(1, rest.len());
        let (piece, behind) = rest.split_at(size);
        pieces.push(piece.to_vec());
        rest = behind;
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Frames one behind another, opened within one of them.
    #[test]
    fn frames_come_out_whole_wherever_reads_are_cut(
        layout in layouts(),
        values in prop::collection::vec(0u32..100_000_000, 1..12),
        opened in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let first = layout.encode(12_345_678);
        // At least the whole of what ends a frame is left.
        let mut stream = first[1 + opened.index(first.len() - 2)..].to_vec();
        for value in &values {
            stream.extend(layout.encode(*value));
        }
        let derived = derive(&layout, &pieces(&stream, &cuts));
        let expected: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        prop_assert_eq!(derived.values, expected, "{:?}", layout);
    }

    /// Garbage between frames that can't be taken for a frame costs no frame.
    #[test]
    fn garbage_between_frames_costs_none(
        layout in layouts(),
        runs in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..30), prop::collection::vec(0u32..100_000_000, 3..6)),
            1..5,
        ),
        cuts in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let (mut stream, mut expected) = (layout.garbage(&[]), Vec::new());
        for (garbage, values) in &runs {
            stream.extend(layout.garbage(garbage));
            for value in values {
                stream.extend(layout.encode(*value));
                expected.push(f64::from(*value));
            }
        }
        let at_once = derive(&layout, &[stream.clone()]);
        if layout.is_doubtful() {
            // Bytes of garbage and the frame behind it may have two readings.
            let mut left = expected.iter();
            prop_assert!(at_once.values.iter().all(|value| left.any(|sent| sent == value)));
            prop_assert!(expected.len() - at_once.values.len() <= runs.len(), "{:?}", layout);
        } else {
            prop_assert_eq!(&at_once.values, &expected, "{:?}", layout);
        }
        let cut = derive(&layout, &pieces(&stream, &cuts));
        prop_assert_eq!((cut.values, cut.framed, cut.skipped), (at_once.values, at_once.framed, at_once.skipped));
    }

    /// Any bytes, with parts of frames among them, give the same at every cut; nothing is lost of
    /// the count, and little waits.
    #[test]
    fn any_bytes_are_framed_or_skipped(
        layout in layouts(),
        parts in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..12), 0u32..100_000_000, any::<prop::sample::Index>()),
            1..20,
        ),
        cuts in prop::collection::vec(any::<u8>(), 1..8),
    ) {
        let mut stream = Vec::new();
        for (noise, value, end) in &parts {
            let frame = layout.encode(*value);
            stream.extend_from_slice(noise);
            stream.extend_from_slice(&frame[..end.index(frame.len() + 1)]);
        }
        let at_once = derive(&layout, &[stream.clone()]);
        let cut = derive(&layout, &pieces(&stream, &cuts));
        prop_assert_eq!(at_once.framed + at_once.skipped, stream.len() as u64);
        prop_assert!(cut.most_waiting <= 2 * layouts::MAX_LENGTH as u64, "{}", cut.most_waiting);
        let bits = |derived: &Derived| -> Vec<u64> {
            derived.values.iter().map(|value| value.to_bits()).collect()
        };
        prop_assert_eq!(bits(&at_once), bits(&cut));
        prop_assert_eq!((at_once.framed, at_once.skipped), (cut.framed, cut.skipped));
    }
}

/// Each single bit of a stream flipped in turn: the values that remain are those that were sent, in
/// their order, and what is missing is one frame; where a frame's end or its neighbour's checksum
/// of eight bits leaves two readings of the bytes, two.
#[test]
fn a_flipped_bit_makes_no_value_and_costs_its_frame() {
    for end in ENDS {
        for sum in SUMS {
            let layout = Layout { end, sum: Some(sum) };
            if layout.moves_bytes_unseen() {
                continue;
            }
            let sent: Vec<u32> =
                (1..7).map(|n: u32| n.wrapping_mul(2_654_435_761) % 100_000_000).collect();
            let stream: Vec<u8> = sent.iter().flat_map(|value| layout.encode(*value)).collect();
            // What was on the line before lets lines begin.
            let before = layout.garbage(&[]);
            for bit in 0..8 * stream.len() {
                let mut flipped = stream.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let found = derive(&layout, &[before.clone(), flipped]).values;
                let mut left = sent.iter().map(|value| f64::from(*value));
                let in_order = found.iter().all(|value| left.any(|sent| sent == *value));
                assert!(in_order, "{layout:?} bit {bit}: {found:?} of {sent:?}");
                let lost = sent.len() - found.len();
                let most = if sum.is_weak() { 2 } else { 1 };
                assert!(lost <= most, "{layout:?} bit {bit}: {found:?} of {sent:?}");
            }
        }
    }
}
