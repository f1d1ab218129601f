//! What is said on standard output and standard error.
//!
//! Invariants:
//! - Nothing that a reader does ends a run, holds it up or changes an exit code: whoever closed the
//!   other end, a pager or a terminal that went away, misses what is said; and while a run goes on
//!   ([`Apart`]), what a reader that has stopped reading has no room for is dropped.
//! - A report that the system can't take, on a full disk say, is trouble: [`lost`] tells.

use std::fmt::Arguments;
use std::io::{Error, ErrorKind, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam::channel::{Receiver, Sender, bounded};

/// Texts that wait for a reader while a run goes on.
const MAX_WAITING: usize = 256;
/// How long the end of a run waits for a reader to take what was said until then.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What the thread that says things is handed.
enum Said {
    Text(To, String),
    /// All before it was said.
    Mark(Sender<()>),
}

/// The way to the thread that says things, while there is one.
static APART: Mutex<Option<Sender<Said>>> = Mutex::new(None);
/// Why standard output could not be written, for the first time.
static LOST: Mutex<Option<Error>> = Mutex::new(None);

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says a text: at once, or while a run goes on through a thread of its own.
pub fn say(to: To, what: Arguments<'_>) {
    if let Some(apart) = &*lock(&APART) {
        // Nobody reads as fast as is said: the run goes on.
        let _ = apart.try_send(Said::Text(to, what.to_string()));
        return;
    }
    write(to, what);
}

fn write(to: To, what: Arguments<'_>) {
    match to {
        To::Output => note(std::io::stdout().write_fmt(what)),
        // Nobody is left who could be told.
        To::Error => _ = std::io::stderr().write_fmt(what),
    }
}

/// Keeps why standard output could not be written. That nobody reads it any more is no reason: a
/// pipe that was closed, a terminal that is gone.
fn note(written: std::io::Result<()>) {
    let gone = |error: &Error| {
        error.kind() == ErrorKind::BrokenPipe || error.raw_os_error() == Some(TERMINAL_GONE)
    };
    if let Err(error) = written
        && !gone(&error)
    {
        lock(&LOST).get_or_insert(error);
    }
}

/// EIO, which a terminal gives that is gone.
const TERMINAL_GONE: i32 = 5;

/// Flushes standard output, and tells why something of it is lost; `None` if nothing is.
pub fn lost() -> Option<Error> {
    note(std::io::stdout().flush());
    lock(&LOST).take()
}

/// While it lives, what is said goes through a thread of its own, and whoever says it never waits.
#[derive(Debug)]
pub struct Apart(());

impl Apart {
    /// Begins. Without a thread things are said at once, as ever.
    pub fn begin() -> Apart {
        let (to, from) = bounded(MAX_WAITING);
        let say_all = move || say_all(&from);
        if std::thread::Builder::new().name("voice".to_owned()).spawn(say_all).is_ok() {
            *lock(&APART) = Some(to);
        }
        Apart(())
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let apart = lock(&APART).take();
        if let Some(apart) = apart {
            wait(&apart);
        }
    }
}

/// Gives a reader some time to take what was said until now.
pub fn settle() {
    let apart = lock(&APART).clone();
    if let Some(apart) = apart {
        wait(&apart);
    }
}

fn wait(apart: &Sender<Said>) {
    let (mark, said) = bounded(1);
    if apart.send_timeout(Said::Mark(mark), PATIENCE).is_ok() {
        // A reader that has stopped reading misses what waits.
        let _ = said.recv_timeout(PATIENCE);
    }
}

fn say_all(from: &Receiver<Said>) {
    for said in from {
        match said {
            Said::Text(to, text) => {
                write(to, format_args!("{text}"));
                if to == To::Output {
                    // Another process may read along.
                    note(std::io::stdout().flush());
                }
            }
            Said::Mark(mark) => _ = mark.send(()),
        }
    }
}

/// The log's way to standard error.
#[derive(Debug, Clone, Copy)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        say(To::Error, format_args!("{}", String::from_utf8_lossy(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Says a line on standard output.
macro_rules! outln {
    () => {
        $crate::cli::out::say($crate::cli::out::To::Output, format_args!("\n"))
    };
    ($($told:tt)*) => {
        $crate::cli::out::say(
            $crate::cli::out::To::Output,
            format_args!("{}\n", format_args!($($told)*)),
        )
    };
}

/// Says something on standard output.
macro_rules! out {
    ($($told:tt)*) => {
        $crate::cli::out::say($crate::cli::out::To::Output, format_args!($($told)*))
    };
}

/// Says a line on standard error.
macro_rules! errln {
    ($($told:tt)*) => {
        $crate::cli::out::say(
            $crate::cli::out::To::Error,
            format_args!("{}\n", format_args!($($told)*)),
        )
    };
}

/// Says something on standard error.
macro_rules! err {
    ($($told:tt)*) => {
        $crate::cli::out::say($crate::cli::out::To::Error, format_args!($($told)*))
    };
}

pub(crate) use {err, errln, out, outln};
