//! Carries SQLite's write-ahead log over into the database file, beside the thread that writes.
//!
//! Left to itself, SQLite does this inside the commit that passes a size, and everybody waits for it. Here a thread with a
//! connection of its own copies the bulk while commits go on; the writer then copies the little that came meanwhile,
//! between two transactions, so that the log can begin anew.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use crate::error::DbError;
use crate::sqlite;

/// Pages in the log from which it is carried over: 80 MB, which doubles the rows written per second against the default.
const CARRY_OVER_AT: i32 = 20_000;

/// What the writer tells the thread beside it.
#[derive(Default)]
pub struct LogSize {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Pages in the log after the last commit.
    pages: i32,
    /// Pages at which the log is carried over next.
    next_at: i32,
    is_closed: bool,
}

impl LogSize {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called in each commit of the writer.
    fn note(&self, pages: i32) {
        let mut state = self.lock();
        if pages < state.pages {
            state.next_at = CARRY_OVER_AT;
        }
        state.pages = pages;
        if pages >= state.next_at.max(CARRY_OVER_AT) {
            self.changed.notify_one();
        }
    }

    /// Waits until the log has grown enough; false when the database is closed.
    fn wait(&self) -> bool {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return false;
            }
            if state.pages >= state.next_at.max(CARRY_OVER_AT) {
                // While a long reader holds the log back, it is tried again only after it has grown as much once more.
                state.next_at = state.pages.saturating_add(CARRY_OVER_AT);
                return true;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the thread that waits.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

/// Makes the writer's connection report its log instead of carrying it over in its commits.
pub fn watch(writer: &mut Connection, size: &Arc<LogSize>) -> Result<(), DbError> {
    let size = Arc::clone(size);
    let hook = move |_: &mut rusqlite::hooks::Wal, pages: std::ffi::c_int| {
        size.note(pages);
        Ok(())
    };
    writer.wal_hook(Some(hook)).map_err(|error| sqlite::sqlite_error(&error, "wal_hook"))
}

/// Runs until the database is closed; `finish` asks the writer to copy what came meanwhile.
pub fn run(path: &Path, size: &LogSize, finish: impl Fn()) {
    let connection = match sqlite::connect(path) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::error!(%error, "the write-ahead log is not carried over beside the writer");
            return;
        }
    };
    while size.wait() {
        carry_over(&connection);
        finish();
    }
}

/// Copies what no reader holds back; never waits for anybody.
pub fn carry_over(connection: &Connection) {
    if let Err(error) = connection.wal_checkpoint_v2(Some(rusqlite::MAIN_DB), CheckpointMode::PASSIVE) {
        tracing::warn!(%error, "the write-ahead log was not carried over; it grows until the next try");
    }
}
