//! The router: every slice's routes behind one guard, one set of headers, and answers for what goes wrong.
//!
//! A request passes through [`frame`] (the client's address, the security headers, pages for errors, the panic catcher),
//! then its route's guard and handler. These are two layers and not a dozen: the framework copies what stands below a
//! layer for each request. `GET /healthz` answers while the process lives, `GET /readyz` while the database takes writes.

mod errors;
mod guard;
mod headers;
mod limits;
mod origin;
mod security_txt;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};

use self::limits::Limits;
use crate::backups::COPY_IS_LATE;
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::workspaces::ClientAddress;

/// Forms and API calls are small; a route that takes more (tracking batches) sets its own limit.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Every route of the product with who may call it: the router is built from it, tests walk it.
pub fn route_table() -> RouteTable {
    let mut table = RouteTable::default();
    table.add(Method::GET, "/healthz", Access::Public, healthz);
    table.add(Method::GET, "/readyz", Access::Public, readyz);
    table.add(Method::GET, "/.well-known/security.txt", Access::Public, security_txt::show);
    for add_routes in SLICES {
        add_routes(&mut table);
    }
    table
}

/// The doors through which the slices add their routes.
const SLICES: &[fn(&mut RouteTable)] = &[crate::workspaces::routes, crate::intake::routes, crate::desk::routes];

/// The whole product as one service. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, or put a
/// `ConnectInfo<SocketAddr>` into each request's extensions.
pub fn router(app: App) -> Router {
    let mut router = Router::new();
    let table = route_table();
    let doors = table.doors();
    for route in table.routes {
        let gate = guard::Gate {
            app: app.clone(),
            path: route.path,
            access: route.access,
            proof: route.proof,
            limits: Limits::of(route.path, route.access),
            doors: doors.clone(),
        };
        let method = MethodFilter::try_from(route.method).expect("a method that the router knows");
        let guarded = on(method, route.answering).route_layer(from_fn_with_state(Arc::new(gate), guard::guard));
        router = router.route(route.path, guarded);
    }
    router
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed)
        .merge(crate::ui::assets::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(app.clone(), frame))
        .with_state(app)
}

/// What stands around every answer, whichever route gives it.
async fn frame(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let address = client_address(&app, &request);
    request.extensions_mut().insert(address);
    let path = request.uri().path().to_owned();
    let stranger = errors::page_reader(&request);
    // `TRACE` would send back cookies that scripts must not see.
    let answer = match *request.method() {
        Method::TRACE => errors::method_not_allowed().await.into_response(),
        _ => errors::catch_panics(&path, next.run(request)).await,
    };
    headers::secure(&app, &path, errors::show_as_page(stranger, answer))
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(app): State<App>) -> Response {
    if app.ending.is_leaving() {
        return Problem::leaving().into_response();
    }
    if !app.db.is_writable().await {
        return Problem::unavailable().into_response();
    }
    let mut told = "ready\n".to_owned();
    if !app.db.has_room() {
        told.push_str("the disk is nearly full: events are refused with 507\n");
    }
    if let Some(copy) = app.db.copy_status()
        && copy.behind > COPY_IS_LATE
    {
        told.push_str(&format!("the copy of the database is {} s behind\n", copy.behind.as_millis() / 1000));
    }
    if let Some(jump) = app.steady_clock.jump() {
        let seconds = jump.by_ms / 1000;
        told.push_str(&format!("the machine's clock jumped by {seconds} s and is not believed yet\n"));
    }
    told.into_response()
}

/// Where the request came from, as far as a trusted proxy or the connection tells.
fn client_address(app: &App, request: &Request) -> ClientAddress {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip());
    let lines: Vec<&str> =
        request.headers().get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    ClientAddress::of(peer, &lines.join(","), &app.settings.trusted_proxies)
}
