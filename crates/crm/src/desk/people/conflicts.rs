//! `/people/conflicts`: what the rules of identity left to a person, and the values that identify nobody.

use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use db::{DbError, Tx};
use maud::{Markup, html};
use serde::Deserialize;
use words::{ConflictId, WorkspaceId};

use super::merge::summary;
use super::sheet::{Sheet, read_sheet};
use super::words_of::{blocked_words, conflict_words, kind_word};
use crate::kernel::{Access, Actor, App, MASK, Permission, Problem, RouteTable, Sight, Visit};
use crate::profiles::{BlockedIdentifier, Conflict, store};
use crate::stream::{MergeError, merge_people};
use crate::ui::{
    Button, Column, Empty, Icon, NavItem, PageContext, PageHead, Row, Table, Toast, button_row, page, panel, shown,
    time_ago,
};
use crate::workspaces::{AuditEntry, AuditMoment, page_context, record_audit};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/people/conflicts", Access::Member(Permission::SeePeople), show);
    let merge = Access::Member(Permission::MergePeople);
    table.add(Method::POST, "/people/conflicts/{conflict}", merge, decide);
}

/// Conflicts on the page: the newest; the next come when these are decided.
const MAX_CONFLICTS: usize = 20;
/// Values on the page.
const MAX_BLOCKED: usize = 200;

/// A conflict with both people as they are now.
struct Case {
    conflict: Conflict,
    one: Sheet,
    other: Sheet,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<Notice>,
) -> Result<Markup, Problem> {
    let (workspace, sight) = (visit.actor.workspace, visit.sight());
    let (cases, blocked) = app
        .db
        .read(move |tx| {
            let cases = open_cases(tx, workspace, sight)?;
            Ok::<_, DbError>((cases, store::blocked_identifiers(tx, workspace, MAX_BLOCKED)?))
        })
        .await?;
    let mut context = page_context(&visit, Some(NavItem::People));
    notice.add_to(&mut context);
    let head = PageHead::new(context.t("conflicts-title"))
        .count(context.integer(i64::try_from(cases.len()).unwrap_or(i64::MAX)))
        .note(html! { (context.t("conflicts-note")) })
        .back(context.t("people-title"), "/people");
    let body = html! {
        div class="stack" {
            @if cases.is_empty() {
                (Empty::new(Icon::CircleCheck, context.t("conflicts-none-title"), context.t("conflicts-none-text")))
            }
            @for case in &cases { (case_panel(&context, &visit, case)) }
            (blocked_panel(&context, &blocked))
        }
    };
    Ok(page(&context, &head, &body))
}

/// Open conflicts of two people; those whose people have become one since have settled themselves.
fn open_cases(tx: &mut Tx<'_>, workspace: WorkspaceId, sight: Sight) -> Result<Vec<Case>, DbError> {
    let mut cases = Vec::new();
    for conflict in store::open_conflicts(tx, workspace, MAX_CONFLICTS)? {
        let mut sheets = Vec::with_capacity(2);
        for number in [conflict.number_a, conflict.number_b] {
            if let Some(profile) = store::profiles_by_number(tx, workspace, &[number])?.pop() {
                let root = store::root_of(tx, workspace, profile)?;
                sheets.push(read_sheet(tx, workspace, root, sight)?);
            }
        }
        let (Some(other), Some(one)) = (sheets.pop(), sheets.pop()) else { continue };
        if one.profile.number != other.profile.number {
            cases.push(Case { conflict, one, other });
        }
    }
    Ok(cases)
}

fn case_panel(context: &PageContext, visit: &Visit, case: &Case) -> Markup {
    let conflict = &case.conflict;
    let value = conflict.identifier.shown(context.sight).text().unwrap_or(MASK);
    let title = format!("{} · {value}", kind_word(context, &conflict.identifier.kind));
    let times = context.t_with("conflict-times", &[("count", conflict.times.into())]);
    let body = html! {
        p { (conflict_words(context, conflict)) }
        p class="note" { (times) " · " (time_ago(context, conflict.at)) }
        div class="pair" { (summary(context, &case.one)) (summary(context, &case.other)) }
        @if visit.actor.may(Permission::MergePeople) {
            form method="post" action=(format!("/people/conflicts/{}", conflict.id)) {
                (button_row(&[
                    Button::primary(context.t("conflict-merge")).icon(Icon::Merge).value("decision", "merge"),
                    Button::secondary(context.t("conflict-keep-apart")).icon(Icon::Split).value("decision", "keep_apart"),
                ]))
            }
        }
    };
    panel(&title, &Markup::default(), &body)
}

