//! `GET /palette?q=`: people, segments, sources and pages for the box that finds everything (Ctrl/⌘-K).

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::Method;
use db::{DbError, Tx};
use maud::Markup;
use serde::Deserialize;
use words::{WorkspaceId, fold};

use super::event_title::segment_label;
use super::people::person_name;
use crate::intake::{self, Source};
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Visit};
use crate::profiles::store::ListedPerson;
use crate::segments::{self, Definition};
use crate::ui::{Icon, PageContext, PaletteGroup, PaletteItem, gallery, palette_results};
use crate::workspaces::page_context;

/// Results of one kind: more are found by typing on.
const ROWS: usize = 6;
/// A longer question finds nothing that a shorter one does not.
const MAX_CHARACTERS: usize = 100;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::GET, "/palette", Access::Member(Permission::SeeHome), find);
    table.add(Method::GET, "/ui-gallery", Access::Member(Permission::SeeHome), show_gallery);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PaletteQuery {
    q: String,
}

/// What the database knows of the question, as far as the reader may see it.
struct Found {
    people: Vec<ListedPerson>,
    segments: Vec<Definition>,
    sources: Vec<Source>,
}

async fn find(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(query): Query<PaletteQuery>,
) -> Result<Markup, Problem> {
    let asked: String = query.q.trim().chars().take(MAX_CHARACTERS).collect();
    if asked.is_empty() {
        return Ok(Markup::default());
    }
    let (question, asker) = (asked.clone(), visit.clone());
    let found = app.db.read(move |tx| look_up(tx, &asker, &question)).await?;
    let context = page_context(&visit, None);
    let groups = [
        people(&context, found.people),
        named_segments(&context, &asked, found.segments),
        sources(&context, &asked, found.sources),
        pages(&context, &visit, &asked),
    ];
    let filled: Vec<PaletteGroup> = groups.into_iter().filter(|group| !group.items.is_empty()).collect();
    Ok(palette_results(&filled))
}

/// The page furniture of debug builds.
async fn show_gallery(State(app): State<App>, Extension(visit): Extension<Visit>) -> Result<Markup, Problem> {
    if !app.settings.shows_gallery {
        return Err(Problem::not_found("page"));
    }
    Ok(gallery(&page_context(&visit, None)))
}

fn look_up(tx: &mut Tx<'_>, visit: &Visit, asked: &str) -> Result<Found, DbError> {
    let workspace: WorkspaceId = visit.actor.workspace;
    let may = |permission| visit.actor.may(permission);
    Ok(Found {
        people: match may(Permission::SeePeople) {
            true => super::people::search(tx, workspace, asked, ROWS, visit.sight())?,
            false => Vec::new(),
        },
        segments: match may(Permission::SeeSegments) {
            true => segments::store::definitions(tx, workspace)?,
            false => Vec::new(),
        },
        sources: match may(Permission::SeeSources) {
            true => intake::store::sources(tx, workspace)?,
            false => Vec::new(),
        },
    })
}

fn group(context: &PageContext, key: &str, items: Vec<PaletteItem>) -> PaletteGroup {
    PaletteGroup { title: context.t(key).into_owned(), items }
}

fn people(context: &PageContext, found: Vec<ListedPerson>) -> PaletteGroup {
    let items = found.into_iter().map(|person| {
        let label = person_name(context, &person.row, person.number);
        let email = person.row.email(context.sight).text().filter(|email| **email != label);
        let note = email.unwrap_or(&person.row.city).to_owned();
        PaletteItem { label, note, href: format!("/people/{}", person.id), icon: Icon::User }
    });
    group(context, "nav-people", items.collect())
}

fn named_segments(context: &PageContext, asked: &str, found: Vec<Definition>) -> PaletteGroup {
    let wanted = fold(asked);
    let labelled = found.into_iter().map(|one| (segment_label(context, &one.name, one.ready_made.as_deref()), one.id));
    let matching = labelled.filter(|(label, _)| fold(label).contains(&wanted)).take(ROWS);
    let items = matching.map(|(label, id)| PaletteItem {
        label,
        note: String::new(),
        href: format!("/segments/{id}"),
        icon: Icon::Layers,
    });
    group(context, "nav-segments", items.collect())
}

fn sources(context: &PageContext, asked: &str, found: Vec<Source>) -> PaletteGroup {
    let wanted = fold(asked);
    let matching = found.into_iter().filter(|source| fold(&source.name).contains(&wanted)).take(ROWS);
    let items = matching.map(|source| PaletteItem {
        note: context.t(&format!("source-kind-{}", source.kind.code())).into_owned(),
        href: format!("/sources/{}", source.id),
        label: source.name,
        icon: Icon::Plug,
    });
    group(context, "nav-sources", items.collect())
}

/// Pages that the navigation does not name; the palette itself knows those of the navigation.
fn pages(context: &PageContext, visit: &Visit, asked: &str) -> PaletteGroup {
    let all = [
        ("palette-orders", "/orders", Icon::ShoppingBag),
        ("palette-new-segment", "/segments/new", Icon::Plus),
        ("palette-new-source", "/sources/new", Icon::Plus),
        ("palette-connect", "/welcome", Icon::Plug),
        ("palette-keys", "/settings/keys", Icon::KeyRound),
        ("palette-security", "/settings/security", Icon::ShieldCheck),
        ("palette-second-factor", "/account/second-factor", Icon::Smartphone),
        ("palette-account", "/account", Icon::User),
    ];
    let wanted = fold(asked);
    let items = all.into_iter().filter(|(_, href, _)| visit.may_open(href)).map(|(key, href, icon)| PaletteItem {
        label: context.t(key).into_owned(),
        note: String::new(),
        href: href.to_owned(),
        icon,
    });
    group(context, "palette-go", items.filter(|item| fold(&item.label).contains(&wanted)).collect())
}
