//! Device profiles: what ships resolves, and every refusal says line, reason and right form.
//!
//! Invariant: [`REFUSALS`] holds a bad profile for each `profile-…` text of the word files.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use trial::document::{DocumentError, Source};
use trial::profile::{DeviceProfile, Dialect, PointTiming};
use words::Language;

/// A profile that is refused.
struct Refusal {
    /// Key of the text.
    key: &'static str,
    dialect: &'static str,
    /// What stands between `[device]` and the points. `#<` marks the line that is to blame.
    tables: &'static str,
    /// Keys of the points; each entry begins a point `p1`, `p2` … of the quantity `number`.
    points: &'static [&'static str],
    /// What is said behind the name of the document and the line.
    says: &'static str,
}

const REGISTER: &str = "table = \"holding\"\naddress = 0\ntype = \"u16\"";
const LINE: &str = "[frame]\nend = \"\\n\"\nseparator = \",\"\n[[message]]\nid = \"m\"";
const FIELD: &str = "field = 1";

const fn of_modbus(
    key: &'static str,
    tables: &'static str,
    points: &'static [&'static str],
    says: &'static str,
) -> Refusal {
    Refusal { key, dialect: "modbus", tables, points, says }
}

const fn of_frame(
    key: &'static str,
    tables: &'static str,
    points: &'static [&'static str],
    says: &'static str,
) -> Refusal {
    Refusal { key, dialect: "frame", tables, points, says }
}

