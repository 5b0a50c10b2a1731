//! One segment: its people, its movement, its condition in words, and what may be done with it.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use words::{SegmentId, Timestamp};

use super::as_of;
use super::ask::is_open;
use super::edit;
use super::figures::Movements;
use super::list::{Notice, ON_NEWS, share, status};
use super::members::members_table;
use super::refusal::Refusal;
use super::wire::Standings;
use super::words::{SegmentNames, condition_in_words};
use crate::desk::segment_label;
use crate::kernel::texts::{day_of, format_date};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::profiles::store::ListedPerson;
use crate::segments::{self, Definition};
use crate::ui::{
    BarChart, Button, Empty, Icon, Menu, MenuItem, NavItem, PageContext, PageHead, Pager, Stat, page, panel, sparkline,
    stat_row, time_ago,
};
use crate::workspaces::page_context;
use crate::{profiles, stream};

/// Members of one page.
const ROWS: usize = 50;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditSegments);
    table.add(Method::GET, "/segments/{id}", Access::Member(Permission::SeeSegments), show);
    table.add(Method::POST, "/segments/{id}/delete", edit, delete);
    table.add(Method::POST, "/segments/{id}/restore", edit, restore);
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MembersQuery {
    after: i64,
}

struct Shown {
    definition: Definition,
    names: SegmentNames,
    standings: Standings,
    movements: Movements,
    people: i64,
    /// When the first event arrived.
    begins: Option<Timestamp>,
    members: Vec<ListedPerson>,
    next: Option<i64>,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
    Query(query): Query<MembersQuery>,
    Query(notice): Query<Notice>,
) -> Result<Markup, Problem> {
    edit::catch_up(&app, visit.actor.workspace).await?;
    let mut context = page_context(&visit, Some(NavItem::Segments));
    notice.add_to(&mut context);
    let shown = read(&app, &visit, &context, id, query.after).await?.ok_or_else(|| Problem::not_found("segment"))?;
    let head = head(&context, &visit, &shown.definition);
    Ok(page(&context, &head, &body(&context, &visit, &shown, query.after)))
}

async fn read(
    app: &App,
    visit: &Visit,
    context: &PageContext,
    id: SegmentId,
    after: i64,
) -> Result<Option<Shown>, Problem> {
    let (workspace, now, shop, context) = (visit.actor.workspace, visit.now, visit.shop.clone(), context.clone());
    let read = app.db.read(move |tx| {
        let Some(definition) = segments::store::definition(tx, workspace, id)? else { return Ok(None) };
        let mut numbers = segments::store::members_after(tx, workspace, definition.no, after, ROWS + 1)?;
        let has_more = numbers.len() > ROWS;
        numbers.truncate(ROWS);
        Ok::<_, db::DbError>(Some(Shown {
            names: SegmentNames::read(tx, workspace, &context, shop.currency)?,
            standings: Standings::read(tx, workspace, now)?,
            movements: Movements::read(tx, workspace, now, &shop.time_zone)?,
            people: profiles::store::count_people(tx, workspace)?,
            begins: stream::log::first_arrival(tx, workspace)?,
            members: profiles::store::people_by_number(tx, workspace, &numbers)?,
            next: numbers.last().copied().filter(|_| has_more),
            definition,
        }))
    });
    Ok(read.await?)
}

fn head(context: &PageContext, visit: &Visit, definition: &Definition) -> PageHead {
    let id = definition.id;
    let head = PageHead::new(segment_label(context, &definition.name, definition.ready_made.as_deref()))
        .back(context.t("segments-title"), "/segments");
    let head = match &definition.ready_made {
        Some(code) => head.note(html! { (context.t(&format!("segment-ready-{}-text", code.replace('_', "-")))) }),
        None => head,
    };
    if !visit.actor.may(Permission::EditSegments) {
        return head;
    }
    let delete =
        MenuItem::post(context.t("segment-delete"), format!("/segments/{id}/delete")).icon(Icon::Trash2).danger();
    let button = Button::secondary(context.t("more-actions")).icon_only(Icon::Ellipsis);
    if !is_open(&definition.condition, context.sight) {
        return head.actions(html! { (Menu::new("segment-menu", button).group(None, &[delete])) });
    }
    let change = Button::primary(context.t("segment-edit"))
        .icon(Icon::Pencil)
        .link(format!("/segments/{id}/edit"))
        .attribute("data-shortcut", "e");
    let copy = MenuItem::link(context.t("segment-duplicate"), format!("/segments/new?from={id}")).icon(Icon::Copy);
    let more = Menu::new("segment-menu", button).group(None, &[copy, delete]);
    head.actions(html! { (change) (more) })
}

