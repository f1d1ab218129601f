//! What becomes of the numbers that a device gives: boundary tables over one answer at a time.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use std::fmt::Write as _;

use trial::channel::{Quality, Raw, Sample};
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::profile::Table;
use trial::record::{Body, Cause, Origin, OriginKind, PollDue, Record, RecordSource};
use trial::recording::Gap;
use trial::time::{TrialTime, WallTime};
use wire::derive::{Derive, Row, Sink};
use wire::modbus::{Framing, read_request_adu};
use wire::plan::plan_requests;

const SCENARIO: &str = include_str!("../../../fixtures/golden/wire/scenario.toml");

#[derive(Default)]
struct Samples(Vec<Sample>);

impl Sink for Samples {
    fn row(&mut self, row: &Row<'_>) {
        self.0.extend(row.samples.iter());
    }

    fn gap(&mut self, _: Gap) {}
}

/// The documents of a trial with one polled device, whose one point has these keys.
fn documents(point: &str, more: &str) -> DocumentSet {
    let mut plan = String::from(
        "[trial]\nid = \"t\"\nscenario = \"s\"\ntitle = { en = \"\", zh = \"\" }\n\
         [site]\nzone = \"UTC\"\n[[link]]\nid = \"gw\"\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n\
         [[device]]\nid = \"d\"\nlink = \"gw\"\nprofile = \"p\"\nevery = \"1s\"\n",
    );
    writeln!(plan, "{more}").unwrap();
    let profile = format!(
        "[device]\nid = \"p\"\ntitle = {{ en = \"\", zh = \"\" }}\ndialect = \"modbus\"\n\
         source = \"\"\n[modbus]\n[[point]]\nid = \"x\"\ntitle = {{ en = \"\", zh = \"\" }}\n\
         quantity = \"number\"\nunit = \"1\"\ntable = \"holding\"\naddress = 0\n{point}\n"
    );
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", &plan),
            document(DocumentRole::Scenario, "s", SCENARIO),
            document(DocumentRole::Device, "p", &profile),
        ],
    }
}

/// The sample of one answer with these data bytes.
fn sample(point: &str, more: &str, data: &[u8]) -> Sample {
    let documents = documents(point, more);
    let plan = Plan::resolve(&documents).unwrap_or_else(|error| panic!("{point}: {error}"));
    let origin = Origin {
        trial: "t".to_owned(),
        run: 1,
        origin: OriginKind::Simulated,
        start: WallTime(0),
        software: String::new(),
        previous_root: String::new(),
        station: trial::record::Station::default(),
    };
    let count = u16::try_from(data.len() / 2).unwrap();
    let sent = read_request_adu(Framing::Tcp, 1, Table::Holding, 0, count, 7);
    let length = u8::try_from(data.len()).unwrap();
    let received = [&[0, 7, 0, 0, 0, length + 3, 1, 3, length], data].concat();
    let due = PollDue { poll: 0, request: 0, due: TrialTime::ZERO };
    let mut bodies = vec![Body::Origin(origin)];
    bodies.extend(documents.documents.into_iter().map(Body::Document));
    let station = bodies.len();
    bodies.extend([
        Body::RequestPlan(plan_requests(&plan)),
        Body::PollDue(due),
        Body::Sent { poll: 0, bytes: sent.into() },
        Body::Received { bytes: received.into() },
        Body::Outcome { poll: 0, cause: Cause::Answered },
    ]);
    let (mut derive, mut samples) = (Derive::new(), Samples::default());
    for (index, body) in bodies.into_iter().enumerate() {
        let source = if index > station { RecordSource::link(0) } else { RecordSource::STATION };
        let sequence = index as u64;
        let record = Record { sequence, boot: 0, at: TrialTime(sequence as i64), source, body };
        derive.feed(&record, &mut samples).unwrap();
    }
    let [sample] = samples.0[..] else { panic!("{point}: {:?}", samples.0) };
    sample
}

/// Sentinels, fault bands and ranges, at their bounds and one step beyond them.
#[test]
fn fault_23_codes_beyond_the_range_keep_their_raw_number_and_are_never_good() {
    use Quality::{Good, OutOfRange, Sentinel};
    let check = |point: &str, raw: i16, quality: Quality| {
        let found = sample(&format!("type = \"i16\"\n{point}"), "", &raw.to_be_bytes());
        assert_eq!((found.raw, found.quality), (Raw::i16(raw), quality), "{point} {raw}");
        assert_eq!(found.value, f64::from(raw), "{point} {raw}");
    };
    let valid = "valid = [-100, 1000]";
    for (raw, quality) in [
        (-101, OutOfRange),
        (-100, Good),
        (0, Good),
        (1000, Good),
        (1001, OutOfRange),
        (i16::MAX, OutOfRange),
        (i16::MIN, OutOfRange),
    ] {
        check(valid, raw, quality);
    }
    let sentinels = "sentinels = [32767, -32768, \"0x8001\"]\nvalid = [-100, 1000]";
    for (raw, quality) in [
        (i16::MAX, Sentinel),
        (i16::MAX - 1, OutOfRange),
        (i16::MIN, Sentinel),
        (i16::MIN + 1, Sentinel),
        (i16::MIN + 2, OutOfRange),
        (999, Good),
    ] {
        check(sentinels, raw, quality);
    }
    // Broken at and beyond the fault bounds, not valid between them and the valid range.
    let namur = "valid = [3800, 20500]\nfault = { at_most = 3600, at_least = 21000 }";
    for (raw, quality) in [
        (3600, Sentinel),
        (3601, OutOfRange),
        (3799, OutOfRange),
        (3800, Good),
        (20_500, Good),
        (20_501, OutOfRange),
        (20_999, OutOfRange),
        (21_000, Sentinel),
    ] {
        check(namur, raw, quality);
    }
}

