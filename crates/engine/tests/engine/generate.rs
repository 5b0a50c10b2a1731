//! Random conditions and events that meet often: few names, few values, windows as short as the gaps between events.

use engine::Condition;
use engine::event::EventRecord;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use words::Timestamp;

/// The instant around which everything happens: 2026-01-01T00:00:00Z.
pub const START_MS: i64 = 1_767_225_600_000;

/// The same cases in every run: a failure that is seen once is seen again.
pub fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() }
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START_MS + millis)
}

/// A time near the start, in half seconds.
fn time_text() -> impl Strategy<Value = String> {
    (-20_i64..40).prop_map(|step| at(step * 500).to_string())
}

fn window() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["1s", "2s", "5s", "10s", "1m", "90d"])
}

pub fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec!["shoes", "SHOES", "hats", "é", "2", ""]).prop_map(|text| json!(text)),
        (-3_i64..6).prop_map(|number| json!(number)),
        prop::sample::select(vec![0.1, 0.2, 2.5, -1.25]).prop_map(|number| json!(number)),
        any::<bool>().prop_map(|claim| json!(claim)),
        time_text().prop_map(|text| json!(text)),
    ]
}

/// An operator with an operand it accepts.
fn test() -> impl Strategy<Value = (&'static str, Option<Value>)> {
    let ordered = prop_oneof![
        (-3_i64..6).prop_map(|number| json!(number)),
        Just(json!(2.5)),
        time_text().prop_map(|text| json!(text)),
    ];
    let text = prop::sample::select(vec!["sh", "S", "oes", "É", ""]).prop_map(|text| json!(text));
    let some = |strategy: BoxedStrategy<Value>| strategy.prop_map(Some).boxed();
    prop_oneof![
        (prop::sample::select(vec!["eq", "ne", "contains"]), some(scalar().boxed())),
        (
            prop::sample::select(vec!["in", "not_in"]),
            some(prop::collection::vec(scalar(), 0..15).prop_map(Value::Array).boxed())
        ),
        (prop::sample::select(vec!["lt", "lte", "gt", "gte"]), some(ordered.boxed())),
        (prop::sample::select(vec!["starts_with", "ends_with", "contains"]), some(text.boxed())),
        (prop::sample::select(vec!["exists", "not_exists"]), Just(None)),
        (prop::sample::select(vec!["before", "after"]), some(time_text().prop_map(|text| json!(text)).boxed())),
        (
            prop::sample::select(vec!["within_last", "not_within_last"]),
            some(window().prop_map(|text| json!(text)).boxed())
        ),
    ]
}

fn tested(subject: &'static str, names: Vec<&'static str>) -> impl Strategy<Value = Value> {
    (prop::sample::select(names), test()).prop_map(move |(name, (op, value))| match value {
        None => json!({ subject: name, "op": op }),
        Some(value) => json!({ subject: name, "op": op, "value": value }),
    })
}

fn event_leaf() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec!["A", "B", "page", "Order Completed"]);
    let properties = vec!["p", "q", "o.p", "list.p", "dotted.name", "context.c", "list"];
    let filters = prop::collection::vec(tested("property", properties), 0..3);
    let op = prop::sample::select(vec!["eq", "ne", "lt", "lte", "gt", "gte"]);
    let measure = prop_oneof![
        Just(None),
        (op.clone(), 0_u64..4).prop_map(|(op, value)| Some(("count", json!({"op": op, "value": value})))),
        (op, prop::sample::select(vec!["p", "list.p"]), prop::sample::select(vec![0.0, 0.3, 1.0, 2.5])).prop_map(
            |(op, property, value)| { Some(("sum", json!({"op": op, "property": property, "value": value}))) }
        ),
    ];
    (names, filters, measure, prop::option::weighted(0.8, window())).prop_map(|(name, filters, measure, within)| {
        let mut leaf = json!({ "event": name });
        if !filters.is_empty() {
            leaf["where"] = Value::Array(filters);
        }
        if let Some((field, measure)) = measure {
            leaf[field] = measure;
        }
        if let Some(within) = within {
            leaf["within"] = json!(within);
        }
        leaf
    })
}

