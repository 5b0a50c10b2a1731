//! The database's threads: each holds one connection and takes transactions from a queue.

use std::any::Any;
use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::Engine;
use crate::checkpoint::{self, LogSize};
use crate::copy::{self, Copy, CopySettings, CopyStatus};
use crate::disk::Disk;
use crate::error::DbError;
use crate::migrations::{self, Step};
use crate::postgres::{self, PostgresSession};
use crate::queue::Queue;
use crate::scrub;
use crate::snapshot;
use crate::sqlite::{self, SqliteSession};
use crate::transact::{panic_message, probe, transact, transact_again};
use crate::tx::{Mode, Session, Tx};

/// Threads that read beside SQLite's one that writes.
const SQLITE_READERS: usize = 3;
/// Connections to PostgreSQL of one process; its server allows 100 in all until told otherwise.
const POSTGRES_WRITERS: usize = 4;
const POSTGRES_READERS: usize = 4;
/// How long `is_writable` waits.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// Guards the schema against two processes that start at once.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_lock(7310579612)";

/// The database. Cheap to clone; all clones share the threads, which end with the last clone or with [`Db::close`].
#[derive(Clone)]
pub struct Db(Arc<Threads>);

struct Threads {
    engine: Engine,
    writes: Arc<Queue>,
    reads: Arc<Queue>,
    handles: Mutex<Vec<JoinHandle<()>>>,
    file: Option<File>,
}

/// SQLite: how long its write-ahead log is, and the disk on which it is.
#[derive(Clone)]
struct File {
    log_size: Arc<LogSize>,
    disk: Arc<Disk>,
    copy: Option<Arc<Copy>>,
}

impl Db {
    /// Opens or makes the SQLite file at `path` (its folders too, all for their owner's eyes only) and brings its schema
    /// to the last of `steps`. Before a schema changes, the file is copied beside itself: `entente.sqlite.schema-3`.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the file cannot be used or copied; [`DbError::Migration`].
    pub fn open_sqlite(path: &Path, steps: &[Step]) -> Result<Self, DbError> {
        Self::open_file(path, steps, None)
    }

    /// [`Db::open_sqlite`], with a copy of the file that is kept up to date for as long as this is open.
    ///
    /// # Errors
    /// As [`Db::open_sqlite`]. A copy that cannot be made is no error: [`Db::copy_status`] tells.
    pub fn open_sqlite_copied(path: &Path, steps: &[Step], copy: CopySettings) -> Result<Self, DbError> {
        Self::open_file(path, steps, Some(copy))
    }

    fn open_file(path: &Path, steps: &[Step], copy: Option<CopySettings>) -> Result<Self, DbError> {
        create_private(path)
            .map_err(|error| DbError::Unavailable { message: format!("{}: {error}", path.display()) })?;
        let schema = steps.iter().map(|step| step.version).max().unwrap_or_default();
        let mut line = copy.as_ref().and_then(|settings| copy::find_line(settings, path, schema));
        let mut connection = sqlite::connect(path)?;
        if let Some(seen) = migrations::pending(&mut connection, steps)? {
            snapshot::take(&mut connection, path, seen)?;
            line = None;
        }
        let size = Arc::new(LogSize::default());
        let copied = copy.as_ref().map(|settings| Arc::new(Copy::begin(settings, path, &size, line.as_ref())));
        migrations::run(&mut connection, steps, Engine::Sqlite)?;
        sqlite::describe_tables(&connection).map_err(|error| sqlite::sqlite_error(&error, "ANALYZE"))?;
        // What an earlier process left in the log when its disk failed is written and synced anew, before more comes.
        checkpoint::carry_over(&connection)?;
        let disk = Arc::new(Disk::under(path));
        checkpoint::watch(&mut connection, &size)?;
        let writer = SqliteSession::new(connection, Mode::Write)?.watching(Arc::clone(&disk)).copied(copied.clone());
        let writer = Session::Sqlite(Box::new(writer));
        let read = || Ok(Session::Sqlite(Box::new(SqliteSession::new(sqlite::connect(path)?, Mode::Read)?)));
        let readers: Vec<Session> = (0..SQLITE_READERS).map(|_| read()).collect::<Result<_, DbError>>()?;
        let file = File { log_size: size, disk, copy: copied.clone() };
        let db = Self::start(Engine::Sqlite, vec![writer], readers, Some(file.clone()))?;
        db.0.carry_over_beside(path.to_owned(), file)?;
        if let (Some(copied), Some(settings)) = (copied, copy) {
            copied.start(settings, path, schema, line)?;
        }
        Ok(db)
    }

