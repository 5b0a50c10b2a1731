//! A shop to measure: a hundred live segments, and so many people with traits, orders and visits.

use std::time::Instant;

use crm::kernel::{App, Language};
use crm::segments::{self, DefineError, DefinedAt};
use crm::stream::{Group, Remembered, Trust, backfill};
use crm::workspaces::{self, ShopSettings};
use db::DbError;
use engine::condition::Condition;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use words::{Span, Timestamp, WorkspaceId};

use super::{Figure, figure, machine};
use crate::demo::{DemoPlace, demo_place, read_calls};
use crate::failure::Failure;

/// Calls of one transaction.
const CALLS_A_GROUP: usize = 8_000;
/// Each event name is read by three segments; two more read what every event changes.
pub const EVENT_NAMES: u64 = 20;
/// Orders lie within two years.
const ORDERED_WITHIN_MS: u64 = 730 * 86_400_000;
/// Older views lie within 90 days.
const VIEWED_WITHIN_MS: u64 = 90 * 86_400_000;
const COUNTRIES: [&str; 8] = ["FR", "BE", "DE", "ES", "IT", "NL", "PT", "CH"];
pub const CATEGORIES: [&str; 5] = ["shoes", "lamps", "garden", "music", "books"];

pub struct FilledShop {
    pub ingest_key: String,
}

/// Makes what is missing; a database of an earlier run is used as it is.
pub async fn fill(app: &App, profiles: usize, views: u64, figures: &mut Vec<Figure>) -> Result<FilledShop, Failure> {
    let workspace = match app.db.read(workspaces::the_first).await? {
        Some(first) => first.id,
        None => workspaces::create_workspace(app, ShopSettings::of_a_new_installation(Language::English))
            .await
            .map_err(Failure::failed)?,
    };
    let (place, ingest_key) = demo_place(app, workspace).await?;
    define_segments(app, workspace).await?;
    let there = app.db.read(move |tx| crm::profiles::store::count_people(tx, workspace)).await?;
    if (there as usize) < profiles {
        let started = Instant::now();
        let calls = add_people(app, &place, profiles, views).await?;
        figures.push(figure("filled, events a second", calls as f64 / started.elapsed().as_secs_f64(), "1/s"));
    }
    figures.push(figure("memory after filling", machine::memory_mb("self").0, "MB"));
    Ok(FilledShop { ingest_key })
}

async fn define_segments(app: &App, workspace: WorkspaceId) -> Result<(), Failure> {
    let (chance, now) = (app.chance.clone(), app.now());
    let defined: Result<(), DefineError> = app
        .db
        .write(move |tx| {
            let there = segments::store::definitions(tx, workspace)?.len();
            for (index, condition) in conditions().into_iter().enumerate().skip(there) {
                let condition = Condition::parse(&condition).map_err(crm::kernel::corrupt)?;
                let at = DefinedAt { now, id_bytes: crm::kernel::random_bytes(&chance) };
                segments::create_segment(tx, workspace, &format!("Bench {index}"), condition, at)?;
            }
            Ok(())
        })
        .await;
    defined.map_err(Failure::failed)?;
    while backfill::step(app, workspace).await? {}
    Ok(())
}

/// A hundred conditions: 60 on events in windows, 40 on traits, orders and figures.
fn conditions() -> Vec<Value> {
    let mut all = Vec::new();
    for name in 0..EVENT_NAMES {
        let event = format!("Event {name}");
        let category = CATEGORIES[name as usize % CATEGORIES.len()];
        all.push(json!({"event": event, "count": {"op": "gte", "value": 3}, "within": "30d"}));
        all.push(
            json!({"event": event, "where": [{"property": "category", "op": "eq", "value": category}], "within": "7d"}),
        );
        all.push(json!({"event": event, "sum": {"property": "value", "op": "gte", "value": 100}, "within": "90d"}));
    }
    for country in COUNTRIES {
        all.push(json!({"all": [
            {"trait": "country", "op": "eq", "value": country},
            {"metric": "orders_count", "op": "gte", "value": 1},
        ]}));
        all.push(json!({"all": [
            {"trait": "country", "op": "eq", "value": country},
            {"trait": "points", "op": "gt", "value": 500},
        ]}));
    }
    for least in 0..11 {
        all.push(json!({"metric": "orders_count", "op": "gte", "value": least + 2}));
        all.push(json!({"metric": "revenue", "op": "gte", "value": 50 * (least + 1)}));
    }
    all.push(json!({"metric": "last_seen_at", "op": "not_within_last", "value": "30d"}));
    all.push(json!({"metric": "last_seen_at", "op": "within_last", "value": "1d"}));
    all
}

