//! All SQL of segments: definitions, member bitmaps, daily movements.

use std::collections::BTreeMap;

use db::{DbError, Row, Tx, Value, sql};
use engine::condition::Condition;
use words::{SegmentId, Timestamp, WorkspaceId};

use super::bitmap::{Bits, CHUNK, Members, place};
use super::model::{Definition, Move};

fn read_definition(row: &Row<'_>) -> Result<Definition, DbError> {
    let condition: String = row.get(4)?;
    let value = serde_json::from_str(&condition).map_err(crate::kernel::corrupt)?;
    Ok(Definition {
        no: row.get::<i64>(0)? as u32,
        id: row.get(1)?,
        name: row.get(2)?,
        ready_made: row.get(3)?,
        condition: Condition::parse(&value).map_err(crate::kernel::corrupt)?,
        build: row.get::<i64>(5)? as u32,
        built_through: row.get(6)?,
        is_built: row.get(7)?,
        created_at: row.get(8)?,
        updated_at: row.get(9)?,
        version: row.get(10)?,
    })
}

pub fn definitions(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<Definition>, DbError> {
    tx.query(
        sql("SELECT no, id, name, ready_made, condition, build, built_through, is_built,
                    created_at, updated_at, version
             FROM segments
             WHERE workspace_id = $1 AND deleted_at IS NULL
             ORDER BY no"),
        &[&workspace],
        read_definition,
    )
}

pub fn definition(tx: &mut Tx<'_>, workspace: WorkspaceId, id: SegmentId) -> Result<Option<Definition>, DbError> {
    tx.query_opt(
        sql("SELECT no, id, name, ready_made, condition, build, built_through, is_built,
                    created_at, updated_at, version
             FROM segments
             WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NULL"),
        &[&workspace, &id],
        read_definition,
    )
}

/// Grows with every change of a definition or of its construction.
pub fn revision(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    let revision =
        tx.query_opt(sql("SELECT revision FROM segment_revisions WHERE workspace_id = $1"), &[&workspace], |row| {
            row.get(0)
        })?;
    Ok(revision.unwrap_or(0))
}

pub fn bump_revision(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO segment_revisions (workspace_id, revision)
             VALUES ($1, 1)
             ON CONFLICT (workspace_id) DO UPDATE SET revision = segment_revisions.revision + 1"),
        &[&workspace],
    )?;
    Ok(())
}

/// The highest number and build ever given, deleted segments included.
pub fn highest(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<(u32, u32), DbError> {
    tx.query_one(
        sql("SELECT COALESCE(MAX(no), 0), COALESCE(MAX(build), 0) FROM segments WHERE workspace_id = $1"),
        &[&workspace],
        |row| Ok((row.get::<i64>(0)? as u32, row.get::<i64>(1)? as u32)),
    )
}

pub fn insert(tx: &mut Tx<'_>, workspace: WorkspaceId, definition: &Definition) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO segments
               (workspace_id, no, id, name, ready_made, condition, build, built_through, is_built,
                created_at, updated_at, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        &[
            &workspace,
            &i64::from(definition.no),
            &definition.id,
            &definition.name,
            &definition.ready_made,
            &definition.condition.print().to_string(),
            &i64::from(definition.build),
            &definition.built_through,
            &definition.is_built,
            &definition.created_at,
            &definition.updated_at,
            &definition.version,
        ],
    )?;
    Ok(())
}

/// Writes name, condition and state of construction; false when somebody else changed the segment meanwhile.
pub fn update(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    definition: &Definition,
    expected_version: i64,
) -> Result<bool, DbError> {
    let changed = tx.execute(
        sql("UPDATE segments
             SET name = $3, ready_made = $4, condition = $5, build = $6, built_through = $7,
                 is_built = $8, updated_at = $9, version = $10
             WHERE workspace_id = $1 AND no = $2 AND version = $11 AND deleted_at IS NULL"),
        &[
            &workspace,
            &i64::from(definition.no),
            &definition.name,
            &definition.ready_made,
            &definition.condition.print().to_string(),
            &i64::from(definition.build),
            &definition.built_through,
            &definition.is_built,
            &definition.updated_at,
            &definition.version,
            &expected_version,
        ],
    )?;
    Ok(changed == 1)
}

pub fn mark_deleted(tx: &mut Tx<'_>, workspace: WorkspaceId, no: u32, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE segments SET deleted_at = $3 WHERE workspace_id = $1 AND no = $2"),
        &[&workspace, &i64::from(no), &now],
    )?;
    for text in [
        sql("DELETE FROM segment_members WHERE workspace_id = $1 AND segment_no = $2"),
        sql("DELETE FROM segment_counts WHERE workspace_id = $1 AND segment_no = $2"),
    ] {
        tx.execute(text, &[&workspace, &i64::from(no)])?;
    }
    Ok(())
}

/// A deleted segment under a new number and build, as if it had just been made, with its daily movements; false when
/// there is none.
///
/// The old number stays gone: people's memberships may still name it.
pub fn revive(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    id: SegmentId,
    (no, build): (u32, u32),
    now: Timestamp,
) -> Result<bool, DbError> {
    let former: Option<i64> = tx.query_opt(
        sql("SELECT no FROM segments WHERE workspace_id = $1 AND id = $2 AND deleted_at IS NOT NULL"),
        &[&workspace, &id],
        |row| row.get(0),
    )?;
    let Some(former) = former else { return Ok(false) };
    tx.execute(
        sql("UPDATE segments
             SET no = $3, build = $4, built_through = 0, is_built = $5, deleted_at = NULL,
                 updated_at = $6, version = version + 1
             WHERE workspace_id = $1 AND no = $2"),
        &[&workspace, &former, &i64::from(no), &i64::from(build), &false, &now],
    )?;
    tx.execute(
        sql("UPDATE segment_days SET segment_no = $3 WHERE workspace_id = $1 AND segment_no = $2"),
        &[&workspace, &former, &i64::from(no)],
    )?;
    Ok(true)
}

/// The backfill's progress.
pub fn set_progress(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    no: u32,
    built_through: i64,
    is_built: bool,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE segments SET built_through = $3, is_built = $4 WHERE workspace_id = $1 AND no = $2"),
        &[&workspace, &i64::from(no), &built_through, &is_built],
    )?;
    Ok(())
}

/// The stored chunks of one segment among these; one that was never written is missing.
fn stored_chunks(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    segment_no: u32,
    chunks: &[i64],
) -> Result<BTreeMap<i64, Bits>, DbError> {
    let rows = tx.query(
        sql("SELECT chunk, bits
             FROM segment_members
             WHERE workspace_id = $1 AND segment_no = $2 AND chunk IN LIST($3)
             FOR UPDATE"),
        &[&workspace, &i64::from(segment_no), &chunks],
        |row| Ok((row.get(0)?, Bits::from_bytes(row.get(1)?))),
    )?;
    Ok(rows.into_iter().collect())
}

/// Which bits of which chunks of a segment turn, in the order in which they do.
type Toggles = BTreeMap<i64, Vec<(usize, bool)>>;

/// Writes the movements of one transaction: each touched chunk once, in key order, and what the counts gain or lose.
pub fn apply_moves(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    moves: &[Move],
    day_of: impl Fn(Timestamp) -> i64,
) -> Result<(), DbError> {
    let mut touched: BTreeMap<u32, Toggles> = BTreeMap::new();
    let mut days: BTreeMap<(u32, i64), (i64, i64)> = BTreeMap::new();
    for one in moves {
        let (chunk, bit) = place(one.number);
        touched.entry(one.segment_no).or_default().entry(chunk).or_default().push((bit, one.is_in));
        if one.is_news {
            let day = days.entry((one.segment_no, day_of(one.at))).or_default();
            if one.is_in { day.0 += 1 } else { day.1 += 1 }
        }
    }
    let (mut rows, mut gains) = (Vec::new(), Vec::with_capacity(touched.len()));
    for (segment_no, toggles) in touched {
        let chunks: Vec<i64> = toggles.keys().copied().collect();
        let mut stored = stored_chunks(tx, workspace, segment_no, &chunks)?;
        let mut gain = 0;
        for (chunk, toggles) in toggles {
            let mut bits = stored.remove(&chunk).unwrap_or_else(Bits::empty);
            gain -= bits.count();
            for (bit, is_in) in toggles {
                bits.set(bit, is_in);
            }
            gain += bits.count();
            rows.push(vec![
                Value::from(workspace),
                Value::from(i64::from(segment_no)),
                Value::from(chunk),
                Value::from(bits.count()),
                Value::Bytes(bits.into_bytes()),
            ]);
        }
        gains.push((segment_no, gain));
    }
    put_chunks(tx, rows)?;
    add_to_counts(tx, workspace, gains)?;
    put_days(tx, workspace, days)
}

fn put_chunks(tx: &mut Tx<'_>, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    tx.insert_many(
        sql("INSERT INTO segment_members (workspace_id, segment_no, chunk, members, bits)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, segment_no, chunk)
             DO UPDATE SET members = excluded.members, bits = excluded.bits"),
        rows,
    )?;
    Ok(())
}

fn add_to_counts(tx: &mut Tx<'_>, workspace: WorkspaceId, gains: Vec<(u32, i64)>) -> Result<(), DbError> {
    let rows = gains
        .into_iter()
        .filter(|(_, gain)| *gain != 0)
        .map(|(segment_no, gain)| vec![Value::from(workspace), Value::from(i64::from(segment_no)), Value::from(gain)]);
    tx.insert_many(
        sql("INSERT INTO segment_counts (workspace_id, segment_no, members)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, segment_no)
             DO UPDATE SET members = segment_counts.members + excluded.members"),
        rows,
    )?;
    Ok(())
}

fn put_days(tx: &mut Tx<'_>, workspace: WorkspaceId, days: BTreeMap<(u32, i64), (i64, i64)>) -> Result<(), DbError> {
    let rows = days.into_iter().map(|((segment_no, day), (entered, exited))| {
        vec![
            Value::from(workspace),
            Value::from(i64::from(segment_no)),
            Value::from(day),
            Value::from(entered),
            Value::from(exited),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO segment_days (workspace_id, segment_no, day, entered, exited)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, segment_no, day) DO UPDATE SET
               entered = segment_days.entered + excluded.entered,
               exited = segment_days.exited + excluded.exited"),
        rows,
    )?;
    Ok(())
}

/// Members of every segment by number of segment.
pub fn counts(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<u32, i64>, DbError> {
    let rows = tx.query(
        sql("SELECT segment_no, members FROM segment_counts WHERE workspace_id = $1"),
        &[&workspace],
        |row| Ok((row.get::<i64>(0)? as u32, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

pub fn count(tx: &mut Tx<'_>, workspace: WorkspaceId, segment_no: u32) -> Result<i64, DbError> {
    let count = tx.query_opt(
        sql("SELECT members FROM segment_counts WHERE workspace_id = $1 AND segment_no = $2"),
        &[&workspace, &i64::from(segment_no)],
        |row| row.get(0),
    )?;
    Ok(count.unwrap_or(0))
}

/// All members, to ask of many people whether they are.
pub fn members(tx: &mut Tx<'_>, workspace: WorkspaceId, segment_no: u32) -> Result<Members, DbError> {
    let chunks = tx.query(
        sql("SELECT chunk, bits
             FROM segment_members
             WHERE workspace_id = $1 AND segment_no = $2 AND members > 0"),
        &[&workspace, &i64::from(segment_no)],
        |row| Ok((row.get(0)?, Bits::from_bytes(row.get(1)?))),
    )?;
    Ok(Members::new(chunks.into_iter().collect()))
}

/// The next members after a number, in order.
pub fn members_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    segment_no: u32,
    after: i64,
    rows: usize,
) -> Result<Vec<i64>, DbError> {
    let mut found = Vec::with_capacity(rows);
    tx.query_each(
        sql("SELECT chunk, bits
             FROM segment_members
             WHERE workspace_id = $1 AND segment_no = $2 AND chunk >= $3 AND members > 0
             ORDER BY chunk"),
        &[&workspace, &i64::from(segment_no), &(after.max(0) / CHUNK)],
        |row| {
            let bits = Bits::from_bytes(row.get(1)?);
            found.extend(bits.numbers(row.get(0)?).filter(|number| *number > after));
            Ok(if found.len() < rows { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) })
        },
    )?;
    found.truncate(rows);
    Ok(found)
}

/// Entries and exits of each day from `since_day` on: `(segment, day, entered, exited)`.
pub fn days_since(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    since_day: i64,
) -> Result<Vec<(u32, i64, i64, i64)>, DbError> {
    tx.query(
        sql("SELECT segment_no, day, entered, exited
             FROM segment_days
             WHERE workspace_id = $1 AND day >= $2
             ORDER BY segment_no, day"),
        &[&workspace, &since_day],
        |row| Ok((row.get::<i64>(0)? as u32, row.get(1)?, row.get(2)?, row.get(3)?)),
    )
}

/// Of every segment within one chunk how many members are counted and who they are, in order, for `doctor`.
pub fn members_in_chunk(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    chunk: i64,
) -> Result<Vec<(u32, i64, Vec<i64>)>, DbError> {
    let mut found = Vec::new();
    // One step down the key for each segment: chunks stand behind it there.
    for no in 1..=highest(tx, workspace)?.0 {
        found.extend(tx.query_opt(
            sql("SELECT members, bits
                 FROM segment_members
                 WHERE workspace_id = $1 AND segment_no = $2 AND chunk = $3"),
            &[&workspace, &i64::from(no), &chunk],
            |row| Ok((no, row.get(0)?, Bits::from_bytes(row.get(1)?).numbers(chunk).collect())),
        )?);
    }
    Ok(found)
}

/// The members of every segment that its chunks count, for `doctor`.
pub fn summed_members(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<u32, i64>, DbError> {
    let rows = tx.query(
        sql("SELECT segment_no, CAST(SUM(members) AS BIGINT)
             FROM segment_members
             WHERE workspace_id = $1
             GROUP BY segment_no"),
        &[&workspace],
        |row| Ok((row.get::<i64>(0)? as u32, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}
