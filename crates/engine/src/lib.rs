//! What Entente decides: who somebody is, what is known of them, and in which segments they are.
//!
//! Everything here is a pure function of its arguments: no clock, no randomness, no file, no network. The same functions
//! run live, in a rebuild, in a replay of the past and in tests.
//!
//! - [`condition`]: the language of segments, parsed from JSON and printed back.
//! - [`facts`]: what is known of one profile, as a commutative monoid, so that merging and unmerging people is exact.
//! - [`plan`]: all segments of a workspace, indexed by what they read; folds events and decides memberships.
//! - [`evaluate`]: one condition over one person's facts at one instant, and the instant at which the answer may change.
//! - [`explain`]: the same answer with its reasons. [`replay`]: the same answer as of the past.
//! - [`identity`], [`orders`], [`lifecycle`], [`calls`]: whose an event is, what it does to an order, a person's stage,
//!   and under which name a call stands in the log. [`suppression`]: whether a consent counts for a suppressed address.

mod bytes;
pub mod calls;
mod check;
pub mod compile;
pub mod condition;
pub mod evaluate;
pub mod event;
pub mod explain;
pub mod facts;
mod fields;
mod fold;
mod hasher;
pub mod identity;
mod inline;
pub mod lifecycle;
pub mod orders;
mod periods;
pub mod plan;
pub mod replay;
pub mod suppression;
mod touched;
mod value;
mod walk;

pub use compile::CompiledCondition;
pub use condition::{Condition, ConditionError, ConsentState, Metric};
pub use evaluate::{Evidence, Verdict};
pub use event::{EventFact, EventRecord, LazyJson};
pub use facts::{Facts, FactsError, FactsView, Stamp};
pub use inline::PlanError;
pub use plan::{Plan, SegmentSource};
pub use touched::Touched;
