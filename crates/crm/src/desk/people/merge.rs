//! Two people become one by hand, and one becomes two again.

use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use words::{MergeId, Money, ProfileId};

use super::address::encoded;
use super::person::{name_of, person_id, status_line};
use super::search::search;
use super::sheet::{Sheet, read_sheet, root_by_id};
use super::words_of::{kind_word, person_label, row_avatar, stage_badge};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::profiles::store;
use crate::profiles::store::ListedPerson;
use crate::stream::{MergeError, merge_people, undo_merge};
use crate::ui::{
    Button, Column, Empty, Fact, Icon, NavItem, PageContext, PageHead, RadioCard, Row, Table, button_row, facts, page,
    panel, radio_cards, search_field, shown,
};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    let merge = Access::Member(Permission::MergePeople);
    table.add(Method::GET, "/people/{id}/merge", merge, show);
    table.add(Method::POST, "/people/{id}/merge", merge, join);
    table.add(Method::POST, "/people/merges/{merge}/undo", merge, part);
}

/// People offered to choose from.
const MAX_FOUND: usize = 20;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// What was searched for.
    q: String,
    /// Who was chosen.
    other: String,
}

/// The two people, or the first and those to choose the second from.
struct Choice {
    sheet: Sheet,
    other: Option<Sheet>,
    found: Vec<ListedPerson>,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let id = person_id(&id)?;
    let other: Option<ProfileId> = if wanted.other.is_empty() { None } else { Some(person_id(&wanted.other)?) };
    let (workspace, text, sight) = (visit.actor.workspace, wanted.q.clone(), visit.sight());
    let choice = app
        .db
        .read(move |tx| {
            let not_found = || Problem::not_found("person");
            let root = root_by_id(tx, workspace, id)?.ok_or_else(not_found)?;
            let number = root.number;
            let sheet = read_sheet(tx, workspace, root, sight)?;
            let mut found = search(tx, workspace, &text, MAX_FOUND, sight)?;
            found.retain(|person| person.number != number);
            let other = match other {
                Some(other) => {
                    let other = root_by_id(tx, workspace, other)?.ok_or_else(not_found)?;
                    if other.number == number { None } else { Some(read_sheet(tx, workspace, other, sight)?) }
                }
                None => None,
            };
            Ok::<_, Problem>(Choice { sheet, other, found })
        })
        .await?;
    let context = page_context(&visit, Some(NavItem::People));
    let name = name_of(&context, &choice.sheet);
    let back = format!("/people/{}", choice.sheet.profile.id);
    let head = PageHead::new(context.t_with("merge-title", &[("name", name.as_str().into())])).back(name, back);
    let body = match &choice.other {
        Some(other) => both(&context, &choice.sheet, other),
        None => chooser(&context, &choice, &wanted.q),
    };
    Ok(page(&context, &head, &body).into_response())
}

/// The search for the other person.
fn chooser(context: &PageContext, choice: &Choice, text: &str) -> Markup {
    let action = format!("/people/{}/merge", choice.sheet.profile.id);
    html! {
        div class="stack" {
            p class="note" { (context.t("merge-search-note")) }
            div class="toolbar" { (search_field(&action, "q", &context.t("merge-search"), text)) }
            @if text.trim().is_empty() {
                (Empty::new(Icon::Merge, context.t("merge-empty-title"), context.t("merge-empty-text")))
            } @else if choice.found.is_empty() {
                (Empty::new(Icon::Search, context.t("people-none-title"), context.t("merge-none-text")))
            } @else {
                (results(context, &action, &choice.found, text))
            }
        }
    }
}

fn results(context: &PageContext, action: &str, found: &[ListedPerson], text: &str) -> Markup {
    let heads = ["people-column-name", "people-column-stage", "people-column-email", "people-column-phone"]
        .map(|key| Column::text(context.t(key)));
    let rows = found.iter().map(|person| {
        let row = &person.row;
        Row::new(vec![
            html! { (row_avatar(context, row)) " " (person_label(context, row, person.number)) },
            stage_badge(context, &row.stage),
            shown(context, row.email(context.sight)),
            shown(context, row.phone(context.sight)),
        ])
        .link(format!("{action}?q={}&other={}", encoded(text), person.id))
    });
    Table::new(context.t("merge-search"), heads.to_vec(), rows.collect()).render(context.language)
}

