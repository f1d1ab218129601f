//! Import: from the file of another logger to a trial file of its own.
//!
//! The lines of the file are the bytes of one link, and are journalled as they are: the samples are
//! derived from them by the fold of every other run. What stands before the first row is a document.
//! Both together are the file, byte for byte; of a Parquet file they are its rows as text.
//!
//! Invariants:
//! - The file is read twice: at first to check it, while nothing is written. What is refused leaves
//!   nothing behind.
//! - A row never lies before the one before it.
//! - Memory does not grow with the file.

mod lines;
mod parquet;
mod rows;
mod write;

use std::path::Path;

use trial::document::{Document, DocumentError, DocumentRole, DocumentSet, Source};
use trial::plan::{FileFormat, Import, ImportForm, Plan, import_form};
use trial::record::{EndKind, Station};
use trial::time::WallTime;
use words::{Language, Message, message};

use crate::{Built, EvidenceError, KeyError, RunFolder, StationKey};
use lines::Lines;
use rows::{Rows, Survey};

pub use lines::FileDigests;

/// What is imported, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct ImportOrder<'a> {
    /// The plan and its scenario.
    pub documents: &'a DocumentSet,
    /// The file.
    pub data: &'a Path,
    /// Output folder.
    pub out: &'a Path,
    /// The key that signs; `None` leaves the file unsealed.
    pub key: Option<&'a StationKey>,
    /// Who imports, and where; its key and its reasons are filled in here.
    pub station: &'a Station,
    /// What the clock shows, for the ledger.
    pub now: WallTime,
}

/// What an import came to.
#[derive(Debug)]
pub struct Imported {
    /// The finished trial file.
    pub built: Built,
    /// Rows.
    pub rows: u64,
    /// Lines that were neither rows nor blank nor comments.
    pub damaged: u64,
    /// The first of them; of a Parquet file no line is.
    pub first_damaged: Option<u64>,
    /// Whether the last line has no end; it is among the damaged ones.
    pub unfinished: bool,
    /// Time from the first row to the last, in nanoseconds.
    pub length_ns: i64,
    /// The file.
    pub digests: FileDigests,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The plan is refused.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The file is refused.
    #[error(transparent)]
    Data(#[from] Fault),
    /// The trial file could not be made.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

impl From<journal::JournalError> for ImportError {
    fn from(error: journal::JournalError) -> ImportError {
        ImportError::Evidence(error.into())
    }
}

impl From<KeyError> for ImportError {
    fn from(error: KeyError) -> ImportError {
        ImportError::Evidence(error.into())
    }
}

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.in_language(Language::English))]
pub struct Fault(DocumentError);

impl Fault {
    fn new(file: &Path, line: Option<u64>, message: Message) -> Fault {
        let line = line.and_then(|line| usize::try_from(line).ok());
        Fault(DocumentError { document: file.display().to_string(), line, message })
    }
}

impl ImportError {
    /// The text in `language`.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            ImportError::Document(error) | ImportError::Data(Fault(error)) => {
                error.in_language(language)
            }
            ImportError::Evidence(error) => error.in_language(language),
        }
    }

    /// Whether the user's documents, file or surroundings are to blame.
    pub fn is_refusal(&self) -> bool {
        match self {
            ImportError::Document(_) | ImportError::Data(_) => true,
            ImportError::Evidence(EvidenceError::Key(key)) => !matches!(key, KeyError::Io { .. }),
            ImportError::Evidence(error) => {
                matches!(error, EvidenceError::Locked { .. } | EvidenceError::Link(_))
            }
        }
    }
}

/// A file that was read once and is in order.
struct Checked {
    documents: DocumentSet,
    plan: Plan,
    import: Import,
    survey: Survey,
    digests: FileDigests,
}

/// Imports a file. Nothing existing is overwritten: the trial file is that of the next run of the
/// plan's trial.
///
/// # Errors
/// The plan or the file is refused, and nothing is left behind; or the trial file could not be
/// made, and the ledger says so.
pub fn import(order: ImportOrder<'_>) -> Result<Imported, ImportError> {
    let checked = check(order)?;
    RunFolder::ensure_idle(order.out, &checked.plan.id)?;
    let (folder, run, _lock) = RunFolder::begin_next(order.out, &checked.plan.id)?;
    let built = write::write(order, &checked, &folder, run).inspect_err(|error| {
        // What can't be tidied up here is left for `daq recover`; the error itself matters more.
        let why = error.to_string();
        let _ = crate::give_up(&folder, order.now, EndKind::Failed, &why, order.key);
    })?;
    let Survey { rows, damaged, first_damaged, unfinished, first, last } = checked.survey;
    let length_ns = last.0.saturating_sub(first.0);
    let digests = checked.digests;
    Ok(Imported { built, rows, damaged, first_damaged, unfinished, length_ns, digests })
}

/// Reads the whole file once.
fn check(order: ImportOrder<'_>) -> Result<Checked, ImportError> {
    let (lines, head, form) = open(order)?;
    let mut documents = order.documents.clone();
    // A document without a byte says nothing, but that there is a file.
    if !head.is_empty() || form.header_lines > 0 {
        let name = order.data.file_name().unwrap_or_default().to_string_lossy().into_owned();
        documents.documents.push(Document { role: DocumentRole::Head, name, bytes: head });
    }
    let plan = Plan::resolve(&documents)?;
    let import = plan.import.clone().ok_or_else(|| not_a_plan(order))?;
    let mut rows = Rows::new(&import, order.data);
    let mut lines = lines;
    let mut line = Vec::new();
    while lines.next(&mut line)? {
        rows.take(&line)?;
    }
    let survey = rows.finish()?;
    let digests = lines.finish()?;
    Ok(Checked { documents, plan, import, survey, digests })
}

/// Opens the file behind its beginning, which is returned beside it.
fn open(order: ImportOrder<'_>) -> Result<(Lines, Vec<u8>, ImportForm), ImportError> {
    let plan = order.documents.plan().ok_or_else(|| not_a_plan(order))?;
    let form = import_form(Source::new(&plan.name, &plan.bytes)?)?;
    let form = form.ok_or_else(|| not_a_plan(order))?;
    let (lines, head) = match form.format {
        FileFormat::Csv => lines::open(order.data, form.header_lines)?,
        FileFormat::Parquet => parquet::open(order.data, &form.names)?,
    };
    Ok((lines, head, form))
}

fn not_a_plan(order: ImportOrder<'_>) -> DocumentError {
    let document = order.documents.plan().map(|plan| plan.name.clone()).unwrap_or_default();
    DocumentError { document, line: None, message: message!("import-not-plan") }
}
