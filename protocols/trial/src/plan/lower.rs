//! From the raw plan to the resolved one, by named checks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use words::{Message, message};

use super::{
    Calibration, CharacterFrame, Commission, Device, Item, Link, LinkKind, MAX_CHANNELS,
    MAX_DEVICES, MAX_LINKS, ParameterOrigin, ParameterValue, Parity, Particulars, People, Plan,
    RunParticulars, Site,
};
use crate::channel::{Channel, ChannelId, ChannelIndex, is_identifier};
use crate::document::{DocumentError, DocumentRole, DocumentSet, Source, Title};
use crate::profile::{DeviceProfile, Dialect};
use crate::scenario::{Scenario, constant};
use crate::time::{is_zone, parse_duration};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    trial: RawTrial,
    #[serde(default)]
    commission: Commission,
    #[serde(default)]
    item: Item,
    #[serde(default)]
    run: RunParticulars,
    site: Spanned<Site>,
    #[serde(default)]
    people: People,
    #[serde(default)]
    link: Vec<Spanned<RawLink>>,
    #[serde(default)]
    device: Vec<Spanned<RawDevice>>,
    #[serde(default)]
    channel: Vec<Spanned<RawChannel>>,
    #[serde(default)]
    calibration: Vec<Spanned<super::calibration::RawCalibration>>,
    #[serde(default)]
    limits: super::limit::RawLimits,
    #[serde(default)]
    roles: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    parameters: BTreeMap<String, Spanned<RawParameter>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTrial {
    id: Spanned<String>,
    scenario: Spanned<String>,
    title: Title,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawLinkKind {
    Serial,
    Tcp,
    RtuOverTcp,
    BytesOverTcp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLink {
    id: String,
    kind: RawLinkKind,
    port: Option<String>,
    baud: Option<u32>,
    frame: Option<String>,
    rts: Option<bool>,
    address: Option<String>,
    latency: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDevice {
    id: String,
    link: String,
    profile: String,
    unit: Option<u8>,
    every: Option<String>,
    #[serde(default)]
    listen: bool,
    timeout: Option<String>,
    period: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChannel {
    id: String,
    point: String,
    range: Option<[f64; 2]>,
    calibration: Option<String>,
    every: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawParameter {
    value: String,
    from: ParameterOrigin,
}

/// The documents that a plan refers to, beside itself: role and reference, each once.
///
/// # Errors
/// The plan is not TOML, or has a key that is not known.
pub fn referenced_documents(
    source: Source<'_>,
) -> Result<Vec<(DocumentRole, String)>, DocumentError> {
    let raw: RawPlan = source.parse()?;
    let mut references = vec![(DocumentRole::Scenario, raw.trial.scenario.into_inner())];
    for device in raw.device {
        let reference = (DocumentRole::Device, device.into_inner().profile);
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    Ok(references)
}

pub(super) fn lower(source: Source<'_>, documents: &DocumentSet) -> Result<Plan, DocumentError> {
    let raw: RawPlan = source.parse()?;
    let lowering = Lowering { source };
    lowering.ensure_identifier(raw.trial.id.span(), raw.trial.id.get_ref())?;
    if !is_zone(&raw.site.get_ref().zone) {
        let zone = words::printable(&raw.site.get_ref().zone);
        return Err(source.refuse(raw.site.span(), message!("plan-unknown-zone", zone = zone)));
    }
    let scenario = lowering.scenario(&raw.trial.scenario, documents)?;
    let links = lowering.links(&raw.link)?;
    let devices = lowering.devices(&raw.device, &links, documents)?;
    lowering.reject_mixed_links(&raw.device, &links, &devices)?;
    let calibrations = super::calibration::lower(&source, &raw.calibration)?;
    let channels = lowering.channels(&raw.channel, &devices, &calibrations)?;
    let red_limits = super::limit::lower(&source, &raw.limits, &channels)?;
    let roles = lowering.roles(&raw.roles, &channels, &scenario)?;
    let parameters = lowering.parameters(&raw.parameters, &scenario)?;
    let site = raw.site.into_inner();
    Ok(Plan {
        id: raw.trial.id.into_inner(),
        title: raw.trial.title,
        scenario_reference: raw.trial.scenario.into_inner(),
        scenario: Arc::new(scenario),
        zone: site.zone.clone(),
        particulars: Particulars {
            commission: raw.commission,
            item: raw.item,
            run: raw.run,
            site,
            people: raw.people,
        },
        links,
        devices,
        channels,
        calibrations,
        red_limits,
        roles,
        parameters,
    })
}

struct Lowering<'a> {
    source: Source<'a>,
}

impl Lowering<'_> {
    fn refuse(&self, at: Range<usize>, message: Message) -> DocumentError {
        self.source.refuse(at, message)
    }

    fn ensure_identifier(&self, at: Range<usize>, id: &str) -> Result<(), DocumentError> {
        if is_identifier(id) {
            return Ok(());
        }
        Err(self.refuse(at, message!("document-bad-identifier", id = words::printable(id))))
    }

    fn duration(
        &self,
        at: Range<usize>,
        text: &str,
        limit: Duration,
    ) -> Result<Duration, DocumentError> {
        parse_duration(text).filter(|duration| *duration <= limit).ok_or_else(|| {
            let limit = format!("{} s", limit.as_secs());
            self.refuse(at, message!("document-bad-duration", limit = limit))
        })
    }

    fn scenario(
        &self,
        reference: &Spanned<String>,
        documents: &DocumentSet,
    ) -> Result<Scenario, DocumentError> {
        let name = reference.get_ref();
        let document = documents.find(DocumentRole::Scenario, name).ok_or_else(|| {
            let name = words::printable(name);
            self.refuse(reference.span(), message!("plan-unknown-scenario", name = name))
        })?;
        Scenario::resolve(Source::new(&document.name, &document.bytes)?)
    }

    fn links(&self, raw: &[Spanned<RawLink>]) -> Result<Vec<Link>, DocumentError> {
        if raw.is_empty() || raw.len() > MAX_LINKS {
            return Err(self.source.refuse_whole(message!("plan-link-count", limit = MAX_LINKS)));
        }
        let mut links: Vec<Link> = Vec::with_capacity(raw.len());
        for spanned in raw {
            let link = spanned.get_ref();
            self.ensure_identifier(spanned.span(), &link.id)?;
            if links.iter().any(|other| other.id == link.id) {
                return Err(self.refuse(spanned.span(), message!("document-twice", id = link.id)));
            }
            let latency = match &link.latency {
                None => Duration::ZERO,
                Some(text) => self.duration(spanned.span(), text, Duration::from_secs(60))?,
            };
            let kind = link_kind(link).map_err(|message| self.refuse(spanned.span(), message))?;
            if let Some(other) = links.iter().find(|other| same_line(&other.kind, &kind)) {
                let message = message!("plan-line-twice", link = link.id, other = other.id);
                return Err(self.refuse(spanned.span(), message));
            }
            links.push(Link { id: link.id.clone(), kind, latency });
        }
        Ok(links)
    }

    fn devices(
        &self,
        raw: &[Spanned<RawDevice>],
        links: &[Link],
        documents: &DocumentSet,
    ) -> Result<Vec<Device>, DocumentError> {
        if raw.is_empty() || raw.len() > MAX_DEVICES {
            return Err(self
                .source
                .refuse_whole(message!("plan-device-count", limit = MAX_DEVICES)));
        }
        let mut profiles: BTreeMap<&str, Arc<DeviceProfile>> = BTreeMap::new();
        let mut devices: Vec<Device> = Vec::with_capacity(raw.len());
        for spanned in raw {
            let device = spanned.get_ref();
            let refuse = |message| self.refuse(spanned.span(), message);
            self.ensure_identifier(spanned.span(), &device.id)?;
            if devices.iter().any(|other| other.id == device.id) {
                return Err(refuse(message!("document-twice", id = device.id)));
            }
            let link = links.iter().position(|link| link.id == device.link).ok_or_else(|| {
                let known: Vec<_> = links.iter().map(|link| link.id.as_str()).collect();
                let link = words::printable(&device.link);
                refuse(message!("plan-unknown-link", link = link, known = known.join(" ")))
            })?;
            let profile = match profiles.get(device.profile.as_str()) {
                Some(profile) => Arc::clone(profile),
                None => {
                    let name = &device.profile;
                    let document = documents.find(DocumentRole::Device, name).ok_or_else(|| {
                        refuse(message!("plan-unknown-profile", name = words::printable(name)))
                    })?;
                    let source = Source::new(&document.name, &document.bytes)?;
                    let profile = Arc::new(DeviceProfile::resolve(source)?);
                    profiles.insert(name, Arc::clone(&profile));
                    profile
                }
            };
            devices.push(self.device(spanned, link, &links[link], profile)?);
        }
        Ok(devices)
    }

    fn device(
        &self,
        spanned: &Spanned<RawDevice>,
        link: usize,
        line: &Link,
        profile: Arc<DeviceProfile>,
    ) -> Result<Device, DocumentError> {
        let raw = spanned.get_ref();
        let refuse = |message| self.refuse(spanned.span(), message);
        let polled = profile.is_asked() && !raw.listen;
        let serial = matches!(line.kind, LinkKind::Serial { .. });
        let bytes_over_tcp = matches!(line.kind, LinkKind::BytesOverTcp { .. });
        if profile.dialect != Dialect::Modbus {
            if raw.unit.is_some() || raw.listen || (raw.timeout.is_some() && !polled) {
                return Err(refuse(message!("plan-stream-has-no-unit", device = raw.id)));
            }
            if !serial && !bytes_over_tcp {
                return Err(refuse(message!("plan-stream-needs-serial", device = raw.id)));
            }
        } else if bytes_over_tcp {
            return Err(refuse(message!("plan-modbus-over-bytes", device = raw.id)));
        }
        if raw.listen && !serial {
            return Err(refuse(message!("plan-listen-needs-serial", device = raw.id)));
        }
        let every = match (&raw.every, polled) {
            (Some(text), true) => {
                Some(self.duration(spanned.span(), text, Duration::from_secs(86_400))?)
            }
            (None, true) => return Err(refuse(message!("plan-every-missing", device = raw.id))),
            (Some(_), false) => {
                return Err(refuse(message!("plan-every-misplaced", device = raw.id)));
            }
            (None, false) => None,
        };
        let period = match &raw.period {
            Some(_) if polled => {
                return Err(refuse(message!("plan-period-misplaced", device = raw.id)));
            }
            Some(text) => Some(self.duration(spanned.span(), text, Duration::from_secs(86_400))?),
            None => None,
        };
        let timeout = match &raw.timeout {
            None if polled => profile.polling.timeout,
            None => Duration::ZERO,
            Some(text) => self.duration(spanned.span(), text, Duration::from_secs(60))?,
        };
        let unit = raw.unit.unwrap_or(u8::from(profile.dialect == Dialect::Modbus));
        let rtu = !matches!(line.kind, LinkKind::Tcp { .. });
        if profile.dialect == Dialect::Modbus && rtu && !(1..=247).contains(&unit) {
            return Err(refuse(message!("plan-bad-unit", device = raw.id)));
        }
        Ok(Device {
            id: raw.id.clone(),
            link,
            profile,
            profile_reference: raw.profile.clone(),
            unit,
            every,
            listen: raw.listen,
            timeout,
            period,
        })
    }

    /// A line is polled, or listened to, or carries the stream of one device; never two of these.
    fn reject_mixed_links(
        &self,
        raw: &[Spanned<RawDevice>],
        links: &[Link],
        devices: &[Device],
    ) -> Result<(), DocumentError> {
        for (index, (spanned, device)) in raw.iter().zip(devices).enumerate() {
            let stream = device.profile.dialect != Dialect::Modbus;
            for other in devices[..index].iter().filter(|other| other.link == device.link) {
                let other_stream = other.profile.dialect != Dialect::Modbus;
                let link = &links[device.link].id;
                if stream || other_stream || other.listen != device.listen {
                    let message = message!("plan-mixed-link", link = link);
                    return Err(self.refuse(spanned.span(), message));
                }
                if other.unit == device.unit {
                    let message = message!("plan-unit-twice", link = link, unit = device.unit);
                    return Err(self.refuse(spanned.span(), message));
                }
            }
        }
        Ok(())
    }

    fn channels(
        &self,
        raw: &[Spanned<RawChannel>],
        devices: &[Device],
        calibrations: &[Calibration],
    ) -> Result<Vec<Channel>, DocumentError> {
        let mut channels = default_channels(devices);
        if channels.len() > MAX_CHANNELS {
            return Err(self
                .source
                .refuse_whole(message!("plan-channel-count", limit = MAX_CHANNELS)));
        }
        let positions: BTreeMap<String, usize> = channels
            .iter()
            .enumerate()
            .map(|(index, channel)| (channel.id.0.clone(), index))
            .collect();
        let mut named = BTreeSet::new();
        for spanned in raw {
            let wanted = spanned.get_ref();
            let refuse = |message| self.refuse(spanned.span(), message);
            self.ensure_identifier(spanned.span(), &wanted.id)?;
            let Some(&index) = positions.get(&wanted.point) else {
                let point = words::printable(&wanted.point);
                return Err(refuse(message!("plan-unknown-point", point = point)));
            };
            if !named.insert(index) {
                return Err(refuse(message!("document-twice", id = wanted.point)));
            }
            let channel = &mut channels[index];
            channel.id = ChannelId(wanted.id.clone());
            if let Some(name) = &wanted.calibration {
                let known = calibrations.iter().position(|known| known.id == *name);
                let known = known.ok_or_else(|| {
                    let name = words::printable(name);
                    refuse(message!("plan-unknown-calibration", calibration = name))
                })?;
                channel.calibration = Some(known);
                // The point's range is in the unit of the point.
                channel.range = None;
                if let Some((quantity, unit)) = calibrations[known].gives {
                    (channel.quantity, channel.unit) = (quantity, unit);
                }
            }
            if let Some(text) = &wanted.every {
                if devices[channel.device].every.is_none() {
                    return Err(refuse(message!("plan-every-misplaced", device = wanted.id)));
                }
                let limit = Duration::from_secs(86_400);
                channel.every = Some(self.duration(spanned.span(), text, limit)?);
            }
            if let Some([low, high]) = wanted.range {
                if !(low.is_finite() && high.is_finite() && low < high) {
                    return Err(refuse(message!("document-bad-range", id = wanted.id)));
                }
                let narrower = |(a, b): (f64, f64)| (a.max(low), b.min(high));
                channel.range = Some(channel.range.map_or((low, high), narrower));
            }
            let calibration = channel.calibration.and_then(|index| calibrations.get(index));
            if let Some(Err(missing)) = calibration.map(|c| c.components_at(0.0, channel.range)) {
                return Err(refuse(message!(
                    "plan-component-full-scale",
                    channel = channel.id,
                    component = missing.component,
                )));
            }
        }
        let mut ids = BTreeSet::new();
        match channels.iter().find(|channel| !ids.insert(&channel.id)) {
            Some(twice) => Err(self.source.refuse_whole(message!("document-twice", id = twice.id))),
            None => Ok(channels),
        }
    }

    fn roles(
        &self,
        raw: &BTreeMap<String, Spanned<String>>,
        channels: &[Channel],
        scenario: &Scenario,
    ) -> Result<BTreeMap<String, ChannelIndex>, DocumentError> {
        let mut roles = BTreeMap::new();
        for (name, spanned) in raw {
            let refuse = |message| self.refuse(spanned.span(), message);
            let role = scenario.roles.iter().find(|role| role.id == *name).ok_or_else(|| {
                let known: Vec<_> = scenario.roles.iter().map(|role| role.id.as_str()).collect();
                let role = words::printable(name);
                refuse(message!("plan-unknown-role", role = role, known = known.join(" ")))
            })?;
            if role.reading {
                return Err(refuse(message!("plan-reading-role", role = name)));
            }
            let bound = spanned.get_ref();
            let index =
                channels.iter().position(|channel| channel.id.0 == *bound).ok_or_else(|| {
                    refuse(message!("plan-unknown-channel", channel = words::printable(bound)))
                })?;
            let channel = &channels[index];
            if channel.quantity != role.quantity {
                return Err(refuse(message!(
                    "plan-role-quantity",
                    role = name,
                    wanted = role.quantity,
                    channel = channel.id,
                    found = channel.quantity,
                )));
            }
            roles.insert(name.clone(), ChannelIndex(index as u32));
        }
        Ok(roles)
    }

    fn parameters(
        &self,
        raw: &BTreeMap<String, Spanned<RawParameter>>,
        scenario: &Scenario,
    ) -> Result<BTreeMap<String, ParameterValue>, DocumentError> {
        let mut values = BTreeMap::new();
        for (name, spanned) in raw {
            let refuse = |message| self.refuse(spanned.span(), message);
            let known = scenario.parameters.iter().find(|parameter| parameter.id == *name);
            let parameter = known.ok_or_else(|| {
                let known: Vec<_> = scenario.parameters.iter().map(|p| p.id.as_str()).collect();
                let name = words::printable(name);
                refuse(message!("plan-unknown-parameter", name = name, known = known.join(" ")))
            })?;
            let given = spanned.get_ref();
            if given.from == ParameterOrigin::Scenario {
                return Err(refuse(message!("plan-parameter-origin", name = name)));
            }
            let si = constant(&given.value, parameter.unit.dimension).map_err(refuse)?;
            values.insert(name.clone(), ParameterValue { si, origin: given.from });
        }
        for parameter in &scenario.parameters {
            if values.contains_key(&parameter.id) {
                continue;
            }
            let Some(si) = parameter.default_si else {
                let (name, unit) = (&parameter.id, parameter.unit);
                let message = message!("plan-parameter-missing", name = name, unit = unit);
                return Err(self.source.refuse_whole(message));
            };
            let value = ParameterValue { si, origin: ParameterOrigin::Scenario };
            values.insert(parameter.id.clone(), value);
        }
        Ok(values)
    }
}

fn default_channels(devices: &[Device]) -> Vec<Channel> {
    let mut channels = Vec::new();
    for (device_index, device) in devices.iter().enumerate() {
        let points = device.profile.points.iter().enumerate();
        for (point_index, point) in points.filter(|(_, point)| point.is_numeric()) {
            channels.push(Channel {
                id: ChannelId(format!("{}.{}", device.id, point.id)),
                device: device_index,
                point: point_index,
                quantity: point.quantity,
                unit: point.unit,
                raw_type: point.raw_type(),
                range: point.valid,
                calibration: None,
                every: None,
                title: point.title.clone(),
            });
        }
    }
    channels
}

fn link_kind(raw: &RawLink) -> Result<LinkKind, Message> {
    let missing = |key: &str| message!("plan-link-key-missing", link = raw.id, key = key);
    let misplaced = |key: &str| message!("plan-link-key-misplaced", link = raw.id, key = key);
    if let RawLinkKind::Serial = raw.kind {
        if raw.address.is_some() {
            return Err(misplaced("address"));
        }
        let baud = raw.baud.ok_or_else(|| missing("baud"))?;
        if !(50..=4_000_000).contains(&baud) {
            return Err(message!("plan-bad-baud", link = raw.id));
        }
        if raw.rts == Some(true) {
            return Err(message!("plan-rts-not-implemented", link = raw.id));
        }
        return Ok(LinkKind::Serial {
            port: raw.port.clone().ok_or_else(|| missing("port"))?,
            baud,
            frame: character_frame(raw.frame.as_deref().unwrap_or("8N1"))
                .ok_or_else(|| message!("plan-bad-frame", link = raw.id))?,
        });
    }
    let serial_keys = [
        ("port", raw.port.is_some()),
        ("baud", raw.baud.is_some()),
        ("frame", raw.frame.is_some()),
        ("rts", raw.rts.is_some()),
    ];
    if let Some((key, _)) = serial_keys.into_iter().find(|(_, given)| *given) {
        return Err(misplaced(key));
    }
    let text = raw.address.as_deref().ok_or_else(|| missing("address"))?;
    let address: SocketAddr = text.parse().map_err(|_| {
        message!("plan-bad-address", link = raw.id, address = words::printable(text))
    })?;
    Ok(match raw.kind {
        RawLinkKind::RtuOverTcp => LinkKind::RtuOverTcp { address },
        RawLinkKind::BytesOverTcp => LinkKind::BytesOverTcp { address },
        _ => LinkKind::Tcp { address },
    })
}

/// Reads `8N1`, `7E1`, `8E2` and the like.
fn character_frame(text: &str) -> Option<CharacterFrame> {
    let &[data, parity, stop] = text.as_bytes() else { return None };
    let parity = match parity {
        b'N' => Parity::None,
        b'E' => Parity::Even,
        b'O' => Parity::Odd,
        _ => return None,
    };
    let fits = matches!(data, b'7' | b'8') && matches!(stop, b'1' | b'2');
    fits.then(|| CharacterFrame { data_bits: data - b'0', parity, stop_bits: stop - b'0' })
}

/// Two links on one serial port would read each other's bytes. Several connections to one TCP
/// server are in order.
fn same_line(one: &LinkKind, other: &LinkKind) -> bool {
    match (one, other) {
        (LinkKind::Serial { port: one, .. }, LinkKind::Serial { port: other, .. }) => one == other,
        _ => false,
    }
}
