//! Reading the log: stored rows as events.

use engine::event::EventRecord;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::model::Incoming;
use super::store;
pub use super::store::LogRow;

/// The stored form of an event's contents.
#[derive(Deserialize)]
pub struct StoredBody<'a> {
    #[serde(borrow, default)]
    pub properties: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub context: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub traits: Option<&'a RawValue>,
}

impl StoredBody<'_> {
    /// An unreadable body counts as empty: it was valid when it was stored.
    pub fn parse(body: &str) -> StoredBody<'_> {
        serde_json::from_str(body).unwrap_or(StoredBody::empty())
    }

    /// For readers who do not look inside.
    pub fn empty() -> Self {
        StoredBody { properties: None, context: None, traits: None }
    }
}

/// The text that is stored for an incoming call.
pub(super) fn body_of(incoming: &Incoming) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        properties: &'a Value,
        context: &'a Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        traits: Option<&'a Value>,
        #[serde(flatten)]
        rest: &'a Map<String, Value>,
    }
    let Incoming { properties, context, traits, rest, .. } = incoming;
    // Values read from JSON are always JSON again.
    serde_json::to_string(&Body { properties, context, traits: traits.as_ref(), rest }).unwrap_or_default()
}

/// The contents of an event that Entente itself writes.
pub(super) fn own_body(properties: &Value) -> String {
    json!({ "properties": properties, "context": Map::new() }).to_string()
}

impl LogRow {
    /// Whether Entente itself wrote it: such events are news to people and folded into nothing.
    pub fn is_own(&self) -> bool {
        self.kind == store::OWN_EVENT
    }

    pub fn record(&self) -> EventRecord {
        let body = StoredBody::parse(&self.body);
        EventRecord {
            seq: self.seq,
            name: self.name.clone(),
            at: self.at,
            received_at: self.received_at,
            properties: value_of(body.properties),
            context: value_of(body.context),
            traits: body.traits.map(|raw| value_of(Some(raw))),
        }
    }
}

fn value_of(raw: Option<&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_else(|| json!({}))
}

pub use store::{VISITORS, day_figures_since};
pub use store::{
    count_named, each_named, event_at, event_names, events_of, first_arrival, named_events_of, newest, newest_arrival,
    newest_named, newest_seq, timeline, timeline_named, timeline_without,
};
