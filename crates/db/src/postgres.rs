//! One PostgreSQL connection: opened when first needed and again when it broke, and its statements.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ::postgres::binary_copy::BinaryCopyInWriter;
use ::postgres::error::SqlState;
use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::{Kind, ToSql, Type};
use ::postgres::{Client, Statement};

use crate::Engine;
use crate::dialect::{BulkChange, BulkInsert, for_each_key, translate};
use crate::error::DbError;
use crate::postgres_tls::Server;
use crate::row::Row;
use crate::scrub;
use crate::tx::{Mode, Text};
use crate::value::{ToValue, Value};
use crate::wire::{Bound, Column};

/// Statements composed at run time that stay prepared on a connection; past it they are all let go.
const COMPOSED_STATEMENTS: usize = 256;
/// Rows of one bulk insert: a few megabytes for one message.
const BULK_ROWS: usize = 5_000;
/// A lost first packet is sent again after one second and after three. An attempt that gives up then is followed by a fresh
/// one, whose packets come every second again, so that a network that comes back is noticed within seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// A server that vanished without a word is given up after this long; the system alone would wait a quarter of an hour. A
/// pause of the network or of the server's machine may last a few seconds; whoever waits is told 503 after it.
const UNHEARD_TIMEOUT: Duration = Duration::from_secs(6);
/// While an answer is awaited and nothing is left to send, these packets ask whether the server is still there. Its system
/// answers them, however long a statement takes.
const ASK_AFTER: Duration = Duration::from_secs(3);
const ASK_EVERY: Duration = Duration::from_secs(1);
const ASK_TIMES: u32 = 3;
/// A commit is on disk before it is acknowledged, whatever the server is told to do for others.
const SETTINGS: &str = "SET client_min_messages TO warning; SET timezone TO 'UTC';
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A process that is stopped, or cut off, in the middle of a transaction holds locks that others wait for: the server ends
/// it. Plans join by key from row to row, so that one made while a table was small is not slow when it is large.
const WRITER_SETTINGS: &str = "
SET idle_in_transaction_session_timeout TO '10s';
SET tcp_user_timeout TO '15s';
SET tcp_keepalives_idle TO 10;
SET tcp_keepalives_interval TO 5;
SET tcp_keepalives_count TO 3;
SET enable_hashjoin TO off;
SET enable_mergejoin TO off;
";
/// An old snapshot keeps the server from clearing away; a backup reads for long and is never idle so long.
const READER_SETTINGS: &str = "SET idle_in_transaction_session_timeout TO '10min';";

/// A connection that opens itself.
pub struct PostgresSession {
    server: Server,
    mode: Mode,
    live: Option<Live>,
}

struct Live {
    client: Client,
    statements: HashMap<(usize, usize), Statement>,
    composed: HashMap<String, Statement>,
    bulks: HashMap<(usize, usize), Option<Arc<Bulk>>>,
    changes: HashMap<(usize, usize), Option<PreparedChange>>,
    lookups: HashMap<(usize, usize), Statement>,
}

/// A change by key, and its statement for many rows.
type PreparedChange = Arc<(BulkChange, Statement)>;

/// A bulk insert as PostgreSQL has prepared it.
struct Bulk {
    insert: BulkInsert,
    all: Statement,
}

/// Reads a `postgres://` URL and adds what every connection needs.
pub fn server(url: &str) -> Result<Server, DbError> {
    let mut server = Server::parse(url)?;
    let config = &mut server.config;
    if config.get_application_name().is_none() {
        config.application_name("entente");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNHEARD_TIMEOUT);
        config.keepalives_idle(ASK_AFTER).keepalives_interval(ASK_EVERY).keepalives_retries(ASK_TIMES);
    }
    Ok(server)
}

/// Opens a connection. Must not be called on an async thread: the client brings its own runtime.
pub fn connect(server: &Server) -> Result<Client, DbError> {
    let mut client = server.connect().map_err(|error| DbError::Unavailable { message: described(&error) })?;
    client.batch_execute(SETTINGS).map_err(|error| postgres_error(&error, SETTINGS))?;
    Ok(client)
}

