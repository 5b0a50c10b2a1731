//! Passkeys, and the challenges that wait for an authenticator's answer.

use db::{DbError, Tx, sql};
use uuid::Uuid;
use words::{Timestamp, UserId};

use crate::workspaces::passkeys::{Challenge, PasskeyLine, PasskeyRow};
use crate::workspaces::secrets::Digest;

/// Inserts a passkey, unless one of this id is known.
pub(in crate::workspaces) fn insert(
    tx: &mut Tx,
    user: UserId,
    passkey: &PasskeyRow,
    now: Timestamp,
) -> Result<bool, DbError> {
    let inserted = tx.execute(
        sql("INSERT INTO passkeys (user_id, id, credential_id, party, credential, name, created_at, last_used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, NULL)
             ON CONFLICT (credential_id) DO NOTHING"),
        &[&user, &passkey.id, &passkey.credential_id, &passkey.party, &passkey.credential, &passkey.name, &now],
    )?;
    Ok(inserted == 1)
}

pub(in crate::workspaces) fn passkeys(tx: &mut Tx, user: UserId) -> Result<Vec<PasskeyLine>, DbError> {
    tx.query(
        sql("SELECT id, name, party, created_at, last_used_at FROM passkeys
             WHERE user_id = $1
             ORDER BY created_at DESC, id"),
        &[&user],
        |row| {
            Ok(PasskeyLine {
                id: row.get(0)?,
                name: row.get(1)?,
                party: row.get(2)?,
                created_at: row.get(3)?,
                last_used_at: row.get(4)?,
            })
        },
    )
}

/// Made for addresses of whatever name.
pub(in crate::workspaces) fn count(tx: &mut Tx, user: UserId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COUNT(*) FROM passkeys WHERE user_id = $1"), &[&user], |row| row.get(0))
}

/// The authenticators' own ids of the passkeys that work under this name.
pub(in crate::workspaces) fn credential_ids(tx: &mut Tx, user: UserId, party: &str) -> Result<Vec<Vec<u8>>, DbError> {
    tx.query(
        sql("SELECT credential_id FROM passkeys WHERE user_id = $1 AND party = $2 ORDER BY created_at, id"),
        &[&user, &party],
        |row| row.get(0),
    )
}

/// Whose passkey this is.
pub(in crate::workspaces) fn owner(tx: &mut Tx, party: &str, credential_id: &[u8]) -> Result<Option<UserId>, DbError> {
    tx.query_opt(
        sql("SELECT user_id FROM passkeys WHERE credential_id = $2 AND party = $1"),
        &[&party, &credential_id],
        |row| row.get(0),
    )
}

/// The passkey as the library keeps it, if it is still there.
pub(in crate::workspaces) fn credential(
    tx: &mut Tx,
    user: UserId,
    credential_id: &[u8],
) -> Result<Option<(Uuid, String)>, DbError> {
    tx.query_opt(
        sql("SELECT id, credential FROM passkeys WHERE user_id = $1 AND credential_id = $2"),
        &[&user, &credential_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Keeps the counter of a passkey that was just used.
pub(in crate::workspaces) fn use_passkey(
    tx: &mut Tx,
    user: UserId,
    passkey: Uuid,
    credential: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("UPDATE passkeys SET credential = $3, last_used_at = $4 WHERE user_id = $1 AND id = $2"),
        &[&user, &passkey, &credential, &now],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn name(tx: &mut Tx, user: UserId, passkey: Uuid) -> Result<Option<String>, DbError> {
    tx.query_opt(sql("SELECT name FROM passkeys WHERE user_id = $1 AND id = $2"), &[&user, &passkey], |row| row.get(0))
}

/// Whether there was such a passkey.
pub(in crate::workspaces) fn rename(tx: &mut Tx, user: UserId, passkey: Uuid, name: &str) -> Result<bool, DbError> {
    let changed =
        tx.execute(sql("UPDATE passkeys SET name = $3 WHERE user_id = $1 AND id = $2"), &[&user, &passkey, &name])?;
    Ok(changed == 1)
}

pub(in crate::workspaces) fn delete(tx: &mut Tx, user: UserId, passkey: Uuid) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM passkeys WHERE user_id = $1 AND id = $2"), &[&user, &passkey])?;
    Ok(())
}

pub(in crate::workspaces) fn delete_all_of(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM passkeys WHERE user_id = $1"), &[&user])?;
    Ok(())
}

// Challenges.

pub(in crate::workspaces) fn insert_challenge(tx: &mut Tx, challenge: &Challenge) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO passkey_challenges (challenge_digest, ceremony, holder_digest, user_id, state, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)"),
        &[
            &challenge.digest,
            &challenge.ceremony,
            &challenge.holder,
            &challenge.user,
            &challenge.state,
            &challenge.expires_at,
        ],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn challenge(tx: &mut Tx, digest: &Digest) -> Result<Option<Challenge>, DbError> {
    tx.query_opt(
        sql("SELECT challenge_digest, ceremony, holder_digest, user_id, state, expires_at FROM passkey_challenges
             WHERE challenge_digest = $1"),
        &[digest],
        |row| {
            Ok(Challenge {
                digest: row.get(0)?,
                ceremony: row.get(1)?,
                holder: row.get(2)?,
                user: row.get(3)?,
                state: row.get(4)?,
                expires_at: row.get(5)?,
            })
        },
    )
}

/// Whether this is the one transaction that took the challenge away.
pub(in crate::workspaces) fn delete_challenge(tx: &mut Tx, digest: &Digest) -> Result<bool, DbError> {
    let gone = tx.execute(sql("DELETE FROM passkey_challenges WHERE challenge_digest = $1"), &[digest])?;
    Ok(gone == 1)
}

pub(in crate::workspaces) fn forget_old_challenges(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM passkey_challenges WHERE expires_at <= $1"), &[&now])?;
    Ok(())
}