fn body(context: &PageContext, visit: &Visit, shown: &Shown, after: i64) -> Markup {
    let definition = &shown.definition;
    let address = format!("/segments/{}", definition.id);
    let refreshed = if after > 0 { format!("{address}?after={after}") } else { address.clone() };
    html! {
        // Outside of what changes by itself: nobody's date is taken away while he types it.
        (as_of::chooser(context, visit, definition.id, shown.begins, None))
        live-region hx-ext="sse" sse-connect="/events" {
            div class="stack" id="segment" hx-get=(refreshed) hx-trigger=(ON_NEWS) hx-select="#segment"
                hx-target="#segment" hx-swap="morph:outerHTML" {
                @if !definition.is_built {
                    div class="panel segment-building" { (status(context, &shown.standings, definition)) }
                }
                (figures(context, shown))
                div class="split" {
                    div class="stack" { (members(context, visit, shown, &address, after)) }
                    div class="stack" { (condition(context, shown)) (charts(context, visit, shown)) }
                }
            }
        }
    }
}

fn figures(context: &PageContext, shown: &Shown) -> Markup {
    let no = shown.definition.no;
    let count = shown.standings.count(&shown.definition);
    let (entered, left) = shown.movements.today(no);
    let values: Vec<f64> = shown.movements.members(no, count).into_iter().map(|one| one as f64).collect();
    let members = Stat::new(context.t("segment-members"), context.integer(count))
        .chart(sparkline(&context.t("segment-thirty-days"), &values));
    let share = Stat::new(context.t("segment-share"), share(context, count, shown.people))
        .note(context.t_with("segment-of-people", &[("count", shown.people.into())]));
    let entered = Stat::new(context.t("segment-entered-today"), context.integer(entered));
    let left = Stat::new(context.t("segment-left-today"), context.integer(left));
    stat_row(context.language, &[members, share, entered, left])
}

fn members(context: &PageContext, visit: &Visit, shown: &Shown, address: &str, after: i64) -> Markup {
    if shown.members.is_empty() {
        let state = if shown.definition.is_built { "nobody" } else { "building" };
        let [title, text] = ["title", "text"].map(|part| context.t(&format!("segment-{state}-{part}")));
        let empty = Empty::new(Icon::Users, title, text);
        return html! { div class="panel" { (empty) } };
    }
    let count = shown.standings.count(&shown.definition);
    let pager = Pager {
        previous: (after > 0).then(|| address.to_owned()),
        next: shown.next.map(|number| format!("{address}?after={number}")),
        summary: Some(context.t_with("segment-people", &[("count", count.into())]).into_owned()),
    };
    members_table(context, visit.shop.currency, &shown.members, pager)
}

fn condition(context: &PageContext, shown: &Shown) -> Markup {
    let definition = &shown.definition;
    let body = html! {
        (condition_in_words(context, &definition.condition, &shown.names))
        p class="segment-changed" { (context.t("segment-changed")) " " (time_ago(context, definition.updated_at)) }
    };
    panel(&context.t("segment-condition-title"), &Markup::default(), &body)
}

fn charts(context: &PageContext, visit: &Visit, shown: &Shown) -> Markup {
    let zone = &visit.shop.time_zone;
    let days = shown.movements.by_day(shown.definition.no, zone);
    let chart = |key: &str, pick: fn(&(Timestamp, i64, i64)) -> i64| {
        let title = context.t(key);
        if days.iter().all(|day| pick(day) == 0) {
            let nobody = html! { p class="nothing" { (context.t("segment-no-moves")) } };
            return panel(&title, &Markup::default(), &nobody);
        }
        let bars = days.iter().map(|day| (day_label(context, zone, day.0), pick(day) as f64)).collect();
        let heads = [&*context.t("segment-day"), &*title];
        let chart = BarChart::new(&*title, heads, bars, |value| context.integer(value as i64));
        panel(&title, &Markup::default(), &chart.render(context.language))
    };
    html! { (chart("segment-entries", |day| day.1)) (chart("segment-exits", |day| day.2)) }
}

/// "22 Nov": the year is known from the rest of the page.
fn day_label(context: &PageContext, zone: &jiff::tz::TimeZone, at: Timestamp) -> String {
    let date = format_date(day_of(at, zone), context.language);
    date.rsplit_once(' ').map_or(date.clone(), |(day, _)| day.to_owned())
}

async fn delete(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
) -> Result<Response, Refusal> {
    match edit::delete(&app, &visit.actor, id).await {
        Ok(_) => Ok(Redirect::to(&format!("/segments?done=deleted&undo={id}")).into_response()),
        Err(segments::DefineError::InUse(_)) => {
            Ok(Redirect::to(&format!("/segments/{id}?problem=segment-in-use")).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn restore(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
) -> Result<Response, Refusal> {
    match edit::restore(&app, &visit.actor, id).await {
        Ok(_) => Ok(Redirect::to(&format!("/segments/{id}?done=restored")).into_response()),
        Err(segments::DefineError::NotFound) => {
            // A second click finds it there already; of what is nowhere this says so.
            let workspace = visit.actor.workspace;
            let there = app.db.read(move |tx| segments::store::definition(tx, workspace, id)).await?;
            there.ok_or_else(|| Problem::not_found("segment"))?;
            Ok(Redirect::to(&format!("/segments/{id}?done=restored")).into_response())
        }
        Err(error @ segments::DefineError::Db(_)) => Err(error.into()),
        Err(_) => Ok(Redirect::to("/segments?problem=not-restored").into_response()),
    }
}
