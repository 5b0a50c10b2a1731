//! The log: its rows, one for each event.

use std::ops::ControlFlow;

use db::{DbError, Row, Tx, Value, ValueRef, sql};
use words::{Timestamp, WorkspaceId};

use super::places;
use crate::kernel::EventPlace;

/// `kind` of the events that Entente itself writes.
pub const OWN_EVENT: i64 = 100;

/// A row of the log.
#[derive(Clone, Debug)]
pub struct LogRow {
    pub seq: i64,
    /// The profile it belongs to; 0 when it belongs to nobody.
    pub number: i64,
    pub source_no: i64,
    pub kind: i64,
    pub name: String,
    pub at: Timestamp,
    pub received_at: Timestamp,
    pub(in crate::stream) message_id: String,
    /// JSON: properties, context, traits and what else came.
    pub(in crate::stream) body: String,
}

impl LogRow {
    /// Where it stands.
    pub fn place(&self) -> EventPlace {
        EventPlace { number: self.number, at: self.at, seq: self.seq }
    }
}

fn read_log_row(row: &Row<'_>) -> Result<LogRow, DbError> {
    Ok(LogRow {
        seq: row.get(0)?,
        number: row.get(1)?,
        source_no: row.get(2)?,
        kind: row.get(3)?,
        name: row.get(4)?,
        at: row.get(5)?,
        received_at: row.get(6)?,
        message_id: row.get(7)?,
        body: row.get(8)?,
    })
}

