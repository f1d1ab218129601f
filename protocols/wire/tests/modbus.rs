//! Judgement of Modbus answers: vectors, every split, every flipped bit.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use proptest::prelude::*;
use trial::profile::Table;
use trial::record::Cause;
use wire::modbus::{
    Exchange, Framing, Judged, MAX_RTU_ADU_BYTES, Received, Receiver, crc16, foreign_request,
    read_request_adu,
};

fn hexadecimal(text: &str) -> Vec<u8> {
    text.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn rtu(body: &[u8]) -> Vec<u8> {
    let mut frame = body.to_vec();
    frame.extend_from_slice(&crc16(body).to_le_bytes());
    frame
}

#[test]
fn requests_are_those_of_the_specification() {
    let rtu = read_request_adu(Framing::Rtu, 1, Table::Input, 0, 6, 9);
    assert_eq!(rtu, hexadecimal("01 04 00 00 00 06 70 08"));
    let rtu = read_request_adu(Framing::Rtu, 1, Table::Input, 0x46, 2, 9);
    assert_eq!(rtu, hexadecimal("01 04 00 46 00 02 90 1E"));
    let tcp = read_request_adu(Framing::Tcp, 0xff, Table::Holding, 0x0102, 125, 0x1234);
    assert_eq!(tcp, hexadecimal("12 34 00 00 00 06 FF 03 01 02 00 7D"));
}

#[test]
fn only_a_whole_read_request_begins_an_exchange() {
    let check = |framing, sent: &str, begins: bool| {
        let exchange = Exchange::from_sent(framing, &hexadecimal(sent));
        assert_eq!(exchange.is_some(), begins, "{sent}");
    };
    check(Framing::Rtu, "01 04 00 00 00 06 70 08", true);
    check(Framing::Rtu, "01 04 00 00 00 06 70 09", false);
    check(Framing::Rtu, "01 04 00 00 00 06", false);
    check(Framing::Tcp, "00 01 00 00 00 06 01 03 00 00 00 7D", true);
    check(Framing::Tcp, "00 01 00 00 00 06 01 03 00 00 00 7E", false);
    check(Framing::Tcp, "00 01 00 00 00 06 01 03 00 00 00 00", false);
    check(Framing::Tcp, "00 01 00 01 00 06 01 03 00 00 00 01", false);
    check(Framing::Tcp, "00 01 00 00 00 06 01 06 00 00 00 01", false);
    check(Framing::Tcp, "00 01 00 00 00 06 01 01 00 00 07 D0", true);
    check(Framing::Tcp, "00 01 00 00 00 06 01 02 00 00 07 D0", true);
    check(Framing::Tcp, "00 01 00 00 00 06 01 02 00 00 07 D1", false);
    check(Framing::Tcp, "00 01 00 00 00 06 01 01 00 00 00 00", false);
}

#[test]
fn what_comes_back_is_judged_by_its_bytes() {
    let check = |sent: &str, received: &str, expected: Judged| {
        let sent = hexadecimal(sent);
        let framing = if sent.len() == 8 { Framing::Rtu } else { Framing::Tcp };
        let exchange = Exchange::from_sent(framing, &sent).unwrap();
        assert_eq!(exchange.judge(&hexadecimal(received)), expected, "{received}");
    };
    let skip = |length, cause| Judged::Skip { length, cause };
    let voltages = "01 04 00 00 00 06 70 08";
    let answer = "01 04 0C 43 66 33 33 43 67 66 66 43 65 E6 66 5C F8";
    check(voltages, answer, Judged::Answer { length: 17, payload: 3..15 });
    check(voltages, &answer[..answer.len() - 3], Judged::NeedMore);
    check(voltages, &answer.replace("33 43", "33 42"), skip(1, Cause::Corrupt));
    check(voltages, "01 84 02 C2 C1", Judged::Exception { length: 5, code: 2 });
    check(voltages, "01 04 04 42 47 EB 85 D0 BA", skip(9, Cause::WrongCount));
    check(voltages, voltages, skip(8, Cause::Timeout));
    // No unit is 0 or above 247, and no function is 0x2B here.
    check(voltages, "00 04 0C", skip(1, Cause::Corrupt));
    check(voltages, "F8 04 0C", skip(1, Cause::Corrupt));
    check(voltages, "01 2B 0C", skip(1, Cause::Corrupt));
    // What may become another master's request is waited for, and known by its CRC.
    check(voltages, "01 04 00 01", Judged::NeedMore);
    check(voltages, "01 04 00 01 00 06 00 00", skip(1, Cause::Corrupt));
    check(voltages, "01 04 00 02 00 06 D1 C8", skip(8, Cause::ForeignTraffic));
    check(voltages, "01 04 0C 00 00 02 72 9B 01 04 04 00 00", Judged::NeedMore);
    check(voltages, "05 03 00 00 00 02 C5 8F", skip(8, Cause::ForeignTraffic));
    check(voltages, "05 06 00 01 00 03 99 8F", skip(8, Cause::ForeignTraffic));
    check(voltages, "05 10 00 01 00 01 02 00 0A 15 46", skip(11, Cause::ForeignTraffic));
    // Noise does not hide it, nor the answer to it.
    check(voltages, "09 03 40 05 03 00 00 00 02 C5 8F", skip(3, Cause::Corrupt));
    // Noise that looks like the beginning of a long frame does not hide the answer behind it.
    let noise = format!("05 03 40 {answer}");
    check(voltages, &noise, skip(3, Cause::Corrupt));

    // Two registers from 0x0401: the echo begins like the answer, and is one all the same.
    let alike = "01 03 04 01 00 02 94 FB";
    check(alike, alike, Judged::NeedMore);
    check(alike, &format!("{alike} 01 83 02 C0 F1"), skip(8, Cause::Timeout));
    check(alike, &format!("{alike} 01 03 04 00 01 00 02 2A 32"), skip(8, Cause::Timeout));

    // 19 coils and 22 inputs, the examples of the specification (V1.1b3, 6.1 and 6.2).
    let coils = "00 08 00 00 00 06 01 01 00 13 00 13";
    let bits = "00 08 00 00 00 06 01 01 03 CD 6B 05";
    check(coils, bits, Judged::Answer { length: 12, payload: 9..12 });
    check(coils, "00 08 00 00 00 05 01 01 02 CD 6B", skip(11, Cause::WrongCount));
    check(coils, "00 08 00 00 00 03 01 81 02", Judged::Exception { length: 9, code: 2 });
    let inputs = rtu(&hexadecimal("01 02 00 C4 00 16"));
    let exchange = Exchange::from_sent(Framing::Rtu, &inputs).unwrap();
    let answer = rtu(&hexadecimal("01 02 03 AC DB 35"));
    assert_eq!(exchange.judge(&answer), Judged::Answer { length: 8, payload: 3..6 });

    let one = "00 07 00 00 00 06 01 03 00 00 00 01";
    let answer = "00 07 00 00 00 05 01 03 02 12 34";
    check(one, answer, Judged::Answer { length: 11, payload: 9..11 });
    check(one, "00 07 00 00 00 03 01 83 0B", Judged::Exception { length: 9, code: 11 });
    check(one, "00 06 00 00 00 05 01 03 02 12 34", skip(11, Cause::WrongTransaction));
    check(one, "00 07 00 00 00 05 02 03 02 12 34", skip(11, Cause::WrongUnit));
    check(one, "00 07 00 00 00 05 01 04 02 12 34", skip(11, Cause::WrongFunction));
    check(one, "00 07 00 00 00 07 01 03 04 12 34 56 78", skip(13, Cause::WrongCount));
    check(one, "00 07 00 00 00 05 01 03 04 12 34", skip(11, Cause::WrongCount));
    check(one, "00 07 00 01 00 05 01 03", skip(1, Cause::Corrupt));
    check(one, "00 07 00 00 01 05 01 03", skip(1, Cause::Corrupt));
}

#[test]
fn a_request_of_another_master_is_found_where_nothing_is_pending() {
    let check = |bytes: &str, own: &str, expected| {
        assert_eq!(foreign_request(&hexadecimal(bytes), &hexadecimal(own)), expected, "{bytes}");
    };
    let own = "01 04 00 00 00 06 70 08";
    check("", own, None);
    check("05 03 00 00 00 02 C5 8F", own, Some((5, 8)));
    check("FF 00 05 03 00 00 00 02 C5 8F 05 03 04", own, Some((5, 10)));
    // The last one counts; an echo of what was sent from here is none.
    check("05 03 00 00 00 02 C5 8F 01 04 00 02 00 06 D1 C8", own, Some((1, 16)));
    check(own, own, None);
    check("05 03 00 00 00 02 C5 8E", own, None);
}

#[derive(Debug, Clone, PartialEq)]
enum Found {
    Answer(Vec<u8>),
    Exception(u8),
    Skipped(usize, Cause),
}

/// What a receiver finds when the bytes come in pieces of `size`; skips of one cause in a row are
/// added up, since their pieces depend on the reads.
fn found(framing: Framing, sent: &[u8], received: &[u8], size: usize) -> Vec<Found> {
    let mut receiver = Receiver::new(framing);
    receiver.sent(sent);
    let mut all: Vec<Found> = Vec::new();
    for piece in received.chunks(size) {
        receiver.received(piece);
        while let Some(next) = receiver.next() {
            let next = match next {
                Received::Answer { frame, payload } => Found::Answer(frame[payload].to_vec()),
                Received::Exception { code, .. } => Found::Exception(code),
                Received::Skipped { bytes, cause } => Found::Skipped(bytes, cause),
            };
            match (all.last_mut(), &next) {
                (Some(Found::Skipped(sum, before)), Found::Skipped(bytes, cause))
                    if before == cause =>
                {
                    *sum += bytes;
                }
                _ => all.push(next),
            }
        }
    }
    let left = receiver.clear();
    let taken: usize = all
        .iter()
        .map(|found| match found {
            Found::Skipped(bytes, _) => *bytes,
            Found::Exception(_) => {
                if framing == Framing::Rtu {
                    5
                } else {
                    9
                }
            }
            Found::Answer(payload) => payload.len() + if framing == Framing::Rtu { 5 } else { 9 },
        })
        .sum();
    assert_eq!(taken + left, received.len());
    all
}

#[test]
fn nothing_is_accepted_twice_or_from_before_the_request() {
    let sent = hexadecimal("01 04 00 46 00 02 90 1E");
    let answer = hexadecimal("01 04 04 42 47 EB 85 D0 BA");
    let twice = [answer.clone(), answer.clone()].concat();
    let value = Found::Answer(answer[3..7].to_vec());
    let late = Found::Skipped(answer.len(), Cause::Timeout);
    assert_eq!(found(Framing::Rtu, &sent, &twice, 64), [value, late.clone()]);

    let mut receiver = Receiver::new(Framing::Rtu);
    receiver.received(&answer);
    receiver.sent(&sent);
    assert!(receiver.pending());
    assert_eq!(
        receiver.next(),
        Some(Received::Skipped { bytes: answer.len(), cause: Cause::Timeout })
    );
    assert_eq!(receiver.next(), None);
    receiver.received(&answer[..4]);
    assert_eq!(receiver.next(), None);
    assert_eq!(receiver.clear(), 4);
    assert!(!receiver.pending());
}

/// A frame of some kind that may come back.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => (1u8..4, 3u8..5, prop::collection::vec(any::<u8>(), 1..20)).prop_map(
            |(unit, function, registers)| {
                let registers: Vec<u8> = registers.iter().flat_map(|byte| [*byte, 0x03]).collect();
                rtu(&[&[unit, function, registers.len() as u8][..], &registers].concat())
            }
        ),
        1 => (1u8..4, 0x83u8..0x85, any::<u8>())
            .prop_map(|(unit, function, code)| rtu(&[unit, function, code])),
        1 => Just(read_request_adu(Framing::Rtu, 1, Table::Holding, 0x0401, 2, 0)),
        2 => prop::collection::vec(any::<u8>(), 1..12),
        1 => prop::collection::vec(prop::sample::select(vec![1u8, 3, 4, 0x83]), 1..12),
    ]
}

