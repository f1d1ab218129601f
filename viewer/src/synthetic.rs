//! A small pump trial in memory, for the tests of the model: 60 s, two groups of channels, two
//! gaps, a spike, a value out of range, three findings.

use trial::channel::{ChannelIndex, Quality};
use trial::document::{Document, DocumentRole, DocumentSet, Title, Wording};
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::{Cause, ClockPair, Event, Mark, Origin, OriginKind};
use trial::recording::{
    Accounting, Bin, Chunk, Gap, GapCause, GroupIndex, Recording, RecordingError, RunHead,
    SampleGroup,
};
use trial::time::{Span, TrialTime, WallTime};
use trial::unit::Unit;

use crate::replay::{DerivedTrace, Replay, SealShown};

pub const SECOND_NS: i64 = 1_000_000_000;
pub const SPIKE: f64 = 17.25;

const PLAN: &str = r#"
[trial]
id = "SYN-1"
scenario = "pump"
title = { en = "Synthetic pump trial", zh = "合成水泵试验" }
[site]
zone = "Asia/Shanghai"
[people]
[[link]]
id = "gw"
kind = "tcp"
address = "127.0.0.1:502"
[[device]]
id = "pump"
link = "gw"
profile = "pump"
unit = 1
every = "100ms"
[[device]]
id = "gauge"
link = "gw"
profile = "gauge"
unit = 2
every = "60s"
[[channel]]
id = "p_out"
point = "pump.outlet"
[[channel]]
id = "p_in"
point = "pump.inlet"
[roles]
outlet_pressure = "p_out"
inlet_pressure = "p_in"
"#;

const PUMP: &str = r#"
[device]
id = "pump"
title = { en = "Pump", zh = "水泵" }
dialect = "modbus"
source = "none"
[modbus]
[[point]]
id = "outlet"
title = { en = "Outlet", zh = "出口" }
quantity = "pressure.gauge"
unit = "bar"
table = "holding"
address = 0
type = "f32"
order = "ABCD"
[[point]]
id = "flow"
title = { en = "Flow", zh = "流量" }
quantity = "volume-flow"
unit = "L/s"
table = "holding"
address = 2
type = "f32"
order = "ABCD"
[[point]]
id = "inlet"
title = { en = "Inlet", zh = "进口" }
quantity = "pressure.gauge"
unit = "kPa"
table = "holding"
address = 4
type = "f32"
order = "ABCD"
"#;

const GAUGE: &str = r#"
[device]
id = "gauge"
title = { en = "Gauge", zh = "液位计" }
dialect = "modbus"
source = "none"
[modbus]
[[point]]
id = "level"
title = { en = "Level", zh = "液位" }
quantity = "length"
unit = "m"
table = "holding"
address = 0
type = "f32"
order = "ABCD"
"#;

const SCENARIO: &str = r#"
[scenario]
id = "pump"
family = "urban-fire"
cluster = "fire-rescue"
edition = "1"
title = { en = "Pump", zh = "水泵" }
[quality]
min_coverage = 0.95
max_gap = "1 s"
[[role]]
id = "outlet_pressure"
title = { en = "Outlet pressure", zh = "出口压力" }
quantity = "pressure.gauge"
unit = "MPa"
[[role]]
id = "inlet_pressure"
title = { en = "Inlet pressure", zh = "进口压力" }
quantity = "pressure.gauge"
unit = "kPa"
[[derived]]
id = "net_pressure"
title = { en = "Net pressure", zh = "净压力" }
quantity = "pressure.differential"
unit = "MPa"
expression = "outlet_pressure - inlet_pressure"
[[phase]]
id = "duty"
title = { en = "Duty point", zh = "工况点" }
enter = { mark = "duty" }
exit = { mark = "duty-end" }
[[criterion]]
id = "outlet"
title = { en = "Outlet pressure", zh = "出口压力" }
phase = "duty"
operator = { bound = { signal = "outlet_pressure", statistic = "min", compare = ">=", limit = "1.1 MPa" } }
class = "A"
mandatory = true
rule = "simple_acceptance"
source = { standard = "s", clause = "c", edition = "e", status = "illustrative" }
[[criterion]]
id = "net"
title = { en = "Net pressure", zh = "净压力" }
phase = "duty"
operator = { hold = { signal = "net_pressure", low = "1 MPa", for = "10 s" } }
class = "A"
mandatory = true
rule = "simple_acceptance"
source = { standard = "s", clause = "c", edition = "e", status = "declared" }
[[criterion]]
id = "prime"
title = { en = "Priming time", zh = "引水时间" }
phase = "duty"
operator = { timeto = { from = { mark = "a" }, to = { mark = "b" }, within = "5 s" } }
class = "B"
mandatory = true
rule = "simple_acceptance"
source = { standard = "s", clause = "c", edition = "e", status = "verified", verified_by = "v", verified_on = "2025-01-02" }
"#;

