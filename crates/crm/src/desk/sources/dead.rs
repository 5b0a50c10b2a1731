//! Events that could not be applied: how many wait, why, and another try with one click.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use db::{DbError, Tx};
use maud::{Markup, html};
use words::WorkspaceId;

use crate::intake::Source;
use crate::kernel::{App, Permission, Problem, Visit};
use crate::stream::{DeadLetter, StreamError, count_dead_letters, dead_letters, retry_dead_letters};
use crate::ui::{Button, Column, Icon, PageContext, Row, Table, Tone, alert, panel, shown, time_ago};
use crate::workspaces::{AuditEntry, AuditMoment, record_audit};

/// Letters that are listed.
const LISTED: usize = 20;

pub(super) struct Dead {
    count: i64,
    newest: Vec<DeadLetter>,
}

pub(super) fn read(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Dead, DbError> {
    let count = count_dead_letters(tx, workspace)?;
    let newest = if count == 0 { Vec::new() } else { dead_letters(tx, workspace, LISTED)? };
    Ok(Dead { count, newest })
}

/// Nothing while there are none, which is how it should be.
pub(super) fn show(context: &PageContext, visit: &Visit, sources: &[&Source], dead: &Dead) -> Markup {
    if dead.count == 0 {
        return Markup::default();
    }
    let columns = vec![
        Column::text(context.t("dead-at")),
        Column::text(context.t("dead-source")),
        Column::text(context.t("dead-event")),
        Column::text(context.t("dead-reason")).minor(),
    ];
    let rows = dead.newest.iter().map(|letter| row(context, sources, letter)).collect();
    let retry = Button::secondary(context.t("dead-retry")).icon(Icon::RotateCcw).post("/sources/dead-letters");
    html! {
        (alert(Tone::Warning, &context.t_with("dead-title", &[("count", dead.count.into())]), &html! {
            p { (context.t("dead-text")) }
            @if visit.actor.may(Permission::EditSources) { (retry) }
        }))
        (panel(&context.t("dead-newest"), &Markup::default(), &Table::new(context.t("dead-newest"), columns, rows).render(context.language)))
    }
}

fn row(context: &PageContext, sources: &[&Source], letter: &DeadLetter) -> Row {
    let source = sources.iter().find(|source| source.no == letter.source_no);
    Row::new(vec![
        time_ago(context, letter.at),
        html! { (source.map_or("—", |source| source.name.as_str())) },
        html! { (letter.name) },
        html! { code { (shown(context, letter.reason(context.sight))) } },
    ])
}

pub(super) async fn retry(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Response, Problem> {
    let workspace = visit.actor.workspace;
    let retried = retry_dead_letters(&app, workspace).await.map_err(|error| match error {
        StreamError::Busy => Problem::too_many(error.to_string(), 1),
        StreamError::Full => Problem::full(),
        StreamError::Stopped | StreamError::Unavailable => Problem::unavailable(),
    })?;
    let (actor, moment) = (visit.actor.clone(), AuditMoment::of(&app));
    let entry = AuditEntry::new("dead_letters_retried", &workspace);
    app.db.write(move |tx| record_audit(tx, &actor, &moment, &entry)).await?;
    let done = if retried.failed == 0 { "retried" } else { "retried-in-vain" };
    Ok(Redirect::to(&format!("/sources?done={done}")).into_response())
}
