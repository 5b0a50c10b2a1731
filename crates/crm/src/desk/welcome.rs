//! `/welcome`: from an empty shop to the first event in three steps.

use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use db::{DbError, Tx};
use maud::{Markup, html};
use serde::Deserialize;
use words::WorkspaceId;

use super::event_title::title;
use super::provision::{ProvisionError, provision};
use super::sources::connect::{Way, ways};
use super::sources::{SourceChange, allow_button, error_of, note, unlisted_origin};
use crate::intake::{Source, SourceKind, parse_origins, set_origins, store};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::stream::log::{self, LogRow};
use crate::ui::{Button, Field, Icon, NavItem, PageContext, PageHead, Tone, alert, live_region, page, panel, time_ago};
use crate::workspaces::page_context;

/// Rows of the log among which the last event of the shop is looked for: Entente writes its own beside each.
const ROWS: usize = 50;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditSources);
    table.add(Method::GET, "/welcome", edit, show);
    table.add(Method::GET, "/welcome/light", edit, show_light);
    table.add(Method::POST, "/welcome/origins", edit, save_origins);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WelcomeQuery {
    way: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OriginsForm {
    origins: String,
}

/// The first source and what was heard so far.
struct Hearing {
    source: Source,
    last: Option<LogRow>,
    unlisted: Option<String>,
}

async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<WelcomeQuery>,
) -> Result<Markup, Problem> {
    welcome_page(&app, &visit, &query.way, None).await
}

/// The light alone, which turns green by itself.
async fn show_light(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    let hearing = hear(&app, &visit).await?;
    Ok(light(&page_context(&visit, Some(NavItem::Sources)), &hearing))
}

async fn save_origins(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(form): Form<OriginsForm>,
) -> Result<Response, Problem> {
    let source = hear(&app, &visit).await?.source;
    let saved = match parse_origins(&with_scheme(&form.origins)) {
        Ok(origins) => set_origins(&app, visit.actor.workspace, source.id, &source.name, origins).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => {
            note(&app, &visit, SourceChange::Changed, source.id).await?;
            Ok(Redirect::to("/welcome").into_response())
        }
        Err(error) => {
            let context = page_context(&visit, Some(NavItem::Sources));
            let (_, text) = error_of(&context, &error)?;
            let page = welcome_page(&app, &visit, "", Some((form.origins, text))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// People write `boutique.example`: a shop without a scheme is on https.
fn with_scheme(origins: &str) -> String {
    let parts = origins.split([',', ' ', '\n', '\r', '\t']).filter(|part| !part.is_empty());
    let whole = parts.map(|part| if part.contains("://") { part.to_owned() } else { format!("https://{part}") });
    whole.collect::<Vec<_>>().join("\n")
}

async fn hear(app: &App, visit: &Visit) -> Result<Hearing, Problem> {
    let workspace = visit.actor.workspace;
    provision(app, workspace).await.map_err(problem_of)?;
    let hearing = app.db.read(move |tx| read(tx, workspace)).await?;
    hearing.ok_or_else(|| Problem::not_found("source"))
}

fn problem_of(error: ProvisionError) -> Problem {
    match error {
        ProvisionError::Db(error) => error.into(),
        ProvisionError::Segments(error) => {
            tracing::error!(%error, "a shop could not be given its first segments");
            Problem::unavailable()
        }
    }
}

fn read(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Option<Hearing>, DbError> {
    let Some(source) = store::source_of_kind(tx, workspace, SourceKind::Site)? else { return Ok(None) };
    let newest = log::newest(tx, workspace, ROWS)?;
    let rejects = store::rejects(tx, workspace, source.no, 1)?;
    Ok(Some(Hearing {
        last: newest.into_iter().find(|row| row.source_no != 0),
        unlisted: rejects.iter().find_map(|reject| unlisted_origin(&source, reject)),
        source,
    }))
}

async fn welcome_page(app: &App, visit: &Visit, way: &str, wrong: Option<(String, String)>) -> Result<Markup, Problem> {
    let hearing = hear(app, visit).await?;
    let context = page_context(visit, Some(NavItem::Sources));
    let way = Way::chosen(way, SourceKind::Site);
    let body = html! {
        div class="stack narrow" {
            (panel(&context.t("welcome-step-address"), &Markup::default(), &origins_form(&context, &hearing.source, wrong)))
            (panel(&context.t("welcome-step-snippet"), &Markup::default(), &ways(&context, app, &hearing.source, way, "/welcome")))
            (panel(&context.t("welcome-step-light"), &Markup::default(), &live_region("live-welcome", "/welcome/light", &light(&context, &hearing))))
        }
    };
    let head = PageHead::new(context.t_with("welcome-title", &[("shop", visit.shop.name.as_str().into())]))
        .note(html! { (context.t("welcome-intro")) })
        .actions(html! { (Button::secondary(context.t("welcome-later")).link("/")) });
    Ok(page(&context, &head, &body))
}

fn origins_form(context: &PageContext, source: &Source, wrong: Option<(String, String)>) -> Markup {
    let (value, error) = match wrong {
        Some((value, error)) => (value, Some(error)),
        None => (source.origins.join(", "), None),
    };
    html! {
        form class="stack" method="post" action="/welcome/origins" {
            (Field::text("origins", context.t("welcome-address"))
                .value(value).hint(context.t("welcome-address-hint")).required()
                .attribute("placeholder", "https://boutique.example").attribute("autocomplete", "url").error(error))
            div { (Button::primary(context.t("welcome-address-save"))) }
        }
    }
}

fn light(context: &PageContext, hearing: &Hearing) -> Markup {
    match (&hearing.last, &hearing.unlisted) {
        (Some(last), _) => heard(context, last),
        (None, Some(origin)) => {
            let text = context.t_with("welcome-unlisted-text", &[("origin", origin.as_str().into())]);
            let body = html! { p { (text) } (allow_button(context, &hearing.source, origin, "welcome")) };
            alert(Tone::Warning, &context.t("welcome-unlisted"), &body)
        }
        (None, None) => {
            alert(Tone::Neutral, &context.t("welcome-waiting"), &html! { (context.t("welcome-waiting-text")) })
        }
    }
}

fn heard(context: &PageContext, last: &LogRow) -> Markup {
    let event = title(context, &last.told(context.sight));
    let body = html! { (event.title) @if !event.detail.is_empty() { " · " (event.detail) } " · " (time_ago(context, last.received_at)) };
    html! {
        (alert(Tone::Good, &context.t("welcome-heard"), &body))
        div { (Button::primary(context.t("welcome-go")).end_icon(Icon::ChevronRight).link("/")) }
    }
}
