//! The routes of the tracking API and of the browser SDK.

use std::io::Write;
use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use engine::calls::Call;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::value::RawValue;
use words::Timestamp;

use super::body::{BodyError, Calls, body_text, read_calls};
use super::call::{Refused, Surroundings, call_named, parse_call};
use super::health::SAMPLE_CHARACTERS;
use super::limits::MAX_EVENT_BYTES;
use super::model::{Reject, SourceDay};
use super::sender::Sender;
use super::store;
use crate::kernel::{Access, App, Problem, RateClass, RouteTable, parse_strict, random_bytes};
use crate::stream::{Group, Incoming, Remembered, StreamError};
use crate::workspaces::ClientAddress;

const SDK: &str = include_str!("../../../../sdk/dist/entente.min.js");
const BANNER: &str = include_str!("../../../../sdk/dist/entente-banner.min.js");

pub fn routes(table: &mut RouteTable) {
    table.add(Method::POST, "/v1/{call}", Access::Ingest, track);
    table.add(Method::OPTIONS, "/v1/{call}", Access::Ingest, preflight);
    // Jitsu's client library keeps the Segment calls under this path.
    table.add(Method::POST, "/api/s/{call}", Access::Ingest, track);
    table.add(Method::OPTIONS, "/api/s/{call}", Access::Ingest, preflight);
    table.add(Method::GET, "/sdk.js", Access::Public, sdk);
    table.add(Method::GET, "/sdk-banner.js", Access::Public, banner);
}

/// The answer of the tracking API.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Answer {
    pub success: bool,
    /// Events of a batch that were refused; the others are applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Rejected {
    pub index: usize,
    pub code: &'static str,
    pub detail: String,
}

/// What a call path means: one call, or many.
enum Endpoint {
    Batch,
    One(Call),
}

async fn track(
    State(app): State<App>,
    Path(path): Path<String>,
    peer: Option<Extension<ClientAddress>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let peer = peer.map_or(ClientAddress(None), |Extension(peer)| peer);
    let origin = headers.get(header::ORIGIN).cloned();
    match accept(&app, &path, peer, &headers, &body).await {
        Ok((sender, answer)) => with_cors((StatusCode::OK, Json(answer)).into_response(), origin.as_ref(), &sender),
        Err((sender, problem)) => match sender {
            Some(sender) => with_cors(problem.into_response(), origin.as_ref(), &sender),
            None => problem.into_response(),
        },
    }
}

/// The key of a request: HTTP Basic user name, `X-Write-Key`, `writeKey` of the body, or a bearer token.
fn key_of(headers: &HeaderMap, in_body: Option<&str>) -> Option<String> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let basic = authorization.and_then(|text| text.strip_prefix("Basic ")).and_then(basic_user);
    let bearer = || authorization.and_then(|text| text.strip_prefix("Bearer ")).map(str::to_owned);
    let header = || headers.get("x-write-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let key = basic.or_else(bearer).or_else(header).or_else(|| in_body.map(str::to_owned));
    key.filter(|key| !key.is_empty())
}

fn basic_user(encoded: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    Some(decoded.split_once(':').map_or(decoded.clone(), |(user, _)| user.to_owned()))
}

type Failure = (Option<Arc<Sender>>, Problem);

