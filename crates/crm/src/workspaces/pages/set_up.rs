//! The first page of all: who owns this, and what the shop is called.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use words::EmailAddress;

use super::choices::shop_fields;
use super::{FieldErrors, bare_context, device_of, form_again, let_in, name_error_key, password_error_key};
use crate::kernel::{Access, App, Problem, RouteTable};
use crate::ui::{Button, Field, PageContext, bare_page};
use crate::workspaces::change_settings::SettingsError;
use crate::workspaces::model::{ShopFields, ShopSettings, parse_name};
use crate::workspaces::set_up::{FirstOwner, SetUpError, may_set_up, set_up};

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/setup/{token}", Access::Public, show);
    table.add(Method::POST, "/setup/{token}", Access::Public, submit);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SetUpForm {
    owner_name: String,
    email: String,
    password: String,
    shop_name: String,
    language: String,
    currency: String,
    country: String,
    time_zone: String,
}

async fn show(State(app): State<App>, Path(token): Path<String>, headers: HeaderMap) -> Result<Markup, Problem> {
    if !may_set_up(&app, token).await? {
        return Err(Problem::not_found("set-up link"));
    }
    let context = bare_context(&app, &headers);
    let form = SetUpForm {
        language: context.language.code().to_owned(),
        currency: "EUR".to_owned(),
        country: "FR".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        ..SetUpForm::default()
    };
    Ok(page(&context, &form, &FieldErrors::none()))
}

async fn submit(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<SetUpForm>,
) -> Result<Response, Problem> {
    if !may_set_up(&app, token.clone()).await? {
        return Err(Problem::not_found("set-up link"));
    }
    let context = bare_context(&app, &headers);
    let owner = match parse(&form, &headers) {
        Ok(owner) => owner,
        Err((field, key)) => {
            return Ok(form_again(page(&context, &form, &FieldErrors::of(&context, field, key))));
        }
    };
    match set_up(&app, token, owner).await {
        Ok(entry) => Ok(let_in(&app, &entry, "/welcome")),
        Err(SetUpError::Password(error)) => {
            let errors = FieldErrors::of(&context, "password", password_error_key(error));
            Ok(form_again(page(&context, &form, &errors)))
        }
        Err(SetUpError::NoSuchLink) => Err(Problem::not_found("set-up link")),
        Err(SetUpError::Db(error)) => Err(error.into()),
        Err(SetUpError::Hash(error)) => Err(hashing_failed(&error)),
    }
}

/// The owner, or the field that is wrong and what to say about it.
fn parse(form: &SetUpForm, headers: &HeaderMap) -> Result<FirstOwner, (&'static str, &'static str)> {
    let name = parse_name(&form.owner_name).map_err(|error| ("owner_name", name_error_key(error)))?;
    let email = EmailAddress::parse(&form.email).map_err(|_| ("email", "email-malformed"))?;
    let shop = ShopSettings::parse(form.shop()).map_err(|error| settings_error(&error))?;
    Ok(FirstOwner { name, email, password: form.password.clone(), shop, device: device_of(headers) })
}

impl SetUpForm {
    fn shop(&self) -> ShopFields<'_> {
        ShopFields {
            name: &self.shop_name,
            language: &self.language,
            currency: &self.currency,
            country: &self.country,
            time_zone: &self.time_zone,
        }
    }
}

/// The field of the form that an error of the settings belongs to, and what to say about it.
pub(super) fn settings_error(error: &SettingsError) -> (&'static str, &'static str) {
    match error {
        SettingsError::Name(error) => ("shop_name", name_error_key(*error)),
        SettingsError::Language => ("language", "choose-from-list"),
        SettingsError::Currency => ("currency", "choose-from-list"),
        SettingsError::Country => ("country", "choose-from-list"),
        SettingsError::TimeZone => ("time_zone", "choose-from-list"),
        SettingsError::ChangedMeanwhile | SettingsError::Db(_) => ("form", "settings-changed-meanwhile"),
    }
}

/// Hashing fails when memory is short or the server shuts down: trying again helps.
pub(super) fn hashing_failed(error: &crate::workspaces::HashError) -> Problem {
    tracing::error!(%error, "a password could not be hashed");
    Problem { status: StatusCode::SERVICE_UNAVAILABLE, ..Problem::unavailable() }
}

fn page(context: &PageContext, form: &SetUpForm, errors: &FieldErrors) -> Markup {
    let body = html! {
        p { (context.t("set-up-intro")) }
        form class="bare-wide" method="post" hx-boost="false" {
            div class="form-grid" { @for field in owner_fields(context, form, errors) { (field) } }
            (password_field(context, errors))
            div class="form-grid" {
                @for field in shop_fields(context, form.shop(), |field| errors.on(field)) { (field) }
            }
            (Button::primary(context.t("set-up-submit")).wide())
        }
    };
    bare_page(context, &context.t("set-up-title"), &body)
}

fn owner_fields(context: &PageContext, form: &SetUpForm, errors: &FieldErrors) -> [Field; 2] {
    [
        Field::text("owner_name", context.t("your-name"))
            .value(form.owner_name.as_str())
            .required()
            .autofocus()
            .attribute("autocomplete", "name")
            .attribute("maxlength", "100")
            .error(errors.on("owner_name")),
        Field::email("email", context.t("your-email")).value(form.email.as_str()).required().error(errors.on("email")),
    ]
}

/// A field for a password that is chosen now.
pub(super) fn password_field(context: &PageContext, errors: &FieldErrors) -> Field {
    Field::password(context.language, "password", context.t("new-password"))
        .hint(context.t("password-hint"))
        .required()
        .attribute("autocomplete", "new-password")
        .attribute("minlength", "12")
        .error(errors.on("password"))
}

/// A page instead of a form, for links that lead nowhere (any more).
pub(super) fn dead_link(app: &App, headers: &HeaderMap, text_key: &str) -> Response {
    let context = bare_context(app, headers);
    let body = html! {
        p { (context.t(text_key)) }
        (Button::primary(context.t("error-to-sign-in")).link("/sign-in").wide())
    };
    (StatusCode::NOT_FOUND, bare_page(&context, &context.t("dead-link-title"), &body)).into_response()
}