    /// Connects to the server at `url` (`postgres://…`; with TLS when `sslmode` asks for it) and brings its schema to the
    /// last of `steps`. Later connections open when needed, and again when they broke.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when the server cannot be reached; [`DbError::Migration`].
    pub fn open_postgres(url: &str, steps: &[Step]) -> Result<Self, DbError> {
        let server = postgres::server(url)?;
        on_own_thread(|| {
            let mut client = postgres::connect(&server)?;
            client.batch_execute(MIGRATION_LOCK).map_err(|error| postgres::postgres_error(&error, MIGRATION_LOCK))?;
            migrations::run(&mut client, steps, Engine::Postgres)
        })?;
        let session = |mode| Session::Postgres(Box::new(PostgresSession::new(server.clone(), mode)));
        let writers = (0..POSTGRES_WRITERS).map(|_| session(Mode::Write)).collect();
        let readers = (0..POSTGRES_READERS).map(|_| session(Mode::Read)).collect();
        Self::start(Engine::Postgres, writers, readers, None)
    }

    /// Opens the SQLite file at `path` beside whoever works on it, for transactions that read.
    ///
    /// # Errors
    /// [`DbError::Unavailable`] when there is no such file; [`DbError::Migration`] when its schema is not that of `steps`.
    pub fn read_sqlite(path: &Path, steps: &[Step]) -> Result<Self, DbError> {
        if !path.is_file() {
            return Err(DbError::Unavailable { message: format!("{}: there is no such file", path.display()) });
        }
        let session = SqliteSession::new(sqlite::connect(path)?, Mode::Read)?;
        Self::start_reading(Engine::Sqlite, Session::Sqlite(Box::new(session)), steps)
    }

    /// [`Db::read_sqlite`] for the server at `url`.
    ///
    /// # Errors
    /// As [`Db::read_sqlite`].
    pub fn read_postgres(url: &str, steps: &[Step]) -> Result<Self, DbError> {
        let session = PostgresSession::new(postgres::server(url)?, Mode::Read);
        Self::start_reading(Engine::Postgres, Session::Postgres(Box::new(session)), steps)
    }

    fn start_reading(engine: Engine, reader: Session, steps: &[Step]) -> Result<Self, DbError> {
        let db = Self::start(engine, Vec::new(), vec![reader], None)?;
        db.0.writes.close();
        migrations::check(db.read_blocking(|tx| tx.schema_version())?, steps)?;
        Ok(db)
    }

