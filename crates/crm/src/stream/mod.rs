//! The conductor of the loop: from a group of calls to the truth on disk, in one transaction.
//!
//! `Stream::submit` hands in a group; while one transaction commits, the next gathers, so that one fsync serves many
//! callers. The transaction appends to the log, resolves whose each event is, folds facts, orders and segments, writes
//! entries and exits as events, and only then the callers are answered. `ticker` wakes people whose truth changes with
//! time alone; `backfill` builds new segments in steps between the groups; `merge` joins and parts people; `erase` takes
//! somebody out of everything.
//!
//! The log (`events`) is read through `log`, its only door; `events_of` finds in it what is somebody's.

mod apply;
pub mod backfill;
mod dead_letters;
mod erase;
mod events_of;
pub mod forget;
mod join;
mod kept;
pub mod log;
mod merge;
pub(crate) mod messages;
mod model;
pub mod others;
mod plans;
mod recompute;
mod run;
mod settle;
pub(crate) mod store;
mod strangers;
pub mod ticker;
mod trait_limit;
mod who;
mod work;

pub use dead_letters::{DeadLetter, Retried, count_dead_letters, dead_letters, retry_dead_letters};
pub use erase::{Erased, Leaving, Whom, delete_events, take_out};
pub use forget::REMEMBERED_FOR;
pub use merge::{MergeError, merge_people, undo_merge};
pub use messages::index_messages;
pub use model::{Group, Incoming, Receipt, Remembered, StreamError, Trust};
pub use plans::{Plans, Workbook};
pub use recompute::{OrderCall, Past, PeopleThen, calls_of, pasts_of, people_then};
pub use run::Stream;
pub use trait_limit::{MAX_TRAIT_BYTES_OF_A_PERSON, MAX_TRAITS_OF_A_PERSON};
pub(crate) use work::lock_key;
