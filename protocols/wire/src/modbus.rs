//! Modbus framing for a client: request encoding and the judgement of what comes back.
//!
//! Invariants:
//! - A judgement depends on the bytes alone, and a longer buffer never changes one that was made
//!   on its beginning; so the same answers come out at every split of the stream.
//! - On RTU no frame is accepted without a right CRC.
//! - Nothing waits for more than [`MAX_RTU_ADU_BYTES`] or [`MAX_TCP_ADU_BYTES`].
//!
//! Source: MODBUS Application Protocol Specification V1.1b3; MODBUS over Serial Line V1.02, 2.5;
//! MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.

mod receiver;

use std::ops::Range;

use trial::plan::{Link, LinkKind};
use trial::profile::{MAX_BITS_PER_REQUEST, MAX_REGISTERS_PER_REQUEST, Table};
use trial::record::Cause;

pub use receiver::{Received, Receiver};

/// Longest RTU frame: unit, 253 bytes of function and data, CRC.
pub const MAX_RTU_ADU_BYTES: usize = 256;
/// Longest TCP frame: 7 bytes of header, 253 bytes of function and data.
pub const MAX_TCP_ADU_BYTES: usize = 260;

/// Function code: read coils.
pub(crate) const READ_COILS: u8 = 0x01;
/// Function code: read discrete inputs.
pub(crate) const READ_DISCRETE_INPUTS: u8 = 0x02;
/// Function code: read holding registers.
pub(crate) const READ_HOLDING_REGISTERS: u8 = 0x03;
/// Function code: read input registers.
pub(crate) const READ_INPUT_REGISTERS: u8 = 0x04;
/// Function code: write single coil.
pub(crate) const WRITE_SINGLE_COIL: u8 = 0x05;
/// Function code: write single register.
pub(crate) const WRITE_SINGLE_REGISTER: u8 = 0x06;
/// Function code: write multiple coils.
pub(crate) const WRITE_MULTIPLE_COILS: u8 = 0x0f;
/// Function code: write multiple registers.
pub(crate) const WRITE_MULTIPLE_REGISTERS: u8 = 0x10;
/// Function code: mask write register.
pub(crate) const MASK_WRITE_REGISTER: u8 = 0x16;
/// Function code: read/write multiple registers.
pub(crate) const READ_WRITE_REGISTERS: u8 = 0x17;
/// Set in the function code of an exception.
pub(crate) const EXCEPTION_FLAG: u8 = 0x80;
/// Bytes of an RTU exception.
pub(crate) const RTU_EXCEPTION_BYTES: usize = 5;
/// Bytes of an RTU request to read, and of one to write a single register or coil.
pub const RTU_READ_REQUEST_BYTES: usize = 8;
/// Highest unit on a serial bus (MODBUS over Serial Line V1.02, 2.2).
pub(crate) const MAX_UNIT: u8 = 247;

const TCP_HEADER_BYTES: usize = 7;

/// How Modbus frames are told apart on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// RTU: unit and CRC; on a serial line or in a TCP stream.
    Rtu,
    /// TCP: a header with transaction identifier and length.
    Tcp,
}

/// The framing of a link.
pub fn framing_of(link: &Link) -> Framing {
    match link.kind {
        LinkKind::Serial { .. } | LinkKind::RtuOverTcp { .. } => Framing::Rtu,
        LinkKind::Tcp { .. } => Framing::Tcp,
        // What carries no Modbus has no framing to be wrong.
        LinkKind::BytesOverTcp { .. } | LinkKind::Imported => Framing::Rtu,
    }
}

/// The function code that reads a table.
pub(crate) fn read_function(table: Table) -> u8 {
    match table {
        Table::Holding => READ_HOLDING_REGISTERS,
        Table::Input => READ_INPUT_REGISTERS,
        Table::Coils => READ_COILS,
        Table::Discrete => READ_DISCRETE_INPUTS,
    }
}

const fn crc_table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut remainder = index as u16;
        let mut bit = 0;
        while bit < 8 {
            let carry = remainder & 1 != 0;
            remainder >>= 1;
            if carry {
                remainder ^= 0xa001;
            }
            bit += 1;
        }
        table[index] = remainder;
        index += 1;
    }
    table
}

static CRC_TABLE: [u16; 256] = crc_table();

/// CRC-16 of Modbus RTU (MODBUS over Serial Line V1.02, 6.2.2); sent low byte first.
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |remainder, byte| {
        let index = (remainder ^ u16::from(*byte)) & 0xff;
        (remainder >> 8) ^ CRC_TABLE[usize::from(index)]
    })
}

