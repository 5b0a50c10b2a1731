//! The screens of privacy: who was erased, who must not be written to again, and what is kept of whom and why.

mod erasures;
mod register;
mod suppressions;

use maud::Markup;

use crate::kernel::{RouteTable, Visit};
use crate::ui::{PageContext, page_tabs};

pub(super) fn routes(table: &mut RouteTable) {
    erasures::routes(table);
    suppressions::routes(table);
    register::routes(table);
}

/// The views of privacy; `current` is the path of the one that is open.
fn privacy_tabs(context: &PageContext, visit: &Visit, current: &str) -> Markup {
    let pages = [
        ("erasures-title", "/privacy/erasures"),
        ("suppressions-title", "/privacy/suppressions"),
        ("register-title", "/privacy/register"),
    ];
    page_tabs(context, "privacy-title", &pages, current, |href| visit.may_open(href))
}
