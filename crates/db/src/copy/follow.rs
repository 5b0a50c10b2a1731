//! Follows the write-ahead log: what was committed is read into memory before the log may begin anew.
//!
//! SQLite begins its log anew when all of it was carried over and nobody reads from it. Here somebody always does: of two
//! connections one holds a snapshot, and lets go only when the other has begun a newer one and everything up to there was
//! read. A snapshot that begins when all of the log was carried over does not hold it back any more; but then there is
//! nothing left to read in it, and what comes next is not carried over before that snapshot ends. So no frame is lost,
//! whoever carries the log over, in whatever process.
//!
//! What is read waits as the newest image of each page. The thread that writes the copy takes it in cuts; it never holds the
//! lock of this state while it waits for its disk. When cuts pile up, reading stops, the log grows, and when it has grown
//! too long it is let go: the copy is behind then, and begins a new line when it can.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use words::Timestamp;

use super::CopySettings;
use super::log::{Commit, Log, Place};
use super::pages::End;
use crate::checkpoint::LogSize;
use crate::error::DbError;
use crate::sqlite::{self, sqlite_error};

/// Pages that change more often than once within it are copied once.
const PIECE_BYTES: usize = 16 * 1024 * 1024;

const READER_SETTINGS: &str = "PRAGMA cache_size = -64; PRAGMA query_only = ON;";
/// A transaction begins to read with its first statement.
const LOOK: &str = "SELECT COUNT(*) FROM sqlite_schema";

pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Pages that changed since the cut before.
#[derive(Debug)]
pub struct Cut {
    pub number: u64,
    pub pages: BTreeMap<u32, Vec<u8>>,
    pub end: End,
    bytes: usize,
}

/// What was read and where.
pub struct Follower {
    path: PathBuf,
    size: Arc<LogSize>,
    clock: Clock,
    held_bytes: usize,
    max_behind_bytes: u64,
    held: Mutex<Option<Held>>,
}

struct Held {
    log: Log,
    readers: [Connection; 2],
    /// Which of them holds its snapshot.
    current: usize,
    place: Place,
    /// Up to here everything is committed and may be read.
    commit: Option<Commit>,
    /// Commits of the writer when nothing more was found.
    seen: Option<u64>,
    pages: BTreeMap<u32, Vec<u8>>,
    bytes: usize,
    cuts: VecDeque<Cut>,
    cut_bytes: usize,
    next_number: u64,
    holds_until_ms: i64,
}

