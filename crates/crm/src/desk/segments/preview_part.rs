//! `POST /segments/preview`: what the builder shows beside the condition while it is edited.

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use engine::condition::Condition;
use maud::{Markup, html};
use serde_json::json;

use super::ask::Askable;
use super::list::share;
use super::preview::{Preview, preview};
use super::refusal::Refusal;
use super::wire::ConditionDraft;
use crate::desk::people::{person_label, person_name, row_avatar};
use crate::kernel::{Access, App, Permission, RouteTable, Visit};
use crate::ui::PageContext;
use crate::workspaces::page_context;

/// Faces beside the builder.
const SHOWN: usize = 5;

pub(super) fn routes(table: &mut RouteTable) {
    table.add(Method::POST, "/segments/preview", Access::Member(Permission::SeeSegments), show);
}

/// A piece of a page, or a problem with the node it speaks of.
async fn show(
    State(app): State<App>,
    Extension(visit): Extension<Visit>,
    Json(draft): Json<ConditionDraft>,
) -> Result<Response, Refusal> {
    let context = page_context(&visit, None);
    match found(&app, &visit, &draft).await {
        Ok(found) => Ok(preview_part(&context, &found).into_response()),
        Err(refusal @ (Refusal::Condition { .. } | Refusal::Hidden { .. })) => {
            let body = json!({"sentence": refusal.sentence(&context), "path": refusal.path()});
            Ok((StatusCode::BAD_REQUEST, Json(body)).into_response())
        }
        Err(refusal) => Err(refusal),
    }
}

async fn found(app: &App, visit: &Visit, draft: &ConditionDraft) -> Result<Preview, Refusal> {
    Ok(preview(app, visit.actor.workspace, Askable::of(Condition::parse(&draft.condition)?, visit.sight())?).await?)
}

/// Count, share and some of the people.
pub(super) fn preview_part(context: &PageContext, found: &Preview) -> Markup {
    html! {
        p class="builder-count" { (context.integer(found.count)) }
        p class="builder-share" {
            (context.t_with("segment-preview-people", &[("count", found.count.into())]))
            " · "
            (context.t_with("segment-preview-share", &[("share", share(context, found.count, found.people).into())]))
        }
        @if !found.sample.is_empty() {
            p class="builder-sample-title" { (context.t("segment-preview-sample")) }
            ul class="builder-sample" {
                @for person in found.sample.iter().take(SHOWN) {
                    @let name = person_name(context, &person.row, person.number);
                    @let email = person.row.email(context.sight).text().filter(|email| **email != name);
                    li {
                        a href={ "/people/" (person.id) } target="_blank" {
                            (row_avatar(context, &person.row))
                            span class="builder-sample-name" { (person_label(context, &person.row, person.number)) }
                            @if let Some(email) = email { span class="builder-sample-note" { (email) } }
                        }
                    }
                }
            }
        }
    }
}
