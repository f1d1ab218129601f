//! Opening a link's line: a serial port or a TCP connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_serial::{
    ClearBuffer, DataBits, SerialPort as _, SerialPortBuilderExt as _, SerialStream, StopBits,
};
use trial::plan::{CharacterFrame, Link, LinkKind, Parity};
use words::{Message, message};

use crate::holder::Holder;
use crate::limits::{
    CONNECT_TIMEOUT, KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES, UNACKNOWLEDGED_LONGEST,
};
use crate::origin::NotLive;

/// An open line.
#[derive(Debug)]
pub enum Line {
    /// A serial port.
    Serial(SerialStream),
    /// A TCP connection.
    Tcp(TcpStream),
}

/// A line that can't be opened; the message says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConnectError(pub Message);

impl Line {
    /// Why the open line is not live; `None` if it leads to equipment.
    pub fn not_live(&self) -> Option<NotLive> {
        match self {
            Line::Serial(port) => NotLive::of_port(port),
            Line::Tcp(stream) => NotLive::of_connection(stream),
        }
    }

    /// Whether bytes wait to be read that the runtime may not know of yet. Of a TCP connection it
    /// is not asked: what another peer sends does not meet what is sent from here.
    pub fn has_unread(&self) -> bool {
        match self {
            Line::Serial(port) => port.bytes_to_read().is_ok_and(|bytes| bytes > 0),
            Line::Tcp(_) => false,
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Line::Serial(port) => Pin::new(port).poll_read(context, buffer),
            Line::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Line::Serial(port) => Pin::new(port).poll_write(context, bytes),
            Line::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            // Flushing a serial port waits for the wire, in the kernel; nothing here needs that.
            Line::Serial(_) => Poll::Ready(Ok(())),
            Line::Tcp(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Line::Serial(_) => Poll::Ready(Ok(())),
            Line::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// Opens the line of a link.
///
/// # Errors
/// The port is missing, in use or not permitted; the connection is refused or not answered.
pub async fn connect(link: &Link) -> Result<Line, ConnectError> {
    match &link.kind {
        LinkKind::Serial { port, baud, frame, .. } => {
            open_serial(&link.id, port, *baud, *frame).map(Line::Serial)
        }
        LinkKind::Tcp { address }
        | LinkKind::RtuOverTcp { address }
        | LinkKind::BytesOverTcp { address } => {
            let refused = |why: String| {
                let link = &link.id;
                ConnectError(message!("link-refused", link = link, address = address, why = why))
            };
            let stream = tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
                .await
                .map_err(|_| refused("timed out".to_owned()))?
                .map_err(|error| refused(error.to_string()))?;
            stream.set_nodelay(true).map_err(|error| refused(error.to_string()))?;
            watch_peer(&stream).map_err(|error| refused(error.to_string()))?;
            Ok(Line::Tcp(stream))
        }
        LinkKind::Imported => Err(ConnectError(message!("plan-of-import"))),
    }
}

/// Lets the kernel notice a peer that has vanished without a word, on either side's silence.
fn watch_peer(stream: &TcpStream) -> io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    let milliseconds = u32::try_from(UNACKNOWLEDGED_LONGEST.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(stream, milliseconds)?;
    Ok(())
}

/// Opens a port for this process alone: the crate below takes both TIOCEXCL and a lock.
fn open_serial(
    link: &str,
    port: &str,
    baud: u32,
    frame: CharacterFrame,
) -> Result<SerialStream, ConnectError> {
    let builder = tokio_serial::new(port, baud)
        .data_bits(if frame.data_bits == 7 { DataBits::Seven } else { DataBits::Eight })
        .parity(match frame.parity {
            Parity::None => tokio_serial::Parity::None,
            Parity::Even => tokio_serial::Parity::Even,
            Parity::Odd => tokio_serial::Parity::Odd,
        })
        .stop_bits(if frame.stop_bits == 2 { StopBits::Two } else { StopBits::One });
    let trouble = |error: tokio_serial::Error| refusal(link, port, &error);
    let opened = builder.open_native_async().map_err(trouble)?;
    // What came before the run is not part of it.
    opened.clear(ClearBuffer::Input).map_err(trouble)?;
    Ok(opened)
}

fn refusal(link: &str, port: &str, error: &tokio_serial::Error) -> ConnectError {
    let shown = words::printable(port);
    let why = &error.description;
    if let Some(Holder { process, name, since }) = Holder::of(port) {
        let (name, since) = (words::printable(&name), since.to_rfc3339());
        return ConnectError(message!(
            "link-port-in-use",
            link = link,
            port = shown,
            process = process,
            name = name,
            since = since,
        ));
    }
    ConnectError(match error.kind() {
        tokio_serial::ErrorKind::NoDevice => {
            message!("link-port-busy-or-missing", link = link, port = shown, why = why)
        }
        tokio_serial::ErrorKind::Io(io::ErrorKind::NotFound) => {
            message!("link-port-missing", link = link, port = shown)
        }
        tokio_serial::ErrorKind::Io(io::ErrorKind::PermissionDenied) => {
            message!("link-port-permission", link = link, port = shown, group = owner_group(port))
        }
        _ => message!("link-port-trouble", link = link, port = shown, why = why),
    })
}

/// The group that may use a port, by name where the system knows it.
fn owner_group(port: &str) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(metadata) = std::fs::metadata(port) else { return "dialout".to_owned() };
    let gid = metadata.gid();
    let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
    groups
        .lines()
        .find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
        })
        .unwrap_or_else(|| gid.to_string())
}
