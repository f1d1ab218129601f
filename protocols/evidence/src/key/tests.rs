//! Keys: privacy of their files, counting, rotation.

use std::os::unix::fs::PermissionsExt as _;

use journal::{ChainValue, RunTag};

use super::*;
use crate::signature::{SignatureError, TrustedKeys, head_statement, verify_seal};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("keys-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_key_is_private_and_reads_back() {
    let scratch = Scratch::new("private");
    let folder = KeyFolder::open(&scratch.0);
    assert!(folder.default_key().unwrap().is_none());
    let key = folder.create_key("station", WallTime(1_750_000_000_000_000_000)).unwrap();
    assert_eq!(mode(&scratch.0), 0o700);
    let private = scratch.0.join("station.key");
    assert_eq!(mode(&private), 0o600);
    let loaded = folder.load("station").unwrap();
    assert_eq!(loaded.named(), key.named());
    assert_eq!(folder.default_key().unwrap().unwrap().public(), key.public());
    assert_eq!(folder.load_for(key.public()).unwrap().unwrap().name(), "station");
    let mut trusted = TrustedKeys::default();
    trusted.add(folder.public_file("station").to_str().unwrap()).unwrap();
    assert!(trusted.contains(key.public()));

    let again = folder.create_key("station", WallTime(0));
    assert!(matches!(again, Err(KeyError::Exists { .. })), "{again:?}");
    for bad in ["", "../x", "a b"] {
        assert!(matches!(folder.create_key(bad, WallTime(0)), Err(KeyError::Name(_))), "{bad}");
        assert!(matches!(folder.load(bad), Err(KeyError::Name(_))), "{bad}");
    }
    assert!(matches!(folder.load("other"), Err(KeyError::Unknown { .. })));
}

