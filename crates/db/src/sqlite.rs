//! One SQLite connection: its settings, its transactions, and how values reach it.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi;
use rusqlite::types::{ToSqlOutput, Value as SqliteValue, ValueRef as SqliteRef};
use rusqlite::{CachedStatement, Connection, ErrorCode};

use crate::Engine;
use crate::checkpoint;
use crate::copy::Copy;
use crate::dialect::translate;
use crate::disk::Disk;
use crate::error::DbError;
use crate::row::Row;
use crate::scrub;
use crate::tx::{Mode, Text};
use crate::value::{ToValue, Value, ValueRef};

/// How long to wait for another process that writes (a command line beside a running server).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Prepared statements kept; more than the product has.
const STATEMENTS: usize = 512;

/// No memory map: its pages count once per connection as memory of the process, and an error of the disk under it ends
/// the process. The write-ahead log is carried over by [`crate::checkpoint`], never inside a commit. What is deleted is
/// overwritten; see [`crate::scrub`] for what that leaves.
const SETTINGS: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA mmap_size = 0;
PRAGMA wal_autocheckpoint = 0;
PRAGMA journal_size_limit = 268435456;
PRAGMA case_sensitive_like = ON;
PRAGMA secure_delete = ON;
PRAGMA trusted_schema = OFF;
";
/// 160 MB of pages for the one that writes, taken as they are needed: with a million people each event reads four or five.
const WRITER_SETTINGS: &str = "PRAGMA cache_size = -163840;";
/// 8 MB for each that reads.
const READER_SETTINGS: &str = "PRAGMA cache_size = -8192; PRAGMA query_only = ON;";

/// A connection with its transaction and its translated statements.
pub struct SqliteSession {
    connection: Connection,
    /// What the one that writes must know of its disk.
    disk: Option<Arc<Disk>>,
    /// Who must have read the log before it may begin anew.
    copy: Option<Arc<Copy>>,
    translations: HashMap<(usize, usize), Box<str>>,
}

/// Opens a connection with the settings that every transaction relies on.
pub fn connect(path: &Path) -> Result<Connection, DbError> {
    let unavailable = |error: rusqlite::Error| DbError::Unavailable { message: format!("{}: {error}", path.display()) };
    let connection = Connection::open(path).map_err(unavailable)?;
    configure(&connection).map_err(unavailable)?;
    Ok(connection)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without these, "a misspelt column" would be a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    rusqlite::vtab::array::load_module(connection)?;
    connection.execute_batch(SETTINGS)
}

/// Tells the planner what the tables will be like, in the form of `ANALYZE`'s own findings.
///
/// Without it SQLite takes the first column of every key to single out ten rows; here that column is the workspace, which
/// singles out nothing, and statements on a few profiles would walk whole tables. Real findings would be those of the
/// day they were taken, and an empty table has none.
pub fn describe_tables(connection: &Connection) -> rusqlite::Result<()> {
    let indexes: i64 = connection.query_row(COUNT_INDEXES, [], |row| row.get(0))?;
    connection.execute_batch("ANALYZE sqlite_schema")?;
    let described: i64 = connection.query_row("SELECT COUNT(*) FROM sqlite_stat1", [], |row| row.get(0))?;
    if described == indexes {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE; DELETE FROM sqlite_stat1;")?;
    let mut columns = connection.prepare(INDEX_COLUMNS)?;
    let mut rows = columns.query([])?;
    let mut stats: std::collections::BTreeMap<(String, String), Vec<u64>> = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (index, name): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let (place, is_unique_end): (i64, bool) = (row.get(3)?, row.get(4)?);
        let found = stats.entry((row.get(0)?, index)).or_default();
        let here = if is_unique_end { 1 } else { rows_of_one_value(name.as_deref().unwrap_or_default(), place) };
        found.push(here.min(found.last().copied().unwrap_or(ASSUMED_ROWS)));
    }
    for ((table, index), counts) in stats {
        let counts: Vec<String> = std::iter::once(ASSUMED_ROWS).chain(counts).map(|count| count.to_string()).collect();
        connection.execute(INSERT_STAT, (table, index, counts.join(" ")))?;
    }
    // Read anew, so that this connection plans with them too.
    connection.execute_batch("COMMIT; ANALYZE sqlite_schema")
}

