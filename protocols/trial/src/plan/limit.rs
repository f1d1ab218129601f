//! Red limits: what acts while the trial runs, beside the criteria that judge it.
//!
//! Invariants of the resolved form: at least one bound, `below < above` where both are given, all
//! in the unit of the channel.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use words::message;

use crate::channel::{Channel, ChannelIndex};
use crate::document::{DocumentError, Source};
use crate::time::parse_duration;

/// Longest time for which a value must stand beyond its limit.
const MAX_HOLD: Duration = Duration::from_secs(3_600);

/// A limit that acts while the trial runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RedLimit {
    /// The channel.
    pub channel: ChannelIndex,
    /// Red above this, in the channel's unit.
    pub above: Option<f64>,
    /// Red below this, in the channel's unit.
    pub below: Option<f64>,
    /// How long the value must stay beyond the limit; zero for one sample.
    pub hold: Duration,
    /// What happens then.
    pub action: RedAction,
}

/// What a red limit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RedAction {
    /// Sets a mark.
    Mark,
    /// Sets a mark and ends the trial.
    EndTrial,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    #[serde(default)]
    red: BTreeMap<String, Spanned<RawRedLimit>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRedLimit {
    above: Option<f64>,
    below: Option<f64>,
    #[serde(rename = "for")]
    hold: Option<String>,
    action: RedAction,
}

pub(super) fn lower(
    source: &Source<'_>,
    raw: &RawLimits,
    channels: &[Channel],
) -> Result<Vec<RedLimit>, DocumentError> {
    let mut limits = Vec::with_capacity(raw.red.len());
    for (id, spanned) in &raw.red {
        let refuse = |message| source.refuse(spanned.span(), message);
        let index = channels.iter().position(|channel| channel.id.0 == *id).ok_or_else(|| {
            refuse(message!("plan-unknown-channel", channel = words::printable(id)))
        })?;
        let limit = spanned.get_ref();
        let hold = match &limit.hold {
            None => Duration::ZERO,
            Some(text) => parse_duration(text)
                .filter(|hold| *hold <= MAX_HOLD)
                .ok_or_else(|| refuse(message!("document-bad-duration", limit = "3600 s")))?,
        };
        let finite = limit.above.into_iter().chain(limit.below).all(f64::is_finite);
        let some = limit.above.is_some() || limit.below.is_some();
        let crossed = matches!((limit.below, limit.above), (Some(low), Some(high)) if low >= high);
        if !finite || !some || crossed {
            return Err(refuse(message!("plan-bad-limit", channel = words::printable(id))));
        }
        limits.push(RedLimit {
            channel: ChannelIndex(index as u32),
            above: limit.above,
            below: limit.below,
            hold,
            action: limit.action,
        });
    }
    Ok(limits)
}
