//! Starting a run: links first, then the disk, then the first records.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use evidence::{EvidenceError, Ledger, LedgerEvent, RunFolder, RunLock, StationKey, TakenUp};
use journal::{ChainValue, RunTag, Writer};
use rustix::rand::{GetRandomFlags, getrandom};
use tokio::sync::{oneshot, watch};
use trial::document::MAX_DOCUMENTS;
use trial::record::{Body, EndKind, Origin, OriginKind, RecordSource};
use trial::time::TrialTime;
use words::{Message, message};

use super::resume::{self, Unfinished};
use super::{Session, SessionError, Settings, command_queue, keeper::Keeper, origin_of, system};
use crate::clock::Clock;
use crate::control;
use crate::disk::free_bytes;
use crate::flood::Intake;
use crate::heads::{SignedRun, Signer};
use crate::limits::{DISK_RESERVE_BYTES, LINK_GRACE, UNDECLARED_TRIAL};
use crate::link::{self, Line, LinkContext};
use crate::live_criteria::LiveCriteria;
use crate::preflight::Prepared;
use crate::queue::JournalQueue;
use crate::recorder::Recorder;
use crate::red_limits::RedLimits;
use crate::sequencer::{Sequencer, sync_all, write_first};
use crate::station;
use crate::status::Observer;
use crate::witness::{WitnessQueue, WitnessThread};

/// The thread of the links and of the control socket.
#[derive(Debug)]
pub struct Links {
    thread: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

/// Open links that wait to be told to go on.
struct Opened {
    links: Links,
    go: oneshot::Sender<Started>,
    /// Why the run is not live, by the plan and by the open lines.
    not_live: Vec<Message>,
}

/// What the links' thread needs to go on once every link is open.
pub struct Started {
    contexts: Vec<LinkContext>,
    control: std::os::unix::net::UnixListener,
    commands: crossbeam::channel::Sender<control::Asked>,
    bound: oneshot::Sender<std::io::Result<()>>,
}

impl Links {
    /// Opens every link; none of them reads or sends yet.
    fn open(prepared: &Prepared) -> Result<Opened, SessionError> {
        let (stop, stopping) = watch::channel(false);
        let (opened, wait_opened) = std::sync::mpsc::channel();
        let (go, started) = oneshot::channel::<Started>();
        let plan = Arc::clone(&prepared.plan);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(system("start the links' runtime"))?;
        let work = move || {
            runtime.block_on(async move {
                let mut lines = Vec::with_capacity(plan.links.len());
                let mut not_live = Vec::new();
                for link in &plan.links {
                    match link::connect(link).await {
                        Ok(line) => {
                            not_live.extend(line.not_live().map(|why| why.message(link)));
                            lines.push(line);
                        }
                        Err(error) => return opened.send(Err(error)).unwrap_or_default(),
                    }
                }
                // Whoever waits is told; if nobody does, nothing starts.
                if opened.send(Ok(not_live)).is_ok()
                    && let Ok(started) = started.await
                {
                    run(started, lines, stopping).await;
                }
            });
        };
        let thread = std::thread::Builder::new()
            .name("links".to_owned())
            .spawn(work)
            .map_err(system("start the links' thread"))?;
        let ended = || system("open the links")(std::io::Error::other("the thread ended"));
        let mut not_live = wait_opened.recv().map_err(|_| ended())??;
        // What a path meant before it was opened counts as well as what it means since.
        let planned = prepared.not_live().into_iter();
        let planned: Vec<_> = planned.filter(|why| !not_live.contains(why)).collect();
        not_live.extend(planned);
        Ok(Opened { links: Links { thread, stop }, go, not_live })
    }

