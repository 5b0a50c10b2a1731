//! `GET /segments/suggest`: names and values as they occur in the data, for the builder.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Query, State};
use axum::http::Method;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use words::Timestamp;

use super::labels::{property_label, trait_label};
use crate::desk::event_label;
use crate::kernel::{Access, App, Field, Hidden, MASK, Permission, Problem, RouteTable, Visit};
use crate::profiles::SortBy;
use crate::ui::PageContext;
use crate::workspaces::page_context;
use crate::{profiles, stream};

/// People whose traits are looked at: the newest show what the shop sends today.
const PEOPLE: usize = 500;
/// Events of one name that are looked at.
const EVENTS: usize = 200;
/// Names and values offered; longer lists are typed, not chosen from.
const MAX_NAMES: usize = 100;
const MAX_VALUES: usize = 20;
/// A longer text is a description, not a value to choose.
const MAX_VALUE_CHARACTERS: usize = 60;
/// How deep objects are looked into: `context.page.path` is the deepest that people ask for.
const MAX_DEPTH: usize = 3;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/segments/suggest", Access::Member(Permission::SeeSegments), suggest);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SuggestQuery {
    /// Asks for the properties of this event instead of names of traits and events.
    event: Option<String>,
}

#[derive(Default, Serialize)]
struct Suggestions {
    traits: Vec<Seen>,
    events: Vec<Named>,
    properties: Vec<Seen>,
}

#[derive(Serialize)]
struct Named {
    name: String,
    label: String,
}

/// A name with the type and some of the values it has.
#[derive(Serialize)]
struct Seen {
    name: String,
    label: String,
    #[serde(rename = "type")]
    kind: &'static str,
    values: Vec<Value>,
}

async fn suggest(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<SuggestQuery>,
) -> Result<Json<Suggestions>, Problem> {
    let context = page_context(&visit, None);
    let suggestions = match query.event {
        Some(event) => properties(&app, &visit, &context, event).await?,
        None => names(&app, &visit, &context).await?,
    };
    Ok(Json(suggestions))
}

async fn names(app: &App, visit: &Visit, context: &PageContext) -> Result<Suggestions, Problem> {
    let (workspace, sight) = (visit.actor.workspace, visit.sight());
    let (events, sample) = app
        .db
        .read(move |tx| {
            let events = stream::log::event_names(tx, workspace, MAX_NAMES)?;
            let newest = profiles::store::list_people(tx, workspace, SortBy::Newest, None, PEOPLE)?;
            let numbers: Vec<i64> = newest.iter().map(|person| person.number).collect();
            let mut sample = Sample::default();
            for state in profiles::store::states_of(tx, workspace, &numbers)? {
                for (name, fact) in state.facts.traits().iter() {
                    let value = serde_json::from_str(fact.json()).unwrap_or(Value::Null);
                    sample.see(name, &sight.value(Field::Trait(name), &value, Hidden::LeftOut), 0);
                }
            }
            Ok::<_, db::DbError>((events, sample))
        })
        .await?;
    let events = events.into_iter().map(|name| Named { label: event_label(context, &name), name }).collect();
    Ok(Suggestions { traits: sample.seen(|name| trait_label(context, name)), events, properties: Vec::new() })
}

async fn properties(app: &App, visit: &Visit, context: &PageContext, event: String) -> Result<Suggestions, Problem> {
    let workspace = visit.actor.workspace;
    let (name, sight) = (event.clone(), visit.sight());
    let rows = app.db.read(move |tx| stream::log::newest_named(tx, workspace, &name, EVENTS)).await?;
    let mut sample = Sample::default();
    for record in rows.iter().map(|row| row.told(sight)) {
        for (name, value) in record.properties.as_object().into_iter().flatten() {
            sample.see(name, value, 0);
        }
        if let Some(page) = record.context.get("page") {
            sample.see("context.page", page, 1);
        }
    }
    sample.0.retain(|path, _| sight.may_choose(Field::Property { event: &event, path }));
    let properties = sample.seen(|name| property_label(context, name));
    Ok(Suggestions { properties, ..Suggestions::default() })
}

/// Values by name, with how often each was seen.
#[derive(Default)]
struct Sample(BTreeMap<String, BTreeMap<String, (usize, Value)>>);

impl Sample {
    fn see(&mut self, name: &str, value: &Value, depth: usize) {
        match value {
            Value::Object(fields) if depth < MAX_DEPTH => {
                for (field, value) in fields {
                    self.see(&format!("{name}.{field}"), value, depth + 1);
                }
            }
            Value::Array(items) => {
                items.iter().filter(|item| !item.is_object()).for_each(|item| self.see(name, item, MAX_DEPTH));
            }
            Value::Object(_) | Value::Null => {}
            // A path of which a part is hidden can be asked for by nobody who sees it so.
            Value::String(text) if text.contains(MASK) => {}
            value => {
                if self.0.len() >= MAX_NAMES && !self.0.contains_key(name) {
                    return;
                }
                let values = self.0.entry(name.to_owned()).or_default();
                values.entry(value.to_string()).or_insert_with(|| (0, value.clone())).0 += 1;
            }
        }
    }

    fn seen(self, label: impl Fn(&str) -> String) -> Vec<Seen> {
        let mut taken = BTreeSet::new();
        let seen = self.0.into_iter().map(|(name, values)| {
            // Two names of one label (`country`, `address.country`) must be told apart.
            let mut label = label(&name);
            if !taken.insert(label.clone()) {
                label = format!("{label} ({name})");
            }
            let mut values: Vec<(usize, Value)> = values.into_values().collect();
            values.sort_by_key(|(times, _)| std::cmp::Reverse(*times));
            let kind = kind_of(values.iter().map(|(_, value)| value));
            Seen { label, name, kind, values: offered(kind, values) }
        });
        seen.collect()
    }
}

/// The most frequent values; every value different from the others (an address, an id) is no choice.
fn offered(kind: &str, values: Vec<(usize, Value)>) -> Vec<Value> {
    let repeats = values.first().is_some_and(|(times, _)| *times > 1) || values.len() <= MAX_VALUES;
    if kind == "time" || !repeats {
        return Vec::new();
    }
    let is_short = |value: &Value| value.as_str().is_none_or(|text| text.chars().count() <= MAX_VALUE_CHARACTERS);
    values.into_iter().map(|(_, value)| value).filter(is_short).take(MAX_VALUES).collect()
}

fn kind_of<'a>(values: impl Iterator<Item = &'a Value>) -> &'static str {
    let mut kinds = values.map(|value| match value {
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        Value::String(text) if Timestamp::parse_rfc3339(text).is_ok() => "time",
        _ => "text",
    });
    let first = kinds.next().unwrap_or("text");
    if kinds.all(|kind| kind == first) { first } else { "text" }
}
