//! People: the list, one person in full, merging and parting, conflicts of identity, and the same for programs.
//!
//! `search` knows whom somebody means, `find` answers which people a list holds, `sheet` reads everything about one, `edit` changes what is said of him as
//! an event of its own. The screens (`list`, `person`, `merge`, `conflicts`) and the answers of `/api/v1/profiles`
//! (`api`) are built from the same three.

mod address;
pub(super) mod api;
mod columns;
mod conflicts;
mod edit;
mod edit_page;
mod erase_page;
mod facts_column;
mod filter;
mod find;
mod list;
mod merge;
mod panel;
mod person;
mod related;
mod search;
mod sheet;
mod timeline;
mod words_of;

pub use address::encoded;
pub use search::search;
pub use sheet::{Sheet, read_sheet, root_by_id};
pub use words_of::{person_label, person_name, revenue, row_avatar, stage_badge};

use crate::kernel::RouteTable;

/// Adds every route of this part.
pub fn routes(table: &mut RouteTable) {
    list::routes(table);
    filter::routes(table);
    person::routes(table);
    timeline::routes(table);
    related::routes(table);
    edit_page::routes(table);
    merge::routes(table);
    erase_page::routes(table);
    conflicts::routes(table);
    api::routes(table);
}
