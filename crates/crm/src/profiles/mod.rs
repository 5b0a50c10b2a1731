//! Who somebody is.
//!
//! A *profile* is one identity leaf: what hangs on its own identifiers. A *person* is a root profile with all profiles
//! that were merged into it; what is known of him (`engine::Facts`) is the sum of his profiles' facts, so a merge can
//! be undone at any later time without replay. Every identifier says which rule and which event linked it; every merge
//! is a row of its own. The stream alone calls the writing functions here: they run inside its transaction.

pub mod identity;
mod model;
mod recent;
pub mod store;
mod visit_days;

use db::{DbError, Tx};
use engine::identity::{IdentifierRule, default_rules};
use words::WorkspaceId;

pub use store::{IdentifierPlace, StoredState, identifiers_after, numbers_of};

pub use model::{
    BlockedIdentifier, Conflict, Identifier, LastVisit, LinkedIdentifier, Merge, PersonRow, Profile, SortBy,
    StageSince, Standing, StandingError, display_name,
};
pub use recent::RecentEvents;
pub use visit_days::VisitDays;

/// The identifier types of a workspace by precedence: its own, or the usual ones until somebody changes them.
pub fn identifier_rules(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<IdentifierRule>, DbError> {
    let mut rules = store::identifier_rules(tx, workspace)?;
    if rules.is_empty() {
        rules = default_rules();
    }
    rules.sort_by_key(|rule| rule.precedence);
    Ok(rules)
}
