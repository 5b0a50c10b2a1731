//! One PostgreSQL connection: opened when first needed and again when it broke, and its statements.

use std::collections::{HashMap, HashSet};
use std::error::Error as StdError;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ::postgres::binary_copy::BinaryCopyInWriter;
use ::postgres::error::SqlState;
use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::{Kind, ToSql, Type};
use ::postgres::{Client, Config, NoTls, Statement};

use crate::Engine;
use crate::dialect::{BulkInsert, translate};
use crate::error::DbError;
use crate::row::Row;
use crate::tx::{Mode, Text};
use crate::value::{ToValue, Value};
use crate::wire::{Bound, Column};

/// Statements composed at run time that stay prepared on a connection; past it they are all let go.
const COMPOSED_STATEMENTS: usize = 256;
/// Rows of one bulk insert: a few megabytes for one message.
const BULK_ROWS: usize = 5_000;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that opens itself.
pub struct PostgresSession {
    config: Config,
    live: Option<Live>,
}

struct Live {
    client: Client,
    statements: HashMap<(usize, usize), Statement>,
    composed: HashMap<String, Statement>,
    bulks: HashMap<(usize, usize), Option<Arc<Bulk>>>,
}

/// A bulk insert as PostgreSQL has prepared it.
struct Bulk {
    insert: BulkInsert,
    all: Statement,
    /// Answers the keys that were new; only with a key that parameters fill.
    new: Option<Statement>,
}

