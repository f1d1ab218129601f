//! Layouts with one number in each frame: their profiles, their encoders, and what is derived.
//!
//! Nothing here comes from the crate under test: checksums are computed bit by bit.

use std::path::Path;

use trial::document::{Document, DocumentRole, DocumentSet};
use trial::plan::RequestPlan;
use trial::record::{Body, Origin, OriginKind, Record, RecordSource};
use trial::recording::Gap;
use trial::time::{TrialTime, WallTime};
use wire::derive::{Derive, Row, Sink};

/// Longest frame that the profiles allow.
pub const MAX_LENGTH: usize = 40;
/// Start of the layouts that have one.
const START: [u8; 2] = [0xa5, b'#'];

/// Where frames end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Line,
    StartedLine,
    Fixed,
    Declared,
    Slip,
    Cobs,
}

/// What guards them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    Xor,
    Sum8,
    Sum16,
    TwosComplement,
    Lrc,
    Crc8,
    Crc16Modbus,
    Crc16Ccitt,
    Crc16Xmodem,
    Crc16Kermit,
    Crc32,
    Fletcher16,
}

#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub end: End,
    pub sum: Option<Sum>,
}

impl Sum {
    fn name(self) -> &'static str {
        match self {
            Sum::Xor => "xor",
            Sum::Sum8 => "sum-8",
            Sum::Sum16 => "sum-16",
            Sum::TwosComplement => "twos-complement",
            Sum::Lrc => "lrc",
            Sum::Crc8 => "crc-8",
            Sum::Crc16Modbus => "crc-16-modbus",
            Sum::Crc16Ccitt => "crc-16-ccitt",
            Sum::Crc16Xmodem => "crc-16-xmodem",
            Sum::Crc16Kermit => "crc-16-kermit",
            Sum::Crc32 => "crc-32",
            Sum::Fletcher16 => "fletcher-16",
        }
    }

    /// Whether it has eight bits.
    pub fn is_weak(self) -> bool {
        self.of(b"").len() == 1
    }

    /// The checksum in the order in which profiles expect it where they say nothing.
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
        match self {
            Sum::Xor => vec![bytes.iter().fold(0, |sum, byte| sum ^ byte)],
            Sum::Sum8 => vec![sum as u8],
            Sum::Sum16 => (sum as u16).to_be_bytes().to_vec(),
            Sum::TwosComplement | Sum::Lrc => vec![(sum as u8).wrapping_neg()],
            Sum::Crc8 => vec![forward(bytes, 8, 0x07, 0) as u8],
            Sum::Crc16Modbus => (reflected(bytes, 0xa001, 0xffff) as u16).to_le_bytes().to_vec(),
            Sum::Crc16Ccitt => (forward(bytes, 16, 0x1021, 0xffff) as u16).to_be_bytes().to_vec(),
            Sum::Crc16Xmodem => (forward(bytes, 16, 0x1021, 0) as u16).to_be_bytes().to_vec(),
            Sum::Crc16Kermit => (reflected(bytes, 0x8408, 0) as u16).to_be_bytes().to_vec(),
            Sum::Crc32 => (!reflected(bytes, 0xedb8_8320, u32::MAX)).to_be_bytes().to_vec(),
            Sum::Fletcher16 => {
                let (mut low, mut high) = (0u32, 0u32);
                for byte in bytes {
                    low = (low + u32::from(*byte)) % 255;
                    high = (high + low) % 255;
                }
                vec![high as u8, low as u8]
            }
        }
    }
}

/// A CRC from the most significant bit on.
fn forward(bytes: &[u8], width: u32, polynomial: u32, initial: u32) -> u32 {
    let (top, mask) = (1 << (width - 1), (1 << width) - 1);
    bytes.iter().fold(initial, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte) << (width - 8), |crc, _| {
            let carried = if crc & top != 0 { polynomial } else { 0 };
            ((crc << 1) ^ carried) & mask
        })
    })
}

/// A CRC from the least significant bit on.
fn reflected(bytes: &[u8], polynomial: u32, initial: u32) -> u32 {
    bytes.iter().fold(initial, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            let carried = if crc & 1 != 0 { polynomial } else { 0 };
            (crc >> 1) ^ carried
        })
    })
}

