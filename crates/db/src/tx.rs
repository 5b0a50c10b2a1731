//! A transaction: the statements that a closure may run, the same for both engines.

use std::ops::ControlFlow;

use crate::Engine;
use crate::error::DbError;
use crate::postgres::PostgresSession;
use crate::row::Row;
use crate::sql::{Fragment, Sql};
use crate::sqlite::SqliteSession;
use crate::value::{ToValue, Value};

/// What a transaction may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Write,
    Read,
}

/// The text of a statement: a literal, which is cached by its address, or a composed one.
#[derive(Clone, Copy)]
pub enum Text<'a> {
    Static(&'static str),
    Composed(&'a str),
}

impl<'a> Text<'a> {
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Static(literal) => literal,
            Self::Composed(composed) => composed,
        }
    }
}

/// A connection of either engine.
pub enum Session {
    Sqlite(Box<SqliteSession>),
    Postgres(Box<PostgresSession>),
}

/// An open transaction. It ends with the closure that it was given to.
///
/// A statement that fails, on either engine, leaves the transaction able only to roll back: further statements answer
/// [`DbError::Aborted`], and so does the transaction even if its closure answers `Ok`.
pub struct Tx<'a> {
    session: &'a mut Session,
    has_failed: bool,
    met_conflict: bool,
    after_commit: Vec<Box<dyn FnOnce() + Send>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(session: &'a mut Session) -> Self {
        Self { session, has_failed: false, met_conflict: false, after_commit: Vec::new() }
    }

    pub(crate) fn met_conflict(&self) -> bool {
        self.met_conflict
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Runs something short when the transaction has been committed, before the caller hears of it and, on SQLite, before
    /// the next transaction that writes begins. It never runs when the transaction is not committed.
    pub fn after_commit(&mut self, run: impl FnOnce() + Send + 'static) {
        self.after_commit.push(Box::new(run));
    }

    pub(crate) fn take_after_commit(&mut self) -> Vec<Box<dyn FnOnce() + Send>> {
        std::mem::take(&mut self.after_commit)
    }

    /// Which database answers.
    pub fn engine(&self) -> Engine {
        match self.session {
            Session::Sqlite(_) => Engine::Sqlite,
            Session::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement that answers no rows, and tells how many it changed.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn execute(&mut self, sql: Sql, parameters: &[&dyn ToValue]) -> Result<usize, DbError> {
        self.execute_text(Text::Static(sql.text()), parameters)
    }

    /// Reads all rows into a `Vec`; for many rows see [`Tx::query_each`].
    ///
    /// # Errors
    /// [`DbError`], or what `read` answers.
    pub fn query<T>(
        &mut self,
        sql: Sql,
        parameters: &[&dyn ToValue],
        read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        self.query_text(Text::Static(sql.text()), parameters, read)
    }

    /// Reads the only row.
    ///
    /// # Errors
    /// [`DbError::NoRow`] and [`DbError::SeveralRows`] when there is not exactly one.
    pub fn query_one<T>(
        &mut self,
        sql: Sql,
        parameters: &[&dyn ToValue],
        read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        self.query_opt(sql, parameters, read)?.ok_or_else(|| DbError::NoRow { text: sql.text().to_owned() })
    }

    /// Reads the only row, if there is one.
    ///
    /// # Errors
    /// [`DbError::SeveralRows`] when there are several.
    pub fn query_opt<T>(
        &mut self,
        sql: Sql,
        parameters: &[&dyn ToValue],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Option<T>, DbError> {
        let mut found = None;
        self.query_each(sql, parameters, |row| {
            if found.is_some() {
                return Err(DbError::SeveralRows { text: sql.text().to_owned() });
            }
            found = Some(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    /// Gives the rows one by one without collecting them, until the closure breaks: memory stays flat.
    ///
    /// # Errors
    /// [`DbError`], or what `on_row` answers.
    pub fn query_each(
        &mut self,
        sql: Sql,
        parameters: &[&dyn ToValue],
        mut on_row: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        self.each_text(Text::Static(sql.text()), parameters, &mut on_row)
    }

    /// Runs a `SELECT` that finds by one key, its last parameter, for each key of a list and reads all rows, in no order; a
    /// repeated key is looked up once. PostgreSQL does it in one round trip and always by the index of the key, which
    /// `IN LIST` leaves to what the server believes of the table: it is for look-ups that every event makes.
    ///
    /// # Errors
    /// [`DbError`], or what `read` answers.
    pub fn query_each_of<T>(
        &mut self,
        sql: Sql,
        parameters: &[&dyn ToValue],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        let mut on_row = |row: &Row<'_>| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        };
        self.guarded(|session| {
            refuse(parameters.iter().map(|parameter| parameter.to_value().refusal()))?;
            match session {
                Session::Sqlite(sqlite) => sqlite.each_of(sql.text(), parameters, &mut on_row),
                Session::Postgres(postgres) => postgres.each_of(sql.text(), parameters, &mut on_row),
            }
        })?;
        Ok(found)
    }

    /// The database's own clock, in Unix milliseconds: one clock for all processes that share it.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn clock_ms(&mut self) -> Result<i64, DbError> {
        let text = match self.engine() {
            Engine::Sqlite => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            Engine::Postgres => "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        };
        let found = self.query_text(Text::Static(text), &[], |row| row.get(0))?;
        found.first().copied().ok_or_else(|| DbError::NoRow { text: text.to_owned() })
    }

    /// [`Tx::execute`] for a composed statement.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn execute_dynamic(&mut self, fragment: &Fragment) -> Result<usize, DbError> {
        self.execute_text(Text::Composed(&fragment.text()), &fragment.parameters())
    }

    /// [`Tx::query`] for a composed statement.
    ///
    /// # Errors
    /// [`DbError`], or what `read` answers.
    pub fn query_dynamic<T>(
        &mut self,
        fragment: &Fragment,
        read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        self.query_text(Text::Composed(&fragment.text()), &fragment.parameters(), read)
    }

    /// [`Tx::query_each`] for a composed statement.
    ///
    /// # Errors
    /// [`DbError`], or what `on_row` answers.
    pub fn query_each_dynamic(
        &mut self,
        fragment: &Fragment,
        mut on_row: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        self.each_text(Text::Composed(&fragment.text()), &fragment.parameters(), &mut on_row)
    }

    /// Inserts many rows by `INSERT INTO t (a, b) VALUES ($1, $2) [ON CONFLICT …]`, as if one after the other, and tells
    /// how many were inserted or changed. PostgreSQL is given whole columns at once, which is fast unless parameters or
    /// `RETURNING` follow `VALUES`, or `DO UPDATE` has a conflict target that is not filled by plain parameters.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn insert_many(&mut self, sql: Sql, rows: impl IntoIterator<Item = Vec<Value>>) -> Result<usize, DbError> {
        let mut count = 0;
        self.with_rows(rows.into_iter(), |session, rows| match session {
            Session::Sqlite(sqlite) => {
                sqlite.execute_rows(Text::Static(sql.text()), rows, &mut |changed| count += changed)
            }
            Session::Postgres(postgres) => postgres.insert_many(sql.text(), rows).map(|changed| count = changed),
        })?;
        Ok(count)
    }

    /// Runs a statement (`UPDATE`, `DELETE`) for each row of parameters, as if one after the other, and tells how many rows
    /// they changed. PostgreSQL is given all at once when `WHERE` is columns that equal parameters (the row's key); else
    /// each is a round trip.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn execute_many(&mut self, sql: Sql, rows: Vec<Vec<Value>>) -> Result<usize, DbError> {
        let mut count = 0;
        let text = Text::Static(sql.text());
        self.with_rows(rows.into_iter(), |session, rows| match session {
            Session::Sqlite(sqlite) => sqlite.execute_rows(text, rows, &mut |changed| count += changed),
            Session::Postgres(postgres) => postgres.execute_many(sql.text(), rows).map(|changed| count = changed),
        })?;
        Ok(count)
    }

    /// Waits until no other transaction holds the same key, and holds it until this one ends. On SQLite the one writer
    /// already excludes all others.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn lock_workspace(&mut self, key: i64) -> Result<(), DbError> {
        match self.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => {
                self.execute_text(Text::Static("SELECT pg_advisory_xact_lock($1)"), &[&key]).map(|_| ())
            }
        }
    }

    /// Lifts the limit on how long PostgreSQL waits for this transaction's next statement.
    pub(crate) fn may_rest(&mut self) -> Result<(), DbError> {
        match self.engine() {
            Engine::Sqlite => Ok(()),
            Engine::Postgres => {
                self.execute_text(Text::Static("SET LOCAL idle_in_transaction_session_timeout TO 0"), &[]).map(|_| ())
            }
        }
    }

    /// Prepares a statement without running it, to see that this engine and schema understand it.
    ///
    /// # Errors
    /// [`DbError::Sql`].
    pub fn check(&mut self, sql: Sql) -> Result<(), DbError> {
        self.guarded(|session| match session {
            Session::Sqlite(sqlite) => sqlite.check(sql.text()),
            Session::Postgres(postgres) => postgres.check(sql.text()),
        })
    }

    fn execute_text(&mut self, text: Text<'_>, parameters: &[&dyn ToValue]) -> Result<usize, DbError> {
        self.guarded(|session| {
            refuse(parameters.iter().map(|parameter| parameter.to_value().refusal()))?;
            match session {
                Session::Sqlite(sqlite) => sqlite.execute(text, parameters),
                Session::Postgres(postgres) => postgres.execute(text, parameters),
            }
        })
    }

    fn query_text<T>(
        &mut self,
        text: Text<'_>,
        parameters: &[&dyn ToValue],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DbError>,
    ) -> Result<Vec<T>, DbError> {
        let mut found = Vec::new();
        self.each_text(text, parameters, &mut |row| {
            found.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    pub(crate) fn each_text(
        &mut self,
        text: Text<'_>,
        parameters: &[&dyn ToValue],
        on_row: &mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        self.guarded(|session| {
            refuse(parameters.iter().map(|parameter| parameter.to_value().refusal()))?;
            match session {
                Session::Sqlite(sqlite) => sqlite.each(text, parameters, on_row),
                Session::Postgres(postgres) => postgres.each(text, parameters, on_row),
            }
        })
    }

    /// Gives `run` the rows up to the first that cannot be stored, and then answers why.
    fn with_rows(
        &mut self,
        rows: impl Iterator<Item = Vec<Value>>,
        run: impl FnOnce(&mut Session, &mut dyn Iterator<Item = Vec<Value>>) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        self.guarded(|session| {
            let mut refused = None;
            let mut storable = rows.map_while(|row| {
                refused = refuse(row.iter().map(|value| value.to_value().refusal())).err();
                refused.is_none().then_some(row)
            });
            let done = run(session, &mut storable);
            drop(storable);
            refused.map_or(done, Err)
        })
    }

    pub(crate) fn guarded<T>(&mut self, run: impl FnOnce(&mut Session) -> Result<T, DbError>) -> Result<T, DbError> {
        if self.has_failed {
            return Err(DbError::Aborted);
        }
        let done = run(self.session);
        self.has_failed = done.is_err();
        self.met_conflict = matches!(done, Err(DbError::Conflict { .. }));
        if let (Err(error), Session::Sqlite(sqlite)) = (&done, &*self.session) {
            sqlite.heed(error);
        }
        done
    }
}

fn refuse(refusals: impl Iterator<Item = Option<&'static str>>) -> Result<(), DbError> {
    for (index, refusal) in refusals.enumerate() {
        if let Some(reason) = refusal {
            return Err(DbError::Parameter { number: index + 1, reason: reason.to_owned() });
        }
    }
    Ok(())
}

impl Session {
    pub fn begin(&mut self, mode: Mode) -> Result<(), DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin(mode),
            Self::Postgres(postgres) => postgres.begin(mode),
        }
    }

    pub fn commit(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.commit(),
            Self::Postgres(postgres) => postgres.commit(),
        }
    }

    pub fn roll_back(&mut self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.roll_back(),
            Self::Postgres(postgres) => postgres.roll_back(),
        }
    }

    /// Does the least that shows the database takes writes; inside a transaction.
    pub fn probe(&mut self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.probe(),
            // A standby already refuses to begin a transaction that writes.
            Self::Postgres(_) => Ok(()),
        }
    }
}
