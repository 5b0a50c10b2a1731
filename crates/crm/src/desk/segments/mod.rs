//! Segments on screen and for programs: who would be in one, who was, and why.
//!
//! `preview` decides a condition for everybody without storing anything, `past` lives the log again up to an instant,
//! `explain` tells the reasons for one person. The builder is a form field that other screens may use as their filter;
//! conditions and reasons are put into words of the reader's language.

pub(crate) mod api;
mod as_of;
mod ask;
mod builder;
mod edit;
mod explain;
mod figures;
mod form;
mod labels;
mod list;
mod members;
mod order;
mod past;
mod preview;
mod preview_part;
mod reasons;
mod refusal;
mod show;
mod speaker;
mod suggest;
mod wire;
mod words;

pub use ask::{Askable, HiddenField};
pub use builder::builder;
pub use explain::{ExplainError, Explained, explain_membership};
pub use past::{MembersPage, PastError, members_at};
pub use preview::{Preview, PreviewError, Question, preview};
pub use reasons::explanation;
pub use words::{SegmentNames, condition_in_a_line, condition_in_words};

use crate::kernel::RouteTable;

/// The routes of the segment screens and of `/api/v1/segments`.
pub fn routes(table: &mut RouteTable) {
    api::routes(table);
    list::routes(table);
    form::routes(table);
    show::routes(table);
    as_of::routes(table);
    preview_part::routes(table);
    suggest::routes(table);
}
