//! All SQL of workspaces, users, members, sessions, one-time links, the brake and API keys; in rooms of their own that of
//! the audit trail, of second factors and of passkeys.

pub(in crate::workspaces) mod passkeys;
pub(in crate::workspaces) mod second_factor;
pub(in crate::workspaces) mod single_sign_on;
pub(in crate::workspaces) mod trail;

use db::{DbError, FromValue, Row, ToValue, Tx, ValueRef, sql};
use jiff::tz::TimeZone;
use uuid::Uuid;
use words::{ApiKeyId, EmailAddress, Timestamp, UserId, WorkspaceId};

use crate::kernel::{Language, Role, Scope};
use crate::workspaces::api_keys::{ApiKey, FoundKey};
use crate::workspaces::brake::Tries;
use crate::workspaces::model::{Closed, Member, ShopSettings, Workspace};
use crate::workspaces::one_time_links::{Concerns, OneTimeLink, Purpose};
use crate::workspaces::passkeys::Ceremony;
use crate::workspaces::preferences::Preferences;
use crate::workspaces::secrets::Digest;
use crate::workspaces::sessions::{OpenSession, SessionLine, SessionRow};

// Workspaces.

pub(in crate::workspaces) fn workspace(tx: &mut Tx, workspace: WorkspaceId) -> Result<Option<Workspace>, DbError> {
    tx.query_opt(
        sql("SELECT id, version, name, language, currency, country, time_zone, second_factor_roles
             FROM workspaces
             WHERE id = $1"),
        &[&workspace],
        read_workspace,
    )
}

pub(in crate::workspaces) fn workspaces(tx: &mut Tx) -> Result<Vec<WorkspaceId>, DbError> {
    tx.query(sql("SELECT id FROM workspaces ORDER BY created_at, id"), &[], |row| row.get(0))
}

pub(in crate::workspaces) fn first_workspace(tx: &mut Tx) -> Result<Option<Workspace>, DbError> {
    tx.query_opt(
        sql("SELECT id, version, name, language, currency, country, time_zone, second_factor_roles
             FROM workspaces
             ORDER BY created_at, id
             LIMIT 1"),
        &[],
        read_workspace,
    )
}

/// Describes the first workspace, making it when there is none, and answers which one it is.
pub(in crate::workspaces) fn put_first_workspace(
    tx: &mut Tx,
    new_id: WorkspaceId,
    settings: &ShopSettings,
    now: Timestamp,
) -> Result<WorkspaceId, DbError> {
    if let Some(first) = first_workspace(tx)? {
        update_workspace(tx, first.id, first.version, settings)?;
        return Ok(first.id);
    }
    insert_workspace(tx, new_id, settings, now)?;
    Ok(new_id)
}

pub(in crate::workspaces) fn insert_workspace(
    tx: &mut Tx,
    workspace: WorkspaceId,
    settings: &ShopSettings,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql(
            "INSERT INTO workspaces (id, name, language, currency, country, time_zone, second_factor_roles, created_at,
                                     version)
             VALUES ($1, $2, $3, $4, $5, $6, '', $7, 1)",
        ),
        &[
            &workspace,
            &settings.name,
            &settings.language,
            &settings.currency,
            &settings.country,
            &settings.time_zone_name(),
            &now,
        ],
    )?;
    Ok(())
}

/// Whether the workspace still had this version, and so was changed.
pub(in crate::workspaces) fn update_workspace(
    tx: &mut Tx,
    workspace: WorkspaceId,
    version: i64,
    settings: &ShopSettings,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE workspaces
             SET name = $3, language = $4, currency = $5, country = $6, time_zone = $7, version = version + 1
             WHERE id = $1 AND version = $2"),
        &[
            &workspace,
            &version,
            &settings.name,
            &settings.language,
            &settings.currency,
            &settings.country,
            &settings.time_zone_name(),
        ],
    )?;
    Ok(changed == 1)
}

pub(in crate::workspaces) fn set_second_factor_roles(
    tx: &mut Tx,
    workspace: WorkspaceId,
    roles: &[Role],
) -> Result<(), DbError> {
    tx.execute(sql("UPDATE workspaces SET second_factor_roles = $2 WHERE id = $1"), &[&workspace, &role_codes(roles)])?;
    Ok(())
}

/// Makes others who change members of this workspace wait until the transaction ends.
pub(in crate::workspaces) fn lock_workspace(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), DbError> {
    tx.query(sql("SELECT version FROM workspaces WHERE id = $1 FOR UPDATE"), &[&workspace], |row| row.get::<i64>(0))?;
    Ok(())
}

// Users and members.

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

// Sessions.

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

// One-time links.

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

// The brake.

pub(in crate::workspaces) fn tries(tx: &mut Tx, bucket: &str, now: Timestamp) -> Result<Option<Tries>, DbError> {
    tx.query_opt(
        sql("SELECT tries, last_at FROM sign_in_attempts WHERE bucket = $1 AND expires_at > $2"),
        &[&bucket, &now],
        |row| Ok(Tries { count: row.get(0)?, last_at: row.get(1)? }),
    )
}

