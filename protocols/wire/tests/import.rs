//! Imported files: the lines that the plan takes for rows are those that have samples, with the
//! same fields, whatever stands in the file and wherever it is cut.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use std::path::Path;

use proptest::prelude::*;
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::{Import, LineKind, Plan, RequestPlan};
use trial::record::{Body, Origin, OriginKind, Record, RecordSource};
use trial::recording::{Gap, GapCause};
use trial::time::{TrialTime, WallTime};
use wire::derive::{Derive, Row, Sample, Sink};

/// `name` is the third of three columns.
fn plan(import: &str) -> String {
    format!(
        "[trial]\nid = \"T\"\nscenario = \"s\"\ntitle = {{ en = \"T\", zh = \"T\" }}\n\
         [site]\nzone = \"UTC\"\n\
         [import]\nevery = \"1 s\"\nstart = \"2026-01-01T00:00:00Z\"\nheader_lines = 0\n{import}\n\
         [[column]]\nname = 3\nid = \"x\"\nquantity = \"number\"\nunit = \"1\"\n"
    )
}

fn documents(import: &str) -> DocumentSet {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/wire");
    let scenario = std::fs::read(golden.join("scenario.toml")).unwrap();
    let document = |role, name: &str, bytes| Document { role, name: name.to_owned(), bytes };
    let documents = vec![
        document(DocumentRole::Plan, "plan.toml", plan(import).into_bytes()),
        document(DocumentRole::Scenario, "s", scenario),
    ];
    DocumentSet { documents }
}

/// What came of a file.
#[derive(Debug, Default)]
struct Derived {
    samples: Vec<Sample>,
    times: Vec<TrialTime>,
    gaps: Vec<Gap>,
    framed: u64,
    skipped: u64,
}

impl Sink for Derived {
    fn row(&mut self, row: &Row<'_>) {
        self.samples.extend(row.samples.iter());
        self.times.push(row.time);
    }

    fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }
}

/// Derives the pieces of a file, a second apart.
fn derive(import: &str, pieces: &[&[u8]]) -> (Import, Derived) {
    let documents = documents(import);
    let plan = Plan::resolve(&documents).unwrap_or_else(|error| panic!("{error}"));
    let origin = Origin {
        trial: "T".to_owned(),
        run: 1,
        origin: OriginKind::Imported,
        start: WallTime(0),
        software: "test".to_owned(),
        previous_root: String::new(),
        station: trial::record::Station::default(),
    };
    let mut bodies = vec![Body::Origin(origin)];
    bodies.extend(documents.documents.into_iter().map(Body::Document));
    bodies.push(Body::RequestPlan(RequestPlan::default()));
    let (first, mut derived, mut fold) = (bodies.len(), Derived::default(), Derive::new());
    bodies.extend(pieces.iter().map(|piece| Body::Received { bytes: (*piece).into() }));
    for (sequence, body) in bodies.into_iter().enumerate() {
        let of_file = sequence >= first;
        let source = if of_file { RecordSource::link(0) } else { RecordSource::STATION };
        let at = TrialTime(sequence.saturating_sub(first) as i64 * 1_000_000_000);
        let record = Record { sequence: sequence as u64, boot: 0, at, source, body };
        fold.feed(&record, &mut derived).unwrap();
    }
    fold.finish(&mut derived);
    let link = &fold.accounting().links[0];
    (derived.framed, derived.skipped) = (link.framed, link.skipped);
    (plan.import.unwrap(), derived)
}

const SEMICOLONS: &str =
    "separator = \";\"\ndecimal = \",\"\ncolumns = 3\ncomment = [\"#\", \"//\"]";

#[test]
fn rows_have_samples_and_other_lines_have_none() {
    use trial::channel::Quality::{self, Good, NotFinite, Sentinel};
    let check = |line: &str, expected: Option<(f64, Quality)>, skipped: bool| {
        let (_, derived) = derive(SEMICOLONS, &[line.as_bytes()]);
        let found = derived.samples.first().map(|sample| (sample.value.to_bits(), sample.quality));
        let expected = expected.map(|(value, quality)| (value.to_bits(), quality));
        assert_eq!(found, expected, "{line:?}");
        let bytes = line.len() as u64;
        let counts = if skipped { (0, bytes) } else { (bytes, 0) };
        assert_eq!((derived.framed, derived.skipped), counts, "{line:?}");
        let gap = derived.gaps.iter().any(|gap| gap.cause == GapCause::Skipped);
        assert_eq!(gap, skipped, "{line:?}: {:?}", derived.gaps);
    };
    check("1;2;3\n", Some((3.0, Good)), false);
    check("1;2;3,25\r\n", Some((3.25, Good)), false);
    check("a;\"b;c\"; -1,5e3 \n", Some((-1500.0, Good)), false);
    check("1;2;\"3,5\"\n", Some((3.5, Good)), false);
    for missing in ["", "  ", "NaN", "N/A", "-", "\"\""] {
        check(&format!("1;2;{missing}\n"), Some((f64::NAN, Sentinel)), false);
    }
    for word in ["3.5", "1.234,5", "high", "3 4", "1e", "inf"] {
        check(&format!("1;2;{word}\n"), Some((f64::NAN, NotFinite)), false);
    }
    for other in ["\n", "\r\n", " \t\n", "# 1;2;3\n", "  // x\n"] {
        check(other, None, false);
    }
    for damaged in ["1;2\n", "1;2;3;4\n", "1;2;\"3\n", "1;2;\"3\"4\n", "1;2;3", "x\n"] {
        check(damaged, None, true);
    }
}

#[test]
fn a_damaged_line_is_a_gap_from_the_row_before_to_the_row_behind() {
    let pieces: [&[u8]; 4] = [b"1;2;3\n", b"1;2\n", b"1;2", b"\n1;2;4\n"];
    let (_, derived) = derive(SEMICOLONS, &pieces);
    let seconds = |time: TrialTime| time.0 / 1_000_000_000;
    assert_eq!(derived.times.iter().map(|time| seconds(*time)).collect::<Vec<_>>(), [0, 3]);
    let gaps: Vec<_> = derived.gaps.iter().map(|gap| (gap.span, gap.cause)).collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((seconds(gaps[0].0.start), seconds(gaps[0].0.end)), (1, 3), "{gaps:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_plan_and_the_fold_take_the_same_lines_for_rows(
        text in "([0-9]{1,3}[,;] ?){0,4}|[0-9;,\" \t\r\n#/x-]{0,80}",
        rows in prop::collection::vec("[0-9]{1,2};[0-9#]{0,2};-?[0-9]{1,3}(,[0-9]{1,3})?\r?\n", 0..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let text = rows.concat() + &text + "\n" + &rows.concat();
        let bytes = text.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
        let (import, derived) = derive(SEMICOLONS, &pieces);
        let (mut fields, mut found, mut skipped) = (Vec::new(), 0, 0);
        for line in text.split_inclusive('\n') {
            match import.kind(&line.as_bytes()[..line.len() - 1], &mut fields) {
                LineKind::Row => found += 1,
                LineKind::Other => {}
                LineKind::Damaged => skipped += line.len() as u64,
            }
        }
        prop_assert_eq!(derived.samples.len(), found, "{:?}", text);
        prop_assert_eq!(derived.skipped, skipped, "{:?}", text);
        prop_assert_eq!(derived.framed + derived.skipped, bytes.len() as u64);
    }
}
