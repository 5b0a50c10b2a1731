//! Strict reading of JSON: depth bounded, a key twice in one object refused, NUL replaced.
//!
//! `serde_json` takes the last of two equal keys and PostgreSQL stores no U+0000; both would let the same call mean two
//! things. Lone surrogates and numbers beyond a double are errors of `serde_json` itself.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use words::clean_text;

use super::problem::Problem;

/// Objects in objects: beyond it no shop's data goes, and stacks stay shallow.
const MAX_DEPTH: usize = 64;

/// Reads a body of `/api/v1`.
pub fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let not_json = |reason: String| Problem::bad_request("bad_json", format!("the body is not JSON: {reason}"));
    let text = std::str::from_utf8(body).map_err(|error| not_json(error.to_string()))?;
    let value = parse_strict(text).map_err(|error| not_json(error.to_string()))?;
    if value.is_array() {
        // serde reads a list as the fields in their order, whatever they are called.
        return Err(Problem::bad_request("bad_body", "the body is an object, not a list"));
    }
    serde_json::from_value(value).map_err(|error| Problem::bad_request("bad_body", error.to_string()))
}

/// Reads one JSON value.
pub fn parse_strict(text: &str) -> Result<Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict { depth: 0 }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(clean_text(value).into_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let key = clean_text(&key).into_owned();
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice in one object")));
            }
            let value = entries.next_value_seed(inner)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_twice_in_one_object_is_refused_at_any_depth() {
        assert!(parse_strict(r#"{"a":1,"b":{"a":2}}"#).is_ok());
        assert!(parse_strict(r#"{"a":1,"a":2}"#).is_err());
        assert!(parse_strict(r#"{"p":{"a":1,"a":2}}"#).is_err());
    }

    #[test]
    fn a_list_is_no_object_with_its_fields_in_order() {
        #[derive(Debug, serde::Deserialize)]
        struct Body {
            #[serde(default)]
            name: String,
        }
        assert!(read_json::<Body>(br#"{"name":"a"}"#).is_ok_and(|body| body.name == "a"));
        assert!(read_json::<Body>(br#"["a"]"#).is_err());
        assert!(read_json::<Body>(b"[]").is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_strict(&nested(MAX_DEPTH)).is_ok());
        assert!(parse_strict(&nested(MAX_DEPTH + 1)).is_err());
        assert!(parse_strict(&nested(100_000)).is_err());
    }

    #[test]
    fn text_that_a_database_cannot_hold_is_replaced_or_refused() {
        assert_eq!(parse_strict(r#""a\u0000b""#).ok(), Some(Value::from("a\u{FFFD}b")));
        assert!(parse_strict(r#""\ud800""#).is_err());
        assert!(parse_strict("1e400").is_err());
    }
}
