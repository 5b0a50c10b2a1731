//! `/api/v1/segments`: definitions, members now and in the past, preview and explanation, for programs.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use engine::condition::Condition;
use serde::Deserialize;
use words::{ProfileId, SegmentId, Timestamp};

use super::ask::Askable;
use super::edit;
use super::explain::explain_membership;
use super::past::members_at;
use super::preview::preview;
use super::refusal::{ConditionProblem, Refusal};
use super::wire::{ExplanationBody, PreviewBody, SegmentBody, SegmentChange, SegmentDraft, SegmentMembers, Standings};
use crate::idempotency::{self, KeyHeader};
use crate::kernel::{
    Access, Actor, App, Page, PageQuery, Permission, Problem, ProblemBody, RouteTable, Sight, encode_cursor, read_json,
};
use crate::profiles;
use crate::segments;

pub(super) fn routes(table: &mut RouteTable) {
    let (see, edit) = (Access::Program(Permission::SeeSegments), Access::Program(Permission::EditSegments));
    table.add(Method::GET, "/api/v1/segments", see, list_segments);
    table.add(Method::POST, "/api/v1/segments", edit, create_segment);
    table.add(Method::POST, "/api/v1/segments/preview", see, preview_segment);
    table.add(Method::GET, "/api/v1/segments/{id}", see, show_segment);
    table.add(Method::PATCH, "/api/v1/segments/{id}", edit, change_segment);
    table.add(Method::DELETE, "/api/v1/segments/{id}", edit, delete_segment);
    table.add(Method::GET, "/api/v1/segments/{id}/members", see, list_members);
    table.add(Method::GET, "/api/v1/segments/{id}/explain", see, explain_segment);
}

/// All segments. There are at most 500, so one page holds them.
#[utoipa::path(get, path = "/api/v1/segments", tag = "segments",
    responses((status = 200, description = "All segments", body = super::wire::SegmentList)))]
pub(crate) async fn list_segments(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
) -> Result<Json<Page<SegmentBody>>, Refusal> {
    let (workspace, now, sight) = (actor.workspace, app.now(), Sight::of(&actor));
    edit::catch_up(&app, workspace).await?;
    let data = app
        .db
        .read(move |tx| {
            let definitions = segments::store::definitions(tx, workspace)?;
            let standings = Standings::read(tx, workspace, now)?;
            Ok::<_, db::DbError>(definitions.iter().map(|one| standings.body(one, sight)).collect())
        })
        .await?;
    Ok(Json(Page { data, next: None }))
}

/// Makes a segment; it is built in the background.
#[utoipa::path(post, path = "/api/v1/segments", tag = "segments", request_body = SegmentDraft,
    params(KeyHeader),
    responses((status = 201, description = "Made", body = SegmentBody),
        (status = 400, description = "The condition is refused", body = ConditionProblem)))]
pub(crate) async fn create_segment(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = idempotency::Request { route: "/api/v1/segments", headers: &headers, body: &body };
    let make = async {
        let made: Result<Response, Refusal> = async {
            let draft: SegmentDraft = read_json(&body)?;
            let condition = Askable::of(Condition::parse(&draft.condition)?, Sight::of(&actor))?;
            let made = edit::create(&app, &actor, draft.name, condition).await?;
            Ok((StatusCode::CREATED, Json(one(&app, &actor, made.id).await?)).into_response())
        }
        .await;
        Ok(made.unwrap_or_else(IntoResponse::into_response))
    };
    idempotency::once(&app, &actor, request, make).await
}

/// One segment with its count at this moment.
#[utoipa::path(get, path = "/api/v1/segments/{id}", tag = "segments", params(("id" = String, Path)),
    responses((status = 200, description = "The segment", body = SegmentBody),
        (status = 404, description = "There is no such segment", body = ProblemBody)))]
pub(crate) async fn show_segment(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<SegmentBody>, Refusal> {
    let id = segment_id(&id)?;
    edit::catch_up(&app, actor.workspace).await?;
    Ok(Json(one(&app, &actor, id).await?))
}

/// Changes the name or the condition; a new condition is built in the background.
#[utoipa::path(patch, path = "/api/v1/segments/{id}", tag = "segments", params(("id" = String, Path)),
    request_body = SegmentChange,
    responses((status = 200, description = "Changed", body = SegmentBody),
        (status = 400, description = "The condition is refused", body = ConditionProblem),
        (status = 409, description = "Somebody else changed it meanwhile", body = ProblemBody)))]