    /// Which database answers.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Runs a transaction that may write, and answers after it is durable.
    ///
    /// It commits when `run` answers `Ok`; it rolls back when it answers `Err` or panics. The closure runs to its end even
    /// if the caller stops waiting. It must not wait for another transaction: SQLite has one thread for all that write.
    /// When PostgreSQL undid it because another transaction was in the way, a clone of it runs again, three times at most:
    /// what it does outside the transaction belongs into [`Tx::after_commit`].
    ///
    /// # Errors
    /// What `run` answers; or a [`DbError`]: see [`DbError::is_retryable`]. After `Unavailable` it is not known whether
    /// the transaction was committed.
    pub async fn write<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.0.writes.run(move |session| transact_again(session, run)).await
    }

    /// Runs a transaction that only reads: it sees one snapshot, whatever is written meanwhile.
    ///
    /// # Errors
    /// What `run` answers; or a [`DbError`]: [`DbError::ReadOnly`] when it tries to write.
    pub async fn read<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.0.reads.run(move |session| transact(session, Mode::Read, run).0).await
    }

    /// [`Db::write`] for threads that may block; never on an async thread.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.0.writes.run_blocking(move |session| transact_again(session, run))
    }

    /// [`Db::write_blocking`] for one long transaction that consumes what it is given: it never runs again, and PostgreSQL
    /// lets it rest between its statements for as long as it likes.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_once_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.0.writes.run_blocking(move |session| {
            let patiently = |tx: &mut Tx<'_>| tx.may_rest().map_err(E::from).and_then(|()| run(tx));
            transact(session, Mode::Write, patiently).0
        })
    }

    /// [`Db::read`] for threads that may block; never on an async thread.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub fn read_blocking<T, E, F>(&self, run: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.0.reads.run_blocking(move |session| transact(session, Mode::Read, run).0)
    }

    /// Whether a transaction that writes gets through within two seconds.
    pub async fn is_writable(&self) -> bool {
        let (sender, receiver) = oneshot::channel();
        let job = move |session: &mut Session| {
            let _ = sender.send(probe(session));
        };
        let answer = async { matches!(receiver.await, Ok(Ok(()))) };
        self.0.writes.push(Box::new(job)).is_ok() && tokio::time::timeout(PROBE_TIMEOUT, answer).await.unwrap_or(false)
    }

    /// Sets how many bytes of the disk under SQLite's file stay free: see [`Db::has_room`].
    pub fn keep_free(&self, bytes: u64) {
        if let Some(file) = &self.0.file {
            file.disk.keep_free(bytes);
        }
    }

    /// Whether the reserve of the disk is touched, or soon will be.
    pub fn is_nearly_full(&self) -> bool {
        self.0.file.as_ref().is_some_and(|file| file.disk.is_nearly_full())
    }

    /// Whether more than the reserve of the disk is free. Who takes data in asks before he does, so that what the house
    /// itself must write (timers, sessions) still finds room. PostgreSQL's disk is not ours to look at.
    pub fn has_room(&self) -> bool {
        let Some(file) = &self.0.file else { return true };
        let has_room = file.disk.has_room();
        if !has_room {
            self.0.reclaim(file);
        }
        has_room
    }

    /// Bytes that are free on the disk under SQLite's file.
    pub fn free_bytes(&self) -> Option<u64> {
        self.0.file.as_ref()?.disk.free_bytes()
    }

    /// How late the copy is, if there is to be one.
    pub fn copy_status(&self) -> Option<CopyStatus> {
        Some(self.0.file.as_ref()?.copy.as_ref()?.status())
    }

    /// Waits until the disk under SQLite's file fails, and tells how. From then on every transaction that writes is
    /// refused: only a new process, which reads what is really there, may go on.
    pub async fn disk_failed(&self) -> String {
        match &self.0.file {
            Some(file) => file.disk.failed().await,
            None => std::future::pending().await,
        }
    }

    /// How many transactions wait for a thread: those that write, those that read.
    pub fn waiting(&self) -> (usize, usize) {
        (self.0.writes.waiting(), self.0.reads.waiting())
    }

    /// Takes from the disk what was deleted from these tables: see [`crate::scrub`]. On SQLite it answers whether the
    /// write-ahead log could be ended too, which a long reader (a backup) keeps from happening: then try again.
    ///
    /// # Errors
    /// [`DbError`].
    pub async fn scrub(&self, tables: &'static [&'static str]) -> Result<bool, DbError> {
        match self.engine() {
            Engine::Postgres => {
                for table in tables {
                    let vacuum = |session: &mut Session| match session {
                        Session::Postgres(session) => session.vacuum(table),
                        Session::Sqlite(_) => Ok(()),
                    };
                    self.0.writes.run(vacuum).await?;
                }
                Ok(true)
            }
            Engine::Sqlite => {
                self.wipe_remains().await?;
                self.end_log().await
            }
        }
    }

    async fn wipe_remains(&self) -> Result<(), DbError> {
        let count = self.0.reads.run(|session| of_sqlite(session, |session| session.page_count())).await?;
        let mut first = 1;
        while first <= count {
            let look = move |session: &mut Session| of_sqlite(session, |session| session.with_remains(first, count));
            let pages: Vec<u32> = self.0.reads.run(look).await?;
            if !pages.is_empty() {
                let wipe = move |session: &mut Session| of_sqlite(session, |session| session.wipe(&pages));
                self.0.writes.run(wipe).await?;
            }
            first = first.saturating_add(scrub::PAGES_A_STEP);
        }
        Ok(())
    }

    /// Carries the whole log over and cuts it to nothing; answers whether nobody kept it from that for too long.
    async fn end_log(&self) -> Result<bool, DbError> {
        for _ in 0..scrub::TRIES {
            let file = self.0.file.clone();
            let end =
                move |session: &mut Session| of_sqlite(session, |session| Ok(session.give_back_log(scrub::PATIENCE)));
            if self.0.writes.run(end).await? {
                if let Some(file) = file {
                    file.log_size.note_empty();
                }
                return Ok(true);
            }
            tokio::time::sleep(scrub::PAUSE).await;
        }
        Ok(false)
    }

    /// Lets the waiting transactions run, refuses new ones with [`DbError::Closed`], and answers when all connections are
    /// closed. It counts for all clones.
    pub async fn close(self) {
        self.0.shut();
        // The threads are joined where blocking does no harm; they end by themselves even if that were refused.
        let _ = tokio::task::spawn_blocking(move || self.close_blocking()).await;
    }

    /// [`Db::close`] for threads that may block; never on one of the database's own.
    pub fn close_blocking(self) {
        self.0.shut();
        let handles = std::mem::take(&mut *self.0.handles.lock().unwrap_or_else(PoisonError::into_inner));
        for handle in handles {
            // A thread ends only with its queue: every panic of a transaction was caught.
            let _ = handle.join();
        }
        if let Some(copy) = self.0.file.as_ref().and_then(|file| file.copy.as_ref()) {
            copy.close();
            copy.wait_for_end();
        }
    }

    fn start(
        engine: Engine,
        writers: Vec<Session>,
        readers: Vec<Session>,
        file: Option<File>,
    ) -> Result<Self, DbError> {
        let (writes, reads) = (Arc::default(), Arc::default());
        let threads = Threads { engine, writes, reads, handles: Mutex::default(), file };
        threads.spawn("db-write", writers, &threads.writes)?;
        threads.spawn("db-read", readers, &threads.reads)?;
        Ok(Self(Arc::new(threads)))
    }
}

