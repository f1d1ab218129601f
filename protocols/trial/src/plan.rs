//! The plan of a trial: links, devices, channels, roles and parameters.
//!
//! Invariants of the resolved form:
//! - ids are unique, every reference is resolved, every profile and the scenario are present;
//! - a channel is bound to a role only with the role's quantity; every parameter of the scenario
//!   has a value;
//! - a device with `listen = true` is never sent a byte, and its link polls nobody.
//!
//! A key that this version does not act upon is refused as unknown, never ignored.

mod calibration;
mod import;
mod limit;
mod lower;
mod request;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::channel::{Channel, ChannelId, ChannelIndex};
use crate::document::{DocumentError, DocumentSet, Source, Title};
use crate::profile::DeviceProfile;
use crate::scenario::Scenario;

pub use calibration::{
    Amount, Calibration, CalibrationComponent, CalibrationModel, CalibrationUncertainty, Component,
    ComponentKind, Distribution, MAX_COMPONENTS, NoFullScale, Scale, read_calibrations,
};
pub use import::{
    BYTE_ORDER_MARK, FileFormat, Import, ImportForm, ImportMark, LineKind, MAX_HEADER_LINES,
    MAX_IMPORT_MARKS, MAX_ROW_BYTES, MarkTime, RowClock, RowTimes, TimeFault, TimeFormat,
    without_mark,
};
pub use limit::{RedAction, RedLimit};
pub use lower::{import_form, referenced_documents};
pub use request::{Ask, Request, RequestPlan, SamplePeriod};

/// Most links of one plan.
pub const MAX_LINKS: usize = 256;
/// Most devices of one plan.
pub const MAX_DEVICES: usize = 1024;
/// Most channels of one plan.
pub const MAX_CHANNELS: usize = 16_384;

/// Character frame of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CharacterFrame {
    /// Data bits, 7 or 8.
    pub data_bits: u8,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
}

impl CharacterFrame {
    /// Bits that one character takes on the wire, with start, parity and stop.
    pub fn bits(self) -> u32 {
        let parity = u32::from(self.parity != Parity::None);
        1 + u32::from(self.data_bits) + parity + u32::from(self.stop_bits)
    }
}

/// Parity of a serial line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parity {
    /// None.
    None,
    /// Even.
    Even,
    /// Odd.
    Odd,
}

/// What a link is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkKind {
    /// A serial port.
    Serial {
        /// Path of the device file.
        port: String,
        /// Bits a second.
        baud: u32,
        /// Character frame.
        frame: CharacterFrame,
    },
    /// Modbus TCP.
    Tcp {
        /// Address and port.
        address: SocketAddr,
    },
    /// Modbus RTU frames in a TCP stream, as serial gateways give them.
    RtuOverTcp {
        /// Address and port.
        address: SocketAddr,
    },
    /// Any other serial bytes in a TCP stream, as transparent gateways give them.
    BytesOverTcp {
        /// Address and port.
        address: SocketAddr,
    },
    /// The file of another logger; nothing runs on it.
    Imported,
}

/// A line to one or more devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Unique name.
    pub id: String,
    /// What it is made of.
    pub kind: LinkKind,
    /// Longest time that the adapter or gateway holds bytes back; widens the time uncertainty.
    pub latency: Duration,
}

impl Link {
    /// Time that one character takes on a serial line; zero where the link is not one.
    pub fn character_time(&self) -> Duration {
        match self.kind {
            LinkKind::Serial { baud, frame, .. } => {
                Duration::from_nanos(u64::from(frame.bits()) * 1_000_000_000 / u64::from(baud))
            }
            _ => Duration::ZERO,
        }
    }
}

/// A device on a link.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Unique name.
    pub id: String,
    /// Position of its link in the plan.
    pub link: usize,
    /// Its profile.
    pub profile: Arc<DeviceProfile>,
    /// Reference by which the plan names the profile.
    pub profile_reference: String,
    /// Modbus unit, 1 to 247 (any for TCP); 0 for streams.
    pub unit: u8,
    /// Period of polling; zero is back to back. `None` for streams and listened devices.
    pub every: Option<Duration>,
    /// Whether another master polls it and the daemon only listens.
    pub listen: bool,
    /// Longest wait for an answer; the profile's unless the plan says otherwise.
    pub timeout: Duration,
    /// Declared period of a stream or a listened device: silence for more than
    /// [`SILENT_PERIODS`] of it is a gap.
    pub period: Option<Duration>,
}

/// Declared periods without a frame after which a stream counts as silent.
pub const SILENT_PERIODS: u32 = 3;

/// The value that a plan gives to a parameter of the scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterValue {
    /// In coherent SI units.
    pub si: f64,
    /// Where it comes from.
    pub origin: ParameterOrigin,
}

