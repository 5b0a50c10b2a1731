//! `GET /api/v1/openapi.json`: what programs may ask, described from the handlers' own types.

use std::sync::LazyLock;

use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use utoipa::openapi::OpenApi as Described;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use crate::desk::{people, segments};
use crate::kernel::{Access, ProblemBody, RouteTable};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/api/v1/openapi.json", Access::Public, get(describe));
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Entente",
        description = "People, segments and events of a shop. Lists are `{\"data\": […], \"next\": cursor|null}`; errors are `{\"code\", \"detail\"}`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        describe,
        track,
        people::api::read::list,
        people::api::read::show,
        people::api::read::timeline,
        people::api::read::segments,
        people::api::change::change,
        people::api::change::merge,
        people::api::change::unmerge,
        segments::api::list_segments,
        segments::api::create_segment,
        segments::api::preview_segment,
        segments::api::show_segment,
        segments::api::change_segment,
        segments::api::delete_segment,
        segments::api::list_members,
        segments::api::explain_segment,
    ),
    tags(
        (name = "tracking", description = "What happened, as the Segment specification says it"),
        (name = "profiles", description = "People"),
        (name = "segments", description = "Who is in which group, exact at every instant"),
    ),
    modifiers(&Keys),
    security(("api_key" = [])),
)]
struct Document;

/// How a request says who sends it.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Described) {
        let components = document.components.get_or_insert_default();
        let scheme = |kind| SecurityScheme::Http(Http::new(kind));
        components.add_security_scheme("api_key", scheme(HttpAuthScheme::Bearer));
        components.add_security_scheme("ingest_key", scheme(HttpAuthScheme::Basic));
    }
}

/// The document, the same as `GET /api/v1/openapi.json` answers.
pub fn document() -> Described {
    Document::openapi()
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    tag = "tracking",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
)]
async fn describe() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_json().unwrap_or_default());
    let mut response = TEXT.as_str().into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// One call, or a batch of calls as `{"batch": […]}`. The answer comes when the events are durable and applied.
#[utoipa::path(
    post,
    path = "/v1/{call}",
    tag = "tracking",
    params(("call" = String, Path, description = "identify, track, page, screen, group, alias or batch")),
    request_body(content = Object, description = "A call of the Segment specification, plain or as gzip"),
    responses(
        (status = 200, body = crate::intake::Answer),
        (status = 400, description = "It cannot be read", body = ProblemBody),
        (status = 401, description = "It names no key that works", body = ProblemBody),
        (status = 403, description = "The key or the origin is not allowed to send this", body = ProblemBody),
        (status = 413, description = "More than 32 KB an event, 500 KB or 500 events a batch", body = ProblemBody),
        (status = 429, description = "Too much; wait for Retry-After seconds", body = ProblemBody),
    ),
    security(("ingest_key" = []), ("api_key" = [])),
)]
#[expect(dead_code, reason = "carries the description of a route whose handler reads the body by hand")]
fn track() {}
