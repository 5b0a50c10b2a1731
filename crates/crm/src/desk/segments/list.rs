//! All segments: how many people each holds, how that moved, and whether it is still being built.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use maud::{Markup, html};
use serde::Deserialize;
use words::SegmentId;

use super::figures::Movements;
use super::order::{Order, SortKey, Sortable};
use super::wire::Standings;
use crate::desk::segment_label;
use crate::kernel::texts::format_percent;
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::profiles;
use crate::segments::{self, Definition};
use crate::ui::{
    Button, Column, Empty, Icon, NavItem, PageContext, PageHead, Pager, Row, Table, Toast, Tone, dash, dot,
    live_search_field, page, progress, sparkline,
};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/segments", Access::Member(Permission::SeeSegments), show);
}

/// What the request before did: only words of the list are shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Notice {
    done: String,
    problem: String,
    /// The segment that was deleted and may come back.
    undo: Option<SegmentId>,
}

const DONE: [&str; 4] = ["created", "saved", "deleted", "restored"];
const PROBLEMS: [&str; 2] = ["segment-in-use", "not-restored"];

impl Notice {
    pub fn add_to(&self, context: &mut PageContext) {
        let language = context.language;
        if DONE.contains(&self.done.as_str()) {
            let mut toast = Toast::success(language, context.t(&format!("segment-done-{}", self.done)));
            if let Some(id) = self.undo {
                toast = toast.undo(format!("/segments/{id}/restore"));
            }
            context.toasts.push(toast);
        }
        if PROBLEMS.contains(&self.problem.as_str()) {
            let text = context.t(&format!("segment-problem-{}", self.problem));
            context.toasts.push(Toast::error(language, text));
        }
    }
}

struct Listed {
    definitions: Vec<Definition>,
    standings: Standings,
    movements: Movements,
    people: i64,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<Notice>,
    Query(order): Query<Order>,
) -> Result<Markup, Problem> {
    let (workspace, now, zone) = (visit.actor.workspace, visit.now, visit.shop.time_zone.clone());
    let listed = app
        .db
        .read(move |tx| {
            Ok::<_, db::DbError>(Listed {
                definitions: segments::store::definitions(tx, workspace)?,
                standings: Standings::read(tx, workspace, now)?,
                movements: Movements::read(tx, workspace, now, &zone)?,
                people: profiles::store::count_people(tx, workspace)?,
            })
        })
        .await?;
    let mut context = page_context(&visit, Some(NavItem::Segments));
    notice.add_to(&mut context);
    let add = Button::primary(context.t("segment-new")).icon(Icon::Plus).link("/segments/new");
    let may_edit = visit.actor.may(Permission::EditSegments);
    let mut head = PageHead::new(context.t("segments-title")).note(html! { (context.t("segments-note")) });
    // An empty list says so itself, and offers the same action.
    if !listed.definitions.is_empty() {
        head = head.count(context.integer(i64::try_from(listed.definitions.len()).unwrap_or(i64::MAX)));
        if may_edit {
            head = head.actions(html! { (add) });
        }
    }
    Ok(page(&context, &head, &body(&context, &listed, &order, may_edit)))
}

/// Not with every event, yet surely after the last one: a throttle alone drops the news that ends a burst.
pub(super) const ON_NEWS: &str = "sse:changed throttle:2s, sse:changed delay:1s";

fn body(context: &PageContext, listed: &Listed, order: &Order, may_edit: bool) -> Markup {
    if listed.definitions.is_empty() {
        let mut empty = Empty::new(Icon::Layers, context.t("segments-empty-title"), context.t("segments-empty-text"));
        if may_edit {
            empty = empty.action(Button::primary(context.t("segment-new")).icon(Icon::Plus).link("/segments/new"));
        }
        return html! { div class="panel" { (empty) } };
    }
    let kept = [("sort", order.sort_word())];
    html! {
        div class="toolbar" {
            (live_search_field("/segments", "segment-list", &context.t("segments-search"), order.searched(), &kept))
        }
        (live(&found(context, listed, order), order))
    }
}

/// Asks for itself again when something changed.
fn live(body: &Markup, order: &Order) -> Markup {
    html! {
        live-region hx-ext="sse" sse-connect="/events" {
            div id="segment-list" hx-get=(order.href()) hx-trigger=(ON_NEWS) hx-select="#segment-list"
                hx-target="#segment-list" hx-swap="morph:outerHTML" { (body) }
        }
    }
}

