//! The checksums that guard frames.
//!
//! Invariant: a byte is guarded whole or not at all. Where a profile's mask leaves bits out of the
//! sum, a frame with such bits is not right, since nothing would tell a damaged one.

use crc::Crc;
use trial::profile::{Checksum, ChecksumForm, ChecksumKind, ChecksumOrder};

static CRC_8: Crc<u8> = Crc::<u8>::new(&crc::CRC_8_SMBUS);
static CRC_16_MODBUS: Crc<u16> = Crc::<u16>::new(&crc::CRC_16_MODBUS);
static CRC_16_CCITT: Crc<u16> = Crc::<u16>::new(&crc::CRC_16_IBM_3740);
static CRC_16_XMODEM: Crc<u16> = Crc::<u16>::new(&crc::CRC_16_XMODEM);
static CRC_16_KERMIT: Crc<u16> = Crc::<u16>::new(&crc::CRC_16_KERMIT);
static CRC_32: Crc<u32> = Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

/// Longest checksum in binary form, in bytes.
const LONGEST_BYTES: usize = 4;

/// Whether `written` is the checksum of `covered`.
pub(super) fn is_right(checksum: &Checksum, covered: &[u8], written: &[u8]) -> bool {
    let kept = |byte: &u8| byte & !checksum.mask == 0;
    let length = checksum.kind.byte_length();
    let Some(sum) = compute(checksum, covered).filter(|_| covered.iter().all(kept)) else {
        return false;
    };
    let all = sum.to_be_bytes();
    let mut expected = [0; LONGEST_BYTES];
    let Some(expected) = expected.get_mut(..length) else { return false };
    expected.copy_from_slice(&all[LONGEST_BYTES - length..]);
    if checksum.order == ChecksumOrder::LowFirst {
        expected.reverse();
    }
    let mut bytes = expected.iter().map(|byte| byte & checksum.mask);
    match checksum.form {
        ChecksumForm::Binary => bytes.eq(written.iter().copied()),
        ChecksumForm::Hex => {
            written.len() == 2 * length
                && written.chunks_exact(2).all(|pair| pair_of_digits(pair) == bytes.next())
        }
    }
}

/// Two hexadecimal digits of either case.
fn pair_of_digits(pair: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let [high, low] = pair else { return None };
    Some(digit(high)? * 16 + digit(low)?)
}

fn sum_of(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(0, |sum: u32, byte| sum.wrapping_add(u32::from(byte)))
}

fn complement(sum: u32) -> u32 {
    sum.wrapping_neg() & 0xff
}

/// The checksum as a number of [`ChecksumKind::byte_length`] bytes; `None` where the digits of a
/// text that is to be summed by its digits are none.
fn compute(checksum: &Checksum, covered: &[u8]) -> Option<u32> {
    let sum = || sum_of(covered.iter().copied());
    Some(match checksum.kind {
        ChecksumKind::Xor => u32::from(covered.iter().fold(0, |sum, byte| sum ^ byte)),
        ChecksumKind::Sum8 => sum() & 0xff,
        ChecksumKind::Sum16 => sum() & 0xffff,
        ChecksumKind::TwosComplement => complement(sum()),
        ChecksumKind::Lrc if checksum.form == ChecksumForm::Hex => {
            let pairs = covered.chunks(2).map(pair_of_digits);
            complement(pairs.collect::<Option<Vec<u8>>>().map(|bytes| sum_of(bytes.into_iter()))?)
        }
        ChecksumKind::Lrc => complement(sum()),
        ChecksumKind::Crc8 => u32::from(CRC_8.checksum(covered)),
        ChecksumKind::Crc16Modbus => u32::from(CRC_16_MODBUS.checksum(covered)),
        ChecksumKind::Crc16Ccitt => u32::from(CRC_16_CCITT.checksum(covered)),
        ChecksumKind::Crc16Xmodem => u32::from(CRC_16_XMODEM.checksum(covered)),
        ChecksumKind::Crc16Kermit => u32::from(CRC_16_KERMIT.checksum(covered)),
        ChecksumKind::Crc32 => CRC_32.checksum(covered),
        ChecksumKind::Fletcher16 => {
            let (low, high) = covered.iter().fold((0, 0), |(low, high), byte| {
                let low = (low + u32::from(*byte)) % 255;
                (low, (high + low) % 255)
            });
            high << 8 | low
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(kind: ChecksumKind, order: ChecksumOrder, form: ChecksumForm) -> Checksum {
        Checksum { kind, from: 0, uncovered: 0, mask: 0xff, order, form }
    }

    /// The check values of the catalogue of parametrised CRC algorithms (reveng) for the text
    /// `123456789`, and those of the sums, which add up to 477.
    #[test]
    fn kinds_give_their_check_values() {
        for (kind, check) in [
            (ChecksumKind::Xor, "31"),
            (ChecksumKind::Sum8, "DD"),
            (ChecksumKind::Sum16, "01DD"),
            (ChecksumKind::TwosComplement, "23"),
            (ChecksumKind::Crc8, "F4"),
            (ChecksumKind::Crc16Modbus, "4B37"),
            (ChecksumKind::Crc16Ccitt, "29B1"),
            (ChecksumKind::Crc16Xmodem, "31C3"),
            (ChecksumKind::Crc16Kermit, "2189"),
            (ChecksumKind::Crc32, "CBF43926"),
            (ChecksumKind::Fletcher16, "1EDE"),
        ] {
            let text = b"123456789";
            let hex = checksum(kind, ChecksumOrder::HighFirst, ChecksumForm::Hex);
            assert!(is_right(&hex, text, check.as_bytes()), "{kind:?}");
            assert!(is_right(&hex, text, check.to_lowercase().as_bytes()), "{kind:?}");
            let mut binary: Vec<u8> =
                check.as_bytes().chunks(2).map(|pair| pair_of_digits(pair).unwrap()).collect();
            for order in [ChecksumOrder::HighFirst, ChecksumOrder::LowFirst] {
                let sum = checksum(kind, order, ChecksumForm::Binary);
                assert!(is_right(&sum, text, &binary), "{kind:?} {order:?}");
                assert!(!is_right(&sum, b"123456788", &binary), "{kind:?}");
                assert!(!is_right(&sum, text, &binary[1..]), "{kind:?}");
                binary.reverse();
            }
        }
    }

    /// The example of MODBUS over Serial Line V1.02 counts in bytes; a text stands for them.
    #[test]
    fn lrc_of_a_text_is_that_of_the_bytes_that_its_digits_stand_for() {
        let binary = checksum(ChecksumKind::Lrc, ChecksumOrder::HighFirst, ChecksumForm::Binary);
        assert!(is_right(&binary, b"123456789", &[0x23]));
        let hex = checksum(ChecksumKind::Lrc, ChecksumOrder::HighFirst, ChecksumForm::Hex);
        assert!(is_right(&hex, b"010300000002", b"FA"));
        assert!(!is_right(&hex, b"01030000000", b"FA"));
        assert!(!is_right(&hex, b"0103000000x2", b"FA"));
    }

    #[test]
    fn bits_that_a_mask_leaves_out_must_not_be_set() {
        let mut sum =
            checksum(ChecksumKind::TwosComplement, ChecksumOrder::HighFirst, ChecksumForm::Binary);
        sum.mask = 0x7f;
        let frame = b"\x02\x2c0 001234000000\r";
        assert!(is_right(&sum, frame, &[0x2b]));
        assert!(!is_right(&sum, frame, &[0xab]));
        let mut damaged = *frame;
        damaged[5] |= 0x80;
        assert!(!is_right(&sum, &damaged, &[0x2b]));
    }
}
