//! Lowering of `[[point]]`.

use std::collections::BTreeMap;

use super::frame::RawBytes;
use super::*;
use crate::channel::RawType;
use crate::profile::{
    Encoding, Exponent, FaultBand, Flag, FlagCondition, FlagMeaning, FrameLayout,
    MAX_POINT_ENTRIES, MAX_POINT_TIME, MAX_STREAM_FRAME_BYTES, NumberForm, Place, PointStatus,
    PointTiming, StatusBits, SyncFrame, TextPlace, Totaliser,
};
use words::Message;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPoint {
    pub(super) id: String,
    title: Title,
    quantity: Quantity,
    unit: Spanned<String>,
    table: Option<Table>,
    address: Option<u16>,
    #[serde(rename = "type")]
    number_type: Option<NumberType>,
    order: Option<WordOrder>,
    bits: Option<[u8; 2]>,
    length: Option<u16>,
    sentence: Option<String>,
    field: Option<RawField>,
    form: Option<NmeaForm>,
    valid_when: Option<RawValidWhen>,
    frame: Option<u8>,
    offset_bytes: Option<usize>,
    message: Option<String>,
    at: Option<[usize; 2]>,
    decimals: Option<RawDecimals>,
    negative: Option<RawBit>,
    unit_in: Option<RawUnitIn>,
    #[serde(default)]
    flags: Vec<RawFlag>,
    scale: Option<f64>,
    offset: Option<f64>,
    exponent: Option<RawExponent>,
    #[serde(default)]
    ratios: Vec<String>,
    totaliser: Option<RawTotaliser>,
    valid: Option<[f64; 2]>,
    fault: Option<RawFault>,
    sentinels: Option<Vec<RawSentinel>>,
    refresh: Option<Spanned<String>>,
    response_time: Option<Spanned<String>>,
    latency: Option<Spanned<String>>,
}

