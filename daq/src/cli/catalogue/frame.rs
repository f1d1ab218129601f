//! What the layout of a frame says: where frames begin and end, what guards them, how messages are
//! known and asked for, and what stands beside a number.

use trial::profile::{
    Checksum, ChecksumForm, ChecksumKind, ChecksumOrder, FlagCondition, FlagMeaning, FrameEnd,
    FrameLayout, MessageLayout, PointStatus, StatusBits, TextPlace,
};
use words::{Language, message, text};

use super::map::type_name;

/// Bytes as a person reads them: the text if it is one, else hexadecimal.
fn shown(bytes: &[u8]) -> String {
    if bytes.iter().all(|byte| (0x20..0x7f).contains(byte) || matches!(byte, b'\r' | b'\n')) {
        return format!("{:?}", String::from_utf8_lossy(bytes));
    }
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.join(" ")
}

/// Where a text stands in a frame.
pub(super) fn text_place(place: &TextPlace, language: Language) -> String {
    let message = match place {
        TextPlace::Field(number) => message!("device-field", field = number),
        TextPlace::Group(name) => message!("device-group", name = name),
        TextPlace::Span { start, length } => {
            message!("device-bytes", from = start, to = start + length - 1)
        }
    };
    message.in_language(language)
}

/// A frame layout, a line for each of its parts.
pub(super) fn layout_lines(layout: &FrameLayout, language: Language) -> Vec<String> {
    let end = match &layout.end {
        FrameEnd::Delimiter(bytes) => message!("device-end-delimiter", bytes = shown(bytes)),
        FrameEnd::Length(length) => message!("device-end-length", length = length),
        FrameEnd::Declared { offset, encoding, plus } => message!(
            "device-end-declared",
            byte = offset,
            kind = type_name(encoding.raw_type),
            plus = plus
        ),
        FrameEnd::Slip => message!("device-end-escape", name = "SLIP"),
        FrameEnd::Cobs => message!("device-end-escape", name = "COBS"),
    };
    let end = end.in_language(language);
    let begins = match layout.start.as_slice() {
        [] => text(language, "device-start-none"),
        start => message!("device-start", bytes = shown(start)).in_language(language),
    };
    let frame = message!("device-frame", start = begins, end = end, longest = layout.max_length);
    let mut lines = vec![frame.in_language(language)];
    lines.push(match &layout.checksum {
        None => text(language, "device-no-checksum"),
        Some(checksum) => checksum_line(checksum, language),
    });
    lines.extend(layout.messages.iter().map(|message| message_line(message, language)));
    lines
}

fn checksum_line(checksum: &Checksum, language: Language) -> String {
    let order = match checksum.order {
        ChecksumOrder::HighFirst => "high-first",
        ChecksumOrder::LowFirst => "low-first",
    };
    let form = match checksum.form {
        ChecksumForm::Binary => "binary",
        ChecksumForm::Hex => "hex",
    };
    message!(
        "device-checksum",
        kind = checksum_name(checksum.kind),
        from = checksum.from,
        uncovered = checksum.uncovered,
        mask = format!("{:#04x}", checksum.mask),
        order = order,
        form = form,
    )
    .in_language(language)
}

/// The name of a checksum as profiles write it.
fn checksum_name(kind: ChecksumKind) -> &'static str {
    match kind {
        ChecksumKind::Xor => "xor",
        ChecksumKind::Sum8 => "sum-8",
        ChecksumKind::Sum16 => "sum-16",
        ChecksumKind::TwosComplement => "twos-complement",
        ChecksumKind::Lrc => "lrc",
        ChecksumKind::Crc8 => "crc-8",
        ChecksumKind::Crc16Modbus => "crc-16-modbus",
        ChecksumKind::Crc16Ccitt => "crc-16-ccitt",
        ChecksumKind::Crc16Xmodem => "crc-16-xmodem",
        ChecksumKind::Crc16Kermit => "crc-16-kermit",
        ChecksumKind::Crc32 => "crc-32",
        ChecksumKind::Fletcher16 => "fletcher-16",
    }
}

