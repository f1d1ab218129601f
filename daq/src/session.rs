//! One run, from its first record to its finished file.
//!
//! ```text
//! prepare → connect every link → room on the disk → folder, lock, ledger
//!         → first records, durable → threads → … → stop → End → root → build → ledger
//! ```
//!
//! Before the ledger's entry nothing is left behind by a refusal; after it every run has an end.

mod keeper;
mod open;
mod resume;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};
use evidence::signature::short_fingerprint;
use evidence::{Built, EvidenceError, KeyError, RunFolder, RunLock, StationKey};
use journal::ChainValue;
use trial::record::{Body, End, EndKind, OriginKind, RecordSource};
use trial::time::{TrialTime, duration_nanoseconds};
use words::{Language, Message};

use crate::clock::Clock;
use crate::control::Asked;
use crate::limits;
use crate::link::ConnectError;
use crate::live_criteria::{CriteriaStatus, LiveCriteria};
use crate::preflight::Prepared;
use crate::queue::JournalQueue;
use crate::recorder::Recorder;
use crate::red_limits::RedLimits;
use crate::sequencer::{FinishError, Progress, Sequencer};
use crate::station;
use crate::status::{RecordingStatus, SharedStatus};
use crate::witness::WitnessThread;
use keeper::Keeper;

pub use open::{Links, Started};

/// What a run is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Output folder.
    pub out: PathBuf,
    /// Time after which the run ends by itself.
    pub length: Option<Duration>,
    /// Folder on a second disk, on which the journal goes on if the first one fails.
    pub spare: Option<PathBuf>,
    /// Whether the unfinished run of the plan goes on, instead of a new one.
    pub resume: bool,
    /// Who starts it, by the name that was given; `None` for the account alone.
    pub by: Option<String>,
    /// The key that signs; `None` leaves the run unsealed.
    pub key: Option<Arc<StationKey>>,
    /// Folder into which signed heads are copied.
    pub witness: Option<PathBuf>,
}

/// Trouble with a run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A link can't be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Something to tell the user.
    #[error("{0}")]
    Refused(Message),
    /// Building, the ledger or the folder.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The journal's end.
    #[error(transparent)]
    Finish(#[from] FinishError),
    /// The journal's beginning.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    /// The system refused something.
    #[error("{doing}: {source}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl SessionError {
    /// The text in `language`; what has no words of its own is told in English.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            SessionError::Connect(ConnectError(message)) | SessionError::Refused(message) => {
                message.in_language(language)
            }
            SessionError::Evidence(error) => error.in_language(language),
            other => other.to_string(),
        }
    }

    /// Whether the user's documents or surroundings are to blame, not the run.
    pub fn is_refusal(&self) -> bool {
        match self {
            SessionError::Connect(_) | SessionError::Refused(_) => true,
            SessionError::Evidence(error) => {
                let key =
                    matches!(error, EvidenceError::Key(why) if !matches!(why, KeyError::Io { .. }));
                key || matches!(
                    error,
                    EvidenceError::Locked { .. }
                        | EvidenceError::Link(_)
                        | EvidenceError::NothingToResume(_)
                )
            }
            _ => false,
        }
    }
}

fn system(doing: &'static str) -> impl FnOnce(std::io::Error) -> SessionError {
    move |source| SessionError::System { doing, source }
}

/// A run that goes on.
pub struct Session {
    prepared: Prepared,
    settings: Settings,
    folder: RunFolder,
    run: u32,
    _lock: RunLock,
    clock: Clock,
    queue: JournalQueue,
    sequencer: Sequencer,
    recorder: Recorder,
    red_limits: RedLimits,
    criteria: LiveCriteria,
    /// Texts of the crossings that nobody has been shown yet.
    alarms: Vec<String>,
    /// Why the run fails, where there are words for it.
    trouble: Option<Message>,
    links: Links,
    status: SharedStatus,
    commands: Receiver<Asked>,
    asking: Sender<Asked>,
    keeper: Keeper,
    not_live: Vec<Message>,
    origin: OriginKind,
    witness: Option<WitnessThread>,
    /// Chain value behind the first records, which the first head signs.
    start_chain: ChainValue,
}

