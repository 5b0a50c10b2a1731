//! `GET /people/{id}`: one person in full, as a page of its own or in the side panel of a list.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use words::{MergeId, ProfileId};

use super::facts_column::facts_column;
use super::panel::panel_of;
use super::related::related_column;
use super::sheet::{Sheet, newest_orders, read_sheet, root_by_id};
use super::timeline::{Excerpt, TimelineQuery, read_excerpt, timeline_column};
use super::words_of::{day, masked_name, person_avatar, stage_badge, visitor_name};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::{Button, Icon, NavItem, PageContext, PageHead, Record, RecordPart, Toast, page, time_ago};
use crate::workspaces::{page_context, record_view};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/people/{id}", Access::Member(Permission::SeePeople), show);
}

/// What the request before did; only known words are shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Notice {
    done: String,
    merge: String,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(notice): Query<Notice>,
    Query(wanted): Query<TimelineQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = person_id(&id)?;
    let workspace = visit.actor.workspace;
    let (excerpt, sight) = (Excerpt::of(&wanted)?, visit.sight());
    let (sheet, orders, events) = app
        .db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("person"))?;
            let sheet = read_sheet(tx, workspace, root, sight)?;
            let orders = newest_orders(tx, workspace, &sheet)?;
            let events = read_excerpt(tx, workspace, &sheet.numbers(), &excerpt)?;
            Ok::<_, Problem>((sheet, orders, events))
        })
        .await?;
    if sheet.profile.id != id {
        return Ok(Redirect::to(&format!("/people/{}", sheet.profile.id)).into_response());
    }
    // A full disk must not keep anybody from reading.
    if let Err(error) = record_view(&app, &visit.actor, id).await {
        tracing::error!(%error, "the view of a person could not be written to the audit trail");
    }
    let mut context = page_context(&visit, Some(NavItem::People));
    if headers.get("hx-target").is_some_and(|target| target == "side-panel") {
        return Ok(panel_of(&context, &sheet, &events).into_response());
    }
    notice.add_to(&mut context);
    let names = super::related::member_names(&app, &visit, &sheet).await?;
    let record = Record {
        head: record_head(&context, &visit, &sheet),
        facts: RecordPart::new(context.t("person-facts"), facts_column(&context, &visit, &sheet)),
        main: RecordPart::new(
            context.t("person-timeline"),
            timeline_column(&context, sheet.profile.id, &wanted, &events),
        ),
        related: RecordPart::new(
            context.t("person-related"),
            related_column(&context, &visit, &sheet, &orders, &names),
        ),
    };
    let head = PageHead::new(name_of(&context, &sheet)).back(context.t("people-title"), "/people").hidden();
    Ok(page(&context, &head, &html! { (record) }).into_response())
}

/// An address with an id that is none of ours leads nowhere.
pub(super) fn person_id(text: &str) -> Result<ProfileId, Problem> {
    text.parse().map_err(|_| Problem::not_found("person"))
}

/// His name, else an email address or phone number, else "Visitor #1,204"; "Person #1,204" for who may not see it.
pub(super) fn name_of(context: &PageContext, sheet: &Sheet) -> String {
    let (name, number) = (sheet.name(), sheet.profile.number);
    if !name.is_empty() {
        return name;
    }
    let told = sheet.identifiers().filter(|one| matches!(one.kind, "email" | "phone")).find_map(|one| one.value.text());
    match told {
        Some(value) => value.to_owned(),
        None if sheet.is_named() => masked_name(context, number),
        None => visitor_name(context, number),
    }
}

pub(super) fn avatar_of(sheet: &Sheet) -> Markup {
    let email = sheet.identifiers().find(|one| one.kind == "email").and_then(|one| one.value.text());
    person_avatar(&sheet.name(), email.unwrap_or_default())
}

/// The stage with since when, and when he was last seen.
pub(super) fn status_line(context: &PageContext, sheet: &Sheet) -> Markup {
    let last_seen = sheet.figures().last_seen;
    html! {
        @if let Some(stage) = &sheet.standing.stage {
            (stage_badge(context, stage.stage.as_str()))
            span { (context.t_with("person-stage-since", &[("date", day(context, stage.since).into())])) }
        }
        @if let Some(instant) = last_seen {
            span { (context.t("person-last-seen")) " " (time_ago(context, instant)) }
        }
    }
}

fn record_head(context: &PageContext, visit: &Visit, sheet: &Sheet) -> Markup {
    let (name, id) = (name_of(context, sheet), sheet.profile.id);
    let actions = html! {
        @if visit.actor.may(Permission::MergePeople) {
            (Button::secondary(context.t("person-merge")).icon(Icon::Merge).link(format!("/people/{id}/merge")))
        }
        @if visit.actor.may(Permission::ErasePeople) {
            (Button::secondary(context.t("person-erase")).icon(Icon::Trash2).link(format!("/people/{id}/erase")))
        }
        @if visit.actor.may(Permission::EditPeople) {
            (Button::secondary(context.t("person-edit")).icon(Icon::Pencil).link(format!("/people/{id}/edit"))
                .attribute("data-shortcut", "e"))
        }
    };
    Record::head(&avatar_of(sheet), &name, &status_line(context, sheet), &actions)
}

impl Notice {
    fn add_to(&self, context: &mut PageContext) {
        let key = match self.done.as_str() {
            "saved" => "notice-person-saved",
            "merged" => "notice-people-merged",
            "parted" => "notice-people-parted",
            "already-parted" => "notice-already-parted",
            _ => return,
        };
        let mut toast = Toast::success(context.language, context.t(key));
        if let ("merged", Ok(merge)) = (self.done.as_str(), self.merge.parse::<MergeId>()) {
            toast = toast.undo(format!("/people/merges/{merge}/undo"));
        }
        context.toasts.push(toast);
    }
}
