//! The API keys of the shop: what each may do, when it was used, and making and revoking them.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use jiff::civil::Date;
use maud::{Markup, html};
use words::{ApiKeyId, Timestamp};

use super::settings::settings_tabs;
use super::{FieldErrors, NoticeQuery, form_again, name_error_key, page_context, see_other};
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Scope, Visit};
use crate::ui::{
    Button, Checked, Column, Empty, Field, Icon, NavItem, PageContext, PageHead, Row, Table, Tone, alert, badge,
    checkbox, code_block, dialog, page, panel, time_ago_or_dash,
};
use crate::workspaces::api_keys::{ApiKey, ApiKeyError, create_api_key, list_api_keys, revoke_api_key};
use crate::workspaces::model::parse_name;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditWorkspace);
    table.add(Method::GET, "/settings/keys", edit, show);
    table.add_proved(Method::POST, "/settings/keys", edit, Proof::Fresh, create);
    table.add(Method::POST, "/settings/keys/{key}/revoke", edit, revoke);
}

/// The form to make a key, as it was sent. Each scope has a box of its own name.
#[derive(Default)]
struct KeyForm {
    name: String,
    scopes: Vec<Scope>,
    expires_on: String,
}

impl KeyForm {
    fn of(fields: &BTreeMap<String, String>) -> Self {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let is_ticked = |scope: &Scope| fields.contains_key(&box_name(*scope));
        Self {
            name: field("name"),
            scopes: Scope::ALL.into_iter().filter(is_ticked).collect(),
            expires_on: field("expires_on"),
        }
    }
}

fn box_name(scope: Scope) -> String {
    format!("scope-{}", scope.code().replace(':', "-"))
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, Some(NavItem::Settings));
    notice.add_to(&mut context);
    keys_page(&app, &visit, &context, &KeyForm::default(), &FieldErrors::none(), None).await
}

async fn create(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    let form = KeyForm::of(&fields);
    let context = page_context(&visit, Some(NavItem::Settings));
    let (field, key) = match make_key(&app, &visit, &form).await {
        Ok(secret) => {
            let empty = KeyForm::default();
            let page = keys_page(&app, &visit, &context, &empty, &FieldErrors::none(), Some(&secret)).await?;
            return Ok(page.into_response());
        }
        Err(Refusal::Problem(problem)) => return Err(problem),
        Err(Refusal::Field(field, key)) => (field, key),
    };
    let errors = FieldErrors::of(&context, field, key);
    Ok(form_again(keys_page(&app, &visit, &context, &form, &errors, None).await?))
}

async fn revoke(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(key): Path<ApiKeyId>,
) -> Result<Response, Problem> {
    match revoke_api_key(&app, &visit.actor, key).await {
        Ok(()) => Ok(see_other("/settings/keys?done=key-revoked")),
        Err(ApiKeyError::Db(error)) => Err(error.into()),
        Err(_) => Err(Problem::not_found("API key")),
    }
}

enum Refusal {
    Field(&'static str, &'static str),
    Problem(Problem),
}

async fn make_key(app: &App, visit: &Visit, form: &KeyForm) -> Result<String, Refusal> {
    let name = parse_name(&form.name).map_err(|error| Refusal::Field("name", name_error_key(error)))?;
    let expires_at = end_of(&form.expires_on, visit).map_err(|()| Refusal::Field("expires_on", "date-malformed"))?;
    match create_api_key(app, &visit.actor, name, form.scopes.clone(), expires_at).await {
        Ok(made) => Ok(made.secret),
        Err(ApiKeyError::NoScope) => Err(Refusal::Field("scope", "key-no-scope")),
        Err(ApiKeyError::ExpiresInThePast) => Err(Refusal::Field("expires_on", "key-expires-in-the-past")),
        Err(ApiKeyError::NoSuchKey) => Err(Refusal::Problem(Problem::not_found("API key"))),
        Err(ApiKeyError::Db(error)) => Err(Refusal::Problem(error.into())),
    }
}

/// The end of the day in the shop's time zone; no day means no end.
fn end_of(day: &str, visit: &Visit) -> Result<Option<Timestamp>, ()> {
    if day.is_empty() {
        return Ok(None);
    }
    let next = day.parse::<Date>().and_then(Date::tomorrow).map_err(|_| ())?;
    let midnight = next.to_zoned(visit.shop.time_zone.clone()).map_err(|_| ())?;
    Ok(Some(Timestamp::from_millis(midnight.timestamp().as_millisecond())))
}