async fn accept(
    app: &App,
    path: &str,
    peer: ClientAddress,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Arc<Sender>, Answer), Failure> {
    let endpoint = match (path, call_named(path)) {
        ("batch" | "import", _) => Endpoint::Batch,
        (_, Some(call)) => Endpoint::One(call),
        _ => return Err((None, Problem::not_found("call"))),
    };
    let text = body_text(body).map_err(|error| (None, body_problem(&error)))?;
    let calls = read_calls(&text, matches!(endpoint, Endpoint::Batch)).map_err(|error| (None, body_problem(&error)))?;
    let key = key_of(headers, calls.write_key.as_deref());
    let key = key.ok_or_else(|| (None, Problem::unauthorized("the request names no key")))?;
    let sender = app.senders.find(app, &key).await.map_err(|problem| (None, problem))?;
    let failed = |problem: Problem| (Some(Arc::clone(&sender)), problem);
    check_origin(app, &sender, headers).map_err(|problem| (None, problem))?;
    if !peer.is_this_machine() {
        let taken = app.throttle.take(RateClass::Events, &peer.network(), calls.items.len(), app.now());
        taken.map_err(|seconds| {
            failed(Problem::too_many(
                "too many events from this network; wait and send the same request again",
                seconds,
            ))
        })?;
    }
    let has_browser = headers.contains_key(header::ORIGIN);
    let (events, rejected) = parse_all(app, &sender, &calls, &endpoint, peer, has_browser);
    if let (Endpoint::One(_), Some(refused)) = (&endpoint, rejected.first()) {
        let status = if refused.code == "too_large" { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        return Err(failed(Problem::new(status, refused.code, refused.detail.clone())));
    }
    submit(app, &sender, events, rejected.len()).await.map_err(failed)?;
    Ok((Arc::clone(&sender), Answer { success: true, rejected }))
}

fn body_problem(error: &BodyError) -> Problem {
    let (status, code) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        BodyError::TooManyEvents => (StatusCode::PAYLOAD_TOO_LARGE, "too_many_events"),
        BodyError::Bomb => (StatusCode::PAYLOAD_TOO_LARGE, "compressed_too_much"),
        BodyError::BadGzip => (StatusCode::BAD_REQUEST, "bad_gzip"),
        BodyError::NotText => (StatusCode::BAD_REQUEST, "not_utf8"),
        BodyError::NotJson(_) => (StatusCode::BAD_REQUEST, "not_json"),
    };
    Problem::new(status, code, error.to_string())
}

fn parse_all(
    app: &App,
    sender: &Sender,
    calls: &Calls<'_>,
    endpoint: &Endpoint,
    peer: ClientAddress,
    has_browser: bool,
) -> (Vec<Incoming>, Vec<Rejected>) {
    let chance = app.chance.clone();
    let fresh_id = move || {
        let bytes: [u8; 16] = random_bytes(&chance);
        format!("entente-{}", uuid::Uuid::from_bytes(bytes).simple())
    };
    let around = Surroundings {
        received_at: app.now(),
        sent_at: calls.sent_at.as_deref().and_then(|text| Timestamp::parse_rfc3339(text).ok()),
        country: sender.country,
        kinds: &sender.kinds,
        peer,
        has_browser,
        fresh_id: &fresh_id,
    };
    let called = match endpoint {
        Endpoint::Batch => None,
        Endpoint::One(call) => Some(*call),
    };
    let (mut events, mut rejected) = (Vec::with_capacity(calls.items.len()), Vec::new());
    for (index, raw) in calls.items.iter().enumerate() {
        match parse_one(raw, calls.context, called, &around) {
            Ok(incoming) => events.push(incoming),
            Err(refused) => {
                note_reject(app, sender, &refused, raw, around.received_at);
                rejected.push(Rejected { index, code: refused.code, detail: refused.detail });
            }
        }
    }
    (events, rejected)
}

fn parse_one(
    raw: &RawValue,
    shared_context: Option<&RawValue>,
    called: Option<Call>,
    around: &Surroundings<'_>,
) -> Result<Incoming, Refused> {
    if raw.get().len() > MAX_EVENT_BYTES {
        return Err(Refused { code: "too_large", detail: format!("an event holds at most {MAX_EVENT_BYTES} bytes") });
    }
    let strict =
        |text: &str| parse_strict(text).map_err(|error| Refused { code: "bad_json", detail: error.to_string() });
    let mut value = strict(raw.get())?;
    if let (Some(shared), Some(fields)) = (shared_context, value.as_object_mut())
        && !fields.contains_key("context")
    {
        fields.insert("context".to_owned(), strict(shared.get())?);
    }
    parse_call(value, called, around)
}

