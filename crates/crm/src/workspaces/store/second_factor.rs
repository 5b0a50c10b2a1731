//! Authenticator apps and recovery codes.

use db::{DbError, Tx, sql};
use words::{Timestamp, UserId};

use crate::workspaces::secrets::Digest;

/// An authenticator app as it is stored.
pub(in crate::workspaces) struct TotpRow {
    pub seed: Vec<u8>,
    pub confirmed_at: Option<Timestamp>,
}

/// Makes others who prove something about this user wait until the transaction ends.
pub(in crate::workspaces) fn lock_user(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.query(sql("SELECT created_at FROM users WHERE id = $1 FOR UPDATE"), &[&user], |row| row.get::<i64>(0))?;
    Ok(())
}

pub(in crate::workspaces) fn totp(tx: &mut Tx, user: UserId) -> Result<Option<TotpRow>, DbError> {
    tx.query_opt(sql("SELECT seed, confirmed_at FROM totp_seeds WHERE user_id = $1"), &[&user], |row| {
        Ok(TotpRow { seed: row.get(0)?, confirmed_at: row.get(1)? })
    })
}

/// Puts a seed that waits for its first code in the place of an earlier one that waited in vain.
pub(in crate::workspaces) fn put_waiting_totp(
    tx: &mut Tx,
    user: UserId,
    seed: &[u8],
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO totp_seeds (user_id, seed, last_step, created_at, confirmed_at)
             VALUES ($1, $2, 0, $3, NULL)
             ON CONFLICT (user_id) DO UPDATE
             SET seed = excluded.seed, last_step = 0, created_at = excluded.created_at
             WHERE totp_seeds.confirmed_at IS NULL"),
        &[&user, &seed, &now],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn confirm_totp(tx: &mut Tx, user: UserId, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("UPDATE totp_seeds SET confirmed_at = $2 WHERE user_id = $1"), &[&user, &now])?;
    Ok(())
}

/// Whether the code of this time step, or a later one, was not used before; now it is.
pub(in crate::workspaces) fn use_totp_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool, DbError> {
    let changed =
        tx.execute(sql("UPDATE totp_seeds SET last_step = $2 WHERE user_id = $1 AND last_step < $2"), &[&user, &step])?;
    Ok(changed == 1)
}

pub(in crate::workspaces) fn insert_recovery_codes(
    tx: &mut Tx,
    user: UserId,
    digests: &[Digest],
) -> Result<(), DbError> {
    for digest in digests {
        tx.execute(sql("INSERT INTO recovery_codes (user_id, digest) VALUES ($1, $2)"), &[&user, digest])?;
    }
    Ok(())
}

/// Whether there was such a code; it is gone now.
pub(in crate::workspaces) fn use_recovery_code(tx: &mut Tx, user: UserId, digest: &Digest) -> Result<bool, DbError> {
    let gone = tx.execute(sql("DELETE FROM recovery_codes WHERE user_id = $1 AND digest = $2"), &[&user, digest])?;
    Ok(gone == 1)
}

pub(in crate::workspaces) fn count_recovery_codes(tx: &mut Tx, user: UserId) -> Result<i64, DbError> {
    tx.query_one(sql("SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1"), &[&user], |row| row.get(0))
}

pub(in crate::workspaces) fn delete_recovery_codes(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM recovery_codes WHERE user_id = $1"), &[&user])?;
    Ok(())
}

pub(in crate::workspaces) fn delete_totp(tx: &mut Tx, user: UserId) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM totp_seeds WHERE user_id = $1"), &[&user])?;
    Ok(())
}

pub(in crate::workspaces) fn sealed_seeds(tx: &mut Tx) -> Result<Vec<(UserId, Vec<u8>)>, DbError> {
    tx.query(sql("SELECT user_id, seed FROM totp_seeds ORDER BY user_id"), &[], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(in crate::workspaces) fn put_sealed_seed(tx: &mut Tx, user: UserId, seed: &[u8]) -> Result<(), DbError> {
    tx.execute(sql("UPDATE totp_seeds SET seed = $2 WHERE user_id = $1"), &[&user, &seed])?;
    Ok(())
}
