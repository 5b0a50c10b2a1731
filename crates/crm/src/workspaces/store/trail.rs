//! The audit trail: entries, heads, and the sealed keys of the chains.

use db::{DbError, Row, Tx, sql};
use words::{Timestamp, WorkspaceId};

use crate::workspaces::audit::{AuditFilter, AuditLine, Mac};

/// The newest entry's place in the chain, and the sealed key of the chain.
pub(in crate::workspaces) struct AuditHead {
    pub seq: i64,
    pub mac: Mac,
    pub key: Vec<u8>,
}

/// Begins the chain of a workspace, unless somebody else just did.
pub(in crate::workspaces) fn insert_audit_head(
    tx: &mut Tx,
    workspace: WorkspaceId,
    head: &AuditHead,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO audit_heads (workspace_id, seq, mac, chain_key)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace_id) DO NOTHING"),
        &[&workspace, &head.seq, &head.mac, &head.key],
    )?;
    Ok(())
}

/// The head of the chain; until the transaction ends, nobody else adds to it.
pub(in crate::workspaces) fn lock_audit_head(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<Option<AuditHead>, DbError> {
    tx.query_opt(
        sql("SELECT seq, mac, chain_key FROM audit_heads WHERE workspace_id = $1 FOR UPDATE"),
        &[&workspace],
        read_audit_head,
    )
}

pub(in crate::workspaces) fn audit_head(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<AuditHead>, DbError> {
    tx.query_opt(
        sql("SELECT seq, mac, chain_key FROM audit_heads WHERE workspace_id = $1"),
        &[&workspace],
        read_audit_head,
    )
}

pub(in crate::workspaces) fn move_audit_head(
    tx: &mut Tx,
    workspace: WorkspaceId,
    seq: i64,
    mac: &Mac,
) -> Result<(), DbError> {
    tx.execute(sql("UPDATE audit_heads SET seq = $2, mac = $3 WHERE workspace_id = $1"), &[&workspace, &seq, mac])?;
    Ok(())
}

pub(in crate::workspaces) fn insert_audit_line(
    tx: &mut Tx,
    workspace: WorkspaceId,
    line: &AuditLine,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO audit_entries (workspace_id, seq, at, actor, action, subject, detail, mac)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"),
        &[&workspace, &line.seq, &line.at, &line.actor, &line.action, &line.subject, &line.detail, &line.mac],
    )?;
    Ok(())
}

/// Entries after this one and since this instant, the oldest first.
pub(in crate::workspaces) fn audit_lines_after(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: i64,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<AuditLine>, DbError> {
    tx.query(
        sql("SELECT seq, at, actor, action, subject, detail, mac FROM audit_entries
             WHERE workspace_id = $1 AND seq > $2 AND at >= $3
             ORDER BY seq
             LIMIT $4"),
        &[&workspace, &after, &since, &limit],
        read_audit_line,
    )
}

/// Entries before this one, the newest first; an empty actor or action stands for all.
pub(in crate::workspaces) fn audit_lines_before(
    tx: &mut Tx,
    workspace: WorkspaceId,
    filter: &AuditFilter,
    before: i64,
    limit: i64,
) -> Result<Vec<AuditLine>, DbError> {
    tx.query(
        sql("SELECT seq, at, actor, action, subject, detail, mac FROM audit_entries
             WHERE workspace_id = $1 AND seq < $2 AND ($3 = '' OR actor = $3) AND ($4 = '' OR action = $4)
             ORDER BY seq DESC
             LIMIT $5"),
        &[&workspace, &before, &filter.actor, &filter.action, &limit],
        read_audit_line,
    )
}

/// Every workspace that has a trail, with the place of its newest entry.
pub(in crate::workspaces) fn audit_ends(tx: &mut Tx) -> Result<Vec<(WorkspaceId, i64)>, DbError> {
    tx.query(sql("SELECT workspace_id, seq FROM audit_heads ORDER BY workspace_id"), &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The actors and the actions that the trail names.
pub(in crate::workspaces) fn audit_words(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<(Vec<String>, Vec<String>), DbError> {
    let actors = tx.query(
        sql("SELECT DISTINCT actor FROM audit_entries WHERE workspace_id = $1 ORDER BY actor LIMIT 500"),
        &[&workspace],
        |row| row.get(0),
    )?;
    let actions = tx.query(
        sql("SELECT DISTINCT action FROM audit_entries WHERE workspace_id = $1 ORDER BY action LIMIT 500"),
        &[&workspace],
        |row| row.get(0),
    )?;
    Ok((actors, actions))
}

pub(in crate::workspaces) fn sealed_audit_keys(tx: &mut Tx) -> Result<Vec<(WorkspaceId, Vec<u8>)>, DbError> {
    tx.query(sql("SELECT workspace_id, chain_key FROM audit_heads ORDER BY workspace_id"), &[], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

pub(in crate::workspaces) fn put_sealed_audit_key(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: &[u8],
) -> Result<(), DbError> {
    tx.execute(sql("UPDATE audit_heads SET chain_key = $2 WHERE workspace_id = $1"), &[&workspace, &key])?;
    Ok(())
}

fn read_audit_head(row: &Row<'_>) -> Result<AuditHead, DbError> {
    Ok(AuditHead { seq: row.get(0)?, mac: row.get(1)?, key: row.get(2)? })
}

fn read_audit_line(row: &Row<'_>) -> Result<AuditLine, DbError> {
    Ok(AuditLine {
        seq: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
        mac: row.get(6)?,
    })
}
