//! The ledger: chain, signatures, damage of every byte.

use proptest::prelude::*;

use super::*;
use crate::key::KeyFolder;

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("ledger-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn key(&self, name: &str) -> StationKey {
        KeyFolder::open(&self.0.join("keys")).create_key(name, WallTime(0)).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.0.join(FILE_NAME)).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn begin(ledger: &mut Ledger, run: u32, key: Option<&StationKey>) {
    let event = LedgerEvent::Begin { plan: "ab".to_owned() };
    ledger.append("T-1", run, WallTime(run.into()), event, key).unwrap();
}

fn end(ledger: &mut Ledger, run: u32, key: Option<&StationKey>) {
    let (reason, root) = (String::new(), "cd".to_owned());
    let event = LedgerEvent::End { kind: EndKind::Ended, reason, root };
    ledger.append("T-1", run, WallTime(run.into()), event, key).unwrap();
}

fn trusting(keys: &[&StationKey]) -> TrustedKeys {
    let mut trusted = TrustedKeys::default();
    keys.iter().for_each(|key| trusted.insert(key.public()));
    trusted
}

#[test]
fn an_entry_cannot_be_changed_or_taken_out() {
    let scratch = Scratch::new("plain");
    let mut ledger = Ledger::open(&scratch.0).unwrap();
    for run in 1..=3 {
        begin(&mut ledger, run, None);
    }
    drop(ledger);
    let text = scratch.text();
    assert_eq!(Ledger::open(&scratch.0).unwrap().entries().len(), 3);

    let changed = text.replacen("\"run\":2", "\"run\":7", 1);
    let path = scratch.0.join(FILE_NAME);
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        match Ledger::open(&scratch.0) {
            Err(EvidenceError::Ledger { entry, .. }) => entry,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(&changed), 3);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    assert_eq!(refused(&[lines[0], lines[2]].concat()), 2);
    assert_eq!(refused(&[lines[0], "garbage\n", lines[1]].concat()), 2);
}

/// What a power cut leaves of an entry that was being written is put aside, whatever it is.
#[test]
fn what_was_torn_at_the_end_is_put_aside() {
    for (name, tail) in [
        ("torn", &b"{\"entry\":3,\"tri"[..]),
        ("garbled", b"\xff\xfe\n\x00{}\n\x80"),
        ("zeros", &[0; 300]),
    ] {
        let scratch = Scratch::new(name);
        let mut ledger = Ledger::open(&scratch.0).unwrap();
        (1..=2).for_each(|run| begin(&mut ledger, run, None));
        drop(ledger);
        let path = scratch.0.join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, [&whole, tail].concat()).unwrap();
        let ledger = Ledger::open(&scratch.0).unwrap();
        assert_eq!(ledger.entries().len(), 2, "{name}");
        drop(ledger);
        // The same again: what was kept before is not lost.
        std::fs::write(&path, [&whole[..], b"another tail"].concat()).unwrap();
        let mut ledger = Ledger::open(&scratch.0).unwrap();
        begin(&mut ledger, 3, None);
        drop(ledger);
        for (nth, tail) in [(1, tail), (2, b"another tail")] {
            let kept = scratch.0.join(format!("{FILE_NAME}.cut-{}-{nth}.bin", whole.len()));
            assert_eq!(std::fs::read(kept).unwrap(), tail, "{name}");
        }
        assert_eq!(Ledger::open(&scratch.0).unwrap().entries().len(), 3, "{name}");
    }
}

#[test]
fn a_ledger_tells_who_signed_and_what_is_unfinished() {
    let scratch = Scratch::new("signed");
    let (one, other) = (scratch.key("one"), scratch.key("other"));
    let mut ledger = Ledger::open(&scratch.0).unwrap();
    begin(&mut ledger, 1, Some(&one));
    end(&mut ledger, 1, Some(&one));
    begin(&mut ledger, 2, Some(&one));
    let path = scratch.0.join(FILE_NAME);
    let report = check_ledger(&path, &trusting(&[&one])).unwrap();
    assert!(report.is_whole() && report.is_trusted());
    assert_eq!((report.entries, report.unfinished.as_slice()), (3, &[("T-1".to_owned(), 2)][..]));
    assert_eq!(report.last_digest, ledger.last_line_digest);

    let stranger = check_ledger(&path, &TrustedKeys::default()).unwrap();
    assert!(stranger.is_whole() && !stranger.is_trusted());
    assert_eq!(stranger.unknown_keys, [one.public()]);
    end(&mut ledger, 2, Some(&other));
    begin(&mut ledger, 3, None);
    let mixed = check_ledger(&path, &trusting(&[&one])).unwrap();
    assert_eq!((mixed.entries, mixed.trusted, mixed.unsigned), (5, 3, 1));
    assert!(mixed.is_whole() && !mixed.is_trusted());
    drop(ledger);
    assert_eq!(Ledger::open(&scratch.0).unwrap().entries().len(), 5);
}

#[test]
fn every_byte_of_a_signed_ledger_counts() {
    let scratch = Scratch::new("bytes");
    let (one, other) = (scratch.key("one"), scratch.key("other"));
    let mut ledger = Ledger::open(&scratch.0).unwrap();
    begin(&mut ledger, 1, Some(&one));
    end(&mut ledger, 1, Some(&one));
    let good = scratch.text().into_bytes();
    let trust = trusting(&[&one]);
    assert!(check_ledger_bytes(&good, &trust).is_trusted());
    let line_of = |at: usize| good[..at].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1 << (at % 8);
        let report = check_ledger_bytes(&changed, &trust);
        assert!(!report.is_trusted() || report.entries < 2, "byte {at}: {report:?}");
        // The last line's end is the one byte whose loss reads as a line that was being written.
        if at + 1 < good.len() {
            assert_eq!(report.first_bad, Some(line_of(at)), "byte {at}");
        }
        let cut = check_ledger_bytes(&good[..at], &trust);
        assert_eq!((cut.first_bad, cut.entries), (None, line_of(at) - 1), "cut at {at}");
    }
    // Another key signs the same entries: whole, but by nobody who is trusted.
    let fresh = Scratch::new("rebuilt");
    let mut rebuilt = Ledger::open(&fresh.0).unwrap();
    begin(&mut rebuilt, 1, Some(&other));
    end(&mut rebuilt, 1, Some(&other));
    let report = check_ledger_bytes(fresh.text().as_bytes(), &trust);
    assert!(report.is_whole() && !report.is_trusted());
}

proptest! {
    #[test]
    fn no_bytes_make_the_check_panic(bytes: Vec<u8>, lines in "(\\PC{0,40}\n){0,4}") {
        let trust = TrustedKeys::default();
        check_ledger_bytes(&bytes, &trust);
        check_ledger_bytes(lines.as_bytes(), &trust);
    }
}
