//! Signal cases: `fixtures/golden/scenarios/<scenario id>.toml`, a generated run in which every
//! criterion of a scenario passes, and variations of it in which one of them fails.
//!
//! Values are in the units of the roles, times in seconds. Between points are straight lines; before
//! the first and behind the last point their values hold.

use std::collections::BTreeMap;

use serde::Deserialize;
use trial::amendment::{Amendment, LateReading};
use trial::time::WallTime;

use crate::memory::{SECOND, Sample};

/// Time and value.
pub type Point = (f64, f64);
/// Time and text.
pub type MarkAt = (f64, String);

/// A case as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// How the numbers were worked out by hand.
    pub notes: String,
    pub end: f64,
    pub rate_hz: f64,
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub marks: Vec<MarkAt>,
    /// Criteria and preconditions that do not apply in the run itself.
    #[serde(default)]
    pub not_applicable: Vec<String>,
    #[serde(default)]
    pub roles: BTreeMap<String, Signal>,
    #[serde(default)]
    pub reading: Vec<Reading>,
    #[serde(default)]
    pub witness: Vec<Witness>,
    #[serde(default)]
    pub fails: Vec<Variation>,
}

/// A signal of a role.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    pub rate_hz: Option<f64>,
    /// Amplitude of a noise that is the same every time.
    #[serde(default)]
    pub noise: f64,
    pub points: Vec<Point>,
    /// Put in by variations.
    #[serde(skip)]
    pub patches: Vec<Patch>,
}

/// What a person read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub role: String,
    pub value: String,
    pub unit: String,
}

/// What a person stated.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    pub criterion: String,
    pub by: String,
    pub holds: bool,
}

/// Other points between two times, both of them included.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    pub role: String,
    pub from: f64,
    pub to: f64,
    pub points: Vec<Point>,
}

/// The run with something wrong in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variation {
    pub criterion: Option<String>,
    /// Several that fail together: those of a `for_each`.
    #[serde(default)]
    pub criteria: Vec<String>,
    /// Criteria that change with it, whatever their verdict is.
    #[serde(default)]
    pub also: Vec<String>,
    pub end: Option<f64>,
    pub marks: Option<Vec<MarkAt>>,
    /// Take the place of those of the same name.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub patch: Vec<Patch>,
    #[serde(default)]
    pub reading: Vec<Reading>,
    #[serde(default)]
    pub witness: Vec<Witness>,
}

impl Variation {
    /// The criteria that must fail.
    pub fn failing(&self) -> impl Iterator<Item = &str> {
        self.criterion.iter().chain(&self.criteria).map(String::as_str)
    }
}

impl Case {
    /// The run of a variation.
    pub fn varied(&self, variation: &Variation) -> Case {
        let mut case = self.clone();
        case.end = variation.end.unwrap_or(case.end);
        if let Some(marks) = &variation.marks {
            case.marks.clone_from(marks);
        }
        case.parameters.extend(variation.parameters.clone());
        for patch in &variation.patch {
            let signal = case.roles.get_mut(&patch.role);
            let signal = signal.unwrap_or_else(|| panic!("no role {} to patch", patch.role));
            signal.patches.push(patch.clone());
        }
        for reading in &variation.reading {
            case.reading.retain(|known| known.role != reading.role);
            case.reading.push(reading.clone());
        }
        for witness in &variation.witness {
            case.witness.retain(|known| known.criterion != witness.criterion);
            case.witness.push(witness.clone());
        }
        case
    }

    /// The samples of a role; none if the case does not have it.
    pub fn samples(&self, role: &str) -> Vec<Sample> {
        let Some(signal) = self.roles.get(role) else { return Vec::new() };
        let rate = signal.rate_hz.unwrap_or(self.rate_hz);
        let count = (self.end * rate).floor() as u64;
        (0..=count)
            .map(|index| {
                let time = index as f64 / rate;
                let patch = signal.patches.iter().rev().find(|p| time >= p.from && time <= p.to);
                let points = patch.map_or(&signal.points, |patch| &patch.points);
                let value = between(points, time) + signal.noise * noise(index);
                ((time * SECOND as f64).round() as i64, Some(value))
            })
            .collect()
    }

    /// The end of the run, in nanoseconds.
    pub fn end_ns(&self) -> i64 {
        (self.end * SECOND as f64).round() as i64
    }

    /// The marks in order of time.
    pub fn marks(&self) -> Vec<(i64, &str)> {
        let mut marks: Vec<_> = self.marks.iter().map(|(at, text)| (*at, text.as_str())).collect();
        marks.sort_by(|one, other| one.0.total_cmp(&other.0));
        marks.iter().map(|(at, text)| ((at * SECOND as f64).round() as i64, *text)).collect()
    }

    /// What people read and stated, as amendments.
    pub fn amendments(&self) -> Vec<Amendment> {
        let readings = self.reading.iter().map(|reading| {
            Amendment::Reading(LateReading {
                of: reading.role.clone(),
                value: reading.value.clone(),
                unit: reading.unit.clone(),
                resolution: String::new(),
                instrument: "test".to_owned(),
                observed_at: WallTime(0),
                entered_at: WallTime(0),
            })
        });
        let statements = self.witness.iter().map(|witness| Amendment::Witness {
            statement: "test".to_owned(),
            criterion: Some(witness.criterion.clone()),
            holds: Some(witness.holds),
            attachments: Vec::new(),
        });
        readings.chain(statements).collect()
    }
}

/// The value on the straight lines through `points`; of two points at one time the later counts.
fn between(points: &[Point], time: f64) -> f64 {
    let after = points.partition_point(|(at, _)| *at <= time);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after).copied()) {
        (Some((from, low)), Some((to, high))) => low + (high - low) * (time - from) / (to - from),
        (Some((_, value)), None) | (None, Some((_, value))) => value,
        (None, None) => panic!("a signal has no points"),
    }
}

/// Something between -1 and 1 that looks like noise (splitmix64, Steele and others, 2014).
fn noise(index: u64) -> f64 {
    let mut bits = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}
