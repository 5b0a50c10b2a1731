//! `GET /api/v1/openapi.json`: what programs may ask, described from the handlers' own types.

use std::sync::LazyLock;

use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Described, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

use crate::desk::{people, segments};
use crate::kernel::{Access, ProblemBody, RouteTable};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, DESCRIPTION, Access::Public, describe);
}

const DESCRIPTION: &str = "/api/v1/openapi.json";

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
        people::api::erase::erase,
        people::api::erase::list,
        people::api::erase::show,
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
    modifiers(&Keys, &Refusals),
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

/// What every route may answer besides what it says itself.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut Described) {
        for (path, item) in &mut document.paths.paths {
            let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten().filter(|_| path != DESCRIPTION) {
                let takes_id = path.contains('{') || path == "/api/v1/profiles";
                for (status, description) in refusals_of(operation, takes_id) {
                    let responses = &mut operation.responses.responses;
                    responses.entry(status.to_owned()).or_insert_with(|| refusal(description).into());
                }
            }
        }
    }
}

/// Statuses and what they mean.
type Refused = (&'static str, &'static str);

fn refusals_of(operation: &Operation, takes_id: bool) -> Vec<Refused> {
    let mut refusals: Vec<Refused> = vec![
        ("400", "It cannot be read"),
        ("401", "It names no key that works"),
        ("403", "The key's scopes do not allow this"),
        ("429", "Too much; wait for Retry-After seconds"),
        ("503", "The database does not answer right now; send the same request again"),
        ("507", "The server's disk is nearly full; wait for Retry-After seconds"),
    ];
    if takes_id {
        refusals.push(("404", "There is no such thing"));
    }
    if operation.request_body.is_some() {
        refusals.push(("413", "The body is larger than this address takes"));
    }
    let has_key = |parameters: &Vec<Parameter>| parameters.iter().any(|one| one.name == "Idempotency-Key");
    if operation.parameters.as_ref().is_some_and(has_key) {
        refusals.push(("409", "The request with this Idempotency-Key is still running"));
        refusals.push(("422", "This Idempotency-Key was used for another request"));
    }
    refusals
}

fn refusal(description: &str) -> utoipa::openapi::Response {
    let body = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    ResponseBuilder::new().description(description).content("application/json", body).build()
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
        (status = 503, description = "Not now; wait for Retry-After seconds", body = ProblemBody),
        (status = 507, description = "The server's disk is nearly full; wait for Retry-After seconds", body = ProblemBody),
    ),
    security(("ingest_key" = []), ("api_key" = [])),
)]
#[expect(dead_code, reason = "carries the description of a route whose handler reads the body by hand")]
fn track() {}
