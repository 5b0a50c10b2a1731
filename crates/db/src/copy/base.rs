//! A base: every page of the database, read in short transactions while others write.
//!
//! What changes meanwhile comes with the pieces: laid over the base, they make it whole. A single long transaction would hold
//! the write-ahead log for as long as it reads.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::folder;
use super::follow::{begin_reading, only_read, run};
use super::log::Place;
use super::pages::{self, End, Head, Writer};
use crate::error::DbError;
use crate::sqlite::{self, sqlite_error};

/// Pages of one step: 2 MB, some 20 ms.
const STEP: u32 = 500;
const COUNT: &str = "SELECT page_count FROM pragma_page_count";
const READ: &str = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";

/// A base under way.
pub struct Underway {
    connection: Connection,
    first: u64,
    next_page: u32,
    /// When it began; what changed since comes with the pieces.
    page_count: u32,
    state: State,
}

enum State {
    Reading(Box<Writer>),
    /// All is written; whole when the piece of this number is.
    Waiting {
        partial: PathBuf,
        bytes: u64,
        last: u64,
    },
    Over,
}

/// What a step came to.
pub enum Step {
    MoreToRead,
    /// All pages are read. Told the last piece that changes them, it ends.
    AllRead,
    Waiting,
}

impl Underway {
    /// Begins a base that needs the pieces from `head.number` on.
    pub fn begin(database: &Path, line: &Path, head: &Head) -> io::Result<Self> {
        let connection = sqlite::connect(database).map_err(io::Error::other)?;
        wait_for_commit(&connection).map_err(io::Error::other)?;
        only_read(&connection).map_err(io::Error::other)?;
        let page_count = page_count(&connection).map_err(io::Error::other)?;
        let writer = Writer::create(line.join("base.partial"), head)?;
        Ok(Self { connection, first: head.number, next_page: 1, page_count, state: State::Reading(Box::new(writer)) })
    }

    pub fn step(&mut self) -> io::Result<Step> {
        let State::Reading(writer) = &mut self.state else { return Ok(Step::Waiting) };
        begin_reading(&self.connection).map_err(io::Error::other)?;
        let read = copy(&self.connection, writer, self.next_page);
        run(&self.connection, "COMMIT").map_err(io::Error::other)?;
        self.next_page += STEP;
        Ok(if read? { Step::AllRead } else { Step::MoreToRead })
    }

    /// Everything that its pages show was read of the log by now, and is in pieces up to `last`.
    pub fn end(&mut self, last: u64, place: Place, now_ms: i64) -> io::Result<()> {
        if let State::Reading(writer) = std::mem::replace(&mut self.state, State::Over) {
            let end = End { pages: Some(self.page_count), place, holds_until_ms: now_ms, taken_at_ms: now_ms };
            let (partial, bytes) = writer.finish(&end)?;
            self.state = State::Waiting { partial, bytes, last };
        }
        Ok(())
    }

    /// Gives it its name once the pieces that it needs are written; answers its size.
    pub fn complete(&mut self, line: &Path, written: u64, now_ms: i64) -> io::Result<Option<u64>> {
        match &self.state {
            State::Waiting { partial, bytes, last } if *last <= written => {
                pages::rename(partial, &folder::base_path(line, self.first, *last, now_ms))?;
                Ok(Some(*bytes))
            }
            _ => Ok(None),
        }
    }
}

/// What was read of the log may belong to a transaction that others see only once it is synced. Whoever may write knows that
/// none is under way; the pages read from now on are not older than what the pieces before this base hold.
fn wait_for_commit(connection: &Connection) -> Result<(), DbError> {
    run(connection, "BEGIN IMMEDIATE")?;
    run(connection, "ROLLBACK")
}

/// Whether these were the last.
fn copy(connection: &Connection, writer: &mut Writer, first: u32) -> io::Result<bool> {
    let count = page_count(connection).map_err(io::Error::other)?;
    let failed = |error: rusqlite::Error| io::Error::other(sqlite_error(&error, READ));
    let mut statement = connection.prepare_cached(READ).map_err(failed)?;
    for page in first..first.saturating_add(STEP).min(count + 1) {
        let data: Option<Vec<u8>> = statement.query_row([page], |row| row.get(0)).optional().map_err(failed)?;
        if let Some(data) = data {
            writer.page(page, &data)?;
        }
    }
    Ok(first.saturating_add(STEP) > count)
}

fn page_count(connection: &Connection) -> Result<u32, DbError> {
    connection.query_row(COUNT, [], |row| row.get(0)).map_err(|error| sqlite_error(&error, COUNT))
}