/// Both side by side; whose id remains is the reader's choice.
fn both(context: &PageContext, sheet: &Sheet, other: &Sheet) -> Markup {
    let action = format!("/people/{}/merge", sheet.profile.id);
    let card = |one: &Sheet| RadioCard {
        value: one.profile.id.to_string(),
        label: name_of(context, one),
        hint: Some(one.profile.id.to_string()),
        icon: Some(Icon::User),
    };
    html! {
        div class="stack" {
            div class="pair" { (summary(context, sheet)) (summary(context, other)) }
            form class="stack" method="post" action=(action) {
                input type="hidden" name="other" value=(other.profile.id);
                (radio_cards("into", &context.t("merge-keep"), &[card(sheet), card(other)], &older_of(sheet, other)))
                p class="note" { (context.t("merge-note")) }
                (button_row(&[
                    Button::primary(context.t("merge-do")).icon(Icon::Merge),
                    Button::ghost(context.t("merge-other")).link(&action),
                ]))
            }
        }
    }
}

/// The one who has been known for longer is proposed.
fn older_of(sheet: &Sheet, other: &Sheet) -> String {
    let older = if other.profile.created_at < sheet.profile.created_at { other } else { sheet };
    older.profile.id.to_string()
}

pub(super) fn summary(context: &PageContext, sheet: &Sheet) -> Markup {
    let (figures, currency) = (sheet.figures(), sheet.shop.currency);
    let told = sheet.identifiers().filter(|one| one.kind != "anonymous_id").take(6);
    let mut known: Vec<Fact> =
        told.map(|one| Fact::new(kind_word(context, one.kind), shown(context, one.value))).collect();
    let count = |number: u64| context.integer(i64::try_from(number).unwrap_or(i64::MAX));
    let revenue = Money { minor: sheet.sales(currency).net_minor, currency };
    known.push(Fact::text(context.t("figure-orders"), &count(figures.orders_count)));
    known.push(Fact::text(context.t("figure-revenue"), &context.money(revenue)));
    known.push(Fact::text(context.t("figure-events"), &count(figures.events_count)));
    let name = name_of(context, sheet);
    let body =
        html! { div class="stack" { div class="record-line" { (status_line(context, sheet)) } (facts(&known)) } };
    let open = Button::ghost(context.t("person-open")).small().link(format!("/people/{}", sheet.profile.id));
    panel(&name, &html! { (open) }, &body)
}

#[derive(Deserialize)]
struct Join {
    other: String,
    into: String,
}

async fn join(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Form(wanted): Form<Join>,
) -> Result<Response, Problem> {
    let (one, other, into) = (person_id(&id)?, person_id(&wanted.other)?, person_id(&wanted.into)?);
    let from = if into == one { other } else { one };
    match merge_people(&app, &visit.actor, from, into).await {
        Ok(merge) => Ok(Redirect::to(&format!("/people/{into}?done=merged&merge={merge}")).into_response()),
        Err(MergeError::SamePerson) => Ok(Redirect::to(&format!("/people/{into}")).into_response()),
        Err(MergeError::NotFound | MergeError::NotMerged) => Err(Problem::not_found("person")),
        Err(MergeError::Db(error)) => Err(error.into()),
    }
}

async fn part(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(merge): Path<String>,
) -> Result<Response, Problem> {
    let merge: MergeId = merge.parse().map_err(|_| Problem::not_found("merge"))?;
    let workspace = visit.actor.workspace;
    let person = app
        .db
        .read(move |tx| {
            let found = store::merge_by_id(tx, workspace, merge)?.ok_or_else(|| Problem::not_found("merge"))?;
            let profile = store::profiles_by_number(tx, workspace, &[found.into_number])?.pop();
            profile.map(|profile| profile.id).ok_or_else(|| Problem::not_found("person"))
        })
        .await?;
    let done = match undo_merge(&app, &visit.actor, merge).await {
        Ok(()) => "parted",
        Err(MergeError::NotMerged) => "already-parted",
        Err(MergeError::NotFound | MergeError::SamePerson) => return Err(Problem::not_found("merge")),
        Err(MergeError::Db(error)) => return Err(error.into()),
    };
    Ok(Redirect::to(&format!("/people/{person}?done={done}")).into_response())
}
