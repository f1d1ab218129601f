//! A Modbus RTU bus that another master polls, heard from the side: requests and answers are told
//! apart by their bytes.
//!
//! Functions 0x01 to 0x06, 0x0F, 0x10, 0x16, 0x17 and exceptions are known. A frame counts only
//! with a right CRC. Where a request and an answer have the same form (0x05, 0x06, 0x16, and the
//! length of 0x0F and 0x10), the request that is pending decides: its echo is the answer.
//!
//! An answer belongs to the pending request only if no more than [`MAX_NOISE_BYTES`] that are no
//! frame came between the two: otherwise an answer and the next request may both have been lost,
//! and registers would be taken for others.
//!
//! Source: MODBUS Application Protocol Specification V1.1b3, section 6; MODBUS over Serial Line
//! V1.02, 2.5.

use std::ops::Range;

use trial::profile::{MAX_REGISTERS_PER_REQUEST, Table};

use super::Scan;
use crate::modbus::{
    EXCEPTION_FLAG, MASK_WRITE_REGISTER, MAX_RTU_ADU_BYTES, MAX_UNIT, READ_COILS,
    READ_DISCRETE_INPUTS, READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS, READ_WRITE_REGISTERS,
    RTU_EXCEPTION_BYTES, WRITE_MULTIPLE_COILS, WRITE_MULTIPLE_REGISTERS, WRITE_SINGLE_COIL,
    WRITE_SINGLE_REGISTER, crc_is_right, rtu_answer_length,
};

/// Most bytes of no frame between a request and its answer: turning the line round gives one or
/// two, and half of the shortest request is more.
const MAX_NOISE_BYTES: usize = 4;
/// Most coils that one request may read (V1.1b3, 6.1).
const MAX_COILS_PER_REQUEST: u16 = 2000;
/// Unit of a request to all, which nobody answers.
const BROADCAST: u8 = 0;

/// A scanner of a listened bus with the request that is pending.
#[derive(Debug, Default)]
pub(crate) struct Listen {
    pending: Option<Request>,
    noise: usize,
}

/// A request of the other master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// Unit that it goes to.
    pub(crate) unit: u8,
    /// Function code.
    pub(crate) function: u8,
    /// The entries that it reads: table, first, number.
    pub(crate) read: Option<(Table, u16, u16)>,
    /// The whole frame.
    bytes: Vec<u8>,
}

/// What a frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A request; the one before it, if it is given here, stays without an answer.
    Request(Option<Request>),
    /// A request to all; nobody answers it.
    Broadcast {
        /// The request.
        request: Request,
        /// The one before it, which stays without an answer.
        unanswered: Option<Request>,
    },
    /// The answer to a request.
    Pair(Request, Answer),
    /// An answer without a request.
    Orphan,
}

/// How a request was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Done; a read has its data at these bytes of the frame.
    Done(Range<usize>),
    /// Refused with this exception code.
    Exception(u8),
}

impl Listen {
    /// What stands at the start of `bytes`.
    pub(crate) fn scan(&self, bytes: &[u8]) -> Scan {
        let &[unit, function, ref rest @ ..] = bytes else { return Scan::NeedMore };
        if unit > MAX_UNIT || !is_known(function & !EXCEPTION_FLAG) {
            return Scan::Skip(1);
        }
        if unit == BROADCAST && !is_write(function) {
            return Scan::Skip(1);
        }
        let Some(third) = rest.first() else { return Scan::NeedMore };
        // The answer that is waited for is tried first: its length is known for sure.
        if let Some(length) = self.expected_answer(unit, function, *third) {
            match bytes.get(..length) {
                None => return Scan::NeedMore,
                Some(frame) if crc_is_right(frame) => return Scan::Frame(length),
                Some(_) => {}
            }
        }
        let answer = rtu_answer_length(function, *third).map(Form::Length);
        let mut forms = [answer, request_form(bytes)];
        forms.sort_by_key(|form| form.map(Form::at_least));
        let mut undecided = false;
        for form in forms.into_iter().flatten() {
            let frame = match form {
                Form::Length(length) if length > MAX_RTU_ADU_BYTES => continue,
                Form::Length(length) => bytes.get(..length),
                Form::AtLeast(_) => None,
            };
            match frame {
                None => undecided = true,
                Some(frame) if crc_is_right(frame) => return Scan::Frame(frame.len()),
                Some(_) => {}
            }
        }
        if undecided { Scan::NeedMore } else { Scan::Skip(1) }
    }

