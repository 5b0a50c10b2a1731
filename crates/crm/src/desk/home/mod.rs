//! Home: what today came to, who moved between segments, and what happens right now.

mod figures;
mod orders;
mod page;
mod today;

use axum::Extension;
use axum::extract::State;
use axum::http::Method;
use maud::Markup;

use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::NavItem;
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Member(Permission::SeeHome);
    table.add(Method::GET, "/", see, show);
    table.add(Method::GET, "/home/today", see, show_today);
    table.add(Method::GET, "/orders", Access::Member(Permission::SeePeople), orders::show);
}

async fn show(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let today = read(&app, &visit).await?;
    let context = page_context(&visit, Some(NavItem::Home));
    Ok(page::page_of(&context, &visit, &today))
}

/// The part of the page that changes by itself.
async fn show_today(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let today = read(&app, &visit).await?;
    let context = page_context(&visit, Some(NavItem::Home));
    Ok(page::today_part(&context, &visit, &today))
}

async fn read(app: &App, visit: &Visit) -> Result<today::Today, Problem> {
    let (workspace, shop, now, sight) = (visit.actor.workspace, visit.shop.clone(), visit.now, visit.sight());
    Ok(app.db.read(move |tx| today::read(tx, workspace, &shop, now, sight)).await?)
}
