//! What a running trial shows of itself: rates, gaps, latency, what is safe and what lags.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use trial::plan::Plan;
use trial::record::Origin;
use trial::recording::{Gap, SampleGroup};
use trial::time::TrialTime;
use wire::derive::{Row, Sink};

/// What was seen of one device.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeviceStatus {
    /// Rows of samples.
    pub rows: u64,
    /// Gaps, by cause.
    pub gaps: BTreeMap<&'static str, u64>,
    /// Half width of the last row's time uncertainty, in nanoseconds: about half the time that
    /// the device took to answer.
    pub last_uncertainty_ns: u32,
    /// Time of the last row, in nanoseconds.
    pub last_row_ns: Option<i64>,
}

/// Status of a run's recording.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordingStatus {
    /// By device, in the plan's order.
    pub devices: Vec<DeviceStatus>,
}

/// Shared status.
pub type SharedStatus = Arc<Mutex<RecordingStatus>>;

/// Watches what is derived, and publishes it from time to time.
#[derive(Debug)]
pub struct Observer {
    devices: Vec<DeviceStatus>,
    groups: Vec<SampleGroup>,
    shared: SharedStatus,
}

impl Observer {
    /// An observer and what it publishes.
    pub fn new() -> (Observer, SharedStatus) {
        let shared = SharedStatus::default();
        let observer =
            Observer { devices: Vec::new(), groups: Vec::new(), shared: Arc::clone(&shared) };
        (observer, shared)
    }

    /// Makes what was seen visible.
    pub fn publish(&self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.devices.clone_from(&self.devices);
    }
}

impl Sink for Observer {
    fn begin(&mut self, _: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.devices = vec![DeviceStatus::default(); plan.devices.len()];
        self.groups = groups.to_vec();
    }

    fn row(&mut self, row: &Row<'_>) {
        let Some(group) = self.groups.get(row.group.0 as usize) else { return };
        let Some(device) = self.devices.get_mut(group.device) else { return };
        device.rows += 1;
        device.last_uncertainty_ns = row.time_uncertainty_ns;
        device.last_row_ns = Some(row.time.max(TrialTime::ZERO).0);
    }

    fn gap(&mut self, gap: Gap) {
        let Some(group) = self.groups.get(gap.group.0 as usize) else { return };
        if let Some(device) = self.devices.get_mut(group.device) {
            *device.gaps.entry(gap.cause.name()).or_default() += 1;
        }
    }
}
