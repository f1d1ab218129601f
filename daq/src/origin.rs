//! Whether a link leads to equipment, or to a program of this machine.
//!
//! Invariants:
//! - A link is looked at twice: by the plan before anything is opened, and by the line once it is
//!   open, since a path may have come to mean something else in between. Either makes a run one
//!   that is not live.
//! - A line of which it can't be told what it is counts as not live.
//! - What can't be seen from this machine is not claimed to be seen: a program that another machine
//!   or a network of its own serves looks like equipment.

use std::fs::Metadata;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};

use tokio::net::TcpStream;
use tokio_serial::SerialStream;
use trial::plan::{Link, LinkKind};
use words::{Message, message};

/// Device major numbers of pseudo-terminals: the masters and slaves of BSD's kind, and those of
/// Unix 98 (Linux, `Documentation/admin-guide/devices.txt`).
const PSEUDO_TERMINAL_MAJORS: [u32; 18] =
    [2, 3, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143];
/// Drivers of the kernel that join two ports of one machine without a line.
const EMULATORS: [&str; 2] = ["tty0tty", "nullmodem"];
/// Where the kernel lists its drivers of terminals.
const DRIVERS: &str = "/proc/tty/drivers";
/// Where the kernel tells whether a program may use addresses that are not the machine's own.
const FOREIGN_ADDRESSES: [&str; 2] =
    ["/proc/sys/net/ipv4/ip_nonlocal_bind", "/proc/sys/net/ipv6/ip_nonlocal_bind"];

/// Why a link is not live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLive {
    /// The port is a pseudo-terminal: a program is at its other end.
    PseudoTerminal,
    /// The port belongs to a driver that joins two ports of one machine.
    EmulatedPort,
    /// The address is of the loopback, or of no machine in particular.
    Loopback,
    /// The address is one of this machine.
    OwnAddress,
    /// The system does not tell what the open line is.
    Unknown,
}

impl NotLive {
    /// What the plan tells of a link before it is opened; `None` if it seems to lead to equipment,
    /// or is not there.
    pub fn of_link(link: &Link) -> Option<NotLive> {
        match &link.kind {
            LinkKind::Serial { port, .. } => of_device(&std::fs::metadata(port).ok()?),
            LinkKind::Tcp { address }
            | LinkKind::RtuOverTcp { address }
            | LinkKind::BytesOverTcp { address } => of_address(*address),
            LinkKind::Imported => Some(NotLive::Unknown),
        }
    }

    /// What an open port is, whatever its path means by now.
    pub fn of_port(port: &SerialStream) -> Option<NotLive> {
        match std::fs::metadata(format!("/proc/self/fd/{}", port.as_raw_fd())) {
            Ok(metadata) => of_device(&metadata),
            Err(_) => Some(NotLive::Unknown),
        }
    }

    /// Where an open connection leads.
    pub fn of_connection(stream: &TcpStream) -> Option<NotLive> {
        match (stream.local_addr(), stream.peer_addr()) {
            (Ok(local), Ok(peer)) if plain(local.ip()) == plain(peer.ip()) => {
                Some(of_address(peer).unwrap_or(NotLive::OwnAddress))
            }
            (Ok(_), Ok(peer)) => of_address(peer),
            _ => Some(NotLive::Unknown),
        }
    }

    /// The sentence that tells of a link.
    pub fn message(self, link: &Link) -> Message {
        let id = &link.id;
        let place = match &link.kind {
            LinkKind::Serial { port, .. } => words::printable(port),
            LinkKind::Tcp { address }
            | LinkKind::RtuOverTcp { address }
            | LinkKind::BytesOverTcp { address } => address.to_string(),
            LinkKind::Imported => link.id.clone(),
        };
        match self {
            NotLive::PseudoTerminal => {
                message!("not-live-pseudo-terminal", link = id, port = place)
            }
            NotLive::EmulatedPort => message!("not-live-emulated-port", link = id, port = place),
            NotLive::Loopback => message!("not-live-loopback", link = id, address = place),
            NotLive::OwnAddress => message!("not-live-own-address", link = id, address = place),
            NotLive::Unknown => message!("not-live-unknown", link = id, place = place),
        }
    }
}

/// What a device is by its number; it is the same through links and whatever it is called.
fn of_device(metadata: &Metadata) -> Option<NotLive> {
    if !metadata.file_type().is_char_device() {
        return Some(NotLive::Unknown);
    }
    let (major, minor) = (rustix::fs::major(metadata.rdev()), rustix::fs::minor(metadata.rdev()));
    // Where the list can't be read the numbers alone must do.
    let drivers = std::fs::read_to_string(DRIVERS).unwrap_or_default();
    of_number(major, minor, &drivers)
}