proptest! {
    #[test]
    fn rtu_finds_the_same_at_every_split(
        frames in prop::collection::vec(frame(), 1..6),
        count in 1u16..6,
        address in prop::sample::select(vec![0u16, 0x0200, 0x0401, 0x0802]),
        size in 2usize..40,
    ) {
        let sent = read_request_adu(Framing::Rtu, 1, Table::Holding, address, count, 0);
        let received = [frames.concat(), sent.clone(), frames.concat()].concat();
        let at_once = found(Framing::Rtu, &sent, &received, received.len());
        prop_assert_eq!(&found(Framing::Rtu, &sent, &received, 1), &at_once);
        prop_assert_eq!(&found(Framing::Rtu, &sent, &received, size), &at_once);
    }

    #[test]
    fn tcp_finds_the_same_at_every_split(
        frames in prop::collection::vec(
            (0u16..3, 1u8..3, 3u8..5, prop::collection::vec(any::<u8>(), 0..12)),
            1..6,
        ),
        noise in prop::collection::vec(0u8..9, 0..9),
        size in 2usize..40,
    ) {
        let sent = read_request_adu(Framing::Tcp, 1, Table::Holding, 0, 2, 1);
        let mut received = Vec::new();
        for (transaction, unit, function, data) in frames {
            received.extend_from_slice(&transaction.to_be_bytes());
            received.extend_from_slice(&[0, 0, 0, 3 + data.len() as u8, unit, function]);
            received.push(data.len() as u8);
            received.extend_from_slice(&data);
        }
        received.extend_from_slice(&noise);
        let at_once = found(Framing::Tcp, &sent, &received, received.len());
        prop_assert_eq!(&found(Framing::Tcp, &sent, &received, 1), &at_once);
        prop_assert_eq!(&found(Framing::Tcp, &sent, &received, size), &at_once);
    }

    /// A CRC of 16 bits sees every single error and every burst of up to 16 bits; so one flipped
    /// bit never gives another value.
    #[test]
    fn a_flipped_bit_never_gives_an_rtu_value(
        registers in prop::collection::vec(any::<u16>(), 1..=125),
        bit: prop::sample::Index,
    ) {
        let count = registers.len() as u16;
        let sent = read_request_adu(Framing::Rtu, 0x11, Table::Input, 100, count, 0);
        let bytes: Vec<u8> = registers.iter().flat_map(|register| register.to_be_bytes()).collect();
        let mut answer = rtu(&[&[0x11, 4, bytes.len() as u8][..], &bytes].concat());
        prop_assert_eq!(found(Framing::Rtu, &sent, &answer, 64), [Found::Answer(bytes)]);
        let bit = bit.index(8 * answer.len());
        answer[bit / 8] ^= 1 << (bit % 8);
        for found in found(Framing::Rtu, &sent, &answer, 64) {
            prop_assert!(!matches!(found, Found::Answer(_)), "{:?}", found);
        }
    }

    #[test]
    fn no_bytes_wait_for_more_than_a_frame(bytes in prop::collection::vec(any::<u8>(), 0..900)) {
        for framing in [Framing::Rtu, Framing::Tcp] {
            let sent = read_request_adu(framing, 1, Table::Holding, 0, 125, 1);
            let mut receiver = Receiver::new(framing);
            receiver.sent(&sent);
            receiver.received(&bytes);
            while receiver.next().is_some() {}
            prop_assert!(receiver.clear() <= MAX_RTU_ADU_BYTES + 4);
        }
    }
}
