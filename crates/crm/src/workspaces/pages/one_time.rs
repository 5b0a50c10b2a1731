//! The pages behind invitations and links for a new password.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::set_up::{dead_link, hashing_failed, password_field};
use super::{
    FieldErrors, bare_context, device_of, form_again, form_later, let_in, name_error_key, password_error_key,
    role_label, see_other, wait_text,
};
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::ui::{Button, Field, PageContext, bare_page};
use crate::workspaces::client_address::ClientAddress;
use crate::workspaces::enter_demo::{enter, may_enter};
use crate::workspaces::join::{Answer, Invitation, JoinError, find_invitation, join};
use crate::workspaces::model::parse_name;
use crate::workspaces::reset_password::{ResetError, find_reset, reset_password};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/join/{token}", Access::Public, show_invitation);
    table.add(Method::POST, "/join/{token}", Access::Public, accept_invitation);
    table.add(Method::GET, "/enter/{token}", Access::Public, show_entrance);
    table.add(Method::POST, "/enter/{token}", Access::Public, enter_with_one_click);
    table.add(Method::GET, "/reset/{token}", Access::Public, show_reset);
    table.add(Method::POST, "/reset/{token}", Access::Public, choose_password);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JoinForm {
    name: String,
    password: String,
}

async fn show_invitation(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(invitation) = find_invitation(&app, token).await? else {
        return Ok(dead_link(&app, &headers, "dead-invitation"));
    };
    let context = bare_context(&app, &headers);
    Ok(invitation_page(&context, &invitation, "", &FieldErrors::none()).into_response())
}

async fn accept_invitation(
    State(app): State<App>,
    Path(token): Path<String>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<JoinForm>,
) -> Result<Response, Problem> {
    let Some(invitation) = find_invitation(&app, token.clone()).await? else {
        return Ok(dead_link(&app, &headers, "dead-invitation"));
    };
    let context = bare_context(&app, &headers);
    let again = |errors: &FieldErrors| invitation_page(&context, &invitation, &form.name, errors);
    let name = match parse_name(&form.name) {
        Err(error) if !invitation.is_known => {
            return Ok(form_again(again(&FieldErrors::of(&context, "name", name_error_key(error)))));
        }
        name => name.unwrap_or_default(),
    };
    let answer = Answer {
        name,
        password: form.password.clone(),
        language: context.language,
        device: device_of(&headers),
        address,
    };
    let on_password = |key: &str| form_again(again(&FieldErrors::of(&context, "password", key)));
    match join(&app, token, answer).await {
        Ok(entry) => Ok(let_in(&app, &entry, "/")),
        Err(JoinError::NoSuchInvitation) => Ok(dead_link(&app, &headers, "dead-invitation")),
        Err(JoinError::WrongPassword) => Ok(on_password("password-wrong")),
        Err(JoinError::Password(error)) => Ok(on_password(password_error_key(error))),
        Err(JoinError::TooSoon { wait }) => {
            let errors = FieldErrors(Some(("password", wait_text(&context, wait))));
            Ok(form_later(again(&errors), wait))
        }
        Err(JoinError::Hash(error)) => Err(hashing_failed(&error)),
        Err(JoinError::Db(error)) => Err(error.into()),
    }
}

fn invitation_page(context: &PageContext, invitation: &Invitation, name: &str, errors: &FieldErrors) -> Markup {
    let role = role_label(context, invitation.role);
    let variables = [
        ("shop", invitation.shop_name.as_str().into()),
        ("email", invitation.email.as_str().into()),
        ("role", role.into()),
    ];
    let intro = if invitation.is_known { "join-intro-known" } else { "join-intro" };
    let body = html! {
        p { (context.t_with(intro, &variables)) }
        form method="post" hx-boost="false" {
            @if invitation.is_known {
                (Field::password(context.language, "password", context.t("password"))
                    .required()
                    .autofocus()
                    .attribute("autocomplete", "current-password")
                    .error(errors.on("password")))
            } @else {
                (Field::text("name", context.t("your-name"))
                    .value(name)
                    .required()
                    .autofocus()
                    .attribute("autocomplete", "name")
                    .attribute("maxlength", "100")
                    .error(errors.on("name")))
                (password_field(context, errors))
            }
            (Button::primary(context.t("join-submit")).wide())
        }
    };
    let title = context.t_with("join-title", &[("shop", invitation.shop_name.as_str().into())]);
    bare_page(context, &title, &body)
}

/// The link that `entente demo` prints. Its one use is the only thing that changes, so it need not be a form.
async fn show_entrance(
    State(app): State<App>,
    Path(token): Path<String>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if !may_enter(&app, token, address).await? {
        return Ok(dead_link(&app, &headers, "dead-sign-in-link"));
    }
    let context = bare_context(&app, &headers);
    let body = html! {
        p { (context.t("enter-intro")) }
        form method="post" hx-boost="false" data-sends-itself {
            (Button::primary(context.t("enter-submit")).wide())
        }
    };
    Ok(bare_page(&context, &context.t("enter-title"), &body).into_response())
}

async fn enter_with_one_click(
    State(app): State<App>,
    Path(token): Path<String>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match enter(&app, token, address, device_of(&headers)).await? {
        Some(entry) => Ok(let_in(&app, &entry, "/")),
        None => Ok(dead_link(&app, &headers, "dead-sign-in-link")),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResetForm {
    password: String,
}

async fn show_reset(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(email) = find_reset(&app, token).await? else {
        return Ok(dead_link(&app, &headers, "dead-reset"));
    };
    let context = bare_context(&app, &headers);
    Ok(reset_page(&context, email.as_str(), &FieldErrors::none()).into_response())
}

async fn choose_password(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<ResetForm>,
) -> Result<Response, Problem> {
    let Some(email) = find_reset(&app, token.clone()).await? else {
        return Ok(dead_link(&app, &headers, "dead-reset"));
    };
    let context = bare_context(&app, &headers);
    match reset_password(&app, token, form.password).await {
        Ok(()) => Ok(see_other("/sign-in?done=password-reset")),
        Err(ResetError::NoSuchLink) => Ok(dead_link(&app, &headers, "dead-reset")),
        Err(ResetError::Password(error)) => {
            let errors = FieldErrors::of(&context, "password", password_error_key(error));
            Ok(form_again(reset_page(&context, email.as_str(), &errors)))
        }
        Err(ResetError::Hash(error)) => Err(hashing_failed(&error)),
        Err(ResetError::Db(error)) => Err(error.into()),
    }
}

fn reset_page(context: &PageContext, email: &str, errors: &FieldErrors) -> Markup {
    let body = html! {
        p { (context.t_with("reset-intro", &[("email", email.into())])) }
        form method="post" hx-boost="false" {
            (password_field(context, errors).autofocus())
            (Button::primary(context.t("reset-submit")).wide())
        }
    };
    bare_page(context, &context.t("reset-title"), &body)
}