fn found(context: &PageContext, listed: &Listed, order: &Order) -> Markup {
    let all = listed.definitions.iter().map(|definition| sortable(context, listed, definition)).collect();
    let page = order.page(all);
    if page.rows.is_empty() {
        let empty = Empty::new(Icon::Search, context.t("segments-none-title"), context.t("segments-none-text"))
            .action(Button::secondary(context.t("filters-clear")).link("/segments"));
        return html! { div class="panel" { (empty) } };
    }
    let pager = (page.previous.is_some() || page.next.is_some()).then(|| Pager {
        previous: page.previous,
        next: page.next,
        summary: Some(context.t_with("segments-found", &[("count", page.found.into())]).into_owned()),
    });
    let rows = page.rows.iter().map(|one| row(context, listed, one)).collect();
    let table = Table::new(context.t("segments-title"), columns(context, order), rows);
    match pager {
        Some(pager) => table.pager(pager).render(context.language),
        None => table.render(context.language),
    }
}

fn sortable<'a>(context: &PageContext, listed: &Listed, definition: &'a Definition) -> Sortable<'a> {
    let (entered, left) = listed.movements.today(definition.no);
    Sortable {
        definition,
        name: segment_label(context, &definition.name, definition.ready_made.as_deref()),
        members: listed.standings.count(definition),
        moves: entered + left,
    }
}

fn columns(context: &PageContext, order: &Order) -> Vec<Column> {
    let sorts = |column: Column, key: SortKey| {
        let (href, sorted) = order.head(key);
        column.sorts(href, sorted)
    };
    vec![
        sorts(Column::text(context.t("segment-name")), SortKey::Name),
        sorts(Column::number(context.t("segment-members")), SortKey::Members),
        Column::number(context.t("segment-share")).minor(),
        Column::text(context.t("segment-thirty-days")).minor(),
        sorts(Column::number(context.t("segment-today")), SortKey::Today),
        Column::text(context.t("segment-status")),
    ]
}

fn row(context: &PageContext, listed: &Listed, one: &Sortable<'_>) -> Row {
    let (definition, count, name) = (one.definition, one.members, &one.name);
    let (entered, left) = listed.movements.today(definition.no);
    let values: Vec<f64> = listed.movements.members(definition.no, count).into_iter().map(|one| one as f64).collect();
    let title = context.t_with("segment-sparkline", &[("name", name.as_str().into())]);
    Row::new(vec![
        html! {
            span class="segment-name" {
                span { (name) }
                @if let Some(code) = &definition.ready_made {
                    span class="segment-description" {
                        (context.t(&format!("segment-ready-{}-text", code.replace('_', "-"))))
                    }
                }
            }
        },
        html! { (context.integer(count)) },
        html! { (share(context, count, listed.people)) },
        sparkline(&title, &values),
        moved(context, entered, left),
        status(context, &listed.standings, definition),
    ])
    .link(format!("/segments/{}", definition.id))
}

pub(super) fn share(context: &PageContext, count: i64, people: i64) -> String {
    if people == 0 {
        return "—".to_owned();
    }
    let ratio = count as f64 / people as f64;
    format_percent(ratio, if ratio < 0.1 && count > 0 { 1 } else { 0 }, context.language)
}

pub(super) fn moved(context: &PageContext, entered: i64, left: i64) -> Markup {
    html! {
        @if entered == 0 && left == 0 { (dash()) }
        @else {
            span class="segment-moves" {
                @if entered > 0 {
                    span class="delta tone-good" { "+" (context.integer(entered)) span class="visually-hidden" { " " (context.t("segment-entered")) } }
                }
                @if left > 0 {
                    span class="delta tone-neutral" { "−" (context.integer(left)) span class="visually-hidden" { " " (context.t("segment-left")) } }
                }
            }
        }
    }
}

pub(super) fn status(context: &PageContext, standings: &Standings, definition: &Definition) -> Markup {
    if definition.is_built {
        return dot(Tone::Good, &context.t("segment-live"));
    }
    let (done, total) = standings.construction(definition);
    progress(context.language, &context.t("segment-building"), done.min(total), total)
}
