//! The receive side of an instrument that is asked: what answers a query, and what does not.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use proptest::prelude::*;
use trial::document::Source;
use trial::profile::DeviceProfile;
use trial::record::Cause;
use wire::query::{QueryReceiver, Reply};

const BALANCE: &str = include_str!("../../../fixtures/golden/wire/mt-sics/balance.toml");
const QUERY: &[u8] = b"SI\r\n";
/// Longest line of the profile.
const MAX_LENGTH: usize = 64;

/// A gas detector whose answers have a start, a length and a CRC of two bytes, and whose query
/// begins as its answers do.
const DETECTOR: &str = r#"
[device]
id = "detector"
title = { en = "Detector", zh = "探测器" }
dialect = "frame"
source = "made up"
[frame]
start = [0xAA]
length = 8
checksum = { kind = "crc-16-modbus" }
[[message]]
id = "gas"
query = [0xAA, 0x10, 0x01]
[[point]]
id = "gas"
title = { en = "Gas", zh = "气体" }
quantity = "number"
unit = "1"
offset_bytes = 2
type = "u32"
"#;
const ANSWER: &[u8] = &[0xaa, 0x10, 0, 0, 0, 7, 0x98, 0x10];

fn receiver(profile: &str) -> QueryReceiver {
    let source = Source::new("p.toml", profile.as_bytes()).unwrap();
    QueryReceiver::new(&DeviceProfile::resolve(source).unwrap()).unwrap()
}

/// What the receiver says, bytes of one cause together.
#[derive(Debug, PartialEq)]
enum Said {
    Answer(Vec<u8>),
    Skipped(usize, Cause),
}

fn said(receiver: &mut QueryReceiver, all: &mut Vec<Said>) {
    while let Some(reply) = receiver.next() {
        match (reply, all.last_mut()) {
            (Reply::Answer(frame), _) => all.push(Said::Answer(frame.to_vec())),
            (Reply::Skipped { bytes, cause }, Some(Said::Skipped(before, same)))
                if *same == cause =>
            {
                *before += bytes;
            }
            (Reply::Skipped { bytes, cause }, _) => all.push(Said::Skipped(bytes, cause)),
        }
    }
}

fn check(profile: &str, query: &[u8], before: &[u8], after: &[u8], expected: &[Said]) {
    for cut in 0..=after.len() {
        let (mut receiver, mut found) = (receiver(profile), Vec::new());
        receiver.received(before);
        receiver.sent(0, query);
        assert!(receiver.pending());
        for piece in [&after[..cut], &after[cut..]] {
            receiver.received(piece);
            said(&mut receiver, &mut found);
        }
        let expected_bytes: usize = expected.iter().map(Said::bytes).sum();
        assert_eq!(found, expected, "{after:?} cut at {cut}");
        assert_eq!(expected_bytes + receiver.clear(), before.len() + after.len());
        assert!(!receiver.pending());
    }
}

impl Said {
    fn bytes(&self) -> usize {
        match self {
            Said::Answer(frame) => frame.len(),
            Said::Skipped(bytes, _) => *bytes,
        }
    }
}

#[test]
fn only_a_whole_line_behind_the_query_answers_it() {
    use Cause::{Timeout, WrongFunction};
    let line = || Said::Answer(b"S S      1.00 g\r\n".to_vec());
    let check = |before: &str, after: &str, expected: &[Said]| {
        check(BALANCE, QUERY, before.as_bytes(), after.as_bytes(), expected);
    };
    check("", "S S      1.00 g\r\n", &[line()]);
    check("S S      9.00 g\r\n", "", &[Said::Skipped(17, Timeout)]);
    check("S S      9.00 g\r\n", "S S      1.00 g\r\n", &[Said::Skipped(17, Timeout), line()]);
    check(
        "S S      9",
        ".00 g\r\n",
        &[Said::Skipped(10, Timeout), Said::Skipped(7, Cause::Corrupt)],
    );
    check(
        "S S      9",
        ".00 g\r\nS S      1.00 g\r\n",
        &[Said::Skipped(10, Timeout), Said::Skipped(7, Cause::Corrupt), line()],
    );
    check("", "SI\r\nS S      1.00 g\r\n", &[Said::Skipped(4, Timeout), line()]);
    check("", "S S      1.00 g\r\nS D", &[line(), Said::Skipped(3, Timeout)]);
    check("", "I4 A\r\nS S      1.00 g\r\n", &[Said::Skipped(6, WrongFunction), line()]);
    check("", "S S      1.00 g", &[]);
}

#[test]
fn a_binary_answer_is_found_behind_the_query_given_back_and_behind_noise() {
    let query = [0xaa, 0x10, 0x01];
    let answer = || Said::Answer(ANSWER.to_vec());
    check(DETECTOR, &query, &[], ANSWER, &[answer()]);
    let echoed = [&query, ANSWER].concat();
    check(DETECTOR, &query, &[], &echoed, &[Said::Skipped(3, Cause::Timeout), answer()]);
    let noisy = [&[0x00, 0xff], ANSWER].concat();
    check(DETECTOR, &query, &[], &noisy, &[Said::Skipped(2, Cause::Corrupt), answer()]);
    let mut damaged = ANSWER.to_vec();
    damaged[4] ^= 1;
    check(DETECTOR, &query, &[], &damaged, &[Said::Skipped(8, Cause::Corrupt)]);
}

#[test]
fn other_bytes_than_those_of_the_query_ask_for_nothing() {
    for (message, bytes) in [(0, &b"SI"[..]), (1, QUERY), (usize::MAX, b"")] {
        let (mut receiver, mut found) = (receiver(BALANCE), Vec::new());
        receiver.sent(message, bytes);
        assert!(!receiver.pending());
        receiver.received(b"S S      1.00 g\r\n");
        said(&mut receiver, &mut found);
        assert_eq!(found, [Said::Skipped(17, Cause::Timeout)]);
    }
}

proptest! {
    /// Every byte comes out once, little waits, and the cuts don't matter.
    #[test]
    fn any_bytes_come_out_once(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"S S   1.00 g\r\n".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(QUERY.to_vec()),
                prop::collection::vec(any::<u8>(), 0..100),
            ],
            0..10,
        ),
        size in 1usize..50,
    ) {
        let stream = parts.concat();
        let run = |size: usize| {
            let (mut receiver, mut found) = (receiver(BALANCE), Vec::new());
            receiver.sent(0, QUERY);
            let mut came = 0;
            for piece in stream.chunks(size) {
                receiver.received(piece);
                came += piece.len();
                said(&mut receiver, &mut found);
                let out: usize = found.iter().map(Said::bytes).sum();
                assert!(came - out <= 2 * MAX_LENGTH, "{} wait", came - out);
            }
            let out: usize = found.iter().map(Said::bytes).sum();
            assert_eq!(out + receiver.clear(), stream.len());
            found
        };
        prop_assert_eq!(run(size), run(stream.len().max(1)));
    }
}
