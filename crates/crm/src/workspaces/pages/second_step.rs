//! The second step of signing in: a code of the authenticator app, or a recovery code.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    FieldErrors, bare_context, device_of, form_again, form_later, hidden, local_or_home, see_other, wait_text,
};
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::ui::{Button, Field, PageContext, bare_page};
use crate::workspaces::cookies::{no_second_step_cookie, second_step_token, session_cookie, session_token};
use crate::workspaces::second_step::{SecondStep, SecondStepError, is_waiting, take_second_step};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/sign-in/second-step", Access::Public, get(show));
    table.add(Method::POST, "/sign-in/second-step", Access::Public, post(submit));
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
    let is_waiting = match second_step_token(&app, &headers) {
        Some(token) => is_waiting(&app, token.to_owned()).await?,
        None => false,
    };
    if !is_waiting {
        return Ok(see_other("/sign-in"));
    }
    let context = bare_context(&app, &headers);
    Ok(page(&context, &query.next, &FieldErrors::none()).into_response())
}

async fn submit(State(app): State<App>, headers: HeaderMap, Form(form): Form<CodeForm>) -> Result<Response, Problem> {
    let Some(token) = second_step_token(&app, &headers) else { return Ok(see_other("/sign-in")) };
    let step = SecondStep {
        token: token.to_owned(),
        code: form.code.clone(),
        device: device_of(&headers),
        previous_token: session_token(&app, &headers).map(str::to_owned),
    };
    let context = bare_context(&app, &headers);
    match take_second_step(&app, step).await {
        Ok(session) => {
            let mut response = see_other(local_or_home(&form.next));
            response.headers_mut().append(header::SET_COOKIE, session_cookie(&app, &session));
            response.headers_mut().append(header::SET_COOKIE, no_second_step_cookie(&app));
            Ok(response)
        }
        Err(SecondStepError::Gone) => Ok(see_other("/sign-in")),
        Err(SecondStepError::WrongCode) => {
            Ok(form_again(page(&context, &form.next, &FieldErrors::of(&context, "code", "code-wrong"))))
        }
        Err(SecondStepError::TooSoon { wait }) => {
            let errors = FieldErrors(Some(("code", wait_text(&context, wait))));
            Ok(form_later(page(&context, &form.next, &errors), wait))
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

fn page(context: &PageContext, next: &str, errors: &FieldErrors) -> Markup {
    let body = html! {
        p { (context.t("second-step-intro")) }
        form method="post" action="/sign-in/second-step" hx-boost="false" {
            (code_field(context, errors).autofocus())
            (hidden("next", local_or_home(next)))
            (Button::primary(context.t("sign-in-submit")).wide())
        }
        p class="muted" { (context.t("second-step-lost")) }
    };
    bare_page(context, &context.t("second-step-title"), &body)
}
