//! Addresses of pages: the site and the path are behaviour, the rest may be anybody's.
//!
//! Queries and fragments go. Of a path every part stays that reads like the name of a page; one that could be an address, a
//! number or a token of somebody is masked.

use serde_json::Value;

use super::MASK;

/// More digits in one part are a telephone number, a card or an account.
const MAX_DIGITS: usize = 6;
/// Longer parts are tokens.
const MAX_CHARACTERS: usize = 60;

/// The path, with masks for what may be somebody's.
pub(super) fn path(text: &str) -> String {
    let path = text.split(['?', '#', ';']).next().unwrap_or_default();
    path.split('/').map(|part| if is_of_a_page(part) { part } else { MASK }).collect::<Vec<_>>().join("/")
}

/// The site and the path of an address; a mask when it is none.
pub(super) fn url(text: &str) -> String {
    match divided(text) {
        Some((site, rest)) => format!("{site}{}", path(rest)),
        None => MASK.to_owned(),
    }
}

/// The site of an address; a mask when it is none.
pub(super) fn site(text: &str) -> String {
    divided(text).map_or_else(|| MASK.to_owned(), |(site, _)| format!("{site}/"))
}

/// `https://shop.example` and what follows. Names before an `@` are no part of a site.
fn divided(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    let is_host = !host.is_empty()
        && host.len() <= 253
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    is_host.then(|| (format!("{scheme}://{host}"), rest))
}

/// Whether a condition may ask for a path: whole pages, or everything below a folder. A beginning that ends within a part
/// would find a masked part out letter by letter.
pub(super) fn may_ask(op: &str, value: &Value) -> bool {
    let is_open = |value: &Value| value.as_str().is_some_and(|text| path(text) == text && !text.contains(MASK));
    match (op, value) {
        ("eq" | "ne", value) => is_open(value),
        ("in" | "not_in", Value::Array(values)) => values.iter().all(is_open),
        ("starts_with", Value::String(text)) => text.ends_with('/') && is_open(value),
        _ => false,
    }
}

/// A word or a slug, and not a token: those mix capitals, small letters and digits.
fn is_of_a_page(part: &str) -> bool {
    let has = |is: fn(&u8) -> bool| part.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    part.len() <= MAX_CHARACTERS
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
        && part.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
        && !is_mixed
}

/// Whether the name of a field reads like one, and not like somebody's address or number.
pub(super) fn is_name(text: &str) -> bool {
    let text = text.trim_start_matches('$');
    !text.is_empty()
        && text.len() <= MAX_CHARACTERS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.: ".contains(&byte))
        && text.bytes().filter(u8::is_ascii_digit).count() <= MAX_DIGITS
}
