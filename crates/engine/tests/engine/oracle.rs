//! The naive answer: straight over the list of events, without a line of the engine's deciding.
//!
//! It shares with the engine the parsed condition and `words`, and nothing else.

use std::collections::BTreeMap;

use engine::condition::{Condition, ConsentState, EventCondition, Measure, Metric, NumberOperator, Scalar, Test};
use engine::event::EventRecord;
use serde_json::Value;
use words::{Timestamp, fold};

/// All that ever happened to one person.
#[derive(Debug, Default, Clone)]
pub struct Life {
    pub events: Vec<EventRecord>,
    /// Said when, as which word, and when that arrived.
    pub consents: Vec<(Timestamp, i64, ConsentState, Timestamp)>,
    pub known_at: Option<Timestamp>,
    /// All that was said of his orders, where others speak of them too; else they are in `events`.
    pub orders_told: Option<Vec<EventRecord>>,
}

/// A value as tests see it.
#[derive(Debug, Clone)]
enum Seen {
    Json(Value),
    Time(Timestamp),
}

impl Life {
    pub fn is_true(&self, condition: &Condition, now: Timestamp) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.is_true(part, now)),
            Condition::Any(parts) => parts.iter().any(|part| self.is_true(part, now)),
            Condition::Not(part) => !self.is_true(part, now),
            Condition::Trait { name, test } => passes(test, &json_seen(reach(&self.traits(now), name)), now),
            Condition::Event(event) => self.events_pass(event, now),
            Condition::Metric { metric, test } => {
                let seen: Vec<Seen> = self.metric(*metric, now).into_iter().collect();
                passes(test, &seen, now)
            }
            Condition::Consent { state, .. } => {
                let said = self.consents.iter().filter(|(.., received_at)| *received_at <= now);
                let last = said.max_by_key(|(at, seq, ..)| (*at, *seq));
                last.map_or(ConsentState::Unknown, |(_, _, state, _)| *state) == *state
            }
            Condition::Segment(_) => unreachable!("no references are generated"),
        }
    }

    fn arrived(&self, now: Timestamp) -> impl Iterator<Item = &EventRecord> {
        self.events.iter().filter(move |event| event.received_at <= now)
    }

    fn events_pass(&self, condition: &EventCondition, now: Timestamp) -> bool {
        let counted = self.arrived(now).filter(|event| {
            let is_inside = condition.within.as_ref().is_none_or(|window| {
                let (now, at) = (now.as_millis(), event.at.as_millis());
                now - window.span().as_millis() < at && at <= now
            });
            let mut filters = condition.filters.iter();
            event.name == condition.event
                && is_inside
                && filters.all(|filter| passes(&filter.test, &property(event, &filter.property), now))
        });
        match &condition.measure {
            None => counted.count() >= 1,
            Some(Measure::Count { op, value }) => compare(*op, counted.count() as i128, i128::from(*value)),
            Some(Measure::Sum { property: name, op, value }) => {
                let amounts = counted.flat_map(|event| property(event, name));
                let sum: i128 = amounts.map(|seen| micros(&seen)).sum();
                compare(*op, sum, micros(&Seen::Json(Value::Number(value.clone()))))
            }
        }
    }

    /// For each name the last word: latest by time, then by place in the log.
    fn traits(&self, now: Timestamp) -> Value {
        let mut said: Vec<&EventRecord> = self.arrived(now).filter(|event| event.traits.is_some()).collect();
        said.sort_by_key(|event| (event.at, event.seq));
        let mut traits = serde_json::Map::new();
        for event in said {
            for (name, value) in event.traits.as_ref().unwrap().as_object().unwrap() {
                traits.insert(name.clone(), value.clone());
            }
        }
        Value::Object(traits)
    }

    /// Orders that count: when, what they brought, what was given back.
    fn orders(&self, now: Timestamp) -> Vec<(Timestamp, i64, i64)> {
        let mut orders: BTreeMap<String, Vec<&EventRecord>> = BTreeMap::new();
        let told = self.orders_told.as_ref().unwrap_or(&self.events);
        let arrived = told.iter().filter(|event| event.received_at <= now);
        for event in arrived.filter(|event| event.name.starts_with("Order ")) {
            let id = event.properties["order_id"].as_str().unwrap().to_owned();
            orders.entry(id).or_default().push(event);
        }
        orders.into_values().filter_map(|events| order(&events)).collect()
    }

    fn metric(&self, metric: Metric, now: Timestamp) -> Option<Seen> {
        let orders = self.orders(now);
        let times = orders.iter().map(|(at, ..)| *at);
        let seen = self.arrived(now).map(|event| event.at);
        let net: i64 = orders.iter().map(|(_, net, _)| net).sum();
        let number = |number: f64| Some(Seen::Json(serde_json::json!(number)));
        let whole = |number: usize| Some(Seen::Json(serde_json::json!(number)));
        match metric {
            Metric::OrdersCount => whole(orders.len()),
            Metric::Revenue => number(net as f64),
            Metric::RefundedTotal => number(orders.iter().map(|(_, _, back)| *back as f64).sum()),
            Metric::AverageOrderValue => {
                (!orders.is_empty()).then(|| net as f64 / orders.len() as f64).and_then(number)
            }
            Metric::FirstOrderAt => times.min().map(Seen::Time),
            Metric::LastOrderAt => times.max().map(Seen::Time),
            Metric::FirstSeenAt => seen.min().map(Seen::Time),
            Metric::LastSeenAt => seen.max().map(Seen::Time),
            Metric::EventsCount => whole(seen.count()),
            Metric::CartItems => whole(self.cart(now).len()),
            Metric::CartValue => number(self.cart(now).values().map(|price| *price as f64).sum()),
            Metric::LifecycleStage => Some(Seen::Json(Value::String(self.stage(now).to_owned()))),
        }
    }

    /// Products in the cart with their price: replayed in the order of event times.
    fn cart(&self, now: Timestamp) -> BTreeMap<String, i64> {
        let mut events: Vec<&EventRecord> = self.arrived(now).collect();
        events.sort_by_key(|event| (event.at, event.seq));
        let mut cart = BTreeMap::new();
        for event in events {
            match event.name.as_str() {
                "Product Added" => {
                    let id = event.properties["product_id"].as_str().unwrap().to_owned();
                    cart.insert(id, event.properties["price"].as_i64().unwrap());
                }
                "Product Removed" => {
                    cart.remove(event.properties["product_id"].as_str().unwrap());
                }
                "Cart Viewed" => {
                    cart.clear();
                    for product in event.properties["products"].as_array().unwrap() {
                        let id = product["product_id"].as_str().unwrap().to_owned();
                        cart.insert(id, product["price"].as_i64().unwrap());
                    }
                }
                "Cart Cleared" | "Order Completed" => cart.clear(),
                _ => {}
            }
        }
        cart
    }

    fn stage(&self, now: Timestamp) -> &'static str {
        const DAY: i64 = 86_400_000;
        let orders = self.orders(now);
        let Some(last_order) = orders.iter().map(|(at, ..)| at.as_millis()).max() else {
            let is_known = self.known_at.is_some_and(|at| at <= now);
            return if is_known { "prospect" } else { "visitor" };
        };
        let last_seen = self.arrived(now).map(|event| event.at.as_millis()).max().unwrap();
        let now = now.as_millis();
        if now - last_seen.max(last_order) >= 180 * DAY {
            "dormant"
        } else if orders.len() >= 3 && now - last_order < 365 * DAY {
            "loyal"
        } else {
            "customer"
        }
    }
}

