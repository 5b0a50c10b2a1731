//! Changes of a source: its name and addresses, an address allowed with one click, off and on.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use words::SourceId;

use super::detail::{Wrong, detail_page};
use crate::intake::{Source, SourceError, disable_source, parse_origin, parse_origins, set_origins, store};
use crate::kernel::{App, Problem, Visit};
use crate::ui::PageContext;
use crate::workspaces::{AuditEntry, AuditMoment, record_audit};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct EditForm {
    pub name: String,
    pub origins: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AllowForm {
    origin: String,
    /// Where to go back to: the set-up page has the same button.
    from: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SwitchForm {
    to: String,
}

pub(super) async fn save(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SourceId>,
    Form(form): Form<EditForm>,
) -> Result<Response, Problem> {
    let saved = match parse_origins(&form.origins) {
        Ok(origins) => set_origins(&app, visit.actor.workspace, id, &form.name, origins).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => {
            note(&app, &visit, SourceChange::Changed, id).await?;
            Ok(Redirect::to(&format!("/sources/{id}?done=saved")).into_response())
        }
        Err(error) => {
            let context = crate::workspaces::page_context(&visit, Some(crate::ui::NavItem::Sources));
            let (field, text) = error_of(&context, &error)?;
            let wrong = Wrong { field, text, form };
            let page = detail_page(&app, &visit, context, id, "", Some(wrong)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// Adds one origin to those that may send.
pub(super) async fn allow(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SourceId>,
    Form(form): Form<AllowForm>,
) -> Result<Response, Problem> {
    let origin = parse_origin(&form.origin).map_err(|error| Problem::bad_request("bad_origin", error.to_string()))?;
    let source = find(&app, &visit, id).await?;
    let mut origins = source.origins;
    if !origins.contains(&origin) {
        origins.push(origin);
    }
    set_origins(&app, visit.actor.workspace, id, &source.name, origins).await.map_err(problem_of)?;
    note(&app, &visit, SourceChange::Changed, id).await?;
    let back = if form.from == "welcome" { "/welcome".to_owned() } else { format!("/sources/{id}?done=allowed") };
    Ok(Redirect::to(&back).into_response())
}

pub(super) async fn switch(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SourceId>,
    Form(form): Form<SwitchForm>,
) -> Result<Response, Problem> {
    let (disabled_at, change, done) = match form.to.as_str() {
        "off" => (Some(visit.now), SourceChange::SwitchedOff, "off"),
        "on" => (None, SourceChange::SwitchedOn, "on"),
        _ => return Err(Problem::bad_request("bad_switch", "a source is switched on or off")),
    };
    disable_source(&app, visit.actor.workspace, id, disabled_at).await.map_err(problem_of)?;
    note(&app, &visit, change, id).await?;
    Ok(Redirect::to(&format!("/sources/{id}?done={done}")).into_response())
}

pub(super) async fn find(app: &App, visit: &Visit, id: SourceId) -> Result<Source, Problem> {
    let workspace = visit.actor.workspace;
    let source = app.db.read(move |tx| store::source(tx, workspace, id)).await?;
    source.ok_or_else(|| Problem::not_found("source"))
}

/// What somebody did to a source, for the audit trail.
#[derive(Clone, Copy, Debug)]
pub enum SourceChange {
    Created,
    Changed,
    SwitchedOff,
    SwitchedOn,
}

/// Leaves an audit entry.
pub async fn note(app: &App, visit: &Visit, change: SourceChange, id: SourceId) -> Result<(), Problem> {
    let action = match change {
        SourceChange::Created => "source_created",
        SourceChange::Changed => "source_changed",
        SourceChange::SwitchedOff => "source_switched_off",
        SourceChange::SwitchedOn => "source_switched_on",
    };
    let (actor, moment, entry) = (visit.actor.clone(), AuditMoment::of(app), AuditEntry::new(action, &id));
    Ok(app.db.write(move |tx| record_audit(tx, &actor, &moment, &entry)).await?)
}

/// The field of a form that is wrong and what to say about it; other errors end the request.
pub fn error_of(context: &PageContext, error: &SourceError) -> Result<(&'static str, String), Problem> {
    Ok(match error {
        SourceError::BadOrigin(given) => {
            ("origins", context.t_with("source-bad-origin", &[("given", given.as_str().into())]).into_owned())
        }
        SourceError::TooManyOrigins => ("origins", context.t("source-too-many-origins").into_owned()),
        SourceError::BadName => ("name", context.t("source-bad-name").into_owned()),
        SourceError::NotFound => return Err(Problem::not_found("source")),
        SourceError::Db(error) => {
            tracing::error!(%error, "a source could not be written");
            return Err(Problem::unavailable());
        }
    })
}

fn problem_of(error: SourceError) -> Problem {
    match error {
        SourceError::NotFound => Problem::not_found("source"),
        SourceError::Db(error) => error.into(),
        other => Problem::bad_request("bad_source", other.to_string()),
    }
}
