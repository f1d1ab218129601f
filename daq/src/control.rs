//! The control socket: `daq mark|end|abort` of another process, over a Unix socket (0600) in the
//! run's folder.
//!
//! One line of JSON asks, one line of JSON answers. Who asked is what the kernel says of the
//! connection's other end; a name that the line gives stands before it. Whoever may write into the socket may end
//! the trial; so nobody but the owner may.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam::channel::Sender;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;

use crate::limits::MAX_COMMAND_BYTES;
use crate::station;

/// Longest wait for the daemon's answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What a running trial may be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Set a mark, now.
    Mark {
        /// Its text; empty for a mark without one.
        text: String,
        /// Time uncertainty in nanoseconds; `None` for the default.
        uncertainty_ns: Option<i64>,
        /// A mark that this one restates.
        corrects: Option<u32>,
        /// Whether the corrected mark is only taken back.
        retracts: bool,
        /// Why it corrects another; never empty where it does.
        #[serde(default)]
        why: String,
    },
    /// End the trial in order.
    End,
    /// Give the trial up.
    Abort {
        /// Why; never empty.
        reason: String,
    },
}

/// A line of the socket: a command, and the name that its sender gives of oneself. The daemon
/// records the account of the sending process beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// The command.
    pub command: Command,
    /// The name; `None` for the account alone.
    pub by: Option<String>,
}

/// What the daemon answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Whether the command was taken.
    pub taken: bool,
    /// Number of the mark, for a mark.
    pub mark: Option<u32>,
    /// Why it was not taken.
    pub why: Option<String>,
}

/// A command and where its reply goes.
#[derive(Debug)]
pub struct Asked {
    /// The command.
    pub command: Command,
    /// Where the reply goes; nobody may wait for it any more.
    pub reply: Sender<Reply>,
    /// Who asks: an account of the system, behind the name that was given; or `script`.
    pub by: String,
}

/// A name of a socket that is short enough: the system takes about a hundred bytes, but output
/// folders and trial ids may be longer. It holds while the folder is open.
fn short_name(path: &Path) -> std::io::Result<(File, PathBuf)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(std::io::ErrorKind::InvalidInput.into());
    };
    let folder = File::open(folder)?;
    let short = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name);
    Ok((folder, short))
}

/// Opens the socket, for the owner alone; [`serve`] answers it once a runtime has taken it over.
///
/// # Errors
/// The socket can't be created.
pub fn bind(path: &Path) -> std::io::Result<StdListener> {
    let (_folder, short) = short_name(path)?;
    let listener = StdListener::bind(short)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves the socket until the run stops; whoever told it to gets the answer all the same. One
/// connection at a time: commands are rare.
pub async fn serve(
    listener: UnixListener,
    commands: Sender<Asked>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => return,
            },
            _ = stopping.wait_for(|stop| *stop) => return,
        };
        // A client that fails has told nothing; the next one is served.
        let _ = tokio::time::timeout(ANSWER_TIMEOUT, answer(stream, &commands)).await;
    }
}

async fn answer(stream: UnixStream, commands: &Sender<Asked>) -> std::io::Result<()> {
    // The kernel's word of who connected; nobody can put another's account there.
    let account = station::account(stream.peer_cred()?.uid());
    let mut stream = BufStream::new(stream);
    let mut line = String::new();
    (&mut stream).take(MAX_COMMAND_BYTES).read_line(&mut line).await?;
    let reply = match serde_json::from_str(&line) {
        Err(error) => refused(error.to_string()),
        Ok(Told { command, by }) => match by.as_deref().and_then(station::refuse_name) {
            Some(why) => refused(why.to_string()),
            None => hand_over(command, station::person(by.as_deref(), &account), commands).await,
        },
    };
    let mut text = serde_json::to_string(&reply)?;
    text.push('\n');
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await
}

fn refused(why: String) -> Reply {
    Reply { taken: false, mark: None, why: Some(why) }
}

/// Hands a command to the run and waits for what becomes of it.
async fn hand_over(command: Command, by: String, commands: &Sender<Asked>) -> Reply {
    let (reply, receiver) = crossbeam::channel::bounded(1);
    match commands.try_send(Asked { command, reply, by }) {
        Err(_) => refused("the daemon is busy; try again".to_owned()),
        Ok(()) => wait(receiver).await.unwrap_or_else(|| refused("no answer".to_owned())),
    }
}

async fn wait(receiver: crossbeam::channel::Receiver<Reply>) -> Option<Reply> {
    for _ in 0..ANSWER_TIMEOUT.as_millis() / 2 {
        if let Ok(reply) = receiver.try_recv() {
            return Some(reply);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    None
}

/// Sends a command to the daemon behind a socket.
///
/// # Errors
/// Nobody listens, or the answer is not understood.
pub fn send(socket: &Path, told: &Told) -> std::io::Result<Reply> {
    let (_folder, short) = short_name(socket)?;
    let mut stream = StdStream::connect(short)?;
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let mut line = serde_json::to_string(told)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut reply = String::new();
    BufReader::new(stream.take(MAX_COMMAND_BYTES)).read_line(&mut reply)?;
    Ok(serde_json::from_str(&reply)?)
}