fn consent_leaf() -> impl Strategy<Value = Value> {
    let states = prop::sample::select(vec!["granted", "denied", "withdrawn", "unknown"]);
    states.prop_map(|state| json!({ "consent": { "channel": "email", "purpose": "marketing" }, "state": state }))
}

fn metric_leaf() -> impl Strategy<Value = Value> {
    let metrics = engine::Metric::ALL.map(|(_, name, _)| name).to_vec();
    let stages = prop::sample::select(vec!["visitor", "prospect", "customer", "loyal", "dormant"]);
    prop_oneof![
        3 => tested("metric", metrics),
        1 => stages.prop_map(|stage| json!({"metric": "lifecycle_stage", "op": "eq", "value": stage})),
    ]
}

/// The JSON of a condition without references to segments.
pub fn condition_json() -> impl Strategy<Value = Value> {
    let traits = vec!["t", "u.v", "u", "dotted.name"];
    let leaf = prop_oneof![
        5 => event_leaf(),
        2 => tested("trait", traits),
        2 => metric_leaf(),
        1 => consent_leaf(),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| json!({ "all": parts })),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|parts| json!({ "any": parts })),
            inner.prop_map(|part| json!({ "not": part })),
        ]
    })
}

pub fn condition() -> impl Strategy<Value = Condition> {
    condition_json().prop_map(|json| Condition::parse(&json).unwrap())
}

/// Counts of one event in short windows: where the newest instants decide.
pub fn counting_condition() -> impl Strategy<Value = Condition> {
    let op = prop::sample::select(vec!["eq", "ne", "lt", "lte", "gt", "gte"]);
    (op, 0_u64..5, window()).prop_map(|(op, value, within)| {
        let count = json!({ "op": op, "value": value });
        Condition::parse(&json!({ "event": "A", "count": count, "within": within })).unwrap()
    })
}

/// Sums within windows, compared with less than, more than and exactly what a few events come to.
pub fn summing_condition() -> impl Strategy<Value = Condition> {
    let op = prop::sample::select(vec!["eq", "lt", "lte", "gt", "gte", "gte"]);
    (op, -1_i64..12, window()).prop_map(|(op, value, within)| {
        let sum = json!({ "op": op, "property": "n", "value": value });
        Condition::parse(&json!({ "event": "A", "sum": sum, "within": within })).unwrap()
    })
}

/// Events late, in time and ahead, most of which add; some take away.
pub fn summed_draft() -> impl Strategy<Value = Draft> {
    let amount = prop_oneof![8 => 0_i64..6, 1 => -4_i64..0];
    (amount, (-10_i64..20).prop_map(|step| step * 500)).prop_map(|(n, lag_ms)| Draft {
        name: "A",
        lag_ms,
        properties: json!({ "n": n }),
        context: Value::Null,
        traits: None,
    })
}

/// Filters whose truth moves with time, with and without a window of the event's own.
pub fn moving_condition() -> impl Strategy<Value = Condition> {
    let filter = prop::sample::select(vec!["within_last", "not_within_last"]);
    let place = prop::sample::select(vec!["p", "list.p"]);
    let op = prop::sample::select(vec!["eq", "lt", "gte"]);
    (filter, place, window(), op, 0_u64..4, prop::option::of(window())).prop_map(
        |(filter, place, span, op, value, within)| {
            let mut json = json!({
                "event": "A",
                "where": [{ "property": place, "op": filter, "value": span }],
                "count": { "op": op, "value": value },
            });
            if let Some(within) = within {
                json["within"] = json!(within);
            }
            Condition::parse(&json).unwrap()
        },
    )
}

/// Events of one name whose properties are times.
pub fn timed_draft() -> impl Strategy<Value = Draft> {
    (time_text(), time_text(), (-10_i64..20).prop_map(|step| step * 500)).prop_map(|(p, q, lag_ms)| Draft {
        name: "A",
        lag_ms,
        properties: json!({ "p": p, "list": [{ "p": p }, { "p": q }] }),
        context: Value::Null,
        traits: None,
    })
}

