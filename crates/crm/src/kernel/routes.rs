//! The table of routes: every route says who may call it, or it cannot be added.

use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::response::Response;

use super::actor::Actor;
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

/// What a member's session must have proved for a route, besides being one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proof {
    /// Open to members who still owe their shop a second factor: the way to set one up.
    Owing,
    /// All that the shop asks of the member's role.
    #[default]
    Full,
    /// The same, and proved anew a short while ago: for what would let an intruder stay.
    Fresh,
    /// Proved anew a short while ago, and open to members who still owe a second factor.
    FreshOwing,
}

pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    pub proof: Proof,
    pub answering: Answering,
}

/// What answers, whatever it takes from a request. To the router all are of one type, so that its layers are compiled once and
/// not anew around each of them.
#[derive(Clone)]
pub struct Answering(Arc<dyn Fn(Request, App) -> Answered + Send + Sync>);

type Answered = Pin<Box<dyn Future<Output = Response> + Send>>;

impl Answering {
    fn of<T: 'static>(handler: impl Handler<T, App>) -> Self {
        Self(Arc::new(move |request, app| Box::pin(handler.clone().call(request, app))))
    }
}

impl Handler<(), App> for Answering {
    type Future = Answered;

    fn call(self, request: Request, app: App) -> Answered {
        (self.0)(request, app)
    }
}

/// The places that a member may open, by their path: the routes themselves say so.
#[derive(Clone, Debug, Default)]
pub struct Doors(Arc<Vec<(&'static str, Permission)>>);

impl Doors {
    pub fn may_open(&self, actor: &Actor, path: &str) -> bool {
        self.0.iter().any(|(known, permission)| *known == path && actor.may(*permission))
    }
}

/// Collected from the slices by `crm::router`; tests walk it (permission matrix, headers, CSRF).
#[derive(Default)]
pub struct RouteTable {
    pub routes: Vec<Route>,
}

impl RouteTable {
    pub fn add<T: 'static>(
        &mut self,
        method: Method,
        path: &'static str,
        access: Access,
        handler: impl Handler<T, App>,
    ) {
        self.add_proved(method, path, access, Proof::Full, handler);
    }

    /// The same for a route that asks more or less of the session than others.
    pub fn add_proved<T: 'static>(
        &mut self,
        method: Method,
        path: &'static str,
        access: Access,
        proof: Proof,
        handler: impl Handler<T, App>,
    ) {
        self.routes.push(Route { method, path, access, proof, answering: Answering::of(handler) });
    }

    /// Which pages are there for whom.
    pub fn doors(&self) -> Doors {
        let page = |route: &Route| match route.access {
            Access::Member(permission) if route.method == Method::GET => Some((route.path, permission)),
            _ => None,
        };
        Doors(Arc::new(self.routes.iter().filter_map(page).collect()))
    }
}
