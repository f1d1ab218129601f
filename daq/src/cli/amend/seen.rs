//! What people state of a trial: on a criterion, on a channel; with the files that show it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use trial::amendment::{Amendment, Attachment, MAX_ATTACHMENTS};
use trial::recording::Recording as _;
use trial::scenario::{Criterion, Operator};
use words::{Language, message, text};

use crate::cli::out::errln;
use crate::cli::{Failure, files};

/// Bytes of an attachment that are read at a time.
const PIECE_BYTES: usize = 1 << 16;

/// What is stated, as it was typed.
pub(super) struct Given {
    pub statement: Option<String>,
    pub criterion: Option<String>,
    pub holds: Option<bool>,
    pub attach: Vec<PathBuf>,
}

/// A witness's statement. Tells, too, where it answers no criterion of the trial's own scenario:
/// another edition may know it.
pub(super) fn witness(file: &Path, given: Given, language: Language) -> Result<Amendment, Failure> {
    let Given { statement, criterion, holds, attach } = given;
    if attach.len() > MAX_ATTACHMENTS {
        let message = message!("amend-too-many-attachments", limit = MAX_ATTACHMENTS);
        return Err(Failure::bad_input(message.in_language(language)));
    }
    if let Some(id) = &criterion {
        let trial = files::open(file, language)?;
        let asks = |criterion: &&Criterion| matches!(criterion.operator, Operator::Witness { .. });
        let known: Vec<&str> = trial.plan().scenario.judged().filter(asks).map(id_of).collect();
        if !known.contains(&id.as_str()) {
            let (id, known) = (words::printable(id), listed(&known, language));
            let message = message!("amend-no-such-statement", id = id, known = known);
            errln!("{}", message.in_language(language));
        }
    }
    let attachments = attach.iter().map(|path| attachment(path, language));
    let attachments = attachments.collect::<Result<Vec<_>, _>>()?;
    let statement = statement.unwrap_or_default();
    Ok(Amendment::Witness { statement, criterion, holds, attachments })
}

fn id_of(criterion: &Criterion) -> &str {
    &criterion.id
}

/// Refuses a channel that the plan of the trial does not have.
pub(super) fn ensure_channel(
    file: &Path,
    channel: &str,
    language: Language,
) -> Result<(), Failure> {
    let trial = files::open(file, language)?;
    let known: Vec<&str> = trial.plan().channels.iter().map(|one| one.id.0.as_str()).collect();
    if known.contains(&channel) {
        return Ok(());
    }
    let (id, known) = (words::printable(channel), listed(&known, language));
    let message = message!("amend-no-such-channel", id = id, known = known);
    Err(Failure::bad_input(message.in_language(language)))
}

fn listed(known: &[&str], language: Language) -> String {
    match known.is_empty() {
        true => text(language, "amend-known-none"),
        false => words::printable(&known.join(" ")),
    }
}

/// A file by its name and the digest of its bytes; the file itself stays where it is.
fn attachment(path: &Path, language: Language) -> Result<Attachment, Failure> {
    let refused = |error: std::io::Error| {
        let file = words::printable(&path.display().to_string());
        let message = message!("amend-attachment-unreadable", file = file, why = error);
        Failure::bad_input(message.in_language(language))
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut file = File::open(path).map_err(refused)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut piece).map_err(refused)? {
            0 => break,
            count => _ = hasher.update(piece.get(..count).unwrap_or_default()),
        }
    }
    let blake3 = hasher.finalize().to_hex().to_string();
    Ok(Attachment { name: name.unwrap_or_default(), blake3 })
}