const FINDINGS: &str = r#"{
"format_version": 1, "scenario": "pump", "edition": "1",
"conclusion": {"verdict": "fail", "illustrative": true,
  "headline": {"en": "Not met", "zh": "不符合"}},
"findings": [
 {"criterion": "outlet", "title": {"en": "Outlet pressure", "zh": "出口压力"}, "phase": "duty",
  "span": {"start": 10000000000, "end": 50000000000}, "verdict": "fail", "class": "A",
  "mandatory": true, "measured": {"value": 0.9, "unit": "MPa"},
  "margin": {"low": -0.2, "high": -0.2, "unit": "MPa"}, "uncertainty": null,
  "conformance_probability": null, "coverage": 0.97,
  "evidence": [
   {"channel": "p_out", "span": {"start": 30000000000, "end": 30000000000}, "value": 9.0},
   {"channel": "p_in", "span": {"start": 31000000000, "end": 32000000000}, "value": null}],
  "rule": "simple_acceptance",
  "limit": [{"compare": ">=", "value": 1.1, "unit": "MPa"}],
  "source": {"standard": "s", "clause": "c", "edition": "e", "status": "illustrative"},
  "reason": {"en": "too low", "zh": "偏低"}},
 {"criterion": "net", "title": {"en": "Net pressure", "zh": "净压力"}, "phase": "duty",
  "span": {"start": 10000000000, "end": 50000000000}, "verdict": "inconclusive", "class": "A",
  "mandatory": true, "measured": null, "margin": null, "uncertainty": null,
  "conformance_probability": null, "coverage": 0.9,
  "evidence": [], "rule": "simple_acceptance",
  "limit": [{"compare": ">=", "value": 1.0, "unit": "MPa"}],
  "source": {"standard": "s", "clause": "c", "edition": "e", "status": "declared"},
  "reason": {"en": "gap", "zh": "缺测"}},
 {"criterion": "prime", "title": {"en": "Priming time", "zh": "引水时间"}, "phase": "duty",
  "span": null, "verdict": "not_exercised", "class": "B",
  "mandatory": true, "measured": null, "margin": null, "uncertainty": null,
  "conformance_probability": null, "coverage": null,
  "evidence": [], "rule": "simple_acceptance",
  "limit": [{"compare": "<=", "value": 5.0, "unit": "s"}],
  "source": {"standard": "s", "clause": "c", "edition": "e", "status": "verified"},
  "reason": {"en": "never came", "zh": "未出现"}}],
"phases": [{"phase": "duty", "title": {"en": "Duty point", "zh": "工况点"},
  "span": {"start": 10000000000, "end": 50000000000}, "complete": true}]
}"#;

/// The synthetic recording.
pub struct SyntheticTrial {
    plan: Plan,
    head: RunHead,
    columns: Vec<Vec<(TrialTime, f64, Quality)>>,
    groups: Vec<SampleGroup>,
    gaps: Vec<Gap>,
    marks: Vec<(TrialTime, Mark)>,
    clock: Vec<(TrialTime, ClockPair)>,
    accounting: Accounting,
}