/// Reads a `postgres://` URL and adds what every connection needs.
pub fn config(url: &str) -> Result<Config, DbError> {
    let mut config: Config =
        url.parse().map_err(|error| DbError::Unavailable { message: format!("malformed database URL: {error}") })?;
    if config.get_application_name().is_none() {
        config.application_name("entente");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    Ok(config)
}

/// Opens a connection. Must not be called on an async thread: the client brings its own runtime.
pub fn connect(config: &Config) -> Result<Client, DbError> {
    let mut client = config.connect(NoTls).map_err(|error| DbError::Unavailable { message: described(&error) })?;
    let settings = "SET client_min_messages TO warning; SET timezone TO 'UTC'";
    client.batch_execute(settings).map_err(|error| postgres_error(&error, settings))?;
    Ok(client)
}

impl PostgresSession {
    /// A session that connects with its first transaction.
    pub fn new(config: Config) -> Self {
        Self { config, live: None }
    }

    pub fn begin(&mut self, mode: Mode) -> Result<(), DbError> {
        let text = match mode {
            Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            Mode::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let was_connected = self.live.is_some();
        match self.control(text) {
            Err(DbError::Unavailable { .. }) if was_connected => {
                // The server went away since the last transaction: nothing is lost by connecting anew.
                tracing::warn!("the connection to PostgreSQL was lost; connecting again");
                self.live = None;
                self.control(text)
            }
            begun => begun,
        }
    }

    pub fn commit(&mut self) -> Result<(), DbError> {
        self.control("COMMIT")
    }

    pub fn roll_back(&mut self) {
        if self.control("ROLLBACK").is_err() {
            // The server rolls back what a closed connection leaves open.
            self.live = None;
        }
    }

    fn control(&mut self, text: &'static str) -> Result<(), DbError> {
        let done = self.live()?.client.batch_execute(text);
        done.map_err(|error| postgres_error(&error, text))
    }

    pub fn check(&mut self, text: &str) -> Result<(), DbError> {
        let prepared = self.live()?.client.prepare(&translate(text, Engine::Postgres));
        prepared.map(|_| ()).map_err(|error| postgres_error(&error, text))
    }

    pub fn execute(&mut self, text: Text<'_>, parameters: &[&dyn ToValue]) -> Result<usize, DbError> {
        let live = self.live()?;
        let statement = live.statement(text)?;
        let parameters: Vec<Bound<'_>> = parameters.iter().map(|parameter| Bound(parameter.to_value())).collect();
        live.run(&statement, text, &parameters, &mut |_| Ok(ControlFlow::Continue(())))
    }

    pub fn each(
        &mut self,
        text: Text<'_>,
        parameters: &[&dyn ToValue],
        on_row: &mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        let live = self.live()?;
        let statement = live.statement(text)?;
        let parameters: Vec<Bound<'_>> = parameters.iter().map(|parameter| Bound(parameter.to_value())).collect();
        live.run(&statement, text, &parameters, &mut |row| on_row(&Row::postgres(row))).map(|_| ())
    }

    /// Executes the statement for each row, telling how many rows each changed.
    pub fn execute_rows(
        &mut self,
        text: Text<'_>,
        rows: &mut dyn Iterator<Item = Vec<Value>>,
        on_count: &mut dyn FnMut(usize),
    ) -> Result<(), DbError> {
        let live = self.live()?;
        let statement = live.statement(text)?;
        for row in rows {
            let parameters: Vec<Bound<'_>> = row.iter().map(|value| Bound(value.to_value())).collect();
            on_count(live.run(&statement, text, &parameters, &mut |_| Ok(ControlFlow::Continue(())))?);
        }
        Ok(())
    }

    /// Inserts all rows with few statements, as if one after the other; answers how many were inserted or changed.
    pub fn insert_many(
        &mut self,
        literal: &'static str,
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<usize, DbError> {
        let live = self.live()?;
        let bulk = live.bulk(literal)?.filter(|bulk| !bulk.insert.may_update || bulk.insert.key.is_some());
        let mut count = 0;
        let Some(bulk) = bulk else {
            self.execute_rows(Text::Static(literal), rows, &mut |changed| count += changed)?;
            return Ok(count);
        };
        loop {
            let chunk: Vec<Vec<Value>> = rows.take(BULK_ROWS).collect();
            if chunk.is_empty() {
                return Ok(count);
            }
            for round in rounds(&bulk.insert, &chunk) {
                count += live.run_bulk(&bulk.all, literal, &bulk.insert, &round, &mut |_| Ok(()))?;
            }
        }
    }

    /// Inserts the rows that are new and tells for each whether it was.
    pub fn insert_new(&mut self, literal: &'static str, rows: Vec<Vec<Value>>) -> Result<Vec<bool>, DbError> {
        let live = self.live()?;
        let bulk = live.bulk(literal)?.filter(|bulk| !bulk.insert.may_update);
        let mut answers = Vec::with_capacity(rows.len());
        let Some((bulk, new, key)) =
            bulk.as_ref().and_then(|bulk| Some((bulk, bulk.new.as_ref()?, bulk.insert.key.as_ref()?)))
        else {
            let mut rows = rows.into_iter();
            self.execute_rows(Text::Static(literal), &mut rows, &mut |changed| answers.push(changed > 0))?;
            return Ok(answers);
        };
        for chunk in rows.chunks(BULK_ROWS) {
            let chunk: Vec<&Vec<Value>> = chunk.iter().collect();
            let mut inserted: HashSet<Vec<u8>> = HashSet::new();
            live.run_bulk(new, literal, &bulk.insert, &chunk, &mut |row| {
                inserted.insert(row_key(row)?);
                Ok(())
            })?;
            answers.extend(chunk.iter().map(|row| inserted.remove(&key_of(row, &key.parameters))));
        }
        Ok(answers)
    }

    /// Adds rows by PostgreSQL's own bulk format.
    pub fn copy_in(&mut self, text: &str, types: &[Type], rows: &[Vec<Value>]) -> Result<(), DbError> {
        let refused = |error: ::postgres::Error| postgres_error(&error, text);
        let mut copy = BinaryCopyInWriter::new(self.live()?.client.copy_in(text).map_err(refused)?, types);
        for row in rows {
            copy.write_raw(row.iter().map(|value| Bound(value.to_value()))).map_err(refused)?;
        }
        copy.finish().map(|_| ()).map_err(refused)
    }

    fn live(&mut self) -> Result<&mut Live, DbError> {
        if self.live.is_none() {
            let client = connect(&self.config)?;
            self.live =
                Some(Live { client, statements: HashMap::new(), composed: HashMap::new(), bulks: HashMap::new() });
        }
        self.live.as_mut().ok_or_else(|| DbError::Unavailable { message: "not connected".to_owned() })
    }
}

impl Live {
    fn statement(&mut self, text: Text<'_>) -> Result<Statement, DbError> {
        match text {
            Text::Static(literal) => {
                let key = (literal.as_ptr().addr(), literal.len());
                if let Some(statement) = self.statements.get(&key) {
                    return Ok(statement.clone());
                }
                let statement = self.prepare(&translate(literal, Engine::Postgres))?;
                self.statements.insert(key, statement.clone());
                Ok(statement)
            }
            Text::Composed(composed) => {
                if let Some(statement) = self.composed.get(composed) {
                    return Ok(statement.clone());
                }
                let statement = self.prepare(&translate(composed, Engine::Postgres))?;
                if self.composed.len() >= COMPOSED_STATEMENTS {
                    self.composed.clear();
                }
                self.composed.insert(composed.to_owned(), statement.clone());
                Ok(statement)
            }
        }
    }

    fn prepare(&mut self, text: &str) -> Result<Statement, DbError> {
        self.client.prepare(text).map_err(|error| postgres_error(&error, text))
    }

    fn bulk(&mut self, literal: &'static str) -> Result<Option<Arc<Bulk>>, DbError> {
        let key = (literal.as_ptr().addr(), literal.len());
        if let Some(bulk) = self.bulks.get(&key) {
            return Ok(bulk.clone());
        }
        let bulk = self.prepare_bulk(literal)?.map(Arc::new);
        self.bulks.insert(key, bulk.clone());
        Ok(bulk)
    }

    /// The single-row statement tells the types of the columns to give.
    fn prepare_bulk(&mut self, literal: &'static str) -> Result<Option<Bulk>, DbError> {
        let Some(insert) = BulkInsert::parse(literal) else { return Ok(None) };
        let single = self.statement(Text::Static(literal))?;
        let is_flat = single.params().iter().all(|kind| matches!(kind.kind(), Kind::Simple));
        if !is_flat || single.params().len() != insert.parameter_count {
            return Ok(None);
        }
        let types: Vec<&str> = single.params().iter().map(Type::name).collect();
        let all = self.prepare(&insert.text(&types))?;
        let new = insert.text_returning_key(&types).map(|text| self.prepare(&text)).transpose()?;
        Ok(Some(Bulk { insert, all, new }))
    }

    fn run_bulk(
        &mut self,
        statement: &Statement,
        literal: &'static str,
        insert: &BulkInsert,
        rows: &[&Vec<Value>],
        on_row: &mut dyn FnMut(&::postgres::Row) -> Result<(), DbError>,
    ) -> Result<usize, DbError> {
        let wanted = insert.parameter_count;
        if let Some(row) = rows.iter().find(|row| row.len() != wanted) {
            let message = format!("the statement takes {wanted} parameters and was given {}", row.len());
            return Err(DbError::Sql { text: literal.to_owned(), message });
        }
        let columns: Vec<Column<'_>> = (0..wanted).map(|index| Column { rows, index }).collect();
        self.run(statement, Text::Static(literal), &columns, &mut |row| on_row(row).map(|()| ControlFlow::Continue(())))
    }

    /// Runs the statement, gives its rows one by one, and answers how many rows it changed.
    fn run<P: ToSql + Sync>(
        &mut self,
        statement: &Statement,
        text: Text<'_>,
        parameters: &[P],
        on_row: &mut dyn FnMut(&::postgres::Row) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<usize, DbError> {
        let (wanted, given) = (statement.params().len(), parameters.len());
        if wanted != given {
            let message = format!("the statement takes {wanted} parameters and was given {given}");
            return Err(DbError::Sql { text: text.as_str().to_owned(), message });
        }
        let refused = |error: ::postgres::Error| postgres_error(&error, text.as_str());
        let mut rows = self.client.query_raw(statement, parameters).map_err(refused)?;
        while let Some(row) = rows.next().map_err(refused)? {
            if on_row(&row)?.is_break() {
                return Ok(0);
            }
        }
        Ok(rows.rows_affected().map_or(0, |count| usize::try_from(count).unwrap_or(usize::MAX)))
    }
}

/// Splits rows so that none holds a key twice: PostgreSQL refuses to update a row twice in one statement. A key's rows
/// keep their order from round to round.
fn rounds<'a>(insert: &BulkInsert, rows: &'a [Vec<Value>]) -> Vec<Vec<&'a Vec<Value>>> {
    let Some(key) = insert.key.as_ref().filter(|_| insert.may_update) else {
        return vec![rows.iter().collect()];
    };
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut rounds: Vec<Vec<&Vec<Value>>> = Vec::new();
    for row in rows {
        let count = seen.entry(key_of(row, &key.parameters)).or_insert(0);
        if *count == rounds.len() {
            rounds.push(Vec::new());
        }
        rounds[*count].push(row);
        *count += 1;
    }
    rounds
}

fn key_of(row: &[Value], parameters: &[usize]) -> Vec<u8> {
    let mut key = Vec::new();
    for value in parameters.iter().filter_map(|index| row.get(*index)) {
        value.to_value().write_key(&mut key);
    }
    key
}

fn row_key(row: &::postgres::Row) -> Result<Vec<u8>, DbError> {
    let row_of_key = Row::postgres(row);
    let mut key = Vec::new();
    for index in 0..row.len() {
        row_of_key.value(index)?.write_key(&mut key);
    }
    Ok(key)
}

/// Sorts an error by what a caller can do.
pub fn postgres_error(error: &::postgres::Error, text: &str) -> DbError {
    let message = described(error);
    let Some(refusal) = error.as_db_error() else {
        let is_connection = error.is_closed() || is_io(error);
        return match is_connection {
            true => DbError::Unavailable { message },
            false => DbError::Sql { text: text.to_owned(), message },
        };
    };
    let name = |name: Option<&str>| name.unwrap_or("unknown").to_owned();
    match refusal.code() {
        code if *code == SqlState::UNIQUE_VIOLATION => {
            DbError::Unique { table: name(refusal.table()), constraint: name(refusal.constraint()) }
        }
        code if code.code().starts_with("23") => DbError::Constraint { message },
        code if [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
        ]
        .contains(code) =>
        {
            DbError::Conflict { message }
        }
        code if *code == SqlState::READ_ONLY_SQL_TRANSACTION => DbError::ReadOnly { message },
        code if *code == SqlState::DISK_FULL => DbError::Full { message },
        code if ["08", "53", "57P"].iter().any(|class| code.code().starts_with(class)) => {
            DbError::Unavailable { message }
        }
        _ => DbError::Sql { text: text.to_owned(), message },
    }
}

fn is_io(error: &::postgres::Error) -> bool {
    error.source().is_some_and(|source| source.is::<std::io::Error>())
}

fn described(error: &::postgres::Error) -> String {
    if let Some(refusal) = error.as_db_error() {
        return refusal.message().to_owned();
    }
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