const ASSUMED_ROWS: u64 = 1_000_000;
const COUNT_INDEXES: &str = "SELECT COUNT(*) FROM sqlite_schema m, pragma_index_list(m.name) i
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^'";
const INDEX_COLUMNS: &str = "SELECT m.name, i.name, c.name, c.seqno,
  i.\"unique\" AND c.seqno = (SELECT MAX(seqno) FROM pragma_index_info(i.name))
FROM sqlite_schema m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^'
ORDER BY m.name, i.name, c.seqno";
const INSERT_STAT: &str = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?1, ?2, ?3)";

/// How many rows share the values of a key up to this column.
fn rows_of_one_value(column: &str, place: i64) -> u64 {
    match (column, place) {
        ("workspace_id", _) => ASSUMED_ROWS,
        ("name" | "kind" | "status" | "stage" | "segment_no" | "source_no" | "day", _) => 50_000,
        (_, 0 | 1) => 20,
        _ => 2,
    }
}

impl SqliteSession {
    /// A session that writes or only reads.
    pub fn new(connection: Connection, mode: Mode) -> Result<Self, DbError> {
        let settings = match mode {
            Mode::Write => WRITER_SETTINGS,
            Mode::Read => READER_SETTINGS,
        };
        connection.execute_batch(settings).map_err(|error| sqlite_error(&error, settings))?;
        Ok(Self { connection, disk: None, copy: None, translations: HashMap::new() })
    }

    /// The session that writes to this disk: it is the first to learn that the disk fails.
    pub fn watching(self, disk: Arc<Disk>) -> Self {
        Self { disk: Some(disk), ..self }
    }

    /// The session that writes, whose log is copied.
    pub fn copied(self, copy: Option<Arc<Copy>>) -> Self {
        Self { copy, ..self }
    }

    /// Notes a failure of the disk; other errors say nothing about it.
    pub fn heed(&self, error: &DbError) {
        if let (Some(disk), DbError::Disk { message }) = (&self.disk, error) {
            disk.fail(message);
        }
    }

    pub fn begin(&mut self, mode: Mode) -> Result<(), DbError> {
        if let Some(message) = self.disk.as_ref().and_then(|disk| disk.failure()) {
            return Err(DbError::Disk { message });
        }
        match mode {
            Mode::Write => self.control("BEGIN IMMEDIATE"),
            Mode::Read => self.control("BEGIN"),
        }
    }

    pub fn commit(&mut self) -> Result<(), DbError> {
        self.control("COMMIT")
    }

