//! The second step of signing in: a passkey, a code of the authenticator app, or a recovery code.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::passkey_form::{Asks, PasskeyForm, or};
use super::{
    FieldErrors, bare_context, device_of, form_again, form_later, hidden, local_or_home, see_other, wait_text,
};
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::ui::{Button, Field, Icon, PageContext, Tone, alert, bare_page};
use crate::workspaces::cookies::{no_second_step_cookie, second_step_token, session_cookie, session_token};
use crate::workspaces::second_step::{SecondAnswer, SecondStep, SecondStepError, Ways, take_second_step, waiting};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/sign-in/second-step", Access::Public, show);
    table.add(Method::POST, "/sign-in/second-step", Access::Public, submit);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NextQuery {
    next: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CodeForm {
    code: String,
    next: String,
}

async fn show(State(app): State<App>, Query(query): Query<NextQuery>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(token) = second_step_token(&app, &headers) else { return Ok(see_other("/sign-in")) };
    let Some(ways) = waiting(&app, token.to_owned()).await? else { return Ok(see_other("/sign-in")) };
    let context = bare_context(&app, &headers);
    Ok(page(&app, &context, ways, &query.next, &FieldErrors::none()).into_response())
}

async fn submit(State(app): State<App>, headers: HeaderMap, Form(form): Form<CodeForm>) -> Result<Response, Problem> {
    answer(&app, &headers, SecondAnswer::Code(form.code), &form.next).await
}

/// Takes the step with a code or a passkey, and leads on, or shows what was wrong beside it.
pub(super) async fn answer(
    app: &App,
    headers: &HeaderMap,
    answer: SecondAnswer,
    next: &str,
) -> Result<Response, Problem> {
    let Some(token) = second_step_token(app, headers) else { return Ok(see_other("/sign-in")) };
    let (field, wrong) = match &answer {
        SecondAnswer::Code(_) => ("code", "code-wrong"),
        SecondAnswer::Passkey(_) => ("credential", "passkey-refused"),
    };
    let step = SecondStep {
        token: token.to_owned(),
        answer,
        device: device_of(headers),
        previous_token: session_token(app, headers).map(str::to_owned),
    };
    let context = bare_context(app, headers);
    let ways = waiting(app, token.to_owned()).await?.unwrap_or_default();
    let again = |errors: &FieldErrors| page(app, &context, ways, next, errors);
    match take_second_step(app, step).await {
        Ok(session) => {
            let mut response = see_other(local_or_home(next));
            response.headers_mut().append(header::SET_COOKIE, session_cookie(app, &session));
            response.headers_mut().append(header::SET_COOKIE, no_second_step_cookie(app));
            Ok(response)
        }
        Err(SecondStepError::Gone | SecondStepError::Impossible) => Ok(see_other("/sign-in")),
        Err(SecondStepError::NotRight) => Ok(form_again(again(&FieldErrors::of(&context, field, wrong)))),
        Err(SecondStepError::TooSoon { wait }) => {
            Ok(form_later(again(&FieldErrors(Some((field, wait_text(&context, wait))))), wait))
        }
        Err(SecondStepError::Db(error)) => Err(error.into()),
    }
}

/// A field for a code of the app; recovery codes, which are longer, fit too.
pub(super) fn code_field(context: &PageContext, errors: &FieldErrors) -> Field {
    Field::text("code", context.t("code"))
        .required()
        .attribute("autocomplete", "one-time-code")
        .attribute("maxlength", "40")
        .error(errors.on("code"))
}

fn page(app: &App, context: &PageContext, ways: Ways, next: &str, errors: &FieldErrors) -> Markup {
    let passkey = PasskeyForm {
        asks: Asks::Signing,
        options: "/sign-in/second-step/passkey/options",
        action: "/sign-in/second-step/passkey",
        next: Some(local_or_home(next)),
        button: Button::primary(context.t("passkey-use")).icon(Icon::KeyRound).wide(),
        head: Markup::default(),
        fields: Markup::default(),
    };
    let intro = if ways.has_app { "second-step-intro" } else { "second-step-intro-passkey" };
    let body = html! {
        @if let Some(text) = errors.on("credential") { (alert(Tone::Bad, &text, &Markup::default())) }
        @if ways.has_passkey { (passkey.render_for(app, context)) (or(context)) }
        p { (context.t(intro)) }
        form method="post" action="/sign-in/second-step" hx-boost="false" {
            (code_field(context, errors).autofocus())
            (hidden("next", local_or_home(next)))
            (Button::primary(context.t("sign-in-submit")).wide())
        }
        p class="muted" { (context.t("second-step-lost")) }
    };
    bare_page(context, &context.t("second-step-title"), &body)
}
