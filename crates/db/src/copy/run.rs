//! The thread that keeps a copy: it follows the log, writes what changed, makes bases, and removes what is no longer needed.
//!
//! Nothing here is waited for by anybody: a disk that is slow, full, read-only or gone makes the copy late, and that is told.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::base::{Step, Underway};
use super::folder;
use super::follow::{Cut, Follower};
use super::pages::{self, Head, Writer};
use super::resume::{self, Resumed};
use super::status::Status;
use super::{CopySettings, Waiting};

/// Bases that stay, with all pieces after them: from the older one a person can go back at least a day.
const BASES_KEPT: usize = 2;
/// Pieces may come to so much more than twice their base before a new one is made: it bounds room, and the time of a restore.
const SPARE_BYTES: u64 = 256 * 1024 * 1024;
/// Looks at the log between two pieces; a failure is left alone for as long.
const TICKS_A_PIECE: u32 = 20;
/// Pieces for which a base that failed and a line that was let go are not begun anew: a minute. What was too much for them may
/// still last.
const REST_PIECES: i64 = 12;
/// Rest between two steps of a base: about as long as each takes.
const BASE_REST: Duration = Duration::from_millis(20);
const LOCK: &str = "copy.lock";

pub struct Copier {
    settings: CopySettings,
    database: PathBuf,
    schema: i32,
    follower: Arc<Follower>,
    status: Arc<Status>,
    lock: Option<File>,
    line: Option<Open>,
    /// What lies in the copy of each file that goes along: its length and when it was changed.
    beside: Vec<Option<(u64, SystemTime)>>,
    cut_at_ms: i64,
    failed_at_ms: Option<i64>,
    base_failed_at_ms: Option<i64>,
    let_go_at_ms: Option<i64>,
}

/// The line that is written.
struct Open {
    path: PathBuf,
    /// The newest piece that is written.
    written: u64,
    base_taken_at_ms: Option<i64>,
    base_bytes: u64,
    /// Since that base.
    piece_bytes: u64,
    /// Until when the written pieces hold everything.
    until_ms: Option<i64>,
    base: Option<Underway>,
}

impl Copier {
    pub fn new(
        settings: CopySettings,
        database: &Path,
        schema: i32,
        resumed: Option<Resumed>,
        (follower, status): (Arc<Follower>, Arc<Status>),
    ) -> Self {
        let line = resumed.map(|resumed| Open {
            path: resumed.line,
            written: resumed.next_number - 1,
            base_taken_at_ms: Some(resumed.base_taken_at_ms),
            base_bytes: resumed.base_bytes,
            piece_bytes: resumed.piece_bytes,
            until_ms: None,
            base: None,
        });
        let beside = vec![None; settings.beside.len()];
        let database = database.to_owned();
        let cut_at_ms = (settings.clock)().as_millis();
        Self {
            settings,
            database,
            schema,
            follower,
            status,
            lock: None,
            line,
            beside,
            cut_at_ms,
            failed_at_ms: None,
            base_failed_at_ms: None,
            let_go_at_ms: None,
        }
    }

    /// Works until the database is closed, and then writes what is left.
    pub fn run(mut self, waiting: &Waiting) {
        loop {
            let rest = if self.is_reading_a_base() { BASE_REST.min(self.settings.tick) } else { self.settings.tick };
            let is_closed = waiting.wait(rest);
            self.turn(is_closed);
            if is_closed {
                break;
            }
        }
        self.end();
        waiting.note_ended();
    }

    fn now_ms(&self) -> i64 {
        (self.settings.clock)().as_millis()
    }

    fn is_reading_a_base(&self) -> bool {
        self.failed_at_ms.is_none() && self.line.as_ref().is_some_and(|line| line.base.is_some())
    }

    fn turn(&mut self, is_last: bool) {
        let now_ms = self.now_ms();
        self.follower.read_on();
        if self.line.is_some() && !self.follower.is_following() {
            self.line = None;
            self.let_go_at_ms = Some(now_ms);
        }
        if is_last || has_passed(self.cut_at_ms, self.every_ms(), now_ms) {
            self.follower.cut();
            self.cut_at_ms = now_ms;
        }
        if !is_last && self.failed_at_ms.is_some_and(|at| !has_passed(at, self.every_ms(), now_ms)) {
            return;
        }
        self.status.begins(now_ms);
        let worked = self.work(is_last);
        self.failed_at_ms = worked.is_err().then_some(now_ms);
        self.status.ended(worked.err().map(|error| format!("{}: {error}", self.settings.folder.display())));
        self.tell_until();
    }

