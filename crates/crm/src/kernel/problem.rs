//! What a caller is told when something is refused: a status, a stable code and a sentence.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

/// Room comes back when a person makes it.
const RETRY_WHEN_FULL_S: u32 = 10;

/// An error at the HTTP border. `detail` is a sentence for a person and never holds internals.
#[derive(Clone, Debug, Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    pub status: StatusCode,
    pub code: &'static str,
    pub detail: String,
    pub retry_after_s: Option<u32>,
}

/// The body of every error of `/api/v1` and of the tracking API.
#[derive(Serialize, ToSchema)]
pub struct ProblemBody {
    /// Stable, for programs.
    pub code: String,
    /// A sentence, for people.
    pub detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), retry_after_s: None }
    }

    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    pub fn too_many(detail: impl Into<String>, retry_after_s: u32) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail);
        Self { retry_after_s: Some(retry_after_s), ..problem }
    }

    /// 507 (RFC 4918, section 11.5), which client libraries take as a reason to send the same again later.
    pub fn full() -> Self {
        let problem = Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "disk_full",
            "the server's disk is nearly full; send the same request again later",
        );
        Self { retry_after_s: Some(RETRY_WHEN_FULL_S), ..problem }
    }

    /// A balancer that asks `/readyz` sends nobody here any more.
    pub fn leaving() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "leaving", "this server is about to end; ask another one")
    }

    pub fn unavailable() -> Self {
        let problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "the database does not answer right now; send the same request again",
        );
        Self { retry_after_s: Some(1), ..problem }
    }
}

/// A database error is logged once, here, and never shown.
impl From<db::DbError> for Problem {
    fn from(error: db::DbError) -> Self {
        let number = next_failure();
        tracing::error!(number, %error, "a request failed on the database");
        let unavailable = if matches!(error, db::DbError::Full { .. }) { Self::full() } else { Self::unavailable() };
        let detail = format!("{}; the log of the server has it as failure {number}", unavailable.detail);
        Self { detail, ..unavailable }
    }
}

/// Numbers the failures since the start: enough to find one in the log.
pub fn next_failure() -> u64 {
    static FAILURES: AtomicU64 = AtomicU64::new(1);
    FAILURES.fetch_add(1, Ordering::Relaxed)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = ProblemBody { code: self.code.to_owned(), detail: self.detail };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A stored value that cannot be read: the row is damaged or was written by a newer version.
pub fn corrupt(error: impl std::fmt::Display) -> db::DbError {
    db::DbError::Type { column: "a stored document".to_owned(), wanted: "readable contents", found: error.to_string() }
}
