//! Who and where: what a run's first record says of the station, and how a person is named.
//!
//! Invariants:
//! - A name that somebody gives of oneself is never recorded alone: the account of the system
//!   that it came from stands behind it.
//! - Every text is capped; a longer name is refused, anything else is cut at a character.

use trial::record::Station;
use words::{Message, message};

use crate::clock::Clock;

/// Most bytes of a name that a person gives.
pub const MAX_NAME_BYTES: usize = 128;
/// Most bytes of a text that the system gives: a host, a boot.
const MAX_SYSTEM_BYTES: usize = 128;
/// Most bytes of the reason why a link is not live.
const MAX_REASON_BYTES: usize = 512;
/// Most reasons that are kept; the plan has no more links than this.
const MAX_REASONS: usize = 256;
/// Largest list of accounts that is read, in bytes.
const MAX_ACCOUNTS_BYTES: u64 = 8 << 20;
/// Where the kernel names this start of the machine.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";
/// Where the kernel names the machine.
const HOST: &str = "/proc/sys/kernel/hostname";

/// What is known of the station when a run starts at `clock`'s zero. The fields of the key are
/// left empty. `by` is the name that was given, `not_live` why the run is not.
pub fn describe(by: Option<&str>, not_live: &[Message], clock: &Clock) -> Station {
    let reason = |message: &Message| capped(&message.to_string(), MAX_REASON_BYTES);
    Station {
        started_by: person(by, &own_account()),
        host: system_text(HOST),
        boot: boot(),
        boot_clock_ns: clock.zero_since_boot_ns(),
        not_live: not_live.iter().take(MAX_REASONS).map(reason).collect(),
        ..Station::default()
    }
}

/// Which start of the machine this is, as its system names it; empty where it does not.
pub fn boot() -> String {
    system_text(BOOT)
}

/// How a person is recorded: the account alone, or the name that was given and whose account it
/// was given from.
pub fn person(name: Option<&str>, account: &str) -> String {
    match name.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("{} (account {account})", capped(name, MAX_NAME_BYTES)),
        None => account.to_owned(),
    }
}

/// Why a name can't be taken; `None` if it can.
pub fn refuse_name(name: &str) -> Option<Message> {
    let bad =
        name.trim().is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control);
    bad.then(|| message!("control-bad-name", most = MAX_NAME_BYTES))
}

/// The account that this process runs as.
pub fn own_account() -> String {
    account(rustix::process::getuid().as_raw())
}

/// The name of an account, or its number where the system's list does not have it.
pub fn account(number: u32) -> String {
    use std::io::Read as _;
    let mut list = Vec::new();
    if let Ok(file) = std::fs::File::open("/etc/passwd") {
        // What can't be read is as if it were not listed.
        let _ = file.take(MAX_ACCOUNTS_BYTES).read_to_end(&mut list);
    }
    listed(&String::from_utf8_lossy(&list), number)
        .map_or_else(|| number.to_string(), |name| capped(name, MAX_NAME_BYTES))
}

/// The name of an account in a list whose lines are `name:password:number:…` (passwd(5)).
fn listed(list: &str, number: u32) -> Option<&str> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(number)).then_some(name)
    })
}

fn system_text(path: &str) -> String {
    capped(std::fs::read_to_string(path).unwrap_or_default().trim(), MAX_SYSTEM_BYTES)
}

/// The text, cut at a character if it is longer than `most` bytes.
fn capped(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_looked_up_by_number() {
        let list = "root:x:0:0::/:/bin/sh\n\n:x:7:\nbroken\nli:x:1000:1000:Li:/srv:\n";
        assert_eq!(listed(list, 0), Some("root"));
        assert_eq!(listed(list, 1000), Some("li"));
        assert_eq!((listed(list, 7), listed(list, 1)), (None, None));
        assert_eq!(account(u32::MAX - 1), (u32::MAX - 1).to_string());
    }

    #[test]
    fn a_claimed_name_never_stands_alone() {
        assert_eq!(person(None, "li"), "li");
        assert_eq!(person(Some("  "), "li"), "li");
        assert_eq!(person(Some(" 王工 "), "li"), "王工 (account li)");
        assert_eq!(person(Some("root"), "li"), "root (account li)");
    }

    #[test]
    fn names_have_bounds() {
        for name in ["", " ", "a\nb", "\u{1b}[31m", &"x".repeat(129)] {
            assert!(refuse_name(name).is_some(), "{name:?}");
        }
        for name in ["王工", "A. Li", &"x".repeat(128)] {
            assert!(refuse_name(name).is_none(), "{name:?}");
        }
        assert_eq!(capped("泵泵", 4), "泵");
    }

    #[test]
    fn the_station_tells_when_and_where_it_started() {
        let clock = Clock::start();
        let reasons = [message!("control-bad-name", most = "x".repeat(2_000))];
        let station = describe(Some("王工"), &reasons, &clock);
        assert!(station.started_by.starts_with("王工 (account "), "{station:?}");
        assert!(!station.host.is_empty() && station.boot.len() == 36, "{station:?}");
        let since = Clock::since_boot_ns() - station.boot_clock_ns;
        assert!((0..60_000_000_000).contains(&since), "{since}");
        assert!(station.not_live[0].len() <= MAX_REASON_BYTES);
        assert_eq!((station.key.as_str(), station.key_run), ("", 0));
    }
}
