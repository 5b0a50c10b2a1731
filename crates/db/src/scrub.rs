//! Overwrites what deleted rows left behind on the disk.
//!
//! `secure_delete` has SQLite overwrite a row when it is deleted. When a page is rebuilt (rows move to a neighbour), bytes
//! of rows stay in the room between the page's list of cells and its cells: they are copies of rows that live on elsewhere,
//! and nothing overwrites them when those are deleted. Here every page is looked at, and that room is overwritten, in
//! short transactions; then the write-ahead log is carried over and cut to nothing, since it holds the pages as they were.
//! `VACUUM` would do it too, and would stop everybody who writes for as long as it takes to write the whole file anew.
//!
//! PostgreSQL is asked to `VACUUM` the tables: the rows are out of reach of every statement and dump, and their room is
//! used again. It has no means to overwrite them before that.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};

use crate::error::DbError;
use crate::sqlite::sqlite_error;

/// Pages looked at in one reading, and overwritten in one transaction: some milliseconds.
pub const PAGES_A_STEP: u32 = 2_000;
/// How long the one that writes waits for readers so that the log can end: most are done long before.
pub const PATIENCE: Duration = Duration::from_millis(50);
/// How often it tries while a longer one reads, and how long it lets others write between.
pub const TRIES: u32 = 20;
pub const PAUSE: Duration = Duration::from_millis(500);

/// From this page on the first byte of an overflow page could be taken for the kind of a page: 134 GB.
const MAX_PAGES: u32 = 0x0200_0000;
/// The page that SQLite locks by and never writes begins at this byte.
const LOCK_BYTE: u64 = 0x4000_0000;

const COUNT: &str = "SELECT page_count FROM pragma_page_count";
const READ: &str = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";
const WRITE: &str = "UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1";

/// How many pages the file has.
///
/// # Errors
/// [`DbError::Unavailable`] for a file whose pages cannot be told apart any more.
pub fn page_count(connection: &Connection) -> Result<u32, DbError> {
    let count: u32 = connection.query_row(COUNT, [], |row| row.get(0)).map_err(|error| sqlite_error(&error, COUNT))?;
    if count >= MAX_PAGES {
        let message =
            "the file is too large to overwrite what was deleted; VACUUM it, or move to PostgreSQL".to_owned();
        return Err(DbError::Unavailable { message });
    }
    Ok(count)
}

/// The pages from `first` on, as many as one step takes, that hold something in room that no row has.
pub fn with_remains(connection: &Connection, first: u32, count: u32) -> Result<Vec<u32>, DbError> {
    let failed = |error: rusqlite::Error| sqlite_error(&error, READ);
    let mut statement = connection.prepare_cached(READ).map_err(failed)?;
    let mut found = Vec::new();
    for page in first..first.saturating_add(PAGES_A_STEP).min(count + 1) {
        let data: Option<Vec<u8>> = statement.query_row([page], |row| row.get(0)).optional().map_err(failed)?;
        if data.is_some_and(|data| remains(page, &data).is_some()) {
            found.push(page);
        }
    }
    Ok(found)
}

/// Overwrites what these pages hold in room that no row has; in a transaction of the caller.
pub fn wipe(connection: &Connection, pages: &[u32]) -> Result<(), DbError> {
    for page in pages {
        let read =
            connection.prepare_cached(READ).and_then(|mut one| one.query_row([page], |row| row.get(0)).optional());
        let data: Option<Vec<u8>> = read.map_err(|error| sqlite_error(&error, READ))?;
        let Some(mut data) = data else { continue };
        let Some(room) = remains(*page, &data) else { continue };
        data[room].fill(0);
        let written = connection.prepare_cached(WRITE).and_then(|mut one| one.execute((page, &data)));
        written.map_err(|error| sqlite_error(&error, WRITE))?;
    }
    Ok(())
}

/// The room of a page between its list of cells and its cells, if anything is left in it.
///
/// The form of a page is that of <https://www.sqlite.org/fileformat.html>, section 1.6.
fn remains(page: u32, data: &[u8]) -> Option<std::ops::Range<usize>> {
    let head = if page == 1 { 100 } else { 0 };
    let is_lock_page = u64::from(page) == LOCK_BYTE / data.len().max(1) as u64 + 1;
    let head_bytes = match data.get(head)? {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let number = |at: usize| Some(usize::from(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?])));
    let start = head + head_bytes + 2 * number(head + 3)?;
    let end = match number(head + 5)? {
        0 => 65_536,
        end => end,
    };
    let room = data.get(start..end)?;
    (!is_lock_page && room.iter().any(|byte| *byte != 0)).then_some(start..end)
}

/// `VACUUM` of one table; its name is the program's own.
pub fn vacuum_of(table: &str) -> Result<String, DbError> {
    if table.is_empty() || !table.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(DbError::Sql { text: table.to_owned(), message: "this is no table's name".to_owned() });
    }
    Ok(format!("VACUUM {table}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_list_and_the_cells_is_taken_for_remains() {
        let mut page = vec![0; 512];
        page[0] = 13;
        page[4] = 2;
        page[5] = 1;
        page[6] = 0x90;
        assert_eq!(remains(2, &page), None, "nothing is left");
        page[20] = b'x';
        assert_eq!(remains(2, &page), Some(12..400));
        page[0] = 0;
        assert_eq!(remains(2, &page), None, "it is no page of rows");
        page[0] = 13;
        page[5] = 3;
        assert_eq!(remains(2, &page), None, "its cells would begin behind its end");
    }

    #[test]
    fn a_table_is_named_by_letters_only() {
        assert_eq!(vacuum_of("order_lines").ok().as_deref(), Some("VACUUM order_lines"));
        assert!(vacuum_of("a; DROP TABLE b").is_err() && vacuum_of("").is_err());
    }
}
