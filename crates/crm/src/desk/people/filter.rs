//! `GET /people/filter`: the condition builder as a filter of the list.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use axum::routing::get;
use engine::condition::Condition;
use maud::{Markup, html};
use serde::Deserialize;

use crate::desk::segments::{SegmentNames, builder};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::{Button, Icon, NavItem, PageHead, button_row, page};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/people/filter", Access::Member(Permission::SeePeople), get(show));
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    condition: String,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Problem> {
    let context = page_context(&visit, Some(NavItem::People));
    let (workspace, currency, reader) = (visit.actor.workspace, visit.shop.currency, context.clone());
    let names = app.db.read(move |tx| SegmentNames::read(tx, workspace, &reader, currency)).await?;
    // A condition that cannot be read begins anew: the list has said what is wrong with it.
    let condition = serde_json::from_str(&wanted.condition).ok().and_then(|value| Condition::parse(&value).ok());
    let head = PageHead::new(context.t("people-filter-title"))
        .note(html! { (context.t("people-filter-note")) })
        .back(context.t("people-title"), "/people");
    let body = html! {
        form class="stack" method="get" action="/people" {
            (builder(&context, "condition", condition.as_ref(), &names))
            (button_row(&[
                Button::primary(context.t("people-filter-apply")).icon(Icon::ListFilter),
                Button::ghost(context.t("cancel")).link("/people"),
            ]))
        }
    };
    Ok(page(&context, &head, &body))
}
