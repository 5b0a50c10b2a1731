//! Reading the log: stored rows as events.

use std::collections::HashSet;

use db::{DbError, Tx};
use engine::event::EventRecord;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use words::WorkspaceId;

use crate::kernel::{Field, Hidden, Shown, Sight};
use crate::profiles;

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

    /// The event as its reader may know it: what he may not see is left out, so that sentences are made of the rest.
    pub fn told(&self, sight: Sight) -> EventRecord {
        self.seen(sight, Hidden::LeftOut)
    }

    /// The same with a mask in each place of what is hidden.
    pub fn marked(&self, sight: Sight) -> EventRecord {
        self.seen(sight, Hidden::Marked)
    }

    fn seen(&self, sight: Sight, hidden: Hidden) -> EventRecord {
        let event = self.unmasked();
        if !sight.is_masked() {
            return event;
        }
        EventRecord {
            properties: sight.properties(&event.name, &event.properties, hidden),
            context: sight.context(&event.name, &event.context, hidden),
            traits: event.traits.map(|traits| sight.traits(&traits, hidden)),
            ..event
        }
    }

    /// The id that its sender gave it, which may be made of anybody's number; `Nothing` of events of Entente's own.
    pub fn message_id(&self, sight: Sight) -> Shown<'_> {
        sight.shown(&self.message_id)
    }

    /// The contents as they are stored. Other fields than the three of every event are names and ids: who may not see who
    /// people are gets a mask for each.
    pub fn contents(&self, sight: Sight) -> Value {
        let stored: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let Value::Object(stored) = stored else { return Value::Null };
        if !sight.is_masked() {
            return Value::Object(stored);
        }
        let event = self.marked(sight);
        let masked = stored.into_iter().map(|(name, value)| {
            let value = match name.as_str() {
                "properties" => event.properties.clone(),
                "context" => event.context.clone(),
                "traits" => event.traits.clone().unwrap_or_default(),
                _ => sight.value(Field::Trait("rest"), &value, Hidden::Marked),
            };
            (name, value)
        });
        Value::Object(masked.collect())
    }

    /// The whole event, for what decides about it. Nothing of it may reach a reader: `told` is for them.
    pub fn unmasked(&self) -> EventRecord {
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

pub use super::events_of::{events_of, named_events_of, newest_arrival, timeline, without_place};
pub use store::{Named, count_named, each_named, each_time_of, event_names, first_arrival, newest_seq};
pub use store::{VISITORS, day_figures_since};

/// A row that nobody sent, for the tests of what is read from rows.
#[cfg(test)]
pub fn row_of(seq: i64, number: i64, at: words::Timestamp, body: &Value) -> LogRow {
    LogRow {
        seq,
        number,
        source_no: 1,
        kind: 2,
        name: "Page Viewed".to_owned(),
        at,
        received_at: at,
        message_id: String::new(),
        body: body.to_string(),
    }
}

/// The newest events of the whole shop, newest first.
pub fn newest(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<LogRow>, DbError> {
    let found = store::newest(tx, workspace, rows)?;
    of_the_living(tx, workspace, found)
}

/// The newest events of one name, newest first by their own time.
pub fn newest_named(tx: &mut Tx<'_>, workspace: WorkspaceId, name: &str, rows: usize) -> Result<Vec<LogRow>, DbError> {
    let found = store::newest_named(tx, workspace, name, rows)?;
    of_the_living(tx, workspace, found)
}

/// The event at one place of the log.
pub fn event_at(tx: &mut Tx<'_>, workspace: WorkspaceId, seq: i64) -> Result<Option<LogRow>, DbError> {
    let found = store::event_at(tx, workspace, seq)?.into_iter().collect();
    Ok(of_the_living(tx, workspace, found)?.pop())
}

/// Without the events of somebody who was taken out a moment ago and whose events are still being deleted.
fn of_the_living(tx: &mut Tx<'_>, workspace: WorkspaceId, mut rows: Vec<LogRow>) -> Result<Vec<LogRow>, DbError> {
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).filter(|number| *number != 0).collect();
    let there: HashSet<i64> =
        profiles::store::profiles_by_number(tx, workspace, &numbers)?.into_iter().map(|one| one.number).collect();
    rows.retain(|row| row.number == 0 || there.contains(&row.number));
    Ok(rows)
}
