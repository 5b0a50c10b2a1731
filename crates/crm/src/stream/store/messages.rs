//! Message ids: what was told already.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use db::{DbError, Tx, Value, ValueRef, sql};
use words::WorkspaceId;

use super::super::messages::{Message, MessageDigest};
use super::OWN_EVENT;

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
