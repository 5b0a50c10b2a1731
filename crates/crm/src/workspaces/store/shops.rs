//! Workspaces, each with its settings.

use db::{DbError, FromValue, Row, Tx, ValueRef, sql};
use jiff::tz::TimeZone;
use words::{Timestamp, WorkspaceId};

use crate::kernel::Role;
use crate::workspaces::model::{ShopSettings, Workspace};

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

pub(super) fn read_workspace(row: &Row<'_>) -> Result<Workspace, DbError> {
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
