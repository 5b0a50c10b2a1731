//! What `doctor` looks for.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use db::{DbError, Tx, sql};
use words::{Timestamp, WorkspaceId};

use super::{PersonState, read_state};

/// Rows of one kind of damage that are read.
const MAX_DAMAGES: i64 = 1_000;

/// Of the numbers from one up to another: identifiers of profiles that are not there, with type and number.
pub fn orphaned_identifiers(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<(String, i64)>, DbError> {
    tx.query(
        sql("SELECT i.kind, i.number
             FROM identifiers i
             LEFT JOIN profiles p ON p.workspace_id = i.workspace_id AND p.number = i.number
             WHERE i.workspace_id = $1 AND i.number >= $2 AND i.number < $3
               AND p.number IS NULL
             LIMIT $4"),
        &[&workspace, &from, &until, &MAX_DAMAGES],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// People without a state.
pub fn roots_without_state(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT p.number
             FROM profiles p
             LEFT JOIN person_states s ON s.workspace_id = p.workspace_id AND s.number = p.number
             WHERE p.workspace_id = $1 AND p.number >= $2 AND p.number < $3
               AND p.merged_into IS NULL AND s.number IS NULL
             LIMIT $4"),
        &[&workspace, &from, &until, &MAX_DAMAGES],
        |row| row.get(0),
    )
}

/// States of profiles that are not there or belong to somebody else.
pub fn states_without_root(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<i64>, DbError> {
    tx.query(
        sql("SELECT s.number
             FROM person_states s
             LEFT JOIN profiles p ON p.workspace_id = s.workspace_id AND p.number = s.number
             WHERE s.workspace_id = $1 AND s.number >= $2 AND s.number < $3
               AND (p.number IS NULL OR p.merged_into IS NOT NULL)
             LIMIT $4"),
        &[&workspace, &from, &until, &MAX_DAMAGES],
        |row| row.get(0),
    )
}

/// The people of the numbers from one up to another.
pub fn states_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    from: i64,
    until: i64,
) -> Result<Vec<PersonState>, DbError> {
    tx.query(
        sql("SELECT number, facts, standing, recent
             FROM person_states
             WHERE workspace_id = $1 AND number >= $2 AND number < $3
             ORDER BY number"),
        &[&workspace, &from, &until],
        read_state,
    )
}

/// How many people each stage is said to have.
pub fn kept_stages(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, i64>, DbError> {
    let rows =
        tx.query(sql("SELECT stage, people FROM people_counts WHERE workspace_id = $1"), &[&workspace], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(rows.into_iter().collect())
}

/// How many people each stage has in the order of last visits.
pub fn counted_stages(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, i64>, DbError> {
    let rows = tx.query(
        sql("SELECT stage, COUNT(*) FROM last_visits WHERE workspace_id = $1 GROUP BY stage"),
        &[&workspace],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// Among people of the numbers from one to another, those who stand at one of these instants in a stage's order of last
/// visits: instant and number.
pub fn last_visits_at(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    stage: &str,
    numbers: RangeInclusive<i64>,
    instants: &[Timestamp],
) -> Result<Vec<(Timestamp, i64)>, DbError> {
    let instants = in_millis(instants);
    tx.query_each_of(
        sql("SELECT seen_at, number
             FROM last_visits
             WHERE workspace_id = $1 AND stage = $2 AND number >= $3 AND number <= $4 AND seen_at = $5"),
        &[&workspace, &stage, numbers.start(), numbers.end(), &instants.as_slice()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Among people of the numbers from one to another, those for whom a timer is set at one of these instants: instant and
/// number.
pub fn timers_at(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    numbers: RangeInclusive<i64>,
    instants: &[Timestamp],
) -> Result<Vec<(Timestamp, i64)>, DbError> {
    let instants = in_millis(instants);
    tx.query_each_of(
        sql("SELECT due_at, number
             FROM timers
             WHERE workspace_id = $1 AND number >= $2 AND number <= $3 AND due_at = $4"),
        &[&workspace, numbers.start(), numbers.end(), &instants.as_slice()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

fn in_millis(instants: &[Timestamp]) -> Vec<i64> {
    instants.iter().map(|instant| instant.as_millis()).collect()
}