/// The number of a device against the kernel's fixed numbers and its list of drivers, whose lines
/// are `pty_slave  /dev/pts  136 0-1048575 pty:slave`.
fn of_number(major: u32, minor: u32, drivers: &str) -> Option<NotLive> {
    if PSEUDO_TERMINAL_MAJORS.contains(&major) {
        return Some(NotLive::PseudoTerminal);
    }
    drivers.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [name, _, driver_major, minors, kind] = fields[..] else { return None };
        let (first, last) = minors.split_once('-').unwrap_or((minors, minors));
        let minors = first.parse().ok()?..=last.parse().ok()?;
        if driver_major.parse() != Ok(major) || !minors.contains(&minor) {
            return None;
        }
        if kind.starts_with("pty") {
            return Some(NotLive::PseudoTerminal);
        }
        EMULATORS.contains(&name).then_some(NotLive::EmulatedPort)
    })
}

/// The address as the other side has it: one of IPv4 may be written as one of IPv6.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn of_address(address: SocketAddr) -> Option<NotLive> {
    let ip = plain(address.ip());
    // The unspecified address is answered by this machine as well.
    if ip.is_loopback() || ip.is_unspecified() {
        return Some(NotLive::Loopback);
    }
    is_own(address).then_some(NotLive::OwnAddress)
}

/// Whether an address is of this machine: a socket can be bound to no other one, and what is sent
/// to it comes from it. Nothing is sent.
fn is_own(address: SocketAddr) -> bool {
    let mut own = address;
    own.set_ip(plain(address.ip()));
    own.set_port(0);
    let any_may_be_bound =
        FOREIGN_ADDRESSES.iter().any(|path| std::fs::read(path).is_ok_and(|v| v.starts_with(b"1")));
    if !any_may_be_bound {
        return UdpSocket::bind(own).is_ok();
    }
    let everywhere: SocketAddr = match own {
        SocketAddr::V4(_) => (std::net::Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let source = UdpSocket::bind(everywhere).and_then(|socket| {
        socket.connect(SocketAddr::new(own.ip(), address.port().max(1)))?;
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == own.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\
/dev/tty             /dev/tty        5       0 system:/dev/tty
usbserial            /dev/ttyUSB   188 0-511 serial
tty0tty              /dev/tnt      240 0-7 serial
serial               /dev/ttyS       4 64-95 serial
pty_slave            /dev/own      250 0-3 pty:slave
";

    #[test]
    fn devices_are_told_by_number() {
        for (major, minor, expected) in [
            (4, 64, None),
            (188, 0, None),
            (204, 64, None),
            (3, 0, Some(NotLive::PseudoTerminal)),
            (136, 0, Some(NotLive::PseudoTerminal)),
            (143, 255, Some(NotLive::PseudoTerminal)),
            (144, 0, None),
            (240, 7, Some(NotLive::EmulatedPort)),
            (240, 8, None),
            (250, 3, Some(NotLive::PseudoTerminal)),
        ] {
            assert_eq!(of_number(major, minor, LISTED), expected, "{major}:{minor}");
        }
        assert_eq!(of_number(240, 0, "no list\n\u{0} 240 x-y z\n"), None);
    }

    #[test]
    fn addresses_of_this_machine_are_told_from_others() {
        for (address, expected) in [
            ("127.0.0.1:502", Some(NotLive::Loopback)),
            ("127.9.9.9:502", Some(NotLive::Loopback)),
            ("0.0.0.0:502", Some(NotLive::Loopback)),
            ("[::1]:502", Some(NotLive::Loopback)),
            ("[::ffff:127.0.0.1]:502", Some(NotLive::Loopback)),
            // Kept for documents (RFC 5737, RFC 3849): no machine has them.
            ("192.0.2.17:502", None),
            ("[::ffff:192.0.2.17]:502", None),
            ("[2001:db8::17]:502", None),
        ] {
            assert_eq!(of_address(address.parse().unwrap()), expected, "{address}");
        }
    }

    /// The machine's own addresses, as the kernel lists them; one without a network has none.
    #[test]
    fn every_address_of_an_interface_is_this_machines_own() {
        let routes = std::fs::read_to_string("/proc/net/fib_trie").unwrap_or_default();
        let lines: Vec<&str> = routes.lines().map(str::trim).collect();
        let local = lines.windows(2).filter(|pair| pair[1] == "/32 host LOCAL");
        for address in local.filter_map(|pair| pair[0].strip_prefix("|-- ")) {
            let address = SocketAddr::new(address.parse().unwrap(), 502);
            assert!(of_address(address).is_some(), "{address}");
        }
    }

    #[tokio::test]
    async fn an_open_connection_is_told_by_both_its_ends() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        assert_eq!(NotLive::of_connection(&stream), Some(NotLive::Loopback));
    }

    #[tokio::test]
    async fn an_open_port_is_told_without_its_path() {
        let (_master, slave) = SerialStream::pair().unwrap();
        assert_eq!(NotLive::of_port(&slave), Some(NotLive::PseudoTerminal));
    }

    #[test]
    fn what_is_no_port_is_not_live() {
        let metadata = std::fs::metadata(env!("CARGO_MANIFEST_DIR")).unwrap();
        assert_eq!(of_device(&metadata), Some(NotLive::Unknown));
    }
}
