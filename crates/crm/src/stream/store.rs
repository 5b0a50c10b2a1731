//! All SQL of the log: events and their places, message ids, dead letters, counters and known names.

pub mod places;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;

use db::{DbError, Row, Tx, Value, ValueRef, sql};
use words::{Timestamp, WorkspaceId};

use crate::kernel::EventPlace;

use super::dead_letters::DeadLetter;
use super::messages::{Message, MessageDigest};

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
    pub(super) message_id: String,
    /// JSON: properties, context, traits and what else came.
    pub(super) body: String,
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

/// Visits the message ids of the events after one of the log, each with its source and its event's place; what Entente
/// itself wrote came in no message.
pub fn messages_after(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    seq: i64,
    mut visit: impl FnMut(i64, &str, i64),
) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT source_no, message_id, seq
             FROM events
             WHERE workspace_id = $1 AND seq > $2 AND kind <> $3"),
        &[&workspace, &seq, &OWN_EVENT],
        |row| {
            if let ValueRef::Text(message_id) = row.value(1)? {
                visit(row.get(0)?, message_id, row.get(2)?);
            }
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// Those of the messages that the index has.
pub fn known_messages(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    messages: impl Iterator<Item = Message>,
) -> Result<HashSet<Message>, DbError> {
    let mut by_source: BTreeMap<i64, Vec<Vec<u8>>> = BTreeMap::new();
    for (digest, source_no) in messages {
        by_source.entry(source_no).or_default().push(digest.to_vec());
    }
    let mut known = HashSet::new();
    for (source_no, mut digests) in by_source {
        // Neighbours of the index are looked up one after the other.
        digests.sort_unstable();
        let found = tx.query_each_of(
            sql("SELECT digest
                 FROM message_ids
                 WHERE workspace_id = $1 AND source_no = $2 AND digest = $3"),
            &[&workspace, &source_no, &digests],
            |row| row.get::<Vec<u8>>(0),
        )?;
        known.extend(found.into_iter().filter_map(|digest| Some((digest.try_into().ok()?, source_no))));
    }
    Ok(known)
}

/// Visits the digests of a source in the index, from one to before another.
pub fn messages_between(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    source_no: i64,
    slice: (&[u8], &[u8]),
    mut visit: impl FnMut(MessageDigest),
) -> Result<(), DbError> {
    tx.query_each(
        sql("SELECT digest
             FROM message_ids
             WHERE workspace_id = $1 AND source_no = $2 AND digest >= $3 AND digest < $4"),
        &[&workspace, &source_no, &slice.0, &slice.1],
        |row| {
            if let ValueRef::Bytes(digest) = row.value(0)?
                && let Ok(digest) = digest.try_into()
            {
                visit(digest);
            }
            Ok(ControlFlow::Continue(()))
        },
    )
}

/// Remembers messages in the index up to a day; those that it has already keep theirs.
pub fn insert_messages<'m>(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    messages: impl Iterator<Item = &'m Message>,
    day: i64,
) -> Result<(), DbError> {
    let rows = messages.map(|(digest, source_no)| {
        vec![Value::from(workspace), Value::from(*source_no), Value::Bytes(digest.to_vec()), Value::from(day)]
    });
    tx.insert_many(
        sql("INSERT INTO message_ids (workspace_id, source_no, digest, day)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (workspace_id, source_no, digest) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

/// Forgets the message ids of one slice of all digests that arrived before a day.
pub fn forget_messages(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    source_no: i64,
    slice: (&[u8], &[u8]),
    before_day: i64,
) -> Result<usize, DbError> {
    tx.execute(
        sql("DELETE FROM message_ids
             WHERE workspace_id = $1 AND source_no = $2 AND digest >= $3 AND digest < $4 AND day < $5"),
        &[&workspace, &source_no, &slice.0, &slice.1, &before_day],
    )
}

/// The sources that message ids are remembered of.
pub fn sources_remembered(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<Vec<i64>, DbError> {
    let mut sources = Vec::new();
    let mut after = i64::MIN;
    // One step down the index for each source, instead of a pass over all ids.
    while let Some(next) = tx.query_opt(
        sql("SELECT source_no
             FROM message_ids
             WHERE workspace_id = $1 AND source_no > $2
             ORDER BY source_no
             LIMIT 1"),
        &[&workspace, &after],
        |row| row.get::<i64>(0),
    )? {
        sources.push(next);
        after = next;
    }
    Ok(sources)
}

/// All counters of a workspace by their names.
pub fn counters(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, i64>, DbError> {
    let all = tx.query(sql("SELECT name, value FROM counters WHERE workspace_id = $1"), &[&workspace], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(all.into_iter().collect())
}

pub fn set_counters(tx: &mut Tx<'_>, workspace: WorkspaceId, counters: &[(&str, i64)]) -> Result<(), DbError> {
    let rows =
        counters.iter().map(|(name, value)| vec![Value::from(workspace), Value::from(*name), Value::from(*value)]);
    tx.insert_many(
        sql("INSERT INTO counters (workspace_id, name, value)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, name) DO UPDATE SET value = excluded.value"),
        rows,
    )?;
    Ok(())
}

/// People at their first visit of a day.
pub const VISITORS: &str = "visitors";

/// Adds to figures of days: `(day, step) → amount`.
pub fn add_day_figures(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    amounts: &BTreeMap<(i64, i64), i64>,
) -> Result<(), DbError> {
    let rows = amounts.iter().map(|((day, step), amount)| {
        vec![Value::from(workspace), Value::from(name), Value::from(*day), Value::from(*step), Value::from(*amount)]
    });
    tx.insert_many(
        sql("INSERT INTO day_figures (workspace_id, name, day, step, value)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (workspace_id, name, day, step)
             DO UPDATE SET value = day_figures.value + excluded.value"),
        rows,
    )?;
    Ok(())
}

/// A figure from `since_day` on: `(day, step, value)`.
pub fn day_figures_since(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    name: &str,
    since_day: i64,
) -> Result<Vec<(i64, i64, i64)>, DbError> {
    tx.query(
        sql("SELECT day, step, value
             FROM day_figures
             WHERE workspace_id = $1 AND name = $2 AND day >= $3
             ORDER BY day, step"),
        &[&workspace, &name, &since_day],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )
}

pub fn note_names(tx: &mut Tx<'_>, workspace: WorkspaceId, names: Vec<String>, now: Timestamp) -> Result<(), DbError> {
    let rows = names.into_iter().map(|name| vec![Value::from(workspace), Value::from(name), Value::from(now)]);
    tx.insert_many(
        sql("INSERT INTO event_names (workspace_id, name, first_at)
             VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, name) DO NOTHING"),
        rows,
    )?;
    Ok(())
}

pub fn event_names(tx: &mut Tx<'_>, workspace: WorkspaceId, rows: usize) -> Result<Vec<String>, DbError> {
    tx.query(
        sql("SELECT name FROM event_names WHERE workspace_id = $1 ORDER BY name LIMIT $2"),
        &[&workspace, &(rows as i64)],
        |row| row.get(0),
    )
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

pub fn insert_dead_letters(tx: &mut Tx<'_>, workspace: WorkspaceId, letters: Vec<DeadLetter>) -> Result<(), DbError> {
    let rows = letters.into_iter().map(|letter| {
        vec![
            Value::from(workspace),
            Value::from(letter.id),
            Value::from(letter.at),
            Value::from(letter.source_no),
            Value::from(letter.name),
            Value::from(letter.reason),
            Value::from(letter.body),
        ]
    });
    tx.insert_many(
        sql("INSERT INTO dead_letters (workspace_id, id, at, source_no, name, reason, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (workspace_id, id) DO UPDATE SET at = excluded.at, reason = excluded.reason"),
        rows,
    )?;
    Ok(())
}

fn read_dead_letter(row: &Row<'_>) -> Result<DeadLetter, DbError> {
    Ok(DeadLetter {
        id: row.get(0)?,
        at: row.get(1)?,
        source_no: row.get(2)?,
        name: row.get(3)?,
        reason: row.get(4)?,
        body: row.get(5)?,
    })
}

/// Those behind an id in the order of ids, or else the newest first.
pub fn dead_letters(
    tx: &mut Tx<'_>,
    workspace: WorkspaceId,
    after: Option<uuid::Uuid>,
    rows: usize,
) -> Result<Vec<DeadLetter>, DbError> {
    match after {
        Some(after) => tx.query(
            sql("SELECT id, at, source_no, name, reason, body
                 FROM dead_letters
                 WHERE workspace_id = $1 AND id > $2
                 ORDER BY id
                 LIMIT $3"),
            &[&workspace, &after, &(rows as i64)],
            read_dead_letter,
        ),
        None => tx.query(
            sql("SELECT id, at, source_no, name, reason, body
                 FROM dead_letters
                 WHERE workspace_id = $1
                 ORDER BY at DESC, id
                 LIMIT $2"),
            &[&workspace, &(rows as i64)],
            read_dead_letter,
        ),
    }
}

pub fn count_dead_letters(tx: &mut Tx<'_>, workspace: WorkspaceId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COUNT(*) FROM dead_letters WHERE workspace_id = $1"), &[&workspace], |row| row.get(0))
}

pub fn delete_dead_letter(tx: &mut Tx<'_>, workspace: WorkspaceId, id: uuid::Uuid) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM dead_letters WHERE workspace_id = $1 AND id = $2"), &[&workspace, &id])?;
    Ok(())
}

/// The names of the events at these places, each once.
pub fn names_at(tx: &mut Tx<'_>, workspace: WorkspaceId, seqs: &[i64]) -> Result<BTreeSet<String>, DbError> {
    let names = tx.query_each_of(
        sql("SELECT name
             FROM events
             WHERE workspace_id = $1 AND seq = $2"),
        &[&workspace, &seqs],
        |row| row.get::<String>(0),
    )?;
    Ok(names.into_iter().collect())
}

/// Deletes the events at these places, and that they stood there.
pub fn delete_events(tx: &mut Tx<'_>, workspace: WorkspaceId, places: &[EventPlace]) -> Result<(), DbError> {
    tx.execute_many(
        sql("DELETE FROM events WHERE workspace_id = $1 AND seq = $2"),
        places.iter().map(|place| vec![Value::from(workspace), Value::from(place.seq)]).collect(),
    )?;
    places::delete(tx, workspace, places)
}

/// Forgets the names that no event bears any more.
pub fn forget_unused_names(tx: &mut Tx<'_>, workspace: WorkspaceId, names: &BTreeSet<String>) -> Result<(), DbError> {
    for name in names {
        let bearer = tx.query_opt(
            sql("SELECT number FROM events WHERE workspace_id = $1 AND name = $2 LIMIT 1"),
            &[&workspace, name],
            |row| row.get::<i64>(0),
        )?;
        if bearer.is_none() {
            tx.execute(sql("DELETE FROM event_names WHERE workspace_id = $1 AND name = $2"), &[&workspace, name])?;
        }
    }
    Ok(())
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
