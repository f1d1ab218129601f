//! `daq run`: a trial from its plan to its file.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crossbeam::channel::Sender;
use evidence::Built;
use evidence::signature::short_fingerprint;
use serde::Serialize;
use trial::record::{End, EndKind, OriginKind};
use words::{Language, message, text};

use super::key::Signing;
use super::recover::recover_leftovers;
use super::site_time::SiteTime;
use super::{Failure, Format, Outcome, findings, print_json, render};
use crate::cli::out::{self, Apart, err, errln, out, outln};
use crate::control::{Asked, Command};
use crate::disk::free_bytes;
use crate::limits::{MAX_COMMAND_BYTES, STATUS_PERIOD};
use crate::preflight::{Prepared, prepare};
use crate::session::{Session, SessionError, Settings, Snapshot};

/// How often a line of status is printed where nothing can be redrawn.
const PLAIN_STATUS_PERIODS: u32 = 10;

pub(super) fn run(
    plan: &Path,
    settings: Settings,
    signing: &Signing,
    format: Format,
    language: Language,
) -> Outcome {
    let prepared =
        prepare(plan).map_err(|error| Failure::bad_input(error.in_language(language)))?;
    check_witness(&settings, language)?;
    // From here on until the file is finished nothing waits for a reader.
    let apart = Apart::begin();
    if !settings.resume {
        recover_leftovers(&settings.out, signing, language);
    }
    let session = start(prepared, settings, language)?;
    let signals = watch_signals(&session)?;
    if std::io::stdin().is_terminal() || format == Format::Text {
        read_terminal(session.commands(), session.operator());
    }
    let built = tend(session, &signals, format, language, &mut |_| None)?;
    drop(apart);
    conclude(&built, format, language)
}

/// Refuses a witness that can't get anything, before anything is recorded.
fn check_witness(settings: &Settings, language: Language) -> Result<(), Failure> {
    let Some(folder) = &settings.witness else { return Ok(()) };
    if settings.key.is_none() {
        return Err(Failure::bad_input(text(language, "run-witness-no-key")));
    }
    if folder.is_dir() {
        return Ok(());
    }
    let folder = words::printable(&folder.display().to_string());
    let message = message!("run-witness-no-folder", folder = folder);
    Err(Failure::bad_input(message.in_language(language)))
}

/// Starts a run, or says why not.
pub(super) fn start(
    prepared: Prepared,
    settings: Settings,
    language: Language,
) -> Result<Session, Failure> {
    Session::start(prepared, settings).map_err(|error| {
        let code = if error.is_refusal() { 2 } else { 1 };
        Failure { code, text: error.in_language(language) }
    })
}

/// Counts signals that ask for an end. At the second one the process leaves at once: its journal
/// can be recovered, and the line that does it is printed.
pub(super) fn watch_signals(session: &Session) -> Result<Arc<AtomicU32>, Failure> {
    let count = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&count);
    let root = session.folder().root().to_owned();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::trouble)?;
    let ignores_hangup = ignores_hangup();
    let watch = move || {
        runtime.block_on(async move {
            use tokio::signal::unix::{SignalKind, signal};
            let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
            let [Ok(mut interrupt), Ok(mut terminate)] = kinds.map(signal) else {
                return;
            };
            // Taking a signal ends that it is ignored.
            let mut hangup = match ignores_hangup {
                true => None,
                false => signal(SignalKind::hangup()).ok(),
            };
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = next_of(&mut hangup) => {}
                }
                if seen.fetch_add(1, Ordering::AcqRel) > 0 {
                    errln!("daq recover {}", words::printable(&root.display().to_string()));
                    out::settle();
                    std::process::exit(1);
                }
            }
        });
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)
        .map_err(Failure::trouble)?;
    Ok(count)
}

/// Whether this process was started so that it outlives its terminal, as by nohup(1).
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is that of signal 1, SIGHUP (proc(5)).
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

