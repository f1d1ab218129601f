//! The client's side: starts a reader process, asks, and waits no longer than a deadline.
//!
//! Invariants:
//! - Every answer is checked against its request; a count is never beyond what the file's length
//!   permits.
//! - After the first fault the process is ended and reaped, and every later request ends with the
//!   same fault at once.
//! - No reader process outlives its client: on drop it is killed and reaped; if this process dies,
//!   the line closes and the reader ends by itself. (A death signal would come from the end of the
//!   *thread* that started it.)

use std::fs::File;
use std::io::{Error, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::framing::{read_message, write_message};
use super::message::{Answer, Confinement, Request};
use super::{
    ARGUMENT, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, OPENING_DEADLINE, REQUEST_DEADLINE, ReaderFault,
    program,
};
use crate::element::{Element, ElementKind, decode_all};
use crate::places::Places;
use crate::{MAX_DECLARED_FACTOR, TrialFileError};

/// A reader process that has a file open.
#[derive(Debug)]
pub(crate) struct Client {
    path: PathBuf,
    child: Child,
    line: UnixStream,
    confinement: Confinement,
    /// Until when the file has to be open, as long as it is being opened.
    opening: Option<Instant>,
    fault: Option<ReaderFault>,
    /// Most elements that a dataset of this file can have.
    most_elements: usize,
}

impl Client {
    /// Starts a reader process for an open plain file and waits until it has checked it.
    ///
    /// # Errors
    /// It can't be started, the file was refused, or the process failed.
    pub fn start(path: &Path, file: File) -> Result<Client, TrialFileError> {
        let program = program().map_err(trouble(path))?;
        Client::start_program(&program, path, file, OPENING_DEADLINE)
    }

    fn start_program(
        program: &Path,
        path: &Path,
        file: File,
        limit: Duration,
    ) -> Result<Client, TrialFileError> {
        let trouble = trouble(path);
        let length = file.metadata().map_err(&trouble)?.len();
        let (line, other) = UnixStream::pair().map_err(&trouble)?;
        let mut command = Command::new(program);
        command
            .arg0("trial-file-reader")
            .arg(ARGUMENT)
            .env_clear()
            // The library looks for plug-ins nowhere.
            .env("HDF5_PLUGIN_PRELOAD", "::")
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(other)))
            .stdout(Stdio::from(file))
            .stderr(Stdio::null());
        // Not while a file is being opened here, which would be the child's too.
        let child = hdf5::sync::sync(|| command.spawn()).map_err(&trouble)?;
        // Else the child's end of the line, and the file, would stay open here with the command.
        drop(command);
        let most = length.saturating_mul(MAX_DECLARED_FACTOR);
        let none = super::message::Enforcement::None;
        let mut client = Client {
            path: path.to_owned(),
            child,
            line,
            confinement: Confinement { landlock: none, system_calls: false },
            opening: Some(Instant::now() + limit),
            fault: None,
            most_elements: usize::try_from(most).unwrap_or(usize::MAX),
        };
        let deadline = client.deadline();
        match client.answer(deadline).map(|bytes| Answer::from_bytes(&bytes)) {
            Ok(Some(Answer::Ready(confinement))) => client.confinement = confinement,
            Ok(answer) => return Err(client.no_answer(answer)),
            Err(fault) => return Err(client.fail(fault)),
        }
        Ok(client)
    }

    /// The file is open: from now on each request has a deadline of its own.
    pub fn opened(&mut self) {
        self.opening = None;
    }

    pub fn confinement(&self) -> Confinement {
        self.confinement
    }

    /// Process id of the reader.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn size(&mut self, name: &str) -> Result<usize, TrialFileError> {
        self.number(&Request::Size { dataset: name.to_owned() })
    }

    pub fn position(
        &mut self,
        name: &str,
        bound: i64,
        after: bool,
    ) -> Result<usize, TrialFileError> {
        self.number(&Request::Position { dataset: name.to_owned(), bound, after })
    }

    pub fn exists(&mut self, path: &str) -> Result<bool, TrialFileError> {
        Ok(self.number(&Request::Exists { path: path.to_owned() })? > 0)
    }

    pub fn same(&mut self, first: &str, second: &str) -> Result<bool, TrialFileError> {
        let (first, second) = (first.to_owned(), second.to_owned());
        Ok(self.number(&Request::Same { first, second })? > 0)
    }

    pub fn has_attribute(&mut self, object: &str, attribute: &str) -> Result<bool, TrialFileError> {
        let (object, attribute) = (object.to_owned(), attribute.to_owned());
        Ok(self.number(&Request::HasAttribute { object, attribute })? > 0)
    }

    fn number(&mut self, request: &Request) -> Result<usize, TrialFileError> {
        match self.ask(request)? {
            Some(Answer::Number(number)) if number <= self.most_elements => Ok(number),
            other => Err(self.no_answer(other)),
        }
    }

    pub fn text(&mut self, object: &str, attribute: &str) -> Result<String, TrialFileError> {
        let (object, attribute) = (object.to_owned(), attribute.to_owned());
        match self.ask(&Request::Text { object, attribute })? {
            Some(Answer::Text(text)) => Ok(text),
            other => Err(self.no_answer(other)),
        }
    }

    pub fn members(&mut self, group: &str) -> Result<Vec<String>, TrialFileError> {
        match self.ask(&Request::Members { group: group.to_owned() })? {
            Some(Answer::Names(names)) => Ok(names),
            other => Err(self.no_answer(other)),
        }
    }

    /// The places of datasets, each with its type.
    pub fn places(
        &mut self,
        datasets: &[(ElementKind, String)],
    ) -> Result<Vec<Option<Places>>, TrialFileError> {
        let most = self.most_elements;
        match self.ask(&Request::Places { datasets: datasets.to_vec() })? {
            Some(Answer::Places(all)) => {
                let sound = all.len() == datasets.len()
                    && all.iter().zip(datasets).all(|(places, (kind, _))| {
                        places.as_ref().is_none_or(|one| one.is_sound(kind.bytes(), most))
                    });
                if sound { Ok(all) } else { Err(self.fail(ReaderFault::Nonsense)) }
            }
            other => Err(self.no_answer(other)),
        }
    }

    /// Adds `count` elements, or fails.
    pub fn read<T: Element>(
        &mut self,
        name: &str,
        start: usize,
        count: usize,
        elements: &mut Vec<T>,
    ) -> Result<(), TrialFileError> {
        let request = Request::Read { dataset: name.to_owned(), kind: T::KIND, start, count };
        let bytes = self.exchange(&request)?;
        match Answer::elements_of(&bytes) {
            Some(found) if found.len() == count * T::BYTES => {
                decode_all(found, elements);
                Ok(())
            }
            Some(_) => Err(self.fail(ReaderFault::Nonsense)),
            None => Err(self.no_answer(Answer::from_bytes(&bytes))),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Option<Answer>, TrialFileError> {
        Ok(Answer::from_bytes(&self.exchange(request)?))
    }

    fn exchange(&mut self, request: &Request) -> Result<Vec<u8>, TrialFileError> {
        if let Some(fault) = &self.fault {
            return Err(TrialFileError::Reader { path: self.path.clone(), fault: fault.clone() });
        }
        let deadline = self.deadline();
        let mut line = Until { line: &self.line, deadline };
        let sent = write_message(&mut line, &request.to_bytes(), MAX_REQUEST_BYTES);
        let answer = match sent {
            Ok(()) => self.answer(deadline),
            Err(error) => Err(self.fault_of(&error)),
        };
        answer.map_err(|fault| self.fail(fault))
    }

    fn deadline(&self) -> Instant {
        self.opening.unwrap_or_else(|| Instant::now() + REQUEST_DEADLINE)
    }

    fn answer(&mut self, deadline: Instant) -> Result<Vec<u8>, ReaderFault> {
        match read_message(&mut Until { line: &self.line, deadline }, MAX_ANSWER_BYTES) {
            Ok(Some(message)) => Ok(message),
            Ok(None) => Err(self.died()),
            Err(error) => Err(self.fault_of(&error)),
        }
    }

    fn fault_of(&mut self, error: &Error) -> ReaderFault {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => ReaderFault::TooSlow,
            ErrorKind::InvalidData | ErrorKind::InvalidInput => ReaderFault::Nonsense,
            _ => self.died(),
        }
    }

    /// What became of a process that closed its line: it has ended, or is made to.
    fn died(&mut self) -> ReaderFault {
        let ended = std::iter::repeat_with(|| self.child.try_wait().ok().flatten())
            .take(ENDING_LOOKS)
            .inspect(|status| {
                if status.is_none() {
                    std::thread::sleep(ENDING_PAUSE);
                }
            })
            .find_map(|status: Option<ExitStatus>| status);
        ReaderFault::Died { signal: ended.and_then(|status| status.signal()) }
    }

    /// What an answer that is not the one asked for means.
    fn no_answer(&mut self, answer: Option<Answer>) -> TrialFileError {
        match answer {
            Some(Answer::Refused(refused)) => TrialFileError::Refused(refused),
            Some(Answer::Failed { doing, why }) => {
                TrialFileError::Hdf5 { doing, source: hdf5::Error::from(why) }
            }
            Some(Answer::Malformed { what, why }) => TrialFileError::Malformed { what, why },
            _ => self.fail(ReaderFault::Nonsense),
        }
    }

    fn fail(&mut self, fault: ReaderFault) -> TrialFileError {
        self.end();
        self.fault = Some(fault.clone());
        TrialFileError::Reader { path: self.path.clone(), fault }
    }

    /// Ends and reaps the process.
    fn end(&mut self) {
        // Both fail only for a process that has been reaped before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An error of the system while a reader process is started.
fn trouble(path: &Path) -> impl Fn(Error) -> TrialFileError {
    let path = path.to_owned();
    move |source| TrialFileError::Io {
        doing: "start the reader process for",
        path: path.clone(),
        source,
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.end();
    }
}

/// How often, and how long apart, a process whose line is closed is looked at before it is ended.
const ENDING_LOOKS: usize = 20;
const ENDING_PAUSE: Duration = Duration::from_millis(5);

/// A line on which nothing is waited for longer than until a deadline.
struct Until<'a> {
    line: &'a UnixStream,
    deadline: Instant,
}

impl Until<'_> {
    fn left(&self) -> Result<Duration, Error> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl std::io::Read for Until<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.line.set_read_timeout(Some(self.left()?))?;
        let mut line = self.line;
        std::io::Read::read(&mut line, buffer)
    }
}

