//! A backup, as the database remembers it.

use words::{Span, Timestamp};

/// A file that `entente backup` wrote, read back and found whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Everything that was acknowledged before this instant is in it.
    pub made_at: Timestamp,
    pub size_bytes: i64,
}

impl Backup {
    /// One that a clock which was wrong put into the future is new.
    pub fn age(&self, now: Timestamp) -> Span {
        now.since(self.made_at).max(Span::from_millis(0))
    }
}