/// Waits for the next signal; for ever where it is not taken.
async fn next_of(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Reads marks from the terminal: Enter or `m`, `m TEXT`. Ends with the input.
fn read_terminal(commands: Sender<Asked>, by: String) {
    let read = move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = String::new();
            let mut capped = std::io::Read::take(&mut input, MAX_COMMAND_BYTES);
            match capped.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let Some(text) = mark_text(line.trim()) else {
                errln!("Enter | m | m TEXT");
                continue;
            };
            let command = Command::Mark {
                text: text.to_owned(),
                uncertainty_ns: None,
                corrects: None,
                retracts: false,
                why: String::new(),
            };
            let (reply, answered) = crossbeam::channel::bounded(1);
            if commands.send(Asked { command, reply, by: by.clone() }).is_err() {
                return;
            }
            if let Ok(reply) = answered.recv_timeout(Duration::from_secs(5)) {
                match (reply.mark, reply.why) {
                    (Some(number), _) => errln!("✓ {number} {}", words::printable(text)),
                    (None, why) => errln!("✗ {}", why.unwrap_or_default()),
                }
            }
        }
    };
    // Without this thread marks can still be set through `daq mark`.
    let _ = std::thread::Builder::new().name("terminal".to_owned()).spawn(read);
}

/// The text of a mark as typed; `None` if the line is no mark.
fn mark_text(line: &str) -> Option<&str> {
    match line {
        "" | "m" => Some(""),
        line => line.strip_prefix("m ").map(str::trim),
    }
}

/// Watches a run to its end and finishes it. `each` is called between looks and may end it.
pub(super) fn tend(
    mut session: Session,
    signals: &AtomicU32,
    format: Format,
    language: Language,
    each: &mut dyn FnMut(&Session) -> Option<End>,
) -> Result<Built, Failure> {
    let mut shower = Shower::new(&session, format, language);
    let end = loop {
        if signals.load(Ordering::Acquire) > 0 {
            break End::new(EndKind::Signal, "");
        }
        let ended = session.tend(Duration::from_millis(50));
        shower.alarm(&session.take_alarms());
        if let Some(end) = ended {
            break end;
        }
        if let Some(end) = each(&session) {
            break end;
        }
        shower.show(&session);
    };
    let failed = (end.kind == EndKind::Failed)
        .then(|| session.trouble(language).unwrap_or_else(|| end.reason.clone()));
    shower.last(&session);
    let (root, needed) = (session.folder().root().to_owned(), session.bytes_to_finish());
    let built = session.finish(end).map_err(|error| unfinished(&error, &root, needed, language))?;
    match failed {
        Some(reason) => {
            let file = words::printable(&built.path.display().to_string());
            let failed = message!("run-failed", why = reason, file = file);
            Err(Failure::trouble(failed.in_language(language)))
        }
        None => Ok(built),
    }
}

/// Tells of a run whose file could not be finished, and how to get it: with room on the disk and
/// `daq recover`.
fn unfinished(error: &SessionError, root: &Path, needed: u64, language: Language) -> Failure {
    let folder = words::printable(&root.display().to_string());
    let mut text = error.in_language(language);
    // Where the system does not tell how much is free, the error alone must do.
    if let Ok(free) = free_bytes(root)
        && free < needed
    {
        let (free, needed) = (free >> 20, needed >> 20);
        let room = message!("run-make-room", folder = folder, free = free, needed = needed);
        text += &format!("\n{}", room.in_language(language));
    }
    let hint = message!("run-recover-hint", folder = folder);
    Failure::trouble(format!("{text}\n{}", hint.in_language(language)))
}

/// What is printed at the end of a run for a program.
#[derive(Serialize)]
pub(super) struct Finished<'a> {
    file: String,
    origin: OriginKind,
    not_live: &'a [String],
    sealed: bool,
    /// The key that sealed it.
    key: Option<&'a str>,
    root: String,
    root_fingerprint: String,
    conclusion: &'a trial::finding::Conclusion,
    findings: &'a [trial::finding::Finding],
}

