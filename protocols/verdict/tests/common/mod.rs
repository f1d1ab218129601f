//! Plans over three signals, and recordings in memory.
//!
//! Roles: `p` (gauge pressure, MPa), `q` (flow, L/s), `t` (temperature, °C); derived: `pq`
//! (power, kW). Their channels are `ch_p`, `ch_q`, `ch_t`.

use trial::channel::{ChannelIndex, Quality};
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::record::{ClockPair, Event, Mark, Origin, OriginKind};
use trial::recording::{
    Accounting, Bin, Chunk, Gap, Recording, RecordingError, RunHead, SampleGroup,
};
use trial::time::{Span, TrialTime, WallTime};

pub const SECOND: i64 = 1_000_000_000;
/// Samples of one chunk: few, so that chunks are put together in every test.
const CHUNK_SAMPLES: usize = 3;

const ROLES: &str = r#"
[scenario]
id = "test.signals"
family = "urban-fire"
cluster = "fire-rescue"
edition = "1"
title = { en = "Test", zh = "测试" }
[[role]]
id = "p"
title = { en = "Pressure", zh = "压力" }
quantity = "pressure.gauge"
unit = "MPa"
[[role]]
id = "q"
title = { en = "Flow", zh = "流量" }
quantity = "volume-flow"
unit = "L/s"
[[role]]
id = "t"
title = { en = "Temperature", zh = "温度" }
quantity = "temperature"
unit = "degC"
[[derived]]
id = "pq"
title = { en = "Power", zh = "功率" }
quantity = "power"
unit = "kW"
expression = "p * q"
"#;

const PROFILE: &str = r#"
[device]
id = "test-device"
title = { en = "Device", zh = "设备" }
dialect = "modbus"
source = "none"
[modbus]
word_order = "ABCD"
[[point]]
id = "p"
title = { en = "p", zh = "p" }
quantity = "pressure.gauge"
unit = "MPa"
table = "holding"
address = 0
type = "f32"
[[point]]
id = "q"
title = { en = "q", zh = "q" }
quantity = "volume-flow"
unit = "L/s"
table = "holding"
address = 2
type = "f32"
[[point]]
id = "t"
title = { en = "t", zh = "t" }
quantity = "temperature"
unit = "degC"
table = "holding"
address = 4
type = "f32"
"#;

/// A plan whose scenario has the phases and criteria of `rest`, which begins with `[quality]`, and
/// which binds the roles named in `bind`.
pub fn plan_binding(rest: &str, bind: &[&str]) -> Plan {
    let (quality, rest) = rest.split_once("\n[[").expect("[quality], then items");
    let scenario = format!("{ROLES}\n{quality}\n[[{rest}");
    let mut plan = r#"
[trial]
id = "TEST-1"
scenario = "test.signals"
title = { en = "Test", zh = "测试" }
[site]
zone = "Asia/Shanghai"
[[link]]
id = "net"
kind = "tcp"
address = "127.0.0.1:502"
[[device]]
id = "device"
link = "net"
profile = "test-device"
every = "1 s"
"#
    .to_owned();
    for name in ["p", "q", "t"] {
        plan += &format!("[[channel]]\nid = \"ch_{name}\"\npoint = \"device.{name}\"\n");
    }
    plan += "[roles]\n";
    for name in bind {
        plan += &format!("{name} = \"ch_{name}\"\n");
    }
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let documents = DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", &plan),
            document(DocumentRole::Scenario, "test.signals", &scenario),
            document(DocumentRole::Device, "test-device", PROFILE),
        ],
    };
    Plan::resolve(&documents).unwrap_or_else(|error| panic!("{error}"))
}

/// A plan that binds all roles.
pub fn plan(rest: &str) -> Plan {
    plan_binding(rest, &["p", "q", "t"])
}

/// One sample: time in nanoseconds, and a value unless it is not good.
pub type Sample = (i64, Option<f64>);

/// A recording in memory.
pub struct Memory {
    plan: Plan,
    head: RunHead,
    marks: Vec<(TrialTime, Mark)>,
    channels: [Vec<Sample>; 3],
    groups: Vec<SampleGroup>,
    accounting: Accounting,
}

impl Memory {
    /// `samples` of p, q and t in their channels' units; `marks` with their times.
    pub fn new(plan: Plan, samples: [Vec<Sample>; 3], marks: &[(i64, &str)], end: i64) -> Memory {
        let origin = Origin {
            trial: plan.id.clone(),
            run: 1,
            origin: OriginKind::Simulated,
            start: WallTime(0),
            software: "test".to_owned(),
            previous_root: String::new(),
            station: trial::record::Station::default(),
        };
        let channels = (0..3).map(ChannelIndex).collect();
        Memory {
            plan,
            head: RunHead { origin, end: None, span: Span::new(TrialTime::ZERO, TrialTime(end)) },
            marks: marks.iter().enumerate().map(mark).collect(),
            channels: samples,
            groups: vec![SampleGroup { device: 0, channels }],
            accounting: Accounting::default(),
        }
    }
}

fn mark((index, &(at, text)): (usize, &(i64, &str))) -> (TrialTime, Mark) {
    let mark = Mark {
        number: index as u32 + 1,
        text: text.to_owned(),
        at: TrialTime(at),
        uncertainty_ns: 300_000_000,
        by: "operator".to_owned(),
        corrects: None,
        retracts: false,
        why: String::new(),
    };
    (TrialTime(at), mark)
}

impl Recording for Memory {
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
        let samples: Vec<_> = self.channels[channel.0 as usize]
            .iter()
            .filter(|(at, _)| span.contains(TrialTime(*at)))
            .collect();
        for part in samples.chunks(CHUNK_SAMPLES) {
            sink(&Chunk {
                times: part.iter().map(|(at, _)| TrialTime(*at)).collect(),
                time_uncertainties_ns: vec![0; part.len()],
                values: part.iter().map(|(_, value)| value.unwrap_or(f64::NAN)).collect(),
                qualities: part
                    .iter()
                    .map(|(_, value)| value.map_or(Quality::Sentinel, |_| Quality::Good))
                    .collect(),
            });
        }
        Ok(())
    }

    fn overview(
        &self,
        _channel: ChannelIndex,
        _span: Span,
        _bins: usize,
    ) -> Result<Vec<Bin>, RecordingError> {
        Err(RecordingError("a recording in memory has no overview".to_owned()))
    }

    fn groups(&self) -> &[SampleGroup] {
        &self.groups
    }

    fn gaps(&self) -> &[Gap] {
        &[]
    }

    fn marks(&self) -> &[(TrialTime, Mark)] {
        &self.marks
    }

    fn events(&self) -> &[(TrialTime, Event)] {
        &[]
    }

    fn clock(&self) -> &[(TrialTime, ClockPair)] {
        &[]
    }

    fn accounting(&self) -> &Accounting {
        &self.accounting
    }
}
