//! Reading people: lists, one, his timeline, his segments.

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use words::{SegmentId, Timestamp, WorkspaceId};

use super::super::find::{self, Asked, Filter};
use super::super::search::by_identifier;
use super::super::sheet::{numbers_of_person, read_sheet, read_sheets, root_by_id, roots_in_order};
use super::answers::{EventAnswer, EventPage, MembershipAnswer, MembershipPage, ProfileAnswer, ProfilePage};
use super::profile_id;
use crate::desk::segments::{ExplainError, explain_membership};
use crate::kernel::{Actor, App, PageQuery, Problem, ProblemBody, Sight, encode_cursor};
use crate::profiles::SortBy;
use crate::profiles::store::Place;
use crate::stream::log;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `type:value`, exactly: `email:ana@example.com`.
    #[param(pattern = "^[^:]+:")]
    identifier: Option<String>,
    /// The beginning of a first or last name, of an identifier or of an order's number.
    q: Option<String>,
    /// Members of this segment, and found by `q` if both are given.
    segment: Option<String>,
}

/// People by identifier, or those of a search and a segment, or all of them, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/profiles",
    tag = "profiles",
    params(ListQuery, PageQuery),
    responses(
        (status = 200, body = ProfilePage),
        (status = 400, body = ProblemBody),
        (status = 404, body = ProblemBody),
    ),
)]
pub async fn list(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<ProfilePage>, Problem> {
    let rows = page.rows();
    let after: Option<Place> = page.place()?;
    let wanted = Wanted::of(&query)?;
    let (workspace, sight) = (actor.workspace, Sight::of(&actor));
    let page = app.db.read(move |tx| {
        let (people, next) = match &wanted {
            Wanted::Identifier(kind, value) => (by_identifier(tx, workspace, kind, value, sight)?, None),
            Wanted::List(filter) => {
                let asked = Asked { filter, sight, question: None, sort: SortBy::Newest, after: after.as_ref(), rows };
                let listing = find::list(tx, workspace, &asked)?;
                let listing = listing.ok_or_else(|| Problem::not_found("segment"))?;
                (listing.people, listing.next)
            }
        };
        let numbers: Vec<i64> = people.iter().map(|person| person.number).collect();
        let roots = roots_in_order(tx, workspace, &numbers)?;
        let data = read_sheets(tx, workspace, roots, sight)?.iter().map(ProfileAnswer::of).collect();
        Ok::<_, Problem>(ProfilePage { data, next: next.as_ref().map(encode_cursor) })
    });
    Ok(Json(page.await?))
}

enum Wanted {
    Identifier(String, String),
    List(Filter),
}

impl Wanted {
    fn of(query: &ListQuery) -> Result<Self, Problem> {
        if let Some(identifier) = &query.identifier {
            let parts = identifier.split_once(':').filter(|(kind, _)| !kind.trim().is_empty());
            let (kind, value) = parts.ok_or_else(|| {
                let detail = "an identifier is its type and value, such as email:ana@example.com";
                Problem::bad_request("bad_identifier", detail)
            })?;
            return Ok(Self::Identifier(kind.trim().to_owned(), value.to_owned()));
        }
        let segment = query.segment.as_deref().map(|id| id.parse().map_err(|_| Problem::not_found("segment")));
        let search = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
        Ok(Self::List(Filter { stage: None, segment: segment.transpose()?, search: search.map(str::to_owned) }))
    }
}

/// One person. The id of a merged profile answers the person it belongs to.
#[utoipa::path(
    get,
    path = "/api/v1/profiles/{id}",
    tag = "profiles",
    params(("id" = String, Path, description = "prf_…")),
    responses((status = 200, body = ProfileAnswer), (status = 404, body = ProblemBody)),
)]
pub async fn show(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<ProfileAnswer>, Problem> {
    let id = profile_id(&id)?;
    Ok(Json(read_profile(&app, &actor, id).await?))
}

/// The person of this id as it is now.
pub(super) async fn read_profile(app: &App, actor: &Actor, id: words::ProfileId) -> Result<ProfileAnswer, Problem> {
    let (workspace, sight) = (actor.workspace, Sight::of(actor));
    app.db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("profile"))?;
            Ok(ProfileAnswer::of(&read_sheet(tx, workspace, root, sight)?))
        })
        .await
}

/// What happened, newest first by the events' own time.
#[utoipa::path(
    get,
    path = "/api/v1/profiles/{id}/timeline",
    tag = "profiles",
    params(("id" = String, Path, description = "prf_…"), PageQuery),
    responses((status = 200, body = EventPage), (status = 404, body = ProblemBody)),
)]
pub async fn timeline(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<EventPage>, Problem> {
    let id = profile_id(&id)?;
    let rows = page.rows();
    let before: (Timestamp, i64) = page.place()?.unwrap_or((Timestamp::MAX, i64::MAX));
    let workspace = actor.workspace;
    let mut events = app
        .db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("profile"))?;
            let numbers = numbers_of_person(tx, workspace, &root)?;
            Ok::<_, Problem>(log::timeline(tx, workspace, &numbers, log::Named::Anyhow, before, rows + 1)?)
        })
        .await?;
    let has_more = events.len() > rows;
    events.truncate(rows);
    let last = events.last().filter(|_| has_more);
    let next = last.map(|row| encode_cursor(&(row.at, row.seq)));
    Ok(Json(EventPage { data: events.iter().map(|row| EventAnswer::of(row, Sight::of(&actor))).collect(), next }))
}

/// The segments the person is in, each with since when and why.
#[utoipa::path(
    get,
    path = "/api/v1/profiles/{id}/segments",
    tag = "profiles",
    params(("id" = String, Path, description = "prf_…")),
    responses((status = 200, body = MembershipPage), (status = 404, body = ProblemBody)),
)]
pub async fn segments(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
) -> Result<Json<MembershipPage>, Problem> {
    let id = profile_id(&id)?;
    let (workspace, sight) = (actor.workspace, Sight::of(&actor));
    let sheet = app.db.read(move |tx| {
        let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("profile"))?;
        Ok::<_, Problem>(read_sheet(tx, workspace, root, sight)?)
    });
    let sheet = sheet.await?;
    let mut data = Vec::with_capacity(sheet.segments.len());
    for (definition, since) in &sheet.segments {
        let why = why(&app, (workspace, sight), sheet.profile.number, definition.id).await?;
        data.push(MembershipAnswer {
            id: definition.id.to_string(),
            name: definition.name.clone(),
            since: *since,
            why,
        });
    }
    Ok(Json(MembershipPage { data, next: None }))
}

/// The explanation as JSON; null of a segment that was deleted since the list was read.
async fn why(
    app: &App,
    (workspace, sight): (WorkspaceId, Sight),
    number: i64,
    segment: SegmentId,
) -> Result<Value, Problem> {
    match explain_membership(app, workspace, number, segment, sight).await {
        Ok(explained) => Ok(serde_json::json!(explained.explanation)),
        Err(ExplainError::NoSuchSegment | ExplainError::NoSuchPerson) => Ok(Value::Null),
        Err(ExplainError::Plan(error)) => Err(crate::kernel::corrupt(error).into()),
        Err(ExplainError::Db(error)) => Err(error.into()),
    }
}