    fn every_ms(&self) -> i64 {
        millis(self.settings.tick * TICKS_A_PIECE)
    }

    /// Until when everything is in the copy, when a base is there to lay it over.
    fn tell_until(&self) {
        let Some(line) = self.line.as_ref().filter(|line| line.base_taken_at_ms.is_some()) else { return };
        if let Some(until_ms) = self.follower.all_written().or(line.until_ms) {
            self.status.copied_until(until_ms, self.now_ms());
        }
    }

    fn work(&mut self, is_last: bool) -> io::Result<()> {
        self.lock_folder()?;
        self.copy_beside()?;
        if self.line.as_ref().is_some_and(|line| !line.path.is_dir()) {
            self.follower.let_go("its folder was emptied");
            self.line = None;
        }
        if self.line.is_none() && !is_last {
            self.begin_line()?;
        }
        self.write_cuts()?;
        if is_last { Ok(()) } else { self.see_to_base() }
    }

    /// Only one process writes here. The folder itself is made by a person: a disk that is not mounted has none.
    fn lock_folder(&mut self) -> io::Result<()> {
        let path = self.settings.folder.join(LOCK);
        if self.lock.is_some() && path.exists() {
            return Ok(());
        }
        self.lock = None;
        if !self.settings.folder.is_dir() {
            let why = "there is no such folder; mount its disk, or make the folder";
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
        match file.try_lock() {
            Ok(()) => {
                self.warn_of_one_disk(&file)?;
                self.lock = Some(file);
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another installation keeps its copy here; name a folder of its own"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        match &self.line {
            Some(line) if line.base.is_none() => folder::sweep(&line.path),
            _ => Ok(()),
        }
    }

    /// A copy that dies with the database is half a copy.
    fn warn_of_one_disk(&self, here: &File) -> io::Result<()> {
        if here.metadata()?.dev() == fs::metadata(&self.database)?.dev() {
            let folder = self.settings.folder.display();
            tracing::warn!(%folder, "the copy lies on the disk of the database, and would be lost with it");
        }
        Ok(())
    }

    fn copy_beside(&mut self) -> io::Result<()> {
        for ((path, name), seen) in self.settings.beside.iter().zip(&mut self.beside) {
            let Ok(found) = fs::metadata(path) else { continue };
            let now = (found.len(), found.modified()?);
            if *seen == Some(now) {
                continue;
            }
            let target = self.settings.folder.join(name);
            let partial = pages::name_of_partial(&target);
            pages::write_private(&partial, &fs::read(path)?)?;
            pages::rename(&partial, &target)?;
            *seen = Some(now);
        }
        Ok(())
    }

    /// From now on everything that changes is followed; the pages as they are come with the first base.
    fn begin_line(&mut self) -> io::Result<()> {
        let begun_at_ms = self.now_ms();
        let rest_ms = REST_PIECES * self.every_ms();
        if self.let_go_at_ms.is_some_and(|at| !has_passed(at, rest_ms, begun_at_ms)) {
            return Err(io::Error::other("it could not keep up with the database, and begins anew in a minute"));
        }
        let path = folder::line_path(&self.settings.folder, begun_at_ms);
        folder::make_line(&path)?;
        if let Err(error) = self.follower.begin(None, 1) {
            fs::remove_dir(&path)?;
            return Err(io::Error::other(error));
        }
        tracing::info!(line = %path.display(), "a new line of the copy begins");
        let (base_taken_at_ms, until_ms, base) = (None, None, None);
        self.line = Some(Open { path, written: 0, base_taken_at_ms, base_bytes: 0, piece_bytes: 0, until_ms, base });
        self.let_go_at_ms = None;
        self.base_failed_at_ms = None;
        Ok(())
    }

    fn write_cuts(&mut self) -> io::Result<()> {
        let head = self.head(0);
        let Some(line) = &mut self.line else { return Ok(()) };
        while let Some(cut) = self.follower.oldest_cut() {
            match write_cut(&line.path, &head, &cut) {
                Ok(bytes) => {
                    (line.written, line.piece_bytes) = (cut.number, line.piece_bytes + bytes);
                    line.until_ms = cut.end.pages.map(|_| cut.end.holds_until_ms).or(line.until_ms);
                    self.follower.is_written(&cut);
                }
                Err(error) => {
                    self.follower.put_back(cut);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn head(&self, number: u64) -> Head {
        Head { program: self.settings.program.clone(), schema: self.schema, number }
    }

    fn see_to_base(&mut self) -> io::Result<()> {
        let now_ms = self.now_ms();
        let Some(line) = &self.line else { return Ok(()) };
        if line.base.is_none() {
            let has_failed =
                self.base_failed_at_ms.is_some_and(|at| !has_passed(at, REST_PIECES * self.every_ms(), now_ms));
            let is_old =
                line.base_taken_at_ms.is_none_or(|at| has_passed(at, millis(self.settings.base_every), now_ms));
            let is_due = is_old || line.piece_bytes > 2 * line.base_bytes + SPARE_BYTES;
            if has_failed || !is_due {
                return Ok(());
            }
        }
        let done = self.go_on_with_base(now_ms);
        if done.is_err() {
            self.base_failed_at_ms = Some(now_ms);
            if let Some(line) = &mut self.line {
                line.base = None;
                folder::sweep(&line.path)?;
            }
        }
        done
    }

    fn go_on_with_base(&mut self, now_ms: i64) -> io::Result<()> {
        let (database, head) = (self.database.clone(), self.head(0));
        let Some(line) = &mut self.line else { return Ok(()) };
        let base = match &mut line.base {
            Some(base) => base,
            None => {
                let Some((last, _)) = self.follower.cut() else { return Ok(()) };
                let number = last + 1;
                line.base.insert(Underway::begin(&database, &line.path, &Head { number, ..head })?)
            }
        };
        // The end of the base is that of the log after its last page was read.
        if matches!(base.step()?, Step::AllRead) {
            self.end_base()?;
        }
        self.write_cuts()?;
        self.complete_base(now_ms)
    }

    fn end_base(&mut self) -> io::Result<()> {
        let Some(base) = self.line.as_mut().and_then(|line| line.base.as_mut()) else { return Ok(()) };
        if !self.follower.catch_up() {
            return Ok(());
        }
        let Some((last, place)) = self.follower.cut() else { return Ok(()) };
        base.end(last, place, (self.settings.clock)().as_millis())
    }

    fn complete_base(&mut self, now_ms: i64) -> io::Result<()> {
        let Some(line) = &mut self.line else { return Ok(()) };
        let Some(base) = &mut line.base else { return Ok(()) };
        let Some(bytes) = base.complete(&line.path, line.written, now_ms)? else { return Ok(()) };
        tracing::info!(bytes, pieces = line.written, "the copy has a new base");
        line.base = None;
        (line.base_taken_at_ms, line.base_bytes, line.piece_bytes) = (Some(now_ms), bytes, 0);
        folder::prune(&self.settings.folder, BASES_KEPT)
    }

    /// Everybody else has closed the database: what is left is written, and noted as the end.
    fn end(mut self) {
        let is_written = self.follower.all_written().is_some();
        let line = self.line.take();
        self.follower.close();
        let Some(line) = line else { return };
        drop(line.base);
        let _ = folder::sweep(&line.path);
        if is_written && let Err(error) = resume::note_stopped(&self.database, &line.path, line.written) {
            tracing::warn!(%error, "the next start begins a new line of the copy");
        }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that was set back counts as time that has passed.
fn has_passed(since_ms: i64, span_ms: i64, now_ms: i64) -> bool {
    !(0..span_ms).contains(&(now_ms - since_ms))
}

fn write_cut(line: &Path, head: &Head, cut: &Cut) -> io::Result<u64> {
    let path = folder::piece_path(line, cut.number, cut.end.taken_at_ms);
    let partial = pages::name_of_partial(&path);
    let written = write_pages(partial.clone(), head, cut);
    if written.is_err() {
        // It is begun anew when it is tried again.
        let _ = fs::remove_file(&partial);
    }
    let bytes = written?;
    pages::rename(&partial, &path)?;
    Ok(bytes)
}

fn write_pages(partial: PathBuf, head: &Head, cut: &Cut) -> io::Result<u64> {
    let mut writer = Writer::create(partial, &Head { number: cut.number, ..head.clone() })?;
    for (number, content) in &cut.pages {
        writer.page(*number, content)?;
    }
    Ok(writer.finish(&cut.end)?.1)
}
