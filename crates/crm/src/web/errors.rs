//! What is answered when something goes wrong: a page for people, a `Problem` for programs, and never an internal.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use words::Timestamp;

use crate::kernel::{Language, Problem, Visit, next_failure};
use crate::ui::{Button, Icon, PageContext, Theme, bare_page, button_row};
use crate::workspaces::{chosen_language, chosen_theme};

/// Whether the sender reads pages: a browser on its way through the screens, not a program, not a part of a page.
pub(super) fn wants_page(headers: &HeaderMap, path: &str) -> bool {
    let accepts_html = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    // htmx follows links and sends forms in the browser's place, and accepts anything.
    let is_boosted = headers.contains_key("hx-boosted");
    let is_fragment = headers.contains_key("hx-request") && !is_boosted;
    (accepts_html || is_boosted) && !is_fragment && !path.starts_with("/api/") && !path.starts_with("/v1/")
}

pub(super) async fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
}

pub(super) async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this address does not take this method")
}

/// Turns a panic into a 500 with a number that is also in the log.
pub(super) async fn catch_panics(path: &str, answer: impl Future<Output = Response>) -> Response {
    let mut answer = pin!(answer);
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))) {
        Ok(poll) => poll,
        Err(_) => Poll::Ready(after_panic(path)),
    })
    .await
}

/// The reader of an error page, when the request comes from somebody who reads pages.
pub(super) fn page_reader(request: &Request) -> Option<Reader> {
    wants_page(request.headers(), request.uri().path()).then(|| Reader::unknown(request))
}

/// Shows errors to people as pages in their language. Programs get what the handler said.
pub(super) fn show_as_page(stranger: Option<Reader>, mut response: Response) -> Response {
    let known = response.extensions_mut().remove::<Reader>();
    let Some(stranger) = stranger else { return as_problem(response) };
    if is_page(&response) || !is_error(response.status()) {
        return response;
    }
    let page = error_page(known.unwrap_or(stranger), response.status());
    with_body_of(response, page.into_response())
}

/// Who looks at an error page. The guard puts it into the answers of members.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    language: Language,
    theme: Theme,
}

impl Reader {
    pub(super) fn of(visit: &Visit) -> Self {
        Self { language: visit.language, theme: Theme::from_code(&visit.theme).unwrap_or_default() }
    }

    fn unknown(request: &Request) -> Self {
        Self { language: chosen_language(request.headers()), theme: chosen_theme(request.headers()) }
    }
}

fn error_page(reader: Reader, status: StatusCode) -> Markup {
    let mut context = PageContext::new(reader.language, Timestamp::UNIX_EPOCH);
    context.theme = reader.theme;
    let kind = match status {
        StatusCode::UNAUTHORIZED => "sign-in",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE => "not-found",
        StatusCode::CONFLICT => "conflict",
        StatusCode::PAYLOAD_TOO_LARGE => "too-large",
        StatusCode::TOO_MANY_REQUESTS => "too-many",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_server_error() => "internal",
        _ => "bad-request",
    };
    let way_out = match kind {
        "sign-in" => Button::primary(context.t("error-to-sign-in")).link("/sign-in").icon(Icon::LogIn),
        _ => Button::primary(context.t("error-to-home")).link("/").icon(Icon::House),
    };
    let body = html! {
        p { (context.t(&format!("error-{kind}-text"))) }
        (button_row(&[way_out]))
    };
    bare_page(&context, &context.t(&format!("error-{kind}-title")), &body)
}

/// Refusals of the framework itself (a form that cannot be read) are plain text; programs always get a `Problem`.
fn as_problem(response: Response) -> Response {
    let is_plain = content_type(&response).is_none_or(|kind| kind.starts_with("text/plain"));
    if !is_plain || !response.status().is_client_error() {
        return response;
    }
    let (code, detail) = match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ("too_large", "the body is larger than this address takes"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_type", "this address does not take this type of body"),
        StatusCode::NOT_FOUND => ("not_found", "there is nothing at this address"),
        _ => ("bad_request", "the request cannot be read; check its fields against the documentation"),
    };
    let problem = Problem::new(response.status(), code, detail);
    with_body_of(response, problem.into_response())
}

/// The status and headers of one answer with the body of another.
fn with_body_of(said: Response, shown: Response) -> Response {
    let (mut said, _) = said.into_parts();
    let (shown, body) = shown.into_parts();
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        said.headers.remove(&name);
        if let Some(value) = shown.headers.get(&name) {
            said.headers.insert(name, value.clone());
        }
    }
    Response::from_parts(said, body)
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn is_page(response: &Response) -> bool {
    content_type(response).is_some_and(|kind| kind.starts_with("text/html"))
}

fn content_type(response: &Response) -> Option<&str> {
    response.headers().get(header::CONTENT_TYPE).map(HeaderValue::to_str)?.ok()
}

fn after_panic(path: &str) -> Response {
    let number = next_failure();
    tracing::error!(number, path, "a request handler panicked");
    let detail = format!("something failed on our side; the log of the server has it as failure {number}");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::{Next, from_fn};
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn answer_to(accept: &'static str) -> (StatusCode, String) {
        let broken = || async {
            if accept.is_empty() {
                return "never";
            }
            panic!("a secret of the inside")
        };
        let frame = async |request: Request, next: Next| {
            let reader = page_reader(&request);
            show_as_page(reader, catch_panics("/broken", next.run(request)).await)
        };
        let router = Router::new().route("/broken", get(broken)).layer(from_fn(frame));
        let request = Request::builder().uri("/broken").header("accept", accept).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_a_number_and_nothing_of_the_inside() {
        let (status, body) = answer_to("application/json").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("\"code\":\"internal\"") && body.contains("as failure "), "{body}");
        assert!(!body.contains("secret"), "{body}");
        let (status, page) = answer_to("text/html").await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(page.contains("Something went wrong on our side") && !page.contains("secret"), "{page}");
    }

    #[test]
    fn programs_parts_of_pages_and_the_api_get_no_pages() {
        let check = |path: &str, lines: &[(&'static str, &'static str)], expected: bool| {
            let headers: HeaderMap = lines
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(wants_page(&headers, path), expected, "{path} {lines:?}");
        };
        let html = ("accept", "text/html,*/*;q=0.8");
        check("/people", &[html], true);
        check("/people", &[("accept", "*/*")], false);
        check("/people", &[html, ("hx-request", "true")], false);
        check("/people", &[html, ("hx-request", "true"), ("hx-boosted", "true")], true);
        check("/api/v1/profiles", &[html], false);
        check("/v1/track", &[html], false);
    }
}