const REFUSALS: &[Refusal] = &[
    of_modbus("profile-point-count", "[modbus]", &[], "A profile has 1 to 1024 points."),
    of_modbus(
        "profile-needs-modbus",
        "",
        &[REGISTER],
        "A profile of the dialect \"modbus\" needs a [modbus] table.",
    ),
    of_frame(
        "profile-modbus-misplaced",
        "[modbus] #<",
        &[FIELD],
        "A [modbus] table stands only in profiles of the dialect \"modbus\".",
    ),
    of_modbus(
        "profile-address-base",
        "[modbus] #<\naddress_base = 2",
        &[REGISTER],
        "address_base is 0 (as on the wire) or 1 (as in many manuals).",
    ),
    of_modbus(
        "profile-max-registers",
        "[modbus] #<\nmax_registers = 126",
        &[REGISTER],
        "max_registers is 1 to 125.",
    ),
    of_modbus(
        "profile-max-bits",
        "[modbus] #<\nmax_bits = 2001",
        &[REGISTER],
        "max_bits is 1 to 2000.",
    ),
    of_modbus(
        "profile-bad-hole",
        "[modbus] #<\naddress_base = 1\nholes = [{ table = \"input\", from = 0, to = 4 }]",
        &[REGISTER],
        "A hole has from and to, from not above to, and both at least address_base.",
    ),
    of_modbus("profile-retries", "[modbus]\nretries = 6", &[REGISTER], "retries is at most 5."),
    Refusal {
        key: "profile-needs-frame",
        dialect: "sync-sum",
        tables: "[frame] #<\nsync = 0x55\nlength = 11\nend = \"\\n\"",
        points: &["frame = 0x51\noffset_bytes = 2\ntype = \"i16\""],
        says: "A profile of the dialect \"sync-sum\" needs a [frame] table with sync and length, and nothing else.",
    },
    Refusal {
        key: "profile-frame-misplaced",
        dialect: "nmea-0183",
        tables: "[frame] #<\nsync = 0x55\nlength = 11",
        points: &["sentence = \"GGA\"\nfield = 2\nform = \"number\""],
        says: "A [frame] table stands only in profiles of the dialects \"sync-sum\" and \"frame\".",
    },
    Refusal {
        key: "profile-frame-length",
        dialect: "sync-sum",
        tables: "[frame] #<\nsync = 0x55\nlength = 3",
        points: &["frame = 0x51\noffset_bytes = 2\ntype = \"i16\""],
        says: "The length of a frame is 4 to 256 bytes, with sync and sum.",
    },
    Refusal {
        key: "profile-bad-offset",
        dialect: "sync-sum",
        tables: "[frame]\nsync = 0x55\nlength = 11",
        points: &["#<frame = 0x51\noffset_bytes = 9\ntype = \"i16\""],
        says: "The bytes of point \"p1\" do not lie between the identifier and the sum of the frame.",
    },
    of_modbus(
        "profile-bad-number",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"u16\"\nscale = 0"],
        "The numbers of point \"p1\" must be finite and its scale not zero.",
    ),
    of_modbus(
        "profile-foreign-key",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"u16\"\nsentence = \"GGA\""],
        "Point \"p1\" has the key \"sentence\", which this dialect does not know.",
    ),
    of_modbus(
        "profile-missing-key",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0"],
        "Point \"p1\" needs the key \"type\".",
    ),
    of_modbus(
        "profile-bad-address",
        "[modbus]",
        &["#<table = \"input\"\naddress = 65535\ntype = \"u32\""],
        "The registers of point \"p1\" do not lie within 0 to 65535, as on the wire.",
    ),
    of_modbus(
        "profile-wide-point",
        "[modbus]\nmax_registers = 2",
        &["#<table = \"input\"\naddress = 0\ntype = \"u64\""],
        "Point \"p1\" takes more registers than max_registers lets one request read; a value is never read in two pieces.",
    ),
    of_modbus(
        "profile-scaled-by-scaled",
        "[modbus]",
        &[
            "table = \"input\"\naddress = 0\ntype = \"u16\"\nratios = [\"p3\"]",
            "#<table = \"input\"\naddress = 1\ntype = \"u16\"\nratios = [\"p1\"]",
            "table = \"input\"\naddress = 2\ntype = \"u16\"",
        ],
        "Point \"p2\": what scales a point is a number of the same device that no other point scales.",
    ),
    of_modbus(
        "profile-unknown-point",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"u16\"\nexponent = { point = \"dpt\" }"],
        "Point \"p1\" names \"dpt\", which is no point of this profile.",
    ),
    of_modbus(
        "profile-entries",
        "[modbus]",
        &[
            "#<table = \"input\"\naddress = 0\ntype = \"u16\"\nsentinels = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32]",
        ],
        "Point \"p1\" has more than 32 ratios, flags or sentinels.",
    ),
    of_modbus(
        "profile-bad-sentinel",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"f32\"\nsentinels = [\"7FC00000\"]"],
        "Point \"p1\": a sentinel is a finite number, or its bits as a text such as \"0x7FC00000\".",
    ),
    of_modbus(
        "profile-bit-has-no-type",
        "[modbus]",
        &["#<table = \"coils\"\naddress = 0\ntype = \"u16\""],
        "Point \"p1\" is one bit: remove type, order and bits.",
    ),
    of_modbus(
        "profile-text-length",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"string\""],
        "Point \"p1\": type = \"string\" goes with length, its number of registers; no other type has one.",
    ),
    of_modbus(
        "profile-type-of-registers",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"u8\""],
        "Point \"p1\": registers hold types of 16, 32 or 64 bits; a byte of one is u16 with bits = [0, 7] or [8, 15].",
    ),
    of_modbus(
        "profile-point-in-hole",
        "[modbus]\nholes = [{ table = \"input\", from = 3, to = 5 }]",
        &["#<table = \"input\"\naddress = 2\ntype = \"f32\""],
        "Point \"p1\" lies in a hole.",
    ),
    of_modbus(
        "profile-bad-bits",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"i16\"\nbits = [0, 3]"],
        "Point \"p1\": bits = [lowest, highest] lie inside an unsigned number.",
    ),
    of_modbus(
        "profile-order-of-64",
        "[modbus]",
        &["#<table = \"input\"\naddress = 0\ntype = \"f32\"\norder = \"ABCDEFGH\""],
        "Point \"p1\": an order of eight letters is for types of 64 bits.",
    ),
    of_frame(
        "profile-frame-one-end",
        "[frame] #<\nstart = \"$\"\n[[message]]\nid = \"m\"",
        &[FIELD],
        "A profile of the dialect \"frame\" needs a [frame] table with exactly one of end, length, length_field and escape.",
    ),
    of_frame(
        "profile-frame-sync",
        "[frame] #<\nsync = 0x55\nend = \"\\n\"\n[[message]]\nid = \"m\"",
        &[FIELD],
        "The dialect \"frame\" has no sync; write start = [0x55].",
    ),
    of_frame(
        "profile-frame-ends",
        "[frame] #<\nlength = 8\n[[message]]\nid = \"m\"",
        &[FIELD],
        "A frame of fixed or declared length needs start bytes; one with escapes has none; length and max_length do not stand together; end is not empty.",
    ),
    of_frame(
        "profile-separator",
        "[frame] #<\nend = \"\\n\"\nseparator = \", \"\n[[message]]\nid = \"m\"",
        &[FIELD],
        "separator is one character.",
    ),
    of_frame(
        "profile-length-field",
        "[frame] #<\nstart = [0xAA]\nlength_field = { offset_bytes = 1, type = \"u32\", plus = 2 }\n[[message]]\nid = \"m\"",
        &[FIELD],
        "A length_field has the type u8 or u16, and stands inside the frame.",
    ),
    of_modbus(
        "profile-message-misplaced",
        "[modbus]\n[[message]] #<\nid = \"m\"",
        &[REGISTER],
        "[[message]] stands only in profiles of the dialect \"frame\".",
    ),
    of_frame(
        "profile-message-count",
        "[frame] #<\nend = \"\\n\"",
        &[FIELD],
        "A profile of the dialect \"frame\" has 1 to 32 [[message]].",
    ),
    of_frame(
        "profile-message-bytes",
        "[frame]\nend = \"\\n\"\n[[message]] #<\nid = \"m\"\nquery = \"\"",
        &[FIELD],
        "Message \"m\": literal and query have 1 to 64 bytes, and a literal lies inside the frame.",
    ),
    of_frame(
        "profile-message-unknown",
        "[frame]\nend = \"\\n\"\n[[message]]\nid = \"m\"\npattern = \"A.*\"\n[[message]] #<\nid = \"n\"",
        &["message = \"m\"\nat = [0, 1]"],
        "Message \"n\" can't be told from the others: give it a literal, a pattern or a query.",
    ),
    of_frame(
        "profile-bad-pattern",
        "[frame]\nend = \"\\n\"\n[[message]] #<\nid = \"m\"\npattern = \"(\"",
        &[FIELD],
        "Message \"m\": the pattern is no regular expression of at most 512 bytes.",
    ),
    of_frame(
        "profile-query-mixed",
        "[frame] #<\nend = \"\\n\"\n[[message]]\nid = \"m\"\nquery = \"A\\r\"\n[[message]]\nid = \"n\"\npattern = \"B.*\"",
        &["message = \"m\"\nat = [0, 1]"],
        "Either every message has a query or none.",
    ),
    of_frame(
        "profile-polling-misplaced",
        "[frame] #<\nend = \"\\n\"\ntimeout = \"1s\"\n[[message]]\nid = \"m\"",
        &[FIELD],
        "Nothing is asked of this device; remove timeout, turnaround, retries and connect_pause.",
    ),
    of_frame(
        "profile-decimal",
        "[frame] #<\nend = \"\\n\"\nseparator = \",\"\ndecimal = \",\"\n[[message]]\nid = \"m\"",
        &[FIELD],
        "decimal is \".\" or \",\", and not the separator.",
    ),
    of_frame(
        "profile-text-or-number",
        LINE,
        &["#<field = 1\ntype = \"u16\""],
        "Point \"p1\" is either a text, with field or at, or a binary number, with offset_bytes and type.",
    ),
    of_frame(
        "profile-unknown-message",
        LINE,
        &["#<message = \"n\"\nfield = 1"],
        "Point \"p1\": there is no message \"n\". Known: m",
    ),
    of_frame(
        "profile-bad-field",
        LINE,
        &["#<field = \"weight\""],
        "Point \"p1\": field is a number from 1 (with separator in [frame]) or a named group of the message's pattern; at is [offset, length].",
    ),
    of_frame(
        "profile-beyond-frame",
        LINE,
        &["#<at = [250, 7]"],
        "Point \"p1\" reaches beyond the longest frame.",
    ),
    of_frame(
        "profile-bad-factors",
        LINE,
        &["#<field = 1\nunit_in = { field = 2, factors = { kg = 0.0 } }"],
        "Point \"p1\": factors of unit_in are finite and not zero, such as { kg = 1.0 }.",
    ),
    of_frame(
        "profile-bad-flag",
        LINE,
        &["#<field = 1\nflags = [{ field = 2, means = \"unstable\" }]"],
        "Point \"p1\": a flag has field or at with is, or offset_bytes with bits and equals; and means.",
    ),
];

