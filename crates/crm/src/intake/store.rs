//! All SQL of sources: definitions, daily health, last rejects.

use db::{DbError, Row, Tx, Value, sql};
use words::{SourceId, Timestamp, WorkspaceId};

use super::model::{Reject, Source, SourceDay, SourceKind};
use crate::kernel::corrupt;

fn read_source(row: &Row<'_>) -> Result<Source, DbError> {
    let (kind, origins): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(Source {
        no: row.get(0)?,
        id: row.get(1)?,
        name: row.get(2)?,
        kind: SourceKind::from_code(&kind).ok_or_else(|| corrupt(format!("source kind {kind}")))?,
        origins: serde_json::from_str(&origins).map_err(corrupt)?,
        ingest_key: row.get(5)?,
        created_at: row.get(6)?,
        disabled_at: row.get(7)?,
        version: row.get(8)?,
    })
}

/// The source of an ingest key and its workspace; disabled ones included.
pub fn source_by_key(tx: &mut Tx<'_>, digest: &[u8]) -> Result<Option<(WorkspaceId, Source)>, DbError> {
    tx.query_opt(
        sql("SELECT no, id, name, kind, origins, ingest_key, created_at, disabled_at, version, workspace_id
             FROM sources
             WHERE key_digest = $1"),
        &[&digest],
        |row| Ok((row.get(9)?, read_source(row)?)),
    )
}

pub fn sources(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<Source>, DbError> {
    tx.query(
        sql("SELECT no, id, name, kind, origins, ingest_key, created_at, disabled_at, version
             FROM sources
             WHERE workspace_id = $1
             ORDER BY no"),
        &[&workspace],
        read_source,
    )
}

pub fn source(tx: &mut Tx<'_>, workspace: WorkspaceId, id: SourceId) -> Result<Option<Source>, DbError> {
    tx.query_opt(
        sql("SELECT no, id, name, kind, origins, ingest_key, created_at, disabled_at, version
             FROM sources
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        read_source,
    )
}

/// The oldest source of a kind, for API keys and imports, which have one each.
pub fn source_of_kind(tx: &mut Tx<'_>, workspace: WorkspaceId, kind: SourceKind) -> Result<Option<Source>, DbError> {
    tx.query_opt(
        sql("SELECT no, id, name, kind, origins, ingest_key, created_at, disabled_at, version
             FROM sources
             WHERE workspace_id = $1 AND kind = $2
             ORDER BY no
             LIMIT 1"),
        &[&workspace, &kind.code()],
        read_source,
    )
}

pub fn highest_no(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COALESCE(MAX(no), 0) FROM sources WHERE workspace_id = $1"), &[&workspace], |row| {
        row.get(0)
    })
}

fn origins_text(origins: &[String]) -> Result<String, DbError> {
    serde_json::to_string(origins).map_err(corrupt)
}

pub fn insert(tx: &mut Tx<'_>, workspace: WorkspaceId, source: &Source, key_digest: &[u8]) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO sources
               (workspace_id, no, id, name, kind, origins, ingest_key, key_digest, created_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)"),
        &[
            &workspace,
            &source.no,
            &source.id,
            &source.name,
            &source.kind.code(),
            &origins_text(&source.origins)?,
            &source.ingest_key,
            &key_digest,
            &source.created_at,
        ],
    )?;
    Ok(())
}

pub fn set_origins(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SourceId,
    name: &str,
    origins: &[String],
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE sources SET name = $3, origins = $4, version = version + 1
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id, &name, &origins_text(origins)?],
    )?;
    Ok(changed == 1)
}

pub fn set_disabled(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SourceId,
    disabled_at: Option<Timestamp>,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE sources SET disabled_at = $3, version = version + 1
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id, &disabled_at],
    )?;
    Ok(changed == 1)
}

/// Adds to the figures of a day.
pub fn add_day(tx: &mut Tx<'_>, workspace: WorkspaceId, source_no: i64, day: &SourceDay) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO source_days
               (workspace_id, source_no, day, accepted, repeated, rejected, bots, last_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (workspace_id, source_no, day) DO UPDATE SET
               accepted = source_days.accepted + excluded.accepted,
               repeated = source_days.repeated + excluded.repeated,
               rejected = source_days.rejected + excluded.rejected,
               bots = source_days.bots + excluded.bots,
               last_at = excluded.last_at"),
        &[&workspace, &source_no, &day.day, &day.accepted, &day.repeated, &day.rejected, &day.bots, &day.last_at],
    )?;
    Ok(())
}

