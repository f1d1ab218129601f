//! The reader process itself: gives up what it does not need, opens and checks the file, answers.
//!
//! Invariants:
//! - The line is descriptor 0, the file is descriptor 1; there is nothing else.
//! - The library sees the file only behind the limits, and is asked for content only behind the
//!   check.
//! - It ends when the line is closed, or at the first request that is none.

use std::fs::File;
use std::os::fd::{AsFd as _, BorrowedFd};

use rustix::fs::FileType;

use super::confine;
use super::framing::{read_message, write_message};
use super::message::{Answer, Confinement, Request};
use super::{MAX_ANSWER_BYTES, MAX_ELEMENT_BYTES, MAX_REQUEST_BYTES};
use crate::element::{Element, encode_all};
use crate::library::Library;
use crate::tables::{BinRow, ClockRow, GapRow};
use crate::{TrialFileError, check};

/// Runs to the end; the process's exit code.
pub(super) fn serve() -> i32 {
    let (line, file) = (std::io::stdin(), std::io::stdout());
    if !is_reader(line.as_fd(), file.as_fd()) || confine::close_inherited().is_err() {
        return 2;
    }
    let Ok(line) = line.as_fd().try_clone_to_owned() else { return 2 };
    let mut line = File::from(line);
    if confine::limit().is_err() {
        return 2;
    }
    let confinement = confine::lock_in(file.as_fd());
    let length = file_length(file.as_fd());
    let (answer, library) = match open(length, confinement) {
        Ok((library, confinement)) => (Answer::Ready(confinement), Some(library)),
        Err(error) => (refusal(error), None),
    };
    let told = write_message(&mut line, &answer.to_bytes(), MAX_ANSWER_BYTES);
    match (told, library) {
        (Ok(()), Some(library)) => answer_all(&mut line, library),
        (Ok(()), None) => 0,
        (Err(_), _) => 1,
    }
}

/// Whether this process was started as a reader, and not by a user who found the argument.
fn is_reader(line: BorrowedFd<'_>, file: BorrowedFd<'_>) -> bool {
    let kind = |of| rustix::fs::fstat(of).map(|stat| FileType::from_raw_mode(stat.st_mode)).ok();
    kind(line) == Some(FileType::Socket) && kind(file) == Some(FileType::RegularFile)
}

fn file_length(file: BorrowedFd<'_>) -> u64 {
    rustix::fs::fstat(file).map_or(0, |stat| u64::try_from(stat.st_size).unwrap_or_default())
}

fn open(length: u64, confinement: Confinement) -> Result<(Library, Confinement), TrialFileError> {
    let path = "/proc/self/fd/1";
    check::switch_plugins_off();
    let file = hdf5::File::open(path)
        .map_err(|source| TrialFileError::Hdf5 { doing: "opening".to_owned(), source })?;
    let confinement = confine::lock_opening(confinement);
    check::check(&file, length)?;
    Ok((Library::new(file), confinement))
}

fn refusal(error: TrialFileError) -> Answer {
    match error {
        TrialFileError::Refused(refused) => Answer::Refused(refused),
        TrialFileError::Hdf5 { doing, source } => Answer::Failed { doing, why: source.to_string() },
        TrialFileError::Malformed { what, why } => Answer::Malformed { what, why },
        other => Answer::Failed { doing: "reading".to_owned(), why: other.to_string() },
    }
}

fn answer_all(line: &mut File, mut library: Library) -> i32 {
    loop {
        let request = match read_message(line, MAX_REQUEST_BYTES) {
            Ok(None) => return 0,
            Ok(Some(message)) => Request::from_bytes(&message),
            Err(_) => None,
        };
        let Some(request) = request else { return 1 };
        if confine::renew_time().is_err() {
            return 1;
        }
        let answer = answer(&mut library, request).unwrap_or_else(|e| refusal(e).to_bytes());
        if write_message(line, &answer, MAX_ANSWER_BYTES).is_err() {
            return 1;
        }
    }
}

fn answer(library: &mut Library, request: Request) -> Result<Vec<u8>, TrialFileError> {
    let answer = match request {
        Request::Size { dataset } => Answer::Number(library.size(&dataset)?),
        Request::Read { dataset, kind, start, count } => {
            return with_element!(kind, Type => elements::<Type>(library, &dataset, start, count));
        }
        Request::Position { dataset, bound, after } => {
            Answer::Number(library.position(&dataset, bound, after)?)
        }
        Request::Text { object, attribute } => Answer::Text(library.text(&object, &attribute)?),
        Request::Members { group } => Answer::Names(library.members(&group)?),
        Request::Same { first, second } => {
            Answer::Number(usize::from(library.same(&first, &second)?))
        }
        Request::HasAttribute { object, attribute } => {
            Answer::Number(usize::from(library.has_attribute(&object, &attribute)?))
        }
        Request::Places { datasets } => {
            let places = datasets
                .into_iter()
                .map(|(kind, name)| with_element!(kind, Type => library.places::<Type>(&name)));
            Answer::Places(places.collect::<Result<_, _>>()?)
        }
        Request::Exists { path } => Answer::Number(usize::from(library.exists(&path))),
    };
    Ok(answer.to_bytes())
}

fn elements<T: Element>(
    library: &mut Library,
    dataset: &str,
    start: usize,
    count: usize,
) -> Result<Vec<u8>, TrialFileError> {
    let limit = MAX_ELEMENT_BYTES / T::BYTES;
    if count > limit {
        return Err(TrialFileError::TooLarge { what: dataset.to_owned(), found: count, limit });
    }
    let read: Vec<T> = library.read(dataset, start..start.saturating_add(count))?;
    let mut bytes = Answer::elements_begin();
    encode_all(&read, &mut bytes);
    Ok(bytes)
}
