//! What the data bytes of an answer to a Modbus read hold: numbers, bits and texts; for polled
//! devices and for those that another master polls.
//!
//! Invariant: the points that scale others are learnt from an answer before the others are read,
//! so that numbers of one answer scale each other.

use trial::channel::{Channel, Quality, Raw};
use trial::plan::Plan;
use trial::profile::{Encoding, Exponent, Place, Point};
use trial::record::{Event, EventKind};

use super::sample::{Conversion, times_power_of_ten};
use super::scaling::{ScalerIndex, Scaling};
use super::totaliser::{Count, Counted, SampleTime};
use super::{Output, Sample};
use trial::time::TrialTime;

/// Where a number stands in the data bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Site {
    Registers { offset: usize, encoding: Encoding },
    Bit { index: usize },
}

impl Site {
    /// `None` if the bytes are too short for it.
    #[inline]
    pub(super) fn raw(self, data: &[u8]) -> Option<Raw> {
        match self {
            Site::Registers { offset, encoding } => encoding.decode(data.get(offset..)?),
            Site::Bit { index } => {
                // The first bit of a table is the lowest of its byte (V1.1b3, 6.1).
                let byte = data.get(index / 8)?;
                Some(Raw::u8(byte >> (index % 8) & 1))
            }
        }
    }

    /// Number of data bytes that hold it.
    pub(super) fn end(self) -> usize {
        match self {
            Site::Registers { offset, encoding } => offset + encoding.byte_length(),
            Site::Bit { index } => index / 8 + 1,
        }
    }
}

/// A point in the data bytes of an answer, with what is remembered of it.
#[derive(Debug)]
pub(super) struct AnswerPoint {
    site: Site,
    conversion: Conversion,
    /// Present for the few that scale, are scaled or are continued over wraps.
    further: Option<Box<Further>>,
}

#[derive(Debug)]
struct Further {
    name: String,
    /// It scales others.
    scaler: Option<ScalerIndex>,
    exponent: Option<(ScalerIndex, Exponent)>,
    ratios: Vec<ScalerIndex>,
    count: Option<Count>,
}

impl AnswerPoint {
    /// The point of a channel in an answer that begins with the entry `first` of its table; `None`
    /// for a point that is in no table.
    pub(super) fn new(
        plan: &Plan,
        channel: &Channel,
        first: u16,
        scaling: &Scaling,
    ) -> Option<AnswerPoint> {
        let point = plan.point_of(channel);
        let site = match point.place {
            Place::Register { address, encoding, .. } => {
                let offset = 2 * usize::from(address.saturating_sub(first));
                Site::Registers { offset, encoding }
            }
            Place::Bit { address, .. } => {
                Site::Bit { index: usize::from(address.saturating_sub(first)) }
            }
            _ => return None,
        };
        let find = |point| scaling.find(channel.device, point);
        let further = Further {
            name: channel.id.0.clone(),
            scaler: find(channel.point),
            exponent: point.exponent.and_then(|exponent| Some((find(exponent.point)?, exponent))),
            ratios: point.ratios.iter().filter_map(|other| find(*other)).collect(),
            count: point.totaliser.map(Count::new),
        };
        let needed = further.scaler.is_some()
            || further.exponent.is_some()
            || !further.ratios.is_empty()
            || further.count.is_some();
        let conversion = Conversion::new(plan, channel);
        Some(AnswerPoint { site, conversion, further: needed.then(|| Box::new(further)) })
    }

    /// Whether it scales others.
    pub(super) fn scales(&self) -> bool {
        self.further.as_ref().is_some_and(|further| further.scaler.is_some())
    }

    /// Learns the number by which others are scaled, if it is one.
    pub(super) fn learn(
        &self,
        data: &[u8],
        at: SampleTime,
        found: TrialTime,
        scaling: &mut Scaling,
        output: &mut Output<'_>,
    ) {
        let scaler = self.further.as_ref().and_then(|further| Some((further, further.scaler?)));
        let (Some((further, scaler)), Some(raw)) = (scaler, self.site.raw(data)) else { return };
        let (number, sample) = (self.conversion.number(raw), self.conversion.sample(raw));
        if let Some(event) = scaling.learn(scaler, number, &sample, at.time, &further.name) {
            output.sink.event(found, &event);
        }
    }