/// One order from its events, if it counts.
fn order(events: &[&EventRecord]) -> Option<(Timestamp, i64, i64)> {
    let is_cancelled = events.iter().any(|event| event.name == "Order Cancelled");
    let placed: Vec<&&EventRecord> = events.iter().filter(|event| event.name == "Order Completed").collect();
    if is_cancelled || placed.is_empty() {
        return None;
    }
    let last = placed.iter().max_by_key(|event| (event.at, event.seq)).unwrap();
    let total = last.properties["total"].as_i64().unwrap();
    let refunds = events.iter().filter(|event| event.name == "Order Refunded");
    let back: i64 = refunds.map(|event| event.properties["total"].as_i64().unwrap_or(total)).sum();
    let back = back.min(total);
    Some((placed.iter().map(|event| event.at).min().unwrap(), total - back, back))
}

fn property(event: &EventRecord, name: &str) -> Vec<Seen> {
    match name.strip_prefix("context.") {
        Some(rest) => json_seen(reach(&event.context, rest)),
        None => json_seen(reach(&event.properties, name)),
    }
}

fn json_seen(values: Vec<Value>) -> Vec<Seen> {
    values.into_iter().filter(|value| !value.is_null()).map(Seen::Json).collect()
}

fn reach(value: &Value, path: &str) -> Vec<Value> {
    if let Some(items) = value.as_array() {
        return items.iter().flat_map(|item| reach(item, path)).collect();
    }
    if let Some(found) = value.get(path) {
        return vec![found.clone()];
    }
    match path.split_once('.') {
        Some((first, rest)) => value.get(first).map_or_else(Vec::new, |inner| reach(inner, rest)),
        None => Vec::new(),
    }
}

