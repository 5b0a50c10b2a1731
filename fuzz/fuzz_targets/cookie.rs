//! The header `Cookie`, which a client writes as it likes, and the languages that it prefers.
#![no_main]

use axum::http::{HeaderMap, HeaderValue, header};
use crm::workspaces::{chosen_language, chosen_theme};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: (Vec<u8>, Vec<u8>, Vec<u8>)| {
    let mut headers = HeaderMap::new();
    for (name, line) in [(header::COOKIE, lines.0), (header::COOKIE, lines.1), (header::ACCEPT_LANGUAGE, lines.2)] {
        if let Ok(value) = HeaderValue::from_bytes(&line) {
            headers.append(name, value);
        }
    }
    assert!(["fr", "en"].contains(&chosen_language(&headers).code()));
    let _ = chosen_theme(&headers).code();
});
