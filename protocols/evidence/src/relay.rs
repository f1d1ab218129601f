//! Derived things on their way to another thread.
//!
//! Invariants:
//! - They come out as they went in, in the same order: whoever takes them can't tell that there
//!   was a thread between.
//! - At most [`MAX_WAITING`] batches of at most [`BATCH_CALLS`] wait.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use trial::channel::Sample;
use trial::plan::Plan;
use trial::record::{ClockPair, Event, LinkState, Mark, Origin};
use trial::recording::{Gap, GroupIndex, SampleGroup};
use trial::rows::Decode;
use trial::time::TrialTime;
use wire::derive::{Row, Samples, Sink};

/// Batches that wait to be taken.
const MAX_WAITING: usize = 8;
/// Calls of a sink in a batch.
const BATCH_CALLS: usize = 256;

/// A sink whose calls are made again on the other side.
pub(crate) struct Relay {
    to: SyncSender<Batch>,
    batch: Batch,
}

/// Calls of a sink.
#[derive(Default)]
pub(crate) struct Batch {
    calls: Vec<Call>,
    /// Bytes and samples of the rows, behind one another.
    bytes: Vec<u8>,
    samples: Vec<Sample>,
}

enum Call {
    Begin(Origin, Arc<Plan>, Vec<SampleGroup>),
    Row { group: GroupIndex, time: TrialTime, uncertainty_ns: u32, record: u64, samples: Stored },
    Gap(Gap),
    Link(TrialTime, usize, LinkState),
    Mark(TrialTime, Mark),
    Event(TrialTime, Event),
    Clock(TrialTime, ClockPair),
}

/// How many of the samples or bytes belong to a row.
enum Stored {
    Decoded(usize),
    Plain(usize, Arc<dyn Decode>),
}

/// Both sides of the way.
pub(crate) fn relay() -> (Relay, Receiver<Batch>) {
    let (to, from) = sync_channel(MAX_WAITING);
    (Relay { to, batch: Batch::default() }, from)
}

impl Relay {
    fn push(&mut self, call: Call) {
        self.batch.calls.push(call);
        if self.batch.calls.len() >= BATCH_CALLS {
            self.send();
        }
    }

    fn send(&mut self) {
        // Whoever took them is gone with an error of its own.
        let _ = self.to.send(std::mem::take(&mut self.batch));
    }
}

/// What is left goes with the relay.
impl Drop for Relay {
    fn drop(&mut self) {
        self.send();
    }
}

impl Sink for Relay {
    fn begin(&mut self, origin: &Origin, plan: &Arc<Plan>, groups: &[SampleGroup]) {
        self.push(Call::Begin(origin.clone(), Arc::clone(plan), groups.to_vec()));
    }

    fn row(&mut self, row: &Row<'_>) {
        let Row { group, time, time_uncertainty_ns: uncertainty_ns, record, samples } = *row;
        let samples = match samples {
            Samples::Decoded(samples) => {
                self.batch.samples.extend_from_slice(samples);
                Stored::Decoded(samples.len())
            }
            Samples::Plain { data, decoder } => {
                self.batch.bytes.extend_from_slice(data);
                Stored::Plain(data.len(), Arc::clone(decoder))
            }
        };
        self.push(Call::Row { group, time, uncertainty_ns, record, samples });
    }

    fn gap(&mut self, gap: Gap) {
        self.push(Call::Gap(gap));
    }

    fn link(&mut self, at: TrialTime, link: usize, state: &LinkState) {
        self.push(Call::Link(at, link, state.clone()));
    }

    fn mark(&mut self, at: TrialTime, mark: &Mark) {
        self.push(Call::Mark(at, mark.clone()));
    }

    fn event(&mut self, at: TrialTime, event: &Event) {
        self.push(Call::Event(at, event.clone()));
    }

    fn clock(&mut self, at: TrialTime, pair: &ClockPair) {
        self.push(Call::Clock(at, *pair));
    }
}

impl Batch {
    /// Makes the calls again.
    pub fn replay(&self, sink: &mut impl Sink) {
        let (mut bytes, mut all) = (&self.bytes[..], &self.samples[..]);
        for call in &self.calls {
            match call {
                Call::Begin(origin, plan, groups) => sink.begin(origin, plan, groups),
                Call::Row { group, time, uncertainty_ns, record, samples } => {
                    let samples = match samples {
                        Stored::Decoded(count) => {
                            let (samples, rest) = all.split_at(*count);
                            all = rest;
                            Samples::Decoded(samples)
                        }
                        Stored::Plain(length, decoder) => {
                            let (data, rest) = bytes.split_at(*length);
                            bytes = rest;
                            Samples::Plain { data, decoder }
                        }
                    };
                    let (group, time, record) = (*group, *time, *record);
                    let time_uncertainty_ns = *uncertainty_ns;
                    sink.row(&Row { group, time, time_uncertainty_ns, record, samples });
                }
                Call::Gap(gap) => sink.gap(*gap),
                Call::Link(at, link, state) => sink.link(*at, *link, state),
                Call::Mark(at, mark) => sink.mark(*at, mark),
                Call::Event(at, event) => sink.event(*at, event),
                Call::Clock(at, pair) => sink.clock(*at, pair),
            }
        }
    }
}