pub fn append(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: Vec<LogRow>) -> Result<(), DbError> {
    let rows = rows.into_iter().map(|row| {
        vec![
            Value::from(workspace),
            Value::from(row.seq),
            Value::from(row.number),
            Value::from(row.source_no),
            Value::from(row.kind),
            Value::from(row.name),
            Value::from(row.at),
            Value::from(row.received_at),
            Value::from(row.message_id),
            Value::from(row.body),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO events
               (workspace_id, seq, number, source_no, kind, name, at, received_at, message_id, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
        rows,
    )?;
    Ok(())
}

/// Of the events at these places those that had arrived by an instant.
pub fn arrived_at(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    seqs: &[i64],
    received_by: Timestamp,
) -> Result<Vec<LogRow>, DbError> {
    tx.query_each_of(
        sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
             FROM events
             WHERE workspace_id = $1 AND received_at <= $2 AND seq = $3"),
        &[&workspace, &received_by, &seqs],
        read_log_row,
    )
}

/// Of the events at these places those that came from outside and bear one of the names.
pub fn named_at(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    seqs: &[i64],
    names: &[String],
) -> Result<Vec<LogRow>, DbError> {
    tx.query_each_of(
        sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
             FROM events
             WHERE workspace_id = $1 AND kind <> $2 AND name IN LIST($3) AND seq = $4"),
        &[&workspace, &OWN_EVENT, &names, &seqs],
        read_log_row,
    )
}

/// Which events of a timeline are wanted, by their names.
#[derive(Clone, Copy, Debug)]
pub enum Named<'n> {
    Anyhow,
    As(&'n [String]),
    Otherwise(&'n [String]),
}

/// Of the events at these places those that are wanted.
pub fn rows_at(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    seqs: &[i64],
    named: Named<'_>,
) -> Result<Vec<LogRow>, DbError> {
    match named {
        Named::Anyhow => tx.query_each_of(
            sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
                 FROM events
                 WHERE workspace_id = $1 AND seq = $2"),
            &[&workspace, &seqs],
            read_log_row,
        ),
        Named::As(names) => tx.query_each_of(
            sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
                 FROM events
                 WHERE workspace_id = $1 AND name IN LIST($2) AND seq = $3"),
            &[&workspace, &names, &seqs],
            read_log_row,
        ),
        Named::Otherwise(names) => tx.query_each_of(
            sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
                 FROM events
                 WHERE workspace_id = $1 AND name NOT IN LIST($2) AND seq = $3"),
            &[&workspace, &names, &seqs],
            read_log_row,
        ),
    }
}

/// The event at one place of the log.
pub fn event_at(tx: &mut Tx<'_>, workspace: WorkspaceId, seq: i64) -> Result<Option<LogRow>, DbError> {
    tx.query_opt(
        sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
             FROM events
             WHERE workspace_id = $1 AND seq = $2"),
        &[&workspace, &seq],
        read_log_row,
    )
}

/// The newest events of the whole shop, newest first.
pub fn newest(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<LogRow>, DbError> {
    tx.query(
        sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
             FROM events
             WHERE workspace_id = $1
             ORDER BY seq DESC
             LIMIT $2"),
        &[&workspace, &(rows as i64)],
        read_log_row,
    )
}

/// The newest events of one name, newest first by their own time.
pub fn newest_named(tx: &mut Tx<'_>, workspace: WorkspaceId, name: &str, rows: usize) -> Result<Vec<LogRow>, DbError> {
    tx.query(
        sql("SELECT seq, number, source_no, kind, name, at, received_at, message_id, body
             FROM events
             WHERE workspace_id = $1 AND name = $2
             ORDER BY at DESC, number DESC
             LIMIT $3"),
        &[&workspace, &name, &(rows as i64)],
        read_log_row,
    )
}

/// Visits when the people's events of one name happened, after an instant, and to whom; from the index alone.
pub fn each_time_of(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    after: Timestamp,
    mut visit: impl FnMut(i64, Timestamp),
) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT number, at
             FROM events
             WHERE workspace_id = $1 AND name = $2 AND at > $3 AND kind <> $4 AND number > 0"),
        &[&workspace, &name, &after, &OWN_EVENT],
        |row| {
            visit(row.get(0)?, row.get(1)?);
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// Visits the people's events of one name after an instant of their own time, in the order of that time:
/// `(number, seq, at, received_at, body)`. What Entente itself wrote is left out, as the stream folds it nowhere.
pub fn each_named(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    after: Timestamp,
    mut visit: impl FnMut(i64, i64, Timestamp, Timestamp, &str) -> Result<(), DbError>,
) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT number, seq, at, received_at, body
             FROM events
             WHERE workspace_id = $1 AND name = $2 AND at > $3 AND kind <> $4 AND number > 0"),
        &[&workspace, &name, &after, &OWN_EVENT],
        |row| {
            let (number, seq, at, received_at) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            if let ValueRef::Text(body) = row.value(4)? {
                visit(number, seq, at, received_at, body)?;
            }
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// How often an event happened in `[from, until)` by its own time.
pub fn count_named(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<i64, DbError> {
    tx.query_one(
        sql("SELECT COUNT(*)
             FROM events
             WHERE workspace_id = $1 AND name = $2 AND at >= $3 AND at < $4"),
        &[&workspace, &name, &from, &until],
        |row| row.get(0),
    )
}

/// Deletes the events at these places, and that they stood there.
pub fn delete_events(tx: &mut Tx<'_>, workspace: WorkspaceId, places: &[EventPlace]) -> Result<(), DbError> {
    tx.execute_many(
        sql("DELETE FROM events WHERE workspace_id = $1 AND seq = $2"),
        places.iter().map(|place| vec![Value::from(workspace), Value::from(place.seq)]).collect(),
    )?;
    places::delete(tx, workspace, places)
}

/// The greatest number in use, for `doctor`.
pub fn newest_seq(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    let seq = tx.query_opt(
        sql("SELECT seq FROM events WHERE workspace_id = $1 ORDER BY seq DESC LIMIT 1"),
        &[&workspace],
        |row| row.get(0),
    )?;
    Ok(seq.unwrap_or(0))
}

/// When the first event of the log arrived: nothing before it can be told.
pub fn first_arrival(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Option<Timestamp>, DbError> {
    tx.query_opt(
        sql("SELECT received_at FROM events WHERE workspace_id = $1 ORDER BY seq LIMIT 1"),
        &[&workspace],
        |row| row.get(0),
    )
}