impl std::io::Write for Until<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        self.line.set_write_timeout(Some(self.left()?))?;
        let mut line = self.line;
        std::io::Write::write(&mut line, bytes)
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// What becomes of a client whose reader process is a shell script; the line is its input.
    fn fault_of(name: &str, script: &str, limit: Duration) -> ReaderFault {
        let path = std::env::temp_dir().join(format!("reader-{name}-{}", std::process::id()));
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let file = File::open(&path).unwrap();
        let started = Client::start_program(&path, &path, file, limit);
        std::fs::remove_file(&path).unwrap();
        match started.map(|client| client.process()) {
            Err(TrialFileError::Reader { fault, .. }) => fault,
            other => panic!("{name}: {other:?}"),
        }
    }

    #[test]
    fn a_reader_that_hangs_dies_or_babbles_is_an_error() {
        let (long, short) = (Duration::from_secs(60), Duration::from_millis(50));
        // It hangs for longer than this test may run.
        assert_eq!(fault_of("hangs", "exec sleep 3600", short), ReaderFault::TooSlow);
        assert_eq!(fault_of("ends", "exit 0", long), ReaderFault::Died { signal: None });
        let killed = fault_of("killed", "kill -9 $$", long);
        assert_eq!(killed, ReaderFault::Died { signal: Some(9) });
        for (name, babble) in [
            ("long", r"\377\377\377\377"),
            ("unknown", r"\001\000\000\000\077"),
            ("unasked", r"\011\000\000\000\002\001\000\000\000\000\000\000\000"),
        ] {
            let script = format!("printf '{babble}' >&0");
            assert_eq!(fault_of(name, &script, long), ReaderFault::Nonsense, "{name}");
        }
        let half = fault_of("half", r"printf '\011\000\000\000\002' >&0", long);
        assert_eq!(half, ReaderFault::Died { signal: None });
    }

    #[test]
    fn a_client_that_failed_keeps_failing_and_its_process_is_gone() {
        let path = std::env::temp_dir().join(format!("reader-gone-{}", std::process::id()));
        // Ready, and then nothing.
        let script = "#!/bin/sh\nprintf '\\003\\000\\000\\000\\001\\000\\000' >&0\n";
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let limit = Duration::from_secs(60);
        let file = File::open(&path).unwrap();
        let mut client = Client::start_program(&path, &path, file, limit).unwrap();
        let process = client.process();
        for _ in 0..3 {
            let error = client.size("x").unwrap_err();
            let fault = ReaderFault::Died { signal: None };
            assert!(matches!(error, TrialFileError::Reader { fault: found, .. } if found == fault));
        }
        assert!(!Path::new(&format!("/proc/{process}")).exists());
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_program_that_can_t_be_started_is_an_error_of_the_system() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let file = File::open(&here).unwrap();
        let started = Client::start_program(&here, &here, file, Duration::from_secs(60));
        assert!(matches!(started, Err(TrialFileError::Io { .. })));
    }
}
