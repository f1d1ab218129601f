//! What a running trial shows of itself: rates, gaps, latency, what is safe and what lags.
//!
//! Every cause of trouble is named and counted: by device, by link, or for the station as a whole.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Serialize, Serializer};
use trial::channel::Quality;
use trial::plan::Plan;
use trial::record::{Event, EventKind, LinkState, Origin};
use trial::recording::{Gap, GapCause, SampleGroup};
use trial::time::TrialTime;
use wire::derive::{Row, Sink};

/// Events that are shown with their text; older ones are only counted.
const RECENT_EVENTS: usize = 4;

/// What was seen of one device.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeviceStatus {
    /// Rows of samples.
    pub rows: u64,
    /// Gaps, by cause.
    pub gaps: Counts<GapCause>,
    /// Samples that are not good, by quality.
    pub not_good: Counts<Quality>,
    /// Half width of the last row's time uncertainty, in nanoseconds: about half the time that
    /// the device took to answer.
    pub last_uncertainty_ns: u32,
    /// Time of the last row, in nanoseconds.
    pub last_row_ns: Option<i64>,
}

/// What was seen of one link.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LinkStatus {
    /// Whether bytes can flow.
    pub up: bool,
    /// How often it went down.
    pub downs: u64,
    /// Why its state changed last.
    pub why: String,
}

/// An event that is shown.
#[derive(Debug, Clone, Serialize)]
pub struct RecentEvent {
    /// Seconds since the start.
    pub seconds: f64,
    /// What it is about.
    pub kind: EventKind,
    /// What happened, in English.
    pub text: String,
}

/// Status of a run's recording.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordingStatus {
    /// By device, in the plan's order.
    pub devices: Vec<DeviceStatus>,
    /// By link, in the plan's order.
    pub links: Vec<LinkStatus>,
    /// Events of the station and of its links, by what they are about. Links that go up and down
    /// are counted with the links.
    pub events: Counts<EventKind>,
    /// The last of these events.
    pub recent: VecDeque<RecentEvent>,
}

/// How often each cause was seen; JSON gives an object of stable names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts<T>(BTreeMap<u16, (T, u64)>);

/// A cause with a number that orders it and a stable name.
pub trait Named: Copy {
    /// Orders the causes; different ones have different numbers.
    fn number(self) -> u16;
    /// The stable name, with a code where there is one.
    fn key(self) -> String;
}

impl<T> Default for Counts<T> {
    fn default() -> Counts<T> {
        Counts(BTreeMap::new())
    }
}

impl<T: Named> Counts<T> {
    /// Counts one more.
    pub fn add(&mut self, cause: T) {
        self.0.entry(cause.number()).or_insert((cause, 0)).1 += 1;
    }

    /// The causes with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (T, u64)> {
        self.0.values().copied()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Named> Serialize for Counts<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(cause, count)| (cause.key(), count)))
    }
}

fn with_code(name: &str, code: u8) -> String {
    if code == 0 { name.to_owned() } else { format!("{name}-{code}") }
}

impl Named for GapCause {
    fn number(self) -> u16 {
        u16::from_be_bytes(self.to_numbers().into())
    }

    fn key(self) -> String {
        with_code(self.name(), self.to_numbers().1)
    }
}

impl Named for Quality {
    fn number(self) -> u16 {
        self.to_code()
    }

    fn key(self) -> String {
        let [_, code] = self.to_code().to_be_bytes();
        with_code(self.name(), code)
    }
}

impl Named for EventKind {
    fn number(self) -> u16 {
        self as u16
    }

    fn key(self) -> String {
        self.name().to_owned()
    }
}

/// Shared status.
pub type SharedStatus = Arc<Mutex<RecordingStatus>>;

/// Watches what is derived, and publishes it from time to time.
#[derive(Debug)]
pub struct Observer {
    seen: RecordingStatus,
    changed: bool,
    groups: Vec<SampleGroup>,
    shared: SharedStatus,
}

impl Observer {
    /// An observer and what it publishes.
    pub fn new() -> (Observer, SharedStatus) {
        let shared = SharedStatus::default();
        let seen = RecordingStatus::default();
        let observer =
            Observer { seen, changed: false, groups: Vec::new(), shared: Arc::clone(&shared) };
        (observer, shared)
    }

    /// Makes what was seen visible.
    pub fn publish(&mut self) {
        if std::mem::take(&mut self.changed) {
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.clone_from(&self.seen);
        }
    }

    fn device(&mut self, group: u32) -> Option<&mut DeviceStatus> {
        self.changed = true;
        let group = self.groups.get(group as usize)?;
        self.seen.devices.get_mut(group.device)
    }
}

impl Sink for Observer {
    fn begin(&mut self, _: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.seen.devices = vec![DeviceStatus::default(); plan.devices.len()];
        self.seen.links = vec![LinkStatus::default(); plan.links.len()];
        self.groups = groups.to_vec();
    }

    fn row(&mut self, row: &Row<'_>) {
        let Some(device) = self.device(row.group.0) else { return };
        device.rows += 1;
        device.last_uncertainty_ns = row.time_uncertainty_ns;
        device.last_row_ns = Some(row.time.max(TrialTime::ZERO).0);
        for sample in row.samples.iter().filter(|sample| !sample.quality.is_good()) {
            device.not_good.add(sample.quality);
        }
    }

    fn gap(&mut self, gap: Gap) {
        if let Some(device) = self.device(gap.group.0) {
            device.gaps.add(gap.cause);
        }
    }

    fn link(&mut self, _: TrialTime, link: usize, state: &LinkState) {
        self.changed = true;
        let Some(link) = self.seen.links.get_mut(link) else { return };
        link.up = state.up;
        link.downs += u64::from(!state.up);
        link.why.clone_from(&state.why);
    }

    fn event(&mut self, at: TrialTime, event: &Event) {
        self.changed = true;
        self.seen.events.add(event.kind);
        if self.seen.recent.len() == RECENT_EVENTS {
            self.seen.recent.pop_front();
        }
        let (kind, text) = (event.kind, event.text.clone());
        self.seen.recent.push_back(RecentEvent { seconds: at.seconds(), kind, text });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trial::record::Cause;

    #[test]
    fn counts_are_told_by_stable_names() {
        let mut gaps = Counts::default();
        for cause in [GapCause::Poll(Cause::Timeout), GapCause::Flooded, GapCause::Flooded] {
            gaps.add(cause);
        }
        assert_eq!(serde_json::to_string(&gaps).unwrap(), r#"{"timeout":1,"flooded":2}"#);
        let mut samples = Counts::default();
        for quality in [Quality::DeviceError(2), Quality::OutOfRange, Quality::DeviceError(4)] {
            samples.add(quality);
        }
        let text = r#"{"out-of-range":1,"device-error-2":1,"device-error-4":1}"#;
        assert_eq!(serde_json::to_string(&samples).unwrap(), text);
    }
}
