//! Values of JSON as conditions see them: typed, reached by paths, and exact.

use std::cmp::Ordering;

use serde_json::{Number, Value};
use words::Timestamp;

/// A value that is there and not null.
#[derive(Debug, Clone, Copy)]
pub enum Sight<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(Num),
    /// True or false.
    Bool(bool),
    /// An instant that the engine computed.
    Time(Timestamp),
    /// A list.
    List(&'a [Value]),
    /// An object.
    Object,
}

impl<'a> Sight<'a> {
    /// What there is to see of a value; nothing of null.
    pub fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Bool(claim) => Some(Self::Bool(*claim)),
            Value::Number(number) => Some(Self::Number(Num::of(number))),
            Value::String(text) => Some(Self::Text(text)),
            Value::Array(items) => Some(Self::List(items)),
            Value::Object(_) => Some(Self::Object),
        }
    }

    /// The instant that this is, if it is one.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Time(at) => Some(*at),
            Self::Text(text) => time_of(text),
            _ => None,
        }
    }
}

/// The instant that a text of RFC 3339, or a date, names. Digits without hyphens are a number sent as text, not a date.
pub fn time_of(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    let is_dated =
        bytes.len() >= 10 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-' && bytes[7] == b'-';
    if !is_dated {
        return None;
    }
    Timestamp::parse_rfc3339(text).ok()
}

/// A number of JSON, compared without loss: whole numbers as such, others as the double that they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Num {
    /// A whole number.
    Whole(i128),
    /// Any other number.
    Float(f64),
}

impl Num {
    /// The number of JSON.
    pub fn of(number: &Number) -> Self {
        if let Some(whole) = number.as_i64() {
            return Self::Whole(i128::from(whole));
        }
        if let Some(whole) = number.as_u64() {
            return Self::Whole(i128::from(whole));
        }
        Self::Float(number.as_f64().unwrap_or(f64::NAN))
    }

    /// The number of JSON text, without making a [`Number`] of it.
    pub fn of_json(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse::<i64>() {
            return Some(Self::Whole(i128::from(whole)));
        }
        serde_json::from_str::<Number>(text).ok().map(|number| Self::of(&number))
    }

    /// How it compares; nothing for what is no number.
    pub fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Some(left.cmp(&right)),
            (left, right) => left.float().partial_cmp(&right.float()),
        }
    }

    /// The nearest double.
    pub fn float(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }

    /// The number in millionths, rounded half away from zero; beyond 10¹⁸ in either direction it counts as that.
    pub fn micros(self) -> i128 {
        match self {
            Self::Whole(whole) => whole.clamp(-MAX_UNITS, MAX_UNITS) * MICROS,
            Self::Float(float) => float_micros(float),
        }
    }
}

/// Millionths in one unit.
pub const MICROS: i128 = 1_000_000;
/// Beyond this no amount is meant, and sums of amounts stay far inside 128 bits.
const MAX_UNITS: i128 = 1_000_000_000_000_000_000;

fn float_micros(float: f64) -> i128 {
    if float.is_nan() {
        return 0;
    }
    if float.abs() >= MAX_UNITS as f64 {
        return if float > 0.0 { MAX_UNITS * MICROS } else { -MAX_UNITS * MICROS };
    }
    let scaled = float * 1e6;
    let rounded = scaled.round();
    // Below a million units the product is off by less than a thousandth, so only near a half does the text decide.
    if float.abs() < 1e6 && (scaled - rounded).abs() < 0.49 {
        return rounded as i128;
    }
    decimal_micros(&float.to_string())
}

/// Millionths of a decimal number as Rust writes doubles: an optional sign, digits, and perhaps a point and digits.
fn decimal_micros(text: &str) -> i128 {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let kept = fraction.bytes().chain(std::iter::repeat(b'0')).take(6);
    let digits = whole.bytes().chain(kept);
    let size = digits.fold(0_i128, |size, digit| size * 10 + i128::from(digit - b'0'));
    let rounds_up = fraction.as_bytes().get(6).is_some_and(|digit| *digit >= b'5');
    let size = size + i128::from(rounds_up);
    if text.starts_with('-') { -size } else { size }
}

/// An id as shops send it: a text that is not empty, or a number.
pub fn text_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Where a test looks for its value.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// There is none.
    Missing,
    /// It is this.
    One(Sight<'a>),
    /// It is, or they are, at the path; an empty path is the value itself.
    At(&'a Value, &'a str),
}

impl Source<'_> {
    /// Whether some value there is accepted. Inside lists of objects every element is looked at.
    pub fn any(&self, accept: &mut dyn FnMut(Sight<'_>) -> bool) -> bool {
        match self {
            Self::Missing => false,
            Self::One(sight) => accept(*sight),
            Self::At(value, "") => Sight::of(value).is_some_and(accept),
            Self::At(value, path) => any_at(value, path, accept),
        }
    }
}

/// Follows a dotted path. A key that is the whole rest of the path wins over the path.
fn any_at(value: &Value, path: &str, accept: &mut dyn FnMut(Sight<'_>) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| any_at(item, path, accept)),
        Value::Object(fields) => {
            if let Some(found) = fields.get(path) {
                return Sight::of(found).is_some_and(accept);
            }
            let Some((first, rest)) = path.split_once('.') else {
                return false;
            };
            fields.get(first).is_some_and(|inner| any_at(inner, rest, accept))
        }
        _ => false,
    }
}

/// The sight of a simple JSON text without building a value; nothing when a value must be built (or the text is null).
pub fn simple_sight(json: &str) -> Option<Sight<'_>> {
    match json.as_bytes().first()? {
        b'"' => {
            let inner = json.strip_prefix('"')?.strip_suffix('"')?;
            (!inner.contains('\\')).then_some(Sight::Text(inner))
        }
        b't' => Some(Sight::Bool(true)),
        b'f' => Some(Sight::Bool(false)),
        b'-' | b'0'..=b'9' => Num::of_json(json).map(Sight::Number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn amounts_are_the_decimals_that_were_written() {
        for (text, micros) in [
            ("0.1", 100_000),
            ("19.99", 19_990_000),
            ("-19.99", -19_990_000),
            ("1.0000005", 1_000_001),
            ("-1.0000005", -1_000_001),
            ("1.0000004999", 1_000_000),
            ("1e-7", 0),
            ("5e-7", 1),
            ("123456789.123457", 123_456_789_123_457),
            ("3", 3_000_000),
            ("1e300", 1_000_000_000_000_000_000_000_000),
            ("-1e19", -1_000_000_000_000_000_000_000_000),
            ("18446744073709551615", 1_000_000_000_000_000_000_000_000),
        ] {
            assert_eq!(Num::of_json(text).unwrap().micros(), micros, "{text}");
        }
    }

    #[test]
    fn large_whole_numbers_are_told_apart() {
        let (left, right) = (json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64));
        let (Value::Number(left), Value::Number(right)) = (left, right) else { unreachable!() };
        assert_eq!(Num::of(&left).compare(Num::of(&right)), Some(Ordering::Greater));
    }

    #[test]
    fn only_dated_text_is_a_time() {
        assert!(time_of("2024-03-13").is_some());
        assert!(time_of("2024-03-13T10:00:00+02:00").is_some());
        for text in ["20240313", "12", "", "2024-3-13", "yesterday", "2024-13-13"] {
            assert!(time_of(text).is_none(), "{text}");
        }
    }
}