/// Whether the last two bytes are the CRC of those before.
pub(crate) fn crc_is_right(frame: &[u8]) -> bool {
    match frame.split_last_chunk::<2>() {
        Some((body, crc)) => crc16(body) == u16::from_le_bytes(*crc),
        None => false,
    }
}

/// The bytes of a read request. `transaction` is used with TCP framing alone.
pub fn read_request_adu(
    framing: Framing,
    unit: u8,
    table: Table,
    address: u16,
    count: u16,
    transaction: u16,
) -> Vec<u8> {
    let mut adu = Vec::with_capacity(TCP_HEADER_BYTES + 5);
    if framing == Framing::Tcp {
        adu.extend_from_slice(&transaction.to_be_bytes());
        adu.extend_from_slice(&[0, 0, 0, 6]);
    }
    adu.extend_from_slice(&[unit, read_function(table)]);
    adu.extend_from_slice(&address.to_be_bytes());
    adu.extend_from_slice(&count.to_be_bytes());
    if framing == Framing::Rtu {
        let crc = crc16(&adu);
        adu.extend_from_slice(&crc.to_le_bytes());
    }
    adu
}

/// What a pending read request expects; made from the exact bytes that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    framing: Framing,
    transaction: u16,
    unit: u8,
    function: u8,
    count: u16,
    /// The request as an RTU frame, to know its echo.
    rtu_request: [u8; RTU_READ_REQUEST_BYTES],
}

/// What a read request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Unit.
    pub(crate) unit: u8,
    /// Function code.
    pub(crate) function: u8,
    /// First register, coil or input.
    pub(crate) address: u16,
    /// Number of registers, coils or inputs.
    pub(crate) count: u16,
}

/// What the bytes at the start of a buffer are, to a pending exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// More bytes are needed to tell.
    NeedMore,
    /// The answer.
    Answer {
        /// Bytes of the frame, from the start of the buffer.
        length: usize,
        /// Where the data bytes stand in the buffer.
        payload: Range<usize>,
    },
    /// The device refused.
    Exception {
        /// Bytes of the frame, from the start of the buffer.
        length: usize,
        /// Exception code.
        code: u8,
    },
    /// Not for this exchange.
    Skip {
        /// How many bytes to drop from the start of the buffer; at least 1.
        length: usize,
        /// Why: `WrongUnit`, `WrongTransaction`, `WrongFunction`, `WrongCount` for a whole frame;
        /// `Corrupt` for bytes of no frame; `Timeout` for the echo of the request, which two-wire
        /// adapters give back and which says nothing about the device; `ForeignTraffic` for the
        /// request of another master, after which no answer can be told to be ours.
        cause: Cause,
    },
}

impl Exchange {
    /// The exchange that a request begins; `None` if the bytes are not one whole read request
    /// (function 0x01 to 0x04) for 1 to 125 registers, or 1 to 2000 coils or inputs.
    pub fn from_sent(framing: Framing, sent: &[u8]) -> Option<Exchange> {
        let (transaction, pdu) = match framing {
            Framing::Rtu => {
                let (pdu, _) = sent.split_last_chunk::<2>()?;
                (0, crc_is_right(sent).then_some(pdu)?)
            }
            Framing::Tcp => {
                let (&[high, low, 0, 0, 0, 6], pdu) = sent.split_first_chunk::<6>()? else {
                    return None;
                };
                (u16::from_be_bytes([high, low]), pdu)
            }
        };
        let &[unit, function, a, b, c, d] = pdu else { return None };
        let count = u16::from_be_bytes([c, d]);
        let most = match function {
            READ_COILS | READ_DISCRETE_INPUTS => MAX_BITS_PER_REQUEST,
            READ_HOLDING_REGISTERS | READ_INPUT_REGISTERS => MAX_REGISTERS_PER_REQUEST,
            _ => return None,
        };
        if !(1..=most).contains(&count) {
            return None;
        }
        let [low, high] = crc16(pdu).to_le_bytes();
        let rtu_request = [unit, function, a, b, c, d, low, high];
        Some(Exchange { framing, transaction, unit, function, count, rtu_request })
    }

    /// Judges the start of `received`.
    pub fn judge(&self, received: &[u8]) -> Judged {
        match self.framing {
            Framing::Rtu => self.judge_rtu(received),
            Framing::Tcp => self.judge_tcp(received),
        }
    }

    /// What the request asks for.
    pub(crate) fn asked(&self) -> Asked {
        let address = u16::from_be_bytes([self.rtu_request[2], self.rtu_request[3]]);
        Asked { unit: self.unit, function: self.function, address, count: self.count }
    }

    /// Number of data bytes in the answer: two for a register, one for eight coils or inputs.
    fn payload_bytes(&self) -> usize {
        let count = usize::from(self.count);
        match self.function {
            READ_COILS | READ_DISCRETE_INPUTS => count.div_ceil(8),
            _ => 2 * count,
        }
    }

