//! All SQL of the suppression list.

use db::{DbError, Row, Tx, Value, sql};
use words::{Timestamp, WorkspaceId};

use super::suppression::{Suppression, SuppressionReason};
use crate::kernel::corrupt;

/// Adds to the list; who is on it stays with the earlier reason and date.
pub fn suppress(tx: &mut Tx<'_>, workspace: WorkspaceId, all: &[Suppression]) -> Result<(), DbError> {
    let rows = all.iter().map(|one| {
        vec![
            Value::from(workspace),
            Value::from(one.channel.as_str()),
            Value::Bytes(one.mark.to_vec()),
            Value::from(one.reason.as_str()),
            Value::from(one.at),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO suppressions (workspace_id, channel, mark, reason, at)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, channel, mark) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Whether any of these marks is on the list of a channel.
pub fn is_suppressed(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    channel: &str,
    marks: &[Vec<u8>],
) -> Result<bool, DbError> {
    let found = tx.query_each_of(
        sql("SELECT at FROM suppressions WHERE workspace_id = $1 AND channel = $2 AND mark = $3"),
        &[&workspace, &channel, &Value::BytesList(marks.to_vec())],
        |row| row.get::<i64>(0),
    )?;
    Ok(!found.is_empty())
}

/// Takes an address off the list: its owner asked for it himself.
pub fn release(tx: &mut Tx<'_>, workspace: WorkspaceId, channel: &str, mark: &[u8]) -> Result<(), DbError> {
    tx.execute(
        sql("DELETE FROM suppressions WHERE workspace_id = $1 AND channel = $2 AND mark = $3"),
        &[&workspace, &channel, &mark],
    )?;
    Ok(())
}

/// What was put on the list at an instant.
pub fn suppressed_at(tx: &mut Tx<'_>, workspace: WorkspaceId, at: Timestamp) -> Result<Vec<Suppression>, DbError> {
    tx.query(
        sql("SELECT channel, mark, reason, at
             FROM suppressions
             WHERE workspace_id = $1 AND at = $2
             ORDER BY channel, mark"),
        &[&workspace, &at],
        read_suppression,
    )
}

fn read_suppression(row: &Row<'_>) -> Result<Suppression, DbError> {
    let mark: Vec<u8> = row.get(1)?;
    Ok(Suppression {
        channel: row.get(0)?,
        mark: mark.try_into().map_err(|_| corrupt("a mark has another length"))?,
        reason: reason_of(&row.get::<String>(2)?)?,
        at: row.get(3)?,
    })
}

fn reason_of(code: &str) -> Result<SuppressionReason, DbError> {
    SuppressionReason::from_code(code).ok_or_else(|| corrupt(format!("the reason {code}")))
}

/// What the list says of a mark.
pub fn find(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    channel: &str,
    mark: &[u8],
) -> Result<Option<Suppression>, DbError> {
    tx.query_opt(
        sql("SELECT channel, mark, reason, at
             FROM suppressions
             WHERE workspace_id = $1 AND channel = $2 AND mark = $3"),
        &[&workspace, &channel, &mark],
        read_suppression,
    )
}

/// How many addresses of a channel are on the list for a reason.
pub struct Suppressed {
    pub channel: String,
    pub reason: SuppressionReason,
    pub addresses: i64,
    pub newest: Timestamp,
}

pub fn count_by_reason(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<Suppressed>, DbError> {
    tx.query(
        sql("SELECT channel, reason, COUNT(*), MAX(at)
             FROM suppressions
             WHERE workspace_id = $1
             GROUP BY channel, reason
             ORDER BY channel, reason"),
        &[&workspace],
        |row| {
            let reason = reason_of(&row.get::<String>(1)?)?;
            Ok(Suppressed { channel: row.get(0)?, reason, addresses: row.get(2)?, newest: row.get(3)? })
        },
    )
}

pub fn count(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COUNT(*) FROM suppressions WHERE workspace_id = $1"), &[&workspace], |row| row.get(0))
}
