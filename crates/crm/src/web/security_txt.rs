//! `/.well-known/security.txt` (RFC 9116): where somebody who found a weakness reports it.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use words::Span;

use crate::kernel::{App, Problem};

/// The RFC asks for less than a year; it is always as far away, because the settings are what is true now.
const EXPIRES_AFTER: Span = Span::from_days(180);

pub(super) async fn show(State(app): State<App>) -> Response {
    let Some(contact) = &app.settings.security_contact else {
        return Problem::not_found("file: the administrator set no security_contact").into_response();
    };
    let expires = app.now().plus(EXPIRES_AFTER);
    let url = &app.settings.public_url;
    let text = format!(
        "Contact: {contact}\nExpires: {expires}\nPreferred-Languages: en, fr\nCanonical: {url}/.well-known/security.txt\n"
    );
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