/// Where the value of a parameter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterOrigin {
    /// The plate on the equipment.
    Nameplate,
    /// The customer.
    Customer,
    /// A standard.
    Standard,
    /// The scenario's own default; never written in a plan.
    Scenario,
}

/// A resolved plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Id of the trial.
    pub id: String,
    /// Titles.
    pub title: Title,
    /// Reference by which the plan names the scenario.
    pub scenario_reference: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// IANA zone of the site, for people's eyes.
    pub zone: String,
    /// Documents for the report: commission, item, run, site, people; text as written.
    pub particulars: Particulars,
    /// How the rows of another logger's file are read; `None` for a trial that runs.
    pub import: Option<Import>,
    /// Links in document order.
    pub links: Vec<Link>,
    /// Devices in document order.
    pub devices: Vec<Device>,
    /// Channels: by device, then by point.
    pub channels: Vec<Channel>,
    /// Calibrations, in document order; a channel names its own by position.
    pub calibrations: Vec<Calibration>,
    /// Limits that act while the trial runs, in the order of their channels' names.
    pub red_limits: Vec<RedLimit>,
    /// Channel of each role that the plan binds.
    pub roles: BTreeMap<String, ChannelIndex>,
    /// Value of every parameter of the scenario.
    pub parameters: BTreeMap<String, ParameterValue>,
}

impl Plan {
    /// Reads and checks the plan of a trial with all that it refers to.
    ///
    /// # Errors
    /// The plan, a profile or the scenario is refused, with document, line and right form.
    pub fn resolve(documents: &DocumentSet) -> Result<Plan, DocumentError> {
        let plan = documents.plan().ok_or_else(|| DocumentError {
            document: "plan.toml".to_owned(),
            line: None,
            message: words::message!("plan-missing"),
        })?;
        lower::lower(Source::new(&plan.name, &plan.bytes)?, documents)
    }

    /// The channel of an id.
    pub fn channel(&self, id: &ChannelId) -> Option<(ChannelIndex, &Channel)> {
        let index = self.channels.iter().position(|channel| channel.id == *id)?;
        Some((ChannelIndex(index as u32), &self.channels[index]))
    }

    /// The channel at an index of this plan.
    pub fn channel_at(&self, index: ChannelIndex) -> &Channel {
        &self.channels[index.0 as usize]
    }

    /// The period that the plan declares for a channel, in nanoseconds: of its polling, or of the
    /// stream. `None` where it is polled back to back, or nothing is declared.
    pub fn period_ns(&self, channel: &Channel) -> Option<i64> {
        let device = self.devices.get(channel.device)?;
        let period = match device.every {
            Some(every) => Some(channel.every.unwrap_or(every)),
            None => device.period,
        };
        period.map(crate::time::duration_nanoseconds).filter(|period| *period > 0)
    }

    /// The point that a channel records.
    pub fn point_of(&self, channel: &Channel) -> &crate::profile::Point {
        &self.devices[channel.device].profile.points[channel.point]
    }
}

/// Particulars of the trial that no code acts upon; they are recorded and reported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Particulars {
    /// Agreed before the work.
    #[serde(default)]
    pub commission: Commission,
    /// The equipment under trial.
    #[serde(default)]
    pub item: Item,
    /// Which attempt this is.
    #[serde(default)]
    pub run: RunParticulars,
    /// Where.
    pub site: Site,
    /// Who.
    pub people: People,
}

/// What was agreed before the work.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Commission {
    /// Number of the commission.
    pub number: String,
    /// Customer.
    pub customer: String,
    /// Method and its edition.
    pub method: String,
    /// Decision rule agreed with the customer.
    pub decision_rule: String,
}

/// The equipment under trial.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Item {
    /// Name.
    pub name: String,
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Sample number of the laboratory.
    pub sample: String,
    /// Manufacturer.
    pub manufacturer: String,
    /// How the laboratory got it.
    pub obtained: Option<Obtained>,
    /// When it was received.
    pub received: String,
    /// In which condition.
    pub condition: String,
}

/// How the laboratory got an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Obtained {
    /// The customer sent it.
    Sent,
    /// The laboratory drew it.
    Drawn,
}

/// Which attempt a run is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunParticulars {
    /// Attempt, from 1.
    pub attempt: Option<u32>,
    /// Run that this one replaces.
    pub replaces: String,
    /// Why.
    pub reason: String,
}

/// Where a trial takes place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Test base.
    #[serde(default)]
    pub base: String,
    /// Real-scene test point.
    #[serde(default)]
    pub point: String,
    /// Place.
    #[serde(default)]
    pub location: String,
    /// IANA time zone.
    pub zone: String,
}

/// Who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Test operator.
    pub operator: String,
    /// Witness.
    pub witness: String,
    /// Reviewer.
    pub reviewer: String,
}
