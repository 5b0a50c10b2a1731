//! What people allow: purposes on channels, each choice an event.
//!
//! A choice reaches the log as the event `Consent Updated`, either for one channel and purpose
//! (`{"channel": "email", "purpose": "marketing", "state": "granted"}`) or, from the browser SDK, for all purposes of
//! the site at once (`{"purposes": {"analytics": true, "marketing": false}}`). This slice reads the event; the stream
//! puts the choices into the person's facts, where segments see them.

//!
//! The *suppression list* holds addresses that must not be written to again, as keyed hashes and nothing else. It outlives
//! the erasure of its people and a restore; `engine::suppression` decides what it means for a choice that somebody tells of.

mod choice;
pub(crate) mod store;
mod suppression;

pub use choice::{CONSENT_SUPPRESSED, CONSENT_UPDATED, Choice, choices, is_of_visit, teller};
pub use store::{
    Suppressed, count as count_suppressed, count_by_reason as count_suppressed_by_reason, find as find_suppression,
    suppress, suppressed_at,
};
pub use suppression::{CHANNELS, Suppression, SuppressionReason, kind_of, mark_of, refuses};