fn documents() -> DocumentSet {
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_owned(),
    };
    DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", PLAN),
            document(DocumentRole::Scenario, "pump", SCENARIO),
            document(DocumentRole::Device, "pump", PUMP),
            document(DocumentRole::Device, "gauge", GAUGE),
        ],
    }
}

fn in_gap(at: i64) -> bool {
    let tenths = at / (SECOND_NS / 10);
    (200..250).contains(&tenths) || (400..403).contains(&tenths)
}

fn pump_samples(base: f64) -> Vec<(TrialTime, f64, Quality)> {
    let steps = (0..=600).map(|step| step * SECOND_NS / 10).filter(|at| !in_gap(*at));
    steps
        .map(|at| match at / (SECOND_NS / 10) {
            333 => (TrialTime(at), SPIKE, Quality::Good),
            500 => (TrialTime(at), 99.0, Quality::OutOfRange),
            tenths => (TrialTime(at), base + (tenths % 7) as f64 * 0.01, Quality::Good),
        })
        .collect()
}

/// The synthetic recording.
pub fn trial() -> SyntheticTrial {
    let plan = Plan::resolve(&documents()).unwrap();
    let origin = Origin {
        trial: plan.id.clone(),
        run: 1,
        origin: OriginKind::Simulated,
        start: WallTime(1_750_000_000_000_000_000),
        software: "test".to_owned(),
        previous_root: String::new(),
        station: trial::record::Station::default(),
    };
    let gap = |start: i64, end: i64| Gap {
        group: GroupIndex(0),
        span: Span { start: TrialTime(start), end: TrialTime(end) },
        cause: GapCause::Poll(Cause::Timeout),
    };
    let stepped = ClockPair {
        wall: WallTime(1_750_000_012_000_000_000),
        uncertainty_ns: 0,
        step_ns: 2 * SECOND_NS,
    };
    let columns = plan
        .channels
        .iter()
        .enumerate()
        .map(|(position, channel)| match channel.id.0.as_str() {
            "gauge.level" => vec![(TrialTime(SECOND_NS), 2.0, Quality::Good)],
            _ => pump_samples(position as f64),
        })
        .collect();
    SyntheticTrial {
        groups: vec![
            SampleGroup {
                device: 0,
                channels: vec![ChannelIndex(0), ChannelIndex(1), ChannelIndex(2)],
            },
            SampleGroup { device: 1, channels: vec![ChannelIndex(3)] },
        ],
        plan,
        head: RunHead {
            origin,
            end: None,
            span: Span { start: TrialTime(0), end: TrialTime(60 * SECOND_NS) },
        },
        columns,
        gaps: vec![
            gap(20 * SECOND_NS, 25 * SECOND_NS),
            gap(40 * SECOND_NS, 40 * SECOND_NS + 3 * SECOND_NS / 10),
        ],
        marks: Vec::new(),
        clock: vec![(TrialTime(10 * SECOND_NS), stepped)],
        accounting: Accounting::default(),
    }
}

/// The synthetic recording with findings and a computed channel.
pub fn replay() -> Replay {
    let derived = DerivedTrace {
        id: "net_pressure".to_owned(),
        title: Title { en: "Net pressure".to_owned(), zh: "净压力".to_owned() },
        unit: Unit::parse("MPa").unwrap(),
        times: (0..600).map(|tenth| TrialTime(tenth * SECOND_NS / 10)).collect(),
        values: vec![1.05; 600],
        qualities: vec![Quality::Good; 600],
    };
    let findings: Findings = serde_json::from_str(FINDINGS).unwrap();
    Replay::new(Box::new(trial()), Some(findings), vec![derived], SealShown::Unsealed)
}

