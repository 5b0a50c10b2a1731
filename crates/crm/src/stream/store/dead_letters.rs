//! Messages that could not be applied.

use db::{DbError, Row, Tx, Value, sql};
use words::WorkspaceId;

use super::super::dead_letters::DeadLetter;

pub fn insert_dead_letters(tx: &mut Tx<'_>, workspace: WorkspaceId, letters: Vec<DeadLetter>) -> Result<(), DbError> {
    let rows = letters.into_iter().map(|letter| {
        vec![
            Value::from(workspace),
            Value::from(letter.id),
            Value::from(letter.at),
            Value::from(letter.source_no),
            Value::from(letter.name),
            Value::from(letter.reason),
            Value::from(letter.body),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO dead_letters (workspace_id, id, at, source_no, name, reason, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (workspace_id, id) DO UPDATE SET at = excluded.at, reason = excluded.reason"),
        rows,
    )?;
    Ok(())
}

fn read_dead_letter(row: &Row<'_>) -> Result<DeadLetter, DbError> {
    Ok(DeadLetter {
        id: row.get(0)?,
        at: row.get(1)?,
        source_no: row.get(2)?,
        name: row.get(3)?,
        reason: row.get(4)?,
        body: row.get(5)?,
    })
}

/// Those behind an id in the order of ids, or else the newest first.
pub fn dead_letters(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: Option<uuid::Uuid>,
    rows: usize,
) -> Result<Vec<DeadLetter>, DbError> {
    match after {
        Some(after) => tx.query(
            sql("SELECT id, at, source_no, name, reason, body
                 FROM dead_letters
                 WHERE workspace_id = $1 AND id > $2
                 ORDER BY id
                 LIMIT $3"),
            &[&workspace, &after, &(rows as i64)],
            read_dead_letter,
        ),
        None => tx.query(
            sql("SELECT id, at, source_no, name, reason, body
                 FROM dead_letters
                 WHERE workspace_id = $1
                 ORDER BY at DESC, id
                 LIMIT $2"),
            &[&workspace, &(rows as i64)],
            read_dead_letter,
        ),
    }
}

pub fn count_dead_letters(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COUNT(*) FROM dead_letters WHERE workspace_id = $1"), &[&workspace], |row| row.get(0))
}

pub fn delete_dead_letter(tx: &mut Tx<'_>, workspace: WorkspaceId, id: uuid::Uuid) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM dead_letters WHERE workspace_id = $1 AND id = $2"), &[&workspace, &id])?;
    Ok(())
}
