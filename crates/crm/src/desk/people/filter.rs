//! `GET /people/filter`: the condition builder as a filter of the list.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use engine::condition::Condition;
use maud::{Markup, html};

use super::address::Address;
use crate::desk::segments::{SegmentNames, builder};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::{Button, Icon, NavItem, PageHead, button_row, page};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/people/filter", Access::Member(Permission::SeePeople), show);
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Markup, Problem> {
    let address = Address::parse(&pairs, visit.sight())?;
    let context = page_context(&visit, Some(NavItem::People));
    let (workspace, currency, reader) = (visit.actor.workspace, visit.shop.currency, context.clone());
    let names = app.db.read(move |tx| SegmentNames::read(tx, workspace, &reader, currency)).await?;
    // A condition that cannot be read begins anew: the list has said what is wrong with it.
    let text = address.condition.as_deref().unwrap_or_default();
    let condition = serde_json::from_str(text).ok().and_then(|value| Condition::parse(&value).ok());
    let list = address.href();
    let head = PageHead::new(context.t("people-filter-title"))
        .note(html! { (context.t("people-filter-note")) })
        .back(context.t("people-title"), &list);
    let body = html! {
        form class="stack" method="get" action="/people" {
            @for (name, value) in address.kept_without("condition") { input type="hidden" name=(name) value=(value); }
            (builder(&context, "condition", condition.as_ref(), &names))
            (button_row(&[
                Button::primary(context.t("people-filter-apply")).icon(Icon::ListFilter),
                Button::ghost(context.t("cancel")).link(list),
            ]))
        }
    };
    Ok(page(&context, &head, &body))
}
