//! Who may pass: every route's handler stands behind this, with the access that its table names.
//!
//! A `Member` route reads the session cookie and hands the handler a `Visit`; a `Program` route reads the API key and
//! never a cookie. Requests that change something through a browser must come from our own pages.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::errors::{Reader, wants_page};
use super::origin::{Stranger, check_origin, is_changing};
use crate::kernel::{Access, Actor, ActorKind, App, Permission, Problem, Visit};
use crate::workspaces::{OpenSession, authenticate, open_session, session_token};

/// Lets a request through to its handler, or answers in its place.
pub(super) async fn guard(State((app, access)): State<(App, Access)>, request: Request, next: Next) -> Response {
    let outcome = match access {
        Access::Ingest => Ok(request),
        Access::Public => check_sender(&app, request),
        Access::Member(permission) => admit_member(&app, permission, request).await,
        Access::Program(permission) => admit_program(&app, permission, request).await,
    };
    let request = match outcome {
        Ok(request) => request,
        Err(refusal) => return *refusal,
    };
    let reader = request.extensions().get::<Visit>().map(Reader::of);
    let mut response = next.run(request).await;
    if let Some(reader) = reader {
        response.extensions_mut().insert(reader);
    }
    response
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

async fn admit_member(app: &App, permission: Permission, request: Request) -> Outcome {
    let mut request = check_sender(app, request)?;
    let session = match session_token(app, request.headers()) {
        Some(token) => open_session(app, token).await.map_err(|error| refuse(error.into()))?,
        None => None,
    };
    let Some(session) = session else { return Err(Box::new(ask_to_sign_in(&request))) };
    let visit = visit_of(&session, app, &request);
    if !visit.actor.may(permission) {
        let problem = Problem::forbidden("your role in this shop does not allow this; ask an administrator");
        let mut refusal = refuse(problem);
        refusal.extensions_mut().insert(Reader::of(&visit));
        return Err(refusal);
    }
    let extensions = request.extensions_mut();
    extensions.insert(visit.actor.clone());
    extensions.insert(visit);
    extensions.insert(session);
    Ok(request)
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

fn visit_of(session: &OpenSession, app: &App, request: &Request) -> Visit {
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
        now: app.now(),
        path: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
    }
}

/// The key of `Authorization: Bearer …` (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// A path and query as the value of a query parameter (RFC 3986, section 2.1).
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}