    /// Bytes of no frame were dropped. Returns the pending request if they make its answer
    /// doubtful; it stays without one.
    pub(crate) fn skipped(&mut self, bytes: usize) -> Option<Request> {
        self.noise = self.noise.saturating_add(bytes);
        if self.noise > MAX_NOISE_BYTES { self.pending.take() } else { None }
    }

    /// The line went down or the run ended: the pending request stays without an answer.
    pub(crate) fn reset(&mut self) -> Option<Request> {
        self.noise = 0;
        self.pending.take()
    }

    /// Tells what a frame that [`Listen::scan`] found is.
    pub(crate) fn accept(&mut self, frame: &[u8]) -> Heard {
        self.noise = 0;
        let answer = self.pending.as_ref().and_then(|request| request.answered_by(frame));
        if let Some(answer) = answer
            && let Some(request) = self.pending.take()
        {
            return Heard::Pair(request, answer);
        }
        let Some(request) = Request::read(frame) else { return Heard::Orphan };
        let unanswered = self.pending.take();
        if request.unit == BROADCAST {
            return Heard::Broadcast { request, unanswered };
        }
        self.pending = Some(request);
        Heard::Request(unanswered)
    }

    /// Length of the answer to a pending read, if one begins so.
    fn expected_answer(&self, unit: u8, function: u8, third: u8) -> Option<usize> {
        let request = self.pending.as_ref()?;
        let expected = (request.unit, request.function) == (unit, function);
        (expected && request.answer_bytes()? == usize::from(third))
            .then_some(RTU_EXCEPTION_BYTES + usize::from(third))
    }
}

/// What is known of a frame's length.
#[derive(Debug, Clone, Copy)]
enum Form {
    Length(usize),
    AtLeast(usize),
}

impl Form {
    fn at_least(self) -> usize {
        match self {
            Form::Length(length) | Form::AtLeast(length) => length,
        }
    }
}

fn is_known(function: u8) -> bool {
    matches!(
        function,
        READ_COILS
            ..=WRITE_SINGLE_REGISTER
                | WRITE_MULTIPLE_COILS
                | WRITE_MULTIPLE_REGISTERS
                | MASK_WRITE_REGISTER
                | READ_WRITE_REGISTERS
    )
}

fn is_write(function: u8) -> bool {
    matches!(
        function,
        WRITE_SINGLE_COIL
            | WRITE_SINGLE_REGISTER
            | WRITE_MULTIPLE_COILS
            | WRITE_MULTIPLE_REGISTERS
            | MASK_WRITE_REGISTER
            | READ_WRITE_REGISTERS
    )
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|pair| u16::from_be_bytes(*pair))
}

/// The length of the request that may begin with `bytes`; `None` if none does.
fn request_form(bytes: &[u8]) -> Option<Form> {
    let function = *bytes.get(1)?;
    match function {
        READ_COILS | READ_DISCRETE_INPUTS | READ_HOLDING_REGISTERS | READ_INPUT_REGISTERS => {
            let limit = if function <= READ_DISCRETE_INPUTS {
                MAX_COILS_PER_REQUEST
            } else {
                MAX_REGISTERS_PER_REQUEST
            };
            match word(bytes, 4) {
                Some(count) if !(1..=limit).contains(&count) => None,
                _ => Some(Form::Length(8)),
            }
        }
        WRITE_SINGLE_COIL | WRITE_SINGLE_REGISTER => Some(Form::Length(8)),
        MASK_WRITE_REGISTER => Some(Form::Length(10)),
        WRITE_MULTIPLE_COILS | WRITE_MULTIPLE_REGISTERS => {
            let Some(length) = bytes.get(6) else { return Some(Form::AtLeast(9)) };
            let count = usize::from(word(bytes, 4)?);
            let wanted =
                if function == WRITE_MULTIPLE_COILS { count.div_ceil(8) } else { 2 * count };
            let fits = wanted > 0 && wanted == usize::from(*length);
            fits.then_some(Form::Length(9 + wanted))
        }
        READ_WRITE_REGISTERS => {
            let Some(length) = bytes.get(10) else { return Some(Form::AtLeast(13)) };
            let wanted = 2 * usize::from(word(bytes, 8)?);
            let fits = wanted > 0 && wanted == usize::from(*length);
            fits.then_some(Form::Length(13 + wanted))
        }
        _ => None,
    }
}

