//! One's own passkeys: the list, adding one, names, and giving one up.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;

use super::passkey_form::{Asks, PasskeyForm, no_passkeys, options_answer};
use super::second_factor::codes_page;
use super::{FieldErrors, device_of, form_again, name_error_key, page_context, see_other};
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit};
use crate::ui::{
    Button, Column, Field, Icon, Menu, MenuItem, PageContext, PageHead, Row, Table, Tone, alert, badge, dialog, page,
    panel, time_ago_or_dash,
};
use crate::workspaces::cookies::session_token;
use crate::workspaces::model::parse_name;
use crate::workspaces::passkeys::{
    AddPasskeyError, NewPasskey, NoPasskeys, PasskeyLine, add_passkey, begin_to_add, list_passkeys, relying_party,
    remove_passkey, rename_passkey,
};
use crate::workspaces::second_factor::SecondFactor;
use crate::workspaces::sessions::OpenSession;

pub(super) fn routes(table: &mut RouteTable) {
    let own = Access::Member(Permission::EditOwnAccount);
    table.add_proved(Method::GET, "/account/passkeys/add", own, Proof::FreshOwing, show_add);
    table.add_proved(Method::POST, "/account/passkeys/options", own, Proof::FreshOwing, options);
    table.add_proved(Method::POST, "/account/passkeys", own, Proof::FreshOwing, finish);
    table.add_proved(Method::POST, "/account/passkeys/{passkey}/rename", own, Proof::Fresh, rename);
    table.add_proved(Method::POST, "/account/passkeys/{passkey}/remove", own, Proof::Fresh, remove);
}

const LIST: &str = "/account/second-factor";

async fn show_add(State(app): State<App>, Extension(visit): Extension<Visit>, headers: HeaderMap) -> Markup {
    let context = page_context(&visit, None);
    add_page(&app, &context, &device_of(&headers), &FieldErrors::none())
}

