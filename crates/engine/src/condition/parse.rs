//! Reads a condition from JSON, and says where it is wrong.

use serde_json::{Map, Value};
use thiserror::Error;
use words::SegmentId;

use super::limits::{
    MAX_COUNT, MAX_DEPTH, MAX_FILTERS, MAX_LEAVES, MAX_TEXT_BYTES, MAX_WINDOWED_COUNT,
};
use super::model::{
    Condition, ConsentState, EventCondition, Measure, Metric, NumberOperator, PropertyTest, Window,
};
use super::test_parse::{parse_test, parse_window};
use crate::calls::canonical_event_name;

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
    if path.is_empty() {
        String::new()
    } else {
        format!("{path}: ")
    }
}

/// Makes an error at a place.
pub(super) fn refused(path: &str, code: ErrorCode, detail: impl Into<String>) -> ConditionError {
    ConditionError {
        path: path.to_owned(),
        code,
        detail: detail.into(),
    }
}

impl Condition {
    /// Reads a condition from its JSON.
    ///
    /// # Errors
    /// [`ConditionError`] with the path of the first offending node.
    pub fn parse(json: &Value) -> Result<Self, ConditionError> {
        Parser { leaves: 0 }.node(json, "", 1)
    }
}

/// The fields by which a node says what it is.
const SUBJECTS: [&str; 8] = [
    "all", "any", "not", "trait", "event", "metric", "segment", "consent",
];

struct Parser {
    leaves: usize,
}

impl Parser {
    fn node(&mut self, json: &Value, path: &str, depth: usize) -> Result<Condition, ConditionError> {
        if depth > MAX_DEPTH {
            let detail = format!("conditions may be nested at most {MAX_DEPTH} deep");
            return Err(refused(path, ErrorCode::TooDeep, detail));
        }
        let fields = object(json, path)?;
        match subject(fields, path)? {
            "all" => Ok(Condition::All(self.parts(fields, "all", path, depth)?)),
            "any" => Ok(Condition::Any(self.parts(fields, "any", path, depth)?)),
            "not" => {
                only(fields, &["not"], path)?;
                let part = self.node(&fields["not"], &below(path, "not"), depth + 1)?;
                Ok(Condition::Not(Box::new(part)))
            }
            leaf => {
                self.count_leaf(path)?;
                parse_leaf(leaf, fields, path)
            }
        }
    }

    fn parts(
        &mut self,
        fields: &Map<String, Value>,
        group: &'static str,
        path: &str,
        depth: usize,
    ) -> Result<Vec<Condition>, ConditionError> {
        only(fields, &[group], path)?;
        let path = below(path, group);
        let Value::Array(parts) = &fields[group] else {
            return Err(refused(&path, ErrorCode::WrongType, "write a list of conditions"));
        };
        let numbered = parts.iter().enumerate();
        numbered
            .map(|(index, part)| self.node(part, &format!("{path}[{index}]"), depth + 1))
            .collect()
    }

    fn count_leaf(&mut self, path: &str) -> Result<(), ConditionError> {
        self.leaves += 1;
        if self.leaves <= MAX_LEAVES {
            return Ok(());
        }
        let detail = format!("a condition may have at most {MAX_LEAVES} leaves");
        Err(refused(path, ErrorCode::TooMany, detail))
    }
}

fn subject(fields: &Map<String, Value>, path: &str) -> Result<&'static str, ConditionError> {
    let mut present = SUBJECTS.into_iter().filter(|name| fields.contains_key(*name));
    match (present.next(), present.next()) {
        (Some(subject), None) => Ok(subject),
        (Some(first), Some(second)) => Err(refused(
            path,
            ErrorCode::UnknownNode,
            format!("a condition is either {first:?} or {second:?}; join two with \"all\""),
        )),
        _ => Err(refused(
            path,
            ErrorCode::UnknownNode,
            format!("a condition has one of these fields: {}", SUBJECTS.join(", ")),
        )),
    }
}

fn parse_leaf(
    subject: &str,
    fields: &Map<String, Value>,
    path: &str,
) -> Result<Condition, ConditionError> {
    match subject {
        "trait" => {
            only(fields, &["trait", "op", "value"], path)?;
            let name = text(fields, "trait", path)?;
            let test = parse_test(fields, path)?;
            Ok(Condition::Trait { name, test })
        }
        "metric" => parse_metric(fields, path),
        "segment" => parse_segment(fields, path),
        "consent" => parse_consent(fields, path),
        _ => parse_event(fields, path),
    }
}