pub(in crate::workspaces) fn put_tries(
    tx: &mut Tx,
    bucket: &str,
    tries: Tries,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO sign_in_attempts (bucket, tries, last_at, expires_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (bucket) DO UPDATE
             SET tries = excluded.tries, last_at = excluded.last_at, expires_at = excluded.expires_at"),
        &[&bucket, &tries.count, &tries.last_at, &expires_at],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn forget_tries(tx: &mut Tx, bucket: &str) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE bucket = $1"), &[&bucket])?;
    Ok(())
}

pub(in crate::workspaces) fn forget_old_tries(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE expires_at <= $1"), &[&now])?;
    Ok(())
}

// API keys.

pub(in crate::workspaces) fn insert_api_key(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: &ApiKey,
    secret_digest: &Digest,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO api_keys (workspace_id, id, name, prefix, secret_digest, scopes, created_at, expires_at,
                                   last_used_at, revoked_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL)"),
        &[
            &workspace,
            &key.id,
            &key.name,
            &key.prefix,
            secret_digest,
            &scope_codes(&key.scopes),
            &key.created_at,
            &key.expires_at,
        ],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn api_keys(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<ApiKey>, DbError> {
    tx.query(
        sql("SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at
             FROM api_keys
             WHERE workspace_id = $1
             ORDER BY created_at DESC, id
             LIMIT 500"),
        &[&workspace],
        read_api_key,
    )
}

pub(in crate::workspaces) fn api_key_of(tx: &mut Tx, secret_digest: &Digest) -> Result<Option<FoundKey>, DbError> {
    tx.query_opt(
        sql("SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at,
                    workspace_id, secret_digest
             FROM api_keys
             WHERE secret_digest = $1"),
        &[secret_digest],
        |row| Ok(FoundKey { key: read_api_key(row)?, workspace: row.get(8)?, secret_digest: row.get(9)? }),
    )
}

/// Whether there was such a key that worked.
pub(in crate::workspaces) fn revoke_api_key(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: ApiKeyId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL"),
        &[&workspace, &key, &now],
    )?;
    Ok(changed == 1)
}

pub(in crate::workspaces) fn use_api_key(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: ApiKeyId,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE api_keys SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &key, &now],
    )?;
    Ok(())
}

// Rows and values.

fn read_workspace(row: &Row<'_>) -> Result<Workspace, DbError> {
    let StoredZone(time_zone) = row.get(6)?;
    Ok(Workspace {
        id: row.get(0)?,
        version: row.get(1)?,
        settings: ShopSettings {
            name: row.get(2)?,
            language: row.get(3)?,
            currency: row.get(4)?,
            country: row.get(5)?,
            time_zone,
        },
        second_factor_roles: row.get::<StoredRoles>(7)?.0,
    })
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

fn read_link(row: &Row<'_>) -> Result<OneTimeLink, DbError> {
    Ok(OneTimeLink {
        id: row.get(0)?,
        purpose: row.get(1)?,
        concerns: Concerns { workspace: row.get(2)?, user: row.get(3)?, role: row.get(4)?, email: row.get(5)? },
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
    })
}

fn read_api_key(row: &Row<'_>) -> Result<ApiKey, DbError> {
    let StoredScopes(scopes) = row.get(3)?;
    Ok(ApiKey {
        id: row.get(0)?,
        name: row.get(1)?,
        prefix: row.get(2)?,
        scopes,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

/// `events:write profiles:read`
pub(in crate::workspaces) fn scope_codes(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" ")
}

struct StoredScopes(Vec<Scope>);

impl FromValue for StoredScopes {
    const WANTED: &'static str = "scopes";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(text) = value else { return None };
        text.split(' ').map(|code| code.parse().ok()).collect::<Option<Vec<Scope>>>().map(Self)
    }
}

/// `admin owner`
fn role_codes(roles: &[Role]) -> String {
    roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(" ")
}

struct StoredRoles(Vec<Role>);

impl FromValue for StoredRoles {
    const WANTED: &'static str = "roles";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(text) = value else { return None };
        text.split_whitespace().map(|code| code.parse().ok()).collect::<Option<Vec<Role>>>().map(Self)
    }
}

struct StoredZone(TimeZone);

impl FromValue for StoredZone {
    const WANTED: &'static str = "a time zone";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(name) = value else { return None };
        TimeZone::get(name).ok().map(Self)
    }
}

/// Stores an enum under its code.
macro_rules! stored_by_code {
    ($type:ty, $wanted:literal, $code:ident => $parse:expr) => {
        impl ToValue for $type {
            fn to_value(&self) -> ValueRef<'_> {
                ValueRef::Text(self.code())
            }
        }

        impl FromValue for $type {
            const WANTED: &'static str = $wanted;

            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                let ValueRef::Text($code) = value else { return None };
                $parse
            }
        }
    };
}

stored_by_code!(Role, "a role", code => code.parse().ok());
stored_by_code!(Language, "a language", code => Self::from_code(code));
stored_by_code!(Purpose, "the purpose of a link", code => Self::ALL.into_iter().find(|purpose| purpose.code() == code));
stored_by_code!(Ceremony, "what a challenge is for", code => Self::ALL.into_iter().find(|ceremony| ceremony.code() == code));