/// The same with a foreign text wherever a document, a mark or a finding can have one.
pub fn replay_with(foreign: &str) -> Replay {
    let title = || Title { en: foreign.to_owned(), zh: foreign.to_owned() };
    let mut trial = trial();
    trial.plan.title = title();
    trial.plan.channels.iter_mut().for_each(|channel| channel.title = title());
    let scenario = std::sync::Arc::make_mut(&mut trial.plan.scenario);
    scenario.title = title();
    scenario.criteria.iter_mut().for_each(|criterion| criterion.title = title());
    scenario.phases.iter_mut().for_each(|phase| phase.title = title());
    let mark = Mark {
        number: 1,
        text: foreign.to_owned(),
        at: TrialTime(30 * SECOND_NS),
        uncertainty_ns: 0,
        by: foreign.to_owned(),
        corrects: None,
        retracts: false,
        why: foreign.to_owned(),
    };
    trial.marks.push((mark.at, mark));
    let replay = replay();
    let mut findings = replay.findings.unwrap();
    findings.conclusion.headline = title();
    findings.phases.iter_mut().for_each(|phase| phase.title = title());
    for finding in &mut findings.findings {
        finding.title = title();
        finding.reason = title();
        finding.source.standard = Wording::Same(foreign.to_owned());
        finding.source.clause = Wording::Same(foreign.to_owned());
        finding.source.edition = Wording::Same(foreign.to_owned());
    }
    let mut derived = replay.derived;
    derived.iter_mut().for_each(|trace| trace.title = title());
    Replay::new(Box::new(trial), Some(findings), derived, SealShown::Unsealed)
}

impl Recording for SyntheticTrial {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn head(&self) -> &RunHead {
        &self.head
    }

    fn read(
        &self,
        channel: ChannelIndex,
        span: Span,
        sink: &mut dyn FnMut(&Chunk),
    ) -> Result<(), RecordingError> {
        // One sample a chunk, so that whoever reads must put chunks together.
        for (at, value, quality) in &self.columns[channel.0 as usize] {
            if span.contains(*at) {
                sink(&Chunk {
                    times: vec![*at],
                    time_uncertainties_ns: vec![0],
                    values: vec![*value],
                    qualities: vec![*quality],
                });
            }
        }
        Ok(())
    }

    fn next_time(
        &self,
        channel: ChannelIndex,
        from: TrialTime,
    ) -> Result<Option<TrialTime>, RecordingError> {
        let times = self.columns[channel.0 as usize].iter().map(|(at, ..)| *at);
        Ok(times.into_iter().find(|at| *at >= from))
    }

    fn overview(
        &self,
        channel: ChannelIndex,
        span: Span,
        bins: usize,
    ) -> Result<Vec<Bin>, RecordingError> {
        let inside: Vec<_> =
            self.columns[channel.0 as usize].iter().filter(|(at, ..)| span.contains(*at)).collect();
        let each = inside.len().div_ceil(bins).max(1);
        let good = |samples: &[&(TrialTime, f64, Quality)]| -> Vec<(f64, TrialTime)> {
            let good = samples.iter().filter(|(_, _, quality)| quality.is_good());
            good.map(|(at, value, _)| (*value, *at)).collect()
        };
        Ok(inside
            .chunks(each)
            .map(|samples| Bin {
                span: Span { start: samples[0].0, end: samples[samples.len() - 1].0 },
                low: good(samples).into_iter().min_by(|a, b| a.0.total_cmp(&b.0)),
                high: good(samples).into_iter().max_by(|a, b| a.0.total_cmp(&b.0)),
                count: samples.len() as u64,
                flawed: good(samples).len() < samples.len(),
            })
            .collect())
    }

    fn groups(&self) -> &[SampleGroup] {
        &self.groups
    }

    fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    fn marks(&self) -> &[(TrialTime, Mark)] {
        &self.marks
    }

    fn events(&self) -> &[(TrialTime, Event)] {
        &[]
    }

    fn clock(&self) -> &[(TrialTime, ClockPair)] {
        &self.clock
    }

    fn accounting(&self) -> &Accounting {
        &self.accounting
    }
}
