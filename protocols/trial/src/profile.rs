//! Device profiles: register maps and frame layouts as data.
//!
//! Invariants of the resolved form:
//! - every point fits the dialect of its device, its unit fits its quantity;
//! - point ids are unique; addresses are as on the wire, from 0, and do not run past 65,535;
//! - `low < high` for every valid range, and all numbers are finite;
//! - a point that another one scales (`exponent`, `ratios`) names a numeric point of the same
//!   device that is not scaled itself;
//! - a device is asked (Modbus, or messages with a query) or speaks by itself, never both.

mod encoding;
mod layout;
mod lower;
mod place;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::RawType;
use crate::document::{DocumentError, Source, Title};
use crate::unit::{Quantity, Unit};

pub use encoding::{Encoding, NumberForm, WordOrder};
pub use layout::{
    Checksum, ChecksumForm, ChecksumKind, ChecksumOrder, Flag, FlagCondition, FlagMeaning,
    FrameEnd, FrameLayout, MessageLayout, PointStatus, StatusBits, TextPlace,
};
pub(crate) use lower::resolve_unit;
pub use place::{NmeaForm, Place, Sentinel, Table};

/// Most registers that one request may read (Modbus Application Protocol V1.1b3, 6.3 and 6.4).
pub const MAX_REGISTERS_PER_REQUEST: u16 = 125;
/// Most coils or discrete inputs that one request may read (V1.1b3, 6.1 and 6.2).
pub const MAX_BITS_PER_REQUEST: u16 = 2000;
/// Most points of one profile.
pub const MAX_POINTS: usize = 1024;
/// Longest frame of a stream, in bytes.
pub const MAX_STREAM_FRAME_BYTES: usize = 256;
/// Most messages of one profile.
pub const MAX_MESSAGES: usize = 32;
/// Most sentinels, flags, units or ratios of one point.
pub const MAX_POINT_ENTRIES: usize = 32;
/// Most times that a poll asks again.
pub const MAX_RETRIES: u32 = 5;

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
    /// Frames as the profile lays them out: text or binary, by themselves or asked for.
    #[serde(rename = "frame")]
    Frame,
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
    /// `value = raw × scale + offset`, in IEEE 754 binary64, in this order; where other points
    /// scale it, `value = (raw × ratios) × 10^exponent × scale + offset`.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// Closed range of valid values, in `unit`.
    pub valid: Option<(f64, f64)>,
    /// Values, in `unit`, that say that the sensor or its line is broken.
    pub fault: Option<FaultBand>,
    /// Raw numbers that say "no value".
    pub sentinels: Vec<Sentinel>,
    /// The power of ten that another point holds.
    pub exponent: Option<Exponent>,
    /// Points of the same device with whose numbers the raw one is multiplied.
    pub ratios: Vec<usize>,
    /// How the count of a totaliser is continued.
    pub totaliser: Option<Totaliser>,
    /// What the frame says beside the number; empty but for the dialect `frame`.
    pub status: PointStatus,
    /// How soon it shows what it measures.
    pub timing: PointTiming,
}

/// How soon a point shows what it measures, as far as its maker says; each at most
/// [`MAX_POINT_TIME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PointTiming {
    /// How often the instrument has a new value, however often it is asked.
    pub refresh: Option<Duration>,
    /// Longest time until a change shows, beside the latency: what of the delay is not known.
    pub response: Option<Duration>,
    /// Known delay from the quantity to the value, by which an event is dated late.
    pub latency: Option<Duration>,
}

/// Longest refresh, response time or latency of a point.
pub const MAX_POINT_TIME: Duration = Duration::from_secs(3_600);

/// Values at or beyond these say that the sensor or its line is broken, such as the currents of
/// NAMUR NE 43.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultBand {
    /// Broken at or below.
    pub at_most: f64,
    /// Broken at or above.
    pub at_least: f64,
}

/// A power of ten that another point of the same device holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exponent {
    /// That point.
    pub point: usize,
    /// What is taken from its number.
    pub minus: i8,
    /// Whether its number counts decimals: the value is divided by the power, not multiplied.
    pub divides: bool,
}

impl Exponent {
    /// The power of ten where that point's number is `number`.
    pub fn power(self, number: f64) -> f64 {
        let power = number - f64::from(self.minus);
        if self.divides { -power } else { power }
    }
}

/// A counter that only grows, and wraps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totaliser {
    /// Raw count at which it begins again from 0; 2^32 for all of 32 bits.
    pub wraps_at: f64,
    /// Fastest growth, in raw counts a second: a backward step that would need a faster one is a
    /// reset of the device, not a wrap.
    pub max_rate: f64,
}

impl Point {
    /// Type of the raw number.
    pub fn raw_type(&self) -> RawType {
        match &self.place {
            Place::Register { encoding, .. }
            | Place::FrameField { encoding, .. }
            | Place::MessageNumber { encoding, .. } => encoding.raw_type,
            Place::Bit { .. } => RawType::U8,
            Place::NmeaField { .. }
            | Place::Weight
            | Place::MessageText { .. }
            | Place::RegisterText { .. } => RawType::F64,
        }
    }

    /// Whether it makes a channel; a text does not.
    pub fn is_numeric(&self) -> bool {
        !matches!(self.place, Place::RegisterText { .. })
    }
}

/// How a device wants to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polling {
    /// Silence that the device needs between its answer and the next request.
    pub turnaround: Duration,
    /// Longest wait for a whole answer after the request has left the wire.
    pub timeout: Duration,
    /// How often a poll asks again after a missed answer, at most [`MAX_RETRIES`].
    pub retries: u32,
    /// Pause between the opening of the line and the first request.
    pub connect_pause: Duration,
}

/// Properties of a Modbus device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModbusTraits {
    /// Most registers that one request may read; at most [`MAX_REGISTERS_PER_REQUEST`].
    pub max_registers: u16,
    /// Most coils or discrete inputs that one request may read; at most [`MAX_BITS_PER_REQUEST`].
    pub max_bits: u16,
    /// Most unused registers, coils or inputs that a request may read to join two points.
    pub max_gap: u16,
    /// Whether points are joined into one request at all.
    pub join: bool,
    /// Entries that must not be read: table, first and last, as on the wire.
    pub holes: Vec<(Table, u16, u16)>,
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
    /// How it wants to be asked; without meaning for a device that speaks by itself.
    pub polling: Polling,
    /// Present for `modbus`.
    pub modbus: Option<ModbusTraits>,
    /// Present for `sync-sum`.
    pub frame: Option<SyncFrame>,
    /// Present for `frame`.
    pub layout: Option<FrameLayout>,
    /// The points, in the order of the document.
    pub points: Vec<Point>,
}

impl DeviceProfile {
    /// Reads and checks a profile.
    ///
    /// # Errors
    /// The document is refused, with line, reason and right form.
    pub fn resolve(source: Source<'_>) -> Result<DeviceProfile, DocumentError> {
        lower::lower(source)
    }

    /// Whether the device answers and does not speak by itself: Modbus, or messages with queries.
    pub fn is_asked(&self) -> bool {
        self.dialect == Dialect::Modbus || self.has_queries()
    }

    /// Whether the device is asked by the queries of its messages.
    pub fn has_queries(&self) -> bool {
        let messages = self.layout.iter().flat_map(|layout| &layout.messages);
        messages.into_iter().any(|message| message.query.is_some())
    }
}
