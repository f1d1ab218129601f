//! The two ways to keep a byte free for the ends of frames: SLIP and consistent overhead byte
//! stuffing.
//!
//! Invariant: what is decoded is never longer than what stood on the wire.

/// Ends a SLIP frame, and may stand before it (RFC 1055).
pub(super) const SLIP_END: u8 = 0xc0;
/// Ends a COBS frame.
pub(super) const COBS_END: u8 = 0;
const SLIP_ESCAPE: u8 = 0xdb;
const SLIP_ESCAPED_END: u8 = 0xdc;
const SLIP_ESCAPED_ESCAPE: u8 = 0xdd;

/// The content of a SLIP frame, with END behind it and perhaps one before it; `None` if an escape
/// is none of RFC 1055.
pub(super) fn slip(frame: &[u8]) -> Option<Vec<u8>> {
    let frame = frame.strip_suffix(&[SLIP_END])?;
    let frame = frame.strip_prefix(&[SLIP_END]).unwrap_or(frame);
    let mut content = Vec::with_capacity(frame.len());
    let mut bytes = frame.iter();
    while let Some(byte) = bytes.next() {
        content.push(match *byte {
            SLIP_END => return None,
            SLIP_ESCAPE => match *bytes.next()? {
                SLIP_ESCAPED_END => SLIP_END,
                SLIP_ESCAPED_ESCAPE => SLIP_ESCAPE,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(content)
}

/// The content of a COBS frame with the zero behind it (Cheshire and Baker, 1999); `None` if it
/// holds another zero or its blocks don't end where it does.
pub(super) fn cobs(frame: &[u8]) -> Option<Vec<u8>> {
    let mut rest = frame.strip_suffix(&[COBS_END])?;
    let mut content = Vec::with_capacity(rest.len());
    while let Some((code, behind)) = rest.split_first() {
        let (block, behind) = behind.split_at_checked(usize::from(code.checked_sub(1)?))?;
        if block.contains(&COBS_END) {
            return None;
        }
        content.extend_from_slice(block);
        // A block of 254 bytes stands for no zero, and the last one's zero is not of the content.
        if *code != 0xff && !behind.is_empty() {
            content.push(0);
        }
        rest = behind;
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slip_frames_are_those_of_rfc_1055() {
        for (frame, content) in [
            (&[0xc0, 1, 0xdb, 0xdc, 2, 0xdb, 0xdd, 0xc0][..], Some(vec![1, 0xc0, 2, 0xdb])),
            (&[1, 2, 0xc0], Some(vec![1, 2])),
            (&[1, 0xdb, 0xc0], None),
            (&[1, 0xdb, 3, 0xc0], None),
            (&[1, 2], None),
        ] {
            assert_eq!(slip(frame), content, "{frame:?}");
        }
    }

    /// The examples of the paper, and of what people copy from it.
    #[test]
    fn cobs_frames_are_those_of_the_paper() {
        let long: Vec<u8> = (1..=254).collect();
        let longer: Vec<u8> = (1..=255).collect();
        let stuffed = [&[0xff][..], &long, &[0]].concat();
        let stuffed_longer = [&[0xff][..], &long, &[2, 255, 0]].concat();
        for (frame, content) in [
            (&[1, 1, 0][..], Some(vec![0])),
            (&[1, 2, 0x11, 1, 0], Some(vec![0, 0x11, 0])),
            (&[3, 0x11, 0x22, 2, 0x33, 0], Some(vec![0x11, 0x22, 0, 0x33])),
            (&stuffed, Some(long)),
            (&stuffed_longer, Some(longer)),
            (&[4, 1, 2, 0], None),
            (&[3, 0, 2, 0], None),
        ] {
            assert_eq!(cobs(frame), content, "{frame:?}");
        }
    }
}
