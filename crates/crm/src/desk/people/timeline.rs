//! A person's timeline: newest first, in days, by kind, page by page; new events appear by themselves.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use db::{DbError, Tx};
use maud::{Markup, html};
use serde::Deserialize;
use words::{ProfileId, Timestamp, WorkspaceId};

use super::facts_column::figures_panel;
use super::person::{name_of, person_id};
use super::sheet::{numbers_of_person, read_sheet, root_by_id};
use crate::desk::{Category, event_title};
use crate::kernel::texts::{day_of, format_day, format_time};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Shown, Visit, decode_cursor, encode_cursor};
use crate::stream::log::{self, LogRow, Named};
use crate::ui::{
    Button, Empty, Fact, Icon, NavItem, PageContext, PageHead, Tab, TimelineDay, TimelineItem, code_block, facts, page,
    panel, shown, tabs, timeline,
};
use crate::workspaces::page_context;

/// Events of one page: with their pictures they are most of its weight.
const PAGE_EVENTS: usize = 40;
/// Events that came since the page was opened and are shown by themselves.
const MAX_LIVE_EVENTS: usize = 200;

pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Member(Permission::SeePeople);
    table.add(Method::GET, "/people/{id}/timeline", see, more);
    table.add(Method::GET, "/people/{id}/events/{seq}", see, one_event);
}

/// What the address says of the timeline.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TimelineQuery {
    /// A category of events; all when it is none.
    kind: String,
    /// The page of older events that begins after this place.
    before: String,
    /// Everything down to this place: what an open page asks for when news have come.
    since: String,
    /// The newest event that the open page shows.
    newest: String,
}

/// Which events to read.
pub struct Excerpt {
    category: Option<Category>,
    before: (Timestamp, i64),
    rows: usize,
}

/// The events of an excerpt and the place of the next one.
pub struct Events {
    rows: Vec<LogRow>,
    next: Option<String>,
}

impl Excerpt {
    pub fn of(query: &TimelineQuery) -> Result<Self, Problem> {
        let before = if query.before.is_empty() { (Timestamp::MAX, i64::MAX) } else { decode_cursor(&query.before)? };
        let rows = if query.since.is_empty() { PAGE_EVENTS } else { MAX_LIVE_EVENTS };
        Ok(Self { category: Category::from_code(&query.kind), before, rows })
    }
}

pub fn read_excerpt(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: &[i64],
    excerpt: &Excerpt,
) -> Result<Events, DbError> {
    let (before, limit) = (excerpt.before, excerpt.rows + 1);
    let names = |categories: &[Category]| -> Vec<String> {
        categories.iter().flat_map(|one| one.event_names()).map(str::to_owned).collect()
    };
    let mut read = |named: Named<'_>| log::timeline(tx, workspace, numbers, named, before, limit);
    let mut rows = match excerpt.category {
        None => read(Named::Anyhow)?,
        Some(Category::Other) => read(Named::Otherwise(&names(&Category::ALL)))?,
        Some(category) => read(Named::As(&names(&[category])))?,
    };
    let has_more = rows.len() > excerpt.rows;
    rows.truncate(excerpt.rows);
    let next = rows.last().filter(|_| has_more).map(|row| encode_cursor(&(row.at, row.seq)));
    Ok(Events { rows, next })
}

/// The column of a person's page: kinds, events, a way to older ones.
pub fn timeline_column(context: &PageContext, id: ProfileId, query: &TimelineQuery, events: &Events) -> Markup {
    html! {
        (kinds(context, id, query))
        @if query.before.is_empty() {
            live-region hx-ext="sse" sse-connect="/events" { (newest_part(context, id, query, events)) }
        } @else {
            (days(context, id, &events.rows))
        }
        (older(context, id, query, events.next.as_deref()))
    }
}

