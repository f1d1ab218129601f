//! Device profiles: register maps and frame layouts as data.
//!
//! Invariants of the resolved form:
//! - every point fits the dialect of its device, its unit fits its quantity;
//! - point ids are unique; addresses are as on the wire, from 0, and do not run past 65,535;
//! - `low < high` for every valid range, and all numbers are finite.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use words::{Message, message};

use crate::channel::{Raw, RawType, is_identifier};
use crate::document::{DocumentError, Source, Title};
use crate::time::parse_duration;
use crate::unit::{Quantity, Unit};

/// Most registers that one request may read (Modbus Application Protocol V1.1b3, 6.3 and 6.4).
pub const MAX_REGISTERS_PER_REQUEST: u16 = 125;
/// Most points of one profile.
pub const MAX_POINTS: usize = 1024;
/// Longest declared frame of a binary stream, in bytes.
pub const MAX_STREAM_FRAME_BYTES: usize = 256;

/// How a device speaks. One file in `wire/src/dialect/` for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dialect {
    /// Modbus RTU or TCP, by the link's kind.
    #[serde(rename = "modbus")]
    Modbus,
    /// NMEA 0183 sentences.
    #[serde(rename = "nmea-0183")]
    Nmea0183,
    /// A&D's standard weighing format: lines of header, number and unit.
    #[serde(rename = "and-weighing")]
    AndWeighing,
    /// Binary frames of fixed length: sync byte, identifier byte, payload, sum byte.
    #[serde(rename = "sync-sum")]
    SyncSum,
}

/// Table of a Modbus device that holds registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Holding registers, function 0x03.
    Holding,
    /// Input registers, function 0x04.
    Input,
}

/// Order of the bytes of a 32-bit number; A is the most significant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WordOrder {
    /// Big endian throughout; the order that the Modbus specification suggests.
    ABCD,
    /// High word last, bytes in order.
    CDAB,
    /// High word first, bytes swapped.
    BADC,
    /// Little endian throughout.
    DCBA,
}

/// A number in registers or in a frame: its type and its byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Encoding {
    /// Type of the number.
    pub raw_type: RawType,
    /// Byte order. 16-bit numbers use `ABCD` or `CDAB` for AB, `BADC` or `DCBA` for BA.
    pub order: WordOrder,
}

impl Encoding {
    /// Number of bytes that the number takes.
    pub fn byte_length(self) -> usize {
        match self.raw_type {
            RawType::U16 | RawType::I16 => 2,
            RawType::U32 | RawType::I32 | RawType::F32 => 4,
            RawType::F64 => 8,
        }
    }

    /// Number of registers that the number takes.
    pub fn register_count(self) -> u16 {
        (self.byte_length() / 2) as u16
    }

    /// The number in `bytes`, which begin with its first; `None` if they are too few, or for an
    /// `F64`, which no device of this version gives in binary.
    pub fn decode(self, bytes: &[u8]) -> Option<Raw> {
        let swap_bytes = matches!(self.order, WordOrder::BADC | WordOrder::DCBA);
        match self.raw_type {
            RawType::U16 | RawType::I16 => {
                let pair = *bytes.first_chunk::<2>()?;
                let number =
                    if swap_bytes { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
                Some(match self.raw_type {
                    RawType::I16 => Raw::I16(number as i16),
                    _ => Raw::U16(number),
                })
            }
            RawType::U32 | RawType::I32 | RawType::F32 => {
                let [a, b, c, d] = *bytes.first_chunk::<4>()?;
                let number = u32::from_be_bytes(match self.order {
                    WordOrder::ABCD => [a, b, c, d],
                    WordOrder::CDAB => [c, d, a, b],
                    WordOrder::BADC => [b, a, d, c],
                    WordOrder::DCBA => [d, c, b, a],
                });
                Some(match self.raw_type {
                    RawType::I32 => Raw::I32(number as i32),
                    RawType::F32 => Raw::F32(f32::from_bits(number)),
                    _ => Raw::U32(number),
                })
            }
            RawType::F64 => None,
        }
    }
}

/// How a text field of an NMEA sentence is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NmeaForm {
    /// A decimal number.
    Number,
    /// `ddmm.mmm` with the hemisphere in the next field; degrees, north positive.
    Latitude,
    /// `dddmm.mmm` with the hemisphere in the next field; degrees, east positive.
    Longitude,
    /// `hhmmss.sss`; seconds since midnight UTC.
    TimeOfDay,
}

