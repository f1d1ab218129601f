//! Where a point's number stands, and which of it is "no value".

use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::layout::TextPlace;
use crate::channel::Raw;

/// Table of a Modbus device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// Holding registers, function 0x03.
    Holding,
    /// Input registers, function 0x04.
    Input,
    /// Coils, function 0x01; each is one bit.
    Coils,
    /// Discrete inputs, function 0x02; each is one bit.
    Discrete,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 4] = [Table::Holding, Table::Input, Table::Coils, Table::Discrete];

    /// Whether its entries are single bits.
    pub fn has_bits(self) -> bool {
        matches!(self, Table::Coils | Table::Discrete)
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
        /// `Holding` or `Input`.
        table: Table,
        /// Address of the first register, as on the wire, from 0.
        address: u16,
        /// Type and order.
        encoding: Encoding,
    },
    /// A coil or a discrete input: 0 or 1 as `U8`.
    Bit {
        /// `Coils` or `Discrete`.
        table: Table,
        /// Address, as on the wire, from 0.
        address: u16,
    },
    /// A text in registers, two characters in each, the first in the upper byte; ends at the first
    /// zero byte. It is no channel: a change of it is an event.
    RegisterText {
        /// `Holding` or `Input`.
        table: Table,
        /// Address of the first register, as on the wire, from 0.
        address: u16,
        /// Number of registers.
        registers: u16,
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
    /// In a binary frame with this identifier byte (`sync-sum`).
    FrameField {
        /// Identifier byte of the frame.
        frame: u8,
        /// Offset of the first byte from the frame's sync byte.
        offset: u8,
        /// Type and order.
        encoding: Encoding,
    },
    /// A decimal number in a text of a frame (`frame`).
    MessageText {
        /// Position of the message in the layout.
        message: usize,
        /// Where the text stands.
        text: TextPlace,
    },
    /// A binary number in a frame (`frame`).
    MessageNumber {
        /// Position of the message in the layout.
        message: usize,
        /// Offset of the first byte from the frame's first byte.
        offset: usize,
        /// Type and order.
        encoding: Encoding,
    },
}

/// A raw number that says "no value".
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sentinel {
    /// By its number.
    Number(f64),
    /// By its bits, widened with zeros: the only way to tell one NaN from another, or a number
    /// beyond 2^53.
    Bits(u64),
}

impl Sentinel {
    /// Whether a raw number, of which `number` is what it says, is this.
    pub fn matches(self, raw: Raw, number: f64) -> bool {
        match self {
            Sentinel::Number(sentinel) => sentinel == number,
            Sentinel::Bits(bits) => raw.bits() == bits,
        }
    }
}
