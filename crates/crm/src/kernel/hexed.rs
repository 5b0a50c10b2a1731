//! Bytes as hexadecimal text in JSON.

use serde::de::Error as _;
use serde::{Deserialize as _, Deserializer, Serializer};

use super::vault::Mark;

/// As text: two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The mark that a text shows.
pub fn unhex(text: &str) -> Option<Mark> {
    let mut mark = Mark::default();
    if text.len() != 2 * mark.len() || !text.is_ascii() {
        return None;
    }
    for (place, byte) in mark.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(mark)
}

pub fn serialize<S: Serializer>(mark: &Mark, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex(mark))
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mark, D::Error> {
    let text = String::deserialize(deserializer)?;
    unhex(&text).ok_or_else(|| D::Error::custom("64 hexadecimal digits are expected"))
}
