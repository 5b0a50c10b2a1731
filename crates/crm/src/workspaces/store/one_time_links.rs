//! Links that count once.

use db::{DbError, Row, Tx, sql};
use uuid::Uuid;
use words::{EmailAddress, Timestamp, UserId, WorkspaceId};

use crate::workspaces::model::Closed;
use crate::workspaces::one_time_links::{Concerns, OneTimeLink, Purpose};
use crate::workspaces::secrets::Digest;

pub(in crate::workspaces) fn insert_link(
    tx: &mut Tx,
    link: &OneTimeLink,
    digest: &Digest,
    made_by: &str,
) -> Result<(), DbError> {
    let concerns = &link.concerns;
    tx.execute(
        sql("INSERT INTO one_time_tokens (token_digest, id, purpose, user_id, workspace_id, role, email, made_by,
                                          created_at, expires_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL)"),
        &[
            digest,
            &link.id,
            &link.purpose,
            &concerns.user,
            &concerns.workspace,
            &concerns.role,
            &concerns.email,
            &made_by,
            &link.created_at,
            &link.expires_at,
        ],
    )?;
    Ok(())
}

/// The link of a digest that was not used and has not expired.
pub(in crate::workspaces) fn one_time_link(
    tx: &mut Tx,
    purpose: Purpose,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<OneTimeLink>, DbError> {
    tx.query_opt(
        sql("SELECT id, purpose, workspace_id, user_id, role, email, created_at, expires_at
             FROM one_time_tokens
             WHERE token_digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"),
        &[digest, &purpose, &now],
        read_link,
    )
}

/// Whether the link could be used and now is.
pub(in crate::workspaces) fn mark_link_used(
    tx: &mut Tx,
    purpose: Purpose,
    digest: &Digest,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE one_time_tokens SET used_at = $3
             WHERE token_digest = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3"),
        &[digest, &purpose, &now],
    )?;
    Ok(changed == 1)
}

pub(in crate::workspaces) fn used_link(tx: &mut Tx, digest: &Digest) -> Result<Option<OneTimeLink>, DbError> {
    tx.query_opt(
        sql("SELECT id, purpose, workspace_id, user_id, role, email, created_at, expires_at
             FROM one_time_tokens
             WHERE token_digest = $1"),
        &[digest],
        read_link,
    )
}

pub(in crate::workspaces) fn invitations(
    tx: &mut Tx,
    workspace: WorkspaceId,
    now: Timestamp,
) -> Result<Vec<OneTimeLink>, DbError> {
    tx.query(
        sql("SELECT id, purpose, workspace_id, user_id, role, email, created_at, expires_at
             FROM one_time_tokens
             WHERE workspace_id = $1 AND purpose = 'join' AND used_at IS NULL AND expires_at > $2
             ORDER BY created_at DESC, id
             LIMIT 200"),
        &[&workspace, &now],
        read_link,
    )
}

pub(in crate::workspaces) fn delete_links_of(tx: &mut Tx, purpose: Purpose) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM one_time_tokens WHERE purpose = $1"), &[&purpose])?;
    Ok(())
}

/// Answers which they were.
pub(in crate::workspaces) fn delete_invitations_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
) -> Result<Vec<Uuid>, DbError> {
    tx.query(
        sql("DELETE FROM one_time_tokens
             WHERE workspace_id = $1 AND purpose = 'join' AND email = $2
             RETURNING id"),
        &[&workspace, email],
        |row| row.get(0),
    )
}

/// Lets an invitation expire. Its row stays until [`delete_old_links`]: a second click finds that it is over.
pub(in crate::workspaces) fn end_invitation(
    tx: &mut Tx,
    workspace: WorkspaceId,
    invitation: Uuid,
    now: Timestamp,
) -> Result<Closed, DbError> {
    let ended = tx.execute(
        sql("UPDATE one_time_tokens SET expires_at = $3
             WHERE workspace_id = $1 AND purpose = 'join' AND id = $2 AND used_at IS NULL AND expires_at > $3"),
        &[&workspace, &invitation, &now],
    )?;
    if ended > 0 {
        return Ok(Closed::Now);
    }
    let was_there: Option<i64> = tx.query_opt(
        sql("SELECT created_at FROM one_time_tokens WHERE workspace_id = $1 AND purpose = 'join' AND id = $2"),
        &[&workspace, &invitation],
        |row| row.get(0),
    )?;
    Ok(Closed::earlier(was_there.is_some()))
}

pub(in crate::workspaces) fn delete_reset_links_of(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM one_time_tokens WHERE purpose = 'reset' AND user_id = $1"), &[&user])?;
    Ok(())
}

/// Links that can never be used again.
pub(in crate::workspaces) fn delete_old_links(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM one_time_tokens WHERE expires_at <= $1 OR used_at IS NOT NULL"), &[&now])?;
    Ok(())
}

fn read_link(row: &Row<'_>) -> Result<OneTimeLink, DbError> {
    Ok(OneTimeLink {
        id: row.get(0)?,
        purpose: row.get(1)?,
        concerns: Concerns { workspace: row.get(2)?, user: row.get(3)?, role: row.get(4)?, email: row.get(5)? },
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
    })
}
