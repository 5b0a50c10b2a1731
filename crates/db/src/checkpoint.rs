//! Carries SQLite's write-ahead log over into the database file, beside the thread that writes.
//!
//! Left to itself, SQLite does this inside the commit that passes a size, and everybody waits for it. Here a thread with a
//! connection of its own copies it in small steps while commits go on: what is synced at once stays little, so no commit
//! waits long for the disk. When the log is long, the writer copies the rest between two transactions, and it begins anew.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use rusqlite::wal::CheckpointMode;

use crate::disk::Disk;
use crate::error::DbError;
use crate::sqlite;

/// Pages by which the log grows between two steps: 8 MB. Syncs of 80 MB at once held up one commit in a hundred for 100 ms.
const STEP: i32 = 2_000;
/// Pages in the log from which it is to begin anew: 200 MB. The writer waits for that, some 100 ms a time; at 80 MB it was a
/// tenth of its time under full load.
const LONG: i32 = 50_000;

/// Pages in the log from which its room is asked back when the disk is nearly full: 1 MB.
const WORTH_EMPTYING: i32 = 256;

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
    /// Pages at which the next step is due.
    next_at: i32,
    /// Pages at which the log is next to begin anew.
    long_at: i32,
    /// Commits since the start.
    commits: u64,
    is_closed: bool,
}

#[derive(PartialEq, Eq)]
enum Due {
    Step,
    NewBeginning,
}

impl LogSize {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called in each commit of the writer.
    fn note(&self, pages: i32) {
        let mut state = self.lock();
        state.commits += 1;
        if pages < state.pages {
            (state.next_at, state.long_at) = (STEP, LONG);
        }
        state.pages = pages;
        if pages >= state.next_at.max(STEP) {
            self.changed.notify_one();
        }
    }

    /// The log's file was cut to nothing.
    pub fn note_empty(&self) {
        self.note(0);
    }

    /// Grows with each commit of the writer, before its caller is answered.
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Whether there is a log worth giving back.
    pub fn is_worth_emptying(&self) -> bool {
        self.lock().pages >= WORTH_EMPTYING
    }

    /// Waits until a step is due; nothing when the database is closed.
    fn wait(&self) -> Option<Due> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if state.pages >= state.next_at.max(STEP) {
                state.next_at = state.pages.saturating_add(STEP);
                if state.pages < state.long_at.max(LONG) {
                    return Some(Due::Step);
                }
                // While a long reader holds the log back, this is tried again only after it has grown as much once more.
                state.long_at = state.pages.saturating_add(LONG);
                return Some(Due::NewBeginning);
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

/// Runs until the database is closed; `finish` lets the writer copy what came meanwhile, and waits for it: two at
/// once would refuse each other.
pub fn run(path: &Path, size: &LogSize, disk: &Disk, finish: impl Fn()) {
    let connection = match sqlite::connect(path) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::error!(%error, "the write-ahead log is not carried over beside the writer");
            return;
        }
    };
    while let Some(due) = size.wait() {
        if let Err(DbError::Disk { message }) = carry_over(&connection) {
            disk.fail(&message);
        }
        if due == Due::NewBeginning {
            finish();
        }
    }
}

/// Copies what no reader holds back; never waits for anybody.
pub fn carry_over(connection: &Connection) -> Result<(), DbError> {
    let done = connection.wal_checkpoint_v2(Some(rusqlite::MAIN_DB), CheckpointMode::PASSIVE);
    let done = done.map(|_| ()).map_err(|error| sqlite::sqlite_error(&error, "wal_checkpoint"));
    done.inspect_err(|error| {
        tracing::warn!(%error, "the write-ahead log was not carried over; it grows until the next try");
    })
}

/// Copies all of it and cuts the log's file to nothing; answers whether that could be done.
pub fn empty(connection: &Connection) -> Result<bool, DbError> {
    let done = connection.wal_checkpoint_v2(Some(rusqlite::MAIN_DB), CheckpointMode::TRUNCATE);
    match done.map_err(|error| sqlite::sqlite_error(&error, "wal_checkpoint")) {
        Ok(_) => Ok(true),
        Err(DbError::Conflict { .. } | DbError::Full { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
