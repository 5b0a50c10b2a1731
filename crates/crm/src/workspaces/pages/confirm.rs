//! Proving anew who one is, before what would let an intruder stay.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::passkey_form::{Asks, PasskeyForm, or};
use super::set_up::hashing_failed;
use super::single_sign_on::prove_button;
use super::{
    FieldErrors, device_of, form_again, form_later, hidden, local_or_home, page_context, see_other, wait_text,
};
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit};
use crate::ui::{Button, Field, Icon, PageContext, PageHead, Tone, alert, page, panel};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::passkeys::has_passkeys_here;
use crate::workspaces::security::prove_again;
use crate::workspaces::sessions::OpenSession;
use crate::workspaces::sign_in::{Credentials, SignInError};

pub(super) fn routes(table: &mut RouteTable) {
    let own = Access::Member(Permission::EditOwnAccount);
    table.add_proved(Method::GET, "/account/confirm", own, Proof::Owing, show);
    table.add_proved(Method::POST, "/account/confirm", own, Proof::Owing, submit);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfirmForm {
    password: String,
    next: String,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Query(form): Query<ConfirmForm>,
) -> Result<Response, Problem> {
    let page = confirm_again(&app, &page_context(&visit, None), &session, &form.next, &FieldErrors::none()).await?;
    Ok(page.into_response())
}

async fn submit(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<ConfirmForm>,
) -> Result<Response, Problem> {
    let credentials = Credentials {
        email: session.user_email.clone(),
        password: form.password,
        address,
        device: device_of(&headers),
        previous_token: None,
    };
    let context = page_context(&visit, None);
    let again = async |errors: &FieldErrors| confirm_again(&app, &context, &session, &form.next, errors).await;
    match prove_again(&app, session.user, session.id, &credentials).await {
        Ok(()) => Ok(see_other(local_or_home(&form.next))),
        Err(SignInError::Refused) => {
            Ok(form_again(again(&FieldErrors::of(&context, "password", "password-wrong")).await?))
        }
        Err(SignInError::TooSoon { wait }) => {
            Ok(form_later(again(&FieldErrors(Some(("password", wait_text(&context, wait))))).await?, wait))
        }
        Err(SignInError::Hash(error)) => Err(hashing_failed(&error)),
        Err(SignInError::Db(error)) => Err(error.into()),
    }
}

/// The page, with what was wrong.
pub(super) async fn confirm_again(
    app: &App,
    context: &PageContext,
    session: &OpenSession,
    next: &str,
    errors: &FieldErrors,
) -> Result<Markup, Problem> {
    let passkey = match has_passkeys_here(app, session.user).await? {
        true => passkey_way(app, context, next),
        false => Markup::default(),
    };
    let provider = prove_button(app, context, session, next).await?;
    let fields = html! {
        form class="stack" method="post" action="/account/confirm" hx-boost="false" {
            p class="muted" { (context.t("confirm-intro")) }
            input type="text" name="username" value=(session.user_email) autocomplete="username" hidden;
            (Field::password(context.language, "password", context.t("password-current"))
                .required()
                .autofocus()
                .attribute("autocomplete", "current-password")
                .error(errors.on("password")))
            (hidden("next", local_or_home(next)))
            div { (Button::primary(context.t("confirm-submit"))) }
        }
    };
    let body = html! {
        div class="stack" {
            @if let Some(text) = errors.on("credential") { (alert(Tone::Bad, &text, &Markup::default())) }
            (fields)
            (passkey)
            (provider)
        }
    };
    let body = html! { div class="narrow" { (panel(&session.user_email, &Markup::default(), &body)) } };
    Ok(page(context, &PageHead::new(context.t("confirm-title")), &body))
}

fn passkey_way(app: &App, context: &PageContext, next: &str) -> Markup {
    let form = PasskeyForm {
        asks: Asks::Signing,
        options: "/account/confirm/passkey/options",
        action: "/account/confirm/passkey",
        next: Some(local_or_home(next)),
        button: Button::secondary(context.t("passkey-use")).icon(Icon::KeyRound),
        head: or(context),
        fields: Markup::default(),
    };
    form.render_for(app, context)
}