/// What is shown of a running trial.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Snapshot {
    /// How the recording comes to be.
    pub origin: OriginKind,
    /// Fingerprint of the run's beginning: what the first signed head covers.
    pub start_fingerprint: String,
    /// Fingerprint of the key that signs; `None` if the run stays unsealed.
    pub key_fingerprint: Option<String>,
    /// Seconds since the start.
    pub seconds: f64,
    /// Records written.
    pub written: u64,
    /// Records that are safe.
    pub acknowledged: u64,
    /// Records that are in the trial file.
    pub recorded: u64,
    /// Bytes of the journal.
    pub bytes: u64,
    /// Most records that waited at once.
    pub queue_high_water: usize,
    /// How long the disk has been syncing without an end, in seconds.
    pub syncing_seconds: f64,
    /// What was derived.
    pub recording: RecordingStatus,
    /// What stands of the criteria.
    pub criteria: CriteriaStatus,
}

impl Session {
    /// Starts a run. Every link is open, and the first records are durable, when this returns.
    ///
    /// # Errors
    /// A link can't be opened, the disk is too full, or the run's folder can't be made.
    pub fn start(prepared: Prepared, settings: Settings) -> Result<Session, SessionError> {
        open::start(prepared, settings)
    }

    /// Folder of the run.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// Number of the run.
    pub fn run_number(&self) -> u32 {
        self.run
    }

    /// The plan.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Live, or simulated if a link was not at the start.
    pub fn origin(&self) -> OriginKind {
        self.origin
    }

    /// Short fingerprint of the run's beginning, for paper: of the chain value behind the plan and
    /// everything else that was fixed before the first sample.
    pub fn start_fingerprint(&self) -> String {
        short_fingerprint(&self.start_chain.0)
    }

    /// The key that signs the run.
    pub fn key(&self) -> Option<&StationKey> {
        self.settings.key.as_deref()
    }

    /// Why the run is not live; empty if it is.
    pub fn not_live(&self) -> &[Message] {
        &self.not_live
    }

    /// Who commands of the terminal come from: the name given at the start, and the account.
    pub fn operator(&self) -> String {
        station::person(self.settings.by.as_deref(), &station::own_account())
    }

    /// Where commands of the terminal go.
    pub fn commands(&self) -> Sender<Asked> {
        self.asking.clone()
    }

    /// How far the journal is.
    pub fn progress(&self) -> Arc<Progress> {
        self.sequencer.progress()
    }

    /// What is to be shown.
    pub fn snapshot(&self) -> Snapshot {
        let progress = self.sequencer.progress();
        Snapshot {
            origin: self.origin(),
            start_fingerprint: self.start_fingerprint(),
            key_fingerprint: self.key().map(|key| key.public().fingerprint()),
            seconds: self.clock.now().seconds(),
            // Read in this order, so that what is safe is never more than what is written.
            acknowledged: progress.acknowledged(),
            recorded: self.recorder.recorded(),
            written: progress.written(),
            bytes: progress.bytes(),
            queue_high_water: self.queue.high_water(),
            syncing_seconds: progress.syncing_since().map_or(0.0, |at| at.elapsed().as_secs_f64()),
            recording: self
                .status
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .clone(),
            criteria: self.criteria.status(),
        }
    }

