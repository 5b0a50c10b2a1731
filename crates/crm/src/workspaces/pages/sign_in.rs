//! Signing in and out, and the choices of language and theme that need no account.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::passkey_sign_in::passkey_way;
use super::set_up::hashing_failed;
use super::{
    bare_context, device_of, forgot, form_again, form_later, hidden, is_local_path, let_in, local_or_home, see_other,
    single_sign_on, wait_text,
};
use crate::kernel::{Access, App, Language, Problem, RouteTable};
use crate::ui::{Button, Density, Field, PageContext, Theme, Tone, alert, bare_page};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::cookies::{LANGUAGE_COOKIE, THEME_COOKIE, choice_cookie, no_session_cookie, session_token};
use crate::workspaces::preferences::{Preferences, change_preferences};
use crate::workspaces::sessions::{Sender, open_session, sign_out};
use crate::workspaces::sign_in::{Credentials, SignInError, sign_in};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/sign-in", Access::Public, show);
    table.add(Method::POST, "/sign-in", Access::Public, submit);
    table.add(Method::POST, "/sign-out", Access::Public, leave);
    table.add(Method::POST, "/preferences", Access::Public, choose);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInQuery {
    /// Where to go afterwards.
    next: String,
    /// `password-reset` after a new password was chosen.
    done: String,
    /// Why the identity provider's account led nowhere.
    problem: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInForm {
    email: String,
    password: String,
    next: String,
}

async fn show(
    State(app): State<App>,
    Query(query): Query<SignInQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(token) = session_token(&app, &headers)
        && open_session(&app, token, Sender::Person).await?.is_some()
    {
        return Ok(see_other(local_or_home(&query.next)));
    }
    let context = bare_context(&app, &headers);
    let form = SignInForm { next: query.next, ..SignInForm::default() };
    let note = (query.done == "password-reset")
        .then(|| alert(Tone::Good, &context.t("sign-in-password-reset"), &Markup::default()));
    let note = note.or_else(|| single_sign_on::problem_alert(&app, &context, &query.problem));
    Ok(page(&app, &context, &form, note).into_response())
}

async fn submit(
    State(app): State<App>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Problem> {
    let credentials = Credentials {
        email: form.email.clone(),
        password: form.password.clone(),
        address,
        device: device_of(&headers),
        previous_token: session_token(&app, &headers).map(str::to_owned),
    };
    let context = bare_context(&app, &headers);
    let refused = |text: &str| page(&app, &context, &form, Some(alert(Tone::Bad, text, &Markup::default())));
    match sign_in(&app, credentials).await {
        Ok(entry) => Ok(let_in(&app, &entry, local_or_home(&form.next))),
        Err(SignInError::Refused) => Ok(form_again(refused(&context.t("sign-in-refused")))),
        Err(SignInError::TooSoon { wait }) => Ok(form_later(refused(&wait_text(&context, wait)), wait)),
        Err(SignInError::Hash(error)) => Err(hashing_failed(&error)),
        Err(SignInError::Db(error)) => Err(error.into()),
    }
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(token) = session_token(&app, &headers) {
        sign_out(&app, token).await?;
    }
    let mut response = see_other("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, no_session_cookie(&app));
    Ok(response)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PreferencesForm {
    language: String,
    theme: String,
    density: String,
    /// The path to go back to; without one, the page that sent the form.
    back: String,
}

/// Kept with the account of who is signed in, and in cookies for the pages before that.
async fn choose(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<PreferencesForm>,
) -> Result<Response, Problem> {
    let preferences = Preferences {
        language: Language::from_code(&form.language),
        theme: Theme::from_code(&form.theme),
        density: Density::from_code(&form.density),
    };
    if let Some(token) = session_token(&app, &headers)
        && let Some(session) = open_session(&app, token, Sender::Person).await?
    {
        change_preferences(&app, session.user, preferences).await?;
    }
    let back = if is_local_path(&form.back) { form.back.as_str() } else { path_before(&headers) };
    let mut response = see_other(back);
    if let Some(language) = preferences.language {
        response.headers_mut().append(header::SET_COOKIE, choice_cookie(&app, LANGUAGE_COOKIE, language.code()));
    }
    if let Some(theme) = preferences.theme {
        response.headers_mut().append(header::SET_COOKIE, choice_cookie(&app, THEME_COOKIE, theme.code()));
    }
    Ok(response)
}

/// The path of the page that sent a form. The guard has checked that it is one of ours.
fn path_before(headers: &HeaderMap) -> &str {
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let after_scheme = referer.and_then(|referer| referer.split_once("://")).map(|(_, rest)| rest);
    let path = after_scheme.and_then(|rest| rest.find('/').map(|slash| &rest[slash..]));
    path.filter(|path| is_local_path(path)).unwrap_or("/")
}

/// The page for who came with a passkey that was not taken.
pub(super) fn page_saying(app: &App, context: &PageContext, next: &str, text: &str) -> Markup {
    let form = SignInForm { next: next.to_owned(), ..SignInForm::default() };
    page(app, context, &form, Some(alert(Tone::Bad, text, &Markup::default())))
}

fn page(app: &App, context: &PageContext, form: &SignInForm, note: Option<Markup>) -> Markup {
    let body = html! {
        @if let Some(note) = note { (note) }
        form method="post" action="/sign-in" hx-boost="false" {
            (Field::email("email", context.t("your-email"))
                .value(form.email.as_str())
                .required()
                .autofocus()
                .attribute("autocomplete", "username webauthn"))
            (Field::password(context.language, "password", context.t("password"))
                .required()
                .attribute("autocomplete", "current-password"))
            (hidden("next", local_or_home(&form.next)))
            (Button::primary(context.t("sign-in-submit")).wide())
        }
        (passkey_way(app, context, local_or_home(&form.next)))
        (single_sign_on::sign_in_button(app, context, &form.next))
        @if app.relay.is_some() {
            p { a href=(forgot::FORM) { (context.t("forgot-title")) } }
        } @else {
            p class="muted" { (context.t("sign-in-forgotten")) }
        }
    };
    bare_page(context, &context.t("sign-in-title"), &body)
}
