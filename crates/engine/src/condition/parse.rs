//! Reads a condition from JSON, and says where it is wrong.

use serde_json::{Map, Value};
use words::SegmentId;

use super::fields::{ConditionError, ErrorCode, below, object, only, refused, text, unknown_word};
use super::limits::{MAX_DEPTH, MAX_LEAVES};
use super::metric::Metric;
use super::model::{Condition, ConsentState};
use super::parse_event::parse_event;
use super::parse_test::parse_test;

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
const SUBJECTS: [&str; 8] = ["all", "any", "not", "trait", "event", "metric", "segment", "consent"];

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
        numbered.map(|(index, part)| self.node(part, &format!("{path}[{index}]"), depth + 1)).collect()
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

fn parse_leaf(subject: &str, fields: &Map<String, Value>, path: &str) -> Result<Condition, ConditionError> {
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
    parsed
        .map(Condition::Segment)
        .map_err(|error| refused(&below(path, "segment"), ErrorCode::BadValue, error.to_string()))
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
    Ok(Condition::Consent { channel, purpose, state })
}
