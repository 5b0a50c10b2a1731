//! Attacks the program while it works, by a seed, and compares what it kept with what it acknowledged.
//!
//! A *rig* is the real `entente` with its database, clients that send and send again, and a *ledger* of what was sent and
//! what was acknowledged. A *fault* is one thing that goes wrong while they send. After each, whatever was acknowledged is
//! there, nothing is there twice, nothing was made up, and `entente doctor` finds nothing. The *trace* looks at the same
//! program from below: every write and every sync of its files, and each answer it gave.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it speaks to the person who runs it")]
#![allow(clippy::missing_errors_doc, reason = "an error is the promise that was broken, in words")]

mod fault;
mod ledger;
mod load;
mod machine;
mod plan;
mod rig;
mod soak;
mod trace;

pub use fault::Fault;
pub use machine::can_trace;
pub use plan::{Database, Extent, Plan, run};
pub use soak::soak;
pub use trace::{Cuts, Synced, power_cuts, synced_before_acknowledged};

/// What was broken, in words.
pub type Outcome<T> = Result<T, String>;

/// A failed promise unless it holds.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