fn properties() -> impl Strategy<Value = Value> {
    let object = |value: Value| json!({ "p": value });
    let maybe = || prop::option::weighted(0.7, scalar());
    let list = prop::collection::vec(scalar().prop_map(object), 0..3);
    (maybe(), maybe(), maybe(), prop::option::of(list), maybe()).prop_map(|(p, q, inner, list, dotted)| {
        let mut fields = json!({ "q": q });
        for (name, value) in [("p", p), ("dotted.name", dotted)] {
            if let Some(value) = value {
                fields[name] = value;
            }
        }
        if let Some(inner) = inner {
            fields["o"] = json!({ "p": inner });
        }
        if let Some(list) = list {
            fields["list"] = Value::Array(list);
        }
        fields
    })
}

fn traits() -> impl Strategy<Value = Option<Value>> {
    let value = || prop_oneof![4 => scalar(), 1 => Just(Value::Null)];
    let some = (value(), value(), value())
        .prop_map(|(t, v, dotted)| json!({ "t": t, "u": { "v": v, "w": [v] }, "dotted.name": dotted }));
    prop::option::weighted(0.3, some)
}

/// What an event is, but for its place in the log, its arrival and its person.
#[derive(Debug, Clone)]
pub struct Draft {
    pub name: &'static str,
    pub lag_ms: i64,
    pub properties: Value,
    pub context: Value,
    pub traits: Option<Value>,
}

pub fn draft() -> impl Strategy<Value = Draft> {
    let orders = ["Order Completed", "Order Completed", "Order Refunded", "Order Cancelled"];
    let names = ["A", "A", "B", "Page Viewed", "Other"];
    draft_named([&names[..], &orders, &CART_EVENTS].concat())
}

const CART_EVENTS: [&str; 4] = ["Product Added", "Product Removed", "Cart Viewed", "Cart Cleared"];

/// Events of a cart only.
pub fn cart_draft() -> impl Strategy<Value = Draft> {
    draft_named(CART_EVENTS.to_vec())
}

/// What a cart holds, compared with small numbers.
pub fn cart_condition() -> impl Strategy<Value = Condition> {
    let metric = prop::sample::select(vec!["cart_items", "cart_value"]);
    (metric, 0_i64..4)
        .prop_map(|(metric, value)| Condition::parse(&json!({ "metric": metric, "op": "eq", "value": value })).unwrap())
}

fn draft_named(names: Vec<&'static str>) -> impl Strategy<Value = Draft> {
    let names = prop::sample::select(names);
    // Late by up to a minute, or ahead by up to five seconds, always on the half second.
    let lag = prop_oneof![
        4 => Just(0_i64),
        3 => (0_i64..20).prop_map(|step| step * 500),
        2 => (-10_i64..0).prop_map(|step| step * 500),
        1 => Just(60_000),
    ];
    let shop = (0_u32..3, 0_i64..4, prop::option::of(0_i64..3));
    (names, lag, properties(), scalar(), traits(), shop).prop_map(
        |(name, lag_ms, mut properties, context, traits, (order, total, refund))| {
            properties["order_id"] = json!(format!("o{order}"));
            properties["product_id"] = json!(format!("p{order}"));
            properties["price"] = json!(total);
            match name {
                "Order Completed" => properties["total"] = json!(total),
                "Order Refunded" => properties["total"] = json!(refund),
                "Cart Viewed" => {
                    let seen = (0..order).map(|id| json!({ "product_id": format!("p{id}"), "price": total }));
                    properties["products"] = seen.collect();
                }
                _ => {}
            }
            Draft { name, lag_ms, properties, context: json!({ "c": context }), traits }
        },
    )
}

impl Draft {
    /// The event as it arrives at `now` for the profile `leaf`; orders belong to one profile.
    pub fn arrive(&self, seq: i64, now: Timestamp, leaf: usize) -> EventRecord {
        let mut properties = self.properties.clone();
        let order = properties["order_id"].as_str().unwrap_or_default().to_owned();
        properties["order_id"] = json!(format!("{order}-of-{leaf}"));
        EventRecord {
            seq,
            name: self.name.to_owned(),
            at: Timestamp::from_millis(now.as_millis() - self.lag_ms),
            received_at: now,
            properties,
            context: self.context.clone(),
            traits: self.traits.clone(),
        }
    }
}