    /// Stops every link and waits for them, for a while.
    pub fn stop(self) {
        let _ = self.stop.send(true);
        let until = Instant::now() + LINK_GRACE;
        while !self.thread.is_finished() && Instant::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

async fn run(started: Started, lines: Vec<Line>, mut stopping: watch::Receiver<bool>) {
    let Started { contexts, control, commands, bound } = started;
    let control = match tokio::net::UnixListener::from_std(control) {
        Ok(listener) => {
            let _ = bound.send(Ok(()));
            tokio::spawn(control::serve(listener, commands, stopping.clone()))
        }
        Err(error) => {
            let _ = bound.send(Err(error));
            return;
        }
    };
    let links: Vec<_> = contexts
        .into_iter()
        .zip(lines)
        .map(|(context, line)| tokio::spawn(link::run(context, line)))
        .collect();
    // An error says that the sender is gone, which ends the run as well.
    let _ = stopping.wait_for(|stop| *stop).await;
    for link in links {
        let _ = tokio::time::timeout(LINK_GRACE, link).await;
    }
    // Whoever told the run to end is waiting for the answer.
    let _ = tokio::time::timeout(LINK_GRACE, control).await;
}

/// A run that has a place and an owner.
struct Place {
    folder: RunFolder,
    run: u32,
    lock: RunLock,
    /// Why the run is not live.
    not_live: Vec<Message>,
}

/// A run whose first records are durable.
struct Begun {
    clock: Clock,
    writer: Writer,
    /// Which start of the daemon for this run it is, from 0.
    boot: u16,
    last_mark: u32,
    origin: OriginKind,
    signer: Option<Signer>,
    copies: Option<WitnessQueue>,
    start_chain: ChainValue,
    control: std::os::unix::net::UnixListener,
}

fn begin(prepared: &Prepared, settings: &Settings, place: &Place) -> Result<Begun, SessionError> {
    let (folder, run, key) = (&place.folder, place.run, settings.key.as_deref());
    let control = control::bind(&folder.control_socket());
    let control = control.map_err(system("open the control socket"))?;
    let spare = settings.spare.as_ref().map(|root| folder.prepare_spare(root)).transpose()?;
    // Counted before anything is recorded: no other run of the key has this number.
    let key_run = key.map(|key| key.begin_run()).transpose().map_err(EvidenceError::from)?;
    let last_of_folder = {
        let mut ledger = Ledger::open(folder.root())?;
        let plan = prepared.documents.plan().map(|plan| journal::digest_hex(&plan.bytes));
        let event = LedgerEvent::Begin { plan: plan.unwrap_or_default() };
        let last_root = ledger.last_root();
        ledger.append(&prepared.plan.id, run, Clock::wall_now(), event, key)?;
        last_root
    };
    let clock = Clock::start();
    let by = settings.by.as_deref();
    let mut station = station::describe(by, &place.not_live, &clock);
    station.key = key.map(|key| key.public().to_hex()).unwrap_or_default();
    station.key_run = key_run.as_ref().map_or(0, |run| run.number);
    let origin = Origin {
        trial: prepared.plan.id.clone(),
        run,
        origin: origin_of(&place.not_live),
        start: clock.read().wall,
        software: evidence::SOFTWARE.to_owned(),
        previous_root: key_run.map_or(last_of_folder, |run| run.previous_root),
        station,
    };
    let tag = RunTag::new(&origin.trial, run, origin.start.0, &nonce()?);
    let mut writer = Writer::create(&folder.path(), tag)?;
    let kind = origin.origin;
    write_first(&mut writer, &first_records(prepared, origin))?;
    if let Some(spare) = spare {
        writer.set_spare(spare);
    }
    let start_chain = writer.root();
    let (mut signer, copies) = signer(&prepared.plan.id, run, settings);
    if let Some(signer) = &mut signer {
        // Durable before anything is sent or received: the plan is fixed from here on.
        signer.append(&mut writer, 0, TrialTime::ZERO, false)?;
        sync_all(&writer)?;
    }
    let (boot, last_mark, origin) = (0, 0, kind);
    Ok(Begun { clock, writer, boot, last_mark, origin, signer, copies, start_chain, control })
}

/// Goes on with an unfinished run.
fn go_on(settings: &Settings, unfinished: &Unfinished) -> Result<Begun, SessionError> {
    let folder = &unfinished.folder;
    let socket = folder.control_socket();
    // The socket of the daemon that died; whoever owns the run takes its place.
    let _ = std::fs::remove_file(&socket);
    let control = control::bind(&socket).map_err(system("open the control socket"))?;
    let spare = match (journal::spare_folder(&folder.path()), &settings.spare) {
        (Some(spare), _) => Some(spare),
        (None, Some(root)) => Some(folder.prepare_spare(root)?),
        (None, None) => None,
    };
    let (mut writer, clock, boot) = resume::go_on(unfinished, settings.by.as_deref())?;
    if let Some(spare) = spare {
        writer.set_spare(spare);
    }
    let TakenUp { origin, last_mark, .. } = &unfinished.taken;
    let (signer, copies) = signer(&origin.trial, origin.run, settings);
    let (last_mark, origin) = (*last_mark, origin.origin);
    let start_chain = unfinished.taken.start_chain;
    Ok(Begun { clock, writer, boot, last_mark, origin, signer, copies, start_chain, control })
}

/// Who signs the heads of a run, and the way to its witness.
fn signer(trial: &str, run: u32, settings: &Settings) -> (Option<Signer>, Option<WitnessQueue>) {
    let Some(key) = settings.key.clone() else { return (None, None) };
    let copies = settings.witness.as_ref().map(|_| WitnessQueue::default());
    let run = SignedRun { trial: trial.to_owned(), run, key };
    (Some(Signer::new(run, copies.as_ref().map(WitnessQueue::sender))), copies)
}

pub(super) fn start(prepared: Prepared, settings: Settings) -> Result<Session, SessionError> {
    ensure_room(&prepared, &settings)?;
    if settings.resume {
        return start_again(prepared, settings);
    }
    // Before a link is opened: an instrument may serve one connection, that of the running trial.
    RunFolder::ensure_idle(&settings.out, &prepared.plan.id)?;
    let Opened { links, go, not_live } = Links::open(&prepared)?;
    let (folder, run, lock) = RunFolder::begin_next(&settings.out, &prepared.plan.id)?;
    let place = Place { lock, folder, run, not_live };
    let folder = place.folder.clone();
    let key = settings.key.clone();
    let launched = begin(&prepared, &settings, &place)
        .and_then(|begun| launch(prepared, settings, place, begun, links, go));
    launched.inspect_err(|error| {
        // What can't be tidied up here is left for `daq recover`; the error itself matters more.
        let (now, why) = (Clock::wall_now(), error.to_string());
        let _ = evidence::give_up(&folder, now, EndKind::Failed, &why, key.as_deref());
    })
}

/// The key with which a run was begun, out of the folder of the one that was given. A run that was
/// begun without one, or whose key is not there, goes on unsigned.
fn key_of_run(
    given: Option<Arc<StationKey>>,
    origin: &Origin,
) -> Result<Option<Arc<StationKey>>, SessionError> {
    let (Some(given), Some(public)) = (given, evidence::key_of(origin)) else { return Ok(None) };
    if given.public() == public {
        return Ok(Some(given));
    }
    let found = given.folder().load_for(public).map_err(EvidenceError::from)?;
    Ok(found.map(Arc::new))
}

/// Goes on with the unfinished run of the plan. Whatever goes wrong, it stays as it is.
fn start_again(prepared: Prepared, mut settings: Settings) -> Result<Session, SessionError> {
    let unfinished = resume::find(&prepared, &settings.out)?;
    let Opened { links, go, not_live } = Links::open(&prepared)?;
    resume::ensure_as_live(&unfinished.taken, &not_live)?;
    settings.key = key_of_run(settings.key, &unfinished.taken.origin)?;
    let begun = go_on(&settings, &unfinished)?;
    let Unfinished { folder, lock, taken } = unfinished;
    let place = Place { folder, run: taken.origin.run, lock, not_live };
    launch(prepared, settings, place, begun, links, go)
}

fn launch(
    prepared: Prepared,
    settings: Settings,
    place: Place,
    begun: Begun,
    links: Links,
    go: oneshot::Sender<Started>,
) -> Result<Session, SessionError> {
    let Place { folder, run, lock, not_live } = place;
    let Begun { clock, writer, boot, last_mark, origin, signer, copies, start_chain, control } =
        begun;
    let (queue, drafts) = JournalQueue::new();
    let sequencer = Sequencer::start(writer, boot, clock, drafts, signer)
        .map_err(system("start the journal's threads"))?;
    let witness = start_witness(copies, &settings, &sequencer, clock, &queue)?;
    let (observer, status) = Observer::new();
    let recorder = Recorder::start(&folder, sequencer.progress(), observer, settings.key.clone())
        .map_err(system("start the recorder's thread"))?;
    let red_limits = RedLimits::start(&prepared.plan, &folder, sequencer.progress())
        .map_err(system("start the thread of the red limits"))?;
    let criteria = LiveCriteria::start(&prepared.plan, &folder, sequencer.progress())
        .map_err(system("start the thread of the criteria"))?;
    let keeper = Keeper::start(&clock, &queue, last_mark);
    let (asking, commands) = command_queue();
    let live = origin == OriginKind::Live;
    let contexts = contexts(&prepared, clock, &queue, live, &links);
    let (bound, wait_bound) = oneshot::channel();
    // If the thread is gone, the answer below does not come either.
    let _ = go.send(Started { contexts, control, commands: asking.clone(), bound });
    let ended = |_| std::io::Error::other("the links' thread ended");
    let answer = wait_bound.blocking_recv().map_err(ended).and_then(|bound| bound);
    answer.map_err(system("serve the control socket"))?;
    Ok(Session {
        prepared,
        settings,
        folder,
        run,
        _lock: lock,
        clock,
        queue,
        sequencer,
        recorder,
        red_limits,
        criteria,
        alarms: Vec::new(),
        trouble: None,
        links,
        status,
        commands,
        asking,
        keeper,
        not_live,
        origin,
        witness,
        start_chain,
    })
}

/// Starts the copying of signed heads, if a witness was named.
fn start_witness(
    copies: Option<WitnessQueue>,
    settings: &Settings,
    sequencer: &Sequencer,
    clock: Clock,
    queue: &JournalQueue,
) -> Result<Option<WitnessThread>, SessionError> {
    let (Some(copies), Some(folder)) = (copies, settings.witness.clone()) else { return Ok(None) };
    let thread = copies.start(folder, sequencer.progress(), clock, queue.clone());
    thread.map(Some).map_err(system("start the thread of the witness"))
}

/// What each link needs to go on.
fn contexts(
    prepared: &Prepared,
    clock: Clock,
    queue: &JournalQueue,
    live: bool,
    links: &Links,
) -> Vec<LinkContext> {
    let planned = prepared.plan.links.iter().enumerate();
    let context = |(index, link)| LinkContext {
        plan: Arc::clone(&prepared.plan),
        requests: Arc::clone(&prepared.requests),
        index,
        clock,
        queue: queue.clone(),
        intake: Intake::new(link, RecordSource::link(index), queue.clone()),
        live,
        stop: links.stop.subscribe(),
    };
    planned.map(context).collect()
}

/// A number that nobody can know before.
fn nonce() -> Result<[u8; 16], SessionError> {
    let mut nonce = [0; 16];
    // Up to 256 bytes come whole or not at all (getrandom(2)).
    getrandom(&mut nonce[..], GetRandomFlags::empty())
        .map_err(|error| system("take a random number")(error.into()))?;
    Ok(nonce)
}

fn first_records(prepared: &Prepared, origin: Origin) -> Vec<Body<'static>> {
    let documents = prepared.documents.documents.iter().take(MAX_DOCUMENTS);
    let mut bodies = vec![Body::Origin(origin)];
    bodies.extend(documents.map(|document| Body::Document(document.clone())));
    bodies.push(Body::RequestPlan((*prepared.requests).clone()));
    bodies
}

/// Refuses a start for which the disk has no room.
fn ensure_room(prepared: &Prepared, settings: &Settings) -> Result<(), SessionError> {
    let time = settings.length.unwrap_or(UNDECLARED_TRIAL);
    let needed = prepared.estimated_bytes(time).saturating_add(DISK_RESERVE_BYTES);
    let existing = settings.out.ancestors().find(|path| path.exists()).unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    let free = free_bytes(existing).map_err(system("look at the free room on the disk"))?;
    if free >= needed {
        return Ok(());
    }
    Err(SessionError::Refused(message!(
        "run-disk-too-full",
        folder = words::printable(&settings.out.display().to_string()),
        free = free >> 20,
        needed = needed >> 20,
        minutes = time.as_secs() / 60,
    )))
}
