//! The nouns of a trial: time, units, channels, quality, records, and the documents that a user
//! writes with their lowering. Pure: no input or output, no clock, no thread.
//!
//! Documents have two forms, the raw one that serde reads and the resolved one that the rest of
//! the product works with; the lowering between them is here, so that every program refuses the
//! same documents for the same reasons.

pub mod amendment;
pub mod catalogue;
pub mod channel;
pub mod columns;
pub mod document;
pub mod expression;
pub mod fields;
pub mod finding;
pub mod plan;
pub mod profile;
pub mod record;
pub mod recording;
pub mod rows;
pub mod scenario;
pub mod time;
mod told;
pub mod unit;
