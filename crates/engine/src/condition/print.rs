//! Writes a condition as the JSON it was parsed from.

use serde_json::{Map, Value, json};

use super::model::{Condition, EventCondition, Measure, NumberOperator, PropertyTest, Scalar, Test};

impl Condition {
    /// The condition as JSON; [`Condition::parse`] reads the same condition from it.
    pub fn print(&self) -> Value {
        match self {
            Self::All(parts) => json!({ "all": print_all(parts) }),
            Self::Any(parts) => json!({ "any": print_all(parts) }),
            Self::Not(part) => json!({ "not": part.print() }),
            Self::Trait { name, test } => print_test("trait", name, test),
            Self::Metric { metric, test } => print_test("metric", metric.as_str(), test),
            Self::Segment(id) => json!({ "segment": id.to_string() }),
            Self::Consent { channel, purpose, state } => json!({
                "consent": { "channel": channel, "purpose": purpose },
                "state": state.as_str(),
            }),
            Self::Event(event) => print_event(event),
        }
    }
}

fn print_all(parts: &[Condition]) -> Vec<Value> {
    parts.iter().map(Condition::print).collect()
}

fn print_event(event: &EventCondition) -> Value {
    let mut fields = Map::new();
    fields.insert("event".to_owned(), json!(event.event));
    if !event.filters.is_empty() {
        let filters: Vec<Value> = event.filters.iter().map(print_filter).collect();
        fields.insert("where".to_owned(), Value::Array(filters));
    }
    match &event.measure {
        None => {}
        Some(Measure::Count { op, value }) => {
            let count = json!({ "op": op.as_str(), "value": value });
            fields.insert("count".to_owned(), count);
        }
        Some(Measure::Sum { property, op, value }) => {
            let sum = json!({ "property": property, "op": op.as_str(), "value": value });
            fields.insert("sum".to_owned(), sum);
        }
    }
    if let Some(window) = &event.within {
        fields.insert("within".to_owned(), json!(window.text));
    }
    Value::Object(fields)
}

fn print_filter(filter: &PropertyTest) -> Value {
    print_test("property", &filter.property, &filter.test)
}

fn print_test(subject: &str, name: &str, test: &Test) -> Value {
    let mut fields = Map::new();
    fields.insert(subject.to_owned(), json!(name));
    fields.insert("op".to_owned(), json!(test.op()));
    if let Some(value) = test.value() {
        fields.insert("value".to_owned(), value);
    }
    Value::Object(fields)
}

impl Test {
    /// The operator's word.
    pub fn op(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Ne(_) => "ne",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Lt(_) => "lt",
            Self::Lte(_) => "lte",
            Self::Gt(_) => "gt",
            Self::Gte(_) => "gte",
            Self::Contains(_) => "contains",
            Self::StartsWith(_) => "starts_with",
            Self::EndsWith(_) => "ends_with",
            Self::Exists => "exists",
            Self::NotExists => "not_exists",
            Self::Before(_) => "before",
            Self::After(_) => "after",
            Self::WithinLast(_) => "within_last",
            Self::NotWithinLast(_) => "not_within_last",
        }
    }

    /// The operand, as it was written; none for `exists` and `not_exists`.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Exists | Self::NotExists => None,
            Self::Eq(scalar)
            | Self::Ne(scalar)
            | Self::Lt(scalar)
            | Self::Lte(scalar)
            | Self::Gt(scalar)
            | Self::Gte(scalar)
            | Self::Contains(scalar) => Some(scalar.print()),
            Self::In(scalars) | Self::NotIn(scalars) => Some(scalars.iter().map(Scalar::print).collect()),
            Self::StartsWith(text) | Self::EndsWith(text) => Some(json!(text)),
            Self::Before(instant) | Self::After(instant) => Some(json!(instant.text)),
            Self::WithinLast(window) | Self::NotWithinLast(window) => Some(json!(window.text)),
        }
    }
}

impl Scalar {
    fn print(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Bool(claim) => Value::Bool(*claim),
        }
    }
}

impl NumberOperator {
    /// Every operator with its word.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Eq, "eq"),
        (Self::Ne, "ne"),
        (Self::Lt, "lt"),
        (Self::Lte, "lte"),
        (Self::Gt, "gt"),
        (Self::Gte, "gte"),
    ];

    /// The operator's word.
    pub fn as_str(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}