fn slip(content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xc0];
    for byte in content {
        match byte {
            0xc0 => frame.extend([0xdb, 0xdc]),
            0xdb => frame.extend([0xdb, 0xdd]),
            byte => frame.push(*byte),
        }
    }
    frame.push(0xc0);
    frame
}

/// Contents here are shorter than a block.
fn cobs(content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    for block in content.split(|byte| *byte == 0) {
        frame.push(block.len() as u8 + 1);
        frame.extend_from_slice(block);
    }
    frame.push(0);
    frame
}

impl Layout {
    /// Whether a line and the one before it may be read as one with a changed bit, by chance: eight
    /// bits guard them, or a sum that does not see the zeros before a content, and no start tells
    /// them apart.
    pub fn is_doubtful(self) -> bool {
        let sees_zeros = [Sum::Crc16Modbus, Sum::Crc16Ccitt, Sum::Crc32];
        let blind = |sum: Sum| self.end == End::Cobs && !sees_zeros.contains(&sum);
        let weak = self.sum.is_some_and(|sum| sum.is_weak() || blind(sum));
        self.start().is_empty() && weak
    }

    /// Whether a changed bit may move bytes in a way that the checksum does not see: a code byte of
    /// COBS becomes a byte of the content, and another one a code byte; sums don't look at places.
    pub fn moves_bytes_unseen(self) -> bool {
        self.end == End::Cobs
            && matches!(
                self.sum,
                None | Some(Sum::Xor | Sum::Sum8 | Sum::Sum16 | Sum::TwosComplement | Sum::Lrc)
            )
    }

    fn is_text(self) -> bool {
        matches!(self.end, End::Line | End::StartedLine)
    }

    fn start(self) -> &'static [u8] {
        match self.end {
            End::StartedLine | End::Fixed | End::Declared => &START,
            End::Line | End::Slip | End::Cobs => &[],
        }
    }

    /// The frame of a number below 10^8.
    pub fn encode(self, value: u32) -> Vec<u8> {
        let mut content = self.start().to_vec();
        if self.is_text() {
            content.extend(format!("{value:08}").bytes());
        } else {
            if self.end == End::Declared {
                content.push(4);
            }
            content.extend(value.to_be_bytes());
        }
        let covered = &content[self.start().len()..];
        match self.sum {
            // The digits stand for the bytes that are summed.
            Some(Sum::Lrc) if self.is_text() => {
                let digits = covered.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
                let bytes: Vec<u8> =
                    digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
                content.extend(format!("{:02X}", Sum::Lrc.of(&bytes)[0]).bytes());
            }
            Some(sum) if self.is_text() => {
                let sum = sum.of(covered);
                content.extend(sum.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()));
            }
            Some(sum) => content.extend(sum.of(covered)),
            None => {}
        }
        match self.end {
            End::Line | End::StartedLine => content.extend(b"\r\n"),
            End::Slip => content = slip(&content),
            End::Cobs => content = cobs(&content),
            End::Fixed | End::Declared => {}
        }
        content
    }

    /// Bytes that are no frame, and behind which one may begin.
    pub fn garbage(self, bytes: &[u8]) -> Vec<u8> {
        let kept = |taken: &dyn Fn(u8) -> bool| -> Vec<u8> {
            bytes.iter().copied().filter(|byte| taken(*byte)).collect()
        };
        match self.end {
            // A line that holds a letter is no number; with a checksum it is too short to be right.
            End::Line | End::StartedLine => {
                let mut line = kept(&|byte| !matches!(byte, b'\r' | b'\n' | 0xa5));
                line.truncate(if self.sum.is_some() { 1 } else { 30 });
                if self.sum.is_none() {
                    line.clear();
                }
                line.extend(b"\r\n");
                line
            }
            End::Fixed | End::Declared => kept(&|byte| byte != START[0]),
            End::Slip | End::Cobs => {
                let end = if self.end == End::Slip { 0xc0 } else { 0 };
                let mut line = kept(&|byte| byte != end);
                line.truncate(if self.sum.is_some() { 1 } else { 0 });
                line.push(end);
                line
            }
        }
    }

    fn profile(self) -> String {
        let guard = self.sum.map_or(0, |sum| sum.of(b"").len());
        let start = self.start().len();
        let end = match self.end {
            End::Line | End::StartedLine => format!("end = \"\\r\\n\"\nmax_length = {MAX_LENGTH}"),
            End::Fixed => format!("length = {}", start + 4 + guard),
            End::Declared => format!(
                "length_field = {{ offset_bytes = {start}, type = \"u8\", plus = {} }}\n\
                 max_length = {MAX_LENGTH}",
                start + 1 + guard
            ),
            End::Slip => format!("escape = \"slip\"\nmax_length = {MAX_LENGTH}"),
            End::Cobs => format!("escape = \"cobs\"\nmax_length = {MAX_LENGTH}"),
        };
        let form = if self.is_text() { "form = \"hex\"" } else { "" };
        let checksum = self.sum.map_or(String::new(), |sum| {
            format!("[frame.checksum]\nkind = \"{}\"\nfrom = {start}\n{form}\n", sum.name())
        });
        let begins = if start > 0 { format!("start = {START:?}\n") } else { String::new() };
        let place = if self.is_text() {
            format!("at = [{start}, 8]")
        } else {
            let offset = start + usize::from(self.end == End::Declared);
            format!("offset_bytes = {offset}\ntype = \"u32\"")
        };
        format!(
            "[device]\nid = \"d\"\ntitle = {{ en = \"D\", zh = \"D\" }}\ndialect = \"frame\"\n\
             source = \"made up\"\n[frame]\n{begins}{end}\n{checksum}[[message]]\nid = \"m\"\n\
             [[point]]\nid = \"p\"\ntitle = {{ en = \"P\", zh = \"P\" }}\nquantity = \"number\"\n\
             unit = \"1\"\n{place}\n"
        )
    }
}