/// A field by its number between separators, or by its name in the pattern.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawField {
    Number(u8),
    Name(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValidWhen {
    field: u8,
    is: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecimals {
    offset_bytes: usize,
    bits: [u8; 2],
    #[serde(default)]
    minus: i8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBit {
    offset_bytes: usize,
    bit: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUnitIn {
    field: Option<RawField>,
    at: Option<[usize; 2]>,
    factors: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFlag {
    field: Option<RawField>,
    at: Option<[usize; 2]>,
    is: Option<RawBytes>,
    offset_bytes: Option<usize>,
    bits: Option<[u8; 2]>,
    equals: Option<u8>,
    means: FlagMeaning,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExponent {
    point: String,
    #[serde(default)]
    minus: i8,
    #[serde(default)]
    divides: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTotaliser {
    wraps_at: f64,
    max_rate: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    at_most: f64,
    at_least: f64,
}

pub(super) struct PointLowering<'a> {
    pub(super) source: Source<'a>,
    pub(super) raw: &'a RawProfile,
    pub(super) frame: Option<SyncFrame>,
    pub(super) layout: Option<&'a FrameLayout>,
    /// Ids of all points.
    pub(super) ids: &'a [&'a str],
}

impl PointLowering<'_> {
    pub(super) fn lower(&self, spanned: &Spanned<RawPoint>) -> Result<Point, DocumentError> {
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
        self.ensure_numbers(raw, scale, offset).map_err(refuse)?;
        let scaling = |id: &String| {
            self.ids.iter().position(|known| known == id).ok_or_else(|| {
                refuse(message!("profile-unknown-point", point = raw.id, other = id))
            })
        };
        let exponent = match &raw.exponent {
            Some(RawExponent { point, minus, divides }) => {
                let (minus, divides) = (*minus, *divides);
                Some(Exponent { point: scaling(point)?, minus, divides })
            }
            None => None,
        };
        Ok(Point {
            id: raw.id.clone(),
            title: raw.title.clone(),
            quantity: raw.quantity,
            unit,
            status: self.status(raw, &place).map_err(refuse)?,
            sentinels: self.sentinels(raw).map_err(refuse)?,
            place,
            scale,
            offset,
            valid: raw.valid.map(|[low, high]| (low, high)),
            fault: raw
                .fault
                .as_ref()
                .map(|fault| FaultBand { at_most: fault.at_most, at_least: fault.at_least }),
            exponent,
            ratios: raw.ratios.iter().map(scaling).collect::<Result<_, _>>()?,
            totaliser: raw.totaliser.as_ref().map(|totaliser| Totaliser {
                wraps_at: totaliser.wraps_at,
                max_rate: totaliser.max_rate,
            }),
            timing: PointTiming {
                refresh: self.time(raw.refresh.as_ref())?,
                response: self.time(raw.response_time.as_ref())?,
                latency: self.time(raw.latency.as_ref())?,
            },
        })
    }

    fn time(&self, text: Option<&Spanned<String>>) -> Result<Option<Duration>, DocumentError> {
        let Some(text) = text else { return Ok(None) };
        let time = parse_duration(text.get_ref()).filter(|time| *time <= MAX_POINT_TIME);
        let limit = format!("{} s", MAX_POINT_TIME.as_secs());
        time.map(Some).ok_or_else(|| {
            self.source.refuse(text.span(), message!("document-bad-duration", limit = limit))
        })
    }

    fn ensure_numbers(&self, raw: &RawPoint, scale: f64, offset: f64) -> Result<(), Message> {
        let fault = raw.fault.iter().flat_map(|fault| [fault.at_most, fault.at_least]);
        let totaliser = raw.totaliser.iter().flat_map(|total| [total.wraps_at, total.max_rate]);
        let numbers = [scale, offset].into_iter().chain(raw.valid.into_iter().flatten());
        let finite = numbers.chain(fault).chain(totaliser).all(f64::is_finite);
        let wraps = raw.totaliser.as_ref();
        let positive = wraps.is_none_or(|total| total.wraps_at > 0.0 && total.max_rate > 0.0);
        if !finite || scale == 0.0 || !positive {
            return Err(message!("profile-bad-number", point = raw.id));
        }
        if raw.valid.is_some_and(|[low, high]| low >= high)
            || raw.fault.as_ref().is_some_and(|fault| fault.at_most >= fault.at_least)
        {
            return Err(message!("document-bad-range", id = raw.id));
        }
        let entries = raw.ratios.len().max(raw.flags.len());
        if entries > MAX_POINT_ENTRIES {
            return Err(message!("profile-entries", point = raw.id, limit = MAX_POINT_ENTRIES));
        }
        Ok(())
    }

    fn sentinels(&self, raw: &RawPoint) -> Result<Vec<Sentinel>, Message> {
        let by_type = raw.number_type.and_then(|kind| self.raw.sentinels.get(&kind));
        let declared = raw.sentinels.as_ref().or(by_type);
        let Some(declared) = declared else { return Ok(Vec::new()) };
        if declared.len() > MAX_POINT_ENTRIES {
            return Err(message!("profile-entries", point = raw.id, limit = MAX_POINT_ENTRIES));
        }
        let lowered = declared.iter().map(RawSentinel::lower).collect::<Option<_>>();
        lowered.ok_or_else(|| message!("profile-bad-sentinel", point = raw.id))
    }

    /// A key of another dialect would be ignored; it is refused instead.
    fn reject_foreign_keys(&self, raw: &RawPoint) -> Result<(), Message> {
        use Dialect::{Frame, Modbus, Nmea0183, SyncSum};
        let keys: [(&str, bool, &[Dialect]); 19] = [
            ("table", raw.table.is_some(), &[Modbus]),
            ("address", raw.address.is_some(), &[Modbus]),
            ("length", raw.length.is_some(), &[Modbus]),
            ("type", raw.number_type.is_some(), &[Modbus, SyncSum, Frame]),
            ("order", raw.order.is_some(), &[Modbus, SyncSum, Frame]),
            ("bits", raw.bits.is_some(), &[Modbus, SyncSum, Frame]),
            ("exponent", raw.exponent.is_some(), &[Modbus]),
            ("ratios", !raw.ratios.is_empty(), &[Modbus]),
            ("totaliser", raw.totaliser.is_some(), &[Modbus]),
            ("sentence", raw.sentence.is_some(), &[Nmea0183]),
            ("field", raw.field.is_some(), &[Nmea0183, Frame]),
            ("form", raw.form.is_some(), &[Nmea0183]),
            ("valid_when", raw.valid_when.is_some(), &[Nmea0183]),
            ("frame", raw.frame.is_some(), &[SyncSum]),
            ("offset_bytes", raw.offset_bytes.is_some(), &[SyncSum, Frame]),
            ("message", raw.message.is_some(), &[Frame]),
            ("at", raw.at.is_some(), &[Frame]),
            ("flags", !raw.flags.is_empty(), &[Frame]),
            (
                "decimals, negative or unit_in",
                raw.decimals.is_some() || raw.negative.is_some() || raw.unit_in.is_some(),
                &[Frame],
            ),
        ];
        let dialect = self.raw.device.dialect;
        match keys.into_iter().find(|(_, given, fits)| *given && !fits.contains(&dialect)) {
            Some((key, ..)) => Err(message!("profile-foreign-key", point = raw.id, key = key)),
            None => Ok(()),
        }
    }

    fn place(&self, raw: &RawPoint) -> Result<Place, Message> {
        let missing = |key: &str| message!("profile-missing-key", point = raw.id, key = key);
        match self.raw.device.dialect {
            Dialect::Modbus => self.modbus_place(raw),
            Dialect::Nmea0183 => Ok(Place::NmeaField {
                sentence: raw.sentence.clone().ok_or_else(|| missing("sentence"))?,
                field: match raw.field {
                    Some(RawField::Number(field)) if field > 0 => field,
                    _ => return Err(missing("field")),
                },
                form: raw.form.ok_or_else(|| missing("form"))?,
                valid_when: raw.valid_when.as_ref().map(|when| (when.field, when.is.clone())),
            }),
            Dialect::AndWeighing => Ok(Place::Weight),
            Dialect::SyncSum => {
                let encoding = self.encoding(raw, WordOrder::DCBA)?;
                let offset = raw.offset_bytes.ok_or_else(|| missing("offset_bytes"))?;
                let length = self.frame.map_or(0, |frame| frame.length);
                if offset < 2 || offset + encoding.byte_length() >= length {
                    return Err(message!("profile-bad-offset", point = raw.id));
                }
                let frame = raw.frame.ok_or_else(|| missing("frame"))?;
                let offset = u8::try_from(offset)
                    .map_err(|_| message!("profile-bad-offset", point = raw.id))?;
                Ok(Place::FrameField { frame, offset, encoding })
            }
            Dialect::Frame => self.message_place(raw),
        }
    }

    fn modbus_place(&self, raw: &RawPoint) -> Result<Place, Message> {
        let missing = |key: &str| message!("profile-missing-key", point = raw.id, key = key);
        let modbus = self.raw.modbus.as_ref().map(Spanned::get_ref);
        let base = modbus.map_or(0, |modbus| modbus.address_base);
        let table = raw.table.ok_or_else(|| missing("table"))?;
        let bad_address = || message!("profile-bad-address", point = raw.id);
        let address = raw.address.ok_or_else(|| missing("address"))?;
        let address = address.checked_sub(base).ok_or_else(bad_address)?;
        let text = raw.number_type == Some(NumberType::String);
        if table.has_bits() {
            if raw.number_type.is_some() || raw.order.is_some() || raw.bits.is_some() {
                return Err(message!("profile-bit-has-no-type", point = raw.id));
            }
            return Ok(Place::Bit { table, address });
        }
        if raw.length.is_some() != text {
            return Err(message!("profile-text-length", point = raw.id));
        }
        let (place, width) = if text {
            let registers = raw.length.filter(|length| *length > 0);
            let registers =
                registers.ok_or_else(|| message!("profile-text-length", point = raw.id))?;
            (Place::RegisterText { table, address, registers }, registers)
        } else {
            let encoding = self.encoding(raw, WordOrder::ABCD)?;
            if encoding.byte_length() == 1 {
                return Err(message!("profile-type-of-registers", point = raw.id));
            }
            (Place::Register { table, address, encoding }, encoding.register_count())
        };
        let last = address.checked_add(width - 1).ok_or_else(bad_address)?;
        let cap = modbus.and_then(|modbus| modbus.max_registers);
        if cap.unwrap_or(MAX_REGISTERS_PER_REQUEST) < width {
            return Err(message!("profile-wide-point", point = raw.id));
        }
        let holes = modbus.map_or(&[][..], |modbus| &modbus.holes);
        let in_hole = holes.iter().any(|hole| {
            let (from, to) = (hole.from.saturating_sub(base), hole.to.saturating_sub(base));
            hole.table == table && from <= last && address <= to
        });
        if in_hole { Err(message!("profile-point-in-hole", point = raw.id)) } else { Ok(place) }
    }

    fn message_place(&self, raw: &RawPoint) -> Result<Place, Message> {
        let message = self.message_of(raw)?;
        let text = self.text_place(message, &raw.id, raw.field.as_ref(), raw.at)?;
        match (text, raw.offset_bytes) {
            (Some(text), None) if raw.number_type.is_none() => {
                if raw.order.is_some() || raw.bits.is_some() {
                    return Err(message!("profile-text-or-number", point = raw.id));
                }
                Ok(Place::MessageText { message, text })
            }
            (None, Some(offset)) => {
                let encoding = self.encoding(raw, WordOrder::ABCD)?;
                self.ensure_inside(&raw.id, offset + encoding.byte_length())?;
                Ok(Place::MessageNumber { message, offset, encoding })
            }
            _ => Err(message!("profile-text-or-number", point = raw.id)),
        }
    }

    fn message_of(&self, raw: &RawPoint) -> Result<usize, Message> {
        let messages = self.layout.map_or(&[][..], |layout| &layout.messages);
        match &raw.message {
            None if messages.len() == 1 => Ok(0),
            None => Err(message!("profile-missing-key", point = raw.id, key = "message")),
            Some(id) => messages.iter().position(|message| message.id == *id).ok_or_else(|| {
                let known: Vec<&str> = messages.iter().map(|message| message.id.as_str()).collect();
                let id = words::printable(id);
                let known = known.join(" ");
                message!("profile-unknown-message", point = raw.id, message = id, known = known)
            }),
        }
    }

    fn text_place(
        &self,
        message: usize,
        point: &str,
        field: Option<&RawField>,
        at: Option<[usize; 2]>,
    ) -> Result<Option<TextPlace>, Message> {
        let bad = || message!("profile-bad-field", point = point);
        let layout = self.layout.ok_or_else(bad)?;
        match (field, at) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(message!("profile-text-or-number", point = point)),
            (Some(RawField::Number(number)), None) => {
                let fits = *number > 0 && layout.separator.is_some();
                fits.then_some(Some(TextPlace::Field(u16::from(*number)))).ok_or_else(bad)
            }
            (Some(RawField::Name(name)), None) => {
                let matcher = layout.messages.get(message).and_then(|m| m.matcher().ok()?);
                let known = matcher.is_some_and(|regex| {
                    regex.capture_names().flatten().any(|known| known == name)
                });
                known.then(|| Some(TextPlace::Group(name.clone()))).ok_or_else(bad)
            }
            (None, Some([start, length])) => {
                if length == 0 {
                    return Err(bad());
                }
                self.ensure_inside(point, start.saturating_add(length))?;
                Ok(Some(TextPlace::Span { start, length }))
            }
        }
    }

    fn ensure_inside(&self, point: &str, end: usize) -> Result<(), Message> {
        let longest = self.layout.map_or(MAX_STREAM_FRAME_BYTES, |layout| layout.max_length);
        if end > longest { Err(message!("profile-beyond-frame", point = point)) } else { Ok(()) }
    }

    fn status(&self, raw: &RawPoint, place: &Place) -> Result<PointStatus, Message> {
        let (Place::MessageText { message, .. } | Place::MessageNumber { message, .. }) = place
        else {
            return Ok(PointStatus::default());
        };
        let bits = |offset_bytes: usize, [low, high]: [u8; 2]| {
            self.ensure_inside(&raw.id, offset_bytes.saturating_add(1))?;
            if low > high || high > 7 {
                return Err(message!("profile-bad-bits", point = raw.id));
            }
            Ok(StatusBits { offset: offset_bytes, low, high })
        };
        let decimals = match &raw.decimals {
            Some(decimals) => Some((bits(decimals.offset_bytes, decimals.bits)?, decimals.minus)),
            None => None,
        };
        let negative = match &raw.negative {
            Some(bit) => Some(bits(bit.offset_bytes, [bit.bit, bit.bit])?),
            None => None,
        };
        let unit = match &raw.unit_in {
            None => None,
            Some(unit) => {
                let place = self.text_place(*message, &raw.id, unit.field.as_ref(), unit.at)?;
                let place = place.ok_or_else(|| message!("profile-bad-field", point = raw.id))?;
                let good = |factor: &f64| factor.is_finite() && *factor != 0.0;
                if unit.factors.is_empty()
                    || unit.factors.len() > MAX_POINT_ENTRIES
                    || !unit.factors.values().all(good)
                {
                    return Err(message!("profile-bad-factors", point = raw.id));
                }
                let factors = unit.factors.iter().map(|(text, factor)| (text.clone(), *factor));
                Some((place, factors.collect()))
            }
        };
        let flags = raw.flags.iter().map(|flag| {
            let text = self.text_place(*message, &raw.id, flag.field.as_ref(), flag.at)?;
            let when = match (text, &flag.is, flag.offset_bytes, flag.bits, flag.equals) {
                (Some(place), Some(RawBytes::Text(text)), None, None, None) => {
                    FlagCondition::Text(place, text.clone())
                }
                (None, None, Some(offset), Some(range), equals) => {
                    FlagCondition::Bits(bits(offset, range)?, equals.unwrap_or(1))
                }
                _ => return Err(message!("profile-bad-flag", point = raw.id)),
            };
            Ok(Flag { when, means: flag.means })
        });
        Ok(PointStatus { decimals, negative, unit, flags: flags.collect::<Result<_, _>>()? })
    }

    fn encoding(&self, raw: &RawPoint, default: WordOrder) -> Result<Encoding, Message> {
        let number_type = raw
            .number_type
            .ok_or_else(|| message!("profile-missing-key", point = raw.id, key = "type"))?;
        let (raw_type, form) = match number_type {
            NumberType::U8 => (RawType::U8, NumberForm::Plain),
            NumberType::I8 => (RawType::I8, NumberForm::Plain),
            NumberType::U16 => (RawType::U16, NumberForm::Plain),
            NumberType::I16 => (RawType::I16, NumberForm::Plain),
            NumberType::U32 => (RawType::U32, NumberForm::Plain),
            NumberType::I32 => (RawType::I32, NumberForm::Plain),
            NumberType::U64 => (RawType::U64, NumberForm::Plain),
            NumberType::I64 => (RawType::I64, NumberForm::Plain),
            NumberType::F32 => (RawType::F32, NumberForm::Plain),
            NumberType::F64 => (RawType::F64, NumberForm::Plain),
            NumberType::Bcd16 => (RawType::U16, NumberForm::Bcd),
            NumberType::Bcd32 => (RawType::U32, NumberForm::Bcd),
            NumberType::Bcd64 => (RawType::U64, NumberForm::Bcd),
            NumberType::String => {
                return Err(message!("profile-text-length", point = raw.id));
            }
        };
        let declared = self.raw.modbus.as_ref().and_then(|modbus| modbus.get_ref().word_order);
        let order = raw.order.or(declared).unwrap_or(default);
        let mut encoding = Encoding { raw_type, order, form };
        if order.is_of_64_bits() && encoding.byte_length() != 8 {
            return Err(message!("profile-order-of-64", point = raw.id));
        }
        if let Some([low, high]) = raw.bits {
            let unsigned = matches!(
                number_type,
                NumberType::U8 | NumberType::U16 | NumberType::U32 | NumberType::U64
            );
            if !unsigned || low > high || usize::from(high) >= 8 * encoding.byte_length() {
                return Err(message!("profile-bad-bits", point = raw.id));
            }
            encoding.form = NumberForm::Bits { low, high };
        }
        Ok(encoding)
    }
}
