//! Whole tables, whatever they hold: what backups and copies between the engines are made of.
//!
//! Rows travel in a plain form that both engines have: a boolean is the integer 0 or 1, a UUID its 16 bytes. What a
//! column really is stands in the catalogue of the database that takes it.

use std::ops::ControlFlow;

use ::postgres::types::Type;

use crate::error::DbError;
use crate::migrations::HISTORY_TABLE;
use crate::row::Row;
use crate::tx::{Session, Text, Tx};
use crate::value::{Value, ValueRef};

/// A table of the product, as the catalogue describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    /// The engine's word for its type.
    kind: String,
}

const SQLITE_COLUMNS: &str = "SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c
WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite^_%' ESCAPE '^'
ORDER BY m.name, c.cid";
const POSTGRES_COLUMNS: &str =
    "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT), CAST(c.data_type AS TEXT)
FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
ORDER BY CAST(c.table_name AS TEXT) COLLATE \"C\", c.ordinal_position";
const LAST_STEP: &str = "SELECT COALESCE(MAX(version), 0) FROM refinery_schema_history";

impl Table {
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the columns, in their order.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn quoted_columns(&self) -> String {
        self.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
    }
}

impl Tx<'_> {
    /// Every table of the schema, by name, without the engine's own and the list of migrations.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn tables(&mut self) -> Result<Vec<Table>, DbError> {
        let mut tables = self.all_tables()?;
        tables.retain(|table| table.name != HISTORY_TABLE);
        Ok(tables)
    }

    /// The last step of the schema that was run; 0 when there is none.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn schema_version(&mut self) -> Result<i64, DbError> {
        if !self.all_tables()?.iter().any(|table| table.name == HISTORY_TABLE) {
            return Ok(0);
        }
        let mut version = 0;
        self.each_text(Text::Static(LAST_STEP), &[], &mut |row| {
            version = row.get(0)?;
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(version)
    }

    /// Gives every row of a table in the plain form, in no order, until the closure breaks.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn each_row_of(
        &mut self,
        table: &Table,
        on_row: &mut dyn FnMut(Vec<Value>) -> ControlFlow<()>,
    ) -> Result<(), DbError> {
        let text = format!("SELECT {} FROM {}", table.quoted_columns(), quoted(&table.name));
        let width = table.columns.len();
        self.each_text(Text::Composed(&text), &[], &mut |row| Ok(on_row(plain_row(row, width)?)))
    }

    /// Whether a table has no row.
    ///
    /// # Errors
    /// [`DbError`].
    pub fn is_empty(&mut self, table: &Table) -> Result<bool, DbError> {
        let mut is_empty = true;
        self.each_row_of(table, &mut |_| {
            is_empty = false;
            ControlFlow::Break(())
        })?;
        Ok(is_empty)
    }

    /// Adds rows in the plain form.
    ///
    /// # Errors
    /// [`DbError`]: also when a row does not fit the columns.
    pub fn fill(&mut self, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
        let (name, columns) = (quoted(&table.name), table.quoted_columns());
        self.guarded(|session| match session {
            Session::Sqlite(sqlite) => {
                let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("${place}")).collect();
                let text = format!("INSERT INTO {name} ({columns}) VALUES ({})", places.join(", "));
                sqlite.execute_rows(Text::Composed(&text), &mut rows.into_iter(), &mut |_| ())
            }
            Session::Postgres(postgres) => {
                let text = format!("COPY {name} ({columns}) FROM STDIN BINARY");
                let types = table.columns.iter().map(|column| postgres_type(&text, column));
                let types: Vec<Type> = types.collect::<Result<_, _>>()?;
                let rows = rows.into_iter().map(|row| typed_row(&text, row, &types));
                let rows: Vec<Vec<Value>> = rows.collect::<Result<_, _>>()?;
                postgres.copy_in(&text, &types, &rows)
            }
        })
    }

    fn all_tables(&mut self) -> Result<Vec<Table>, DbError> {
        let text = match self.engine() {
            crate::Engine::Sqlite => SQLITE_COLUMNS,
            crate::Engine::Postgres => POSTGRES_COLUMNS,
        };
        let mut tables: Vec<Table> = Vec::new();
        self.each_text(Text::Static(text), &[], &mut |row| {
            let (name, column) = (row.get::<String>(0)?, Column { name: row.get(1)?, kind: row.get(2)? });
            match tables.last_mut().filter(|table| table.name == name) {
                Some(table) => table.columns.push(column),
                None => tables.push(Table { name, columns: vec![column] }),
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(tables)
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn plain_row(row: &Row<'_>, width: usize) -> Result<Vec<Value>, DbError> {
    (0..width).map(|index| row.value(index).map(plain)).collect()
}

fn plain(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Bool(bool) => Value::Int(i64::from(bool)),
        ValueRef::Uuid(uuid) => Value::Bytes(uuid.as_bytes().to_vec()),
        other => other.to_owned(),
    }
}

fn refused(text: &str, message: String) -> DbError {
    DbError::Sql { text: text.to_owned(), message }
}

fn postgres_type(text: &str, column: &Column) -> Result<Type, DbError> {
    Ok(match column.kind.as_str() {
        "uuid" => Type::UUID,
        "bigint" => Type::INT8,
        "integer" => Type::INT4,
        "smallint" => Type::INT2,
        "boolean" => Type::BOOL,
        "text" => Type::TEXT,
        "bytea" => Type::BYTEA,
        "double precision" => Type::FLOAT8,
        "jsonb" => Type::JSONB,
        other => return Err(refused(text, format!("the column {} is {other}, which SQLite has not", column.name))),
    })
}

fn typed_row(text: &str, row: Vec<Value>, types: &[Type]) -> Result<Vec<Value>, DbError> {
    if row.len() != types.len() {
        return Err(refused(text, format!("{} values for {} columns", row.len(), types.len())));
    }
    Ok(row.into_iter().zip(types).map(|(value, wanted)| typed(value, wanted)).collect())
}

/// What does not fit stays as it is, and is refused where it is written.
fn typed(value: Value, wanted: &Type) -> Value {
    match value {
        Value::Int(int @ (0 | 1)) if *wanted == Type::BOOL => Value::Bool(int == 1),
        Value::Bytes(bytes) if *wanted == Type::UUID => {
            uuid::Uuid::from_slice(&bytes).map_or(Value::Bytes(bytes), Value::Uuid)
        }
        other => other,
    }
}
