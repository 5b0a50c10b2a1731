//! Erasing people, and the certificates of it.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use words::{ErasureId, Timestamp, WorkspaceId};

use super::profile_id;
use crate::kernel::hexed::hex;
use crate::kernel::{Actor, App, PageQuery, Problem, ProblemBody, Vault, encode_cursor};
use crate::privacy::{EraseError, EraseReason, EraseWanted, Erasure, State as ErasureState};
use crate::privacy::{erase_person, find_erasure, list_erasures};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EraseQuery {
    /// Why: `request` (of the person, the default), `retention` or `other`.
    #[param(pattern = "^(request|retention|other)$")]
    reason: Option<String>,
    /// Puts his addresses on the suppression list of every channel, whatever he had said.
    never_contact: Option<bool>,
}

/// The certificate of an erasure. It tells nothing of who the person was.
#[derive(Serialize, ToSchema)]
pub struct CertificateAnswer {
    #[schema(example = "ers_01m823qsekew3re1r70w3ge1r7")]
    pub id: String,
    /// The place among the shop's erasures.
    pub number: i64,
    /// `begun`: nobody finds him any more, and what is left is being deleted. `done`: nothing is left.
    pub state: String,
    /// `request`, `retention` or `other`.
    pub reason: String,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// `usr_…` or `key_…`.
    pub asked_by: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub done_at: Option<Timestamp>,
    /// The ids that his profiles had.
    pub profiles: Vec<String>,
    pub erased: ErasedAnswer,
    /// Addresses on the suppression list, as keyed hashes, so that nobody writes to them again.
    pub suppressed: u64,
    /// Backups made before the erasure may hold him until then; a restored one is erased again before it is read.
    #[schema(value_type = String, format = DateTime)]
    pub backups_until: Timestamp,
    /// Proves the certificate: only who has the key file can make it. None before it is done.
    pub code: Option<String>,
    /// Whether the code is right for what stands here.
    pub is_genuine: bool,
}

/// What was deleted, by kind.
#[derive(Serialize, ToSchema)]
pub struct ErasedAnswer {
    pub events: u64,
    pub profiles: u64,
    pub identifiers: u64,
    pub orders: u64,
    pub order_lines: u64,
    pub merges: u64,
    pub conflicts: u64,
    pub memberships: u64,
    pub dead_letters: u64,
    pub rejects: u64,
    pub kept_answers: u64,
}

#[derive(Serialize, ToSchema)]
pub struct ErasurePage {
    pub data: Vec<CertificateAnswer>,
    pub next: Option<String>,
}

impl CertificateAnswer {
    fn of(erasure: &Erasure, vault: &Vault, workspace: WorkspaceId) -> Self {
        let erased = &erasure.counts.erased;
        let is_genuine = erasure.is_genuine(vault, workspace);
        Self {
            id: erasure.id.to_string(),
            number: erasure.no,
            state: erasure.state.code().to_owned(),
            reason: erasure.reason.code().to_owned(),
            asked_at: erasure.asked_at,
            asked_by: erasure.asked_by.clone(),
            done_at: erasure.done_at,
            profiles: erasure.profiles.iter().map(ToString::to_string).collect(),
            erased: ErasedAnswer {
                events: erased.events,
                profiles: erased.profiles,
                identifiers: erased.identifiers,
                orders: erased.orders,
                order_lines: erased.order_lines,
                merges: erased.merges,
                conflicts: erased.conflicts,
                memberships: erased.memberships,
                dead_letters: erased.dead_letters,
                rejects: erased.rejects,
                kept_answers: erased.kept_answers,
            },
            suppressed: erasure.counts.suppressed,
            backups_until: erasure.backups_until(),
            code: (erasure.state == ErasureState::Done).then(|| hex(&erasure.code)),
            is_genuine,
        }
    }
}

/// Erases the whole person for good, all merged profiles with him, and answers with the certificate.
///
/// It cannot be undone. When it takes longer than 20 s the answer is 202 with the state `begun`: nobody finds him any more,
/// and the certificate is at `/api/v1/erasures/{id}`. The same id again answers the same certificate.
#[utoipa::path(
    delete,
    path = "/api/v1/profiles/{id}",
    tag = "profiles",
    params(("id" = String, Path, description = "prf_…"), EraseQuery),
    responses(
        (status = 200, body = CertificateAnswer),
        (status = 202, body = CertificateAnswer, description = "Begun: what is left of him is being deleted"),
        (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody),
    ),
)]
pub async fn erase(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Query(query): Query<EraseQuery>,
) -> Result<Response, Problem> {
    let id = profile_id(&id)?;
    let reason = EraseReason::from_code(query.reason.as_deref().unwrap_or("request"))
        .ok_or_else(|| Problem::bad_request("bad_reason", "the reason is request, retention or other"))?;
    let wanted = EraseWanted { reason, never_contact: query.never_contact.unwrap_or_default() };
    let erasure = erase_person(&app, &actor, id, wanted).await.map_err(erase_problem)?;
    let status = if erasure.state == ErasureState::Done { StatusCode::OK } else { StatusCode::ACCEPTED };
    let answer = CertificateAnswer::of(&erasure, &app.settings.vault, actor.workspace);
    Ok((status, Json(answer)).into_response())
}

/// Every erasure of the shop, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/erasures",
    tag = "profiles",
    params(PageQuery),
    responses((status = 200, body = ErasurePage), (status = 400, body = ProblemBody)),
)]
pub async fn list(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Query(page): Query<PageQuery>,
) -> Result<Json<ErasurePage>, Problem> {
    let rows = page.rows();
    let before: Option<i64> = page.place()?;
    let mut found = list_erasures(&app, actor.workspace, before.unwrap_or(i64::MAX), rows + 1).await?;
    let has_more = found.len() > rows;
    found.truncate(rows);
    let next = found.last().filter(|_| has_more).map(|last| encode_cursor(&last.no));
    let vault = &app.settings.vault;
    let data = found.iter().map(|one| CertificateAnswer::of(one, vault, actor.workspace)).collect();
    Ok(Json(ErasurePage { data, next }))
}

/// The certificate of one erasure.
#[utoipa::path(
    get,
    path = "/api/v1/erasures/{id}",
    tag = "profiles",
    params(("id" = String, Path, description = "ers_…")),
    responses((status = 200, body = CertificateAnswer), (status = 404, body = ProblemBody)),
)]
pub async fn show(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<CertificateAnswer>, Problem> {
    let not_found = || Problem::not_found("erasure");
    let id: ErasureId = id.parse().map_err(|_| not_found())?;
    let erasure = find_erasure(&app, actor.workspace, id).await?.ok_or_else(not_found)?;
    Ok(Json(CertificateAnswer::of(&erasure, &app.settings.vault, actor.workspace)))
}

/// A ledger that cannot be written is for whoever runs the server: the erasure has begun and is finished later.
pub fn erase_problem(error: EraseError) -> Problem {
    match error {
        EraseError::NotFound => Problem::not_found("profile"),
        EraseError::Ledger(error) => {
            tracing::error!(%error, "an erasure has begun, and its ledger could not be written");
            let detail = "the erasure has begun, and its ledger cannot be written; ask who runs the server";
            Problem { detail: detail.to_owned(), ..Problem::unavailable() }
        }
        EraseError::Db(error) => error.into(),
    }
}