impl Request {
    /// The request that a whole frame is; `None` if it has the form of an answer alone.
    fn read(frame: &[u8]) -> Option<Request> {
        let &[unit, function, ..] = frame else { return None };
        match request_form(frame)? {
            Form::Length(length) if length == frame.len() => {}
            _ => return None,
        }
        let table = match function {
            READ_HOLDING_REGISTERS | READ_WRITE_REGISTERS => Some(Table::Holding),
            READ_INPUT_REGISTERS => Some(Table::Input),
            READ_COILS => Some(Table::Coils),
            READ_DISCRETE_INPUTS => Some(Table::Discrete),
            _ => None,
        };
        let read = match table {
            Some(table) => Some((table, word(frame, 2)?, word(frame, 4)?)),
            None => None,
        };
        Some(Request { unit, function, read, bytes: frame.to_owned() })
    }

    /// Whether it writes.
    pub(crate) fn writes(&self) -> bool {
        is_write(self.function)
    }

    /// What it writes, in English for the log of events: registers or coils, and their values.
    pub(crate) fn written(&self) -> String {
        let at = if self.function == READ_WRITE_REGISTERS { 6 } else { 2 };
        let (first, data) = (word(&self.bytes, at).unwrap_or(0), at + 2);
        let body = self.bytes.get(..self.bytes.len().saturating_sub(2)).unwrap_or_default();
        let values = match self.function {
            WRITE_SINGLE_COIL | WRITE_SINGLE_REGISTER | MASK_WRITE_REGISTER => body.get(data..),
            _ => body.get(data + 3..),
        };
        let values = values.unwrap_or_default();
        let what = match self.function {
            WRITE_SINGLE_COIL | WRITE_MULTIPLE_COILS => "coils",
            MASK_WRITE_REGISTER => "and-mask and or-mask of register",
            _ => "registers",
        };
        let step = if self.function == WRITE_MULTIPLE_COILS { 1 } else { 2 };
        let values: Vec<String> = values.chunks(step).map(hexadecimal).collect();
        format!("{what} from 0x{first:04X} := {}", values.join(" "))
    }

    /// How a frame answers this request; `None` if it does not.
    fn answered_by(&self, frame: &[u8]) -> Option<Answer> {
        let &[unit, function, third, ..] = frame else { return None };
        if unit != self.unit {
            return None;
        }
        if function == self.function | EXCEPTION_FLAG {
            return Some(Answer::Exception(third));
        }
        if function != self.function {
            return None;
        }
        let data = frame.get(2..frame.len().checked_sub(2)?)?;
        let asked = self.bytes.get(2..)?;
        let fits = match self.function {
            WRITE_SINGLE_COIL | WRITE_SINGLE_REGISTER | MASK_WRITE_REGISTER => {
                frame == self.bytes.as_slice()
            }
            WRITE_MULTIPLE_COILS | WRITE_MULTIPLE_REGISTERS => {
                frame.len() == 8 && asked.starts_with(data)
            }
            _ => {
                let length = self.answer_bytes()?;
                usize::from(third) == length && frame.len() == RTU_EXCEPTION_BYTES + length
            }
        };
        fits.then(|| Answer::Done(3..frame.len() - 2))
    }

    /// Number of data bytes in the answer to a read.
    fn answer_bytes(&self) -> Option<usize> {
        let count = usize::from(word(&self.bytes, 4)?);
        match self.function {
            READ_COILS | READ_DISCRETE_INPUTS => Some(count.div_ceil(8)),
            READ_HOLDING_REGISTERS | READ_INPUT_REGISTERS | READ_WRITE_REGISTERS => Some(2 * count),
            _ => None,
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
