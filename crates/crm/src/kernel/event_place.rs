//! Where an event stands.

use words::Timestamp;

/// Where an event stands: whose it is, when it happened, its number in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    pub number: i64,
    pub at: Timestamp,
    pub seq: i64,
}
