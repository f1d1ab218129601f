//! What a point of a profile says: where it stands, its type, and everything by which its number
//! becomes a value.

use serde::Serialize;
use trial::channel::RawType;
use trial::document::Title;
use trial::profile::{
    DeviceProfile, Encoding, NmeaForm, NumberForm, Place, Point, Sentinel, Table, TextPlace,
    WordOrder,
};
use trial::unit::{Quantity, Unit};
use words::{Language, message};

use super::frame;

/// A point, for a program.
#[derive(Serialize)]
pub(super) struct JsonPoint {
    id: String,
    title: Title,
    quantity: Quantity,
    unit: Unit,
    /// Table and address as on the wire, or where it stands in the frame.
    place: String,
    #[serde(rename = "type")]
    kind: String,
    order: String,
    scale: f64,
    offset: f64,
    valid: Option<(f64, f64)>,
    sentinels: Vec<String>,
    /// Whatever else makes the value, in English.
    details: Vec<String>,
}

pub(super) fn json_point(profile: &DeviceProfile, point: &Point) -> JsonPoint {
    let (kind, order) = type_of(point);
    JsonPoint {
        id: point.id.clone(),
        title: point.title.clone(),
        quantity: point.quantity,
        unit: point.unit,
        place: where_found(profile, point, Language::English),
        kind,
        order,
        scale: point.scale,
        offset: point.offset,
        valid: point.valid,
        sentinels: sentinels(point),
        details: details(profile, point, Language::English),
    }
}

/// The name of a table as profiles write it.
pub(super) fn table_name(table: Table) -> &'static str {
    match table {
        Table::Holding => "holding",
        Table::Input => "input",
        Table::Coils => "coils",
        Table::Discrete => "discrete",
    }
}

/// Where a point stands: table and address, or message and field.
pub(super) fn where_found(profile: &DeviceProfile, point: &Point, language: Language) -> String {
    let in_table =
        |table: Table, address: u16| format!("{} {address:#06x} ({address})", table_name(table));
    let message_of = |index: usize| {
        let messages = profile.layout.as_ref().map_or(&[][..], |layout| &layout.messages);
        match messages {
            [_] => String::new(),
            several => {
                several.get(index).map_or(String::new(), |message| format!("{}: ", message.id))
            }
        }
    };
    match &point.place {
        Place::Register { table, address, .. } | Place::Bit { table, address } => {
            in_table(*table, *address)
        }
        Place::RegisterText { table, address, registers } => {
            format!("{} × {registers}", in_table(*table, *address))
        }
        Place::NmeaField { sentence, field, valid_when, .. } => {
            let field = frame::text_place(&TextPlace::Field((*field).into()), language);
            let valid = valid_when.as_ref().map(|(field, is)| {
                let field = frame::text_place(&TextPlace::Field((*field).into()), language);
                let is = words::printable(is);
                message!("device-valid-when", place = field, is = is).in_language(language)
            });
            let valid = valid.map_or(String::new(), |valid| format!(", {valid}"));
            format!("{sentence} {field}{valid}")
        }
        Place::Weight => message!("device-weight").in_language(language),
        Place::FrameField { frame, offset, .. } => {
            let byte = message!("device-byte", byte = offset).in_language(language);
            format!("{frame:#04x} {byte}")
        }
        Place::MessageText { message, text } => {
            format!("{}{}", message_of(*message), frame::text_place(text, language))
        }
        Place::MessageNumber { message, offset, .. } => {
            let byte = message!("device-byte", byte = offset).in_language(language);
            format!("{}{byte}", message_of(*message))
        }
    }
}

/// The type as profiles write it, with the bits that are taken of it, and the order of its bytes;
/// empty where there is none.
pub(super) fn type_of(point: &Point) -> (String, String) {
    match &point.place {
        Place::Register { encoding, .. }
        | Place::FrameField { encoding, .. }
        | Place::MessageNumber { encoding, .. } => type_and_order(*encoding),
        Place::Bit { .. } => ("bit".to_owned(), String::new()),
        Place::RegisterText { .. } => ("string".to_owned(), String::new()),
        Place::NmeaField { form, .. } => {
            let form = match form {
                NmeaForm::Number => "number",
                NmeaForm::Latitude => "latitude",
                NmeaForm::Longitude => "longitude",
                NmeaForm::TimeOfDay => "time-of-day",
            };
            (form.to_owned(), String::new())
        }
        Place::Weight | Place::MessageText { .. } => ("number".to_owned(), String::new()),
    }
}

/// The name of a type as profiles write it.
pub(super) fn type_name(raw_type: RawType) -> String {
    format!("{raw_type:?}").to_lowercase()
}

fn type_and_order(encoding: Encoding) -> (String, String) {
    let plain = type_name(encoding.raw_type);
    let kind = match encoding.form {
        NumberForm::Plain => plain,
        NumberForm::Bcd => plain.replace('u', "bcd"),
        NumberForm::Bits { low, high } => format!("{plain} [{low}, {high}]"),
    };
    let order = match (encoding.byte_length(), encoding.order) {
        (1, _) => String::new(),
        (2, WordOrder::BADC | WordOrder::DCBA) => "BA".to_owned(),
        (2, _) => "AB".to_owned(),
        (_, order) => format!("{order:?}"),
    };
    (kind, order)
}

fn sentinels(point: &Point) -> Vec<String> {
    let shown = |sentinel: &Sentinel| match sentinel {
        Sentinel::Number(number) => number.to_string(),
        Sentinel::Bits(bits) => format!("{bits:#x}"),
    };
    point.sentinels.iter().map(shown).collect()
}

/// What makes the value of a point beside its scale, a line for each.
pub(super) fn details(profile: &DeviceProfile, point: &Point, language: Language) -> Vec<String> {
    let id_of = |index: &usize| profile.points.get(*index).map_or("", |point| point.id.as_str());
    let mut messages = Vec::new();
    let sentinels = sentinels(point);
    if !sentinels.is_empty() {
        messages.push(message!("device-point-sentinels", values = sentinels.join(", ")));
    }
    if let Some(fault) = point.fault {
        let (low, high, unit) = (fault.at_most, fault.at_least, point.unit.shown());
        messages.push(message!("device-point-fault", low = low, high = high, unit = unit));
    }
    if let Some(exponent) = &point.exponent {
        let (other, minus) = (id_of(&exponent.point), exponent.minus);
        messages.push(if exponent.divides {
            message!("device-point-divided", point = other, minus = minus)
        } else {
            message!("device-point-exponent", point = other, minus = minus)
        });
    }
    if !point.ratios.is_empty() {
        let ratios: Vec<&str> = point.ratios.iter().map(id_of).collect();
        messages.push(message!("device-point-ratios", points = ratios.join(" × ")));
    }
    if let Some(total) = point.totaliser {
        let (wraps, rate) = (total.wraps_at, total.max_rate);
        messages.push(message!("device-point-totaliser", wraps = wraps, rate = rate));
    }
    let mut lines: Vec<String> =
        messages.iter().map(|message| message.in_language(language)).collect();
    lines.extend(frame::status_lines(&point.status, language));
    lines
}
