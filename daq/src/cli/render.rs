//! Texts for people: a file's head, a running trial's status.

use std::fmt::Write as _;

use evidence::PublicKey;
use trial::channel::Quality;
use trial::finding::{FindingKind, Verdict};
use trial::record::{EndKind, EventKind, Origin, OriginKind};
use trial::recording::{GapCause, Recording as _};
use trialfile::{SealState, TrialFile};
use words::{Language, Message, message, text};

use super::findings;
use crate::limits::SYNC_SLOW;
use crate::live_criteria::CriteriaStatus;
use crate::session::{Session, Snapshot};
use crate::status::{Counts, DeviceStatus, Named};

/// The word for how a recording came to be.
pub fn origin_word(origin: OriginKind, language: Language) -> String {
    match origin {
        OriginKind::Live => text(language, "origin-live"),
        OriginKind::Simulated => text(language, "origin-simulated"),
        OriginKind::Replayed => text(language, "origin-replayed"),
        OriginKind::Imported => text(language, "origin-imported"),
    }
}

/// The lines that stand on every page of a recording that is not live, with the reasons; nothing
/// for a live one.
pub fn not_live(origin: OriginKind, reasons: &[String], language: Language) -> String {
    if origin == OriginKind::Live {
        return String::new();
    }
    let word = origin_word(origin, language);
    let mut out = message!("not-live", origin = word).in_language(language) + "\n";
    for reason in reasons {
        let _ = writeln!(out, "  {}", words::printable(reason));
    }
    out
}

/// [`not_live`] of a recording: the reasons are as its first record tells them.
pub fn origin(origin: &Origin, language: Language) -> String {
    not_live(origin.origin, &origin.station.not_live, language)
}

/// The word for how a run ended.
pub fn end_word(kind: EndKind) -> Message {
    match kind {
        EndKind::Ended => message!("audit-ended"),
        EndKind::TimeOver => message!("audit-time-over"),
        EndKind::Signal => message!("audit-signal"),
        EndKind::RedLimit => message!("audit-red-limit"),
        EndKind::Aborted => message!("audit-aborted"),
        EndKind::Crashed => message!("audit-crashed"),
        EndKind::Failed => message!("audit-failed"),
    }
}

/// The head of a trial file.
pub fn head(trial: &TrialFile, language: Language) -> String {
    let (plan, head) = (trial.plan(), trial.head());
    let origin = origin_word(head.origin.origin, language);
    let end = match &head.end {
        Some(end) => {
            end_word(end.kind).in_language(language) + " " + &words::printable(&end.reason)
        }
        None => String::new(),
    };
    self::origin(&head.origin, language)
        + &message!(
            "info-head",
            trial = head.origin.trial,
            run = head.origin.run,
            title = plan.title.in_language(language),
            origin = origin,
            start = head.origin.start.in_zone(&plan.zone),
            seconds = format!("{:.1}", head.span.seconds()),
            software = words::printable(&head.origin.software),
            end = end.trim_end(),
            gaps = trial.gaps().len(),
            marks = trial.marks().len(),
            events = trial.events().len(),
        )
        .in_language(language)
        + "\n"
}

/// The counts of a trial file.
pub fn accounting(trial: &TrialFile, language: Language) -> String {
    let mut out = String::new();
    let plan = trial.plan();
    for (device, account) in plan.devices.iter().zip(&trial.accounting().devices) {
        if account.requested > 0 {
            let message = message!(
                "info-device",
                device = device.id,
                requested = account.requested,
                answered = account.answered,
                refused = account.refused,
                missed = account.missed,
            );
            let _ = writeln!(out, "{}", message.in_language(language));
        }
    }
    for (link, account) in plan.links.iter().zip(&trial.accounting().links) {
        let message = message!(
            "info-link",
            link = link.id,
            received = account.received,
            framed = account.framed,
            skipped = account.skipped,
            discarded = account.discarded,
            sent = account.sent,
            pairs = account.frames.pairs,
            unanswered = account.frames.unanswered,
            orphans = account.frames.orphans,
            stream = account.frames.stream,
            writes = account.frames.writes,
            unmapped = account.frames.unmapped_registers,
        );
        let _ = writeln!(out, "{}", message.in_language(language));
    }
    out
}

/// What is said when a run starts.
pub fn started(session: &Session, language: Language) -> String {
    let folder = words::printable(&session.folder().path().display().to_string());
    let plan = &session.prepared().plan;
    let reasons: Vec<String> =
        session.not_live().iter().map(|why| why.in_language(language)).collect();
    let started =
        message!("run-started", trial = plan.id, run = session.run_number(), folder = folder);
    let signed = match session.key() {
        Some(key) => {
            message!("run-signed", name = key.name(), digits = key.public().fingerprint())
        }
        None => message!("run-unsealed"),
    };
    let fingerprint = message!("run-start-fingerprint", digits = session.start_fingerprint());
    let lines = [started, signed, fingerprint].map(|line| line.in_language(language));
    not_live(session.origin(), &reasons, language) + &lines.join("\n")
}

/// Whether a file is sealed, in a line.
pub fn seal(state: SealState, language: Language) -> String {
    let message = match state {
        SealState::Unsealed => message!("seal-state-none"),
        SealState::Sealed { key, .. } => match PublicKey::from_bytes(key) {
            Some(key) => message!("seal-state", digits = key.fingerprint()),
            None => message!("seal-state-no-key"),
        },
    };
    message.in_language(language)
}

