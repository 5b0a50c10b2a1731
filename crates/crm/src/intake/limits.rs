//! What one request may hold; the figures of the contract.

/// One event, as JSON text.
pub const MAX_EVENT_BYTES: usize = 32 * 1024;
/// One request's JSON, after decompression.
pub const MAX_BATCH_BYTES: usize = 500 * 1024;
pub const MAX_BATCH_EVENTS: usize = 500;
/// A compressed body may grow this much, so that a small bomb stays small.
pub const MAX_GZIP_RATIO: usize = 20;
pub const MAX_NAME_CHARACTERS: usize = 200;
pub const MAX_MESSAGE_ID_BYTES: usize = 256;
/// Traits of one call: a profile form has some tens, and a table of a database is no profile.
pub const MAX_TRAITS: usize = 250;
/// An event may lie this far ahead of its arrival; beyond it, it is taken to have happened on arrival.
pub const MAX_AHEAD_MS: i64 = 5 * 60 * 1000;
