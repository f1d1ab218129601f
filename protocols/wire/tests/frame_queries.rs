//! The receive side of an instrument that is asked: what answers a query, and what does not.

#![allow(clippy::unwrap_used, clippy::expect_used)] // Helpers of tests are not seen as tests.

use proptest::prelude::*;
use trial::document::Source;
use trial::profile::DeviceProfile;
use trial::record::Cause;
use wire::query::{QueryReceiver, Reply};

const BALANCE: &str = include_str!("../../../fixtures/golden/wire/mt-sics/balance.toml");
const QUERY: &[u8] = b"SI\r\n";
/// Longest line of the profile.
const MAX_LENGTH: usize = 64;

/// A gas detector whose answers have a start, a length and a CRC of two bytes, and whose query
/// begins as its answers do.
const DETECTOR: &str = r#"
[device]
id = "detector"
title = { en = "Detector", zh = "探测器" }
dialect = "frame"
source = "made up"
[frame]
start = [0xAA]
length = 8
checksum = { kind = "crc-16-modbus" }
[[message]]
id = "gas"
query = [0xAA, 0x10, 0x01]
[[point]]
id = "gas"
title = { en = "Gas", zh = "气体" }
quantity = "number"
unit = "1"
offset_bytes = 2
type = "u32"
"#;
const ANSWER: &[u8] = &[0xaa, 0x10, 0, 0, 0, 7, 0x98, 0x10];

fn receiver(profile: &str) -> QueryReceiver {
    let source = Source::new("p.toml", profile.as_bytes()).unwrap();
    QueryReceiver::new(&DeviceProfile::resolve(source).unwrap()).unwrap()
}

/// What the receiver says, bytes of one cause together.
#[derive(Debug, PartialEq)]
enum Said {
    Answer(Vec<u8>),
    Skipped(usize, Cause),
}

fn said(receiver: &mut QueryReceiver, all: &mut Vec<Said>) {
    while let Some(reply) = receiver.next() {
        match (reply, all.last_mut()) {
            (Reply::Answer(frame), _) => all.push(Said::Answer(frame.to_vec())),
            (Reply::Skipped { bytes, cause }, Some(Said::Skipped(before, same)))
                if *same == cause =>
            {
                *before += bytes;
            }
            (Reply::Skipped { bytes, cause }, _) => all.push(Said::Skipped(bytes, cause)),
        }
    }
}

fn check(profile: &str, query: &[u8], before: &[u8], after: &[u8], expected: &[Said]) {
    for cut in 0..=after.len() {
        let (mut receiver, mut found) = (receiver(profile), Vec::new());
        receiver.received(before);
        receiver.sent(0, query);
        assert!(receiver.pending());
        for piece in [&after[..cut], &after[cut..]] {
            receiver.received(piece);
            said(&mut receiver, &mut found);
        }
        let expected_bytes: usize = expected.iter().map(Said::bytes).sum();
        assert_eq!(found, expected, "{after:?} cut at {cut}");
        assert_eq!(expected_bytes + receiver.clear(), before.len() + after.len());
        assert!(!receiver.pending());
    }
}

impl Said {
    fn bytes(&self) -> usize {
        match self {
            Said::Answer(frame) => frame.len(),
            Said::Skipped(bytes, _) => *bytes,
        }
    }
}

#[test]
fn only_a_whole_line_behind_the_query_answers_it() {
    use Cause::{Timeout, WrongFunction};
    let line = || Said::Answer(b"S S      1.00 g\r\n".to_vec());
    let check = |before: &str, after: &str, expected: &[Said]| {
        check(BALANCE, QUERY, before.as_bytes(), after.as_bytes(), expected);
    };
    check("", "S S      1.00 g\r\n", &[line()]);
    check("S S      9.00 g\r\n", "", &[Said::Skipped(17, Timeout)]);
    check("S S      9.00 g\r\n", "S S      1.00 g\r\n", &[Said::Skipped(17, Timeout), line()]);
    check(
        "S S      9",
        ".00 g\r\n",
        &[Said::Skipped(10, Timeout), Said::Skipped(7, Cause::Corrupt)],
    );
    check(
        "S S      9",
        ".00 g\r\nS S      1.00 g\r\n",
        &[Said::Skipped(10, Timeout), Said::Skipped(7, Cause::Corrupt), line()],
    );
    check("", "SI\r\nS S      1.00 g\r\n", &[Said::Skipped(4, Timeout), line()]);
    check("", "S S      1.00 g\r\nS D", &[line(), Said::Skipped(3, Timeout)]);
    check("", "I4 A\r\nS S      1.00 g\r\n", &[Said::Skipped(6, WrongFunction), line()]);
    check("", "S S      1.00 g", &[]);
}

