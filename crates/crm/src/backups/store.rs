//! All SQL of backups.

use db::{DbError, Tx, sql};

use super::model::Backup;

/// Remembers this backup instead of the one before.
pub fn note(tx: &mut Tx<'_>, backup: &Backup) -> Result<(), DbError> {
    tx.execute(sql("DELETE FROM backups"), &[])?;
    tx.execute(
        sql("INSERT INTO backups (made_at, size_bytes)
             VALUES ($1, $2)
             ON CONFLICT (made_at) DO UPDATE SET size_bytes = excluded.size_bytes"),
        &[&backup.made_at, &backup.size_bytes],
    )?;
    Ok(())
}

/// The last backup, if any is known.
pub fn last(tx: &mut Tx<'_>) -> Result<Option<Backup>, DbError> {
    tx.query_opt(
        sql("SELECT made_at, size_bytes FROM backups
             ORDER BY made_at DESC
             LIMIT 1"),
        &[],
        |row| Ok(Backup { made_at: row.get(0)?, size_bytes: row.get(1)? }),
    )
}
