//! Sources: where events come from, how each is doing, what was refused and why.

pub(super) mod connect;
mod dead;
mod detail;
mod edit;
mod health;
mod list;
mod new;

use axum::http::Method;
use serde::Deserialize;

use crate::kernel::{Access, Permission, RouteTable};
use crate::ui::{PageContext, Toast};

pub(super) use detail::{allow_button, unlisted_origin};
pub(super) use edit::{SourceChange, error_of, note};

pub(super) fn routes(table: &mut RouteTable) {
    let (see, edit) = (Access::Member(Permission::SeeSources), Access::Member(Permission::EditSources));
    table.add(Method::GET, "/sources", see, list::show);
    table.add(Method::GET, "/sources/rows", see, list::show_rows);
    table.add(Method::GET, "/sources/new", edit, new::show);
    table.add(Method::POST, "/sources", edit, new::create);
    table.add(Method::POST, "/sources/dead-letters", edit, dead::retry);
    table.add(Method::GET, "/sources/{id}", see, detail::show);
    table.add(Method::GET, "/sources/{id}/health", see, detail::show_health);
    table.add(Method::POST, "/sources/{id}", edit, edit::save);
    table.add(Method::POST, "/sources/{id}/allow", edit, edit::allow);
    table.add(Method::POST, "/sources/{id}/switch", edit, edit::switch);
}

/// What the page before did, named in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SourceQuery {
    way: String,
    done: String,
}

const DONE: [&str; 7] = ["made", "saved", "allowed", "off", "on", "retried", "retried-in-vain"];

impl SourceQuery {
    fn add_to(&self, context: &mut PageContext) {
        if DONE.contains(&self.done.as_str()) {
            let text = context.t(&format!("source-done-{}", self.done));
            context.toasts.push(Toast::success(context.language, text));
        }
    }
}