/// A channel's range is the narrower of the point's and the plan's.
#[test]
fn fault_23_the_plan_narrows_a_range_and_never_widens_it() {
    let channel = "[[channel]]\nid = \"c\"\npoint = \"d.x\"\nrange = [0, 500]";
    for (raw, quality) in [
        (-1i16, Quality::OutOfRange),
        (0, Quality::Good),
        (400, Quality::Good),
        (401, Quality::OutOfRange),
        (501, Quality::OutOfRange),
    ] {
        let found = sample("type = \"i16\"\nvalid = [-50, 400]", channel, &raw.to_be_bytes());
        assert_eq!((found.raw, found.quality), (Raw::i16(raw), quality));
    }
}

/// Bits of binary32 and binary64 that are no ordinary numbers, in the order of the table of IEEE
/// 754-2019, 3.4.
#[test]
fn fault_24_not_finite_zero_and_subnormal_numbers_keep_their_bits() {
    use Quality::{Good, NotFinite};
    let check = |point: &str, bytes: &[u8], bits: u64, quality: Quality| {
        let found = sample(point, "", bytes);
        assert_eq!((found.raw.bits(), found.quality), (bits, quality), "{point} {bits:x}");
        if quality.is_good() {
            let expected = found.raw.to_f64();
            assert_eq!(found.value, expected, "{point} {bits:x}");
        }
        if found.value.is_nan() {
            // The same NaN everywhere, whatever the device put into its payload.
            assert_eq!(found.value.to_bits(), f64::NAN.to_bits(), "{point} {bits:x}");
        }
    };
    for (bits, quality) in [
        (0x7fc0_0000u32, NotFinite),
        (0x7fc0_0001, NotFinite),
        (0xffff_ffff, NotFinite),
        // A signalling NaN.
        (0x7f80_0001, NotFinite),
        (0x7f80_0000, NotFinite),
        (0xff80_0000, NotFinite),
        (0x8000_0000, Good),
        (0x0000_0000, Good),
        (0x0000_0001, Good),
        (0x807f_ffff, Good),
        (0x7f7f_ffff, Good),
    ] {
        check("type = \"f32\"", &bits.to_be_bytes(), u64::from(bits), quality);
        // A range or a fault band does not make a number of what is none.
        let ranged = "type = \"f32\"\nvalid = [-1e39, 1e39]";
        check(ranged, &bits.to_be_bytes(), u64::from(bits), quality);
        let banded = "type = \"f32\"\nfault = { at_most = -1e39, at_least = 1e39 }";
        check(banded, &bits.to_be_bytes(), u64::from(bits), quality);
    }
    for (bits, quality) in [
        (0x7ff8_0000_0000_0000u64, NotFinite),
        (0x7ff0_0000_0000_0001, NotFinite),
        (0xfff8_dead_beef_0001, NotFinite),
        (0xfff0_0000_0000_0000, NotFinite),
        (0x8000_0000_0000_0000, Good),
        (0x0000_0000_0000_0001, Good),
        (0x7fef_ffff_ffff_ffff, Good),
    ] {
        check("type = \"f64\"", &bits.to_be_bytes(), bits, quality);
    }
    // What overflows by its scale is not finite either.
    let large = f64::MAX.to_be_bytes();
    check("type = \"f64\"\nscale = 2.0", &large, f64::MAX.to_bits(), NotFinite);
}

/// A digit over 9 is no decimal digit: nothing is made of it.
#[test]
fn digits_of_a_binary_coded_decimal_are_checked() {
    let check = |kind: &str, bytes: &[u8], value: Option<f64>| {
        let found = sample(&format!("type = \"{kind}\"\nscale = 0.5"), "", bytes);
        let quality = if value.is_some() { Quality::Good } else { Quality::Corrupt };
        assert_eq!(found.quality, quality, "{kind} {bytes:x?}");
        match value {
            Some(value) => assert_eq!(found.value, value / 2.0, "{kind} {bytes:x?}"),
            None => assert!(found.value.is_nan(), "{kind} {bytes:x?}"),
        }
    };
    check("bcd16", &[0x99, 0x99], Some(9999.0));
    check("bcd16", &[0x00, 0x0a], None);
    check("bcd16", &[0xf0, 0x00], None);
    check("bcd32", &[0x12, 0x34, 0x56, 0x78], Some(12_345_678.0));
    check("bcd32", &[0x12, 0x34, 0x56, 0x7a], None);
    check(
        "bcd64",
        &[0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56],
        Some(1_234_567_890_123_456.0),
    );
    check("bcd64", &[0xa0, 0, 0, 0, 0, 0, 0, 0], None);
}
