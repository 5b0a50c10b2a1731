//! When a person is to be looked at again.

use db::{DbError, Tx, Value, sql};
use words::{Timestamp, WorkspaceId};

pub fn insert_timers(tx: &mut Tx<'_>, workspace: WorkspaceId, timers: Vec<(Timestamp, i64)>) -> Result<(), DbError> {
    let rows = timers
        .into_iter()
        .map(|(due_at, number)| vec![Value::from(workspace), Value::from(due_at), Value::from(number)]);
    tx.insert_many(
        sql("INSERT INTO timers (workspace_id, due_at, number)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, due_at, number) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Timers that have come due, earliest first.
pub fn due_timers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    now: Timestamp,
    rows: usize,
) -> Result<Vec<(Timestamp, i64)>, DbError> {
    tx.query(
        sql("SELECT due_at, number
             FROM timers
             WHERE workspace_id = $1 AND due_at <= $2
             ORDER BY due_at, number
             LIMIT $3"),
        &[&workspace, &now, &(rows as i64)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

pub fn next_timer(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Option<Timestamp>, DbError> {
    tx.query_opt(
        sql("SELECT due_at FROM timers WHERE workspace_id = $1 ORDER BY due_at LIMIT 1"),
        &[&workspace],
        |row| row.get(0),
    )
}

pub fn delete_timers(tx: &mut Tx<'_>, workspace: WorkspaceId, timers: Vec<(Timestamp, i64)>) -> Result<(), DbError> {
    let rows = timers
        .into_iter()
        .map(|(due_at, number)| vec![Value::from(workspace), Value::from(due_at), Value::from(number)])
        .collect();
    tx.execute_many(sql("DELETE FROM timers WHERE workspace_id = $1 AND due_at = $2 AND number = $3"), rows)?;
    Ok(())
}
