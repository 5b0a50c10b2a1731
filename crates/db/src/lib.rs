//! The narrow waist over SQLite and PostgreSQL: one SQL text for both, inside synchronous transactions.
//!
//! ```text
//! let names = db.read(move |tx| {
//!     tx.query(
//!         sql("SELECT name FROM segments WHERE workspace_id = $1 ORDER BY name"),
//!         &[&workspace],
//!         |row| row.get::<String>(0),
//!     )
//! }).await?;
//! ```
//!
//! A transaction is a closure on a database thread. It cannot await, so none is ever open across the network; it commits
//! when the closure answers `Ok` and rolls back on `Err` and on panic. SQLite has exactly one writer thread, PostgreSQL a
//! few; reads have threads of their own and see one snapshot.
//!
//! Statements are written for PostgreSQL with `$1`; `dialect` names each place where SQLite is told something else.
//! What both engines would answer differently in silence is refused here (NUL in text, NaN, a missing parameter) or set
//! right here (text order is that of the bytes, `LIKE` heeds case). What remains for the writer of a statement:
//!
//! - `ORDER BY` a nullable column needs `NULLS FIRST` or `NULLS LAST`; `LIKE` with an escape needs `ESCAPE '\'`.
//! - Fold text in Rust (`words::fold`) into a column of its own; never `lower` or `ILIKE`.
//! - Casts are `CAST(x AS BIGINT)`, never `x::bigint`. `GREATEST` and `LEAST` take arguments that are not null.
//! - Keep JSON in TEXT columns: JSONB reorders keys on PostgreSQL.
//! - After a statement failed, its transaction can only roll back, on both engines: prefer `ON CONFLICT` to catching
//!   [`DbError::Unique`].

mod checkpoint;
mod copy;
mod dialect;
mod disk;
mod error;
mod lexer;
mod migrations;
mod postgres;
mod postgres_tls;
mod queue;
mod row;
mod scrub;
mod snapshot;
mod sql;
mod sqlite;
mod tables;
mod transact;
mod tx;
mod value;
mod wire;
mod workers;

pub use copy::{AssembleError, Assembled, Clock, CopySettings, CopyStatus, assemble, newest_part};
pub use error::DbError;
pub use migrations::{MigrationError, Step, render};
pub use row::{FromValue, Row};
pub use sql::{Fragment, Sql, sql};
pub use tables::Table;
pub use tx::Tx;
pub use value::{ToValue, Value, ValueRef};
pub use workers::Db;

/// Which database answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// SQLite, compiled in.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}