async fn options(
    State(app): State<App>,
    Extension(session): Extension<OpenSession>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let holder = session_token(&app, &headers).unwrap_or_default();
    match begin_to_add(&app, &session, holder).await {
        Ok(options) => Ok(options_answer(options)),
        Err(AddPasskeyError::Impossible(error)) => Err(no_passkeys(error)),
        Err(AddPasskeyError::Db(error)) => Err(error.into()),
        Err(error) => Err(Problem::conflict("too_many_passkeys", error.to_string())),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PasskeyFields {
    name: String,
    credential: String,
}

async fn finish(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    headers: HeaderMap,
    Form(fields): Form<PasskeyFields>,
) -> Result<Response, Problem> {
    let context = page_context(&visit, None);
    let again = |field, key| form_again(add_page(&app, &context, &fields.name, &FieldErrors::of(&context, field, key)));
    let name = match parse_name(&fields.name) {
        Ok(name) => name,
        Err(error) => return Ok(again("name", name_error_key(error))),
    };
    let holder = session_token(&app, &headers).unwrap_or_default().to_owned();
    let new = NewPasskey { holder, credential: fields.credential.clone(), name };
    match add_passkey(&app, &visit.actor, (session.user, session.id), new).await {
        Ok(Some(codes)) => Ok(codes_page(&context, &codes).into_response()),
        Ok(None) => Ok(see_other("/account/second-factor?done=passkey-added")),
        Err(AddPasskeyError::Impossible(error)) => Err(no_passkeys(error)),
        Err(AddPasskeyError::NotRight) => Ok(again("credential", "passkey-failed")),
        Err(AddPasskeyError::KnownAlready) => Ok(again("credential", "passkey-known")),
        Err(AddPasskeyError::TooMany) => Ok(again("credential", "passkey-too-many")),
        Err(AddPasskeyError::Db(error)) => Err(error.into()),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NameFields {
    name: String,
}

async fn rename(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Path(passkey): Path<Uuid>,
    Form(fields): Form<NameFields>,
) -> Result<Response, Problem> {
    let Ok(name) = parse_name(&fields.name) else {
        return Ok(see_other("/account/second-factor?problem=passkey-name"));
    };
    if !rename_passkey(&app, &visit.actor, (session.user, passkey), name).await? {
        return Err(Problem::not_found("passkey"));
    }
    Ok(see_other("/account/second-factor?done=passkey-renamed"))
}

async fn remove(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Extension(session): Extension<OpenSession>,
    Path(passkey): Path<Uuid>,
) -> Result<Response, Problem> {
    if !remove_passkey(&app, &visit.actor, (session.user, passkey), session.id).await? {
        return Err(Problem::not_found("passkey"));
    }
    Ok(see_other("/account/second-factor?done=passkey-removed"))
}

fn add_page(app: &App, context: &PageContext, name: &str, errors: &FieldErrors) -> Markup {
    let form = PasskeyForm {
        asks: Asks::Making,
        options: "/account/passkeys/options",
        action: "/account/passkeys",
        next: None,
        button: Button::primary(context.t("passkey-make")).icon(Icon::KeyRound),
        head: Markup::default(),
        fields: html! {
            p class="muted" { (context.t("passkey-add-intro")) }
            (name_field(context, name).error(errors.on("name")))
        },
    };
    let body = match relying_party(&app.settings.public_url) {
        Ok(_) => html! {
            div class="stack" {
                @if let Some(text) = errors.on("credential") { (alert(Tone::Bad, &text, &Markup::default())) }
                (form.render_for(app, context))
                p class="muted without-passkeys" {
                    (context.t_with("passkey-not-here", &[("address", app.settings.public_url.as_str().into())]))
                }
            }
        },
        Err(error) => impossible(app, context, error),
    };
    let head = PageHead::new(context.t("passkey-add")).back(context.t("account-second-factor-begin"), LIST);
    page(context, &head, &html! { div class="narrow" { (panel(&context.t("passkey"), &Markup::default(), &body)) } })
}

fn name_field(context: &PageContext, name: &str) -> Field {
    Field::text("name", context.t("passkey-name"))
        .hint(context.t("passkey-name-hint"))
        .value(name)
        .required()
        .attribute("maxlength", "100")
        .attribute("autocomplete", "off")
}

fn impossible(app: &App, context: &PageContext, error: NoPasskeys) -> Markup {
    let key = match error {
        NoPasskeys::NumberedAddress => "passkeys-need-a-name",
        NoPasskeys::PlainHttp => "passkeys-need-https",
    };
    html! { p class="muted" { (context.t_with(key, &[("address", app.settings.public_url.as_str().into())])) } }
}

/// The list with what can be done, for the page of the second factor.
pub(super) async fn passkeys_panel(
    app: &App,
    context: &PageContext,
    session: &OpenSession,
    standing: &SecondFactor,
) -> Result<Markup, Problem> {
    let passkeys = list_passkeys(app, session.user).await?;
    let party = relying_party(&app.settings.public_url);
    let add = match &party {
        Ok(_) => html! {
            (Button::primary(context.t("passkey-add")).small().icon(Icon::Plus).link("/account/passkeys/add"))
        },
        Err(_) => Markup::default(),
    };
    let body = html! {
        div class="stack" {
            p class="muted" { (context.t("passkeys-intro")) }
            @if let Err(error) = &party { (impossible(app, context, *error)) }
            @if !passkeys.is_empty() { (table(context, &passkeys, party.as_ref().map(|party| party.id.as_str()).ok())) }
        }
    };
    let is_last = passkeys.len() == 1 && standing.since.is_none();
    Ok(html! {
        (panel(&context.t("passkeys"), &add, &body))
        @for passkey in &passkeys { (rename_dialog(context, passkey)) (removal_dialog(context, passkey, is_last)) }
    })
}

fn table(context: &PageContext, passkeys: &[PasskeyLine], party: Option<&str>) -> Markup {
    let columns = vec![
        Column::text(context.t("passkey-name")),
        Column::text(context.t("passkey-since")).minor(),
        Column::text(context.t("passkey-last-used")),
        Column::text(context.t("member-actions")),
    ];
    let rows = passkeys.iter().map(|passkey| row(context, passkey, party)).collect();
    Table::new(context.t("passkeys"), columns, rows).render(context.language)
}

fn row(context: &PageContext, passkey: &PasskeyLine, party: Option<&str>) -> Row {
    let elsewhere = context.t_with("passkey-elsewhere", &[("name", passkey.party.as_str().into())]);
    let name = html! {
        (passkey.name)
        @if party != Some(passkey.party.as_str()) { " " (badge(Tone::Warning, &elsewhere)) }
    };
    let used = time_ago_or_dash(context, passkey.last_used_at);
    Row::new(vec![name, html! { (context.date_time(passkey.created_at)) }, used, actions(context, passkey)])
}

fn actions(context: &PageContext, passkey: &PasskeyLine) -> Markup {
    let label = context.t_with("member-actions-of", &[("name", passkey.name.as_str().into())]);
    let button = Button::ghost(label).small().icon_only(Icon::Ellipsis);
    let items = [
        MenuItem::opens_dialog(context.t("passkey-rename"), rename_id(passkey)).icon(Icon::Pencil),
        MenuItem::opens_dialog(context.t("passkey-remove"), removal_id(passkey)).icon(Icon::Trash2).danger(),
    ];
    html! { (Menu::new(&format!("menu-{}", passkey.id), button).group(None, &items)) }
}

fn rename_id(passkey: &PasskeyLine) -> String {
    format!("rename-{}", passkey.id)
}

fn removal_id(passkey: &PasskeyLine) -> String {
    format!("remove-{}", passkey.id)
}

fn rename_dialog(context: &PageContext, passkey: &PasskeyLine) -> Markup {
    let (id, form) = (rename_id(passkey), format!("form-{}", passkey.id));
    let body = html! {
        form class="stack" id=(form) method="post" action={ "/account/passkeys/" (passkey.id) "/rename" } {
            (name_field(context, &passkey.name).apart(passkey.id.to_string()))
        }
    };
    let foot = html! {
        (Button::secondary(context.t("cancel")).closes_dialog(&id))
        (Button::primary(context.t("save")).attribute("form", form.as_str()))
    };
    dialog(context.language, &id, &context.t("passkey-rename"), &body, &foot)
}

/// A passkey cannot be brought back, so its removal is asked once; of the last factor it is said what follows.
fn removal_dialog(context: &PageContext, passkey: &PasskeyLine, is_last: bool) -> Markup {
    let id = removal_id(passkey);
    let body = html! {
        p { (context.t("passkey-remove-text")) }
        @if is_last { p { (context.t("passkey-remove-last-text")) } }
    };
    let foot = html! {
        (Button::secondary(context.t("cancel")).closes_dialog(&id))
        (Button::danger(context.t("passkey-remove")).post(format!("/account/passkeys/{}/remove", passkey.id)))
    };
    let title = context.t_with("passkey-remove-title", &[("name", passkey.name.as_str().into())]);
    dialog(context.language, &id, &title, &body, &foot)
}