#[test]
fn a_binary_answer_is_found_behind_the_query_given_back_and_behind_noise() {
    let query = [0xaa, 0x10, 0x01];
    let answer = || Said::Answer(ANSWER.to_vec());
    check(DETECTOR, &query, &[], ANSWER, &[answer()]);
    let echoed = [&query, ANSWER].concat();
    check(DETECTOR, &query, &[], &echoed, &[Said::Skipped(3, Cause::Timeout), answer()]);
    let noisy = [&[0x00, 0xff], ANSWER].concat();
    check(DETECTOR, &query, &[], &noisy, &[Said::Skipped(2, Cause::Corrupt), answer()]);
    let mut damaged = ANSWER.to_vec();
    damaged[4] ^= 1;
    check(DETECTOR, &query, &[], &damaged, &[Said::Skipped(8, Cause::Corrupt)]);
}

#[test]
fn other_bytes_than_those_of_the_query_ask_for_nothing() {
    for (message, bytes) in [(0, &b"SI"[..]), (1, QUERY), (usize::MAX, b"")] {
        let (mut receiver, mut found) = (receiver(BALANCE), Vec::new());
        receiver.sent(message, bytes);
        assert!(!receiver.pending());
        receiver.received(b"S S      1.00 g\r\n");
        said(&mut receiver, &mut found);
        assert_eq!(found, [Said::Skipped(17, Cause::Timeout)]);
    }
}

proptest! {
    /// Every byte comes out once, little waits, and the cuts don't matter.
    #[test]
    fn any_bytes_come_out_once(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"S S   1.00 g\r\n".to_vec()),
                Just(b"\r\n".to_vec()),
                Just(QUERY.to_vec()),
                prop::collection::vec(any::<u8>(), 0..100),
            ],
            0..10,
        ),
        size in 1usize..50,
    ) {
        let stream = parts.concat();
        let run = |size: usize| {
            let (mut receiver, mut found) = (receiver(BALANCE), Vec::new());
            receiver.sent(0, QUERY);
            let mut came = 0;
            for piece in stream.chunks(size) {
                receiver.received(piece);
                came += piece.len();
                said(&mut receiver, &mut found);
                let out: usize = found.iter().map(Said::bytes).sum();
                assert!(came - out <= 2 * MAX_LENGTH, "{} wait", came - out);
            }
            let out: usize = found.iter().map(Said::bytes).sum();
            assert_eq!(out + receiver.clear(), stream.len());
            found
        };
        prop_assert_eq!(run(size), run(stream.len().max(1)));
    }
}

mod planned {
    //! What is asked for, and what a fold refuses of it.

    use trial::document::{Document, DocumentRole, DocumentSet};
    use trial::plan::{Ask, Plan, Request, RequestPlan};
    use trial::record::{Body, Origin, OriginKind, Record, RecordSource};
    use trial::recording::Gap;
    use trial::time::{TrialTime, WallTime};
    use wire::derive::{Derive, DeriveError, Row, Sink};
    use wire::plan::{bus_budgets, plan_requests, sample_groups};

    const SCENARIO: &str = include_str!("../../../fixtures/golden/wire/scenario.toml");
    const PLAN: &str = "[trial]\nid = \"T\"\nscenario = \"s\"\ntitle = { en = \"T\", zh = \"T\" }\n\
        [site]\nzone = \"UTC\"\n[[link]]\nid = \"l\"\nkind = \"serial\"\nport = \"/dev/null\"\n\
        baud = 9600\n[[device]]\nid = \"d\"\nlink = \"l\"\nprofile = \"p\"\nevery = \"1s\"\n\
        [[channel]]\nid = \"fast\"\npoint = \"d.b\"\nevery = \"200ms\"\n";
    /// Two messages, of which the first has two points, and a third that nobody wants.
    const METER: &str = "[device]\nid = \"p\"\ntitle = { en = \"P\", zh = \"P\" }\n\
        dialect = \"frame\"\nsource = \"made up\"\n[frame]\nend = \"\\r\"\nseparator = \",\"\n\
        [[message]]\nid = \"m\"\nquery = \"M\\r\"\n[[message]]\nid = \"n\"\nquery = \"N\\r\"\n\
        [[message]]\nid = \"o\"\nquery = \"O\\r\"\n";

