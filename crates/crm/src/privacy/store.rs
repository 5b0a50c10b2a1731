//! All SQL of erasures.

use std::collections::BTreeMap;

use db::{DbError, Row, Tx, Value, sql};
use words::{ErasureId, ProfileId, Timestamp, WorkspaceId};

use super::model::{EraseReason, Erasure, State, Unfinished};
use crate::kernel::corrupt;

fn read_erasure(row: &Row<'_>) -> Result<Erasure, DbError> {
    let (state, reason): (String, String) = (row.get(2)?, row.get(3)?);
    let (marks, counts, work): (String, String, String) = (row.get(7)?, row.get(8)?, row.get(9)?);
    let code: Vec<u8> = row.get(10)?;
    Ok(Erasure {
        no: row.get(0)?,
        id: row.get(1)?,
        state: if state == State::Done.code() { State::Done } else { State::Begun },
        reason: EraseReason::from_code(&reason).ok_or_else(|| corrupt(format!("the reason {reason}")))?,
        asked_by: row.get(4)?,
        asked_at: row.get(5)?,
        done_at: row.get(6)?,
        profiles: Vec::new(),
        marks: marks.split(' ').filter(|mark| !mark.is_empty()).map(str::to_owned).collect(),
        counts: serde_json::from_str(&counts).map_err(corrupt)?,
        unfinished: (!work.is_empty()).then(|| serde_json::from_str(&work)).transpose().map_err(corrupt)?,
        code: code.try_into().map_err(|_| corrupt("a certificate's code has another length"))?,
    })
}

fn with_profiles(tx: &mut Tx<'_>, workspace: WorkspaceId, mut erasures: Vec<Erasure>) -> Result<Vec<Erasure>, DbError> {
    let numbers: Vec<i64> = erasures.iter().map(|one| one.no).collect();
    let rows = tx.query(
        sql("SELECT erasure_no, profile_id
             FROM erased_profiles
             WHERE workspace_id = $1 AND erasure_no IN LIST($2)
             ORDER BY profile_id"),
        &[&workspace, &numbers],
        |row| Ok((row.get::<i64>(0)?, row.get::<ProfileId>(1)?)),
    )?;
    let mut profiles: BTreeMap<i64, Vec<ProfileId>> = BTreeMap::new();
    for (no, profile) in rows {
        profiles.entry(no).or_default().push(profile);
    }
    for erasure in &mut erasures {
        erasure.profiles = profiles.remove(&erasure.no).unwrap_or_default();
    }
    Ok(erasures)
}

pub fn erasures_before(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    before: i64,
    rows: usize,
) -> Result<Vec<Erasure>, DbError> {
    let found = tx.query(
        sql("SELECT no, id, state, reason, asked_by, asked_at, done_at, marks, counts, work, code
             FROM erasures
             WHERE workspace_id = $1 AND no < $2
             ORDER BY no DESC
             LIMIT $3"),
        &[&workspace, &before, &(rows as i64)],
        read_erasure,
    )?;
    with_profiles(tx, workspace, found)
}

/// Erasures of one reading: a tombstone has some hundred bytes.
const ROWS: usize = 1_000;

/// All erasures of a workspace, newest first.
pub fn all(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<Erasure>, DbError> {
    let mut all = Vec::new();
    let mut before = i64::MAX;
    loop {
        let found = erasures_before(tx, workspace, before, ROWS)?;
        let Some(last) = found.last() else { return Ok(all) };
        before = last.no;
        all.extend(found);
    }
}

pub fn erasure(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ErasureId) -> Result<Option<Erasure>, DbError> {
    let found = tx.query_opt(
        sql("SELECT no, id, state, reason, asked_by, asked_at, done_at, marks, counts, work, code
             FROM erasures
             WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        read_erasure,
    )?;
    Ok(with_profiles(tx, workspace, found.into_iter().collect())?.pop())
}

/// The erasure that a profile's id belongs to.
pub fn erasure_of_profile(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    profile: ProfileId,
) -> Result<Option<Erasure>, DbError> {
    let no = tx.query_opt(
        sql("SELECT erasure_no FROM erased_profiles WHERE workspace_id = $1 AND profile_id = $2"),
        &[&workspace, &profile],
        |row| row.get::<i64>(0),
    )?;
    let Some(no) = no else { return Ok(None) };
    Ok(erasures_before(tx, workspace, no + 1, 1)?.pop().filter(|found| found.no == no))
}

/// The erasures that are not done, oldest first.
pub fn unfinished(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<Erasure>, DbError> {
    let found = tx.query(
        sql("SELECT no, id, state, reason, asked_by, asked_at, done_at, marks, counts, work, code
             FROM erasures
             WHERE workspace_id = $1 AND work <> ''
             ORDER BY no"),
        &[&workspace],
        read_erasure,
    )?;
    with_profiles(tx, workspace, found)
}

pub fn highest_no(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COALESCE(MAX(no), 0) FROM erasures WHERE workspace_id = $1"), &[&workspace], |row| {
        row.get(0)
    })
}

fn text_of<T: serde::Serialize>(value: &T) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(corrupt)
}

fn work_of(unfinished: Option<&Unfinished>) -> Result<String, DbError> {
    unfinished.map_or_else(|| Ok(String::new()), text_of)
}

pub fn insert(tx: &mut Tx<'_>, workspace: WorkspaceId, erasure: &Erasure) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO erasures
               (workspace_id, no, id, state, reason, asked_by, asked_at, done_at, marks, counts, work, code)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
        &[
            &workspace,
            &erasure.no,
            &erasure.id,
            &erasure.state.code(),
            &erasure.reason.code(),
            &erasure.asked_by,
            &erasure.asked_at,
            &erasure.done_at,
            &erasure.marks.join(" "),
            &text_of(&erasure.counts)?,
            &work_of(erasure.unfinished.as_ref())?,
            &erasure.code.as_slice(),
        ],
    )?;
    let rows = erasure
        .profiles
        .iter()
        .map(|profile| vec![Value::from(workspace), Value::from(*profile), Value::from(erasure.no)]);
    tx.insert_many(
        sql("INSERT INTO erased_profiles (workspace_id, profile_id, erasure_no)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, profile_id) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Notes how far an erasure has come, or its end.
pub fn update(tx: &mut Tx<'_>, workspace: WorkspaceId, erasure: &Erasure) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE erasures SET state = $3, done_at = $4, counts = $5, work = $6, code = $7
             WHERE workspace_id = $1 AND no = $2"),
        &[
            &workspace,
            &erasure.no,
            &erasure.state.code(),
            &erasure.done_at,
            &text_of(&erasure.counts)?,
            &work_of(erasure.unfinished.as_ref())?,
            &erasure.code.as_slice(),
        ],
    )?;
    Ok(())
}

/// Whether an erasure of this id is known.
pub fn knows(tx: &mut Tx<'_>, workspace: WorkspaceId, id: ErasureId) -> Result<bool, DbError> {
    let found = tx.query_opt(
        sql("SELECT asked_at FROM erasures WHERE workspace_id = $1 AND id = $2"),
        &[&workspace, &id],
        |row| row.get::<Timestamp>(0),
    )?;
    Ok(found.is_some())
}
