//! The table of routes: every route says who may call it, or it cannot be added.

use axum::http::Method;
use axum::routing::MethodRouter;

use super::app::App;
use super::permission::Permission;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody: sign-in, health, the browser SDK, the stylesheet.
    Public,
    /// The tracking API: an ingest key or an API key with `events:write`, checked by intake.
    Ingest,
    /// A signed-in member with the permission; others are sent to the sign-in page.
    Member(Permission),
    /// A program with an API key whose scopes give the permission.
    Program(Permission),
}

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    pub handler: MethodRouter<App>,
}

/// Collected from the slices by `crm::router`; tests walk it (permission matrix, headers, CSRF).
#[derive(Default)]
pub struct RouteTable {
    pub routes: Vec<Route>,
}

impl RouteTable {
    /// `handler` is built with the method's own function: `table.add(Method::GET, "/people", access, get(people))`.
    pub fn add(&mut self, method: Method, path: &'static str, access: Access, handler: MethodRouter<App>) {
        self.routes.push(Route { method, path, access, handler });
    }
}
