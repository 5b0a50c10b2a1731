//! All SQL of letters.

use db::{DbError, FromValue, Row, ToValue, Tx, ValueRef, sql};
use uuid::Uuid;
use words::{Timestamp, WorkspaceId};

use super::model::{Due, Key, Kind, LetterLine, Outcome, State, Waiting};

pub(super) fn insert(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (id, kind, sealed): (Uuid, Kind, &[u8]),
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO outbox (workspace_id, id, kind, state, letter, created_at, due_at, expires_at, tries, doubts,
                                 trouble, decided_at)
             VALUES ($1, $2, $3, 'waiting', $4, $5, $5, $6, 0, 0, '', NULL)
             ON CONFLICT (workspace_id, id) DO NOTHING"),
        &[&workspace, &id, &kind, &sealed, &now, &expires_at],
    )?;
    Ok(())
}

/// The letter that has waited longest of those whose time has come, of whatever workspace.
pub(super) fn next_due(tx: &mut Tx, now: Timestamp) -> Result<Option<Due>, DbError> {
    tx.query_opt(
        sql("SELECT workspace_id, id, kind, state, letter, created_at, expires_at, tries, doubts FROM outbox
             WHERE decided_at IS NULL AND due_at <= $1
             ORDER BY due_at, workspace_id, id
             LIMIT 1"),
        &[&now],
        |row| {
            Ok(Due {
                key: Key { workspace: row.get(0)?, id: row.get(1)? },
                kind: row.get(2)?,
                state: row.get(3)?,
                sealed: row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default(),
                created_at: row.get(5)?,
                expires_at: row.get(6)?,
                tries: row.get(7)?,
                doubts: row.get(8)?,
            })
        },
    )
}

/// Notes that the content is handed over from now on; false when the letter is not waiting any more.
pub(super) fn hand(tx: &mut Tx, workspace: WorkspaceId, id: Uuid) -> Result<bool, DbError> {
    let handed = tx.execute(
        sql("UPDATE outbox SET state = 'handed', tries = tries + 1
             WHERE workspace_id = $1 AND id = $2 AND state = 'waiting'"),
        &[&workspace, &id],
    )?;
    Ok(handed == 1)
}

/// Notes what a try came to; a decided letter says nothing any more.
pub(super) fn record(tx: &mut Tx, workspace: WorkspaceId, id: Uuid, outcome: &Outcome) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE outbox
             SET state = $3, due_at = $4, tries = $5, doubts = $6, trouble = $7, decided_at = $8,
                 letter = CASE WHEN CAST($8 AS BIGINT) IS NULL THEN letter ELSE NULL END
             WHERE workspace_id = $1 AND id = $2 AND decided_at IS NULL"),
        &[
            &workspace,
            &id,
            &outcome.state,
            &outcome.due_at,
            &outcome.tries,
            &outcome.doubts,
            &outcome.trouble,
            &outcome.decided_at,
        ],
    )?;
    Ok(())
}

pub(super) fn delete(tx: &mut Tx, workspace: WorkspaceId, id: Uuid) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM outbox WHERE workspace_id = $1 AND id = $2"), &[&workspace, &id])?;
    Ok(())
}

/// Deletes a letter that has not been handed over.
pub(super) fn delete_waiting(tx: &mut Tx, workspace: WorkspaceId, id: Uuid) -> Result<(), DbError> {
    tx.execute(
        sql("DELETE FROM outbox WHERE workspace_id = $1 AND id = $2 AND state = 'waiting'"),
        &[&workspace, &id],
    )?;
    Ok(())
}