async fn keys_page(
    app: &App,
    visit: &Visit,
    context: &PageContext,
    form: &KeyForm,
    errors: &FieldErrors,
    secret: Option<&str>,
) -> Result<Markup, Problem> {
    let keys = list_api_keys(app, visit.actor.workspace).await?;
    let body = html! {
        div class="stack" {
            (settings_tabs(context, visit, "/settings/keys"))
            @if let Some(secret) = secret { (new_secret(context, secret)) }
            @if keys.is_empty() {
                (Empty::new(Icon::KeyRound, context.t("keys-empty-title"), context.t("keys-empty-text")))
            } @else {
                (keys_table(context, &keys))
            }
            (panel(&context.t("key-create"), &Markup::default(), &key_form(context, form, errors)))
        }
    };
    let head = PageHead::new(context.t("keys-title")).note(html! { (context.t("keys-intro")) });
    Ok(page(context, &head, &body))
}

fn new_secret(context: &PageContext, secret: &str) -> Markup {
    let body = html! { p { (context.t("key-secret-text")) } (code_block(context.language, secret)) };
    alert(Tone::Warning, &context.t("shown-once"), &body)
}

fn keys_table(context: &PageContext, keys: &[ApiKey]) -> Markup {
    let columns = vec![
        Column::text(context.t("key-name")),
        Column::text(context.t("key-prefix")).minor(),
        Column::text(context.t("key-scopes")),
        Column::text(context.t("key-last-used")).minor(),
        Column::text(context.t("key-expires")).minor(),
        Column::text(context.t("member-actions")),
    ];
    let rows = keys.iter().map(|key| key_row(context, key)).collect();
    Table::new(context.t("keys-title"), columns, rows).render(context.language)
}

fn key_row(context: &PageContext, key: &ApiKey) -> Row {
    let scopes: Vec<String> = key.scopes.iter().map(|scope| scope_label(context, *scope)).collect();
    let has_expired = key.expires_at.is_some_and(|end| end <= context.now);
    let action = if key.revoked_at.is_some() {
        badge(Tone::Bad, &context.t("key-revoked"))
    } else if has_expired {
        badge(Tone::Warning, &context.t("key-expired"))
    } else {
        let id = format!("revoke-{}", key.id);
        let revoke = Button::secondary(context.t("key-revoke")).small().opens_dialog(&id);
        html! { (revoke) (revocation_dialog(context, &id, key)) }
    };
    Row::new(vec![
        html! { (key.name) },
        html! { code { (key.prefix) "…" } },
        html! { (scopes.join(", ")) },
        time_ago_or_dash(context, key.last_used_at),
        time_ago_or_dash(context, key.expires_at),
        action,
    ])
}

/// A revoked key cannot be brought back, so it is asked once.
fn revocation_dialog(context: &PageContext, id: &str, key: &ApiKey) -> Markup {
    let body = html! { p { (context.t("key-revoke-text")) } };
    let revoke = Button::danger(context.t("key-revoke")).post(format!("/settings/keys/{}/revoke", key.id));
    let foot = html! { (Button::secondary(context.t("cancel")).closes_dialog(id)) (revoke) };
    let title = context.t_with("key-revoke-title", &[("name", key.name.as_str().into())]);
    dialog(context.language, id, &title, &body, &foot)
}

fn scope_label(context: &PageContext, scope: Scope) -> String {
    context.t(&box_name(scope)).into_owned()
}

fn key_form(context: &PageContext, form: &KeyForm, errors: &FieldErrors) -> Markup {
    html! {
        form class="stack" method="post" action="/settings/keys" {
            div class="form-grid" {
                (Field::text("name", context.t("key-name"))
                    .value(form.name.as_str())
                    .hint(context.t("key-name-hint"))
                    .required()
                    .attribute("maxlength", "100")
                    .error(errors.on("name")))
                (Field::date("expires_on", context.t("key-expires"))
                    .value(form.expires_on.as_str())
                    .optional(context.language)
                    .error(errors.on("expires_on")))
            }
            @if let Some(text) = errors.on("scope") { (alert(Tone::Bad, &text, &Markup::default())) }
            fieldset {
                legend class="field-label" { (context.t("key-scopes")) }
                @for scope in Scope::ALL {
                    @let is_checked = Checked(form.scopes.contains(&scope));
                    (checkbox(&box_name(scope), "on", &scope_label(context, scope), is_checked))
                }
            }
            div { (Button::primary(context.t("key-create-submit"))) }
        }
    }
}
