//! Why somebody is in a segment, or not: the same answer as [`crate::evaluate`], with its reasons.
//!
//! An [`Explanation`] mirrors the condition. Each node says whether it is true, since when and until when, what was
//! measured and with what it was compared, and which events made it so. Words are left to the screen.

mod events;
mod leaves;
mod tree;

pub use tree::{Explanation, FilterText, Reason, explain};
