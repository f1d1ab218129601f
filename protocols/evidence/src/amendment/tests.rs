//! Amendments: every kind, order, signatures, damage of every byte.

use proptest::prelude::*;
use serde_json::value::RawValue;
use trial::amendment::{Attachment, LateReading, SignOffRole};
use trial::time::TrialTime;

use super::*;
use crate::key::KeyFolder;

const ROOT: [u8; 32] = [9; 32];

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("amend-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    fn trial(&self) -> PathBuf {
        self.0.join("T-1-r01.h5")
    }

    fn key(&self, name: &str) -> StationKey {
        KeyFolder::open(&self.0.join("keys")).create_key(name, WallTime(0)).unwrap()
    }

    /// Adds one, and makes sure that what is told of it is what a check finds.
    fn add(&self, what: Amendment, key: Option<&StationKey>) -> Result<u64, EvidenceError> {
        let mut amendments = Amendments::open(&self.trial(), &ROOT)?;
        let (by, why) = ("Li Wei".to_owned(), "asked for".to_owned());
        let new = NewAmendment { by, at: WallTime(7), why, what };
        let (entry, fingerprint) = amendments.append(new, key)?;
        let report = self.check(&TrustedKeys::default());
        assert_eq!(report.last_fingerprint(), fingerprint);
        assert_eq!(report.entries.last().map(|(last, _)| last), Some(&entry));
        Ok(entry.number)
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(amendments_file(&self.trial())).unwrap()
    }

    fn check(&self, trust: &TrustedKeys) -> AmendmentsReport {
        check_amendments(&self.trial(), &ROOT, trust).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn note(text: &str) -> Amendment {
    Amendment::Note { text: text.to_owned() }
}

fn one_of_each() -> Vec<Amendment> {
    let statement = "seen".to_owned();
    vec![
        Amendment::ReEvaluation {
            scenario: "urban-flood.drainage-pump".to_owned(),
            digest: "ab".to_owned(),
            findings: RawValue::from_string("{\"a\": [1, 2.50]}".to_owned()).unwrap(),
        },
        Amendment::SignOff { role: SignOffRole::Reviewer, statement: statement.clone() },
        Amendment::Reading(LateReading {
            of: "mass".to_owned(),
            value: "2.50".to_owned(),
            unit: "kg".to_owned(),
            resolution: "0.01".to_owned(),
            instrument: "scale 7".to_owned(),
            observed_at: WallTime(1),
            entered_at: WallTime(2),
        }),
        Amendment::Witness {
            statement: statement.clone(),
            criterion: Some("no-leak".to_owned()),
            holds: Some(true),
            attachments: vec![Attachment { name: "a.jpg".to_owned(), blake3: "cd".to_owned() }],
        },
        Amendment::PostCheck { channel: "p_out".to_owned(), passed: false, statement },
        Amendment::Rebound {
            channel: "p_out".to_owned(),
            at: TrialTime(5),
            sensor: "PT-0194".to_owned(),
        },
        Amendment::Deviation {
            from: "6.2".to_owned(),
            instead: "in the rain".to_owned(),
            consent: String::new(),
        },
        note("泵"),
        Amendment::MarkCorrection { mark: 3, text: None, at: None, retracts: true },
    ]
}

fn trusting(key: &StationKey) -> TrustedKeys {
    let mut trust = TrustedKeys::default();
    trust.insert(key.public());
    trust
}

#[test]
fn every_kind_is_kept_and_told_with_who_vouches_for_it() {
    let scratch = Scratch::new("kinds");
    let key = scratch.key("station");
    assert_eq!(scratch.check(&TrustedKeys::default()).entries, [], "none yet");
    for (index, what) in one_of_each().into_iter().enumerate() {
        assert_eq!(scratch.add(what, Some(&key)).unwrap(), index as u64 + 1);
    }
    let report = scratch.check(&trusting(&key));
    assert!(report.is_trusted());
    let read: Vec<Amendment> = report.entries.into_iter().map(|(entry, _)| entry.what).collect();
    assert_eq!(read, one_of_each());

    scratch.add(note("unsigned"), None).unwrap();
    let report = scratch.check(&trusting(&key));
    assert!(report.is_whole() && !report.is_trusted());
    assert_eq!(report.entries.last().unwrap().1, Vouched::Nobody);
    let stranger = scratch.check(&TrustedKeys::default());
    assert_eq!(stranger.entries[0].1, Vouched::Unknown(key.public()));
}

#[test]
fn every_byte_counts() {
    let scratch = Scratch::new("bytes");
    let key = scratch.key("station");
    for text in ["one", "two", "three"] {
        scratch.add(note(text), Some(&key)).unwrap();
    }
    let (good, trust) = (scratch.bytes(), trusting(&key));
    let line_of = |at: usize| good[..at].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
    for at in 0..good.len() - 1 {
        let mut changed = good.clone();
        changed[at] ^= 1 << (at % 8);
        let report = check_amendments_bytes(&changed, &ROOT, &trust);
        assert_eq!(report.first_bad, Some(line_of(at)), "byte {at}");
    }
    let lines: Vec<&[u8]> = good.split_inclusive(|&byte| byte == b'\n').collect();
    let first_bad =
        |lines: &[&[u8]]| check_amendments_bytes(&lines.concat(), &ROOT, &trust).first_bad;
    assert_eq!(first_bad(&lines), None);
    assert_eq!(first_bad(&[lines[0], lines[2]]), Some(2), "one taken out");
    assert_eq!(first_bad(&[lines[1], lines[0], lines[2]]), Some(1), "another order");
    assert_eq!(first_bad(&[lines[0], lines[0]]), Some(2), "one twice");
    let other_trial = check_amendments_bytes(&good, &[8; 32], &trust);
    assert_eq!(other_trial.first_bad, Some(1), "those of another recording");
    assert_eq!(first_bad(&lines[..2]), None, "a dropped end is not seen from the inside");
}

#[test]
fn a_damaged_file_is_not_added_to_and_a_torn_line_is_cut() {
    let scratch = Scratch::new("damaged");
    scratch.add(note("one"), None).unwrap();
    let good = scratch.bytes();
    let path = amendments_file(&scratch.trial());
    std::fs::write(&path, [&good[..], b"{\"number\":2"].concat()).unwrap();
    assert!(scratch.check(&TrustedKeys::default()).torn);
    assert_eq!(scratch.add(note("two"), None).unwrap(), 2);
    assert!(!scratch.check(&TrustedKeys::default()).torn);

    let changed = String::from_utf8(scratch.bytes()).unwrap().replacen("one", "two", 1);
    std::fs::write(&path, &changed).unwrap();
    let refused = scratch.add(note("three"), None);
    assert!(matches!(refused, Err(EvidenceError::Amendments { number: 2, .. })), "{refused:?}");
    assert_eq!(scratch.bytes(), changed.as_bytes());
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("elsewhere", &path).unwrap();
    assert!(matches!(scratch.add(note("x"), None), Err(EvidenceError::Link(_))));
}

#[test]
fn what_is_too_long_is_refused_before_it_is_written() {
    let scratch = Scratch::new("long");
    let long = note(&"x".repeat(MAX_TEXT_BYTES + 1));
    assert!(matches!(scratch.add(long, None), Err(EvidenceError::AmendmentForm)));
    assert!(scratch.bytes().is_empty());
}

proptest! {
    #[test]
    fn no_bytes_make_the_check_panic(bytes: Vec<u8>, lines in "(\\PC{0,40}\n){0,4}") {
        let trust = TrustedKeys::default();
        check_amendments_bytes(&bytes, &ROOT, &trust);
        check_amendments_bytes(lines.as_bytes(), &ROOT, &trust);
    }
}
