//! The names that events have.

use std::collections::BTreeSet;

use db::{DbError, Tx, Value, sql};
use words::{Timestamp, WorkspaceId};

pub fn note_names(tx: &mut Tx<'_>, workspace: WorkspaceId, names: Vec<String>, now: Timestamp) -> Result<(), DbError> {
    let rows = names.into_iter().map(|name| vec![Value::from(workspace), Value::from(name), Value::from(now)]);
    tx.insert_many(
        sql("INSERT INTO event_names (workspace_id, name, first_at)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, name) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

pub fn event_names(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<String>, DbError> {
    tx.query(
        sql("SELECT name FROM event_names WHERE workspace_id = $1 ORDER BY name LIMIT $2"),
        &[&workspace, &(rows as i64)],
        |row| row.get(0),
    )
}

/// The names of the events at these places, each once.
pub fn names_at(tx: &mut Tx<'_>, workspace: WorkspaceId, seqs: &[i64]) -> Result<BTreeSet<String>, DbError> {
    let names = tx.query_each_of(
        sql("SELECT name
             FROM events
             WHERE workspace_id = $1 AND seq = $2"),
        &[&workspace, &seqs],
        |row| row.get::<String>(0),
    )?;
    Ok(names.into_iter().collect())
}

/// Forgets the names that no event bears any more.
pub fn forget_unused_names(tx: &mut Tx<'_>, workspace: WorkspaceId, names: &BTreeSet<String>) -> Result<(), DbError> {
    for name in names {
        let bearer = tx.query_opt(
            sql("SELECT number FROM events WHERE workspace_id = $1 AND name = $2 LIMIT 1"),
            &[&workspace, name],
            |row| row.get::<i64>(0),
        )?;
        if bearer.is_none() {
            tx.execute(sql("DELETE FROM event_names WHERE workspace_id = $1 AND name = $2"), &[&workspace, name])?;
        }
    }
    Ok(())
}