impl<'a> Finished<'a> {
    /// What is printed of a finished file.
    pub(super) fn of(built: &'a Built) -> Finished<'a> {
        let root = built.seal.journal_root;
        Finished {
            file: words::printable(&built.path.display().to_string()),
            origin: built.origin.origin,
            not_live: &built.origin.station.not_live,
            sealed: built.is_sealed(),
            key: Some(built.origin.station.key.as_str()).filter(|_| built.is_sealed()),
            root: journal::ChainValue(root).to_hex(),
            root_fingerprint: short_fingerprint(&root),
            conclusion: &built.findings.conclusion,
            findings: &built.findings.findings,
        }
    }
}

/// Prints the result of a run and returns the exit code.
pub(super) fn conclude(built: &Built, format: Format, language: Language) -> Outcome {
    match format {
        Format::Json => {
            print_json(&Finished::of(built))?;
        }
        Format::Text => show_built(built, language),
    }
    Ok(verdict::exit_code(&built.findings))
}

/// Shows a finished file: what was found, where it is, and how it can be known again.
pub(super) fn show_built(built: &Built, language: Language) {
    let file = words::printable(&built.path.display().to_string());
    out!("{}", render::origin(&built.origin, language));
    // The file was written a moment ago; if it can't be read, wall times are missing, no verdict.
    let site = trialfile::TrialFile::open_own(&built.path).ok();
    let site = site.map(|trial| SiteTime::new(&trial));
    out!("{}", findings::shown(&built.findings, site.as_ref(), language));
    outln!("{} {file}", text(language, "run-file"));
    let digits = short_fingerprint(&built.seal.journal_root);
    outln!("{}", message!("run-root-fingerprint", digits = digits).in_language(language));
    outln!("{}", render::seal(built.seal.state, language));
}

/// Shows status: redrawn on a terminal, a line now and then elsewhere, JSON lines for a program.
struct Shower {
    format: Format,
    language: Language,
    redraws: bool,
    lines: usize,
    periods: u32,
    next: std::time::Instant,
    before: Option<Snapshot>,
}

impl Shower {
    fn new(session: &Session, format: Format, language: Language) -> Shower {
        let redraws = format == Format::Text && std::io::stderr().is_terminal();
        if format == Format::Text {
            errln!("{}", render::started(session, language));
        } else if session.key().is_none() {
            errln!("{}", text(language, "run-unsealed"));
        }
        let next = std::time::Instant::now();
        Shower { format, language, redraws, lines: 0, periods: 0, next, before: None }
    }

    fn show(&mut self, session: &Session) {
        if std::time::Instant::now() < self.next {
            return;
        }
        self.next += STATUS_PERIOD;
        self.periods += 1;
        if self.redraws || self.format == Format::Json || self.periods % PLAIN_STATUS_PERIODS == 1 {
            self.print(session);
        }
    }

    /// Tells of red limits at once, on lines that stay.
    fn alarm(&mut self, alarms: &[String]) {
        for alarm in alarms {
            if self.redraws && self.lines > 0 {
                err!("\x1b[{}F\x1b[J", self.lines);
                self.lines = 0;
            }
            let crossed = message!("run-red-limit", text = words::printable(alarm));
            errln!("{}", crossed.in_language(self.language));
        }
    }

    fn last(&mut self, session: &Session) {
        self.print(session);
    }

    fn print(&mut self, session: &Session) {
        let snapshot = session.snapshot();
        if self.format == Format::Json {
            // One line an object, at once: another process reads along.
            if let Ok(line) = serde_json::to_string(&snapshot) {
                outln!("{}", words::printable_json(&line));
            }
            return;
        }
        let shown =
            render::status(session, &snapshot, self.before.as_ref(), self.language, self.redraws);
        if self.redraws && self.lines > 0 {
            err!("\x1b[{}F\x1b[J", self.lines);
        }
        self.lines = shown.lines().count();
        err!("{shown}");
        self.before = Some(snapshot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_typed_with_or_without_a_text() {
        assert_eq!(mark_text(""), Some(""));
        assert_eq!(mark_text("m"), Some(""));
        assert_eq!(mark_text("m primer-on"), Some("primer-on"));
        assert_eq!(mark_text("quit"), None);
    }
}
