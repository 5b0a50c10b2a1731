//! API keys.

use db::{DbError, FromValue, Row, Tx, ValueRef, sql};
use words::{ApiKeyId, Timestamp, WorkspaceId};

use crate::kernel::Scope;
use crate::workspaces::api_keys::{ApiKey, FoundKey};
use crate::workspaces::secrets::Digest;

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
