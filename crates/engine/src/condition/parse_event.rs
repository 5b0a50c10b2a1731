//! Reads conditions over events.

use serde_json::{Map, Value};

use super::fields::{ConditionError, ErrorCode, below, object, only, refused, required, text, unknown_word};
use super::limits::{MAX_COUNT, MAX_FILTERS, MAX_WINDOWED_COUNT};
use super::model::{Condition, EventCondition, Measure, NumberOperator, PropertyTest, Window};
use super::parse_test::{parse_test, parse_window};
use crate::calls::canonical_event_name;

pub(super) fn parse_event(fields: &Map<String, Value>, path: &str) -> Result<Condition, ConditionError> {
    only(fields, &["event", "where", "count", "sum", "within"], path)?;
    let event = canonical_event_name(&text(fields, "event", path)?).to_owned();
    let filters = parse_filters(fields, path)?;
    let within = match fields.get("within") {
        None => None,
        Some(json) => Some(parse_window(json, &below(path, "within"))?),
    };
    let measure = parse_measure(fields, within.as_ref(), path)?;
    Ok(Condition::Event(EventCondition { event, filters, measure, within }))
}

fn parse_filters(fields: &Map<String, Value>, path: &str) -> Result<Vec<PropertyTest>, ConditionError> {
    let Some(json) = fields.get("where") else {
        return Ok(Vec::new());
    };
    let path = below(path, "where");
    let Value::Array(filters) = json else {
        let detail = "write a list of property tests";
        return Err(refused(&path, ErrorCode::WrongType, detail));
    };
    if filters.len() > MAX_FILTERS {
        let detail = format!("an event may have at most {MAX_FILTERS} property tests");
        return Err(refused(&path, ErrorCode::TooMany, detail));
    }
    let numbered = filters.iter().enumerate();
    numbered.map(|(index, filter)| parse_filter(filter, &format!("{path}[{index}]"))).collect()
}

fn parse_filter(json: &Value, path: &str) -> Result<PropertyTest, ConditionError> {
    let fields = object(json, path)?;
    only(fields, &["property", "op", "value"], path)?;
    let property = text(fields, "property", path)?;
    let test = parse_test(fields, path)?;
    Ok(PropertyTest { property, test })
}

fn parse_measure(
    fields: &Map<String, Value>,
    within: Option<&Window>,
    path: &str,
) -> Result<Option<Measure>, ConditionError> {
    match (fields.get("count"), fields.get("sum")) {
        (None, None) => Ok(None),
        (Some(count), None) => parse_count(count, within, &below(path, "count")).map(Some),
        (None, Some(sum)) => parse_sum(sum, &below(path, "sum")).map(Some),
        (Some(_), Some(_)) => Err(refused(
            path,
            ErrorCode::UnknownNode,
            "an event is compared by \"count\" or by \"sum\"; join two conditions with \"all\" to compare both",
        )),
    }
}

fn parse_count(json: &Value, within: Option<&Window>, path: &str) -> Result<Measure, ConditionError> {
    let fields = object(json, path)?;
    only(fields, &["op", "value"], path)?;
    let op = number_operator(fields, path)?;
    let value_path = below(path, "value");
    let most = if within.is_some() { MAX_WINDOWED_COUNT } else { MAX_COUNT };
    let number = required(fields, "value", path)?;
    let whole = number.as_u64().or_else(|| {
        // Writers whose only number is the float send 3 as 3.0.
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        (0.0..=MAX_COUNT as f64).contains(&float).then_some(float as u64)
    });
    match whole {
        Some(value) if value <= most => Ok(Measure::Count { op, value }),
        Some(_) if within.is_some() => Err(refused(
            &value_path,
            ErrorCode::BadValue,
            format!("a count within a window is compared with at most {most}"),
        )),
        _ => Err(refused(
            &value_path,
            ErrorCode::BadValue,
            format!("a count is compared with a whole number from 0 to {most}"),
        )),
    }
}

fn parse_sum(json: &Value, path: &str) -> Result<Measure, ConditionError> {
    let fields = object(json, path)?;
    only(fields, &["property", "op", "value"], path)?;
    let property = text(fields, "property", path)?;
    let op = number_operator(fields, path)?;
    match required(fields, "value", path)? {
        Value::Number(value) => Ok(Measure::Sum { property, op, value: value.clone() }),
        _ => Err(refused(&below(path, "value"), ErrorCode::WrongType, "a sum is compared with a number")),
    }
}

fn number_operator(fields: &Map<String, Value>, path: &str) -> Result<NumberOperator, ConditionError> {
    let word = text(fields, "op", path)?;
    let found = NumberOperator::ALL.iter().find(|(_, known)| *known == word);
    found.map(|(op, _)| *op).ok_or_else(|| {
        let known = NumberOperator::ALL.map(|(_, known)| known);
        unknown_word(&below(path, "op"), "operator here", &word, &known)
    })
}