fn parse_metric(fields: &Map<String, Value>, path: &str) -> Result<Condition, ConditionError> {
    only(fields, &["metric", "op", "value"], path)?;
    let name = text(fields, "metric", path)?;
    let metric = Metric::from_name(&name).ok_or_else(|| {
        let known = Metric::ALL.map(|(_, known, _)| known);
        unknown_word(&below(path, "metric"), "metric", &name, &known)
    })?;
    let test = parse_test(fields, path)?;
    Ok(Condition::Metric { metric, test })
}

fn parse_segment(fields: &Map<String, Value>, path: &str) -> Result<Condition, ConditionError> {
    only(fields, &["segment"], path)?;
    let id = text(fields, "segment", path)?;
    let parsed: Result<SegmentId, _> = id.parse();
    parsed.map(Condition::Segment).map_err(|error| {
        refused(&below(path, "segment"), ErrorCode::BadValue, error.to_string())
    })
}

fn parse_consent(fields: &Map<String, Value>, path: &str) -> Result<Condition, ConditionError> {
    only(fields, &["consent", "state"], path)?;
    let inner_path = below(path, "consent");
    let inner = object(&fields["consent"], &inner_path)?;
    only(inner, &["channel", "purpose"], &inner_path)?;
    let channel = text(inner, "channel", &inner_path)?;
    let purpose = text(inner, "purpose", &inner_path)?;
    let word = text(fields, "state", path)?;
    let state = ConsentState::from_word(&word).ok_or_else(|| {
        let known = ConsentState::ALL.map(ConsentState::as_str);
        unknown_word(&below(path, "state"), "state", &word, &known)
    })?;
    Ok(Condition::Consent {
        channel,
        purpose,
        state,
    })
}

fn parse_event(fields: &Map<String, Value>, path: &str) -> Result<Condition, ConditionError> {
    only(fields, &["event", "where", "count", "sum", "within"], path)?;
    let event = canonical_event_name(&text(fields, "event", path)?).to_owned();
    let filters = parse_filters(fields, path)?;
    let within = match fields.get("within") {
        None => None,
        Some(json) => Some(parse_window(json, &below(path, "within"))?),
    };
    let measure = parse_measure(fields, within.as_ref(), path)?;
    Ok(Condition::Event(EventCondition {
        event,
        filters,
        measure,
        within,
    }))
}

fn parse_filters(
    fields: &Map<String, Value>,
    path: &str,
) -> Result<Vec<PropertyTest>, ConditionError> {
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
    numbered
        .map(|(index, filter)| parse_filter(filter, &format!("{path}[{index}]")))
        .collect()
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

fn parse_count(
    json: &Value,
    within: Option<&Window>,
    path: &str,
) -> Result<Measure, ConditionError> {
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
        Value::Number(value) => Ok(Measure::Sum {
            property,
            op,
            value: value.clone(),
        }),
        _ => Err(refused(
            &below(path, "value"),
            ErrorCode::WrongType,
            "a sum is compared with a number",
        )),
    }
}

fn number_operator(
    fields: &Map<String, Value>,
    path: &str,
) -> Result<NumberOperator, ConditionError> {
    let word = text(fields, "op", path)?;
    let found = NumberOperator::ALL.iter().find(|(_, known)| *known == word);
    found.map(|(op, _)| *op).ok_or_else(|| {
        let known = NumberOperator::ALL.map(|(_, known)| known);
        unknown_word(&below(path, "op"), "operator here", &word, &known)
    })
}

/// `path` with one more field.
pub(super) fn below(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

fn object<'a>(json: &'a Value, path: &str) -> Result<&'a Map<String, Value>, ConditionError> {
    json.as_object()
        .ok_or_else(|| refused(path, ErrorCode::WrongType, "write an object here"))
}

/// Refuses every field that is not `known`.
fn only(fields: &Map<String, Value>, known: &[&str], path: &str) -> Result<(), ConditionError> {
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
pub(super) fn text(
    fields: &Map<String, Value>,
    field: &str,
    path: &str,
) -> Result<String, ConditionError> {
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
    let best = known
        .iter()
        .min_by_key(|candidate| strsim::damerau_levenshtein(word, candidate));
    let meant = best.filter(|candidate| strsim::damerau_levenshtein(word, candidate) <= 3);
    let list = known.join(", ");
    match meant {
        Some(meant) => format!("did you mean {meant:?}? Known are: {list}"),
        None => format!("known are: {list}"),
    }
}
