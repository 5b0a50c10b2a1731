//! What enters the stream and what its senders are told.

use engine::calls::Call;
use engine::event::{EventFact, LazyJson};
use engine::identity::Claim;
use serde_json::Value;
use thiserror::Error;
use words::{Timestamp, WorkspaceId};

pub use engine::identity::Trust;

/// One validated call of the tracking API.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub message_id: String,
    pub call: Call,
    /// The event's name in the log and in conditions.
    pub name: String,
    /// Who it is about, each value in the form that is compared.
    pub claims: Vec<Claim>,
    /// Values that identify nobody, with the reason.
    pub blocked: Vec<(Claim, String)>,
    /// The earlier id of an `alias` call.
    pub previous_id: Option<String>,
    /// Its own time, corrected by the client's clock skew.
    pub at: Timestamp,
    pub received_at: Timestamp,
    pub properties: Value,
    pub context: Value,
    /// The traits that an `identify` call sets.
    pub traits: Option<Value>,
    /// Fields that the specification does not name, kept as they came.
    pub rest: serde_json::Map<String, Value>,
    pub is_bot: bool,
    /// The text in which the log stores its contents. [`super::Stream::submit`] writes it, in the sender's time and not in that
    /// of the one writer; whoever changes the contents empties it.
    pub stored: String,
}

impl Incoming {
    pub(super) fn fact(&self, seq: i64) -> EventFact<'_> {
        EventFact {
            seq,
            name: &self.name,
            at: self.at,
            properties: LazyJson::value(&self.properties),
            context: LazyJson::value(&self.context),
            traits: self.traits.as_ref().map(LazyJson::value),
        }
    }
}

/// Calls of one source that are answered together.
#[derive(Clone, Debug)]
pub struct Group {
    pub workspace: WorkspaceId,
    pub source_no: i64,
    pub trust: Trust,
    pub remembered: Remembered,
    pub events: Vec<Incoming>,
}

/// How long the message ids of a group are remembered; a repeat within that time changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remembered {
    /// As long as the tracking API promises: a client repeats within days.
    AsPromised,
    /// A file may be imported again after years.
    ForEver,
}

/// The group is on disk and every segment tells the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub accepted: usize,
    /// Known message ids; nothing changed.
    pub repeated: usize,
    /// Set aside after failing three times; kept, not applied.
    pub dead: usize,
}

#[derive(Clone, Debug, Error)]
pub enum StreamError {
    #[error("too many events are waiting; send the same request again in a moment")]
    Busy,
    #[error("the server's disk is nearly full; send the same request again later")]
    Full,
    #[error("the server is stopping; send the same request again")]
    Stopped,
    #[error("the database does not answer right now; send the same request again")]
    Unavailable,
}
