//! Signing in with the account of an identity provider, linking it, and proving oneself by it.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::{bare_context, device_of, hidden, let_in, local_or_home, page_context, see_other};
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit, percent_encoded};
use crate::ui::{Button, PageContext, PageHead, Tone, alert, page, panel};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::cookies::{cookie, session_token, set_cookie};
use crate::workspaces::sessions::{OpenSession, Sender, open_session};
use crate::workspaces::single_sign_on::{
    Admitted, Aim, Attempt, Begun, Leaving, Provider, Return, SignOnError, begin, come_back, find_link, remove_link,
};

pub(super) fn routes(table: &mut RouteTable) {
    let own = Access::Member(Permission::EditOwnAccount);
    table.add(Method::GET, "/sign-in/sso", Access::Public, leave_for_provider);
    table.add(Method::GET, "/sign-in/sso/return", Access::Public, arrive);
    table.add_proved(Method::POST, "/account/confirm/sso", own, Proof::Owing, prove);
    table.add_proved(Method::POST, "/account/sso/link", own, Proof::Fresh, link);
    table.add_proved(Method::POST, "/account/sso/unlink", own, Proof::Fresh, unlink);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NextQuery {
    next: String,
}

/// Only from a page of ours or from nowhere: another site must not sign anybody in unasked.
async fn leave_for_provider(
    State(app): State<App>,
    Query(query): Query<NextQuery>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = provider_of(&app)?;
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Ok(see_other("/sign-in"));
    }
    let leaving = Leaving { address, next: local_or_home(&query.next) };
    match begin(&app, provider, Aim::SignIn, None, leaving).await {
        Ok(begun) => {
            let mut response = see_other(&begun.url);
            keep_cookie(&app, &mut response, &begun);
            Ok(response)
        }
        Err(error) => back_to_sign_in(error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ReturnQuery {
    state: String,
    code: Option<String>,
    iss: Option<String>,
}

async fn arrive(
    State(app): State<App>,
    Query(query): Query<ReturnQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let provider = provider_of(&app)?;
    let open = match session_token(&app, &headers) {
        Some(token) => open_session(&app, token, Sender::Person).await?,
        None => None,
    };
    let back = Return {
        state: query.state,
        code: query.code,
        issuer: query.iss,
        browser: cookie(&headers, cookie_name(&app)).unwrap_or_default().to_owned(),
        session: open.as_ref().map(|open| (open.id, open.user)),
        previous_token: session_token(&app, &headers).map(str::to_owned),
        device: device_of(&headers),
        language: bare_context(&app, &headers).language,
    };
    let mut response = match come_back(&app, provider, back).await {
        Ok(Admitted::Entered(entry, next)) => let_in(&app, &entry, local_or_home(&next)),
        Ok(Admitted::Proved(next)) => see_other(local_or_home(&next)),
        Ok(Admitted::Linked) => see_other("/account?done=sso-linked"),
        // The address with the code in it is left at once.
        Err(error) if open.is_some() => back_to_account(error)?,
        Err(error) => back_to_sign_in(error)?,
    };
    response.headers_mut().append(header::SET_COOKIE, set_cookie(&app, cookie_name(&app), "", words::Span::ZERO));
    Ok(response)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NextForm {
    next: String,
}

async fn prove(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Extension(address): Extension<ClientAddress>,
    Form(form): Form<NextForm>,
) -> Result<Response, Problem> {
    go_on(&app, &visit, &session, Aim::Prove, Leaving { address, next: local_or_home(&form.next) }).await
}

async fn link(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Extension(address): Extension<ClientAddress>,
) -> Result<Response, Problem> {
    go_on(&app, &visit, &session, Aim::Link, Leaving { address, next: "/account" }).await
}

/// A page that leads to the provider: the answer to a form must not (`form-action` of the content security policy).
async fn go_on(
    app: &App,
    visit: &Visit,
    session: &OpenSession,
    aim: Aim,
    leaving: Leaving<'_>,
) -> Result<Response, Problem> {
    let provider = provider_of(app)?;
    let begun = match begin(app, provider, aim, Some((session.id, session.user)), leaving).await {
        Ok(begun) => begun,
        Err(error) => return back_to_account(error),
    };
    let context = page_context(visit, None);
    let name = [("name", provider.settings.name.clone().into())];
    let key = if aim == Aim::Link { "sso-link-intro" } else { "sso-prove-intro" };
    let lines = html! {
        div class="stack" hx-boost="false" hx-inherit="hx-boost" {
            p class="muted" { (context.t_with(key, &name)) }
            div { (Button::primary(context.t_with("sso-go-on", &name)).link(begun.url.as_str())) }
        }
    };
    let body = html! { div class="narrow" { (panel(&visit.user_email, &Markup::default(), &lines)) } };
    let mut response = page(&context, &PageHead::new(provider.settings.name.as_str()), &body).into_response();
    keep_cookie(app, &mut response, &begun);
    Ok(response)
}

async fn unlink(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
) -> Result<Response, Problem> {
    remove_link(&app, provider_of(&app)?, &visit.actor, session.user).await?;
    Ok(see_other("/account?done=sso-unlinked"))
}

/// Why somebody is back at the sign-in page without being signed in.
pub(super) fn problem_alert(app: &App, context: &PageContext, code: &str) -> Option<Markup> {
    app.provider.as_ref()?;
    let key = CODES.into_iter().find(|known| *known == code)?;
    let tone = if key == "sso-cancelled" { Tone::Neutral } else { Tone::Bad };
    Some(alert(tone, &context.t(&format!("problem-{key}")), &Markup::default()))
}

/// Another way in, when there is a provider.
pub(super) fn sign_in_button(app: &App, context: &PageContext, next: &str) -> Markup {
    let Some(provider) = &app.provider else { return Markup::default() };
    let label = context.t_with("sso-sign-in", &[("name", provider.settings.name.clone().into())]);
    let href = format!("/sign-in/sso?next={}", percent_encoded(local_or_home(next)));
    html! { (Button::secondary(label).wide().link(href)) }
}

/// Another way to prove oneself, for who signs in by the provider.
pub(super) async fn prove_button(
    app: &App,
    context: &PageContext,
    session: &OpenSession,
    next: &str,
) -> Result<Markup, Problem> {
    let Some(provider) = &app.provider else { return Ok(Markup::default()) };
    if find_link(app, provider, session.user).await?.is_none() {
        return Ok(Markup::default());
    }
    let label = context.t_with("sso-prove", &[("name", provider.settings.name.clone().into())]);
    Ok(html! {
        form method="post" action="/account/confirm/sso" hx-boost="false" {
            (hidden("next", local_or_home(next)))
            (Button::secondary(label))
        }
    })
}

/// The account of the provider on one's own page.
pub(super) async fn account_panel(app: &App, context: &PageContext, session: &OpenSession) -> Result<Markup, Problem> {
    let Some(provider) = &app.provider else { return Ok(Markup::default()) };
    let name = [("name", provider.settings.name.clone().into())];
    let (text, button) = match find_link(app, provider, session.user).await? {
        Some(link) => {
            let since = context.date_time(link.linked_at);
            let facts = [name[0].clone(), ("since", since.to_string().into())];
            (context.t_with("sso-linked-since", &facts), unlink_button(context))
        }
        None => (context.t_with("sso-not-linked", &name), link_button(context)),
    };
    let body = html! {
        div class="stack" hx-boost="false" hx-inherit="hx-boost" {
            p class="muted" { (text) }
            div { (button) }
        }
    };
    Ok(panel(&provider.settings.name, &Markup::default(), &body))
}

fn link_button(context: &PageContext) -> Button {
    Button::secondary(context.t("sso-link")).post("/account/sso/link")
}

fn unlink_button(context: &PageContext) -> Button {
    Button::secondary(context.t("sso-unlink")).post("/account/sso/unlink")
}

fn provider_of(app: &App) -> Result<&Provider, Problem> {
    app.provider.as_ref().ok_or_else(|| Problem::not_found("identity provider"))
}

fn cookie_name(app: &App) -> &'static str {
    if app.settings.is_secure { "__Host-entente-sso" } else { "entente-sso" }
}

fn keep_cookie(app: &App, response: &mut Response, begun: &Begun) {
    let cookie = set_cookie(app, cookie_name(app), &begun.cookie, Attempt::LIFETIME);
    response.headers_mut().append(header::SET_COOKIE, cookie);
}

/// The words of an address that say what went wrong; each has a text.
pub(super) const CODES: [&str; 8] = [
    "sso-gone",
    "sso-too-soon",
    "sso-unreachable",
    "sso-cancelled",
    "sso-unbelievable",
    "sso-unverified",
    "sso-stranger",
    "sso-other-person",
];

fn code_of(error: SignOnError) -> Result<&'static str, Problem> {
    Ok(match error {
        SignOnError::Gone => "sso-gone",
        SignOnError::TooSoon => "sso-too-soon",
        SignOnError::Unreachable => "sso-unreachable",
        SignOnError::Cancelled => "sso-cancelled",
        SignOnError::Unbelievable => "sso-unbelievable",
        SignOnError::Unverified => "sso-unverified",
        SignOnError::Stranger => "sso-stranger",
        SignOnError::OtherPerson => "sso-other-person",
        SignOnError::Db(error) => return Err(error.into()),
    })
}

fn back_to_sign_in(error: SignOnError) -> Result<Response, Problem> {
    Ok(see_other(&format!("/sign-in?problem={}", code_of(error)?)))
}

fn back_to_account(error: SignOnError) -> Result<Response, Problem> {
    Ok(see_other(&format!("/account?problem={}", code_of(error)?)))
}
