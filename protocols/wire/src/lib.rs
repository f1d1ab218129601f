//! From bytes to frames, points and samples, and from plans to requests; no input or output.
//!
//! Invariants:
//! - Nothing here reads a clock, waits, or draws a random number: the same records give the same
//!   samples, whoever asks and whenever.
//! - Scanners decide from the order of bytes alone: the same frames come out wherever reads split
//!   the stream.
//! - Foreign bytes are never an error of the program: what is no frame is skipped and counted.

pub mod derive;
mod dialect;
pub mod modbus;
pub mod plan;
pub mod query;
mod recalibrate;

pub use recalibrate::Recalibration;
