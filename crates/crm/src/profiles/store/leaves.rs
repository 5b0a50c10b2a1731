//! Profiles: the leaves of identity.

use db::{DbError, Row, Tx, Value, sql};
use words::{ProfileId, Timestamp, WorkspaceId};

use super::super::model::Profile;

fn read_profile(row: &Row<'_>) -> Result<Profile, DbError> {
    Ok(Profile { number: row.get(0)?, id: row.get(1)?, created_at: row.get(2)?, merged_into: row.get(3)? })
}

pub fn profiles_by_number(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<Profile>, DbError> {
    tx.query_each_of(
        sql("SELECT number, id, created_at, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &numbers],
        read_profile,
    )
}

pub fn profile_by_id(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ProfileId) -> Result<Option<Profile>, DbError> {
    tx.query_opt(
        sql("SELECT number, id, created_at, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        read_profile,
    )
}

/// The numbers of these profiles, in order.
pub fn numbers_of(tx: &mut Tx<'_>, workspace: WorkspaceId, ids: &[ProfileId]) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT number FROM profiles WHERE workspace_id = $1 AND id IN LIST($2) ORDER BY number"),
        &[&workspace, &ids],
        |row| row.get(0),
    )
}

/// The person a profile belongs to: follows the merges up to the root.
pub fn root_of(tx: &mut Tx<'_>, workspace: WorkspaceId, profile: Profile) -> Result<Profile, DbError> {
    let mut current = profile;
    while let Some(into) = current.merged_into {
        current = profiles_by_number(tx, workspace, &[into])?
            .pop()
            .ok_or_else(|| crate::kernel::corrupt(format!("profile {into} is missing")))?;
    }
    Ok(current)
}

/// The profiles merged directly into this one.
pub fn merged_into(tx: &mut Tx<'_>, workspace: WorkspaceId, number: i64) -> Result<Vec<Profile>, DbError> {
    tx.query(
        sql("SELECT number, id, created_at, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND merged_into = $2
             ORDER BY number"),
        &[&workspace, &number],
        read_profile,
    )
}

/// The numbers of the next profiles that had been made by `at`, in order.
pub fn numbers_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    at: Timestamp,
    after: i64,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT number
             FROM profiles
             WHERE workspace_id = $1 AND number > $2 AND created_at <= $3
             ORDER BY number
             LIMIT $4"),
        &[&workspace, &after, &at, &(rows as i64)],
        |row| row.get(0),
    )
}

/// Every profile that was merged into another, with the one it was merged into.
pub fn merged_profiles(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<(i64, i64)>, DbError> {
    tx.query(
        sql("SELECT number, merged_into
             FROM profiles
             WHERE workspace_id = $1 AND merged_into IS NOT NULL"),
        &[&workspace],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// The greatest number of a profile; 0 when there is none.
pub fn highest_number(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    let highest = tx.query_opt(
        sql("SELECT number FROM profiles WHERE workspace_id = $1 ORDER BY number DESC LIMIT 1"),
        &[&workspace],
        |row| row.get(0),
    )?;
    Ok(highest.unwrap_or(0))
}

pub fn insert_profiles(tx: &mut Tx<'_>, workspace: WorkspaceId, profiles: &[Profile]) -> Result<(), DbError> {
    let rows = profiles.iter().map(|profile| {
        vec![
            Value::from(workspace),
            Value::from(profile.number),
            Value::from(profile.id),
            Value::from(profile.created_at),
            Value::from(profile.merged_into),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO profiles (workspace_id, number, id, created_at, merged_into)
             VALUES ($1, $2, $3, $4, $5)"),
        rows,
    )?;
    Ok(())
}

pub fn set_merged_into(tx: &mut Tx<'_>, workspace: WorkspaceId, number: i64, into: Option<i64>) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE profiles SET merged_into = $3 WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &number, &into],
    )?;
    Ok(())
}