    pub fn roll_back(&mut self) {
        // SQLite has already rolled back after some errors (a full disk): then there is nothing to do.
        if !self.connection.is_autocommit()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    /// Carries over what is left of the write-ahead log, between two transactions.
    pub fn carry_over(&mut self) {
        if let Some(copy) = &self.copy {
            copy.follower.catch_up();
        }
        if let Err(error) = checkpoint::carry_over(&self.connection) {
            self.heed(&error);
        }
        // Once more: its snapshot no longer stands in the log that was carried over.
        if let Some(copy) = &self.copy {
            copy.follower.catch_up();
        }
    }

    /// Carries the whole log over and gives its room back, if no reader holds it for longer than `patience`.
    pub fn give_back_log(&mut self, patience: Duration) -> bool {
        if let Some(copy) = self.copy.clone() {
            copy.make_way();
            self.carry_over();
        }
        // The settings of an open connection are changed in memory: that does not fail.
        let _ = self.connection.busy_timeout(patience);
        let done = checkpoint::empty(&self.connection);
        let _ = self.connection.busy_timeout(BUSY_TIMEOUT);
        if let Err(error) = &done {
            self.heed(error);
        }
        done.unwrap_or(false)
    }

    /// How many pages the file has.
    pub fn page_count(&self) -> Result<u32, DbError> {
        scrub::page_count(&self.connection)
    }

    /// Of the pages from `first` on those that hold something in room that no row has.
    pub fn with_remains(&self, first: u32, count: u32) -> Result<Vec<u32>, DbError> {
        scrub::with_remains(&self.connection, first, count)
    }

    /// Overwrites such room, in a transaction of its own.
    pub fn wipe(&mut self, pages: &[u32]) -> Result<(), DbError> {
        self.begin(Mode::Write)?;
        let done = scrub::wipe(&self.connection, pages).and_then(|()| self.commit());
        if let Err(error) = &done {
            self.heed(error);
            self.roll_back();
        }
        done
    }

    /// Writes one page, to see that the disk takes it.
    pub fn probe(&mut self) -> Result<(), DbError> {
        self.control("PRAGMA user_version = 1")
    }

    fn control(&mut self, text: &'static str) -> Result<(), DbError> {
        let statement = self.connection.prepare_cached(text);
        let done = statement.and_then(|mut statement| statement.raw_execute());
        let done = done.map(|_| ()).map_err(|error| sqlite_error(&error, text));
        done.inspect_err(|error| self.heed(error))
    }

    pub fn check(&mut self, text: &str) -> Result<(), DbError> {
        let prepared = self.connection.prepare(&translate(text, Engine::Sqlite));
        prepared.map(|_| ()).map_err(|error| sqlite_error(&error, text))
    }

    pub fn execute(&mut self, text: Text<'_>, parameters: &[&dyn ToValue]) -> Result<usize, DbError> {
        let mut statement = self.prepare(text)?;
        bind(&mut statement, text, parameters.len(), parameters.iter().map(|parameter| parameter.to_value()))?;
        statement.raw_execute().map_err(|error| sqlite_error(&error, text.as_str()))
    }

    pub fn each(
        &mut self,
        text: Text<'_>,
        parameters: &[&dyn ToValue],
        on_row: &mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.prepare(text)?;
        bind(&mut statement, text, parameters.len(), parameters.iter().map(|parameter| parameter.to_value()))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| sqlite_error(&error, text.as_str()))? {
            if on_row(&Row::sqlite(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Executes the statement for each row, telling how many rows each changed.
    pub fn execute_rows(
        &mut self,
        text: Text<'_>,
        rows: &mut dyn Iterator<Item = Vec<Value>>,
        on_count: &mut dyn FnMut(usize),
    ) -> Result<(), DbError> {
        let mut statement = self.prepare(text)?;
        for row in rows {
            bind(&mut statement, text, row.len(), row.iter().map(ToValue::to_value))?;
            on_count(statement.raw_execute().map_err(|error| sqlite_error(&error, text.as_str()))?);
        }
        Ok(())
    }

    /// Reads with a statement for one key, its last parameter, for each of a list of keys.
    pub fn each_of(
        &mut self,
        literal: &'static str,
        parameters: &[&dyn ToValue],
        on_row: &mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        let not_a_list = || DbError::Parameter { number: parameters.len(), reason: "it is no list".to_owned() };
        let (keys, others) = parameters.split_last().ok_or_else(not_a_list)?;
        let keys = keys.to_value();
        let mut seen = HashSet::new();
        for at in 0..keys.list_length().ok_or_else(not_a_list)? {
            let Some(key) = keys.listed(at) else { break };
            let mut written = Vec::new();
            key.write_key(&mut written);
            if !seen.insert(written) {
                continue;
            }
            let mut statement = self.prepare(Text::Static(literal))?;
            let values = others.iter().map(|other| other.to_value()).chain([key]);
            bind(&mut statement, Text::Static(literal), parameters.len(), values)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(|error| sqlite_error(&error, literal))? {
                if on_row(&Row::sqlite(row))?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn prepare(&mut self, text: Text<'_>) -> Result<CachedStatement<'_>, DbError> {
        let prepared = match text {
            Text::Static(literal) => {
                let key = (literal.as_ptr().addr(), literal.len());
                let translated =
                    self.translations.entry(key).or_insert_with(|| translate(literal, Engine::Sqlite).into());
                self.connection.prepare_cached(translated)
            }
            Text::Composed(composed) => self.connection.prepare_cached(&translate(composed, Engine::Sqlite)),
        };
        prepared.map_err(|error| sqlite_error(&error, text.as_str()))
    }
}

fn bind<'a>(
    statement: &mut CachedStatement<'_>,
    text: Text<'_>,
    given: usize,
    parameters: impl Iterator<Item = ValueRef<'a>>,
) -> Result<(), DbError> {
    let wanted = statement.parameter_count();
    if wanted != given {
        let message = format!("the statement takes {wanted} parameters and was given {given}");
        return Err(DbError::Sql { text: text.as_str().to_owned(), message });
    }
    for (index, value) in parameters.enumerate() {
        let bound = statement.raw_bind_parameter(index + 1, Bound(value));
        bound.map_err(|error| sqlite_error(&error, text.as_str()))?;
    }
    Ok(())
}

struct Bound<'a>(ValueRef<'a>);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let borrowed = match &self.0 {
            ValueRef::Null => SqliteRef::Null,
            ValueRef::Int(int) => SqliteRef::Integer(*int),
            // SQLite loses the sign of -0.0 on disk: then both engines do.
            ValueRef::Real(real) => SqliteRef::Real(real + 0.0),
            ValueRef::Text(text) => SqliteRef::Text(text.as_bytes()),
            ValueRef::Bytes(bytes) => SqliteRef::Blob(bytes),
            ValueRef::Bool(bool) => SqliteRef::Integer(i64::from(*bool)),
            ValueRef::Uuid(uuid) => SqliteRef::Blob(uuid.as_bytes()),
            ValueRef::IntList(list) => return Ok(array(list.iter().map(|int| SqliteValue::Integer(*int)))),
            ValueRef::TextList(list) => return Ok(array(list.iter().map(|text| SqliteValue::Text(text.clone())))),
            ValueRef::BytesList(list) => return Ok(array(list.iter().map(|bytes| SqliteValue::Blob(bytes.clone())))),
            ValueRef::UuidList(list) => {
                return Ok(array(list.iter().map(|uuid| SqliteValue::Blob(uuid.as_bytes().to_vec()))));
            }
        };
        Ok(ToSqlOutput::Borrowed(borrowed))
    }
}

fn array<'a>(values: impl Iterator<Item = SqliteValue>) -> ToSqlOutput<'a> {
    ToSqlOutput::from_rc(Rc::new(values.collect::<Vec<_>>()), c"rarray")
}

/// Sorts an error by what a caller can do.
pub fn sqlite_error(error: &rusqlite::Error, text: &str) -> DbError {
    let rusqlite::Error::SqliteFailure(failure, detail) = error else {
        return DbError::Sql { text: text.to_owned(), message: error.to_string() };
    };
    let message = detail.clone().unwrap_or_else(|| failure.to_string());
    match failure.code {
        ErrorCode::ConstraintViolation => constraint_error(failure.extended_code, message),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => DbError::Conflict { message },
        ErrorCode::ReadOnly | ErrorCode::AuthorizationForStatementDenied => DbError::ReadOnly { message },
        ErrorCode::DiskFull => DbError::Full { message },
        // The file of the log's index could not grow: no room, and no fault of the disk.
        ErrorCode::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => DbError::Full { message },
        ErrorCode::SystemIoFailure => DbError::Disk { message },
        ErrorCode::CannotOpen | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::OutOfMemory => {
            DbError::Unavailable { message }
        }
        _ => DbError::Sql { text: text.to_owned(), message },
    }
}

fn constraint_error(extended_code: i32, message: String) -> DbError {
    let is_unique = matches!(
        extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
    );
    if !is_unique {
        return DbError::Constraint { message };
    }
    // "UNIQUE constraint failed: segments.workspace_id, segments.name"
    let columns = message.split_once(": ").map_or(message.as_str(), |(_, columns)| columns);
    let table = columns.split('.').next().unwrap_or(columns);
    DbError::Unique { table: table.to_owned(), constraint: columns.to_owned() }
}
