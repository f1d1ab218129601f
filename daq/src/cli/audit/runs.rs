//! Every run of an output folder, those that were given up or never ended among them.
//!
//! Invariants:
//! - Whatever is in the ledger is told, whether its file is still there or not; so is every file
//!   and every folder of a run that the ledger does not know.
//! - Nothing is written: a folder without a ledger gets none.

use std::collections::BTreeMap;
use std::path::Path;

use evidence::{EvidenceError, Ledger, LedgerEvent, RunFolder};
use serde::Serialize;
use trial::record::EndKind;
use trial::time::WallTime;
use words::{Message, message};

/// Name of the ledger in an output folder.
pub const LEDGER: &str = "runs.ledger";

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It ended.
    Ended,
    /// It goes on.
    Running,
    /// It began, and its end was never recorded.
    Unfinished,
    /// There are files of it, but the ledger does not know it.
    NotInLedger,
}

impl Fate {
    /// The words for it.
    pub fn message(self) -> Message {
        match self {
            Fate::Ended => message!("audit-run-ended"),
            Fate::Running => message!("audit-run-running"),
            Fate::Unfinished => message!("audit-run-unfinished"),
            Fate::NotInLedger => message!("audit-run-not-in-ledger"),
        }
    }
}

/// One run, for a program.
#[derive(Debug, Clone, Serialize)]
pub struct RunRow {
    /// Trial.
    pub trial: String,
    /// Run.
    pub run: u32,
    /// What became of it.
    pub fate: Fate,
    /// When it began, in UTC.
    pub begun: Option<String>,
    /// When it ended, in UTC.
    pub ended: Option<String>,
    /// How it ended.
    pub end: Option<EndKind>,
    /// Why.
    pub reason: String,
    /// Root of its journal; empty if it left no trial file.
    pub root: String,
    /// Its file, if that is in the folder.
    pub file: Option<String>,
    /// Whether a file must be there and is not.
    pub file_missing: bool,
}

impl RunRow {
    fn new(trial: &str, run: u32) -> RunRow {
        RunRow {
            trial: trial.to_owned(),
            run,
            fate: Fate::NotInLedger,
            begun: None,
            ended: None,
            end: None,
            reason: String::new(),
            root: String::new(),
            file: None,
            file_missing: false,
        }
    }
}

/// Every run of an output folder, by trial and number.
///
/// # Errors
/// The folder or its ledger can't be read, or the ledger is damaged.
pub fn list(root: &Path) -> Result<Vec<RunRow>, EvidenceError> {
    let mut runs: BTreeMap<(String, u32), RunRow> = BTreeMap::new();
    if root.join(LEDGER).is_file() {
        let ledger = Ledger::open(root)?;
        for entry in ledger.entries() {
            let key = (entry.trial.clone(), entry.run);
            let row = runs.entry(key).or_insert_with(|| RunRow::new(&entry.trial, entry.run));
            tell(row, &entry.event, entry.at);
        }
    }
    for name in names(root)? {
        if let Some((trial, run)) = trial_and_run(&name) {
            let row = runs.entry((trial.to_owned(), run));
            row.or_insert_with(|| RunRow::new(trial, run));
        }
    }
    let mut rows: Vec<RunRow> = runs.into_values().collect();
    for row in &mut rows {
        look(row, root);
    }
    Ok(rows)
}

fn tell(row: &mut RunRow, event: &LedgerEvent, at: WallTime) {
    match event {
        LedgerEvent::Begin { .. } => {
            row.begun = Some(at.to_rfc3339());
            if row.fate != Fate::Ended {
                row.fate = Fate::Unfinished;
            }
        }
        LedgerEvent::End { kind, reason, root, .. } => {
            row.fate = Fate::Ended;
            row.ended = Some(at.to_rfc3339());
            row.end = Some(*kind);
            row.reason.clone_from(reason);
            row.root.clone_from(root);
        }
    }
}

/// What the folder itself says of a run.
fn look(row: &mut RunRow, root: &Path) {
    let name = format!("{}-r{:02}", row.trial, row.run);
    let file = root.join(format!("{name}.h5"));
    if file.is_file() {
        row.file = Some(file.display().to_string());
    } else {
        row.file_missing = row.fate == Fate::Ended && !row.root.is_empty();
    }
    let unfinished = row.fate == Fate::Unfinished && root.join(format!("{name}.run")).is_dir();
    if unfinished
        && matches!(RunFolder::ensure_idle(root, &row.trial), Err(EvidenceError::Locked { .. }))
    {
        row.fate = Fate::Running;
    }
}

/// Names of the files and folders of runs, without their endings.
fn names(root: &Path) -> Result<Vec<String>, EvidenceError> {
    let failed = |source| EvidenceError::Io { doing: "read", path: root.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_str().unwrap_or_default();
        let of_run = name.strip_suffix(".h5").or_else(|| name.strip_suffix(".run"));
        names.extend(of_run.map(str::to_owned));
    }
    Ok(names)
}

fn trial_and_run(name: &str) -> Option<(&str, u32)> {
    let (trial, run) = name.rsplit_once("-r")?;
    Some((trial, run.parse().ok()?))
}