/// Status of a running trial: every device on a terminal, elsewhere those with trouble.
pub fn status(
    session: &Session,
    now: &Snapshot,
    before: Option<&Snapshot>,
    language: Language,
    whole: bool,
) -> String {
    let lag = now.written.saturating_sub(now.recorded);
    let mut out = match now.origin {
        OriginKind::Live => String::new(),
        origin => origin_word(origin, language) + " · ",
    };
    out += &message!(
        "status-line",
        seconds = format!("{:.1}", now.seconds),
        written = now.written,
        safe = now.acknowledged,
        unsafe = now.written.saturating_sub(now.acknowledged),
        lag = lag,
        megabytes = format!("{:.1}", now.bytes as f64 / 1e6),
        queue = now.queue_high_water,
    )
    .in_language(language);
    out.push('\n');
    if now.syncing_seconds >= SYNC_SLOW.as_secs_f64() {
        let seconds = format!("{:.1}", now.syncing_seconds);
        let line = message!("status-disk-slow", seconds = seconds);
        let _ = writeln!(out, "{}", line.in_language(language));
    }
    let passed = before.map_or(now.seconds, |before| now.seconds - before.seconds).max(1e-3);
    for (index, device) in now.recording.devices.iter().enumerate() {
        let earlier = before
            .and_then(|before| before.recording.devices.get(index))
            .map_or(0, |device| device.rows);
        let rate = (device.rows - earlier.min(device.rows)) as f64 / passed;
        let id = session.prepared().plan.devices.get(index).map_or("", |device| device.id.as_str());
        if whole || !device.gaps.is_empty() || !device.not_good.is_empty() {
            let _ = writeln!(out, "{}", device_line(id, device, rate, language));
        }
    }
    for (link, status) in session.prepared().plan.links.iter().zip(&now.recording.links) {
        if !status.up {
            let why = words::printable(&status.why);
            let line =
                message!("status-link-down", link = link.id, count = status.downs, why = why);
            let _ = writeln!(out, "{}", line.in_language(language));
        }
    }
    if let Some(events) = counted(&now.recording.events, EventKind::message, language) {
        let _ =
            writeln!(out, "{}", message!("status-events", events = events).in_language(language));
    }
    out += &criteria(&now.criteria, language, whole);
    for event in now.recording.recent.iter().filter(|_| whole) {
        let (seconds, text) = (format!("{:.1}", event.seconds), words::printable(&event.text));
        let line = message!("status-recent", seconds = seconds, text = text);
        let _ = writeln!(out, "{}", line.in_language(language));
    }
    out
}

/// What stands of the criteria: how many, and on a terminal those that are not met.
fn criteria(status: &CriteriaStatus, language: Language, whole: bool) -> String {
    if let Some(why) = &status.trouble {
        let line = message!("status-criteria-trouble", why = words::printable(why));
        return line.in_language(language) + "\n";
    }
    let Some(as_of) = status.as_of else { return String::new() };
    let fails = |verdict| matches!(verdict, Verdict::Fail | Verdict::ConditionalFail);
    let count = |wanted: &dyn Fn(Verdict) -> bool| {
        let criteria = status.criteria.iter();
        criteria.filter(|one| one.kind == FindingKind::Criterion && wanted(one.verdict)).count()
    };
    let unsafe_note =
        if status.safe { String::new() } else { text(language, "status-criteria-unsafe") };
    let line = message!(
        "status-criteria",
        seconds = format!("{as_of:.1}"),
        met = count(&|verdict| matches!(verdict, Verdict::Pass | Verdict::ConditionalPass)),
        failed = count(&fails),
        undecided = count(&|verdict| matches!(verdict, Verdict::Inconclusive | Verdict::Error)),
        waiting = count(&|verdict| matches!(verdict, Verdict::NotExercised | Verdict::NotTested)),
        unsafe = unsafe_note,
    );
    let mut out = line.in_language(language) + "\n";
    for one in status.criteria.iter().filter(|one| whole && fails(one.verdict)) {
        let line = message!(
            "status-criterion",
            verdict = findings::verdict_word(one.verdict, language),
            title = one.title.in_language(language),
            margin =
                one.margin.map(|margin| findings::margin_text(&margin, None)).unwrap_or_default(),
        );
        let _ = writeln!(out, "{}", line.in_language(language).trim_end());
    }
    out
}

fn device_line(id: &str, device: &DeviceStatus, rate: f64, language: Language) -> String {
    let mut line = message!(
        "status-device",
        device = format!("{id:<14}"),
        rate = format!("{rate:>7.1}"),
        latency = format!("{:>7.2}", f64::from(device.last_uncertainty_ns) * 2.0 / 1e6),
        gaps = counted(&device.gaps, GapCause::message, language).unwrap_or("0".to_owned()),
    )
    .in_language(language);
    if let Some(values) = counted(&device.not_good, Quality::message, language) {
        line += &message!("status-values", values = values).in_language(language);
    }
    line
}

/// Causes with their counts, `no answer in time 3, link down 1`; `None` if nothing was counted.
pub fn counted<T: Named>(
    counts: &Counts<T>,
    word: fn(T) -> Message,
    language: Language,
) -> Option<String> {
    let told: Vec<String> = counts
        .iter()
        .map(|(cause, count)| format!("{} {count}", word(cause).in_language(language)))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}
