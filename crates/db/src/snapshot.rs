//! A copy of the SQLite file as it was before its schema changed: the way back to the program of before.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use crate::error::DbError;
use crate::sqlite::sqlite_error;

/// Where the copy of a database with this schema stands.
pub fn place(path: &Path, schema: i32) -> PathBuf {
    beside(path, &format!("schema-{schema}"))
}

/// Copies the file while nobody writes to it. What bears the name is whole and on the disk.
pub fn take(connection: &mut Connection, path: &Path, schema: i32) -> Result<(), DbError> {
    let place = place(path, schema);
    let unavailable = |error: io::Error| DbError::Unavailable {
        message: format!("no copy could be made before the schema changes: {}: {error}", place.display()),
    };
    let refused = |error: rusqlite::Error| sqlite_error(&error, "BEGIN IMMEDIATE");
    // What stands in the write-ahead log goes into the file first; then the lock keeps everybody else from writing.
    let carried: (i64, i64, i64) = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .map_err(refused)?;
    let lock = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(refused)?;
    if carried.0 != 0 || !is_empty(&log_of(path)).map_err(unavailable)? {
        let message = "another process works on the database; stop it before its schema changes".to_owned();
        return Err(DbError::Unavailable { message });
    }
    let partial = beside(&place, "partial");
    fs::copy(path, &partial).map_err(unavailable)?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(unavailable)?;
    fs::rename(&partial, &place).map_err(unavailable)?;
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unavailable)?;
    }
    lock.rollback().map_err(refused)?;
    tracing::info!(copy = %place.display(), "the database was copied before its schema changes");
    Ok(())
}

/// `entente.sqlite` becomes `entente.sqlite.schema-3`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    with_more(path, &format!(".{ending}"))
}

fn log_of(path: &Path) -> PathBuf {
    with_more(path, "-wal")
}

fn with_more(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

fn is_empty(log: &Path) -> io::Result<bool> {
    match fs::metadata(log) {
        Ok(found) => Ok(found.len() == 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