impl Follower {
    pub fn new(path: &Path, size: &Arc<LogSize>, settings: &CopySettings) -> Self {
        Self {
            path: path.to_owned(),
            size: Arc::clone(size),
            clock: Arc::clone(&settings.clock),
            held_bytes: settings.held_bytes,
            max_behind_bytes: settings.max_behind_bytes,
            held: Mutex::new(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        (self.clock)().as_millis()
    }

    pub fn is_following(&self) -> bool {
        self.lock().is_some()
    }

    /// Follows from this place on, which the log still holds; or from the newest commit on.
    pub fn begin(&self, place: Option<Place>, next_number: u64) -> Result<(), DbError> {
        let log = Log::of(&self.path);
        let readers = [open_reader(&self.path)?, open_reader(&self.path)?];
        begin_reading(&readers[0])?;
        let from = match place {
            Some(place) => place,
            None => newest(&log)?,
        };
        let held = Held {
            log,
            readers,
            current: 0,
            place: from,
            commit: None,
            seen: None,
            pages: BTreeMap::new(),
            bytes: 0,
            cuts: VecDeque::new(),
            cut_bytes: 0,
            next_number,
            holds_until_ms: self.now_ms(),
        };
        *self.lock() = Some(held);
        Ok(())
    }

    /// Lets the log go, with all that waited; the copy ends with what it has.
    pub fn let_go(&self, why: &str) {
        let held = self.lock().take();
        if held.is_some() {
            tracing::warn!(why, "the copy no longer follows the database; it will begin anew");
        }
    }

    /// Closes its connections when all is done.
    pub fn close(&self) {
        drop(self.lock().take());
    }

    /// Reads what was committed, when there is news; answers whether nothing is left to read.
    pub fn read_on(&self) -> bool {
        let (now_ms, commits) = (self.now_ms(), self.size.commits());
        if let Some(held) = self.lock().as_mut()
            && held.seen == Some(commits)
            && held.is_at_commit()
        {
            held.holds_until_ms = now_ms;
            return true;
        }
        self.catch_up()
    }

    /// Reads all that was committed, so that the log may begin anew as far as this is concerned. The writer calls it
    /// between two transactions. Answers whether that could be done, or need not be done.
    pub fn catch_up(&self) -> bool {
        let (now_ms, commits) = (self.now_ms(), self.size.commits());
        let mut state = self.lock();
        let Some(held) = state.as_mut() else { return true };
        let why = match held.renew(now_ms, self.held_bytes) {
            Ok(true) => {
                held.seen = Some(commits);
                return true;
            }
            Ok(false) if !held.is_behind_by(self.max_behind_bytes) => return false,
            Ok(false) => "its disk is too slow, or takes nothing".to_owned(),
            Err(DbError::Conflict { .. }) => return false,
            Err(error) => error.to_string(),
        };
        drop(state);
        self.let_go(&why);
        true
    }

    /// Makes a cut of all that was read; answers the number of the newest, and up to where they hold the log.
    pub fn cut(&self) -> Option<(u64, Place)> {
        let now_ms = self.now_ms();
        let mut state = self.lock();
        let held = state.as_mut()?;
        let pages = held.commit.filter(|_| held.is_at_commit()).map(|commit| commit.pages);
        held.cut(pages, now_ms);
        Some((held.next_number - 1, held.place))
    }

    /// The oldest cut is handed out and stays until it is written.
    pub fn oldest_cut(&self) -> Option<Cut> {
        let mut state = self.lock();
        state.as_mut()?.cuts.pop_front()
    }

    /// A cut was written: its room is free.
    pub fn is_written(&self, cut: &Cut) {
        if let Some(held) = self.lock().as_mut() {
            held.cut_bytes = held.cut_bytes.saturating_sub(cut.bytes);
        }
    }

    /// A cut could not be written and is the oldest again.
    pub fn put_back(&self, cut: Cut) {
        if let Some(held) = self.lock().as_mut()
            && held.cuts.front().map_or(held.next_number, |next| next.number) == cut.number + 1
        {
            held.cuts.push_front(cut);
        }
    }

    /// Until when everything was read, if nothing of it waits for the copy's disk.
    pub fn all_written(&self) -> Option<i64> {
        let state = self.lock();
        let held = state.as_ref()?;
        let is_all = held.bytes == 0 && held.cut_bytes == 0 && held.cuts.is_empty() && held.is_at_commit();
        is_all.then_some(held.holds_until_ms)
    }
}

impl Held {
    fn is_at_commit(&self) -> bool {
        self.commit.is_none_or(|commit| commit.place == self.place)
    }

    fn is_behind_by(&self, max_bytes: u64) -> bool {
        self.log.bytes_behind(&self.place).is_ok_and(|bytes| bytes > max_bytes)
    }

    /// Takes a new snapshot, reads up to it, and only then lets the old one go.
    fn renew(&mut self, now_ms: i64, room: usize) -> Result<bool, DbError> {
        let spare = 1 - self.current;
        begin_reading(&self.readers[spare])?;
        let is_at_end = self.read(now_ms, room).map_err(|error| DbError::Unavailable { message: error.to_string() });
        let over = if matches!(is_at_end, Ok(true)) { std::mem::replace(&mut self.current, spare) } else { spare };
        run(&self.readers[over], "COMMIT")?;
        is_at_end
    }

    /// Reads to the end; false when there is no room for it.
    fn read(&mut self, now_ms: i64, room: usize) -> std::io::Result<bool> {
        loop {
            if self.is_at_commit() {
                let Some(commit) = self.log.commit_behind(&self.place)? else {
                    self.holds_until_ms = now_ms;
                    return Ok(true);
                };
                self.commit = Some(commit);
            }
            if self.bytes + self.cut_bytes >= room {
                return Ok(false);
            }
            self.take_frames((2 * PIECE_BYTES).min(room - self.cut_bytes))?;
            let is_at_commit = self.is_at_commit();
            if self.bytes >= if is_at_commit { PIECE_BYTES } else { 2 * PIECE_BYTES } {
                self.cut(self.commit.filter(|_| is_at_commit).map(|commit| commit.pages), now_ms);
            }
        }
    }

    /// Takes them up to the commit, or until it holds so many bytes.
    fn take_frames(&mut self, most: usize) -> std::io::Result<()> {
        let Self { log, place, commit, pages, bytes, .. } = self;
        let Some(commit) = commit else { return Ok(()) };
        let from = *place;
        log.frames(&from, &commit.place, |number, content, at| {
            let kept = pages.entry(number).or_default();
            if kept.is_empty() {
                *bytes += content.len();
            }
            kept.clear();
            kept.extend_from_slice(content);
            *place = at;
            *bytes < most
        })
    }

    fn cut(&mut self, pages: Option<u32>, now_ms: i64) {
        if self.bytes == 0 {
            return;
        }
        let bytes = std::mem::take(&mut self.bytes);
        let end = End { pages, place: self.place, holds_until_ms: self.holds_until_ms, taken_at_ms: now_ms };
        let pages = std::mem::take(&mut self.pages);
        self.cuts.push_back(Cut { number: self.next_number, pages, end, bytes });
        self.cut_bytes += bytes;
        self.next_number += 1;
    }
}

fn newest(log: &Log) -> Result<Place, DbError> {
    let mut place = Place::default();
    let failed = |error: std::io::Error| DbError::Unavailable { message: error.to_string() };
    while let Some(commit) = log.commit_behind(&place).map_err(failed)? {
        place = commit.place;
    }
    Ok(place)
}

fn open_reader(path: &Path) -> Result<Connection, DbError> {
    let connection = sqlite::connect(path)?;
    only_read(&connection).map(|()| connection)
}

pub fn only_read(connection: &Connection) -> Result<(), DbError> {
    connection.execute_batch(READER_SETTINGS).map_err(|error| sqlite_error(&error, READER_SETTINGS))
}

pub fn begin_reading(connection: &Connection) -> Result<(), DbError> {
    run(connection, "BEGIN")?;
    let look = connection.prepare_cached(LOOK).and_then(|mut look| look.query_row([], |row| row.get::<_, i64>(0)));
    look.map(|_| ()).map_err(|error| {
        let _ = run(connection, "ROLLBACK");
        sqlite_error(&error, LOOK)
    })
}

pub fn run(connection: &Connection, text: &'static str) -> Result<(), DbError> {
    let done = connection.prepare_cached(text).and_then(|mut statement| statement.raw_execute());
    done.map(|_| ()).map_err(|error| sqlite_error(&error, text))
}