/// The days of every source from `since_day` on: `(source, day)`.
pub fn days_since(tx: &mut Tx<'_>, workspace: WorkspaceId, since_day: i64) -> Result<Vec<(i64, SourceDay)>, DbError> {
    tx.query(
        sql("SELECT source_no, day, accepted, repeated, rejected, bots, last_at
             FROM source_days
             WHERE workspace_id = $1 AND day >= $2
             ORDER BY source_no, day"),
        &[&workspace, &since_day],
        |row| {
            let day = SourceDay {
                day: row.get(1)?,
                accepted: row.get(2)?,
                repeated: row.get(3)?,
                rejected: row.get(4)?,
                bots: row.get(5)?,
                last_at: row.get(6)?,
            };
            Ok((row.get(0)?, day))
        },
    )
}

/// Rejects kept for each source: enough to see what is wrong, bounded whatever is sent.
pub const KEPT_REJECTS: i64 = 100;

pub fn insert_rejects(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    source_no: i64,
    rejects: Vec<(uuid::Uuid, Reject)>,
) -> Result<(), DbError> {
    let rows = rejects.into_iter().map(|(id, reject)| {
        vec![
            Value::from(workspace),
            Value::from(source_no),
            Value::from(id),
            Value::from(reject.at),
            Value::from(reject.code),
            Value::from(reject.detail),
            Value::from(reject.sample),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO rejects (workspace_id, source_no, id, at, code, detail, sample)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        rows,
    )?;
    tx.execute(
        sql("DELETE FROM rejects
             WHERE workspace_id = $1 AND source_no = $2 AND id NOT IN
               (SELECT id FROM rejects WHERE workspace_id = $3 AND source_no = $4 ORDER BY id DESC LIMIT $5)"),
        &[&workspace, &source_no, &workspace, &source_no, &KEPT_REJECTS],
    )?;
    Ok(())
}

/// The last rejects of a source, newest first.
pub fn rejects(tx: &mut Tx<'_>, workspace: WorkspaceId, source_no: i64, rows: usize) -> Result<Vec<Reject>, DbError> {
    tx.query(
        sql("SELECT at, code, detail, sample
             FROM rejects
             WHERE workspace_id = $1 AND source_no = $2
             ORDER BY id DESC
             LIMIT $3"),
        &[&workspace, &source_no, &(rows as i64)],
        |row| Ok(Reject { at: row.get(0)?, code: row.get(1)?, detail: row.get(2)?, sample: row.get(3)? }),
    )
}

/// Whether any source of any workspace lists the origin; read for preflights, which name no key.
pub fn is_listed_anywhere(tx: &mut Tx<'_>, origin: &str) -> Result<bool, DbError> {
    let lists =
        tx.query(sql("SELECT origins FROM sources WHERE disabled_at IS NULL"), &[], |row| row.get::<String>(0))?;
    Ok(lists.iter().any(|list| {
        serde_json::from_str::<Vec<String>>(list).is_ok_and(|origins| origins.iter().any(|one| one == origin))
    }))
}

/// All samples of refused calls: source, id, sample and what was said of it. Each source keeps a hundred.
pub fn reject_samples(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<(i64, uuid::Uuid, String)>, DbError> {
    tx.query(sql("SELECT source_no, id, sample, detail FROM rejects WHERE workspace_id = $1"), &[&workspace], |row| {
        let (sample, detail): (String, String) = (row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, row.get(1)?, format!("{sample}\n{detail}")))
    })
}

pub fn delete_reject(tx: &mut Tx<'_>, workspace: WorkspaceId, source_no: i64, id: uuid::Uuid) -> Result<(), DbError> {
    tx.execute(
        sql("DELETE FROM rejects WHERE workspace_id = $1 AND source_no = $2 AND id = $3"),
        &[&workspace, &source_no, &id],
    )?;
    Ok(())
}
