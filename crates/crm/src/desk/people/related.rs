//! What hangs on a person: segments with their why, orders, merges that can be undone.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use words::{Currency, Money, ProfileId, SegmentId, fold};

use super::person::{name_of, person_id};
use super::sheet::{Sheet, read_sheet, root_by_id};
use super::words_of::{person_label, rule_words, visitor_name};
use crate::commerce::store::ListedOrder;
use crate::desk::segment_label;
use crate::desk::segments::{ExplainError, Explained, SegmentNames, explain_membership, explanation};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::profiles::Merge;
use crate::segments::Definition;
use crate::ui::{Button, Field, Icon, NavItem, PageContext, PageHead, Tone, badge, button_row, page, panel, time_ago};
use crate::workspaces::{list_members, page_context};

pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Member(Permission::SeePeople);
    table.add(Method::GET, "/people/{id}/why", see, why);
}

/// The names of members who merged by hand, by the text under which merges keep them.
pub type MemberNames = HashMap<String, String>;

/// Read only when a person's merges name somebody.
pub async fn member_names(app: &App, visit: &Visit, sheet: &Sheet) -> Result<MemberNames, Problem> {
    if !sheet.merges.iter().any(|merge| merge.actor.starts_with("usr_")) {
        return Ok(MemberNames::new());
    }
    let members = list_members(app, &visit.actor).await?;
    Ok(members.into_iter().map(|member| (member.user.to_string(), member.name)).collect())
}

pub fn related_column(
    context: &PageContext,
    visit: &Visit,
    sheet: &Sheet,
    newest_orders: &[ListedOrder],
    names: &MemberNames,
) -> Markup {
    html! {
        (panel(&context.t("person-segments"), &Markup::default(), &segments(context, sheet)))
        (panel(&context.t("person-orders"), &Markup::default(), &orders(context, sheet, newest_orders)))
        @if !sheet.merges.is_empty() {
            (panel(&context.t("person-merges"), &Markup::default(), &merges(context, visit, sheet, names)))
        }
    }
}

fn segments(context: &PageContext, sheet: &Sheet) -> Markup {
    html! {
        @if sheet.segments.is_empty() { p class="nothing" { (context.t("person-no-segments")) } }
        @else {
            ul class="related" {
                @for (definition, since) in &sheet.segments {
                    li class="related-item" {
                        div class="related-line" {
                            a href=(format!("/segments/{}", definition.id)) { (segment_name(context, definition)) }
                            span class="related-note" { (time_ago(context, *since)) }
                        }
                        (why_fold(context, sheet.profile.id, definition.id))
                    }
                }
            }
        }
        @if !sheet.other_segments.is_empty() {
            details class="more why-not" {
                summary { (context.t("person-why-not")) }
                (why_form(context, sheet, None))
                div id="why-answer" aria-live="polite" {}
            }
        }
    }
}

/// Chooses a segment that the person is not in; its reasons come at once.
fn why_form(context: &PageContext, sheet: &Sheet, chosen: Option<SegmentId>) -> Markup {
    let href = format!("/people/{}/why", sheet.profile.id);
    let mut names: Vec<(String, String)> = sheet
        .other_segments
        .iter()
        .map(|definition| (definition.id.to_string(), segment_name(context, definition)))
        .collect();
    names.sort_by_cached_key(|(_, name)| fold(name));
    if chosen.is_none() {
        names.insert(0, (String::new(), context.t("person-why-choose").into_owned()));
    }
    let chosen = chosen.map_or_else(String::new, |id| id.to_string());
    html! {
        form class="why-form" method="get" action=(href) hx-get=(href) hx-trigger="change" hx-target="#why-answer" hx-sync="this:replace" {
            (Field::select("segment", context.t("person-why-segment"), names).value(chosen))
            noscript { (Button::secondary(context.t("person-why-open")).small()) }
        }
    }
}

fn segment_name(context: &PageContext, definition: &Definition) -> String {
    segment_label(context, &definition.name, definition.ready_made.as_deref())
}

/// Reasons are worked out when somebody asks for them.
fn why_fold(context: &PageContext, id: ProfileId, segment: SegmentId) -> Markup {
    let href = format!("/people/{id}/why?segment={segment}");
    html! {
        details class="more" {
            summary { (context.t("person-why")) }
            div hx-get=(href) hx-trigger="toggle from:closest details once" hx-target="this" hx-swap="innerHTML" {
                a href=(href) { (context.t("person-why-open")) }
            }
        }
    }
}

#[derive(Deserialize)]
struct WhyQuery {
    #[serde(default)]
    segment: String,
}

/// The reasons for one segment: as a piece beside the person, or as a page of their own.
async fn why(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(query): Query<WhyQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = person_id(&id)?;
    let is_piece = headers.contains_key("hx-request") && !headers.contains_key("hx-boosted");
    if is_piece && query.segment.is_empty() {
        return Ok(Markup::default().into_response());
    }
    let segment: SegmentId = query.segment.parse().map_err(|_| Problem::not_found("segment"))?;
    let (workspace, sight) = (visit.actor.workspace, visit.sight());
    let context = page_context(&visit, Some(NavItem::People));
    let (reader, currency) = (context.clone(), visit.shop.currency);
    let (sheet, names) = app
        .db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("person"))?;
            let names = SegmentNames::read(tx, workspace, &reader, currency)?;
            Ok::<_, Problem>((read_sheet(tx, workspace, root, sight)?, names))
        })
        .await?;
    let explained =
        explain_membership(&app, workspace, sheet.profile.number, segment, sight).await.map_err(explain_problem)?;
    let answer = html! {
        (verdict(&context, &explained))
        (explanation(&context, sheet.profile.id, &explained, &names))
    };
    if is_piece {
        return Ok(answer.into_response());
    }
    let name = segment_name(&context, &explained.definition);
    let title = if explained.since.is_some() { "person-why-title" } else { "person-why-not-title" };
    let head = PageHead::new(context.t_with(title, &[("segment", name.into())]))
        .back(name_of(&context, &sheet), format!("/people/{}", sheet.profile.id));
    let chosen = explained.since.is_none().then_some(segment);
    let body = html! {
        div class="stack" {
            div class="panel" { div class="panel-body stack" id="why-answer" aria-live="polite" { (answer) } }
            (panel(&context.t("person-why-not"), &Markup::default(), &why_form(&context, &sheet, chosen)))
        }
    };
    Ok(page(&context, &head, &body).into_response())
}

