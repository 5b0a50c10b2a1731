//! Events as the engine sees them: borrowed, and parsed only when somebody looks inside.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use words::Timestamp;

/// JSON that is parsed when it is first looked at, if ever.
#[derive(Debug, Clone)]
pub struct LazyJson<'a> {
    form: Form<'a>,
}

#[derive(Debug, Clone)]
enum Form<'a> {
    Value(&'a Value),
    Text(&'a str, OnceCell<Value>),
}

impl<'a> LazyJson<'a> {
    /// JSON that is already parsed.
    pub fn value(value: &'a Value) -> Self {
        Self { form: Form::Value(value) }
    }

    /// JSON as text, valid since intake. Text that is not JSON counts as null; an empty text may stand for "none".
    pub fn text(text: &'a str) -> Self {
        Self { form: Form::Text(text, OnceCell::new()) }
    }

    /// The value.
    pub fn get(&self) -> &Value {
        match &self.form {
            Form::Value(value) => value,
            Form::Text(text, parsed) => {
                parsed.get_or_init(|| serde_json::from_str(text).unwrap_or(Value::Null))
            }
        }
    }
}

/// An event, for the time of folding it.
#[derive(Debug, Clone)]
pub struct EventFact<'a> {
    /// Its place in the log: grows with arrival, unique.
    pub seq: i64,
    /// Its name ([`crate::calls::event_name`]).
    pub name: &'a str,
    /// Its own time, which may be long before its arrival and up to five minutes after.
    pub at: Timestamp,
    /// Its properties.
    pub properties: LazyJson<'a>,
    /// Its context.
    pub context: LazyJson<'a>,
    /// The traits it sets on the person; only those of `identify` calls belong here.
    pub traits: Option<LazyJson<'a>>,
}

/// An event read back from the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Its place in the log.
    pub seq: i64,
    /// Its name.
    pub name: String,
    /// Its own time.
    pub at: Timestamp,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Its properties.
    pub properties: Value,
    /// Its context.
    pub context: Value,
    /// The traits it set.
    pub traits: Option<Value>,
}

impl EventRecord {
    /// The event for folding.
    pub fn fact(&self) -> EventFact<'_> {
        EventFact {
            seq: self.seq,
            name: &self.name,
            at: self.at,
            properties: LazyJson::value(&self.properties),
            context: LazyJson::value(&self.context),
            traits: self.traits.as_ref().map(LazyJson::value),
        }
    }
}