#[test]
fn what_others_may_read_or_replace_is_refused() {
    let scratch = Scratch::new("exposed");
    let folder = KeyFolder::open(&scratch.0);
    folder.create_key("station", WallTime(0)).unwrap();
    let private = scratch.0.join("station.key");
    for open in [0o640, 0o604, 0o620, 0o660] {
        std::fs::set_permissions(&private, std::fs::Permissions::from_mode(open)).unwrap();
        assert!(
            matches!(folder.load("station"), Err(KeyError::Exposed { mode, .. }) if mode == open)
        );
    }
    std::fs::set_permissions(&private, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::set_permissions(&scratch.0, std::fs::Permissions::from_mode(0o770)).unwrap();
    assert!(matches!(folder.load("station"), Err(KeyError::ExposedFolder(_))));
    assert!(matches!(folder.create_key("b", WallTime(0)), Err(KeyError::ExposedFolder(_))));
    std::fs::set_permissions(&scratch.0, std::fs::Permissions::from_mode(0o700)).unwrap();

    let elsewhere = scratch.0.join("elsewhere");
    std::fs::rename(&private, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &private).unwrap();
    assert!(matches!(folder.load("station"), Err(KeyError::Link(_))));
    std::fs::remove_file(&private).unwrap();
    let text = std::fs::read_to_string(&elsewhere).unwrap();
    for changed in
        ["", &text[1..], &text.replace("name station", "name other"), &text[..text.len() - 2]]
    {
        std::fs::write(&elsewhere, changed).unwrap();
        std::fs::copy(&elsewhere, &private).unwrap();
        assert!(matches!(folder.load("station"), Err(KeyError::Malformed(_))), "{changed}");
    }
}

#[test]
fn runs_are_counted_and_name_the_one_before() {
    let scratch = Scratch::new("runs");
    let folder = KeyFolder::open(&scratch.0);
    let key = folder.create_key("station", WallTime(0)).unwrap();
    assert_eq!(key.begin_run().unwrap(), KeyRun { number: 1, previous_root: String::new() });
    let root = ChainValue([5; 32]);
    key.end_run(root).unwrap();
    let second = folder.load("station").unwrap().begin_run().unwrap();
    assert_eq!(second, KeyRun { number: 2, previous_root: root.to_hex() });
    // The second run never ended; the third names the last that did.
    assert_eq!(key.begin_run().unwrap(), KeyRun { number: 3, previous_root: root.to_hex() });
    assert_eq!(folder.list().unwrap()[0].runs, Some(3));

    let counter = scratch.0.join("station.runs");
    let other = folder.create_key("other", WallTime(0)).unwrap();
    std::fs::copy(scratch.0.join("other.runs"), &counter).unwrap();
    assert!(matches!(key.begin_run(), Err(KeyError::Counter(_))), "the counter of another key");
    std::fs::remove_file(&counter).unwrap();
    assert!(matches!(key.begin_run(), Err(KeyError::Counter(_))), "no counter");
    assert_eq!(other.begin_run().unwrap().number, 1);
}

#[test]
fn a_retired_key_names_its_successor_and_signs_no_more() {
    let scratch = Scratch::new("rotate");
    let folder = KeyFolder::open(&scratch.0);
    let first = folder.create_key("station", WallTime(0)).unwrap();
    let second = folder.rotate("station", WallTime(7), false).unwrap();
    assert_eq!(second.name(), "station-2");
    assert!(!scratch.0.join("station.key").exists());
    assert!(scratch.0.join("station.pub").exists());
    assert!(
        matches!(folder.load("station"), Err(KeyError::Retired { by, .. }) if by == "station-2")
    );
    assert!(matches!(first.begin_run(), Err(KeyError::Retired { .. })), "in memory still");
    assert!(matches!(folder.rotate("station", WallTime(8), false), Err(KeyError::Retired { .. })));
    assert_eq!(folder.default_key().unwrap().unwrap().public(), second.public());

    let third = folder.rotate("station-2", WallTime(9), true).unwrap();
    assert_eq!(
        (third.name(), folder.latest("station").unwrap().as_str()),
        ("station-3", "station-3")
    );
    assert_eq!(folder.load("station-2").unwrap().public(), second.public(), "kept on demand");
    folder.create_key("bench", WallTime(0)).unwrap();
    assert_eq!(folder.default_key().unwrap().unwrap().name(), "station-3");
    let rotation = folder.rotation("station").unwrap().unwrap();
    assert_eq!(rotation.successor, second.public().to_hex());
}

#[test]
fn a_statement_about_a_successor_cannot_be_changed() {
    let scratch = Scratch::new("rotation");
    let folder = KeyFolder::open(&scratch.0);
    folder.create_key("station", WallTime(0)).unwrap();
    folder.rotate("station", WallTime(7), false).unwrap();
    let line = std::fs::read_to_string(scratch.0.join("station.rotations")).unwrap();
    let line = line.trim_end();
    assert!(Rotation::from_line(line).is_some());
    for at in 0..line.len() {
        for bit in [0, 3, 7] {
            let mut changed = line.as_bytes().to_vec();
            changed[at] ^= 1 << bit;
            let read = std::str::from_utf8(&changed).ok().and_then(Rotation::from_line);
            assert_eq!(read, None, "byte {at} bit {bit}");
        }
    }
}

#[test]
fn of_several_keys_one_must_be_named() {
    let scratch = Scratch::new("several");
    let folder = KeyFolder::open(&scratch.0);
    folder.create_key("a", WallTime(0)).unwrap();
    folder.create_key("b", WallTime(0)).unwrap();
    assert!(
        matches!(folder.default_key(), Err(KeyError::Several { names, .. }) if names == "a, b")
    );
}

#[test]
fn a_seal_holds_for_its_digest_its_root_and_its_run_alone() {
    let scratch = Scratch::new("seal");
    let key = KeyFolder::open(&scratch.0).create_key("station", WallTime(0)).unwrap();
    let seal = |digest: u8, root: u8, tag: u8, signature: [u8; 64]| trialfile::Seal {
        version: 1,
        state: trialfile::SealState::Sealed {
            key: key.public().bytes(),
            signature,
            tag: [tag; 16],
        },
        digest: [digest; 32],
        journal_root: [root; 32],
    };
    let statement = seal(1, 2, 3, [0; 64]).statement().unwrap();
    let (public, signature) = key.sign_seal(&statement).unwrap();
    assert_eq!(public, key.public().bytes());
    assert_eq!(verify_seal(&seal(1, 2, 3, signature)), Ok(Some(key.public())));
    let mut changed = signature;
    changed[5] ^= 1;
    let wrong = [
        seal(9, 2, 3, signature),
        seal(1, 9, 3, signature),
        seal(1, 2, 9, signature),
        trialfile::Seal { version: 2, ..seal(1, 2, 3, signature) },
        seal(1, 2, 3, changed),
    ];
    for wrong in wrong {
        assert_eq!(verify_seal(&wrong), Err(SignatureError::Mismatch), "{wrong:?}");
    }
    let unsealed =
        trialfile::Seal { state: trialfile::SealState::Unsealed, ..seal(1, 2, 3, signature) };
    assert_eq!(verify_seal(&unsealed), Ok(None));
    assert!(key.sign_seal(b"anything else").is_none(), "a key signs no bytes without a purpose");
    assert!(key.sign_seal(&head_statement(RunTag([3; 16]), 1, ChainValue([2; 32]))).is_none());
}

proptest::proptest! {
    #[test]
    fn no_text_makes_reading_a_rotation_panic(text in "\\PC{0,300}") {
        Rotation::from_line(&text);
    }
}
