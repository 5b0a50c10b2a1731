//! "Forgot your password?": asks for the address, and answers the same whoever has it.

use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::{bare_context, form_later, see_other, wait_text};
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::ui::{Button, Field, PageContext, Tone, alert, bare_page};
use crate::workspaces::ask_for_reset::{AskError, ask_for_reset};
use crate::workspaces::client_address::ClientAddress;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, FORM, Access::Public, show);
    table.add(Method::POST, FORM, Access::Public, submit);
    table.add(Method::GET, SENT, Access::Public, show_sent);
}

pub(super) const FORM: &str = "/forgot-password";
const SENT: &str = "/forgot-password/sent";

#[derive(Default, Deserialize)]
#[serde(default)]
struct ForgotForm {
    email: String,
}

async fn show(State(app): State<App>, headers: HeaderMap) -> Markup {
    form_page(&app, &bare_context(&app, &headers), "", None)
}

async fn submit(
    State(app): State<App>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<ForgotForm>,
) -> Result<Response, Problem> {
    let context = bare_context(&app, &headers);
    if app.relay.is_none() {
        return Ok(form_page(&app, &context, "", None).into_response());
    }
    match ask_for_reset(&app, form.email.clone(), address).await {
        Ok(()) => Ok(see_other(SENT)),
        Err(AskError::TooSoon { wait }) => {
            let note = alert(Tone::Bad, &wait_text(&context, wait), &Markup::default());
            Ok(form_later(form_page(&app, &context, &form.email, Some(note)), wait))
        }
        Err(AskError::Db(error)) => Err(error.into()),
    }
}

async fn show_sent(State(app): State<App>, headers: HeaderMap) -> Markup {
    let context = bare_context(&app, &headers);
    let body = html! {
        p { (context.t("forgot-sent-text")) }
        p class="muted" { (context.t("forgot-sent-nothing")) }
        (back_to_sign_in(&context))
    };
    bare_page(&context, &context.t("forgot-sent-title"), &body)
}

fn form_page(app: &App, context: &PageContext, email: &str, note: Option<Markup>) -> Markup {
    let body = html! {
        @if let Some(note) = note { (note) }
        @if app.relay.is_some() {
            p { (context.t("forgot-intro")) }
            form method="post" action=(FORM) hx-boost="false" {
                (Field::email("email", context.t("your-email"))
                    .value(email)
                    .required()
                    .autofocus()
                    .attribute("autocomplete", "username"))
                (Button::primary(context.t("forgot-submit")).wide())
            }
        } @else {
            p { (context.t("forgot-without-mail")) }
        }
        (back_to_sign_in(context))
    };
    bare_page(context, &context.t("forgot-title"), &body)
}

fn back_to_sign_in(context: &PageContext) -> Markup {
    html! { p { a href="/sign-in" { (context.t("forgot-back")) } } }
}