    fn judge_tcp(&self, received: &[u8]) -> Judged {
        let &[t1, t2, p1, p2, l1, l2, unit, function, ..] = received else {
            return Judged::NeedMore;
        };
        let length = 6 + usize::from(u16::from_be_bytes([l1, l2]));
        if (p1, p2) != (0, 0) || !(8..=MAX_TCP_ADU_BYTES).contains(&length) {
            return Judged::Skip { length: 1, cause: Cause::Corrupt };
        }
        let Some(frame) = received.get(..length) else { return Judged::NeedMore };
        let skip = |cause| Judged::Skip { length, cause };
        if u16::from_be_bytes([t1, t2]) != self.transaction {
            return skip(Cause::WrongTransaction);
        }
        if unit != self.unit {
            return skip(Cause::WrongUnit);
        }
        match (function, frame.get(8..)) {
            (function, Some(&[code])) if function == self.function | EXCEPTION_FLAG => {
                Judged::Exception { length, code }
            }
            (function, _) if function != self.function => skip(Cause::WrongFunction),
            (_, Some([bytes, payload @ ..]))
                if payload.len() == self.payload_bytes()
                    && usize::from(*bytes) == payload.len() =>
            {
                Judged::Answer { length, payload: 9..length }
            }
            _ => skip(Cause::WrongCount),
        }
    }

    fn judge_rtu(&self, received: &[u8]) -> Judged {
        let &[unit, function, third, ..] = received else { return Judged::NeedMore };
        let expected = (unit, function) == (self.unit, self.function);
        if expected && usize::from(third) == self.payload_bytes() {
            // An echo may begin like the answer; a refusal behind it ends before the answer would.
            if self.is_echo_with_exception(received) {
                return Judged::Skip { length: RTU_READ_REQUEST_BYTES, cause: Cause::Timeout };
            }
            let length = RTU_EXCEPTION_BYTES + self.payload_bytes();
            let Some(frame) = received.get(..length) else { return Judged::NeedMore };
            if crc_is_right(frame) {
                return Judged::Answer { length, payload: 3..length - 2 };
            }
            return self.judge_echo(received).unwrap_or_else(|| {
                if starts_with_read_request(received) {
                    let length = RTU_READ_REQUEST_BYTES;
                    return Judged::Skip { length, cause: Cause::ForeignTraffic };
                }
                Judged::Skip { length: 1, cause: Cause::Corrupt }
            });
        }
        if let Some(judged) = self.judge_echo(received) {
            return judged;
        }
        self.judge_other_rtu(received, unit, function, third)
    }

    /// Whether the echo of the request stands here, and a refusal of it behind.
    fn is_echo_with_exception(&self, received: &[u8]) -> bool {
        let Some((echo, rest)) = received.split_first_chunk::<RTU_READ_REQUEST_BYTES>() else {
            return false;
        };
        let refused = (self.unit, self.function | EXCEPTION_FLAG);
        *echo == self.rtu_request
            && rest.get(..RTU_EXCEPTION_BYTES).is_some_and(|frame| {
                matches!(*frame, [unit, function, ..] if (unit, function) == refused)
                    && crc_is_right(frame)
            })
    }

    /// Whether the request itself comes back; `None` if the start of `received` differs from it.
    fn judge_echo(&self, received: &[u8]) -> Option<Judged> {
        let request = &self.rtu_request;
        let compared = received.len().min(request.len());
        (received.get(..compared)? == request.get(..compared)?).then_some({
            if compared < request.len() {
                Judged::NeedMore
            } else {
                Judged::Skip { length: compared, cause: Cause::Timeout }
            }
        })
    }

    /// The start of `received` is neither the answer nor an echo. It may be another whole frame,
    /// or noise before the answer; whichever is complete first decides.
    fn judge_other_rtu(&self, received: &[u8], unit: u8, function: u8, third: u8) -> Judged {
        let possible = (1..=MAX_UNIT).contains(&unit);
        let answer = rtu_answer_length(function, third).filter(|_| possible);
        let request = rtu_request_length(function, received).filter(|_| possible);
        let mut lengths = [answer, request];
        lengths.sort_unstable();
        let fitting = |length: &usize| *length <= MAX_RTU_ADU_BYTES;
        for length in lengths.into_iter().flatten().filter(fitting) {
            // An answer that ends within this frame is complete before it, and decides.
            let within = received.len().min(length - 1);
            if let Some(start) = self.find_embedded(&received[..within]) {
                return Judged::Skip { length: start, cause: Cause::Corrupt };
            }
            let Some(frame) = received.get(..length) else { return Judged::NeedMore };
            if crc_is_right(frame) {
                return self.judge_whole_rtu(unit, function, third, length, request);
            }
        }
        Judged::Skip { length: 1, cause: Cause::Corrupt }
    }