impl Threads {
    fn spawn(&self, name: &str, sessions: Vec<Session>, queue: &Arc<Queue>) -> Result<(), DbError> {
        for mut session in sessions {
            let queue = Arc::clone(queue);
            let work = move || {
                while let Some(job) = queue.pop() {
                    job(&mut session);
                }
            };
            let handle = thread::Builder::new().name(name.to_owned()).spawn(work);
            let handle = handle.map_err(|error| DbError::Unavailable { message: error.to_string() })?;
            self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        }
        Ok(())
    }

    /// Starts the thread that carries SQLite's write-ahead log over beside the one that writes.
    fn carry_over_beside(&self, path: PathBuf, file: File) -> Result<(), DbError> {
        let writes = Arc::clone(&self.writes);
        let copied = file.copy.clone();
        let finish = move || {
            // What can be read without the writer need not be read while it waits.
            if let Some(copied) = &copied {
                copied.follower.catch_up();
            }
            let (done, is_done) = std::sync::mpsc::sync_channel(1);
            let copy = move |session: &mut Session| {
                if let Session::Sqlite(session) = session {
                    session.carry_over();
                }
                let _ = done.send(());
            };
            // Refused only when the database is being closed.
            if writes.push(Box::new(copy)).is_ok() {
                let _ = is_done.recv();
            }
        };
        let work = move || checkpoint::run(&path, &file.log_size, &file.disk, finish);
        let handle = thread::Builder::new().name("db-checkpoint".to_owned()).spawn(work);
        let handle = handle.map_err(|error| DbError::Unavailable { message: error.to_string() })?;
        self.handles.lock().unwrap_or_else(PoisonError::into_inner).push(handle);
        Ok(())
    }

    /// Asks the writer for the room of its log, once until it has answered.
    fn reclaim(&self, file: &File) {
        if !file.log_size.is_worth_emptying() || file.disk.is_reclaiming.swap(true, Ordering::Relaxed) {
            return;
        }
        let file = file.clone();
        let job = move |session: &mut Session| {
            if let Session::Sqlite(session) = session
                && session.give_back_log(Duration::ZERO)
            {
                file.log_size.note_empty();
            }
            file.disk.is_reclaiming.store(false, Ordering::Relaxed);
        };
        // Refused only when the database is being closed or overrun.
        let _ = self.writes.push(Box::new(job));
    }

    fn shut(&self) {
        if let Some(file) = &self.file {
            file.log_size.close();
        }
        self.writes.close();
        self.reads.close();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.shut();
        if let Some(copy) = self.file.as_ref().and_then(|file| file.copy.as_ref()) {
            copy.close();
        }
    }
}

/// Something that only SQLite does.
fn of_sqlite<T: Default>(
    session: &mut Session,
    run: impl FnOnce(&mut SqliteSession) -> Result<T, DbError>,
) -> Result<T, DbError> {
    match session {
        Session::Sqlite(session) => run(session),
        Session::Postgres(_) => Ok(T::default()),
    }
}

/// PostgreSQL's client brings a runtime of its own, which must not start on an async thread.
fn on_own_thread<T: Send>(work: impl FnOnce() -> Result<T, DbError> + Send) -> Result<T, DbError> {
    thread::scope(|scope| {
        let panicked = |panic: Box<dyn Any + Send>| DbError::Panicked { message: panic_message(panic.as_ref()) };
        scope.spawn(work).join().unwrap_or_else(|panic| Err(panicked(panic)))
    })
}

fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).map(|_| ())
}
