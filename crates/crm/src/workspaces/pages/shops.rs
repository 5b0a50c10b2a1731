//! The shops of a member, to change from one to another.

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{Method, header};
use axum::response::Response;
use maud::{Markup, html};
use words::WorkspaceId;

use super::{page_context, role_label, see_other};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::{Button, Column, PageHead, Row, Table, Tone, badge, page};
use crate::workspaces::cookies::session_cookie;
use crate::workspaces::sessions::OpenSession;
use crate::workspaces::shops::{change_shop, shops_of};

pub(super) fn routes(table: &mut RouteTable) {
    let own = Access::Member(Permission::EditOwnAccount);
    table.add(Method::GET, "/account/shops", own, show);
    table.add(Method::POST, "/account/shops/{workspace}", own, change);
}

async fn show(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let Some(user) = visit.actor.user() else { return Err(Problem::not_found("member")) };
    let shops = shops_of(&app, user).await?;
    let context = page_context(&visit, None);
    let columns = vec![
        Column::text(context.t("shop-name")),
        Column::text(context.t("member-role")),
        Column::text(context.t("member-actions")),
    ];
    let rows = shops.into_iter().map(|(id, name, role)| {
        let action = if id == visit.actor.workspace {
            badge(Tone::Good, &context.t("shop-this"))
        } else {
            let open = Button::secondary(context.t("shop-open")).small();
            html! { (open.post(format!("/account/shops/{id}"))) }
        };
        Row::new(vec![html! { (name) }, html! { (role_label(&context, role)) }, action])
    });
    let table = Table::new(context.t("shops-title"), columns, rows.collect());
    let body = html! { div hx-boost="false" hx-inherit="hx-boost" { (table.render(context.language)) } };
    Ok(page(&context, &PageHead::new(context.t("shops-title")), &body))
}

async fn change(
    State(app): State<App>,
    Extension(session): Extension<OpenSession>,
    Path(workspace): Path<WorkspaceId>,
) -> Result<Response, Problem> {
    let moved = change_shop(&app, &session, workspace).await?.ok_or_else(|| Problem::not_found("shop"))?;
    let mut response = see_other("/");
    response.headers_mut().append(header::SET_COOKIE, session_cookie(&app, &moved));
    Ok(response)
}
