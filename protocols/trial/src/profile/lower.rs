//! From the raw profile to the resolved one, by named checks.

mod frame;
mod point;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use words::message;

use super::place::{NmeaForm, Sentinel, Table};
use super::{
    DeviceProfile, Dialect, MAX_BITS_PER_REQUEST, MAX_POINTS, MAX_REGISTERS_PER_REQUEST,
    MAX_RETRIES, ModbusTraits, Point, Polling, WordOrder,
};
use crate::channel::is_identifier;
use crate::document::{DocumentError, Source, Title};
use crate::time::parse_duration;
use crate::unit::{Quantity, Unit};

/// Longest time that a profile may declare.
const MAX_DURATION: Duration = Duration::from_secs(60);
/// Wait for an answer where the profile declares none.
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProfile {
    device: RawDevice,
    modbus: Option<Spanned<RawModbus>>,
    frame: Option<Spanned<frame::RawFrame>>,
    #[serde(default)]
    message: Vec<Spanned<frame::RawMessage>>,
    /// Sentinels of all points of a type that declare none of their own.
    #[serde(default)]
    sentinels: BTreeMap<NumberType, Vec<RawSentinel>>,
    #[serde(default)]
    point: Vec<Spanned<point::RawPoint>>,
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
    max_bits: Option<u16>,
    #[serde(default)]
    max_gap: u16,
    join: Option<bool>,
    #[serde(default)]
    holes: Vec<RawHole>,
    turnaround: Option<Spanned<String>>,
    timeout: Option<Spanned<String>>,
    retries: Option<u32>,
    connect_pause: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHole {
    table: Table,
    from: u16,
    to: u16,
}

/// Types of numbers as a profile names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum NumberType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    Bcd16,
    Bcd32,
    Bcd64,
    String,
}

/// A number, or the bits as a text `0x…`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum RawSentinel {
    Number(f64),
    Bits(String),
}

impl RawSentinel {
    fn lower(&self) -> Option<Sentinel> {
        match self {
            RawSentinel::Number(number) => number.is_finite().then_some(Sentinel::Number(*number)),
            RawSentinel::Bits(text) => {
                let digits = text.strip_prefix("0x")?;
                u64::from_str_radix(digits, 16).ok().map(Sentinel::Bits)
            }
        }
    }
}

pub(super) fn lower(source: Source<'_>) -> Result<DeviceProfile, DocumentError> {
    let raw: RawProfile = source.parse()?;
    if !is_identifier(raw.device.id.get_ref()) {
        let id = words::printable(raw.device.id.get_ref());
        return Err(
            source.refuse(raw.device.id.span(), message!("document-bad-identifier", id = id))
        );
    }
    let (modbus, mut polling) = lower_modbus(&source, &raw)?;
    let frame = frame::lower_sync_frame(&source, &raw)?;
    let layout = frame::lower_layout(&source, &raw)?;
    if raw.device.dialect == Dialect::Frame {
        polling = frame::lower_polling(&source, &raw)?;
    }
    if raw.point.is_empty() || raw.point.len() > MAX_POINTS {
        return Err(source.refuse_whole(message!("profile-point-count", limit = MAX_POINTS)));
    }
    let points = lower_points(&source, &raw, frame, layout.as_ref())?;
    Ok(DeviceProfile {
        id: raw.device.id.into_inner(),
        title: raw.device.title,
        dialect: raw.device.dialect,
        source: raw.device.source,
        polling,
        modbus,
        frame,
        layout,
        points,
    })
}

