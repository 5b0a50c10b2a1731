//! The orders behind the figures of Home: a day's orders, or the first orders of new customers.

use axum::Extension;
use axum::extract::{Query, State};
use db::{DbError, Tx};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use words::{Money, Timestamp, WorkspaceId};

use crate::commerce::store::{ListedOrder, orders_between};
use crate::desk::people::person_label;
use crate::desk::roots::Owners;
use crate::kernel::texts::{format_date, format_time};
use crate::kernel::{App, Problem, Shop, Visit, day_of, day_start, decode_cursor, encode_cursor};
use crate::ui::{Column, Empty, Icon, NavItem, PageContext, PageHead, Pager, Row, Tab, Table, Tone, badge, page, tabs};
use crate::workspaces::page_context;

const ROWS: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OrdersQuery {
    /// `2026-11-22`; today when it is missing.
    day: Option<String>,
    /// `first` leaves the first orders of new customers.
    only: Option<String>,
    after: Option<String>,
}

/// Where a page of orders begins.
#[derive(Serialize, Deserialize)]
struct Place {
    at: Timestamp,
    order_id: String,
}

struct Orders {
    listed: Vec<ListedOrder>,
    owners: Owners,
    next: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<OrdersQuery>,
) -> Result<Markup, Problem> {
    let today = day_of(visit.now, &visit.shop.time_zone);
    let day = query.day.as_deref().and_then(|day| day.parse().ok()).map_or(today, day_number);
    let after = query.after.as_deref().map(decode_cursor::<Place>).transpose()?;
    let (workspace, shop, is_first) =
        (visit.actor.workspace, visit.shop.clone(), query.only.as_deref() == Some("first"));
    let orders =
        app.db
            .read(move |tx| {
                if is_first {
                    first_orders(tx, workspace, &shop, day)
                } else {
                    orders(tx, workspace, &shop, day, after)
                }
            })
            .await?;
    let context = page_context(&visit, Some(NavItem::Home));
    Ok(orders_page(&context, &visit, day, is_first, &orders))
}

fn day_number(date: Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    epoch.until(date).map_or(0, |span| i64::from(span.get_days()))
}

fn orders(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    shop: &Shop,
    day: i64,
    after: Option<Place>,
) -> Result<Orders, DbError> {
    let start = day_start(day, &shop.time_zone);
    let from = after.unwrap_or(Place { at: day_start(day + 1, &shop.time_zone), order_id: String::new() });
    let mut listed = orders_between(tx, workspace, start, (from.at, &from.order_id), ROWS + 1)?;
    let has_more = listed.len() > ROWS;
    listed.truncate(ROWS);
    let last = listed.last().filter(|_| has_more);
    let next = last.map(|last| encode_cursor(&Place { at: last.ordered_at, order_id: last.order_id.clone() }));
    Ok(Orders { owners: owners(tx, workspace, &listed)?, listed, next })
}

/// All on one page: more new customers a day than a page holds are shown by their newest.
fn first_orders(tx: &mut Tx<'_>, workspace: WorkspaceId, shop: &Shop, day: i64) -> Result<Orders, DbError> {
    let (start, end) = (day_start(day, &shop.time_zone), day_start(day + 1, &shop.time_zone));
    let mut listed = orders_between(tx, workspace, start, (end, ""), MAX_FIRST_ORDERS)?;
    let owners = owners(tx, workspace, &listed)?;
    listed.retain(|order| owners.of(order.number).is_some_and(|person| person.row.first_order_at == order.ordered_at));
    Ok(Orders { listed, owners, next: None })
}

/// Orders of a day that are looked through for new customers.
const MAX_FIRST_ORDERS: usize = 2_000;

fn owners(tx: &mut Tx<'_>, workspace: WorkspaceId, listed: &[ListedOrder]) -> Result<Owners, DbError> {
    let numbers: Vec<i64> = listed.iter().map(|order| order.number).collect();
    Owners::read(tx, workspace, &numbers)
}

fn orders_page(context: &PageContext, visit: &Visit, day: i64, is_first: bool, orders: &Orders) -> Markup {
    let start = day_start(day, &visit.shop.time_zone);
    let date = context.zone.to_datetime(start.to_jiff()).date();
    let address = |only: &str| format!("/orders?day={date}{only}");
    let views =
        [("orders-all", "", !is_first), ("orders-first", "&only=first", is_first)].map(|(key, only, is_current)| Tab {
            label: context.t(key).into_owned(),
            href: address(only),
            count: None,
            is_current,
        });
    let head = PageHead::new(context.t("orders-title"))
        .back(context.t("nav-home"), "/")
        .note(html! { (format_date(date, context.language)) });
    let body = html! {
        div class="stack" {
            (tabs(&context.t("orders-views"), &views))
            @if orders.listed.is_empty() {
                (Empty::new(Icon::ShoppingBag, context.t("orders-empty-title"), context.t("orders-empty-text")))
            } @else {
                (table(context, orders, &address("")))
            }
        }
    };
    page(context, &head, &body)
}

fn table(context: &PageContext, orders: &Orders, address: &str) -> Markup {
    let columns = vec![
        Column::text(context.t("orders-customer")),
        Column::text(context.t("orders-number")),
        Column::text(context.t("orders-status")),
        Column::text(context.t("orders-time")).minor(),
        Column::number(context.t("orders-total")),
        Column::number(context.t("orders-refunded")).minor(),
    ];
    let rows = orders.listed.iter().map(|order| row(context, order, orders)).collect();
    let next = orders.next.as_ref().map(|after| format!("{address}&after={after}"));
    let table = Table::new(context.t("orders-title"), columns, rows);
    match next {
        Some(_) => table.pager(Pager { previous: None, next, summary: None }).render(context.language),
        None => table.render(context.language),
    }
}

fn row(context: &PageContext, order: &ListedOrder, orders: &Orders) -> Row {
    let owner = orders.owners.of(order.number);
    let name = owner.map(|person| person_label(context, &person.row, person.number)).unwrap_or_default();
    let money = |minor: i64| match order.currency.parse() {
        Ok(currency) => context.money(Money { minor, currency }),
        Err(_) => context.integer(minor),
    };
    let refunded = if order.refunded_minor == 0 { String::new() } else { money(order.refunded_minor) };
    let row = Row::new(vec![
        html! { (name) },
        html! { (order.order_id) },
        badge(status_tone(&order.status), &context.t(&format!("order-status-{}", order.status.replace('_', "-")))),
        html! { (format_time(order.ordered_at, &context.zone)) },
        html! { (money(order.total_minor)) },
        html! { (refunded) },
    ]);
    match owner {
        Some(person) => row.link(format!("/people/{}", person.id)),
        None => row,
    }
}

fn status_tone(status: &str) -> Tone {
    match status {
        "completed" | "updated" => Tone::Good,
        "partially_refunded" | "refunded" => Tone::Warning,
        "cancelled" => Tone::Bad,
        _ => Tone::Neutral,
    }
}