fn kinds(context: &PageContext, id: ProfileId, query: &TimelineQuery) -> Markup {
    let all = Tab {
        label: context.t("timeline-all").into_owned(),
        href: format!("/people/{id}"),
        count: None,
        is_current: Category::from_code(&query.kind).is_none(),
    };
    let of_kinds = Category::ALL.map(|category| Tab {
        label: context.t(&format!("event-category-{}", category.code())).into_owned(),
        href: format!("/people/{id}?kind={}", category.code()),
        count: None,
        is_current: category.code() == query.kind,
    });
    let all: Vec<Tab> = std::iter::once(all).chain(of_kinds).collect();
    tabs(&context.t("timeline-kinds"), &all)
}

/// The newest events. It asks for itself when something happens in the shop, down to its present last event, so that
/// pages of older ones that were opened below stay in order.
fn newest_part(context: &PageContext, id: ProfileId, query: &TimelineQuery, events: &Events) -> Markup {
    let newest = events.rows.iter().map(|row| row.seq).max().unwrap_or(0);
    let since = match (&query.since, &events.next) {
        (since, _) if !since.is_empty() => since.clone(),
        (_, Some(next)) => next.clone(),
        (_, None) => encode_cursor(&(Timestamp::MIN, 0_i64)),
    };
    let href = format!("/people/{id}/timeline?kind={}&since={since}&newest={newest}", query.kind);
    html! {
        div id="timeline-newest" hx-get=(href) hx-trigger="sse:changed" hx-target="this" hx-swap="morph:outerHTML" {
            @if events.rows.is_empty() { (no_events(context, query)) } @else { (days(context, id, &events.rows)) }
        }
    }
}

fn no_events(context: &PageContext, query: &TimelineQuery) -> Markup {
    let text = if query.kind.is_empty() { "timeline-empty-text" } else { "timeline-none-text" };
    html! { (Empty::new(Icon::History, context.t("timeline-empty-title"), context.t(text))) }
}

/// A link to the page of older events, which a script puts in its own place.
fn older(context: &PageContext, id: ProfileId, query: &TimelineQuery, next: Option<&str>) -> Markup {
    let Some(next) = next else { return Markup::default() };
    let tail = format!("kind={}&before={next}", query.kind);
    let button = Button::secondary(context.t("timeline-older")).icon(Icon::ChevronDown).wide();
    let button = button
        .link(format!("/people/{id}?{tail}"))
        .attribute("hx-get", format!("/people/{id}/timeline?{tail}"))
        .attribute("hx-target", "closest .timeline-older")
        .attribute("hx-swap", "outerHTML")
        .attribute("hx-push-url", "false");
    html! { div class="timeline-older" { (button) } }
}

/// The first events alone, for where there is little room.
pub fn first_days(context: &PageContext, id: ProfileId, events: &Events, rows: usize) -> Markup {
    days(context, id, &events.rows[..events.rows.len().min(rows)])
}

/// The events in days as the reader counts them.
fn days(context: &PageContext, id: ProfileId, rows: &[LogRow]) -> Markup {
    let today = day_of(context.now, &context.zone);
    let mut days: Vec<(jiff::civil::Date, TimelineDay)> = Vec::new();
    for row in rows {
        let date = day_of(row.at, &context.zone);
        if days.last().is_none_or(|(last, _)| *last != date) {
            let label = format_day(date, today, context.language);
            days.push((date, TimelineDay { label, items: Vec::new() }));
        }
        if let Some((_, day)) = days.last_mut() {
            day.items.push(item(context, id, row));
        }
    }
    let days: Vec<TimelineDay> = days.into_iter().map(|(_, day)| day).collect();
    timeline(&days)
}

fn item(context: &PageContext, id: ProfileId, row: &LogRow) -> TimelineItem {
    let told = event_title(context, &row.told(context.sight));
    let href = format!("/people/{id}/events/{}", row.seq);
    TimelineItem {
        icon: told.icon,
        tone: told.tone,
        title: html! { (told.title) },
        note: (!told.detail.is_empty()).then(|| html! { (told.detail) }),
        time: html! { time datetime=(row.at.to_string()) title=(context.date_time(row.at)) { (format_time(row.at, &context.zone)) } },
        details: Some(html! {
            div hx-get=(href) hx-trigger="toggle from:closest details once" hx-target="this" hx-swap="innerHTML" {
                a href=(href) { (context.t("timeline-raw")) }
            }
        }),
    }
}

