//! From the bytes of a request to the JSON texts of its calls. The body decides, not its label.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::GzDecoder;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use thiserror::Error;

use super::limits::{MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_GZIP_RATIO};

/// Why a request was refused as a whole.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BodyError {
    #[error("the body holds more than {MAX_BATCH_BYTES} bytes; send smaller batches")]
    TooLarge,
    #[error("the batch holds more than {MAX_BATCH_EVENTS} events; send smaller batches")]
    TooManyEvents,
    #[error("the compressed body grows more than {MAX_GZIP_RATIO} times; send it uncompressed")]
    Bomb,
    #[error("the compressed body cannot be read; it is cut off or damaged")]
    BadGzip,
    #[error("the body is not UTF-8 text")]
    NotText,
    #[error("the body is not JSON: {0}")]
    NotJson(String),
}

/// The calls of a request, each as its own JSON text, and what the request says for all of them.
#[derive(Debug, Default)]
pub struct Calls<'a> {
    pub items: Vec<&'a RawValue>,
    pub sent_at: Option<Cow<'a, str>>,
    pub write_key: Option<Cow<'a, str>>,
    pub context: Option<&'a RawValue>,
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// Decompresses where needed; the text may borrow from `bytes`.
pub fn body_text(bytes: &[u8]) -> Result<Cow<'_, str>, BodyError> {
    if !bytes.starts_with(&GZIP_MAGIC) {
        if bytes.len() > MAX_BATCH_BYTES {
            return Err(BodyError::TooLarge);
        }
        return std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| BodyError::NotText);
    }
    let limit = MAX_BATCH_BYTES.min(bytes.len().saturating_mul(MAX_GZIP_RATIO));
    let mut plain = Vec::new();
    // One byte more than allowed tells "too much" from "just enough".
    GzDecoder::new(bytes).take(limit as u64 + 1).read_to_end(&mut plain).map_err(|_| BodyError::BadGzip)?;
    if plain.len() > limit {
        return Err(if limit == MAX_BATCH_BYTES { BodyError::TooLarge } else { BodyError::Bomb });
    }
    String::from_utf8(plain).map(Cow::Owned).map_err(|_| BodyError::NotText)
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    batch: Option<FirstCalls<'a>>,
    #[serde(borrow, default, rename = "sentAt")]
    sent_at: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "writeKey")]
    write_key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

/// The calls of a batch, and one more than are allowed at most: a list of a million takes no memory.
struct FirstCalls<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for FirstCalls<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CallsVisitor)
    }
}

struct CallsVisitor;

impl<'de> Visitor<'de> for CallsVisitor {
    type Value = FirstCalls<'de>;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of calls")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FirstCalls<'de>, A::Error> {
        let mut first = Vec::new();
        while let Some(call) = list.next_element()? {
            if first.len() <= MAX_BATCH_EVENTS {
                first.push(call);
            }
        }
        Ok(FirstCalls(first))
    }
}

/// Splits a body into its calls: those of `batch`, or the body itself when `is_batch` is not asked for.
pub fn read_calls(text: &str, is_batch: bool) -> Result<Calls<'_>, BodyError> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if is_batch && !text.trim_start().starts_with('{') {
        // serde reads a list as the fields in their order.
        return Err(BodyError::NotJson("a batch is an object with the field “batch”".to_owned()));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    let items = if is_batch {
        let first = envelope.batch.map(|FirstCalls(first)| first);
        first.ok_or_else(|| BodyError::NotJson("the field “batch”, a list of calls, is missing".to_owned()))?
    } else {
        vec![serde_json::from_str(text).map_err(|error| not_json(&error))?]
    };
    if items.len() > MAX_BATCH_EVENTS {
        return Err(BodyError::TooManyEvents);
    }
    Ok(Calls {
        items,
        sent_at: text_of(envelope.sent_at),
        write_key: text_of(envelope.write_key),
        context: envelope.context.filter(|_| is_batch),
    })
}

fn not_json(error: &serde_json::Error) -> BodyError {
    BodyError::NotJson(error.to_string())
}

/// A field that should be text; another type counts as absent here and is refused later by name where it matters.
fn text_of(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).map(Cow::<str>::Owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_and_plain_bodies_read_alike_whatever_their_label() {
        let plain = br#"{"batch":[{"type":"track"}],"sentAt":"2026-11-22T17:09:24.559Z"}"#;
        for bytes in [plain.to_vec(), gzip(plain)] {
            let text = body_text(&bytes).unwrap();
            let calls = read_calls(&text, true).unwrap();
            assert_eq!(calls.items.len(), 1);
            assert_eq!(calls.sent_at.as_deref(), Some("2026-11-22T17:09:24.559Z"));
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_grows() {
        assert_eq!(body_text(&gzip(&vec![b' '; 400_000])), Err(BodyError::Bomb));
        assert_eq!(body_text(&gzip(&vec![b' '; 50_000_000])), Err(BodyError::TooLarge));
        assert_eq!(body_text(&gzip(b"{}")[..12]), Err(BodyError::BadGzip));
    }

    #[test]
    fn a_batch_without_a_list_of_calls_is_refused() {
        assert!(matches!(read_calls("{}", true), Err(BodyError::NotJson(_))));
        assert!(matches!(read_calls(r#"[[{"type":"page"}]]"#, true), Err(BodyError::NotJson(_))));
        assert!(matches!(read_calls("[1", false), Err(BodyError::NotJson(_))));
        let many = format!(r#"{{"batch":[{}]}}"#, vec!["{}"; 501].join(","));
        assert_eq!(read_calls(&many, true).err(), Some(BodyError::TooManyEvents));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_body() {
        assert!(read_calls("\u{FEFF}{\"batch\":[]}", true).is_ok());
    }
}