/// Answers how many calls were applied.
async fn add_people(app: &App, place: &DemoPlace, profiles: usize, views: u64) -> Result<usize, Failure> {
    let style = ProgressStyle::with_template("  filling {bar:40} {pos} of {len}, {eta} left");
    let bar = ProgressBar::new(profiles as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut calls: Vec<Value> = Vec::with_capacity(CALLS_A_GROUP);
    let mut sent = 0;
    let now = app.now();
    for index in 0..profiles as u64 {
        calls.extend(calls_of(index, now));
        calls.extend((0..older_views(index, views)).map(|view| older_view(index, view, now)));
        if calls.len() >= CALLS_A_GROUP {
            sent += calls.len();
            send(app, place, std::mem::take(&mut calls)).await?;
            bar.set_position(index);
        }
    }
    sent += calls.len();
    send(app, place, calls).await?;
    bar.finish_and_clear();
    Ok(sent)
}

/// Who somebody is, what she looked at, and what every third of them bought.
fn calls_of(index: u64, now: Timestamp) -> impl Iterator<Item = Value> {
    let user = user_id(index);
    let identify = json!({
        "type": "identify", "userId": user, "messageId": format!("fill-{index}-i"),
        "traits": {
            "email": format!("{user}@example.com"),
            "name": format!("Person {index}"),
            "country": COUNTRIES[index as usize % COUNTRIES.len()],
            "points": index % 1_000,
        },
    });
    let view = json!({
        "type": "track", "userId": user, "messageId": format!("fill-{index}-v"), "event": event_name(index),
        "properties": properties(index),
    });
    let order = index.is_multiple_of(3).then(|| {
        json!({
            "type": "track", "userId": user, "messageId": format!("fill-{index}-o"), "event": "Order Completed",
            "properties": {"order_id": format!("fill-{index}"), "total": 20 + index % 400, "currency": "EUR"},
            "timestamp": now.minus(before(index, ORDERED_WITHIN_MS)),
        })
    });
    [Some(identify), Some(view), order].into_iter().flatten()
}

/// Half of the people came once; of the others some come four times as often as the average.
fn older_views(index: u64, average: u64) -> u64 {
    average * [4, 2, 1, 1, 0, 0, 0, 0][index as usize % 8]
}

fn older_view(index: u64, view: u64, now: Timestamp) -> Value {
    let mixed = index.wrapping_mul(31).wrapping_add(view.wrapping_mul(7));
    json!({
        "type": "track", "userId": user_id(index), "messageId": format!("fill-{index}-v{view}"),
        "event": event_name(mixed), "properties": properties(mixed), "timestamp": now.minus(before(mixed, VIEWED_WITHIN_MS)),
    })
}

/// A time within a span, spread evenly over the numbers.
fn before(number: u64, span_ms: u64) -> Span {
    Span::from_millis((number.wrapping_mul(2_654_435_761) % span_ms) as i64)
}

pub fn user_id(index: u64) -> String {
    format!("bench-{index}")
}

pub fn event_name(index: u64) -> String {
    format!("Event {}", index % EVENT_NAMES)
}

pub fn properties(index: u64) -> Value {
    json!({
        "category": CATEGORIES[(index / 7) as usize % CATEGORIES.len()],
        "product_id": format!("sku-{}", index % 500),
        "value": index % 60,
    })
}

async fn send(app: &App, place: &DemoPlace, calls: Vec<Value>) -> Result<(), Failure> {
    let events = read_calls(place, calls.into_iter(), app.now());
    if events.is_empty() {
        return Ok(());
    }
    let (workspace, source_no) = (place.workspace, place.source_no);
    let group = Group { workspace, source_no, trust: Trust::Server, remembered: Remembered::AsPromised, events };
    app.stream.submit(group).await.map(|_| ()).map_err(Failure::failed)
}

/// Somebody in the list, for the page of one person.
pub async fn somebody(app: &App, workspace: WorkspaceId) -> Result<Option<words::ProfileId>, DbError> {
    let found: Vec<crm::profiles::store::ListedPerson> =
        app.db.read(move |tx| crm::profiles::store::people_by_number(tx, workspace, &[1, 2, 3])).await?;
    Ok(found.first().map(|person| person.id))
}