    /// A whole RTU frame that is neither the answer nor an echo.
    fn judge_whole_rtu(
        &self,
        unit: u8,
        function: u8,
        third: u8,
        length: usize,
        request: Option<usize>,
    ) -> Judged {
        // What reads as a request, and every write, which is never sent from here, is another
        // master's.
        let foreign = request == Some(length) || is_write(function);
        let cause = match (unit == self.unit, function) {
            _ if foreign => Cause::ForeignTraffic,
            (false, _) => Cause::WrongUnit,
            (true, function) if function == self.function | EXCEPTION_FLAG => {
                return Judged::Exception { length, code: third };
            }
            (true, function) if function == self.function => Cause::WrongCount,
            (true, _) => Cause::WrongFunction,
        };
        Judged::Skip { length, cause }
    }

    /// Start of the answer or exception of this exchange, or of another master's read, that
    /// stands behind the first byte and is complete first.
    fn find_embedded(&self, received: &[u8]) -> Option<usize> {
        let answer_length = RTU_EXCEPTION_BYTES + self.payload_bytes();
        let ends = (1..received.len()).filter_map(|start| {
            let rest = received.get(start..)?;
            if starts_with_read_request(rest) {
                return Some((start + RTU_READ_REQUEST_BYTES, start));
            }
            let &[unit, function, third, ..] = rest else { return None };
            let length = match function {
                _ if unit != self.unit => return None,
                function if function == self.function | EXCEPTION_FLAG => RTU_EXCEPTION_BYTES,
                function if function != self.function => return None,
                _ if usize::from(third) != self.payload_bytes() => return None,
                _ => answer_length,
            };
            crc_is_right(rest.get(..length)?).then_some((start + length, start))
        });
        ends.min().map(|(_, start)| start)
    }
}

/// Unit of the last whole RTU request to read among `bytes` that is not `own`, and where it ends:
/// that of another master, where nothing was asked from here or the answer has come.
pub fn foreign_request(bytes: &[u8], own: &[u8]) -> Option<(u8, usize)> {
    (0..bytes.len()).rev().find_map(|start| {
        let request = bytes.get(start..start + RTU_READ_REQUEST_BYTES)?;
        let foreign = request != own && starts_with_read_request(request);
        foreign.then_some((*request.first()?, start + RTU_READ_REQUEST_BYTES))
    })
}

/// Whether a whole RTU request to read from a single unit stands at the start.
fn starts_with_read_request(bytes: &[u8]) -> bool {
    let Some(request) = bytes.get(..RTU_READ_REQUEST_BYTES) else { return false };
    matches!(*request, [1..=MAX_UNIT, READ_COILS..=READ_INPUT_REGISTERS, ..])
        && crc_is_right(request)
}

fn is_write(function: u8) -> bool {
    matches!(
        function,
        WRITE_SINGLE_COIL | WRITE_SINGLE_REGISTER | WRITE_MULTIPLE_COILS | WRITE_MULTIPLE_REGISTERS
    )
}

/// Length of an RTU request by its function; `None` if no request begins so, or while the byte
/// that tells has not come. (An answer to the same function is then shorter and waited for.)
fn rtu_request_length(function: u8, received: &[u8]) -> Option<usize> {
    match function {
        READ_COILS..=WRITE_SINGLE_REGISTER => Some(RTU_READ_REQUEST_BYTES),
        WRITE_MULTIPLE_COILS | WRITE_MULTIPLE_REGISTERS => {
            received.get(6).map(|bytes| 9 + usize::from(*bytes))
        }
        _ => None,
    }
}

/// Length of an RTU answer by its function and third byte; `None` if no answer begins so.
pub(crate) fn rtu_answer_length(function: u8, third: u8) -> Option<usize> {
    match function {
        READ_COILS
        | READ_DISCRETE_INPUTS
        | READ_HOLDING_REGISTERS
        | READ_INPUT_REGISTERS
        | READ_WRITE_REGISTERS => (third > 0).then_some(RTU_EXCEPTION_BYTES + usize::from(third)),
        WRITE_SINGLE_COIL
        | WRITE_SINGLE_REGISTER
        | WRITE_MULTIPLE_COILS
        | WRITE_MULTIPLE_REGISTERS => Some(8),
        MASK_WRITE_REGISTER => Some(10),
        _ if function > EXCEPTION_FLAG => Some(RTU_EXCEPTION_BYTES),
        _ => None,
    }
}
