//! Whose an event is: deterministic resolution of identifiers into one person.
//!
//! Rules are data ([`IdentifierRule`]); values that identify nobody are blocked with a reason ([`blocked_reason`]);
//! [`resolve`] decides, from the claims of one event and the owners of their values, which profile the event belongs to,
//! which identifiers attach to it, which people become one, and what a person must judge. Two different strong
//! identifiers never become one person, and a public key never joins two known people.

mod blocked;
mod resolution;
mod resolve;
mod rules;

pub use blocked::{BlockReason, MAX_VALUE_BYTES, blocked_reason};
pub use resolution::{
    Attachment, Conflict, ConflictReason, IgnoreReason, Ignored, Join, LinkRule, Resolution, Subject,
};
pub use resolve::resolve;
pub use rules::{Claim, IdentifierRule, Owner, Trust, default_rules};
