//! Who may pass: every route's handler stands behind this, with the access that its table names.
//!
//! A `Member` route reads the session cookie and hands the handler a `Visit`; a `Program` route reads the API key and
//! never a cookie. Requests that change something through a browser must come from our own pages.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::errors::{Reader, wants_page};
use super::limits::{Limits, slow_known, slow_network};
use super::origin::{Stranger, check_origin, is_changing};
use crate::kernel::{Access, Actor, ActorKind, App, Doors, Permission, Problem, Proof, Visit, percent_encoded};
use crate::workspaces::{OpenSession, Sender, authenticate, open_session, record_denial, session_token};

/// What stands before one route.
pub(super) struct Gate {
    pub app: App,
    pub path: &'static str,
    pub access: Access,
    pub proof: Proof,
    pub limits: Limits,
    pub doors: Doors,
}

/// Lets a request through to its handler, or answers in its place.
pub(super) async fn guard(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let request = match admit(&gate, request).await {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let reader = request.extensions().get::<Visit>().map(Reader::of);
    let mut response = match slow_known(&gate.app, gate.limits, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => *refusal,
    };
    if let Some(reader) = reader {
        response.extensions_mut().insert(reader);
    }
    response
}

async fn admit(gate: &Gate, request: Request) -> Outcome {
    slow_network(&gate.app, gate.limits, &request)?;
    match gate.access {
        Access::Ingest => Ok(request),
        Access::Public => check_sender(&gate.app, request),
        Access::Member(permission) => admit_member(gate, permission, request).await,
        Access::Program(permission) => admit_program(&gate.app, permission, request).await,
    }
}

/// The request to go on with, or the answer that ends it.
type Outcome = Result<Request, Box<Response>>;

fn check_sender(app: &App, request: Request) -> Outcome {
    if !is_changing(request.method()) {
        return Ok(request);
    }
    match check_origin(request.headers(), &app.settings.public_url) {
        Ok(()) => Ok(request),
        Err(stranger) => Err(refuse(refusal_of(stranger))),
    }
}

async fn admit_member(gate: &Gate, permission: Permission, request: Request) -> Outcome {
    let app = &gate.app;
    let mut request = check_sender(app, request)?;
    let sender = sender_of(request.headers());
    let session = match session_token(app, request.headers()) {
        Some(token) => open_session(app, token, sender).await.map_err(|error| refuse(error.into()))?,
        None => None,
    };
    let Some(session) = session else { return Err(Box::new(ask_to_sign_in(&request))) };
    let visit = visit_of(&session, gate, &request);
    if session.owes_second_factor && !matches!(gate.proof, Proof::Owing | Proof::FreshOwing) {
        return Err(Box::new(lead_to(&request, SECOND_FACTOR_PAGE, "set up a second factor first")));
    }
    if !visit.actor.may(permission) {
        // That a denial cannot be written must not let anybody in.
        if let Err(error) = record_denial(app, &visit.actor, gate.path).await {
            tracing::error!(%error, "a denied access could not be written to the audit trail");
        }
        let problem = Problem::forbidden("your role in this shop does not allow this; ask an administrator");
        let mut refusal = refuse(problem);
        refusal.extensions_mut().insert(Reader::of(&visit));
        return Err(refusal);
    }
    if matches!(gate.proof, Proof::Fresh | Proof::FreshOwing) && !session.is_fresh(app.now()) {
        let page = format!("/account/confirm?next={}", percent_encoded(page_of(&request)));
        return Err(Box::new(lead_to(&request, &page, "prove again who you are at /account/confirm")));
    }
    let extensions = request.extensions_mut();
    extensions.insert(visit.actor.clone());
    extensions.insert(visit);
    extensions.insert(session);
    Ok(request)
}

/// Where a member sets up the second factor that he owes.
const SECOND_FACTOR_PAGE: &str = "/account/second-factor";

/// Pages left open ask for what is new: over an event stream, or with a header that our own script sets. Who lies about
/// it only shortens his own session.
fn sender_of(headers: &HeaderMap) -> Sender {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let is_automatic = headers.contains_key("entente-automatic") || accept.starts_with("text/event-stream");
    if is_automatic { Sender::OpenPage } else { Sender::Person }
}

/// The page from which a request was sent; of a page that is asked for, itself.
fn page_of(request: &Request) -> &str {
    if request.method() == Method::GET {
        return request.uri().path_and_query().map_or("/", |path| path.as_str());
    }
    let referer = request.headers().get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let after_scheme = referer.and_then(|referer| referer.split_once("://")).map(|(_, rest)| rest);
    after_scheme.and_then(|rest| rest.find('/').map(|slash| &rest[slash..])).unwrap_or("/")
}

/// Leads people to a page where they can do what is missing; programs are told.
fn lead_to(request: &Request, page: &str, detail: &str) -> Response {
    let is_fragment = request.headers().contains_key("hx-request") && !request.headers().contains_key("hx-boosted");
    if !is_fragment && wants_page(request.headers(), request.uri().path()) {
        return Redirect::to(page).into_response();
    }
    let mut response = Problem::forbidden(detail).into_response();
    if is_fragment && let Ok(page) = HeaderValue::try_from(page) {
        response.headers_mut().insert("hx-redirect", page);
    }
    response
}

async fn admit_program(app: &App, permission: Permission, mut request: Request) -> Outcome {
    let Some(secret) = bearer(request.headers()) else {
        return Err(refuse(Problem::unauthorized("send an API key as “Authorization: Bearer ent_api_…”")));
    };
    let program = authenticate(app, secret).await.map_err(|error| refuse(error.into()))?;
    let Some(program) = program else {
        return Err(refuse(Problem::unauthorized("this API key does not work (any more)")));
    };
    let actor = program.actor();
    if !actor.may(permission) {
        return Err(refuse(Problem::forbidden("none of this API key's scopes allows this")));
    }
    request.extensions_mut().insert(actor);
    Ok(request)
}

fn refuse(problem: Problem) -> Box<Response> {
    Box::new(problem.into_response())
}

fn refusal_of(stranger: Stranger) -> Problem {
    match stranger {
        Stranger::Elsewhere => Problem::forbidden(
            "this did not come from a page of this installation; open it under its public address and try again",
        ),
        Stranger::BodyType => Problem::forbidden("send a form or JSON"),
    }
}

/// Pages lead to the sign-in form and back; anything else is told 401. htmx leads the whole page there.
fn ask_to_sign_in(request: &Request) -> Response {
    let is_fragment = request.headers().contains_key("hx-request") && !request.headers().contains_key("hx-boosted");
    let asked = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if is_fragment {
        let mut response = Problem::unauthorized("sign in first").into_response();
        response.headers_mut().insert("hx-redirect", HeaderValue::from_static("/sign-in"));
        return response;
    }
    if request.method() == Method::GET && wants_page(request.headers(), request.uri().path()) {
        return Redirect::to(&format!("/sign-in?next={}", percent_encoded(asked))).into_response();
    }
    let mut response = Problem::unauthorized("sign in first").into_response();
    // A page is no API: `Bearer` would be a wrong hint.
    response.headers_mut().remove(header::WWW_AUTHENTICATE);
    response
}

fn visit_of(session: &OpenSession, gate: &Gate, request: &Request) -> Visit {
    let actor =
        Actor { workspace: session.workspace, kind: ActorKind::Member { user: session.user, role: session.role } };
    Visit {
        actor,
        user_name: session.user_name.clone(),
        user_email: session.user_email.clone(),
        language: session.language,
        theme: session.theme.clone(),
        density: session.density.clone(),
        shop: session.settings.shop(),
        now: gate.app.now(),
        path: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
        has_other_shops: session.has_other_shops,
        doors: gate.doors.clone(),
    }
}

/// The key of `Authorization: Bearer …` (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}
