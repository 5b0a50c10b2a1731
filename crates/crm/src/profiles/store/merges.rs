//! Merges and conflicts.

use db::{DbError, Row, Tx, sql};
use words::{ConflictId, MergeId, Timestamp, WorkspaceId};

use super::super::model::{Conflict, Identifier, Merge};

fn read_merge(row: &Row<'_>) -> Result<Merge, DbError> {
    Ok(Merge {
        id: row.get(0)?,
        from_number: row.get(1)?,
        into_number: row.get(2)?,
        at: row.get(3)?,
        rule: row.get(4)?,
        event_seq: row.get(5)?,
        actor: row.get(6)?,
        undone_at: row.get(7)?,
    })
}

pub fn insert_merge(tx: &mut Tx<'_>, workspace: WorkspaceId, merge: &Merge) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO merges (workspace_id, id, from_number, into_number, at, rule, event_seq, actor)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        &[
            &workspace,
            &merge.id,
            &merge.from_number,
            &merge.into_number,
            &merge.at,
            &merge.rule,
            &merge.event_seq,
            &merge.actor,
        ],
    )?;
    Ok(())
}

/// The merges in which any of these profiles took part, newest first.
pub fn merges_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<Merge>, DbError> {
    tx.query(
        sql("SELECT id, from_number, into_number, at, rule, event_seq, actor, undone_at
             FROM merges
             WHERE workspace_id = $1 AND (from_number IN LIST($2) OR into_number IN LIST($3))
             ORDER BY at DESC, id DESC"),
        &[&workspace, &numbers, &numbers],
        read_merge,
    )
}

pub fn merge_by_id(tx: &mut Tx<'_>, workspace: WorkspaceId, id: MergeId) -> Result<Option<Merge>, DbError> {
    tx.query_opt(
        sql("SELECT id, from_number, into_number, at, rule, event_seq, actor, undone_at
             FROM merges
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        read_merge,
    )
}

/// Whether a person once undid a merge between these groups of profiles: then no rule joins them again.
pub fn was_parted(tx: &mut Tx<'_>, workspace: WorkspaceId, some: &[i64], others: &[i64]) -> Result<bool, DbError> {
    let parted: i64 = tx.query_one(
        sql("SELECT COUNT(*)
             FROM merges
             WHERE workspace_id = $1 AND undone_at IS NOT NULL
               AND ((from_number IN LIST($2) AND into_number IN LIST($3))
                 OR (from_number IN LIST($4) AND into_number IN LIST($5)))"),
        &[&workspace, &some, &others, &others, &some],
        |row| row.get(0),
    )?;
    Ok(parted > 0)
}

pub fn mark_undone(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: MergeId,
    actor: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE merges SET undone_at = $3, undone_by = $4 WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id, &now, &actor],
    )?;
    Ok(())
}

pub fn note_conflict(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    conflict: &Conflict,
    event_seq: i64,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO identity_conflicts
               (workspace_id, id, at, kind, value, number_a, number_b, reason, event_seq, times)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)
             ON CONFLICT (workspace_id, kind, value, number_a, number_b)
             DO UPDATE SET times = identity_conflicts.times + 1"),
        &[
            &workspace,
            &conflict.id,
            &conflict.at,
            &conflict.identifier.kind,
            &conflict.identifier.value,
            &conflict.number_a,
            &conflict.number_b,
            &conflict.reason,
            &event_seq,
        ],
    )?;
    Ok(())
}

/// On how many different pairs of people this value was claimed.
pub fn conflicts_on(tx: &mut Tx<'_>, workspace: WorkspaceId, identifier: &Identifier) -> Result<i64, DbError> {
    tx.query_one(
        sql("SELECT COUNT(*) FROM identity_conflicts WHERE workspace_id = $1 AND kind = $2 AND value = $3"),
        &[&workspace, &identifier.kind, &identifier.value],
        |row| row.get(0),
    )
}

pub fn open_conflicts(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<Conflict>, DbError> {
    tx.query(
        sql("SELECT id, at, kind, value, number_a, number_b, reason, times
             FROM identity_conflicts
             WHERE workspace_id = $1 AND decided_at IS NULL
             ORDER BY at DESC, id DESC
             LIMIT $2"),
        &[&workspace, &(rows as i64)],
        read_conflict,
    )
}

fn read_conflict(row: &Row<'_>) -> Result<Conflict, DbError> {
    Ok(Conflict {
        id: row.get(0)?,
        at: row.get(1)?,
        identifier: Identifier { kind: row.get(2)?, value: row.get(3)? },
        number_a: row.get(4)?,
        number_b: row.get(5)?,
        reason: row.get(6)?,
        times: row.get(7)?,
    })
}

/// A conflict that nobody has decided yet.
pub fn open_conflict(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ConflictId) -> Result<Option<Conflict>, DbError> {
    tx.query_opt(
        sql("SELECT id, at, kind, value, number_a, number_b, reason, times
             FROM identity_conflicts
             WHERE workspace_id = $1 AND id = $2 AND decided_at IS NULL"),
        &[&workspace, &id],
        read_conflict,
    )
}

/// Whether there is, or was, a conflict of this id.
pub fn is_conflict(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ConflictId) -> Result<bool, DbError> {
    let at: Option<Timestamp> = tx.query_opt(
        sql("SELECT at FROM identity_conflicts WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        |row| row.get(0),
    )?;
    Ok(at.is_some())
}

pub fn decide_conflict(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: ConflictId,
    decision: &str,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE identity_conflicts SET decided_at = $3, decision = $4
             WHERE workspace_id = $1 AND id = $2 AND decided_at IS NULL"),
        &[&workspace, &id, &now, &decision],
    )?;
    Ok(changed == 1)
}
