//! Live: who is in the shop right now, on which page, with what in the cart.

mod page;
mod presence;
mod read;

use axum::Extension;
use axum::extract::State;
use axum::http::Method;
use maud::Markup;

use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::NavItem;
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Member(Permission::SeePeople);
    table.add(Method::GET, "/live", see, show);
    table.add(Method::GET, "/live/now", see, show_now);
}

async fn show(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let live = read_live(&app, &visit).await?;
    let context = page_context(&visit, Some(NavItem::Live));
    Ok(page::page_of(&context, &visit, &live))
}

/// The part of the page that changes by itself.
async fn show_now(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let live = read_live(&app, &visit).await?;
    let context = page_context(&visit, Some(NavItem::Live));
    Ok(page::now_part(&context, &visit, &live))
}

async fn read_live(app: &App, visit: &Visit) -> Result<read::Live, Problem> {
    let (workspace, now, sight) = (visit.actor.workspace, visit.now, visit.sight());
    Ok(app.db.read(move |tx| read::read(tx, workspace, now, sight)).await?)
}
