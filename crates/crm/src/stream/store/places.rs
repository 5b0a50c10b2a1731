//! Where the events of profiles stand in the log: those that are written down, and the newest, which wait in the states of
//! their people.

use std::collections::BTreeSet;

use db::{DbError, Tx, Value, sql};
use words::{Timestamp, WorkspaceId};

use crate::profiles::{self, EventPlace};

/// Writes places down, neighbours one after the other.
pub fn append_places(tx: &mut Tx<'_>, workspace: WorkspaceId, mut places: Vec<EventPlace>) -> Result<(), DbError> {
    places.sort_unstable();
    let rows = places.into_iter().map(|place| row_of(workspace, place));
    tx.insert_many(
        sql("INSERT INTO event_places (workspace_id, number, at, seq)
             VALUES ($1, $2, $3, $4)"),
        rows,
    )?;
    Ok(())
}

pub fn delete_places(tx: &mut Tx<'_>, workspace: WorkspaceId, places: &[EventPlace]) -> Result<(), DbError> {
    tx.execute_many(
        sql("DELETE FROM event_places WHERE workspace_id = $1 AND number = $2 AND at = $3 AND seq = $4"),
        places.iter().map(|place| row_of(workspace, *place)).collect(),
    )?;
    Ok(())
}

fn row_of(workspace: WorkspaceId, place: EventPlace) -> Vec<Value> {
    vec![Value::from(workspace), Value::from(place.number), Value::from(place.at), Value::from(place.seq)]
}

/// The numbers of all events of these profiles, in the order of arrival.
pub fn seqs_of(tx: &mut Tx<'_>, workspace: WorkspaceId, numbers: &[i64]) -> Result<Vec<i64>, DbError> {
    let waiting = profiles::store::recent_events_of(tx, workspace, numbers)?;
    let mut seqs = tx.query_each_of(
        sql("SELECT seq
             FROM event_places
             WHERE workspace_id = $1 AND number = $2"),
        &[&workspace, &numbers],
        |row| row.get::<i64>(0),
    )?;
    seqs.extend(waiting.into_iter().map(|place| place.seq));
    seqs.sort_unstable();
    // A transaction that joined people has written theirs down already, and their states not yet.
    seqs.dedup();
    Ok(seqs)
}

/// Of these events those whose places are neither written down nor wait in a state, for `doctor`.
pub fn without_place(tx: &mut Tx<'_>, workspace: WorkspaceId, events: &[EventPlace]) -> Result<Vec<i64>, DbError> {
    let numbers: BTreeSet<i64> = events.iter().map(|event| event.number).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let waiting: BTreeSet<EventPlace> =
        profiles::store::recent_events_of(tx, workspace, &numbers)?.into_iter().collect();
    let mut without = Vec::new();
    for event in events.iter().filter(|event| !waiting.contains(event)) {
        let written = tx.query_opt(
            sql("SELECT seq FROM event_places WHERE workspace_id = $1 AND number = $2 AND at = $3 AND seq = $4"),
            &[&workspace, &event.number, &event.at, &event.seq],
            |row| row.get::<i64>(0),
        )?;
        if written.is_none() {
            without.push(event.seq);
        }
    }
    Ok(without)
}

/// A way back through the events of profiles, newest first by the events' own time.
pub struct WayBack<'n> {
    numbers: &'n [i64],
    waiting: Vec<EventPlace>,
    before: (Timestamp, i64),
}

impl<'n> WayBack<'n> {
    pub fn from(
        tx: &mut Tx<'_>,
        workspace: WorkspaceId,
        numbers: &'n [i64],
        before: (Timestamp, i64),
    ) -> Result<Self, DbError> {
        Ok(Self { numbers, waiting: profiles::store::recent_events_of(tx, workspace, numbers)?, before })
    }

    /// The next places; fewer than asked for at the end only.
    pub fn next(&mut self, tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<EventPlace>, DbError> {
        let is_ahead = |place: &&EventPlace| (place.at, place.seq) < self.before;
        let mut found: BTreeSet<(Timestamp, i64, i64)> =
            self.waiting.iter().filter(is_ahead).map(|place| (place.at, place.seq, place.number)).collect();
        for number in self.numbers {
            let written = tx.query(
                sql("SELECT at, seq
                     FROM event_places
                     WHERE workspace_id = $1 AND number = $2 AND (at, seq) < ($3, $4)
                     ORDER BY at DESC, seq DESC
                     LIMIT $5"),
                &[&workspace, number, &self.before.0, &self.before.1, &(rows as i64)],
                |row| Ok((row.get(0)?, row.get(1)?, *number)),
            )?;
            found.extend(written);
        }
        let next: Vec<EventPlace> =
            found.into_iter().rev().take(rows).map(|(at, seq, number)| EventPlace { number, at, seq }).collect();
        if let Some(last) = next.last() {
            self.before = (last.at, last.seq);
        }
        Ok(next)
    }
}
