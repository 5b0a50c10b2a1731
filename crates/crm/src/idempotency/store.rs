//! All SQL of idempotency keys. A row with status 0 is a request that runs.

use db::{DbError, Tx, sql};
use words::{Timestamp, WorkspaceId};

use super::{ABANDONED_AFTER, KEPT_FOR, Known};

/// The status of a request that runs.
const RUNNING: i64 = 0;

pub fn known(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    (key, route): (&str, &str),
    digest: &[u8],
    now: Timestamp,
) -> Result<Known, DbError> {
    let found = tx.query_opt(
        sql("SELECT request_digest, status, answer, created_at
             FROM idempotency_keys
             WHERE workspace_id = $1 AND key = $2 AND route = $3"),
        &[&workspace, &key, &route],
        |row| Ok((row.get::<Vec<u8>>(0)?, row.get::<i64>(1)?, row.get::<String>(2)?, row.get::<Timestamp>(3)?)),
    )?;
    let Some((known_digest, status, answer, created_at)) = found else { return Ok(Known::Nothing) };
    let lasts = if status == RUNNING { ABANDONED_AFTER } else { KEPT_FOR };
    Ok(match status {
        _ if now >= created_at.plus(lasts) => Known::Nothing,
        _ if known_digest != digest => Known::OtherRequest,
        RUNNING => Known::Running,
        status => Known::Answered { status, answer },
    })
}

/// Takes a key that nobody has, or whose time is over; false when another request took it meanwhile, which waits here
/// for that one's transaction.
pub fn begin(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    (key, route): (&str, &str),
    digest: &[u8],
    now: Timestamp,
) -> Result<bool, DbError> {
    let (abandoned, forgotten) = (now.minus(ABANDONED_AFTER), now.minus(KEPT_FOR));
    let taken = tx.execute(
        sql("INSERT INTO idempotency_keys (workspace_id, key, route, request_digest, status, answer, created_at)
             VALUES ($1, $2, $3, $4, 0, '', $5)
             ON CONFLICT (workspace_id, key, route) DO UPDATE SET
               request_digest = excluded.request_digest, status = 0, answer = '', created_at = excluded.created_at
             WHERE (idempotency_keys.status = 0 AND idempotency_keys.created_at <= $6)
                OR (idempotency_keys.status <> 0 AND idempotency_keys.created_at <= $7)"),
        &[&workspace, &key, &route, &digest, &now, &abandoned, &forgotten],
    )?;
    Ok(taken == 1)
}

pub fn answer(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    (key, route): (&str, &str),
    status: i64,
    answer: &str,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE idempotency_keys SET status = $4, answer = $5
             WHERE workspace_id = $1 AND key = $2 AND route = $3"),
        &[&workspace, &key, &route, &status, &answer],
    )?;
    Ok(())
}

pub fn forget_one(tx: &mut Tx<'_>, workspace: WorkspaceId, (key, route): (&str, &str)) -> Result<(), DbError> {
    tx.execute(
        sql("DELETE FROM idempotency_keys WHERE workspace_id = $1 AND key = $2 AND route = $3"),
        &[&workspace, &key, &route],
    )?;
    Ok(())
}

pub fn forget(tx: &mut Tx<'_>, workspace: WorkspaceId, before: Timestamp) -> Result<(), DbError> {
    tx.execute(
        sql("DELETE FROM idempotency_keys WHERE workspace_id = $1 AND created_at < $2"),
        &[&workspace, &before],
    )?;
    Ok(())
}

/// The next kept answers in the order of their keys: key, route, answer.
pub fn answers_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: (&str, &str),
    rows: usize,
) -> Result<Vec<(String, String, String)>, DbError> {
    tx.query(
        sql("SELECT key, route, answer
             FROM idempotency_keys
             WHERE workspace_id = $1 AND (key, route) > ($2, $3)
             ORDER BY key, route
             LIMIT $4"),
        &[&workspace, &after.0, &after.1, &(rows as i64)],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}