fn message_line(layout: &MessageLayout, language: Language) -> String {
    let mut parts = Vec::new();
    if let Some(query) = &layout.query {
        parts.push(message!("device-query", bytes = shown(query)));
    }
    if let Some((offset, bytes)) = &layout.literal {
        parts.push(message!("device-literal", byte = offset, bytes = shown(bytes)));
    }
    if let Some(pattern) = &layout.pattern {
        parts.push(message!("device-pattern", pattern = words::printable(pattern)));
    }
    let parts: Vec<String> = parts.iter().map(|part| part.in_language(language)).collect();
    let what = parts.join("; ");
    message!("device-message", id = layout.id, what = what).in_language(language)
}

/// What a frame says beside a number, a line for each.
pub(super) fn status_lines(status: &PointStatus, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((bits, minus)) = &status.decimals {
        let bits = bits_of(bits, language);
        lines.push(message!("device-point-decimals", bits = bits, minus = minus));
    }
    if let Some(bit) = &status.negative {
        lines.push(message!("device-point-negative", bits = bits_of(bit, language)));
    }
    if let Some((place, factors)) = &status.unit {
        let factor =
            |(unit, factor): &(String, f64)| format!("{} × {factor}", words::printable(unit));
        let factors: Vec<String> = factors.iter().map(factor).collect();
        let place = text_place(place, language);
        lines.push(message!("device-point-unit", place = place, factors = factors.join(", ")));
    }
    let mut lines: Vec<String> = lines.iter().map(|line| line.in_language(language)).collect();
    for meaning in [
        FlagMeaning::Unstable,
        FlagMeaning::Invalid,
        FlagMeaning::Overload,
        FlagMeaning::Underload,
        FlagMeaning::Missing,
        FlagMeaning::Refused,
    ] {
        let flags = status.flags.iter().filter(|flag| flag.means == meaning);
        let conditions = conditions(flags.map(|flag| &flag.when), language);
        if !conditions.is_empty() {
            lines.push(format!("{}: {}", meaning_word(meaning, language), conditions.join("; ")));
        }
    }
    lines
}

fn bits_of(bits: &StatusBits, language: Language) -> String {
    let StatusBits { offset, low, high } = bits;
    if low == high {
        message!("device-bit", bit = low, byte = offset).in_language(language)
    } else {
        message!("device-bits", low = low, high = high, byte = offset).in_language(language)
    }
}

/// Where a condition looks and what must stand there; several of one place are told together.
fn conditions<'a>(
    flags: impl Iterator<Item = &'a FlagCondition>,
    language: Language,
) -> Vec<String> {
    let mut places: Vec<(String, Vec<String>)> = Vec::new();
    for when in flags {
        let (place, value) = match when {
            FlagCondition::Text(place, is) => {
                (text_place(place, language), format!("{:?}", words::printable(is)))
            }
            FlagCondition::Bits(bits, equals) => (bits_of(bits, language), equals.to_string()),
        };
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, values)) => values.push(value),
            None => places.push((place, vec![value])),
        }
    }
    let told = |(place, values): (String, Vec<String>)| format!("{place} = {}", values.join(", "));
    places.into_iter().map(told).collect()
}

fn meaning_word(meaning: FlagMeaning, language: Language) -> String {
    match meaning {
        FlagMeaning::Unstable => text(language, "device-means-unstable"),
        FlagMeaning::Invalid => text(language, "device-means-invalid"),
        FlagMeaning::Overload => text(language, "device-means-overload"),
        FlagMeaning::Underload => text(language, "device-means-underload"),
        FlagMeaning::Missing => text(language, "device-means-missing"),
        FlagMeaning::Refused => text(language, "device-means-refused"),
    }
}
