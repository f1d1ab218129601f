//! A pump trial in a trial file: 210 s, three devices, a device that falls silent, values out of
//! range; judged by the shipped scenario. The numbers are made, the file and the findings are
//! real.

use std::path::Path;
use std::sync::Arc;

use trial::channel::{Quality, Raw, Sample};
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::record::{Cause, End, EndKind, Mark, Origin, OriginKind};
use trial::recording::{
    Accounting, Chunk, Gap, GapCause, GroupIndex, Recording as _, RunHead, SampleGroup,
};
use trial::rows::{Row, Samples};
use trial::time::{Span, TrialTime, WallTime};
use trialfile::TrialWriter;

const SECOND_NS: i64 = 1_000_000_000;
const LENGTH_NS: i64 = 210 * SECOND_NS;
const MARKS: &[(f64, &str)] = &[
    (8.0, "dry-vacuum"),
    (28.0, "dry-vacuum-end"),
    (35.0, "primer-on"),
    (62.0, "primer-off"),
    (70.0, "duty-100"),
    (110.0, "duty-100-end"),
    (120.0, "duty-70"),
    (148.0, "duty-70-end"),
    (156.0, "duty-50"),
    (184.0, "duty-50-end"),
];

/// A point: its id, English and Chinese title, quantity, unit and valid range.
type Point<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, [f64; 2]);

/// A profile of 32-bit floats in consecutive registers.
fn profile(id: &str, points: &[Point<'_>]) -> Document {
    let mut text = format!(
        "[device]\nid = \"{id}\"\ntitle = {{ en = \"{id}\", zh = \"{id}\" }}\n\
         dialect = \"modbus\"\nsource = \"test\"\n[modbus]\nword_order = \"ABCD\"\n"
    );
    for (number, (point, en, zh, quantity, unit, [low, high])) in points.iter().enumerate() {
        text += &format!(
            "[[point]]\nid = \"{point}\"\ntitle = {{ en = \"{en}\", zh = \"{zh}\" }}\n\
             quantity = \"{quantity}\"\nunit = \"{unit}\"\ntable = \"holding\"\n\
             address = {}\ntype = \"f32\"\nvalid = [{low:.1}, {high:.1}]\n",
            number * 2
        );
    }
    Document { role: DocumentRole::Device, name: id.to_owned(), bytes: text.into_bytes() }
}

fn documents() -> DocumentSet {
    let scenario = trial::catalogue::scenarios()
        .iter()
        .find(|shipped| shipped.id == "fire.vehicle-pump")
        .expect("the scenario is shipped");
    DocumentSet {
        documents: vec![
            Document {
                role: DocumentRole::Plan,
                name: "plan.toml".to_owned(),
                bytes: include_bytes!("plan.toml").to_vec(),
            },
            Document {
                role: DocumentRole::Scenario,
                name: scenario.id.to_owned(),
                bytes: scenario.bytes.to_vec(),
            },
            profile(
                "pressures",
                &[
                    ("outlet", "Outlet", "出口", "pressure.gauge", "MPa", [-0.1, 2.5]),
                    ("inlet", "Inlet", "进口", "pressure.gauge", "kPa", [-101.0, 400.0]),
                ],
            ),
            profile(
                "water",
                &[
                    ("flow", "Flow", "流量", "volume-flow", "L/s", [-1.0, 150.0]),
                    ("total", "Totaliser", "累积量", "volume", "m3", [0.0, 1e9]),
                ],
            ),
            profile(
                "engine",
                &[
                    ("speed", "Speed", "转速", "rotational-speed", "r/min", [0.0, 6000.0]),
                    ("coolant", "Coolant", "冷却液", "temperature", "degC", [-40.0, 150.0]),
                    ("oil", "Oil", "机油", "temperature", "degC", [-40.0, 200.0]),
                    ("supply", "Supply voltage", "供电电压", "voltage", "V", [0.0, 32.0]),
                ],
            ),
        ],
    }
}

/// A straight line through given points of time and value.
fn through(points: &[(f64, f64)], time: f64) -> f64 {
    let after = points.partition_point(|(at, _)| *at <= time);
    match (points.get(after.wrapping_sub(1)), points.get(after)) {
        (Some((t0, v0)), Some((t1, v1))) => v0 + (v1 - v0) * (time - t0) / (t1 - t0),
        (Some((_, value)), None) | (None, Some((_, value))) => *value,
        (None, None) => 0.0,
    }
}

/// Numbers from −1 to 1 that are the same at every run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 30) - 1.0
    }
}

const FLOW: &[(f64, f64)] = &[
    (52.0, 0.0),
    (58.0, 55.0),
    (66.0, 61.0),
    (112.0, 61.2),
    (118.0, 43.0),
    (150.0, 43.2),
    (155.0, 31.0),
    (186.0, 31.1),
    (194.0, 0.0),
];
const OUTLET: &[(f64, f64)] = &[
    (50.0, 0.0),
    (58.0, 0.9),
    (66.0, 0.955),
    (112.0, 0.952),
    (118.0, 1.32),
    (150.0, 1.31),
    (155.0, 1.46),
    (186.0, 1.45),
    (194.0, 0.02),
];
const INLET: &[(f64, f64)] = &[
    (8.0, 0.0),
    (22.0, -87.0),
    (30.0, -84.0),
    (33.0, -1.0),
    (36.0, 0.0),
    (50.0, -48.0),
    (66.0, -58.0),
    (112.0, -58.5),
    (118.0, -44.0),
    (155.0, -36.0),
    (186.0, -36.0),
    (196.0, 0.0),
];

