//! Fields of a node, and the errors that name them.

use serde_json::{Map, Value};
use thiserror::Error;

use super::limits::MAX_TEXT_BYTES;

/// Why a JSON value is no condition, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{detail}", place(.path))]
pub struct ConditionError {
    /// The offending node, such as `all[2].where[0].op`; empty for the whole condition.
    pub path: String,
    /// What kind of mistake it is.
    pub code: ErrorCode,
    /// A sentence for a person.
    pub detail: String,
}

/// The kinds of mistakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The node is not an object, or another JSON type than wanted.
    WrongType,
    /// The node has no field that says what it is, or two.
    UnknownNode,
    /// A field that this node does not have.
    UnknownField,
    /// A field that this node needs.
    MissingField,
    /// A word that is none of the known ones.
    UnknownWord,
    /// A value that cannot be used.
    BadValue,
    /// More nodes below one another than allowed.
    TooDeep,
    /// More parts than allowed.
    TooMany,
}

impl ErrorCode {
    /// The code in answers of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WrongType => "condition_wrong_type",
            Self::UnknownNode => "condition_unknown_node",
            Self::UnknownField => "condition_unknown_field",
            Self::MissingField => "condition_missing_field",
            Self::UnknownWord => "condition_unknown_word",
            Self::BadValue => "condition_bad_value",
            Self::TooDeep => "condition_too_deep",
            Self::TooMany => "condition_too_many",
        }
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

/// Makes an error at a place.
pub(super) fn refused(path: &str, code: ErrorCode, detail: impl Into<String>) -> ConditionError {
    ConditionError { path: path.to_owned(), code, detail: detail.into() }
}

/// `path` with one more field.
pub(super) fn below(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

pub(super) fn object<'a>(json: &'a Value, path: &str) -> Result<&'a Map<String, Value>, ConditionError> {
    json.as_object().ok_or_else(|| refused(path, ErrorCode::WrongType, "write an object here"))
}

/// Refuses every field that is not `known`.
pub(super) fn only(fields: &Map<String, Value>, known: &[&str], path: &str) -> Result<(), ConditionError> {
    let Some(unknown) = fields.keys().find(|field| !known.contains(&field.as_str())) else {
        return Ok(());
    };
    let shown: String = unknown.chars().take(60).collect();
    let detail = format!("there is no field {shown:?} here; {}", nearest(&shown, known));
    Err(refused(&below(path, &shown), ErrorCode::UnknownField, detail))
}

pub(super) fn required<'a>(
    fields: &'a Map<String, Value>,
    field: &str,
    path: &str,
) -> Result<&'a Value, ConditionError> {
    fields.get(field).ok_or_else(|| {
        let detail = format!("the field {field:?} is missing");
        refused(path, ErrorCode::MissingField, detail)
    })
}

/// A required text that is not empty and not endless.
pub(super) fn text(fields: &Map<String, Value>, field: &str, path: &str) -> Result<String, ConditionError> {
    let path_here = below(path, field);
    let Value::String(text) = required(fields, field, path)? else {
        return Err(refused(&path_here, ErrorCode::WrongType, "write a text here"));
    };
    if text.is_empty() || text.len() > MAX_TEXT_BYTES {
        let detail = format!("write a text of 1 to {MAX_TEXT_BYTES} bytes");
        return Err(refused(&path_here, ErrorCode::BadValue, detail));
    }
    Ok(text.clone())
}

pub(super) fn unknown_word(path: &str, what: &str, word: &str, known: &[&str]) -> ConditionError {
    let shown: String = word.chars().take(60).collect();
    let detail = format!("{shown:?} is no {what}; {}", nearest(&shown, known));
    refused(path, ErrorCode::UnknownWord, detail)
}

/// What the writer may have meant, and what is known.
fn nearest(word: &str, known: &[&str]) -> String {
    let best = known.iter().min_by_key(|candidate| strsim::damerau_levenshtein(word, candidate));
    let meant = best.filter(|candidate| strsim::damerau_levenshtein(word, candidate) <= 3);
    let list = known.join(", ");
    match meant {
        Some(meant) => format!("did you mean {meant:?}? Known are: {list}"),
        None => format!("known are: {list}"),
    }
}
