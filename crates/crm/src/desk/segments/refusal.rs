//! What is wrong with a condition, told to a program with the path of the node and to a person in his language.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{ConditionError, PlanError};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask::HiddenField;
use super::explain::ExplainError;
use super::past::PastError;
use super::preview::PreviewError;
use crate::kernel::Problem;
use crate::segments::DefineError;
use crate::ui::PageContext;

/// A refused request: an ordinary problem, or one with a place in the condition.
#[derive(Debug)]
pub(crate) enum Refusal {
    Problem(Problem),
    Condition {
        code: &'static str,
        detail: String,
        path: String,
    },
    /// The condition compares what its sender may not see.
    Hidden {
        detail: String,
        path: String,
    },
}

/// The body of a refused condition.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConditionProblem {
    /// Stable, for programs.
    code: String,
    /// A sentence, for people.
    detail: String,
    /// The offending node, such as `all[1].where[0].op`; empty for the whole condition, missing when it is not at fault.
    #[schema(required = false)]
    path: String,
}

impl Refusal {
    /// The sentence for a person on a screen.
    pub(super) fn sentence(&self, context: &PageContext) -> String {
        match self {
            Refusal::Problem(problem) => match problem.code {
                "bad_name" | "too_many_segments" | "segment_in_use" | "segment_changed" => {
                    context.t(&format!("segment-problem-{}", problem.code.replace('_', "-"))).into_owned()
                }
                _ => problem.detail.clone(),
            },
            Refusal::Hidden { .. } => context.t("segment-problem-contact-hidden").into_owned(),
            Refusal::Condition { code, .. } => {
                context.t(&format!("segment-problem-{}", code.replace('_', "-"))).into_owned()
            }
        }
    }

    pub(super) fn path(&self) -> &str {
        match self {
            Refusal::Problem(_) => "",
            Refusal::Condition { path, .. } | Refusal::Hidden { path, .. } => path,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Refusal::Problem(problem) => problem.into_response(),
            Refusal::Condition { code, detail, path } => {
                let body = ConditionProblem { code: code.to_owned(), detail, path };
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Refusal::Hidden { detail, path } => {
                let body = ConditionProblem { code: "contact_hidden".to_owned(), detail, path };
                (StatusCode::FORBIDDEN, Json(body)).into_response()
            }
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal::Problem(problem)
    }
}

impl From<db::DbError> for Refusal {
    fn from(error: db::DbError) -> Self {
        Refusal::Problem(error.into())
    }
}

impl From<HiddenField> for Refusal {
    fn from(hidden: HiddenField) -> Self {
        Refusal::Hidden { detail: hidden.to_string(), path: hidden.path }
    }
}

impl From<ConditionError> for Refusal {
    fn from(error: ConditionError) -> Self {
        Refusal::Condition { code: error.code.as_str(), detail: error.to_string(), path: error.path }
    }
}

impl From<PlanError> for Refusal {
    fn from(error: PlanError) -> Self {
        let code = match error {
            PlanError::Circle { .. } => "condition_circle",
            PlanError::Unknown { .. } => "condition_unknown_segment",
            PlanError::TooLarge { .. } => "condition_too_large",
        };
        Refusal::Condition { code, detail: error.to_string(), path: String::new() }
    }
}

impl From<DefineError> for Refusal {
    fn from(error: DefineError) -> Self {
        let detail = error.to_string();
        Refusal::Problem(match error {
            DefineError::Plan(error) => return error.into(),
            DefineError::Db(error) => error.into(),
            DefineError::BadName => Problem::bad_request("bad_name", detail),
            DefineError::TooMany => Problem::conflict("too_many_segments", detail),
            DefineError::NotFound => Problem::not_found("segment"),
            DefineError::Changed => Problem::conflict("segment_changed", detail),
            DefineError::InUse(_) => Problem::conflict("segment_in_use", detail),
        })
    }
}

impl From<PreviewError> for Refusal {
    fn from(error: PreviewError) -> Self {
        match error {
            PreviewError::Plan(error) => error.into(),
            PreviewError::Db(error) => error.into(),
        }
    }
}

impl From<PastError> for Refusal {
    fn from(error: PastError) -> Self {
        match error {
            PastError::NoSuchSegment => Problem::not_found("segment").into(),
            PastError::InTheFuture => Problem::bad_request("in_the_future", error.to_string()).into(),
            PastError::Plan(error) => error.into(),
            PastError::Db(error) => error.into(),
        }
    }
}

impl From<ExplainError> for Refusal {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::NoSuchSegment => Problem::not_found("segment").into(),
            ExplainError::NoSuchPerson => Problem::not_found("profile").into(),
            ExplainError::Plan(error) => error.into(),
            ExplainError::Db(error) => error.into(),
        }
    }
}