/// `GET /people/{id}/timeline`: older events for the end of the column, or news for its beginning.
async fn more(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Query(query): Query<TimelineQuery>,
) -> Result<Response, Problem> {
    let id = person_id(&id)?;
    let (workspace, sight) = (visit.actor.workspace, visit.sight());
    let excerpt = Excerpt::of(&query)?;
    let (sheet, mut events) = app
        .db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("person"))?;
            let sheet = read_sheet(tx, workspace, root, sight)?;
            let events = read_excerpt(tx, workspace, &sheet.numbers(), &excerpt)?;
            Ok::<_, Problem>((sheet, events))
        })
        .await?;
    let context = page_context(&visit, Some(NavItem::People));
    if query.since.is_empty() {
        let part = html! { (days(&context, id, &events.rows)) (older(&context, id, &query, events.next.as_deref())) };
        return Ok(part.into_response());
    }
    let since: (Timestamp, i64) = decode_cursor(&query.since)?;
    events.rows.retain(|row| (row.at, row.seq) >= since);
    let newest = events.rows.iter().map(|row| row.seq).max().unwrap_or(0);
    if query.newest == newest.to_string() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let part = html! {
        (newest_part(&context, id, &query, &events))
        div id="person-figures" hx-swap-oob="true" { (figures_panel(&context, &sheet)) }
    };
    Ok(part.into_response())
}

/// `GET /people/{id}/events/{seq}`: an event as it was sent: for the fold of its line, or as a page.
async fn one_event(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path((id, seq)): Path<(String, i64)>,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let id = person_id(&id)?;
    let (workspace, sight) = (visit.actor.workspace, visit.sight());
    let (sheet, row) = app
        .db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("person"))?;
            let numbers = numbers_of_person(tx, workspace, &root)?;
            let row = log::event_at(tx, workspace, seq)?.filter(|row| numbers.contains(&row.number));
            let row = row.ok_or_else(|| Problem::not_found("event"))?;
            Ok::<_, Problem>((read_sheet(tx, workspace, root, sight)?, row))
        })
        .await?;
    if sheet.profile.id != id {
        return Ok(Redirect::to(&format!("/people/{}/events/{seq}", sheet.profile.id)).into_response());
    }
    let context = page_context(&visit, Some(NavItem::People));
    let is_fragment = headers.contains_key("hx-request") && !headers.contains_key("hx-boosted");
    if is_fragment {
        return Ok(raw(&context, &row).into_response());
    }
    let told = event_title(&context, &row.told(context.sight));
    let head = PageHead::new(told.title).back(name_of(&context, &sheet), format!("/people/{id}"));
    let body = panel(&context.t("person-event-panel"), &Markup::default(), &raw(&context, &row));
    Ok(page(&context, &head, &body).into_response())
}

fn raw(context: &PageContext, row: &LogRow) -> Markup {
    let text = serde_json::to_string_pretty(&row.contents(context.sight)).unwrap_or_default();
    let mut about = vec![
        Fact::text(context.t("person-event-name"), &row.name),
        Fact::text(context.t("person-event-at"), &context.date_time(row.at)),
        Fact::text(context.t("person-event-received"), &context.date_time(row.received_at)),
    ];
    if row.message_id(context.sight) != Shown::Nothing {
        let id = shown(context, row.message_id(context.sight));
        about.push(Fact::new(context.t("person-event-message-id"), id));
    }
    html! {
        div class="stack" {
            @if context.sight.is_masked() { p class="note" { (context.t("person-event-masked-note")) } }
            (facts(&about))
            (code_block(context.language, &text))
        }
    }
}