const PLAN: &str = "[trial]\nid = \"T\"\nscenario = \"s\"\ntitle = { en = \"T\", zh = \"T\" }\n\
    [site]\nzone = \"UTC\"\n[[link]]\nid = \"l\"\nkind = \"serial\"\nport = \"/dev/null\"\n\
    baud = 9600\n[[device]]\nid = \"d\"\nlink = \"l\"\nprofile = \"p\"\n";

/// What came of a stream.
#[derive(Debug, Default)]
pub struct Derived {
    /// The number of every row.
    pub values: Vec<f64>,
    pub framed: u64,
    pub skipped: u64,
    /// Most bytes that were neither after a read.
    pub most_waiting: u64,
}

impl Sink for Derived {
    fn row(&mut self, row: &Row<'_>) {
        self.values.extend(row.samples.iter().map(|sample| sample.value));
    }

    fn gap(&mut self, _: Gap) {}
}

fn head(layout: &Layout) -> Vec<Body<'static>> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/wire");
    let document = |role, name: &str, text: &str| {
        let (name, bytes) = (name.to_owned(), text.as_bytes().to_vec());
        Document { role, name, bytes }
    };
    let scenario = std::fs::read_to_string(golden.join("scenario.toml")).unwrap();
    let documents = DocumentSet {
        documents: vec![
            document(DocumentRole::Plan, "plan.toml", PLAN),
            document(DocumentRole::Scenario, "s", &scenario),
            document(DocumentRole::Device, "p", &layout.profile()),
        ],
    };
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
    bodies.push(Body::RequestPlan(RequestPlan::default()));
    bodies
}

/// Derives reads of one stream.
pub fn derive(layout: &Layout, reads: &[Vec<u8>]) -> Derived {
    let (mut derived, mut derive) = (Derived::default(), Derive::new());
    let reads = reads.iter().map(|bytes| Body::Received { bytes: bytes.into() });
    for (sequence, body) in head(layout).into_iter().chain(reads).enumerate() {
        let heard = matches!(body, Body::Received { .. });
        let source = if heard { RecordSource::link(0) } else { RecordSource::STATION };
        let sequence = sequence as u64;
        let at = TrialTime(sequence as i64 * 1_000_000);
        derive.feed(&Record { sequence, boot: 0, at, source, body }, &mut derived).unwrap();
        if let Some(link) = derive.accounting().links.first() {
            let waiting = link.received - link.framed - link.skipped;
            derived.most_waiting = derived.most_waiting.max(waiting);
        }
    }
    derive.finish(&mut derived);
    let link = &derive.accounting().links[0];
    (derived.framed, derived.skipped) = (link.framed, link.skipped);
    derived
}
