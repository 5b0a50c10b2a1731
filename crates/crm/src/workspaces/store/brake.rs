//! The brake on guesses.

use db::{DbError, Tx, sql};
use words::Timestamp;

use crate::workspaces::brake::Tries;

pub(in crate::workspaces) fn tries(tx: &mut Tx, bucket: &str, now: Timestamp) -> Result<Option<Tries>, DbError> {
    tx.query_opt(
        sql("SELECT tries, last_at FROM sign_in_attempts WHERE bucket = $1 AND expires_at > $2"),
        &[&bucket, &now],
        |row| Ok(Tries { count: row.get(0)?, last_at: row.get(1)? }),
    )
}

pub(in crate::workspaces) fn put_tries(
    tx: &mut Tx,
    bucket: &str,
    tries: Tries,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        sql("INSERT INTO sign_in_attempts (bucket, tries, last_at, expires_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (bucket) DO UPDATE
             SET tries = excluded.tries, last_at = excluded.last_at, expires_at = excluded.expires_at"),
        &[&bucket, &tries.count, &tries.last_at, &expires_at],
    )?;
    Ok(())
}

pub(in crate::workspaces) fn forget_tries(tx: &mut Tx, bucket: &str) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE bucket = $1"), &[&bucket])?;
    Ok(())
}

pub(in crate::workspaces) fn forget_old_tries(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM sign_in_attempts WHERE expires_at <= $1"), &[&now])?;
    Ok(())
}