impl Refusal {
    /// The whole document, and the line that is to blame.
    fn document(&self) -> (String, Option<usize>) {
        let mut text = format!(
            "[device]\nid = \"d\"\ntitle = {{ en = \"D\", zh = \"D\" }}\ndialect = \"{}\"\nsource = \"s\"\n\n{}\n",
            self.dialect, self.tables
        );
        for (index, keys) in self.points.iter().enumerate() {
            let mark = if keys.starts_with("#<") { " #<" } else { "" };
            let keys = keys.trim_start_matches("#<");
            text += &format!(
                "\n[[point]]{mark}\nid = \"p{}\"\ntitle = {{ en = \"P\", zh = \"P\" }}\n\
                 quantity = \"number\"\nunit = \"1\"\n{keys}\n",
                index + 1
            );
        }
        let line = text.lines().position(|line| line.ends_with("#<")).map(|index| index + 1);
        (text, line)
    }
}

fn resolve(text: &str) -> Result<DeviceProfile, DocumentError> {
    DeviceProfile::resolve(Source::new("bad.toml", text.as_bytes()).unwrap())
}

#[test]
fn every_refusal_says_line_and_reason() {
    let mut trouble = Vec::new();
    for refusal in REFUSALS {
        let (text, line) = refusal.document();
        let Err(error) = resolve(&text) else {
            trouble.push(format!("{}: not refused\n{text}", refusal.key));
            continue;
        };
        let says = error.message.in_language(Language::English);
        if (error.message.key, error.line, says.as_str()) != (refusal.key, line, refusal.says) {
            trouble.push(format!("{} at {line:?}: {error}\n{text}", refusal.key));
        }
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

#[test]
fn every_text_about_profiles_has_its_bad_profile() {
    let keys = words::keys(Language::English).into_iter();
    let defined: BTreeSet<&str> = keys.filter(|key| key.starts_with("profile-")).collect();
    let shown: BTreeSet<&str> = REFUSALS.iter().map(|refusal| refusal.key).collect();
    assert_eq!(defined, shown);
}

#[test]
fn every_shipped_profile_resolves_and_says_where_its_map_was_read() {
    let shipped = trial::catalogue::devices();
    assert!(shipped.len() >= 14, "only {} profiles", shipped.len());
    for document in shipped {
        let source = Source::new(document.id, document.bytes).unwrap();
        let profile = DeviceProfile::resolve(source).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(profile.id, document.id);
        assert!(profile.source.len() > 20, "{}: {}", profile.id, profile.source);
        for point in &profile.points {
            let (en, zh) = (&point.title.en, &point.title.zh);
            assert!(!en.is_empty() && !zh.is_empty(), "{}.{}", profile.id, point.id);
            assert!(en.is_ascii() || !zh.is_ascii(), "{}.{}: {en}, {zh}", profile.id, point.id);
        }
    }
}

/// A transmitter's limits of NAMUR NE 43 enclose its valid range, or a broken one passes for good.
#[test]
fn fault_bands_enclose_the_valid_range() {
    for document in trial::catalogue::devices() {
        let source = Source::new(document.id, document.bytes).unwrap();
        for point in DeviceProfile::resolve(source).unwrap().points {
            let (Some(fault), Some((low, high))) = (point.fault, point.valid) else {
                assert!(point.fault.is_none(), "{}.{}", document.id, point.id);
                continue;
            };
            let encloses = fault.at_most < low && high < fault.at_least;
            assert!(encloses, "{}.{}", document.id, point.id);
        }
    }
}

#[test]
fn a_device_is_asked_or_speaks_by_itself() {
    let asked = |id: &str| {
        let document = trial::catalogue::devices().iter().find(|document| document.id == id);
        let document = document.unwrap_or_else(|| panic!("{id}"));
        let source = Source::new(document.id, document.bytes).unwrap();
        let profile = DeviceProfile::resolve(source).unwrap();
        (profile.dialect, profile.is_asked())
    };
    assert_eq!(asked("acrel-pz96"), (Dialect::Modbus, true));
    assert_eq!(asked("mettler-mt-sics"), (Dialect::Frame, true));
    assert_eq!(asked("toledo-continuous"), (Dialect::Frame, false));
    assert_eq!(asked("nmea-0183"), (Dialect::Nmea0183, false));
}

#[test]
fn points_of_all_dialects_say_how_soon_they_show_what_they_measure() {
    let profile = |dialect: &str, tables: &str, place: &str, times: &str| {
        let text = format!(
            "[device]\nid = \"d\"\ntitle = {{ en = \"d\", zh = \"d\" }}\n\
             dialect = \"{dialect}\"\nsource = \"none\"\n{tables}\n[[point]]\nid = \"p\"\n\
             title = {{ en = \"p\", zh = \"p\" }}\nquantity = \"number\"\nunit = \"1\"\n{place}\n\
             {times}\n"
        );
        let source = Source::new("d.toml", text.as_bytes()).unwrap();
        DeviceProfile::resolve(source).map(|profile| profile.points[0].timing)
    };
    let sentence = "sentence = \"GGA\"\nfield = 1\nform = \"number\"";
    let times = "refresh = \"1 s\"\nresponse_time = \"200 ms\"\nlatency = \"50ms\"";
    for (dialect, tables, place) in
        [("modbus", "[modbus]", REGISTER), ("frame", LINE, FIELD), ("nmea-0183", "", sentence)]
    {
        let timing = profile(dialect, tables, place, times).unwrap();
        let given = [timing.refresh, timing.response, timing.latency];
        assert_eq!(given, [1000, 200, 50].map(|ms| Some(Duration::from_millis(ms))), "{dialect}");
        assert_eq!(profile(dialect, tables, place, "").unwrap(), PointTiming::default());
    }
    for wrong in ["refresh = \"1\"", "response_time = \"61 min\"", "latency = \"-1 s\""] {
        let error = profile("modbus", "[modbus]", REGISTER, wrong).unwrap_err();
        assert_eq!((error.message.key, error.line), ("document-bad-duration", Some(15)), "{wrong}");
    }
}

proptest! {
    /// Whatever stands in a shipped profile instead of one of its bytes: it resolves, or is refused
    /// in words, and nothing panics.
    #[test]
    fn a_changed_byte_is_refused_in_words_or_resolves(
        document in prop::sample::select(trial::catalogue::devices().to_vec()),
        at in any::<prop::sample::Index>(),
        byte in 0x20u8..0x7f,
    ) {
        let mut bytes = document.bytes.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(source) = Source::new(document.id, &bytes)
            && let Err(error) = DeviceProfile::resolve(source)
        {
            let text = error.message.in_language(Language::English);
            prop_assert_ne!(text, format!("[{}]", error.message.key));
        }
    }
}