    /// Where it is and what becomes of it, if its sample is a matter of its bytes alone.
    pub(super) fn plain(&self) -> Option<(Site, Conversion)> {
        self.further.is_none().then(|| (self.site, self.conversion.clone()))
    }

    /// The sample in the data bytes; `None` if they are too short for it. What is to be told of
    /// it becomes an event of the time `found`.
    pub(super) fn sample(
        &mut self,
        data: &[u8],
        at: SampleTime,
        found: TrialTime,
        scaling: &Scaling,
        output: &mut Output<'_>,
    ) -> Option<Sample> {
        let raw = self.site.raw(data)?;
        let Some(further) = &mut self.further else { return Some(self.conversion.sample(raw)) };
        let mut reset = None;
        let mut sample = self.conversion.sample_scaled(raw, |number| {
            let mut scaled = match &mut further.count {
                Some(count) if number.is_finite() => match count.next(number, at) {
                    Counted::On(count) => count,
                    Counted::Anew(count, why) => {
                        reset = Some(why);
                        count
                    }
                },
                _ => number,
            };
            for ratio in &further.ratios {
                scaled *= scaling.number(*ratio, at.time).ok_or(Quality::Unscaled)?;
            }
            if let Some((scaler, exponent)) = further.exponent {
                let number = scaling.number(scaler, at.time).ok_or(Quality::Unscaled)?;
                scaled =
                    times_power_of_ten(scaled, exponent.power(number)).ok_or(Quality::Corrupt)?;
            }
            Ok(scaled)
        });
        if let Some(why) = reset {
            if matches!(sample.quality, Quality::Good | Quality::OutOfRange) {
                sample.quality = Quality::CounterReset;
            }
            let text = format!("{}: {why}", further.name);
            output.sink.event(found, &Event { kind: EventKind::CounterReset, text });
        }
        Some(sample)
    }

    /// The sample where the device refused; a number that scales others does not stand then.
    pub(super) fn refused(&self, code: u8, at: SampleTime, scaling: &mut Scaling) -> Sample {
        let sample = self.conversion.nothing(Quality::DeviceError(code));
        if let Some(further) = &self.further
            && let Some(scaler) = further.scaler
        {
            // What does not stand is no change, so that there is no event.
            let _ = scaling.learn(scaler, None, &sample, at.time, &further.name);
        }
        sample
    }
}

/// A text in registers, with what it was last.
#[derive(Debug)]
pub(super) struct AnswerText {
    name: String,
    offset: usize,
    length: usize,
    last: Option<Vec<u8>>,
}

impl AnswerText {
    /// The text of a point in an answer that begins with the register `first`; `None` for a point
    /// that is none.
    pub(super) fn new(device: &str, point: &Point, first: u16) -> Option<AnswerText> {
        let Place::RegisterText { address, registers, .. } = point.place else { return None };
        Some(AnswerText {
            name: format!("{device}.{}", point.id),
            offset: 2 * usize::from(address.saturating_sub(first)),
            length: 2 * usize::from(registers),
            last: None,
        })
    }

    /// Reads the text; one that is not the last is an event.
    pub(super) fn read(&mut self, data: &[u8], found: TrialTime, output: &mut Output<'_>) {
        let bytes = data.get(self.offset..).and_then(|data| data.get(..self.length));
        let Some(text) = bytes.and_then(|bytes| bytes.split(|byte| *byte == 0).next()) else {
            return;
        };
        if self.last.as_deref() != Some(text) {
            let told = format!("{}: {}", self.name, text.escape_ascii());
            output.sink.event(found, &Event { kind: EventKind::DeviceText, text: told });
            self.last = Some(text.to_vec());
        }
    }
}