/// The answer in a word, with the way to the segment.
fn verdict(context: &PageContext, explained: &Explained) -> Markup {
    let name = segment_name(context, &explained.definition);
    html! {
        p class="why-verdict" {
            @match explained.since {
                Some(since) => {
                    (badge(Tone::Good, &context.t("person-is-member")))
                    span class="related-note" { (time_ago(context, since)) }
                }
                None => (badge(Tone::Neutral, &context.t("person-is-no-member"))),
            }
            a href=(format!("/segments/{}", explained.definition.id)) { (name) }
        }
    }
}

fn explain_problem(error: ExplainError) -> Problem {
    match error {
        ExplainError::NoSuchSegment => Problem::not_found("segment"),
        ExplainError::NoSuchPerson => Problem::not_found("person"),
        ExplainError::Plan(error) => crate::kernel::corrupt(error).into(),
        ExplainError::Db(error) => error.into(),
    }
}

fn orders(context: &PageContext, sheet: &Sheet, newest: &[ListedOrder]) -> Markup {
    if newest.is_empty() {
        return html! { p class="nothing" { (context.t("person-no-orders")) } };
    }
    html! {
        ul class="related" {
            @for order in newest {
                li class="related-item" {
                    div class="related-line" { span { (order.order_id) } span class="related-figure" { (amount(context, order)) } }
                    div class="related-line" { (order_badge(context, &order.status)) span class="related-note" { (time_ago(context, order.ordered_at)) } }
                }
            }
        }
        @if sheet.count_orders() > newest.len() {
            a class="related-more" href=(format!("/people/{}?kind=order", sheet.profile.id)) { (context.t("person-all-orders")) }
        }
    }
}

fn amount(context: &PageContext, order: &ListedOrder) -> String {
    match order.currency.parse::<Currency>() {
        Ok(currency) => context.money(Money { minor: order.total_minor - order.refunded_minor, currency }),
        Err(_) => String::new(),
    }
}

fn order_badge(context: &PageContext, status: &str) -> Markup {
    let (tone, key) = match status {
        "completed" => (Tone::Good, "person-order-completed"),
        "updated" => (Tone::Good, "person-order-updated"),
        "partially_refunded" => (Tone::Warning, "person-order-partially-refunded"),
        "refunded" => (Tone::Warning, "person-order-refunded"),
        "cancelled" => (Tone::Bad, "person-order-cancelled"),
        _ => (Tone::Neutral, "person-order-pending"),
    };
    badge(tone, &context.t(key))
}

fn merges(context: &PageContext, visit: &Visit, sheet: &Sheet, names: &MemberNames) -> Markup {
    html! { ul class="related" { @for merge in &sheet.merges { (merge_item(context, visit, sheet, merge, names)) } } }
}

fn merge_item(context: &PageContext, visit: &Visit, sheet: &Sheet, merge: &Merge, names: &MemberNames) -> Markup {
    let is_undone = merge.undone_at.is_some();
    let other = other_of(sheet, merge);
    let variables =
        [("rule", rule_words(context, &merge.rule).into()), ("actor", actor_words(context, merge, names).into())];
    html! {
        li class="related-item" {
            div class="related-line" { (other_name(context, sheet, other)) span class="related-note" { (time_ago(context, merge.at)) } }
            p class="related-note" {
                (context.t_with("person-merge-reason", &variables))
                @if let Some(seq) = merge.event_seq {
                    " · " a href=(format!("/people/{}/events/{seq}", sheet.profile.id)) { (context.t("person-by-event")) }
                }
            }
            @if is_undone {
                (badge(Tone::Neutral, &context.t("person-merge-undone")))
            } @else if visit.actor.may(Permission::MergePeople) {
                (button_row(&[Button::secondary(context.t("undo")).small().icon(Icon::Undo2).post(format!("/people/merges/{}/undo", merge.id))]))
            }
        }
    }
}

/// The profile at the other end of a merge, as seen from this person.
fn other_of(sheet: &Sheet, merge: &Merge) -> i64 {
    let is_mine = |number: i64| sheet.numbers().contains(&number);
    if merge.undone_at.is_some() && is_mine(merge.from_number) { merge.into_number } else { merge.from_number }
}

fn other_name(context: &PageContext, sheet: &Sheet, number: i64) -> Markup {
    match sheet.others.get(&number) {
        Some(other) => match &other.person {
            Some(person) if person.number != sheet.profile.number => {
                html! { a href=(format!("/people/{}", other.id)) { (person_label(context, &person.row, number)) } }
            }
            _ => html! { span { (visitor_name(context, number)) } },
        },
        None => html! { span { (visitor_name(context, number)) } },
    }
}

fn actor_words(context: &PageContext, merge: &Merge, names: &MemberNames) -> String {
    match names.get(&merge.actor) {
        Some(name) => name.clone(),
        None if merge.actor.starts_with("key_") => context.t("actor-program").into_owned(),
        None if merge.actor.starts_with("usr_") => context.t("actor-former-member").into_owned(),
        None => context.t("actor-system").into_owned(),
    }
}
