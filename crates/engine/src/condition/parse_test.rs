//! Reads `op` and `value`: each operator with the operand that it needs.

use serde_json::{Map, Value};
use words::{Span, Timestamp};

use super::fields::{ConditionError, ErrorCode, below, refused, required, text, unknown_word};
use super::limits::{MAX_LIST, MAX_TEXT_BYTES, MAX_WINDOW};
use super::model::{Instant, Scalar, Test, Window};

/// Every operator of the contract.
const OPERATORS: [&str; 17] = [
    "eq",
    "ne",
    "in",
    "not_in",
    "lt",
    "lte",
    "gt",
    "gte",
    "contains",
    "starts_with",
    "ends_with",
    "exists",
    "not_exists",
    "before",
    "after",
    "within_last",
    "not_within_last",
];

pub(super) fn parse_test(fields: &Map<String, Value>, path: &str) -> Result<Test, ConditionError> {
    let op = text(fields, "op", path)?;
    if !OPERATORS.contains(&op.as_str()) {
        return Err(unknown_word(&below(path, "op"), "operator", &op, &OPERATORS));
    }
    if op == "exists" || op == "not_exists" {
        return parse_existence(fields, &op, path);
    }
    let value = required(fields, "value", path)?;
    let path = below(path, "value");
    match op.as_str() {
        "eq" => scalar(value, &path).map(Test::Eq),
        "ne" => scalar(value, &path).map(Test::Ne),
        "in" => scalars(value, &path).map(Test::In),
        "not_in" => scalars(value, &path).map(Test::NotIn),
        "lt" => measurable(value, &path).map(Test::Lt),
        "lte" => measurable(value, &path).map(Test::Lte),
        "gt" => measurable(value, &path).map(Test::Gt),
        "gte" => measurable(value, &path).map(Test::Gte),
        "contains" => scalar(value, &path).map(Test::Contains),
        "starts_with" => plain_text(value, &path).map(Test::StartsWith),
        "ends_with" => plain_text(value, &path).map(Test::EndsWith),
        "before" => instant(value, &path).map(Test::Before),
        "after" => instant(value, &path).map(Test::After),
        "within_last" => parse_window(value, &path).map(Test::WithinLast),
        _ => parse_window(value, &path).map(Test::NotWithinLast),
    }
}

fn parse_existence(fields: &Map<String, Value>, op: &str, path: &str) -> Result<Test, ConditionError> {
    if fields.get("value").is_some_and(|value| !value.is_null()) {
        let detail = format!("{op:?} takes no value");
        return Err(refused(&below(path, "value"), ErrorCode::BadValue, detail));
    }
    Ok(if op == "exists" { Test::Exists } else { Test::NotExists })
}

fn scalar(value: &Value, path: &str) -> Result<Scalar, ConditionError> {
    match value {
        Value::String(_) => plain_text(value, path).map(Scalar::Text),
        Value::Number(number) => Ok(Scalar::Number(number.clone())),
        Value::Bool(claim) => Ok(Scalar::Bool(*claim)),
        Value::Null => {
            Err(refused(path, ErrorCode::WrongType, "nothing is compared with null; use \"exists\" or \"not_exists\""))
        }
        _ => Err(refused(path, ErrorCode::WrongType, "write a text, a number, true or false")),
    }
}

/// A number, or a text that is a time: only these have an order.
fn measurable(value: &Value, path: &str) -> Result<Scalar, ConditionError> {
    match scalar(value, path)? {
        Scalar::Bool(_) => {
            Err(refused(path, ErrorCode::WrongType, "write a number or a time such as \"2026-11-22T17:09:24Z\""))
        }
        scalar => Ok(scalar),
    }
}

fn scalars(value: &Value, path: &str) -> Result<Vec<Scalar>, ConditionError> {
    let Value::Array(values) = value else {
        return Err(refused(path, ErrorCode::WrongType, "write a list of values"));
    };
    if values.len() > MAX_LIST {
        let detail = format!("a list may have at most {MAX_LIST} values");
        return Err(refused(path, ErrorCode::TooMany, detail));
    }
    let numbered = values.iter().enumerate();
    numbered.map(|(index, value)| scalar(value, &format!("{path}[{index}]"))).collect()
}

fn plain_text(value: &Value, path: &str) -> Result<String, ConditionError> {
    let Value::String(text) = value else {
        return Err(refused(path, ErrorCode::WrongType, "write a text here"));
    };
    if text.len() > MAX_TEXT_BYTES {
        let detail = format!("a text may have at most {MAX_TEXT_BYTES} bytes");
        return Err(refused(path, ErrorCode::BadValue, detail));
    }
    Ok(text.clone())
}

fn instant(value: &Value, path: &str) -> Result<Instant, ConditionError> {
    let text = plain_text(value, path)?;
    match Timestamp::parse_rfc3339(&text) {
        Ok(at) => Ok(Instant { text, at }),
        Err(error) => Err(refused(path, ErrorCode::BadValue, error.to_string())),
    }
}

/// A length of time of the contract's units, longer than nothing.
pub(super) fn parse_window(value: &Value, path: &str) -> Result<Window, ConditionError> {
    let text = plain_text(value, path)?;
    let malformed = "write a whole number and a unit of s, m, h, d or w, as in \"30d\"";
    let span: Span = match text.parse() {
        Ok(span) if !text.ends_with("ms") => span,
        _ => return Err(refused(path, ErrorCode::BadValue, malformed)),
    };
    if span == Span::ZERO {
        let detail = "a window must be longer than nothing";
        return Err(refused(path, ErrorCode::BadValue, detail));
    }
    if span > MAX_WINDOW {
        let detail = "a window may be at most 36500d long; for ever, leave \"within\" out";
        return Err(refused(path, ErrorCode::BadValue, detail));
    }
    Ok(Window { text, span })
}