fn compare<T: PartialOrd>(op: NumberOperator, left: T, right: T) -> bool {
    match op {
        NumberOperator::Eq => left == right,
        NumberOperator::Ne => left != right,
        NumberOperator::Lt => left < right,
        NumberOperator::Lte => left <= right,
        NumberOperator::Gt => left > right,
        NumberOperator::Gte => left >= right,
    }
}

/// Generated amounts have at most two decimals.
fn micros(seen: &Seen) -> i128 {
    match seen {
        Seen::Json(Value::Number(number)) => (number.as_f64().unwrap() * 100.0).round() as i128 * 10_000,
        _ => 0,
    }
}

fn passes(test: &Test, seen: &[Seen], now: Timestamp) -> bool {
    let any = |accept: &dyn Fn(&Seen) -> bool| seen.iter().any(accept);
    let ordered = |scalar: &Scalar, op| any(&|value| is_ordered(value, scalar, op));
    match test {
        Test::Eq(scalar) => any(&|value| equals(value, scalar)),
        Test::Ne(scalar) => !any(&|value| equals(value, scalar)),
        Test::In(scalars) => any(&|value| scalars.iter().any(|scalar| equals(value, scalar))),
        Test::NotIn(scalars) => !any(&|value| scalars.iter().any(|scalar| equals(value, scalar))),
        Test::Lt(scalar) => ordered(scalar, NumberOperator::Lt),
        Test::Lte(scalar) => ordered(scalar, NumberOperator::Lte),
        Test::Gt(scalar) => ordered(scalar, NumberOperator::Gt),
        Test::Gte(scalar) => ordered(scalar, NumberOperator::Gte),
        Test::Contains(scalar) => any(&|value| contains(value, scalar)),
        Test::StartsWith(start) => any(&|value| text(value).is_some_and(|text| text.starts_with(&fold(start)))),
        Test::EndsWith(end) => any(&|value| text(value).is_some_and(|text| text.ends_with(&fold(end)))),
        Test::Exists => !seen.is_empty(),
        Test::NotExists => seen.is_empty(),
        Test::Before(bound) => any(&|value| time(value).is_some_and(|at| at < bound.at())),
        Test::After(bound) => any(&|value| time(value).is_some_and(|at| at > bound.at())),
        Test::WithinLast(window) => any(&|value| is_recent(value, window.span().as_millis(), now)),
        Test::NotWithinLast(window) => !any(&|value| is_recent(value, window.span().as_millis(), now)),
    }
}

fn is_recent(value: &Seen, span: i64, now: Timestamp) -> bool {
    time(value).is_some_and(|at| now.as_millis() - span < at.as_millis() && at <= now)
}

/// The folded text.
fn text(value: &Seen) -> Option<String> {
    match value {
        Seen::Json(Value::String(text)) => Some(fold(text)),
        _ => None,
    }
}

fn time(value: &Seen) -> Option<Timestamp> {
    match value {
        Seen::Time(at) => Some(*at),
        Seen::Json(Value::String(text)) if text.contains('-') => Timestamp::parse_rfc3339(text).ok(),
        Seen::Json(_) => None,
    }
}

fn scalar_time(scalar: &Scalar) -> Option<Timestamp> {
    match scalar {
        Scalar::Text(text) => time(&Seen::Json(Value::String(text.clone()))),
        _ => None,
    }
}

fn equals(value: &Seen, scalar: &Scalar) -> bool {
    match (value, scalar) {
        (Seen::Time(at), scalar) => scalar_time(scalar) == Some(*at),
        (Seen::Json(Value::String(left)), Scalar::Text(right)) => fold(left) == fold(right),
        (Seen::Json(Value::Number(left)), Scalar::Number(right)) => left.as_f64() == right.as_f64(),
        (Seen::Json(Value::Bool(left)), Scalar::Bool(right)) => left == right,
        _ => false,
    }
}

fn is_ordered(value: &Seen, scalar: &Scalar, op: NumberOperator) -> bool {
    match (value, scalar) {
        (Seen::Json(Value::Number(left)), Scalar::Number(right)) => {
            compare(op, left.as_f64().unwrap(), right.as_f64().unwrap())
        }
        (value, scalar) => match (time(value), scalar_time(scalar)) {
            (Some(left), Some(right)) => compare(op, left, right),
            _ => false,
        },
    }
}

fn contains(value: &Seen, scalar: &Scalar) -> bool {
    match (value, scalar) {
        (Seen::Json(Value::Array(items)), scalar) => items.iter().any(|item| equals(&Seen::Json(item.clone()), scalar)),
        (value, Scalar::Text(part)) => text(value).is_some_and(|text| text.contains(&fold(part))),
        _ => false,
    }
}
