//! Measurement uncertainty, and what follows from it for a verdict.
//!
//! Pure functions of numbers; who judges puts them together:
//! - [`Budget`]: contributions to the uncertainty of one value, common ones kept apart from those
//!   that are independent from sample to sample; JCGM 100:2008 (GUM).
//! - [`SampleStatistics`]: mean, scatter and the number of independent samples that correlated
//!   ones are worth.
//! - [`timing`]: the uncertainty of an instant or a duration that samples bracket.
//! - [`normal`]: normal distribution and Student's t.
//! - [`conformance`]: conformance probability by JCGM 106:2012, decision rules by ILAC-G8:09/2019,
//!   guard bands.
//! - [`rounding`]: GB/T 8170-2008, on decimal digits.
//!
//! Invariants:
//! - Uncertainty never turns missing data into a pass: a rule reads a margin interval whose ends
//!   are unbounded where something was not observed.
//! - An unknown uncertainty is no number; it is never taken as 0.
//! - Transcendental functions come from `libm`, so that every machine gets the same bits.

mod budget;
pub mod conformance;
mod effective;
pub mod normal;
pub mod rounding;
pub mod timing;

pub use budget::{Budget, Contribution, DECLARED_FROM, Expanded, Origin, coverage_factor};
pub use effective::{SampleStatistics, first_order_effective_count};
