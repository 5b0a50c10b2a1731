//! JSON with everything hidden that is not harmless by its name.

use serde_json::{Map, Value};

use super::harmless::{Kind, has_parts, kind_of};
use super::{Field, Hidden, MASK, place};

/// Truths are shown under every name: they divide people into two groups and name nobody.
pub(super) fn masked(field: Field<'_>, value: &Value, hidden: Hidden) -> Value {
    match (kind_of(field), value) {
        (_, Value::Null | Value::Bool(_)) => value.clone(),
        (Some(Kind::Plain), Value::String(_) | Value::Number(_)) | (Some(Kind::Figure), Value::Number(_)) => {
            value.clone()
        }
        (Some(Kind::Path), Value::String(text)) => Value::from(place::path(text)),
        (Some(Kind::Url), Value::String(text)) => Value::from(place::url(text)),
        (Some(Kind::Site), Value::String(text)) => Value::from(place::site(text)),
        (_, Value::Object(parts)) if has_parts(field) || is_of_truths(parts) => object(field, parts, hidden),
        (kind, Value::Array(items)) if kind.is_some() || has_parts(field) => {
            Value::Array(items.iter().map(|item| masked(field, item, hidden)).collect())
        }
        _ => match hidden {
            Hidden::Marked => Value::from(MASK),
            Hidden::LeftOut => Value::Null,
        },
    }
}

/// Choices by name, as `purposes` of a consent.
fn is_of_truths(parts: &Map<String, Value>) -> bool {
    parts.values().all(Value::is_boolean)
}

fn object(field: Field<'_>, parts: &Map<String, Value>, hidden: Hidden) -> Value {
    let mut shown = Map::new();
    for (name, value) in parts {
        if !place::is_name(name) {
            shown.insert(MASK.to_owned(), Value::from(MASK));
            continue;
        }
        let path = |path: &str| if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let value = match field {
            Field::Trait(above) => masked(Field::Trait(&path(above)), value, hidden),
            Field::Property { event, path: above } => {
                masked(Field::Property { event, path: &path(above) }, value, hidden)
            }
        };
        shown.insert(name.clone(), value);
    }
    if hidden == Hidden::LeftOut {
        shown.retain(|name, value| !value.is_null() && name != MASK);
    }
    Value::Object(shown)
}