/// Where a point's number stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// In registers of a Modbus device.
    Register {
        /// Table.
        table: Table,
        /// Address of the first register, as on the wire, from 0.
        address: u16,
        /// Type and order.
        encoding: Encoding,
    },
    /// In a field of an NMEA sentence.
    NmeaField {
        /// Formatter of the sentence, three letters without the talker: `GGA`.
        sentence: String,
        /// Field, from 1 (the first after the sentence's name).
        field: u8,
        /// How the field is read.
        form: NmeaForm,
        /// Field and its text that make the sentence valid, e.g. RMC field 2 = `A`.
        valid_when: Option<(u8, String)>,
    },
    /// The number of a weighing line.
    Weight,
    /// In a binary frame with this identifier byte.
    FrameField {
        /// Identifier byte of the frame.
        frame: u8,
        /// Offset of the first byte from the frame's sync byte.
        offset: u8,
        /// Type and order.
        encoding: Encoding,
    },
}

/// One quantity that a device gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Unique in the profile.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// What is measured.
    pub quantity: Quantity,
    /// Unit of `raw × scale + offset`.
    pub unit: Unit,
    /// Where the raw number stands.
    pub place: Place,
    /// `value = raw × scale + offset`, in IEEE 754 binary64, in this order.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// Closed range of valid values, in `unit`.
    pub valid: Option<(f64, f64)>,
    /// Raw numbers that say "no value".
    pub sentinels: Vec<f64>,
}

impl Point {
    /// Type of the raw number.
    pub fn raw_type(&self) -> RawType {
        match &self.place {
            Place::Register { encoding, .. } | Place::FrameField { encoding, .. } => {
                encoding.raw_type
            }
            Place::NmeaField { .. } | Place::Weight => RawType::F64,
        }
    }
}

/// Properties of a Modbus device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusTraits {
    /// Most registers that one request may read; at most [`MAX_REGISTERS_PER_REQUEST`].
    pub max_registers: u16,
    /// Most unused registers that a request may read to join two points.
    pub max_gap: u16,
    /// Silence that the device needs between its answer and the next request.
    pub turnaround: Duration,
    /// Longest wait for a whole answer after the request has left the wire.
    pub timeout: Duration,
}

/// Frame of a binary stream (`sync-sum`): `sync, identifier, payload…, sum of all before`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncFrame {
    /// First byte.
    pub sync: u8,
    /// Whole length with sync and sum, 4 to [`MAX_STREAM_FRAME_BYTES`].
    pub length: usize,
}

