//! A copy of the embedded database that is never far behind: in another folder, best on another disk.
//!
//! `log` reads SQLite's write-ahead log; `follow` sees to it that nothing in it is overwritten before it was read, and
//! keeps the newest image of each page that changed. `run` is a thread of its own: every few seconds it writes those pages
//! as a *piece*, and once a day all pages as a *base*. `pages` is the form of both, `folder` how they lie and which may go,
//! `resume` decides whether a new process goes on where the one before ended. `assemble` makes a database of it again.
//! The thread that writes to the database waits for none of this: a copy whose disk is too slow is given up, and begun anew.

mod assemble;
mod base;
mod folder;
mod follow;
mod log;
mod pages;
mod resume;
mod run;
mod status;

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

pub use assemble::{AssembleError, Assembled, assemble};
pub use folder::newest_part;
pub use follow::{Clock, Follower};
pub use resume::Resumed;
pub use status::CopyStatus;

use crate::checkpoint::LogSize;
use crate::error::DbError;
use status::Status;

/// How long a start waits for the copy's disk.
const FIND_WITHIN: Duration = Duration::from_secs(3);
/// How long the end of a process waits for what is left to be written.
const LAST_WRITE: Duration = Duration::from_secs(8);

/// Where a copy is kept.
#[derive(Clone)]
pub struct CopySettings {
    /// The folder; it must be there.
    pub folder: PathBuf,
    /// Files outside the database that go along whenever they change, and their names in the copy.
    pub beside: Vec<(PathBuf, &'static str)>,
    /// The program, as the copy names it.
    pub program: String,
    /// How often the log is looked at; pieces are written after twenty looks.
    pub tick: Duration,
    /// How often all pages are written; from the older of the two newest bases on, every instant can be had.
    pub base_every: Duration,
    /// What may wait in memory for the copy's disk.
    pub held_bytes: usize,
    /// A write-ahead log that is longer behind what was read is let go: the copy begins anew.
    pub max_behind_bytes: u64,
    pub clock: Clock,
}

impl CopySettings {
    /// A copy that is some five seconds behind.
    pub fn new(folder: PathBuf, program: String, clock: Clock) -> Self {
        Self {
            folder,
            beside: Vec::new(),
            program,
            tick: Duration::from_millis(250),
            base_every: Duration::from_secs(24 * 60 * 60),
            held_bytes: 64 * 1024 * 1024,
            max_behind_bytes: 512 * 1024 * 1024,
            clock,
        }
    }
}

/// The thread and what it shares.
pub struct Copy {
    pub follower: Arc<Follower>,
    status: Arc<Status>,
    waiting: Arc<Waiting>,
    clock: Clock,
}

/// Asked before anybody opens the database: a line of an earlier process that can go on. A disk that does not answer is not
/// waited for.
pub fn find_line(settings: &CopySettings, database: &Path, schema: i32) -> Option<Resumed> {
    let (found, is_found) = sync_channel(1);
    let (folder, database) = (settings.folder.clone(), database.to_owned());
    let find = move || {
        // Nobody listens any more when it took too long.
        let _ = found.send(resume::find(&folder, &database, schema));
    };
    thread::Builder::new().name("db-copy-find".to_owned()).spawn(find).ok()?;
    match is_found.recv_timeout(FIND_WITHIN) {
        Ok(Ok(line)) => line,
        Ok(Err(error)) => {
            tracing::debug!(%error, "no line of the copy can go on");
            None
        }
        Err(_) => {
            tracing::warn!("the disk of the copy does not answer; its line does not go on");
            None
        }
    }
}

impl Copy {
    /// Follows the log from now on, so that whatever is written next is copied; or as soon as there is a line.
    pub fn begin(settings: &CopySettings, database: &Path, size: &Arc<LogSize>, found: Option<&Resumed>) -> Self {
        let follower = Arc::new(Follower::new(database, size, settings));
        if let Some(found) = found
            && let Err(error) = follower.begin(Some(found.place), found.next_number)
        {
            tracing::warn!(%error, "the line of the copy does not go on");
        }
        let status = Arc::new(Status::new((settings.clock)().as_millis()));
        Self { follower, status, waiting: Arc::default(), clock: Arc::clone(&settings.clock) }
    }

    /// Starts the thread.
    pub fn start(
        &self,
        settings: CopySettings,
        database: &Path,
        schema: i32,
        found: Option<Resumed>,
    ) -> Result<(), DbError> {
        let shared = (Arc::clone(&self.follower), Arc::clone(&self.status));
        let copier = run::Copier::new(settings, database, schema, found, shared);
        let waiting = Arc::clone(&self.waiting);
        let spawned = thread::Builder::new().name("db-copy".to_owned()).spawn(move || copier.run(&waiting));
        spawned.map(|_| ()).map_err(|error| DbError::Unavailable { message: error.to_string() })
    }

    pub fn status(&self) -> CopyStatus {
        self.status.told((self.clock)())
    }

    /// The database's room is needed, or an erasure wants the log gone: a copy that cannot keep up does not hold it.
    pub fn make_way(&self) {
        if !self.follower.catch_up() && self.status().problem.is_some() {
            self.follower.let_go("its disk takes nothing, and the write-ahead log must end");
        }
    }

    /// Lets the thread write what is left, when everybody else has closed the database.
    pub fn close(&self) {
        self.waiting.close();
    }

    /// Waits for that, but not for a disk that does not answer.
    pub fn wait_for_end(&self) {
        self.waiting.wait_for_end(LAST_WRITE);
    }
}

/// What the thread waits for: the next look, or the end.
#[derive(Default)]
struct Waiting {
    state: Mutex<Ending>,
    changed: Condvar,
}

#[derive(Default)]
struct Ending {
    is_closed: bool,
    has_ended: bool,
}

impl Waiting {
    fn wait(&self, rest: Duration) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(state, rest, |state| !state.is_closed);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_closed
    }

    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        self.changed.notify_all();
    }

    fn note_ended(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).has_ended = true;
        self.changed.notify_all();
    }

    fn wait_for_end(&self, patience: Duration) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(state, patience, |state| !state.has_ended);
        if waited.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
            tracing::warn!("the copy was not brought to its end: its disk does not answer");
        }
    }
}
