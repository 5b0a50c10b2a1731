//! Making and changing a segment.

use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use engine::condition::Condition;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;
use words::SegmentId;

use super::ask::{Askable, is_open};
use super::builder::{catalogue, field, pretty};
use super::edit;
use super::preview::{Preview, preview};
use super::preview_part::preview_part;
use super::refusal::Refusal;
use super::words::SegmentNames;
use crate::desk::segment_label;
use crate::kernel::{Access, App, Permission, Problem, RouteTable, Sight, Visit};
use crate::segments;
use crate::ui::{Button, Field, NavItem, PageContext, PageHead, Tone, alert, page};
use crate::workspaces::page_context;

pub(super) fn routes(table: &mut RouteTable) {
    let edit = Access::Member(Permission::EditSegments);
    table.add(Method::GET, "/segments/new", edit, new);
    table.add(Method::POST, "/segments/new", edit, create);
    table.add(Method::GET, "/segments/{id}/edit", edit, open);
    table.add(Method::POST, "/segments/{id}/edit", edit, save);
}

/// What the form holds, right or wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Draft {
    name: String,
    condition: String,
    version: i64,
    /// `preview` asks for the count only.
    action: String,
}

impl Draft {
    /// What is to be counted or kept, as far as its author may ask it.
    fn asked(&self, sight: Sight) -> Result<Askable, Refusal> {
        Ok(Askable::of(self.parsed()?, sight)?)
    }

    /// An empty text means everybody.
    fn parsed(&self) -> Result<Condition, Refusal> {
        if self.condition.trim().is_empty() {
            return Ok(Condition::All(Vec::new()));
        }
        let json: Value = serde_json::from_str(&self.condition).map_err(|error| Refusal::Condition {
            code: "condition_not_json",
            detail: error.to_string(),
            path: String::new(),
        })?;
        Ok(Condition::parse(&json)?)
    }
}

/// Where a new segment begins: with a copy of another, or with the filter of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Beginning {
    from: Option<SegmentId>,
    condition: String,
}

async fn new(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Query(beginning): Query<Beginning>,
) -> Result<Markup, Problem> {
    let screen = Screen::read(&app, &visit, None).await?;
    let mut draft = Draft { condition: beginning.condition, ..Draft::default() };
    if let Some(copied) = beginning.from.and_then(|id| screen.definitions.iter().find(|one| one.id == id)) {
        screen.check_open(copied)?;
        let name = segment_label(&screen.context, &copied.name, copied.ready_made.as_deref());
        draft.name = screen.context.t_with("segment-copy-of", &[("name", name.into())]).into_owned();
        draft.condition = pretty(&copied.condition.print());
    }
    Ok(screen.page(&draft, None, None))
}

async fn create(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Form(draft): Form<Draft>,
) -> Result<Response, Problem> {
    let screen = Screen::read(&app, &visit, None).await?;
    if draft.action == "preview" {
        return screen.with_preview(&app, &visit, &draft).await;
    }
    let made = match draft.asked(visit.sight()) {
        Ok(condition) => edit::create(&app, &visit.actor, draft.name.clone(), condition).await.map_err(Refusal::from),
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(made) => Ok(Redirect::to(&format!("/segments/{}?done=created", made.id)).into_response()),
        Err(refusal) => screen.again(&draft, &refusal),
    }
}

async fn open(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
) -> Result<Markup, Problem> {
    let screen = Screen::read(&app, &visit, Some(id)).await?;
    let draft = screen.stored()?;
    Ok(screen.page(&draft, None, None))
}

async fn save(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Path(id): Path<SegmentId>,
    Form(draft): Form<Draft>,
) -> Result<Response, Problem> {
    let screen = Screen::read(&app, &visit, Some(id)).await?;
    let stored = screen.stored()?;
    if draft.action == "preview" {
        return screen.with_preview(&app, &visit, &draft).await;
    }
    let saved = match draft.asked(visit.sight()) {
        Ok(condition) => {
            // A ready-made segment keeps its translated name until somebody gives it another.
            let name = (draft.name.trim() != stored.name).then(|| draft.name.clone());
            let wanted = edit::Wanted { name, condition: Some(condition), expected_version: Some(draft.version) };
            edit::change(&app, &visit.actor, id, wanted).await.map_err(Refusal::from)
        }
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(_) => Ok(Redirect::to(&format!("/segments/{id}?done=saved")).into_response()),
        Err(refusal) => screen.again(&draft, &refusal),
    }
}

/// The page of one segment's form; `id` is that of an existing segment.
struct Screen {
    context: PageContext,
    definitions: Vec<segments::Definition>,
    names: SegmentNames,
    id: Option<SegmentId>,
}