/// Letters to nobody, and those whose time is over although nobody could try them.
pub(super) fn expire(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM outbox WHERE kind = 'nobody' AND decided_at IS NULL"), &[])?;
    tx.execute(
        sql("UPDATE outbox SET state = 'expired', letter = NULL, decided_at = $1
             WHERE decided_at IS NULL AND state = 'waiting' AND expires_at <= $1"),
        &[&now],
    )?;
    Ok(())
}

pub(super) fn forget(tx: &mut Tx, decided_before: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM outbox WHERE decided_at <= $1"), &[&decided_before])?;
    Ok(())
}

pub(super) fn last(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<LetterLine>, DbError> {
    tx.query(
        sql("SELECT id, kind, state, created_at, decided_at, due_at, tries, trouble FROM outbox
             WHERE workspace_id = $1 AND kind <> 'nobody'
             ORDER BY created_at DESC, id
             LIMIT 20"),
        &[&workspace],
        read_line,
    )
}

pub(super) fn state(tx: &mut Tx, workspace: WorkspaceId, id: Uuid) -> Result<Option<State>, DbError> {
    tx.query_opt(sql("SELECT state FROM outbox WHERE workspace_id = $1 AND id = $2"), &[&workspace, &id], |row| {
        row.get(0)
    })
}

/// Whether a letter was tried and is not being tried.
pub(super) fn was_tried(tx: &mut Tx, workspace: WorkspaceId, id: Uuid) -> Result<bool, DbError> {
    let tried = tx.query_opt(
        sql("SELECT tries FROM outbox WHERE workspace_id = $1 AND id = $2 AND state <> 'handed' AND tries > 0"),
        &[&workspace, &id],
        |row| row.get::<i64>(0),
    )?;
    Ok(tried.is_some())
}

pub(super) fn sealed(tx: &mut Tx) -> Result<Vec<(Key, Vec<u8>)>, DbError> {
    tx.query(
        sql("SELECT workspace_id, id, letter FROM outbox WHERE letter IS NOT NULL ORDER BY workspace_id, id"),
        &[],
        |row| Ok((Key { workspace: row.get(0)?, id: row.get(1)? }, row.get(2)?)),
    )
}

pub(super) fn put_sealed(tx: &mut Tx, workspace: WorkspaceId, id: Uuid, sealed: &[u8]) -> Result<(), DbError> {
    tx.execute(sql("UPDATE outbox SET letter = $3 WHERE workspace_id = $1 AND id = $2"), &[&workspace, &id, &sealed])?;
    Ok(())
}

/// Letters that are decided and still here, or wait without saying anything.
pub(super) fn contradictory(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Uuid>, DbError> {
    tx.query(
        sql("SELECT id FROM outbox
             WHERE workspace_id = $1
               AND ((decided_at IS NULL) <> (letter IS NOT NULL)
                    OR (decided_at IS NULL) <> (state IN ('waiting', 'handed')))
             ORDER BY id
             LIMIT 100"),
        &[&workspace],
        |row| row.get(0),
    )
}

pub(super) fn waiting_past_end(tx: &mut Tx, workspace: WorkspaceId, ended: Timestamp) -> Result<Vec<Uuid>, DbError> {
    tx.query(
        sql("SELECT id FROM outbox
             WHERE workspace_id = $1 AND decided_at IS NULL AND expires_at <= $2
             ORDER BY id
             LIMIT 100"),
        &[&workspace, &ended],
        |row| row.get(0),
    )
}

/// Letters decided since an instant of which it is not sure that they arrived at the relay.
pub(super) fn count_in_trouble(tx: &mut Tx, workspace: WorkspaceId, since: Timestamp) -> Result<i64, DbError> {
    tx.query_one(
        sql("SELECT COUNT(*) FROM outbox
             WHERE workspace_id = $1 AND decided_at >= $2 AND state IN ('refused', 'expired', 'uncertain')"),
        &[&workspace, &since],
        |row| row.get(0),
    )
}

/// Letters to nobody leave with the next round and count for nothing.
pub(super) fn waiting(tx: &mut Tx) -> Result<Waiting, DbError> {
    let uncertain = tx.query_one(
        sql("SELECT COUNT(*) FROM outbox
             WHERE state = 'uncertain'"),
        &[],
        |row| row.get(0),
    )?;
    tx.query_one(
        sql("SELECT COUNT(*), MIN(created_at) FROM outbox
             WHERE decided_at IS NULL AND kind <> 'nobody'"),
        &[],
        |row| Ok(Waiting { letters: row.get(0)?, since: row.get(1)?, uncertain }),
    )
}

pub(super) fn doubt_all(tx: &mut Tx, now: Timestamp) -> Result<usize, DbError> {
    tx.execute(
        sql("UPDATE outbox SET state = 'uncertain', letter = NULL, trouble = 'restored', decided_at = $1
             WHERE decided_at IS NULL"),
        &[&now],
    )
}

fn read_line(row: &Row<'_>) -> Result<LetterLine, DbError> {
    Ok(LetterLine {
        id: row.get(0)?,
        kind: row.get(1)?,
        state: row.get(2)?,
        created_at: row.get(3)?,
        decided_at: row.get(4)?,
        due_at: row.get(5)?,
        tries: row.get(6)?,
        trouble: row.get(7)?,
    })
}

impl ToValue for Kind {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self.code())
    }
}

impl FromValue for Kind {
    const WANTED: &'static str = "the kind of a letter";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(code) = value else { return None };
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl ToValue for State {
    fn to_value(&self) -> ValueRef<'_> {
        ValueRef::Text(self.code())
    }
}

impl FromValue for State {
    const WANTED: &'static str = "the state of a letter";

    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(code) = value else { return None };
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}
