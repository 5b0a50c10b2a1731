//! All SQL of leases.

use db::{DbError, Tx, sql};

/// Until when a lease is held, if anybody ever took it.
pub fn held_until(tx: &mut Tx<'_>, name: &str) -> Result<Option<i64>, DbError> {
    tx.query_opt(sql("SELECT held_until FROM leases WHERE name = $1"), &[&name], |row| row.get(0))
}

/// Takes the lease when it ended up to `ended_by`, or claims to end after `latest`; answers its new token.
pub fn take(tx: &mut Tx<'_>, name: &str, until: i64, ended_by: i64, latest: i64) -> Result<Option<i64>, DbError> {
    let taken = tx.execute(
        sql("INSERT INTO leases (name, token, held_until)
             VALUES ($1, 1, $2)
             ON CONFLICT (name) DO UPDATE SET token = leases.token + 1, held_until = excluded.held_until
             WHERE leases.held_until <= $3 OR leases.held_until > $4"),
        &[&name, &until, &ended_by, &latest],
    )?;
    if taken == 0 {
        return Ok(None);
    }
    tx.query_opt(sql("SELECT token FROM leases WHERE name = $1"), &[&name], |row| row.get(0))
}

/// Moves the end of a lease that nobody else took since; answers whether it is so. The row is kept until the commit.
pub fn renew(tx: &mut Tx<'_>, name: &str, token: i64, until: i64) -> Result<bool, DbError> {
    let renewed =
        tx.execute(sql("UPDATE leases SET held_until = $3 WHERE name = $1 AND token = $2"), &[&name, &token, &until])?;
    Ok(renewed == 1)
}
