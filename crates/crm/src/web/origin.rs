//! Whether a request that changes something was sent by one of our own pages (OWASP: verifying origin; Fetch Metadata).
//!
//! Browsers say with every such request where it comes from, and no page can make them lie. A request that does not say
//! is refused: no cookie may be used by a stranger's form.

use axum::http::{HeaderMap, Method, header};

/// Why a request is not taken for one of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// Another site sent it, or nobody says who did.
    Elsewhere,
    /// A body that a form of another site could send without asking first.
    BodyType,
}

/// Whether a method may change something.
pub(super) fn is_changing(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Checks a request that changes something against the public address of this installation.
pub(super) fn check_origin(headers: &HeaderMap, public_url: &str) -> Result<(), Stranger> {
    if let Some(site) = text(headers, "sec-fetch-site")
        && !matches!(site, "same-origin" | "none")
    {
        return Err(Stranger::Elsewhere);
    }
    let origin = text(headers, header::ORIGIN.as_str()).ok_or(Stranger::Elsewhere)?;
    if !is_own(origin, text(headers, header::HOST.as_str()), public_url) {
        return Err(Stranger::Elsewhere);
    }
    check_body_type(headers)
}

/// The public address, or the same machine: who opens `localhost` instead of `127.0.0.1` is at home too. A name that
/// only resolves to this machine (DNS rebinding) is not.
fn is_own(origin: &str, host: Option<&str>, public_url: &str) -> bool {
    if origin.eq_ignore_ascii_case(public_url) {
        return true;
    }
    let Some(authority) = origin.strip_prefix("http://") else { return false };
    let name = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(authority, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]") && host == Some(authority)
}

/// `text/plain` is what another site's form can send with anything in it; ours never send it.
fn check_body_type(headers: &HeaderMap) -> Result<(), Stranger> {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        let is_empty = text(headers, header::CONTENT_LENGTH.as_str()).is_none_or(|length| length == "0");
        let is_chunked = headers.contains_key(header::TRANSFER_ENCODING);
        return if is_empty && !is_chunked { Ok(()) } else { Err(Stranger::BodyType) };
    };
    let essence = content_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let allowed = ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"];
    if allowed.iter().any(|known| essence.eq_ignore_ascii_case(known)) { Ok(()) } else { Err(Stranger::BodyType) }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn check(lines: &[(&'static str, &'static str)], expected: Result<(), Stranger>) {
        let headers: HeaderMap = lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        assert_eq!(check_origin(&headers, "https://crm.example.com"), expected, "{lines:?}");
    }

    #[test]
    fn our_own_pages_may_change_things() {
        check(&[("origin", "https://crm.example.com")], Ok(()));
        check(&[("origin", "https://crm.example.com"), ("sec-fetch-site", "same-origin")], Ok(()));
        check(&[("origin", "http://localhost:8080"), ("host", "localhost:8080")], Ok(()));
        check(&[("origin", "http://[::1]:8080"), ("host", "[::1]:8080")], Ok(()));
    }

    #[test]
    fn strangers_and_the_silent_may_not() {
        for lines in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://crm.example.com.evil.example")],
            &[("origin", "https://crm.example.com:444")],
            &[("origin", "http://crm.example.com")],
            &[("origin", "https://crm.example.com"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://crm.example.com"), ("sec-fetch-site", "same-site")],
            &[("origin", "http://localhost:8080"), ("host", "localhost:9090")],
            &[("origin", "http://rebound.example:8080"), ("host", "rebound.example:8080")],
            &[("origin", "https://localhost:8080"), ("host", "localhost:8080")],
        ] {
            check(lines, Err(Stranger::Elsewhere));
        }
    }

    #[test]
    fn a_body_is_a_form_or_json_and_never_plain_text() {
        let own = ("origin", "https://crm.example.com");
        check(&[own, ("content-type", "application/x-www-form-urlencoded")], Ok(()));
        check(&[own, ("content-type", "multipart/form-data; boundary=x")], Ok(()));
        check(&[own, ("content-type", "application/json; charset=utf-8")], Ok(()));
        check(&[own, ("content-length", "0")], Ok(()));
        check(&[own, ("content-type", "text/plain")], Err(Stranger::BodyType));
        check(&[own, ("content-length", "4")], Err(Stranger::BodyType));
    }
}
