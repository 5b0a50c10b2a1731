//! All SQL of profiles.

mod damages;
mod erasure;
mod identifiers;
mod leaves;
mod merges;
mod order;
mod people;
mod states;
mod timers;

pub use damages::*;
pub use erasure::*;
pub use identifiers::*;
pub use leaves::*;
pub use merges::*;
pub use order::{Place, Walk, list_people, numbers_in_stage, people_in_order, those_in_stage};
pub use people::*;
pub use states::*;
pub use timers::*;
