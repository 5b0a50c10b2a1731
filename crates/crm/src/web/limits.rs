//! Who asks too often is told to wait: each network before anything is looked up, then each session and each key.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};

use crate::kernel::{Access, Actor, ActorKind, App, Problem, RateClass};
use crate::workspaces::{ClientAddress, OpenSession};

/// Routes that look at everybody.
const HEAVY: [&str; 2] = ["/api/v1/segments/preview", "/segments/preview"];

/// Which of the table's rates hold for a route: for its network, and for whoever the guard recognised.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    network: RateClass,
    known: RateClass,
}

impl Limits {
    pub(super) fn of(path: &str, access: Access) -> Self {
        let (network, known) = match access {
            Access::Ingest => (RateClass::Tracking, RateClass::Tracking),
            Access::Program(_) => (RateClass::Anybody, RateClass::Programs),
            Access::Public | Access::Member(_) => (RateClass::Anybody, RateClass::Screens),
        };
        Self { network, known: if HEAVY.contains(&path) { RateClass::Heavy } else { known } }
    }
}

/// Before anything is looked up. Programs on this machine are not slowed: they could do worse.
pub(super) fn slow_network(app: &App, limits: Limits, request: &Request) -> Result<(), Box<Response>> {
    let address = address_of(request);
    if address.is_this_machine() {
        return Ok(());
    }
    let taken = app.throttle.take(limits.network, &address.network(), 1, app.now());
    taken.map_err(|seconds| too_many("this network", seconds))
}

/// When the guard has left in the request whom it recognised.
pub(super) fn slow_known(app: &App, limits: Limits, request: &Request) -> Result<(), Box<Response>> {
    let asker = asker(request).filter(|_| !address_of(request).is_this_machine());
    let Some((who, id)) = asker else { return Ok(()) };
    let taken = app.throttle.take(limits.known, &id, 1, app.now());
    taken.map_err(|seconds| too_many(who, seconds))
}

/// What to call him, and what to count him by.
fn asker(request: &Request) -> Option<(&'static str, String)> {
    if let Some(session) = request.extensions().get::<OpenSession>() {
        return Some(("this session", session.id.to_string()));
    }
    match request.extensions().get::<Actor>()?.kind {
        ActorKind::Program { key, .. } => Some(("this API key", key.to_string())),
        ActorKind::Member { .. } | ActorKind::System => None,
    }
}

fn address_of(request: &Request) -> ClientAddress {
    request.extensions().get::<ClientAddress>().copied().unwrap_or(ClientAddress(None))
}

fn too_many(who: &str, seconds: u32) -> Box<Response> {
    let detail = format!("too many requests from {who}; wait {seconds} s and send the same request again");
    Box::new(Problem::too_many(detail, seconds).into_response())
}
