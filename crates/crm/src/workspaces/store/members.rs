//! Users, and the workspaces they are members of.

use db::{DbError, Row, Tx, sql};
use words::{EmailAddress, Timestamp, UserId, WorkspaceId};

use crate::kernel::{Language, Role};
use crate::workspaces::model::Member;
use crate::workspaces::preferences::Preferences;

/// A user to insert.
#[derive(Clone)]
pub(in crate::workspaces) struct NewUser {
    pub id: UserId,
    pub email: EmailAddress,
    pub name: String,
    pub password_hash: Option<String>,
    pub language: Language,
}

/// Who may sign in with an address.
#[derive(Clone, Debug)]
pub(in crate::workspaces) struct Account {
    pub user: UserId,
    pub password_hash: Option<String>,
}

/// Inserts the user, or gives somebody known by this address the new password; answers who he is.
pub(in crate::workspaces) fn put_user(tx: &mut Tx, user: &NewUser, now: Timestamp) -> Result<UserId, DbError> {
    tx.execute(
        sql("INSERT INTO users (id, email, name, password_hash, language, theme, density, created_at)
             VALUES ($1, $2, $3, $4, $5, 'auto', 'comfortable', $6)
             ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash"),
        &[&user.id, &user.email, &user.name, &user.password_hash, &user.language, &now],
    )?;
    tx.query_one(sql("SELECT id FROM users WHERE email = $1"), &[&user.email], |row| row.get(0))
}

pub(in crate::workspaces) fn account(tx: &mut Tx, email: &EmailAddress) -> Result<Option<Account>, DbError> {
    tx.query_opt(sql("SELECT id, password_hash FROM users WHERE email = $1"), &[email], |row| {
        Ok(Account { user: row.get(0)?, password_hash: row.get(1)? })
    })
}

pub(in crate::workspaces) fn address_of(tx: &mut Tx, user: UserId) -> Result<Option<EmailAddress>, DbError> {
    tx.query_opt(sql("SELECT email FROM users WHERE id = $1"), &[&user], |row| row.get(0))
}

/// Whom a letter is for.
#[derive(Clone, Debug)]
pub(in crate::workspaces) struct Reader {
    pub user: UserId,
    pub email: EmailAddress,
    pub name: String,
    pub language: Language,
}

pub(in crate::workspaces) fn reader(tx: &mut Tx, user: UserId) -> Result<Option<Reader>, DbError> {
    tx.query_opt(sql("SELECT id, email, name, language FROM users WHERE id = $1"), &[&user], |row| {
        Ok(Reader { user: row.get(0)?, email: row.get(1)?, name: row.get(2)?, language: row.get(3)? })
    })
}

/// Since when this user is known.
pub(in crate::workspaces) fn made_at(tx: &mut Tx, user: UserId) -> Result<Option<Timestamp>, DbError> {
    tx.query_opt(sql("SELECT created_at FROM users WHERE id = $1"), &[&user], |row| row.get(0))
}

pub(in crate::workspaces) fn set_password_hash(tx: &mut Tx, user: UserId, hash: &str) -> Result<(), DbError> {
    tx.execute(sql("UPDATE users SET password_hash = $2 WHERE id = $1"), &[&user, &hash])?;
    Ok(())
}

pub(in crate::workspaces) fn set_user_name(tx: &mut Tx, user: UserId, name: &str) -> Result<(), DbError> {
    tx.execute(sql("UPDATE users SET name = $2 WHERE id = $1"), &[&user, &name])?;
    Ok(())
}

pub(in crate::workspaces) fn set_preferences(
    tx: &mut Tx,
    user: UserId,
    preferences: Preferences,
) -> Result<(), DbError> {
    let theme = preferences.theme.map(|theme| theme.code());
    let density = preferences.density.map(|density| density.code());
    tx.execute(
        sql("UPDATE users
             SET language = COALESCE(CAST($2 AS TEXT), language),
                 theme = COALESCE(CAST($3 AS TEXT), theme),
                 density = COALESCE(CAST($4 AS TEXT), density)
             WHERE id = $1"),
        &[&user, &preferences.language, &theme, &density],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn has_owner(tx: &mut Tx) -> Result<bool, DbError> {
    let found = tx.query(sql("SELECT 1 FROM members WHERE role = 'owner' LIMIT 1"), &[], |row| row.get::<i64>(0))?;
    Ok(!found.is_empty())
}

/// Whether an owner other than this user may sign in.
pub(in crate::workspaces) fn has_other_owner(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<bool, DbError> {
    let found = tx.query(
        sql("SELECT 1 FROM members
             WHERE workspace_id = $1 AND role = 'owner' AND user_id <> $2 AND disabled_at IS NULL
             LIMIT 1"),
        &[&workspace, &user],
        |row| row.get::<i64>(0),
    )?;
    Ok(!found.is_empty())
}

/// Makes the user a member with this role, or gives the member this role and lets him in again.
pub(in crate::workspaces) fn put_member(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO members (workspace_id, user_id, role, created_at, disabled_at)
             VALUES ($1, $2, $3, $4, NULL)
             ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role, disabled_at = NULL"),
        &[&workspace, &user, &role, &now],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn members(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Member>, DbError> {
    tx.query(
        sql("SELECT m.user_id, u.name, u.email, m.role, m.created_at, m.disabled_at,
                    (SELECT MAX(s.last_seen_at) FROM sessions s
                     WHERE s.workspace_id = m.workspace_id AND s.user_id = m.user_id),
                    COALESCE(t.confirmed_at, (SELECT MIN(p.created_at) FROM passkeys p WHERE p.user_id = m.user_id))
             FROM members m
             LEFT JOIN totp_seeds t ON t.user_id = m.user_id
             JOIN users u ON u.id = m.user_id
             WHERE m.workspace_id = $1
             ORDER BY u.name, m.user_id"),
        &[&workspace],
        read_member,
    )
}

pub(in crate::workspaces) fn member(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Member>, DbError> {
    tx.query_opt(
        sql("SELECT m.user_id, u.name, u.email, m.role, m.created_at, m.disabled_at, CAST(NULL AS BIGINT),
                    COALESCE(t.confirmed_at, (SELECT MIN(p.created_at) FROM passkeys p WHERE p.user_id = m.user_id))
             FROM members m
             LEFT JOIN totp_seeds t ON t.user_id = m.user_id
             JOIN users u ON u.id = m.user_id
             WHERE m.workspace_id = $1 AND m.user_id = $2"),
        &[&workspace, &user],
        read_member,
    )
}

/// The oldest workspace to which this user may sign in, and his role there.
pub(in crate::workspaces) fn first_membership(
    tx: &mut Tx,
    user: UserId,
) -> Result<Option<(WorkspaceId, Role)>, DbError> {
    tx.query_opt(
        sql("SELECT workspace_id, role FROM members
             WHERE user_id = $1 AND disabled_at IS NULL
             ORDER BY created_at, workspace_id
             LIMIT 1"),
        &[&user],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The workspaces to which this user may sign in, by name.
pub(in crate::workspaces) fn shops_of(tx: &mut Tx, user: UserId) -> Result<Vec<(WorkspaceId, String, Role)>, DbError> {
    tx.query(
        sql("SELECT w.id, w.name, m.role FROM members m
             JOIN workspaces w ON w.id = m.workspace_id
             WHERE m.user_id = $1 AND m.disabled_at IS NULL
             ORDER BY w.name, w.id
             LIMIT 200"),
        &[&user],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

/// The role of a user who may sign in to this workspace.
pub(in crate::workspaces) fn open_role(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Role>, DbError> {
    tx.query_opt(
        sql("SELECT role FROM members WHERE workspace_id = $1 AND user_id = $2 AND disabled_at IS NULL"),
        &[&workspace, &user],
        |row| row.get(0),
    )
}

pub(in crate::workspaces) fn is_member_address(
    tx: &mut Tx,
    workspace: WorkspaceId,
    email: &EmailAddress,
) -> Result<bool, DbError> {
    let found = tx.query_opt(
        sql("SELECT 1 FROM members m
             JOIN users u ON u.id = m.user_id
             WHERE m.workspace_id = $1 AND u.email = $2"),
        &[&workspace, email],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}

pub(in crate::workspaces) fn is_member_elsewhere(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<bool, DbError> {
    let found = tx.query(
        sql("SELECT 1 FROM members WHERE user_id = $2 AND workspace_id <> $1 LIMIT 1"),
        &[&workspace, &user],
        |row| row.get::<i64>(0),
    )?;
    Ok(!found.is_empty())
}

pub(in crate::workspaces) fn set_role(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE members SET role = $3 WHERE workspace_id = $1 AND user_id = $2"),
        &[&workspace, &user, &role],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn set_disabled(
    tx: &mut Tx,
    workspace: WorkspaceId,
    user: UserId,
    since: Option<Timestamp>,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE members SET disabled_at = $3 WHERE workspace_id = $1 AND user_id = $2"),
        &[&workspace, &user, &since],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn delete_member(tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2"), &[&workspace, &user])?;
    Ok(())
}

fn read_member(row: &Row<'_>) -> Result<Member, DbError> {
    Ok(Member {
        user: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        role: row.get(3)?,
        joined_at: row.get(4)?,
        disabled_at: row.get(5)?,
        last_seen_at: row.get(6)?,
        second_factor_since: row.get(7)?,
    })
}
