//! The router: every slice's routes behind one guard, one set of headers, and answers for what goes wrong.
//!
//! A request passes, from the outside in: the client's address, the security headers, the panic catcher, pages for
//! errors, then its route's guard and handler. `GET /healthz` answers while the process lives, `GET /readyz` while the
//! database takes writes.

mod errors;
mod guard;
mod headers;
mod limits;
mod origin;
mod security_txt;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::Method;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use self::limits::Limits;
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::workspaces::ClientAddress;

/// Forms and API calls are small; a route that takes more (tracking batches) sets its own limit.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Every route of the product with who may call it: the router is built from it, tests walk it.
pub fn route_table() -> RouteTable {
    let mut table = RouteTable::default();
    table.add(Method::GET, "/healthz", Access::Public, get(healthz));
    table.add(Method::GET, "/readyz", Access::Public, get(readyz));
    table.add(Method::GET, "/.well-known/security.txt", Access::Public, get(security_txt::show));
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
            doors: doors.clone(),
        };
        let guard = from_fn_with_state(gate, guard::guard);
        let limits = (app.clone(), Limits::of(route.path, route.access));
        let handler = route
            .handler
            .route_layer(from_fn_with_state(limits.clone(), limits::slow_known))
            .route_layer(guard)
            .route_layer(from_fn_with_state(limits, limits::slow_networks));
        router = router.route(route.path, handler);
    }
    router
        .fallback(errors::not_found)
        .method_not_allowed_fallback(errors::method_not_allowed)
        .merge(crate::ui::assets::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(errors::show_errors_as_pages))
        .layer(from_fn(errors::catch_panics))
        .layer(from_fn(errors::refuse_trace))
        .layer(from_fn_with_state(app.clone(), headers::secure))
        .layer(from_fn_with_state(app.clone(), find_client_address))
        .with_state(app)
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(app): State<App>) -> Response {
    if app.db.is_writable().await {
        return "ready\n".into_response();
    }
    Problem::unavailable().into_response()
}

/// Puts the `ClientAddress` into the request's extensions.
async fn find_client_address(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|connection| connection.0.ip());
    let lines: Vec<&str> =
        request.headers().get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let address = ClientAddress::of(peer, &lines.join(","), &app.settings.trusted_proxies);
    request.extensions_mut().insert(address);
    next.run(request).await
}
