//! Events as the engine sees them: borrowed, and parsed only when somebody looks inside.

use std::cell::OnceCell;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use words::Timestamp;

use crate::fields::Fields;
use crate::value::{Source, simple_sight};

/// JSON that is parsed when it is first looked at, if ever, and no deeper than it is looked at.
#[derive(Debug, Clone)]
pub struct LazyJson<'a> {
    form: Form<'a>,
}

#[derive(Debug, Clone)]
enum Form<'a> {
    Value(&'a Value),
    Text {
        text: &'a str,
        /// The fields as text; none when the text is no object.
        fields: OnceCell<Option<Fields<'a>>>,
        whole: OnceCell<Value>,
    },
}

impl<'a> LazyJson<'a> {
    /// JSON that is already parsed.
    pub fn value(value: &'a Value) -> Self {
        Self { form: Form::Value(value) }
    }

    /// JSON as text, valid since intake. Text that is not JSON counts as null; an empty text may stand for "none".
    pub fn text(text: &'a str) -> Self {
        let form = Form::Text { text, fields: OnceCell::new(), whole: OnceCell::new() };
        Self { form }
    }

    /// The value.
    pub fn get(&self) -> &Value {
        match &self.form {
            Form::Value(value) => value,
            Form::Text { text, whole, .. } => whole.get_or_init(|| serde_json::from_str(text).unwrap_or(Value::Null)),
        }
    }

    fn fields(&self) -> Option<&Fields<'a>> {
        match &self.form {
            Form::Value(_) => None,
            Form::Text { text, fields, .. } => fields.get_or_init(|| serde_json::from_str(text).ok()).as_ref(),
        }
    }

    /// Whether it is an object with this field.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self.fields() {
            Some(fields) => fields.find(name).is_some(),
            None => self.get().get(name).is_some(),
        }
    }

    /// What a path leads to. Plain fields of an object are read from the text, which makes no value of the others.
    pub(crate) fn source<'s>(&'s self, path: &'s str) -> Source<'s> {
        let Some(fields) = self.fields() else {
            return Source::At(self.get(), path);
        };
        if let Some(json) = fields.find(path) {
            return match simple_sight(json) {
                Some(sight) => Source::One(sight),
                None => Source::At(self.get(), path),
            };
        }
        match path.split_once('.') {
            Some((first, _)) if fields.find(first).is_some() => Source::At(self.get(), path),
            _ => Source::Missing,
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
