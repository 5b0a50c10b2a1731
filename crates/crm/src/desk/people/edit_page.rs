//! `GET` and `POST /people/{id}/edit`: what is said of a person, in a form.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::edit::{EditError, change_traits};
use super::facts_column::trait_label;
use super::person::{name_of, person_id};
use super::sheet::{Sheet, read_sheet, root_by_id};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::stream::StreamError;
use crate::ui::{Button, Field, NavItem, PageContext, PageHead, Tone, alert, button_row, page, panel};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditPeople);
    table.add(Method::GET, "/people/{id}/edit", edit, show);
    table.add(Method::POST, "/people/{id}/edit", edit, save);
}

/// Asked for even when nothing is known yet; shops that name them otherwise keep their own names.
const USUAL: [&str; 6] = ["first_name", "last_name", "email", "phone", "city", "country"];

/// Fields of the form that hold a trait.
const PREFIX: &str = "trait:";

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    page_at(&app, &visit, &id, "edit", |sheet| form(&visit, sheet, None)).await
}

/// A page about a person at his own address; that of somebody merged leads on to where he is now.
pub(super) async fn page_at(
    app: &App,
    visit: &Visit,
    id: &str,
    part: &str,
    page: impl FnOnce(&Sheet) -> Markup,
) -> Result<Response, Problem> {
    let sheet = sheet_of(app, visit, id).await?;
    if sheet.profile.id.to_string() != id {
        return Ok(Redirect::to(&format!("/people/{}/{part}", sheet.profile.id)).into_response());
    }
    Ok(page(&sheet).into_response())
}

pub(super) async fn sheet_of(app: &App, visit: &Visit, id: &str) -> Result<Sheet, Problem> {
    let (id, workspace, sight) = (person_id(id)?, visit.actor.workspace, visit.sight());
    app.db
        .read(move |tx| {
            let root = root_by_id(tx, workspace, id)?.ok_or_else(|| Problem::not_found("person"))?;
            Ok(read_sheet(tx, workspace, root, sight)?)
        })
        .await
}

fn form(visit: &Visit, sheet: &Sheet, fault: Option<&str>) -> Markup {
    let context = page_context(visit, Some(NavItem::People));
    let href = format!("/people/{}", sheet.profile.id);
    let name = name_of(&context, sheet);
    let head = PageHead::new(context.t_with("edit-title", &[("name", name.as_str().into())])).back(name, &href);
    let fields = html! {
        @if let Some(fault) = fault { (alert(Tone::Bad, &context.t("edit-fault"), &html! { p { (fault) } })) }
        form class="stack" method="post" action=(format!("{href}/edit")) {
            p class="note" { (context.t("edit-note")) }
            div class="form-grid" { @for (name, value) in editable(sheet) { (field(&context, &name, &value)) } }
            div class="form-grid" {
                (Field::text("new_name", context.t("edit-new-name")).optional(context.language))
                (Field::text("new_value", context.t("edit-new-value")).optional(context.language))
            }
            (button_row(&[Button::primary(context.t("edit-save")), Button::ghost(context.t("cancel")).link(&href)]))
        }
    };
    page(&context, &head, &panel(&context.t("person-traits"), &Markup::default(), &fields))
}

/// The traits that a line of text can hold, and the usual ones.
fn editable(sheet: &Sheet) -> Vec<(String, Value)> {
    let mut known: Vec<(String, Value)> =
        sheet.shown_traits().filter(|(_, value)| !value.is_object() && !value.is_array()).collect();
    let is_told = |label: &str| known.iter().any(|(name, _)| name.replace('_', "").eq_ignore_ascii_case(label));
    let has_whole_name = is_told("name");
    let is_covered = |name: &str| is_told(&name.replace('_', "")) || (has_whole_name && name.ends_with("_name"));
    let is_missing = |name: &&str| !is_covered(name);
    let missing: Vec<(String, Value)> =
        USUAL.into_iter().filter(is_missing).map(|name| (name.to_owned(), Value::Null)).collect();
    known.extend(missing);
    known
}

fn field(context: &PageContext, name: &str, value: &Value) -> Markup {
    let field = Field::text(&format!("{PREFIX}{name}"), trait_label(context, name)).value(text_of(value));
    html! { (field) }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

async fn save(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let sheet = sheet_of(&app, &visit, &id).await?;
    let changes = changes_of(&sheet, &fields);
    let href = format!("/people/{}", sheet.profile.id);
    if changes.is_empty() {
        return Ok(Redirect::to(&href).into_response());
    }
    match change_traits(&app, &visit.actor, sheet.profile.id, changes).await {
        Ok(()) => Ok(Redirect::to(&format!("{href}?done=saved")).into_response()),
        Err(EditError::NotFound) => Err(Problem::not_found("person")),
        Err(EditError::Db(error)) => Err(error.into()),
        Err(EditError::Stream(StreamError::Full)) => Err(Problem::full()),
        Err(EditError::Stream(StreamError::Stopped | StreamError::Unavailable)) => Err(Problem::unavailable()),
        Err(error) => {
            let key = match error {
                EditError::NoIdentifier => "edit-no-identifier",
                EditError::TooMuch => "edit-too-much",
                _ => "edit-busy",
            };
            let fault = crate::kernel::texts::t(visit.language, key);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form(&visit, &sheet, Some(&fault))).into_response())
        }
    }
}

/// What the form says otherwise than what is known. Nothing written unsets a trait.
fn changes_of(sheet: &Sheet, fields: &[(String, String)]) -> Map<String, Value> {
    let known = editable(sheet);
    let mut changes = Map::new();
    for (field, text) in fields {
        let Some(name) = field.strip_prefix(PREFIX) else { continue };
        let before = known.iter().find(|(known, _)| known == name).map_or(&Value::Null, |(_, value)| value);
        if text.trim() != text_of(before).trim() {
            changes.insert(name.to_owned(), value_like(before, text.trim()));
        }
    }
    let new = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.trim());
    if !new("new_name").is_empty() && !new("new_value").is_empty() {
        changes.insert(new("new_name").to_owned(), Value::from(new("new_value")));
    }
    changes
}

/// The text as a value of the type it had: a number stays a number while it can.
fn value_like(before: &Value, text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    let same_type = match before {
        Value::Number(_) => serde_json::from_str::<Value>(text).ok().filter(Value::is_number),
        Value::Bool(_) => serde_json::from_str::<Value>(text).ok().filter(Value::is_boolean),
        _ => None,
    };
    same_type.unwrap_or_else(|| Value::from(text))
}
