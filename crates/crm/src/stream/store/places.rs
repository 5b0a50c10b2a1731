//! Where the events of profiles stand in the log, as far as it is written down.

use db::{DbError, Tx, Value, sql};
use words::{Timestamp, WorkspaceId};

use crate::kernel::EventPlace;

/// Writes places down, neighbours one after the other.
pub fn append(tx: &mut Tx<'_>, workspace: WorkspaceId, mut places: Vec<EventPlace>) -> Result<(), DbError> {
    places.sort_unstable();
    let rows = places.into_iter().map(|place| row_of(workspace, place));
    tx.insert_many(
        sql("INSERT INTO event_places (workspace_id, number, at, seq)
             VALUES ($1, $2, $3, $4)"),
        rows,
    )?;
    Ok(())
}

pub fn delete(tx: &mut Tx<'_>, workspace: WorkspaceId, places: &[EventPlace]) -> Result<(), DbError> {
    tx.execute_many(
        sql("DELETE FROM event_places WHERE workspace_id = $1 AND number = $2 AND at = $3 AND seq = $4"),
        places.iter().map(|place| row_of(workspace, *place)).collect(),
    )?;
    Ok(())
}

fn row_of(workspace: WorkspaceId, place: EventPlace) -> Vec<Value> {
    vec![Value::from(workspace), Value::from(place.number), Value::from(place.at), Value::from(place.seq)]
}

/// The numbers of the events of these profiles.
pub fn seqs_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<i64>, DbError> {
    tx.query_each_of(
        sql("SELECT seq
             FROM event_places
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &numbers],
        |row| row.get::<i64>(0),
    )
}

/// The places of a profile's events before one, newest first.
pub fn before(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    number: i64,
    before: (Timestamp, i64),
    rows: usize,
) -> Result<Vec<EventPlace>, DbError> {
    tx.query(
        sql("SELECT at, seq
             FROM event_places
             WHERE workspace_id = $1 AND number = $2 AND (at, seq) < ($3, $4)
             ORDER BY at DESC, seq DESC
             LIMIT $5"),
        &[&workspace, &number, &before.0, &before.1, &(rows as i64)],
        |row| Ok(EventPlace { number, at: row.get(0)?, seq: row.get(1)? }),
    )
}

pub fn contains(tx: &mut Tx<'_>, workspace: WorkspaceId, place: EventPlace) -> Result<bool, DbError> {
    let found = tx.query_opt(
        sql("SELECT seq FROM event_places WHERE workspace_id = $1 AND number = $2 AND at = $3 AND seq = $4"),
        &[&workspace, &place.number, &place.at, &place.seq],
        |row| row.get::<i64>(0),
    )?;
    Ok(found.is_some())
}