impl PostgresSession {
    /// A session that connects with its first transaction.
    pub fn new(server: Server, mode: Mode) -> Self {
        Self { server, mode, live: None }
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

    /// Clears the rows away that were deleted from a table, outside of a transaction.
    pub fn vacuum(&mut self, table: &str) -> Result<(), DbError> {
        let text = scrub::vacuum_of(table)?;
        let done = self.live()?.client.batch_execute(&text);
        done.map_err(|error| {
            self.live = None;
            postgres_error(&error, &text)
        })
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

    /// Reads with a statement for one key, its last parameter, for each of a list of keys: in one round trip, and by the
    /// index that serves one key, whatever the server believes of the table.
    pub fn each_of(
        &mut self,
        literal: &'static str,
        parameters: &[&dyn ToValue],
        on_row: &mut dyn FnMut(&Row<'_>) -> Result<ControlFlow<()>, DbError>,
    ) -> Result<(), DbError> {
        let live = self.live()?;
        let statement = live.lookup(literal, parameters.len())?;
        let parameters: Vec<Bound<'_>> = parameters.iter().map(|parameter| Bound(parameter.to_value())).collect();
        live.run(&statement, Text::Static(literal), &parameters, &mut |row| on_row(&Row::postgres(row))).map(|_| ())
    }

    /// Changes by key for each row; answers how many rows were changed.
    pub fn execute_many(
        &mut self,
        literal: &'static str,
        rows: &mut dyn Iterator<Item = Vec<Value>>,
    ) -> Result<usize, DbError> {
        let live = self.live()?;
        let mut count = 0;
        let Some(bulk) = live.change(literal)? else {
            self.execute_rows(Text::Static(literal), rows, &mut |changed| count += changed)?;
            return Ok(count);
        };
        let (change, statement) = &*bulk;
        loop {
            let chunk: Vec<Vec<Value>> = rows.take(BULK_ROWS).collect();
            if chunk.is_empty() {
                return Ok(count);
            }
            for round in rounds(&change.key, &chunk) {
                count += live.run_bulk(statement, literal, change.parameter_count, &round)?;
            }
        }
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
            let whole = || vec![chunk.iter().collect()];
            let key = bulk.insert.key.as_ref().filter(|_| bulk.insert.may_update);
            for round in key.map_or_else(whole, |key| rounds(key, &chunk)) {
                count += live.run_bulk(&bulk.all, literal, bulk.insert.parameter_count, &round)?;
            }
        }
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
            self.server.reach.check()?;
            let mut client = connect(&self.server).inspect_err(|error| self.server.reach.note(error))?;
            let settings = match self.mode {
                Mode::Write => WRITER_SETTINGS,
                Mode::Read => READER_SETTINGS,
            };
            client.batch_execute(settings).map_err(|error| postgres_error(&error, settings))?;
            self.live = Some(Live {
                client,
                statements: HashMap::new(),
                composed: HashMap::new(),
                bulks: HashMap::new(),
                changes: HashMap::new(),
                lookups: HashMap::new(),
            });
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

    fn change(&mut self, literal: &'static str) -> Result<Option<PreparedChange>, DbError> {
        let key = (literal.as_ptr().addr(), literal.len());
        if let Some(change) = self.changes.get(&key) {
            return Ok(change.clone());
        }
        let prepared = match BulkChange::parse(literal) {
            None => None,
            Some(change) => {
                let single = self.statement(Text::Static(literal))?;
                let types: Vec<&str> = single.params().iter().map(Type::name).collect();
                let all = self.prepare(&change.text(&types))?;
                is_flat(&single).then(|| Arc::new((change, all)))
            }
        };
        self.changes.insert(key, prepared.clone());
        Ok(prepared)
    }

    fn lookup(&mut self, literal: &'static str, given: usize) -> Result<Statement, DbError> {
        let key = (literal.as_ptr().addr(), literal.len());
        if let Some(statement) = self.lookups.get(&key) {
            return Ok(statement.clone());
        }
        let single = self.statement(Text::Static(literal))?;
        let (wanted, kind) = (single.params().len(), single.params().last().map(Type::name));
        let Some(kind) = kind.filter(|_| wanted == given) else {
            let message = format!("the statement takes {wanted} parameters and was given {given}");
            return Err(DbError::Sql { text: literal.to_owned(), message });
        };
        let all = self.prepare(&for_each_key(&translate(literal, Engine::Postgres), wanted, kind))?;
        self.lookups.insert(key, all.clone());
        Ok(all)
    }

    /// The single-row statement tells the types of the columns to give.
    fn prepare_bulk(&mut self, literal: &'static str) -> Result<Option<Bulk>, DbError> {
        let Some(insert) = BulkInsert::parse(literal) else { return Ok(None) };
        let single = self.statement(Text::Static(literal))?;
        if !is_flat(&single) || single.params().len() != insert.parameter_count {
            return Ok(None);
        }
        let types: Vec<&str> = single.params().iter().map(Type::name).collect();
        let all = self.prepare(&insert.text(&types))?;
        Ok(Some(Bulk { insert, all }))
    }

    fn run_bulk(
        &mut self,
        statement: &Statement,
        literal: &'static str,
        wanted: usize,
        rows: &[&Vec<Value>],
    ) -> Result<usize, DbError> {
        if let Some(row) = rows.iter().find(|row| row.len() != wanted) {
            let message = format!("the statement takes {wanted} parameters and was given {}", row.len());
            return Err(DbError::Sql { text: literal.to_owned(), message });
        }
        let columns: Vec<Column<'_>> = (0..wanted).map(|index| Column { rows, index }).collect();
        self.run(statement, Text::Static(literal), &columns, &mut |_| Ok(ControlFlow::Continue(())))
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

fn is_flat(statement: &Statement) -> bool {
    statement.params().iter().all(|kind| matches!(kind.kind(), Kind::Simple))
}

/// Splits rows so that none holds a key twice: PostgreSQL changes a row once in a statement. A key's rows keep their order
/// from round to round.
fn rounds<'a>(key: &[usize], rows: &'a [Vec<Value>]) -> Vec<Vec<&'a Vec<Value>>> {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut rounds: Vec<Vec<&Vec<Value>>> = Vec::new();
    for row in rows {
        let count = seen.entry(key_of(row, key)).or_insert(0);
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
        // 25P03: the server ended a transaction that was idle for too long.
        code if ["08", "53", "57P", "25P03"].iter().any(|class| code.code().starts_with(class)) => {
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
