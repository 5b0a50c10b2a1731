//! What an erasure takes away.

use db::{DbError, Tx, sql};
use words::{Timestamp, WorkspaceId};

use super::super::model::LinkedIdentifier;
use super::{delete_leaf_facts, delete_state, delete_timers, read_linked};

/// Rows that an erasure took away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gone {
    pub profiles: usize,
    pub identifiers: usize,
    pub merges: usize,
    pub conflicts: usize,
}

/// Deletes these profiles with all that hangs on them; the state of the person, `root`, among it.
pub fn delete_profiles(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    root: i64,
    numbers: &[i64],
    timer_at: Option<Timestamp>,
) -> Result<Gone, DbError> {
    delete_state(tx, workspace, root)?;
    delete_leaf_facts(tx, workspace, numbers)?;
    delete_timers(tx, workspace, timer_at.map(|due_at| (due_at, root)).into_iter().collect())?;
    tx.execute(
        sql("DELETE FROM blocked_identifiers WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
    )?;
    let identifiers = tx.execute(
        sql("DELETE FROM identifiers WHERE workspace_id = $1 AND number IN LIST($2)"),
        &[&workspace, &numbers],
    )?;
    let merges = tx.execute(
        sql("DELETE FROM merges
             WHERE workspace_id = $1 AND (from_number IN LIST($2) OR into_number IN LIST($3))"),
        &[&workspace, &numbers, &numbers],
    )?;
    let conflicts = tx.execute(
        sql("DELETE FROM identity_conflicts
             WHERE workspace_id = $1 AND (number_a IN LIST($2) OR number_b IN LIST($3))"),
        &[&workspace, &numbers, &numbers],
    )?;
    let profiles = tx
        .execute(sql("DELETE FROM profiles WHERE workspace_id = $1 AND number IN LIST($2)"), &[&workspace, &numbers])?;
    Ok(Gone { profiles, identifiers, merges, conflicts })
}

/// A place behind which identifiers are read: kind and value.
pub type IdentifierPlace = (String, String);

/// The next identifiers in the order of kind and value, for work that visits all of them.
pub fn identifiers_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: &IdentifierPlace,
    rows: usize,
) -> Result<Vec<LinkedIdentifier>, DbError> {
    tx.query(
        sql("SELECT kind, value, number, linked_at, rule, event_seq
             FROM identifiers
             WHERE workspace_id = $1 AND (kind, value) > ($2, $3)
             ORDER BY kind, value
             LIMIT $4"),
        &[&workspace, &after.0, &after.1, &(rows as i64)],
        read_linked,
    )
}