fn lower_points(
    source: &Source<'_>,
    raw: &RawProfile,
    frame: Option<super::SyncFrame>,
    layout: Option<&super::FrameLayout>,
) -> Result<Vec<Point>, DocumentError> {
    let ids: Vec<&str> = raw.point.iter().map(|point| point.get_ref().id.as_str()).collect();
    let lowering = point::PointLowering { source: *source, raw, frame, layout, ids: &ids };
    let mut points = Vec::with_capacity(raw.point.len());
    let mut seen = BTreeSet::new();
    for point in &raw.point {
        if !seen.insert(point.get_ref().id.as_str()) {
            let id = words::printable(&point.get_ref().id);
            return Err(source.refuse(point.span(), message!("document-twice", id = id)));
        }
        points.push(lowering.lower(point)?);
    }
    for (spanned, point) in raw.point.iter().zip(&points) {
        let exponent = point.exponent.iter().map(|exponent| &exponent.point);
        let scaling = exponent.chain(&point.ratios);
        for other in scaling {
            let fits = points.get(*other).is_some_and(|other| {
                other.is_numeric() && other.exponent.is_none() && other.ratios.is_empty()
            });
            if !fits {
                let message = message!("profile-scaled-by-scaled", point = point.id);
                return Err(source.refuse(spanned.span(), message));
            }
        }
    }
    Ok(points)
}

fn lower_modbus(
    source: &Source<'_>,
    raw: &RawProfile,
) -> Result<(Option<ModbusTraits>, Polling), DocumentError> {
    let Some(spanned) = &raw.modbus else {
        return match raw.device.dialect {
            Dialect::Modbus => Err(source.refuse_whole(message!("profile-needs-modbus"))),
            _ => Ok((None, lower_polling(source, PollingKeys::default())?)),
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
    let max_bits = modbus.max_bits.unwrap_or(MAX_BITS_PER_REQUEST);
    if !(1..=MAX_BITS_PER_REQUEST).contains(&max_bits) {
        let message = message!("profile-max-bits", limit = MAX_BITS_PER_REQUEST);
        return Err(source.refuse(spanned.span(), message));
    }
    let base = modbus.address_base;
    let mut holes = Vec::with_capacity(modbus.holes.len());
    for hole in &modbus.holes {
        match (hole.from.checked_sub(base), hole.to.checked_sub(base)) {
            (Some(from), Some(to)) if from <= to => holes.push((hole.table, from, to)),
            _ => return Err(source.refuse(spanned.span(), message!("profile-bad-hole"))),
        }
    }
    let polling = lower_polling(
        source,
        PollingKeys {
            turnaround: modbus.turnaround.as_ref(),
            timeout: modbus.timeout.as_ref(),
            retries: modbus.retries,
            connect_pause: modbus.connect_pause.as_ref(),
        },
    )?;
    let join = modbus.join.unwrap_or(true);
    let traits = ModbusTraits { max_registers, max_bits, max_gap: modbus.max_gap, join, holes };
    Ok((Some(traits), polling))
}

/// The keys by which a profile says how its device wants to be asked.
#[derive(Default)]
struct PollingKeys<'a> {
    turnaround: Option<&'a Spanned<String>>,
    timeout: Option<&'a Spanned<String>>,
    retries: Option<u32>,
    connect_pause: Option<&'a Spanned<String>>,
}

fn lower_polling(source: &Source<'_>, keys: PollingKeys<'_>) -> Result<Polling, DocumentError> {
    let duration = |given: Option<&Spanned<String>>, default: Duration| match given {
        None => Ok(default),
        Some(text) => {
            parse_duration(text.get_ref()).filter(|duration| *duration <= MAX_DURATION).ok_or_else(
                || source.refuse(text.span(), message!("document-bad-duration", limit = "60 s")),
            )
        }
    };
    let retries = keys.retries.unwrap_or(0);
    if retries > MAX_RETRIES {
        return Err(source.refuse_whole(message!("profile-retries", limit = MAX_RETRIES)));
    }
    Ok(Polling {
        turnaround: duration(keys.turnaround, Duration::ZERO)?,
        timeout: duration(keys.timeout, DEFAULT_TIMEOUT)?,
        retries,
        connect_pause: duration(keys.connect_pause, Duration::ZERO)?,
    })
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