    /// Watches the run for up to `time`: takes commands, reads the clocks, looks at the disk and
    /// at the other threads. Returns how it ends if it does.
    pub fn tend(&mut self, time: Duration) -> Option<End> {
        let until = Instant::now() + time;
        loop {
            if let Some(end) = self.look() {
                return Some(end);
            }
            let left = until.saturating_duration_since(Instant::now());
            let wait = left.min(limits::CLOCK_CHECK);
            let end = crossbeam::select! {
                recv(self.commands) -> asked => {
                    asked.ok().and_then(|asked| self.keeper.take(asked, &self.clock, &self.queue))
                }
                recv(self.red_limits.crossings()) -> crossing => {
                    crossing.ok().and_then(|crossing| {
                        self.alarms.push(crossing.text.clone());
                        self.keeper.cross(crossing, &self.clock, &self.queue)
                    })
                }
                default(wait) => {
                    if left.is_zero() {
                        return None;
                    }
                    None
                }
            };
            if end.is_some() {
                return end;
            }
        }
    }

    /// Bytes that must be free to finish the run's file in order: it takes the journal in.
    pub fn bytes_to_finish(&self) -> u64 {
        self.sequencer.progress().bytes().saturating_add(limits::DISK_RESERVE_BYTES)
    }

    /// Why the run fails, in the words of a reader of `language`; `None` where there are none but
    /// those of its end.
    pub fn trouble(&self, language: Language) -> Option<String> {
        self.trouble.as_ref().map(|trouble| trouble.in_language(language))
    }

    /// Texts of the red limits that were crossed since the last call.
    pub fn take_alarms(&mut self) -> Vec<String> {
        std::mem::take(&mut self.alarms)
    }

    fn look(&mut self) -> Option<End> {
        let failed = |reason: String| {
            tracing::error!(reason);
            Some(End::new(EndKind::Failed, reason))
        };
        let progress = self.sequencer.progress();
        self.keeper.check_clock(&self.clock, &self.queue);
        self.keeper.check_sync(&progress, &self.clock, &self.queue);
        if let Some(failure) = progress.failure() {
            return failed(format!("the journal: {failure}"));
        }
        if self.queue.has_lost() {
            return failed("the queue to the journal overflowed".to_owned());
        }
        if let Some(failure) = self.recorder.failure() {
            return failed(format!("the trial file: {failure}"));
        }
        if let Some(failure) = self.recorder.file_failure() {
            self.keeper.file_failed(failure, &self.clock, &self.queue);
        }
        if self.red_limits.has_ended() {
            return failed("the watch over the red limits ended by itself".to_owned());
        }
        let needed = self.bytes_to_finish();
        if let Some(trouble) = self.keeper.check_disk(self.folder.root(), needed) {
            // The record is in English, whatever the operator reads.
            let reason = trouble.in_language(Language::English);
            self.trouble = Some(trouble);
            return failed(reason);
        }
        match self.settings.length {
            Some(length) if self.clock.now() >= TrialTime(duration_nanoseconds(length)) => {
                Some(End::new(EndKind::TimeOver, ""))
            }
            _ => None,
        }
    }

    /// Ends the run and finishes its file.
    ///
    /// # Errors
    /// The journal or the file could not be finished; `daq recover` will.
    pub fn finish(mut self, end: End) -> Result<Built, SessionError> {
        self.links.stop();
        self.keeper.last_pair(&self.clock, &self.queue);
        self.queue.push(self.clock.now(), RecordSource::STATION, Body::End(end));
        self.red_limits.finish();
        self.criteria.finish();
        let root = self.sequencer.finish();
        // Whatever became of the journal, the last durable head is worth a copy.
        self.witness.into_iter().for_each(WitnessThread::finish);
        let built = self.recorder.finish(root?)?;
        evidence::close_run(&self.folder, Clock::wall_now(), self.settings.key.as_deref())?;
        Ok(built)
    }
}

/// A run is live if there is no reason why it is not.
fn origin_of(not_live: &[Message]) -> OriginKind {
    if not_live.is_empty() { OriginKind::Live } else { OriginKind::Simulated }
}

/// A queue for commands; they are rare.
fn command_queue() -> (Sender<Asked>, Receiver<Asked>) {
    bounded(16)
}
