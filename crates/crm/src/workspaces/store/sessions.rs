//! Sessions.

use db::{DbError, Tx, sql};
use uuid::Uuid;
use words::{Timestamp, UserId, WorkspaceId};

use super::read_workspace;
use crate::workspaces::model::Closed;
use crate::workspaces::secrets::Digest;
use crate::workspaces::sessions::{OpenSession, SessionLine, SessionRow};

pub(in crate::workspaces) fn insert_session(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    session: &SessionRow,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO sessions (token_digest, id, user_id, workspace_id, created_at, last_seen_at, proved_at, device)
             VALUES ($1, $2, $3, $4, $5, $5, $6, $7)"),
        &[
            &session.digest,
            &session.id,
            &user,
            &workspace,
            &session.now,
            &session.proved_at,
            &session.device,
        ],
    )?;
    Ok(())
}

/// The session of a token whose user may still sign in to its workspace.
pub(in crate::workspaces) fn session(tx: &mut Tx, digest: &Digest) -> Result<Option<OpenSession>, DbError> {
    tx.query_opt(
        sql("SELECT w.id, w.version, w.name, w.language, w.currency, w.country, w.time_zone, w.second_factor_roles,
                    s.id, s.user_id, u.name, u.email, u.language, u.theme, u.density, m.role,
                    s.created_at, s.last_seen_at, s.proved_at,
                    (SELECT COUNT(*) FROM totp_seeds t WHERE t.user_id = s.user_id AND t.confirmed_at IS NOT NULL),
                    (SELECT COUNT(*) FROM members o WHERE o.user_id = s.user_id AND o.disabled_at IS NULL),
                    (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = s.user_id)
             FROM sessions s
             JOIN users u ON u.id = s.user_id
             JOIN members m ON m.workspace_id = s.workspace_id AND m.user_id = s.user_id
             JOIN workspaces w ON w.id = s.workspace_id
             WHERE s.token_digest = $1 AND s.ended_at IS NULL AND m.disabled_at IS NULL"),
        &[digest],
        |row| {
            let workspace = read_workspace(row)?;
            let role = row.get(15)?;
            let has_passkeys = row.get::<i64>(21)? > 0;
            let has_second_factor = has_passkeys || row.get::<i64>(19)? > 0;
            Ok(OpenSession {
                id: row.get(8)?,
                user: row.get(9)?,
                user_name: row.get(10)?,
                user_email: row.get(11)?,
                language: row.get(12)?,
                theme: row.get(13)?,
                density: row.get(14)?,
                role,
                workspace: workspace.id,
                owes_second_factor: !has_second_factor && workspace.second_factor_roles.contains(&role),
                has_second_factor,
                has_passkeys,
                settings: workspace.settings,
                created_at: row.get(16)?,
                last_seen_at: row.get(17)?,
                proved_at: row.get(18)?,
                has_other_shops: row.get::<i64>(20)? > 1,
            })
        },
    )
}

pub(in crate::workspaces) fn see_session(tx: &mut Tx, digest: &Digest, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE sessions SET last_seen_at = $2 WHERE token_digest = $1 AND last_seen_at < $2"),
        &[digest, &now],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn prove_session(
    tx: &mut Tx,
    session: Uuid,
    user: UserId,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(sql("UPDATE sessions SET proved_at = $3 WHERE id = $1 AND user_id = $2"), &[&session, &user, &now])?;
    Ok(())
}

/// Takes a session to another workspace under a new token; its age goes with it.
pub(in crate::workspaces) fn move_session(
    tx: &mut Tx,
    session: Uuid,
    user: UserId,
    workspace: WorkspaceId,
    digest: &Digest,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE sessions SET token_digest = $4, workspace_id = $3 WHERE id = $1 AND user_id = $2"),
        &[&session, &user, &workspace, digest],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn sessions(
    tx: &mut Tx,
    user: UserId,
    begun_after: Timestamp,
    seen_after: Timestamp,
) -> Result<Vec<SessionLine>, DbError> {
    tx.query(
        sql("SELECT id, device, created_at, last_seen_at FROM sessions
             WHERE user_id = $1 AND created_at > $2 AND last_seen_at > $3 AND ended_at IS NULL
             ORDER BY last_seen_at DESC, id
             LIMIT 100"),
        &[&user, &begun_after, &seen_after],
        |row| {
            Ok(SessionLine { id: row.get(0)?, device: row.get(1)?, created_at: row.get(2)?, last_seen_at: row.get(3)? })
        },
    )
}

pub(in crate::workspaces) fn delete_session_of_token(tx: &mut Tx, digest: &Digest) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sessions WHERE token_digest = $1"), &[digest])?;
    Ok(())
}

/// Ends a session of a user. Its row stays until [`delete_sessions_begun_before`]: a second click finds that it is over.
pub(in crate::workspaces) fn end_session(
    tx: &mut Tx,
    user: UserId,
    session: Uuid,
    now: Timestamp,
) -> Result<Closed, DbError> {
    let ended = tx.execute(
        sql("UPDATE sessions SET ended_at = $3 WHERE user_id = $1 AND id = $2 AND ended_at IS NULL"),
        &[&user, &session, &now],
    )?;
    if ended > 0 {
        return Ok(Closed::Now);
    }
    let was_there: Option<i64> = tx.query_opt(
        sql("SELECT created_at FROM sessions WHERE user_id = $1 AND id = $2"),
        &[&user, &session],
        |row| row.get(0),
    )?;
    Ok(Closed::earlier(was_there.is_some()))
}

pub(in crate::workspaces) fn delete_other_sessions(tx: &mut Tx, user: UserId, kept: Uuid) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sessions WHERE user_id = $1 AND id <> $2"), &[&user, &kept])?;
    Ok(())
}

pub(in crate::workspaces) fn delete_sessions_of(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sessions WHERE user_id = $1"), &[&user])?;
    Ok(())
}

pub(in crate::workspaces) fn delete_sessions_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sessions WHERE user_id = $2 AND workspace_id = $1"), &[&workspace, &user])?;
    Ok(())
}

pub(in crate::workspaces) fn delete_sessions_begun_before(
    tx: &mut Tx,
    user: UserId,
    begun: Timestamp,
) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sessions WHERE user_id = $1 AND created_at <= $2"), &[&user, &begun])?;
    Ok(())
}