/// A device profile, resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceProfile {
    /// Unique in the catalogue.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// How the device speaks.
    pub dialect: Dialect,
    /// The document that the map was read in.
    pub source: String,
    /// Present for `modbus`.
    pub modbus: Option<ModbusTraits>,
    /// Present for `sync-sum`.
    pub frame: Option<SyncFrame>,
    /// The points, in the order of the document.
    pub points: Vec<Point>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    device: RawDevice,
    modbus: Option<Spanned<RawModbus>>,
    frame: Option<Spanned<RawFrame>>,
    #[serde(default)]
    point: Vec<Spanned<RawPoint>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDevice {
    id: Spanned<String>,
    title: Title,
    dialect: Dialect,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModbus {
    #[serde(default)]
    address_base: u16,
    word_order: Option<WordOrder>,
    max_registers: Option<u16>,
    #[serde(default)]
    max_gap: u16,
    turnaround: Option<Spanned<String>>,
    timeout: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrame {
    sync: u8,
    length: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoint {
    id: String,
    title: Title,
    quantity: Quantity,
    unit: Spanned<String>,
    table: Option<Table>,
    address: Option<u16>,
    #[serde(rename = "type")]
    raw_type: Option<RawType>,
    order: Option<WordOrder>,
    sentence: Option<String>,
    field: Option<u8>,
    form: Option<NmeaForm>,
    valid_when: Option<RawValidWhen>,
    frame: Option<u8>,
    offset_bytes: Option<u8>,
    scale: Option<f64>,
    offset: Option<f64>,
    valid: Option<[f64; 2]>,
    #[serde(default)]
    sentinels: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValidWhen {
    field: u8,
    is: String,
}

impl DeviceProfile {
    /// Reads and checks a profile.
    ///
    /// # Errors
    /// The document is refused, with line, reason and right form.
    pub fn resolve(source: Source<'_>) -> Result<DeviceProfile, DocumentError> {
        let raw: RawProfile = source.parse()?;
        if !is_identifier(raw.device.id.get_ref()) {
            let id = words::printable(raw.device.id.get_ref());
            return Err(
                source.refuse(raw.device.id.span(), message!("document-bad-identifier", id = id))
            );
        }
        let modbus = lower_modbus(&source, &raw)?;
        let frame = lower_frame(&source, &raw)?;
        reject_point_count(&source, &raw)?;
        let lowering = PointLowering { source, raw: &raw, frame };
        let mut points = Vec::with_capacity(raw.point.len());
        let mut seen = BTreeSet::new();
        for point in &raw.point {
            if !seen.insert(point.get_ref().id.as_str()) {
                let id = words::printable(&point.get_ref().id);
                return Err(source.refuse(point.span(), message!("document-twice", id = id)));
            }
            points.push(lowering.lower(point)?);
        }
        Ok(DeviceProfile {
            id: raw.device.id.into_inner(),
            title: raw.device.title,
            dialect: raw.device.dialect,
            source: raw.device.source,
            modbus,
            frame,
            points,
        })
    }
}

fn reject_point_count(source: &Source<'_>, raw: &RawProfile) -> Result<(), DocumentError> {
    if raw.point.is_empty() || raw.point.len() > MAX_POINTS {
        return Err(source.refuse_whole(message!("profile-point-count", limit = MAX_POINTS)));
    }
    Ok(())
}

fn lower_modbus(
    source: &Source<'_>,
    raw: &RawProfile,
) -> Result<Option<ModbusTraits>, DocumentError> {
    let Some(spanned) = &raw.modbus else {
        return match raw.device.dialect {
            Dialect::Modbus => Err(source.refuse_whole(message!("profile-needs-modbus"))),
            _ => Ok(None),
        };
    };
    let modbus = spanned.get_ref();
    if raw.device.dialect != Dialect::Modbus {
        return Err(source.refuse(spanned.span(), message!("profile-modbus-misplaced")));
    }
    if modbus.address_base > 1 {
        return Err(source.refuse(spanned.span(), message!("profile-address-base")));
    }
    let max_registers = modbus.max_registers.unwrap_or(MAX_REGISTERS_PER_REQUEST);
    if !(1..=MAX_REGISTERS_PER_REQUEST).contains(&max_registers) {
        let message = message!("profile-max-registers", limit = MAX_REGISTERS_PER_REQUEST);
        return Err(source.refuse(spanned.span(), message));
    }
    let duration = |given: &Option<Spanned<String>>, default: Duration| match given {
        None => Ok(default),
        Some(text) => parse_duration(text.get_ref())
            .filter(|duration| *duration <= Duration::from_secs(60))
            .ok_or_else(|| {
                source.refuse(text.span(), message!("document-bad-duration", limit = "60 s"))
            }),
    };
    Ok(Some(ModbusTraits {
        max_registers,
        max_gap: modbus.max_gap,
        turnaround: duration(&modbus.turnaround, Duration::ZERO)?,
        timeout: duration(&modbus.timeout, Duration::from_millis(500))?,
    }))
}

fn lower_frame(source: &Source<'_>, raw: &RawProfile) -> Result<Option<SyncFrame>, DocumentError> {
    match (&raw.frame, raw.device.dialect) {
        (None, Dialect::SyncSum) => Err(source.refuse_whole(message!("profile-needs-frame"))),
        (None, _) => Ok(None),
        (Some(frame), Dialect::SyncSum) => {
            let RawFrame { sync, length } = *frame.get_ref();
            if !(4..=MAX_STREAM_FRAME_BYTES).contains(&length) {
                let message = message!("profile-frame-length", limit = MAX_STREAM_FRAME_BYTES);
                return Err(source.refuse(frame.span(), message));
            }
            Ok(Some(SyncFrame { sync, length }))
        }
        (Some(frame), _) => Err(source.refuse(frame.span(), message!("profile-frame-misplaced"))),
    }
}

struct PointLowering<'a> {
    source: Source<'a>,
    raw: &'a RawProfile,
    frame: Option<SyncFrame>,
}

impl PointLowering<'_> {
    fn lower(&self, spanned: &Spanned<RawPoint>) -> Result<Point, DocumentError> {
        let raw = spanned.get_ref();
        let refuse = |message: Message| self.source.refuse(spanned.span(), message);
        if !is_identifier(&raw.id) {
            let id = words::printable(&raw.id);
            return Err(refuse(message!("document-bad-identifier", id = id)));
        }
        let unit = resolve_unit(&self.source, &raw.unit, raw.quantity)?;
        self.reject_foreign_keys(raw).map_err(refuse)?;
        let place = self.place(raw).map_err(refuse)?;
        let (scale, offset) = (raw.scale.unwrap_or(1.0), raw.offset.unwrap_or(0.0));
        let numbers = [scale, offset].into_iter().chain(raw.sentinels.iter().copied());
        if !numbers.chain(raw.valid.into_iter().flatten()).all(f64::is_finite) || scale == 0.0 {
            return Err(refuse(message!("profile-bad-number", point = raw.id)));
        }
        if raw.valid.is_some_and(|[low, high]| low >= high) {
            return Err(refuse(message!("document-bad-range", id = raw.id)));
        }
        Ok(Point {
            id: raw.id.clone(),
            title: raw.title.clone(),
            quantity: raw.quantity,
            unit,
            place,
            scale,
            offset,
            valid: raw.valid.map(|[low, high]| (low, high)),
            sentinels: raw.sentinels.clone(),
        })
    }

    /// A key of another dialect would be ignored; it is refused instead.
    fn reject_foreign_keys(&self, raw: &RawPoint) -> Result<(), Message> {
        let dialect = self.raw.device.dialect;
        let keys = [
            ("table", raw.table.is_some(), dialect == Dialect::Modbus),
            ("address", raw.address.is_some(), dialect == Dialect::Modbus),
            ("type", raw.raw_type.is_some(), matches!(dialect, Dialect::Modbus | Dialect::SyncSum)),
            ("order", raw.order.is_some(), matches!(dialect, Dialect::Modbus | Dialect::SyncSum)),
            ("sentence", raw.sentence.is_some(), dialect == Dialect::Nmea0183),
            ("field", raw.field.is_some(), dialect == Dialect::Nmea0183),
            ("form", raw.form.is_some(), dialect == Dialect::Nmea0183),
            ("valid_when", raw.valid_when.is_some(), dialect == Dialect::Nmea0183),
            ("frame", raw.frame.is_some(), dialect == Dialect::SyncSum),
            ("offset_bytes", raw.offset_bytes.is_some(), dialect == Dialect::SyncSum),
        ];
        match keys.into_iter().find(|(_, given, fits)| *given && !*fits) {
            Some((key, ..)) => Err(message!("profile-foreign-key", point = raw.id, key = key)),
            None => Ok(()),
        }
    }

    fn place(&self, raw: &RawPoint) -> Result<Place, Message> {
        let missing = |key: &str| message!("profile-missing-key", point = raw.id, key = key);
        match self.raw.device.dialect {
            Dialect::Modbus => {
                let base =
                    self.raw.modbus.as_ref().map_or(0, |modbus| modbus.get_ref().address_base);
                let encoding = self.encoding(raw, WordOrder::ABCD)?;
                let address = raw.address.ok_or_else(|| missing("address"))?.checked_sub(base);
                let address = address
                    .filter(|first| first.checked_add(encoding.register_count() - 1).is_some())
                    .ok_or_else(|| message!("profile-bad-address", point = raw.id))?;
                let cap =
                    self.raw.modbus.as_ref().and_then(|modbus| modbus.get_ref().max_registers);
                if cap.is_some_and(|cap| cap < encoding.register_count()) {
                    return Err(message!("profile-wide-point", point = raw.id));
                }
                let table = raw.table.ok_or_else(|| missing("table"))?;
                Ok(Place::Register { table, address, encoding })
            }
            Dialect::Nmea0183 => Ok(Place::NmeaField {
                sentence: raw.sentence.clone().ok_or_else(|| missing("sentence"))?,
                field: raw.field.filter(|field| *field > 0).ok_or_else(|| missing("field"))?,
                form: raw.form.ok_or_else(|| missing("form"))?,
                valid_when: raw.valid_when.as_ref().map(|when| (when.field, when.is.clone())),
            }),
            Dialect::AndWeighing => Ok(Place::Weight),
            Dialect::SyncSum => {
                let encoding = self.encoding(raw, WordOrder::DCBA)?;
                let offset = raw.offset_bytes.ok_or_else(|| missing("offset_bytes"))?;
                let end = usize::from(offset) + encoding.byte_length();
                let length = self.frame.map_or(0, |frame| frame.length);
                if offset < 2 || end >= length {
                    return Err(message!("profile-bad-offset", point = raw.id));
                }
                let frame = raw.frame.ok_or_else(|| missing("frame"))?;
                Ok(Place::FrameField { frame, offset, encoding })
            }
        }
    }

    fn encoding(&self, raw: &RawPoint, default: WordOrder) -> Result<Encoding, Message> {
        let raw_type = raw
            .raw_type
            .ok_or_else(|| message!("profile-missing-key", point = raw.id, key = "type"))?;
        if raw_type == RawType::F64 {
            return Err(message!("profile-type-not-implemented", point = raw.id));
        }
        let declared = self.raw.modbus.as_ref().and_then(|modbus| modbus.get_ref().word_order);
        Ok(Encoding { raw_type, order: raw.order.or(declared).unwrap_or(default) })
    }
}

/// Checks that a unit is known and fits its quantity.
pub(crate) fn resolve_unit(
    source: &Source<'_>,
    symbol: &Spanned<String>,
    quantity: Quantity,
) -> Result<Unit, DocumentError> {
    let shown = words::printable(symbol.get_ref());
    let unit = Unit::parse(symbol.get_ref()).ok_or_else(|| {
        let known: Vec<_> = Unit::known_symbols().collect();
        let message = message!("document-unknown-unit", unit = shown, known = known.join(" "));
        source.refuse(symbol.span(), message)
    })?;
    if !quantity.accepts(unit) {
        let message = message!("document-unit-mismatch", unit = shown, quantity = quantity);
        return Err(source.refuse(symbol.span(), message));
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1.013 as binary32 in the four orders.
    #[test]
    fn word_orders_are_named_by_where_the_most_significant_byte_stands() {
        for (order, bytes) in [
            (WordOrder::ABCD, [0x3f, 0x81, 0xa9, 0xfc]),
            (WordOrder::CDAB, [0xa9, 0xfc, 0x3f, 0x81]),
            (WordOrder::BADC, [0x81, 0x3f, 0xfc, 0xa9]),
            (WordOrder::DCBA, [0xfc, 0xa9, 0x81, 0x3f]),
        ] {
            let encoding = Encoding { raw_type: RawType::F32, order };
            assert_eq!(encoding.decode(&bytes), Some(Raw::F32(1.013)), "{order:?}");
        }
    }
}
