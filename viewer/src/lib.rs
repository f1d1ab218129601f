//! Replay of trials: the model of what is shown, and the window that shows it.
//!
//! Invariants:
//! - the model (`view`, `lane`, `trace`, `gaps`, `ticks`, `clock`, `replay`) knows no window;
//! - nothing that is missing is drawn as if it were there: no line crosses a gap, no value is
//!   told for one.

pub mod app;
pub mod clock;
pub mod gaps;
pub mod labels;
pub mod lane;
pub mod panels;
pub mod picture;
pub mod replay;
pub mod standing;
#[cfg(test)]
mod synthetic;
pub mod theme;
pub mod ticks;
pub mod trace;
pub mod view;
pub mod window;
