//! What the fold refuses, and how it closes a run that a crash had cut.

use std::path::PathBuf;

use trial::plan::{Ask, RequestPlan};
use trial::record::{Body, Mark, Origin, PollDue, Record, RecordSource, Recovered};
use trial::recording::Gap;
use trial::time::TrialTime;
use wire::derive::{Derive, DeriveError, Row, Sink};

use crate::support;

#[derive(Default)]
struct Gaps(Vec<Gap>);

impl Sink for Gaps {
    fn row(&mut self, _: &Row<'_>) {}

    fn gap(&mut self, gap: Gap) {
        self.0.push(gap);
    }
}

fn case() -> PathBuf {
    support::cases().join("word-orders")
}

/// The records up to the request plan, without those of the link.
fn head() -> Vec<(TrialTime, RecordSource, Body<'static>)> {
    let records = support::records_of(&case()).into_iter();
    records
        .filter(|record| record.source == RecordSource::STATION)
        .filter(|record| !matches!(record.body, Body::End(_)))
        .map(|record| (record.at, record.source, record.body))
        .collect()
}

fn feed(records: &[Record<'_>]) -> Result<(Derive, Gaps), DeriveError> {
    let (mut derive, mut gaps) = (Derive::new(), Gaps::default());
    for record in records {
        derive.feed(record, &mut gaps)?;
    }
    Ok((derive, gaps))
}

fn on_link(link: usize, body: Body<'static>) -> (TrialTime, RecordSource, Body<'static>) {
    (TrialTime(1), RecordSource::link(link), body)
}

fn due(poll: u64, request: u32) -> Body<'static> {
    Body::PollDue(PollDue { poll, request, due: TrialTime(1) })
}

#[test]
fn records_that_no_run_leaves_are_refused() {
    type Bodies = Vec<(TrialTime, RecordSource, Body<'static>)>;
    let check = |name: &str, change: &dyn Fn(&mut Bodies), expected: DeriveError| {
        let mut bodies = head();
        change(&mut bodies);
        assert_eq!(feed(&support::number(bodies)).err(), Some(expected), "{name}");
    };
    let length = head().len() as u64;
    check("no origin", &|all| drop(all.remove(0)), DeriveError::OutOfPlace(0));
    check("two origins", &|all| all.push(all[0].clone()), DeriveError::OutOfPlace(length));
    check("late document", &|all| all.push(all[1].clone()), DeriveError::OutOfPlace(length));
    check(
        "two plans",
        &|all| all.push(all[length as usize - 1].clone()),
        DeriveError::OutOfPlace(length),
    );
    check(
        "a poll before the plan",
        &|all| all.insert(1, on_link(0, due(0, 0))),
        DeriveError::OutOfPlace(1),
    );
    for (name, link, body) in [
        ("another link", 1, due(0, 0)),
        ("another request", 0, due(0, 1)),
        ("another link's bytes", 9, Body::Received { bytes: vec![1].into() }),
    ] {
        let record = on_link(link, body);
        check(name, &|all| all.push(record.clone()), DeriveError::UnknownSource(length));
    }
    let change_request = |change: fn(&mut RequestPlan)| {
        move |all: &mut Bodies| {
            let Some((_, _, Body::RequestPlan(requests))) = all.last_mut() else { panic!() };
            change(requests);
        }
    };
    let changes: [fn(&mut RequestPlan); 5] = [
        |plan| plan.requests[0].device = 1,
        |plan| plan.requests[0].points = vec![99],
        |plan| change_read(plan, |_, count| *count = 0),
        |plan| change_read(plan, |_, count| *count = 126),
        |plan| change_read(plan, |address, _| *address = 1),
    ];
    for change in changes {
        check("request", &change_request(change), DeriveError::RequestPlan(0));
    }
    let mut records = support::number(head());
    records.remove(2);
    assert_eq!(feed(&records).err(), Some(DeriveError::Sequence { expected: 2, found: 3 }));
    let mut bodies = head();
    bodies.remove(1);
    assert!(matches!(feed(&support::number(bodies)).err(), Some(DeriveError::Documents(_))));
}

#[test]
fn nothing_follows_the_end() {
    let mut records = support::records_of(&case());
    let Some(Record { body: end @ Body::End(_), .. }) = records.last().cloned() else { panic!() };
    let sequence = records.len() as u64;
    let at = TrialTime(99_000_000);
    records.push(Record { sequence, boot: 0, at, source: RecordSource::STATION, body: end });
    assert_eq!(feed(&records).err(), Some(DeriveError::OutOfPlace(sequence)));
}

#[test]
fn a_run_that_a_crash_cut_is_closed() {
    let mut bodies = head();
    bodies.push(on_link(0, due(0, 0)));
    let recovered =
        Recovered { cut_bytes: 7, last_good: TrialTime(1), damage: Vec::new(), resumed: None };
    bodies.push((TrialTime(500), RecordSource::STATION, Body::Recovered(recovered)));
    let (mut derive, mut gaps) = feed(&support::number(bodies)).unwrap();
    derive.finish(&mut gaps);
    derive.finish(&mut gaps);
    let told: Vec<_> =
        gaps.0.iter().map(|gap| (gap.cause.name(), gap.span.start.0, gap.span.end.0)).collect();
    // The poll that was under way is missed by the stop, and nothing was asked until the end.
    assert_eq!(told, [("stopped", 1, 1), ("stopped", 1, 500)]);
    let account = &derive.accounting().devices[0];
    assert_eq!((account.requested, account.missed), (1, 1));
}

/// What the fold only hands on.
#[derive(Default)]
struct Told(Vec<&'static str>);

impl Sink for Told {
    fn begin(
        &mut self,
        _: &Origin,
        plan: &std::sync::Arc<trial::plan::Plan>,
        groups: &[trial::recording::SampleGroup],
    ) {
        assert_eq!((plan.devices.len(), groups.len()), (1, 1));
        self.0.push("begin");
    }

    fn row(&mut self, _: &Row<'_>) {}

    fn gap(&mut self, _: Gap) {}

    fn mark(&mut self, at: TrialTime, mark: &Mark) {
        assert_eq!((at, mark.at), (TrialTime(9), TrialTime(4)));
        self.0.push("mark");
    }

    fn end(&mut self, _: TrialTime, _: &trial::record::End) {
        self.0.push("end");
    }
}

#[test]
fn marks_and_the_end_are_handed_on_in_their_place() {
    let mark = Mark {
        number: 1,
        text: "primer-on".to_owned(),
        at: TrialTime(4),
        uncertainty_ns: 0,
        by: "operator".to_owned(),
        corrects: None,
        retracts: false,
        why: String::new(),
    };
    let mut bodies = head();
    bodies.push((TrialTime(9), RecordSource::STATION, Body::Mark(mark)));
    let end = support::records_of(&case()).pop().unwrap();
    bodies.push((end.at, end.source, end.body));
    let (mut derive, mut told) = (Derive::new(), Told::default());
    assert!(derive.plan().is_none() && derive.groups().is_empty());
    for record in support::number(bodies) {
        derive.feed(&record, &mut told).unwrap();
    }
    assert!(derive.plan().is_some() && derive.groups().len() == 1);
    assert_eq!(told.0, ["begin", "mark", "end"]);
}

/// Changes address and count of the first request.
fn change_read(plan: &mut RequestPlan, change: impl Fn(&mut u16, &mut u16)) {
    let Ask::Read { address, count, .. } = &mut plan.requests[0].ask else { panic!() };
    change(address, count);
}