fn blocked_panel(context: &PageContext, blocked: &[BlockedIdentifier]) -> Markup {
    if blocked.is_empty() {
        let body = html! { p class="nothing" { (context.t("blocked-none")) } };
        return panel(&context.t("blocked-title"), &Markup::default(), &body);
    }
    let columns = vec![
        Column::text(context.t("blocked-value")),
        Column::text(context.t("blocked-kind")),
        Column::text(context.t("blocked-reason")),
        Column::number(context.t("blocked-times")),
    ];
    let rows = blocked.iter().map(|one| {
        Row::new(vec![
            shown(context, one.identifier.shown(context.sight)),
            html! { (kind_word(context, &one.identifier.kind)) },
            html! { (blocked_words(context, &one.reason)) },
            html! { (context.integer(one.times)) },
        ])
    });
    let table = Table::new(context.t("blocked-title"), columns, rows.collect()).render(context.language);
    let body = html! { p class="note" { (context.t("blocked-note")) } (table) };
    panel(&context.t("blocked-title"), &Markup::default(), &body)
}

#[derive(Deserialize)]
struct Decision {
    decision: String,
}

async fn decide(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(conflict): Path<String>,
    Form(form): Form<Decision>,
) -> Result<Response, Problem> {
    let id: ConflictId = conflict.parse().map_err(|_| Problem::not_found("conflict"))?;
    let workspace = visit.actor.workspace;
    if !app.db.read(move |tx| store::is_conflict(tx, workspace, id)).await? {
        return Err(Problem::not_found("conflict"));
    }
    let back = |done: &str| Redirect::to(&format!("/people/conflicts?done={done}")).into_response();
    match form.decision.as_str() {
        "keep_apart" => {
            let is_ours = settle(&app, &visit.actor, id, "kept_apart").await?;
            Ok(back(if is_ours { "kept-apart" } else { "decided" }))
        }
        "merge" => {
            let target = merge_both(&app, &visit.actor, id).await?;
            settle(&app, &visit.actor, id, "merged").await?;
            Ok(target.unwrap_or_else(|| back("decided")))
        }
        _ => Err(Problem::bad_request("bad_decision", "merge the two or keep them apart")),
    }
}

/// What the page before did; only these words are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Notice {
    done: String,
}

const DONE: [&str; 2] = ["kept-apart", "decided"];

impl Notice {
    fn add_to(&self, context: &mut PageContext) {
        if DONE.contains(&self.done.as_str()) {
            let text = context.t(&format!("conflict-done-{}", self.done));
            context.toasts.push(Toast::success(context.language, text));
        }
    }
}

/// The person known for longer remains. Nothing is answered when somebody has decided meanwhile.
async fn merge_both(app: &App, actor: &Actor, id: ConflictId) -> Result<Option<Response>, Problem> {
    let workspace = actor.workspace;
    let pair = app.db.read(move |tx| {
        let Some(conflict) = store::open_conflict(tx, workspace, id)? else { return Ok(None) };
        let numbers = [conflict.number_a, conflict.number_b];
        let mut profiles = store::profiles_by_number(tx, workspace, &numbers)?;
        profiles.sort_by_key(|profile| profile.number);
        let (Some(younger), Some(older)) = (profiles.pop(), profiles.pop()) else { return Ok(None) };
        Ok::<_, DbError>(Some((younger.id, older.id)))
    });
    let Some((from, into)) = pair.await? else { return Ok(None) };
    match merge_people(app, actor, from, into).await {
        Ok(merge) => Ok(Some(Redirect::to(&format!("/people/{into}?done=merged&merge={merge}")).into_response())),
        Err(MergeError::SamePerson) => Ok(None),
        Err(MergeError::NotFound | MergeError::NotMerged) => Err(Problem::not_found("person")),
        Err(MergeError::Db(error)) => Err(error.into()),
    }
}

/// Whether this decision was the first.
async fn settle(app: &App, actor: &Actor, id: ConflictId, decision: &'static str) -> Result<bool, Problem> {
    let (who, moment, now) = (actor.clone(), AuditMoment::of(app), app.now());
    let is_decided = app.db.write(move |tx| {
        let is_decided = store::decide_conflict(tx, who.workspace, id, decision, now)?;
        if is_decided {
            let entry = AuditEntry::new("identity_conflict_decided", &id).detail(&decision);
            record_audit(tx, &who, &moment, &entry)?;
        }
        Ok::<_, DbError>(is_decided)
    });
    Ok(is_decided.await?)
}
