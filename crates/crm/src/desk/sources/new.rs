//! A new source: a name, a kind, and for a site its addresses.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;

use super::edit::{SourceChange, error_of, note};
use crate::intake::{SourceKind, create_source, parse_origins};
use crate::kernel::{App, Problem, Visit};
use crate::ui::{Button, Field, Icon, NavItem, PageContext, PageHead, RadioCard, page, panel, radio_cards};
use crate::workspaces::page_context;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct NewSource {
    name: String,
    kind: String,
    origins: String,
}

/// The kinds that people make; the others come with API keys and imports.
const KINDS: [(SourceKind, Icon); 2] = [(SourceKind::Site, Icon::Globe), (SourceKind::Server, Icon::Database)];

pub(super) async fn show(Extension(visit): Extension<Visit>) -> Markup {
    let form = NewSource { kind: SourceKind::Site.code().to_owned(), ..NewSource::default() };
    form_page(&page_context(&visit, Some(NavItem::Sources)), &form, None)
}

pub(super) async fn create(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(form): Form<NewSource>,
) -> Result<Response, Problem> {
    let kind = KINDS.iter().find(|(kind, _)| kind.code() == form.kind).map_or(SourceKind::Site, |(kind, _)| *kind);
    let made = match parse_origins(&form.origins) {
        Ok(origins) => create_source(&app, visit.actor.workspace, &form.name, kind, origins).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(source) => {
            note(&app, &visit, SourceChange::Created, source.id).await?;
            Ok(Redirect::to(&format!("/sources/{}?done=made", source.id)).into_response())
        }
        Err(error) => {
            let context = page_context(&visit, Some(NavItem::Sources));
            let wrong = error_of(&context, &error)?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, form_page(&context, &form, Some(&wrong))).into_response())
        }
    }
}

fn form_page(context: &PageContext, form: &NewSource, wrong: Option<&(&'static str, String)>) -> Markup {
    let error_on = |field: &str| wrong.filter(|(on, _)| *on == field).map(|(_, text)| text.clone());
    let cards = KINDS.map(|(kind, icon)| RadioCard {
        value: kind.code().to_owned(),
        label: context.t(&format!("source-kind-{}", kind.code())).into_owned(),
        hint: Some(context.t(&format!("source-kind-{}-hint", kind.code())).into_owned()),
        icon: Some(icon),
    });
    let fields = html! {
        form class="stack" method="post" action="/sources" {
            (radio_cards("kind", &context.t("source-kind"), &cards, &form.kind))
            (Field::text("name", context.t("source-name"))
                .value(form.name.as_str()).hint(context.t("source-name-hint")).required()
                .attribute("maxlength", "100").error(error_on("name")))
            (Field::area("origins", context.t("source-origins"), 3)
                .value(form.origins.as_str()).hint(context.t("source-origins-hint")).optional(context.language)
                .attribute("placeholder", "https://boutique.example").error(error_on("origins")))
            div { (Button::primary(context.t("source-create"))) }
        }
    };
    let head = PageHead::new(context.t("source-new")).back(context.t("sources-title"), "/sources");
    let body = html! { div class="narrow" { (panel(&context.t("source-new-panel"), &Markup::default(), &fields)) } };
    page(context, &head, &body)
}