pub(crate) async fn change_segment(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<SegmentBody>, Refusal> {
    let id = segment_id(&id)?;
    let wanted: SegmentChange = read_json(&body)?;
    let condition = match &wanted.condition {
        Some(condition) => Some(Askable::of(Condition::parse(condition)?, Sight::of(&actor))?),
        None => None,
    };
    let wanted = edit::Wanted { name: wanted.name, condition, expected_version: wanted.version };
    edit::change(&app, &actor, id, wanted).await?;
    Ok(Json(one(&app, &actor, id).await?))
}

/// Deletes a segment that no other refers to.
#[utoipa::path(delete, path = "/api/v1/segments/{id}", tag = "segments", params(("id" = String, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "Another segment refers to it", body = ProblemBody)))]
pub(crate) async fn delete_segment(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    edit::delete(&app, &actor, segment_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MembersQuery {
    at: Option<String>,
}

/// The ids of the members, now or replayed as of an instant of the past.
#[utoipa::path(get, path = "/api/v1/segments/{id}/members", tag = "segments",
    params(("id" = String, Path), ("at" = Option<String>, Query, description = "RFC 3339; a replay, with the people of then"),
        PageQuery),
    responses((status = 200, description = "A page of ids; one of the past may be short and still lead on", body = SegmentMembers)))]
pub(crate) async fn list_members(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Query(query): Query<MembersQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ProfileId>>, Refusal> {
    let id = segment_id(&id)?;
    let at = query.at.as_deref().map(Timestamp::parse_rfc3339).transpose().map_err(|error| {
        Problem::bad_request("bad_instant", format!("“at” is an instant such as 2026-11-22T17:09:24Z: {error}"))
    })?;
    let after: i64 = page.place()?.unwrap_or(0);
    if at.is_none() {
        edit::catch_up(&app, actor.workspace).await?;
    }
    let found = members_at(&app, actor.workspace, id, at, after, page.rows()).await?;
    Ok(Json(Page { data: found.members, next: found.next_after.map(|place| encode_cursor(&place)) }))
}

/// How many people a condition finds now, and ten of them. Nothing is stored.
#[utoipa::path(post, path = "/api/v1/segments/preview", tag = "segments", request_body = super::wire::ConditionDraft,
    responses((status = 200, description = "Count and sample", body = PreviewBody),
        (status = 400, description = "The condition is refused", body = ConditionProblem)))]
pub(crate) async fn preview_segment(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Result<Json<PreviewBody>, Refusal> {
    let draft: super::wire::ConditionDraft = read_json(&body)?;
    let sight = Sight::of(&actor);
    let condition = Askable::of(Condition::parse(&draft.condition)?, sight)?;
    let found = preview(&app, actor.workspace, condition).await?;
    Ok(Json(PreviewBody::of(&found, sight)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ExplainQuery {
    profile: String,
}

/// Why a profile is in the segment, or not.
#[utoipa::path(get, path = "/api/v1/segments/{id}/explain", tag = "segments",
    params(("id" = String, Path), ("profile" = String, Query)),
    responses((status = 200, description = "The condition's tree with answers and reasons", body = ExplanationBody)))]
pub(crate) async fn explain_segment(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<ExplanationBody>, Refusal> {
    let id = segment_id(&id)?;
    let profile: ProfileId = query.profile.parse().map_err(|_| Problem::not_found("profile"))?;
    let workspace = actor.workspace;
    edit::catch_up(&app, workspace).await?;
    let root = app
        .db
        .read(move |tx| match profiles::store::profile_by_id(tx, workspace, profile)? {
            Some(found) => Ok::<_, db::DbError>(Some(profiles::store::root_of(tx, workspace, found)?)),
            None => Ok(None),
        })
        .await?
        .ok_or_else(|| Problem::not_found("profile"))?;
    let explained = explain_membership(&app, workspace, root.number, id, Sight::of(&actor)).await?;
    Ok(Json(ExplanationBody::of(root.id, &explained)))
}

fn segment_id(text: &str) -> Result<SegmentId, Problem> {
    text.parse().map_err(|_| Problem::not_found("segment"))
}

async fn one(app: &App, actor: &Actor, id: SegmentId) -> Result<SegmentBody, Problem> {
    let (workspace, now, sight) = (actor.workspace, app.now(), Sight::of(actor));
    let found = app.db.read(move |tx| {
        let Some(definition) = segments::store::definition(tx, workspace, id)? else { return Ok(None) };
        Ok::<_, db::DbError>(Some(Standings::read(tx, workspace, now)?.body(&definition, sight)))
    });
    found.await?.ok_or_else(|| Problem::not_found("segment"))
}
