//! The reader process and the library in this process say the same of one file, at every request;
//! what both cost is printed.
//!
//! The reader process is the release daemon: `cargo build --release -p daq` comes before.

#![allow(clippy::unwrap_used)] // A helper of a test fails the test by panicking.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use trial::channel::{ChannelIndex, Quality, Raw, Sample};
use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::Plan;
use trial::record::{ClockPair, End, EndKind, Origin, OriginKind, Station};
use trial::recording::{
    Accounting, Gap, GapCause, GroupIndex, Recording as _, RunHead, SampleGroup,
};
use trial::rows::{Row, Samples};
use trial::time::{Span, TrialTime, WallTime};
use trialfile::{Sealing, TrialFile, TrialWriter};

const CHANNELS: usize = 64;
/// Rows of every channel: several chunks of the file, several answers of the reader process.
const ROWS: usize = 200_000;
const PERIOD_NS: i64 = 1_000_000;

const PLAN: &str = r#"
[trial]
id = "T-64"
scenario = "scenario.toml"
title = { en = "Many channels", zh = "多通道" }
[site]
zone = "Asia/Shanghai"
[[link]]
id = "net"
kind = "tcp"
address = "127.0.0.1:502"
[[device]]
id = "panel"
link = "net"
profile = "panel.toml"
unit = 1
every = "1ms"
[roles]
count = "panel.p0"
"#;

const SCENARIO: &str = r#"
[scenario]
id = "small"
family = "urban-fire"
cluster = "fire-rescue"
edition = "1"
title = { en = "Small", zh = "小" }
[quality]
min_coverage = 0.5
max_gap = "100ms"
[[role]]
id = "count"
title = { en = "Count", zh = "计数" }
quantity = "number"
unit = "1"
[[phase]]
id = "all"
title = { en = "All", zh = "全程" }
enter = { mark = "go" }
exit = { mark = "stop" }
[[criterion]]
id = "C1"
title = { en = "Count is high enough", zh = "计数足够" }
phase = "all"
operator.bound = { signal = "count", statistic = "min", compare = ">=", limit = "10" }
class = "A"
mandatory = true
source = { standard = "none", clause = "1", edition = "1", status = "declared" }
rule = "simple_acceptance"
"#;

fn profile() -> String {
    let mut text = "[device]\nid = \"panel\"\ntitle = { en = \"Panel\", zh = \"面板\" }\n\
                    dialect = \"modbus\"\nsource = \"this test\"\n[modbus]\n"
        .to_owned();
    for channel in 0..CHANNELS {
        text += &format!(
            "[[point]]\nid = \"p{channel}\"\ntitle = {{ en = \"P\", zh = \"点\" }}\n\
             quantity = \"number\"\nunit = \"1\"\ntable = \"holding\"\n\
             address = {channel}\ntype = \"u16\"\n"
        );
    }
    text
}

fn documents() -> DocumentSet {
    let document = |role, name: &str, text: &str| Document {
        role,
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", PLAN),
            document(DocumentRole::Scenario, "scenario.toml", SCENARIO),
            document(DocumentRole::Device, "panel.toml", &profile()),
        ],
    }
}

fn write(path: &Path) {
    let documents = documents();
    let plan = Arc::new(Plan::resolve(&documents).unwrap());
    let origin = Origin {
        trial: plan.id.clone(),
        run: 1,
        origin: OriginKind::Simulated,
        start: WallTime(1_779_933_600_000_000_000),
        software: "test".to_owned(),
        previous_root: String::new(),
        station: Station::default(),
    };
    let channels = (0..CHANNELS as u32).map(ChannelIndex).collect();
    let groups = [SampleGroup { device: 0, channels }];
    let mut writer = TrialWriter::create(path, &origin, plan, &groups).unwrap();
    let group = GroupIndex(0);
    let mut samples = Vec::with_capacity(CHANNELS);
    for row in 0..ROWS {
        let time = TrialTime(row as i64 * PERIOD_NS);
        if row % 70_001 == 70_000 {
            let cause = GapCause::from_numbers(64, 0).unwrap();
            writer.gap(Gap { group, span: Span::new(time, time), cause }).unwrap();
        }
        samples.clear();
        samples.extend((0..CHANNELS).map(|channel| {
            let raw = (row * (channel + 3) % 60_013) as u16;
            let good = !(row + channel).is_multiple_of(9_973);
            let quality = if good { Quality::Good } else { Quality::OutOfRange };
            Sample { raw: Raw::u16(raw), value: f64::from(raw), quality }
        }));
        let (record, samples) = (row as u64, Samples::Decoded(&samples));
        writer.row(&Row { group, time, time_uncertainty_ns: 7, record, samples }).unwrap();
    }
    let wall = WallTime(1);
    writer.clock(TrialTime(0), &ClockPair { wall, uncertainty_ns: 2, step_ns: -3 }).unwrap();
    let end = Some(End::new(EndKind::Ended, ""));
    let span = Span::new(TrialTime(0), TrialTime(ROWS as i64 * PERIOD_NS));
    let head = RunHead { origin, end, span };
    let finished =
        writer.finish_samples(&head, &Accounting::default(), &documents.documents).unwrap();
    let sealing =
        Sealing { journal_root: [0; 32], tag: [0; 16], checkpoints: "", sign: &mut |_| None };
    // Longer than one answer.
    let mut journal = std::io::Read::take(std::io::repeat(0x5a), 9 << 20);
    finished.finish(None, &mut journal, sealing).unwrap();
}

