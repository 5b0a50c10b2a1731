//! All SQL of the stream.

mod counters;
mod dead_letters;
mod log;
mod messages;
mod names;
pub mod places;

pub use counters::*;
pub use dead_letters::*;
pub use log::*;
pub use messages::*;
pub use names::*;
