//! Changing people: traits, merging, parting.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use words::{MergeId, ProfileId};

use super::super::edit::{EditError, change_traits};
use super::super::sheet::numbers_of_person;
use super::answers::{MergeAnswer, MergeRequest, ProfileAnswer, TraitsRequest, UnmergeRequest};
use super::profile_id;
use super::read::read_profile;
use crate::idempotency::{self, KeyHeader, Request};
use crate::kernel::{Actor, App, Problem, ProblemBody, read_json};
use crate::profiles::{Merge, store};
use crate::stream::{MergeError, StreamError, merge_people, undo_merge};

/// Sets traits; null unsets one. Identifiers among them (`email`, `phone` …) are linked as by an `identify` call.
#[utoipa::path(
    patch,
    path = "/api/v1/profiles/{id}",
    tag = "profiles",
    params(("id" = String, Path, description = "prf_…")),
    request_body = TraitsRequest,
    responses(
        (status = 200, body = ProfileAnswer),
        (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody),
    ),
)]
pub async fn change(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<ProfileAnswer>, Problem> {
    let id = profile_id(&id)?;
    let request: TraitsRequest = read_json(&body)?;
    change_traits(&app, &actor, id, request.traits).await.map_err(edit_problem)?;
    Ok(Json(read_profile(&app, &actor, id).await?))
}

/// Merges this person into another, who remains. Answers the merge by which it can be undone at any time.
#[utoipa::path(
    post,
    path = "/api/v1/profiles/{id}/merge",
    tag = "profiles",
    params(
        ("id" = String, Path, description = "prf_…"),
        KeyHeader,
    ),
    request_body = MergeRequest,
    responses(
        (status = 200, body = MergeAnswer),
        (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    ),
)]
pub async fn merge(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let route = format!("POST /api/v1/profiles/{id}/merge");
    let request = Request { route: &route, headers: &headers, body: &body };
    let run = async {
        let from = profile_id(&id)?;
        let wanted: MergeRequest = read_json(&body)?;
        let into = profile_id(&wanted.into)?;
        let merge = merge_people(&app, &actor, from, into).await.map_err(merge_problem)?;
        answer(&app, &actor, merge, into).await
    };
    idempotency::once(&app, &actor, request, run).await
}

/// Undoes a merge; both people are then what their own events say.
#[utoipa::path(
    post,
    path = "/api/v1/profiles/{id}/unmerge",
    tag = "profiles",
    params(
        ("id" = String, Path, description = "prf_…"),
        KeyHeader,
    ),
    request_body = Option<UnmergeRequest>,
    responses(
        (status = 200, body = MergeAnswer),
        (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    ),
)]
pub async fn unmerge(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let route = format!("POST /api/v1/profiles/{id}/unmerge");
    let request = Request { route: &route, headers: &headers, body: &body };
    let run = async {
        let id = profile_id(&id)?;
        let wanted: Option<UnmergeRequest> = if body.trim_ascii().is_empty() { None } else { read_json(&body)? };
        let wanted = wanted.unwrap_or_default();
        let merge = merge_of(&app, &actor, id, wanted.merge.as_deref()).await?;
        undo_merge(&app, &actor, merge).await.map_err(merge_problem)?;
        answer(&app, &actor, merge, id).await
    };
    idempotency::once(&app, &actor, request, run).await
}

/// The named merge, if this person took part in it; else the newest in force of this profile, or of his person.
async fn merge_of(app: &App, actor: &Actor, id: ProfileId, named: Option<&str>) -> Result<MergeId, Problem> {
    let named: Option<MergeId> = match named {
        Some(text) => Some(text.parse().map_err(|_| Problem::not_found("merge of this profile"))?),
        None => None,
    };
    let workspace = actor.workspace;
    app.db
        .read(move |tx| {
            let not_found = || Problem::not_found("profile");
            let profile = store::profile_by_id(tx, workspace, id)?.ok_or_else(not_found)?;
            let numbers = match (named, profile.merged_into) {
                (None, Some(_)) => vec![profile.number],
                _ => {
                    let root = store::root_of(tx, workspace, profile)?;
                    numbers_of_person(tx, workspace, &root)?
                }
            };
            let merges = store::merges_of(tx, workspace, &numbers)?;
            let is_meant = |merge: &&Merge| merge.undone_at.is_none() && named.is_none_or(|named| merge.id == named);
            let found = merges.iter().find(is_meant);
            found.map(|merge| merge.id).ok_or_else(|| Problem::not_found("merge of this profile"))
        })
        .await
}

async fn answer(app: &App, actor: &Actor, merge: MergeId, id: ProfileId) -> Result<Response, Problem> {
    let profile = read_profile(app, actor, id).await?;
    Ok(Json(MergeAnswer { merge: merge.to_string(), profile }).into_response())
}

fn edit_problem(error: EditError) -> Problem {
    match error {
        EditError::NotFound => Problem::not_found("profile"),
        EditError::TooMuch => Problem::bad_request("too_many_traits", error.to_string()),
        EditError::NoIdentifier => Problem::conflict("no_identifier", error.to_string()),
        EditError::Stream(StreamError::Busy) => Problem::too_many(error.to_string(), 1),
        EditError::Stream(StreamError::Full) => Problem::full(),
        EditError::Stream(_) => Problem::unavailable(),
        EditError::Db(error) => error.into(),
    }
}

fn merge_problem(error: MergeError) -> Problem {
    match error {
        MergeError::NotFound => Problem::not_found("profile"),
        MergeError::SamePerson => Problem::conflict("same_person", error.to_string()),
        MergeError::NotMerged => Problem::conflict("not_merged", error.to_string()),
        MergeError::Db(error) => error.into(),
    }
}
