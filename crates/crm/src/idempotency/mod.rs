//! `Idempotency-Key`: a creation that is sent twice happens once.
//!
//! The first request with a key runs and its answer is kept for a day; the same request again is given that answer, a
//! different one under the same key is refused. Two at once: the second is told that the first still runs.

mod store;

use std::future::Future;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use db::{DbError, Tx};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use words::{Span, WorkspaceId};

use crate::kernel::{Actor, App, Problem};

/// How long an answer is kept.
pub const KEPT_FOR: Span = Span::from_days(1);
/// A run without an answer after this long belongs to a process that has ended.
const ABANDONED_AFTER: Span = Span::from_millis(60_000);
/// Keys are short random words; a longer one is a mistake.
const MAX_KEY_BYTES: usize = 255;
/// One of so many beginnings also forgets what is out of date.
const FORGET_EVERY: u8 = 64;

/// What OpenAPI tells of the header, the same for every route that heeds it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it describes; `key_of` reads the header")]
pub struct KeyHeader {
    /// The same key and body do the same thing once, within a day.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    key: Option<String>,
}

/// A place behind which kept answers are looked through: key and route.
pub type AnswerPlace = (String, String);

/// Answers looked through in one transaction.
const ANSWERS_A_STEP: usize = 500;

/// Forgets those of the next kept answers that name one of these ids, in the address or in what was answered; tells how
/// many, and where to go on.
pub fn forget_answers_about(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    ids: &[String],
    after: &AnswerPlace,
) -> Result<(usize, Option<AnswerPlace>), DbError> {
    let answers = store::answers_after(tx, workspace, (&after.0, &after.1), ANSWERS_A_STEP)?;
    let next = answers.last().map(|(key, route, _)| (key.clone(), route.clone()));
    let mut forgotten = 0;
    for (key, route, answer) in answers {
        if ids.iter().any(|id| route.contains(id) || answer.contains(id)) {
            store::forget_one(tx, workspace, (&key, &route))?;
            forgotten += 1;
        }
    }
    Ok((forgotten, next))
}

/// The request that a key stands for.
pub struct Request<'r> {
    /// The address, ids included: a key belongs to one thing to do.
    pub route: &'r str,
    pub headers: &'r HeaderMap,
    pub body: &'r [u8],
}

/// What is known of a key.
pub(crate) enum Known {
    Nothing,
    Running,
    Answered { status: i64, answer: String },
    OtherRequest,
}

/// Runs `make` unless its key has been answered; without a key it always runs.
pub async fn once<F>(app: &App, actor: &Actor, request: Request<'_>, make: F) -> Response
where
    F: Future<Output = Result<Response, Problem>>,
{
    let key = match key_of(request.headers) {
        Ok(None) => return make.await.into_response(),
        Ok(Some(key)) => key,
        Err(problem) => return problem.into_response(),
    };
    let run = Run { app, actor, key, route: request.route.to_owned() };
    match run.begin(request.body).await {
        Ok(Known::Nothing) => run.finish(make.await.into_response()).await,
        Ok(Known::Running) => {
            let detail = "the request with this Idempotency-Key is still running; send it again in a moment";
            Problem::conflict("still_running", detail).into_response()
        }
        Ok(Known::Answered { status, answer }) => answered(status, answer),
        Ok(Known::OtherRequest) => {
            let detail = "this Idempotency-Key was used for another request; take a new one";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

struct Run<'r> {
    app: &'r App,
    actor: &'r Actor,
    key: String,
    route: String,
}

impl Run<'_> {
    async fn begin(&self, body: &[u8]) -> Result<Known, Problem> {
        let (workspace, now) = (self.actor.workspace, self.app.now());
        let (key, route, digest) = (self.key.clone(), self.route.clone(), Sha256::digest(body).to_vec());
        let forgets = self.app.id_bytes()[0].is_multiple_of(FORGET_EVERY);
        let known = self.app.db.write(move |tx| {
            if forgets {
                store::forget(tx, workspace, now.minus(KEPT_FOR))?;
            }
            let known = store::known(tx, workspace, (&key, &route), &digest, now)?;
            let is_free = matches!(known, Known::Nothing);
            let is_taken = is_free && store::begin(tx, workspace, (&key, &route), &digest, now)?;
            Ok::<_, DbError>(if is_free && !is_taken { Known::Running } else { known })
        });
        Ok(known.await?)
    }

    /// Keeps the answer; a failure on our side is forgotten, so that the request may be sent again.
    async fn finish(self, response: Response) -> Response {
        let (parts, body) = response.into_parts();
        let bytes = match axum::body::to_bytes(body, usize::MAX).await {
            Ok(bytes) => bytes,
            Err(_) => Bytes::new(),
        };
        let status = i64::from(parts.status.as_u16());
        let answer = (!parts.status.is_server_error()).then(|| String::from_utf8_lossy(&bytes).into_owned());
        let (workspace, key, route) = (self.actor.workspace, self.key, self.route);
        let kept = self.app.db.write(move |tx| match answer {
            Some(answer) => store::answer(tx, workspace, (&key, &route), status, &answer),
            None => store::forget_one(tx, workspace, (&key, &route)),
        });
        if let Err(error) = kept.await {
            tracing::error!(%error, "an answer could not be kept under its idempotency key");
        }
        Response::from_parts(parts, Body::from(bytes))
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|key| !key.is_empty() && key.len() <= MAX_KEY_BYTES);
    let detail = "Idempotency-Key is 1 to 255 visible characters";
    key.map(|key| Some(key.to_owned())).ok_or_else(|| Problem::bad_request("bad_idempotency_key", detail))
}

fn answered(status: i64, answer: String) -> Response {
    let status = u16::try_from(status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), answer).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}
