//! `/api/v1/profiles`: people for programs.

mod answers;
pub(in crate::desk) mod change;
pub(in crate::desk) mod erase;
pub(in crate::desk) mod read;

use axum::http::Method;
use words::ProfileId;

use crate::kernel::{Access, Permission, Problem, RouteTable};

pub(super) fn routes(table: &mut RouteTable) {
    let see = Access::Program(Permission::SeePeople);
    table.add(Method::GET, "/api/v1/profiles", see, read::list);
    table.add(Method::GET, "/api/v1/profiles/{id}", see, read::show);
    table.add(Method::GET, "/api/v1/profiles/{id}/timeline", see, read::timeline);
    table.add(Method::GET, "/api/v1/profiles/{id}/segments", see, read::segments);
    let edit = Access::Program(Permission::EditPeople);
    table.add(Method::PATCH, "/api/v1/profiles/{id}", edit, change::change);
    let merge = Access::Program(Permission::MergePeople);
    table.add(Method::POST, "/api/v1/profiles/{id}/merge", merge, change::merge);
    table.add(Method::POST, "/api/v1/profiles/{id}/unmerge", merge, change::unmerge);
    let erase = Access::Program(Permission::ErasePeople);
    table.add(Method::DELETE, "/api/v1/profiles/{id}", erase, erase::erase);
    table.add(Method::GET, "/api/v1/erasures", erase, erase::list);
    table.add(Method::GET, "/api/v1/erasures/{id}", erase, erase::show);
}

/// An address with an id that is none of ours leads nowhere.
fn profile_id(text: &str) -> Result<ProfileId, Problem> {
    text.parse().map_err(|_| Problem::not_found("profile"))
}
