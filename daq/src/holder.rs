//! Who uses a port: for the message that refuses it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use trial::time::WallTime;

use crate::clock::Clock;

/// Ticks a second in which `/proc` counts; fixed for what the kernel tells user space.
const TICKS_PER_SECOND: i64 = 100;
/// Position of the start in `/proc/<process>/stat`, counted behind the name.
const START_FIELD: usize = 19;

/// A process that has a file locked or open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub process: u32,
    /// Its name.
    pub name: String,
    /// When it was started, to the second.
    pub since: WallTime,
}

impl Holder {
    /// The process that has locked a file, else one that has it open. `None` if there is none, or
    /// if this user may not see it.
    pub fn of(path: &str) -> Option<Holder> {
        let path = std::fs::canonicalize(path).ok()?;
        let metadata = path.metadata().ok()?;
        let device = (rustix::fs::major(metadata.dev()), rustix::fs::minor(metadata.dev()));
        let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        let locked = owner_of_lock(&locks, device, metadata.ino());
        Holder::describe(locked.or_else(|| opener(&path))?)
    }

    fn describe(process: u32) -> Option<Holder> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{process}/{file}")).ok();
        let name = read("comm")?.trim_end().to_owned();
        let stat = read("stat")?;
        // The name may hold anything, but no more brackets come behind it.
        let ticks: i64 =
            stat.rsplit_once(')')?.1.split_whitespace().nth(START_FIELD)?.parse().ok()?;
        let age = Clock::since_boot_ns() / 1_000_000_000 - ticks / TICKS_PER_SECOND;
        let seconds = Clock::wall_now().0 / 1_000_000_000 - age;
        Some(Holder { process, name, since: WallTime(seconds.saturating_mul(1_000_000_000)) })
    }
}

/// The owner of an exclusive lock in the text of `/proc/locks`, whose lines are
/// `1: FLOCK  ADVISORY  WRITE 1234 00:1b:5 0 EOF`: process, then device and inode.
fn owner_of_lock(locks: &str, device: (u32, u32), inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip_while(|field| *field != "WRITE").skip(1);
        let process = fields.next()?.parse().ok()?;
        let mut place = fields.next()?.split(':');
        let major = u32::from_str_radix(place.next()?, 16).ok()?;
        let minor = u32::from_str_radix(place.next()?, 16).ok()?;
        let number: u64 = place.next()?.parse().ok()?;
        ((major, minor) == device && number == inode).then_some(process)
    })
}

/// Another process that has a file open.
fn opener(path: &Path) -> Option<u32> {
    let own = std::process::id();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.filter(|process| *process != own).find(|process| {
        let files = std::fs::read_dir(format!("/proc/{process}/fd"));
        files
            .into_iter()
            .flatten()
            .flatten()
            .any(|file| std::fs::read_link(file.path()).is_ok_and(|target| target == path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKS: &str = "1: POSIX  ADVISORY  WRITE 51 00:1b:5 0 EOF\n\
        2: FLOCK  ADVISORY  WRITE 77 08:02:1311 0 EOF\n\
        2: -> FLOCK  ADVISORY  WRITE 78 08:02:1311 0 EOF\n\
        3: FLOCK  ADVISORY  READ 79 08:02:9 0 EOF\nrubbish\n";

    #[test]
    fn the_owner_of_a_lock_is_found_by_device_and_inode() {
        for (device, inode, owner) in [
            ((0, 0x1b), 5, Some(51)),
            ((8, 2), 1311, Some(77)),
            ((8, 3), 1311, None),
            ((8, 2), 9, None),
        ] {
            assert_eq!(owner_of_lock(LOCKS, device, inode), owner, "{device:?} {inode}");
        }
    }

    #[test]
    fn a_process_that_has_a_file_open_is_described() {
        let path = std::env::temp_dir().join(format!("holder-{}", std::process::id()));
        std::fs::write(&path, "").unwrap();
        let mut child = std::process::Command::new("tail")
            .arg("-f")
            .arg(&path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let found = loop {
            match Holder::of(path.to_str().unwrap()) {
                Some(found) => break found,
                None => assert!(std::time::Instant::now() < until, "it does not open the file"),
            }
        };
        child.kill().unwrap();
        child.wait().unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!((found.process, found.name.as_str()), (child.id(), "tail"));
        let age = Clock::wall_now().0 - found.since.0;
        assert!((-2_000_000_000..60_000_000_000).contains(&age), "{age}");
    }
}