/// The release daemon: the `main` of a test can't be a reader process.
fn daemon() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().find(|path| path.ends_with("deps")).and_then(Path::parent);
    let daemon = target.and_then(Path::parent).unwrap().join("release/daq");
    let missing = "is not there; run: cargo build --release -p daq";
    assert!(daemon.exists(), "{} {missing}", daemon.display());
    daemon
}

/// Reads every sample of a file; their number.
fn stream(file: &TrialFile) -> usize {
    let mut samples = 0;
    for channel in 0..CHANNELS as u32 {
        file.read(ChannelIndex(channel), Span::ALL, &mut |chunk| samples += chunk.values.len())
            .unwrap();
    }
    samples
}

fn megabytes_a_second(bytes: usize, start: Instant) -> f64 {
    bytes as f64 / 1e6 / start.elapsed().as_secs_f64()
}

/// Prints what one way of reading costs.
fn measure(
    name: &str,
    path: &Path,
    open: fn(&Path) -> Result<TrialFile, trialfile::TrialFileError>,
) {
    let mut openings: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            open(path).unwrap();
            start.elapsed().as_secs_f64()
        })
        .collect();
    openings.sort_unstable_by(f64::total_cmp);
    let file = open(path).unwrap();
    let start = Instant::now();
    // A sample is 8 bytes of time, 4 of its uncertainty, 8 of value, 2 of quality.
    let columns = megabytes_a_second(stream(&file) * 22, start);
    let start = Instant::now();
    let bytes = std::io::copy(&mut file.journal().unwrap(), &mut std::io::sink()).unwrap();
    let journal = megabytes_a_second(bytes as usize, start);
    println!(
        "{name}: opening {CHANNELS} channels {:.1} ms (median of {}), columns {columns:.0} MB/s, \
         journal {journal:.0} MB/s",
        openings[openings.len() / 2] * 1e3,
        openings.len(),
    );
}

fn check_same(one: &TrialFile, other: &TrialFile) {
    assert_eq!(one.head(), other.head());
    assert_eq!(one.groups(), other.groups());
    assert_eq!((one.gaps(), one.gaps().len()), (other.gaps(), ROWS / 70_001));
    assert_eq!((one.clock(), one.clock().len()), (other.clock(), 1));
    assert_eq!(one.documents().unwrap(), other.documents().unwrap());
    assert_eq!(one.documents().unwrap().documents, documents().documents);
    assert!(one.findings().unwrap().is_none() && other.findings().unwrap().is_none());
    assert!(one.derived("x").unwrap().is_none() && other.derived("x").unwrap().is_none());
    for channel in [0, 1, CHANNELS as u32 - 1].map(ChannelIndex) {
        assert_eq!(one.sample_count(channel).unwrap(), ROWS);
        assert_eq!(other.sample_count(channel).unwrap(), ROWS);
        for start in [0, 1, 65_530, ROWS - 3, ROWS, ROWS + 7] {
            let [a, b] = [one, other].map(|file| file.samples(channel, start, 70_000).unwrap());
            assert_eq!(a, b, "from {start}");
        }
        for (start, end) in [(0, 10), (5, 5), (-9, -1), (99, ROWS as i64), (0, 2 * ROWS as i64)] {
            let span = Span::new(TrialTime(start * PERIOD_NS), TrialTime(end * PERIOD_NS));
            for bins in [1, 100, 5000] {
                let [a, b] = [one, other].map(|f| f.overview(channel, span, bins).unwrap());
                assert_eq!(a, b, "{span:?} in {bins}");
            }
            let [mut a, mut b] = [Vec::new(), Vec::new()];
            one.read(channel, span, &mut |chunk| a.push(chunk.clone())).unwrap();
            other.read(channel, span, &mut |chunk| b.push(chunk.clone())).unwrap();
            assert_eq!(a, b, "{span:?}");
        }
    }
    let [a, b] = [one, other].map(|file| {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file.journal().unwrap(), &mut bytes).unwrap();
        bytes
    });
    assert!(a == b && a.len() == 9 << 20);
}

#[test]
fn both_ways_of_reading_say_the_same() {
    trialfile::reader_process::set_program(&daemon());
    let path = std::env::temp_dir().join(format!("reading-{}.h5", std::process::id()));
    write(&path);
    let (own, foreign) = (TrialFile::open_own(&path).unwrap(), TrialFile::open(&path).unwrap());
    assert_eq!((own.reader_process(), own.confinement()), (None, None));
    assert!(foreign.reader_process().is_some());
    check_same(&own, &foreign);
    drop((own, foreign));
    measure("in this process", &path, TrialFile::open_own);
    measure("by the reader process", &path, TrialFile::open);
    std::fs::remove_file(&path).unwrap();
}
