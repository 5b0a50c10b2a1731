//! What the shop is called, where it sells, in which currency and time zone.

use axum::extract::{Query, State};
use axum::http::Method;
use axum::response::Response;
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::choices::shop_fields;
use super::set_up::settings_error;
use super::{FieldErrors, NoticeQuery, form_again, hidden, page_context, see_other};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::ui::{Button, NavItem, PageContext, PageHead, Tone, alert, page, page_tabs, panel};
use crate::workspaces::change_settings::{SettingsError, change_settings};
use crate::workspaces::find;
use crate::workspaces::model::{ShopFields, ShopSettings};

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditWorkspace);
    table.add(Method::GET, "/settings", edit, show);
    table.add(Method::POST, "/settings", edit, submit);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SettingsForm {
    shop_name: String,
    language: String,
    currency: String,
    country: String,
    time_zone: String,
    version: i64,
}

impl SettingsForm {
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

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(notice): Query<NoticeQuery>,
) -> Result<Markup, Problem> {
    let mut context = page_context(&visit, Some(NavItem::Settings));
    notice.add_to(&mut context);
    let form = current(&app, &visit).await?;
    Ok(settings_page(&context, &visit, &form, &FieldErrors::none()))
}

async fn submit(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(form): Form<SettingsForm>,
) -> Result<Response, Problem> {
    let outcome = match ShopSettings::parse(form.shop()) {
        Ok(settings) => change_settings(&app, &visit.actor, form.version, settings).await,
        Err(error) => Err(error),
    };
    let error = match outcome {
        Ok(()) => return Ok(see_other("/settings?done=settings-saved")),
        Err(SettingsError::Db(error)) => return Err(error.into()),
        Err(error) => error,
    };
    let context = page_context(&visit, Some(NavItem::Settings));
    let (field, key) = settings_error(&error);
    // What somebody else saved is shown, so that nobody overwrites it unseen.
    let form = if field == "form" { current(&app, &visit).await? } else { form };
    Ok(form_again(settings_page(&context, &visit, &form, &FieldErrors::of(&context, field, key))))
}

async fn current(app: &App, visit: &Visit) -> Result<SettingsForm, Problem> {
    let id = visit.actor.workspace;
    let workspace = app.db.read(move |tx| find(tx, id)).await?.ok_or_else(|| Problem::not_found("workspace"))?;
    let settings = workspace.settings;
    Ok(SettingsForm {
        shop_name: settings.name.clone(),
        language: settings.language.code().to_owned(),
        currency: settings.currency.to_string(),
        country: settings.country.to_string(),
        time_zone: settings.time_zone_name().to_owned(),
        version: workspace.version,
    })
}

fn settings_page(context: &PageContext, visit: &Visit, form: &SettingsForm, errors: &FieldErrors) -> Markup {
    let fields = html! {
        form class="stack" method="post" action="/settings" {
            @if let Some(text) = errors.on("form") { (alert(Tone::Warning, &text, &Markup::default())) }
            (hidden("version", &form.version.to_string()))
            div class="form-grid" {
                @for field in shop_fields(context, form.shop(), |field| errors.on(field)) { (field) }
            }
            div { (Button::primary(context.t("save"))) }
        }
    };
    let body = html! {
        div class="stack" {
            (settings_tabs(context, visit, "/settings"))
            (panel(&context.t("settings-shop"), &Markup::default(), &fields))
        }
    };
    page(context, &PageHead::new(context.t("settings-title")), &body)
}

/// The views of the settings; `current` is the path of the one that is open.
pub(super) fn settings_tabs(context: &PageContext, visit: &Visit, current: &str) -> Markup {
    let pages = [
        ("settings-shop", "/settings"),
        ("keys-title", "/settings/keys"),
        ("security-title", "/settings/security"),
        ("mail-title", "/settings/mail"),
        ("backups-title", "/settings/backups"),
    ];
    page_tabs(context, "settings-title", &pages, current, |href| visit.may_open(href))
}