impl Screen {
    async fn read(app: &App, visit: &Visit, id: Option<SegmentId>) -> Result<Self, Problem> {
        let workspace = visit.actor.workspace;
        let definitions = app.db.read(move |tx| segments::store::definitions(tx, workspace)).await?;
        let context = page_context(visit, Some(NavItem::Segments));
        let mut names = SegmentNames::of(&context, &definitions, visit.shop.currency);
        if let Some(id) = id {
            names = names.without(id);
        }
        Ok(Self { context, definitions, names, id })
    }

    /// Who may not see what a segment asks cannot change it, and cannot make a copy of it.
    fn check_open(&self, definition: &segments::Definition) -> Result<(), Problem> {
        match is_open(&definition.condition, self.context.sight) {
            true => Ok(()),
            false => Err(Problem::forbidden("this segment asks who people are, which your role does not see")),
        }
    }

    fn stored(&self) -> Result<Draft, Problem> {
        let stored = self.definitions.iter().find(|one| Some(one.id) == self.id);
        let stored = stored.ok_or_else(|| Problem::not_found("segment"))?;
        self.check_open(stored)?;
        Ok(Draft {
            name: segment_label(&self.context, &stored.name, stored.ready_made.as_deref()),
            condition: pretty(&stored.condition.print()),
            version: stored.version,
            action: String::new(),
        })
    }

    fn again(&self, draft: &Draft, refusal: &Refusal) -> Result<Response, Problem> {
        if let Refusal::Problem(problem) = refusal
            && problem.status.is_server_error()
        {
            return Err(problem.clone());
        }
        Ok((StatusCode::UNPROCESSABLE_ENTITY, self.page(draft, Some(refusal), None)).into_response())
    }

    /// For readers without scripts.
    async fn with_preview(&self, app: &App, visit: &Visit, draft: &Draft) -> Result<Response, Problem> {
        let found = match draft.asked(visit.sight()) {
            Ok(condition) => preview(app, visit.actor.workspace, condition).await.map_err(Refusal::from),
            Err(refusal) => Err(refusal),
        };
        match found {
            Ok(found) => Ok(self.page(draft, None, Some(&found)).into_response()),
            Err(refusal) => self.again(draft, &refusal),
        }
    }

    fn page(&self, draft: &Draft, refusal: Option<&Refusal>, found: Option<&Preview>) -> Markup {
        let context = &self.context;
        let (title, back) = match self.id {
            Some(id) => (context.t("segment-edit-title"), format!("/segments/{id}")),
            None => (context.t("segment-new"), "/segments".to_owned()),
        };
        let action = self.id.map_or_else(|| "/segments/new".to_owned(), |id| format!("/segments/{id}/edit"));
        let body = html! {
            form class="stack" method="post" action=(action) hx-boost="false" {
                (self.problem(refusal))
                input type="hidden" name="version" value=(draft.version);
                div class="segment-form-name" { (self.name_field(draft, refusal)) }
                @if let Some(found) = found { div class="panel builder-preview" { (preview_part(context, found)) } }
                (self.condition_field(draft, refusal))
                div class="button-row" {
                    (Button::primary(context.t("segment-save")))
                    (Button::secondary(context.t("segment-count")).value("action", "preview").attribute("data-without-script", ""))
                    (Button::ghost(context.t("cancel")).link(&back))
                }
            }
        };
        page(context, &PageHead::new(title).back(self.back_label(), back), &body)
    }

    fn back_label(&self) -> String {
        self.stored().map_or_else(|_| self.context.t("segments-title").into_owned(), |stored| stored.name)
    }

    /// What is wrong with neither field.
    fn problem(&self, refusal: Option<&Refusal>) -> Markup {
        match refusal {
            Some(refusal @ Refusal::Problem(problem)) if problem.code != "bad_name" => {
                alert(Tone::Warning, &refusal.sentence(&self.context), &Markup::default())
            }
            _ => Markup::default(),
        }
    }

    fn name_field(&self, draft: &Draft, refusal: Option<&Refusal>) -> Field {
        let error = refusal
            .filter(|refusal| matches!(refusal, Refusal::Problem(problem) if problem.code == "bad_name"))
            .map(|refusal| refusal.sentence(&self.context));
        let field = Field::text("name", self.context.t("segment-name"))
            .value(&draft.name)
            .attribute("maxlength", "100")
            .attribute("autocomplete", "off")
            .required()
            .error(error);
        if self.id.is_none() && draft.name.is_empty() { field.autofocus() } else { field }
    }

    fn condition_field(&self, draft: &Draft, refusal: Option<&Refusal>) -> Markup {
        let error = refusal
            .filter(|refusal| matches!(refusal, Refusal::Condition { .. } | Refusal::Hidden { .. }))
            .map(|refusal| {
                let sentence = refusal.sentence(&self.context);
                if refusal.path().is_empty() { sentence } else { format!("{} — {sentence}", refusal.path()) }
            });
        let parsed = draft.parsed().ok();
        let catalogue = catalogue(&self.context, parsed.as_ref(), &self.names);
        field(&self.context, "condition", &draft.condition, error, &catalogue)
    }
}