    fn meter() -> String {
        let point = |id: &str, message: &str, field: u8| {
            format!(
                "[[point]]\nid = \"{id}\"\ntitle = {{ en = \"P\", zh = \"P\" }}\n\
                 quantity = \"number\"\nunit = \"1\"\nmessage = \"{message}\"\nfield = {field}\n"
            )
        };
        [METER.to_owned(), point("a", "m", 1), point("b", "m", 2), point("c", "n", 1)].concat()
    }

    fn documents() -> DocumentSet {
        let document = |role, name: &str, text: &str| {
            let (name, bytes) = (name.to_owned(), text.as_bytes().to_vec());
            Document { role, name, bytes }
        };
        DocumentSet {
            documents: vec![
                document(DocumentRole::Plan, "plan.toml", PLAN),
                document(DocumentRole::Scenario, "s", SCENARIO),
                document(DocumentRole::Device, "p", &meter()),
            ],
        }
    }

    #[test]
    fn a_message_is_asked_for_as_often_as_the_fastest_of_its_points() {
        let plan = Plan::resolve(&documents()).unwrap();
        let requests = plan_requests(&plan);
        let request = |message, points, every_ns| {
            let ask = Ask::Query { message };
            Request { device: 0, ask, points, every_ns }
        };
        let expected = [request(0, vec![0, 1], 200_000_000), request(1, vec![2], 1_000_000_000)];
        assert_eq!(requests.requests, expected);
        let groups = sample_groups(&plan, &requests);
        let channels: Vec<Vec<u32>> =
            groups.iter().map(|group| group.channels.iter().map(|c| c.0).collect()).collect();
        assert_eq!(channels, [vec![0, 1], vec![2]]);
        let budget = &bus_budgets(&plan, &requests)[0];
        assert_eq!(budget.requests.len(), 2);
        // Two characters there and at least two back, and the silences between them.
        assert!(budget.requests[0].wire_time >= plan.links[0].character_time() * 4);
    }

    struct Nothing;

    impl Sink for Nothing {
        fn row(&mut self, _: &Row<'_>) {}
        fn gap(&mut self, _: Gap) {}
    }

    fn begin(change: impl FnOnce(&mut RequestPlan)) -> Result<(), DeriveError> {
        let documents = documents();
        let mut requests = plan_requests(&Plan::resolve(&documents).unwrap());
        change(&mut requests);
        let origin = Origin {
            trial: "T".to_owned(),
            run: 1,
            origin: OriginKind::Simulated,
            start: WallTime(0),
            software: "test".to_owned(),
            previous_root: String::new(),
            station: trial::record::Station::default(),
        };
        let mut bodies = vec![Body::Origin(origin)];
        bodies.extend(documents.documents.into_iter().map(Body::Document));
        bodies.push(Body::RequestPlan(requests));
        let (mut derive, source) = (Derive::new(), RecordSource::STATION);
        for (sequence, body) in bodies.into_iter().enumerate() {
            let sequence = sequence as u64;
            let record = Record { sequence, boot: 0, at: TrialTime::ZERO, source, body };
            derive.feed(&record, &mut Nothing)?;
        }
        Ok(())
    }

    #[test]
    fn queries_that_the_profile_does_not_have_are_refused() {
        let refused = |change: fn(&mut Request)| {
            let found = begin(|plan| change(&mut plan.requests[0]));
            assert_eq!(found, Err(DeriveError::RequestPlan(0)));
        };
        assert_eq!(begin(|_| {}), Ok(()));
        refused(|request| request.ask = Ask::Query { message: 3 });
        refused(|request| request.ask = Ask::Query { message: 1 });
        refused(|request| request.points = vec![]);
        refused(|request| request.points = vec![0, 2]);
        refused(|request| request.points = vec![9]);
        refused(|request| request.device = 1);
    }
}