fn note_reject(app: &App, sender: &Sender, refused: &Refused, raw: &RawValue, at: Timestamp) {
    let sample = raw.get().chars().take(SAMPLE_CHARACTERS).collect::<String>();
    let reject = Reject {
        at,
        code: refused.code.to_owned(),
        detail: refused.detail.chars().take(SAMPLE_CHARACTERS).collect(),
        sample: words::clean_text(&sample).into_owned(),
    };
    app.health.add_reject(sender.workspace, sender.source_no, reject);
}

async fn submit(app: &App, sender: &Sender, events: Vec<Incoming>, rejected: usize) -> Result<(), Problem> {
    let mut day = SourceDay {
        rejected: rejected as i64,
        bots: events.iter().filter(|event| event.is_bot).count() as i64,
        last_at: app.now().as_millis(),
        ..SourceDay::default()
    };
    if !events.is_empty() {
        let group = Group {
            workspace: sender.workspace,
            source_no: sender.source_no,
            trust: sender.trust,
            remembered: Remembered::AsPromised,
            events,
        };
        let receipt = app.stream.submit(group).await.map_err(|error| match error {
            StreamError::Busy => Problem::too_many(error.to_string(), 1),
            StreamError::Full => Problem::full(),
            StreamError::Stopped | StreamError::Unavailable => Problem::unavailable(),
        })?;
        day.accepted = receipt.accepted as i64;
        day.repeated = receipt.repeated as i64;
    }
    app.health.add(sender.workspace, sender.source_no, &day);
    Ok(())
}

/// A browser sends from a page, and only the pages of the listed origins may.
fn check_origin(app: &App, sender: &Sender, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or("null").to_lowercase();
    if sender.origins.contains(&origin) {
        return Ok(());
    }
    let detail = format!("pages of {origin} may not send to this source; add the origin on the page Sources");
    let reject = Reject { at: app.now(), code: "origin_not_listed".to_owned(), detail: detail.clone(), sample: origin };
    app.health.add_reject(sender.workspace, sender.source_no, reject);
    Err(Problem::new(StatusCode::FORBIDDEN, "origin_not_listed", detail))
}

fn with_cors(mut response: Response, origin: Option<&HeaderValue>, sender: &Sender) -> Response {
    let listed = origin.filter(|origin| {
        origin.to_str().is_ok_and(|text| sender.origins.iter().any(|listed| listed.eq_ignore_ascii_case(text)))
    });
    let headers = response.headers_mut();
    if let Some(origin) = listed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

/// A preflight names no key: it is answered for every origin that some source lists.
async fn preflight(State(app): State<App>, headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = headers.get(header::ORIGIN) else { return response };
    let text = origin.to_str().unwrap_or("null").to_lowercase();
    match app.db.read(move |tx| store::is_listed_anywhere(tx, &text)).await {
        Ok(true) => {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST"));
            answer.insert(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("authorization, content-type, content-encoding, x-write-key"),
            );
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
            response
        }
        Ok(false) => response,
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn sdk(headers: HeaderMap) -> Response {
    static COMPRESSED: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(SDK));
    script(SDK, &COMPRESSED, &headers)
}

async fn banner(headers: HeaderMap) -> Response {
    static COMPRESSED: LazyLock<Vec<u8>> = LazyLock::new(|| gzip(BANNER));
    script(BANNER, &COMPRESSED, &headers)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; an empty answer would only mean that the plain text is sent.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

/// Pages of any shop load the script, which is the same for all; an update is seen within minutes.
fn script(plain: &'static str, compressed: &'static [u8], headers: &HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let may_compress = accepted.is_some_and(|accepted| accepted.contains("gzip")) && !compressed.is_empty();
    let mut response = if may_compress { compressed.into_response() } else { plain.as_bytes().into_response() };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    answer.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    if may_compress {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