fn values(device: usize, time: f64, noise: &mut Noise) -> Vec<f64> {
    let flow = through(FLOW, time);
    let load = flow / 60.0;
    match device {
        0 => {
            let ripple = 0.012 * load * (noise.next() + noise.next());
            vec![through(OUTLET, time) + ripple, through(INLET, time) + 0.6 * noise.next()]
        }
        1 => {
            let volume = 1284.0 + (time - 55.0).clamp(0.0, 140.0) * 0.045;
            vec![flow + 0.5 * load * noise.next(), volume]
        }
        _ => {
            let speed = 800.0
                + 2200.0 * through(&[(34.0, 0.0), (50.0, 1.0), (186.0, 1.0), (200.0, 0.0)], time);
            let coolant =
                through(&[(40.0, 62.0), (110.0, 91.0), (190.0, 93.5), (210.0, 88.0)], time);
            let oil =
                through(&[(40.0, 55.0), (150.0, 128.0), (190.0, 134.0), (210.0, 125.0)], time);
            vec![
                speed + 9.0 * noise.next(),
                coolant + 0.1 * noise.next(),
                oil + 0.1 * noise.next(),
                27.6 + 0.05 * noise.next(),
            ]
        }
    }
}

/// Whether a device does not answer at `time`.
fn silent(device: usize, time: f64) -> bool {
    match device {
        1 => (129.0..133.6).contains(&time),
        2 => (88.0..97.0).contains(&time) || (20.0..20.4).contains(&time),
        _ => false,
    }
}

fn write_samples(writer: &mut TrialWriter, period_ns: i64, device: usize) {
    let group = GroupIndex(device as u32);
    let mut noise = Noise(device as u64 + 7);
    for (record, due) in (1..).zip((0..LENGTH_NS).step_by(period_ns as usize)) {
        let time = due as f64 / 1e9;
        if silent(device, time) {
            let span = Span { start: TrialTime(due), end: TrialTime(due + period_ns / 2) };
            let cause = GapCause::Poll(Cause::Timeout);
            writer.gap(Gap { group, span, cause }).expect("gap");
            continue;
        }
        let samples: Vec<Sample> = values(device, time, &mut noise)
            .into_iter()
            .enumerate()
            .map(|(point, value)| {
                // Sensor of the supply voltage: a loose contact for a moment.
                let loose = device == 2 && point == 3 && (140.0..142.0).contains(&time);
                let raw = if loose { 61.5 } else { value as f32 };
                let quality = if loose { Quality::OutOfRange } else { Quality::Good };
                Sample { raw: Raw::f32(raw), value: f64::from(raw), quality }
            })
            .collect();
        let at = TrialTime(due + 12_000_000);
        let row = Row {
            group,
            time: at,
            time_uncertainty_ns: 4_000_000,
            record,
            samples: Samples::Decoded(&samples),
        };
        writer.row(&row).expect("row");
    }
}

/// Writes the trial to `path`, which must not exist.
pub fn write(path: &Path) {
    let documents = documents();
    let plan = Arc::new(Plan::resolve(&documents).expect("the plan is right"));
    let origin = Origin {
        trial: plan.id.clone(),
        run: 1,
        origin: OriginKind::Simulated,
        start: WallTime(1_779_933_600_000_000_000),
        software: "test".to_owned(),
        previous_root: String::new(),
        station: trial::record::Station::default(),
    };
    let groups: Vec<SampleGroup> = (0..plan.devices.len())
        .map(|device| SampleGroup {
            device,
            channels: (0..plan.channels.len() as u32)
                .map(trial::channel::ChannelIndex)
                .filter(|index| plan.channel_at(*index).device == device)
                .collect(),
        })
        .collect();
    let mut writer =
        TrialWriter::create(path, &origin, Arc::clone(&plan), &groups).expect("create");
    for (number, (seconds, text)) in MARKS.iter().enumerate() {
        let at = TrialTime((seconds * 1e9) as i64);
        let mark = Mark {
            number: number as u32 + 1,
            text: (*text).to_owned(),
            at,
            uncertainty_ns: 300_000_000,
            by: "operator".to_owned(),
            corrects: None,
            retracts: false,
            why: String::new(),
        };
        writer.mark(at, &mark);
    }
    for (device, details) in plan.devices.iter().enumerate() {
        let period = details.every.map_or(0, trial::time::duration_nanoseconds);
        write_samples(&mut writer, period, device);
    }
    let head = RunHead {
        origin,
        end: Some(End::new(EndKind::Ended, "")),
        span: Span { start: TrialTime(0), end: TrialTime(LENGTH_NS) },
    };
    let mut finished =
        writer.finish_samples(&head, &Accounting::default(), &documents.documents).expect("finish");
    for derived in &plan.scenario.derived {
        let mut all = Chunk::default();
        let recording = finished.recording();
        verdict::derived_samples(recording, &plan, &derived.id, head.span, &mut |chunk| {
            all.times.extend_from_slice(&chunk.times);
            all.time_uncertainties_ns.extend_from_slice(&chunk.time_uncertainties_ns);
            all.values.extend_from_slice(&chunk.values);
            all.qualities.extend_from_slice(&chunk.qualities);
        })
        .expect("derive");
        finished.derived(derived, &all).expect("write derived");
    }
    let findings = verdict::evaluate(finished.recording()).expect("evaluate");
    assert!(finished.recording().head().end.is_some());
    let sealing = trialfile::Sealing {
        journal_root: [0; 32],
        tag: [0; 16],
        checkpoints: "",
        sign: &mut |_| None,
    };
    finished.finish(Some(&findings), &mut std::io::empty(), sealing).expect("seal");
}
