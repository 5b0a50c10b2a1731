//! Somebody is erased for good: what will go is said, and asked once more.

use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::api::erase::erase_problem;
use super::edit_page::{page_at, sheet_of};
use super::merge::summary;
use super::person::{name_of, person_id};
use super::sheet::Sheet;
use crate::kernel::{Access, App, Permission, Problem, Proof, RouteTable, Visit, texts};
use crate::privacy::{EraseReason, EraseWanted, erase_person};
use crate::ui::{
    Button, Checked, Fact, Field, Icon, NavItem, PageContext, PageHead, RadioCard, Tone, alert, button_row, checkbox,
    facts, page, panel, radio_cards,
};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    let erase = Access::Member(Permission::ErasePeople);
    table.add_proved(Method::GET, "/people/{id}/erase", erase, Proof::Fresh, show);
    table.add_proved(Method::POST, "/people/{id}/erase", erase, Proof::Fresh, submit);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EraseForm {
    reason: String,
    never_contact: String,
    /// The word that is asked for, typed by hand.
    word: String,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    page_at(&app, &visit, &id, "erase", |sheet| erase_page(&visit, sheet, &EraseForm::default(), None)).await
}

async fn submit(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<String>,
    Form(form): Form<EraseForm>,
) -> Result<Response, Problem> {
    let sheet = sheet_of(&app, &visit, &id).await?;
    let fault = match (EraseReason::from_code(&form.reason), is_confirmed(&form.word)) {
        (Some(reason), true) => {
            let wanted = EraseWanted { reason, never_contact: form.never_contact == "on" };
            let erasure = erase_person(&app, &visit.actor, person_id(&id)?, wanted).await.map_err(erase_problem)?;
            return Ok(Redirect::to(&format!("/privacy/erasures/{}?done=erased", erasure.id)).into_response());
        }
        (None, _) => Fault::Reason,
        (_, false) => Fault::Word,
    };
    let page = erase_page(&visit, &sheet, &form, Some(fault));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// What was wrong with the form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Reason,
    Word,
}

/// The word of any language: the page may have been opened in another one.
fn is_confirmed(typed: &str) -> bool {
    let typed = typed.trim().to_uppercase();
    texts::Language::ALL.iter().any(|language| texts::t(*language, "erase-word").to_uppercase() == typed)
}

fn erase_page(visit: &Visit, sheet: &Sheet, form: &EraseForm, fault: Option<Fault>) -> Markup {
    let context = page_context(visit, Some(NavItem::People));
    let href = format!("/people/{}", sheet.profile.id);
    let name = name_of(&context, sheet);
    let head = PageHead::new(context.t_with("erase-title", &[("name", name.as_str().into())])).back(name, &href);
    let body = html! {
        div class="split" {
            div class="stack" {
                (alert(Tone::Bad, &context.t("erase-warning"), &html! { p { (context.t("erase-warning-text")) } }))
                (panel(&context.t("erase-how"), &Markup::default(), &erase_form(&context, &href, form, fault)))
            }
            div class="stack" {
                (summary(&context, sheet))
                (panel(&context.t("erase-goes"), &Markup::default(), &what_goes(&context, sheet)))
            }
        }
    };
    page(&context, &head, &body)
}

fn what_goes(context: &PageContext, sheet: &Sheet) -> Markup {
    let of_list = |number: usize| context.integer(i64::try_from(number).unwrap_or(i64::MAX));
    let of_figure = |number: u64| context.integer(i64::try_from(number).unwrap_or(i64::MAX));
    let figures = sheet.figures();
    let known = [
        ("erased-profiles", of_list(sheet.numbers().len())),
        ("erased-events", of_figure(figures.events_count)),
        ("erased-identifiers", of_list(sheet.identifiers().len())),
        ("erased-orders", of_figure(figures.orders_count)),
        ("erased-memberships", of_list(sheet.segments.len())),
    ];
    html! {
        div class="stack" {
            (facts(&known.map(|(key, count)| Fact::text(context.t(key), &count))))
            p { (context.t("erase-goes-rest")) }
            p class="note" { (context.t("erase-stays")) }
            p class="note" { (context.t("erase-backups")) }
        }
    }
}

fn erase_form(context: &PageContext, href: &str, form: &EraseForm, fault: Option<Fault>) -> Markup {
    let card = |reason: EraseReason| RadioCard {
        value: reason.code().to_owned(),
        label: context.t(&format!("erase-reason-{}", reason.code())).into_owned(),
        hint: Some(context.t(&format!("erase-reason-{}-hint", reason.code())).into_owned()),
        icon: None,
    };
    let chosen = if form.reason.is_empty() { EraseReason::Request.code() } else { form.reason.as_str() };
    let word = context.t("erase-word");
    let label = context.t_with("erase-type-word", &[("word", word.as_ref().into())]);
    let error = fault.map(|fault| match fault {
        Fault::Reason => context.t("erase-no-reason").into_owned(),
        Fault::Word => context.t_with("erase-wrong-word", &[("word", word.as_ref().into())]).into_owned(),
    });
    html! {
        form class="stack" method="post" action=(format!("{href}/erase")) {
            (radio_cards("reason", &context.t("erase-reason"), &EraseReason::ALL.map(card), chosen))
            div {
                (checkbox("never_contact", "on", &context.t("erase-never"), Checked(form.never_contact == "on")))
                p class="field-hint" { (context.t("erase-never-hint")) }
            }
            (Field::text("word", label).required().attribute("autocomplete", "off").error(error))
            (button_row(&[
                Button::danger(context.t("erase-do")).icon(Icon::Trash2),
                Button::ghost(context.t("cancel")).link(href),
            ]))
        }
    }
}
